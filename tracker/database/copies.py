"""A copy of the whole database in one file, made while others write, and a database restored from such a file."""

import asyncio
import os
import shutil
import sqlite3
from asyncio.subprocess import PIPE
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tracker.database.binding import engine, is_postgres
from tracker.database.postgres import PostgresEngine
from tracker.errors import Invalid

DUMP = ("pg_dump", "--format=custom", "--compress=0", "--no-owner", "--no-privileges")
RESTORE = ("pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
LONGEST = 200  # characters shown of a program's error output


async def copy_to(file: Path) -> None:
    """Write the bound database as of one moment into a new file; writers are neither stopped nor waited for.

    SQLite: `VACUUM INTO`, one read transaction (a plain copy of a file in use is not reliable). PostgreSQL: pg_dump,
    one snapshot. Errors: Invalid when it cannot be done, with the reason.
    """
    bound = engine()
    if is_postgres(bound):
        await _run(bound, *DUMP, f"--file={file}")
        return
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # SQLite would let others read it
    await bound.run_alone("VACUUM INTO ?", [str(file)], is_pooled=False)


async def fill_from(file: Path) -> None:
    """Fill the bound, empty PostgreSQL database from a file of `copy_to`: all of it or nothing."""
    bound = engine()
    assert is_postgres(bound)  # noqa: S101 - a copy of SQLite is a database already
    tables = "SELECT count(*) AS count FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    if (await bound.run_alone(tables, [], is_pooled=True))[0]["count"]:
        raise Invalid("The database isn't empty. Name a new one. Nothing was changed.")
    await _run(bound, *RESTORE, str(file))


async def is_whole() -> bool:
    """Return whether the bound database passes its own integrity check."""
    bound = engine()
    if is_postgres(bound):  # its constraints were checked while it was filled
        return True
    try:
        rows = await bound.run_alone("PRAGMA integrity_check", [], is_pooled=True)
        broken = await bound.run_alone("PRAGMA foreign_key_check", [], is_pooled=True)
    except sqlite3.DatabaseError:
        return False
    return [row["integrity_check"] for row in rows] == ["ok"] and not broken


async def _run(bound: PostgresEngine, program: str, *words: str) -> None:
    """Run one of PostgreSQL's own programs; the password is in the environment, where other users cannot see it."""
    path = shutil.which(program)
    if path is None:
        raise Invalid(
            f"{program} isn't installed. Install PostgreSQL's client programs, in the server's release or newer."
        )
    parts = urlsplit(str(bound.config["dsn"]))
    user, sign, host = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    environment = {**os.environ, "PGPASSWORD": unquote(password)} if password else None
    words = (f"--dbname={parts._replace(netloc=f'{name}{sign}{host}').geturl()}", *words)
    running = await asyncio.create_subprocess_exec(path, *words, env=environment, stdout=PIPE, stderr=PIPE)
    _, complaint = await running.communicate()
    if running.returncode:
        reason = " ".join(complaint.decode(errors="replace").split())[:LONGEST].rstrip(".")
        raise Invalid(f"{program} failed: {reason}.")
