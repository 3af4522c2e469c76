"""Saved filters on their pages: saved beside the filters, listed above them, removed in the settings."""

import re
from typing import Any

import pytest
from litestar import Litestar
from litestar.types import Message

from tests.cast import NOW, Cast, meeting
from tests.ports.browser import BASE, Browser, session_of
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import typed
from tracker.rules.core.drafts import LISTINGS
from tracker.rules.core.viewers import Visibility
from tracker.usecases.events import scheduling

PATH = "/saved-filters"
QUERIES = {
    "calendar": "view=list&kind=training",
    "action-items": "group=owner&q=sheet",
    "messages": "state=failed",
    "people": "q=advocate",
    "reports": "period=2026-12&kind=meeting",
    "audit": "what=denied",
}


async def save(browser: Browser, address: str, name: str) -> str:
    """Save what an address asks for, as the form of its page does, and return where that leads."""
    response = await browser.post(PATH, typed((await browser.get(address)).text, PATH, name=name))
    assert response.status_code == 303
    return response.headers["location"]


@pytest.mark.parametrize("listing", LISTINGS)
async def test_a_filter_is_saved_where_it_stands_and_listed_there(desk: Browser, listing: str) -> None:
    address = f"/{listing}?{QUERIES[listing]}"
    assert await save(desk, address, "Mine & yours") == address
    link = f'href="{address.replace("&", "&amp;")}">Mine &amp; yours</a>'
    assert link in (await desk.get(f"/{listing}")).text
    in_force = link.replace(">", ' aria-current="true">', 1)
    assert in_force in (await desk.get(address)).text
    assert link in (await desk.get("/settings")).text
    others = [(await desk.get(f"/{one}")).text for one in LISTINGS if one != listing]
    assert not any(link in page for page in others)


async def test_what_others_saved_is_on_no_page(desk: Browser, sqlite_cast: Cast, browse: SignIn) -> None:
    await save(desk, "/calendar?kind=training", "Bluestem")
    lead = await browse(sqlite_cast.fbi_lead)
    pages = [(await lead.get(path)).text for path in ("/calendar", "/settings")]
    assert not any("Bluestem" in page for page in pages)


async def test_a_filter_without_a_name_is_refused_at_its_field_and_nothing_is_lost(desk: Browser) -> None:
    page = (await desk.get("/calendar?kind=training")).text
    response = await desk.post(PATH, typed(page, PATH, name=" "))
    assert response.status_code == 422
    assert 'href="#f-name"' in response.text
    form = typed(response.text, PATH)
    assert (form["listing"], form["query"]) == (["calendar"], ["kind=training"])
    assert (await desk.post(PATH, form | {"name": ["Trainings"]})).headers["location"] == "/calendar?kind=training"


async def test_a_filter_is_removed_in_the_settings(desk: Browser) -> None:
    await save(desk, "/people?q=advocate", "Advocates")
    found = re.search(rf'action="({PATH}/[0-9a-f-]+/removal)"', (await desk.get("/settings")).text)
    assert found
    assert (await desk.post(found[1])).headers["location"] == "/settings#filters"
    assert "You have no saved filters." in (await desk.get("/settings")).text


async def test_the_filter_in_force_is_removed_where_it_stands_and_what_it_shows_stays(desk: Browser) -> None:
    await save(desk, "/people?q=advocate", "Advocates")
    page = (await desk.get("/people?q=advocate")).text
    [address] = re.findall(rf'action="({PATH}/[0-9a-f-]+/removal)"', page)
    assert (await desk.post(address, typed(page, address))).headers["location"] == "/people?q=advocate"
    assert "Saved filters" not in (await desk.get("/people?q=advocate")).text


@pytest.mark.parametrize("listing", LISTINGS)
async def test_an_address_whose_bytes_are_no_text_has_its_page(app: Litestar, sqlite_cast: Cast, listing: str) -> None:
    host, cookie = BASE.rpartition("/")[2], f"session={await session_of(sqlite_cast.coordinator, NOW)}"
    responses: list[Message] = []

    async def send(message: Message) -> None:
        responses.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope: Any = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": f"/{listing}",
        "query_string": b"q=\xff",
        "state": {},
        "headers": [(b"host", host.encode()), (b"cookie", cookie.encode())],
        "client": ("192.0.2.7", 40_000),
        "root_path": "",
        "server": (host, 80),
    }
    await app(scope, receive, send)
    assert responses[0]["status"] == 200  # type: ignore[typeddict-item]  # the first message is the start of the answer


async def test_a_page_that_has_no_filters_saves_none(desk: Browser) -> None:
    for name in ("Mine", ""):
        response = await desk.post(PATH, {"listing": "//evil.example", "query": "q=a", "name": name})
        assert response.status_code == 404


@pytest.mark.parametrize("name", ["Law+Enforcement+Committee", "Nobody+ever+heard+of+it"])
async def test_a_calendar_narrowed_to_a_committee_that_one_may_not_see_shows_nothing(
    sqlite_cast: Cast, browse: SignIn, name: str
) -> None:
    plan = meeting(
        sqlite_cast.harbor_advocate, committee_id=sqlite_cast.committees["services"], visibility=Visibility.COMMITTEE
    )
    await scheduling.schedule_event(sqlite_cast.coordinator, plan, NOW)
    advocate = await browse(sqlite_cast.harbor_advocate)
    address = "/calendar?month=2027-01&view=list"
    assert "Monthly task force meeting" in (await advocate.get(address)).text
    page = (await advocate.get(f"{address}&committee={name}")).text
    assert "Monthly task force meeting" not in page
    assert f"<option selected>{name.replace('+', ' ')}</option>" in page
    assert "that match the filters" in page


@pytest.mark.parametrize(
    ("address", "is_offered"),
    [("/calendar", False), ("/calendar?view=list", False), ("/calendar?kind=training", True), ("/people?q=lead", True)],
)
async def test_a_filter_is_offered_to_be_saved_when_there_is_one(
    desk: Browser, address: str, *, is_offered: bool
) -> None:
    page = (await desk.get(address)).text
    assert ('<details class="tt-d" hidden><summary>Save this filter' not in page) is is_offered
