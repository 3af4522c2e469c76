"""Upcoming reminders, as they would go out if nothing changed: computed when viewed, never stored."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from tracker.rules.core.outbox import MessageKind
from tracker.rules.core.viewer import Viewer
from tracker.rules.emails import reminders as rules
from tracker.rules.emails.nudges import takes_nudges
from tracker.rules.emails.preferences import Wish, Wishes, chosen
from tracker.rules.emails.reminders import Moment
from tracker.rules.events.event import EventStatus, Line, may_edit
from tracker.rules.roster.reminder_policy import ASKS_OFFERED, OFFERED
from tracker.tables.background.emails import outbox_queue
from tracker.tables.background.events import audiences
from tracker.tables.visible.events import events, waiting
from tracker.usecases.core.viewers import viewers_for
from tracker.usecases.emails.preferences import everyones_wishes
from tracker.usecases.emails.reminder_recipients import who_comes

AHEAD = timedelta(days=14)
"""Later reminders are not shown."""
HORIZON = AHEAD + max(*OFFERED, *ASKS_OFFERED) + rules.SHIFT
"""How far ahead the dates of these reminders can be."""
END_OF_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One reminder about a date, with its time and recipients."""

    at: datetime
    kind: MessageKind
    """A reminder, or a request to reply."""
    lead: timedelta
    line: Line
    people: tuple[Viewer, ...]
    """The recipients, by agency and name."""


async def of_mine(viewer: Viewer, now: datetime) -> list[Planned]:
    """Return the viewer's own reminders of the next two weeks, soonest first."""
    return await _ahead(viewer, await events.invited(viewer, now, now + HORIZON), now, set(), now + AHEAD)


async def of_event(viewer: Viewer, event_id: UUID, now: datetime, *, ahead: timedelta | None = AHEAD) -> list[Planned]:
    """Return the upcoming reminders of one event: all of them for an editor of the event, otherwise the viewer's own.

    They cover the next two weeks, or another span `ahead`; None = all.
    """
    event = await events.event(viewer, event_id)
    dates = await events.dates(viewer, event) if event else []
    until = now + ahead + HORIZON - AHEAD if ahead else END_OF_TIME
    near = [one.id for one in dates if now < one.starts_at <= until]
    lines = await events.lines_by_id(viewer, near)
    return await _of_lines(viewer, lines, now, now + ahead if ahead else END_OF_TIME)


async def of_theirs(viewer: Viewer, now: datetime) -> list[Planned]:
    """Return the reminders of all dates that the viewer may edit, and the viewer's own for the other dates."""
    return await _of_lines(viewer, await events.lines(viewer, now, now + HORIZON), now, now + AHEAD)


async def _of_lines(viewer: Viewer, lines: list[Line], now: datetime, until: datetime) -> list[Planned]:
    return await _ahead(viewer, lines, now, {one.id for one in lines if may_edit(viewer, one)}, until)


async def _ahead(
    viewer: Viewer, lines: Iterable[Line], now: datetime, theirs: Collection[UUID], until: datetime
) -> list[Planned]:
    """Return the reminders of these dates in (now, until], soonest first; outside `theirs`, only the viewer's own."""
    by_id = {one.id: one for one in lines if _is_ahead(one, now)}
    wishes = await everyones_wishes()
    coming = await who_comes((one.id, one.event_id) for one in by_id.values())
    asking = [one for one in theirs if one in by_id and by_id[one].reminders.asks_before]
    silent = await waiting.silent(viewer, [one for one in asking if takes_nudges(by_id[one], now)])
    to_whom = [
        (kind, by_id[date_id], member)
        for kind, of_date in ((MessageKind.REMINDER, coming), (MessageKind.NO_REPLY, silent))
        for date_id, members in of_date.items()
        for member in members
        if date_id in theirs or member == viewer.member_id
    ]
    recipients = await viewers_for((member for *_, member in to_whom), now)
    seen_by = await audiences.audiences_of_each({one.event_id for one in by_id.values()})
    moments = _Moments(wishes)
    ahead = [
        (moment, kind, line, to)
        for kind, line, member in to_whom
        if (to := recipients.get(member)) and to.audiences & seen_by[line.event_id]
        for moment in moments(line, kind, to)
        if now < moment.at <= until and (moment.instead_of is None or moment.instead_of <= now)
    ]
    second = {line.id for moment, _, line, _ in ahead if moment.instead_of}
    queued = await outbox_queue.reminder_keys(second) if second else frozenset()
    found: dict[tuple[datetime, UUID, MessageKind, timedelta], list[Viewer]] = {}
    for moment, kind, line, to in ahead:
        key = rules.key_of(line.id, to.member_id, line.starts_at, moment.lead)
        if not (moment.instead_of and key in queued):
            found.setdefault((moment.at, line.id, kind, moment.lead), []).append(to)
    return [
        Planned(at=at, kind=kind, lead=lead, line=by_id[date_id], people=tuple(sorted(to, key=_by_agency)))
        for (at, date_id, kind, lead), to in sorted(found.items(), key=lambda one: one[0])
    ]


class _Moments:
    """The moments at which one person is reminded of a date, computed once per distinct preference."""

    def __init__(self, wishes: Wishes) -> None:
        self._wishes = wishes
        self._known: dict[tuple[UUID, MessageKind, Wish | None], list[Moment]] = {}

    def __call__(self, line: Line, kind: MessageKind, to: Viewer) -> list[Moment]:
        """Return the moments; of two at once, the one with the shorter lead time counts."""
        if kind is MessageKind.NO_REPLY:
            wish: Wish | None = Wish(leads=None, quiet=self._wishes.quiet_of(to.member_id))
        else:
            wish = self._wishes.of_date(to.member_id, line.reminders.leads)
        key = line.id, kind, wish
        if key not in self._known:
            leads = line.reminders.asks_before if kind is MessageKind.NO_REPLY else frozenset(OFFERED)
            every = rules.of_date(line.starts_at, line.zone, is_all_day=line.is_all_day, leads=leads)
            self._known[key] = list({one.at: one for one in chosen(every, wish)}.values())
        return self._known[key]


def _is_ahead(line: Line, now: datetime) -> bool:
    return not line.is_off and line.status is not EventStatus.DRAFT and now < line.starts_at


def _by_agency(one: Viewer) -> tuple[str, str, str]:
    return one.agency, one.name, str(one.member_id)
