"""The dates of a span of time as one viewer sees them, each with what they answered, and what narrows them."""

from datetime import datetime

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.rules import audiences
from tracker.rules.calendar_filter import Choice, Choices, Filter, matching
from tracker.rules.calendar_grid import Seen
from tracker.rules.people import Viewer
from tracker.tables import visible_calendar
from tracker.usecases import directory, saved_filters

_BODIES = "SELECT b.id, b.name FROM body b WHERE b.status = 'active' ORDER BY b.name"


async def seen_between(viewer: Viewer, start: datetime, end: datetime) -> list[Seen]:
    """Return the dates that touch [start, end), earliest first: one query, whatever their number."""
    return await visible_calendar.seen(viewer, start, end)


async def chosen_between(viewer: Viewer, start: datetime, end: datetime, chosen: Filter) -> list[Seen]:
    """Return what a filter lets through of the dates that touch [start, end)."""
    agency = chosen.agency
    of_agency = await visible_calendar.events_of_agency(viewer, agency.id, start, end) if agency else frozenset()
    return matching(await seen_between(viewer, start, end), chosen, of_agency)


async def choices(viewer: Viewer) -> Choices:
    """Return the bodies whose events the viewer may see, the agencies that they may know, and their own filters."""
    bodies, agencies, saved = await engine().read_each(
        QueryString(_BODIES), await directory.active_agencies(viewer), saved_filters.mine(viewer)
    )
    return Choices(
        bodies=tuple(
            Choice(id=row["id"], name=row["name"]) for row in bodies if audiences.body(row["id"]) in viewer.audiences
        ),
        agencies=tuple(Choice(id=row["id"], name=row["code"]) for row in agencies),
        saved=tuple(saved_filters.in_order(saved)),
    )
