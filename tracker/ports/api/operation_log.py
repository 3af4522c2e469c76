"""The activity log of an operation in JSON (ICS 214), for law enforcement on it."""

from datetime import timedelta
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from litestar import HttpMethod, Response
from msgspec import Meta

from tracker.crypto import ids
from tracker.errors import NotFound
from tracker.ports.api.joint_operations import PLAN, TAG, WRITE, read_by, reads
from tracker.ports.api.operations import Operation, operation
from tracker.ports.api.reading import body_of, idempotency_key
from tracker.ports.api.responses import check_match, json_response
from tracker.ports.api.shapes import Given, Moment, Shown, in_utc
from tracker.ports.http.dependencies import Now, PathId, Viewer
from tracker.ports.http.forms import FormRequest
from tracker.rules.core.clean_text import clean
from tracker.rules.operations.activity_log import LONGEST_ENTRY, LONGEST_WAIT, ActivityLine, EntryVersion, Source
from tracker.usecases.operations import activity_log
from tracker.usecases.operations.activity_log import ActivityLog

LOG = f"{PLAN}/log"
ENTRY = f"{LOG}/{{entry_id:uuid}}"
Words = Annotated[str, Meta(min_length=1, max_length=LONGEST_ENTRY, examples=["Scene secure"])]


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


_writes = partial(Operation, tag=TAG, scope=WRITE, may_conflict=True)


@operation(
    HttpMethod.GET,
    LOG,
    reads(
        summary="Read the activity log",
        response=LogShown,
        text="Entries in time order, with what was recorded elsewhere: states, deconfliction numbers, phases, the"
        " release, and check-ins. Decisions about conflicts are only for those who read /hits.",
    ),
)
async def read_log(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return the log of an operation."""
    return _log_shown(request, await _log(viewer, event_id, now))


@operation(
    HttpMethod.POST,
    LOG,
    _writes(
        summary="Add a log entry",
        body=NewEntry,
        response=LogShown,
        is_repeatable=True,
        text="For law enforcement on the operation. Nothing in the log is changed or removed.",
    ),
)
async def write_entry(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Write an entry."""
    key = (await _log(viewer, event_id, now)).occurrence.key
    new = await body_of(request, NewEntry)
    text, waited = clean(new.text, LONGEST_ENTRY, "text"), timedelta(seconds=new.waited)
    tap_id = str(idempotency_key(request) or ids.new_id())
    await activity_log.add_log_entry(viewer, event_id, key, text, now, tap_id=tap_id, waited=waited)
    return _log_shown(request, await _log(viewer, event_id, now))


@operation(HttpMethod.GET, ENTRY, reads(summary="Read an entry of the log", response=LogLine))
async def read_entry(
    event_id: PathId, entry_id: PathId, request: FormRequest, viewer: Viewer, now: Now
) -> Response[Any]:
    """Return one entry."""
    log = await _log(viewer, event_id, now)
    return json_response(request, _shown(log, log.line(entry_id)))


@operation(
    HttpMethod.PUT,
    ENTRY,
    _writes(
        summary="Correct an entry of the log",
        body=EntryCorrection,
        response=LogLine,
        is_conditional=True,
        text="For the person who wrote it, and people who can edit the operation. If-Match takes the entry’s ETag.",
    ),
)
async def correct_entry(
    event_id: PathId, entry_id: PathId, request: FormRequest, viewer: Viewer, now: Now
) -> Response[Any]:
    """Correct an entry; the earlier version stays."""
    log = await _log(viewer, event_id, now)
    line = log.line(entry_id)
    check_match(request, _shown(log, line))
    new = await body_of(request, EntryCorrection)
    text, key, seen = clean(new.text, LONGEST_ENTRY, "text"), log.occurrence.key, _last(line).id
    await activity_log.correct_log_entry(viewer, event_id, key, entry_id, text, in_utc(new.at), now, seen=seen)
    after = await _log(viewer, event_id, now)
    return json_response(request, _shown(after, after.line(entry_id)))


async def _log(viewer: Viewer, event_id: UUID, now: Now) -> ActivityLog:
    """Return the log, and note that it was read. Errors: NotFound, also outside law enforcement."""
    occurrence = (await read_by(viewer, event_id, now)).view.occurrence
    return await activity_log.read_activity_log(viewer, event_id, occurrence.key, now)


def _last(line: ActivityLine) -> EntryVersion:
    """Return the version of an entry that holds. Errors: NotFound for what the tracker recorded."""
    if line.last is None:
        raise NotFound
    return line.last


def _log_shown(request: FormRequest, log: ActivityLog) -> Response[Any]:
    may_write = log.may_write and log.why_not is None
    return json_response(request, LogShown(may_write=may_write, items=tuple(_shown(log, line) for line in log.lines)))


def _shown(log: ActivityLog, line: ActivityLine) -> LogLine:
    return LogLine(
        entry_id=line.entry_id,
        at=line.at,
        text=line.text,
        by=line.by or None,
        source=line.source,
        may_correct=log.may_correct(line),
        earlier=tuple(
            EarlierShown(
                at=entry_version.at, text=entry_version.text, by=entry_version.by, written_at=entry_version.written_at
            )
            for entry_version in line.earlier
        ),
    )
