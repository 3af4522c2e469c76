"""A write refused because of another row is a `Conflict`, on both engines alike."""

import sqlite3

import asyncpg
import pytest
from piccolo.querystring import QueryString

from tests.database.rows import add_orphan, add_parent, parents
from tracker.database import Engine, conflicts, writing
from tracker.errors import Conflict

pytestmark = pytest.mark.both_engines

MISTAKE = (sqlite3.IntegrityError, asyncpg.IntegrityConstraintViolationError)
RESTRICTED = "CREATE TABLE pupil (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent (id) ON DELETE RESTRICT)"


async def test_a_duplicate_is_a_conflict_with_our_sentence(small: Engine) -> None:
    await add_parent(small, 1, "same")
    with pytest.raises(Conflict, match="name is taken"), conflicts("This name is taken."):
        async with writing():
            await add_parent(small, 2, "same")


async def test_a_duplicate_key_is_a_conflict(small: Engine) -> None:
    await add_parent(small, 1)
    with pytest.raises(Conflict), conflicts():
        await add_parent(small, 1, "other")


async def test_a_missing_parent_is_a_conflict_at_the_end_of_the_block(small: Engine) -> None:
    with pytest.raises(Conflict), conflicts():
        async with writing():
            await add_orphan(small)


async def test_a_parent_that_is_still_needed_is_a_conflict(small: Engine) -> None:
    await small.run_ddl(RESTRICTED)
    await add_parent(small, 1)
    await small.run_querystring(QueryString("INSERT INTO pupil VALUES (1, 1)"))
    with pytest.raises(Conflict), conflicts():
        await small.run_querystring(QueryString("DELETE FROM parent WHERE id = 1"))


async def test_the_outer_block_goes_on_after_a_conflict_in_an_inner_one(small: Engine) -> None:
    async with writing():
        await add_parent(small, 1, "same")
        with pytest.raises(Conflict), conflicts():
            async with writing():
                await add_parent(small, 2, "same")
        await add_parent(small, 3)
    assert await parents(small) == [1, 3]


@pytest.mark.parametrize("values", ["(1, NULL)", "(1, '')"], ids=["not null", "check"])
async def test_a_broken_rule_of_the_table_is_no_conflict(small: Engine, values: str) -> None:
    with pytest.raises(MISTAKE), conflicts():
        await small.run_querystring(QueryString(f"INSERT INTO parent VALUES {values}"))
