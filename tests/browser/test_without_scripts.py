"""What people do most works with JavaScript off."""

from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import sign_in
from tests.browser.demo import Demo
from tests.browser.ways import TRAINING


def test_a_link_signs_in_without_scripts_and_an_item_is_done(without_scripts: BrowserContext, demo: Demo) -> None:
    sign_in(without_scripts, demo.sign_in_links["CAHT lead"])
    page = without_scripts.new_page()
    page.goto("/")
    mine = page.get_by_role("region", name="My action items").get_by_role("listitem")
    reference = mine.first.get_by_role("heading").get_by_role("link").inner_text()
    page.get_by_role("button", name=f"Mark done {reference}").click()
    page.goto("/action-items?done=1")
    expect(page.locator(f"#{reference}").get_by_role("cell", name="Done", exact=True)).to_be_visible()


def test_an_invitation_is_answered_without_scripts(without_scripts: BrowserContext, demo: Demo) -> None:
    page = without_scripts.new_page()
    page.goto(demo.link("hhs.specialist@hhs.example", TRAINING))
    page.get_by_role("button", name="Yes, I will attend").click()
    expect(page.get_by_role("heading", name="You replied Yes")).to_be_visible()
    page.get_by_role("link", name="Change my reply").click()
    expect(page.locator(".tt-sum")).to_contain_text("Your reply")


def test_an_item_is_done_from_its_mail_without_scripts(without_scripts: BrowserContext, demo: Demo) -> None:
    page = without_scripts.new_page()
    page.goto(demo.link("kcpd.detective@kcpd.example", "Action item"))
    page.get_by_role("radio", name="Done").check(force=True)
    page.get_by_role("button", name="Save update").click()
    expect(page.get_by_role("heading", name="is done")).to_be_visible()
