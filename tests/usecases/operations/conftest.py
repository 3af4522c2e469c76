"""The cast, in which two agencies can plan operations."""

import pytest

from tests.cast import Cast
from tests.usecases.operations.world import with_another_lead


@pytest.fixture
async def two(cast: Cast) -> Cast:
    """On each engine."""
    return await with_another_lead(cast)
