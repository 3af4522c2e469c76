"""Which rungs an item reached in vain: whose people left, or can't be reached since, before any of them had an email.

Such an item reaches the rung again on the next morning: the new primary hears of it, or the next rung.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.rules.core.wall_clock import to_local
from tracker.rules.emails.escalation import Ladder, OpenItem, Rung, hearing
from tracker.rules.emails.item_days import MADE_UP, first_morning
from tracker.rules.emails.preferences import Wishes


class DayEmail(Struct, frozen=True, kw_only=True):
    """An email about action items of some days, as it was planned, and what became of it."""

    recipient_id: UUID
    since: date
    day: date
    is_sent: bool
    is_owed: bool
    """Whether it waits, or the next one makes up for it."""
    reached: frozenset[UUID]
    """The items of other people that had reached its reader."""


class Planned(Struct, frozen=True, kw_only=True):
    """What has been planned until a moment, `until`, in the task force's zone."""

    emails: Collection[DayEmail]
    wishes: Wishes
    zone: str
    until: datetime


def may_have_missed(item: OpenItem, planned: Planned) -> bool:
    """Return whether an item reached a rung in the days for which emails make up."""
    return any(_is_recent(day, planned) for day in item.escalated.values())


def without_missed(item: OpenItem, ladder: Ladder, planned: Planned) -> OpenItem:
    """Return an item without the rungs that it reached in vain."""
    kept = {rung: day for rung, day in item.escalated.items() if not _is_missed(item, rung, ladder, planned)}
    return replace(item, escalated=kept)


def _is_missed(item: OpenItem, rung: Rung, ladder: Ladder, planned: Planned) -> bool:
    day = item.reached_on(rung)
    if day is None or not _is_recent(day, planned):
        return False
    there = {person for person, on in hearing(item, day, ladder).items() if on > Rung.OWNER}
    return not (_was_heard(item, day, there, planned.emails) or any(_waits(one, day, planned) for one in there))


def _was_heard(item: OpenItem, day: date, there: Collection[UUID], emails: Iterable[DayEmail]) -> bool:
    """Return whether someone had an email about the item, or will have: those who are still there."""
    day_emails = [email for email in emails if item.id in email.reached and email.since <= day <= email.day]
    return any(day_email.is_sent or (day_email.is_owed and day_email.recipient_id in there) for day_email in day_emails)


def _waits(person: UUID, day: date, planned: Planned) -> bool:
    """Return whether the email of a day to a person isn't planned yet, because of quiet hours."""
    return first_morning(day, planned.zone, planned.wishes.quiet_of(person))[1] > planned.until


def _is_recent(day: date, planned: Planned) -> bool:
    return day > to_local(planned.until - MADE_UP, planned.zone).date()
