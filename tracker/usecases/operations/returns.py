"""A supervisor sends a plan back to the people who lead it, and says what should change."""

from datetime import datetime
from uuid import UUID

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Conflict, NotAllowed
from tracker.rules.core.viewer import Viewer
from tracker.rules.operations import approvals as rules
from tracker.rules.operations.states import OperationState
from tracker.tables.schema.operations.returns import OperationReturn
from tracker.tables.visible.operations import returns
from tracker.usecases.core import audit
from tracker.usecases.operations import approval_notices
from tracker.usecases.operations.lookup import operation_for
from tracker.usecases.operations.steps import enter


async def send_back(viewer: Viewer, event_id: UUID, comment: str, now: datetime, *, version: int | None = None) -> None:
    """Take a submitted plan, in the version that the viewer read, back to planning, and notify its lead.

    The deconfliction number holds as long as the sites and the time stay.
    Errors: NotFound, NotAllowed, Conflict when the plan has changed or was decided since, Invalid(comment).
    """
    async with writing():
        operation = await operation_for(viewer, event_id)
        if not rules.is_supervisor(viewer, operation):
            raise NotAllowed(rules.NOT_THE_SUPERVISOR)
        if operation.state is not OperationState.SUBMITTED:
            raise Conflict(rules.NOT_SUBMITTED)
        if version not in (None, operation.version):
            raise Conflict(f"The plan has changed. Read version {operation.version} first.")
        rules.check_comment(comment)
        await OperationReturn.insert(
            OperationReturn(
                id=ids.new_id(),
                plan=operation.id,
                version=operation.version,
                comment=comment,
                returned_by=viewer.member_id,
                returned_at=now,
            )
        )
        await enter(operation.id, OperationState.PLANNING, now, viewer.member_id)
        await approval_notices.note_decided(operation, now)
        await audit.record(viewer.actor, "plan_returned", "event", event_id, {"version": operation.version}, now)


async def returns_of(viewer: Viewer, event_id: UUID) -> list[rules.Return]:
    """Return what was sent back, newest first, for the people who lead and the supervisor. Errors: NotFound."""
    return await returns.returns(viewer, await operation_for(viewer, event_id))
