"""Cancelling one date or a whole event, after a page that says who is told; and bringing either back."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from tracker import clock
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.ports.guards import signed_in
from tracker.ports.pages.events import address_of, times_of
from tracker.ports.pages.form_values import FormValues, Reader, errors_of, form_of, version_in
from tracker.ports.pages.request import viewer_of
from tracker.ports.pages.templating import page
from tracker.usecases import meeting_dates, meetings
from tracker.usecases.event_views import EventView, event_view

LONGEST_REASON = 500  # characters
ONLY_THEIRS = "Only the organizer, the body's chair or a coordinator can cancel this."


@get("/events/{event_id:uuid}/{key:str}/cancellation", guards=[signed_in])
async def ask_to_cancel_date(
    event_id: FromPath[UUID], key: FromPath[str], request: Request[Any, Any, Any]
) -> Response[Any]:
    """Ask whether one date is to be cancelled."""
    view = await _theirs(request, event_id, key)
    if not view.occurrence.event.is_series:
        return Redirect(f"/events/{event_id}/cancellation", status_code=303)
    return _question(request, view, FormValues({}), whole=False)


@post("/events/{event_id:uuid}/{key:str}/cancellation", guards=[signed_in], status_code=303)
async def cancel_date(event_id: FromPath[UUID], key: FromPath[str], request: Request[Any, Any, Any]) -> Response[Any]:
    """Cancel one date."""
    viewer = viewer_of(request)

    async def deed(version: int, reason: str) -> None:
        await meeting_dates.cancel_date(viewer, event_id, key, version, reason, clock.now())

    return await _cancel(request, event_id, key, deed, whole=False)


@get("/events/{event_id:uuid}/cancellation", guards=[signed_in])
async def ask_to_cancel(event_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[str]:
    """Ask whether the whole event is to be cancelled."""
    key = (await meeting_dates.nearest_date(viewer_of(request), event_id, clock.now())).key
    return _question(request, await _theirs(request, event_id, key), FormValues({}), whole=True)


@post("/events/{event_id:uuid}/cancellation", guards=[signed_in], status_code=303)
async def cancel(event_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[Any]:
    """Cancel the event with all its dates to come."""
    viewer = viewer_of(request)
    key = (await meeting_dates.nearest_date(viewer, event_id, clock.now())).key

    async def deed(version: int, reason: str) -> None:
        await meetings.cancel(viewer, event_id, version, reason, clock.now())

    return await _cancel(request, event_id, key, deed, whole=True)


@post("/events/{event_id:uuid}/{key:str}/reinstatement", guards=[signed_in], status_code=303)
async def reinstate_date(event_id: FromPath[UUID], key: FromPath[str], request: Request[Any, Any, Any]) -> Redirect:
    """Bring a cancelled date back; when somebody was quicker, the page shows how it is now."""
    viewer, version = viewer_of(request), version_in(await form_of(request))
    with suppress(Conflict):
        await meeting_dates.reinstate_date(viewer, event_id, key, version, clock.now())
    return Redirect(address_of(await meeting_dates.date_for(viewer, event_id, key)), status_code=303)


@post("/events/{event_id:uuid}/reinstatement", guards=[signed_in], status_code=303)
async def reinstate(event_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Redirect:
    """Bring a cancelled event back; when somebody was quicker, the page shows how it is now."""
    version = version_in(await form_of(request))
    with suppress(Conflict):
        await meetings.reinstate(viewer_of(request), event_id, version, clock.now())
    return Redirect(f"/events/{event_id}", status_code=303)


async def _theirs(request: Request[Any, Any, Any], event_id: UUID, key: str) -> EventView:
    view = await event_view(viewer_of(request), event_id, key, clock.now())
    if not view.may_edit:
        raise NotAllowed(ONLY_THEIRS)
    return view


async def _cancel(
    request: Request[Any, Any, Any],
    event_id: UUID,
    key: str,
    deed: Callable[[int, str], Awaitable[None]],
    *,
    whole: bool,
) -> Response[Any]:
    form = await form_of(request)
    reader = Reader(form)
    try:
        reason = reader.text("reason", LONGEST_REASON, multiline=True)
        reader.check()
        await deed(version_in(form), reason)
    except Invalid as wrong:
        return _question(request, await _theirs(request, event_id, key), form, whole=whole, wrong=wrong)
    except Conflict:
        return _question(request, await _theirs(request, event_id, key), form, whole=whole, is_stale=True)
    try:
        view = await event_view(viewer_of(request), event_id, key, clock.now())
    except NotFound:  # a draft is gone
        return Redirect("/calendar", status_code=303)
    return Redirect(address_of(view.occurrence), status_code=303)


def _question(
    request: Request[Any, Any, Any], view: EventView, form: FormValues, *, whole: bool, wrong: Invalid | None = None,
    is_stale: bool = False,
) -> Response[str]:  # fmt: skip
    occurrence, event = view.occurrence, view.occurrence.event
    return page(
        "events/cancel.html", request, status_code=422 if wrong else 409 if is_stale else 200, **times_of(occurrence),
        view=view, event=event, whole=whole, is_stale=is_stale, reason=form["reason"],
        errors=errors_of(wrong, ("reason",)), version=event.version if whole else occurrence.version,
        is_off=occurrence.is_off if not whole else event.status == "cancelled",
    )  # fmt: skip


handlers = [ask_to_cancel_date, cancel_date, ask_to_cancel, cancel, reinstate_date, reinstate]
