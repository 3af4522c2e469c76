"""The schedule form with scripts."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PageOf
from tests.browser.demo import Demo
from tests.browser.ways import COORDINATOR, MONTHLY, Way, to_edit_from, to_event

NO_CHANGE = re.compile(r"Calendars\s+No change")


def test_a_meeting_keeps_its_length_when_its_start_changes(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.goto("/schedule")
    starts, ends = page.get_by_label("Starts"), page.get_by_label("Ends", exact=True)
    starts.fill("10:00")
    ends.fill("11:30")
    starts.fill("09:15")
    expect(ends).to_have_value("10:45")
    ends.fill("11:00")
    starts.focus()
    page.keyboard.type("10")  # between the digits it is one o'clock: the end follows, and comes back
    expect(starts).to_have_value("10:15")
    expect(ends).to_have_value("12:00")


@pytest.mark.parametrize(
    ("way", "panel"),
    [(to_event(MONTHLY, "2027-02", "edit"), "#outcome"), (to_edit_from, "#sending")],
    ids=["one date", "this and following dates"],
)
def test_the_panel_follows_an_agenda_while_it_is_typed(page_of: PageOf, demo: Demo, way: Way, panel: str) -> None:
    page = page_of(COORDINATOR)
    way(page, demo)
    agenda = page.get_by_role("textbox", name="Agenda")
    expect(page.locator(panel)).to_contain_text(NO_CHANGE)
    agenda.press_sequentially("Budget 30", delay=20)
    expect(page.locator(panel)).not_to_contain_text(NO_CHANGE)
    expect(agenda).to_be_focused()
