"""What people's calendars show after the emails that a server accepted, in the order in which it did.

As Gmail and Exchange do it: of emails with one Message-ID the first is kept, and the others are dropped. Then an entry
is replaced by one with a higher SEQUENCE, or else a later DTSTAMP (RFC 5546 §2.1.5); of two that are equal in both,
some programs take the first and some the last. A series and each of its dates are entries of their own; a newer series
says what becomes of the dates that it knows.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from functools import lru_cache

import icalendar
import recurring_ical_events
from msgspec import Struct, field

from tests.ical.readers import SPAN

Rank = tuple[int, datetime]
"""SEQUENCE, then DTSTAMP: the higher one holds."""
NEVER: Rank = (-1, datetime.min.replace(tzinfo=UTC))


class HeldEvent(Struct):
    """An event in a calendar: all its dates by its rule, and the dates that came by themselves."""

    takes_equal: bool
    """Whether an entry is replaced by one of equal rank."""
    rank: Rank = NEVER
    entry: icalendar.Event | None = None
    """None = it was taken out, or never came."""
    dates: dict[datetime, tuple[Rank, datetime | None]] = field(default_factory=dict)
    """By RECURRENCE-ID; a start of None = the date was taken out."""

    def apply(self, method: str, entries: Iterable[icalendar.Event]) -> None:
        """Take over what a message says, as far as it is not older than what is known."""
        for entry in sorted(entries, key=lambda one: "RECURRENCE-ID" in one):
            rank, is_off = (int(entry["SEQUENCE"]), entry["DTSTAMP"].dt), method == "CANCEL"
            if "RECURRENCE-ID" in entry:
                self._apply_date(entry["RECURRENCE-ID"].dt.astimezone(UTC), rank, None if is_off else _start(entry))
            elif self._outranks(rank, self.rank):
                self.rank, self.entry = rank, None if is_off else entry
                self.dates = {key: known for key, known in self.dates.items() if known[0] > rank}

    def _apply_date(self, key: datetime, rank: Rank, starts: datetime | None) -> None:
        known, _ = self.dates.get(key, (NEVER, None))
        if self._outranks(rank, known) and rank[0] >= self.rank[0]:
            self.dates[key] = rank, starts

    def _outranks(self, rank: Rank, known: Rank) -> bool:
        return rank > known or (self.takes_equal and rank == known)

    @property
    def starts(self) -> list[datetime]:
        """Return when its dates begin."""
        by_rule = _unrolled(self.entry) if self.entry else []
        alone = [starts for _, starts in self.dates.values() if starts]
        return [*(one for one in by_rule if one not in self.dates), *alone]


def dates_shown(accepted: Iterable[bytes], *, takes_equal: bool = True) -> dict[str, list[datetime]]:
    """Return when dates begin, by the address of the calendar's owner."""
    return {
        address: sorted(start for one in entries.values() for start in one.starts)
        for address, entries in calendars(accepted, takes_equal=takes_equal).items()
    }


def calendars(accepted: Iterable[bytes], *, takes_equal: bool = True) -> dict[str, dict[str, HeldEvent]]:
    """Return each calendar's events by UID, by the address of its owner."""
    held: dict[str, dict[str, HeldEvent]] = {}
    known: set[tuple[str, str]] = set()
    for content in accepted:
        address, name, sent = _read(content)
        entries = held.setdefault(address, {})
        if (address, name) in known:
            continue
        known.add((address, name))
        for calendar in sent:
            [uid] = {str(one["UID"]) for one in calendar.events}
            entries.setdefault(uid, HeldEvent(takes_equal)).apply(str(calendar["METHOD"]), calendar.events)
    return held


@lru_cache(maxsize=2_000)
def _read(content: bytes) -> tuple[str, str, list[icalendar.Calendar]]:
    """Return to whom an email is, its Message-ID, and its calendars; a test looks at the same ones again and again."""
    email = message_from_bytes(content, policy=policy.default)
    parts = [one for one in email.walk() if one.get_content_type() == "text/calendar"]
    sent = [icalendar.Calendar.from_ical(one.get_payload(decode=True)) for one in parts]
    return str(email["To"]), str(email["Message-ID"]), sent


def _start(entry: icalendar.Event) -> datetime:
    start = entry.start
    assert isinstance(start, datetime)
    return start.astimezone(UTC)


def _unrolled(entry: icalendar.Event) -> list[datetime]:
    calendar = icalendar.Calendar()
    calendar.add_component(entry)
    return [_start(one) for one in recurring_ical_events.of(calendar).between(*SPAN)]
