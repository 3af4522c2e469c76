"""The operations order: written by the people who lead the operation, a version each time it is saved."""

from datetime import datetime
from uuid import UUID

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Conflict
from tracker.rules.core.viewer import Viewer
from tracker.rules.operations.orders import Paragraph, Paragraphs, checked
from tracker.tables.schema.operations.orders import OperationOrder
from tracker.tables.visible.operations import orders
from tracker.usecases.core import audit
from tracker.usecases.operations.lookup import operation_to_change
from tracker.usecases.operations.steps import new_version

CHANGED = "Someone saved the order after you opened it."


async def save(viewer: Viewer, event_id: UUID, paragraphs: Paragraphs, now: datetime, *, read: int) -> int:
    """Save the order, and return the version of the plan that it makes; the same text makes none.

    `read` is the version of the order that the viewer started from, 0 for none.
    Errors: NotFound, NotAllowed, Conflict when the order was saved since, Invalid by field.
    """
    async with writing():
        operation = await operation_to_change(viewer, event_id)
        current = await orders.order(viewer, operation.event)
        if read != (current.version if current else 0):
            raise Conflict(CHANGED)
        full = checked(paragraphs)
        if current and full == current.paragraphs:
            return current.version
        await new_version(operation.id)
        version = operation.version + 1
        await OperationOrder.insert(
            OperationOrder(
                id=ids.new_id(),
                plan=operation.id,
                version=version,
                situation=full[Paragraph.SITUATION],
                mission=full[Paragraph.MISSION],
                execution=full[Paragraph.EXECUTION],
                administration=full[Paragraph.ADMINISTRATION],
                command=full[Paragraph.COMMAND],
                saved_by=viewer.member_id,
                saved_at=now,
            )
        )
        await audit.record(viewer.actor, "order_saved", "event", event_id, {"version": version}, now)
    return version
