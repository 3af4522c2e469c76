"""Printouts as pages of their own: agenda, sign-in sheet, and the numbered cover of an operation's brief."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from tracker.errors import Invalid, NotFound
from tracker.ports.http.dependencies import Now, Viewer, Visit
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import errors_of, id_in
from tracker.ports.pages.core.reauthentication import first_reauthenticate
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
async def agenda_sheet(
    event_id: FromPath[UUID], key: FromPath[str], pages: Pages, viewer: Viewer, now: Now
) -> Response[str]:
    """Show the agenda with space for notes, and the open action items."""
    view = await event_view(viewer, event_id, key, now)
    times = times_of(view.occurrence)
    items = list(timetable(agenda_items(view.occurrence.agenda), times["starts"]))
    actions = [one for one in view.items if one.is_open]
    banner = banner_of_all(one for one in (view.occurrence.event.marking, *(item.marking for item in actions)) if one)
    return await _sheet("agenda", pages, viewer, now, view.occurrence, agenda=items, actions=actions, banner=banner)


@get("/events/{event_id:uuid}/{key:str}/print/sign-in-sheet", guards=[signed_in])
async def sign_in_sheet(
    event_id: FromPath[UUID], key: FromPath[str], pages: Pages, viewer: Viewer, now: Now
) -> Response[str]:
    """Show the sheet on which people sign in."""
    sheet = await printouts.sign_in_sheet(viewer, event_id, key)
    return await _sheet("sign-in-sheet", pages, viewer, now, sheet.occurrence, sheet=sheet, walk_ins=WALK_INS)


@get("/events/{event_id:uuid}/{key:str}/print/brief", guards=[signed_in])
async def copies(
    event_id: FromPath[UUID], key: FromPath[str], pages: Pages, viewer: Viewer, visit: Visit, now: Now
) -> Response[Any]:
    """Show the copies of a brief after a recent confirmation, and the form that issues the next one."""
    brief = await printouts.brief(viewer, event_id, key)
    return first_reauthenticate(visit, f"/events/{event_id}/{key}/print/brief", now) or await _copies(
        pages, viewer, now, brief
    )


@post("/events/{event_id:uuid}/{key:str}/print/brief", guards=[signed_in], status_code=303)
async def issue_copy(
    event_id: FromPath[UUID], key: FromPath[str], pages: Pages, viewer: Viewer, visit: Visit, form: Form, now: Now
) -> Response[Any]:
    """Issue the next copy to a person, and show it."""
    brief = await printouts.brief(viewer, event_id, key)
    if first := first_reauthenticate(visit, f"/events/{event_id}/{key}/print/brief", now):
        return first
    try:
        number = await printouts.issue_copy(viewer, event_id, key, id_in(form["member"]), now)
    except Invalid as wrong:
        return await _copies(pages, viewer, now, brief, wrong)
    return Redirect(f"/events/{event_id}/{key}/print/brief/{number}", status_code=303)


@get("/events/{event_id:uuid}/{key:str}/print/brief/{number:str}", guards=[signed_in])
async def brief_cover(
    event_id: FromPath[UUID], key: FromPath[str], number: FromPath[str], pages: Pages, viewer: Viewer, now: Now
) -> Response[str]:
    """Show one copy of the cover."""
    brief = await printouts.brief(viewer, event_id, key)
    if not (number.isascii() and number.isdigit() and len(number) <= LONGEST_NUMBER):
        raise NotFound
    return await _sheet("brief", pages, viewer, now, brief.occurrence, brief=brief, copy=brief.copy(int(number)))


async def _copies(pages: Pages, viewer: Viewer, now: Now, brief: Brief, wrong: Invalid | None = None) -> Response[str]:
    people = [("", "Choose a person"), *((one.member_id, f"{one.name} ({one.agency})") for one in brief.people)]
    return await _sheet(
        "copies",
        pages,
        viewer,
        now,
        brief.occurrence,
        brief=brief,
        people=people,
        errors=errors_of(wrong, FIELDS),
        status_code=422 if wrong else 200,
    )


async def _sheet(
    name: str, pages: Pages, viewer: Viewer, now: Now, occurrence: Occurrence, *, status_code: int = 200, **context: Any
) -> Response[str]:
    await access_records.note_date(viewer, occurrence, now)
    values = {"event": occurrence.event, "banner": occurrence.event.banner, **times_of(occurrence), **context}
    return pages.render(f"attendance/printouts/{name}.html", status_code=status_code, **values)


handlers = [agenda_sheet, sign_in_sheet, copies, issue_copy, brief_cover]
