"""After an operation: its hot wash and lessons learned, written by the people who lead it once everyone is released.

A lesson is released to everyone as a copy that leads nowhere. After-action items are in `usecases.actions`.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import Occurrence
from tracker.rules.operations import after_actions as rules
from tracker.rules.operations.after_actions import (
    WRITTEN_IN,
    Edition,
    HotWashRecord,
    LessonLearned,
    check_after_action_open,
    check_hot_wash,
)
from tracker.rules.operations.plans import Operation, check_kind, may_plan
from tracker.rules.operations.states import OVER
from tracker.tables.schema.operations import records as rows
from tracker.tables.schema.operations.records import HotWash
from tracker.tables.visible.operations import check_ins, plans
from tracker.usecases.core import audit
from tracker.usecases.events.occurrences import date_seen_by
from tracker.usecases.operations.states import operation_for

NOT_THEIR_HOT_WASH = "Only the operation lead, or someone else who can edit the operation, can write this."
HOT_WASH_CHANGED = "Someone saved the hot wash after you opened it."
TOO_EARLY_FOR_LESSONS = "Lessons are written once the operation is released or aborted."
LESSON_CHANGED = "Someone saved this lesson after you opened it."


class AfterActionView(Struct, frozen=True, kw_only=True):
    """An operation's date, its plan, and what was written down afterward."""

    occurrence: Occurrence
    operation: Operation
    may_write: bool
    """Whether the viewer may write the hot wash and after-action items now."""
    may_release: bool
    """Whether the viewer may write lessons and release them now."""
    hot_wash: HotWashRecord | None
    lessons: list[LessonLearned]

    @property
    def version(self) -> int:
        """Return the version of the hot wash; 0 before the first one."""
        return self.hot_wash.version if self.hot_wash else 0


async def after_action_view(viewer: Viewer, event_id: UUID, key: str) -> AfterActionView:
    """Return what the page shows. Errors: NotFound, also for an operation without a plan."""
    occurrence = await date_seen_by(viewer, event_id, key)
    check_kind(occurrence.event)
    operation = await plans.operation_plan(viewer, occurrence.event)
    if operation is None:
        raise NotFound
    leads = may_plan(viewer, occurrence.event)
    return AfterActionView(
        occurrence=occurrence,
        operation=operation,
        may_write=leads and operation.state in WRITTEN_IN,
        may_release=leads and operation.state in OVER,
        hot_wash=await check_ins.hot_wash(viewer, occurrence.event),
        lessons=await check_ins.operation_lessons(viewer, occurrence.event),
    )


async def hot_wash_to_write(viewer: Viewer, event_id: UUID, key: str) -> AfterActionView:
    """Return the same for the form of the hot wash. Errors: NotFound, NotAllowed."""
    view = await after_action_view(viewer, event_id, key)
    await operation_to_look_back(viewer, event_id)
    return view


async def operation_to_look_back(viewer: Viewer, event_id: UUID) -> Operation:
    """Return an operation that the viewer leads and that is over. Errors: NotFound, NotAllowed."""
    operation = await operation_for(viewer, event_id)
    if not may_plan(viewer, operation.event):
        raise NotAllowed(NOT_THEIR_HOT_WASH)
    check_after_action_open(operation.state)
    return operation


async def save_hot_wash(
    viewer: Viewer, event_id: UUID, went_well: str, to_improve: str, now: datetime, *, read: int
) -> None:
    """Save the hot wash; `read` is the version that the viewer started from, 0 for none.

    Errors: NotFound, NotAllowed, Conflict when it was saved since, Invalid by field.
    """
    async with writing():
        operation = await operation_to_look_back(viewer, event_id)
        current = await check_ins.hot_wash(viewer, operation.event)
        if read != (current.version if current else 0):
            raise Conflict(HOT_WASH_CHANGED)
        check_hot_wash(went_well, to_improve)
        if current and (went_well, to_improve) == (current.went_well, current.to_improve):
            return
        await HotWash.delete().where(HotWash.plan == operation.id)
        await HotWash.insert(
            HotWash(
                id=ids.new_id(),
                plan=operation.id,
                went_well=went_well,
                to_improve=to_improve,
                version=read + 1,
                saved_by=viewer.member_id,
                saved_at=now,
            )
        )
        await audit.record(viewer.actor, "hot_wash_saved", "event", event_id, {"version": read + 1}, now)


async def released_lessons() -> list[Edition]:
    """Return every lesson that is released, by title: their order says nothing of when."""
    records = await rows.ReleasedLesson.select(rows.ReleasedLesson.title, rows.ReleasedLesson.text)
    return sorted((Edition(**row) for row in records), key=lambda edition: (edition.title.casefold(), edition.text))


async def lesson_to_change(viewer: Viewer, event_id: UUID, lesson_id: UUID) -> tuple[Operation, LessonLearned]:
    """Return a lesson of an operation that the viewer leads. Errors: NotFound, NotAllowed."""
    operation = await _operation_with_lessons(viewer, event_id)
    found = {lesson.id: lesson for lesson in await check_ins.operation_lessons(viewer, operation.event)}
    if lesson_id not in found:
        raise NotFound
    return operation, found[lesson_id]


async def add_lesson(viewer: Viewer, event_id: UUID, text: str, now: datetime) -> None:
    """Add a lesson, still without an edition for everyone. Errors: NotFound, NotAllowed, Invalid(lesson)."""
    async with writing():
        operation = await _operation_with_lessons(viewer, event_id)
        rules.check_lesson(text, len(await check_ins.operation_lessons(viewer, operation.event)))
        await rows.Lesson.insert(rows.Lesson(id=ids.new_id(), plan=operation.id, text=text, added_at=now))
        await audit.record(viewer.actor, "lesson_added", "event", event_id, {}, now)


async def change_lesson(
    viewer: Viewer, event_id: UUID, lesson_id: UUID, text: str, edition: Edition, now: datetime, *, read: int
) -> None:
    """Save a lesson and its edition; `read` is the version that the viewer started from. Nothing is released by it.

    Errors: NotFound, NotAllowed, Conflict when it was saved since or is released, Invalid by field.
    """
    async with writing():
        operation, lesson = await lesson_to_change(viewer, event_id, lesson_id)
        rules.check_not_released(lesson)
        if read != lesson.version:
            raise Conflict(LESSON_CHANGED)
        rules.check_lesson(text)
        rules.check_edition(edition, operation.names)
        await rows.Lesson.update(
            {
                rows.Lesson.text: text,
                rows.Lesson.edition_title: edition.title,
                rows.Lesson.edition_text: edition.text,
                rows.Lesson.version: read + 1,
            }
        ).where(rows.Lesson.id == lesson_id)
        await audit.record(viewer.actor, "lesson_changed", "event", event_id, {}, now)


async def remove_lesson(viewer: Viewer, event_id: UUID, lesson_id: UUID, now: datetime) -> None:
    """Remove a lesson that isn't released. Errors: NotFound, NotAllowed, Conflict."""
    async with writing():
        _, lesson = await lesson_to_change(viewer, event_id, lesson_id)
        rules.check_not_released(lesson)
        await rows.Lesson.delete().where(rows.Lesson.id == lesson_id)
        await audit.record(viewer.actor, "lesson_removed", "event", event_id, {}, now)


async def release_lesson(viewer: Viewer, event_id: UUID, lesson_id: UUID, now: datetime, *, read: int) -> None:
    """Let everyone read the edition, in the version that the viewer saw in the preview.

    What they read is a copy with a random id, without a link, a name, or a time.
    Errors: NotFound, NotAllowed, Conflict when it was saved since or is released, Invalid without an edition.
    """
    async with writing():
        operation, lesson = await lesson_to_change(viewer, event_id, lesson_id)
        rules.check_not_released(lesson)
        if read != lesson.version:
            raise Conflict(LESSON_CHANGED)
        if not lesson.edition.is_whole:
            raise Invalid(edition_title=rules.NO_EDITION)
        rules.check_edition(lesson.edition, operation.names)
        copy = rows.ReleasedLesson(id=ids.new_id(), title=lesson.edition.title, text=lesson.edition.text)
        await rows.ReleasedLesson.insert(copy)
        await rows.Lesson.update({rows.Lesson.released: copy.id}).where(rows.Lesson.id == lesson_id)
        await audit.record(viewer.actor, "lesson_released", "event", event_id, {}, now)


async def withdraw_lesson(viewer: Viewer, event_id: UUID, lesson_id: UUID, now: datetime) -> None:
    """Delete the copy that everyone reads; does nothing when there is none. Errors: NotFound, NotAllowed."""
    async with writing():
        _, lesson = await lesson_to_change(viewer, event_id, lesson_id)
        if lesson.released_id is None:
            return
        await rows.ReleasedLesson.delete().where(rows.ReleasedLesson.id == lesson.released_id)
        await audit.record(viewer.actor, "lesson_withdrawn", "event", event_id, {}, now)


async def _operation_with_lessons(viewer: Viewer, event_id: UUID) -> Operation:
    operation = await operation_for(viewer, event_id)
    if not may_plan(viewer, operation.event):
        raise NotAllowed(NOT_THEIR_HOT_WASH)
    if operation.state not in OVER:
        raise NotAllowed(TOO_EARLY_FOR_LESSONS)
    return operation
