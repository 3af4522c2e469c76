"""A date poll on a phone: each reply is within the screen, beside its date."""

from tests.browser.demo import Demo
from tests.browser.tabs import PageOf
from tests.browser.ways import COORDINATOR, to_poll

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
