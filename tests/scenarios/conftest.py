"""The office of the scenarios: the application with its cast, a mail server, and a clock that the story moves."""

from collections.abc import AsyncIterator

import pytest

from tests.cast import Cast
from tests.ports.standing import standing
from tests.scenarios.office import Office, open_office


@pytest.fixture
async def office(sqlite_cast: Cast) -> AsyncIterator[Office]:
    with standing() as app:
        async with open_office(app, sqlite_cast) as office_found:
            yield office_found
