"""tracker migrate: bring the database to the schema of this version."""

import asyncio

import click

from tracker.database.migrate import migrate as bring_up_to_date
from tracker.ports.cli.data import takes_data
from tracker.ports.cli.opening import opened, settings


@click.command()
@takes_data
def migrate() -> None:
    """Create the database, or bring it up to date.

    Only one process does this at a time.
    """
    names = asyncio.run(_migrate())
    for name in names:
        click.echo(f"Done: {name}")
    if not names:
        click.echo("The database is up to date.")


async def _migrate() -> list[str]:
    async with opened(settings(), may_be_new=True):
        return await bring_up_to_date()
