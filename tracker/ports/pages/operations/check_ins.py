"""The day of an operation: check-in and check-out, ICS 211, the activity log, and ICS 214.

A day and time that people type in one field is on the clock of the operation.
"""

import re
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID, uuid5

from litestar import get, post
from litestar.params import FromQuery
from litestar.response import Redirect

from tracker.crypto import ids
from tracker.errors import Conflict, Invalid, NotFound
from tracker.ports.http.dependencies import Now, PathId, Viewer
from tracker.ports.http.guards import POLLED, signed_in
from tracker.ports.pages.core.dependencies import DateAddress, Form, OnDate, Page, Pages
from tracker.ports.pages.core.form_shapes import FormField, FormShape, Id, NameField, Text, Whole, form_context
from tracker.ports.pages.core.form_values import FormReader, FormValues, count_in, id_in
from tracker.ports.pages.events.date_pages import date_context, occurrence_address
from tracker.rules.core.wording import FIRST_YEAR, LAST_YEAR, clock, local, to_utc
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
from tracker.rules.operations.next_steps import step_sentence
from tracker.rules.operations.records import LONGEST_ENTRY, QUICK, ActivityLine, EntryVersion
from tracker.rules.operations.states import OperationState
from tracker.usecases.core import audit
from tracker.usecases.operations import check_ins, records
from tracker.usecases.operations.check_ins import CheckInList
from tracker.usecases.operations.records import ActivityLog

CHECK_IN = "/events/{event_id:uuid}/{key:str}/plan/check-in"
OF_PERSON = f"{CHECK_IN}/people/{{person_id:uuid}}"
OTHER = ("other", "Another agency")
"""The choice of the agency field that asks for its name in words."""
LONGEST_TAP = 60  # characters of the id that a page gives a tap
PLAN = "/events/{event_id:uuid}/{key:str}/plan"
LOCAL_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2})?")
RELEASE_RECORDED = "Release recorded. No one gets an email."
NO_TIME = "Enter the day and time, like 2027-05-15 05:00."


class LocalMoment(FormField, frozen=True):
    """A day and time in one field, on the clock of the operation."""

    def read(self, reader: FormReader, name: str) -> datetime | None:
        text = reader.form[name].strip()
        with suppress(ValueError):  # there is no such day
            parts = LOCAL_TIME.fullmatch(text)
            moment = datetime.fromisoformat(f"{parts[1]}T{parts[2]}") if parts else None
            if moment and FIRST_YEAR <= moment.year <= LAST_YEAR:
                return moment
        if text:
            reader.refuse(name, NO_TIME)
        return None

    def written(self, value: datetime | None) -> str:
        return f"{value:%Y-%m-%dT%H:%M}" if value else ""


class WalkInForm(FormShape, kw_only=True):
    """A person who isn't on the operation; their agency is chosen, or named in words."""

    name: Annotated[str, NameField("Name", LONGEST_NAME)]
    agency: Annotated[UUID | None, Id("Agency", of="agency_id")]
    agency_name: Annotated[str, NameField("Other agency’s name", LONGEST_NAME, of="agency")]
    contact: Annotated[str, Text("Phone or radio", LONGEST_CONTACT)]
    assignment: Annotated[str, Text("Assignment", LONGEST_ASSIGNMENT)]


class ReleaseForm(FormShape, kw_only=True):
    """How long people have to check out."""

    minutes: Annotated[int | None, Whole("Minutes to check out", 3)]


LIST_FORMS = (WalkInForm, ReleaseForm)
"""The forms beside the check-in list."""


class LineForm(FormShape, kw_only=True):
    """One person's times, contact, and assignment, as they are corrected."""

    time_in: Annotated[datetime | None, LocalMoment("Checked in")]
    time_out: Annotated[datetime | None, LocalMoment("Checked out")]
    contact: Annotated[str, Text("Phone or radio", LONGEST_CONTACT)]
    assignment: Annotated[str, Text("Assignment", LONGEST_ASSIGNMENT)]


@get(CHECK_IN, guards=[signed_in])
async def show_check_ins(date: OnDate, pages: Pages, viewer: Viewer, now: Now, tap: FromQuery[str] = "") -> Page:
    """Show the check-in list; ?tap=… names the row that the page can undo."""
    check_ins_list = await check_ins.check_in_list(viewer, *date, now)
    await audit.record_date_read(viewer, check_ins_list.occurrence, now)
    return pages.render("operations/check-in/show.html", **await _context(viewer, check_ins_list, id_in(tap)))


@get(f"{CHECK_IN}/count", guards=[signed_in], opt=POLLED)
async def show_check_in_count(date: OnDate, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show only the count, for a screen that refreshes every five seconds."""
    check_ins_list = await check_ins.check_in_list(viewer, *date, now)
    return pages.render("operations/check-in/count.html", tally=check_ins_list.tally)


@post(f"{CHECK_IN}/taps", guards=[signed_in], status_code=303)
async def post_tap(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Record the button that was tapped for one person, at the moment of the tap."""
    person_id = id_in(form["person"])
    if person_id is None or not 0 < len(form["tap"]) <= LONGEST_TAP:
        raise Invalid("Choose a person on the list.")
    try:
        tap = Tap(
            tap_id=form["tap"],
            person_id=person_id,
            button=Direction(form["status"]),
            was=Presence(form["was"]),
            waited=timedelta(seconds=count_in(form["waited"])),
        )
    except ValueError:
        raise Invalid("Choose In or Out.") from None
    line = await check_ins.record_tap(viewer, *date, tap, now)
    return await _show_tap(pages, viewer, date, now, line)


@post(f"{CHECK_IN}/walk-ins", guards=[signed_in], status_code=303)
async def post_walk_in(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Check in a person who isn't on the operation, or show the form again with its errors.

    The same form sent twice is the same person; two people from one page are two.
    """
    try:
        typed = WalkInForm.read(form)
        agency, ticket = "" if typed.agency else typed.agency_name, id_in(form["ticket"]) or ids.new_id()
        walk_in = typed.facts(WalkIn, ticket=ticket, agency=agency)
        line = await check_ins.check_in_walk_in(viewer, *date, walk_in, now)
    except Invalid as wrong:
        check_ins_list = await check_ins.check_in_list(viewer, *date, now)
        template = "list-part" if pages.is_htmx else "show"
        context = await _context(viewer, check_ins_list, **form_context(form, wrong, *LIST_FORMS))
        return pages.render(f"operations/check-in/{template}.html", **context)
    return await _show_tap(pages, viewer, date, now, line, is_whole=True)


@post(f"{CHECK_IN}/undo", guards=[signed_in], status_code=303)
async def post_tap_undo(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Undo the viewer's last tap for one person, unless a newer one counts."""
    row_id = id_in(form["row"])
    if row_id is None:
        raise Invalid("There is nothing to undo.")
    line = await check_ins.undo_tap(viewer, *date, row_id, now)
    return await _show_tap(pages, viewer, date, now, line, is_whole=True)


@post(f"{CHECK_IN}/release", guards=[signed_in], status_code=303)
async def post_release(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Release everyone, or show the form again with its error."""
    try:
        state = await check_ins.release_everyone(viewer, date.event_id, ReleaseForm.read(form).minutes, now)
    except Invalid as wrong:
        check_ins_list = await check_ins.check_in_list(viewer, *date, now)
        context = await _context(viewer, check_ins_list, **form_context(form, wrong, *LIST_FORMS))
        return pages.render("operations/check-in/show.html", **context)
    released = await check_ins.check_in_list(viewer, *date, now)
    is_over = state is OperationState.RELEASED
    said = step_sentence(released.operation, state, released.turnout) if is_over else RELEASE_RECORDED
    return pages.redirect(f"{date.plan}/check-in", said)


@post(f"{CHECK_IN}/release/removal", guards=[signed_in], status_code=303)
async def post_release_removal(date: OnDate, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Take the release back while the operation is under way."""
    await check_ins.withdraw_release(viewer, date.event_id, now)
    return pages.redirect(f"{date.plan}/check-in", "Release undone.")


@get(OF_PERSON, guards=[signed_in])
async def show_check_in(date: OnDate, person_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show one person's times, contact, and assignment, with a form for who may correct them."""
    check_ins_list = await check_ins.check_in_list(viewer, *date, now)
    await audit.record_date_read(viewer, check_ins_list.occurrence, now)
    return _person(pages, check_ins_list, check_ins_list.line(person_id))


@post(OF_PERSON, guards=[signed_in], status_code=303)
async def post_check_in_correction(
    date: OnDate, person_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Page:
    """Correct one person's line, or show the form again with what was typed."""
    check_ins_list = await check_ins.check_in_list(viewer, *date, now)
    line = check_ins_list.line(person_id)
    try:
        typed, zone = LineForm.read(form), check_ins_list.occurrence.event.zone
        to = LineCorrection(
            time_in=kept_moment(line.time_in, typed.time_in, zone),
            time_out=kept_moment(line.time_out, typed.time_out, zone),
            contact=typed.contact,
            assignment=typed.assignment,
        )
        await check_ins.correct_line(viewer, *date, person_id, to, now, seen=id_in(form["seen"]))
    except Invalid as wrong:
        return _person(pages, check_ins_list, line, form, wrong)
    except Conflict as changed:  # what was typed can be sent again
        return _person(pages, check_ins_list, line, form.but({"seen": str(line.id or "")}), Invalid(changed.sentence))
    return pages.redirect(f"{date.plan}/check-in#p-{person_id}", f"{line.words} saved.")


async def _show_tap(
    pages: Pages, viewer: Viewer, date: DateAddress, now: Now, line: CheckIn, *, is_whole: bool = False
) -> Page:
    """Return the response to a tap: to htmx the line or list that changed, else a redirect to the page."""
    if not pages.is_htmx:
        tail = f"?{urlencode({'tap': line.id})}#p-{line.person_id}" if line.id else ""
        return Redirect(f"{date.plan}/check-in{tail}", status_code=303)
    check_ins_list = await check_ins.check_in_list(viewer, *date, now)
    template = "list-part" if is_whole else "line-part"
    context = await _context(viewer, check_ins_list, line.id)
    return pages.render(f"operations/check-in/{template}.html", **context, line=line)


async def _context(
    viewer: Viewer, check_ins_list: CheckInList, row_id: UUID | None = None, **shown: Any
) -> dict[str, Any]:
    """Return the values for the list, and for the message about the viewer's last tap."""
    agencies = await check_ins.walk_in_agencies(viewer, leads=check_ins_list.leads)
    choices = [(str(agency_id), code) for agency_id, code in agencies.items()]
    walk_ins = sum(line.is_walk_in for line in check_ins_list.lines)
    return {
        **date_context(check_ins_list.occurrence),
        **form_context(None, None, *LIST_FORMS),
        "found": check_ins_list,
        "tally": check_ins_list.tally,
        "list_address": f"{occurrence_address(check_ins_list.occurrence)}/plan/check-in",
        "last": await check_ins.last_tap(viewer, check_ins_list, row_id) if row_id else None,
        "agencies": [("", "Choose"), *choices, OTHER] if check_ins_list.leads else choices,
        "ticket": uuid5(check_ins_list.operation.id, f"{viewer.member_id} {walk_ins}"),
        "default_wait": DEFAULT_RELEASE_WAIT,
    } | shown


def _person(
    pages: Pages,
    check_ins_list: CheckInList,
    line: CheckIn,
    form: FormValues | None = None,
    wrong: Invalid | None = None,
) -> Page:
    times = {
        name: local(moment, check_ins_list.occurrence.event.zone) if moment else None
        for name, moment in (("time_in", line.time_in), ("time_out", line.time_out))
    }
    shown = form or LineForm.texts_of(line, **times).but({"seen": str(line.id or "")})
    return pages.render(
        "operations/check-in/person.html",
        **date_context(check_ins_list.occurrence),
        **form_context(shown, wrong, LineForm),
        found=check_ins_list,
        line=line,
        list_address=f"{occurrence_address(check_ins_list.occurrence)}/plan/check-in",
    )


def kept_moment(known: datetime | None, typed: datetime | None, zone: str) -> datetime | None:
    """Return the moment that was typed; one that wasn't touched keeps its seconds."""
    if known and typed == local(known, zone).replace(tzinfo=None, second=0, microsecond=0):
        return known
    return to_utc(typed, zone) if typed else None


@get(f"{PLAN}/check-in/print", guards=[signed_in])
async def show_ics_211(date: OnDate, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show the check-in list as ICS 211."""
    check_ins_list = await check_ins.check_in_list(viewer, *date, now)
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

    def stamp(at: datetime) -> str:
        """Write a moment as these forms do: "1/16/2027, 6:05 AM"."""
        there = local(at, occurrence.event.zone)
        return f"{there.month}/{there.day}/{there.year}, {clock(there)}"

    return {"banner": occurrence.event.banner, "stamp": stamp, **date_context(occurrence)}


AT = "/events/{event_id:uuid}/{key:str}/plan/log"
OF_ENTRY = f"{AT}/entries/{{entry_id:uuid}}"


class EntryForm(FormShape, kw_only=True):
    """A new entry."""

    text: Annotated[str, Text("What happened", LONGEST_ENTRY)]
    waited: Annotated[int, Whole("Seconds since it happened", 6)] = 0


class CorrectionForm(FormShape, kw_only=True):
    """What really happened, and when."""

    text: Annotated[str, Text("What happened", LONGEST_ENTRY)]
    at: Annotated[datetime, LocalMoment("When", missing=NO_TIME)]


@get(AT, guards=[signed_in])
async def show_log(date: OnDate, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show the log, newest first."""
    log = await records.read_activity_log(viewer, *date, now)
    await audit.record_date_read(viewer, log.occurrence, now)
    return pages.render("operations/log/show.html", **_log_context(log))


@get(f"{AT}/lines", guards=[signed_in], opt=POLLED)
async def show_log_lines(date: OnDate, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show only the lines, for a screen that refreshes every 15 seconds."""
    return pages.render(
        "operations/log/lines.html", **_log_context(await records.read_activity_log(viewer, *date, now))
    )


@post(f"{AT}/entries", guards=[signed_in], status_code=303)
async def post_entry(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Write an entry, or show the page again with what was typed."""
    try:
        typed, tap_id = EntryForm.read(form), _tap(form)
        waited = timedelta(seconds=typed.waited)
        await records.add_log_entry(viewer, *date, typed.text, now, tap_id=tap_id, waited=waited)
    except Invalid as wrong:
        log = await records.read_activity_log(viewer, *date, now)
        template = "part" if pages.is_htmx else "show"
        return pages.render(f"operations/log/{template}.html", **_log_context(log, form, wrong))
    if not pages.is_htmx:
        return pages.redirect(f"{date.plan}/log", f"“{typed.text}” added to the log.")
    context = _log_context(await records.read_activity_log(viewer, *date, now))
    return pages.render("operations/log/part.html", **context, said=typed.text, is_typed=form["typed"] == "yes")


@get(OF_ENTRY, guards=[signed_in])
async def show_entry(date: OnDate, entry_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show the form that corrects an entry."""
    log = await records.read_activity_log(viewer, *date, now)
    line, last = _entry(log, entry_id)
    await audit.record_date_read(viewer, log.occurrence, now)
    form = CorrectionForm.texts_of(last, at=local(last.at, log.occurrence.event.zone))
    return _shown(pages, log, line, form.but({"seen": str(last.id)}))


@post(OF_ENTRY, guards=[signed_in], status_code=303)
async def post_entry_correction(
    date: OnDate, entry_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Page:
    """Correct an entry, or show the form again with what was typed."""
    log = await records.read_activity_log(viewer, *date, now)
    line, last = _entry(log, entry_id)
    try:
        typed, seen = CorrectionForm.read(form), id_in(form["seen"]) or entry_id
        at = kept_moment(last.at, typed.at, log.occurrence.event.zone) or last.at
        await records.correct_log_entry(viewer, *date, entry_id, typed.text, at, now, seen=seen)
    except Invalid as wrong:
        return _shown(pages, log, line, form, wrong)
    except Conflict as changed:  # what was typed can be sent again
        return _shown(pages, log, line, form.but({"seen": str(last.id)}), Invalid(changed.sentence))
    return pages.redirect(f"{date.plan}/log", "Entry corrected. The earlier one stays in the log.")


def _shown(pages: Pages, log: ActivityLog, line: ActivityLine, form: FormValues, wrong: Invalid | None = None) -> Page:
    return pages.render("operations/log/entry.html", line=line, **_log_context(log, form, wrong, CorrectionForm))


def _log_context(
    log: ActivityLog, form: FormValues | None = None, wrong: Invalid | None = None, shape: type[FormShape] = EntryForm
) -> dict[str, Any]:
    """Return the values of the page; each form has an id of its own, by which the server counts it once."""
    return {
        **date_context(log.occurrence),
        **form_context(form, wrong, shape),
        "found": log,
        "log_address": f"{occurrence_address(log.occurrence)}/plan/log",
        "quick": QUICK,
        "tickets": (ids.new_id(), ids.new_id()),
    }


def _entry(log: ActivityLog, entry_id: UUID) -> tuple[ActivityLine, EntryVersion]:
    """Return a line that the viewer may correct, and the version that holds. Errors: NotFound."""
    line = log.line(entry_id)
    if line.last is None or not log.may_correct(line):
        raise NotFound
    return line, line.last


def _tap(form: FormValues) -> str:
    """Return the id of the entry that its page gave. Errors: Invalid for what no page sends."""
    if not 0 < len(form["tap"]) <= LONGEST_TAP:
        raise Invalid("We couldn’t read the form. Open the log again, and write it there.")
    return form["tap"]


@get(f"{PLAN}/log/print", guards=[signed_in])
async def show_ics_214(date: OnDate, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show the activity log as ICS 214."""
    log = await records.read_activity_log(viewer, *date, now)
    await audit.record_date_read(viewer, log.occurrence, now)
    return pages.render("operations/printouts/ics-214.html", found=log, **ics_context(log.occurrence))
