"""Whom and what a program may name: people, agencies, and committees, each as the owner of the token knows them."""

import pytest

from tests.cast import Cast
from tests.ports.api.conftest import Speak

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
