"""The page about the time after an operation, and the form of its hot wash."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tracker.errors import Conflict, Invalid
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Drafts, Form, Pages
from tracker.ports.pages.core.edit_conflicts import in_words, merged, record, recorded
from tracker.ports.pages.core.form_values import FormValues, Reader, errors_of, version_in
from tracker.ports.pages.events.event_page import times_of
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.operations.after import LONGEST_PART, PART_WORDS, HotWash, Part
from tracker.usecases.actions import after_actions
from tracker.usecases.core import access_records
from tracker.usecases.operations import after, after_page
from tracker.usecases.operations.after_page import AfterView

FIELDS = ("title", "owner", "due", "committee", "neutral_title", "lesson")
"""Of the forms about an after-action item or a new lesson."""
AT = "/events/{event_id:uuid}/{key:str}/plan/after"


@get(AT, guards=[signed_in])
async def show_after(
    event_id: FromPath[UUID], key: FromPath[str], pages: Pages, viewer: Viewer, now: Now
) -> Response[str]:
    """Show what was written down after the operation."""
    view = await after_page.after_view(viewer, event_id, key)
    await access_records.note_date(viewer, view.occurrence, now)
    return pages.render("operations/after.html", **await after_context(viewer, view, FormValues({})))


@get(f"{AT}/hot-wash", guards=[signed_in])
async def edit_hot_wash(
    event_id: FromPath[UUID], key: FromPath[str], pages: Pages, viewer: Viewer, drafts: Drafts, now: Now
) -> Response[str]:
    """Show the form of the hot wash, or the viewer's draft of it."""
    view = await after_page.hot_wash_to_write(viewer, event_id, key)
    await access_records.note_date(viewer, view.occurrence, now)
    draft = await drafts.kept(DraftKey(form=DraftForm.HOT_WASH, subject=str(event_id), event_id=event_id))
    if draft is not None and version_in(draft) != view.version:
        return _beside_each_other(pages, view, draft, 200)
    form = _form_of(view.hot_wash) if draft is None else draft
    return _form(pages, view, form, was=form["was"] or record(form))


@post(f"{AT}/hot-wash", guards=[signed_in], status_code=303)
async def save_hot_wash(
    event_id: FromPath[UUID], key: FromPath[str], pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Save the hot wash, or show the form again: with errors (422), or with what was saved meanwhile (409)."""
    view = await after_page.hot_wash_to_write(viewer, event_id, key)
    try:
        reader = Reader(form)
        went_well, to_improve = (reader.text(one, LONGEST_PART, multiline=True) for one in Part)
        reader.check()
        await after.save_hot_wash(viewer, event_id, went_well, to_improve, now, read=version_in(form))
    except Invalid as wrong:
        return _form(pages, view, form, was=form["was"], wrong=wrong, version=version_in(form), status_code=422)
    except Conflict:
        return _beside_each_other(pages, view, form, 409)
    return pages.redirect(f"/events/{event_id}/{key}/plan/after", "The hot wash is saved.")


def _form_of(hot_wash: HotWash | None) -> FormValues:
    if hot_wash is None:
        return FormValues(dict.fromkeys(Part, ("",)))
    return FormValues({Part.WENT_WELL: (hot_wash.went_well,), Part.TO_IMPROVE: (hot_wash.to_improve,)})


def _beside_each_other(pages: Pages, view: AfterView, form: FormValues, status_code: int) -> Response[str]:
    """Show what was typed beside what another person saved, with the new version."""
    saved = _form_of(view.hot_wash)
    both, changes = merged(recorded(form["was"]), form, saved)
    words = in_words(changes, PART_WORDS, lambda _, text: text or "empty")
    return _form(pages, view, both, was=record(saved), changes=words, status_code=status_code)


def _form(
    pages: Pages,
    view: AfterView,
    form: FormValues,
    *,
    was: str,
    wrong: Invalid | None = None,
    version: int | None = None,
    changes: object = None,
    status_code: int = 200,
) -> Response[str]:
    return pages.render(
        "operations/hot-wash.html",
        status_code=status_code,
        form=form,
        was=was,
        version=view.version if version is None else version,
        errors=errors_of(wrong, list(Part)),
        changes=changes,
        longest=LONGEST_PART,
        **_context(view),
    )


async def after_context(
    viewer: Viewer, view: AfterView, form: FormValues, wrong: Invalid | None = None
) -> dict[str, Any]:
    """Return what the page shows, with what was typed into one of its forms."""
    given = await after_actions.given(viewer, view.operation)
    return {"given": given, "lessons": view.lessons, "form": form, "errors": errors_of(wrong, FIELDS), **_context(view)}


def _context(view: AfterView) -> dict[str, Any]:
    return {"view": view, "event": view.occurrence.event, "parts": PART_WORDS, **times_of(view.occurrence)}


handlers = [show_after, edit_hot_wash, save_hot_wash]
