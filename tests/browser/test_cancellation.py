"""Canceling in a browser: another scope changes heading, effect and button in place, and what was typed stays."""

from playwright.sync_api import expect

from tests.browser.demo import Demo
from tests.browser.tabs import PageOf
from tests.browser.ways import COORDINATOR, MONTHLY, to_event


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
