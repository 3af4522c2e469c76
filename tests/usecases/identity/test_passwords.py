"""Passwords at rest and in the threads that hash them."""

import asyncio
from threading import Event

import pytest

from tests.cast import NOW, Cast
from tests.ports.browser import settings
from tests.processor_time import Turns
from tests.usecases.identity.world import PASSWORD, give_password, hash_cheaply
from tracker.app import create_app
from tracker.errors import Busy, Invalid, NotFound
from tracker.rules.core.viewers import BY_COMMAND
from tracker.tables.schema.roster import Member
from tracker.usecases.identity import passwords, sign_in
from tracker.usecases.identity.passwords import Argon2, Hashing, HashScheme, Pbkdf2, common_passwords, set_password


async def stored(cast: Cast) -> str:
    row = await Member.select(Member.password_hash).where(Member.id == cast.kcpd_detective.member_id).first()
    return row["password_hash"]


async def test_a_password_is_stored_as_argon2id(cast: Cast):
    hash_cheaply()
    await give_password(cast.kcpd_detective)
    assert (await stored(cast)).startswith("$argon2id$")


def test_the_usual_cost_is_64_mebibytes_and_three_rounds():
    assert Hashing().is_outdated("$argon2id$v=19$m=65536,t=3,p=1$c2FsdHNhbHRzYWx0c2FsdA$" + "A" * 43) is False


async def test_a_refused_password_changes_nothing_and_says_why(sqlite_cast: Cast):
    hash_cheaply()
    with pytest.raises(Invalid) as refusal:
        await set_password(sqlite_cast.kcpd_detective.member_id, "KCPD-detective-1", NOW, by=BY_COMMAND)
    assert "easy to guess" in refusal.value.fields["password"]
    assert await stored(sqlite_cast) is None


async def test_a_password_for_nobody_is_not_found(sqlite_cast: Cast):
    with pytest.raises(NotFound):
        await set_password(sqlite_cast.agencies["FBI"], PASSWORD, NOW, by=BY_COMMAND)


async def test_a_hash_of_yesterdays_cost_is_renewed_at_sign_in(sqlite_cast: Cast):
    passwords.use_hashing(Hashing(Argon2(memory=32, rounds=1)))
    await give_password(sqlite_cast.kcpd_detective)
    hash_cheaply()
    challenge = await sign_in.sign_in(sqlite_cast.kcpd_detective.email, PASSWORD, NOW)
    assert "m=64," in await stored(sqlite_cast)
    assert await sign_in.account_challenged(challenge.token, NOW)


async def test_where_fips_is_asked_for_no_argon2_hash_is_left_after_a_sign_in(sqlite_cast: Cast):
    hash_cheaply()
    await give_password(sqlite_cast.kcpd_detective)
    passwords.use_hashing(Hashing(Pbkdf2(rounds=1_000)))
    await sign_in.sign_in(sqlite_cast.kcpd_detective.email, PASSWORD, NOW)
    assert (await stored(sqlite_cast)).startswith("$pbkdf2-sha256$i=1000$")
    assert await sign_in.sign_in(sqlite_cast.kcpd_detective.email, PASSWORD, NOW)
    hash_cheaply()
    await sign_in.sign_in(sqlite_cast.kcpd_detective.email, PASSWORD, NOW)
    assert (await stored(sqlite_cast)).startswith("$argon2id$")


def test_the_application_hashes_by_pbkdf2_when_the_settings_say_so():
    create_app(settings(fips=True))
    usual = Pbkdf2().hash(b"x")
    assert usual.startswith("$pbkdf2-sha256$i=600000$")
    assert not passwords.hashing_in_use().is_outdated(usual)
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


async def test_more_than_the_queue_holds_are_told_to_come_back():
    hashing = Hashing(Argon2(memory=1024, rounds=2), threads=1, waiting=2)
    replies = await asyncio.gather(*(hashing.matches(None, "x") for _ in range(5)), return_exceptions=True)
    assert [type(reply) for reply in replies].count(Busy) == 2
    assert await hashing.matches(None, "x") is False


class Held:
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
    held = Held()
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
