"""The settings, as a browser without scripts uses them."""

import html
import re
from datetime import timedelta

import pytest
from litestar import Litestar

from tests.cast import NOW, Cast
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import typed
from tests.usecases.identity.world import App
from tracker import clock
from tracker.rules.calendars.feeds import FeedScope
from tracker.tables.schema.identity import RecoveryCode, Session
from tracker.usecases.calendars import subscriptions

CODE = re.compile(r"<li>((?:[A-Z2-7]{4}-){3}[A-Z2-7]{4})</li>")
KEY = re.compile(r'<p class="tt-key"><b[^>]*>([A-Z2-7 ]+)</b>')
PROFILE = {"title": "Detective", "phone": "816-555-0142", "mobile": "816-555-0143", "zone": "America/Denver"}


@pytest.fixture
async def browser(browse: SignIn, sqlite_cast: Cast) -> Browser:
    return await browse(sqlite_cast.kcpd_detective)


async def text(browser: Browser, path: str) -> str:
    return html.unescape((await browser.get(path)).text)


# Profile -----------------------------------------------------------------------------------------------------------


async def test_the_name_in_the_header_leads_to_the_settings(browser: Browser) -> None:
    assert '<a href="/settings">' in await text(browser, "/action-items")


async def test_a_profile_is_saved_and_shown(browser: Browser) -> None:
    response = await browser.post("/settings/profile", PROFILE)
    assert (response.status_code, response.headers["location"]) == (303, "/settings")
    page = await text(browser, "/settings")
    assert "Profile saved." in page
    fields = typed(page, "/settings/profile")
    assert {name: fields[name][0] for name in PROFILE} == PROFILE


async def test_a_member_sees_the_name_and_who_changes_it(browser: Browser, sqlite_cast: Cast) -> None:
    page = await text(browser, "/settings")
    assert f"<dd>{sqlite_cast.kcpd_detective.name}</dd>" in page
    assert 'name="name"' not in page


async def test_what_cannot_be_taken_keeps_what_was_typed(browser: Browser) -> None:
    response = await browser.post("/settings/profile", PROFILE | {"phone": "1" * 41})
    assert response.status_code == 422
    assert "Use at most 40 characters" in response.text
    assert 'value="Detective"' in response.text


async def test_a_wrong_number_is_told_at_its_field_and_kept(browser: Browser) -> None:
    response = await browser.post("/settings/profile", PROFILE | {"mobile": "call me", "private": "yes"})
    assert response.status_code == 422
    assert "Enter a phone number with area code" in response.text
    fields = typed(response.text, "/settings/profile")
    assert (fields["mobile"], fields["private"]) == (["call me"], ["yes"])


async def test_a_private_mobile_number_is_not_on_the_page_that_colleagues_read(
    browser: Browser, browse: SignIn, sqlite_cast: Cast
) -> None:
    await browser.post("/settings/profile", PROFILE | {"private": "yes"})
    page = f"/people/{sqlite_cast.kcpd_detective.member_id}"
    colleague = await text(await browse(sqlite_cast.kcpd_alternate), page)
    assert ("816-555-0142" in colleague, "816-555-0143" in colleague) == (True, False)
    desk = await text(await browse(sqlite_cast.coordinator), page)
    assert "816-555-0143" in desk
    assert "Shown to coordinators and administrators only." in desk


async def test_a_zone_outside_the_list_is_kept_by_the_form(browser: Browser) -> None:
    await browser.post("/settings/profile", PROFILE | {"zone": "Europe/Berlin"})
    assert typed(await text(browser, "/settings"), "/settings/profile")["zone"] == ["Europe/Berlin"]


# Recovery codes ----------------------------------------------------------------------------------------------------


async def test_new_codes_are_shown_once_and_then_only_counted(browser: Browser) -> None:
    assert "None</span>" in await text(browser, "/settings")
    response = await browser.post("/settings/recovery-codes")
    codes = CODE.findall(response.text)
    assert (response.status_code, len(set(codes))) == (200, 10)
    assert "The codes that you had before" not in response.text
    assert "10 of 10 left" in await text(browser, "/settings")
    assert CODE.findall(await text(browser, "/settings/recovery-codes")) == []
    again = await browser.post("/settings/recovery-codes")
    assert "Your earlier codes no longer work." in again.text


async def test_who_lets_one_in_without_codes_is_the_coordinator_and_for_a_coordinator_another_one(
    browser: Browser, browse: SignIn, sqlite_cast: Cast
) -> None:
    desk = await browse(sqlite_cast.coordinator)
    for path in ("/settings", "/settings/recovery-codes"):
        assert "only the coordinator can let you in" in await text(browser, path)
        assert "only another coordinator or the person who runs the server can let you in" in await text(desk, path)


@pytest.mark.parametrize("path", ["/settings/recovery-codes", "/settings/authenticator"])
async def test_an_older_session_proves_first_who_it_is(browser: Browser, path: str) -> None:
    await browser.form_token()
    clock.start_at(NOW + timedelta(minutes=16), stands_still=True)
    for response in (await browser.get(path), await browser.post(path, {"code": "000000"})):
        assert (response.status_code, response.headers["location"]) == (303, f"/sign-in/again?next={path}")
    assert await RecoveryCode.count() == 0


# Authenticator -----------------------------------------------------------------------------------------------------


async def test_an_authenticator_is_set_up_by_its_first_code(browser: Browser) -> None:
    page = await text(browser, "/settings/authenticator")
    app = App(KEY.search(page)[1].replace(" ", ""))  # type: ignore[index]  # the page has it
    form = typed(page, "/settings/authenticator", code=app.code(NOW))
    response = await browser.send("POST", "/settings/authenticator", data=form)
    assert (response.status_code, response.headers["location"]) == (303, "/settings/recovery-codes")
    assert "On since Tue, Dec 15" in await text(browser, "/settings")


async def test_a_wrong_code_shows_the_same_secret_again(browser: Browser) -> None:
    page = await text(browser, "/settings/authenticator")
    response = await browser.send(
        "POST", "/settings/authenticator", data=typed(page, "/settings/authenticator", code="000000")
    )
    assert response.status_code == 422
    assert KEY.search(html.unescape(response.text))[1] == KEY.search(page)[1]  # type: ignore[index]  # both show it


async def test_a_changed_secret_is_not_taken_and_a_new_one_is_shown(browser: Browser) -> None:
    response = await browser.post("/settings/authenticator", {"sealed": "odd", "code": "000000"})
    assert response.status_code == 403
    assert KEY.search(html.unescape(response.text))


# Sessions ----------------------------------------------------------------------------------------------------------


async def test_sessions_are_listed_and_another_one_is_signed_out(
    browser: Browser, browse: SignIn, sqlite_cast: Cast
) -> None:
    other = await browse(sqlite_cast.kcpd_detective)
    page = await text(browser, "/settings")
    [action] = re.findall(r'action="(/settings/sessions/[0-9a-f]{64}/end)"', page)
    assert "This browser" in page
    response = await browser.post(action)
    assert (response.status_code, response.headers["location"]) == (303, "/settings#security")
    assert (await other.get("/settings")).status_code == 303
    assert (await browser.get("/settings")).status_code == 200


async def test_signing_out_everywhere_ends_this_session_too(
    browser: Browser, browse: SignIn, sqlite_cast: Cast
) -> None:
    await browse(sqlite_cast.kcpd_detective)
    response = await browser.post("/settings/sessions/end")
    assert (response.headers["location"], response.headers["clear-site-data"]) == ("/sign-in", '"storage"')
    assert await Session.count() == 0


async def test_a_lost_phone_is_one_step_that_says_what_it_does(
    app: Litestar, browser: Browser, browse: SignIn, sqlite_cast: Cast
) -> None:
    other = await browse(sqlite_cast.kcpd_detective)
    _, feed = await subscriptions.create_subscription(
        sqlite_cast.kcpd_detective, "Phone", FeedScope.ALL, NOW, shows_operations=False
    )
    page = await text(browser, "/settings/lost-phone")
    assert "1 other session ends" in page
    assert "1 calendar feed is turned off" in page
    assert (await browser.post("/settings/lost-phone")).status_code == 303
    assert "1 other session ended, 1 feed turned off" in await text(browser, "/settings")
    assert (await other.get("/settings")).status_code == 303
    assert (await Browser(app).get(f"/feeds/{feed}.ics")).status_code == 404


async def test_the_page_lists_feeds_and_when_they_were_fetched(browser: Browser, sqlite_cast: Cast) -> None:
    assert "You don’t have a calendar feed yet." in await text(browser, "/settings")
    await subscriptions.create_subscription(
        sqlite_cast.kcpd_detective, "Work Outlook", FeedScope.ALL, NOW, shows_operations=False
    )
    page = await text(browser, "/settings")
    assert "Work Outlook" in page
    assert "Never" in page
