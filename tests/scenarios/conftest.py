"""The office of the scenarios: the application with its cast, a mail server, and a clock that the story moves."""

from collections.abc import AsyncIterator

import pytest

from tests.cast import Cast
from tests.ports.browser import settings
from tests.scenarios.office import Office, opened
from tracker import clock
from tracker.app import create_app


@pytest.fixture
async def office(sqlite_cast: Cast) -> AsyncIterator[Office]:
    async with opened(create_app(settings()), sqlite_cast) as found:
        yield found
    clock.start_at(None)
