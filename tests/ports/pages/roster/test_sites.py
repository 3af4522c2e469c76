"""The pages of the sites where the task force meets."""

import re

import pytest

from tests.cast import Cast
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import typed


async def test_a_site_is_added_and_edited_by_who_keeps_the_roster(sqlite_cast: Cast, browse: SignIn) -> None:
    desk = await browse(sqlite_cast.coordinator)
    assert "No sites yet." in (await desk.get("/sites")).text
    form = typed((await desk.get("/sites/new")).text, "/sites/new", name="Room 210", capacity="12")
    assert (await desk.post("/sites/new", form)).headers["location"] == "/sites"
    listed = (await desk.get("/sites")).text
    edit = next(one for one in re.findall(r'href="(/sites/[^"]+)"', listed) if one.endswith("/edit"))
    reply = await desk.post(edit, typed((await desk.get(edit)).text, edit, capacity="0"))
    assert reply.status_code == 422
    assert "Enter how many people it holds, 1 to 9,999, or leave it blank." in reply.text
    await desk.post(edit, typed(reply.text, edit, capacity="16", status="closed"))
    listed = (await desk.get("/sites")).text
    assert "Closed" in listed
    assert ">16</td>" in listed


@pytest.mark.parametrize("seats", ["-5", "0", "10000", "99999999", "many"])
async def test_seats_that_cannot_be_taken_are_answered_with_their_range(
    sqlite_cast: Cast, browse: SignIn, seats: str
) -> None:
    desk = await browse(sqlite_cast.coordinator)
    form = typed((await desk.get("/sites/new")).text, "/sites/new", name="Room 210", capacity=seats)
    html = (await desk.post("/sites/new", form)).text
    assert "Enter how many people it holds, 1 to 9,999, or leave it blank." in html
    assert f'value="{seats}"' in html


async def test_who_schedules_reads_the_list_and_others_do_not(sqlite_cast: Cast, browse: SignIn) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    assert "Add a site" not in (await lead.get("/sites")).text
    assert (await lead.get("/sites/new")).status_code == 403
    assert (await (await browse(sqlite_cast.harbor_advocate)).get("/sites")).status_code == 404


async def test_that_a_site_is_too_small_is_said_at_its_field_too(sqlite_cast: Cast, browse: SignIn) -> None:
    desk = await browse(sqlite_cast.coordinator)
    form = typed((await desk.get("/sites/new")).text, "/sites/new", name="Room 210", capacity="2")
    await desk.post("/sites/new", form)
    people = [sqlite_cast.fbi_lead.member_id, sqlite_cast.caht_lead.member_id]
    form = typed((await desk.get("/schedule")).text, "/events", place="Room 210", person=people)
    said = r'id="seats"[^>]*>\s*<svg.*?</svg> Room holds 2; 3 invited'
    shown = form | {"save": ["show"]}
    assert re.search(said, (await desk.post("/events", shown)).text)
    assert re.search(said, (await desk.post("/schedule/summary", form)).text)


async def test_a_site_keeps_its_coordinates_as_they_were_written(sqlite_cast: Cast, browse: SignIn) -> None:
    desk = await browse(sqlite_cast.coordinator)
    form = typed((await desk.get("/sites/new")).text, "/sites/new", name="Lot north", coordinates=" 39.0968;-94.4185 ")
    await desk.post("/sites/new", form)
    [edit] = re.findall(r'href="(/sites/[^"]+/edit)"', (await desk.get("/sites")).text)
    assert 'value="39.0968, -94.4185"' in (await desk.get(edit)).text


@pytest.mark.parametrize("wrong", ["north of the river", "91, -94", "39, -181", "39.0968"])
async def test_coordinates_that_are_none_are_refused_with_what_was_typed(
    sqlite_cast: Cast, browse: SignIn, wrong: str
) -> None:
    desk = await browse(sqlite_cast.coordinator)
    form = typed((await desk.get("/sites/new")).text, "/sites/new", name="Lot north", coordinates=wrong)
    html = (await desk.post("/sites/new", form)).text
    assert "Enter latitude and longitude, like 39.0911, -94.4155." in html
    assert f'value="{wrong}"' in html
