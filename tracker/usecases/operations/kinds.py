"""The kind of an operation: chosen from the list of the deployment by the people who lead it."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from tracker.database import writing
from tracker.errors import Invalid
from tracker.rules.core.viewer import Viewer
from tracker.tables.schema.operations.plans import OperationPlan
from tracker.usecases.core import audit
from tracker.usecases.operations.lookup import operation_to_change
from tracker.usecases.operations.steps import new_version


async def choose(
    viewer: Viewer, event_id: UUID, kind: str, offered: Collection[str], now: datetime, *, version: int | None = None
) -> None:
    """Choose one of the kinds that are offered, or none; each agency has to acknowledge the plan again.

    A plan keeps the kind that it has, also one that is no longer offered.
    Errors: NotFound, NotAllowed, Conflict when the plan has changed since that version, Invalid(kind).
    """
    async with writing():
        operation = await operation_to_change(viewer, event_id, version)
        if kind == operation.kind:
            return
        if kind and kind not in offered:
            raise Invalid(kind="Choose a type from the list.")
        await OperationPlan.update({OperationPlan.kind: kind}).where(OperationPlan.id == operation.id)
        await new_version(operation.id)
        await audit.record(viewer.actor, "operation_kind_chosen", "event", event_id, {"kind": kind}, now)
