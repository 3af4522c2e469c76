"""Every night the trail is verified once, and who reads it hears when it is not as it was written."""

from datetime import UTC, datetime, timedelta

import anyio
import pytest

from tests.cast import NOW, ZONE, Cast
from tests.unguarded import unguard
from tracker.database import writing
from tracker.rules.letters import Letter
from tracker.rules.outbox import MessageKind
from tracker.tables.audit import AuditEntry
from tracker.tables.outbox import Message
from tracker.usecases import audit, audit_verification, letters, outbox
from tracker.usecases.audit_verification import verify_nightly

pytestmark = pytest.mark.anyio

THREE = datetime(2026, 12, 2, 9, tzinfo=UTC)  # in the night of Kansas City


async def an_entry() -> None:
    async with writing():
        await audit.record(None, "cli", "tested", "agency", "x", {}, NOW)


async def tamper() -> None:
    await unguard()
    await AuditEntry.update({AuditEntry.verb: "other"}).where(AuditEntry.verb == "tested")


async def test_it_is_verified_at_first_and_then_once_after_each_three_in_the_night(cast: Cast):
    await an_entry()
    looks = [THREE - timedelta(hours=9), THREE - timedelta(seconds=1), THREE, THREE + timedelta(hours=23)]
    found = [await verify_nightly(at, ZONE) for at in looks]
    assert [one is not None for one in found] == [True, False, True, False]
    assert all(one.is_whole for one in found if one)
    last = await audit_verification.last()
    assert last
    assert (last.at, last.is_whole) == (THREE, True)


async def test_of_several_processes_one_verifies(cast: Cast):
    await an_entry()
    await verify_nightly(THREE - timedelta(days=1), ZONE)
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(verify_nightly, THREE, ZONE)
    assert await AuditEntry.count().where(AuditEntry.verb == "audit_verified") == 2


async def test_a_changed_trail_is_told_to_coordinators_and_auditors_once(cast: Cast, caplog: pytest.LogCaptureFixture):
    await an_entry()
    await tamper()
    for night in range(2):
        found = await verify_nightly(THREE + timedelta(days=night), ZONE)
        assert found
        assert not found.is_whole
    told = await Message.select(Message.recipient).where(Message.kind == MessageKind.TRAIL_BROKEN.value)
    assert {one["recipient"] for one in told} == {cast.coordinator.member_id, cast.auditor.member_id}
    assert len(told) == 2
    assert "The audit trail is not as it was written. Entry 1" in caplog.text


async def test_the_mail_says_when_and_where_to_look_and_names_no_entry(sqlite_cast: Cast):
    await an_entry()
    await tamper()
    await verify_nightly(THREE, ZONE)
    mine = [one for one in await outbox.claim("w", [], THREE, 9) if one.recipient_id == sqlite_cast.auditor.member_id]
    letter = await letters.letter(mine[0], THREE, ZONE)
    assert isinstance(letter, Letter)
    assert (letter.to, letter.facts) == (
        sqlite_cast.auditor.email, (("Found", "Wednesday, December 2, 2026, 3:00 AM Central"),),
    )  # fmt: skip
    assert "Entry" not in " ".join(letter.paragraphs)
