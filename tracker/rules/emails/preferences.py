"""What a member chose about email: which reminders, how long before, quiet hours, and how much an email shows."""

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from uuid import UUID

from msgspec import Struct, field
from msgspec.structs import replace

from tracker.rules.emails.quiet_hours import LONGEST_QUIET, LONGEST_WITH_WEEKEND, Quiet, held_until
from tracker.rules.emails.reminders import Moment, judged
from tracker.rules.roster.reminder_policies import USUAL

BEFORE_QUIET = timedelta(minutes=5)
"""How long before quiet hours a reminder is sent that would be of little use after them."""


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


class Wish(Struct, frozen=True, kw_only=True):
    """The reminders that one person wants for one date or for their items."""

    leads: frozenset[timedelta] | None = USUAL
    """None = all there are."""
    quiet: Quiet | None = None

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

    def quiet_of(self, member_id: UUID) -> Quiet | None:
        """Return a person's quiet hours: their own, or those of the task force; None for none."""
        own = self.of_member.get(member_id, Preferences())
        hours = own.quiet if own.has_own_quiet else self.usual_quiet
        if own.is_never_quiet or not (hours or own.has_quiet_weekends):
            return None
        starts, ends = hours or (None, None)
        return Quiet(starts=starts, ends=ends, has_weekends=own.has_quiet_weekends, zone=self.zones[member_id])

    def wants_thanks(self, member_id: UUID) -> bool:
        """Return whether a person gets thank-yous."""
        return self.of_member.get(member_id, Preferences()).thank_yous

    def held_until(self, member_id: UUID, now: datetime, not_after: datetime | None) -> datetime:
        """Return when a message that waits for quiet hours may be sent to a person: now, or when those end."""
        return held_until(now, not_after, self.quiet_of(member_id)) or now


def wanted(moments: Iterable[Moment], wish: Wish | None, after: datetime, now: datetime) -> list[Moment]:
    """Return the moments for one date or item that a person wants and that are in (after, now], each judged."""
    return judged(chosen(moments, wish), after, now)


def chosen(moments: Iterable[Moment], wish: Wish | None) -> list[Moment]:
    """Return the moments that a person wants, each outside their quiet hours, and second chances of those moved up.

    The time before quiet hours can be over when they are set, or when the date moves or is scheduled. What was sent at
    that time isn't sent again (`instead_of`).
    """
    if wish is None:
        return []
    return [chance for moment in moments if wish.wants(moment) for chance in _chances(moment, wish.quiet)]


def _chances(moment: Moment, quiet: Quiet | None) -> tuple[Moment, ...]:
    """Return a reminder outside quiet hours; if that is before them, also as one that becomes due in them is sent."""
    first = quieter(moment, quiet)
    if first.at >= moment.at:
        return (first,)
    later = held_until(moment.at, moment.ends, quiet) or moment.at
    return first, replace(moment, at=later, instead_of=first.at)


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
