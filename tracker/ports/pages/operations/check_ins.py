"""Check-in and check-out on the day of an operation: one tap per person, walk-ins, corrections, undo, and ICS 211.

A day and time that people type in one field is on the clock of the operation.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid5

from litestar import Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect

from tracker.crypto import ids
from tracker.errors import Conflict, Invalid
from tracker.ports.http.dependencies import Now, PathId, PathText, Viewer
from tracker.ports.http.guards import POLLED, signed_in
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import Errors, FormReader, FormValues, errors_of, id_in
from tracker.ports.pages.events.date_pages import occurrence_times
from tracker.rules.core.wording import clock, local, to_utc
from tracker.rules.events.events import Occurrence
from tracker.rules.operations.check_ins import (
    DEFAULT_RELEASE_WAIT,
    LONGEST_ASSIGNMENT,
    LONGEST_CONTACT,
    LONGEST_NAME,
    CheckIn,
    Direction,
    LineCorrection,
    Presence,
    Tap,
    WalkIn,
)
from tracker.rules.operations.states import OperationState
from tracker.usecases.core import audit
from tracker.usecases.operations import check_ins
from tracker.usecases.operations.check_ins import CheckInList

CHECK_IN = "/events/{event_id:uuid}/{key:str}/plan/check-in"
OF_PERSON = f"{CHECK_IN}/people/{{person_id:uuid}}"
WALK_IN_FIELDS = ("name", "agency", "agency_name", "contact", "assignment")
CORRECTED_FIELDS = ("time_in", "time_out", "contact", "assignment")
OTHER = ("other", "Another agency")
"""The choice of the agency field that asks for its name in words."""
LONGEST_TAP = 60  # characters of the id that a page gives a tap
ALL_OUT = "Everyone is out. Operation marked as released."
PLAN = "/events/{event_id:uuid}/{key:str}/plan"
LOCAL_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2})?")
NO_TIME = "Enter the day and time, like 2027-05-15 05:00."


@get(CHECK_IN, guards=[signed_in])
async def show_check_ins(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now, tap: FromQuery[str] = ""
) -> Response[str]:
    """Show the check-in list; ?tap=… names the row that the page can undo."""
    check_ins_list = await check_ins.check_in_list(viewer, event_id, key, now)
    await audit.record_date_read(viewer, check_ins_list.occurrence, now)
    return pages.render("operations/check-in/show.html", **await _context(viewer, check_ins_list, id_in(tap)))


@get(f"{CHECK_IN}/count", guards=[signed_in], opt=POLLED)
async def show_check_in_count(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now) -> Response[str]:
    """Show only the count, for a screen that refreshes every five seconds."""
    check_ins_list = await check_ins.check_in_list(viewer, event_id, key, now)
    return pages.render("operations/check-in/count.html", tally=check_ins_list.tally)


@post(f"{CHECK_IN}/taps", guards=[signed_in], status_code=303)
async def post_tap(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Record the button that was tapped for one person, at the moment of the tap."""
    line = await check_ins.record_tap(viewer, event_id, key, _tap_in(form), now)
    return await _show_tap(pages, viewer, event_id, key, now, line)


@post(f"{CHECK_IN}/walk-ins", guards=[signed_in], status_code=303)
async def post_walk_in(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Check in a person who isn't on the operation, or show the form again with its errors."""
    try:
        line = await check_ins.check_in_walk_in(viewer, event_id, key, _walk_in_of(form), now)
    except Invalid as wrong:
        check_ins_list = await check_ins.check_in_list(viewer, event_id, key, now)
        context = await _context(viewer, check_ins_list, None) | {
            "form": form,
            "errors": errors_of(wrong, WALK_IN_FIELDS),
        }
        template = "list-part" if pages.is_htmx else "show"
        return pages.render(f"operations/check-in/{template}.html", status_code=422, **context)
    return await _show_tap(pages, viewer, event_id, key, now, line, is_whole=True)


@post(f"{CHECK_IN}/undo", guards=[signed_in], status_code=303)
async def post_tap_undo(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Undo the viewer's last tap for one person, unless a newer one counts."""
    row_id = id_in(form["row"])
    if row_id is None:
        raise Invalid("There is nothing to undo.")
    line = await check_ins.undo_tap(viewer, event_id, key, row_id, now)
    return await _show_tap(pages, viewer, event_id, key, now, line, is_whole=True)


@post(f"{CHECK_IN}/release", guards=[signed_in], status_code=303)
async def post_release(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Release everyone, or show the form again with its error."""
    try:
        reader = FormReader(form)
        minutes = reader.number("minutes")
        reader.check()
        state = await check_ins.release_everyone(viewer, event_id, minutes, now)
    except Invalid as wrong:
        check_ins_list = await check_ins.check_in_list(viewer, event_id, key, now)
        context = await _context(viewer, check_ins_list, None) | {
            "form": form,
            "errors": errors_of(wrong, ("minutes",)),
        }
        return pages.render("operations/check-in/show.html", status_code=422, **context)
    is_over = state is OperationState.RELEASED
    return pages.redirect(_address(event_id, key), ALL_OUT if is_over else "Release recorded.")


@post(f"{CHECK_IN}/release/removal", guards=[signed_in], status_code=303)
async def post_release_removal(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now
) -> Response[Any]:
    """Take the release back while the operation is under way."""
    await check_ins.withdraw_release(viewer, event_id, now)
    return pages.redirect(_address(event_id, key), "Release undone.")


@get(OF_PERSON, guards=[signed_in])
async def show_check_in(
    event_id: PathId, key: PathText, person_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Response[str]:
    """Show one person's times, contact, and assignment, with a form for who may correct them."""
    check_ins_list = await check_ins.check_in_list(viewer, event_id, key, now)
    await audit.record_date_read(viewer, check_ins_list.occurrence, now)
    return _person(pages, check_ins_list, check_ins_list.line(person_id))


@post(OF_PERSON, guards=[signed_in], status_code=303)
async def post_check_in_correction(
    event_id: PathId, key: PathText, person_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Correct one person's line, or show the form again with what was typed."""
    check_ins_list = await check_ins.check_in_list(viewer, event_id, key, now)
    line = check_ins_list.line(person_id)
    try:
        to = _correction_in(form, line, check_ins_list.occurrence.event.zone)
        await check_ins.correct_line(viewer, event_id, key, person_id, to, now, seen=id_in(form["seen"]))
    except Invalid as wrong:
        return _person(pages, check_ins_list, line, form, wrong)
    except Conflict as changed:  # what was typed can be sent again
        return _person(pages, check_ins_list, line, form.but({"seen": str(line.id or "")}), Invalid(changed.sentence))
    return pages.redirect(f"{_address(event_id, key)}#p-{person_id}", f"{line.words} saved.")


async def _show_tap(
    pages: Pages, viewer: Viewer, event_id: UUID, key: str, now: Now, line: CheckIn, *, is_whole: bool = False
) -> Response[Any]:
    """Return the response to a tap: to htmx the line or list that changed, else a redirect to the page."""
    if not pages.is_htmx:
        tail = f"?{urlencode({'tap': line.id})}#p-{line.person_id}" if line.id else ""
        return Redirect(f"{_address(event_id, key)}{tail}", status_code=303)
    check_ins_list = await check_ins.check_in_list(viewer, event_id, key, now)
    template = "list-part" if is_whole else "line-part"
    context = await _context(viewer, check_ins_list, line.id)
    return pages.render(f"operations/check-in/{template}.html", **context, line=line)


async def _context(viewer: Viewer, check_ins_list: CheckInList, row_id: UUID | None) -> dict[str, Any]:
    """Return the values for the list, and for the message about the viewer's last tap."""
    agencies = await check_ins.walk_in_agencies(viewer, leads=check_ins_list.leads)
    choices = [(str(one), code) for one, code in agencies.items()]
    walk_ins = sum(line.is_walk_in for line in check_ins_list.lines)
    return {
        **occurrence_times(check_ins_list.occurrence),
        "event": check_ins_list.occurrence.event,
        "found": check_ins_list,
        "tally": check_ins_list.tally,
        "list_address": _address(check_ins_list.occurrence.event.id, check_ins_list.occurrence.key),
        "last": await check_ins.last_tap(viewer, check_ins_list, row_id) if row_id else None,
        "agencies": [("", "Choose"), *choices, OTHER] if check_ins_list.leads else choices,
        "ticket": uuid5(check_ins_list.operation.id, f"{viewer.member_id} {walk_ins}"),
        "form": FormValues({}),
        "errors": Errors(),
        "default_wait": DEFAULT_RELEASE_WAIT,
    }


def _person(
    pages: Pages,
    check_ins_list: CheckInList,
    line: CheckIn,
    form: FormValues | None = None,
    wrong: Invalid | None = None,
) -> Response[str]:
    event = check_ins_list.occurrence.event
    return pages.render(
        "operations/check-in/person.html",
        status_code=422 if wrong else 200,
        **occurrence_times(check_ins_list.occurrence),
        event=event,
        found=check_ins_list,
        line=line,
        list_address=_address(event.id, check_ins_list.occurrence.key),
        form=form or FormValues({}).but(_typed_line(line, event.zone)),
        errors=errors_of(wrong, CORRECTED_FIELDS),
    )


def _typed_line(line: CheckIn, zone: str) -> dict[str, str]:
    """Return a line as its form has it."""
    return {
        "time_in": typed_moment(line.time_in, zone),
        "time_out": typed_moment(line.time_out, zone),
        "contact": line.contact,
        "assignment": line.assignment,
        "seen": str(line.id or ""),
    }


def _correction_in(form: FormValues, line: CheckIn, zone: str) -> LineCorrection:
    """Return what a form says; a time that wasn't touched keeps its seconds. Errors: Invalid by field."""
    reader, before = FormReader(form), _typed_line(line, zone)

    def at(name: str, known: datetime | None) -> datetime | None:
        text = form[name].strip()
        if text == before[name]:
            return known
        return reader.tried(lambda: read_moment(text, name, zone), None) if text else None

    wanted = LineCorrection(
        time_in=at("time_in", line.time_in),
        time_out=at("time_out", line.time_out),
        contact=reader.text("contact", LONGEST_CONTACT),
        assignment=reader.text("assignment", LONGEST_ASSIGNMENT),
    )
    reader.check()
    return wanted


def _tap_in(form: FormValues) -> Tap:
    """Return the tap. Errors: Invalid for what no page sends."""
    person_id, waited = id_in(form["person"]), FormReader(form).number("waited") or 0
    try:
        if person_id is None or not 0 < len(form["tap"]) <= LONGEST_TAP:
            raise Invalid("Choose a person on the list.")
        return Tap(
            tap_id=form["tap"],
            person_id=person_id,
            button=Direction(form["status"]),
            was=Presence(form["was"]),
            waited=timedelta(seconds=waited),
        )
    except ValueError:
        raise Invalid("Choose In or Out.") from None


def _walk_in_of(form: FormValues) -> WalkIn:
    """Return the walk-in; the same form sent twice is the same person, two people from one page are two."""
    reader = FormReader(form)
    agency_id = id_in(form["agency"])
    walk_in = WalkIn(
        ticket=id_in(form["ticket"]) or ids.new_id(),
        name=reader.named("name", LONGEST_NAME),
        agency_id=agency_id,
        agency="" if agency_id else reader.named("agency_name", LONGEST_NAME),
        contact=reader.text("contact", LONGEST_CONTACT),
        assignment=reader.text("assignment", LONGEST_ASSIGNMENT),
    )
    reader.check()
    return walk_in


def _address(event_id: UUID, key: str) -> str:
    return f"/events/{event_id}/{key}/plan/check-in"


@get(f"{PLAN}/check-in/print", guards=[signed_in])
async def show_ics_211(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now) -> Response[str]:
    """Show the check-in list as ICS 211."""
    check_ins_list = await check_ins.check_in_list(viewer, event_id, key, now)
    began = min((line.time_in for line in check_ins_list.lines if line.time_in), default=None)
    await audit.record_date_read(viewer, check_ins_list.occurrence, now)
    return pages.render(
        "operations/printouts/ics-211.html",
        found=check_ins_list,
        tally=check_ins_list.tally,
        began=began,
        **ics_context(check_ins_list.occurrence),
    )


def ics_context(occurrence: Occurrence) -> dict[str, Any]:
    """Return what the heads of the ICS forms show of an operation."""
    event = occurrence.event
    return {"event": event, "banner": event.banner, "stamp": _ics_stamp(event.zone), **occurrence_times(occurrence)}


def _ics_stamp(zone: str) -> Callable[[datetime], str]:
    """Return what writes a moment as these forms do: "1/16/2027, 6:05 AM"."""

    def stamp(at: datetime) -> str:
        there = local(at, zone)
        return f"{there.month}/{there.day}/{there.year}, {clock(there)}"

    return stamp


def typed_moment(at: datetime | None, zone: str) -> str:
    """Return a moment as a field for a day and time has it; empty for none."""
    return f"{local(at, zone):%Y-%m-%dT%H:%M}" if at else ""


def read_moment(text: str, name: str, zone: str) -> datetime:
    """Return the moment that a field says, aware UTC. Errors: Invalid(`name`)."""
    try:
        if parts := LOCAL_TIME.fullmatch(text.strip()):
            return to_utc(datetime.fromisoformat(f"{parts[1]}T{parts[2]}"), zone)
    except (ValueError, Invalid):
        pass  # no such day, or none that the tracker knows
    raise Invalid(**{name: NO_TIME})
