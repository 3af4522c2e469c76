"""Writes emails as bytes (RFC 2045 to 2047): only the forms that the tracker needs, the same on every Python.

Python's own writer takes several times as long, and in some versions lets a text make headers. Its parser checks this
output before it is sent (`compose.check`).
"""

import base64
import binascii
from collections.abc import Iterable
from email.header import Header
from functools import lru_cache
from typing import NamedTuple

REMEMBERED = 4_096  # lines of text: most of those in an email are its layout, or go to everyone who gets it
LINE_END = b"\r\n"
LINE = 78  # characters (RFC 5322 §2.1.1)
OUTER, INNER = "=_parts_of_this_mail", "=_forms_of_this_letter"
"""Boundaries: the same for every try, and no text can contain them, because an = in it is written as =3D."""


class Part(NamedTuple):
    """A part with its headers; `kinds` are its own type and those of its parts, in order."""

    headers: tuple[str, ...]
    body: bytes
    kinds: tuple[str, ...]

    def as_bytes(self) -> bytes:
        """Return headers and body."""
        return "\r\n".join((*self.headers, "", "")).encode("ascii") + self.body


def readable(kind: str, text: str) -> Part:
    """Return text as quoted-printable UTF-8."""
    *whole, last = text.split("\n")
    body = b"".join([*map(_quoted, whole), _quoted(last).removesuffix(LINE_END)])
    headers = (f'Content-Type: {kind}; charset="utf-8"', "Content-Transfer-Encoding: quoted-printable")
    return Part(headers, body, (kind,))


@lru_cache(REMEMBERED)
def _quoted(line: str) -> bytes:
    """Return a line with its end; without one, the soft breaks within it would be lone LFs."""
    return binascii.b2a_qp(line.encode("utf-8") + LINE_END, istext=True)


def encoded(kind: str, content: bytes, parameters: str = "", *more: str) -> Part:
    """Return bytes as base64; `parameters` follow the type, `more` are further headers."""
    headers = (f"Content-Type: {kind}{parameters}", "Content-Transfer-Encoding: base64", *more)
    return Part(headers, base64.encodebytes(content).replace(b"\n", b"\r\n"), (kind,))


def multipart(kind: str, boundary: str, parts: Iterable[Part]) -> Part:
    """Return several parts as one."""
    held = list(parts)
    line = f"\r\n--{boundary}".encode("ascii")
    body = b"".join(line + b"\r\n" + part.as_bytes() for part in held) + line + b"--\r\n"
    kinds = tuple(inner for part in held for inner in part.kinds)
    return Part((f'Content-Type: {kind}; boundary="{boundary}"',), body.removeprefix(b"\r\n"), (kind, *kinds))


def header(name: str, text: str) -> str:
    """Return a header with one line of text, in encoded words if it is not ASCII, folded if it is long."""
    if text.isascii() and len(name) + len(text) + 2 <= LINE:
        return f"{name}: {text}"
    words = Header(text, "us-ascii" if text.isascii() else "utf-8", header_name=name)
    folded = words.encode(linesep="\r\n")
    return f"{name}: {folded}"
