"""Personal tokens: shown once, stored as a hash, and shut by revocation, by time and with their owner."""

from datetime import timedelta

import pytest

from tests.cast import NOW, PROGRAM, Cast
from tracker.crypto import keys
from tracker.database import writing
from tracker.errors import Invalid, NotFound
from tracker.rules.identity.passwords import LIFETIME, MAX_TOKENS, ApiScope
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.identity import ApiToken
from tracker.tables.schema.roster import Member
from tracker.usecases.identity import sessions

READ = frozenset({ApiScope.EVENTS_READ})


async def test_a_token_speaks_for_its_owner_as_far_as_its_scopes_go(cast: Cast) -> None:
    token = await sessions.create_token(cast.caht_lead, "Roster", READ, NOW)
    found = await sessions.bearer_of(token, NOW, PROGRAM)
    assert found is not None
    assert (found.viewer.member_id, found.viewer.audiences) == (cast.caht_lead.member_id, cast.caht_lead.audiences)
    tokens = await sessions.api_tokens_of(cast.caht_lead, NOW)
    assert (found.viewer.origin, found.scopes) == (PROGRAM.within(tokens[0].id.hex), READ)


async def test_a_token_has_256_bits_and_is_nowhere_in_the_database(cast: Cast) -> None:
    token = await sessions.create_token(cast.caht_lead, "Roster", READ, NOW)
    stored = await ApiToken.select(*ApiToken.all_columns()).first()
    assert len(token) == 43
    assert not [name for name, value in stored.items() if token in str(value)]
    assert stored["token_hash"] == keys.token_hash(token)


async def test_unknown_revoked_and_expired_tokens_are_nobodys(cast: Cast) -> None:
    token = await sessions.create_token(cast.caht_lead, "Roster", READ, NOW)
    assert await sessions.bearer_of(keys.new_token(), NOW, PROGRAM) is None
    assert await sessions.bearer_of(token, NOW + LIFETIME, PROGRAM) is None
    [shown] = await sessions.api_tokens_of(cast.caht_lead, NOW)
    await sessions.revoke_token_of(cast.caht_lead, shown.id, NOW)
    assert await sessions.bearer_of(token, NOW, PROGRAM) is None
    assert await sessions.api_tokens_of(cast.caht_lead, NOW) == []


async def test_a_token_of_somebody_who_is_suspended_is_nobodys(cast: Cast) -> None:
    token = await sessions.create_token(cast.caht_lead, "Roster", READ, NOW)
    async with writing():
        await Member.update({Member.status: "suspended"}).where(Member.id == cast.caht_lead.member_id)
    assert await sessions.bearer_of(token, NOW, PROGRAM) is None


async def test_nobody_else_sees_or_revokes_it(cast: Cast) -> None:
    await sessions.create_token(cast.caht_lead, "Roster", READ, NOW)
    [mine] = await sessions.api_tokens_of(cast.caht_lead, NOW)
    assert await sessions.api_tokens_of(cast.coordinator, NOW) == []
    with pytest.raises(NotFound):
        await sessions.revoke_token_of(cast.coordinator, mine.id, NOW)


async def test_its_last_use_is_noted_at_most_once_a_minute(sqlite_cast: Cast) -> None:
    token = await sessions.create_token(sqlite_cast.caht_lead, "Roster", READ, NOW)
    for seconds in (0, 59, 61):
        found = await sessions.bearer_of(token, NOW + timedelta(seconds=seconds), PROGRAM)
        assert found is not None
        if found.unnoted:
            await sessions.note_token_use(found.unnoted, NOW + timedelta(seconds=seconds))
        [shown] = await sessions.api_tokens_of(sqlite_cast.caht_lead, NOW)
        assert shown.used_at == NOW + timedelta(seconds=61 if seconds == 61 else 0)


async def test_a_token_needs_a_name_and_something_that_it_may_do(sqlite_cast: Cast) -> None:
    with pytest.raises(Invalid, match="Enter the app"):
        await sessions.create_token(sqlite_cast.caht_lead, " ", READ, NOW)
    with pytest.raises(Invalid, match="at least one permission"):
        await sessions.create_token(sqlite_cast.caht_lead, "Roster", frozenset(), NOW)


async def test_nobody_has_more_tokens_than_they_can_keep_an_eye_on(sqlite_cast: Cast) -> None:
    for number in range(MAX_TOKENS):
        await sessions.create_token(sqlite_cast.caht_lead, f"Program {number}", READ, NOW)
    with pytest.raises(Invalid, match="Revoke one"):
        await sessions.create_token(sqlite_cast.caht_lead, "One more", READ, NOW)


async def test_making_and_revoking_are_in_the_audit_trail(sqlite_cast: Cast) -> None:
    await sessions.create_token(sqlite_cast.caht_lead, "Roster", READ, NOW)
    [shown] = await sessions.api_tokens_of(sqlite_cast.caht_lead, NOW)
    await sessions.revoke_token_of(sqlite_cast.caht_lead, shown.id, NOW)
    entries = await AuditEntry.select(AuditEntry.verb).where(AuditEntry.subject == "api_token").order_by(AuditEntry.seq)
    assert [one["verb"] for one in entries] == ["created", "revoked"]
