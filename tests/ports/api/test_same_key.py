"""One Idempotency-Key makes one event, whichever process answers: four starts, each with sets in another order."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from uuid import uuid4

from tests.cast import NOW, Cast
from tests.database.others import url_of
from tracker.database import engine
from tracker.rules.identity.passwords import ApiScope
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.events import Event
from tracker.usecases.identity import sessions

SEEDS = (1, 2, 3, 4)


async def posted(hash_seed: int, *facts: object) -> list[str]:
    """Post the event in a Python whose sets are ordered by this seed; return the status and the event's id."""
    words = ["-m", "tests.ports.api.same_key", *map(str, facts)]
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    process = await asyncio.create_subprocess_exec(sys.executable, *words, env=environment, stdout=PIPE)
    said, _ = await process.communicate()
    return said.decode().split()


async def test_one_key_is_one_event_in_any_process(sqlite_cast: Cast) -> None:
    token = await sessions.create_token(sqlite_cast.fbi_lead, "Planner", frozenset({ApiScope.EVENTS_WRITE}), NOW)
    facts = (token, sqlite_cast.agencies["FBI"], sqlite_cast.hsi_liaison.member_id, uuid4())
    answers = [await posted(seed, url_of(engine()), *facts) for seed in SEEDS]
    [event_id] = await Event.select(Event.id).output(as_list=True)
    assert answers == [["201", str(event_id)]] * len(SEEDS)
    assert await Message.count() == 1
