"""The hot wash of an operation: written by the people who lead it, once everyone is released."""

from datetime import datetime
from uuid import UUID

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Conflict, NotAllowed
from tracker.rules.core.viewer import Viewer
from tracker.rules.operations.after import check_hot_wash, check_written_in
from tracker.rules.operations.plans import Operation, may_plan
from tracker.tables.schema.operations.after import HotWash
from tracker.tables.visible.operations import after
from tracker.usecases.core import audit
from tracker.usecases.operations.lookup import operation_for

NOT_THEIRS = "Only the operation lead, or someone else who can edit the operation, can write this."
CHANGED = "Someone saved the hot wash after you opened it."


async def operation_to_look_back(viewer: Viewer, event_id: UUID) -> Operation:
    """Return an operation that the viewer leads and that is over. Errors: NotFound, NotAllowed."""
    operation = await operation_for(viewer, event_id)
    if not may_plan(viewer, operation.event):
        raise NotAllowed(NOT_THEIRS)
    check_written_in(operation.state)
    return operation


async def save_hot_wash(
    viewer: Viewer, event_id: UUID, went_well: str, to_improve: str, now: datetime, *, read: int
) -> None:
    """Save the hot wash; `read` is the version that the viewer started from, 0 for none.

    Errors: NotFound, NotAllowed, Conflict when it was saved since, Invalid by field.
    """
    async with writing():
        operation = await operation_to_look_back(viewer, event_id)
        current = await after.hot_wash(viewer, operation.event)
        if read != (current.version if current else 0):
            raise Conflict(CHANGED)
        check_hot_wash(went_well, to_improve)
        if current and (went_well, to_improve) == (current.went_well, current.to_improve):
            return
        await HotWash.delete().where(HotWash.plan == operation.id)
        await HotWash.insert(
            HotWash(
                id=ids.new_id(),
                plan=operation.id,
                went_well=went_well,
                to_improve=to_improve,
                version=read + 1,
                saved_by=viewer.member_id,
                saved_at=now,
            )
        )
        await audit.record(viewer.actor, "hot_wash_saved", "event", event_id, {"version": read + 1}, now)
