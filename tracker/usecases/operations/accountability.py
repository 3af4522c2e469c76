"""Personnel accountability: who hasn't checked out in time after a release; the lead gets one email for a release."""

from datetime import datetime
from uuid import UUID

from tracker.database import writing
from tracker.rules.core.message_types import CheckOutMissing
from tracker.rules.core.outbox import Draft
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Line
from tracker.rules.operations.check_ins import may_read
from tracker.rules.operations.plans import may_plan
from tracker.tables.background.operations import releases as background
from tracker.tables.background.operations.releases import OverdueRelease
from tracker.tables.schema.operations.releases import OperationRelease
from tracker.tables.visible.events import events
from tracker.tables.visible.operations import releases
from tracker.usecases.core import outbox


async def notify_leads(now: datetime) -> int:
    """Email the leads of operations on which someone hasn't checked out in time; return how many: a job of the clock.

    Each release is notified once, whether or not people check out or in afterward.
    """
    if not await background.overdue(now):
        return 0
    async with writing():
        overdue = await background.overdue(now)
        await outbox.enqueue_all([_draft(one) for one in overdue], now)
        of_these = OperationRelease.id.is_in([one.id for one in overdue])
        await OperationRelease.update({OperationRelease.notified_at: now}).where(of_these)
    return len(overdue)


async def unaccounted(viewer: Viewer, now: datetime) -> list[tuple[Line, tuple[str, ...]]]:
    """Return the operations that the viewer leads with people who haven't checked out in time, and their names."""
    if not may_read(viewer):
        return []
    names = await releases.still_in(viewer, now)
    led = [line for line in await events.lines_by_id(viewer, names) if may_plan(viewer, line)]
    return [(line, tuple(names[line.id])) for line in led]


def _draft(release: OverdueRelease) -> Draft:
    return Draft(
        content=CheckOutMissing(release=release.id),
        recipient_id=release.lead_id,
        key=f"check_out_missing:{release.id}",
        event_id=release.event_id,
    )


async def is_missing(viewer: Viewer, event_id: UUID, now: datetime) -> bool:
    """Return whether someone hasn't checked out in time on an operation that the viewer leads."""
    return any(line.event_id == event_id for line, _ in await unaccounted(viewer, now))
