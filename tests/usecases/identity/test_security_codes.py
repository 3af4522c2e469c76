"""Security codes: enrolled at the first sign-in, and each code counts once."""

from datetime import timedelta

import anyio
import pytest

from tests.cast import NOW, Cast
from tests.usecases.identity.world import PASSWORD, App, enroll, give_password
from tracker.errors import Gone, Invalid, NotAllowed
from tracker.tables.schema.identity.credentials import Session
from tracker.tables.schema.roster.people import Member
from tracker.usecases.identity import sign_in
from tracker.usecases.identity.security_codes import PERIOD

CODE = timedelta(seconds=PERIOD)
NEXT = NOW + 10 * CODE


async def replies(world: Cast, code: str, now=NEXT) -> bool:
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
    one = (await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, NOW)).token
    other = (await sign_in.sign_in(world.kcpd_detective.email, PASSWORD, NOW)).token
    enrollment = await sign_in.enroll(one, NOW)
    with pytest.raises(NotAllowed):
        await sign_in.confirm_totp(other, enrollment.sealed, App(enrollment.secret).code(NOW), NOW)


async def test_of_two_enrollments_the_first_counts(each_world: Cast):
    challenge = (await sign_in.sign_in(each_world.kcpd_detective.email, PASSWORD, NOW)).token
    one, other = await sign_in.enroll(challenge, NOW), await sign_in.enroll(challenge, NOW)
    await sign_in.confirm_totp(challenge, one.sealed, App(one.secret).code(NOW), NOW)
    with pytest.raises(NotAllowed):
        await sign_in.confirm_totp(challenge, other.sealed, App(other.secret).code(NOW), NOW)


async def test_the_code_of_the_enrollment_is_used_up(world: Cast):
    app = await enroll(world.kcpd_detective)
    assert not await replies(world, app.code(NOW), NOW)


async def test_a_code_before_now_and_after_counts_but_never_one_twice(each_world: Cast):
    app = await enroll(each_world.kcpd_detective)
    before, present = app.code(NEXT - CODE), app.code(NEXT)
    assert await replies(each_world, before)
    assert await replies(each_world, present)
    assert not await replies(each_world, before)
    assert not await replies(each_world, present)


@pytest.mark.parametrize("away", [-2, 2, 120])
async def test_a_code_from_further_away_is_wrong(world: Cast, away: int):
    app = await enroll(world.kcpd_detective)
    assert not await replies(world, app.code(NEXT + away * CODE))


async def test_a_phone_that_is_half_a_minute_fast_works(world: Cast):
    app = await enroll(world.kcpd_detective)
    assert await replies(world, app.code(NEXT + CODE))


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
    assert await replies(world, f" {code[:3]} {code[3:5]}-{code[5:]}\t")


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "\x00" * 6, "é" * 200, "１２３４５６"])  # noqa: RUF001 - digits of another script
async def test_what_is_no_code_is_wrong(world: Cast, code: str):
    await enroll(world.kcpd_detective)
    assert not await replies(world, code)


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
