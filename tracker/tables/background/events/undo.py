"""The rows of events as text, for undo: they go unread back into the tables from which they were read.

What a change leaves alone isn't read: an event may have tens of thousands of replies. Whether someone has replied since
shows in the number of the last reply to each invitation.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from piccolo.columns import Column
from piccolo.custom_types import Combinable
from piccolo.querystring import QueryString
from piccolo.table import Table

from tracker.database import engine
from tracker.database.sql_list import sql_list
from tracker.rules.core.audiences import Audience
from tracker.rules.core.outbox import MessageState
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.events.undo import StoredRows, UndoReach
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.events.events import Event, EventChange, Occurrence, Reply
from tracker.tables.schema.events.undo import PUT_BACK, UndoSnapshot
from tracker.tables.schema.operations.records import BriefCopy

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
    ids = sorted(event_ids)
    among = sql_list(ids)
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
