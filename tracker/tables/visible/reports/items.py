"""How many action items that the viewer may see a report counts alike."""

from uuid import UUID

from piccolo.querystring import QueryString

from tracker.rules.actions.action_items import ItemStatus
from tracker.rules.core.viewer import Viewer
from tracker.rules.reports.items import ItemCount, Window
from tracker.tables.visible.core.rows import computed_moment, rows, seen_by

_CLOSED = "CASE WHEN i.closed_at < {} THEN"
_COUNTS = (
    "SELECT i.agency, i.due, MIN(i.status) AS status, MIN(i.created_at) AS created_at,"
    f" MIN({_CLOSED} i.closed_at END) AS closed_at, COUNT(*) AS number"
    " FROM action_item i LEFT JOIN occurrence o ON o.id = i.origin LEFT JOIN event e ON e.id = o.event"
    " WHERE ((i.origin IS NOT NULL AND MAY_SEE(e))"
)
_COUNTED = (
    " OR (i.origin IS NULL AND i.audience IN ({})))"
    " AND i.created_at < {} AND (i.closed_at IS NULL OR i.closed_at >= {}){}"
)
# The days of a closed item are those of a zone, which SQLite doesn't know: each stays a row of its own.
_ALIKE = f" GROUP BY i.agency, i.due, i.created_at >= {{}}, {_CLOSED} i.id END"


async def item_counts(viewer: Viewer, window: Window, committee_id: UUID | None) -> list[ItemCount]:
    """Count the items that may count in a window, those of one committee if given."""
    of_committee = QueryString(" AND i.committee = {}", committee_id) if committee_id else QueryString("")
    counted = (seen_by(viewer)[0], window.end, window.start, of_committee)
    found = await rows(_COUNTS, viewer, _COUNTED + _ALIKE, window.end, *counted, window.start, window.end)
    return [
        ItemCount(
            agency_id=row["agency"],
            due=row["due"],
            status=ItemStatus(row["status"]),
            created_at=computed_moment(row["created_at"]),
            closed_at=computed_moment(row["closed_at"]) if row["closed_at"] else None,
            number=row["number"],
        )
        for row in found
    ]
