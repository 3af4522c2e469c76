"""Programs: each speaks for one person by a token."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import httpx
import pytest
from litestar import Litestar

from tests.cast import NOW, Cast
from tests.ports.browser import Browser
from tests.ports.standing import standing
from tests.usecases.operations.world import with_another_lead
from tracker.rules.core.viewers import Viewer
from tracker.rules.identity import ApiScope
from tracker.usecases.identity import sessions

BASE = "/api/v1"
ALL = frozenset(ApiScope)


class Program:
    """Asks the interface, with a token or without."""

    def __init__(self, app: Litestar, token: str | None) -> None:
        self._browser = Browser(app)
        self._headers = {"Authorization": f"Bearer {token}".encode()} if token else {}

    async def ask(
        self, method: str, path: str, json: Any = None, *, match: str | None = None, **kwargs: Any
    ) -> httpx.Response:
        """Send a request; `match` is the ETag for If-Match."""
        headers: Mapping[str, str | bytes] = {
            **self._headers,
            **({"If-Match": match} if match else {}),
            **kwargs.pop("headers", {}),
        }
        return await self._browser.send(method, f"{BASE}{path}", json=json, headers=headers, **kwargs)

    async def get(self, path: str, **kwargs: Any) -> httpx.Response:
        """Read something."""
        return await self.ask("GET", path, **kwargs)


@pytest.fixture
def app(cast: Cast) -> Iterator[Litestar]:
    """The application as elsewhere, but on each engine: cursors, listings and versions are the database's own words."""
    with standing() as app:
        yield app


Speak = Callable[..., Awaitable[Program]]


@pytest.fixture
def speak(app: Litestar) -> Speak:
    """Return a program that speaks for a person; None = one without a token."""

    async def program(viewer: Viewer | None, scopes: frozenset[ApiScope] = ALL) -> Program:
        return Program(app, await sessions.create_token(viewer, "Program", scopes, NOW) if viewer else None)

    return program


@pytest.fixture
async def two(cast: Cast) -> Cast:
    """The cast, in which two agencies can plan operations."""
    return await with_another_lead(cast)
