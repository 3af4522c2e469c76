"""Sheets of paper as pages of their own: agenda, sign-in sheet, and the numbered cover of an operation's brief."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from tracker import clock
from tracker.errors import Invalid, NotFound
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.form_values import errors_of, form_of, id_in
from tracker.ports.pages.core.reauthentication import first_reauthenticate
from tracker.ports.pages.core.request import viewer_of
from tracker.ports.pages.core.templating import page
from tracker.ports.pages.events.event_page import times_of
from tracker.rules.attendance.printouts import WALK_INS, timetable
from tracker.rules.events.agenda import agenda_items
from tracker.rules.events.event import Occurrence
from tracker.rules.events.markings import banner_of_all
from tracker.usecases.attendance import printouts
from tracker.usecases.attendance.printouts import Brief
from tracker.usecases.core import access_records
from tracker.usecases.views.event_page import event_view

LONGEST_NUMBER = 6  # digits of a copy's number
FIELDS = ("member",)


@get("/events/{event_id:uuid}/{key:str}/print/agenda", guards=[signed_in])
async def agenda_sheet(event_id: FromPath[UUID], key: FromPath[str], request: Request[Any, Any, Any]) -> Response[str]:
    """Show the agenda with room for notes, and the open action items."""
    view = await event_view(viewer_of(request), event_id, key, clock.now())
    times = times_of(view.occurrence)
    items = list(timetable(agenda_items(view.occurrence.agenda), times["starts"]))
    actions = [one for one in view.items if one.is_open]
    banner = banner_of_all(one for one in (view.occurrence.event.marking, *(item.marking for item in actions)) if one)
    return await _sheet("agenda", request, view.occurrence, agenda=items, actions=actions, banner=banner)


@get("/events/{event_id:uuid}/{key:str}/print/sign-in-sheet", guards=[signed_in])
async def sign_in_sheet(event_id: FromPath[UUID], key: FromPath[str], request: Request[Any, Any, Any]) -> Response[str]:
    """Show the sheet on which people sign that they are there."""
    sheet = await printouts.sign_in_sheet(viewer_of(request), event_id, key)
    return await _sheet("sign-in-sheet", request, sheet.occurrence, sheet=sheet, walk_ins=WALK_INS)


@get("/events/{event_id:uuid}/{key:str}/print/brief", guards=[signed_in])
async def copies(event_id: FromPath[UUID], key: FromPath[str], request: Request[Any, Any, Any]) -> Response[Any]:
    """Show the copies of a brief to a fresh proof, and the form that issues the next one."""
    brief = await printouts.brief(viewer_of(request), event_id, key)
    return first_reauthenticate(request, f"/events/{event_id}/{key}/print/brief") or await _copies(request, brief)


@post("/events/{event_id:uuid}/{key:str}/print/brief", guards=[signed_in], status_code=303)
async def issue_copy(event_id: FromPath[UUID], key: FromPath[str], request: Request[Any, Any, Any]) -> Response[Any]:
    """Issue the next copy to somebody, and show it."""
    viewer, form = viewer_of(request), await form_of(request)
    brief = await printouts.brief(viewer, event_id, key)
    if first := first_reauthenticate(request, f"/events/{event_id}/{key}/print/brief"):
        return first
    try:
        number = await printouts.issue_copy(viewer, event_id, key, id_in(form["member"]), clock.now())
    except Invalid as wrong:
        return await _copies(request, brief, wrong)
    return Redirect(f"/events/{event_id}/{key}/print/brief/{number}", status_code=303)


@get("/events/{event_id:uuid}/{key:str}/print/brief/{number:str}", guards=[signed_in])
async def brief_cover(
    event_id: FromPath[UUID], key: FromPath[str], number: FromPath[str], request: Request[Any, Any, Any]
) -> Response[str]:
    """Show one copy of the cover."""
    brief = await printouts.brief(viewer_of(request), event_id, key)
    if not (number.isascii() and number.isdigit() and len(number) <= LONGEST_NUMBER):
        raise NotFound
    return await _sheet("brief", request, brief.occurrence, brief=brief, copy=brief.copy(int(number)))


async def _copies(request: Request[Any, Any, Any], brief: Brief, wrong: Invalid | None = None) -> Response[str]:
    people = [("", "Choose a person"), *((one.member_id, f"{one.name} ({one.agency})") for one in brief.people)]
    return await _sheet(
        "copies",
        request,
        brief.occurrence,
        brief=brief,
        people=people,
        errors=errors_of(wrong, FIELDS),
        status_code=422 if wrong else 200,
    )


async def _sheet(
    name: str, request: Request[Any, Any, Any], occurrence: Occurrence, *, status_code: int = 200, **context: Any
) -> Response[str]:
    await access_records.note_date(viewer_of(request), occurrence, clock.now())
    values = {"event": occurrence.event, "banner": occurrence.event.banner, **times_of(occurrence), **context}
    return page(f"attendance/printouts/{name}.html", request, status_code=status_code, **values)


handlers = [agenda_sheet, sign_in_sheet, copies, issue_copy, brief_cover]
