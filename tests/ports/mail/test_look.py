"""Emails in a real email reader's engine: readable by everyone, on a phone as on a desk."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

from scripts.browser import ARGUMENTS, find
from tests.ports.mail.making import email_of, message_with_key, parts
from tests.ports.mail.sending import composer
from tracker.rules.emails.emails import Button, ButtonName, Fact, FactName, OutsideAddress, ReplyPage, SitePage

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TALL = "[...document.querySelectorAll('a')].every(link => link.getBoundingClientRect().height >= 44)"
FACTS = (
    Fact(name=FactName.WHEN, value="Thursday, December 10, 2026, 2:00–3:30 PM Central"),
    Fact(name=FactName.WHERE, value="USAO, 5th-floor conference room, or by video"),
)


@pytest.fixture(scope="module", params=[1280, 390, 320])
def page_of_email(request: pytest.FixtureRequest) -> Iterator[Page]:
    """An email with everything that one can have, at one width."""
    chromium = find()
    if chromium is None:
        pytest.fail("No Chromium. `make test` finds or installs one.")
    reply = ReplyPage(invitation_id=UUID(int=1), occurrence_id=None)
    names = (ButtonName.REPLY_YES, ButtonName.REPLY_MAYBE, ButtonName.REPLY_NO)
    buttons = tuple(Button(name=name, target=reply) for name in names)
    more = (
        Button(name=ButtonName.AGENDA_AND_PEOPLE, target=SitePage(path="/events/1")),
        Button(name=ButtonName.VIDEO, target=OutsideAddress(url="https://video.example/1")),
    )
    made = composer().compose(email_of(facts=FACTS, buttons=buttons, more=more), message_with_key())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        shown = browser.new_page(viewport={"width": request.param, "height": 800})
        shown.set_content(parts(made.content)["text/html"].get_content())
        yield shown
        browser.close()


def test_an_email_has_no_violation_of_the_rules_for_everyone(page_of_email: Page) -> None:
    result = Axe().run(page_of_email, options={"runOnly": RULES})
    assert [one["id"] for one in result.response["violations"]] == []


def test_an_email_never_scrolls_sideways(page_of_email: Page) -> None:
    assert page_of_email.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_every_button_of_an_email_is_tall_enough_for_a_thumb(page_of_email: Page) -> None:
    assert page_of_email.evaluate(TALL)
