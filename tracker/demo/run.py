"""Makes a demo and serves it: one process with the application, its clock, and a mail server that keeps every email.

Its folder has its database, the emails it sent, its secret and settings. A visitor can be one of its personas, each
with a one-time sign-in link, the address of a feed, and a token.
"""

import asyncio
import fcntl
import json
import os
import secrets
import shlex
import shutil
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType

import uvicorn
from msgspec import Struct
from msgspec.structs import asdict, replace

from tracker import clock
from tracker.config import installation
from tracker.config.settings import PREFIX, SQLITE, Settings, load_settings
from tracker.crypto import keys
from tracker.database import bind, close_database, engine_from_url, open_database
from tracker.database.migrate import migrate
from tracker.demo.cast import CAST, address
from tracker.demo.seed import Recipe, fill
from tracker.errors import Conflict, Invalid, NotFound
from tracker.ports.cli.serve import server_config
from tracker.ports.mail.demo_emails import EmailSink
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.identity import ApiScope
from tracker.usecases.calendars import subscriptions
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.identity import sessions
from tracker.usecases.identity.sign_in import issue_link
from tracker.usecases.identity.sign_in_attempts import account_at

NOTE = (
    "A demonstration of the Task Force Tracker. Nothing here is real. Everything in this folder is deleted when\n"
    "the demo starts again, unless you start it with --keep.\n"
    "\n"
    "While it runs, these commands print a sign-in link for the administrator or the auditor:\n{}\n"
)


class DemoFolder:
    """A folder that one running demo holds; only files that a demo makes are ever deleted in it."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.email_folder = self.path / "mail"
        self.listing = self.path / "demo.json"
        self._database = self.path / installation.DATABASE
        self._secret = self.path / installation.SECRET
        self._settings = self.path / installation.NAME
        self._note = self.path / "DEMO.txt"
        self._lock: int | None = None

    @property
    def database_url(self) -> str:
        """Return the database URL, as the setting has it."""
        return f"sqlite:///{self._database}"

    @property
    def relative(self) -> dict[str, str]:
        """Return the settings that name places in the folder, so that a copy of the folder uses its own."""
        return {
            f"{PREFIX}DATABASE_URL": f"{SQLITE}{self._database.name}",
            f"{PREFIX}MAIL_FOLDER": self.email_folder.name,
        }

    @property
    def has_database(self) -> bool:
        """Return whether an earlier demo left its database."""
        return self._database.exists() and self._secret.exists()

    def claim(self) -> None:
        """Make the folder, and hold it until `leave` or the end of the process.

        Errors: Invalid when it can't be made, or holds a database or settings that no demo made; Conflict when another
        demo runs.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._note.exists() and (self._database.exists() or self._settings.exists()):
                raise Invalid(f"{self.path} has a database or settings that aren't from a demo. Choose another folder.")
            self._hold()
        except OSError as refused:
            raise Invalid(f"{self.path} can't be used: {refused.strerror}.") from refused

    def leave(self) -> None:
        """Release the folder for another demo."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def clear(self) -> None:
        """Delete what an earlier demo left, and make a new secret."""
        for name in ("", "-wal", "-shm", "-journal"):
            Path(f"{self._database}{name}").unlink(missing_ok=True)
        shutil.rmtree(f"{self._database}.workers", ignore_errors=True)
        self.email_folder.mkdir(exist_ok=True)
        for email in self.email_folder.glob("*.eml"):
            email.unlink()
        _write(self._secret, secrets.token_urlsafe(32))

    def secret(self) -> str:
        """Return the secret of this demo."""
        return self._secret.read_text(encoding="ascii").strip()

    def settle(self, values: Mapping[str, str]) -> None:
        """Write the settings with which other commands use this demo."""
        _write(self._settings, installation.settings_text(Settings, PREFIX, values))

    def clock(self, real: datetime) -> datetime | None:
        """Return the time of the demo in the folder at a real time, or None if its clock is the real one.

        A clock that was set runs on while no demo is served, so what is in the database is never in its future.
        """
        kept = (
            installation.read_settings_file(self._settings).get(f"{PREFIX}NOW", "") if self._settings.exists() else ""
        )
        if not kept:
            return None
        set_at = datetime.fromtimestamp(self._settings.stat().st_mtime, UTC)
        return datetime.fromisoformat(kept) + (real - set_at)

    def list(self, facts: Mapping[str, object]) -> None:
        """Write `demo.json`; it appears complete or not at all."""
        part = self.listing.with_suffix(".part")
        _write(part, json.dumps(facts, indent=2) + "\n")
        part.replace(self.listing)

    def _hold(self) -> None:
        lock = os.open(self._note, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            os.close(lock)
            raise Conflict(f"Another demo is running in {self.path}. Stop it, or choose another folder.") from held
        self._lock = lock
        os.ftruncate(lock, 0)
        # The links work for a day, because a clock set by --now starts again in each command.
        begin = f"tracker sign-in-link --data {shlex.quote(str(self.path))} --minutes 1440"
        commands = [f"{begin} {address(key)}" for key in CAST.behind_the_scenes]
        os.write(lock, NOTE.format("\n".join(commands)).encode())
        self.listing.unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    """Write a file that only its owner reads."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


Say = Callable[[str], None]

HOST = "127.0.0.1"
REPLIES, AUTHSERV_ID = "reply@tracker.example", "mx.tracker.example"
SINK_CLOSES = 1.0  # seconds
SILENT = {f"{PREFIX}RUN_CLOCK": "no"}
TICK = "5"  # seconds: shorter, because a visitor is watching
SESSIONS = "20"  # of one persona, which several people may use at a time
LIFETIME = timedelta(hours=24)
FEED = "Phone"
PROGRAM = "Demo"
OFFERED = tuple(map(address, (*CAST.personas, *CAST.behind_the_scenes)))
"""The email addresses of the people on the sign-in page, in its order."""


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
    finally:
        folder.leave()


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
        "MAIL_FOLDER": str(folder.email_folder),
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
            folder.list(listing(settings.base_url, folder.email_folder, people, way_in))
        say(greeting(settings.base_url, folder.email_folder, people))

    async def serve() -> None:
        sink = EmailSink(folder.email_folder)
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


class Persona(Struct, frozen=True, kw_only=True):
    """One persona, as `demo.json` lists it."""

    name: str
    email: str
    role: str
    arm: str
    agency: str
    sign_in_url: str
    feed_url: str
    api_token: str


class WayIn(Struct, frozen=True, kw_only=True):
    """Where the demo takes replies by email."""

    lmtp: str
    """Host and port of its LMTP listener."""
    authserv_id: str
    """Whose Authentication-Results it trusts."""


async def personas(base_url: str, now: datetime) -> list[Persona]:
    """Return all five with new links, valid once and for 24 hours, and new tokens; missing feeds are made."""
    every = []
    for key, role in CAST.personas.items():
        account = await account_at(address(key))
        if account is None:
            raise NotFound(f"This isn't a demo: no one has the address {address(key)}.")
        viewer = await viewer_for(account.member_id, now)
        link = await issue_link(viewer.member_id, now, LIFETIME)
        feeds = [*(await subscriptions.feed_tokens(viewer, now, now)).values()]
        if not feeds:
            _, token = await subscriptions.create_subscription(viewer, FEED, FeedScope.ALL, now, shows_operations=False)
            feeds = [token]
        for old in await sessions.api_tokens_of(viewer, now):
            if old.name == PROGRAM:  # of an earlier start, of which only the hash was kept
                await sessions.revoke_token_of(viewer, old.id, now)
        persona = Persona(
            name=viewer.name,
            email=viewer.email,
            role=role,
            arm=viewer.arm,
            agency=viewer.agency,
            sign_in_url=f"{base_url}/sign-in/link/{link}",
            feed_url=f"{base_url}/feeds/{feeds[0]}.ics",
            api_token=await sessions.create_token(viewer, PROGRAM, frozenset(ApiScope), now),
        )
        every.append(persona)
    return every


def listing(base_url: str, email_folder: Path, people: Sequence[Persona], way_in: WayIn) -> dict[str, object]:
    """Return the content of `demo.json`: the address, where emails go and come in, and the personas."""
    return {
        "base_url": base_url,
        "mail_folder": str(email_folder),
        **asdict(way_in),
        "personas": [asdict(person) for person in people],
    }


def greeting(base_url: str, email_folder: Path, people: Sequence[Persona]) -> str:
    """Return the lines for a terminal."""
    width = max(len(person.role) for person in people)
    return "\n".join(
        [
            "",
            f"Task Force Tracker, a demonstration on this computer only: {base_url}",
            "Open it and choose a person. Or use a link, which works once, within 24 hours:",
            *(f"  {person.role:{width}}  {person.sign_in_url}" for person in people),
            "",
            f"Emails that it sends:  {base_url}/demo/mail  (files in {email_folder})",
            "Stop it with Ctrl+C. The next start creates a fresh demo; --keep continues this one.",
            "",
        ]
    )
