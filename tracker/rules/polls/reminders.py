"""When people are reminded of a date poll to which they have not replied."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from tracker.rules.core.wall_clock import to_local, to_utc
from tracker.rules.core.wording import clock, day, local, plural
from tracker.rules.recurrence.holidays import working_day_by

MORNING = time(8)
A_DAY = timedelta(days=1)
REST = timedelta(hours=48)
"""How long after a reminder about a poll a person gets no other one about it."""
LONGEST_AHEAD = timedelta(days=8)
"""How long before the deadline a reminder can be, over a weekend and holidays."""


@dataclass(frozen=True, kw_only=True)
class Remindable:
    """The people who have not replied to a poll, and when they were last reminded, if within `REST`."""

    silent: tuple[UUID, ...]
    last: Mapping[UUID, datetime]

    @property
    def asked(self) -> tuple[UUID, ...]:
        """Return the people who would get an email now."""
        return tuple(one for one in self.silent if one not in self.last)

    def why_not(self, now: datetime, zone: str) -> str:
        """Return why no one can be reminded now; empty when someone can. Days as in `zone`."""
        if self.asked:
            return ""
        if not self.silent:
            return "Everyone who was asked has replied."
        opens = local(min(self.last.values()) + REST, zone)
        return f"You can remind {_people(self.silent)} again on {day(opens, local(now, zone))} at {clock(opens)}."

    @property
    def skipped(self) -> str:
        """Return whom a reminder skips; empty when no one."""
        number = len(self.silent) - len(self.asked)
        return f"Skips {plural(number, 'person', 'people')} reminded in the last 48 hours." if number else ""


def reminder_at(reply_by: datetime, opened_at: datetime, zone: str) -> datetime | None:
    """Return when people are reminded: 8:00 AM on the last working day before the day of the deadline.

    None when they were asked only on that day or later.
    """
    on = working_day_by(to_local(reply_by, zone).date() - A_DAY)
    if to_local(opened_at, zone).date() >= on:
        return None
    return to_utc(datetime.combine(on, MORNING), zone)


def _people(silent: Iterable[UUID]) -> str:
    return plural(len(tuple(silent)), "person", "people")
