"""The cast where the application under test finds it."""

import pytest

from tests.cast import Cast


@pytest.fixture
def cast(sqlite_cast: Cast) -> Cast:
    return sqlite_cast
