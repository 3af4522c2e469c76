"""Finding a time: what counts as busy is what the viewer may see and whose names they read there."""

from datetime import datetime, timedelta

import pytest

from tests.cast import NOW, ZONE, Cast, meeting, operation
from tracker.rules.availability.suggested_times import Availability
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import Kind
from tracker.rules.events.plans import slot_at
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.tables.schema.roster import Committee
from tracker.usecases import availability
from tracker.usecases.availability import TimeSearch
from tracker.usecases.events import replies, scheduling

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

pytestmark = pytest.mark.both_engines

TEN = datetime(2027, 1, 12, 10)
SLOT = slot_at(TEN, timedelta(hours=1), ZONE)
SATURDAY_SIX = slot_at(datetime(2027, 1, 16, 6), timedelta(hours=1), ZONE)


async def state_of(viewer: Viewer, member: Viewer) -> Availability:
    days = await availability.busy_days_of(viewer, [member.member_id], *SLOT)
    return days[member.member_id].state(*SLOT)


async def test_an_event_that_the_viewer_sees_makes_its_people_busy(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, starts=TEN), NOW)
    assert await state_of(cast.coordinator, cast.fbi_lead) is Availability.BUSY
    await replies.record_own_reply(
        cast.fbi_lead, event_id, "2027-01-12", ReplyValue.DECLINED, "", NOW, for_series=False
    )
    assert await state_of(cast.coordinator, cast.fbi_lead) is Availability.FREE


async def test_maybe_is_tentative(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, starts=TEN), NOW)
    await replies.record_own_reply(
        cast.fbi_lead, event_id, "2027-01-12", ReplyValue.TENTATIVE, "", NOW, for_series=False
    )
    assert await state_of(cast.coordinator, cast.fbi_lead) is Availability.TENTATIVE


async def test_an_event_that_the_viewer_may_not_see_makes_nobody_busy(cast: Cast) -> None:
    briefing = meeting(cast.fbi_lead, starts=TEN, visibility=Visibility.LAW_ENFORCEMENT)
    await scheduling.schedule_event(cast.coordinator, briefing, NOW)
    assert await state_of(cast.caht_lead, cast.fbi_lead) is Availability.FREE


async def test_a_list_of_names_that_the_viewer_does_not_read_makes_nobody_busy(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead, starts=TEN), NOW)
    assert await state_of(cast.caht_lead, cast.fbi_lead) is Availability.FREE
    assert await state_of(cast.fbi_alternate, cast.fbi_lead) is Availability.BUSY


async def test_who_leads_an_event_is_busy_for_everybody_who_sees_it(sqlite_cast: Cast) -> None:
    await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, starts=TEN), NOW)
    assert await state_of(sqlite_cast.caht_lead, sqlite_cast.coordinator) is Availability.BUSY


async def test_a_deadline_takes_nobodys_time(sqlite_cast: Cast) -> None:
    due = meeting(sqlite_cast.fbi_lead, kind=Kind.DEADLINE, starts=TEN)
    await scheduling.schedule_event(sqlite_cast.coordinator, due, NOW)
    assert await state_of(sqlite_cast.coordinator, sqlite_cast.fbi_lead) is Availability.FREE


async def test_who_is_taken_twice_is_named_with_the_other_event(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, starts=TEN, title="Case call"), NOW)
    [conflict] = await availability.double_bookings_of(
        cast.coordinator, [cast.fbi_lead.member_id, cast.caht_lead.member_id], [SLOT]
    )
    assert (conflict.member_ids, conflict.title) == ([cast.fbi_lead.member_id], "Case call")


async def test_an_event_that_takes_several_people_is_one_conflict_and_each_person_is_in_one(cast: Cast) -> None:
    both = cast.fbi_lead, cast.caht_lead
    await scheduling.schedule_event(cast.coordinator, meeting(*both, starts=TEN, title="Case call"), NOW)
    later = meeting(*both, cast.kcpd_detective, starts=TEN + timedelta(minutes=30), title="Briefing")
    await scheduling.schedule_event(cast.coordinator, later, NOW)
    everybody = [one.member_id for one in (*both, cast.kcpd_detective)]
    found = await availability.double_bookings_of(cast.coordinator, everybody, [SLOT])
    assert [(one.title, set(one.member_ids)) for one in found] == [
        ("Case call", {one.member_id for one in both}),
        ("Briefing", {cast.kcpd_detective.member_id}),
    ]


async def test_an_event_does_not_conflict_with_itself(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, starts=TEN), NOW)
    assert await availability.double_bookings_of(cast.coordinator, [cast.fbi_lead.member_id], [SLOT], event_id) == []


async def test_an_operation_that_the_viewer_is_not_named_on_conflicts_with_nothing(cast: Cast) -> None:
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    detective = [cast.kcpd_detective.member_id]
    assert await availability.double_bookings_of(cast.coordinator, detective, [SATURDAY_SIX]) == []
    assert len(await availability.double_bookings_of(cast.fbi_lead, detective, [SATURDAY_SIX])) == 1


async def test_the_quorum_of_the_committee_counts_seats_of_which_somebody_is_free(cast: Cast) -> None:
    committee_id = cast.committees["services"]
    await Committee.update({Committee.quorum: 2}).where(Committee.id == committee_id)
    await scheduling.schedule_event(cast.coordinator, meeting(cast.caht_lead, cast.bridge_advocate, starts=TEN), NOW)
    needed = {one.member_id: AttendeeRole.REQUIRED for one in (cast.caht_lead, cast.bridge_advocate)}
    wanted = TimeSearch(first=TEN, length=timedelta(hours=1), zone=ZONE, typed=(SLOT,), committee_id=committee_id)
    typed = (await availability.find_times(cast.coordinator, needed, wanted, NOW)).typed
    assert typed is not None
    assert typed.quorum is not None
    assert typed.quorum.words == "No quorum: 0 of 3 seats (2 needed)"


async def test_blackout_days_count_for_who_may_see_the_agency(cast: Cast) -> None:
    week = TEN.date(), TEN.date() + timedelta(days=3), "Range week"
    await availability.set_blackout(cast.fbi_lead, cast.agencies["FBI"], *week, NOW, NOW.date())
    needed = {cast.fbi_alternate.member_id: AttendeeRole.REQUIRED}
    wanted = TimeSearch(first=TEN, length=timedelta(hours=1), zone=ZONE, typed=(SLOT,))
    seen = await availability.find_times(cast.coordinator, needed, wanted, NOW)
    assert seen.typed is not None
    assert seen.typed.why == {cast.fbi_alternate.member_id: Availability.BLACKOUT}
    assert min(one.starts_at for one in seen.suggestions).date() == TEN.date() + timedelta(days=7)  # after a holiday
    unseen = await availability.find_times(cast.bridge_advocate, needed, wanted, NOW)
    assert unseen.typed is not None
    assert unseen.typed.missing == {}


async def test_times_are_found_for_everybody_who_is_needed(cast: Cast) -> None:
    await scheduling.schedule_event(
        cast.coordinator, meeting(cast.fbi_lead, starts=datetime(2027, 1, 11, 8), duration=timedelta(hours=6)), NOW
    )
    needed = {one.member_id: AttendeeRole.REQUIRED for one in (cast.coordinator, cast.fbi_lead)}
    wanted = TimeSearch(first=datetime(2027, 1, 11, 8), length=timedelta(hours=1), zone=ZONE)
    [first, *_] = (await availability.find_times(cast.coordinator, needed, wanted, NOW)).suggestions
    assert (f"{first.starts_at:%m-%d %H:%M}", first.missing) == ("01-11 20:00", {})
