"""The numbered copies of the brief for a date that the viewer may see."""

from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Occurrence
from tracker.rules.operations.briefs import Copy
from tracker.tables.visible.core.rows import Row, rows

_COPIES = (
    "SELECT c.number, c.version, c.issued_at, c.issued_to, m.name, g.code, b.name AS by_name, h.code AS by_code"
    " FROM brief_copy c"
    " JOIN occurrence o ON o.id = c.occurrence JOIN event e ON e.id = o.event"
    " JOIN member m ON m.id = c.issued_to JOIN agency g ON g.id = m.agency"
    " JOIN member b ON b.id = c.issued_by JOIN agency h ON h.id = b.agency WHERE MAY_SEE(e)"
)


async def copies(viewer: Viewer, occurrence: Occurrence) -> list[Copy]:
    """Return the copies that were issued, by number."""
    return [_copy(row) for row in await rows(_COPIES, viewer, " AND o.id = {} ORDER BY c.number", occurrence.id)]


def _copy(row: Row) -> Copy:
    return Copy(
        number=row["number"],
        version=row["version"],
        issued_to_id=row["issued_to"],
        issued_at=row["issued_at"],
        issued_to=f"{row['name']} ({row['code']})",
        issued_by=f"{row['by_name']} ({row['by_code']})",
    )
