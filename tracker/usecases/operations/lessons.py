"""Lessons learned: written by the lead of an operation, and released to everyone as a copy that leads nowhere."""

from datetime import datetime
from uuid import UUID

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core.viewer import Viewer
from tracker.rules.operations import lessons as rules
from tracker.rules.operations.lessons import Edition, Lesson
from tracker.rules.operations.plans import Operation, may_plan
from tracker.rules.operations.states import OVER
from tracker.tables.schema.operations import lessons as rows
from tracker.tables.visible.operations import lessons
from tracker.usecases.core import audit
from tracker.usecases.operations.after import NOT_THEIRS
from tracker.usecases.operations.lookup import operation_for

TOO_EARLY = "Lessons are written once the operation is released or aborted."
CHANGED = "Someone saved this lesson after you opened it."


async def released() -> list[Edition]:
    """Return every lesson that is released, by title: their order says nothing of when."""
    found = await rows.ReleasedLesson.select(rows.ReleasedLesson.title, rows.ReleasedLesson.text)
    return sorted((Edition(**row) for row in found), key=lambda one: (one.title.casefold(), one.text))


async def lesson_to_change(viewer: Viewer, event_id: UUID, lesson_id: UUID) -> tuple[Operation, Lesson]:
    """Return a lesson of an operation that the viewer leads. Errors: NotFound, NotAllowed."""
    operation = await _led(viewer, event_id)
    found = {one.id: one for one in await lessons.lessons(viewer, operation.event)}
    if lesson_id not in found:
        raise NotFound
    return operation, found[lesson_id]


async def add(viewer: Viewer, event_id: UUID, text: str, now: datetime) -> None:
    """Add a lesson, still without an edition for everyone. Errors: NotFound, NotAllowed, Invalid(lesson)."""
    async with writing():
        operation = await _led(viewer, event_id)
        rules.check_text(text, len(await lessons.lessons(viewer, operation.event)))
        await rows.Lesson.insert(rows.Lesson(id=ids.new_id(), plan=operation.id, text=text, added_at=now))
        await audit.record(viewer.actor, "lesson_added", "event", event_id, {}, now)


async def change(
    viewer: Viewer, event_id: UUID, lesson_id: UUID, text: str, edition: Edition, now: datetime, *, read: int
) -> None:
    """Save a lesson and its edition; `read` is the version that the viewer started from. Nothing is released by it.

    Errors: NotFound, NotAllowed, Conflict when it was saved since or is released, Invalid by field.
    """
    async with writing():
        operation, lesson = await lesson_to_change(viewer, event_id, lesson_id)
        rules.check_not_released(lesson)
        if read != lesson.version:
            raise Conflict(CHANGED)
        rules.check_text(text)
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


async def remove(viewer: Viewer, event_id: UUID, lesson_id: UUID, now: datetime) -> None:
    """Remove a lesson that isn't released. Errors: NotFound, NotAllowed, Conflict."""
    async with writing():
        _, lesson = await lesson_to_change(viewer, event_id, lesson_id)
        rules.check_not_released(lesson)
        await rows.Lesson.delete().where(rows.Lesson.id == lesson_id)
        await audit.record(viewer.actor, "lesson_removed", "event", event_id, {}, now)


async def release(viewer: Viewer, event_id: UUID, lesson_id: UUID, now: datetime, *, read: int) -> None:
    """Let everyone read the edition, in the version that the viewer saw in the preview.

    What they read is a copy with a random id, without a link, a name, or a time.
    Errors: NotFound, NotAllowed, Conflict when it was saved since or is released, Invalid without an edition.
    """
    async with writing():
        operation, lesson = await lesson_to_change(viewer, event_id, lesson_id)
        rules.check_not_released(lesson)
        if read != lesson.version:
            raise Conflict(CHANGED)
        if not lesson.edition.is_whole:
            raise Invalid(edition_title=rules.NO_EDITION)
        rules.check_edition(lesson.edition, operation.names)
        copy = rows.ReleasedLesson(id=ids.new_id(), title=lesson.edition.title, text=lesson.edition.text)
        await rows.ReleasedLesson.insert(copy)
        await rows.Lesson.update({rows.Lesson.released: copy.id}).where(rows.Lesson.id == lesson_id)
        await audit.record(viewer.actor, "lesson_released", "event", event_id, {}, now)


async def withdraw(viewer: Viewer, event_id: UUID, lesson_id: UUID, now: datetime) -> None:
    """Delete the copy that everyone reads; does nothing when there is none. Errors: NotFound, NotAllowed."""
    async with writing():
        _, lesson = await lesson_to_change(viewer, event_id, lesson_id)
        if lesson.released_id is None:
            return
        await rows.ReleasedLesson.delete().where(rows.ReleasedLesson.id == lesson.released_id)
        await audit.record(viewer.actor, "lesson_withdrawn", "event", event_id, {}, now)


async def _led(viewer: Viewer, event_id: UUID) -> Operation:
    operation = await operation_for(viewer, event_id)
    if not may_plan(viewer, operation.event):
        raise NotAllowed(NOT_THEIRS)
    if operation.state not in OVER:
        raise NotAllowed(TOO_EARLY)
    return operation
