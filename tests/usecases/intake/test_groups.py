"""Emails that come at the same time are recorded together, and one that can't be keeps none of the others."""

import asyncio

import pytest
from msgspec.structs import replace

from tests.cast import Cast
from tests.database.statements import noted
from tests.usecases.intake.replying import YES, email, invited, reply_of, said
from tracker.errors import Busy
from tracker.ports.mail.delivery import GroupedWork
from tracker.rules.intake.calendar_replies import ReplyOutcome, Sender
from tracker.rules.intake.received_emails import MOST_EMAILS_AN_HOUR, ReceivedEmail
from tracker.usecases.core import audit
from tracker.usecases.intake import received_emails

UNREADABLE = Sender(address=object(), is_verified=True)  # type: ignore[arg-type]  # what no database takes


async def from_both(cast: Cast) -> list[ReceivedEmail]:
    """Invite two people, and return what their calendar programs send."""
    event_id = await invited(cast)
    both = (cast.fbi_lead, cast.kcpd_detective)
    return [await email(who, event_id, await said(who, event_id)) for who in both]


@pytest.mark.both_engines
async def test_emails_of_one_group_are_recorded_one_after_another(cast: Cast) -> None:
    event_id = await invited(cast)
    one = await email(cast.fbi_lead, event_id, await said(cast.fbi_lead, event_id))
    again, other = one, replace(one, name="1" * 64)
    assert await received_emails.take_emails([one, again, other]) == [
        [ReplyOutcome.RECORDED],
        ["repeated"],
        [ReplyOutcome.REPEATED],
    ]
    assert await reply_of(cast.fbi_lead, event_id) == (YES, "email")
    assert await audit.verify_chain() is None


async def test_emails_that_come_while_one_is_recorded_go_into_one_transaction(sqlite_cast: Cast) -> None:
    first, second = await from_both(sqlite_cast)
    group = GroupedWork(received_emails.take_emails)
    with noted() as statements:
        outcomes = await asyncio.gather(*map(group.do, (first, second, second)))
    assert outcomes == [[ReplyOutcome.RECORDED], [ReplyOutcome.RECORDED], ["repeated"]]
    assert sum(query == "COMMIT" for query, _ in statements) == 2


@pytest.mark.both_engines
async def test_an_email_that_cannot_be_recorded_keeps_none_of_its_group(cast: Cast) -> None:
    first, second = await from_both(cast)
    bad = replace(first, name="1" * 64, sender=UNREADABLE)
    group = GroupedWork(received_emails.take_emails)
    found = await asyncio.gather(*map(group.do, (first, bad, second)), return_exceptions=True)
    assert [one if isinstance(one, list) else None for one in found] == [
        [ReplyOutcome.RECORDED],
        None,
        [ReplyOutcome.RECORDED],
    ]
    assert await audit.verify_chain() is None


async def test_a_sender_who_sends_too_many_holds_up_no_one_in_their_group(sqlite_cast: Cast) -> None:
    first, second = await from_both(sqlite_cast)
    many = [replace(first, name=f"{number:064}") for number in range(MOST_EMAILS_AN_HOUR)]
    *_, too_many, other = await received_emails.take_emails([*many, first, second])
    assert other == [ReplyOutcome.RECORDED]
    with pytest.raises(Busy):
        received_emails.refuse_too_many(too_many)
