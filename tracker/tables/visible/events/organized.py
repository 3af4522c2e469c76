"""Events that a person organizes or is invited to, as far as a viewer may see them: shown before offboarding."""

from datetime import datetime
from uuid import UUID

from tracker.rules.core.viewers import Viewer
from tracker.rules.events.event import Line
from tracker.tables.visible.core.rows import rows
from tracker.tables.visible.events.events import lines_by_id, lines_where

_NEXT = "SELECT o.id FROM occurrence o JOIN event e ON e.id = o.event WHERE MAY_SEE(e)"
_LED = (
    " AND e.lead = {} AND e.status <> 'canceled' AND o.starts_at = (SELECT MIN(n.starts_at) FROM occurrence n"
    " WHERE n.event = e.id AND n.ends_at > {})"
)

_INVITED = (
    " AND o.ends_at > {} AND NOT o.is_canceled AND e.status <> 'canceled' AND EXISTS (SELECT 1 FROM invitation i"
    " WHERE i.event = e.id AND i.member = {} AND i.withdrawn_at IS NULL AND i.role <> 'chair')"
    " ORDER BY o.starts_at, o.id"
)


async def led(viewer: Viewer, member_id: UUID, now: datetime) -> list[Line]:
    """Return the next date of each event that a person organizes, earliest first."""
    found = await rows(_NEXT, viewer, _LED, member_id, now)
    return await lines_by_id(viewer, [row["id"] for row in found])


async def invited(viewer: Viewer, member_id: UUID, now: datetime) -> list[Line]:
    """Return the upcoming dates, earliest first, to which a person is invited and which they do not organize."""
    return await lines_where(viewer, _INVITED, now, member_id)
