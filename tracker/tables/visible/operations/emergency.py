"""Who opened an operation under emergency access, for a viewer who may see it."""

from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event
from tracker.rules.operations.emergency import Opened
from tracker.tables.visible.core.rows import rows

_OPENED = (
    "SELECT m.name, a.code, x.reason, y.opened_at, x.until, x.ended_at FROM emergency_opening y"
    " JOIN emergency_access x ON x.id = y.access JOIN event e ON e.id = y.event"
    " JOIN member m ON m.id = x.member JOIN agency a ON a.id = m.agency"
    " WHERE MAY_SEE(e) AND y.event = {} ORDER BY y.opened_at DESC, y.id"
)


async def opened(viewer: Viewer, event: Event) -> list[Opened]:
    """Return every opening of an operation, the latest first."""
    return [
        Opened(
            person=f"{row['name']} ({row['code']})",
            reason=row["reason"],
            opened_at=row["opened_at"],
            until=row["ended_at"] or row["until"],
        )
        for row in await rows(_OPENED, viewer, "", event.id)
    ]
