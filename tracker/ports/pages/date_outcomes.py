"""What the forms of one date say before it is saved: what the deed would do, and what stands against the time."""

from datetime import datetime, timedelta
from typing import Any, Final

from tracker import clock
from tracker.ports.pages.foresight import of_deed
from tracker.ports.pages.schedule_clashes import clashes_at
from tracker.rules import planning
from tracker.rules.clock_changes import clock_notes
from tracker.rules.meetings import Event, Kind
from tracker.rules.people import Viewer
from tracker.usecases import meetings, people
from tracker.usecases.foresight import Deed

NOT_COMPLETE: Final[dict[str, Any]] = {
    "outcome": None, "clock_notes": [], "clashes": [], "blackouts": [], "room": None, "number": 0, "names": {},
}  # fmt: skip


async def outcome_of(
    viewer: Viewer, event: Event, starts: datetime, duration: timedelta, place: str, deed: Deed
) -> dict[str, Any]:
    """Return what the template shows of a date that is to begin at `starts` (local) and take place somewhere."""
    _, plan = await meetings.plan_to_change(viewer, event.id)
    going = plan.invitees if event.kind is not Kind.DEADLINE else {}
    known = await people.people_by_id(going)
    at = planning.slot(starts, duration, event.zone)
    return {
        "outcome": await of_deed(viewer, event.id, deed, clock.now()), "outcome_zone": event.zone,
        "clock_notes": [] if event.is_all_day else clock_notes([starts], duration, event.zone),
        "number": len(set(going) - {event.lead_id}),
        "names": {one.id: f"{one.name} ({one.agency})" for one in known.values()},
        **await clashes_at(viewer, [at], event.zone, going, event.lead_id, place, event.id),
    }  # fmt: skip
