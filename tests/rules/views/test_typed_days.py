"""Dates as people type them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tracker.rules.core.wording import long_date, month_day, short_weekday_date
from tracker.rules.views.search import A_MONTH, day_typed

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
    for words in (long_date(day), short_weekday_date(day), f"{day}", f"{day:%m/%d/%Y}"):
        assert day_typed(words, TODAY) == day
    assert day_typed(month_day(day), day + A_MONTH) == day


@given(some.text(max_size=20))
def test_no_text_is_an_error(text: str) -> None:
    day_typed(text, TODAY)
