"""The check-in list of an operation, and when everyone was released, for a viewer who may see it.

Also the operations whose check-in is or was open, in one query.
"""

from datetime import datetime, timedelta
from uuid import UUID

from tracker.rules.core.viewers import Viewer
from tracker.rules.events.event import Event
from tracker.rules.operations.check_ins import OPENS_BEFORE, CheckIn, CheckInDay, Release
from tracker.rules.operations.states import OperationState
from tracker.tables.background.events.invitees import TAKES_PART
from tracker.tables.visible.core.rows import Row, rows
from tracker.tables.visible.events.events import LINE, line
from tracker.tables.visible.operations.plans import OF_THEIR_PLAN, PLANNED_DATES

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


async def expected_lines(viewer: Viewer, event: Event) -> list[CheckIn]:
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


async def recorded_lines(viewer: Viewer, event: Event) -> list[CheckIn]:
    """Return the lines that count."""
    found = await rows(_RECORDED, viewer, " AND e.id = {} AND c.replaced_by IS NULL", event.id)
    return [_line(row) for row in found]


async def is_tap_recorded(viewer: Viewer, event: Event, row_id: UUID) -> bool:
    """Return whether a tap was recorded already, also when a later one replaced it."""
    return bool(await rows(_RECORDED, viewer, " AND e.id = {} AND c.id = {}", event.id, row_id))


async def last_line_by(viewer: Viewer, event: Event, row_id: UUID) -> tuple[CheckIn, CheckIn | None] | None:
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


_RELEASE = (
    "SELECT r.ordered_at, r.wait_minutes, m.name, g.code FROM operation_release r"
    " JOIN operation_plan p ON p.id = r.plan JOIN event e ON e.id = p.event"
    " JOIN member m ON m.id = r.ordered_by JOIN agency g ON g.id = m.agency"
    " WHERE MAY_SEE(e) AND r.withdrawn_at IS NULL"
)
_STILL_IN = (
    "SELECT o.id, r.ordered_at, r.wait_minutes, COALESCE(m.name, c.guest) AS name,"
    " COALESCE(g.code, c.guest_agency) AS agency FROM operation_release r"
    " JOIN operation_plan p ON p.id = r.plan JOIN event e ON e.id = p.event JOIN occurrence o ON o.event = e.id"
    " JOIN operation_check_in c ON c.plan = p.id LEFT JOIN member m ON m.id = c.member"
    " LEFT JOIN agency g ON g.id = c.agency WHERE MAY_SEE(e) AND r.withdrawn_at IS NULL"
    " AND p.state IN ('executing', 'aborted') AND c.replaced_by IS NULL AND c.time_in IS NOT NULL"
    " AND c.time_out IS NULL"
)


async def release_of(viewer: Viewer, event: Event) -> Release | None:
    """Return the release of everyone on an operation, if it was ordered and not withdrawn."""
    found = await rows(_RELEASE, viewer, " AND e.id = {}", event.id)
    return next(
        (
            Release(
                ordered_at=row["ordered_at"],
                by=f"{row['name']} ({row['code']})",
                wait=timedelta(minutes=row["wait_minutes"]),
            )
            for row in found
        ),
        None,
    )


async def overdue_check_outs(viewer: Viewer, now: datetime) -> dict[UUID, list[str]]:
    """Return, by the date of the operation, the names of people who haven't checked out in time after a release."""
    found: dict[UUID, list[str]] = {}
    for row in await rows(_STILL_IN, viewer, " ORDER BY g.code, name"):
        if row["ordered_at"] + timedelta(minutes=row["wait_minutes"]) <= now:
            found.setdefault(row["id"], []).append(f"{row['name']} ({row['agency']})")
    return found


_DAYS = (
    f"{LINE}, p.state, i.id AS invitation FROM {PLANNED_DATES}"
    f" LEFT JOIN invitation i ON i.event = e.id AND i.member = {{}} AND i.withdrawn_at IS NULL AND {TAKES_PART}"
    f" WHERE MAY_SEE(e) AND {OF_THEIR_PLAN}"
)
_UNDER_WAY = (
    " AND o.starts_at <= {} AND (o.ends_at > {} OR p.state = 'executing') AND p.state <> 'draft'"
    " AND NOT o.is_canceled AND e.status <> 'canceled' ORDER BY o.starts_at, o.id"
)


async def check_in_days(viewer: Viewer, now: datetime) -> list[CheckInDay]:
    """Return the operations that are planned and whose check-in has opened, until they are over, soonest first."""
    latest_start = now + OPENS_BEFORE
    found = await rows(_DAYS, viewer, _UNDER_WAY, viewer.member_id, latest_start, now)
    return [
        CheckInDay(line=line(row), state=OperationState(row["state"]), is_on_it=row["invitation"] is not None)
        for row in found
    ]
