"""The plans of operations to come that could ask something of a viewer, in one query."""

from datetime import datetime

from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Line
from tracker.rules.operations.duties import Duty
from tracker.rules.operations.states import OperationState
from tracker.tables.visible.core.rows import rows
from tracker.tables.visible.events.events import LINE, line
from tracker.tables.visible.operations.planned_dates import OF_THEIR_PLAN, PLANNED_DATES

_DUTIES = (
    f"{LINE}, p.state, p.version, p.supervisor, a.id AS commitment, a.acknowledged FROM {PLANNED_DATES}"
    f" LEFT JOIN operation_agency a ON a.plan = p.id AND a.agency = {{}} WHERE MAY_SEE(e) AND {OF_THEIR_PLAN}"
)
_TO_COME = (
    " AND o.ends_at > {} AND NOT o.is_canceled AND e.status <> 'canceled' AND (p.supervisor = {} OR a.id IS NOT NULL)"
    " ORDER BY o.starts_at, o.id"
)
# Someone who could be named now: `rules.operations.guards.Facts.has_supervisor`.
_CAN_APPROVE = (
    "SELECT 1 FROM invitation i JOIN member m ON m.id = i.member JOIN agency g ON g.id = m.agency"
    " WHERE i.event = e.id AND i.member = p.supervisor AND i.withdrawn_at IS NULL AND m.id <> e.lead"
    " AND m.status = 'active' AND g.arm = 'law_enforcement'"
)
_WITHOUT_SUPERVISOR = (
    f"{LINE} FROM {PLANNED_DATES} WHERE MAY_SEE(e) AND {OF_THEIR_PLAN}"
    " AND p.state = 'submitted' AND e.lead = {} AND o.ends_at > {}"
    f" AND NOT o.is_canceled AND e.status <> 'canceled' AND NOT EXISTS ({_CAN_APPROVE}) ORDER BY o.starts_at, o.id"
)


async def without_supervisor(viewer: Viewer, now: datetime) -> list[Line]:
    """Return the operations that the viewer leads whose submitted plan no one can approve, soonest first."""
    return [line(row) for row in await rows(_WITHOUT_SUPERVISOR, viewer, "", viewer.member_id, now)]


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
