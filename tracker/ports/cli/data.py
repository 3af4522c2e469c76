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
    """Add the option --data, or TRACKER_DATA, for the data folder; without one, the environment has all settings."""
    option = click.option(
        "--data", envvar=DATA, type=FOLDER, expose_value=False, callback=_chosen, help="Folder made by `tracker init`."
    )
    return option(command)


def new_data(command: Command) -> Command:
    """Add the option --data for the folder that the command makes."""
    return click.option("--data", "folder", type=FOLDER, required=True, help="Folder to create.")(command)


def use(folder: Path) -> None:
    """Set the settings of this process, and of its child processes, from a data folder."""
    os.environ[DATA] = str(folder.absolute())


def _chosen(_context: click.Context, _option: click.Parameter, folder: Path | None) -> None:
    if folder is not None:
        use(folder)
