"""What works with JavaScript off, what the served product compresses, and the pictures of the guide."""

import gzip
import re
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import sign_in
from tests.browser.demo import Demo
from tests.browser.pictures import PICTURES, take
from tests.browser.tabs import PageOf, TabOf
from tests.browser.ways import COORDINATOR, SEND, TRAINING, assign_item, to_own_roll
from tracker.ports.pages.core.templating import size_of_png


def test_a_link_signs_in_without_scripts_and_an_item_is_done(
    without_scripts: BrowserContext, page_of: PageOf, demo: Demo
) -> None:
    sign_in(without_scripts, demo.sign_in_links["CAHT lead"])
    assign_item(page_of(COORDINATOR), demo, "CAHT lead", "caht.lead@caht.example", "Done on the first page")
    page = without_scripts.new_page()
    page.goto("/")
    own_items = page.get_by_role("region", name="My action items").get_by_role("listitem")
    row = own_items.filter(has_text="Done on the first page")
    reference = str(row.get_attribute("id")).removeprefix("row-")
    page.get_by_role("button", name=f"Mark done {reference}").click()
    page.locator("#flash").get_by_role("button", name="Undo").click()
    page.get_by_role("button", name=f"Mark done {reference}").click()
    page.goto("/action-items?done=1")
    expect(page.locator(f"#{reference}").get_by_role("cell", name="Done", exact=True)).to_be_visible()


def test_an_invitation_is_answered_without_scripts(without_scripts: BrowserContext, demo: Demo) -> None:
    page = without_scripts.new_page()
    page.goto(demo.link("kcpd.analyst@kcpd.example", TRAINING))
    page.get_by_role("button", name="Yes, I will attend").click()
    expect(page.get_by_role("heading", name="You replied Yes")).to_be_visible()
    page.get_by_role("link", name="Change my reply").click()
    expect(page.locator(".tt-sum")).to_contain_text("Your reply")


def test_people_are_reminded_and_a_reply_is_given_on_the_first_page_without_scripts(
    without_scripts: BrowserContext, page_of: PageOf
) -> None:
    without_scripts.add_cookies(page_of(COORDINATOR).context.cookies())
    page = without_scripts.new_page()
    page.goto("/")
    page.get_by_role("button", name="Remind").last.click()
    expect(page.locator("#flash")).to_contain_text("You can remind them again in 48 hours.")
    replies = page.get_by_role("region", name="Replies needed")
    replies.get_by_role("button", name="Yes").first.click()
    expect(page.locator("#flash")).to_contain_text("You replied Yes to ")


def test_an_item_is_done_from_its_email_without_scripts(
    without_scripts: BrowserContext, page_of: PageOf, demo: Demo
) -> None:
    link = assign_item(page_of(COORDINATOR), demo, "KCPD analyst", "kcpd.analyst@kcpd.example", "Done without scripts")
    page = without_scripts.new_page()
    page.goto(link)
    page.get_by_role("radio", name="Done").check(force=True)
    page.get_by_role("button", name="Save update").click()
    expect(page.get_by_role("heading", name="is done")).to_be_visible()


def test_an_event_is_scheduled_without_scripts(without_scripts: BrowserContext, page_of: PageOf) -> None:
    without_scripts.add_cookies(page_of(COORDINATOR).context.cookies())
    page = without_scripts.new_page()
    page.goto("/schedule")
    page.locator("#f-title").fill("Planning call")
    page.locator("#f-date").fill("2027-03-10")
    page.locator("#f-starts").fill("14:00")
    page.locator("#f-ends").fill("15:00")
    page.get_by_role("button", name="Save as draft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Planning call")


def test_attendance_is_taken_without_scripts(without_scripts: BrowserContext, page_of: PageOf) -> None:
    without_scripts.add_cookies(page_of(COORDINATOR).context.cookies())
    page = without_scripts.new_page()
    to_own_roll(page, "Marked without scripts")
    last = page.locator(".tt-att li").last
    last.get_by_role("button", name="Remote").click()
    expect(last.get_by_role("button", name="Remote")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Undo").click()
    expect(last.get_by_role("button", name="Remote")).to_have_attribute("aria-pressed", "false")


def test_what_failed_is_seen_and_sent_again_without_scripts(
    without_scripts: BrowserContext, page_of: PageOf, demo: Demo
) -> None:
    demo.let_fail(TRAINING, 1)
    without_scripts.add_cookies(page_of(COORDINATOR).context.cookies())
    page = without_scripts.new_page()
    page.goto("/messages")
    row = page.get_by_role("region", name="Failed").get_by_role("listitem").filter(has_text=TRAINING).first
    row.locator("summary").click()
    expect(row.get_by_text("550 No such mailbox here")).to_be_visible()
    row.get_by_role("button", name="Send again to 1 person").click()
    expect(page.locator("#flash")).to_contain_text("Sending again to 1 person, with current details.")


def test_an_event_that_is_undone_leads_back_to_its_form_without_scripts(
    without_scripts: BrowserContext, page_of: PageOf
) -> None:
    without_scripts.add_cookies(page_of(COORDINATOR).context.cookies())
    page = without_scripts.new_page()
    page.goto("/schedule")
    page.get_by_label("Title").fill("Undone without scripts")
    page.get_by_text("Agenda and notes").click()
    page.get_by_role("textbox", name="Agenda").fill("Welcome 5")
    page.get_by_role("button", name=SEND).click()
    page.locator("#flash").get_by_role("button", name="Undo").click()
    expect(page.locator("#flash")).to_contain_text("What you entered is back in this form.")
    expect(page.get_by_label("Title")).to_have_value("Undone without scripts")
    expect(page.get_by_role("textbox", name="Agenda")).to_have_value("Welcome 5")


FILE = re.compile(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"')
TAKES = {"Accept-Encoding": "gzip, deflate, br"}


def get(demo: Demo, path: str, headers: dict[str, str]) -> tuple[HTTPResponse, bytes]:
    """Ask without a library that decompresses by itself."""
    connection = HTTPConnection(urlsplit(demo.address).netloc, timeout=30)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def files(demo: Demo) -> list[str]:
    """The style sheets and scripts of the sign-in page."""
    _, page = get(demo, "/sign-in", {})
    return FILE.findall(page.decode())


def test_style_sheets_and_scripts_come_compressed_and_are_the_same_files(demo: Demo, files: list[str]) -> None:
    assert any(path.endswith(".css") for path in files)
    assert any(path.endswith(".js") for path in files)
    for path in files:
        plain, whole = get(demo, path, {})
        packed, small = get(demo, path, TAKES)
        assert (packed.headers["Content-Encoding"], plain.headers["Content-Encoding"]) == ("gzip", None)
        assert gzip.decompress(small) == whole
        assert int(packed.headers["Content-Length"]) == len(small) < len(whole) / 2
        assert {one.headers["Vary"] for one in (plain, packed)} == {"Accept-Encoding"}


def test_a_browser_that_has_the_compressed_file_is_not_sent_it_again(demo: Demo, files: list[str]) -> None:
    packed, _ = get(demo, files[0], TAKES)
    again, body = get(demo, files[0], TAKES | {"If-None-Match": packed.headers["ETag"]})
    assert (again.status, body, again.headers["Vary"]) == (304, b"", "Accept-Encoding")


def test_a_page_is_not_compressed_because_its_length_would_reveal_its_form_token(demo: Demo) -> None:
    page, body = get(demo, "/sign-in", TAKES)
    assert page.headers["Content-Encoding"] is None
    assert b'name="_csrf"' in body


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_of_the_guide_can_be_taken_again(name: str, tab_of: TabOf, demo: Demo, tmp_path: Path) -> None:
    picture = PICTURES[name]
    take(picture, tab_of(picture.persona).page, demo, tmp_path / "taken.png")
    assert size_of_png((tmp_path / "taken.png").read_bytes()) == picture.size
