"""What a search reads of the index of words, however many rows are stored."""

import pytest

from tests.cast import NOW, Cast
from tracker.database import engine, writing
from tracker.usecases.views.search import MOST, search_all

pytestmark = [
    pytest.mark.parametrize("source", ["postgres"], indirect=True)  # SQLite's index gives its rows in their order
]

STORED = 2_000
LOOKED_THROUGH = 500  # the newest rows, before the index is asked
TIMES = 2
ONE_PLAN = "SET LOCAL plan_cache_mode = force_generic_plan"  # as all that only reads has it
_FILL = (
    "INSERT INTO {0}_index SELECT 1000000 + n, array_to_tsvector(CASE"
    f" WHEN n < {STORED} THEN ARRAY['@member0', 'veiled'] ELSE ARRAY['@all', '@present', 'call'] END)"
    f" FROM generate_series(1, {2 * STORED}) n"
)
_READ = (
    "SELECT SUM(seq_tup_read + idx_tup_fetch) AS rows FROM pg_stat_xact_user_tables"
    " WHERE relname IN ('event_index', 'item_index', 'person_index')"
)


@pytest.mark.parametrize("word", ["zanzibar", "call", "veiled"])  # that nothing, much, and much hidden has
async def test_a_search_reads_few_rows_of_a_large_index_on_postgresql(cast: Cast, word: str) -> None:
    for one in ("event", "item", "person"):
        await engine().run_ddl(_FILL.format(one))
        await engine().run_ddl(f"ANALYZE {one}_index")
    async with writing():
        await engine().run_ddl(ONE_PLAN)
        for _ in range(TIMES):
            await search_all(cast.coordinator, word, NOW)
        [read] = await engine().run_ddl(_READ)
    assert read["rows"] <= TIMES * 3 * (LOOKED_THROUGH + MOST)
