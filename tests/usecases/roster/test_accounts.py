"""The life of accounts: links, suspending and opening, and what the clock ends; never the last coordinator."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.cast import LINK, NOW, PROGRAM, ZONE, Cast, meeting, operation
from tests.emails import ReadEmail, read
from tests.ports.browser import session_of
from tests.usecases.roster.forms import column, facts_of, person, verbs
from tracker.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.viewers import Role, Viewer
from tracker.rules.emails.preferences import Preferences
from tracker.rules.emails.template_values import AccountChangedEmail
from tracker.rules.events.replies import ReplyValue
from tracker.rules.identity.passwords import ApiScope
from tracker.rules.roster.directory import IDLE
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.roster import Member
from tracker.usecases.calendars import feeds, subscriptions
from tracker.usecases.core import outbox
from tracker.usecases.core.viewers import viewer_for, viewer_of_session, viewers_for
from tracker.usecases.emails import emails, preferences
from tracker.usecases.events import occurrences, replies, scheduling
from tracker.usecases.identity import sessions
from tracker.usecases.identity.one_time_links import check_link, redeem_link
from tracker.usecases.roster import accounts, people

MINUTE = timedelta(minutes=1)


async def suspend(viewer: Viewer, who: Viewer) -> None:
    await accounts.suspend_account(viewer, who.member_id, "Long leave", NOW, NOW)


async def test_a_link_made_by_a_keeper_lets_the_person_in_once(cast: Cast) -> None:
    token = await accounts.make_sign_in_link(cast.administrator, cast.ipd_liaison.member_id, NOW, NOW)
    session = await redeem_link(token, NOW, asks_code=False)
    assert isinstance(session, str)
    visit = await viewer_of_session(session, NOW)
    assert visit is not None
    assert visit.viewer.member_id == cast.ipd_liaison.member_id
    with pytest.raises(Gone):
        await redeem_link(token, NOW, asks_code=False)
    assert await verbs(cast.ipd_liaison.member_id) == ["link_issued", "signed_in"]


async def test_a_link_is_over_after_half_an_hour(sqlite_cast: Cast) -> None:
    token = await accounts.make_sign_in_link(sqlite_cast.coordinator, sqlite_cast.ipd_liaison.member_id, NOW, NOW)
    with pytest.raises(Gone):
        await check_link(token, NOW + timedelta(minutes=30))


async def test_nobody_else_makes_links_or_suspends(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    for viewer in (cast.fbi_lead, cast.auditor):
        with pytest.raises(NotAllowed):
            await accounts.make_sign_in_link(viewer, cast.fbi_alternate.member_id, NOW, NOW)
        with pytest.raises(NotAllowed):
            await suspend(viewer, cast.fbi_alternate)


async def test_an_old_proof_makes_no_link(sqlite_cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await accounts.make_sign_in_link(
            sqlite_cast.coordinator, sqlite_cast.ipd_liaison.member_id, NOW - timedelta(minutes=15), NOW
        )


async def test_an_administrator_gains_no_way_into_a_coordinators_account(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await accounts.make_sign_in_link(cast.administrator, cast.coordinator.member_id, NOW, NOW)
    with pytest.raises(NotAllowed):
        await suspend(cast.administrator, cast.coordinator)


async def test_a_guest_is_viewer_of_mails_and_links_and_never_signs_in(cast: Cast) -> None:
    member_id = await people.add_person(cast.coordinator, person(cast, is_guest=True), NOW, NOW)
    with pytest.raises(NotAllowed, match="guest"):
        await accounts.make_sign_in_link(cast.coordinator, member_id, NOW, NOW)
    guest = await viewer_for(member_id, NOW)
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(guest), NOW)
    mine = await replies.my_reply(guest, await occurrences.nearest_date(guest, event_id, NOW))
    assert mine is not None
    reply = await replies.open_invitation(mine[0], None, NOW, LINK)
    await replies.record_reply_by_link(reply, ReplyValue.ACCEPTED, "", NOW)
    assert (await replies.open_invitation(mine[0], None, NOW, LINK)).reply is ReplyValue.ACCEPTED


async def test_a_guest_is_named_in_no_operation_because_that_needs_a_sign_in(cast: Cast) -> None:
    member_id = await people.add_person(cast.coordinator, person(cast, is_guest=True), NOW, NOW)
    with pytest.raises(Invalid, match="KCPD clerk"):
        await scheduling.schedule_event(
            cast.coordinator, operation(await viewer_for(member_id, NOW), cast.fbi_lead), NOW
        )


async def test_a_session_of_somebody_who_became_a_guest_is_over(sqlite_cast: Cast) -> None:
    session = await session_of(sqlite_cast.ipd_liaison, NOW)
    await Member.update({Member.is_guest: True}).where(Member.id == sqlite_cast.ipd_liaison.member_id)
    assert await viewer_of_session(session, NOW) is None


async def test_suspending_shuts_sessions_links_feeds_and_mails_at_that_moment(cast: Cast) -> None:
    who = cast.kcpd_detective
    await scheduling.schedule_event(cast.coordinator, meeting(who), NOW)
    session = await session_of(who, NOW)
    _, token = await subscriptions.create_subscription(who, "Phone", FeedScope.ALL, NOW, shows_operations=False)
    link = await accounts.make_sign_in_link(cast.coordinator, who.member_id, NOW, NOW)
    await suspend(cast.administrator, who)
    assert await viewer_of_session(session, NOW) is None
    with pytest.raises(Gone):
        await check_link(link, NOW)
    with pytest.raises(NotFound):
        await feeds.open_feed(token, NOW)
    waiting = (Message.recipient == who.member_id) & (Message.state == "pending") & Message.event.is_not_null()
    assert await Message.count().where(waiting) == 0
    assert "suspended" in await verbs(who.member_id)


async def test_an_account_that_is_opened_again_has_its_feeds_and_no_old_session(cast: Cast) -> None:
    who = cast.kcpd_detective
    session = await session_of(who, NOW)
    _, token = await subscriptions.create_subscription(who, "Phone", FeedScope.ALL, NOW, shows_operations=False)
    await suspend(cast.coordinator, who)
    await accounts.reopen_account(cast.coordinator, who.member_id, NOW, NOW)
    assert await viewer_of_session(session, NOW) is None
    assert (await feeds.open_feed(token, NOW)).viewer.member_id == who.member_id
    with pytest.raises(Conflict):
        await accounts.reopen_account(cast.coordinator, who.member_id, NOW, NOW)


async def test_a_reason_is_asked_for_and_kept_in_the_trail(cast: Cast) -> None:
    who = cast.kcpd_detective.member_id
    for nothing in ("", " \n "):
        with pytest.raises(Invalid, match="reason"):
            await accounts.suspend_account(cast.coordinator, who, nothing, NOW, NOW)
    await accounts.suspend_account(cast.coordinator, who, " Lost the badge,\nagain ", NOW, NOW)
    entry = await AuditEntry.select(AuditEntry.facts).where(AuditEntry.verb == "suspended").first()
    assert json.loads(entry["facts"]) == {"why": "Lost the badge, again"}


async def test_nobody_suspends_themselves(sqlite_cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await suspend(sqlite_cast.coordinator, sqlite_cast.coordinator)


async def test_the_clock_suspends_an_account_at_the_moment_it_ends(cast: Cast) -> None:
    member_id = await people.add_person(cast.coordinator, person(cast, expires_at=NOW + MINUTE), NOW, NOW)
    assert await accounts.suspend_due_accounts(NOW + MINUTE - timedelta(seconds=1)) == 0
    assert await accounts.suspend_due_accounts(NOW + MINUTE) == 1
    assert await accounts.suspend_due_accounts(NOW + MINUTE) == 0
    assert await column(member_id, "status") == "suspended"
    assert await verbs(member_id) == ["added", "suspended"]


async def test_nothing_opens_after_the_last_day_before_the_clock_came(cast: Cast) -> None:
    who, ends = cast.ipd_liaison, NOW + MINUTE
    session = await session_of(who, NOW)
    link = await accounts.make_sign_in_link(cast.coordinator, who.member_id, NOW, NOW)
    program = await sessions.create_token(who, "Duty roster", frozenset({ApiScope.EVENTS_READ}), NOW)
    _, feed = await subscriptions.create_subscription(who, "Phone", FeedScope.ALL, NOW, shows_operations=False)
    await Member.update({Member.expires_at: ends}).where(Member.id == who.member_id)
    kept = feeds.OpenFeeds()
    assert (await kept.open(feed, NOW)).viewer == await viewer_for(who.member_id, NOW)
    assert await column(who.member_id, "status") == "active"
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
    assert await verbs(last) == ["updated"]


async def test_an_account_opened_after_its_last_day_stays_open(cast: Cast) -> None:
    member_id = await people.add_person(cast.coordinator, person(cast, expires_at=NOW + MINUTE), NOW, NOW)
    later = NOW + timedelta(days=2)
    await accounts.suspend_due_accounts(later)
    await accounts.reopen_account(cast.coordinator, member_id, later, later)
    assert await accounts.suspend_due_accounts(later) == 0
    assert await column(member_id, "expires_at") is None


async def test_the_clock_suspends_who_has_not_signed_in_for_90_days(cast: Cast) -> None:
    await session_of(cast.ipd_liaison, NOW)
    assert await accounts.suspend_due_accounts(NOW + IDLE - MINUTE) == 0
    assert await accounts.suspend_due_accounts(NOW + IDLE) == 1
    assert await column(cast.ipd_liaison.member_id, "status") == "suspended"


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
    assert await column(cast.ipd_liaison.member_id, "reviewed_at") == NOW
    assert await verbs(cast.ipd_liaison.member_id) == ["reviewed"]


SOON = NOW + timedelta(minutes=1)
Deed = Callable[[Viewer, UUID, datetime], Awaitable[object]]


async def sign_in_link(viewer: Viewer, member_id: UUID, now: datetime) -> str:
    return await accounts.make_sign_in_link(viewer, member_id, now, now)


async def replace_address(cast: Cast, by: Viewer, who: Viewer) -> None:
    facts = await facts_of(cast, who, email="elsewhere@usao.example")
    await people.save_person(by, who.member_id, facts, 1, NOW, NOW)


async def the_letter() -> ReadEmail:
    [message] = await outbox.claim_messages("test", (), SOON, 10)
    letter = read(await emails.write_email(message, SOON, ZONE))
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
async def test_whose_account_somebody_else_changes_is_told_what_when_and_by_whom(cast: Cast, deed: Deed, done: str):
    await Member.update({Member.phone: "816-555-0100"}).where(Member.id == cast.coordinator.member_id)
    await deed(cast.administrator, cast.kcpd_detective.member_id, NOW)
    letter = await the_letter()
    assert letter.to == cast.kcpd_detective.email
    assert letter.facts == (
        ("What", done),
        ("When", "Tuesday, December 15, 2026, 9:00 AM Central"),
        ("By", "Administrator"),
    )
    assert "call Coordinator, 816-555-0100 right away." in letter.paragraphs[-1]


async def test_a_replaced_address_is_told_to_the_address_of_before_and_not_which_one_it_is_now(cast: Cast):
    await replace_address(cast, cast.administrator, cast.kcpd_detective)
    letter = await the_letter()
    assert letter.to == cast.kcpd_detective.email
    assert letter.facts[0] == ("What", "Your email address was changed")
    assert "elsewhere" not in repr(letter)


async def test_suspending_the_account_right_afterwards_does_not_keep_the_word_back(cast: Cast):
    await replace_address(cast, cast.administrator, cast.kcpd_detective)
    await accounts.suspend_account(cast.administrator, cast.kcpd_detective.member_id, "Lost", NOW, NOW)
    assert (await the_letter()).to == cast.kcpd_detective.email


async def test_a_change_by_the_only_coordinator_names_nobody_else_to_call(sqlite_cast: Cast):
    await accounts.make_reset_link(sqlite_cast.coordinator, sqlite_cast.kcpd_detective.member_id, NOW)
    assert "call the coordinator right away." in (await the_letter()).paragraphs[-1]


async def test_who_reads_discreetly_is_told_of_a_change_without_a_name_of_the_task_force(sqlite_cast: Cast):
    await preferences.save_preferences(sqlite_cast.kcpd_detective, Preferences(is_discreet=True), NOW)
    await accounts.make_reset_link(sqlite_cast.administrator, sqlite_cast.kcpd_detective.member_id, NOW)
    assert (await the_letter()).is_discreet


async def test_a_change_that_is_not_made_is_not_told(sqlite_cast: Cast):
    facts = await facts_of(sqlite_cast, sqlite_cast.kcpd_detective, phone="816-555-0199")
    await people.save_person(sqlite_cast.administrator, sqlite_cast.kcpd_detective.member_id, facts, 1, NOW, NOW)
    assert await outbox.claim_messages("test", (), SOON, 10) == []
