"""Undoing what an update changed of an action item: only that, and only while no one has changed it since."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from tracker.rules.actions.action_items import CLOSED, UNDID_EMAIL, ActionItem, ItemStatus, Note
from tracker.rules.actions.item_changes import COMPLETE, is_of_status


class Stage(Struct, frozen=True, kw_only=True):
    """How far an item is: all that an email changes of it, beside its history."""

    status: ItemStatus
    progress: int
    """Percent."""
    blocked_at: datetime | None
    closed_at: datetime | None = None


class Update(Struct, frozen=True, kw_only=True):
    """An update of an item, as the stages before and after it."""

    at: datetime
    before: Stage
    after: Stage


def update_of(before: Stage, status: ItemStatus | None, at: datetime) -> Update:
    """Return the update that gave an item a status at a moment; None = only a note."""
    status = status or before.status
    after = Stage(
        status=status,
        progress=COMPLETE if status is ItemStatus.DONE else before.progress,
        blocked_at=(before.blocked_at or at) if status is ItemStatus.BLOCKED else None,
        closed_at=(before.closed_at or at) if status in CLOSED else None,
    )
    return Update(at=at, before=before, after=after)


def stage_of(item: ActionItem) -> Stage:
    """Return how far an item is now."""
    return Stage(status=item.status, progress=item.progress, blocked_at=item.blocked_at, closed_at=item.closed_at)


def changed_since(item: ActionItem, update: Update, history: Iterable[Note]) -> str | None:
    """Return a sentence about what someone changed after an update that had changed it; None = nothing."""
    before, after, now = update.before, update.after, stage_of(item)
    if after.status is not before.status and now.status is not after.status:
        return f"The status was changed to “{now.status.word}” afterward."
    if after.progress not in (before.progress, now.progress):
        return f"The progress was changed to {now.progress}% afterward."
    if after.status is not before.status and _status_changes(one for one in history if one.at > update.at):
        return f"The status was changed, and set to “{now.status.word}” again afterward."
    return None


def _status_changes(steps: Iterable[Note]) -> int:
    """Return how many of these steps changed the status, without emails that were undone, and that they were."""
    return sum(-1 if one.text == UNDID_EMAIL else 1 for one in steps if is_of_status(one.change))


def taken_back(item: ActionItem, update: Update, now: datetime) -> ActionItem:
    """Return the item with what an update changed as it was before; what others changed since stays."""
    before, after = update.before, update.after
    is_moved = before.status is not after.status
    return replace(
        item,
        status=before.status if is_moved else item.status,
        progress=before.progress if before.progress != after.progress else item.progress,
        blocked_at=before.blocked_at if is_moved else item.blocked_at,
        closed_at=before.closed_at if is_moved else item.closed_at,
        changed_at=now,
        version=item.version + 1,
    )
