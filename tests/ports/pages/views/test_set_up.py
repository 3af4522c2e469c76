"""The setup checklist on the home page, and the test email that it and the Health page send."""

import re
from datetime import timedelta

from litestar import Litestar

from tests.cast import NOW, Cast, meeting
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.views.test_home import main, read, section, text
from tracker.rules.core.outbox import Skip, State
from tracker.usecases.core import outbox
from tracker.usecases.emails import email_tests
from tracker.usecases.events.events import schedule

HTMX = {"HX-Request": "true"}


async def sent(state: State = State.SENT, reason: str = "") -> None:
    """Let the outbox send what waits."""
    for message in await outbox.claim_messages("test", (), NOW + timedelta(minutes=1), 10):
        await outbox.close_message(message, Skip(state=state, reason=reason), NOW)


async def steps(browser: Browser) -> list[str]:
    found = section(await read(browser), "h-set-up")
    rows = re.findall(r"<h3>.*?</h3>", found, re.DOTALL)
    return [("Done: " if 'aria-label="Done:"' in row else "To do: ") + text(row) for row in rows]


async def test_the_list_says_what_is_done_and_each_row_has_its_way(sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.coordinator)
    assert await steps(browser) == [
        "Done: Add the agencies",
        "Done: Add the people",
        "Done: Add the committees",
        "To do: Test email",
        "To do: Schedule the first meeting",
    ]
    page = section(await read(browser), "h-set-up")
    assert "3 of 5 done" in page
    ways = ("/agencies/new", "/people/import", "/people/new", "/people/invitations", "/committees/new", "/schedule")
    assert [way for way in ways if f'href="{way}"' not in page] == []
    for way in ways:
        assert (await browser.get(way)).status_code == 200
    assert 'action="/test-emails"' in page


async def test_a_test_email_says_when_it_was_handed_to_the_email_server(sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.coordinator)
    response = await browser.post("/test-emails", {"set-up": "yes"})
    assert response.headers["location"] == "/"
    page = await read(browser)
    assert f"A test email to {sqlite_cast.coordinator.email} is on its way." in page
    assert f"Waiting to be sent to {sqlite_cast.coordinator.email}." in section(page, "h-set-up")
    await sent()
    assert "Handed to the email server on Tue, Dec 15, 9:00 AM" in text(section(await read(browser), "h-set-up"))
    assert (await steps(browser))[3] == "Done: Test email"


async def test_in_place_the_row_asks_again_until_the_email_left(sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.coordinator)
    row = (await browser.post("/test-emails", {"set-up": "yes"}, headers=HTMX)).text
    assert 'hx-get="/test-emails/last?set-up=yes" hx-trigger="every 2s"' in row
    assert 'id="test-email" tabindex="-1"' in row
    waiting = (await browser.get("/test-emails/last?set-up=yes", headers=HTMX)).text
    assert "hx-trigger" in waiting
    assert 'id="heard"' not in waiting
    await sent()
    row = (await browser.get("/test-emails/last?set-up=yes", headers=HTMX)).text
    assert "hx-trigger" not in row
    assert '<p id="heard" hx-swap-oob="innerHTML">The email server took the test email.</p>' in row
    assert '<span id="set-up-count" hx-swap-oob="innerHTML">4 of 5 done</span>' in row


async def test_a_test_email_that_was_refused_says_why_and_another_one_can_be_sent(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    await email_tests.send(sqlite_cast.coordinator, NOW)
    await sent(State.BOUNCED, "550 No such user")
    row = section(await read(await browse(sqlite_cast.coordinator)), "h-set-up")
    assert "550 No such user" in row
    assert "Send another" in row


async def test_the_list_is_hidden_with_undo_and_shown_again_from_the_admin_page(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    browser = await browse(sqlite_cast.coordinator)
    await browser.post("/set-up-list/removal")
    page = await read(browser)
    assert "The setup checklist is hidden." in page
    assert 'action="/set-up-list"' in page[page.index('id="flash"') : page.index("<h1>")]
    assert "h-set-up" not in page
    assert 'action="/set-up-list"' in (await browser.get("/admin")).text
    await browser.post("/set-up-list")
    assert "The setup checklist is back." in (page := await read(browser))
    assert "h-set-up" in page
    assert 'action="/set-up-list"' not in (await browser.get("/admin")).text


async def test_it_is_gone_when_all_is_done(sqlite_cast: Cast, browse: SignIn) -> None:
    await schedule(sqlite_cast.coordinator, meeting(), NOW)
    await email_tests.send(sqlite_cast.coordinator, NOW)
    await sent()
    assert "h-set-up" not in await read(await browse(sqlite_cast.coordinator))


async def test_the_health_page_sends_a_test_email_too(app: Litestar, sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.administrator)
    assert 'action="/test-emails"' in (await browser.get("/admin/health")).text
    assert (await browser.post("/test-emails")).headers["location"] == "/admin/health#test-email-row"
    assert "Waiting to be sent to" in (await browser.get("/admin/health")).text


async def test_other_people_find_no_such_addresses(sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.fbi_lead)
    assert "h-set-up" not in main(await read(browser))
    for path in ("/test-emails", "/set-up-list", "/set-up-list/removal"):
        assert (await browser.post(path)).status_code == 404
    assert (await browser.get("/test-emails/last")).status_code == 404
