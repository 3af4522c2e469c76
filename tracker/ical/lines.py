"""Content lines (RFC 5545 §3.1): the one place where text becomes bytes of a calendar.

Nothing that a person typed can start a line of its own: names are fixed, values are escaped, and control characters are
refused. No `assert` is relied on, so `python -O` changes nothing.
"""

import re
from collections.abc import Iterable

from tracker.errors import Invalid

LONGEST = 75  # octets of a line without its line end
INSIDE = 0x80  # the upper two bits of a UTF-8 continuation byte
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_NOT_IN_PARAMETERS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_MAIL_ADDRESS = re.compile(r"[^\s\x00-\x20\x7f-\x9f\"<>(),;:\\\[\]@]{1,64}@[A-Za-z0-9.-]{1,255}")
_WEB_ADDRESS = re.compile(r"https?://[!#-;=?-Z_a-z~%\[\]]{1,2000}")


def text(name: str, value: str) -> bytes:
    """Return a property of type TEXT (§3.3.11). Errors: Invalid for control characters but newline and tab."""
    return fold(f"{name}:{escaped(value)}")


def texts(name: str, values: Iterable[str]) -> bytes:
    """Return a property that lists texts, for example CATEGORIES. Errors as in `text`."""
    return fold(f"{name}:{','.join(escaped(one) for one in values)}")


def plain(name: str, value: str) -> bytes:
    """Return a property whose value this package made: a date, a number, a keyword. Errors: Invalid for controls."""
    _refuse(_FORBIDDEN, value)
    return fold(f"{name}:{value}")


def address(name: str, email: str, common_name: str, *parameters: str) -> bytes:
    """Return a property of type CAL-ADDRESS (§3.3.3): ORGANIZER or ATTENDEE.

    Errors: Invalid for a malformed address or name.
    """
    if not is_mail_address(email):
        raise Invalid("This email address can't be used in a calendar.")
    return fold(f"{';'.join((name, f'CN={_quoted(common_name)}', *parameters))}:mailto:{email}")


def is_mail_address(email: str) -> bool:
    """Return whether a text is an address that a calendar can hold."""
    return _MAIL_ADDRESS.fullmatch(email) is not None


def link(name: str, url: str) -> bytes:
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
