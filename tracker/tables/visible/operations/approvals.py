"""Who approved plans, sent them back, or has to approve or acknowledge them, for a viewer who may see the operation.

What a supervisor sent back is between the supervisor and the people who lead.
"""

from datetime import datetime
from typing import NamedTuple

from tracker.rules.core.viewers import Viewer
from tracker.rules.events.event import Event, Line
from tracker.rules.operations.approvals import Approval, PlanDuty, PlanReturn
from tracker.rules.operations.plans import Operation, knows_conflicts
from tracker.rules.operations.states import OperationState
from tracker.tables.visible.core.rows import Row, rows
from tracker.tables.visible.events.events import LINE, line
from tracker.tables.visible.operations.plans import OF_THEIR_PLAN, PLANNED_DATES

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


async def plans_without_supervisor(viewer: Viewer, now: datetime) -> list[Line]:
    """Return the operations that the viewer leads whose submitted plan no one can approve, soonest first."""
    return [line(row) for row in await rows(_WITHOUT_SUPERVISOR, viewer, "", viewer.member_id, now)]


async def plan_duties(viewer: Viewer, now: datetime) -> list[PlanDuty]:
    """Return the plans that the viewer approves, or to which their agency commits something, soonest first."""
    found = await rows(_DUTIES, viewer, _TO_COME, viewer.agency_id, now, viewer.member_id)
    return [
        PlanDuty(
            line=line(row),
            state=OperationState(row["state"]),
            version=row["version"],
            supervisor_id=row["supervisor"],
            is_committed=row["commitment"] is not None,
            acknowledged=row["acknowledged"],
        )
        for row in found
    ]


_WHO = " JOIN member m ON m.id = r.returned_by JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
_RETURNS = (
    "SELECT r.version, r.comment, r.returned_at, m.name, g.code FROM operation_return r"
    f" JOIN operation_plan p ON p.id = r.plan JOIN event e ON e.id = p.event{_WHO}"
    " AND p.event = {} ORDER BY r.returned_at DESC, r.id"
)
# Until the plan goes to another state, which the return itself was the last to do.
_RETURNED = (
    f"{LINE}, r.version, r.comment, r.returned_at, m.name, g.code FROM {PLANNED_DATES}"
    f" JOIN operation_return r ON r.plan = p.id{_WHO} AND {OF_THEIR_PLAN}"
    " AND p.state = 'planning' AND e.lead = {} AND o.ends_at > {} AND NOT o.is_canceled AND e.status <> 'canceled'"
    " AND r.returned_at = (SELECT MAX(s.entered_at) FROM operation_state_change s WHERE s.plan = p.id)"
    " ORDER BY o.starts_at, o.id"
)


class ReturnedLine(NamedTuple):
    """An operation whose plan was sent back."""

    line: Line
    given: PlanReturn


async def plan_returns(viewer: Viewer, of: Operation) -> list[PlanReturn]:
    """Return what the supervisor sent back, newest first; none for others who see the operation.

    A comment can be about a conflict, so it is read by those who may know of conflicts.
    """
    if not knows_conflicts(viewer, of):
        return []
    return [_return(row) for row in await rows(_RETURNS, viewer, "", of.event.id)]


async def returned_plans(viewer: Viewer, now: datetime) -> list[ReturnedLine]:
    """Return the operations to come that the viewer leads and whose plan was sent back, soonest first."""
    found = await rows(_RETURNED, viewer, "", viewer.member_id, now)
    return [ReturnedLine(line(row), _return(row)) for row in found]


def _return(row: Row) -> PlanReturn:
    return PlanReturn(
        version=row["version"],
        by=f"{row['name']} ({row['code']})",
        returned_at=row["returned_at"],
        comment=row["comment"],
    )


_APPROVALS = (
    "SELECT a.version, m.name, g.code, a.approved_at, a.ended_at FROM operation_approval a"
    " JOIN operation_plan p ON p.id = a.plan JOIN event e ON e.id = p.event"
    " JOIN member m ON m.id = a.approved_by JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)


async def plan_approvals(viewer: Viewer, of: Event) -> list[Approval]:
    """Return who approved the plan of an operation, newest first."""
    found = await rows(_APPROVALS, viewer, " AND p.event = {} ORDER BY a.approved_at DESC, a.id", of.id)
    return [
        Approval(
            version=row["version"],
            by=f"{row['name']} ({row['code']})",
            approved_at=row["approved_at"],
            ended_at=row["ended_at"],
        )
        for row in found
    ]
