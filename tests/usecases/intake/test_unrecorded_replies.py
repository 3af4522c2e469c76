"""Emails that could not be matched wait for the people who lead the event, who attach or dismiss each."""

from datetime import datetime, timedelta

import pytest

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
    TEN_IN_APRIL,
    YES,
    email,
    invited,
    on,
    reply_from_private_address,
    reply_of,
    reply_to_forwarded_invitation,
    said,
    waiting_replies,
)
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core.viewers import Origin, Visibility
from tracker.rules.events.plans import DateChange
from tracker.rules.events.replies import ReplyValue
from tracker.rules.intake.calendar_replies import BECAUSE, ProposedTimes, ReplyOutcome, Sender, Settled
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.usecases.events import occurrences, replies, scheduling
from tracker.usecases.intake import unrecorded_replies
from tracker.usecases.intake.received_emails import take_email
from tracker.usecases.roster import known_people
from tracker.usecases.views.event_page import view_event


async def test_an_attached_email_is_the_person_s_reply_and_names_who_attached_it(cast: Cast) -> None:
    event_id = await invited(cast)
    row = await reply_from_private_address(cast, event_id, comment="Late by ten")
    [before] = await waiting_replies(cast, event_id)
    assert (before.person_id, before.is_attachable) == (cast.fbi_lead.member_id, True)
    await unrecorded_replies.attach_reply(cast.coordinator, event_id, FIRST_KEY, row, before.person_id, DECIDED_AT)
    view = await view_event(cast.coordinator, event_id, FIRST_KEY, DECIDED_AT)
    [shown] = [one for one in view.named if one.name == "Fbi lead"]
    assert (shown.reply, shown.comment, shown.source, shown.replied_at) == (YES, "Late by ten", "email", LATER)
    assert shown.entered_by == "Coordinator (USAO)"


async def test_an_older_reply_that_came_late_is_listed_and_waits_for_no_decision(cast: Cast) -> None:
    event_id = await invited(cast)
    await take_email(
        await email(cast.fbi_lead, event_id, await said(cast.fbi_lead, event_id, NO, stamped_at=NOW + 2 * HOUR))
    )
    assert await take_email(await email(cast.fbi_lead, event_id, await said(cast.fbi_lead, event_id))) == [
        ReplyOutcome.STALE
    ]
    [shown] = await waiting_replies(cast, event_id)
    assert (shown.reply.waits, shown.is_attachable) == (False, False)
    assert shown.reply.why == BECAUSE[Settled.REPLIED]
    with pytest.raises(Conflict):
        await unrecorded_replies.dismiss_reply(cast.coordinator, event_id, FIRST_KEY, shown.reply.id, DECIDED_AT)


async def test_it_is_in_the_audit_log_and_nothing_is_sent(cast: Cast) -> None:
    event_id = await invited(cast)
    row = await reply_from_private_address(cast, event_id)
    queued = await Message.count()
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FIRST_KEY, row, cast.fbi_lead.member_id, DECIDED_AT
    )
    assert await AuditEntry.exists().where(AuditEntry.verb == "reply_attached")
    assert await Message.count() == queued


async def test_undo_lets_the_email_wait_again_and_the_earlier_reply_count(cast: Cast) -> None:
    event_id = await invited(cast)
    await replies.record_own_reply(cast.fbi_lead, event_id, FIRST_KEY, MAYBE, "", NOW + HOUR / 2, for_series=False)
    row = await reply_from_private_address(cast, event_id)
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FIRST_KEY, row, cast.fbi_lead.member_id, DECIDED_AT
    )
    assert [one.can_undo for one in await waiting_replies(cast, event_id)] == [True]
    await unrecorded_replies.undo_reply_decision(cast.coordinator, event_id, FIRST_KEY, row, DECIDED_AT)
    assert (await reply_of(cast.fbi_lead, event_id))[0] is MAYBE
    assert [one.is_attachable for one in await waiting_replies(cast, event_id)] == [True]


async def test_what_the_person_replied_since_cannot_be_undone(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    row = await reply_from_private_address(cast, event_id)
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FIRST_KEY, row, cast.fbi_lead.member_id, DECIDED_AT
    )
    await replies.record_own_reply(cast.fbi_lead, event_id, FIRST_KEY, NO, "", DECIDED_AT + HOUR, for_series=False)
    assert [one.can_undo for one in await waiting_replies(cast, event_id)] == [False]
    with pytest.raises(Conflict):
        await unrecorded_replies.undo_reply_decision(cast.coordinator, event_id, FIRST_KEY, row, DECIDED_AT + HOUR)


async def test_a_dismissed_email_changes_nothing_and_can_be_undone(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    row = await reply_from_private_address(cast, event_id)
    await unrecorded_replies.dismiss_reply(cast.coordinator, event_id, FIRST_KEY, row, DECIDED_AT)
    [one] = await waiting_replies(cast, event_id)
    assert one.reply.decision
    assert (one.reply.decision.attached_to, one.is_attachable, one.can_undo) == ("", False, True)
    assert (await reply_of(cast.fbi_lead, event_id))[0] is ReplyValue.NEEDS_ACTION
    await unrecorded_replies.undo_reply_decision(cast.coordinator, event_id, FIRST_KEY, row, DECIDED_AT)
    assert [one.reply.decision for one in await waiting_replies(cast, event_id)] == [None]


async def test_it_can_be_attached_to_someone_else_on_the_list_and_to_no_one_off_it(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    row = await reply_from_private_address(cast, event_id)
    with pytest.raises(Invalid):
        await unrecorded_replies.attach_reply(
            cast.coordinator, event_id, FIRST_KEY, row, cast.caht_lead.member_id, DECIDED_AT
        )
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FIRST_KEY, row, cast.kcpd_detective.member_id, DECIDED_AT
    )
    assert (await reply_of(cast.kcpd_detective, event_id))[0] is YES


async def test_it_is_decided_once(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    row = await reply_from_private_address(cast, event_id)
    await unrecorded_replies.dismiss_reply(cast.coordinator, event_id, FIRST_KEY, row, DECIDED_AT)
    with pytest.raises(Conflict):
        await unrecorded_replies.attach_reply(
            cast.coordinator, event_id, FIRST_KEY, row, cast.fbi_lead.member_id, DECIDED_AT
        )


async def test_an_invited_person_neither_sees_nor_decides(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    row = await reply_from_private_address(cast, event_id)
    assert await waiting_replies(cast, event_id, cast.fbi_lead) == []
    with pytest.raises(NotAllowed):
        await unrecorded_replies.dismiss_reply(cast.fbi_lead, event_id, FIRST_KEY, row, DECIDED_AT)


async def test_the_email_of_another_event_is_not_found(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    row, other = await reply_from_private_address(cast, event_id), await invited(sqlite_cast)
    with pytest.raises(NotFound):
        await unrecorded_replies.dismiss_reply(cast.coordinator, other, FIRST_KEY, row, DECIDED_AT)


async def test_an_email_older_than_the_person_s_reply_is_not_attached(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    row = await reply_from_private_address(cast, event_id)
    await replies.record_own_reply(cast.fbi_lead, event_id, FIRST_KEY, NO, "", LATER, for_series=False)
    with pytest.raises(Conflict, match="replied since"):
        await unrecorded_replies.attach_reply(
            cast.coordinator, event_id, FIRST_KEY, row, cast.fbi_lead.member_id, DECIDED_AT
        )


@pytest.mark.parametrize("sequence", [0, None])
async def test_an_email_to_a_time_that_changed_since_is_not_attached(sqlite_cast: Cast, sequence: int | None) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast, is_series=True)
    about = await said(cast.fbi_lead, event_id, date=on(TEN_IN_APRIL), sequence=sequence)
    await take_email(await email(cast.fbi_lead, event_id, about, sender=PRIVATE_OF_BUREAU))
    moved = DateChange(starts=datetime(2027, 4, 15, 13), duration=timedelta(minutes=90))  # noqa: DTZ001 - local
    await occurrences.change_occurrence(cast.coordinator, event_id, APRIL, moved, 1, DECIDED_AT)
    date = await occurrences.date_seen_by(cast.coordinator, event_id, APRIL)
    [one] = (await unrecorded_replies.unrecorded_of_date(cast.coordinator, date, DECIDED_AT)).settled
    with pytest.raises(Conflict, match="time has changed"):
        await unrecorded_replies.attach_reply(
            cast.coordinator, event_id, APRIL, one.reply.id, cast.fbi_lead.member_id, DECIDED_AT + HOUR
        )


async def test_an_attached_email_to_a_series_counts_for_all_its_dates(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast, is_series=True)
    row = await reply_from_private_address(cast, event_id)
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FIRST_KEY, row, cast.fbi_lead.member_id, DECIDED_AT
    )
    assert (await reply_of(cast.fbi_lead, event_id, APRIL))[0] is YES


async def test_an_attached_email_outlasts_an_older_one_of_the_person(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    row = await reply_from_private_address(cast, event_id, NO, stamped_at=NOW + 2 * HOUR)
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FIRST_KEY, row, cast.fbi_lead.member_id, DECIDED_AT
    )
    older = await said(cast.fbi_lead, event_id, YES, stamped_at=NOW + HOUR)
    assert await take_email(await email(cast.fbi_lead, event_id, older, received_at=DECIDED_AT + HOUR)) == [
        ReplyOutcome.STALE
    ]


async def test_a_proposal_from_another_address_waits_for_a_decision_once_it_is_attached(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FIRST_KEY)
    later = ProposedTimes(starts=on(date.starts_at + 3 * HOUR))
    row = await reply_from_private_address(cast, event_id, MAYBE, proposal=later)
    assert await unrecorded_replies.recent_proposals(cast.coordinator, date, DECIDED_AT) == []
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FIRST_KEY, row, cast.fbi_lead.member_id, DECIDED_AT
    )
    [(one, state)] = await unrecorded_replies.recent_proposals(cast.coordinator, date, DECIDED_AT)
    assert (one.person, state.value) == ("Fbi lead (FBI)", "waiting")


async def test_an_alternate_who_replies_to_a_forwarded_invitation_can_be_recorded_as_substitute(cast: Cast) -> None:
    event_id = await reply_to_forwarded_invitation(cast, cast.fbi_alternate)
    [one] = await waiting_replies(cast, event_id)
    assert (one.substitute, one.person_id) == ("Fbi alternate (FBI)", None)
    await unrecorded_replies.record_sender_as_substitute(
        cast.coordinator, event_id, FIRST_KEY, one.reply.id, DECIDED_AT
    )
    view = await view_event(cast.coordinator, event_id, FIRST_KEY, DECIDED_AT)
    assert {one.name: (one.reply, one.substitutes_for) for one in view.named if one.agency == "FBI"} == {
        "Fbi lead": (NO, ""),
        "Fbi alternate": (YES, "Fbi lead (FBI)"),
    }
    await unrecorded_replies.undo_reply_decision(cast.coordinator, event_id, FIRST_KEY, one.reply.id, DECIDED_AT)
    assert (await reply_of(cast.fbi_lead, event_id))[0] is ReplyValue.NEEDS_ACTION


async def test_anyone_else_who_replies_to_it_is_not_on_the_list_and_is_not_added(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await reply_to_forwarded_invitation(sqlite_cast, sqlite_cast.hsi_liaison)
    [one] = await waiting_replies(cast, event_id)
    assert "isn’t on this event’s list" in one.reply.why
    with pytest.raises(Conflict):
        await unrecorded_replies.record_sender_as_substitute(
            cast.coordinator, event_id, FIRST_KEY, one.reply.id, DECIDED_AT
        )
    view = await view_event(cast.coordinator, event_id, FIRST_KEY, DECIDED_AT)
    assert "Hsi liaison" not in {one.name for one in view.named}


@pytest.mark.parametrize("first", [None, NO])
async def test_an_email_that_was_undone_can_be_attached_again(sqlite_cast: Cast, first: ReplyValue | None) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    if first:
        await replies.record_own_reply(cast.fbi_lead, event_id, FIRST_KEY, first, "", NOW, for_series=False)
    row = await reply_from_private_address(cast, event_id)
    for _ in range(2):
        await unrecorded_replies.attach_reply(
            cast.coordinator, event_id, FIRST_KEY, row, cast.fbi_lead.member_id, DECIDED_AT
        )
        assert (await reply_of(cast.fbi_lead, event_id))[0] is YES
        await unrecorded_replies.undo_reply_decision(cast.coordinator, event_id, FIRST_KEY, row, DECIDED_AT)
    assert (await reply_of(cast.fbi_lead, event_id))[0] is (first or ReplyValue.NEEDS_ACTION)


async def test_a_person_s_own_email_counts_after_another_one_was_attached_and_undone(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    row = await reply_from_private_address(cast, event_id)
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FIRST_KEY, row, cast.fbi_lead.member_id, DECIDED_AT
    )
    await unrecorded_replies.undo_reply_decision(cast.coordinator, event_id, FIRST_KEY, row, DECIDED_AT)
    own = await said(cast.fbi_lead, event_id, NO, stamped_at=LATER)
    assert await take_email(await email(cast.fbi_lead, event_id, own, received_at=DECIDED_AT + HOUR)) == [
        ReplyOutcome.RECORDED
    ]


@pytest.mark.parametrize("is_verified", [True, False])
async def test_a_forged_sender_does_not_show_whose_further_address_it_is(sqlite_cast: Cast, is_verified: bool) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    await known_people.add_alias(cast.kcpd_detective, "detective@home.example", NOW)
    await known_people.confirm_alias((await known_people.aliases_of(cast.kcpd_detective))[0].id, NOW, Origin("link"))
    sender = Sender(address="detective@home.example", is_verified=is_verified)
    one = await said(cast.fbi_lead, event_id, attendee=sender.address)
    await take_email(await email(cast.fbi_lead, event_id, one, sender=sender))
    [shown] = await waiting_replies(cast, event_id)
    assert shown.reply.sender_id == (cast.kcpd_detective.member_id if is_verified else None)


@pytest.mark.parametrize("sender", ["hsi_liaison@hsi.example", "no.one@hsi.example"])
async def test_a_forged_sender_does_not_show_an_ngo_whether_an_address_is_a_member_s(
    sqlite_cast: Cast, sender: str
) -> None:
    cast = sqlite_cast
    plan = meeting(cast.harbor_advocate, visibility=Visibility.COMMITTEE, committee_id=cast.committees["services"])
    event_id = await scheduling.schedule_event(cast.caht_lead, plan, NOW)
    one = await said(cast.harbor_advocate, event_id)
    forged = Sender(address=sender, is_verified=False)
    await take_email(await email(cast.harbor_advocate, event_id, one, sender=forged))
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
    [one] = await waiting_replies(cast, event_id)
    assert (one.substitute, one.person_id) == ("", None)


async def test_a_forged_sender_on_the_list_is_offered_as_themselves(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invited(sqlite_cast)
    await reply_from_private_address(
        cast, event_id, sender=Sender(address=cast.kcpd_detective.email, is_verified=False)
    )
    [one] = await waiting_replies(cast, event_id)
    assert one.person_id == cast.kcpd_detective.member_id
