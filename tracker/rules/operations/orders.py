"""The operations order, in the five paragraphs that NIMS and the military call SMEAC; phases; and the brief on paper.

A phase is planned, begins, and ends. In the drawing of the timeline, each has a planned and an actual bar. A brief has
numbered copies: who may print one, and which is out of date.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from tracker.errors import Invalid, NotAllowed, NotFound
from tracker.rules.core.clean_text import too_long_words
from tracker.rules.core.viewers import Arm, Viewer
from tracker.rules.core.wording import Worded
from tracker.rules.events.events import Event, Kind, may_edit
from tracker.rules.operations.deconfliction import Hit, Outcome, conflicts_by_operation
from tracker.rules.operations.states import UNFINISHED, OperationState

LONGEST_PARAGRAPH = 5_000  # characters
EMPTY_ORDER = "Write at least one paragraph."
SUGGESTED_PHASES = ("Briefing", "Staging", "Execution", "Release", "All out")
"""Names that the form suggests; an operation can have phases of any name."""
LONGEST_PHASE_NAME = 60  # characters
MOST_PHASES = 20
NO_PHASE_NAME = f"Enter the phase in up to {LONGEST_PHASE_NAME} characters."
PHASE_REACH = timedelta(days=2)
"""How long before the start and after the end of the operation a phase can be planned."""
TIMED_IN = UNFINISHED | {OperationState.APPROVED, OperationState.BRIEFED}
"""The states in which it can be recorded that a phase began or ended."""
TIMELINE_WIDTH = 360
TIMELINE_MARGIN = 22  # left and right, so that the times at the ends have space
ROW_HEIGHT = 36  # height of a phase
AXIS_HEIGHT = 18  # height of the times below
SHORTEST_BAR = 2  # width of a bar, so that a moment is seen
TICK_STEPS = tuple(timedelta(hours=hours) for hours in (1, 2, 3, 6, 12, 24, 48, 96, 192, 384, 768))
MOST_TICKS = 6
A_DAY = timedelta(days=1)


class Paragraph(Worded):
    """One of the five paragraphs."""

    SITUATION = "situation"
    MISSION = "mission"
    EXECUTION = "execution"
    ADMINISTRATION = "administration", "Administration and logistics"
    COMMAND = "command", "Command and communications"


PARAGRAPH_HINTS = {
    Paragraph.SITUATION: "What you know about the location, and the risks to officers and the public.",
    Paragraph.MISSION: "What is to be done, by whom, when, and where, in one or two sentences.",
    Paragraph.EXECUTION: "How it’s done: teams, assignments, entry, arrest, and contingencies.",
    Paragraph.ADMINISTRATION: "Vehicles, equipment, food, evidence, transport, medical care, and the nearest hospital.",
    Paragraph.COMMAND: "Who’s in command, who takes over, radio channels, call signs, and signals.",
}
Paragraphs = Mapping[Paragraph, str]
"""The text of each paragraph."""


class OrderVersion(Struct, frozen=True, kw_only=True):
    """That an order was saved."""

    version: int
    """Of the plan, as the order made it."""
    saved_by: str
    saved_at: datetime


class Order(OrderVersion, frozen=True, kw_only=True):
    """An order with its text."""

    paragraphs: Paragraphs


def checked_paragraphs(paragraphs: Paragraphs) -> Paragraphs:
    """Return all five paragraphs, those left out as empty. Errors: Invalid by field."""
    every = {paragraph: paragraphs.get(paragraph, "") for paragraph in Paragraph}
    wrong = {
        paragraph.value: too_long_words(text, LONGEST_PARAGRAPH)
        for paragraph, text in every.items()
        if len(text) > LONGEST_PARAGRAPH
    }
    if not any(every.values()):
        wrong = {Paragraph.SITUATION.value: EMPTY_ORDER}
    if wrong:
        raise Invalid(**wrong)
    return every


class PhasePlan(Struct, frozen=True, kw_only=True):
    """When a phase is planned; times aware UTC."""

    name: str
    starts_at: datetime
    ends_at: datetime | None
    """None for a phase that is a moment, such as all out."""


class Phase(PhasePlan, frozen=True, kw_only=True):
    """A phase, and when it began and ended; times aware UTC."""

    id: UUID
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    version: int = 1
    """Rises with every change of these two moments."""


def check_phase_plan(phase: PhasePlan, starts_at: datetime, ends_at: datetime) -> None:
    """Raise `Invalid`, by field, unless the phase can be planned for an operation from `starts_at` to `ends_at`."""
    wrong: dict[str, str] = {}
    if not phase.name or len(phase.name) > LONGEST_PHASE_NAME:
        wrong["name"] = NO_PHASE_NAME
    if phase.ends_at and phase.ends_at <= phase.starts_at:
        wrong["ends"] = "The phase ends before it starts."
    first, last = starts_at - PHASE_REACH, ends_at + PHASE_REACH
    if not first <= phase.starts_at <= last or (phase.ends_at and phase.ends_at > last):
        wrong["day"] = f"Choose a time at most {PHASE_REACH.days} days before or after the operation."
    if wrong:
        raise Invalid(**wrong)


def check_phase_times(begun_at: datetime | None, ended_at: datetime | None, now: datetime) -> None:
    """Raise `Invalid`, by field, unless a phase can have begun and ended then."""
    if ended_at and not begun_at:
        raise Invalid(begun="Enter when the phase started.")
    if begun_at and begun_at > now:
        raise Invalid(begun="Enter a time that has passed.")
    if ended_at and ended_at > now:
        raise Invalid(ended="Enter a time that has passed.")
    if begun_at and ended_at and ended_at < begun_at:
        raise Invalid(ended="The phase ended before it began.")


class TimelineBar(NamedTuple):
    """From where, and how wide."""

    x: int
    width: int


class TimelineRow(NamedTuple):
    """One phase."""

    phase: Phase
    y: int
    planned: TimelineBar
    actual: TimelineBar | None
    """None while it has not begun; up to now while it has not ended."""


class TimelineTick(NamedTuple):
    """A full hour below the drawing, aware UTC."""

    x: int
    at: datetime


class Timeline(NamedTuple):
    """The drawing."""

    rows: list[TimelineRow]
    ticks: list[TimelineTick]
    height: int
    is_in_days: bool
    """Whether the marks are a day or more apart, so that their days say more than their hours."""


def draw_timeline(phases: Iterable[Phase], now: datetime) -> Timeline | None:
    """Return the drawing of some phases; None without any."""
    shown = list(phases)
    if not shown:
        return None
    spans = [span for phase in shown for span in (_planned(phase), _actual(phase, now)) if span]
    first = _hour(min(start for start, _ in spans))
    last = max(end for _, end in spans)
    last = max(first + TICK_STEPS[0], last if last == _hour(last) else _hour(last) + TICK_STEPS[0])

    def x(at: datetime) -> int:
        return TIMELINE_MARGIN + round((at - first) / (last - first) * (TIMELINE_WIDTH - 2 * TIMELINE_MARGIN))

    def bar(start: datetime, end: datetime) -> TimelineBar:
        return TimelineBar(x(start), max(SHORTEST_BAR, x(end) - x(start)))

    rows = []
    for number, phase in enumerate(shown):
        actual = _actual(phase, now)
        rows.append(TimelineRow(phase, number * ROW_HEIGHT, bar(*_planned(phase)), bar(*actual) if actual else None))
    step = next((step for step in TICK_STEPS if (last - first) / step < MOST_TICKS), TICK_STEPS[-1])
    marks = [first + number * step for number in range((last - first) // step + 1)]
    ticks = [TimelineTick(x(at), at) for at in marks]
    return Timeline(rows, ticks, len(shown) * ROW_HEIGHT + AXIS_HEIGHT, step >= A_DAY)


def _planned(phase: Phase) -> tuple[datetime, datetime]:
    return phase.starts_at, phase.ends_at or phase.starts_at


def _actual(phase: Phase, now: datetime) -> tuple[datetime, datetime] | None:
    return (phase.begun_at, phase.ended_at or max(now, phase.begun_at)) if phase.begun_at else None


def _hour(at: datetime) -> datetime:
    """Return the full hour before a moment. Zones of the United States differ from UTC by full hours."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


class NumberedCopy(Struct, frozen=True, kw_only=True):
    """A numbered copy of a brief, with name and agency of its holder and of the person who printed it."""

    number: int
    version: int | None
    """Of the plan that it shows; None for an operation without a plan."""
    issued_at: datetime
    issued_to_id: UUID
    issued_to: str
    issued_by: str


class OperationContact(Struct, frozen=True, kw_only=True):
    """A person with a role in an operation, with the numbers that people on it may know."""

    name: str
    """With the agency."""
    phone: str
    """At work."""
    mobile: str
    leads: bool
    approves: bool
    speaks_for: str
    """The agency for which the person acknowledged the plan; empty for none."""

    @property
    def role(self) -> str:
        """Return what the person is on the operation."""
        named = "Operation lead" if self.leads else "Approving supervisor" if self.approves else ""
        return named or f"For {self.speaks_for}"


def may_carry_contacts(*readers: Viewer) -> bool:
    """Return whether phone numbers can be on a copy that these people print and hold: all are of law enforcement."""
    return all(reader.arm is Arm.LAW_ENFORCEMENT for reader in readers)


def shared_agreements(hits: Iterable[Hit], others_hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """Return the conflicts of which both readers of a copy may know, the last with each operation.

    One that ended because the facts changed, and no one had said that they would, is left out.
    """
    known = {hit.id for hit in others_hits}
    shared = conflicts_by_operation(hit for hit in hits if hit.id in known)
    return tuple(conflict.last for conflict in shared if conflict.last.outcome is not Outcome.SUPERSEDED)


def check_brief(viewer: Viewer, event: Event) -> None:
    """Raise `NotFound` for an event that has no brief, `NotAllowed` unless the viewer may change the operation."""
    if event.kind is not Kind.JOINT_OPERATION:
        raise NotFound
    if not may_edit(viewer, event):
        raise NotAllowed("Only the operation’s lead can print its brief.")


def why_outdated(copy: NumberedCopy, version: int | None) -> str:
    """Return why a copy can't be printed again when the plan has this version; empty when it can."""
    if copy.version == version:
        return ""
    was = f"version {copy.version}" if copy.version else "the operation before it had a plan"
    return f"Copy {copy.number} shows {was}, and the plan is version {version} now. Issue a new copy."
