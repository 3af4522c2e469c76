"""CSV files: nothing in them is a formula, and what was put in comes out."""

import csv
import io

import pytest

from tracker.rules.core.clean_text import BOM, FORMULA_SIGNS, csv_bytes, csv_cell

UNSEEN = "\u00ad\u034f\u115f\u1160\u180e\u200b\u200d\u2003\u2060\u2800\u3164\ufeff\u00a0\ufe0f"
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", " =cmd|' /C calc'!A0", '=HYPERLINK("x")')  # noqa: RUF001 - full-width


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_would_calculate_is_text(text: str) -> None:
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
@pytest.mark.parametrize("sign", [*FORMULA_SIGNS, "\ufe66", "\uff0b"], ids=ascii)
def test_a_formula_is_text_also_behind_what_nobody_sees(unseen: str, sign: str) -> None:
    text = f"{unseen} {unseen}{sign}1+1"
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize(("value", "text"), [("Plain", "Plain"), (-4, "-4"), (None, ""), ("a=b", "a=b"), (2.5, "2.5")])
def test_what_is_no_formula_stays(value: object, text: str) -> None:
    assert csv_cell(value) == text


def test_rows_come_out_as_they_went_in() -> None:
    rows = [("Title", "Note"), ('He said "no", then left', "Two\nlines"), ("Überfall", "")]
    content = csv_bytes(rows).decode()
    assert content.startswith(BOM)
    assert [tuple(row) for row in csv.reader(io.StringIO(content.removeprefix(BOM), newline=""))] == rows
