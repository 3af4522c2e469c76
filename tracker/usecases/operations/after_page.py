"""What the page about the time after an operation shows to one viewer."""

from uuid import UUID

from msgspec import Struct

from tracker.errors import NotFound
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Occurrence
from tracker.rules.operations.after import WRITTEN_IN, HotWash
from tracker.rules.operations.lessons import Lesson
from tracker.rules.operations.plans import Operation, check_kind, may_plan
from tracker.rules.operations.states import OVER
from tracker.tables.visible.operations import after, lessons, plans
from tracker.usecases.events.occurrences import date_for
from tracker.usecases.operations.after import operation_to_look_back


class AfterView(Struct, frozen=True, kw_only=True):
    """An operation's date, its plan, and what was written down afterward."""

    occurrence: Occurrence
    operation: Operation
    may_write: bool
    """Whether the viewer may write the hot wash and after-action items now."""
    may_release: bool
    """Whether the viewer may write lessons and release them now."""
    hot_wash: HotWash | None
    lessons: list[Lesson]

    @property
    def version(self) -> int:
        """Return the version of the hot wash; 0 before the first one."""
        return self.hot_wash.version if self.hot_wash else 0


async def after_view(viewer: Viewer, event_id: UUID, key: str) -> AfterView:
    """Return what the page shows. Errors: NotFound, also for an operation without a plan."""
    occurrence = await date_for(viewer, event_id, key)
    check_kind(occurrence.event)
    operation = await plans.operation(viewer, occurrence.event)
    if operation is None:
        raise NotFound
    leads = may_plan(viewer, occurrence.event)
    return AfterView(
        occurrence=occurrence,
        operation=operation,
        may_write=leads and operation.state in WRITTEN_IN,
        may_release=leads and operation.state in OVER,
        hot_wash=await after.hot_wash(viewer, occurrence.event),
        lessons=await lessons.lessons(viewer, occurrence.event),
    )


async def hot_wash_to_write(viewer: Viewer, event_id: UUID, key: str) -> AfterView:
    """Return the same for the form of the hot wash. Errors: NotFound, NotAllowed."""
    view = await after_view(viewer, event_id, key)
    await operation_to_look_back(viewer, event_id)
    return view
