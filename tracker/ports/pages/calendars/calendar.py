"""The calendar: a month as a table or as a list, or a week by the hour."""

from collections.abc import Callable
from datetime import date
from typing import Any

from litestar import Response, get

from tracker.database import together
from tracker.ports.http.dependencies import Today, Viewer, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.calendars.month import month_context
from tracker.ports.pages.calendars.query import Asked, View, asked_for, span_name
from tracker.ports.pages.calendars.week import week_context
from tracker.ports.pages.core.date_entries import agenda
from tracker.ports.pages.core.dependencies import Pages, Query, QueryString
from tracker.ports.pages.core.saved_filters import saved_among
from tracker.rules.calendars import month_grid
from tracker.rules.calendars.month_grid import Seen
from tracker.rules.core.audiences import Visibility
from tracker.rules.events.event import Kind
from tracker.rules.events.markings import banner_of_all
from tracker.rules.recurrence.holidays import holiday_notes
from tracker.usecases.calendars import date_lines
from tracker.usecases.operations import readiness_given


@get("/calendar", guards=[signed_in])
async def calendar_page(
    pages: Pages, viewer: Viewer, params: Query, query_string: QueryString, zone: Zone, today: Today
) -> Response[str]:
    """Show a month or a week.

    `view` (month, week, list), `month` (2026-12) or for a week `date` (2026-12-10); and the filters: `kind`
    (repeatable), `committee` (its name), `agency` (KCPD), `visibility`, `mine` (1), `canceled` (0).
    """
    choices = await date_lines.choices(viewer)
    asked = asked_for(params, today, choices)
    start, end = month_grid.moments(*asked.shown(), zone)
    seen, readiness = await together(
        date_lines.chosen_between(viewer, start, end, asked.chosen), readiness_given.between(viewer, start, end)
    )
    content = CONTENTS[asked.view](asked, seen, zone, today, viewer)
    saved = saved_among(query_string, "calendar", choices.saved)
    banner = banner_of_all(one.line.marking for one in seen if one.line.marking)
    frame = _frame(asked, today) | {"readiness": readiness}
    return pages.render(f"calendars/{asked.view}.html", choices=choices, banner=banner, **saved, **frame, **content)


def _frame(asked: Asked, today: Today) -> dict[str, Any]:
    turns = (("p", "Previous", -1), ("n", "Next", 1))
    in_month = today if today.replace(day=1) == asked.month else asked.month
    return {
        "asked": asked,
        "kinds": [kind.value for kind in Kind],
        "audiences": [one.value for one in Visibility],
        "turns": [
            {"key": key, "word": word, "name": span_name(asked.view, day), "address": asked.address(day=day)}
            for key, word, step in turns
            if (day := asked.turned(step))
        ],
        "views": [
            ("Month", asked.address(view=View.MONTH), asked.view is View.MONTH),
            (
                "Week",
                asked.address(view=View.WEEK, day=None if asked.view is View.WEEK else in_month),
                asked.view is View.WEEK,
            ),
            ("List", asked.address(view=View.LIST), asked.view is View.LIST),
        ],
    }


def _list(asked: Asked, seen: list[Seen], zone: str, _today: date, _viewer: Viewer) -> dict[str, Any]:
    first, last = asked.shown()
    days = dict(agenda(seen, first, last, zone))
    count = len({entry.href for entries in days.values() for entry in entries})
    holidays = dict(holiday_notes(month_grid.days_between(first, last)))
    return {
        "days": [(day, days.get(day, [])) for day in sorted({*days, *holidays})] if days else [],
        "holidays": holidays,
        "count": count,
    }


CONTENTS: dict[View, Callable[[Asked, list[Seen], str, date, Viewer], dict[str, Any]]] = {
    View.MONTH: month_context,
    View.WEEK: week_context,
    View.LIST: _list,
}
