"""Whom and what a program may name, and action items by programs."""

from typing import Any

import pytest

from tests.cast import NOW, Cast, everyone, marking, meeting, operation
from tests.ports.api.conftest import Program, Speak
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.forms import Picks
from tracker.rules.roster.meetings import MeetingSiteFacts
from tracker.tables.schema.roster import Agency, Member
from tracker.usecases.events import form_options, scheduling
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


async def test_an_advocate_lists_no_agency_of_which_they_know_no_one(speak: Speak, cast: Cast) -> None:
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
        person = people[cast.kcpd_detective.name]
        assert (person["phone"], person["mobile"]) == ("816-555-0150", mobile)
        agencies = {one["code"]: one for one in (await program.get("/agencies")).json()["items"]}
        nothing_else = {"name": None, "email": None, "address": None}
        assert agencies["KCPD"]["contact"] == {"phone": "816-555-0100", **nothing_else}


async def test_people_who_can_invite_no_one_list_those_of_their_directory(speak: Speak, cast: Cast) -> None:
    listed = {one["name"] for one in (await (await speak(cast.bridge_advocate)).get("/people")).json()["items"]}
    assert listed == {one.name for one in await directory.people_for(cast.bridge_advocate)}


async def ids_listed(program: Program, what: str) -> set[str]:
    return {one["id"] for one in (await program.get(f"/{what}")).json()["items"]}


@pytest.mark.parametrize("who", ["coordinator", "fbi_lead", "caht_lead"])
async def test_what_the_form_of_an_event_offers_a_program_can_read(speak: Speak, cast: Cast, who: str) -> None:
    viewer: Viewer = cast.members[who]
    program, offered = await speak(viewer), await form_options.choices_in_form(viewer)
    offered = await form_options.choices_with_people(viewer, offered, Picks(every_agency=True))
    assert {str(one.id) for one in offered.people} <= await ids_listed(program, "people")
    assert {str(one.id) for one in offered.own_committees} <= await ids_listed(program, "committees")
    assert {str(one) for one in offered.designators} <= await ids_listed(program, "agencies")


async def test_every_member_lists_the_open_sites_with_the_place_to_send(speak: Speak, cast: Cast) -> None:
    for name, is_open in (("Annex", True), ("Old annex", False)):
        facts = MeetingSiteFacts(name=name, address="400 E 9th St", capacity=20, equipment="Projector", is_open=is_open)
        await agencies.add_meeting_site(cast.coordinator, facts, NOW, NOW)
    for viewer in (cast.coordinator, cast.bridge_advocate):
        items = (await (await speak(viewer)).get("/sites")).json()["items"]
        assert items == [
            {
                "name": "Annex",
                "address": "400 E 9th St",
                "place": "Annex, 400 E 9th St",
                "seats": 20,
                "equipment": "Projector",
            }
        ]


def item_form(owner: Viewer, **facts: Any) -> dict[str, Any]:
    return {"title": "Send the sheet", "owner_id": str(owner.member_id), "due": "2026-12-20", **facts}


async def create_item(program: Program, new: dict[str, Any]) -> str:
    """Give an item and return its path."""
    response = await program.ask("POST", "/action-items", new)
    assert response.status_code == 201, response.text
    return response.headers["location"].removeprefix("/api/v1")


async def test_an_item_is_given_updated_and_completed_with_its_history(speak: Speak, cast: Cast) -> None:
    path = await create_item(await speak(cast.coordinator), item_form(cast.caht_lead))
    owner = await speak(cast.caht_lead)
    first = await owner.get(path)
    moved = await owner.ask(
        "PATCH", path, {"status": "in_progress", "progress": 50, "note": "Half"}, match=first.headers["etag"]
    )
    assert (moved.json()["status"], moved.json()["progress"], moved.json()["due"]) == ("in_progress", 50, "2026-12-20")
    late = await owner.ask("PATCH", path, {"progress": 75}, match=first.headers["etag"])
    assert late.status_code == 412
    done = (await owner.ask("POST", f"{path}/completion", match=moved.headers["etag"])).json()
    assert (done["status"], done["progress"], len(done["history"])) == ("done", 100, 3)


async def test_an_item_comes_from_a_date_that_the_giver_may_see(speak: Speak, cast: Cast) -> None:
    event = await scheduling.schedule_event(cast.coordinator, meeting(*everyone(cast), marking=marking(cast)), NOW)
    secret = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    program = await speak(cast.caht_lead)
    origin = {"event_id": str(event), "key": "2027-01-12"}
    path = await create_item(program, item_form(cast.caht_lead, origin=origin))
    shown = (await program.get(path)).json()["origin"]
    assert {name: shown[name] for name in origin} == origin
    assert (await program.get(path)).json()["banner"] == "CUI//SP-INV/LEI"
    refused = await program.ask(
        "POST", "/action-items", item_form(cast.caht_lead, origin={"event_id": str(secret), "key": "2027-01-16"})
    )
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "origin")


async def test_an_item_is_handed_over_by_who_gave_it(speak: Speak, cast: Cast) -> None:
    giver, owner = await speak(cast.coordinator), await speak(cast.caht_lead)
    path, other = await create_item(giver, item_form(cast.caht_lead)), {"owner_id": str(cast.fbi_lead.member_id)}
    assert (await owner.ask("PUT", f"{path}/owner", other, match="*")).status_code == 403
    handed = await giver.ask("PUT", f"{path}/owner", other, match="*")
    assert handed.json()["owner"]["name"] == cast.fbi_lead.name


async def test_a_day_that_is_over_is_no_due_day(speak: Speak, cast: Cast) -> None:
    response = await (await speak(cast.coordinator)).ask(
        "POST", "/action-items", item_form(cast.caht_lead, due="2026-12-14")
    )
    assert (response.status_code, response.json()["errors"]) == (
        409,
        [{"field": "due", "detail": "Choose today or a later date."}],
    )


async def test_the_list_holds_ones_own_or_all_that_one_may_see(speak: Speak, cast: Cast) -> None:
    program = await speak(cast.coordinator)
    for owner in (cast.caht_lead, cast.fbi_lead, cast.fbi_lead):
        await create_item(program, item_form(owner))
    lead = await speak(cast.fbi_lead)
    assert len((await lead.get("/action-items")).json()["items"]) == 3
    assert len((await lead.get("/action-items?mine=true")).json()["items"]) == 2


async def test_an_item_that_is_missing_is_missing(speak: Speak, cast: Cast) -> None:
    assert (await (await speak(cast.coordinator)).get("/action-items/AI-ZZZZ")).status_code == 404
