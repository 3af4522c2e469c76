"""What follow-ups read of the messages about a few events doesn't take longer with every message that was sent."""

from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.cast import NOW
from tests.database.statements import noted
from tracker.database.sqlite import SQLiteEngine
from tracker.tables.background.emails import due

READERS = [
    partial(due.newest_invitation_times, since=NOW),
    due.newest_invitations,
    partial(due.requests_since, since=NOW),
]


@pytest.mark.parametrize("count", [1, 3, 40])
@pytest.mark.parametrize("reader", READERS, ids=["invited", "invitations", "nudged"])
async def test_messages_are_found_by_their_event(
    sqlite_database: SQLiteEngine, reader: Callable[[Collection[UUID]], Awaitable[Any]], count: int
) -> None:
    with noted() as statements:
        await reader([uuid4() for _ in range(count)])
    [(text, values)] = statements
    plan = await sqlite_database.run_alone(f"EXPLAIN QUERY PLAN {text}", values, is_pooled=False)
    found = [row["detail"] for row in plan if "message_" in row["detail"]]
    assert found
    assert all("INDEX message_event (event=?" in one for one in found)
