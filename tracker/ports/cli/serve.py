"""tracker serve, check, migrate, reproject, and demo: the application on a port, and what it needs to work.

A demo is a newly made demo task force, served on this computer only.
"""

import asyncio
import errno
import gc
import os
import socket
import sys
from datetime import datetime
from pathlib import Path

import click
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tracker import clock
from tracker.config.settings import PREFIX, USUAL_BASE_URL, BadSettings
from tracker.database.migrate import check_schema, migrate
from tracker.errors import Conflict, Invalid, NotAllowed, TrackerError
from tracker.ports import health
from tracker.ports.cli.opening import do_nothing, opened, settings, takes_data, with_database
from tracker.ports.health import CheckLine, CheckState
from tracker.ports.http import security
from tracker.usecases.events import series

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
    health.refuse_unsafe(chosen, host)
    with_database(do_nothing)
    for line in health.of_files(chosen):
        if line.state is not health.CheckState.OK:
            click.echo(f"Warning: {line.words}", err=True)
    listener = listen(host, port)
    address = chosen.base_url
    if address == USUAL_BASE_URL:  # no setting says where people reach it
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        os.environ[f"{PREFIX}BASE_URL"] = address  # for the application, which reads the settings itself
    click.echo(f"Serving at {address}.", err=True)
    security.configure()
    config = server_config("tracker.app:create_app", proxy=proxy)
    config.load()
    freeze_objects()
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:  # uvicorn passes on the exception that stopped it
        click.echo("Stopped.", err=True)


def freeze_objects() -> None:
    """Exclude loaded objects from later collections, and collect once for several pages, not several times for each.

    Collecting them took 50 ms from every tenth large page. A month of 500 dates makes 4,000 objects.
    """
    gc.freeze()
    gc.set_threshold(SWEPT, 20, 20)


BACKLOG = 2048  # waiting connections
GOODBYE = 3  # seconds that open requests get at shutdown
MOST_OF_HEAD = 64_000  # bytes of a request before its body, and what arrives in one piece with them
MOST = 2_000_000  # bytes of a request, trailers included; the application accepts fewer


class Bounded(HttpToolsProtocol):
    """The server's own request reader, which has no limit for headers, with limits."""

    _received = 0
    _is_in_body = False

    def data_received(self, data: bytes) -> None:
        """Read on, or refuse and disconnect when a request exceeds the limits."""
        if self._received > (MOST if self._is_in_body else MOST_OF_HEAD):
            self._refuse()
            return
        self._received += len(data)
        super().data_received(data)

    def on_headers_complete(self) -> None:
        self._is_in_body = True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._is_in_body, self._received = False, 0
        super().on_message_complete()

    def _refuse(self) -> None:
        if self._is_in_body:  # a response may be under way
            self.transport.close()
        else:
            self.send_400_response("The request is too large.")


def need_assertions() -> None:
    """Raise `NotAllowed` under `python -O`: icalendar keeps line breaks out of calendars by an assertion."""
    if sys.flags.optimize:
        raise NotAllowed("Python runs with -O, which turns off checks that keep emails safe. Start it without -O.")


def server_config(app: str, *, proxy: str = "") -> uvicorn.Config:
    """Return the server for a factory named "module:function"; `proxy` is the address whose X-Forwarded-* count.

    By default none count: uvicorn would trust any peer on this machine.
    """
    return uvicorn.Config(
        app,
        factory=True,
        http=Bounded,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
        lifespan="on",
        proxy_headers=bool(proxy),
        forwarded_allow_ips=proxy or None,
        timeout_graceful_shutdown=GOODBYE,
    )


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there, 0 = any free port. Errors: Conflict when the port is in use, Invalid."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as refused:
        if refused.errno == errno.EADDRINUSE:
            raise Conflict(f"Port {port} is in use. Choose another one with --port, or PORT= with make.") from refused
        raise Invalid(f"Can't listen on {host}, port {port}: {refused.strerror}.") from refused
    return listener


LONGEST_WAIT = 600  # seconds


@click.command("check")
@takes_data
@click.option(
    "--mail", "by_email", is_flag=True, help="Send one email to the reply address, and wait for it to arrive."
)
@click.option(
    "--wait",
    type=click.IntRange(1, LONGEST_WAIT),
    default=int(health.ARRIVAL_PATIENCE),
    show_default=True,
    help="With --mail: seconds to wait.",
)
@click.pass_context
def check_deployment(context: click.Context, wait: int, *, by_email: bool) -> None:
    """Check this deployment.

    Print a line for each check: settings, database, files, mail server, and releases. Exit with 1 if one is a fault.
    """
    lines = asyncio.run(_by_email(wait) if by_email else _lines())
    if not by_email:
        for line in lines:
            _print(line)
    if any(line.state is CheckState.FAULT for line in lines):
        context.exit(1)


async def _by_email(wait: int) -> list[CheckLine]:
    """Print each line as soon as it is known: a person waits for them."""
    lines = []
    chosen = settings()
    async with opened(chosen):
        await check_schema()
        async for line in health.email_loop_lines(chosen, float(wait)):
            _print(line)
            lines.append(line)
    return lines


def _print(line: CheckLine) -> None:
    click.echo(f"{line.state:8} {line.name:14} {line.words}")


async def _lines() -> list[CheckLine]:
    try:
        chosen = settings()
    except (BadSettings, TrackerError) as bad:
        return [CheckLine(CheckState.FAULT, "Settings", str(bad)), *health.of_releases()]
    try:
        async with opened(chosen):
            return await health.check_lines(chosen)
    except TrackerError as broken:
        fault = CheckLine(CheckState.FAULT, "Database", str(broken))
        return [*health.of_settings(chosen), fault, *await health.of_surroundings(chosen)]


@click.command("migrate")
@takes_data
def migrate_database() -> None:
    """Create the database, or bring it up to date.

    Only one process does this at a time.
    """

    async def work() -> list[str]:
        async with opened(settings(), may_be_new=True):
            return await migrate()

    names = asyncio.run(work())
    for name in names:
        click.echo(f"Done: {name}")
    if not names:
        click.echo("The database is up to date.")


@click.command()
@takes_data
def reproject() -> None:
    """Correct dates after time zone data changed.

    Upcoming dates move back to the local time at which they were scheduled.
    """
    dates = with_database(lambda _: series.reproject_dates(clock.now()))
    click.echo(
        f"Dates corrected: {dates}. Their reminders move with them." if dates else "All dates are at their local times."
    )


LARGEST = 1_000


@click.command()
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo"),
    show_default=True,
    help="Folder for its database, emails, and secret.",
)
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8000, show_default=True, help="Port number; 0 for any free one."
)
@click.option("--json", "lists", is_flag=True, help="Also write demo.json into the folder when it is ready.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same demo.")
@click.option(
    "--now", "start", metavar="ISO", help="Start its clock at this time, for example 2026-12-01T08:40:00-06:00."
)
@click.option(
    "--size",
    type=click.IntRange(1, LARGEST),
    default=1,
    show_default=True,
    help="Each step above 1 adds 25 people and 1,000 past dates.",
)
@click.option("--keep", "keeps", is_flag=True, help="Continue the demo in the folder.")
@click.option("--no-serve", "only_makes", is_flag=True, help="Create it and stop; serve it later with --keep.")
def demo(
    data: Path, port: int, seed: int, start: str | None, size: int, *, lists: bool, keeps: bool, only_makes: bool
) -> None:
    """Create and serve the demo task force.

    It prints sign-in links for five people, and shows the emails it sends.
    """
    from tracker.demo.run import Options, run  # noqa: PLC0415 - other commands need not wait for it

    need_assertions()
    listener = None if only_makes else listen("127.0.0.1", port)
    run(
        Options(folder=data, listener=listener, seed=seed, size=size, now=_moment(start), keeps=keeps, lists=lists),
        click.echo,
    )


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError as odd:
        raise Invalid("--now isn't a date and time. Write it as 2026-12-01T08:40:00-06:00.") from odd
    if moment is not None and moment.tzinfo is None:
        raise Invalid("--now needs a UTC offset, for example 2026-12-01T08:40:00-06:00.")
    return moment
