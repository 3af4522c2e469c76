"""Suggested times, and blackout days: when required people are free, as far as is known; pure and without a clock.

From a person's known busy times to the best times for a list of people, their notes, and the grid of a day. On the
blackout days of an agency, its people are not available.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from operator import itemgetter
from uuid import UUID

from msgspec import Struct, field
from msgspec.structs import replace

from tracker.errors import Invalid
from tracker.rules.core.viewers import Role, Viewer
from tracker.rules.core.wording import EN_DASH, plural, short_day, to_local, to_utc
from tracker.rules.events.plans import Person, Slot, slot_at
from tracker.rules.recurrence.holidays import is_working_day
from tracker.rules.roster.meetings import Quorum, QuorumCount

LONGEST = timedelta(days=92)
FARTHEST = timedelta(days=731)
"""How far in the future a blackout may end."""


class BlackoutDays(Struct, frozen=True, kw_only=True):
    """Consecutive days of one agency, both ends included."""

    id: UUID
    agency_id: UUID
    agency: str
    """Short name, for example KCPD."""
    first: date
    last: date
    reason: str

    def holds(self, on: date) -> bool:
        """Return whether the day is one of them."""
        return self.first <= on <= self.last

    def words(self, today: date) -> str:
        """Return the days: "Mon, Jan 11" or "Mon, Jan 11 to Fri, Jan 15", with an en dash."""
        ends = "" if self.first == self.last else f" {EN_DASH} {short_day(self.last, today)}"
        return f"{short_day(self.first, today)}{ends}"


def may_set_blackouts(viewer: Viewer, agency_id: UUID) -> bool:
    """Return whether the viewer may set blackout days for an agency: its leads, and coordinators."""
    leads = Role.AGENCY_LEAD in viewer.roles and viewer.agency_id == agency_id
    return viewer.is_coordinator or leads


def check_blackout(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """Return the days; only the first without a last day. Errors: Invalid by field."""
    if first is None:
        raise Invalid(first="Choose the first day.")
    last = last or first
    if last < first:
        raise Invalid(last="The last day is before the first.")
    if last < today:
        raise Invalid(**{"first" if last == first else "last": "Choose today or later dates."})
    if last - first >= LONGEST:
        raise Invalid(last=f"Blackout days can last at most {LONGEST.days} days. Add the rest separately.")
    if last - today > FARTHEST:
        raise Invalid(last="Choose dates within the next two years.")
    return first, last


def blackouts_on(blackouts: Iterable[BlackoutDays], days: Iterable[date]) -> list[tuple[date, BlackoutDays]]:
    """Return which of some days are blackout days, earliest first; each agency once a day."""
    known = list(blackouts)
    by_agency = {(day, blackout.agency_id): blackout for day in days for blackout in known if blackout.holds(day)}
    return [(day, blackout) for (day, _), blackout in sorted(by_agency.items(), key=lambda pair: pair[0][0])]


class Availability(StrEnum):
    """A person's availability for half an hour; of two states at once, the later one in the list counts."""

    FREE = "free"
    TENTATIVE = "tentative"
    BUSY = "busy"
    OUT = "out of office"
    BLACKOUT = "blackout day"
    """No one at the agency is available."""


WORST = {state: number for number, state in enumerate(Availability)}


class BusyTime(Struct, frozen=True, kw_only=True):
    """A time when a person is not free; aware UTC, end excluded."""

    starts_at: datetime
    ends_at: datetime
    state: Availability = Availability.BUSY
    title: str = ""
    """Title of an event that the viewer may see, or reason of a blackout; a shared calendar gives none."""


class BusyDays:
    """The busy times of one person, for many queries; `shared_until` is how far their shared calendar reaches."""

    def __init__(self, busy: Iterable[BusyTime], shared_until: datetime | None = None) -> None:
        self.shared_until = shared_until
        self._busy = sorted(busy, key=lambda busy_time: busy_time.starts_at)
        self._starts = [busy_time.starts_at for busy_time in self._busy]
        self._longest = max((busy_time.ends_at - busy_time.starts_at for busy_time in self._busy), default=timedelta(0))

    def shares(self, day: date, zone: str) -> bool:
        """Return whether they share a calendar that covers this day."""
        return self.shared_until is not None and day < to_local(self.shared_until, zone).date()

    def and_away(self, more: Iterable[BusyTime]) -> "BusyDays":
        """Return the same days with more busy times."""
        return BusyDays([*self._busy, *more], self.shared_until)

    def reason(self, starts_at: datetime, ends_at: datetime) -> str:
        """Return the reason of a blackout in [starts_at, ends_at); nothing where there is none."""
        reasons = (
            busy_time.title for busy_time in self.taken(starts_at, ends_at) if busy_time.state is Availability.BLACKOUT
        )
        return next(reasons, "")

    def state(self, starts_at: datetime, ends_at: datetime) -> Availability:
        """Return how available the person is in [starts_at, ends_at)."""
        states = (busy_time.state for busy_time in self.taken(starts_at, ends_at))
        return max(states, key=WORST.__getitem__, default=Availability.FREE)

    def states(self, slots: Sequence[Slot]) -> dict[int, Availability]:
        """Return the numbers of the slots in which the person is not free; `slots` are sorted by start and end."""
        states: dict[int, Availability] = {}
        for busy_time in self._busy:
            first = bisect_right(slots, busy_time.starts_at, key=itemgetter(1))
            after = bisect_left(slots, busy_time.ends_at, key=itemgetter(0))
            for number in range(first, after):
                if number not in states or WORST[busy_time.state] > WORST[states[number]]:
                    states[number] = busy_time.state
        return states

    def taken(self, starts_at: datetime, ends_at: datetime) -> list[BusyTime]:
        """Return the busy times in [starts_at, ends_at)."""
        first, last = bisect_left(self._starts, starts_at - self._longest), bisect_left(self._starts, ends_at)
        return [busy_time for busy_time in self._busy[first:last] if busy_time.ends_at > starts_at]


STEP = timedelta(minutes=30)
OPENS, CLOSES = time(8), time(18)
"""Working hours, on the wall clock of the task force."""
NOON = time(12)


Candidate = tuple[Slot, ...]
"""The dates of an event that begins at some day and hour: one, or the first ones of a series."""


class Suggestion(Struct, frozen=True, kw_only=True):
    """A time, and the people who could not come, each with the number of their missed dates."""

    starts_at: datetime
    ends_at: datetime
    dates: int
    """How many dates were checked: 1 for a single event."""
    free: int
    """On how many dates no required person is missing."""
    missing: Mapping[UUID, int]
    """Required people who are busy, out of office, or at an agency with a blackout day."""
    why: Mapping[UUID, Availability] = field(default_factory=dict)
    """Why one of them is missing, where they are not simply busy: the same on each of these dates."""
    blackouts: int = 0
    """How many blackout days these are, counted for each required person."""
    tentative: Mapping[UUID, int]
    optional_missing: Mapping[UUID, int]
    quorate: int = 0
    """On how many dates there would be a quorum; none where none is required."""
    quorum: QuorumCount | None = None
    """How many seats would be filled on the first date."""


class PeopleToMeet(Struct, frozen=True, kw_only=True):
    """The people for whom times are suggested, and their busy times."""

    required: Sequence[UUID]
    optional: Sequence[UUID]
    days: Mapping[UUID, BusyDays]
    quorum: Quorum | None = None
    """The quorum rule of the meeting's committee."""


def only_once(day: date) -> Sequence[date]:
    """Return the dates of an event that does not repeat."""
    return (day,)


def candidate_times(
    first: datetime, days: int, length: timedelta, zone: str, dates_of: Callable[[date], Sequence[date]] = only_once
) -> list[Candidate]:
    """Return possible times from `first` (local) on, over some days: a start on each half hour of working hours.

    First dates on weekends and federal holidays are left out. `dates_of` returns the days of a series from its first
    one; none where there is no such series.
    """
    candidates: list[Candidate] = []
    for day in (first.date() + timedelta(days=number) for number in range(days)):
        on = dates_of(day) if is_working_day(day) else ()
        if not on:
            continue
        begins, closes = datetime.combine(day, OPENS), datetime.combine(day, CLOSES)
        while begins + length <= closes:
            if begins >= first:
                candidates.append(candidate_from(on, begins.time(), length, zone))
            begins += STEP
    return candidates


def candidate_from(on: Iterable[date], begins: time, length: timedelta, zone: str) -> Candidate:
    """Return the dates of an event on some days, from a time on the wall clock on."""
    return tuple(slot_at(datetime.combine(day, begins), length, zone) for day in on)


def suggest_times(
    choices: Sequence[Candidate], people: PeopleToMeet, zone: str, like: time = OPENS, most: int = 5
) -> list[Suggestion]:
    """Return the best times: with a quorum first, then with the fewest required people missing, then the soonest.

    Blackout days of required people are used only when there is no other day. Each half day gives at most one time, so
    that the choices differ: among equal ones, the closest to the hour `like`.
    """
    every = judge_times(choices, people)
    fewest = min((suggestion.blackouts for suggestion in every), default=0)
    possible = [suggestion for suggestion in every if suggestion.blackouts == fewest]
    ranked = sorted(possible, key=lambda suggestion: _rank(suggestion, to_local(suggestion.starts_at, zone), like))
    chosen: dict[tuple[date, bool], Suggestion] = {}
    for suggestion in ranked:
        local = to_local(suggestion.starts_at, zone)
        chosen.setdefault((local.date(), local.time() < NOON), suggestion)
        if len(chosen) == most:
            break
    return list(chosen.values())


def judge_times(choices: Sequence[Candidate], people: PeopleToMeet) -> list[Suggestion]:
    """Return who could not come to each of the times."""
    slots = sorted({slot for choice in choices for slot in choice})
    at = {slot: number for number, slot in enumerate(slots)}
    required = _taken_in_slots(slots, people.required, people.days)
    optional = _taken_in_slots(slots, people.optional, people.days)
    counts = _quorum_counts(slots, people)
    suggestions = []
    for choice in choices:
        on = [at[slot] for slot in choice]
        states = [required[number] for number in on]
        missing = _count_dates(states, lambda state: state is not Availability.TENTATIVE)
        ways = {way: _count_dates(states, way.__eq__) for way in (Availability.OUT, Availability.BLACKOUT)}
        suggestion = Suggestion(
            starts_at=choice[0][0],
            ends_at=choice[0][1],
            dates=len(choice),
            free=sum(all(state is Availability.TENTATIVE for state in taken.values()) for taken in states),
            missing=missing,
            why={
                person: way
                for way, counted in ways.items()
                for person, number in counted.items()
                if number == missing[person]
            },
            blackouts=sum(ways[Availability.BLACKOUT].values()),
            tentative=_count_dates(states, lambda state: state is Availability.TENTATIVE),
            optional_missing=_count_dates(
                [optional[number] for number in on], lambda state: state is not Availability.TENTATIVE
            ),
            quorum=counts[on[0]],
            quorate=sum(count is not None and count.is_met for count in (counts[number] for number in on)),
        )
        suggestions.append(suggestion)
    return suggestions


TakenBy = Mapping[UUID, Availability]
"""The people who are not free in one slot, and their state."""


def _taken_in_slots(slots: Sequence[Slot], people: Iterable[UUID], days: Mapping[UUID, BusyDays]) -> Sequence[TakenBy]:
    """Return, for each slot, the people who are not free in it."""
    taken: list[dict[UUID, Availability]] = [{} for _ in slots]
    for person in people:
        for number, state in days[person].states(slots).items() if person in days else ():
            taken[number][person] = state
    return taken


def _quorum_counts(slots: Sequence[Slot], people: PeopleToMeet) -> Sequence[QuorumCount | None]:
    """Return, for each slot, how many seats would be filled; tentative people count as present."""
    if people.quorum is None:
        return [None] * len(slots)
    taken = _taken_in_slots(slots, people.quorum.holders, people.days)
    return [
        people.quorum.count({person for person, state in states.items() if state is not Availability.TENTATIVE})
        for states in taken
    ]


def _count_dates(taken: Iterable[TakenBy], counts: Callable[[Availability], bool]) -> dict[UUID, int]:
    """Return on how many dates a person is busy in a way that counts."""
    return Counter(person for states in taken for person, state in states.items() if counts(state))


def _rank(suggestion: Suggestion, local: datetime, like: time) -> tuple[int, int, int, int, int, date, timedelta]:
    missing, tentative, optional = (
        sum(some.values()) for some in (suggestion.missing, suggestion.tentative, suggestion.optional_missing)
    )
    away = abs(local.replace(tzinfo=None) - datetime.combine(local.date(), like))
    return (
        suggestion.dates - suggestion.quorate,
        suggestion.dates - suggestion.free,
        missing,
        tentative,
        optional,
        local.date(),
        away,
    )


NAMED = 6
"""The most people named for one time."""


def count_unshared(suggestion: Suggestion, required: Iterable[UUID], days: Mapping[UUID, BusyDays], zone: str) -> int:
    """Return how many people who count as free share no calendar that covers the first date."""
    day = to_local(suggestion.starts_at, zone).date()
    as_free = (who for who in required if suggestion.missing.get(who, 0) < suggestion.dates)
    return sum(who in days and not days[who].shares(day, zone) for who in as_free)


def suggestion_notes(
    suggestion: Suggestion, required: int, names: Mapping[UUID, Person], unknown: int = 0
) -> list[str]:
    """Return the notes on a time; `names` holds everyone but the organizer.

    `unknown` is how many of the required people could share a calendar and don't.
    """
    repeats, optional = suggestion.dates > 1, len(suggestion.optional_missing)
    people_free = "required person is" if required == 1 else "required people are"
    free = f"{required - len(suggestion.missing)} of {required} {people_free} free"
    if repeats:
        free = f"{suggestion.free} of the next {suggestion.dates} dates free"
    notes = [f"{free} ({plural(unknown, 'hasn’t', 'haven’t')} shared a calendar)" if unknown else free]
    if suggestion.quorum is not None:
        notes.append(f"Quorum on {suggestion.quorate} of them" if repeats else suggestion.quorum.words)
    busy, out, away = (
        {who: number for who, number in suggestion.missing.items() if suggestion.why.get(who, Availability.BUSY) is way}
        for way in (Availability.BUSY, Availability.OUT, Availability.BLACKOUT)
    )
    missing = _blackout_words(away, suggestion.dates, names)
    for people, word in ((busy, "busy"), (out, "out of office"), (suggestion.tentative, "tentative")):
        for person_id, number in sorted(people.items(), key=lambda pair: -pair[1]):
            person = names.get(person_id)
            name = f"{person.name} ({person.agency})" if person else "the organizer"
            on = f" on {plural(number, 'date')}" if repeats else ""
            missing.append(f"{name} is {word}{on}")
    notes += missing[:NAMED]
    if len(missing) > NAMED:
        notes.append(f"and {len(missing) - NAMED} more")
    if optional:
        notes.append(f"{plural(optional, 'optional person is', 'optional people are')} busy")
    return notes


def _blackout_words(people: Mapping[UUID, int], dates: int, names: Mapping[UUID, Person]) -> list[str]:
    """Return each agency once: its people are away together."""
    agencies: dict[str, int] = {}
    for person, number in people.items():
        agency = names[person].agency if person in names else "the organizer’s agency"
        agencies[agency] = max(number, agencies.get(agency, 0))
    return [
        f"{plural(number, 'blackout day')} of {agency}" if dates > 1 else f"blackout day of {agency}"
        for agency, number in agencies.items()
    ]


class GridCell(Struct, frozen=True, kw_only=True):
    """Consecutive half hours of one person's day with the same state."""

    span: int
    state: Availability
    reason: str = ""
    """The reason of a blackout."""


def widen_to_working_hours(start: datetime, end: datetime, zone: str) -> tuple[datetime, datetime]:
    """Return [start, end) extended to all working hours of its first and last day, as the grid shows them."""
    first, last = to_local(start, zone).date(), to_local(end, zone).date()
    opens, closes = to_utc(datetime.combine(first, OPENS), zone), to_utc(datetime.combine(last, CLOSES), zone)
    return min(start, opens), max(end, closes)


def half_hours_of(day: date) -> list[datetime]:
    """Return the starts of the half hours of a working day, on the wall clock."""
    begins, closes = datetime.combine(day, OPENS), datetime.combine(day, CLOSES)
    return [begins + number * STEP for number in range((closes - begins) // STEP)]


def grid_row(days: BusyDays, day: date, zone: str) -> list[GridCell]:
    """Return a person's working hours of one day, with equal half hours put together."""
    cells: list[GridCell] = []
    for begins in half_hours_of(day):
        slot = to_utc(begins, zone), to_utc(begins + STEP, zone)
        cell = GridCell(span=1, state=days.state(*slot), reason=days.reason(*slot))
        if cells and cell.state is not Availability.FREE and replace(cells[-1], span=1) == cell:
            cells[-1] = replace(cell, span=cells[-1].span + 1)
        else:
            cells.append(cell)
    return cells
