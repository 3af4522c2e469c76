"""Finding a time for people: suggestions, their day in half hours, and who is taken twice by a plan."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from tracker.rules import free_times as rules
from tracker.rules.free_times import Busy, Days, Suggestion
from tracker.rules.invitations import AnswerValue, AttendeeRole
from tracker.rules.meetings import EventStatus
from tracker.rules.people import Viewer
from tracker.rules.planning import Slot
from tracker.tables import visible_busy
from tracker.tables.visible import Row

AHEAD = 28  # days in which a time is looked for
MOST_DATES = 60  # of a series that are looked at for people who are taken twice


@dataclass(frozen=True, kw_only=True)
class Clash:
    """A person who is taken by another event at one of the times of a plan."""

    member_id: UUID
    starts_at: datetime
    title: str
    """Of the other event, which the viewer may see."""


async def days_of(viewer: Viewer, member_ids: Iterable[UUID], start: datetime, end: datetime) -> dict[UUID, Days]:
    """Return what the viewer may know of people's days, without what they declined."""
    members = list(member_ids)
    busy: dict[UUID, list[Busy]] = {one: [] for one in members}
    for row in await visible_busy.taken(viewer, members, start, end):
        if row["answer"] != AnswerValue.DECLINED:
            busy[row["member"]].append(_busy(row))
    return {member: Days(found) for member, found in busy.items()}


async def find(
    viewer: Viewer, invitees: Mapping[UUID, AttendeeRole], first: date, length: timedelta, zone: str, now: datetime
) -> tuple[list[Suggestion], dict[UUID, Days]]:
    """Return the best times for a meeting of some length in the four weeks from `first`, and everybody's days."""
    slots = [one for one in rules.working_slots(first, AHEAD, length, zone) if one[0] > now]
    if not slots:
        return [], {}
    days = await days_of(viewer, invitees, slots[0][0], slots[-1][1])
    optional = [one for one, role in invitees.items() if role is AttendeeRole.OPTIONAL]
    required = [one for one in invitees if one not in optional]
    return rules.suggestions(slots, required, optional, days, zone), days


async def clashes(
    viewer: Viewer, member_ids: Iterable[UUID], slots: Sequence[Slot], except_event: UUID | None = None
) -> list[Clash]:
    """Return who is taken by another event at one of the times, soonest first; one line for each person.

    Only events count that the viewer may see, and only people whose names they read there.
    """
    wanted, chosen = list(member_ids), list(slots[:MOST_DATES])
    if not wanted or not chosen:
        return []
    found = await visible_busy.taken(viewer, wanted, chosen[0][0], max(end for _, end in chosen))
    first: dict[UUID, Clash] = {}
    for row in sorted(found, key=lambda row: row["starts_at"]):
        if row["event"] == except_event or row["answer"] == AnswerValue.DECLINED:
            continue
        if any(row["starts_at"] < end and row["ends_at"] > start for start, end in chosen):
            clash = Clash(member_id=row["member"], starts_at=row["starts_at"], title=row["title"])
            first.setdefault(row["member"], clash)
    return list(first.values())


def _busy(row: Row) -> Busy:
    return Busy(
        starts_at=row["starts_at"], ends_at=row["ends_at"], title=row["title"],
        is_tentative=row["status"] == EventStatus.TENTATIVE or row["answer"] == AnswerValue.TENTATIVE,
    )  # fmt: skip
