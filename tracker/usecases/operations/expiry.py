"""What follows when access to an operation has ended by itself: the person leaves its list, and the audit log says so.

The access itself ends at its moment, without this: the person's audiences no longer hold it (`core.viewers`).
"""

from datetime import datetime
from typing import Any

from tracker.database import writing
from tracker.rules.core import audiences
from tracker.rules.core.actors import BY_CLOCK
from tracker.tables.background.events import audiences as audience_rows
from tracker.tables.background.operations import grants
from tracker.tables.background.operations.grants import Lapsed
from tracker.tables.schema.events import events as rows
from tracker.tables.schema.operations.grants import OperationGrant
from tracker.usecases.core import audit
from tracker.usecases.events.invitees import touch, withdraw


async def end_lapsed(now: datetime) -> int:
    """End access and requests whose time is over, without an email, and return how many: a job of the clock."""
    if not await grants.lapsed(now):
        return 0
    async with writing():
        found = await grants.lapsed(now)
        for one in found:
            await _end(one, now)
    return len(found)


async def _end(lapsed: Lapsed, now: datetime) -> None:
    await OperationGrant.update({OperationGrant.ended_at: now}).where(OperationGrant.id == lapsed.id)
    if lapsed.is_granted:
        await _take_off(lapsed, now)
    facts = {"for": lapsed.member_id}
    await audit.record(BY_CLOCK, "access_expired", "event", lapsed.event_id, facts, now)


async def _take_off(lapsed: Lapsed, now: datetime) -> None:
    await touch(lapsed.event_id)
    seen_by = await audience_rows.audiences_of(lapsed.event_id)
    await audience_rows.replace_audiences(lapsed.event_id, seen_by - audiences.of_one(lapsed.id))
    changed: dict[Any, Any] = {rows.Event.version: rows.Event.version + 1, rows.Event.changed_at: now}
    [after] = await rows.Event.update(changed).where(rows.Event.id == lapsed.event_id).returning(rows.Event.version)
    gone = frozenset({lapsed.member_id})
    await withdraw(lapsed.event_id, gone, after["version"], now, notified=frozenset(), entry=None)
