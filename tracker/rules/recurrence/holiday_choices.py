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


def may_wait(day: date, starts: Iterable[datetime], choices: Choices) -> bool:
    """Whether a date may be held a week later: no other date of the series is held on that day."""
    others = {held_on.date() for start, held_on in held(starts, choices) if start.date() != day}
    return day + WEEK not in others


def chosen_before(starts: Iterable[datetime], present: Mapping[datetime, datetime]) -> dict[date, HolidayChoice]:
    """Return the choices that made a series as it is; `present` says for each date by the rule where it is held now.

    A date of the rule that the series has not was left out; one that is held exactly a week later was moved there.
    """
    found = {}
    for start in starts:
        if start not in present:
            found[start.date()] = HolidayChoice.SKIP
        elif present[start] == start + WEEK:
            found[start.date()] = HolidayChoice.NEXT_WEEK
    return found


def doubled(starts: Iterable[datetime], choices: Choices) -> list[date]:
    """Return the days on which two dates of the series would fall, because one of them is held a week later."""
    days = [day.date() for _, day in held(starts, choices)]
    return sorted({day for day in days if days.count(day) > 1})
