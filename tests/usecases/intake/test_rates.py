"""A sender has 60 emails taken in an hour; the others come again later, and no confirmed sender waits for them."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace
from piccolo.columns import ForeignKey

from tests.cast import Cast
from tests.usecases.intake.replying import invited
from tests.usecases.intake.returned import came_back, sent
from tests.usecases.intake.writing_back import LATER, email, given, many_emails
from tracker.errors import Busy
from tracker.rules.core.message_types import AnswerOutcome
from tracker.rules.intake.calendar_replies import Sender
from tracker.rules.intake.received_emails import MOST_EMAILS_AN_HOUR
from tracker.tables.schema.core.tables import Message
from tracker.usecases.intake import received_emails

FBI = "fbi_lead@fbi.example"


@pytest.mark.both_engines
async def test_one_more_is_refused_and_is_taken_after_the_hour(cast: Cast) -> None:
    await given(cast.coordinator, cast.fbi_lead)
    await many_emails(FBI, LATER, is_verified=True)
    one = await email(cast.fbi_lead, "DONE")
    with pytest.raises(Busy):
        await received_emails.take_email(one)
    assert await received_emails.take_email(replace(one, received_at=LATER + timedelta(hours=1))) == [
        AnswerOutcome.RECORDED
    ]


async def test_a_forger_does_not_hold_up_the_emails_of_the_person(sqlite_cast: Cast) -> None:
    await given(sqlite_cast.coordinator, sqlite_cast.fbi_lead)
    await many_emails(FBI, LATER, is_verified=False)
    assert await received_emails.take_email(await email(sqlite_cast.fbi_lead, "DONE")) == [AnswerOutcome.RECORDED]


@pytest.mark.parametrize("about", [Message.item, Message.event], ids=["an item", "an event"])
async def test_unconfirmed_emails_are_counted_by_what_they_reply_to(sqlite_cast: Cast, about: ForeignKey) -> None:
    cast = sqlite_cast
    await given(cast.coordinator, cast.fbi_lead)
    await invited(cast)
    [message] = await Message.select(Message.id).where(
        (Message.recipient == cast.fbi_lead.member_id) & about.is_not_null()
    )

    async def comes(number: int, *, is_verified: bool = False) -> Sequence[str]:
        sender = Sender(address=f"{number}@elsewhere.example", is_verified=is_verified)
        return await received_emails.take_email(
            await email(cast.fbi_lead, f"NO {number}", message_id=message["id"], sender=sender)
        )

    for number in range(MOST_EMAILS_AN_HOUR):
        await comes(number)
    with pytest.raises(Busy):
        await comes(MOST_EMAILS_AN_HOUR)
    assert await comes(MOST_EMAILS_AN_HOUR, is_verified=True) == [AnswerOutcome.UNMATCHED]


async def test_bounces_are_counted_by_message(sqlite_cast: Cast) -> None:
    first, second = await sent(sqlite_cast, sqlite_cast.fbi_lead, 2)
    for number in range(MOST_EMAILS_AN_HOUR):
        await came_back(first, at=timedelta(seconds=number))
    with pytest.raises(Busy):
        await came_back(first, at=timedelta(minutes=2))
    assert await came_back(second, at=timedelta(minutes=2)) == ["failed"]
