"""Any rule of another program gives the dates that dateutil gives, at the cost of a window."""

# Local times are naive: the zone of the event is beside them.
# ruff: noqa: DTZ001, DTZ007

from datetime import date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as some

from tests.processor_time import within
from tracker.errors import Invalid
from tracker.ical.foreign_events import CODES
from tracker.ical.shared_calendars import Budget, starts_between

FIRST = datetime(2026, 1, 6, 9, 30)
START, END = date(2027, 1, 1), date(2027, 6, 30)
DAYS = some.lists(some.sampled_from(CODES), min_size=1, max_size=4, unique=True).map(",".join)
NTH = some.tuples(some.sampled_from(["1", "2", "-1", "-2", "5"]), some.sampled_from(CODES)).map("".join)
MONTHDAY = some.lists(some.sampled_from([1, 13, 15, 28, -1, -2]), min_size=1, max_size=3, unique=True)
MONTHS = some.lists(some.integers(1, 12), min_size=1, max_size=3, unique=True)


def until(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%S")


def listed(name: str, numbers: list[int]) -> str:
    return f"{name}={','.join(map(str, numbers))}"


ENDS = some.one_of(
    some.just(""),
    some.integers(1, 200).map(lambda number: f"COUNT={number}"),
    some.integers(1, 900).map(lambda days: f"UNTIL={FIRST + timedelta(days=days):%Y%m%dT%H%M%S}"),
)
WEEKS = some.sampled_from(CODES).map(lambda code: f"WKST={code}")
EVERY = some.sampled_from([1, 2, 3, 4, 7]).map(lambda number: f"INTERVAL={number}")
PICKS = {
    "DAILY": [some.just("")],
    "WEEKLY": [some.just(""), DAYS.map(lambda days: f"BYDAY={days}")],
    "MONTHLY": [
        some.just(""),
        NTH.map(lambda day: f"BYDAY={day}"),
        MONTHDAY.map(lambda days: listed("BYMONTHDAY", days)),
        some.tuples(DAYS, some.sampled_from([1, 2, -1])).map(lambda one: f"BYDAY={one[0]};BYSETPOS={one[1]}"),
    ],
    "YEARLY": [
        some.just(""),
        MONTHS.map(lambda months: listed("BYMONTH", months)),
        some.tuples(NTH, MONTHS).map(lambda one: f"BYDAY={one[0]};{listed('BYMONTH', one[1])}"),
        NTH.map(lambda day: f"BYDAY={day}"),
        MONTHDAY.map(lambda days: listed("BYMONTHDAY", days)),
    ],
}
RULES = (
    some.sampled_from(sorted(PICKS))
    .flatmap(lambda word: some.tuples(some.just(f"FREQ={word}"), some.one_of(PICKS[word]), EVERY, WEEKS, ENDS))
    .map(lambda parts: ";".join(part for part in parts if part))
)


@settings(max_examples=300)
@given(RULES, some.integers(0, 27))
def test_the_dates_are_those_of_dateutil(rule: str, later: int) -> None:
    first = FIRST + timedelta(days=later)
    wanted = rrulestr(rule, dtstart=first).between(datetime(2027, 1, 1), datetime(2027, 6, 30, 23, 59), inc=True)
    assume(len(wanted) < 400)
    assert starts_between(rule, first, (START, END), until, Budget(10_000)) == wanted


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY",
        "FREQ=HOURLY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=0",
        "FREQ=ODD",
        "INTERVAL=1",
        "FREQ=DAILY;BYHOUR=1,2",
        "FREQ=DAILY;INTERVAL=99999999",
        "FREQ=MONTHLY;BYDAY=XX",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYMONTHDAY=one",
        "FREQ=YEARLY;BYWEEKNO=1",
        "FREQ=WEEKLY;BYDAY=1MO",
        f"FREQ=MONTHLY;BYMONTHDAY={','.join(['1'] * 40)}",
    ],
)
def test_a_rule_that_is_not_read_is_refused(rule: str) -> None:
    with pytest.raises(Invalid):
        starts_between(rule, FIRST, (START, END), until, Budget(10_000))


@pytest.mark.parametrize(
    "rule",
    ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYMONTHDAY=31;COUNT=9"],
)
def test_a_rule_that_gives_nothing_ends_as_soon_as_any_other(rule: str) -> None:
    within(500, lambda: starts_between(rule, datetime(1990, 2, 28, 9), (START, END), until, Budget(20_000)))
