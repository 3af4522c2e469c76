"""Backups: the database and the settings in one sealed file, and a copy restored from it, on hold."""

from datetime import datetime
from pathlib import Path

from anyio import to_thread
from msgspec import Struct

from tracker.config import settings_file
from tracker.crypto import sealed_files
from tracker.database import copies, engine, is_postgres, writing
from tracker.database.migrate import migrate, unknown_migrations
from tracker.errors import Invalid
from tracker.rules.core.viewers import BY_COMMAND
from tracker.tables.schema.core.tables import Deployment
from tracker.usecases.core import audit, send_hold

SQLITE, POSTGRES = "sqlite", "postgresql"
NAMES = {SQLITE: settings_file.DATABASE, POSTGRES: "tracker.dump"}
"""The file name of the database in a backup, beside the settings."""


class Backup(Struct, frozen=True, kw_only=True):
    """An opened backup, and where its database is."""

    made_at: datetime
    is_postgres: bool
    database: Path


async def back_up(target: Path, scratch: Path, settings: str, secret: str, now: datetime) -> int:
    """Write a sealed backup file, record it in the audit log and as the last backup, and return its size in bytes.

    `scratch` is an empty folder for the unsealed copy, on a disk as trusted as the database's. Errors: Conflict when
    the file exists, Invalid when the database cannot be copied; OSError.
    """
    kind = POSTGRES if is_postgres(engine()) else SQLITE
    await copies.copy_to(scratch / NAMES[kind])
    facts = {"made_at": now.isoformat(), "database": kind}

    def seal() -> int:
        (scratch / settings_file.NAME).write_text(settings, encoding="utf-8")
        return sealed_files.write_archive(target, scratch, secret, facts)

    size = await to_thread.run_sync(seal)
    async with writing():
        await Deployment.update({Deployment.backed_up_at: now}).where(Deployment.id == send_hold.ONLY_ROW)
        await audit.record(BY_COMMAND, "backed_up", "deployment", "", {"bytes": size}, now)
    return size


def unpack(source: Path, secret: str, folder: Path) -> Backup:
    """Write the contents of a backup into a folder: the settings, and the database or a dump of it.

    Errors: Invalid when it is not a backup, was changed, or was sealed with another secret; OSError.
    """
    facts = sealed_files.read_archive(source, secret, folder, (settings_file.NAME, *NAMES.values()))
    kind, made_at = facts["database"], datetime.fromisoformat(facts["made_at"])
    return Backup(made_at=made_at, is_postgres=kind == POSTGRES, database=folder / NAMES[kind])


async def settle_copy(backup: Backup, now: datetime) -> audit.BrokenEntry | None:
    """Make the bound database an up-to-date copy on hold: the unpacked file, or filled from it.

    Return the first broken entry of the audit log, if any. Errors: Invalid when the database is damaged.
    """
    if backup.is_postgres:
        await copies.fill_from(backup.database)
        backup.database.unlink()
    if not await copies.is_whole():
        raise Invalid("The database in the backup is damaged. Take another backup.")
    if unknown := await unknown_migrations():
        raise Invalid(f"The backup was made by a newer release, which knows {unknown[0]}. Install that one.")
    await migrate()
    broken = await audit.verify_chain()
    await send_hold.hold_sending(backup.made_at, now)
    return broken
