"""Service-readiness notices for the clock: which are due, which belong to a canceled operation, and for whom."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.database.sql_list import sql_list
from tracker.rules.events.undo import UNDO_FOR
from tracker.rules.operations.readiness import WAITING
from tracker.tables.schema.operations.access import ReadinessNotice, ReadinessRecipient

_IS_OFF = "(p.state = 'stood_down' OR o.is_canceled OR e.status IN ('canceled', 'draft'))"
_FOR_OPERATIONS = (
    "SELECT n.id FROM readiness_notice n JOIN operation_readiness r ON r.notice = n.id"
    " JOIN operation_plan p ON p.id = r.plan JOIN event e ON e.id = p.event JOIN occurrence o ON o.event = e.id"
    " WHERE "
)
_DUE = f"{_FOR_OPERATIONS}n.state = 'scheduled' AND n.release_at <= {{}} AND n.ends_at > {{}} AND NOT {_IS_OFF}"
_CALLED_OFF = (
    f"{_FOR_OPERATIONS}n.state IN ({{}}) AND n.ends_at > {{}} AND {_IS_OFF}"
    " AND NOT EXISTS (SELECT 1 FROM undo_snapshot u WHERE u.event = e.id AND u.at > {})"
)


async def due_notices(now: datetime) -> list[UUID]:
    """Return the notices to release: their time has come, their window isn't over, and the operation is still on."""
    return [row["id"] for row in await engine().run_querystring(QueryString(_DUE, now, now))]


async def called_off_notices(now: datetime) -> list[UUID]:
    """Return the released notices whose operation was canceled or stood down, before their window is over.

    Not while the last change of the operation can be undone: a notice that was stood down stays so.
    """
    states = sql_list(sorted(WAITING))
    found = await engine().run_querystring(QueryString(_CALLED_OFF, states, now, now - UNDO_FOR))
    return [row["id"] for row in found]


async def recipients_of(notice_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Return who gets each of these notices."""
    found: dict[UUID, list[UUID]] = {one: [] for one in notice_ids}
    if found:
        for row in await ReadinessRecipient.select(ReadinessRecipient.notice, ReadinessRecipient.member).where(
            ReadinessRecipient.notice.is_in(list(found))
        ):
            found[row["notice"]].append(row["member"])
    return found


async def window_ends(notice_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """Return when the windows of these notices end."""
    found = await ReadinessNotice.select(ReadinessNotice.id, ReadinessNotice.ends_at).where(
        ReadinessNotice.id.is_in(list(notice_ids))
    )
    return {row["id"]: row["ends_at"] for row in found}


async def all_acknowledged(notice_id: UUID) -> bool:
    """Return whether every recipient of a notice has acknowledged it."""
    missing: bool = await ReadinessRecipient.exists().where(
        (ReadinessRecipient.notice == notice_id) & ReadinessRecipient.acknowledged_at.is_null()
    )
    return not missing
