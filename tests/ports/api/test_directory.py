"""Whom and what a program may name: people, agencies, committees, and sites, as the owner of the token knows them."""

from typing import Any

import pytest

from tests.cast import NOW, Cast
from tests.ports.api.conftest import Program, Speak
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.forms import Picks
from tracker.rules.roster.sites import MeetingSiteFacts
from tracker.tables.schema.roster import Agency, Member
from tracker.usecases.events import form_options
from tracker.usecases.roster import agencies, directory


async def test_a_coordinator_lists_every_agency(speak: Speak, cast: Cast) -> None:
    listed = (await (await speak(cast.coordinator)).get("/agencies")).json()["items"]
    assert {one["code"]: one["id"] for one in listed} == {code: str(one) for code, one in cast.agencies.items()}


async def test_an_agency_says_its_arm_level_and_state(speak: Speak, cast: Cast) -> None:
    listed = (await (await speak(cast.coordinator)).get("/agencies")).json()["items"]
    [fbi] = [one for one in listed if one["code"] == "FBI"]
    assert (fbi["arm"], fbi["level"], fbi["status"], fbi["coalition_id"]) == (
        "law_enforcement",
        "federal",
        "active",
        None,
    )


async def test_an_advocate_lists_no_agency_of_which_they_know_nobody(speak: Speak, cast: Cast) -> None:
    program = await speak(cast.bridge_advocate)
    known = {one["agency"] for one in (await program.get("/people")).json()["items"]}
    listed = {one["code"] for one in (await program.get("/agencies")).json()["items"]}
    assert listed <= known | {cast.bridge_advocate.agency}
    assert "FBI" not in listed


async def test_people_and_agencies_come_with_how_they_are_reached_as_far_as_the_owner_may_see_it(
    speak: Speak, cast: Cast
) -> None:
    numbers: dict[Any, Any] = {Member.phone: "816-555-0150", Member.mobile: "816-555-0151"}
    private: dict[Any, Any] = {**numbers, Member.is_mobile_private: True}
    await Member.update(private).where(Member.id == cast.kcpd_detective.member_id)
    await Agency.update({Agency.contact_phone: "816-555-0100"}).where(Agency.code == "KCPD")
    for viewer, mobile in ((cast.coordinator, "816-555-0151"), (cast.kcpd_alternate, None)):
        program = await speak(viewer)
        people = {one["name"]: one for one in (await program.get("/people")).json()["items"]}
        found = people[cast.kcpd_detective.name]
        assert (found["phone"], found["mobile"]) == ("816-555-0150", mobile)
        agencies = {one["code"]: one for one in (await program.get("/agencies")).json()["items"]}
        nothing_else = {"name": None, "email": None, "address": None}
        assert agencies["KCPD"]["contact"] == {"phone": "816-555-0100", **nothing_else}


async def test_people_who_can_invite_no_one_list_those_of_their_directory(speak: Speak, cast: Cast) -> None:
    listed = {one["name"] for one in (await (await speak(cast.bridge_advocate)).get("/people")).json()["items"]}
    assert listed == {one.name for one in await directory.people_for(cast.bridge_advocate)}


async def listed(program: Program, what: str) -> set[str]:
    return {one["id"] for one in (await program.get(f"/{what}")).json()["items"]}


@pytest.mark.parametrize("who", ["coordinator", "fbi_lead", "caht_lead"])
async def test_what_the_form_of_an_event_offers_a_program_can_read(speak: Speak, cast: Cast, who: str) -> None:
    viewer: Viewer = cast.members[who]
    program, offered = await speak(viewer), await form_options.choices_in_form(viewer)
    offered = await form_options.choices_with_people(viewer, offered, Picks(every_agency=True))
    assert {str(one.id) for one in offered.people} <= await listed(program, "people")
    assert {str(one.id) for one in offered.own_committees} <= await listed(program, "committees")
    assert {str(one) for one in offered.designators} <= await listed(program, "agencies")


async def test_every_member_lists_the_open_sites_with_the_place_to_send(speak: Speak, cast: Cast) -> None:
    for name, is_open in (("Annex", True), ("Old annex", False)):
        facts = MeetingSiteFacts(name=name, address="400 E 9th St", capacity=20, equipment="Projector", is_open=is_open)
        await agencies.add_meeting_site(cast.coordinator, facts, NOW, NOW)
    for viewer in (cast.coordinator, cast.bridge_advocate):
        found = (await (await speak(viewer)).get("/sites")).json()["items"]
        assert found == [
            {
                "name": "Annex",
                "address": "400 E 9th St",
                "place": "Annex, 400 E 9th St",
                "seats": 20,
                "equipment": "Projector",
            }
        ]
