"""The address of a confidential site is for its own agency; anyone else gets its public name."""

from uuid import UUID

from tests.cast import NOW, Cast
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.worlds import SHELTER, SHELTER_NAME, add_shelter
from tracker.usecases.roster import agencies

KEY = "2027-01-23"


async def texts(browser: Browser, *paths: str) -> list[str]:
    return [(await browser.get(path)).text for path in paths]


async def test_its_own_people_read_the_address_and_the_lead_of_the_operation_the_public_name(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    event_id, site_id = await add_shelter(sqlite_cast)
    own = await texts(
        await browse(sqlite_cast.harbor_advocate), "/confidential-places", f"/confidential-places/{site_id}/edit"
    )
    assert all("12 Wisteria Row" in page for page in own)
    [plan] = await texts(await browse(sqlite_cast.fbi_lead), f"/events/{event_id}/{KEY}/plan/readiness")
    assert SHELTER_NAME in plan
    assert "Ask Harbor House for the address." in plan


async def test_a_place_is_added_and_changed_by_its_agency(sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.harbor_advocate)
    refused = await browser.post("/confidential-places", {"name": SHELTER_NAME, "directions": "Ring twice"})
    assert (refused.status_code, "Enter the address." in refused.text) == (422, True)
    assert "Ring twice" in refused.text
    assert (
        await browser.post("/confidential-places", {"name": SHELTER_NAME, "address": "12 Elm St"})
    ).status_code == 303
    [site] = await agencies.own_sites_of(sqlite_cast.harbor_advocate)
    edit = f"/confidential-places/{site.id}/edit"
    moved = {"name": SHELTER_NAME, "address": "9 Oak St", "status": "open"}
    outdated = await browser.post(edit, {**moved, "version": "7"})
    assert (outdated.status_code, "Someone has changed this place" in outdated.text) == (422, True)
    assert (await browser.post(edit, {**moved, "version": "1"})).status_code == 303
    assert "9 Oak St" in (await browser.get("/confidential-places")).text


async def test_the_site_of_another_agency_is_as_missing_as_one_that_never_was(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    site_id = await agencies.add_confidential_site(sqlite_cast.harbor_advocate, SHELTER, NOW)
    browser = await browse(sqlite_cast.caht_lead)
    found = await browser.get(f"/confidential-places/{site_id}/edit")
    missing = await browser.get(f"/confidential-places/{UUID(int=7, version=4)}/edit")
    assert (found.status_code, found.content) == (404, missing.content)


async def test_a_lead_adds_and_removes_a_place_on_the_page(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id, site_id = await add_shelter(sqlite_cast)
    browser, at = await browse(sqlite_cast.fbi_lead), f"/events/{event_id}/{KEY}/plan/readiness"
    assert (await browser.post(f"{at}/places/{site_id}/removal")).status_code == 303
    assert "No place yet." in (await browser.get(at)).text
    assert (await browser.post(f"{at}/places", {"site": str(event_id)})).status_code == 422
    assert (await browser.post(f"{at}/places", {"site": str(site_id)})).status_code == 303
    assert "Ask Harbor House for the address." in (await browser.get(at)).text
