"""The people of the demo, what they chose, and its calendar: current and believable on every day on which it starts.

Offices are closed on weekends and federal holidays; what is held in public or at night may fall on a weekend.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum, auto
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.demo import Row, read_story
from tracker.rules.availability.shared_calendars import BusyKind, CalendarSpan, ReadSpan, kept_window
from tracker.rules.core.viewers import Arm, Level, Role, Viewer, Visibility
from tracker.rules.core.wording import to_local, to_utc
from tracker.rules.events.events import EventStatus, Kind
from tracker.rules.events.markings import Category, Limit
from tracker.rules.polls import Fit
from tracker.rules.recurrence.holidays import (
    HolidayChoice,
    federal_holidays,
    held_starts,
    is_working_day,
    next_working_day,
    working_day_by,
)
from tracker.rules.recurrence.series import RepeatChoice, Rule, dates_by_rule, nth_weekday, rule_for_choice
from tracker.rules.roster.directory import AgencyFacts, CommitteeFacts, PersonFacts
from tracker.rules.roster.meetings import NO_QUORUM, MeetingSiteFacts, QuorumRule, ReminderPolicy
from tracker.usecases import availability
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.emails import preferences
from tracker.usecases.roster import agencies as roster_agencies
from tracker.usecases.roster import committees as roster_committees
from tracker.usecases.roster import people

VIDEO = "https://video.example/task-force"
MONTHS = 12  # in a year
A_DAY = timedelta(days=1)
A_WEEK = timedelta(days=7)
OPENS, CLOSES = time(8), time(17)
MORNING = time(9)
AHEAD = timedelta(hours=2, minutes=2)
"""How far ahead a call is scheduled at the start: visitors can watch its reminder, which comes two hours before."""
QUARTER = timedelta(minutes=15)


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = auto()
    TUESDAY = auto()
    WEDNESDAY = auto()
    THURSDAY = auto()
    FRIDAY = auto()
    SATURDAY = auto()
    SUNDAY = auto()

    @property
    def number(self) -> int:
        """Return its number, as `date.weekday` counts."""
        return list(Weekday).index(self)


class DemoDay(Row, frozen=True, kw_only=True):
    """A day relative to today: a working day some days away, or a weekday of another week or month."""

    days: int = 0
    counts_back: bool = False
    """Whether it is the working day before a day off, not the one after it."""
    weeks: int = 0
    months: int = 0
    weekday: Weekday | None = None
    nth: int | None = None
    """Which such weekday of the month; None = the one of the week."""
    skips_holidays: bool = False
    """Whether it is a week later, or more, on a federal holiday."""

    def on(self, today: date) -> date:
        """Return the day in a demo that starts today."""
        if self.weekday is None:
            day = today + A_DAY * self.days
            return working_day_by(day) if self.counts_back else next_working_day(day - A_DAY)
        if self.nth is None:
            day = today + A_WEEK * self.weeks + A_DAY * (self.weekday.number - today.weekday())
        else:
            year, month = divmod(today.year * MONTHS + today.month - 1 + self.months, MONTHS)
            day = nth_weekday(year, month + 1, self.weekday.number, self.nth)
        while self.skips_holidays and day in federal_holidays(day.year):
            day += A_WEEK
        return day


class DemoTime(Row, frozen=True, kw_only=True):
    """When an event takes place, and how often."""

    first: DemoDay
    starts: time = time(10)
    """On the wall clock; ignored for all-day events."""
    minutes: int
    repeat: RepeatChoice = RepeatChoice.NONE
    interval: int = 1
    notice: int = 14
    """Days before its first date on which it was scheduled."""


class Script(Row, frozen=True, kw_only=True):
    """One event: `who` are keys of people, committees or arms, or "everyone"."""

    key: str = ""
    title: str
    lead: str
    who: tuple[str, ...]
    silent: frozenset[str] = frozenset()
    """People who haven't replied, so that each persona is still waited for."""
    when: DemoTime
    kind: Kind = Kind.MEETING
    sees: Visibility = Visibility.ALL
    committee: str | None = None
    status: EventStatus = EventStatus.CONFIRMED
    place: str = ""
    has_video: bool = False
    description: str = ""
    agenda: str = ""
    categories: frozenset[Category] = frozenset()
    """The marking by its organizer's agency, as controlled unclassified information; none = it is not marked."""
    limit: Limit | None = None
    is_new: bool = False
    """Scheduled when the demo starts, so that its invitations are really sent."""

    @property
    def duration(self) -> timedelta:
        """Return how long each date lasts."""
        return timedelta(minutes=self.when.minutes)

    @property
    def is_all_day(self) -> bool:
        """Return whether it is an all-day event."""
        return self.duration % A_DAY == timedelta()


class DemoPollDate(Row, frozen=True, kw_only=True):
    """A date that the poll proposes."""

    first: DemoDay
    starts: time


class PollScript(Row, frozen=True, kw_only=True):
    """The date poll: what it is about, its dates, and who replied what to each of them."""

    title: str
    place: str
    dates: tuple[DemoPollDate, ...]
    minutes: int
    reply_by: DemoDay
    replies: Mapping[str, tuple[Fit, ...]]


class Program(Row, frozen=True, kw_only=True):
    """What `program.toml` holds."""

    series: Mapping[str, Script]
    singles: Mapping[str, Script]
    soon: Script
    """Scheduled about two hours ahead when the demo starts."""
    poll: PollScript


PROGRAM = read_story("program", Program)
SERIES, SINGLES = (
    tuple(replace(script, key=key) for key, script in scripts.items()) for scripts in (PROGRAM.series, PROGRAM.singles)
)
SOON = replace(PROGRAM.soon, key="soon")


class Timetable(Struct, frozen=True, kw_only=True):
    """When a script takes place: its first date, its rule, and what happens to dates on a holiday. Times are local."""

    starts: datetime
    rule: Rule | None
    on_holidays: Mapping[date, HolidayChoice]

    @property
    def dates(self) -> list[datetime]:
        """Return when each date begins that is held."""
        return [start for _, start in held_starts(dates_by_rule(self.rule, self.starts), self.on_holidays)]


def timetable(script: Script, today: date) -> Timetable:
    """Return when a script takes place in a demo that starts today.

    A date of a series on a federal holiday is held a week later, or left out where that day is no better.
    """
    when = script.when
    starts = datetime.combine(when.first.on(today), time() if script.is_all_day else when.starts)
    rule = rule_for_choice(when.repeat, starts, interval=when.interval)
    days = [start.date() for start in dates_by_rule(rule, starts)] if rule else []
    on_holidays = {}
    for day in days:
        if day in federal_holidays(day.year):
            is_better = is_working_day(day + A_WEEK) and day + A_WEEK not in days
            on_holidays[day] = HolidayChoice.NEXT_WEEK if is_better else HolidayChoice.SKIP
    return Timetable(starts=starts, rule=rule, on_holidays=on_holidays)


def due_day(number: int, today: date) -> date:
    """Return the due date `number` days from today: a working day, and as much in the past or future as that."""
    return DemoDay(days=number, counts_back=number < 0).on(today)


def next_call(now: datetime, length: timedelta) -> datetime:
    """Return when a call of this length begins that is scheduled now: about two hours ahead, in office hours.

    Times are local. Outside office hours, it is at nine on the next working day, so no reminder comes soon.
    """
    ahead = now + AHEAD
    hour = ahead.replace(minute=0, second=0, microsecond=0)
    begins = hour + -(-(ahead - hour) // QUARTER) * QUARTER
    ends = begins + length
    if is_working_day(begins.date()) and begins.time() >= OPENS and ends <= datetime.combine(begins.date(), CLOSES):
        return begins
    is_early = is_working_day(ahead.date()) and ahead.time() < OPENS
    day = ahead.date() if is_early else next_working_day(ahead.date())
    return datetime.combine(day, MORNING)


PHONE = "816-555-{:04}"  # 555-01xx numbers are reserved for fiction
CALENDAR = "https://calendar.example/{}.ics"  # this domain can't exist (RFC 2606)
SHARED_DAYS = 8 * 7  # of each shared calendar


class DemoPerson(Row, frozen=True, kw_only=True):
    """A person, named by their role."""

    key: str
    name: str
    roles: tuple[Role, ...] = ()


class DemoAgency(Row, frozen=True, kw_only=True):
    """A member organization; `coalition` is the code of another one."""

    code: str
    name: str
    arm: Arm
    level: Level
    coalition: str | None = None
    people: tuple[DemoPerson, ...]


class DemoCommittee(Row, frozen=True, kw_only=True):
    """A committee: who holds its seats, who may substitute for whom, and what its chair chose."""

    name: str
    kind: str
    arm: Arm | None = None
    place: str
    seats: tuple[str, ...]
    alternates: Mapping[str, str]
    quorum: QuorumRule = NO_QUORUM
    chair: str | None = None
    reminders: ReminderPolicy | None = None
    """None = the usual ones."""


class Habit(Row, frozen=True, kw_only=True):
    """When a person is busy on some days of every week, on the wall clock."""

    days: frozenset[Weekday]
    starts: time
    ends: time
    kind: BusyKind


class DemoBlackout(Row, frozen=True, kw_only=True):
    """The days that a lead set as blackout days of their agency, and why."""

    lead: str
    first: DemoDay
    last: DemoDay
    reason: str


class Cast(Row, frozen=True, kw_only=True):
    """What `cast.toml` holds."""

    behind_the_scenes: tuple[str, ...]
    """Administrators and auditors, who are invited to nothing."""
    personas: Mapping[str, str]
    """The description of each person that a visitor can be, by key."""
    agencies: tuple[DemoAgency, ...]
    committees: Mapping[str, DemoCommittee]
    sites: tuple[MeetingSiteFacts, ...]
    calendars: Mapping[str, tuple[Habit, ...]]
    blackouts: tuple[DemoBlackout, ...]


CAST = read_story("cast", Cast)
COMMITTEES = CAST.committees
AGENCY_OF = {person.key: agency for agency in CAST.agencies for person in agency.people}


class Company(Struct, frozen=True):
    """The demo's people as viewers by key, and its committees by key as ids."""

    members: Mapping[str, Viewer]
    committees: Mapping[str, UUID]

    def named(self, *words: str) -> tuple[str, ...]:
        """Return the keys of people, given by keys of people or committees, an arm's name or "everyone"; each once."""
        return tuple(dict.fromkeys(key for word in words for key in self._behind(word)))

    def _behind(self, word: str) -> Iterable[str]:
        if word == "everyone":
            return [key for key in self.members if key not in CAST.behind_the_scenes]
        if word in COMMITTEES:
            return COMMITTEES[word].seats
        if word in set(Arm):
            return [key for key in self.named("everyone") if self.members[key].arm == word]
        return (word,)


def address(key: str) -> str:
    """Return the email address of a person: the domain can't exist (RFC 2606)."""
    return f"{key.replace('_', '.')}@{AGENCY_OF[key].code.lower().replace(' ', '-')}.example"


async def assemble_company(now: datetime, zone: str) -> Company:
    """Write agencies, people and committees into the empty database, inside the caller's transaction."""
    agencies: dict[str, UUID] = {}
    for agency in CAST.agencies:
        agencies[agency.code] = await roster_agencies.insert_agency(
            AgencyFacts(
                name=agency.name,
                code=agency.code,
                arm=agency.arm,
                level=agency.level,
                coalition_id=agencies[agency.coalition] if agency.coalition else None,
            )
        )
    ids: dict[str, UUID] = {}
    every = [(agencies[agency.code], person) for agency in CAST.agencies for person in agency.people]
    for number, (agency_id, person) in enumerate(every):
        facts = PersonFacts(
            agency_id=agency_id,
            name=person.name,
            email=address(person.key),
            zone=zone,
            roles=frozenset(person.roles),
            phone=PHONE.format(100 + number),
        )
        ids[person.key] = await people.insert_member(facts, now)
    committees = {key: await _add_committee(committee, agencies, ids) for key, committee in COMMITTEES.items()}
    for key, committee in COMMITTEES.items():
        if committee.chair:
            await roster_committees.make_chair(committee_id=committees[key], member_id=ids[committee.chair])
    for site in CAST.sites:
        await roster_agencies.add_meeting_site(await viewer_for(ids["coordinator"], now), site, now, now)
    return Company({key: await viewer_for(member_id, now) for key, member_id in ids.items()}, committees)


async def _add_committee(committee: DemoCommittee, agencies: Mapping[str, UUID], ids: Mapping[str, UUID]) -> UUID:
    committee_id = await roster_committees.insert_committee(
        CommitteeFacts(
            name=committee.name, kind=committee.kind, place=committee.place, arm=committee.arm, quorum=committee.quorum
        )
    )
    for key in committee.seats:
        await roster_committees.insert_seat(
            committee_id=committee_id,
            agency_id=agencies[AGENCY_OF[key].code],
            primary=ids[key],
            alternates=[ids[committee.alternates[key]]] if key in committee.alternates else [],
        )
    return committee_id


async def choose_reminders(company: Company, now: datetime) -> None:
    """Set the reminder policies of committees, as their chairs."""
    for key, committee in COMMITTEES.items():
        if committee.chair and committee.reminders:
            chair = company.members[committee.chair]
            await preferences.save_committee_policy(chair, company.committees[key], committee.reminders, now)


async def set_blackouts(company: Company, start: datetime, zone: str, now: datetime) -> None:
    """Set the blackout days of agencies in a demo that starts then."""
    today = to_local(start, zone).date()
    for days in CAST.blackouts:
        lead = company.members[days.lead]
        first, last = days.first.on(today), days.last.on(today)
        await availability.set_blackout(lead, lead.agency_id, first, last, days.reason, now, today)


async def share_calendars(company: Company, now: datetime, zone: str) -> None:
    """Share calendars, and store the hours as if the calendars had just been read."""
    for key, habits in CAST.calendars.items():
        await availability.share_calendar(company.members[key], CALENDAR.format(key.replace("_", "-")), "", now)
        claimed = await availability.claim_calendar(now)
        if claimed:
            await availability.keep_spans(claimed, _busy_times(habits, now, zone), 0, kept_window(now, zone), now)


def _busy_times(habits: tuple[Habit, ...], now: datetime, zone: str) -> Iterator[ReadSpan]:
    today, weekdays = to_local(now, zone).date(), list(Weekday)
    for day in filter(is_working_day, (today + A_DAY * number for number in range(SHARED_DAYS))):
        for habit in habits:
            if weekdays[day.weekday()] in habit.days:
                starts, ends = (to_utc(datetime.combine(day, hour), zone) for hour in (habit.starts, habit.ends))
                yield ReadSpan("", CalendarSpan(starts, ends, habit.kind))
