"""Which texts a spreadsheet would calculate, and rows as a CSV file that has none of them (OWASP: CSV injection)."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

from tracker.rules.core.clean_text import seen

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Excel reads a file as UTF-8 only when it starts with this mark."""
SIGNS = "=+-@"
BREAKS = ("\t", "\r", "\n")  # what follows may be read as a cell of its own


def csv_bytes(rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as CSV: UTF-8 with a byte order mark, every cell quoted, CR LF line ends (RFC 4180)."""
    text = io.StringIO(BOM, newline="")
    text.seek(len(BOM))
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([cell(one) for one in row] for row in rows)
    return text.getvalue().encode()


def cell(value: object) -> str:
    """Return a value as a cell's text; an apostrophe goes before text that a spreadsheet would calculate."""
    if isinstance(value, int | float):
        return str(value)
    text = "" if value is None else str(value)
    return f"'{text}" if is_formula(text) else text


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet may read a text as a formula, also after characters that don't show.

    Small and full-width forms of the signs count too.
    """
    first = unicodedata.normalize("NFKC", seen(text)[:1])
    return text.lstrip(" ").startswith(BREAKS) or (first != "" and first in SIGNS)
