"""What takes more than a moment shows it, and what the panel beside a button says is what happens."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.demo import Demo
from tests.browser.tabs import PageOf
from tests.browser.ways import COORDINATOR, MONTHLY, SEND, invite_agencies, to_empty_form, to_event

WORKING = "Working…"
SETTLED = 600  # milliseconds, longer than a script waits before it lets the message be read out
NOTE_TOPS = """() => {
  window.tops = new Set();
  const note = () => {
    const title = document.querySelector("h1");
    if (title && document.readyState === "complete") window.tops.add(Math.round(title.getBoundingClientRect().top));
    requestAnimationFrame(note);
  };
  note();
}"""
WHEN_HEARD = """button => {
  const heard = document.querySelector("#heard");
  const watcher = new MutationObserver(() => {
    watcher.disconnect();
    THEN;
    const isMarked = one => "busy" in one.dataset;
    console.log(JSON.stringify(
      [heard.textContent, isMarked(button), !button.disabled, isMarked(document.documentElement)]
    ));
  });
  watcher.observe(heard, { childList: true });
}"""
NOTE_BUSY = """() => {
  window.wasBusy = false;
  new MutationObserver(() => { window.wasBusy ||= "busy" in document.documentElement.dataset; })
    .observe(document.documentElement, { attributes: true });
}"""


@pytest.fixture
def busy_page(page_of: PageOf) -> Iterator[Page]:
    page = page_of(COORDINATOR)
    yield page
    page.unroute_all(behavior="ignoreErrors")


@pytest.fixture
def held_requests(busy_page: Page) -> list[Route]:
    """Requests that wait until the test lets them go: of the calendar's turns, and of forms."""
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        is_slow = route.request.method == "POST" or "hx-request" in route.request.headers
        waiting.append(route) if is_slow else route.continue_()

    busy_page.route("**/*", hold)
    return waiting


def is_busy(page: Page) -> bool:
    measured: bool = page.evaluate("'busy' in document.documentElement.dataset")
    return measured


def test_a_slow_turn_of_the_calendar_is_seen_and_heard_until_it_is_there(
    busy_page: Page, held_requests: list[Route]
) -> None:
    busy_page.goto("/calendar?month=2026-12")
    busy_page.wait_for_load_state("networkidle")
    busy_page.locator("#cal-n").click()
    expect(busy_page.locator("#heard")).to_have_text(WORKING)
    assert is_busy(busy_page)
    held_requests[0].continue_()
    expect(busy_page.get_by_role("heading", level=1)).to_have_text("January 2027")
    expect(busy_page.locator("#heard")).to_be_empty()
    assert not is_busy(busy_page)


def test_what_is_quick_shows_nothing(busy_page: Page) -> None:
    busy_page.goto("/calendar?month=2026-12")
    busy_page.wait_for_load_state("networkidle")
    busy_page.route(
        "**/calendar?*", lambda route: route.fulfill(body="<div id='cal'>Quick</div>", content_type="text/html")
    )
    busy_page.evaluate(NOTE_BUSY)
    busy_page.locator("#cal-n").click()
    expect(busy_page.locator("#cal")).to_have_text("Quick")
    busy_page.wait_for_timeout(SETTLED)
    assert busy_page.evaluate("window.wasBusy") is False


def press_slowly(page: Page, then: str) -> list[Any]:
    """Send the notifications, do something in the page as soon as it says that it works, and return what it shows.

    While a page waits for the next one, Playwright asks it nothing; so the page speaks to the console.
    """
    page.goto("/settings/notifications")
    button = page.get_by_role("button", name="Save notifications")
    button.evaluate(WHEN_HEARD.replace("THEN", then))
    with page.expect_console_message(lambda message: message.text.startswith("[")) as said:
        button.click(no_wait_after=True)
    document: list[Any] = json.loads(said.value.text)
    return document


def test_a_form_that_is_sent_slowly_shows_it_on_its_button_and_a_second_press_sends_nothing(
    busy_page: Page, held_requests: list[Route]
) -> None:
    heard, is_marked, is_enabled, page_is_marked = press_slowly(busy_page, then="button.click()")
    assert (heard, is_marked, is_enabled, page_is_marked) == (WORKING, True, True, True)
    busy_page.wait_for_timeout(SETTLED)
    assert [one.request.method for one in held_requests] == ["POST"]
    held_requests[0].continue_()
    expect(busy_page.locator("#flash")).not_to_be_empty()
    assert not is_busy(busy_page)


def test_the_sign_is_gone_when_the_browser_brings_the_page_back(busy_page: Page, held_requests: list[Route]) -> None:
    back = "window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
    assert press_slowly(busy_page, then=back) == ["", False, True, False]
    assert held_requests


def test_a_message_about_what_was_done_is_read_out_and_moves_nothing(busy_page: Page) -> None:
    busy_page.add_init_script(f"({NOTE_TOPS})()")
    busy_page.goto("/settings/notifications")
    busy_page.get_by_role("button", name="Save notifications").click()
    expect(busy_page.locator("#flash")).not_to_be_empty()
    message = busy_page.locator("#flash .usa-alert__text").inner_text()
    expect(busy_page.locator("#heard")).to_have_text(message)
    busy_page.wait_for_timeout(SETTLED)
    assert busy_page.evaluate("window.tops.size") == 1


PHONE = {"width": 390, "height": 800}
EMAILS = re.compile(r"Emails\s+(\d+) (?:person|people) will get")
SERIES = re.compile(r"/events/([0-9a-f-]{36})")
LATEST = "SELECT max(rowid) FROM message"
RECIPIENTS = "SELECT DISTINCT recipient FROM message WHERE rowid > ? AND kind IN ('invitation', 'update', 'withdrawal')"
BEFORE_THE_BUTTON = """button => {
  const panel = document.getElementById("sending");
  const follows = panel.compareDocumentPosition(button) & Node.DOCUMENT_POSITION_FOLLOWING;
  return Boolean(follows || panel.contains(button)) && panel.checkVisibility() && !panel.closest("details:not([open])");
}"""


def latest(demo: Demo) -> int:
    """Return the number of the latest message in the outbox."""
    with closing(sqlite3.connect(demo.emails_folder.parent / "tracker.sqlite")) as database:
        [[found]] = database.execute(LATEST)
    return int(found)


def people_emailed(demo: Demo, since: int) -> int:
    """Return how many people have a message about an event that is later than `since`."""
    with closing(sqlite3.connect(demo.emails_folder.parent / "tracker.sqlite")) as database:
        return len(database.execute(RECIPIENTS, (since,)).fetchall())


def named_in_panel(page: Page) -> int:
    """Return how many people get an email by the panel, as soon as it knows."""
    panel = page.locator("#sending")
    expect(panel).to_contain_text(EMAILS)
    match = EMAILS.search(panel.inner_text())
    return int(match[1]) if match else 0


def fill_weekly_series(page: Page, title: str) -> None:
    """Fill in the form of a weekly series for one agency."""
    to_empty_form(page)
    page.locator("#f-title").fill(title)
    for field, text in (("date", "2027-03-03"), ("starts", "14:00"), ("ends", "15:00")):
        page.locator(f"#f-{field}").fill(text)
    page.locator("#f-repeat").select_option("weekly")
    invite_agencies(page, "KCPD")


def test_a_new_series_is_sent_to_as_many_people_as_the_panel_says(page_of: PageOf, demo: Demo) -> None:
    page = page_of(COORDINATOR)
    fill_weekly_series(page, "Sent as the panel says")
    number, before = named_in_panel(page), latest(demo)
    expect(page.get_by_role("button", name=SEND)).to_contain_text(str(number))
    page.get_by_role("button", name=SEND).click()
    page.wait_for_url(SERIES)
    assert people_emailed(demo, before) == number == 3


def test_a_change_from_a_date_on_is_sent_to_as_many_people_as_the_panel_says(page_of: PageOf, demo: Demo) -> None:
    page = page_of(COORDINATOR)
    fill_weekly_series(page, "Changed as the panel says")
    named_in_panel(page)
    page.get_by_role("button", name=SEND).click()
    page.wait_for_url(SERIES)
    page.goto(f"{SERIES.search(page.url)[0]}/2027-04-07")  # type: ignore[index]  # the page has it
    page.get_by_role("link", name="Edit this date", exact=True).click()
    page.get_by_role("link", name="Edit this and following dates").click()
    page.locator("#f-starts").fill("15:00")
    number, before = named_in_panel(page), latest(demo)
    page.get_by_role("button", name=f"Save and email {number} people").click()
    page.wait_for_url(lambda address: "edit" not in address)
    assert people_emailed(demo, before) == number == 3


def test_nothing_is_sent_without_the_panel_on_the_way_to_the_button(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    for width in (PHONE["width"], 1280):
        page.set_viewport_size({"width": width, "height": PHONE["height"]})
        page.goto("/schedule")
        assert page.get_by_role("button", name=SEND).evaluate(BEFORE_THE_BUTTON)


def test_another_scope_changes_heading_and_button_and_keeps_what_was_typed(page_of: PageOf, demo: Demo) -> None:
    page = page_of(COORDINATOR)
    to_event(MONTHLY, "2027-03", "cancellation")(page, demo)
    expect(page.get_by_role("heading", level=1)).to_have_text("Cancel this date")
    page.get_by_label("Reason").fill("The courthouse is closed")
    page.get_by_text("This and following dates").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cancel 4 dates")
    expect(page.get_by_role("button", name="Cancel 4 dates and notify 23 people")).to_be_visible()
    expect(page.get_by_label("Reason")).to_have_value("The courthouse is closed")
    expect(page.get_by_label("This and following dates")).to_be_focused()
