"""Tables as files: CSV, and XLSX whose texts are stored as texts, so that spreadsheets don't calculate them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from tracker.rules.core.csv_cells import csv_bytes

Cell = str | int | float | None
WIDEST = 60  # characters
LONGEST_NAME = 31  # characters that a sheet's name may have
NOT_IN_A_TAB = re.compile(r"[\[\]:*?/\\]")
CSV_TYPE = "text/csv"  # Litestar adds the charset
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A table with a name; its last `totals` rows are totals."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    totals: int = 0


def csv_of(heading: str, sheets: Sequence[Sheet], banner: str = "") -> bytes:
    """Return the heading, then each table under its name, with an empty line before it; the banner comes first."""
    rows: list[Sequence[Cell]] = [(banner,), (heading,)] if banner else [(heading,)]
    for sheet in sheets:
        rows += [(), (sheet.name,), sheet.columns, *sheet.rows]
    return csv_bytes(rows)


def xlsx_of(heading: str, sheets: Sequence[Sheet], made_at: datetime, banner: str = "") -> bytes:
    """Return a workbook with a sheet for each table, the heading at the top of each; equal input gives equal bytes.

    The banner is above the heading, and at the top and bottom of each printed page.
    """
    file = BytesIO()
    with Workbook(file, PLAIN) as book:
        book.set_properties({"title": heading, "created": made_at.replace(tzinfo=None)})
        bold = book.add_format({"bold": True})
        for sheet in sheets:
            _fill(book.add_worksheet(_tab(sheet.name)), [banner, heading] if banner else [heading], sheet, bold)
    return file.getvalue()


def _fill(page: Worksheet, head: Sequence[str], sheet: Sheet, bold: Format) -> None:
    for number, line in enumerate(head):
        page.write_string(number, 0, line)
    if len(head) > 1:
        page.set_header(f"&C{head[0]}")
        page.set_footer(f"&C{head[0]}")
    for column, name in enumerate(sheet.columns):
        page.write_string(2, column, name, bold)
        page.set_column(column, column, _width(sheet, column))
    for number, row in enumerate(sheet.rows):
        look = bold if number >= len(sheet.rows) - sheet.totals else None
        for column, cell in enumerate(row):
            _write(page, number + 3, column, cell, look)
    page.freeze_panes(3, 1)
    page.repeat_rows(2)
    page.set_landscape()
    page.fit_to_pages(1, 0)


def _write(page: Worksheet, row: int, column: int, cell: Cell, look: Format | None) -> None:
    if isinstance(cell, str):
        page.write_string(row, column, cell, look)
    elif cell is not None:
        page.write_number(row, column, cell, look)


def _tab(name: str) -> str:
    """Return a name that is valid for the tab of a sheet."""
    return NOT_IN_A_TAB.sub("", name)[:LONGEST_NAME].strip(" '") or "Rows"


def _width(sheet: Sheet, column: int) -> int:
    longest = max((len(str(row[column])) for row in sheet.rows if column < len(row)), default=0)
    return min(max(longest, len(sheet.columns[column])) + 2, WIDEST)
