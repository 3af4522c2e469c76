"""Parts of a series in JSON: this and following dates, changed or canceled; an added date."""

from typing import Any

from litestar import HttpMethod, Response

from tracker.ports.api.event_shapes import EventChange
from tracker.ports.api.events import changes, event_reply, matched_event, plan_changed, reason_in
from tracker.ports.api.occurrence_shapes import OccurrenceShown, occurrence_shown
from tracker.ports.api.operations import BASE, operation
from tracker.ports.api.reading import body_of
from tracker.ports.api.responses import json_response
from tracker.ports.api.shapes import Canceling, Clock, Day, Given, local_start
from tracker.ports.http.dependencies import Now, PathId, PathText, Viewer
from tracker.ports.http.forms import FormRequest
from tracker.usecases.events import occurrences, series_split

DATES = "/events/{event_id:uuid}/occurrences"
FOLLOWING = f"{DATES}/{{key:str}}/following"
ETAG_OF = "If-Match takes the event’s ETag."


class NewDate(Given):
    """A date outside the rule, with the length and the place of the series."""

    date: Day
    time: Clock


@operation(
    HttpMethod.POST,
    DATES,
    changes(
        summary="Add a date to a series",
        body=NewDate,
        response=OccurrenceShown,
        status=201,
        text=f"Adds a date outside the rule, with the same length and place, and notifies everyone invited. {ETAG_OF}",
    ),
)
async def add_date(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Add a date to a series."""
    event = await matched_event(request, viewer, event_id)
    new = await body_of(request, NewDate)
    key = await series_split.add_occurrence(viewer, event_id, local_start(new.date, new.time), event.version, now)
    shown = occurrence_shown(await occurrences.date_seen_by(viewer, event_id, key))
    return json_response(request, shown, status=201, Location=f"{BASE}/events/{event_id}/occurrences/{key}")


@operation(
    HttpMethod.PATCH,
    FOLLOWING,
    changes(
        summary="Change this and following dates",
        body=EventChange,
        may_vanish=True,
        text="If only title, place or agenda change, the series stays the same. Otherwise it ends before the date, and "
        "another one continues it: the response is that series, and Content-Location its address. Description and "
        "video link are the same for all dates: they change here only with more than texts. Dates keep their own "
        f"time, place, title and agenda. {ETAG_OF}",
    ),
)
async def change_following(
    event_id: PathId, key: PathText, request: FormRequest, viewer: Viewer, now: Now
) -> Response[Any]:
    """Change this and following dates of a series."""
    event = await matched_event(request, viewer, event_id)
    change = await body_of(request, EventChange)
    _, plan = await series_split.plan_from_date_on(viewer, event_id, key)
    onward = plan_changed(plan, change)
    new_id = await series_split.change_from_date_on(
        viewer, event_id, key, onward, event.version, now, notify=change.notify
    )
    return await event_reply(request, viewer, now, new_id, Content_Location=f"{BASE}/events/{new_id}")


@operation(
    HttpMethod.POST,
    f"{FOLLOWING}/cancellation",
    changes(
        summary="Cancel this and following dates",
        body=Canceling,
        may_vanish=True,
        text=f"Ends the series before the date. From the first date, cancels the whole series. {ETAG_OF}",
    ),
)
async def cancel_following(
    event_id: PathId, key: PathText, request: FormRequest, viewer: Viewer, now: Now
) -> Response[Any]:
    """End a series before a date."""
    event = await matched_event(request, viewer, event_id)
    reason = reason_in(await body_of(request, Canceling))
    await series_split.cancel_from_date_on(viewer, event_id, key, event.version, reason, now)
    return await event_reply(request, viewer, now, event_id)
