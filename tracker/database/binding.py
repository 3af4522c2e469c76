"""Which engine this process uses, and what use cases need of it."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from typing import Any

from piccolo.engine import base as stock
from piccolo.engine.exceptions import TransactionError
from piccolo.table import TABLE_REGISTRY
from typing_extensions import TypeIs

from tracker.database import piccolo_conf, sqlite_types
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
    sqlite_types.register()
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
