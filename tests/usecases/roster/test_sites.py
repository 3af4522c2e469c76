"""Sites: who keeps them, and that a room is taken only by what the viewer may see."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, meeting, operation
from tests.usecases.roster.forms import verbs
from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.plans import DateChange, slot_at
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.roster.sites import MeetingSiteFacts
from tracker.usecases.events import occurrences, scheduling
from tracker.usecases.roster import agencies

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

pytestmark = pytest.mark.both_engines

ROOM = "USAO conference room"
FACTS = MeetingSiteFacts(name=ROOM, address="400 E 9th St", capacity=12, equipment="", is_open=True)
TEN = datetime(2027, 1, 12, 10)
SLOT = slot_at(TEN, timedelta(hours=1), ZONE)
SATURDAY_SIX = slot_at(datetime(2027, 1, 16, 6), timedelta(hours=1), ZONE)


async def in_the_room(viewer: Viewer, at: tuple[datetime, datetime] = SLOT, place: str = ROOM) -> list[str]:
    room = await agencies.room_of(viewer, place, [at])
    return [one.title for one in room.taken] if room else []


async def test_a_keeper_adds_a_site_and_changes_it(cast: Cast) -> None:
    site_id = await agencies.add_meeting_site(cast.administrator, FACTS, NOW, NOW)
    await agencies.change_meeting_site(
        cast.coordinator, site_id, replace(FACTS, capacity=20, is_open=False), 1, NOW, NOW
    )
    assert (await agencies.meeting_site(site_id)).capacity == 20
    assert await agencies.open_sites() == ()
    assert await verbs(site_id) == ["added", "updated"]


async def test_nobody_else_does_and_of_two_keepers_the_second_is_told(sqlite_cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await agencies.add_meeting_site(sqlite_cast.fbi_lead, FACTS, NOW, NOW)
    site_id = await agencies.add_meeting_site(sqlite_cast.coordinator, FACTS, NOW, NOW)
    with pytest.raises(Conflict):
        await agencies.change_meeting_site(sqlite_cast.coordinator, site_id, FACTS, 2, NOW, NOW)
    with pytest.raises(Invalid) as refused:
        await agencies.add_meeting_site(sqlite_cast.coordinator, replace(FACTS, name="usao conference room"), NOW, NOW)
    assert "name" in refused.value.fields


async def test_another_event_in_the_room_is_named_whatever_words_were_typed_for_it(cast: Cast) -> None:
    await agencies.add_meeting_site(cast.coordinator, FACTS, NOW, NOW)
    typed = meeting(cast.fbi_lead, title="Case call", place="usao conference room, 400 E 9th St")
    await scheduling.schedule_event(cast.coordinator, typed, NOW)
    assert await in_the_room(cast.coordinator) == ["Case call"]
    assert await in_the_room(cast.coordinator, slot_at(TEN.replace(hour=12), timedelta(hours=1), ZONE)) == []
    assert await in_the_room(cast.coordinator, place="Some other room") == []


async def test_a_room_is_the_same_in_letters_of_any_case_and_alphabet(cast: Cast) -> None:
    await agencies.add_meeting_site(cast.coordinator, replace(FACTS, name="Édifice A"), NOW, NOW)
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, title="Case call", place="ÉDIFICE A"), NOW)
    assert await in_the_room(cast.coordinator, place="édifice  a") == ["Case call"]


async def test_an_event_does_not_take_its_own_room_and_one_that_was_moved_takes_it_no_more(cast: Cast) -> None:
    await agencies.add_meeting_site(cast.coordinator, FACTS, NOW, NOW)
    twice = meeting(cast.fbi_lead, rule=rule_for_choice("weekly", TEN, count=2))
    event_id = await scheduling.schedule_event(cast.coordinator, twice, NOW)
    room = await agencies.room_of(cast.coordinator, ROOM, [SLOT], event_id)
    assert room is not None
    assert room.taken == []
    elsewhere = DateChange(starts=TEN, duration=timedelta(hours=1), place="By video")
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-01-12", elsewhere, 1, NOW)
    assert await in_the_room(cast.coordinator) == []


async def test_an_operation_that_the_viewer_is_not_named_on_takes_no_room(cast: Cast) -> None:
    await agencies.add_meeting_site(cast.coordinator, FACTS, NOW, NOW)
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective, place=ROOM), NOW)
    assert await in_the_room(cast.coordinator, SATURDAY_SIX) == []
    assert await in_the_room(cast.caht_lead, SATURDAY_SIX) == []
    assert await in_the_room(cast.fbi_lead, SATURDAY_SIX) == ["Operation Bluestem"]
