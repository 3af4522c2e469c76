"""The sentences about series that people read."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.recurrence.series_words import series_sentence

START = datetime(2026, 12, 10, 14, 0)
LENGTH = timedelta(minutes=90)
CHICAGO = "America/Chicago"


def said(choice: str, start: datetime = START, length: timedelta = LENGTH, **rest: Any) -> str:
    return series_sentence(rule_for_choice(choice, start, **rest), start, length, CHICAGO)


def test_a_monthly_series_says_its_pattern_hours_end_and_number() -> None:
    assert said("monthly_nth") == (
        "Every month on the second Thursday, 2:00–3:30 PM Central, until Nov 11, 2027 (12 times)."
    )


def test_a_single_event_happens_once() -> None:
    assert said("none") == "Happens once: Thursday, December 10, 2026, 2:00–3:30 PM Central."


@pytest.mark.parametrize(
    ("choice", "start", "rest", "pattern"),
    [
        ("daily", START, {}, "Every day"),
        ("daily", START, {"interval": 3}, "Every 3 days"),
        ("weekly", START, {}, "Every week on Thursday"),
        ("weekly", START, {"weekdays": [1, 3], "interval": 2}, "Every 2 weeks on Tuesday and Thursday"),
        ("weekly", START, {"weekdays": [0, 2, 3]}, "Every week on Monday, Wednesday and Thursday"),
        ("weekly", START, {"weekdays": range(5)}, "Every week Monday through Friday"),
        (
            "weekly",
            START,
            {"weekdays": [3, 6], "interval": 2},
            "Every 2 weeks on Sunday and Thursday (weeks start on Sunday)",
        ),
        (
            "weekly",
            START,
            {"weekdays": [3, 6], "interval": 2, "week_starts": 0},
            "Every 2 weeks on Thursday and Sunday (weeks start on Monday)",
        ),
        ("weekly", START, {"weekdays": range(7), "interval": 2}, "Every 2 weeks on every day (weeks start on Sunday)"),
        ("monthly_day", START, {}, "Every month on day 10"),
        ("monthly_last_day", datetime(2026, 12, 31, 14), {}, "Every month on the last day"),
        ("monthly_last", datetime(2026, 12, 31, 14), {"interval": 2}, "Every 2 months on the last Thursday"),
        ("yearly", START, {}, "Every year on December 10"),
        ("yearly_nth", START, {"interval": 2}, "Every 2 years on the second Thursday of December"),
        ("yearly_last", datetime(2027, 5, 31, 14), {}, "Every year on the last Monday of May"),
    ],
)
def test_every_pattern_has_plain_words(choice: str, start: datetime, rest: dict[str, Any], pattern: str) -> None:
    assert said(choice, start, **rest).startswith(f"{pattern}, 2:00–3:30 PM Central, until ")


@pytest.mark.parametrize(
    ("start", "length", "hours"),
    [
        (datetime(2026, 12, 10, 11, 30), LENGTH, "11:30 AM–1:00 PM Central"),
        (datetime(2026, 12, 10, 0, 0), timedelta(hours=12), "12:00 AM–12:00 PM Central"),
        (datetime(2026, 12, 10, 18, 0), timedelta(hours=8), "6:00 PM – 2:00 AM Central next day"),
        (datetime(2026, 12, 10, 18, 0), timedelta(hours=56), "6:00 PM – 2:00 AM Central 3 days later"),
        (datetime(2026, 12, 10, 17, 0), timedelta(0), "5:00 PM Central"),
    ],
)
def test_hours_are_said_as_on_the_pages(start: datetime, length: timedelta, hours: str) -> None:
    assert said("weekly", start, length, count=2) == f"Every week on Thursday, {hours}, until Dec 17, 2026 (2 times)."


def test_a_single_event_over_midnight_says_both_days() -> None:
    assert said("none", datetime(2026, 12, 31, 18, 0), timedelta(hours=8)) == (
        "Happens once: Thursday, December 31, 2026, 6:00 PM – Friday, January 1, 2027, 2:00 AM Central."
    )


@pytest.mark.parametrize(
    ("choice", "days", "words"),
    [
        ("none", 1, "Happens once: Thursday, December 10, 2026, all day."),
        ("none", 2, "Happens once: Thursday, December 10, 2026 – Friday, December 11, 2026, all day."),
        ("weekly", 1, "Every week on Thursday, all day, until Dec 10, 2026 (once)."),
        ("weekly", 2, "Every week on Thursday, all day for 2 days, until Dec 10, 2026 (once)."),
    ],
)
def test_all_day_events_name_no_hours(choice: str, days: int, words: str) -> None:
    start = datetime(2026, 12, 10)
    rule = rule_for_choice(choice, start, until=date(2026, 12, 12))
    assert series_sentence(rule, start, timedelta(days=days), CHICAGO, is_all_day=True) == words


def test_the_sentence_counts_what_the_series_has_not_what_was_typed() -> None:
    assert said("monthly_nth", until=date(2027, 12, 31)) == said("monthly_nth", count=13)


def test_large_numbers_have_commas() -> None:
    assert said("daily", count=1000).endswith("until Sep 4, 2029 (1,000 times).")
