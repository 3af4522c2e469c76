"""tracker serve: the application on a port, after a look at what would keep it from working."""

import gc
import socket
from ipaddress import ip_address

import click
import uvicorn

from tracker.errors import Invalid
from tracker.ports import access_log
from tracker.ports.cli.http import listen, need_assertions, server_config
from tracker.ports.cli.opening import settings, with_database
from tracker.settings import Settings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8000, show_default=True)
@click.option("--proxy", default="", metavar="ADDRESS", help="The reverse proxy whose X-Forwarded-* headers count.")
def serve(host: str, port: int, proxy: str) -> None:
    """Serve the application; the database must be migrated."""
    need_assertions()
    check_start(settings(), host)
    with_database(_nothing)
    listener = listen(host, port)
    access_log.configure()
    _serve(listener, proxy)


def check_start(chosen: Settings, host: str) -> None:
    """Raise `Invalid` when settings of a demo would be served to others, or to real people."""
    if chosen.is_demo and not _is_loopback(host):
        raise Invalid("A demo is served on this computer only. Take --host 127.0.0.1, or set TRACKER_IS_DEMO=no.")
    if chosen.now is not None and not chosen.is_demo:
        raise Invalid("TRACKER_NOW moves the clock, so it is for demos only. Unset it.")


def _serve(listener: socket.socket, proxy: str) -> None:
    config = server_config("tracker.app:create_app", proxy=proxy)
    config.load()
    gc.collect()
    gc.freeze()  # what is loaded stays: sweeping it time and again took 50 ms from every tenth large page
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:  # uvicorn passes on what stopped it
        click.echo("Stopped.", err=True)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _nothing(_settings: Settings) -> None:
    """Ask nothing of the database but that it is there and up to date."""
