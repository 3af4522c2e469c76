"""Printouts as pages of their own: the agenda and the sign-in sheet."""

from typing import Any

from litestar import Response, get

from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.http.path import PathId, PathText
from tracker.ports.pages.core.dependencies import Pages
from tracker.ports.pages.events.event_page import times_of
from tracker.rules.attendance.printouts import WALK_INS, timetable
from tracker.rules.events.agenda import agenda_items
from tracker.rules.events.event import Occurrence
from tracker.rules.events.markings import banner_of_all
from tracker.usecases.attendance import printouts
from tracker.usecases.core import access_records
from tracker.usecases.views.event_page import event_view


@get("/events/{event_id:uuid}/{key:str}/print/agenda", guards=[signed_in])
async def agenda_sheet(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now) -> Response[str]:
    """Show the agenda with space for notes, and the open action items."""
    view = await event_view(viewer, event_id, key, now)
    times = times_of(view.occurrence)
    items = list(timetable(agenda_items(view.occurrence.agenda), times["starts"]))
    actions = [one for one in view.items if one.is_open]
    banner = banner_of_all(one for one in (view.occurrence.event.marking, *(item.marking for item in actions)) if one)
    return await _sheet("agenda", pages, viewer, now, view.occurrence, agenda=items, actions=actions, banner=banner)


@get("/events/{event_id:uuid}/{key:str}/print/sign-in-sheet", guards=[signed_in])
async def sign_in_sheet(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now) -> Response[str]:
    """Show the sheet on which people sign in."""
    sheet = await printouts.sign_in_sheet(viewer, event_id, key)
    return await _sheet("sign-in-sheet", pages, viewer, now, sheet.occurrence, sheet=sheet, walk_ins=WALK_INS)


async def _sheet(
    name: str, pages: Pages, viewer: Viewer, now: Now, occurrence: Occurrence, **context: Any
) -> Response[str]:
    await access_records.note_date(viewer, occurrence, now)
    values = {"event": occurrence.event, "banner": occurrence.event.banner, **times_of(occurrence), **context}
    return pages.render(f"attendance/printouts/{name}.html", **values)
