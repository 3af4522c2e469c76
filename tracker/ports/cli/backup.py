"""tracker backup: a sealed file of the database and the settings, made while the application runs."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from tracker import clock
from tracker.config import settings_file
from tracker.config.settings import Settings
from tracker.errors import Conflict, Invalid
from tracker.ports.cli.data import takes_data
from tracker.ports.cli.opening import with_database
from tracker.usecases.audit import backups

SCRATCH = ".backup"
SECRETS = ("TRACKER_SECRET", "TRACKER_SECRET_FILE")


@click.command()
@takes_data
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Back up the database and settings to a new FILE.

    The file is encrypted with the secret. The application can keep running.
    """
    try:
        size = with_database(lambda chosen: _back_up(file, chosen))
    except OSError as refused:
        raise Invalid(f"{file} can't be written: {refused.strerror}.") from refused
    click.echo(f"{file} contains the database and settings, encrypted: {size:,} bytes. It doesn't include its secret.")


async def _back_up(file: Path, chosen: Settings) -> int:
    if not chosen.data:
        raise Invalid("Name the data folder to back up: --data DIR.")
    folder = Path(chosen.data)
    text = settings_file.without((folder / settings_file.NAME).read_text(encoding="utf-8"), *SECRETS)
    with _scratch(folder) as scratch:
        return await backups.back_up(file, scratch, text, chosen.secret, clock.now())


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """Make a folder for the unsealed copy beside the database, emptied even after a kill; one backup at a time."""
    lock, scratch = os.open(folder, os.O_RDONLY), folder / SCRATCH
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(mode=0o700)
        yield scratch
    except BlockingIOError as busy:
        raise Conflict("Another backup is running. Wait until it's done.") from busy
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        os.close(lock)
