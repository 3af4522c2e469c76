"""The emails that a change to an action item queues: to its new owner, and about an item that is blocked."""

from datetime import datetime, timedelta
from uuid import UUID

from tracker.rules.actions import action_items as rules
from tracker.rules.actions.action_items import ActionItem
from tracker.rules.core import audiences
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.message_types import ItemAssigned, ItemBlocked, ItemNoted, ItemWithdrawn
from tracker.rules.core.viewer import Role, Viewer
from tracker.tables.background.events.audiences import audiences_of
from tracker.tables.schema.roster.people import MemberRole
from tracker.usecases.core import outbox
from tracker.usecases.core.viewers import viewers_for

SECOND_THOUGHTS = timedelta(minutes=1)
"""How long an email about a blocked item waits: one that is unblocked within that time is not announced."""


async def to_new_owner(viewer: Viewer, item_id: UUID, owner_id: UUID, version: int, now: datetime) -> None:
    """Notify a new owner, unless they assigned the item to themselves; the caller is inside `writing()`."""
    if owner_id != viewer.member_id:
        key = f"item_assigned:{item_id}:{owner_id}:{version}"
        draft = outbox.Draft(content=ItemAssigned(), recipient_id=owner_id, key=key, item_id=item_id)
        await outbox.enqueue_all([draft], now)


async def to_earlier_owner(viewer: Viewer, before: ActionItem, after: ActionItem, now: datetime) -> None:
    """Notify the owner of an item that another person canceled or reassigned; the caller is inside `writing()`."""
    if before.owner_id != viewer.member_id and before.is_open:
        key = f"item_withdrawn:{after.id}:{before.owner_id}:{after.version}"
        draft = outbox.Draft(content=ItemWithdrawn(), recipient_id=before.owner_id, key=key, item_id=after.id)
        await outbox.enqueue_all([draft], now)


async def about_blocked(viewer: Viewer, before: ActionItem, after: ActionItem, note: str, now: datetime) -> None:
    """Notify the people who can help when an item becomes blocked, and its owner when another person helps.

    The caller is inside `writing()`.
    """
    if after.blocked_at is not None and before.blocked_at is None:
        await outbox.enqueue_all(await _calls_for_help(viewer, after, now), now)
    else:
        await about_help(viewer, before, after, note, now)


async def about_help(viewer: Viewer, before: ActionItem, after: ActionItem, note: str, now: datetime) -> None:
    """Notify the owner of a blocked item when another person helps; the caller is inside `writing()`."""
    if rules.is_help(viewer.member_id, before, after, note):
        key = f"item_noted:{after.id}:{after.version}"
        content = ItemNoted(at=now)
        draft = outbox.Draft(content=content, recipient_id=after.owner_id, key=key, item_id=after.id)
        await outbox.enqueue_all([draft], now)


async def _calls_for_help(viewer: Viewer, item: ActionItem, now: datetime) -> list[outbox.Draft]:
    return [
        outbox.Draft(
            content=ItemBlocked(since=now),
            recipient_id=one,
            key=f"item_blocked:{item.id}:{one}:{item.version}",
            item_id=item.id,
            due=now + SECOND_THOUGHTS,
        )
        for one in sorted(await _who_can_help(item, now))
        if one != viewer.member_id
    ]


async def _who_can_help(item: ActionItem, now: datetime) -> list[UUID]:
    """Return who can reassign an item and may see it: its assigner, the committee's chair, coordinators."""
    roles = MemberRole.role.is_in([Role.COORDINATOR.value, Role.COMMITTEE_CHAIR.value])
    named = await MemberRole.select(MemberRole.member).where(roles).output(as_list=True)
    people = await viewers_for({item.created_by_id, *named}, now)
    may_see = await _audiences(item)
    return [one for one, who in people.items() if rules.may_direct(who, item) and who.audiences & may_see]


async def _audiences(item: ActionItem) -> set[str]:
    if item.origin_event_id is not None:
        return {*await audiences_of(item.origin_event_id)}
    return {*audiences.of_event(Visibility(item.visibility), item.committee_id, ())}
