"""Replies and proposals as calendar programs write them (RFC 5546 §3.2.3, §3.2.7): the demo sends them to itself.

After replies that people published: Exchange, Google, Apple's iCal, and Nextcloud; which ones, each function says.
After what documents and source code say: Thunderbird, and the notes and single dates of Apple. Times are on the clocks
of the Central zone, where the demo is.
"""

import html
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from tracker.errors import Invalid
from tracker.ical import lines
from tracker.ical.foreign_events import Zones, zones_of
from tracker.ical.lines import Component, components, escaped, fold
from tracker.rules.core.wording import to_utc

CENTRAL = ZoneInfo("America/Chicago")
MOST, LARGEST = 1_000, 1_000_000  # events in an invitation, and bytes
ZONE = (
    "BEGIN:VTIMEZONE\r\nTZID:{}\r\nBEGIN:STANDARD\r\nDTSTART:16010101T020000\r\n"
    "TZOFFSETFROM:-0500\r\nTZOFFSETTO:-0600\r\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=1SU;BYMONTH=11\r\nEND:STANDARD\r\n"
    "BEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:-0600\r\nTZOFFSETTO:-0500\r\n"
    "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=2SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"
)
IANA_ZONE = ZONE.format(CENTRAL.key).encode()
WINDOWS = "Central Standard Time"
WINDOWS_ZONE = ZONE.format(WINDOWS).encode()


class ClientInvitation(Struct, frozen=True, kw_only=True):
    """What a calendar program keeps of METHOD:REQUEST; the times are aware."""

    uid: str
    title: str
    organizer: str
    """An email address: where replies go."""
    url: str
    """The page of the event; empty = none."""
    starts: datetime
    ends: datetime
    sequence: int | None
    date: datetime | None = None
    """The original start of the only date that it is about (RECURRENCE-ID); None = the whole event."""
    is_series: bool = False
    """Whether it repeats, from `starts` on."""


class ClientReply(Struct, frozen=True, kw_only=True):
    """What someone selects in their calendar program."""

    who: str
    """Their email address."""
    said: str
    """PARTSTAT (RFC 5545 §3.2.12)."""
    stamped_at: datetime
    note: str = ""
    proposed: tuple[datetime, datetime] | None = None
    """Another time that they propose; only Outlook and Google Calendar can."""


def invitation_in(content: bytes, home: str) -> ClientInvitation | None:
    """Return the invitation in a calendar file, the series before its dates; None for a file that isn't one.

    `home` is the zone of times without one. Errors: Invalid, TooLarge.
    """
    file = components(content, MOST, LARGEST)
    if file.method.upper() != "REQUEST" or not file.events:
        return None
    zones = zones_of(file.zones, home)
    component = next((event for event in file.events if "RECURRENCE-ID" not in event.lines), file.events[0])
    starts, ends = _moment(component, "DTSTART", zones), _moment(component, "DTEND", zones)
    if starts is None or ends is None:
        raise Invalid(f"The invitation has no {'DTEND' if starts else 'DTSTART'}.")
    organizer, number = component.one("ORGANIZER"), component.text("SEQUENCE")
    return ClientInvitation(
        uid=component.text("UID"),
        title=component.text("SUMMARY"),
        organizer=organizer.value.partition(":")[2] if organizer else "",
        url=component.text("URL"),
        starts=starts,
        ends=ends,
        sequence=int(number) if number else None,
        date=_moment(component, "RECURRENCE-ID", zones),
        is_series="RRULE" in component.lines,
    )


def outlook(of: ClientInvitation, reply: ClientReply) -> bytes:
    """Return the reply of Exchange: no ORGANIZER, one bare ATTENDEE, a Windows zone, and a note with a line end.

    After the replies in issues 7962 of nextcloud/calendar and 53949 of nextcloud/server. A proposal is the reply
    itself, with another time, and the present one beside it ([MS-OXCICAL] §2.1.3.1.1.20).
    """
    language = "LANGUAGE=en-US"
    starts, ends = reply.proposed or (of.starts, of.ends)
    was = (
        (_local("X-MS-OLK-ORIGINALSTART", of.starts, WINDOWS), _local("X-MS-OLK-ORIGINALEND", of.ends, WINDOWS))
        if reply.proposed
        else ()
    )
    event = (
        fold(f"ATTENDEE;PARTSTAT={reply.said};CN=Liaison:mailto:{reply.who}"),
        fold(f"COMMENT;{language}:{escaped(reply.note)}\\n"),
        fold(f"UID:{of.uid}"),
        _recurrence(of, WINDOWS),
        fold(f"SUMMARY;{language}:{reply.said.title()}: {escaped(of.title)}"),
        _local("DTSTART", starts, WINDOWS),
        _local("DTEND", ends, WINDOWS),
        b"CLASS:PUBLIC\r\nPRIORITY:5\r\n",
        lines.utc_line("DTSTAMP", reply.stamped_at),
        b"TRANSP:OPAQUE\r\nSTATUS:CONFIRMED\r\n",
        _sequence(of),
        b"X-MICROSOFT-CDO-APPT-SEQUENCE:0\r\nX-MICROSOFT-CDO-BUSYSTATUS:BUSY\r\n",
        *was,
    )
    return reply_calendar("Microsoft Exchange Server 2010", WINDOWS_ZONE, event, _method(reply))


def google(of: ClientInvitation, reply: ClientReply) -> bytes:
    """Return the reply of Google Calendar: UTC only, ORGANIZER and SEQUENCE kept, and the note in a parameter.

    After replies that people published. The note is HTML whose entities have a backslash before their semicolon. A
    proposal is after a captured one in an email program's tests of its `calendar-ics-parser`: another time, a PARTSTAT
    that can be ACCEPTED, and neither CREATED nor LAST-MODIFIED.
    """
    note = escaped(html.escape(" ".join(reply.note.split())))
    why = f';X-RESPONSE-COMMENT="{note}"' if note else ""
    person = f"CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={reply.said};CN={reply.who};X-NUM-GUESTS=0{why}"
    starts, ends = reply.proposed or (of.starts, of.ends)
    event = (
        lines.utc_line("DTSTART", starts),
        lines.utc_line("DTEND", ends),
        lines.utc_line("DTSTAMP", reply.stamped_at),
        fold(f"ORGANIZER;CN=Task Force:mailto:{of.organizer}"),
        fold(f"UID:{of.uid}"),
        fold(f"ATTENDEE;{person}:mailto:{reply.who}"),
        lines.utc_line("RECURRENCE-ID", of.date) if of.date else b"",
        b"" if reply.proposed else b"CREATED:20261101T120000Z\r\n" + lines.utc_line("LAST-MODIFIED", reply.stamped_at),
        _sequence(of),
        b"STATUS:CONFIRMED\r\n",
        fold(f"SUMMARY:{escaped(of.title)}"),
        b"TRANSP:OPAQUE\r\n",
    )
    head = b"CALSCALE:GREGORIAN\r\n"
    return reply_calendar("-//Google Inc//Google Calendar 70.9054//EN", head, event, _method(reply))


def apple(of: ClientInvitation, reply: ClientReply) -> bytes:
    """Return the reply of Apple Calendar: an IANA zone, ORGANIZER and SEQUENCE kept.

    After the reply of iCal 3 with which Apple tests its calendar server (apple/ccs-calendarserver).
    """
    return reply_calendar("-//Apple Inc.//macOS 15.1//EN", b"CALSCALE:GREGORIAN\r\n" + IANA_ZONE, _with_iana(of, reply))


def thunderbird(of: ClientInvitation, reply: ClientReply) -> bytes:
    """Return the reply of Thunderbird, which keeps what it was sent and has one ATTENDEE."""
    return reply_calendar("-//Mozilla.org/NONSGML Mozilla Calendar V1.1//EN", IANA_ZONE, _with_iana(of, reply))


def nextcloud(of: ClientInvitation, reply: ClientReply) -> bytes:
    """Return the reply of Nextcloud: ORGANIZER and SEQUENCE kept, and the note twice.

    After the replies of its server that its tests and those of Twake Calendar, which uses the same library, expect.
    """
    note = " ".join(reply.note.replace('"', "'").split())
    why = f';X-RESPONSE-COMMENT="{note}"' if note else ""
    event = (
        fold(f"UID:{of.uid}"),
        lines.utc_line("DTSTAMP", reply.stamped_at),
        _sequence(of),
        _local("DTSTART", of.starts, CENTRAL.key),
        _local("DTEND", of.ends, CENTRAL.key),
        _recurrence(of, CENTRAL.key),
        fold(f"SUMMARY:{escaped(of.title)}"),
        fold(f"ORGANIZER;CN=Task Force:mailto:{of.organizer}"),
        fold(f"ATTENDEE;PARTSTAT={reply.said};CN=Liaison{why}:mailto:{reply.who}"),
        fold(f"COMMENT:{escaped(reply.note)}") if reply.note else b"",
        b"REQUEST-STATUS:2.0;Success\r\n",
    )
    return reply_calendar("-//Sabre//Sabre VObject 4.5.7//EN", b"CALSCALE:GREGORIAN\r\n" + IANA_ZONE, event)


def reply_calendar(program: str, head: bytes, event: Iterable[bytes], method: str = "REPLY") -> bytes:
    """Return a file with one event, whose lines are given."""
    begin = f"BEGIN:VCALENDAR\r\nMETHOD:{method}\r\nPRODID:{program}\r\nVERSION:2.0\r\n".encode()
    return b"".join((begin, head, b"BEGIN:VEVENT\r\n", *event, b"END:VEVENT\r\nEND:VCALENDAR\r\n"))


PROGRAMS: Mapping[str, Callable[[ClientInvitation, ClientReply], bytes]] = {
    "outlook": outlook,
    "google": google,
    "apple": apple,
    "thunderbird": thunderbird,
    "nextcloud": nextcloud,
}


def _method(reply: ClientReply) -> str:
    return "COUNTER" if reply.proposed else "REPLY"


def _with_iana(of: ClientInvitation, reply: ClientReply) -> tuple[bytes, ...]:
    person = f"CN=Liaison;CUTYPE=INDIVIDUAL;EMAIL={reply.who};PARTSTAT={reply.said}"
    return (
        fold(f"ATTENDEE;{person}:mailto:{reply.who}"),
        fold(f"COMMENT:{escaped(reply.note)}") if reply.note else b"",
        _local("DTEND", of.ends, CENTRAL.key),
        lines.utc_line("DTSTAMP", reply.stamped_at),
        _local("DTSTART", of.starts, CENTRAL.key),
        fold(f"ORGANIZER;CN=Task Force:mailto:{of.organizer}"),
        _recurrence(of, CENTRAL.key),
        _sequence(of),
        fold(f"SUMMARY:{escaped(of.title)}"),
        fold(f"UID:{of.uid}"),
    )


def _recurrence(of: ClientInvitation, zone: str) -> bytes:
    return _local("RECURRENCE-ID", of.date, zone) if of.date else b""


def _local(name: str, moment: datetime, zone: str) -> bytes:
    return fold(f"{name};TZID={zone}:{moment.astimezone(CENTRAL):%Y%m%dT%H%M%S}")


def _sequence(of: ClientInvitation) -> bytes:
    return b"" if of.sequence is None else fold(f"SEQUENCE:{of.sequence}")


def _moment(component: Component, name: str, zones: Zones) -> datetime | None:
    written = component.one(name)
    if written is None:
        return None
    at = zones.stamp(written)
    return at.local.replace(tzinfo=UTC) if at.is_utc else to_utc(at.local, at.zone or zones.home)
