"""The page behind an action item's email link: without an account; looking changes nothing, a button does."""

from typing import Any, TypeVar

from litestar import HttpMethod, Response, post, route
from litestar.response import Redirect

from tracker.errors import Conflict, Invalid, NotFound
from tracker.ports.http.dependencies import Links, Now, Origin, PathText, Today, Viewer
from tracker.ports.http.guards import link
from tracker.ports.pages.actions import item_forms as forms
from tracker.ports.pages.core.dependencies import Form, Pages, Query
from tracker.ports.pages.core.form_values import Errors, FormValues, errors_of, form_version
from tracker.ports.pages.core.sheets import WordedChange, form_record, merge_edits, recorded_form, word_changes
from tracker.rules.actions.action_items import ActionItem, ItemStatus
from tracker.rules.core.wording import local
from tracker.usecases.actions import action_items, item_lists

ItemLinkResponse = TypeVar("ItemLinkResponse", bound=Response[Any])
STANDS = [
    ("done", "Done", "Closes the item"),
    ("in_progress", "In progress", "Keeps it open"),
    ("blocked", "Blocked", "Emails people who can help. Use the note to say what would help"),
    (forms.MORE_TIME_STATUS, "Need more time", "Choose a new date below"),
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
        change = forms.read_owner_update(form)
        await action_items.save_item_edit(viewer, item.reference, change, form_version(form), now, today)
    except NotFound:
        return _private(pages.render("core/errors/link.html", status_code=404, of="item"))
    except Invalid as wrong:
        return await _form(
            pages, today, token, viewer, item, form, errors=errors_of(wrong, forms.CHANGE_FIELDS), status_code=422
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
    return forms.item_form(item).but({"due": "", "status": status.value})


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
            steps=forms.progress_options(item.progress),
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
    words = word_changes(changes, forms.LABELS, forms.item_text_words)
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
