"""Action items in JSON: their shapes; list, assign, read with history, update, complete, reassign."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from litestar import HttpMethod, Response
from msgspec import UNSET, Meta, UnsetType

from tracker.errors import Invalid, NotFound
from tracker.ports.api.operations import BASE, Operation, operation
from tracker.ports.api.reading import body_of, query_of
from tracker.ports.api.responses import check_match, json_response, list_response, next_page, place_in, place_words
from tracker.ports.api.shapes import SENTENCE, Banner, Given, Moment, Name, PageQuery, Shown
from tracker.ports.http.dependencies import Now, PathText, Today, Viewer
from tracker.ports.http.forms import FormRequest
from tracker.rules.actions.action_items import (
    COMPLETE,
    LONGEST_NOTE,
    LONGEST_TITLE,
    NO_TITLE,
    ActionItem,
    ItemEdit,
    ItemStatus,
    NewItem,
)
from tracker.rules.core.audiences import Visibility
from tracker.rules.identity.api_tokens import ApiScope
from tracker.usecases.actions import action_items, item_lists
from tracker.usecases.actions.item_lists import ItemView
from tracker.usecases.events import occurrences
from tracker.usecases.views import listings

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


class SeenBy(StrEnum):
    """Who may see an item without an origin; people who may see the origin’s event see an item with one."""

    ALL = "all"
    LAW_ENFORCEMENT = "law_enforcement"
    VICTIM_SERVICES = "victim_services"
    COMMITTEE = "committee"


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
    seen_by: SeenBy = SeenBy.ALL
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


class OriginShown(Shown):
    """The date that an item comes from."""

    event_id: UUID
    key: str
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


class ItemPage(Shown):
    """One page of a list of action items."""

    items: tuple[ItemBrief, ...]
    next: str | None


def item_brief(item: ActionItem) -> ItemBrief:
    """Return an item as a list shows it."""
    return ItemBrief(
        reference=item.reference,
        title=item.title,
        owner=_owner(item),
        due=item.due,
        status=item.status,
        progress=item.progress,
        origin=_origin(item),
        visibility=Visibility(item.visibility),
        version=item.version,
        banner=item.marking.banner if item.marking else "",
        created_at=item.created_at,
        changed_at=item.changed_at,
        closed_at=item.closed_at,
    )


def item_shown(view: ItemView) -> ItemShown:
    """Return an item with its history."""
    item = view.item
    notes = tuple(NoteShown(at=note.at, by=note.by, change=note.change, note=note.text) for note in view.notes)
    return ItemShown(
        reference=item.reference,
        title=item.title,
        owner=_owner(item),
        due=item.due,
        status=item.status,
        progress=item.progress,
        origin=_origin(item),
        visibility=Visibility(item.visibility),
        version=item.version,
        banner=item.marking.banner if item.marking else "",
        created_at=item.created_at,
        changed_at=item.changed_at,
        closed_at=item.closed_at,
        may_update=view.may_update,
        may_direct=view.may_direct,
        history=notes,
    )


def _owner(item: ActionItem) -> Name:
    return Name(id=item.owner_id, name=item.owner, agency=item.agency)


def _origin(item: ActionItem) -> OriginShown | None:
    if item.origin_event_id is None or item.origin_key is None:
        return None
    return OriginShown(event_id=item.origin_event_id, key=item.origin_key, words=item.origin or "")


TAG = "Action items"
READ, WRITE = ApiScope.ITEMS_READ, ApiScope.ITEMS_WRITE
ITEM = "/action-items/{reference:str}"


def _changing(summary: str, text: str, body: Any = None) -> Operation:
    """Return the document's description of a change to an item."""
    return Operation(
        summary=summary,
        text=text,
        tag=TAG,
        scope=WRITE,
        body=body,
        response=ItemShown,
        is_conditional=True,
        may_conflict=True,
    )


@operation(
    HttpMethod.GET,
    "/action-items",
    Operation(
        summary="List action items",
        tag=TAG,
        scope=READ,
        query=ItemQuery,
        response=ItemPage,
        text="Returns all items you can see, open and closed, in the order they were assigned.",
    ),
)
async def list_items(request: FormRequest, viewer: Viewer) -> Response[Any]:
    """Return a page of the list."""
    query = query_of(request, ItemQuery)
    after = place_in(request, viewer, query.cursor)
    found = await listings.page_of_items(viewer, after, query.limit + 1, only_mine=query.mine)
    following = next_page(
        request, found, query.limit, lambda action_item: place_words(action_item.created_at, action_item.id)
    )
    items = tuple(map(item_brief, found[: query.limit]))
    return list_response(request, ItemPage(items=items, next=following), following)


@operation(
    HttpMethod.POST,
    "/action-items",
    Operation(
        summary="Assign an action item",
        tag=TAG,
        scope=WRITE,
        body=NewItemGiven,
        response=ItemShown,
        status=201,
        may_conflict=True,
        text="Emails the owner, unless that’s you.",
    ),
)
async def give_item(request: FormRequest, viewer: Viewer, today: Today, now: Now) -> Response[Any]:
    """Assign an item to a person."""
    new = await _new(viewer, await body_of(request, NewItemGiven))
    reference = await action_items.create_item(viewer, new, now, today)
    return await _item(request, viewer, reference, status=201, Location=f"{BASE}/action-items/{reference}")


@operation(HttpMethod.GET, ITEM, Operation(summary="Read an action item", tag=TAG, scope=READ, response=ItemShown))
async def read_item(reference: PathText, request: FormRequest, viewer: Viewer) -> Response[Any]:
    """Return one item and its history."""
    return await _item(request, viewer, reference)


@operation(
    HttpMethod.PATCH,
    ITEM,
    _changing("Update an action item", "An open status reopens a closed item. Done means 100 percent.", ItemChange),
)
async def update_item(
    reference: PathText, request: FormRequest, viewer: Viewer, today: Today, now: Now
) -> Response[Any]:
    """Update an item, or add a note to it."""
    view = await _matched(request, viewer, reference)
    new = await body_of(request, ItemChange)
    change = ItemEdit(
        status=None if new.status is UNSET else new.status,
        progress=None if new.progress is UNSET else new.progress,
        due=None if new.due is UNSET else new.due,
        note=new.note,
    )
    await action_items.save_item_edit(viewer, reference, change, view.item.version, now, today)
    return await _item(request, viewer, reference)


@operation(HttpMethod.POST, f"{ITEM}/completion", _changing("Complete an action item", "A done item stays done."))
async def complete_item(
    reference: PathText, request: FormRequest, viewer: Viewer, today: Today, now: Now
) -> Response[Any]:
    """Mark an item done."""
    view = await _matched(request, viewer, reference)
    await action_items.mark_item_done(viewer, reference, view.item.version, now, today)
    return await _item(request, viewer, reference)


@operation(HttpMethod.PUT, f"{ITEM}/owner", _changing("Reassign an action item", "Emails the new owner.", HandOver))
async def hand_item_over(
    reference: PathText, request: FormRequest, viewer: Viewer, today: Today, now: Now
) -> Response[Any]:
    """Reassign an open item."""
    view = await _matched(request, viewer, reference)
    new = await body_of(request, HandOver)
    await action_items.reassign_item(viewer, reference, new.owner_id, view.item.version, now, today)
    return await _item(request, viewer, reference)


async def _new(viewer: Viewer, new: NewItemGiven) -> NewItem:
    origin_id = None
    if new.origin:
        try:
            origin_id = (await occurrences.date_seen_by(viewer, new.origin.event_id, new.origin.key)).id
        except NotFound as unknown:
            raise Invalid(origin="This isn’t a date of an event you can see.") from unknown
    return NewItem(
        title=new.title,
        owner_id=new.owner_id,
        due=new.due,
        origin_id=origin_id,
        seen_by=Visibility(new.seen_by),
        committee_id=new.committee_id,
    )


async def _item(
    request: FormRequest, viewer: Viewer, reference: str, *, status: int = 200, **headers: str
) -> Response[Any]:
    view = await item_lists.item_view(viewer, reference)
    return json_response(request, item_shown(view), status=status, **headers)


async def _matched(request: FormRequest, viewer: Viewer, reference: str) -> ItemView:
    """Return the item as the program read it. Errors: NotFound, Refused."""
    view = await item_lists.item_view(viewer, reference)
    check_match(request, item_shown(view))
    return view
