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
    expect(page.locator("#count").get_by_text("25 not marked", exact=True)).to_be_visible()
    taps = mark_who_said_yes(page) + mark_the_rest_absent(page)
    expect(page.locator("#count").get_by_text("0 not marked", exact=True)).to_be_visible()
    assert taps <= 10


def mark_who_said_yes(page: Page) -> int:
    """Mark everybody who replied yes as here; return the taps."""
    page.get_by_role("button", name="who replied yes as here").click()
    page.get_by_text("Everybody who replied yes is marked.").wait_for()
    return 1


def mark_the_rest_absent(page: Page) -> int:
    """Mark each person who has no mark yet as absent; return the taps."""
    waiting = page.locator(".tt-att li:not(:has([aria-pressed=true]))")
    count = waiting.count()
    for left in reversed(range(count)):
        waiting.first.get_by_role("button", name="Absent").click()
        expect(waiting).to_have_count(left)
    return count
