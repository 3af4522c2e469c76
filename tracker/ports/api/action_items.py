"""Action items in JSON: their shapes; list, assign, read with history, update, complete, reassign."""

from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType, convert
from msgspec.structs import replace

from tracker.errors import Invalid, NotFound
from tracker.ports.api.operations import CREATED, Resource, operation, read_operation
from tracker.ports.api.responses import PageItem, place_words
from tracker.ports.api.shapes import (
    SENTENCE,
    Banner,
    DateId,
    Given,
    Moment,
    Name,
    PageQuery,
    Shown,
    given,
    page_of,
    shown,
    without,
)
from tracker.ports.http.dependencies import Now, Today, Viewer
from tracker.rules.actions import (
    COMPLETE,
    LONGEST_NOTE,
    LONGEST_TITLE,
    NO_TITLE,
    ActionItem,
    ItemEdit,
    ItemStatus,
    NewItem,
)
from tracker.rules.core.viewers import Visibility
from tracker.rules.identity import ApiScope
from tracker.usecases.actions import action_items, item_lists
from tracker.usecases.actions.item_lists import ItemView
from tracker.usecases.events import occurrences
from tracker.usecases.views import search
from tracker.usecases.views.search import ListPlace

ItemTitle = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=LONGEST_TITLE,
        pattern=r"\S",
        examples=["Send the contact list"],
        extra={SENTENCE: NO_TITLE},
    ),
]
Due = Annotated[date, Meta(examples=["2027-01-20"], description="Date in the task force’s time zone.")]
Progress = Annotated[int, Meta(ge=0, le=COMPLETE, description="Percent.")]
Note = Annotated[str, Meta(max_length=LONGEST_NOTE, description="Don’t include victim or case details.")]


@without(Visibility.NAMED)
class SeenBy(StrEnum):
    """Who may see an item without an origin; people who may see the origin’s event see an item with one."""


class ItemQuery(PageQuery):
    """Which action items to return."""

    mine: Annotated[bool, Meta(description="Only your own.")] = False


class OriginGiven(Given):
    """The date on which it was decided."""

    event_id: UUID
    key: Annotated[str, Meta(max_length=10)]


class NewItemGiven(Given):
    """A task for one person, with a due day."""

    title: ItemTitle
    owner_id: UUID
    due: Due
    origin: OriginGiven | None = None
    seen_by: SeenBy = SeenBy(Visibility.ALL)
    committee_id: UUID | None = None


class ItemChange(Given):
    """Changes to an item; fields that are left out stay as they are."""

    status: ItemStatus | UnsetType = UNSET
    progress: Progress | UnsetType = UNSET
    due: Due | UnsetType = UNSET
    note: Note = ""


class HandOver(Given):
    """The new owner of an item."""

    owner_id: UUID


class OriginShown(DateId):
    """The date that an item comes from."""

    words: str


class NoteShown(Shown):
    """One step in an item’s history."""

    at: Moment
    by: str
    change: str
    note: str


class ItemBrief(Shown):
    """An action item in a list."""

    reference: str
    title: str
    owner: Name
    due: Due
    status: ItemStatus
    progress: int
    origin: OriginShown | None
    visibility: Visibility
    banner: Banner
    version: int
    created_at: Moment
    changed_at: Moment
    closed_at: Moment | None


class ItemShown(ItemBrief):
    """An action item with its history, newest first, and what you may do with it."""

    may_update: bool
    may_direct: Annotated[bool, Meta(description="Reassign it, or cancel it.")]
    history: tuple[NoteShown, ...]


ItemPage = page_of("ItemPage", ItemBrief, "One page of a list of action items.")


def _facts(item: ActionItem) -> dict[str, object]:
    """Return what a shape of an item has under other names, or put together."""
    is_from_date = item.origin_event_id is not None and item.origin_key is not None
    return {
        "owner": Name(id=item.owner_id, name=item.owner, agency=item.agency),
        "origin": {"event_id": item.origin_event_id, "key": item.origin_key, "words": item.origin or ""}
        if is_from_date
        else None,
        "banner": item.marking.banner if item.marking else "",
    }


TAG = "Action items"
READ, WRITE = ApiScope.ITEMS_READ, ApiScope.ITEMS_WRITE


async def _item(viewer: Viewer, _: datetime, reference: str) -> tuple[ItemView, ItemShown]:
    view = await item_lists.item_view(viewer, reference)
    history = tuple(shown(NoteShown, note, note=note.text) for note in view.notes)
    rights = {"may_update": view.may_update, "may_direct": view.may_direct}
    return view, shown(ItemShown, view.item, **_facts(view.item), **rights, history=history)


ITEM = Resource(name="view", path="/action-items/{reference:str}", shape=ItemShown, see=_item)
_changes = partial(operation, tag=TAG, scope=WRITE, of=ITEM, is_conditional=True, may_conflict=True)


@operation(
    "GET",
    "/action-items",
    "List action items",
    tag=TAG,
    scope=READ,
    response=ItemPage,
    text="Returns all items you can see, open and closed, in the order they were assigned.",
)
async def list_items(query: ItemQuery, after: ListPlace, viewer: Viewer) -> list[PageItem]:
    """Return a page of the list."""
    items = await search.page_of_items(viewer, after, query.limit + 1, only_mine=query.mine)
    return [(place_words(item.created_at, item.id), shown(ItemBrief, item, **_facts(item))) for item in items]


@operation(
    "POST",
    "/action-items",
    "Assign an action item",
    tag=TAG,
    scope=WRITE,
    gives=ITEM,
    status=CREATED,
    may_conflict=True,
    text="Emails the owner, unless that’s you.",
)
async def give_item(new: NewItemGiven, viewer: Viewer, today: Today, now: Now) -> dict[str, str]:
    """Assign an item to a person."""
    origin_id = None
    if new.origin:
        try:
            origin_id = (await occurrences.date_seen_by(viewer, new.origin.event_id, new.origin.key)).id
        except NotFound as unknown:
            raise Invalid(origin="This isn’t a date of an event you can see.") from unknown
    item = replace(convert(new, NewItem, from_attributes=True), origin_id=origin_id)
    return {"reference": await action_items.create_item(viewer, item, now, today)}


read_item = read_operation(ITEM, "Read an action item", tag=TAG, scope=READ)


@_changes(
    "PATCH", ITEM.path, "Update an action item", text="An open status reopens a closed item. Done means 100 percent."
)
async def update_item(view: ItemView, new: ItemChange, viewer: Viewer, today: Today, now: Now) -> None:
    """Update an item, or add a note to it."""
    change = ItemEdit(**given(new))
    await action_items.save_item_edit(viewer, view.item.reference, change, view.item.version, now, today)


@_changes("POST", f"{ITEM.path}/completion", "Complete an action item", text="A done item stays done.")
async def complete_item(view: ItemView, viewer: Viewer, today: Today, now: Now) -> None:
    """Mark an item done."""
    await action_items.mark_item_done(viewer, view.item.reference, view.item.version, now, today)


@_changes("PUT", f"{ITEM.path}/owner", "Reassign an action item", text="Emails the new owner.")
async def hand_item_over(view: ItemView, new: HandOver, viewer: Viewer, today: Today, now: Now) -> None:
    """Reassign an open item."""
    item = view.item
    await action_items.reassign_item(viewer, item.reference, new.owner_id, item.version, now, today)
