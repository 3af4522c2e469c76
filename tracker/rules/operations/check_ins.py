"""Check-in and check-out on the day of an operation (ICS 211): who is there, who may record it, and what a tap does.

Personnel accountability: the lead releases everyone, and after some minutes is notified of who isn't out. Times that
people type can't be long ago: for a check-in, a phase, and an entry of the log alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from msgspec.structs import asdict, replace

from tracker.errors import Invalid, NotAllowed
from tracker.rules.core.button_effects import ButtonEffect, Caution
from tracker.rules.core.viewers import Arm, Viewer
from tracker.rules.core.wording import clock, local, plural, short_day
from tracker.rules.events.events import DateLine, Occurrence
from tracker.rules.operations.states import COMPARED, OperationState

OPENS_BEFORE = timedelta(hours=12)
"""How long before the operation its first people can check in: they stage and are briefed before it begins."""
LONGEST_TAP_WAIT = timedelta(hours=24)
"""How long a tap may have waited for a network."""
LONGEST_NAME = 120  # characters of a walk-in's name, or of their agency
LONGEST_CONTACT = 120  # characters
LONGEST_ASSIGNMENT = 120  # characters
MOST_NAMED = 5  # people whom a sentence names before it counts the others
CHECKS_OUT = COMPARED | {OperationState.ABORTED, OperationState.STOOD_DOWN}
"""The states in which people check out."""
CORRECTED_ONLY = frozenset({OperationState.RELEASED, OperationState.DEBRIEFED})
"""The states in which times can still be corrected."""
IS_CLOSED = "The operation is closed, and its check-in list no longer changes."
IS_OVER = "The operation is over. Choose a name to correct the times."
NO_ONE_IN = {
    OperationState.DRAFT: "The plan is still a draft. Move it to planning before people check in.",
    OperationState.STOOD_DOWN: "The operation is stood down. People can still check out.",
    OperationState.ABORTED: "The operation is aborted. People can still check out.",
    **dict.fromkeys(CORRECTED_ONLY, IS_OVER),
    OperationState.CLOSED: IS_CLOSED,
}
"""Why no one can check in, in these states."""
DEFAULT_RELEASE_WAIT = 30  # minutes between the release and the email to the lead
SHORTEST_RELEASE_WAIT, LONGEST_RELEASE_WAIT = 5, 240  # minutes
LOOKS_BACK = timedelta(days=30)
BEFORE_THE_OPERATION = f"That’s more than {LOOKS_BACK.days} days before the operation. Check the date."
LONG_AGO = f"That’s more than {LOOKS_BACK.days} days ago. Check the date."


class Presence(StrEnum):
    """Where a person is."""

    EXPECTED = "expected"
    """On the operation, and not checked in."""
    IN = "in"
    OUT = "out"


class Direction(StrEnum):
    """What a button records."""

    IN = "in"
    OUT = "out"


class CheckIn(Struct, frozen=True, kw_only=True):
    """One line of the check-in list: a person on the operation, or a walk-in; times aware UTC."""

    id: UUID | None = None
    """The row that counts; None for a person about whom nothing was recorded."""
    person_id: UUID
    """The member, or the walk-in."""
    member_id: UUID | None
    name: str
    agency_id: UUID | None
    """The agency that they serve, or served when they checked in; None when the list of agencies has no such one."""
    agency: str
    contact: str = ""
    assignment: str = ""
    time_in: datetime | None = None
    time_out: datetime | None = None
    tapped_at: datetime | None = None
    """When the last button was tapped, or the times were corrected; the row may be written later."""
    by: str = ""
    """Name and agency of the person who recorded it."""

    @property
    def presence(self) -> Presence:
        """Return where the person is."""
        if self.time_in is None:
            return Presence.EXPECTED
        return Presence.IN if self.time_out is None else Presence.OUT

    @property
    def is_walk_in(self) -> bool:
        """Return whether the person isn't a member of the task force on the operation."""
        return self.member_id is None

    @property
    def words(self) -> str:
        """Return the name with the agency."""
        return f"{self.name} ({self.agency or 'no agency'})"


class CheckInDay(Struct, frozen=True, kw_only=True):
    """An operation with a plan whose day it is, as one viewer sees it."""

    line: DateLine
    state: OperationState
    is_on_it: bool
    """Whether the viewer takes part in it."""


class Tap(Struct, frozen=True, kw_only=True):
    """A button that was tapped for a person."""

    tap_id: str
    """Given by the page; sent twice, it is one tap."""
    person_id: UUID
    button: Direction
    was: Presence = Presence.EXPECTED
    """What the page showed."""
    waited: timedelta = timedelta()
    """For how long it had no network."""

    def at(self, now: datetime) -> datetime:
        """Return when the button was tapped. Errors: Invalid after more than a day."""
        if not timedelta() <= self.waited <= LONGEST_TAP_WAIT:
            raise Invalid("This wasn’t saved because it’s more than a day old. Choose the name, and enter the time.")
        return now - self.waited


class WalkIn(Struct, frozen=True, kw_only=True):
    """A person who came and isn't on the operation."""

    ticket: UUID
    """Made with the form: sent twice by the same person, it adds one."""
    name: str
    agency_id: UUID | None
    agency: str
    """The name of an agency that isn't in the list."""
    contact: str
    assignment: str


class LineCorrection(Struct, frozen=True, kw_only=True):
    """What a line of the list is to say."""

    time_in: datetime | None
    time_out: datetime | None
    contact: str
    assignment: str


class CheckInTally(Struct, frozen=True, kw_only=True):
    """A list in numbers."""

    listed: int
    checked_in: int
    """Also of people who have checked out since."""
    checked_out: int

    @property
    def still_in(self) -> int:
        """Return how many have not checked out."""
        return self.checked_in - self.checked_out


class Turnout(Struct, frozen=True, kw_only=True):
    """Who came and who is out: what is said before an operation begins, and before it is over."""

    checked_in: int = 0
    """Also of people who have checked out since."""
    still_in: int = 0
    never_in: tuple[str, ...] = ()
    """The people who are expected, and never checked in."""

    @property
    def who_is_out(self) -> str:
        """Return the sentence that counts who is out, of those who checked in."""
        if not self.checked_in:
            return "No one checked in."
        people = plural(self.checked_in, "person who checked in is", "people who checked in are")
        return f"{self.checked_in - self.still_in:,} of {people} out."

    @property
    def who_never_came(self) -> str:
        """Return the sentence that names who never checked in; empty when everyone did."""
        return f"{len(self.never_in):,} never checked in: {names_and_more(self.never_in)}." if self.never_in else ""

    @property
    def not_in_yet(self) -> str:
        """Return the sentence that counts who hasn't checked in; empty when everyone has."""
        absent, everyone = len(self.never_in), len(self.never_in) + self.checked_in
        has = "hasn’t" if absent == 1 else "haven’t"
        return f"{absent:,} of {plural(everyone, 'person', 'people')} {has} checked in." if absent else ""


def turnout_of(lines: Iterable[CheckIn]) -> Turnout:
    """Return who came, who is still in, and who never checked in."""
    lines = list(lines)
    never_in = tuple(line.words for line in lines if line.presence is Presence.EXPECTED)
    return Turnout(checked_in=len(lines) - len(never_in), still_in=len(lines_still_in(lines)), never_in=never_in)


def release_effect(turnout: Turnout, lead: str) -> ButtonEffect:
    """Return what releasing everyone does, and who never checked in."""
    ends = (
        "When the last person checks out, the operation is marked released."
        if turnout.still_in
        else f"{turnout.who_is_out} The operation is marked released right away."
    )
    return ButtonEffect(
        says=f"This only records the time and notifies no one, so announce it by radio or phone. {ends} {lead} gets an"
        " email if someone who checked in hasn’t checked out in time.",
        cautions=(Caution(says=turnout.who_never_came),) if turnout.never_in else (),
    )


def may_read_check_ins(viewer: Viewer) -> bool:
    """Return whether a viewer who sees the operation reads its check-in list: people of law enforcement do."""
    return viewer.arm is Arm.LAW_ENFORCEMENT


def may_record_check_in(viewer: Viewer, line: CheckIn, *, leads: bool, is_on_it: bool) -> bool:
    """Return whether the viewer may check a person in and out.

    The people who lead may for all; law enforcement on the operation, for themselves and the people of their agency.
    """
    if leads:
        return True
    is_theirs = viewer.member_id == line.member_id or viewer.agency_id == line.agency_id
    return may_read_check_ins(viewer) and is_on_it and is_theirs


def may_check_in(viewer: Viewer, day: CheckInDay, *, leads: bool) -> bool:
    """Return whether the viewer can check in someone on the operation now, themselves included."""
    return may_read_check_ins(viewer) and (leads or day.is_on_it) and day.state in COMPARED


def why_no_check_in(occurrence: Occurrence, state: OperationState, now: datetime) -> str | None:
    """Return the sentence that explains why no one can check in now, or None when people can."""
    if occurrence.is_off:
        return "The operation is canceled. People can still check out."
    if state in NO_ONE_IN:
        return NO_ONE_IN[state]
    if now < (opens := occurrence.starts_at - OPENS_BEFORE):
        at = local(opens, occurrence.event.zone)
        return f"Check-in opens on {short_day(at, now)} at {clock(at)}."
    return None


def check_tap(tap: Direction, occurrence: Occurrence, state: OperationState, now: datetime) -> None:
    """Raise `NotAllowed` unless the tap can be made now."""
    if tap is Direction.OUT and state in CHECKS_OUT:
        return
    if refusal := why_no_check_in(occurrence, state, now):
        raise NotAllowed(refusal)


def line_after_tap(line: CheckIn, tap: Direction, was: Presence, at: datetime) -> CheckIn:
    """Return a line after a tap at a moment, on a page that showed the person as `was`; the same when nothing changes.

    A tap that waited for a network doesn't undo a later one. Tapping In for a person whom the page showed as out takes
    the check-out back. Errors: Invalid for someone who checks out and never checked in.
    """
    if line.tapped_at is not None and at < line.tapped_at:
        return line
    match tap, line.presence:
        case Direction.IN, Presence.EXPECTED:
            return replace(line, time_in=at, tapped_at=at)
        case Direction.IN, Presence.OUT if was is Presence.OUT:
            return replace(line, time_out=None, tapped_at=at)
        case Direction.OUT, Presence.IN:
            return replace(line, time_out=max(at, line.time_in or at), tapped_at=at)
        case Direction.OUT, Presence.EXPECTED:
            raise Invalid(f"{line.words} isn’t checked in.")
        case _:
            return line


def check_tap_undo(state: OperationState) -> None:
    """Raise `NotAllowed` unless a tap can still be taken back: also the last check-out, which ended the operation."""
    if state not in CHECKS_OUT | {OperationState.RELEASED}:
        raise NotAllowed(IS_OVER)


def corrected_line(line: CheckIn, to: LineCorrection, state: OperationState, now: datetime) -> CheckIn:
    """Return a line as corrected. Errors: NotAllowed after the operation is closed, Invalid by field."""
    if state is OperationState.CLOSED:
        raise NotAllowed(IS_CLOSED)
    if wrong := dict(_wrong_times(to, state, now)):
        raise Invalid(**wrong)
    is_moved = (to.time_in, to.time_out) != (line.time_in, line.time_out)
    return replace(line, **asdict(to), tapped_at=now if is_moved else line.tapped_at)


def _wrong_times(to: LineCorrection, state: OperationState, now: datetime) -> Iterable[tuple[str, str]]:
    if to.time_in and to.time_in > now:
        yield "time_in", "Enter a time that has passed."
    if to.time_out and to.time_in is None:
        yield "time_in", "Enter when they checked in, too."
    if to.time_out and to.time_out > now:
        yield "time_out", "Enter a time that has passed."
    elif to.time_out and to.time_in and to.time_out < to.time_in:
        yield "time_out", "Enter a time after they checked in."
    if to.time_in and to.time_out is None and state in CORRECTED_ONLY:
        yield "time_out", "The operation is over. Enter when they checked out."


def check_in_lines(expected: Iterable[CheckIn], recorded: Iterable[CheckIn]) -> list[CheckIn]:
    """Return everyone who is expected or was recorded, by agency and name, walk-ins last.

    A walk-in whose check-in was taken back isn't listed.
    """
    of_person = {line.person_id: line for line in (*expected, *recorded)}
    return sorted(
        (line for line in of_person.values() if not (line.is_walk_in and line.presence is Presence.EXPECTED)),
        key=lambda line: (line.agency.casefold(), line.is_walk_in, line.name.casefold(), str(line.person_id)),
    )


def lines_still_in(lines: Iterable[CheckIn]) -> list[CheckIn]:
    """Return the people who checked in and have not checked out."""
    return [line for line in lines if line.presence is Presence.IN]


def who_is_not_out(names: Sequence[str]) -> str:
    """Return the sentence that names the people who have not checked out."""
    return f"Not checked out: {names_and_more(names)}."


def names_and_more(names: Sequence[str]) -> str:
    """Return the first names, and the number of the others."""
    more = len(names) - MOST_NAMED
    shown = ", ".join(names[:MOST_NAMED])
    return f"{shown}, and {more} more" if more > 0 else shown


class Release(Struct, frozen=True, kw_only=True):
    """That everyone was released."""

    ordered_at: datetime
    by: str
    """Name and agency of the person who ordered it."""
    wait: timedelta
    """How long people have to check out before the lead is notified."""

    @property
    def due_at(self) -> datetime:
        """Return when everyone has to be out."""
        return self.ordered_at + self.wait


def check_wait(minutes: int | None) -> int:
    """Return the minutes between a release and the email. Errors: Invalid(minutes)."""
    if minutes is None or not SHORTEST_RELEASE_WAIT <= minutes <= LONGEST_RELEASE_WAIT:
        raise Invalid(minutes=f"Enter minutes from {SHORTEST_RELEASE_WAIT} to {LONGEST_RELEASE_WAIT}.")
    return minutes


def check_release(state: OperationState, release: Release | None) -> None:
    """Raise `NotAllowed` unless everyone can be released now."""
    if state is not OperationState.EXECUTING:
        raise NotAllowed("You can release everyone only while the operation is under way.")
    if release:
        raise NotAllowed("Everyone was released already.")


def state_after_check_out(state: OperationState, release: Release | None, *, is_anyone_in: bool) -> OperationState:
    """Return the state after someone checked out, or a check-out was taken back.

    Once everyone was released, the last check-out ends the operation.
    """
    if state is OperationState.EXECUTING and release and not is_anyone_in:
        return OperationState.RELEASED
    if state is OperationState.RELEASED and is_anyone_in:
        return OperationState.EXECUTING
    return state


def check_not_long_before(
    typed: Mapping[str, tuple[datetime | None, datetime | None]], starts_at: datetime, now: datetime
) -> None:
    """Raise `Invalid`, by field, for a time long before the operation, or long ago while it is still to come.

    `typed` has the time of each field, and the time that it replaces: one that stays as it is is kept.
    """
    sentence = BEFORE_THE_OPERATION if now >= starts_at else LONG_AGO
    first = min(starts_at, now) - LOOKS_BACK
    if wrong := {name: sentence for name, (at, was) in typed.items() if at and at != was and at < first}:
        raise Invalid(**wrong)
