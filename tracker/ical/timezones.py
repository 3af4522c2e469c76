"""VTIMEZONE (RFC 5545 §3.6.5) for the zones in use, made from the zone database that the product itself uses.

It uses RRULE with BYDAY from a 1970 or 2007 start and never RDATE, which Outlook misreads (MS KB 4456241). Where a
country's rule can't be written that way, each change is an observance of its own.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tracker.ical import lines
from tracker.ical.lines import tzid
from tracker.rules.recurrence.series import CODES, LAST

FIRST_YEAR = 2007  # when the present rule of the United States began
LAST_YEAR = 2037  # the zone database continues by the same rule afterward
NEVER_CHANGED = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall clock without a zone
FIFTH = 5


class OffsetChange(NamedTuple):
    """A clock change: `local` is what the clocks show at that moment, before they are set."""

    local: datetime
    before: timedelta
    after: timedelta
    name: str
    is_dst: bool

    @property
    def kind(self) -> tuple[object, ...]:
        """Return what all changes of one observance have in common, without the day."""
        day = (self.local.month, self.local.weekday(), self.local.time())
        return (self.before, self.after, self.name, self.is_dst, *day)

    @property
    def ordinals(self) -> frozenset[int]:
        """Return which weekday of its month this is: 1 to 4 from the start, and LAST."""
        from_start = (self.local.day + 6) // 7
        is_last = (self.local + timedelta(days=7)).month != self.local.month
        fitting = ((from_start, from_start < FIFTH), (LAST, is_last))
        return frozenset(ordinal for ordinal, fits in fitting if fits)


class OffsetRun(NamedTuple):
    """The same change, year after year."""

    changes: tuple[OffsetChange, ...]
    ordinals: frozenset[int]

    def goes_on_with(self, change: OffsetChange) -> bool:
        """Return whether a change is the next of this run."""
        latest = self.changes[-1]
        return (
            change.kind == latest.kind
            and change.local.year == latest.local.year + 1
            and bool(self.ordinals & change.ordinals)
        )


@lru_cache(64)
def vtimezone(zone: str) -> bytes:
    """Return the component of an IANA zone. Errors: ZoneInfoNotFoundError."""
    clocks = ZoneInfo(zone)
    observances = [_observance(run) for run in _runs(_changes(clocks))]
    if not observances:
        always = NEVER_CHANGED.replace(year=FIRST_YEAR, tzinfo=UTC).astimezone(clocks)
        offset = _offset(always, clocks)
        fixed = OffsetChange(NEVER_CHANGED, offset, offset, always.tzname() or "", is_dst=False)
        observances = [_component(fixed, b"")]
    return b"".join((b"BEGIN:VTIMEZONE\r\n", lines.plain_line("TZID", tzid(zone)), *observances, b"END:VTIMEZONE\r\n"))


def _changes(zone: tzinfo) -> Iterator[OffsetChange]:
    first, after = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)
    for day, next_day in pairwise(first + timedelta(days=n) for n in range((after - first).days + 1)):
        start, end, before = day, next_day, _offset(day, zone)
        if _offset(end, zone) == before:
            continue
        while end - start > timedelta(seconds=1):  # bisection, until `end` is the first second of the new offset
            middle = start + timedelta(seconds=(end - start) // timedelta(seconds=2))
            start, end = (middle, end) if _offset(middle, zone) == before else (start, middle)
        then = end.astimezone(zone)
        before = _offset(end - timedelta(seconds=1), zone)
        yield OffsetChange(
            local=(end + before).replace(tzinfo=None),
            before=before,
            after=_offset(end, zone),
            name=then.tzname() or "",
            is_dst=bool(then.dst()),
        )


def _offset(moment: datetime, zone: tzinfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _runs(changes: Iterator[OffsetChange]) -> list[OffsetRun]:
    """Collect the changes of each observance, as long as one rule fits them all."""
    runs: list[OffsetRun] = []
    for change in changes:
        index = next((n for n, run in enumerate(runs) if run.goes_on_with(change)), None)
        if index is None:
            runs.append(OffsetRun((change,), change.ordinals))
        else:
            run = runs[index]
            runs[index] = OffsetRun((*run.changes, change), run.ordinals & change.ordinals)
    return runs


def _observance(run: OffsetRun) -> bytes:
    first, last = run.changes[0], run.changes[-1]
    rule = b""
    if len(run.changes) > 1:
        # A day later than the last, since some readers take this UTC for local time.
        end = last.local - last.before + timedelta(days=1)
        until = "" if last.local.year == LAST_YEAR else f";UNTIL={end:%Y%m%dT%H%M%SZ}"
        weekday = f"{max(run.ordinals)}{CODES[first.local.weekday()]}"
        rule = lines.plain_line("RRULE", f"FREQ=YEARLY;BYMONTH={first.local.month};BYDAY={weekday}{until}")
    return _component(first, rule)


def _component(change: OffsetChange, rule: bytes) -> bytes:
    kind = "DAYLIGHT" if change.is_dst else "STANDARD"
    return b"".join(
        (
            lines.plain_line("BEGIN", kind),
            lines.plain_line("DTSTART", f"{change.local:%Y%m%dT%H%M%S}"),
            rule,
            lines.plain_line("TZOFFSETFROM", _signed(change.before)),
            lines.plain_line("TZOFFSETTO", _signed(change.after)),
            lines.text_line("TZNAME", change.name),
            lines.plain_line("END", kind),
        )
    )


def _signed(offset: timedelta) -> str:
    seconds = int(offset.total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    return f"{'-' if seconds < 0 else '+'}{hours:02}{rest // 60:02}"
