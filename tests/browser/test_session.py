"""Before a session ends its person is asked; what was typed stays, also when it has ended (WCAG 2.2.1)."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.tabs import PageOf
from tests.browser.ways import SEND

WHO = "FBI operation lead"
TYPED = "After-hours contact sheet"


@pytest.fixture
def writing(own_page_of: PageOf) -> Iterator[Page]:
    """The form of a new event with a title typed, in a browser whose clock is the test's."""
    page = own_page_of(WHO)
    page.clock.install()
    page.goto("/schedule")
    page.get_by_label("Title").fill(TYPED)
    yield page
    page.unroute_all()


def server_says(page: Page, **state: object) -> None:
    """Let the server answer that a session of this person continues for so many seconds; no state: there is none."""
    person = page.locator("#session").get_attribute("data-person")

    def response(route: Route) -> None:
        if state and route.request.method == "GET":
            route.fulfill(json={"person": person, "form_token": "renewed", "can_stay": True, **state})
        elif state:
            route.continue_()
        else:
            route.fulfill(status=401)

    page.unroute_all()
    page.route("**/session", response)


def test_two_minutes_before_the_end_one_is_asked_and_stays(writing: Page) -> None:
    token = writing.locator('main [name="_csrf"]').first.input_value()
    server_says(writing, seconds=118, form_token=token)
    writing.clock.fast_forward("26:00")  # its session was last noted up to a minute before the page was sent
    expect(writing.get_by_role("alertdialog")).to_be_hidden()
    writing.clock.fast_forward("02:01")
    asked = writing.get_by_role("alertdialog", name="Are you still there?")
    expect(asked).to_be_visible()
    expect(asked.get_by_role("button", name="Stay signed in")).to_be_focused()
    writing.keyboard.press("Enter")
    expect(writing.get_by_role("alertdialog")).to_be_hidden()
    expect(writing.get_by_label("Title")).to_have_value(TYPED)


def test_who_is_busy_in_another_tab_is_not_asked(writing: Page) -> None:
    server_says(writing, seconds=1500)
    writing.clock.fast_forward("28:01")
    expect(writing.get_by_role("alertdialog")).to_be_hidden()


def test_after_twelve_hours_one_is_told_to_save(writing: Page) -> None:
    server_says(writing, seconds=100, can_stay=False)
    writing.clock.fast_forward("28:01")
    expect(writing.get_by_text("a session lasts 12 hours at most")).to_be_visible()


def test_a_form_of_a_session_that_has_ended_is_not_sent_and_keeps_what_was_typed(writing: Page) -> None:
    sent: list[str] = []
    writing.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    writing.route("**/session", lambda route: route.abort())
    writing.clock.fast_forward("31:00")
    ended = writing.get_by_role("alertdialog", name="You’re signed out")
    expect(ended).to_be_hidden()
    server_says(writing)
    writing.get_by_role("button", name=SEND).click()
    expect(ended).to_be_visible()
    expect(writing.get_by_label("Title")).to_have_value(TYPED)
    assert [url for url in sent if re.search(r"/events$", url)] == []


def test_when_the_session_has_ended_the_page_is_hidden_and_escape_does_not_open_it(writing: Page) -> None:
    server_says(writing)
    writing.clock.fast_forward("31:00")
    ended = writing.get_by_role("alertdialog", name="You’re signed out")
    expect(ended.get_by_role("link", name="Sign in again")).to_be_focused()
    for _ in range(3):
        writing.keyboard.press("Escape")
    expect(ended).to_be_visible()
    backdrop = "getComputedStyle(document.querySelector('#session'), '::backdrop').backgroundColor"
    assert re.fullmatch(r"rgb\(\d+, \d+, \d+\)", writing.evaluate(backdrop))


def test_signed_in_again_in_another_tab_the_form_is_good_again(writing: Page) -> None:
    server_says(writing)
    writing.clock.fast_forward("31:00")
    expect(writing.get_by_role("alertdialog")).to_be_visible()
    server_says(writing, seconds=1800)
    writing.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(writing.get_by_role("alertdialog")).to_be_hidden()
    expect(writing.locator('main [name="_csrf"]').first).to_have_value("renewed")
    expect(writing.get_by_label("Title")).to_have_value(TYPED)
