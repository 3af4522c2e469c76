"""The dates of a span as one viewer sees them, each with the viewer's reply, and the filters on them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.rules.calendars.calendar_filter import Choice, Choices, Filter, matching
from tracker.rules.calendars.month_grid import Seen
from tracker.rules.core import audiences
from tracker.rules.core.viewer import Viewer
from tracker.tables.visible.calendars import calendar
from tracker.usecases.core import saved_filters
from tracker.usecases.roster import directory, people


async def seen_between(viewer: Viewer, start: datetime, end: datetime) -> list[Seen]:
    """Return the dates that overlap [start, end), earliest first, in one query."""
    return await calendar.seen(viewer, start, end)


async def chosen_between(viewer: Viewer, start: datetime, end: datetime, chosen: Filter) -> list[Seen]:
    """Return the dates that overlap [start, end) and match a filter."""
    agency = chosen.agency
    of_agency = await calendar.events_of_agency(viewer, agency.id, start, end) if agency else frozenset()
    return matching(await seen_between(viewer, start, end), chosen, of_agency)


async def committees(viewer: Viewer) -> list[Choice]:
    """Return the committees whose events the viewer may see, by name."""
    return _seen_by(viewer, await engine().run_querystring(QueryString(people.COMMITTEES)))


async def choices(viewer: Viewer) -> Choices:
    """Return the committees whose events the viewer may see, the agencies they may know, and their saved filters."""
    found, agencies, saved = await engine().read_each(
        QueryString(people.COMMITTEES), await directory.active_agencies(viewer), saved_filters.mine(viewer)
    )
    return Choices(
        committees=tuple(_seen_by(viewer, found)),
        agencies=tuple(Choice(id=row["id"], name=row["code"]) for row in agencies),
        saved=tuple(saved_filters.in_order(saved)),
    )


def _seen_by(viewer: Viewer, rows: Iterable[Mapping[str, Any]]) -> list[Choice]:
    return [
        Choice(id=row["id"], name=row["name"]) for row in rows if audiences.committee(row["id"]) in viewer.audiences
    ]
