"""Messages that end at the same time are recorded together."""

import asyncio

from tests.cast import NOW, Cast, everybody, meeting
from tests.database.statements import noted
from tracker.ports.mail.delivery import MessageCloser
from tracker.rules.core import outbox as rules
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.tables.schema.core.tables import Message
from tracker.usecases.core import outbox
from tracker.usecases.events import scheduling

SENT = SendOutcome(state=MessageState.SENT, reason="", sent_to="someone@fbi.example")
UNKNOWN = SendOutcome(state=MessageState.SENT, reason="", sent_to=object())  # type: ignore[arg-type]  # what no database takes


async def claimed(cast: Cast, count: int) -> list[rules.Message]:
    await scheduling.schedule_event(cast.coordinator, meeting(*everybody(cast)), NOW)
    return await outbox.claim_messages("a worker", [], NOW, count)


async def sent() -> int:
    return await Message.count().where(Message.state == MessageState.SENT.value)


async def test_messages_that_end_within_a_moment_go_into_one_transaction(sqlite_cast: Cast) -> None:
    messages, closing = await claimed(sqlite_cast, 5), MessageCloser(lambda: NOW, lambda: 5)
    with noted() as statements:
        await asyncio.gather(*(closing.close(one, SENT) for one in messages))
    assert await sent() == 5
    assert sum(query == "COMMIT" for query, _ in statements) == 1


async def test_one_that_cannot_be_recorded_does_not_keep_the_others(sqlite_cast: Cast) -> None:
    messages, closing = await claimed(sqlite_cast, 4), MessageCloser(lambda: NOW, lambda: 4)
    outcomes = [SENT, UNKNOWN, SENT, SENT]
    ended = await asyncio.gather(
        *(closing.close(*one) for one in zip(messages, outcomes, strict=True)), return_exceptions=True
    )
    assert [one is None for one in ended] == [True, False, True, True]
    assert await sent() == 3
