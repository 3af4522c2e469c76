"""Dates of December 2026 as someone sees them, for the tests of the calendar."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from tracker.rules.calendars.calendars import SeenDate
from tracker.rules.core.viewers import Visibility
from tracker.rules.events.events import DateLine, EventStatus, Kind

CENTRAL = "America/Chicago"


def line(
    starts: datetime,
    lasts: timedelta = timedelta(hours=1),
    *,
    zone: str = CENTRAL,
    is_all_day: bool = False,
    kind: Kind = Kind.MEETING,
    status: EventStatus = EventStatus.CONFIRMED,
    visibility: Visibility = Visibility.ALL,
    committee_id: UUID | None = None,
) -> DateLine:
    """Return a date that starts at a local time of its zone."""
    start = starts.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    end = (starts + lasts).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return DateLine(
        id=uuid4(),
        event_id=uuid4(),
        key="2026-12-10",
        kind=kind,
        title="Call",
        place="",
        visibility=visibility,
        status=status,
        starts_at=start,
        ends_at=end,
        zone=zone,
        is_all_day=is_all_day,
        is_changed=False,
        lead_id=UUID(int=2),
        committee_id=committee_id,
    )


def seen(*args: Any, is_mine: bool = False, **facts: Any) -> SeenDate:
    """Return such a date as someone sees it."""
    return SeenDate(line=line(*args, **facts), is_mine=is_mine)


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return a local time in December 2026."""
    return datetime(2026, 12, day, hour, minute)  # noqa: DTZ001 - local to the event's zone
