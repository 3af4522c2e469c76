"""Rows as the bytes of a CSV file that no spreadsheet reads as formulas (OWASP: CSV injection)."""

import csv
import io
from collections.abc import Iterable, Sequence

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Excel reads a file as UTF-8 only when it starts with this mark."""
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - the full-width forms count too


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
    return f"'{text}" if text.lstrip(" ").startswith(STARTS_A_FORMULA) else text
