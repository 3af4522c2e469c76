"""Dates of events in JSON: those of one event or of a span of time; changes to one, or to this and following dates."""

from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType, field

from tracker.ports.api.event_shapes import EventChange
from tracker.ports.api.events import EVENT, changes, moved, plan_changed
from tracker.ports.api.operations import CREATED, Resource, operation, read_operation
from tracker.ports.api.responses import PageItem, place_words, position_of
from tracker.ports.api.shapes import (
    Agenda,
    Banner,
    Canceling,
    CancelingHeld,
    Clock,
    DateId,
    Day,
    Given,
    Minutes,
    Moment,
    Notified,
    PageQuery,
    PlaceName,
    Reason,
    Title,
    given,
    local_start,
    minutes,
    page_of,
    shown,
    start_of,
)
from tracker.ports.http.dependencies import Now, PathText, Viewer
from tracker.ports.http.forms import FormRequest
from tracker.rules.core.viewers import Visibility
from tracker.rules.events.events import DateLine, Event, EventStatus, Kind, Occurrence
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import DateChange
from tracker.rules.identity import ApiScope
from tracker.usecases.core import audit
from tracker.usecases.events import occurrences, series_split
from tracker.usecases.views import search
from tracker.usecases.views.search import ListPlace

TAG = "Occurrences"
READ, WRITE = ApiScope.EVENTS_READ, ApiScope.EVENTS_WRITE
OF_EVENT = f"{EVENT.path}/occurrences"


class SpanQuery(PageQuery, kw_only=True):
    """The span of time to read: its start is included, its end is not."""

    start: Moment = field(name="from")
    end: Moment = field(name="to")


class LineShown(DateId):
    """One date in brief."""

    kind: Kind
    title: str
    place: str
    visibility: Visibility
    status: EventStatus
    starts_at: Moment
    ends_at: Moment
    time_zone: str
    is_all_day: bool
    is_changed: bool
    banner: Banner


LinePage = page_of("LinePage", LineShown, "One page of a list of dates in brief.")


class OccurrenceShown(DateId):
    """One date of an event; event_id and key, the day on which the rule put it, are its identity."""

    title: str
    place: str
    agenda: str
    status: EventStatus
    date: Day
    time: Clock
    minutes: int
    time_zone: str
    is_all_day: bool
    starts_at: Moment
    ends_at: Moment
    is_changed: Annotated[bool, Meta(description="Whether it differs from the series rule.")]
    is_attendance_closed: bool
    banner: Banner
    version: int
    changed_at: Moment


OccurrencePage = page_of("OccurrencePage", OccurrenceShown, "One page of the dates of an event.")


class OccurrenceChange(Given):
    """Changes to one date; fields that are left out stay as they are, null restores the value of the series."""

    date: Day | UnsetType = UNSET
    time: Clock | UnsetType = UNSET
    minutes: Minutes | UnsetType = UNSET
    title: Title | UnsetType | None = UNSET
    place: PlaceName | UnsetType | None = UNSET
    agenda: Agenda | UnsetType | None = UNSET
    reason: Reason = ""
    notify: Notified = Notify.CHANGES


def occurrence_shown(occurrence: Occurrence) -> OccurrenceShown:
    """Return a date in the shape of the API."""
    (starts, duration), event = start_of(occurrence), occurrence.event
    return shown(
        OccurrenceShown,
        occurrence,
        event_id=event.id,
        date=starts.date(),
        time=f"{starts:%H:%M}",
        minutes=minutes(duration),
        time_zone=event.zone,
        is_all_day=event.is_all_day,
        is_attendance_closed=occurrence.attendance_closed_at is not None,
        banner=event.banner,
    )


def line_shown(line: DateLine) -> LineShown:
    """Return a date in brief in the shape of the API."""
    return shown(LineShown, line, time_zone=line.zone, banner=line.marking.banner if line.marking else "")


async def _date(viewer: Viewer, _: datetime, event_id: UUID, key: str) -> tuple[Occurrence, OccurrenceShown]:
    occurrence = await occurrences.date_seen_by(viewer, event_id, key)
    return occurrence, occurrence_shown(occurrence)


OCCURRENCE = Resource(
    name="occurrence", path=f"{OF_EVENT}/{{key:str}}", shape=OccurrenceShown, see=_date, note=audit.record_date_read
)
_reads = partial(operation, "GET", tag=TAG, scope=READ)
_changes = partial(operation, tag=TAG, scope=WRITE, of=OCCURRENCE, is_conditional=True, may_conflict=True)


@_reads(
    "/occurrences",
    "List dates in a time range",
    response=LinePage,
    text="Returns every date you can see that overlaps the range, earliest first.",
)
async def list_dates(query: SpanQuery, after: ListPlace, viewer: Viewer) -> list[PageItem]:
    """Return a page of the list."""
    lines = await search.page_of_dates(viewer, query.start, query.end, after, query.limit + 1)
    return [(place_words(line.starts_at, line.id), line_shown(line)) for line in lines]


@_reads(OF_EVENT, "List the dates of an event", response=OccurrencePage, of=EVENT, text="In the order of the rule.")
async def list_dates_of_event(request: FormRequest, query: PageQuery, event: Event, viewer: Viewer) -> list[PageItem]:
    """Return a page of an event's dates."""
    after = position_of(viewer, request.scope["path"], query.cursor)[0] if query.cursor is not UNSET else ""
    dates = await occurrences.dates_in_series(viewer, event)
    onward = [occurrence for occurrence in dates if occurrence.key > after][: query.limit + 1]
    return [((occurrence.key,), occurrence_shown(occurrence)) for occurrence in onward]


read_date = read_operation(OCCURRENCE, "Read a date", tag=TAG, scope=READ)


@_changes(
    "PATCH",
    OCCURRENCE.path,
    "Move or change a date",
    text="Changes one date of a series. Other dates don’t change. To change a single event, change the event.",
)
async def change_date(occurrence: Occurrence, new: OccurrenceChange, viewer: Viewer, now: Now) -> None:
    """Change the given fields of a date."""
    fields = given(new)
    starts, duration = moved(*start_of(occurrence), fields)
    kept = {"title": occurrence.title, "place": occurrence.place, "agenda": occurrence.agenda}
    own = {name: fields.get(name, text) for name, text in kept.items()}
    change = DateChange(starts=starts, duration=duration, reason=new.reason, **own)
    await occurrences.change_occurrence(
        viewer, occurrence.event.id, occurrence.key, change, occurrence.version, now, notify=new.notify
    )


@_changes(
    "POST",
    f"{OCCURRENCE.path}/cancellation",
    "Cancel a date",
    text="Other dates stay. No one is notified of a past date. One whose attendance is closed needs `record`.",
)
async def cancel_date(occurrence: Occurrence, new: CancelingHeld, viewer: Viewer, now: Now) -> None:
    """Cancel one date."""
    event_id, key = occurrence.event.id, occurrence.key
    await occurrences.cancel_occurrence(viewer, event_id, key, occurrence.version, new.reason, now, record=new.record)


@_changes(
    "POST",
    f"{OCCURRENCE.path}/restoration",
    "Restore a date",
    text="Notifies people who may know of the cancellation and asks them to reply again, unless the date is over.",
)
async def restore_occurrence(occurrence: Occurrence, viewer: Viewer, now: Now) -> None:
    """Restore a canceled date."""
    await occurrences.restore_occurrence(viewer, occurrence.event.id, occurrence.key, occurrence.version, now)


FOLLOWING = f"{OCCURRENCE.path}/following"
ETAG_OF = "If-Match takes the event’s ETag."


class NewDate(Given):
    """A date outside the rule, with the length and the place of the series."""

    date: Day
    time: Clock


@changes(
    "POST",
    OF_EVENT,
    "Add a date to a series",
    gives=OCCURRENCE,
    status=CREATED,
    text=f"Adds a date outside the rule, with the same length and place, and notifies everyone invited. {ETAG_OF}",
)
async def add_date(event: Event, new: NewDate, viewer: Viewer, now: Now) -> dict[str, str]:
    """Add a date to a series."""
    start = local_start(new.date, new.time)
    return {"key": await series_split.add_occurrence(viewer, event.id, start, event.version, now)}


@changes(
    "PATCH",
    FOLLOWING,
    "Change this and following dates",
    may_vanish=True,
    text="If only title, place or agenda change, the series stays the same. Otherwise it ends before the date, and "
    "another one continues it: the response is that series, and Content-Location its address. Description and "
    "video link are the same for all dates: they change here only with more than texts. Dates keep their own "
    f"time, place, title and agenda. {ETAG_OF}",
)
async def change_following(event: Event, key: PathText, new: EventChange, viewer: Viewer, now: Now) -> dict[str, UUID]:
    """Change this and following dates of a series."""
    _, plan = await series_split.plan_from_date_on(viewer, event.id, key)
    onward = plan_changed(plan, new)
    return {
        "event_id": await series_split.change_from_date_on(
            viewer, event.id, key, onward, event.version, now, notify=new.notify
        )
    }


@changes(
    "POST",
    f"{FOLLOWING}/cancellation",
    "Cancel this and following dates",
    may_vanish=True,
    text=f"Ends the series before the date. From the first date, cancels the whole series. {ETAG_OF}",
)
async def cancel_following(event: Event, key: PathText, new: Canceling, viewer: Viewer, now: Now) -> None:
    """End a series before a date."""
    await series_split.cancel_from_date_on(viewer, event.id, key, event.version, new.reason, now)
