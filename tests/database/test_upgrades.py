"""From the first release to this one: every row is kept, the trail is whole, and the people go on working."""

import pytest
from piccolo.apps.migrations.tables import Migration
from piccolo.querystring import QueryString

from tests.cast import NOW, SECRET, meeting
from tests.database.releases import first_release, found
from tracker.crypto import keys
from tracker.database import Engine, engine
from tracker.database.migrate import APP, SchemaAhead, SchemaBehind, check_schema, migrate, on_our_schema
from tracker.usecases.core import audit
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.events import events
from tracker.usecases.identity.accounts import account_at

pytestmark = pytest.mark.anyio

LEAD, INVITED = "coordinator@usao.example", "fbi_lead@fbi.example"


async def test_an_upgrade_keeps_every_row(blank_database: Engine) -> None:
    before = await first_release(members=500)
    with pytest.raises(SchemaBehind):
        await check_schema()
    assert await migrate()
    await check_schema()
    changed = [table for table, rows in before.items() if await found(table, rows[0]) != rows]
    assert changed == []


async def test_after_an_upgrade_the_audit_trail_is_as_it_was_written_and_goes_on(blank_database: Engine) -> None:
    keys.use(SECRET)
    await first_release()
    await migrate()
    assert await audit.verify() is None
    lead, invited = [await account_at(email) for email in (LEAD, INVITED)]
    assert lead
    assert invited
    await events.schedule(await viewer_for(lead.member_id, NOW), meeting(await viewer_for(invited.member_id, NOW)), NOW)
    assert await audit.verify() is None


async def test_after_an_upgrade_the_trail_is_still_guarded(blank_database: Engine) -> None:
    await first_release()
    await migrate()
    with pytest.raises(Exception, match="audit"):
        await engine().run_querystring(QueryString("DELETE FROM audit_entry"))


async def test_a_worker_that_was_not_stopped_before_an_upgrade_does_nothing_more(database: Engine) -> None:
    done: list[str] = []

    async def work() -> None:
        done.append("once")

    fenced = on_our_schema(work)
    await fenced()
    await Migration.insert(Migration(name="2099-01-01T00:00:00:000000", app_name=APP))
    with pytest.raises(SchemaAhead):
        await fenced()
    assert done == ["once"]


async def test_an_older_release_refuses_a_database_that_a_newer_one_has_changed(database: Engine) -> None:
    await Migration.insert(Migration(name="2099-01-01T00:00:00:000000", app_name=APP))
    with pytest.raises(SchemaAhead, match="2099"):
        await check_schema()
