"""The roll call of a date: one tap per person, a bulk button, walk-ins, undo; every button is a form of its own.

The agenda and the sign-in sheet are pages to print.
"""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid5

from litestar import Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect

from tracker.crypto import ids
from tracker.errors import Invalid
from tracker.ports.http.dependencies import Now, PathId, PathText, Viewer
from tracker.ports.http.guards import POLLED, signed_in
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import (
    ChosenPerson,
    Errors,
    FormValues,
    errors_of,
    id_in,
    moment_in,
    read_chosen_person,
)
from tracker.ports.pages.events.date_pages import occurrence_times
from tracker.rules.attendance.roll_call import (
    WALK_IN_ROWS,
    AttendanceWalkIn,
    Mark,
    agenda_timetable,
    is_thanked_for,
    tapped_mark,
)
from tracker.rules.core.wording import local
from tracker.rules.events.events import Occurrence, agenda_items
from tracker.rules.events.markings import banner_of_all
from tracker.usecases.attendance import roll_call
from tracker.usecases.attendance.roll_call import AttendanceSheet
from tracker.usecases.core import audit
from tracker.usecases.views.event_page import view_event

ATTENDANCE_PATH = "/events/{event_id:uuid}/{key:str}/attendance"
WALK_IN_FIELDS = ("person", "name", "agency", "agency_name")
OTHER_AGENCY = ("other", "Another agency")
"""The choice of the agency field that asks for its name in words."""


@get(ATTENDANCE_PATH, guards=[signed_in])
async def show_attendance(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now, step: FromQuery[str] = ""
) -> Response[str]:
    """Show the attendance sheet; ?step=… names the change that the page can undo."""
    roll = await roll_call.read_roll_call(viewer, event_id, key, now)
    return pages.render("attendance/show.html", **await _with_history(viewer, roll, moment_in(step)))


@get(f"{ATTENDANCE_PATH}/count", guards=[signed_in], opt=POLLED)
async def show_attendance_count(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now
) -> Response[str]:
    """Show only the count, for a second screen that refreshes every five seconds."""
    roll = await roll_call.read_roll_call(viewer, event_id, key, now)
    return pages.render("attendance/count.html", roll=roll)


@post(f"{ATTENDANCE_PATH}/marks", guards=[signed_in], status_code=303)
async def post_mark(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Record the button that was tapped for one person; tapping the same one again clears the mark."""
    member_id, mark_id, mark = id_in(form["member"]), id_in(form["guest"]), _read_mark(form)
    if member_id:
        await roll_call.record_marks(viewer, event_id, key, {member_id: mark}, now)
    elif mark_id:
        await roll_call.record_guest_mark(viewer, event_id, key, mark_id, mark, now)
    else:
        raise Invalid("Choose a person on the list.")
    return await _shown(pages, viewer, now, event_id, key, now, member_id=member_id)


@post(f"{ATTENDANCE_PATH}/replied-yes", guards=[signed_in], status_code=303)
async def post_marks_of_yes(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now) -> Response[Any]:
    """Mark everyone here who replied yes and has no mark."""
    await roll_call.mark_replied_yes_here(viewer, event_id, key, now)
    return await _shown(pages, viewer, now, event_id, key, now, is_bulk=True)


@post(f"{ATTENDANCE_PATH}/walk-ins", guards=[signed_in], status_code=303)
async def post_attendance_walk_in(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Add a person who came without an invitation, or show the form again with its errors."""
    person = await read_chosen_person(form, "person", await roll_call.possible_walk_ins(viewer, event_id, key))
    try:
        await roll_call.record_walk_in(viewer, event_id, key, _read_walk_in(form, person), now)
    except Invalid as wrong:
        errors = errors_of(wrong, WALK_IN_FIELDS)
        context = await _with_history(viewer, await roll_call.read_roll_call(viewer, event_id, key, now), None)
        template = "attendance/sheet-part.html" if pages.is_htmx else "attendance/show.html"
        return pages.render(template, status_code=422, **context | {"form": form, "person": person, "errors": errors})
    return await _shown(pages, viewer, now, event_id, key, now)


@post(f"{ATTENDANCE_PATH}/undo", guards=[signed_in], status_code=303)
async def post_marks_undo(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Undo the viewer's last change, unless a newer one counts."""
    at = moment_in(form["at"])
    if at is None:
        raise Invalid("There is nothing to undo.")
    await roll_call.undo_marks(viewer, event_id, key, at, now)
    return await _shown(pages, viewer, now, event_id, key, now)


@post(f"{ATTENDANCE_PATH}/closure", guards=[signed_in], status_code=303)
async def post_attendance_closing(event_id: PathId, key: PathText, viewer: Viewer, now: Now) -> Redirect:
    """Close attendance; the page then shows who was not marked."""
    await roll_call.close_attendance(viewer, event_id, key, now)
    return Redirect(_attendance_address(event_id, key), status_code=303)


@post(f"{ATTENDANCE_PATH}/reopening", guards=[signed_in], status_code=303)
async def post_attendance_reopening(event_id: PathId, key: PathText, viewer: Viewer, now: Now) -> Redirect:
    """Reopen attendance to correct a mark."""
    await roll_call.reopen_attendance(viewer, event_id, key, now)
    return Redirect(_attendance_address(event_id, key), status_code=303)


async def _shown(
    pages: Pages,
    viewer: Viewer,
    now: Now,
    event_id: UUID,
    key: str,
    step: datetime,
    *,
    member_id: UUID | None = None,
    **facts: bool,
) -> Response[Any]:
    """Return the response to a change: to htmx the line or list that changed, else a redirect to the page."""
    if not pages.is_htmx:
        place = f"#p-{member_id}" if member_id else ""
        return Redirect(
            f"{_attendance_address(event_id, key)}?{urlencode({'step': step.isoformat()})}{place}", status_code=303
        )
    roll = await roll_call.read_roll_call(viewer, event_id, key, now)
    line = next(
        (line for line in roll.lines if member_id and line.member_id == member_id and not line.is_walk_in), None
    )
    if line is None:
        return pages.render("attendance/sheet-part.html", **await _whole(viewer, roll, step), **facts)
    return pages.render("attendance/line-part.html", line=line, **await _context(viewer, roll, step))


async def _context(viewer: Viewer, roll: AttendanceSheet, step: datetime | None) -> dict[str, Any]:
    """Return the values for a line of the sheet and the message about the last change."""
    occurrence = roll.occurrence
    return {
        **occurrence_times(occurrence),
        "roll": roll,
        "roll_address": _attendance_address(occurrence.event.id, occurrence.key),
        "step": step,
        "event": occurrence.event,
        "steps": await roll_call.last_marks(viewer, roll, step) if step else [],
    }


async def _whole(viewer: Viewer, roll: AttendanceSheet, step: datetime | None) -> dict[str, Any]:
    """Return the values for the whole list, with an empty form for a walk-in."""
    closed_at = roll.occurrence.attendance_closed_at
    return {
        **await _context(viewer, roll, step),
        "person": ChosenPerson(),
        "agencies": [
            ("", "Choose"),
            *((str(one), code) for one, code in await roll_call.attendance_agencies()),
            OTHER_AGENCY,
        ],
        "ticket": uuid5(roll.occurrence.id, f"{viewer.member_id} {roll.tally.walk_ins}"),
        "form": FormValues({}),
        "errors": Errors(),
        "closed_at": local(closed_at, roll.occurrence.event.zone) if closed_at else None,
    }


async def _with_history(viewer: Viewer, roll: AttendanceSheet, step: datetime | None) -> dict[str, Any]:
    """Return the values for the page: the list, and the corrections, with times on the wall clock of the date."""
    zone = roll.occurrence.event.zone
    corrections = [
        (local(correction.at, zone), correction) for correction in await roll_call.sheet_corrections(viewer, roll)
    ]
    offered = {"may_thank": is_thanked_for(roll.occurrence)}
    return await _whole(viewer, roll, step) | {"corrections": corrections, **offered}


def _attendance_address(event_id: UUID, key: str) -> str:
    return f"/events/{event_id}/{key}/attendance"


def _read_mark(form: FormValues) -> Mark:
    try:
        return tapped_mark(Mark(form["status"]), Mark(form["was"]) if form["was"] else None)
    except ValueError:
        raise Invalid("Choose Here, Remote, Absent, or Excused.") from None


def _read_walk_in(form: FormValues, person: ChosenPerson) -> AttendanceWalkIn:
    """Return the walk-in; the same form sent twice is the same person, two people from one page are two.

    Errors: Invalid for words that don't find one person.
    """
    if person.error:
        raise Invalid(person=person.error)
    who = "\n".join(form.but({"person": person.value})[name] for name in WALK_IN_FIELDS)
    return AttendanceWalkIn(
        id=uuid5(id_in(form["ticket"]) or ids.new_id(), who),
        member_id=id_in(person.value),
        name=form["name"],
        agency_id=id_in(form["agency"]),
        agency=form["agency_name"],
    )


@get("/events/{event_id:uuid}/{key:str}/print/agenda", guards=[signed_in])
async def show_agenda_sheet(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now) -> Response[str]:
    """Show the agenda with space for notes, and the open action items."""
    view = await view_event(viewer, event_id, key, now)
    times = occurrence_times(view.occurrence)
    items = list(agenda_timetable(agenda_items(view.occurrence.agenda), times["starts"]))
    actions = [action_item for action_item in view.items if action_item.is_open]
    banner = banner_of_all(
        marking for marking in (view.occurrence.event.marking, *(item.marking for item in actions)) if marking
    )
    return await _printout("agenda", pages, viewer, now, view.occurrence, agenda=items, actions=actions, banner=banner)


@get("/events/{event_id:uuid}/{key:str}/print/sign-in-sheet", guards=[signed_in])
async def show_sign_in_sheet(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now) -> Response[str]:
    """Show the sheet on which people sign in."""
    sheet = await roll_call.read_sign_in_sheet(viewer, event_id, key)
    return await _printout("sign-in-sheet", pages, viewer, now, sheet.occurrence, sheet=sheet, walk_ins=WALK_IN_ROWS)


async def _printout(
    name: str, pages: Pages, viewer: Viewer, now: Now, occurrence: Occurrence, **context: Any
) -> Response[str]:
    await audit.record_date_read(viewer, occurrence, now)
    values = {"event": occurrence.event, "banner": occurrence.event.banner, **occurrence_times(occurrence), **context}
    return pages.render(f"attendance/printouts/{name}.html", **values)
