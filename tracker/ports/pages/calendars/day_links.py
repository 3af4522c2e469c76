"""Where the number of a day leads: to its events, or to the form of a new one."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from tracker.ports.pages.calendars.query import Asked, View
from tracker.rules.core.viewer import Viewer


class DayLink(NamedTuple):
    """The link of a day; `schedules` is whether it opens the form of a new event."""

    href: str
    schedules: bool = False


def day_links(
    asked: Asked, days: Sequence[date], busy: Collection[date], today: date, viewer: Viewer
) -> Mapping[date, DayLink]:
    """Return the link of each day: to its place in the list if it has events.

    Other days have no place there. From today on they lead people who schedule to the form, and others to the week.
    """
    lists = asked.lists_of(days)

    def link_of(day: date) -> DayLink:
        if day in busy:
            return DayLink(lists[day])
        if viewer.may_schedule and day >= today:
            return DayLink(f"/schedule?date={day}", schedules=True)
        return DayLink(asked.address(day=day, view=View.WEEK))

    return {day: link_of(day) for day in days}
