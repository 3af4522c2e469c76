"""Replies of calendar programs, words, and bounces end in the same state, however they arrive among each other."""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.cast import NOW, Cast
from tests.usecases.intake import replying, returned, writing_back
from tests.usecases.intake.world import item_called, item_history
from tracker.rules.core.viewers import Viewer
from tracker.rules.intake.calendar_replies import Sender
from tracker.rules.intake.received_emails import ReceivedEmail
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.intake import EmailPause, IncomingReply, IncomingWords
from tracker.usecases.intake import received_emails

REPLIES = (replying.YES, replying.NO, replying.MAYBE)
WORDS = ("IN PROGRESS", "BLOCKED: no key", "DONE")
BOUNCES = 3  # the third pauses sending
ARRIVALS = [("reply", 0), ("reply", 1), ("reply", 2), ("words", 0), ("words", 1), ("words", 2)]
ARRIVALS += [("bounce", number) for number in range(BOUNCES)]


async def ended(cast: Cast, who: Viewer, order: Sequence[tuple[str, int]]) -> tuple[object, ...]:
    """Return what holds after emails came in this order: replies to a new event, words on a new item, and bounces."""
    await IncomingReply.delete(force=True)  # a sender has 60 emails taken in an hour
    await IncomingWords.delete(force=True)
    event_id = await replying.invited(cast)
    reference = await writing_back.given(cast.coordinator, cast.caht_lead)
    messages = await returned.sent(cast, who, BOUNCES)
    emails = {
        **{("reply", number): await _reply(cast.fbi_lead, event_id, number) for number in range(len(REPLIES))},
        **{("words", number): await _words(cast, reference, number) for number in range(len(WORDS))},
        **{("bounce", number): _bounce(one, number) for number, one in enumerate(messages)},
    }
    for one in order:
        await received_emails.take_email(emails[one])
    is_paused = await EmailPause.exists().where(EmailPause.member == who.member_id)
    await EmailPause.delete().where(EmailPause.member == who.member_id)
    status = (await item_called(cast, reference)).status
    return await replying.reply_of(cast.fbi_lead, event_id), status, await item_history(cast, reference), is_paused


async def _reply(who: Viewer, event_id: UUID, number: int) -> ReceivedEmail:
    made_at = NOW + timedelta(minutes=number)
    return await replying.email(who, event_id, await replying.said(who, event_id, REPLIES[number], stamped_at=made_at))


async def _words(cast: Cast, reference: str, number: int) -> ReceivedEmail:
    about = Message.item == (await item_called(cast, reference)).id
    [message_id] = await Message.select(Message.id).where(about).output(as_list=True)
    at = writing_back.LATER + timedelta(minutes=number)
    facts = {"message_id": message_id, "name": _name(message_id, number), "received_at": at}
    return await writing_back.email(cast.caht_lead, WORDS[number], **facts)


def _bounce(message_id: UUID, number: int) -> ReceivedEmail:
    return ReceivedEmail(
        name=_name(message_id, number),
        received_at=returned.LATER,
        invitation_id=None,
        bounced_id=message_id,
        sender=Sender(address="", is_verified=False),
        is_automatic=True,
        bounce=returned.GONE,
    )


def _name(message_id: UUID, number: int) -> str:
    return sha256(f"{message_id} {number}".encode()).hexdigest()


def _with_words_as_written(order: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return an order in which words come one after another: of those, the last email counts."""
    numbers = iter(range(len(WORDS)))
    return [(kind, next(numbers)) if kind == "words" else (kind, number) for kind, number in order]


@given(order=some.permutations(ARRIVALS), again=some.lists(some.sampled_from(ARRIVALS), max_size=4))
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_mixture_and_any_repetition_end_in_the_same_state(
    sqlite_cast: Cast, order: list[tuple[str, int]], again: list[tuple[str, int]]
) -> None:
    cast = sqlite_cast
    apart = await ended(cast, cast.hsi_liaison, ARRIVALS)
    assert await ended(cast, cast.kcpd_detective, [*_with_words_as_written(order), *again]) == apart
