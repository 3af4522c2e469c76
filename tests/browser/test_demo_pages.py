"""What only a demo has: people to choose, and the emails that it sent."""

import re

from playwright.sync_api import expect

from tests.browser.demo import Demo
from tests.browser.tabs import PageOf
from tests.browser.ways import TRAINING


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
