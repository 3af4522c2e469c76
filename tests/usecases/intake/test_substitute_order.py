"""A person's own emails and their substitute's No end in the same state, in whatever order they come: both engines."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.cast import NOW, Cast
from tests.usecases.intake.replying import MAYBE, NO, YES, email, reply_of, said
from tests.usecases.intake.test_substitute_words import KEY, coming, named
from tracker.rules.events.replies import ReplyValue
from tracker.rules.intake.calendar_replies import Sender
from tracker.rules.intake.emails import ReceivedEmail
from tracker.tables.schema.intake.replies import IncomingReply
from tracker.usecases.events import occurrences, substitute_replies
from tracker.usecases.intake import unrecorded
from tracker.usecases.intake.incoming import take

pytestmark = [pytest.mark.anyio, pytest.mark.both_engines]

HOUR = timedelta(hours=1)
NAMED_AT, AFTER = NOW + HOUR, NOW + 12 * HOUR
FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
Written = tuple[ReplyValue, int]
"""A reply of the person, and how many hours after the naming they gave it."""


async def own(cast: Cast, event_id: UUID, value: ReplyValue, hours: int) -> ReceivedEmail:
    one = await said(cast.fbi_lead, event_id, value, stamped_at=NAMED_AT + hours * HOUR)
    return await email(cast.fbi_lead, event_id, one, received_at=AFTER)


async def of_substitute(cast: Cast, event_id: UUID, hours: int) -> ReceivedEmail:
    address = cast.fbi_alternate.email
    one = await said(cast.fbi_lead, event_id, NO, attendee=address, stamped_at=NAMED_AT + hours * HOUR)
    sender = Sender(address=address, is_verified=True)
    return await email(cast.fbi_lead, event_id, one, sender=sender, received_at=AFTER)


async def waiting(cast: Cast, event_id: UUID) -> int:
    date = await occurrences.date_for(cast.coordinator, event_id, KEY)
    return len((await unrecorded.of_date(cast.coordinator, date, AFTER + HOUR)).waiting)


async def ended(cast: Cast, written: Sequence[Written], no_at: int, order: Sequence[int]) -> tuple[object, ...]:
    """Return what holds after these emails came in this order; that of the substitute has the last number."""
    await IncomingReply.delete(force=True)  # a sender has 60 emails taken in an hour
    event_id = await named(cast)
    emails = [await own(cast, event_id, *one) for one in written] + [await of_substitute(cast, event_id, no_at)]
    for one in order:
        await take(emails[one])
    value, source = await reply_of(cast.fbi_lead, event_id)
    return value, source, await coming(cast, event_id), await waiting(cast, event_id)


@given(
    hours=some.permutations([1, 2, 3, 4]),
    written=some.lists(some.sampled_from([YES, MAYBE, NO]), min_size=1, max_size=3),
    data=some.data(),
)
@FEW
async def test_the_last_that_the_person_wrote_counts_whatever_their_substitute_says_and_when(
    cast: Cast, hours: list[int], written: list[ReplyValue], data: some.DataObject
) -> None:
    own_emails = list(zip(written, hours, strict=False))
    last = max(own_emails, key=lambda one: one[1])[0]
    order = data.draw(some.permutations(range(len(written) + 1)))
    again = data.draw(some.lists(some.sampled_from(order), max_size=3))
    found = await ended(cast, own_emails, hours[-1], [*order, *again])
    assert found == (last, "email", frozenset(), 0)


@pytest.mark.parametrize("by_email", [True, False])
async def test_a_yes_from_before_the_substitute_s_no_that_comes_after_it_counts(cast: Cast, *, by_email: bool) -> None:
    event_id = await named(cast)
    if by_email:
        await take(await of_substitute(cast, event_id, 2))
    else:
        await substitute_replies.decline(cast.fbi_alternate, event_id, KEY, NAMED_AT + 2 * HOUR)
    await take(await own(cast, event_id, YES, 1))
    assert await reply_of(cast.fbi_lead, event_id) == (YES, "email")


async def test_a_yes_that_waits_still_waits_after_the_substitute_s_no(cast: Cast) -> None:
    event_id = await named(cast)
    one = await said(cast.fbi_lead, event_id, YES, stamped_at=NAMED_AT + HOUR)
    unconfirmed = Sender(address=cast.fbi_lead.email, is_verified=False)
    await take(await email(cast.fbi_lead, event_id, one, sender=unconfirmed, received_at=NAMED_AT + HOUR))
    await substitute_replies.decline(cast.fbi_alternate, event_id, KEY, NAMED_AT + 2 * HOUR)
    assert await waiting(cast, event_id) == 1
