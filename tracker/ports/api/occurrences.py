"""Dates of events in JSON: those of one event, those of a span of time, and changes to one of them."""

from functools import partial
from typing import Any
from uuid import UUID

from litestar import HttpMethod, Response
from msgspec import UNSET

from tracker.ports.api.events import given, moved, reason_in, tidy
from tracker.ports.api.occurrence_shapes import (
    LinePage,
    OccurrenceChange,
    OccurrencePage,
    OccurrenceShown,
    SpanQuery,
    line_shown,
    occurrence_shown,
)
from tracker.ports.api.operations import Operation, operation
from tracker.ports.api.reading import body_of, query_of
from tracker.ports.api.responses import (
    check_match,
    json_response,
    list_response,
    next_page,
    place_in,
    place_words,
    position_of,
)
from tracker.ports.api.shapes import CancelingHeld, PageQuery, in_utc, start_of
from tracker.ports.http.dependencies import Now, PathId, PathText, Viewer
from tracker.ports.http.forms import FormRequest
from tracker.rules.events.events import Occurrence
from tracker.rules.events.plans import DateChange
from tracker.rules.identity.api_tokens import ApiScope
from tracker.usecases.core import audit
from tracker.usecases.events import occurrences, scheduling
from tracker.usecases.views import listings

TAG = "Occurrences"
READ, WRITE = ApiScope.EVENTS_READ, ApiScope.EVENTS_WRITE
OF_EVENT = "/events/{event_id:uuid}/occurrences"
DATE = f"{OF_EVENT}/{{key:str}}"

_reads = partial(Operation, tag=TAG, scope=READ)
_changes = partial(Operation, tag=TAG, scope=WRITE, response=OccurrenceShown, is_conditional=True, may_conflict=True)


@operation(
    HttpMethod.GET,
    "/occurrences",
    _reads(
        summary="List dates in a time range",
        query=SpanQuery,
        response=LinePage,
        text="Returns every date you can see that overlaps the range, earliest first.",
    ),
)
async def list_dates(request: FormRequest, viewer: Viewer) -> Response[Any]:
    """Return a page of the list."""
    query = query_of(request, SpanQuery)
    start, end = in_utc(query.start), in_utc(query.end)
    date_lines = await listings.page_of_dates(
        viewer, start, end, place_in(request, viewer, query.cursor), query.limit + 1
    )
    following = next_page(
        request, date_lines, query.limit, lambda date_line: place_words(date_line.starts_at, date_line.id)
    )
    items = tuple(map(line_shown, date_lines[: query.limit]))
    return list_response(request, LinePage(items=items, next=following), following)


@operation(
    HttpMethod.GET,
    OF_EVENT,
    _reads(
        summary="List the dates of an event", query=PageQuery, response=OccurrencePage, text="In the order of the rule."
    ),
)
async def list_dates_of_event(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return a page of an event's dates."""
    query = query_of(request, PageQuery)
    event = await scheduling.event_seen_by(viewer, event_id)
    await audit.record_series_read(viewer, [event], now)
    every = await occurrences.dates_in_series(viewer, event)
    after = position_of(viewer, request.scope["path"], query.cursor)[0] if query.cursor is not UNSET else ""
    found = [occurrence for occurrence in every if occurrence.key > after][: query.limit + 1]
    following = next_page(request, found, query.limit, lambda occurrence: (occurrence.key,))
    items = tuple(map(occurrence_shown, found[: query.limit]))
    return list_response(request, OccurrencePage(items=items, next=following), following)


@operation(HttpMethod.GET, DATE, _reads(summary="Read a date", response=OccurrenceShown))
async def read_date(event_id: PathId, key: PathText, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return one date."""
    return await _date(request, viewer, now, event_id, key)


@operation(
    HttpMethod.PATCH,
    DATE,
    _changes(
        summary="Move or change a date",
        body=OccurrenceChange,
        text="Changes one date of a series. Other dates don’t change. To change a single event, change the event.",
    ),
)
async def change_date(event_id: PathId, key: PathText, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Change the given fields of a date."""
    occurrence = await _matched(request, viewer, event_id, key)
    body = await body_of(request, OccurrenceChange)
    fields = given(body)
    starts, duration = moved(*start_of(occurrence), fields)
    kept = {"title": occurrence.title, "place": occurrence.place, "agenda": occurrence.agenda}
    own = {**{name: fields.get(name, text) for name, text in kept.items()}, **tidy(fields)}
    reason = reason_in(body)
    change = DateChange(starts=starts, duration=duration, reason=reason, **own)
    await occurrences.change_occurrence(viewer, event_id, key, change, occurrence.version, now, notify=body.notify)
    return await _date(request, viewer, now, event_id, key)


@operation(
    HttpMethod.POST,
    f"{DATE}/cancellation",
    _changes(
        summary="Cancel a date",
        body=CancelingHeld,
        text="Other dates stay. No one is notified of a past date. One whose attendance is closed needs `record`.",
    ),
)
async def cancel_date(event_id: PathId, key: PathText, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Cancel one date."""
    occurrence = await _matched(request, viewer, event_id, key)
    body = await body_of(request, CancelingHeld)
    reason = reason_in(body)
    await occurrences.cancel_occurrence(viewer, event_id, key, occurrence.version, reason, now, record=body.record)
    return await _date(request, viewer, now, event_id, key)


@operation(
    HttpMethod.POST,
    f"{DATE}/restoration",
    _changes(
        summary="Restore a date",
        text="Notifies people who may know of the cancellation and asks them to reply again, unless the date is over.",
    ),
)
async def restore_occurrence(
    event_id: PathId, key: PathText, request: FormRequest, viewer: Viewer, now: Now
) -> Response[Any]:
    """Restore a canceled date."""
    occurrence = await _matched(request, viewer, event_id, key)
    await occurrences.restore_occurrence(viewer, event_id, key, occurrence.version, now)
    return await _date(request, viewer, now, event_id, key)


async def _date(request: FormRequest, viewer: Viewer, now: Now, event_id: UUID, key: str) -> Response[Any]:
    occurrence = await occurrences.date_seen_by(viewer, event_id, key)
    await audit.record_date_read(viewer, occurrence, now)
    return json_response(request, occurrence_shown(occurrence))


async def _matched(request: FormRequest, viewer: Viewer, event_id: UUID, key: str) -> Occurrence:
    """Return the date as the program read it. Errors: NotFound, Refused."""
    occurrence = await occurrences.date_seen_by(viewer, event_id, key)
    check_match(request, occurrence_shown(occurrence))
    return occurrence
