"""Periods of reports, and their sums."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.action_items import action_item
from tracker.errors import Invalid
from tracker.rules.actions import ActionItem, ItemStatus
from tracker.rules.core.viewers import Arm
from tracker.rules.reports import reports, sums
from tracker.rules.reports.reports import KINDS, PlaceMark
from tracker.rules.reports.sums import (
    AGE_COLUMNS,
    DateCount,
    ItemColumn,
    ItemCount,
    ItemWindow,
    OperationPart,
    PlaceCount,
    ReportAgency,
    count_operations,
    item_columns_of,
    item_lines,
)

DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))
ZONE = "America/Chicago"


@pytest.mark.parametrize(
    ("key", "name", "first", "last"),
    [
        ("2026-H1", "Grant half-year, January to June 2026", date(2026, 1, 1), date(2026, 6, 30)),
        ("2026-H2", "Grant half-year, July to December 2026", date(2026, 7, 1), date(2026, 12, 31)),
        ("FY2027-Q1", "FY2027 Q1, October to December 2026", date(2026, 10, 1), date(2026, 12, 31)),
        ("FY2027-Q4", "FY2027 Q4, July to September 2027", date(2027, 7, 1), date(2027, 9, 30)),
        ("FY2027", "FY2027, October 2026 to September 2027", date(2026, 10, 1), date(2027, 9, 30)),
        ("2028-02", "February 2028", date(2028, 2, 1), date(2028, 2, 29)),
    ],
)
def test_a_key_names_a_period(key: str, name: str, first: date, last: date) -> None:
    period = reports.period_named(key)
    assert period is not None
    assert (period.key, period.name, period.first, period.last) == (key, name, first, last)


@pytest.mark.parametrize(
    "key", ["", "2026", "2026-H3", "FY2027-Q5", "2026-13", "2026-00", "FY0001", "9999-H1", "٢٠٢٦-H1"]
)
def test_anything_else_names_none(key: str) -> None:
    assert reports.period_named(key) is None


@given(DAYS)
def test_the_first_period_of_each_kind_that_is_offered_holds_today_and_the_others_lead_up_to_it(today: date) -> None:
    for _, of_kind in reports.offered_periods(today):
        assert of_kind[0].first <= today <= of_kind[0].last
        for later, earlier in pairwise(of_kind):
            assert (later.first - earlier.last).days == 1
        assert all(reports.period_named(one.key) == one for one in of_kind)


@given(DAYS)
def test_quarters_make_up_the_fiscal_year_and_months_every_period(today: date) -> None:
    year = today.year
    quarters = [reports.fiscal_quarter(year, number) for number in (1, 2, 3, 4)]
    whole = reports.fiscal_year(year)
    assert [month for one in quarters for month in one.months()] == whole.months()
    assert (quarters[0].first, quarters[-1].last) == (whole.first, whole.last)


def test_a_period_lasts_from_midnight_to_midnight_in_the_zone() -> None:
    start, end = reports.half_year(2027, 1).span(ZONE)
    assert start == datetime(2027, 1, 1, 6, tzinfo=UTC)
    assert end == datetime(2027, 7, 1, 5, tzinfo=UTC)


def test_chosen_days_are_in_order_and_at_most_three_years() -> None:
    with pytest.raises(Invalid, match="before the first"):
        reports.custom_period(date(2026, 2, 2), date(2026, 2, 1))
    with pytest.raises(Invalid, match="at most 3 years"):
        reports.custom_period(date(2026, 1, 1), date(2029, 1, 1))
    assert len(reports.custom_period(date(2026, 1, 1), date(2028, 12, 31)).months()) == 36
    assert reports.custom_period(date(2026, 1, 31), date(2026, 2, 1)).name == "January 31, 2026, to February 1, 2026"


AGENCIES = [
    *(ReportAgency(id=uuid4(), code=f"A{n}", name="", arm=list(Arm)[n % 2], level="local") for n in range(3)),
    ReportAgency(id=None, code="Others", name="", arm=None, level=""),
]
MONTHS = [date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)]
PLACES = st.builds(
    PlaceCount,
    month=st.integers(0, 2),
    kind=st.sampled_from(KINDS),
    agency_id=st.sampled_from([a.id for a in AGENCIES]),
    mark=st.sampled_from(list(PlaceMark)),
    number=st.integers(1, 9),
)


@given(st.lists(PLACES))
def test_agencies_months_and_kinds_add_up_to_the_same_total(places: list[PlaceCount]) -> None:
    whole = sums.tally_places(places)
    dates = [DateCount(month=0, kind=kind, is_off=False, number=1, minutes=60, restricted=0) for kind in KINDS]
    assert sums.total_tally(tally for _, tally in sums.tally_by_agency(places, AGENCIES)) == whole
    assert sums.total_tally(line.tally for line in sums.lines_by_month(places, dates, MONTHS)) == whole
    *kinds, everything = sums.activities_by_kind(places, dates)
    assert sums.total_tally(line.tally for line in kinds) == everything.tally == whole
    of_arms = sums.total_tally(tally for _, tally in sums.tally_by_arm(sums.tally_by_agency(places, AGENCIES)))
    assert of_arms == sums.tally_places(one for one in places if one.agency_id is not None)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_rate_is_in_whole_percent_and_nothing_has_none(part: int, rest: int) -> None:
    rate = sums.percent(part, part + rest)
    assert rate is None if part + rest == 0 else abs(rate - 100 * part / (part + rest)) <= 0.5


def test_nothing_held_makes_no_line() -> None:
    assert sums.activities_by_kind([], []) == []


NOVEMBER = ItemWindow(start=datetime(2026, 11, 1, 5, tzinfo=UTC), end=datetime(2026, 12, 1, 6, tzinfo=UTC), zone=ZONE)
OCTOBER_10 = datetime(2026, 10, 10, 15, tzinfo=UTC)
FBI = ReportAgency(id=uuid4(), code="FBI", name="FBI", arm=Arm.LAW_ENFORCEMENT, level="federal")
ITEM = action_item(agency_id=FBI.id, agency="FBI", due=date(2026, 11, 30), created_at=OCTOBER_10)


def closed_item(at: datetime, status: ItemStatus = ItemStatus.DONE, due: date = ITEM.due) -> ActionItem:
    return replace(ITEM, closed_at=at, status=status, due=due)


def alone(item: ActionItem) -> ItemCount:
    return ItemCount(
        agency_id=item.agency_id,
        due=item.due,
        status=item.status,
        created_at=item.created_at,
        closed_at=item.closed_at,
        number=1,
    )


@pytest.mark.parametrize(
    ("due", "age"),
    [
        (date(2026, 11, 30), ItemColumn.NOT_DUE),
        (date(2026, 11, 29), ItemColumn.LATE_WEEK),
        (date(2026, 11, 23), ItemColumn.LATE_WEEK),
        (date(2026, 11, 22), ItemColumn.LATE_MONTH),
        (date(2026, 10, 31), ItemColumn.LATE_MONTH),
        (date(2026, 10, 30), ItemColumn.LATE_LONGER),
    ],
)
def test_an_open_item_has_the_age_of_the_last_day_of_the_period(due: date, age: ItemColumn) -> None:
    assert item_columns_of(replace(ITEM, due=due), NOVEMBER) == {ItemColumn.OPEN, age}


def test_what_was_closed_after_the_period_was_open_in_it() -> None:
    assert item_columns_of(closed_item(NOVEMBER.end), NOVEMBER) == {ItemColumn.OPEN, ItemColumn.NOT_DUE}


def test_what_was_canceled_is_neither_open_nor_done() -> None:
    assert item_columns_of(closed_item(datetime(2026, 11, 9, tzinfo=UTC), ItemStatus.CANCELED), NOVEMBER) == set()


def test_an_item_is_on_time_until_midnight_of_its_day_in_the_zone() -> None:
    last_minute = datetime(2026, 11, 21, 5, 59, tzinfo=UTC)
    due = date(2026, 11, 20)
    assert item_columns_of(closed_item(last_minute, due=due), NOVEMBER) == {ItemColumn.CLOSED, ItemColumn.ON_TIME}
    assert item_columns_of(closed_item(last_minute + timedelta(minutes=1), due=due), NOVEMBER) == {ItemColumn.CLOSED}


@given(st.lists(st.tuples(st.integers(-80, 80), st.integers(0, 80), st.sampled_from(list(ItemStatus)))))
def test_ages_add_up_to_what_is_open_and_on_time_is_part_of_what_was_closed(
    facts: list[tuple[int, int, ItemStatus]],
) -> None:
    items = [
        replace(
            ITEM,
            due=ITEM.due + timedelta(days=late),
            status=status,
            closed_at=OCTOBER_10 + timedelta(days=took) if status in (ItemStatus.DONE, ItemStatus.CANCELED) else None,
        )
        for late, took, status in facts
    ]
    for line in item_lines(map(alone, items), [FBI], NOVEMBER):
        assert sum(line.numbers[age] for age in AGE_COLUMNS) == line.numbers[ItemColumn.OPEN]
        assert line.numbers[ItemColumn.ON_TIME] <= line.numbers[ItemColumn.CLOSED] <= len(items)


def test_the_median_is_of_what_was_closed_in_the_period() -> None:
    items = [closed_item(OCTOBER_10 + timedelta(days=days)) for days in (10, 30, 35, 51, 90)]
    every = item_lines(map(alone, items), [FBI], NOVEMBER)[-1]
    assert (every.numbers[ItemColumn.CLOSED], every.median_days) == (3, 35)


def test_items_that_are_alike_count_together() -> None:
    took_30_days = alone(closed_item(OCTOBER_10 + timedelta(days=30)))
    took_31_days = alone(closed_item(OCTOBER_10 + timedelta(days=31)))
    every = item_lines([replace(took_30_days, number=3), took_31_days], [FBI], NOVEMBER)[-1]
    assert (every.numbers[ItemColumn.CLOSED], every.numbers[ItemColumn.ON_TIME], every.median_days) == (4, 4, 30)


FIRST, SECOND = uuid4(), uuid4()


def test_an_operation_and_an_agency_count_once() -> None:
    operations = count_operations(
        [OperationPart(FIRST, "KCPD"), OperationPart(FIRST, "FBI"), OperationPart(SECOND, "FBI")]
    )
    assert (operations.held, operations.agencies, operations.is_withheld) == (2, ("FBI", "KCPD"), False)


def test_a_reader_who_sees_none_has_no_figure() -> None:
    assert count_operations([]).is_withheld
