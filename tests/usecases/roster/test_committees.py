"""Agencies, committees with their seats, and sites: who keeps them, and what is saved holds at once."""

# ruff: noqa: DTZ001 - a local time is naive: its zone is beside it

import json
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, meeting, operation
from tests.ports.browser import session_of
from tests.usecases.roster.forms import agency_facts, audit_verbs, committee_facts
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core import viewers
from tracker.rules.core.viewers import Arm, Level, Status, Viewer, Visibility
from tracker.rules.events.plans import DateChange, slot_at
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.roster.directory import AgencyFacts, CommitteeStatus, SeatFacts
from tracker.rules.roster.meetings import MeetingSiteFacts, QuorumRule
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.roster import Member, SeatHolder
from tracker.usecases.core.viewers import viewer_for, viewer_of_session
from tracker.usecases.events import occurrences, scheduling
from tracker.usecases.roster import agencies, committees, directory
from tracker.usecases.roster.committees import quorum_of


def seat(primary: Viewer | None, *alternates: Viewer) -> SeatFacts:
    return SeatFacts(
        primary_id=primary.member_id if primary else None, alternate_ids=frozenset(one.member_id for one in alternates)
    )


async def set_seat(viewer: Viewer, committee_id: UUID, agency_id: UUID, facts: SeatFacts, version: int = 1) -> None:
    await committees.assign_seat(viewer, committee_id, agency_id, facts, version, NOW, NOW)


async def test_an_administrator_adds_a_committee_with_its_chair(cast: Cast) -> None:
    committee_id = await committees.add_committee(
        cast.administrator, committee_facts(chair_id=cast.caht_lead.member_id), NOW, NOW
    )
    assert [one.id for one in (await directory.committee_for(cast.coordinator, committee_id)).chairs] == [
        cast.caht_lead.member_id
    ]
    assert committee_id in (await viewer_for(cast.caht_lead.member_id, NOW)).chairs
    assert await audit_verbs(committee_id) == ["added"]


async def test_a_committee_is_given_a_quorum_and_the_audit_log_says_so(cast: Cast) -> None:
    facts = committee_facts(name="Steering Committee", kind="steering", quorum=QuorumRule(seats=5, both_arms=True))
    await committees.change_committee(cast.coordinator, cast.committees["steering"], facts, 1, NOW, NOW)
    known = await directory.committee_for(cast.fbi_lead, cast.committees["steering"])
    assert known.quorum.words(len(known.seats)) == "5 of 8 seats, both arms"
    [entry] = await AuditEntry.select(AuditEntry.facts).where(AuditEntry.subject_id == str(cast.committees["steering"]))
    assert json.loads(entry["facts"])["fields"] == ["both_arms", "place", "quorum"]


async def test_only_who_may_know_a_committee_learns_of_its_quorum(cast: Cast) -> None:
    law, rule = cast.committees["enforcement"], QuorumRule(seats=4)
    facts = committee_facts(name="Law Enforcement Committee", kind="committee", arm=Arm.LAW_ENFORCEMENT, quorum=rule)
    await committees.change_committee(cast.coordinator, law, facts, 1, NOW, NOW)
    seen = await quorum_of(cast.fbi_lead, law)
    assert seen is not None
    assert len(seen.seats) == 6
    assert await quorum_of(cast.caht_lead, law) is None


async def test_no_one_else_changes_a_committee_or_its_seats(sqlite_cast: Cast) -> None:
    committee_id, agency_id = sqlite_cast.committees["services"], sqlite_cast.agencies["CAHT"]
    chair = sqlite_cast.caht_lead
    with pytest.raises(NotAllowed):
        await committees.add_committee(chair, committee_facts(), NOW, NOW)
    with pytest.raises(NotAllowed):
        await committees.change_committee(chair, committee_id, committee_facts(), 1, NOW, NOW)
    with pytest.raises(NotAllowed):
        await set_seat(chair, committee_id, agency_id, seat(chair))
    with pytest.raises(NotAllowed):
        await committees.delete_seat(chair, committee_id, agency_id, 1, NOW, NOW)


async def test_a_name_belongs_to_one_committee(sqlite_cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        await committees.add_committee(sqlite_cast.coordinator, committee_facts(name="STEERING committee"), NOW, NOW)
    assert "name" in refused.value.fields


async def test_a_new_chair_takes_the_place_of_the_former(cast: Cast) -> None:
    facts = committee_facts(name="Victim Services Committee", kind="committee", chair_id=cast.bridge_advocate.member_id)
    await committees.change_committee(cast.coordinator, cast.committees["services"], facts, 1, NOW, NOW)
    assert (await viewer_for(cast.bridge_advocate.member_id, NOW)).chairs == {cast.committees["services"]}
    assert (await viewer_for(cast.caht_lead.member_id, NOW)).chairs == frozenset()


async def test_an_ended_committee_opens_nothing_to_those_who_sat_in_it(cast: Cast) -> None:
    facts = committee_facts(name="Victim Services Committee", kind="committee", status=CommitteeStatus.ENDED)
    await committees.change_committee(cast.coordinator, cast.committees["services"], facts, 1, NOW, NOW)
    viewer = await viewer_for(cast.bridge_advocate.member_id, NOW)
    assert viewers.committee_audience(cast.committees["services"]) not in viewer.audiences


async def test_a_new_seat_opens_the_meetings_of_the_committee_at_once_and_a_lost_one_shuts_them(cast: Cast) -> None:
    plan = meeting(cast.caht_lead, visibility=Visibility.COMMITTEE, committee_id=cast.committees["services"])
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    before = await viewer_for(cast.fbi_lead.member_id, NOW)
    with pytest.raises(NotFound):
        await scheduling.event_seen_by(before, event_id)
    await set_seat(cast.coordinator, cast.committees["services"], cast.agencies["FBI"], seat(cast.fbi_lead))
    after = await viewer_for(cast.fbi_lead.member_id, NOW)
    assert (await scheduling.event_seen_by(after, event_id)).id == event_id
    assert await occurrences.dates_between(after, NOW, NOW.replace(year=2028))
    await committees.delete_seat(cast.coordinator, cast.committees["services"], cast.agencies["FBI"], 2, NOW, NOW)
    with pytest.raises(NotFound):
        await scheduling.event_seen_by(await viewer_for(cast.fbi_lead.member_id, NOW), event_id)


async def test_a_seat_changes_hands(cast: Cast) -> None:
    await set_seat(
        cast.administrator,
        cast.committees["steering"],
        cast.agencies["KCPD"],
        seat(cast.kcpd_alternate, cast.kcpd_detective),
    )
    shown = await directory.committee_for(cast.coordinator, cast.committees["steering"])
    [held] = [one for one in shown.seats if one.agency == "KCPD"]
    assert held.primary is not None
    assert (held.primary.id, [one.id for one in held.alternates]) == (
        cast.kcpd_alternate.member_id,
        [cast.kcpd_detective.member_id],
    )
    assert await audit_verbs(cast.committees["steering"]) == ["seated"]


async def test_a_seat_is_held_by_active_people_of_its_agency_once(cast: Cast) -> None:
    committee_id, kcpd = cast.committees["steering"], cast.agencies["KCPD"]
    await Member.update({Member.status: "suspended"}).where(Member.id == cast.kcpd_alternate.member_id)
    odd = {
        seat(None): "primary",
        seat(cast.fbi_lead): "primary",
        seat(cast.kcpd_alternate): "primary",
        seat(cast.kcpd_detective, cast.kcpd_detective): "alternates",
        seat(cast.kcpd_detective, cast.fbi_lead): "alternates",
    }
    for facts, field in odd.items():
        with pytest.raises(Invalid) as refused:
            await set_seat(cast.coordinator, committee_id, kcpd, facts)
        assert field in refused.value.fields


async def test_an_administrator_cannot_let_themselves_into_a_committee(cast: Cast) -> None:
    with pytest.raises(Invalid, match="yourself"):
        await set_seat(cast.administrator, cast.committees["services"], cast.agencies["USAO"], seat(cast.administrator))
    with pytest.raises(Invalid, match="yourself"):
        await committees.add_committee(
            cast.administrator, committee_facts(chair_id=cast.administrator.member_id), NOW, NOW
        )
    await set_seat(cast.coordinator, cast.committees["services"], cast.agencies["USAO"], seat(cast.administrator))
    assert (
        viewers.committee_audience(cast.committees["services"])
        in (await viewer_for(cast.administrator.member_id, NOW)).audiences
    )


async def test_of_two_administrators_of_a_committee_the_second_learns_of_the_first(cast: Cast) -> None:
    committee_id, kcpd = cast.committees["steering"], cast.agencies["KCPD"]
    await set_seat(cast.coordinator, committee_id, kcpd, seat(cast.kcpd_alternate))
    with pytest.raises(Conflict):
        await set_seat(cast.administrator, committee_id, kcpd, seat(cast.kcpd_detective))
    with pytest.raises(Conflict):
        await committees.delete_seat(cast.administrator, committee_id, kcpd, 1, NOW, NOW)


async def test_no_committee_agency_or_seat_is_not_found(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    with pytest.raises(NotFound):
        await set_seat(cast.coordinator, uuid4(), cast.agencies["KCPD"], seat(cast.kcpd_detective))
    with pytest.raises(NotFound):
        await set_seat(cast.coordinator, cast.committees["services"], uuid4(), seat(cast.kcpd_detective))
    with pytest.raises(NotFound):
        await committees.delete_seat(cast.coordinator, cast.committees["services"], cast.agencies["KCPD"], 1, NOW, NOW)


async def seat_holders(committee_id: UUID, agency_id: UUID) -> dict[UUID, bool]:
    """Return who holds a seat, and who of them is primary."""
    of_seat = (SeatHolder.seat.committee == committee_id) & (SeatHolder.seat.agency == agency_id)
    rows = await SeatHolder.select(SeatHolder.member, SeatHolder.is_primary).where(of_seat)
    return {row["member"]: bool(row["is_primary"]) for row in rows}


async def test_anyone_who_is_suspended_keeps_a_seat_that_is_saved_meanwhile(cast: Cast) -> None:
    steering, kcpd = cast.committees["steering"], cast.agencies["KCPD"]
    await Member.update({Member.status: "suspended"}).where(Member.id == cast.kcpd_alternate.member_id)
    await set_seat(cast.coordinator, steering, kcpd, seat(cast.kcpd_detective))
    both = {cast.kcpd_detective.member_id: True, cast.kcpd_alternate.member_id: False}
    assert await seat_holders(steering, kcpd) == both
    assert await committees.suspended_holders(steering, kcpd) == {cast.kcpd_alternate.member_id}


async def test_a_suspended_primary_becomes_alternate_of_who_is_chosen(cast: Cast) -> None:
    steering, kcpd = cast.committees["steering"], cast.agencies["KCPD"]
    await Member.update({Member.status: "suspended"}).where(Member.id == cast.kcpd_detective.member_id)
    await set_seat(cast.coordinator, steering, kcpd, seat(cast.kcpd_alternate))
    swapped = {cast.kcpd_detective.member_id: False, cast.kcpd_alternate.member_id: True}
    assert await seat_holders(steering, kcpd) == swapped


async def test_a_suspended_chair_stays_when_another_thing_of_the_committee_is_changed(cast: Cast) -> None:
    await Member.update({Member.status: "suspended"}).where(Member.id == cast.caht_lead.member_id)
    facts = committee_facts(name="Victim Services Committee", kind="committee", arm=Arm.VICTIM_SERVICES, place="Annex")
    await committees.change_committee(cast.coordinator, cast.committees["services"], facts, 1, NOW, NOW)
    await Member.update({Member.status: "active"}).where(Member.id == cast.caht_lead.member_id)
    assert cast.committees["services"] in (await viewer_for(cast.caht_lead.member_id, NOW)).chairs


def usao(**facts: object) -> AgencyFacts:
    return agency_facts(code="USAO", name="U.S. Attorney's Office", level=Level.FEDERAL, **facts)


def caht(**facts: object) -> AgencyFacts:
    return agency_facts(
        code="CAHT",
        name="Coalition Against Human Trafficking",
        **{"arm": Arm.VICTIM_SERVICES, "level": Level.NON_GOVERNMENTAL, **facts},
    )


async def change_agency(viewer: Viewer, cast: Cast, code: str, facts: AgencyFacts, version: int = 1) -> None:
    await agencies.change_agency(viewer, cast.agencies[code], facts, version, NOW, NOW)


async def test_an_administrator_adds_an_agency(cast: Cast) -> None:
    agency_id = await agencies.add_agency(cast.administrator, agency_facts(), NOW, NOW)
    assert (await directory.agency_for(cast.coordinator, agency_id)).code == "MSHP"
    assert await audit_verbs(agency_id) == ["added"]


async def test_no_one_else_adds_an_agency(sqlite_cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await agencies.add_agency(sqlite_cast.fbi_lead, agency_facts(), NOW, NOW)


async def test_what_is_missing_is_named_at_its_field(sqlite_cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        await agencies.add_agency(
            sqlite_cast.coordinator, agency_facts(code="", name="", arm=None, level=None), NOW, NOW
        )
    assert set(refused.value.fields) == {"code", "name", "arm", "level"}


async def test_a_short_name_belongs_to_one_agency_in_any_letters(sqlite_cast: Cast) -> None:
    with pytest.raises(Invalid, match="already has this short name"):
        await agencies.add_agency(sqlite_cast.coordinator, agency_facts(code="kcpd"), NOW, NOW)


async def test_a_coalition_is_another_agency(sqlite_cast: Cast) -> None:
    for odd in (sqlite_cast.agencies["CAHT"], uuid4()):
        with pytest.raises(Invalid) as refused:
            await change_agency(sqlite_cast.coordinator, sqlite_cast, "CAHT", caht(coalition_id=odd))
        assert "coalition" in refused.value.fields


async def test_a_suspended_agency_ends_the_access_of_its_members_and_active_again_restores_it(cast: Cast) -> None:
    session = await session_of(cast.caht_lead, NOW)
    await change_agency(cast.administrator, cast, "CAHT", caht(status=Status.SUSPENDED))
    assert await viewer_of_session(session, NOW) is None
    with pytest.raises(NotFound):
        await viewer_for(cast.caht_lead.member_id, NOW)
    await change_agency(cast.administrator, cast, "CAHT", caht(), 2)
    assert await viewer_of_session(session, NOW) is None
    assert (await viewer_for(cast.caht_lead.member_id, NOW)).agency == "CAHT"


async def test_no_one_suspends_the_own_agency_or_the_last_coordinators(cast: Cast) -> None:
    for manager in (cast.administrator, cast.coordinator):
        with pytest.raises(Invalid, match="yourself"):
            await change_agency(manager, cast, "USAO", usao(status=Status.SUSPENDED))


async def test_an_agency_leaves_when_no_one_serves_there_now(cast: Cast) -> None:
    with pytest.raises(Invalid, match="2 people are still at this agency"):
        await change_agency(cast.coordinator, cast, "CAHT", caht(status=Status.DEPARTED))
    await Member.update({Member.status: "departed"}).where(Member.agency == cast.agencies["CAHT"])
    await change_agency(cast.coordinator, cast, "CAHT", caht(status=Status.DEPARTED))
    assert (await directory.agency_for(cast.coordinator, cast.agencies["CAHT"])).status is Status.DEPARTED


async def test_only_a_coordinator_moves_an_agency_to_the_other_arm(cast: Cast) -> None:
    moved = caht(arm=Arm.LAW_ENFORCEMENT)
    with pytest.raises(Invalid, match="other arm"):
        await change_agency(cast.administrator, cast, "CAHT", moved)
    await change_agency(cast.coordinator, cast, "CAHT", moved)
    assert (await viewer_for(cast.caht_lead.member_id, NOW)).arm is Arm.LAW_ENFORCEMENT


async def test_of_two_administrators_of_an_agency_the_second_learns_of_the_first(cast: Cast) -> None:
    await change_agency(cast.administrator, cast, "CAHT", caht(level=Level.LOCAL))
    with pytest.raises(Conflict):
        await change_agency(cast.coordinator, cast, "CAHT", caht(level=Level.STATE))


async def test_no_agency_is_not_found(sqlite_cast: Cast) -> None:
    with pytest.raises(NotFound):
        await agencies.change_agency(sqlite_cast.coordinator, uuid4(), agency_facts(), 1, NOW, NOW)


ROOM = "USAO conference room"
FACTS = MeetingSiteFacts(name=ROOM, address="400 E 9th St", capacity=12, equipment="", is_open=True)
TEN = datetime(2027, 1, 12, 10)
SLOT = slot_at(TEN, timedelta(hours=1), ZONE)
SATURDAY_SIX = slot_at(datetime(2027, 1, 16, 6), timedelta(hours=1), ZONE)


async def titles_in_room(viewer: Viewer, at: tuple[datetime, datetime] = SLOT, place: str = ROOM) -> list[str]:
    room = await agencies.room_of(viewer, place, [at])
    return [one.title for one in room.taken] if room else []


@pytest.mark.both_engines
async def test_an_administrator_adds_a_site_and_changes_it(cast: Cast) -> None:
    site_id = await agencies.add_meeting_site(cast.administrator, FACTS, NOW, NOW)
    await agencies.change_meeting_site(
        cast.coordinator, site_id, replace(FACTS, capacity=20, is_open=False), 1, NOW, NOW
    )
    assert (await agencies.meeting_site(site_id)).capacity == 20
    assert await agencies.open_sites() == ()
    assert await audit_verbs(site_id) == ["added", "updated"]


@pytest.mark.both_engines
async def test_no_one_else_does_and_of_two_administrators_the_second_is_notified(sqlite_cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await agencies.add_meeting_site(sqlite_cast.fbi_lead, FACTS, NOW, NOW)
    site_id = await agencies.add_meeting_site(sqlite_cast.coordinator, FACTS, NOW, NOW)
    with pytest.raises(Conflict):
        await agencies.change_meeting_site(sqlite_cast.coordinator, site_id, FACTS, 2, NOW, NOW)
    with pytest.raises(Invalid) as refused:
        await agencies.add_meeting_site(sqlite_cast.coordinator, replace(FACTS, name="usao conference room"), NOW, NOW)
    assert "name" in refused.value.fields


@pytest.mark.both_engines
async def test_another_event_in_the_room_is_named_whatever_words_were_typed_for_it(cast: Cast) -> None:
    await agencies.add_meeting_site(cast.coordinator, FACTS, NOW, NOW)
    typed = meeting(cast.fbi_lead, title="Case call", place="usao conference room, 400 E 9th St")
    await scheduling.schedule_event(cast.coordinator, typed, NOW)
    assert await titles_in_room(cast.coordinator) == ["Case call"]
    assert await titles_in_room(cast.coordinator, slot_at(TEN.replace(hour=12), timedelta(hours=1), ZONE)) == []
    assert await titles_in_room(cast.coordinator, place="Some other room") == []


@pytest.mark.both_engines
async def test_a_room_is_the_same_in_letters_of_any_case_and_alphabet(cast: Cast) -> None:
    await agencies.add_meeting_site(cast.coordinator, replace(FACTS, name="Édifice A"), NOW, NOW)
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, title="Case call", place="ÉDIFICE A"), NOW)
    assert await titles_in_room(cast.coordinator, place="édifice  a") == ["Case call"]


@pytest.mark.both_engines
async def test_an_event_does_not_take_its_own_room_and_one_that_was_moved_takes_it_no_more(cast: Cast) -> None:
    await agencies.add_meeting_site(cast.coordinator, FACTS, NOW, NOW)
    twice = meeting(cast.fbi_lead, rule=rule_for_choice("weekly", TEN, count=2))
    event_id = await scheduling.schedule_event(cast.coordinator, twice, NOW)
    room = await agencies.room_of(cast.coordinator, ROOM, [SLOT], event_id)
    assert room is not None
    assert room.taken == []
    elsewhere = DateChange(starts=TEN, duration=timedelta(hours=1), place="By video")
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-01-12", elsewhere, 1, NOW)
    assert await titles_in_room(cast.coordinator) == []


@pytest.mark.both_engines
async def test_an_operation_that_the_viewer_is_not_named_on_takes_no_room(cast: Cast) -> None:
    await agencies.add_meeting_site(cast.coordinator, FACTS, NOW, NOW)
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective, place=ROOM), NOW)
    assert await titles_in_room(cast.coordinator, SATURDAY_SIX) == []
    assert await titles_in_room(cast.caht_lead, SATURDAY_SIX) == []
    assert await titles_in_room(cast.fbi_lead, SATURDAY_SIX) == ["Operation Bluestem"]
