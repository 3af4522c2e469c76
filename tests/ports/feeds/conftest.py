"""The cast where the application under test finds it."""

import pytest

from tests.cast import Cast
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn


@pytest.fixture
def cast(sqlite_cast: Cast) -> Cast:
    return sqlite_cast


@pytest.fixture
async def program(browse: SignIn) -> Browser:
    """A calendar program: it sends no cookie."""
    return await browse(None)
