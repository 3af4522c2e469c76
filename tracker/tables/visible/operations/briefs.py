"""The numbered copies of the brief for a date that the viewer may see, and whom to call on the operation."""

from tracker.rules.core.viewers import Viewer
from tracker.rules.events.event import Event, Occurrence
from tracker.rules.operations.briefs import NumberedCopy, OperationContact
from tracker.tables.visible.core.rows import Row, rows

_COPIES = (
    "SELECT c.number, c.version, c.issued_at, c.issued_to, m.name, g.code, b.name AS by_name, h.code AS by_code"
    " FROM brief_copy c"
    " JOIN occurrence o ON o.id = c.occurrence JOIN event e ON e.id = o.event"
    " JOIN member m ON m.id = c.issued_to JOIN agency g ON g.id = m.agency"
    " JOIN member b ON b.id = c.issued_by JOIN agency h ON h.id = b.agency WHERE MAY_SEE(e)"
)


async def brief_copies(viewer: Viewer, occurrence: Occurrence) -> list[NumberedCopy]:
    """Return the copies that were issued, by number."""
    return [_copy(row) for row in await rows(_COPIES, viewer, " AND o.id = {} ORDER BY c.number", occurrence.id)]


def _copy(row: Row) -> NumberedCopy:
    return NumberedCopy(
        number=row["number"],
        version=row["version"],
        issued_to_id=row["issued_to"],
        issued_at=row["issued_at"],
        issued_to=f"{row['name']} ({row['code']})",
        issued_by=f"{row['by_name']} ({row['by_code']})",
    )


_CONTACTS = (
    "SELECT m.name, g.code, m.phone, CASE WHEN m.is_mobile_private THEN '' ELSE m.mobile END AS mobile,"
    " CASE WHEN m.id = e.lead THEN 1 ELSE 0 END AS leads, CASE WHEN m.id = p.supervisor THEN 1 ELSE 0 END AS approves,"
    " x.code AS speaks_for FROM operation_plan p JOIN event e ON e.id = p.event JOIN member m ON m.id = e.lead"
    " OR m.id = p.supervisor OR m.id IN (SELECT c.acknowledged_by FROM operation_agency c WHERE c.plan = p.id)"
    " JOIN agency g ON g.id = m.agency LEFT JOIN operation_agency a ON a.plan = p.id AND a.acknowledged_by = m.id"
    " LEFT JOIN agency x ON x.id = a.agency WHERE MAY_SEE(e) AND (m.id = e.lead OR EXISTS (SELECT 1 FROM invitation i"
    " WHERE i.event = e.id AND i.member = m.id AND i.withdrawn_at IS NULL))"
)
_LEAD_FIRST = " AND e.id = {} ORDER BY leads DESC, approves DESC, x.code, m.name"


async def operation_contacts(viewer: Viewer, event: Event) -> list[OperationContact]:
    """Return who leads an operation, who approves it, and who acknowledged its plan for their agency.

    People who were taken off the operation since are left out: no one should talk to them about it.
    """
    return [
        OperationContact(
            name=f"{row['name']} ({row['code']})",
            phone=row["phone"],
            mobile=row["mobile"],
            leads=bool(row["leads"]),
            approves=bool(row["approves"]),
            speaks_for=row["speaks_for"] or "",
        )
        for row in await rows(_CONTACTS, viewer, _LEAD_FIRST, event.id)
    ]
