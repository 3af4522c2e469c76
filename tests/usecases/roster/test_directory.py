"""Who is who: people find whom they share an agency, a committee or an event with; administrators find all."""

from uuid import UUID, uuid4

import pytest

from tests.cast import NOW, PEOPLE, ZONE, Cast, everybody, meeting, operation
from tests.database.statements import noted
from tracker.database import writing
from tracker.errors import NotFound
from tracker.rules.core.viewers import Role, Viewer, Visibility
from tracker.rules.roster.directory import AccountState, PersonFacts
from tracker.tables.schema.roster import Agency, Committee, Member, SeatHolder
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.events import scheduling
from tracker.usecases.roster import committees, directory, people


async def names(viewer: Viewer) -> set[str]:
    """Return whom a viewer finds."""
    return {one.name.lower().replace(" ", "_") for one in await directory.people_for(viewer)}


async def leave_all_committees(*viewers: Viewer) -> None:
    for one in viewers:
        await SeatHolder.delete().where(SeatHolder.member == one.member_id)


async def test_who_keeps_accounts_finds_everybody(cast: Cast) -> None:
    everyone = {name for name, *_ in PEOPLE}
    assert await names(cast.coordinator) == everyone
    assert await names(cast.administrator) == everyone


async def test_the_auditor_is_a_member_like_others_here(cast: Cast) -> None:
    assert await names(cast.auditor) == {"coordinator", "administrator", "auditor"}


async def test_a_member_finds_the_own_agency_and_those_with_whom_they_sit(cast: Cast) -> None:
    assert await names(cast.bridge_advocate) == {"bridge_advocate", "caht_lead", "harbor_advocate"}
    assert "kcpd_detective" in await names(cast.harbor_advocate)
    assert "bridge_advocate" in await names(cast.harbor_advocate)
    assert "auditor" not in await names(cast.harbor_advocate)


async def test_a_member_finds_those_of_the_own_arm_who_are_invited_with_them_and_who_leads(cast: Cast) -> None:
    await leave_all_committees(*everybody(cast), cast.coordinator)
    bridge = await viewer_for(cast.bridge_advocate.member_id, NOW)
    assert await names(bridge) == {"bridge_advocate"}
    await scheduling.schedule_event(cast.coordinator, meeting(bridge, cast.caht_alternate, cast.kcpd_detective), NOW)
    assert await names(bridge) == {"bridge_advocate", "caht_alternate", "coordinator"}


async def test_who_is_off_the_list_is_not_found_by_those_who_were_invited_with_them(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    await leave_all_committees(*everybody(cast), cast.coordinator)
    bridge, alternate = [await viewer_for(one.member_id, NOW) for one in (cast.bridge_advocate, cast.caht_alternate)]
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(bridge, alternate), NOW)
    await scheduling.change_event(cast.coordinator, event_id, meeting(bridge), 1, NOW)
    assert await names(bridge) == {"bridge_advocate", "coordinator"}
    assert "bridge_advocate" not in await names(alternate)


async def test_being_named_in_an_operation_makes_known_to_nobody_outside_it(cast: Cast) -> None:
    await leave_all_committees(*everybody(cast), cast.coordinator)
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.ipd_liaison), NOW)
    assert "ipd_liaison" in await names(await viewer_for(cast.fbi_lead.member_id, NOW))
    assert "ipd_liaison" not in await names(await viewer_for(cast.fbi_alternate.member_id, NOW))
    assert "fbi_lead" not in await names(await viewer_for(cast.bridge_advocate.member_id, NOW))


async def test_who_sees_an_event_without_being_invited_learns_no_names_by_it(cast: Cast) -> None:
    await leave_all_committees(*everybody(cast), cast.coordinator)
    plan = meeting(cast.ipd_liaison, cast.hsi_liaison, visibility=Visibility.LAW_ENFORCEMENT)
    await scheduling.schedule_event(cast.fbi_lead, plan, NOW)
    assert await names(await viewer_for(cast.kcpd_alternate.member_id, NOW)) == {"kcpd_alternate", "kcpd_detective"}


async def test_who_serves_elsewhere_by_now_is_not_known_by_the_seat_of_the_former_agency(cast: Cast) -> None:
    detective = cast.kcpd_detective.member_id
    await Member.update({Member.agency: cast.auditor.agency_id}).where(Member.id == detective)
    assert "kcpd_detective" not in await names(cast.harbor_advocate)
    assert await directory.people_with_words(cast.harbor_advocate, ["detective"], 50) == ([], [])


async def added(agency_id: UUID, name: str) -> None:
    address = f"{name.lower().replace(' ', '.')}@example.com"
    await people.insert_member(PersonFacts(agency_id=agency_id, name=name, title="", email=address, zone=ZONE), NOW)


@pytest.mark.both_engines
async def test_people_whom_the_viewer_may_not_know_crowd_out_no_colleague(cast: Cast) -> None:
    async with writing():
        await added(cast.agencies["KCPD"], "Canary One")
        await added(cast.auditor.agency_id, "Canary Two")
    found, _ = await directory.people_with_words(cast.kcpd_alternate, ["canary"], 1)
    assert [one.name for one in found] == ["Canary One"]


async def test_a_search_reads_once_whom_the_viewer_met(sqlite_cast: Cast) -> None:
    with noted() as statements:
        await directory.people_with_words(sqlite_cast.harbor_advocate, ["lead"], 50)
    assert sum("FROM invitation x" in sql for sql, _ in statements) == 1


async def test_who_may_not_be_known_is_as_unknown_as_nobody(cast: Cast) -> None:
    for member_id in (cast.auditor.member_id, uuid4()):
        with pytest.raises(NotFound):
            await directory.person_for(cast.harbor_advocate, member_id)


async def test_a_suspended_member_is_found_by_keepers_alone(cast: Cast) -> None:
    await Member.update({Member.status: "suspended"}).where(Member.id == cast.caht_lead.member_id)
    assert "caht_lead" not in await names(cast.harbor_advocate)
    found = await directory.person_for(cast.administrator, cast.caht_lead.member_id)
    assert found.access is AccountState.SUSPENDED


async def test_people_who_left_are_listed_only_when_their_keepers_ask(cast: Cast) -> None:
    await Member.update({Member.status: "departed"}).where(Member.id == cast.caht_lead.member_id)
    assert "caht_lead" not in await names(cast.coordinator)
    left = await directory.people_for(cast.coordinator, with_departed=True)
    assert AccountState.DEPARTED in {one.access for one in left}
    asked = await directory.people_for(cast.harbor_advocate, with_departed=True)
    assert cast.caht_lead.member_id not in {one.id for one in asked}


async def test_accounts_are_shown_to_keepers_alone(cast: Cast) -> None:
    theirs = await directory.person_for(cast.coordinator, cast.caht_lead.member_id)
    assert theirs.account is not None
    assert theirs.access is AccountState.NOT_YET
    others = await directory.person_for(cast.harbor_advocate, cast.caht_lead.member_id)
    assert others.account is None
    assert others.access is AccountState.OPEN


async def test_a_person_shows_their_places_in_the_committees_that_the_viewer_knows(cast: Cast) -> None:
    for_all = await directory.person_for(cast.coordinator, cast.caht_lead.member_id)
    assert [(place.committee, place.words) for place in for_all.places] == [
        ("Steering Committee", "primary"),
        ("Victim Services Committee", "chair, primary"),
    ]
    for_some = await directory.person_for(cast.kcpd_detective, cast.caht_lead.member_id)
    assert [place.committee for place in for_some.places] == ["Steering Committee"]


async def test_agencies_are_those_of_the_people_whom_one_knows(cast: Cast) -> None:
    assert len(await directory.agencies_for(cast.administrator)) == 9
    found = {one.code: one.count for one in await directory.agencies_for(cast.bridge_advocate)}
    assert found == {"Bridge Legal": 1, "CAHT": 1, "Harbor House": 1}


async def test_an_agency_of_which_one_knows_nobody_is_not_found(cast: Cast) -> None:
    with pytest.raises(NotFound):
        await directory.agency_for(cast.bridge_advocate, cast.agencies["FBI"])
    shown = await directory.agency_for(cast.harbor_advocate, cast.agencies["FBI"])
    assert [one.id for one in shown.people] == [cast.fbi_alternate.member_id, cast.fbi_lead.member_id]


async def test_the_people_of_a_suspended_agency_are_found_by_keepers_alone(cast: Cast) -> None:
    await Agency.update({Agency.status: "suspended"}).where(Agency.id == cast.agencies["CAHT"])
    assert "caht_lead" not in await names(cast.harbor_advocate)
    assert "caht_lead" in await names(cast.administrator)


async def test_committees_are_those_in_which_one_sits(cast: Cast) -> None:
    assert {one.name for one in await directory.committees_for(cast.bridge_advocate)} == {"Victim Services Committee"}
    assert len(await directory.committees_for(cast.administrator)) == 3
    for unknown in (cast.committees["enforcement"], uuid4()):
        with pytest.raises(NotFound):
            await directory.committee_for(cast.bridge_advocate, unknown)


async def test_an_ended_committee_is_found_by_keepers_alone(cast: Cast) -> None:
    await Committee.update({Committee.status: "ended"}).where(Committee.id == cast.committees["services"])
    assert await directory.committees_for(await viewer_for(cast.bridge_advocate.member_id, NOW)) == []
    assert len(await directory.committees_for(cast.coordinator)) == 3


async def test_a_committee_shows_its_chair_and_who_holds_its_seats(cast: Cast) -> None:
    committee = await directory.committee_for(cast.bridge_advocate, cast.committees["services"])
    assert [one.id for one in committee.chairs] == [cast.caht_lead.member_id]
    assert {(seat.agency, seat.primary.id if seat.primary else None) for seat in committee.seats} == {
        ("CAHT", cast.caht_lead.member_id),
        ("Harbor House", cast.harbor_advocate.member_id),
        ("Bridge Legal", cast.bridge_advocate.member_id),
    }


async def test_the_seat_of_who_moved_to_another_agency_is_vacant(cast: Cast) -> None:
    moved = {Member.agency: cast.agencies["CAHT"]}
    await Member.update(moved).where(Member.id == cast.bridge_advocate.member_id)
    committee = await directory.committee_for(cast.coordinator, cast.committees["services"])
    assert committee.vacant == 1


async def test_a_new_seat_shows_at_once(cast: Cast) -> None:
    async with writing():
        await committees.insert_seat(
            committee_id=cast.committees["services"], agency_id=cast.agencies["FBI"], primary=cast.fbi_lead.member_id
        )
    assert "fbi_lead" in await names(await viewer_for(cast.bridge_advocate.member_id, NOW))


async def test_an_administrator_sees_no_event_by_that_role(cast: Cast) -> None:
    assert Role.ADMINISTRATOR in cast.administrator.roles
    assert not cast.administrator.may_schedule
    assert cast.administrator.audiences == {
        one.replace(str(cast.auditor.member_id), str(cast.administrator.member_id)) for one in cast.auditor.audiences
    }
