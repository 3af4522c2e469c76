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
