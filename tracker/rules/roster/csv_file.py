"""From the bytes of a CSV file to the rows of a roster; errors name the line or row."""

import csv
from collections.abc import Iterator
from io import StringIO

from tracker.errors import Invalid, TooLarge
from tracker.rules.roster.csv_rows import COLUMNS, REQUIRED, Entry, Fault, contradictions, entry

LARGEST = 2_000_000  # bytes
MOST = 5_000  # people
SAVE_AS = "In a spreadsheet, save it as “CSV UTF-8 (comma delimited)”."


def read(content: bytes) -> tuple[list[Entry], list[Fault]]:
    """Return the content of a file's rows, and the errors of rows that can't be imported.

    Raises `Invalid` or `TooLarge` when the file as a whole is not a roster.
    """
    if len(content) > LARGEST:
        raise TooLarge(f"The file is larger than {LARGEST // 1_000_000} MB. A roster has one row for each person.")
    rows = _rows(_text(content))
    columns = _columns(next(rows, (1, []))[1])
    entries: list[Entry] = []
    faults: list[Fault] = []
    for number, cells in rows:
        found, wrong = _entry(number, cells, columns)
        entries += [found] if found else []
        faults += wrong
    if not entries and not faults:
        raise Invalid("The file has column names but no people.")
    if len(entries) > MOST:
        raise TooLarge(f"The file has more than {MOST:,} people.")
    return entries, sorted(faults + contradictions(entries), key=lambda fault: fault.row)


def _text(content: bytes) -> str:
    if not content.strip():
        raise Invalid(f"The file is empty. Its first row names the columns: {', '.join(REQUIRED)}, and others.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as odd:
        raise Invalid(f"Line {_line(content, odd.start)} isn’t in UTF-8. {SAVE_AS}") from odd
    if "\0" in text:
        line = text.count(chr(10), 0, text.index(chr(0))) + 1
        raise Invalid(f"Line {line} has a character that isn’t text. {SAVE_AS}")
    return text


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows with their numbers; empty ones are counted and left out."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as odd:
            raise Invalid(f"Row {number} can’t be read because a quote is missing or a cell is too long.") from odd
        if any(cell.strip() for cell in cells):
            yield number, cells


def _columns(header: list[str]) -> list[str]:
    names = ["_".join(name.lower().replace("-", " ").replace("_", " ").split()) for name in header]
    if missing := [name for name in REQUIRED if name not in names]:
        raise Invalid(f"The first row must name the columns, separated by commas. Missing: {', '.join(missing)}.")
    if unknown := [name for name in names if name not in COLUMNS]:
        named = unknown[0][:40] or "without a name"
        raise Invalid(f"The column {named} isn’t recognized. Use these: {', '.join(COLUMNS)}.")
    if double := [name for name in names if names.count(name) > 1]:
        raise Invalid(f"The column {double[0]} appears twice.")
    return names


def _entry(number: int, cells: list[str], columns: list[str]) -> tuple[Entry | None, list[Fault]]:
    if len(cells) != len(columns):
        sentence = f"This row has {len(cells)} cells, but the first row has {len(columns)}."
        return None, [Fault(row=number, field="", sentence=sentence)]
    return entry(number, dict(zip(columns, cells, strict=True)))


def _line(content: bytes, position: int) -> int:
    return content.count(b"\n", 0, position) + 1
