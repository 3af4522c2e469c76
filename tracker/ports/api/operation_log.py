"""The activity log of an operation in JSON (ICS 214), for law enforcement on it."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from tracker.crypto import ids
from tracker.errors import NotFound
from tracker.ports.api.joint_operations import PLAN, READ, TAG, read_by, writes
from tracker.ports.api.operations import Resource, read_operation
from tracker.ports.api.shapes import Given, Line, Moment, Shown, shown
from tracker.ports.http.dependencies import Now, PathId, Viewer
from tracker.rules.operations.records import LONGEST_ENTRY, LONGEST_WAIT, ActivityLine, Source
from tracker.usecases.operations import records
from tracker.usecases.operations.records import ActivityLog

Words = Annotated[Line, Meta(min_length=1, max_length=LONGEST_ENTRY, examples=["Scene secure"])]


class EarlierShown(Shown):
    """An entry as it was before a correction."""

    at: Moment
    text: str
    by: str
    written_at: Moment


class LogLine(Shown):
    """One line of the log: what a person wrote, or what the tracker recorded elsewhere."""

    entry_id: Annotated[UUID | None, Meta(description="Null for what the tracker recorded.")]
    at: Annotated[Moment, Meta(description="When it happened.")]
    text: str
    by: Annotated[str | None, Meta(description="Name and agency.")]
    source: Source
    may_correct: bool
    earlier: Annotated[tuple[EarlierShown, ...], Meta(description="What was corrected, oldest first.")]


class LogShown(Shown):
    """The log of an operation, oldest line first."""

    may_write: bool
    items: tuple[LogLine, ...]


class NewEntry(Given):
    """What happened."""

    text: Words
    waited: Annotated[
        int, Meta(ge=0, le=LONGEST_WAIT // timedelta(seconds=1), description="Seconds since it happened, offline.")
    ] = 0


class EntryCorrection(Given):
    """What an entry is to say; the earlier words stay below it."""

    text: Words
    at: Moment


async def _log(viewer: Viewer, now: datetime, event_id: UUID) -> tuple[ActivityLog, LogShown]:
    """Return the log, and note that it was read. Errors: NotFound, also outside law enforcement."""
    occurrence = (await read_by(viewer, event_id, now)).view.occurrence
    log = await records.read_activity_log(viewer, event_id, occurrence.key, now)
    may_write = log.may_write and log.why_not is None
    return log, LogShown(may_write=may_write, items=tuple(_line_shown(log, line) for line in log.lines))


async def _entry(
    viewer: Viewer, now: datetime, event_id: UUID, entry_id: UUID
) -> tuple[tuple[ActivityLog, ActivityLine], LogLine]:
    log, _ = await _log(viewer, now, event_id)
    line = log.line(entry_id)
    return (log, line), _line_shown(log, line)


def _line_shown(log: ActivityLog, line: ActivityLine) -> LogLine:
    return shown(LogLine, line, may_correct=log.may_correct(line))


LOG = Resource(name="log", path=f"{PLAN.path}/log", shape=LogShown, see=_log)
ENTRY = Resource(name="entry", path=f"{LOG.path}/{{entry_id:uuid}}", shape=LogLine, see=_entry)


read_log = read_operation(
    LOG,
    "Read the activity log",
    tag=TAG,
    scope=READ,
    text="Entries in time order, with what was recorded elsewhere: states, deconfliction numbers, phases, the"
    " release, and check-ins. Decisions about conflicts are only for those who read /hits.",
)


@writes(
    "POST",
    LOG.path,
    "Add a log entry",
    of=LOG,
    text="For law enforcement on the operation. Nothing in the log is changed or removed.",
)
async def write_entry(
    event_id: PathId, log: ActivityLog, new: NewEntry, request_key: UUID | None, viewer: Viewer, now: Now
) -> None:
    """Write an entry."""
    waited, tap_id, key = timedelta(seconds=new.waited), str(request_key or ids.new_id()), log.occurrence.key
    await records.add_log_entry(viewer, event_id, key, new.text, now, tap_id=tap_id, waited=waited)


read_entry = read_operation(ENTRY, "Read an entry of the log", tag=TAG, scope=READ)


@writes(
    "PUT",
    ENTRY.path,
    "Correct an entry of the log",
    of=ENTRY,
    is_conditional=True,
    text="For the person who wrote it, and people who can edit the operation. If-Match takes the entry’s ETag.",
)
async def correct_entry(
    event_id: PathId,
    entry_id: PathId,
    entry: tuple[ActivityLog, ActivityLine],
    new: EntryCorrection,
    viewer: Viewer,
    now: Now,
) -> None:
    """Correct an entry; the earlier version stays. Errors: NotFound for what the tracker recorded."""
    log, line = entry
    if line.last is None:
        raise NotFound
    key, seen = log.occurrence.key, line.last.id
    await records.correct_log_entry(viewer, event_id, key, entry_id, new.text, new.at, now, seen=seen)
