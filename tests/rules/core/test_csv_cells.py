"""CSV files: nothing in them is a formula, and what was put in comes out."""

import csv
import io

import pytest

from tracker.rules.core.csv_cells import BOM, cell, csv_bytes

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", " =cmd|' /C calc'!A0", '=HYPERLINK("x")')  # noqa: RUF001 - full-width


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_would_calculate_is_text(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(("value", "text"), [("Plain", "Plain"), (-4, "-4"), (None, ""), ("a=b", "a=b"), (2.5, "2.5")])
def test_what_is_no_formula_stays(value: object, text: str) -> None:
    assert cell(value) == text


def test_rows_come_out_as_they_went_in() -> None:
    rows = [("Title", "Note"), ('He said "no", then left', "Two\nlines"), ("Überfall", "")]
    content = csv_bytes(rows).decode()
    assert content.startswith(BOM)
    assert [tuple(row) for row in csv.reader(io.StringIO(content.removeprefix(BOM), newline=""))] == rows
