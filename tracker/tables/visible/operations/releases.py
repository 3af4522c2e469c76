"""When everyone on an operation was released, for a viewer who may see it."""

from datetime import timedelta

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
