"""Backups: the database and the settings in one sealed file, and a held copy made of it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from anyio import to_thread

from tracker.config import settings_file
from tracker.crypto import archive
from tracker.database import copies, engine, is_postgres, writing
from tracker.database.migrate import migrate, unknown_migrations
from tracker.errors import Invalid
from tracker.rules.core.actors import BY_COMMAND
from tracker.tables.schema.core.deployment import Deployment
from tracker.usecases.core import audit, send_hold

SQLITE, POSTGRES = "sqlite", "postgresql"
NAMES = {SQLITE: settings_file.DATABASE, POSTGRES: "tracker.dump"}
"""How the database is called in a backup, beside the settings."""


@dataclass(frozen=True, kw_only=True)
class Backup:
    """A backup that was opened, and where its database lies."""

    made_at: datetime
    is_postgres: bool
    database: Path


async def back_up(target: Path, scratch: Path, settings: str, secret: str, now: datetime) -> int:
    """Write a new sealed file, and return its size in bytes; the mark of the last backup moves, and the trail tells.

    `scratch` is an empty folder for the unsealed copy, on a disk as trusted as the database's. Errors: Conflict when
    the file is there, Invalid when the database cannot be copied; OSError.
    """
    kind = POSTGRES if is_postgres(engine()) else SQLITE
    await copies.copy_to(scratch / NAMES[kind])
    facts = {"made_at": now.isoformat(), "database": kind}

    def seal() -> int:
        (scratch / settings_file.NAME).write_text(settings, encoding="utf-8")
        return archive.write(target, scratch, secret, facts)

    size = await to_thread.run_sync(seal)
    async with writing():
        await Deployment.update({Deployment.backed_up_at: now}).where(Deployment.id == send_hold.ONLY)
        await audit.record(BY_COMMAND, "backed_up", "deployment", "", {"bytes": size}, now)
    return size


def unpack(source: Path, secret: str, folder: Path) -> Backup:
    """Write what a backup holds into a folder: the settings, and the database or what a database is filled from.

    Errors: Invalid when it is no backup, changed, or sealed with another secret; OSError.
    """
    facts = archive.read(source, secret, folder, (settings_file.NAME, *NAMES.values()))
    kind, made_at = facts["database"], datetime.fromisoformat(facts["made_at"])
    return Backup(made_at=made_at, is_postgres=kind == POSTGRES, database=folder / NAMES[kind])


async def settle(backup: Backup, now: datetime) -> audit.Broken | None:
    """Make the bound database a copy that is up to date and held: the file that was unpacked, or filled from it.

    Returns the first entry of the audit log that is not as it was written. Errors: Invalid when it is not sound.
    """
    if backup.is_postgres:
        await copies.fill_from(backup.database)
        backup.database.unlink()
    if not await copies.is_whole():
        raise Invalid("The database in the backup is damaged. Take another backup.")
    if unknown := await unknown_migrations():
        raise Invalid(f"The backup was made by a newer release, which knows {unknown[0]}. Install that one.")
    await migrate()
    broken = await audit.verify()
    await send_hold.hold(backup.made_at, now)
    return broken
