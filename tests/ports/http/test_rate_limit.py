"""Guessing addresses."""

from datetime import UTC, datetime, timedelta

from tracker.ports.http import guards
from tracker.ports.http.guards import Guesses

NOW = datetime(2026, 12, 15, 15, tzinfo=UTC)


def test_the_21st_guess_of_a_minute_is_one_too_many() -> None:
    counted = Guesses()
    assert [counted.is_one_too_many("a", NOW) for _ in range(21)] == [False] * 20 + [True]
    assert not counted.is_one_too_many("b", NOW)
    assert counted.is_one_too_many("a", NOW + timedelta(seconds=59))
    assert not counted.is_one_too_many("a", NOW + timedelta(seconds=60))


def test_not_more_network_addresses_are_remembered_than_there_is_room_for() -> None:
    counted = Guesses()
    for number in range(guards.REMEMBERED + 1):
        counted.is_one_too_many(str(number), NOW)
    assert len(counted._counted) == guards.REMEMBERED
