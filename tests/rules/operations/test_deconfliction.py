"""Two operations are in each other's way by distance and time, to the foot and to the minute."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tracker.rules.operations.deconfliction import (
    Footprint,
    Overlap,
    distance_ft,
    find_unplaced,
    hash_of_facts,
    overlap_of,
)
from tracker.rules.operations.plans import Point, point_at
from tracker.rules.operations.site_maps import FEET_IN_A_DEGREE

SATURDAY = datetime(2027, 5, 15, 11, tzinfo=UTC)
"""6:00 AM in Kansas City."""
HOUR = timedelta(hours=1)
A, B, C, D = (39.0911, -94.4155), (39.0925, -94.4130), (39.0997, -94.5786), (39.0911, -94.4108)


def site_at(at: tuple[float, float], radius_ft: int = 1_320) -> Point:
    return point_at(*at, radius_ft)


def footprint(*points: Point, starts: timedelta = timedelta(0), lasts: timedelta = 6 * HOUR) -> Footprint:
    begins = SATURDAY + starts
    return Footprint(starts_at=begins, ends_at=begins + lasts, buffer=HOUR, points=points)


FIRST = footprint(site_at(A))


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (footprint(site_at(B), starts=4 * HOUR, lasts=4 * HOUR), Overlap(873, timedelta(0))),
        (footprint(site_at(D)), None),
        (footprint(site_at((39.0911, -94.41084))), Overlap(1_319, timedelta(0))),
        (footprint(site_at((39.0911, -94.41083))), None),
        (footprint(site_at(C)), None),
        (footprint(site_at(B), starts=24 * HOUR), None),
        (footprint(site_at(B), starts=7 * HOUR, lasts=2 * HOUR), Overlap(873, HOUR)),
        (footprint(site_at(B), starts=7 * HOUR + timedelta(minutes=1), lasts=2 * HOUR), None),
        (footprint(site_at(D, 2_000)), Overlap(1_331, timedelta(0))),
    ],
    ids=[
        "873 feet away at the same time",
        "1,330.8 feet away",
        "1,319.5 feet away",
        "1,322.3 feet away",
        "14.1 kilometers away",
        "the next day",
        "an hour later",
        "an hour and a minute later",
        "within the larger radius",
    ],
)
def test_two_operations_are_in_each_others_way_to_the_foot_and_the_minute(
    other: Footprint, found: Overlap | None
) -> None:
    assert overlap_of(FIRST, other) == found


def test_an_operation_without_a_site_is_in_nobodys_way() -> None:
    assert overlap_of(FIRST, footprint()) is None


def test_an_operation_without_a_place_could_be_in_the_way_of_each_at_its_time() -> None:
    lost, here, later, also_lost = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)
    operations = {
        lost: footprint(),
        here: footprint(site_at(C), starts=7 * HOUR),
        later: footprint(site_at(A), starts=7 * HOUR + timedelta(minutes=1)),
        also_lost: footprint(starts=48 * HOUR),
    }
    assert find_unplaced(operations) == {lost: [here]}


def test_a_degree_of_latitude_is_as_long_as_the_map_draws_it() -> None:
    assert round(distance_ft(site_at((39, -94)), site_at((40, -94)))) == FEET_IN_A_DEGREE


PLACES = st.builds(site_at, st.tuples(st.floats(39, 39.02), st.floats(-94.42, -94.4)), st.integers(50, 8_000))
OPERATIONS = st.builds(
    lambda points, starts, lasts: footprint(*points, starts=timedelta(minutes=starts), lasts=timedelta(minutes=lasts)),
    st.lists(PLACES, max_size=3),
    st.integers(-600, 600),
    st.integers(1, 600),
)


@given(OPERATIONS, OPERATIONS)
def test_it_does_not_matter_which_operation_was_entered_first(one: Footprint, other: Footprint) -> None:
    assert overlap_of(one, other) == overlap_of(other, one)


@given(OPERATIONS, OPERATIONS)
def test_the_same_facts_have_one_hash_in_either_order_and_any_zone(one: Footprint, other: Footprint) -> None:
    east = timezone(timedelta(hours=3))
    there = replace(one, starts_at=one.starts_at.astimezone(east), points=one.points[::-1])
    assert hash_of_facts(one, other) == hash_of_facts(other, there)


@given(OPERATIONS, OPERATIONS)
def test_another_minute_is_another_fact(one: Footprint, other: Footprint) -> None:
    later = replace(one, ends_at=one.ends_at + timedelta(minutes=1))
    assert hash_of_facts(one, other) != hash_of_facts(later, other)


@pytest.mark.parametrize("buffer", [timedelta(), timedelta(minutes=30), timedelta(hours=24)], ids=str)
def test_the_gap_that_still_conflicts_is_the_buffer_to_the_second(buffer: timedelta) -> None:
    first = replace(footprint(site_at(A)), buffer=buffer)
    at_the_limit = replace(first, starts_at=first.ends_at + buffer, ends_at=first.ends_at + buffer + HOUR)
    assert overlap_of(first, at_the_limit) == Overlap(0, buffer)
    a_second_later = replace(at_the_limit, starts_at=at_the_limit.starts_at + timedelta(seconds=1))
    assert overlap_of(first, a_second_later) is None
