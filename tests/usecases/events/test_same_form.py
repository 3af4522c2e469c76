"""A form that is sent twice makes one event, also when another process gets it the second time."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from uuid import UUID, uuid4

from tests.cast import Cast
from tests.database.others import url_of
from tracker.database import engine
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.events import Event


async def sent_in_a_process_of_its_own(hash_seed: int, *facts: object) -> UUID:
    """Send the form in a Python whose sets are ordered by this seed; return the id of the event."""
    words = ["-m", "tests.usecases.events.same_form", *map(str, facts)]
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    process = await asyncio.create_subprocess_exec(sys.executable, *words, env=environment, stdout=PIPE)
    said, _ = await process.communicate()
    return UUID(said.decode())


async def test_a_marked_operation_sent_to_two_processes_is_one_event_with_one_invitation(sqlite_cast: Cast) -> None:
    lead, invited, agency = (
        sqlite_cast.fbi_lead.member_id,
        sqlite_cast.hsi_liaison.member_id,
        sqlite_cast.agencies["FBI"],
    )
    facts = (url_of(engine()), lead, invited, agency, uuid4())
    made = [await sent_in_a_process_of_its_own(seed, *facts) for seed in (1, 2, 3)]
    assert await Event.select(Event.id).output(as_list=True) == made[:1]
    assert await Message.select(Message.event, Message.kind, Message.recipient) == [
        {"event": made[0], "kind": "invitation", "recipient": invited}
    ]
