"""Many rows of one table by one statement, prepared once; Piccolo makes an object and a statement for each row.

SQLite runs it for each row. PostgreSQL, where each run would begin and end a plan, gets all rows in one run, each
column as an array.
"""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from piccolo.table import Table

from tracker.crypto import ids
from tracker.database import engine, is_postgres


async def insert_row(table: type[Table], **columns: Any) -> UUID:
    """Insert one row, with a new id unless one is given, and return its id; other columns get their defaults."""
    row_id: UUID = columns["id"] if "id" in columns else ids.new_id()
    await table.insert(table(**{**columns, "id": row_id}))
    return row_id


async def bulk_insert(table: type[Table], rows: Sequence[Mapping[str, Any]], then: str = "") -> None:
    """Insert rows that all name the same columns; `then` ends the statement, for example with ON CONFLICT.

    Columns that they do not name get their defaults; name those that differ from row to row, such as ids. No two rows
    may have the same key after ON CONFLICT … DO UPDATE. The caller is inside `writing()`.
    """
    if rows:
        named = _to_bind(table, rows)
        values = [[row[name] for name in named] for row in rows]
        if is_postgres(engine()):
            values = [[*zip(*values, strict=True)]]
        await run_for_each(_statement(table, named, then, has_arrays=is_postgres(engine())), values)


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


def _to_bind(table: type[Table], rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the named columns but those in which every row has the default: binding `None` costs as much as an id."""
    usual = {name: value for name, value in _defaults(table).items() if _is_literal(value)}
    return tuple(name for name in rows[0] if name not in usual or any(row[name] is not usual[name] for row in rows))


@lru_cache(maxsize=256)
def _statement(table: type[Table], named: tuple[str, ...], then: str, *, has_arrays: bool) -> str:
    """Return the SQL for one row, or for arrays: names are those of our own classes, and each value is a parameter."""
    usual = {name: _literal(value) for name, value in _defaults(table).items() if name not in named}
    names = ", ".join(f'"{name}"' for name in (*named, *usual))
    if has_arrays:
        given = ", ".join(f"CAST({{}} AS {_type(table, name)}[])" for name in named)
        rows = f"SELECT {', '.join(['given.*', *usual.values()])} FROM UNNEST({given}) given"
    else:
        rows = f"VALUES ({', '.join([*['{}'] * len(named), *usual.values()])})"
    return f"INSERT INTO {table._meta.tablename} ({names}) {rows}{then}"  # noqa: SLF001 - as below


def _type(table: type[Table], name: str) -> str:
    """Return the type of a column without its length: a cast would cut a longer text, which the table refuses."""
    return table._meta.get_column_by_name(name).column_type.partition("(")[0]  # noqa: SLF001 - as below


@cache
def _defaults(table: type[Table]) -> dict[str, Any]:
    """Return the default of each column; of those that differ from row to row, such as ids, an example."""
    return {column._meta.name: column.get_default_value() for column in table._meta.columns}  # noqa: SLF001 - Piccolo has no public name


def _literal(value: object) -> str:
    """Return a default as a SQL literal: a parameter for each row would cost as much as the row's own values."""
    if not _is_literal(value):
        raise TypeError(f"{value!r} is not written into SQL. Name its column.")
    return "NULL" if value is None else repr(value).upper()


def _is_literal(value: object) -> bool:
    return value is None or isinstance(value, int) or (isinstance(value, str) and not value)
