"""The plans of operations to come that could ask something of a viewer, in one query."""

from datetime import datetime

from tracker.rules.core.viewer import Viewer
from tracker.rules.operations.duties import Duty
from tracker.rules.operations.states import OperationState
from tracker.tables.visible.core.rows import rows
from tracker.tables.visible.events.events import LINE, line

_DUTIES = (
    f"{LINE}, p.state, p.version, p.supervisor, a.id AS commitment, a.acknowledged FROM operation_plan p"
    " JOIN event e ON e.id = p.event JOIN occurrence o ON o.event = e.id"
    " LEFT JOIN operation_agency a ON a.plan = p.id AND a.agency = {} WHERE MAY_SEE(e)"
)
_TO_COME = (
    " AND o.ends_at > {} AND NOT o.is_canceled AND e.status <> 'canceled' AND (p.supervisor = {} OR a.id IS NOT NULL)"
    " ORDER BY o.starts_at, o.id"
)


async def duties(viewer: Viewer, now: datetime) -> list[Duty]:
    """Return the plans that the viewer approves, or to which their agency commits something, soonest first."""
    found = await rows(_DUTIES, viewer, _TO_COME, viewer.agency_id, now, viewer.member_id)
    return [
        Duty(
            line=line(row),
            state=OperationState(row["state"]),
            version=row["version"],
            supervisor_id=row["supervisor"],
            is_committed=row["commitment"] is not None,
            acknowledged=row["acknowledged"],
        )
        for row in found
    ]
