"""Signing in: a password and a code, each once, the same words for everyone who fails; and passwords at rest."""

import asyncio
from datetime import timedelta
from threading import Event

import anyio
import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast
from tests.ports.browser import app_settings
from tests.processor_time import Turns
from tests.usecases.identity.world import PASSWORD, enroll, give_password, hash_cheaply, locked_at
from tracker.app import create_app
from tracker.errors import Busy, Gone, Invalid, NotAllowed, NotFound
from tracker.rules.core.viewers import BY_COMMAND, ON_SITE, Origin, network_address
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.identity import FailedAttempt, Session
from tracker.tables.schema.roster import Agency, Member
from tracker.usecases.core import audit
from tracker.usecases.core.viewers import viewer_of_session
from tracker.usecases.identity import credentials, sign_in, sign_in_attempts
from tracker.usecases.identity.credentials import Argon2, Hashing, HashScheme, Pbkdf2, common_passwords, set_password
from tracker.usecases.identity.sign_in_attempts import SignInArrival

SOON = NOW + timedelta(minutes=1)
TWENTY_MINUTES_LATER = NOW + timedelta(minutes=20)


async def failed_sentence(email: str, password: str, now=SOON) -> str:
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
    await failed_sentence(world.kcpd_detective.email, change(PASSWORD))


async def test_unknown_wrong_suspended_paused_and_overlong_get_the_same_answer(each_world: Cast):
    await give_password(each_world.fbi_lead)
    await give_password(each_world.hsi_liaison)
    await give_password(each_world.ipd_liaison)
    await Member.update({Member.status: "suspended"}).where(Member.id == each_world.fbi_lead.member_id)
    await Agency.update({Agency.status: "suspended"}).where(Agency.id == each_world.hsi_liaison.agency_id)
    await Member.update({Member.locked_at: NOW}).where(Member.id == each_world.ipd_liaison.member_id)
    replies = {
        await failed_sentence("nobody@nowhere.example", PASSWORD),
        await failed_sentence(each_world.kcpd_detective.email, "not the password of anybody"),
        await failed_sentence(each_world.kcpd_detective.email, PASSWORD * 50),
        await failed_sentence(each_world.fbi_lead.email, PASSWORD),
        await failed_sentence(each_world.hsi_liaison.email, PASSWORD),
        await failed_sentence(each_world.ipd_liaison.email, PASSWORD),
        await failed_sentence(each_world.caht_lead.email, PASSWORD),
    }
    assert replies == {sign_in.WRONG}


async def test_odd_addresses_fail_like_unknown_ones(each_world: Cast):
    for address in ("", "\x00", "a\r\nb@c.example", "x" * 5_000, "\ud800", "ü@ö.example", "' OR 1=1 --"):
        assert await failed_sentence(address, "any\x00thing \ud800") == sign_in.WRONG


async def test_five_wrong_passwords_pause_the_account_for_fifteen_minutes(each_world: Cast):
    for _ in range(5):
        await failed_sentence(each_world.kcpd_detective.email, "not the password of anybody")
    assert await locked_at(each_world.kcpd_detective.member_id) == SOON
    await failed_sentence(each_world.kcpd_detective.email, PASSWORD, SOON + timedelta(minutes=14))
    assert await sign_in.sign_in(each_world.kcpd_detective.email, PASSWORD, SOON + timedelta(minutes=15))


async def test_tries_during_a_pause_do_not_prolong_it(world: Cast):
    for _ in range(12):
        await failed_sentence(world.kcpd_detective.email, "not the password of anybody")
    assert await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, SOON + timedelta(minutes=15))


async def test_four_wrong_passwords_in_fifteen_minutes_pause_nothing(world: Cast):
    for minute in (0, 4, 8, 12, 16):
        await failed_sentence(world.kcpd_detective.email, "wrong words of nobody", NOW + timedelta(minutes=minute))
    assert await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, TWENTY_MINUTES_LATER)


async def test_ten_attempts_at_once_get_five_answers(each_world: Cast):
    async with anyio.create_task_group() as group:
        for guess in ["not the password of anybody"] * 10:
            group.start_soon(failed_sentence, each_world.kcpd_detective.email, guess)
    assert await locked_at(each_world.kcpd_detective.member_id) == SOON
    assert await failed_sentence(each_world.kcpd_detective.email, PASSWORD) == sign_in.WRONG


async def test_an_administrator_ends_a_pause(each_world: Cast):
    for _ in range(5):
        await failed_sentence(each_world.kcpd_detective.email, "not the password of anybody")
    await sign_in_attempts.clear_pause(each_world.kcpd_detective.member_id, SOON, by=BY_COMMAND)
    assert await sign_in.sign_in(each_world.kcpd_detective.email, PASSWORD, SOON)


async def test_failed_sign_ins_of_anyone_are_forgotten_after_fifteen_minutes(each_world: Cast):
    await failed_sentence("nobody@nowhere.example", "x", NOW)
    await failed_sentence("somebody@nowhere.example", "x", TWENTY_MINUTES_LATER)
    assert await FailedAttempt.count() == 1


def come_from(client: str) -> SignInArrival:
    """Return how someone comes whom the server sees there."""
    return SignInArrival(origin=Origin(address=network_address(client)))


async def try_many_people(client: str, how_many: int) -> None:
    """Try one password on many people, as someone with a list of names does."""
    for number in range(how_many):
        with pytest.raises(Invalid):
            await sign_in.sign_in(f"somebody{number}@nowhere.example", "Summer of 2026!", SOON, come_from(client))


async def test_who_tries_one_password_on_everyone_has_to_wait(each_world: Cast):
    await try_many_people("192.0.2.9", 50)
    person = each_world.kcpd_detective.email
    with pytest.raises(Invalid) as refusal:
        await sign_in.sign_in(person, PASSWORD, SOON, come_from("192.0.2.9"))
    assert refusal.value.sentence == sign_in_attempts.FROM_THERE
    assert await sign_in.sign_in(person, PASSWORD, SOON, come_from("192.0.2.10"))
    assert await sign_in.sign_in(person, PASSWORD, SOON + timedelta(minutes=15), come_from("192.0.2.9"))


async def test_all_addresses_of_one_household_are_one_network(world: Cast):
    await try_many_people("2001:db8:1:2::1", 25)
    await try_many_people("2001:db8:1:2:ffff::9", 25)
    with pytest.raises(Invalid, match="network"):
        await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, SOON, come_from("2001:db8:1:2::5"))
    assert await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, SOON, come_from("2001:db8:1:3::5"))


async def test_ipv4_addresses_that_come_mapped_are_networks_of_their_own(world: Cast):
    await try_many_people("::ffff:192.0.2.9", 25)
    await try_many_people("192.0.2.9", 25)
    person = world.kcpd_detective.email
    with pytest.raises(Invalid, match="network"):
        await sign_in.sign_in(person, PASSWORD, SOON, come_from("::ffff:192.0.2.9"))
    assert await sign_in.sign_in(person, PASSWORD, SOON, come_from("::ffff:192.0.2.10"))


@pytest.mark.parametrize("client", ["127.0.0.1", "::ffff:127.0.0.1", "::1", "unix:", ""])
async def test_who_comes_through_a_web_server_that_names_no_one_is_not_everyone(world: Cast, client: str):
    await try_many_people(client, 51)
    assert await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, SOON, come_from(client))


async def test_a_wrong_code_says_how_many_attempts_are_left(world: Cast):
    await enroll(world.kcpd_detective)
    challenge = await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, SOON)
    with pytest.raises(Invalid) as refusal:
        await sign_in.answer_code(challenge.token, "000000", SOON)
    assert "4 attempts left" in refusal.value.fields["code"]


async def test_wrong_passwords_and_codes_count_together(world: Cast):
    app = await enroll(world.kcpd_detective)
    challenge = await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, SOON)
    for _ in range(3):
        await failed_sentence(world.kcpd_detective.email, "not the password of anybody")
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
    assert await failed_sentence(world.kcpd_detective.email, PASSWORD) == sign_in.WRONG


async def test_a_whole_sign_in_forgives_earlier_tries(world: Cast):
    app = await enroll(world.kcpd_detective)
    for minute in (2, 4):
        now = NOW + timedelta(minutes=minute)
        for _ in range(4):
            await failed_sentence(world.kcpd_detective.email, "not the password of anybody", now)
        challenge = await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, now)
        assert await sign_in.answer_code(challenge.token, app.code(now), now)


async def test_a_right_code_does_not_help_a_wrong_password(world: Cast):
    app = await enroll(world.kcpd_detective)
    with pytest.raises(Gone):
        await sign_in.answer_code("made up", app.code(SOON), SOON)
    assert await failed_sentence(world.kcpd_detective.email, "not the password of anybody") == sign_in.WRONG


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


async def test_success_failure_and_pause_are_in_the_audit_log(each_world: Cast):
    for _ in range(5):
        await failed_sentence(each_world.kcpd_detective.email, "not the password of anybody", NOW - timedelta(hours=1))
    await failed_sentence("nobody@nowhere.example", "x", NOW)
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


async def test_nothing_secret_is_in_the_audit_log(world: Cast):
    await enroll(world.kcpd_detective)
    await failed_sentence("nobody@nowhere.example", "guessed words of somebody")
    rows = str(await AuditEntry.select())
    assert PASSWORD not in rows
    assert "guessed" not in rows
    assert "nowhere.example" not in rows


async def test_a_person_proves_again_with_a_code(each_world: Cast):
    app = await enroll(each_world.kcpd_detective)
    session = await Session.select().first()
    member = each_world.kcpd_detective.member_id
    assert await sign_in.reauthentication_asked(member) == "code"
    await sign_in.reauthenticate(member, session["id"], app.code(TWENTY_MINUTES_LATER), TWENTY_MINUTES_LATER)
    assert (await Session.select(Session.reauthenticated_at).first())["reauthenticated_at"] == TWENTY_MINUTES_LATER


async def test_a_wrong_proof_proves_nothing(world: Cast):
    await enroll(world.kcpd_detective)
    session = await Session.select().first()
    with pytest.raises(Invalid):
        await sign_in.reauthenticate(world.kcpd_detective.member_id, session["id"], PASSWORD, TWENTY_MINUTES_LATER)
    assert (await Session.select(Session.reauthenticated_at).first())["reauthenticated_at"] == NOW


async def test_who_has_neither_password_nor_code_cannot_prove(world: Cast):
    assert await sign_in.reauthentication_asked(world.caht_lead.member_id) is None
    with pytest.raises(NotAllowed):
        await sign_in.reauthenticate(world.caht_lead.member_id, "x", "anything", TWENTY_MINUTES_LATER)


async def test_a_press_proves_nothing_for_who_has_a_password_or_a_code(each_world: Cast):
    await enroll(each_world.kcpd_detective)
    session = await Session.select().first()
    with pytest.raises(NotAllowed):
        await sign_in.reauthenticate_by_press(each_world.kcpd_detective.member_id, session["id"], TWENTY_MINUTES_LATER)
    assert (await Session.select(Session.reauthenticated_at).first())["reauthenticated_at"] == NOW


async def test_a_removed_authenticator_is_enrolled_again(each_world: Cast):
    old = await enroll(each_world.kcpd_detective)
    await credentials.delete_authenticator(each_world.kcpd_detective.member_id, NOW, by=BY_COMMAND)
    new = await enroll(each_world.kcpd_detective, TWENTY_MINUTES_LATER)
    assert new.code(TWENTY_MINUTES_LATER) != old.code(TWENTY_MINUTES_LATER)


async def stored_hash(cast: Cast) -> str:
    row = await Member.select(Member.password_hash).where(Member.id == cast.kcpd_detective.member_id).first()
    return row["password_hash"]


async def test_a_password_is_stored_as_argon2id(cast: Cast):
    hash_cheaply()
    await give_password(cast.kcpd_detective)
    assert (await stored_hash(cast)).startswith("$argon2id$")


def test_the_usual_cost_is_64_mebibytes_and_three_rounds():
    assert Hashing().is_outdated("$argon2id$v=19$m=65536,t=3,p=1$c2FsdHNhbHRzYWx0c2FsdA$" + "A" * 43) is False


async def test_a_refused_password_changes_nothing_and_says_why(sqlite_cast: Cast):
    hash_cheaply()
    with pytest.raises(Invalid) as refusal:
        await set_password(sqlite_cast.kcpd_detective.member_id, "KCPD-detective-1", NOW, by=BY_COMMAND)
    assert "easy to guess" in refusal.value.fields["password"]
    assert await stored_hash(sqlite_cast) is None


async def test_a_password_for_no_one_is_not_found(sqlite_cast: Cast):
    with pytest.raises(NotFound):
        await set_password(sqlite_cast.agencies["FBI"], PASSWORD, NOW, by=BY_COMMAND)


async def test_a_hash_of_yesterdays_cost_is_renewed_at_sign_in(sqlite_cast: Cast):
    credentials.use_hashing(Hashing(Argon2(memory=32, rounds=1)))
    await give_password(sqlite_cast.kcpd_detective)
    hash_cheaply()
    challenge = await sign_in.sign_in(sqlite_cast.kcpd_detective.email, PASSWORD, NOW)
    assert "m=64," in await stored_hash(sqlite_cast)
    assert await sign_in.account_challenged(challenge.token, NOW)


async def test_where_fips_is_asked_for_no_argon2_hash_is_left_after_a_sign_in(sqlite_cast: Cast):
    hash_cheaply()
    await give_password(sqlite_cast.kcpd_detective)
    credentials.use_hashing(Hashing(Pbkdf2(rounds=1_000)))
    await sign_in.sign_in(sqlite_cast.kcpd_detective.email, PASSWORD, NOW)
    assert (await stored_hash(sqlite_cast)).startswith("$pbkdf2-sha256$i=1000$")
    assert await sign_in.sign_in(sqlite_cast.kcpd_detective.email, PASSWORD, NOW)
    hash_cheaply()
    await sign_in.sign_in(sqlite_cast.kcpd_detective.email, PASSWORD, NOW)
    assert (await stored_hash(sqlite_cast)).startswith("$argon2id$")


def test_the_application_hashes_by_pbkdf2_when_the_settings_say_so():
    create_app(app_settings(fips=True))
    usual = Pbkdf2().hash(b"x")
    assert usual.startswith("$pbkdf2-sha256$i=600000$")
    assert not credentials.hashing_in_use().is_outdated(usual)
    hash_cheaply()


async def test_a_pbkdf2_hash_is_read_from_release_to_release():
    stored = "$pbkdf2-sha256$i=1000$c2FsdHNhbHRzYWx0c2FsdA$dlQEsWh70Oy6zjdRYBgKeN50IhJ3U4cb3bu3hGEJRCY"
    assert await Hashing().matches(stored, PASSWORD)


@pytest.mark.parametrize("scheme", [Argon2(memory=64, rounds=1), Pbkdf2(rounds=10)])
async def test_only_the_exact_password_belongs_to_a_hash_and_two_hashes_differ(scheme: HashScheme):
    hashing = Hashing(scheme)
    made = await hashing.hash(PASSWORD)
    assert await hashing.hash(PASSWORD) != made
    assert [await hashing.matches(made, word) for word in (PASSWORD, f"{PASSWORD} ", "", PASSWORD.upper())] == [
        True,
        False,
        False,
        False,
    ]
    assert [await hashing.matches(odd, PASSWORD) for odd in (made[:-1], "$pbkdf2-sha256$", "", "x", made + "x")] == [
        False
    ] * 5


def test_the_list_of_passwords_that_are_guessed_first_is_there():
    assert {"password", "qwerty", "iloveyou"} <= common_passwords()


async def test_more_than_the_queue_holds_are_asked_to_come_back():
    hashing = Hashing(Argon2(memory=1024, rounds=2), threads=1, waiting=2)
    replies = await asyncio.gather(*(hashing.matches(None, "x") for _ in range(5)), return_exceptions=True)
    assert [type(reply) for reply in replies].count(Busy) == 2
    assert await hashing.matches(None, "x") is False


class HeldScheme:
    """A scheme whose checks take until they are let go."""

    prefix = "$held$"

    def __init__(self) -> None:
        self.may_end = Event()

    def hash(self, password: bytes) -> str:
        return self.prefix

    def matches(self, stored: str, password: bytes) -> bool:
        was_let_go = self.may_end.wait(timeout=30)
        self.may_end.set()
        return was_let_go

    def is_outdated(self, stored: str) -> bool:
        return False


async def test_twenty_sign_ins_at_once_do_not_stall_the_loop():
    held = HeldScheme()
    hashing = Hashing(held)
    checks = [asyncio.create_task(hashing.matches(held.prefix, "x")) for _ in range(20)]
    await asyncio.sleep(0)
    held.may_end.set()  # the loop comes to this line, while every check waits for it
    assert await asyncio.gather(*checks) == [True] * 20


async def test_unknown_known_and_overlong_take_the_same_time():
    hashing = Hashing(Argon2(memory=4 * 1024, rounds=1))
    known = await hashing.hash(PASSWORD)
    turns: Turns[str] = Turns()
    for _ in range(30):
        await turns.take("unknown", hashing.matches(None, PASSWORD))
        await turns.take("wrong", hashing.matches(known, "not the password"))
        await turns.take("overlong", hashing.matches(known, "x" * 100_000))
    took = [turns.least(name) for name in ("unknown", "wrong", "overlong")]
    assert max(took) < 1.5 * min(took)
