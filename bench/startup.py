"""How soon a server answers, and how much memory it holds with 100,000 dates stored."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from bench.figures import Figure
from bench.stock import filled

READY = 3.0  # seconds
MEMORY = 200.0  # MB resident
WARM_UP = 200  # requests before memory is read


def measure() -> Sequence[Figure]:
    """Start `tracker serve` on a database with 100,000 dates; time its first answer and read its memory."""
    with tempfile.TemporaryDirectory() as folder:
        database = filled(Path(folder), dates=100_000)
        port = _free_port()
        base = f"http://127.0.0.1:{port}"
        environment = os.environ | {
            "TRACKER_DATABASE_URL": f"sqlite:///{database}",
            "TRACKER_SECRET": "only for this measurement, 32 letters",
            "TRACKER_BASE_URL": base,
        }
        began = time.perf_counter()
        command = [sys.executable, "-m", "tracker.ports.cli", "serve", "--port", str(port)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:  # noqa: S603 - our own command
            try:
                _wait_for(f"{base}/sign-in")
                ready = time.perf_counter() - began
                for _ in range(WARM_UP):
                    urlopen(f"{base}/sign-in").close()  # noqa: S310 - loopback
                memory = _resident(server.pid)
            finally:
                server.terminate()
    return (
        Figure(name="start to first answer", value=ready, unit="s", target=READY, more_is_better=False),
        Figure(name="resident with 100,000 dates stored", value=memory, unit="MB", target=MEMORY, more_is_better=False),
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str) -> None:
    for _ in range(600):
        try:
            urlopen(address).close()  # noqa: S310 - loopback
        except (URLError, ConnectionError):
            time.sleep(0.02)
        else:
            return
    raise RuntimeError("The server did not answer.")


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024
