"""Whether two operations are in each other's way, what each side is shown, and which decisions end a conflict.

We compare operations of this task force only. RISSafe, Case Explorer, and SAFETNet compare with everyone else's.

Each comparison of a place at a time says whether another operation is near. Someone who tries address after address and
hour after hour would find operations that they may not know of. So people may have enough places compared to plan, and
too few to search for one.
"""

import hashlib
import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, NewType
from uuid import UUID

from geographiclib.geodesic import Geodesic
from msgspec import Struct

from tracker.rules.core.wording import Worded
from tracker.rules.operations.plans import Operation, PlannedSite, Point
from tracker.rules.operations.states import COMPARED, OperationState

EARTH = Geodesic(6_371_008.8, 0)
"""A sphere of the mean radius of the Earth (IUGG, R1, in meters): distances are great circles, within 0.6 %."""
METERS_IN_A_FOOT = 0.3048
MILLIONTHS_IN_1000_FEET = 2_742  # of a degree along a meridian, rounded up
NEAR_A_POLE = 80  # degrees of latitude beyond which any longitude can be near
FactsHash = NewType("FactsHash", str)
"""A hash of when and where two operations are, and of who knows it, without a way back."""
MOST_IN_AN_HOUR, MOST_IN_A_DAY = 100, 300  # places of one person
OF_AN_AGENCY = 2  # times as many
AFTER_AN_HOUR = "Try again in an hour, or ask a deconfliction officer."
AFTER_A_DAY = "Try again tomorrow, or ask a deconfliction officer."
BACK_TO_DRAFT = COMPARED - {OperationState.EXECUTING}
"""From where a plan whose time moves too often is taken out of the comparison; never once the operation has begun."""


class Footprint(Struct, frozen=True, kw_only=True):
    """When and where an operation is, as far as others could get in its way; times aware UTC."""

    starts_at: datetime
    ends_at: datetime
    buffer: timedelta
    points: tuple[Point, ...]
    is_silent: bool = False
    """Whether the other side of a conflict is shown nothing of it."""


class Overlap(NamedTuple):
    """How close two operations come."""

    distance_ft: int
    """Between their nearest sites, rounded to the foot."""
    gap: timedelta
    """Between the end of one and the start of the other; zero when they overlap."""


class SearchBox(NamedTuple):
    """What a background reader asks the database before distances are measured; none that is near is outside of it."""

    latitude_e6: int
    longitude_e6: int
    radius_ft: int
    """Of the site in the middle; a site with a larger radius of its own reaches further."""
    longitude_in_1000_feet: int | None
    """Millionths of a degree of longitude; None near a pole, where longitude says nothing."""


def box_around(point: Point) -> SearchBox:
    """Return the box outside of which no site is near a point."""
    if abs(point.latitude) > NEAR_A_POLE:
        return SearchBox(point.latitude_e6, point.longitude_e6, point.radius_ft, None)
    # A circle reaches a little further east than r / cos(latitude): asin(sin r / cos latitude), within 0.1 %.
    stretched = MILLIONTHS_IN_1000_FEET * 1.001 / math.cos(math.radians(point.latitude))
    return SearchBox(point.latitude_e6, point.longitude_e6, point.radius_ft, math.ceil(stretched))


def gap_between(footprint: Footprint, other: Footprint) -> timedelta | None:
    """Return the time between two operations, zero when they overlap; None when it's longer than the larger buffer."""
    gap = max(footprint.starts_at - other.ends_at, other.starts_at - footprint.ends_at, timedelta(0))
    return gap if gap <= max(footprint.buffer, other.buffer) else None


def find_unplaced(footprints: Mapping[UUID, Footprint]) -> dict[UUID, list[UUID]]:
    """Return the operations without a place that is known, each with those that could be in its way by their time.

    Where it is can't be compared, so neither side is shown anything; the officer can ask for the place.
    """
    by_time = {
        plan_id: [
            other_id
            for other_id, other in footprints.items()
            if other_id != plan_id and gap_between(footprint, other) is not None
        ]
        for plan_id, footprint in footprints.items()
        if not footprint.points
    }
    return {plan_id: others for plan_id, others in by_time.items() if others}


def overlap_of(footprint: Footprint, other: Footprint) -> Overlap | None:
    """Return how close two operations come, or None if they are not in each other's way.

    They are when a pair of sites is within the larger of their radii, and the gap in time is at most the larger buffer.
    It doesn't matter which of the two comes first.
    """
    gap = gap_between(footprint, other)
    if gap is None:
        return None
    near = [
        feet
        for point in footprint.points
        for near_point in other.points
        if (feet := distance_ft(point, near_point)) <= max(point.radius_ft, near_point.radius_ft)
    ]
    return Overlap(round(min(near)), gap) if near else None


def hash_of_facts(footprint: Footprint, other: Footprint) -> FactsHash:
    """Return the same hash for the same two footprints, in either order."""
    sides = sorted("|".join(_texts(each)) for each in (footprint, other))
    return FactsHash(hashlib.sha256("\n".join(sides).encode()).hexdigest())


def _texts(footprint: Footprint) -> Iterator[str]:
    """Yield what makes a footprint, each part in one spelling."""
    yield from (moment.astimezone(UTC).isoformat() for moment in (footprint.starts_at, footprint.ends_at))
    yield str(footprint.buffer // timedelta(minutes=1))
    yield str(int(footprint.is_silent))
    yield from (",".join(map(str, point)) for point in sorted(footprint.points))


def distance_ft(point: Point, other: Point) -> float:
    """Return the great-circle distance between two points, in feet."""
    line = EARTH.Inverse(point.latitude, point.longitude, other.latitude, other.longitude, Geodesic.DISTANCE)
    meters: float = line["s12"]
    return meters / METERS_IN_A_FOOT


class Decision(Worded):
    """What one side decides about a conflict."""

    PROCEED = "proceed", "Both proceed, with coordination"
    """Both go ahead, coordinated; each side that knows must say so."""
    JOINT = "joint", "Combine the operations"
    """They become one operation; both sides must say so."""
    RESCHEDULE = "reschedule", "We’ll change our time or place"
    """This side moves; the conflict ends when the facts no longer match."""
    CANCEL = "cancel", "We’ll cancel"
    """This side cancels; the conflict ends when it has."""
    NOT_A_CONFLICT = "not_a_conflict"
    """A false alarm; each side that knows must say so."""


ALONE_WORDS = {decision: decision.label for decision in Decision if decision is not Decision.JOINT} | {
    Decision.PROCEED: "We proceed"
}
"""What a side can decide that shows the other nothing."""
TOGETHER = frozenset({Decision.PROCEED, Decision.JOINT, Decision.NOT_A_CONFLICT})
"""Decisions that hold as soon as both sides made the same."""


class Outcome(Worded):
    """How a conflict ended."""

    PROCEED = "proceed", "Both proceed"
    JOINT = "joint", "One operation"
    RESCHEDULED = "rescheduled"
    CANCELED = "canceled"
    NOT_A_CONFLICT = "not_a_conflict"
    SUPERSEDED = "superseded", "No longer in conflict"
    """The facts changed, and no one had said that they would."""


AGREED = (Outcome.PROCEED, Outcome.JOINT, Outcome.NOT_A_CONFLICT)
"""Outcomes to which both sides agreed; the same facts are no new conflict."""
_MOVED_AWAY = {Decision.RESCHEDULE: Outcome.RESCHEDULED, Decision.CANCEL: Outcome.CANCELED}


class OtherSide(Struct, frozen=True, kw_only=True):
    """The other side of a conflict, as far as it discloses itself; empty fields are not disclosed.

    Of a conflict that has ended, only the agency and who led it then are left.
    """

    agency: str
    lead: str
    phone: str
    email: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class Hit(Struct, frozen=True, kw_only=True):
    """A conflict as one side sees it."""

    id: UUID
    other_plan: UUID
    """The other operation, to tell whether two conflicts are with the same one; it's never shown."""
    found_at: datetime
    other: OtherSide
    distance_ft: int | None
    """None when the other side does not disclose it."""
    gap: timedelta | None
    mine: Decision | None
    theirs: Decision | None
    outcome: Outcome | None
    closed_at: datetime | None
    lead: str = ""
    """Who led this side when it ended."""
    reason: str = ""
    """Of this side's decision; empty before it."""
    dropped_at: datetime | None = None
    """When earlier decisions ended because a time or place changed; None if that never happened."""

    @property
    def is_open(self) -> bool:
        """Return whether it still needs a decision."""
        return self.outcome is None

    @property
    def was_agreed(self) -> bool:
        """Return whether both sides said the same; a side that shows nothing decides alone."""
        return self.outcome in AGREED and self.mine is not None and self.mine is self.theirs


class PlanConflict(NamedTuple):
    """What there is between two operations: the last conflict, and those that ended before it, oldest first."""

    last: Hit
    earlier: tuple[Hit, ...]


def conflicts_by_operation(hits: Iterable[Hit]) -> list[PlanConflict]:
    """Return the conflicts of one side, those with the same operation as one; open is last."""
    of_other: dict[UUID, list[Hit]] = {}
    for hit in sorted(hits, key=lambda hit: (hit.is_open, hit.found_at)):
        of_other.setdefault(hit.other_plan, []).append(hit)
    return [PlanConflict(last, tuple(earlier)) for *earlier, last in of_other.values()]


def agreed_outcome(decisions: Mapping[UUID, Decision], asked: Collection[UUID]) -> Outcome | None:
    """Return how a conflict ends by what its sides decided so far; None while it stays open.

    `asked` are the sides that know of it. One that shows the other nothing decides alone, but not for one operation.
    """
    made = {decisions.get(side) for side in asked}
    possible = TOGETHER if len(asked) > 1 else TOGETHER - {Decision.JOINT}
    decided = next(iter(made)) if len(made) == 1 else None
    return Outcome(decided.value) if decided in possible else None


def outcome_when_moved(decisions: Mapping[UUID, Decision]) -> Outcome:
    """Return how a conflict ended whose facts no longer match."""
    return next(
        (_MOVED_AWAY[decision] for decision in sorted(decisions.values()) if decision in _MOVED_AWAY),
        Outcome.SUPERSEDED,
    )


class ComparisonCount(NamedTuple):
    """Places that were compared in the last hour and in the last 24 hours."""

    in_an_hour: int
    in_a_day: int


def comparison_refusal(person: ComparisonCount, agency: ComparisonCount) -> str:
    """Return why another place isn't compared now, and what to do; empty when it is."""
    for who, used, times in (("You have", person, 1), ("Your agency has", agency, OF_AN_AGENCY)):
        if used.in_a_day >= times * MOST_IN_A_DAY:
            most, span, then = times * MOST_IN_A_DAY, "in 24 hours", AFTER_A_DAY
        elif used.in_an_hour >= times * MOST_IN_AN_HOUR:
            most, span, then = times * MOST_IN_AN_HOUR, "in an hour", AFTER_AN_HOUR
        else:
            continue
        return f"{who} had {most} sites compared with other operations {span}, which is the limit. {then}"
    return ""


def count_for_site(operation: Operation, site: PlannedSite) -> int:
    """Return how many places are compared because of a new site."""
    return int(operation.state in COMPARED and site.is_compared)


def count_for_buffer(operation: Operation, buffer: timedelta) -> int:
    """Return how many places are compared because of another buffer: a longer one reaches further."""
    return _count_places(operation) if operation.state in COMPARED and buffer > operation.buffer else 0


def count_for_state(operation: Operation, to: OperationState) -> int:
    """Return how many places are compared because a plan that was not compared enters a state in which it is."""
    return _count_places(operation) if to in COMPARED and operation.state not in COMPARED else 0


def _count_places(operation: Operation) -> int:
    return sum(site.is_compared for site in operation.sites)
