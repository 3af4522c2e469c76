"""The activity log of an operation (ICS 214): what people wrote, in time order with what the tracker recorded."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from tracker.errors import Invalid, NotAllowed
from tracker.rules.core.viewer import Viewer
from tracker.rules.operations.accountability import Release
from tracker.rules.operations.check_ins import CheckIn, named
from tracker.rules.operations.phases import Phase
from tracker.rules.operations.states import OperationState

LONGEST_ENTRY = 500  # characters
QUICK = ("On scene", "Entry made", "Scene secure", "Subject in custody", "Search complete", "Scene cleared")
"""What is written with one tap."""
LONGEST_WAIT = timedelta(hours=24)
"""How long an entry may have waited for a network."""
IS_CLOSED = "The operation is closed, and its log no longer changes."
IS_A_DRAFT = "The plan is still a draft. Start planning before you write in the log."


class Source(StrEnum):
    """Where a line of the log comes from."""

    ENTRY = "entry"
    RECORDED = "recorded"
    """The tracker recorded it elsewhere: a state, a phase, a release, check-ins."""


class Written(Struct, frozen=True, kw_only=True):
    """One version of an entry: the first one, or a correction."""

    id: UUID
    entry_id: UUID
    """The first version; its own id for that one."""
    at: datetime
    """When it happened."""
    text: str
    by: str
    """Name and agency of the person who wrote it."""
    by_id: UUID
    written_at: datetime


class Line(Struct, frozen=True, kw_only=True):
    """One line of the log, as it holds now."""

    at: datetime
    text: str
    by: str = ""
    """Empty for what the tracker recorded itself."""
    source: Source = Source.RECORDED
    is_limited: bool = False
    """Whether only the people who may know of conflicts read it."""
    entry_id: UUID | None = None
    earlier: tuple[Written, ...] = ()
    """The versions that were corrected, oldest first."""
    last: Written | None = None
    """The version that holds; None for what the tracker recorded itself."""


def why_not_write(state: OperationState) -> str | None:
    """Return the sentence that explains why nothing can be written in the log now, or None when it can."""
    if state is OperationState.DRAFT:
        return IS_A_DRAFT
    return IS_CLOSED if state is OperationState.CLOSED else None


def check_write(state: OperationState) -> None:
    """Raise `NotAllowed` unless something can be written in the log now."""
    if refusal := why_not_write(state):
        raise NotAllowed(refusal)


def may_correct(viewer: Viewer, line: Line, *, leads: bool) -> bool:
    """Return whether the viewer may correct a line: who wrote it first, and the people who lead the operation."""
    if line.last is None:
        return False
    first = line.earlier[0] if line.earlier else line.last
    return leads or viewer.member_id == first.by_id


def check_entry(text: str, at: datetime, now: datetime) -> None:
    """Raise `Invalid`, by field, unless an entry can say this and have happened then."""
    if not text:
        raise Invalid(text="Write what happened.")
    if at > now:
        raise Invalid(at="Enter a time that has passed.")


def happened_at(waited: timedelta, now: datetime) -> datetime:
    """Return when an entry was written that waited for a network. Errors: Invalid after more than a day."""
    if not timedelta() <= waited <= LONGEST_WAIT:
        raise Invalid("This entry wasn’t saved because it’s more than a day old. Write it again, and correct its time.")
    return now - waited


def timeline(
    written: Iterable[Written],
    decided: Iterable[Line],
    check_ins: Sequence[CheckIn],
    release: Release | None,
    phases: Iterable[Phase],
) -> list[Line]:
    """Return the log in time order, oldest first; the lines of one moment as they are given, entries first."""
    lines = [
        *_entries(written),
        *_taps("Checked in", ((one.time_in, one) for one in check_ins)),
        *_taps("Checked out", ((one.time_out, one) for one in check_ins)),
        *([Line(at=release.ordered_at, text="Everyone released", by=release.by)] if release else []),
        *(line for phase in phases for line in _phase(phase)),
        *decided,  # the last check-out releases the operation, at the same moment
    ]
    return sorted(lines, key=lambda one: (one.at, one.source))


def _entries(written: Iterable[Written]) -> Iterator[Line]:
    versions: dict[UUID, list[Written]] = {}
    for one in sorted(written, key=lambda one: (one.written_at, one.id != one.entry_id, one.id)):
        versions.setdefault(one.entry_id, []).append(one)
    for entry_id, (*earlier, last) in versions.items():
        yield Line(
            at=last.at,
            text=last.text,
            by=last.by,
            source=Source.ENTRY,
            entry_id=entry_id,
            earlier=tuple(earlier),
            last=last,
        )


def _taps(label: str, taps: Iterable[tuple[datetime | None, CheckIn]]) -> Iterator[Line]:
    """Yield one line for the taps of each minute, at the time of the last of them."""
    minutes: dict[datetime, list[tuple[datetime, CheckIn]]] = {}
    for at, person in taps:
        if at:
            minutes.setdefault(at.replace(second=0, microsecond=0), []).append((at, person))
    for of_minute in minutes.values():
        yield Line(at=max(at for at, _ in of_minute), text=f"{label}: {named([one.words for _, one in of_minute])}")


def _phase(phase: Phase) -> Iterator[Line]:
    if phase.begun_at:
        yield Line(at=phase.begun_at, text=f"Phase started: {phase.name}")
    if phase.ended_at:
        yield Line(at=phase.ended_at, text=f"Phase ended: {phase.name}")


def by_id(lines: Iterable[Line]) -> Mapping[UUID, Line]:
    """Return what people wrote, by the id of the entry."""
    return {line.entry_id: line for line in lines if line.entry_id}
