"""What most commands need first: the settings, and an open database."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import asyncpg
import click

from tracker import clock
from tracker.config.settings import DATA, Settings, database_elsewhere, load
from tracker.crypto import keys
from tracker.database import Engine, bind, close_database, engine_from_url, is_postgres, open_database
from tracker.database.migrate import check_schema
from tracker.errors import Invalid, NotFound
from tracker.rules.core.clean_text import clean

Outcome = TypeVar("Outcome")

LONGEST_REASON = 10_000  # characters


def settings() -> Settings:
    """Return the settings of the environment; note on stderr a database outside the data folder.

    Errors: BadSettings, Invalid.
    """
    try:
        chosen, elsewhere = load(), database_elsewhere()
    except (OSError, UnicodeDecodeError) as unreadable:
        raise Invalid(f"Can't read a file named by a TRACKER_…_FILE setting: {unreadable}.") from unreadable
    if elsewhere is not None:
        click.echo(f"{os.environ[DATA]} uses the database {elsewhere}, which is outside that folder.", err=True)
    return chosen


def read_file(file: Path, most: int) -> bytes:
    """Return the content of a file, one byte more than `most` when it is larger than that. Errors: Invalid."""
    try:
        with file.open("rb") as content:
            return content.read(most + 1)
    except OSError as refused:
        raise Invalid(f"{file} can't be read: {refused.strerror}.") from refused


def with_database(work: Callable[[Settings], Awaitable[Outcome]]) -> Outcome:
    """Run a function on the database of the settings, whose schema must be up to date, and return its result.

    Errors: BadSettings, NotFound when there is no database, Invalid when it can't be opened, WrongSchema.
    """

    async def run() -> Outcome:
        chosen = settings()
        async with opened(chosen):
            await check_schema()
            return await work(chosen)

    return asyncio.run(run())


@asynccontextmanager
async def opened(chosen: Settings, *, may_be_new: bool = False) -> AsyncIterator[Engine]:
    """Open the database of the settings, bind it, and set the keys and the clock. Errors: NotFound, Invalid."""
    keys.use(chosen.secret, *chosen.earlier_secrets)
    clock.start_at(chosen.now)
    engine = _engine(chosen, may_be_new=may_be_new)
    bind(engine)
    try:
        await open_database(engine)
    except (OSError, RuntimeError, sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError) as broken:
        reason = clean(str(broken), LONGEST_REASON, "reason").rstrip(".")
        raise Invalid(f"The database can't be opened: {reason}.") from broken
    try:
        yield engine
    finally:
        await close_database(engine)


def _engine(chosen: Settings, *, may_be_new: bool) -> Engine:
    """Return the engine of the settings; checked first, because SQLite would make a file for a mistyped path."""
    try:
        engine = engine_from_url(chosen.database_url, pool=chosen.database_pool)
    except ValueError as odd:
        raise Invalid(f"TRACKER_DATABASE_URL can't be used. {odd}") from odd
    if not (may_be_new or is_postgres(engine) or Path(engine.path).exists()):
        raise NotFound(f"There is no database at {engine.path}. Run `tracker migrate`.")
    return engine
