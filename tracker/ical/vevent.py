"""VEVENT (RFC 5545 §3.6.1): an entry as bytes, in full or with only its time."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from tracker.ical import lines, times
from tracker.ical.entries import Entry
from tracker.rules.calendars.alarms import NO_ALARMS, Alarms
from tracker.rules.calendars.feeds import Level, neutral_title
from tracker.rules.events.event import EventStatus, Kind
from tracker.rules.events.event_fields import BY_VIDEO

CANCELED = "Canceled: "


class Organizer(Struct, frozen=True, kw_only=True):
    """The address that a calendar program writes to about the event."""

    name: str
    address: str
    base_url: str = ""
    """The base address of event pages, without a trailing slash; empty = events have no link."""


def vevent(
    entry: Entry,
    level: Level,
    organizer: Organizer,
    attendees: Iterable[bytes] = (),
    alarms: Alarms = NO_ALARMS,
    *,
    marks_canceled: bool,
    is_free: bool = False,
) -> bytes:
    """Return one component; `attendees` are its ATTENDEE lines. A canceled entry has no alarm.

    `marks_canceled` puts "Canceled: " before the title, as feeds need: many programs do not show STATUS. An entry that
    `is_free` takes none of the reader's time. Errors: Invalid for text that a calendar can't hold.
    """
    prefix = CANCELED if entry.is_off and marks_canceled else ""
    body = _full(entry, prefix, organizer.base_url) if level is Level.FULL else _discreet(entry, level, prefix)
    people = (lines.address("ORGANIZER", organizer.address, organizer.name), *attendees)
    parts = (
        *_identity(entry),
        *_times(entry),
        *body,
        *_state(entry, is_free=is_free),
        *people,
        *_alarm(entry, level, alarms),
    )
    return b"".join((b"BEGIN:VEVENT\r\n", *parts, b"END:VEVENT\r\n"))


def _identity(entry: Entry) -> Iterator[bytes]:
    yield lines.text("UID", entry.event.uid)
    # Never now: the bytes stay the same until something changes. Of two messages with one SEQUENCE the later counts
    # (RFC 5546 §2.1.5), such as an invitation after a removal from an event that stayed as it was.
    yield times.stamp("DTSTAMP", max(entry.changed_at, entry.joined_or_left_at or entry.changed_at))
    yield times.stamp("LAST-MODIFIED", entry.changed_at)
    yield lines.plain("SEQUENCE", str(entry.sequence))


def _times(entry: Entry) -> Iterator[bytes]:
    is_all_day = entry.event.is_all_day
    ends = times.first_day_after(entry.starts, entry.ends, entry.zone) if is_all_day else entry.ends
    if entry.recurrence_id:
        yield _when("RECURRENCE-ID", entry.recurrence_id, entry)
    yield _when("DTSTART", entry.starts, entry)
    if ends != entry.starts:
        yield _when("DTEND", ends, entry)
    if entry.rrule:
        yield lines.plain("RRULE", entry.rrule)
    yield from (_when("EXDATE", one, entry) for one in entry.exdates)
    yield from (_when("RDATE", one, entry) for one in entry.rdates)


def _when(name: str, value: datetime, entry: Entry) -> bytes:
    """Return a time in the form of DTSTART: Outlook and Google ignore any other form of the same moment."""
    return times.day(name, value, entry.zone) if entry.event.is_all_day else times.time(name, value, entry.zone)


def _full(entry: Entry, prefix: str, base_url: str) -> Iterator[bytes]:
    event = entry.event
    yield lines.text("SUMMARY", prefix + _title(entry, Level.FULL))
    if event.marking:
        yield lines.plain("CLASS", "CONFIDENTIAL")
        yield lines.text("X-CUI-MARKING", event.marking.banner)
    if description := _description(entry):
        yield lines.text("DESCRIPTION", description)
    if place := entry.place or (BY_VIDEO if event.video_link else ""):
        yield lines.text("LOCATION", place)
    yield lines.texts("CATEGORIES", [event.kind.replace("_", " ").capitalize()])
    yield times.stamp("CREATED", event.created_at)
    if base_url:
        yield lines.link("URL", f"{base_url}/events/{event.id}")
    if lines.is_web_address(event.video_link):
        yield lines.link("CONFERENCE;VALUE=URI;FEATURE=VIDEO;LABEL=Video", event.video_link)  # RFC 7986 §5.11


def _description(entry: Entry) -> str:
    video, marking = entry.event.video_link, entry.event.marking
    agenda = [line for line in entry.agenda.split("\n") if line.strip()]
    parts = (
        f"{marking.banner}\n{marking.indicator}" if marking else "",
        entry.event.description,
        f"Video: {video}" if video else "",
        "\n".join(["Agenda", *(f"- {line}" for line in agenda)]) if agenda else "",
    )
    return "\n\n".join(part for part in parts if part)


def _discreet(entry: Entry, level: Level, prefix: str) -> Iterator[bytes]:
    yield lines.text("SUMMARY", prefix + _title(entry, level))
    yield lines.plain("CLASS", "CONFIDENTIAL")


def _state(entry: Entry, *, is_free: bool) -> Iterator[bytes]:
    is_tentative = entry.event.status is EventStatus.TENTATIVE
    status = "CANCELLED" if entry.is_off else "TENTATIVE" if is_tentative else "CONFIRMED"
    yield lines.plain("STATUS", status)
    is_free = is_free or entry.is_off or entry.event.kind is Kind.DEADLINE
    yield lines.plain("TRANSP", "TRANSPARENT" if is_free else "OPAQUE")


def _title(entry: Entry, level: Level) -> str:
    return entry.title if level is Level.FULL else neutral_title(entry.event.kind, level)


def _alarm(entry: Entry, level: Level, alarms: Alarms) -> Iterator[bytes]:
    """Yield a DISPLAY alarm (§3.6.6), which shows the title and no more than that."""
    trigger = alarms.trigger(is_all_day=entry.event.is_all_day)
    if trigger is None or entry.is_off:
        return
    yield b"BEGIN:VALARM\r\n"
    yield lines.plain("ACTION", "DISPLAY")
    yield lines.plain("TRIGGER", times.span(trigger))
    yield lines.text("DESCRIPTION", _title(entry, level))
    yield b"END:VALARM\r\n"
