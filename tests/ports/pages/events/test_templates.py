"""Templates of events on their pages: save the form, begin with it, remove it."""

import re
from typing import Any

import httpx

from tests.cast import Cast
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import ids, typed
from tracker.tables.schema.core.tables import Message

PATH = "/schedule/templates"


async def saved(browser: Browser, **changes: Any) -> httpx.Response:
    form = {"title": "Core group", "date": "2027-01-12", "template_name": "Core", **changes}
    return await browser.post(PATH, typed((await browser.get("/schedule")).text, "/events", **form))


async def begun(browser: Browser, name: str = "Core") -> httpx.Response:
    found = re.search(rf'href="(/schedule\?template=[0-9a-f-]+)">{name}<', (await browser.get(PATH)).text)
    assert found
    return await browser.get(found[1])


async def test_a_saved_form_is_shown_again_with_all_that_was_typed_and_nothing_is_sent(desk: Browser) -> None:
    response = await saved(desk, place="Room A")
    assert "Template “Core” saved. Nothing has been sent yet." in response.text
    form = typed(response.text, "/events")
    assert (form["title"], form["place"], form["date"]) == (["Core group"], ["Room A"], ["2027-01-12"])
    assert await Message.count() == 0


async def test_a_new_event_begins_with_what_a_template_keeps(sqlite_cast: Cast, desk: Browser) -> None:
    people = ids(sqlite_cast.fbi_lead, sqlite_cast.caht_lead)
    await saved(
        desk,
        person=people,
        agenda="Welcome 5",
        starts="14:00",
        ends="15:30",
        committee=sqlite_cast.committees["steering"],
        visibility="committee",
        **{f"role-{people[1]}": "optional"},
    )
    response = await begun(desk)
    form = typed(response.text, "/events")
    assert "This form starts with the template “Core”." in response.text
    assert (form["title"], form["agenda"], form["starts"]) == (["Core group"], ["Welcome 5"], ["14:00"])
    assert (form["visibility"], form["committee"]) == (["committee"], [str(sqlite_cast.committees["steering"])])
    assert (sorted(form["person"]), form[f"role-{people[1]}"]) == (sorted(people), ["optional"])
    assert form["date"] == ["2026-12-16"]


async def test_of_a_template_only_those_stay_chosen_whom_the_form_offers(
    sqlite_cast: Cast, desk: Browser, browse: SignIn
) -> None:
    strangers = ids(sqlite_cast.auditor)
    await saved(
        desk,
        person=[*strangers, *ids(sqlite_cast.harbor_advocate)],
        visibility="committee",
        committee=sqlite_cast.committees["services"],
    )
    chair = await browse(sqlite_cast.caht_lead)
    response = await begun(chair)
    assert "1 person in it isn’t on your list." in response.text
    assert typed(response.text, "/events")["person"] == ids(sqlite_cast.harbor_advocate)
    assert strangers[0] not in response.text


async def test_a_template_of_somebody_else_is_not_there(sqlite_cast: Cast, desk: Browser, browse: SignIn) -> None:
    await saved(desk, visibility="named", committee=sqlite_cast.committees["services"])
    address = str((await begun(desk)).request.url)
    chair = await browse(sqlite_cast.caht_lead)
    assert (await chair.get(address)).status_code == 404
    assert "There are no templates yet." in (await chair.get(PATH)).text


async def test_a_template_without_a_name_is_refused_at_its_field(desk: Browser) -> None:
    response = await saved(desk, template_name=" ")
    assert response.status_code == 422
    assert 'href="#f-template-name"' in response.text
    assert typed(response.text, "/events")["title"] == ["Core group"]


async def test_a_template_is_removed_by_a_button_in_its_row(desk: Browser) -> None:
    await saved(desk)
    found = re.search(r'action="(/schedule/templates/[0-9a-f-]+/removal)"', (await desk.get(PATH)).text)
    assert found
    assert (await desk.post(found[1])).headers["location"] == PATH
    assert "There are no templates yet." in (await desk.get(PATH)).text


async def test_who_schedules_nothing_has_no_templates(sqlite_cast: Cast, browse: SignIn) -> None:
    detective = await browse(sqlite_cast.kcpd_detective)
    assert (await detective.get(PATH)).status_code == 403
    assert (await detective.post(PATH, {"template_name": "Core"})).status_code == 403
