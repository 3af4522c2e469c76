"""When people are reminded of a date poll to which they have not replied."""

from datetime import datetime, time, timedelta

from tracker.rules.core.wall_clock import to_local, to_utc
from tracker.rules.recurrence.holidays import working_day_by

MORNING = time(8)
A_DAY = timedelta(days=1)
LONGEST_AHEAD = timedelta(days=8)
"""How long before the deadline a reminder can be, over a weekend and holidays."""


def reminder_at(reply_by: datetime, opened_at: datetime, zone: str) -> datetime | None:
    """Return when people are reminded: 8:00 AM on the last working day before the day of the deadline.

    None when they were asked only on that day or later.
    """
    on = working_day_by(to_local(reply_by, zone).date() - A_DAY)
    if to_local(opened_at, zone).date() >= on:
        return None
    return to_utc(datetime.combine(on, MORNING), zone)
