"""The forms of action items, their values for templates, and the page behind the link in an email."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

from litestar import HttpMethod, Response, post, route
from litestar.response import Redirect
from msgspec.structs import replace

from tracker.errors import Conflict, Invalid, NotFound
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Links, Now, Origin, PathText, Today, Viewer
from tracker.ports.http.guards import link
from tracker.ports.pages.core.date_entries import date_address
from tracker.ports.pages.core.dependencies import Form, Pages, Query
from tracker.ports.pages.core.form_values import (
    WORDS,
    ChosenPerson,
    Errors,
    FormReader,
    FormValues,
    errors_of,
    form_version,
    id_in,
    is_typed,
    read_chosen_person,
)
from tracker.ports.pages.core.sheets import WordedChange, form_record, merge_edits, recorded_form, word_changes
from tracker.rules.actions.action_items import (
    LONGEST_NOTE,
    LONGEST_TITLE,
    NO_TITLE,
    ActionItem,
    GroupBy,
    ItemEdit,
    ItemFilter,
    ItemStatus,
    NewItem,
    group_sizes,
)
from tracker.rules.core.viewers import Visibility
from tracker.rules.core.wording import local, short_day
from tracker.usecases.actions import action_items, item_lists
from tracker.usecases.actions.item_lists import ItemList, ItemView, NewItemChoices

LIST_PATH = "/action-items"
USUAL_TIME = timedelta(days=14)
"""The due day of a new item until another one is chosen."""
NOBODY = UUID(int=0)
LONGEST_FILTER_WORDS = 100  # characters of the filter
STEPS = (0, 25, 50, 75, 100)  # percent
NEW_FIELDS = ("title", "owner", "due", "origin", "seen_by")
CHANGE_FIELDS = ("status", "progress", "due", "note")
LABELS = {"status": "Status", "progress": "Progress", "due": "Due", "note": "Note"}
SEEN_BY = {
    Visibility.ALL: "Everyone in the task force",
    Visibility.LAW_ENFORCEMENT: "Law enforcement only",
    Visibility.VICTIM_SERVICES: "Victim services only",
}
MORE_TIME_STATUS = "time"
"""On the page behind an email link: not a status of its own, but a request for another day."""
Context = dict[str, Any]


async def read_item_list(viewer: Viewer, today: Today, now: Now, query: FormValues) -> ItemList:
    """Return the items that match the fields of the filter."""
    return await item_lists.list_items_for(viewer, read_item_filter(query), now, today)


async def item_list_context(viewer: Viewer, today: Today, now: Now, query: FormValues) -> Context:
    """Return the list that the address requests."""
    chosen = read_item_filter(query)
    board = await read_item_list(viewer, today, now, query)
    labels = ((GroupBy.DUE, "Due date"), (GroupBy.OWNER, "Owner"), (GroupBy.AGENCY, "Agency"))
    return {
        "board": board,
        "chosen": chosen,
        "today": today,
        "here": _address_of(chosen),
        "groupings": [(group.value, label, _address_of(replace(chosen, group_by=group))) for group, label in labels],
    }


def list_address_in(text: str) -> str | None:
    """Return the address of the list, with its filter, that a button came from; None for any other address."""
    asked = urlsplit(text)
    is_list = (asked.scheme, asked.netloc, asked.path) == ("", "", LIST_PATH)
    return _address_of(read_item_filter(FormValues(parse_qs(asked.query)))) if is_list else None


def _address_of(chosen: ItemFilter) -> str:
    """Return the address of the list with a filter."""
    flags = {"mine": "1" if chosen.only_mine else "", "done": "1" if chosen.with_done else ""}
    asked = {"group": chosen.group_by.value, "q": chosen.words, **flags}
    return f"{LIST_PATH}?{urlencode({name: text for name, text in asked.items() if text})}"


def new_item_form(params: Query, today: Today) -> FormValues:
    """Return the empty form of a new item; ?origin=… names the date that it comes from."""
    due = (today + USUAL_TIME).isoformat()
    return FormValues({"origin": (params["origin"],), "due": (due,)})


async def new_item_context(
    viewer: Viewer, today: Today, now: Now, form: FormValues, errors: Errors | None = None
) -> Context:
    """Return the form of a new item, with what was typed."""
    offered = await item_lists.new_item_choices(viewer, id_in(form["origin"]), now)
    return {
        "form": form,
        "errors": errors or Errors(),
        "owner": await _assigned_owner(viewer, form, offered),
        "is_for_viewer": offered.is_for_viewer,
        "origins": [
            ("", "No event"),
            *(
                (str(one), f"{line.title}, {short_day(local(line.starts_at, line.zone), today)}")
                for one, line in offered.origins.items()
            ),
        ],
        "audiences": [
            *((visibility.value, words) for visibility, words in SEEN_BY.items() if visibility in offered.visibilities),
            *((f"committee:{one}", f"{name} only") for one, name in offered.committees.items()),
        ],
    }


async def owner_in_form(viewer: Viewer, form: FormValues) -> ChosenPerson:
    """Return to whom the form of a new item assigns it."""
    return await read_chosen_person(form, "owner", await item_lists.new_item_owners(viewer, id_in(form["origin"])))


async def new_owner_in_form(viewer: Viewer, reference: str, form: FormValues) -> ChosenPerson:
    """Return to whom a form reassigns an item. Errors: NotFound."""
    return await read_chosen_person(form, "owner", await item_lists.reassignable_to(viewer, reference))


async def _assigned_owner(viewer: Viewer, form: FormValues, offered: NewItemChoices) -> ChosenPerson:
    """Return to whom a form with these choices assigns; people who can assign only to themselves aren't asked."""
    if offered.is_for_viewer or (not offered.is_for_others and not is_typed(form, "owner")):
        form = form.without(f"owner{WORDS}").but({"owner": str(viewer.member_id)})
    return await read_chosen_person(form, "owner", offered.owners)


def meeting_item_form(params: Query, today: Today) -> FormValues:
    """Return the form of a new item from ?origin=…, with ?title=… of an agenda line, cut to its limit."""
    title = params["title"][:LONGEST_TITLE]
    return new_item_form(params, today).but({"title": title})


async def meeting_item_context(
    viewer: Viewer, today: Today, now: Now, form: FormValues, errors: Errors | None = None
) -> Context:
    """Return the form of a new item from one meeting. Errors: NotFound for a meeting that takes no items."""
    origin_id = id_in(form["origin"])
    offered = await item_lists.new_item_choices(viewer, origin_id, now)
    line = offered.origins.get(origin_id) if origin_id else None
    if line is None:
        raise NotFound
    return {
        "form": form,
        "errors": errors or Errors(),
        "owner": await _assigned_owner(viewer, form, offered),
        "is_for_viewer": not offered.is_for_others,
        "line": line,
        "starts": local(line.starts_at, line.zone),
        "address": date_address(line),
        "today": today,
    }


def item_context(
    viewer: Viewer,
    today: Today,
    view: ItemView,
    form: FormValues | None = None,
    *,
    version: int | None = None,
    errors: Errors | None = None,
    changes: Sequence[WordedChange] | None = None,
    happened: str = "",
) -> Context:
    """Return what the page of an item shows, with what was typed; `happened` says why a button alone did nothing."""
    item, now_there = view.item, item_form(view.item)
    return {
        "view": view,
        "item": item,
        "today": today,
        "form": form or now_there,
        "version": item.version if version is None else version,
        "was": (form["was"] if form and version is not None else "") or form_record(now_there),
        "errors": errors or Errors(),
        "changes": changes,
        "happened": happened,
        "statuses": status_options(may_cancel=view.may_direct),
        "steps": progress_options(item.progress),
        "reminded": [],
        "carried": 0,
        "owner": ChosenPerson() if view.may_direct and item.is_open else None,
        "notes": [(local(note.at, viewer.zone), note) for note in view.notes],
    }


async def item_row_response(
    pages: Pages,
    board: ItemList,
    context: Context,
    *,
    is_open: bool = False,
    said: str | None = None,
    undo: Undo | None = None,
    status_code: int = 200,
) -> Response[str]:
    """Return the response to htmx: an item's line, the counts, and a message, with Undo where possible.

    `board` is the list that the line is in: its headings count what is left below them.
    """
    part = pages.render(
        "actions/row-part.html",
        status_code=status_code,
        is_unfolded=is_open,
        said=said,
        undo=undo,
        counts=board.counts,
        numbers=group_sizes(board.groups, context["item"]),
        may_move=context["view"].may_update,
        here=list_address_in(pages.sent_from) or LIST_PATH,
        **context,
        **({"is_saved": True} if said and not undo else {}),
    )
    return pages.keep(part, said or "", undo)


def read_item_filter(query: FormValues) -> ItemFilter:
    """Return the filter of the address; values that can't be understood are ignored."""
    group = query["group"]
    return ItemFilter(
        group_by=GroupBy(group) if group in set(GroupBy) else GroupBy.DUE,
        words=query["q"][:LONGEST_FILTER_WORDS].strip(),
        only_mine=query["mine"] == "1",
        with_done=query["done"] == "1",
    )


def read_new_item(form: FormValues, owner: ChosenPerson) -> NewItem:
    """Return the new item for the chosen owner. Errors: Invalid by field, all at once."""
    reader = FormReader(form)
    title = reader.text("title", LONGEST_TITLE)
    if not title:
        reader.refuse("title", NO_TITLE)
    owner_id, due = id_in(owner.value), reader.day("due", "Choose a due date.")
    if owner_id is None:
        reader.refuse("owner", owner.error or "Choose an owner.")
    seen_by, committee_id = _audience(form["seen_by"])
    reader.check()
    return NewItem(
        title=title,
        owner_id=owner_id or NOBODY,
        due=due or date.min,
        origin_id=id_in(form["origin"]),
        seen_by=seen_by,
        committee_id=committee_id,
    )


def read_new_owner(owner: ChosenPerson) -> UUID:
    """Return the new owner of an item. Errors: Invalid."""
    if owner.error:
        raise Invalid(owner=owner.error)
    return id_in(owner.value) or NOBODY


def _audience(text: str) -> tuple[Visibility, UUID | None]:
    kind, _, committee = text.partition(":")
    if kind == Visibility.COMMITTEE:
        return Visibility.COMMITTEE, id_in(committee)
    return (Visibility(kind), None) if kind in SEEN_BY else (Visibility.NAMED if kind else Visibility.ALL, None)


def item_form(item: ActionItem) -> FormValues:
    """Return the texts of an item's form."""
    texts = {"status": item.status.value, "progress": str(item.progress), "due": item.due.isoformat(), "note": ""}
    return FormValues({name: (text,) for name, text in texts.items()})


def read_item_edit(form: FormValues) -> ItemEdit:
    """Return the change to an item; a missing field leaves it as it is. Errors: Invalid by field."""
    reader = FormReader(form)
    change = ItemEdit(
        status=_status(reader),
        progress=reader.number("progress"),
        due=reader.day("due"),
        note=reader.text("note", LONGEST_NOTE, multiline=True),
    )
    reader.check()
    return change


def read_owner_update(form: FormValues) -> ItemEdit:
    """Return what an owner reports with the link in an email. Errors: Invalid by field."""
    reader = FormReader(form)
    status, due = form["status"], reader.day("due")
    if status == MORE_TIME_STATUS:
        due = due or reader.day("due", "Choose a new due date.")
    elif status not in {ItemStatus.DONE, ItemStatus.IN_PROGRESS, ItemStatus.BLOCKED}:
        reader.refuse("status", "Choose a status.")
    note, progress = reader.text("note", LONGEST_NOTE, multiline=True), reader.number("progress")
    reader.check()
    said = None if status == MORE_TIME_STATUS else ItemStatus(status)
    return ItemEdit(status=said, progress=progress, due=due, note=note)


def _status(reader: FormReader) -> ItemStatus | None:
    text = reader.form["status"]
    if text and text not in set(ItemStatus):
        reader.refuse("status", "Choose a status from the list.")
        return None
    return ItemStatus(text) if text else None


def status_options(*, may_cancel: bool) -> list[tuple[str, str]]:
    """Return the options of a status field."""
    return [(status.value, status.label) for status in ItemStatus if may_cancel or status is not ItemStatus.CANCELED]


def progress_options(now: int) -> list[tuple[str, str]]:
    """Return the options of a progress field: quarters, and the present value if it differs."""
    return [(str(step), f"{step}%") for step in sorted({*STEPS, now})]


def item_text_words(name: str, text: str) -> str:
    """Return the text of a field in words, to show what another person saved."""
    if name == "status":
        return ItemStatus(text).label if text in set(ItemStatus) else "unchanged"
    if name == "progress":
        return f"{text}%"
    return text or "empty"


ItemLinkResponse = TypeVar("ItemLinkResponse", bound=Response[Any])
STANDS = [
    ("done", "Done", "Closes the item"),
    ("in_progress", "In progress", "Keeps it open"),
    ("blocked", "Blocked", "Emails people who can help. Use the note to say what would help"),
    (MORE_TIME_STATUS, "Need more time", "Choose a new date below"),
]


@route("/u/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def show_item_link(
    token: PathText, pages: Pages, origin: Origin, params: Query, today: Today, now: Now, links: Links
) -> Response[str]:
    """Show the form; ?s=done only preselects a status and focuses the button, ?saved=1 shows what was saved."""
    try:
        viewer, item = await _theirs(origin, now, links, token)
    except NotFound:
        return _private(pages.render("core/errors/link.html", status_code=404, of="item"))
    if item.is_restricted or not (item.is_open or params["saved"]):
        return _closed(pages, today, item)
    if params["saved"]:
        return _private(pages.render("actions/link-saved.html", item=item, token=token, today=today))
    wanted = params["s"] if params["s"] in {value for value, _, _ in STANDS} else ""
    form = _blank(item).but({"status": wanted} if wanted else {})
    return await _form(pages, today, token, viewer, item, form, is_asked_for=bool(wanted))


@post("/u/{token:str}", guards=[link], status_code=303)
async def post_item_link(
    token: PathText, pages: Pages, origin: Origin, form: Form, today: Today, now: Now, links: Links
) -> Response[Any]:
    """Save what the owner reports, or show the form again with what is missing or changed meanwhile."""
    try:
        viewer, item = await _theirs(origin, now, links, token)
        if item.is_restricted or not item.is_open:
            return _closed(pages, today, item)
        change = read_owner_update(form)
        await action_items.save_item_edit(viewer, item.reference, change, form_version(form), now, today)
    except NotFound:
        return _private(pages.render("core/errors/link.html", status_code=404, of="item"))
    except Invalid as wrong:
        return await _form(
            pages, today, token, viewer, item, form, errors=errors_of(wrong, CHANGE_FIELDS), status_code=422
        )
    except Conflict:
        viewer, item = await _theirs(origin, now, links, token)
        return await _beside_each_other(pages, today, token, viewer, item, form)
    return _private(Redirect(f"/u/{token}?saved=1", status_code=303))


async def _theirs(origin: Origin, now: Now, links: Links, token: str) -> tuple[Viewer, ActionItem]:
    wanted = links.read_item(token)
    return await action_items.item_by_link(wanted.item_id, wanted.owner_id, now, origin)


def _blank(item: ActionItem) -> FormValues:
    """Return the form of the item as it is; the field for a new day starts empty."""
    status = ItemStatus.IN_PROGRESS if item.status is ItemStatus.OPEN else item.status
    return item_form(item).but({"due": "", "status": status.value})


async def _form(  # noqa: PLR0913 - the facts of one page
    pages: Pages,
    today: Today,
    token: str,
    viewer: Viewer,
    item: ActionItem,
    form: FormValues,
    *,
    is_asked_for: bool = False,
    errors: Errors | None = None,
    changes: list[WordedChange] | None = None,
    status_code: int = 200,
) -> Response[str]:
    view = await item_lists.item_view(viewer, item.reference)
    return _private(
        pages.render(
            "actions/link-form.html",
            status_code=status_code,
            token=token,
            item=item,
            form=form,
            errors=errors or Errors(),
            changes=changes,
            is_asked_for=is_asked_for,
            stands=STANDS,
            steps=progress_options(item.progress),
            today=today,
            version=form_version(form) if errors else item.version,
            was=form["was"] if errors else form_record(_blank(item)),
            notes=[(local(note.at, viewer.zone), note) for note in view.notes],
        )
    )


async def _beside_each_other(
    pages: Pages, today: Today, token: str, viewer: Viewer, item: ActionItem, form: FormValues
) -> Response[str]:
    """Show what the owner typed beside what another person saved meanwhile."""
    if item.is_restricted or not item.is_open:
        return _closed(pages, today, item)
    both, changes = merge_edits(recorded_form(form["was"]), form, _blank(item))
    words = word_changes(changes, LABELS, item_text_words)
    return await _form(pages, today, token, viewer, item, both, changes=words, status_code=409)


def _closed(pages: Pages, today: Today, item: ActionItem) -> Response[str]:
    """Say that there is nothing to update; a restricted item shows nothing before the owner signs in."""
    if item.is_restricted:
        return _private(pages.render("actions/link-sign-in.html", target=f"/action-items/{item.reference}"))
    closed_at = item.closed_at or item.changed_at
    return _private(
        pages.render("actions/link-closed.html", status_code=410, item=item, closed_at=closed_at, today=today)
    )


def _private(response: ItemLinkResponse) -> ItemLinkResponse:
    """Keep the address, which is the permission to update, from search engines and other sites."""
    response.headers.update({"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"})
    return response
