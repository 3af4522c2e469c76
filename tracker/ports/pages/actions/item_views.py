"""The values for the templates of action items."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from litestar import Response
from msgspec.structs import replace

from tracker.errors import NotFound
from tracker.ports.http.dependencies import Now, Today, Viewer
from tracker.ports.http.flash import Undo
from tracker.ports.pages.actions import item_forms as forms
from tracker.ports.pages.core.choosers import WORDS, Chosen, chosen, is_typed
from tracker.ports.pages.core.date_entries import address_of
from tracker.ports.pages.core.dependencies import Pages, Query
from tracker.ports.pages.core.edit_conflicts import ChangeInWords, record
from tracker.ports.pages.core.form_values import Errors, FormValues, id_in
from tracker.rules.actions.item_changes import LONGEST_TITLE
from tracker.rules.actions.item_lists import Filter, GroupBy, numbers
from tracker.rules.core.wording import day, local
from tracker.usecases.actions import item_lists
from tracker.usecases.actions.item_lists import Board, Choices, ItemView

Context = dict[str, Any]
LIST = "/action-items"
USUAL_TIME = timedelta(days=14)
"""The due day of a new item until another one is chosen."""


async def board_of(viewer: Viewer, today: Today, now: Now, query: FormValues) -> Board:
    """Return the items that match the fields of the filter."""
    return await item_lists.board(viewer, forms.read_filter(query), now, today)


async def board_context(viewer: Viewer, today: Today, now: Now, query: FormValues) -> Context:
    """Return the list that the address requests."""
    chosen = forms.read_filter(query)
    board = await board_of(viewer, today, now, query)
    labels = ((GroupBy.DUE, "Due date"), (GroupBy.OWNER, "Owner"), (GroupBy.AGENCY, "Agency"))
    return {
        "board": board,
        "chosen": chosen,
        "today": today,
        "here": _address_of(chosen),
        "groupings": [(group.value, label, _address_of(replace(chosen, group_by=group))) for group, label in labels],
    }


def list_in(text: str) -> str | None:
    """Return the address of the list, with its filter, that a button came from; None for any other address."""
    asked = urlsplit(text)
    is_list = (asked.scheme, asked.netloc, asked.path) == ("", "", LIST)
    return _address_of(forms.read_filter(FormValues(parse_qs(asked.query)))) if is_list else None


def _address_of(chosen: Filter) -> str:
    """Return the address of the list with a filter."""
    flags = {"mine": "1" if chosen.only_mine else "", "done": "1" if chosen.with_done else ""}
    asked = {"group": chosen.group_by.value, "q": chosen.words, **flags}
    return f"{LIST}?{urlencode({name: text for name, text in asked.items() if text})}"


def origin_in(params: Query, today: Today) -> FormValues:
    """Return the empty form of a new item; ?origin=… names the date that it comes from."""
    due = (today + USUAL_TIME).isoformat()
    return FormValues({"origin": (params["origin"],), "due": (due,)})


async def new_context(
    viewer: Viewer, today: Today, now: Now, form: FormValues, errors: Errors | None = None
) -> Context:
    """Return the form of a new item, with what was typed."""
    offered = await item_lists.choices(viewer, id_in(form["origin"]), now)
    return {
        "form": form,
        "errors": errors or Errors(),
        "owner": await _owner_in(viewer, form, offered),
        "is_for_viewer": offered.is_for_viewer,
        "origins": [
            ("", "No event"),
            *(
                (str(one), f"{line.title}, {day(local(line.starts_at, line.zone), today)}")
                for one, line in offered.origins.items()
            ),
        ],
        "audiences": [
            *((one.value, words) for one, words in forms.SEEN_BY.items() if one in offered.visibilities),
            *((f"committee:{one}", f"{name} only") for one, name in offered.committees.items()),
        ],
    }


async def owner_in(viewer: Viewer, form: FormValues) -> Chosen:
    """Return to whom the form of a new item assigns it."""
    return await chosen(form, "owner", await item_lists.owners(viewer, id_in(form["origin"])))


async def new_owner_in(viewer: Viewer, reference: str, form: FormValues) -> Chosen:
    """Return to whom a form reassigns an item. Errors: NotFound."""
    return await chosen(form, "owner", await item_lists.new_owners(viewer, reference))


async def _owner_in(viewer: Viewer, form: FormValues, offered: Choices) -> Chosen:
    """Return to whom a form with these choices assigns; people who can assign only to themselves aren't asked."""
    if offered.is_for_viewer or (not offered.is_for_others and not is_typed(form, "owner")):
        form = form.without(f"owner{WORDS}").but({"owner": str(viewer.member_id)})
    return await chosen(form, "owner", offered.owners)


def meeting_form_in(params: Query, today: Today) -> FormValues:
    """Return the form of a new item from ?origin=…, with ?title=… of an agenda line, cut to its limit."""
    title = params["title"][:LONGEST_TITLE]
    return origin_in(params, today).but({"title": title})


async def from_meeting_context(
    viewer: Viewer, today: Today, now: Now, form: FormValues, errors: Errors | None = None
) -> Context:
    """Return the form of a new item from one meeting. Errors: NotFound for a meeting that takes no items."""
    origin_id = id_in(form["origin"])
    offered = await item_lists.choices(viewer, origin_id, now)
    line = offered.origins.get(origin_id) if origin_id else None
    if line is None:
        raise NotFound
    return {
        "form": form,
        "errors": errors or Errors(),
        "owner": await _owner_in(viewer, form, offered),
        "is_for_viewer": not offered.is_for_others,
        "line": line,
        "starts": local(line.starts_at, line.zone),
        "address": address_of(line),
        "today": today,
    }


def context_of(
    viewer: Viewer,
    today: Today,
    view: ItemView,
    form: FormValues | None = None,
    *,
    version: int | None = None,
    errors: Errors | None = None,
    changes: Sequence[ChangeInWords] | None = None,
    happened: str = "",
) -> Context:
    """Return what the page of an item shows, with what was typed; `happened` says why a button alone did nothing."""
    item, now_there = view.item, forms.form_of_item(view.item)
    return {
        "view": view,
        "item": item,
        "today": today,
        "form": form or now_there,
        "version": item.version if version is None else version,
        "was": (form["was"] if form and version is not None else "") or record(now_there),
        "errors": errors or Errors(),
        "changes": changes,
        "happened": happened,
        "statuses": forms.status_options(may_cancel=view.may_direct),
        "steps": forms.progress_options(item.progress),
        "reminded": [],
        "carried": 0,
        "owner": Chosen() if view.may_direct and item.is_open else None,
        "notes": [(local(note.at, viewer.zone), note) for note in view.notes],
    }


async def row_response(
    pages: Pages,
    board: Board,
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
        numbers=numbers(board.groups, context["item"]),
        may_move=context["view"].may_update,
        here=list_in(pages.sent_from) or LIST,
        **context,
        **({"is_saved": True} if said and not undo else {}),
    )
    return pages.keep(part, said or "", undo)
