"""The application over ASGI, with the cast of the tests as its visitors."""

from collections.abc import Awaitable, Callable, Iterator

import pytest
from litestar import Litestar

from tests.cast import Cast
from tests.ports.browser import Browser, session_of
from tests.ports.standing import standing
from tracker import clock
from tracker.rules.core.viewers import Viewer

SignIn = Callable[[Viewer | None], Awaitable[Browser]]


@pytest.fixture
def app(sqlite_cast: Cast) -> Iterator[Litestar]:
    """The application on a fresh SQLite database with the cast; its clock shows NOW, it remembers no one."""
    with standing() as app:
        yield app


@pytest.fixture
def browse(app: Litestar) -> SignIn:
    """Return a browser in which a person is signed in; None = a stranger."""

    async def sign_in(viewer: Viewer | None) -> Browser:
        return Browser(app, await session_of(viewer, clock.now()) if viewer else None)

    return sign_in


@pytest.fixture
async def desk(browse: SignIn, sqlite_cast: Cast) -> Browser:
    """The coordinator's browser."""
    return await browse(sqlite_cast.coordinator)


@pytest.fixture
async def stranger(browse: SignIn) -> Browser:
    """The browser of someone who isn't signed in."""
    return await browse(None)
