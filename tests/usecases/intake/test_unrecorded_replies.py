"""Emails that could not be matched wait for the people who lead the event, until nothing is left to decide."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting
from tests.usecases.intake.replying import (
    APRIL,
    DECIDED_AT,
    FIRST_KEY,
    HOUR,
    LATER,
    MAYBE,
    NO,
    PRIVATE_OF_BUREAU,
    STRANGER,
    TEN_IN_APRIL,
    YES,
    calendar_reply,
    date_named,
    email_with_replies,
    emails_of_date,
    reply_and_source,
    reply_from_private_address,
    reply_to_forwarded_invitation,
    schedule_invited,
    waiting_replies,
)
from tests.usecases.intake.world import (
    FIRST_DATE,
    HOUR_LATER,
    insert_third_holder,
    name_same_substitute,
    schedule_for_committee,
    send_due,
    undo_newest_change,
)
from tests.usecases.intake.world import write_back as wrote
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core.viewers import Origin, Viewer, Visibility
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import DateChange
from tracker.rules.events.replies import ReplyValue
from tracker.rules.intake.calendar_replies import (
    BECAUSE,
    CalendarReply,
    ProposedTimes,
    ReplyOutcome,
    Sender,
    Settled,
    WaitingReply,
)
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.intake import IncomingReply
from tracker.usecases.events import occurrences, recorded_replies, replies, scheduling
from tracker.usecases.events.recorded_replies import record_reply_for
from tracker.usecases.intake import unrecorded_replies
from tracker.usecases.intake.item_emails import waiting_emails
from tracker.usecases.intake.received_emails import take_email
from tracker.usecases.roster import known_people
from tracker.usecases.views.event_page import view_event


async def test_an_attached_email_is_the_person_s_reply_and_names_who_attached_it(cast: Cast) -> None:
    event_id = await schedule_invited(cast)
    row = await reply_from_private_address(cast, event_id, comment="Late by ten")
    [before] = await waiting_replies(cast, event_id)
    assert (before.person_id, before.is_attachable) == (cast.fbi_lead.member_id, True)
    await unrecorded_replies.attach_reply(cast.coordinator, event_id, FIRST_KEY, row, before.person_id, DECIDED_AT)
    view = await view_event(cast.coordinator, event_id, FIRST_KEY, DECIDED_AT)
    [shown] = [one for one in view.named if one.name == "Fbi lead"]
    assert (shown.reply, shown.comment, shown.source, shown.replied_at) == (YES, "Late by ten", "email", LATER)
    assert shown.entered_by == "Coordinator (USAO)"


async def test_an_older_reply_that_came_late_is_listed_and_waits_for_no_decision(cast: Cast) -> None:
    event_id = await schedule_invited(cast)
    await take_email(
        await email_with_replies(
            cast.fbi_lead, event_id, await calendar_reply(cast.fbi_lead, event_id, NO, stamped_at=NOW + 2 * HOUR)
        )
    )
    assert await take_email(
        await email_with_replies(cast.fbi_lead, event_id, await calendar_reply(cast.fbi_lead, event_id))
    ) == [ReplyOutcome.STALE]
    [shown] = await waiting_replies(cast, event_id)
    assert (shown.reply.waits, shown.is_attachable) == (False, False)
    assert shown.reply.why == BECAUSE[Settled.REPLIED]
    with pytest.raises(Conflict):
        await unrecorded_replies.dismiss_reply(cast.coordinator, event_id, FIRST_KEY, shown.reply.id, DECIDED_AT)


async def test_it_is_in_the_audit_log_and_nothing_is_sent(cast: Cast) -> None:
    event_id = await schedule_invited(cast)
    row = await reply_from_private_address(cast, event_id)
    queued = await Message.count()
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FIRST_KEY, row, cast.fbi_lead.member_id, DECIDED_AT
    )
    assert await AuditEntry.exists().where(AuditEntry.verb == "reply_attached")
    assert await Message.count() == queued


async def test_undo_lets_the_email_wait_again_and_the_earlier_reply_count(cast: Cast) -> None:
    event_id = await schedule_invited(cast)
    await replies.record_own_reply(cast.fbi_lead, event_id, FIRST_KEY, MAYBE, "", NOW + HOUR / 2, for_series=False)
    row = await reply_from_private_address(cast, event_id)
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FIRST_KEY, row, cast.fbi_lead.member_id, DECIDED_AT
    )
    assert [one.can_undo for one in await waiting_replies(cast, event_id)] == [True]
    await unrecorded_replies.undo_reply_decision(cast.coordinator, event_id, FIRST_KEY, row, DECIDED_AT)
    assert (await reply_and_source(cast.fbi_lead, event_id))[0] is MAYBE
    assert [one.is_attachable for one in await waiting_replies(cast, event_id)] == [True]


async def test_what_the_person_replied_since_cannot_be_undone(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast)
    row = await reply_from_private_address(cast, event_id)
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FIRST_KEY, row, cast.fbi_lead.member_id, DECIDED_AT
    )
    await replies.record_own_reply(cast.fbi_lead, event_id, FIRST_KEY, NO, "", DECIDED_AT + HOUR, for_series=False)
    assert [one.can_undo for one in await waiting_replies(cast, event_id)] == [False]
    with pytest.raises(Conflict):
        await unrecorded_replies.undo_reply_decision(cast.coordinator, event_id, FIRST_KEY, row, DECIDED_AT + HOUR)


async def test_a_dismissed_email_changes_nothing_and_can_be_undone(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast)
    row = await reply_from_private_address(cast, event_id)
    await unrecorded_replies.dismiss_reply(cast.coordinator, event_id, FIRST_KEY, row, DECIDED_AT)
    [waiting_reply] = await waiting_replies(cast, event_id)
    assert waiting_reply.reply.decision
    assert (waiting_reply.reply.decision.attached_to, waiting_reply.is_attachable, waiting_reply.can_undo) == (
        "",
        False,
        True,
    )
    assert (await reply_and_source(cast.fbi_lead, event_id))[0] is ReplyValue.NEEDS_ACTION
    await unrecorded_replies.undo_reply_decision(cast.coordinator, event_id, FIRST_KEY, row, DECIDED_AT)
    assert [one.reply.decision for one in await waiting_replies(cast, event_id)] == [None]


async def test_it_can_be_attached_to_someone_else_on_the_list_and_to_no_one_off_it(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast)
    row = await reply_from_private_address(cast, event_id)
    with pytest.raises(Invalid):
        await unrecorded_replies.attach_reply(
            cast.coordinator, event_id, FIRST_KEY, row, cast.caht_lead.member_id, DECIDED_AT
        )
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FIRST_KEY, row, cast.kcpd_detective.member_id, DECIDED_AT
    )
    assert (await reply_and_source(cast.kcpd_detective, event_id))[0] is YES


async def test_it_is_decided_once(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast)
    row = await reply_from_private_address(cast, event_id)
    await unrecorded_replies.dismiss_reply(cast.coordinator, event_id, FIRST_KEY, row, DECIDED_AT)
    with pytest.raises(Conflict):
        await unrecorded_replies.attach_reply(
            cast.coordinator, event_id, FIRST_KEY, row, cast.fbi_lead.member_id, DECIDED_AT
        )


async def test_an_invited_person_neither_sees_nor_decides(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast)
    row = await reply_from_private_address(cast, event_id)
    assert await waiting_replies(cast, event_id, cast.fbi_lead) == []
    with pytest.raises(NotAllowed):
        await unrecorded_replies.dismiss_reply(cast.fbi_lead, event_id, FIRST_KEY, row, DECIDED_AT)


async def test_the_email_of_another_event_is_not_found(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast)
    row, other = await reply_from_private_address(cast, event_id), await schedule_invited(sqlite_cast)
    with pytest.raises(NotFound):
        await unrecorded_replies.dismiss_reply(cast.coordinator, other, FIRST_KEY, row, DECIDED_AT)


async def test_an_email_older_than_the_person_s_reply_is_not_attached(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast)
    row = await reply_from_private_address(cast, event_id)
    await replies.record_own_reply(cast.fbi_lead, event_id, FIRST_KEY, NO, "", LATER, for_series=False)
    with pytest.raises(Conflict, match="replied since"):
        await unrecorded_replies.attach_reply(
            cast.coordinator, event_id, FIRST_KEY, row, cast.fbi_lead.member_id, DECIDED_AT
        )


@pytest.mark.parametrize("sequence", [0, None])
async def test_an_email_to_a_time_that_changed_since_is_not_attached(sqlite_cast: Cast, sequence: int | None) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast, is_series=True)
    reply_facts = await calendar_reply(cast.fbi_lead, event_id, date=date_named(TEN_IN_APRIL), sequence=sequence)
    await take_email(await email_with_replies(cast.fbi_lead, event_id, reply_facts, sender=PRIVATE_OF_BUREAU))
    moved = DateChange(starts=datetime(2027, 4, 15, 13), duration=timedelta(minutes=90))  # noqa: DTZ001 - local
    await occurrences.change_occurrence(cast.coordinator, event_id, APRIL, moved, 1, DECIDED_AT)
    date = await occurrences.date_seen_by(cast.coordinator, event_id, APRIL)
    [waiting_reply] = (await unrecorded_replies.unrecorded_of_date(cast.coordinator, date, DECIDED_AT)).settled
    with pytest.raises(Conflict, match="time has changed"):
        await unrecorded_replies.attach_reply(
            cast.coordinator, event_id, APRIL, waiting_reply.reply.id, cast.fbi_lead.member_id, DECIDED_AT + HOUR
        )


async def test_an_attached_email_to_a_series_counts_for_all_its_dates(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast, is_series=True)
    row = await reply_from_private_address(cast, event_id)
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FIRST_KEY, row, cast.fbi_lead.member_id, DECIDED_AT
    )
    assert (await reply_and_source(cast.fbi_lead, event_id, APRIL))[0] is YES


async def test_an_attached_email_outlasts_an_older_one_of_the_person(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast)
    row = await reply_from_private_address(cast, event_id, NO, stamped_at=NOW + 2 * HOUR)
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FIRST_KEY, row, cast.fbi_lead.member_id, DECIDED_AT
    )
    older = await calendar_reply(cast.fbi_lead, event_id, YES, stamped_at=NOW + HOUR)
    assert await take_email(
        await email_with_replies(cast.fbi_lead, event_id, older, received_at=DECIDED_AT + HOUR)
    ) == [ReplyOutcome.STALE]


async def test_a_proposal_from_another_address_waits_for_a_decision_once_it_is_attached(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast)
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FIRST_KEY)
    later = ProposedTimes(starts=date_named(date.starts_at + 3 * HOUR))
    row = await reply_from_private_address(cast, event_id, MAYBE, proposal=later)
    assert await unrecorded_replies.recent_proposals(cast.coordinator, date, DECIDED_AT) == []
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FIRST_KEY, row, cast.fbi_lead.member_id, DECIDED_AT
    )
    [(proposal, state)] = await unrecorded_replies.recent_proposals(cast.coordinator, date, DECIDED_AT)
    assert (proposal.person, state.value) == ("Fbi lead (FBI)", "waiting")


async def test_an_alternate_who_replies_to_a_forwarded_invitation_can_be_recorded_as_substitute(cast: Cast) -> None:
    event_id = await reply_to_forwarded_invitation(cast, cast.fbi_alternate)
    [waiting_reply] = await waiting_replies(cast, event_id)
    assert (waiting_reply.substitute, waiting_reply.person_id) == ("Fbi alternate (FBI)", None)
    await unrecorded_replies.record_sender_as_substitute(
        cast.coordinator, event_id, FIRST_KEY, waiting_reply.reply.id, DECIDED_AT
    )
    view = await view_event(cast.coordinator, event_id, FIRST_KEY, DECIDED_AT)
    assert {row.name: (row.reply, row.substitutes_for) for row in view.named if row.agency == "FBI"} == {
        "Fbi lead": (NO, ""),
        "Fbi alternate": (YES, "Fbi lead (FBI)"),
    }
    await unrecorded_replies.undo_reply_decision(
        cast.coordinator, event_id, FIRST_KEY, waiting_reply.reply.id, DECIDED_AT
    )
    assert (await reply_and_source(cast.fbi_lead, event_id))[0] is ReplyValue.NEEDS_ACTION


async def test_anyone_else_who_replies_to_it_is_not_on_the_list_and_is_not_added(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await reply_to_forwarded_invitation(sqlite_cast, sqlite_cast.hsi_liaison)
    [waiting_reply] = await waiting_replies(cast, event_id)
    assert "isn’t on this event’s list" in waiting_reply.reply.why
    with pytest.raises(Conflict):
        await unrecorded_replies.record_sender_as_substitute(
            cast.coordinator, event_id, FIRST_KEY, waiting_reply.reply.id, DECIDED_AT
        )
    view = await view_event(cast.coordinator, event_id, FIRST_KEY, DECIDED_AT)
    assert "Hsi liaison" not in {one.name for one in view.named}


@pytest.mark.parametrize("first", [None, NO])
async def test_an_email_that_was_undone_can_be_attached_again(sqlite_cast: Cast, first: ReplyValue | None) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast)
    if first:
        await replies.record_own_reply(cast.fbi_lead, event_id, FIRST_KEY, first, "", NOW, for_series=False)
    row = await reply_from_private_address(cast, event_id)
    for _ in range(2):
        await unrecorded_replies.attach_reply(
            cast.coordinator, event_id, FIRST_KEY, row, cast.fbi_lead.member_id, DECIDED_AT
        )
        assert (await reply_and_source(cast.fbi_lead, event_id))[0] is YES
        await unrecorded_replies.undo_reply_decision(cast.coordinator, event_id, FIRST_KEY, row, DECIDED_AT)
    assert (await reply_and_source(cast.fbi_lead, event_id))[0] is (first or ReplyValue.NEEDS_ACTION)


async def test_a_person_s_own_email_counts_after_another_one_was_attached_and_undone(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast)
    row = await reply_from_private_address(cast, event_id)
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FIRST_KEY, row, cast.fbi_lead.member_id, DECIDED_AT
    )
    await unrecorded_replies.undo_reply_decision(cast.coordinator, event_id, FIRST_KEY, row, DECIDED_AT)
    own = await calendar_reply(cast.fbi_lead, event_id, NO, stamped_at=LATER)
    assert await take_email(await email_with_replies(cast.fbi_lead, event_id, own, received_at=DECIDED_AT + HOUR)) == [
        ReplyOutcome.RECORDED
    ]


@pytest.mark.parametrize("is_verified", [True, False])
async def test_a_forged_sender_does_not_show_whose_further_address_it_is(sqlite_cast: Cast, is_verified: bool) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast)
    await known_people.add_alias(cast.kcpd_detective, "detective@home.example", NOW)
    await known_people.confirm_alias((await known_people.aliases_of(cast.kcpd_detective))[0].id, NOW, Origin("link"))
    sender = Sender(address="detective@home.example", is_verified=is_verified)
    reply = await calendar_reply(cast.fbi_lead, event_id, attendee=sender.address)
    await take_email(await email_with_replies(cast.fbi_lead, event_id, reply, sender=sender))
    [shown] = await waiting_replies(cast, event_id)
    assert shown.reply.sender_id == (cast.kcpd_detective.member_id if is_verified else None)


@pytest.mark.parametrize("sender", ["hsi_liaison@hsi.example", "no.one@hsi.example"])
async def test_a_forged_sender_does_not_show_an_ngo_whether_an_address_is_a_member_s(
    sqlite_cast: Cast, sender: str
) -> None:
    cast = sqlite_cast
    plan = meeting(cast.harbor_advocate, visibility=Visibility.COMMITTEE, committee_id=cast.committees["services"])
    event_id = await scheduling.schedule_event(cast.caht_lead, plan, NOW)
    reply = await calendar_reply(cast.harbor_advocate, event_id)
    forged = Sender(address=sender, is_verified=False)
    await take_email(await email_with_replies(cast.harbor_advocate, event_id, reply, sender=forged))
    await replies.record_own_reply(cast.harbor_advocate, event_id, FIRST_KEY, NO, "", NOW, for_series=False)
    [shown] = await waiting_replies(cast, event_id, cast.caht_lead)
    assert (shown.person_id, shown.reply.sender_id) == (cast.harbor_advocate.member_id, None)
    await replies.record_own_reply(cast.harbor_advocate, event_id, FIRST_KEY, NO, "", DECIDED_AT, for_series=False)
    [shown] = await waiting_replies(cast, event_id, cast.caht_lead)
    assert shown.reply.settled is Settled.REPLIED


async def test_an_alternate_whose_address_may_be_forged_is_not_offered_as_substitute(sqlite_cast: Cast) -> None:
    cast, event_id = (
        sqlite_cast,
        await reply_to_forwarded_invitation(sqlite_cast, sqlite_cast.fbi_alternate, is_verified=False),
    )
    [waiting_reply] = await waiting_replies(cast, event_id)
    assert (waiting_reply.substitute, waiting_reply.person_id) == ("", None)


async def test_a_forged_sender_on_the_list_is_offered_as_themselves(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_invited(sqlite_cast)
    await reply_from_private_address(
        cast, event_id, sender=Sender(address=cast.kcpd_detective.email, is_verified=False)
    )
    [waiting_reply] = await waiting_replies(cast, event_id)
    assert waiting_reply.person_id == cast.kcpd_detective.member_id


TEN_IN_JANUARY = datetime(2027, 1, 12, 16, tzinfo=UTC)


async def move_two_hours(cast: Cast, event_id: UUID, now: datetime) -> None:
    """Move the meeting by two hours, so that everyone is asked again."""
    event, known = await scheduling.plan_to_change(cast.coordinator, event_id)
    later = replace(known, starts=known.starts + 2 * HOUR)
    await scheduling.change_event(cast.coordinator, event_id, later, event.version, now, notify=Notify.ALL)


async def settled_of_date(cast: Cast, event_id: UUID, now: datetime = DECIDED_AT) -> list[Settled | None]:
    """Return why each email needs no decision, after checking that the home page counts exactly the others."""
    emails = await emails_of_date(cast, event_id, now=now)
    counted = sum(len(came) for _, came in (await waiting_emails(cast.coordinator, now)).dates)
    assert counted == len(emails.waiting) + emails.more
    return [one.reply.settled for one in [*emails.waiting, *emails.settled]]


async def take_from(
    cast: Cast, event_id: UUID, reply_given: CalendarReply, sender: Sender, **facts: object
) -> list[str]:
    return list(
        await take_email(await email_with_replies(cast.fbi_lead, event_id, reply_given, sender=sender, **facts))
    )


@pytest.mark.both_engines
async def test_a_reply_of_the_person_to_an_old_time_or_a_canceled_date_is_listed_and_waits_for_no_one(
    cast: Cast,
) -> None:
    event_id = await schedule_invited(cast)
    own = Sender(address=cast.fbi_lead.email, is_verified=True)
    await move_two_hours(cast, event_id, LATER)
    assert await take_from(cast, event_id, await calendar_reply(cast.fbi_lead, event_id), own) == [
        ReplyOutcome.OLD_TIME
    ]
    assert await settled_of_date(cast, event_id) == [Settled.OLD_TIME]
    version = (await scheduling.event_seen_by(cast.coordinator, event_id)).version
    await scheduling.cancel_event(cast.coordinator, event_id, version, "", LATER)
    late = await calendar_reply(cast.fbi_lead, event_id, NO, sequence=9, stamped_at=DECIDED_AT)
    assert await take_from(cast, event_id, late, own, received_at=DECIDED_AT) == [ReplyOutcome.CLOSED]
    assert await settled_of_date(cast, event_id) == [Settled.CLOSED, Settled.OLD_TIME]


@pytest.mark.both_engines
async def test_an_email_waits_until_the_date_is_over_or_canceled(cast: Cast) -> None:
    event_id = await schedule_invited(cast)
    row = await reply_from_private_address(cast, event_id)
    assert await settled_of_date(cast, event_id) == [None]
    assert await settled_of_date(cast, event_id, datetime(2027, 1, 13, tzinfo=UTC)) == [Settled.CLOSED]
    await occurrences.cancel_occurrence(cast.coordinator, event_id, FIRST_KEY, 1, "", DECIDED_AT)
    assert await settled_of_date(cast, event_id) == [Settled.CLOSED]
    with pytest.raises(Conflict, match="over or canceled"):
        await unrecorded_replies.dismiss_reply(cast.coordinator, event_id, FIRST_KEY, row, DECIDED_AT)


@pytest.mark.both_engines
async def test_an_email_waits_until_the_person_is_asked_again(cast: Cast) -> None:
    event_id = await schedule_invited(cast)
    await reply_from_private_address(cast, event_id, sequence=None)
    await reply_from_private_address(cast, event_id, sequence=0, attendee=cast.kcpd_detective.email)
    await move_two_hours(cast, event_id, DECIDED_AT)
    assert await settled_of_date(cast, event_id) == [Settled.OLD_TIME, Settled.OLD_TIME]


@pytest.mark.both_engines
async def test_an_email_waits_until_the_person_replies_on_the_site(cast: Cast) -> None:
    event_id = await schedule_invited(cast)
    await replies.record_own_reply(cast.fbi_lead, event_id, FIRST_KEY, MAYBE, "", NOW, for_series=False)
    await reply_from_private_address(cast, event_id)
    assert await settled_of_date(cast, event_id) == [None]
    await replies.record_own_reply(cast.kcpd_detective, event_id, FIRST_KEY, NO, "", DECIDED_AT, for_series=False)
    assert await settled_of_date(cast, event_id) == [None]
    await replies.record_own_reply(cast.fbi_lead, event_id, FIRST_KEY, NO, "", DECIDED_AT, for_series=False)
    assert await settled_of_date(cast, event_id) == [Settled.REPLIED]


@pytest.mark.both_engines
async def test_a_member_s_reply_in_another_person_s_email_waits_until_the_sender_replies(cast: Cast) -> None:
    event_id = await schedule_invited(cast)
    detective = Sender(address=cast.kcpd_detective.email, is_verified=True)
    await reply_from_private_address(cast, event_id, NO, sender=detective)
    await replies.record_own_reply(cast.fbi_lead, event_id, FIRST_KEY, YES, "", DECIDED_AT, for_series=False)
    assert await settled_of_date(cast, event_id) == [None]
    [waiting_reply] = (await emails_of_date(cast, event_id)).waiting
    assert waiting_reply.person_id == cast.kcpd_detective.member_id
    await replies.record_own_reply(cast.kcpd_detective, event_id, FIRST_KEY, NO, "", DECIDED_AT, for_series=False)
    [waiting_reply] = (await emails_of_date(cast, event_id)).settled
    assert (
        waiting_reply.reply.why
        == "It didn’t come from their address. No decision is needed: the sender has replied since."
    )


@pytest.mark.both_engines
@pytest.mark.parametrize(("stamped", "why"), [(NOW + 2 * HOUR, Settled.REPLIED), (NOW, None)])
async def test_an_email_waits_until_the_person_s_newer_email_counts_in_whatever_order_they_come(
    cast: Cast, stamped: datetime, why: Settled | None
) -> None:
    event_id = await schedule_invited(cast)
    await reply_from_private_address(cast, event_id)
    own = Sender(address=cast.fbi_lead.email, is_verified=True)
    newer = await calendar_reply(cast.fbi_lead, event_id, NO, stamped_at=stamped)
    assert await take_from(cast, event_id, newer, own, received_at=DECIDED_AT) == [ReplyOutcome.RECORDED]
    assert await settled_of_date(cast, event_id) == [why]


@pytest.mark.both_engines
async def test_what_a_decision_recorded_settles_what_came_before_and_undo_lets_it_wait_again(cast: Cast) -> None:
    event_id = await schedule_invited(cast)
    for number in (1, 2):
        sender = Sender(address=f"{number}@home.example", is_verified=True)
        stamped = NOW + number * HOUR
        newest = await reply_from_private_address(
            cast, event_id, sender=sender, stamped_at=stamped, comment=str(number)
        )
    both = (await emails_of_date(cast, event_id)).waiting
    newest = next(one.reply.id for one in both if one.reply.comment == "2")
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FIRST_KEY, newest, cast.fbi_lead.member_id, DECIDED_AT
    )
    assert [one.reply.waits for one in (await emails_of_date(cast, event_id)).settled] == [False, False]
    assert await unrecorded_replies.undo_reply_decision(cast.coordinator, event_id, FIRST_KEY, newest, DECIDED_AT)
    assert await settled_of_date(cast, event_id) == [None, None]


@pytest.mark.both_engines
async def test_an_undone_reply_by_email_settles_nothing_and_what_waited_can_be_attached(cast: Cast) -> None:
    event_id = await schedule_invited(cast)
    row = await reply_from_private_address(cast, event_id, NO)
    await wrote(cast.fbi_lead, "NO", DECIDED_AT)
    assert await settled_of_date(cast, event_id) == [Settled.REPLIED]
    await undo_newest_change(DECIDED_AT + HOUR)
    assert await settled_of_date(cast, event_id, DECIDED_AT + HOUR) == [None]
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FIRST_KEY, row, cast.fbi_lead.member_id, DECIDED_AT + 2 * HOUR
    )
    assert (await reply_and_source(cast.fbi_lead, event_id))[0] is NO


@pytest.mark.both_engines
async def test_a_reply_to_a_series_settles_the_emails_about_it_and_of_dates_without_a_reply_of_their_own(
    cast: Cast,
) -> None:
    event_id = await schedule_invited(cast, is_series=True)
    await reply_from_private_address(cast, event_id)
    await reply_from_private_address(cast, event_id, date=date_named(TEN_IN_JANUARY))
    assert await settled_of_date(cast, event_id) == [None, None]
    await replies.record_own_reply(cast.fbi_lead, event_id, FIRST_KEY, NO, "", DECIDED_AT, for_series=False)
    assert sorted(map(str, await settled_of_date(cast, event_id))) == ["None", Settled.REPLIED]
    await replies.record_own_reply(cast.fbi_lead, event_id, FIRST_KEY, NO, "", DECIDED_AT, for_series=True)
    assert await settled_of_date(cast, event_id) == [Settled.REPLIED, Settled.REPLIED]


@pytest.mark.both_engines
async def test_the_newest_email_of_a_confirmed_sender_replaces_the_older_ones(cast: Cast) -> None:
    event_id = await schedule_invited(cast)
    await reply_from_private_address(cast, event_id)
    again = await calendar_reply(cast.fbi_lead, event_id, NO)
    await take_from(cast, event_id, again, PRIVATE_OF_BUREAU, received_at=DECIDED_AT)
    assert await settled_of_date(cast, event_id) == [None, Settled.WROTE_AGAIN]
    [shown] = (await emails_of_date(cast, event_id)).waiting
    await unrecorded_replies.dismiss_reply(cast.coordinator, event_id, FIRST_KEY, shown.reply.id, DECIDED_AT)
    assert (await emails_of_date(cast, event_id)).waiting == []


@pytest.mark.both_engines
async def test_an_unconfirmed_email_is_replaced_only_by_one_that_says_the_same(cast: Cast) -> None:
    event_id = await schedule_invited(cast)
    forged = Sender(address=cast.fbi_lead.email, is_verified=False)
    for number, value in enumerate([YES, YES, NO]):
        reply = await calendar_reply(cast.fbi_lead, event_id, value)
        await take_from(cast, event_id, reply, forged, received_at=DECIDED_AT + number * HOUR, name=f"{number:064}")
    assert await settled_of_date(cast, event_id) == [None, None, Settled.WROTE_AGAIN]


@pytest.mark.both_engines
async def test_an_email_that_says_nothing_waits_for_no_one_and_a_note_waits_to_be_read(cast: Cast) -> None:
    event_id = await schedule_invited(cast, is_series=True)
    own = Sender(address=cast.fbi_lead.email, is_verified=True)
    elsewhere = await calendar_reply(cast.fbi_lead, event_id, date=date_named(datetime(2027, 1, 13, 15, tzinfo=UTC)))
    foreign = await calendar_reply(cast.fbi_lead, event_id, uid="another@x.example", comment="Hello")
    nothing, note = [
        await calendar_reply(cast.fbi_lead, event_id, None, comment=comment) for comment in ("", "May I bring a guest?")
    ]
    for reply in (elsewhere, foreign, nothing):
        await take_from(cast, event_id, reply, own)
    assert await settled_of_date(cast, event_id) == [Settled.NOTHING] * 3
    await take_from(cast, event_id, note, own, received_at=DECIDED_AT)
    assert (await settled_of_date(cast, event_id))[0] is None


@pytest.mark.both_engines
@pytest.mark.parametrize("is_verified", [True, False])
async def test_no_sender_hides_what_another_wrote_and_all_can_be_decided(cast: Cast, is_verified: bool) -> None:
    event_id = await schedule_invited(cast, is_series=True)
    genuine = await reply_from_private_address(cast, event_id)
    facts = {"stamped_at": None, "attendee": STRANGER}
    for number in range(30):
        reply = await calendar_reply(cast.fbi_lead, event_id, comment=str(number), **facts)
        sender = Sender(address=f"{number % 2}@elsewhere.example", is_verified=is_verified)
        await take_from(cast, event_id, reply, sender, received_at=DECIDED_AT, name=f"{number:064}")
    emails = await emails_of_date(cast, event_id, now=DECIDED_AT + HOUR)
    assert genuine in [one.reply.id for one in emails.waiting]


@pytest.mark.both_engines
async def test_of_many_senders_those_whom_the_tracker_knows_are_shown_and_the_others_are_counted(cast: Cast) -> None:
    event_id = await schedule_invited(cast)
    own = Sender(address=cast.kcpd_alternate.email, is_verified=True)
    await take_from(cast, event_id, await calendar_reply(cast.fbi_lead, event_id), own)
    for number in range(30):
        reply = await calendar_reply(cast.fbi_lead, event_id, comment=str(number))
        sender = Sender(address=f"{number}@elsewhere.example", is_verified=True)
        await take_from(cast, event_id, reply, sender, received_at=DECIDED_AT + timedelta(minutes=number))
    emails = await emails_of_date(cast, event_id, now=DECIDED_AT + HOUR)
    assert (len(emails.waiting), emails.more, emails.waiting[-1].reply.sender) == (20, 11, own.address)
    times = [one.reply.received_at for one in emails.waiting]
    assert times == sorted(times, reverse=True)
    every = await IncomingReply.select(IncomingReply.id).output(as_list=True)
    hidden = next(reply_id for reply_id in every if reply_id not in [each.reply.id for each in emails.waiting])
    await unrecorded_replies.dismiss_reply(cast.coordinator, event_id, FIRST_KEY, hidden, DECIDED_AT)


async def names_sending(cast: Cast, event_id: UUID) -> list[str]:
    """Return who still sends someone."""
    view = await view_event(cast.coordinator, event_id, FIRST_DATE, HOUR_LATER)
    return [one.name for one in view.named if one.substitute]


async def take_as_substitute(
    to: Viewer, event_id: UUID, of: Viewer, value: ReplyValue, *, is_verified: bool
) -> ReplyOutcome:
    """Take a reply of someone's calendar program to the address of another person's invitation."""
    reply = await calendar_reply(to, event_id, value, attendee=of.email, stamped_at=HOUR_LATER)
    sender = Sender(address=of.email, is_verified=is_verified)
    [outcome] = await take_email(await email_with_replies(to, event_id, reply, sender=sender, received_at=HOUR_LATER))
    return outcome


async def only_waiting(cast: Cast, event_id: UUID) -> WaitingReply:
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FIRST_DATE)
    [waiting_reply] = (await unrecorded_replies.unrecorded_of_date(cast.coordinator, date, HOUR_LATER)).waiting
    return waiting_reply


@pytest.mark.parametrize(("answered", "left"), [("fbi_lead", ["Fbi alternate"]), ("fbi_alternate", ["Fbi lead"])])
async def test_a_waiting_no_releases_them_from_the_person_whose_email_it_answers(
    sqlite_cast: Cast, answered: str, left: list[str]
) -> None:
    cast = sqlite_cast
    event_id, other = await name_same_substitute(cast)
    await take_as_substitute(cast.members[answered], event_id, other, NO, is_verified=False)
    waiting_reply = await only_waiting(cast, event_id)
    assert waiting_reply.line == f"{other.member_id}:{waiting_reply.reply.invitation_id}"
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FIRST_DATE, waiting_reply.reply.id, other.member_id, HOUR_LATER
    )
    assert await names_sending(cast, event_id) == left


@pytest.mark.parametrize(("chosen", "left"), [("Fbi lead", ["Fbi alternate"]), ("Fbi alternate", ["Fbi lead"])])
async def test_a_no_that_is_recorded_for_them_names_in_whose_place(
    sqlite_cast: Cast, chosen: str, left: list[str]
) -> None:
    cast = sqlite_cast
    event_id, other = await name_same_substitute(cast)
    view = await view_event(cast.coordinator, event_id, FIRST_DATE, HOUR_LATER)
    [line] = [one for one in view.answerable if one.substitutes_for == f"{chosen} (FBI)"]
    no = (cast.coordinator, event_id, FIRST_DATE, other.member_id, NO, "", HOUR_LATER)
    with pytest.raises(Invalid):
        await record_reply_for(*no, for_series=False)
    await record_reply_for(*no, for_series=False, invitation_id=line.invitation_id)
    assert await names_sending(cast, event_id) == left


async def test_their_own_no_counts_for_both(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    event_id, other = await name_same_substitute(cast)
    assert (
        await view_event(other, event_id, FIRST_DATE, HOUR_LATER)
    ).substitutes_for == "Fbi alternate (FBI) and Fbi lead (FBI)"
    await recorded_replies.decline_as_substitute(other, event_id, FIRST_DATE, HOUR_LATER)
    assert await names_sending(cast, event_id) == []


async def test_their_own_no_by_email_counts_for_both(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    event_id, other = await name_same_substitute(cast)
    assert await take_as_substitute(cast.fbi_lead, event_id, other, NO, is_verified=True) is ReplyOutcome.RELEASED
    assert await names_sending(cast, event_id) == []


@pytest.mark.parametrize(("value", "left"), [(YES, ["Coordinator"]), (NO, [])])
async def test_a_person_attaches_the_waiting_reply_of_their_own_substitute(
    sqlite_cast: Cast, value: ReplyValue, left: list[str]
) -> None:
    cast = sqlite_cast
    other = await insert_third_holder(cast, cast.coordinator, "USAO")
    event_id = await schedule_for_committee(cast, cast.coordinator, cast.fbi_lead)
    said_no = (cast.coordinator, event_id, FIRST_DATE, NO, "", LATER)
    await replies.record_own_reply(*said_no, for_series=False, substitute=other.member_id)
    await take_as_substitute(cast.coordinator, event_id, other, value, is_verified=False)
    waiting_reply = await only_waiting(cast, event_id)
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FIRST_DATE, waiting_reply.reply.id, waiting_reply.person_id, HOUR_LATER
    )
    assert await names_sending(cast, event_id) == left


async def test_a_move_that_releases_them_from_both_sends_one_removal(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    event_id, _ = await name_same_substitute(cast)
    await send_due(LATER + HOUR)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    moved = replace(plan, starts=plan.starts + timedelta(days=1))
    await scheduling.change_event(cast.coordinator, event_id, moved, event.version, HOUR_LATER)
    emails_due = await send_due(HOUR_LATER + HOUR)
    assert len([key for key, _ in emails_due if key.startswith("substitute:withdrawal")]) == 1


async def test_a_no_that_releases_them_from_both_sends_one_removal(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    event_id, other = await name_same_substitute(cast)
    await send_due(LATER + HOUR)
    await recorded_replies.decline_as_substitute(other, event_id, FIRST_DATE, HOUR_LATER)
    emails_due = await send_due(HOUR_LATER + HOUR)
    assert len([key for key, _ in emails_due if key.startswith("substitute:withdrawal")]) == 1
