"""tracker secret: replace the secret from which all keys are derived, for example after it was exposed."""

import os
from pathlib import Path

import click

from tracker import clock
from tracker.config import settings_file
from tracker.config.settings import Settings
from tracker.crypto import keys
from tracker.errors import NotAllowed
from tracker.ports.cli.data import takes_data
from tracker.ports.cli.opening import settings, with_database
from tracker.rules.core.wording import plural
from tracker.usecases.audit import secret_rotation

ELSEWHERE = "The secret isn't in the file secret of a data folder. Replace it where it is kept."


@click.group()
def secret() -> None:
    """Manage the secret."""


@secret.command()
@takes_data
def replace() -> None:
    """Replace the secret.

    Stop every process first, and start them again afterward.
    """
    folder = _folder(settings())
    with_database(_nothing)  # nothing is replaced while the database cannot be opened
    _write(folder)
    number = with_database(_settle)
    click.echo(f"The secret was replaced. Reencrypted: {plural(number, 'value')}. Restart all processes.")
    click.echo(f"Keep copies of {folder / settings_file.SECRET} and {folder / settings_file.BEFORE} somewhere else.")
    click.echo("Older backups need the old secret. Make a new backup: tracker backup")


def _folder(chosen: Settings) -> Path:
    folder = Path(chosen.data)
    file = folder / settings_file.SECRET
    if not chosen.data or not file.exists() or file.read_text(encoding="utf-8").strip() != chosen.secret:
        raise NotAllowed(ELSEWHERE)
    return folder


def _write(folder: Path) -> None:
    """Keep the old secret, then put the new one in its place: neither is lost at any moment."""
    chosen = settings()
    _put(folder / settings_file.BEFORE, "\n".join([chosen.secret, *chosen.earlier_secrets]))
    _put(folder / settings_file.SECRET, keys.new_token())


def _put(file: Path, text: str) -> None:
    """Write a file for its owner only, completely or not at all."""
    waiting = file.with_name(f"{file.name}.new")
    waiting.unlink(missing_ok=True)
    with os.fdopen(os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
        opened.write(f"{text}\n")
        opened.flush()
        os.fsync(opened.fileno())
    waiting.replace(file)


async def _nothing(_settings: Settings) -> None:
    """Open the database and close it."""


async def _settle(_settings: Settings) -> int:
    return await secret_rotation.settle(clock.now())
