"""Local times and moments: DST, names of zones, odd input."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001, DTZ901

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.errors import Invalid
from tracker.rules.core.wording import to_local, to_utc, zone_names, zone_of

CHICAGO = "America/Chicago"


def test_a_time_that_the_clocks_skip_goes_forward_by_the_gap() -> None:
    assert to_utc(datetime(2027, 3, 14, 2, 30), CHICAGO) == datetime(2027, 3, 14, 8, 30, tzinfo=UTC)
    assert to_local(datetime(2027, 3, 14, 8, 30, tzinfo=UTC), CHICAGO).replace(tzinfo=None) == datetime(
        2027, 3, 14, 3, 30
    )


def test_of_a_doubled_time_the_first_counts() -> None:
    assert to_utc(datetime(2026, 11, 1, 1, 30), CHICAGO) == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    assert to_utc(datetime(2026, 11, 1, 1, 30, fold=1), CHICAGO) == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


def test_a_day_before_is_a_day_on_the_wall_clock_and_24_hours_are_24_hours() -> None:
    start = datetime(2026, 11, 1, 9, 0)
    assert to_utc(start - timedelta(days=1), CHICAGO) == datetime(2026, 10, 31, 14, tzinfo=UTC)
    assert to_utc(start, CHICAGO) - timedelta(hours=24) == datetime(2026, 10, 31, 15, tzinfo=UTC)


def test_both_ways_agree_through_the_year() -> None:
    for day in range(365):
        local = datetime(2026, 1, 1, 10, 0) + timedelta(days=day)
        assert to_local(to_utc(local, CHICAGO), CHICAGO) == local.replace(tzinfo=ZoneInfo(CHICAGO))


@given(st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30)), st.sampled_from([CHICAGO, "Australia/Lord_Howe"]))
def test_a_moment_is_the_one_that_the_standard_library_says(local: datetime, zone: str) -> None:
    moment = to_utc(local, zone)
    assert moment.tzinfo is UTC
    assert moment == local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Mars/Olympus",
        "America",
        "../../etc/passwd",
        "/etc/localtime",
        "localtime",
        "EST",
        "right/America/Chicago",
        "America/Chicago\n",
        "America/Chicago\x00",
        "America/\ud800",
        "A" * 5000,
        "America/" + "a" * 300,
        "posixrules",
    ],
)
def test_an_unknown_zone_is_refused_at_its_field(name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        zone_of(name)
    assert list(refusal.value.fields) == ["zone"]


@pytest.mark.parametrize("local", [datetime.min, datetime.max, datetime(1969, 12, 31), datetime(2200, 1, 1)])
def test_a_year_outside_all_calendars_is_refused_at_the_date(local: datetime) -> None:
    with pytest.raises(Invalid) as refusal:
        to_utc(local, "Asia/Tokyo")
    assert refusal.value.fields == {"date": "Choose a date between 1970 and 2199."}


def test_an_aware_local_time_and_a_naive_moment_are_mistakes_of_the_program() -> None:
    with pytest.raises(ValueError, match="naive"):
        to_utc(datetime(2026, 1, 1, tzinfo=UTC), CHICAGO)
    with pytest.raises(ValueError, match="aware"):
        to_local(datetime(2026, 1, 1), CHICAGO)


def test_the_names_of_all_zones_are_looked_for_only_once() -> None:
    assert {"America/Chicago", "UTC"} < zone_names()
    assert zone_names() is zone_names()
