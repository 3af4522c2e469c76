"""Many rows of one table by one statement, prepared once; Piccolo makes an object and a statement for each row."""

from collections.abc import Container, Mapping, Sequence
from functools import cache
from typing import Any

from piccolo.table import Table

from tracker.database import engine, is_postgres


async def bulk_insert(table: type[Table], rows: Sequence[Mapping[str, Any]], then: str = "") -> None:
    """Insert rows that all name the same columns; `then` ends the statement, for example with ON CONFLICT.

    Columns that they do not name get their defaults; name those that differ from row to row, such as ids. The caller is
    inside `writing()`.
    """
    if rows:
        await run_for_each(_statement(table, tuple(rows[0]), then), [list(row.values()) for row in rows])


async def run_for_each(statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run a statement once for each row of parameters, each of which is `{}` in it.

    A statement with all rows at once would have more parameters than PostgreSQL takes (32,767). The caller is inside
    `writing()`.
    """
    if rows:
        bound = engine()
        bound.write_many(_of_driver(statement, len(rows[0]), numbers=is_postgres(bound)), rows)


@cache
def _of_driver(statement: str, count: int, *, numbers: bool) -> str:
    """Return a statement with the placeholders of a database's driver."""
    return statement.format(*(f"${number}" if numbers else "?" for number in range(1, count + 1)))


@cache
def _statement(table: type[Table], named: Sequence[str], then: str) -> str:
    """Return the SQL for one row: names are those of our own classes, and each value is a parameter."""
    usual = _defaults(table, named)
    names = ", ".join(f'"{name}"' for name in (*named, *usual))
    values = ", ".join([*["{}"] * len(named), *usual.values()])
    return f"INSERT INTO {table._meta.tablename} ({names}) VALUES ({values}){then}"  # noqa: SLF001 - as below


def _defaults(table: type[Table], named: Container[str]) -> dict[str, str]:
    """Return the defaults of the other columns in SQL, except columns that are NULL by default."""
    columns = {one._meta.name: one for one in table._meta.columns}  # noqa: SLF001 - Piccolo has no public name
    usual = {name: one.get_default_value() for name, one in columns.items() if name not in named}
    return {name: _literal(value) for name, value in usual.items() if value is not None}


def _literal(value: object) -> str:
    """Return a default as a SQL literal: a parameter for each row would cost as much as the row's own values."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int) or value == "":
        return repr(value)
    raise TypeError(f"{value!r} is not written into SQL. Name its column.")
