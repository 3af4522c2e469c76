"""When time zone data changes, upcoming dates go back to the wall-clock time at which they were scheduled.

Governments change their clocks at short notice; 10 AM on Tuesday stays 10 AM on Tuesday. Reminders follow, because they
are computed from the dates, and calendars know the zone by its name.
"""

from datetime import datetime

from tracker.database import writing
from tracker.rules.core.viewers import BY_COMMAND
from tracker.tables.background.events.tz_drift import drifted, put_right, raise_versions
from tracker.usecases.core import audit
from tracker.usecases.events.invitees import touch


async def number_drifted(now: datetime) -> int:
    """Return how many upcoming dates differ from where this computer's time zone data puts them."""
    return len(await drifted(now))


async def reproject(now: datetime) -> int:
    """Move those dates in one transaction, and return how many there were."""
    async with writing():
        found = await drifted(now)
        for one in found:
            await put_right(one, now)
        events = {one.event_id for one in found}
        for event_id in events:
            await touch(event_id)
        if found:
            await raise_versions(events)
            await audit.record(BY_COMMAND, "replanned", "calendar", "", {"dates": len(found)}, now)
    return len(found)
