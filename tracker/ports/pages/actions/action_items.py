"""Action items: the list with its filter, one item with its history, giving, moving and handing over."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from tracker import clock
from tracker.errors import Conflict, Invalid
from tracker.ports.http import flash
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.actions import item_forms as forms
from tracker.ports.pages.actions.item_views import (
    Context,
    board_context,
    item_context,
    new_context,
    origin_in,
    row_reply,
    today_of,
)
from tracker.ports.pages.core.edit_conflicts import in_words, merged, recorded
from tracker.ports.pages.core.form_values import FormValues, errors_of, form_of, id_in, query_of, version_in
from tracker.ports.pages.core.request import is_from_htmx, viewer_of
from tracker.ports.pages.core.saved_filters import saved_in
from tracker.ports.pages.core.templating import page
from tracker.rules.actions.action_items import ActionItem
from tracker.usecases.actions import action_items, item_lists

ITEM = "/action-items/{reference:str}"
HOME = "/"


@get("/action-items", guards=[signed_in])
async def list_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the list; the address holds group, words, mine and done, and the date for which a new item is given."""
    context = await board_context(request, query_of(request))
    if is_from_htmx(request):
        return page("actions/items-part.html", request, **context)
    return await _list(request, context, await new_context(request, origin_in(request)))


@post("/action-items", guards=[signed_in], status_code=303)
async def give(request: Request[Any, Any, Any]) -> Response[Any]:
    """Give an item to somebody, or show the form again with what is missing."""
    form, viewer = await form_of(request), viewer_of(request)
    try:
        reference = await action_items.create(viewer, forms.read_new(form), clock.now(), today_of(request))
    except Invalid as wrong:
        context = await board_context(request, FormValues({}))
        new = await new_context(request, form, errors_of(wrong, forms.NEW_FIELDS))
        return await _list(request, context, new, status_code=422)
    return _redirect(request, f"/action-items/{reference}", f"{reference} is given.")


@get(ITEM, guards=[signed_in])
async def item_page(reference: FromPath[str], request: Request[Any, Any, Any]) -> Response[str]:
    """Show one item with its history."""
    return page("actions/show.html", request, **await item_context(request, reference))


@get(f"{ITEM}/row", guards=[signed_in])
async def item_row(reference: FromPath[str], request: Request[Any, Any, Any]) -> Response[Any]:
    """Show an item's line in the list, with its form when ?open=1; without htmx the item's own page."""
    if not is_from_htmx(request):
        return Redirect(f"/action-items/{reference}", status_code=303)
    return await row_reply(request, reference, is_open=query_of(request)["open"] == "1")


@post(ITEM, guards=[signed_in], status_code=303)
async def move(reference: FromPath[str], request: Request[Any, Any, Any]) -> Response[Any]:
    """Save an update, or show the form again: with errors (422), or with what changed meanwhile (409)."""
    form, viewer = await form_of(request), viewer_of(request)
    try:
        change, version = forms.read_change(form), version_in(form)
        item = await action_items.update(viewer, reference, change, version, clock.now(), today_of(request))
    except Invalid as wrong:
        errors = errors_of(wrong, forms.CHANGE_FIELDS)
        return await _again(request, reference, form, status_code=422, errors=errors, version=version_in(form))
    except Conflict:
        return await _beside_each_other(request, reference, form)
    return await _moved(request, form, item, f"{reference} is updated.")


@post(f"{ITEM}/completion", guards=[signed_in], status_code=303)
async def complete(reference: FromPath[str], request: Request[Any, Any, Any]) -> Response[Any]:
    """Mark an item done by one press."""
    form, viewer = await form_of(request), viewer_of(request)
    before = (await item_lists.item_view(viewer, reference)).item
    try:
        item = await action_items.complete(viewer, reference, version_in(form), clock.now(), today_of(request))
    except Conflict:
        return await _beside_each_other(request, reference, form)
    return await _moved(request, form, item, f"{reference} is done.", before)


@post(f"{ITEM}/owner", guards=[signed_in], status_code=303)
async def hand_over(reference: FromPath[str], request: Request[Any, Any, Any]) -> Response[Any]:
    """Give an item to another owner."""
    form, viewer = await form_of(request), viewer_of(request)
    owner_id = id_in(form["owner"]) or forms.NOBODY
    try:
        await action_items.hand_over(viewer, reference, owner_id, version_in(form), clock.now(), today_of(request))
    except Invalid as wrong:
        return await _again(request, reference, None, status_code=422, owner_error=wrong.fields.get("owner"))
    except Conflict:
        return await _beside_each_other(request, reference, FormValues({}))
    return _redirect(request, f"/action-items/{reference}", f"{reference} has a new owner.")


async def _list(
    request: Request[Any, Any, Any], board: Context, new: Context, *, status_code: int = 200
) -> Response[str]:
    saved = await saved_in(request, "action-items")
    return page("actions/list.html", request, status_code=status_code, **board, **new, **saved)


async def _moved(
    request: Request[Any, Any, Any], form: FormValues, item: ActionItem, said: str, before: ActionItem | None = None
) -> Response[Any]:
    """Answer an update: the line and a message to htmx, else the way back to where it was pressed."""
    if is_from_htmx(request):
        return await row_reply(request, item.reference, said=said, before=before)
    places = {"/": "/", "list": "/action-items"}
    return _redirect(request, places.get(form["next"], f"/action-items/{item.reference}"), said)


def _redirect(request: Request[Any, Any, Any], address: str, said: str) -> Redirect:
    redirect = Redirect(address, status_code=303)
    flash.say(redirect, request.scope["state"]["settings"], said)
    return redirect


async def _again(
    request: Request[Any, Any, Any], reference: str, form: FormValues | None, *, status_code: int, **facts: Any
) -> Response[Any]:
    """Show an item's form once more, with everything that was typed."""
    if is_from_htmx(request):
        return await row_reply(request, reference, is_open=True, form=form, status_code=status_code, **facts)
    context = await item_context(request, reference, form, **facts)
    return page("actions/show.html", request, status_code=status_code, **context)


async def _beside_each_other(request: Request[Any, Any, Any], reference: str, form: FormValues) -> Response[Any]:
    """Show what was typed beside what somebody else saved, under the new version."""
    view = await item_lists.item_view(viewer_of(request), reference)
    now = forms.form_of_item(view.item)
    both, changes = merged(recorded(form["was"]), form, now)
    words = in_words(changes, forms.LABELS, forms.said)
    return await _again(request, reference, both if "status" in form else now, status_code=409, changes=words)


handlers = [list_page, give, item_page, item_row, move, complete, hand_over]
