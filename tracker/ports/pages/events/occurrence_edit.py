"""Changing one date of a series: its day, hours, place, title and agenda; beside what somebody else saved meanwhile."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from tracker import clock
from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.edit_conflicts import ChangeInWords, in_words, merged, record, recorded
from tracker.ports.pages.core.form_values import Errors, FormValues, Reader, errors_of, form_of, version_in
from tracker.ports.pages.core.request import audit_facts_in_words, said, undo_for, viewer_of
from tracker.ports.pages.core.templating import page
from tracker.ports.pages.events.date_previews import NOT_COMPLETE, outcome_of
from tracker.ports.pages.events.event_page import address_of, times_of
from tracker.ports.pages.events.schedule_form import read_texts, read_when
from tracker.ports.pages.events.schedule_values import A_DAY
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wording import local
from tracker.rules.events.event import Occurrence
from tracker.rules.events.event_fields import cleaned_reason, label_of
from tracker.rules.events.plan import DateChange, is_added
from tracker.rules.events.undo import Deed
from tracker.usecases.emails import messages
from tracker.usecases.events import occurrences, undo
from tracker.usecases.roster import sites
from tracker.usecases.views.event_page import EventView, event_view

LABELS = {
    "date": "Day",
    "starts": "Start",
    "ends": "End",
    "last_day": "Last day",
    **{name: label_of(name) for name in ("place", "title", "agenda")},
}
FIELDS = ("date", "starts", "ends", "last_day", "place", "title", "agenda", "reason")


@get("/events/{event_id:uuid}/{key:str}/edit", guards=[signed_in])
async def edit_date(event_id: FromPath[UUID], key: FromPath[str], request: Request[Any, Any, Any]) -> Response[Any]:
    """Show the form of one date; the only date of an event is changed with the event."""
    view = await _theirs(request, event_id, key)
    if not view.occurrence.event.is_series:
        return Redirect(f"/events/{event_id}/edit", status_code=303)
    form = form_of_date(view.occurrence)
    return await _form(request, view, form, version=view.occurrence.version, was=record(form))


@post("/events/{event_id:uuid}/{key:str}/edit", guards=[signed_in], status_code=303)
async def save_date(event_id: FromPath[UUID], key: FromPath[str], request: Request[Any, Any, Any]) -> Response[Any]:
    """Save one date, or show the form again: with errors (422), or with what changed meanwhile (409)."""
    form, view, now = await form_of(request), await _theirs(request, event_id, key), clock.now()
    try:
        change = read_change(form, view.occurrence)
        await occurrences.change_date(
            viewer_of(request), event_id, key, change, version_in(form), now, notify=bool(form["notify"])
        )
    except Invalid as wrong:
        errors = errors_of(wrong, FIELDS)
        return await _form(
            request, view, form, version=version_in(form), was=form["was"], errors=errors, status_code=422
        )
    except Conflict:
        return await _beside_each_other(request, form, await _theirs(request, event_id, key))
    words, back = (
        audit_facts_in_words("Saved.", await messages.number_notified(viewer_of(request), event_id, now)),
        None,
    )
    if await undo.may_undo_change(viewer_of(request), event_id, now):
        back = undo_for(event_id, Deed.CHANGED, version_in(form) + 1, now, key)
    return said(request, address_of(view.occurrence), words, back)


@post("/events/{event_id:uuid}/{key:str}/impact", guards=[signed_in], status_code=200)
async def preview(event_id: FromPath[UUID], key: FromPath[str], request: Request[Any, Any, Any]) -> Response[str]:
    """Say what happens when the form is saved as it is."""
    form, view = await form_of(request), await _theirs(request, event_id, key)
    outcome = await _outcome(viewer_of(request), form, view.occurrence)
    return page("events/date-outcome.html", request, **outcome)


async def _outcome(viewer: Viewer, form: FormValues, date: Occurrence) -> dict[str, Any]:
    """Return what saving the form would do, and what stands against it; little while it cannot be saved."""
    event = date.event
    try:
        change = read_change(form, date)
    except Invalid:
        return {**NOT_COMPLETE, "outcome_zone": event.zone}

    async def deed() -> None:
        notify = bool(form["notify"])
        await occurrences.change_date(viewer, event.id, date.key, change, date.version, clock.now(), notify=notify)

    place = event.place if change.place is None else change.place
    return await outcome_of(viewer, event, change.starts, change.duration, place, deed)


def form_of_date(occurrence: Occurrence) -> FormValues:
    """Return the texts of a date's form."""
    event = occurrence.event
    starts, ends = local(occurrence.starts_at, event.zone), local(occurrence.ends_at, event.zone)
    last = ends - A_DAY if event.is_all_day else ends
    return FormValues(
        {
            name: (text,)
            for name, text in {
                "date": starts.date().isoformat(),
                "starts": f"{starts:%H:%M}",
                "ends": f"{ends:%H:%M}",
                "last_day": "" if last.date() == starts.date() else last.date().isoformat(),
                "all_day": "yes" if event.is_all_day else "",
                "title": occurrence.title,
                "place": occurrence.place,
                "agenda": occurrence.agenda,
            }.items()
        }
    )


def read_change(form: FormValues, occurrence: Occurrence) -> DateChange:
    """Return what a date is to become. Errors: Invalid by field."""
    is_all_day = occurrence.event.is_all_day
    reader = Reader(form.but({"all_day": "yes" if is_all_day else "", "repeat": ""}))
    when = read_when(reader)
    texts = read_texts(reader, ("title", "place", "agenda"))
    change = DateChange(
        starts=when.starts if when else datetime.combine(occurrence.original_start.date(), time()),
        duration=when.duration if when else timedelta(hours=1),
        **{**texts, "title": texts["title"] or None},
        reason=reader.tried(lambda: cleaned_reason(form["reason"]), ""),
        may_double=bool(form["may_double"]),
    )
    reader.check()
    return change


async def _theirs(request: Request[Any, Any, Any], event_id: UUID, key: str) -> EventView:
    view = await event_view(viewer_of(request), event_id, key, clock.now())
    if not view.may_edit:
        raise NotAllowed("Only the organizer, the committee's chair or a coordinator can change this date.")
    return view


async def _beside_each_other(request: Request[Any, Any, Any], form: FormValues, view: EventView) -> Response[str]:
    """Show what was typed beside what somebody else saved, under the new version."""
    now = form_of_date(view.occurrence)
    both, changes = merged(recorded(form["was"]), form, now)
    words = in_words(changes, LABELS, lambda _, text: text or "empty")
    return await _form(
        request, view, both, version=view.occurrence.version, was=record(now), changes=words, status_code=409
    )


async def _form(
    request: Request[Any, Any, Any],
    view: EventView,
    form: FormValues,
    *,
    version: int,
    was: str,
    errors: Errors | None = None,
    changes: list[ChangeInWords] | None = None,
    status_code: int = 200,
) -> Response[str]:
    return page(
        "events/edit-date.html",
        request,
        status_code=status_code,
        view=view,
        event=view.occurrence.event,
        form=form,
        version=version,
        was=was,
        errors=errors or Errors(),
        changes=changes,
        is_added=is_added(view.occurrence),
        sites=await sites.open_sites(),
        **times_of(view.occurrence),
        **await _outcome(viewer_of(request), form, view.occurrence),
    )


handlers = [edit_date, save_date, preview]
