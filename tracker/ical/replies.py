"""Reads what calendar programs send back: METHOD:REPLY and METHOD:COUNTER (RFC 5546 §3.2.3, §3.2.7)."""

import html
from datetime import UTC, datetime

from tracker.errors import Invalid
from tracker.ical.components import Component, Property, components
from tracker.ical.foreign_times import Zones, zones_of
from tracker.rules.core.clean_text import clean
from tracker.rules.core.wall_clock import to_utc
from tracker.rules.events.replies import LONGEST_COMMENT, ReplyValue
from tracker.rules.intake.calendar_replies import CalendarReply, DateNamed

LARGEST = 1_000_000  # bytes
MOST = 10  # events in one reply; Outlook sends a series and its changed dates in one
METHODS = ("REPLY", "COUNTER")
VALUES = {
    "ACCEPTED": ReplyValue.ACCEPTED,
    "TENTATIVE": ReplyValue.TENTATIVE,
    "DECLINED": ReplyValue.DECLINED,
}  # PARTSTAT, RFC 5545 §3.2.12
EVERY = 1_000_000  # characters: a comment is cut later
LONGEST_SEQUENCE = 9  # digits


def read(content: bytes, home: str) -> list[CalendarReply]:
    """Return the replies in a calendar file; `home` is the zone of times without one.

    Errors: Invalid when it isn't a reply that can be read, TooLarge.
    """
    found = components(content, MOST, LARGEST)
    method = found.method.upper()
    if method not in METHODS or not found.events:
        raise Invalid("This is not a reply to an invitation.")
    zones = zones_of(found.zones, home)
    return [_reply(one, zones, is_proposal=method == "COUNTER") for one in found.events]


def _reply(one: Component, zones: Zones, *, is_proposal: bool) -> CalendarReply:
    only = _only_attendee(one)
    address, said = attendee_of(one)
    comment = one.text("COMMENT") or (html.unescape(only.parameters.get("X-RESPONSE-COMMENT", "")) if only else "")
    return CalendarReply(
        uid=one.text("UID").strip(),
        attendee=address,
        value=VALUES.get(said),
        comment=clean(comment, EVERY, "comment", multiline=True)[:LONGEST_COMMENT].rstrip(),
        sequence=_sequence(one),
        stamped_at=_moment(one, zones),
        date=_date(one, zones),
        is_proposal=is_proposal,
    )


def attendee_of(one: Component) -> tuple[str, str]:
    """Return the address of the one attendee in small letters, and their PARTSTAT; empty for none or several."""
    only = _only_attendee(one)
    return (_address(only.value), only.parameters.get("PARTSTAT", "").upper()) if only else ("", "")


def _only_attendee(one: Component) -> Property | None:
    return one.one("ATTENDEE") if len(one.lines.get("ATTENDEE", ())) == 1 else None


def _address(value: str) -> str:
    """Return the address of a mailto: URI (RFC 5545 §3.3.3) in small letters."""
    scheme, _, address = value.rpartition(":")
    return address.strip().lower() if scheme.lower() in ("mailto", "") else ""


def _sequence(one: Component) -> int | None:
    text = one.text("SEQUENCE").strip()
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= LONGEST_SEQUENCE else None


def _moment(one: Component, zones: Zones) -> datetime | None:
    """Return DTSTAMP, which is in UTC by RFC 5545 §3.8.7.2; some programs write another zone."""
    stamp = one.one("DTSTAMP")
    if stamp is None:
        return None
    at = zones.stamp(stamp)
    return at.local.replace(tzinfo=UTC) if at.zone in (None, "UTC") else to_utc(at.local, at.zone)


def _date(one: Component, zones: Zones) -> DateNamed | None:
    named = one.one("RECURRENCE-ID")
    if named is None:
        return None
    at = zones.stamp(named)
    if at.zone is None:
        return DateNamed(moment=None, local=at.local, is_day=at.is_day)
    moment = at.local.replace(tzinfo=UTC) if at.is_utc else to_utc(at.local, at.zone)
    return DateNamed(moment=moment, local=at.local)
