"""A month as a table, day by day, and the week that is listed below it on a narrow screen."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from tracker.ports.pages.calendars.day_links import DayLink, day_links
from tracker.ports.pages.calendars.query import Asked
from tracker.ports.pages.core.date_entries import Entry, entry_of, marks_of, written_out
from tracker.rules.calendars import month_grid
from tracker.rules.calendars.month_grid import Seen
from tracker.rules.core.date_words import month_day
from tracker.rules.core.viewer import Viewer
from tracker.rules.recurrence.holidays import holiday_notes

DOTS = 3  # at most, for the events of a day on a narrow screen
LISTED = 18  # events listed below the month on a narrow screen


class Cell(NamedTuple):
    """One day of the month's table."""

    day: date
    link: DayLink
    classes: str
    is_today: bool
    note: str
    """The holiday, or the name of a neighboring month on its first day."""
    events: int
    entries: list[Entry]

    @property
    def more(self) -> int:
        """Return how many of its events are not shown."""
        return self.events - len(self.entries)

    @property
    def dots(self) -> str:
        """Return a dot for each event, for narrow screens."""
        return "•" * min(self.events, DOTS)


def month_context(asked: Asked, seen: list[Seen], zone: str, today: date, viewer: Viewer) -> dict[str, Any]:
    """Return the values of the month's template."""
    weeks = month_grid.weeks(asked.month)
    days = month_grid.by_day(seen, weeks[0][0], weeks[-1][-1], zone)
    every = [day for week in weeks for day in week]
    holidays, links = dict(holiday_notes(every)), day_links(asked, every, days, today, viewer)
    return {
        "weeks": [
            [_cell(asked, day, links[day], days.get(day, []), zone, holidays, today) for day in week] for week in weeks
        ],
        "is_cut": not asked.is_whole and any(len(seen) > month_grid.SHOWN for seen in days.values()),
        "is_empty": not any(day.month == asked.month.month for day in days),
        "holidays": holidays,
        "marks": marks_of(seen),
        **_week(weeks, days, zone, holidays, today),
    }


def _cell(
    asked: Asked, day: date, link: DayLink, seen: list[Seen], zone: str, holidays: Mapping[date, str], today: date
) -> Cell:
    is_outside = day.month != asked.month.month
    is_weekend = day.weekday() > 4  # noqa: PLR2004 - after Friday
    marks = {"out": is_outside, "wkend": is_weekend, "is-today": day == today, "hol": day in holidays}
    return Cell(
        day=day,
        link=link,
        classes=" ".join(word for word, holds in marks.items() if holds),
        is_today=day == today,
        note=holidays.get(day) or (f"{day:%b}" if is_outside and day.day == 1 else ""),
        events=len(seen),
        entries=[entry_of(one, day, zone) for one in (seen if asked.is_whole else month_grid.shown(seen))],
    )


def _week(
    weeks: list[list[date]], days: Mapping[date, list[Seen]], zone: str, holidays: Mapping[date, str], today: date
) -> dict[str, Any]:
    """Return what is listed below the table on a narrow screen, as far as it has room, with each holiday."""
    week = month_grid.week_to_list(weeks, days, today)
    if week is None:
        return {"week_name": "", "week_days": []}
    written = dict(written_out({day: days[day] for day in week if day in days}, zone, at_most=LISTED))
    return {
        "week_name": "This week" if today in week else f"Week of {month_day(week[0])}",
        "week_days": [(day, written.get(day, [])) for day in week if day in written or day in holidays],
    }
