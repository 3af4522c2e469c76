"""The statements of a trip as one, on PostgreSQL.

asyncpg sends a statement only after the answer to the one before, and each takes 0.1 ms on both sides together before
it reads anything. Home has 35, in four trips.
"""

import re
from collections import OrderedDict
from collections.abc import Sequence
from itertools import chain
from typing import Any

from msgspec import Struct

from tracker.database.connecting import Rows, Statement

OFTEN = 3  # times that the same statements went together when they become one, which is planned by itself
MOST = 128  # combinations that are remembered
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

    async def fetch(self, connection: Any, statements: Sequence[Statement]) -> list[Rows]:
        """Return the rows of each statement; those that only read are from one state of the database once they are one.

        An error is that of any of them.
        """
        if len(statements) > LARGEST:
            return [
                *await self.fetch(connection, statements[:LARGEST]),
                *await self.fetch(connection, statements[LARGEST:]),
            ]
        together = self._together(statements)
        if together is None or together.times < OFTEN:
            return [list(await connection.fetch(query, *arguments)) for query, arguments in statements]
        if not together.query:
            await _combine(connection, together, statements)
        arguments = chain.from_iterable(arguments for _, arguments in statements)
        [found] = await connection.fetch(together.query, *arguments)
        return [
            [dict(zip(names, row, strict=True)) for row in rows]
            for names, rows in zip(together.columns, found, strict=True)
        ]

    def _together(self, statements: Sequence[Statement]) -> _Together | None:
        """Return what is known of statements that go together once more; None for what can't be one."""
        key = tuple(query for query, _ in statements)
        if len(key) <= 1 or not all(map(_SUBQUERY.match, key)):
            return None
        if sum(len(arguments) for _, arguments in statements) > PARAMETERS:
            return None
        found = self._known.setdefault(key, _Together())
        found.times += 1
        self._known.move_to_end(key)
        if len(self._known) > MOST:
            self._known.popitem(last=False)
        return found


async def _combine(connection: Any, together: _Together, statements: Sequence[Statement]) -> None:
    """Make statements one, which returns an array of rows for each. Such a row doesn't name its columns."""
    together.columns = [await _columns(connection, query) for query, _ in statements]
    before, parts = 0, []
    for query, arguments in statements:
        parts.append(f"ARRAY(SELECT r FROM ({_numbered_after(before, query)}\n) r)")  # it may end with a comment
        before += len(arguments)
    together.query = f"SELECT {', '.join(parts)}"


async def _columns(connection: Any, query: str) -> Sequence[str]:
    return [one.name for one in (await connection.prepare(query)).get_attributes()]


def _numbered_after(before: int, query: str) -> str:
    """Return a query whose parameters come after so many others."""
    return _PARAMETER.sub(lambda found: f"${before + int(found[1])}", query)
