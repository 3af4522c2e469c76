"""Quiet hours: when a person gets no reminders, requests to reply, digests or thank-yous, and until when those wait.

Everything else goes out at any hour: what people announce, such as an invitation or a cancellation, and what can't
wait, such as a sign-in link or a service-readiness notice.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from msgspec import Struct

from tracker.errors import Invalid
from tracker.rules.core import message_types as types
from tracker.rules.core.message_types import Content, ItemsOfDay, Unreadable
from tracker.rules.core.wall_clock import to_local, to_utc
from tracker.rules.core.wording import clock

A_DAY = timedelta(days=1)
LONGEST_QUIET = timedelta(hours=12)
LONGEST_WITH_WEEKEND = LONGEST_QUIET + 2 * A_DAY
"""Friday night, Saturday, Sunday, and the night to Monday, whose two nights together are one."""
OF_USE = timedelta(minutes=30)
"""How long before it is outdated an email must arrive to be of use; one that can't wait so long is sent in between."""
HELD = "Held for quiet hours."
SATURDAY = 5
WAITING = (
    types.ReminderDue,
    types.ReplyNudge,
    types.ConfirmationNudge,
    types.PollNudge,
    types.ItemDue,
    types.ItemOverdue,
    ItemsOfDay,
    types.WeeklyDigest,
    types.Thanked,
)
"""The messages that wait for the end of their reader's quiet hours."""


class Quiet(Struct, frozen=True, kw_only=True):
    """Hours of each day, on the wall clock of a zone, which may cross midnight, and perhaps all of Saturday and Sunday.

    `starts` and `ends` are None together: then only weekends are quiet.
    """

    starts: time | None = None
    ends: time | None = None
    has_weekends: bool = False
    zone: str

    def around(self, moment: datetime) -> tuple[datetime, datetime] | None:
        """Return the start and end of the quiet hours that contain a moment, or None.

        A night that touches a weekend is one with it.
        """
        today = to_local(moment, self.zone).date()
        reach = 4 if self.has_weekends else 1
        found: tuple[datetime, datetime] | None = None
        for begins, ends in sorted(self._spans(today - reach * A_DAY, today + (reach - 1) * A_DAY)):
            if found and begins <= found[1]:
                found = found[0], max(found[1], ends)
            elif found and moment < found[1]:
                break
            else:
                found = begins, ends
        return found if found and found[0] <= moment < found[1] else None

    def _spans(self, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
        """Yield the nights and weekends that begin from one day to another, each day a span of its own."""
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            if self.starts is not None and self.ends is not None:
                until = day if self.starts < self.ends else day + A_DAY
                yield self._at(day, self.starts), self._at(until, self.ends)
            if self.has_weekends and day.weekday() >= SATURDAY:
                yield self._at(day, time.min), self._at(day + A_DAY, time.min)

    def _at(self, day: date, at: time) -> datetime:
        return to_utc(datetime.combine(day, at), self.zone)


def waits(content: Content | Unreadable) -> bool:
    """Return whether a message waits for the end of quiet hours."""
    return isinstance(content, WAITING)


def held_until(now: datetime, not_after: datetime | None, quiet: Quiet | None) -> datetime | None:
    """Return when a message that waits may be sent, if not now: the end of quiet hours.

    One that would come too late by then, because its event has begun or is about to, is sent now. `not_after` is the
    moment from which it is outdated; None = never.
    """
    hours = quiet.around(now) if quiet else None
    if hours is None or (not_after is not None and not_after < hours[1] + OF_USE):
        return None
    return hours[1]


def check_quiet(starts: time | None, ends: time | None) -> tuple[time, time] | None:
    """Return quiet hours, or None for none. Errors: Invalid(quiet_from, quiet_until)."""
    if starts is None and ends is None:
        return None
    if starts is None:
        raise Invalid(quiet_from="Enter when quiet hours start.")
    if ends is None:
        raise Invalid(quiet_until="Enter when quiet hours end.")
    minutes = (ends.hour * 60 + ends.minute - starts.hour * 60 - starts.minute) % (24 * 60)
    if not timedelta(0) < timedelta(minutes=minutes) <= LONGEST_QUIET:
        raise Invalid(quiet_until="Quiet hours can last at most 12 hours.")
    return starts, ends


def quiet_words(hours: tuple[time, time] | None) -> str:
    """Return "9:00 PM to 6:00 AM", or "none"."""
    return " to ".join(clock(datetime.combine(date.min, hour)) for hour in hours) if hours else "none"
