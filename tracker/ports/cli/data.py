"""The one option that every command takes: the folder of settings, secret and database."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from tracker.config.settings import DATA

Command = TypeVar("Command", bound=Callable[..., Any])
FOLDER = click.Path(file_okay=False, path_type=Path)


def takes_data(command: Command) -> Command:
    """Let a command be told its data folder by --data, or by TRACKER_DATA; without one the environment says it all."""
    option = click.option(
        "--data", envvar=DATA, type=FOLDER, expose_value=False, callback=_chosen, help="Folder made by `tracker init`."
    )
    return option(command)


def new_data(command: Command) -> Command:
    """Let a command be told by --data which folder it is to make."""
    return click.option("--data", "folder", type=FOLDER, required=True, help="Folder to make.")(command)


def use(folder: Path) -> None:
    """Take the settings of this process, and of what it starts, from a data folder."""
    os.environ[DATA] = str(folder.absolute())


def _chosen(_context: click.Context, _option: click.Parameter, folder: Path | None) -> None:
    if folder is not None:
        use(folder)
