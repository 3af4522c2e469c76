"""Writing in the activity log of an operation, and after it the hot wash and lessons learned.

Entries of the log may arrive late or twice, and can be corrected. The people who lead write the hot wash and lessons
once everyone is released. A lesson is released to everyone as a copy that leads nowhere. After-action items are in
`usecases.actions`.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import asdict

from tracker.crypto import ids
from tracker.database import writing
from tracker.database.binding import insert_row
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import Occurrence
from tracker.rules.operations import records as rules
from tracker.rules.operations.check_ins import check_not_long_before
from tracker.rules.operations.plans import Operation
from tracker.rules.operations.records import ActivityLine, Edition, HotWashRecord, LessonLearned
from tracker.rules.operations.states import OVER
from tracker.tables.schema import operations as rows
from tracker.tables.schema.operations import HotWash, OperationLogEntry
from tracker.tables.visible.operations import plans, records
from tracker.usecases.core import audit
from tracker.usecases.operations.check_ins import CheckInList, check_in_list
from tracker.usecases.operations.states import OperationView, operation_led, operation_view

NOT_ON_IT = "Only law enforcement on the operation can write in its log."


class ActivityLog(Struct, frozen=True, kw_only=True):
    """The log of an operation as one viewer sees it."""

    viewer: Viewer
    occurrence: Occurrence
    operation: Operation
    people: CheckInList
    lines: list[ActivityLine]
    """In time order, oldest first."""
    may_write: bool
    why_not: str | None
    """Why nothing can be written now; None when it can."""

    def may_correct(self, line: ActivityLine) -> bool:
        """Return whether the viewer can correct a line now."""
        can_write = self.may_write and self.why_not is None
        return can_write and rules.may_correct_entry(self.viewer, line, leads=self.people.leads)

    def line(self, entry_id: UUID) -> ActivityLine:
        """Return what someone wrote. Errors: NotFound."""
        activity_line = rules.lines_by_entry(self.lines).get(entry_id)
        if activity_line is None:
            raise NotFound
        return activity_line


async def read_activity_log(viewer: Viewer, event_id: UUID, key: str, now: datetime) -> ActivityLog:
    """Return the log of an operation. Errors: NotFound, also without a plan and outside law enforcement."""
    people = await check_in_list(viewer, event_id, key, now)
    event = people.occurrence.event
    decisions = rules.decision_lines(
        await records.entered_states(viewer, event),
        await plans.plan_approvals(viewer, event),
        people.operation.clearances,
        await plans.plan_hits(viewer, people.operation),
        await records.side_decisions(viewer, event),
    )
    lines = rules.activity_lines(
        await records.entry_versions(viewer, event),
        decisions,
        people.lines,
        people.release,
        (await plans.operation_phases(viewer, event)).values(),
    )
    is_on_it = viewer.member_id in {line.member_id for line in people.lines}
    return ActivityLog(
        viewer=viewer,
        occurrence=people.occurrence,
        operation=people.operation,
        people=people,
        lines=lines,
        may_write=people.leads or is_on_it,
        why_not=rules.why_not_write_log(people.operation.state),
    )


async def add_log_entry(
    viewer: Viewer, event_id: UUID, key: str, text: str, now: datetime, *, tap_id: str, waited: timedelta = timedelta()
) -> None:
    """Write an entry at the time when it was typed; one with the same text and `tap_id` counts once.

    Errors: NotFound, NotAllowed, Invalid(text).
    """
    async with writing():
        activity_log = await read_activity_log(viewer, event_id, key, now)
        if not activity_log.may_write:
            raise NotAllowed(NOT_ON_IT)
        rules.check_log_open(activity_log.operation.state)
        at = rules.happened_at(waited, now)
        rules.check_log_entry(text, at, now)
        entry_id = ids.id_from(viewer.member_id, activity_log.operation.id, tap_id, text)
        if entry_id not in rules.lines_by_entry(activity_log.lines):
            await _insert_entry(viewer, activity_log.operation, now, id=entry_id, entry=entry_id, text=text, at=at)
            await audit.record(viewer.actor, "log_entry_added", "event", event_id, {"entry": entry_id}, now)


async def correct_log_entry(
    viewer: Viewer, event_id: UUID, key: str, entry_id: UUID, text: str, at: datetime, now: datetime, *, seen: UUID
) -> None:
    """Correct an entry; the earlier versions stay in the log. `seen` is the version that the viewer read.

    Errors: NotFound, NotAllowed, Conflict when it was corrected since, Invalid by field.
    """
    async with writing():
        activity_log = await read_activity_log(viewer, event_id, key, now)
        line = activity_log.line(entry_id)
        rules.check_log_open(activity_log.operation.state)
        if not activity_log.may_correct(line):
            raise NotAllowed(
                "Only the person who wrote an entry, or someone who can edit the operation, can correct it."
            )
        if line.last is None or line.last.id != seen:
            raise Conflict("Someone corrected this since you opened it. Check it, and save again.")
        rules.check_log_entry(text, at, now)
        check_not_long_before({"at": (at, line.at)}, activity_log.occurrence.starts_at, now)
        if (text, at) != (line.text, line.at):
            await _insert_entry(viewer, activity_log.operation, now, id=ids.new_id(), entry=entry_id, text=text, at=at)
            await audit.record(viewer.actor, "log_entry_corrected", "event", event_id, {"entry": entry_id}, now)


async def _insert_entry(viewer: Viewer, operation: Operation, now: datetime, *, at: datetime, **entry: Any) -> None:
    await insert_row(
        OperationLogEntry, plan=operation.id, happened_at=at, written_by=viewer.member_id, written_at=now, **entry
    )


NOT_THEIR_HOT_WASH = "Only the operation lead, or someone else who can edit the operation, can write this."
LESSON_CHANGED = "Someone saved this lesson after you opened it."


class AfterActionView(OperationView, frozen=True, kw_only=True):
    """An operation, and what was written down afterward."""

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
    view = await operation_view(viewer, event_id, key)
    return AfterActionView(
        **asdict(view),
        may_write=view.leads and view.operation.state in rules.WRITTEN_IN,
        may_release=view.leads and view.is_over,
        hot_wash=await records.hot_wash(viewer, view.occurrence.event),
        lessons=await records.operation_lessons(viewer, view.occurrence.event),
    )


async def hot_wash_to_write(viewer: Viewer, event_id: UUID, key: str) -> AfterActionView:
    """Return the same for the form of the hot wash. Errors: NotFound, NotAllowed."""
    view = await after_action_view(viewer, event_id, key)
    await operation_to_look_back(viewer, event_id)
    return view


async def operation_to_look_back(viewer: Viewer, event_id: UUID) -> Operation:
    """Return an operation that the viewer leads and that is over. Errors: NotFound, NotAllowed."""
    operation = await operation_led(viewer, event_id, NOT_THEIR_HOT_WASH)
    rules.check_after_action_open(operation.state)
    return operation


async def save_hot_wash(
    viewer: Viewer, event_id: UUID, went_well: str, to_improve: str, now: datetime, *, read: int
) -> None:
    """Save the hot wash; `read` is the version that the viewer started from, 0 for none.

    Errors: NotFound, NotAllowed, Conflict when it was saved since, Invalid by field.
    """
    async with writing():
        operation = await operation_to_look_back(viewer, event_id)
        current = await records.hot_wash(viewer, operation.event)
        if read != (current.version if current else 0):
            raise Conflict("Someone saved the hot wash after you opened it.")
        rules.check_hot_wash(went_well, to_improve)
        if current and (went_well, to_improve) == (current.went_well, current.to_improve):
            return
        await HotWash.delete().where(HotWash.plan == operation.id)
        texts: dict[str, Any] = {"went_well": went_well, "to_improve": to_improve, "version": read + 1}
        await insert_row(HotWash, plan=operation.id, saved_by=viewer.member_id, saved_at=now, **texts)
        await audit.record(viewer.actor, "hot_wash_saved", "event", event_id, {"version": read + 1}, now)


async def released_lessons() -> list[Edition]:
    """Return every lesson that is released, by title: their order says nothing of when."""
    records = await rows.ReleasedLesson.select(rows.ReleasedLesson.title, rows.ReleasedLesson.text)
    return sorted((Edition(**row) for row in records), key=lambda edition: (edition.title.casefold(), edition.text))


async def lesson_to_change(viewer: Viewer, event_id: UUID, lesson_id: UUID) -> tuple[Operation, LessonLearned]:
    """Return a lesson of an operation that the viewer leads. Errors: NotFound, NotAllowed."""
    operation = await _operation_with_lessons(viewer, event_id)
    lessons = {lesson.id: lesson for lesson in await records.operation_lessons(viewer, operation.event)}
    if lesson_id not in lessons:
        raise NotFound
    return operation, lessons[lesson_id]


async def add_lesson(viewer: Viewer, event_id: UUID, text: str, now: datetime) -> None:
    """Add a lesson, still without an edition for everyone. Errors: NotFound, NotAllowed, Invalid(lesson)."""
    async with writing():
        operation = await _operation_with_lessons(viewer, event_id)
        rules.check_lesson(text, len(await records.operation_lessons(viewer, operation.event)))
        await insert_row(rows.Lesson, plan=operation.id, text=text, added_at=now)
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
            text=text, edition_title=edition.title, edition_text=edition.text, version=read + 1
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
            raise Invalid(edition_title="Write a title and a text for everyone first.")
        rules.check_edition(lesson.edition, operation.names)
        copy_id = await insert_row(rows.ReleasedLesson, title=lesson.edition.title, text=lesson.edition.text)
        await rows.Lesson.update(released=copy_id).where(rows.Lesson.id == lesson_id)
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
    operation = await operation_led(viewer, event_id, NOT_THEIR_HOT_WASH)
    if operation.state not in OVER:
        raise NotAllowed("Lessons are written once the operation is released or aborted.")
    return operation
