"""Sums of a report: rates of whole percent, and the same total whichever way one adds up."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.action_items import action_item
from tracker.rules.actions.action_items import ActionItem, ItemStatus
from tracker.rules.core.viewers import Arm
from tracker.rules.reports import sums
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


ZONE = "America/Chicago"
NOVEMBER = ItemWindow(start=datetime(2026, 11, 1, 5, tzinfo=UTC), end=datetime(2026, 12, 1, 6, tzinfo=UTC), zone=ZONE)
OCTOBER_10 = datetime(2026, 10, 10, 15, tzinfo=UTC)
FBI = ReportAgency(id=uuid4(), code="FBI", name="FBI", arm=Arm.LAW_ENFORCEMENT, level="federal")
ITEM = action_item(agency_id=FBI.id, agency="FBI", due=date(2026, 11, 30), created_at=OCTOBER_10)


def closed(at: datetime, status: ItemStatus = ItemStatus.DONE, due: date = ITEM.due) -> ActionItem:
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
    assert item_columns_of(closed(NOVEMBER.end), NOVEMBER) == {ItemColumn.OPEN, ItemColumn.NOT_DUE}


def test_what_was_canceled_is_neither_open_nor_done() -> None:
    assert item_columns_of(closed(datetime(2026, 11, 9, tzinfo=UTC), ItemStatus.CANCELED), NOVEMBER) == set()


def test_an_item_is_on_time_until_midnight_of_its_day_in_the_zone() -> None:
    last_minute = datetime(2026, 11, 21, 5, 59, tzinfo=UTC)
    due = date(2026, 11, 20)
    assert item_columns_of(closed(last_minute, due=due), NOVEMBER) == {ItemColumn.CLOSED, ItemColumn.ON_TIME}
    assert item_columns_of(closed(last_minute + timedelta(minutes=1), due=due), NOVEMBER) == {ItemColumn.CLOSED}


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
    items = [closed(OCTOBER_10 + timedelta(days=days)) for days in (10, 30, 35, 51, 90)]
    every = item_lines(map(alone, items), [FBI], NOVEMBER)[-1]
    assert (every.numbers[ItemColumn.CLOSED], every.median_days) == (3, 35)


def test_items_that_are_alike_count_together() -> None:
    took_30_days = alone(closed(OCTOBER_10 + timedelta(days=30)))
    took_31_days = alone(closed(OCTOBER_10 + timedelta(days=31)))
    every = item_lines([replace(took_30_days, number=3), took_31_days], [FBI], NOVEMBER)[-1]
    assert (every.numbers[ItemColumn.CLOSED], every.numbers[ItemColumn.ON_TIME], every.median_days) == (4, 4, 30)


FIRST, SECOND = uuid4(), uuid4()


def test_an_operation_and_an_agency_count_once() -> None:
    found = count_operations([OperationPart(FIRST, "KCPD"), OperationPart(FIRST, "FBI"), OperationPart(SECOND, "FBI")])
    assert (found.held, found.agencies, found.is_withheld) == (2, ("FBI", "KCPD"), False)


def test_a_reader_who_sees_none_has_no_figure() -> None:
    assert count_operations([]).is_withheld
