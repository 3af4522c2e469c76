"""The plan of a joint operation: its parts, its places, who may change it, and what others are shown of it.

What gives an operation away in a text that others read is its name, and the names of its places. Places are in degrees
of WGS 84.
"""

import math
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from tracker.errors import Invalid, NotFound
from tracker.rules.core.viewers import Arm, Viewer
from tracker.rules.core.wording import Worded
from tracker.rules.events.events import DateLine, Event, Kind, may_edit
from tracker.rules.operations.states import OperationState
from tracker.rules.roster.coordinates import MILLIONTHS, MOST_EAST, MOST_NORTH, Coordinates

LONGEST_PLACE = 200  # characters
NO_PLACE = f"Enter the place in up to {LONGEST_PLACE} characters."
LEAST_RADIUS, GREATEST_RADIUS = 50, 52_800  # feet; ten miles
WRONG_RADIUS = f"Enter a radius from {LEAST_RADIUS} to {GREATEST_RADIUS:,} feet."
DEFAULT_RADIUS = 1_320  # feet: a quarter of a mile
MOST_SITES = 20


class SiteRole(Worded):
    """What a place is for."""

    TARGET = "target"
    STAGING = "staging", "Staging area"
    COMMAND_POST = "command_post"
    OFF_SITE_SERVICES = "off_site_services", "Off-site services"
    """Where victim services get ready; it is never compared with other operations."""


class Point(NamedTuple):
    """Where a site is, in millionths of a degree (four inches), and how far around it another one is in the way."""

    latitude_e6: int
    longitude_e6: int
    radius_ft: int

    @property
    def coordinates(self) -> Coordinates:
        """Return it without its radius."""
        return Coordinates(self.latitude_e6, self.longitude_e6)

    @property
    def latitude(self) -> float:
        """Return the latitude in degrees."""
        return self.latitude_e6 / MILLIONTHS

    @property
    def longitude(self) -> float:
        """Return the longitude in degrees."""
        return self.longitude_e6 / MILLIONTHS


class PlannedSite(Struct, frozen=True, kw_only=True):
    """A place of an operation."""

    role: SiteRole
    place: str
    """In words, for people on the operation only."""
    point: Point

    @property
    def is_compared(self) -> bool:
        """Return whether other operations near it are a conflict."""
        return self.role is not SiteRole.OFF_SITE_SERVICES


def point_at(latitude: float, longitude: float, radius_ft: int) -> Point:
    """Return the point at these degrees. Errors: Invalid by field."""
    wrong: dict[str, str] = {}
    if not _within(latitude, MOST_NORTH):
        wrong["latitude"] = "Enter a latitude from -90 to 90, like 39.0911."
    if not _within(longitude, MOST_EAST):
        wrong["longitude"] = "Enter a longitude from -180 to 180, like -94.4155."
    if not LEAST_RADIUS <= radius_ft <= GREATEST_RADIUS:
        wrong["radius"] = WRONG_RADIUS
    if wrong:
        raise Invalid(**wrong)
    return Point(round(latitude * MILLIONTHS), round(longitude * MILLIONTHS), radius_ft)


def _within(degrees: float, most: int) -> bool:
    return math.isfinite(degrees) and abs(degrees) <= most


LONGEST_SKILLS = 200  # characters
LONGEST_NUMBER = 60  # characters
LONGEST_REASON = 500  # characters
OLDEST_CHECK = timedelta(days=90)
MOST_PEOPLE = 500  # that one agency commits
GENERIC_NAME = "operation "
SHORTEST_MISSPELLED = 8  # letters of a name that is found with one of them changed; a shorter one is another word then
_WORD = re.compile(r"[^\W_]+")
SHORTEST_NAME = 4  # characters of a name that is looked for; a shorter one is a part of too many names
SHORTEST_BUFFER, LONGEST_BUFFER, DEFAULT_BUFFER = timedelta(0), timedelta(hours=24), timedelta(minutes=60)


class Disclosure(Worded):
    """What the other side of a conflict is shown of an operation (three levels, as practiced under 28 CFR 23)."""

    OPEN = "open", "Contact, times, and distance"
    """Who to call, and the times and places of the operation."""
    CONTACT_ONLY = "contact_only"
    """Agency, name, and phone of its lead."""
    SILENT = "silent", "Nothing"
    """Nothing: the other side's pages, emails, and answers are those of no conflict."""


SHOWN = frozenset(Disclosure) - {Disclosure.SILENT}
"""The levels at which the other side of a conflict knows of it."""


class System(Worded):
    """An event-deconfliction system outside of the task force."""

    RISSAFE = "rissafe", "RISSafe"
    CASE_EXPLORER = "case_explorer", "Case Explorer"
    SAFETNET = "safetnet", "SAFETNet"
    OTHER = "other", "Another system"


class OutsideResult(Worded):
    """What a system outside answered."""

    NO_CONFLICT = "no_conflict"
    CONFLICT = "conflict"
    PENDING = "pending", "No answer yet"


SETTLE = "Record the new result, or have the approving supervisor waive it."
OUTSIDE_RESULTS = {
    result: result.label for result in (OutsideResult.PENDING, OutsideResult.NO_CONFLICT, OutsideResult.CONFLICT)
}
"""In the order in which a form offers them."""


class DeconflictionCheck(Struct, frozen=True, kw_only=True):
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

    @property
    def obstacle(self) -> str:
        """Return why it isn't enough to approve a plan; empty for a waiver, and where the system knew no conflict."""
        match self.result:
            case OutsideResult.CONFLICT if self.system:
                return f"{self.system.label} found a conflict ({self.number}). {SETTLE}"
            case OutsideResult.PENDING if self.system:
                return f"{self.system.label} hasn’t answered yet ({self.number}). {SETTLE}"
            case _:
                return ""


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
    supervisor_named_by_id: UUID | None = None
    submitted_by_id: UUID | None = None
    """Who submitted it last."""
    approved_version: int | None = None
    """The version that was approved; None without an approval that holds."""
    changed_by_id: UUID | None = None
    """Who made this version: the last to change more than what an agency commits."""
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
    def approval_note(self) -> str:
        """Return that the plan isn't the version that was approved; empty when it is, or nothing is approved."""
        if self.approved_version in (None, self.version):
            return ""
        return f"Version {self.approved_version} was approved; this is version {self.version}."

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
    """Return which of these names a text contains as whole words, whatever their case, or close to it.

    Close to it are a plural, a hyphen or a space within a word, and one letter of a long name that differs.
    """
    words = _WORD.findall(text.casefold())
    return tuple(name for name in names if _is_among(_WORD.findall(name.casefold()), words))


def _is_among(name: list[str], words: list[str]) -> bool:
    """Return whether any words in a row, up to one more than the name has, are the name when they are joined."""
    joined = "".join(name)
    spans = ((start, start + count) for count in range(1, len(name) + 2) for start in range(len(words) - count + 1))
    return any(_is_close("".join(words[start:end]), joined) for start, end in spans)


def _is_close(word: str, name: str) -> bool:
    if word in (name, f"{name}s", f"{name}es"):
        return True
    if len(name) < SHORTEST_MISSPELLED or abs(len(word) - len(name)) > 1:
        return False
    same = next((at for at, (one, other) in enumerate(zip(word, name, strict=False)) if one != other), len(name))
    rest, wanted = word[same:], name[same:]
    return rest[1:] == wanted[1:] or rest == wanted[1:] or rest[1:] == wanted


def check_neutral(field: str, text: str, names: Iterable[str]) -> None:
    """Raise `Invalid` for a text that contains one of the names of an operation."""
    if telltale := telltales(text, names):
        raise Invalid(**{field: f"Leave out “{telltale[0]}”. It would give the operation away."})
