"""What a cancellation covers, and what becomes of the attendance of a date that was held."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from tracker.errors import Invalid
from tracker.rules.core.wording import local, plural, short_day
from tracker.rules.events.events import Event, EventStatus, Occurrence

ASKS_RECORD_CHOICE = "Attendance of this date is closed. Choose whether its record stays in reports."


class CancellationScope(StrEnum):
    """Which dates of an event are canceled."""

    ONE = "one"
    FOLLOWING = "following"
    """A date and those after it."""
    ALL = "all"


class RecordChoice(StrEnum):
    """What becomes of closed attendance when its date is canceled."""

    KEEP = "keep"
    """The date counts as held in reports."""
    REMOVE = "remove"
    """It didn't take place; reports count it as canceled."""


def dates_canceled_by(
    dates: Iterable[Occurrence], scope: CancellationScope, first: Occurrence, now: datetime
) -> tuple[Occurrence, ...]:
    """Return the dates that a cancellation calls off; `first` is the date from which it was asked for.

    Of a series, those that are canceled already or over are not among them.
    """
    if scope is CancellationScope.ONE or not first.event.is_series:
        return (first,)
    ahead = (occurrence for occurrence in dates if occurrence.ends_at > now and not occurrence.is_off)
    if scope is CancellationScope.FOLLOWING:
        ahead = (occurrence for occurrence in ahead if occurrence.original_start >= first.original_start)
    return tuple(ahead)


def cancellation_words(event: Event, scope: CancellationScope, number: int) -> str:
    """Return what a cancellation of that many dates does, such as "Cancel 4 dates"."""
    if event.status is EventStatus.DRAFT and scope is CancellationScope.ALL:
        return "Discard this draft"
    if not event.is_series:
        return "Cancel this event"
    if scope is CancellationScope.ONE:
        return "Cancel this date"
    return (
        f"Cancel all {number} dates"
        if scope is CancellationScope.ALL and number > 1
        else f"Cancel {plural(number, 'date')}"
    )


def canceled_words(
    event: Event, scope: CancellationScope, dates: Sequence[Occurrence], kept: RecordChoice | None
) -> str:
    """Return what canceling these dates did, such as "Canceled 4 dates, starting Tue, Jan 19.".

    `kept` is what became of closed attendance.
    """
    if event.is_series and scope is not CancellationScope.ONE:
        canceled = f"Canceled {plural(len(dates), 'date')}"
        if scope is CancellationScope.ALL or not dates:
            return f"{canceled}."
        first = short_day(local(dates[0].starts_at, event.zone))
        return f"{canceled}, starting {first}." if len(dates) > 1 else f"{canceled}: {first}."
    of_record = {
        RecordChoice.KEEP: "Its attendance stays in reports.",
        RecordChoice.REMOVE: "It is removed from reports.",
    }
    return f"Canceled. {of_record[kept]}" if kept else "Canceled."


def is_on_record(date: Occurrence) -> bool:
    """Return whether canceling the date calls a record in question: it was held, and its attendance is closed."""
    return date.attendance_closed_at is not None and not date.is_off


def check_record_choice(date: Occurrence, record: RecordChoice | None) -> None:
    """Refuse to cancel a date with closed attendance silently. Errors: Invalid(record=…)."""
    if is_on_record(date) and record is None:
        raise Invalid(record=ASKS_RECORD_CHOICE)
