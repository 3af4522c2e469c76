"""Emails that come again or in another order end in the same state, whatever they are: both engines."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from msgspec.structs import replace

from tests.cast import LINK, NOW, Cast
from tests.emails import ReadEmail
from tests.usecases.actions.world import assign_item
from tests.usecases.intake import replying, returned, writing_back
from tests.usecases.intake.replying import MAYBE, NO, YES, calendar_reply, email_with_replies, reply_and_source
from tests.usecases.intake.returned import GONE, send_invitations, take_bounce
from tests.usecases.intake.world import (
    DELAYED_BOUNCE,
    FIRST_DATE,
    SPAM_BOUNCE,
    item_called,
    item_history,
    name_alternate,
    send_due,
    substitutes_coming,
)
from tests.usecases.intake.world import write_back as words
from tracker.errors import Conflict
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.replies import ReplyValue
from tracker.rules.intake.calendar_replies import NAMED_AGAIN, ReplyOutcome, Sender
from tracker.rules.intake.received_emails import Bounce, ReceivedEmail
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.events import Reply
from tracker.tables.schema.intake import EmailPause, IncomingReply, IncomingWords
from tracker.usecases.events import occurrences, recorded_replies
from tracker.usecases.events.recorded_replies import record_reply_for
from tracker.usecases.intake import item_emails, received_emails, unrecorded_replies
from tracker.usecases.intake.received_emails import take_email

WORDS_AND_UNDO = ("IN PROGRESS", "BLOCKED: no key", "Two of three are in.", "DONE", "undo")
EIGHT_EXAMPLES = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
A_WHILE = timedelta(seconds=30)
Item = tuple[str, int, list[tuple[str, str, str]]]


def _email_name(*of_item: object) -> str:
    return sha256(repr(of_item).encode()).hexdigest()


async def state_after(cast: Cast, said: Sequence[str], again: Sequence[Sequence[int]]) -> Item:
    """Return an item after its owner wrote these emails; after each, some of the earlier ones come again."""
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    of_item = Message.item == (await item_called(cast, reference)).id
    [message_id] = await Message.select(Message.id).where(of_item).output(as_list=True)
    emails = []
    for number, text in enumerate(said):
        if text == "undo":
            await _undo_last(emails[-1].name if emails else "", number)
            continue
        at = writing_back.LATER + timedelta(minutes=number)
        facts = {"message_id": message_id, "name": _email_name(reference, number), "received_at": at}
        emails.append(await writing_back.email_about_item(cast.caht_lead, text, **facts))
        await received_emails.take_email(emails[-1])
        for email_number in again[number]:
            await received_emails.take_email(replace(emails[email_number % len(emails)], received_at=at + A_WHILE))
    item = await item_called(cast, reference)
    return item.status, item.progress, await item_history(cast, reference)


async def _undo_last(name: str, number: int) -> None:
    rows = await IncomingWords.select(IncomingWords.id).where(
        (IncomingWords.email_hash == name) & (IncomingWords.outcome == "recorded")
    )
    for row in rows:
        with suppress(Conflict):
            await item_emails.undo_emailed_change(row["id"], writing_back.LATER + timedelta(minutes=number), LINK)


@pytest.mark.both_engines
@given(said=some.lists(some.sampled_from(WORDS_AND_UNDO), min_size=1, max_size=5), data=some.data())
@EIGHT_EXAMPLES
async def test_words_that_come_again_at_any_time_change_nothing(
    cast: Cast, said: list[str], data: some.DataObject
) -> None:
    earlier = some.lists(some.integers(0, 9), max_size=3)
    again = data.draw(some.lists(earlier, min_size=len(said), max_size=len(said)))
    assert await state_after(cast, said, again) == await state_after(cast, said, [()] * len(said))


async def take_bounces(cast: Cast, who: Viewer, messages: Sequence[UUID], came: Sequence[tuple[int, Bounce]]) -> object:
    """Return which emails to someone came back, and whether sending to them is paused, after bounces in this order."""
    for number, verdict in came:
        await take_bounce(messages[number], verdict, name=_email_name(who, number, verdict))
    rows = await Message.select(Message.id, Message.bounced_at).where(Message.recipient == who.member_id)
    returned = {row["id"] for row in rows if row["bounced_at"]}
    is_paused = bool(await EmailPause.exists().where(EmailPause.member == who.member_id))
    return [one in returned for one in messages], is_paused


@pytest.mark.both_engines
@given(
    came=some.lists(
        some.tuples(some.integers(0, 3), some.sampled_from([GONE, DELAYED_BOUNCE, SPAM_BOUNCE])), min_size=1, max_size=8
    ),
    data=some.data(),
)
@EIGHT_EXAMPLES
async def test_any_order_and_any_repetition_of_bounces_ends_in_the_same_state(
    cast: Cast, came: list[tuple[int, Bounce]], data: some.DataObject
) -> None:
    people = (cast.kcpd_detective, cast.hsi_liaison)
    orders = (came, [*data.draw(some.permutations(came)), *came[:2]])
    ends = []
    for who, order in zip(people, orders, strict=True):
        await EmailPause.delete().where(EmailPause.member == who.member_id)
        ends.append(await take_bounces(cast, who, await send_invitations(cast, who, 4), order))
    assert ends[0] == ends[1]


REPLIES = (replying.YES, replying.NO, replying.MAYBE)
WORDS = ("IN PROGRESS", "BLOCKED: no key", "DONE")
BOUNCES = 3  # the third pauses sending


ARRIVALS = [("reply", 0), ("reply", 1), ("reply", 2), ("words", 0), ("words", 1), ("words", 2)]
ARRIVALS += [("bounce", number) for number in range(BOUNCES)]


async def final_state(cast: Cast, who: Viewer, order: Sequence[tuple[str, int]]) -> tuple[object, ...]:
    """Return what holds after emails came in this order: replies to a new event, words on a new item, and bounces."""
    await IncomingReply.delete(force=True)  # a sender has 60 emails taken in an hour
    await IncomingWords.delete(force=True)
    event_id = await replying.schedule_invited(cast)
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    messages = await returned.send_invitations(cast, who, BOUNCES)
    emails = {
        **{
            ("reply", number): await _email_with_reply(cast.fbi_lead, event_id, number)
            for number in range(len(REPLIES))
        },
        **{("words", number): await _email_with_words(cast, reference, number) for number in range(len(WORDS))},
        **{("bounce", number): _bounce(one, number) for number, one in enumerate(messages)},
    }
    for order_read in order:
        await received_emails.take_email(emails[order_read])
    is_paused = await EmailPause.exists().where(EmailPause.member == who.member_id)
    await EmailPause.delete().where(EmailPause.member == who.member_id)
    status = (await item_called(cast, reference)).status
    return (
        await replying.reply_and_source(cast.fbi_lead, event_id),
        status,
        await item_history(cast, reference),
        is_paused,
    )


async def _email_with_reply(who: Viewer, event_id: UUID, number: int) -> ReceivedEmail:
    made_at = NOW + timedelta(minutes=number)
    return await replying.email_with_replies(
        who, event_id, await replying.calendar_reply(who, event_id, REPLIES[number], stamped_at=made_at)
    )


async def _email_with_words(cast: Cast, reference: str, number: int) -> ReceivedEmail:
    of_item = Message.item == (await item_called(cast, reference)).id
    [message_id] = await Message.select(Message.id).where(of_item).output(as_list=True)
    at = writing_back.LATER + timedelta(minutes=number)
    facts = {"message_id": message_id, "name": _hash_of_part(message_id, number), "received_at": at}
    return await writing_back.email_about_item(cast.caht_lead, WORDS[number], **facts)


def _bounce(message_id: UUID, number: int) -> ReceivedEmail:
    return ReceivedEmail(
        name=_hash_of_part(message_id, number),
        received_at=returned.LATER,
        invitation_id=None,
        bounced_id=message_id,
        sender=Sender(address="", is_verified=False),
        is_automatic=True,
        bounce=returned.GONE,
    )


def _hash_of_part(message_id: UUID, number: int) -> str:
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
    apart = await final_state(cast, cast.hsi_liaison, ARRIVALS)
    assert await final_state(cast, cast.kcpd_detective, [*_with_words_as_written(order), *again]) == apart


HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NAMED_AT, AFTER = NOW + HOUR, NOW + 12 * HOUR
TWENTY_EXAMPLES = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
DELEGATED = ReplyValue.NEEDS_ACTION
"""Stands for a No that names the substitute again."""
Written = tuple[ReplyValue, int]
"""A reply of the person, and how many hours after the naming they gave it."""


async def email_of_principal(cast: Cast, event_id: UUID, value: ReplyValue, hours: int) -> ReceivedEmail:
    given = (NO, cast.fbi_alternate.email) if value is DELEGATED else (value, None)
    reply = await calendar_reply(
        cast.fbi_lead, event_id, given[0], delegate=given[1], stamped_at=NAMED_AT + hours * HOUR
    )
    return await email_with_replies(cast.fbi_lead, event_id, reply, received_at=AFTER)


async def refusal_by_email(cast: Cast, event_id: UUID, hours: int) -> ReceivedEmail:
    address = cast.fbi_alternate.email
    reply = await calendar_reply(cast.fbi_lead, event_id, NO, attendee=address, stamped_at=NAMED_AT + hours * HOUR)
    sender = Sender(address=address, is_verified=True)
    return await email_with_replies(cast.fbi_lead, event_id, reply, sender=sender, received_at=AFTER)


async def waiting_count(cast: Cast, event_id: UUID) -> int:
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FIRST_DATE)
    return len((await unrecorded_replies.unrecorded_of_date(cast.coordinator, date, AFTER + HOUR)).waiting)


async def final_reply(cast: Cast, written: Sequence[Written], no_at: int, order: Sequence[int]) -> tuple[object, ...]:
    """Return what holds after these emails came in this order; that of the substitute has the last number."""
    await IncomingReply.delete(force=True)  # a sender has 60 emails taken in an hour
    event_id = await name_alternate(cast)
    emails = [await email_of_principal(cast, event_id, *one) for one in written] + [
        await refusal_by_email(cast, event_id, no_at)
    ]
    for order_read in order:
        await take_email(emails[order_read])
    value, source = await reply_and_source(cast.fbi_lead, event_id)
    return value, source, await substitutes_coming(cast, event_id), await waiting_count(cast, event_id)


@pytest.mark.both_engines
@given(
    hours=some.permutations([1, 2, 3, 4]),
    written=some.lists(some.sampled_from([YES, MAYBE, NO, DELEGATED, DELEGATED]), min_size=1, max_size=3),
    order=some.permutations(range(4)),
    again=some.lists(some.sampled_from(range(4)), max_size=3),
)
@TWENTY_EXAMPLES
async def test_the_last_that_the_person_wrote_counts_and_names_their_substitute_unless_they_said_no_since(
    cast: Cast, hours: list[int], written: list[ReplyValue], order: list[int], again: list[int]
) -> None:
    own_emails = list(zip(written, hours, strict=False))
    last, at = max(own_emails, key=lambda email_number: email_number[1])
    arrive = [one for one in (*order, *again) if one <= len(written)]
    final_reply_found = await final_reply(cast, own_emails, hours[-1], arrive)
    is_named_again, is_refused = last is DELEGATED and at > hours[-1], last is DELEGATED and at < hours[-1]
    comes = {cast.fbi_alternate.member_id} if is_named_again else frozenset()
    assert final_reply_found == (NO if last is DELEGATED else last, "substitute" if is_refused else "email", comes, 0)


@pytest.mark.both_engines
@pytest.mark.parametrize("by_email", [True, False])
async def test_a_yes_from_before_the_substitute_s_no_that_comes_after_it_counts(cast: Cast, *, by_email: bool) -> None:
    event_id = await name_alternate(cast)
    if by_email:
        await take_email(await refusal_by_email(cast, event_id, 2))
    else:
        await recorded_replies.decline_as_substitute(cast.fbi_alternate, event_id, FIRST_DATE, NAMED_AT + 2 * HOUR)
    await take_email(await email_of_principal(cast, event_id, YES, 1))
    assert await reply_and_source(cast.fbi_lead, event_id) == (YES, "email")


@pytest.mark.both_engines
async def test_a_yes_that_waits_still_waits_after_the_substitute_s_no(cast: Cast) -> None:
    event_id = await name_alternate(cast)
    reply = await calendar_reply(cast.fbi_lead, event_id, YES, stamped_at=NAMED_AT + HOUR)
    unconfirmed = Sender(address=cast.fbi_lead.email, is_verified=False)
    await take_email(
        await email_with_replies(cast.fbi_lead, event_id, reply, sender=unconfirmed, received_at=NAMED_AT + HOUR)
    )
    await recorded_replies.decline_as_substitute(cast.fbi_alternate, event_id, FIRST_DATE, NAMED_AT + 2 * HOUR)
    assert await waiting_count(cast, event_id) == 1


async def emails_since(cast: Cast, after: datetime) -> list[tuple[str, str]]:
    """Return who is emailed what about the substitution from then on."""
    emails_due = await send_due(after)
    names = {cast.fbi_alternate.member_id: "alternate", cast.fbi_lead.member_id: "lead"}
    rows = await Message.select(Message.key, Message.recipient, Message.kind)
    to = {row["key"]: (names.get(row["recipient"], ""), row["kind"]) for row in rows}
    return sorted(to[key] for key, one in emails_due if isinstance(one, ReadEmail))


@pytest.mark.both_engines
async def test_a_delegation_from_before_the_substitute_s_no_tells_only_the_person_that_they_can_t_come(
    cast: Cast,
) -> None:
    event_id = await name_alternate(cast)
    await take_email(await refusal_by_email(cast, event_id, 2))
    assert await emails_since(cast, AFTER + HOUR) == [("alternate", "withdrawal"), ("lead", "substitute_declined")]
    late = replace(await email_of_principal(cast, event_id, DELEGATED, 1), received_at=AFTER + HOUR)
    await take_email(late)
    assert await substitutes_coming(cast, event_id) == frozenset()
    assert await emails_since(cast, AFTER + 2 * HOUR) == [("lead", "substitute_declined")]


@pytest.mark.both_engines
async def test_a_delegation_from_after_the_substitute_s_no_asks_them_again(cast: Cast) -> None:
    event_id = await name_alternate(cast)
    await take_email(await refusal_by_email(cast, event_id, 2))
    await send_due(AFTER + HOUR)
    await take_email(replace(await email_of_principal(cast, event_id, DELEGATED, 3), received_at=AFTER + HOUR))
    assert await emails_since(cast, AFTER + 2 * HOUR) == [("alternate", "substitute")]


@pytest.mark.both_engines
async def test_a_late_no_of_someone_who_was_named_again_since_is_listed_and_they_are_asked_again(cast: Cast) -> None:
    event_id = await name_alternate(cast)
    await take_email(await email_of_principal(cast, event_id, DELEGATED, 3))
    await take_email(await refusal_by_email(cast, event_id, 2))
    assert await substitutes_coming(cast, event_id) == {cast.fbi_alternate.member_id}
    assert await emails_since(cast, AFTER + HOUR) == [("alternate", "substitute")]
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FIRST_DATE)
    emails_due = await unrecorded_replies.unrecorded_of_date(cast.coordinator, date, AFTER + HOUR)
    assert [one.reply.why for one in (*emails_due.waiting, *emails_due.settled)] == [NAMED_AGAIN]


@pytest.mark.both_engines
@pytest.mark.parametrize("deed", ["button", "recorded"])
async def test_a_no_that_was_undone_keeps_no_delegation_from_naming_them(cast: Cast, deed: str) -> None:
    event_id, at = await name_alternate(cast), NAMED_AT + 2 * HOUR
    by = cast.fbi_alternate if deed == "button" else cast.coordinator
    if deed == "button":
        await recorded_replies.decline_as_substitute(by, event_id, FIRST_DATE, at)
    else:
        await record_reply_for(by, event_id, FIRST_DATE, cast.fbi_alternate.member_id, NO, "", at, for_series=False)
    await recorded_replies.undo_refusal(by, event_id, FIRST_DATE, at, at)
    await take_email(await email_of_principal(cast, event_id, DELEGATED, 1))
    assert await substitutes_coming(cast, event_id) == {cast.fbi_alternate.member_id}


BEFORE, BETWEEN, SINCE = NAMED_AT + 90 * MINUTE, NAMED_AT + 3 * HOUR, NAMED_AT + 6 * HOUR
"""When an email comes: before the substitute wrote NO, at 2 hours; before they undid it, at 4 hours; and after."""
MOMENTS = [BEFORE, BETWEEN, SINCE]


@pytest.mark.both_engines
@pytest.mark.parametrize("delegated_at", MOMENTS)
@pytest.mark.parametrize(("written", "came_at"), [(3, BETWEEN), (3, SINCE), (5, SINCE)])
async def test_only_a_no_that_was_written_after_they_undid_theirs_releases_a_substitute(
    cast: Cast, delegated_at: datetime, written: int, came_at: datetime
) -> None:
    event_id = await name_alternate(cast)
    delegation = replace(await email_of_principal(cast, event_id, DELEGATED, 1), received_at=delegated_at)
    program = replace(await refusal_by_email(cast, event_id, written), received_at=came_at)
    for moment in MOMENTS:
        if moment == BETWEEN:
            await words(cast.fbi_alternate, "NO", NAMED_AT + 2 * HOUR)
        if moment == SINCE:
            await undo_no(NAMED_AT + 4 * HOUR)
        for email in (delegation, program):
            if email.received_at == moment:
                await take_email(email)
    assert await substitutes_coming(cast, event_id) == (frozenset() if written == 5 else {cast.fbi_alternate.member_id})


@pytest.mark.both_engines
async def test_a_no_from_before_they_undid_theirs_changes_nothing_and_keeps_the_time_of_the_reply(cast: Cast) -> None:
    event_id = await name_alternate(cast)
    before = await Reply.select(Reply.replied_at).where(Reply.substitute == cast.fbi_alternate.member_id)
    await words(cast.fbi_alternate, "NO", NAMED_AT + 2 * HOUR)
    await undo_no(NAMED_AT + 4 * HOUR)
    assert await take_email(await refusal_by_email(cast, event_id, 3)) == [ReplyOutcome.STALE]
    rows = await Reply.select(Reply.replied_at).where(Reply.substitute == cast.fbi_alternate.member_id)
    assert (rows, await waiting_count(cast, event_id)) == (2 * before, 0)


async def undo_no(at: datetime) -> None:
    """Undo the substitute's NO by the link in its confirmation."""
    [row] = await IncomingWords.select(IncomingWords.id)
    await item_emails.undo_emailed_change(row["id"], at, LINK)
