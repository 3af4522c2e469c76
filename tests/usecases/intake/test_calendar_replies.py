"""What calendar programs reply by email: it counts once, tasks as well as events; a proposed time waits."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, meeting, operation
from tests.database.statements import noted
from tests.usecases.actions.world import assign_item
from tests.usecases.intake.replying import (
    APRIL,
    HOUR,
    LATER,
    MAY,
    MAYBE,
    NO,
    STRANGER,
    TEN_IN_APRIL,
    TEN_IN_MAY,
    YES,
    calendar_reply,
    date_named,
    email_with_replies,
    reply_and_source,
    schedule_invited,
    take_reply,
)
from tests.usecases.intake.world import item_called, item_history
from tests.usecases.intake.writing_back import email_about_item
from tracker.database import writing
from tracker.errors import Conflict, Gone, NotFound
from tracker.rules.actions import ItemStatus
from tracker.rules.core.message_types import AnswerOutcome, AnswerWord, ProposalDeclined
from tracker.rules.core.outbox import Message as OutboxMessage
from tracker.rules.core.viewers import Origin, Status, Viewer
from tracker.rules.emails.emails import DeclinedProposal, Email
from tracker.rules.events.plans import DateChange
from tracker.rules.events.replies import ReplyValue
from tracker.rules.intake.calendar_replies import DateNamed, Mismatch, ProposedTimes, ReplyOutcome, Sender, TaskReply
from tracker.rules.intake.item_emails import Proposal, ProposalState
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.intake import IncomingReply, TimeProposal
from tracker.tables.schema.roster import Member
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails
from tracker.usecases.events import occurrences, replies, scheduling
from tracker.usecases.intake import received_emails, unrecorded_replies
from tracker.usecases.intake.received_emails import take_email
from tracker.usecases.roster import known_people


async def only_misfit() -> Mismatch:
    [row] = await IncomingReply.select(IncomingReply.misfit)
    return Mismatch(row["misfit"])


@pytest.mark.both_engines
async def test_a_yes_is_recorded_with_its_note_and_how_it_came(cast: Cast) -> None:
    event_id = await schedule_invited(cast)
    assert await take_reply(cast.fbi_lead, event_id, comment="Late by ten") is ReplyOutcome.RECORDED
    assert await reply_and_source(cast.fbi_lead, event_id) == (YES, "email")


@pytest.mark.both_engines
async def test_a_reply_takes_four_trips_to_the_database(sqlite_cast: Cast) -> None:
    event_id = await schedule_invited(sqlite_cast)
    email = await email_with_replies(
        sqlite_cast.fbi_lead, event_id, await calendar_reply(sqlite_cast.fbi_lead, event_id)
    )
    with noted() as statements:
        assert await take_email(email) == [ReplyOutcome.RECORDED]
    assert statements.trips == 4


@pytest.mark.both_engines
async def test_one_date_of_a_series_is_declined_alone(cast: Cast) -> None:
    event_id = await schedule_invited(cast, is_series=True)
    await take_reply(cast.fbi_lead, event_id)
    assert await take_reply(cast.fbi_lead, event_id, NO, date=date_named(TEN_IN_MAY)) is ReplyOutcome.RECORDED
    assert await reply_and_source(cast.fbi_lead, event_id, MAY) == (NO, "email")
    assert await reply_and_source(cast.fbi_lead, event_id, APRIL) == (YES, "email")


@pytest.mark.both_engines
@pytest.mark.parametrize(
    "date",
    [
        DateNamed(moment=None, local=datetime(2027, 5, 11), is_day=True),  # noqa: DTZ001 - local to the event's zone
        DateNamed(moment=None, local=datetime(2027, 5, 11, 10)),  # noqa: DTZ001 - local to the event's zone
    ],
)
async def test_a_date_is_found_by_its_day_and_by_its_local_time(cast: Cast, date: DateNamed) -> None:
    event_id = await schedule_invited(cast, is_series=True)
    assert await take_reply(cast.fbi_lead, event_id, NO, date=date) is ReplyOutcome.RECORDED
    assert await reply_and_source(cast.fbi_lead, event_id, MAY) == (NO, "email")


@pytest.mark.both_engines
async def test_the_same_email_again_changes_nothing(cast: Cast) -> None:
    event_id = await schedule_invited(cast)
    email = await email_with_replies(cast.fbi_lead, event_id, await calendar_reply(cast.fbi_lead, event_id))
    assert (await take_email(email), await take_email(email)) == ([ReplyOutcome.RECORDED], [ReplyOutcome.REPEATED])
    assert await IncomingReply.count() == 1


@pytest.mark.both_engines
async def test_the_same_reply_in_another_email_is_a_repetition(cast: Cast) -> None:
    event_id = await schedule_invited(cast)
    reply = await calendar_reply(cast.fbi_lead, event_id)
    first = await take_email(await email_with_replies(cast.fbi_lead, event_id, reply, name="1" * 64))
    second = await take_email(await email_with_replies(cast.fbi_lead, event_id, reply, name="2" * 64))
    assert (first, second) == ([ReplyOutcome.RECORDED], [ReplyOutcome.REPEATED])


@pytest.mark.both_engines
async def test_an_older_reply_that_comes_later_is_stale(cast: Cast) -> None:
    event_id = await schedule_invited(cast)
    await take_reply(cast.fbi_lead, event_id, NO, stamped_at=NOW + 2 * HOUR)
    assert await take_reply(cast.fbi_lead, event_id, YES) is ReplyOutcome.STALE
    assert (await reply_and_source(cast.fbi_lead, event_id))[0] is NO


@pytest.mark.both_engines
async def test_a_reply_on_the_site_is_not_undone_by_an_older_email(cast: Cast) -> None:
    event_id = await schedule_invited(cast)
    date = await occurrences.nearest_date(cast.fbi_lead, event_id, NOW)
    await replies.record_own_reply(cast.fbi_lead, event_id, date.key, NO, "", NOW + 2 * HOUR, for_series=False)
    assert await take_reply(cast.fbi_lead, event_id) is ReplyOutcome.STALE
    assert await take_reply(cast.fbi_lead, event_id, MAYBE, stamped_at=NOW + 3 * HOUR) is ReplyOutcome.RECORDED


@pytest.mark.both_engines
async def test_a_reply_to_a_time_that_has_changed_does_not_count(cast: Cast) -> None:
    event_id = await schedule_invited(cast, is_series=True)
    moved = DateChange(starts=datetime(2027, 4, 15, 13), duration=timedelta(minutes=90))  # noqa: DTZ001 - local
    await occurrences.change_occurrence(cast.coordinator, event_id, APRIL, moved, 1, NOW + HOUR)
    assert await take_reply(cast.fbi_lead, event_id, date=date_named(TEN_IN_APRIL)) is ReplyOutcome.OLD_TIME
    assert (await reply_and_source(cast.fbi_lead, event_id, APRIL))[0] is ReplyValue.NEEDS_ACTION
    assert await take_reply(cast.fbi_lead, event_id, date=date_named(TEN_IN_APRIL), sequence=1) is ReplyOutcome.RECORDED


@pytest.mark.both_engines
async def test_a_yes_to_the_series_does_not_count_for_a_date_that_moved(cast: Cast) -> None:
    event_id = await schedule_invited(cast, is_series=True)
    await take_reply(cast.fbi_lead, event_id, date=date_named(TEN_IN_APRIL))
    moved = DateChange(starts=datetime(2027, 4, 15, 13), duration=timedelta(minutes=90))  # noqa: DTZ001 - local
    await occurrences.change_occurrence(cast.coordinator, event_id, APRIL, moved, 1, NOW + HOUR)
    assert await take_reply(cast.fbi_lead, event_id) is ReplyOutcome.RECORDED
    assert (await reply_and_source(cast.fbi_lead, event_id, APRIL))[0] is ReplyValue.NEEDS_ACTION
    assert (await reply_and_source(cast.fbi_lead, event_id, MAY))[0] is YES


@pytest.mark.both_engines
async def test_a_reply_without_a_sequence_counts_by_its_time(cast: Cast) -> None:
    event_id = await schedule_invited(cast)
    await take_reply(cast.fbi_lead, event_id, NO, sequence=None)
    assert (
        await take_reply(cast.fbi_lead, event_id, YES, sequence=None, stamped_at=NOW + 2 * HOUR)
        is ReplyOutcome.RECORDED
    )


@pytest.mark.both_engines
async def test_a_clock_of_the_future_does_not_outlast_the_next_reply(cast: Cast) -> None:
    event_id = await schedule_invited(cast)
    reply = await calendar_reply(cast.fbi_lead, event_id, NO, stamped_at=NOW + timedelta(days=900))
    await take_email(await email_with_replies(cast.fbi_lead, event_id, reply))
    other = await calendar_reply(cast.fbi_lead, event_id, YES, stamped_at=LATER + HOUR)
    after = await email_with_replies(cast.fbi_lead, event_id, other, name="2" * 64, received_at=LATER + HOUR)
    assert await take_email(after) == [ReplyOutcome.RECORDED]


@pytest.mark.both_engines
@pytest.mark.parametrize(
    ("of_email", "of_reply", "expected"),
    [
        ({"sender": Sender(address=STRANGER, is_verified=True)}, {}, Mismatch.OTHER_SENDER),
        ({"sender": Sender(address="fbi_lead@fbi.example", is_verified=False)}, {}, Mismatch.UNVERIFIED),
        ({}, {"attendee": "fbi_alternate@fbi.example"}, Mismatch.OTHER_ATTENDEE),
        ({}, {"attendee": ""}, Mismatch.OTHER_ATTENDEE),
        ({}, {"uid": "another@tracker.example"}, Mismatch.NO_INVITATION),
        ({}, {"proposal": ProposedTimes(starts=date_named(TEN_IN_MAY)), "value": MAYBE}, Mismatch.PROPOSAL),
        ({}, {"value": None}, Mismatch.NO_REPLY),
        ({}, {"date": date_named(TEN_IN_MAY + HOUR)}, Mismatch.OTHER_DATE),
        ({"replies": ()}, {}, Mismatch.NO_REPLY),
        ({"invitation_id": None}, {}, Mismatch.NO_ADDRESS),
        ({"invitation_id": UUID(int=7)}, {}, Mismatch.NO_INVITATION),
    ],
)
async def test_what_is_not_the_invited_person_s_waits_and_changes_nothing(
    sqlite_cast: Cast, of_email: dict[str, object], of_reply: dict[str, object], expected: Mismatch
) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast, is_series=True)
    reply = await calendar_reply(cast.fbi_lead, event_id, **of_reply)
    assert await take_email(await email_with_replies(cast.fbi_lead, event_id, reply, **of_email)) == [
        ReplyOutcome.UNMATCHED
    ]
    assert await only_misfit() is expected
    assert await reply_and_source(cast.fbi_lead, event_id) == (ReplyValue.NEEDS_ACTION, "")


@pytest.mark.both_engines
async def test_nothing_is_kept_of_an_email_to_an_unknown_address_but_its_sender(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast)
    reply = await calendar_reply(cast.fbi_lead, event_id, comment="A secret")
    await take_email(await email_with_replies(cast.fbi_lead, event_id, reply, invitation_id=None))
    [row] = await IncomingReply.select()
    assert (row["comment"], row["reply"], row["invitation"]) == ("", None, None)


@pytest.mark.both_engines
async def test_someone_who_may_no_longer_see_the_event_is_a_stranger(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.hsi_liaison), NOW)
    reply = await calendar_reply(cast.hsi_liaison, event_id)
    ready = await email_with_replies(cast.hsi_liaison, event_id, reply)
    event, plan = await scheduling.plan_to_change(cast.fbi_lead, event_id)
    await scheduling.change_event(
        cast.fbi_lead, event_id, replace(plan, invitees=meeting(cast.ipd_liaison).invitees), event.version, NOW
    )
    assert (await take_email(ready), await only_misfit()) == ([ReplyOutcome.UNMATCHED], Mismatch.NO_INVITATION)


@pytest.mark.both_engines
async def test_someone_who_left_the_task_force_is_a_stranger(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast)
    ready = await email_with_replies(cast.fbi_lead, event_id, await calendar_reply(cast.fbi_lead, event_id))
    async with writing():
        await Member.update({Member.status: Status.DEPARTED}).where(Member.id == cast.fbi_lead.member_id)
    assert (await take_email(ready), await only_misfit()) == ([ReplyOutcome.UNMATCHED], Mismatch.NO_INVITATION)


@pytest.mark.both_engines
@pytest.mark.parametrize(
    ("facts", "expected"),
    [({"is_automatic": True}, ReplyOutcome.IGNORED), ({"is_readable": False}, ReplyOutcome.UNREADABLE)],
)
async def test_what_a_machine_wrote_or_no_one_can_read_is_noted(
    sqlite_cast: Cast, facts: dict[str, object], expected: ReplyOutcome
) -> None:
    event_id = await schedule_invited(sqlite_cast)
    reply = await calendar_reply(sqlite_cast.fbi_lead, event_id)
    assert await take_email(await email_with_replies(sqlite_cast.fbi_lead, event_id, reply, **facts)) == [expected]


@pytest.mark.both_engines
async def test_a_reply_to_a_canceled_date_is_closed(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast, is_series=True)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, MAY, 1, "", NOW)
    assert await take_reply(cast.fbi_lead, event_id, date=date_named(TEN_IN_MAY), sequence=1) is ReplyOutcome.CLOSED


@pytest.mark.both_engines
async def test_both_replies_of_one_email_count(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast, is_series=True)
    both = [
        await calendar_reply(cast.fbi_lead, event_id),
        await calendar_reply(cast.fbi_lead, event_id, NO, date=date_named(TEN_IN_MAY)),
    ]
    assert await take_email(await email_with_replies(cast.fbi_lead, event_id, *both)) == [ReplyOutcome.RECORDED] * 2
    assert [(await reply_and_source(cast.fbi_lead, event_id, key))[0] for key in (APRIL, MAY)] == [YES, NO]


SAID = st.tuples(
    st.sampled_from([YES, MAYBE, NO]), st.sampled_from([None, TEN_IN_APRIL, TEN_IN_MAY]), st.integers(0, 5)
)


@pytest.mark.both_engines
@pytest.mark.both_engines
@given(said_before=st.lists(SAID, min_size=2, max_size=6, unique_by=lambda proposal: proposal[1:]), data=st.data())
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_order_and_any_repetition_end_in_the_same_state(
    cast: Cast, said_before: list[tuple[ReplyValue, datetime | None, int]], data: st.DataObject
) -> None:
    orders = [data.draw(st.permutations(said_before)) for _ in range(2)]
    ends = []
    for order in orders:
        await IncomingReply.delete(force=True)  # a sender has 60 emails taken in an hour
        event_id = await schedule_invited(cast, is_series=True)
        for value, moment, minute in [*order, *order[:2]]:
            date = date_named(moment) if moment else None
            await take_reply(cast.fbi_lead, event_id, value, date=date, stamped_at=NOW + timedelta(minutes=minute))
        ends.append([(await reply_and_source(cast.fbi_lead, event_id, key))[0] for key in ("2027-03-09", APRIL, MAY)])
    assert ends[0] == ends[1]


@pytest.mark.both_engines
async def test_an_administrator_sees_who_sent_an_email_that_leads_nowhere_and_nothing_of_others(
    sqlite_cast: Cast,
) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast)
    reply = await calendar_reply(cast.fbi_lead, event_id, comment="A secret")
    await take_email(await email_with_replies(cast.fbi_lead, event_id, reply, name="1" * 64, invitation_id=None))
    await take_email(await email_with_replies(cast.fbi_lead, event_id, reply, name="2" * 64, invitation_id=UUID(int=7)))
    await take_email(await email_with_replies(cast.fbi_lead, event_id, reply, name="3" * 64, is_readable=False))
    seen = await received_emails.stray_emails(cast.administrator)
    assert [(shown.sender, shown.is_readable) for shown in seen] in (
        [(cast.fbi_lead.email, True), ("", False)],
        [("", False), (cast.fbi_lead.email, True)],
    )
    assert await received_emails.stray_emails(cast.fbi_lead) == []


@pytest.mark.both_engines
async def test_the_uid_of_an_operation_is_kept_as_a_random_one_is(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast)
    operation_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.hsi_liaison), NOW)
    secret = await scheduling.event_seen_by(cast.hsi_liaison, operation_id)
    kept = []
    for number, uid in enumerate((secret.uid, "9a0c@tracker.example")):
        reply = await calendar_reply(cast.kcpd_detective, event_id, uid=uid)
        await take_email(await email_with_replies(cast.kcpd_detective, event_id, reply, name=str(number) * 64))
        [row] = await IncomingReply.select().where(IncomingReply.email_hash == str(number) * 64)
        kept.append({name: value for name, value in row.items() if name not in ("id", "email_hash")})
    assert kept[0] == kept[1]


@pytest.mark.both_engines
async def test_a_reply_from_an_address_that_the_person_confirmed_counts_as_theirs(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast)
    await known_people.add_alias(cast.fbi_lead, "fbi+cal@fbi.example", NOW)
    sender = Sender(address="fbi+cal@fbi.example", is_verified=True)
    first = await email_with_replies(
        cast.fbi_lead, event_id, await calendar_reply(cast.fbi_lead, event_id), sender=sender
    )
    assert await take_email(first) == [ReplyOutcome.UNMATCHED]
    [alias] = await known_people.aliases_of(cast.fbi_lead)
    await known_people.confirm_alias(alias.id, NOW, Origin("link"))
    assert await take_email(replace(first, name="2" * 64)) == [ReplyOutcome.RECORDED]
    reply = await calendar_reply(cast.fbi_lead, event_id, NO, attendee="fbi+cal@fbi.example", stamped_at=NOW + 2 * HOUR)
    assert await take_email(await email_with_replies(cast.fbi_lead, event_id, reply, sender=sender)) == [
        ReplyOutcome.RECORDED
    ]


async def reply_to_task(cast: Cast, reference: str, word: AnswerWord | None, **facts: str) -> AnswerOutcome:
    """Take what the program of the advocates' lead sends; `facts` replace what it says."""
    said = {"uid": (await item_called(cast, reference)).uid, "attendee": "caht_lead@caht.example", **facts}
    task = TaskReply(word=word, comment=said.pop("comment", ""), uid=said["uid"], attendee=said["attendee"])
    [outcome] = await received_emails.take_email(
        await email_about_item(cast.caht_lead, "BLOCKED by a text that no one wrote", task=task)
    )
    return AnswerOutcome(outcome)


async def test_a_task_that_is_done_closes_the_item_and_is_confirmed(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    assert await reply_to_task(cast, reference, AnswerWord.DONE, comment="Sent it to all.") is AnswerOutcome.RECORDED
    assert await item_history(cast, reference) == [("email", "Open → Done, 100%", "Sent it to all.")]
    assert await Message.count().where(Message.kind == "email_answered") == 1


async def test_a_task_that_someone_works_on_is_in_progress(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    assert await reply_to_task(cast, reference, AnswerWord.IN_PROGRESS) is AnswerOutcome.RECORDED
    assert (await item_called(cast, reference)).status is ItemStatus.IN_PROGRESS


async def test_a_program_that_says_nothing_new_of_a_task_is_noted_and_gets_no_email(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    before = await Message.count()
    assert await reply_to_task(cast, reference, None, comment="Accepted") is AnswerOutcome.IGNORED
    assert ((await item_called(cast, reference)).version, await Message.count()) == (1, before)


@pytest.mark.parametrize("facts", [{"uid": "another@tracker.example"}, {"attendee": "hsi_liaison@hsi.example"}])
async def test_a_reply_about_another_task_or_of_another_person_changes_nothing(
    sqlite_cast: Cast, facts: dict[str, str]
) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    assert await reply_to_task(cast, reference, AnswerWord.DONE, **facts) is AnswerOutcome.UNMATCHED
    assert (await item_called(cast, reference)).is_open


async def test_a_forged_reply_about_a_task_changes_nothing(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference = await assign_item(cast.coordinator, cast.caht_lead)
    task = TaskReply(uid=(await item_called(cast, reference)).uid, attendee="", word=AnswerWord.DONE)
    forged = Sender(address=cast.caht_lead.email, is_verified=False)
    assert await received_emails.take_email(await email_about_item(cast.caht_lead, "", task=task, sender=forged)) == [
        AnswerOutcome.UNMATCHED
    ]
    assert (await item_called(cast, reference)).is_open


async def test_a_reply_that_names_a_further_address_of_the_owner_counts(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    reference, address = await assign_item(cast.coordinator, cast.caht_lead), "caht_lead+cal@caht.example"
    await known_people.add_alias(cast.caht_lead, address, NOW)
    [added] = await known_people.aliases_of(cast.caht_lead)
    await known_people.confirm_alias(added.id, NOW, Origin("link"))
    assert await reply_to_task(cast, reference, AnswerWord.DONE, attendee=address) is AnswerOutcome.RECORDED


ONE_IN_MAY = TEN_IN_MAY + 3 * HOUR


async def propose_time(
    who: Viewer, event_id: UUID, starts: datetime = ONE_IN_MAY, value: ReplyValue | None = MAYBE, **facts: object
) -> ReplyOutcome:
    """Take a proposal of another time for May, and return what became of it as a reply."""
    of_email = {name: facts.pop(name) for name in ("sender",) if name in facts}
    times = ProposedTimes(starts=date_named(starts), ends=date_named(starts + HOUR))
    reply = await calendar_reply(who, event_id, value, **{"date": date_named(TEN_IN_MAY), "proposal": times, **facts})
    [outcome] = await take_email(await email_with_replies(who, event_id, reply, **of_email))
    return outcome


async def judged_proposals(
    who: Viewer, event_id: UUID, key: str = MAY, now: datetime = LATER
) -> list[unrecorded_replies.JudgedProposal]:
    return await unrecorded_replies.recent_proposals(who, await occurrences.date_seen_by(who, event_id, key), now)


async def proposal_states(who: Viewer, event_id: UUID, key: str = MAY, now: datetime = LATER) -> list[ProposalState]:
    return [state for _, state in await judged_proposals(who, event_id, key, now)]


async def propose_and_wait(cast: Cast) -> tuple[UUID, Proposal]:
    """Let the Bureau's lead propose one o'clock in May, and return the event and the proposal."""
    event_id = await schedule_invited(cast, is_series=True)
    await propose_time(cast.fbi_lead, event_id, comment="Court until noon")
    [(proposal, state)] = await judged_proposals(cast.coordinator, event_id)
    assert state is ProposalState.WAITING
    return event_id, proposal


async def move_date(cast: Cast, event_id: UUID, by: timedelta, key: str = MAY) -> None:
    date = await occurrences.date_seen_by(cast.coordinator, event_id, key)
    starts = date.original_start + by
    change = DateChange(starts=starts, duration=HOUR)
    await occurrences.change_occurrence(cast.coordinator, event_id, key, change, date.version, LATER)


async def emails_of_refusal(now: datetime) -> list[tuple[OutboxMessage, Email]]:
    """Return the emails about proposals that are sent by then."""
    claimed = [
        message
        for message in await outbox.claim_messages("w", [], now, 99)
        if isinstance(message.content, ProposalDeclined)
    ]
    made = [(one, await emails.write_email(one, now, ZONE)) for one in claimed]
    return [(one, letter) for one, letter in made if isinstance(letter, Email)]


@pytest.mark.both_engines
async def test_a_proposal_is_shown_with_its_times_and_comment_and_moves_nothing(cast: Cast) -> None:
    event_id, proposal = await propose_and_wait(cast)
    date = await occurrences.date_seen_by(cast.coordinator, event_id, MAY)
    assert (proposal.made.times, proposal.comment, proposal.received_at) == (
        (ONE_IN_MAY, ONE_IN_MAY + HOUR),
        "Court until noon",
        LATER,
    )
    assert proposal.made.was == proposal.now_at == (TEN_IN_MAY, date.ends_at)
    assert (date.starts_at, date.version) == (TEN_IN_MAY, 1)


@pytest.mark.both_engines
async def test_a_proposal_records_the_reply_that_it_names_and_none_without_one(cast: Cast) -> None:
    event_id = await schedule_invited(cast, is_series=True)
    assert await propose_time(cast.fbi_lead, event_id) is ReplyOutcome.RECORDED
    assert await reply_and_source(cast.fbi_lead, event_id, MAY) == (MAYBE, "email")
    assert await propose_time(cast.kcpd_detective, event_id, value=None) is ReplyOutcome.PROPOSED
    assert await reply_and_source(cast.kcpd_detective, event_id, MAY) == (ReplyValue.NEEDS_ACTION, "")
    assert await proposal_states(cast.coordinator, event_id) == [ProposalState.WAITING] * 2


@pytest.mark.both_engines
async def test_only_those_who_lead_the_event_see_its_proposals(cast: Cast) -> None:
    event_id, proposal = await propose_and_wait(cast)
    assert [line.key for line, _ in await unrecorded_replies.waiting_proposals(cast.coordinator, LATER)] == [MAY]
    for who in (cast.fbi_lead, cast.kcpd_detective):
        assert (await judged_proposals(who, event_id), await unrecorded_replies.waiting_proposals(who, LATER)) == (
            [],
            [],
        )
        with pytest.raises(NotFound):
            await unrecorded_replies.decline_proposal(who, proposal.id, "", LATER)


@pytest.mark.both_engines
async def test_a_proposal_for_a_restricted_event_is_hidden_from_coordinators_who_are_not_on_it(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.hsi_liaison), NOW)
    date = await occurrences.nearest_date(cast.fbi_lead, event_id, NOW)
    moment = ProposedTimes(starts=date_named(date.starts_at + HOUR))
    await take_email(
        await email_with_replies(
            cast.hsi_liaison, event_id, await calendar_reply(cast.hsi_liaison, event_id, proposal=moment)
        )
    )
    [(_, [proposal])] = await unrecorded_replies.waiting_proposals(cast.fbi_lead, LATER)
    assert await unrecorded_replies.waiting_proposals(cast.coordinator, LATER) == []
    with pytest.raises(NotFound):
        await unrecorded_replies.proposal_to_accept(cast.coordinator, proposal.id, LATER)


@pytest.mark.both_engines
@pytest.mark.parametrize("by", [3 * HOUR, HOUR / 4])
async def test_moving_the_date_takes_up_or_outdates_a_proposal(cast: Cast, by: timedelta) -> None:
    event_id, proposal = await propose_and_wait(cast)
    await move_date(cast, event_id, by)
    taken = by == 3 * HOUR
    assert await proposal_states(cast.coordinator, event_id) == [
        ProposalState.TAKEN if taken else ProposalState.OUTDATED
    ]
    with pytest.raises(Conflict):
        await unrecorded_replies.proposal_to_accept(cast.coordinator, proposal.id, LATER)


@pytest.mark.both_engines
async def test_a_canceled_date_can_no_longer_be_moved_by_a_proposal(cast: Cast) -> None:
    event_id, proposal = await propose_and_wait(cast)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, MAY, 1, "", LATER)
    assert await proposal_states(cast.coordinator, event_id) == [ProposalState.CANCELED]
    with pytest.raises(Conflict):
        await unrecorded_replies.decline_proposal(cast.coordinator, proposal.id, "", LATER)


@pytest.mark.both_engines
async def test_a_proposal_that_cannot_be_matched_waits_unseen(cast: Cast) -> None:
    event_id = await schedule_invited(cast, is_series=True)
    forged = Sender(address=cast.fbi_lead.email, is_verified=False)
    assert await propose_time(cast.fbi_lead, event_id, sender=forged) is ReplyOutcome.UNMATCHED
    assert (await proposal_states(cast.coordinator, event_id), await TimeProposal.count()) == ([], 1)


@pytest.mark.both_engines
async def test_a_declined_proposal_is_answered_to_its_author_alone_by_declinecounter(cast: Cast) -> None:
    event_id, proposal = await propose_and_wait(cast)
    await unrecorded_replies.decline_proposal(cast.coordinator, proposal.id, "The room is taken.", LATER)
    assert await proposal_states(cast.coordinator, event_id) == [ProposalState.DECLINED]
    [(message, letter)] = await emails_of_refusal(LATER + HOUR)
    assert message.recipient_id == cast.fbi_lead.member_id
    facts = {fact.name: fact.value for fact in letter.facts}
    assert facts["proposed_time"] == "Tuesday, May 11, 2027, 1:00\N{EN DASH}2:00 PM Central"
    assert (facts["note"], isinstance(letter.calendar, DeclinedProposal)) == ("The room is taken.", True)


@pytest.mark.both_engines
async def test_declining_can_be_undone_until_the_email_leaves(cast: Cast) -> None:
    event_id, proposal = await propose_and_wait(cast)
    await unrecorded_replies.decline_proposal(cast.coordinator, proposal.id, "", LATER)
    for _ in range(2):
        await unrecorded_replies.undo_proposal_decline(cast.coordinator, proposal.id, LATER)
    assert await proposal_states(cast.coordinator, event_id) == [ProposalState.WAITING]
    assert await emails_of_refusal(LATER + HOUR) == []
    again = LATER + HOUR
    await unrecorded_replies.decline_proposal(cast.coordinator, proposal.id, "", again)
    assert len(await emails_of_refusal(again + HOUR)) == 1
    with pytest.raises(Gone):
        await unrecorded_replies.undo_proposal_decline(cast.coordinator, proposal.id, again)
    verbs = await AuditEntry.select(AuditEntry.verb).where(AuditEntry.verb.like("proposal%")).output(as_list=True)
    assert sorted(verbs) == ["proposal_decline_undone", "proposal_declined", "proposal_declined"]


@pytest.mark.both_engines
async def test_the_same_proposal_in_another_email_is_one(cast: Cast) -> None:
    event_id = await schedule_invited(cast, is_series=True)
    await propose_time(cast.fbi_lead, event_id)
    assert await propose_time(cast.fbi_lead, event_id, sequence=0, comment="again") is ReplyOutcome.REPEATED
    assert await proposal_states(cast.coordinator, event_id) == [ProposalState.WAITING]


@pytest.mark.both_engines
async def test_a_proposal_is_kept_as_long_as_its_date_is_ahead(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast, is_series=True)
    await propose_time(cast.fbi_lead, event_id, value=None)
    later = NOW + timedelta(days=120)
    await received_emails.purge_received_emails(later)
    assert await proposal_states(cast.coordinator, event_id, now=later) == [ProposalState.WAITING]
    await received_emails.purge_received_emails(NOW + timedelta(days=730))
    assert await TimeProposal.count() == 0


PROPOSED = st.tuples(
    st.integers(1, 3),  # hours later
    st.sampled_from([None, MAYBE, YES]),
    st.sampled_from([TEN_IN_APRIL, TEN_IN_MAY]),
    st.integers(0, 5),  # DTSTAMP, in minutes
    st.integers(0, 1),  # SEQUENCE
)


@pytest.mark.both_engines
@given(sent=st.lists(PROPOSED, min_size=2, max_size=5, unique_by=lambda proposal: proposal[2:4]), data=st.data())
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_order_and_any_repetition_leave_the_same_proposals(
    cast: Cast, sent: list[tuple[int, ReplyValue | None, datetime, int, int]], data: st.DataObject
) -> None:
    orders = [data.draw(st.permutations(sent)) for _ in range(2)]
    moves = [data.draw(st.integers(0, len(sent))) for _ in range(2)]
    ends = []
    for order, moved_before in zip(orders, moves, strict=True):
        await IncomingReply.delete(force=True)  # a sender has 60 emails taken in an hour
        event_id = await schedule_invited(cast, is_series=True)
        knew_of_it = [place for place, one in enumerate(order) if one[2] is TEN_IN_APRIL and one[4] == 1]
        for place, (hours, value, moment, minute, sequence) in enumerate([*order, *order[:2]]):
            if place == min([moved_before, *knew_of_it]):
                await move_date(cast, event_id, HOUR / 2, APRIL)
            facts = {"date": date_named(moment), "stamped_at": NOW + timedelta(minutes=minute), "sequence": sequence}
            await propose_time(cast.fbi_lead, event_id, moment + hours * HOUR, value, **facts)
        every = [judged for key in (APRIL, MAY) for judged in await judged_proposals(cast.coordinator, event_id, key)]
        replies = [await reply_and_source(cast.fbi_lead, event_id, key) for key in (APRIL, MAY)]
        ends.append((sorted((one.made.times, one.made.made_at, state) for one, state in every), replies))
    assert ends[0] == ends[1]
