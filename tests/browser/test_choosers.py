"""Fields that choose a person: by keyboard and mouse, in a filter and in a form, and without scripts."""

import re

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.tabs import PageOf
from tests.browser.ways import COORDINATOR


def messages(page_of: PageOf) -> tuple[Page, Locator]:
    page = page_of(COORDINATOR)
    page.goto("/messages")
    return page, page.get_by_role("combobox", name="To")


def found(page: Page) -> Locator:
    return page.get_by_role("listbox", name="People found").get_by_role("option")


def marked(page: Page) -> Locator:
    return page.locator('.tt-options [aria-selected="true"]')


def test_a_person_is_chosen_with_the_keyboard_alone(page_of: PageOf) -> None:
    page, field = messages(page_of)
    expect(field).to_have_attribute("aria-expanded", "false")
    field.press_sequentially("kcpd")
    options = found(page)
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
    expect(found(page)).to_have_count(3)
    page.keyboard.press("ArrowDown")
    field.press_sequentially("p")
    expect(field).not_to_have_attribute("aria-activedescendant", re.compile("."))
    expect(marked(page)).to_have_count(0)


def test_a_key_waits_for_the_people_of_the_words_that_are_there(page_of: PageOf) -> None:
    page, field = messages(page_of)
    field.press_sequentially("kcpd")
    expect(found(page)).to_have_count(3)
    page.route("**/people/found*", lambda route: (page.wait_for_timeout(500), route.continue_()))
    field.fill("fbi oper")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/messages\?person=[0-9a-f-]{36}$"))
    expect(page.get_by_role("combobox", name="To")).to_have_value(re.compile("^FBI operation"))
    page.unroute_all()


def test_enter_chooses_and_does_not_send_the_form_however_soon_it_is_pressed(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.goto("/action-items")
    page.get_by_label("Action", exact=True).fill("Call before it is sent")
    owner = page.get_by_role("combobox", name="Owner")
    owner.fill("kcpd det")
    page.keyboard.press("Enter")
    expect(owner).to_have_value("KCPD detective (KCPD)")
    expect(page.get_by_label("Action", exact=True)).to_have_value("Call before it is sent")
    owner.fill("kcpd")
    page.keyboard.press("Enter")
    expect(marked(page)).to_have_count(1)
    expect(owner).to_have_value("kcpd")


def test_that_no_one_matches_is_seen_and_heard(page_of: PageOf) -> None:
    page, field = messages(page_of)
    field.press_sequentially("kcpd")
    expect(found(page)).to_have_count(3)
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
