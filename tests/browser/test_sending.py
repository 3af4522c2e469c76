"""What the panel beside the button says is what happens: for a new series, and for a change from a date on."""

import re
import sqlite3
from contextlib import closing

from playwright.sync_api import Page, expect

from tests.browser.demo import Demo
from tests.browser.tabs import PageOf
from tests.browser.ways import COORDINATOR, SEND, invite_agencies, to_empty_form

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
    with closing(sqlite3.connect(demo.mails.parent / "tracker.sqlite")) as database:
        [[found]] = database.execute(LATEST)
    return int(found)


def people_mailed(demo: Demo, since: int) -> int:
    """Return how many people have a message about an event that is later than `since`."""
    with closing(sqlite3.connect(demo.mails.parent / "tracker.sqlite")) as database:
        return len(database.execute(RECIPIENTS, (since,)).fetchall())


def named_in_panel(page: Page) -> int:
    """Return how many people get an email by the panel, as soon as it knows."""
    panel = page.locator("#sending")
    expect(panel).to_contain_text(EMAILS)
    found = EMAILS.search(panel.inner_text())
    return int(found[1]) if found else 0


def filled(page: Page, title: str) -> None:
    """Fill in the form of a weekly series for one agency."""
    to_empty_form(page)
    page.locator("#f-title").fill(title)
    for field, text in (("date", "2027-03-03"), ("starts", "14:00"), ("ends", "15:00")):
        page.locator(f"#f-{field}").fill(text)
    page.locator("#f-repeat").select_option("weekly")
    invite_agencies(page, "KCPD")


def test_a_new_series_is_sent_to_as_many_people_as_the_panel_says(page_of: PageOf, demo: Demo) -> None:
    page = page_of(COORDINATOR)
    filled(page, "Sent as the panel says")
    number, before = named_in_panel(page), latest(demo)
    expect(page.get_by_role("button", name=SEND)).to_contain_text(str(number))
    page.get_by_role("button", name=SEND).click()
    page.wait_for_url(SERIES)
    assert people_mailed(demo, before) == number == 3


def test_a_change_from_a_date_on_is_sent_to_as_many_people_as_the_panel_says(page_of: PageOf, demo: Demo) -> None:
    page = page_of(COORDINATOR)
    filled(page, "Changed as the panel says")
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
    assert people_mailed(demo, before) == number == 3


def test_nothing_is_sent_without_the_panel_on_the_way_to_the_button(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    for width in (PHONE["width"], 1280):
        page.set_viewport_size({"width": width, "height": PHONE["height"]})
        page.goto("/schedule")
        assert page.get_by_role("button", name=SEND).evaluate(BEFORE_THE_BUTTON)
