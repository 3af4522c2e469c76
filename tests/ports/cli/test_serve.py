"""`tracker serve` as a process: it answers, is no demo, and ends when it is told to."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tracker.ports.cli.http import listen

COMMAND = [sys.executable, "-c", "from tracker.ports.cli import main; main()"]
READY_WITHIN = 30.0  # seconds; alone on a machine it takes two
STOPPED_WITHIN = 5.0  # seconds


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    return {
        **os.environ, "TRACKER_SECRET": "a secret of the tests, long enough", "TRACKER_SMTP_PORT": "1",
        "TRACKER_DATABASE_URL": f"sqlite:///{tmp_path / 'tracker.sqlite'}",
        "TRACKER_BASE_URL": f"http://127.0.0.1:{port}",
    }  # fmt: skip


@pytest.fixture
def server(settings: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    subprocess.run([*COMMAND, "migrate"], env=settings, check=True, capture_output=True)
    port = settings["TRACKER_BASE_URL"].rpartition(":")[2]
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", port], env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    yield process
    process.kill()
    process.communicate()


def answer(address: str) -> httpx.Response:
    """Return the first answer, waiting until the server is there."""
    until = time.monotonic() + READY_WITHIN
    while True:
        try:
            return httpx.get(address)
        except httpx.TransportError:
            assert time.monotonic() < until, "The server was not ready in time."
            time.sleep(0.05)


def test_the_application_answers_and_ends_when_it_is_told_to(
    server: subprocess.Popen[str], settings: dict[str, str]
) -> None:
    found = answer(f"{settings['TRACKER_BASE_URL']}/sign-in")
    server.send_signal(signal.SIGTERM)
    output, _ = server.communicate(timeout=STOPPED_WITHIN)
    assert found.status_code == 200
    assert "server" not in found.headers
    assert "Demonstration" not in found.text
    assert "Traceback" not in output
