"""Pages and fields that choose a person, with the keyboard alone, with the mouse, and without scripts."""

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.demo import Demo
from tests.browser.tabs import PageOf
from tests.browser.ways import COORDINATOR, MONTHLY, day_link, to_event

AS_SOON_AS_THE_WEEK_CHANGES = """() => new MutationObserver((_, watcher) => {
  if (!document.querySelector("h1").textContent.startsWith("December 13")) return;
  watcher.disconnect();
  const press = new KeyboardEvent("keydown", { key: "n", bubbles: true, cancelable: true });
  setTimeout(() => document.activeElement.dispatchEvent(press));
}).observe(document.body, { childList: true, subtree: true })"""


def test_the_first_stop_skips_to_the_main_content(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


@pytest.mark.parametrize(
    ("view", "start", "key", "end"),
    [
        ("month", "2026-12-09", "ArrowRight", "2026-12-10"),
        ("month", "2026-12-09", "ArrowDown", "2026-12-16"),
        ("month", "2026-12-09", "Home", "2026-12-06"),
        ("month", "2026-12-09", "End", "2026-12-12"),
        ("month", "2026-12-31", "PageUp", "2026-11-30"),
        ("month", "2026-12-09", "PageDown", "2027-01-09"),
        ("month", "2027-01-02", "ArrowRight", "2027-01-03"),
        ("week", "2026-12-09", "ArrowLeft", "2026-12-08"),
        ("week", "2026-12-12", "ArrowRight", "2026-12-13"),
        ("week", "2026-12-09", "PageUp", "2026-12-02"),
    ],
)
def test_keys_move_from_day_to_day_and_on_to_the_next_page(
    page_of: PageOf, view: str, start: str, key: str, end: str
) -> None:
    page = page_of(COORDINATOR)
    page.goto(f"/calendar?month=2026-12&view={view}&date={start}")
    day_link(page, start).focus()
    page.keyboard.press(key)
    expect(day_link(page, end)).to_be_focused()


def test_single_keys_turn_the_page_and_can_be_turned_off(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.goto("/calendar?view=week&date=2026-12-09")
    page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1)).to_have_text("December 13–19, 2026")
    expect(page.get_by_role("link", name="Next week")).to_be_focused()
    page.keyboard.press("t")
    expect(page.get_by_role("heading", level=1)).to_have_text("November 29 – December 5, 2026")
    expect(page.get_by_role("link", name="Today", exact=True)).to_be_focused()
    page.keyboard.press("?")
    page.get_by_label("Use single-key").uncheck()
    page.get_by_role("button", name="Close", exact=True).click()
    page.keyboard.press("p")
    expect(page.get_by_role("heading", level=1)).to_have_text("November 29 – December 5, 2026")


def test_a_key_that_is_quicker_than_the_page_keeps_the_focus(page_of: PageOf) -> None:
    """The next key is pressed in the moment in which the new week has just been put in."""
    page = page_of(COORDINATOR)
    page.goto("/calendar?view=week&date=2026-12-09")
    page.evaluate(AS_SOON_AS_THE_WEEK_CHANGES)
    page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1)).to_have_text("December 20–26, 2026")
    expect(page.get_by_role("link", name="Next week")).to_be_focused()


def test_single_keys_do_nothing_in_a_field(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.goto("/schedule")
    title = page.get_by_label("Title")
    title.focus()
    page.keyboard.type("/cnpt?")
    expect(title).to_have_value("/cnpt?")
    assert page.url.endswith("/schedule")


def test_the_list_beside_an_event_marks_the_part_that_is_read_and_is_whole_on_a_phone(
    page_of: PageOf, demo: Demo
) -> None:
    page = page_of(COORDINATOR)
    to_event(MONTHLY, "2026-12")(page, demo)
    parts = page.get_by_role("navigation", name="On this page")
    current = parts.locator("[aria-current=location]")
    expect(current).to_have_text("Overview")
    parts.get_by_role("link", name="Agenda").click()
    expect(current).to_have_text("Agenda")
    parts.get_by_role("link", name="Cancel").click()
    expect(current).to_have_text("Cancel")
    page.set_viewport_size({"width": 390, "height": 800})
    measure = "all => all.map(one => one.getBoundingClientRect()).filter(one => one.right > innerWidth || one.left < 0)"
    assert parts.get_by_role("link").evaluate_all(measure) == []


def test_printing_a_month_that_leaves_events_out_shows_them_and_goes_on_to_the_printer(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.add_init_script("window.print = () => { window.wasPrinted = true; }")
    page.goto("/calendar?month=2026-12")
    page.get_by_role("link", name="Print").click()
    page.wait_for_function("window.wasPrinted")
    assert page.locator(".tt-more").count() == 0


def messages(page_of: PageOf) -> tuple[Page, Locator]:
    page = page_of(COORDINATOR)
    page.goto("/messages")
    return page, page.get_by_role("combobox", name="To")


def options_found(page: Page) -> Locator:
    return page.get_by_role("listbox", name="People found").get_by_role("option")


def marked_option(page: Page) -> Locator:
    return page.locator('.tt-options [aria-selected="true"]')


def test_a_person_is_chosen_with_the_keyboard_alone(page_of: PageOf) -> None:
    page, field = messages(page_of)
    expect(field).to_have_attribute("aria-expanded", "false")
    field.press_sequentially("kcpd")
    options = options_found(page)
    expect(options).to_have_count(3)
    expect(page.get_by_role("status").filter(has_text="3 matches.")).to_be_attached()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", "f-person-option-2")
    page.keyboard.press("Escape")
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_have_value("kcpd")
    page.keyboard.press("ArrowUp")
    expect(options.nth(2)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/messages\?person=[0-9a-f-]{36}$"))
    expect(page.get_by_role("combobox", name="To")).to_have_value(re.compile(r"^KCPD .* \(KCPD\)$"))
    expect(page.get_by_role("combobox", name="To")).to_be_focused()


def test_the_option_that_was_marked_is_not_once_the_words_change(page_of: PageOf) -> None:
    page, field = messages(page_of)
    field.press_sequentially("kc")
    expect(options_found(page)).to_have_count(3)
    page.keyboard.press("ArrowDown")
    field.press_sequentially("p")
    expect(field).not_to_have_attribute("aria-activedescendant", re.compile("."))
    expect(marked_option(page)).to_have_count(0)


def test_a_key_waits_for_the_people_of_the_words_that_are_there(page_of: PageOf) -> None:
    page, field = messages(page_of)
    field.press_sequentially("kcpd")
    expect(options_found(page)).to_have_count(3)
    page.route("**/people/found*", lambda route: (page.wait_for_timeout(500), route.continue_()))
    field.fill("fbi oper")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/messages\?person=[0-9a-f-]{36}$"))
    expect(page.get_by_role("combobox", name="To")).to_have_value(re.compile("^FBI operation"))
    page.unroute_all()


def test_enter_chooses_and_does_not_send_the_form_however_soon_it_is_pressed(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.goto("/action-items#new")
    page.get_by_label("Action", exact=True).fill("Call before it is sent")
    owner = page.get_by_role("combobox", name="Owner")
    owner.fill("kcpd det")
    page.keyboard.press("Enter")
    expect(owner).to_have_value("KCPD detective (KCPD)")
    expect(page.get_by_label("Action", exact=True)).to_have_value("Call before it is sent")
    owner.fill("kcpd")
    page.keyboard.press("Enter")
    expect(marked_option(page)).to_have_count(1)
    expect(owner).to_have_value("kcpd")


def test_that_no_one_matches_is_seen_and_heard(page_of: PageOf) -> None:
    page, field = messages(page_of)
    field.press_sequentially("kcpd")
    expect(options_found(page)).to_have_count(3)
    field.fill("zzz")
    said = page.get_by_role("status").filter(has_text="No one matches “zzz”.")
    expect(said).to_be_visible()
    expect(said).not_to_have_class(re.compile("sr-only"))
    expect(page.locator(".tt-options")).to_be_hidden()
    expect(field).to_have_attribute("aria-expanded", "false")


def test_a_lookup_that_fails_says_so_at_its_field_and_enter_tries_again(page_of: PageOf) -> None:
    page, field = messages(page_of)
    page.route("**/people/found*", lambda route: route.abort())
    field.fill("kcpd det")
    said = page.get_by_role("status").filter(has_text="People can’t be looked up now.")
    expect(said).not_to_have_class(re.compile("sr-only"))
    expect(page.locator("#flash")).not_to_contain_text("nothing was saved")
    page.unroute_all()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/messages\?person=[0-9a-f-]{36}$"))


def test_words_without_a_choice_are_looked_up_when_the_field_is_left(page_of: PageOf) -> None:
    page, field = messages(page_of)
    field.fill("kcpd analyst")
    field.press("Tab")
    page.wait_for_url(re.compile(r"/messages\?person=[0-9a-f-]{36}$"))
    field.fill("kcpd")
    field.press("Tab")
    several = page.get_by_role("group", name="To: people found")
    expect(several.get_by_role("radio")).to_have_count(3)
    expect(field).to_have_value("kcpd")
    field.fill("")
    expect(several).to_have_count(0)


def test_a_person_is_chosen_without_scripts(without_scripts: BrowserContext, page_of: PageOf) -> None:
    without_scripts.add_cookies(page_of(COORDINATOR).context.cookies())
    page = without_scripts.new_page()
    page.goto("/audit")
    page.get_by_label("Who").fill("kcpd")
    page.get_by_role("button", name="Apply filter").click()
    page.get_by_role("group", name="Who: people found").get_by_text("KCPD analyst").click()
    page.get_by_role("button", name="Apply filter").click()
    page.wait_for_url(re.compile(r"/audit\?who=[0-9a-f-]{36}$"))
    expect(page.get_by_label("Who")).to_have_value("KCPD analyst (KCPD)")
