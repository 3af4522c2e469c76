"""Sheets of paper: what is on them, and who may print them."""

import re
from datetime import datetime

from tests.cast import NOW, Cast, everybody, meeting
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tracker.rules.recurrence import rule_for
from tracker.usecases.events.events import schedule

AGENDA = "Welcome 10\nReports from each arm 30\nUpcoming dates\nAround the table 5"


async def read(browser: Browser, address: str) -> str:
    response = await browser.get(address)
    assert response.status_code == 200
    return response.text


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


async def test_an_agenda_says_when_each_item_begins_as_far_as_that_is_known(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule(sqlite_cast.coordinator, meeting(agenda=AGENDA), NOW)
    html = await read(await browse(sqlite_cast.harbor_advocate), f"/events/{event_id}/2027-01-12/print/agenda")
    rows = [text(row) for row in re.findall(r"<tr><td.*?</tr>", html, re.DOTALL)]
    assert rows == [
        "10:00 AM 10 min Welcome",
        "10:10 AM 30 min Reports from each arm",
        "10:40 AM Upcoming dates",
        "5 min Around the table",
    ]


async def test_a_sign_in_sheet_has_a_row_for_everybody_by_agency_and_four_for_walk_ins(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    event_id = await schedule(sqlite_cast.coordinator, meeting(*everybody(sqlite_cast)), NOW)
    html = await read(await browse(sqlite_cast.coordinator), f"/events/{event_id}/2027-01-12/print/sign-in-sheet")
    groups = re.findall(r'scope="rowgroup">([^<]*)<', html)
    assert groups[:3] == ["Bridge Legal", "CAHT", "FBI"]
    assert groups[-1] == "Walk-ins: write your name and agency"
    assert html.count('<th scope="row">') == len(everybody(sqlite_cast)) + 1
    assert html.count("Walk-in ") == 4
    assert "Only the named participants" not in html


async def test_a_member_prints_the_agenda_but_not_the_sheet_with_everybodys_name(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    event_id = await schedule(sqlite_cast.coordinator, meeting(*everybody(sqlite_cast)), NOW)
    browser = await browse(sqlite_cast.harbor_advocate)
    page = await read(browser, f"/events/{event_id}/2027-01-12")
    assert "/print/agenda" in page
    assert "/print/sign-in-sheet" not in page
    assert (await browser.get(f"/events/{event_id}/2027-01-12/print/sign-in-sheet")).status_code == 403
    assert (await browser.get(f"/events/{event_id}/2027-01-12/plan/brief")).status_code == 404


async def test_a_month_for_paper_shows_every_title(sqlite_cast: Cast, browse: SignIn) -> None:
    for number in range(5):
        await schedule(sqlite_cast.coordinator, meeting(title=f"Call {number}"), NOW)
    browser = await browse(sqlite_cast.harbor_advocate)
    assert 'href="/calendar?month=2027-01&amp;all=1#print"' in await read(browser, "/calendar?month=2027-01")
    html = await read(browser, "/calendar?month=2027-01&all=1")
    assert all(f"Call {number}" in html for number in range(5))
    assert "data-print" in html
    assert "tt-more" not in html


async def test_the_sheets_of_one_date_of_a_series_are_its_own(sqlite_cast: Cast, browse: SignIn) -> None:
    weekly = rule_for("weekly", datetime(2027, 1, 12, 10), count=2)  # noqa: DTZ001 - local to the event's zone
    event_id = await schedule(sqlite_cast.coordinator, meeting(rule=weekly), NOW)
    html = await read(await browse(sqlite_cast.coordinator), f"/events/{event_id}/2027-01-19/print/agenda")
    assert "Tuesday, January 19, 2027" in html
