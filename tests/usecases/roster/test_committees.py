"""Committees, their chairs and seats: what is saved holds at once, and no administrator lets themselves in."""

import json
from uuid import UUID, uuid4

import pytest

from tests.cast import NOW, Cast, meeting
from tests.usecases.roster.forms import committee, verbs
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core import viewers
from tracker.rules.core.viewers import Arm, Viewer, Visibility
from tracker.rules.roster.directory import CommitteeStatus, SeatFacts
from tracker.rules.roster.quorum import QuorumRule
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.roster import Member, SeatHolder
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.events import occurrences, scheduling
from tracker.usecases.roster import committees, directory
from tracker.usecases.roster.committees import quorum_of


def seat(primary: Viewer | None, *alternates: Viewer) -> SeatFacts:
    return SeatFacts(
        primary_id=primary.member_id if primary else None, alternate_ids=frozenset(one.member_id for one in alternates)
    )


async def set_seat(viewer: Viewer, committee_id: UUID, agency_id: UUID, facts: SeatFacts, version: int = 1) -> None:
    await committees.assign_seat(viewer, committee_id, agency_id, facts, version, NOW, NOW)


async def test_a_keeper_adds_a_committee_with_its_chair(cast: Cast) -> None:
    committee_id = await committees.add_committee(
        cast.administrator, committee(chair_id=cast.caht_lead.member_id), NOW, NOW
    )
    assert [one.id for one in (await directory.committee_for(cast.coordinator, committee_id)).chairs] == [
        cast.caht_lead.member_id
    ]
    assert committee_id in (await viewer_for(cast.caht_lead.member_id, NOW)).chairs
    assert await verbs(committee_id) == ["added"]


async def test_a_committee_is_given_a_quorum_and_the_trail_tells_of_it(cast: Cast) -> None:
    facts = committee(name="Steering Committee", kind="steering", quorum=QuorumRule(seats=5, both_arms=True))
    await committees.change_committee(cast.coordinator, cast.committees["steering"], facts, 1, NOW, NOW)
    known = await directory.committee_for(cast.fbi_lead, cast.committees["steering"])
    assert known.quorum.words(len(known.seats)) == "5 of 8 seats, both arms"
    [entry] = await AuditEntry.select(AuditEntry.facts).where(AuditEntry.subject_id == str(cast.committees["steering"]))
    assert json.loads(entry["facts"])["fields"] == ["both_arms", "place", "quorum"]


async def test_only_who_may_know_a_committee_learns_of_its_quorum(cast: Cast) -> None:
    law, rule = cast.committees["enforcement"], QuorumRule(seats=4)
    facts = committee(name="Law Enforcement Committee", kind="committee", arm=Arm.LAW_ENFORCEMENT, quorum=rule)
    await committees.change_committee(cast.coordinator, law, facts, 1, NOW, NOW)
    seen = await quorum_of(cast.fbi_lead, law)
    assert seen is not None
    assert len(seen.seats) == 6
    assert await quorum_of(cast.caht_lead, law) is None


async def test_nobody_else_changes_a_committee_or_its_seats(sqlite_cast: Cast) -> None:
    committee_id, agency_id = sqlite_cast.committees["services"], sqlite_cast.agencies["CAHT"]
    chair = sqlite_cast.caht_lead
    with pytest.raises(NotAllowed):
        await committees.add_committee(chair, committee(), NOW, NOW)
    with pytest.raises(NotAllowed):
        await committees.change_committee(chair, committee_id, committee(), 1, NOW, NOW)
    with pytest.raises(NotAllowed):
        await set_seat(chair, committee_id, agency_id, seat(chair))
    with pytest.raises(NotAllowed):
        await committees.delete_seat(chair, committee_id, agency_id, 1, NOW, NOW)


async def test_a_name_belongs_to_one_committee(sqlite_cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        await committees.add_committee(sqlite_cast.coordinator, committee(name="STEERING committee"), NOW, NOW)
    assert "name" in refused.value.fields


async def test_a_new_chair_takes_the_place_of_the_former(cast: Cast) -> None:
    facts = committee(name="Victim Services Committee", kind="committee", chair_id=cast.bridge_advocate.member_id)
    await committees.change_committee(cast.coordinator, cast.committees["services"], facts, 1, NOW, NOW)
    assert (await viewer_for(cast.bridge_advocate.member_id, NOW)).chairs == {cast.committees["services"]}
    assert (await viewer_for(cast.caht_lead.member_id, NOW)).chairs == frozenset()


async def test_an_ended_committee_opens_nothing_to_those_who_sat_in_it(cast: Cast) -> None:
    facts = committee(name="Victim Services Committee", kind="committee", status=CommitteeStatus.ENDED)
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
    assert await verbs(cast.committees["steering"]) == ["seated"]


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
        await committees.add_committee(cast.administrator, committee(chair_id=cast.administrator.member_id), NOW, NOW)
    await set_seat(cast.coordinator, cast.committees["services"], cast.agencies["USAO"], seat(cast.administrator))
    assert (
        viewers.committee_audience(cast.committees["services"])
        in (await viewer_for(cast.administrator.member_id, NOW)).audiences
    )


async def test_of_two_keepers_the_second_learns_of_the_first(cast: Cast) -> None:
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


async def holders(committee_id: UUID, agency_id: UUID) -> dict[UUID, bool]:
    """Return who holds a seat, and who of them is primary."""
    its = (SeatHolder.seat.committee == committee_id) & (SeatHolder.seat.agency == agency_id)
    found = await SeatHolder.select(SeatHolder.member, SeatHolder.is_primary).where(its)
    return {row["member"]: bool(row["is_primary"]) for row in found}


async def test_whoever_is_suspended_keeps_a_seat_that_is_saved_meanwhile(cast: Cast) -> None:
    steering, kcpd = cast.committees["steering"], cast.agencies["KCPD"]
    await Member.update({Member.status: "suspended"}).where(Member.id == cast.kcpd_alternate.member_id)
    await set_seat(cast.coordinator, steering, kcpd, seat(cast.kcpd_detective))
    both = {cast.kcpd_detective.member_id: True, cast.kcpd_alternate.member_id: False}
    assert await holders(steering, kcpd) == both
    assert await committees.suspended_holders(steering, kcpd) == {cast.kcpd_alternate.member_id}


async def test_a_suspended_primary_becomes_alternate_of_who_is_chosen(cast: Cast) -> None:
    steering, kcpd = cast.committees["steering"], cast.agencies["KCPD"]
    await Member.update({Member.status: "suspended"}).where(Member.id == cast.kcpd_detective.member_id)
    await set_seat(cast.coordinator, steering, kcpd, seat(cast.kcpd_alternate))
    swapped = {cast.kcpd_detective.member_id: False, cast.kcpd_alternate.member_id: True}
    assert await holders(steering, kcpd) == swapped


async def test_a_suspended_chair_stays_when_another_thing_of_the_committee_is_changed(cast: Cast) -> None:
    await Member.update({Member.status: "suspended"}).where(Member.id == cast.caht_lead.member_id)
    facts = committee(name="Victim Services Committee", kind="committee", arm=Arm.VICTIM_SERVICES, place="Annex")
    await committees.change_committee(cast.coordinator, cast.committees["services"], facts, 1, NOW, NOW)
    await Member.update({Member.status: "active"}).where(Member.id == cast.caht_lead.member_id)
    assert cast.committees["services"] in (await viewer_for(cast.caht_lead.member_id, NOW)).chairs
