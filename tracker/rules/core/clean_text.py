"""Text as people type it, made safe to store: nothing in it can start a line, hide, or turn the reading direction."""

import re
import unicodedata

from tracker.errors import Invalid

_LINE_ENDS = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "["
    "\x00-\x08\x0e-\x1f\x7f-\x9f"  # controls (C0, C1); tab and line ends are handled before
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi controls: a title must not show its end first
    "\ufeff\ufffe\uffff\ud800-\udfff"  # byte order mark, what XML forbids, halves of a character
    "]"
)


def clean(text: str, longest: int, field: str, *, multiline: bool = False) -> str:
    """Return the text without controls and outer space, in NFC, with plain newlines, or in one line.

    Line ends, tabs and runs of spaces in a text of one line become one space. Errors: Invalid(`field`) above `longest`
    characters.
    """
    lines = _LINE_ENDS.sub("\n", text).replace("\t", " ").split("\n")
    tidy = [unicodedata.normalize("NFC", _INVISIBLE.sub("", line)).rstrip() for line in lines]
    whole = (
        "\n".join(tidy).strip() if multiline else " ".join(word for line in tidy for word in line.split(" ") if word)
    )
    if len(whole) > longest:
        raise Invalid(**{field: too_long(whole, longest)})
    return whole


def too_long(text: str, longest: int) -> str:
    """Return the sentence for a text above its limit, the same wherever it was typed or sent."""
    return f"Use at most {longest:,} characters; this has {len(text):,}."
