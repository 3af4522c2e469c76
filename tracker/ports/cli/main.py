"""The `tracker` command. Errors are one sentence on stderr and exit code 2, never a traceback."""

import os
from typing import Any

import click

from tracker.config.settings import BadSettings
from tracker.database.migrate import WrongSchema
from tracker.errors import TrackerError
from tracker.ports.cli.deployments import audit, backup, init, restore, resume, secret
from tracker.ports.cli.people import account, calendar, roster, sign_in_link
from tracker.ports.cli.serve import check_deployment, demo, migrate_database, reproject, serve


class CommandRefused(click.ClickException):
    """Reports why a command failed."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        """Write the sentence to stderr."""
        click.echo(self.message, file=file, err=True)


class Commands(click.Group):
    """Turns errors that people are meant to read into refusals."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the named command."""
        try:
            return super().invoke(ctx)
        except (TrackerError, BadSettings, WrongSchema) as known:
            raise CommandRefused(str(known)) from known


@click.group(cls=Commands)
@click.version_option(package_name="taskforce-tracker")
def main() -> None:
    """Run and maintain the Task Force Tracker.

    Settings are in the file settings.env of the folder that --data names, and in environment variables that begin with
    TRACKER_, which take precedence; docs/operations.md lists them.
    """
    os.umask(0o077)  # new files are readable by their owner only


for command in (
    demo,
    serve,
    migrate_database,
    check_deployment,
    init,
    roster,
    calendar,
    sign_in_link,
    account,
    backup,
    restore,
    resume,
    reproject,
    audit,
    secret,
):
    main.add_command(command)
