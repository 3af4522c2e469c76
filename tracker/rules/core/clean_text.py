"""Text that people type, made safe to store: it can't start a new line, hide, or reverse the reading direction."""

import re
import unicodedata

from tracker.errors import Invalid

_LINE_ENDS = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "["
    "\x00-\x08\x0e-\x1f\x7f-\x9f"  # control characters (C0, C1); tabs and line ends are handled earlier
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional controls: they could show the end of a title first
    "\ufeff\ufffe\uffff\ud800-\udfff"  # byte order mark, characters that XML forbids, lone surrogates
    "]"
)

_BLANK = "\u115f\u1160\u2800\u3164\uffa0"  # fillers of Hangul and the empty Braille pattern


def clean(text: str, longest: int, field: str, *, multiline: bool = False) -> str:
    """Return the text in NFC without control characters and outer space, with plain newlines or on one line.

    In a one-line text, runs of line ends, tabs and spaces become one space. Errors: Invalid(`field`) above `longest`
    characters.
    """
    # Most texts are one line of plain letters, which have nothing but spaces to lose.
    is_plain = text.isascii() and text.isprintable()
    lines = [text] if is_plain else _LINE_ENDS.sub("\n", text).replace("\t", " ").split("\n")
    tidy = lines if is_plain else [unicodedata.normalize("NFC", _INVISIBLE.sub("", line)).rstrip() for line in lines]
    whole = (
        "\n".join(tidy).strip() if multiline else " ".join(word for line in tidy for word in line.split(" ") if word)
    )
    if len(whole) > longest:
        raise Invalid(**{field: too_long(whole, longest)})
    return whole


def seen(text: str) -> str:
    """Return a text from its first character that shows: no space, no control, no mark without a letter, no filler."""
    return next((text[place:] for place, one in enumerate(text) if _shows(one)), "")


def _shows(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CMZ" and character not in _BLANK


def too_long(text: str, longest: int) -> str:
    """Return the error for a text above its limit, in the same words for every port."""
    return f"Use at most {longest:,} characters. This has {len(text):,}."
