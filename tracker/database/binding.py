"""Which engine this process uses, and the words that use cases need of it."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from typing import Any

from piccolo.conf.apps import ENVIRONMENT_VARIABLE
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

    `pool` is the most connections at once; `synchronous` concerns SQLite only. Raises ValueError for other URLs.
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
    """Let every table use this engine: those declared so far, and through `piccolo_conf` those declared later."""
    piccolo_conf.DB = engine
    os.environ[ENVIRONMENT_VARIABLE] = piccolo_conf.__name__
    for table in TABLE_REGISTRY:
        table._meta.db = engine  # noqa: SLF001 - Piccolo's documented way in


def engine() -> Engine:
    """Return the bound engine."""
    if not isinstance(piccolo_conf.DB, SQLiteEngine | PostgresEngine):
        raise RuntimeError("No database is bound.")  # noqa: TRY004 - the order of calls is wrong, not a type
    return piccolo_conf.DB


def is_postgres(engine: stock.Engine[Any]) -> TypeIs[PostgresEngine]:
    """Say which of the two databases it is, where their SQL differs."""
    return isinstance(engine, PostgresEngine)


def writing() -> AbstractAsyncContextManager[Any]:
    """Return one write transaction on the bound engine; inside one, a savepoint.

    One writer at a time holds on both engines, so what is read inside is true until the end. Never send mail, render
    or gather tasks inside. A statement that failed undoes the block even if its error is caught: nest to survive it.
    """
    return engine().transaction()


class _TakenBack(Exception):
    """Nothing of a transaction is to be kept."""


@asynccontextmanager
async def trying(patience: float) -> AsyncIterator[None]:
    """Write in a transaction of which nothing is kept: what is read inside tells what the writes would do.

    Raises TimeoutError after `patience` seconds behind other writers: it is a look, and nobody waits long for one.
    """
    with suppress(_TakenBack):
        async with AsyncExitStack() as held:
            async with asyncio.timeout(patience):
                await held.enter_async_context(writing())
            yield
            raise _TakenBack


def changing_schema() -> AbstractAsyncContextManager[Any]:
    """Return one transaction for a migration and the row that says it ran; see `rebuild_table`."""
    return engine().change_of_schema()


async def open_database(engine: Engine) -> None:
    """Start the engine's pool; raise when the database cannot be used."""
    await engine.open()


async def close_database(engine: Engine) -> None:
    """End the engine's connections."""
    await engine.close()


async def lock_audit_head() -> None:
    """Hold the end of the audit chain until this transaction ends; raise TransactionError outside `writing()`.

    The one writer on both engines is its only holder, so two rows can never follow the same row.
    """
    if not engine().transaction_exists():
        raise TransactionError("An audit row is written in the transaction of its change.")
