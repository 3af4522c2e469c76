"""Service-readiness notices as their recipients have them: read, and acknowledged."""

from datetime import datetime
from uuid import UUID

from tracker.database import writing
from tracker.errors import NotAllowed, NotFound
from tracker.rules.audit.words import READ
from tracker.rules.core.viewer import Viewer
from tracker.rules.operations.readiness import Notice, NoticeState
from tracker.tables.background.operations.readiness import all_acknowledged
from tracker.tables.schema.operations.readiness import ReadinessNotice, ReadinessRecipient
from tracker.tables.visible.operations import readiness
from tracker.usecases.core import access_records, audit
from tracker.usecases.operations.readiness_states import NOTICE

HAS_ENDED = "This notice has ended, so there is nothing to acknowledge."


async def notice_for(viewer: Viewer, notice_id: UUID, now: datetime) -> Notice:
    """Return a notice that was released to the viewer, and note that it was read. Errors: NotFound."""
    notice = await readiness.given(viewer, notice_id)
    if notice is None:
        raise NotFound
    await access_records.note(viewer, READ, NOTICE, str(notice_id), {}, now)
    return notice


async def in_force(viewer: Viewer, now: datetime) -> list[Notice]:
    """Return the notices for which the viewer holds themselves ready, by their window."""
    return [one for one in await readiness.every_given(viewer) if one.is_in_force and one.text.ends_at > now]


async def between(viewer: Viewer, start: datetime, end: datetime) -> list[Notice]:
    """Return the notices that were released to the viewer and whose window overlaps [start, end)."""
    every = await readiness.every_given(viewer)
    return [one for one in every if one.text.starts_at < end and one.text.ends_at > start]


async def acknowledge(viewer: Viewer, notice_id: UUID, now: datetime) -> Notice:
    """Acknowledge a notice and return it; a second time changes nothing. Errors: NotFound, NotAllowed after its end."""
    async with writing():
        notice = await readiness.given(viewer, notice_id)
        if notice is None:
            raise NotFound
        if notice.acknowledged_at is not None:
            return notice
        if not notice.is_in_force:
            raise NotAllowed(HAS_ENDED)
        mine = (ReadinessRecipient.notice == notice_id) & (ReadinessRecipient.member == viewer.member_id)
        await ReadinessRecipient.update({ReadinessRecipient.acknowledged_at: now}).where(mine)
        if notice.state is NoticeState.RELEASED and await all_acknowledged(notice_id):
            await ReadinessNotice.update({ReadinessNotice.state: NoticeState.ACKNOWLEDGED}).where(
                ReadinessNotice.id == notice_id
            )
        await audit.record(viewer.actor, "readiness_acknowledged", NOTICE, notice_id, {}, now)
        return (await readiness.given(viewer, notice_id)) or notice
