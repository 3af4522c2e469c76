"""A person's known busy times, and their kind; pure and without a clock."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from operator import itemgetter

from msgspec import Struct

from tracker.rules.core.wall_clock import to_local
from tracker.rules.events.plan import Slot


class State(StrEnum):
    """A person's availability for half an hour; of two states at once, the later one in the list counts."""

    FREE = "free"
    TENTATIVE = "tentative"
    BUSY = "busy"
    OUT = "out of office"
    BLACKOUT = "blackout day"
    """No one at the agency is available."""


WORST = {state: number for number, state in enumerate(State)}


class Busy(Struct, frozen=True, kw_only=True):
    """A time when a person is not free; aware UTC, end excluded."""

    starts_at: datetime
    ends_at: datetime
    state: State = State.BUSY
    title: str = ""
    """Title of an event that the viewer may see, or reason of a blackout; a shared calendar gives none."""


class Days:
    """The busy times of one person, for many queries; `shared_until` is how far their shared calendar reaches."""

    def __init__(self, busy: Iterable[Busy], shared_until: datetime | None = None) -> None:
        self.shared_until = shared_until
        self._busy = sorted(busy, key=lambda one: one.starts_at)
        self._starts = [one.starts_at for one in self._busy]
        self._longest = max((one.ends_at - one.starts_at for one in self._busy), default=timedelta(0))

    def shares(self, day: date, zone: str) -> bool:
        """Return whether they share a calendar that covers this day."""
        return self.shared_until is not None and day < to_local(self.shared_until, zone).date()

    def and_away(self, more: Iterable[Busy]) -> "Days":
        """Return the same days with more busy times."""
        return Days([*self._busy, *more], self.shared_until)

    def reason(self, starts_at: datetime, ends_at: datetime) -> str:
        """Return the reason of a blackout in [starts_at, ends_at); nothing where there is none."""
        reasons = (one.title for one in self.taken(starts_at, ends_at) if one.state is State.BLACKOUT)
        return next(reasons, "")

    def state(self, starts_at: datetime, ends_at: datetime) -> State:
        """Return how available the person is in [starts_at, ends_at)."""
        states = (one.state for one in self.taken(starts_at, ends_at))
        return max(states, key=WORST.__getitem__, default=State.FREE)

    def states(self, slots: Sequence[Slot]) -> dict[int, State]:
        """Return the numbers of the slots in which the person is not free; `slots` are sorted by start and end."""
        found: dict[int, State] = {}
        for one in self._busy:
            first = bisect_right(slots, one.starts_at, key=itemgetter(1))
            after = bisect_left(slots, one.ends_at, key=itemgetter(0))
            for number in range(first, after):
                if number not in found or WORST[one.state] > WORST[found[number]]:
                    found[number] = one.state
        return found

    def taken(self, starts_at: datetime, ends_at: datetime) -> list[Busy]:
        """Return the busy times in [starts_at, ends_at)."""
        first, last = bisect_left(self._starts, starts_at - self._longest), bisect_left(self._starts, ends_at)
        return [one for one in self._busy[first:last] if one.ends_at > starts_at]
