"""Two small tables on a blank database."""

import pytest

from tests.database.rows import CHILD, COUNTER, PARENT
from tracker.database import Engine


@pytest.fixture
async def small(blank_database: Engine) -> Engine:
    """A counter at 0, and parents with children whose foreign key is judged at COMMIT."""
    for statement in (COUNTER, PARENT, CHILD, "INSERT INTO counter VALUES (1, 0)"):
        await blank_database.run_ddl(statement)
    return blank_database
