"""Calendar files as other programs export them, made by hand."""

from datetime import UTC, datetime

from tracker.ical.calendar_import import read_calendar_file
from tracker.rules.events.plans import CalendarFile, FileEvent

NOW = datetime(2026, 12, 15, 15, tzinfo=UTC)
ZONE = "America/Chicago"
AT_TEN = "DTSTART;TZID=America/Chicago:20270112T100000", "DTEND;TZID=America/Chicago:20270112T110000"


def vevent(*lines: str, uid: str = "one@example", title: str = "Core group") -> str:
    """Return an event; without other times on Tuesday, January 12, 2027, 10:00 to 11:00 AM."""
    has_start = any(line.startswith("DTSTART") for line in lines)
    body = (f"UID:{uid}", f"SUMMARY:{title}", *(() if has_start else AT_TEN), *lines)
    return "\r\n".join(("BEGIN:VEVENT", *body, "END:VEVENT"))


def calendar(*components: str) -> bytes:
    """Return a whole file."""
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", *components, "END:VCALENDAR", "")).encode()


def taken(*components: str) -> CalendarFile:
    """Read a file of these components."""
    return read_calendar_file(calendar(*components), NOW, ZONE)


def one_event(*lines: str) -> FileEvent:
    """Read a file of one event that is taken."""
    file = taken(vevent(*lines))
    assert [row.sentence for row in file.rest] == []
    [event] = file.events
    return event


def refusal(*lines: str) -> str:
    """Read a file of one event that is not taken, and return why."""
    file = taken(vevent(*lines))
    assert file.events == []
    [row] = file.rest
    return row.sentence
