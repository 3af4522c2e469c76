"""Recovery codes: for people who lost their phone, each once; and another authenticator in place of the lost one."""

from contextlib import suppress
from datetime import timedelta

import anyio
import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast
from tests.usecases.identity.world import PASSWORD, App, enroll
from tracker.crypto import keys
from tracker.errors import Invalid, NotAllowed
from tracker.rules.core.viewers import BY_COMMAND, ON_SITE
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.identity.credentials import RecoveryCode, Session
from tracker.usecases.core.viewers import viewer_of_session
from tracker.usecases.identity import security_codes, sign_in
from tracker.usecases.identity.security_codes import codes_left, renew_codes
from tracker.usecases.identity.sign_in import credentials_of, new_authenticator, set_authenticator
from tracker.usecases.identity.sign_in_attempts import PAUSED

SOON = NOW + timedelta(minutes=1)
LATER = NOW + timedelta(minutes=5)


async def codes_of(world: Cast) -> list[str]:
    """Enroll the detective and return fresh recovery codes."""
    await enroll(world.kcpd_detective)
    return await renew_codes(world.kcpd_detective.member_id, NOW, by=world.kcpd_detective.actor)


async def enters(world: Cast, code: str) -> str:
    challenge = await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, SOON)
    return await sign_in.answer_code(challenge.token, code, SOON, by=sign_in.RECOVERY_CODE)


def zeros(code: str) -> str:
    """Type digits for the letters that look like them."""
    return code.replace("O", "0").replace("I", "1").replace("B", "8")


async def session_of(world: Cast, app: App) -> str:
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
    codes = await codes_of(world)
    stored = str(await RecoveryCode.select()) + str(await AuditEntry.select())
    assert not any(code in stored or code.replace("-", "") in stored for code in codes)


async def test_a_recovery_code_signs_in_once_in_place_of_the_security_code(each_world: Cast):
    code = (await codes_of(each_world))[3]
    token = await enters(each_world, code)
    visit = await viewer_of_session(token, SOON)
    assert replace(visit.viewer, origin=ON_SITE) == each_world.kcpd_detective
    with pytest.raises(Invalid, match="already used"):
        await enters(each_world, code)
    assert await codes_left(each_world.kcpd_detective.member_id) == 9


async def test_of_five_uses_of_one_code_at_once_one_succeeds(each_world: Cast):
    code = (await codes_of(each_world))[0]
    challenge = (await sign_in.sign_in(each_world.kcpd_detective.email, PASSWORD, SOON)).token
    opened = []

    async def use() -> None:
        with suppress(Invalid):
            opened.append(await sign_in.answer_code(challenge, code, SOON, by=sign_in.RECOVERY_CODE))

    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(use)
    assert len(opened) == 1


async def test_its_use_is_in_the_audit_trail_with_how_many_are_left(world: Cast):
    await enters(world, (await codes_of(world))[0])
    [entry] = await AuditEntry.select().where(AuditEntry.verb == "recovery_code_used")
    assert entry["facts"] == '{"left": 9}'


@pytest.mark.parametrize("change", [str.lower, lambda code: f" {code.replace('-', ' ')} ", zeros])
async def test_how_a_code_is_typed_does_not_matter(world: Cast, change):
    assert await enters(world, change((await codes_of(world))[0]))


@pytest.mark.parametrize("typed", ["", "-", "AAAA-AAAA-AAAA-AAAA", "é" * 40, "\x00", "1" * 5_000])
async def test_what_is_no_code_of_theirs_opens_nothing(world: Cast, typed: str):
    await codes_of(world)
    with pytest.raises(Invalid, match="4 attempts left"):
        await enters(world, typed)


async def test_the_code_of_somebody_else_opens_nothing(world: Cast):
    await codes_of(world)
    foreign = (await renew_codes(world.caht_lead.member_id, NOW, by=world.caht_lead.actor))[0]
    with pytest.raises(Invalid):
        await enters(world, foreign)


async def test_wrong_recovery_codes_pause_the_account_like_any_other(world: Cast):
    codes = await codes_of(world)
    for _ in range(5):
        with pytest.raises(Invalid):
            await enters(world, "AAAA-AAAA-AAAA-AAAA")
    with pytest.raises(Invalid):
        await enters(world, codes[0])
    assert await codes_left(world.kcpd_detective.member_id) == 10


async def test_a_pause_says_so_at_the_code(world: Cast):
    codes = await codes_of(world)
    challenge = (await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, SOON)).token
    for _ in range(5):
        with pytest.raises(Invalid) as refused:
            await sign_in.answer_code(challenge, "wrong", SOON, by=sign_in.RECOVERY_CODE)
    assert refused.value.fields == {"code": PAUSED}
    with pytest.raises(Invalid):
        await sign_in.answer_code(challenge, codes[0], SOON, by=sign_in.RECOVERY_CODE)


async def test_new_codes_end_the_old_ones(each_world: Cast):
    old = await codes_of(each_world)
    new = await renew_codes(each_world.kcpd_detective.member_id, NOW, by=each_world.kcpd_detective.actor)
    with pytest.raises(Invalid):
        await enters(each_world, old[0])
    assert await enters(each_world, new[0])


async def test_a_forgotten_authenticator_takes_its_recovery_codes_along(world: Cast):
    await codes_of(world)
    member_id = world.kcpd_detective.member_id
    await security_codes.delete_authenticator(member_id, SOON, by=BY_COMMAND)
    assert (await credentials_of(member_id)).codes_left == 0


# Another authenticator ---------------------------------------------------------------------------------------------


async def test_another_authenticator_takes_over_and_the_old_one_is_done(each_world: Cast):
    old = await enroll(each_world.kcpd_detective)
    member_id, session = each_world.kcpd_detective.member_id, await session_of(each_world, old)
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
    session = await session_of(each_world, app)
    assert await Session.count() == 2
    made = await new_authenticator(each_world.kcpd_detective.member_id, session)
    await set_authenticator(
        each_world.kcpd_detective.member_id, session, made.sealed, App(made.secret).code(LATER), LATER
    )
    assert await Session.select(Session.id).output(as_list=True) == [session]


async def test_each_replacement_has_a_secret_of_its_own_that_only_its_session_can_put_in_force(world: Cast):
    await enroll(world.kcpd_detective)
    member_id = world.kcpd_detective.member_id
    one, other = await new_authenticator(member_id, "one"), await new_authenticator(member_id, "one")
    assert one.secret != other.secret
    with pytest.raises(NotAllowed):
        await set_authenticator(member_id, "another", one.sealed, App(one.secret).code(LATER), LATER)


async def test_a_wrong_code_replaces_nothing_and_counts_as_a_try(world: Cast):
    app = await enroll(world.kcpd_detective)
    member_id = world.kcpd_detective.member_id
    made = await new_authenticator(member_id, "session")
    with pytest.raises(Invalid, match="4 attempts left"):
        await set_authenticator(member_id, "session", made.sealed, "000000", LATER)
    assert await new_authenticator(member_id, "session", made.sealed) == made
    assert await session_of(world, app)
