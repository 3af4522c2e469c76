"""The audit log: part of the change, and altering it is detected."""

from datetime import timedelta
from typing import Any

import anyio
import pytest
from msgspec.structs import replace
from piccolo.engine.exceptions import TransactionError
from piccolo.querystring import QueryString

from tests.cast import NOW, SECRET, Cast, everyone, meeting, operation
from tests.database.rows import REFUSED
from tests.unguarded import unguard
from tracker.crypto import keys
from tracker.database import engine, writing
from tracker.errors import Invalid
from tracker.rules.core.viewers import BY_COMMAND, Actor, Origin, Viewer
from tracker.tables.schema.core.tables import AuditEntry, AuditHead
from tracker.tables.schema.roster import Member
from tracker.usecases.core import audit
from tracker.usecases.core.audit import readings_of, record_date_read, record_series_read
from tracker.usecases.events import scheduling as event_deeds
from tracker.usecases.events.occurrences import date_seen_by

pytestmark = pytest.mark.both_engines


@pytest.fixture
async def guarded_log(database):
    """A log of five entries."""
    keys.use_secret(SECRET)
    async with writing():
        for number in range(1, 6):
            await audit.record(BY_COMMAND, "tested", "member", f"subject {number}", {"number": number}, NOW)


@pytest.fixture
async def unguarded_log(guarded_log):
    """The same for the owner of the database: without the triggers that guard it."""
    await unguard()


async def test_an_untouched_audit_log_is_whole(unguarded_log):
    assert await audit.verify_chain() is None


async def test_an_empty_audit_log_is_whole(database):
    keys.use_secret(SECRET)
    assert await audit.verify_chain() is None


async def test_an_entry_says_who_did_what_to_what_when_and_from_where(cast: Cast):
    origin = Origin("page", "192.0.2.7", request="fedcba9876543210").within("0123456789abcdef0123456789abcdef")
    by = replace(cast.coordinator, origin=origin).actor
    async with writing():
        await audit.record(by, "renamed", "member", cast.fbi_lead.member_id, {"fields": ["name"]}, NOW)
    row = await AuditEntry.select(AuditEntry.all_columns(exclude=[AuditEntry.previous, AuditEntry.hash])).first()
    assert row == {
        "seq": 1,
        "at": NOW,
        "actor": str(cast.coordinator.member_id),
        "agency": str(cast.agencies["USAO"]),
        "source": "page",
        "address": "192.0.2.7",
        "session": "0123456789ab",
        "request": "fedcba9876543210",
        "verb": "renamed",
        "subject": "member",
        "subject_id": str(cast.fbi_lead.member_id),
        "facts": '{"fields": ["name"]}',
    }


async def test_an_entry_needs_the_transaction_of_its_change(database):
    keys.use_secret(SECRET)
    with pytest.raises(TransactionError, match="transaction"):
        await audit.record(BY_COMMAND, "tested", "member", "x", {}, NOW)


async def test_a_change_that_fails_leaves_no_entry(unguarded_log):
    with pytest.raises(ZeroDivisionError):
        async with writing():
            await audit.record(BY_COMMAND, "tested", "member", "x", {}, NOW)
            1 / 0  # noqa: B018 - the change that fails
    assert await AuditEntry.count() == 5
    assert await audit.verify_chain() is None


async def test_without_an_audit_log_the_change_fails_too(cast: Cast):
    await engine().run_ddl("DROP TABLE audit_entry")
    with pytest.raises(REFUSED, match="audit_entry"):
        async with writing():
            await Member.update({Member.name: "Changed"}).where(Member.id == cast.fbi_lead.member_id)
            await audit.record(BY_COMMAND, "renamed", "member", cast.fbi_lead.member_id, {}, NOW)
    assert not await Member.exists().where(Member.name == "Changed")


WORDS = ("actor", "agency", "source", "address", "session", "request", "verb", "subject", "subject_id", "facts", "hash")


@pytest.mark.parametrize("column", WORDS)
async def test_a_changed_word_names_the_first_broken_entry(unguarded_log, column):
    for seq in (3, 4):
        await AuditEntry.update({column: "other"}).where(AuditEntry.seq == seq)
    assert await audit.verify_chain() == audit.BrokenEntry(3, "The entry was changed.")


async def write_entries_of_session(cast: Cast) -> None:
    """Write three entries of a session, in a log that nothing guards."""
    by = replace(cast.coordinator, origin=Origin("page", "192.0.2.7", "192.0.2.9", "192.0.2.8")).actor
    async with writing():
        await audit.record_all([new_entry(by) for _ in range(3)], NOW)
    await unguard()


def new_entry(by: Actor) -> audit.NewAuditEntry:
    return audit.NewAuditEntry(actor=by, verb="tested", subject="member", subject_id="x", facts={})


@pytest.mark.parametrize(
    "changed",
    [
        {"address": ""},
        {"session": ""},
        {"request": ""},
        {"agency": ""},
        {"address": "", "session": "", "request": "", "agency": ""},
        {"address": "192.0.2.9", "session": "192.0.2.7"},
        {"address": "", "session": "192.0.2.7"},
        {"address": "192.0.2.7 192.0.2.9", "session": ""},
    ],
)
async def test_from_where_a_deed_came_cannot_be_changed_unnoticed(cast: Cast, changed: dict[str, str]):
    await write_entries_of_session(cast)
    assert await audit.verify_chain() is None
    await AuditEntry.update(changed).where(AuditEntry.seq == 2)
    assert await audit.verify_chain() == audit.BrokenEntry(2, "The entry was changed.")


@pytest.mark.parametrize("column", ["hash", "facts", "previous"])
async def test_no_letter_keeps_a_changed_entry_from_being_named(unguarded_log, column):
    await AuditEntry.update({column: "é" * 64}).where(AuditEntry.seq == 3)
    assert await audit.verify_chain() == audit.BrokenEntry(3, "The entry was changed.")


async def test_no_letter_keeps_a_changed_end_from_being_named(unguarded_log):
    await AuditHead.update({AuditHead.seal: "é" * 64}).where(AuditHead.id == 1)
    assert await audit.verify_chain() == audit.BrokenEntry(5, "The recorded end of the log was changed.")


@pytest.mark.parametrize("batch", [1, 2, 1_000])
@pytest.mark.parametrize(
    "put", ["at = 'x'", "at = x'00'", "facts = x'ff'", "verb = CAST(x'ff' AS TEXT)", "hash = x'41'"]
)
async def test_an_entry_that_cannot_be_read_is_named(sqlite_cast: Cast, put, batch):
    async with writing():
        for number in range(1, 6):
            await audit.record(BY_COMMAND, "tested", "member", f"subject {number}", {}, NOW)
    await unguard()
    await engine().run_ddl(f"UPDATE audit_entry SET {put} WHERE seq = 3")
    broken = await audit.verify_chain(batch=batch)
    assert broken
    assert (broken.seq, broken.why) in {(3, audit.UNREADABLE), (3, "The entry was changed.")}


async def test_a_moved_time_is_found(unguarded_log):
    await AuditEntry.update({AuditEntry.at: NOW.replace(microsecond=1)}).where(AuditEntry.seq == 2)
    assert await audit.verify_chain() == audit.BrokenEntry(2, "The entry was changed.")


async def test_a_missing_entry_is_found(unguarded_log):
    await AuditEntry.delete().where(AuditEntry.seq == 2)
    assert await audit.verify_chain() == audit.BrokenEntry(2, "The entry is missing.")


async def test_a_missing_first_entry_is_found(unguarded_log):
    await AuditEntry.delete().where(AuditEntry.seq == 1)
    assert await audit.verify_chain() == audit.BrokenEntry(1, "The entry is missing.")


async def test_missing_last_entries_are_found_by_the_head(unguarded_log):
    await AuditEntry.delete().where(AuditEntry.seq >= 4)
    assert await audit.verify_chain() == audit.BrokenEntry(4, "The entry and all after it are missing.")


async def test_last_entries_that_were_cut_are_found_after_more_were_written(unguarded_log):
    await AuditEntry.delete().where(AuditEntry.seq == 5)
    async with writing():
        await audit.record(BY_COMMAND, "tested", "member", "later", {}, NOW)
    assert await audit.verify_chain() == audit.BrokenEntry(5, "The entry is missing.")


async def test_a_head_set_back_to_hide_a_cut_is_found(unguarded_log):
    await AuditEntry.delete().where(AuditEntry.seq == 5)
    last = await AuditEntry.select().where(AuditEntry.seq == 4).first()
    await AuditHead.update({AuditHead.seq: 4, AuditHead.hash: last["hash"]}).where(AuditHead.id == 1)
    assert await audit.verify_chain() == audit.BrokenEntry(4, "The recorded end of the log was changed.")


async def test_a_missing_head_is_found(unguarded_log):
    await AuditHead.delete(force=True)
    assert await audit.verify_chain() == audit.BrokenEntry(5, "The end of the log isn’t recorded.")


async def test_an_entry_made_without_the_key_is_found(unguarded_log):
    last = await AuditEntry.select().where(AuditEntry.seq == 5).first()
    await AuditEntry.insert(AuditEntry(**last | {"seq": 6, "previous": last["hash"]}))
    assert await audit.verify_chain() == audit.BrokenEntry(6, "The entry was changed.")


async def test_another_secret_verifies_nothing(unguarded_log):
    keys.use_secret("another secret of the tests, long enough")
    assert await audit.verify_chain() == audit.BrokenEntry(1, "The entry was changed.")


async def test_entries_of_parallel_changes_follow_each_other(database):
    keys.use_secret(SECRET)

    async def change(number: int) -> None:
        async with writing():
            await audit.record(BY_COMMAND, "tested", "member", str(number), {}, NOW)

    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(change, number)
    assert await AuditEntry.count() == 20
    assert await audit.verify_chain() is None


async def test_an_audit_log_of_many_batches_is_read_to_its_end(unguarded_log):
    await AuditEntry.update({AuditEntry.verb: "other"}).where(AuditEntry.seq == 5)
    assert await audit.verify_chain(batch=2) == audit.BrokenEntry(5, "The entry was changed.")


FORBIDDEN = (
    "UPDATE audit_entry SET verb = 'other' WHERE seq = 1",
    "DELETE FROM audit_entry WHERE seq = 5",
    "DELETE FROM audit_head",
    "UPDATE audit_head SET seq = 4",
    "UPDATE audit_head SET seal = ''",
)


@pytest.mark.parametrize("sql", FORBIDDEN)
async def test_the_database_itself_refuses_to_change_the_audit_log(guarded_log, sql):
    with pytest.raises(REFUSED, match="the audit log only grows"):
        await engine().run_ddl(sql)
    assert await audit.verify_chain() is None


async def test_a_guarded_audit_log_still_grows(guarded_log):
    async with writing():
        await audit.record(BY_COMMAND, "tested", "member", "6", {}, NOW)
    assert await audit.verify_chain() is None


async def rewrite_log(upto: int) -> None:
    """Write the log again as the owner of the database and the secret can: other entries, in a whole chain."""
    await engine().run_ddl("DELETE FROM audit_head")
    await engine().run_ddl("DELETE FROM audit_entry")
    async with writing():
        for number in range(1, upto + 1):
            await audit.record(BY_COMMAND, "tested", "member", f"other {number}", {}, NOW)


async def kept_head() -> audit.AuditLogHead:
    head = await audit.audit_log_head()
    assert head is not None
    return head


async def test_an_empty_audit_log_has_no_end(database):
    assert await audit.audit_log_head() is None


async def test_an_end_that_was_kept_fits_an_audit_log_that_only_grew(unguarded_log):
    ends = [await kept_head()]
    async with writing():
        await audit.record(BY_COMMAND, "tested", "member", "6", {}, NOW)
    assert await audit.verify_chain([*ends, await kept_head()]) is None


async def test_an_audit_log_that_was_cut_with_the_key_is_found_by_an_end_that_was_kept(unguarded_log):
    end = await kept_head()
    await rewrite_log(3)
    assert await audit.verify_chain() is None
    assert await audit.verify_chain([end]) == audit.BrokenEntry(
        4, "The entry and all after it are missing. Entry 5 existed before."
    )


async def test_an_audit_log_that_was_written_again_with_the_key_is_found_by_an_end_that_was_kept(unguarded_log):
    end = await kept_head()
    await rewrite_log(9)
    assert await audit.verify_chain([end]) == audit.BrokenEntry(
        5, "The entry isn’t the one that was there when the end of the log was recorded."
    )
    assert await audit.verify_chain([end, await kept_head()]) is not None


async def test_an_end_that_someone_made_up_is_refused(unguarded_log):
    end = await kept_head()
    with pytest.raises(Invalid, match="entry 4 isn’t from this tracker"):
        await audit.verify_chain([audit.AuditLogHead(4, end.hash, end.seal)])


async def schedule_operation(cast: Cast) -> Any:
    return await event_deeds.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective, cast.hsi_liaison), NOW)


async def read_date(viewer: Viewer, event_id: Any, now: Any = NOW, key: str = "2027-01-16") -> None:
    await record_date_read(viewer, await date_seen_by(viewer, event_id, key), now)


async def count_readings() -> int:
    count: int = await AuditEntry.count().where(AuditEntry.verb == "read")
    return count


async def test_a_look_at_a_named_event_is_one_entry_a_day(cast: Cast):
    event_id = await schedule_operation(cast)
    for minutes in (0, 1, 60):
        await read_date(cast.kcpd_detective, event_id, NOW + timedelta(minutes=minutes))
    assert await count_readings() == 1
    await read_date(cast.kcpd_detective, event_id, NOW + timedelta(days=1))
    assert await count_readings() == 2


async def test_another_person_another_way_and_another_version_are_entries_of_their_own(cast: Cast):
    event_id = await schedule_operation(cast)
    await read_date(cast.kcpd_detective, event_id)
    await read_date(cast.hsi_liaison, event_id)
    await read_date(replace(cast.kcpd_detective, origin=Origin("feed")), event_id)
    assert await count_readings() == 3
    await engine().run_querystring(QueryString("UPDATE event SET version = version + 1"))
    await read_date(cast.kcpd_detective, event_id)
    assert await count_readings() == 4


async def test_a_look_at_an_open_event_is_no_one_s_business(cast: Cast):
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(*everyone(cast)), NOW)
    await read_date(cast.kcpd_detective, event_id, key="2027-01-12")
    assert await count_readings() == 0


async def test_of_many_named_events_those_not_noted_today_are_noted_in_one_chain(cast: Cast):
    ids = [await schedule_operation(cast) for _ in range(3)]
    events = [await event_deeds.event_seen_by(cast.kcpd_detective, one) for one in ids]
    await record_series_read(cast.kcpd_detective, events[:1], NOW)
    for minutes in (1, 2):
        await record_series_read(cast.kcpd_detective, events, NOW + timedelta(minutes=minutes))
    noted = await AuditEntry.select(AuditEntry.subject_id, AuditEntry.at).where(AuditEntry.verb == "read")
    assert {row["subject_id"] for row in noted} == set(map(str, ids))
    assert len(noted) == 3
    assert await audit.verify_chain() is None


async def test_many_looks_are_noted_together_or_not_at_all(sqlite_cast: Cast):
    ids = [await schedule_operation(sqlite_cast) for _ in range(3)]
    events = [await event_deeds.event_seen_by(sqlite_cast.kcpd_detective, one) for one in ids]
    refuse_the_last = (
        "CREATE TRIGGER no_room BEFORE INSERT ON audit_entry WHEN NEW.subject_id = '{}'"
        " BEGIN SELECT RAISE(ABORT, 'no room'); END"
    )
    await engine().run_ddl(refuse_the_last.format(ids[-1]))
    await record_series_read(sqlite_cast.kcpd_detective, events, NOW)
    assert await count_readings() == 0
    await engine().run_ddl("DROP TRIGGER no_room")
    await record_series_read(sqlite_cast.kcpd_detective, events, NOW)
    assert await count_readings() == 3


async def test_who_has_read_it_is_said_latest_first(cast: Cast):
    event_id = await schedule_operation(cast)
    await read_date(cast.kcpd_detective, event_id)
    await read_date(cast.hsi_liaison, event_id, NOW + timedelta(hours=1))
    readings = await readings_of(cast.fbi_lead, event_id)
    assert [(one.name, one.agency, one.source, one.at) for one in readings] == [
        ("Hsi liaison", "HSI", "Web", NOW + timedelta(hours=1)),
        ("Kcpd detective", "KCPD", "Web", NOW),
    ]


async def test_who_may_not_see_the_event_learns_of_no_reader(cast: Cast):
    event_id = await schedule_operation(cast)
    await read_date(cast.kcpd_detective, event_id)
    assert await readings_of(cast.coordinator, event_id) == []


async def test_an_audit_log_that_takes_no_entry_does_not_end_reading(cast: Cast):
    event_id = await schedule_operation(cast)
    await engine().run_ddl("DROP TABLE audit_entry")
    await read_date(cast.kcpd_detective, event_id)
