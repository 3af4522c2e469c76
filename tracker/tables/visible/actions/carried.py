"""Over how many meetings of its committee an action item was carried, of those that the viewer may see."""

from datetime import datetime

from tracker.rules.actions.action_items import ActionItem
from tracker.rules.core.viewer import Viewer
from tracker.tables.visible.core.rows import rows

# A canceled meeting doesn't count, nor one that began before the item was assigned or ended after it was closed.
_CARRIED = (
    "SELECT COUNT(*) AS meetings FROM occurrence o JOIN event e ON e.id = o.event WHERE MAY_SEE(e)"
    " AND e.committee = {} AND e.kind = 'meeting' AND e.status IN ('tentative', 'confirmed') AND NOT o.is_canceled"
    " AND o.starts_at > {} AND o.ends_at <= {}"
)


async def meetings_over(viewer: Viewer, item: ActionItem, now: datetime) -> int:
    """Return how many meetings took place while an item that the viewer sees was open."""
    if item.committee_id is None:
        return 0
    until = item.closed_at or now
    found = await rows(_CARRIED, viewer, "", item.committee_id, item.created_at, until)
    return int(found[0]["meetings"])
