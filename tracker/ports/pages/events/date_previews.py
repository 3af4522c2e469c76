"""What the forms of one date show before it is saved: what saving would do, and what conflicts with the time."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from tracker.ports.pages.events.preview import of_deed
from tracker.ports.pages.events.schedule_conflicts import conflicts_at
from tracker.rules.core.viewers import Viewer
from tracker.rules.events import plan as plan_rules
from tracker.rules.events.clock_changes import clock_notes
from tracker.rules.events.event import Event, Kind
from tracker.usecases.events import events
from tracker.usecases.roster import people
from tracker.usecases.views.preview import Deed

NOT_COMPLETE: Final[dict[str, Any]] = {
    "outcome": None,
    "clock_notes": [],
    "double_bookings": [],
    "blackouts": [],
    "room": None,
    "number": 0,
    "names": {},
}


async def outcome_of(
    viewer: Viewer,
    event: Event,
    starts: datetime,
    duration: timedelta,
    place: str,
    deed: Deed,
    now: datetime,
    *,
    date_id: UUID | None = None,
) -> dict[str, Any]:
    """Return what the template shows for a date that starts at `starts` (local) at some place; new without an id."""
    _, plan = await events.plan_to_change(viewer, event.id)
    takes_time = event.kind is not Kind.DEADLINE
    going = [one for one, role in plan.invitees.items() if takes_time and role.takes_part]
    known = await people.people_by_id(going)
    at = plan_rules.slot(starts, duration, event.zone)
    return {
        "outcome": await of_deed(viewer, event.id, deed, now, date_id=date_id),
        "outcome_zone": event.zone,
        "clock_notes": [] if event.is_all_day else clock_notes([starts], duration, event.zone),
        "number": len(set(going) - {event.lead_id}),
        "names": {one.id: f"{one.name} ({one.agency})" for one in known.values()},
        **await conflicts_at(viewer, [at], event.zone, going, event.lead_id, place, event.id),
    }
