"""The operations with a plan that a viewer may see, a page at a time, and who approved one of them."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from tracker.database.sql_list import sql_list
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event
from tracker.rules.operations.approvals import Approval
from tracker.rules.operations.states import OperationState
from tracker.tables.visible.core.rows import rows
from tracker.tables.visible.events.events import events_where

_PLANNED = (
    " AND e.kind = 'joint_operation' AND e.visibility = 'named' AND e.rrule IS NULL"
    " AND EXISTS (SELECT 1 FROM operation_plan p WHERE p.event = e.id)"
    " AND (e.created_at > {} OR (e.created_at = {} AND e.id > {})) ORDER BY e.created_at, e.id LIMIT {}"
)
_STATES = "SELECT p.event, p.state, p.version FROM operation_plan p JOIN event e ON e.id = p.event WHERE MAY_SEE(e)"
_APPROVALS = (
    "SELECT a.version, m.name, g.code, a.approved_at, a.ended_at FROM operation_approval a"
    " JOIN operation_plan p ON p.id = a.plan JOIN event e ON e.id = p.event"
    " JOIN member m ON m.id = a.approved_by JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)


class PlanState(NamedTuple):
    """Where a plan is, and its version."""

    state: OperationState
    version: int


async def planned(viewer: Viewer, after: tuple[datetime, UUID], limit: int) -> list[Event]:
    """Return operations with a plan, in the order in which their events were created."""
    return await events_where(viewer, _PLANNED, after[0], *after, limit)


async def states(viewer: Viewer, of: Iterable[Event]) -> dict[UUID, PlanState]:
    """Return where the plans of these operations are, by event."""
    wanted = [one.id for one in of]
    if not wanted:
        return {}
    listed = sql_list(wanted)
    found = await rows(_STATES, viewer, " AND p.event IN ({})", listed)
    return {row["event"]: PlanState(OperationState(row["state"]), row["version"]) for row in found}


async def approvals(viewer: Viewer, of: Event) -> list[Approval]:
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
