"""What only one process does: its locks, and the hold on sending from a restored copy."""

import fcntl
import os
import secrets
from abc import ABC, abstractmethod
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

from piccolo.querystring import QueryString

from tracker.database import engine, is_postgres, writing
from tracker.errors import NotFound
from tracker.rules.core.viewers import BY_COMMAND, Viewer
from tracker.tables.schema.core.tables import Deployment
from tracker.tables.schema.identity import Session, SignInLink
from tracker.usecases.core import audit, outbox

WORKER_LOCKS = 0x6D61_696C  # first half of the workers' advisory locks
WORKER_NAMES = 2**31  # the other half is a random number, which is the worker's name
KEEPALIVES = "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3"
"""A machine that loses power frees its work after a minute instead of two hours."""
TRY_LOCK = "SELECT pg_try_advisory_lock($1, $2)"
JOB_LOCKS = 0x6F6E_6573  # first half of these jobs' advisory locks


class ProcessLock(ABC):
    """A lock that no other process can take until this one releases it, or ends."""

    @abstractmethod
    def is_held(self) -> bool:
        """Return whether no other process can have taken it."""

    @abstractmethod
    async def release(self) -> None:
        """Let another process take it."""


class FileLock(ProcessLock):
    """The lock of a file beside the database, freed by the kernel even at kill -9."""

    def __init__(self, path: Path, flags: int = 0) -> None:
        """Make the file if need be, and lock it. Errors: BlockingIOError when another has the lock."""
        path.parent.mkdir(mode=0o700, exist_ok=True)
        self._handle: int | None = os.open(path, os.O_RDWR | os.O_CREAT | flags, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._handle)
            raise

    def is_held(self) -> bool:
        return self._handle is not None

    async def release(self) -> None:
        """Free the lock. The file stays: another process may be about to lock it."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class PostgresLock(ProcessLock):
    """An advisory lock on a connection of its own, freed by the server when the connection ends."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def is_held(self) -> bool:
        return not self._connection.is_closed()

    async def release(self) -> None:
        await self._connection.close()


class Worker(ABC):
    """A sender's proof of life: a lock that others see. A name is never used again, so who is gone stays gone."""

    def __init__(self, name: str, lock: ProcessLock) -> None:
        self.name = name
        self._lock = lock

    def is_there(self) -> bool:
        """Return whether other workers still see this one as alive."""
        return self._lock.is_held()

    @abstractmethod
    async def gone(self, names: list[str]) -> list[str]:
        """Return which of these workers are no longer alive."""

    async def leave(self) -> None:
        """Release the lock; other workers may then claim this worker's messages."""
        await self._lock.release()


async def enlist_worker() -> Worker:
    """Return a new worker on the bound database."""
    bound = engine()
    if not is_postgres(bound):
        return FileWorker(Path(f"{bound.path}.workers"))
    connection = await bound.get_new_connection()
    await connection.execute(KEEPALIVES)
    while True:
        number = secrets.randbelow(WORKER_NAMES)
        if await connection.fetchval(TRY_LOCK, WORKER_LOCKS, number):
            return PostgresWorker(str(number), connection)


class FileWorker(Worker):
    """A worker that holds the lock of a file named after it."""

    def __init__(self, folder: Path) -> None:
        # The name is new, so no other worker checks the file before it is written to a row.
        name = secrets.token_hex(8)
        super().__init__(name, FileLock(folder / name, os.O_EXCL))
        self._folder = folder

    async def gone(self, names: list[str]) -> list[str]:
        """Return the workers whose lock is free, and remove their files."""
        return [name for name in names if name != self.name and _is_free(self._folder / name)]

    async def leave(self) -> None:
        """Remove the file and free the lock."""
        if self.is_there():
            (self._folder / self.name).unlink(missing_ok=True)
            await super().leave()


class PostgresWorker(Worker):
    """A worker that holds an advisory lock, whose number no living worker has, on its own connection."""

    def __init__(self, name: str, connection: Any) -> None:
        super().__init__(name, PostgresLock(connection))
        self._connection = connection

    async def gone(self, names: list[str]) -> list[str]:
        """Return the workers whose lock the server does not hold."""
        held = await self._connection.fetch(
            "SELECT objid::bigint AS name FROM pg_locks WHERE locktype = 'advisory' AND classid = $1 AND objsubid = 2"
            " AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            WORKER_LOCKS,
        )
        return [name for name in names if name not in {str(row["name"]) for row in held}]


def _is_free(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


class SingleJob(Enum):
    """A job for one process, with the other half of its advisory lock."""

    MAILBOX = 1


async def lock_job(job: SingleJob) -> ProcessLock | None:
    """Return the lock of a job; None while another process, or this one, has it."""
    bound = engine()
    if not is_postgres(bound):
        try:
            return FileLock(Path(f"{bound.path}.workers", job.name.lower()))
        except BlockingIOError:
            return None
    connection = await bound.get_new_connection()
    await connection.execute(KEEPALIVES)
    if await connection.fetchval(TRY_LOCK, JOB_LOCKS, job.value):
        return PostgresLock(connection)
    await connection.close()
    return None


ONLY_ROW = 1  # id of the only row
_STATE = "SELECT copy_of, backed_up_at, unnamed_proxy_at, set_up_at FROM deployment"


class DeploymentState(NamedTuple):
    """What this deployment knows of itself."""

    copy_of: datetime | None = None
    """The time of the backup this copy was restored from, while sending is on hold; None when it sends."""
    backed_up_at: datetime | None = None
    """When the last backup was made."""
    unnamed_proxy_at: datetime | None = None
    """When a sign-in last came through an unnamed web server; None when the last one had an address."""
    set_up_at: datetime | None = None
    """When a person hid the setup checklist; None while it is shown."""


async def deployment_state() -> DeploymentState:
    """Return all of it, which home and the health checks ask for at once."""
    rows = await engine().run_querystring(QueryString(_STATE))
    return DeploymentState(**rows[0]) if rows else DeploymentState()


async def held_copy() -> datetime | None:
    """Return the time of the backup this copy was restored from, while sending is on hold; None when it sends."""
    return (await deployment_state()).copy_of


async def hold_sending(copy_of: datetime, now: datetime) -> None:
    """Hold sending in this database, restored from a backup of that moment, and end all its sessions and links.

    Access revoked after the backup would be open again; feeds and tokens are closed while the hold lasts.
    """
    async with writing():
        await Deployment.update({Deployment.copy_of: copy_of}).where(Deployment.id == ONLY_ROW)
        await Session.delete(force=True)
        await SignInLink.delete(force=True)
        await audit.record(BY_COMMAND, "backup_restored", "deployment", "", {"copy_of": copy_of.isoformat()}, now)


async def release_sending(viewer: Viewer | None, now: datetime) -> bool:
    """Resume sending and return whether it was on hold; `viewer` is None for the server's operator.

    The lost instance may have sent what waits here, so no change that follows is left out because a waiting message
    says it.
    Errors: NotFound for a viewer who may not manage accounts.
    """
    if viewer is not None and not viewer.manages_accounts:
        raise NotFound
    async with writing():
        copy_of = await held_copy()
        if copy_of is None:
            return False
        await Deployment.update({Deployment.copy_of: None}).where(Deployment.id == ONLY_ROW)
        await outbox.doubt_waiting(now)
        by = viewer.actor if viewer else BY_COMMAND
        await audit.record(by, "resumed_sending", "deployment", "", {"copy_of": copy_of.isoformat()}, now)
    return True
