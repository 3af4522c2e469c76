"""The content of feeds: how much of an event, how long a cancellation stays, its alarms, and which program fetched it.

An alarm says how long before an event a calendar program reminds its owner, if it honors alarms at all.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from tracker.rules.core import viewers
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import Worded
from tracker.rules.events.events import Event, EventStatus, Kind, Occurrence
from tracker.rules.operations.readiness import Notice, NoticeState

CANCELED_STAY = timedelta(days=30)
"""How long a cancellation is shown, so that every client sees it; then the date is removed."""
PAST_SHOWN = timedelta(days=366)
"""Events whose last date ended before this are in no feed."""
MAX_SUBSCRIPTIONS = 10
"""Addresses that one member may have at once: one for each device."""
ADDRESS_LIVES = timedelta(days=365)
"""From the day it was made or replaced: an address that was forwarded must not work forever."""
ADDRESS_UNUSED = timedelta(days=90)
"""An address that no calendar fetched for this long is turned off: it isn't missed, and others may have found it."""
NOTIFIED_BEFORE = timedelta(days=30)
"""How long before its end the owner is notified that an address will stop."""

APPOINTMENT = "Appointment"
APPOINTMENTS = "Appointments"
"""Replaces the task force's name for readers who chose time-only emails and feeds."""

REFRESHES = {
    "Google Calendar": "every 8 to 24 hours",
    "Outlook": "about every 3 hours",
    "Apple Calendar": "as often as its owner chose",
    "Thunderbird": "every 30 minutes while it is open",
}
"""How often each program checks for changes, as far as people have observed it."""
_CLIENTS = (
    ("google", "Google Calendar"),
    ("outlook", "Outlook"),
    ("microsoft", "Outlook"),
    ("exchange", "Outlook"),
    ("thunderbird", "Thunderbird"),
    ("dataaccessd", "Apple Calendar"),
    ("calendaragent", "Apple Calendar"),
    ("ical/", "Apple Calendar"),
    ("icsx5", "ICSx5 on Android"),
    ("evolution", "Evolution"),
    ("mozilla", "a browser"),
    ("curl", "a script"),
    ("python", "a script"),
)
KIND_WORDS = {
    Kind.MEETING: "meetings",
    Kind.JOINT_OPERATION: "joint operations",
    Kind.TRAINING: "training",
    Kind.OUTREACH: "outreach",
    Kind.DEADLINE: "deadlines",
}
"""The events of one kind, in a sentence."""
ALARM_MINUTES = {
    10: "10 minutes before",
    15: "15 minutes before",
    30: "30 minutes before",
    60: "1 hour before",
    120: "2 hours before",
    1_440: "1 day before",
}
"""The choices for events with a time, and their words."""


class FeedLevel(StrEnum):
    """How much of an event a calendar outside the tracker contains."""

    FULL = "full"
    DISCREET = "discreet"
    """Only a neutral title and the time."""
    APPOINTMENT = "appointment"
    """Only the time: neither title nor sender name the task force."""


class FeedScope(Worded):
    """Which events a feed contains."""

    ALL = "all", "Everything I can see"
    """Everything that its owner may see."""
    MINE = "mine", "My own events"
    """What its owner is invited to or organizes."""


class FeedLimit(Struct, frozen=True, kw_only=True):
    """What a feed is limited to, beside its scope; None = not limited."""

    committee_id: UUID | None = None
    kind: Kind | None = None

    def is_open_to(self, viewer: Viewer) -> bool:
        """Return whether a feed with this limit contains anything for a viewer: a closed committee has no members."""
        return self.committee_id is None or viewers.committee_audience(self.committee_id) in viewer.audiences

    @property
    def says_more_than_times(self) -> bool:
        """Return whether being in the feed says more about an event than the title "Operational period" does."""
        return self.committee_id is not None or self.kind not in (None, Kind.JOINT_OPERATION)

    def holds(self, event: Event) -> bool:
        """Return whether an event is within the limit, and belongs there if all that feeds show of it is its time."""
        is_within = self.committee_id in (None, event.committee_id) and self.kind in (None, event.kind)
        return is_within and not (event.is_kept_back and self.says_more_than_times)


NO_LIMIT = FeedLimit()


class AllDayAlarm(Worded):
    """When a calendar program reminds of an event that lasts all day, on the clock of its owner."""

    EVENING = "evening", "6:00 PM the day before"
    MORNING = "morning", "8:00 AM on the first day"


class Alarms(Struct, frozen=True, kw_only=True):
    """The alarms of one feed; None = none."""

    minutes: int | None = None
    """Minutes before the start of an event with a time."""
    all_day: AllDayAlarm | None = None

    def trigger(self, *, is_all_day: bool) -> timedelta | None:
        """Return when to remind, from the start of an event or the midnight of its first day; None = not at all."""
        if is_all_day:
            return _FROM_MIDNIGHT[self.all_day] if self.all_day else None
        return -timedelta(minutes=self.minutes) if self.minutes else None


class Subscription(Struct, frozen=True, kw_only=True):
    """One feed address of one member, without the address itself."""

    id: UUID
    name: str
    scope: FeedScope
    only: FeedLimit
    alarms: Alarms
    shows_operations: bool
    created_at: datetime
    issued_at: datetime
    """When its address was made."""
    fetched_at: datetime | None
    client: str
    fetches: int

    @property
    def ends_at(self) -> datetime:
        """Return when its address stops working."""
        return address_end(self.issued_at, self.fetched_at)

    def is_over(self, now: datetime) -> bool:
        """Return whether its address has expired."""
        return self.ends_at <= now

    def is_unused(self, now: datetime) -> bool:
        """Return whether it stopped because no calendar fetched it, not because of its age."""
        return self.is_over(now) and now < self.issued_at + ADDRESS_LIVES

    def ends_soon(self, now: datetime) -> bool:
        """Return whether its owner should replace the address now because its year is nearly over."""
        return not self.is_over(now) and self.issued_at + ADDRESS_LIVES - NOTIFIED_BEFORE <= now


def address_end(issued_at: datetime, fetched_at: datetime | None) -> datetime:
    """Return when an address stops working: a year after it was made, or 90 days after its last use."""
    used_at = max(issued_at, fetched_at or issued_at)
    return min(issued_at + ADDRESS_LIVES, used_at + ADDRESS_UNUSED)


def feed_level(event: Event, *, shows_operations: bool, is_discreet: bool = False) -> FeedLevel | None:
    """Return how much of an event a feed may contain; None = it is left out.

    Named and marked events are left out too, unless they are turned on: then only their time is shown. `is_discreet` is
    the owner's choice for all their events.
    """
    if event.is_kept_back and not shows_operations:
        return None
    if is_discreet:
        return FeedLevel.APPOINTMENT
    return FeedLevel.DISCREET if event.is_kept_back else FeedLevel.FULL


def neutral_title(kind: Kind, level: FeedLevel) -> str:
    """Return the title that reveals nothing."""
    if level is FeedLevel.APPOINTMENT:
        return APPOINTMENT
    return "Operational period" if kind is Kind.JOINT_OPERATION else "Task force event"


def is_over_and_gone(event: Event, today: date) -> bool:
    """Return whether the whole event was canceled so long ago that it is no longer shown."""
    return event.status is EventStatus.CANCELED and today >= _end_of_stay(event.changed_at)


def is_date_gone(occurrence: Occurrence, today: date) -> bool:
    """Return whether a canceled date is so old that it is no longer shown."""
    return occurrence.is_canceled and today >= _end_of_stay(occurrence.ends_at)


def is_notice_gone(notice: Notice, today: date) -> bool:
    """Return whether a service-readiness notice was stood down so long ago that it is no longer shown."""
    return notice.state is NoticeState.STOOD_DOWN and today >= _end_of_stay(notice.changed_at)


def feed_shown_until(event: Event, dates: Iterable[Occurrence], today: date) -> date:
    """Return the first day on which a canceled item is no longer shown; `date.max` if time changes nothing."""
    days = [_end_of_stay(occurrence.ends_at) for occurrence in dates if occurrence.is_canceled]
    if event.status is EventStatus.CANCELED:
        days.append(_end_of_stay(event.changed_at))
    return min((day for day in days if day > today), default=date.max)


def client_name(user_agent: str) -> str:
    """Return the common name of the program behind a User-Agent, whose own text is never kept or shown."""
    words = user_agent.lower()
    return next((name for mark, name in _CLIENTS if mark in words), "another app")


def feed_words(scope: FeedScope, only: FeedLimit, committee: str) -> str:
    """Return what a feed contains: "my Steering Committee meetings"; empty for everything.

    `committee` is the name of its committee, empty while the feed is not open to its owner. There is no comma in it:
    some programs show the backslash before a comma in the name of a calendar.
    """
    is_mine = scope is FeedScope.MINE
    events = KIND_WORDS[only.kind] if only.kind else "events" if is_mine else ""
    return " ".join(filter(None, ("my" if is_mine else "", committee, events)))


def _end_of_stay(moment: datetime) -> date:
    return (moment + CANCELED_STAY).date()


_FROM_MIDNIGHT = {AllDayAlarm.EVENING: timedelta(hours=-6), AllDayAlarm.MORNING: timedelta(hours=8)}
NO_ALARMS = Alarms()


def alarm_words(alarms: Alarms) -> str:
    """Return "15 minutes before; all-day events: 6:00 PM the day before", or an empty text without alarms."""
    timed = ALARM_MINUTES[alarms.minutes] if alarms.minutes else ""
    all_day = f"all-day events: {alarms.all_day.label}" if alarms.all_day else ""
    return "; ".join(filter(None, (timed, all_day)))
