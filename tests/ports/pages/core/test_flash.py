"""What a page says once after a deed, and filters that are saved."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from litestar import Litestar
from litestar.types import Message

from tests.cast import NOW, Cast, meeting
from tests.ports.browser import BASE, Browser, app_settings, session_of
from tests.ports.conftest import SignIn
from tests.ports.pages.actions.world import create_item_for
from tests.ports.pages.core.world import draft_mark_on, type_into
from tests.ports.pages.events.world import follow_redirects, press_undo, schedule_core_group
from tests.ports.pages.forms import form_with
from tests.ports.pages.identity.world import ACKNOWLEDGED, enroll_in_browser, send_form
from tests.ports.pages.views.world import schedule_next_week
from tests.ports.standing import standing
from tests.usecases.identity.world import give_password, hash_cheaply
from tracker import clock
from tracker.crypto import keys
from tracker.ports.http import cookies
from tracker.rules.core.drafts import LISTINGS
from tracker.rules.core.viewers import Visibility
from tracker.usecases.events import scheduling

SCHEDULED = "1 person will get an email."


def seconds_later(seconds: int) -> None:
    clock.start_at(NOW + timedelta(seconds=seconds), is_still=True)


def cookie_in(response: httpx.Response) -> str:
    """Return the header that sets or deletes the message."""
    [cookie] = [one for one in response.headers.get_list("set-cookie") if "flash=" in one]
    return cookie


async def test_its_page_offers_undo_again_for_the_time_that_is_left_and_no_other_page_does(
    desk: Browser, sqlite_cast: Cast
) -> None:
    page = await schedule_core_group(desk, sqlite_cast)
    assert "Max-Age=20;" in cookie_in(page)
    seconds_later(5)
    for other in ("/calendar", f"{page.url.path}?other=1"):
        assert "data-leaves" not in (await desk.get(other)).text
    again = await desk.get(page.url.path)
    assert SCHEDULED in again.text
    assert 'data-leaves="15"' in again.text
    assert "Max-Age=15;" in cookie_in(again)
    assert "Undone. The event is gone" in (await press_undo(desk, again)).text


async def test_the_message_is_gone_after_its_time(desk: Browser, sqlite_cast: Cast) -> None:
    page = await schedule_core_group(desk, sqlite_cast)
    seconds_later(20)
    assert SCHEDULED not in (await desk.get(page.url.path)).text


async def test_a_message_without_undo_is_shown_once(desk: Browser, sqlite_cast: Cast) -> None:
    response = await press_undo(desk, await schedule_core_group(desk, sqlite_cast))
    assert "Undone." in response.text
    assert "Max-Age=0;" in cookie_in(response)
    assert "Undone." not in (await desk.get(response.url.path)).text


async def test_a_refused_form_shows_no_earlier_message_and_ends_it(desk: Browser, sqlite_cast: Cast) -> None:
    page = await schedule_core_group(desk, sqlite_cast)
    address = f"/events/{page.url.path.split('/')[2]}/edit"
    form = form_with((await desk.get(address)).text, address, title="", save="send")
    refused = await desk.post(address, form)
    assert refused.status_code == 422
    assert SCHEDULED not in refused.text + (await desk.get(page.url.path)).text


async def test_a_form_at_the_address_of_its_page_shows_no_earlier_message(desk: Browser, sqlite_cast: Cast) -> None:
    item = f"/action-items/{await create_item_for(sqlite_cast.coordinator, sqlite_cast.coordinator)}"
    for deed in (f"{item}/completion", f"{item}/reopening"):
        page = await follow_redirects(desk, await desk.post(deed, form_with((await desk.get(item)).text, deed)))
    assert "data-leaves" in page.text
    refused = await desk.post(item, form_with(page.text, item, note="x" * 5_000))
    assert refused.status_code == 422
    assert "data-leaves" not in refused.text


async def test_what_is_done_in_place_ends_an_earlier_message(desk: Browser, sqlite_cast: Cast) -> None:
    item = f"/action-items/{await create_item_for(sqlite_cast.coordinator, sqlite_cast.coordinator)}"
    done, reopened = f"{item}/completion", f"{item}/reopening"
    page = await follow_redirects(desk, await desk.post(done, form_with((await desk.get(item)).text, done)))
    response = await desk.post(reopened, form_with(page.text, reopened), headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "data-leaves" not in (await desk.get(item)).text


async def pressed(desk: Browser, page: httpx.Response, deed: str) -> httpx.Response:
    """Send the form of a button; return the page that follows."""
    fields = {name: texts[0] for name, texts in form_with(page.text, deed).items()}
    return await follow_redirects(desk, await desk.post(deed, fields))


async def in_place(desk: Browser, deed: str, fields: dict[str, str], *, on: str) -> httpx.Response:
    """Send a form as htmx does on a page."""
    response = await desk.post(deed, fields, headers={"HX-Request": "true", "HX-Current-URL": f"{BASE}{on}"})
    assert response.status_code == 200, response.text
    return response


@pytest.mark.parametrize("page", ["/", "/action-items", "/action-items?group=owner&q=report%20%C3%A9"])
async def test_what_was_done_in_place_is_said_again_on_its_page_with_undo(
    desk: Browser, sqlite_cast: Cast, page: str
) -> None:
    item = f"/action-items/{await create_item_for(sqlite_cast.coordinator, sqlite_cast.coordinator)}"
    done = f"{item}/completion"
    fields = form_with((await desk.get(item)).text, done, next=page)
    await in_place(desk, done, fields, on=f"{page}#mine")
    seconds_later(5)
    assert "data-leaves" not in (await desk.get("/calendar")).text
    again = await desk.get(page)
    assert 'data-leaves="55"' in again.text
    assert " done." in again.text
    assert " again." in (await pressed(desk, again, f"{item}/undo")).text
    assert "data-leaves" not in (await desk.get(page)).text


async def test_what_was_undone_in_place_is_not_offered_again(desk: Browser, sqlite_cast: Cast) -> None:
    item = f"/action-items/{await create_item_for(sqlite_cast.coordinator, sqlite_cast.coordinator)}"
    done, undo = f"{item}/completion", f"{item}/undo"
    row = await in_place(desk, done, form_with((await desk.get(item)).text, done, next="/"), on="/")
    await in_place(desk, undo, form_with(row.text, undo), on="/")
    assert "data-leaves" not in (await desk.get("/")).text


async def test_reminders_sent_in_place_can_still_be_undone_after_a_reload(desk: Browser, sqlite_cast: Cast) -> None:
    deed = f"/events/{await schedule_next_week(sqlite_cast, sqlite_cast.fbi_lead)}/2026-12-22/nudges"
    home = (await desk.get("/")).text
    await in_place(desk, deed, form_with(home, deed), on="/")
    again = await desk.get("/")
    assert again.text.count('data-leaves="20"') == 1, "the message has the button, and no row"
    assert "Undone. No one was reminded." in (await pressed(desk, again, f"{deed}/removal")).text


async def test_undo_after_a_reload_leads_back_to_the_list_as_it_was_filtered(desk: Browser, sqlite_cast: Cast) -> None:
    item = f"/action-items/{await create_item_for(sqlite_cast.coordinator, sqlite_cast.coordinator)}"
    page, done, reopened = "/action-items?group=owner&done=1", f"{item}/completion", f"{item}/reopening"
    row = await in_place(desk, done, form_with((await desk.get(page)).text, done), on=page)
    await in_place(desk, reopened, form_with(row.text, reopened), on=page)
    again = await desk.get(page)
    assert str((await pressed(desk, again, f"{item}/undo")).url).endswith(page)


async def test_a_page_by_https_keeps_its_message(desk: Browser, sqlite_cast: Cast) -> None:
    item = f"/action-items/{await create_item_for(sqlite_cast.coordinator, sqlite_cast.coordinator)}"
    done = f"{item}/completion"
    headers = {"HX-Request": "true", "HX-Current-URL": f"{BASE.replace('http:', 'https:')}/action-items"}
    await desk.post(done, form_with((await desk.get(item)).text, done), headers=headers)
    assert "data-leaves" in (await desk.get("/action-items")).text


@pytest.mark.parametrize("url", ["", "http://[", "javascript:alert(1)", "https://x"])
async def test_a_page_that_does_not_say_where_it_is_keeps_no_message(
    desk: Browser, sqlite_cast: Cast, url: str
) -> None:
    item = f"/action-items/{await create_item_for(sqlite_cast.coordinator, sqlite_cast.coordinator)}"
    done = f"{item}/completion"
    headers = {"HX-Request": "true", "HX-Current-URL": url}
    response = await desk.post(done, form_with((await desk.get(item)).text, done, next="/"), headers=headers)
    assert response.status_code == 200
    assert "flash=" not in response.headers.get("set-cookie", "")
    assert "data-leaves" not in (await desk.get("/")).text


async def test_a_message_too_long_for_a_cookie_leaves_none_of_an_earlier_change(
    desk: Browser, sqlite_cast: Cast
) -> None:
    item = f"/action-items/{await create_item_for(sqlite_cast.coordinator, sqlite_cast.coordinator)}"
    done, reopened = f"{item}/completion", f"{item}/reopening"
    row = await in_place(desk, done, form_with((await desk.get("/action-items")).text, done), on="/action-items")
    response = await in_place(desk, reopened, form_with(row.text, reopened), on=f"/action-items?q={'a' * 4_000}")
    assert "Max-Age=0;" in cookie_in(response)
    assert "data-leaves" not in (await desk.get("/action-items")).text


async def test_a_change_that_says_nothing_ends_an_earlier_message(desk: Browser, sqlite_cast: Cast) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(), NOW - timedelta(days=1))
    address = f"/events/{event_id}/cancellation"
    form = form_with((await desk.get(address)).text, address)
    page = await follow_redirects(desk, await desk.post(address, form))
    assert "data-leaves" in page.text
    again = await desk.post(address, form)  # it is canceled already
    assert again.status_code in {303, 409}
    assert "data-leaves" not in (await desk.get(page.url.path)).text


async def test_what_is_typed_ends_the_offer_to_restore_a_discarded_draft(desk: Browser, sqlite_cast: Cast) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    address = f"/events/{event_id}/edit"
    await type_into(desk, address)
    discarded = await follow_redirects(
        desk, await desk.post("/drafts/removal", {"_draft": await draft_mark_on(desk, address)})
    )
    assert "Draft discarded." in discarded.text
    await type_into(desk, address)
    assert "Draft discarded." not in (await desk.get(address)).text


async def test_a_form_that_is_shown_again_shows_no_earlier_message(desk: Browser, sqlite_cast: Cast) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    address = f"/events/{event_id}/edit"
    await type_into(desk, address)
    discarded = await follow_redirects(
        desk, await desk.post("/drafts/removal", {"_draft": await draft_mark_on(desk, address)})
    )
    again = await desk.post(address, form_with(discarded.text, address, title="Better", save=""))
    assert again.status_code == 200
    assert "Draft discarded." not in again.text


async def test_a_page_that_is_gone_repeats_no_message(browse: SignIn, desk: Browser, sqlite_cast: Cast) -> None:
    page = await schedule_core_group(desk, sqlite_cast)
    address = f"/events/{page.url.path.split('/')[2]}/undo"
    change = form_with(page.text, address)["change"]
    await (await browse(sqlite_cast.coordinator)).post(address, {"change": change})
    gone = await desk.get(page.url.path)
    assert gone.status_code == 404
    assert SCHEDULED not in gone.text


async def test_the_next_person_on_a_device_sees_no_message_of_the_one_who_signed_out(
    desk: Browser, sqlite_cast: Cast
) -> None:
    page = await schedule_core_group(desk, sqlite_cast)
    await desk.post("/sign-out")
    desk.cookies.set("session", await session_of(sqlite_cast.fbi_lead, NOW))
    other_page = (await desk.get(page.url.path)).text
    assert "Core group" in other_page
    assert SCHEDULED not in other_page


async def test_a_sign_in_deletes_what_was_said_in_this_browser_before(
    browse: SignIn, desk: Browser, sqlite_cast: Cast
) -> None:
    person = sqlite_cast.kcpd_detective
    hash_cheaply()
    await give_password(person)
    phone = await enroll_in_browser(await browse(None), person)
    await schedule_core_group(desk, sqlite_cast)
    seconds_later(60)
    await send_form(desk, "/sign-in", "/sign-in", email=person.email, **ACKNOWLEDGED)
    signed_in = await send_form(desk, "/sign-in/code", "/sign-in/code", code=phone.code(clock.now()))
    assert signed_in.headers["location"] == "/"
    assert "Max-Age=0;" in cookie_in(signed_in)


@pytest.mark.parametrize("message", [["Call now", False, None, ""], ["Call now", False, ["/evil", {}, None], ""]])
async def test_a_message_that_others_wrote_is_not_shown(desk: Browser, message: list[object]) -> None:
    forged = quote(json.dumps(message), safe="")
    said = f"session={desk.cookies['session']}; flash={'A' * 43}.{forged}"
    page = await desk.get("/calendar", headers={"Cookie": said})
    assert page.status_code == 200
    assert "Call now" not in page.text


async def test_a_message_of_an_earlier_release_is_not_shown(desk: Browser) -> None:
    text = json.dumps(["Saved.", False, None])
    desk.cookies.set("flash", f"{keys.mac(keys.named('flash message'), text)}.{quote(text, safe='')}")
    page = await desk.get("/calendar")
    assert page.status_code == 200
    assert "Saved." not in page.text


async def test_where_there_is_https_the_message_is_for_this_host_and_no_script(sqlite_cast: Cast) -> None:
    with standing(base_url="https://tracker.test") as app:
        session = await session_of(sqlite_cast.coordinator, clock.now())
        desk = Browser(app, base="https://tracker.test")
        desk.cookies.set("__Host-session", session)
        page = await schedule_core_group(desk, sqlite_cast)
    name, _, attributes = cookie_in(page).partition("=")
    assert name == "__Host-flash"
    assert {*attributes.lower().split("; ")[1:]} == {"httponly", "max-age=20", "path=/", "samesite=lax", "secure"}


async def test_a_message_that_is_too_long_for_a_cookie_with_its_page_is_shown_once(desk: Browser) -> None:
    page = f"/schedule?title={'x' * cookies.LONGEST}"
    discarded = await desk.post("/drafts/removal", {"_draft": await draft_mark_on(desk)})
    shown = await desk.get(page)
    assert "Draft discarded." in shown.text
    assert "Max-Age=0;" in cookie_in(shown)
    assert discarded.status_code == 303


UNDO_BELOW = cookies.Undo(address="/emails/1/undo", fields={})
COUNTED = cookies.Undo(address="/events/1/undo", fields={}, until=datetime.max.replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("undo", "viewer", "kept"), [(COUNTED, "someone", True), (COUNTED, None, False), (UNDO_BELOW, "someone", False)]
)
def test_only_a_counted_undo_is_kept_and_only_for_someone_who_is_signed_in(
    undo: cookies.Undo, viewer: str | None, kept: bool
) -> None:
    state = {"settings": app_settings(), "viewer": viewer, "flash": cookies.Flash(sentence="Done.", undo=undo)}
    header = cookies.flash_header(_read(state), 200, ())
    assert header is not None
    assert (b"Max-Age=0;" not in header) == kept


def test_a_page_that_says_something_itself_has_no_other_message() -> None:
    state = {"settings": app_settings(), "viewer": "someone", "flash": cookies.Flash(sentence="Done.", undo=COUNTED)}
    assert cookies.flash_header(_read(state), 200, [(b"set-cookie", b"flash=its-own; Path=/")]) is None


def _read(state: dict[str, object]) -> Any:
    return {"method": "GET", "path": "/calendar", "query_string": b"", "state": state}


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
    response = await browser.post(PATH, form_with((await browser.get(address)).text, PATH, name=name))
    assert response.status_code == 303
    return response.headers["location"]


@pytest.mark.parametrize("listing", LISTINGS)
async def test_a_filter_is_saved_where_it_is_and_listed_there(desk: Browser, listing: str) -> None:
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
    response = await desk.post(PATH, form_with(page, PATH, name=" "))
    assert response.status_code == 422
    assert 'href="#f-name"' in response.text
    form = form_with(response.text, PATH)
    assert (form["listing"], form["query"]) == (["calendar"], ["kind=training"])
    assert (await desk.post(PATH, form | {"name": ["Trainings"]})).headers["location"] == "/calendar?kind=training"


async def test_a_filter_is_removed_in_the_settings(desk: Browser) -> None:
    await save(desk, "/people?q=advocate", "Advocates")
    match = re.search(rf'action="({PATH}/[0-9a-f-]+/removal)"', (await desk.get("/settings")).text)
    assert match
    assert (await desk.post(match[1])).headers["location"] == "/settings#filters"
    assert "You have no saved filters." in (await desk.get("/settings")).text


async def test_the_filter_in_force_is_removed_where_it_is_and_what_it_shows_stays(desk: Browser) -> None:
    await save(desk, "/people?q=advocate", "Advocates")
    page = (await desk.get("/people?q=advocate")).text
    [address] = re.findall(rf'action="({PATH}/[0-9a-f-]+/removal)"', page)
    assert (await desk.post(address, form_with(page, address))).headers["location"] == "/people?q=advocate"
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
