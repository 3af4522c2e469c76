"""Many rows in few statements: the same rows as one by one, defaults included."""

from datetime import UTC, datetime, timedelta

import pytest
from piccolo.engine.exceptions import TransactionError

from tests.cast import NOW, Cast, meeting
from tracker.crypto import ids
from tracker.database import engine, writing
from tracker.database.bulk_insert import bulk_insert, run_for_each
from tracker.database.migrate import statements
from tracker.tables.schema.core.tables import Watermark
from tracker.tables.schema.events import AudienceVersion, Invitation, Occurrence
from tracker.usecases.events import scheduling

pytestmark = pytest.mark.both_engines
only_postgres = pytest.mark.parametrize("source", ["postgres"], indirect=True)
COUNTED = """
CREATE TABLE run (number BIGINT);
CREATE FUNCTION counted() RETURNS trigger LANGUAGE plpgsql
  AS $$ BEGIN INSERT INTO run SELECT COUNT(*) FROM written; RETURN NULL; END $$;
CREATE TRIGGER counted AFTER INSERT ON watermark REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION counted();
"""
"""Notes how many rows each statement adds to a table."""


async def test_rows_have_the_defaults_of_their_table(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(), NOW)
    start = datetime(2027, 3, 1, 10)  # noqa: DTZ001 - local to the event's zone
    made = {"id": ids.new_id(), "event": event_id, "original_start": start, "starts_at": NOW, "ends_at": NOW}
    async with writing():
        await bulk_insert(Occurrence, [{**made, "changed_at": NOW}])
    found = await Occurrence.objects().get(Occurrence.original_start == start)
    assert found is not None
    assert (found.starts_at, found.is_canceled, found.cancel_reason, found.title) == (NOW, False, "", None)
    assert (found.version, found.sequence, found.attendance_closed_at) == (1, 0, None)


async def test_a_thousand_rows_are_all_written(cast: Cast) -> None:
    made = [{"name": f"{number}", "until": NOW + timedelta(seconds=number)} for number in range(1_000)]
    async with writing():
        await bulk_insert(Watermark, made)
    assert await Watermark.count() == 1_000
    assert await Watermark.select(Watermark.until).where(Watermark.name == "7") == [
        {"until": NOW.astimezone(UTC) + timedelta(seconds=7)}
    ]


@only_postgres
async def test_postgresql_writes_all_rows_in_one_run(cast: Cast) -> None:
    await statements(COUNTED)()
    async with writing():
        await bulk_insert(Watermark, [{"name": f"{number}", "until": NOW} for number in range(1_000)])
    assert [row["number"] for row in await engine().run_ddl("SELECT number FROM run")] == [1_000]


@only_postgres
async def test_a_text_that_is_too_long_is_refused_and_not_cut(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(), NOW)
    start = datetime(2027, 3, 1, 10)  # noqa: DTZ001 - local to the event's zone
    made = {"id": ids.new_id(), "event": event_id, "original_start": start, "starts_at": NOW, "ends_at": NOW}
    with pytest.raises(Exception, match="too long"):
        async with writing():
            await bulk_insert(Occurrence, [{**made, "changed_at": NOW, "title": "x" * 1_000}])
    assert await Occurrence.count() == 1


async def test_more_rows_are_deleted_than_one_statement_takes_parameters(cast: Cast) -> None:
    names = [f"{number}" for number in range(40_000)]
    async with writing():
        await bulk_insert(Watermark, [{"name": name, "until": NOW} for name in names])
        await run_for_each("DELETE FROM watermark WHERE name = {}", [[name] for name in names])
    assert await Watermark.count() == 0


async def test_a_row_that_is_there_already_is_changed_as_the_statement_ends(cast: Cast) -> None:
    again = " ON CONFLICT (audience) DO UPDATE SET version = audience_version.version + 1"
    async with writing():
        for _ in range(3):
            await bulk_insert(AudienceVersion, [{"audience": "arm:none", "version": 1}], again)
    found = await AudienceVersion.select(AudienceVersion.version).where(AudienceVersion.audience == "arm:none")
    assert found == [{"version": 3}]


async def test_outside_a_transaction_nothing_is_written(cast: Cast) -> None:
    with pytest.raises(TransactionError):
        await bulk_insert(Watermark, [{"name": "1", "until": NOW}])
    assert await Watermark.count() == 0


async def test_nothing_is_written_of_no_rows(cast: Cast) -> None:
    before = await Invitation.count()
    await bulk_insert(Invitation, [])
    assert await Invitation.count() == before
