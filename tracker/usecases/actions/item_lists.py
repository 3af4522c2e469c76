"""Reading action items: the list, one item with its history, a meeting's items, and the form's choices."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from tracker.database import together
from tracker.errors import NotFound
from tracker.rules.actions import action_items as lists
from tracker.rules.actions.action_items import ActionItem, ItemCounts, ItemFilter, ItemGroup, ItemNote
from tracker.rules.attendance.roll_call import named_participants
from tracker.rules.core.viewers import Viewer, Visibility, event_audiences
from tracker.rules.events.events import DateLine, EventStatus, Occurrence
from tracker.tables.visible import actions, attendance
from tracker.tables.visible.events import events
from tracker.tables.visible.operations.check_ins import operation_of_item
from tracker.usecases.roster import committees as roster_committees
from tracker.usecases.roster.known_people import Candidates, active_among, all_but, either, people_to_invite

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
        actions.listed_items(viewer, closed_since=now - lists.RECENT),
        actions.notes_with_words(viewer, lists.filter_words(chosen.words)),
    )
    listed = lists.matching_items(every, chosen, viewer.member_id, notes)
    return ItemList(
        counts=lists.count_items(every, today),
        groups=lists.group_items(listed, chosen.group_by, today),
        movable=frozenset(action_item.id for action_item in listed if lists.may_update_item(viewer, action_item)),
    )


async def item_for(viewer: Viewer, reference: str) -> ActionItem:
    """Return one item. Errors: NotFound when it is missing or not for this viewer."""
    item = await actions.item_by_reference(viewer, reference)
    if item is None:
        raise NotFound
    return item


async def item_view(viewer: Viewer, reference: str) -> ItemView:
    """Return one item with its history. Errors: NotFound when it is missing or not for this viewer."""
    return await view_item(viewer, await item_for(viewer, reference))


async def view_item(viewer: Viewer, item: ActionItem) -> ItemView:
    """Return an item that the viewer sees with its history."""
    notes, after = await together(actions.item_history(viewer, item), operation_of_item(viewer, item.id))
    return ItemView(
        item=item,
        notes=notes,
        may_update=lists.may_update_item(viewer, item),
        may_direct=lists.may_direct_item(viewer, item),
        after=after,
    )


async def times_carried(viewer: Viewer, item: ActionItem, now: datetime) -> int:
    """Return over how many meetings of its committee an item was carried: they took place while it was open."""
    return await actions.count_meetings_over(viewer, item, now)


async def open_items_of_people(viewer: Viewer, member_ids: Iterable[UUID]) -> list[ActionItem]:
    """Return the open items of some people that the viewer may see, soonest due first."""
    owners = set(member_ids)
    return [item for item in await actions.listed_items(viewer) if item.owner_id in owners]


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


async def possible_owners(viewer: Viewer, origin: Occurrence | None) -> Candidates:
    """Return whom the viewer may name as owner: people they know, or a named event's invitees.

    Whether the owner may see the item is checked again when it is assigned.
    """
    if origin is None:
        return people_to_invite(viewer) if viewer.may_schedule else active_among({viewer.member_id})
    named = named_participants(viewer, origin.event, await attendance.participants(viewer, origin))
    listed = active_among({viewer.member_id, origin.event.lead_id} | {participant.member_id for participant in named})
    return (
        either(listed, people_to_invite(viewer)) if viewer.may_schedule and not origin.event.is_restricted else listed
    )
