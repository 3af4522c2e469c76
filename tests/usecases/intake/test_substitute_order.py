"""A person's own emails and their substitute's No end in the same state, in whatever order they come: both engines."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from msgspec.structs import replace

from tests.cast import LINK, NOW, Cast
from tests.emails import ReadEmail
from tests.usecases.intake.replying import MAYBE, NO, YES, email, reply_of, said
from tests.usecases.intake.world import FIRST_DATE, name_alternate, send_due, substitutes_coming
from tests.usecases.intake.world import write_back as words
from tracker.rules.events.replies import ReplyValue
from tracker.rules.intake.calendar_replies import NAMED_AGAIN, ReplyOutcome, Sender
from tracker.rules.intake.received_emails import ReceivedEmail
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.events import Reply
from tracker.tables.schema.intake import IncomingReply, IncomingWords
from tracker.usecases.events import occurrences, recorded_replies
from tracker.usecases.events.recorded_replies import record_reply_for
from tracker.usecases.intake import item_emails, unrecorded_replies
from tracker.usecases.intake.received_emails import take_email

pytestmark = pytest.mark.both_engines

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NAMED_AT, AFTER = NOW + HOUR, NOW + 12 * HOUR
FEW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
DELEGATED = ReplyValue.NEEDS_ACTION
"""Stands for a No that names the substitute again."""
Written = tuple[ReplyValue, int]
"""A reply of the person, and how many hours after the naming they gave it."""


async def own(cast: Cast, event_id: UUID, value: ReplyValue, hours: int) -> ReceivedEmail:
    given = (NO, cast.fbi_alternate.email) if value is DELEGATED else (value, None)
    one = await said(cast.fbi_lead, event_id, given[0], delegate=given[1], stamped_at=NAMED_AT + hours * HOUR)
    return await email(cast.fbi_lead, event_id, one, received_at=AFTER)


async def of_substitute(cast: Cast, event_id: UUID, hours: int) -> ReceivedEmail:
    address = cast.fbi_alternate.email
    one = await said(cast.fbi_lead, event_id, NO, attendee=address, stamped_at=NAMED_AT + hours * HOUR)
    sender = Sender(address=address, is_verified=True)
    return await email(cast.fbi_lead, event_id, one, sender=sender, received_at=AFTER)


async def waiting(cast: Cast, event_id: UUID) -> int:
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FIRST_DATE)
    return len((await unrecorded_replies.unrecorded_of_date(cast.coordinator, date, AFTER + HOUR)).waiting)


async def ended(cast: Cast, written: Sequence[Written], no_at: int, order: Sequence[int]) -> tuple[object, ...]:
    """Return what holds after these emails came in this order; that of the substitute has the last number."""
    await IncomingReply.delete(force=True)  # a sender has 60 emails taken in an hour
    event_id = await name_alternate(cast)
    emails = [await own(cast, event_id, *one) for one in written] + [await of_substitute(cast, event_id, no_at)]
    for one in order:
        await take_email(emails[one])
    value, source = await reply_of(cast.fbi_lead, event_id)
    return value, source, await substitutes_coming(cast, event_id), await waiting(cast, event_id)


@given(
    hours=some.permutations([1, 2, 3, 4]),
    written=some.lists(some.sampled_from([YES, MAYBE, NO, DELEGATED, DELEGATED]), min_size=1, max_size=3),
    order=some.permutations(range(4)),
    again=some.lists(some.sampled_from(range(4)), max_size=3),
)
@FEW
async def test_the_last_that_the_person_wrote_counts_and_names_their_substitute_unless_they_said_no_since(
    cast: Cast, hours: list[int], written: list[ReplyValue], order: list[int], again: list[int]
) -> None:
    own_emails = list(zip(written, hours, strict=False))
    last, at = max(own_emails, key=lambda one: one[1])
    arrive = [one for one in (*order, *again) if one <= len(written)]
    found = await ended(cast, own_emails, hours[-1], arrive)
    is_named_again, is_refused = last is DELEGATED and at > hours[-1], last is DELEGATED and at < hours[-1]
    comes = {cast.fbi_alternate.member_id} if is_named_again else frozenset()
    assert found == (NO if last is DELEGATED else last, "substitute" if is_refused else "email", comes, 0)


@pytest.mark.parametrize("by_email", [True, False])
async def test_a_yes_from_before_the_substitute_s_no_that_comes_after_it_counts(cast: Cast, *, by_email: bool) -> None:
    event_id = await name_alternate(cast)
    if by_email:
        await take_email(await of_substitute(cast, event_id, 2))
    else:
        await recorded_replies.decline_as_substitute(cast.fbi_alternate, event_id, FIRST_DATE, NAMED_AT + 2 * HOUR)
    await take_email(await own(cast, event_id, YES, 1))
    assert await reply_of(cast.fbi_lead, event_id) == (YES, "email")


async def test_a_yes_that_waits_still_waits_after_the_substitute_s_no(cast: Cast) -> None:
    event_id = await name_alternate(cast)
    one = await said(cast.fbi_lead, event_id, YES, stamped_at=NAMED_AT + HOUR)
    unconfirmed = Sender(address=cast.fbi_lead.email, is_verified=False)
    await take_email(await email(cast.fbi_lead, event_id, one, sender=unconfirmed, received_at=NAMED_AT + HOUR))
    await recorded_replies.decline_as_substitute(cast.fbi_alternate, event_id, FIRST_DATE, NAMED_AT + 2 * HOUR)
    assert await waiting(cast, event_id) == 1


async def notified(cast: Cast, after: datetime) -> list[tuple[str, str]]:
    """Return who is emailed what about the substitution from then on."""
    found = await send_due(after)
    names = {cast.fbi_alternate.member_id: "alternate", cast.fbi_lead.member_id: "lead"}
    rows = await Message.select(Message.key, Message.recipient, Message.kind)
    to = {row["key"]: (names.get(row["recipient"], ""), row["kind"]) for row in rows}
    return sorted(to[key] for key, one in found if isinstance(one, ReadEmail))


async def test_a_delegation_from_before_the_substitute_s_no_tells_only_the_person_that_they_can_t_come(
    cast: Cast,
) -> None:
    event_id = await name_alternate(cast)
    await take_email(await of_substitute(cast, event_id, 2))
    assert await notified(cast, AFTER + HOUR) == [("alternate", "withdrawal"), ("lead", "substitute_declined")]
    late = replace(await own(cast, event_id, DELEGATED, 1), received_at=AFTER + HOUR)
    await take_email(late)
    assert await substitutes_coming(cast, event_id) == frozenset()
    assert await notified(cast, AFTER + 2 * HOUR) == [("lead", "substitute_declined")]


async def test_a_delegation_from_after_the_substitute_s_no_asks_them_again(cast: Cast) -> None:
    event_id = await name_alternate(cast)
    await take_email(await of_substitute(cast, event_id, 2))
    await send_due(AFTER + HOUR)
    await take_email(replace(await own(cast, event_id, DELEGATED, 3), received_at=AFTER + HOUR))
    assert await notified(cast, AFTER + 2 * HOUR) == [("alternate", "substitute")]


async def test_a_late_no_of_someone_who_was_named_again_since_is_listed_and_they_are_asked_again(cast: Cast) -> None:
    event_id = await name_alternate(cast)
    await take_email(await own(cast, event_id, DELEGATED, 3))
    await take_email(await of_substitute(cast, event_id, 2))
    assert await substitutes_coming(cast, event_id) == {cast.fbi_alternate.member_id}
    assert await notified(cast, AFTER + HOUR) == [("alternate", "substitute")]
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FIRST_DATE)
    found = await unrecorded_replies.unrecorded_of_date(cast.coordinator, date, AFTER + HOUR)
    assert [one.reply.why for one in (*found.waiting, *found.settled)] == [NAMED_AGAIN]


@pytest.mark.parametrize("deed", ["button", "recorded"])
async def test_a_no_that_was_undone_keeps_no_delegation_from_naming_them(cast: Cast, deed: str) -> None:
    event_id, at = await name_alternate(cast), NAMED_AT + 2 * HOUR
    by = cast.fbi_alternate if deed == "button" else cast.coordinator
    if deed == "button":
        await recorded_replies.decline_as_substitute(by, event_id, FIRST_DATE, at)
    else:
        await record_reply_for(by, event_id, FIRST_DATE, cast.fbi_alternate.member_id, NO, "", at, for_series=False)
    await recorded_replies.undo_refusal(by, event_id, FIRST_DATE, at, at)
    await take_email(await own(cast, event_id, DELEGATED, 1))
    assert await substitutes_coming(cast, event_id) == {cast.fbi_alternate.member_id}


BEFORE, BETWEEN, SINCE = NAMED_AT + 90 * MINUTE, NAMED_AT + 3 * HOUR, NAMED_AT + 6 * HOUR
"""When an email comes: before the substitute wrote NO, at 2 hours; before they undid it, at 4 hours; and after."""
MOMENTS = [BEFORE, BETWEEN, SINCE]


@pytest.mark.parametrize("delegated_at", MOMENTS)
@pytest.mark.parametrize(("written", "came_at"), [(3, BETWEEN), (3, SINCE), (5, SINCE)])
async def test_only_a_no_that_was_written_after_they_undid_theirs_releases_a_substitute(
    cast: Cast, delegated_at: datetime, written: int, came_at: datetime
) -> None:
    event_id = await name_alternate(cast)
    delegation = replace(await own(cast, event_id, DELEGATED, 1), received_at=delegated_at)
    program = replace(await of_substitute(cast, event_id, written), received_at=came_at)
    for moment in MOMENTS:
        if moment == BETWEEN:
            await words(cast.fbi_alternate, "NO", NAMED_AT + 2 * HOUR)
        if moment == SINCE:
            await undo_no(NAMED_AT + 4 * HOUR)
        for one in (delegation, program):
            if one.received_at == moment:
                await take_email(one)
    assert await substitutes_coming(cast, event_id) == (frozenset() if written == 5 else {cast.fbi_alternate.member_id})


async def test_a_no_from_before_they_undid_theirs_changes_nothing_and_keeps_the_time_of_the_reply(cast: Cast) -> None:
    event_id = await name_alternate(cast)
    before = await Reply.select(Reply.replied_at).where(Reply.substitute == cast.fbi_alternate.member_id)
    await words(cast.fbi_alternate, "NO", NAMED_AT + 2 * HOUR)
    await undo_no(NAMED_AT + 4 * HOUR)
    assert await take_email(await of_substitute(cast, event_id, 3)) == [ReplyOutcome.STALE]
    found = await Reply.select(Reply.replied_at).where(Reply.substitute == cast.fbi_alternate.member_id)
    assert (found, await waiting(cast, event_id)) == (2 * before, 0)


async def undo_no(at: datetime) -> None:
    """Undo the substitute's NO by the link in its confirmation."""
    [row] = await IncomingWords.select(IncomingWords.id)
    await item_emails.undo_emailed_change(row["id"], at, LINK)
