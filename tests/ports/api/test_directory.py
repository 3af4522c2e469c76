"""Whom and what a program may name: people, agencies, and committees, each as the owner of the token knows them."""

from typing import Any

import pytest

from tests.cast import Cast
from tests.ports.api.conftest import Speak
from tracker.tables.schema.roster.people import Agency, Member

pytestmark = pytest.mark.anyio


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
