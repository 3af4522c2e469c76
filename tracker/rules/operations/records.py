"""What is written down during an operation and after it: its activity log (ICS 214), hot wash, and lessons (HSEEP).

The log has what people wrote, in time order with what the tracker recorded: check-ins, the release, phases, states,
deconfliction numbers, and conflicts, with who decided. An after-action item is what a hot wash asks for, until it is an
action item with an owner and a due date. A lesson has an edition that the lead can release to everyone. The edition is
a text of its own. Nothing of the operation goes with it: no name, no place, no date, no agency.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial
from uuid import UUID

from msgspec import Struct

from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.rules.core.clean_text import too_long_words
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import Worded
from tracker.rules.operations.approvals import Approval
from tracker.rules.operations.check_ins import CheckIn, Release, names_and_more
from tracker.rules.operations.deconfliction import Decision, Hit
from tracker.rules.operations.orders import Phase
from tracker.rules.operations.plans import PlanClearance, check_neutral
from tracker.rules.operations.states import FALLS_BACK, OperationState

LONGEST_ENTRY = 500  # characters
QUICK = ("On scene", "Entry made", "Scene secure", "Subject in custody", "Search complete", "Scene cleared")
"""What is written with one tap."""
LONGEST_WAIT = timedelta(hours=24)
"""How long an entry may have waited for a network."""


class Source(StrEnum):
    """Where a line of the log comes from."""

    ENTRY = "entry"
    RECORDED = "recorded"
    """The tracker recorded it elsewhere: a state, a phase, a release, check-ins."""


class EntryVersion(Struct, frozen=True, kw_only=True):
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


class ActivityLine(Struct, frozen=True, kw_only=True):
    """One line of the log, as it holds now."""

    at: datetime
    text: str
    by: str = ""
    """Empty for what the tracker recorded itself."""
    source: Source = Source.RECORDED
    is_limited: bool = False
    """Whether only the people who may know of conflicts read it."""
    entry_id: UUID | None = None
    earlier: tuple[EntryVersion, ...] = ()
    """The versions that were corrected, oldest first."""
    last: EntryVersion | None = None
    """The version that holds; None for what the tracker recorded itself."""


def why_not_write_log(state: OperationState) -> str | None:
    """Return the sentence that explains why nothing can be written in the log now, or None when it can."""
    if state is OperationState.DRAFT:
        return "The plan is still a draft. Move it to planning before you write in the log."
    return "The operation is closed, and its log no longer changes." if state is OperationState.CLOSED else None


def check_log_open(state: OperationState) -> None:
    """Raise `NotAllowed` unless something can be written in the log now."""
    if refusal := why_not_write_log(state):
        raise NotAllowed(refusal)


def may_correct_entry(viewer: Viewer, line: ActivityLine, *, leads: bool) -> bool:
    """Return whether the viewer may correct a line: who wrote it first, and the people who lead the operation."""
    if line.last is None:
        return False
    first = line.earlier[0] if line.earlier else line.last
    return leads or viewer.member_id == first.by_id


def check_log_entry(text: str, at: datetime, now: datetime) -> None:
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


def activity_lines(
    written: Iterable[EntryVersion],
    decided: Iterable[ActivityLine],
    check_ins: Sequence[CheckIn],
    release: Release | None,
    phases: Iterable[Phase],
) -> list[ActivityLine]:
    """Return the log in time order, oldest first; the lines of one moment as they are given, entries first."""
    moments = [
        moment
        for phase in phases
        for moment in ((phase.begun_at, f"Phase started: {phase.name}"), (phase.ended_at, f"Phase ended: {phase.name}"))
    ]
    lines = [
        *_entries(written),
        *_taps("Checked in", ((check_in.time_in, check_in) for check_in in check_ins)),
        *_taps("Checked out", ((check_in.time_out, check_in) for check_in in check_ins)),
        *([ActivityLine(at=release.ordered_at, text="Everyone released", by=release.by)] if release else []),
        *(ActivityLine(at=at, text=text) for at, text in moments if at),
        *decided,  # the last check-out releases the operation, at the same moment
    ]
    return sorted(lines, key=lambda activity_line: (activity_line.at, activity_line.source))


def _entries(written: Iterable[EntryVersion]) -> Iterator[ActivityLine]:
    versions: dict[UUID, list[EntryVersion]] = {}
    for version in sorted(
        written, key=lambda version: (version.written_at, version.id != version.entry_id, version.id)
    ):
        versions.setdefault(version.entry_id, []).append(version)
    for entry_id, (*earlier, last) in versions.items():
        yield ActivityLine(
            at=last.at,
            text=last.text,
            by=last.by,
            source=Source.ENTRY,
            entry_id=entry_id,
            earlier=tuple(earlier),
            last=last,
        )


def _taps(label: str, taps: Iterable[tuple[datetime | None, CheckIn]]) -> Iterator[ActivityLine]:
    """Yield one line for the taps of each minute, at the time of the last of them."""
    minutes: dict[datetime, list[tuple[datetime, CheckIn]]] = {}
    for at, person in taps:
        if at:
            minutes.setdefault(at.replace(second=0, microsecond=0), []).append((at, person))
    for of_minute in minutes.values():
        yield ActivityLine(
            at=max(at for at, _ in of_minute),
            text=f"{label}: {names_and_more([check_in.words for _, check_in in of_minute])}",
        )


def lines_by_entry(lines: Iterable[ActivityLine]) -> Mapping[UUID, ActivityLine]:
    """Return what people wrote, by the id of the entry."""
    return {line.entry_id: line for line in lines if line.entry_id}


class EnteredState(Struct, frozen=True, kw_only=True):
    """A state that the operation entered; `by` is empty when the tracker took it there."""

    at: datetime
    was: OperationState
    state: OperationState
    by: str


class SideDecision(Struct, frozen=True, kw_only=True):
    """What this side decided about a conflict, and until when it was its decision."""

    hit_id: UUID
    at: datetime
    decision: Decision
    reason: str
    by: str
    replaced_at: datetime | None


def decision_lines(
    states: Iterable[EnteredState],
    approvals: Iterable[Approval],
    clearances: Sequence[PlanClearance],
    hits: Iterable[Hit],
    decided: Sequence[SideDecision],
) -> Iterator[ActivityLine]:
    """Yield a line for each decision that one viewer may know of; those of one deed in the order they are read in.

    What no longer counts has a line; not what another number or a waiver took the place of.
    """
    successors = {clearance.recorded_at for clearance in clearances}
    for clearance in clearances:
        if clearance.replaced_at and clearance.replaced_at not in successors:
            number = f"{clearance.system.label} {clearance.number}" if clearance.system else ""
            text = f"Deconfliction number ended: {number}" if number else "Waiver ended"
            yield ActivityLine(at=clearance.replaced_at, text=text, by=clearance.ended_by)
    versions = {approval.approved_at: approval.version for approval in approvals}
    for state in states:
        text = f"State: {state.state.label}"
        if state.state is OperationState.APPROVED and state.at in versions:
            text = f"{text}, version {versions[state.at]}"
        if state.state is OperationState.PLANNING and state.was in FALLS_BACK:
            text = f"{text}, sent back from {state.was.label}"
        yield ActivityLine(at=state.at, text=text, by=state.by)
    for clearance in clearances:
        text = f"Deconfliction number waived: {clearance.reason}"
        if clearance.system and clearance.result:
            result = clearance.result.label.lower()
            text = f"Deconfliction number recorded: {clearance.system.label} {clearance.number}, {result}"
        yield ActivityLine(at=clearance.recorded_at, text=text, by=clearance.by)
    yield from _conflicts(hits, decided)


def _conflicts(hits: Iterable[Hit], decided: Sequence[SideDecision]) -> Iterator[ActivityLine]:
    """Yield what was decided about the conflicts that the viewer may know of, and how each ended."""
    limited = partial(ActivityLine, is_limited=True)
    for hit in hits:
        conflict = f"Conflict with {hit.other.agency}"
        of_hit = [decision for decision in decided if decision.hit_id == hit.id]
        for side_decision in of_hit:
            yield limited(
                at=side_decision.at,
                text=f"{conflict} decided: {side_decision.decision.label} ({side_decision.reason})",
                by=side_decision.by,
            )
        for side_decision in of_hit:
            if side_decision.replaced_at and side_decision.replaced_at not in {other.at for other in of_hit}:
                yield limited(
                    at=side_decision.replaced_at,
                    text=f"{conflict}: a time or place changed, and the decision no longer counts",
                )
        if hit.closed_at and hit.outcome:
            yield limited(at=hit.closed_at, text=f"{conflict} ended: {hit.outcome.label}")


LONGEST_PART = 5_000  # characters
WRITTEN_IN = frozenset({OperationState.RELEASED, OperationState.ABORTED, OperationState.DEBRIEFED})
"""The states in which an operation is looked back on: it is over, and not closed yet."""
LONGEST_ITEM_TITLE = 200  # characters
MOST_ITEMS = 50  # after-action items of one operation
NO_NEUTRAL_TITLE = "Enter a title that says nothing of the operation. The committee reads it."
LONGEST_LESSON = 5_000  # characters
LONGEST_EDITION_TITLE = 120  # characters
MOST_LESSONS = 50  # lessons of one operation


class HotWashPart(Worded):
    """What a hot wash asks."""

    WENT_WELL = "went_well", "What went well"
    TO_IMPROVE = "to_improve", "What to improve"


class HotWashRecord(Struct, frozen=True, kw_only=True):
    """What the people on an operation said right after it, as its lead wrote it down."""

    went_well: str
    to_improve: str
    version: int
    """Rises each time it is saved."""
    saved_by: str
    saved_at: datetime


def check_after_action_open(state: OperationState) -> None:
    """Raise `NotAllowed` unless the operation is over and not closed."""
    if state is OperationState.CLOSED:
        raise NotAllowed("The operation is closed, and its hot wash and after-action items no longer change.")
    if state not in WRITTEN_IN:
        raise NotAllowed("You can do this once the operation is released or aborted.")


def check_hot_wash(went_well: str, to_improve: str) -> None:
    """Raise `Invalid` by field for a hot wash that says nothing, or that is too long."""
    texts = {HotWashPart.WENT_WELL: went_well, HotWashPart.TO_IMPROVE: to_improve}
    wrong = {part.value: too_long_words(text, LONGEST_PART) for part, text in texts.items() if len(text) > LONGEST_PART}
    if not any(texts.values()):
        wrong = {HotWashPart.WENT_WELL.value: "Enter what went well or what to improve."}
    if wrong:
        raise Invalid(**wrong)


class AfterActionItem(Struct, frozen=True, kw_only=True):
    """What is to be done, as the people on the operation read it."""

    id: UUID
    title: str
    item_id: UUID | None
    """The action item that it became; None until it has an owner and a due date."""


class ItemAssignment(Struct, frozen=True, kw_only=True):
    """Who does it by when; for the people on the operation, or for a committee under a title of its own."""

    owner_id: UUID
    due: date
    committee_id: UUID | None = None
    """None = only people who can see the operation see the item."""
    neutral_title: str = ""
    """What the committee reads; nothing else of the operation goes with it."""


def check_item_title(title: str, already: int) -> None:
    """Raise `Invalid` for an after-action item without a title, or beyond the most that an operation has."""
    if not title:
        raise Invalid(title="Enter what needs to be done.")
    if already >= MOST_ITEMS:
        raise Invalid(title=f"An operation has at most {MOST_ITEMS} after-action items.")


def titles_without_owner(items: Iterable[AfterActionItem]) -> tuple[str, ...]:
    """Return the titles of those that have no owner and no due date yet."""
    return tuple(action_item.title for action_item in items if action_item.item_id is None)


class Edition(Struct, frozen=True, kw_only=True):
    """What everyone reads of a lesson once it is released."""

    title: str = ""
    text: str = ""

    @property
    def is_whole(self) -> bool:
        """Return whether it has both a title and a text."""
        return bool(self.title and self.text)


class LessonLearned(Struct, frozen=True, kw_only=True):
    """What was learned, as the people on the operation read it, with its edition for everyone."""

    id: UUID
    text: str
    edition: Edition
    version: int
    """Rises each time it is saved."""
    released_id: UUID | None
    """The copy that everyone reads; None while it isn't released."""


def check_lesson(text: str, already: int = 0) -> None:
    """Raise `Invalid` for a lesson that says nothing or too much, or beyond the most that an operation has."""
    if not text:
        raise Invalid(lesson="Write what was learned.")
    if already >= MOST_LESSONS:
        raise Invalid(lesson=f"An operation has at most {MOST_LESSONS} lessons.")
    if len(text) > LONGEST_LESSON:
        raise Invalid(lesson=too_long_words(text, LONGEST_LESSON))


def check_edition(edition: Edition, names: Sequence[str]) -> None:
    """Raise `Invalid` by field for an edition that is too long, or that has one of the names of the operation."""
    if len(edition.title) > LONGEST_EDITION_TITLE:
        raise Invalid(edition_title=too_long_words(edition.title, LONGEST_EDITION_TITLE))
    if len(edition.text) > LONGEST_LESSON:
        raise Invalid(edition_text=too_long_words(edition.text, LONGEST_LESSON))
    check_neutral("edition_title", edition.title, names)
    check_neutral("edition_text", edition.text, names)


def check_not_released(lesson: LessonLearned) -> None:
    """Raise `Conflict` for a lesson that everyone reads: what they read doesn't change behind their back."""
    if lesson.released_id is not None:
        raise Conflict("This lesson is released to everyone. Withdraw it before you change it.")
