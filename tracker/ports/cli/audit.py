"""tracker audit: whether the audit trail is still as it was written."""

import click

from tracker.ports.cli.data import takes_data
from tracker.ports.cli.opening import with_database
from tracker.settings import Settings
from tracker.usecases import audit as trail


@click.group()
def audit() -> None:
    """Look after the audit trail."""


@audit.command()
@takes_data
@click.pass_context
def verify(context: click.Context) -> None:
    """Check every entry; name the first broken one and exit with 1."""
    broken = with_database(_verify)
    if broken is not None:
        click.echo(f"Entry {broken.seq}: {broken.why}", err=True)
        context.exit(1)
    click.echo("The audit trail is as it was written.")


async def _verify(_settings: Settings) -> trail.Broken | None:
    return await trail.verify()
