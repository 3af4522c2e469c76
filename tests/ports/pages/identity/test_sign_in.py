"""Signing in on pages, in the demo too, and personal tokens."""

import html
import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, Protocol

import httpx
import pytest
from litestar import Litestar

from tests.cast import NOW, PROGRAM, Cast
from tests.ports.browser import Browser, app_settings, session_of
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import form_with
from tests.ports.pages.identity.world import ACKNOWLEDGED, SHOWN_SECRET, enroll_in_browser, send_form
from tests.ports.standing import standing
from tests.usecases.identity.world import PASSWORD, App, give_password, hash_cheaply
from tracker import clock
from tracker.app import create_app
from tracker.errors import Invalid
from tracker.rules.core.viewers import PROOF_HOLDS, Origin, Status, Viewer
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.identity import FailedAttempt, Session
from tracker.tables.schema.roster import Member
from tracker.usecases.identity import credentials, sessions, sign_in, sign_in_attempts
from tracker.usecases.identity.credentials import Argon2, Hashing
from tracker.usecases.identity.sign_in import issue_link
from tracker.usecases.identity.sign_in_attempts import SignInArrival


@pytest.fixture
async def detective(sqlite_cast: Cast) -> Viewer:
    """A member with a password and no authenticator app yet."""
    hash_cheaply()
    await give_password(sqlite_cast.kcpd_detective)
    return sqlite_cast.kcpd_detective


@pytest.fixture
async def browser(browse: SignIn, detective: Viewer) -> Browser:
    return await browse(None)


# The notice and the password --------------------------------------------------------------------------------------


async def test_the_page_shows_the_four_statements_and_a_box_that_must_be_ticked(browser: Browser) -> None:
    page = (await browser.get("/sign-in")).text
    statements = (
        "authorized use by task force members only",
        "monitored, recorded and audited",
        "criminal and civil penalties",
        "you consent to monitoring",
    )
    assert all(statement in page for statement in statements)
    assert re.search(r'<input[^>]*type="checkbox"[^>]*name="ack"[^>]*required', page)


async def test_a_deployment_has_a_notice_of_its_own(sqlite_cast: Cast) -> None:
    notice = "This is a system of <Agency>.\n\nUse is recorded.\nMisuse is punished.\nUse is consent.\n"
    page = (await Browser(create_app(app_settings(notice=notice))).get("/sign-in")).text
    assert "<p>This is a system of &lt;Agency&gt;.</p>" in page
    assert re.findall(r"<li>(.*?)</li>", page) == ["Use is recorded.", "Misuse is punished.", "Use is consent."]
    assert "authorized use by task force members only" not in page


async def test_without_the_tick_no_one_signs_in_and_the_address_stays(browser: Browser, detective: Viewer) -> None:
    response = await send_form(browser, "/sign-in", "/sign-in", email=detective.email, password=PASSWORD)
    assert response.status_code == 422
    assert "confirm that you agree" in response.text
    assert f'value="{detective.email}"' in response.text
    assert await FailedAttempt.count() == 0


async def test_a_network_of_too_many_attempts_reads_when_to_come_again(browser: Browser, detective: Viewer) -> None:
    there = SignInArrival(origin=Origin(address="192.0.2.7"))
    for number in range(50):
        with pytest.raises(Invalid):
            await sign_in.sign_in(f"person{number}@nowhere.example", "Summer of 2026!", NOW, there)
    response = await send_form(browser, "/sign-in", "/sign-in", email=detective.email, **ACKNOWLEDGED)
    assert (response.status_code, response.headers["retry-after"]) == (429, "900")
    assert sign_in_attempts.FROM_THERE in html.unescape(response.text)
    assert f'value="{detective.email}"' in response.text


async def test_what_is_missing_is_said_at_each_field(browser: Browser) -> None:
    response = await send_form(browser, "/sign-in", "/sign-in")
    assert response.status_code == 422
    assert "Enter your work email." in response.text
    assert "Enter your password." in response.text


async def test_wrong_unknown_suspended_and_paused_get_the_same_page(
    app: Litestar, sqlite_cast: Cast, detective: Viewer
) -> None:
    await give_password(sqlite_cast.fbi_lead)
    await give_password(sqlite_cast.hsi_liaison)
    await Member.update({Member.status: "suspended"}).where(Member.id == sqlite_cast.fbi_lead.member_id)
    await Member.update({Member.locked_at: NOW}).where(Member.id == sqlite_cast.hsi_liaison.member_id)
    tries = (
        (detective.email, "not the password of anybody"),
        ("nobody@nowhere.example", PASSWORD),
        (sqlite_cast.fbi_lead.email, PASSWORD),
        (sqlite_cast.hsi_liaison.email, PASSWORD),
        (detective.email, "x" * 5_000),
    )
    pages = set()
    for email, password in tries:
        response = await send_form(Browser(app), "/sign-in", "/sign-in", email=email, ack="yes", password=password)
        shown = re.sub(r'name="_csrf" value="[^"]+"', "", response.text).replace(email, "")
        pages.add((response.status_code, shown, response.headers["content-type"]))
    assert len(pages) == 1
    assert next(iter(pages))[0] == 422


async def test_a_password_is_never_sent_back(browser: Browser, detective: Viewer) -> None:
    response = await send_form(
        browser, "/sign-in", "/sign-in", email=detective.email, ack="yes", password="typed words"
    )
    assert "typed words" not in response.text


async def test_when_too_many_sign_in_the_page_says_so_and_keeps_the_address(
    browser: Browser, detective: Viewer
) -> None:
    credentials.use_hashing(Hashing(Argon2(memory=64, rounds=1), threads=1, waiting=-1))
    response = await send_form(browser, "/sign-in", "/sign-in", email=detective.email, **ACKNOWLEDGED)
    hash_cheaply()
    assert (response.status_code, response.headers["retry-after"]) == (503, "60")
    assert detective.email in response.text
    assert "Try again in a minute" in response.text


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "\x00", "password": "\x00", "ack": "yes"},
        {"email": "é" * 400, "password": "é" * 4_000, "ack": "yes"},
        {"email": ["a@b.example", "c@d.example"], "password": "x", "ack": ["yes", "no"]},
        {"email": "' OR 1=1 --", "password": "x", "ack": "yes", "next": "//evil.example"},
    ],
)
async def test_odd_input_is_an_ordinary_failure(browser: Browser, fields: dict[str, Any]) -> None:
    assert (await send_form(browser, "/sign-in", "/sign-in", **fields)).status_code == 422


# The token of a form without a session ----------------------------------------------------------------------------


async def test_the_form_of_another_browser_is_refused_and_can_be_sent_again(
    app: Litestar, browser: Browser, detective: Viewer
) -> None:
    form = form_with(
        html.unescape((await browser.get("/sign-in")).text), "/sign-in", email=detective.email, **ACKNOWLEDGED
    )
    other = Browser(app)
    response = await other.send("POST", "/sign-in", data=form)
    assert response.status_code == 403
    again = form_with(html.unescape(response.text), "/sign-in", **ACKNOWLEDGED)
    assert (await other.send("POST", "/sign-in", data=again)).status_code == 303


@pytest.mark.parametrize("cookie", ["", "bogus", "a.b.c", "%00", "9" * 400])
async def test_a_bogus_cookie_of_the_form_is_replaced(browser: Browser, cookie: str) -> None:
    response = await browser.get("/sign-in", headers={"Cookie": f"sign-in={cookie}"})
    assert response.status_code == 200
    assert response.headers["set-cookie"].startswith("sign-in=")


async def test_a_good_cookie_of_the_form_is_kept_so_that_two_tabs_work(browser: Browser) -> None:
    await browser.get("/sign-in")
    assert "set-cookie" not in (await browser.get("/sign-in")).headers


async def test_a_page_that_was_open_for_hours_keeps_the_address_and_works_the_second_time(
    browser: Browser, detective: Viewer
) -> None:
    form = form_with(
        html.unescape((await browser.get("/sign-in")).text), "/sign-in", email=detective.email, **ACKNOWLEDGED
    )
    clock.start_at(NOW + timedelta(hours=3), is_still=True)
    response = await browser.send("POST", "/sign-in", data=form)
    assert (response.status_code, detective.email in response.text) == (403, True)
    again = form_with(html.unescape(response.text), "/sign-in", **ACKNOWLEDGED)
    assert (await browser.send("POST", "/sign-in", data=again)).status_code == 303


# The code ---------------------------------------------------------------------------------------------------------


async def test_a_first_sign_in_sets_up_the_app_and_opens_a_session(browser: Browser, detective: Viewer) -> None:
    await enroll_in_browser(browser, detective)
    page = await browser.get("/action-items")
    assert page.status_code == 200
    assert detective.name in page.text


async def test_the_right_password_alone_opens_only_the_set_up(browser: Browser, detective: Viewer) -> None:
    response = await send_form(browser, "/sign-in", "/sign-in", email=detective.email, **ACKNOWLEDGED)
    assert response.headers["location"] == "/sign-in/enrollment"
    for path in ("/", "/calendar", "/action-items", "/subscriptions", "/password", "/sign-in/again"):
        assert (await browser.get(path)).status_code == 303
    assert await Session.count() == 0


async def test_the_set_up_shows_a_picture_and_a_key_and_keeps_both_after_a_typing_mistake(
    browser: Browser, detective: Viewer
) -> None:
    await send_form(browser, "/sign-in", "/sign-in", email=detective.email, **ACKNOWLEDGED)
    page = html.unescape((await browser.get("/sign-in/enrollment")).text)
    form = form_with(page, "/sign-in/enrollment", code="000000")
    response = await browser.send("POST", "/sign-in/enrollment", data=form)
    assert response.status_code == 422
    assert 'aria-label="QR code for your authenticator app"' in page
    assert SHOWN_SECRET.search(html.unescape(response.text))[1] == SHOWN_SECRET.search(page)[1]  # type: ignore[index]  # both show it


async def test_a_changed_secret_is_not_taken(browser: Browser, detective: Viewer) -> None:
    await send_form(browser, "/sign-in", "/sign-in", email=detective.email, **ACKNOWLEDGED)
    form = form_with(
        html.unescape((await browser.get("/sign-in/enrollment")).text), "/sign-in/enrollment", code="000000"
    )
    for sealed in ("", "x", "é" * 100):
        response = await browser.send("POST", "/sign-in/enrollment", data=form | {"sealed": [sealed]})
        assert response.status_code == 403
    assert await Session.count() == 0


async def test_the_second_sign_in_asks_for_the_code_and_leads_where_one_wanted(
    app: Litestar, browser: Browser, detective: Viewer
) -> None:
    phone = await enroll_in_browser(browser, detective)
    clock.start_at(NOW + timedelta(minutes=5), is_still=True)
    other = Browser(app)
    wanted = (await other.get("/calendar?month=2027-01")).headers["location"]
    response = await send_form(other, wanted, "/sign-in", email=detective.email, **ACKNOWLEDGED)
    assert response.headers["location"].startswith("/sign-in/code?next=")
    response = await send_form(other, response.headers["location"], "/sign-in/code", code=phone.code(clock.now()))
    assert (response.status_code, response.headers["location"]) == (303, "/calendar?month=2027-01")
    assert (await other.get("/calendar?month=2027-01")).status_code == 200


async def test_a_wrong_code_says_how_many_attempts_are_left_and_then_pauses(
    app: Litestar, browser: Browser, detective: Viewer
) -> None:
    await enroll_in_browser(browser, detective)
    other = Browser(app)
    await send_form(other, "/sign-in", "/sign-in", email=detective.email, **ACKNOWLEDGED)
    for left in ("4 attempts", "3 attempts", "2 attempts", "1 attempt"):
        response = await send_form(other, "/sign-in/code", "/sign-in/code", code="000000")
        assert (response.status_code, f"{left} left" in response.text) == (422, True)
    response = await send_form(other, "/sign-in/code", "/sign-in/code", code="000000")
    assert (response.status_code, response.headers["retry-after"]) == (429, "900")
    assert "paused for 15 minutes" in response.text
    assert await Session.count() == 1


async def test_a_recovery_code_signs_in_and_says_how_many_are_left(
    app: Litestar, browser: Browser, detective: Viewer
) -> None:
    await send_form(browser, "/sign-in", "/sign-in", email=detective.email, **ACKNOWLEDGED)
    page = html.unescape((await browser.get("/sign-in/enrollment")).text)
    code = App(SHOWN_SECRET.search(page)[1].replace(" ", "")).code(NOW)  # type: ignore[index]  # the page has it
    done = await browser.send("POST", "/sign-in/enrollment", data=form_with(page, "/sign-in/enrollment", code=code))
    saved = re.findall(r"<li>([A-Z2-7-]{19})</li>", done.text)
    other = Browser(app)
    await send_form(other, "/sign-in?next=/calendar", "/sign-in", email=detective.email, **ACKNOWLEDGED)
    page = (await other.get("/sign-in/code?next=/calendar")).text
    assert 'href="/sign-in/recovery?next=/calendar"' in page
    assert re.search(r'<input[^>]* name="code"[^>]* autofocus', page)
    path = "/sign-in/recovery?next=/calendar"
    response = await send_form(other, path, "/sign-in/recovery", code=saved[0].lower())
    assert (response.status_code, response.headers["location"]) == (303, "/calendar")
    assert "You used a recovery code. You have 9 codes left." in (await other.get("/calendar")).text
    again = Browser(app)
    await send_form(again, "/sign-in", "/sign-in", email=detective.email, **ACKNOWLEDGED)
    refused = await send_form(again, "/sign-in/recovery", "/sign-in/recovery", code=saved[0])
    assert (refused.status_code, "4 attempts left" in refused.text) == (422, True)


@pytest.mark.parametrize("path", ["/sign-in/code", "/sign-in/enrollment", "/sign-in/recovery"])
@pytest.mark.parametrize("cookie", ["", "challenge=bogus", "challenge=%00"])
async def test_without_the_first_proof_the_second_step_leads_back(browser: Browser, path: str, cookie: str) -> None:
    response = await browser.get(path, headers={"Cookie": cookie} if cookie else {})
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in")


async def test_a_sign_in_gives_a_new_session_and_ends_the_one_before(browser: Browser, detective: Viewer) -> None:
    phone = await enroll_in_browser(browser, detective)
    before = await Session.select(Session.id)
    clock.start_at(NOW + timedelta(minutes=5), is_still=True)
    await send_form(browser, "/sign-in", "/sign-in", email=detective.email, **ACKNOWLEDGED)
    await send_form(browser, "/sign-in/code", "/sign-in/code", code=phone.code(clock.now()))
    after = await Session.select(Session.id)
    assert len(after) == 1
    assert after != before


async def test_the_cookie_of_a_session_is_bound_to_https_and_this_host(sqlite_cast: Cast) -> None:
    token = await issue_link(sqlite_cast.fbi_lead.member_id, clock.now())
    app = create_app(app_settings(base_url="https://tracker.test", is_demo=True))
    browser = Browser(app)
    page = await browser.get(f"/sign-in/link/{token}")
    nonce = page.headers["set-cookie"].split(";")[0]
    form = form_with(html.unescape(page.text), f"/sign-in/link/{token}")
    response = await browser.send("POST", f"/sign-in/link/{token}", data=form, headers={"Cookie": nonce})
    session = next(one for one in response.headers.get_list("set-cookie") if one.startswith("__Host-session="))
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(session.split("; "))
    assert "Domain" not in session


# Links ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def demo_app(app: Litestar) -> Iterator[Litestar]:
    """The application as a demo: its links open at once."""
    with standing(is_demo=True) as demo:
        yield demo


async def test_looking_at_a_link_changes_nothing_and_its_button_signs_in_once(
    demo_app: Litestar, sqlite_cast: Cast
) -> None:
    path = f"/sign-in/link/{await issue_link(sqlite_cast.caht_lead.member_id, clock.now())}"
    scanner, browser = Browser(demo_app), Browser(demo_app)
    for method in ("GET", "HEAD", "OPTIONS") * 3:
        assert (await scanner.send(method, path)).status_code in (200, 204)
    response = await send_form(browser, path, path)
    assert (response.status_code, response.headers["location"]) == (303, "/")
    assert sqlite_cast.caht_lead.name in (await browser.get("/action-items")).text
    assert (await scanner.get(path)).status_code == 410


async def test_a_link_that_is_over_was_used_or_never_made_gets_the_same_page(
    demo_app: Litestar, sqlite_cast: Cast
) -> None:
    over = await issue_link(sqlite_cast.caht_lead.member_id, clock.now(), timedelta(0))
    browser = Browser(demo_app)
    responses = [await browser.get(f"/sign-in/link/{token}") for token in (over, "made-up", "%00", "é" * 100)]
    assert {(one.status_code, one.text) for one in responses[:2]} == {(410, responses[0].text)}
    assert all(one.status_code in (404, 410) for one in responses)


async def test_outside_a_demo_a_link_leads_to_the_second_step(browser: Browser, sqlite_cast: Cast) -> None:
    path = f"/sign-in/link/{await issue_link(sqlite_cast.caht_lead.member_id, clock.now())}"
    response = await send_form(browser, path, path)
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in/enrollment")


async def test_a_first_sign_in_by_a_link_ends_with_a_password_that_opens_the_next(
    app: Litestar, browser: Browser, sqlite_cast: Cast
) -> None:
    path = f"/sign-in/link/{await issue_link(sqlite_cast.caht_lead.member_id, clock.now())}"
    await send_form(browser, path, path)
    page = html.unescape((await browser.get("/sign-in/enrollment?next=/calendar")).text)
    code = App(SHOWN_SECRET.search(page)[1].replace(" ", "")).code(NOW)  # type: ignore[index]  # the page has it
    codes = await browser.send("POST", "/sign-in/enrollment", data=form_with(page, "/sign-in/enrollment", code=code))
    assert "Next, choose the password" in codes.text
    onward = re.search(r'<a class="usa-button" href="([^"]*)">I saved my codes', codes.text)
    assert onward is not None
    assert onward[1] == "/password?next=/calendar"
    response = await send_form(browser, onward[1], "/password", password=PASSWORD, repeated=PASSWORD)
    assert (response.status_code, response.headers["location"]) == (303, "/calendar")
    assert "Password set." in (await browser.get("/calendar")).text
    again = await send_form(Browser(app), "/sign-in", "/sign-in", email=sqlite_cast.caht_lead.email, **ACKNOWLEDGED)
    assert (again.status_code, again.headers["location"]) == (303, "/sign-in/code")


async def test_a_link_that_another_site_sends_is_not_used(demo_app: Litestar, sqlite_cast: Cast) -> None:
    path = f"/sign-in/link/{await issue_link(sqlite_cast.caht_lead.member_id, clock.now())}"
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert (await Browser(demo_app).send("POST", path, data={}, headers=foreign)).status_code == 403
    assert (await Browser(demo_app).send("POST", path, data={})).status_code == 403
    assert await Session.count() == 0


# With a session ---------------------------------------------------------------------------------------------------


async def test_signing_out_ends_the_session_and_says_so(browse: SignIn, sqlite_cast: Cast) -> None:
    browser = await browse(sqlite_cast.fbi_lead)
    response = await browser.post("/sign-out")
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in")
    assert response.headers["clear-site-data"] == '"storage"'
    assert await Session.count() == 0
    page = await browser.get("/sign-in")
    assert "You’re signed out." in page.text
    assert "You’re signed out." not in (await browser.get("/sign-in")).text


async def test_a_fresh_session_may_choose_a_password(browse: SignIn, sqlite_cast: Cast) -> None:
    hash_cheaply()
    browser = await browse(sqlite_cast.fbi_lead)
    other = await browse(sqlite_cast.fbi_lead)
    response = await browser.post("/password", {"password": PASSWORD, "repeated": PASSWORD})
    assert response.status_code == 303
    assert "Password set." in (await browser.get("/action-items")).text
    assert (await other.get("/action-items")).status_code == 303


@pytest.mark.parametrize(
    ("password", "repeated", "sentence"),
    [
        ("short", "short", "at least 15 characters"),
        ("humantrafficking1", "humantrafficking1", "easy to guess"),
        (PASSWORD, PASSWORD + "x", "The passwords don’t match."),
        ("", "", "at least 15 characters"),
    ],
)
async def test_a_password_that_cannot_be_taken_is_refused_with_the_reason(
    browse: SignIn, sqlite_cast: Cast, password: str, repeated: str, sentence: str
) -> None:
    browser = await browse(sqlite_cast.fbi_lead)
    response = await browser.post("/password", {"password": password, "repeated": repeated})
    assert (response.status_code, sentence in response.text) == (422, True)


async def test_an_older_session_must_prove_again_before_a_new_password(browser: Browser, detective: Viewer) -> None:
    phone = await enroll_in_browser(browser, detective)
    clock.start_at(NOW + timedelta(minutes=16), is_still=True)
    response = await browser.get("/password")
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in/again?next=/password")
    wrong = await send_form(browser, "/sign-in/again?next=/password", "/sign-in/again", proof="000000")
    assert (wrong.status_code, "4 attempts left" in wrong.text) == (422, True)
    right = await send_form(browser, "/sign-in/again?next=/password", "/sign-in/again", proof=phone.code(clock.now()))
    assert (right.status_code, right.headers["location"]) == (303, "/password")
    assert (await browser.get("/password")).status_code == 200


async def test_an_older_session_sets_no_password(browse: SignIn, sqlite_cast: Cast) -> None:
    browser = await browse(sqlite_cast.fbi_lead)
    await browser.form_token()
    clock.start_at(NOW + timedelta(minutes=16), is_still=True)
    response = await browser.post("/password", {"password": PASSWORD, "repeated": PASSWORD})
    assert response.headers["location"] == "/sign-in/again?next=/password"


async def test_who_has_nothing_to_prove_with_reads_what_to_do(browse: SignIn, sqlite_cast: Cast) -> None:
    page = await (await browse(sqlite_cast.fbi_lead)).get("/sign-in/again")
    assert "sign in with a new link" in page.text


async def test_in_a_demo_a_press_proves_who_has_nothing_else(demo_app: Litestar, sqlite_cast: Cast) -> None:
    browser = Browser(demo_app, await session_of(sqlite_cast.coordinator, NOW))
    clock.start_at(NOW + timedelta(minutes=16), is_still=True)
    path = (await browser.get("/people/new")).headers["location"]
    assert "Confirm (demo)" in (await browser.get(path)).text
    response = await send_form(browser, path, "/sign-in/again")
    assert (response.status_code, response.headers["location"]) == (303, "/people/new")
    assert (await browser.get("/people/new")).status_code == 200


async def test_in_a_demo_too_who_has_a_password_proves_by_it(demo_app: Litestar, detective: Viewer) -> None:
    browser = Browser(demo_app, await session_of(detective, NOW))
    clock.start_at(NOW + timedelta(minutes=16), is_still=True)
    assert "Confirm (demo)" not in (await browser.get("/sign-in/again")).text
    assert (await send_form(browser, "/sign-in/again", "/sign-in/again", proof="")).status_code == 422
    assert (await browser.get("/password")).status_code == 303


async def test_outside_a_demo_a_press_proves_nothing(browse: SignIn, sqlite_cast: Cast) -> None:
    browser = await browse(sqlite_cast.coordinator)
    await browser.form_token()
    clock.start_at(NOW + timedelta(minutes=16), is_still=True)
    assert "Confirm (demo)" not in (await browser.get("/sign-in/again")).text
    assert (await browser.post("/sign-in/again", {"next": "/people/new"})).status_code == 403
    assert (await browser.get("/people/new")).status_code == 303


async def test_a_sentence_that_others_put_into_the_cookie_is_not_shown(browse: SignIn, sqlite_cast: Cast) -> None:
    browser = await browse(sqlite_cast.fbi_lead)
    session = browser.cookies["session"]
    page = await browser.get("/action-items", headers={"Cookie": f"session={session}; flash={'A' * 43}.Call%20now"})
    assert "Call now" not in page.text


PATH = "/demo/sign-in"
HERE = "http://127.0.0.1:8000"
FORM_TOKEN = re.compile(r'name="_csrf" value="([^"]+)"')
PASSED_ON = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")


class Visit(Protocol):
    """Gives a stranger before a demo that offers the coordinator and an advocate."""

    def __call__(self, address: str = "127.0.0.1", base: str = HERE, **facts: Any) -> Browser: ...


@pytest.fixture
def demo_visitor(sqlite_cast: Cast) -> Iterator[Visit]:
    offered = f"{sqlite_cast.coordinator.email} {sqlite_cast.harbor_advocate.email}"
    with ExitStack() as stack:

        def visit(address: str = "127.0.0.1", base: str = HERE, **facts: Any) -> Browser:
            app = stack.enter_context(standing(base_url=base, personas=offered, **facts))
            return Browser(app, address=address, base=base)

        yield visit


async def press_person(browser: Browser, email: str, **more: Any) -> httpx.Response:
    """Press a person's button on the sign-in page."""
    token = FORM_TOKEN.search((await browser.get("/sign-in?next=/calendar")).text)
    assert token is not None
    return await browser.post(PATH, {"_csrf": token[1], "persona": email, "next": "/calendar"}, **more)


async def test_one_press_signs_in_as_a_person_of_the_demo_and_leads_on(sqlite_cast: Cast, demo_visitor: Visit) -> None:
    browser = demo_visitor(is_demo=True)
    page = (await browser.get("/sign-in")).text
    assert [name in page for name in ("Choose a person", sqlite_cast.coordinator.name)] == [True, True]
    response = await press_person(browser, sqlite_cast.harbor_advocate.email)
    assert (response.status_code, response.headers["location"]) == (303, "/calendar")
    assert sqlite_cast.harbor_advocate.name in (await browser.get("/calendar")).text
    assert "Administrator" not in page


async def test_a_press_on_another_person_takes_the_place_of_the_one_before(
    sqlite_cast: Cast, demo_visitor: Visit
) -> None:
    browser = demo_visitor(is_demo=True)
    await press_person(browser, sqlite_cast.harbor_advocate.email)
    await press_person(browser, sqlite_cast.coordinator.email)
    assert await Session.select(Session.member).output(as_list=True) == [sqlite_cast.coordinator.member_id]


async def test_the_audit_log_says_that_a_person_was_chosen(sqlite_cast: Cast, demo_visitor: Visit) -> None:
    await press_person(demo_visitor(is_demo=True), sqlite_cast.coordinator.email)
    entry = await AuditEntry.select(AuditEntry.verb, AuditEntry.facts).order_by(AuditEntry.seq, ascending=False).first()
    assert entry is not None
    assert (entry["verb"], '"how": "persona"' in str(entry["facts"]).replace('":"', '": "')) == ("signed_in", True)


async def test_a_person_whom_the_demo_does_not_offer_cannot_be_chosen(sqlite_cast: Cast, demo_visitor: Visit) -> None:
    browser = demo_visitor(is_demo=True)
    assert (await press_person(browser, sqlite_cast.fbi_lead.email)).status_code == 404
    assert await Session.count() == 0


async def test_a_person_who_cannot_sign_in_is_not_offered(sqlite_cast: Cast, demo_visitor: Visit) -> None:
    browser = demo_visitor(is_demo=True)
    await Member.update({Member.status: Status.SUSPENDED}).where(Member.id == sqlite_cast.harbor_advocate.member_id)
    assert sqlite_cast.harbor_advocate.name not in (await browser.get("/sign-in")).text
    assert (await press_person(browser, sqlite_cast.harbor_advocate.email)).status_code == 403
    assert await Session.count() == 0


async def test_a_used_link_says_so_and_offers_the_people(sqlite_cast: Cast, demo_visitor: Visit) -> None:
    link = f"/sign-in/link/{await issue_link(sqlite_cast.coordinator.member_id, NOW)}"
    browser = demo_visitor(is_demo=True)
    await press_person(browser, sqlite_cast.coordinator.email)
    response = await browser.get(link)
    assert response.status_code == 410
    assert "This sign-in link was used or has expired" in response.text
    assert f'value="{sqlite_cast.harbor_advocate.email}"' in response.text


async def test_a_form_of_another_page_signs_no_one_in(sqlite_cast: Cast, demo_visitor: Visit) -> None:
    browser = demo_visitor(is_demo=True)
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert (await press_person(browser, sqlite_cast.coordinator.email, headers=foreign)).status_code == 403
    stale = await browser.post(PATH, {"_csrf": "made up", "persona": sqlite_cast.coordinator.email})
    assert (stale.status_code, "You’re not signed in" in stale.text) == (403, True)
    assert await Session.count() == 0


async def test_looking_signs_no_one_in(sqlite_cast: Cast, demo_visitor: Visit) -> None:
    browser = demo_visitor(is_demo=True)
    response = await browser.get(f"{PATH}?persona={sqlite_cast.coordinator.email}")
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in")
    assert await Session.count() == 0


async def unknown_and_ours(browser: Browser, **more: Any) -> list[tuple[int, bytes, list[tuple[str, str]]]]:
    """Return the answers to an address that leads nowhere, and to ours, by both methods."""
    statuses = []
    for path in ("/demo/nothing", PATH):
        for method in ("GET", "POST"):
            said = await browser.send(method, path, **more)
            statuses.append((said.status_code, said.content, sorted(said.headers.items())))
    return statuses


async def assert_refused(browser: Browser, sqlite_cast: Cast, **more: Any) -> None:
    """Nothing is offered, and the address answers as one that leads nowhere."""
    assert "Choose a person" not in (await browser.get("/sign-in", **more)).text
    get_nowhere, post_nowhere, get_ours, post_ours = await unknown_and_ours(browser, **more)
    assert (get_ours, post_ours) == (get_nowhere, post_nowhere)
    assert (await press_person(browser, sqlite_cast.coordinator.email, **more)).status_code >= 400
    assert await Session.count() == 0


async def test_outside_a_demo_there_is_no_such_address(sqlite_cast: Cast, demo_visitor: Visit) -> None:
    assert PATH not in {route.path for route in create_app(app_settings(personas=sqlite_cast.coordinator.email)).routes}
    await assert_refused(demo_visitor(), sqlite_cast)


@pytest.mark.parametrize("address", ["192.0.2.7", "10.0.0.1", "::ffff:192.0.2.7", "2001:db8::1", "", "testclient"])
async def test_for_another_computer_there_is_no_such_address(
    sqlite_cast: Cast, demo_visitor: Visit, address: str
) -> None:
    await assert_refused(demo_visitor(address, is_demo=True), sqlite_cast)


@pytest.mark.parametrize("header", PASSED_ON)
async def test_behind_a_web_server_there_is_no_such_address(
    sqlite_cast: Cast, demo_visitor: Visit, header: str
) -> None:
    await assert_refused(demo_visitor(is_demo=True), sqlite_cast, headers={header: "127.0.0.1"})


@pytest.mark.parametrize("base", ["https://tracker.example", "http://192.0.2.7:8000"])
async def test_a_demo_that_has_another_name_has_no_such_address(
    sqlite_cast: Cast, demo_visitor: Visit, base: str
) -> None:
    await assert_refused(demo_visitor(base=base, is_demo=True), sqlite_cast)


async def test_a_request_for_another_host_is_refused_like_any_other(sqlite_cast: Cast, demo_visitor: Visit) -> None:
    browser = demo_visitor(is_demo=True)
    nowhere, _, ours, _ = await unknown_and_ours(browser, headers={"Host": "tracker.example"})
    assert (ours, ours[0]) == (nowhere, 400)


API_TOKENS_PATH = "/settings/tokens"
SHOWN = re.compile(r'id="token" readonly value="([^"]+)"')
NEW = {"name": "Duty roster", "scopes": ["events:read", "items:read"]}


async def test_a_new_token_is_shown_once_and_works(browse: SignIn, sqlite_cast: Cast) -> None:
    browser = await browse(sqlite_cast.caht_lead)
    made = await browser.post(API_TOKENS_PATH, NEW)
    token = SHOWN.search(made.text)
    assert made.status_code == 201
    assert token
    bearer = await sessions.bearer_of(token[1], NOW, PROGRAM)
    assert bearer
    assert sorted(bearer.scopes) == NEW["scopes"]
    again = await browser.get(API_TOKENS_PATH)
    assert token[1] not in again.text
    assert "Duty roster" in again.text


async def test_without_a_new_confirmation_no_token_is_made(browse: SignIn, sqlite_cast: Cast) -> None:
    browser = await browse(sqlite_cast.caht_lead)
    await browser.form_token()
    clock.start_at(NOW + PROOF_HOLDS + timedelta(seconds=1), is_still=True)
    shown = await browser.get(API_TOKENS_PATH)
    assert "Confirm it’s you" in shown.text
    assert 'name="scopes"' not in shown.text
    response = await browser.post(API_TOKENS_PATH, NEW)
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in/again?next=/settings/tokens")
    assert await sessions.api_tokens_of(sqlite_cast.caht_lead, clock.now()) == []


@pytest.mark.parametrize("scopes", [[], ["events:delete"], ["events:read", "odd"]])
async def test_what_was_typed_stays_when_a_scope_is_missing_or_unknown(
    browse: SignIn, sqlite_cast: Cast, scopes: list[str]
) -> None:
    form = {"name": "Duty roster", "scopes": scopes}
    response = await (await browse(sqlite_cast.caht_lead)).post(API_TOKENS_PATH, form)
    assert response.status_code == 422
    assert "Choose at least one permission." in response.text
    assert 'value="Duty roster"' in response.text


async def test_a_revoked_token_is_gone_from_the_list(browse: SignIn, sqlite_cast: Cast) -> None:
    browser = await browse(sqlite_cast.caht_lead)
    await browser.post(API_TOKENS_PATH, NEW)
    [token] = await sessions.api_tokens_of(sqlite_cast.caht_lead, NOW)
    assert (await browser.post(f"{API_TOKENS_PATH}/{token.id}/revocation")).status_code == 303
    shown = (await browser.get(API_TOKENS_PATH)).text
    assert "Token revoked." in shown
    assert "You have no tokens." in shown


async def test_no_one_revokes_a_token_of_someone_else(browse: SignIn, sqlite_cast: Cast) -> None:
    await (await browse(sqlite_cast.caht_lead)).post(API_TOKENS_PATH, NEW)
    [token] = await sessions.api_tokens_of(sqlite_cast.caht_lead, NOW)
    response = await (await browse(sqlite_cast.coordinator)).post(f"{API_TOKENS_PATH}/{token.id}/revocation")
    assert response.status_code == 404
