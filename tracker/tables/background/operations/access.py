"""Access to operations and readiness notices that begin or end by the clock: ids, states, and times."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct
from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.database.sql_list import sql_list
from tracker.rules.core.audiences import Audience, emergency_audience
from tracker.rules.events.undo import UNDO_FOR
from tracker.rules.operations.readiness import WAITING
from tracker.tables.schema.events.events import EventAudience
from tracker.tables.schema.operations.records import (
    EmergencyOpening,
    OperationGrant,
    ReadinessNotice,
    ReadinessRecipient,
)

UNTIL = (
    "SELECT 'grant', CAST(g.until AS VARCHAR(40)), CAST(g.id AS VARCHAR(36)), CAST(w.member AS VARCHAR(36)){more}"
    " FROM who w JOIN operation_grant g ON g.member = w.member WHERE g.until > {}"
    " AND g.granted_at IS NOT NULL AND g.ended_at IS NULL"
)
"""The access of some people that ends by itself and hasn't yet, among their rights (`usecases.core.viewers.RIGHTS`)."""


class OpenGrant(NamedTuple):
    """Access that has not ended, or waits for a second person."""

    id: UUID
    is_granted: bool
    is_approved: bool
    """Whether a second person approved it."""
    until: datetime | None


class LapsedGrant(NamedTuple):
    """Access, or a request for it, whose time is over."""

    id: UUID
    event_id: UUID
    member_id: UUID
    is_granted: bool


async def open_grants(event_id: UUID) -> dict[UUID, OpenGrant]:
    """Return the access to an operation that has not ended, by person."""
    grant = OperationGrant
    rows = await grant.select(grant.id, grant.member, grant.granted_at, grant.approver, grant.until).where(
        (grant.event == event_id) & grant.ended_at.is_null()
    )
    return {
        row["member"]: OpenGrant(row["id"], row["granted_at"] is not None, row["approver"] is not None, row["until"])
        for row in rows
    }


async def limited_access(event_id: UUID) -> dict[UUID, UUID]:
    """Return the people whose access to an operation ends by itself, each with the id of their access."""
    return {
        member: open_grant.id
        for member, open_grant in (await open_grants(event_id)).items()
        if open_grant.is_granted and open_grant.until
    }


async def approved_for(event_id: UUID, member_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Return which of these people were let see an operation with the approval of a second person."""
    known = await open_grants(event_id)
    return frozenset(member_id for member_id in member_ids if member_id in known and known[member_id].is_approved)


async def lapsed_grants(now: datetime) -> list[LapsedGrant]:
    """Return the access and requests that have not been ended, and whose time is over."""
    rows = (
        await OperationGrant.select(
            OperationGrant.id, OperationGrant.event, OperationGrant.member, OperationGrant.granted_at
        )
        .where((OperationGrant.until <= now) & OperationGrant.ended_at.is_null())
        .order_by(OperationGrant.until, OperationGrant.id)
    )
    return [LapsedGrant(row["id"], row["event"], row["member"], row["granted_at"] is not None) for row in rows]


MOST = 500  # dates in the list
_OPERATIONS = (
    "SELECT e.id AS event_id, e.lead AS lead_id, o.original_start, o.starts_at, o.ends_at"
    " FROM event e JOIN occurrence o ON o.event = e.id"
    " WHERE e.kind = 'joint_operation' AND e.visibility = 'named' AND e.status <> 'draft' AND o.ends_at >= {}{}"
    " ORDER BY o.starts_at, e.id LIMIT {}"
)
_ONE = " AND e.id = {}"


class EmergencyDate(Struct, frozen=True, kw_only=True):
    """One date of an operation for named people."""

    event_id: UUID
    lead_id: UUID
    original_start: datetime
    starts_at: datetime
    ends_at: datetime


async def emergency_dates(since: datetime) -> list[EmergencyDate]:
    """Return the dates of operations for named people that end after `since`, in order."""
    return await _emergency_dates(since, QueryString(""))


async def emergency_date(event_id: UUID, since: datetime) -> EmergencyDate | None:
    """Return the first date of an operation that is in the list; None for any other event."""
    dates = await _emergency_dates(since, QueryString(_ONE, event_id))
    return dates[0] if dates else None


async def opened_operations(access_id: UUID) -> frozenset[UUID]:
    """Return the operations that were opened with an access."""
    rows = await EmergencyOpening.select(EmergencyOpening.event).where(EmergencyOpening.access == access_id)
    return frozenset(row["event"] for row in rows)


async def close_emergency_audience(access_id: UUID) -> None:
    """Take the audience of an access away from every operation that was opened with it."""
    await EventAudience.delete().where(EventAudience.audience == Audience(emergency_audience(access_id)))


async def _emergency_dates(since: datetime, which: QueryString) -> list[EmergencyDate]:
    rows = await engine().run_querystring(QueryString(_OPERATIONS, since, which, MOST))
    return msgspec.convert(rows, list[EmergencyDate], strict=False)


_IS_OFF = "(p.state = 'stood_down' OR o.is_canceled OR e.status IN ('canceled', 'draft'))"
_FOR_OPERATIONS = (
    "SELECT n.id FROM readiness_notice n JOIN operation_readiness r ON r.notice = n.id"
    " JOIN operation_plan p ON p.id = r.plan JOIN event e ON e.id = p.event JOIN occurrence o ON o.event = e.id"
    " WHERE "
)
_DUE = f"{_FOR_OPERATIONS}n.state = 'scheduled' AND n.release_at <= {{}} AND n.ends_at > {{}} AND NOT {_IS_OFF}"
_CALLED_OFF = (
    f"{_FOR_OPERATIONS}n.state IN ({{}}) AND n.ends_at > {{}} AND {_IS_OFF}"
    " AND NOT EXISTS (SELECT 1 FROM undo_snapshot u WHERE u.event = e.id AND u.at > {})"
)


async def due_notices(now: datetime) -> list[UUID]:
    """Return the notices to release: their time has come, their window isn't over, and the operation is still on."""
    return [row["id"] for row in await engine().run_querystring(QueryString(_DUE, now, now))]


async def called_off_notices(now: datetime) -> list[UUID]:
    """Return the released notices whose operation was canceled or stood down, before their window is over.

    Not while the last change of the operation can be undone: a notice that was stood down stays so.
    """
    states = sql_list(sorted(WAITING))
    rows = await engine().run_querystring(QueryString(_CALLED_OFF, states, now, now - UNDO_FOR))
    return [row["id"] for row in rows]


async def recipients_of(notice_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Return who gets each of these notices."""
    found: dict[UUID, list[UUID]] = {notice_id: [] for notice_id in notice_ids}
    if found:
        for row in await ReadinessRecipient.select(ReadinessRecipient.notice, ReadinessRecipient.member).where(
            ReadinessRecipient.notice.is_in(list(found))
        ):
            found[row["notice"]].append(row["member"])
    return found


async def window_ends(notice_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """Return when the windows of these notices end."""
    rows = await ReadinessNotice.select(ReadinessNotice.id, ReadinessNotice.ends_at).where(
        ReadinessNotice.id.is_in(list(notice_ids))
    )
    return {row["id"]: row["ends_at"] for row in rows}


async def all_acknowledged(notice_id: UUID) -> bool:
    """Return whether every recipient of a notice has acknowledged it."""
    missing: bool = await ReadinessRecipient.exists().where(
        (ReadinessRecipient.notice == notice_id) & ReadinessRecipient.acknowledged_at.is_null()
    )
    return not missing
