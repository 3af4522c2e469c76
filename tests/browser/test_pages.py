"""Each page is for everyone: no rule of accessibility is broken, nothing is cut off, and a look is judged once."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import broken_rules, broken_rules_of_color
from tests.browser.demo import Demo
from tests.browser.measures import HEIGHT, broken_words, measures, overflow, resize, too_wide, torn, violations
from tests.browser.tabs import PageOf, TabOf
from tests.browser.ways import ADVOCATE, COORDINATOR, FBI_LEAD, TRAINING, WAYS, to_lesson_preview

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
    problems_found = [
        *overflow_of_large_text(page),
        *(problem for width in EVERY_WIDTH for problem in problems(page, width)),
    ]
    assert [*problems_found, *said] == []


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
    problems_found = [*too_wide(measured["width"], width), *broken_words(measured["torn"], width)]
    return (
        [*problems_found, *violations(page, width), *too_small(measured["small"], width)]
        if width in WIDTHS
        else problems_found
    )


def violations_of_color(page: Page, width: int) -> list[str]:
    """Return the same of the rules about colors: all else is judged in light ones."""
    resize(page, width)
    return [f"{width}: {one}" for one in broken_rules_of_color(page)]


def overflow_of_large_text(page: Page) -> list[str]:
    """Return what is wrong when a page on a desk is wider than its window at twice the size of text (WCAG 1.4.4)."""
    resize(page, WIDTHS[0])
    return [f"at 200 %: {one}" for one in too_wide(page.evaluate(WIDTH_OF_LARGE_TEXT), WIDTHS[0])]


def too_small(texts: list[str], width: int) -> list[str]:
    return [f"{width}: too small: {one}" for one in texts]


TABLETS = (768, 1024)  # test_pages.py judges these pages on a phone and on a desk
FOUR_WIDTHS = (390, *TABLETS, 1280)
NAMES = ("after an operation", "hot wash", "after-action item with errors", "lessons learned")


def problems_at_widths(page: Page, widths: tuple[int, ...] = FOUR_WIDTHS) -> list[str]:
    return [one for width in widths for one in (*violations(page, width), *overflow(page, width))]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_for_everyone_on_a_tablet(name: str, demo: Demo, page_of: PageOf) -> None:
    who, way, heading = WAYS[name]
    page = page_of(who)
    way(page, demo)
    expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
    assert problems_at_widths(page, TABLETS) == []


def test_a_lesson_is_previewed_released_and_withdrawn(demo: Demo, page_of: PageOf) -> None:
    page, advocate = page_of(FBI_LEAD), page_of(ADVOCATE)
    to_lesson_preview(page, demo)
    assert problems_at_widths(page) == []
    page.get_by_role("button", name="Release to everyone").click()
    expect(page.locator("#flash").get_by_text("Lesson released.")).to_be_visible()
    assert problems_at_widths(page) == []
    advocate.goto("/lessons")
    expect(advocate.get_by_role("heading", name="Water")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Withdraw.*Water")).click()
    expect(page.locator("#flash").get_by_text("Lesson withdrawn.")).to_be_visible()
    advocate.reload()
    expect(advocate.get_by_role("heading", name="Water")).to_have_count(0)


def test_a_visitor_chooses_one_person_and_then_another(page_of: PageOf) -> None:
    page = page_of(None)
    page.goto("/calendar?month=2026-12")
    page.get_by_role("button", name="Records auditor").click()
    expect(page).to_have_url(re.compile(r"/calendar\?month=2026-12$"))
    page.get_by_role("link", name="Change person").click()
    page.get_by_role("button", name="Systems administrator").click()
    expect(page.get_by_role("banner")).to_contain_text("Systems administrator")


def test_an_email_is_shown_as_its_reader_sees_it_and_its_button_leads_on(page_of: PageOf, demo: Demo) -> None:
    demo.link("kcpd.analyst@kcpd.example", TRAINING)
    page = page_of(None)
    page.goto("/demo/mail?to=kcpd.analyst@kcpd.example")
    page.get_by_role("link", name=f"Invitation: {TRAINING}").first.click()  # a restored demo sends it again
    expect(page.get_by_role("link", name="All emails")).to_be_visible()
    page.frame_locator("iframe").get_by_role("link", name="Reply yes").click()
    expect(page.get_by_role("heading", level=1, name=TRAINING)).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="All emails").click()
    expect(page).to_have_url(re.compile(r"/demo/mail$"))


PALE = "color: rgb(140, 141, 142)"
GRAY = "color: rgb(91, 92, 93)"


def contrast(page: Page, *texts: str) -> list[str]:
    page.goto("about:blank")  # a page of the product allows no styles but its own
    page.set_content(f"<main>{''.join(texts)}</main>")
    return [one for one in broken_rules(page) if one.startswith("color-contrast")]


def test_a_color_that_passed_is_judged_again_on_another_background(page_of: PageOf) -> None:
    page = page_of(None)
    assert contrast(page, f"<p style='{GRAY}'>On white</p>") == []
    [contrast_found] = contrast(page, f"<div style='background: rgb(60, 61, 62)'><p style='{GRAY}'>On gray</p></div>")
    assert "On gray" in contrast_found


def test_a_text_that_is_too_pale_is_found_on_each_page_and_at_each_place(page_of: PageOf) -> None:
    page = page_of(None)
    texts = [f"<p style='{PALE}'>{place}</p>" for place in ("First", "Second")]
    for _ in range(2):
        [contrast_found] = contrast(page, *texts)
        assert ("First" in contrast_found, "Second" in contrast_found) == (True, True)


def test_a_text_that_is_too_pale_is_found_beside_those_that_no_one_has_to_read(page_of: PageOf) -> None:
    page = page_of(None)
    disabled = f"<button disabled style='{PALE}; background: white; font-size: 18px'>Off</button>"
    enabled = f"<button style='{PALE}; background: white; font-size: 18px'>On</button>"
    assert contrast(page, disabled) == []
    [contrast_found] = contrast(page, enabled)
    assert "On" in contrast_found


def test_what_lies_over_another_box_is_judged_there(page_of: PageOf) -> None:
    page = page_of(None)
    over = f"<p style='{GRAY}; position: absolute; top: 60px; left: 60px'>Laid over</p>"
    assert contrast(page, over) == []
    [contrast_found] = contrast(page, "<div style='background: rgb(60, 61, 62); height: 200px'></div>", over)
    assert "Laid over" in contrast_found
