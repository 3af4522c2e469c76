"""The schedule form with scripts."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.demo import Demo
from tests.browser.tabs import PageOf
from tests.browser.ways import COORDINATOR, MONTHLY, SEND, Way, day_link, to_edit_from, to_empty_form, to_event

NO_CHANGE = re.compile(r"Calendars\s+No change")
MOST_PRESSES = 30  # of the Tab key, from the title to the button that sends


def presses_to(page: Page, found: str) -> int:
    """Press Tab until the focused element matches a selector; return how often."""
    presses = 0
    while not page.evaluate("found => document.activeElement.matches(found)", found):
        page.keyboard.press("Tab")
        presses += 1
        assert presses <= 3 * MOST_PRESSES, f"{found} is never reached"
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
    expect(page.locator("#sending")).not_to_contain_text("To fix")  # what is to be fixed has a link, and can't be sent
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
    expect(page.get_by_label("First day")).to_have_value("2027-01-30")


def test_a_press_anywhere_in_an_empty_day_opens_the_form(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.goto("/calendar?month=2027-01")
    day_link(page, "2027-01-30").locator("xpath=ancestor::td").click(position={"x": 20, "y": 70})
    expect(page.get_by_label("First day")).to_have_value("2027-01-30")
