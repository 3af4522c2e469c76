"""What most commands need first: the data folder, its settings, an open database; and a bar that shows progress."""

import asyncio
import os
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import click

from tracker import clock
from tracker.config.settings import DATA, Settings, database_elsewhere, load_settings
from tracker.crypto import keys
from tracker.database import Engine, bind, close_database, engine_from_url, is_postgres, open_database
from tracker.database.migrate import check_schema
from tracker.errors import Invalid, NotFound
from tracker.ical.calendar_import import ImportProgress
from tracker.rules.core.clean_text import clean

Command = TypeVar("Command", bound=Callable[..., Any])
FOLDER = click.Path(file_okay=False, path_type=Path)


def takes_data(command: Command) -> Command:
    """Add the option --data, or TRACKER_DATA, for the data folder; without one, the environment has all settings."""
    option = click.option(
        "--data", envvar=DATA, type=FOLDER, expose_value=False, callback=_chosen, help="Folder made by `tracker init`."
    )
    return option(command)


def new_data(command: Command) -> Command:
    """Add the option --data for the folder that the command makes."""
    return click.option("--data", "folder", type=FOLDER, required=True, help="Folder to create.")(command)


def use_folder(folder: Path) -> None:
    """Set the settings of this process, and of its child processes, from a data folder."""
    os.environ[DATA] = str(folder.absolute())


def _chosen(_context: click.Context, _option: click.Parameter, folder: Path | None) -> None:
    if folder is not None:
        use_folder(folder)


CommandOutcome = TypeVar("CommandOutcome")

LONGEST_REASON = 10_000  # characters


def settings() -> Settings:
    """Return the settings of the environment; note on stderr a database outside the data folder.

    Errors: BadSettings, Invalid.
    """
    try:
        chosen, elsewhere = load_settings(), database_elsewhere()
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


def with_database(work: Callable[[Settings], Awaitable[CommandOutcome]]) -> CommandOutcome:
    """Run a function on the database of the settings, whose schema must be up to date, and return its result.

    Errors: BadSettings, NotFound when there is no database, Invalid when it can't be opened, WrongSchema.
    """

    async def run() -> CommandOutcome:
        chosen = settings()
        async with opened(chosen):
            await check_schema()
            return await work(chosen)

    return asyncio.run(run())


async def do_nothing(_settings: Settings) -> None:
    """Do nothing with the database: opening it has checked that it is there and up to date."""


@asynccontextmanager
async def opened(chosen: Settings, *, may_be_new: bool = False) -> AsyncIterator[Engine]:
    """Open the database of the settings, bind it, and set the keys and the clock. Errors: NotFound, Invalid."""
    keys.use_secret(chosen.secret, *chosen.earlier_secrets)
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


SOON = 2.0  # seconds; shorter work needs no lines
TENTHS = 10


@contextmanager
def progress(label: str, soon: float = SOON) -> Iterator[ImportProgress]:
    """Give what is to be called with the work done and all of it; everything is written to the error output.

    Lines are written after `soon` seconds.
    """
    if not sys.stderr.isatty():
        yield _Lines(label, soon)
        return
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def show(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        yield show


class _Lines:
    """Writes a line when another tenth of the work is done."""

    def __init__(self, label: str, soon: float) -> None:
        self._label = label
        self._soon = soon
        self._began = time.monotonic()
        self._written = 0

    def __call__(self, done: int, of: int) -> None:
        tenths = done * TENTHS // of
        if tenths > self._written and time.monotonic() - self._began >= self._soon:
            self._written = tenths
            click.echo(f"{self._label}: {tenths * TENTHS} %", err=True)
