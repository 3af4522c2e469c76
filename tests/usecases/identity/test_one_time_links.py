"""A forgotten password, a lost phone, a pause: what those who keep accounts do about it, and what they may not."""

from datetime import timedelta
from uuid import uuid4

import anyio
import pytest

from tests.cast import LINK, NOW, ZONE, Cast
from tests.emails import ReadEmail, read
from tests.ports.browser import session_of
from tests.usecases.identity.world import PASSWORD, enroll, locked_at
from tracker.errors import Gone, Invalid, NotAllowed, NotFound
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.viewers import BY_COMMAND, Viewer
from tracker.rules.emails.template_values import AccountLockedEmail
from tracker.rules.identity.passwords import ApiScope
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.identity import Session, SignInLink
from tracker.tables.schema.roster import Member
from tracker.usecases.calendars import subscriptions
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails
from tracker.usecases.identity import sessions
from tracker.usecases.identity import sign_in as sign_in_deeds
from tracker.usecases.identity.one_time_links import (
    check_link,
    email_of_reset_link,
    issue_link,
    issue_reset_link,
    reset_password,
)
from tracker.usecases.roster import accounts

SOON = NOW + timedelta(minutes=1)
LATER = NOW + timedelta(minutes=5)
NEW = "copper lantern gravel sonnet"


async def link_for(viewer: Viewer) -> str:
    return await issue_reset_link(viewer.member_id, NOW, by=BY_COMMAND)


async def fail_five_times(viewer: Viewer) -> None:
    for _ in range(5):
        with pytest.raises(Invalid):
            await sign_in_deeds.sign_in(viewer.email, "not the password of anybody", NOW)


# The link ----------------------------------------------------------------------------------------------------------


async def test_a_link_sets_a_new_password_once_and_the_code_is_still_asked(each_world: Cast):
    app = await enroll(each_world.kcpd_detective)
    link = await link_for(each_world.kcpd_detective)
    await reset_password(link, NEW, SOON, LINK)
    challenge = await sign_in_deeds.sign_in(each_world.kcpd_detective.email, NEW, LATER)
    assert not challenge.needs_enrollment
    assert await sign_in_deeds.answer_code(challenge.token, app.code(LATER), LATER)
    with pytest.raises(Gone):
        await reset_password(link, PASSWORD, SOON, LINK)
    with pytest.raises(Invalid):
        await sign_in_deeds.sign_in(each_world.kcpd_detective.email, PASSWORD, LATER)


async def test_it_ends_sessions_and_the_pause(each_world: Cast):
    await session_of(each_world.kcpd_detective, NOW)
    await fail_five_times(each_world.kcpd_detective)
    await reset_password(await link_for(each_world.kcpd_detective), NEW, SOON, LINK)
    assert await Session.count() == 0
    assert await locked_at(each_world.kcpd_detective.member_id) is None
    assert await sign_in_deeds.sign_in(each_world.kcpd_detective.email, NEW, SOON)


async def test_looking_at_a_link_changes_nothing_and_names_its_owner(world: Cast):
    link = await link_for(world.kcpd_detective)
    for _ in range(3):
        assert await email_of_reset_link(link, SOON) == world.kcpd_detective.email
    await reset_password(link, NEW, SOON, LINK)


async def test_after_thirty_minutes_a_link_is_over(world: Cast):
    link = await link_for(world.kcpd_detective)
    with pytest.raises(Gone):
        await reset_password(link, NEW, NOW + timedelta(minutes=30), LINK)


async def test_a_password_that_cannot_be_taken_leaves_the_link_good(world: Cast):
    link = await link_for(world.kcpd_detective)
    with pytest.raises(Invalid):
        await reset_password(link, "short", SOON, LINK)
    await reset_password(link, NEW, SOON, LINK)


async def test_a_newer_link_takes_the_place_of_the_one_before(world: Cast):
    old, new = await link_for(world.kcpd_detective), await link_for(world.kcpd_detective)
    with pytest.raises(Gone):
        await email_of_reset_link(old, SOON)
    assert await email_of_reset_link(new, SOON)


async def test_a_link_is_good_for_the_one_thing_it_is_for(world: Cast):
    member_id = world.kcpd_detective.member_id
    sign_in, reset = await issue_link(member_id, NOW), await link_for(world.kcpd_detective)
    with pytest.raises(Gone):
        await email_of_reset_link(sign_in, SOON)
    with pytest.raises(Gone):
        await check_link(reset, SOON)
    assert await check_link(sign_in, SOON)


async def test_of_five_uses_at_once_one_succeeds(each_world: Cast):
    link, refused = await link_for(each_world.kcpd_detective), []

    async def use() -> None:
        try:
            await reset_password(link, NEW, SOON, LINK)
        except Gone:
            refused.append(1)

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(use)
    assert len(refused) == 4


async def test_only_the_hash_of_a_link_is_stored(world: Cast):
    link = await link_for(world.kcpd_detective)
    assert link not in str(await SignInLink.select()) + str(await AuditEntry.select())


@pytest.mark.parametrize("status", ["suspended", "departed"])
async def test_a_closed_account_gets_no_link_and_its_link_opens_nothing(world: Cast, status: str):
    link = await link_for(world.kcpd_detective)
    await Member.update({Member.status: status}).where(Member.id == world.kcpd_detective.member_id)
    with pytest.raises(NotAllowed):
        await link_for(world.kcpd_detective)
    with pytest.raises(Gone):
        await reset_password(link, NEW, SOON, LINK)


async def test_nobody_gets_no_link(world: Cast):
    with pytest.raises(NotFound):
        await issue_reset_link(uuid4(), NOW, by=BY_COMMAND)


# Those who keep accounts -------------------------------------------------------------------------------------------

DEEDS = [
    accounts.make_reset_link,
    accounts.end_pause,
    accounts.remove_authenticator,
    accounts.sign_member_out,
    accounts.turn_off_feeds,
    accounts.revoke_member_tokens,
    accounts.revoke_everything,
]


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("manager", ["coordinator", "administrator"])
async def test_coordinators_and_administrators_may_and_it_is_in_the_audit_trail(world: Cast, manager: str, deed):
    by = world.members[manager]
    await deed(by, world.kcpd_detective.member_id, SOON)
    [*_, entry] = await AuditEntry.select().order_by(AuditEntry.seq)
    assert (entry["actor"], entry["subject_id"]) == (str(by.member_id), str(world.kcpd_detective.member_id))


@pytest.mark.parametrize("deed", [*DEEDS, accounts.access_of_member])
@pytest.mark.parametrize("who", ["fbi_lead", "kcpd_detective", "caht_lead", "auditor"])
async def test_for_everybody_else_there_is_nothing_there(world: Cast, who: str, deed):
    with pytest.raises(NotFound):
        await deed(world.members[who], world.kcpd_detective.member_id, SOON)


@pytest.mark.parametrize("deed", DEEDS)
async def test_to_a_coordinator_only_another_coordinator_may(world: Cast, deed):
    with pytest.raises(NotAllowed, match="Only a coordinator"):
        await deed(world.administrator, world.coordinator.member_id, SOON)


@pytest.mark.parametrize("deed", DEEDS)
async def test_nobody_may_to_themselves(world: Cast, deed):
    with pytest.raises(NotAllowed, match="in your settings"):
        await deed(world.coordinator, world.coordinator.member_id, SOON)


async def test_the_page_of_access_tells_what_there_is(each_world: Cast):
    detective = each_world.kcpd_detective
    await enroll(detective)
    await subscriptions.create_subscription(detective, "Phone", FeedScope.ALL, NOW, shows_operations=False)
    await fail_five_times(detective)
    access = await accounts.access_of_member(each_world.administrator, detective.member_id, SOON)
    assert (access.sessions, access.person.account.feeds, access.proofs.codes_left) == (1, 1, 10)
    assert access.paused_until == NOW + timedelta(minutes=15)
    assert access.why_not is None


async def test_each_deed_does_what_it_says(each_world: Cast):
    detective, by = each_world.kcpd_detective, each_world.administrator
    await enroll(detective)
    await subscriptions.create_subscription(detective, "Phone", FeedScope.ALL, NOW, shows_operations=False)
    await fail_five_times(detective)
    await sessions.create_token(detective, "Roster", frozenset(ApiScope), NOW)
    for deed in (
        accounts.end_pause,
        accounts.turn_off_feeds,
        accounts.revoke_member_tokens,
        accounts.remove_authenticator,
    ):
        await deed(by, detective.member_id, SOON)
    access = await accounts.access_of_member(by, detective.member_id, SOON)
    assert (access.sessions, access.person.account.feeds, access.tokens, access.paused_until) == (0, 0, 0, None)
    assert not access.proofs.has_authenticator


# The email ----------------------------------------------------------------------------------------------------------


async def test_the_owner_is_mailed_once_that_the_account_is_paused(each_world: Cast):
    await fail_five_times(each_world.kcpd_detective)
    [message] = await outbox.claim_messages("test", (), SOON, 10)
    letter = read(await emails.write_email(message, SOON, ZONE))
    assert isinstance(letter, ReadEmail)
    assert letter.to == each_world.kcpd_detective.email
    assert letter.letter.says == AccountLockedEmail(call=each_world.coordinator.name)
    assert letter.facts == (("Since", "Tuesday, December 15, 2026, 9:00 AM Central"),)


async def test_for_an_unknown_address_nobody_is_mailed(world: Cast):
    for _ in range(6):
        with pytest.raises(Invalid):
            await sign_in_deeds.sign_in("nobody@nowhere.example", PASSWORD, NOW)
    assert await Message.count() == 0
