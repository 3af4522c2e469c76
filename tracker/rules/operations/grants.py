"""Need-to-know: who lets whom see an operation, why, until when, and who else has to approve it (28 CFR 23.20)."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from tracker.errors import Invalid
from tracker.rules.core.audiences import Arm, Visibility
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event_fields import EventFields, Kind

LONGEST_REASON = 500  # characters
LONGEST_ACCESS = timedelta(days=366)
NO_REASON = "Say why this person needs to know. A second person reads it before they approve."
TOO_LONG = f"Keep the reason to {LONGEST_REASON} characters."
IN_THE_PAST = "Choose a time in the future."
TOO_FAR = "Access can be given for a year at most."


class GrantState(StrEnum):
    """How far access of one person has come."""

    REQUESTED = "requested"
    """It waits for a second person; until then the person sees nothing."""
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Grant(Struct, frozen=True, kw_only=True):
    """Access of one person to one operation, from the request until it ended; times aware UTC."""

    id: UUID
    member_id: UUID
    person: str
    """Name and agency, as all people here."""
    giver_id: UUID
    giver: str
    reason: str
    requested_at: datetime
    granted_at: datetime | None
    approver: str
    """The second person; empty when none was needed, or none has approved it yet."""
    until: datetime | None
    """When access ends by itself; None = when it is withdrawn."""
    ended_at: datetime | None
    ended_by: str
    """Who ended it; empty when its time was over, or the person left the task force."""

    def state(self, now: datetime) -> GrantState:
        """Return its state."""
        if self.until is not None and self.until <= (self.ended_at or now):
            return GrantState.EXPIRED
        if self.ended_at is not None:
            return GrantState.WITHDRAWN
        return GrantState.GRANTED if self.granted_at else GrantState.REQUESTED


def is_on_need_to_know(event: EventFields) -> bool:
    """Return whether only people who need to know may see an event: a joint operation for named people."""
    return event.kind is Kind.JOINT_OPERATION and event.visibility is Visibility.NAMED


def needs_second_person(arm: Arm) -> bool:
    """Return whether access of a person who serves in this arm waits for a second person."""
    return arm is Arm.VICTIM_SERVICES


def may_take_over(viewer: Viewer, event: EventFields) -> bool:
    """Return whether an event can pass to a person who sees it when its lead leaves.

    An operation can't pass to victim services: they were let see it, and couldn't change its plan.
    """
    return not is_on_need_to_know(event) or viewer.arm is Arm.LAW_ENFORCEMENT


def may_approve(viewer: Viewer, lead_id: UUID, grant: Grant) -> bool:
    """Return whether a viewer who sees the operation may approve a request: law enforcement, not its lead or giver."""
    return viewer.arm is Arm.LAW_ENFORCEMENT and viewer.member_id not in {lead_id, grant.giver_id, grant.member_id}


def check_grant(arm: Arm, reason: str, until: datetime | None, now: datetime) -> None:
    """Raise `Invalid`, with a sentence for each field, unless access can be given like this."""
    wrong: dict[str, str] = {}
    if needs_second_person(arm) and not reason:
        wrong["reason"] = NO_REASON
    if len(reason) > LONGEST_REASON:
        wrong["reason"] = TOO_LONG
    if until is not None and until <= now:
        wrong["until"] = IN_THE_PAST
    elif until is not None and until > now + LONGEST_ACCESS:
        wrong["until"] = TOO_FAR
    if wrong:
        raise Invalid(**wrong)
