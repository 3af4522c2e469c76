"""Our feed of 1,000 events beside Radicale's collection of the same, whole and for a program that has it already.

Radicale is no part of the product and no dependency of it (GPL). It is installed in an environment of its own for this
measurement alone, and runs as its own process.
"""

import os
import subprocess
import sys
import venv
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from bench.figures import Figure, middle
from bench.server import HOST, Server, free_port, product, running
from bench.stock import opened
from bench.visitors import Visitors
from tests.cast import NOW, meeting
from tracker.rules.calendars.feeds import FeedScope
from tracker.usecases.calendars.subscriptions import create_subscription
from tracker.usecases.events.scheduling import schedule_event

EVENTS = 1_000
ROUNDS, OURS, THEIRS = 3, 40, 1  # in turn; requests on each of our connections, and to them: theirs take long
HOME = Path(sys.prefix) / "radicale"
COMMAND = HOME / "bin" / "radicale"
PLACE = "/bench/calendar/"
OWNER = {"Authorization": f"Basic {b64encode(b'bench:bench').decode()}"}
PACKED = {"Accept-Encoding": "gzip", "User-Agent": "bench"}
PLAIN = {"Accept-Encoding": "identity", "User-Agent": "bench"}
NAMES = {200: f"feed of {EVENTS:,} events whole, by Radicale's collection", 304: "the same unchanged, by Radicale's"}
ABSENT = "Radicale could not be installed"
CONFIG = """
[server]
hosts = {host}:{port}
[auth]
type = none
[storage]
filesystem_folder = {folder}
[logging]
level = error
"""


def measure() -> Sequence[Figure]:
    """Ask both for the same 1,000 events, in turn; answers per second of each one's processor time."""
    with TemporaryDirectory() as folder:
        database, token = Path(folder) / "peers.sqlite", uvloop.run(_filled(Path(folder) / "peers.sqlite"))
        path = f"/feeds/{token}.ics"
        with product(database) as ours:
            with Visitors(ours, path, PLAIN, 1) as first:
                _, _, calendar = first.one()
            with Visitors(ours, path, PACKED, 1) as second:
                _, headers, _ = second.one()
            asked = {200: PACKED, 304: PACKED | {"If-None-Match": headers["etag"]}}
            if not _is_installed():
                return [_alone(status, Visitors(ours, path, asked[status])) for status in asked]
            with _radicale(Path(folder)) as radicale:
                _answer(radicale, "PUT", OWNER | {"Content-Type": "text/calendar"}, calendar)
                _check(calendar, _answer(radicale, "GET", OWNER)[2])
                return [_beside(status, Visitors(ours, path, asked[status]), radicale) for status in asked]


async def _filled(database: Path) -> str:
    """Return the token of a detective's feed of so many events."""
    async with opened(database) as cast:
        for number in range(EVENTS):
            plan = meeting(cast.kcpd_detective, title=f"Meeting {number}")
            await schedule_event(cast.coordinator, plan, NOW - timedelta(days=30))
        _, token = await create_subscription(cast.kcpd_detective, "Bench", FeedScope.ALL, NOW, shows_operations=False)
        return token


def _is_installed() -> bool:
    """Return whether Radicale is there, after installing it in its own environment if need be."""
    if COMMAND.exists():
        return True
    venv.create(HOME, with_pip=True)
    install = [str(HOME / "bin" / "python"), "-m", "pip", "install", "--quiet", "radicale"]
    return subprocess.run(install, check=False, capture_output=True).returncode == 0  # noqa: S603 - our own command


@contextmanager
def _radicale(folder: Path) -> Iterator[Server]:
    port, config = free_port(), folder / "radicale.conf"
    config.write_text(CONFIG.format(host=HOST, port=port, folder=folder / "radicale"), encoding="ascii")
    with running([str(COMMAND), "--config", str(config)], port, os.environ) as server:
        yield server


def _alone(status: int, ours: Visitors) -> Figure:
    with ours:
        return Figure(name=NAMES[status], value=ours.rate(status, OURS), unit="/s", note=ABSENT)


def _beside(status: int, ours: Visitors, radicale: Server) -> Figure:
    known = {"If-None-Match": _answer(radicale, "GET", OWNER | PACKED)[1]} if status != 200 else {}  # noqa: PLR2004 - OK
    answered = _answer(radicale, "GET", OWNER | PACKED | known)[0]
    with ours:
        turns = [(ours.rate(status, OURS), _rate(radicale, OWNER | PACKED | known)) for _ in range(ROUNDS)]
    value, floor = middle(turns)
    return Figure(name=NAMES[status], value=value, unit="/s", floor=floor, note=f"Radicale answers {answered}")


def _rate(server: Server, headers: Mapping[str, str]) -> float:
    """Return answers per second of the server's processor time."""
    began = server.worked
    for _ in range(THEIRS):
        _answer(server, "GET", headers)
    return THEIRS / (server.worked - began)


def _check(ours: bytes, radicale: bytes) -> None:
    """Raise RuntimeError unless both calendars have all events."""
    if {calendar.count(b"BEGIN:VEVENT") for calendar in (ours, radicale)} != {EVENTS}:
        raise RuntimeError(f"The calendars don't have {EVENTS:,} events each.")


def _answer(server: Server, method: str, headers: Mapping[str, str], content: bytes = b"") -> tuple[int, str, bytes]:
    """Ask Radicale for the collection; return status, ETag and content. Raises RuntimeError for an error."""
    line = HTTPConnection(HOST, server.port, timeout=120)
    line.request(method, PLACE, body=content, headers=dict(headers))
    answer = line.getresponse()
    content = answer.read()
    line.close()
    if answer.status >= 400:  # noqa: PLR2004 - errors
        raise RuntimeError(f"Radicale answered {answer.status}.")
    return answer.status, answer.headers.get("ETag", ""), content
