"""Action items in JSON: list, assign, read with history, update, complete, reassign."""

from typing import Any

from litestar import HttpMethod, Response
from msgspec import UNSET

from tracker.errors import Invalid, NotFound
from tracker.ports.api.cursors import place_in, place_words
from tracker.ports.api.item_shapes import (
    HandOver,
    ItemChange,
    ItemPage,
    ItemQuery,
    ItemShown,
    NewItemGiven,
    item_brief,
    item_shown,
)
from tracker.ports.api.operations import BASE, Operation, operation
from tracker.ports.api.reading import body_of, query_of
from tracker.ports.api.responses import check_match, list_response, next_page, response
from tracker.ports.http.dependencies import Now, Today, Viewer
from tracker.ports.http.forms import FormRequest
from tracker.ports.http.path import PathText
from tracker.rules.actions.item_changes import Change, NewItem
from tracker.rules.core.audiences import Visibility
from tracker.rules.identity.api_tokens import ApiScope
from tracker.usecases.actions import action_items, item_lists
from tracker.usecases.actions.item_lists import ItemView
from tracker.usecases.events import occurrences
from tracker.usecases.views import listings

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
    found = await listings.items(viewer, after, query.limit + 1, only_mine=query.mine)
    following = next_page(request, found, query.limit, lambda one: place_words(one.created_at, one.id))
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
    reference = await action_items.create(viewer, new, now, today)
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
    change = Change(
        status=None if new.status is UNSET else new.status,
        progress=None if new.progress is UNSET else new.progress,
        due=None if new.due is UNSET else new.due,
        note=new.note,
    )
    await action_items.update(viewer, reference, change, view.item.version, now, today)
    return await _item(request, viewer, reference)


@operation(HttpMethod.POST, f"{ITEM}/completion", _changing("Complete an action item", "A done item stays done."))
async def complete_item(
    reference: PathText, request: FormRequest, viewer: Viewer, today: Today, now: Now
) -> Response[Any]:
    """Mark an item done."""
    view = await _matched(request, viewer, reference)
    await action_items.complete(viewer, reference, view.item.version, now, today)
    return await _item(request, viewer, reference)


@operation(HttpMethod.PUT, f"{ITEM}/owner", _changing("Reassign an action item", "Emails the new owner.", HandOver))
async def hand_item_over(
    reference: PathText, request: FormRequest, viewer: Viewer, today: Today, now: Now
) -> Response[Any]:
    """Reassign an open item."""
    view = await _matched(request, viewer, reference)
    new = await body_of(request, HandOver)
    await action_items.hand_over(viewer, reference, new.owner_id, view.item.version, now, today)
    return await _item(request, viewer, reference)


async def _new(viewer: Viewer, new: NewItemGiven) -> NewItem:
    origin_id = None
    if new.origin:
        try:
            origin_id = (await occurrences.date_for(viewer, new.origin.event_id, new.origin.key)).id
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
    return response(request, item_shown(view), status=status, **headers)


async def _matched(request: FormRequest, viewer: Viewer, reference: str) -> ItemView:
    """Return the item as the program read it. Errors: NotFound, Refused."""
    view = await item_lists.item_view(viewer, reference)
    check_match(request, item_shown(view))
    return view
