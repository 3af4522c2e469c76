"""The forms that change one date of a series, also to a time that someone proposed, or add one outside its rule.

A form shows beside its fields what others saved meanwhile.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromQuery
from litestar.response import Redirect
from msgspec import Struct
from msgspec.structs import replace

from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.ports.http.dependencies import Now, PathId, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Drafts, Form, OnDate, Page, Pages, undo_for, with_number_notified
from tracker.ports.pages.core.form_values import FormReader, FormValues, errors_of, form_version, id_in
from tracker.ports.pages.core.sheets import FormSheet, FormWords, open_sheet, overtake_sheet, refuse_sheet, resume_sheet
from tracker.ports.pages.events.date_pages import occurrence_address, occurrence_times, redirect_to_moved_date
from tracker.ports.pages.events.previews import NOT_COMPLETE, date_outcome
from tracker.ports.pages.events.schedule_form import ONE_DAY, notify_in_form, read_texts, read_when
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.core.wording import local
from tracker.rules.events.events import Event, Occurrence, clean_reason, field_label
from tracker.rules.events.notifications import Notify, words_if_date_silent
from tracker.rules.events.plans import DateChange, clock_notes, is_added, slot_at
from tracker.rules.intake.item_emails import Proposal
from tracker.usecases.emails import messages
from tracker.usecases.events import occurrences, scheduling, series_split
from tracker.usecases.intake import unrecorded_replies
from tracker.usecases.roster import agencies
from tracker.usecases.views.event_page import EventView, view_event

DATE_LABELS = {
    "date": "Day",
    "starts": "Start",
    "ends": "End",
    "last_day": "Last day",
    **{name: field_label(name) for name in ("place", "title", "agenda")},
}
DATE_WORDS = FormWords(labels=DATE_LABELS)
DATE_FIELDS = ("date", "starts", "ends", "last_day", "place", "title", "agenda", "reason")


@get("/events/{event_id:uuid}/{key:str}/edit", guards=[signed_in])
async def show_date_form(
    date: OnDate, pages: Pages, viewer: Viewer, drafts: Drafts, now: Now, proposal: FromQuery[str] = ""
) -> Page:
    """Show the form of one date, or the viewer's draft of it; the only date of an event is changed with the event.

    With a `proposal`, it has the time that someone proposed.
    """
    try:
        view = await _date_to_edit(viewer, now, *date)
    except NotFound:
        return await redirect_to_moved_date(viewer, *date)
    if not view.occurrence.event.is_series:
        query = f"?proposal={proposal}" if proposal else ""
        return Redirect(f"/events/{date.event_id}/edit{query}", status_code=303)
    try:
        proposed = await proposed_times(viewer, proposal, date.event_id, now, view.occurrence.id)
    except Conflict as closed:
        return pages.refuse(f"{occurrence_address(view.occurrence)}#proposals", closed.sentence)
    key = DraftKey(form=DraftForm.DATE, subject=f"{date.event_id}/{date.key}", event_id=date.event_id)
    draft = await drafts.kept(key)
    sheet = resume_sheet(draft, DraftForm.DATE, _opened_sheet(view), DATE_WORDS)
    sheet = replace(sheet, form=sheet.form.but(proposed.texts)) if proposed else sheet
    return await _date_form(pages, viewer, view, sheet, now, proposed)


@post("/events/{event_id:uuid}/{key:str}/edit", guards=[signed_in], status_code=303)
async def post_date(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Save one date, or show the form again: with errors (422), or with changes that were saved meanwhile (409)."""
    view = await _date_to_edit(viewer, now, *date)
    try:
        change, version = read_date_change(form, view.occurrence), form_version(form)
        await occurrences.change_occurrence(viewer, *date, change, version, now, notify=notify_in_form(form))
    except Invalid as wrong:
        return await _date_form(pages, viewer, view, refuse_sheet(form, wrong, DATE_FIELDS), now)
    except Conflict:
        view = await _date_to_edit(viewer, now, *date)
        return await _date_form(pages, viewer, view, overtake_sheet(form, _opened_sheet(view), DATE_WORDS), now)
    any_waiting = await messages.any_emails_waiting(viewer, [date.event_id], view.occurrence.id)
    people = await messages.number_notified(viewer, [date.event_id], now)
    words = with_number_notified("Saved.", people, any_waiting=any_waiting)
    undo = await undo_for(viewer, date.event_id, now, date.key)
    return pages.redirect(occurrence_address(view.occurrence), words, undo)


@post("/events/{event_id:uuid}/{key:str}/impact", guards=[signed_in], status_code=200)
async def preview_date_change(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Show what happens when the form is saved as it is."""
    view = await _date_to_edit(viewer, now, *date)
    return pages.render("events/date-outcome.html", **await _date_outcome(viewer, form, view.occurrence, now))


async def _date_outcome(viewer: Viewer, form: FormValues, date: Occurrence, now: Now) -> dict[str, Any]:
    """Return what saving the form would do and what conflicts with it; only part of that if it can't be saved."""
    event = date.event
    try:
        change = read_date_change(form, date)
    except Invalid:
        return {**NOT_COMPLETE, "outcome_zone": event.zone, "unheard": ""}

    async def deed() -> None:
        notify = notify_in_form(form)
        await occurrences.change_occurrence(viewer, event.id, date.key, change, date.version, now, notify=notify)

    place = event.place if change.place is None else change.place
    outcome = await date_outcome(viewer, event, change.starts, change.duration, place, deed, now, date_id=date.id)
    unheard = ""
    if notify_in_form(form) is Notify.NO_ONE:
        slot = slot_at(change.starts, change.duration, event.zone)
        unheard = words_if_date_silent(outcome["number"], date, slot, place)
    return {**outcome, "unheard": unheard}


def read_date_change(form: FormValues, occurrence: Occurrence) -> DateChange:
    """Return the change to a date. Errors: Invalid by field."""
    is_all_day = occurrence.event.is_all_day
    reader = FormReader(form.but({"all_day": "yes" if is_all_day else "", "repeat": ""}))
    when = read_when(reader)
    texts = read_texts(reader, ("title", "place", "agenda"))
    change = DateChange(
        starts=when.starts if when else datetime.combine(occurrence.original_start.date(), time()),
        duration=when.duration if when else timedelta(hours=1),
        **{**texts, "title": texts["title"] or None},
        reason=reader.tried(lambda: clean_reason(form["reason"]), ""),
        may_double=bool(form["may_double"]),
    )
    reader.check()
    return change


async def _date_to_edit(viewer: Viewer, now: Now, event_id: UUID, key: str) -> EventView:
    view = await view_event(viewer, event_id, key, now)
    if not view.may_edit:
        raise NotAllowed("Only the organizer, the committee’s chair, or a coordinator can change this date.")
    return view


def _opened_sheet(view: EventView) -> FormSheet:
    occurrence = view.occurrence
    texts = {
        **texts_of_times((occurrence.starts_at, occurrence.ends_at), occurrence.event),
        "all_day": "yes" if occurrence.event.is_all_day else "",
        "title": occurrence.title,
        "place": occurrence.place,
        "agenda": occurrence.agenda,
    }
    return open_sheet(FormValues({name: (text,) for name, text in texts.items()}), occurrence.version)


class ProposedTimes(Struct, frozen=True, kw_only=True):
    """A proposal that waits, and the texts of the form that it fills in."""

    of: Proposal
    texts: Mapping[str, str]


async def _date_form(
    pages: Pages, viewer: Viewer, view: EventView, sheet: FormSheet, now: Now, proposed: ProposedTimes | None = None
) -> Page:
    return pages.render(
        "events/edit-date.html",
        view=view,
        event=view.occurrence.event,
        proposed=proposed,
        is_double=sheet.errors["date"] == occurrences.TWO_ON_A_DAY,
        from_here=view.occurrence.starts_at > now and not is_added(view.occurrence),
        sites=await agencies.open_sites(),
        **occurrence_times(view.occurrence),
        **await _date_outcome(viewer, sheet.form, view.occurrence, now),
        **sheet.context,
    )


ADDED_FIELDS = ("date", "starts")
MEANWHILE = "Someone changed the series in the meantime. Nothing was added. Check it, then add the date again."


@get("/events/{event_id:uuid}/dates", guards=[signed_in])
async def show_new_date(event_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show the form."""
    event, _ = await scheduling.plan_to_change(viewer, event_id)
    return await _new_date_form(pages, viewer, event, now, FormValues({"starts": [f"{event.starts:%H:%M}"]}))


@post("/events/{event_id:uuid}/dates", guards=[signed_in], status_code=303)
async def post_new_date(event_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Add the date, or show the form again with its errors."""
    event, _ = await scheduling.plan_to_change(viewer, event_id)
    try:
        starts = _new_start(form, event)
        key = await series_split.add_occurrence(viewer, event_id, starts, form_version(form), now)
    except Invalid as wrong:
        return await _new_date_form(pages, viewer, event, now, form, wrong, 422)
    except Conflict:
        return await _new_date_form(pages, viewer, event, now, form, Invalid(MEANWHILE), 409)
    notes = [] if event.is_all_day else clock_notes([starts], event.duration, event.zone)
    told = with_number_notified(
        " ".join(["Date added.", *notes]), await messages.number_notified(viewer, [event_id], now)
    )
    return pages.redirect(f"/events/{event_id}/{key}", told, await undo_for(viewer, event_id, now, key))


@post("/events/{event_id:uuid}/dates/impact", guards=[signed_in], status_code=200)
async def preview_new_date(event_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Show what happens when the date is added as typed."""
    event, _ = await scheduling.plan_to_change(viewer, event_id)
    return pages.render("events/date-outcome.html", **await _new_date_outcome(viewer, form, event, now))


async def _new_date_outcome(viewer: Viewer, form: FormValues, event: Event, now: Now) -> dict[str, Any]:
    try:
        starts = _new_start(form, event)
    except Invalid:
        return {**NOT_COMPLETE, "outcome_zone": event.zone}

    async def deed() -> None:
        await series_split.add_occurrence(viewer, event.id, starts, event.version, now)

    return await date_outcome(viewer, event, starts, event.duration, event.place, deed, now)


def _new_start(form: FormValues, event: Event) -> datetime:
    reader = FormReader(form)
    day = reader.day("date", "Choose a date.")
    begins = event.starts.time() if event.is_all_day else reader.time("starts", "Enter a start time.")
    reader.check()
    assert day is not None and begins is not None  # noqa: S101, PT018 - the reader refused anything else
    return datetime.combine(day, begins)


async def _new_date_form(
    pages: Pages,
    viewer: Viewer,
    event: Event,
    now: Now,
    form: FormValues,
    wrong: Invalid | None = None,
    status: int = 200,
) -> Page:
    return pages.render(
        "events/add-date.html",
        status_code=status,
        event=event,
        form=form,
        errors=errors_of(wrong, ADDED_FIELDS),
        **await _new_date_outcome(viewer, form, event, now),
    )


NO_PROPOSAL = UUID(int=0)


async def proposed_times(
    viewer: Viewer, proposal: str, event_id: UUID, now: Now, date_id: UUID | None = None
) -> ProposedTimes | None:
    """Return a proposal for a date of an event, or for its only date (None); None when the address names no proposal.

    Errors: NotFound, also for a proposal for another date; Conflict when it no longer waits.
    """
    if not proposal:
        return None
    accepted, date = await unrecorded_replies.proposal_to_accept(viewer, id_in(proposal) or NO_PROPOSAL, now)
    is_of_date = not date.event.is_series if date_id is None else date.id == date_id
    if date.event.id != event_id or not is_of_date:
        raise NotFound
    texts = texts_of_times(accepted.made.times, date.event)
    hours = ("starts", "ends") if date.event.is_all_day else ()
    return ProposedTimes(of=accepted, texts={name: text for name, text in texts.items() if name not in hours})


def texts_of_times(times: tuple[datetime, datetime], event: Event) -> dict[str, str]:
    """Return the fields of a form that say when a date is, on the clocks of its event."""
    starts, ends = (local(moment, event.zone) for moment in times)
    last = ends - ONE_DAY if event.is_all_day else ends
    return {
        "date": starts.date().isoformat(),
        "starts": f"{starts:%H:%M}",
        "ends": f"{ends:%H:%M}",
        "last_day": "" if last.date() == starts.date() else last.date().isoformat(),
    }
