"""Which engine the tables use."""

from pathlib import Path

import pytest
from piccolo.columns import Integer, Varchar
from piccolo.table import Table, create_db_tables

from tests.database.others import url_of
from tests.database.rows import count, works
from tracker.database import Engine, bind, engine, engine_from_url, is_postgres, is_unavailable, open_database, writing
from tracker.database import connections as writer_lock
from tracker.tables.schema.roster.people import Agency

pytestmark = pytest.mark.both_engines


class Room(Table):
    name = Varchar(length=40)
    seats = Integer(default=10)


async def test_tables_use_the_bound_engine(database: Engine) -> None:
    assert engine() is database
    assert Agency._meta.db is database
    assert await Agency.count() == 0


async def test_a_table_declared_after_binding_uses_the_bound_engine(blank_database: Engine) -> None:
    class Late(Table):
        name = Varchar(length=40)

    await create_db_tables(Room, Late)
    async with writing():
        await Room(name="Library").save()
        await Late(name="Late").save()
    assert Late._meta.db is blank_database
    assert await Late.select(Late.name) == [{"name": "Late"}]
    assert await Room.select(Room.name, Room.seats) == [{"name": "Library", "seats": 10}]


async def test_binding_again_moves_every_table(sqlite_database: Engine, tmp_path: Path) -> None:
    other = engine_from_url(f"sqlite:///{tmp_path / 'other.sqlite'}")
    bind(other)
    assert Agency._meta.db is other
    bind(sqlite_database)
    assert await Agency.count() == 0


async def test_a_url_leads_to_its_engine(blank_database: Engine) -> None:
    same = engine_from_url(url_of(blank_database))
    assert type(same) is type(blank_database)
    assert is_postgres(same) == is_postgres(blank_database)


async def test_a_relative_path_starts_in_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    relative = engine_from_url("sqlite:///here.sqlite")
    await open_database(relative)
    await relative.close()
    assert (tmp_path / "here.sqlite").exists()


@pytest.mark.parametrize(
    "url", ["", "sqlite://", "sqlite:///", "sqlite:///:memory:", "mysql://host/name", "tracker.db"]
)
def test_any_other_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite:///path or postgresql://"):
        engine_from_url(url)


async def test_a_task_does_not_wait_for_ever_for_a_connection(small: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_lock, "A_CONNECTION", 0.05)
    taken = [await small.acquire() for _ in range(small.pool_size)]
    with pytest.raises(TimeoutError) as late:
        await count(small)
    assert is_unavailable(late.value)
    for connection in taken:
        await small.give_back(connection, is_clean=True)
    await works(small)
