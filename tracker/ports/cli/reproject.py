"""tracker reproject: correct upcoming dates after the time zone data of this computer changed."""

import click

from tracker import clock
from tracker.config.settings import Settings
from tracker.ports.cli.data import takes_data
from tracker.ports.cli.opening import with_database
from tracker.usecases.events import tz_drift


@click.command()
@takes_data
def reproject() -> None:
    """Correct dates after time zone data changed.

    Upcoming dates move back to the local time at which they were scheduled.
    """

    async def replanned(_settings: Settings) -> int:
        return await tz_drift.reproject(clock.now())

    dates = with_database(replanned)
    click.echo(
        f"Dates corrected: {dates}. Their reminders move with them." if dates else "All dates are at their local times."
    )
