"""The people of the demo, their agencies and committees, and what they chose: reminders, busy times, blackout days."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, time
from uuid import UUID

from msgspec import Struct

from tracker.demo import Row, read_story
from tracker.demo.program import A_DAY, Day, Weekday
from tracker.rules.availability.shared_calendars import BusyKind, CalendarSpan, ReadSpan, kept_window
from tracker.rules.core.viewers import Arm, Level, Role, Viewer
from tracker.rules.core.wording import to_local, to_utc
from tracker.rules.recurrence.holidays import is_working_day
from tracker.rules.roster.directory import AgencyFacts, CommitteeFacts, PersonFacts
from tracker.rules.roster.quorum import NO_QUORUM, QuorumRule, ReminderPolicy
from tracker.rules.roster.sites import MeetingSiteFacts
from tracker.usecases import availability
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.emails import preferences
from tracker.usecases.roster import agencies as roster_agencies
from tracker.usecases.roster import committees as roster_committees
from tracker.usecases.roster import people

PHONE = "816-555-{:04}"  # 555-01xx numbers are reserved for fiction
CALENDAR = "https://calendar.example/{}.ics"  # this domain can't exist (RFC 2606)
SHARED_DAYS = 8 * 7  # of each shared calendar


class Person(Row, frozen=True, kw_only=True):
    """A person, named by their role."""

    key: str
    name: str
    roles: tuple[Role, ...] = ()


class Agency(Row, frozen=True, kw_only=True):
    """A member organization; `coalition` is the code of another one."""

    code: str
    name: str
    arm: Arm
    level: Level
    coalition: str | None = None
    people: tuple[Person, ...]


class Committee(Row, frozen=True, kw_only=True):
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


class Blackout(Row, frozen=True, kw_only=True):
    """The days that a lead set as blackout days of their agency, and why."""

    lead: str
    first: Day
    last: Day
    reason: str


class Cast(Row, frozen=True, kw_only=True):
    """What `cast.toml` holds."""

    behind_the_scenes: tuple[str, ...]
    """Administrators and auditors, who are invited to nothing."""
    personas: Mapping[str, str]
    """The description of each person that a visitor can be, by key."""
    agencies: tuple[Agency, ...]
    committees: Mapping[str, Committee]
    sites: tuple[MeetingSiteFacts, ...]
    calendars: Mapping[str, tuple[Habit, ...]]
    blackouts: tuple[Blackout, ...]


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


async def _add_committee(committee: Committee, agencies: Mapping[str, UUID], ids: Mapping[str, UUID]) -> UUID:
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
