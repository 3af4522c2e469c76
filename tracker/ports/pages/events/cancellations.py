"""Canceling one date or a whole event, after a page that shows who is notified; and restoring either."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Drafts, Form, Pages, Query
from tracker.ports.pages.core.form_values import FormValues, Reader, errors_of, version_in
from tracker.ports.pages.core.request import undo_for, with_number_notified
from tracker.ports.pages.events.event_page import address_of, times_of
from tracker.ports.pages.events.preview import of_each
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.events.event import Occurrence
from tracker.rules.events.event_fields import cleaned_reason
from tracker.usecases.emails import messages
from tracker.usecases.events import events, occurrences, series_split
from tracker.usecases.views.event_page import EventView, event_view

ONLY_THEIRS = "Only the organizer, the committee's chair or a coordinator can cancel this."


@get("/events/{event_id:uuid}/{key:str}/cancellation", guards=[signed_in])
async def ask_to_cancel_date(
    event_id: FromPath[UUID], key: FromPath[str], pages: Pages, viewer: Viewer, params: Query, drafts: Drafts, now: Now
) -> Response[Any]:
    """Ask whether to cancel one date."""
    view = await _theirs(viewer, now, event_id, key)
    if not view.occurrence.event.is_series:
        return Redirect(f"/events/{event_id}/cancellation", status_code=303)
    form = await drafts.begun(_draft_of(event_id, f"{event_id}/{key}"), params)
    return await _question(pages, viewer, now, view, form, whole=False)


@post("/events/{event_id:uuid}/{key:str}/cancellation", guards=[signed_in], status_code=303)
async def cancel_date(
    event_id: FromPath[UUID], key: FromPath[str], pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Cancel one date, or this and following dates."""

    async def deed(reason: str, now: Now) -> None:
        if form["which"] == "following":
            version = version_in(form.but({"version": form["series_version"]}))
            await series_split.cancel_from(viewer, event_id, key, version, reason, now)
        else:
            await occurrences.cancel_date(viewer, event_id, key, version_in(form), reason, now)

    return await _cancel(pages, viewer, now, event_id, key, form, deed, whole=False)


@get("/events/{event_id:uuid}/cancellation", guards=[signed_in])
async def ask_to_cancel(
    event_id: FromPath[UUID], pages: Pages, viewer: Viewer, drafts: Drafts, now: Now
) -> Response[str]:
    """Ask whether to cancel the whole event."""
    key = (await occurrences.nearest_date(viewer, event_id, now)).key
    view = await _theirs(viewer, now, event_id, key)
    form = await drafts.begun(_draft_of(event_id, str(event_id)), FormValues({}))
    return await _question(pages, viewer, now, view, form, whole=True)


@post("/events/{event_id:uuid}/cancellation", guards=[signed_in], status_code=303)
async def cancel(event_id: FromPath[UUID], pages: Pages, viewer: Viewer, form: Form, now: Now) -> Response[Any]:
    """Cancel the event with all its upcoming dates."""
    key = (await occurrences.nearest_date(viewer, event_id, now)).key

    async def deed(reason: str, now: Now) -> None:
        await events.cancel(viewer, event_id, version_in(form), reason, now)

    return await _cancel(pages, viewer, now, event_id, key, form, deed, whole=True)


@post("/events/{event_id:uuid}/{key:str}/restoration", guards=[signed_in], status_code=303)
async def restore_occurrence(
    event_id: FromPath[UUID], key: FromPath[str], pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Redirect:
    """Restore a canceled date; if someone else was faster, the page shows the present state."""
    version = version_in(form)
    try:
        await occurrences.restore_occurrence(viewer, event_id, key, version, now)
    except Conflict:
        return Redirect(address_of(await occurrences.date_for(viewer, event_id, key)), status_code=303)
    return await _done(pages, viewer, event_id, key, "This date takes place again.", now)


@post("/events/{event_id:uuid}/restoration", guards=[signed_in], status_code=303)
async def restore(event_id: FromPath[UUID], pages: Pages, viewer: Viewer, form: Form, now: Now) -> Redirect:
    """Restore a canceled event; if someone else was faster, the page shows the present state."""
    version = version_in(form)
    try:
        await events.restore(viewer, event_id, version, now)
    except Conflict:
        return Redirect(f"/events/{event_id}", status_code=303)
    key = (await occurrences.nearest_date(viewer, event_id, now)).key
    return await _done(pages, viewer, event_id, key, "It takes place again.", now)


def _draft_of(event_id: UUID, subject: str) -> DraftKey:
    return DraftKey(form=DraftForm.CANCELLATION, subject=subject, event_id=event_id)


async def _theirs(viewer: Viewer, now: Now, event_id: UUID, key: str) -> EventView:
    view = await event_view(viewer, event_id, key, now)
    if not view.may_edit:
        raise NotAllowed(ONLY_THEIRS)
    return view


async def _cancel(
    pages: Pages,
    viewer: Viewer,
    now: Now,
    event_id: UUID,
    key: str,
    form: FormValues,
    deed: Callable[[str, datetime], Awaitable[None]],
    *,
    whole: bool,
) -> Response[Any]:
    reader = Reader(form)
    try:
        reason = reader.tried(lambda: cleaned_reason(reader.form["reason"]), "")
        reader.check()
        await deed(reason, now)
    except Invalid as wrong:
        return await _question(
            pages, viewer, now, await _theirs(viewer, now, event_id, key), form, whole=whole, wrong=wrong
        )
    except Conflict:
        return await _question(
            pages, viewer, now, await _theirs(viewer, now, event_id, key), form, whole=whole, is_stale=True
        )
    return await _done(pages, viewer, event_id, key, "Canceled.", now)


async def _done(pages: Pages, viewer: Viewer, event_id: UUID, key: str, deed: str, now: Now) -> Redirect:
    """Redirect to the date, or to the nearest one that is left; a discarded draft has no page."""
    words = with_number_notified(deed, await messages.number_notified(viewer, event_id, now))
    undo = await undo_for(viewer, event_id, now, key)
    with suppress(NotFound):
        return pages.redirect(address_of(await occurrences.date_for(viewer, event_id, key)), words, undo)
    with suppress(NotFound):
        return pages.redirect(address_of(await occurrences.nearest_date(viewer, event_id, now)), words, undo)
    return pages.redirect("/calendar", "The draft is discarded.")


async def _question(
    pages: Pages,
    viewer: Viewer,
    now: Now,
    view: EventView,
    form: FormValues,
    *,
    whole: bool,
    wrong: Invalid | None = None,
    is_stale: bool = False,
) -> Response[str]:
    occurrence, event = view.occurrence, view.occurrence.event
    return pages.render(
        "events/cancel.html",
        status_code=422 if wrong else 409 if is_stale else 200,
        **times_of(occurrence),
        view=view,
        event=event,
        whole=whole,
        is_stale=is_stale,
        reason=form["reason"],
        which=form["which"] or "one",
        errors=errors_of(wrong, ("reason",)),
        version=event.version if whole else occurrence.version,
        is_off=occurrence.is_off if not whole else event.status == "canceled",
        outcome_zone=event.zone,
        outcomes=await of_each(viewer, event.id, _deeds(viewer, occurrence, whole=whole), now),
    )


def _deeds(viewer: Viewer, date: Occurrence, *, whole: bool) -> dict[str, Callable[[datetime], Awaitable[None]]]:
    """Return what each choice of the question would do, under its label."""
    event = date.event
    if whole:
        return {"": partial(events.cancel, viewer, event.id, event.version, "")}
    return {
        "This date only": partial(occurrences.cancel_date, viewer, event.id, date.key, date.version, ""),
        "This date and all that follow": partial(
            series_split.cancel_from, viewer, event.id, date.key, event.version, ""
        ),
    }


handlers = [ask_to_cancel_date, cancel_date, ask_to_cancel, cancel, restore_occurrence, restore]
