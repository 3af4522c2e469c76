"""What a member chose about mail: which reminders, how long before, in which hours none, and how much they tell."""

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
"""So long before the quiet hours comes what would be of little use after them."""


@dataclass(frozen=True, kw_only=True)
class Quiet:
    """Hours of each day, by the wall clock of a zone, in which no reminder is sent; they may go over midnight."""

    starts: time
    ends: time
    zone: str

    def around(self, moment: datetime) -> tuple[datetime, datetime] | None:
        """Return begin and end of the quiet hours that hold a moment, or None."""
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
    """What one member chose; as it stands here it is for whoever chose nothing."""

    date_reminders: bool = True
    item_reminders: bool = True
    leads: frozenset[timedelta] | None = None
    """None = as the committee of an event, or else the task force, has it."""
    quiet: tuple[time, time] | None = None
    digest: bool = False
    """A weekly digest on Mondays."""
    is_discreet: bool = False
    """Mails and feeds tell the time and nothing else."""


@dataclass(frozen=True, kw_only=True)
class CommitteePreferences:
    """What a committee chose for its events; as it stands here it is for a committee that chose nothing."""

    leads: frozenset[timedelta] = USUAL
    asks_again: bool = False
    """Whether those who have not replied are asked again (`rules.nudges.ASKED_AGAIN`)."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """The reminders that one person wants of one date or of their items."""

    leads: frozenset[timedelta] | None = USUAL
    """None = all there are."""
    quiet: Quiet | None = None

    def wants(self, moment: Moment) -> bool:
        """Whether it is one of the lead times."""
        return self.leads is None or moment.lead in self.leads


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What everybody chose, with the zone of each person's quiet hours, and what committees chose for their events."""

    of_member: Mapping[UUID, Preferences] = field(default_factory=dict)
    zones: Mapping[UUID, str] = field(default_factory=dict)
    of_committee: Mapping[UUID, CommitteePreferences] = field(default_factory=dict)

    def of_date(self, member_id: UUID, committee_id: UUID | None) -> Wish | None:
        """Return what a person wants of a date of this committee; None = no reminder."""
        own = self.of_member.get(member_id)
        usual = self.of_committee.get(committee_id, CommitteePreferences()).leads if committee_id else USUAL
        if own is None:
            return Wish(leads=usual)
        if not own.date_reminders:
            return None
        return Wish(leads=usual if own.leads is None else own.leads, quiet=self.quiet_of(member_id))

    def of_items(self, member_id: UUID) -> Wish | None:
        """Return what a person wants of their action items; None = no reminder."""
        own = self.of_member.get(member_id)
        if own and not own.item_reminders:
            return None
        return Wish(leads=None, quiet=self.quiet_of(member_id))

    def of_anybody(self, committee_id: UUID | None) -> set[Wish]:
        """Return each different wish that somebody may have of a date of this committee."""
        every = {self.of_date(member_id, committee_id) for member_id in (*self.of_member, UUID(int=0))}
        return {one for one in every if one is not None}

    @property
    def leads(self) -> set[timedelta]:
        """All lead times that anybody wants."""
        own = (one.leads or frozenset() for one in self.of_member.values())
        return set(LEAD_TIMES).union(*own, *(one.leads for one in self.of_committee.values()))

    @property
    def asking(self) -> frozenset[UUID]:
        """The committees that ask again for missing replies."""
        return frozenset(committee_id for committee_id, one in self.of_committee.items() if one.asks_again)

    @property
    def shift(self) -> timedelta:
        """By how much quiet hours can move a reminder, at the most."""
        return LONGEST_QUIET + BEFORE_QUIET if any(one.quiet for one in self.of_member.values()) else timedelta(0)

    def quiet_of(self, member_id: UUID) -> Quiet | None:
        """Return a person's quiet hours, or None."""
        own = self.of_member.get(member_id)
        if own is None or own.quiet is None:
            return None
        return Quiet(starts=own.quiet[0], ends=own.quiet[1], zone=self.zones[member_id])


def wanted(moments: Iterable[Moment], wish: Wish | None, after: datetime, now: datetime) -> list[Moment]:
    """Return the moments of one date or item that a person wants and that are in (after, now], each judged."""
    return judged(chosen(moments, wish), after, now)


def chosen(moments: Iterable[Moment], wish: Wish | None) -> list[Moment]:
    """Return the moments that a person wants, each outside their quiet hours."""
    return [] if wish is None else [quieter(one, wish.quiet) for one in moments if wish.wants(one)]


def quieter(moment: Moment, quiet: Quiet | None) -> Moment:
    """Return a reminder that falls into quiet hours at their end, or shortly before them.

    At their end while at least half of its lead is left then, so that it is still of use; never after what it reminds
    of has begun.
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
        raise Invalid(quiet_from="Say when the quiet hours begin.")
    if ends is None:
        raise Invalid(quiet_until="Say when the quiet hours end.")
    minutes = (ends.hour * 60 + ends.minute - starts.hour * 60 - starts.minute) % (24 * 60)
    if not timedelta(0) < timedelta(minutes=minutes) <= LONGEST_QUIET:
        raise Invalid(quiet_until="Quiet hours last 12 hours at the most.")
    return starts, ends


def check_leads(leads: Collection[timedelta]) -> frozenset[timedelta]:
    """Return lead times. Errors: Invalid(leads) when there is none, or one that is not offered."""
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
