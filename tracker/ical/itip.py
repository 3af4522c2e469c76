"""Calendar messages for one reader: invitations, updates, cancellations, declined proposals, tasks (RFC 5546 §3)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
from msgspec import Struct, field
from msgspec.structs import replace

from tracker.ical import lines
from tracker.ical.timezones import vtimezone
from tracker.ical.vevents import PRODUCT, CalendarEntry, Organizer, calendar_entries, of_date, of_series, vevent
from tracker.rules.actions.action_items import ActionItem, ItemStatus
from tracker.rules.calendars.feeds import FeedLevel
from tracker.rules.core.message_types import MailedEntry
from tracker.rules.core.wording import zone_of
from tracker.rules.emails.emails import DeclinedProposal
from tracker.rules.events.events import Event, Occurrence
from tracker.rules.events.replies import AttendeeRole, ReplyValue

# RFC 5545 §3.2.16
ROLES = {
    AttendeeRole.CHAIR: "CHAIR",
    AttendeeRole.REQUIRED: "REQ-PARTICIPANT",
    AttendeeRole.OPTIONAL: "OPT-PARTICIPANT",
    AttendeeRole.INFORMED: "NON-PARTICIPANT",
}
PEOPLE = ("ORGANIZER", "ATTENDEE")


class Attendee(Struct, frozen=True, kw_only=True):
    """The reader of the message, the only person it names besides the organizer."""

    name: str
    email: str
    reply: ReplyValue
    """For the whole event; also for dates that are not in `replies`."""
    replies: Mapping[datetime, ReplyValue] = field(default_factory=dict)
    """For single dates of a series, by their RECURRENCE-ID."""
    role: AttendeeRole
    joined_or_left_at: datetime | None = None
    """When they last came on the list, or off it, if the event itself didn't change with that."""
    is_read: bool = False
    """Whether the organizer's address reads the replies of calendar programs."""
    sent_by: str = ""
    """The email address of the person in whose place they come (DELEGATED-FROM)."""
    sends: str = ""
    """The email address of the person who comes in their place (DELEGATED-TO)."""


def request_message(
    event: Event,
    dates: Sequence[Occurrence],
    attendee: Attendee,
    organizer: Organizer,
    *,
    only: Occurrence | None = None,
    is_discreet: bool = False,
) -> bytes:
    """Return METHOD:REQUEST for the whole event, or for one date alone as Outlook needs it; the same bytes each time.

    A canceled date is an EXDATE. A date has a VEVENT of its own also when its reply is not that for the event, because
    PARTSTAT counts for all dates of a VEVENT. Restricted events, and all events for readers who chose time-only emails,
    have only a neutral title and the time. Errors: Invalid for values that a calendar can't hold, or when no date is
    left.
    """
    is_one_date = only is not None and event.is_series
    if only and is_one_date:
        entries = [of_date(only)]
    else:
        replied = frozenset(start for start, reply in attendee.replies.items() if reply is not attendee.reply)
        entries = calendar_entries(event, dates, lambda occurrence: occurrence.is_canceled, alone=replied)
    return _message("REQUEST", entries, _level(event, is_discreet=is_discreet), attendee, organizer)


def cancel_message(
    event: Event,
    dates: Sequence[Occurrence],
    attendee: Attendee,
    organizer: Organizer,
    *,
    only: Occurrence | None = None,
    is_discreet: bool = False,
) -> bytes:
    """Return METHOD:CANCEL for the whole event or one date: it was canceled, or this reader is no longer invited.

    Its SEQUENCE is never lower than the last one sent to the reader. Errors as in `request_message`.
    """
    if only and event.is_series:
        entry = of_date(only)
    elif event.is_series:
        entry = replace(of_series(event), sequence=max(event.sequence, *(occurrence.sequence for occurrence in dates)))
    else:
        [entry] = [replace(of_date(occurrence), recurrence_id=None) for occurrence in dates[:1]]
    level = _level(event, is_discreet=is_discreet)
    return _message("CANCEL", [replace(entry, is_off=True)], level, attendee, organizer)


def take_out(entry: MailedEntry, attendee: Attendee, organizer: Organizer) -> bytes:
    """Return METHOD:CANCEL that identifies the entry by its UID and reveals nothing else: no time, no title.

    For a reader who may no longer see the event. DTSTART may be left out beside a METHOD (RFC 5545 §3.6.1).
    """
    event = b"".join(
        (
            b"BEGIN:VEVENT\r\n",
            lines.text_line("UID", entry.uid),
            lines.utc_line("DTSTAMP", entry.at),
            lines.plain_line("SEQUENCE", str(entry.sequence)),
            lines.plain_line("STATUS", "CANCELLED"),
            lines.address_line("ORGANIZER", organizer.address, organizer.name),
            _attendee(attendee, "CANCEL"),
            b"END:VEVENT\r\n",
        )
    )
    return _calendar("CANCEL", (), [event])


def decline_counter(proposal: DeclinedProposal, attendee: Attendee, organizer: Organizer) -> bytes:
    """Return METHOD:DECLINECOUNTER: the proposal of another time for a date was declined.

    It names neither the title nor a time: the reader's calendar stays as it is. Errors as in `request_message`.
    """
    date, event = proposal.date, proposal.date.event
    write = lines.day_line if event.is_all_day else lines.time_line
    body = b"".join(
        (
            b"BEGIN:VEVENT\r\n",
            lines.text_line("UID", event.uid),
            write("RECURRENCE-ID", date.original_start, zone_of(event.zone)) if event.is_series else b"",
            lines.utc_line("DTSTAMP", proposal.at),
            lines.plain_line("SEQUENCE", str(proposal.sequence)),
            lines.text_line("COMMENT", proposal.comment) if proposal.comment else b"",
            lines.address_line("ORGANIZER", organizer.address, organizer.name),
            _attendee(attendee, "DECLINECOUNTER"),
            b"END:VEVENT\r\n",
        )
    )
    is_timed = event.is_series and not event.is_all_day
    return _calendar("DECLINECOUNTER", [event.zone] if is_timed else (), [body])


def _message(
    method: str, entries: Sequence[CalendarEntry], level: FeedLevel, attendee: Attendee, organizer: Organizer
) -> bytes:
    is_free = not attendee.role.takes_part
    body = []
    for entry in entries:
        reply = attendee.replies.get(entry.recurrence_id) if entry.recurrence_id else None
        reader = replace(attendee, reply=reply) if reply else attendee
        dated = replace(entry, joined_or_left_at=attendee.joined_or_left_at)
        people = (_attendee(reader, method),)
        body.append(vevent(dated, level, organizer, people, marks_canceled=False, is_free=is_free))
    zones = sorted({entry.zone.key for entry in entries if not entry.event.is_all_day})
    return _calendar(method, zones, body)


def _calendar(method: str, zones: Sequence[str], events: Sequence[bytes]) -> bytes:
    message = b"".join(
        (
            b"BEGIN:VCALENDAR\r\n",
            lines.plain_line("VERSION", "2.0"),
            lines.text_line("PRODID", PRODUCT),
            lines.plain_line("CALSCALE", "GREGORIAN"),
            lines.plain_line("METHOD", method),
            *(vtimezone(zone) for zone in zones),
            *events,
            b"END:VCALENDAR\r\n",
        )
    )
    calendar = icalendar.Calendar.from_ical(message)
    read_back = calendar.walk("VEVENT")
    is_sound = (
        str(calendar.get("METHOD")) == method
        and len(read_back) == len(events) > 0
        and not any(component.errors for component in calendar.walk())
        and len({str(event["UID"]) for event in read_back}) == 1
        and all(
            len(event.get(name, [])) > 0 and not isinstance(event[name], list) for event in read_back for name in PEOPLE
        )
    )
    if not is_sound:  # another program would read it differently: it is never sent
        raise ValueError("The calendar message doesn't read back unchanged.")
    return message


def _level(event: Event, *, is_discreet: bool) -> FeedLevel:
    if is_discreet:
        return FeedLevel.APPOINTMENT
    return FeedLevel.DISCREET if event.is_restricted else FeedLevel.FULL


def _attendee(attendee: Attendee, method: str) -> bytes:
    reply = "DELEGATED" if lines.is_mail_address(attendee.sends) else attendee.reply.upper().replace("_", "-")
    # FALSE (RFC 5545 §3.2.17) where no one reads the replies: people reply with the buttons of the email.
    is_asked = attendee.is_read and attendee.role.is_asked
    asks = (f"RSVP={'TRUE' if is_asked else 'FALSE'}",) if method == "REQUEST" else ()
    delegations = (("DELEGATED-TO", attendee.sends), ("DELEGATED-FROM", attendee.sent_by))  # RFC 5545 §3.2.4, §3.2.5
    return lines.address_line(
        "ATTENDEE",
        attendee.email,
        attendee.name,
        "CUTYPE=INDIVIDUAL",
        f"ROLE={ROLES[attendee.role]}",
        f"PARTSTAT={reply}",
        *(f'{name}="mailto:{other}"' for name, other in delegations if lines.is_mail_address(other)),
        *asks,
    )


STATUSES = {
    ItemStatus.OPEN: "NEEDS-ACTION",
    ItemStatus.IN_PROGRESS: "IN-PROCESS",
    ItemStatus.BLOCKED: "NEEDS-ACTION",
    ItemStatus.DONE: "COMPLETED",
    ItemStatus.CANCELED: "CANCELLED",
}
"""RFC 5545 §3.8.1.11, which has no word for a blocked task."""
DAY = timedelta(days=1)


def vtodo_calendar(item: ActionItem, organizer: Organizer, zone: str, *, is_withdrawn: bool = False) -> bytes:
    """Return METHOD:PUBLISH with one task (RFC 5546 §3.4.1); the same bytes until the item changes.

    PUBLISH, because a REQUEST makes programs ask people to accept or to decline, which changes nothing here. `zone` is
    the task force's; `is_withdrawn` cancels the task of an earlier owner. Errors: Invalid for text that a calendar
    can't hold.
    """
    status = ItemStatus.CANCELED if is_withdrawn else item.status
    is_done = status is ItemStatus.DONE
    # PUBLISH must have a start, and a task is due after that (RFC 5545 §3.8.2.3).
    starts = min(item.created_at.astimezone(ZoneInfo(zone)).date(), item.due - DAY)
    parts = (
        lines.text_line("UID", item.uid),
        lines.utc_line("DTSTAMP", item.changed_at),
        lines.utc_line("LAST-MODIFIED", item.changed_at),
        lines.plain_line("SEQUENCE", str(item.sequence)),
        lines.text_line("SUMMARY", item.title),
        lines.plain_line("DTSTART;VALUE=DATE", f"{starts:%Y%m%d}"),
        lines.plain_line("DUE;VALUE=DATE", f"{item.due:%Y%m%d}"),
        lines.plain_line("PRIORITY", "0"),
        lines.plain_line("STATUS", STATUSES[status]),
        lines.plain_line("PERCENT-COMPLETE", str(item.progress)),
        lines.utc_line("COMPLETED", item.closed_at) if is_done and item.closed_at else b"",
        lines.link_line("URL", f"{organizer.base_url}/action-items/{item.reference}"),
        lines.address_line("ORGANIZER", organizer.address, organizer.name),
    )
    begin = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + lines.text_line("PRODID", PRODUCT)
    message = b"".join((begin, b"METHOD:PUBLISH\r\nBEGIN:VTODO\r\n", *parts, b"END:VTODO\r\nEND:VCALENDAR\r\n"))
    tasks = icalendar.Calendar.from_ical(message).walk("VTODO")
    read_back = [(str(task["UID"]), str(task["SUMMARY"]), bool(task.errors)) for task in tasks]
    if read_back != [(item.uid, item.title, False)]:  # another program would read it differently: it is never sent
        raise ValueError("The task doesn't read back unchanged.")
    return message
