"""What several tasks want done at the same time is done together, and each learns what became of its own."""

import asyncio
from collections.abc import Sequence

import pytest

from tracker.ports.mail.delivery import MOST, GroupedWork


class Doubling:
    """Doubles numbers, slowly, and refuses groups with a negative one."""

    def __init__(self) -> None:
        self.groups: list[Sequence[int]] = []

    async def do(self, numbers: Sequence[int]) -> list[int]:
        self.groups.append(numbers)
        await asyncio.sleep(0.01)
        if min(numbers) < 0:
            raise ValueError(min(numbers))
        return [2 * one for one in numbers]


async def test_what_comes_while_one_is_done_forms_the_next_group() -> None:
    doubling = Doubling()
    group = GroupedWork(doubling.do)
    assert await asyncio.gather(*map(group.do, range(5))) == [0, 2, 4, 6, 8]
    assert doubling.groups == [[0], [1, 2, 3, 4]]


async def test_what_comes_within_a_moment_is_done_with_the_first() -> None:
    doubling = Doubling()
    group = GroupedWork(doubling.do, moment=0.01)
    assert await asyncio.gather(*map(group.do, range(5))) == [0, 2, 4, 6, 8]
    assert doubling.groups == [[0, 1, 2, 3, 4]]


async def test_none_waits_for_more_than_there_are() -> None:
    doubling = Doubling()
    group = GroupedWork(doubling.do, moment=60, tasks=lambda: 3)
    async with asyncio.timeout(30):
        assert await asyncio.gather(*map(group.do, range(3))) == [0, 2, 4]
        assert await asyncio.gather(*map(group.do, range(3))) == [0, 2, 4]
    assert doubling.groups == [[0, 1, 2]] * 2


async def test_a_group_is_never_so_large_that_others_wait_long() -> None:
    doubling = Doubling()
    group = GroupedWork(doubling.do)
    assert await asyncio.gather(*map(group.do, range(50))) == [2 * one for one in range(50)]
    assert [len(one) for one in doubling.groups] == [1, MOST, MOST, 49 - 2 * MOST]


async def test_one_that_fails_takes_nothing_from_the_others_of_its_group() -> None:
    group = GroupedWork(Doubling().do)
    found = await asyncio.gather(*map(group.do, (0, 1, -2, 3)), return_exceptions=True)
    assert [one if isinstance(one, int) else type(one) for one in found] == [0, 2, ValueError, 6]


async def test_a_database_that_is_away_is_waited_for_once_for_the_whole_group() -> None:
    asked = list[Sequence[int]]()

    async def away(numbers: Sequence[int]) -> list[int]:
        asked.append(numbers)
        raise ConnectionRefusedError

    group = GroupedWork(away, moment=0.01)
    found = await asyncio.gather(*map(group.do, range(4)), return_exceptions=True)
    assert [type(one) for one in found] == [ConnectionRefusedError] * 4
    assert asked == [[0, 1, 2, 3]]


async def test_what_a_canceled_task_wanted_is_not_done_later() -> None:
    doubling = Doubling()
    group = GroupedWork(doubling.do)
    first, second = [asyncio.create_task(group.do(one)) for one in range(2)]
    await asyncio.sleep(0)
    second.cancel()
    assert await first == 0
    assert await group.do(2) == 4
    assert doubling.groups == [[0], [2]]


async def test_a_task_that_is_canceled_leaves_the_rest_of_its_group_to_the_next() -> None:
    group = GroupedWork(Doubling().do)
    first, second, third = [asyncio.create_task(group.do(one)) for one in range(3)]
    assert await first == 0
    await asyncio.sleep(0)  # the second does its own and that of the third
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    assert await third == 4
