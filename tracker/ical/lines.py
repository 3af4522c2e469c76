"""Content lines (RFC 5545 §3.1): the one place where text and times become bytes of a calendar."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tracker.errors import Invalid

LONGEST = 75  # octets of a line without its line end
INSIDE = 0x80  # the upper two bits of a UTF-8 continuation byte
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_NOT_IN_PARAMETERS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_MAIL_ADDRESS = re.compile(r"[^\s\x00-\x20\x7f-\x9f\"<>(),;:\\\[\]@]{1,64}@[A-Za-z0-9.-]{1,255}")
_WEB_ADDRESS = re.compile(r"https?://[!#-;=?-Z_a-z~%\[\]]{1,2000}")


def text_line(name: str, value: str) -> bytes:
    """Return a property of type TEXT (§3.3.11). Errors: Invalid for control characters but newline and tab."""
    return fold(f"{name}:{escaped(value)}")


def texts_line(name: str, values: Iterable[str]) -> bytes:
    """Return a property that lists texts, for example CATEGORIES. Errors as in `text_line`."""
    return fold(f"{name}:{','.join(escaped(value) for value in values)}")


def plain_line(name: str, value: str) -> bytes:
    """Return a property whose value this package made: a date, a number, a keyword. Errors: Invalid for controls."""
    _refuse(_FORBIDDEN, value)
    return fold(f"{name}:{value}")


def address_line(name: str, email: str, common_name: str, *parameters: str) -> bytes:
    """Return a property of type CAL-ADDRESS (§3.3.3): ORGANIZER or ATTENDEE.

    Errors: Invalid for a malformed address or name.
    """
    if not is_mail_address(email):
        raise Invalid("This email address can't be used in a calendar.")
    return fold(f"{';'.join((name, f'CN={_quoted(common_name)}', *parameters))}:mailto:{email}")


def is_mail_address(email: str) -> bool:
    """Return whether a text is an address that a calendar can hold."""
    return _MAIL_ADDRESS.fullmatch(email) is not None


def link_line(name: str, url: str) -> bytes:
    """Return a property of type URI (§3.3.13). Errors: Invalid for anything but a web address."""
    if not is_web_address(url):
        raise Invalid("This isn't a web address.")
    return fold(f"{name}:{url}")


def is_web_address(url: str) -> bool:
    """Return whether a text is a plain http or https address."""
    return _WEB_ADDRESS.fullmatch(url) is not None


def escaped(value: str) -> str:
    """Return a text as a value (§3.3.11). Errors: Invalid for control characters but newline and tab."""
    _refuse(_FORBIDDEN, value)
    return value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def fold(line: str) -> bytes:
    """Return a line in UTF-8, at most 75 octets between line ends, never cut inside a character (§3.1)."""
    rest = line.encode("utf-8")
    pieces: list[bytes] = []
    room = LONGEST
    while len(rest) > room:
        cut = room
        while rest[cut] & 0xC0 == INSIDE:
            cut -= 1
        pieces.append(rest[:cut])
        rest, room = rest[cut:], LONGEST - 1
    pieces.append(rest)
    return b"\r\n ".join(pieces) + b"\r\n"


def _quoted(value: str) -> str:
    """Return a parameter value in quotes; it can't contain quotes (§3.1), and not every client reads RFC 6868."""
    _refuse(_NOT_IN_PARAMETERS, value)
    return '"' + value.replace('"', "'") + '"'


def _refuse(forbidden: re.Pattern[str], value: str) -> None:
    if forbidden.search(value):
        raise Invalid("This text has characters that can't be used in a calendar.")


# Outlook refuses TZID=UTC, and some readers do not find the date that a RECURRENCE-ID with a Z names.
TZID_OF_UTC = "Etc/UTC"
ONE_DAY = timedelta(days=1)


def utc_line(name: str, moment: datetime) -> bytes:
    """Return a property in UTC (RFC 5545 §3.3.5 form 2), to the second."""
    return plain_line(name, f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}")


def time_line(name: str, value: datetime, zone: ZoneInfo) -> bytes:
    """Return a property on the clocks of the zone (form 3); `value` is a moment, or naive on those clocks.

    The second occurrence of a doubled hour can only be written in UTC.
    """
    local = value.astimezone(zone) if value.tzinfo else value
    if local.tzinfo and local.fold:
        return utc_line(name, local)
    return plain_line(f"{name};TZID={tzid(zone.key)}", f"{local:%Y%m%dT%H%M%S}")


def tzid(zone: str) -> str:
    """Return the TZID of an IANA zone."""
    return TZID_OF_UTC if zone == "UTC" else zone


def day_line(name: str, value: datetime, zone: ZoneInfo) -> bytes:
    """Return a property of type DATE (§3.3.4): the day on which `value` falls in the zone."""
    return plain_line(f"{name};VALUE=DATE", f"{_day(value, zone):%Y%m%d}")


def first_day_after(starts: datetime, ends: datetime, zone: ZoneInfo) -> datetime:
    """Return the end of an all-day event, naive: the day after its last one, at least one after its first."""
    last = max(_day(ends - timedelta.resolution, zone), _day(starts, zone))
    return datetime(last.year, last.month, last.day) + ONE_DAY  # noqa: DTZ001 - a day, not a moment


def _day(value: datetime, zone: ZoneInfo) -> date:
    return value.astimezone(zone).date() if value.tzinfo else value.date()


def duration_value(length: timedelta) -> str:
    """Return a DURATION value of whole minutes (§3.3.6), negative for one that comes before."""
    minutes = abs(length) // timedelta(minutes=1)
    hours, rest = divmod(minutes, 60)
    return f"{'-' if length < timedelta(0) else ''}PT{f'{hours}H' if hours else ''}{f'{rest}M' if rest else ''}"
