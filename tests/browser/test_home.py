"""The work queue of Home, messages by sending, and date polls: settled in place, by keyboard or thumb."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.demo import Demo, until
from tests.browser.measures import overflow, torn, violations
from tests.browser.tabs import PageOf, complaints
from tests.browser.ways import ADVOCATE, COORDINATOR, TRAINING, to_poll

WIDTHS = (390, 768, 1024, 1280)
DESK = {"width": 1280, "height": 800}
SENT_WITHIN = 30_000  # milliseconds
UNDONE_WITHIN = 20_000  # milliseconds that the row offers Undo
SCROLLED = "Math.round(window.scrollY)"


def judged(page: Page) -> list[str]:
    """Return what is wrong with the page as it is now, at each width."""
    widths = [one for width in WIDTHS for one in [*violations(page, width), *overflow(page, width), *torn(page, width)]]
    page.set_viewport_size(DESK)
    return widths


def row_of(page: Page, region: str, button: str) -> Locator:
    """Return the last open row of a part of the page that has such a button, by the id that the row keeps."""
    rows = page.get_by_role("region", name=region).locator(".tt-rows > li:not(.is-handled)")
    key = rows.filter(has=page.get_by_role("button", name=button)).last.get_attribute("id")
    return page.locator(f"[id='{key}']")


def press_by_keyboard(page: Page, button: Locator) -> int:
    """Press a button by keyboard, and return how far the page was scrolled."""
    button.focus()
    scrolled: int = page.evaluate(SCROLLED)
    page.keyboard.press("Enter")
    return scrolled


def to_do(page: Page) -> int:
    """Return how much there is to do, as the page says it."""
    return int(page.locator("#queue-count").inner_text().split()[0])


def to_do_on_a_new_page(page: Page) -> int:
    new = page.context.new_page()
    new.goto("/")
    count = to_do(new)
    new.close()
    return count


@pytest.fixture
def home(page_of: PageOf) -> tuple[Page, list[str]]:
    return open_home(page_of(COORDINATOR))


def open_home(page: Page) -> tuple[Page, list[str]]:
    """Open Home, and return it with what the browser complains about."""
    said = complaints(page)
    page.goto("/")
    return page, said


def test_reminding_leaves_the_page_where_it_is_and_the_focus_in_its_row(own_page_of: PageOf) -> None:
    page, complaints = open_home(own_page_of(COORDINATOR))
    page.clock.install()
    row = row_of(page, "Follow up", "Remind")
    before = to_do(page)
    scrolled = press_by_keyboard(page, row.get_by_role("button", name="Remind"))
    expect(row.get_by_text("You can remind them again on Thu, Dec 3")).to_be_visible()
    expect(row.get_by_role("button", name="Undo")).to_be_focused()
    expect(page.locator("#heard")).to_contain_text("to reply. You can remind them again in 48 hours.")
    expect(page.locator("#queue-count")).not_to_contain_text(str(before))
    assert before > to_do(page) >= to_do_on_a_new_page(page), "invitations that go out meanwhile leave less to do"
    assert page.evaluate(SCROLLED) == scrolled
    assert judged(page) == []
    page.clock.fast_forward(UNDONE_WITHIN)
    expect(row.get_by_text("You can remind them again on Thu, Dec 3")).to_be_focused()
    page.keyboard.press("Tab")
    expect(row.get_by_role("link", name="See replies")).to_be_focused()
    assert complaints == []


def test_reminders_are_undone_by_pressing_the_same_place_again(home: tuple[Page, list[str]]) -> None:
    page, complaints = home
    row = row_of(page, "Follow up", "Remind")
    press_by_keyboard(page, row.get_by_role("button", name="Remind"))
    expect(row.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(row.get_by_role("button", name="Remind")).to_be_focused()
    expect(page.locator("#heard")).to_have_text("Undone. No one was reminded.")
    assert complaints == []


def test_a_key_undoes_what_was_done_in_the_row_that_has_the_focus(home: tuple[Page, list[str]]) -> None:
    page, complaints = home
    row = row_of(page, "Follow up", "Remind")
    press_by_keyboard(page, row.get_by_role("button", name="Remind"))
    expect(row.get_by_text("Undo within")).to_be_visible()
    page.keyboard.press("Tab")
    expect(row.get_by_role("link", name="See replies")).to_be_focused()
    page.keyboard.press("u")
    expect(row.get_by_role("button", name="Remind")).to_be_visible()
    expect(row.get_by_text("Undo within")).to_have_count(0)
    assert complaints == []


def test_a_reminded_date_is_below_what_can_be_settled_when_the_page_is_loaded_again(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.goto("/")
    every = page.get_by_role("region", name="Follow up").locator(".tt-rows > li:not(.is-handled)")
    key = every.filter(has=page.get_by_role("button", name="Remind")).first.get_attribute("id")
    first = page.locator(f"[id='{key}']")
    press_by_keyboard(page, first.get_by_role("button", name="Remind"))
    expect(first.get_by_text("You can remind them again")).to_be_visible()
    page.reload()
    rows = page.get_by_role("region", name="Follow up").locator(".tt-rows > li")
    handled = rows.evaluate_all("all => all.map(one => one.classList.contains('is-handled'))")
    assert handled == sorted(handled)
    assert not handled[0]


def test_an_item_is_marked_done_and_open_again_with_the_focus_on_one_button(home: tuple[Page, list[str]]) -> None:
    page, complaints = home
    row = row_of(page, "My action items", "Mark done")
    count = page.locator("#mine-count")
    before = count.inner_text()
    scrolled = press_by_keyboard(page, row.get_by_role("button", name="Mark done"))
    expect(row.get_by_role("button", name="Undo")).to_be_focused()
    expect(page.locator("#heard")).to_have_text(f"Marked {str(row.get_attribute('id')).removeprefix('row-')} done.")
    expect(count).not_to_have_text(before)
    assert page.evaluate(SCROLLED) == scrolled
    assert judged(page) == []
    page.keyboard.press("Enter")
    expect(row.get_by_role("button", name="Mark done")).to_be_focused()
    expect(page.locator("#heard")).to_contain_text("is open again.")
    expect(count).to_have_text(before)
    assert complaints == []


def test_a_reply_is_given_and_changed_with_the_focus_on_the_button_that_was_pressed(page_of: PageOf) -> None:
    page = page_of(ADVOCATE)
    said = complaints(page)
    page.goto("/")
    row = row_of(page, "Replies needed", "Maybe")
    scrolled = press_by_keyboard(page, row.get_by_role("button", name="Maybe"))
    maybe, no = row.get_by_role("button", name="Maybe"), row.get_by_role("button", name="No", exact=True)
    expect(maybe).to_have_attribute("aria-pressed", "true")
    expect(maybe).to_be_focused()
    expect(page.locator("#heard")).to_contain_text("You replied Maybe to ")
    assert page.evaluate(SCROLLED) == scrolled
    assert judged(page) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(no).to_have_attribute("aria-pressed", "true")
    expect(no).to_be_focused()
    assert said == []


def test_a_test_email_leaves_and_the_set_up_list_ticks_itself_off_in_place(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    said = complaints(page)
    page.goto("/admin")
    page.get_by_role("button", name="Show it again").click()
    steps = page.get_by_role("region", name="Set up your task force")
    expect(steps).to_contain_text("4 of 5 done")
    assert judged(page) == []
    scrolled = press_by_keyboard(page, steps.get_by_role("button", name="Send a test email"))
    expect(page.locator("#test-email")).to_be_focused()
    expect(page.locator("#heard")).to_have_text(re.compile("is on its way.|The email server took the test email."))
    expect(steps.get_by_text("Handed to the email server on Tue, Dec 1")).to_be_visible(timeout=SENT_WITHIN)
    expect(steps.get_by_role("button", name="Send another")).to_be_focused()
    expect(steps).to_contain_text("5 of 5 done")
    assert page.evaluate(SCROLLED) == scrolled
    assert [*judged(page), *said] == []
    page.reload()
    expect(steps).to_have_count(0)
    page.goto("/admin")
    expect(page.get_by_role("button", name="Show it again")).to_have_count(0)


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


PHONE = {"width": 390, "height": 800}
CUT = """(width) => [...document.querySelectorAll("#poll-table td")]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > width)
  .map((one) => one.innerText)"""


def test_no_reply_is_cut_on_a_phone_and_each_says_its_date(page_of: PageOf, demo: Demo) -> None:
    page = page_of(COORDINATOR)
    page.set_viewport_size(PHONE)
    to_poll(page, demo)
    assert page.evaluate(CUT, PHONE["width"]) == []
    labels = page.locator(".tt-poll td").evaluate_all("all => all.map((one) => one.dataset.l)")
    assert len(labels) >= 10
    assert all(", " in one for one in labels)
