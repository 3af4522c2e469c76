"""The query of the calendar, and the addresses of related views."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from urllib.parse import urlencode
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.ports.pages.core.form_values import FormValues
from tracker.rules.calendars import month_grid
from tracker.rules.calendars.calendar_filter import EVERY_KIND, Choice, Choices, Filter
from tracker.rules.calendars.week_grid import week_around
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.date_words import month_day
from tracker.rules.events.event import Kind

A_WEEK = 7  # days
NOTHING = UUID(int=0)


class View(StrEnum):
    """The layout of the calendar."""

    MONTH = "month"
    WEEK = "week"
    LIST = "list"


class Asked(Struct, frozen=True, kw_only=True):
    """A month as a table or a list, or a week, with a filter."""

    day: date
    """A day of the month or week."""
    view: View = View.MONTH
    chosen: Filter
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
        return "week" if self.view is View.WEEK else "month"

    @property
    def name(self) -> str:
        """Return the title: "December 2026", "December 6–12, 2026"."""
        return span_name(self.view, self.day)

    def shown(self) -> tuple[date, date]:
        """Return the first and the last day that the page shows; a month's table has whole weeks."""
        if self.view is View.WEEK:
            week = week_around(self.day)
            return week[0], week[-1]
        if self.view is View.LIST:
            return self.month, month_grid.last_day(self.month)
        weeks = month_grid.weeks(self.month)
        return weeks[0][0], weeks[-1][-1]

    def turned(self, by: int) -> date | None:
        """Return a day in the month or week that many later; None out of range."""
        if self.view is not View.WEEK:
            return month_grid.turned(self.month, by)
        return month_grid.within(month_grid.A_DAY * A_WEEK * by + self.day)

    def address(self, *, day: date | None = None, view: View | None = None, chosen: Filter | None = None) -> str:
        """Return the address of this page with some values changed; defaults are left out."""
        return _address(_time(view or self.view, day or self.day) + _rest(view or self.view, chosen or self.chosen))

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Return the hidden values of the filter form: the time and the view."""
        view = [] if self.view is View.MONTH else [("view", str(self.view))]
        return _time(self.view, self.day) + view

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
        return self.address(chosen=Filter())

    def lists_of(self, days: Sequence[date]) -> dict[date, str]:
        """Return the list addresses of the months of these days."""
        months = {day.replace(day=1) for day in days}
        lists = {month: self.address(day=month, view=View.LIST) for month in months}
        return {day: f"{lists[day.replace(day=1)]}#l-{day}" for day in days}


def span_name(view: View, day: date) -> str:
    """Return the name of the month or week of a day: "December 2026", "November 29 – December 5, 2026"."""
    if view is not View.WEEK:
        return f"{day:%B %Y}"
    first, *_, last = week_around(day)
    if first.month == last.month:
        return f"{month_day(first)}–{last.day}, {last.year}"
    year = f", {first.year}" if first.year != last.year else ""
    return f"{month_day(first)}{year} – {month_day(last)}, {last.year}"


def asked_for(query: FormValues, today: date, choices: Choices) -> Asked:
    """Return the query of an address; unknown values are ignored."""
    view = next((one for one in View if query["view"] == one), View.MONTH)
    month, day = month_grid.month_of(query["month"]), month_grid.day_of(query["date"])
    wanted = (day or month) if view is View.WEEK else (month or day)
    return Asked(
        day=wanted or today,
        view=view,
        chosen=_filter(query, choices),
        is_whole=query["all"] == "1",
        is_misread=wanted is None and query["month"] + query["date"] != "",
    )


def _filter(query: FormValues, choices: Choices) -> Filter:
    kinds = frozenset(kind for kind in Kind if kind in query.all("kind"))
    return Filter(
        kinds=kinds or EVERY_KIND,
        committee=_chosen(query["committee"], choices.committees),
        agency=_chosen(query["agency"], choices.agencies),
        visibility=next((one for one in Visibility if one == query["visibility"]), None),
        only_mine=query["mine"] == "1",
        with_canceled=query["canceled"] != "0",
    )


def _chosen(name: str, offered: Sequence[Choice]) -> Choice | None:
    """Return the choice with this name; for a name that is not offered, a choice that matches nothing."""
    return next((one for one in offered if one.name == name), Choice(id=NOTHING, name=name)) if name else None


def _time(view: View, day: date) -> list[tuple[str, str]]:
    return [("date", f"{day}")] if view is View.WEEK else [("month", f"{day:%Y-%m}")]


def _rest(view: View, chosen: Filter) -> list[tuple[str, str]]:
    asked = [] if view is View.MONTH else [("view", str(view))]
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
