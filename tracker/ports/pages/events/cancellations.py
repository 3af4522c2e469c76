"""Canceling one date, the following ones or a whole event, after a page that shows the effect; and restoring."""

from collections.abc import Awaitable
from contextlib import suppress
from functools import partial
from typing import NamedTuple
from uuid import UUID

from litestar import get, post
from litestar.response import Redirect

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
from tracker.ports.pages.core.form_values import FormValues, errors_of, form_version
from tracker.ports.pages.events import previews
from tracker.ports.pages.events.date_pages import occurrence_address, occurrence_times
from tracker.ports.pages.events.previews import ChangePreview
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.events import notifications
from tracker.rules.events.events import Event, EventStatus, Occurrence, clean_reason
from tracker.rules.events.notifications import CancellationScope, RecordChoice
from tracker.usecases.emails import messages
from tracker.usecases.events import occurrences, scheduling, series_split
from tracker.usecases.views.event_page import EventView, view_event

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


def _record_in(form: FormValues) -> RecordChoice | None:
    return RecordChoice(form["record"]) if form["record"] in list(RecordChoice) else None


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
    asked, record = await _asked(viewer, now, event_id, key, scope), _record_in(form)
    version = form_version(
        form.but({"version": form["series_version"]}) if scope is CancellationScope.FOLLOWING else form
    )
    try:
        await _deed(viewer, asked, version, clean_reason(form["reason"]), record, now)
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
    record = _record_in(form) or RecordChoice.KEEP
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
        errors=errors_of(wrong, ("record", "reason")),
        version=asked.version,
        outcome_zone=event.zone,
        outcome=foreseen.outcome,
        hindrance=foreseen.hindrance,
    )
