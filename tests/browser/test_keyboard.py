"""Pages are used with the keyboard alone."""

from playwright.sync_api import expect

from tests.browser.conftest import PageOf
from tests.browser.ways import COORDINATOR


def test_the_first_stop_skips_to_the_main_content(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_an_arrow_moves_to_the_next_day_of_the_month(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.goto("/calendar?month=2026-12")
    page.locator('[data-date="2026-12-09"]').focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator('[data-date="2026-12-10"]')).to_be_focused()
