"""Makes a demo and serves it: one process with the application, its clock, and a mail server that keeps every email."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import FrameType

import uvicorn
from msgspec import Struct
from msgspec.structs import replace

from tracker import clock
from tracker.config.settings import PREFIX, Settings, load_settings
from tracker.crypto import keys
from tracker.database import bind, close_database, engine_from_url, open_database
from tracker.database.migrate import migrate
from tracker.demo.folder import DemoFolder
from tracker.demo.greeting import WayIn, greeting, listing
from tracker.demo.personas import OFFERED, personas
from tracker.demo.seed import Recipe, fill
from tracker.ports.cli.serve import server_config
from tracker.ports.mail.sink import Sink

Say = Callable[[str], None]

HOST = "127.0.0.1"
REPLIES, AUTHSERV_ID = "reply@tracker.example", "mx.tracker.example"
SINK_CLOSES = 1.0  # seconds
SILENT = {f"{PREFIX}RUN_CLOCK": "no"}
TICK = "5"  # seconds: shorter, because a visitor is watching
SESSIONS = "20"  # of one persona, which several people may use at a time


class Options(Struct, frozen=True, kw_only=True):
    """The options of the command line; `listener` None = make it and do not serve it.

    `now` None = the real time, or the time of the demo that continues.
    """

    folder: Path
    listener: socket.socket | None
    seed: int
    size: int
    now: datetime | None
    keeps: bool
    lists: bool
    """Whether to write `demo.json`."""


def run(options: Options, say: Say) -> None:
    """Make the demo, or continue the existing one, and serve it until it is stopped.

    Errors: Invalid and Conflict when the folder can't be used.
    """
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, _stop)
    folder = DemoFolder(options.folder)
    folder.claim()
    try:
        _run(options, folder, say)
    finally:
        folder.leave()


def _run(options: Options, folder: DemoFolder, say: Say) -> None:
    is_new = not (options.keeps and folder.has_database)
    if is_new:
        folder.clear()
    else:
        options = replace(options, now=options.now or folder.clock(clock.now()))
    settings = _settings(options, folder)
    keys.use_secret(settings.secret)
    clock.start_at(settings.now)
    asyncio.run(_prepare(options, settings, say, is_new=is_new))
    if options.listener is not None:
        _serve(options.listener, folder, settings, say, lists=options.lists)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _settings(options: Options, folder: DemoFolder) -> Settings:
    """Return the demo's settings, and set them in the environment for the application; no others count.

    Other commands find them in the folder, without the secret, which is a file there, and without a clock that sends
    emails.
    """
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    port = options.listener.getsockname()[1] if options.listener else 8000
    chosen = {
        "DATABASE_URL": folder.database_url,
        "SECRET": folder.secret(),
        "BASE_URL": f"http://{HOST}:{port}",
        "MAIL_FOLDER": str(folder.mails),
        "REPLY_ADDRESS": REPLIES,
        "AUTHSERV_ID": AUTHSERV_ID,
        "IS_DEMO": "yes",
        "PERSONAS": " ".join(OFFERED),
        "TICK": TICK,
        "SESSIONS": SESSIONS,
        "SHARED_CALENDARS": "yes",
        "NOW": options.now.isoformat() if options.now else "",
    }
    given = {f"{PREFIX}{name}": value for name, value in chosen.items()}
    kept = {name: value for name, value in given.items() if name != "TRACKER_SECRET"}
    folder.settle(kept | folder.relative | SILENT)
    os.environ.update(given)
    return load_settings()


async def _prepare(options: Options, settings: Settings, say: Say, *, is_new: bool) -> None:
    """Migrate the database and, in a new one, play the demo's story."""
    started = time.perf_counter()
    # A demo that loses power is made again, so writes need not wait for the disk.
    engine = engine_from_url(settings.database_url, synchronous="OFF")
    bind(engine)
    await open_database(engine)
    try:
        await migrate()
        if is_new:
            now = settings.now or clock.now()  # a given time is used exactly, because the clock has advanced since
            await fill(Recipe(now=now, zone=settings.time_zone, seed=options.seed, size=options.size))
    finally:
        await close_database(engine)
    took = time.perf_counter() - started
    say(f"Created a fresh demo in {took:.1f} s." if is_new else "Continuing the existing demo.")


def _serve(listener: socket.socket, folder: DemoFolder, settings: Settings, say: Say, *, lists: bool) -> None:
    config = server_config("tracker.app:create_app")

    async def ready() -> None:
        people = await personas(settings.base_url, clock.now())
        if lists:
            way_in = WayIn(lmtp=os.environ[f"{PREFIX}LMTP"], authserv_id=settings.authserv_id)
            folder.list(listing(settings.base_url, folder.mails, people, way_in))
        say(greeting(settings.base_url, folder.mails, people))

    async def serve() -> None:
        sink = Sink(folder.mails)
        os.environ[f"{PREFIX}SMTP_PORT"] = str(await sink.start())
        try:
            with _free_port() as port:
                os.environ[f"{PREFIX}LMTP"] = f"{HOST}:{port}"
                await _Server(config, ready).serve(sockets=[listener])
        finally:
            with suppress(TimeoutError):
                await asyncio.wait_for(sink.stop(), SINK_CLOSES)

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(serve())


@contextmanager
def _free_port() -> Iterator[int]:
    """Hold a free port for the application's way in for replies, so that no other program gets it first."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind((HOST, 0))
        yield held.getsockname()[1]


class _Server(uvicorn.Server):
    """Reports when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            await self._ready()
