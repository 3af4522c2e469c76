"""An event and a date of it, without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from msgspec.structs import replace

from tracker.rules.core.viewers import Visibility
from tracker.rules.events.events import Event, EventStatus, Kind, Occurrence

STARTS = datetime(2026, 12, 10, 20, tzinfo=UTC)
LEAD = uuid4()


def an_event(**facts: Any) -> Event:
    event = Event(
        id=uuid4(),
        uid="u",
        reference=None,
        kind=Kind.MEETING,
        title="Monthly meeting",
        description="",
        place="",
        video_link="",
        agenda="",
        visibility=Visibility.ALL,
        committee_id=None,
        committee=None,
        lead_id=LEAD,
        lead="Lead",
        lead_agency="USAO",
        status=EventStatus.CONFIRMED,
        zone="America/Chicago",
        starts=datetime(2026, 12, 10, 14),  # noqa: DTZ001 - local
        duration=timedelta(hours=1),
        is_all_day=False,
        rrule=None,
        version=1,
        sequence=0,
        created_at=STARTS,
        changed_at=STARTS,
    )
    return replace(event, **facts)


def a_date(event: Event | None = None, **facts: Any) -> Occurrence:
    date = Occurrence(
        id=uuid4(),
        event=event or an_event(),
        original_start=datetime(2026, 12, 10, 14),  # noqa: DTZ001 - local
        starts_at=STARTS,
        ends_at=STARTS + timedelta(hours=1),
        title="Monthly meeting",
        place="",
        agenda="",
        is_canceled=False,
        is_changed=False,
        version=1,
        sequence=0,
        changed_at=STARTS,
        attendance_closed_at=None,
    )
    return replace(date, **facts)
