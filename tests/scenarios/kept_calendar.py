"""A calendar program that knows events from emails alone (RFC 5546 §3.2), and holds what the last ones of them said."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import icalendar
import recurring_ical_events

from tests.ical.readers import SPAN, Shown

Key = bytes | None
"""The RECURRENCE-ID of a date; None for the whole event."""


class KeptCalendar:
    """The calendar of one person; entries of a lower SEQUENCE than it holds come too late and change nothing."""

    def __init__(self) -> None:
        self._events: dict[str, dict[Key, icalendar.Event]] = {}

    def take(self, content: bytes) -> None:
        """Take the calendar part of an email."""
        calendar = icalendar.Calendar.from_ical(content)
        entries = {_key(event): event for event in calendar.events}
        [uid] = {str(event["UID"]) for event in entries.values()}
        held = self._events.setdefault(uid, {})
        is_cancel = str(calendar["METHOD"]) == "CANCEL"
        if None in entries:
            if _sequence(entries[None]) >= max(map(_sequence, held.values()), default=0):
                self._events[uid] = {} if is_cancel else entries
            return
        for key, event in entries.items():
            if _sequence(event) >= _sequence(held.get(key) or held.get(None)):
                if is_cancel:
                    event["STATUS"] = "CANCELLED"
                held[key] = event

    def dates_after(self, moment: datetime) -> list[Shown]:
        """Return the dates that it shows from a moment on."""
        calendar = icalendar.Calendar()
        for entries in self._events.values():
            for event in entries.values():
                calendar.add_component(event)
        dates = recurring_ical_events.of(calendar, keep_recurrence_attributes=True).between(moment, SPAN[1])
        held = [date for date in dates if date.get("STATUS") != "CANCELLED" and date.start.astimezone(UTC) >= moment]
        return sorted(
            Shown(date.start.astimezone(UTC), date.end.astimezone(UTC), str(date["SUMMARY"])) for date in held
        )


def _key(event: icalendar.Event) -> Key:
    return event["RECURRENCE-ID"].to_ical() if "RECURRENCE-ID" in event else None


def _sequence(event: Mapping[str, Any] | None) -> int:
    return int(event.get("SEQUENCE", 0)) if event else 0
