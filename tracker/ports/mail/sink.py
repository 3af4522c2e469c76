"""A demo's mail server: accepts everything on loopback and keeps one .eml per email, named in order of arrival."""

import asyncio
import os
from functools import partial
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP
from anyio import to_thread

HOST = "127.0.0.1"
LARGEST = 10_000_000  # bytes


class Sink:
    """Keeps emails in a folder; nothing is ever sent on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._last = 0
        self._server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> int:
        """Listen, on any free port unless one is given, and return the port."""
        self._last = await to_thread.run_sync(_prepare, self._folder)
        loop = asyncio.get_running_loop()
        make = partial(SMTP, self, hostname="sink.example", data_size_limit=LARGEST, loop=loop)
        self._server = await loop.create_server(make, HOST, port)
        address: tuple[str, int] = self._server.sockets[0].getsockname()
        return address[1]

    async def stop(self) -> None:
        """Stop listening; received emails are kept."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802, ARG002 - aiosmtpd's hook
        """Keep one email as it came."""
        self._last += 1
        await to_thread.run_sync(_keep, self._folder, f"{self._last:06}.eml", bytes(envelope.content))
        return "250 Kept"


def _prepare(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    return max((int(one.stem) for one in folder.glob("*.eml") if one.stem.isdecimal()), default=0)


def _keep(folder: Path, name: str, content: bytes) -> None:
    part = folder / f".{name}.part"
    part.write_bytes(content)
    os.replace(part, folder / name)  # noqa: PTH105 - the one call that is atomic on every system
