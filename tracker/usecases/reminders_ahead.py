"""The reminders to come, as they would go out if nothing changed: computed for whoever looks, never stored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tracker.rules import reminders as rules
from tracker.rules.meetings import Line, may_edit
from tracker.rules.nudges import takes_nudges
from tracker.rules.people import Viewer
from tracker.rules.preferences import OFFERED, chosen
from tracker.rules.reminders import Moment
from tracker.tables import audience_rows, visible
from tracker.usecases.preferences import everybodys_wishes
from tracker.usecases.reminders_people import who_comes
from tracker.usecases.viewers import viewers_for

AHEAD = timedelta(days=14)
"""Reminders that go out later are not shown."""


@dataclass(frozen=True, kw_only=True)
class Planned:
    """The reminders of one date that go out at one moment."""

    at: datetime
    lead: timedelta
    line: Line
    people: tuple[Viewer, ...]
    """To whom, by agency and name."""


async def of_mine(viewer: Viewer, now: datetime) -> list[Planned]:
    """Return the viewer's own reminders of the next two weeks, soonest first."""
    lines = await visible.invited(viewer, now, now + AHEAD + max(OFFERED) + rules.SHIFT)
    return await _ahead(lines, now, {one.id: frozenset({viewer.member_id}) for one in lines})


async def of_event(viewer: Viewer, event_id: UUID, now: datetime) -> list[Planned]:
    """Return those of one event: everybody's for who may edit it, else the viewer's own."""
    event = await visible.event(viewer, event_id)
    dates = await visible.dates(viewer, event) if event else []
    near = [one.id for one in dates if now < one.starts_at <= now + AHEAD + max(OFFERED) + rules.SHIFT]
    return await _of_lines(viewer, await visible.lines_by_id(viewer, near), now)


async def of_theirs(viewer: Viewer, now: datetime) -> list[Planned]:
    """Return those of all dates that the viewer may edit, and the viewer's own of the others."""
    return await _of_lines(viewer, await visible.lines(viewer, now, now + AHEAD + max(OFFERED) + rules.SHIFT), now)


async def _of_lines(viewer: Viewer, lines: list[Line], now: datetime) -> list[Planned]:
    only = {one.id: frozenset({viewer.member_id}) for one in lines if not may_edit(viewer, one)}
    return await _ahead(lines, now, only)


async def _ahead(lines: Iterable[Line], now: datetime, only: Mapping[UUID, frozenset[UUID]]) -> list[Planned]:
    """Return the reminders of these dates, soonest first; of some only to the members in `only`."""
    by_id = {one.id: one for one in lines if takes_nudges(one, now)}
    people = {
        date_id: [one for one in members if one in only.get(date_id, members)]
        for date_id, members in (await who_comes((one.id, one.event_id) for one in by_id.values())).items()
    }
    viewers = await viewers_for(one for members in people.values() for one in members)
    seen_by = await audience_rows.audiences_of_each({one.event_id for one in by_id.values()}) if by_id else {}
    wishes = await everybodys_wishes()
    found: dict[tuple[datetime, UUID, timedelta], list[Viewer]] = {}
    for date_id, members in people.items():
        line = by_id[date_id]
        every = rules.of_date(line.starts_at, line.zone, is_all_day=line.is_all_day, leads=wishes.leads)
        for one in (viewers[member] for member in members if member in viewers):
            if one.audiences & seen_by.get(line.event_id, set()):
                for moment in _coming(chosen(every, wishes.of_date(one.member_id, line.body_id)), now):
                    found.setdefault((moment.at, date_id, moment.lead), []).append(one)
    return [
        Planned(
            at=at, lead=lead, line=by_id[date_id],
            people=tuple(sorted(to, key=lambda one: (one.agency, one.name, str(one.member_id)))),
        )
        for (at, date_id, lead), to in sorted(found.items(), key=lambda one: one[0])
    ]  # fmt: skip


def _coming(moments: Iterable[Moment], now: datetime) -> list[Moment]:
    """Return those of the next two weeks; of two at the same moment the nearer one goes out."""
    at_each = {one.at: one for one in sorted(moments, key=lambda one: -one.lead) if now < one.at <= now + AHEAD}
    return list(at_each.values())
