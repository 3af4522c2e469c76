"""Scenario 5: attendance at the entrance in March, then the report for the grant period January to June 2027."""

import csv
import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import UUID

import pytest

from tests.ical.readers import by_ical
from tests.ports.pages.forms import form_with, words_of_page
from tests.scenarios.monthly_meeting import june_back, october_at_nine, schedule_monthly, typed_in
from tests.scenarios.office import Office, event_in
from tracker import clock

MARCH = "2027-03-09"
ENTRANCE = datetime(2027, 3, 9, 15, 45, tzinfo=UTC)
JULY = datetime(2027, 7, 1, 15, tzinfo=UTC)
NEW_YEAR = datetime(2028, 1, 1, 15, tzinfo=UTC)
HALF_YEAR = "period=2027-H1&kind=meeting"
HERE = ("coordinator", "fbi_lead", "kcpd_detective", "ipd_liaison")


async def count_shown(office: Office, event: UUID, key: str = MARCH) -> str:
    """Return what the head of the attendance sheet says."""
    page = await office.page("coordinator", f"/events/{event}/{key}/attendance/count")
    return words_of_page(page.partition('<div id="closing"')[0])


async def tap_mark(office: Office, event: UUID, person: str, status: str, key: str = MARCH) -> None:
    """Tap a button of the attendance sheet, and let a second pass."""
    [member] = office.ids(person)
    await office.do("coordinator", f"/events/{event}/{key}/attendance/marks", member=member, status=status, was="")
    clock.start_at(clock.now() + timedelta(seconds=1), is_still=True)


async def taken(office: Office, event: UUID) -> UUID:
    """Steps 2 and 3: four here, one remote, one excused, one absent, one who came late, and a guest."""
    await office.at(ENTRANCE)
    for person in HERE:
        await tap_mark(office, event, person, "here")
    await tap_mark(office, event, "caht_lead", "remote")
    await tap_mark(office, event, "hsi_liaison", "excused")
    await tap_mark(office, event, "hhs_liaison", "absent")
    await tap_mark(office, event, "harbor_advocate", "here")
    roll = f"/events/{event}/{MARCH}/attendance"
    guest = {"name": "P. Gray", "agency": "other", "agency_name": "Jackson County Prosecutor"}
    assert (await office.fill("coordinator", roll, f"{roll}/walk-ins", **guest)).status_code == 303
    return event


async def close_march(office: Office) -> UUID:
    """Step 6: the attendance sheet of March is closed."""
    event, _ = await schedule_monthly(office)
    await taken(office, event)
    await office.at(ENTRANCE + timedelta(hours=1))
    await office.do("coordinator", f"/events/{event}/{MARCH}/attendance/closure")
    return event


async def rows_of_download(office: Office, query: str, person: str = "coordinator") -> list[list[str]]:
    """Return the rows of a downloaded list, without the lines above its header."""
    file = await (await office.browser(person)).get(f"/reports/rows.csv?{query}")
    assert file.status_code == 200, file.text
    return list(csv.reader(StringIO(file.text.removeprefix("\ufeff"))))


async def test_attendance_opens_half_an_hour_before_and_not_a_minute_earlier(office: Office) -> None:
    event, _ = await schedule_monthly(office)
    await office.at(ENTRANCE - timedelta(minutes=16))
    roll = f"/events/{event}/{MARCH}/attendance"
    assert "Attendance opens on Tue, Mar 9 at 9:30 AM." in await office.page("coordinator", roll)
    await office.at(ENTRANCE)
    assert (await office.page("coordinator", roll)).count('name="status" value="here"') == 8


async def test_the_sheet_for_the_entrance_has_a_row_for_each_of_the_eight(office: Office) -> None:
    event, _ = await schedule_monthly(office)
    sheet = await office.page("coordinator", f"/events/{event}/{MARCH}/print/sign-in-sheet")
    for name in ("Fbi lead", "Hsi liaison", "Hhs liaison", "Kcpd detective", "Ipd liaison", "Caht lead", "Harbor"):
        assert name in sheet


async def test_the_attendance_sheet_adds_up_and_a_guest_is_counted_apart(office: Office) -> None:
    event = await close_march(office)
    assert await count_shown(office, event) == "7 present (1 remote, 1 walk-in) 8 invited 0 not marked"
    page = await office.page("coordinator", f"/events/{event}/{MARCH}/attendance")
    assert "7 present, 1 absent, 1 excused, 0 not marked." in words_of_page(page)


async def test_taps_that_were_queued_and_sent_twice_are_one_record_each(office: Office) -> None:
    event, _ = await schedule_monthly(office)
    await office.at(ENTRANCE)
    for _ in range(2):
        for person in ("fbi_lead", "kcpd_detective"):
            [member] = office.ids(person)
            form = {"member": member, "status": "here", "was": ""}
            await office.do("coordinator", f"/events/{event}/{MARCH}/attendance/marks", **form)
    assert await count_shown(office, event) == "2 present 8 invited 6 not marked"


async def test_who_said_no_and_came_was_there_and_the_reply_stays_no(office: Office) -> None:
    event, _ = await schedule_monthly(office)
    reply = {"reply": "no", "scope": "one", "comment": ""}
    await office.do("kcpd_detective", f"/events/{event}/{MARCH}/reply", **reply)
    await taken(office, event)
    roll = await office.page("coordinator", f"/events/{event}/{MARCH}/attendance")
    other_roll = roll[roll.index("Kcpd detective") :]
    assert "replied no" in other_roll[:400]
    assert 'value="here" aria-pressed="true"' in other_roll[:1200]


async def test_the_half_year_counts_six_meetings_with_april_moved_and_june_back(office: Office) -> None:
    event = await june_back(office)
    await office.at(JULY)
    rows = await office.page("coordinator", f"/reports/rows?{HALF_YEAR}&part=dates&of=held")
    days = re.findall(rf"/events/{event.event}/(2027-\d\d-\d\d)", rows)
    assert sorted(set(days)) == ["2027-01-12", "2027-02-09", MARCH, "2027-04-13", "2027-05-11", "2027-06-08"]


async def test_over_the_year_page_feed_and_report_hold_the_same_twelve_meetings(office: Office) -> None:
    new, old = await october_at_nine(office)
    await office.at(NEW_YEAR)
    link = re.compile(rf"/events/({new}|{old.event})/(2027-\d\d-\d\d)")
    months = [await office.page("coordinator", f"/calendar?month=2027-{month:02}") for month in range(1, 13)]
    on_pages = {key for page in months for key in link.findall(page)}
    rows = await office.page(
        "coordinator", "/reports/rows?period=custom&from=2027-01-01&to=2027-12-31&part=dates&of=held"
    )
    assert on_pages == set(link.findall(rows))
    assert len(on_pages) == len(by_ical((await office.fetch(await office.subscribe("fbi_lead"))).content)) == 12


async def test_each_number_opens_the_rows_that_prove_it(office: Office) -> None:
    await close_march(office)
    await office.at(JULY)
    for of, number in (("here", 5), ("remote", 1), ("excused", 1), ("absent", 1)):
        rows = await office.page("coordinator", f"/reports/rows?{HALF_YEAR}&part=places&of={of}")
        assert f"{number} row" in words_of_page(rows), of


async def test_a_correction_in_july_shows_in_the_report_and_says_what_it_replaced(office: Office) -> None:
    event = await close_march(office)
    await office.at(JULY)
    await office.do("coordinator", f"/events/{event}/{MARCH}/attendance/reopening")
    await tap_mark(office, event, "hhs_liaison", "remote")
    await office.do("coordinator", f"/events/{event}/{MARCH}/attendance/closure")
    for of, number in (("remote", 2), ("absent", 0)):
        rows = await office.page("coordinator", f"/reports/rows?{HALF_YEAR}&part=places&of={of}")
        assert f"{number} row" in words_of_page(rows), of
    page = await office.page("coordinator", f"/events/{event}/{MARCH}/attendance")
    assert '<td data-l="From">Absent</td><td data-l="To">Remote</td>' in page


@pytest.mark.parametrize(
    ("day", "starts", "ends", "period", "other"),
    [
        ("2027-06-30", "23:30", "23:55", "2027-H1", "2027-H2"),
        ("2027-01-01", "00:15", "01:15", "2027-H1", "2026-H2"),
        ("2027-06-30", "23:30", "23:55", "FY2027-Q3", "FY2027-Q4"),
    ],
)
async def test_a_meeting_at_the_edge_counts_in_the_period_in_which_it_begins_here(
    office: Office, day: str, starts: str, ends: str, period: str, other: str
) -> None:
    form = typed_in(office, title="Late shift", date=day, starts=starts, ends=ends, repeat="none", until="")
    await office.fill("coordinator", "/schedule", "/events", **{**form, "save": "send"})
    await office.at(JULY)
    held = "part=dates&of=held"
    assert "Late shift" in await office.page("coordinator", f"/reports/rows?period={period}&{held}")
    assert "Late shift" not in await office.page("coordinator", f"/reports/rows?period={other}&{held}")


async def test_a_file_has_no_live_formula(office: Office) -> None:
    title = '=HYPERLINK("http://evil.example")'
    form = typed_in(office, title=title, repeat="none", until="", save="send")
    await office.fill("coordinator", "/schedule", "/events", **form)
    await office.at(JULY)
    cells = [cell for row in await rows_of_download(office, f"{HALF_YEAR}&part=dates&of=held") for cell in row]
    assert [cell for cell in cells if "HYPERLINK" in cell] == [f"'{title}"]


async def test_the_coalitions_file_counts_over_what_its_lead_may_see(office: Office) -> None:
    form = typed_in(office, title="Warrant review", visibility="law_enforcement", repeat="none", until="", committee="")
    hidden = event_in(
        await office.fill(
            "coordinator",
            "/schedule",
            "/events",
            **{**form, "seats": [], "person": office.ids("fbi_lead"), "save": "send"},
        )
    )
    await office.at(JULY)
    held = f"{HALF_YEAR}&part=dates&of=held"
    assert "Warrant review" in str(await rows_of_download(office, held))
    other_rows = str(await rows_of_download(office, held, "caht_lead"))
    assert "Warrant review" not in other_rows
    assert str(hidden) not in other_rows


async def test_the_auditor_finds_the_chain_whole_and_reads_verbs(office: Office) -> None:
    await close_march(office)
    auditor = await office.browser("auditor")
    assert "attendance" in (await auditor.get("/audit")).text.lower()
    verified = await auditor.post("/audit/verification")
    assert "Verified, no changes" in verified.text


async def test_who_has_no_seat_comes_as_a_walk_in_and_stays_one(office: Office) -> None:
    event, _ = await schedule_monthly(office)
    await office.at(ENTRANCE)
    roll = f"/events/{event}/{MARCH}/attendance"
    desk = await office.browser("coordinator")
    form = form_with((await desk.get(roll)).text, f"{roll}/walk-ins", person_words="bridge advocate")
    assert (await desk.post(f"{roll}/walk-ins", form)).status_code == 303
    assert await count_shown(office, event) == "1 present (1 walk-in) 8 invited 8 not marked"
