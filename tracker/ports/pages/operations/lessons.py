"""Lessons learned: their forms on the pages of an operation, the preview of an edition, and the page for everyone."""

from typing import Any, NamedTuple
from uuid import UUID

from litestar import Response, get, post

from tracker.errors import Conflict, Invalid
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.http.path import PathId, PathText
from tracker.ports.pages.core.dependencies import Drafts, Form, Pages
from tracker.ports.pages.core.form_values import FormValues, Reader, errors_of, version_in
from tracker.ports.pages.core.sheets import Sheet, Words, opened, overtaken, refused, resumed
from tracker.ports.pages.operations.after import after_context
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.operations.lessons import LONGEST_TEXT, LONGEST_TITLE, Edition, Lesson
from tracker.usecases.core import access_records
from tracker.usecases.operations import after_page, lessons
from tracker.usecases.operations.after_page import AfterView

AT = "/events/{event_id:uuid}/{key:str}/plan/after/lessons"
LESSON = f"{AT}/{{lesson_id:uuid}}"
LABELS = {"lesson": "Lesson", "edition_title": "Title for everyone", "edition_text": "Text for everyone"}
WORDS = Words(labels=LABELS)


class Found(NamedTuple):
    """A lesson, and the page that it is on."""

    view: AfterView
    lesson: Lesson


@get("/lessons", guards=[signed_in])
async def released_lessons(pages: Pages) -> Response[str]:
    """Show the lessons that are released to everyone."""
    return pages.render("operations/released-lessons.html", editions=await lessons.released())


@post(AT, guards=[signed_in], status_code=303)
async def add(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Response[Any]:
    """Add a lesson, or show the page again with what was typed."""
    try:
        reader = Reader(form)
        text = reader.text("lesson", LONGEST_TEXT, multiline=True)
        reader.check()
        await lessons.add(viewer, event_id, text, now)
    except Invalid as wrong:
        context = await after_context(viewer, await after_page.after_view(viewer, event_id, key), form, wrong)
        return pages.render("operations/after.html", status_code=422, **context)
    return pages.redirect(_at(event_id, key), "Lesson added. Only people on the operation can read it.")


@get(LESSON, guards=[signed_in])
async def edit(
    event_id: PathId, key: PathText, lesson_id: PathId, pages: Pages, viewer: Viewer, drafts: Drafts, *, now: Now
) -> Response[Any]:
    """Show the form of a lesson and its edition for everyone, or the viewer's draft of it."""
    found = await _noted(viewer, event_id, key, lesson_id, now)
    lesson = found.lesson
    if lesson.released_id is not None:
        return pages.redirect(f"{_at(event_id, key)}/lessons/{lesson_id}/preview")
    draft = await drafts.kept(DraftKey(form=DraftForm.LESSON, subject=str(lesson_id), event_id=event_id))
    return await _form(pages, viewer, found, resumed(draft, DraftForm.LESSON, _opened(lesson), WORDS))


@post(LESSON, guards=[signed_in], status_code=303)
async def save(
    event_id: PathId, key: PathText, lesson_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Save it, or show the form again: with errors (422), or with what was saved meanwhile (409)."""
    found = await _found(viewer, event_id, key, lesson_id)
    try:
        text, edition = _texts_in(form)
        await lessons.change(viewer, event_id, lesson_id, text, edition, now, read=version_in(form))
    except Invalid as wrong:
        return await _form(pages, viewer, found, refused(form, wrong, list(LABELS)))
    except Conflict:
        return await _form(pages, viewer, found, overtaken(form, _opened(found.lesson), WORDS))
    tail = f"/lessons/{lesson_id}/preview" if edition.is_whole else ""
    return pages.redirect(f"{_at(event_id, key)}{tail}", "Lesson saved.")


@get(f"{LESSON}/preview", guards=[signed_in])
async def preview(
    event_id: PathId, key: PathText, lesson_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Response[str]:
    """Show the edition as everyone would read it, with the button that releases it."""
    return await _preview(pages, viewer, await _noted(viewer, event_id, key, lesson_id, now))


@post(f"{LESSON}/release", guards=[signed_in], status_code=303)
async def release(
    event_id: PathId, key: PathText, lesson_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Release the edition that the preview showed, or show the preview of the one that was saved since."""
    try:
        await lessons.release(viewer, event_id, lesson_id, now, read=version_in(form))
    except Conflict as changed:
        return pages.refuse(f"{_at(event_id, key)}/lessons/{lesson_id}/preview", changed.sentence)
    except Invalid as wrong:
        return await _preview(pages, viewer, await _found(viewer, event_id, key, lesson_id), wrong)
    return pages.redirect(_at(event_id, key), "Lesson released. Everyone in the task force can read it.")


@post(f"{LESSON}/withdrawal", guards=[signed_in], status_code=303)
async def withdraw(
    event_id: PathId, key: PathText, lesson_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Response[Any]:
    """Take the lesson off the page for everyone."""
    await lessons.withdraw(viewer, event_id, lesson_id, now)
    said = "Lesson withdrawn. People may already have read it."
    return pages.redirect(_at(event_id, key), said)


@post(f"{LESSON}/removal", guards=[signed_in], status_code=303)
async def remove(
    event_id: PathId, key: PathText, lesson_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Response[Any]:
    """Remove a lesson that isn't released."""
    try:
        await lessons.remove(viewer, event_id, lesson_id, now)
    except Conflict as is_released:
        return pages.refuse(_at(event_id, key), is_released.sentence)
    return pages.redirect(_at(event_id, key), "Lesson removed.")


async def _found(viewer: Viewer, event_id: UUID, key: str, lesson_id: UUID) -> Found:
    """Return the lesson with the page that it is on. Errors: NotFound, NotAllowed."""
    view = await after_page.after_view(viewer, event_id, key)
    _, lesson = await lessons.lesson_to_change(viewer, event_id, lesson_id)
    return Found(view, lesson)


async def _noted(viewer: Viewer, event_id: UUID, key: str, lesson_id: UUID, now: Now) -> Found:
    """Return the same, and note that the viewer opened it."""
    found = await _found(viewer, event_id, key, lesson_id)
    await access_records.note_date(viewer, found.view.occurrence, now)
    return found


def _texts_in(form: FormValues) -> tuple[str, Edition]:
    """Return the lesson and its edition. Errors: Invalid by field."""
    reader = Reader(form)
    text = reader.text("lesson", LONGEST_TEXT, multiline=True)
    title = reader.text("edition_title", LONGEST_TITLE)
    for_everyone = reader.text("edition_text", LONGEST_TEXT, multiline=True)
    reader.check()
    return text, Edition(title=title, text=for_everyone)


def _opened(lesson: Lesson) -> Sheet:
    texts = {"lesson": lesson.text, "edition_title": lesson.edition.title, "edition_text": lesson.edition.text}
    return opened(FormValues({name: (text,) for name, text in texts.items()}), lesson.version)


async def _form(pages: Pages, viewer: Viewer, found: Found, sheet: Sheet) -> Response[str]:
    context = await after_context(viewer, found.view, sheet.form)
    own = {"lesson": found.lesson, "labels": LABELS, "longest": LONGEST_TEXT, "longest_title": LONGEST_TITLE}
    return pages.render("operations/lesson.html", **context | own | sheet.context)


async def _preview(pages: Pages, viewer: Viewer, found: Found, wrong: Invalid | None = None) -> Response[str]:
    context = await after_context(viewer, found.view, FormValues({}))
    lesson, errors = found.lesson, errors_of(wrong, list(LABELS))
    shown = context | {"lesson": lesson, "edition": lesson.edition, "errors": errors}
    return pages.render("operations/lesson-preview.html", status_code=422 if wrong else 200, **shown)


def _at(event_id: UUID, key: str) -> str:
    return f"/events/{event_id}/{key}/plan/after"
