"""Dates that were held, and whose attendance is on record."""

from datetime import datetime

from tracker.errors import Invalid
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.event import Occurrence
from tracker.tables.visible import attendance

WAS_HELD = "This event was held, and its attendance is recorded. Schedule a new event, or duplicate this one."


async def check_stays_held(viewer: Viewer, date: Occurrence, begins: datetime, now: datetime) -> None:
    """Check that a date whose attendance is on record does not move to a day to come, where it would begin at `begins`.

    Its record would be that of a meeting that has not been held. Errors: Invalid(date=…).
    """
    if not date.starts_at <= now < begins:
        return
    if date.attendance_closed_at is not None or await attendance.recorded_marks(viewer, date):
        raise Invalid(date=WAS_HELD)
