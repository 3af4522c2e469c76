"""The forms of action items, how they are read, and the values for their templates."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

from litestar import Response
from msgspec.structs import replace

from tracker.errors import Invalid, NotFound
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Now, Today, Viewer
from tracker.ports.pages.core.choosers import WORDS, ChosenPerson, is_typed, read_chosen_person
from tracker.ports.pages.core.date_entries import date_address
from tracker.ports.pages.core.dependencies import Pages, Query
from tracker.ports.pages.core.form_values import Errors, FormReader, FormValues, id_in
from tracker.ports.pages.core.sheets import WordedChange, form_record
from tracker.rules.actions.action_items import (
    LONGEST_NOTE,
    LONGEST_TITLE,
    NO_TITLE,
    ActionItem,
    ItemEdit,
    ItemStatus,
    NewItem,
)
from tracker.rules.actions.item_lists import GroupBy, ItemFilter, group_sizes
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.wording import local, short_day
from tracker.usecases.actions import item_lists
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
