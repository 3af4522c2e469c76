"""Events and their dates without a viewer, for writers and the clock: ids, times, audiences, and numbers alone.

People read them through `visible`. When a person leaves, `visible` also decides who may take over, with each candidate
as the viewer.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct
from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine
from tracker.database.bulk_insert import bulk_insert
from tracker.database.sql_list import sql_list
from tracker.rules.core.audiences import Arm, Audience, arm_audience, committee_audience
from tracker.rules.events.events import EventStatus
from tracker.rules.events.plans import slot_at
from tracker.rules.operations.states import UNFINISHED
from tracker.tables.schema.events.events import Event, EventAudience, Occurrence
from tracker.tables.schema.roster import Committee

_IS_LASTING = EventAudience.audience.not_like("emergency:%")


async def audiences_of(event_id: UUID) -> set[Audience]:
    """Return the audiences that may see an event, without those of emergency access, which no change of it ends."""
    of_event = (EventAudience.event == event_id) & _IS_LASTING
    rows = await EventAudience.select(EventAudience.audience).where(of_event)
    return {row["audience"] for row in rows}


async def last_opened_at(event_id: UUID) -> datetime | None:
    """Return when an event last opened to more people; None = never."""
    rows = await Event.select(Event.opened_at).where(Event.id == event_id)
    at: datetime | None = rows[0]["opened_at"]
    return at


async def audiences_of_each(event_ids: Iterable[UUID]) -> dict[UUID, set[Audience]]:
    """Return the audiences that may see each of these events."""
    audiences: dict[UUID, set[Audience]] = {event_id: set() for event_id in event_ids}
    if audiences:
        of_events = QueryString("SELECT event, audience FROM event_audience WHERE event IN ({})", sql_list(audiences))
        for row in await engine().run_querystring(of_events):
            audiences[row["event"]].add(row["audience"])
    return audiences


async def committees_of_arms(audiences: Collection[str]) -> frozenset[Audience]:
    """Return the audiences of the committees of those arms that are among these audiences."""
    wanted = [arm.value for arm in Arm if arm_audience(arm) in audiences]
    if not wanted:
        return frozenset()
    rows = await Committee.select(Committee.id).where(Committee.arm.is_in(wanted))
    return frozenset(Audience(committee_audience(row["id"])) for row in rows)


async def replace_audiences(event_id: UUID, wanted: Iterable[str]) -> None:
    """Make exactly these audiences see an event, and emergency access as before; rows that stay aren't written."""
    present, after = await audiences_of(event_id), set(wanted)
    if gone := sorted(present - after):
        await EventAudience.delete().where((EventAudience.event == event_id) & EventAudience.audience.is_in(gone))
    await add_audiences(event_id, after - present)


async def add_audiences(event_id: UUID, wanted: Iterable[str]) -> None:
    """Let these audiences see an event that they could not see."""
    rows = [{"id": ids.new_id(), "event": event_id, "audience": audience} for audience in sorted(wanted)]
    await bulk_insert(EventAudience, rows)


async def forget_audiences(audiences: Iterable[str]) -> list[UUID]:
    """Remove these audiences from all events; return the events that they could see."""
    condition = EventAudience.audience.is_in(sorted(audiences))
    gone = EventAudience.delete().where(condition).returning(EventAudience.event)
    return [row["event"] for row in await gone]


async def number_of_dates(event_id: UUID) -> int:
    """Return how many dates an event has, canceled ones included."""
    number: int = await Occurrence.count().where(Occurrence.event == event_id)
    return number


async def raise_sequence(event_id: UUID) -> None:
    """Give an event a SEQUENCE above its own and those of its dates (RFC 5546 §2.1.4)."""
    own = await Event.select(Event.sequence).where(Event.id == event_id).output(as_list=True)
    dates = Occurrence.select(Occurrence.sequence).where(Occurrence.event == event_id).output(as_list=True)
    await Event.update({Event.sequence: max([*own, *await dates]) + 1}).where(Event.id == event_id)


UID_CHUNK = 500  # UIDs in one query


async def are_uids_ours(uids: Iterable[str]) -> list[bool]:
    """Return for each of these UIDs whether an event of ours has it."""
    asked = list(uids)
    ours: set[str] = set()
    for first in range(0, len(asked), UID_CHUNK):
        some = Event.uid.is_in(asked[first : first + UID_CHUNK])
        ours.update(await Event.select(Event.uid).where(some).output(as_list=True))
    return [uid in ours for uid in asked]


_BY_RULE = (
    "SELECT o.id, o.event, o.original_start, o.starts_at, o.ends_at, e.zone, e.duration"
    " FROM occurrence o JOIN event e ON e.id = o.event WHERE o.starts_at > {} AND NOT o.is_moved ORDER BY o.id"
)


class DriftedDate(Struct, frozen=True, kw_only=True):
    """A date whose wall-clock time is now another moment."""

    id: UUID
    event_id: UUID
    starts_at: datetime
    ends_at: datetime
    """The right times."""


async def drifted_dates(now: datetime) -> list[DriftedDate]:
    """Return the dates after `now` whose times no longer match the wall clock of their rule.

    A date that a person moved keeps its chosen time; one that was only renamed follows its rule.
    """
    rows = await engine().run_querystring(QueryString(_BY_RULE, now))
    judged = ((row, slot_at(row["original_start"], row["duration"], row["zone"])) for row in rows)
    return [
        DriftedDate(id=row["id"], event_id=row["event"], starts_at=right[0], ends_at=right[1])
        for row, right in judged
        if right != (row["starts_at"], row["ends_at"])
    ]


async def put_date_right(drifted_date: DriftedDate, now: datetime) -> None:
    """Move a date to its right time; the caller is inside `writing()`."""
    await Occurrence.update(
        {
            Occurrence.starts_at: drifted_date.starts_at,
            Occurrence.ends_at: drifted_date.ends_at,
            Occurrence.changed_at: now,
        }
    ).where(Occurrence.id == drifted_date.id)


async def raise_event_versions(event_ids: Iterable[UUID]) -> None:
    """Raise the versions of these events, because cached feed entries list renamed dates by their time."""
    await Event.update({Event.version: Event.version + 1}).where(Event.id.is_in(sorted(event_ids)))


_LED = (
    "SELECT l.id, l.is_over FROM (SELECT e.id,"
    " NOT EXISTS (SELECT 1 FROM occurrence o WHERE o.event = e.id AND o.ends_at > {}) AS is_over"
    " FROM event e WHERE e.lead = {} AND e.status <> 'canceled') l"
    " WHERE NOT l.is_over OR EXISTS (SELECT 1 FROM operation_plan p WHERE p.event = l.id AND p.state IN ({}))"
    " ORDER BY l.id"
)
_OWNED = (
    "SELECT i.id, i.created_by, o.event, e.lead FROM action_item i LEFT JOIN occurrence o ON o.id = i.origin"
    " LEFT JOIN event e ON e.id = o.event WHERE i.owner = {} AND i.closed_at IS NULL ORDER BY i.id"
)
# Nearest first: colleagues, then required invitees.
_INVITED = (
    "SELECT i.member FROM invitation i JOIN member m ON m.id = i.member JOIN agency g ON g.id = m.agency"
    " WHERE i.event = {} AND i.withdrawn_at IS NULL AND m.status = 'active' AND g.status = 'active'"
    " AND NOT m.is_guest ORDER BY CASE WHEN m.agency = {} THEN 0 ELSE 1 END,"
    " CASE i.role WHEN 'informed' THEN 2 WHEN 'optional' THEN 1 ELSE 0 END, m.name, m.id"
)


_UNFINISHED = sql_list(sorted(UNFINISHED))


class LedEvent(NamedTuple):
    """An event that a person organizes."""

    event_id: UUID
    is_over: bool
    """Whether none of its dates is still to come."""


class OwnedItem(NamedTuple):
    """An open action item and who could take it over: the person who assigned it, and its event's organizer."""

    id: UUID
    giver_id: UUID
    event_id: UUID | None
    lead_id: UUID | None


async def events_led(member_id: UUID, now: datetime) -> list[LedEvent]:
    """Return the events that a member organizes and that are not over, including drafts, and unfinished operations."""
    rows = await engine().run_querystring(QueryString(_LED, now, member_id, _UNFINISHED))
    return [LedEvent(row["id"], bool(row["is_over"])) for row in rows]


async def items_owned(member_id: UUID) -> list[OwnedItem]:
    """Return the open action items of a member."""
    rows = await engine().run_querystring(QueryString(_OWNED, member_id))
    return [OwnedItem(row["id"], row["created_by"], row["event"], row["lead"]) for row in rows]


async def possible_organizers(event_id: UUID, agency_id: UUID, but: Iterable[UUID]) -> list[UUID]:
    """Return the invitees of an event who could organize it, the people of an agency first."""
    rows = await engine().run_querystring(QueryString(_INVITED, event_id, agency_id))
    left_out = set(but)
    return [row["member"] for row in rows if row["member"] not in left_out]


async def is_draft_event(event_id: UUID) -> bool:
    """Return whether only its organizer can see an event."""
    return await Event.exists().where((Event.id == event_id) & (Event.status == EventStatus.DRAFT))
