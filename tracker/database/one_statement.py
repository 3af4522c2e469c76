"""The statements of a trip as one, on PostgreSQL.

asyncpg sends a statement only after the answer to the one before, and each takes 0.1 ms on both sides together before
it reads anything. Home has 35, in four trips.
"""

import re
from collections import OrderedDict
from collections.abc import Sequence
from itertools import chain, compress
from operator import not_
from typing import Any

from msgspec import Struct

from tracker.database.connections import Rows, Statement

OFTEN = 3  # times that the same statements went together when they become one, which is planned by itself
MOST = 128  # combinations that are remembered
LONG = 30  # rows from which on a query goes by itself: an array of rows takes longer than the rows
LARGEST = 40  # statements in one: PostgreSQL takes 1,664
PARAMETERS = 32_767  # of one statement (int16 in the protocol)
_SUBQUERY = re.compile(r"\s*(SELECT|WITH)\b", re.IGNORECASE)
_PARAMETER = re.compile(r"\$(\d+)")


class _Together(Struct):
    """Statements that go together."""

    times: int = 0
    query: str = ""
    """All of them as one; empty before they are."""
    columns: Sequence[Sequence[str]] = ()
    """The names of the columns of each."""


class Trips:
    """Runs the statements of a trip on a connection of asyncpg; as one, when the same often go together."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, ...], _Together] = OrderedDict()
        self._long: set[str] = set()

    async def fetch(self, connection: Any, statements: Sequence[Statement]) -> list[Rows]:
        """Return the rows of each statement. An error is that of any of them."""
        if len(statements) <= 1 or not all(_SUBQUERY.match(query) for query, _ in statements):
            return await fetch_apart(connection, statements)
        is_long = [query in self._long for query, _ in statements]
        short, long = list(compress(statements, map(not_, is_long))), list(compress(statements, is_long))
        parts = [short[at : at + LARGEST] for at in range(0, len(short), LARGEST)]
        together = iter([rows for part in parts for rows in await self._fetch(connection, part)])
        apart = iter(await fetch_apart(connection, long))
        records = [next(apart if one else together) for one in is_long]
        self._note_long(statements, records)
        return records

    async def _fetch(self, connection: Any, statements: Sequence[Statement]) -> list[Rows]:
        """Return the rows of statements that may be one."""
        together = self._together(statements)
        if together is None or together.times < OFTEN:
            return await fetch_apart(connection, statements)
        if not together.query:
            await _combine(connection, together, statements)
        arguments = chain.from_iterable(arguments for _, arguments in statements)
        [found] = await connection.fetch(together.query, *arguments)
        return [
            [dict(zip(names, row, strict=True)) for row in rows]
            for names, rows in zip(together.columns, found, strict=True)
        ]

    def _note_long(self, statements: Sequence[Statement], records: Sequence[Rows]) -> None:
        """Remember which queries found many rows."""
        self._long.update(query for (query, _), rows in zip(statements, records, strict=True) if len(rows) > LONG)
        if len(self._long) > MOST:
            self._long.clear()

    def _together(self, statements: Sequence[Statement]) -> _Together | None:
        """Return what is known of statements that go together once more; None for what can't be one."""
        if len(statements) <= 1 or sum(len(arguments) for _, arguments in statements) > PARAMETERS:
            return None
        key = tuple(query for query, _ in statements)
        together = self._known.setdefault(key, _Together())
        together.times += 1
        self._known.move_to_end(key)
        if len(self._known) > MOST:
            self._known.popitem(last=False)
        return together


async def fetch_apart(connection: Any, statements: Sequence[Statement]) -> list[Rows]:
    """Return the rows of each statement, one after another."""
    return [list(await connection.fetch(query, *arguments)) for query, arguments in statements]


async def _combine(connection: Any, together: _Together, statements: Sequence[Statement]) -> None:
    """Make statements one, which returns an array of rows for each. Such a row doesn't name its columns."""
    together.columns = [await _columns(connection, query) for query, _ in statements]
    before, parts = 0, []
    for query, arguments in statements:
        parts.append(f'ARRAY(SELECT "a row" FROM ({_numbered_after(before, query)}\n) "a row")')  # no column's name
        before += len(arguments)
    together.query = f"SELECT {', '.join(parts)}"


async def _columns(connection: Any, query: str) -> Sequence[str]:
    prepared = await connection.prepare(query, name="")  # one with a name would stay at the server
    return [attribute.name for attribute in prepared.get_attributes()]


def _numbered_after(before: int, query: str) -> str:
    """Return a query whose parameters come after so many others."""
    return _PARAMETER.sub(lambda match: f"${before + int(match[1])}", query)
