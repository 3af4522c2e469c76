"""From the first release to this one and the next: migrations, and every row is kept."""

import asyncio
import json
import runpy
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from piccolo.apps.migrations.tables import Migration
from piccolo.columns import UUID, Column, ForeignKey, Text, Varchar
from piccolo.columns.base import OnDelete
from piccolo.querystring import QueryString
from piccolo.table import Table, create_table_class

from tests.cast import NOW, SECRET, meeting
from tests.database.record import recorded
from tests.database.releases import NEXT, ROWS, Rows, changed_tables, first_release, next_release
from tests.database.rows import REFUSED
from tests.database.schema import declared, present
from tracker.crypto import keys
from tracker.database import Engine, engine, writing
from tracker.database import migrate as migrating
from tracker.database.migrate import (
    APP,
    OURS,
    SchemaAhead,
    SchemaBehind,
    check_schema,
    migrate,
    migration_names,
    on_our_schema,
)
from tracker.rules.core.viewers import BY_COMMAND, Arm
from tracker.tables.piccolo_app import APP_CONFIG
from tracker.tables.schema.core.columns import Constraint, check, index, one_of, unique, unique_index
from tracker.tables.schema.roster import Site
from tracker.usecases.core import audit
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.events import scheduling
from tracker.usecases.identity.sign_in_attempts import account_at

pytestmark = pytest.mark.both_engines

LEAD, INVITED = "coordinator@usao.example", "fbi_lead@fbi.example"
WIDER = """
ALTER TABLE member ADD COLUMN nickname VARCHAR(40) NOT NULL DEFAULT '';
UPDATE member SET nickname = name;
CREATE INDEX member_nickname ON member (nickname);
"""


def test_rows_of_every_table_are_recorded(tmp_path: Path) -> None:
    tables = recorded(tmp_path)
    assert [table for table, rows in tables.items() if not rows] == []
    assert set(tables) | {"deployment"} == {table._meta.tablename for table in APP_CONFIG.table_classes}


async def test_the_first_release_left_rows_in_every_table(blank_database: Engine) -> None:
    assert [table for table, rows in (await first_release()).items() if not rows] == []


async def test_an_upgrade_to_this_release_keeps_every_row(blank_database: Engine) -> None:
    before = await first_release(members=500)
    assert await migrate() == migration_names()[1:]
    await check_schema()
    assert await changed_tables(before) == []


async def test_an_upgrade_to_the_next_release_keeps_every_row(blank_database: Engine, tmp_path: Path) -> None:
    before = await first_release(members=500)
    release = next_release(tmp_path, WIDER)
    with pytest.raises(SchemaBehind, match=NEXT):
        await check_schema(release)
    assert await migrate(release) == [*migration_names()[1:], NEXT]
    await check_schema(release)
    assert await changed_tables(before) == []


@pytest.mark.parametrize(
    "loss", ["DELETE FROM seat_holder WHERE NOT is_primary;\n", "UPDATE seat_holder SET is_primary = NOT is_primary;\n"]
)
async def test_an_upgrade_that_loses_something_is_noticed(blank_database: Engine, tmp_path: Path, loss: str) -> None:
    before = await first_release()
    await migrate(next_release(tmp_path, loss))
    assert await changed_tables(before) == ["seat_holder"]


async def test_replies_of_the_first_release_count_in_the_order_in_which_they_came(blank_database: Engine) -> None:
    tables = await first_release()
    invitation = tables["reply"][0]["invitation"]
    await engine().run_querystring(QueryString("UPDATE reply SET invitation = {}", invitation))
    await migrate()
    rows = await engine().run_ddl("SELECT number FROM reply ORDER BY replied_at, id")
    assert [row["number"] for row in rows] == list(range(1, len(tables["reply"]) + 1))


async def test_who_fills_a_seat_is_on_the_lists_of_the_first_release_for_it(blank_database: Engine) -> None:
    await first_release()
    tables: dict[str, Rows] = json.loads(ROWS.read_text(encoding="utf-8"))
    seat = tables["seat"][0]
    await engine().run_querystring(QueryString("UPDATE event SET committee = {}", seat["committee"]))
    await migrate()
    seats = {one["id"] for one in tables["seat"] if one["committee"] == seat["committee"]}
    first = {one["member"] for one in tables["seat_holder"] if one["seat"] in seats and one["is_primary"]}
    listed = await engine().run_ddl("SELECT id FROM invitation WHERE by_seat")
    assert {str(row["id"]) for row in listed} == {one["id"] for one in tables["invitation"] if one["member"] in first}


async def test_a_change_of_who_can_see_an_event_of_the_first_release_may_have_opened_it(blank_database: Engine) -> None:
    await first_release()
    fields = '[["visibility", "", ""]]'
    await engine().run_ddl(f"UPDATE event_change SET fields = '{fields}' WHERE verb = 'changed'")
    await migrate()
    opened = await engine().run_ddl("SELECT id, opened_at FROM event WHERE opened_at IS NOT NULL")
    changed = await engine().run_ddl("SELECT event, at FROM event_change WHERE verb = 'changed'")
    assert [(row["id"], row["opened_at"]) for row in opened] == [(row["event"], row["at"]) for row in changed]


async def test_an_item_that_was_blocked_in_the_first_release_is_blocked_since_its_last_change(
    blank_database: Engine,
) -> None:
    await first_release()
    await engine().run_ddl("UPDATE action_item SET status = 'blocked'")
    await migrate()
    [row] = await engine().run_ddl("SELECT blocked_at = changed_at AS is_same FROM action_item")
    assert row["is_same"]


async def test_messages_of_the_first_release_are_grouped_as_its_deeds_queued_them(blank_database: Engine) -> None:
    before = await first_release()
    deeds = {(one["kind"], str(one["event"]), str(one["item"]), one["created_at"]) for one in before["message"]}
    await migrate()
    rows = await engine().run_ddl(
        "SELECT m.kind, m.event, m.item, m.created_at, s.id, s.topic, s.queued_at, m.resent_at"
        " FROM message m JOIN sending s ON s.id = m.sending"
    )
    assert len({row["id"] for row in rows}) == len(deeds)
    assert len({(row["kind"], row["event"], row["item"], row["queued_at"]) for row in rows}) == len(deeds)
    assert {(row["kind"], row["topic"]) for row in rows} == {
        ("invitation", "invited"),
        ("update", "changed"),
        ("cancellation", "canceled"),
        ("item_assigned", "item_assigned"),
    }
    assert [row["resent_at"] for row in rows if row["resent_at"]] == []


async def test_what_the_first_release_sent_again_is_in_the_sending_of_the_first_message(blank_database: Engine) -> None:
    await first_release()
    await engine().run_ddl(
        "INSERT INTO message (id, key, kind, recipient, event, facts, created_at, due, state, reason, attempts, worker)"
        " SELECT '00000000-0000-4000-8000-000000000009', key || '#2', kind, recipient, event, facts,"
        " '2026-12-20 15:00:00+00:00', due, 'sent', '', 1, '' FROM message WHERE kind = 'item_assigned'"
    )
    await migrate()
    rows = await engine().run_ddl(
        "SELECT key, sending, resent_at FROM message WHERE kind = 'item_assigned' ORDER BY created_at"
    )
    assert [row["key"].endswith("#2") for row in rows] == [False, True]
    assert len({row["sending"] for row in rows}) == 1
    assert [row["resent_at"] is None for row in rows] == [False, True]


async def test_after_an_upgrade_the_audit_log_is_unchanged_and_continues(blank_database: Engine) -> None:
    keys.use_secret(SECRET)
    await first_release()
    await migrate()
    assert await audit.verify_chain() is None
    lead, invited = [await account_at(email) for email in (LEAD, INVITED)]
    assert lead
    assert invited
    await scheduling.schedule_event(
        await viewer_for(lead.member_id, NOW), meeting(await viewer_for(invited.member_id, NOW)), NOW
    )
    assert await audit.verify_chain() is None


async def test_after_an_upgrade_the_audit_log_is_still_guarded(blank_database: Engine) -> None:
    await first_release()
    await migrate()
    with pytest.raises(REFUSED, match="audit log only grows"):
        await engine().run_querystring(QueryString("DELETE FROM audit_entry"))


async def test_a_worker_that_was_not_stopped_before_an_upgrade_does_nothing_more(database: Engine) -> None:
    done: list[str] = []

    async def work() -> None:
        done.append("once")

    fenced = on_our_schema(work)
    await fenced()
    await Migration.insert(Migration(name=NEXT, app_name=APP))
    with pytest.raises(SchemaAhead):
        await fenced()
    assert done == ["once"]


@pytest.mark.parametrize("deed", [check_schema, migrate])
async def test_an_older_release_refuses_a_database_that_a_newer_one_has_changed(
    database: Engine, deed: Callable[[], Awaitable[object]]
) -> None:
    await Migration.insert(Migration(name=NEXT, app_name=APP))
    with pytest.raises(SchemaAhead, match=NEXT):
        await deed()


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
    assert [int(name[:4]) for name in migration_names()] == list(range(1, len(migration_names()) + 1))
    assert [f"{name}.py" for name in migration_names()] == sorted(file.name for file in OURS.glob("*.py"))
    assert [runpy.run_path(str(OURS / f"{name}.py"))["ID"] for name in migration_names()] == migration_names()


async def test_migrations_run_once(database: Engine) -> None:
    assert await migrate() == []


async def test_a_server_that_starts_reads_no_migration(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrating, "_load", None)
    await check_schema()


async def test_of_two_runners_at_once_one_migrates_and_the_other_finds_it_done(blank_database: Engine) -> None:
    ran = await asyncio.gather(migrate(), migrate())
    assert sorted(map(len, ran)) == [0, len(migration_names())]


async def test_a_worker_refuses_a_database_that_is_behind(blank_database: Engine) -> None:
    with pytest.raises(SchemaBehind, match="tracker migrate"):
        await check_schema()


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET verb = 'x'", "DELETE FROM audit_entry"])
async def test_the_database_itself_refuses_to_change_the_audit_log(cast: object, statement: str) -> None:
    async with writing():
        await audit.record(BY_COMMAND, "tried", "audit", "", {}, NOW)
    with pytest.raises(REFUSED, match="audit log only grows"):
        await engine().run_querystring(QueryString(statement))
