"""Need-to-know: who lets whom see an operation, why, until when, and who else has to approve it (28 CFR 23.20).

The dissemination record says which version each person had, through what, and when first (28 CFR 23.20(e) and (g)).
Administrators have emergency access: for a reason, for an hour, to read (decision 31).
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from tracker.errors import Invalid
from tracker.rules.core.viewers import Arm, Role, Viewer, Visibility
from tracker.rules.core.wording import Worded
from tracker.rules.events.events import EventFields, Kind

LONGEST_GRANT_REASON = 500  # characters
LONGEST_ACCESS = timedelta(days=366)
EMERGENCY_LASTS = timedelta(minutes=60)
LONGEST_EMERGENCY_REASON = 500  # characters
EMERGENCY_LOOKS_BACK = timedelta(days=30)
"""Operations that ended longer ago can't be opened."""

POLLED_AGAIN = timedelta(minutes=10)
"""How long one entry counts for a part of a page that is fetched again and again."""
_DAY_IN_PATH = re.compile(r"(?<=/)\d{4}-\d{2}-\d{2}[^/]*/?")


def without_day(path: str) -> str:
    """Return the path of a page without the day of a date: "/events/…/2026-12-19/plan" is "/events/…/plan"."""
    return _DAY_IN_PATH.sub("", path).rstrip("/") or "/"


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


def may_approve_access(viewer: Viewer, lead_id: UUID, grant: Grant) -> bool:
    """Return whether a viewer who sees the operation may approve a request: law enforcement, not its lead or giver."""
    return viewer.arm is Arm.LAW_ENFORCEMENT and viewer.member_id not in {lead_id, grant.giver_id, grant.member_id}


def check_grant(arm: Arm, reason: str, until: datetime | None, now: datetime) -> None:
    """Raise `Invalid`, with a sentence for each field, unless access can be given like this."""
    wrong: dict[str, str] = {}
    if needs_second_person(arm) and not reason:
        wrong["reason"] = "Say why this person needs to know. A second person reads it before they approve."
    if len(reason) > LONGEST_GRANT_REASON:
        wrong["reason"] = f"Keep the reason to {LONGEST_GRANT_REASON} characters."
    if until is not None and until <= now:
        wrong["until"] = "Choose a time in the future."
    elif until is not None and until > now + LONGEST_ACCESS:
        wrong["until"] = "Access can be given for a year at most."
    if wrong:
        raise Invalid(**wrong)


class Outlet(Worded):
    """Through what a person got it."""

    PAGE = "page", "Web page"
    PRINT = "print", "Printed brief"
    EMAIL = "email"
    LINK = "link", "Link in an email"
    FEED = "feed", "Calendar feed"
    API = "api", "Program (API)"


class Dissemination(Struct, frozen=True, kw_only=True):
    """One time that a person was shown or sent an operation, as it was recorded; aware UTC."""

    member_id: UUID
    person: str
    outlet: Outlet
    at: datetime
    version: int | None
    """Of the event; None for what an earlier release recorded without it."""
    plan_version: int | None = None
    """Of its plan; None where no plan was shown."""


def first_disseminations(given: Iterable[Dissemination]) -> list[Dissemination]:
    """Return the first time that each person had each version through each outlet; by person, then in time order."""
    first: dict[tuple[object, ...], Dissemination] = {}
    for record in sorted(given, key=lambda record: record.at):
        first.setdefault((record.member_id, record.outlet, record.version, record.plan_version), record)
    return sorted(first.values(), key=lambda record: (record.person, str(record.member_id), record.at))


class EmergencyOpened(Struct, frozen=True, kw_only=True):
    """One operation that an administrator opened, as the people on it see it; times aware UTC."""

    person: str
    """Name and agency."""
    reason: str
    opened_at: datetime
    until: datetime
    """When access ended, or is to end."""

    def is_open(self, now: datetime) -> bool:
        """Return whether they can still read it."""
        return now < self.until


class EmergencyUse(Struct, frozen=True, kw_only=True):
    """One emergency access; what was opened isn't part of it."""

    person: str
    reason: str
    began_at: datetime
    until: datetime
    """When it ended, or is to end."""


def may_use_emergency_access(viewer: Viewer) -> bool:
    """Return whether the viewer can get emergency access: an administrator."""
    return Role.ADMINISTRATOR in viewer.roles


def may_read_emergency_uses(viewer: Viewer) -> bool:
    """Return whether the viewer reads who had emergency access, and why: administrators and coordinators."""
    return may_use_emergency_access(viewer) or viewer.is_coordinator


def check_emergency_reason(reason: str) -> None:
    """Raise `Invalid` unless there is a reason that fits."""
    if not reason:
        raise Invalid(
            reason="Say why you need emergency access."
            " The coordinators, and the leads of operations that you open, read it."
        )
    if len(reason) > LONGEST_EMERGENCY_REASON:
        raise Invalid(reason=f"Keep the reason to {LONGEST_EMERGENCY_REASON} characters.")
