"""The beginning of an email as people read it, as plain text: from its text part, or else from its HTML."""

import html
import re
from collections.abc import Iterator
from email.message import Message

LONGEST = 20_000  # characters of text
LONGEST_HTML = 60_000  # characters: the style sheets of Outlook come first
UNSEEN = {"head", "style", "script", "title"}
_BREAKS = {**dict.fromkeys(("br", "div", "li", "tr"), "\n"), **dict.fromkeys(("p", "h1", "h2", "h3", "table"), "\n\n")}
_PIECE = re.compile(r"<!--|-->|<[^<>]*>|[^<]+?(?=-->|<|\Z)|<", re.DOTALL)
_TAG = re.compile(r"</?[a-z][a-z0-9]*", re.IGNORECASE)
_MARKS = re.compile(r"""\b(?:class|id)\s*=\s*["']?([^"'>]*)""", re.IGNORECASE)
QUOTES = {"gmail_quote", "gmail_attr", "moz-cite-prefix", "yahoo_quoted", "divrplyfwdmsg", "appendonsend"}
"""Classes and ids of what programs put around or above the email that they quote, in small letters."""


def plain(message: Message) -> str:
    """Return the beginning of an email's text; empty when it has none."""
    text = next(_texts(message, "text/plain"), "")
    return text[:LONGEST] if text.strip() else _of_html(next(_texts(message, "text/html"), ""))


def _texts(message: Message, kind: str) -> Iterator[str]:
    for part in message.walk():
        if part.get_content_type() == kind and part.get_content_disposition() != "attachment":
            raw = part.get_payload(decode=True)
            yield _decoded(raw if isinstance(raw, bytes) else b"", part.get_content_charset() or "utf-8")


def _decoded(raw: bytes, charset: str) -> str:
    try:
        return raw.decode(charset, "replace")
    except LookupError:  # a charset that no one knows
        return raw.decode("utf-8", "replace")


def _of_html(content: str) -> str:
    """Return the text of HTML, in which quoted text begins with ">".

    Python's own parser takes the square of the length of what isn't finished; here each character is looked at once.
    """
    pieces: list[str] = []
    unseen = ""
    for piece in _PIECE.findall(content[:LONGEST_HTML]):
        tag = _TAG.match(piece)
        name = tag[0].lower() if tag else ""
        if unseen:
            unseen = "" if name == f"</{unseen}" or piece == unseen else unseen
        elif piece == "<!--":
            unseen = "-->"
        elif name.removeprefix("<") in UNSEEN:
            unseen = name.removeprefix("<")
        elif _is_quote(name, piece):
            return "".join([*pieces, "\n>"])
        else:
            pieces.append(_BREAKS.get(name.strip("</"), "") if name else _seen(piece))
    return "".join(pieces)[:LONGEST]


def _is_quote(name: str, piece: str) -> bool:
    marks = {word for value in _MARKS.findall(piece) for word in value.lower().split()} if name else set()
    return name == "<blockquote" or not marks.isdisjoint(QUOTES)


def _seen(piece: str) -> str:
    return "" if piece.startswith("<") else html.unescape(" ".join(piece.split("\n")))
