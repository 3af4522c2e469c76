"""Events that a person organizes, as far as a viewer may see them: shown before the person is offboarded."""

from datetime import datetime
from uuid import UUID

from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Line
from tracker.tables.visible.core.rows import rows
from tracker.tables.visible.events.events import lines_by_id

_NEXT = "SELECT o.id FROM occurrence o JOIN event e ON e.id = o.event WHERE MAY_SEE(e)"
_LED = (
    " AND e.lead = {} AND e.status <> 'canceled' AND o.starts_at = (SELECT MIN(n.starts_at) FROM occurrence n"
    " WHERE n.event = e.id AND n.ends_at > {})"
)


async def led(viewer: Viewer, member_id: UUID, now: datetime) -> list[Line]:
    """Return the next date of each event that a person organizes, earliest first."""
    found = await rows(_NEXT, viewer, _LED, member_id, now)
    return await lines_by_id(viewer, [row["id"] for row in found])
