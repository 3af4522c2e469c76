"""Calendars that members share for finding a time: allowed addresses, how often they are read, what is kept.

Only spans of such a calendar are kept: from when, until when, and the kind of busy time. An address may reach only the
public internet. Of IPv6 only global unicast counts, which leaves out loopback, link-local, unique local and multicast
addresses, and those that contain an IPv4 address: mapped (::ffff:0:0/96) and NAT64 (64:ff9b::/96).
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from msgspec import Struct

from tracker.errors import Invalid
from tracker.rules.core.wording import Worded, to_local, to_utc

LONGEST_ADDRESS = 2_000  # characters
AHEAD = timedelta(days=184)
"""How far in the future spans are kept."""
EVERY = timedelta(hours=1)
"""How often a calendar is read; its owner's page shows this."""
LATER = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4), timedelta(hours=12), timedelta(days=1))
"""Pauses before retries of a calendar that could not be read: after the first failure, the second, and so on."""
STALE = timedelta(days=7)
"""A calendar that was not read for this long no longer counts."""
MOST_SPANS = 5_000

_HOST = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_REST = re.compile(r"[!-~]*")
NO_CALENDAR_ADDRESS = (
    "Paste the full calendar address, starting with https://. Its server must be on the public internet and have a "
    "name, not a number."
)
OWN_ADDRESS = "This is an address of the tracker itself. Paste the address of your own calendar."
PROGRAMS = {
    "outlook.office365.com": "Outlook",
    "outlook.office365.us": "Outlook",
    "outlook.live.com": "Outlook",
    "calendar.google.com": "Google Calendar",
    "icloud.com": "Apple Calendar",
}


class BusyKind(StrEnum):
    """The kind of a busy time."""

    BUSY = "busy"
    TENTATIVE = "tentative"
    OUT = "out"


class CalendarSpan(NamedTuple):
    """A busy time; aware UTC, end excluded."""

    starts_at: datetime
    ends_at: datetime
    kind: BusyKind


class ReadSpan(NamedTuple):
    """A span as it was read, with the UID of its entry, used only to leave out events of the tracker itself."""

    uid: str
    span: CalendarSpan


class CalendarProblem(Worded):
    """Why a calendar could not be read, and the sentence that its owner sees."""

    UNREACHABLE = (
        "unreachable",
        (
            "We haven’t been able to read your calendar since {since}. "
            "Publish it again in {program}, and paste the new address here."
        ),
    )
    """No reply, a refused address, a bad certificate: one value for all, so that it reveals no network."""
    CLOSED = (
        "closed",
        (
            "The address hasn’t had a calendar since {since}. "
            "Publish it again in {program}, and paste the new address here."
        ),
    )
    """The calendar's server replied, but not with a calendar."""
    TOO_LARGE = (
        "too_large",
        (
            "Your calendar has been too large to read since {since}. "
            "Publish it in {program} without details, and paste the new address here."
        ),
    )


class OwnSharedCalendar(Struct, frozen=True, kw_only=True):
    """A calendar that a member shares, as they see it; of its address only the host."""

    host: str
    added_at: datetime
    read_at: datetime | None
    failing_since: datetime | None
    problem: CalendarProblem | None
    unread: int
    """Entries that could not be read, and so count as free."""
    spans: int

    def is_known(self, now: datetime) -> bool:
        """Return whether what was read of it still counts."""
        return self.read_at is not None and now - self.read_at < STALE

    def trouble(self, since: str) -> str:
        """Return why it is not read, since when, and what its owner can do; empty while it is read."""
        return self.problem.label.format(since=since, program=self.program) if self.problem else ""

    @property
    def program(self) -> str:
        """Return the program or service that holds the calendar."""
        names = (name for host, name in PROGRAMS.items() if self.host == host or self.host.endswith(f".{host}"))
        return next(names, "your calendar app")


def check_calendar_address(text: str, own_host: str) -> str:
    """Return the address of a calendar: https, port 443, a host by name, no password.

    webcal:// is read as https://, as calendar programs do. Errors: Invalid(address).
    """
    given = text.strip()
    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError as odd:
        raise Invalid(address=NO_CALENDAR_ADDRESS) from odd
    host = parts.netloc.lower().removesuffix(":443")
    is_sound = (
        len(given) <= LONGEST_ADDRESS
        and _REST.fullmatch(given) is not None
        and parts.scheme in ("https", "webcal", "webcals")
        and port in (None, 443)
        and _HOST.fullmatch(host) is not None
    )
    if not is_sound:
        raise Invalid(address=NO_CALENDAR_ADDRESS)
    if host == own_host:
        raise Invalid(address=OWN_ADDRESS)
    return f"https://{host}{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"


def host_of_address(address: str) -> str:
    """Return the host of a checked address."""
    return address.split("/", 3)[2]


def kept_window(now: datetime, zone: str) -> tuple[datetime, datetime]:
    """Return the span in which busy times are kept: from the beginning of today on."""
    today = to_local(now, zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    return to_utc(today, zone), to_utc(today + AHEAD, zone)


def pause_before_next_read(failures: int) -> timedelta:
    """Return the pause before the next try after this many consecutive failures."""
    return LATER[min(failures, len(LATER)) - 1] if failures else EVERY


def merge_spans(spans: Iterable[CalendarSpan], start: datetime, end: datetime) -> list[CalendarSpan]:
    """Return the spans in [start, end), adjacent ones of one kind merged: their number is not kept."""
    calendar_spans: list[CalendarSpan] = []
    last: dict[BusyKind, int] = {}
    for span in sorted(spans):
        cut = span._replace(starts_at=max(span.starts_at, start), ends_at=min(span.ends_at, end))
        if cut.starts_at >= cut.ends_at:
            continue
        number = last.get(cut.kind)
        if number is not None and calendar_spans[number].ends_at >= cut.starts_at:
            merged = calendar_spans[number]
            calendar_spans[number] = merged._replace(ends_at=max(merged.ends_at, cut.ends_at))
        else:
            last[cut.kind] = len(calendar_spans)
            calendar_spans.append(cut)
    return calendar_spans


_GLOBAL_UNICAST = IPv6Network("2000::/3")
# IANA special-purpose registries (RFC 6890 and its updates), as a list: Python's own differs by release.
_NOT_PUBLIC_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments, including Teredo: contains an IPv4 address
            "2001:db8::/32",
            "3fff::/20",  # documentation
            "2002::/16",  # 6to4: contains an IPv4 address
        ),
    )
)
_NOT_PUBLIC_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",  # behind a carrier's NAT (RFC 6598)
            "127.0.0.0/8",
            "168.63.129.16/32",  # Azure serves its own virtual machines here
            "169.254.0.0/16",  # link-local: metadata of cloud machines
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",  # multicast, reserved, broadcast
        ),
    )
)


def is_public_address(text: str) -> bool:
    """Return whether a numeric address belongs to the public internet; False for other text."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    return address in _GLOBAL_UNICAST and not any(address in network for network in _NOT_PUBLIC_V6)
