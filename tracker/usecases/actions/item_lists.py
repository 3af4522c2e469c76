"""Reading action items: the list, one item with its history, and the form's choices; and after-action items.

After-action items are added by the lead of an operation, and given to an owner as action items.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from tracker.crypto import ids
from tracker.database import together, writing
from tracker.errors import Conflict, Invalid, NotFound
from tracker.rules import actions as lists
from tracker.rules.actions import ActionItem, ItemCounts, ItemFilter, ItemGroup, ItemNote, NewItem
from tracker.rules.core.clean_text import clean
from tracker.rules.core.viewers import Viewer, Visibility, event_audiences
from tracker.rules.events.events import DateLine, EventStatus, Occurrence
from tracker.rules.operations.plans import Operation, check_neutral
from tracker.rules.operations.records import (
    LONGEST_ITEM_TITLE,
    NO_NEUTRAL_TITLE,
    AfterActionItem,
    ItemAssignment,
    check_item_title,
)
from tracker.tables.schema import operations as rows
from tracker.tables.visible import actions as items
from tracker.tables.visible.events import events
from tracker.tables.visible.operations import records
from tracker.tables.visible.operations.records import operation_of_item
from tracker.usecases.actions import action_items
from tracker.usecases.actions.action_items import possible_owners
from tracker.usecases.core import audit
from tracker.usecases.operations.records import operation_to_look_back
from tracker.usecases.roster import committees as roster_committees
from tracker.usecases.roster.known_people import (
    Candidates,
    active_among,
    all_but,
    both,
    candidates_among,
    candidates_on_committees_of,
    either,
    people_to_invite,
)

ORIGINS_BACK = timedelta(days=60)


class ItemList(Struct, frozen=True, kw_only=True):
    """The list of action items as one viewer asked for it; counts cover all that they may see."""

    counts: ItemCounts
    groups: list[ItemGroup]
    movable: frozenset[UUID]
    """Items that the viewer may update."""


class ItemView(Struct, frozen=True, kw_only=True):
    """One item with its history, newest first, and what the viewer may do with it."""

    item: ActionItem
    notes: list[ItemNote]
    may_update: bool
    may_direct: bool
    after: DateLine | None
    """The operation after which it was given out, if the viewer may see it."""


class NewItemChoices(Struct, frozen=True, kw_only=True):
    """The choices in the form of a new item; the keys of `origins` are dates, the latest first."""

    owners: Candidates
    is_for_others: bool
    """Whether the viewer may assign it to anyone but themselves."""
    is_for_viewer: bool
    """Whether the viewer may assign it to themselves alone, whichever event they choose."""
    origins: Mapping[UUID, DateLine]
    committees: Mapping[UUID, str]
    visibilities: frozenset[Visibility]
    """Everyone, and the viewer's own arms."""


async def list_items_for(viewer: Viewer, chosen: ItemFilter, now: datetime, today: date) -> ItemList:
    """Return the items that match the filter, grouped, with those done in the last 30 days if it asks for them."""
    every, notes = await together(
        items.listed_items(viewer, closed_since=now - lists.RECENT),
        items.notes_with_words(viewer, lists.filter_words(chosen.words)),
    )
    listed = lists.matching_items(every, chosen, viewer.member_id, notes)
    return ItemList(
        counts=lists.count_items(every, today),
        groups=lists.group_items(listed, chosen.group_by, today),
        movable=frozenset(action_item.id for action_item in listed if lists.may_update_item(viewer, action_item)),
    )


async def item_for(viewer: Viewer, reference: str) -> ActionItem:
    """Return one item. Errors: NotFound when it is missing or not for this viewer."""
    item = await items.item_by_reference(viewer, reference)
    if item is None:
        raise NotFound
    return item


async def item_view(viewer: Viewer, reference: str) -> ItemView:
    """Return one item with its history. Errors: NotFound when it is missing or not for this viewer."""
    return await view_item(viewer, await item_for(viewer, reference))


async def view_item(viewer: Viewer, item: ActionItem) -> ItemView:
    """Return an item that the viewer sees with its history."""
    notes, after = await together(items.item_history(viewer, item), operation_of_item(viewer, item.id))
    return ItemView(
        item=item,
        notes=notes,
        may_update=lists.may_update_item(viewer, item),
        may_direct=lists.may_direct_item(viewer, item),
        after=after,
    )


async def times_carried(viewer: Viewer, item: ActionItem, now: datetime) -> int:
    """Return over how many meetings of its committee an item was carried: they took place while it was open."""
    return await items.count_meetings_over(viewer, item, now)


async def open_items_of_people(viewer: Viewer, member_ids: Iterable[UUID]) -> list[ActionItem]:
    """Return the open items of some people that the viewer may see, soonest due first."""
    owners = set(member_ids)
    return [item for item in await items.listed_items(viewer) if item.owner_id in owners]


async def new_item_choices(viewer: Viewer, origin_id: UUID | None, now: datetime) -> NewItemChoices:
    """Return the form's choices; `origin_id` is the date that was chosen already, if the viewer may see it."""
    origin, lines, chosen, committees = await together(
        _origin(viewer, origin_id),
        events.lines_between(viewer, now - ORIGINS_BACK, now + timedelta(hours=1)),
        events.lines_by_id(viewer, [origin_id] if origin_id else []),
        roster_committees.committee_names(viewer),
    )
    latest_first = sorted([*lines, *chosen], key=lambda line: line.starts_at, reverse=True)
    organizes = any(line.lead_id == viewer.member_id for line in latest_first)
    return NewItemChoices(
        owners=await _owners(viewer, origin),
        is_for_others=lists.may_assign_to_others(viewer, origin.event if origin else None),
        is_for_viewer=not (viewer.may_schedule or organizes),
        origins={line.id: line for line in latest_first if line.status is not EventStatus.DRAFT and not line.is_off},
        committees=committees,
        visibilities=frozenset(
            visibility for visibility in Visibility if event_audiences(visibility, None, ()) & viewer.audiences
        ),
    )


async def new_item_owners(viewer: Viewer, origin_id: UUID | None) -> Candidates:
    """Return to whom the viewer may assign a new item from that date, if they may see it."""
    return await _owners(viewer, await _origin(viewer, origin_id))


async def reassignable_to(viewer: Viewer, reference: str) -> Candidates:
    """Return to whom the viewer can reassign an item. Errors: NotFound, also for one that they can't reassign."""
    item = await item_for(viewer, reference)
    if not lists.may_direct_item(viewer, item):
        raise NotFound
    return all_but(await possible_owners(viewer, await _origin(viewer, item.origin_id)), {item.owner_id})


async def _origin(viewer: Viewer, origin_id: UUID | None) -> Occurrence | None:
    """Return the date that an item comes from; None when there is none, or the viewer may not see it."""
    return await events.date_by_id(viewer, origin_id) if origin_id else None


async def _owners(viewer: Viewer, origin: Occurrence | None) -> Candidates:
    if not lists.may_assign_to_others(viewer, origin.event if origin else None):
        return active_among({viewer.member_id})
    return await possible_owners(viewer, origin)


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
    actions = await records.after_action_items(viewer, operation.event)
    seen = await items.visible_items_by_id(viewer, [action.item_id for action in actions if action.item_id])
    return [
        AfterActionGiven(action=action, item=seen.get(action.item_id) if action.item_id else None) for action in actions
    ]


async def add_after_action(viewer: Viewer, event_id: UUID, title: str, now: datetime) -> None:
    """Add an after-action item, still without an owner. Errors: NotFound, NotAllowed, Invalid(title)."""
    async with writing():
        operation = await operation_to_look_back(viewer, event_id)
        cleaned = clean(title, LONGEST_ITEM_TITLE, "title")
        check_item_title(cleaned, len(await records.after_action_items(viewer, operation.event)))
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
    return AssignmentChoices(
        action=action, owners=await _owners_after_operation(viewer, operation), committees=committees
    )


async def after_action_owners(viewer: Viewer, event_id: UUID) -> Candidates:
    """Return to whom the viewer may give an after-action item of an operation. Errors: NotFound, NotAllowed."""
    return await _owners_after_operation(viewer, await operation_to_look_back(viewer, event_id))


async def _owners_after_operation(viewer: Viewer, operation: Operation) -> Candidates:
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
    actions = await records.after_action_items(viewer, operation.event)
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
