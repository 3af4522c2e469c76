"""The roll call of a date: one tap per person, a bulk button, walk-ins, undo; every button is a form of its own.

The agenda and the sign-in sheet are pages to print.
"""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID, uuid5

from litestar import get, post
from litestar.params import FromQuery
from litestar.response import Redirect

from tracker.crypto import ids
from tracker.errors import Invalid
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.guards import POLLED, signed_in
from tracker.ports.pages.core.dependencies import DateAddress, Form, OnDate, Page, Pages
from tracker.ports.pages.core.form_shapes import FormShape, Id, NameField, form_context, form_fields
from tracker.ports.pages.core.form_values import ChosenPerson, id_in, moment_in, read_chosen_person
from tracker.ports.pages.events.date_pages import date_context, occurrence_address
from tracker.rules.attendance import (
    LONGEST_NAME,
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
from tracker.usecases import attendance
from tracker.usecases.attendance import AttendanceSheet
from tracker.usecases.core import audit
from tracker.usecases.views.event_page import view_event

ATTENDANCE_PATH = "/events/{event_id:uuid}/{key:str}/attendance"
OTHER_AGENCY = ("other", "Another agency")
"""The choice of the agency field that asks for its name in words."""


class SheetWalkInForm(FormShape, kw_only=True):
    """A person who came without an invitation: a member, or a guest with their agency."""

    person: Annotated[UUID | None, Id("Member who wasn’t invited", of="member_id")]
    name: Annotated[str, NameField("Name or role", LONGEST_NAME)]
    agency: Annotated[UUID | None, Id("Agency", of="agency_id")]
    agency_name: Annotated[str, NameField("Other agency’s name", LONGEST_NAME, of="agency")]


@get(ATTENDANCE_PATH, guards=[signed_in])
async def show_attendance(date: OnDate, pages: Pages, viewer: Viewer, now: Now, step: FromQuery[str] = "") -> Page:
    """Show the attendance sheet; ?step=… names the change that the page can undo."""
    roll = await attendance.read_roll_call(viewer, *date, now)
    return pages.render("attendance/show.html", **await _with_history(viewer, roll, moment_in(step)))


@get(f"{ATTENDANCE_PATH}/count", guards=[signed_in], opt=POLLED)
async def show_attendance_count(date: OnDate, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show only the count, for a second screen that refreshes every five seconds."""
    roll = await attendance.read_roll_call(viewer, *date, now)
    return pages.render("attendance/count-part.html", roll=roll, roll_address=f"{date.page}/attendance")


@post(f"{ATTENDANCE_PATH}/marks", guards=[signed_in], status_code=303)
async def post_mark(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Record the button that was tapped for one person; tapping the same one again clears the mark."""
    try:
        mark = tapped_mark(Mark(form["status"]), Mark(form["was"]) if form["was"] else None)
    except ValueError:
        raise Invalid("Choose Here, Remote, Absent, or Excused.") from None
    member_id, mark_id = id_in(form["member"]), id_in(form["guest"])
    if member_id:
        await attendance.record_marks(viewer, *date, {member_id: mark}, now)
    elif mark_id:
        await attendance.record_guest_mark(viewer, *date, mark_id, mark, now)
    else:
        raise Invalid("Choose a person on the list.")
    return await _shown(pages, viewer, date, now, member_id=member_id)


@post(f"{ATTENDANCE_PATH}/replied-yes", guards=[signed_in], status_code=303)
async def post_marks_of_yes(date: OnDate, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Mark everyone here who replied yes and has no mark."""
    await attendance.mark_replied_yes_here(viewer, *date, now)
    return await _shown(pages, viewer, date, now, is_bulk=True)


@post(f"{ATTENDANCE_PATH}/rest-absent", guards=[signed_in], status_code=303)
async def post_marks_of_rest(date: OnDate, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Mark everyone absent who has no mark."""
    await attendance.mark_rest_absent(viewer, *date, now)
    return await _shown(pages, viewer, date, now)


@post(f"{ATTENDANCE_PATH}/walk-ins", guards=[signed_in], status_code=303)
async def post_attendance_walk_in(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Add a person who came without an invitation, or show the form again with its errors.

    The same form sent twice is the same person; two people from one page are two.
    """
    person = await read_chosen_person(form, "person", await attendance.possible_walk_ins(viewer, *date))
    try:
        chosen = form.but({"person": person.value})
        words = "\n".join(chosen[name] for name in form_fields(SheetWalkInForm))
        walk_in_id = uuid5(id_in(form["ticket"]) or ids.new_id(), words)
        walk_in = SheetWalkInForm.read(chosen, person=person.error).facts(AttendanceWalkIn, id=walk_in_id)
        await attendance.record_walk_in(viewer, *date, walk_in, now)
    except Invalid as wrong:
        roll = await attendance.read_roll_call(viewer, *date, now)
        context = await _with_history(viewer, roll, None) | form_context(form, wrong, SheetWalkInForm)
        template = "attendance/sheet-part.html" if pages.is_htmx else "attendance/show.html"
        return pages.render(template, **context | {"person": person})
    return await _shown(pages, viewer, date, now)


@post(f"{ATTENDANCE_PATH}/undo", guards=[signed_in], status_code=303)
async def post_marks_undo(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Undo the viewer's last change, unless a newer one counts."""
    at = moment_in(form["at"])
    if at is None:
        raise Invalid("There is nothing to undo.")
    await attendance.undo_marks(viewer, *date, at, now)
    return await _shown(pages, viewer, date, now)


@post(f"{ATTENDANCE_PATH}/closure", guards=[signed_in], status_code=303)
async def post_attendance_closing(date: OnDate, viewer: Viewer, now: Now) -> Redirect:
    """Close attendance; the page then shows who was not marked."""
    await attendance.close_attendance(viewer, *date, now)
    return Redirect(f"{date.page}/attendance", status_code=303)


@post(f"{ATTENDANCE_PATH}/reopening", guards=[signed_in], status_code=303)
async def post_attendance_reopening(date: OnDate, viewer: Viewer, now: Now) -> Redirect:
    """Reopen attendance to correct a mark."""
    await attendance.reopen_attendance(viewer, *date, now)
    return Redirect(f"{date.page}/attendance", status_code=303)


async def _shown(
    pages: Pages, viewer: Viewer, date: DateAddress, now: datetime, *, member_id: UUID | None = None, **facts: bool
) -> Page:
    """Return the response to a change: to htmx the line or list that changed, else a redirect to the page."""
    if not pages.is_htmx:
        place = f"#p-{member_id}" if member_id else ""
        return Redirect(f"{date.page}/attendance?{urlencode({'step': now.isoformat()})}{place}", status_code=303)
    roll = await attendance.read_roll_call(viewer, *date, now)
    line = next(
        (line for line in roll.lines if member_id and line.member_id == member_id and not line.is_walk_in), None
    )
    if line is None:
        return pages.render("attendance/sheet-part.html", **await _whole(viewer, roll, now), **facts)
    return pages.render("attendance/line-part.html", line=line, **await _context(viewer, roll, now))


async def _context(viewer: Viewer, roll: AttendanceSheet, step: datetime | None) -> dict[str, Any]:
    return {
        **date_context(roll.occurrence),
        "roll": roll,
        "roll_address": f"{occurrence_address(roll.occurrence)}/attendance",
        "step": step,
        "steps": await attendance.last_marks(viewer, roll, step) if step else [],
    }


async def _whole(viewer: Viewer, roll: AttendanceSheet, step: datetime | None) -> dict[str, Any]:
    """Return the values for the whole list, with an empty form for a walk-in."""
    closed_at = roll.occurrence.attendance_closed_at
    return {
        **await _context(viewer, roll, step),
        "person": ChosenPerson(),
        "agencies": [
            ("", "Choose"),
            *((str(agency_id), code) for agency_id, code in await attendance.attendance_agencies()),
            OTHER_AGENCY,
        ],
        "ticket": uuid5(roll.occurrence.id, f"{viewer.member_id} {roll.tally.walk_ins}"),
        **form_context(None, None, SheetWalkInForm),
        "closed_at": local(closed_at, roll.occurrence.event.zone) if closed_at else None,
    }


async def _with_history(viewer: Viewer, roll: AttendanceSheet, step: datetime | None) -> dict[str, Any]:
    """Return the values for the page: the list, and the corrections, with times on the wall clock of the date."""
    zone = roll.occurrence.event.zone
    corrections = [
        (local(correction.at, zone), correction) for correction in await attendance.sheet_corrections(viewer, roll)
    ]
    whole = await _whole(viewer, roll, step)
    return whole | {"corrections": corrections, "may_thank": is_thanked_for(roll.occurrence)}


@get("/events/{event_id:uuid}/{key:str}/print/agenda", guards=[signed_in])
async def show_agenda_sheet(date: OnDate, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show the agenda with space for notes, and the open action items."""
    view = await view_event(viewer, *date, now)
    starts = local(view.occurrence.starts_at, view.occurrence.event.zone)
    items = list(agenda_timetable(agenda_items(view.occurrence.agenda), starts))
    actions = [action_item for action_item in view.items if action_item.is_open]
    banner = banner_of_all(
        marking for marking in (view.occurrence.event.marking, *(item.marking for item in actions)) if marking
    )
    return await _printout("agenda", pages, viewer, now, view.occurrence, agenda=items, actions=actions, banner=banner)


@get("/events/{event_id:uuid}/{key:str}/print/sign-in-sheet", guards=[signed_in])
async def show_sign_in_sheet(date: OnDate, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show the sheet on which people sign in."""
    sheet = await attendance.read_sign_in_sheet(viewer, *date)
    return await _printout("sign-in-sheet", pages, viewer, now, sheet.occurrence, sheet=sheet, walk_ins=WALK_IN_ROWS)


async def _printout(name: str, pages: Pages, viewer: Viewer, now: Now, occurrence: Occurrence, **context: Any) -> Page:
    await audit.record_date_read(viewer, occurrence, now)
    values = {"banner": occurrence.event.banner, **date_context(occurrence), **context}
    return pages.render(f"attendance/printouts/{name}.html", **values)
