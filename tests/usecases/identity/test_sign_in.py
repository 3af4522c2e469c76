"""Signing in: a password and a code, each once, the same words for everyone who fails."""

from datetime import timedelta

import anyio
import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast
from tests.usecases.identity.world import PASSWORD, enroll, give_password, locked_at
from tracker.errors import Gone, Invalid, NotAllowed
from tracker.rules.core.viewers import BY_COMMAND, ON_SITE, Origin, network_address
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.identity import FailedAttempt, Session
from tracker.tables.schema.roster import Agency, Member
from tracker.usecases.core import audit
from tracker.usecases.core.viewers import viewer_of_session
from tracker.usecases.identity import security_codes, sign_in, sign_in_attempts
from tracker.usecases.identity.sign_in_attempts import SignInArrival

SOON = NOW + timedelta(minutes=1)
LATER = NOW + timedelta(minutes=20)


async def fails(email: str, password: str, now=SOON) -> str:
    with pytest.raises(Invalid) as refusal:
        await sign_in.sign_in(email, password, now)
    return refusal.value.sentence


async def test_the_right_password_and_code_open_a_session(each_world: Cast):
    app = await enroll(each_world.kcpd_detective)
    challenge = await sign_in.sign_in(each_world.kcpd_detective.email, PASSWORD, SOON)
    token = await sign_in.answer_code(challenge.token, app.code(SOON), SOON)
    visit = await viewer_of_session(token, SOON)
    assert replace(visit.viewer, origin=ON_SITE) == each_world.kcpd_detective


async def test_the_right_password_alone_opens_no_session(world: Cast):
    challenge = await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, SOON)
    assert await Session.count() == 0
    assert await viewer_of_session(challenge.token, SOON) is None


async def test_case_and_spaces_around_the_address_do_not_matter(world: Cast):
    assert await sign_in.sign_in(f"  {world.kcpd_detective.email.upper()} ", PASSWORD, SOON)


@pytest.mark.parametrize("change", [str.upper, lambda text: text + " ", lambda text: text[:-1], lambda text: ""])
async def test_only_the_exact_password_is_right(world: Cast, change):
    await fails(world.kcpd_detective.email, change(PASSWORD))


async def test_unknown_wrong_suspended_paused_and_overlong_get_the_same_answer(each_world: Cast):
    await give_password(each_world.fbi_lead)
    await give_password(each_world.hsi_liaison)
    await give_password(each_world.ipd_liaison)
    await Member.update({Member.status: "suspended"}).where(Member.id == each_world.fbi_lead.member_id)
    await Agency.update({Agency.status: "suspended"}).where(Agency.id == each_world.hsi_liaison.agency_id)
    await Member.update({Member.locked_at: NOW}).where(Member.id == each_world.ipd_liaison.member_id)
    replies = {
        await fails("nobody@nowhere.example", PASSWORD),
        await fails(each_world.kcpd_detective.email, "not the password of anybody"),
        await fails(each_world.kcpd_detective.email, PASSWORD * 50),
        await fails(each_world.fbi_lead.email, PASSWORD),
        await fails(each_world.hsi_liaison.email, PASSWORD),
        await fails(each_world.ipd_liaison.email, PASSWORD),
        await fails(each_world.caht_lead.email, PASSWORD),
    }
    assert replies == {sign_in.WRONG}


async def test_odd_addresses_fail_like_unknown_ones(each_world: Cast):
    for address in ("", "\x00", "a\r\nb@c.example", "x" * 5_000, "\ud800", "ü@ö.example", "' OR 1=1 --"):
        assert await fails(address, "any\x00thing \ud800") == sign_in.WRONG


async def test_five_wrong_passwords_pause_the_account_for_fifteen_minutes(each_world: Cast):
    for _ in range(5):
        await fails(each_world.kcpd_detective.email, "not the password of anybody")
    assert await locked_at(each_world.kcpd_detective.member_id) == SOON
    await fails(each_world.kcpd_detective.email, PASSWORD, SOON + timedelta(minutes=14))
    assert await sign_in.sign_in(each_world.kcpd_detective.email, PASSWORD, SOON + timedelta(minutes=15))


async def test_tries_during_a_pause_do_not_prolong_it(world: Cast):
    for _ in range(12):
        await fails(world.kcpd_detective.email, "not the password of anybody")
    assert await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, SOON + timedelta(minutes=15))


async def test_four_wrong_passwords_in_fifteen_minutes_pause_nothing(world: Cast):
    for minute in (0, 4, 8, 12, 16):
        await fails(world.kcpd_detective.email, "wrong words of nobody", NOW + timedelta(minutes=minute))
    assert await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, LATER)


async def test_ten_guesses_at_once_get_five_tries(each_world: Cast):
    async with anyio.create_task_group() as group:
        for guess in ["not the password of anybody"] * 10:
            group.start_soon(fails, each_world.kcpd_detective.email, guess)
    assert await locked_at(each_world.kcpd_detective.member_id) == SOON
    assert await fails(each_world.kcpd_detective.email, PASSWORD) == sign_in.WRONG


async def test_an_administrator_ends_a_pause(each_world: Cast):
    for _ in range(5):
        await fails(each_world.kcpd_detective.email, "not the password of anybody")
    await sign_in_attempts.clear_pause(each_world.kcpd_detective.member_id, SOON, by=BY_COMMAND)
    assert await sign_in.sign_in(each_world.kcpd_detective.email, PASSWORD, SOON)


async def test_wrong_tries_of_anybody_are_forgotten_after_fifteen_minutes(each_world: Cast):
    await fails("nobody@nowhere.example", "x", NOW)
    await fails("somebody@nowhere.example", "x", LATER)
    assert await FailedAttempt.count() == 1


def come_from(client: str) -> SignInArrival:
    """Return how someone comes whom the server sees there."""
    return SignInArrival(origin=Origin(address=network_address(client)))


async def guess_everybody(client: str, how_many: int) -> None:
    """Try one password on many people, as someone with a list of names does."""
    for number in range(how_many):
        with pytest.raises(Invalid):
            await sign_in.sign_in(f"somebody{number}@nowhere.example", "Summer of 2026!", SOON, come_from(client))


async def test_who_tries_one_password_on_everybody_has_to_wait(each_world: Cast):
    await guess_everybody("192.0.2.9", 50)
    person = each_world.kcpd_detective.email
    with pytest.raises(Invalid) as refusal:
        await sign_in.sign_in(person, PASSWORD, SOON, come_from("192.0.2.9"))
    assert refusal.value.sentence == sign_in_attempts.FROM_THERE
    assert await sign_in.sign_in(person, PASSWORD, SOON, come_from("192.0.2.10"))
    assert await sign_in.sign_in(person, PASSWORD, SOON + timedelta(minutes=15), come_from("192.0.2.9"))


async def test_all_addresses_of_one_household_are_one_network(world: Cast):
    await guess_everybody("2001:db8:1:2::1", 25)
    await guess_everybody("2001:db8:1:2:ffff::9", 25)
    with pytest.raises(Invalid, match="network"):
        await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, SOON, come_from("2001:db8:1:2::5"))
    assert await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, SOON, come_from("2001:db8:1:3::5"))


async def test_ipv4_addresses_that_come_mapped_are_networks_of_their_own(world: Cast):
    await guess_everybody("::ffff:192.0.2.9", 25)
    await guess_everybody("192.0.2.9", 25)
    person = world.kcpd_detective.email
    with pytest.raises(Invalid, match="network"):
        await sign_in.sign_in(person, PASSWORD, SOON, come_from("::ffff:192.0.2.9"))
    assert await sign_in.sign_in(person, PASSWORD, SOON, come_from("::ffff:192.0.2.10"))


@pytest.mark.parametrize("client", ["127.0.0.1", "::ffff:127.0.0.1", "::1", "unix:", ""])
async def test_who_comes_through_a_web_server_that_names_nobody_is_not_everybody(world: Cast, client: str):
    await guess_everybody(client, 51)
    assert await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, SOON, come_from(client))


async def test_a_wrong_code_says_how_many_tries_are_left(world: Cast):
    await enroll(world.kcpd_detective)
    challenge = await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, SOON)
    with pytest.raises(Invalid) as refusal:
        await sign_in.answer_code(challenge.token, "000000", SOON)
    assert "4 attempts left" in refusal.value.fields["code"]


async def test_wrong_passwords_and_codes_count_together(world: Cast):
    app = await enroll(world.kcpd_detective)
    challenge = await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, SOON)
    for _ in range(3):
        await fails(world.kcpd_detective.email, "not the password of anybody")
    for _ in range(2):
        with pytest.raises(Invalid):
            await sign_in.answer_code(challenge.token, "000000", SOON)
    with pytest.raises(Invalid) as refusal:
        await sign_in.answer_code(challenge.token, app.code(SOON), SOON)
    assert refusal.value.fields["code"] == sign_in_attempts.PAUSED


async def test_a_right_password_does_not_forgive_wrong_codes(world: Cast):
    await enroll(world.kcpd_detective)
    for _ in range(5):
        challenge = await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, SOON)
        with pytest.raises(Invalid):
            await sign_in.answer_code(challenge.token, "000000", SOON)
    assert await fails(world.kcpd_detective.email, PASSWORD) == sign_in.WRONG


async def test_a_whole_sign_in_forgives_earlier_tries(world: Cast):
    app = await enroll(world.kcpd_detective)
    for minute in (2, 4):
        now = NOW + timedelta(minutes=minute)
        for _ in range(4):
            await fails(world.kcpd_detective.email, "not the password of anybody", now)
        challenge = await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, now)
        assert await sign_in.answer_code(challenge.token, app.code(now), now)


async def test_a_right_code_does_not_help_a_wrong_password(world: Cast):
    app = await enroll(world.kcpd_detective)
    with pytest.raises(Gone):
        await sign_in.answer_code("made up", app.code(SOON), SOON)
    assert await fails(world.kcpd_detective.email, "not the password of anybody") == sign_in.WRONG


async def test_a_challenge_ends_after_ten_minutes(world: Cast):
    app = await enroll(world.kcpd_detective)
    challenge = await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, SOON)
    late = SOON + sign_in.CHALLENGE
    with pytest.raises(Gone):
        await sign_in.answer_code(challenge.token, app.code(late), late)


async def test_a_challenge_ends_with_the_password(world: Cast):
    app = await enroll(world.kcpd_detective)
    challenge = await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, SOON)
    await give_password(world.kcpd_detective, "marble tractor lantern fox")
    with pytest.raises(Gone):
        await sign_in.answer_code(challenge.token, app.code(SOON), SOON)


async def test_a_challenge_ends_with_the_account(world: Cast):
    app = await enroll(world.kcpd_detective)
    challenge = await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, SOON)
    await Member.update({Member.status: "departed"}).where(Member.id == world.kcpd_detective.member_id)
    with pytest.raises(Gone):
        await sign_in.answer_code(challenge.token, app.code(SOON), SOON)


async def test_a_changed_challenge_opens_nothing(world: Cast):
    app = await enroll(world.kcpd_detective)
    challenge = (await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, SOON)).token
    for other in ("", "é" * 80, challenge[:-2], challenge[2:], challenge.swapcase(), "\ud800"):
        with pytest.raises(Gone):
            await sign_in.answer_code(other, app.code(SOON), SOON)


async def test_success_failure_and_pause_are_in_the_audit_trail(each_world: Cast):
    for _ in range(5):
        await fails(each_world.kcpd_detective.email, "not the password of anybody", NOW - timedelta(hours=1))
    await fails("nobody@nowhere.example", "x", NOW)
    await enroll(each_world.kcpd_detective)
    rows = await AuditEntry.select(AuditEntry.verb, AuditEntry.subject_id).order_by(AuditEntry.seq)
    detective = str(each_world.kcpd_detective.member_id)
    assert [(row["verb"], row["subject_id"] == detective) for row in rows] == [
        ("password_changed", True),
        *[("sign_in_failed", True)] * 5,
        ("locked", True),
        ("sign_in_failed", False),
        ("authenticator_added", True),
        ("signed_in", True),
        ("recovery_codes_made", True),
    ]
    assert await audit.verify_chain() is None


async def test_nothing_secret_is_in_the_audit_trail(world: Cast):
    await enroll(world.kcpd_detective)
    await fails("nobody@nowhere.example", "guessed words of somebody")
    rows = str(await AuditEntry.select())
    assert PASSWORD not in rows
    assert "guessed" not in rows
    assert "nowhere.example" not in rows


async def test_a_person_proves_again_with_a_code(each_world: Cast):
    app = await enroll(each_world.kcpd_detective)
    session = await Session.select().first()
    member = each_world.kcpd_detective.member_id
    assert await sign_in.reauthentication_asked(member) == "code"
    await sign_in.reauthenticate(member, session["id"], app.code(LATER), LATER)
    assert (await Session.select(Session.reauthenticated_at).first())["reauthenticated_at"] == LATER


async def test_a_wrong_proof_proves_nothing(world: Cast):
    await enroll(world.kcpd_detective)
    session = await Session.select().first()
    with pytest.raises(Invalid):
        await sign_in.reauthenticate(world.kcpd_detective.member_id, session["id"], PASSWORD, LATER)
    assert (await Session.select(Session.reauthenticated_at).first())["reauthenticated_at"] == NOW


async def test_who_has_neither_password_nor_code_cannot_prove(world: Cast):
    assert await sign_in.reauthentication_asked(world.caht_lead.member_id) is None
    with pytest.raises(NotAllowed):
        await sign_in.reauthenticate(world.caht_lead.member_id, "x", "anything", LATER)


async def test_a_press_proves_nothing_for_who_has_a_password_or_a_code(each_world: Cast):
    await enroll(each_world.kcpd_detective)
    session = await Session.select().first()
    with pytest.raises(NotAllowed):
        await sign_in.reauthenticate_by_press(each_world.kcpd_detective.member_id, session["id"], LATER)
    assert (await Session.select(Session.reauthenticated_at).first())["reauthenticated_at"] == NOW


async def test_a_removed_authenticator_is_enrolled_anew(each_world: Cast):
    old = await enroll(each_world.kcpd_detective)
    await security_codes.delete_authenticator(each_world.kcpd_detective.member_id, NOW, by=BY_COMMAND)
    new = await enroll(each_world.kcpd_detective, LATER)
    assert new.code(LATER) != old.code(LATER)
