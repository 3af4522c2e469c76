"""The activity log of an operation: entries with one tap or a line of text, corrections, and ICS 214."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import get, post

from tracker.crypto import ids
from tracker.errors import Conflict, Invalid, NotFound
from tracker.ports.http.dependencies import Now, PathId, Viewer
from tracker.ports.http.guards import POLLED, signed_in
from tracker.ports.pages.core.dependencies import Form, OnDate, Page, Pages
from tracker.ports.pages.core.form_shapes import FormShape, Text, Whole, form_context
from tracker.ports.pages.core.form_values import FormValues, id_in
from tracker.ports.pages.events.date_pages import date_context, occurrence_address
from tracker.ports.pages.operations.check_ins import LONGEST_TAP, NO_TIME, PLAN, LocalMoment, ics_context, kept_moment
from tracker.rules.core.wording import local
from tracker.rules.operations.records import LONGEST_ENTRY, QUICK, ActivityLine, EntryVersion
from tracker.usecases.core import audit
from tracker.usecases.operations import records
from tracker.usecases.operations.records import ActivityLog

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
