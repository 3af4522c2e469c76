"""tracker restore: a new data folder from a backup, which sends nothing until an operator allows it."""

import asyncio
import os
from pathlib import Path

import click

from tracker import clock
from tracker.config import settings_file
from tracker.errors import Invalid
from tracker.ports.cli.data import new_data, use
from tracker.ports.cli.folder import Claim
from tracker.ports.cli.opening import opened, settings
from tracker.rules.core.wording import clock as clock_words
from tracker.rules.core.wording import day, local
from tracker.usecases.audit import backups
from tracker.usecases.audit.backups import Backup
from tracker.usecases.core.audit import Broken

FILE = click.Path(dir_okay=False, path_type=Path)
URL = "TRACKER_DATABASE_URL"
ELSEWHERE = (URL, f"{URL}_FILE", "TRACKER_SECRET", "TRACKER_SECRET_FILE", "TRACKER_DATA")
"""Settings whose environment values belong to another deployment."""


@click.command()
@new_data
@click.argument("file", type=FILE)
@click.option("--secret", "secret_file", type=FILE, required=True, help="The secret that FILE was encrypted with.")
@click.option("--database", metavar="URL", help="The empty database for a backup from PostgreSQL.")
def restore(file: Path, folder: Path, secret_file: Path, database: str | None) -> None:
    """Restore the backup FILE into a new folder.

    The restored copy sends nothing until `tracker resume`.
    """
    for name in ELSEWHERE:
        os.environ.pop(name, None)
    try:
        with Claim(folder) as claim:
            backup = _unpack(file, claim, secret_file.read_text(encoding="utf-8").strip(), database)
            if (before := secret_file.with_name(settings_file.BEFORE)).exists():
                claim.write(settings_file.BEFORE, before.read_text(encoding="utf-8"))
            use(claim.place)
            zone, broken = settings().time_zone, asyncio.run(_settle(backup))
    except (OSError, UnicodeDecodeError) as refused:
        raise Invalid(f"The backup can't be read or written: {refused}.") from refused
    when = local(backup.made_at, zone)
    click.echo(f"{folder} holds the backup of {day(when)}, {when.year}, {clock_words(when)}. It sends nothing yet.")
    click.echo(f"Check it first: tracker check --data {folder}; tracker serve --data {folder}")
    click.echo(
        "Calendar feeds and tokens don't work until then. Turn off again any that were turned off since the backup."
    )
    click.echo(f"When no other copy is running, let it send: tracker resume --data {folder}")
    if broken is not None:
        click.echo(f"Warning: in the audit log, entry {broken.seq}: {broken.why}", err=True)


def _unpack(file: Path, claim: Claim, secret: str, database: str | None) -> Backup:
    backup = backups.unpack(file, secret, claim.place)
    if backup.is_postgres and database is None:
        raise Invalid("The backup is from PostgreSQL. Name an empty database: --database postgresql://…")
    if database is not None and not backup.is_postgres:
        raise Invalid("The backup is from SQLite and goes into the new folder. Leave out --database.")
    path = claim.place / settings_file.NAME
    text = settings_file.without(path.read_text(encoding="utf-8"), URL, f"{URL}_FILE")
    path.write_text(settings_file.changed(text, URL, database) if database else text, encoding="utf-8")
    claim.write(settings_file.SECRET, secret + "\n")
    return backup


async def _settle(backup: Backup) -> Broken | None:
    async with opened(settings(), may_be_new=True):
        return await backups.settle(backup, clock.now())
