"""Which engine this process uses, what use cases need of it, and how the parts of a page are read together."""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from typing import Any, TypeVar, overload

from piccolo.engine import base as stock
from piccolo.engine.exceptions import TransactionError
from piccolo.table import TABLE_REGISTRY
from typing_extensions import TypeIs

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
