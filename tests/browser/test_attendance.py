"""Attendance is taken on a phone, standing in the door."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import PageOf
from tests.browser.ways import COORDINATOR

PHONE = {"width": 390, "height": 800}


def test_twenty_five_people_are_marked_on_a_phone_with_ten_taps(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.set_viewport_size(PHONE)
    page.goto("/")
    page.get_by_role("link", name="Take attendance at Briefing of both arms").click()
    expect(page.locator("#count")).to_contain_text("25 not marked")
    taps = 1 + mark_the_rest_absent(page, after_tapping="Mark the 16 who replied yes as here")
    expect(page.locator("#count")).to_contain_text("0 not marked")
    assert taps <= 10


def mark_the_rest_absent(page: Page, *, after_tapping: str) -> int:
    """Tap the bulk button, then Absent for each person without a mark; return the taps of the latter."""
    page.get_by_role("button", name=after_tapping).click()
    page.get_by_text("Everybody who replied yes is marked.").wait_for()
    waiting = page.locator(".tt-att li:not(:has([aria-pressed=true]))")
    count = waiting.count()
    for left in reversed(range(count)):
        waiting.first.get_by_role("button", name="Absent").click()
        expect(waiting).to_have_count(left)
    return count
