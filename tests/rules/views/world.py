"""Dates of a home page, without a database."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from tracker.rules.core.viewers import Visibility
from tracker.rules.events.events import DateLine, EventStatus, Kind

NOW = datetime(2026, 12, 15, 15, tzinfo=UTC)


def meeting_line(after: timedelta) -> DateLine:
    """Return a date of one hour that starts so long after now."""
    return DateLine(
        id=uuid4(),
        event_id=uuid4(),
        key="2026-12-15",
        kind=Kind.MEETING,
        title="Call",
        place="",
        visibility=Visibility.ALL,
        status=EventStatus.CONFIRMED,
        starts_at=NOW + after,
        ends_at=NOW + after + timedelta(hours=1),
        zone="America/Chicago",
        is_all_day=False,
        is_changed=False,
        lead_id=UUID(int=1),
        committee_id=None,
    )
