"""Which engine this process uses, what use cases need of it, and how the parts of a page are read together.

Many rows of one table are written by one statement, prepared once; Piccolo makes an object and a statement for each
row. SQLite runs it for each row. PostgreSQL, where each run would begin and end a plan, gets all rows in one run, each
column as an array.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from functools import cache, lru_cache
from typing import Any, TypeVar, overload
from uuid import UUID

from piccolo.engine import base as stock
from piccolo.engine.exceptions import TransactionError
from piccolo.table import TABLE_REGISTRY, Table
from typing_extensions import TypeIs

from tracker.crypto import ids
from tracker.database import piccolo_conf, sqlite
from tracker.database.postgres import PostgresEngine
from tracker.database.sqlite import SQLiteEngine

Engine = SQLiteEngine | PostgresEngine


def engine_from_url(url: str, *, pool: int = 8, synchronous: str = "FULL") -> Engine:
    """Return the engine for `sqlite:///path` or `postgresql://user:password@host/name`; nothing is opened yet.

    `pool` is the most connections at once; `synchronous` concerns SQLite only. Errors: ValueError for other URLs.
    """
    kind, _, rest = url.partition("://")
    if kind in ("postgresql", "postgres"):
        return PostgresEngine(url, pool=pool)
    path = rest.removeprefix("/")
    if kind != "sqlite" or not rest.startswith("/") or path in ("", ":memory:"):
        raise ValueError("The database must be sqlite:///path or postgresql://user:password@host/name.")
    sqlite.register()
    return SQLiteEngine(path, pool=pool, synchronous=synchronous)


def bind(engine: Engine) -> None:
    """Make every table use this engine: those declared so far, and through `piccolo_conf` those declared later."""
    piccolo_conf.DB = engine
    os.environ["PICCOLO_CONF"] = piccolo_conf.__name__
    for table in TABLE_REGISTRY:
        table._meta.db = engine  # noqa: SLF001 - Piccolo's documented way


def engine() -> Engine:
    """Return the bound engine."""
    if not isinstance(piccolo_conf.DB, SQLiteEngine | PostgresEngine):
        raise RuntimeError("No database is bound.")  # noqa: TRY004 - the order of calls is wrong, not a type
    return piccolo_conf.DB


def is_postgres(engine: stock.Engine[Any]) -> TypeIs[PostgresEngine]:
    """Return whether the engine is PostgreSQL, where the SQL of the two databases differs."""
    return isinstance(engine, PostgresEngine)


def writing() -> AbstractAsyncContextManager[Any]:
    """Return one write transaction on the bound engine; inside one, a savepoint.

    One writer at a time holds on both engines, for a statement outside `writing()` too, so what is read inside stays
    true until the end. Never send email, render or gather tasks inside. A statement that failed undoes the block even
    if its error is caught: nest to survive it.
    """
    return engine().transaction()


class _TakenBack(Exception):
    """Rolls back a transaction of which nothing is kept."""


@asynccontextmanager
async def trying(patience: float) -> AsyncIterator[None]:
    """Open a write transaction that is rolled back at the end, to see what its writes would do.

    Errors: TimeoutError after `patience` seconds behind other writers, because a preview should not wait long.
    """
    with suppress(_TakenBack):
        async with AsyncExitStack() as held:
            async with asyncio.timeout(patience):
                transaction = await held.enter_async_context(writing())
                await transaction.begin()
            yield
            raise _TakenBack


def changing_schema() -> AbstractAsyncContextManager[Any]:
    """Return one transaction for a migration and the row that records it; see `rebuild_table`."""
    return engine().change_of_schema()


async def open_database(engine: Engine) -> None:
    """Start the engine's pool; raise when the database cannot be used."""
    await engine.open()


async def close_database(engine: Engine) -> None:
    """Close the engine's connections."""
    await engine.close()


async def lock_audit_head() -> None:
    """Lock the end of the audit chain until this transaction ends. Errors: TransactionError outside `writing()`.

    On both engines the single writer holds it, so two rows can never follow the same row.
    """
    if not engine().transaction_exists():
        raise TransactionError("An audit row is written in the transaction of its change.")


A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")
Part = Coroutine[Any, Any, A]


@overload
async def together(a: Part[A], b: Part[B], /) -> tuple[A, B]: ...


@overload
async def together(a: Part[A], b: Part[B], c: Part[C], /) -> tuple[A, B, C]: ...


@overload
async def together(a: Part[A], b: Part[B], c: Part[C], d: Part[D], /) -> tuple[A, B, C, D]: ...


@overload
async def together(a: Part[A], b: Part[B], c: Part[C], d: Part[D], e: Part[E], /) -> tuple[A, B, C, D, E]: ...


@overload
async def together(
    a: Part[A], b: Part[B], c: Part[C], d: Part[D], e: Part[E], f: Part[F], /
) -> tuple[A, B, C, D, E, F]: ...


async def together(*parts: Part[Any]) -> tuple[Any, ...]:
    """Return what independent parts of a page read; what they ask at the same time is one trip to the database.

    A part may have parts of its own. When some of them fail, the first one's error is raised, after all of them have
    ended. Errors: TransactionError when a part writes, inside a transaction too.
    """
    return tuple(await all_together(parts))


async def all_together(parts: Sequence[Part[A]]) -> list[A]:
    """Return what any number of independent parts of one kind read, in their order, as `together` does."""
    return await engine().read_in_step(parts)


async def together_by_name(**parts: Part[Any]) -> dict[str, Any]:
    """Return by its name what each of any number of independent parts reads, as `together` does."""
    return dict(zip(parts, await all_together(list(parts.values())), strict=True))


async def rebuild_table(
    table: str, *, create: str, copy: str, then: Sequence[str] = (), postgres: Sequence[str] = ()
) -> None:
    """Rebuild `table` on SQLite; on PostgreSQL run the plain ALTER statements in `postgres`.

    `create` makes and `copy` fills `<table>_new`; `then` makes the indexes and triggers again, which are dropped with
    the old table. Inside `changing_schema()` it is part of that transaction; alone it is one. Inside `writing()` on
    SQLite it raises TransactionError before it touches a row.
    """
    swap = (
        "PRAGMA legacy_alter_table=ON",  # or the triggers of other tables would have to know a table at this moment
        f'DROP TABLE "{table}"',
        f'ALTER TABLE "{table}_new" RENAME TO "{table}"',
        "PRAGMA legacy_alter_table=OFF",
    )
    async with changing_schema():
        for statement in postgres if is_postgres(engine()) else (create, copy, *swap, *then):
            await engine().run_ddl(statement)


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
