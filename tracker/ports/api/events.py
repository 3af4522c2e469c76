"""Events in JSON: list, schedule, read, change as a whole, cancel, restore."""

from functools import partial
from typing import Any
from uuid import UUID

from litestar import HttpMethod, Response

from tracker.errors import NotFound
from tracker.ports.api.cursors import place_in, place_words
from tracker.ports.api.event_plans import plan_changed, plan_of_new, reason_in
from tracker.ports.api.event_shapes import EventChange, EventPage, EventShown, NewEvent, event_shown
from tracker.ports.api.operations import BASE, Operation, operation
from tracker.ports.api.reading import body_of, idempotency_key, query_of
from tracker.ports.api.responses import READS, check_match, list_response, next_page, response
from tracker.ports.api.shapes import CancelingHeld, PageQuery
from tracker.ports.http.dependencies import Now, Viewer, Zone
from tracker.ports.http.forms import FormRequest
from tracker.ports.http.path import PathId
from tracker.rules.events.event import Event
from tracker.rules.identity.api_tokens import ApiScope
from tracker.usecases.core import access_records
from tracker.usecases.events import events
from tracker.usecases.operations.summaries import state_of, states_of
from tracker.usecases.roster import reminder_policies
from tracker.usecases.views import listings

TAG = "Events"
READ, WRITE = ApiScope.EVENTS_READ, ApiScope.EVENTS_WRITE
EVENT = "/events/{event_id:uuid}"

_reads = partial(Operation, tag=TAG, scope=READ)
changes = partial(Operation, tag=TAG, scope=WRITE, response=EventShown, is_conditional=True, may_conflict=True)
"""The document's description of every change to an existing event."""


@operation(
    HttpMethod.GET,
    "/events",
    _reads(
        summary="List events",
        query=PageQuery,
        response=EventPage,
        text="Returns all events you can see, including your own drafts, in the order they were created.",
    ),
)
async def list_events(request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return a page of the list."""
    query = query_of(request, PageQuery)
    found = await listings.events(viewer, place_in(request, viewer, query.cursor), query.limit + 1)
    following = next_page(request, found, query.limit, lambda one: place_words(one.created_at, one.id))
    states = await states_of(viewer)
    items = tuple(event_shown(viewer, one, states.get(one.id)) for one in found[: query.limit])
    await access_records.note_series(viewer, found[: query.limit], now)
    return list_response(request, EventPage(items=items, next=following), following)


@operation(
    HttpMethod.POST,
    "/events",
    Operation(
        summary="Schedule an event",
        tag=TAG,
        scope=WRITE,
        body=NewEvent,
        response=EventShown,
        status=201,
        may_conflict=True,
        is_repeatable=True,
        text="Creates the event with all its dates and emails invitations, unless it is a draft.",
    ),
)
async def schedule_event(request: FormRequest, viewer: Viewer, zone: Zone, now: Now) -> Response[Any]:
    """Schedule an event."""
    new = await body_of(request, NewEvent)
    plan = plan_of_new(new, zone, await reminder_policies.policy_of(new.committee_id))
    event_id = await events.schedule(viewer, plan, now, form_id=idempotency_key(request))
    return await event_reply(request, viewer, now, event_id, status=201, Location=f"{BASE}/events/{event_id}")


@operation(HttpMethod.GET, EVENT, _reads(summary="Read an event", response=EventShown))
async def read_event(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return one event."""
    return await event_reply(request, viewer, now, event_id)


@operation(
    HttpMethod.PATCH,
    EVENT,
    changes(
        summary="Change an event",
        body=EventChange,
        may_vanish=True,
        text="Changes all its dates. If the time or rule of a series that has started changes, the series ends and a "
        "new one continues it. The response is the new series, and Content-Location its address.",
    ),
)
async def change_event(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Change the given fields of an event."""
    event = await matched_event(request, viewer, event_id)
    change = await body_of(request, EventChange)
    _, plan = await events.plan_to_change(viewer, event_id)
    new_id = await events.change(viewer, event_id, plan_changed(plan, change), event.version, now, notify=change.notify)
    return await event_reply(request, viewer, now, new_id, Content_Location=f"{BASE}/events/{new_id}")


@operation(
    HttpMethod.POST,
    f"{EVENT}/cancellation",
    changes(
        summary="Cancel an event",
        body=CancelingHeld,
        may_vanish=True,
        text="Cancels all upcoming dates and emails everyone invited, if there are any. Past dates of a series stay "
        "in reports. An event with one date whose attendance is closed needs `record`. A draft is discarded, and "
        "the response has no content.",
    ),
)
async def cancel_event(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Cancel an event, or discard a draft."""
    event = await matched_event(request, viewer, event_id)
    body = await body_of(request, CancelingHeld)
    reason = reason_in(body)
    await events.cancel(viewer, event_id, event.version, reason, now, record=body.record)
    return await event_reply(request, viewer, now, event_id)


@operation(
    HttpMethod.POST,
    f"{EVENT}/restoration",
    changes(
        summary="Restore an event",
        text="Notifies people who may know of the cancellation, unless there are no upcoming dates.",
    ),
)
async def restore_event(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Restore a canceled event."""
    event = await matched_event(request, viewer, event_id)
    await events.restore(viewer, event_id, event.version, now)
    return await event_reply(request, viewer, now, event_id)


async def event_reply(
    request: FormRequest, viewer: Viewer, now: Now, event_id: UUID, *, status: int = 200, **headers: str
) -> Response[Any]:
    """Return the response that shows an event; an empty one when the change ended the viewer's own access to it."""
    try:
        event = await events.event_for(viewer, event_id)
    except NotFound:
        if request.method in READS:
            raise
        return Response(None, status_code=204)
    await access_records.note_series(viewer, [event], now)
    shown = event_shown(viewer, event, await state_of(viewer, event_id))
    return response(request, shown, status=status, **headers)


async def matched_event(request: FormRequest, viewer: Viewer, event_id: UUID) -> Event:
    """Return the event as the program read it. Errors: NotFound, Refused."""
    event = await events.event_for(viewer, event_id)
    check_match(request, event_shown(viewer, event, await state_of(viewer, event_id)))
    return event
