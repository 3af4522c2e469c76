"""After-action items on the page about the time after an operation, and the form that gives one an owner."""

from datetime import date
from typing import Any
from uuid import UUID

from litestar import Response, get, post

from tracker.errors import Conflict, Invalid
from tracker.ports.http.dependencies import Now, Today, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.http.path import PathId, PathText
from tracker.ports.pages.core.choosers import Chosen, chosen
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import FormValues, Reader, id_in
from tracker.ports.pages.operations.after import after_context
from tracker.rules.operations.after_actions import LONGEST_TITLE, Assignment
from tracker.usecases.actions import after_actions
from tracker.usecases.core import access_records
from tracker.usecases.operations import after_page

AT = "/events/{event_id:uuid}/{key:str}/plan/after/items"
NOBODY = UUID(int=0)


@post(AT, guards=[signed_in], status_code=303)
async def add(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Response[Any]:
    """Add an after-action item, or show the page again with what was typed."""
    try:
        reader = Reader(form)
        title = reader.text("title", LONGEST_TITLE)
        reader.check()
        await after_actions.add(viewer, event_id, title, now)
    except Invalid as wrong:
        view = await after_page.after_view(viewer, event_id, key)
        context = await after_context(viewer, view, form, wrong)
        return pages.render("operations/after.html", status_code=422, **context)
    return pages.redirect(_at(event_id, key), "After-action item added. It still needs an owner.")


@post(f"{AT}/{{action_id:uuid}}/removal", guards=[signed_in], status_code=303)
async def remove(
    event_id: PathId, key: PathText, action_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Response[Any]:
    """Remove an after-action item that has no owner yet."""
    try:
        await after_actions.remove(viewer, event_id, action_id, now)
    except Conflict as assigned:
        return pages.refuse(_at(event_id, key), assigned.sentence)
    return pages.redirect(_at(event_id, key), "After-action item removed.")


@get(f"{AT}/{{action_id:uuid}}", guards=[signed_in])
async def assign_page(
    event_id: PathId, key: PathText, action_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Response[Any]:
    """Show the form that gives an after-action item an owner."""
    try:
        view = await after_page.after_view(viewer, event_id, key)
        await access_records.note_date(viewer, view.occurrence, now)
        return await _form(pages, viewer, event_id, key, action_id, FormValues({}))
    except Conflict as assigned:
        return pages.refuse(_at(event_id, key), assigned.sentence)


@post(f"{AT}/{{action_id:uuid}}", guards=[signed_in], status_code=303)
async def assign(
    event_id: PathId,
    key: PathText,
    action_id: PathId,
    pages: Pages,
    viewer: Viewer,
    form: Form,
    now: Now,
    *,
    today: Today,
) -> Response[Any]:
    """Make it an action item, or show the form again with what was typed."""
    try:
        owner = await chosen(form, "owner", await after_actions.owners(viewer, event_id))
        wanted = _assignment_in(form, owner)
        reference = await after_actions.assign(viewer, event_id, action_id, wanted, now, today)
    except Invalid as wrong:
        return await _form(pages, viewer, event_id, key, action_id, form, wrong=wrong)
    except Conflict as assigned:
        return pages.refuse(_at(event_id, key), assigned.sentence)
    return pages.redirect(_at(event_id, key), f"{reference} assigned. We’ll email its owner.")


def _assignment_in(form: FormValues, owner: Chosen) -> Assignment:
    """Return who is to do it by when, and who sees it. Errors: Invalid by field."""
    reader = Reader(form)
    owner_id, due = id_in(owner.value), reader.day("due", "Choose a due date.")
    if owner_id is None:
        reader.refuse("owner", owner.error or "Choose an owner.")
    committee_id = id_in(form["committee"])
    if form["committee"] and committee_id is None:
        reader.refuse("committee", "Choose one of your committees.")
    title = reader.text("neutral_title", LONGEST_TITLE)
    reader.check()
    return Assignment(owner_id=owner_id or NOBODY, due=due or date.min, committee_id=committee_id, neutral_title=title)


async def _form(
    pages: Pages,
    viewer: Viewer,
    event_id: UUID,
    key: str,
    action_id: UUID,
    form: FormValues,
    *,
    wrong: Invalid | None = None,
) -> Response[str]:
    view = await after_page.after_view(viewer, event_id, key)
    offered = await after_actions.choices(viewer, event_id, action_id)
    return pages.render(
        "operations/after-action.html",
        status_code=422 if wrong else 200,
        action=offered.action,
        owner=await chosen(form, "owner", offered.owners),
        committees=[
            ("", "Only people on the operation"),
            *((str(one), f"{name}, with the title below") for one, name in offered.committees.items()),
        ],
        **await after_context(viewer, view, form, wrong),
    )


def _at(event_id: UUID, key: str) -> str:
    return f"/events/{event_id}/{key}/plan/after"
