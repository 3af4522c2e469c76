"""Choosing the people of an event: all agencies, people who are unchecked, and people who are added by a search."""

import time
from collections.abc import Callable
from contextlib import suppress

from playwright.sync_api import BrowserContext, Error, Locator, Page, Route, expect

from tests.browser.tabs import PageOf
from tests.browser.ways import COORDINATOR, SEND, to_empty_form

ANALYST = "KCPD analyst"


def opened(page_of: PageOf) -> Page:
    page = page_of(COORDINATOR)
    to_empty_form(page)
    return page


def agency(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name="Invite by agency").get_by_role("checkbox", name=name)


def check(page: Page, name: str) -> None:
    """Click the label of an agency's box, which covers it."""
    page.get_by_role("group", name="Invite by agency").get_by_text(name).click()


def list_of(page: Page, name: str) -> Locator:
    return page.locator("#by-person details").filter(has_text=f"{name}:")


def test_all_agencies_are_checked_with_one_press(page_of: PageOf) -> None:
    page = opened(page_of)
    check(page, "All agencies")
    expect(agency(page, "CAHT")).to_be_checked()
    expect(list_of(page, "CAHT")).to_contain_text("4 of 4 invited")
    check(page, "CAHT")
    expect(agency(page, "All agencies")).not_to_be_checked()
    assert agency(page, "All agencies").evaluate("box => box.indeterminate")
    expect(list_of(page, "CAHT")).to_contain_text("0 of 4 invited")
    check(page, "CAHT")
    expect(agency(page, "All agencies")).to_be_checked()


def test_a_checked_agency_shows_its_people_checked_and_one_can_be_unchecked(page_of: PageOf) -> None:
    page = opened(page_of)
    check(page, "KCPD")
    people = list_of(page, "KCPD")
    people.locator("summary").click()
    box = people.get_by_role("checkbox", name=ANALYST)
    expect(box).to_be_checked()
    people.get_by_text(ANALYST, exact=True).click()
    expect(people.locator("summary")).to_have_text("KCPD: 2 of 3 invited")
    expect(page.locator("#sending")).to_contain_text("KCPD 2")


def test_an_open_list_follows_its_agency(page_of: PageOf) -> None:
    page = opened(page_of)
    people = list_of(page, "KCPD")
    people.locator("summary").click()
    box = people.get_by_role("checkbox", name=ANALYST)
    expect(box).not_to_be_checked()
    check(page, "KCPD")
    expect(box).to_be_checked()
    check(page, "KCPD")
    expect(box).not_to_be_checked()


def test_a_person_is_added_with_the_keyboard_alone(page_of: PageOf) -> None:
    page = opened(page_of)
    field = page.get_by_role("combobox", name="Add a person")
    field.press_sequentially("analyst")
    options = page.get_by_role("listbox", name="People found").get_by_role("option")
    expect(options.first).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", "add-option-1")
    page.keyboard.press("Escape")
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_have_value("analyst")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#add-found")).to_contain_text("added.")
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    expect(page.locator("#invited")).to_contain_text("1 person is on the list")


def test_the_only_match_is_added_by_enter_and_no_form_is_sent(page_of: PageOf) -> None:
    page = opened(page_of)
    field = page.get_by_role("combobox", name="Add a person")
    field.fill("kcpd.analyst@")
    expect(page.locator("#add-found")).to_contain_text("1 match.")
    field.press("Enter")
    expect(page.locator("#add-found")).to_have_text(f"{ANALYST} (KCPD) added.")
    people = list_of(page, "KCPD")
    expect(people.get_by_role("checkbox", name=ANALYST)).to_be_checked()
    field.fill("kcpd.analyst@")
    expect(page.locator("#add-found")).to_contain_text("1 match.")
    field.press("Enter")
    expect(page.locator("#add-found")).to_have_text(f"{ANALYST} (KCPD) is already invited.")
    assert page.url.endswith("/schedule")


def test_a_search_that_finds_no_one_says_so(page_of: PageOf) -> None:
    page = opened(page_of)
    page.get_by_role("combobox", name="Add a person").fill("zzz")
    expect(page.get_by_role("status").filter(has_text="No one matches “zzz”.")).to_be_visible()


def test_a_person_typed_and_not_added_is_added_after_sending_was_refused(page_of: PageOf) -> None:
    page = opened(page_of)
    page.get_by_label("Title").fill("Someone typed")
    page.get_by_role("combobox", name="Add a person").fill("fbi operation")
    expect(page.locator("#add-found")).to_contain_text("1 match.")
    page.get_by_role("button", name=SEND).click()
    expect(page.get_by_role("link", name="You typed “fbi operation”, but added no one.")).to_be_visible()
    field = page.get_by_role("combobox", name="Add a person")
    field.press("Enter")
    expect(page.locator("#add-found")).to_have_text("FBI operation lead (FBI) added.")
    page.get_by_role("button", name="Send to 1 person").click()
    expect(page.get_by_role("heading", level=1, name="Someone typed")).to_be_visible()


def late(milliseconds: int) -> Callable[[Route], None]:
    """Return what lets a request through so much later, if its page still waits for it."""

    def lets_through(route: Route) -> None:
        time.sleep(milliseconds / 1000)
        with suppress(Error):
            route.continue_()

    return lets_through


def typed_and_chosen(page: Page, words: str) -> None:
    """Type words that find one person, and choose that person."""
    field = page.get_by_role("combobox", name="Add a person")
    field.fill(words)
    expect(page.locator("#add-found")).to_contain_text("1 match.")
    field.press("Enter")


def test_people_chosen_in_quick_succession_are_all_invited_even_before_their_rows_arrive(page_of: PageOf) -> None:
    page = opened(page_of)
    page.get_by_label("Title").fill("Sent at once")
    page.route("**/schedule/people", late(700))
    typed_and_chosen(page, "fbi operation")
    typed_and_chosen(page, "kcpd detective")
    page.get_by_role("button", name=SEND).click()
    expect(page.locator("#flash")).to_contain_text("2 people will get an email.")
    page.unroute_all()


def test_a_person_who_could_not_be_added_is_typed_again_and_nothing_is_sent_without_them(page_of: PageOf) -> None:
    page = opened(page_of)
    page.get_by_label("Title").fill("Not without them")
    page.route("**/schedule/people", lambda route: route.abort())
    typed_and_chosen(page, "fbi operation")
    expect(page.locator("#add-found")).to_have_text("FBI operation lead (FBI) wasn’t added. Press Enter to try again.")
    page.get_by_role("button", name=SEND).click()
    expect(page.get_by_role("link", name="You typed “FBI operation lead (FBI)”, but added no one.")).to_be_visible()
    page.unroute_all()


def test_an_answer_that_comes_after_a_choice_is_dropped(page_of: PageOf) -> None:
    page = opened(page_of)
    field = page.get_by_role("combobox", name="Add a person")
    field.fill("kcpd")
    expect(page.locator("#add-found")).to_contain_text("3 matches.")
    held: list[Route] = []
    page.route("**/schedule/matches", lambda route: held.append(route))  # noqa: PLW0108 - Playwright takes no builtin
    with page.expect_request("**/schedule/matches"):
        field.press_sequentially(" det")
    page.get_by_role("option", name=ANALYST).click()
    with page.expect_response("**/schedule/matches"):
        held[-1].continue_()
    expect(page.locator("#add-found")).to_have_text(f"{ANALYST} (KCPD) added.")
    field.press("Enter")
    expect(page.locator(".tt-options")).to_have_count(0)
    expect(page.locator("#invited")).to_contain_text("1 person is on the list")
    page.unroute_all()


def test_people_are_chosen_without_scripts(without_scripts: BrowserContext, page_of: PageOf) -> None:
    without_scripts.add_cookies(page_of(COORDINATOR).context.cookies())
    page = without_scripts.new_page()
    to_empty_form(page)
    page.get_by_label("Title").fill("Chosen without scripts")
    check(page, "KCPD")
    people = list_of(page, "KCPD")
    people.locator("summary").click()
    people.get_by_role("button", name="Show all 3 people at KCPD").click()
    people.get_by_text(ANALYST, exact=True).click()
    page.get_by_label("Add a person").fill("hsi liaison")
    page.get_by_role("button", name="Find people").click()
    page.get_by_role("group", name="People found").get_by_text("HSI liaison").click()
    page.get_by_role("button", name="Preview dates and notifications").click()
    expect(page.locator("#sending")).to_contain_text("3 people from 2 agencies: HSI 1, KCPD 2.")
    expect(page.get_by_label("Title")).to_have_value("Chosen without scripts")
    expect(list_of(page, "HSI").locator("summary")).to_have_text("HSI: 1 of 3 invited")


def to_edit_form(page: Page, title: str) -> None:
    """Schedule an event for KCPD and open its edit form."""
    to_empty_form(page)
    page.get_by_label("Title").fill(title)
    check(page, "KCPD")
    page.get_by_role("button", name="Send to 3 people").click()
    page.wait_for_url("**/events/*/*")
    page.goto(page.url.rpartition("/")[0] + "/edit")


def test_an_agency_whose_people_are_all_invited_takes_them_along_when_it_is_unchecked(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    to_edit_form(page, "Whole agency")
    expect(agency(page, "KCPD")).to_be_checked()
    expect(agency(page, "CAHT")).not_to_be_checked()
    check(page, "KCPD")
    expect(list_of(page, "KCPD")).to_contain_text("0 of 3 invited")
    check(page, "KCPD")
    expect(list_of(page, "KCPD")).to_contain_text("3 of 3 invited")


def test_a_person_of_a_whole_agency_is_taken_off_the_list_without_scripts(
    without_scripts: BrowserContext, page_of: PageOf
) -> None:
    writer = page_of(COORDINATOR)
    to_edit_form(writer, "Whole agency without scripts")
    without_scripts.add_cookies(writer.context.cookies())
    page = without_scripts.new_page()
    page.goto(writer.url)
    expect(agency(page, "KCPD")).to_be_checked()
    people = list_of(page, "KCPD")
    people.locator("summary").click()
    people.get_by_text(ANALYST, exact=True).click()
    page.get_by_role("button", name="Save changes").click()
    page.goto(writer.url)
    expect(agency(page, "KCPD")).not_to_be_checked()
    expect(list_of(page, "KCPD").locator("summary")).to_have_text("KCPD: 2 of 3 invited")


def test_an_invited_person_is_found_and_taken_off_the_list_with_the_keyboard(page_of: PageOf) -> None:
    page = opened(page_of)
    check(page, "KCPD")
    expect(page.locator("#invited")).to_contain_text("3 people are on the list")
    field = page.get_by_role("combobox", name="Add a person")
    field.fill("kcpd.analyst@")
    expect(page.locator("#add-found")).to_contain_text("1 match.")
    field.press("Enter")
    expect(page.locator("#add-found")).to_have_text(f"{ANALYST} (KCPD) is already invited.")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Remove from the list")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#add-found")).to_have_text(f"{ANALYST} (KCPD) is off the list.")
    expect(field).to_be_focused()
    expect(page.get_by_role("button", name="Remove from the list")).to_be_hidden()
    expect(page.locator("#invited")).to_contain_text("2 people are on the list")
    expect(list_of(page, "KCPD").locator("summary")).to_have_text("KCPD: 2 of 3 invited")


def test_an_invited_person_is_found_and_taken_off_the_list_without_scripts(
    without_scripts: BrowserContext, page_of: PageOf
) -> None:
    without_scripts.add_cookies(page_of(COORDINATOR).context.cookies())
    page = without_scripts.new_page()
    to_empty_form(page)
    page.get_by_label("Title").fill("Found without scripts")
    check(page, "KCPD")
    page.get_by_label("Add a person").fill("kcpd.analyst@")
    page.get_by_role("button", name="Find people").click()
    page.get_by_role("group", name="People found who are invited").get_by_text(ANALYST).click()
    page.get_by_role("button", name="Preview dates and notifications").click()
    expect(list_of(page, "KCPD").locator("summary")).to_have_text("KCPD: 2 of 3 invited")
