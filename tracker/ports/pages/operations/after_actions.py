"""The page about the time after an operation: its hot wash, after-action items, and lessons learned.

A lesson has a preview of its edition, and a page for everyone.
"""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import get, post

from tracker.errors import Conflict, Invalid
from tracker.ports.http.dependencies import Now, PathId, Today, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import DateAddress, Drafts, Form, OnDate, Page, Pages
from tracker.ports.pages.core.form_shapes import (
    DayField,
    FormShape,
    Id,
    Text,
    form_context,
    refused_form,
    sheet_context,
)
from tracker.ports.pages.core.form_values import FormValues, form_version, read_chosen_person
from tracker.ports.pages.core.sheets import FormSheet, open_sheet, resume_sheet
from tracker.ports.pages.events.date_pages import date_context
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.operations.records import (
    LONGEST_EDITION_TITLE,
    LONGEST_ITEM_TITLE,
    LONGEST_LESSON,
    LONGEST_PART,
    Edition,
    HotWashPart,
    ItemAssignment,
    LessonLearned,
)
from tracker.usecases.actions import item_lists as after_items
from tracker.usecases.core import audit
from tracker.usecases.operations import records
from tracker.usecases.operations.records import AfterActionView

AFTER = "/events/{event_id:uuid}/{key:str}/plan/after"
ITEMS = f"{AFTER}/items"
LESSONS = f"{AFTER}/lessons"
LESSON = f"{LESSONS}/{{lesson_id:uuid}}"


class HotWashForm(FormShape, kw_only=True):
    """The hot wash."""

    went_well: Annotated[str, Text(HotWashPart.WENT_WELL.label, LONGEST_PART, is_multiline=True)]
    to_improve: Annotated[str, Text(HotWashPart.TO_IMPROVE.label, LONGEST_PART, is_multiline=True)]


class AfterActionForm(FormShape, kw_only=True):
    """A new after-action item."""

    title: Annotated[str, Text("What needs to be done", LONGEST_ITEM_TITLE)]


class AssignmentForm(FormShape, kw_only=True):
    """Who is to do an after-action item by when, and who sees it."""

    owner: Annotated[UUID, Id("Owner", missing="Choose an owner.", of="owner_id")]
    due: Annotated[date, DayField("Due", missing="Choose a due date.")]
    committee: Annotated[UUID | None, Id("Who can see it", unknown="Choose one of your committees.", of="committee_id")]
    neutral_title: Annotated[str, Text("Title for the committee", LONGEST_ITEM_TITLE)]


class NewLessonForm(FormShape, kw_only=True):
    """A new lesson."""

    lesson: Annotated[str, Text("What was learned", LONGEST_LESSON, is_multiline=True)]


class LessonForm(FormShape, kw_only=True):
    """A lesson, and its edition for everyone."""

    lesson: Annotated[str, Text("Lesson", LONGEST_LESSON, is_multiline=True, of="text")]
    edition_title: Annotated[str, Text("Title for everyone", LONGEST_EDITION_TITLE, of="edition.title")]
    edition_text: Annotated[str, Text("Text for everyone", LONGEST_LESSON, is_multiline=True, of="edition.text")]


@get(AFTER, guards=[signed_in])
async def show_after(date: OnDate, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show what was written down after the operation."""
    view = await records.after_action_view(viewer, *date)
    await audit.record_date_read(viewer, view.occurrence, now)
    return pages.render("operations/after.html", **await after_context(viewer, view))


@get(f"{AFTER}/hot-wash", guards=[signed_in])
async def show_hot_wash_form(date: OnDate, pages: Pages, viewer: Viewer, drafts: Drafts, now: Now) -> Page:
    """Show the form of the hot wash, or the viewer's draft of it."""
    view = await records.hot_wash_to_write(viewer, *date)
    await audit.record_date_read(viewer, view.occurrence, now)
    draft = await drafts.kept(DraftKey(form=DraftForm.HOT_WASH, subject=str(date.event_id), event_id=date.event_id))
    sheet = resume_sheet(draft, DraftForm.HOT_WASH, _hot_wash_values(view), HotWashForm.words())
    return _hot_wash_form(pages, view, sheet)


@post(f"{AFTER}/hot-wash", guards=[signed_in], status_code=303)
async def post_hot_wash(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Save the hot wash, or show the form again: with errors (422), or with what was saved meanwhile (409)."""
    view = await records.hot_wash_to_write(viewer, *date)
    try:
        typed, read = HotWashForm.read(form), form_version(form)
        await records.save_hot_wash(viewer, date.event_id, typed.went_well, typed.to_improve, now, read=read)
    except (Invalid, Conflict) as refusal:
        return _hot_wash_form(pages, view, refused_form(form, refusal, HotWashForm, _hot_wash_values(view)))
    return pages.redirect(f"{date.plan}/after", "Hot wash saved.")


def _hot_wash_values(view: AfterActionView) -> FormSheet:
    return open_sheet(HotWashForm.texts_of(view.hot_wash), view.version)


def _hot_wash_form(pages: Pages, view: AfterActionView, sheet: FormSheet) -> Page:
    return pages.render("operations/hot-wash.html", **sheet_context(sheet, HotWashForm), **_after_values(view))


async def after_context(
    viewer: Viewer, view: AfterActionView, form: FormValues | None = None, wrong: Invalid | None = None
) -> dict[str, Any]:
    """Return what the page shows, with what was typed into one of its forms."""
    given = await after_items.after_actions_given(viewer, view.operation)
    return {
        "given": given,
        "lessons": view.lessons,
        **form_context(form, wrong, AfterActionForm, AssignmentForm, NewLessonForm),
        **_after_values(view),
    }


def _after_values(view: AfterActionView) -> dict[str, Any]:
    return {"view": view, "parts": HotWashPart.labels(), **date_context(view.occurrence)}


@post(ITEMS, guards=[signed_in], status_code=303)
async def post_after_action(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Add an after-action item, or show the page again with what was typed."""
    try:
        await after_items.add_after_action(viewer, date.event_id, AfterActionForm.read(form).title, now)
    except Invalid as wrong:
        view = await records.after_action_view(viewer, *date)
        return pages.render("operations/after.html", **await after_context(viewer, view, form, wrong))
    return pages.redirect(f"{date.plan}/after", "After-action item added. It still needs an owner.")


@post(f"{ITEMS}/{{action_id:uuid}}/removal", guards=[signed_in], status_code=303)
async def post_after_action_removal(date: OnDate, action_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Remove an after-action item that has no owner yet."""
    deed = after_items.remove_after_action(viewer, date.event_id, action_id, now)
    return await pages.respond(f"{date.plan}/after", deed, "After-action item removed.", Conflict)


@get(f"{ITEMS}/{{action_id:uuid}}", guards=[signed_in])
async def show_assignment(date: OnDate, action_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show the form that gives an after-action item an owner."""
    try:
        view = await records.after_action_view(viewer, *date)
        await audit.record_date_read(viewer, view.occurrence, now)
        return await _assignment_form(pages, viewer, date, action_id, FormValues({}))
    except Conflict as assigned:
        return pages.refuse(f"{date.plan}/after", assigned.sentence)


@post(f"{ITEMS}/{{action_id:uuid}}", guards=[signed_in], status_code=303)
async def post_assignment(
    date: OnDate, action_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now, *, today: Today
) -> Page:
    """Make it an action item, or show the form again with what was typed."""
    try:
        owner = await read_chosen_person(form, "owner", await after_items.after_action_owners(viewer, date.event_id))
        typed = AssignmentForm.read(form.but({"owner": owner.value}), owner=owner.error)
        wanted = typed.facts(ItemAssignment)
        reference = await after_items.assign_after_action(viewer, date.event_id, action_id, wanted, now, today)
    except Invalid as wrong:
        return await _assignment_form(pages, viewer, date, action_id, form, wrong=wrong)
    except Conflict as assigned:
        return pages.refuse(f"{date.plan}/after", assigned.sentence)
    return pages.redirect(f"{date.plan}/after", f"{reference} assigned. We’ll email its owner.")


async def _assignment_form(
    pages: Pages, viewer: Viewer, date: DateAddress, action_id: UUID, form: FormValues, *, wrong: Invalid | None = None
) -> Page:
    view = await records.after_action_view(viewer, *date)
    offered = await after_items.assignment_choices(viewer, date.event_id, action_id)
    return pages.render(
        "operations/after-action.html",
        action=offered.action,
        owner=await read_chosen_person(form, "owner", offered.owners),
        committees=[
            ("", "Only people on the operation"),
            *(
                (str(committee_id), f"{name}, with the title below")
                for committee_id, name in offered.committees.items()
            ),
        ],
        **await after_context(viewer, view, form, wrong),
    )


@get("/lessons", guards=[signed_in])
async def show_released_lessons(pages: Pages) -> Page:
    """Show the lessons that are released to everyone."""
    return pages.render("operations/released-lessons.html", editions=await records.released_lessons())


@post(LESSONS, guards=[signed_in], status_code=303)
async def post_lesson(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Add a lesson, or show the page again with what was typed."""
    try:
        await records.add_lesson(viewer, date.event_id, NewLessonForm.read(form).lesson, now)
    except Invalid as wrong:
        view = await records.after_action_view(viewer, *date)
        return pages.render("operations/after.html", **await after_context(viewer, view, form, wrong))
    return pages.redirect(f"{date.plan}/after", "Lesson added. Only people on the operation can read it.")


@get(LESSON, guards=[signed_in])
async def show_lesson(
    date: OnDate, lesson_id: PathId, pages: Pages, viewer: Viewer, drafts: Drafts, *, now: Now
) -> Page:
    """Show the form of a lesson and its edition for everyone, or the viewer's draft of it."""
    view, lesson = await _lesson_on_page(viewer, date, lesson_id)
    await audit.record_date_read(viewer, view.occurrence, now)
    if lesson.released_id is not None:
        return pages.redirect(f"{date.plan}/after/lessons/{lesson_id}/preview")
    draft = await drafts.kept(DraftKey(form=DraftForm.LESSON, subject=str(lesson_id), event_id=date.event_id))
    sheet = resume_sheet(draft, DraftForm.LESSON, _lesson_values(lesson), LessonForm.words())
    return await _lesson_form(pages, viewer, view, lesson, sheet)


@post(LESSON, guards=[signed_in], status_code=303)
async def post_lesson_text(date: OnDate, lesson_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Save it, or show the form again: with errors (422), or with what was saved meanwhile (409)."""
    view, lesson = await _lesson_on_page(viewer, date, lesson_id)
    try:
        typed = LessonForm.read(form)
        text, edition = typed.lesson, Edition(title=typed.edition_title, text=typed.edition_text)
        await records.change_lesson(viewer, date.event_id, lesson_id, text, edition, now, read=form_version(form))
    except (Invalid, Conflict) as refusal:
        sheet = refused_form(form, refusal, LessonForm, _lesson_values(lesson))
        return await _lesson_form(pages, viewer, view, lesson, sheet)
    tail = f"/lessons/{lesson_id}/preview" if edition.is_whole else ""
    return pages.redirect(f"{date.plan}/after{tail}", "Lesson saved.")


@get(f"{LESSON}/preview", guards=[signed_in])
async def show_lesson_preview(date: OnDate, lesson_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show the edition as everyone would read it, with the button that releases it."""
    view, lesson = await _lesson_on_page(viewer, date, lesson_id)
    await audit.record_date_read(viewer, view.occurrence, now)
    return await _lesson_preview(pages, viewer, view, lesson)


@post(f"{LESSON}/release", guards=[signed_in], status_code=303)
async def post_lesson_release(
    date: OnDate, lesson_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Page:
    """Release the edition that the preview showed, or show the preview of the one that was saved since."""
    try:
        await records.release_lesson(viewer, date.event_id, lesson_id, now, read=form_version(form))
    except Conflict as changed:
        return pages.refuse(f"{date.plan}/after/lessons/{lesson_id}/preview", changed.sentence)
    except Invalid as wrong:
        view, lesson = await _lesson_on_page(viewer, date, lesson_id)
        return await _lesson_preview(pages, viewer, view, lesson, wrong)
    return pages.redirect(f"{date.plan}/after", "Lesson released. Everyone in the task force can read it.")


@post(f"{LESSON}/withdrawal", guards=[signed_in], status_code=303)
async def post_lesson_withdrawal(date: OnDate, lesson_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Take the lesson off the page for everyone."""
    await records.withdraw_lesson(viewer, date.event_id, lesson_id, now)
    said = "Lesson withdrawn. People may already have read it."
    return pages.redirect(f"{date.plan}/after", said)


@post(f"{LESSON}/removal", guards=[signed_in], status_code=303)
async def post_lesson_removal(date: OnDate, lesson_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Remove a lesson that isn't released."""
    deed = records.remove_lesson(viewer, date.event_id, lesson_id, now)
    return await pages.respond(f"{date.plan}/after", deed, "Lesson removed.", Conflict)


async def _lesson_on_page(viewer: Viewer, date: DateAddress, lesson_id: UUID) -> tuple[AfterActionView, LessonLearned]:
    """Return the page with a lesson, and the lesson. Errors: NotFound, NotAllowed."""
    view = await records.after_action_view(viewer, *date)
    _, lesson = await records.lesson_to_change(viewer, date.event_id, lesson_id)
    return view, lesson


def _lesson_values(lesson: LessonLearned) -> FormSheet:
    return open_sheet(LessonForm.texts_of(lesson), lesson.version)


async def _lesson_form(
    pages: Pages, viewer: Viewer, view: AfterActionView, lesson: LessonLearned, sheet: FormSheet
) -> Page:
    context = await after_context(viewer, view, sheet.form)
    return pages.render("operations/lesson.html", **context | {"lesson": lesson} | sheet_context(sheet, LessonForm))


async def _lesson_preview(
    pages: Pages, viewer: Viewer, view: AfterActionView, lesson: LessonLearned, wrong: Invalid | None = None
) -> Page:
    context = await after_context(viewer, view) | form_context(None, wrong, LessonForm)
    return pages.render("operations/lesson-preview.html", **context | {"lesson": lesson, "edition": lesson.edition})
