"""Substitutes by email: who delegates declines and sends an alternate, and what a substitute writes back."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.cast import LINK, NOW, Cast, meeting, operation
from tests.emails import ReadEmail
from tests.usecases.intake import replying
from tests.usecases.intake.replying import (
    HOUR,
    LATER,
    MAYBE,
    NO,
    STRANGER,
    YES,
    calendar_reply,
    date_named,
    email_with_replies,
    reply_and_source,
)
from tests.usecases.intake.world import (
    FIRST_DATE,
    WRITTEN_AT,
    confirmation,
    name_alternate,
    send_due,
    substitutes_coming,
    write_back,
)
from tracker.errors import Conflict, NotFound
from tracker.rules.core.message_types import (
    AnswerOutcome,
    InvitationAnswered,
    Removed,
    SubstituteDeclined,
    SubstituteNamed,
)
from tracker.rules.core.outbox import Message
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.emails.emails import UndoPage
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.rules.intake.calendar_replies import BECAUSE, Mismatch, ReplyOutcome, Sender, Settled, WaitingReply
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.background.events.invitees import invitations_by_member
from tracker.tables.schema.core.tables import Message as Queued
from tracker.tables.schema.intake import IncomingReply, IncomingWords
from tracker.tables.schema.roster import EmailAlias
from tracker.tables.visible import intake as visible
from tracker.usecases.core import outbox
from tracker.usecases.events import occurrences, recorded_replies, replies, scheduling, substitutes
from tracker.usecases.intake import item_emails, received_emails, unrecorded_replies
from tracker.usecases.intake.received_emails import take_email
from tracker.usecases.roster import known_people
from tracker.usecases.views.event_page import view_event

FEBRUARY = "2027-02-09"
AT_TEN = datetime.fromisoformat("2027-02-09T16:00+00:00")
ALTERNATE = "fbi_alternate@fbi.example"
AFTER = LATER + HOUR
"""When the alternate replies, who was named at `LATER`."""


async def schedule_for_seat(cast: Cast) -> UUID:
    """Schedule the monthly meeting of the committee in which the Bureau's lead has an alternate."""
    starts = meeting().starts
    plan = meeting(
        cast.fbi_lead,
        rule=rule_for_choice("monthly_nth", starts, count=3),
        visibility=Visibility.COMMITTEE,
        committee_id=cast.committees["steering"],
    )
    return await scheduling.schedule_event(cast.coordinator, plan, NOW)


async def delegate_by_email(cast: Cast, event_id: UUID, to: str | None = ALTERNATE, **facts: object) -> ReplyOutcome:
    """Let the Bureau's lead send someone to the date in February."""
    value = facts.pop("value", NO)
    reply = await calendar_reply(
        cast.fbi_lead, event_id, value, **{"date": date_named(AT_TEN), "delegate": to, **facts}
    )  # type: ignore[arg-type]  # as in `said`
    [outcome] = await take_email(await email_with_replies(cast.fbi_lead, event_id, reply))
    return outcome


async def substitutes_in_february(cast: Cast, event_id: UUID) -> frozenset[UUID]:
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FEBRUARY)
    return await substitutes.substitutes_on_date(event_id, date.id)


async def queued_messages(kind: type[object]) -> list[Message]:
    return [
        message
        for message in await outbox.claim_messages("w", [], AFTER + HOUR, 99)
        if isinstance(message.content, kind)
    ]


async def test_an_alternate_comes_to_the_date_and_gets_an_email_of_their_own(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_for_seat(sqlite_cast)
    assert await delegate_by_email(cast, event_id) is ReplyOutcome.RECORDED
    assert await reply_and_source(cast.fbi_lead, event_id, FEBRUARY) == (NO, "email")
    assert await substitutes_in_february(cast, event_id) == {cast.fbi_alternate.member_id}
    assert [one.recipient_id for one in await queued_messages(SubstituteNamed)] == [cast.fbi_alternate.member_id]


async def test_an_alternate_is_known_by_an_address_that_they_confirmed(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_for_seat(sqlite_cast)
    home = EmailAlias(member=cast.fbi_alternate.member_id, address="alternate@home.example", added_at=NOW)
    await EmailAlias.insert(home)
    assert await delegate_by_email(cast, event_id, to="alternate@home.example") is ReplyOutcome.UNMATCHED
    await EmailAlias.update({EmailAlias.confirmed_at: NOW}).where(EmailAlias.id == home.id)
    assert (
        await delegate_by_email(cast, event_id, to="alternate@home.example", comment="Again") is ReplyOutcome.RECORDED
    )
    assert await substitutes_in_february(cast, event_id) == {cast.fbi_alternate.member_id}


async def test_an_address_that_became_someone_s_own_is_no_one_else_s(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_for_seat(sqlite_cast)
    duty = EmailAlias(member=cast.kcpd_detective.member_id, address=ALTERNATE, added_at=NOW, confirmed_at=NOW)
    await EmailAlias.insert(duty)
    confirmed_aliases = await known_people.confirmed_aliases_of(
        [cast.kcpd_detective.member_id, cast.fbi_alternate.member_id]
    )
    assert confirmed_aliases == {}
    assert await delegate_by_email(cast, event_id) is ReplyOutcome.RECORDED
    assert await substitutes_in_february(cast, event_id) == {cast.fbi_alternate.member_id}


@pytest.mark.parametrize(
    "facts",
    [
        {"to": "bridge_advocate@bridge.example"},
        {"to": "kcpd_alternate@kcpd.example"},
        {"to": STRANGER},
        {"to": ""},
        {"date": None},
    ],
)
async def test_anyone_else_is_neither_sent_nor_added_and_the_organizer_reads_of_it(
    sqlite_cast: Cast, facts: dict[str, object]
) -> None:
    cast, event_id = sqlite_cast, await schedule_for_seat(sqlite_cast)
    invited = await invitations_by_member(event_id)
    queued = await Queued.count()
    assert await delegate_by_email(cast, event_id, **facts) is ReplyOutcome.UNMATCHED  # type: ignore[arg-type]  # as in `said`
    [row] = await IncomingReply.select(IncomingReply.misfit)
    assert (row["misfit"], await substitutes_in_february(cast, event_id)) == (Mismatch.DELEGATE, frozenset())
    assert await reply_and_source(cast.fbi_lead, event_id, FEBRUARY) == (ReplyValue.NEEDS_ACTION, "")
    assert (await invitations_by_member(event_id), await Queued.count()) == (invited, queued)


async def test_a_later_yes_takes_it_back_and_notifies_the_alternate(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_for_seat(sqlite_cast)
    await delegate_by_email(cast, event_id)
    yes = {"to": None, "value": YES, "stamped_at": NOW + 2 * HOUR}
    assert await delegate_by_email(cast, event_id, **yes) is ReplyOutcome.RECORDED  # type: ignore[arg-type]  # as in `said`
    assert await substitutes_in_february(cast, event_id) == frozenset()
    assert [one.recipient_id for one in await queued_messages(Removed)] == [cast.fbi_alternate.member_id]


async def reply_as_substitute(
    cast: Cast,
    event_id: UUID,
    value: ReplyValue,
    comment: str = "",
    *,
    is_verified: bool = True,
    stamped_at: datetime = AFTER,
) -> ReplyOutcome:
    """Let the alternate reply as themselves, to the address in their own email: that of the lead's invitation."""
    reply_facts = {"date": date_named(AT_TEN), "attendee": ALTERNATE, "comment": comment, "stamped_at": stamped_at}
    reply = await calendar_reply(cast.fbi_lead, event_id, value, **reply_facts)
    sender = Sender(address=ALTERNATE, is_verified=is_verified)
    [outcome] = await take_email(
        await email_with_replies(cast.fbi_lead, event_id, reply, sender=sender, received_at=AFTER)
    )
    return outcome


async def waiting_in_february(cast: Cast, event_id: UUID) -> list[WaitingReply]:
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FEBRUARY)
    return list((await unrecorded_replies.unrecorded_of_date(cast.coordinator, date, AFTER)).waiting)


async def test_the_yes_of_a_substitute_is_what_is_known_and_waits_for_no_one(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_for_seat(sqlite_cast)
    await delegate_by_email(cast, event_id)
    assert await reply_as_substitute(cast, event_id, YES) is ReplyOutcome.REPEATED
    assert await substitutes_in_february(cast, event_id) == {cast.fbi_alternate.member_id}
    assert await waiting_in_february(cast, event_id) == []


async def test_the_no_of_a_substitute_releases_them_and_is_no_one_else_s(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_for_seat(sqlite_cast)
    await delegate_by_email(cast, event_id)
    assert await reply_as_substitute(cast, event_id, NO) is ReplyOutcome.RELEASED
    assert (await substitutes_in_february(cast, event_id), await waiting_in_february(cast, event_id)) == (
        frozenset(),
        [],
    )
    assert (await reply_and_source(cast.fbi_lead, event_id, FEBRUARY))[0] is NO
    assert [one.recipient_id for one in await queued_messages(Removed)] == [cast.fbi_alternate.member_id]


@pytest.mark.parametrize(("value", "is_verified"), [(NO, False), (MAYBE, True)])
async def test_a_substitute_s_no_that_may_be_forged_and_their_maybe_wait(
    sqlite_cast: Cast, value: ReplyValue, *, is_verified: bool
) -> None:
    cast, event_id = sqlite_cast, await schedule_for_seat(sqlite_cast)
    await delegate_by_email(cast, event_id)
    assert await reply_as_substitute(cast, event_id, value, is_verified=is_verified) is ReplyOutcome.UNMATCHED
    assert await substitutes_in_february(cast, event_id) == {cast.fbi_alternate.member_id}
    [waiting_reply] = await waiting_in_february(cast, event_id)
    assert waiting_reply.reply.is_of_substitute


async def test_a_no_from_before_the_substitute_was_named_waits(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_for_seat(sqlite_cast)
    await delegate_by_email(cast, event_id)
    assert await reply_as_substitute(cast, event_id, NO, stamped_at=NOW) is ReplyOutcome.UNMATCHED
    assert await substitutes_in_february(cast, event_id) == {cast.fbi_alternate.member_id}


async def test_a_yes_that_may_be_forged_or_comes_before_they_are_named_waits(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_for_seat(sqlite_cast)
    assert await reply_as_substitute(cast, event_id, YES) is ReplyOutcome.UNMATCHED
    await delegate_by_email(cast, event_id)
    assert await reply_as_substitute(cast, event_id, YES, "Forged", is_verified=False) is ReplyOutcome.UNMATCHED


async def test_a_waiting_yes_of_a_substitute_is_attached_as_their_own(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_for_seat(sqlite_cast)
    await delegate_by_email(cast, event_id)
    await reply_as_substitute(cast, event_id, YES, is_verified=False)
    [waiting_reply] = await waiting_in_february(cast, event_id)
    assert (waiting_reply.person_id, waiting_reply.is_attachable, waiting_reply.substitute) == (
        cast.fbi_alternate.member_id,
        True,
        "",
    )
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FEBRUARY, waiting_reply.reply.id, waiting_reply.person_id, AFTER
    )
    assert await substitutes_in_february(cast, event_id) == {cast.fbi_alternate.member_id}
    view = await view_event(cast.coordinator, event_id, FEBRUARY, AFTER)
    [lead] = [one for one in view.named if one.member_id == cast.fbi_lead.member_id]
    assert (lead.reply, lead.entered_by) == (NO, "")


async def test_a_waiting_no_of_a_substitute_is_attached_as_their_own_and_can_be_undone(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_for_seat(sqlite_cast)
    await delegate_by_email(cast, event_id)
    await reply_as_substitute(cast, event_id, NO, is_verified=False)
    [waiting_reply] = await waiting_in_february(cast, event_id)
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FEBRUARY, waiting_reply.reply.id, waiting_reply.person_id, AFTER
    )
    assert await substitutes_in_february(cast, event_id) == frozenset()
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FEBRUARY)
    [shown] = (await unrecorded_replies.unrecorded_of_date(cast.coordinator, date, AFTER)).settled
    assert shown.reply.decision
    assert (shown.reply.decision.is_release, shown.reply.decision.is_substitution) == (True, False)
    await unrecorded_replies.undo_reply_decision(cast.coordinator, event_id, FEBRUARY, waiting_reply.reply.id, AFTER)
    assert await substitutes_in_february(cast, event_id) == {cast.fbi_alternate.member_id}


async def test_undoing_a_substitute_s_attached_no_takes_back_the_email_to_the_person_who_named_them(
    sqlite_cast: Cast,
) -> None:
    cast, event_id = sqlite_cast, await schedule_for_seat(sqlite_cast)
    await delegate_by_email(cast, event_id)
    await reply_as_substitute(cast, event_id, NO, is_verified=False)
    [waiting_reply] = await waiting_in_february(cast, event_id)
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FEBRUARY, waiting_reply.reply.id, waiting_reply.person_id, AFTER
    )
    named_by = (Queued.kind == "substitute_declined") & (Queued.recipient == cast.fbi_lead.member_id)
    assert [row["state"] for row in await Queued.select(Queued.state).where(named_by)] == ["pending"]
    await unrecorded_replies.undo_reply_decision(cast.coordinator, event_id, FEBRUARY, waiting_reply.reply.id, AFTER)
    taken_back = await Queued.select(Queued.state, Queued.reason).where(named_by)
    assert taken_back == [{"state": "superseded", "reason": outbox.UNDONE}]


@pytest.mark.both_engines
@pytest.mark.parametrize("is_informed", [False, True])
async def test_a_waiting_no_of_a_substitute_who_was_released_later_needs_no_decision(
    cast: Cast, *, is_informed: bool
) -> None:
    event_id = await schedule_for_seat(cast)
    await delegate_by_email(cast, event_id)
    if is_informed:
        event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
        invitees = {**plan.invitees, cast.fbi_alternate.member_id: AttendeeRole.INFORMED}
        await scheduling.change_event(
            cast.coordinator, event_id, replace(plan, invitees=invitees), event.version, LATER
        )
    await reply_as_substitute(cast, event_id, NO, is_verified=False)
    assert (
        len(await waiting_in_february(cast, event_id))
        == len(await visible.dates_of_waiting_replies(cast.coordinator, AFTER, NOW))
        == 1
    )
    await replies.record_own_reply(cast.fbi_lead, event_id, FEBRUARY, YES, "", AFTER - HOUR, for_series=False)
    assert (
        await waiting_in_february(cast, event_id),
        await visible.dates_of_waiting_replies(cast.coordinator, AFTER, NOW),
    ) == ([], [])
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FEBRUARY)
    [shown] = (await unrecorded_replies.unrecorded_of_date(cast.coordinator, date, AFTER)).settled
    assert shown.reply.why.endswith("No decision is needed: the sender is no longer the substitute.")
    assert not shown.is_attachable
    said_no = (cast.fbi_lead, event_id, FEBRUARY, NO, "", AFTER - HOUR)
    await replies.record_own_reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)
    assert len(await waiting_in_february(cast, event_id)) == 1


async def reply_from_home(cast: Cast, event_id: UUID) -> None:
    """Let the lead say Yes from an address that the tracker doesn't know, after naming the alternate."""
    yes = await calendar_reply(cast.fbi_lead, event_id, YES, date=date_named(AT_TEN), stamped_at=AFTER)
    home = Sender(address="lead@home.example", is_verified=True)
    assert await take_email(await email_with_replies(cast.fbi_lead, event_id, yes, sender=home, received_at=AFTER)) == [
        ReplyOutcome.UNMATCHED
    ]


@pytest.mark.both_engines
async def test_a_substitute_s_no_settles_no_reply_of_the_person_who_named_them(cast: Cast) -> None:
    event_id = await schedule_for_seat(cast)
    await delegate_by_email(cast, event_id)
    await reply_from_home(cast, event_id)
    await recorded_replies.decline_as_substitute(cast.fbi_alternate, event_id, FEBRUARY, AFTER + HOUR)
    [waiting_reply] = await waiting_in_february(cast, event_id)
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FEBRUARY, waiting_reply.reply.id, cast.fbi_lead.member_id, AFTER + HOUR
    )
    assert (await reply_and_source(cast.fbi_lead, event_id, FEBRUARY))[0] is YES


async def test_a_later_no_of_the_person_who_named_a_substitute_settles_their_earlier_reply(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_for_seat(sqlite_cast)
    await delegate_by_email(cast, event_id)
    await reply_from_home(cast, event_id)
    await replies.record_own_reply(cast.fbi_lead, event_id, FEBRUARY, NO, "", AFTER + HOUR, for_series=False)
    assert await waiting_in_february(cast, event_id) == []


async def test_a_yes_written_before_the_substitute_s_no_counts_when_it_comes_after_it(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_for_seat(sqlite_cast)
    await delegate_by_email(cast, event_id)
    await recorded_replies.decline_as_substitute(cast.fbi_alternate, event_id, FEBRUARY, AFTER + HOUR)
    yes = {"to": None, "value": YES, "stamped_at": AFTER}
    assert await delegate_by_email(cast, event_id, **yes) is ReplyOutcome.RECORDED  # type: ignore[arg-type]  # as in `said`
    assert (await reply_and_source(cast.fbi_lead, event_id, FEBRUARY))[0] is YES


async def reply_to_forwarded(cast: Cast, event_id: UUID, value: ReplyValue, sender: str = ALTERNATE) -> WaitingReply:
    """Let someone else reply in words to the lead's email, and return how it waits."""
    reply = await calendar_reply(cast.fbi_lead, event_id, value, date=date_named(AT_TEN), stamped_at=AFTER)
    reply_facts = {"sender": Sender(address=sender, is_verified=True), "received_at": AFTER}
    assert await take_email(await email_with_replies(cast.fbi_lead, event_id, reply, **reply_facts)) == [
        ReplyOutcome.UNMATCHED
    ]
    [shown] = await waiting_in_february(cast, event_id)
    return shown


@pytest.mark.parametrize("value", [YES, NO])
async def test_a_substitute_s_reply_to_the_person_s_email_is_not_offered_as_that_person_s(
    sqlite_cast: Cast, value: ReplyValue
) -> None:
    cast, event_id = sqlite_cast, await schedule_for_seat(sqlite_cast)
    await delegate_by_email(cast, event_id)
    reply = await reply_to_forwarded(cast, event_id, value)
    assert (reply.person_id, reply.reply.is_of_substitute) == (cast.fbi_alternate.member_id, True)


async def test_an_alternate_s_yes_to_the_person_s_email_is_offered_as_a_substitute_s(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_for_seat(sqlite_cast)
    reply = await reply_to_forwarded(cast, event_id, YES)
    assert (reply.person_id, reply.substitute) == (None, "Fbi alternate (FBI)")


@pytest.mark.parametrize(("sender", "is_theirs"), [("hsi_liaison@hsi.example", False), (STRANGER, True)])
async def test_an_email_is_offered_as_the_invited_person_s_unless_another_member_sent_it(
    sqlite_cast: Cast, sender: str, *, is_theirs: bool
) -> None:
    cast, event_id = sqlite_cast, await schedule_for_seat(sqlite_cast)
    reply = await reply_to_forwarded(cast, event_id, YES, sender)
    assert reply.person_id == (cast.fbi_lead.member_id if is_theirs else None)


async def test_a_substitute_s_maybe_is_not_attached_to_them(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_for_seat(sqlite_cast)
    await delegate_by_email(cast, event_id)
    await reply_as_substitute(cast, event_id, MAYBE)
    [waiting_reply] = await waiting_in_february(cast, event_id)
    with pytest.raises(Conflict):
        await unrecorded_replies.attach_reply(
            cast.coordinator, event_id, FEBRUARY, waiting_reply.reply.id, waiting_reply.person_id, AFTER
        )


SAID = st.tuples(st.sampled_from([(YES, None), (MAYBE, None), (NO, ALTERNATE), (NO, STRANGER)]), st.integers(0, 4))


@pytest.mark.both_engines
@given(sent=st.lists(SAID, min_size=2, max_size=4, unique_by=lambda waiting_reply: waiting_reply[1]), data=st.data())
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_order_and_any_repetition_send_the_same_person(
    cast: Cast, sent: list[tuple[tuple[ReplyValue, str | None], int]], data: st.DataObject
) -> None:
    orders = [data.draw(st.permutations(sent)) for _ in range(2)]
    ends = []
    for order in orders:
        event_id = await schedule_for_seat(cast)
        for (value, to), minute in [*order, *order[:2]]:
            await delegate_by_email(cast, event_id, to, value=value, stamped_at=NOW + timedelta(minutes=minute))
        ends.append(
            (await reply_and_source(cast.fbi_lead, event_id, FEBRUARY), await substitutes_in_february(cast, event_id))
        )
    assert ends[0] == ends[1]


SECOND = timedelta(seconds=1)


async def queued_messages_due() -> list[Message]:
    return await outbox.claim_messages("test", (), WRITTEN_AT + HOUR, 99)


@pytest.mark.both_engines
async def test_a_substitute_s_no_in_words_releases_them_and_is_confirmed(cast: Cast) -> None:
    event_id = await name_alternate(cast)
    assert await write_back(cast.fbi_alternate, "NO I'm in court") is AnswerOutcome.RECORDED
    assert await substitutes_coming(cast, event_id) == frozenset()
    assert {(message.recipient_id, type(message.content)) for message in await queued_messages_due()} == {
        (cast.fbi_alternate.member_id, InvitationAnswered),
        (cast.fbi_alternate.member_id, Removed),
        (cast.fbi_lead.member_id, SubstituteDeclined),
    }


async def undo_words_id(confirmation: ReadEmail) -> UUID:
    [page] = [button.target for button in confirmation.buttons if isinstance(button.target, UndoPage)]
    return page.words_id


async def test_the_confirmation_of_a_substitute_s_no_says_what_follows_and_has_one_link_to_undo_it(
    sqlite_cast: Cast,
) -> None:
    await name_alternate(sqlite_cast)
    await write_back(sqlite_cast.fbi_alternate, "NO I'm in court")
    email = await confirmation()
    assert email.subject == "You replied no: Monthly task force meeting, Tue, Jan 12"
    assert email.paragraphs[0].startswith("You're no longer the substitute. We'll let the person who named you know")
    assert await undo_words_id(email)
    assert len(email.buttons) == 1


@pytest.mark.both_engines
async def test_the_link_lets_the_substitute_come_again_and_drops_the_emails_about_their_no(cast: Cast) -> None:
    event_id = await name_alternate(cast)
    await write_back(cast.fbi_alternate, "NO I'm in court")
    link = await undo_words_id(await confirmation(WRITTEN_AT + SECOND))
    undoable_no = await item_emails.undoable_by_link(link, WRITTEN_AT + 2 * SECOND, LINK)
    assert undoable_no.refusal
    assert (undoable_no.can_undo, undoable_no.refusal.principals, undoable_no.refusal.may_be_known) == (
        True,
        "Fbi lead (FBI)",
        False,
    )
    await item_emails.undo_emailed_change(link, WRITTEN_AT + 2 * SECOND, LINK)
    assert await substitutes_coming(cast, event_id) == {cast.fbi_alternate.member_id}
    assert await send_due(WRITTEN_AT + HOUR) == []
    await item_emails.undo_emailed_change(link, WRITTEN_AT + HOUR, LINK)
    assert await substitutes_coming(cast, event_id) == {cast.fbi_alternate.member_id}


async def test_an_undo_after_the_emails_have_left_says_so_and_sends_the_entry_again(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    await write_back(cast.fbi_alternate, "NO")
    link = await undo_words_id(await confirmation(WRITTEN_AT + HOUR))
    undoable_no = await item_emails.undoable_by_link(link, WRITTEN_AT + 2 * HOUR, LINK)
    assert undoable_no.refusal
    assert (undoable_no.can_undo, undoable_no.refusal.may_be_known) == (True, True)
    await item_emails.undo_emailed_change(link, WRITTEN_AT + 2 * HOUR, LINK)
    assert await substitutes_coming(cast, event_id) == {cast.fbi_alternate.member_id}
    [(key, _)] = await send_due(WRITTEN_AT + 3 * HOUR)
    assert key.startswith("substitute:substitute")


async def test_the_link_undoes_nothing_once_the_person_who_named_them_replied(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    await write_back(cast.fbi_alternate, "NO")
    link = await undo_words_id(await confirmation(WRITTEN_AT + HOUR))
    await replies.record_own_reply(cast.fbi_lead, event_id, FIRST_DATE, YES, "", WRITTEN_AT + HOUR, for_series=False)
    assert not (await item_emails.undoable_by_link(link, WRITTEN_AT + 2 * HOUR, LINK)).can_undo
    with pytest.raises(Conflict):
        await item_emails.undo_emailed_change(link, WRITTEN_AT + 2 * HOUR, LINK)
    assert await substitutes_coming(cast, event_id) == frozenset()


async def test_the_link_is_dead_for_a_substitute_who_may_no_longer_see_the_event(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    await write_back(cast.fbi_alternate, "NO")
    link = await undo_words_id(await confirmation(WRITTEN_AT + HOUR))
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    restricted = operation(cast.fbi_lead, starts=plan.starts)
    await scheduling.change_event(cast.coordinator, event_id, restricted, event.version, WRITTEN_AT + HOUR)
    with pytest.raises(NotFound):
        await item_emails.undoable_by_link(link, WRITTEN_AT + 2 * HOUR, LINK)


async def test_the_confirmation_of_an_undone_no_is_not_sent(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    await write_back(cast.fbi_alternate, "NO")
    [row] = await IncomingWords.select(IncomingWords.id)
    await item_emails.undo_emailed_change(row["id"], WRITTEN_AT + SECOND, LINK)
    assert await substitutes_coming(cast, event_id) == {cast.fbi_alternate.member_id}
    assert [email for _, email in await send_due(WRITTEN_AT + HOUR) if isinstance(email, ReadEmail)] == []


async def test_a_substitute_s_yes_in_words_is_known_and_says_so(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    assert await write_back(cast.fbi_alternate, "YES") is AnswerOutcome.UNCHANGED
    assert await substitutes_coming(cast, event_id) == {cast.fbi_alternate.member_id}
    email = await confirmation()
    assert "You're already the substitute for Fbi lead (FBI)." in email.paragraphs


async def test_a_substitute_who_can_t_come_reads_that_they_or_the_organizer_said_so(sqlite_cast: Cast) -> None:
    await name_alternate(sqlite_cast)
    await write_back(sqlite_cast.fbi_alternate, "NO I'm in court")
    [email] = [email for key, email in await send_due(WRITTEN_AT + HOUR) if key.startswith("substitute:withdrawal")]
    assert isinstance(email, ReadEmail)
    assert email.subject == "No longer the substitute: Monthly task force meeting, Tue, Jan 12"
    assert "You or the organizer let us know you can't come." in email.paragraphs


async def test_a_substitute_s_question_is_confirmed_without_asking_for_a_maybe(sqlite_cast: Cast) -> None:
    await name_alternate(sqlite_cast)
    assert await write_back(sqlite_cast.fbi_alternate, "Which room?") is AnswerOutcome.NO_WORD
    email = await confirmation()
    assert email.paragraphs[0].startswith("We found no clear YES or NO at the start of your email.")
    still = "You're still the substitute for Fbi lead (FBI). If you can't come, say so on the event's page."
    assert still in email.paragraphs


@pytest.mark.parametrize("text", ["NO", "YES"])
async def test_words_that_are_not_from_the_substitute_change_nothing_and_wait(sqlite_cast: Cast, text: str) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    before = await Queued.count()
    stranger = Sender(address="someone@elsewhere.example", is_verified=True)
    assert await write_back(cast.fbi_alternate, text, sender=stranger) is AnswerOutcome.UNMATCHED
    assert (await substitutes_coming(cast, event_id), await Queued.count()) == ({cast.fbi_alternate.member_id}, before)
    assert await IncomingReply.count() == 1


async def first_email_to(who: Viewer) -> UUID:
    """Return the email that named a person as a substitute."""
    of_person = (Queued.recipient == who.member_id) & (Queued.kind == "substitute")
    [message_id, *_] = await Queued.select(Queued.id).where(of_person).order_by(Queued.created_at).output(as_list=True)
    return UUID(str(message_id))


async def move_and_name_again(cast: Cast, event_id: UUID, at: datetime) -> None:
    """Move the meeting, which releases the substitute, and name them for the new time; all emails are out."""
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    await scheduling.change_event(
        cast.coordinator, event_id, replace(plan, starts=plan.starts.replace(hour=15)), event.version, at
    )
    said_no = (cast.fbi_lead, event_id, FIRST_DATE, NO, "", at + HOUR)
    await replies.record_own_reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)
    await send_due(at + 2 * HOUR)


async def test_a_substitute_s_no_to_the_old_time_says_nothing_of_the_new_one_and_they_hear_it(
    sqlite_cast: Cast,
) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    first = await first_email_to(cast.fbi_alternate)
    await move_and_name_again(cast, event_id, WRITTEN_AT)
    assert await write_back(cast.fbi_alternate, "NO", WRITTEN_AT + 3 * HOUR, message_id=first) is AnswerOutcome.OUTDATED
    assert await substitutes_coming(cast, event_id) == {cast.fbi_alternate.member_id}
    paragraphs = (await confirmation(WRITTEN_AT + 3 * HOUR)).paragraphs
    assert any(paragraph.startswith("You're still the substitute for Fbi lead (FBI).") for paragraph in paragraphs)


async def test_a_program_s_no_to_the_old_time_is_listed_as_the_substitute_s_and_changes_nothing(
    sqlite_cast: Cast,
) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    await move_and_name_again(cast, event_id, WRITTEN_AT)
    address, at = cast.fbi_alternate.email, WRITTEN_AT + 3 * HOUR
    no = await replying.calendar_reply(cast.fbi_lead, event_id, NO, attendee=address, stamped_at=at, sequence=0)
    sender = Sender(address=address, is_verified=True)
    email = await replying.email_with_replies(cast.fbi_lead, event_id, no, sender=sender, received_at=at)
    assert await received_emails.take_email(email) == [ReplyOutcome.OLD_TIME]
    assert await substitutes_coming(cast, event_id) == {cast.fbi_alternate.member_id}
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FIRST_DATE)
    [shown] = (await unrecorded_replies.unrecorded_of_date(cast.coordinator, date, at)).settled
    assert (shown.reply.is_of_substitute, shown.reply.why) == (True, BECAUSE[Settled.OLD_TIME])


async def test_a_second_no_of_a_substitute_is_known_and_waits_for_no_one(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    first = await first_email_to(cast.fbi_alternate)
    assert await write_back(cast.fbi_alternate, "NO", message_id=first) is AnswerOutcome.RECORDED
    await send_due(WRITTEN_AT + SECOND)
    assert (
        await write_back(cast.fbi_alternate, "No, again", WRITTEN_AT + HOUR, message_id=first)
        is AnswerOutcome.UNCHANGED
    )
    text = "You're no longer the substitute, so you don't need to come."
    assert text in (await confirmation(WRITTEN_AT + HOUR)).paragraphs
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FIRST_DATE)
    assert (await unrecorded_replies.unrecorded_of_date(cast.coordinator, date, WRITTEN_AT + HOUR)).waiting == []


async def test_a_yes_of_a_substitute_who_was_released_waits(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    first = await first_email_to(cast.fbi_alternate)
    await write_back(cast.fbi_alternate, "NO", message_id=first)
    assert await write_back(cast.fbi_alternate, "YES", WRITTEN_AT + HOUR, message_id=first) is AnswerOutcome.UNMATCHED
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FIRST_DATE)
    [waiting_reply] = (await unrecorded_replies.unrecorded_of_date(cast.coordinator, date, WRITTEN_AT + HOUR)).waiting
    assert waiting_reply.substitute == "Fbi alternate (FBI)"


async def test_a_substitute_s_calendar_program_may_reply_to_the_address_of_the_email_itself(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    address = cast.fbi_alternate.email
    no = await replying.calendar_reply(cast.fbi_lead, event_id, NO, attendee=address, stamped_at=WRITTEN_AT)
    sender, facts = Sender(address=address, is_verified=True), {"message_id": await first_email_to(cast.fbi_alternate)}
    email = await replying.email_with_replies(cast.fbi_lead, event_id, no, sender=sender, invitation_id=None, **facts)
    assert await received_emails.take_email(email) == [ReplyOutcome.RELEASED]
    assert await substitutes_coming(cast, event_id) == frozenset()


async def test_a_substitute_who_is_kept_informed_as_well_can_still_say_no(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    first = await first_email_to(cast.fbi_alternate)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    invitees = {**plan.invitees, cast.fbi_alternate.member_id: AttendeeRole.INFORMED}
    await scheduling.change_event(
        cast.coordinator, event_id, replace(plan, invitees=invitees), event.version, WRITTEN_AT
    )
    assert await substitutes_coming(cast, event_id) == {cast.fbi_alternate.member_id}
    assert await write_back(cast.fbi_alternate, "NO", WRITTEN_AT + HOUR, message_id=first) is AnswerOutcome.RECORDED
    assert await substitutes_coming(cast, event_id) == frozenset()


async def test_a_note_of_a_substitute_is_read_by_the_organizer(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    assert await write_back(cast.fbi_alternate, "Which room?") is AnswerOutcome.NO_WORD
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FIRST_DATE)
    [waiting_reply] = (await unrecorded_replies.unrecorded_of_date(cast.coordinator, date, WRITTEN_AT)).waiting
    assert (waiting_reply.reply.comment, waiting_reply.reply.is_of_substitute) == ("Which room?", True)


async def test_a_substitute_who_may_no_longer_see_the_event_gets_no_reply_from_it(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await name_alternate(sqlite_cast)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    restricted = operation(cast.fbi_lead, starts=plan.starts)
    await scheduling.change_event(cast.coordinator, event_id, restricted, event.version, WRITTEN_AT)
    before = await Queued.count()
    assert await write_back(cast.fbi_alternate, "NO", WRITTEN_AT + HOUR) is AnswerOutcome.UNMATCHED
    assert await Queued.count() == before
