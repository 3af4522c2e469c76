"""What search looks through is what the rows say, and case, accents, and strokes don't count."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace
from piccolo.querystring import QueryString

from tests.cast import NOW, Cast, meeting, operation
from tests.database.record import live
from tests.database.releases import first_release
from tests.usecases.operations.world import plan_operation
from tracker.crypto import ids
from tracker.database import Engine, engine, is_postgres, rebuild_table, writing
from tracker.database.binding import bulk_insert
from tracker.database.migrate import migrate
from tracker.rules.actions import ItemEdit, NewItem
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.events import Event, Occurrence
from tracker.usecases.actions import action_items
from tracker.usecases.events import occurrences, scheduling
from tracker.usecases.views.search import search_all

pytestmark = pytest.mark.both_engines

SEARCHED = {"event_text": "event SET title = title", "item_text": "action_item SET title = title"} | {
    "person_text": "member SET name = name"
}
"""The tables that search looks through, and what makes all of their rows again."""
WRITTEN = "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'operation_site' ORDER BY type = 'trigger', name"


async def looked_through() -> dict[str, list[tuple[str, ...]]]:
    """Return what search looks through, with what the engine's own index finds it by."""
    rows_by_table = {}
    for table in SEARCHED:
        rows = await engine().run_ddl(f"SELECT * FROM {table} ORDER BY id")
        rows_by_table[table] = [tuple(map(str, row.values())) for row in rows]
    return rows_by_table


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
    counts_by_table = {table: len(rows) for table, rows in (await looked_through()).items()}
    written = {
        table: (await engine().run_ddl(f"SELECT COUNT(*) AS n FROM {change.split()[0]}"))[0]["n"]
        for table, change in SEARCHED.items()
    }
    assert counts_by_table == written
    assert await indexed()


async def test_what_is_written_by_rows_is_found_as_they_say(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    origin = await occurrences.date_seen_by(cast.fbi_lead, event_id, "2027-01-16")
    new = NewItem(title="Map the yard", owner_id=cast.kcpd_detective.member_id, due=NOW.date(), origin_id=origin.id)
    reference = await action_items.create_item(cast.fbi_lead, new, NOW, NOW.date())
    await action_items.save_item_edit(cast.kcpd_detective, reference, ItemEdit(note="Half a yard"), 1, NOW, NOW.date())

    async def found(text: str) -> int:
        return (await search_all(cast.kcpd_detective, text, NOW)).number

    assert [await found(one) for one in ("yard", "half", "plains map", "bluestem")] == [1, 1, 0, 1]
    async with writing():
        await Event.update({Event.title: "Operation Larkspur"}).where(Event.id == event_id)
        await engine().run_ddl("UPDATE action_note SET text = ''")
        await engine().run_ddl("UPDATE agency SET code = 'Plains' WHERE code = 'KCPD'")
    assert [await found(one) for one in ("half", "plains map", "bluestem", "larkspur")] == [0, 1, 0, 1]
    async with writing():
        await engine().run_querystring(QueryString("DELETE FROM event_audience WHERE event = {}", event_id))
    assert [await found(one) for one in ("yard", "larkspur")] == [0, 0]


WRITES = {
    "the lead of a draft": (
        "UPDATE event SET lead = '{other}', status = 'draft' WHERE id = '{event}'",
        "UPDATE event SET lead = '{coordinator}' WHERE id = '{event}'",
    ),
    "an audience": (
        "UPDATE event_audience SET audience = 'all' WHERE event = '{event}' AND audience = 'member:{other}'",
    ),
    "one more audience": (
        "INSERT INTO event_audience (id, event, audience) VALUES ('{new}', '{event}', 'arm:law_enforcement')",
    ),
    "no plan": ("DELETE FROM operation_plan WHERE event = '{event}'",),
    "no note": ("DELETE FROM action_note WHERE item IN (SELECT id FROM action_item WHERE reference = '{item}')",),
    "a date of another event": ("UPDATE occurrence SET event = '{series}' WHERE id = '{origin}'",),
    "a date with words of its own, of another event": (
        "UPDATE occurrence SET event = '{event}' WHERE event = '{series}' AND title IS NOT NULL",
    ),
    "a date in a later month": (
        "UPDATE occurrence SET starts_at = '2027-03-16 12:00:00+00:00' WHERE id = '{origin}'",
        "UPDATE occurrence SET ends_at = '2027-03-16 13:00:00+00:00' WHERE id = '{origin}'",
    ),
    "no date with words of its own": ("DELETE FROM occurrence WHERE event = '{series}' AND title IS NOT NULL",),
    "a canceled item": ("UPDATE action_item SET status = 'canceled' WHERE reference = '{item}'",),
    "the audience of an item": ("UPDATE action_item SET audience = 'arm:law_enforcement' WHERE reference = '{free}'",),
    "people who left": (
        "UPDATE member SET status = 'suspended' WHERE id = '{other}'",
        "UPDATE member SET status = 'departed' WHERE id = '{coordinator}'",
    ),
}


@pytest.mark.parametrize("writes", WRITES.values(), ids=WRITES)
async def test_after_each_single_write_it_is_as_if_made_new(cast: Cast, writes: tuple[str, ...]) -> None:
    words = await _words_of_each_kind(cast)
    before = await looked_through()
    for write in writes:
        await engine().run_ddl(write.format(**words))
    written = await looked_through()
    assert written != before
    for made_again in SEARCHED.values():
        await engine().run_ddl(f"UPDATE {made_again}")
    assert await looked_through() == written
    assert await indexed()


async def _words_of_each_kind(cast: Cast) -> dict[str, object]:
    """Write an operation with an item that has a note, a series whose second date has a title, and a free item."""
    lead, owner, today = cast.fbi_lead, cast.kcpd_detective, NOW.date()
    event = await plan_operation(lead, owner)
    twice = rule_for_choice("weekly", datetime(2027, 1, 12, 10), count=2)  # noqa: DTZ001 - local
    series = await scheduling.schedule_event(cast.coordinator, meeting(owner, rule=twice), NOW)
    second = await occurrences.date_seen_by(cast.coordinator, series, "2027-01-19")
    await Occurrence.update({Occurrence.title: "Own words"}).where(Occurrence.id == second.id)
    origin = (await occurrences.date_seen_by(lead, event, "2027-01-16")).id
    new = NewItem(title="Map", owner_id=owner.member_id, due=today)
    item = await action_items.create_item(lead, replace(new, origin_id=origin), NOW, today)
    await action_items.save_item_edit(owner, item, ItemEdit(note="Half"), 1, NOW, today)
    free = await action_items.create_item(cast.coordinator, new, NOW, today)
    people = {"other": owner.member_id, "coordinator": cast.coordinator.member_id}
    return {
        "event": event,
        "series": series,
        "origin": origin,
        "item": item,
        "free": free,
        "new": ids.new_id(),
        **people,
    }


async def test_people_who_left_and_canceled_items_are_found_by_no_one(cast: Cast) -> None:
    words = await _words_of_each_kind(cast)
    for write in (*WRITES["a canceled item"], *WRITES["people who left"]):
        await engine().run_ddl(write.format(**words))
    of_people = "SELECT seen_by FROM person_text WHERE person = '{coordinator}'"
    of_items = "SELECT t.seen_by FROM item_text t JOIN action_item i ON i.id = t.item WHERE i.reference = '{item}'"
    ddls = [await engine().run_ddl(one.format(**words)) for one in (of_people, of_items)]
    assert [[row["seen_by"] for row in rows] for rows in ddls] == [[""], [""]]


async def test_dates_of_several_events_that_are_written_at_once_are_found(cast: Cast) -> None:
    made = {"starts_at": NOW + timedelta(days=60), "ends_at": NOW + timedelta(days=61), "changed_at": NOW}
    dates = []
    for number, own in enumerate(["Wheatfield", None, "Cornfield"]):
        event_id = await scheduling.schedule_event(cast.coordinator, meeting(title=f"Series {number}"), NOW)
        date = {"id": ids.new_id(), "event": event_id, "original_start": datetime(2027, 3, 1, 10), "title": own}  # noqa: DTZ001 - local
        dates.append(date | made)
    async with writing():
        await bulk_insert(Occurrence, dates)
    numbers = [
        (await search_all(cast.coordinator, write, NOW)).number for write in ("wheatfield", "cornfield", "series")
    ]
    assert numbers == [1, 1, 3]
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
    await plan_operation(cast.fbi_lead, cast.kcpd_detective)
    assert (await search_all(cast.kcpd_detective, "lot", NOW)).number == 1


LETTERS_WRITTEN = "Call Đặng Łukasz Ñuñez Søren Ёлка"
ASKED = (
    "dang",
    "Đặng",
    "đặng",
    "đang",
    "lukasz",
    "Łukasz",
    "nunez",
    "ÑUÑEZ",
    "soren",
    "SØREN",
    "ёлка",
    "ЁЛКА",
    "dan lu",
)


@pytest.mark.parametrize("asked", ASKED)
async def test_a_word_is_found_whatever_its_case_and_the_accents_and_strokes_of_its_letters(
    cast: Cast, asked: str
) -> None:
    new = NewItem(title=LETTERS_WRITTEN, owner_id=cast.coordinator.member_id, due=NOW.date())
    await action_items.create_item(cast.coordinator, new, NOW, NOW.date())
    results = await search_all(cast.coordinator, asked, NOW)
    assert [one.title for one in results.items] == [LETTERS_WRITTEN]
