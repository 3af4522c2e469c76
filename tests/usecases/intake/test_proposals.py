"""A proposed time waits for those who lead the event, moves nothing, and is declined to its author alone."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cast import NOW, ZONE, Cast, operation
from tests.usecases.intake.replying import (
    APRIL,
    HOUR,
    LATER,
    MAY,
    MAYBE,
    TEN_IN_APRIL,
    TEN_IN_MAY,
    YES,
    email,
    invited,
    on,
    reply_of,
    said,
)
from tracker.errors import Conflict, Gone, NotFound
from tracker.rules.core.message_types import ProposalDeclined
from tracker.rules.core.outbox import Message
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.emails import DeclinedProposal, Email
from tracker.rules.events.plans import DateChange
from tracker.rules.events.replies import ReplyValue
from tracker.rules.intake.calendar_replies import ProposedTimes, ReplyOutcome, Sender
from tracker.rules.intake.item_emails import Proposal, ProposalState
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.intake import IncomingReply, TimeProposal
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails
from tracker.usecases.events import occurrences, scheduling
from tracker.usecases.intake import received_emails, unrecorded_replies
from tracker.usecases.intake.received_emails import take_email

pytestmark = pytest.mark.both_engines

ONE_IN_MAY = TEN_IN_MAY + 3 * HOUR


async def proposed(
    who: Viewer, event_id: UUID, starts: datetime = ONE_IN_MAY, value: ReplyValue | None = MAYBE, **facts: object
) -> ReplyOutcome:
    """Take a proposal of another time for May, and return what became of it as a reply."""
    of_email = {name: facts.pop(name) for name in ("sender",) if name in facts}
    times = ProposedTimes(starts=on(starts), ends=on(starts + HOUR))
    one = await said(who, event_id, value, **{"date": on(TEN_IN_MAY), "proposal": times, **facts})
    [outcome] = await take_email(await email(who, event_id, one, **of_email))
    return outcome


async def found(
    who: Viewer, event_id: UUID, key: str = MAY, now: datetime = LATER
) -> list[unrecorded_replies.JudgedProposal]:
    return await unrecorded_replies.recent_proposals(who, await occurrences.date_seen_by(who, event_id, key), now)


async def states(who: Viewer, event_id: UUID, key: str = MAY, now: datetime = LATER) -> list[ProposalState]:
    return [state for _, state in await found(who, event_id, key, now)]


async def waiting(cast: Cast) -> tuple[UUID, Proposal]:
    """Let the Bureau's lead propose one o'clock in May, and return the event and the proposal."""
    event_id = await invited(cast, is_series=True)
    await proposed(cast.fbi_lead, event_id, comment="Court until noon")
    [(one, state)] = await found(cast.coordinator, event_id)
    assert state is ProposalState.WAITING
    return event_id, one


async def move(cast: Cast, event_id: UUID, by: timedelta, key: str = MAY) -> None:
    date = await occurrences.date_seen_by(cast.coordinator, event_id, key)
    starts = date.original_start + by
    change = DateChange(starts=starts, duration=HOUR)
    await occurrences.change_occurrence(cast.coordinator, event_id, key, change, date.version, LATER)


async def letters(now: datetime) -> list[tuple[Message, Email]]:
    """Return the emails about proposals that are sent by then."""
    claimed = [
        one for one in await outbox.claim_messages("w", [], now, 99) if isinstance(one.content, ProposalDeclined)
    ]
    made = [(one, await emails.write_email(one, now, ZONE)) for one in claimed]
    return [(one, letter) for one, letter in made if isinstance(letter, Email)]


async def test_a_proposal_is_shown_with_its_times_and_comment_and_moves_nothing(cast: Cast) -> None:
    event_id, one = await waiting(cast)
    date = await occurrences.date_seen_by(cast.coordinator, event_id, MAY)
    assert (one.made.times, one.comment, one.received_at) == (
        (ONE_IN_MAY, ONE_IN_MAY + HOUR),
        "Court until noon",
        LATER,
    )
    assert one.made.was == one.now_at == (TEN_IN_MAY, date.ends_at)
    assert (date.starts_at, date.version) == (TEN_IN_MAY, 1)


async def test_a_proposal_records_the_reply_that_it_names_and_none_without_one(cast: Cast) -> None:
    event_id = await invited(cast, is_series=True)
    assert await proposed(cast.fbi_lead, event_id) is ReplyOutcome.RECORDED
    assert await reply_of(cast.fbi_lead, event_id, MAY) == (MAYBE, "email")
    assert await proposed(cast.kcpd_detective, event_id, value=None) is ReplyOutcome.PROPOSED
    assert await reply_of(cast.kcpd_detective, event_id, MAY) == (ReplyValue.NEEDS_ACTION, "")
    assert await states(cast.coordinator, event_id) == [ProposalState.WAITING] * 2


async def test_only_those_who_lead_the_event_see_its_proposals(cast: Cast) -> None:
    event_id, one = await waiting(cast)
    assert [line.key for line, _ in await unrecorded_replies.waiting_proposals(cast.coordinator, LATER)] == [MAY]
    for who in (cast.fbi_lead, cast.kcpd_detective):
        assert (await found(who, event_id), await unrecorded_replies.waiting_proposals(who, LATER)) == ([], [])
        with pytest.raises(NotFound):
            await unrecorded_replies.decline_proposal(who, one.id, "", LATER)


async def test_a_proposal_for_a_restricted_event_is_hidden_from_coordinators_who_are_not_on_it(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.hsi_liaison), NOW)
    date = await occurrences.nearest_date(cast.fbi_lead, event_id, NOW)
    moment = ProposedTimes(starts=on(date.starts_at + HOUR))
    await take_email(await email(cast.hsi_liaison, event_id, await said(cast.hsi_liaison, event_id, proposal=moment)))
    [(_, [one])] = await unrecorded_replies.waiting_proposals(cast.fbi_lead, LATER)
    assert await unrecorded_replies.waiting_proposals(cast.coordinator, LATER) == []
    with pytest.raises(NotFound):
        await unrecorded_replies.proposal_to_accept(cast.coordinator, one.id, LATER)


@pytest.mark.parametrize("by", [3 * HOUR, HOUR / 4])
async def test_moving_the_date_takes_up_or_outdates_a_proposal(cast: Cast, by: timedelta) -> None:
    event_id, one = await waiting(cast)
    await move(cast, event_id, by)
    taken = by == 3 * HOUR
    assert await states(cast.coordinator, event_id) == [ProposalState.TAKEN if taken else ProposalState.OUTDATED]
    with pytest.raises(Conflict):
        await unrecorded_replies.proposal_to_accept(cast.coordinator, one.id, LATER)


async def test_a_canceled_date_can_no_longer_be_moved_by_a_proposal(cast: Cast) -> None:
    event_id, one = await waiting(cast)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, MAY, 1, "", LATER)
    assert await states(cast.coordinator, event_id) == [ProposalState.CANCELED]
    with pytest.raises(Conflict):
        await unrecorded_replies.decline_proposal(cast.coordinator, one.id, "", LATER)


async def test_a_proposal_that_cannot_be_matched_waits_unseen(cast: Cast) -> None:
    event_id = await invited(cast, is_series=True)
    forged = Sender(address=cast.fbi_lead.email, is_verified=False)
    assert await proposed(cast.fbi_lead, event_id, sender=forged) is ReplyOutcome.UNMATCHED
    assert (await states(cast.coordinator, event_id), await TimeProposal.count()) == ([], 1)


async def test_a_declined_proposal_is_answered_to_its_author_alone_by_declinecounter(cast: Cast) -> None:
    event_id, one = await waiting(cast)
    await unrecorded_replies.decline_proposal(cast.coordinator, one.id, "The room is taken.", LATER)
    assert await states(cast.coordinator, event_id) == [ProposalState.DECLINED]
    [(message, letter)] = await letters(LATER + HOUR)
    assert message.recipient_id == cast.fbi_lead.member_id
    facts = {fact.name: fact.value for fact in letter.facts}
    assert facts["proposed_time"] == "Tuesday, May 11, 2027, 1:00\N{EN DASH}2:00 PM Central"
    assert (facts["note"], isinstance(letter.calendar, DeclinedProposal)) == ("The room is taken.", True)


async def test_declining_can_be_undone_until_the_email_leaves(cast: Cast) -> None:
    event_id, one = await waiting(cast)
    await unrecorded_replies.decline_proposal(cast.coordinator, one.id, "", LATER)
    for _ in range(2):
        await unrecorded_replies.undo_proposal_decline(cast.coordinator, one.id, LATER)
    assert await states(cast.coordinator, event_id) == [ProposalState.WAITING]
    assert await letters(LATER + HOUR) == []
    again = LATER + HOUR
    await unrecorded_replies.decline_proposal(cast.coordinator, one.id, "", again)
    assert len(await letters(again + HOUR)) == 1
    with pytest.raises(Gone):
        await unrecorded_replies.undo_proposal_decline(cast.coordinator, one.id, again)
    verbs = await AuditEntry.select(AuditEntry.verb).where(AuditEntry.verb.like("proposal%")).output(as_list=True)
    assert sorted(verbs) == ["proposal_decline_undone", "proposal_declined", "proposal_declined"]


async def test_the_same_proposal_in_another_email_is_one(cast: Cast) -> None:
    event_id = await invited(cast, is_series=True)
    await proposed(cast.fbi_lead, event_id)
    assert await proposed(cast.fbi_lead, event_id, sequence=0, comment="again") is ReplyOutcome.REPEATED
    assert await states(cast.coordinator, event_id) == [ProposalState.WAITING]


async def test_a_proposal_is_kept_as_long_as_its_date_is_ahead(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast, is_series=True)
    await proposed(cast.fbi_lead, event_id, value=None)
    later = NOW + timedelta(days=120)
    await received_emails.purge_received_emails(later)
    assert await states(cast.coordinator, event_id, now=later) == [ProposalState.WAITING]
    await received_emails.purge_received_emails(NOW + timedelta(days=730))
    assert await TimeProposal.count() == 0


PROPOSED = st.tuples(
    st.integers(1, 3),  # hours later
    st.sampled_from([None, MAYBE, YES]),
    st.sampled_from([TEN_IN_APRIL, TEN_IN_MAY]),
    st.integers(0, 5),  # DTSTAMP, in minutes
    st.integers(0, 1),  # SEQUENCE
)


@given(sent=st.lists(PROPOSED, min_size=2, max_size=5, unique_by=lambda one: one[2:4]), data=st.data())
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_order_and_any_repetition_leave_the_same_proposals(
    cast: Cast, sent: list[tuple[int, ReplyValue | None, datetime, int, int]], data: st.DataObject
) -> None:
    orders = [data.draw(st.permutations(sent)) for _ in range(2)]
    moves = [data.draw(st.integers(0, len(sent))) for _ in range(2)]
    ends = []
    for order, moved_before in zip(orders, moves, strict=True):
        await IncomingReply.delete(force=True)  # a sender has 60 emails taken in an hour
        event_id = await invited(cast, is_series=True)
        knew_of_it = [place for place, one in enumerate(order) if one[2] is TEN_IN_APRIL and one[4] == 1]
        for place, (hours, value, moment, minute, sequence) in enumerate([*order, *order[:2]]):
            if place == min([moved_before, *knew_of_it]):
                await move(cast, event_id, HOUR / 2, APRIL)
            facts = {"date": on(moment), "stamped_at": NOW + timedelta(minutes=minute), "sequence": sequence}
            await proposed(cast.fbi_lead, event_id, moment + hours * HOUR, value, **facts)
        every = [one for key in (APRIL, MAY) for one in await found(cast.coordinator, event_id, key)]
        replies = [await reply_of(cast.fbi_lead, event_id, key) for key in (APRIL, MAY)]
        ends.append((sorted((one.made.times, one.made.made_at, state) for one, state in every), replies))
    assert ends[0] == ends[1]
