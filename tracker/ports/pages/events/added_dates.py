"""The form that adds a date outside the rule of a series."""

from datetime import datetime
from typing import Any

from litestar import Response, get, post

from tracker.errors import Conflict, Invalid
from tracker.ports.http.dependencies import Now, PathId, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages, undo_for, with_number_notified
from tracker.ports.pages.core.form_values import FormReader, FormValues, errors_of, form_version
from tracker.ports.pages.events.date_previews import NOT_COMPLETE, outcome_of
from tracker.rules.events.clock_changes import clock_notes
from tracker.rules.events.event import Event
from tracker.usecases.emails import messages
from tracker.usecases.events import events, series_split

FIELDS = ("date", "starts")
MEANWHILE = "Someone changed the series in the meantime. Nothing was added. Check it, then add the date again."


@get("/events/{event_id:uuid}/dates", guards=[signed_in])
async def new_date(event_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Response[str]:
    """Show the form."""
    event, _ = await events.plan_to_change(viewer, event_id)
    return await _form(pages, viewer, event, now, FormValues({"starts": [f"{event.starts:%H:%M}"]}))


@post("/events/{event_id:uuid}/dates", guards=[signed_in], status_code=303)
async def add_date(event_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Response[Any]:
    """Add the date, or show the form again with its errors."""
    event, _ = await events.plan_to_change(viewer, event_id)
    try:
        starts = _starts(FormReader(form), event)
        key = await series_split.add_date(viewer, event_id, starts, form_version(form), now)
    except Invalid as wrong:
        return await _form(pages, viewer, event, now, form, wrong, 422)
    except Conflict:
        return await _form(pages, viewer, event, now, form, Invalid(MEANWHILE), 409)
    notes = [] if event.is_all_day else clock_notes([starts], event.duration, event.zone)
    told = with_number_notified(
        " ".join(["Date added.", *notes]), await messages.number_notified(viewer, [event_id], now)
    )
    return pages.redirect(f"/events/{event_id}/{key}", told, await undo_for(viewer, event_id, now, key))


@post("/events/{event_id:uuid}/dates/impact", guards=[signed_in], status_code=200)
async def preview(event_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Response[str]:
    """Show what happens when the date is added as typed."""
    event, _ = await events.plan_to_change(viewer, event_id)
    return pages.render("events/date-outcome.html", **await _outcome(viewer, form, event, now))


async def _outcome(viewer: Viewer, form: FormValues, event: Event, now: Now) -> dict[str, Any]:
    try:
        starts = _starts(FormReader(form), event)
    except Invalid:
        return {**NOT_COMPLETE, "outcome_zone": event.zone}

    async def deed() -> None:
        await series_split.add_date(viewer, event.id, starts, event.version, now)

    return await outcome_of(viewer, event, starts, event.duration, event.place, deed, now)


def _starts(reader: FormReader, event: Event) -> datetime:
    day = reader.day("date", "Choose a date.")
    begins = event.starts.time() if event.is_all_day else reader.time("starts", "Enter a start time.")
    reader.check()
    assert day is not None and begins is not None  # noqa: S101, PT018 - the reader refused anything else
    return datetime.combine(day, begins)


async def _form(
    pages: Pages,
    viewer: Viewer,
    event: Event,
    now: Now,
    form: FormValues,
    wrong: Invalid | None = None,
    status: int = 200,
) -> Response[str]:
    return pages.render(
        "events/add-date.html",
        status_code=status,
        event=event,
        form=form,
        errors=errors_of(wrong, FIELDS),
        **await _outcome(viewer, form, event, now),
    )
