"""After-action items: added by the lead of an operation, and given to an owner as action items."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Conflict, Invalid, NotFound
from tracker.rules.actions.action_items import ActionItem, NewItem
from tracker.rules.core.clean_text import clean
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.operations.plans import Operation, check_neutral
from tracker.rules.operations.records import (
    LONGEST_ITEM_TITLE,
    NO_NEUTRAL_TITLE,
    AfterActionItem,
    ItemAssignment,
    check_item_title,
)
from tracker.tables.schema.operations import records as rows
from tracker.tables.visible import actions as items
from tracker.tables.visible.events import events
from tracker.tables.visible.operations import check_ins
from tracker.usecases.actions import action_items
from tracker.usecases.actions.item_lists import possible_owners
from tracker.usecases.core import audit
from tracker.usecases.operations.records import operation_to_look_back
from tracker.usecases.roster import committees as roster_committees
from tracker.usecases.roster.known_people import (
    Candidates,
    both,
    candidates_among,
    candidates_on_committees_of,
    either,
    people_to_invite,
)

ASSIGNED = "This after-action item already has an owner."
NOT_ON_IT = "They aren’t on the operation. Choose someone who is, or give the item to a committee."
NOT_IN_IT = "They aren’t on that committee, so they couldn’t see the item."


class AfterActionGiven(Struct, frozen=True, kw_only=True):
    """An after-action item with the action item that it became, as far as the viewer may see that."""

    action: AfterActionItem
    item: ActionItem | None


class AssignmentChoices(Struct, frozen=True, kw_only=True):
    """An after-action item to assign, and the choices of its form."""

    action: AfterActionItem
    owners: Candidates
    """The people who can see the operation, and others, who can see only an item of one of the committees."""
    committees: dict[UUID, str]
    """Those of the viewer, because only their people see the item."""


async def after_actions_given(viewer: Viewer, operation: Operation) -> list[AfterActionGiven]:
    """Return the after-action items of an operation, in the order in which they were added."""
    actions = await check_ins.after_action_items(viewer, operation.event)
    seen = await items.visible_items_by_id(viewer, [action.item_id for action in actions if action.item_id])
    return [
        AfterActionGiven(action=action, item=seen.get(action.item_id) if action.item_id else None) for action in actions
    ]


async def add_after_action(viewer: Viewer, event_id: UUID, title: str, now: datetime) -> None:
    """Add an after-action item, still without an owner. Errors: NotFound, NotAllowed, Invalid(title)."""
    async with writing():
        operation = await operation_to_look_back(viewer, event_id)
        cleaned = clean(title, LONGEST_ITEM_TITLE, "title")
        check_item_title(cleaned, len(await check_ins.after_action_items(viewer, operation.event)))
        await rows.AfterAction.insert(
            rows.AfterAction(id=ids.new_id(), plan=operation.id, title=cleaned, item=None, added_at=now)
        )
        await audit.record(viewer.actor, "after_action_added", "event", event_id, {}, now)


async def remove_after_action(viewer: Viewer, event_id: UUID, action_id: UUID, now: datetime) -> None:
    """Remove an after-action item that has no owner yet. Errors: NotFound, NotAllowed, Conflict."""
    async with writing():
        _, action = await _unassigned(viewer, event_id, action_id)
        await rows.AfterAction.delete().where(rows.AfterAction.id == action.id)
        await audit.record(viewer.actor, "after_action_removed", "event", event_id, {}, now)


async def assignment_choices(viewer: Viewer, event_id: UUID, action_id: UUID) -> AssignmentChoices:
    """Return an after-action item without an owner, and the choices of its form. Errors as in `remove_after_action`."""
    operation, action = await _unassigned(viewer, event_id, action_id)
    committees = await roster_committees.committee_names(viewer)
    return AssignmentChoices(action=action, owners=await _owners(viewer, operation), committees=committees)


async def after_action_owners(viewer: Viewer, event_id: UUID) -> Candidates:
    """Return to whom the viewer may give an after-action item of an operation. Errors: NotFound, NotAllowed."""
    return await _owners(viewer, await operation_to_look_back(viewer, event_id))


async def _owners(viewer: Viewer, operation: Operation) -> Candidates:
    [origin] = await events.dates_in_order(viewer, operation.event)
    on_it = await possible_owners(viewer, origin)
    if not viewer.may_schedule:
        return on_it
    return either(on_it, both(people_to_invite(viewer), candidates_on_committees_of(viewer)))


async def assign_after_action(
    viewer: Viewer, event_id: UUID, action_id: UUID, wanted: ItemAssignment, now: datetime, today: date
) -> str:
    """Make an after-action item an action item, notify its owner, and return its reference.

    For people on the operation it comes from the operation. For a committee it has a title of its own and nothing of
    the operation: only people who can see the operation learn where it comes from.
    Errors: NotFound, NotAllowed, Conflict, Invalid by field.
    """
    async with writing():
        operation, action = await _unassigned(viewer, event_id, action_id)
        new = await _new_item(viewer, operation, action, wanted)
        unseen = NOT_IN_IT if wanted.committee_id else NOT_ON_IT
        reference = await action_items.create_item(viewer, new, now, today, unseen=unseen)
        item = await items.item_by_reference(viewer, reference)
        if item is None:
            raise NotFound
        await rows.AfterAction.update({rows.AfterAction.item: item.id}).where(rows.AfterAction.id == action.id)
        await audit.record(viewer.actor, "after_action_assigned", "event", event_id, {}, now)
    return reference


async def _unassigned(viewer: Viewer, event_id: UUID, action_id: UUID) -> tuple[Operation, AfterActionItem]:
    operation = await operation_to_look_back(viewer, event_id)
    actions = await check_ins.after_action_items(viewer, operation.event)
    action = next((action for action in actions if action.id == action_id), None)
    if action is None:
        raise NotFound
    if action.item_id is not None:
        raise Conflict(ASSIGNED)
    return operation, action


async def _new_item(viewer: Viewer, operation: Operation, action: AfterActionItem, wanted: ItemAssignment) -> NewItem:
    if wanted.committee_id is None:
        [origin] = await events.dates_in_order(viewer, operation.event)
        if not await candidates_among(await possible_owners(viewer, origin), [wanted.owner_id]):
            raise Invalid(owner=NOT_ON_IT)
        return NewItem(title=action.title, owner_id=wanted.owner_id, due=wanted.due, origin_id=origin.id)
    if wanted.committee_id not in await roster_committees.committee_names(viewer):
        raise Invalid(committee="Choose one of your committees.")
    title = clean(wanted.neutral_title, LONGEST_ITEM_TITLE, "neutral_title")
    if not title:
        raise Invalid(neutral_title=NO_NEUTRAL_TITLE)
    check_neutral("neutral_title", title, operation.names)
    return NewItem(
        title=title,
        owner_id=wanted.owner_id,
        due=wanted.due,
        seen_by=Visibility.COMMITTEE,
        committee_id=wanted.committee_id,
    )
