"""How many clicks the main tasks take, and a year of meetings, every click of it counted."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.demo import Demo
from tests.browser.hand import Hand
from tests.browser.tabs import PageOf
from tests.browser.ways import COORDINATOR, MONTHLY, SEND, TRAINING, assign_item, to_empty_form, to_event

LIAISON = "IPD liaison"


@pytest.fixture
def hand(page_of: PageOf) -> Hand:
    """The coordinator's, on the first page."""
    page = page_of(COORDINATOR)
    page.goto("/")
    return Hand(page)


def test_a_reply_from_an_email_is_two_clicks_without_an_account(page_of: PageOf, demo: Demo) -> None:
    hand = Hand(page_of(None))
    hand.follow(demo.link("bridge.advocate@bridge-legal.example", TRAINING))
    hand.button("Yes, I will attend")
    expect(hand.page.get_by_role("heading", name="You replied Yes")).to_be_visible()
    assert hand.clicks == 2


def test_an_item_is_updated_from_an_email_with_three_clicks(page_of: PageOf, demo: Demo) -> None:
    link = assign_item(page_of(COORDINATOR), demo, LIAISON, "ipd.liaison@ipd.example", "Three clicks")
    hand = Hand(page_of(None))
    hand.follow(link)
    hand.click(hand.page.locator("main label", has_text="Done"))
    hand.button("Save update")
    expect(hand.page.get_by_role("heading", name="is done")).to_be_visible()
    assert hand.clicks == 3


def test_an_item_is_marked_done_from_an_email_with_two_clicks(page_of: PageOf, demo: Demo) -> None:
    link = assign_item(page_of(COORDINATOR), demo, LIAISON, "ipd.liaison@ipd.example", "Two clicks")
    hand = Hand(page_of(None))
    hand.follow(f"{link.partition('?')[0]}?s=done")
    hand.button("Save update")
    expect(hand.page.get_by_role("heading", name="is done")).to_be_visible()
    assert hand.clicks == 2


def test_an_item_of_ones_own_is_done_with_one_click(hand: Hand) -> None:
    row = hand.page.get_by_role("region", name="My action items").get_by_role("listitem").first
    hand.click(row.get_by_role("button", name=re.compile("^Mark done")))
    expect(row.get_by_role("button", name="Undo")).to_be_visible()
    assert hand.clicks == 1
    row.get_by_role("button", name="Undo").click()
    expect(row.get_by_role("button", name=re.compile("^Mark done"))).to_be_visible()


def test_the_address_of_a_feed_is_copied_with_two_clicks(hand: Hand) -> None:
    hand.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    hand.link("Calendar subscriptions")
    hand.click(hand.page.get_by_role("button", name=re.compile("^Copy")).first)
    assert "/feeds/" in hand.page.evaluate("navigator.clipboard.readText()")
    assert hand.clicks == 2


def test_an_action_item_is_found_by_a_few_words_with_one_click(hand: Hand) -> None:
    hand.page.keyboard.press("/")
    hand.page.keyboard.type("referral sheet")
    hand.page.keyboard.press("Enter")
    hand.click(hand.page.locator("main").get_by_role("link", name=re.compile("Update the referral sheet")).first)
    expect(hand.page.get_by_role("heading", level=1)).to_contain_text("Update the referral sheet")
    assert hand.clicks == 1


def test_a_report_is_a_file_with_two_clicks(hand: Hand) -> None:
    hand.link("Reports")
    with hand.page.expect_download() as file:
        hand.click(hand.page.get_by_role("link", name=re.compile("XLSX")).first)
    assert file.value.suggested_filename.endswith(".xlsx")
    assert hand.clicks == 2


def test_a_sign_in_sheet_is_two_clicks_from_its_event(hand: Hand, demo: Demo) -> None:
    to_event(MONTHLY, "2026-12")(hand.page, demo)
    hand.link("Sign-in sheet")
    hand.button(re.compile("^Print"))
    assert hand.clicks == 2


def test_people_who_have_not_replied_are_reminded_with_one_click(hand: Hand) -> None:
    rows = hand.page.get_by_role("region", name="Follow up").get_by_role("listitem")
    remind = re.compile("^Remind")
    key = rows.filter(has=hand.page.get_by_role("button", name=remind)).first.get_attribute("id")
    row = hand.page.locator(f"[id='{key}']")
    hand.click(row.get_by_role("button", name=remind))
    expect(row.get_by_role("button", name="Undo")).to_be_visible()
    assert hand.clicks == 1
    row.get_by_role("button", name="Undo").click()
    expect(row.get_by_role("button", name="Undo")).to_be_hidden()


def test_a_monthly_series_for_nine_agencies_is_four_fields_one_check_and_one_send(hand: Hand) -> None:
    to_empty_form(hand.page)
    hand.fill(title="Everyone each month", date="2027-02-23", starts="15:00", repeat="monthly_nth")
    hand.click(hand.page.get_by_text("All agencies"))
    expect(hand.page.get_by_role("button", name=SEND)).to_have_accessible_name(re.compile("^Send to 2[0-9] people"))
    hand.button(SEND)
    expect(hand.page.get_by_role("heading", level=1)).to_have_text("Everyone each month")
    assert (hand.fields, hand.clicks) == (4, 2)
    hand.page.locator("#flash").get_by_role("button", name="Undo").click()


def test_from_an_hour_of_the_week_an_event_is_one_field_and_three_clicks(hand: Hand) -> None:
    hand.page.goto("/calendar?view=week&date=2027-01-13")
    hand.click(hand.page.locator('.tt-hour[href*="2027-01-13&starts=15:00"]'))
    hand.fill(title="Added from an hour")
    hand.click(hand.page.get_by_text(re.compile("^Victim Services Committee · ")))
    expect(hand.page.get_by_role("button", name=SEND)).to_have_accessible_name("Send to 3 people")
    hand.button(SEND)
    expect(hand.page.get_by_role("heading", level=1)).to_have_text("Added from an hour")
    assert (hand.fields, hand.clicks) == (1, 3)
    hand.page.locator("#flash").get_by_role("button", name="Undo").click()


def test_who_is_double_booked_is_seen_without_a_click(hand: Hand) -> None:
    to_empty_form(hand.page)
    hand.page.get_by_text("All agencies").click()
    hand.fill(date="2027-01-15", starts="15:00")
    expect(hand.page.locator("#sending")).to_contain_text(MONTHLY)
    assert hand.clicks == 0


TITLE = "Year of meetings"


@pytest.fixture
def hand_of_coordinator(page_of: PageOf) -> Hand:
    return Hand(page_of(COORDINATOR))


def schedule_series(hand: Hand) -> str:
    """Schedule the series from the open form and return its address; afterward nothing is counted yet."""
    hand.page.goto("/schedule")
    if (discard := hand.page.get_by_role("button", name="Discard draft")).count():  # another test typed there
        discard.click()
        hand.page.wait_for_load_state()
    hand.fill(title=TITLE, date="2027-01-12", starts="10:00", ends="11:30", repeat="monthly_nth")
    hand.click(hand.page.get_by_text(re.compile("^Steering Committee · ")))
    hand.button(SEND)
    hand.page.wait_for_url(re.compile(r"/events/[0-9a-f-]{36}"))
    return re.match(r".*/events/[0-9a-f-]{36}", hand.page.url)[0]


def at_date(hand: Hand, key: str) -> None:
    """Schedule the series and open the page of one date."""
    hand.page.goto(f"{schedule_series(hand)}/{key}")
    hand.clicks = hand.fields = 0


def test_twelve_dates_are_five_fields_one_tick_and_one_send(hand_of_coordinator: Hand) -> None:
    hand_of_coordinator.page.goto(schedule_series(hand_of_coordinator))
    expect(hand_of_coordinator.page.locator("#ahead")).to_contain_text("12")
    assert (hand_of_coordinator.fields, hand_of_coordinator.clicks) == (5, 2)


def test_april_is_moved_with_two_clicks(hand_of_coordinator: Hand) -> None:
    at_date(hand_of_coordinator, "2027-04-13")
    hand_of_coordinator.link("Edit this date")
    hand_of_coordinator.fill(date="2027-04-15", starts="13:00", ends="14:30")
    hand_of_coordinator.button("Save date")
    expect(hand_of_coordinator.page.locator("main")).to_contain_text("Thursday, April 15, 2027")
    assert hand_of_coordinator.clicks == 2


def test_june_is_canceled_with_two_clicks_and_restored_with_one(hand_of_coordinator: Hand) -> None:
    at_date(hand_of_coordinator, "2027-06-08")
    hand_of_coordinator.link("Cancel this date")
    hand_of_coordinator.button(re.compile("^Cancel"))
    off = hand_of_coordinator.page.get_by_role("heading", name="This date is canceled")
    expect(off).to_be_visible()
    assert hand_of_coordinator.clicks == 2
    hand_of_coordinator.button(re.compile("^Restore this date"))
    expect(off).to_be_hidden()
    assert hand_of_coordinator.clicks == 3


def test_from_october_on_at_nine_takes_two_clicks(hand_of_coordinator: Hand) -> None:
    at_date(hand_of_coordinator, "2027-10-12")
    hand_of_coordinator.link("Edit this and following dates")
    hand_of_coordinator.fill(starts="09:00", ends="10:30")
    hand_of_coordinator.button(re.compile("^Save (changes|and email)"))
    expect(hand_of_coordinator.page.locator("main")).to_contain_text("9:00–10:30 AM")
    assert hand_of_coordinator.clicks == 2


def of_series(hand: Hand, day: str) -> None:
    """Schedule the series, and from its page open one of its dates, which counts."""
    hand.page.goto(schedule_series(hand))
    hand.clicks = hand.fields = 0
    hand.click(hand.page.locator("#ahead").get_by_role("link", name=day))


def test_from_the_page_of_the_series_april_is_moved_with_three_clicks_and_one_field(hand_of_coordinator: Hand) -> None:
    of_series(hand_of_coordinator, "Tue, Apr 13, 2027")
    hand_of_coordinator.link("Edit this date")
    hand_of_coordinator.fill(date="2027-04-15")
    hand_of_coordinator.button("Save date")
    expect(hand_of_coordinator.page.locator("main")).to_contain_text("Thursday, April 15, 2027")
    assert (hand_of_coordinator.fields, hand_of_coordinator.clicks) == (1, 3)


def test_from_the_page_of_the_series_june_is_canceled_with_three_clicks(hand_of_coordinator: Hand) -> None:
    of_series(hand_of_coordinator, "Tue, Jun 8, 2027")
    hand_of_coordinator.link("Cancel this date")
    hand_of_coordinator.button(re.compile("^Cancel"))
    expect(hand_of_coordinator.page.get_by_role("heading", name="This date is canceled")).to_be_visible()
    assert hand_of_coordinator.clicks == 3


def test_from_the_page_of_the_series_october_on_is_moved_with_three_clicks_and_one_field(
    hand_of_coordinator: Hand,
) -> None:
    of_series(hand_of_coordinator, "Tue, Oct 12, 2027")
    hand_of_coordinator.link("Edit this and following dates")
    hand_of_coordinator.fill(starts="09:00")
    hand_of_coordinator.button(re.compile("^Save (changes|and email)"))
    expect(hand_of_coordinator.page.locator("main")).to_contain_text("9:00–10:30 AM")
    assert (hand_of_coordinator.fields, hand_of_coordinator.clicks) == (1, 3)
