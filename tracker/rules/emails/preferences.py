"""What a member chose about email: which reminders, how long before, quiet hours, and how much an email shows.

In quiet hours, a person gets no reminders, requests to reply, digests or thank-yous: those wait. Everything else goes
out at any hour: what people announce, such as an invitation or a cancellation, and what can't wait, such as a sign-in
link or a service-readiness notice.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from uuid import UUID

from msgspec import Struct, field
from msgspec.structs import replace

from tracker.errors import Invalid
from tracker.rules.core import message_types as types
from tracker.rules.core.email_declarations import Content
from tracker.rules.core.message_types import ItemsOfDay
from tracker.rules.core.outbox import Unreadable
from tracker.rules.core.wording import clock, to_local, to_utc
from tracker.rules.emails.reminders import Moment, judge_moments
from tracker.rules.roster.meetings import USUAL

BEFORE_QUIET = timedelta(minutes=5)
"""How long before quiet hours a reminder is sent that would be of little use after them."""
A_DAY = timedelta(days=1)
LONGEST_QUIET = timedelta(hours=12)
LONGEST_WITH_WEEKEND = LONGEST_QUIET + 2 * A_DAY
"""Friday night, Saturday, Sunday, and the night to Monday, whose two nights together are one."""
OF_USE = timedelta(minutes=30)
"""How long before it is outdated an email must arrive to be of use; one that can't wait so long is sent in between."""
HELD = "Held for quiet hours."
SATURDAY = 5
HELD_TYPES = (
    types.ReminderDue,
    types.ReplyNudge,
    types.ConfirmationNudge,
    types.PollNudge,
    types.ItemDue,
    types.ItemOverdue,
    ItemsOfDay,
    types.WeeklyDigest,
    types.Thanked,
)
"""The messages that wait for the end of their reader's quiet hours."""


class Preferences(Struct, frozen=True, kw_only=True):
    """What one member chose; the defaults are for members who chose nothing."""

    date_reminders: bool = True
    item_reminders: bool = True
    thank_yous: bool = True
    """Thank-yous after dates at which they were present."""
    leads: frozenset[timedelta] | None = None
    """None = those of each event."""
    quiet: tuple[time, time] | None = None
    has_quiet_weekends: bool = False
    is_never_quiet: bool = False
    """Whether they want no quiet hours, although the task force has them; without this and the two above, those of the
    task force apply."""
    digest: bool = False
    """A weekly digest on Mondays."""
    is_discreet: bool = False
    """Emails and feeds show only the time."""

    @property
    def has_own_quiet(self) -> bool:
        """Return whether they chose quiet hours of their own."""
        return self.quiet is not None or self.has_quiet_weekends


class QuietHours(Struct, frozen=True, kw_only=True):
    """Hours of each day, on the wall clock of a zone, which may cross midnight, and perhaps all of Saturday and Sunday.

    `starts` and `ends` are None together: then only weekends are quiet.
    """

    starts: time | None = None
    ends: time | None = None
    has_weekends: bool = False
    zone: str

    def around(self, moment: datetime) -> tuple[datetime, datetime] | None:
        """Return the start and end of the quiet hours that contain a moment, or None.

        A night that touches a weekend is one with it.
        """
        today = to_local(moment, self.zone).date()
        reach = 4 if self.has_weekends else 1
        span: tuple[datetime, datetime] | None = None
        for begins, ends in sorted(self._spans(today - reach * A_DAY, today + (reach - 1) * A_DAY)):
            if span and begins <= span[1]:
                span = span[0], max(span[1], ends)
            elif span and moment < span[1]:
                break
            else:
                span = begins, ends
        return span if span and span[0] <= moment < span[1] else None

    def _spans(self, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
        """Yield the nights and weekends that begin from one day to another, each day a span of its own."""
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            if self.starts is not None and self.ends is not None:
                until = day if self.starts < self.ends else day + A_DAY
                yield self._at(day, self.starts), self._at(until, self.ends)
            if self.has_weekends and day.weekday() >= SATURDAY:
                yield self._at(day, time.min), self._at(day + A_DAY, time.min)

    def _at(self, day: date, at: time) -> datetime:
        return to_utc(datetime.combine(day, at), self.zone)


class Wish(Struct, frozen=True, kw_only=True):
    """The reminders that one person wants for one date or for their items."""

    leads: frozenset[timedelta] | None = USUAL
    """None = all there are."""
    quiet: QuietHours | None = None

    def wants(self, moment: Moment) -> bool:
        """Return whether it is one of the lead times."""
        return self.leads is None or moment.lead in self.leads


class Wishes(Struct, frozen=True, kw_only=True):
    """What all people chose, with the zone of each person's quiet hours."""

    of_member: Mapping[UUID, Preferences] = field(default_factory=dict)
    zones: Mapping[UUID, str] = field(default_factory=dict)
    usual_quiet: tuple[time, time] | None = None
    """The quiet hours of people who have chosen nothing about them; then `zones` names the zone of every member."""

    def of_date(self, member_id: UUID, usual: frozenset[timedelta]) -> Wish | None:
        """Return what a person wants for a date whose event has these lead times; None = no reminder."""
        own = self.of_member.get(member_id)
        if own is None:
            return Wish(leads=usual, quiet=self.quiet_of(member_id))
        if not own.date_reminders:
            return None
        return Wish(leads=usual if own.leads is None else own.leads, quiet=self.quiet_of(member_id))

    def of_items(self, member_id: UUID) -> Wish | None:
        """Return what a person wants for their action items; None = no reminder."""
        own = self.of_member.get(member_id)
        if own and not own.item_reminders:
            return None
        return Wish(leads=None, quiet=self.quiet_of(member_id))

    def of_anyone(self, usual: frozenset[timedelta]) -> set[Wish]:
        """Return each distinct wish that people may have for a date whose event has these lead times."""
        first_of_zone = {zone: member_id for member_id, zone in self.zones.items() if member_id not in self.of_member}
        anyone = [] if self.usual_quiet else [UUID(int=0)]  # zones matter only where there are quiet hours
        people = (*self.of_member, *(first_of_zone.values() or anyone))
        every = {self.of_date(member_id, usual) for member_id in people}
        return {wish for wish in every if wish is not None}

    @property
    def shift(self) -> timedelta:
        """Return the longest time by which quiet hours can move a reminder."""
        if any(preferences.has_quiet_weekends for preferences in self.of_member.values()):
            return LONGEST_WITH_WEEKEND + BEFORE_QUIET
        is_any = self.usual_quiet or any(preferences.quiet for preferences in self.of_member.values())
        return LONGEST_QUIET + BEFORE_QUIET if is_any else timedelta(0)

    def quiet_of(self, member_id: UUID) -> QuietHours | None:
        """Return a person's quiet hours: their own, or those of the task force; None for none."""
        own = self.of_member.get(member_id, Preferences())
        hours = own.quiet if own.has_own_quiet else self.usual_quiet
        if own.is_never_quiet or not (hours or own.has_quiet_weekends):
            return None
        starts, ends = hours or (None, None)
        return QuietHours(starts=starts, ends=ends, has_weekends=own.has_quiet_weekends, zone=self.zones[member_id])

    def wants_thanks(self, member_id: UUID) -> bool:
        """Return whether a person gets thank-yous."""
        return self.of_member.get(member_id, Preferences()).thank_yous

    def held_until(self, member_id: UUID, now: datetime, not_after: datetime | None) -> datetime:
        """Return when a message that waits for quiet hours may be sent to a person: now, or when those end."""
        return quiet_until(now, not_after, self.quiet_of(member_id)) or now


def wanted_moments(moments: Iterable[Moment], wish: Wish | None, after: datetime, now: datetime) -> list[Moment]:
    """Return the moments for one date or item that a person wants and that are in (after, now], each judged."""
    return judge_moments(chosen_moments(moments, wish), after, now)


def chosen_moments(moments: Iterable[Moment], wish: Wish | None) -> list[Moment]:
    """Return the moments that a person wants, each outside their quiet hours, and second chances of those moved up.

    The time before quiet hours can be over when they are set, or when the date moves or is scheduled. What was sent at
    that time isn't sent again (`instead_of`).
    """
    if wish is None:
        return []
    return [chance for moment in moments if wish.wants(moment) for chance in _chances(moment, wish.quiet)]


def _chances(moment: Moment, quiet: QuietHours | None) -> tuple[Moment, ...]:
    """Return a reminder outside quiet hours; if that is before them, also as one that becomes due in them is sent."""
    first = out_of_quiet_hours(moment, quiet)
    if first.at >= moment.at:
        return (first,)
    later = quiet_until(moment.at, moment.ends, quiet) or moment.at
    return first, replace(moment, at=later, instead_of=first.at)


def out_of_quiet_hours(moment: Moment, quiet: QuietHours | None) -> Moment:
    """Return a reminder moved out of quiet hours, to their end or shortly before their start.

    It moves to the end while at least half of its lead time is left then, so that it is still useful; it never moves
    past the start of what it reminds of.
    """
    hours = quiet.around(moment.at) if quiet else None
    if hours is None:
        return moment
    begins, ends = hours
    is_of_use = moment.ends - ends >= (moment.ends - moment.at) / 2
    return replace(moment, at=ends if is_of_use else begins - BEFORE_QUIET)


def waits_for_quiet_hours(content: Content | Unreadable) -> bool:
    """Return whether a message waits for the end of quiet hours."""
    return isinstance(content, HELD_TYPES)


def quiet_until(now: datetime, not_after: datetime | None, quiet: QuietHours | None) -> datetime | None:
    """Return when a message that waits may be sent, if not now: the end of quiet hours.

    One that would come too late by then, because its event has begun or is about to, is sent now. `not_after` is the
    moment from which it is outdated; None = never.
    """
    hours = quiet.around(now) if quiet else None
    if hours is None or (not_after is not None and not_after < hours[1] + OF_USE):
        return None
    return hours[1]


def check_quiet_hours(starts: time | None, ends: time | None) -> tuple[time, time] | None:
    """Return quiet hours, or None for none. Errors: Invalid(quiet_from, quiet_until)."""
    if starts is None and ends is None:
        return None
    if starts is None:
        raise Invalid(quiet_from="Enter when quiet hours start.")
    if ends is None:
        raise Invalid(quiet_until="Enter when quiet hours end.")
    minutes = (ends.hour * 60 + ends.minute - starts.hour * 60 - starts.minute) % (24 * 60)
    if not timedelta(0) < timedelta(minutes=minutes) <= LONGEST_QUIET:
        raise Invalid(quiet_until="Quiet hours can last at most 12 hours.")
    return starts, ends


def quiet_hours_words(hours: tuple[time, time] | None) -> str:
    """Return "9:00 PM to 6:00 AM", or "none"."""
    return " to ".join(clock(datetime.combine(date.min, hour)) for hour in hours) if hours else "none"
