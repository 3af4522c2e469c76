"""Who delegates by email declines and sends an alternate of their seat, as on the site; no one else is added."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting
from tests.usecases.intake.replying import HOUR, LATER, MAYBE, NO, STRANGER, YES, email, on, reply_of, said
from tracker.errors import Conflict
from tracker.rules.core.message_types import Removed, SubstituteNamed
from tracker.rules.core.outbox import Message
from tracker.rules.core.viewers import Visibility
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.rules.intake.calendar_replies import Mismatch, ReplyOutcome, Sender, WaitingReply
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.background.events.invitees import invitations_by_member
from tracker.tables.schema.core.tables import Message as Queued
from tracker.tables.schema.intake import IncomingReply
from tracker.tables.schema.roster import EmailAlias
from tracker.tables.visible import intake as visible
from tracker.usecases.core import outbox
from tracker.usecases.events import occurrences, recorded_replies, replies, scheduling, substitutes
from tracker.usecases.intake import unrecorded_replies
from tracker.usecases.intake.received_emails import take_email
from tracker.usecases.roster import known_people
from tracker.usecases.views.event_page import view_event

FEBRUARY = "2027-02-09"
AT_TEN = datetime.fromisoformat("2027-02-09T16:00+00:00")
ALTERNATE = "fbi_alternate@fbi.example"
AFTER = LATER + HOUR
"""When the alternate replies, who was named at `LATER`."""


async def seated(cast: Cast) -> UUID:
    """Schedule the monthly meeting of the committee in which the Bureau's lead has an alternate."""
    starts = meeting().starts
    plan = meeting(
        cast.fbi_lead,
        rule=rule_for_choice("monthly_nth", starts, count=3),
        visibility=Visibility.COMMITTEE,
        committee_id=cast.committees["steering"],
    )
    return await scheduling.schedule_event(cast.coordinator, plan, NOW)


async def delegated(cast: Cast, event_id: UUID, to: str | None = ALTERNATE, **facts: object) -> ReplyOutcome:
    """Let the Bureau's lead send someone to the date in February."""
    value = facts.pop("value", NO)
    one = await said(cast.fbi_lead, event_id, value, **{"date": on(AT_TEN), "delegate": to, **facts})  # type: ignore[arg-type]  # as in `said`
    [outcome] = await take_email(await email(cast.fbi_lead, event_id, one))
    return outcome


async def coming(cast: Cast, event_id: UUID) -> frozenset[UUID]:
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FEBRUARY)
    return await substitutes.substitutes_on_date(event_id, date.id)


async def messages(kind: type[object]) -> list[Message]:
    return [one for one in await outbox.claim_messages("w", [], AFTER + HOUR, 99) if isinstance(one.content, kind)]


async def test_an_alternate_comes_to_the_date_and_gets_an_email_of_their_own(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await seated(sqlite_cast)
    assert await delegated(cast, event_id) is ReplyOutcome.RECORDED
    assert await reply_of(cast.fbi_lead, event_id, FEBRUARY) == (NO, "email")
    assert await coming(cast, event_id) == {cast.fbi_alternate.member_id}
    assert [one.recipient_id for one in await messages(SubstituteNamed)] == [cast.fbi_alternate.member_id]


async def test_an_alternate_is_known_by_an_address_that_they_confirmed(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await seated(sqlite_cast)
    home = EmailAlias(member=cast.fbi_alternate.member_id, address="alternate@home.example", added_at=NOW)
    await EmailAlias.insert(home)
    assert await delegated(cast, event_id, to="alternate@home.example") is ReplyOutcome.UNMATCHED
    await EmailAlias.update({EmailAlias.confirmed_at: NOW}).where(EmailAlias.id == home.id)
    assert await delegated(cast, event_id, to="alternate@home.example", comment="Again") is ReplyOutcome.RECORDED
    assert await coming(cast, event_id) == {cast.fbi_alternate.member_id}


async def test_an_address_that_became_someone_s_own_is_no_one_else_s(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await seated(sqlite_cast)
    duty = EmailAlias(member=cast.kcpd_detective.member_id, address=ALTERNATE, added_at=NOW, confirmed_at=NOW)
    await EmailAlias.insert(duty)
    found = await known_people.confirmed_aliases_of([cast.kcpd_detective.member_id, cast.fbi_alternate.member_id])
    assert found == {}
    assert await delegated(cast, event_id) is ReplyOutcome.RECORDED
    assert await coming(cast, event_id) == {cast.fbi_alternate.member_id}


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
    cast, event_id = sqlite_cast, await seated(sqlite_cast)
    invited = await invitations_by_member(event_id)
    queued = await Queued.count()
    assert await delegated(cast, event_id, **facts) is ReplyOutcome.UNMATCHED  # type: ignore[arg-type]  # as in `said`
    [row] = await IncomingReply.select(IncomingReply.misfit)
    assert (row["misfit"], await coming(cast, event_id)) == (Mismatch.DELEGATE, frozenset())
    assert await reply_of(cast.fbi_lead, event_id, FEBRUARY) == (ReplyValue.NEEDS_ACTION, "")
    assert (await invitations_by_member(event_id), await Queued.count()) == (invited, queued)


async def test_a_later_yes_takes_it_back_and_notifies_the_alternate(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await seated(sqlite_cast)
    await delegated(cast, event_id)
    yes = {"to": None, "value": YES, "stamped_at": NOW + 2 * HOUR}
    assert await delegated(cast, event_id, **yes) is ReplyOutcome.RECORDED  # type: ignore[arg-type]  # as in `said`
    assert await coming(cast, event_id) == frozenset()
    assert [one.recipient_id for one in await messages(Removed)] == [cast.fbi_alternate.member_id]


async def of_substitute(
    cast: Cast,
    event_id: UUID,
    value: ReplyValue,
    comment: str = "",
    *,
    is_verified: bool = True,
    stamped_at: datetime = AFTER,
) -> ReplyOutcome:
    """Let the alternate reply as themselves, to the address in their own email: that of the lead's invitation."""
    about = {"date": on(AT_TEN), "attendee": ALTERNATE, "comment": comment, "stamped_at": stamped_at}
    one = await said(cast.fbi_lead, event_id, value, **about)
    sender = Sender(address=ALTERNATE, is_verified=is_verified)
    [outcome] = await take_email(await email(cast.fbi_lead, event_id, one, sender=sender, received_at=AFTER))
    return outcome


async def waiting(cast: Cast, event_id: UUID) -> list[WaitingReply]:
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FEBRUARY)
    return list((await unrecorded_replies.unrecorded_of_date(cast.coordinator, date, AFTER)).waiting)


async def test_the_yes_of_a_substitute_is_what_is_known_and_waits_for_no_one(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await seated(sqlite_cast)
    await delegated(cast, event_id)
    assert await of_substitute(cast, event_id, YES) is ReplyOutcome.REPEATED
    assert await coming(cast, event_id) == {cast.fbi_alternate.member_id}
    assert await waiting(cast, event_id) == []


async def test_the_no_of_a_substitute_releases_them_and_is_no_one_else_s(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await seated(sqlite_cast)
    await delegated(cast, event_id)
    assert await of_substitute(cast, event_id, NO) is ReplyOutcome.RELEASED
    assert (await coming(cast, event_id), await waiting(cast, event_id)) == (frozenset(), [])
    assert (await reply_of(cast.fbi_lead, event_id, FEBRUARY))[0] is NO
    assert [one.recipient_id for one in await messages(Removed)] == [cast.fbi_alternate.member_id]


@pytest.mark.parametrize(("value", "is_verified"), [(NO, False), (MAYBE, True)])
async def test_a_substitute_s_no_that_may_be_forged_and_their_maybe_wait(
    sqlite_cast: Cast, value: ReplyValue, *, is_verified: bool
) -> None:
    cast, event_id = sqlite_cast, await seated(sqlite_cast)
    await delegated(cast, event_id)
    assert await of_substitute(cast, event_id, value, is_verified=is_verified) is ReplyOutcome.UNMATCHED
    assert await coming(cast, event_id) == {cast.fbi_alternate.member_id}
    [one] = await waiting(cast, event_id)
    assert one.reply.is_of_substitute


async def test_a_no_from_before_the_substitute_was_named_waits(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await seated(sqlite_cast)
    await delegated(cast, event_id)
    assert await of_substitute(cast, event_id, NO, stamped_at=NOW) is ReplyOutcome.UNMATCHED
    assert await coming(cast, event_id) == {cast.fbi_alternate.member_id}


async def test_a_yes_that_may_be_forged_or_comes_before_they_are_named_waits(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await seated(sqlite_cast)
    assert await of_substitute(cast, event_id, YES) is ReplyOutcome.UNMATCHED
    await delegated(cast, event_id)
    assert await of_substitute(cast, event_id, YES, "Forged", is_verified=False) is ReplyOutcome.UNMATCHED


async def test_a_waiting_yes_of_a_substitute_is_attached_as_their_own(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await seated(sqlite_cast)
    await delegated(cast, event_id)
    await of_substitute(cast, event_id, YES, is_verified=False)
    [one] = await waiting(cast, event_id)
    assert (one.person_id, one.is_attachable, one.substitute) == (cast.fbi_alternate.member_id, True, "")
    await unrecorded_replies.attach_reply(cast.coordinator, event_id, FEBRUARY, one.reply.id, one.person_id, AFTER)
    assert await coming(cast, event_id) == {cast.fbi_alternate.member_id}
    view = await view_event(cast.coordinator, event_id, FEBRUARY, AFTER)
    [lead] = [one for one in view.named if one.member_id == cast.fbi_lead.member_id]
    assert (lead.reply, lead.entered_by) == (NO, "")


async def test_a_waiting_no_of_a_substitute_is_attached_as_their_own_and_can_be_undone(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await seated(sqlite_cast)
    await delegated(cast, event_id)
    await of_substitute(cast, event_id, NO, is_verified=False)
    [one] = await waiting(cast, event_id)
    await unrecorded_replies.attach_reply(cast.coordinator, event_id, FEBRUARY, one.reply.id, one.person_id, AFTER)
    assert await coming(cast, event_id) == frozenset()
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FEBRUARY)
    [shown] = (await unrecorded_replies.unrecorded_of_date(cast.coordinator, date, AFTER)).settled
    assert shown.reply.decision
    assert (shown.reply.decision.is_release, shown.reply.decision.is_substitution) == (True, False)
    await unrecorded_replies.undo_reply_decision(cast.coordinator, event_id, FEBRUARY, one.reply.id, AFTER)
    assert await coming(cast, event_id) == {cast.fbi_alternate.member_id}


async def test_undoing_a_substitute_s_attached_no_takes_back_the_email_to_the_person_who_named_them(
    sqlite_cast: Cast,
) -> None:
    cast, event_id = sqlite_cast, await seated(sqlite_cast)
    await delegated(cast, event_id)
    await of_substitute(cast, event_id, NO, is_verified=False)
    [one] = await waiting(cast, event_id)
    await unrecorded_replies.attach_reply(cast.coordinator, event_id, FEBRUARY, one.reply.id, one.person_id, AFTER)
    named_by = (Queued.kind == "substitute_declined") & (Queued.recipient == cast.fbi_lead.member_id)
    assert [row["state"] for row in await Queued.select(Queued.state).where(named_by)] == ["pending"]
    await unrecorded_replies.undo_reply_decision(cast.coordinator, event_id, FEBRUARY, one.reply.id, AFTER)
    taken_back = await Queued.select(Queued.state, Queued.reason).where(named_by)
    assert taken_back == [{"state": "superseded", "reason": outbox.UNDONE}]


@pytest.mark.both_engines
@pytest.mark.parametrize("is_informed", [False, True])
async def test_a_waiting_no_of_a_substitute_who_was_released_later_needs_no_decision(
    cast: Cast, *, is_informed: bool
) -> None:
    event_id = await seated(cast)
    await delegated(cast, event_id)
    if is_informed:
        event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
        invitees = {**plan.invitees, cast.fbi_alternate.member_id: AttendeeRole.INFORMED}
        await scheduling.change_event(
            cast.coordinator, event_id, replace(plan, invitees=invitees), event.version, LATER
        )
    await of_substitute(cast, event_id, NO, is_verified=False)
    assert (
        len(await waiting(cast, event_id))
        == len(await visible.dates_of_waiting_replies(cast.coordinator, AFTER, NOW))
        == 1
    )
    await replies.record_own_reply(cast.fbi_lead, event_id, FEBRUARY, YES, "", AFTER - HOUR, for_series=False)
    assert (await waiting(cast, event_id), await visible.dates_of_waiting_replies(cast.coordinator, AFTER, NOW)) == (
        [],
        [],
    )
    date = await occurrences.date_seen_by(cast.coordinator, event_id, FEBRUARY)
    [shown] = (await unrecorded_replies.unrecorded_of_date(cast.coordinator, date, AFTER)).settled
    assert shown.reply.why.endswith("No decision is needed: the sender is no longer the substitute.")
    assert not shown.is_attachable
    said_no = (cast.fbi_lead, event_id, FEBRUARY, NO, "", AFTER - HOUR)
    await replies.record_own_reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)
    assert len(await waiting(cast, event_id)) == 1


async def from_home(cast: Cast, event_id: UUID) -> None:
    """Let the lead say Yes from an address that the tracker doesn't know, after naming the alternate."""
    yes = await said(cast.fbi_lead, event_id, YES, date=on(AT_TEN), stamped_at=AFTER)
    home = Sender(address="lead@home.example", is_verified=True)
    assert await take_email(await email(cast.fbi_lead, event_id, yes, sender=home, received_at=AFTER)) == [
        ReplyOutcome.UNMATCHED
    ]


@pytest.mark.both_engines
async def test_a_substitute_s_no_settles_no_reply_of_the_person_who_named_them(cast: Cast) -> None:
    event_id = await seated(cast)
    await delegated(cast, event_id)
    await from_home(cast, event_id)
    await recorded_replies.decline_as_substitute(cast.fbi_alternate, event_id, FEBRUARY, AFTER + HOUR)
    [one] = await waiting(cast, event_id)
    await unrecorded_replies.attach_reply(
        cast.coordinator, event_id, FEBRUARY, one.reply.id, cast.fbi_lead.member_id, AFTER + HOUR
    )
    assert (await reply_of(cast.fbi_lead, event_id, FEBRUARY))[0] is YES


async def test_a_later_no_of_the_person_who_named_a_substitute_settles_their_earlier_reply(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await seated(sqlite_cast)
    await delegated(cast, event_id)
    await from_home(cast, event_id)
    await replies.record_own_reply(cast.fbi_lead, event_id, FEBRUARY, NO, "", AFTER + HOUR, for_series=False)
    assert await waiting(cast, event_id) == []


async def test_a_yes_written_before_the_substitute_s_no_counts_when_it_comes_after_it(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await seated(sqlite_cast)
    await delegated(cast, event_id)
    await recorded_replies.decline_as_substitute(cast.fbi_alternate, event_id, FEBRUARY, AFTER + HOUR)
    yes = {"to": None, "value": YES, "stamped_at": AFTER}
    assert await delegated(cast, event_id, **yes) is ReplyOutcome.RECORDED  # type: ignore[arg-type]  # as in `said`
    assert (await reply_of(cast.fbi_lead, event_id, FEBRUARY))[0] is YES


async def from_forwarded(cast: Cast, event_id: UUID, value: ReplyValue, sender: str = ALTERNATE) -> WaitingReply:
    """Let someone else reply in words to the lead's email, and return how it waits."""
    one = await said(cast.fbi_lead, event_id, value, date=on(AT_TEN), stamped_at=AFTER)
    about = {"sender": Sender(address=sender, is_verified=True), "received_at": AFTER}
    assert await take_email(await email(cast.fbi_lead, event_id, one, **about)) == [ReplyOutcome.UNMATCHED]
    [shown] = await waiting(cast, event_id)
    return shown


@pytest.mark.parametrize("value", [YES, NO])
async def test_a_substitute_s_reply_to_the_person_s_email_is_not_offered_as_that_person_s(
    sqlite_cast: Cast, value: ReplyValue
) -> None:
    cast, event_id = sqlite_cast, await seated(sqlite_cast)
    await delegated(cast, event_id)
    one = await from_forwarded(cast, event_id, value)
    assert (one.person_id, one.reply.is_of_substitute) == (cast.fbi_alternate.member_id, True)


async def test_an_alternate_s_yes_to_the_person_s_email_is_offered_as_a_substitute_s(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await seated(sqlite_cast)
    one = await from_forwarded(cast, event_id, YES)
    assert (one.person_id, one.substitute) == (None, "Fbi alternate (FBI)")


@pytest.mark.parametrize(("sender", "is_theirs"), [("hsi_liaison@hsi.example", False), (STRANGER, True)])
async def test_an_email_is_offered_as_the_invited_person_s_unless_another_member_sent_it(
    sqlite_cast: Cast, sender: str, *, is_theirs: bool
) -> None:
    cast, event_id = sqlite_cast, await seated(sqlite_cast)
    one = await from_forwarded(cast, event_id, YES, sender)
    assert one.person_id == (cast.fbi_lead.member_id if is_theirs else None)


async def test_a_substitute_s_maybe_is_not_attached_to_them(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await seated(sqlite_cast)
    await delegated(cast, event_id)
    await of_substitute(cast, event_id, MAYBE)
    [one] = await waiting(cast, event_id)
    with pytest.raises(Conflict):
        await unrecorded_replies.attach_reply(cast.coordinator, event_id, FEBRUARY, one.reply.id, one.person_id, AFTER)


SAID = st.tuples(st.sampled_from([(YES, None), (MAYBE, None), (NO, ALTERNATE), (NO, STRANGER)]), st.integers(0, 4))


@pytest.mark.both_engines
@given(sent=st.lists(SAID, min_size=2, max_size=4, unique_by=lambda one: one[1]), data=st.data())
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_order_and_any_repetition_send_the_same_person(
    cast: Cast, sent: list[tuple[tuple[ReplyValue, str | None], int]], data: st.DataObject
) -> None:
    orders = [data.draw(st.permutations(sent)) for _ in range(2)]
    ends = []
    for order in orders:
        event_id = await seated(cast)
        for (value, to), minute in [*order, *order[:2]]:
            await delegated(cast, event_id, to, value=value, stamped_at=NOW + timedelta(minutes=minute))
        ends.append((await reply_of(cast.fbi_lead, event_id, FEBRUARY), await coming(cast, event_id)))
    assert ends[0] == ends[1]
