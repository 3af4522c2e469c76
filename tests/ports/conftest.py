"""The application over ASGI, with the cast of the tests as its visitors."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest
from litestar import Litestar

from tests.cast import NOW, Cast
from tests.ports.browser import Browser, session_of, settings
from tracker import clock
from tracker.app import create_app
from tracker.rules.people import Viewer

SignIn = Callable[[Viewer | None], Awaitable[Browser]]


@pytest.fixture(scope="session")
def composed() -> Litestar:
    """The application, composed once: that takes longer than most tests."""
    return create_app(settings())


@pytest.fixture
def app(composed: Litestar, sqlite_cast: Cast) -> Iterator[Litestar]:
    """The application on a fresh SQLite database with the cast; its clock stands at NOW, it remembers nobody."""
    with standing_still(composed):
        yield composed


@contextmanager
def standing_still(composed: Litestar) -> Iterator[None]:
    """Let the clock stand at NOW, and what the application remembers be gone afterwards."""
    clock.start_at(NOW, stands_still=True)
    fresh = composed.state.copy()
    try:
        yield
    finally:
        composed.state = fresh
        clock.start_at(None)


@pytest.fixture
def browse(app: Litestar) -> SignIn:
    """Return a browser in which a person is signed in; None = a stranger."""

    async def sign_in(viewer: Viewer | None) -> Browser:
        return Browser(app, await session_of(viewer, clock.now()) if viewer else None)

    return sign_in
