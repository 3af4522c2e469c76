"""Action items: the list with its filter, one item with its history, assigning, updating and reassigning."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import QueryParameter
from litestar.response import Redirect
from msgspec.structs import replace

from tracker.database import together
from tracker.errors import Conflict, Invalid
from tracker.ports.http.addresses import HOME
from tracker.ports.http.dependencies import Now, Settings, Today, Viewer
from tracker.ports.http.flash import Undo
from tracker.ports.http.guards import signed_in
from tracker.ports.http.path import PathText
from tracker.ports.pages.actions import item_forms as forms
from tracker.ports.pages.actions.item_undo import undo_button, update_in
from tracker.ports.pages.actions.item_views import (
    Context,
    board_context,
    board_of,
    context_of,
    from_meeting_context,
    list_in,
    meeting_form_in,
    new_context,
    new_owner_in,
    origin_in,
    owner_in,
    row_response,
)
from tracker.ports.pages.core.dependencies import Drafts, Form, HomeRows, Pages, Query, QueryString
from tracker.ports.pages.core.edit_conflicts import in_words, merged, recorded
from tracker.ports.pages.core.escalation import usual_escalation
from tracker.ports.pages.core.form_values import FormValues, errors_of, id_in, version_in
from tracker.ports.pages.core.saved_filters import saved_in
from tracker.rules.actions.action_items import ActionItem, ItemStatus
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.usecases.actions import action_items, item_lists
from tracker.usecases.actions.item_lists import ItemView
from tracker.usecases.core.drafts import event_of_date
from tracker.usecases.emails.item_reminders import coming_reminders

ITEM = "/action-items/{reference:str}"
LISTING = "action-items"
"""The list as saved filters name it."""
MEETING = "meeting"
"""Where a form came from, and goes back to when it is saved: the page of a meeting."""


@get("/action-items", guards=[signed_in])
async def list_page(
    pages: Pages, viewer: Viewer, params: Query, query_string: QueryString, drafts: Drafts, today: Today, now: Now
) -> Response[str]:
    """Show the list; the address holds group, words, mine and done, and the date that a new item comes from."""
    if pages.is_htmx:
        return pages.render("actions/items-part.html", **await board_context(viewer, today, now, params))
    context, form, saved = await together(
        board_context(viewer, today, now, params),
        _new_form(drafts, viewer, params, today),
        saved_in(viewer, query_string, LISTING),
    )
    new = await new_context(viewer, today, now, form)
    return pages.render("actions/list.html", **context, **new, **saved)


@get("/action-items/new", guards=[signed_in])
async def new_page(pages: Pages, viewer: Viewer, params: Query, today: Today, now: Now) -> Response[str]:
    """Show the form of a new item from the meeting ?origin=…, with the title ?title=… of a line of its agenda."""
    form = meeting_form_in(params, today)
    return pages.render("actions/new-from-meeting.html", **await from_meeting_context(viewer, today, now, form))


@post("/action-items", guards=[signed_in], status_code=303)
async def give(
    pages: Pages, viewer: Viewer, form: Form, query_string: QueryString, today: Today, now: Now
) -> Response[Any]:
    """Assign an item, or show the form again with its errors; from a meeting's page, go back there."""
    try:
        reference = await action_items.create(viewer, forms.read_new(form, await owner_in(viewer, form)), now, today)
    except Invalid as wrong:
        errors = errors_of(wrong, forms.NEW_FIELDS)
        if form["back"] == MEETING:
            context = await from_meeting_context(viewer, today, now, form, errors)
            return pages.render("actions/new-from-meeting.html", status_code=422, **context)
        context = await board_context(viewer, today, now, FormValues({}))
        new = await new_context(viewer, today, now, form, errors)
        saved = await saved_in(viewer, query_string, LISTING)
        return pages.render("actions/list.html", status_code=422, **context, **new, **saved)
    item = await item_lists.item_for(viewer, reference)
    at_meeting = f"/events/{item.origin_event_id}/{item.origin_key}#actions"
    is_back = form["back"] == MEETING and item.origin_id is not None
    said = f"{reference} assigned to {_owner_words(viewer, item)}."
    return pages.redirect(at_meeting if is_back else f"/action-items/{reference}", said)


@get(ITEM, guards=[signed_in])
async def item_page(
    reference: PathText, pages: Pages, viewer: Viewer, drafts: Drafts, today: Today, *, now: Now, settings: Settings
) -> Response[str]:
    """Show one item with its history, who is reminded of it next, and the viewer's draft of an update."""
    item = await item_lists.item_for(viewer, reference)
    context, reminded, carried = await together(
        _begun(drafts, viewer, today, item),
        coming_reminders(viewer, item, now, settings.time_zone, usual_escalation(settings)),
        item_lists.times_carried(viewer, item, now),
    )
    return pages.render("actions/show.html", **{**context, "reminded": reminded, "carried": carried})


@get(f"{ITEM}/row", guards=[signed_in])
async def item_row(
    reference: PathText,
    pages: Pages,
    viewer: Viewer,
    drafts: Drafts,
    params: Query,
    *,
    today: Today,
    now: Now,
    is_open: Annotated[str, QueryParameter(name="open")] = "",
) -> Response[Any]:
    """Show an item's line in the list, with its form when ?open=1; without htmx the item's own page."""
    if not pages.is_htmx:
        return Redirect(f"/action-items/{reference}", status_code=303)
    board, item = await together(board_of(viewer, today, now, params), item_lists.item_for(viewer, reference))
    if is_open == "1":
        return await row_response(pages, board, await _begun(drafts, viewer, today, item), is_open=True)
    return await row_response(pages, board, context_of(viewer, today, await item_lists.view_of(viewer, item)))


@post(ITEM, guards=[signed_in], status_code=303)
async def move(reference: PathText, pages: Pages, viewer: Viewer, form: Form, today: Today, now: Now) -> Response[Any]:
    """Save an update, or show the form again: with errors (422), or with changes that were saved meanwhile (409)."""
    try:
        change, version = forms.read_change(form), version_in(form)
        item = await action_items.update(viewer, reference, change, version, now, today)
    except Invalid as wrong:
        errors = errors_of(wrong, forms.CHANGE_FIELDS)
        view = await item_lists.item_view(viewer, reference)
        context = context_of(viewer, today, view, form, errors=errors, version=version_in(form))
        return await _again(pages, viewer, now, form, context, 422)
    except Conflict as changed:
        return await _changed(pages, viewer, today, now, reference, form, changed)
    said = f"{reference} updated." if item.version != version else f"Nothing changed on {reference}."
    return await _moved(pages, viewer, today, now, form, item, said)


@post(f"{ITEM}/completion", guards=[signed_in], status_code=303)
async def complete(
    reference: PathText, pages: Pages, viewer: Viewer, form: Form, today: Today, *, home_rows: HomeRows, now: Now
) -> Response[Any]:
    """Mark an item done with one click."""
    done = f"Marked {reference} done."
    before = await item_lists.item_for(viewer, reference)
    try:
        item = await action_items.complete(viewer, reference, version_in(form), now, today)
    except Conflict as changed:
        if home_rows.are_asked_for(form):
            return await _home_row(home_rows, before, "", changed=changed)
        return await _changed(pages, viewer, today, now, reference, form, changed)
    undo = undo_button(viewer, form, before, item, now)
    if home_rows.are_asked_for(form):
        return await _home_row(home_rows, item, done, undo=undo)
    return await _moved(pages, viewer, today, now, form, item, done, undo=undo)


@post(f"{ITEM}/reopening", guards=[signed_in], status_code=303)
async def reopen(
    reference: PathText, pages: Pages, viewer: Viewer, form: Form, today: Today, now: Now
) -> Response[Any]:
    """Open a closed item again with one click; that a done one was reopened can be undone."""
    before = await item_lists.item_for(viewer, reference)
    try:
        item = await action_items.reopen(viewer, reference, version_in(form), now, today)
    except Conflict as changed:
        return await _changed(pages, viewer, today, now, reference, form, changed)
    said = f"{reference} reopened at {item.progress}%."
    undo = undo_button(viewer, form, before, item, now) if before.status is ItemStatus.DONE else None
    return await _moved(pages, viewer, today, now, form, item, said, undo=undo)


@post(f"{ITEM}/undo", guards=[signed_in], status_code=303)
async def undo_status(
    reference: PathText, pages: Pages, viewer: Viewer, form: Form, today: Today, *, home_rows: HomeRows, now: Now
) -> Response[Any]:
    """Set an item that was just marked done, or reopened, as far as it was, and since when."""
    update = update_in(viewer, reference, form)
    try:
        item = await action_items.take_back(viewer, reference, update, now, today, said="")
    except Conflict as changed:
        if home_rows.are_asked_for(form):
            return await _home_row(home_rows, await item_lists.item_for(viewer, reference), "", changed=changed)
        return await _changed(pages, viewer, today, now, reference, form, changed)
    said = f"{reference} is {item.status.word.lower()} again."
    if home_rows.are_asked_for(form):
        return await _home_row(home_rows, item, said)
    return await _moved(pages, viewer, today, now, form, item, said)


@post(f"{ITEM}/owner", guards=[signed_in], status_code=303)
async def hand_over(
    reference: PathText, pages: Pages, viewer: Viewer, form: Form, today: Today, now: Now
) -> Response[Any]:
    """Reassign an item."""
    owner = await new_owner_in(viewer, reference, form)
    try:
        item = await action_items.hand_over(viewer, reference, forms.read_owner(owner), version_in(form), now, today)
    except Invalid as wrong:
        refused = replace(owner, error=wrong.fields.get("owner"))
        context = context_of(viewer, today, await item_lists.item_view(viewer, reference)) | {"owner": refused}
        return await _again(pages, viewer, now, form, context, 422)
    except Conflict as changed:
        context = context_of(viewer, today, await item_lists.item_view(viewer, reference), happened=changed.sentence)
        chosen = {"owner": owner} if context["item"].is_open else {}
        return await _again(pages, viewer, now, form, context | chosen, 409)
    return pages.redirect(f"/action-items/{reference}", f"{reference} reassigned to {_owner_words(viewer, item)}.")


def _owner_words(viewer: Viewer, item: ActionItem) -> str:
    return "you" if item.owner_id == viewer.member_id else f"{item.owner} ({item.agency})"


async def _home_row(
    home_rows: HomeRows, item: ActionItem, said: str, *, undo: Undo | None = None, changed: Conflict | None = None
) -> Response[str]:
    """Return the row of the home page: with Undo when it was just marked done, or with why nothing was saved."""
    refused = changed.sentence if changed else ""
    return home_rows.show(
        "views/home/row-item.html",
        await home_rows.found(),
        refused or said,
        refused=refused,
        status_code=409 if refused else 200,
        item=item,
        undo=undo,
    )


async def _moved(
    pages: Pages,
    viewer: Viewer,
    today: Today,
    now: Now,
    form: FormValues,
    item: ActionItem,
    sentence: str,
    *,
    undo: Undo | None = None,
) -> Response[Any]:
    """Return the response to an update: the line and a message to htmx, else a redirect to where it was pressed."""
    if pages.is_htmx:
        pages.saved()
        board, context = (
            await board_of(viewer, today, now, form),
            context_of(viewer, today, await item_lists.view_of(viewer, item)),
        )
        return await row_response(pages, board, context, said=sentence, undo=undo)
    address = HOME if form["next"] == HOME else list_in(form["next"]) or f"/action-items/{item.reference}"
    return pages.redirect(address, sentence, undo)


async def _again(
    pages: Pages, viewer: Viewer, now: Now, form: FormValues, context: Context, status_code: int
) -> Response[Any]:
    """Show an item's form again, with everything that was typed."""
    if pages.is_htmx:
        board = await board_of(viewer, context["today"], now, form)
        return await row_response(pages, board, context, is_open=True, status_code=status_code)
    return pages.render("actions/show.html", status_code=status_code, **context)


async def _changed(
    pages: Pages, viewer: Viewer, today: Today, now: Now, reference: str, form: FormValues, changed: Conflict
) -> Response[Any]:
    """Show what was typed beside what another person saved; after a button without fields, what happened instead."""
    if "note" in form:
        context = _both(viewer, today, await item_lists.item_view(viewer, reference), form)
    else:
        context = context_of(viewer, today, await item_lists.item_view(viewer, reference), happened=changed.sentence)
    return await _again(pages, viewer, now, form, context, 409)


def _both(viewer: Viewer, today: Today, view: ItemView, form: FormValues) -> Context:
    saved = forms.form_of_item(view.item)
    both, changes = merged(recorded(form["was"]), form, saved)
    words = in_words(changes, forms.LABELS, forms.said)
    return context_of(viewer, today, view, both, changes=words)


async def _new_form(drafts: Drafts, viewer: Viewer, params: Query, today: Today) -> FormValues:
    """Return the form of a new item: the viewer's draft of it, or a new one."""
    key = await _draft_of(viewer, id_in(params["origin"]))
    form = origin_in(params, today)
    return await drafts.begun(key, form) if key else form


async def _draft_of(viewer: Viewer, origin_id: UUID | None) -> DraftKey | None:
    """Return which draft the form of a new item keeps: none when it comes from a date that the viewer may not see."""
    if origin_id is None:
        return DraftKey(form=DraftForm.NEW_ITEM)
    event_id = await event_of_date(viewer, origin_id)
    return DraftKey(form=DraftForm.NEW_ITEM, subject=str(origin_id), event_id=event_id) if event_id else None


async def _begun(drafts: Drafts, viewer: Viewer, today: Today, item: ActionItem) -> Context:
    """Return an item whose form begins with the viewer's draft of an update, beside what was saved since."""
    key = DraftKey(form=DraftForm.ITEM, subject=str(item.id), event_id=item.origin_event_id)
    view, draft = await together(item_lists.view_of(viewer, item), drafts.kept(key, f"/action-items/{item.reference}"))
    if draft is None:
        return context_of(viewer, today, view)
    if version_in(draft) != item.version:
        return _both(viewer, today, view, draft)
    return context_of(viewer, today, view, draft, version=item.version)
