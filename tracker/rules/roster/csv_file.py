"""The roster as a CSV file: from its bytes to rows, and what each column of a row may hold.

Errors name the line or row. Rows may not contradict each other.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from io import StringIO
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import asdict

from tracker.errors import Invalid, TooLarge
from tracker.rules.core.clean_text import clean, name_in
from tracker.rules.core.viewers import Arm, Level, Role, Status
from tracker.rules.core.wording import zone_names
from tracker.rules.roster.directory import LONGEST_ADDRESS, LONGEST_PHONE, PHONE_HINT, is_email, is_phone

LARGEST = 2_000_000  # bytes
MOST_PEOPLE = 5_000  # people
SAVE_AS = "In a spreadsheet, save it as “CSV UTF-8 (comma delimited)”."
Value = TypeVar("Value")

REQUIRED = ("agency_code", "name", "email")
AGENCY_COLUMNS = {
    "agency_name": "name",
    "arm": "arm",
    "level": "level",
    "coalition": "coalition",
    "agency_contact": "contact_name",
    "agency_phone": "contact_phone",
    "agency_email": "contact_email",
    "agency_address": "address",
}
"""Columns of the file that say something of an agency, and what its row stores of them."""
LONGEST = {
    "agency_code": 20,
    "agency_name": 200,
    "coalition": 20,
    "agency_contact": 120,
    "agency_phone": LONGEST_PHONE,
    "agency_email": 254,
    "agency_address": LONGEST_ADDRESS,
    "name": 120,
    "title": 120,
    "email": 254,
    "phone": LONGEST_PHONE,
    "mobile": LONGEST_PHONE,
}
PHONES = frozenset({"phone", "mobile", "agency_phone"})
ANSWERS = {"yes": True, "no": False}
LONGEST_CELL = 2_000  # characters, where no shorter limit is given
LONGEST_COMMITTEE = 120  # characters
ROLES = {str(role): role for role in (Role.COORDINATOR, Role.AGENCY_LEAD, Role.ADMINISTRATOR, Role.AUDITOR)}
LEVELS = {**{str(level): level for level in Level}, "ngo": Level.NON_GOVERNMENTAL}
SEAT = re.compile(r"(?P<committee>.*?)\s*(?:\((?P<place>primary|alternate|chair)\))?", re.IGNORECASE)


class SeatPlace(StrEnum):
    """A person's place on a committee; its chair is also the primary of their own agency's seat."""

    PRIMARY = "primary"
    ALTERNATE = "alternate"
    CHAIR = "chair"


class RosterRow(Struct, frozen=True, kw_only=True):
    """One member in a row; None = the list does not say, so the stored value stays."""

    row: int
    agency_code: str
    agency_name: str | None
    arm: Arm | None
    level: Level | None
    coalition: str | None
    agency_contact: str | None = None
    agency_phone: str | None = None
    agency_email: str | None = None
    agency_address: str | None = None
    name: str
    email: str
    title: str | None
    phone: str | None
    mobile: str | None = None
    mobile_private: bool | None = None
    zone: str | None
    roles: frozenset[Role] | None
    seats: Mapping[str, SeatPlace] | None
    """Places by the committee's name."""
    status: Status | None

    @property
    def of_agency(self) -> dict[str, str]:
        """Return what the row says of the agency beside its code, by column."""
        said = asdict(self)
        return {field: said[field] for field in AGENCY_COLUMNS if said[field] is not None}


class RowFault(Struct, frozen=True, kw_only=True):
    """Why a row can't be imported; rows are numbered as in a spreadsheet: the column names are row 1."""

    row: int
    field: str
    sentence: str


def read_roster(content: bytes) -> tuple[list[RosterRow], list[RowFault]]:
    """Return the content of a file's rows, and the errors of rows that can't be imported.

    Raises `Invalid` or `TooLarge` when the file as a whole is not a roster.
    """
    if len(content) > LARGEST:
        raise TooLarge(f"The file is larger than {LARGEST // 1_000_000} MB. A roster has one row for each person.")
    rows = _numbered_rows(_text_of(content))
    columns = _columns_named(next(rows, (1, []))[1])
    entries: list[RosterRow] = []
    faults: list[RowFault] = []
    for number, cells in rows:
        if len(cells) != len(columns):
            sentence = f"This row has {len(cells)} cells, but the first row has {len(columns)}."
            faults.append(RowFault(row=number, field="", sentence=sentence))
            continue
        row, wrong = roster_row(number, dict(zip(columns, cells, strict=True)))
        entries += [row] if row else []
        faults += wrong
    if not entries and not faults:
        raise Invalid("The file has column names but no people.")
    if len(entries) > MOST_PEOPLE:
        raise TooLarge(f"The file has more than {MOST_PEOPLE:,} people.")
    return entries, sorted(faults + contradictions(entries), key=lambda fault: fault.row)


def _text_of(content: bytes) -> str:
    if not content.strip():
        raise Invalid(f"The file is empty. Its first row names the columns: {', '.join(REQUIRED)}, and others.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as odd:
        line = content.count(b"\n", 0, odd.start) + 1
        raise Invalid(f"Line {line} isn’t in UTF-8. {SAVE_AS}") from odd
    if "\0" in text:
        line = text.count(chr(10), 0, text.index(chr(0))) + 1
        raise Invalid(f"Line {line} has a character that isn’t text. {SAVE_AS}")
    return text


def _numbered_rows(text: str) -> Iterator[tuple[int, list[str]]]:
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


def _columns_named(header: list[str]) -> list[str]:
    names = ["_".join(name.lower().replace("-", " ").replace("_", " ").split()) for name in header]
    if missing := [name for name in REQUIRED if name not in names]:
        raise Invalid(f"The first row must name the columns, separated by commas. Missing: {', '.join(missing)}.")
    if unknown := [name for name in names if name not in COLUMNS]:
        named = unknown[0][:40] or "without a name"
        raise Invalid(f"The column {named} isn’t recognized. Use these: {', '.join(COLUMNS)}.")
    if double := [name for name in names if names.count(name) > 1]:
        raise Invalid(f"The column {double[0]} appears twice.")
    return names


def contradictions(entries: Iterable[RosterRow]) -> list[RowFault]:
    """Return rows that contradict an earlier one: a repeated address, a different agency fact, a seat already held."""
    said: dict[tuple[str, ...], tuple[int, object]] = {}
    return [
        RowFault(row=entry.row, field=field, sentence=sentence.format(row=said[key][0]))
        for entry in entries
        for key, value, field, sentence in _claims(entry)
        if said.setdefault(key, (entry.row, value))[1] != value
    ]


def _claims(row: RosterRow) -> Iterable[tuple[tuple[str, ...], object, str, str]]:
    """Yield the claims of a row: key, value, column, and the error for an earlier row with another value."""
    agency = row.agency_code.casefold()
    yield ("email", row.email), row.row, "email", "This address is also in row {row}."
    for field, value in row.of_agency.items():
        yield ("agency", agency, field), value, field, "Row {row} has different details for the same agency."
    for committee, place in (row.seats or {}).items():
        if place is not SeatPlace.ALTERNATE:
            taken = "Row {row} already has this agency’s seat. Make one of them an alternate."
            yield ("seat", committee.casefold(), agency), row.row, "seats", taken


def _given(text: str) -> str | None:
    return text or None


def _filled(text: str) -> str:
    if not text:
        raise Invalid("This cell is empty.")
    return text


def _address(text: str) -> str:
    address = text.lower()
    if not is_email(address):
        raise Invalid("Enter an email address like name@agency.gov.")
    return address


def _phone(text: str) -> str:
    if not is_phone(text):
        raise Invalid(PHONE_HINT)
    return text


def _zone(text: str) -> str | None:
    if text and text not in zone_names():
        raise Invalid("Enter the time zone by its IANA name, for example America/Chicago.")
    return text or None


def _word(text: str, words: Mapping[str, Value]) -> Value | None:
    """Return the meaning of a word, None for an empty cell; "Law enforcement" is law_enforcement."""
    word = re.sub(r"[\s-]+", "_", text.lower())
    if word and word not in words:
        raise Invalid(f"Use one of these: {', '.join(words)}.")
    return words[word] if word else None


def _seats(text: str) -> Mapping[str, SeatPlace]:
    seats: dict[str, SeatPlace] = {}
    for part in _parts(text):
        match = SEAT.fullmatch(part)
        if match is None or not 0 < len(committee := match["committee"]) <= LONGEST_COMMITTEE:
            raise Invalid("Enter seats like this: Steering Committee; Training Team (alternate).")
        if committee.casefold() in (known.casefold() for known in seats):
            raise Invalid(f"{committee} appears here twice.")
        seats[committee] = SeatPlace((match["place"] or SeatPlace.PRIMARY).lower())
    return seats


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


READERS: Mapping[str, Callable[[str], object]] = {
    "agency_code": _filled,
    "agency_name": _given,
    "arm": lambda text: _word(text, {str(arm): arm for arm in Arm}),
    "level": lambda text: _word(text, LEVELS),
    "coalition": _given,
    "agency_contact": _given,
    "agency_phone": lambda text: _phone(text) or None,
    "agency_email": lambda text: _address(text) if text else None,
    "agency_address": _given,
    "name": _filled,
    "email": _address,
    "title": str,
    "phone": _phone,
    "mobile": _phone,
    "mobile_private": lambda text: _word(text, ANSWERS),
    "zone": _zone,
    "roles": lambda text: frozenset(role for part in _parts(text) if (role := _word(part, ROLES))),
    "seats": _seats,
    "status": lambda text: _word(text, {str(status): status for status in Status}),
}
"""How the cell of each column is read; the columns are the fields of `RosterRow`."""
COLUMNS = (*REQUIRED, *(name for name in READERS if name not in REQUIRED))


def roster_row(row: int, cells: Mapping[str, str]) -> tuple[RosterRow | None, list[RowFault]]:
    """Return the entry of a row, or the errors of its cells; `cells` has at least the required columns."""
    values: dict[str, Any] = dict.fromkeys(READERS)
    faults = []
    for field in filter(cells.__contains__, READERS):
        cell, longest = cells[field], LONGEST.get(field, LONGEST_CELL)
        try:
            # Exports and spreadsheets put an apostrophe before a phone number, so that its + is no formula sign.
            text = clean(cell.removeprefix("'"), longest, field) if field in PHONES else name_in(cell, longest, field)
            values[field] = READERS[field](text)
        except Invalid as odd:
            faults.append(RowFault(row=row, field=field, sentence=odd.sentence))
    return (None if faults else RosterRow(row=row, **values)), faults
