"""What programs send about joint operations."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from tracker.ports.api.shapes import Given, Moment, minutes
from tracker.rules.operations.deconfliction import Decision
from tracker.rules.operations.orders import LONGEST_PHASE_NAME
from tracker.rules.operations.plans import (
    LONGEST_BUFFER,
    LONGEST_NUMBER,
    LONGEST_REASON,
    LONGEST_SKILLS,
    MOST_PEOPLE,
    Disclosure,
    OutsideResult,
    System,
)
from tracker.rules.operations.sites import DEFAULT_RADIUS, GREATEST_RADIUS, LEAST_RADIUS, LONGEST_PLACE, SiteRole

Buffer = Annotated[
    int, Meta(ge=0, le=minutes(LONGEST_BUFFER), description="Minutes between two operations that aren’t in conflict.")
]
Discloses = Annotated[Disclosure, Meta(description="What the other operation in a conflict is shown of this one.")]
Latitude = Annotated[float, Meta(ge=-90, le=90, examples=[39.0911], description="Degrees of WGS 84.")]
Longitude = Annotated[float, Meta(ge=-180, le=180, examples=[-94.4155], description="Degrees. West is negative.")]
Radius = Annotated[int, Meta(ge=LEAST_RADIUS, le=GREATEST_RADIUS, description="Feet.")]
Committed = Annotated[int, Meta(ge=1, le=MOST_PEOPLE)]
Vehicles = Annotated[int, Meta(ge=0, le=MOST_PEOPLE)]
WhyDecided = Annotated[
    str, Meta(min_length=1, max_length=LONGEST_REASON, description="One sentence: why, or what you agreed.")
]
Why = Annotated[str, Meta(min_length=1, max_length=LONGEST_REASON)]


class NextState(StrEnum):
    """A state that a plan can be taken to, except approved: that’s an approval."""

    PLANNING = "planning"
    SUBMITTED = "submitted"
    BRIEFED = "briefed"
    EXECUTING = "executing"
    RELEASED = "released"
    DEBRIEFED = "debriefed"
    CLOSED = "closed"
    STOOD_DOWN = "stood_down"
    ABORTED = "aborted"


class NewPlan(Given):
    """The joint operation to plan: an event with one date, for named people only."""

    event_id: UUID


class PlanChange(Given):
    """Changes to a plan; fields that are left out stay as they are."""

    supervisor_id: Annotated[
        UUID | UnsetType | None, Meta(description="One of the plan’s `supervisors`, or null for none.")
    ] = UNSET
    disclosure: Discloses | UnsetType = UNSET
    buffer_minutes: Buffer | UnsetType = UNSET


class NewSite(Given):
    """A place of an operation."""

    role: SiteRole
    place: Annotated[
        str, Meta(min_length=1, max_length=LONGEST_PLACE, examples=["Lot behind the motel"], description="In words.")
    ]
    latitude: Latitude
    longitude: Longitude
    radius_ft: Radius = DEFAULT_RADIUS


class NewPhase(Given):
    """A phase of an operation as it is planned."""

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_PHASE_NAME, examples=["Briefing"])]
    starts_at: Moment
    ends_at: Annotated[Moment | None, Meta(description="Null for a phase that is a moment, such as all out.")] = None


class PhaseTimes(Given):
    """When a phase really began and ended; null while it has not."""

    begun_at: Moment | None
    ended_at: Moment | None = None


class NewCommitment(Given):
    """The resources of an agency, in place of those that it had in the plan before."""

    people: Committed
    vehicles: Vehicles = 0
    skills: Annotated[str, Meta(max_length=LONGEST_SKILLS, examples=["Spanish, K-9"])] = ""


class NewAcknowledgment(Given):
    """The version of the plan that you read."""

    version: Annotated[int, Meta(ge=1)]


class NewNumber(Given):
    """A deconfliction number, which an outside system gave."""

    system: System
    number: Annotated[str, Meta(min_length=1, max_length=LONGEST_NUMBER, examples=["RS-1042"])]
    result: OutsideResult = OutsideResult.PENDING
    submitted_at: Annotated[Moment | None, Meta(description="When it was submitted, within 90 days. Null = now.")] = (
        None
    )


class NewWaiver(Given):
    """Why the deconfliction number is waived."""

    reason: Why


class NewReturn(Given):
    """What should change in the plan."""

    comment: Why


class NewDecision(Given):
    """What your agency decides about a conflict."""

    decision: Decision
    reason: WhyDecided


class Move(Given):
    """The state to take a plan to."""

    to: NextState
