"""tracker serve: the application on a port, after checks that it can work."""

import gc
import os
import socket

import click
import uvicorn

from tracker.config.settings import PREFIX, USUAL_BASE_URL, Settings
from tracker.ports.cli.data import takes_data
from tracker.ports.cli.http import listen, need_assertions, server_config
from tracker.ports.cli.opening import settings, with_database
from tracker.ports.health import checks
from tracker.ports.http import access_log

SWEPT = 20_000  # new objects after which the garbage collector looks for cycles among them


@click.command()
@takes_data
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8000, show_default=True)
@click.option(
    "--proxy", default="", metavar="ADDRESS", help="Address of the reverse proxy whose X-Forwarded-* headers to trust."
)
def serve(host: str, port: int, proxy: str) -> None:
    """Serve the application.

    Run `tracker migrate` first if the database is new or older than this release.
    """
    need_assertions()
    chosen = settings()
    checks.refuse_unsafe(chosen, host)
    with_database(_nothing)
    _warn(chosen)
    listener = listen(host, port)
    click.echo(f"Serving at {_address(chosen, listener)}.", err=True)
    access_log.configure()
    _serve(listener, proxy)


def _address(chosen: Settings, listener: socket.socket) -> str:
    """Return the address where people reach it; without a setting, the served port of this computer."""
    if chosen.base_url != USUAL_BASE_URL:
        return chosen.base_url
    served = f"http://127.0.0.1:{listener.getsockname()[1]}"
    os.environ[f"{PREFIX}BASE_URL"] = served  # for the application, which reads the settings itself
    return served


def _warn(chosen: Settings) -> None:
    """Print what should be fixed soon, and serve anyway."""
    for line in checks.of_files(chosen):
        if line.state is not checks.State.OK:
            click.echo(f"Warning: {line.words}", err=True)


def _serve(listener: socket.socket, proxy: str) -> None:
    config = server_config("tracker.app:create_app", proxy=proxy)
    gc.disable()  # a tenth of a start would be spent on looking through objects that all stay
    config.load()
    settle()
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:  # uvicorn passes on the exception that stopped it
        click.echo("Stopped.", err=True)


def settle() -> None:
    """Exclude loaded objects from later collections, and collect once for several pages, not several times for each.

    Collecting them took 50 ms from every tenth large page. A month of 500 dates makes 4,000 objects. Nothing is
    collected before: of 240,000 objects, 3,000 are garbage, which stays; looking for it took a twentieth of a start.
    """
    gc.freeze()
    gc.set_threshold(SWEPT, 20, 20)
    gc.enable()


async def _nothing(_settings: Settings) -> None:
    """Do nothing; opening the database has checked that it is there and up to date."""
