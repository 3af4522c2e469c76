"""The year of the Steering Committee, as its coordinator makes it: every click counted, typing not."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.hand import Hand
from tests.browser.tabs import PageOf
from tests.browser.ways import COORDINATOR, SEND

TITLE = "Year of meetings"


@pytest.fixture
def hand(page_of: PageOf) -> Hand:
    return Hand(page_of(COORDINATOR))


def scheduled(hand: Hand) -> str:
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
    hand.page.goto(f"{scheduled(hand)}/{key}")
    hand.clicks = hand.fields = 0


def test_twelve_dates_are_five_fields_one_tick_and_one_send(hand: Hand) -> None:
    hand.page.goto(scheduled(hand))
    expect(hand.page.locator("#ahead")).to_contain_text("12")
    assert (hand.fields, hand.clicks) == (5, 2)


def test_april_is_moved_with_two_clicks(hand: Hand) -> None:
    at_date(hand, "2027-04-13")
    hand.link("Edit this date")
    hand.fill(date="2027-04-15", starts="13:00", ends="14:30")
    hand.button("Save date")
    expect(hand.page.locator("main")).to_contain_text("Thursday, April 15, 2027")
    assert hand.clicks == 2


def test_june_is_canceled_with_two_clicks_and_brought_back_with_one(hand: Hand) -> None:
    at_date(hand, "2027-06-08")
    hand.link("Cancel this date")
    hand.button(re.compile("^Cancel"))
    off = hand.page.get_by_role("heading", name="This date is canceled")
    expect(off).to_be_visible()
    assert hand.clicks == 2
    hand.button(re.compile("^Restore this date"))
    expect(off).to_be_hidden()
    assert hand.clicks == 3


def test_from_october_on_at_nine_takes_two_clicks(hand: Hand) -> None:
    at_date(hand, "2027-10-12")
    hand.link("Edit this and following dates")
    hand.fill(starts="09:00", ends="10:30")
    hand.button(re.compile("^Save (changes|and email)"))
    expect(hand.page.locator("main")).to_contain_text("9:00–10:30 AM")
    assert hand.clicks == 2


def of_series(hand: Hand, day: str) -> None:
    """Schedule the series, and from its page open one of its dates, which counts."""
    hand.page.goto(scheduled(hand))
    hand.clicks = hand.fields = 0
    hand.click(hand.page.locator("#ahead").get_by_role("link", name=day))


def test_from_the_page_of_the_series_april_is_moved_with_three_clicks_and_one_field(hand: Hand) -> None:
    of_series(hand, "Tue, Apr 13, 2027")
    hand.link("Edit this date")
    hand.fill(date="2027-04-15")
    hand.button("Save date")
    expect(hand.page.locator("main")).to_contain_text("Thursday, April 15, 2027")
    assert (hand.fields, hand.clicks) == (1, 3)


def test_from_the_page_of_the_series_june_is_canceled_with_three_clicks(hand: Hand) -> None:
    of_series(hand, "Tue, Jun 8, 2027")
    hand.link("Cancel this date")
    hand.button(re.compile("^Cancel"))
    expect(hand.page.get_by_role("heading", name="This date is canceled")).to_be_visible()
    assert hand.clicks == 3


def test_from_the_page_of_the_series_october_on_is_moved_with_three_clicks_and_one_field(hand: Hand) -> None:
    of_series(hand, "Tue, Oct 12, 2027")
    hand.link("Edit this and following dates")
    hand.fill(starts="09:00")
    hand.button(re.compile("^Save (changes|and email)"))
    expect(hand.page.locator("main")).to_contain_text("9:00–10:30 AM")
    assert (hand.fields, hand.clicks) == (1, 3)
