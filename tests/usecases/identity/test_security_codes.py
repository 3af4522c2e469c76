"""Security codes, each of which counts once; and what administrators do about a lost phone or password."""

from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import anyio
import pytest
from msgspec.structs import replace

from tests.cast import LINK, NOW, ZONE, Cast
from tests.emails import ReadEmail, read_result
from tests.ports.browser import session_of
from tests.usecases.identity.world import PASSWORD, App, enroll, give_password, locked_at
from tracker.crypto import keys
from tracker.errors import Gone, Invalid, NotAllowed, NotFound
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.viewers import BY_COMMAND, ON_SITE, Viewer
from tracker.rules.emails.template_values import AccountLockedEmail
from tracker.rules.identity import ApiScope
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.identity import RecoveryCode, Session, SignInLink
from tracker.tables.schema.roster import Member
from tracker.usecases.calendars import subscriptions
from tracker.usecases.core import outbox
from tracker.usecases.core.viewers import viewer_of_session
from tracker.usecases.emails import emails
from tracker.usecases.identity import credentials, sessions, sign_in
from tracker.usecases.identity.credentials import PERIOD, codes_left, renew_codes
from tracker.usecases.identity.sign_in import (
    check_link,
    credentials_of,
    email_of_reset_link,
    issue_link,
    issue_reset_link,
    new_authenticator,
    reset_password,
    set_authenticator,
)
from tracker.usecases.identity.sign_in_attempts import PAUSED
from tracker.usecases.roster import accounts

CODE = timedelta(seconds=PERIOD)
NEXT = NOW + 10 * CODE


async def code_is_taken(world: Cast, code: str, now=NEXT) -> bool:
    challenge = await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, now)
    try:
        await sign_in.answer_code(challenge.token, code, now)
    except Invalid:
        return False
    return True


async def test_a_first_sign_in_must_enrol(world: Cast):
    challenge = await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, NOW)
    assert challenge.needs_enrollment
    with pytest.raises(Invalid):
        await sign_in.answer_code(challenge.token, "123456", NOW)


async def test_after_enrollment_the_code_is_asked(world: Cast):
    await enroll(world.kcpd_detective)
    challenge = await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, NEXT)
    assert not challenge.needs_enrollment
    with pytest.raises(Gone):
        await sign_in.enroll(challenge.token, NEXT)


async def test_an_enrollment_names_the_product_and_the_account(world: Cast):
    challenge = await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, NOW)
    uri = (await sign_in.enroll(challenge.token, NOW)).uri
    assert uri.startswith("otpauth://totp/Task%20Force%20Tracker:kcpd_detective%40kcpd.example?secret=")


async def test_a_wrong_code_enrols_nothing_and_keeps_the_secret(world: Cast):
    challenge = (await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, NOW)).token
    first = await sign_in.enroll(challenge, NOW)
    with pytest.raises(Invalid):
        await sign_in.confirm_totp(challenge, first.sealed, "000000", NOW)
    assert await sign_in.enroll(challenge, NOW, first.sealed) == first
    assert await Session.count() == 0


async def test_each_enrollment_has_a_secret_of_its_own(world: Cast):
    challenge = (await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, NOW)).token
    assert (await sign_in.enroll(challenge, NOW)).secret != (await sign_in.enroll(challenge, NOW)).secret


async def test_a_secret_of_another_sign_in_cannot_be_enrolled(world: Cast):
    token = (await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, NOW)).token
    other = (await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, NOW)).token
    enrollment = await sign_in.enroll(token, NOW)
    with pytest.raises(NotAllowed):
        await sign_in.confirm_totp(other, enrollment.sealed, App(enrollment.secret).code(NOW), NOW)


async def test_of_two_enrollments_the_first_counts(each_world: Cast):
    challenge = (await sign_in.sign_in(each_world.kcpd_detective.email, PASSWORD, NOW)).token
    enrollment, other = await sign_in.enroll(challenge, NOW), await sign_in.enroll(challenge, NOW)
    await sign_in.confirm_totp(challenge, enrollment.sealed, App(enrollment.secret).code(NOW), NOW)
    with pytest.raises(NotAllowed):
        await sign_in.confirm_totp(challenge, other.sealed, App(other.secret).code(NOW), NOW)


async def test_the_code_of_the_enrollment_is_used_up(world: Cast):
    app = await enroll(world.kcpd_detective)
    assert not await code_is_taken(world, app.code(NOW), NOW)


async def test_a_code_before_now_and_after_counts_but_never_one_twice(each_world: Cast):
    app = await enroll(each_world.kcpd_detective)
    before, present = app.code(NEXT - CODE), app.code(NEXT)
    assert await code_is_taken(each_world, before)
    assert await code_is_taken(each_world, present)
    assert not await code_is_taken(each_world, before)
    assert not await code_is_taken(each_world, present)


@pytest.mark.parametrize("away", [-2, 2, 120])
async def test_a_code_from_further_away_is_wrong(world: Cast, away: int):
    app = await enroll(world.kcpd_detective)
    assert not await code_is_taken(world, app.code(NEXT + away * CODE))


async def test_a_phone_that_is_half_a_minute_fast_works(world: Cast):
    app = await enroll(world.kcpd_detective)
    assert await code_is_taken(world, app.code(NEXT + CODE))


async def test_of_eight_sign_ins_at_once_with_one_code_one_succeeds(each_world: Cast):
    app = await enroll(each_world.kcpd_detective)
    await Session.delete(force=True)
    challenge = (await sign_in.sign_in(each_world.kcpd_detective.email, PASSWORD, NEXT)).token
    failed = []

    async def reply() -> None:
        try:
            await sign_in.answer_code(challenge, app.code(NEXT), NEXT)
        except Invalid:
            failed.append(1)

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(reply)
    assert (len(failed), await Session.count()) == (7, 1)


async def test_spaces_and_hyphens_in_a_code_are_ignored(world: Cast):
    code = (await enroll(world.kcpd_detective)).code(NEXT)
    assert await code_is_taken(world, f" {code[:3]} {code[3:5]}-{code[5:]}\t")


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "\x00" * 6, "é" * 200, "１２３４５６"])  # noqa: RUF001 - digits of another script
async def test_what_is_no_code_is_wrong(world: Cast, code: str):
    await enroll(world.kcpd_detective)
    assert not await code_is_taken(world, code)


async def test_the_secret_is_stored_sealed_and_opens_for_its_owner_only(world: Cast):
    challenge = (await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, NOW)).token
    enrollment = await sign_in.enroll(challenge, NOW)
    await sign_in.confirm_totp(challenge, enrollment.sealed, App(enrollment.secret).code(NOW), NOW)
    row = await Member.select(Member.totp_sealed).where(Member.id == world.kcpd_detective.member_id).first()
    assert enrollment.secret not in row["totp_sealed"]
    await give_password(world.fbi_lead)
    await Member.update({Member.totp_sealed: row["totp_sealed"]}).where(Member.id == world.fbi_lead.member_id)
    other = await sign_in.sign_in(world.fbi_lead.email, PASSWORD, NEXT)
    with pytest.raises(NotAllowed):
        await sign_in.answer_code(other.token, App(enrollment.secret).code(NEXT), NEXT)


SOON = NOW + timedelta(minutes=1)
LATER = NOW + timedelta(minutes=5)


async def renew_recovery_codes(world: Cast) -> list[str]:
    """Enroll the detective and return fresh recovery codes."""
    await enroll(world.kcpd_detective)
    return await renew_codes(world.kcpd_detective.member_id, NOW, by=world.kcpd_detective.actor)


async def enter_recovery_code(world: Cast, code: str) -> str:
    challenge = await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, SOON)
    return await sign_in.answer_code(challenge.token, code, SOON, by=sign_in.RECOVERY_CODE)


def zeros(code: str) -> str:
    """Type digits for the letters that look like them."""
    return code.replace("O", "0").replace("I", "1").replace("B", "8")


async def sign_in_again(world: Cast, app: App) -> str:
    """Sign in a second time and return the id of the session."""
    challenge = await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, SOON)
    return keys.token_hash(await sign_in.answer_code(challenge.token, app.code(SOON), SOON))


async def test_the_first_set_up_of_an_authenticator_gives_ten_codes_of_80_bits(each_world: Cast):
    challenge = (await sign_in.sign_in(each_world.kcpd_detective.email, PASSWORD, NOW)).token
    made = await sign_in.enroll(challenge, NOW)
    first = await sign_in.confirm_totp(challenge, made.sealed, App(made.secret).code(NOW), NOW)
    assert len(set(first.recovery_codes)) == 10
    assert {len(code.replace("-", "")) for code in first.recovery_codes} == {16}
    assert await codes_left(each_world.kcpd_detective.member_id) == 10


async def test_a_code_is_never_stored(world: Cast):
    codes = await renew_recovery_codes(world)
    stored = str(await RecoveryCode.select()) + str(await AuditEntry.select())
    assert not any(code in stored or code.replace("-", "") in stored for code in codes)


async def test_a_recovery_code_signs_in_once_in_place_of_the_security_code(each_world: Cast):
    code = (await renew_recovery_codes(each_world))[3]
    token = await enter_recovery_code(each_world, code)
    visit = await viewer_of_session(token, SOON)
    assert replace(visit.viewer, origin=ON_SITE) == each_world.kcpd_detective
    with pytest.raises(Invalid, match="already used"):
        await enter_recovery_code(each_world, code)
    assert await codes_left(each_world.kcpd_detective.member_id) == 9


async def test_of_five_uses_of_one_code_at_once_one_succeeds(each_world: Cast):
    code = (await renew_recovery_codes(each_world))[0]
    challenge = (await sign_in.sign_in(each_world.kcpd_detective.email, PASSWORD, SOON)).token
    opened = []

    async def use() -> None:
        with suppress(Invalid):
            opened.append(await sign_in.answer_code(challenge, code, SOON, by=sign_in.RECOVERY_CODE))

    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(use)
    assert len(opened) == 1


async def test_its_use_is_in_the_audit_log_with_how_many_are_left(world: Cast):
    await enter_recovery_code(world, (await renew_recovery_codes(world))[0])
    [entry] = await AuditEntry.select().where(AuditEntry.verb == "recovery_code_used")
    assert entry["facts"] == '{"left": 9}'


@pytest.mark.parametrize("change", [str.lower, lambda code: f" {code.replace('-', ' ')} ", zeros])
async def test_how_a_code_is_typed_does_not_matter(world: Cast, change):
    assert await enter_recovery_code(world, change((await renew_recovery_codes(world))[0]))


@pytest.mark.parametrize("typed", ["", "-", "AAAA-AAAA-AAAA-AAAA", "é" * 40, "\x00", "1" * 5_000])
async def test_what_is_no_code_of_theirs_opens_nothing(world: Cast, typed: str):
    await renew_recovery_codes(world)
    with pytest.raises(Invalid, match="4 attempts left"):
        await enter_recovery_code(world, typed)


async def test_the_code_of_someone_else_opens_nothing(world: Cast):
    await renew_recovery_codes(world)
    foreign = (await renew_codes(world.caht_lead.member_id, NOW, by=world.caht_lead.actor))[0]
    with pytest.raises(Invalid):
        await enter_recovery_code(world, foreign)


async def test_wrong_recovery_codes_pause_the_account_like_any_other(world: Cast):
    codes = await renew_recovery_codes(world)
    for _ in range(5):
        with pytest.raises(Invalid):
            await enter_recovery_code(world, "AAAA-AAAA-AAAA-AAAA")
    with pytest.raises(Invalid):
        await enter_recovery_code(world, codes[0])
    assert await codes_left(world.kcpd_detective.member_id) == 10


async def test_a_pause_says_so_at_the_code(world: Cast):
    codes = await renew_recovery_codes(world)
    challenge = (await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, SOON)).token
    for _ in range(5):
        with pytest.raises(Invalid) as refused:
            await sign_in.answer_code(challenge, "wrong", SOON, by=sign_in.RECOVERY_CODE)
    assert refused.value.fields == {"code": PAUSED}
    with pytest.raises(Invalid):
        await sign_in.answer_code(challenge, codes[0], SOON, by=sign_in.RECOVERY_CODE)


async def test_new_codes_end_the_old_ones(each_world: Cast):
    old = await renew_recovery_codes(each_world)
    new = await renew_codes(each_world.kcpd_detective.member_id, NOW, by=each_world.kcpd_detective.actor)
    with pytest.raises(Invalid):
        await enter_recovery_code(each_world, old[0])
    assert await enter_recovery_code(each_world, new[0])


async def test_a_forgotten_authenticator_takes_its_recovery_codes_along(world: Cast):
    await renew_recovery_codes(world)
    member_id = world.kcpd_detective.member_id
    await credentials.delete_authenticator(member_id, SOON, by=BY_COMMAND)
    assert (await credentials_of(member_id)).codes_left == 0


# Another authenticator ---------------------------------------------------------------------------------------------


async def test_another_authenticator_takes_over_and_the_old_one_is_done(each_world: Cast):
    old = await enroll(each_world.kcpd_detective)
    member_id, session = each_world.kcpd_detective.member_id, await sign_in_again(each_world, old)
    made = await new_authenticator(member_id, session)
    new = App(made.secret)
    await set_authenticator(member_id, session, made.sealed, new.code(LATER), LATER)
    much_later = LATER + timedelta(minutes=5)
    challenge = (await sign_in.sign_in(each_world.kcpd_detective.email, PASSWORD, much_later)).token
    with pytest.raises(Invalid):
        await sign_in.answer_code(challenge, old.code(much_later), much_later)
    assert await sign_in.answer_code(challenge, new.code(much_later), much_later)
    assert (await credentials_of(member_id)).authenticator_since == LATER


async def test_the_other_sessions_end_with_the_old_authenticator(each_world: Cast):
    app = await enroll(each_world.kcpd_detective)
    session = await sign_in_again(each_world, app)
    assert await Session.count() == 2
    made = await new_authenticator(each_world.kcpd_detective.member_id, session)
    await set_authenticator(
        each_world.kcpd_detective.member_id, session, made.sealed, App(made.secret).code(LATER), LATER
    )
    assert await Session.select(Session.id).output(as_list=True) == [session]


async def test_each_replacement_has_a_secret_of_its_own_that_only_its_session_can_put_in_force(world: Cast):
    await enroll(world.kcpd_detective)
    member_id = world.kcpd_detective.member_id
    authenticator, other = await new_authenticator(member_id, "one"), await new_authenticator(member_id, "one")
    assert authenticator.secret != other.secret
    with pytest.raises(NotAllowed):
        await set_authenticator(
            member_id, "another", authenticator.sealed, App(authenticator.secret).code(LATER), LATER
        )


async def test_a_wrong_code_replaces_nothing_and_counts_as_a_try(world: Cast):
    app = await enroll(world.kcpd_detective)
    member_id = world.kcpd_detective.member_id
    made = await new_authenticator(member_id, "session")
    with pytest.raises(Invalid, match="4 attempts left"):
        await set_authenticator(member_id, "session", made.sealed, "000000", LATER)
    assert await new_authenticator(member_id, "session", made.sealed) == made
    assert await sign_in_again(world, app)


NEW = "copper lantern gravel sonnet"


async def issue_reset(viewer: Viewer) -> str:
    return await issue_reset_link(viewer.member_id, NOW, by=BY_COMMAND)


async def fail_five_times(viewer: Viewer) -> None:
    for _ in range(5):
        with pytest.raises(Invalid):
            await sign_in.sign_in(viewer.email, "not the password of anybody", NOW)


# The link ----------------------------------------------------------------------------------------------------------


async def test_a_link_sets_a_new_password_once_and_the_code_is_still_asked(each_world: Cast):
    app = await enroll(each_world.kcpd_detective)
    link = await issue_reset(each_world.kcpd_detective)
    await reset_password(link, NEW, SOON, LINK)
    challenge = await sign_in.sign_in(each_world.kcpd_detective.email, NEW, LATER)
    assert not challenge.needs_enrollment
    assert await sign_in.answer_code(challenge.token, app.code(LATER), LATER)
    with pytest.raises(Gone):
        await reset_password(link, PASSWORD, SOON, LINK)
    with pytest.raises(Invalid):
        await sign_in.sign_in(each_world.kcpd_detective.email, PASSWORD, LATER)


async def test_it_ends_sessions_and_the_pause(each_world: Cast):
    await session_of(each_world.kcpd_detective, NOW)
    await fail_five_times(each_world.kcpd_detective)
    await reset_password(await issue_reset(each_world.kcpd_detective), NEW, SOON, LINK)
    assert await Session.count() == 0
    assert await locked_at(each_world.kcpd_detective.member_id) is None
    assert await sign_in.sign_in(each_world.kcpd_detective.email, NEW, SOON)


async def test_looking_at_a_link_changes_nothing_and_names_its_owner(world: Cast):
    link = await issue_reset(world.kcpd_detective)
    for _ in range(3):
        assert await email_of_reset_link(link, SOON) == world.kcpd_detective.email
    await reset_password(link, NEW, SOON, LINK)


async def test_after_thirty_minutes_a_link_is_over(world: Cast):
    link = await issue_reset(world.kcpd_detective)
    with pytest.raises(Gone):
        await reset_password(link, NEW, NOW + timedelta(minutes=30), LINK)


async def test_a_password_that_cannot_be_taken_leaves_the_link_good(world: Cast):
    link = await issue_reset(world.kcpd_detective)
    with pytest.raises(Invalid):
        await reset_password(link, "short", SOON, LINK)
    await reset_password(link, NEW, SOON, LINK)


async def test_a_newer_link_takes_the_place_of_the_one_before(world: Cast):
    old, new = await issue_reset(world.kcpd_detective), await issue_reset(world.kcpd_detective)
    with pytest.raises(Gone):
        await email_of_reset_link(old, SOON)
    assert await email_of_reset_link(new, SOON)


async def test_a_link_is_good_for_the_one_thing_it_is_for(world: Cast):
    member_id = world.kcpd_detective.member_id
    sign_in, reset = await issue_link(member_id, NOW), await issue_reset(world.kcpd_detective)
    with pytest.raises(Gone):
        await email_of_reset_link(sign_in, SOON)
    with pytest.raises(Gone):
        await check_link(reset, SOON)
    assert await check_link(sign_in, SOON)


async def test_of_five_uses_of_a_reset_link_at_once_one_succeeds(each_world: Cast):
    link, refused = await issue_reset(each_world.kcpd_detective), []

    async def use() -> None:
        try:
            await reset_password(link, NEW, SOON, LINK)
        except Gone:
            refused.append(1)

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(use)
    assert len(refused) == 4


async def test_only_the_hash_of_a_reset_link_is_stored(world: Cast):
    link = await issue_reset(world.kcpd_detective)
    assert link not in str(await SignInLink.select()) + str(await AuditEntry.select())


@pytest.mark.parametrize("status", ["suspended", "departed"])
async def test_a_closed_account_gets_no_link_and_its_link_opens_nothing(world: Cast, status: str):
    link = await issue_reset(world.kcpd_detective)
    await Member.update({Member.status: status}).where(Member.id == world.kcpd_detective.member_id)
    with pytest.raises(NotAllowed):
        await issue_reset(world.kcpd_detective)
    with pytest.raises(Gone):
        await reset_password(link, NEW, SOON, LINK)


async def test_no_one_gets_no_link(world: Cast):
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
async def test_coordinators_and_administrators_may_and_it_is_in_the_audit_log(world: Cast, manager: str, deed):
    by = world.members[manager]
    await deed(by, world.kcpd_detective.member_id, SOON)
    [*_, entry] = await AuditEntry.select().order_by(AuditEntry.seq)
    assert (entry["actor"], entry["subject_id"]) == (str(by.member_id), str(world.kcpd_detective.member_id))


@pytest.mark.parametrize("deed", [*DEEDS, accounts.access_of_member])
@pytest.mark.parametrize("who", ["fbi_lead", "kcpd_detective", "caht_lead", "auditor"])
async def test_for_everyone_else_there_is_nothing_there(world: Cast, who: str, deed):
    with pytest.raises(NotFound):
        await deed(world.members[who], world.kcpd_detective.member_id, SOON)


@pytest.mark.parametrize("deed", DEEDS)
async def test_to_a_coordinator_only_another_coordinator_may(world: Cast, deed):
    with pytest.raises(NotAllowed, match="Only a coordinator"):
        await deed(world.administrator, world.coordinator.member_id, SOON)


@pytest.mark.parametrize("deed", DEEDS)
async def test_no_one_may_to_themselves(world: Cast, deed):
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


async def test_the_owner_is_emailed_once_that_the_account_is_paused(each_world: Cast):
    await fail_five_times(each_world.kcpd_detective)
    [message] = await outbox.claim_messages("test", (), SOON, 10)
    letter = read_result(await emails.write_email(message, SOON, ZONE))
    assert isinstance(letter, ReadEmail)
    assert letter.to == each_world.kcpd_detective.email
    assert letter.letter.says == AccountLockedEmail(call=each_world.coordinator.name)
    assert letter.facts == (("Since", "Tuesday, December 15, 2026, 9:00 AM Central"),)


async def test_for_an_unknown_address_no_one_is_emailed(world: Cast):
    for _ in range(6):
        with pytest.raises(Invalid):
            await sign_in.sign_in("nobody@nowhere.example", PASSWORD, NOW)
    assert await Message.count() == 0
