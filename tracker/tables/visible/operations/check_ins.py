"""The check-in list of an operation, for a viewer who may see it."""

from uuid import UUID

from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event
from tracker.rules.operations.check_ins import CheckIn
from tracker.tables.background.events.invitees import TAKES_PART
from tracker.tables.visible.core.rows import Row, rows

# Victim services are not expected at an operation: they have no line, also when they are on it.
_EXPECTED = (
    "SELECT i.member, m.name, m.phone, CASE WHEN m.is_mobile_private THEN '' ELSE m.mobile END AS mobile, m.agency,"
    " g.code FROM invitation i JOIN event e ON e.id = i.event"
    " JOIN member m ON m.id = i.member JOIN agency g ON g.id = m.agency"
    f" WHERE MAY_SEE(e) AND i.withdrawn_at IS NULL AND g.arm = 'law_enforcement' AND {TAKES_PART}"
)
_RECORDED = (
    "SELECT c.id, c.person, c.member, c.guest, c.guest_agency, c.agency, c.contact, c.assignment, c.time_in,"
    " c.time_out, c.tapped_at, c.replaced_by, m.name, g.code, w.name AS writer, v.code AS writer_agency"
    " FROM operation_check_in c JOIN operation_plan p ON p.id = c.plan JOIN event e ON e.id = p.event"
    " JOIN member w ON w.id = c.recorded_by JOIN agency v ON v.id = w.agency"
    " LEFT JOIN member m ON m.id = c.member LEFT JOIN agency g ON g.id = c.agency WHERE MAY_SEE(e)"
)
_STEP = " AND e.id = {} AND ((c.id = {} AND c.recorded_by = {} AND c.replaced_by IS NULL) OR c.replaced_by = {})"


async def expected(viewer: Viewer, event: Event) -> list[CheckIn]:
    """Return the people of law enforcement on an operation, each as a line about which nothing is recorded."""
    found = await rows(_EXPECTED, viewer, " AND e.id = {}", event.id)
    return [
        CheckIn(
            person_id=row["member"],
            member_id=row["member"],
            name=row["name"],
            agency_id=row["agency"],
            agency=row["code"],
            contact=row["mobile"] or row["phone"],
        )
        for row in found
    ]


async def recorded(viewer: Viewer, event: Event) -> list[CheckIn]:
    """Return the lines that count."""
    found = await rows(_RECORDED, viewer, " AND e.id = {} AND c.replaced_by IS NULL", event.id)
    return [_line(row) for row in found]


async def written(viewer: Viewer, event: Event, row_id: UUID) -> bool:
    """Return whether a tap was recorded already, also when a later one replaced it."""
    return bool(await rows(_RECORDED, viewer, " AND e.id = {} AND c.id = {}", event.id, row_id))


async def last_by(viewer: Viewer, event: Event, row_id: UUID) -> tuple[CheckIn, CheckIn | None] | None:
    """Return a line that the viewer recorded and that still counts, with the one that it replaced."""
    found = await rows(_RECORDED, viewer, _STEP, event.id, row_id, viewer.member_id, row_id)
    lines = {row["id"]: _line(row) for row in found}
    mine = lines.pop(row_id, None)
    return (mine, next(iter(lines.values()), None)) if mine else None


def _line(row: Row) -> CheckIn:
    return CheckIn(
        id=row["id"],
        person_id=row["person"],
        member_id=row["member"],
        name=row["name"] or row["guest"],
        agency_id=row["agency"],
        agency=row["code"] or row["guest_agency"],
        contact=row["contact"],
        assignment=row["assignment"],
        time_in=row["time_in"],
        time_out=row["time_out"],
        tapped_at=row["tapped_at"],
        by=f"{row['writer']} ({row['writer_agency']})",
    )
