"""One date of a series: changed, also to a time that someone proposed, added, canceled, and restored.

A form shows beside its fields what others saved meanwhile, and the effect before it is sent. The following dates and a
whole event are canceled here, too.
"""

from collections.abc import Awaitable
from contextlib import suppress
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from litestar import get, post
from litestar.params import FromQuery
from litestar.response import Redirect
from msgspec.structs import replace

from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.ports.http.dependencies import Now, PathId, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import (
    Drafts,
    Form,
    OnDate,
    Page,
    Pages,
    Query,
    undo_for,
    with_number_notified,
)
from tracker.ports.pages.core.form_shapes import form_fields
from tracker.ports.pages.core.form_values import FormReader, FormValues, form_version
from tracker.ports.pages.core.sheets import FormSheet, open_sheet, overtake_sheet, refuse_sheet, resume_sheet
from tracker.ports.pages.events import previews
from tracker.ports.pages.events.date_pages import (
    ProposedTimesShown,
    occurrence_address,
    occurrence_times,
    proposed_times,
    redirect_to_moved_date,
    texts_of_times,
)
from tracker.ports.pages.events.event_form import CancellationForm, DateForm, NewDateForm
from tracker.ports.pages.events.previews import NOT_COMPLETE, ChangePreview, date_outcome
from tracker.ports.pages.events.schedule_form import notify_in_form, read_when
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.events import notifications
from tracker.rules.events.events import Event, EventStatus, Occurrence
from tracker.rules.events.notifications import CancellationScope, Notify, RecordChoice, words_if_date_silent
from tracker.rules.events.plans import DateChange, clock_notes, is_added, slot_at
from tracker.usecases.emails import messages
from tracker.usecases.events import occurrences, scheduling, series_split
from tracker.usecases.roster import agencies
from tracker.usecases.views.event_page import EventView, view_event

DATE_WORDS = DateForm.words()


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
        return await _date_form(pages, viewer, view, refuse_sheet(form, wrong, list(form_fields(DateForm))), now)
    except Conflict:
        view = await _date_to_edit(viewer, now, *date)
        return await _date_form(pages, viewer, view, overtake_sheet(form, _opened_sheet(view), DATE_WORDS), now)
    any_waiting = await messages.any_emails_waiting(viewer, [date.event_id], view.occurrence.id)
    count = await messages.number_notified(viewer, [date.event_id], now)
    words = with_number_notified("Saved.", count, any_waiting=any_waiting)
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
    texts = {name: DateForm.value(reader, name) for name in ("title", "place", "agenda", "reason")}
    change = DateChange(
        starts=when.starts if when else datetime.combine(occurrence.original_start.date(), time()),
        duration=when.duration if when else timedelta(hours=1),
        **{**texts, "title": texts["title"] or None},
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


async def _date_form(
    pages: Pages,
    viewer: Viewer,
    view: EventView,
    sheet: FormSheet,
    now: Now,
    proposed: ProposedTimesShown | None = None,
) -> Page:
    return pages.render(
        "events/edit-date.html",
        view=view,
        event=view.occurrence.event,
        proposed=proposed,
        is_over=view.occurrence.ends_at <= now,
        is_double=sheet.errors["date"] == occurrences.TWO_ON_A_DAY,
        from_here=view.occurrence.starts_at > now and not is_added(view.occurrence),
        sites=await agencies.open_sites(),
        **occurrence_times(view.occurrence),
        **await _date_outcome(viewer, sheet.form, view.occurrence, now),
        **sheet.context,
    )


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
    sentence = with_number_notified(
        " ".join(["Date added.", *notes]), await messages.number_notified(viewer, [event_id], now)
    )
    return pages.redirect(f"/events/{event_id}/{key}", sentence, await undo_for(viewer, event_id, now, key))


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
    first = NewDateForm.value(reader, "date")
    begins = event.starts.time() if event.is_all_day else NewDateForm.value(reader, "starts")
    reader.check()
    return datetime.combine(first, begins)


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
        errors=NewDateForm.errors(wrong),
        **await _new_date_outcome(viewer, form, event, now),
    )


ONLY_EDITORS_CANCEL = "Only the organizer, the committee’s chair, or a coordinator can cancel this."


class AskedCancellation(NamedTuple):
    """A cancellation that a person looks at or asks for."""

    view: EventView
    scope: CancellationScope
    dates: tuple[Occurrence, ...]
    """The dates that it calls off."""
    following: int
    """How many dates "this and following dates" has; 0 when there is no such choice."""

    @property
    def event(self) -> Event:
        """Return the event."""
        return self.view.occurrence.event

    @property
    def asks_record(self) -> bool:
        """Return whether it calls the record of a date that was held in question."""
        is_of_one = self.scope is CancellationScope.ONE or not self.event.is_series
        return is_of_one and notifications.is_on_record(self.view.occurrence)

    @property
    def is_off(self) -> bool:
        """Return whether that is canceled already."""
        return (
            self.event.status is EventStatus.CANCELED
            if self.scope is CancellationScope.ALL
            else self.view.occurrence.is_off
        )

    @property
    def version(self) -> int:
        """Return the version that the form carries."""
        return self.event.version if self.scope is CancellationScope.ALL else self.view.occurrence.version


@get("/events/{event_id:uuid}/{key:str}/cancellation", guards=[signed_in])
async def show_date_cancellation(
    date: OnDate, pages: Pages, viewer: Viewer, params: Query, drafts: Drafts, now: Now
) -> Page:
    """Ask whether to cancel one date, or this and following dates."""
    form = await drafts.begun(_draft_of(date.event_id, f"{date.event_id}/{date.key}"), params)
    asked = await _asked(viewer, now, *date, _scope_in(params if params["which"] else form))
    if not asked.event.is_series:
        return Redirect(f"/events/{date.event_id}/cancellation", status_code=303)
    return await _question(pages, viewer, now, asked, form)


@post("/events/{event_id:uuid}/{key:str}/cancellation", guards=[signed_in], status_code=303)
async def post_date_cancellation(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Cancel one date, or this and following dates."""
    return await _cancel(pages, viewer, now, *date, form, _scope_in(form))


@get("/events/{event_id:uuid}/cancellation", guards=[signed_in])
async def show_event_cancellation(event_id: PathId, pages: Pages, viewer: Viewer, drafts: Drafts, now: Now) -> Page:
    """Ask whether to cancel the whole event."""
    key = (await occurrences.nearest_date(viewer, event_id, now)).key
    form = await drafts.begun(_draft_of(event_id, str(event_id)), FormValues({}))
    return await _question(pages, viewer, now, await _asked(viewer, now, event_id, key, CancellationScope.ALL), form)


@post("/events/{event_id:uuid}/cancellation", guards=[signed_in], status_code=303)
async def post_event_cancellation(event_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Cancel the event with all its upcoming dates."""
    key = (await occurrences.nearest_date(viewer, event_id, now)).key
    return await _cancel(pages, viewer, now, event_id, key, form, CancellationScope.ALL)


@post("/events/{event_id:uuid}/{key:str}/restoration", guards=[signed_in], status_code=303)
async def post_date_restoration(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Redirect:
    """Restore a canceled date; if someone else was faster, the page shows the present state."""
    try:
        await occurrences.restore_occurrence(viewer, *date, form_version(form), now)
    except Conflict:
        return Redirect(occurrence_address(await occurrences.date_seen_by(viewer, *date)), status_code=303)
    return await _done(pages, viewer, *date, "Date restored.", now)


@post("/events/{event_id:uuid}/restoration", guards=[signed_in], status_code=303)
async def post_event_restoration(event_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Redirect:
    """Restore a canceled event; if someone else was faster, the page shows the present state."""
    try:
        await scheduling.restore_event(viewer, event_id, form_version(form), now)
    except Conflict:
        return Redirect(f"/events/{event_id}", status_code=303)
    key = (await occurrences.nearest_date(viewer, event_id, now)).key
    return await _done(pages, viewer, event_id, key, "Restored.", now)


def _draft_of(event_id: UUID, subject: str) -> DraftKey:
    return DraftKey(form=DraftForm.CANCELLATION, subject=subject, event_id=event_id)


async def _asked(viewer: Viewer, now: Now, event_id: UUID, key: str, scope: CancellationScope) -> AskedCancellation:
    view = await view_event(viewer, event_id, key, now)
    if not view.may_edit:
        raise NotAllowed(ONLY_EDITORS_CANCEL)
    date, event = view.occurrence, view.occurrence.event
    every = await occurrences.dates_in_series(viewer, event)
    has_choice = scope is not CancellationScope.ALL and event.is_series and date.starts_at > now and not date.is_off
    following = len(notifications.dates_canceled_by(every, CancellationScope.FOLLOWING, date, now)) if has_choice else 0
    return AskedCancellation(view, scope, notifications.dates_canceled_by(every, scope, date, now), following)


def _scope_in(form: FormValues) -> CancellationScope:
    return CancellationScope.FOLLOWING if form["which"] == CancellationScope.FOLLOWING else CancellationScope.ONE


def _deed(
    viewer: Viewer, asked: AskedCancellation, version: int, reason: str, record: RecordChoice | None, now: Now
) -> Awaitable[None]:
    event, key = asked.event, asked.view.occurrence.key
    match asked.scope:
        case CancellationScope.ONE:
            return occurrences.cancel_occurrence(viewer, event.id, key, version, reason, now, record=record)
        case CancellationScope.FOLLOWING:
            return series_split.cancel_from_date_on(viewer, event.id, key, version, reason, now)
        case CancellationScope.ALL:
            return scheduling.cancel_event(viewer, event.id, version, reason, now, record=record)


async def _cancel(
    pages: Pages, viewer: Viewer, now: Now, event_id: UUID, key: str, form: FormValues, scope: CancellationScope
) -> Page:
    asked, reader = await _asked(viewer, now, event_id, key, scope), FormReader(form)
    record, reason = CancellationForm.value(reader, "record"), CancellationForm.value(reader, "reason")
    version = form_version(
        form.but({"version": form["series_version"]}) if scope is CancellationScope.FOLLOWING else form
    )
    try:
        reader.check()
        await _deed(viewer, asked, version, reason, record, now)
    except Invalid as wrong:
        return await _question(pages, viewer, now, asked, form, wrong=wrong)
    except Conflict:
        asked = await _asked(viewer, now, event_id, key, scope)
        return await _question(pages, viewer, now, asked, form, is_stale=True)
    done = notifications.canceled_words(asked.event, scope, asked.dates, record if asked.asks_record else None)
    return await _done(pages, viewer, event_id, key, done, now)


async def _done(pages: Pages, viewer: Viewer, event_id: UUID, key: str, deed: str, now: Now) -> Redirect:
    """Redirect to the date, or to its series, which no longer has it; a discarded draft has no page."""
    words = with_number_notified(deed, await messages.number_notified(viewer, [event_id], now))
    undo = await undo_for(viewer, event_id, now, key)
    with suppress(NotFound):
        return pages.redirect(occurrence_address(await occurrences.date_seen_by(viewer, event_id, key)), words, undo)
    with suppress(NotFound):
        return pages.redirect(f"/events/{(await scheduling.event_seen_by(viewer, event_id)).id}", words, undo)
    return pages.redirect("/calendar", "Draft discarded.")


async def _question(
    pages: Pages,
    viewer: Viewer,
    now: Now,
    asked: AskedCancellation,
    form: FormValues,
    *,
    wrong: Invalid | None = None,
    is_stale: bool = False,
) -> Page:
    event, date = asked.event, asked.view.occurrence
    record = CancellationForm.value(FormReader(form), "record") or RecordChoice.KEEP
    version = date.version if asked.scope is CancellationScope.ONE else event.version
    foreseen = ChangePreview()
    if not asked.is_off:
        deed = partial(_deed, viewer, asked, version, "", record, now)
        foreseen = await previews.preview_deed(viewer, event.id, deed, now)
    return pages.render(
        "events/cancel.html",
        status_code=422 if wrong else 409 if is_stale else 200,
        **occurrence_times(date),
        view=asked.view,
        event=event,
        scope=asked.scope,
        deed=notifications.cancellation_words(event, asked.scope, len(asked.dates)),
        following=asked.following,
        is_over=all(occurrence.ends_at <= now for occurrence in asked.dates),
        is_stale=is_stale,
        is_off=asked.is_off,
        asks_record=asked.asks_record,
        record=record,
        reason=form["reason"],
        errors=CancellationForm.errors(wrong),
        version=asked.version,
        outcome_zone=event.zone,
        outcome=foreseen.outcome,
        hindrance=foreseen.hindrance,
    )
