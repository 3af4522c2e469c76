"""What happens to a service-readiness notice: released and stood down by the clock, and what its recipients learn."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tracker.database import writing
from tracker.rules.core import audiences
from tracker.rules.core.actors import BY_CLOCK
from tracker.rules.core.message_types import ReadinessNews
from tracker.rules.core.outbox import Draft
from tracker.rules.operations.readiness import NoticeState
from tracker.tables.background.operations import readiness
from tracker.tables.schema.events import audience_versions
from tracker.tables.schema.operations.readiness import ReadinessNotice
from tracker.usecases.core import audit, outbox

EMAILED = frozenset({NoticeState.RELEASED, NoticeState.ACTIVATED, NoticeState.STOOD_DOWN})
"""The states of which recipients are notified, once."""
IN_CALENDARS = frozenset({NoticeState.RELEASED, NoticeState.STOOD_DOWN})
"""The states that change the calendar entry of a notice."""
NOTICE = "readiness_notice"
"""The subject of audit entries that must not lead to an operation."""


async def run_due(now: datetime) -> int:
    """Release the notices whose time has come, stand down those of operations that were called off: a job of the clock.

    Returns how many.
    """
    if not (await readiness.due(now) or await readiness.called_off(now)):
        return 0
    async with writing():
        due, called_off = await readiness.due(now), await readiness.called_off(now)
        for notice_id in due:
            await enter(notice_id, NoticeState.RELEASED, now)
            recipients = sorted((await readiness.recipients_of([notice_id]))[notice_id])
            facts = {"for": recipients}
            await audit.record(BY_CLOCK, "readiness_released", NOTICE, notice_id, facts, now)
        for notice_id in called_off:
            await enter(notice_id, NoticeState.STOOD_DOWN, now)
            await audit.record(BY_CLOCK, "readiness_called_off", NOTICE, notice_id, {}, now)
    return len(due) + len(called_off)


async def enter(notice_id: UUID, state: NoticeState, now: datetime) -> None:
    """Take a notice to a state inside the caller's `writing()`: its recipients' calendars and emails follow."""
    recipients = (await readiness.recipients_of([notice_id]))[notice_id]
    await ReadinessNotice.update(_values(state, now)).where(ReadinessNotice.id == notice_id)
    if state in IN_CALENDARS:
        await audience_versions.touch(audiences.member(one) for one in recipients)
    if state in EMAILED:
        ends_at = (await readiness.window_ends([notice_id]))[notice_id]
        await outbox.enqueue_all([_draft(notice_id, state, one, ends_at) for one in recipients], now)


def _values(state: NoticeState, now: datetime) -> dict[Any, Any]:
    values: dict[Any, Any] = {ReadinessNotice.state: state}
    if state is NoticeState.RELEASED:
        values |= {ReadinessNotice.released_at: now, ReadinessNotice.changed_at: now}
    elif state is NoticeState.STOOD_DOWN:
        values |= {ReadinessNotice.changed_at: now, ReadinessNotice.sequence: ReadinessNotice.sequence + 1}
    return values


def _draft(notice_id: UUID, state: NoticeState, recipient_id: UUID, ends_at: datetime) -> Draft:
    return Draft(
        content=ReadinessNews(notice=notice_id, state=state),
        recipient_id=recipient_id,
        key=f"readiness:{notice_id}:{state}:{recipient_id}",
        not_after=ends_at,
    )
