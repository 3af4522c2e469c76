"""The life of accounts: invitations, links, suspending and opening, and what the clock ends."""

import json
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from tests.cast import LINK, NOW, PROGRAM, ZONE, Cast, meeting, operation
from tests.emails import ReadEmail, read_result
from tests.ports.browser import session_of
from tests.usecases.roster.forms import audit_verbs, column_of_member, facts_of_member, person_facts
from tracker.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.outbox import Message as OutboxMessage
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.core.viewers import Role, Status, Viewer
from tracker.rules.emails.emails import InvitationPage
from tracker.rules.emails.preferences import Preferences
from tracker.rules.emails.template_values import AccountChangedEmail, AccountInvitationEmail
from tracker.rules.events.replies import ReplyValue
from tracker.rules.identity import ApiScope
from tracker.rules.roster.directory import IDLE
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.identity import SignInLink
from tracker.tables.schema.roster import Agency, Member
from tracker.usecases.calendars import feeds, subscriptions
from tracker.usecases.core import outbox
from tracker.usecases.core.viewers import viewer_for, viewer_of_session, viewers_for
from tracker.usecases.emails import emails, preferences
from tracker.usecases.events import occurrences, replies, scheduling
from tracker.usecases.identity import sessions
from tracker.usecases.identity.sign_in import check_link, emailed_token, redeem_link
from tracker.usecases.roster import accounts, people
from tracker.usecases.roster.people import LIFETIME, SentInvitation

MINUTE = timedelta(minutes=1)


async def suspend_account(viewer: Viewer, who: Viewer) -> None:
    await accounts.suspend_account(viewer, who.member_id, "Long leave", NOW, NOW)


async def test_a_link_made_by_an_administrator_lets_the_person_in_once(cast: Cast) -> None:
    token = await accounts.make_sign_in_link(cast.administrator, cast.ipd_liaison.member_id, NOW, NOW)
    session = await redeem_link(token, NOW, asks_code=False)
    assert isinstance(session, str)
    visit = await viewer_of_session(session, NOW)
    assert visit is not None
    assert visit.viewer.member_id == cast.ipd_liaison.member_id
    with pytest.raises(Gone):
        await redeem_link(token, NOW, asks_code=False)
    assert await audit_verbs(cast.ipd_liaison.member_id) == ["link_issued", "signed_in"]


async def test_a_link_is_over_after_half_an_hour(sqlite_cast: Cast) -> None:
    token = await accounts.make_sign_in_link(sqlite_cast.coordinator, sqlite_cast.ipd_liaison.member_id, NOW, NOW)
    with pytest.raises(Gone):
        await check_link(token, NOW + timedelta(minutes=30))


async def test_no_one_else_makes_links_or_suspends(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    for viewer in (cast.fbi_lead, cast.auditor):
        with pytest.raises(NotAllowed):
            await accounts.make_sign_in_link(viewer, cast.fbi_alternate.member_id, NOW, NOW)
        with pytest.raises(NotAllowed):
            await suspend_account(viewer, cast.fbi_alternate)


async def test_an_old_proof_makes_no_link(sqlite_cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await accounts.make_sign_in_link(
            sqlite_cast.coordinator, sqlite_cast.ipd_liaison.member_id, NOW - timedelta(minutes=15), NOW
        )


async def test_an_administrator_gains_no_way_into_a_coordinators_account(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await accounts.make_sign_in_link(cast.administrator, cast.coordinator.member_id, NOW, NOW)
    with pytest.raises(NotAllowed):
        await suspend_account(cast.administrator, cast.coordinator)


async def test_a_guest_is_viewer_of_emails_and_links_and_never_signs_in(cast: Cast) -> None:
    member_id = await people.add_person(cast.coordinator, person_facts(cast, is_guest=True), NOW, NOW)
    with pytest.raises(NotAllowed, match="guest"):
        await accounts.make_sign_in_link(cast.coordinator, member_id, NOW, NOW)
    guest = await viewer_for(member_id, NOW)
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(guest), NOW)
    own_reply = await replies.my_reply(guest, await occurrences.nearest_date(guest, event_id, NOW))
    assert own_reply is not None
    reply = await replies.open_invitation(own_reply[0], None, NOW, LINK)
    await replies.record_reply_by_link(reply, ReplyValue.ACCEPTED, "", NOW)
    assert (await replies.open_invitation(own_reply[0], None, NOW, LINK)).reply is ReplyValue.ACCEPTED


async def test_a_guest_is_named_in_no_operation_because_that_needs_a_sign_in(cast: Cast) -> None:
    member_id = await people.add_person(cast.coordinator, person_facts(cast, is_guest=True), NOW, NOW)
    with pytest.raises(Invalid, match="KCPD clerk"):
        await scheduling.schedule_event(
            cast.coordinator, operation(await viewer_for(member_id, NOW), cast.fbi_lead), NOW
        )


async def test_a_session_of_someone_who_became_a_guest_is_over(sqlite_cast: Cast) -> None:
    session = await session_of(sqlite_cast.ipd_liaison, NOW)
    await Member.update({Member.is_guest: True}).where(Member.id == sqlite_cast.ipd_liaison.member_id)
    assert await viewer_of_session(session, NOW) is None


async def test_suspending_ends_sessions_links_feeds_and_emails_at_that_moment(cast: Cast) -> None:
    who = cast.kcpd_detective
    await scheduling.schedule_event(cast.coordinator, meeting(who), NOW)
    session = await session_of(who, NOW)
    _, token = await subscriptions.create_subscription(who, "Phone", FeedScope.ALL, NOW, shows_operations=False)
    link = await accounts.make_sign_in_link(cast.coordinator, who.member_id, NOW, NOW)
    await suspend_account(cast.administrator, who)
    assert await viewer_of_session(session, NOW) is None
    with pytest.raises(Gone):
        await check_link(link, NOW)
    with pytest.raises(NotFound):
        await feeds.open_feed(token, NOW)
    waiting = (Message.recipient == who.member_id) & (Message.state == "pending") & Message.event.is_not_null()
    assert await Message.count().where(waiting) == 0
    assert "suspended" in await audit_verbs(who.member_id)


async def test_an_account_that_is_opened_again_has_its_feeds_and_no_old_session(cast: Cast) -> None:
    who = cast.kcpd_detective
    session = await session_of(who, NOW)
    _, token = await subscriptions.create_subscription(who, "Phone", FeedScope.ALL, NOW, shows_operations=False)
    await suspend_account(cast.coordinator, who)
    await accounts.reopen_account(cast.coordinator, who.member_id, NOW, NOW)
    assert await viewer_of_session(session, NOW) is None
    assert (await feeds.open_feed(token, NOW)).viewer.member_id == who.member_id
    with pytest.raises(Conflict):
        await accounts.reopen_account(cast.coordinator, who.member_id, NOW, NOW)


async def test_a_reason_is_asked_for_and_kept_in_the_audit_log(cast: Cast) -> None:
    who = cast.kcpd_detective.member_id
    for nothing in ("", " \n "):
        with pytest.raises(Invalid, match="reason"):
            await accounts.suspend_account(cast.coordinator, who, nothing, NOW, NOW)
    await accounts.suspend_account(cast.coordinator, who, " Lost the badge,\nagain ", NOW, NOW)
    entry = await AuditEntry.select(AuditEntry.facts).where(AuditEntry.verb == "suspended").first()
    assert json.loads(entry["facts"]) == {"why": "Lost the badge, again"}


async def test_no_one_suspends_themselves(sqlite_cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await suspend_account(sqlite_cast.coordinator, sqlite_cast.coordinator)


async def test_the_clock_suspends_an_account_at_the_moment_it_ends(cast: Cast) -> None:
    member_id = await people.add_person(cast.coordinator, person_facts(cast, expires_at=NOW + MINUTE), NOW, NOW)
    assert await accounts.suspend_due_accounts(NOW + MINUTE - timedelta(seconds=1)) == 0
    assert await accounts.suspend_due_accounts(NOW + MINUTE) == 1
    assert await accounts.suspend_due_accounts(NOW + MINUTE) == 0
    assert await column_of_member(member_id, "status") == "suspended"
    assert await audit_verbs(member_id) == ["added", "suspended"]


async def test_nothing_opens_after_the_last_day_before_the_clock_came(cast: Cast) -> None:
    who, ends = cast.ipd_liaison, NOW + MINUTE
    session = await session_of(who, NOW)
    link = await accounts.make_sign_in_link(cast.coordinator, who.member_id, NOW, NOW)
    program = await sessions.create_token(who, "Duty roster", frozenset({ApiScope.EVENTS_READ}), NOW)
    _, feed = await subscriptions.create_subscription(who, "Phone", FeedScope.ALL, NOW, shows_operations=False)
    await Member.update({Member.expires_at: ends}).where(Member.id == who.member_id)
    kept = feeds.OpenFeeds()
    assert (await kept.open(feed, NOW)).viewer == await viewer_for(who.member_id, NOW)
    assert await column_of_member(who.member_id, "status") == "active"
    assert await viewer_of_session(session, ends) is None
    assert await viewers_for([who.member_id], ends) == {}
    assert await sessions.bearer_of(program, ends, PROGRAM) is None
    for opened in (kept.open(feed, ends), feeds.open_feed(feed, ends), viewer_for(who.member_id, ends)):
        with pytest.raises(NotFound):
            await opened
    with pytest.raises(Gone):
        await check_link(link, ends)
    with pytest.raises(NotAllowed):
        await accounts.make_sign_in_link(cast.coordinator, who.member_id, ends, ends)


async def test_the_last_coordinator_has_no_last_day(cast: Cast) -> None:
    last = cast.coordinator.member_id
    await Member.update({Member.expires_at: NOW}).where(Member.id == last)
    assert await accounts.suspend_due_accounts(NOW) == 0
    assert (await viewer_for(last, NOW)).is_coordinator
    assert await accounts.suspend_due_accounts(NOW) == 0
    assert await audit_verbs(last) == ["updated"]


async def test_an_account_opened_after_its_last_day_stays_open(cast: Cast) -> None:
    member_id = await people.add_person(cast.coordinator, person_facts(cast, expires_at=NOW + MINUTE), NOW, NOW)
    later = NOW + timedelta(days=2)
    await accounts.suspend_due_accounts(later)
    await accounts.reopen_account(cast.coordinator, member_id, later, later)
    assert await accounts.suspend_due_accounts(later) == 0
    assert await column_of_member(member_id, "expires_at") is None


async def test_the_clock_suspends_who_has_not_signed_in_for_90_days(cast: Cast) -> None:
    await session_of(cast.ipd_liaison, NOW)
    assert await accounts.suspend_due_accounts(NOW + IDLE - MINUTE) == 0
    assert await accounts.suspend_due_accounts(NOW + IDLE) == 1
    assert await column_of_member(cast.ipd_liaison.member_id, "status") == "suspended"


async def test_who_was_let_in_again_has_90_days_to_sign_in(cast: Cast) -> None:
    await session_of(cast.ipd_liaison, NOW)
    later = NOW + IDLE
    await accounts.suspend_due_accounts(later)
    await accounts.reopen_account(cast.coordinator, cast.ipd_liaison.member_id, later, later)
    assert await accounts.suspend_due_accounts(later + IDLE - MINUTE) == 0
    assert await accounts.suspend_due_accounts(later + IDLE) == 1


async def test_who_never_signed_in_has_nothing_that_could_be_idle(sqlite_cast: Cast) -> None:
    assert await accounts.suspend_due_accounts(NOW + timedelta(days=400)) == 0


async def test_the_clock_leaves_the_last_coordinator(cast: Cast) -> None:
    for who in (cast.coordinator, cast.fbi_lead):
        await session_of(who, NOW)
    await people.set_roles(cast.fbi_lead.member_id, {Role.COORDINATOR}, set())
    assert await accounts.suspend_due_accounts(NOW + IDLE) == 1
    assert await accounts.suspend_due_accounts(NOW + IDLE) == 0


async def test_a_review_is_noted(cast: Cast) -> None:
    await accounts.review_account(cast.administrator, cast.ipd_liaison.member_id, NOW, NOW)
    assert await column_of_member(cast.ipd_liaison.member_id, "reviewed_at") == NOW
    assert await audit_verbs(cast.ipd_liaison.member_id) == ["reviewed"]


SOON = NOW + timedelta(minutes=1)
Deed = Callable[[Viewer, UUID, datetime], Awaitable[object]]


async def sign_in_link(viewer: Viewer, member_id: UUID, now: datetime) -> str:
    return await accounts.make_sign_in_link(viewer, member_id, now, now)


async def replace_address(cast: Cast, by: Viewer, who: Viewer) -> None:
    facts = await facts_of_member(cast, who, email="elsewhere@usao.example")
    await people.save_person(by, who.member_id, facts, 1, NOW, NOW)


async def only_email() -> ReadEmail:
    [message] = await outbox.claim_messages("test", (), SOON, 10)
    letter = read_result(await emails.write_email(message, SOON, ZONE))
    assert isinstance(letter, ReadEmail)
    assert isinstance(letter.letter.says, AccountChangedEmail)
    return letter


@pytest.mark.parametrize(
    ("deed", "done"),
    [
        (sign_in_link, "A one-time sign-in link was created"),
        (accounts.make_reset_link, "A password reset link was created"),
        (accounts.remove_authenticator, "Your authenticator app and your recovery codes were removed"),
        (accounts.end_pause, "A pause after failed sign-ins was ended"),
    ],
)
async def test_whose_account_someone_else_changes_reads_what_when_and_by_whom(cast: Cast, deed: Deed, done: str):
    await Member.update({Member.phone: "816-555-0100"}).where(Member.id == cast.coordinator.member_id)
    await deed(cast.administrator, cast.kcpd_detective.member_id, NOW)
    letter = await only_email()
    assert letter.to == cast.kcpd_detective.email
    assert letter.facts == (
        ("What", done),
        ("When", "Tuesday, December 15, 2026, 9:00 AM Central"),
        ("By", "Administrator"),
    )
    assert "call Coordinator, 816-555-0100 right away." in letter.paragraphs[-1]


async def test_a_replaced_address_is_reported_to_the_earlier_address_and_not_which_one_it_is_now(cast: Cast):
    await replace_address(cast, cast.administrator, cast.kcpd_detective)
    letter = await only_email()
    assert letter.to == cast.kcpd_detective.email
    assert letter.facts[0] == ("What", "Your email address was changed")
    assert "elsewhere" not in repr(letter)


async def test_suspending_the_account_right_afterward_does_not_keep_the_word_back(cast: Cast):
    await replace_address(cast, cast.administrator, cast.kcpd_detective)
    await accounts.suspend_account(cast.administrator, cast.kcpd_detective.member_id, "Lost", NOW, NOW)
    assert (await only_email()).to == cast.kcpd_detective.email


async def test_a_change_by_the_only_coordinator_names_no_one_else_to_call(sqlite_cast: Cast):
    await accounts.make_reset_link(sqlite_cast.coordinator, sqlite_cast.kcpd_detective.member_id, NOW)
    assert "call the coordinator right away." in (await only_email()).paragraphs[-1]


async def test_who_reads_discreetly_is_notified_of_a_change_without_a_name_of_the_task_force(sqlite_cast: Cast):
    await preferences.save_preferences(sqlite_cast.kcpd_detective, Preferences(is_discreet=True), NOW)
    await accounts.make_reset_link(sqlite_cast.administrator, sqlite_cast.kcpd_detective.member_id, NOW)
    assert (await only_email()).is_discreet


async def test_a_change_that_is_not_made_is_not_reported(sqlite_cast: Cast):
    facts = await facts_of_member(sqlite_cast, sqlite_cast.kcpd_detective, phone="816-555-0199")
    await people.save_person(sqlite_cast.administrator, sqlite_cast.kcpd_detective.member_id, facts, 1, NOW, NOW)
    assert await outbox.claim_messages("test", (), SOON, 10) == []


async def send_invitations(viewer: Viewer, *chosen: Viewer, now: datetime = NOW) -> int:
    return (await people.send_invitations(viewer, {one.member_id for one in chosen}, now, now)).sent


async def invite_and_list(viewer: Viewer, chosen: Collection[UUID] | None = None) -> set[UUID]:
    await people.send_invitations(viewer, chosen, NOW, NOW)
    return {one.recipient_id for one in await due_messages()}


async def due_messages() -> list[OutboxMessage]:
    return await outbox.claim_messages("test", (), SOON, 100)


async def email_of(message: OutboxMessage) -> ReadEmail | SendOutcome:
    return read_result(await emails.write_email(message, SOON, ZONE))


async def token_in(message: OutboxMessage) -> str:
    letter = await email_of(message)
    assert isinstance(letter, ReadEmail)
    [button] = letter.buttons
    assert isinstance(button.target, InvitationPage)
    return emailed_token(button.target.member_id, button.target.link_id)


async def test_each_of_those_chosen_gets_one_email_with_a_link_of_their_own_that_lets_them_in_once(cast: Cast) -> None:
    assert await send_invitations(cast.coordinator, cast.fbi_lead, cast.harbor_advocate) == 2
    messages = await due_messages()
    tokens = {one.recipient_id: await token_in(one) for one in messages}
    assert set(tokens) == {cast.fbi_lead.member_id, cast.harbor_advocate.member_id}
    for member_id, token in tokens.items():
        session = await redeem_link(token, SOON, asks_code=False)
        assert isinstance(session, str)
        visit = await viewer_of_session(session, SOON)
        assert visit is not None
        assert visit.viewer.member_id == member_id
        with pytest.raises(Gone):
            await redeem_link(token, SOON, asks_code=False)


async def test_the_email_says_who_invites_and_until_when_and_is_the_same_on_every_try(cast: Cast) -> None:
    await send_invitations(cast.coordinator, cast.fbi_lead)
    [message] = await due_messages()
    letter = await email_of(message)
    assert isinstance(letter, ReadEmail)
    assert (type(letter.letter.says), letter.to) == (AccountInvitationEmail, cast.fbi_lead.email)
    until = "Tuesday, December 22, 2026, 9:00 AM Central"
    assert letter.facts == (("Invited by", "Coordinator (USAO)"), ("Link expires", until))
    assert await email_of(message) == letter


async def test_the_database_alone_tells_no_link(cast: Cast) -> None:
    await send_invitations(cast.coordinator, cast.fbi_lead)
    [message] = await due_messages()
    token = await token_in(message)
    [stored] = await SignInLink.select()
    assert token not in f"{stored} {message}"


async def test_all_are_those_who_never_signed_in_and_may_be_let_in(cast: Cast) -> None:
    await session_of(cast.fbi_lead, NOW)
    await Member.update({Member.status: Status.SUSPENDED}).where(Member.id == cast.caht_lead.member_id)
    await Member.update({Member.is_guest: True}).where(Member.id == cast.ipd_liaison.member_id)
    await Member.update({Member.expires_at: NOW}).where(Member.id == cast.hsi_liaison.member_id)
    await Agency.update({Agency.status: Status.SUSPENDED}).where(Agency.id == cast.agencies["Bridge Legal"])
    out = ("fbi_lead", "caht_lead", "ipd_liaison", "hsi_liaison", "bridge_advocate")
    assert await invite_and_list(cast.coordinator) == {
        one.member_id for name, one in cast.members.items() if name not in out
    }


async def test_their_number_is_that_of_the_list_for_each_viewer(cast: Cast) -> None:
    await session_of(cast.fbi_lead, NOW)
    await Member.update({Member.status: Status.SUSPENDED}).where(Member.id == cast.caht_lead.member_id)
    await Member.update({Member.is_guest: True}).where(Member.id == cast.ipd_liaison.member_id)
    await Member.update({Member.expires_at: NOW}).where(Member.id == cast.hsi_liaison.member_id)
    await Agency.update({Agency.status: Status.SUSPENDED}).where(Agency.id == cast.agencies["Bridge Legal"])
    for viewer, others in ((cast.coordinator, 5), (cast.administrator, 7), (cast.fbi_lead, len(cast.members))):
        number = await people.number_of_newcomers(viewer, NOW)
        assert number == len(await people.newcomers(viewer, NOW)) == len(cast.members) - others


async def test_an_administrator_invites_neither_a_coordinator_nor_themselves(cast: Cast) -> None:
    both = {cast.coordinator.member_id, cast.administrator.member_id}
    assert not both & await invite_and_list(cast.administrator)
    with pytest.raises(Invalid):
        await people.send_invitations(cast.administrator, both, NOW, NOW)


async def test_strangers_among_those_chosen_are_passed_over(sqlite_cast: Cast) -> None:
    of_lead = {sqlite_cast.fbi_lead.member_id}
    assert await invite_and_list(sqlite_cast.coordinator, {uuid4(), *of_lead}) == of_lead


@pytest.mark.parametrize("chosen", [set(), {uuid4()}])
async def test_no_one_to_invite_is_said_at_the_field(sqlite_cast: Cast, chosen: set[UUID]) -> None:
    with pytest.raises(Invalid) as refused:
        await people.send_invitations(sqlite_cast.coordinator, chosen, NOW, NOW)
    assert list(refused.value.fields) == ["person"]


async def test_no_one_else_invites_and_an_old_proof_invites_no_one(sqlite_cast: Cast) -> None:
    for viewer in (sqlite_cast.fbi_lead, sqlite_cast.auditor):
        with pytest.raises(NotAllowed):
            await send_invitations(viewer, sqlite_cast.fbi_alternate)
        assert await people.newcomers(viewer, NOW) == []
    with pytest.raises(NotAllowed):
        await people.send_invitations(sqlite_cast.coordinator, None, NOW - timedelta(minutes=15), NOW)
    assert await due_messages() == []


async def test_a_second_invitation_ends_the_link_of_the_first_whose_email_does_not_go_out(cast: Cast) -> None:
    await send_invitations(cast.coordinator, cast.fbi_lead)
    [first] = await due_messages()
    token = await token_in(first)
    await send_invitations(cast.administrator, cast.fbi_lead, now=SOON)
    with pytest.raises(Gone):
        await check_link(token, SOON)
    skipped = await email_of(first)
    assert isinstance(skipped, SendOutcome)
    assert skipped.state is MessageState.SUPERSEDED


async def test_who_has_come_in_by_another_link_gets_no_email_and_the_emailed_link_is_over(cast: Cast) -> None:
    await send_invitations(cast.coordinator, cast.fbi_lead, cast.hsi_liaison)
    emails_sent = {one.recipient_id: one for one in await due_messages()}
    token = await token_in(emails_sent[cast.fbi_lead.member_id])
    await session_of(cast.fbi_lead, SOON)
    assert isinstance(await email_of(emails_sent[cast.fbi_lead.member_id]), SendOutcome)
    with pytest.raises(Gone):
        await check_link(token, SOON)
    assert isinstance(await email_of(emails_sent[cast.hsi_liaison.member_id]), ReadEmail)


async def test_an_emailed_link_is_good_for_a_week_and_not_for_who_is_suspended(cast: Cast) -> None:
    await send_invitations(cast.coordinator, cast.fbi_lead, cast.hsi_liaison)
    tokens = {one.recipient_id: await token_in(one) for one in await due_messages()}
    other_token = tokens[cast.fbi_lead.member_id]
    await check_link(other_token, NOW + LIFETIME - timedelta(seconds=1))
    with pytest.raises(Gone):
        await check_link(other_token, NOW + LIFETIME)
    await accounts.suspend_account(cast.coordinator, cast.hsi_liaison.member_id, "On leave", NOW, NOW)
    with pytest.raises(Gone):
        await check_link(tokens[cast.hsi_liaison.member_id], SOON)


@pytest.mark.parametrize("changed", [{"email": "right@fbi.example"}, {"is_guest": True}], ids=["address", "guest"])
async def test_no_invitation_outlives_the_address_it_was_emailed_to(cast: Cast, changed: dict[str, Any]) -> None:
    who = replace(cast.fbi_lead, roles=frozenset())
    await send_invitations(cast.coordinator, who)
    [message] = await due_messages()
    token = await token_in(message)
    facts = await facts_of_member(cast, who, **changed)
    await people.save_person(cast.coordinator, who.member_id, facts, 1, SOON, SOON)
    with pytest.raises(Gone):
        await redeem_link(token, SOON, asks_code=False)
    assert isinstance(await email_of(message), SendOutcome)


async def test_after_a_corrected_address_the_invitation_is_over_and_another_goes_there(cast: Cast) -> None:
    who = cast.caht_alternate
    await send_invitations(cast.coordinator, who)
    [message] = await due_messages()
    await outbox.close_message(message, SendOutcome(state=MessageState.SENT, reason=""), SOON)
    reported = await invitation_sent_to(cast, who)
    assert reported.is_good(SOON)
    facts = await facts_of_member(cast, who, email="right@caht.example")
    await people.save_person(cast.coordinator, who.member_id, facts, 1, SOON, SOON)
    assert not (await invitation_sent_to(cast, who)).is_good(SOON)
    await send_invitations(cast.coordinator, who, now=SOON)
    assert (await invitation_sent_to(cast, who)).is_good(SOON)
    letters_to = [email for each in await due_messages() if isinstance(email := await email_of(each), ReadEmail)]
    assert [one.to for one in letters_to if isinstance(one.letter.says, AccountInvitationEmail)] == [
        "right@caht.example"
    ]


async def invitation_sent_to(cast: Cast, who: Viewer) -> SentInvitation:
    """Return the state of someone's last invitation."""
    invitations_by_person = {one.person.id: one.invitation for one in await people.newcomers(cast.coordinator, SOON)}
    emailed = invitations_by_person[who.member_id]
    assert emailed
    return emailed


async def test_each_invitation_is_in_the_audit_log(cast: Cast) -> None:
    await send_invitations(cast.coordinator, cast.fbi_lead, cast.hsi_liaison)
    for person in (cast.fbi_lead, cast.hsi_liaison):
        assert await audit_verbs(person.member_id) == ["invited"]


async def test_the_state_of_the_last_invitation_is_shown(cast: Cast) -> None:
    await send_invitations(cast.coordinator, cast.fbi_lead)
    [message] = await due_messages()
    await outbox.close_message(message, SendOutcome(state=MessageState.BOUNCED, reason="No such mailbox."), SOON)
    emailed = await invitation_sent_to(cast, cast.fbi_lead)
    assert (emailed.state, emailed.reason, emailed.is_good(SOON)) == (MessageState.BOUNCED, "No such mailbox.", False)
    known = {one.person.id: one.invitation for one in await people.newcomers(cast.coordinator, SOON)}
    assert known[cast.hsi_liaison.member_id] is None
