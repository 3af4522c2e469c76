"""Changing a table keeps the rows that refer to it, although their foreign key says ON DELETE CASCADE."""

import pytest
from piccolo.engine.exceptions import TransactionError
from piccolo.querystring import QueryString

from tests.database.rows import REFUSED, add_parent, parents
from tracker.database import Engine, changing_schema, rebuild_table, writing

pytestmark = pytest.mark.both_engines

CREATE = "CREATE TABLE parent_new (id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL UNIQUE, note TEXT NOT NULL)"
COPY = "INSERT INTO parent_new SELECT id, name, '-' FROM parent"
INDEX = "CREATE INDEX parent_note ON parent (note)"
ORPHAN = QueryString("INSERT INTO child VALUES (2, 404)")
ALTER = ("ALTER TABLE parent ADD COLUMN note TEXT NOT NULL DEFAULT '-'", INDEX)


async def _rebuild(copy: str = COPY) -> None:
    await rebuild_table("parent", create=CREATE, copy=copy, then=[INDEX], postgres=ALTER)


async def _children(engine: Engine) -> list[dict[str, object]]:
    query = QueryString("SELECT child.id, note FROM child JOIN parent ON parent.id = child.parent")
    return [dict(row) for row in await engine.run_querystring(query)]


@pytest.fixture
async def family(small: Engine) -> Engine:
    await add_parent(small, 7)
    await small.run_querystring(QueryString("INSERT INTO child VALUES (1, 7)"))
    return small


async def test_children_survive(family: Engine) -> None:
    await _rebuild()
    assert await _children(family) == [{"id": 1, "note": "-"}]


async def test_a_rebuild_is_part_of_the_migrations_transaction(family: Engine) -> None:
    with pytest.raises(ZeroDivisionError):
        async with changing_schema():
            await _rebuild()
            raise ZeroDivisionError
    await _rebuild()
    assert await _children(family) == [{"id": 1, "note": "-"}]
    assert await parents(family) == [7]


async def test_foreign_keys_hold_before_and_after(family: Engine) -> None:
    await _rebuild()
    with pytest.raises(REFUSED, match=r"(?i)foreign key"):
        async with writing():
            await family.run_querystring(ORPHAN)
    await family.run_querystring(QueryString("DELETE FROM parent WHERE id = 7"))
    assert await _children(family) == []


@pytest.mark.parametrize("source", ["sqlite"], indirect=True)  # PostgreSQL alters in place and copies nothing
async def test_a_rebuild_that_loses_a_parent_is_undone(family: Engine) -> None:
    with pytest.raises(REFUSED, match="refer to rows that are gone"):
        await _rebuild(copy=f"{COPY} WHERE id <> 7")
    assert await parents(family) == [7]


async def test_an_orphan_written_in_a_migration_is_refused(family: Engine) -> None:
    with pytest.raises(REFUSED, match=r"(?i)foreign key|refer to rows"):
        async with changing_schema():
            await family.run_querystring(ORPHAN)


@pytest.mark.parametrize("source", ["sqlite"], indirect=True)  # PostgreSQL alters in place and deletes nothing
async def test_a_rebuild_with_foreign_keys_on_is_refused_before_it_deletes_anything(family: Engine) -> None:
    async with writing():
        with pytest.raises(TransactionError):
            await _rebuild()
    assert await parents(family) == [7]


async def test_one_change_of_schema_inside_another_is_a_savepoint(family: Engine) -> None:
    async with changing_schema():
        with pytest.raises(ZeroDivisionError):
            async with changing_schema():
                await add_parent(family, 8)
                raise ZeroDivisionError
        await add_parent(family, 9)
    assert await parents(family) == [7, 9]
