"""Suggested times: when required people are free, as far as is known; pure and without a clock."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from msgspec import Struct, field

from tracker.rules.availability.busy_days import Days, State
from tracker.rules.core.wall_clock import to_local
from tracker.rules.events.plan import Slot
from tracker.rules.events.plan import slot as slot_at
from tracker.rules.recurrence.holidays import is_working_day
from tracker.rules.roster.quorum import Quorum, QuorumCount

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
    why: Mapping[UUID, State] = field(default_factory=dict)
    """Why one of them is missing, where they are not simply busy: the same on each of these dates."""
    blackouts: int = 0
    """How many blackout days these are, counted for each required person."""
    tentative: Mapping[UUID, int]
    optional_missing: Mapping[UUID, int]
    quorate: int = 0
    """On how many dates there would be a quorum; none where none is required."""
    quorum: QuorumCount | None = None
    """How many seats would be filled on the first date."""


class People(Struct, frozen=True, kw_only=True):
    """The people for whom times are suggested, and their busy times."""

    required: Sequence[UUID]
    optional: Sequence[UUID]
    days: Mapping[UUID, Days]
    quorum: Quorum | None = None
    """The quorum rule of the meeting's committee."""


def only_once(day: date) -> Sequence[date]:
    """Return the dates of an event that does not repeat."""
    return (day,)


def candidates(
    first: datetime, days: int, length: timedelta, zone: str, dates_of: Callable[[date], Sequence[date]] = only_once
) -> list[Candidate]:
    """Return possible times from `first` (local) on, over some days: a start on each half hour of working hours.

    First dates on weekends and federal holidays are left out. `dates_of` returns the days of a series from its first
    one; none where there is no such series.
    """
    found: list[Candidate] = []
    for day in (first.date() + timedelta(days=number) for number in range(days)):
        on = dates_of(day) if is_working_day(day) else ()
        if not on:
            continue
        begins, closes = datetime.combine(day, OPENS), datetime.combine(day, CLOSES)
        while begins + length <= closes:
            if begins >= first:
                found.append(candidate(on, begins.time(), length, zone))
            begins += STEP
    return found


def candidate(on: Iterable[date], begins: time, length: timedelta, zone: str) -> Candidate:
    """Return the dates of an event on some days, from a time on the wall clock on."""
    return tuple(slot_at(datetime.combine(day, begins), length, zone) for day in on)


def suggestions(
    choices: Sequence[Candidate], people: People, zone: str, like: time = OPENS, most: int = 5
) -> list[Suggestion]:
    """Return the best times: with a quorum first, then with the fewest required people missing, then the soonest.

    Blackout days of required people are used only when there is no other day. Each half day gives at most one time, so
    that the choices differ: among equal ones, the closest to the hour `like`.
    """
    every = judged(choices, people)
    fewest = min((one.blackouts for one in every), default=0)
    possible = [one for one in every if one.blackouts == fewest]
    ranked = sorted(possible, key=lambda one: _rank(one, to_local(one.starts_at, zone), like))
    chosen: dict[tuple[date, bool], Suggestion] = {}
    for one in ranked:
        local = to_local(one.starts_at, zone)
        chosen.setdefault((local.date(), local.time() < NOON), one)
        if len(chosen) == most:
            break
    return list(chosen.values())


def judged(choices: Sequence[Candidate], people: People) -> list[Suggestion]:
    """Return who could not come to each of the times."""
    slots = sorted({slot for choice in choices for slot in choice})
    at = {slot: number for number, slot in enumerate(slots)}
    required, optional = _taken_in(slots, people.required, people.days), _taken_in(slots, people.optional, people.days)
    counts = _counts(slots, people)
    found = []
    for choice in choices:
        on = [at[slot] for slot in choice]
        of = [required[one] for one in on], [optional[one] for one in on], [counts[one] for one in on]
        found.append(_judged(choice, *of))
    return found


Taken = Mapping[UUID, State]
"""The people who are not free in one slot, and their state."""


def _taken_in(slots: Sequence[Slot], people: Iterable[UUID], days: Mapping[UUID, Days]) -> Sequence[Taken]:
    """Return, for each slot, the people who are not free in it."""
    taken: list[dict[UUID, State]] = [{} for _ in slots]
    for one in people:
        for number, state in days[one].states(slots).items() if one in days else ():
            taken[number][one] = state
    return taken


def _counts(slots: Sequence[Slot], people: People) -> Sequence[QuorumCount | None]:
    """Return, for each slot, how many seats would be filled; tentative people count as present."""
    if people.quorum is None:
        return [None] * len(slots)
    taken = _taken_in(slots, people.quorum.holders, people.days)
    return [
        people.quorum.count({one for one, state in states.items() if state is not State.TENTATIVE}) for states in taken
    ]


def _judged(
    choice: Candidate, required: Sequence[Taken], optional: Sequence[Taken], counts: Sequence[QuorumCount | None]
) -> Suggestion:
    missing = _number(required, lambda state: state is not State.TENTATIVE)
    free = sum(all(state is State.TENTATIVE for state in taken.values()) for taken in required)
    out, blackouts = (_number(required, way.__eq__) for way in (State.OUT, State.BLACKOUT))
    return Suggestion(
        starts_at=choice[0][0],
        ends_at=choice[0][1],
        dates=len(choice),
        free=free,
        missing=missing,
        why=_all_of(out, missing, State.OUT) | _all_of(blackouts, missing, State.BLACKOUT),
        blackouts=sum(blackouts.values()),
        tentative=_number(required, lambda state: state is State.TENTATIVE),
        optional_missing=_number(optional, lambda state: state is not State.TENTATIVE),
        quorum=counts[0],
        quorate=sum(one is not None and one.is_met for one in counts),
    )


def _all_of(some: Mapping[UUID, int], missing: Mapping[UUID, int], way: State) -> dict[UUID, State]:
    return {one: way for one, number in some.items() if number == missing[one]}


def _number(taken: Iterable[Taken], counts: Callable[[State], bool]) -> dict[UUID, int]:
    """Return on how many dates a person is busy in a way that counts."""
    found: dict[UUID, int] = {}
    for states in taken:
        for one, state in states.items():
            if counts(state):
                found[one] = found.get(one, 0) + 1
    return found


def _rank(one: Suggestion, local: datetime, like: time) -> tuple[int, int, int, int, int, date, timedelta]:
    missing, tentative, optional = (sum(some.values()) for some in (one.missing, one.tentative, one.optional_missing))
    away = abs(local.replace(tzinfo=None) - datetime.combine(local.date(), like))
    return one.dates - one.quorate, one.dates - one.free, missing, tentative, optional, local.date(), away
