"""What a member chose about email: which reminders, how long before, quiet hours, and how much an email shows."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from uuid import UUID

from tracker.errors import Invalid
from tracker.rules.core.wall_clock import to_local, to_utc
from tracker.rules.core.wording import plural
from tracker.rules.emails.reminders import LEAD_TIMES, Moment, judged

OFFERED = (timedelta(days=7), timedelta(days=3), *LEAD_TIMES[1:], timedelta(minutes=30))
"""Lead times that people can choose from, longest first."""
USUAL = frozenset(LEAD_TIMES)
LONGEST_QUIET = timedelta(hours=12)
BEFORE_QUIET = timedelta(minutes=5)
"""How long before quiet hours a reminder is sent that would be of little use after them."""


@dataclass(frozen=True, kw_only=True)
class Quiet:
    """Hours of each day, on the wall clock of a zone, in which no reminder is sent; they may cross midnight."""

    starts: time
    ends: time
    zone: str

    def around(self, moment: datetime) -> tuple[datetime, datetime] | None:
        """Return the start and end of the quiet hours that contain a moment, or None."""
        today = to_local(moment, self.zone).date()
        for day in (today - timedelta(days=1), today):
            last = day if self.starts < self.ends else day + timedelta(days=1)
            begins = to_utc(datetime.combine(day, self.starts), self.zone)
            ends = to_utc(datetime.combine(last, self.ends), self.zone)
            if begins <= moment < ends:
                return begins, ends
        return None


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """What one member chose; the defaults are for members who chose nothing."""

    date_reminders: bool = True
    item_reminders: bool = True
    leads: frozenset[timedelta] | None = None
    """None = use the committee's or else the task force's setting."""
    quiet: tuple[time, time] | None = None
    digest: bool = False
    """A weekly digest on Mondays."""
    is_discreet: bool = False
    """Emails and feeds show only the time."""


@dataclass(frozen=True, kw_only=True)
class CommitteePreferences:
    """What a committee chose for its events; the defaults are for committees that chose nothing."""

    leads: frozenset[timedelta] = USUAL
    asks_again: bool = False
    """Whether missing replies are requested again (`rules.emails.nudges.ASKED_AGAIN`)."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """The reminders that one person wants for one date or for their items."""

    leads: frozenset[timedelta] | None = USUAL
    """None = all there are."""
    quiet: Quiet | None = None

    def wants(self, moment: Moment) -> bool:
        """Return whether it is one of the lead times."""
        return self.leads is None or moment.lead in self.leads


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What all people chose, with the zone of each person's quiet hours, and what committees chose for their events."""

    of_member: Mapping[UUID, Preferences] = field(default_factory=dict)
    zones: Mapping[UUID, str] = field(default_factory=dict)
    of_committee: Mapping[UUID, CommitteePreferences] = field(default_factory=dict)

    def of_date(self, member_id: UUID, committee_id: UUID | None) -> Wish | None:
        """Return what a person wants for a date of this committee; None = no reminder."""
        own = self.of_member.get(member_id)
        usual = self.of_committee.get(committee_id, CommitteePreferences()).leads if committee_id else USUAL
        if own is None:
            return Wish(leads=usual)
        if not own.date_reminders:
            return None
        return Wish(leads=usual if own.leads is None else own.leads, quiet=self.quiet_of(member_id))

    def of_items(self, member_id: UUID) -> Wish | None:
        """Return what a person wants for their action items; None = no reminder."""
        own = self.of_member.get(member_id)
        if own and not own.item_reminders:
            return None
        return Wish(leads=None, quiet=self.quiet_of(member_id))

    def of_anyone(self, committee_id: UUID | None) -> set[Wish]:
        """Return each distinct wish that people may have for a date of this committee."""
        every = {self.of_date(member_id, committee_id) for member_id in (*self.of_member, UUID(int=0))}
        return {one for one in every if one is not None}

    @property
    def leads(self) -> set[timedelta]:
        """Return all lead times that anyone wants."""
        own = (one.leads or frozenset() for one in self.of_member.values())
        return set(LEAD_TIMES).union(*own, *(one.leads for one in self.of_committee.values()))

    @property
    def asking(self) -> frozenset[UUID]:
        """Return the committees that request missing replies again."""
        return frozenset(committee_id for committee_id, one in self.of_committee.items() if one.asks_again)

    @property
    def shift(self) -> timedelta:
        """Return the longest time by which quiet hours can move a reminder."""
        return LONGEST_QUIET + BEFORE_QUIET if any(one.quiet for one in self.of_member.values()) else timedelta(0)

    def quiet_of(self, member_id: UUID) -> Quiet | None:
        """Return a person's quiet hours, or None."""
        own = self.of_member.get(member_id)
        if own is None or own.quiet is None:
            return None
        return Quiet(starts=own.quiet[0], ends=own.quiet[1], zone=self.zones[member_id])


def wanted(moments: Iterable[Moment], wish: Wish | None, after: datetime, now: datetime) -> list[Moment]:
    """Return the moments for one date or item that a person wants and that are in (after, now], each judged."""
    return judged(chosen(moments, wish), after, now)


def chosen(moments: Iterable[Moment], wish: Wish | None) -> list[Moment]:
    """Return the moments that a person wants, each outside their quiet hours."""
    return [] if wish is None else [quieter(one, wish.quiet) for one in moments if wish.wants(one)]


def quieter(moment: Moment, quiet: Quiet | None) -> Moment:
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


def check_quiet(starts: time | None, ends: time | None) -> tuple[time, time] | None:
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


def check_leads(leads: Collection[timedelta]) -> frozenset[timedelta]:
    """Return lead times. Errors: Invalid(leads) when there are none, or one that is not offered."""
    if not leads or not set(leads) <= set(OFFERED):
        raise Invalid(leads="Choose at least one time, or turn these reminders off.")
    return frozenset(leads)


def lead_words(lead: timedelta) -> str:
    """Return "7 days", "2 hours", "30 minutes"."""
    if lead.days:
        return plural(lead.days, "day")
    minutes = lead.seconds // 60
    return plural(minutes // 60, "hour") if minutes % 60 == 0 else plural(minutes, "minute")


def leads_words(leads: Iterable[timedelta]) -> str:
    """Return "7 days, 1 day and 2 hours before", longest first."""
    words = [lead_words(one) for one in sorted(leads, reverse=True)]
    return f"{', '.join(words[:-1])} and {words[-1]} before" if len(words) > 1 else f"{words[0]} before"
