"""What takes more than a moment shows it, and a message about what was done does not move the page."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.tabs import PageOf
from tests.browser.ways import COORDINATOR

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
def page(page_of: PageOf) -> Iterator[Page]:
    page = page_of(COORDINATOR)
    yield page
    page.unroute_all(behavior="ignoreErrors")


@pytest.fixture
def held(page: Page) -> list[Route]:
    """Requests that wait until the test lets them go: of the calendar's turns, and of forms."""
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        is_slow = route.request.method == "POST" or "hx-request" in route.request.headers
        waiting.append(route) if is_slow else route.continue_()

    page.route("**/*", hold)
    return waiting


def is_busy(page: Page) -> bool:
    found: bool = page.evaluate("'busy' in document.documentElement.dataset")
    return found


def test_a_slow_turn_of_the_calendar_is_seen_and_heard_until_it_is_there(page: Page, held: list[Route]) -> None:
    page.goto("/calendar?month=2026-12")
    page.wait_for_load_state("networkidle")
    page.locator("#cal-n").click()
    expect(page.locator("#heard")).to_have_text(WORKING)
    assert is_busy(page)
    held[0].continue_()
    expect(page.get_by_role("heading", level=1)).to_have_text("January 2027")
    expect(page.locator("#heard")).to_be_empty()
    assert not is_busy(page)


def test_what_is_quick_shows_nothing(page: Page) -> None:
    page.goto("/calendar?month=2026-12")
    page.wait_for_load_state("networkidle")
    page.route("**/calendar?*", lambda route: route.fulfill(body="<div id='cal'>Quick</div>", content_type="text/html"))
    page.evaluate(NOTE_BUSY)
    page.locator("#cal-n").click()
    expect(page.locator("#cal")).to_have_text("Quick")
    page.wait_for_timeout(SETTLED)
    assert page.evaluate("window.wasBusy") is False


def press_slowly(page: Page, then: str) -> list[Any]:
    """Send the notifications, do something in the page as soon as it says that it works, and return what it shows.

    While a page waits for the next one, Playwright asks it nothing; so the page speaks to the console.
    """
    page.goto("/settings/notifications")
    button = page.get_by_role("button", name="Save notifications")
    button.evaluate(WHEN_HEARD.replace("THEN", then))
    with page.expect_console_message(lambda message: message.text.startswith("[")) as said:
        button.click(no_wait_after=True)
    found: list[Any] = json.loads(said.value.text)
    return found


def test_a_form_that_is_sent_slowly_shows_it_on_its_button_and_a_second_press_sends_nothing(
    page: Page, held: list[Route]
) -> None:
    heard, is_marked, is_enabled, page_is_marked = press_slowly(page, then="button.click()")
    assert (heard, is_marked, is_enabled, page_is_marked) == (WORKING, True, True, True)
    page.wait_for_timeout(SETTLED)
    assert [one.request.method for one in held] == ["POST"]
    held[0].continue_()
    expect(page.locator("#flash")).not_to_be_empty()
    assert not is_busy(page)


def test_the_sign_is_gone_when_the_browser_brings_the_page_back(page: Page, held: list[Route]) -> None:
    back = "window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
    assert press_slowly(page, then=back) == ["", False, True, False]
    assert held


def test_a_message_about_what_was_done_is_read_out_and_moves_nothing(page: Page) -> None:
    page.add_init_script(f"({NOTE_TOPS})()")
    page.goto("/settings/notifications")
    page.get_by_role("button", name="Save notifications").click()
    expect(page.locator("#flash")).not_to_be_empty()
    message = page.locator("#flash .usa-alert__text").inner_text()
    expect(page.locator("#heard")).to_have_text(message)
    page.wait_for_timeout(SETTLED)
    assert page.evaluate("window.tops.size") == 1
