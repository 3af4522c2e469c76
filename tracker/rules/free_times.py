"""Finding a time: when the people who are needed are free, by what is known of their days; pure and without a clock."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from operator import itemgetter
from uuid import UUID

from tracker.rules.holidays import is_working_day
from tracker.rules.planning import Slot
from tracker.rules.planning import slot as slot_at
from tracker.rules.quorum import Count, Quorum
from tracker.rules.wall_clock import to_local

STEP = timedelta(minutes=30)
OPENS, CLOSES = time(8), time(18)
"""Working hours, by the wall clock of the task force."""
NOON = time(12)


class State(StrEnum):
    """What is known of a person for half an hour; of two that hold at once, the later one counts."""

    FREE = "free"
    TENTATIVE = "tentative"
    BUSY = "busy"
    OUT = "out of office"


WORST = {state: number for number, state in enumerate(State)}


@dataclass(frozen=True, kw_only=True)
class Busy:
    """A time that a person has given away; aware UTC, end excluded."""

    starts_at: datetime
    ends_at: datetime
    state: State = State.BUSY
    title: str = ""
    """Of an event that the viewer may see; a calendar kept elsewhere tells none."""


Candidate = tuple[Slot, ...]
"""The dates of an event if it began at some day and hour: one, or the first ones of a series."""


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A time, and who could not come to it, each with the number of its dates."""

    starts_at: datetime
    ends_at: datetime
    dates: int
    """How many dates were looked at: 1 for a single event."""
    free: int
    """On how many of them no required person is missing."""
    missing: Mapping[UUID, int]
    """Required people who are busy or out of office."""
    out: frozenset[UUID] = frozenset()
    """Those of them who are out of office on each of these dates."""
    tentative: Mapping[UUID, int]
    optional_missing: Mapping[UUID, int]
    quorate: int = 0
    """On how many dates there would be a quorum; none where nobody asks for one."""
    quorum: Count | None = None
    """How many seats would be filled on the first date."""


class Days:
    """What is known of one person, asked for many times; `shared_until` tells how far they share a calendar."""

    def __init__(self, busy: Iterable[Busy], shared_until: datetime | None = None) -> None:
        self.shared_until = shared_until
        self._busy = sorted(busy, key=lambda one: one.starts_at)
        self._starts = [one.starts_at for one in self._busy]
        self._longest = max((one.ends_at - one.starts_at for one in self._busy), default=timedelta(0))

    def shares(self, day: date, zone: str) -> bool:
        """Whether they share a calendar that tells of this day."""
        return self.shared_until is not None and day < to_local(self.shared_until, zone).date()

    def state(self, starts_at: datetime, ends_at: datetime) -> State:
        """Return how free the person is in [starts_at, ends_at)."""
        states = (one.state for one in self.taken(starts_at, ends_at))
        return max(states, key=WORST.__getitem__, default=State.FREE)

    def states(self, slots: Sequence[Slot]) -> dict[int, State]:
        """Return the numbers of the slots in which the person is not free; `slots` are in order of start and end."""
        found: dict[int, State] = {}
        for one in self._busy:
            first = bisect_right(slots, one.starts_at, key=itemgetter(1))
            after = bisect_left(slots, one.ends_at, key=itemgetter(0))
            for number in range(first, after):
                if number not in found or WORST[one.state] > WORST[found[number]]:
                    found[number] = one.state
        return found

    def taken(self, starts_at: datetime, ends_at: datetime) -> list[Busy]:
        """Return what lies in [starts_at, ends_at)."""
        first, last = bisect_left(self._starts, starts_at - self._longest), bisect_left(self._starts, ends_at)
        return [one for one in self._busy[first:last] if one.ends_at > starts_at]


@dataclass(frozen=True, kw_only=True)
class People:
    """For whom a time is looked for, and what is known of their days."""

    required: Sequence[UUID]
    optional: Sequence[UUID]
    days: Mapping[UUID, Days]
    quorum: Quorum | None = None
    """What the body whose meeting it is asks for."""


def only_once(day: date) -> Sequence[date]:
    """Return the dates of an event that does not repeat."""
    return (day,)


def candidates(
    first: datetime, days: int, length: timedelta, zone: str, dates_of: Callable[[date], Sequence[date]] = only_once
) -> list[Candidate]:
    """Return what could be chosen from `first` (local) on, over some days: a start on each half hour of working hours.

    First dates on weekends and federal holidays are left out. `dates_of` tells the days of a series by its first one;
    none where there is no such series.
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
    """Return the dates of an event on some days, from an hour of the wall clock on."""
    return tuple(slot_at(datetime.combine(day, begins), length, zone) for day in on)


def suggestions(
    choices: Sequence[Candidate], people: People, zone: str, like: time = OPENS, most: int = 5
) -> list[Suggestion]:
    """Return the best choices: with a quorum first, then with the fewest required people missing, then the soonest.

    Of one half day at most one is named, so that the choice is a choice: of equal ones the nearest to the hour `like`.
    """
    ranked = sorted(judged(choices, people), key=lambda one: _rank(one, to_local(one.starts_at, zone), like))
    chosen: dict[tuple[date, bool], Suggestion] = {}
    for one in ranked:
        local = to_local(one.starts_at, zone)
        chosen.setdefault((local.date(), local.time() < NOON), one)
        if len(chosen) == most:
            break
    return list(chosen.values())


def judged(choices: Sequence[Candidate], people: People) -> list[Suggestion]:
    """Return who could not come to each of the choices."""
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
"""Who is not free in one slot, and how."""


def _taken_in(slots: Sequence[Slot], people: Iterable[UUID], days: Mapping[UUID, Days]) -> Sequence[Taken]:
    """Return, for each slot, who is not free in it."""
    taken: list[dict[UUID, State]] = [{} for _ in slots]
    for one in people:
        for number, state in days[one].states(slots).items() if one in days else ():
            taken[number][one] = state
    return taken


def _counts(slots: Sequence[Slot], people: People) -> Sequence[Count | None]:
    """Return, for each slot, how many seats would be filled; who is tentative counts as there."""
    if people.quorum is None:
        return [None] * len(slots)
    taken = _taken_in(slots, people.quorum.holders, people.days)
    return [
        people.quorum.count({one for one, state in states.items() if state is not State.TENTATIVE}) for states in taken
    ]


def _judged(
    choice: Candidate, required: Sequence[Taken], optional: Sequence[Taken], counts: Sequence[Count | None]
) -> Suggestion:
    missing = _number(required, lambda state: state is not State.TENTATIVE)
    free = sum(all(state is State.TENTATIVE for state in taken.values()) for taken in required)
    out = _number(required, lambda state: state is State.OUT)
    return Suggestion(
        starts_at=choice[0][0], ends_at=choice[0][1], dates=len(choice), free=free, missing=missing,
        out=frozenset(one for one, number in out.items() if number == missing[one]),
        tentative=_number(required, lambda state: state is State.TENTATIVE),
        optional_missing=_number(optional, lambda state: state is not State.TENTATIVE), quorum=counts[0],
        quorate=sum(one is not None and one.is_met for one in counts),
    )  # fmt: skip


def _number(taken: Iterable[Taken], counts: Callable[[State], bool]) -> dict[UUID, int]:
    """Return on how many dates somebody is taken in a way that counts."""
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
