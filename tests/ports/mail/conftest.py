"""A mail server for the tests of sending."""

from collections.abc import AsyncIterator

import pytest

from tests.faults.server import MailServer, serving


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with serving(MailServer()) as server:
        yield server
