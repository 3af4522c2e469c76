"""Sessions that are remembered between two commits: fewer questions, and never a right too long."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from tests.cast import NOW, Cast
from tests.database.statements import noted
from tests.ports.browser import session_of
from tracker.crypto import keys
from tracker.rules.core.viewers import Role, Viewer
from tracker.tables.schema.roster import Agency, Member
from tracker.usecases.core import viewers
from tracker.usecases.core.viewers import OpenSessions, Visit, viewer_of_session
from tracker.usecases.identity import sessions
from tracker.usecases.operations import emergency_access
from tracker.usecases.roster import people

MINUTE = timedelta(minutes=1)


async def opened(known: OpenSessions, token: str, now: datetime = NOW) -> Visit | None:
    """Return the visit of a page that asks by itself, so that nothing is committed."""
    return await viewer_of_session(token, now, known=known, is_use=False)


async def test_nothing_is_read_again_until_someone_commits(sqlite_cast: Cast) -> None:
    known, token = OpenSessions(), await session_of(sqlite_cast.caht_lead, NOW)
    first = await opened(known, token)
    assert first == await viewer_of_session(token, NOW, is_use=False)
    with noted() as statements:
        assert await opened(known, token) == first
    assert statements == []
    await Member.update({Member.name: "New name"}).where(Member.id == sqlite_cast.caht_lead.member_id)
    again = await opened(known, token)
    assert again
    assert again.viewer.name == "New name"


async def test_a_change_between_the_question_and_the_answer_is_seen_by_the_next_request(
    sqlite_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, token = OpenSessions(), await session_of(sqlite_cast.caht_lead, NOW)
    read = viewers._visit

    async def answered_late(token: str, now: datetime) -> Visit | None:
        monkeypatch.undo()
        visit = await read(token, now)
        await Member.update({Member.name: "New name"}).where(Member.id == sqlite_cast.caht_lead.member_id)
        await opened(known, token)
        return visit

    monkeypatch.setattr(viewers, "_visit", answered_late)
    names = [one and one.viewer.name for one in (await opened(known, token), await opened(known, token))]
    assert names == ["Caht lead", "New name"]


async def test_a_remembered_session_ends_by_its_time(sqlite_cast: Cast) -> None:
    known, token = OpenSessions(), await session_of(sqlite_cast.caht_lead, NOW)
    assert await opened(known, token, NOW + 29 * MINUTE)
    assert await opened(known, token, NOW + 30 * MINUTE) is None


async def test_a_remembered_session_ends_with_the_account(sqlite_cast: Cast) -> None:
    known, token = OpenSessions(), await session_of(sqlite_cast.caht_lead, NOW)
    until = Member.update({Member.expires_at: NOW + MINUTE})
    await until.where(Member.id == sqlite_cast.caht_lead.member_id)
    assert await opened(known, token)
    assert await opened(known, token, NOW + MINUTE) is None


async def test_a_remembered_session_has_emergency_access_no_longer_than_its_hour(sqlite_cast: Cast) -> None:
    known, token = OpenSessions(), await session_of(sqlite_cast.administrator, NOW)
    began = NOW - 50 * MINUTE
    visit = await opened(known, token)
    assert visit
    await emergency_access.begin_emergency_access(
        visit.viewer, visit.session_id, "The lead can’t be reached.", began, began
    )
    held = {minutes: await opened(known, token, NOW + minutes * MINUTE) for minutes in (0, 9, 10)}
    assert {at: bool(one and one.viewer.emergency) for at, one in held.items()} == {0: True, 9: True, 10: False}


async def test_a_remembered_session_gains_and_loses_a_role_at_once(sqlite_cast: Cast) -> None:
    who, coordinator = sqlite_cast.kcpd_detective, frozenset({Role.COORDINATOR})
    known, token = OpenSessions(), await session_of(who, NOW)
    held = [await opened(known, token)]
    await people.set_roles(who.member_id, coordinator, frozenset())
    held.append(await opened(known, token))
    await people.set_roles(who.member_id, frozenset(), coordinator)
    held.append(await opened(known, token))
    assert [one and one.viewer.roles for one in held] == [frozenset(), coordinator, frozenset()]


async def sign_out(who: Viewer, token: str) -> None:
    await sessions.sign_out(who, keys.token_hash(token), NOW)


async def suspend(who: Viewer, _: str) -> None:
    await Member.update({Member.status: "suspended"}).where(Member.id == who.member_id)


async def suspend_agency(who: Viewer, _: str) -> None:
    await Agency.update({Agency.status: "suspended"}).where(Agency.id == who.agency_id)


@pytest.mark.parametrize("deed", [sign_out, suspend, suspend_agency])
@pytest.mark.both_engines
async def test_what_ends_a_session_ends_a_remembered_one_at_once(
    cast: Cast, deed: Callable[[Viewer, str], Awaitable[None]]
) -> None:
    known, token = OpenSessions(), await session_of(cast.caht_lead, NOW)
    assert await opened(known, token)
    await deed(cast.caht_lead, token)
    assert await opened(known, token) is None
