"""Programs of several people that speak to the served application over a real socket, by their tokens alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from litestar import Litestar

from tests.cast import NOW
from tests.ports.browser import BASE
from tracker.ports.cli.serve import Bounded, listen
from tracker.rules.core.viewers import Viewer
from tracker.rules.identity import ApiScope
from tracker.usecases.identity import sessions

Json = dict[str, Any]


class Program:
    """A program of one person: it remembers the ETag of what it read last at an address, as a careful one does."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._etags: dict[str, str] = {}

    async def get(self, path: str) -> Json:
        """Return what is there."""
        response = await self.ask("GET", path)
        assert response.status_code == 200, response.text
        self._etags[path] = response.headers["etag"]
        document: Json = response.json()
        return document

    async def ask(self, method: str, path: str, body: Json | None = None, *, of: str | None = None) -> httpx.Response:
        """Send a request; `of` is the address whose ETag it takes."""
        match = {"If-Match": self._etags[of]} if of else {}
        return await self._client.request(method, f"/api/v1{path}", json=body, headers=match)

    async def do(self, method: str, path: str, body: Json | None = None, *, of: str | None = None) -> Json:
        """Change something that was read at `of`, and return what is there then."""
        if of:
            await self.get(of)
        response = await self.ask(method, path, body, of=of)
        assert response.status_code in (200, 201), response.text
        document: Json = response.json()
        return document


@asynccontextmanager
async def served(app: Litestar) -> AsyncIterator[str]:
    """Serve the application on a free port of this machine, and yield its address."""
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, http=Bounded, log_config=None, lifespan="off", ws="none"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"  # it listens already; a request waits for the server
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def program_of(viewer: Viewer, address: str) -> AsyncIterator[Program]:
    """Make a token for someone, and give a program that has nothing else of theirs."""
    token = await sessions.create_token(viewer, "Program", frozenset(ApiScope), NOW)
    headers = {"Authorization": f"Bearer {token}", "Host": BASE.removeprefix("http://")}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=30) as client:
        yield Program(client)
