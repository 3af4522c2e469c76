"""On which days a person has an email about action items, when it is sent, and which days it makes up for.

The days are the task force's. A day's email is sent in its morning, after the person's quiet hours, and never on
another day: what it could not say is in the next one.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta

from msgspec import Struct

from tracker.rules.core.wall_clock import to_local, to_utc
from tracker.rules.emails.quiet_hours import Quiet
from tracker.rules.emails.reminders import MORNING

A_DAY = timedelta(days=1)
MADE_UP = timedelta(days=7)
"""How long after an email that was not sent a later one makes up for it."""


class ItemDays(Struct, frozen=True, kw_only=True):
    """A day with a morning, and the first of the days that its email covers: quiet hours can last for days."""

    day: date
    since: date


class ItemEmail(ItemDays, frozen=True, kw_only=True):
    """The email of a day. One that is not in time was never sent."""

    is_in_time: bool


def morning(day: date, zone: str, quiet: Quiet | None) -> datetime | None:
    """Return when the email of a day is sent: at 8:00 AM, or when quiet hours that include it end.

    None for a day on which they don't end.
    """
    return _out_of(quiet, to_utc(datetime.combine(day, MORNING), zone), day, zone)


def first_morning(day: date, zone: str, quiet: Quiet | None) -> tuple[date, datetime]:
    """Return the first day from this one on with an email, and when it is sent."""
    while (at := morning(day, zone, quiet)) is None:
        day += A_DAY
    return day, at


def next_chance(day: date, now: datetime, zone: str, quiet: Quiet | None) -> datetime | None:
    """Return when the email of a day whose morning is over can be sent: its morning, or the end of quiet hours now."""
    at = _out_of(quiet, now, day, zone)
    return morning(day, zone, quiet) if at == now else at


def end_of(day: date, zone: str) -> datetime:
    """Return the midnight after a day, from which on its email is not sent."""
    return to_utc(datetime.combine(day + A_DAY, time()), zone)


def span_of(first: date, last: date) -> list[date]:
    """Return the days from the first to the last."""
    return [first + timedelta(days=days) for days in range((last - first).days + 1)]


def days_within(after: datetime, until: datetime, zone: str, quiet: Quiet | None) -> list[ItemDays]:
    """Return the days whose morning is in (after, until], earliest first, each with the days before without one."""
    item_dayses = list[ItemDays]()
    for day in span_of(to_local(after, zone).date(), to_local(until, zone).date()):
        at = morning(day, zone, quiet)
        if at and after < at <= until:
            item_dayses.append(ItemDays(day=day, since=_first_covered(day, zone, quiet)))
    return item_dayses


def emails_of(
    days: Iterable[ItemDays], heard: Collection[date], owed_since: date | None, today: date
) -> list[ItemEmail]:
    """Return a person's emails for some days, of which they heard something new on `heard`.

    `owed_since` is the first day that their last email was to cover, if that one was not sent. Only today's email is
    in time; a day before that gets none later.
    """
    since, item_emails = owed_since, list[ItemEmail]()
    for item_days in days:
        is_new = any(day in heard for day in span_of(item_days.since, item_days.day))
        if is_new or (since and item_days.day == today):
            since = since or item_days.since
            item_emails.append(ItemEmail(day=item_days.day, since=since, is_in_time=item_days.day == today))
    return item_emails


def _first_covered(day: date, zone: str, quiet: Quiet | None) -> date:
    """Return the first of the days without a morning that lead up to this one, or else this one."""
    since = day
    while day - since < MADE_UP and morning(since - A_DAY, zone, quiet) is None:
        since -= A_DAY
    return since


def _out_of(quiet: Quiet | None, at: datetime, day: date, zone: str) -> datetime | None:
    """Return a moment, or the end of quiet hours that contain it; None when they end on another day."""
    hours = quiet.around(at) if quiet else None
    if hours is None:
        return at
    return hours[1] if hours[1] < end_of(day, zone) else None
