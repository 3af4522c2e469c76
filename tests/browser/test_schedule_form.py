"""The schedule form with scripts: its fields, its people, and the bar at its bottom."""

import re
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from playwright.sync_api import BrowserContext, Error, Locator, Page, Route, expect

from tests.browser.demo import Demo, until
from tests.browser.tabs import PageOf
from tests.browser.ways import (
    COORDINATOR,
    MONTHLY,
    SEND,
    Way,
    day_link,
    invite_agencies,
    to_edit_from,
    to_empty_form,
    to_event,
)

NO_CHANGE = re.compile(r"Calendars\s+No change")
MOST_PRESSES = 30  # of the Tab key, from the title to the button that sends


def presses_to(page: Page, target: str) -> int:
    """Press Tab until the focused element matches a selector; return how often."""
    presses = 0
    while not page.evaluate("found => document.activeElement.matches(found)", target):
        page.keyboard.press("Tab")
        presses += 1
        assert presses <= 3 * MOST_PRESSES, f"{target} is never reached"
    return presses


def test_a_meeting_keeps_its_length_when_its_start_changes(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.goto("/schedule")
    starts, ends = page.get_by_label("Starts"), page.get_by_label("Ends", exact=True)
    starts.fill("10:00")
    ends.fill("11:30")
    starts.fill("09:15")
    expect(ends).to_have_value("10:45")
    ends.fill("11:00")
    starts.focus()
    page.keyboard.type("10")  # between the digits it is one o'clock: the end follows, and comes back
    expect(starts).to_have_value("10:15")
    expect(ends).to_have_value("12:00")


@pytest.mark.parametrize(
    ("way", "panel"),
    [(to_event(MONTHLY, "2027-02", "edit"), "#outcome"), (to_edit_from, "#sending")],
    ids=["one date", "this and following dates"],
)
def test_the_panel_follows_an_agenda_while_it_is_typed(page_of: PageOf, demo: Demo, way: Way, panel: str) -> None:
    page = page_of(COORDINATOR)
    way(page, demo)
    agenda = page.get_by_role("textbox", name="Agenda")
    expect(page.locator(panel)).to_contain_text(NO_CHANGE)
    agenda.press_sequentially("Budget 30", delay=20)
    expect(page.locator(panel)).not_to_contain_text(NO_CHANGE)
    expect(agenda).to_be_focused()


def test_from_the_title_to_send_are_at_most_thirty_presses_of_tab(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    to_empty_form(page)
    page.get_by_label("Title").press_sequentially("Call")
    expect(page.locator("#send-effect")).not_to_contain_text("Enter a title.")  # which has a link, and can't be sent
    assert presses_to(page, '[name="save"][value="send"]') <= MOST_PRESSES


@pytest.mark.parametrize("settles", [1, 600])
def test_a_choice_made_while_the_preview_of_another_day_arrives_is_kept(settles: int, page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    to_empty_form(page)
    # After a swap htmx waits, here for longer than from a choice to its preview: as on a busy computer.
    page.evaluate("settles => { htmx.config.defaultSettleDelay = settles; }", settles)
    held: list[Route] = []
    page.route("**/schedule/preview?*", lambda route: held.append(route), times=1)  # noqa: PLW0108 - Playwright takes no method
    with page.expect_request("**/schedule/preview?*"):
        page.locator("#f-date").fill("2027-03-03")
    page.locator("#f-repeat").select_option("weekly")
    held[0].continue_()
    expect(page.locator("#preview")).to_contain_text("Every week")
    expect(page.locator("#f-repeat")).to_have_value("weekly")
    page.locator("#f-until").fill("2027-06-02")
    expect(page.locator("#preview")).to_contain_text("until Jun 2, 2027")


def test_arrow_keys_move_through_the_agencies_and_space_checks_one(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    to_empty_form(page)
    group = page.get_by_role("group", name="Invite by agency")
    group.get_by_role("checkbox", name="All agencies").focus()
    for key, name in (("ArrowRight", "Bridge Legal"), ("ArrowDown", "CAHT"), ("End", "USAO"), ("ArrowRight", "All")):
        page.keyboard.press(key)
        expect(group.get_by_role("checkbox", name=name)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    expect(group.get_by_role("checkbox", name="USAO")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(group.get_by_role("checkbox", name="USAO")).to_be_focused()


def test_arrow_keys_move_through_the_lists_of_people(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    to_empty_form(page)
    lists = page.locator("#by-person summary")
    lists.first.focus()
    page.keyboard.press("ArrowDown")
    expect(lists.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#by-person details").nth(1).get_by_role("checkbox").first).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator("#by-person details").nth(1).get_by_role("checkbox").first).to_be_focused()


def test_the_button_says_to_how_many_people_the_form_is_sent(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    to_empty_form(page)
    send = page.get_by_role("button", name=SEND)
    expect(send).to_have_accessible_name("Send invitations")
    page.get_by_label("Title").fill("Call")
    page.get_by_role("group", name="Invite by agency").get_by_text("KCPD").click()
    expect(send).to_have_accessible_name("Send to 3 people")
    page.get_by_role("group", name="Invite by agency").get_by_text("KCPD").click()
    expect(send).to_have_accessible_name("Schedule event")


def test_the_button_names_no_number_that_may_have_changed(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    to_empty_form(page)
    send = page.get_by_role("button", name=SEND)
    page.get_by_label("Title").fill("Call")
    page.get_by_role("group", name="Invite by agency").get_by_text("KCPD").click()
    expect(send).to_have_accessible_name("Send to 3 people")
    page.route("**/schedule/summary", lambda route: route.abort())
    page.get_by_role("group", name="Invite by agency").get_by_text("CAHT").click()
    expect(send).to_have_accessible_name("Send invitations")


def test_the_button_names_no_number_without_scripts(without_scripts: BrowserContext, page_of: PageOf) -> None:
    without_scripts.add_cookies(page_of(COORDINATOR).context.cookies())
    page = without_scripts.new_page()
    to_empty_form(page)
    page.get_by_label("Title").fill("Call")
    page.get_by_role("group", name="Invite by agency").get_by_text("KCPD").click()
    page.get_by_role("button", name="Preview dates and notifications").click()
    expect(page.locator("#sending")).to_contain_text("3 people will get an invitation.")
    expect(page.get_by_role("button", name=SEND)).to_have_accessible_name("Send invitations")


@pytest.mark.parametrize("view", ["month", "week"])
def test_an_empty_day_of_the_calendar_opens_the_form_with_that_day(page_of: PageOf, view: str) -> None:
    page = page_of(COORDINATOR)
    page.goto(f"/calendar?view={view}&month=2027-01&date=2027-01-30")
    day = day_link(page, "2027-01-30")
    expect(day).to_have_accessible_name(re.compile("no events. Schedule an event$"))
    day.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Day", exact=True)).to_have_value("2027-01-30")


def test_a_press_anywhere_in_an_empty_day_opens_the_form(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.goto("/calendar?month=2027-01")
    day_link(page, "2027-01-30").locator("xpath=ancestor::td").click(position={"x": 20, "y": 70})
    expect(page.get_by_label("Day", exact=True)).to_have_value("2027-01-30")


ANALYST = "KCPD analyst"


def open_empty_form(page_of: PageOf) -> Page:
    page = page_of(COORDINATOR)
    to_empty_form(page)
    return page


def agency(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name="Invite by agency").get_by_role("checkbox", name=name)


def check(page: Page, name: str) -> None:
    """Click the label of an agency's box, which covers it."""
    page.get_by_role("group", name="Invite by agency").get_by_text(name).click()


def agency_list(page: Page, name: str) -> Locator:
    return page.locator("#by-person details").filter(has_text=f"{name}:")


def test_all_agencies_are_checked_with_one_press(page_of: PageOf) -> None:
    page = open_empty_form(page_of)
    check(page, "All agencies")
    expect(agency(page, "CAHT")).to_be_checked()
    expect(agency_list(page, "CAHT")).to_contain_text("4 of 4 invited")
    check(page, "CAHT")
    expect(agency(page, "All agencies")).not_to_be_checked()
    assert agency(page, "All agencies").evaluate("box => box.indeterminate")
    expect(agency_list(page, "CAHT")).to_contain_text("0 of 4 invited")
    check(page, "CAHT")
    expect(agency(page, "All agencies")).to_be_checked()


def test_a_checked_agency_shows_its_people_checked_and_one_can_be_unchecked(page_of: PageOf) -> None:
    page = open_empty_form(page_of)
    check(page, "KCPD")
    people = agency_list(page, "KCPD")
    people.locator("summary").click()
    box = people.get_by_role("checkbox", name=ANALYST)
    expect(box).to_be_checked()
    people.get_by_text(ANALYST, exact=True).click()
    expect(people.locator("summary")).to_have_text("KCPD: 2 of 3 invited")
    expect(page.locator("#sending")).to_contain_text("KCPD 2")


def test_an_open_list_follows_its_agency(page_of: PageOf) -> None:
    page = open_empty_form(page_of)
    people = agency_list(page, "KCPD")
    people.locator("summary").click()
    box = people.get_by_role("checkbox", name=ANALYST)
    expect(box).not_to_be_checked()
    check(page, "KCPD")
    expect(box).to_be_checked()
    check(page, "KCPD")
    expect(box).not_to_be_checked()


def test_a_person_is_added_with_the_keyboard_alone(page_of: PageOf) -> None:
    page = open_empty_form(page_of)
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
    page = open_empty_form(page_of)
    field = page.get_by_role("combobox", name="Add a person")
    field.fill("kcpd.analyst@")
    expect(page.locator("#add-found")).to_contain_text("1 match.")
    field.press("Enter")
    expect(page.locator("#add-found")).to_have_text(f"{ANALYST} (KCPD) added.")
    people = agency_list(page, "KCPD")
    expect(people.get_by_role("checkbox", name=ANALYST)).to_be_checked()
    field.fill("kcpd.analyst@")
    expect(page.locator("#add-found")).to_contain_text("1 match.")
    field.press("Enter")
    expect(page.locator("#add-found")).to_have_text(f"{ANALYST} (KCPD) is already invited.")
    assert page.url.endswith("/schedule")


def test_a_search_that_finds_no_one_says_so(page_of: PageOf) -> None:
    page = open_empty_form(page_of)
    page.get_by_role("combobox", name="Add a person").fill("zzz")
    expect(page.get_by_role("status").filter(has_text="No one matches “zzz”.")).to_be_visible()


def test_a_person_typed_and_not_added_is_added_after_sending_was_refused(page_of: PageOf) -> None:
    page = open_empty_form(page_of)
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
    page = open_empty_form(page_of)
    page.get_by_label("Title").fill("Sent at once")
    page.route("**/schedule/people", late(700))
    typed_and_chosen(page, "fbi operation")
    typed_and_chosen(page, "kcpd detective")
    page.get_by_role("button", name=SEND).click()
    expect(page.locator("#flash")).to_contain_text("2 people will get an email.")
    page.unroute_all()


def test_a_person_who_could_not_be_added_is_typed_again_and_nothing_is_sent_without_them(page_of: PageOf) -> None:
    page = open_empty_form(page_of)
    page.get_by_label("Title").fill("Not without them")
    page.route("**/schedule/people", lambda route: route.abort())
    typed_and_chosen(page, "fbi operation")
    expect(page.locator("#add-found")).to_have_text("FBI operation lead (FBI) wasn’t added. Press Enter to try again.")
    page.get_by_role("button", name=SEND).click()
    expect(page.get_by_role("link", name="You typed “FBI operation lead (FBI)”, but added no one.")).to_be_visible()
    page.unroute_all()


def test_an_answer_that_comes_after_a_choice_is_dropped(page_of: PageOf) -> None:
    page = open_empty_form(page_of)
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
    people = agency_list(page, "KCPD")
    people.locator("summary").click()
    people.get_by_role("button", name="Show all 3 people at KCPD").click()
    people.get_by_text(ANALYST, exact=True).click()
    page.get_by_label("Add a person").fill("hsi liaison")
    page.get_by_role("button", name="Find people").click()
    page.get_by_role("group", name="People found").get_by_text("HSI liaison").click()
    page.get_by_role("button", name="Preview dates and notifications").click()
    expect(page.locator("#sending")).to_contain_text("3 people from 2 agencies: HSI 1, KCPD 2.")
    expect(page.get_by_label("Title")).to_have_value("Chosen without scripts")
    expect(agency_list(page, "HSI").locator("summary")).to_have_text("HSI: 1 of 3 invited")


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
    expect(agency_list(page, "KCPD")).to_contain_text("0 of 3 invited")
    check(page, "KCPD")
    expect(agency_list(page, "KCPD")).to_contain_text("3 of 3 invited")


def test_a_person_of_a_whole_agency_is_taken_off_the_list_without_scripts(
    without_scripts: BrowserContext, page_of: PageOf
) -> None:
    writer = page_of(COORDINATOR)
    to_edit_form(writer, "Whole agency without scripts")
    without_scripts.add_cookies(writer.context.cookies())
    page = without_scripts.new_page()
    page.goto(writer.url)
    expect(agency(page, "KCPD")).to_be_checked()
    people = agency_list(page, "KCPD")
    people.locator("summary").click()
    people.get_by_text(ANALYST, exact=True).click()
    page.get_by_role("button", name="Save changes").click()
    page.goto(writer.url)
    expect(agency(page, "KCPD")).not_to_be_checked()
    expect(agency_list(page, "KCPD").locator("summary")).to_have_text("KCPD: 2 of 3 invited")


def test_an_invited_person_is_found_and_taken_off_the_list_with_the_keyboard(page_of: PageOf) -> None:
    page = open_empty_form(page_of)
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
    expect(agency_list(page, "KCPD").locator("summary")).to_have_text("KCPD: 2 of 3 invited")


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
    expect(agency_list(page, "KCPD").locator("summary")).to_have_text("KCPD: 2 of 3 invited")


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
    while (measured := page.evaluate(COVERED, LAST)) is not None:
        covered.append(measured)
        page.keyboard.press("Tab")
    assert len(covered) > 25
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
    expect(bar).to_contain_text("Nothing is sent yet.")
    page.get_by_role("group", name="Invite by agency").get_by_text("KCPD").click()
    expect(bar).to_contain_text("Enter a title.")
    page.get_by_label("Title").fill("Call")
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
    expect(page.locator(f"{BAR} p:visible").first).to_have_text("Nothing is sent yet.")
    expect(page.get_by_role("button", name=SEND)).to_be_visible()
