"""Where a text has the words that someone looks for."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tracker.rules.core.clean_text import search_words
from tracker.rules.core.wording import long_day, month_day, short_weekday_date
from tracker.rules.views.home import A_MONTH, day_typed, is_quoted, parts_with_words, passage_around


def test_quotation_marks_are_seen_and_apostrophes_are_none() -> None:
    assert [is_quoted(text) for text in ('"task force"', "“task force”", "victims’ 'services'")] == [True, True, False]


def test_words_are_marked_in_a_text_as_they_are_found() -> None:
    assert parts_with_words("Task force, taskmaster; multitask", ("task", "forces")) == [
        ("Task", True),
        (" ", False),
        ("force", True),
        (", ", False),
        ("taskmaster", True),
        ("; multitask", False),
    ]


@given(text=some.text(max_size=60), words=some.text(max_size=12))
def test_pieces_make_up_the_text_again(text: str, words: str) -> None:
    assert "".join(piece for piece, _ in parts_with_words(text, search_words(words))) == text


def test_a_passage_begins_near_the_word() -> None:
    long = "One. " * 60 + "The interpreter roster. " + "Two. " * 60
    assert "interpreter roster" in passage_around(long, ("interpreter",))
    assert len(passage_around(long, ("interpreter",))) < 140
    assert passage_around("Nothing here", ("interpreter",)) == ""


def test_a_passage_has_whole_words() -> None:
    long = "Parking is in the north lot. Guests sign in. " * 3 + "The interpreter roster. " + "Bring the lists. " * 9
    passage = passage_around(long, ("interpreter",))
    assert passage.startswith("… in the north lot. Guests sign in. The interpreter roster. Bring the lists.")
    assert passage.endswith("Bring the lists. Bring the …")


@given(before=some.text(max_size=150), after=some.text(max_size=150))
def test_a_passage_has_its_word_and_the_length_that_is_asked_for(before: str, after: str) -> None:
    passage = passage_around(f"{before} interpreter {after}", ("interpreter",))
    assert "interpreter" in passage
    assert len(passage) <= 120 + len("…  …")


def test_of_a_text_without_spaces_a_passage_has_the_word() -> None:
    assert passage_around("a/" * 90 + "roster" + "/b" * 90, ("roster",)) == "… roster …"
    assert passage_around("r" * 500, ("rr",)) == "r" * 120 + " …"


TODAY = date(2026, 12, 2)
THE_TENTH = date(2026, 12, 10)


@pytest.mark.parametrize(
    "text",
    [
        "Dec 10",
        "dec. 10",
        "  DECEMBER   10 ",
        "December 10th",
        "Dec 10, 2026",
        "Dec 10 2026",
        "Thursday, December 10",
        "Thu Dec 10",
        "12/10",
        "12/10/2026",
        "12/10/26",
        "2026-12-10",
    ],
)
def test_a_day_is_read_as_people_in_the_united_states_write_it(text: str) -> None:
    assert day_typed(text, TODAY) == THE_TENTH


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("yesterday", date(2026, 12, 1)),
        ("Today", TODAY),
        ("tomorrow", date(2026, 12, 3)),
        ("11/1", date(2026, 11, 1)),
        ("10/31", date(2027, 10, 31)),
        ("Jan 5", date(2027, 1, 5)),
        ("1/2/2026", date(2026, 1, 2)),
        ("Sept 3", date(2027, 9, 3)),
        ("2/29", date(2028, 2, 29)),
    ],
)
def test_a_day_without_a_year_is_the_next_one_or_one_of_the_past_month(text: str, day: date) -> None:
    assert day_typed(text, TODAY) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Dec",
        "10",
        "Dec 32",
        "Feb 30",
        "2/29/2027",
        "13/1",
        "0/5",
        "12/10/126",
        "12/10/9999",
        "2026-13-01",
        "0000-01-01",
        "Foo 10",
        "De 10",
        "mayor 5",
        "Dec 10 briefing",
        "room 210",
    ],
)
def test_what_is_no_day_of_the_calendar_is_ignored(text: str) -> None:
    assert day_typed(text, TODAY) is None


@given(some.dates(date(2020, 1, 1), date(2035, 12, 31)))
def test_every_day_is_read_in_the_words_of_our_pages(day: date) -> None:
    for words in (long_day(day), short_weekday_date(day), f"{day}", f"{day:%m/%d/%Y}"):
        assert day_typed(words, TODAY) == day
    assert day_typed(month_day(day), day + A_MONTH) == day


@given(some.text(max_size=20))
def test_no_text_is_an_error(text: str) -> None:
    day_typed(text, TODAY)
