"""The dates of a span as one viewer sees them, each with the viewer's reply, and the filters on them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.rules.calendars.calendars import CalendarChoice, CalendarChoices, CalendarFilter, SeenDate, matching_dates
from tracker.rules.core import audiences
from tracker.rules.core.viewers import Viewer
from tracker.tables.visible import calendars
from tracker.usecases.core import saved_filters
from tracker.usecases.roster import committees, directory


async def dates_between(viewer: Viewer, start: datetime, end: datetime) -> list[SeenDate]:
    """Return the dates that overlap [start, end), earliest first, in one query."""
    return await calendars.dates_of_span(viewer, start, end)


async def filtered_dates_between(
    viewer: Viewer, start: datetime, end: datetime, chosen: CalendarFilter
) -> list[SeenDate]:
    """Return the dates that overlap [start, end) and match a filter."""
    agency = chosen.agency
    of_agency = await calendars.events_of_agency(viewer, agency.id, start, end) if agency else frozenset()
    return matching_dates(await dates_between(viewer, start, end), chosen, of_agency)


async def calendar_committees(viewer: Viewer) -> list[CalendarChoice]:
    """Return the committees whose events the viewer may see, by name."""
    return _seen_by(viewer, await engine().run_querystring(QueryString(committees.ACTIVE_COMMITTEES)))


async def calendar_choices(viewer: Viewer) -> CalendarChoices:
    """Return the committees whose events the viewer may see, the agencies they may know, and their saved filters."""
    rows, agencies, saved = await engine().read_each(
        QueryString(committees.ACTIVE_COMMITTEES),
        await directory.active_agencies_for(viewer),
        saved_filters.own_filters_query(viewer),
    )
    return CalendarChoices(
        committees=tuple(_seen_by(viewer, rows)),
        agencies=tuple(CalendarChoice(id=row["id"], name=row["code"]) for row in agencies),
        saved=tuple(saved_filters.filters_in_order(saved)),
    )


def _seen_by(viewer: Viewer, rows: Iterable[Mapping[str, Any]]) -> list[CalendarChoice]:
    return [
        CalendarChoice(id=row["id"], name=row["name"])
        for row in rows
        if audiences.committee_audience(row["id"]) in viewer.audiences
    ]
