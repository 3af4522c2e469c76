"""tracker resume: let a restored copy send again."""

import click

from tracker import clock
from tracker.config.settings import Settings
from tracker.ports.cli.data import takes_data
from tracker.ports.cli.opening import with_database
from tracker.usecases.core import send_hold


@click.command()
@takes_data
def resume() -> None:
    """Let a copy that was restored from a backup send mails; first make sure that no other copy runs."""
    was_held = with_database(_resume)
    click.echo("Sending goes on. What is of no use any more is not sent." if was_held else "Nothing was held.")


async def _resume(_settings: Settings) -> bool:
    return await send_hold.resume(None, clock.now())
