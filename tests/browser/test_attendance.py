"""Attendance and check-ins on a phone, standing in the doorway, also without a network."""

import re

from playwright.sync_api import Page, expect

from tests.browser.demo import Demo
from tests.browser.tabs import PageOf
from tests.browser.ways import COORDINATOR, FBI_LEAD, SEND, invite_agencies, to_empty_form, to_event, to_own_roll

PHONE = {"width": 390, "height": 800}


def test_twenty_five_people_are_marked_on_a_phone_with_ten_taps(page_of: PageOf, demo: Demo) -> None:
    page = page_of(COORDINATOR)
    page.set_viewport_size(PHONE)
    to_event("Joint briefing", "2026-11", "attendance")(page, demo)
    expect(page.locator("#count").get_by_text("25 not marked", exact=True)).to_be_visible()
    taps = mark_who_said_yes(page) + mark_the_rest_absent(page)
    expect(page.locator("#count").get_by_text("0 not marked", exact=True)).to_be_visible()
    assert taps <= 10


def mark_who_said_yes(page: Page) -> int:
    """Mark everyone who replied yes as here; return the taps."""
    page.get_by_role("button", name="who replied yes as here").click()
    page.get_by_text("Everyone who replied yes is marked.").wait_for()
    return 1


def mark_the_rest_absent(page: Page) -> int:
    """Mark each person who has no mark yet as absent; return the taps."""
    waiting = page.locator(".tt-att li:not(:has([aria-pressed=true]))")
    count = waiting.count()
    for left in reversed(range(count)):
        waiting.first.get_by_role("button", name="Absent").click()
        expect(waiting).to_have_count(left)
    return count


def test_a_name_that_no_one_on_the_attendance_sheet_has_is_said_and_seen(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    to_own_roll(page, "Looked through")
    field, said = page.get_by_role("searchbox", name="Find a person"), page.locator("[data-find-count]")
    number = page.locator(".tt-att li").count()
    field.fill("kcpd")
    expect(said).to_have_text(f"3 of {number} shown.")
    field.fill("zzz")
    expect(said).to_have_text("No one matches “zzz”.")
    field.fill("")
    expect(said).to_be_empty()


def test_marks_made_without_a_network_are_sent_afterward_and_none_twice(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    to_own_roll(page, "Marked offline")
    posts: list[str] = []
    page.on("request", lambda one: posts.append(one.url) if one.method == "POST" else None)
    page.context.set_offline(True)
    people = page.locator(".tt-att li")
    for number, mark in ((0, "Here"), (1, "Here"), (2, "Remote"), (1, "Absent")):
        people.nth(number).get_by_role("button", name=mark, exact=True).click()
    expect(page.get_by_text("3 not sent yet.")).to_be_visible()
    expect(people.nth(1).get_by_role("button", name="Absent")).to_have_attribute("aria-pressed", "true")
    assert posts == []
    page.context.set_offline(False)
    expect(page.locator("#unsent")).to_be_hidden()
    assert len(posts) == 3
    page.reload()
    pressed = page.locator(".tt-att button[aria-pressed=true]")
    assert pressed.all_inner_texts() == ["Here", "Absent", "Remote"]


def test_what_one_person_marked_is_not_sent_while_another_is_signed_in(page_of: PageOf) -> None:
    other, page = page_of(FBI_LEAD).context.cookies(), page_of(COORDINATOR)
    own_cookies = page.context.cookies()
    to_own_roll(page, "Marked by one person")
    posts: list[str] = []
    page.on("request", lambda one: posts.append(one.url) if one.method == "POST" else None)
    page.context.set_offline(True)
    page.locator(".tt-att li").nth(4).get_by_role("button", name="Here", exact=True).click()
    expect(page.get_by_text("1 not sent yet.")).to_be_visible()
    try:
        page.context.add_cookies(other)  # type: ignore[arg-type]  # what was read is given back
        page.context.set_offline(False)
        expect(page.get_by_text("What you entered is kept here: 1 not sent yet")).to_be_visible()
        assert posts == []
    finally:
        page.context.add_cookies(own_cookies)  # type: ignore[arg-type]  # as above
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#unsent")).to_be_hidden()
    assert len(posts) == 1


def test_a_mark_for_which_the_server_is_not_there_waits_too_and_undo_is_as_before(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    to_own_roll(page, "Marked while the server is away")
    fourth = page.locator(".tt-att li").nth(3)
    page.route("**/attendance/marks", lambda route: route.abort())
    fourth.get_by_role("button", name="Here", exact=True).click()
    expect(page.get_by_text("1 not sent yet.")).to_be_visible()
    page.unroute("**/attendance/marks")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#unsent")).to_be_hidden()
    fourth.get_by_role("button", name="Excused").click()
    page.get_by_role("button", name="Undo").click()
    expect(fourth.get_by_role("button", name="Here", exact=True)).to_have_attribute("aria-pressed", "true")


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
    page.locator("summary", has_text="Add a site").click()
    page.get_by_label("Place").fill("North lot")
    page.get_by_label("Coordinates").fill("38.9, -94.9")
    page.get_by_role("button", name="Add site").click()
    page.get_by_role("button", name="Move to planning").click()
    page.get_by_role("link", name="Check-in").click()
    page.get_by_role("heading", level=1, name="Check-in").wait_for()


def press_button(page: Page, number: int, name: str) -> None:
    page.locator(".tt-att li").nth(number).get_by_role("button", name=name).click()


def test_taps_made_without_a_network_are_sent_in_order_and_each_counts_once(page_of: PageOf) -> None:
    page = page_of(FBI_LEAD)
    to_own_check_in(page, "Operation Offline")
    posts: list[str] = []
    page.on("request", lambda one: posts.append(one.url) if one.method == "POST" else None)
    page.context.set_offline(True)
    for number, name in ((0, "In"), (1, "In"), (0, "Out")):
        press_button(page, number, name)
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
    press_button(page, 0, "In")
    expect(page.get_by_text("1 not sent yet.")).to_be_visible()
    page.unroute("**/check-in/taps")
    press_button(page, 0, "Out")
    expect(page.locator("#unsent")).to_be_hidden()
    page.reload()
    expect(page.locator("#count")).to_contain_text("0 here now, 1 checked out")
