"""What was written down after an operation, for a viewer who may see it."""

from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event
from tracker.rules.operations.after import HotWash
from tracker.tables.visible.core.rows import rows

_HOT_WASH = (
    "SELECT h.went_well, h.to_improve, h.version, m.name, g.code, h.saved_at FROM hot_wash h"
    " JOIN operation_plan p ON p.id = h.plan JOIN event e ON e.id = p.event"
    " JOIN member m ON m.id = h.saved_by JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)


async def hot_wash(viewer: Viewer, event: Event) -> HotWash | None:
    """Return the hot wash of an operation; None before it is written."""
    found = await rows(_HOT_WASH, viewer, " AND p.event = {}", event.id)
    if not found:
        return None
    row = found[0]
    return HotWash(
        went_well=row["went_well"],
        to_improve=row["to_improve"],
        version=row["version"],
        saved_by=f"{row['name']} ({row['code']})",
        saved_at=row["saved_at"],
    )
