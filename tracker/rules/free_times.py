"""Finding a time: when the people who are needed are free, by what is known of their days; pure and without a clock."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from operator import itemgetter
from uuid import UUID

from tracker.rules.holidays import federal_holidays
from tracker.rules.planning import LONGEST, Slot
from tracker.rules.wall_clock import to_local, to_utc

STEP = timedelta(minutes=30)
OPENS, CLOSES = time(8), time(18)
"""Working hours, by the wall clock of the task force."""
NOON = time(12)
SATURDAY = 5


class State(StrEnum):
    """What is known of a person for half an hour."""

    FREE = "free"
    TENTATIVE = "tentative"
    BUSY = "busy"


@dataclass(frozen=True, kw_only=True)
class Busy:
    """A time that a person has given away; aware UTC, end excluded."""

    starts_at: datetime
    ends_at: datetime
    is_tentative: bool
    title: str
    """Of an event that the viewer may see."""


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A time, and who could not come to it: required people who are busy or tentative, optional ones who are busy."""

    starts_at: datetime
    ends_at: datetime
    missing: tuple[UUID, ...]
    tentative: tuple[UUID, ...]
    optional_missing: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Some half hours of one person's day that are alike."""

    span: int
    state: State


class Days:
    """What is known of one person, asked for many times."""

    def __init__(self, busy: Iterable[Busy]) -> None:
        self._busy = sorted(busy, key=lambda one: one.starts_at)
        self._starts = [one.starts_at for one in self._busy]

    def state(self, starts_at: datetime, ends_at: datetime) -> State:
        """Return how free the person is in [starts_at, ends_at)."""
        taken = self.taken(starts_at, ends_at)
        if not taken:
            return State.FREE
        return State.TENTATIVE if all(one.is_tentative for one in taken) else State.BUSY

    def states(self, slots: Sequence[Slot]) -> dict[int, State]:
        """Return the numbers of the slots in which the person is not free; `slots` are in order of start and end."""
        found: dict[int, State] = {}
        for one in self._busy:
            first = bisect_right(slots, one.starts_at, key=itemgetter(1))
            after = bisect_left(slots, one.ends_at, key=itemgetter(0))
            for number in range(first, after):
                if not one.is_tentative or number not in found:
                    found[number] = State.TENTATIVE if one.is_tentative else State.BUSY
        return found

    def taken(self, starts_at: datetime, ends_at: datetime) -> list[Busy]:
        """Return what lies in [starts_at, ends_at); no event lasts longer than `LONGEST`, so the search is short."""
        first, last = bisect_left(self._starts, starts_at - LONGEST), bisect_left(self._starts, ends_at)
        return [one for one in self._busy[first:last] if one.ends_at > starts_at]


def working_slots(first: date, days: int, length: timedelta, zone: str) -> list[Slot]:
    """Return every slot of a length that begins on a half hour and lies in working hours, over some days from `first`.

    Weekends and federal holidays are left out.
    """
    found: list[Slot] = []
    for day in (first + timedelta(days=number) for number in range(days)):
        if day.weekday() >= SATURDAY or day in federal_holidays(day.year):
            continue
        begins, closes = datetime.combine(day, OPENS), datetime.combine(day, CLOSES)
        while begins + length <= closes:
            found.append((to_utc(begins, zone), to_utc(begins + length, zone)))
            begins += STEP
    return found


def suggestions(
    slots: Iterable[Slot], required: Sequence[UUID], optional: Sequence[UUID], days: Mapping[UUID, Days], zone: str,
    most: int = 5,
) -> list[Suggestion]:  # fmt: skip
    """Return the best times, those first at which the fewest required people are missing, then the soonest.

    Slots are in order, and of one length on the wall clock. Of one half day at most one is named, so that the choice
    is a choice.
    """
    ranked = sorted(_judged(list(slots), required, optional, days), key=_rank)
    chosen: dict[tuple[date, bool], Suggestion] = {}
    for one in ranked:
        local = to_local(one.starts_at, zone)
        chosen.setdefault((local.date(), local.time() < NOON), one)
        if len(chosen) == most:
            break
    return list(chosen.values())


def half_hours(day: date) -> list[datetime]:
    """Return where the half hours of a working day begin, by the wall clock."""
    begins, closes = datetime.combine(day, OPENS), datetime.combine(day, CLOSES)
    return [begins + number * STEP for number in range((closes - begins) // STEP)]


def row(days: Days, day: date, zone: str) -> list[Cell]:
    """Return a person's working hours of one day; half hours that are taken alike are put together."""
    cells: list[Cell] = []
    for begins in half_hours(day):
        state = days.state(to_utc(begins, zone), to_utc(begins + STEP, zone))
        if cells and cells[-1].state is state and state is not State.FREE:
            cells[-1] = Cell(span=cells[-1].span + 1, state=state)
        else:
            cells.append(Cell(span=1, state=state))
    return cells


def _judged(
    slots: Sequence[Slot], required: Sequence[UUID], optional: Sequence[UUID], days: Mapping[UUID, Days]
) -> list[Suggestion]:
    missing, tentative = _taken_in(slots, required, days)
    optional_missing, _ = _taken_in(slots, optional, days)
    return [
        Suggestion(
            starts_at=slot[0], ends_at=slot[1], missing=tuple(missing[number]), tentative=tuple(tentative[number]),
            optional_missing=tuple(optional_missing[number]),
        )
        for number, slot in enumerate(slots)
    ]  # fmt: skip


def _taken_in(
    slots: Sequence[Slot], people: Iterable[UUID], days: Mapping[UUID, Days]
) -> tuple[list[list[UUID]], list[list[UUID]]]:
    """Return, for each slot, who is busy and who is tentative in it."""
    busy: list[list[UUID]] = [[] for _ in slots]
    tentative: list[list[UUID]] = [[] for _ in slots]
    for one in people:
        for number, state in days[one].states(slots).items() if one in days else ():
            (busy if state is State.BUSY else tentative)[number].append(one)
    return busy, tentative


def _rank(one: Suggestion) -> tuple[int, int, int, datetime]:
    return len(one.missing), len(one.tentative), len(one.optional_missing), one.starts_at
