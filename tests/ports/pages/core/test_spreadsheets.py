"""Files for spreadsheet programs: no text of a user becomes a formula, and the same input gives the same bytes."""

import csv
import re
import zipfile
from datetime import UTC, datetime
from io import BytesIO, StringIO

import pytest

from tracker.ports.pages.core.static import SpreadsheetTable, csv_of, xlsx_of
from tracker.rules.core.clean_text import is_formula

NOW = datetime(2026, 12, 15, 15, tzinfo=UTC)
PAYLOADS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\uff1d1+1",
    "\uff20A1",
    '  =HYPERLINK("http://x","y")',
    "=cmd|'/c calc'!A1",
    "\u200b=1+1",
    "\u2800\u2003@A1",
)


def sheet(*texts: str) -> SpreadsheetTable:
    return SpreadsheetTable(name="Names", columns=("Name", "Number"), rows=[(text, 4) for text in texts], totals=1)


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode("utf-8-sig"), newline="")))


def parts(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(BytesIO(content)) as book:
        return {name: book.read(name).decode() for name in book.namelist()}


def test_no_cell_of_a_csv_begins_like_a_formula() -> None:
    for row in cells(csv_of("=heading", [sheet(*PAYLOADS)])):
        assert not any(map(is_formula, row))


def test_every_cell_of_a_csv_is_quoted_and_the_heading_is_its_first_line() -> None:
    text = csv_of("Heading", [sheet('He said "yes", twice')]).decode("utf-8-sig")
    assert text.splitlines()[0] == '"Heading"'
    assert '"He said ""yes"", twice","4"' in text


def test_a_workbook_holds_texts_as_texts_and_numbers_as_numbers() -> None:
    book = parts(xlsx_of("=heading", [sheet(*PAYLOADS, "plain")], NOW))
    page = book["xl/worksheets/sheet1.xml"]
    assert "<f>" not in page
    assert "hyperlink" not in page.lower()
    assert page.count('t="s"') == 3 + len(PAYLOADS) + 1
    assert len(re.findall(r"<v>4</v>", page)) >= len(PAYLOADS) + 1
    assert "=1+1" in book["xl/sharedStrings.xml"]


def test_a_text_in_a_workbook_stays_text_when_a_person_types_it_again() -> None:
    book = parts(xlsx_of("Heading", [sheet("plain", "\u200b=1+1")], NOW))
    kinds = re.findall(r"<xf [^>]*>", book["xl/styles.xml"].partition("<cellXfs")[2])
    marked = {number for number, one in enumerate(kinds) if 'quotePrefix="1"' in one}
    look = dict(re.findall(r'<c r="(A\d)"(?: s="(\d+)")? t="s">', book["xl/worksheets/sheet1.xml"]))
    assert int(look["A5"]) in marked
    assert not look["A4"]


def test_the_banner_is_the_first_line_of_a_file_and_on_top_and_at_the_end_of_each_printed_page() -> None:
    banner = "CUI//SP-INV/LEI//DL ONLY"
    assert cells(csv_of("Heading", [sheet("a")], banner))[:2] == [[banner], ["Heading"]]
    page = parts(xlsx_of("Heading", [sheet("a")], NOW, banner))["xl/worksheets/sheet1.xml"]
    assert page.count(f"&amp;C{banner}") == 2


def test_the_same_tables_give_the_same_bytes() -> None:
    assert xlsx_of("Heading", [sheet("a")], NOW) == xlsx_of("Heading", [sheet("a")], NOW)


@pytest.mark.parametrize("name", ["Action items: done", "a/b\\c*?[x]", "''", "x" * 80])
def test_any_name_can_stand_on_a_tab(name: str) -> None:
    named = SpreadsheetTable(name=name, columns=("A",), rows=[])
    assert "xl/worksheets/sheet1.xml" in parts(xlsx_of("Heading", [named], NOW))
