"""Looks at named events: one entry per person, version, way and day, shown to those who lead the event."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from piccolo.querystring import QueryString

from tests.cast import NOW, Cast, everybody, meeting, operation
from tracker.database import engine
from tracker.rules.core.viewers import Origin, Viewer
from tracker.tables.schema.core.tables import AuditEntry
from tracker.usecases.core import audit
from tracker.usecases.core.audit import readings_of, record_date_read, record_series_read
from tracker.usecases.events import events as event_deeds
from tracker.usecases.events.occurrences import date_for

pytestmark = pytest.mark.both_engines


async def an_operation(cast: Cast) -> Any:
    return await event_deeds.schedule(cast.fbi_lead, operation(cast.kcpd_detective, cast.hsi_liaison), NOW)


async def look(viewer: Viewer, event_id: Any, now: Any = NOW, key: str = "2027-01-16") -> None:
    await record_date_read(viewer, await date_for(viewer, event_id, key), now)


async def looks() -> int:
    found: int = await AuditEntry.count().where(AuditEntry.verb == "read")
    return found


async def test_a_look_at_a_named_event_is_one_entry_a_day(cast: Cast):
    event_id = await an_operation(cast)
    for minutes in (0, 1, 60):
        await look(cast.kcpd_detective, event_id, NOW + timedelta(minutes=minutes))
    assert await looks() == 1
    await look(cast.kcpd_detective, event_id, NOW + timedelta(days=1))
    assert await looks() == 2


async def test_another_person_another_way_and_another_version_are_entries_of_their_own(cast: Cast):
    event_id = await an_operation(cast)
    await look(cast.kcpd_detective, event_id)
    await look(cast.hsi_liaison, event_id)
    await look(replace(cast.kcpd_detective, origin=Origin("feed")), event_id)
    assert await looks() == 3
    await engine().run_querystring(QueryString("UPDATE event SET version = version + 1"))
    await look(cast.kcpd_detective, event_id)
    assert await looks() == 4


async def test_a_look_at_an_open_event_is_nobody_s_business(cast: Cast):
    event_id = await event_deeds.schedule(cast.coordinator, meeting(*everybody(cast)), NOW)
    await look(cast.kcpd_detective, event_id, key="2027-01-12")
    assert await looks() == 0


async def test_of_many_named_events_those_not_noted_today_are_noted_in_one_chain(cast: Cast):
    ids = [await an_operation(cast) for _ in range(3)]
    events = [await event_deeds.event_for(cast.kcpd_detective, one) for one in ids]
    await record_series_read(cast.kcpd_detective, events[:1], NOW)
    for minutes in (1, 2):
        await record_series_read(cast.kcpd_detective, events, NOW + timedelta(minutes=minutes))
    noted = await AuditEntry.select(AuditEntry.subject_id, AuditEntry.at).where(AuditEntry.verb == "read")
    assert {row["subject_id"] for row in noted} == set(map(str, ids))
    assert len(noted) == 3
    assert await audit.verify_chain() is None


async def test_many_looks_are_noted_together_or_not_at_all(sqlite_cast: Cast):
    ids = [await an_operation(sqlite_cast) for _ in range(3)]
    events = [await event_deeds.event_for(sqlite_cast.kcpd_detective, one) for one in ids]
    refuse_the_last = (
        "CREATE TRIGGER no_room BEFORE INSERT ON audit_entry WHEN NEW.subject_id = '{}'"
        " BEGIN SELECT RAISE(ABORT, 'no room'); END"
    )
    await engine().run_ddl(refuse_the_last.format(ids[-1]))
    await record_series_read(sqlite_cast.kcpd_detective, events, NOW)
    assert await looks() == 0
    await engine().run_ddl("DROP TRIGGER no_room")
    await record_series_read(sqlite_cast.kcpd_detective, events, NOW)
    assert await looks() == 3


async def test_who_has_read_it_is_told_latest_first(cast: Cast):
    event_id = await an_operation(cast)
    await look(cast.kcpd_detective, event_id)
    await look(cast.hsi_liaison, event_id, NOW + timedelta(hours=1))
    found = await readings_of(cast.fbi_lead, event_id)
    assert [(one.name, one.agency, one.source, one.at) for one in found] == [
        ("Hsi liaison", "HSI", "Web", NOW + timedelta(hours=1)),
        ("Kcpd detective", "KCPD", "Web", NOW),
    ]


async def test_who_may_not_see_the_event_is_told_of_no_reader(cast: Cast):
    event_id = await an_operation(cast)
    await look(cast.kcpd_detective, event_id)
    assert await readings_of(cast.coordinator, event_id) == []


async def test_a_trail_that_takes_no_entry_does_not_end_reading(cast: Cast):
    event_id = await an_operation(cast)
    await engine().run_ddl("DROP TABLE audit_entry")
    await look(cast.kcpd_detective, event_id)
