"""When everyone on an operation was released, for a viewer who may see it."""

from datetime import datetime, timedelta
from uuid import UUID

from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event
from tracker.rules.operations.accountability import Release
from tracker.tables.visible.core.rows import rows

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


async def release(viewer: Viewer, event: Event) -> Release | None:
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


async def still_in(viewer: Viewer, now: datetime) -> dict[UUID, list[str]]:
    """Return, by the date of the operation, the names of people who haven't checked out in time after a release."""
    found: dict[UUID, list[str]] = {}
    for row in await rows(_STILL_IN, viewer, " ORDER BY g.code, name"):
        if row["ordered_at"] + timedelta(minutes=row["wait_minutes"]) <= now:
            found.setdefault(row["id"], []).append(f"{row['name']} ({row['agency']})")
    return found
