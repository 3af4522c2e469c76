"""The bar at the bottom of the schedule form: always in view, never over what has the focus, and true."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.demo import Demo, until
from tests.browser.tabs import PageOf
from tests.browser.ways import COORDINATOR, SEND, Way, invite_agencies, to_edit_from, to_empty_form

SIZES = [(390, 780), (768, 1024), (1024, 768), (1280, 800)]
BAR = ".tt-sendbar"
COVERED = """last => {
  const here = document.activeElement, bar = document.querySelector(".tt-sendbar");
  if (last && here.matches(last)) return null;
  const send = bar.querySelector("[value=send]").getBoundingClientRect();
  if (send.top < 0 || send.bottom > innerHeight) return "the button is out of view";
  if (bar.contains(here) || here === document.body) return "";
  const shown = here.matches("[type=checkbox], [type=radio]") ? here.nextElementSibling : here;
  const {top, bottom} = shown.getBoundingClientRect(), edge = bar.getBoundingClientRect();
  return bottom > edge.top && top < edge.bottom ? here.outerHTML.slice(0, 80) : "";
}"""
SIDE_ENDS = """aside => aside.lastElementChild.getBoundingClientRect().bottom
  - document.querySelector(".tt-sendbar").getBoundingClientRect().top"""
SCROLLS_WITHIN = 5.0  # seconds
LAST = ".tt-sendbar a, .tt-sendbar [value=draft]"


def to_new(page: Page, _: Demo) -> None:
    """Open an empty form."""
    to_empty_form(page)


def to_new_with_people(page: Page, _: Demo) -> None:
    """Open an empty form, and invite an agency."""
    to_empty_form(page)
    invite_agencies(page, "FBI")


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("way", [to_new, to_edit_from], ids=["new", "edit"])
def test_the_button_that_sends_is_in_view_and_covers_nothing_that_has_the_focus(
    page_of: PageOf, demo: Demo, way: Way, size: tuple[int, int]
) -> None:
    page = page_of(COORDINATOR)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    way(page, demo)
    page.locator("#f-title").focus()
    covered = []
    while (found := page.evaluate(COVERED, LAST)) is not None:
        covered.append(found)
        page.keyboard.press("Tab")
    assert len(covered) > 30
    for _ in range(len(covered) - 1):
        page.keyboard.press("Shift+Tab")
        covered.append(page.evaluate(COVERED))
    assert [one for one in covered if one] == []


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("way", [to_new_with_people, to_edit_from], ids=["new", "edit"])
def test_a_message_is_shown_above_the_bar(page_of: PageOf, demo: Demo, way: Way, size: tuple[int, int]) -> None:
    page = page_of(COORDINATOR)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    way(page, demo)
    page.locator("#f-ends").fill("08:00")
    page.locator("#f-starts").fill("16:30")
    page.keyboard.press("Tab")
    expect(page.locator("#toast")).to_have_text("End time moved to match the start.")
    toast, bar = page.locator("#toast").bounding_box(), page.locator(BAR).bounding_box()
    assert toast is not None
    assert bar is not None
    assert toast["y"] + toast["height"] <= bar["y"]


@pytest.mark.parametrize("size", SIZES[2:], ids=str)
@pytest.mark.parametrize("way", [to_new_with_people, to_edit_from], ids=["new", "edit"])
def test_the_end_of_the_panel_beside_the_form_is_reached_by_keys_in_the_middle_of_the_form(
    page_of: PageOf, demo: Demo, way: Way, size: tuple[int, int]
) -> None:
    page = page_of(COORDINATOR)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    way(page, demo)
    page.locator("#f-title").fill("Call")
    side = page.locator("aside.tt-sticky")
    expect(side).not_to_contain_text("Finish the form")
    page.get_by_role("heading", name="Where").scroll_into_view_if_needed()
    scrolled = page.evaluate("scrollY")
    side.get_by_role("checkbox", name="Tentative").evaluate("one => one.focus({preventScroll: true})")
    page.keyboard.press("End")
    until(lambda: True if side.evaluate(SIDE_ENDS) <= 0 else None, SCROLLS_WITHIN)
    assert page.evaluate("scrollY") == scrolled


def test_the_bar_says_what_sending_does_and_nothing_that_may_have_changed(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    to_empty_form(page)
    bar = page.locator(BAR)
    expect(bar).to_contain_text("Enter a title.")
    page.get_by_label("Title").fill("Call")
    page.get_by_role("group", name="Invite by agency").get_by_text("KCPD").click()
    expect(bar).to_contain_text("3 people will get an invitation.")
    page.route("**/schedule/summary", lambda route: route.abort())
    page.get_by_role("group", name="Invite by agency").get_by_text("CAHT").click()
    expect(bar).to_contain_text("Nothing is sent yet.")


def test_the_bar_says_that_nothing_is_sent_where_no_script_keeps_it_true(
    without_scripts: BrowserContext, page_of: PageOf
) -> None:
    without_scripts.add_cookies(page_of(COORDINATOR).context.cookies())
    page = without_scripts.new_page()
    to_empty_form(page)
    page.get_by_label("Title").fill("Call")
    page.get_by_role("group", name="Invite by agency").get_by_text("KCPD").click()
    page.get_by_role("button", name="Preview dates and notifications").click()
    expect(page.locator("#sending")).to_contain_text("3 people will get an invitation.")
    expect(page.locator(f"{BAR} p").first).to_have_text("Nothing is sent yet.", use_inner_text=True)
    expect(page.get_by_role("button", name=SEND)).to_be_visible()
