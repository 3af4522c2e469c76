"""Settings, the pages of an agency, the guide, the API as a page, and lists that are empty."""

import html
import re
from datetime import timedelta

import pytest
from litestar import Litestar

from tests.cast import NOW, SECRET, ZONE, Cast
from tests.ports.browser import Browser, session_of
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import form_with
from tests.ports.standing import standing
from tests.usecases.events.autumn import hold_autumn
from tests.usecases.identity.world import App
from tracker import clock
from tracker.crypto import keys
from tracker.database import Engine, writing
from tracker.ports.http.problems import DOCUMENTS
from tracker.ports.pages.views.home import FIRST, guide
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.viewers import Arm, Level, Role, Viewer
from tracker.rules.roster.directory import AgencyFacts, PersonFacts
from tracker.tables.schema.identity import RecoveryCode, Session
from tracker.usecases.calendars import subscriptions
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.roster import agencies, people

CODE = re.compile(r"<li>((?:[A-Z2-7]{4}-){3}[A-Z2-7]{4})</li>")
KEY = re.compile(r'<p class="tt-key"><b[^>]*>([A-Z2-7 ]+)</b>')
PROFILE = {"title": "Detective", "phone": "816-555-0142", "mobile": "816-555-0143", "zone": "America/Denver"}


@pytest.fixture
async def browser(browse: SignIn, sqlite_cast: Cast) -> Browser:
    return await browse(sqlite_cast.kcpd_detective)


async def text_of_page(browser: Browser, path: str) -> str:
    return html.unescape((await browser.get(path)).text)


# Profile -----------------------------------------------------------------------------------------------------------


async def test_the_name_in_the_header_leads_to_the_settings(browser: Browser) -> None:
    assert '<a href="/settings">' in await text_of_page(browser, "/action-items")


async def test_a_profile_is_saved_and_shown(browser: Browser) -> None:
    response = await browser.post("/settings/profile", PROFILE)
    assert (response.status_code, response.headers["location"]) == (303, "/settings")
    page = await text_of_page(browser, "/settings")
    assert "Profile saved." in page
    fields = form_with(page, "/settings/profile")
    assert {name: fields[name][0] for name in PROFILE} == PROFILE


async def test_a_member_sees_the_name_and_who_changes_it(browser: Browser, sqlite_cast: Cast) -> None:
    page = await text_of_page(browser, "/settings")
    assert f"<dd>{sqlite_cast.kcpd_detective.name}</dd>" in page
    assert 'name="name"' not in page


async def test_what_cannot_be_taken_keeps_what_was_typed(browser: Browser) -> None:
    response = await browser.post("/settings/profile", PROFILE | {"phone": "1" * 41})
    assert response.status_code == 422
    assert "Use at most 40 characters" in response.text
    assert 'value="Detective"' in response.text


async def test_a_wrong_number_is_said_at_its_field_and_kept(browser: Browser) -> None:
    response = await browser.post("/settings/profile", PROFILE | {"mobile": "call me", "private": "yes"})
    assert response.status_code == 422
    assert "Enter a phone number with area code" in response.text
    fields = form_with(response.text, "/settings/profile")
    assert (fields["mobile"], fields["private"]) == (["call me"], ["yes"])


async def test_a_private_mobile_number_is_not_on_the_page_that_colleagues_read(
    browser: Browser, browse: SignIn, sqlite_cast: Cast
) -> None:
    await browser.post("/settings/profile", PROFILE | {"private": "yes"})
    page = f"/people/{sqlite_cast.kcpd_detective.member_id}"
    colleague = await text_of_page(await browse(sqlite_cast.kcpd_alternate), page)
    assert ("816-555-0142" in colleague, "816-555-0143" in colleague) == (True, False)
    desk = await text_of_page(await browse(sqlite_cast.coordinator), page)
    assert "816-555-0143" in desk
    assert "Shown to coordinators and administrators only." in desk


async def test_a_zone_outside_the_list_is_kept_by_the_form(browser: Browser) -> None:
    await browser.post("/settings/profile", PROFILE | {"zone": "Europe/Berlin"})
    assert form_with(await text_of_page(browser, "/settings"), "/settings/profile")["zone"] == ["Europe/Berlin"]


# Recovery codes ----------------------------------------------------------------------------------------------------


async def test_new_codes_are_shown_once_and_then_only_counted(browser: Browser) -> None:
    assert "None</span>" in await text_of_page(browser, "/settings")
    response = await browser.post("/settings/recovery-codes")
    codes = CODE.findall(response.text)
    assert (response.status_code, len(set(codes))) == (200, 10)
    assert "The codes that you had before" not in response.text
    assert "10 of 10 left" in await text_of_page(browser, "/settings")
    assert CODE.findall(await text_of_page(browser, "/settings/recovery-codes")) == []
    again = await browser.post("/settings/recovery-codes")
    assert "Your earlier codes no longer work." in again.text


async def test_who_lets_one_in_without_codes_is_the_coordinator_and_for_a_coordinator_another_one(
    browser: Browser, browse: SignIn, sqlite_cast: Cast
) -> None:
    desk = await browse(sqlite_cast.coordinator)
    for path in ("/settings", "/settings/recovery-codes"):
        assert "only the coordinator can let you in" in await text_of_page(browser, path)
        assert "only another coordinator or the person who runs the server can let you in" in await text_of_page(
            desk, path
        )


@pytest.mark.parametrize("path", ["/settings/recovery-codes", "/settings/authenticator"])
async def test_an_older_session_proves_first_who_it_is(browser: Browser, path: str) -> None:
    await browser.form_token()
    clock.start_at(NOW + timedelta(minutes=16), is_still=True)
    for response in (await browser.get(path), await browser.post(path, {"code": "000000"})):
        assert (response.status_code, response.headers["location"]) == (303, f"/sign-in/again?next={path}")
    assert await RecoveryCode.count() == 0


# Authenticator -----------------------------------------------------------------------------------------------------


async def test_an_authenticator_is_set_up_by_its_first_code(browser: Browser) -> None:
    page = await text_of_page(browser, "/settings/authenticator")
    app = App(KEY.search(page)[1].replace(" ", ""))  # type: ignore[index]  # the page has it
    form = form_with(page, "/settings/authenticator", code=app.code(NOW))
    response = await browser.send("POST", "/settings/authenticator", data=form)
    assert (response.status_code, response.headers["location"]) == (303, "/settings/recovery-codes")
    assert "On since Tue, Dec 15" in await text_of_page(browser, "/settings")


async def test_a_wrong_code_shows_the_same_secret_again(browser: Browser) -> None:
    page = await text_of_page(browser, "/settings/authenticator")
    response = await browser.send(
        "POST", "/settings/authenticator", data=form_with(page, "/settings/authenticator", code="000000")
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
    page = await text_of_page(browser, "/settings")
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
    page = await text_of_page(browser, "/settings/lost-phone")
    assert "1 other session ends" in page
    assert "1 calendar feed is turned off" in page
    assert (await browser.post("/settings/lost-phone")).status_code == 303
    assert "1 other session ended, 1 feed turned off" in await text_of_page(browser, "/settings")
    assert (await other.get("/settings")).status_code == 303
    assert (await Browser(app).get(f"/feeds/{feed}.ics")).status_code == 404


async def test_the_page_lists_feeds_and_when_they_were_fetched(browser: Browser, sqlite_cast: Cast) -> None:
    assert "You don’t have a calendar feed yet." in await text_of_page(browser, "/settings")
    await subscriptions.create_subscription(
        sqlite_cast.kcpd_detective, "Work Outlook", FeedScope.ALL, NOW, shows_operations=False
    )
    page = await text_of_page(browser, "/settings")
    assert "Work Outlook" in page
    assert "Never" in page


async def test_a_lead_names_blackout_days_and_removes_them(sqlite_cast: Cast, browse: SignIn) -> None:
    page = f"/agencies/{sqlite_cast.agencies['FBI']}"
    days = f"{page}/blackout-days"
    lead = await browse(sqlite_cast.fbi_lead)
    form = form_with((await lead.get(page)).text, days, first="2027-01-11", last="2027-01-15", reason="Range week")
    assert (await lead.post(days, form)).status_code == 303
    shown = (await lead.get(page)).text
    assert "Mon, Jan 11 \N{EN DASH} Fri, Jan 15" in shown
    assert "Range week" in shown
    removal = shown.partition(f'action="{days}/')[2].partition('"')[0]
    await lead.post(f"{days}/{removal}", form_with(shown, f"{days}/{removal}"))
    assert "No blackout days." in (await lead.get(page)).text


async def test_what_cannot_be_taken_is_said_at_its_field(sqlite_cast: Cast, browse: SignIn) -> None:
    page = f"/agencies/{sqlite_cast.agencies['FBI']}"
    lead = await browse(sqlite_cast.fbi_lead)
    form = form_with((await lead.get(page)).text, f"{page}/blackout-days", first="2026-12-01", reason="Range week")
    reply = await lead.post(f"{page}/blackout-days", form)
    assert reply.status_code == 422
    assert 'href="#f-first"' in reply.text
    assert "Choose today or later dates." in reply.text
    assert form_with(reply.text, f"{page}/blackout-days")["reason"] == ["Range week"]


async def test_others_of_the_agency_see_the_days_and_no_form(sqlite_cast: Cast, browse: SignIn) -> None:
    page = f"/agencies/{sqlite_cast.agencies['FBI']}"
    other = await browse(sqlite_cast.fbi_alternate)
    shown = (await other.get(page)).text
    assert "Blackout days" in shown
    assert "Add blackout days" not in shown
    assert (await other.post(f"{page}/blackout-days", {"first": "2027-01-11"})).status_code == 403


QUARTER = "FY2027-Q1"


async def test_who_has_reports_reads_the_rate_of_a_period_and_of_each_person(sqlite_cast: Cast, browse: SignIn) -> None:
    await hold_autumn(sqlite_cast)
    address = f"/agencies/{sqlite_cast.agencies['Harbor House']}?period={QUARTER}"
    page = (await (await browse(sqlite_cast.coordinator)).get(address)).text
    assert "<b>33%</b> <span>attendance · " in page
    assert '<td data-l="Attended" class="num nowrap">1 of 4</td>' in page
    assert f'<option value="{QUARTER}" selected>' in page


async def test_each_number_opens_its_rows(sqlite_cast: Cast, browse: SignIn) -> None:
    await hold_autumn(sqlite_cast)
    agency, desk = sqlite_cast.agencies["Harbor House"], await browse(sqlite_cast.coordinator)
    page = (await desk.get(f"/agencies/{agency}?period={QUARTER}")).text
    rows = f"/reports/rows?period={QUARTER}&part=places&of=absent&agency={agency}"
    assert f'<a href="{rows.replace("&", "&amp;")}">1</a>' in page
    assert (await desk.get(rows)).text.count("Harbor advocate") == 1


@pytest.mark.parametrize("period", ["", "custom", "odd"])
async def test_a_period_that_no_one_knows_is_the_present_one(sqlite_cast: Cast, browse: SignIn, period: str) -> None:
    address = f"/agencies/{sqlite_cast.agencies['Harbor House']}?period={period}"
    response = await (await browse(sqlite_cast.coordinator)).get(address)
    assert "<b>–</b> <span>attendance · Grant half-year, July to December 2026</span>" in response.text
    assert (
        "No one from Harbor House was invited to an event you have access to that was held in this period"
        in response.text
    )


async def test_who_has_no_reports_reads_no_rate(sqlite_cast: Cast, browse: SignIn) -> None:
    await hold_autumn(sqlite_cast)
    page = (await (await browse(sqlite_cast.harbor_advocate)).get(f"/agencies/{sqlite_cast.agencies['CAHT']}")).text
    assert "Attended" not in page
    assert "attendance" not in page.lower()


async def test_the_page_of_the_interface_is_made_once_and_is_the_same_for_everyone(
    app: Litestar, browse: SignIn, sqlite_cast: Cast
) -> None:
    member = await browse(sqlite_cast.coordinator)
    first = await member.get(DOCUMENTS)
    app.state["api_document"] = None  # nothing is left to make it of
    second = await Browser(app).get(DOCUMENTS)
    assert (first.status_code, sqlite_cast.coordinator.name in first.text) == (200, False)
    assert (second.status_code, second.content) == (200, first.content)


LINK = re.compile(r'href="(/help/[a-z-]+)"')
PICTURE = re.compile(r'<img src="(/static/[^"]+)"')


async def test_help_lists_every_page_of_the_guide(browse: SignIn, sqlite_cast: Cast) -> None:
    browser = await browse(sqlite_cast.harbor_advocate)
    listed = LINK.findall((await browser.get("/help")).text)
    assert sorted(listed) == sorted(f"/help/{name}" for name in guide() if name != FIRST)
    assert {(await browser.get(address)).status_code for address in listed} == {200}


async def test_the_pictures_of_the_guide_are_served(browse: SignIn, sqlite_cast: Cast) -> None:
    browser = await browse(sqlite_cast.harbor_advocate)
    pictures = PICTURE.findall((await browser.get("/help/attendance")).text)
    answers = [await browser.get(address) for address in pictures]
    assert {(one.status_code, one.headers["content-type"]) for one in answers} == {(200, "image/png")}


async def test_help_is_in_the_header_and_in_the_footer(browse: SignIn, sqlite_cast: Cast) -> None:
    page = (await (await browse(sqlite_cast.harbor_advocate)).get("/search")).text
    assert page.count('href="/help"') == 2


@pytest.mark.parametrize("name", ["README", "nothing", "README.md", "..%2fapi"])
async def test_an_address_that_names_no_page_is_not_found(browse: SignIn, sqlite_cast: Cast, name: str) -> None:
    assert (await (await browse(sqlite_cast.harbor_advocate)).get(f"/help/{name}")).status_code == 404


@pytest.fixture
async def first(sqlite_database: Engine) -> Viewer:
    """The coordinator of a task force that was set up a minute ago."""
    keys.use_secret(SECRET)
    async with writing():
        agency = await agencies.insert_agency(
            AgencyFacts(name="U.S. Attorney", code="USAO", arm=Arm.LAW_ENFORCEMENT, level=Level.FEDERAL)
        )
        member = await people.insert_member(
            PersonFacts(
                agency_id=agency,
                name="Coordinator",
                email="coordinator@usao.example",
                roles=frozenset({Role.COORDINATOR}),
                zone=ZONE,
            ),
            NOW,
        )
    return await viewer_for(member, NOW)


@pytest.mark.parametrize(
    ("path", "missing", "step"),
    [
        ("/", "0 of 5 done", "/agencies/new"),
        ("/", "No events in the next 10 days.", "/calendar"),
        ("/calendar", "No events in December.", "/schedule"),
        ("/calendar?view=list&mine=1", "that match the filters", "/calendar?month=2026-12&amp;view=list"),
        ("/calendar?view=week", "No events in the week of December 13–19, 2026", "/schedule"),
        ("/action-items", "No open items.", "#new"),
        ("/action-items?q=sheet", "No action items match.", "/action-items"),
        ("/messages", "No messages yet.", "/schedule"),
        ("/messages?state=failed", "No messages match.", "/messages"),
        ("/schedule/templates", "There are no templates yet.", "/schedule"),
        ("/people?q=nobody", "No results for “nobody”.", "/people"),
        ("/people/invitations", "No one is left to invite", "/people/new"),
        ("/people/review", "No accounts are due", "/people"),
        ("/committees", "No committees yet.", "/committees/new"),
        ("/reports", "No events were held in this period.", "/schedule"),
        ("/reports", "No action items were assigned", "/action-items"),
        ("/reports/rows?period=2026-H2&part=dates&of=held", "This number is now 0", "/reports?period=2026-H2"),
        ("/settings", "You don’t have a calendar feed yet.", "/subscriptions"),
        ("/settings", "You have no saved filters.", "/calendar"),
        ("/audit?what=messages", "No entries match.", "/audit"),
    ],
)
async def test_an_empty_page_says_what_is_missing_and_offers_the_next_step(
    first: Viewer, path: str, missing: str, step: str
) -> None:
    with standing() as app:
        main = (await Browser(app, await session_of(first, NOW)).get(path)).text.partition("<main")[2]
    assert missing in main
    assert f'href="{step}"' in main.partition(missing)[2] or f'href="{step}"' in main.partition(missing)[0][-400:]
