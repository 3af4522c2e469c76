"""Pages are used with the keyboard alone."""

import pytest
from playwright.sync_api import expect

from tests.browser.demo import Demo
from tests.browser.tabs import PageOf
from tests.browser.ways import COORDINATOR, MONTHLY, day_link, to_event

AS_SOON_AS_THE_WEEK_CHANGES = """() => new MutationObserver((_, watcher) => {
  if (!document.querySelector("h1").textContent.startsWith("December 13")) return;
  watcher.disconnect();
  const press = new KeyboardEvent("keydown", { key: "n", bubbles: true, cancelable: true });
  setTimeout(() => document.activeElement.dispatchEvent(press));
}).observe(document.body, { childList: true, subtree: true })"""


def test_the_first_stop_skips_to_the_main_content(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


@pytest.mark.parametrize(
    ("view", "start", "key", "end"),
    [
        ("month", "2026-12-09", "ArrowRight", "2026-12-10"),
        ("month", "2026-12-09", "ArrowDown", "2026-12-16"),
        ("month", "2026-12-09", "Home", "2026-12-06"),
        ("month", "2026-12-09", "End", "2026-12-12"),
        ("month", "2026-12-31", "PageUp", "2026-11-30"),
        ("month", "2026-12-09", "PageDown", "2027-01-09"),
        ("month", "2027-01-02", "ArrowRight", "2027-01-03"),
        ("week", "2026-12-09", "ArrowLeft", "2026-12-08"),
        ("week", "2026-12-12", "ArrowRight", "2026-12-13"),
        ("week", "2026-12-09", "PageUp", "2026-12-02"),
    ],
)
def test_keys_move_from_day_to_day_and_on_to_the_next_page(
    page_of: PageOf, view: str, start: str, key: str, end: str
) -> None:
    page = page_of(COORDINATOR)
    page.goto(f"/calendar?month=2026-12&view={view}&date={start}")
    day_link(page, start).focus()
    page.keyboard.press(key)
    expect(day_link(page, end)).to_be_focused()


def test_single_keys_turn_the_page_and_can_be_turned_off(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.goto("/calendar?view=week&date=2026-12-09")
    page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1)).to_have_text("December 13–19, 2026")
    expect(page.get_by_role("link", name="Next week")).to_be_focused()
    page.keyboard.press("t")
    expect(page.get_by_role("heading", level=1)).to_have_text("November 29 – December 5, 2026")
    expect(page.get_by_role("link", name="Today", exact=True)).to_be_focused()
    page.keyboard.press("?")
    page.get_by_label("Use single-key").uncheck()
    page.get_by_role("button", name="Close", exact=True).click()
    page.keyboard.press("p")
    expect(page.get_by_role("heading", level=1)).to_have_text("November 29 – December 5, 2026")


def test_a_key_that_is_quicker_than_the_page_keeps_the_focus(page_of: PageOf) -> None:
    """The next key is pressed in the moment in which the new week has just been put in."""
    page = page_of(COORDINATOR)
    page.goto("/calendar?view=week&date=2026-12-09")
    page.evaluate(AS_SOON_AS_THE_WEEK_CHANGES)
    page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1)).to_have_text("December 20–26, 2026")
    expect(page.get_by_role("link", name="Next week")).to_be_focused()


def test_single_keys_do_nothing_in_a_field(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.goto("/schedule")
    title = page.get_by_label("Title")
    title.focus()
    page.keyboard.type("/cnpt?")
    expect(title).to_have_value("/cnpt?")
    assert page.url.endswith("/schedule")


def test_the_list_beside_an_event_marks_the_part_that_is_read_and_is_whole_on_a_phone(
    page_of: PageOf, demo: Demo
) -> None:
    page = page_of(COORDINATOR)
    to_event(MONTHLY, "2026-12")(page, demo)
    parts = page.get_by_role("navigation", name="On this page")
    current = parts.locator("[aria-current=location]")
    expect(current).to_have_text("Overview")
    parts.get_by_role("link", name="Agenda").click()
    expect(current).to_have_text("Agenda")
    parts.get_by_role("link", name="Cancel").click()
    expect(current).to_have_text("Cancel")
    page.set_viewport_size({"width": 390, "height": 800})
    measure = "all => all.map(one => one.getBoundingClientRect()).filter(one => one.right > innerWidth || one.left < 0)"
    assert parts.get_by_role("link").evaluate_all(measure) == []


def test_printing_a_month_that_leaves_events_out_shows_them_and_goes_on_to_the_printer(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.add_init_script("window.print = () => { window.wasPrinted = true; }")
    page.goto("/calendar?month=2026-12")
    page.get_by_role("link", name="Print").click()
    page.wait_for_function("window.wasPrinted")
    assert page.locator(".tt-more").count() == 0
