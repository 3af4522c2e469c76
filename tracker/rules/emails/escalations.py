"""Who hears of an open action item on which day: its owner, then their agency, then the coordinators.

A rung is who hears of an item that is overdue or blocked for some days. An empty one passes to the next at once: no one
has the place, it is the owner's own, or none of those on it may see the item, is active, and gets our emails.

An item reaches a rung once, on the first morning on or after the rung's day. That morning's day is kept: all emails
about it go by that day, even those written days later. A rung that it reached in vain, because its people left or can't
be reached since, before any of them had an email, it reaches again on the next morning. The owner's
reminders are never on a weekend, except on the day on which an item is due.

The days are the task force's. A day's email is sent in its morning, after the person's quiet hours, and never on
another day: what it could not say is in the next one.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from enum import IntEnum
from itertools import chain
from uuid import UUID

from msgspec import Struct, field
from msgspec.structs import replace

from tracker.errors import Invalid
from tracker.rules.calendars.calendars import days_between
from tracker.rules.core.wording import plural, to_local, to_utc
from tracker.rules.emails.preferences import SATURDAY, QuietHours, Wishes
from tracker.rules.emails.reminders import MORNING

DAYS_AHEAD = (7, 1, 0)
"""Days before the due day on which the owner is reminded; 0 = on the day itself."""
FIRST_LATE = 1
"""The first day of being overdue: it begins at midnight after the due day. The owner hears of it, then every week."""
A_WEEK = 7  # days


LONGEST_ESCALATION = 90  # days
WRONG_DAYS = f"Enter a number of days from 0 to {LONGEST_ESCALATION}, or leave it blank."
A_DAY = timedelta(days=1)
MADE_UP = timedelta(days=7)
"""How long after an email that was not sent a later one makes up for it."""


class Rung(IntEnum):
    """Who hears of an item, from the owner up."""

    OWNER = 0
    AGENCY = 1
    """The primary of the owner's agency on the item's committee; without one, the leads of the agency."""
    COORDINATOR = 2
    ASSIGNER = 3
    """Who assigned it: for items that no coordinator may see. No day is theirs."""


ESCALATED = (Rung.AGENCY, Rung.COORDINATOR)
"""The rungs that have a day."""


class Escalation(Struct, frozen=True, kw_only=True):
    """After how many days overdue or blocked, whichever is longer, an item reaches whom; 0 = never."""

    agency: int = 4
    coordinator: int = 8

    @property
    def is_in_order(self) -> bool:
        """Return whether the owner's agency hears of an item no later than the coordinators, as far as both do."""
        return not self.coordinator or self.agency <= self.coordinator

    def days(self, rung: Rung) -> int:
        """Return the days of a rung; 0 = never."""
        return {Rung.AGENCY: self.agency, Rung.COORDINATOR: self.coordinator}.get(rung, 0)


class CommitteeDays(Struct, frozen=True, kw_only=True):
    """The days that a committee chose for its items; None = those of the task force."""

    agency: int | None = None
    coordinator: int | None = None

    def over(self, usual: Escalation) -> Escalation:
        """Return the days that apply."""
        agency = usual.agency if self.agency is None else self.agency
        coordinator = usual.coordinator if self.coordinator is None else self.coordinator
        return Escalation(agency=agency, coordinator=coordinator)


class OpenItem(Struct, frozen=True, kw_only=True):
    """What the rungs of an open item are computed from; the days are the task force's."""

    id: UUID
    owner_id: UUID
    agency_id: UUID
    committee_id: UUID | None
    assigned_by_id: UUID
    due: date
    blocked_on: date | None
    """The day on which it became blocked; None = it isn't."""
    audiences: frozenset[str]
    """Who may see it."""
    escalated: Mapping[Rung, date] = field(default_factory=dict)
    """The last day on which it reached a rung; for the agency, the one that its owner has now."""

    @property
    def stuck_since(self) -> date:
        """Return the day from which days count: when it was due or became blocked, whichever was earlier."""
        return min(self.due, self.blocked_on or self.due)

    def reached_on(self, rung: Rung) -> date | None:
        """Return the day on which it reached a rung since it became stuck."""
        day = self.escalated.get(rung)
        return day if day and day > self.stuck_since else None


class Escalations(Struct, frozen=True, kw_only=True):
    """The days of the task force, and of the committees that chose some."""

    usual: Escalation
    of_committee: Mapping[UUID, CommitteeDays] = field(default_factory=dict)

    def of(self, item: OpenItem) -> Escalation:
        """Return the days of an item."""
        chosen = self.of_committee.get(item.committee_id) if item.committee_id else None
        return chosen.over(self.usual) if chosen else self.usual


class PeopleOnRungs(Struct, frozen=True, kw_only=True):
    """The people on the rungs of some items, and who of them can be reached."""

    reachable: Mapping[UUID, frozenset[str]] = field(default_factory=dict)
    """The audiences of each person who is active and gets our emails."""
    primaries: Mapping[tuple[UUID, UUID], UUID] = field(default_factory=dict)
    """The primary of each (committee, agency)."""
    leads: Mapping[UUID, frozenset[UUID]] = field(default_factory=dict)
    """The leads of each agency."""
    coordinators: frozenset[UUID] = frozenset()
    without_reminders: frozenset[UUID] = frozenset()
    """People who want no reminders about items of their own."""


def is_weekend(day: date) -> bool:
    """Return whether a day is a Saturday or a Sunday."""
    return day.weekday() >= SATURDAY


def days_ahead_of(due: date) -> frozenset[date]:
    """Return the days on which the owner is reminded before an item is due, and the due day itself.

    Only the due day can be on a weekend. A week before, the Monday after is in time; the day before, it is the Friday.
    """
    week, eve = due - timedelta(days=max(DAYS_AHEAD)), due - A_DAY
    while is_weekend(week):
        week += A_DAY
    while is_weekend(eve):
        eve -= A_DAY
    return frozenset({week, eve, due})


def first_late_day(due: date) -> date:
    """Return the first day on which the owner of an overdue item hears of it: after a weekend, on Monday."""
    day = due + timedelta(days=FIRST_LATE)
    while is_weekend(day):
        day += A_DAY
    return day


def has_passed_rung(item: OpenItem, day: date, escalations: Escalations) -> bool:
    """Return whether a day is on or past that of a rung which the item has not reached."""
    return any(_is_ready(item, rung, day, escalations) for rung in ESCALATED)


def escalate_item(
    item: OpenItem, mornings: Iterable[date], escalations: Escalations, ladder: PeopleOnRungs
) -> OpenItem:
    """Return the item with each rung that it reaches on one of these mornings, in their order.

    While neither a rung nor anyone to whom it would pass can be reached, the item waits for a later morning.
    """
    days = [*mornings]
    for rung in ESCALATED:
        day = next((day for day in days if _is_ready(item, rung, day, escalations)), None)
        if day and _first_reachable(item, rung, ladder, is_passed_on=True):
            item = replace(item, escalated={**item.escalated, rung: day})
    return item


def rungs_on(item: OpenItem, day: date) -> list[Rung]:
    """Return the rungs whose day it is, lowest first."""
    late = (day - first_late_day(item.due)).days
    is_owners = day in days_ahead_of(item.due) or (late >= 0 and late % A_WEEK == 0)
    return [*([Rung.OWNER] if is_owners else []), *[rung for rung in ESCALATED if item.reached_on(rung) == day]]


def people_hearing(item: OpenItem, day: date, ladder: PeopleOnRungs) -> dict[UUID, Rung]:
    """Return who hears of an item on a day, each by the rung on which they do."""
    hearing: dict[UUID, Rung] = {}
    is_first = day == first_late_day(item.due)
    for rung in rungs_on(item, day):
        for person, on in _first_reachable(item, rung, ladder, is_passed_on=rung > Rung.OWNER or is_first).items():
            hearing.setdefault(person, on)
    return {who: on for who, on in hearing.items() if on > Rung.OWNER or who not in ladder.without_reminders}


def people_hearing_within(item: OpenItem, days: Iterable[date], ladder: PeopleOnRungs) -> dict[UUID, tuple[date, Rung]]:
    """Return who heard of an item on some days, in their order, each by the last of these days and its rung."""
    heard: dict[UUID, tuple[date, Rung]] = {}
    for day in days:
        heard |= {person: (day, rung) for person, rung in people_hearing(item, day, ladder).items()}
    return heard


def people_escalated_to(item: OpenItem, ladder: PeopleOnRungs) -> set[UUID]:
    """Return the people whom an item has reached since it became stuck, other than its owner."""
    rungs = [rung for rung in ESCALATED if item.reached_on(rung)]
    return set(chain.from_iterable(_first_reachable(item, rung, ladder, is_passed_on=True) for rung in rungs))


def rung_candidates(items: Iterable[OpenItem], ladder: PeopleOnRungs) -> set[UUID]:
    """Return everyone who is on a rung of one of these items, reachable or not."""
    return set(chain.from_iterable(_people_on(item, rung, ladder) for item in items for rung in Rung))


def _is_ready(item: OpenItem, rung: Rung, day: date, escalations: Escalations) -> bool:
    days = escalations.of(item).days(rung)
    return days > 0 and item.reached_on(rung) is None and day >= item.stuck_since + timedelta(days=days)


def _first_reachable(item: OpenItem, rung: Rung, ladder: PeopleOnRungs, *, is_passed_on: bool) -> dict[UUID, Rung]:
    """Return the people of the first rung from this one on that isn't empty; only of this one unless it is passed on.

    The reminders before the day, on it, and of every later week are the owner's alone.
    """
    for on in [Rung(number) for number in range(rung, len(Rung))] if is_passed_on else [rung]:
        if there := [
            person
            for person in _people_on(item, on, ladder)
            if (not item.audiences.isdisjoint(ladder.reachable.get(person, frozenset())))
        ]:
            return dict.fromkeys(there, on)
    return {}


def _people_on(item: OpenItem, rung: Rung, ladder: PeopleOnRungs) -> frozenset[UUID]:
    """Return who is on a rung of an item; above the first, not its owner."""
    match rung:
        case Rung.OWNER:
            return frozenset({item.owner_id})
        case Rung.AGENCY:
            seat = (item.committee_id, item.agency_id) if item.committee_id else None
            primary = ladder.primaries.get(seat) if seat else None
            people = frozenset({primary}) if primary else ladder.leads.get(item.agency_id, frozenset())
        case Rung.COORDINATOR:
            people = ladder.coordinators
        case Rung.ASSIGNER:
            people = frozenset({item.assigned_by_id})
    return people - {item.owner_id}


def committee_days_in(agency: str, coordinator: str, usual: Escalation) -> CommitteeDays:
    """Return the days that a form describes; empty = those of the task force, `usual`.

    Errors: Invalid(agency, coordinator), also when the coordinators would hear of an item before the owner's agency.
    """
    texts = {"agency": agency.strip(), "coordinator": coordinator.strip()}
    wrong = {
        name: WRONG_DAYS
        for name, text in texts.items()
        if text
        and not (
            text.isascii()
            and text.isdecimal()
            and len(text) <= len(str(LONGEST_ESCALATION))
            and int(text) <= LONGEST_ESCALATION
        )
    }
    if wrong:
        raise Invalid(**wrong)
    days = CommitteeDays(**{name: int(text) for name, text in texts.items() if text})
    applied = days.over(usual)
    if applied.is_in_order:
        return days
    # The refusal is at the field that was filled in last.
    agency, coordinator = plural(applied.agency, "day"), plural(applied.coordinator, "day")
    if days.coordinator is None:
        raise Invalid(agency=f"Enter {applied.coordinator} or less: we email the coordinators after {coordinator}.")
    said = f"Enter {applied.agency} or more, or 0 for never: we email the owner’s agency after {agency}."
    raise Invalid(coordinator=said)


def escalation_words(escalation: Escalation) -> str:
    """Return to whom overdue and blocked items go besides their owners, in a sentence."""
    levels = {"the owner’s agency": escalation.agency, "the coordinators": escalation.coordinator}
    reached = " and ".join(f"{who} after {plural(days, 'day')}" for who, days in levels.items() if days)
    if not reached:
        return "Overdue and blocked action items don’t escalate, unless their owners can’t be reached."
    return f"Overdue and blocked action items escalate to {reached}."


class CoveredDays(Struct, frozen=True, kw_only=True):
    """A day with a morning, and the first of the days that its email covers: quiet hours can last for days."""

    day: date
    since: date


class DueDayEmail(CoveredDays, frozen=True, kw_only=True):
    """The email of a day. One that is not in time was never sent."""

    is_in_time: bool


def morning_of(day: date, zone: str, quiet: QuietHours | None) -> datetime | None:
    """Return when the email of a day is sent: at 8:00 AM, or when quiet hours that include it end.

    None for a day on which they don't end.
    """
    return _out_of_quiet(quiet, to_utc(datetime.combine(day, MORNING), zone), day, zone)


def first_morning(day: date, zone: str, quiet: QuietHours | None) -> tuple[date, datetime]:
    """Return the first day from this one on with an email, and when it is sent."""
    while (at := morning_of(day, zone, quiet)) is None:
        day += A_DAY
    return day, at


def next_chance_to_send(day: date, now: datetime, zone: str, quiet: QuietHours | None) -> datetime | None:
    """Return when the email of a day whose morning is over can be sent: its morning, or the end of quiet hours now."""
    at = _out_of_quiet(quiet, now, day, zone)
    return morning_of(day, zone, quiet) if at == now else at


def end_of_day(day: date, zone: str) -> datetime:
    """Return the midnight after a day, from which on its email is not sent."""
    return to_utc(datetime.combine(day + A_DAY, time()), zone)


def days_with_morning(after: datetime, until: datetime, zone: str, quiet: QuietHours | None) -> list[CoveredDays]:
    """Return the days whose morning is in (after, until], earliest first, each with the days before without one."""
    days = list[CoveredDays]()
    for day in days_between(to_local(after, zone).date(), to_local(until, zone).date()):
        at = morning_of(day, zone, quiet)
        if at and after < at <= until:
            since = day
            while day - since < MADE_UP and morning_of(since - A_DAY, zone, quiet) is None:
                since -= A_DAY
            days.append(CoveredDays(day=day, since=since))
    return days


def day_emails_due(
    days: Iterable[CoveredDays], heard: Collection[date], owed_since: date | None, today: date
) -> list[DueDayEmail]:
    """Return a person's emails for some days, of which they heard something new on `heard`.

    `owed_since` is the first day that their last email was to cover, if that one was not sent. Only today's email is
    in time; a day before that gets none later.
    """
    since, item_emails = owed_since, list[DueDayEmail]()
    for item_days in days:
        is_new = any(day in heard for day in days_between(item_days.since, item_days.day))
        if is_new or (since and item_days.day == today):
            since = since or item_days.since
            item_emails.append(DueDayEmail(day=item_days.day, since=since, is_in_time=item_days.day == today))
    return item_emails


def _out_of_quiet(quiet: QuietHours | None, at: datetime, day: date, zone: str) -> datetime | None:
    """Return a moment, or the end of quiet hours that contain it; None when they end on another day."""
    hours = quiet.around(at) if quiet else None
    if hours is None:
        return at
    return hours[1] if hours[1] < end_of_day(day, zone) else None


class EarlierDayEmail(Struct, frozen=True, kw_only=True):
    """An email about action items of some days, as it was planned, and what became of it."""

    recipient_id: UUID
    since: date
    day: date
    is_sent: bool
    is_owed: bool
    """Whether it waits, or the next one makes up for it."""
    reached: frozenset[UUID]
    """The items of other people that had reached its reader."""


class PlannedSoFar(Struct, frozen=True, kw_only=True):
    """What has been planned until a moment, `until`, in the task force's zone."""

    emails: Collection[EarlierDayEmail]
    wishes: Wishes
    zone: str
    until: datetime


def may_have_missed_rung(item: OpenItem, planned: PlannedSoFar) -> bool:
    """Return whether an item reached a rung in the days for which emails make up."""
    return any(_is_recent(day, planned) for day in item.escalated.values())


def without_missed_rungs(item: OpenItem, ladder: PeopleOnRungs, planned: PlannedSoFar) -> OpenItem:
    """Return an item without the rungs that it reached in vain."""
    kept = {rung: day for rung, day in item.escalated.items() if not _is_missed(item, rung, ladder, planned)}
    return replace(item, escalated=kept)


def _is_missed(item: OpenItem, rung: Rung, ladder: PeopleOnRungs, planned: PlannedSoFar) -> bool:
    day = item.reached_on(rung)
    if day is None or not _is_recent(day, planned):
        return False
    there = {person for person, on in people_hearing(item, day, ladder).items() if on > Rung.OWNER}
    day_emails = [email for email in planned.emails if item.id in email.reached and email.since <= day <= email.day]
    if any(day_email.is_sent or (day_email.is_owed and day_email.recipient_id in there) for day_email in day_emails):
        return False
    # Because of quiet hours, the email of that day isn't planned yet to some.
    mornings = (first_morning(day, planned.zone, planned.wishes.quiet_of(person))[1] for person in there)
    return not any(morning > planned.until for morning in mornings)


def _is_recent(day: date, planned: PlannedSoFar) -> bool:
    return day > to_local(planned.until - MADE_UP, planned.zone).date()
