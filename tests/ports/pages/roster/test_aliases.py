"""The settings and the link by which people add addresses to reply from, and what each answers."""

import re
from uuid import uuid4

import pytest
from litestar import Litestar

from tests.cast import NOW, Cast
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tracker.tables.schema.roster import EmailAlias, Member
from tracker.usecases.roster import known_people

MARK = re.compile(r'name="_draft" value="[^"]*"')
ADDRESS = "ipd.liaison+cal@ipd.example"


@pytest.fixture
async def browser(browse: SignIn, sqlite_cast: Cast) -> Browser:
    return await browse(sqlite_cast.ipd_liaison)


async def add(browser: Browser, address: str) -> str:
    """Add an address, and return the page that follows."""
    answer = await browser.post("/settings/addresses", {"address": address})
    return (await browser.get("/settings")).text if answer.status_code == 303 else answer.text


async def link_of(app: Litestar) -> str:
    [row] = await EmailAlias.select(EmailAlias.id).where(EmailAlias.removed_at.is_null())
    return f"/e/{app.state.links.address(row['id'])}"


async def test_an_address_is_confirmed_by_a_press_and_not_by_a_scanner(
    app: Litestar, browser: Browser, browse: SignIn
) -> None:
    assert "Not confirmed yet" in await add(browser, ADDRESS.upper())
    stranger, link = await browse(None), await link_of(app)
    assert "Confirm this address?" in (await stranger.get(link)).text
    await stranger.send("HEAD", link)
    assert "Not confirmed yet" in (await browser.get("/settings")).text
    await stranger.send("POST", link)
    assert "Address confirmed" in (await stranger.get(link)).text
    assert "Confirmed</span>" in (await browser.get("/settings")).text


async def test_adding_an_address_again_says_that_the_earlier_link_no_longer_works(
    app: Litestar, browser: Browser, browse: SignIn
) -> None:
    replaced = "Any link we sent there earlier no longer works."
    assert replaced not in await add(browser, ADDRESS)
    first = await link_of(app)
    assert replaced in await add(browser, ADDRESS)
    over = await (await browse(None)).get(first)
    assert (over.status_code, "If you have a newer email, use the link in it." in " ".join(over.text.split())) == (
        404,
        True,
    )


async def test_settings_promise_no_single_email_to_an_address_that_can_get_several(browser: Browser) -> None:
    page = " ".join((await browser.get("/settings")).text.split())
    assert "We email it only links to confirm it." in page
    assert "only once" not in page


async def test_an_address_of_someone_else_gets_the_same_answer(browser: Browser, sqlite_cast: Cast) -> None:
    pages = []
    for address in ("new1@fbi.example", sqlite_cast.fbi_lead.email):
        page = await add(browser, address)
        [row] = await EmailAlias.select(EmailAlias.id)
        alike = page.replace(address, "ADDRESS").replace(str(row["id"]), "ID")
        pages.append(MARK.sub("", alike))  # of the draft of the profile, drawn by chance
        await EmailAlias.delete(force=True)
    assert "we’ve sent a link there" in pages[0]
    assert pages[0] == pages[1]


async def test_a_wrong_address_is_shown_again_with_what_is_wrong(browser: Browser) -> None:
    page = await add(browser, "no address")
    assert ('value="no address"' in page, "Enter an email address like" in page) == (True, True)


async def test_links_that_confirm_nothing_all_look_alike(app: Litestar, browser: Browser, browse: SignIn) -> None:
    await add(browser, ADDRESS)
    stranger, link, links = await browse(None), await link_of(app), app.state.links
    await Member.update({Member.status: "suspended"}).where(Member.email == "ipd_liaison@ipd.example")
    dead = [link, "/e/x", f"/e/{links.address(uuid4())}", f"/e/{links.digest(uuid4())}"]
    answers = [await stranger.get(one) for one in dead]
    assert {one.status_code for one in answers} == {404}
    assert len({one.text for one in answers}) == 1


async def test_an_account_manager_sees_a_confirmed_address_on_the_person_s_page(
    browse: SignIn, sqlite_cast: Cast
) -> None:
    cast = sqlite_cast
    await known_people.add_alias(cast.ipd_liaison, ADDRESS, NOW)
    await EmailAlias.update({EmailAlias.confirmed_at: NOW}, force=True)
    page = f"/people/{cast.ipd_liaison.member_id}"
    assert ADDRESS in (await (await browse(cast.administrator)).get(page)).text
    assert ADDRESS not in (await (await browse(cast.fbi_lead)).get(page)).text
