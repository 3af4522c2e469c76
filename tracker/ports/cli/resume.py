"""tracker resume: allow a restored copy to send again."""

import click

from tracker import clock
from tracker.config.settings import Settings
from tracker.ports.cli.data import takes_data
from tracker.ports.cli.opening import with_database
from tracker.usecases.core import send_hold


@click.command()
@takes_data
def resume() -> None:
    """Let a restored copy send emails again.

    First make sure that no other copy is running.
    """
    was_held = with_database(_resume)
    click.echo("Sending has resumed. Outdated messages are skipped." if was_held else "Sending wasn't on hold.")


async def _resume(_settings: Settings) -> bool:
    return await send_hold.resume(None, clock.now())
