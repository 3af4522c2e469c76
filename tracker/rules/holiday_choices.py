"""What becomes of a date of a series that falls on a federal holiday: it stays, is left out, or is a week later."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum

WEEK = timedelta(days=7)


class HolidayChoice(StrEnum):
    """What the organizer chose for one date."""

    KEEP = "keep"
    SKIP = "skip"
    NEXT_WEEK = "next_week"


Choices = Mapping[date, HolidayChoice]


def held(starts: Iterable[datetime], choices: Choices) -> list[tuple[datetime, datetime]]:
    """Return (start by the rule, start as it is to be held) for each local start that is not left out."""
    return [
        (start, start + WEEK if choices.get(start.date()) is HolidayChoice.NEXT_WEEK else start)
        for start in starts
        if choices.get(start.date()) is not HolidayChoice.SKIP
    ]


def doubled(starts: Iterable[datetime], choices: Choices) -> list[date]:
    """Return the days on which two dates of the series would fall, because one of them is held a week later."""
    days = [day.date() for _, day in held(starts, choices)]
    return sorted({day for day in days if days.count(day) > 1})
