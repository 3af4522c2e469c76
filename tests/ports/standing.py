"""The application of the tests, composed once for the same settings: that takes longer than most tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from litestar import Litestar

from tests.cast import NOW
from tests.ports.browser import app_settings
from tracker import clock
from tracker.app import create_app
from tracker.ports.feeds import FeedDesk
from tracker.ports.health import RecentCheck


@contextmanager
def standing(**facts: Any) -> Iterator[Litestar]:
    """Give the application whose settings have these facts; the clock shows NOW, and later it remembers no one."""
    app = _composed(**facts)
    clock.start_at(NOW, is_still=True)
    fresh = app.state.copy()
    app.state.update({"mail_server": RecentCheck(), "feeds": FeedDesk(app_settings(**facts))})
    try:
        yield app
    finally:
        app.state = fresh
        clock.start_at(None)


@cache
def _composed(**facts: Any) -> Litestar:
    return create_app(app_settings(**facts))
