"""Whom to call on an operation, for a viewer who may see it."""

from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event
from tracker.rules.operations.briefs import Contact
from tracker.tables.visible.core.rows import rows

_CONTACTS = (
    "SELECT m.name, g.code, m.phone, CASE WHEN m.is_mobile_private THEN '' ELSE m.mobile END AS mobile,"
    " CASE WHEN m.id = e.lead THEN 1 ELSE 0 END AS leads, CASE WHEN m.id = p.supervisor THEN 1 ELSE 0 END AS approves,"
    " x.code AS speaks_for FROM operation_plan p JOIN event e ON e.id = p.event JOIN member m ON m.id = e.lead"
    " OR m.id = p.supervisor OR m.id IN (SELECT c.acknowledged_by FROM operation_agency c WHERE c.plan = p.id)"
    " JOIN agency g ON g.id = m.agency LEFT JOIN operation_agency a ON a.plan = p.id AND a.acknowledged_by = m.id"
    " LEFT JOIN agency x ON x.id = a.agency WHERE MAY_SEE(e) AND (m.id = e.lead OR EXISTS (SELECT 1 FROM invitation i"
    " WHERE i.event = e.id AND i.member = m.id AND i.withdrawn_at IS NULL))"
)
_IN_ORDER = " AND e.id = {} ORDER BY leads DESC, approves DESC, x.code, m.name"


async def contacts(viewer: Viewer, event: Event) -> list[Contact]:
    """Return who leads an operation, who approves it, and who acknowledged its plan for their agency.

    People who were taken off the operation since are left out: no one should talk to them about it.
    """
    return [
        Contact(
            name=f"{row['name']} ({row['code']})",
            phone=row["phone"],
            mobile=row["mobile"],
            leads=bool(row["leads"]),
            approves=bool(row["approves"]),
            speaks_for=row["speaks_for"] or "",
        )
        for row in await rows(_CONTACTS, viewer, _IN_ORDER, event.id)
    ]
