"""The page about the time after an operation, and the form of its hot wash."""

from typing import Any

from litestar import Response, get, post

from tracker.errors import Conflict, Invalid
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.http.path import PathId, PathText
from tracker.ports.pages.core.dependencies import Drafts, Form, Pages
from tracker.ports.pages.core.form_values import FormValues, Reader, errors_of, version_in
from tracker.ports.pages.core.sheets import Sheet, Words, opened, overtaken, refused, resumed
from tracker.ports.pages.events.event_page import times_of
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.operations.after import LONGEST_PART, PART_WORDS, Part
from tracker.usecases.actions import after_actions
from tracker.usecases.core import access_records
from tracker.usecases.operations import after, after_page
from tracker.usecases.operations.after_page import AfterView

FIELDS = ("title", "owner", "due", "committee", "neutral_title", "lesson")
"""Of the forms about an after-action item or a new lesson."""
AT = "/events/{event_id:uuid}/{key:str}/plan/after"
WORDS = Words(labels=PART_WORDS)


@get(AT, guards=[signed_in])
async def show_after(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now) -> Response[str]:
    """Show what was written down after the operation."""
    view = await after_page.after_view(viewer, event_id, key)
    await access_records.note_date(viewer, view.occurrence, now)
    return pages.render("operations/after.html", **await after_context(viewer, view, FormValues({})))


@get(f"{AT}/hot-wash", guards=[signed_in])
async def edit_hot_wash(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, drafts: Drafts, now: Now
) -> Response[str]:
    """Show the form of the hot wash, or the viewer's draft of it."""
    view = await after_page.hot_wash_to_write(viewer, event_id, key)
    await access_records.note_date(viewer, view.occurrence, now)
    draft = await drafts.kept(DraftKey(form=DraftForm.HOT_WASH, subject=str(event_id), event_id=event_id))
    return _form(pages, view, resumed(draft, DraftForm.HOT_WASH, _opened(view), WORDS))


@post(f"{AT}/hot-wash", guards=[signed_in], status_code=303)
async def save_hot_wash(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Save the hot wash, or show the form again: with errors (422), or with what was saved meanwhile (409)."""
    view = await after_page.hot_wash_to_write(viewer, event_id, key)
    try:
        reader = Reader(form)
        went_well, to_improve = (reader.text(one, LONGEST_PART, multiline=True) for one in Part)
        reader.check()
        await after.save_hot_wash(viewer, event_id, went_well, to_improve, now, read=version_in(form))
    except Invalid as wrong:
        return _form(pages, view, refused(form, wrong, list(Part)))
    except Conflict:
        return _form(pages, view, overtaken(form, _opened(view), WORDS))
    return pages.redirect(f"/events/{event_id}/{key}/plan/after", "Hot wash saved.")


def _opened(view: AfterView) -> Sheet:
    saved = view.hot_wash
    went_well, to_improve = (saved.went_well, saved.to_improve) if saved else ("", "")
    return opened(FormValues({Part.WENT_WELL: (went_well,), Part.TO_IMPROVE: (to_improve,)}), view.version)


def _form(pages: Pages, view: AfterView, sheet: Sheet) -> Response[str]:
    return pages.render("operations/hot-wash.html", longest=LONGEST_PART, **sheet.context, **_context(view))


async def after_context(
    viewer: Viewer, view: AfterView, form: FormValues, wrong: Invalid | None = None
) -> dict[str, Any]:
    """Return what the page shows, with what was typed into one of its forms."""
    given = await after_actions.given(viewer, view.operation)
    return {"given": given, "lessons": view.lessons, "form": form, "errors": errors_of(wrong, FIELDS), **_context(view)}


def _context(view: AfterView) -> dict[str, Any]:
    return {"view": view, "event": view.occurrence.event, "parts": PART_WORDS, **times_of(view.occurrence)}
