"""Which agencies took part in the joint operations that were held and that the viewer may see."""

from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Kind
from tracker.rules.reports.operations import TookPart
from tracker.rules.reports.reports import Span
from tracker.tables.visible.core.rows import rows
from tracker.tables.visible.reports.sums import OVER, TAKES_PLACE, span_values

_TOOK_PART = (
    "SELECT DISTINCT o.id, g.code FROM occurrence o JOIN event e ON e.id = o.event JOIN member l ON l.id = e.lead"
    " LEFT JOIN operation_plan p ON p.event = e.id LEFT JOIN operation_agency a ON a.plan = p.id"
    " JOIN agency g ON g.id = l.agency OR g.id = a.agency WHERE MAY_SEE(e)"
)


async def took_part(viewer: Viewer, span: Span) -> list[TookPart]:
    """Return each agency that led a held operation or committed something to it, once for each operation."""
    tail = OVER + TAKES_PLACE + " AND e.kind = {}"
    found = await rows(_TOOK_PART, viewer, tail, *span_values(span), Kind.JOINT_OPERATION)
    return [TookPart(row["id"], row["code"]) for row in found]
