"""The chart of a report: attendance rate by month as bars, measured here so that the template only draws."""

from collections.abc import Sequence
from typing import NamedTuple

from tracker.rules.core.date_words import MONTHS
from tracker.rules.reports.sums import MonthLine

TOP, BOTTOM = 20.0, 190.0  # of 100 and of 0 percent
LEFT, RIGHT = 44.0, 510.0
STEPS = (0, 25, 50, 75, 100)  # percent
BAR = 0.6  # of the width of a month
WIDEST = 52.0
LABELED = 12  # months whose bars have a label; with more, the table has the numbers


class Bar(NamedTuple):
    """One month: the position of its bar and its label; `rate` None = no one was invited, so there is no bar."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    label: str
    rate: int | None


class Step(NamedTuple):
    """One line of the scale."""

    y: float
    percent: int


class Chart(NamedTuple):
    """The whole drawing; `words` is its text alternative."""

    bars: list[Bar]
    steps: list[Step]
    words: str
    is_labelled: bool


def chart(months: Sequence[MonthLine]) -> Chart | None:
    """Return the drawing of a period; None when no month has a rate."""
    if all(line.tally.rate is None for line in months):
        return None
    wide = (RIGHT - LEFT) / len(months)
    bars = [_bar(line, LEFT + wide * number, wide) for number, line in enumerate(months)]
    said = [f"{_name(line)} {line.tally.rate}" for line in months if line.tally.rate is not None]
    return Chart(bars, [Step(_y(step), step) for step in STEPS], f"{', '.join(said)} percent.", len(bars) <= LABELED)


def _bar(line: MonthLine, x: float, wide: float) -> Bar:
    width, rate = min(wide * BAR, WIDEST), line.tally.rate
    y = _y(rate or 0)
    every_other = wide < WIDEST / 2 and line.first.month % 3 != 1
    label = "" if every_other else MONTHS[line.first.month - 1][:3]
    return Bar(
        x=round(x + (wide - width) / 2, 1),
        y=y,
        width=round(width, 1),
        height=round(BOTTOM - y, 1),
        middle=round(x + wide / 2, 1),
        label=label,
        rate=rate,
    )


def _y(percent: int) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * percent / 100, 1)


def _name(line: MonthLine) -> str:
    return f"{MONTHS[line.first.month - 1]} {line.first.year}"
