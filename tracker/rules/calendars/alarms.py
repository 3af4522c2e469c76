"""The alarms of a feed: how long before an event a calendar program reminds its owner, if it honors alarms at all."""

from datetime import timedelta
from enum import StrEnum

from msgspec import Struct

from tracker.errors import Invalid

NEVER = ""
"""The choice of no alarm in a form."""
MINUTES = {
    10: "10 minutes before",
    15: "15 minutes before",
    30: "30 minutes before",
    60: "1 hour before",
    120: "2 hours before",
    1_440: "1 day before",
}
"""The choices for events with a time, and their words."""


class AllDayAlarm(StrEnum):
    """When a calendar program reminds of an event that lasts all day, on the clock of its owner."""

    EVENING = "evening"
    MORNING = "morning"


ALL_DAY = {AllDayAlarm.EVENING: "6:00 PM the day before", AllDayAlarm.MORNING: "8:00 AM on the first day"}
"""The choices for events that last all day, and their words."""
_FROM_MIDNIGHT = {AllDayAlarm.EVENING: timedelta(hours=-6), AllDayAlarm.MORNING: timedelta(hours=8)}


class Alarms(Struct, frozen=True, kw_only=True):
    """The alarms of one feed; None = none."""

    minutes: int | None = None
    """Minutes before the start of an event with a time."""
    all_day: AllDayAlarm | None = None

    def trigger(self, *, is_all_day: bool) -> timedelta | None:
        """Return when to remind, from the start of an event or the midnight of its first day; None = not at all."""
        if is_all_day:
            return _FROM_MIDNIGHT[self.all_day] if self.all_day else None
        return -timedelta(minutes=self.minutes) if self.minutes else None


NO_ALARMS = Alarms()


def alarms_of(minutes: str, all_day: str) -> Alarms:
    """Return the alarms that a form chose. Errors: Invalid by alarm and all_day_alarm."""
    wrong = {}
    if minutes not in {NEVER, *map(str, MINUTES)}:
        wrong["alarm"] = "Choose from the list."
    if all_day not in {NEVER, *AllDayAlarm}:
        wrong["all_day_alarm"] = "Choose from the list."
    if wrong:
        raise Invalid(**wrong)
    return Alarms(minutes=int(minutes) if minutes else None, all_day=AllDayAlarm(all_day) if all_day else None)


def alarm_words(alarms: Alarms) -> str:
    """Return "15 minutes before; all-day events: 6:00 PM the day before", or an empty text without alarms."""
    timed = MINUTES[alarms.minutes] if alarms.minutes else ""
    all_day = f"all-day events: {ALL_DAY[alarms.all_day]}" if alarms.all_day else ""
    return "; ".join(filter(None, (timed, all_day)))
