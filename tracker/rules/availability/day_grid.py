"""The days of the availability grid: working hours, with equal half hours put together."""

from datetime import date, datetime

from msgspec import Struct
from msgspec.structs import replace

from tracker.rules.availability.busy_days import Days, State
from tracker.rules.availability.suggested_times import CLOSES, OPENS, STEP
from tracker.rules.core.wall_clock import to_local, to_utc


class Cell(Struct, frozen=True, kw_only=True):
    """Consecutive half hours of one person's day with the same state."""

    span: int
    state: State
    reason: str = ""
    """The reason of a blackout."""


def widened(start: datetime, end: datetime, zone: str) -> tuple[datetime, datetime]:
    """Return [start, end) extended to all working hours of its first and last day, as the grid shows them."""
    first, last = to_local(start, zone).date(), to_local(end, zone).date()
    opens, closes = to_utc(datetime.combine(first, OPENS), zone), to_utc(datetime.combine(last, CLOSES), zone)
    return min(start, opens), max(end, closes)


def half_hours(day: date) -> list[datetime]:
    """Return the starts of the half hours of a working day, on the wall clock."""
    begins, closes = datetime.combine(day, OPENS), datetime.combine(day, CLOSES)
    return [begins + number * STEP for number in range((closes - begins) // STEP)]


def row(days: Days, day: date, zone: str) -> list[Cell]:
    """Return a person's working hours of one day, with equal half hours put together."""
    cells: list[Cell] = []
    for begins in half_hours(day):
        slot = to_utc(begins, zone), to_utc(begins + STEP, zone)
        cell = Cell(span=1, state=days.state(*slot), reason=days.reason(*slot))
        if cells and cell.state is not State.FREE and replace(cells[-1], span=1) == cell:
            cells[-1] = replace(cell, span=cells[-1].span + 1)
        else:
            cells.append(cell)
    return cells
