"""Tables as files: CSV, and XLSX whose texts are stored as texts, so that spreadsheets don't calculate them."""

import re
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO

from msgspec import Struct
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from tracker.rules.core.clean_text import csv_bytes, is_formula

Cell = str | int | float | None
WIDEST = 60  # characters
LONGEST_NAME = 31  # characters that a sheet's name may have
NOT_IN_A_TAB = re.compile(r"[\[\]:*?/\\]")
CSV_TYPE = "text/csv"  # Litestar adds the charset
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}


class SpreadsheetTable(Struct, frozen=True, kw_only=True):
    """A table with a name; its last `totals` rows are totals."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    totals: int = 0


def csv_of(heading: str, sheets: Sequence[SpreadsheetTable], banner: str = "") -> bytes:
    """Return the heading, then each table under its name, with an empty line before it; the banner comes first."""
    rows: list[Sequence[Cell]] = [(banner,), (heading,)] if banner else [(heading,)]
    for sheet in sheets:
        rows += [(), (sheet.name,), sheet.columns, *sheet.rows]
    return csv_bytes(rows)


def xlsx_of(heading: str, sheets: Sequence[SpreadsheetTable], made_at: datetime, banner: str = "") -> bytes:
    """Return a workbook with a sheet for each table, the heading at the top of each; equal input gives equal bytes.

    The banner is above the heading, and at the top and bottom of each printed page.
    """
    file = BytesIO()
    with Workbook(file, PLAIN) as book:
        book.set_properties({"title": heading, "created": made_at.replace(tzinfo=None)})
        looks = CellLooks(book)
        for sheet in sheets:
            _fill(book.add_worksheet(_tab(sheet.name)), [banner, heading] if banner else [heading], sheet, looks)
    return file.getvalue()


class CellLooks:
    """How cells look: plain or bold, and marked as text where a program would calculate what a person types again."""

    def __init__(self, book: Workbook) -> None:
        self._plain, self._bold = None, book.add_format({"bold": True})
        self._text = book.add_format({"quote_prefix": True})
        self._bold_text = book.add_format({"bold": True, "quote_prefix": True})

    def of(self, cell: Cell, *, is_bold: bool) -> Format | None:
        """Return the format of a cell; None = the usual one."""
        if isinstance(cell, str) and is_formula(cell):
            return self._bold_text if is_bold else self._text
        return self._bold if is_bold else self._plain


def _fill(page: Worksheet, head: Sequence[str], sheet: SpreadsheetTable, looks: CellLooks) -> None:
    for number, line in enumerate(head):
        _write(page, number, 0, line, looks)
    if len(head) > 1:
        page.set_header(f"&C{head[0]}")
        page.set_footer(f"&C{head[0]}")
    for column, name in enumerate(sheet.columns):
        _write(page, 2, column, name, looks, is_bold=True)
        page.set_column(column, column, _width(sheet, column))
    for number, row in enumerate(sheet.rows):
        is_total = number >= len(sheet.rows) - sheet.totals
        for column, cell in enumerate(row):
            _write(page, number + 3, column, cell, looks, is_bold=is_total)
    page.freeze_panes(3, 1)
    page.repeat_rows(2)
    page.set_landscape()
    page.fit_to_pages(1, 0)


def _write(page: Worksheet, row: int, column: int, cell: Cell, looks: CellLooks, *, is_bold: bool = False) -> None:
    look = looks.of(cell, is_bold=is_bold)
    if isinstance(cell, str):
        page.write_string(row, column, cell, look)
    elif cell is not None:
        page.write_number(row, column, cell, look)


def _tab(name: str) -> str:
    """Return a name that is valid for the tab of a sheet."""
    return NOT_IN_A_TAB.sub("", name)[:LONGEST_NAME].strip(" '") or "Rows"


def _width(sheet: SpreadsheetTable, column: int) -> int:
    longest = max((len(str(row[column])) for row in sheet.rows if column < len(row)), default=0)
    return min(max(longest, len(sheet.columns[column])) + 2, WIDEST)
