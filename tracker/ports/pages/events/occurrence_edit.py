"""Changing one date of a series: its day, hours, place, title and agenda; beside what others saved meanwhile."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect
from msgspec.structs import replace

from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.ports.http.dependencies import Now, PathId, PathText, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Drafts, Form, Pages, undo_for, with_number_notified
from tracker.ports.pages.core.form_values import FormReader, FormValues, form_version
from tracker.ports.pages.core.sheets import FormSheet, FormWords, open_sheet, overtake_sheet, refuse_sheet, resume_sheet
from tracker.ports.pages.events.date_previews import NOT_COMPLETE, outcome_of
from tracker.ports.pages.events.event_page import address_of, times_of
from tracker.ports.pages.events.moved_dates import page_elsewhere
from tracker.ports.pages.events.proposed_times import Proposed, proposed_times, texts_of_times
from tracker.ports.pages.events.schedule_form import notify_in, read_texts, read_when
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.events.event import Occurrence
from tracker.rules.events.event_fields import cleaned_reason, label_of
from tracker.rules.events.notifications import Notify, unheard_of_date
from tracker.rules.events.plan import DateChange, is_added, slot
from tracker.usecases.emails import messages
from tracker.usecases.events import occurrences
from tracker.usecases.roster import sites
from tracker.usecases.views.event_page import EventView, view_event

LABELS = {
    "date": "Day",
    "starts": "Start",
    "ends": "End",
    "last_day": "Last day",
    **{name: label_of(name) for name in ("place", "title", "agenda")},
}
WORDS = FormWords(labels=LABELS)
FIELDS = ("date", "starts", "ends", "last_day", "place", "title", "agenda", "reason")


@get("/events/{event_id:uuid}/{key:str}/edit", guards=[signed_in])
async def edit_date(
    event_id: PathId,
    key: PathText,
    pages: Pages,
    viewer: Viewer,
    drafts: Drafts,
    now: Now,
    proposal: FromQuery[str] = "",
) -> Response[Any]:
    """Show the form of one date, or the viewer's draft of it; the only date of an event is changed with the event.

    With a `proposal`, it has the time that someone proposed.
    """
    try:
        view = await _theirs(viewer, now, event_id, key)
    except NotFound:
        return await page_elsewhere(viewer, event_id, key)
    if not view.occurrence.event.is_series:
        return Redirect(f"/events/{event_id}/edit{f'?proposal={proposal}' if proposal else ''}", status_code=303)
    try:
        proposed = await proposed_times(viewer, proposal, event_id, now, view.occurrence.id)
    except Conflict as closed:
        return pages.refuse(f"{address_of(view.occurrence)}#proposals", closed.sentence)
    draft = await drafts.kept(DraftKey(form=DraftForm.DATE, subject=f"{event_id}/{key}", event_id=event_id))
    sheet = resume_sheet(draft, DraftForm.DATE, _opened(view), WORDS)
    sheet = replace(sheet, form=sheet.form.but(proposed.texts)) if proposed else sheet
    return await _form(pages, viewer, view, sheet, now, proposed)


@post("/events/{event_id:uuid}/{key:str}/edit", guards=[signed_in], status_code=303)
async def save_date(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Save one date, or show the form again: with errors (422), or with changes that were saved meanwhile (409)."""
    view = await _theirs(viewer, now, event_id, key)
    try:
        change = read_change(form, view.occurrence)
        await occurrences.change_date(viewer, event_id, key, change, form_version(form), now, notify=notify_in(form))
    except Invalid as wrong:
        return await _form(pages, viewer, view, refuse_sheet(form, wrong, FIELDS), now)
    except Conflict:
        view = await _theirs(viewer, now, event_id, key)
        return await _form(pages, viewer, view, overtake_sheet(form, _opened(view), WORDS), now)
    any_waiting = await messages.any_waiting(viewer, [event_id], view.occurrence.id)
    people = await messages.number_notified(viewer, [event_id], now)
    words = with_number_notified("Saved.", people, any_waiting=any_waiting)
    return pages.redirect(address_of(view.occurrence), words, await undo_for(viewer, event_id, now, key))


@post("/events/{event_id:uuid}/{key:str}/impact", guards=[signed_in], status_code=200)
async def preview(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Response[str]:
    """Show what happens when the form is saved as it is."""
    view = await _theirs(viewer, now, event_id, key)
    outcome = await _outcome(viewer, form, view.occurrence, now)
    return pages.render("events/date-outcome.html", **outcome)


async def _outcome(viewer: Viewer, form: FormValues, date: Occurrence, now: Now) -> dict[str, Any]:
    """Return what saving the form would do and what conflicts with it; only part of that if it can't be saved."""
    event = date.event
    try:
        change = read_change(form, date)
    except Invalid:
        return {**NOT_COMPLETE, "outcome_zone": event.zone, "unheard": ""}

    async def deed() -> None:
        notify = notify_in(form)
        await occurrences.change_date(viewer, event.id, date.key, change, date.version, now, notify=notify)

    place = event.place if change.place is None else change.place
    found = await outcome_of(viewer, event, change.starts, change.duration, place, deed, now, date_id=date.id)
    return {**found, "unheard": _unheard(form, date, change, place, found["number"])}


def _unheard(form: FormValues, date: Occurrence, change: DateChange, place: str, number: int) -> str:
    if notify_in(form) is not Notify.NO_ONE:
        return ""
    return unheard_of_date(number, date, slot(change.starts, change.duration, date.event.zone), place)


def form_of_date(occurrence: Occurrence) -> FormValues:
    """Return the texts of a date's form."""
    event = occurrence.event
    return FormValues(
        {
            name: (text,)
            for name, text in {
                **texts_of_times((occurrence.starts_at, occurrence.ends_at), event),
                "all_day": "yes" if event.is_all_day else "",
                "title": occurrence.title,
                "place": occurrence.place,
                "agenda": occurrence.agenda,
            }.items()
        }
    )


def read_change(form: FormValues, occurrence: Occurrence) -> DateChange:
    """Return the change to a date. Errors: Invalid by field."""
    is_all_day = occurrence.event.is_all_day
    reader = FormReader(form.but({"all_day": "yes" if is_all_day else "", "repeat": ""}))
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


async def _theirs(viewer: Viewer, now: Now, event_id: UUID, key: str) -> EventView:
    view = await view_event(viewer, event_id, key, now)
    if not view.may_edit:
        raise NotAllowed("Only the organizer, the committee’s chair, or a coordinator can change this date.")
    return view


def _opened(view: EventView) -> FormSheet:
    return open_sheet(form_of_date(view.occurrence), view.occurrence.version)


async def _form(
    pages: Pages, viewer: Viewer, view: EventView, sheet: FormSheet, now: Now, proposed: Proposed | None = None
) -> Response[str]:
    return pages.render(
        "events/edit-date.html",
        view=view,
        event=view.occurrence.event,
        proposed=proposed,
        is_double=sheet.errors["date"] == occurrences.TWO_ON_A_DAY,
        from_here=view.occurrence.starts_at > now and not is_added(view.occurrence),
        sites=await sites.open_sites(),
        **times_of(view.occurrence),
        **await _outcome(viewer, sheet.form, view.occurrence, now),
        **sheet.context,
    )
