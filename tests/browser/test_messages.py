"""Messages by sending in a browser: what failed comes first, is opened by the keyboard, and is sent again in place."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.demo import Demo, until
from tests.browser.measures import overflow, torn, violations
from tests.browser.tabs import PageOf
from tests.browser.ways import COORDINATOR, TRAINING

WIDTHS = (390, 768, 1024, 1280)
PATIENCE = 60.0  # seconds until the demo has sent its first emails


@pytest.fixture
def failing(page_of: PageOf, demo: Demo) -> Page:
    """Return the list of messages with a sending that failed for two people."""
    page = page_of(COORDINATOR)
    until(lambda: _has_failed(page, demo), PATIENCE)
    return page


def _has_failed(page: Page, demo: Demo) -> bool | None:
    demo.let_fail(TRAINING, 2)
    page.goto("/messages")
    return page.get_by_role("button", name="Send again to 2 people").count() > 0 or None


def test_what_failed_is_sent_again_from_its_row_and_the_page_holds_together_before_and_after(failing: Page) -> None:
    assert [one for width in WIDTHS for one in (*violations(failing, width), *overflow(failing, width))] == []
    row = failing.get_by_role("region", name="Failed").get_by_role("listitem").filter(has_text=TRAINING).first
    row.locator("summary").focus()
    failing.keyboard.press("Enter")
    expect(row.get_by_text("550 No such mailbox here").first).to_be_visible()
    assert [one for width in WIDTHS for one in torn(failing, width)] == []
    row.get_by_role("button", name="Send again to 2 people").click()
    expect(failing.locator("#flash")).to_contain_text("Sending again to 2 people, with current details.")
    assert [one for width in WIDTHS for one in (*violations(failing, width), *overflow(failing, width))] == []
    assert [one for width in WIDTHS for one in torn(failing, width)] == []
