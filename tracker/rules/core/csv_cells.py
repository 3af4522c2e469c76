"""Rows as the bytes of a CSV file that no spreadsheet takes for formulas (OWASP: CSV injection)."""

import csv
import io
from collections.abc import Iterable, Sequence

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Excel reads UTF-8 only behind it."""
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - the full-width forms count too


def csv_bytes(rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as CSV: UTF-8 with its mark, every cell in quotation marks, CR LF (RFC 4180)."""
    text = io.StringIO(BOM, newline="")
    text.seek(len(BOM))
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([cell(one) for one in row] for row in rows)
    return text.getvalue().encode()


def cell(value: object) -> str:
    """Return a value as a cell's text; what a spreadsheet would calculate gets an apostrophe before it."""
    if isinstance(value, int | float):
        return str(value)
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(STARTS_A_FORMULA) else text
