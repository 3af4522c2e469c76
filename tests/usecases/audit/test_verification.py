"""Every night the log is verified once, and its readers are notified when it was altered."""

from datetime import UTC, datetime, timedelta

import anyio
import pytest

from tests.cast import NOW, ZONE, Cast
from tests.emails import ReadEmail, read
from tests.unguarded import unguard
from tracker.database import engine, writing
from tracker.rules.core.outbox import MessageKind
from tracker.rules.core.viewers import BY_COMMAND
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.usecases.audit import audit_log
from tracker.usecases.audit.audit_log import verify_nightly
from tracker.usecases.core import audit, outbox
from tracker.usecases.emails import content

pytestmark = pytest.mark.both_engines

THREE = datetime(2026, 12, 2, 9, tzinfo=UTC)  # in the night of Kansas City


async def an_entry() -> None:
    async with writing():
        await audit.record(BY_COMMAND, "tested", "agency", "x", {}, NOW)


async def tamper() -> None:
    await unguard()
    await AuditEntry.update({AuditEntry.verb: "other"}).where(AuditEntry.verb == "tested")


async def test_it_is_verified_at_first_and_then_once_after_each_three_in_the_night(cast: Cast):
    await an_entry()
    looks = [THREE - timedelta(hours=9), THREE - timedelta(seconds=1), THREE, THREE + timedelta(hours=23)]
    found = [await verify_nightly(at, ZONE) for at in looks]
    assert [one is not None for one in found] == [True, False, True, False]
    assert all(one.is_whole for one in found if one)
    last = await audit_log.last_verification()
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
    told = await Message.select(Message.recipient).where(Message.kind == MessageKind.AUDIT_LOG_ALTERED.value)
    assert {one["recipient"] for one in told} == {cast.coordinator.member_id, cast.auditor.member_id}
    assert len(told) == 2
    assert "The audit log was altered. Entry 1" in caplog.text


SILENT = (
    "UPDATE audit_entry SET hash = 'é' WHERE verb = 'tested'",
    "UPDATE audit_head SET seal = 'é'",
    "ALTER TABLE audit_entry RENAME COLUMN facts TO fact",
)


@pytest.mark.parametrize("statement", SILENT)
async def test_whatever_is_put_into_the_trail_the_alarm_is_not_silenced(cast: Cast, statement: str):
    await an_entry()
    await verify_nightly(THREE - timedelta(days=1), ZONE)
    await unguard()
    await engine().run_ddl(statement)
    found = await verify_nightly(THREE, ZONE)
    assert found
    assert not found.is_whole
    assert await Message.count().where(Message.kind == MessageKind.AUDIT_LOG_ALTERED.value) == 2


async def test_an_entry_that_sqlite_cannot_read_is_told_and_the_last_look_says_so(sqlite_cast: Cast):
    await an_entry()
    await verify_nightly(THREE - timedelta(days=1), ZONE)
    await unguard()
    await engine().run_ddl("UPDATE audit_entry SET at = 'x' WHERE verb = 'tested'")
    await verify_nightly(THREE, ZONE)
    assert await Message.count().where(Message.kind == MessageKind.AUDIT_LOG_ALTERED.value) == 2
    last = await audit_log.last_verification()
    assert last
    assert last.broken == audit.BrokenEntry(1, audit.UNREADABLE)


async def test_the_mail_says_when_and_where_to_look_and_names_no_entry(sqlite_cast: Cast):
    await an_entry()
    await tamper()
    await verify_nightly(THREE, ZONE)
    mine = [
        one
        for one in await outbox.claim_messages("w", [], THREE, 9)
        if one.recipient_id == sqlite_cast.auditor.member_id
    ]
    letter = read(await content.letter(mine[0], THREE, ZONE))
    assert isinstance(letter, ReadEmail)
    assert (letter.to, letter.facts) == (
        sqlite_cast.auditor.email,
        (("Found", "Wednesday, December 2, 2026, 3:00 AM Central"),),
    )
    assert "Entry" not in " ".join(letter.paragraphs)
