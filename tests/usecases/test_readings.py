"""Looks at named events: one entry per person, version, way and day, shown to those who lead the event."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from piccolo.querystring import QueryString

from tests.cast import NOW, Cast, everybody, meeting, operation
from tracker.database import engine
from tracker.rules.people import Viewer
from tracker.tables.audit import AuditEntry
from tracker.usecases import meetings
from tracker.usecases.meeting_dates import date_for
from tracker.usecases.readings import note_date, readings_of

pytestmark = pytest.mark.anyio


async def an_operation(cast: Cast) -> Any:
    return await meetings.schedule(cast.fbi_lead, operation(cast.kcpd_detective, cast.hsi_liaison), NOW)


async def look(viewer: Viewer, event_id: Any, now: Any = NOW, key: str = "2027-01-16") -> None:
    await note_date(viewer, await date_for(viewer, event_id, key), now)


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
    await look(replace(cast.kcpd_detective, door="feed"), event_id)
    assert await looks() == 3
    await engine().run_querystring(QueryString("UPDATE event SET version = version + 1"))
    await look(cast.kcpd_detective, event_id)
    assert await looks() == 4


async def test_a_look_at_an_open_event_is_nobody_s_business(cast: Cast):
    event_id = await meetings.schedule(cast.coordinator, meeting(*everybody(cast)), NOW)
    await look(cast.kcpd_detective, event_id, key="2027-01-12")
    assert await looks() == 0


async def test_who_has_read_it_is_told_latest_first(cast: Cast):
    event_id = await an_operation(cast)
    await look(cast.kcpd_detective, event_id)
    await look(cast.hsi_liaison, event_id, NOW + timedelta(hours=1))
    found = await readings_of(cast.fbi_lead, event_id)
    assert [(one.name, one.agency, one.door, one.at) for one in found] == [
        ("Hsi liaison", "HSI", "Site", NOW + timedelta(hours=1)),
        ("Kcpd detective", "KCPD", "Site", NOW),
    ]


async def test_who_may_not_see_the_event_is_told_of_no_reader(cast: Cast):
    event_id = await an_operation(cast)
    await look(cast.kcpd_detective, event_id)
    assert await readings_of(cast.coordinator, event_id) == []


async def test_a_trail_that_takes_no_entry_does_not_end_reading(cast: Cast):
    event_id = await an_operation(cast)
    await engine().run_ddl("DROP TABLE audit_entry")
    await look(cast.kcpd_detective, event_id)
