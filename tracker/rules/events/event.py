"""Events and their dates as frozen values, and who may do what with them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from tracker.errors import NotFound
from tracker.rules.core.audiences import Arm, Visibility
from tracker.rules.core.viewers import Role, Viewer
from tracker.rules.events.event_fields import NO_LOCATION, EventFields, EventStatus, Kind, where_words
from tracker.rules.events.markings import Marking
from tracker.rules.roster.reminder_policies import USUAL_POLICY, ReminderPolicy

__all__ = [
    "Event",
    "EventStatus",
    "Kind",
    "Line",
    "Occurrence",
    "day_of",
    "may_edit",
    "may_schedule",
    "may_take_attendance",
]
"""Kind and EventStatus are defined with the fields that hold them, and are imported from here with Event."""


class Event(EventFields, frozen=True, kw_only=True):
    """An event as one viewer may see it."""

    id: UUID
    uid: str
    reference: str | None
    committee: str | None
    """The name of its committee."""
    lead_id: UUID
    lead: str
    lead_agency: str
    rrule: str | None
    version: int
    sequence: int
    created_at: datetime
    changed_at: datetime
    cancel_reason: str = ""
    """Why it was canceled, in the words of the person who canceled it."""

    @property
    def is_restricted(self) -> bool:
        """Return whether only named people may see it."""
        return self.visibility is Visibility.NAMED

    @property
    def banner(self) -> str:
        """Return the banner of its marking; empty when it is not marked."""
        return self.marking.banner if self.marking else ""

    @property
    def is_kept_back(self) -> bool:
        """Return whether feeds leave out its details, because anyone who has a feed's address can read it."""
        return self.is_restricted or self.marking is not None

    @property
    def where(self) -> str:
        """Return where it takes place, in the words of pages."""
        return where_words(self.place, self.video_link) or NO_LOCATION

    @property
    def is_series(self) -> bool:
        """Return whether a rule gives it more than one date."""
        return self.rrule is not None


class Occurrence(Struct, frozen=True, kw_only=True):
    """One date of an event; `starts_at` and `ends_at` are aware UTC; the end is excluded."""

    id: UUID
    event: Event
    original_start: datetime
    """Local start by the rule: the identity of the date, equal to RECURRENCE-ID."""
    starts_at: datetime
    ends_at: datetime
    title: str
    place: str
    agenda: str
    is_canceled: bool
    is_changed: bool
    version: int
    sequence: int
    changed_at: datetime
    attendance_closed_at: datetime | None
    cancel_reason: str = ""
    """Why this date alone was canceled."""
    is_off_record: bool = False
    """Whether reports count it as canceled although its attendance is closed."""

    @property
    def key(self) -> str:
        """Return the date's name in addresses: the day on which the rule put it."""
        return self.original_start.date().isoformat()

    @property
    def where(self) -> str:
        """Return where this date takes place, in the words of pages."""
        return where_words(self.place, self.event.video_link) or NO_LOCATION

    @property
    def is_off(self) -> bool:
        """Return whether this date doesn't take place."""
        return self.is_canceled or self.event.status is EventStatus.CANCELED

    @property
    def keeps_record(self) -> bool:
        """Return whether it was canceled after it was held, and reports still count its attendance."""
        return self.is_off and self.attendance_closed_at is not None and not self.is_off_record

    @property
    def status(self) -> EventStatus:
        """Return the status of this date: canceled when either the date or the whole event is."""
        return EventStatus.CANCELED if self.is_off else self.event.status


def taking_place(dates: Sequence[Occurrence]) -> Sequence[Occurrence]:
    """Return the dates of a series that are not canceled; all of them when every date is."""
    return [one for one in dates if not one.is_off] or dates


def next_sequence(event: Event, dates: Iterable[Occurrence]) -> int:
    """Return a SEQUENCE above any that emails gave the event or one of its dates (RFC 5546 §2.1.4).

    Dates have numbers of their own. A series with a lower one would not replace a date that was moved before, nor bring
    back what an email with the number of a date took out.
    """
    return max([event.sequence, *(one.sequence for one in dates)]) + 1


def day_of(key: str) -> datetime:
    """Return the local midnight of a date's key (YYYY-MM-DD). Errors: NotFound for any other text."""
    try:
        return datetime.strptime(key, "%Y-%m-%d")  # noqa: DTZ007 - local to the event's zone
    except ValueError as odd:
        raise NotFound from odd


class Line(NamedTuple):
    """One date in brief, for calendars and lists; times aware UTC. A tuple, because a month can have 500 of them."""

    id: UUID
    event_id: UUID
    key: str
    kind: Kind
    title: str
    place: str
    visibility: Visibility
    status: EventStatus
    starts_at: datetime
    ends_at: datetime
    zone: str
    is_all_day: bool
    is_changed: bool
    lead_id: UUID
    committee_id: UUID | None
    marking: Marking | None = None
    reminders: ReminderPolicy = USUAL_POLICY

    @property
    def is_off(self) -> bool:
        """Return whether this date doesn't take place."""
        return self.status is EventStatus.CANCELED


def line_of(date: Occurrence) -> Line:
    """Return a date in brief."""
    event = date.event
    return Line(
        id=date.id,
        event_id=event.id,
        key=date.key,
        kind=event.kind,
        title=date.title,
        place=date.place,
        visibility=event.visibility,
        status=date.status,
        starts_at=date.starts_at,
        ends_at=date.ends_at,
        zone=event.zone,
        is_all_day=event.is_all_day,
        is_changed=date.is_changed,
        lead_id=event.lead_id,
        committee_id=event.committee_id,
        marking=event.marking,
        reminders=event.reminders,
    )


def may_schedule(viewer: Viewer, kind: Kind, visibility: Visibility, committee_id: UUID | None) -> bool:
    """Return whether the viewer may schedule such an event.

    A coordinator may schedule anything; a committee's chair, what the committee may see; an agency lead, what their own
    arm may see, or an event for named people. Joint operations are limited to law enforcement.
    """
    if viewer.is_coordinator:
        return True
    if kind is Kind.JOINT_OPERATION and viewer.arm is not Arm.LAW_ENFORCEMENT:
        return False
    if visibility is Visibility.COMMITTEE and committee_id in viewer.chairs:
        return True
    leads_an_agency = Role.AGENCY_LEAD in viewer.roles
    return leads_an_agency and (visibility is Visibility.NAMED or visibility == viewer.arm.value)


def may_edit(viewer: Viewer, event: Event | Line) -> bool:
    """Return whether a viewer who sees the event may change it: organizer, committee's chair, coordinator."""
    return viewer.member_id == event.lead_id or event.committee_id in viewer.chairs or viewer.is_coordinator


may_take_attendance = may_edit
"""People who may change an event may also take attendance at it."""
