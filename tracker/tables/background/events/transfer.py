"""The open work of a person who leaves, for its transfer, without a viewer; people read `visible.events.organized`.

Only ids leave here: `visible` decides who may take over, with each candidate as the viewer.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.database.sql_list import sql_list
from tracker.rules.events.event import EventStatus
from tracker.rules.operations.states import UNFINISHED
from tracker.tables.schema.events.events import Event

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


class Led(NamedTuple):
    """An event that a person organizes."""

    event_id: UUID
    is_over: bool
    """Whether none of its dates is still to come."""


class Owned(NamedTuple):
    """An open action item and who could take it over: the person who assigned it, and its event's organizer."""

    id: UUID
    giver_id: UUID
    event_id: UUID | None
    lead_id: UUID | None


async def led(member_id: UUID, now: datetime) -> list[Led]:
    """Return the events that a member organizes and that are not over, including drafts, and unfinished operations."""
    found = await engine().run_querystring(QueryString(_LED, now, member_id, _UNFINISHED))
    return [Led(row["id"], bool(row["is_over"])) for row in found]


async def owned(member_id: UUID) -> list[Owned]:
    """Return the open action items of a member."""
    found = await engine().run_querystring(QueryString(_OWNED, member_id))
    return [Owned(row["id"], row["created_by"], row["event"], row["lead"]) for row in found]


async def invited(event_id: UUID, agency_id: UUID, but: Iterable[UUID]) -> list[UUID]:
    """Return the invitees of an event who could organize it, the people of an agency first."""
    found = await engine().run_querystring(QueryString(_INVITED, event_id, agency_id))
    left_out = set(but)
    return [row["member"] for row in found if row["member"] not in left_out]


async def is_draft(event_id: UUID) -> bool:
    """Return whether only its organizer can see an event."""
    return await Event.exists().where((Event.id == event_id) & (Event.status == EventStatus.DRAFT))
