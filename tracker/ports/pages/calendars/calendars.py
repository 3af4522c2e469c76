"""The calendar: a month as a table or as a list, or a week by the hour."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from litestar import get
from msgspec import Struct
from msgspec.structs import replace

from tracker.database import together
from tracker.ports.http.dependencies import Today, Viewer, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.date_entries import DateEntry, agenda_of, date_entry, marks_of, write_out
from tracker.ports.pages.core.dependencies import Page, Pages, Query, QueryString
from tracker.ports.pages.core.drafts import saved_among
from tracker.ports.pages.core.form_values import FormValues
from tracker.rules.calendars import calendars as calendar_rules
from tracker.rules.calendars.calendars import (
    EVERY_KIND,
    CalendarChoice,
    CalendarChoices,
    CalendarFilter,
    CalendarWeek,
    SeenDate,
    WeekBlock,
    week_around,
    week_table,
)
from tracker.rules.core.viewers import Visibility
from tracker.rules.core.wording import clock_of_half_hour, month_day
from tracker.rules.events.events import Kind
from tracker.rules.events.markings import banner_of_all
from tracker.rules.recurrence.holidays import holiday_notes
from tracker.rules.recurrence.series import last_day_of_month
from tracker.usecases.calendars import feeds
from tracker.usecases.operations import readiness as notices

A_WEEK = 7  # days
NO_CHOICE = UUID(int=0)
MOST_DOTS = 3  # at most, for the events of a day on a narrow screen
MOST_LISTED = 18  # events listed below the month on a narrow screen


@get("/calendar", guards=[signed_in])
async def show_calendar(
    pages: Pages, viewer: Viewer, params: Query, query_string: QueryString, zone: Zone, today: Today
) -> Page:
    """Show a month or a week.

    `view` (month, week, list), `month` (2026-12) or for a week `date` (2026-12-10); and the filters: `kind`
    (repeatable), `committee` (its name), `agency` (KCPD), `visibility`, `mine` (1), `canceled` (0).
    """
    choices = await feeds.calendar_choices(viewer)
    asked = read_calendar_query(params, today, choices)
    start, end = calendar_rules.moments_of_days(*asked.shown(), zone)
    seen, readiness = await together(
        feeds.filtered_dates_between(viewer, start, end, asked.chosen), notices.notices_between(viewer, start, end)
    )
    banner = banner_of_all(seen_date.line.marking for seen_date in seen if seen_date.line.marking)
    in_month = today if today.replace(day=1) == asked.month else asked.month
    week = asked.day if asked.view is CalendarView.WEEK else in_month
    return pages.render(
        f"calendars/{asked.view}.html",
        choices=choices,
        banner=banner,
        asked=asked,
        kinds=[kind.value for kind in Kind],
        audiences=[visibility.value for visibility in Visibility],
        turns=[
            {"key": key, "word": word, "name": month_or_week_name(asked.view, day), "address": asked.address(day=day)}
            for key, word, step in (("p", "Previous", -1), ("n", "Next", 1))
            if (day := asked.turned(step))
        ],
        views=[
            (
                view.capitalize(),
                asked.address(view=view, day=week if view is CalendarView.WEEK else None),
                view is asked.view,
            )
            for view in CalendarView
        ],
        readiness=readiness,
        **saved_among(query_string, "calendar", choices.saved),
        **CONTENTS[asked.view](asked, seen, zone, today, viewer),
    )


class CalendarView(StrEnum):
    """The layout of the calendar."""

    MONTH = "month"
    WEEK = "week"
    LIST = "list"


class CalendarQuery(Struct, frozen=True, kw_only=True):
    """A month as a table or a list, or a week, with a filter."""

    day: date
    """A day of the month or week."""
    view: CalendarView = CalendarView.MONTH
    chosen: CalendarFilter
    is_whole: bool = False
    """Whether a month shows every event of each day, as for printing."""
    is_misread: bool = False
    """Whether the address had a time that can't be read, so that today's is shown."""

    @property
    def month(self) -> date:
        """Return the first day of the month."""
        return self.day.replace(day=1)

    @property
    def unit(self) -> str:
        """Return the unit for going forward and back: "week" or "month"."""
        return "week" if self.view is CalendarView.WEEK else "month"

    @property
    def name(self) -> str:
        """Return the title: "December 2026", "December 6–12, 2026"."""
        return month_or_week_name(self.view, self.day)

    def shown(self) -> tuple[date, date]:
        """Return the first and the last day that the page shows; a month's table has whole weeks."""
        if self.view is CalendarView.WEEK:
            week = week_around(self.day)
            return week[0], week[-1]
        if self.view is CalendarView.LIST:
            return self.month, last_day_of_month(self.month.year, self.month.month)
        weeks = calendar_rules.weeks_of_month(self.month)
        return weeks[0][0], weeks[-1][-1]

    def turned(self, by: int) -> date | None:
        """Return a day in the month or week that many later; None out of range."""
        if self.view is not CalendarView.WEEK:
            return calendar_rules.turn_month(self.month, by)
        return calendar_rules.day_in_range(calendar_rules.ONE_DAY * A_WEEK * by + self.day)

    def address(
        self, *, day: date | None = None, view: CalendarView | None = None, chosen: CalendarFilter | None = None
    ) -> str:
        """Return the address of this page with some values changed; defaults are left out."""
        return _address(_time(view or self.view, day or self.day) + _rest(view or self.view, chosen or self.chosen))

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Return the hidden values of the filter form: the time and the view."""
        return _time(self.view, self.day) + _rest(self.view, CalendarFilter())

    @property
    def of_today(self) -> str:
        """Return the address of the present month or week, valid whenever it is opened."""
        return _address(_rest(self.view, self.chosen))

    @property
    def whole(self) -> str:
        """Return the address of the month with every event of each day."""
        return f"{self.address()}&all=1"

    @property
    def with_canceled(self) -> str:
        """Return the address that shows canceled dates too."""
        return self.address(chosen=replace(self.chosen, with_canceled=True))

    @property
    def unfiltered(self) -> str:
        """Return the address without any filter."""
        return self.address(chosen=CalendarFilter())


def _list(asked: CalendarQuery, seen: list[SeenDate], zone: str, _today: date, _viewer: Viewer) -> dict[str, Any]:
    first, last = asked.shown()
    days = dict(agenda_of(seen, first, last, zone))
    count = len({entry.href for entries in days.values() for entry in entries})
    holidays = dict(holiday_notes(calendar_rules.days_between(first, last)))
    return {
        "days": [(day, days.get(day, [])) for day in sorted({*days, *holidays})] if days else [],
        "holidays": holidays,
        "count": count,
    }


class DayLink(NamedTuple):
    """The link of a day; `schedules` is whether it opens the form of a new event."""

    href: str
    schedules: bool = False


def day_links(
    asked: CalendarQuery, days: Sequence[date], busy: Collection[date], today: date, viewer: Viewer
) -> Mapping[date, DayLink]:
    """Return the link of each day: to its place in the list if it has events.

    Other days have no place there. From today on they lead people who schedule to the form, and others to the week.
    """
    months = {day.replace(day=1) for day in days}
    lists = {month: asked.address(day=month, view=CalendarView.LIST) for month in months}
    links = {}
    for day in days:
        if day in busy:
            links[day] = DayLink(f"{lists[day.replace(day=1)]}#l-{day}")
        elif viewer.may_schedule and day >= today:
            links[day] = DayLink(quick_address(day), schedules=True)
        else:
            links[day] = DayLink(asked.address(day=day, view=CalendarView.WEEK))
    return links


def quick_address(day: date, half_hour: int | None = None) -> str:
    """Return the address of the small form of a new event on a day, and at one of its half hours."""
    hour = "" if half_hour is None else f"&starts={half_hour // 2:02}:{half_hour % 2 * 30:02}"
    return f"/schedule?quick=1&date={day}{hour}"


class DayCell(NamedTuple):
    """One day of the month's table."""

    day: date
    link: DayLink
    classes: str
    is_today: bool
    note: str
    """The holiday, or the name of a neighboring month on its first day."""
    add: str
    """The address of a new event on a day whose link leads to its events; empty = none can be scheduled."""
    events: int
    entries: list[DateEntry]

    @property
    def more(self) -> int:
        """Return how many of its events are not shown."""
        return self.events - len(self.entries)

    @property
    def dots(self) -> str:
        """Return a dot for each event, for narrow screens."""
        return "•" * min(self.events, MOST_DOTS)


def _listed_week(
    weeks: list[list[date]], days: Mapping[date, list[SeenDate]], zone: str, holidays: Mapping[date, str], today: date
) -> dict[str, Any]:
    """Return what is listed below the table on a narrow screen, as far as it has room, with each holiday."""
    week = calendar_rules.week_to_list(weeks, days, today)
    if week is None:
        return {"week_name": "", "week_days": []}
    written = dict(write_out({day: days[day] for day in week if day in days}, zone, at_most=MOST_LISTED))
    return {
        "week_name": "This week" if today in week else f"Week of {month_day(week[0])}",
        "week_days": [(day, written.get(day, [])) for day in week if day in written or day in holidays],
    }


def month_context(asked: CalendarQuery, seen: list[SeenDate], zone: str, today: date, viewer: Viewer) -> dict[str, Any]:
    """Return the values of the month's template."""
    weeks = calendar_rules.weeks_of_month(asked.month)
    days = calendar_rules.dates_by_day(seen, weeks[0][0], weeks[-1][-1], zone)
    every = [day for week in weeks for day in week]
    holidays, links = dict(holiday_notes(every)), day_links(asked, every, days, today, viewer)

    def cell_of(day: date) -> DayCell:
        is_outside = day.month != asked.month.month
        is_weekend = day.weekday() > 4  # noqa: PLR2004 - after Friday
        marks = {"out": is_outside, "wkend": is_weekend, "is-today": day == today, "hol": day in holidays}
        on_day = days.get(day, [])
        shown = on_day if asked.is_whole else calendar_rules.shown_in_day(on_day)
        return DayCell(
            day=day,
            link=links[day],
            classes=" ".join(word for word, holds in marks.items() if holds),
            is_today=day == today,
            note=holidays.get(day) or (f"{day:%b}" if is_outside and day.day == 1 else ""),
            add=quick_address(day) if on_day and viewer.may_schedule and day >= today else "",
            events=len(on_day),
            entries=[date_entry(seen_date, day, zone) for seen_date in shown],
        )

    return {
        "weeks": [[cell_of(day) for day in week] for week in weeks],
        "is_cut": not asked.is_whole and any(len(seen) > calendar_rules.SHOWN_IN_DAY for seen in days.values()),
        "is_empty": not any(day.month == asked.month.month for day in days),
        "holidays": holidays,
        "marks": marks_of(seen),
        **_listed_week(weeks, days, zone, holidays, today),
    }


class DayHead(Struct, frozen=True, kw_only=True):
    """The head of a day's column, and what is above its hours."""

    day: date
    link: DayLink
    is_today: bool
    note: str
    """The holiday."""
    count: int
    more: int
    entries: list[DateEntry]


class HalfHour(Struct, frozen=True, kw_only=True):
    """A row of the table."""

    name: str
    is_half: bool
    cells: list[tuple[WeekBlock, DateEntry | None, str]]
    """Each with the address of a new event at a free half hour; empty = none can be scheduled."""


def _half_hours(week: CalendarWeek, entries: Mapping[UUID, DateEntry], open_days: Collection[date]) -> list[HalfHour]:
    """Return the rows of a week; on `open_days` a free half hour leads to the form of a new event."""
    return [
        HalfHour(
            name=clock_of_half_hour(number),
            is_half=number % 2 == 1,
            cells=[
                (
                    block,
                    entries[block.seen.line.id] if block.seen else None,
                    quick_address(day, number) if day in open_days and not block.seen else "",
                )
                for day, block in blocks
            ],
        )
        for number, blocks in week.rows()
    ]


def week_context(asked: CalendarQuery, seen: list[SeenDate], zone: str, today: date, viewer: Viewer) -> dict[str, Any]:
    """Return the values of the week's template."""
    days = week_around(asked.day)
    by_day = calendar_rules.dates_by_day(seen, days[0], days[-1], zone)
    week = week_table(days, by_day, zone)
    holidays, written = dict(holiday_notes(days)), dict(write_out(by_day, zone))
    entries = {
        seen_date.line.id: entry
        for day, date_entries in reversed(list(written.items()))
        for seen_date, entry in zip(by_day[day], date_entries, strict=True)
    }
    links = day_links(asked, days, by_day, today, viewer)
    return {
        "heads": [
            DayHead(
                day=day.day,
                link=links[day.day],
                is_today=day.day == today,
                note=holidays.get(day.day, ""),
                count=day.count,
                more=day.more,
                entries=[date_entry(seen, day.day, zone) for seen in day.top],
            )
            for day in week.days
        ],
        "columns": week.columns,
        "end": clock_of_half_hour(week.last % 48),
        "rows": _half_hours(week, entries, [day for day in days if viewer.may_schedule and day >= today]),
        "days": [(day, written.get(day, [])) for day in days] if by_day else [],
        "holidays": holidays,
        "marks": marks_of(seen),
        "is_empty": not by_day,
    }


CONTENTS: dict[CalendarView, Callable[[CalendarQuery, list[SeenDate], str, date, Viewer], dict[str, Any]]] = {
    CalendarView.MONTH: month_context,
    CalendarView.WEEK: week_context,
    CalendarView.LIST: _list,
}


def month_or_week_name(view: CalendarView, day: date) -> str:
    """Return the name of the month or week of a day: "December 2026", "November 29 – December 5, 2026"."""
    if view is not CalendarView.WEEK:
        return f"{day:%B %Y}"
    first, *_, last = week_around(day)
    if first.month == last.month:
        return f"{month_day(first)}–{last.day}, {last.year}"
    year = f", {first.year}" if first.year != last.year else ""
    return f"{month_day(first)}{year} – {month_day(last)}, {last.year}"


def read_calendar_query(query: FormValues, today: date, choices: CalendarChoices) -> CalendarQuery:
    """Return the query of an address; unknown values are ignored."""
    view = next((calendar_view for calendar_view in CalendarView if query["view"] == calendar_view), CalendarView.MONTH)
    month, day = calendar_rules.month_in_text(query["month"]), calendar_rules.day_in_text(query["date"])
    wanted = (day or month) if view is CalendarView.WEEK else (month or day)
    kinds = frozenset(kind for kind in Kind if kind in query.all("kind"))
    return CalendarQuery(
        day=wanted or today,
        view=view,
        chosen=CalendarFilter(
            kinds=kinds or EVERY_KIND,
            committee=_chosen(query["committee"], choices.committees),
            agency=_chosen(query["agency"], choices.agencies),
            visibility=next((visibility for visibility in Visibility if visibility == query["visibility"]), None),
            only_mine=query["mine"] == "1",
            with_canceled=query["canceled"] != "0",
        ),
        is_whole=query["all"] == "1",
        is_misread=wanted is None and query["month"] + query["date"] != "",
    )


def _chosen(name: str, offered: Sequence[CalendarChoice]) -> CalendarChoice | None:
    """Return the choice with this name; for a name that is not offered, a choice that matches nothing."""
    nothing = CalendarChoice(id=NO_CHOICE, name=name)
    return next((choice for choice in offered if choice.name == name), nothing) if name else None


def _time(view: CalendarView, day: date) -> list[tuple[str, str]]:
    return [("date", f"{day}")] if view is CalendarView.WEEK else [("month", f"{day:%Y-%m}")]


def _rest(view: CalendarView, chosen: CalendarFilter) -> list[tuple[str, str]]:
    asked = [] if view is CalendarView.MONTH else [("view", str(view))]
    if chosen.kinds != EVERY_KIND:
        asked += [("kind", kind) for kind in Kind if kind in chosen.kinds]
    if chosen.committee:
        asked.append(("committee", chosen.committee.name))
    if chosen.agency:
        asked.append(("agency", chosen.agency.name))
    if chosen.visibility:
        asked.append(("visibility", chosen.visibility))
    if chosen.only_mine:
        asked.append(("mine", "1"))
    if not chosen.with_canceled:
        asked.append(("canceled", "0"))
    return asked


def _address(asked: list[tuple[str, str]]) -> str:
    return f"/calendar?{urlencode(asked)}" if asked else "/calendar"
