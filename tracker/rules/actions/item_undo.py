"""Undoing what an update changed of an action item: how far it is, and since when it is blocked."""

from dataclasses import dataclass, replace
from datetime import datetime

from tracker.rules.actions.action_items import CLOSED, ActionItem, ItemStatus


@dataclass(frozen=True, kw_only=True)
class Stage:
    """How far an item is: all that an email changes of it, beside its history."""

    status: ItemStatus
    progress: int
    """Percent."""
    blocked_at: datetime | None


def stage_of(item: ActionItem) -> Stage:
    """Return how far an item is now."""
    return Stage(status=item.status, progress=item.progress, blocked_at=item.blocked_at)


def taken_back(item: ActionItem, earlier: Stage, now: datetime) -> ActionItem:
    """Return the item as far as it was before an update; one that was blocked is blocked since the same moment."""
    return replace(
        item,
        status=earlier.status,
        progress=earlier.progress,
        blocked_at=earlier.blocked_at,
        closed_at=(item.closed_at or now) if earlier.status in CLOSED else None,
        changed_at=now,
        version=item.version + 1,
    )
