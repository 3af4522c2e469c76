"""Inviting those who never signed in: one email each, one way in each, for a week; no one else is let in."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast
from tests.emails import ReadEmail, read
from tests.ports.browser import session_of
from tests.usecases.roster.forms import facts_of, verbs
from tracker.errors import Gone, Invalid, NotAllowed
from tracker.rules.core.outbox import Message, MessageState, SendOutcome
from tracker.rules.core.viewers import Status, Viewer
from tracker.rules.emails.emails import InvitationPage
from tracker.rules.emails.template_values import AccountInvitationEmail
from tracker.tables.schema.identity import SignInLink
from tracker.tables.schema.roster import Agency, Member
from tracker.usecases.core import outbox
from tracker.usecases.core.viewers import viewer_of_session
from tracker.usecases.emails import emails
from tracker.usecases.identity.one_time_links import check_link, mailed_token, redeem_link
from tracker.usecases.roster import accounts, people
from tracker.usecases.roster.people import LIFETIME, SentInvitation

SOON = NOW + timedelta(minutes=1)


async def invite(viewer: Viewer, *chosen: Viewer, now: datetime = NOW) -> int:
    return (await people.send_invitations(viewer, {one.member_id for one in chosen}, now, now)).sent


async def invited(viewer: Viewer, chosen: Collection[UUID] | None = None) -> set[UUID]:
    await people.send_invitations(viewer, chosen, NOW, NOW)
    return {one.recipient_id for one in await sending()}


async def sending() -> list[Message]:
    return await outbox.claim_messages("test", (), SOON, 100)


async def letter_of(message: Message) -> ReadEmail | SendOutcome:
    return read(await emails.write_email(message, SOON, ZONE))


async def token_in(message: Message) -> str:
    letter = await letter_of(message)
    assert isinstance(letter, ReadEmail)
    [button] = letter.buttons
    assert isinstance(button.target, InvitationPage)
    return mailed_token(button.target.member_id, button.target.link_id)


async def test_each_of_those_chosen_gets_one_mail_with_a_link_of_their_own_that_lets_them_in_once(cast: Cast) -> None:
    assert await invite(cast.coordinator, cast.fbi_lead, cast.harbor_advocate) == 2
    messages = await sending()
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


async def test_the_mail_says_who_invites_and_until_when_and_is_the_same_on_every_try(cast: Cast) -> None:
    await invite(cast.coordinator, cast.fbi_lead)
    [message] = await sending()
    letter = await letter_of(message)
    assert isinstance(letter, ReadEmail)
    assert (type(letter.letter.says), letter.to) == (AccountInvitationEmail, cast.fbi_lead.email)
    until = "Tuesday, December 22, 2026, 9:00 AM Central"
    assert letter.facts == (("Invited by", "Coordinator (USAO)"), ("Link expires", until))
    assert await letter_of(message) == letter


async def test_the_database_alone_tells_no_link(cast: Cast) -> None:
    await invite(cast.coordinator, cast.fbi_lead)
    [message] = await sending()
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
    assert await invited(cast.coordinator) == {one.member_id for name, one in cast.members.items() if name not in out}


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
    assert not both & await invited(cast.administrator)
    with pytest.raises(Invalid):
        await people.send_invitations(cast.administrator, both, NOW, NOW)


async def test_strangers_among_those_chosen_are_passed_over(sqlite_cast: Cast) -> None:
    theirs = {sqlite_cast.fbi_lead.member_id}
    assert await invited(sqlite_cast.coordinator, {uuid4(), *theirs}) == theirs


@pytest.mark.parametrize("chosen", [set(), {uuid4()}])
async def test_nobody_to_invite_is_told_at_the_field(sqlite_cast: Cast, chosen: set[UUID]) -> None:
    with pytest.raises(Invalid) as refused:
        await people.send_invitations(sqlite_cast.coordinator, chosen, NOW, NOW)
    assert list(refused.value.fields) == ["person"]


async def test_nobody_else_invites_and_an_old_proof_invites_nobody(sqlite_cast: Cast) -> None:
    for viewer in (sqlite_cast.fbi_lead, sqlite_cast.auditor):
        with pytest.raises(NotAllowed):
            await invite(viewer, sqlite_cast.fbi_alternate)
        assert await people.newcomers(viewer, NOW) == []
    with pytest.raises(NotAllowed):
        await people.send_invitations(sqlite_cast.coordinator, None, NOW - timedelta(minutes=15), NOW)
    assert await sending() == []


async def test_a_second_invitation_ends_the_link_of_the_first_whose_mail_does_not_go_out(cast: Cast) -> None:
    await invite(cast.coordinator, cast.fbi_lead)
    [first] = await sending()
    token = await token_in(first)
    await invite(cast.administrator, cast.fbi_lead, now=SOON)
    with pytest.raises(Gone):
        await check_link(token, SOON)
    skipped = await letter_of(first)
    assert isinstance(skipped, SendOutcome)
    assert skipped.state is MessageState.SUPERSEDED


async def test_who_has_come_in_by_another_link_gets_no_mail_and_the_mailed_link_is_over(cast: Cast) -> None:
    await invite(cast.coordinator, cast.fbi_lead, cast.hsi_liaison)
    mails = {one.recipient_id: one for one in await sending()}
    token = await token_in(mails[cast.fbi_lead.member_id])
    await session_of(cast.fbi_lead, SOON)
    assert isinstance(await letter_of(mails[cast.fbi_lead.member_id]), SendOutcome)
    with pytest.raises(Gone):
        await check_link(token, SOON)
    assert isinstance(await letter_of(mails[cast.hsi_liaison.member_id]), ReadEmail)


async def test_a_mailed_link_is_good_for_a_week_and_not_for_who_is_suspended(cast: Cast) -> None:
    await invite(cast.coordinator, cast.fbi_lead, cast.hsi_liaison)
    tokens = {one.recipient_id: await token_in(one) for one in await sending()}
    theirs = tokens[cast.fbi_lead.member_id]
    await check_link(theirs, NOW + LIFETIME - timedelta(seconds=1))
    with pytest.raises(Gone):
        await check_link(theirs, NOW + LIFETIME)
    await accounts.suspend_account(cast.coordinator, cast.hsi_liaison.member_id, "On leave", NOW, NOW)
    with pytest.raises(Gone):
        await check_link(tokens[cast.hsi_liaison.member_id], SOON)


@pytest.mark.parametrize("changed", [{"email": "right@fbi.example"}, {"is_guest": True}], ids=["address", "guest"])
async def test_no_invitation_outlives_the_address_it_was_mailed_to(cast: Cast, changed: dict[str, Any]) -> None:
    who = replace(cast.fbi_lead, roles=frozenset())
    await invite(cast.coordinator, who)
    [message] = await sending()
    token = await token_in(message)
    facts = await facts_of(cast, who, **changed)
    await people.save_person(cast.coordinator, who.member_id, facts, 1, SOON, SOON)
    with pytest.raises(Gone):
        await redeem_link(token, SOON, asks_code=False)
    assert isinstance(await letter_of(message), SendOutcome)


async def test_after_a_corrected_address_the_invitation_is_over_and_another_goes_there(cast: Cast) -> None:
    who = cast.caht_alternate
    await invite(cast.coordinator, who)
    [message] = await sending()
    await outbox.close_message(message, SendOutcome(state=MessageState.SENT, reason=""), SOON)
    told = await mailed_to(cast, who)
    assert told.is_good(SOON)
    facts = await facts_of(cast, who, email="right@caht.example")
    await people.save_person(cast.coordinator, who.member_id, facts, 1, SOON, SOON)
    assert not (await mailed_to(cast, who)).is_good(SOON)
    await invite(cast.coordinator, who, now=SOON)
    assert (await mailed_to(cast, who)).is_good(SOON)
    letters_to = [one for each in await sending() if isinstance(one := await letter_of(each), ReadEmail)]
    assert [one.to for one in letters_to if isinstance(one.letter.says, AccountInvitationEmail)] == [
        "right@caht.example"
    ]


async def mailed_to(cast: Cast, who: Viewer) -> SentInvitation:
    """Return the state of someone's last invitation."""
    found = {one.person.id: one.mailed for one in await people.newcomers(cast.coordinator, SOON)}
    mailed = found[who.member_id]
    assert mailed
    return mailed


async def test_each_invitation_stands_in_the_trail(cast: Cast) -> None:
    await invite(cast.coordinator, cast.fbi_lead, cast.hsi_liaison)
    for one in (cast.fbi_lead, cast.hsi_liaison):
        assert await verbs(one.member_id) == ["invited"]


async def test_how_the_last_invitation_stands_is_told(cast: Cast) -> None:
    await invite(cast.coordinator, cast.fbi_lead)
    [message] = await sending()
    await outbox.close_message(message, SendOutcome(state=MessageState.BOUNCED, reason="No such mailbox."), SOON)
    mailed = await mailed_to(cast, cast.fbi_lead)
    assert (mailed.state, mailed.reason, mailed.is_good(SOON)) == (MessageState.BOUNCED, "No such mailbox.", False)
    known = {one.person.id: one.mailed for one in await people.newcomers(cast.coordinator, SOON)}
    assert known[cast.hsi_liaison.member_id] is None
