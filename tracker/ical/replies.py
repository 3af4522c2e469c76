"""Reads what calendar programs send back: REPLY and COUNTER (RFC 5546 §3.2.3, §3.2.7), also about a task (§3.4.3)."""

import html
from datetime import UTC, datetime

from msgspec.structs import replace

from tracker.errors import Invalid
from tracker.ical.foreign_events import Zones, zones_of
from tracker.ical.lines import Component, Components, Property, components, parameters_in
from tracker.rules.actions.action_items import LONGEST_NOTE
from tracker.rules.core.clean_text import clean
from tracker.rules.core.message_types import AnswerWord
from tracker.rules.core.wording import to_utc
from tracker.rules.events.replies import LONGEST_COMMENT, ReplyValue
from tracker.rules.intake.calendar_replies import CalendarReply, DateNamed, ProposedTimes, TaskReply

LARGEST = 1_000_000  # bytes
MOST = 10  # events in one reply; Outlook sends a series and its changed dates in one
MOST_ATTENDEES = 50  # of one event
MOST_OTHERS = 50  # time zones, and tasks
MOST_PARAMETERS = 20_000
METHODS = ("REPLY", "COUNTER")
DELEGATED = "DELEGATED"
VALUES = {
    "ACCEPTED": ReplyValue.ACCEPTED,
    "TENTATIVE": ReplyValue.TENTATIVE,
    "DECLINED": ReplyValue.DECLINED,
    DELEGATED: ReplyValue.DECLINED,
}  # PARTSTAT, RFC 5545 §3.2.12; to delegate is to decline and to send someone
EVERY = 1_000_000  # characters: a comment is cut later
LONGEST_SEQUENCE = 9  # digits


def read_reply_email(content: bytes, home: str, sender: str = "") -> list[CalendarReply]:
    """Return the replies in a calendar file; `home` is the zone of times without one.

    A proposal of another time may name several people (RFC 5546 §3.2.7): then it is that of the `sender`, an address in
    small letters. Errors: Invalid when it isn't a reply that can be read, TooLarge.
    """
    file = bounded(content)
    method = file.method.upper()
    if method not in METHODS or not file.events:
        raise Invalid("This is not a reply to an invitation.")
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


def read_task_reply(content: bytes) -> TaskReply | None:
    """Return the reply about one task in a calendar file; None for a file of anything else.

    Errors: Invalid when it can't be read.
    """
    if len(content) > LARGEST_TASK or content.upper().count(b"BEGIN:VTODO") != 1:
        return None
    file = bounded(content)
    if file.method.upper() != "REPLY" or file.events or len(file.tasks) != 1:
        return None
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
