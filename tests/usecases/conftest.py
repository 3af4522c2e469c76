"""What several tests of this folder begin with."""

import pytest

from tests.cast import Cast
from tests.usecases.identity.world import give_password, hash_cheaply


@pytest.fixture
async def world(sqlite_cast: Cast) -> Cast:
    """The cast, in which the detective has a password."""
    return await _with_password(sqlite_cast)


@pytest.fixture
async def each_world(cast: Cast) -> Cast:
    """The same on each engine."""
    return await _with_password(cast)


async def _with_password(cast: Cast) -> Cast:
    hash_cheaply()
    await give_password(cast.kcpd_detective)
    return cast
