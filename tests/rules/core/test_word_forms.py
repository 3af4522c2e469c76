"""Which words of a text someone means who looks for a word."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tracker.rules.core.clean_text import (
    SHORTEST_OF_A_NAME,
    folded,
    has_all,
    is_match,
    other_forms,
    search_words,
    tokens,
)

MEANS = [
    ("deconf", "deconfliction"),
    ("operat", "operations"),
    ("interviews", "interview"),
    ("interview", "interviews"),
    ("agencies", "agency"),
    ("agency", "agencies"),
    ("boxes", "box"),
    ("addresses", "address"),
    ("services", "service"),
    ("planning", "planned"),
    ("planned", "plan"),
    ("stopped", "stopping"),
    ("filing", "filed"),
    ("filed", "files"),
    ("visited", "visiting"),
    ("referring", "referred"),
    ("studies", "studying"),
    ("used", "using"),
    ("210", "2101"),
    ("e", "e"),
]
OTHERS = [
    ("police", "policy"),
    ("policy", "police"),
    ("stem", "bluestem"),
    ("filed", "filling"),
    ("being", "bed"),
    ("ring", "red"),
    ("e", "east"),
    ("ops", "op"),
]


@pytest.mark.parametrize(("word", "token"), MEANS)
def test_a_word_stands_for_longer_ones_and_for_its_other_forms(word: str, token: str) -> None:
    assert is_match(word, token)


@pytest.mark.parametrize(("word", "token"), OTHERS)
def test_a_word_stands_for_no_other_word(word: str, token: str) -> None:
    assert not is_match(word, token)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("O'Brien’s 5th-floor ROOM", ["o", "brien", "s", "5th", "floor", "room"]),
        ("Élan, Nguyễn, Jürgen", ["elan", "nguyen", "jurgen"]),
        ("Йорк AI-7QK4_b", ["йорк", "ai", "7qk4", "b"]),
        ("§ % {} \x00", []),
    ],
)
def test_a_text_has_words_without_case_accents_and_signs(text: str, found: list[str]) -> None:
    assert tokens(text) == found


def test_words_to_look_for_count_once_and_without_case_or_signs() -> None:
    assert search_words("  Task-FORCE task’ ") == ("task", "force")
    assert search_words("Jane Smith (KCPD)") == ("jane", "smith", "kcpd")


def test_of_a_long_text_only_the_first_words_are_looked_for() -> None:
    assert search_words("a b c d e f g h i") == tuple("abcdefgh")
    assert search_words(f"{'a' * 98} bcd") == ("a" * 60, "b")


def test_words_may_be_in_different_texts() -> None:
    assert has_all(("steering", "usao"), "Steering Committee", "USAO, room 4")
    assert not has_all(("steering", "fbi"), "Steering Committee", "USAO, room 4")


def test_a_letter_stands_for_longer_words_only_where_one_chooses_a_person() -> None:
    assert not has_all(("e",), "East")
    assert has_all(("e",), "East", shortest=SHORTEST_OF_A_NAME)


@given(some.text(max_size=40))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(some.text(max_size=40))
def test_every_text_is_found_by_each_of_its_words(text: str) -> None:
    assert all(has_all((word,), text) for word in tokens(text))
    assert all(form.isalpha() and form.isascii() for word in tokens(text) for form in other_forms(word))
