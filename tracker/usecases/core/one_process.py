"""Jobs that one process of the deployment does: the one that holds a lock, which is released when the process ends.

The locks are those of `outbox_workers`, under a fixed name: flock on SQLite, a session's advisory lock on PostgreSQL.
No clock decides who holds one.
"""

import fcntl
import os
from abc import ABC, abstractmethod
from enum import Enum
from pathlib import Path
from typing import Any

from tracker.database import engine, is_postgres
from tracker.usecases.core.outbox_workers import KEEPALIVES

ONES = 0x6F6E_6573  # first half of these jobs' advisory locks


class Job(Enum):
    """A job for one process, with the other half of its advisory lock."""

    MAILBOX = 1


class Hold(ABC):
    """The lock of a job."""

    @abstractmethod
    def is_held(self) -> bool:
        """Return whether no other process can have taken the job."""

    @abstractmethod
    async def release(self) -> None:
        """Let another process take the job."""


async def hold(job: Job) -> Hold | None:
    """Return the lock of a job; None while another process, or this one, has it."""
    bound = engine()
    if is_postgres(bound):
        return await _PostgresHold.taken(await bound.get_new_connection(), job)
    return _FileHold.taken(Path(f"{bound.path}.workers"), job)


class _FileHold(Hold):
    """The lock of a file beside the database, freed by the kernel even at kill -9."""

    def __init__(self, handle: int) -> None:
        self._handle: int | None = handle

    @classmethod
    def taken(cls, folder: Path, job: Job) -> "_FileHold | None":
        folder.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(folder / job.name.lower(), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        return cls(handle)

    def is_held(self) -> bool:
        return self._handle is not None

    async def release(self) -> None:
        """Free the lock. The file stays: another process may be about to lock it."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class _PostgresHold(Hold):
    """An advisory lock on a connection of its own, freed by the server when the connection ends."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @classmethod
    async def taken(cls, connection: Any, job: Job) -> "_PostgresHold | None":
        await connection.execute(KEEPALIVES)
        if await connection.fetchval("SELECT pg_try_advisory_lock($1, $2)", ONES, job.value):
            return cls(connection)
        await connection.close()
        return None

    def is_held(self) -> bool:
        return not self._connection.is_closed()

    async def release(self) -> None:
        await self._connection.close()
