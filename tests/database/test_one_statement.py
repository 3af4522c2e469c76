"""On PostgreSQL the statements of a trip are one statement, and no one can tell from what they find."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from piccolo.querystring import QueryString

from tests.database.rows import PARENT
from tracker.database import Engine, all_together, one_statement, writing
from tracker.database.one_statement import LARGEST, LONG, MOST, Trips
from tracker.database.sql_list import sql_list

pytestmark = pytest.mark.parametrize("source", ["postgres"], indirect=True)

MANY = "SELECT n AS id, 'x' || n AS name FROM generate_series({}::int, {}::int) n ORDER BY n DESC"
ID = UUID("7adac2ac-6369-41b4-bf10-d78e219c4fcf")


@pytest.fixture
async def server(blank_database: Engine) -> Engine:
    await blank_database.run_ddl(PARENT)
    return blank_database


@pytest.fixture
async def sent(server: Engine, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queries that were sent."""
    queries: list[str] = []
    plain = asyncpg.Connection.fetch

    async def fetch(self: asyncpg.Connection, query: str, *arguments: Any, **how: Any) -> Any:
        queries.append(query)
        return await plain(self, query, *arguments, **how)

    monkeypatch.setattr(asyncpg.Connection, "fetch", fetch)
    return queries


async def _asked(engine: Engine, *questions: QueryString) -> list[list[dict[str, Any]]]:
    return [[dict(row) for row in found] for found in await engine.read_each(*questions)]


async def test_statements_of_a_trip_are_sent_as_one(server: Engine, sent: list[str]) -> None:
    first, second = await _asked(server, QueryString(MANY, 1, 3), QueryString(MANY, 8, 9))
    assert first == [{"id": 3, "name": "x3"}, {"id": 2, "name": "x2"}, {"id": 1, "name": "x1"}]
    assert second == [{"id": 9, "name": "x9"}, {"id": 8, "name": "x8"}]
    assert len(sent) == 1


async def test_they_become_one_when_they_often_went_together(
    server: Engine, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_statement, "OFTEN", 3)
    questions = QueryString(MANY, 1, 1), QueryString(MANY, 2, 2)
    found = [await _asked(server, *questions) for _ in range(4)]
    assert found == [[[{"id": 1, "name": "x1"}], [{"id": 2, "name": "x2"}]]] * 4
    assert len(sent) == 2 + 2 + 1 + 1


VALUES: Sequence[tuple[str, Any]] = (
    ("CAST('7adac2ac-6369-41b4-bf10-d78e219c4fcf' AS UUID)", ID),
    ("CAST('2027-01-12 16:00:00.5+00' AS TIMESTAMPTZ)", datetime(2027, 1, 12, 16, 0, 0, 500_000, UTC)),
    ("CAST('2027-01-12 16:00:00' AS TIMESTAMP)", datetime(2027, 1, 12, 16)),  # noqa: DTZ001 - a local time
    ("CAST('2027-01-12' AS DATE)", date(2027, 1, 12)),
    ("'é “x” \\, (NULL)'", "é “x” \\, (NULL)"),
    ("CAST('x' AS VARCHAR(9))", "x"),
    ("CAST('[1, 2]' AS JSON)", "[1, 2]"),
    ("CAST('[1, 2]' AS JSONB)", "[1, 2]"),
    ("CAST('\\x0001ff' AS BYTEA)", b"\x00\x01\xff"),
    ("TRUE", True),
    ("NULL", None),
    ("CAST(7 AS SMALLINT)", 7),
    ("2147483647", 2_147_483_647),
    ("9223372036854775807", 9_223_372_036_854_775_807),
    ("SUM(9223372036854775807)", Decimal(9_223_372_036_854_775_807)),
    ("CAST(0.5 AS DOUBLE PRECISION)", 0.5),
    ("CAST(0.5 AS REAL)", 0.5),
    ("COUNT(*)", 1),
)


@pytest.mark.parametrize(("sql", "value"), VALUES)
async def test_a_value_of_any_type_is_what_it_is_by_itself(server: Engine, sql: str, value: Any) -> None:
    question = QueryString(f"SELECT {sql} AS it")
    [alone] = await _asked(server, question)
    together = await _asked(server, question, question)
    assert together == [alone, alone] == [[{"it": value}]] * 2
    assert type(together[1][0]["it"]) is type(alone[0]["it"])


async def test_each_keeps_its_own_arguments(server: Engine) -> None:
    listed = QueryString("SELECT n FROM generate_series(1, 12) n WHERE n IN ({}) AND n <> {}", sql_list([3, 11, 12]), 3)
    none = QueryString("SELECT 5 AS n")
    many = QueryString(f"SELECT {' + '.join(['{}::int'] * 11)} AS n", *range(11))
    assert await _asked(server, many, listed, none, many) == [
        [{"n": 55}],
        [{"n": 11}, {"n": 12}],
        [{"n": 5}],
        [{"n": 55}],
    ]


async def test_many_statements_are_several(server: Engine, sent: list[str]) -> None:
    found = await _asked(server, *(QueryString("SELECT {}::int AS n", number) for number in range(LARGEST + 2)))
    assert found == [[{"n": number}] for number in range(LARGEST + 2)]
    assert len(sent) == 2


async def test_statements_with_more_parameters_than_one_can_have_go_by_themselves(
    server: Engine, sent: list[str]
) -> None:
    summed = QueryString(f"SELECT {' + '.join(['{}::int'] * 1_000)} AS n", *([1] * 1_000))
    assert await _asked(server, *[summed] * 33) == [[{"n": 1_000}]] * 33
    assert len(sent) == 33


async def test_no_rows_are_an_empty_list(server: Engine) -> None:
    assert await _asked(server, QueryString("SELECT id FROM parent"), QueryString("SELECT 1 AS n WHERE FALSE")) == [
        [],
        [],
    ]


async def test_a_recursive_query_and_one_with_parts_of_its_own_go_along(server: Engine) -> None:
    counted = QueryString(
        "WITH RECURSIVE up (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < {}) SELECT n FROM up", 3
    )
    united = QueryString("\n  with a AS MATERIALIZED (SELECT 1 AS n) SELECT n FROM a UNION ALL SELECT 2 ORDER BY 1")
    assert await _asked(server, counted, united) == [[{"n": 1}, {"n": 2}, {"n": 3}], [{"n": 1}, {"n": 2}]]


async def test_what_is_no_question_goes_by_itself(server: Engine, sent: list[str]) -> None:
    count = QueryString("SELECT COUNT(*) AS n FROM parent")
    async with writing():
        found = await _asked(server, QueryString("INSERT INTO parent VALUES (1, 'x') RETURNING id"), count)
    assert found == [[{"id": 1}], [{"n": 1}]]
    assert len(sent) == 2


async def test_parts_that_ask_together_fail_by_themselves(server: Engine) -> None:
    async def part(sql: str) -> Any:
        try:
            return [dict(row) for row in await server.run_querystring(QueryString(sql))]
        except asyncpg.DivisionByZeroError:
            return "failed"

    divided = "SELECT 1 / (n - 1) AS n FROM generate_series(1, 1) n"
    assert await all_together([part("SELECT 1 AS n"), part(divided), part("SELECT 2 AS n")]) == [
        [{"n": 1}],
        "failed",
        [{"n": 2}],
    ]


async def test_in_a_snapshot_each_goes_by_itself(server: Engine, sent: list[str]) -> None:
    async with server.snapshot():
        found = await _asked(server, QueryString(MANY, 1, 1), QueryString(MANY, 2, 2))
    assert found == [[{"id": 1, "name": "x1"}], [{"id": 2, "name": "x2"}]]
    assert len([one for one in sent if one != "ROLLBACK"]) == 2


async def test_a_query_that_found_many_rows_goes_by_itself(server: Engine, sent: list[str]) -> None:
    questions = [QueryString(MANY, 1, last) for last in (1, LONG, 2)]
    longer = QueryString(f"{MANY} LIMIT {{}}", 1, LONG + 1, 999)
    first, again = [await _asked(server, questions[0], longer, *questions[1:]) for _ in range(2)]
    assert [len(found) for found in first] == [1, LONG + 1, LONG, 2]
    assert again == first
    assert len(sent) == 1 + 2


async def test_no_column_is_taken_for_its_row(server: Engine) -> None:
    [row] = (await _asked(server, QueryString("SELECT 1 AS r"), QueryString("SELECT 'ab' AS r, 'x' AS s")))[1]
    assert row == {"r": "ab", "s": "x"}


async def test_a_query_may_end_with_a_comment(server: Engine) -> None:
    assert await _asked(server, QueryString("SELECT 1 AS n -- one"), QueryString("SELECT 2 AS n")) == [
        [{"n": 1}],
        [{"n": 2}],
    ]


async def test_no_statement_is_kept_twice(server: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_statement, "OFTEN", 2)
    for number in (1, 2, 3, 1, 2, 3):
        await _asked(server, QueryString(MANY, 1, 1), QueryString(f"SELECT {number} AS n"))
    kept = "SELECT COUNT(*) AS kept, COUNT(DISTINCT statement) AS texts FROM pg_prepared_statements"
    [row] = await server.run_querystring(QueryString(kept))
    assert row["kept"] == row["texts"] > 3


class Counting:
    """A connection that counts what it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def fetch(self, query: str) -> list[Any]:
        self.asked += 1
        return []


async def test_a_combination_that_did_not_come_for_long_is_forgotten(
    server: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_statement, "OFTEN", 2)
    trips, connection = Trips(), Counting()
    for number in (*range(MOST + 1), 0):
        await trips.fetch(connection, [("SELECT 1", []), (f"SELECT {number}", [])])
    assert connection.asked == 2 * (MOST + 2)
