"""The cast, in which two agencies can plan operations."""

import pytest

from tests.cast import Cast
from tests.usecases.operations.world import with_another_lead


@pytest.fixture
async def two(sqlite_cast: Cast) -> Cast:
    return await with_another_lead(sqlite_cast)
