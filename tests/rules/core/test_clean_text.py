"""Text as it is stored."""

import csv
import io
import unicodedata
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.errors import Invalid
from tracker.rules.core.clean_text import BOM, FORMULA, FORMULA_SIGNS, clean, csv_bytes, csv_cell, name_in
from tracker.rules.core.clean_text import UNSEEN as CLEAN_TEXT_UNSEEN
from tracker.rules.core.viewers import Arm, Level, Status
from tracker.rules.roster.directory import AgencyFacts, CommitteeFacts, PersonFacts
from tracker.rules.roster.sites import MeetingSiteFacts

UNSEEN = {
    "controls of ASCII": (*range(0x09), *range(0x0E, 0x20), 0x7F),
    "controls of Latin-1": (*range(0x80, 0x85), *range(0x86, 0xA0)),
    "marks of direction": (0x061C, 0x200E, 0x200F),
    "embeddings and overrides": range(0x202A, 0x202F),
    "isolates": range(0x2066, 0x206A),
    "byte order mark": (0xFEFF,),
    "no characters": (0xFFFE, 0xFFFF),
    "half of a pair": (0xD800,),
}


@pytest.mark.parametrize("codes", UNSEEN.values(), ids=UNSEEN)
def test_what_cannot_be_seen_is_not_kept(codes: Iterable[int]) -> None:
    assert {clean(f"a{chr(code)}b", 10, "title") for code in codes} == {"ab"}


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029", "\t"])
def test_a_text_in_one_line_stays_in_one_line(end: str) -> None:
    assert clean(f"a{end}b", 10, "title") == "a b"


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x85", "\u2028", "\u2029"])
def test_a_text_in_several_lines_has_plain_newlines(end: str) -> None:
    assert clean(f" a {end}{end}  b{end}", 20, "notes", multiline=True) == "a\n\n  b"


def test_letters_are_composed() -> None:
    assert clean("cafe\u0301", 4, "title") == "café"


def test_a_run_of_spaces_in_one_line_is_one_space() -> None:
    assert clean(" Room \t 5 ", 10, "place") == "Room 5"
    assert clean("1.\n   2.", 10, "agenda", multiline=True) == "1.\n   2."


@pytest.mark.parametrize("text", ["👩‍👩‍👧", "שלום", "e-mail: a@b <x> & 'y' \"z\"", "Hội nghị"])
def test_what_people_write_is_kept(text: str) -> None:
    assert clean(text, 100, "title") == text


def test_too_long_a_text_is_refused_at_its_field_with_both_figures() -> None:
    with pytest.raises(Invalid) as refused:
        clean("x" * 1201, 1200, "notes")
    assert refused.value.fields == {"notes": "Use at most 1,200 characters. This has 1,201."}


@given(st.text(), st.booleans())
def test_what_is_clean_stays_as_it_is(text: str, multiline: bool) -> None:
    once = clean(text, 10_000, "notes", multiline=multiline)
    assert clean(once, 10_000, "notes", multiline=multiline) == once
    assert unicodedata.is_normalized("NFC", once)


CSV_CELLS_UNSEEN = "\u00ad\u034f\u115f\u1160\u180e\u200b\u200d\u2003\u2060\u2800\u3164\ufeff\u00a0\ufe0f"
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", " =cmd|' /C calc'!A0", '=HYPERLINK("x")')  # noqa: RUF001 - full-width


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_would_calculate_is_text(text: str) -> None:
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize("unseen", CSV_CELLS_UNSEEN, ids=ascii)
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


UNSEEN_BEFORE = "\u00ad\u034f\u115f\u180e\u200b\u200d\u2060\u2800\u2003\u202e\t"


@pytest.mark.parametrize("name", ["Ngọc\u200cAn", "O’Brien", "HSI liaison (acting)", "5th District", "", "Zoë"])
def test_a_name_is_kept_as_people_spell_it(name: str) -> None:
    assert name_in(f" {name} ", 40, "name") == name


@pytest.mark.parametrize("unseen", UNSEEN_BEFORE, ids=ascii)
def test_no_name_begins_with_what_nobody_sees(unseen: str) -> None:
    with pytest.raises(Invalid):
        name_in(f"{unseen}Ada", 40, "name")


@pytest.mark.parametrize("unseen", ["", *UNSEEN_BEFORE], ids=ascii)
def test_no_name_is_a_formula(unseen: str) -> None:
    with pytest.raises(Invalid) as refused:
        name_in(f"{unseen}=1+1", 40, "title")
    assert refused.value.fields == {"title": FORMULA}


def test_no_name_hides_a_character() -> None:
    with pytest.raises(Invalid) as refused:
        name_in("A\u200bda", 40, "name")
    assert refused.value.fields == {"name": CLEAN_TEXT_UNSEEN}


def test_people_agencies_committees_and_sites_have_the_same_rule() -> None:
    of_person = {"email": "a@b.example", "phone": "", "zone": "UTC", "agency_id": None, "roles": frozenset()}
    person = PersonFacts(name="=1", title="\u2800-1", is_guest=False, expires_at=None, **of_person)
    agency = AgencyFacts(code="@A", name="+1", arm=Arm.LAW_ENFORCEMENT, level=Level.LOCAL, coalition_id=None, **_ACTIVE)
    committee = CommitteeFacts(name="\u200b=1", kind="committee", arm=None, place="", chair_id=None, **_ACTIVE)
    site = MeetingSiteFacts(name="\u2060=1", address="", capacity=None, equipment="", is_open=True)
    wrong = [_fields(one) for one in (person, agency, committee, site)]
    assert wrong == [{"name", "title", "agency"}, {"code", "name"}, {"name"}, {"name"}]


_ACTIVE = {"status": Status.ACTIVE}


def _fields(facts: PersonFacts | AgencyFacts | CommitteeFacts | MeetingSiteFacts) -> set[str]:
    with pytest.raises(Invalid) as refused:
        facts.check()
    return set(refused.value.fields)
