"""Migrations make on both engines what the table classes say, once, even if others run them at the same time."""

import asyncio
import runpy

import pytest
from piccolo.columns import UUID, Column, ForeignKey, Text, Varchar
from piccolo.columns.base import OnDelete
from piccolo.querystring import QueryString
from piccolo.table import Table, create_table_class

from tests.cast import NOW
from tests.database.rows import REFUSED
from tests.database.schema import declared, present
from tracker.database import Engine, engine, writing
from tracker.database import migrate as migrating
from tracker.database.migrate import OURS, SchemaBehind, check_schema, migrate, names
from tracker.rules.core.viewers import BY_COMMAND, Arm
from tracker.tables.piccolo_app import APP_CONFIG
from tracker.tables.schema.core.columns import Constraint, check, index, one_of, unique, unique_index
from tracker.tables.schema.roster import Site
from tracker.usecases.core import audit

pytestmark = pytest.mark.both_engines

TABLES: list[type[Table]] = APP_CONFIG.table_classes


async def test_migrations_make_what_the_table_classes_declare_and_nothing_else(blank_database: Engine) -> None:
    wanted = await declared(TABLES)
    await migrate()
    made = await present()
    assert (sorted(wanted - made), sorted(made - wanted)) == ([], [])


@pytest.mark.parametrize(
    "forgotten",
    [
        "CREATE TABLE other (id INTEGER)",
        "ALTER TABLE site ADD COLUMN floor INTEGER",
        "ALTER TABLE site ADD COLUMN floor INTEGER CHECK (floor > 0)",
        "ALTER TABLE site RENAME COLUMN address TO street",
        "CREATE INDEX site_address ON site (address)",
        "DROP INDEX message_waiting",
    ],
)
async def test_what_only_a_migration_knows_is_seen(database: Engine, forgotten: str) -> None:
    before = await present()
    await database.run_ddl(forgotten)
    assert await present() != before


def drawer(*constraints: Constraint, **columns: Column) -> type[Table]:
    """Return the class of a table that no migration makes; `columns` replace those that it has."""
    usual = {
        "id": UUID(primary_key=True),
        "label": Varchar(length=20),
        "site": ForeignKey(Site, null=False, on_delete=OnDelete.cascade),
    }
    return create_table_class("Drawer", class_members={**usual, **columns, "constraints": constraints})


@pytest.mark.parametrize(
    "other",
    [
        drawer(unique("label", "site")),
        drawer(check("label <> ''")),
        drawer(one_of("label", Arm)),
        drawer(index("drawer_label", "label", where="label > 'm'")),
        drawer(unique_index("drawer_label", "label", where="label > 'm'")),
        drawer(label=Varchar(length=21)),
        drawer(label=Text()),
        drawer(label=Varchar(length=20, null=True, default=None)),
        drawer(label=Varchar(length=20, unique=True)),
        drawer(label=Varchar(length=20, index=True)),
        drawer(label=Varchar(length=20, primary_key=True), id=UUID()),
        drawer(site=UUID()),
        drawer(site=ForeignKey(Site, null=False, on_delete=OnDelete.restrict)),
        drawer(more=Varchar(length=20)),
    ],
)
async def test_what_only_a_class_knows_is_seen(blank_database: Engine, other: type[Table]) -> None:
    assert await declared([Site, other]) != await declared([Site, drawer()])


def test_migrations_are_numbered_without_a_gap_and_recorded_by_their_names() -> None:
    assert [int(name[:4]) for name in names()] == list(range(1, len(names()) + 1))
    assert [f"{name}.py" for name in names()] == sorted(file.name for file in OURS.glob("*.py"))
    assert [runpy.run_path(str(OURS / f"{name}.py"))["ID"] for name in names()] == names()


async def test_migrations_run_once(database: Engine) -> None:
    assert await migrate() == []


async def test_a_server_that_starts_reads_no_migration(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrating, "_load", None)
    await check_schema()


async def test_of_two_runners_at_once_one_migrates_and_the_other_finds_it_done(blank_database: Engine) -> None:
    ran = await asyncio.gather(migrate(), migrate())
    assert sorted(map(len, ran)) == [0, len(names())]


async def test_a_worker_refuses_a_database_that_is_behind(blank_database: Engine) -> None:
    with pytest.raises(SchemaBehind, match="tracker migrate"):
        await check_schema()


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET verb = 'x'", "DELETE FROM audit_entry"])
async def test_the_database_itself_refuses_to_change_the_audit_trail(cast: object, statement: str) -> None:
    async with writing():
        await audit.record(BY_COMMAND, "tried", "audit", "", {}, NOW)
    with pytest.raises(REFUSED, match="audit log only grows"):
        await engine().run_querystring(QueryString(statement))
