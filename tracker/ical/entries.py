"""The VEVENTs of an event: its series, and one for each date that differs from the rule."""

from collections.abc import Callable, Container, Iterable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from tracker.rules.core.wall_clock import zone_of
from tracker.rules.events.event import Event, EventStatus, Occurrence
from tracker.rules.events.plan import rule_of
from tracker.rules.recurrence import dates as dates_by_rule


class Entry(Struct, frozen=True, kw_only=True):
    """A VEVENT before it is written. A naive time is on the clocks of the event's zone, an aware one is a moment."""

    event: Event
    zone: ZoneInfo
    starts: datetime
    ends: datetime
    title: str
    place: str
    agenda: str
    is_off: bool
    sequence: int
    changed_at: datetime
    joined_or_left_at: datetime | None = None
    """When its one reader last came on the list, or off it; None in a feed."""
    recurrence_id: datetime | None = None
    """Naive: the start that the rule gives this date."""
    rrule: str | None = None
    exdates: tuple[datetime, ...] = ()
    rdates: tuple[datetime, ...] = ()


def entries(
    event: Event,
    dates: Sequence[Occurrence],
    is_gone: Callable[[Occurrence], bool],
    *,
    alone: Container[datetime] = frozenset(),
) -> list[Entry]:
    """Return the series first, then the dates that differ; none when all dates are gone.

    A date that `is_gone` becomes an EXDATE, and never an override too: Google refuses both. The dates with a
    RECURRENCE-ID in `alone` have an entry of their own too. Errors: Invalid for a rule or a zone that the product does
    not support.
    """
    shown = [one for one in dates if not is_gone(one)]
    if not shown:
        return []
    if not event.is_series and len(dates) == 1:
        return [replace(of_date(shown[0]), recurrence_id=None)]
    pattern = _Pattern(event)
    differ = (one for one in shown if one.original_start in alone or pattern.is_left_by(one))
    return [_series(pattern, shown), *(of_date(one) for one in differ)]


def of_date(one: Occurrence) -> Entry:
    """Return the entry of one date alone, identified by its RECURRENCE-ID. Errors as in `entries`."""
    event = one.event
    return Entry(
        event=event,
        zone=zone_of(event.zone),
        starts=one.starts_at,
        ends=one.ends_at,
        title=one.title,
        place=one.place,
        agenda=one.agenda,
        is_off=one.is_off,
        sequence=max(event.sequence, one.sequence),
        changed_at=max(event.changed_at, one.changed_at),
        recurrence_id=one.original_start,
    )


def of_series(event: Event) -> Entry:
    """Return the entry of the rule alone, without its exceptions. Errors as in `entries`."""
    return Entry(
        event=event,
        zone=zone_of(event.zone),
        starts=event.starts,
        ends=event.starts + event.duration,
        title=event.title,
        place=event.place,
        agenda=event.agenda,
        is_off=event.status is EventStatus.CANCELED,
        sequence=event.sequence,
        changed_at=event.changed_at,
        rrule=event.rrule,
    )


class _Pattern:
    """How a reader computes dates from DTSTART, DTEND and RRULE."""

    def __init__(self, event: Event) -> None:
        self.event = event
        self.starts = dates_by_rule(rule_of(event), event.starts)
        self.zone = zone_of(event.zone)
        self.elapsed = self._utc(event.starts + event.duration) - self._utc(event.starts)

    def is_left_by(self, one: Occurrence) -> bool:
        """Return whether the date needs a VEVENT of its own, even if its row is unchanged.

        RFC 5545 §3.8.5.3 repeats the elapsed time, many programs the wall clock time. Where the clocks change in
        between, the two differ, and only an override means the same to all.
        """
        if one.is_changed or one.is_canceled:
            return True
        starts_at = self._utc(one.original_start)
        by_wall_clock = self._utc(one.original_start + self.event.duration)
        return not (one.starts_at == starts_at and one.ends_at == by_wall_clock) or (
            not self.event.is_all_day and by_wall_clock - starts_at != self.elapsed
        )

    def _utc(self, local: datetime) -> datetime:
        return local.replace(tzinfo=self.zone).astimezone(UTC)


def _series(pattern: _Pattern, shown: Iterable[Occurrence]) -> Entry:
    kept = {one.original_start for one in shown}
    by_rule = set(pattern.starts)
    return replace(
        of_series(pattern.event),
        exdates=tuple(start for start in pattern.starts if start not in kept),
        rdates=tuple(sorted(kept - by_rule)),
    )
