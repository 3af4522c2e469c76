"""What search looks through is always what the rows say, whatever wrote them."""

from datetime import datetime, timedelta

import pytest
from piccolo.querystring import QueryString

from tests.cast import NOW, Cast, meeting, operation
from tests.database.record import live
from tests.database.releases import first_release
from tests.usecases.operations.world import planned
from tracker.crypto import ids
from tracker.database import Engine, engine, is_postgres, rebuild_table, writing
from tracker.database.bulk_insert import bulk_insert
from tracker.database.migrate import migrate
from tracker.rules.actions.item_changes import Change, NewItem
from tracker.tables.schema.events.events import Event, Occurrence
from tracker.usecases.actions import action_items
from tracker.usecases.events import events, occurrences
from tracker.usecases.views.search import search

pytestmark = [pytest.mark.anyio, pytest.mark.both_engines]

SEARCHED = {"event_text": "event SET title = title", "item_text": "action_item SET title = title"} | {
    "person_text": "member SET name = name"
}
"""The tables that search looks through, and what makes all of their rows again."""
WRITTEN = "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'operation_site' ORDER BY type = 'trigger', name"


async def looked_through() -> dict[str, list[tuple[str, ...]]]:
    """Return what search looks through, with what the engine's own index finds it by."""
    found = {}
    for table in SEARCHED:
        rows = await engine().run_ddl(f"SELECT * FROM {table} ORDER BY id")
        found[table] = [tuple(map(str, row.values())) for row in rows]
    return found


async def indexed() -> bool:
    """Return whether each index has the words of the rows beside it, by the engine's own judgment."""
    for table in SEARCHED:
        name = table.replace("_text", "_index")
        if not is_postgres(engine()):  # raises an error for an index that doesn't agree
            await engine().run_ddl(f"INSERT INTO {name} ({name}, rank) VALUES ('integrity-check', 1)")
            continue
        differs = "x.rowid IS NULL OR t.id IS NULL OR x.words <> search_words(t.seen_by, t.texts)"
        if await engine().run_ddl(f"SELECT 1 FROM {table} t FULL JOIN {name} x ON x.rowid = t.id WHERE {differs}"):
            return False
    return True


async def test_after_anything_that_people_do_it_is_as_if_made_new(blank_database: Engine) -> None:
    await live()
    before = await looked_through()
    assert all(before.values())
    assert await indexed()
    for made_again in SEARCHED.values():
        await engine().run_ddl(f"UPDATE {made_again}")
    assert await looked_through() == before


async def test_what_the_first_release_wrote_is_found(blank_database: Engine) -> None:
    await first_release()
    await migrate()
    found = {table: len(rows) for table, rows in (await looked_through()).items()}
    written = {
        table: (await engine().run_ddl(f"SELECT COUNT(*) AS n FROM {change.split()[0]}"))[0]["n"]
        for table, change in SEARCHED.items()
    }
    assert found == written
    assert await indexed()


async def test_what_is_written_by_rows_is_found_as_they_say(cast: Cast) -> None:
    event_id = await events.schedule(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    origin = await occurrences.date_for(cast.fbi_lead, event_id, "2027-01-16")
    new = NewItem(title="Map the yard", owner_id=cast.kcpd_detective.member_id, due=NOW.date(), origin_id=origin.id)
    reference = await action_items.create(cast.fbi_lead, new, NOW, NOW.date())
    await action_items.update(cast.kcpd_detective, reference, Change(note="Half a yard"), 1, NOW, NOW.date())

    async def found(text: str) -> int:
        return (await search(cast.kcpd_detective, text, NOW)).number

    assert [await found(one) for one in ("yard", "half", "plains map", "bluestem")] == [1, 1, 0, 1]
    async with writing():
        await Event.update({Event.title: "Operation Larkspur"}).where(Event.id == event_id)
        await engine().run_ddl("UPDATE action_note SET text = ''")
        await engine().run_ddl("UPDATE agency SET code = 'Plains' WHERE code = 'KCPD'")
    assert [await found(one) for one in ("half", "plains map", "bluestem", "larkspur")] == [0, 1, 0, 1]
    async with writing():
        await engine().run_querystring(QueryString("DELETE FROM event_audience WHERE event = {}", event_id))
    assert [await found(one) for one in ("yard", "larkspur")] == [0, 0]


async def test_dates_of_several_events_that_are_written_at_once_are_found(cast: Cast) -> None:
    made = {"starts_at": NOW + timedelta(days=60), "ends_at": NOW + timedelta(days=61), "changed_at": NOW}
    dates = []
    for number, own in enumerate(["Wheatfield", None, "Cornfield"]):
        event_id = await events.schedule(cast.coordinator, meeting(title=f"Series {number}"), NOW)
        date = {"id": ids.new_id(), "event": event_id, "original_start": datetime(2027, 3, 1, 10), "title": own}  # noqa: DTZ001 - local
        dates.append(date | made)
    async with writing():
        await bulk_insert(Occurrence, dates)
    found = [(await search(cast.coordinator, one, NOW)).number for one in ("wheatfield", "cornfield", "series")]
    assert found == [1, 1, 3]
    assert await indexed()
    before = await looked_through()
    await engine().run_ddl(f"UPDATE {SEARCHED['event_text']}")
    assert await looked_through() == before


@pytest.mark.parametrize("source", ["sqlite"], indirect=True)  # PostgreSQL alters in place
async def test_a_table_that_it_is_made_of_can_be_rebuilt(cast: Cast) -> None:
    written = {row["name"]: row["sql"] for row in await engine().run_ddl(WRITTEN) if row["sql"]}
    await rebuild_table(
        "operation_site",
        create=written.pop("operation_site").replace("operation_site", "operation_site_new", 1),
        copy="INSERT INTO operation_site_new SELECT * FROM operation_site",
        then=list(written.values()),
    )
    assert {row["name"] for row in await engine().run_ddl(WRITTEN) if row["sql"]} == {"operation_site", *written}
    await planned(cast.fbi_lead, cast.kcpd_detective)
    assert (await search(cast.kcpd_detective, "lot", NOW)).number == 1
