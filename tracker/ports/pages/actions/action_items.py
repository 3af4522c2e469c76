"""Action items: the list with its filter, one item with its history, assigning, updating and reassigning.

An item that was just marked done, or reopened, has the button Undo.
"""

from litestar import get, post
from litestar.response import Redirect
from msgspec.structs import replace

from tracker.crypto import keys
from tracker.database import together
from tracker.errors import Conflict, Invalid, NotFound
from tracker.ports.http.cookies import BUTTON_FOR, Undo
from tracker.ports.http.dependencies import Now, PathText, Settings, Today, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.http.request_source import HOME
from tracker.ports.pages.actions.item_forms import (
    NO_ONE,
    Context,
    ItemForm,
    OwnerForm,
    item_context,
    item_list_context,
    item_row_response,
    item_sheet,
    list_address_in,
    meeting_item_context,
    new_item_context,
    new_item_form,
    read_item_list,
    read_new_item,
)
from tracker.ports.pages.core.dependencies import (
    Drafts,
    Form,
    HomeRows,
    Page,
    Pages,
    Query,
    QueryString,
    usual_escalation,
)
from tracker.ports.pages.core.drafts import saved_in
from tracker.ports.pages.core.form_shapes import form_fields
from tracker.ports.pages.core.form_values import FormValues, form_version, id_in, read_chosen_person
from tracker.ports.pages.core.sheets import overtake_sheet, refuse_sheet, resume_sheet
from tracker.rules.actions import LONGEST_TITLE, ActionItem, ItemEdit, ItemStatus, StatusUpdate, stage_of
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.usecases.actions import action_items, item_lists
from tracker.usecases.core.drafts import event_of_drafted_date
from tracker.usecases.emails.item_emails import item_reminders_ahead

ITEM = "/action-items/{reference:str}"
LISTING = "action-items"
"""The list as saved filters name it."""
MEETING = "meeting"
"""Where a form came from, and goes back to when it is saved: the page of a meeting."""
PURPOSE = "item undo"


@get("/action-items", guards=[signed_in])
async def show_item_list(
    pages: Pages, viewer: Viewer, params: Query, query_string: QueryString, drafts: Drafts, today: Today, now: Now
) -> Page:
    """Show the list; the address holds group, words, mine and done, and the date that a new item comes from."""
    if pages.is_htmx:
        return pages.render("actions/items-part.html", **await item_list_context(viewer, today, now, params))
    context, form, saved = await together(
        item_list_context(viewer, today, now, params),
        _new_form(drafts, viewer, params, today),
        saved_in(viewer, query_string, LISTING),
    )
    new = await new_item_context(viewer, today, now, form)
    return pages.render("actions/list.html", **context, **new, **saved)


@get("/action-items/new", guards=[signed_in])
async def show_new_item(pages: Pages, viewer: Viewer, params: Query, today: Today, now: Now) -> Page:
    """Show the form of a new item from the meeting ?origin=…, with the title ?title=… of a line of its agenda."""
    form = new_item_form(params, today).but({"title": params["title"][:LONGEST_TITLE]})
    return pages.render("actions/new-from-meeting.html", **await meeting_item_context(viewer, now, form))


@post("/action-items", guards=[signed_in], status_code=303)
async def post_new_item(
    pages: Pages, viewer: Viewer, form: Form, query_string: QueryString, today: Today, now: Now
) -> Page:
    """Assign an item, or show the form again with its errors; from a meeting's page, go back there."""
    try:
        owner = await read_chosen_person(form, "owner", await item_lists.new_item_owners(viewer, id_in(form["origin"])))
        reference = await action_items.create_item(viewer, read_new_item(form, owner), now, today)
    except Invalid as wrong:
        if form["back"] == MEETING:
            context = await meeting_item_context(viewer, now, form, wrong)
            return pages.render("actions/new-from-meeting.html", **context)
        context = await item_list_context(viewer, today, now, FormValues({}))
        new = await new_item_context(viewer, today, now, form, wrong)
        saved = await saved_in(viewer, query_string, LISTING)
        return pages.render("actions/list.html", **context, **new, **saved)
    item = await item_lists.item_for(viewer, reference)
    at_meeting = f"/events/{item.origin_event_id}/{item.origin_key}#actions"
    is_back = form["back"] == MEETING and item.origin_id is not None
    said = f"{reference} assigned to {_owner_words(viewer, item)}."
    return pages.redirect(at_meeting if is_back else f"/action-items/{reference}", said)


@get(ITEM, guards=[signed_in])
async def show_item(
    reference: PathText, pages: Pages, viewer: Viewer, drafts: Drafts, now: Now, settings: Settings
) -> Page:
    """Show one item with its history, who is reminded of it next, and the viewer's draft of an update."""
    item = await item_lists.item_for(viewer, reference)
    context, reminded, carried = await together(
        _begun_edit(drafts, viewer, item),
        item_reminders_ahead(viewer, item, now, settings.time_zone, usual_escalation(settings)),
        item_lists.times_carried(viewer, item, now),
    )
    return pages.render("actions/show.html", **{**context, "reminded": reminded, "carried": carried})


@get(f"{ITEM}/row", guards=[signed_in])
async def show_item_row(
    reference: PathText, pages: Pages, viewer: Viewer, drafts: Drafts, params: Query, *, today: Today, now: Now
) -> Page:
    """Show an item's line in the list, with its form when ?open=1; without htmx the item's own page."""
    if not pages.is_htmx:
        return Redirect(f"/action-items/{reference}", status_code=303)
    board, item = await together(read_item_list(viewer, today, now, params), item_lists.item_for(viewer, reference))
    if params["open"] == "1":
        return await item_row_response(pages, board, await _begun_edit(drafts, viewer, item), is_open=True)
    return await item_row_response(pages, board, item_context(viewer, await item_lists.view_item(viewer, item)))


@post(ITEM, guards=[signed_in], status_code=303)
async def post_item_edit(reference: PathText, pages: Pages, viewer: Viewer, form: Form, today: Today, now: Now) -> Page:
    """Save an update, or show the form again: with errors (422), or with changes that were saved meanwhile (409)."""
    try:
        change, version = ItemForm.read(form).facts(ItemEdit), form_version(form)
        item = await action_items.save_item_edit(viewer, reference, change, version, now, today)
    except Invalid as wrong:
        view = await item_lists.item_view(viewer, reference)
        sheet = refuse_sheet(form, wrong, list(form_fields(ItemForm)))
        return await _shown_again(pages, viewer, today, now, form, item_context(viewer, view, sheet))
    except Conflict as changed:
        return await _beside_saved(pages, viewer, today, now, reference, form, changed)
    said = f"{reference} updated." if item.version != version else f"Nothing changed on {reference}."
    return await _edited(pages, viewer, today, now, form, item, said)


@post(f"{ITEM}/completion", guards=[signed_in], status_code=303)
async def post_item_done(
    reference: PathText, pages: Pages, viewer: Viewer, form: Form, today: Today, *, home_rows: HomeRows, now: Now
) -> Page:
    """Mark an item done with one click."""
    done = f"Marked {reference} done."
    before = await item_lists.item_for(viewer, reference)
    try:
        item = await action_items.mark_item_done(viewer, reference, form_version(form), now, today)
    except Conflict as changed:
        if home_rows.are_asked_for(form):
            return await _home_row(home_rows, before, "", changed=changed)
        return await _beside_saved(pages, viewer, today, now, reference, form, changed)
    undo = item_undo_button(viewer, form, before, item, now)
    if home_rows.are_asked_for(form):
        return await _home_row(home_rows, item, done, undo=undo)
    return await _edited(pages, viewer, today, now, form, item, done, undo=undo)


@post(f"{ITEM}/reopening", guards=[signed_in], status_code=303)
async def post_item_reopening(
    reference: PathText, pages: Pages, viewer: Viewer, form: Form, today: Today, now: Now
) -> Page:
    """Open a closed item again with one click; that a done one was reopened can be undone."""
    before = await item_lists.item_for(viewer, reference)
    try:
        item = await action_items.reopen_item(viewer, reference, form_version(form), now, today)
    except Conflict as changed:
        return await _beside_saved(pages, viewer, today, now, reference, form, changed)
    said = f"{reference} reopened at {item.progress}%."
    undo = item_undo_button(viewer, form, before, item, now) if before.status is ItemStatus.DONE else None
    return await _edited(pages, viewer, today, now, form, item, said, undo=undo)


@post(f"{ITEM}/undo", guards=[signed_in], status_code=303)
async def post_item_undo(
    reference: PathText, pages: Pages, viewer: Viewer, form: Form, today: Today, *, home_rows: HomeRows, now: Now
) -> Page:
    """Set an item that was just marked done, or reopened, as far as it was, and since when."""
    update = keys.read_value(PURPOSE, form["update"], StatusUpdate, f"{viewer.member_id} {reference} ")
    if update is None:
        raise NotFound
    try:
        item = await action_items.undo_own_update(viewer, reference, update, now, today, said="")
    except Conflict as changed:
        if home_rows.are_asked_for(form):
            return await _home_row(home_rows, await item_lists.item_for(viewer, reference), "", changed=changed)
        return await _beside_saved(pages, viewer, today, now, reference, form, changed)
    said = f"{reference} is {item.status.label.lower()} again."
    if home_rows.are_asked_for(form):
        return await _home_row(home_rows, item, said)
    return await _edited(pages, viewer, today, now, form, item, said)


@post(f"{ITEM}/owner", guards=[signed_in], status_code=303)
async def post_item_reassignment(
    reference: PathText, pages: Pages, viewer: Viewer, form: Form, today: Today, now: Now
) -> Page:
    """Reassign an item."""
    owner = await read_chosen_person(form, "owner", await item_lists.reassignable_to(viewer, reference))
    try:
        owner_id = OwnerForm.read(form.but({"owner": owner.value}), owner=owner.error).owner or NO_ONE
        item = await action_items.reassign_item(viewer, reference, owner_id, form_version(form), now, today)
    except Invalid as wrong:
        context = item_context(viewer, await item_lists.item_view(viewer, reference))
        refused = {"owner": replace(owner, error=wrong.fields.get("owner")), "status_code": 422}
        return await _shown_again(pages, viewer, today, now, form, context | refused)
    except Conflict as changed:
        context = item_context(viewer, await item_lists.item_view(viewer, reference), happened=changed.sentence)
        chosen = {"owner": owner} if context["item"].is_open else {}
        return await _shown_again(pages, viewer, today, now, form, context | chosen | {"status_code": 409})
    return pages.redirect(f"/action-items/{reference}", f"{reference} reassigned to {_owner_words(viewer, item)}.")


def _owner_words(viewer: Viewer, item: ActionItem) -> str:
    return "you" if item.owner_id == viewer.member_id else f"{item.owner} ({item.agency})"


async def _home_row(
    home_rows: HomeRows, item: ActionItem, said: str, *, undo: Undo | None = None, changed: Conflict | None = None
) -> Page:
    """Return the row of the home page: with Undo when it was just marked done, or with why nothing was saved."""
    refused = changed.sentence if changed else ""
    return home_rows.show(
        "core/home/row-item.html",
        await home_rows.found(),
        refused or said,
        refused=refused,
        status_code=409 if refused else 200,
        item=item,
        undo=undo,
    )


async def _edited(
    pages: Pages,
    viewer: Viewer,
    today: Today,
    now: Now,
    form: FormValues,
    item: ActionItem,
    sentence: str,
    *,
    undo: Undo | None = None,
) -> Page:
    """Return the response to an update: the line and a message to htmx, else a redirect to where it was pressed."""
    if pages.is_htmx:
        pages.saved()
        board = await read_item_list(viewer, today, now, form)
        context = item_context(viewer, await item_lists.view_item(viewer, item))
        return await item_row_response(pages, board, context, said=sentence, undo=undo)
    address = HOME if form["next"] == HOME else list_address_in(form["next"]) or f"/action-items/{item.reference}"
    return pages.redirect(address, sentence, undo)


async def _shown_again(
    pages: Pages, viewer: Viewer, today: Today, now: Now, form: FormValues, context: Context
) -> Page:
    """Show an item's form again, with everything that was typed."""
    if pages.is_htmx:
        board = await read_item_list(viewer, today, now, form)
        return await item_row_response(pages, board, context, is_open=True)
    return pages.render("actions/show.html", **context)


async def _beside_saved(
    pages: Pages, viewer: Viewer, today: Today, now: Now, reference: str, form: FormValues, changed: Conflict
) -> Page:
    """Show what was typed beside what another person saved; after a button without fields, what happened instead."""
    view = await item_lists.item_view(viewer, reference)
    if "note" in form:
        sheet = overtake_sheet(form, item_sheet(view.item), ItemForm.words())
        return await _shown_again(pages, viewer, today, now, form, item_context(viewer, view, sheet))
    context = item_context(viewer, view, happened=changed.sentence)
    return await _shown_again(pages, viewer, today, now, form, context | {"status_code": 409})


async def _new_form(drafts: Drafts, viewer: Viewer, params: Query, today: Today) -> FormValues:
    """Return the form of a new item: the viewer's draft of it, or a new one.

    It keeps no draft when it comes from a date that the viewer may not see.
    """
    form, origin_id = new_item_form(params, today), id_in(params["origin"])
    event_id = await event_of_drafted_date(viewer, origin_id) if origin_id else None
    if origin_id and event_id is None:
        return form
    key = DraftKey(form=DraftForm.NEW_ITEM, subject=str(origin_id or ""), event_id=event_id)
    return await drafts.begun(key, form)


async def _begun_edit(drafts: Drafts, viewer: Viewer, item: ActionItem) -> Context:
    """Return an item whose form begins with the viewer's draft of an update, beside what was saved since."""
    key = DraftKey(form=DraftForm.ITEM, subject=str(item.id), event_id=item.origin_event_id)
    view, draft = await together(
        item_lists.view_item(viewer, item), drafts.kept(key, f"/action-items/{item.reference}")
    )
    sheet = resume_sheet(draft, DraftForm.ITEM, item_sheet(view.item), ItemForm.words())
    return item_context(viewer, view, sheet)


def item_undo_button(viewer: Viewer, form: FormValues, before: ActionItem, after: ActionItem, now: Now) -> Undo | None:
    """Return what undoes an update that the viewer just made; None when the item had that status before."""
    if before.status is after.status or after.changed_at != now:
        return None
    update = StatusUpdate(at=now, before=stage_of(before), after=stage_of(after))
    signed = keys.sign_value(PURPOSE, update, f"{viewer.member_id} {after.reference} ")
    fields = {"update": signed, "next": form["next"]}
    return Undo(address=f"/action-items/{after.reference}/undo", fields=fields, until=now + BUTTON_FOR)
