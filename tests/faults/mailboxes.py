"""What people's calendars show after the mails that a server accepted, in the order in which it did.

As Gmail and Exchange do it: of mails with one Message-ID the first is kept, and the others are dropped. Then an entry
is replaced by one with a SEQUENCE that is as high or higher (RFC 5546 §2.1.5).
"""

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy

import icalendar

from tests.faults.server import MailServer


@dataclass(frozen=True)
class Entry:
    """An entry of a calendar; `starts_at` None = it was taken out."""

    sequence: int
    starts_at: datetime | None


def shown(server: MailServer) -> dict[str, list[datetime]]:
    """Return when events begin, by the address of the calendar's owner."""
    return {
        address: sorted(one.starts_at for one in entries.values() if one.starts_at)
        for address, entries in calendars(server).items()
    }


def calendars(server: MailServer) -> dict[str, dict[str, Entry]]:
    """Return each calendar's entries by UID, by the address of its owner; events with one date alone."""
    held: dict[str, dict[str, Entry]] = {}
    known: set[tuple[str, str]] = set()
    for content in server.accepted:
        mail = message_from_bytes(content, policy=policy.default)
        address, name = str(mail["To"]), str(mail["Message-ID"])
        entries = held.setdefault(address, {})
        if (address, name) in known:
            continue
        known.add((address, name))
        for part in mail.walk():
            if part.get_content_type() == "text/calendar":
                _apply(entries, icalendar.Calendar.from_ical(part.get_payload(decode=True)))
    return held


def _apply(entries: dict[str, Entry], calendar: icalendar.Calendar) -> None:
    [event] = calendar.events
    uid, sequence = str(event["UID"]), int(event["SEQUENCE"])
    if uid in entries and entries[uid].sequence > sequence:
        return
    entries[uid] = Entry(sequence, None if str(calendar["METHOD"]) == "CANCEL" else event.start)
