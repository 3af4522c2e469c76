"""A timeline of an operation's phases, in the units of its drawing: each phase has a planned and an actual bar."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tracker.rules.operations.phases import Phase

WIDTH = 360
MARGIN = 22  # left and right, so that the times at the ends have space
ROW = 36  # height of a phase
AXIS = 18  # height of the times below
SHORTEST = 2  # width of a bar, so that a moment is seen
STEPS = tuple(timedelta(hours=hours) for hours in (1, 2, 3, 6, 12, 24, 48, 96, 192, 384, 768))
MOST_TICKS = 6
A_DAY = timedelta(days=1)


class Bar(NamedTuple):
    """From where, and how wide."""

    x: int
    width: int


class Row(NamedTuple):
    """One phase."""

    phase: Phase
    y: int
    planned: Bar
    actual: Bar | None
    """None while it has not begun; up to now while it has not ended."""


class Tick(NamedTuple):
    """A full hour below the drawing, aware UTC."""

    x: int
    at: datetime


class Timeline(NamedTuple):
    """The drawing."""

    rows: list[Row]
    ticks: list[Tick]
    height: int
    is_in_days: bool
    """Whether the marks are a day or more apart, so that their days say more than their hours."""


def timeline(phases: Iterable[Phase], now: datetime) -> Timeline | None:
    """Return the drawing of some phases; None without any."""
    shown = list(phases)
    if not shown:
        return None
    spans = [one for phase in shown for one in (_planned(phase), _actual(phase, now)) if one]
    first = _hour(min(start for start, _ in spans))
    last = max(end for _, end in spans)
    last = max(first + STEPS[0], last if last == _hour(last) else _hour(last) + STEPS[0])

    def x(at: datetime) -> int:
        return MARGIN + round((at - first) / (last - first) * (WIDTH - 2 * MARGIN))

    def bar(start: datetime, end: datetime) -> Bar:
        return Bar(x(start), max(SHORTEST, x(end) - x(start)))

    rows = []
    for number, phase in enumerate(shown):
        actual = _actual(phase, now)
        rows.append(Row(phase, number * ROW, bar(*_planned(phase)), bar(*actual) if actual else None))
    step = next((one for one in STEPS if (last - first) / one < MOST_TICKS), STEPS[-1])
    ticks = [Tick(x(at), at) for at in _ticks(first, last, step)]
    return Timeline(rows, ticks, len(shown) * ROW + AXIS, step >= A_DAY)


def _planned(phase: Phase) -> tuple[datetime, datetime]:
    return phase.starts_at, phase.ends_at or phase.starts_at


def _actual(phase: Phase, now: datetime) -> tuple[datetime, datetime] | None:
    return (phase.begun_at, phase.ended_at or max(now, phase.begun_at)) if phase.begun_at else None


def _ticks(first: datetime, last: datetime, step: timedelta) -> Iterator[datetime]:
    at = first
    while at <= last:
        yield at
        at += step


def _hour(at: datetime) -> datetime:
    """Return the full hour before a moment. Zones of the United States differ from UTC by full hours."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
