"""The people of a demo: a press signs in as one of them, in a demo and from this computer, and nowhere else."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Protocol

import httpx
import pytest

from tests.cast import NOW, Cast
from tests.ports.browser import Browser, settings
from tests.ports.standing import standing
from tracker.app import create_app
from tracker.rules.core.viewers import Status
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.identity import Session
from tracker.tables.schema.roster import Member
from tracker.usecases.identity.one_time_links import issue_link

PATH = "/demo/sign-in"
HERE = "http://127.0.0.1:8000"
FORM_TOKEN = re.compile(r'name="_csrf" value="([^"]+)"')
PASSED_ON = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")


class Visit(Protocol):
    """Gives a stranger before a demo that offers the coordinator and an advocate."""

    def __call__(self, address: str = "127.0.0.1", base: str = HERE, **facts: Any) -> Browser: ...


@pytest.fixture
def visitor(sqlite_cast: Cast) -> Iterator[Visit]:
    offered = f"{sqlite_cast.coordinator.email} {sqlite_cast.harbor_advocate.email}"
    with ExitStack() as stack:

        def visit(address: str = "127.0.0.1", base: str = HERE, **facts: Any) -> Browser:
            app = stack.enter_context(standing(base_url=base, personas=offered, **facts))
            return Browser(app, address=address, base=base)

        yield visit


async def press(browser: Browser, email: str, **more: Any) -> httpx.Response:
    """Press a person's button on the sign-in page."""
    token = FORM_TOKEN.search((await browser.get("/sign-in?next=/calendar")).text)
    assert token is not None
    return await browser.post(PATH, {"_csrf": token[1], "persona": email, "next": "/calendar"}, **more)


async def test_one_press_signs_in_as_a_person_of_the_demo_and_leads_on(sqlite_cast: Cast, visitor: Visit) -> None:
    browser = visitor(is_demo=True)
    page = (await browser.get("/sign-in")).text
    assert [name in page for name in ("Choose a person", sqlite_cast.coordinator.name)] == [True, True]
    response = await press(browser, sqlite_cast.harbor_advocate.email)
    assert (response.status_code, response.headers["location"]) == (303, "/calendar")
    assert sqlite_cast.harbor_advocate.name in (await browser.get("/calendar")).text
    assert "Administrator" not in page


async def test_a_press_on_another_person_takes_the_place_of_the_one_before(sqlite_cast: Cast, visitor: Visit) -> None:
    browser = visitor(is_demo=True)
    await press(browser, sqlite_cast.harbor_advocate.email)
    await press(browser, sqlite_cast.coordinator.email)
    assert await Session.select(Session.member).output(as_list=True) == [sqlite_cast.coordinator.member_id]


async def test_the_audit_log_says_that_a_person_was_chosen(sqlite_cast: Cast, visitor: Visit) -> None:
    await press(visitor(is_demo=True), sqlite_cast.coordinator.email)
    entry = await AuditEntry.select(AuditEntry.verb, AuditEntry.facts).order_by(AuditEntry.seq, ascending=False).first()
    assert entry is not None
    assert (entry["verb"], '"how": "persona"' in str(entry["facts"]).replace('":"', '": "')) == ("signed_in", True)


async def test_a_person_whom_the_demo_does_not_offer_cannot_be_chosen(sqlite_cast: Cast, visitor: Visit) -> None:
    browser = visitor(is_demo=True)
    assert (await press(browser, sqlite_cast.fbi_lead.email)).status_code == 404
    assert await Session.count() == 0


async def test_a_person_who_cannot_sign_in_is_not_offered(sqlite_cast: Cast, visitor: Visit) -> None:
    browser = visitor(is_demo=True)
    await Member.update({Member.status: Status.SUSPENDED}).where(Member.id == sqlite_cast.harbor_advocate.member_id)
    assert sqlite_cast.harbor_advocate.name not in (await browser.get("/sign-in")).text
    assert (await press(browser, sqlite_cast.harbor_advocate.email)).status_code == 403
    assert await Session.count() == 0


async def test_a_used_link_says_so_and_offers_the_people(sqlite_cast: Cast, visitor: Visit) -> None:
    link = f"/sign-in/link/{await issue_link(sqlite_cast.coordinator.member_id, NOW)}"
    browser = visitor(is_demo=True)
    await press(browser, sqlite_cast.coordinator.email)
    response = await browser.get(link)
    assert response.status_code == 410
    assert "This sign-in link was used or has expired" in response.text
    assert f'value="{sqlite_cast.harbor_advocate.email}"' in response.text


async def test_a_form_of_another_page_signs_nobody_in(sqlite_cast: Cast, visitor: Visit) -> None:
    browser = visitor(is_demo=True)
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert (await press(browser, sqlite_cast.coordinator.email, headers=foreign)).status_code == 403
    stale = await browser.post(PATH, {"_csrf": "made up", "persona": sqlite_cast.coordinator.email})
    assert (stale.status_code, "You’re not signed in" in stale.text) == (403, True)
    assert await Session.count() == 0


async def test_looking_signs_nobody_in(sqlite_cast: Cast, visitor: Visit) -> None:
    browser = visitor(is_demo=True)
    response = await browser.get(f"{PATH}?persona={sqlite_cast.coordinator.email}")
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in")
    assert await Session.count() == 0


async def unknown_and_ours(browser: Browser, **more: Any) -> list[tuple[int, bytes, list[tuple[str, str]]]]:
    """Return the answers to an address that leads nowhere, and to ours, by both methods."""
    found = []
    for path in ("/demo/nothing", PATH):
        for method in ("GET", "POST"):
            said = await browser.send(method, path, **more)
            found.append((said.status_code, said.content, sorted(said.headers.items())))
    return found


async def refused(browser: Browser, sqlite_cast: Cast, **more: Any) -> None:
    """Nothing is offered, and the address answers as one that leads nowhere."""
    assert "Choose a person" not in (await browser.get("/sign-in", **more)).text
    get_nowhere, post_nowhere, get_ours, post_ours = await unknown_and_ours(browser, **more)
    assert (get_ours, post_ours) == (get_nowhere, post_nowhere)
    assert (await press(browser, sqlite_cast.coordinator.email, **more)).status_code >= 400
    assert await Session.count() == 0


async def test_outside_a_demo_there_is_no_such_address(sqlite_cast: Cast, visitor: Visit) -> None:
    assert PATH not in {route.path for route in create_app(settings(personas=sqlite_cast.coordinator.email)).routes}
    await refused(visitor(), sqlite_cast)


@pytest.mark.parametrize("address", ["192.0.2.7", "10.0.0.1", "::ffff:192.0.2.7", "2001:db8::1", "", "testclient"])
async def test_for_another_computer_there_is_no_such_address(sqlite_cast: Cast, visitor: Visit, address: str) -> None:
    await refused(visitor(address, is_demo=True), sqlite_cast)


@pytest.mark.parametrize("header", PASSED_ON)
async def test_behind_a_web_server_there_is_no_such_address(sqlite_cast: Cast, visitor: Visit, header: str) -> None:
    await refused(visitor(is_demo=True), sqlite_cast, headers={header: "127.0.0.1"})


@pytest.mark.parametrize("base", ["https://tracker.example", "http://192.0.2.7:8000"])
async def test_a_demo_that_has_another_name_has_no_such_address(sqlite_cast: Cast, visitor: Visit, base: str) -> None:
    await refused(visitor(base=base, is_demo=True), sqlite_cast)


async def test_a_request_for_another_host_is_refused_like_any_other(sqlite_cast: Cast, visitor: Visit) -> None:
    browser = visitor(is_demo=True)
    nowhere, _, ours, _ = await unknown_and_ours(browser, headers={"Host": "tracker.example"})
    assert (ours, ours[0]) == (nowhere, 400)
