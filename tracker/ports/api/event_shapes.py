"""The JSON shapes of events."""

from datetime import date
from enum import IntEnum, StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from tracker.ports.api.shapes import (
    SENTENCE,
    Agenda,
    Clock,
    Day,
    Given,
    Line,
    Lines,
    Minutes,
    Moment,
    Name,
    NamedId,
    Notified,
    PlaceName,
    Shown,
    Title,
    changes_of,
    minutes,
    offering,
    page_of,
    shown,
    without,
)
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import ONLY_HTTPS, TEXTS, Event, EventStatus, Kind, may_edit
from tracker.rules.events.markings import Category, Limit
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import rule_of
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.operations.states import OperationState
from tracker.rules.recurrence.series import MAX_DATES, SUNDAY, RepeatChoice, choice_of
from tracker.rules.roster.meetings import ASKS_AFTER_OFFERED, ASKS_OFFERED, OFFERED, ReminderPolicy

LONGEST_ZONE = 60  # characters
MOST_PEOPLE = 500
LINK = r"^(https://[^\s/][^\s]*)?$"

Zone = Annotated[str, Meta(max_length=LONGEST_ZONE, examples=["America/Chicago"], description="IANA name.")]
VideoLink = Annotated[
    Line,
    Meta(
        max_length=TEXTS["video_link"].longest,
        pattern=LINK,
        examples=["https://meet.example.gov/1"],
        extra={SENTENCE: ONLY_HTTPS},
    ),
]
Notes = Annotated[Lines, Meta(max_length=TEXTS["description"].longest, description="No victim or case details.")]
Weekday = Annotated[int, Meta(ge=0, le=6, description="Monday is 0.")]
WEEK_STARTS = "The first day of the week (WKST). Matters for a series on several days every second week or less often."


@without(RepeatChoice.NONE)
class Every(StrEnum):
    """How a series repeats; day, weekday and month are those of its first date."""


@without(EventStatus.CANCELED)
class NewStatus(StrEnum):
    """How sure an event is; only its organizer sees a draft, and a draft sends no email."""


@without(AttendeeRole.CHAIR)
class Needed(StrEnum):
    """Whether an event can take place without the person; informed people see it and are not asked to come."""


@offering({str(lead): minutes(lead) for lead in OFFERED})
class LeadTime(IntEnum):
    """How many minutes before a date a reminder goes out."""


@offering({str(lead): lead.days for lead in ASKS_OFFERED})
class FollowUp(IntEnum):
    """How many days before a date people who haven't replied are asked again."""


class Repeat(Given):
    """How an event repeats, and when that ends: by a last day or by a number of dates, otherwise after a year."""

    every: Every
    interval: Annotated[int, Meta(ge=1, le=400)] = 1
    weekdays: Annotated[tuple[Weekday, ...], Meta(max_length=7, description="For a weekly series.")] = ()
    week_starts: Annotated[Weekday, Meta(description=WEEK_STARTS)] = SUNDAY
    until: date | None = None
    count: Annotated[int, Meta(ge=1, le=MAX_DATES)] | None = None


class Invitee(Given):
    """A person to invite."""

    member_id: UUID
    role: Needed = Needed(AttendeeRole.REQUIRED)


People = Annotated[tuple[Invitee, ...], Meta(max_length=MOST_PEOPLE, description="Invitees besides the organizer.")]


class MarkingGiven(Given):
    """The marking of controlled unclassified information; only law-enforcement members set, change or remove one."""

    categories: Annotated[tuple[Category, ...], Meta(min_length=1, max_length=len(Category))]
    agency_id: Annotated[UUID, Meta(description="The law-enforcement agency that designates it.")]
    decontrol_on: date
    limit: Limit | None = None


@offering({str(lead): lead.days for lead in ASKS_AFTER_OFFERED})
class FollowUpAfter(IntEnum):
    """How many days after their invitation was sent people who haven't replied are asked again."""


class RemindersGiven(Given):
    """When people are reminded of an event, and whether those who haven't replied are asked again."""

    minutes_before: Annotated[
        tuple[LeadTime, ...], Meta(max_length=len(LeadTime), description="Empty for no reminders.")
    ]
    follow_up_days_before: Annotated[
        tuple[FollowUp, ...],
        Meta(max_length=len(FollowUp), description="When to follow up on missing replies. Empty for never."),
    ] = ()
    follow_up_days_after_invitation: Annotated[
        tuple[FollowUpAfter, ...],
        Meta(
            max_length=len(FollowUpAfter),
            description="The same, counted from when each person's invitation was sent. Empty for never.",
        ),
    ] = ()
    sends_thanks: Annotated[
        bool, Meta(description="Thanks people who were marked present, an hour after attendance is closed.")
    ] = False


class NewEvent(Given):
    """An event to schedule."""

    kind: Kind
    title: Title
    visibility: Visibility
    date: Day
    minutes: Minutes
    time: Clock = "00:00"
    time_zone: Zone | UnsetType = UNSET
    is_all_day: bool = False
    repeat: Repeat | None = None
    committee_id: UUID | None = None
    status: NewStatus = NewStatus(EventStatus.CONFIRMED)
    description: Notes = ""
    place: PlaceName = ""
    video_link: VideoLink = ""
    agenda: Agenda = ""
    people: People = ()
    marking: MarkingGiven | None = None
    reminders: Annotated[
        RemindersGiven | UnsetType, Meta(description="Left out, those of its committee, or the usual ones.")
    ] = UNSET


@changes_of(NewEvent, "kind", "title", "visibility", "date", "time")
class EventChange(Given):
    """Changes to an event, all its dates included; fields that are left out stay as they are."""

    reminders: RemindersGiven | UnsetType = UNSET
    notify: Notified = Notify.CHANGES


class CommitteeName(NamedId):
    """A committee or a team with seats."""


class MarkingShown(Shown):
    """The marking of controlled unclassified information (32 CFR 2002)."""

    banner: Annotated[str, Meta(examples=["CUI//SP-INV/LEI//FEDCON"])]
    categories: tuple[Category, ...]
    limit: Limit | None
    agency_id: UUID
    agency: str
    decontrol_on: Day


class RemindersShown(Shown):
    """When people are reminded of an event, unless they chose their own times."""

    minutes_before: tuple[int, ...]
    follow_up_days_before: tuple[int, ...]
    follow_up_days_after_invitation: tuple[int, ...]
    sends_thanks: bool


class EventShown(Shown):
    """An event as the owner of the token may see it; date and time are those of its first date."""

    id: UUID
    reference: str | None
    kind: Kind
    title: str
    visibility: Visibility
    status: EventStatus
    operation_state: OperationState | None
    """Where the plan of an operation is; null for an event without a plan."""
    date: Day
    time: Clock
    minutes: int
    time_zone: str
    is_all_day: bool
    repeat: Repeat | None
    rrule: str | None
    committee: CommitteeName | None
    lead: Name
    description: str
    place: str
    video_link: str
    agenda: str
    marking: MarkingShown | None
    reminders: RemindersShown
    may_edit: bool
    version: int
    created_at: Moment
    changed_at: Moment


EventPage = page_of("EventPage", EventShown, "One page of a list of events.")


def event_shown(viewer: Viewer, event: Event, state: OperationState | None) -> EventShown:
    """Return an event in the shape of the API; `state` is that of its plan, if it has one."""
    rule, marking = rule_of(event), event.marking
    committee = event.committee_id and event.committee and CommitteeName(id=event.committee_id, name=event.committee)
    return shown(
        EventShown,
        event,
        operation_state=state,
        date=event.starts.date(),
        time=f"{event.starts:%H:%M}",
        minutes=minutes(event.duration),
        time_zone=event.zone,
        repeat=shown(Repeat, rule, every=choice_of(rule)) if rule else None,
        committee=committee or None,
        lead=Name(id=event.lead_id, name=event.lead, agency=event.lead_agency),
        may_edit=may_edit(viewer, event),
        marking=shown(MarkingShown, marking, categories=sorted(marking.categories)) if marking else None,
        reminders=reminders_shown(event.reminders),
    )


def reminders_shown(policy: ReminderPolicy) -> RemindersShown:
    """Return reminders in the shape of the API, the longest lead time first."""
    return RemindersShown(
        minutes_before=tuple(minutes(lead) for lead in sorted(policy.leads, reverse=True)),
        follow_up_days_before=tuple(span.days for span in sorted(policy.asks_before, reverse=True)),
        follow_up_days_after_invitation=tuple(span.days for span in sorted(policy.asks_after)),
        sends_thanks=policy.sends_thanks,
    )
