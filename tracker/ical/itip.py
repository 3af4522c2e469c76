"""Calendar messages for one reader, and what their program sends back (RFC 5546 §3).

Invitations, updates, cancellations, declined proposals, and tasks go out; REPLY and COUNTER come in, also about a task.
"""

import html
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
from msgspec import Struct, field
from msgspec.structs import replace

from tracker.errors import Invalid
from tracker.ical import lines
from tracker.ical.foreign_events import Zones, zones_of
from tracker.ical.lines import Component, Components, Property, components, parameters_in, vtimezone
from tracker.ical.vevents import PRODUCT, CalendarEntry, Organizer, calendar_entries, of_date, of_series, vevent
from tracker.rules.actions import LONGEST_NOTE, ActionItem, ItemStatus
from tracker.rules.calendars.feeds import FeedLevel
from tracker.rules.core.clean_text import clean
from tracker.rules.core.message_types import AnswerWord, EmailedEntry
from tracker.rules.core.wording import to_utc, zone_of
from tracker.rules.emails.emails import DeclinedProposal
from tracker.rules.events.events import Event, Occurrence
from tracker.rules.events.replies import LONGEST_COMMENT, AttendeeRole, ReplyValue
from tracker.rules.intake.calendar_replies import CalendarReply, DateNamed, ProposedTimes, TaskReply

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


def take_out(entry: EmailedEntry, attendee: Attendee, organizer: Organizer) -> bytes:
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
    reply = "DELEGATED" if lines.is_email_address(attendee.sends) else attendee.reply.upper().replace("_", "-")
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
        *(f'{name}="mailto:{other}"' for name, other in delegations if lines.is_email_address(other)),
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


LARGEST = 1_000_000  # bytes
MOST = 10  # events in one reply; Outlook sends a series and its changed dates in one
MOST_ATTENDEES = 50  # of one event
MOST_OTHERS = 50  # time zones, and tasks
MOST_PARAMETERS = 20_000
METHODS = ("REPLY", "COUNTER")
TWO_METHODS = "The email and its calendar name different methods."
DELEGATED = "DELEGATED"
VALUES = {
    "ACCEPTED": ReplyValue.ACCEPTED,
    "TENTATIVE": ReplyValue.TENTATIVE,
    "DECLINED": ReplyValue.DECLINED,
    DELEGATED: ReplyValue.DECLINED,
}  # PARTSTAT, RFC 5545 §3.2.12; to delegate is to decline and to send someone
EVERY = 1_000_000  # characters: a comment is cut later
LONGEST_SEQUENCE = 9  # digits


def read_reply_email(content: bytes, home: str, sender: str = "", declared: str = "") -> list[CalendarReply]:
    """Return the replies in a calendar file; `home` is the zone of times without one.

    A proposal of another time may name several people (RFC 5546 §3.2.7): then it is that of the `sender`, an address in
    small letters. `declared` is the method in the email's Content-Type, if it has one: both must be the same (RFC 6047
    §2.4). Errors: Invalid when it isn't a reply that can be read, TooLarge.
    """
    file = bounded(content)
    method = file.method.upper()
    if method not in METHODS or not file.events:
        raise Invalid("This is not a reply to an invitation.")
    if declared and declared.upper() != method:
        raise Invalid(TWO_METHODS)
    zones = zones_of(file.zones, home)
    if method == "COUNTER":
        return [
            replace(_reply(event, _own(event, sender), zones), proposal=_proposed(event, zones))
            for event in file.events
        ]
    return [_reply(event, _delegator(event) or _only(event), zones) for event in file.events]


def bounded(content: bytes) -> Components:
    """Return the content of a file that is as small as a reply. Errors: Invalid, TooLarge."""
    file = components(content, MOST, LARGEST, MOST_OTHERS)
    if parameters_in(file) > MOST_PARAMETERS:
        raise Invalid("The reply has more parameters than a program writes.")
    return file


def _only(component: Component) -> Property | None:
    """Return the person of METHOD:REPLY, which names one (RFC 5546 §3.2.3)."""
    return component.one("ATTENDEE") if len(component.lines.get("ATTENDEE", ())) == 1 else None


def _delegator(component: Component) -> Property | None:
    """Return the one of two attendees who delegates to the other: some programs name both."""
    if len(component.lines.get("ATTENDEE", ())) != 2:  # noqa: PLR2004 - a pair
        return None
    first, second = component.all("ATTENDEE")
    pairs = ((first, second), (second, first))
    return next((each for each, other in pairs if _delegate(each) == _address(other.value) != ""), None)


def _delegate(person: Property) -> str | None:
    """Return whom a person delegates to (RFC 5546 §2.1.2), or an empty text if that is no one address."""
    is_delegated = person.parameters.get("PARTSTAT", "").upper() == DELEGATED
    return _address(person.parameters.get("DELEGATED-TO", "")) if is_delegated else None


def _own(component: Component, sender: str) -> Property | None:
    if 1 < len(component.lines.get("ATTENDEE", ())) <= MOST_ATTENDEES:
        return next((person for person in component.all("ATTENDEE") if _address(person.value) == sender), None)
    return _only(component)


def _reply(component: Component, person: Property | None, zones: Zones) -> CalendarReply:
    said = person.parameters.get("PARTSTAT", "").upper() if person else ""
    google_note = person.parameters.get("X-RESPONSE-COMMENT", "") if person else ""
    # An entity takes up to ten characters.
    comment = component.text("COMMENT") or html.unescape(google_note[: 10 * LONGEST_COMMENT])
    sequence = component.text("SEQUENCE").strip()
    is_number = sequence.isdecimal() and sequence.isascii() and len(sequence) <= LONGEST_SEQUENCE
    return CalendarReply(
        uid=component.text("UID").strip(),
        attendee=_address(person.value) if person else "",
        value=VALUES.get(said),
        comment=clean(comment, EVERY, "comment", multiline=True)[:LONGEST_COMMENT].rstrip(),
        sequence=int(sequence) if is_number else None,
        stamped_at=_moment(component, zones),
        date=_named(component, "RECURRENCE-ID", zones),
        delegate=_delegate(person) if person else None,
    )


def _proposed(component: Component, zones: Zones) -> ProposedTimes:
    """Return the times of METHOD:COUNTER; Outlook adds those that they replace. Errors: Invalid without DTSTART."""
    starts = _named(component, "DTSTART", zones)
    if starts is None:
        raise Invalid("The proposal has no time.")
    first, last = _named(component, "X-MS-OLK-ORIGINALSTART", zones), _named(component, "X-MS-OLK-ORIGINALEND", zones)
    return ProposedTimes(
        starts=starts, ends=_named(component, "DTEND", zones), was=(first, last) if first and last else None
    )


def _address(value: str) -> str:
    """Return the address of a mailto: URI (RFC 5545 §3.3.3) in small letters."""
    scheme, _, address = value.rpartition(":")
    return address.strip().lower() if scheme.lower() in ("mailto", "") else ""


def _moment(component: Component, zones: Zones) -> datetime | None:
    """Return DTSTAMP, which is in UTC by RFC 5545 §3.8.7.2; some programs write another zone."""
    stamp = component.one("DTSTAMP")
    if stamp is None:
        return None
    at = zones.stamp(stamp)
    return at.local.replace(tzinfo=UTC) if at.zone in (None, "UTC") else to_utc(at.local, at.zone)


def _named(component: Component, name: str, zones: Zones) -> DateNamed | None:
    """Return a time of the event as the program wrote it."""
    written = component.one(name)
    if written is None:
        return None
    at = zones.stamp(written)
    if at.zone is None:
        return DateNamed(moment=None, local=at.local, is_day=at.is_day)
    moment = at.local.replace(tzinfo=UTC) if at.is_utc else to_utc(at.local, at.zone)
    return DateNamed(moment=moment, local=at.local)


LARGEST_TASK = 100_000  # bytes: a file that is no reply about a task is read once more
WORDS = {"COMPLETED": AnswerWord.DONE, "IN-PROCESS": AnswerWord.IN_PROGRESS}
"""STATUS and PARTSTAT of a VTODO (RFC 5545 §3.8.1.11, §3.2.12)."""


def read_task_reply(content: bytes, declared: str = "") -> TaskReply | None:
    """Return the reply about one task in a calendar file; None for a file of anything else.

    `declared` is as in `read_reply_email`. Errors: Invalid when it can't be read.
    """
    if len(content) > LARGEST_TASK or content.upper().count(b"BEGIN:VTODO") != 1:
        return None
    file = bounded(content)
    if file.method.upper() != "REPLY" or file.events or len(file.tasks) != 1:
        return None
    if declared and declared.upper() != "REPLY":
        raise Invalid(TWO_METHODS)
    [task] = file.tasks
    person = _only(task)
    partstat = person.parameters.get("PARTSTAT", "").upper() if person else ""
    status = task.text("STATUS").strip().upper()
    return TaskReply(
        uid=task.text("UID").strip(),
        attendee=_address(person.value) if person else "",
        word=WORDS.get(status) or WORDS.get(partstat),
        comment=clean(task.text("COMMENT"), EVERY, "comment", multiline=True)[:LONGEST_NOTE].rstrip(),
    )
