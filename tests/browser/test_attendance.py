"""Attendance is taken on a phone, standing in the doorway."""

from playwright.sync_api import Page, expect

from tests.browser.demo import Demo
from tests.browser.tabs import PageOf
from tests.browser.ways import COORDINATOR, FBI_LEAD, to_event, to_own_roll

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


def test_a_name_that_no_one_on_the_roll_has_is_said_and_seen(page_of: PageOf) -> None:
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


def test_marks_made_without_a_network_are_sent_afterwards_and_none_twice(page_of: PageOf) -> None:
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
    mine = page.context.cookies()
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
        page.context.add_cookies(mine)  # type: ignore[arg-type]  # as above
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
