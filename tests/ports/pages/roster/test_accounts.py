"""The page on which accounts are helped, and the page behind the link that it makes, without scripts."""

import html
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from litestar import Litestar

from tests.cast import NOW, Cast
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import typed
from tests.usecases.identity.world import PASSWORD, give_password, hash_cheaply
from tracker import clock
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.viewers import BY_COMMAND
from tracker.tables.schema.roster import Member
from tracker.usecases.calendars import subscriptions
from tracker.usecases.identity import sign_in
from tracker.usecases.identity.one_time_links import issue_reset_link

NEW = "copper lantern gravel sonnet"
LINK = re.compile(r'value="http://tracker\.test(/sign-in/reset/[A-Za-z0-9_-]{43})"')


@pytest.fixture
async def detective(sqlite_cast: Cast):
    hash_cheaply()
    await give_password(sqlite_cast.kcpd_detective)
    return sqlite_cast.kcpd_detective


@pytest.fixture
async def manager(browse: SignIn, sqlite_cast: Cast, detective) -> Browser:
    return await browse(sqlite_cast.administrator)


async def test_a_link_is_made_shown_once_and_used_by_its_owner(app: Litestar, manager: Browser, detective) -> None:
    address = f"/people/{detective.member_id}/access"
    assert f'action="{address}/reset-link"' in (await manager.get(address)).text
    made = await manager.post(f"{address}/reset-link")
    [path] = LINK.findall(made.text)
    assert "until 9:30 AM" in made.text
    assert LINK.findall((await manager.get(address)).text) == []
    owner, scanner = Browser(app), Browser(app)
    for method in ("GET", "HEAD", "OPTIONS"):
        assert (await scanner.send(method, path)).status_code in (200, 204)
    page = html.unescape((await owner.get(path)).text)
    assert detective.email in page
    form = typed(page, path, password=NEW, repeated=NEW)
    response = await owner.send("POST", path, data=form)
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in")
    assert "Password set." in (await owner.get("/sign-in")).text
    assert (await sign_in.sign_in(detective.email, NEW, NOW)).needs_enrollment
    assert (await owner.get(path)).status_code == 410
    assert (await owner.send("POST", path, data=form)).status_code == 410


@pytest.mark.parametrize(
    ("password", "repeated", "sentence"), [("short", "short", "at least 15 characters"), (NEW, PASSWORD, "don’t match")]
)
async def test_a_password_that_cannot_be_taken_is_refused_with_the_reason(
    app: Litestar, detective, password: str, repeated: str, sentence: str
) -> None:
    path = f"/sign-in/reset/{await issue_reset_link(detective.member_id, NOW, by=BY_COMMAND)}"
    browser = Browser(app)
    form = typed(html.unescape((await browser.get(path)).text), path, password=password, repeated=repeated)
    response = await browser.send("POST", path, data=form)
    assert (response.status_code, sentence in response.text, "copper" in response.text) == (422, True, False)


async def test_another_site_or_browser_cannot_use_a_link(app: Litestar, detective) -> None:
    path = f"/sign-in/reset/{await issue_reset_link(detective.member_id, NOW, by=BY_COMMAND)}"
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    fields = {"password": NEW, "repeated": NEW}
    assert (await Browser(app).send("POST", path, data=fields, headers=foreign)).status_code == 403
    assert (await Browser(app).send("POST", path, data=fields)).status_code == 403
    assert await sign_in.sign_in(detective.email, PASSWORD, NOW)


async def test_a_link_that_is_over_or_was_never_made_gets_the_same_page(app: Litestar) -> None:
    responses = [await Browser(app).get(f"/sign-in/reset/{token}") for token in ("made-up", "x" * 43)]
    assert {(one.status_code, one.text) for one in responses} == {(410, responses[0].text)}


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        ("release", "Pause ended."),
        ("authenticator-removal", "Authenticator removed."),
        ("sign-out", "They’re signed out everywhere."),
        ("feeds-revocation", "Calendar feeds turned off."),
        ("tokens-revocation", "Personal tokens revoked."),
        ("shutdown", "All sessions, feeds, and tokens ended."),
    ],
)
async def test_each_deed_says_that_it_is_done(manager: Browser, detective, deed: str, said: str) -> None:
    address = f"/people/{detective.member_id}/access"
    response = await manager.post(f"{address}/{deed}")
    assert (response.status_code, response.headers["location"]) == (303, address)
    assert said in (await manager.get(address)).text


async def test_a_paused_account_shows_until_when_and_can_be_released(manager: Browser, detective) -> None:
    address = f"/people/{detective.member_id}/access"
    await Member.update({Member.locked_at: NOW}).where(Member.id == detective.member_id)
    assert "Until 9:15 AM" in (await manager.get(address)).text
    await manager.post(f"{address}/release")
    assert "Until 9:15 AM" not in (await manager.get(address)).text


async def test_what_a_lost_device_could_open_is_named_before_it_ends(manager: Browser, detective) -> None:
    person = f"/people/{detective.member_id}"
    assert f'href="{person}/access/lost-device"' in (await manager.get(person)).text
    assert f'href="{person}/access/lost-device"' in (await manager.get(f"{person}/access")).text
    assert "They have no calendar feeds." in (await manager.get(f"{person}/access/lost-device")).text
    await subscriptions.create_subscription(detective, "Phone", FeedScope.ALL, NOW, shows_operations=False)
    page = (await manager.get(f"{person}/access/lost-device")).text
    assert "1 calendar feed is turned off." in page
    response = await manager.post(f"{person}/access/shutdown", typed(page, f"{person}/access/shutdown"))
    assert (response.status_code, response.headers["location"]) == (303, f"{person}/access")


async def test_the_access_of_a_coordinator_is_not_ended_by_an_administrator(
    manager: Browser, sqlite_cast: Cast
) -> None:
    address = f"/people/{sqlite_cast.coordinator.member_id}/access"
    response = await manager.get(f"{address}/lost-device")
    assert (response.status_code, response.headers["location"]) == (303, address)


async def test_an_older_session_proves_first_who_it_is(manager: Browser, detective) -> None:
    await manager.form_token()
    clock.start_at(NOW + timedelta(minutes=16), stands_still=True)
    address = f"/people/{detective.member_id}/access"
    deeds = (
        "reset-link",
        "release",
        "authenticator-removal",
        "sign-out",
        "feeds-revocation",
        "tokens-revocation",
        "shutdown",
    )
    for deed in deeds:
        response = await manager.post(f"{address}/{deed}")
        assert (response.status_code, response.headers["location"]) == (303, f"/sign-in/again?next={address}")


async def test_an_administrator_reads_why_a_coordinator_is_left_alone(manager: Browser, sqlite_cast: Cast) -> None:
    address = f"/people/{sqlite_cast.coordinator.member_id}/access"
    page = await manager.get(address)
    assert "Only a coordinator can do this for another coordinator." in page.text
    assert 'class="tt-deed"' not in page.text.partition("<main")[2]
    refused = await manager.post(f"{address}/reset-link")
    assert (refused.status_code, LINK.findall(refused.text)) == (403, [])


@pytest.mark.parametrize("who", ["kcpd_detective", "fbi_lead", "auditor"])
async def test_everybody_else_finds_the_page_of_nobody(browse: SignIn, sqlite_cast: Cast, detective, who: str) -> None:
    browser = await browse(sqlite_cast.members[who])
    there = await browser.get(f"/people/{detective.member_id}/access")
    nowhere = await browser.get(f"/people/{uuid4()}/access")
    assert (there.status_code, there.content) == (404, nowhere.content)
    assert (await browser.post(f"/people/{detective.member_id}/access/reset-link")).status_code == 404
