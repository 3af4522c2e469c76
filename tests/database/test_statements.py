"""Statements: many rows in few, questions as Piccolo writes them, and a refused write is a conflict."""

import sqlite3
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from piccolo.engine.exceptions import TransactionError
from piccolo.querystring import QueryString

from tests.cast import NOW, Cast, meeting
from tests.database.rows import add_orphan, add_parent, parents
from tracker.crypto import ids
from tracker.database import Engine, conflicts, engine, writing
from tracker.database.binding import bulk_insert, run_for_each
from tracker.database.connections import is_read
from tracker.database.migrate import statements
from tracker.database.queries import compiled, sql_list
from tracker.errors import Conflict
from tracker.tables.schema.core.tables import Watermark
from tracker.tables.schema.events import AudienceVersion, Invitation, Occurrence
from tracker.usecases.events import scheduling

only_postgres = pytest.mark.parametrize("source", ["postgres"], indirect=True)
COUNTED = """
CREATE TABLE run (number BIGINT);
CREATE FUNCTION counted() RETURNS trigger LANGUAGE plpgsql
  AS $$ BEGIN INSERT INTO run SELECT COUNT(*) FROM written; RETURN NULL; END $$;
CREATE TRIGGER counted AFTER INSERT ON watermark REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION counted();
"""
"""Notes how many rows each statement adds to a table."""


@pytest.mark.both_engines
async def test_rows_have_the_defaults_of_their_table(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(), NOW)
    start = datetime(2027, 3, 1, 10)  # noqa: DTZ001 - local to the event's zone
    made = {"id": ids.new_id(), "event": event_id, "original_start": start, "starts_at": NOW, "ends_at": NOW}
    async with writing():
        await bulk_insert(Occurrence, [{**made, "changed_at": NOW}])
    response = await Occurrence.objects().get(Occurrence.original_start == start)
    assert response is not None
    assert (response.starts_at, response.is_canceled, response.cancel_reason, response.title) == (NOW, False, "", None)
    assert (response.version, response.sequence, response.attendance_closed_at) == (1, 0, None)


@pytest.mark.both_engines
async def test_a_thousand_rows_are_all_written(cast: Cast) -> None:
    made = [{"name": f"{number}", "until": NOW + timedelta(seconds=number)} for number in range(1_000)]
    async with writing():
        await bulk_insert(Watermark, made)
    assert await Watermark.count() == 1_000
    assert await Watermark.select(Watermark.until).where(Watermark.name == "7") == [
        {"until": NOW.astimezone(UTC) + timedelta(seconds=7)}
    ]


@pytest.mark.both_engines
@only_postgres
async def test_postgresql_writes_all_rows_in_one_run(cast: Cast) -> None:
    await statements(COUNTED)()
    async with writing():
        await bulk_insert(Watermark, [{"name": f"{number}", "until": NOW} for number in range(1_000)])
    assert [row["number"] for row in await engine().run_ddl("SELECT number FROM run")] == [1_000]


@pytest.mark.both_engines
@only_postgres
async def test_a_text_that_is_too_long_is_refused_and_not_cut(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(), NOW)
    start = datetime(2027, 3, 1, 10)  # noqa: DTZ001 - local to the event's zone
    made = {"id": ids.new_id(), "event": event_id, "original_start": start, "starts_at": NOW, "ends_at": NOW}
    with pytest.raises(Exception, match="too long"):
        async with writing():
            await bulk_insert(Occurrence, [{**made, "changed_at": NOW, "title": "x" * 1_000}])
    assert await Occurrence.count() == 1


@pytest.mark.both_engines
async def test_more_rows_are_deleted_than_one_statement_takes_parameters(cast: Cast) -> None:
    names = [f"{number}" for number in range(40_000)]
    async with writing():
        await bulk_insert(Watermark, [{"name": name, "until": NOW} for name in names])
        await run_for_each("DELETE FROM watermark WHERE name = {}", [[name] for name in names])
    assert await Watermark.count() == 0


@pytest.mark.both_engines
async def test_a_row_that_is_there_already_is_changed_as_the_statement_ends(cast: Cast) -> None:
    again = " ON CONFLICT (audience) DO UPDATE SET version = audience_version.version + 1"
    async with writing():
        for _ in range(3):
            await bulk_insert(AudienceVersion, [{"audience": "arm:none", "version": 1}], again)
    rows = await AudienceVersion.select(AudienceVersion.version).where(AudienceVersion.audience == "arm:none")
    assert rows == [{"version": 3}]


@pytest.mark.both_engines
async def test_outside_a_transaction_nothing_is_written(cast: Cast) -> None:
    with pytest.raises(TransactionError):
        await bulk_insert(Watermark, [{"name": "1", "until": NOW}])
    assert await Watermark.count() == 0


@pytest.mark.both_engines
async def test_nothing_is_written_of_no_rows(cast: Cast) -> None:
    before = await Invitation.count()
    await bulk_insert(Invitation, [])
    assert await Invitation.count() == before


def test_a_question_is_written_as_piccolo_writes_it() -> None:
    asked = QueryString("SELECT {} WHERE a IN ({}) AND b = {}", 1, QueryString("{}, {}", "x", "y"), None)
    assert compiled(asked, "sqlite") == ("SELECT ? WHERE a IN (?, ?) AND b = ?", [1, "x", "y", None])
    assert compiled(asked, "postgres") == ("SELECT $1 WHERE a IN ($2, $3) AND b = $4", [1, "x", "y", None])
    assert asked.compile_string() == compiled(asked, "postgres")


@pytest.mark.parametrize(
    ("query", "reads"),
    [
        ("WITH a AS (SELECT 1 AS update) SELECT update FROM a FOR UPDATE", True),
        ("WITH a AS (SELECT REPLACE(name, 'x', 'delete') AS n FROM member) SELECT n FROM a", True),
        ("WITH a AS (SELECT 1) INSERT INTO member SELECT * FROM a", False),
        ("WITH a AS (DELETE FROM member RETURNING id) SELECT id FROM a", False),
        ("with a as materialized (\n  update member set name = '' returning id) select id from a", False),
        ("INSERT INTO member SELECT 1", False),
    ],
)
def test_a_question_that_names_others_only_reads_if_none_of_them_writes(query: str, reads: bool) -> None:
    assert is_read(query) is reads


@pytest.mark.parametrize(("usual", "of_array"), [("a IN ({})", "a = ANY ($1)"), ("a NOT IN ({})", "a <> ALL ($1)")])
def test_on_postgresql_a_list_of_any_length_is_one_array(usual: str, of_array: str) -> None:
    for values in ("x",), ("x", "y", "z"):
        asked = QueryString(f"SELECT {usual} AND b = {{}}", sql_list(values), 1)
        assert compiled(asked, "postgres") == (f"SELECT {of_array} AND b = $2", [[*values], 1])
        assert compiled(asked, "sqlite")[1] == [*values, 1]


def test_a_list_in_a_query_within_another_is_an_array_too() -> None:
    asked = QueryString("SELECT {} WHERE {}", 1, QueryString("a IN ({})", sql_list(["x", "y"])))
    assert compiled(asked, "postgres") == ("SELECT $1 WHERE a = ANY ($2)", [1, ["x", "y"]])


def test_a_list_outside_the_brackets_of_in_is_refused() -> None:
    with pytest.raises(ValueError, match="brackets of IN"):
        compiled(QueryString("SELECT {}", sql_list(["x"])), "postgres")


def test_as_many_values_as_places_are_asked_for() -> None:
    with pytest.raises(ValueError, match="2 arguments"):
        compiled(QueryString("SELECT {}", 1, 2), "sqlite")


MISTAKE = (sqlite3.IntegrityError, asyncpg.IntegrityConstraintViolationError)
RESTRICTED = "CREATE TABLE pupil (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent (id) ON DELETE RESTRICT)"


@pytest.mark.both_engines
async def test_a_duplicate_is_a_conflict_with_our_sentence(small: Engine) -> None:
    await add_parent(small, 1, "same")
    with pytest.raises(Conflict, match="name is taken"), conflicts("This name is taken."):
        async with writing():
            await add_parent(small, 2, "same")


@pytest.mark.both_engines
async def test_a_duplicate_key_is_a_conflict(small: Engine) -> None:
    await add_parent(small, 1)
    with pytest.raises(Conflict), conflicts():
        await add_parent(small, 1, "other")


@pytest.mark.both_engines
async def test_a_missing_parent_is_a_conflict_at_the_end_of_the_block(small: Engine) -> None:
    with pytest.raises(Conflict), conflicts():
        async with writing():
            await add_orphan(small)


@pytest.mark.both_engines
async def test_a_parent_that_is_still_needed_is_a_conflict(small: Engine) -> None:
    await small.run_ddl(RESTRICTED)
    await add_parent(small, 1)
    await small.run_querystring(QueryString("INSERT INTO pupil VALUES (1, 1)"))
    with pytest.raises(Conflict), conflicts():
        await small.run_querystring(QueryString("DELETE FROM parent WHERE id = 1"))


@pytest.mark.both_engines
async def test_the_outer_block_goes_on_after_a_conflict_in_an_inner_one(small: Engine) -> None:
    async with writing():
        await add_parent(small, 1, "same")
        with pytest.raises(Conflict), conflicts():
            async with writing():
                await add_parent(small, 2, "same")
        await add_parent(small, 3)
    assert await parents(small) == [1, 3]


@pytest.mark.both_engines
@pytest.mark.parametrize("values", ["(1, NULL)", "(1, '')"], ids=["not null", "check"])
async def test_a_broken_rule_of_the_table_is_no_conflict(small: Engine, values: str) -> None:
    with pytest.raises(MISTAKE), conflicts():
        await small.run_querystring(QueryString(f"INSERT INTO parent VALUES {values}"))
