"""`tracker serve` as a process: it answers, is no demo, and ends on request."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.database.sources import Source
from tests.ports.cli.commands import COMMAND, READY_WITHIN
from tracker.ports.cli.serve import listen

STOPPED_WITHIN = 5.0  # seconds


@pytest.fixture
def settings(sqlite_source: Source, tmp_path: Path) -> dict[str, str]:
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    return {
        **os.environ,
        "TRACKER_SECRET": "a secret of the tests, long enough",
        "TRACKER_SMTP_PORT": "1",
        "TRACKER_DATABASE_URL": asyncio.run(sqlite_source.fresh(tmp_path)),
        "TRACKER_BASE_URL": f"http://127.0.0.1:{port}",
    }


@contextmanager
def serving(settings: dict[str, str], *words: str) -> Iterator[subprocess.Popen[str]]:
    command = [*COMMAND, "serve", "--port", settings["TRACKER_BASE_URL"].rpartition(":")[2], *words]
    process = subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    yield process
    process.kill()
    process.communicate()


def response(address: str) -> httpx.Response:
    """Return the first answer, waiting until the server is there."""
    until = time.monotonic() + READY_WITHIN
    while True:
        try:
            return httpx.get(address)
        except httpx.TransportError:
            assert time.monotonic() < until, "The server was not ready in time."
            time.sleep(0.05)


@pytest.mark.parametrize(("words", "client"), [((), "127.0.0.1"), (("--proxy", "127.0.0.1"), "203.0.113.9")])
def test_who_comes_is_told_by_the_named_proxy_and_by_nobody_else(
    settings: dict[str, str], words: tuple[str, ...], client: str
) -> None:
    with serving(settings, *words) as server:
        response(f"{settings['TRACKER_BASE_URL']}/sign-in")
        httpx.get(f"{settings['TRACKER_BASE_URL']}/healthz", headers={"X-Forwarded-For": "203.0.113.9"})
        server.send_signal(signal.SIGTERM)
        output, _ = server.communicate(timeout=STOPPED_WITHIN)
    lines = [json.loads(line) for line in output.splitlines() if "/healthz" in line]
    assert [line["client"] for line in lines] == [client]


@pytest.mark.parametrize("endless", [b"X: " + b"a" * 997 + b"\r\n", b"a" * 1000])
def test_a_request_whose_head_never_ends_is_cut_off(settings: dict[str, str], endless: bytes) -> None:
    with serving(settings):
        response(f"{settings['TRACKER_BASE_URL']}/healthz")
        with socket.create_connection(("127.0.0.1", urlsplit(settings["TRACKER_BASE_URL"]).port), timeout=5) as line:
            line.sendall(b"GET / HTTP/1.1\r\nX: ")
            taken = sum(1 for _ in range(20_000) if sends(line, endless))
    assert taken < 10_000  # of 20 megabytes: what lies on the way in the buffers of both sides is among them


def sends(line: socket.socket, data: bytes) -> bool:
    """Return whether the other side still took it."""
    try:
        line.sendall(data)
    except OSError:
        return False
    return True


def test_the_application_answers_and_ends_when_it_is_told_to(settings: dict[str, str]) -> None:
    with serving(settings) as server:
        found = response(f"{settings['TRACKER_BASE_URL']}/sign-in")
        server.send_signal(signal.SIGTERM)
        output, _ = server.communicate(timeout=STOPPED_WITHIN)
    assert found.status_code == 200
    assert "server" not in found.headers
    assert "Demo on this computer" not in found.text
    assert "Traceback" not in output


def test_where_no_address_is_set_people_come_to_the_port_that_is_served(settings: dict[str, str]) -> None:
    address = settings["TRACKER_BASE_URL"]
    with serving({**settings, "TRACKER_BASE_URL": "http://127.0.0.1:8000"}, "--port", address.rpartition(":")[2]) as it:
        found = response(f"{address}/sign-in")
        it.send_signal(signal.SIGTERM)
        output, _ = it.communicate(timeout=STOPPED_WITHIN)
    assert found.status_code == 200
    assert f"Serving at {address}." in output
