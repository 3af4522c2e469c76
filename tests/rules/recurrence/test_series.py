"""Which date of a changed rule takes the place of which earlier one."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import date, datetime, time
from functools import partial
from typing import Any

import pytest

from tests.processor_time import within
from tracker.errors import Invalid
from tracker.rules.recurrence.series import (
    Rule,
    dates_by_rule,
    from_rrule,
    match_starts,
    reach_of_matches,
    rule_for_choice,
    to_rrule,
)

WEDNESDAY = datetime(2027, 3, 3, 10)


def dates_of(rule: Rule | None, start: datetime) -> list[datetime]:
    return list(dates_by_rule(rule, start))


def followed(before: tuple[str, str], after: tuple[str, str], **facts: object) -> dict[str, str]:
    """Return the days that follow those of a rule: each rule is a choice of the form and its first day."""
    rules = []
    for choice, first in (before, after):
        starts = datetime.combine(date.fromisoformat(first), time(10))
        interval = 2 if choice == "biweekly" else 1
        rules.append(
            (rule_for_choice(choice.removeprefix("bi"), starts, interval=interval, until=date(2027, 5, 31)), starts)
        )
    (old, first), (new, later) = rules
    assert old is not None
    pairs = match_starts(dates_of(old, first), (), dates_of(new, later), reach_of_matches(old, new))
    return {f"{was:%m-%d}": f"{becomes:%m-%d}" for was, becomes in sorted(pairs.items())[:4]}


def test_a_date_stays_on_its_day() -> None:
    weekly = ("weekly", "2027-03-03")
    assert followed(weekly, ("biweekly", "2027-03-03")) == {
        "03-03": "03-03",
        "03-17": "03-17",
        "03-31": "03-31",
        "04-14": "04-14",
    }


def test_a_series_that_moves_to_another_weekday_takes_its_dates_along_in_order() -> None:
    same = {"03-03": "03-04", "03-10": "03-11", "03-17": "03-18", "03-24": "03-25"}
    assert followed(("weekly", "2027-03-03"), ("weekly", "2027-03-04")) == same
    backward = {"03-03": "03-01", "03-10": "03-08", "03-17": "03-15", "03-24": "03-22"}
    assert followed(("weekly", "2027-03-03"), ("weekly", "2027-03-01")) == backward


def test_a_series_that_begins_a_week_later_leaves_out_its_first_date_and_shifts_no_other() -> None:
    later = {"03-10": "03-11", "03-17": "03-18", "03-24": "03-25", "03-31": "04-01"}
    assert followed(("weekly", "2027-03-03"), ("weekly", "2027-03-11")) == later


def test_a_monthly_date_goes_to_the_date_of_its_month() -> None:
    assert followed(("monthly_nth", "2027-03-01"), ("monthly_last", "2027-03-26")) == {
        "03-01": "03-26",
        "04-05": "04-30",
        "05-03": "05-28",
    }


def test_between_rules_of_another_rhythm_a_date_only_stays_on_its_day() -> None:
    assert followed(("weekly", "2027-03-03"), ("biweekly", "2027-03-04")) == {}
    assert followed(("weekly", "2027-03-02"), ("monthly_nth", "2027-03-09")) == {
        "03-09": "03-09",
        "04-13": "04-13",
        "05-11": "05-11",
    }


def test_two_days_a_week_that_shift_keep_the_day_they_share() -> None:
    monday = datetime(2027, 3, 1, 10)
    old = rule_for_choice("weekly", monday, weekdays=(0, 2), count=4)
    new = rule_for_choice("weekly", WEDNESDAY, weekdays=(2, 4), count=4)
    assert old is not None
    pairs = match_starts(dates_of(old, monday), (), dates_of(new, WEDNESDAY), reach_of_matches(old, new))
    assert sorted((was.day, becomes.day) for was, becomes in pairs.items()) == [(1, 5), (3, 3), (8, 12), (10, 10)]


def test_an_added_date_stays_on_its_day_and_goes_to_no_other() -> None:
    thursday = WEDNESDAY.replace(day=4)
    added = [datetime(2027, 3, 4, 14), datetime(2027, 3, 6, 14)]
    old, new = rule_for_choice("weekly", WEDNESDAY, count=2), rule_for_choice("weekly", thursday, count=2)
    assert old is not None
    pairs = match_starts(dates_of(old, WEDNESDAY), added, dates_of(new, thursday), reach_of_matches(old, new))
    assert pairs == {added[0]: thursday, WEDNESDAY.replace(day=10): thursday.replace(day=11)}


CHICAGO = "America/Chicago"
START = datetime(2026, 12, 10, 14, 0)
STEERING = datetime(2027, 1, 12, 10, 0)


def a_rule(choice: str, start: datetime = START, **rest: Any) -> Rule:
    rule = rule_for_choice(choice, start, **rest)
    assert rule is not None
    return rule


def test_until_is_the_last_start_of_the_series_in_utc() -> None:
    rule = a_rule("monthly_nth", STEERING, until=date(2027, 12, 31))
    assert to_rrule(rule, STEERING, CHICAGO) == "FREQ=MONTHLY;BYDAY=2TU;UNTIL=20271214T160000Z"


@pytest.mark.parametrize(
    ("choice", "start", "rest", "text"),
    [
        ("daily", START, {"interval": 2, "count": 5}, "FREQ=DAILY;INTERVAL=2;COUNT=5"),
        ("weekly", START, {"weekdays": [3, 1], "count": 5}, "FREQ=WEEKLY;BYDAY=TU,TH;COUNT=5"),
        (
            "weekly",
            START,
            {"weekdays": [3, 6], "interval": 2, "count": 5},
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH,SU;WKST=SU;COUNT=5",
        ),
        (
            "weekly",
            START,
            {"weekdays": [3, 6], "interval": 2, "week_starts": 0, "count": 5},
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH,SU;COUNT=5",
        ),
        (
            "weekly",
            START,
            {"weekdays": [1, 3], "interval": 2, "week_starts": 2, "count": 5},
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;WKST=WE;COUNT=5",
        ),
        (
            "weekly",
            START,
            {"weekdays": [1, 3], "interval": 2, "week_starts": 5, "count": 5},
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;COUNT=5",
        ),
        ("monthly_day", START, {"count": 5}, "FREQ=MONTHLY;BYMONTHDAY=10;COUNT=5"),
        ("monthly_last_day", datetime(2026, 12, 31, 9), {"count": 5}, "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=5"),
        ("monthly_last", datetime(2026, 12, 31, 9), {"count": 5}, "FREQ=MONTHLY;BYDAY=-1TH;COUNT=5"),
        ("yearly", START, {"count": 5}, "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=10;COUNT=5"),
        ("yearly_nth", START, {"count": 5}, "FREQ=YEARLY;BYMONTH=12;BYDAY=2TH;COUNT=5"),
        ("weekly", START, {}, "FREQ=WEEKLY;BYDAY=TH;UNTIL=20271209T200000Z"),
        ("daily", START, {"count": 1000}, "FREQ=DAILY;UNTIL=20290904T190000Z"),
    ],
)
def test_a_rule_has_one_spelling(choice: str, start: datetime, rest: dict[str, Any], text: str) -> None:
    rule = a_rule(choice, start, **rest)
    assert to_rrule(rule, start, CHICAGO) == text
    read = from_rrule(text, CHICAGO)
    assert dates_by_rule(read, start) == dates_by_rule(rule, start)
    assert to_rrule(read, start, CHICAGO) == text


def test_until_of_an_all_day_series_is_a_date() -> None:
    rule = a_rule("weekly", datetime(2026, 12, 10))
    assert to_rrule(rule, datetime(2026, 12, 10), None) == "FREQ=WEEKLY;BYDAY=TH;UNTIL=20271209"
    assert from_rrule("FREQ=WEEKLY;BYDAY=TH;UNTIL=20271209", None) == rule


def test_an_evening_series_reads_back_its_local_last_date_not_the_one_in_utc() -> None:
    evening = START.replace(hour=20)
    rule = a_rule("weekly", evening)
    assert to_rrule(rule, evening, CHICAGO).endswith("UNTIL=20271210T020000Z")
    assert from_rrule(to_rrule(rule, evening, CHICAGO), CHICAGO) == rule


def test_until_of_a_series_that_ends_on_a_skipped_time_keeps_that_date() -> None:
    night = datetime(2027, 3, 12, 2, 30)
    rule = a_rule("daily", night, until=date(2027, 3, 14))
    assert to_rrule(rule, night, CHICAGO) == "FREQ=DAILY;UNTIL=20270314T083000Z"
    assert from_rrule(to_rrule(rule, night, CHICAGO), CHICAGO) == rule


BOMBS = [
    "FREQ=SECONDLY",
    "FREQ=SECONDLY;COUNT=5",
    "FREQ=MINUTELY;UNTIL=20271209T200000Z",
    "FREQ=HOURLY;COUNT=3",
    "FREQ=DAILY;INTERVAL=0",
    "FREQ=DAILY;INTERVAL=0;COUNT=3",
    "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31;COUNT=3",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=3",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=3",
    "FREQ=YEARLY;BYWEEKNO=53;COUNT=3",
    "FREQ=YEARLY;BYYEARDAY=366;COUNT=3",
    "FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3",
    "FREQ=MONTHLY;BYDAY=2TU,4TU;COUNT=3",
    "FREQ=MONTHLY;BYDAY=5MO;COUNT=3",
    "FREQ=MONTHLY;BYDAY=2XX;COUNT=3",
    "FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2;COUNT=3",
    "FREQ=MONTHLY;BYMONTHDAY=-1;BYDAY=2TU;COUNT=3",
    "FREQ=WEEKLY;COUNT=3",
    "FREQ=WEEKLY;BYDAY=TH,TU;COUNT=3",
    "FREQ=WEEKLY;BYDAY=TU,TU;COUNT=3",
    "FREQ=WEEKLY;BYDAY=TU;WKST=SU;COUNT=3",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;WKST=SU;COUNT=3",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO;COUNT=3",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=XX;COUNT=3",
    "FREQ=DAILY;INTERVAL=2;WKST=SU;COUNT=3",
    "FREQ=WEEKLY;INTERVAL=99;BYDAY=TU;COUNT=3",
    "FREQ=DAILY;INTERVAL=1;COUNT=3",
    "FREQ=DAILY;COUNT=0",
    "FREQ=DAILY;COUNT=1000000000000",
    "FREQ=DAILY;COUNT=3;UNTIL=20271209T200000Z",
    "FREQ=DAILY;UNTIL=20271209",
    "FREQ=DAILY;UNTIL=20271209T200000",
    "FREQ=DAILY;UNTIL=20270230T200000Z",
    "FREQ=DAILY;UNTIL=00010101T000000Z",
    "FREQ=DAILY;UNTIL=99991231T235959Z",
    "FREQ=DAILY",
    "freq=daily;count=3",
    "FREQ=DAILY;COUNT=3\r\nATTENDEE:mailto:x@example.gov",
    "FREQ=DAILY;COUNT=٣",
    "RRULE:FREQ=DAILY;COUNT=3",
    "FREQ=WEEKLY;BYDAY=" + "MO," * 100_000 + "MO;COUNT=3",
    "FREQ=DAILY;INTERVAL=" + "9" * 1_000_000,
    "",
    "\x00",
]


def refusal(text: str) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        from_rrule(text, CHICAGO)
    return refused.value.fields


def test_every_rule_that_we_did_not_write_is_refused_at_once() -> None:
    for text in BOMBS:
        sentences = within(100, partial(refusal, text))
        assert sentences == {"repeat": "The tracker doesn’t support this repeat pattern."}, text


def test_a_zoned_until_is_refused_for_an_all_day_series() -> None:
    with pytest.raises(Invalid):
        from_rrule("FREQ=DAILY;UNTIL=20271209T200000Z", None)
