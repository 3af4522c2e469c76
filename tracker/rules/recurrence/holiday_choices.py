"""What happens to a date of a series on a federal holiday: it stays, is left out, or is held a week later."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum

WEEK = timedelta(days=7)


class HolidayChoice(StrEnum):
    """The organizer's choice for one date."""

    KEEP = "keep"
    SKIP = "skip"
    NEXT_WEEK = "next_week"


Choices = Mapping[date, HolidayChoice]


def held(starts: Iterable[datetime], choices: Choices) -> list[tuple[datetime, datetime]]:
    """Return (start by the rule, actual start) for each local start that is not left out."""
    return [
        (start, start + WEEK if choices.get(start.date()) is HolidayChoice.NEXT_WEEK else start)
        for start in starts
        if choices.get(start.date()) is not HolidayChoice.SKIP
    ]


def may_wait(day: date, starts: Iterable[datetime], choices: Choices) -> bool:
    """Return whether a date may be held a week later: no other date of the series is on that day."""
    others = {held_on.date() for start, held_on in held(starts, choices) if start.date() != day}
    return day + WEEK not in others


def chosen_before(starts: Iterable[datetime], present: Mapping[datetime, datetime]) -> dict[date, HolidayChoice]:
    """Return the choices that made a series as it is; `present` maps each date of the rule to its present start.

    A date of the rule that the series does not have was left out; one that is held exactly a week later was moved.
    """
    found = {}
    for start in starts:
        if start not in present:
            found[start.date()] = HolidayChoice.SKIP
        elif present[start] == start + WEEK:
            found[start.date()] = HolidayChoice.NEXT_WEEK
    return found


def doubled(starts: Iterable[datetime], choices: Choices) -> list[date]:
    """Return the days with two dates of the series, because one of them is held a week later."""
    days = [day.date() for _, day in held(starts, choices)]
    return sorted({day for day in days if days.count(day) > 1})
