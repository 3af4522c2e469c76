"""The phases of an operation, for a viewer who may see it."""

from datetime import timedelta
from uuid import UUID

from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event
from tracker.rules.operations.phases import Phase
from tracker.tables.visible.core.rows import Row, rows

_PHASES = (
    "SELECT f.id, f.name, f.start_minutes, f.end_minutes, f.begun_at, f.ended_at, f.version, o.starts_at"
    " FROM operation_phase f JOIN operation_plan p ON p.id = f.plan JOIN event e ON e.id = p.event"
    " JOIN occurrence o ON o.event = e.id WHERE MAY_SEE(e)"
)
_EARLIEST = " AND p.event = {} ORDER BY f.start_minutes, f.end_minutes, f.name, f.id"


async def phases(viewer: Viewer, event: Event) -> dict[UUID, Phase]:
    """Return the phases of an operation by id, as they are planned now, earliest first."""
    return {row["id"]: _phase(row) for row in await rows(_PHASES, viewer, _EARLIEST, event.id)}


def _phase(row: Row) -> Phase:
    end = row["end_minutes"]
    return Phase(
        id=row["id"],
        name=row["name"],
        starts_at=row["starts_at"] + timedelta(minutes=row["start_minutes"]),
        ends_at=None if end is None else row["starts_at"] + timedelta(minutes=end),
        begun_at=row["begun_at"],
        ended_at=row["ended_at"],
        version=row["version"],
    )
