"""The JSON shapes of dates of events."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType, field

from tracker.ports.api.shapes import (
    Agenda,
    Banner,
    Clock,
    Day,
    Given,
    Minutes,
    Moment,
    Notified,
    PageQuery,
    PlaceName,
    Reason,
    Shown,
    Title,
    minutes,
    start_of,
)
from tracker.rules.core.audiences import Visibility
from tracker.rules.events.events import DateLine, EventStatus, Kind, Occurrence
from tracker.rules.events.notifications import Notify


class SpanQuery(PageQuery, kw_only=True):
    """The span of time to read: its start is included, its end is not."""

    start: Moment = field(name="from")
    end: Moment = field(name="to")


class LineShown(Shown):
    """One date in brief."""

    event_id: UUID
    key: str
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


class LinePage(Shown):
    """One page of a list of dates in brief."""

    items: tuple[LineShown, ...]
    next: str | None


class OccurrenceShown(Shown):
    """One date of an event; event_id and key, the day on which the rule put it, are its identity."""

    event_id: UUID
    key: str
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


class OccurrencePage(Shown):
    """One page of the dates of an event."""

    items: tuple[OccurrenceShown, ...]
    next: str | None


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
    starts, duration = start_of(occurrence)
    return OccurrenceShown(
        event_id=occurrence.event.id,
        key=occurrence.key,
        title=occurrence.title,
        place=occurrence.place,
        agenda=occurrence.agenda,
        status=occurrence.status,
        date=starts.date(),
        time=f"{starts:%H:%M}",
        minutes=minutes(duration),
        time_zone=occurrence.event.zone,
        is_all_day=occurrence.event.is_all_day,
        starts_at=occurrence.starts_at,
        ends_at=occurrence.ends_at,
        is_changed=occurrence.is_changed,
        is_attendance_closed=occurrence.attendance_closed_at is not None,
        version=occurrence.version,
        changed_at=occurrence.changed_at,
        banner=occurrence.event.banner,
    )


def line_shown(line: DateLine) -> LineShown:
    """Return a date in brief in the shape of the API."""
    return LineShown(
        event_id=line.event_id,
        key=line.key,
        kind=line.kind,
        title=line.title,
        place=line.place,
        visibility=line.visibility,
        status=line.status,
        starts_at=line.starts_at,
        ends_at=line.ends_at,
        time_zone=line.zone,
        is_all_day=line.is_all_day,
        is_changed=line.is_changed,
        banner=line.marking.banner if line.marking else "",
    )
