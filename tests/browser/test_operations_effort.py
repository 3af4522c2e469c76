"""A joint operation from its plan to its end, by what the pages say next, and how many taps its tasks take."""

import re

from playwright.sync_api import Page, expect

from tests.browser.hand import Hand
from tests.browser.tabs import PageOf
from tests.browser.ways import COORDINATOR, FBI_LEAD, SEND, invite_agencies, to_empty_form

DETECTIVE = "KCPD detective"
PHONE = {"width": 390, "height": 800}
POLICE = ("FBI", "HSI", "IPD", "KCPD", "HHS", "USAO")


def schedule_operation(page: Page, title: str, *agencies: str) -> str:
    """Schedule an operation that begins soon, and start its plan from its page; return the plan's address."""
    to_empty_form(page, "/schedule?kind=joint_operation")
    for name, text in (("title", title), ("date", "2026-12-01"), ("starts", "09:00"), ("ends", "10:00")):
        page.locator(f"#f-{name}").fill(text)
    invite_agencies(page, *agencies)
    page.get_by_role("button", name=SEND).click()
    page.get_by_role("heading", level=1, name=title).wait_for()
    page.get_by_role("button", name="Start the plan").click()
    page.get_by_role("heading", level=1, name="Plan").wait_for()
    return page.url.partition("?")[0]


def add_site(page: Page, coordinates: str) -> None:
    """Follow the card to the form of a site, which the link unfolds."""
    page.locator("#next-step").get_by_role("link", name="Add a site").click()
    page.get_by_label("Place").fill("North lot")
    page.get_by_label("Coordinates").fill(coordinates)
    page.get_by_role("button", name="Add site").click()


def take_step(page: Page, name: str) -> None:
    """Press the one button of the card that opens the plan, and wait until the plan is there."""
    page.locator("#next-step").get_by_role("button", name=name, exact=True).click()
    page.wait_for_load_state()


def submit_to_detective(page: Page, title: str, coordinates: str) -> str:
    """Plan an operation whose approval waits for the detective; return the plan's address."""
    plan = schedule_operation(page, title, "FBI", "KCPD")
    add_site(page, coordinates)
    take_step(page, "Move to planning")
    page.get_by_label("Approving supervisor").select_option(label=f"{DETECTIVE} (KCPD)")
    page.locator("#basics-h").locator("..").get_by_role("button", name="Save").click()
    page.locator("#next-step").get_by_role("link", name="Record a number").click()
    page.get_by_label("Number", exact=True).fill("RS-1042")
    page.get_by_label("Result").select_option(label="No conflict")
    page.get_by_role("button", name="Record number").click()
    take_step(page, "Submit for approval")
    return plan


def test_an_operation_is_planned_approved_run_and_closed_by_what_its_pages_say_next(page_of: PageOf) -> None:
    lead, detective = page_of(FBI_LEAD), page_of(DETECTIVE)
    plan = submit_to_detective(lead, "Operation Whole Life", "38.7, -94.7")
    expect(lead.locator("#next-step")).to_contain_text("Waiting for KCPD detective")
    detective.goto(plan)
    take_step(detective, "Approve")
    lead.goto(plan)
    take_step(lead, "Mark as briefed")
    take_step(lead, "Begin the operation")
    lead.locator("#next-step").get_by_role("link").first.click()
    lead.get_by_role("button", name="Check me in").click()
    lead.get_by_role("button", name="Check me out").click()
    expect(lead.locator("#me-in")).to_contain_text("You checked out at")
    lead.goto(plan)
    take_step(lead, "Mark as released")
    take_step(lead, "Mark as debriefed")
    take_step(lead, "Close the operation")
    expect(lead.locator("#next-step")).to_contain_text("Closed")


def test_a_plan_is_approved_on_a_phone_with_two_taps(page_of: PageOf) -> None:
    submit_to_detective(page_of(FBI_LEAD), "Operation Two Taps", "38.6, -94.6")
    page = page_of(DETECTIVE)
    page.set_viewport_size(PHONE)
    page.goto("/")
    hand = Hand(page)
    hand.click(page.get_by_role("link", name="Review the plan of Operation Two Taps"))
    hand.click(page.locator("#next-step").get_by_role("button", name="Approve", exact=True))
    expect(page.locator("#next-step")).to_contain_text("Approved")
    assert hand.clicks == 2


def test_twelve_people_are_checked_in_with_twelve_taps(page_of: PageOf) -> None:
    page = page_of(FBI_LEAD)
    page.set_viewport_size(PHONE)
    plan = schedule_operation(page, "Operation Twelve", *POLICE)
    add_site(page, "38.5, -94.5")
    take_step(page, "Move to planning")
    page.goto(f"{plan}/check-in")
    hand = Hand(page)
    waiting = page.locator(".tt-att li:not(:has([aria-pressed=true]))")
    left = waiting.count()
    assert left >= 12
    for number in range(1, 13):
        hand.click(waiting.first.get_by_role("button", name="In"))
        expect(waiting).to_have_count(left - number)
    expect(page.locator("#count")).to_contain_text("12 here now")
    assert hand.clicks == 12


def test_a_conflict_is_decided_from_home_with_three_clicks_and_a_reason(page_of: PageOf) -> None:
    page = page_of(FBI_LEAD)
    page.goto("/")
    hand = Hand(page)
    hand.click(page.get_by_role("listitem").filter(has_text="Operation Bluestem").get_by_role("link", name="Decide"))
    hand.click(page.get_by_text("Both proceed, with coordination"))
    hand.fill(reason="Called; we share channel 2.")
    hand.button("Record decision")
    expect(page.locator("#conflicts-h").locator("..").locator("..")).to_contain_text("channel 2")
    assert (hand.fields, hand.clicks) == (1, 3)


def test_the_attendance_sheet_of_last_month_is_found_with_three_clicks(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.goto("/calendar?month=2026-12")
    hand = Hand(page)
    hand.click(page.locator("main").get_by_role("link", name=re.compile("^Previous|November")).first)
    hand.click(page.locator("main").get_by_role("link", name=re.compile("Joint briefing")).first)
    hand.click(page.locator("#attendance").get_by_role("link").first)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Attendance")
    assert hand.clicks == 3
