"""A draft of an event, for polls about its date."""

# ruff: noqa: DTZ001 - starts are local to the zone of the event

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.cast import ZONE
from tracker.rules.core.viewers import Visibility
from tracker.rules.events.events import Event, EventStatus, Kind

LEAD = UUID(int=1)


def draft(**facts: Any) -> Event:
    """Return a draft of a meeting of 90 minutes; `facts` replace its fields."""
    now = datetime(2027, 1, 4, tzinfo=UTC)
    usual: dict[str, Any] = {
        "id": UUID(int=7),
        "uid": "uid",
        "reference": None,
        "title": "Core group",
        "kind": Kind.MEETING,
        "visibility": Visibility.ALL,
        "starts": datetime(2027, 1, 12, 10),
        "duration": timedelta(minutes=90),
        "zone": ZONE,
        "status": EventStatus.DRAFT,
        "committee": None,
        "lead_id": LEAD,
        "lead": "Coordinator",
        "lead_agency": "USAO",
        "rrule": None,
        "version": 1,
        "sequence": 0,
        "created_at": now,
        "changed_at": now,
    }
    return Event(**usual | facts)
