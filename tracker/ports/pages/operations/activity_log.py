"""The activity log of an operation: entries with one tap or a line of text, corrections, and ICS 214."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post

from tracker.crypto import ids
from tracker.errors import Conflict, Invalid, NotFound
from tracker.ports.http.dependencies import Now, PathId, PathText, Viewer
from tracker.ports.http.guards import POLLED, signed_in
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import Errors, FormReader, FormValues, errors_of, id_in
from tracker.ports.pages.events.date_pages import occurrence_times
from tracker.ports.pages.operations.check_ins import PLAN, ics_context, read_moment, typed_moment
from tracker.rules.operations.records import LONGEST_ENTRY, QUICK, ActivityLine, EntryVersion
from tracker.usecases.core import audit
from tracker.usecases.operations import records
from tracker.usecases.operations.records import ActivityLog

AT = "/events/{event_id:uuid}/{key:str}/plan/log"
OF_ENTRY = f"{AT}/entries/{{entry_id:uuid}}"
FIELDS = ("text", "at")
LONGEST_TAP = 60  # characters of the id that a page gives an entry


@get(AT, guards=[signed_in])
async def show_log(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now) -> Response[str]:
    """Show the log, newest first."""
    log = await records.read_activity_log(viewer, event_id, key, now)
    await audit.record_date_read(viewer, log.occurrence, now)
    return pages.render("operations/log/show.html", **_context(log))


@get(f"{AT}/lines", guards=[signed_in], opt=POLLED)
async def show_log_lines(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now) -> Response[str]:
    """Show only the lines, for a screen that refreshes every 15 seconds."""
    return pages.render(
        "operations/log/lines.html", **_context(await records.read_activity_log(viewer, event_id, key, now))
    )


@post(f"{AT}/entries", guards=[signed_in], status_code=303)
async def post_entry(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Write an entry, or show the page again with what was typed."""
    try:
        reader = FormReader(form)
        text, waited = reader.text("text", LONGEST_ENTRY), reader.number("waited") or 0
        reader.check()
        await records.add_log_entry(
            viewer, event_id, key, text, now, tap_id=_tap(form), waited=timedelta(seconds=waited)
        )
    except Invalid as wrong:
        log = await records.read_activity_log(viewer, event_id, key, now)
        context = _context(log) | {"form": form, "errors": errors_of(wrong, FIELDS)}
        template = "part" if pages.is_htmx else "show"
        return pages.render(f"operations/log/{template}.html", status_code=422, **context)
    if not pages.is_htmx:
        return pages.redirect(_address(event_id, key), f"“{text}” added to the log.")
    log = await records.read_activity_log(viewer, event_id, key, now)
    return pages.render("operations/log/part.html", **_context(log), said=text, is_typed=form["typed"] == "yes")


@get(OF_ENTRY, guards=[signed_in])
async def show_entry(
    event_id: PathId, key: PathText, entry_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Response[str]:
    """Show the form that corrects an entry."""
    log = await records.read_activity_log(viewer, event_id, key, now)
    line, last = _entry(log, entry_id)
    await audit.record_date_read(viewer, log.occurrence, now)
    return _shown(pages, log, line, FormValues({}).but(_typed(last, log.occurrence.event.zone)))


@post(OF_ENTRY, guards=[signed_in], status_code=303)
async def post_entry_correction(
    event_id: PathId, key: PathText, entry_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Correct an entry, or show the form again with what was typed."""
    log = await records.read_activity_log(viewer, event_id, key, now)
    line, last = _entry(log, entry_id)
    try:
        at, text = _correction(form, last, log.occurrence.event.zone)
        seen = id_in(form["seen"]) or entry_id
        await records.correct_log_entry(viewer, event_id, key, entry_id, text, at, now, seen=seen)
    except Invalid as wrong:
        return _shown(pages, log, line, form, wrong)
    except Conflict as changed:  # what was typed can be sent again
        return _shown(pages, log, line, form.but({"seen": str(last.id)}), Invalid(changed.sentence))
    return pages.redirect(_address(event_id, key), "Entry corrected. The earlier one stays in the log.")


def _shown(
    pages: Pages, log: ActivityLog, line: ActivityLine, form: FormValues, wrong: Invalid | None = None
) -> Response[str]:
    context = _context(log) | {"form": form, "errors": errors_of(wrong, FIELDS), "line": line}
    return pages.render("operations/log/entry.html", status_code=422 if wrong else 200, **context)


def _context(log: ActivityLog) -> dict[str, Any]:
    """Return the values of the page; each form has an id of its own, by which the server counts it once."""
    occurrence = log.occurrence
    return {
        **occurrence_times(occurrence),
        "event": occurrence.event,
        "found": log,
        "log_address": _address(occurrence.event.id, occurrence.key),
        "quick": QUICK,
        "longest": LONGEST_ENTRY,
        "tickets": (ids.new_id(), ids.new_id()),
        "form": FormValues({}),
        "errors": Errors(),
    }


def _entry(log: ActivityLog, entry_id: UUID) -> tuple[ActivityLine, EntryVersion]:
    """Return a line that the viewer may correct, and the version that holds. Errors: NotFound."""
    line = log.line(entry_id)
    if line.last is None or not log.may_correct(line):
        raise NotFound
    return line, line.last


def _typed(last: EntryVersion, zone: str) -> dict[str, str]:
    return {"text": last.text, "at": typed_moment(last.at, zone), "seen": str(last.id)}


def _correction(form: FormValues, last: EntryVersion, zone: str) -> tuple[datetime, str]:
    """Return when it happened, and what; a time that wasn't touched keeps its seconds. Errors: Invalid by field."""
    reader = FormReader(form)
    text = reader.text("text", LONGEST_ENTRY)
    is_same = form["at"].strip() == typed_moment(last.at, zone)
    at = last.at if is_same else reader.tried(lambda: read_moment(form["at"], "at", zone), last.at)
    reader.check()
    return at, text


def _tap(form: FormValues) -> str:
    """Return the id of the entry that its page gave. Errors: Invalid for what no page sends."""
    if not 0 < len(form["tap"]) <= LONGEST_TAP:
        raise Invalid("We couldn’t read the form. Open the log again, and write it there.")
    return form["tap"]


def _address(event_id: UUID, key: str) -> str:
    return f"/events/{event_id}/{key}/plan/log"


@get(f"{PLAN}/log/print", guards=[signed_in])
async def show_ics_214(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now) -> Response[str]:
    """Show the activity log as ICS 214."""
    log = await records.read_activity_log(viewer, event_id, key, now)
    await audit.record_date_read(viewer, log.occurrence, now)
    return pages.render("operations/printouts/ics-214.html", found=log, **ics_context(log.occurrence))
