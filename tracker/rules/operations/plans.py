"""The plan of a joint operation: its parts, who may change it, and what others are shown of it.

What gives an operation away in a text that others read is its name, and the names of its places.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from tracker.errors import Invalid, NotFound
from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import DateLine, Event, Kind, may_edit
from tracker.rules.operations.sites import PlannedSite
from tracker.rules.operations.states import OperationState

LONGEST_SKILLS = 200  # characters
LONGEST_NUMBER = 60  # characters
LONGEST_REASON = 500  # characters
OLDEST_CHECK = timedelta(days=90)
MOST_PEOPLE = 500  # that one agency commits
GENERIC_NAME = "operation "
SHORTEST_NAME = 4  # characters of a name that is looked for; a shorter one is a part of too many names
SHORTEST_BUFFER, LONGEST_BUFFER, DEFAULT_BUFFER = timedelta(0), timedelta(hours=24), timedelta(minutes=60)


class Disclosure(StrEnum):
    """What the other side of a conflict is shown of an operation (three levels, as practiced under 28 CFR 23)."""

    OPEN = "open"
    """Who to call, and the times and places of the operation."""
    CONTACT_ONLY = "contact_only"
    """Agency, name, and phone of its lead."""
    SILENT = "silent"
    """Nothing: the other side's pages, emails, and answers are those of no conflict."""


SHOWN = frozenset(Disclosure) - {Disclosure.SILENT}
"""The levels at which the other side of a conflict knows of it."""
DISCLOSURE_WORDS = {
    Disclosure.OPEN: "Contact, times, and distance",
    Disclosure.CONTACT_ONLY: "Contact only",
    Disclosure.SILENT: "Nothing",
}


class System(StrEnum):
    """An event-deconfliction system outside of the task force."""

    RISSAFE = "rissafe"
    CASE_EXPLORER = "case_explorer"
    SAFETNET = "safetnet"
    OTHER = "other"


SYSTEM_WORDS = {
    System.RISSAFE: "RISSafe",
    System.CASE_EXPLORER: "Case Explorer",
    System.SAFETNET: "SAFETNet",
    System.OTHER: "Another system",
}


class OutsideResult(StrEnum):
    """What a system outside answered."""

    NO_CONFLICT = "no_conflict"
    CONFLICT = "conflict"
    PENDING = "pending"


OUTSIDE_RESULTS = {
    OutsideResult.PENDING: "No answer yet",
    OutsideResult.NO_CONFLICT: "No conflict",
    OutsideResult.CONFLICT: "Conflict",
}


class OutsideCheck(Struct, frozen=True, kw_only=True):
    """What was asked of a system outside, and its answer."""

    system: System
    number: str
    result: OutsideResult = OutsideResult.PENDING
    submitted_at: datetime | None = None
    """When it was asked; None = now."""

    def check(self, now: datetime) -> None:
        """Raise `Invalid` by field, unless it can be recorded now."""
        if not self.number or len(self.number) > LONGEST_NUMBER:
            raise Invalid(number=f"Enter the number in up to {LONGEST_NUMBER} characters.")
        if self.submitted_at and not now - OLDEST_CHECK <= self.submitted_at <= now:
            raise Invalid(submitted_on="Enter when it was submitted, within the last 90 days and not later than now.")


class Commitment(Struct, frozen=True, kw_only=True):
    """What one agency brings, and which version of the plan it acknowledged last."""

    agency_id: UUID
    agency: str
    people: int
    vehicles: int
    skills: str
    acknowledged: int | None = None
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None


class PlanClearance(Struct, frozen=True, kw_only=True):
    """That a system outside was asked about the operation, or that its approving supervisor waived it."""

    system: System | None
    """None for a waiver."""
    number: str
    result: OutsideResult | None
    """None for a waiver."""
    reason: str
    """Of a waiver; empty otherwise."""
    submitted_at: datetime
    by: str
    recorded_at: datetime
    replaced_at: datetime | None = None
    """Since when it no longer holds: a site or the time has changed since, or another one took its place."""
    ended_by: str = ""
    """Whose change ended it; empty for the tracker itself."""


class Operation(Struct, frozen=True, kw_only=True):
    """The plan of an operation, with the event that it is for."""

    id: UUID
    event: Event
    starts_at: datetime
    ends_at: datetime
    """Of its only date; aware UTC."""
    state: OperationState
    supervisor_id: UUID | None
    supervisor: str
    disclosure: Disclosure
    buffer: timedelta
    version: int
    """Rises with every change that people on the operation act on; acknowledgments name it."""
    kind: str = ""
    """What is done, in a word of the setting; empty until it is chosen."""
    sites: tuple[PlannedSite, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    clearances: tuple[PlanClearance, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names that would give it away: its own, and those of its places."""
        return telltale_names(self.event.title, [self.event.place, *(site.place for site in self.sites)])

    @property
    def clearance(self) -> PlanClearance | None:
        """Return the deconfliction number or the waiver that holds for the plan as it is."""
        return next((clearance for clearance in self.clearances if clearance.replaced_at is None), None)

    @property
    def waiting(self) -> tuple[str, ...]:
        """Return the agencies that have not acknowledged the plan as it is."""
        return tuple(commitment.agency for commitment in self.commitments if commitment.acknowledged != self.version)


def check_kind(event: Event) -> None:
    """Raise `NotFound` for an event that has no plan: only an operation for named people, with one date, has one."""
    if event.kind is not Kind.JOINT_OPERATION or event.is_series or not event.is_restricted:
        raise NotFound


def may_plan(viewer: Viewer, event: Event | DateLine) -> bool:
    """Return whether a viewer who sees the operation may change its plan: law enforcement who may edit it."""
    return viewer.arm is Arm.LAW_ENFORCEMENT and may_edit(viewer, event)


def knows_conflicts(viewer: Viewer, operation: Operation) -> bool:
    """Return whether a viewer may know of the operation's conflicts: law enforcement who lead it or approve it."""
    approves = viewer.member_id == operation.supervisor_id
    return viewer.arm is Arm.LAW_ENFORCEMENT and (approves or may_edit(viewer, operation.event))


def moved_too_far(before: tuple[datetime, datetime], after: tuple[datetime, datetime], buffer: timedelta) -> bool:
    """Return whether the start or the end moved by more than the buffer; times aware UTC."""
    return any(abs(new - old) > buffer for old, new in zip(before, after, strict=True))


def check_buffer(buffer: timedelta) -> None:
    """Raise `Invalid` for a buffer that is too short or too long."""
    if not SHORTEST_BUFFER <= buffer <= LONGEST_BUFFER:
        raise Invalid(buffer="Enter a buffer from 0 to 1,440 minutes.")


def check_commitment(people: int, vehicles: int, skills: str) -> None:
    """Raise `Invalid`, with a sentence for each field, unless an agency can commit this."""
    wrong: dict[str, str] = {}
    if not 1 <= people <= MOST_PEOPLE:
        wrong["people"] = f"Enter how many people, from 1 to {MOST_PEOPLE}."
    if not 0 <= vehicles <= MOST_PEOPLE:
        wrong["vehicles"] = f"Enter how many vehicles, from 0 to {MOST_PEOPLE}."
    if len(skills) > LONGEST_SKILLS:
        wrong["skills"] = f"Keep it to {LONGEST_SKILLS} characters."
    if wrong:
        raise Invalid(**wrong)


def telltale_names(title: str, places: Iterable[str]) -> tuple[str, ...]:
    """Return the names to look for: of "Operation Bluestem", "Bluestem"."""
    code_name = title[len(GENERIC_NAME) :] if title.casefold().startswith(GENERIC_NAME) else title
    names = dict.fromkeys(name.strip() for name in (code_name, *places))
    return tuple(name for name in names if len(name) >= SHORTEST_NAME)


def telltales(text: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return which of these names a text contains as whole words, whatever their case."""
    return tuple(name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE))


def check_neutral(field: str, text: str, names: Iterable[str]) -> None:
    """Raise `Invalid` for a text that contains one of the names of an operation."""
    if found := telltales(text, names):
        raise Invalid(**{field: f"Leave out “{found[0]}”. It would give the operation away."})
