"""Viewers: what holds for a person at this moment, and for no one who is not active."""

from uuid import uuid4

import pytest

from tests.cast import NOW, Cast
from tracker.database import writing
from tracker.errors import NotFound
from tracker.rules.core import viewers
from tracker.rules.core.viewers import Arm, Role
from tracker.tables.schema.roster import Agency, Committee, Member, SeatHolder
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.roster import committees

pytestmark = pytest.mark.both_engines


async def test_a_member_holds_their_arm_agency_seats_and_own_name(cast: Cast):
    viewer = await viewer_for(cast.kcpd_detective.member_id, NOW)
    assert viewer.audiences == {
        "all",
        "arm:law_enforcement",
        viewers.agency_audience(cast.agencies["KCPD"]),
        viewers.committee_audience(cast.committees["steering"]),
        viewers.committee_audience(cast.committees["enforcement"]),
        viewers.member_audience(viewer.member_id),
        viewers.named_audience(viewer.member_id, viewers.Capacity.GOVERNMENT),
    }
    assert (viewer.agency, viewer.arm, viewer.zone) == ("KCPD", Arm.LAW_ENFORCEMENT, "America/Chicago")
    assert not viewer.may_schedule


async def test_a_coordinator_holds_both_arms_and_every_committee(cast: Cast):
    viewer = await viewer_for(cast.coordinator.member_id, NOW)
    assert viewer.is_coordinator
    assert {viewers.committee_audience(one) for one in cast.committees.values()} <= viewer.audiences
    assert {viewers.arm_audience(one) for one in Arm} <= viewer.audiences


async def test_a_chair_holds_the_committee_without_a_seat(cast: Cast):
    async with writing():
        await committees.make_chair(committee_id=cast.committees["enforcement"], member_id=cast.caht_lead.member_id)
    viewer = await viewer_for(cast.caht_lead.member_id, NOW)
    assert viewer.chairs == {cast.committees["enforcement"], cast.committees["services"]}
    assert viewer.roles == {Role.AGENCY_LEAD, Role.COMMITTEE_CHAIR}
    assert viewers.committee_audience(cast.committees["enforcement"]) in viewer.audiences


async def test_a_lost_seat_is_lost_at_once(sqlite_cast: Cast):
    await SeatHolder.delete().where(SeatHolder.member == sqlite_cast.kcpd_detective.member_id)
    viewer = await viewer_for(sqlite_cast.kcpd_detective.member_id, NOW)
    assert not any(one.startswith("committee:") for one in viewer.audiences)


async def test_a_seat_does_not_follow_its_holder_to_another_agency(cast: Cast):
    moved = {Member.agency: cast.agencies["Harbor House"]}
    await Member.update(moved).where(Member.id == cast.kcpd_detective.member_id)
    viewer = await viewer_for(cast.kcpd_detective.member_id, NOW)
    assert viewer.arm is Arm.VICTIM_SERVICES
    assert not any(one.startswith("committee:") for one in viewer.audiences)


async def test_a_committee_that_ended_holds_for_no_one(cast: Cast):
    await Committee.update({Committee.status: "ended"}).where(Committee.id == cast.committees["services"])
    for person in (cast.caht_lead, cast.coordinator):
        viewer = await viewer_for(person.member_id, NOW)
        assert viewers.committee_audience(cast.committees["services"]) not in viewer.audiences
    assert not (await viewer_for(cast.caht_lead.member_id, NOW)).chairs


async def test_no_one_is_not_found(cast: Cast):
    with pytest.raises(NotFound):
        await viewer_for(uuid4(), NOW)


async def test_a_suspended_member_is_not_found(sqlite_cast: Cast):
    await Member.update({Member.status: "suspended"}).where(Member.id == sqlite_cast.fbi_lead.member_id)
    with pytest.raises(NotFound):
        await viewer_for(sqlite_cast.fbi_lead.member_id, NOW)


async def test_a_member_of_a_departed_agency_is_not_found(sqlite_cast: Cast):
    await Agency.update({Agency.status: "departed"}).where(Agency.id == sqlite_cast.agencies["FBI"])
    with pytest.raises(NotFound):
        await viewer_for(sqlite_cast.fbi_lead.member_id, NOW)
