"""Writing in the activity log of an operation: entries that may arrive late or twice, and corrections."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Conflict, NotAllowed, NotFound
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import Occurrence
from tracker.rules.operations import activity_log as rules
from tracker.rules.operations.activity_log import ActivityLine, OperationDecisions
from tracker.rules.operations.check_ins import check_not_long_before
from tracker.rules.operations.plans import Operation
from tracker.tables.schema.operations.records import OperationLogEntry
from tracker.tables.visible.operations import check_ins, plans
from tracker.usecases.core import audit
from tracker.usecases.operations.check_ins import CheckInList, check_in_list

NOT_ON_IT = "Only law enforcement on the operation can write in its log."
NOT_THEIR_ENTRY = "Only the person who wrote an entry, or someone who can edit the operation, can correct it."


class ActivityLog(Struct, frozen=True, kw_only=True):
    """The log of an operation as one viewer sees it."""

    viewer: Viewer
    people: CheckInList
    lines: list[ActivityLine]
    """In time order, oldest first."""
    may_write: bool
    why_not: str | None
    """Why nothing can be written now; None when it can."""

    @property
    def occurrence(self) -> Occurrence:
        """Return the date of the operation."""
        return self.people.occurrence

    @property
    def operation(self) -> Operation:
        """Return the plan."""
        return self.people.operation

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
    lines = rules.activity_lines(
        await check_ins.entry_versions(viewer, event),
        (await _decisions(viewer, people.operation)).lines(),
        people.lines,
        people.release,
        (await plans.operation_phases(viewer, event)).values(),
    )
    is_on_it = viewer.member_id in {line.member_id for line in people.lines}
    return ActivityLog(
        viewer=viewer,
        people=people,
        lines=lines,
        may_write=people.leads or is_on_it,
        why_not=rules.why_not_write_log(people.operation.state),
    )


async def _decisions(viewer: Viewer, operation: Operation) -> OperationDecisions:
    """Return what was decided about the operation; about conflicts, only for those who may know of them."""
    return OperationDecisions(
        states=await check_ins.entered_states(viewer, operation.event),
        approvals=await plans.plan_approvals(viewer, operation.event),
        clearances=operation.clearances,
        hits=await plans.plan_hits(viewer, operation),
        decided=await check_ins.side_decisions(viewer, operation.event),
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
            await _insert_entry(viewer, activity_log.operation, entry_id, entry_id, text, at, now)
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
            raise NotAllowed(NOT_THEIR_ENTRY)
        if line.last is None or line.last.id != seen:
            raise Conflict("Someone corrected this since you opened it. Check it, and save again.")
        rules.check_log_entry(text, at, now)
        check_not_long_before({"at": (at, line.at)}, activity_log.occurrence.starts_at, now)
        if (text, at) != (line.text, line.at):
            await _insert_entry(viewer, activity_log.operation, ids.new_id(), entry_id, text, at, now)
            await audit.record(viewer.actor, "log_entry_corrected", "event", event_id, {"entry": entry_id}, now)


async def _insert_entry(
    viewer: Viewer, operation: Operation, row_id: UUID, entry_id: UUID, text: str, at: datetime, now: datetime
) -> None:
    await OperationLogEntry.insert(
        OperationLogEntry(
            id=row_id,
            plan=operation.id,
            entry=entry_id,
            happened_at=at,
            text=text,
            written_by=viewer.member_id,
            written_at=now,
        )
    )
