"""Someone else at the same database: another task or engine here, another process there."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import PIPE, Popen

from tracker.database import Engine, writing
from tracker.database.postgres import PostgresEngine
from tracker.database.sqlite import SQLiteEngine

FOLDER = Path(__file__).parent


def url_of(engine: Engine) -> str:
    return f"sqlite:///{engine.path}" if isinstance(engine, SQLiteEngine) else engine.config["dsn"]


@asynccontextmanager
async def another(engine: Engine, *, patience: float = 30, pool: int = 8) -> AsyncIterator[Engine]:
    """Open a second engine at the same database; it waits `patience` seconds for a lock."""
    kind, where = (SQLiteEngine, engine.path) if isinstance(engine, SQLiteEngine) else (PostgresEngine, url_of(engine))
    other = kind(where, timeout=patience, pool=pool)
    await other.open()
    try:
        yield other
    finally:
        await other.close()


@asynccontextmanager
async def another_writer() -> AsyncIterator[None]:
    """Let another task hold the writers' lock of the bound engine until the block ends."""
    holds, may_end = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        async with writing():
            holds.set()
            await may_end.wait()

    writer = asyncio.create_task(write())
    await holds.wait()
    try:
        yield
    finally:
        may_end.set()
        await writer


def process(script: str, *arguments: str) -> Popen[str]:
    """Start a script of this folder in a Python of its own, from the folder above `tests`."""
    command = [sys.executable, "-W", "error", str(FOLDER / script), *arguments]
    return Popen(command, stdout=PIPE, stderr=PIPE, text=True, cwd=FOLDER.parent.parent)
