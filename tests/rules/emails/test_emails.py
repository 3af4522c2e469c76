"""The words of letters and their limits."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tracker.rules.emails.emails import (
    LONGEST_PREVIEW,
    LONGEST_SUBJECT,
    SHORTEST_TITLE,
    fit_title,
    length_words,
    one_line,
    shorten,
)


@given(title=some.text(min_size=1, max_size=200), beside=some.integers(0, LONGEST_SUBJECT - SHORTEST_TITLE))
def test_a_subject_fits_a_phone_whatever_the_title(title: str, beside: int) -> None:
    assert len(fit_title(title, beside)) + beside <= LONGEST_SUBJECT


def test_a_short_title_stands_whole_in_its_subject() -> None:
    assert fit_title("Monthly task force meeting", len("Invitation: , Thu, Dec 10, 2:00 PM")) == (
        "Monthly task force meeting"
    )


def test_a_long_title_is_cut_at_a_word() -> None:
    assert shorten("Trauma-informed interviewing refresher for all", 30) == "Trauma-informed interviewing…"


@given(some.text(max_size=300))
def test_a_cut_text_is_never_longer_than_asked(text: str) -> None:
    assert len(shorten(text, LONGEST_PREVIEW)) <= LONGEST_PREVIEW


@given(some.text())
def test_a_line_holds_no_second_line_and_no_encoded_word(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert "=?" not in line


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (15, "15 minutes"),
        (60, "1 hour"),
        (90, "90 minutes"),
        (120, "2 hours"),
        (210, "3 hours 30 minutes"),
        (1_440, "1 day"),
        (2_000, "2 days"),
        (0, ""),
    ],
)
def test_a_length_is_said_as_people_say_it(minutes: int, words: str) -> None:
    assert length_words(timedelta(minutes=minutes)) == words
