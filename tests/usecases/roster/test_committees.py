"""Bodies, their chairs and seats: what is saved holds at once, and no keeper lets themselves in."""

import json
from uuid import UUID, uuid4

import pytest

from tests.cast import NOW, Cast, meeting
from tests.usecases.roster.forms import body, verbs
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core import audiences
from tracker.rules.core.audiences import Arm, Visibility
from tracker.rules.core.viewer import Viewer
from tracker.rules.roster.directory import BodyStatus
from tracker.rules.roster.people_changes import SeatFacts
from tracker.rules.roster.quorum import QuorumRule
from tracker.tables.schema.core.audit import AuditEntry
from tracker.tables.schema.roster.people import Member, SeatHolder
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.events import events, occurrences
from tracker.usecases.roster import committees, directory
from tracker.usecases.roster.quorum import quorum_of

pytestmark = pytest.mark.anyio


def seat(primary: Viewer | None, *alternates: Viewer) -> SeatFacts:
    return SeatFacts(
        primary_id=primary.member_id if primary else None, alternate_ids=frozenset(one.member_id for one in alternates)
    )


async def set_seat(viewer: Viewer, body_id: UUID, agency_id: UUID, facts: SeatFacts, version: int = 1) -> None:
    await committees.set_seat(viewer, body_id, agency_id, facts, version, NOW, NOW)


async def test_a_keeper_adds_a_body_with_its_chair(cast: Cast) -> None:
    body_id = await committees.add_body(cast.administrator, body(chair_id=cast.caht_lead.member_id), NOW, NOW)
    assert [one.id for one in (await directory.body(cast.coordinator, body_id)).chairs] == [cast.caht_lead.member_id]
    assert body_id in (await viewer_for(cast.caht_lead.member_id, NOW)).chairs
    assert await verbs(body_id) == ["added"]


async def test_a_body_is_given_a_quorum_and_the_trail_tells_of_it(cast: Cast) -> None:
    facts = body(name="Steering Committee", kind="steering", quorum=QuorumRule(seats=5, both_arms=True))
    await committees.change_body(cast.coordinator, cast.bodies["steering"], facts, 1, NOW, NOW)
    known = await directory.body(cast.fbi_lead, cast.bodies["steering"])
    assert known.quorum.words(len(known.seats)) == "5 of 8 seats, both arms"
    [entry] = await AuditEntry.select(AuditEntry.facts).where(AuditEntry.subject_id == str(cast.bodies["steering"]))
    assert json.loads(entry["facts"])["fields"] == ["both_arms", "place", "quorum"]


async def test_only_who_may_know_a_body_learns_of_its_quorum(cast: Cast) -> None:
    law, rule = cast.bodies["enforcement"], QuorumRule(seats=4)
    facts = body(name="Law Enforcement Committee", kind="committee", arm=Arm.LAW_ENFORCEMENT, quorum=rule)
    await committees.change_body(cast.coordinator, law, facts, 1, NOW, NOW)
    seen = await quorum_of(cast.fbi_lead, law)
    assert seen is not None
    assert len(seen.seats) == 6
    assert await quorum_of(cast.caht_lead, law) is None


async def test_nobody_else_changes_a_body_or_its_seats(sqlite_cast: Cast) -> None:
    body_id, agency_id = sqlite_cast.bodies["services"], sqlite_cast.agencies["CAHT"]
    chair = sqlite_cast.caht_lead
    with pytest.raises(NotAllowed):
        await committees.add_body(chair, body(), NOW, NOW)
    with pytest.raises(NotAllowed):
        await committees.change_body(chair, body_id, body(), 1, NOW, NOW)
    with pytest.raises(NotAllowed):
        await set_seat(chair, body_id, agency_id, seat(chair))
    with pytest.raises(NotAllowed):
        await committees.remove_seat(chair, body_id, agency_id, 1, NOW, NOW)


async def test_a_name_belongs_to_one_body(sqlite_cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        await committees.add_body(sqlite_cast.coordinator, body(name="STEERING committee"), NOW, NOW)
    assert "name" in refused.value.fields


async def test_a_new_chair_takes_the_place_of_the_former(cast: Cast) -> None:
    facts = body(name="Victim Services Committee", kind="committee", chair_id=cast.bridge_advocate.member_id)
    await committees.change_body(cast.coordinator, cast.bodies["services"], facts, 1, NOW, NOW)
    assert (await viewer_for(cast.bridge_advocate.member_id, NOW)).chairs == {cast.bodies["services"]}
    assert (await viewer_for(cast.caht_lead.member_id, NOW)).chairs == frozenset()


async def test_an_ended_body_opens_nothing_to_those_who_sat_in_it(cast: Cast) -> None:
    facts = body(name="Victim Services Committee", kind="committee", status=BodyStatus.ENDED)
    await committees.change_body(cast.coordinator, cast.bodies["services"], facts, 1, NOW, NOW)
    viewer = await viewer_for(cast.bridge_advocate.member_id, NOW)
    assert audiences.body(cast.bodies["services"]) not in viewer.audiences


async def test_a_new_seat_opens_the_meetings_of_the_body_at_once_and_a_lost_one_shuts_them(cast: Cast) -> None:
    plan = meeting(cast.caht_lead, visibility=Visibility.BODY, body_id=cast.bodies["services"])
    event_id = await events.schedule(cast.coordinator, plan, NOW)
    before = await viewer_for(cast.fbi_lead.member_id, NOW)
    with pytest.raises(NotFound):
        await events.event_for(before, event_id)
    await set_seat(cast.coordinator, cast.bodies["services"], cast.agencies["FBI"], seat(cast.fbi_lead))
    after = await viewer_for(cast.fbi_lead.member_id, NOW)
    assert (await events.event_for(after, event_id)).id == event_id
    assert await occurrences.between(after, NOW, NOW.replace(year=2028))
    await committees.remove_seat(cast.coordinator, cast.bodies["services"], cast.agencies["FBI"], 2, NOW, NOW)
    with pytest.raises(NotFound):
        await events.event_for(await viewer_for(cast.fbi_lead.member_id, NOW), event_id)


async def test_a_seat_changes_hands(cast: Cast) -> None:
    await set_seat(
        cast.administrator, cast.bodies["steering"], cast.agencies["KCPD"],
        seat(cast.kcpd_alternate, cast.kcpd_detective),
    )  # fmt: skip
    shown = await directory.body(cast.coordinator, cast.bodies["steering"])
    [held] = [one for one in shown.seats if one.agency == "KCPD"]
    assert held.primary is not None
    assert (held.primary.id, [one.id for one in held.alternates]) == (
        cast.kcpd_alternate.member_id, [cast.kcpd_detective.member_id],
    )  # fmt: skip
    assert await verbs(cast.bodies["steering"]) == ["seated"]


async def test_a_seat_is_held_by_active_people_of_its_agency_once(cast: Cast) -> None:
    body_id, kcpd = cast.bodies["steering"], cast.agencies["KCPD"]
    await Member.update({Member.status: "suspended"}).where(Member.id == cast.kcpd_alternate.member_id)
    odd = {
        seat(None): "primary", seat(cast.fbi_lead): "primary", seat(cast.kcpd_alternate): "primary",
        seat(cast.kcpd_detective, cast.kcpd_detective): "alternates",
        seat(cast.kcpd_detective, cast.fbi_lead): "alternates",
    }  # fmt: skip
    for facts, field in odd.items():
        with pytest.raises(Invalid) as refused:
            await set_seat(cast.coordinator, body_id, kcpd, facts)
        assert field in refused.value.fields


async def test_an_administrator_cannot_let_themselves_into_a_body(cast: Cast) -> None:
    with pytest.raises(Invalid, match="yourself"):
        await set_seat(cast.administrator, cast.bodies["services"], cast.agencies["USAO"], seat(cast.administrator))
    with pytest.raises(Invalid, match="yourself"):
        await committees.add_body(cast.administrator, body(chair_id=cast.administrator.member_id), NOW, NOW)
    await set_seat(cast.coordinator, cast.bodies["services"], cast.agencies["USAO"], seat(cast.administrator))
    assert audiences.body(cast.bodies["services"]) in (await viewer_for(cast.administrator.member_id, NOW)).audiences


async def test_of_two_keepers_the_second_learns_of_the_first(cast: Cast) -> None:
    body_id, kcpd = cast.bodies["steering"], cast.agencies["KCPD"]
    await set_seat(cast.coordinator, body_id, kcpd, seat(cast.kcpd_alternate))
    with pytest.raises(Conflict):
        await set_seat(cast.administrator, body_id, kcpd, seat(cast.kcpd_detective))
    with pytest.raises(Conflict):
        await committees.remove_seat(cast.administrator, body_id, kcpd, 1, NOW, NOW)


async def test_no_body_agency_or_seat_is_not_found(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    with pytest.raises(NotFound):
        await set_seat(cast.coordinator, uuid4(), cast.agencies["KCPD"], seat(cast.kcpd_detective))
    with pytest.raises(NotFound):
        await set_seat(cast.coordinator, cast.bodies["services"], uuid4(), seat(cast.kcpd_detective))
    with pytest.raises(NotFound):
        await committees.remove_seat(cast.coordinator, cast.bodies["services"], cast.agencies["KCPD"], 1, NOW, NOW)


async def holders(body_id: UUID, agency_id: UUID) -> dict[UUID, bool]:
    """Return who holds a seat, and who of them is primary."""
    its = (SeatHolder.seat.body == body_id) & (SeatHolder.seat.agency == agency_id)
    found = await SeatHolder.select(SeatHolder.member, SeatHolder.is_primary).where(its)
    return {row["member"]: bool(row["is_primary"]) for row in found}


async def test_whoever_is_suspended_keeps_a_seat_that_is_saved_meanwhile(cast: Cast) -> None:
    steering, kcpd = cast.bodies["steering"], cast.agencies["KCPD"]
    await Member.update({Member.status: "suspended"}).where(Member.id == cast.kcpd_alternate.member_id)
    await set_seat(cast.coordinator, steering, kcpd, seat(cast.kcpd_detective))
    both = {cast.kcpd_detective.member_id: True, cast.kcpd_alternate.member_id: False}
    assert await holders(steering, kcpd) == both
    assert await committees.suspended_holders(steering, kcpd) == {cast.kcpd_alternate.member_id}


async def test_a_suspended_primary_becomes_alternate_of_who_is_chosen(cast: Cast) -> None:
    steering, kcpd = cast.bodies["steering"], cast.agencies["KCPD"]
    await Member.update({Member.status: "suspended"}).where(Member.id == cast.kcpd_detective.member_id)
    await set_seat(cast.coordinator, steering, kcpd, seat(cast.kcpd_alternate))
    swapped = {cast.kcpd_detective.member_id: False, cast.kcpd_alternate.member_id: True}
    assert await holders(steering, kcpd) == swapped


async def test_a_suspended_chair_stays_when_another_thing_of_the_body_is_changed(cast: Cast) -> None:
    await Member.update({Member.status: "suspended"}).where(Member.id == cast.caht_lead.member_id)
    facts = body(name="Victim Services Committee", kind="committee", arm=Arm.VICTIM_SERVICES, place="Annex")
    await committees.change_body(cast.coordinator, cast.bodies["services"], facts, 1, NOW, NOW)
    await Member.update({Member.status: "active"}).where(Member.id == cast.caht_lead.member_id)
    assert cast.bodies["services"] in (await viewer_for(cast.caht_lead.member_id, NOW)).chairs
