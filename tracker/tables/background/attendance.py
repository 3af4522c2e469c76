"""What the clock and writers ask about attendance: ids and times."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.rules.attendance import PRESENT
from tracker.tables.schema.attendance import AttendanceMark

_CLOSED = (
    "SELECT o.id, o.event AS event_id, e.lead AS lead_id FROM occurrence o JOIN event e ON e.id = o.event"
    " WHERE o.attendance_closed_at > {} AND o.attendance_closed_at <= {} AND e.sends_thanks AND NOT o.is_canceled"
    " AND e.status IN ('tentative', 'confirmed') AND e.visibility <> 'named'"
    " AND e.kind NOT IN ('joint_operation', 'deadline') ORDER BY o.attendance_closed_at, o.id"
)


class ClosedDate(Struct, frozen=True, kw_only=True):
    """A date whose attendance was closed, and whose event thanks people by itself."""

    id: UUID
    event_id: UUID
    lead_id: UUID


async def present_members(occurrence_id: UUID) -> frozenset[UUID]:
    """Return the members who are marked present on a date, in the room or remotely."""
    counts = AttendanceMark.corrected_at.is_null() & AttendanceMark.member.is_not_null()
    is_present = AttendanceMark.status.is_in([mark.value for mark in sorted(PRESENT)])
    rows = await AttendanceMark.select(AttendanceMark.member).where(
        (AttendanceMark.occurrence == occurrence_id) & is_present & counts
    )
    return frozenset(row["member"] for row in rows)


async def closed_dates(after: datetime, until: datetime) -> list[ClosedDate]:
    """Return the dates whose attendance was closed in (after, until] and whose event thanks people by itself."""
    rows = await engine().run_querystring(QueryString(_CLOSED, after, until))
    return msgspec.convert(rows, list[ClosedDate], strict=False)
