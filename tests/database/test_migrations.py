"""Migrations make on both engines what the table classes say, once, whoever else runs them at the same time."""

import asyncio
from typing import Any

import pytest
from piccolo.querystring import QueryString
from piccolo.table import Table

from tests.cast import NOW
from tracker.config.paths import folder
from tracker.database import Engine, engine, is_postgres, writing
from tracker.database.migrate import SchemaBehind, check_schema, migrate
from tracker.rules.core.actors import BY_COMMAND
from tracker.tables.piccolo_app import APP_CONFIG
from tracker.usecases.core import audit

pytestmark = pytest.mark.anyio

TABLES: list[type[Table]] = APP_CONFIG.table_classes
_POSTGRES_COLUMNS = (
    "SELECT column_name AS name, is_nullable = 'NO' AS required FROM information_schema.columns WHERE table_name = {}"
)
_SQLITE_COLUMNS = 'SELECT name, "notnull" AS required FROM pragma_table_info({})'


async def columns(table: type[Table]) -> dict[str, bool]:
    sql = _POSTGRES_COLUMNS if is_postgres(engine()) else _SQLITE_COLUMNS
    found: list[dict[str, Any]] = await engine().run_querystring(QueryString(sql, table._meta.tablename))
    return {row["name"]: bool(row["required"]) for row in found}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
async def test_a_table_has_the_columns_of_its_class_and_no_others(database: Engine, table: type[Table]) -> None:
    said = {column._meta.db_column_name: not column._meta.null for column in table._meta.columns}
    assert await columns(table) == said


async def test_migrations_run_once(database: Engine) -> None:
    assert await migrate() == []


async def test_of_two_runners_at_once_one_migrates_and_the_other_finds_it_done(blank_database: Engine) -> None:
    ran = await asyncio.gather(migrate(), migrate())
    assert sorted(map(len, ran)) == [0, len(list(folder("migrations").glob("m*.py")))]


async def test_a_worker_refuses_a_database_that_is_behind(blank_database: Engine) -> None:
    with pytest.raises(SchemaBehind, match="tracker migrate"):
        await check_schema()


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET verb = 'x'", "DELETE FROM audit_entry"])
async def test_the_database_itself_refuses_to_change_the_audit_trail(cast: object, statement: str) -> None:
    async with writing():
        await audit.record(BY_COMMAND, "tried", "audit", "", {}, NOW)
    with pytest.raises(Exception, match="audit"):
        await engine().run_querystring(QueryString(statement))
