"""The activity log of an operation, for a viewer who may see it."""

from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event
from tracker.rules.operations.activity_log import Entered, Written
from tracker.rules.operations.states import OperationState
from tracker.tables.visible.core.rows import rows

_WRITTEN = (
    "SELECT l.id, l.entry, l.happened_at, l.text, l.written_by, l.written_at, m.name, g.code FROM operation_log_entry l"
    " JOIN operation_plan p ON p.id = l.plan JOIN event e ON e.id = p.event JOIN member m ON m.id = l.written_by"
    " JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)
_STATES = (
    "SELECT s.state, s.entered_at, m.name, g.code FROM operation_state_change s JOIN operation_plan p ON p.id = s.plan"
    " JOIN event e ON e.id = p.event LEFT JOIN member m ON m.id = s.entered_by LEFT JOIN agency g ON g.id = m.agency"
    " WHERE MAY_SEE(e)"
)


async def written(viewer: Viewer, event: Event) -> list[Written]:
    """Return every version of every entry."""
    return [
        Written(
            id=row["id"],
            entry_id=row["entry"],
            at=row["happened_at"],
            text=row["text"],
            by=f"{row['name']} ({row['code']})",
            by_id=row["written_by"],
            written_at=row["written_at"],
        )
        for row in await rows(_WRITTEN, viewer, " AND e.id = {}", event.id)
    ]


async def states(viewer: Viewer, event: Event) -> list[Entered]:
    """Return when the operation entered its states, and who took it there."""
    found = await rows(_STATES, viewer, " AND e.id = {}", event.id)
    return [
        Entered(
            row["entered_at"], OperationState(row["state"]), f"{row['name']} ({row['code']})" if row["name"] else ""
        )
        for row in found
    ]
