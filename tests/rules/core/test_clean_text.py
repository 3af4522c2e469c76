"""Text as it is stored."""

import unicodedata
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.errors import Invalid
from tracker.rules.core.clean_text import clean

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
