"""Events and their dates without a viewer, for writers, undo, and the clock: ids, times, audiences, and numbers alone.

People read them through `visible`. When a person leaves, `visible` also decides who may take over, with each candidate
as the viewer. Undo reads rows as text: they go unread back into the tables from which they were read. What a change
leaves alone isn't read: an event may have tens of thousands of replies. Whether someone has replied since shows in the
number of the last reply to each invitation.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct
from piccolo.columns import Column
from piccolo.custom_types import Combinable
from piccolo.querystring import QueryString
from piccolo.table import Table

from tracker.crypto import ids
from tracker.database import engine
from tracker.database.binding import bulk_insert
from tracker.database.queries import sql_list
from tracker.rules.core.outbox import MessageState
from tracker.rules.core.viewers import Arm, Audience, arm_audience, committee_audience
from tracker.rules.events.events import EventStatus
from tracker.rules.events.history import StoredRows, UndoReach
from tracker.rules.events.plans import slot_at
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.operations.states import UNFINISHED
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.events import (
    Event,
    EventAudience,
    EventChange,
    Invitation,
    InvitationGap,
    Occurrence,
    Reply,
    UndoSnapshot,
)
from tracker.tables.schema.intake import IncomingReply, IncomingWords, TimeProposal
from tracker.tables.schema.operations import BriefCopy, OperationGrant
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
    return await Occurrence.count().where(Occurrence.event == event_id)


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


_OF_MESSAGES = (Message.id, Message.event, Message.occurrence, Message.reason, Message.facts)
_EVENTS = (
    "SELECT e.id, e.version, COUNT(o.id) AS dates, SUM(o.version) AS versions, COUNT(o.attendance_closed_at) AS closed,"
    " (SELECT COUNT(*) FROM brief_copy b JOIN occurrence d ON d.id = b.occurrence WHERE d.event = e.id) AS copies"
    " FROM event e LEFT JOIN occurrence o ON o.event = e.id WHERE e.id IN ({}) GROUP BY e.id, e.version ORDER BY e.id"
)
_AUDIENCES = "SELECT event, audience FROM event_audience WHERE event IN ({}) ORDER BY event, audience"
_INVITATIONS = (
    "SELECT i.id, i.role, i.by_seat, i.withdrawn_at,"
    " (SELECT MAX(r.number) FROM reply r WHERE r.invitation = i.id) AS last"
    " FROM invitation i WHERE i.event IN ({}) ORDER BY i.id"
)
_GRANTS = "SELECT id, granted_at, ended_at FROM operation_grant WHERE event IN ({}) ORDER BY id"
_LAST_NUMBERS = (
    "SELECT i.id, (SELECT MAX(r.number) FROM reply r WHERE r.invitation = i.id{}) AS last"
    " FROM invitation i WHERE i.event = {}"
)
_BUT_ABOUT = " AND (r.occurrence IS NULL OR r.occurrence NOT IN ({}))"


class KeptChange(NamedTuple):
    """A change that can still be undone; `replaced` is what it replaced."""

    at: datetime
    replaced: StoredRows


class DatesState(NamedTuple):
    """The version of an event, and sums over its dates."""

    event_id: UUID
    version: int
    dates: int
    versions: int
    with_closed_attendance: int
    copies_on_paper: int


class InvitationState(NamedTuple):
    """An invitation, with the number of its last reply: each new one has a higher number."""

    id: UUID
    role: AttendeeRole
    is_by_seat: bool
    withdrawn_at: datetime | None
    last_number: int | None


class AccessState(NamedTuple):
    """Access to an operation for one person: requested, given, or ended."""

    id: UUID
    granted_at: datetime | None
    ended_at: datetime | None


class StateOfEvents(NamedTuple):
    """What differs when a person has changed some events, one of their dates or a list of people, or replied."""

    events: list[DatesState]
    audiences: list[tuple[UUID, Audience]]
    invitations: list[InvitationState]
    grants: list[AccessState]


async def stored_rows_of(event_ids: Collection[UUID], reach: UndoReach, at: datetime) -> StoredRows:
    """Return the rows of these events that a change made at this moment may write, within its reach.

    Of the history and the messages, those of that moment and of the dates it may lose, and the messages that wait.
    """
    stored = {}
    for table, of in PUT_BACK.items():
        where = _reached(table, of, event_ids, reach, at)
        stored[_name(table)] = await _rows(table, table.all_columns(), where) if where else {}
    is_open = (Message.state == MessageState.PENDING.value) | (Message.created_at == at)
    condition = Message.event.is_in([*event_ids]) & _or_of_dates(is_open, Message.occurrence, reach.lost)
    stored[_name(Message)] = await _rows(Message, _OF_MESSAGES, condition)
    return StoredRows(msgspec.json.encode(stored).decode())


async def state_of_events(event_ids: Iterable[UUID]) -> StateOfEvents:
    """Return the state of these events, in an order that stays."""
    among = sql_list(sorted(event_ids))
    events, audiences, invitations, grants = await engine().read_each(
        *(QueryString(sql, among) for sql in (_EVENTS, _AUDIENCES, _INVITATIONS, _GRANTS))
    )
    return StateOfEvents(
        events=[DatesState(*row.values()) for row in events],
        audiences=[(row["event"], Audience(row["audience"])) for row in audiences],
        invitations=[InvitationState(*row.values()) for row in invitations],
        grants=[AccessState(*row.values()) for row in grants],
    )


async def last_numbers(event_id: UUID, lost: Collection[UUID]) -> dict[UUID, int]:
    """Return the number of the last reply to each invitation that isn't about a lost date; 0 if there is none."""
    others = QueryString(_BUT_ABOUT, sql_list(lost)) if lost else QueryString("")
    rows = await engine().run_querystring(QueryString(_LAST_NUMBERS, others, event_id))
    return {row["id"]: row["last"] or 0 for row in rows}


async def waiting_messages(event_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Return the messages about these events that wait, that no worker has claimed, and that can't have arrived."""
    condition = Message.event.is_in(list(event_ids)) & (Message.state == MessageState.PENDING.value)
    is_free = (Message.worker == "") & Message.unconfirmed_at.is_null()
    return frozenset(await Message.select(Message.id).where(condition & is_free).output(as_list=True))


async def kept_change(change_id: UUID, event_id: UUID, actor_id: UUID) -> KeptChange | None:
    """Return a change that this person made to an event; None if there is none, or if it is kept no longer."""
    condition = (UndoSnapshot.id == change_id) & (UndoSnapshot.event == event_id) & (UndoSnapshot.actor == actor_id)
    rows = await UndoSnapshot.select(UndoSnapshot.at, UndoSnapshot.replaced).where(condition)
    return KeptChange(rows[0]["at"], StoredRows(rows[0]["replaced"])) if rows else None


async def change_kept_at(event_id: UUID, actor_id: UUID, at: datetime) -> UUID | None:
    """Return the change that this person made to an event at that moment; None if it cannot be undone."""
    condition = (UndoSnapshot.event == event_id) & (UndoSnapshot.actor == actor_id) & (UndoSnapshot.at == at)
    ids: list[UUID] = await UndoSnapshot.select(UndoSnapshot.id).where(condition).output(as_list=True)
    return ids[0] if ids else None


async def is_any_over(until: datetime) -> bool:
    """Return whether a change is kept that was made by then."""
    return await UndoSnapshot.exists().where(UndoSnapshot.at <= until)


def _reached(
    table: type[Table], of: Column, event_ids: Iterable[UUID], reach: UndoReach, at: datetime
) -> Combinable | None:
    """Return which rows of a table a change may write; None if none."""
    condition = of.is_in(list(event_ids))
    if table is Event:
        return condition
    if table is Reply or table is BriefCopy:
        return table.occurrence.is_in(list(reach.lost)) if reach.lost else None
    if table is EventChange:
        return condition & _or_of_dates(EventChange.at == at, EventChange.occurrence, reach.lost)
    if reach.dates is None:
        return condition
    return Occurrence.id.is_in(list(reach.dates)) if table is Occurrence and reach.dates else None


def _or_of_dates(where: Combinable, date: Column, dates: Collection[UUID]) -> Combinable:
    return where | date.is_in(list(dates)) if dates else where


async def _rows(table: type[Table], columns: Iterable[Column], where: Combinable) -> dict[UUID, dict[str, object]]:
    rows = await table.select(*columns).where(where)
    return {row["id"]: row for row in rows}


def _name(table: type[Table]) -> str:
    return table._meta.tablename  # noqa: SLF001 - Piccolo has no public name


PUT_BACK: Mapping[type[Table], Column] = {
    Event: Event.id,
    EventAudience: EventAudience.event,
    Occurrence: Occurrence.event,
    Invitation: Invitation.event,
    InvitationGap: InvitationGap.invitation.event,
    Reply: Reply.invitation.event,
    EventChange: EventChange.event,
    OperationGrant: OperationGrant.event,
    BriefCopy: BriefCopy.occurrence.event,
    IncomingReply: IncomingReply.invitation.event,
    TimeProposal: TimeProposal.reply.invitation.event,  # type: ignore[union-attr]  # Piccolo types one step
    IncomingWords: IncomingWords.reply.invitation.event,  # type: ignore[union-attr]  # Piccolo types one step
}
"""The tables that undo puts back, with the column that leads to the event; each after those to which it refers."""
