"""People are checked in and out of an operation on a phone, also while it has no network."""

import re

from playwright.sync_api import Page, expect

from tests.browser.tabs import PageOf
from tests.browser.ways import FBI_LEAD, SEND, invite_agencies, to_empty_form

PHONE = {"width": 390, "height": 800}


def to_own_check_in(page: Page, title: str) -> None:
    """Schedule an operation of one test's own that begins soon, for all of KCPD and FBI; plan it; go to its list."""
    page.set_viewport_size(PHONE)
    to_empty_form(page, "/schedule?kind=joint_operation")
    page.locator("#f-title").fill(title)
    for name, text in (("date", "2026-12-01"), ("starts", "09:00"), ("ends", "10:00")):
        page.locator(f"#f-{name}").fill(text)
    invite_agencies(page, "KCPD", "FBI")
    page.get_by_role("button", name=SEND).click()
    page.get_by_role("heading", level=1, name=title).wait_for()
    plan = f"{page.url.partition('?')[0]}/plan"
    page.goto(plan)
    page.get_by_role("button", name="Start the plan").click()
    page.get_by_text("Add a site", exact=True).click()
    page.get_by_label("Place").fill("North lot")
    page.get_by_label("Coordinates").fill("38.9, -94.9")
    page.get_by_role("button", name="Add site").click()
    page.get_by_role("button", name="Start planning").click()
    page.get_by_role("link", name="Check-in").click()
    page.get_by_role("heading", level=1, name="Check-in").wait_for()


def press(page: Page, number: int, name: str) -> None:
    page.locator(".tt-att li").nth(number).get_by_role("button", name=name).click()


def test_taps_made_without_a_network_are_sent_in_order_and_each_counts_once(page_of: PageOf) -> None:
    page = page_of(FBI_LEAD)
    to_own_check_in(page, "Operation Offline")
    posts: list[str] = []
    page.on("request", lambda one: posts.append(one.url) if one.method == "POST" else None)
    page.context.set_offline(True)
    for number, name in ((0, "In"), (1, "In"), (0, "Out")):
        press(page, number, name)
    expect(page.get_by_text("3 not sent yet.")).to_be_visible()
    expect(page.locator(".tt-att li").first.get_by_role("button", name="Out")).to_have_attribute("aria-pressed", "true")
    assert posts == []
    page.context.set_offline(False)
    expect(page.locator("#unsent")).to_be_hidden()
    assert len(posts) == 3
    page.reload()
    expect(page.locator("#count")).to_contain_text("1 here now, 1 checked out")


def test_entries_of_the_log_wait_for_a_network_too(page_of: PageOf) -> None:
    page = page_of(FBI_LEAD)
    to_own_check_in(page, "Operation Log")
    page.get_by_role("link", name="Log", exact=True).click()
    page.get_by_role("heading", level=1, name="Activity log").wait_for()
    page.context.set_offline(True)
    page.get_by_role("button", name="On scene").click()
    page.get_by_label("What happened").fill("Two vehicles at the door")
    page.get_by_role("button", name="Add to log").click()
    page.get_by_role("button", name="On scene").click()
    expect(page.get_by_text("3 not sent yet.")).to_be_visible()
    expect(page.get_by_label("What happened")).to_have_value("")
    page.context.set_offline(False)
    expect(page.locator("#unsent")).to_be_hidden()
    page.reload()
    assert sorted(page.locator("#roll tbody b").all_inner_texts()) == [
        "On scene",
        "On scene",
        "Two vehicles at the door",
    ]


def test_both_forms_are_letter_size_and_the_check_in_list_is_landscape(page_of: PageOf) -> None:
    page = page_of(FBI_LEAD)
    to_own_check_in(page, "Operation Paper")
    at = page.url
    for name, size in (("check-in", b"792 612"), ("log", b"612 792")):
        page.goto(f"{at.removesuffix('check-in')}{name}/print")
        paper = page.pdf(prefer_css_page_size=True)
        assert re.findall(rb"/MediaBox \[0 0 ([\d ]+)\]", paper) == [size]


def test_a_tap_whose_answer_was_lost_counts_once(page_of: PageOf) -> None:
    page = page_of(FBI_LEAD)
    to_own_check_in(page, "Operation Lost Answer")

    def lost(route: object) -> None:
        route.fetch()  # type: ignore[attr-defined]  # a Route of Playwright: the server has it, and the phone no answer
        route.abort()  # type: ignore[attr-defined]  # as above

    page.route("**/check-in/taps", lost)
    press(page, 0, "In")
    expect(page.get_by_text("1 not sent yet.")).to_be_visible()
    page.unroute("**/check-in/taps")
    press(page, 0, "Out")
    expect(page.locator("#unsent")).to_be_hidden()
    page.reload()
    expect(page.locator("#count")).to_contain_text("0 here now, 1 checked out")
