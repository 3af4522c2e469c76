"""A server in a process of its own, on loopback: the product's, or the bare one that it is measured against."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from msgspec import Struct

from bench.stock import SECRET, url_of

HOST = "127.0.0.1"
PATIENCE = 30.0  # seconds until the first answer
LOOK_EVERY = 0.01  # seconds
CPUCLOCK_SCHED = 2  # of Linux's posix-timers.h: what the process used of all processors


class Server(Struct, frozen=True):
    """Where it listens, and its process."""

    port: int
    pid: int

    @property
    def resident(self) -> float:
        """Megabytes that the process holds in memory (VmRSS of proc_pid_status(5))."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024

    @property
    def worked(self) -> float:
        """Seconds of processor time that the process has used, threads that ended included."""
        return worked(self.pid)


def worked(pid: int) -> float:
    """Return the processor seconds that a process has used (clock_getcpuclockid(3)); raise OSError if it has ended."""
    return time.clock_gettime(~pid << 3 | CPUCLOCK_SCHED)


@contextmanager
def product(database: Path | str, *, runs_clock: bool = False, env: Mapping[str, str] = os.environ) -> Iterator[Server]:
    """Run `tracker serve` on a database, from its start until it answers."""
    port = free_port()
    settings = dict(env) | {
        "TRACKER_DATABASE_URL": url_of(database),
        "TRACKER_SECRET": SECRET,
        "TRACKER_BASE_URL": f"http://{HOST}:{port}",
        "TRACKER_RUN_CLOCK": "yes" if runs_clock else "no",
    }
    command = [str(Path(sys.executable).with_name("tracker")), "serve", "--port", str(port)]
    with running(command, port, settings) as server:
        yield server


@contextmanager
def bare(folder: Path) -> Iterator[Server]:
    """Run `bench.bare`, which answers with the responses kept in a folder."""
    port = free_port()
    with running([sys.executable, "-m", "bench.bare", str(port), str(folder)], port, os.environ) as server:
        yield server


@contextmanager
def running(command: Sequence[str], port: int, env: Mapping[str, str]) -> Iterator[Server]:
    """Run a server from its start until it answers."""
    with (
        TemporaryFile() as said,
        subprocess.Popen(command, env=env, stderr=said) as process,  # noqa: S603 - our own command
    ):
        try:
            if not _is_ready(process, port):
                said.seek(0)
                raise RuntimeError(f"The server didn't respond. {said.read().decode(errors='replace')}")
            yield Server(port, process.pid)
        finally:
            process.terminate()


def _is_ready(process: "subprocess.Popen[bytes]", port: int) -> bool:
    until = time.perf_counter() + PATIENCE
    while not (responses := _responses(port)) and process.poll() is None and time.perf_counter() < until:
        time.sleep(LOOK_EVERY)
    return responses


def _responses(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=PATIENCE) as line:
            line.sendall(f"GET /sign-in HTTP/1.1\r\nHost: {HOST}:{port}\r\n\r\n".encode("ascii"))
            return line.recv(9).startswith(b"HTTP/1.")
    except ConnectionError:
        return False


def free_port() -> int:
    """Return a port that no one listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
