"""Coordinates as people type them, and what is asked of those outside of the region."""

import pytest

from tracker.errors import Invalid
from tracker.rules.roster.coordinates import (
    LATITUDE_FIRST,
    NO_COORDINATES,
    Coordinates,
    OutsideRegion,
    Region,
    coordinates_in,
)

LOT = Coordinates(39_091_100, -94_415_500)
STATES = Region(15, -180, 72, -60)


@pytest.mark.parametrize(
    "text",
    [
        "39.0911, -94.4155",
        " 39.0911;-94.4155 ",
        "39.0911 -94.4155",
        "39.0911, \N{MINUS SIGN}94.4155",
        "39.0911 N, 94.4155 W",
        "39.0911° N 94.4155° W",
        "n39.0911 w94.4155",
        "94.4155 W, 39.0911 N",
        "39.0911, -94.4155 W",
    ],
)
def test_coordinates_are_read_with_signs_or_letters_in_any_order_that_letters_tell(text: str) -> None:
    assert coordinates_in(text) == LOT


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("north of the river", NO_COORDINATES),
        ("39.0911", NO_COORDINATES),
        ("39.0911 N, 94.4155 N", NO_COORDINATES),
        ("N 39.0911 N, 94.4155 W", NO_COORDINATES),
        ("39, -181", NO_COORDINATES),
        ("91, -94", NO_COORDINATES),
        ("-94.4155, 39.0911", LATITUDE_FIRST),
    ],
)
def test_a_text_that_says_no_place_is_refused_with_what_to_enter(text: str, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        coordinates_in(text)


def test_an_empty_text_says_no_coordinates() -> None:
    assert coordinates_in(" ") is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (Coordinates(39_091_100, 94_415_500), LOT),
        (Coordinates(-39_091_100, -94_415_500), LOT),
        (Coordinates(-39_091_100, 94_415_500), LOT),
        (Coordinates(-84_388_000, 33_749_000), Coordinates(33_749_000, -84_388_000)),
        (Coordinates(84_388_000, 33_749_000), Coordinates(33_749_000, -84_388_000)),
    ],
)
def test_a_forgotten_sign_and_a_swap_are_asked_about_with_the_place_that_is_meant(
    typed: Coordinates, meant: Coordinates
) -> None:
    with pytest.raises(OutsideRegion, match="Did you mean") as asked:
        STATES.check(typed)
    assert asked.value.asked == {"asked_about": typed.text, "meant_instead": meant.text}


def test_a_place_that_no_sign_brings_into_the_region_is_asked_about_without_another_one() -> None:
    with pytest.raises(OutsideRegion, match="Check the minus sign") as asked:
        STATES.check(Coordinates(1_000_000, 1_000_000))
    assert asked.value.asked["meant_instead"] == ""


def test_a_place_in_the_region_is_not_asked_about() -> None:
    STATES.check(LOT)


def test_a_region_can_cross_the_180th_meridian() -> None:
    pacific = Region(10, 140, 20, -170)
    guam, kansas = Coordinates(13_444_000, 144_794_000), Coordinates(13_444_000, -94_000_000)
    assert (pacific.holds(guam), pacific.holds(kansas)) == (True, False)
