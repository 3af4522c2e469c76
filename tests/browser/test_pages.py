"""Each page is for everyone: no rule of accessibility is broken, nothing is cut off, the browser has nothing to say."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import broken_rules_of_color
from tests.browser.demo import Demo
from tests.browser.measures import HEIGHT, broken_words, measures, overflow, resize, too_wide, torn, violations
from tests.browser.tabs import TabOf
from tests.browser.ways import ADVOCATE, COORDINATOR, WAYS

WIDTHS = (1280, 390)  # a desk, a phone
EVERY_WIDTH = (1280, 1440, 1024, 768, 640, 390, 320)
"""A tab's own width, a screen at 150 %, half of a screen, tablets, phones, the narrowest window (WCAG 2.1, 1.4.10)."""
WIDE = 1024  # from here on the header shows its links
PROJECT = "Greater Kansas City Human Trafficking TF"  # 40 characters
PERSON = "Alexandria Montgomery-Featherstonehaugh, coordinator (USAO WD)"  # 62 characters
HEADER = ".tt-logo, .usa-nav__secondary-links > li, header .usa-search, .usa-nav__primary > li, .usa-menu-btn"
COVERED = """all => {
  const shown = all.filter(one => one.checkVisibility() && one.getBoundingClientRect().width);
  const inMenu = one => !!one.closest('nav');
  const isMenu = getComputedStyle(document.querySelector('header nav')).position === 'fixed';
  const over = (a, b) => {
    const [one, two] = [a, b].map(part => part.getBoundingClientRect());
    const isBeside = one.right <= two.left + 1 || two.right <= one.left + 1;
    const isApart = isBeside || one.bottom <= two.top + 1 || two.bottom <= one.top + 1;
    return !isApart && !(isMenu && inMenu(a) !== inMenu(b));
  };
  return shown.flatMap((a, at) => shown.slice(at + 1).filter(b => over(a, b))
    .map(b => `${a.textContent.trim().slice(0, 30)} on ${b.textContent.trim().slice(0, 30)}`));
}"""
WIDTH_OF_LARGE_TEXT = """() => {
  const { style } = document.documentElement;
  style.fontSize = '200%';
  const width = document.documentElement.scrollWidth;
  style.fontSize = '';
  return width;
}"""
MIDDLES = "all => all.map(one => one.getBoundingClientRect()).map(({y, height}) => y + height / 2)"
PRESSED = {
    "home of the coordinator": re.compile("^Remind "),
    "action items": re.compile("^Done"),
    "schedule": "Send invitations",
    "settings": "Save profile",
    "a mail of the demo": "Maybe",
}
"""Page → the name of its main button: what comes then is judged as well."""
DARK_WIDTHS = (1280, 1024, 768, 390)
DARK = 0.2  # of white
MAIN = (
    "sign in",
    "home of the coordinator",
    "month",
    "week",
    "event",
    "operation",
    "schedule with errors",
    "suggested times",
    "attendance of a past event",
    "action items",
    "people",
    "reports",
    "health",
    "reply to a series",
)
"""The pages that are also judged in dark colors: together they show each part of the style sheet."""


@pytest.mark.parametrize("name", WAYS)
def test_a_page_is_for_everyone_on_a_phone_as_on_a_desk(name: str, demo: Demo, tab_of: TabOf) -> None:
    who, way, heading = WAYS[name]
    tab = tab_of(who)
    page, said = tab.page, tab.said
    way(page, demo)
    expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
    found = [*overflow_of_large_text(page), *(problem for width in EVERY_WIDTH for problem in problems(page, width))]
    assert [*found, *said] == []


@pytest.mark.parametrize("name", MAIN)
def test_a_main_page_is_for_everyone_in_dark_colors(name: str, demo: Demo, tab_of: TabOf) -> None:
    who, way, heading = WAYS[name]
    page = tab_of(who).page
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    way(page, demo)
    expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
    assert lightness(page) < DARK
    assert [problem for width in DARK_WIDTHS for problem in violations_of_color(page, width)] == []


def test_paper_is_light_where_the_screen_is_dark(demo: Demo, tab_of: TabOf) -> None:
    who, way, _ = WAYS["month"]
    page = tab_of(who).page
    page.emulate_media(color_scheme="dark", media="print", reduced_motion="reduce")
    way(page, demo)
    assert lightness(page) == 1
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    page.emulate_media(media="null")


def lightness(page: Page) -> float:
    """Return how light the background of a page is, from 0 (black) to 1 (white)."""
    color: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return max(int(part) for part in re.findall(r"\d+", color)[:3]) / 255


@pytest.mark.parametrize("width", EVERY_WIDTH)
def test_a_long_name_of_the_task_force_and_a_long_person_fit_into_the_header(width: int, tab_of: TabOf) -> None:
    page = tab_of(COORDINATOR).page
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.goto("/calendar")
    page.locator(".tt-logo__sub").evaluate("(one, name) => { one.textContent = name; }", PROJECT)
    page.locator(".tt-me").evaluate("(one, name) => { one.textContent = name; }", PERSON)
    if width < WIDE:
        page.get_by_role("button", name="Menu").click()
    covered = page.locator(HEADER).evaluate_all(COVERED)
    assert [*covered, *torn(page, width), *overflow(page, width)] == []


@pytest.mark.parametrize("width", [1024, 1100, 1280])
@pytest.mark.parametrize("persona", [COORDINATOR, ADVOCATE])
def test_the_links_of_the_header_are_one_line(persona: str, width: int, tab_of: TabOf) -> None:
    page = tab_of(persona).page
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.goto("/")
    middles = page.locator(".usa-nav__secondary-links > li").evaluate_all(MIDDLES)
    assert max(middles) - min(middles) < 12  # pixels


@pytest.mark.parametrize("name", PRESSED)
def test_a_page_is_still_for_everyone_after_its_main_button(name: str, demo: Demo, tab_of: TabOf) -> None:
    who, way, _ = WAYS[name]
    page = tab_of(who).page
    way(page, demo)
    page.get_by_role("main").get_by_role("button", name=PRESSED[name]).first.click()
    page.wait_for_load_state("networkidle")
    assert [problem for width in EVERY_WIDTH for problem in problems(page, width)] == []


def problems(page: Page, width: int) -> list[str]:
    """Return what is wrong with a page at a width: all of it at two of them."""
    measured = measures(page, width)
    found = [*too_wide(measured["width"], width), *broken_words(measured["torn"], width)]
    return [*found, *violations(page, width), *too_small(measured["small"], width)] if width in WIDTHS else found


def violations_of_color(page: Page, width: int) -> list[str]:
    """Return the same of the rules about colors: all else is judged in light ones."""
    resize(page, width)
    return [f"{width}: {one}" for one in broken_rules_of_color(page)]


def overflow_of_large_text(page: Page) -> list[str]:
    """Return what is wrong when a page on a desk is wider than its window at twice the size of text (WCAG 1.4.4)."""
    resize(page, WIDTHS[0])
    return [f"at 200 %: {one}" for one in too_wide(page.evaluate(WIDTH_OF_LARGE_TEXT), WIDTHS[0])]


def too_small(found: list[str], width: int) -> list[str]:
    return [f"{width}: too small: {one}" for one in found]
