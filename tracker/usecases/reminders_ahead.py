"""The reminders to come, as they would go out if nothing changed: computed for whoever looks, never stored."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tracker.rules import reminders as rules
from tracker.rules.meetings import EventStatus, Line, may_edit
from tracker.rules.nudges import ASKED_AGAIN, takes_nudges
from tracker.rules.outbox import MessageKind
from tracker.rules.people import Viewer
from tracker.rules.preferences import OFFERED, Wish, Wishes, chosen
from tracker.rules.reminders import Moment
from tracker.tables import audience_rows, visible, visible_waiting
from tracker.usecases.preferences import everybodys_wishes
from tracker.usecases.reminders_people import who_comes
from tracker.usecases.viewers import viewers_for

AHEAD = timedelta(days=14)
"""What goes out later is not shown."""
HORIZON = AHEAD + max(OFFERED) + rules.SHIFT
"""So far ahead are the dates that it is about."""


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What goes out about one date at one moment."""

    at: datetime
    kind: MessageKind
    """A reminder, or a request to reply."""
    lead: timedelta
    line: Line
    people: tuple[Viewer, ...]
    """To whom, by agency and name."""


async def of_mine(viewer: Viewer, now: datetime) -> list[Planned]:
    """Return the viewer's own reminders of the next two weeks, soonest first."""
    return await _ahead(viewer, await visible.invited(viewer, now, now + HORIZON), now, set())


async def of_event(viewer: Viewer, event_id: UUID, now: datetime) -> list[Planned]:
    """Return those of one event: everybody's for who may edit it, else the viewer's own."""
    event = await visible.event(viewer, event_id)
    dates = await visible.dates(viewer, event) if event else []
    near = [one.id for one in dates if now < one.starts_at <= now + HORIZON]
    return await _of_lines(viewer, await visible.lines_by_id(viewer, near), now)


async def of_theirs(viewer: Viewer, now: datetime) -> list[Planned]:
    """Return those of all dates that the viewer may edit, and the viewer's own of the others."""
    return await _of_lines(viewer, await visible.lines(viewer, now, now + HORIZON), now)


async def _of_lines(viewer: Viewer, lines: list[Line], now: datetime) -> list[Planned]:
    return await _ahead(viewer, lines, now, {one.id for one in lines if may_edit(viewer, one)})


async def _ahead(viewer: Viewer, lines: Iterable[Line], now: datetime, theirs: Collection[UUID]) -> list[Planned]:
    """Return what goes out about these dates, soonest first: everything for `theirs`, else the viewer's own."""
    by_id = {one.id: one for one in lines if _is_ahead(one, now)}
    wishes = await everybodys_wishes()
    coming = await who_comes((one.id, one.event_id) for one in by_id.values())
    asking = [one for one in theirs if one in by_id and by_id[one].body_id in wishes.asking]
    silent = await visible_waiting.silent(viewer, [one for one in asking if takes_nudges(by_id[one], now)])
    to_whom = [
        (kind, by_id[date_id], member)
        for kind, of_date in ((MessageKind.REMINDER, coming), (MessageKind.NO_REPLY, silent))
        for date_id, members in of_date.items()
        for member in members
        if date_id in theirs or member == viewer.member_id
    ]
    everybody = await viewers_for((member for *_, member in to_whom), now)
    seen_by = await audience_rows.audiences_of_each({one.event_id for one in by_id.values()})
    found: dict[tuple[datetime, UUID, MessageKind, timedelta], list[Viewer]] = {}
    for kind, line, member in to_whom:
        to = everybody.get(member)
        if to and to.audiences & seen_by[line.event_id]:
            for moment in _moments(line, kind, to, wishes, now):
                found.setdefault((moment.at, line.id, kind, moment.lead), []).append(to)
    return [
        Planned(at=at, kind=kind, lead=lead, line=by_id[date_id], people=tuple(sorted(to, key=_by_agency)))
        for (at, date_id, kind, lead), to in sorted(found.items(), key=lambda one: one[0])
    ]


def _moments(line: Line, kind: MessageKind, to: Viewer, wishes: Wishes, now: datetime) -> list[Moment]:
    """Return when this goes out to one person in the next two weeks; of two at the same moment the nearer one does."""
    leads = ASKED_AGAIN if kind is MessageKind.NO_REPLY else wishes.leads
    every = rules.of_date(line.starts_at, line.zone, is_all_day=line.is_all_day, leads=leads)
    if kind is MessageKind.NO_REPLY:
        wish: Wish | None = Wish(leads=None, quiet=wishes.quiet_of(to.member_id))
    else:
        wish = wishes.of_date(to.member_id, line.body_id)
    at_each = {one.at: one for one in chosen(every, wish) if now < one.at <= now + AHEAD}
    return list(at_each.values())


def _is_ahead(line: Line, now: datetime) -> bool:
    return not line.is_off and line.status is not EventStatus.DRAFT and now < line.starts_at


def _by_agency(one: Viewer) -> tuple[str, str, str]:
    return one.agency, one.name, str(one.member_id)
