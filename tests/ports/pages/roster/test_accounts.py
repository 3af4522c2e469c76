"""Accounts on pages: invitations, further addresses, and people whose emails come back."""

import html
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from litestar import Litestar

from tests.cast import NOW, Cast
from tests.ports.browser import Browser, session_of
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import form_with
from tests.usecases.identity.world import PASSWORD, give_password, hash_cheaply
from tests.usecases.intake.returned import pause_emails, send_invitations, take_bounce
from tracker import clock
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.viewers import BY_COMMAND
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.roster import EmailAlias, Member
from tracker.usecases.calendars import subscriptions
from tracker.usecases.identity import sign_in
from tracker.usecases.identity.sign_in import issue_reset_link
from tracker.usecases.roster import known_people

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
    form = form_with(page, path, password=NEW, repeated=NEW)
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
    form = form_with(html.unescape((await browser.get(path)).text), path, password=password, repeated=repeated)
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
    response = await manager.post(f"{person}/access/shutdown", form_with(page, f"{person}/access/shutdown"))
    assert (response.status_code, response.headers["location"]) == (303, f"{person}/access")


async def test_the_access_of_a_coordinator_is_not_ended_by_an_administrator(
    manager: Browser, sqlite_cast: Cast
) -> None:
    address = f"/people/{sqlite_cast.coordinator.member_id}/access"
    response = await manager.get(f"{address}/lost-device")
    assert (response.status_code, response.headers["location"]) == (303, address)


async def test_an_older_session_proves_first_who_it_is(manager: Browser, detective) -> None:
    await manager.form_token()
    clock.start_at(NOW + timedelta(minutes=16), is_still=True)
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
async def test_everyone_else_finds_the_page_of_no_one(browse: SignIn, sqlite_cast: Cast, detective, who: str) -> None:
    browser = await browse(sqlite_cast.members[who])
    there = await browser.get(f"/people/{detective.member_id}/access")
    nowhere = await browser.get(f"/people/{uuid4()}/access")
    assert (there.status_code, there.content) == (404, nowhere.content)
    assert (await browser.post(f"/people/{detective.member_id}/access/reset-link")).status_code == 404


PATH = "/people/invitations"


@pytest.fixture
async def administrator_desk(sqlite_cast: Cast, browse: SignIn) -> Browser:
    """The administrator's browser."""
    return await browse(sqlite_cast.administrator)


async def test_no_one_is_checked_and_people_who_are_checked_get_an_email(
    sqlite_cast: Cast, administrator_desk: Browser
) -> None:
    chosen = [sqlite_cast.fbi_lead.member_id, sqlite_cast.caht_lead.member_id]
    page = (await administrator_desk.get(PATH)).text
    assert "person" not in form_with(page, PATH)
    response = await administrator_desk.post(PATH, form_with(page, PATH, person=chosen))
    assert (response.status_code, response.headers["location"]) == (303, PATH)
    assert set(await Message.select(Message.recipient).output(as_list=True)) == set(chosen)
    page = (await administrator_desk.get(PATH)).text
    assert "2 invitations are on the way by email. A link works once, until Tue, Dec 22." in page
    assert page.count("Waiting") == 2


async def test_an_invitation_to_a_paused_address_is_not_said_to_be_on_the_way(
    sqlite_cast: Cast, administrator_desk: Browser
) -> None:
    await pause_emails(sqlite_cast, sqlite_cast.fbi_lead)
    assert "Sending to this address is paused" in (await administrator_desk.get(PATH)).text
    both = [sqlite_cast.fbi_lead.member_id, sqlite_cast.caht_lead.member_id]
    await administrator_desk.post(PATH, {"person": list(map(str, both))})
    page = (await administrator_desk.get(PATH)).text
    assert "1 invitation is on the way by email." in page
    assert "1 invitation wasn’t sent because sending to that address is paused." in page


async def test_all_are_invited_by_one_button_which_says_how_many(
    sqlite_cast: Cast, administrator_desk: Browser
) -> None:
    page = (await administrator_desk.get(PATH)).text
    assert "Invite all 12" in page
    await administrator_desk.post(PATH, {"everybody": "yes"})
    assert await Message.count() == 12


async def test_no_one_ticked_is_said_on_top_and_no_one_is_invited(administrator_desk: Browser) -> None:
    response = await administrator_desk.post(PATH, {})
    assert response.status_code == 422
    assert '<a href="#f-person">Choose at least one person.</a>' in response.text
    assert await Message.count() == 0


async def test_an_old_proof_invites_no_one(administrator_desk: Browser) -> None:
    await administrator_desk.form_token()
    clock.start_at(NOW + timedelta(minutes=15), is_still=True)
    response = await administrator_desk.post(PATH, {"everybody": "yes"})
    assert response.headers["location"] == f"/sign-in/again?next={PATH}"
    assert await Message.count() == 0


async def test_when_everyone_has_signed_in_the_page_says_so(sqlite_cast: Cast, administrator_desk: Browser) -> None:
    for member in sqlite_cast.members.values():
        if member is not sqlite_cast.administrator:
            await session_of(member, NOW)
    assert "No one is left to invite" in (await administrator_desk.get(PATH)).text


async def test_anyone_who_keeps_no_accounts_has_no_such_page(sqlite_cast: Cast, browse: SignIn) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    assert (await lead.get(PATH)).status_code == 403
    assert (await lead.post(PATH, {"everybody": "yes"})).status_code == 403


MARK = re.compile(r'name="_draft" value="[^"]*"')
ADDRESS = "ipd.liaison+cal@ipd.example"


@pytest.fixture
async def liaison_browser(browse: SignIn, sqlite_cast: Cast) -> Browser:
    return await browse(sqlite_cast.ipd_liaison)


async def add(browser: Browser, address: str) -> str:
    """Add an address, and return the page that follows."""
    answer = await browser.post("/settings/addresses", {"address": address})
    return (await browser.get("/settings")).text if answer.status_code == 303 else answer.text


async def link_of_alias(app: Litestar) -> str:
    [row] = await EmailAlias.select(EmailAlias.id).where(EmailAlias.removed_at.is_null())
    return f"/e/{app.state.links.address(row['id'])}"


async def test_an_address_is_confirmed_by_a_press_and_not_by_a_scanner(
    app: Litestar, liaison_browser: Browser, browse: SignIn
) -> None:
    assert "Not confirmed yet" in await add(liaison_browser, ADDRESS.upper())
    stranger, link = await browse(None), await link_of_alias(app)
    assert "Confirm this address?" in (await stranger.get(link)).text
    await stranger.send("HEAD", link)
    assert "Not confirmed yet" in (await liaison_browser.get("/settings")).text
    await stranger.send("POST", link)
    assert "Address confirmed" in (await stranger.get(link)).text
    assert "Confirmed</span>" in (await liaison_browser.get("/settings")).text


async def test_adding_an_address_again_says_that_the_earlier_link_no_longer_works(
    app: Litestar, liaison_browser: Browser, browse: SignIn
) -> None:
    replaced = "Any link we sent there earlier no longer works."
    assert replaced not in await add(liaison_browser, ADDRESS)
    first = await link_of_alias(app)
    assert replaced in await add(liaison_browser, ADDRESS)
    over = await (await browse(None)).get(first)
    assert (over.status_code, "If you have a newer email, use the link in it." in " ".join(over.text.split())) == (
        404,
        True,
    )


async def test_settings_promise_no_single_email_to_an_address_that_can_get_several(liaison_browser: Browser) -> None:
    page = " ".join((await liaison_browser.get("/settings")).text.split())
    assert "We email it only links to confirm it." in page
    assert "only once" not in page


async def test_an_address_of_someone_else_gets_the_same_answer(liaison_browser: Browser, sqlite_cast: Cast) -> None:
    pages = []
    for address in ("new1@fbi.example", sqlite_cast.fbi_lead.email):
        page = await add(liaison_browser, address)
        [row] = await EmailAlias.select(EmailAlias.id)
        alike = page.replace(address, "ADDRESS").replace(str(row["id"]), "ID")
        pages.append(MARK.sub("", alike))  # of the draft of the profile, drawn by chance
        await EmailAlias.delete(force=True)
    assert "we’ve sent a link there" in pages[0]
    assert pages[0] == pages[1]


async def test_a_wrong_address_is_shown_again_with_what_is_wrong(liaison_browser: Browser) -> None:
    page = await add(liaison_browser, "no address")
    assert ('value="no address"' in page, "Enter an email address like" in page) == (True, True)


async def test_links_that_confirm_nothing_all_look_alike(
    app: Litestar, liaison_browser: Browser, browse: SignIn
) -> None:
    await add(liaison_browser, ADDRESS)
    stranger, link, links = await browse(None), await link_of_alias(app), app.state.links
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


@pytest.fixture
def cast(sqlite_cast: Cast) -> Cast:
    return sqlite_cast


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


async def test_one_email_that_came_back_is_said_with_what_to_do(cast: Cast, browse: SignIn) -> None:
    who = cast.kcpd_detective
    [message_id] = await send_invitations(cast, who)
    await take_bounce(message_id)
    page = (await (await browse(cast.coordinator)).get(f"/people/{who.member_id}")).text
    assert "1 email to kcpd_detective@kcpd.example couldn’t be delivered on" in words(page)
    assert "The address doesn’t exist. Ask for the right address, and correct it." in words(page)
    assert f'href="/messages/{message_id}"' in page
    assert "Resume sending" not in page


async def test_an_administrator_resumes_sending_and_home_no_longer_names_the_person(cast: Cast, browse: SignIn) -> None:
    who, browser = cast.kcpd_detective, await browse(cast.administrator)
    await pause_emails(cast, who)
    assert "Email to 1 person can’t be delivered" in words((await browser.get("/")).text)
    assert "Email to 1 person can't be delivered." in words((await browser.get("/admin/health")).text)
    page = (await browser.get(f"/people/{who.member_id}")).text
    assert "/messages/" not in page.partition("<main")[2].partition("</main>")[0]
    done = await browser.post(f"/people/{who.member_id}/sending", {})
    assert done.headers["location"] == f"/people/{who.member_id}"
    assert "Resume sending" not in (await browser.get(f"/people/{who.member_id}")).text
    assert "can’t be delivered" not in (await browser.get("/")).text


async def test_others_see_nothing_of_it_and_can_change_nothing(cast: Cast, browse: SignIn) -> None:
    who, browser = cast.kcpd_detective, await browse(cast.kcpd_alternate)
    before = (await browser.get(f"/people/{who.member_id}")).text
    await pause_emails(cast, who)
    after = (await browser.get(f"/people/{who.member_id}")).text
    assert words(after) == words(before)
    assert (await browser.post(f"/people/{who.member_id}/sending", {})).status_code == 404
    assert (
        "Ask a coordinator to correct your address" in (await (await browse(who)).get(f"/people/{who.member_id}")).text
    )


async def test_messages_says_that_an_email_came_back_and_leads_to_the_address(cast: Cast, browse: SignIn) -> None:
    [message_id] = await send_invitations(cast, cast.kcpd_detective)
    await take_bounce(message_id)
    page = (await (await browse(cast.coordinator)).get(f"/messages/{message_id}")).text
    assert "Failed, undeliverable · 550 5.1.1 User unknown" in words(page)
    assert "This email couldn’t be delivered." in words(page)
    assert f'href="/people/{cast.kcpd_detective.member_id}"' in page


@pytest.mark.parametrize("reader", ["coordinator", "administrator"])
async def test_an_email_about_an_operation_that_came_back_says_nothing_of_the_operation(
    cast: Cast, browse: SignIn, reader: str
) -> None:
    who, browser = cast.kcpd_detective, await browse(cast.members[reader])
    [secret] = await send_invitations(cast, who, is_secret=True)
    await take_bounce(secret)
    pages = ("/", f"/people/{who.member_id}", "/messages", f"/messages?person={who.member_id}", "/admin/health")
    texts = {path: (await browser.get(path)).text for path in pages}
    assert "couldn’t be delivered on" in words(texts[f"/people/{who.member_id}"])
    assert {path for path, text in texts.items() if "Bluestem" in text or str(secret) in text} == set()
    assert {path for path, text in texts.items() if "550 5.1.1" in text} == set()
