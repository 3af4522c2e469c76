"""The schedule form with scripts."""

from playwright.sync_api import expect

from tests.browser.conftest import PageOf
from tests.browser.ways import COORDINATOR


def test_a_meeting_keeps_its_length_when_its_start_changes(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.goto("/schedule")
    starts, ends = page.get_by_label("Starts"), page.get_by_label("Ends", exact=True)
    starts.fill("10:00")
    ends.fill("11:30")
    starts.fill("09:15")
    expect(ends).to_have_value("10:45")
    ends.fill("11:00")
    starts.focus()
    page.keyboard.type("10")  # between the digits it is one o'clock: the end follows, and comes back
    expect(starts).to_have_value("10:15")
    expect(ends).to_have_value("12:00")
