"""The secret is replaced: what it made earlier still works, and with the old one nothing new is read or made."""

from datetime import timedelta

import pytest

from tests.cast import NOW, SECRET, Cast
from tests.unguarded import unguard
from tests.usecases.identity.world import PASSWORD, enroll
from tracker.crypto import keys
from tracker.database import writing
from tracker.errors import Invalid
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.viewers import BY_COMMAND
from tracker.tables.piccolo_app import APP_CONFIG
from tracker.tables.schema.calendars import Subscription
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.roster import Member
from tracker.usecases.audit import audit_log
from tracker.usecases.calendars import subscriptions
from tracker.usecases.core import audit
from tracker.usecases.identity import sign_in
from tracker.usecases.identity.security_codes import renew_codes

OTHER = "another secret of the tests, long enough"
SOON = NOW + timedelta(minutes=5)


@pytest.fixture
async def replaced(each_world: Cast):
    """The detective with an app, recovery codes and a feed, after the secret was replaced."""
    app = await enroll(each_world.kcpd_detective)
    codes = await renew_codes(each_world.kcpd_detective.member_id, NOW, by=each_world.kcpd_detective.actor)
    _, token = await subscriptions.create_subscription(
        each_world.kcpd_detective, "Phone", FeedScope.ALL, NOW, shows_operations=False
    )
    keys.use_secret(OTHER, SECRET)
    assert await audit_log.reseal_everything(SOON) == 2
    yield each_world, app, codes, token
    keys.use_secret(SECRET)


async def challenge(cast: Cast) -> str:
    return (await sign_in.sign_in(cast.kcpd_detective.email, PASSWORD, SOON)).token


async def test_the_app_and_the_feed_are_read_with_the_new_secret_alone(replaced):
    cast, app, _, token = replaced
    keys.use_secret(OTHER)
    assert await sign_in.answer_code(await challenge(cast), app.code(SOON), SOON)
    assert list((await subscriptions.feed_tokens(cast.kcpd_detective, NOW, NOW)).values()) == [token]


async def test_the_old_secret_opens_nothing_of_the_database_any_more(replaced):
    [app] = await Member.select(Member.id, Member.totp_sealed).where(Member.totp_sealed.is_not_null())
    [feed] = await Subscription.select(Subscription.id, Subscription.token_sealed)
    keys.use_secret(SECRET)
    for purpose, sealed, row in (("authenticator", app["totp_sealed"], app), ("feed", feed["token_sealed"], feed)):
        with pytest.raises(keys.BrokenSeal):
            keys.unseal(purpose, sealed, str(row["id"]))


def test_every_column_that_holds_seals_is_sealed_anew():
    columns = {(table, column._meta.name) for table in APP_CONFIG.table_classes for column in table._meta.columns}
    sealed = {(table, column) for table, column, _ in audit_log.SEALED}
    assert sealed == {(table, name) for table, name in columns if name.endswith("_sealed")}


async def test_recovery_codes_of_before_still_count_once(replaced):
    cast, _, codes, _ = replaced
    assert await sign_in.answer_code(await challenge(cast), codes[0], SOON, by=sign_in.RECOVERY_CODE)
    with pytest.raises(Invalid, match="didn’t match"):
        await sign_in.answer_code(await challenge(cast), codes[0], SOON, by=sign_in.RECOVERY_CODE)


async def test_the_trail_is_whole_over_the_change_and_says_that_it_was_made(replaced):
    assert await audit.verify_chain() is None
    last = await AuditEntry.select(AuditEntry.verb).order_by(AuditEntry.seq, ascending=False).first()
    assert last["verb"] == "secret_replaced"
    keys.use_secret(OTHER)
    assert await audit.verify_chain() == audit.BrokenEntry(1, "The entry was changed.")


async def test_who_only_knows_the_secret_of_before_adds_nothing_to_the_trail(replaced):
    keys.use_secret(SECRET)
    with pytest.raises(audit.AnotherSecret):
        async with writing():
            await audit.record(BY_COMMAND, "tested", "agency", "x", {}, SOON)


async def test_an_entry_forged_with_the_secret_of_before_is_found(replaced):
    await unguard()
    newest = await AuditEntry.select().order_by(AuditEntry.seq, ascending=False).first()
    keys.use_secret(SECRET)
    forged = newest | {"seq": newest["seq"] + 1, "previous": newest["hash"], "verb": "forged"}
    forged["hash"] = audit._digest(audit._hashed_text(forged))
    await AuditEntry.insert(AuditEntry(**forged))
    keys.use_secret(OTHER, SECRET)
    assert await audit.verify_chain() == audit.BrokenEntry(forged["seq"], "The entry was changed.")


async def test_an_end_that_was_kept_before_the_change_still_fits(replaced):
    keys.use_secret(SECRET)
    [row] = await AuditEntry.select(AuditEntry.seq, AuditEntry.hash).where(AuditEntry.seq == 3)
    kept = audit.AuditLogHead(row["seq"], row["hash"], audit._digest(audit._sealed(row["seq"], row["hash"])))
    keys.use_secret(OTHER, SECRET)
    assert await audit.verify_chain([kept]) is None
