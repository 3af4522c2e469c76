"""The forms of action items, their values for templates, and the page behind the link in an email."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

from litestar import HttpMethod, post, route
from litestar.response import Redirect
from msgspec.structs import replace

from tracker.errors import Conflict, Invalid, NotFound
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Links, Now, Origin, PathText, Today, Viewer
from tracker.ports.http.guards import link
from tracker.ports.pages.core.date_entries import date_address
from tracker.ports.pages.core.dependencies import Form, Page, Pages, Query, show_link_page
from tracker.ports.pages.core.form_shapes import (
    Choice,
    DayField,
    FormField,
    FormShape,
    Id,
    Text,
    Whole,
    form_context,
    form_fields,
    sheet_context,
)
from tracker.ports.pages.core.form_values import (
    WORDS,
    ChosenPerson,
    FormValues,
    form_version,
    id_in,
    is_typed,
    read_chosen_person,
)
from tracker.ports.pages.core.sheets import FormSheet, open_sheet, overtake_sheet, refuse_sheet
from tracker.rules.actions import (
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
NO_ONE = UUID(int=0)
LONGEST_FILTER_WORDS = 100  # characters of the filter
STEPS = (0, 25, 50, 75, 100)  # percent
SEEN_BY = {
    Visibility.ALL: "Everyone in the task force",
    Visibility.LAW_ENFORCEMENT: "Law enforcement only",
    Visibility.VICTIM_SERVICES: "Victim services only",
}
MORE_TIME_STATUS = "time"
"""On the page behind an email link: not a status of its own, but a request for another day."""
REPORTED_WORDS: Mapping[str, str] = {
    ItemStatus.DONE: "Done",
    ItemStatus.IN_PROGRESS: "In progress",
    ItemStatus.BLOCKED: "Blocked",
    MORE_TIME_STATUS: "Need more time",
}
REPORTED_NOTES: Mapping[str, str] = {
    ItemStatus.DONE: "Closes the item",
    ItemStatus.IN_PROGRESS: "Keeps it open",
    ItemStatus.BLOCKED: "Emails people who can help. Use the note to say what would help",
    MORE_TIME_STATUS: "Choose a new date below",
}
"""What an owner can report with the link in an email."""
Context = dict[str, Any]


class NewItemForm(FormShape, kw_only=True):
    """A new item."""

    title: Annotated[str, Text("Action", LONGEST_TITLE, missing=NO_TITLE)]
    owner: Annotated[UUID, Id("Owner", missing="Choose an owner.", of="owner_id")]
    due: Annotated[date, DayField("Due", missing="Choose a due date.")]
    origin: Annotated[UUID | None, Id("From", of="origin_id")]
    seen_by: Annotated[str, FormField("Who can see it, if not from an event")]


class ItemForm(FormShape, kw_only=True):
    """An update of an item; a missing field leaves it as it is."""

    status: Annotated[
        ItemStatus | None,
        Choice("Status", words=ItemStatus.labels(), unknown="Choose a status from the list.", empty="unchanged"),
    ]
    progress: Annotated[int | None, Whole("Progress", 3, unit="%")]
    due: Annotated[date | None, DayField("Due")]
    note: Annotated[str, Text("Note", LONGEST_NOTE, is_multiline=True)]


class OwnerForm(FormShape, kw_only=True):
    """To whom an item is reassigned."""

    owner: Annotated[UUID | None, Id("New owner")]


class LinkForm(FormShape, kw_only=True):
    """What an owner reports with the link in an email."""

    status: Annotated[
        str, Choice("What’s the status?", words=REPORTED_WORDS, notes=REPORTED_NOTES, missing="Choose a status.")
    ]
    progress: Annotated[int | None, Whole("Progress", 3)]
    due: Annotated[date | None, DayField("New due date")]
    note: Annotated[str, Text("Note", LONGEST_NOTE, is_multiline=True)]

    @classmethod
    def refusals(cls, _: FormValues, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Refuse a request for more time without a day."""
        needs_day = values["status"] == MORE_TIME_STATUS and values["due"] is None
        return [("due", "Choose a new due date.")] if needs_day else []

    def edit(self) -> ItemEdit:
        """Return the change to the item."""
        status = None if self.status == MORE_TIME_STATUS else ItemStatus(self.status)
        return ItemEdit(status=status, progress=self.progress, due=self.due, note=self.note)


async def read_item_list(viewer: Viewer, today: Today, now: Now, query: FormValues) -> ItemList:
    """Return the items that match the fields of the filter."""
    return await item_lists.list_items_for(viewer, read_item_filter(query), now, today)


async def item_list_context(viewer: Viewer, today: Today, now: Now, query: FormValues) -> Context:
    """Return the list that the address requests."""
    chosen = read_item_filter(query)
    labels = ((GroupBy.DUE, "Due date"), (GroupBy.OWNER, "Owner"), (GroupBy.AGENCY, "Agency"))
    return {
        "board": await read_item_list(viewer, today, now, query),
        "chosen": chosen,
        "here": _address_of(chosen),
        "groupings": [(group.value, label, _address_of(replace(chosen, group_by=group))) for group, label in labels],
    }


def list_address_in(text: str) -> str | None:
    """Return the address of the list, with its filter, that a button came from; None for any other address."""
    asked = urlsplit(text)
    is_list = (asked.scheme, asked.netloc, asked.path) == ("", "", LIST_PATH)
    return _address_of(read_item_filter(FormValues(parse_qs(asked.query)))) if is_list else None


def _address_of(chosen: ItemFilter) -> str:
    flags = {"mine": "1" if chosen.only_mine else "", "done": "1" if chosen.with_done else ""}
    asked = {"group": chosen.group_by.value, "q": chosen.words, **flags}
    return f"{LIST_PATH}?{urlencode({name: text for name, text in asked.items() if text})}"


def new_item_form(params: Query, today: Today) -> FormValues:
    """Return the empty form of a new item; ?origin=… names the date that it comes from."""
    due = (today + USUAL_TIME).isoformat()
    return FormValues({"origin": (params["origin"],), "due": (due,)})


async def new_item_context(
    viewer: Viewer, today: Today, now: Now, form: FormValues, wrong: Invalid | None = None
) -> Context:
    """Return the form of a new item, with what was typed."""
    offered = await item_lists.new_item_choices(viewer, id_in(form["origin"]), now)
    return {
        **form_context(form, wrong, NewItemForm),
        "owner": await _assigned_owner(viewer, form, offered),
        "is_for_viewer": offered.is_for_viewer,
        "origins": [
            ("", "No event"),
            *(
                (str(date_id), f"{line.title}, {short_day(local(line.starts_at, line.zone), today)}")
                for date_id, line in offered.origins.items()
            ),
        ],
        "audiences": [
            *((visibility.value, words) for visibility, words in SEEN_BY.items() if visibility in offered.visibilities),
            *((f"committee:{committee_id}", f"{name} only") for committee_id, name in offered.committees.items()),
        ],
    }


async def _assigned_owner(viewer: Viewer, form: FormValues, offered: NewItemChoices) -> ChosenPerson:
    """Return to whom a form with these choices assigns; people who can assign only to themselves aren't asked."""
    if offered.is_for_viewer or (not offered.is_for_others and not is_typed(form, "owner")):
        form = form.without(f"owner{WORDS}").but({"owner": str(viewer.member_id)})
    return await read_chosen_person(form, "owner", offered.owners)


async def meeting_item_context(viewer: Viewer, now: Now, form: FormValues, wrong: Invalid | None = None) -> Context:
    """Return the form of a new item from one meeting. Errors: NotFound for a meeting that takes no items."""
    origin_id = id_in(form["origin"])
    offered = await item_lists.new_item_choices(viewer, origin_id, now)
    line = offered.origins.get(origin_id) if origin_id else None
    if line is None:
        raise NotFound
    return {
        **form_context(form, wrong, NewItemForm),
        "owner": await _assigned_owner(viewer, form, offered),
        "is_for_viewer": not offered.is_for_others,
        "line": line,
        "starts": local(line.starts_at, line.zone),
        "address": date_address(line),
    }


def item_context(viewer: Viewer, view: ItemView, sheet: FormSheet | None = None, *, happened: str = "") -> Context:
    """Return what the page of an item shows, with what was typed; `happened` says why a button alone did nothing."""
    item, sheet = view.item, sheet or item_sheet(view.item)
    return {
        **sheet_context(sheet, ItemForm, OwnerForm),
        "view": view,
        "item": item,
        "version": sheet.version,
        "was": sheet.was or item_sheet(item).was,
        "happened": happened,
        "statuses": [
            (status, status.label) for status in ItemStatus if view.may_direct or status is not ItemStatus.CANCELED
        ],
        "steps": progress_options(item.progress),
        "reminded": [],
        "carried": 0,
        "owner": ChosenPerson() if view.may_direct and item.is_open else None,
        "notes": [(local(note.at, viewer.zone), note) for note in view.notes],
    }


def item_sheet(item: ActionItem) -> FormSheet:
    """Return the form of an item as it is opened."""
    return open_sheet(ItemForm.texts_of(item, note=""), item.version)


async def item_row_response(
    pages: Pages,
    board: ItemList,
    context: Context,
    *,
    is_open: bool = False,
    said: str | None = None,
    undo: Undo | None = None,
) -> Page:
    """Return the response to htmx: an item's line, the counts, and a message, with Undo where possible.

    `board` is the list that the line is in: its headings count what is left below them.
    """
    part = pages.render(
        "actions/row-part.html",
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
    typed = NewItemForm.read(form.but({"owner": owner.value}), owner=owner.error)
    kind, _, committee = typed.seen_by.partition(":")
    is_known = kind in SEEN_BY or kind == Visibility.COMMITTEE
    return NewItem(
        title=typed.title,
        owner_id=typed.owner,
        due=typed.due,
        origin_id=typed.origin,
        seen_by=Visibility(kind) if is_known else Visibility.NAMED if kind else Visibility.ALL,
        committee_id=id_in(committee) if kind == Visibility.COMMITTEE else None,
    )


def progress_options(now: int) -> list[tuple[str, str]]:
    """Return the options of a progress field: quarters, and the present value if it differs."""
    return [(str(step), f"{step}%") for step in sorted({*STEPS, now})]


@route("/u/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def show_item_link(token: PathText, pages: Pages, origin: Origin, params: Query, now: Now, links: Links) -> Page:
    """Show the form; ?s=done only preselects a status and focuses the button, ?saved=1 shows what was saved."""
    try:
        viewer, item = await _open_link(origin, now, links, token)
    except NotFound:
        return show_link_page(pages.render("core/errors/link.html", status_code=404, of="item"))
    if item.is_restricted or not (item.is_open or params["saved"]):
        return _closed(pages, item)
    if params["saved"]:
        return show_link_page(pages.render("actions/link-saved.html", item=item, token=token))
    wanted, sheet = params["s"] if params["s"] in REPORTED_WORDS else "", _link_sheet(item)
    if wanted:
        sheet = replace(sheet, form=sheet.form.but({"status": wanted}))
    return await _form(pages, token, viewer, item, sheet, is_asked_for=bool(wanted))


@post("/u/{token:str}", guards=[link], status_code=303)
async def post_item_link(
    token: PathText, pages: Pages, origin: Origin, form: Form, today: Today, now: Now, links: Links
) -> Page:
    """Save what the owner reports, or show the form again with what is missing or changed meanwhile."""
    try:
        viewer, item = await _open_link(origin, now, links, token)
        if item.is_restricted or not item.is_open:
            return _closed(pages, item)
        change = LinkForm.read(form).edit()
        await action_items.save_item_edit(viewer, item.reference, change, form_version(form), now, today)
    except NotFound:
        return show_link_page(pages.render("core/errors/link.html", status_code=404, of="item"))
    except Invalid as wrong:
        return await _form(pages, token, viewer, item, refuse_sheet(form, wrong, list(form_fields(LinkForm))))
    except Conflict:
        viewer, item = await _open_link(origin, now, links, token)
        if item.is_restricted or not item.is_open:
            return _closed(pages, item)
        sheet = overtake_sheet(form, _link_sheet(item), ItemForm.words())
        return await _form(pages, token, viewer, item, sheet)
    return show_link_page(Redirect(f"/u/{token}?saved=1", status_code=303))


async def _open_link(origin: Origin, now: Now, links: Links, token: str) -> tuple[Viewer, ActionItem]:
    wanted = links.read_item(token)
    return await action_items.item_by_link(wanted.item_id, wanted.owner_id, now, origin)


def _link_sheet(item: ActionItem) -> FormSheet:
    """Return the form of the item as it is; the field for a new day starts empty."""
    status = ItemStatus.IN_PROGRESS if item.status is ItemStatus.OPEN else item.status
    return open_sheet(LinkForm.texts_of(item, status=status, due=None, note=""), item.version)


async def _form(
    pages: Pages, token: str, viewer: Viewer, item: ActionItem, sheet: FormSheet, *, is_asked_for: bool = False
) -> Page:
    view = await item_lists.item_view(viewer, item.reference)
    return show_link_page(
        pages.render(
            "actions/link-form.html",
            **sheet_context(sheet, LinkForm),
            token=token,
            item=item,
            is_asked_for=is_asked_for,
            steps=progress_options(item.progress),
            notes=[(local(note.at, viewer.zone), note) for note in view.notes],
        )
    )


def _closed(pages: Pages, item: ActionItem) -> Page:
    """Say that there is nothing to update; a restricted item shows nothing before the owner signs in."""
    if item.is_restricted:
        return show_link_page(pages.render("actions/link-sign-in.html", target=f"/action-items/{item.reference}"))
    closed_at = item.closed_at or item.changed_at
    return show_link_page(pages.render("actions/link-closed.html", status_code=410, item=item, closed_at=closed_at))
