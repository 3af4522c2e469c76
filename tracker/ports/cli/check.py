"""tracker check: verify this deployment, one line for each check."""

import asyncio

import click

from tracker.config.settings import BadSettings
from tracker.errors import TrackerError
from tracker.ports.cli.data import takes_data
from tracker.ports.cli.opening import opened, settings
from tracker.ports.health import checks
from tracker.ports.health.checks import Line, State


@click.command()
@takes_data
@click.pass_context
def check(context: click.Context) -> None:
    """Check this deployment.

    Print a line for each check: settings, database, files, mail server, and releases. Exit with 1 if one is a fault.
    """
    lines = asyncio.run(_lines())
    for line in lines:
        click.echo(f"{line.state:8} {line.name:12} {line.words}")
    if any(line.state is State.FAULT for line in lines):
        context.exit(1)


async def _lines() -> list[Line]:
    try:
        chosen = settings()
    except (BadSettings, TrackerError) as bad:
        return [Line(State.FAULT, "Settings", str(bad)), *checks.of_releases()]
    try:
        async with opened(chosen):
            return await checks.lines(chosen)
    except TrackerError as broken:
        fault = Line(State.FAULT, "Database", str(broken))
        return [*checks.of_settings(chosen), fault, *await checks.of_surroundings(chosen)]
