"""A mail server for the tests of sending."""

from collections.abc import AsyncIterator

import pytest

from tests.faults.server import MailServer, serve_smtp


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with serve_smtp(MailServer()) as server:
        yield server
