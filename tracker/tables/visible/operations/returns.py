"""The plans that a supervisor sent back, with what they said: between the supervisor and the people who lead."""

from datetime import datetime
from typing import NamedTuple

from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Line
from tracker.rules.operations.approvals import Return
from tracker.rules.operations.plans import Operation, knows_conflicts
from tracker.tables.visible.core.rows import Row, rows
from tracker.tables.visible.events.events import LINE, line
from tracker.tables.visible.operations.planned_dates import OF_THEIR_PLAN, PLANNED_DATES

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
    given: Return


async def returns(viewer: Viewer, of: Operation) -> list[Return]:
    """Return what the supervisor sent back, newest first; none for others who see the operation.

    A comment can be about a conflict, so it is read by those who may know of conflicts.
    """
    if not knows_conflicts(viewer, of):
        return []
    return [_return(row) for row in await rows(_RETURNS, viewer, "", of.event.id)]


async def returned(viewer: Viewer, now: datetime) -> list[ReturnedLine]:
    """Return the operations to come that the viewer leads and whose plan was sent back, soonest first."""
    found = await rows(_RETURNED, viewer, "", viewer.member_id, now)
    return [ReturnedLine(line(row), _return(row)) for row in found]


def _return(row: Row) -> Return:
    return Return(
        version=row["version"],
        by=f"{row['name']} ({row['code']})",
        returned_at=row["returned_at"],
        comment=row["comment"],
    )
