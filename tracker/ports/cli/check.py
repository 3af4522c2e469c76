"""tracker check: verify this deployment, one line for each check."""

import asyncio
from collections.abc import Awaitable

import click

from tracker.config.settings import BadSettings
from tracker.database.migrate import check_schema
from tracker.errors import TrackerError
from tracker.ports.cli.data import takes_data
from tracker.ports.cli.opening import opened, settings
from tracker.ports.health import checks, mail_loop
from tracker.ports.health.checks import Line, State

LONGEST_WAIT = 600  # seconds


@click.command()
@takes_data
@click.option("--mail", "by_mail", is_flag=True, help="Send one email to the reply address, and wait for it to arrive.")
@click.option(
    "--wait",
    type=click.IntRange(1, LONGEST_WAIT),
    default=int(mail_loop.PATIENCE),
    show_default=True,
    help="With --mail: seconds to wait.",
)
@click.pass_context
def check(context: click.Context, wait: int, *, by_mail: bool) -> None:
    """Check this deployment.

    Print a line for each check: settings, database, files, mail server, and releases. Exit with 1 if one is a fault.
    """
    lines = asyncio.run(_by_mail(wait) if by_mail else _show(_lines()))
    if any(line.state is State.FAULT for line in lines):
        context.exit(1)


async def _by_mail(wait: int) -> list[Line]:
    """Print each line as soon as it is known: a person waits for them."""
    lines = []
    chosen = settings()
    async with opened(chosen):
        await check_schema()
        async for line in mail_loop.lines(chosen, float(wait)):
            _print(line)
            lines.append(line)
    return lines


async def _show(found: Awaitable[list[Line]]) -> list[Line]:
    lines = await found
    for line in lines:
        _print(line)
    return lines


def _print(line: Line) -> None:
    click.echo(f"{line.state:8} {line.name:14} {line.words}")


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
