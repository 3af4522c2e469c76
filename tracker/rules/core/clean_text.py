"""Text that people type, made safe to store, to show, and to open in a spreadsheet.

It can't start a new line, hide, or reverse the reading direction. What may be a name or a title has the same rule at
every way in: names appear in lists, exports and emails, where two that look alike must not differ in what no one can
see. A spreadsheet calculates none of it (OWASP: CSV injection).
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence

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
UNSEEN = "This has an invisible character. Type it again."
FORMULA = "Start with a letter or a digit. A spreadsheet would read this as a formula."
_NAME_JOINERS = "\u200c\u200d"  # invisible, and part of the spelling of some names
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Excel reads a file as UTF-8 only when it starts with this mark."""
FORMULA_SIGNS = "=+-@"
CELL_BREAKS = ("\t", "\r", "\n")  # what follows may be read as a cell of its own


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
        raise Invalid(**{field: too_long_words(whole, longest)})
    return whole


def visible_text(text: str) -> str:
    """Return a text from its first character that shows: no space, no control, no mark without a letter, no filler."""
    return next((text[place:] for place, one in enumerate(text) if _shows(one)), "")


def _shows(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CMZ" and character not in _BLANK


def too_long_words(text: str, longest: int) -> str:
    """Return the error for a text above its limit, in the same words for every port."""
    return f"Use at most {longest:,} characters. This has {len(text):,}."


def name_in(text: str, longest: int, field: str) -> str:
    """Return a name as it is stored. Errors: Invalid(`field`) for one that can't be a name, or is too long."""
    shown = text.strip(" ")
    if why_not := name_fault(shown):
        raise Invalid(**{field: why_not})
    return clean(shown, longest, field)


def name_fault(text: str) -> str:
    """Return why a text can't be a name, or ""; an empty text can, where none is required."""
    if is_formula(text):
        return FORMULA
    if visible_text(text) != text or any(
        unicodedata.category(one)[0] == "C" and one not in _NAME_JOINERS for one in text
    ):
        return UNSEEN
    return ""


def csv_bytes(rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as CSV: UTF-8 with a byte order mark, every cell quoted, CR LF line ends (RFC 4180)."""
    text = io.StringIO(BOM, newline="")
    text.seek(len(BOM))
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([csv_cell(one) for one in row] for row in rows)
    return text.getvalue().encode()


def csv_cell(value: object) -> str:
    """Return a value as a cell's text; an apostrophe goes before text that a spreadsheet would calculate."""
    if isinstance(value, int | float):
        return str(value)
    text = "" if value is None else str(value)
    return f"'{text}" if is_formula(text) else text


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet may read a text as a formula, also after characters that don't show.

    Small and full-width forms of the signs count too.
    """
    first = unicodedata.normalize("NFKC", visible_text(text)[:1])
    return text.lstrip(" ").startswith(CELL_BREAKS) or (first != "" and first in FORMULA_SIGNS)
