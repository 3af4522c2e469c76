"""A week by the hour, and the same days as a list for a narrow screen."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from msgspec import Struct

from tracker.ports.pages.calendars.day_links import DayLink, day_links
from tracker.ports.pages.calendars.query import Asked
from tracker.ports.pages.core.date_entries import Entry, entry_of, marks_of, written_out
from tracker.rules.calendars import month_grid
from tracker.rules.calendars.month_grid import Seen
from tracker.rules.calendars.week_grid import Block, Day, week_around, week_of
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wording import clock_of_half_hour
from tracker.rules.recurrence.holidays import holiday_notes


class Head(Struct, frozen=True, kw_only=True):
    """The head of a day's column, and what is above its hours."""

    day: date
    link: DayLink
    is_today: bool
    note: str
    """The holiday."""
    count: int
    more: int
    entries: list[Entry]


class HalfHour(Struct, frozen=True, kw_only=True):
    """A row of the table."""

    name: str
    is_half: bool
    cells: list[tuple[Block, Entry | None]]


def week_context(asked: Asked, seen: list[Seen], zone: str, today: date, viewer: Viewer) -> dict[str, Any]:
    """Return the values of the week's template."""
    days = week_around(asked.day)
    by_day = month_grid.by_day(seen, days[0], days[-1], zone)
    week = week_of(days, by_day, zone)
    holidays, written = dict(holiday_notes(days)), dict(written_out(by_day, zone))
    entries = _entries(by_day, written)
    links = day_links(asked, days, by_day, today, viewer)
    return {
        "heads": [_head(links[one.day], one, zone, holidays.get(one.day, ""), today) for one in week.days],
        "columns": week.columns,
        "end": clock_of_half_hour(week.last % 48),
        "rows": [
            HalfHour(
                name=clock_of_half_hour(number),
                is_half=number % 2 == 1,
                cells=[(block, entries[block.seen.line.id] if block.seen else None) for block in blocks],
            )
            for number, blocks in week.rows()
        ],
        "days": [(day, written.get(day, [])) for day in days] if by_day else [],
        "holidays": holidays,
        "marks": marks_of(seen),
        "is_empty": not by_day,
    }


def _head(link: DayLink, one: Day, zone: str, note: str, today: date) -> Head:
    return Head(
        day=one.day,
        link=link,
        is_today=one.day == today,
        note=note,
        count=one.count,
        more=one.more,
        entries=[entry_of(seen, one.day, zone) for seen in one.top],
    )


def _entries(by_day: Mapping[date, list[Seen]], written: dict[date, list[Entry]]) -> dict[UUID, Entry]:
    """Return the entry of each date on the first of its days."""
    return {
        one.line.id: entry
        for day, found in reversed(list(written.items()))
        for one, entry in zip(by_day[day], found, strict=True)
    }
