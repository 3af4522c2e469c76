"""Undo in a message: reached with the keyboard from anywhere, and for how long is seen."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.tabs import PageOf
from tests.browser.ways import COORDINATOR, SEND, to_empty_form, to_own_roll

WAIT = "Undo within 20 seconds."
BACK = "Undone. The event is gone, and no one was notified of it. What you entered is back in this form."
OF_FORM = """() => [...new FormData(document.querySelector('#schedule'))]
  .filter(([name]) => !['_csrf', '_draft', 'form_id'].includes(name)).map((one) => one.join('=')).sort()"""
"""What is in the form of an event, without what each page has of its own."""


def mark_last(page: Page, title: str) -> Locator:
    """Mark the last person of a roll as here; return the button."""
    to_own_roll(page, title)
    here = page.locator(".tt-att li").last.get_by_role("button", name="Here", exact=True)
    here.click()
    expect(here).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#toast").get_by_role("button", name="Undo")).to_be_visible()
    return here


def test_a_key_undoes_the_last_mark_of_a_roll_call_and_the_focus_stays(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    here = mark_last(page, "Undone by a key")
    page.keyboard.press("u")
    expect(here).to_have_attribute("aria-pressed", "false")
    expect(here).to_be_focused()


def test_the_key_that_undoes_can_be_turned_off(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    here = mark_last(page, "Not undone by a key")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Undo, while a message")
    page.get_by_label("Use single-key").uncheck()
    page.get_by_role("button", name="Close", exact=True).click()
    page.keyboard.press("u")
    page.wait_for_timeout(500)
    expect(here).to_have_attribute("aria-pressed", "true")


def test_undo_in_the_corner_is_the_first_stop_after_the_skip_link(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    mark_last(page, "Undone from the skip link")
    page.locator(".usa-skipnav").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#toast").get_by_role("button", name="Undo")).to_be_focused()


def test_undo_on_a_page_is_the_first_stop_after_the_skip_link(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    schedule_meeting(page, "Undone on its page")
    page.locator(".usa-skipnav").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#flash").get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("u")
    expect(page.locator("#flash").get_by_text("Undone.")).to_be_visible()


def test_a_message_with_undo_covers_nothing_of_the_part_at_which_a_page_opens_on_a_phone(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/settings")
    part = page.locator("#addresses")
    part.get_by_label("Email address").fill("victim.services.coordinator@outreach.harborhouse.example")
    part.get_by_role("button", name="Send link").click()
    part.get_by_role("button", name="Remove").click()
    undo = page.locator("#flash").get_by_role("button", name="Undo")
    expect(undo).to_be_in_viewport()
    ends = page.locator("#flash").evaluate("one => one.getBoundingClientRect().bottom")
    assert part.evaluate("one => one.getBoundingClientRect().top") >= ends


def test_how_long_undo_is_offered_is_a_sentence_for_people_who_want_no_motion(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    mark_last(page, "Undone within a time")
    expect(page.locator("#toast").get_by_text(WAIT)).to_be_visible()
    expect(page.locator(".tt-timebar")).to_have_count(0)


def test_how_long_undo_is_offered_is_a_bar_that_runs_out(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.emulate_media(reduced_motion="no-preference")
    mark_last(page, "Undone beside a bar")
    width = "bar => bar.getBoundingClientRect().width"
    first = page.locator(".tt-timebar").evaluate(width)
    page.wait_for_timeout(200)
    assert 0 < page.locator(".tt-timebar").evaluate(width) < first


def schedule_meeting(page: Page, title: str) -> None:
    to_empty_form(page)
    page.get_by_label("Title").fill(title)
    page.get_by_role("button", name=SEND).click()
    page.get_by_role("heading", level=1, name=title).wait_for()


def test_undo_is_still_there_after_a_reload(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    schedule_meeting(page, "Undone after a reload")
    page.reload()
    page.locator("#flash").get_by_role("button", name="Undo").click()
    expect(page.locator("#flash").get_by_text("Undone.")).to_be_visible()


@pytest.mark.parametrize("address", ["/", "/action-items?group=owner&mine=1"])
def test_what_was_done_in_a_row_can_still_be_undone_after_a_reload(page_of: PageOf, address: str) -> None:
    page = page_of(COORDINATOR)
    page.goto(address)
    done = page.get_by_role("button", name=re.compile(r"^(Mark done|Done) ")).first
    reference = str(done.inner_text()).split()[-1]
    done.click()
    page.get_by_role("button", name=re.compile("^Undo")).first.wait_for()
    page.reload()
    page.locator("#flash").get_by_role("button", name="Undo").click()
    expect(page.locator("#flash").get_by_text(re.compile(f"^{reference} is .* again"))).to_be_visible()
    page.reload()
    expect(page.locator("#flash .usa-alert")).to_have_count(0)


def test_what_is_done_as_soon_as_a_page_is_there_is_read_and_not_its_older_message(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    schedule_meeting(page, "Read before the message")
    heard = page.locator("#heard")
    page.reload()
    expect(heard).to_contain_text("Scheduled.")
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => { document.querySelector('#heard').textContent = 'Newer.'; })"
    )
    page.reload()
    page.wait_for_timeout(400)
    expect(heard).to_have_text("Newer.")


def test_what_a_button_did_is_seen_where_its_page_opens_further_down(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.set_viewport_size({"width": 390, "height": 700})
    page.goto("/settings#addresses")
    page.locator("#addresses").get_by_role("textbox").fill("coordinator.home@usao.example")
    page.locator("#addresses").get_by_role("button", name="Send link").click()
    expect(page.locator("#flash .usa-alert")).to_be_in_viewport(ratio=1)


def entered(page: Page, title: str) -> list[str]:
    """Fill in the form of a series with people, an agenda, and a draft that is saved; return what is in it."""
    to_empty_form(page)
    page.get_by_label("Title").fill(title)
    page.locator("#f-date").fill("2026-12-15")
    page.get_by_label("Repeats").select_option("weekly")
    page.get_by_text("Tentative", exact=True).click()
    page.get_by_text("Agenda and notes").click()
    page.get_by_role("textbox", name="Agenda").fill("Welcome 5\n\nReferrals “today” 20")
    with page.expect_response("**/schedule/people"):
        page.get_by_role("group", name="Invite by agency").get_by_text("FBI").click()
    page.wait_for_load_state("networkidle")
    measured: list[str] = page.evaluate(OF_FORM)
    return measured


def send_form(page: Page) -> None:
    page.get_by_role("button", name=SEND).click()
    expect(page.locator("#flash").get_by_text("Scheduled. 3 people will get an email.")).to_be_visible()


def test_undo_of_a_new_event_opens_its_form_with_everything_that_was_entered(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    was = entered(page, "Entered once")
    send_form(page)
    page.locator("#flash").get_by_role("button", name="Undo").click()
    expect(page.locator("#flash").get_by_text(BACK)).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value("Entered once")
    assert page.evaluate(OF_FORM) == was
    expect(page.get_by_role("button", name="Send to 3 people")).to_be_visible()
    page.get_by_label("Title").fill("Entered once, and corrected")
    send_form(page)
    expect(page.get_by_role("heading", level=1, name="Entered once, and corrected")).to_be_visible()


def test_undo_of_a_new_event_keeps_what_was_begun_in_another_tab_meanwhile(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    entered(page, "Entered first")
    send_form(page)
    second = page.context.new_page()
    second.goto("/schedule")
    second.get_by_label("Title").fill("Begun in another tab")
    expect(second.locator("[data-draft]")).to_have_text(re.compile("Draft saved"))
    page.locator("#flash").get_by_role("button", name="Undo").click()
    expect(page.locator("#flash").get_by_text("Undone. The event is gone")).to_be_visible()
    assert page.url.endswith("/calendar")
    second.reload()
    expect(second.get_by_label("Title")).to_have_value("Begun in another tab")
    second.close()
