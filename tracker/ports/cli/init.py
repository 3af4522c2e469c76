"""tracker init: the secret from which all keys of a deployment come."""

import os
import secrets
from pathlib import Path

import click

from tracker.errors import Conflict, Invalid


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), default=Path("tracker.secret"))
def init(file: Path) -> None:
    """Make a secret in FILE, which only its owner can read."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as there:
        raise Conflict(f"{file} exists already. Without its secret, sealed things cannot be opened again.") from there
    except OSError as refused:
        raise Invalid(f"{file} cannot be written: {refused.strerror}.") from refused
    with os.fdopen(handle, "w", encoding="ascii") as secret:
        secret.write(secrets.token_urlsafe(48) + "\n")
    click.echo(f"A secret is in {file}. Keep a copy in a safe place, and set:")
    click.echo(f"TRACKER_SECRET_FILE={file.absolute()}")
