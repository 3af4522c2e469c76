"""Guards: every route has one, a session opens, a form needs its token, and nothing malformed breaks anything."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from litestar import Litestar, asgi, get, websocket
from litestar.connection import WebSocket
from litestar.types import Receive, Scope, Send

from tests.cast import NOW as CAST_NOW
from tests.cast import Cast, operation
from tests.ports.browser import BASE, Browser, app_settings, session_of
from tests.ports.conftest import SignIn
from tracker import clock
from tracker.app import create_app
from tracker.config.installation import folder
from tracker.crypto import keys
from tracker.ports.http import cookies, guards
from tracker.ports.http.guards import FailedAttempts, Unguarded, feed, link, public, refuse_unguarded, signed_in
from tracker.ports.http.request_source import hosts, place
from tracker.tables.schema.identity import Session
from tracker.tables.schema.roster import Member
from tracker.usecases.events.scheduling import schedule_event

DEED = "/sign-out"


@pytest.fixture
async def advocate(browse: SignIn, sqlite_cast: Cast) -> Browser:
    return await browse(sqlite_cast.harbor_advocate)


# Every route -----------------------------------------------------------------------------------------------------


@get("/bare")
async def bare() -> str:
    return ""


@get("/twice", guards=[public, signed_in])
async def twice() -> str:
    return ""


@asgi("/mount", is_mount=True, copy_scope=True)
async def mount(scope: Scope, receive: Receive, send: Send) -> None:
    """A mounted application."""


@websocket("/socket")
async def socket(socket: WebSocket) -> None:
    """A socket."""


@pytest.mark.parametrize("handler", [bare, twice, mount, socket])
def test_a_route_without_exactly_one_guard_keeps_the_application_from_starting(handler: Any) -> None:
    with pytest.raises(Unguarded, match=next(iter(handler.paths))):
        refuse_unguarded(Litestar([handler], openapi_config=None))


@pytest.mark.parametrize("guard", [public, signed_in, link, feed])
def test_a_route_with_a_guard_lets_the_application_start(guard: Any) -> None:
    @get("/fine", guards=[guard])
    async def fine() -> str:
        return ""

    refuse_unguarded(Litestar([fine], openapi_config=None))


def test_documents_of_the_interface_are_not_served() -> None:
    assert not any(route.path.startswith("/schema") for route in create_app(app_settings()).routes)


# Strangers -------------------------------------------------------------------------------------------------------


async def test_a_stranger_is_led_to_the_sign_in_page_and_from_there_on(stranger: Browser) -> None:
    response = await stranger.get("/calendar?month=2027-01&view=list")
    assert response.status_code == 303
    assert response.headers["location"] == "/sign-in?next=" + quote("/calendar?month=2027-01&view=list", safe="/")


async def test_a_stranger_at_home_is_led_to_the_plain_sign_in_page(stranger: Browser) -> None:
    assert (await stranger.get("/")).headers["location"] == "/sign-in"


async def test_a_stranger_does_nothing(stranger: Browser) -> None:
    response = await stranger.send("POST", "/action-items", data={"title": "x"}, headers={"Origin": BASE})
    assert response.status_code == 403
    assert "You’re signed out" in response.text


async def test_htmx_learns_that_the_session_is_over(stranger: Browser) -> None:
    response = await stranger.get("/action-items", headers={"HX-Request": "true"})
    assert response.status_code == 401
    assert "location" not in response.headers


async def test_a_hundred_strangers_leave_no_row_and_get_no_cookie(stranger: Browser) -> None:
    for path in ("/", "/calendar", "/feeds/nothing.ics", "/r/nothing", "/nowhere") * 20:
        assert "set-cookie" not in (await stranger.get(path)).headers
    assert await Session.count() == 0


@pytest.mark.parametrize("cookie", ["attacker-chosen", "a" * 43, "%00", "é", '"', "a" * 4_000])
async def test_a_planted_cookie_opens_nothing_and_stays_unknown(stranger: Browser, cookie: str) -> None:
    response = await stranger.get("/calendar", headers={"Cookie": f"session={cookie}".encode()})
    assert (response.status_code, "set-cookie" in response.headers) == (303, False)
    assert await Session.count() == 0


async def test_a_password_in_the_authorization_header_opens_no_page(stranger: Browser) -> None:
    assert (await stranger.get("/calendar", headers={"Authorization": "Basic YTpi"})).status_code == 303


# People with a session --------------------------------------------------------------------------------------------


async def test_a_person_sees_pages_that_no_cache_may_keep(advocate: Browser) -> None:
    response = await advocate.get("/action-items")
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store, private")


async def test_anyone_who_is_suspended_is_a_stranger_at_the_next_request(advocate: Browser, sqlite_cast: Cast) -> None:
    await Member.update({Member.status: "suspended"}).where(Member.id == sqlite_cast.harbor_advocate.member_id)
    assert (await advocate.get("/action-items")).status_code == 303


async def test_a_token_in_the_form_or_in_the_header_lets_a_deed_pass(advocate: Browser) -> None:
    header = {cookies.HEADER: await advocate.form_token()}
    assert (await advocate.send("POST", "/subscriptions", headers=header, data={"name": ""})).status_code == 422
    assert (await advocate.post("/subscriptions", {"name": ""})).status_code == 422


async def test_the_token_of_another_person_does_not_fit(browse: SignIn, sqlite_cast: Cast, advocate: Browser) -> None:
    other = await (await browse(sqlite_cast.fbi_lead)).form_token()
    await _refused(advocate, data={"_csrf": other})


async def test_the_token_of_another_session_of_the_same_person_does_not_fit(
    browse: SignIn, sqlite_cast: Cast, advocate: Browser
) -> None:
    other = await (await browse(sqlite_cast.harbor_advocate)).form_token()
    await _refused(advocate, data={"_csrf": other})


MALFORMED: dict[str, Mapping[str, Any]] = {
    "none": {},
    "empty": {"data": {"_csrf": ""}},
    "not ASCII": {"headers": {cookies.HEADER: b"\xe9" * 130}},
    "a file": {"files": {"_csrf": ("token.txt", b"x")}},
    "twice": {"data": {"_csrf": ["x", "y"]}},
    "odd bytes": {
        "content": b"_csrf=%ff%00\xff&\x00",
        "headers": {"Content-Type": "application/x-www-form-urlencoded"},
    },
    "no boundary": {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
    "broken parts": {"content": b"--b\r\nx", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
    "odd boundary": {"content": b"x", "headers": {"Content-Type": b"multipart/form-data; boundary=\xe9"}},
    "odd charset": {
        "content": b'--b\r\nContent-Disposition: form-data; name="_csrf"\r\n'
        b"Content-Type: text/plain; charset=nothing\r\n\r\n\xff\r\n--b--\r\n",
        "headers": {"Content-Type": "multipart/form-data; boundary=b"},
    },
    "JSON": {"json": {"_csrf": "x"}},
    "deep JSON": {"content": b"[" * 200_000, "headers": {"Content-Type": "application/json"}},
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_a_missing_or_malformed_token_is_refused_and_never_an_error_of_ours(advocate: Browser, name: str) -> None:
    await _refused(advocate, **MALFORMED[name])


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://tracker.test.evil.example"},
        {"Origin": "http://tracker.test:8000"},
        {"Origin": "https://tracker.test"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    ],
)
async def test_a_form_from_another_site_is_refused_with_the_right_token_too(
    advocate: Browser, headers: dict[str, str]
) -> None:
    await _refused(advocate, data={"_csrf": await advocate.form_token()}, headers=headers)


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "null", "Sec-Fetch-Site": "same-origin"}, {"Origin": BASE}, {"Sec-Fetch-Site": "none"}]
)
async def test_a_form_from_a_page_of_ours_is_taken(advocate: Browser, headers: dict[str, str]) -> None:
    form = {"_csrf": await advocate.form_token()}
    assert (await advocate.send("POST", DEED, data=form, headers=headers)).status_code == 303


async def test_a_form_from_another_site_is_refused_at_links_and_at_the_sign_in_page(stranger: Browser) -> None:
    for path in ("/sign-in", "/sign-in/link/nothing", "/r/nothing"):
        response = await stranger.send("POST", path, data={}, headers={"Sec-Fetch-Site": "cross-site"})
        assert response.status_code == 403


async def _refused(browser: Browser, **request: Any) -> None:
    response = await browser.send("POST", DEED, **request)
    assert response.status_code == 403
    assert await Session.exists()


# Cookies and places -----------------------------------------------------------------------------------------------


async def test_where_there_is_https_the_cookie_is_bound_to_it_and_to_this_host(sqlite_cast: Cast) -> None:
    session = await session_of(sqlite_cast.fbi_lead, clock.now())
    browser = Browser(create_app(app_settings(base_url="https://tracker.test")))
    for name, status in (("session", 303), ("__Host-session", 200)):
        response = await browser.get("/action-items", headers={"Cookie": f"{name}={session}"})
        assert response.status_code == status


@pytest.mark.parametrize(
    "wanted",
    ["/", "/calendar", "/calendar?month=2027-01&view=list", "/events/9e/2027-01-12", "/action-items?q=a%20b&mine=1"],
)
def test_a_sign_in_leads_to_the_place_of_ours_that_was_asked(wanted: str) -> None:
    assert place(wanted) == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/%2f%2fevil.example",
        "\\\\evil.example",
        "/\tevil",
        "/a\r\nSet-Cookie: x",
        "/a//evil.example",
        "/.//evil.example",
        "evil.example",
        "/sign-in",
        "/sign-in/again",
        "/sign-out",
        "/a" * 400,
        "/é",
        " /calendar",
        "/a\x00",
        "///",
        "/calendar\n",
    ],
)
def test_a_sign_in_leads_nowhere_else(wanted: str) -> None:
    assert place(wanted) == "/"


def test_a_demo_has_both_names_of_this_computer_and_others_only_their_own() -> None:
    assert hosts(app_settings(base_url="http://127.0.0.1:8001", is_demo=True)) == {"127.0.0.1:8001", "localhost:8001"}
    assert hosts(app_settings(base_url="https://tracker.gov")) == {"tracker.gov", "tracker.gov:443"}
    assert hosts(app_settings(base_url="http://127.0.0.1:8001")) == {"127.0.0.1:8001"}
    assert hosts(app_settings(base_url="https://Tracker.GOV:8443")) == {"tracker.gov:8443"}


def test_a_sign_in_form_keeps_its_token_for_an_hour() -> None:
    keys.use_secret("a secret of the tests, long enough")
    nonce = cookies.new_nonce(CAST_NOW)
    assert cookies.is_good_nonce(nonce, CAST_NOW + cookies.LIFETIME / 2)
    assert not cookies.is_good_nonce(nonce, CAST_NOW + cookies.LIFETIME)


@pytest.mark.parametrize("nonce", ["", "x", "9999999999.a.b", "99999999999." + "a" * 22 + "." + "b" * 43, "é" * 90])
def test_a_made_up_sign_in_form_has_no_token(nonce: str) -> None:
    keys.use_secret("a secret of the tests, long enough")
    assert not cookies.is_good_nonce(nonce, CAST_NOW)


# Addresses that lead nowhere --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/nothing-there", "/events/nothing", "/events/nothing/2026-12-08", "/a/b/c/d/e/f"])
async def test_an_address_that_leads_nowhere_looks_like_an_event_that_one_may_not_see(
    sqlite_cast: Cast, advocate: Browser, path: str
) -> None:
    hidden = await schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective), CAST_NOW)
    missing, unseen = await advocate.get(path), await advocate.get(f"/events/{hidden}/2027-01-16")
    assert (missing.status_code, missing.content) == (unseen.status_code, unseen.content)
    assert 'aria-label="Primary"' in missing.text


async def test_a_stranger_at_an_address_that_leads_nowhere_has_no_navigation(stranger: Browser) -> None:
    response = await stranger.get("/nothing-there")
    assert response.status_code == 404
    assert 'aria-label="Primary"' not in response.text


# What pages ask by themselves --------------------------------------------------------------------------------------

POLLING = re.compile(r'hx-get="[^"]*?(/[a-z-]+)"[^>]*hx-trigger="(?:[^"]*,\s*)?every ')


def test_every_place_that_a_page_asks_by_itself_leaves_the_session_as_it_is() -> None:
    asked = {tail for file in folder("templates").rglob("*.html") for tail in POLLING.findall(file.read_text())}
    app = create_app(app_settings())
    polled = {route.path for route in app.routes for one in handlers_of(route) if one.opt.get("polled")}
    assert "/count" in asked
    assert [tail for tail in asked if not any(path.endswith(tail) for path in polled)] == []


def handlers_of(route: Any) -> list[Any]:
    return getattr(route, "route_handlers", None) or [route.route_handler]


async def test_asking_how_long_a_session_continues_does_not_prolong_it_and_staying_does(advocate: Browser) -> None:
    await advocate.form_token()
    clock.start_at(CAST_NOW + timedelta(minutes=29), is_still=True)
    for _ in range(2):
        response = await advocate.get("/session")
        assert (response.json()["seconds"], response.json()["can_stay"]) == (60, True)
    assert (await advocate.post("/session")).json()["seconds"] == 30 * 60
    clock.start_at(CAST_NOW + timedelta(minutes=58), is_still=True)
    assert (await advocate.get("/session")).json()["seconds"] == 60
    clock.start_at(CAST_NOW + timedelta(minutes=59), is_still=True)
    assert (await advocate.get("/session")).status_code == 303


async def test_after_twelve_hours_no_one_stays(advocate: Browser) -> None:
    await advocate.form_token()
    for minute in range(25, 12 * 60, 25):
        clock.start_at(CAST_NOW + timedelta(minutes=minute), is_still=True)
        state = (await advocate.post("/session")).json()
    assert (state["seconds"], state["can_stay"]) == (20 * 60, False)


async def test_a_page_says_how_long_its_session_goes_on_and_whose_it_is(
    advocate: Browser, stranger: Browser, sqlite_cast: Cast
) -> None:
    page = (await advocate.get("/action-items")).text
    assert f'data-left="1800" data-person="{sqlite_cast.harbor_advocate.member_id}"' in page
    assert "session.js" not in (await stranger.get("/sign-in")).text


NOW = datetime(2026, 12, 15, 15, tzinfo=UTC)


def test_the_21st_guess_of_a_minute_is_one_too_many() -> None:
    counted = FailedAttempts()
    assert [counted.is_one_too_many("a", NOW) for _ in range(21)] == [False] * 20 + [True]
    assert not counted.is_one_too_many("b", NOW)
    assert counted.is_one_too_many("a", NOW + timedelta(seconds=59))
    assert not counted.is_one_too_many("a", NOW + timedelta(seconds=60))


def test_not_more_network_addresses_are_remembered_than_there_is_room_for() -> None:
    counted = FailedAttempts()
    for number in range(guards.REMEMBERED + 1):
        counted.is_one_too_many(str(number), NOW)
    assert len(counted._counted) == guards.REMEMBERED
