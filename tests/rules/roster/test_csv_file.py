"""Rows of a roster: what each cell may hold, and in what rows may not contradict each other."""

import pytest
from msgspec.structs import asdict

from tracker.rules.core.viewers import Arm, Level, Role, Status
from tracker.rules.roster.csv_file import RosterRow, RowFault, SeatPlace, contradictions, roster_row

ROW = {"agency_code": "KCPD", "name": "KCPD detective", "email": "detective@kcpd.example"}


def read(**cells: str) -> RosterRow:
    found, faults = roster_row(2, {**ROW, **cells})
    assert faults == []
    assert found is not None
    return found


def faults_of(**cells: str) -> list[RowFault]:
    return roster_row(2, {**ROW, **cells})[1]


@pytest.mark.parametrize(
    ("field", "cell", "meant"),
    [
        ("email", " Detective@KCPD.example ", "detective@kcpd.example"),
        ("arm", "Law enforcement", Arm.LAW_ENFORCEMENT),
        ("arm", "victim-services", Arm.VICTIM_SERVICES),
        ("level", "NGO", Level.NON_GOVERNMENTAL),
        ("level", "", None),
        ("phone", "+1 (816) 555-0100", "+1 (816) 555-0100"),
        ("roles", "coordinator; Agency lead", {Role.COORDINATOR, Role.AGENCY_LEAD}),
        ("roles", "", frozenset()),
        ("seats", "Steering; Training (ALTERNATE);", {"Steering": SeatPlace.PRIMARY, "Training": SeatPlace.ALTERNATE}),
        ("seats", "Review (cold) (chair)", {"Review (cold)": SeatPlace.CHAIR}),
        ("status", "departed", Status.DEPARTED),
        ("zone", "America/Denver", "America/Denver"),
        ("name", "Ngọc\u200cAn", "Ngọc\u200cAn"),
    ],
)
def test_a_cell_means_what_people_write(field: str, cell: str, meant: object) -> None:
    assert asdict(read(**{field: cell}))[field] == meant


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        ("name", ""),
        ("name", "=HYPERLINK(1)"),
        ("name", "@SUM(A1)"),
        ("title", "-2+3"),
        ("agency_name", "\uff1dcmd"),
        ("name", "\u200b=1+1"),
        ("title", "\u115f@SUM(A1)"),
        ("agency_code", "\u2003-1"),
        ("name", "\u2800"),
        ("name", "two\nlines"),
        ("name", "turned \u202e round"),
        ("name", "x" * 121),
        ("email", "nobody"),
        ("email", "a@b"),
        ("email", "a b@agency.example"),
        ("email", "ada@münchen.example"),
        ("email", "a@b.example, c@d.example"),
        ("arm", "police"),
        ("level", "county"),
        ("phone", "=1+1"),
        ("phone", "call me"),
        ("zone", "Central"),
        ("roles", "boss"),
        ("seats", "(chair)"),
        ("seats", "Steering; steering (alternate)"),
        ("status", "retired"),
    ],
)
def test_a_cell_that_cannot_be_taken_is_named(field: str, cell: str) -> None:
    assert [(one.row, one.field) for one in faults_of(**{field: cell})] == [(2, field)]


def test_every_fault_of_a_row_is_named_at_once() -> None:
    assert {one.field for one in faults_of(name="", email="nobody", arm="police")} == {"name", "email", "arm"}


def test_the_faults_are_sentences() -> None:
    every = faults_of(name="", email="nobody", arm="police", phone="x", zone="x", seats="()", title="=1")
    assert all(one.sentence[0].isupper() and one.sentence.endswith(".") for one in every)


def other(row: int, **cells: str) -> RosterRow:
    found, _ = roster_row(row, {**ROW, "email": f"other{row}@kcpd.example", **cells})
    assert found is not None
    return found


def test_an_address_stands_in_one_row_only() -> None:
    assert [(one.row, one.field) for one in contradictions([read(), other(3, email=ROW["email"])])] == [(3, "email")]


def test_rows_of_one_agency_agree_on_its_arm() -> None:
    rows = [read(arm="law enforcement"), other(3, arm=""), other(4, arm="victim services", agency_code="kcpd")]
    assert [(one.row, one.field) for one in contradictions(rows)] == [(4, "arm")]


def test_an_agency_has_one_primary_in_a_committee() -> None:
    rows = [read(seats="Steering"), other(3, seats="steering (chair)"), other(4, seats="Steering (alternate)")]
    assert [(one.row, one.field) for one in contradictions(rows)] == [(3, "seats")]


def test_two_agencies_sit_in_the_same_committee() -> None:
    assert contradictions([read(seats="Steering"), other(3, seats="Steering", agency_code="FBI")]) == []
