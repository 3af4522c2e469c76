"""The check-in list and the activity log as letter-size pages, with the fields of ICS 211 and ICS 214."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from litestar import Response, get

from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.http.path import PathId, PathText
from tracker.ports.pages.core.dependencies import Pages
from tracker.ports.pages.events.event_page import times_of
from tracker.rules.core.wording import clock, local
from tracker.rules.events.event import Occurrence
from tracker.usecases.core import access_records
from tracker.usecases.operations import activity_log, check_ins

PLAN = "/events/{event_id:uuid}/{key:str}/plan"


@get(f"{PLAN}/check-in/print", guards=[signed_in])
async def check_in_form(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now) -> Response[str]:
    """Show the check-in list as ICS 211."""
    found = await check_ins.check_in_list(viewer, event_id, key, now)
    began = min((one.time_in for one in found.lines if one.time_in), default=None)
    await access_records.note_date(viewer, found.occurrence, now)
    return pages.render(
        "operations/printouts/ics-211.html", found=found, tally=found.tally, began=began, **_common(found.occurrence)
    )


@get(f"{PLAN}/log/print", guards=[signed_in])
async def log_form(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now) -> Response[str]:
    """Show the activity log as ICS 214."""
    found = await activity_log.log(viewer, event_id, key, now)
    await access_records.note_date(viewer, found.occurrence, now)
    return pages.render("operations/printouts/ics-214.html", found=found, **_common(found.occurrence))


def _common(occurrence: Occurrence) -> dict[str, Any]:
    event = occurrence.event
    return {"event": event, "banner": event.banner, "stamp": _stamp(event.zone), **times_of(occurrence)}


def _stamp(zone: str) -> Callable[[datetime], str]:
    """Return what writes a moment as these forms do: "1/16/2027, 6:05 AM"."""

    def stamp(at: datetime) -> str:
        there = local(at, zone)
        return f"{there.month}/{there.day}/{there.year}, {clock(there)}"

    return stamp
