"""Attendance on pages: taps, counts, and closing, and the quorum of record."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.cast import NOW, Cast, everyone, meeting, operation
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import form_with, page_at, words_of_page
from tracker import clock
from tracker.rules.attendance import Mark
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.attendance import AttendanceMark
from tracker.tables.schema.roster import Committee
from tracker.usecases import attendance
from tracker.usecases.events import replies, scheduling
from tracker.usecases.events.scheduling import schedule_event

KEY = "2027-01-12"
STARTS = datetime(2027, 1, 12, 16, tzinfo=UTC)
HTMX = {"headers": {"HX-Request": "true"}}


@pytest.fixture
async def roll(sqlite_cast: Cast) -> str:
    """The address of a roll at the moment at which the meeting starts; two of those invited said yes."""
    event_id = await schedule_event(sqlite_cast.coordinator, meeting(*everyone(sqlite_cast)), NOW)
    for person in (sqlite_cast.fbi_lead, sqlite_cast.hsi_liaison):
        await replies.record_own_reply(person, event_id, KEY, ReplyValue.ACCEPTED, "", NOW, for_series=False)
    return f"/events/{event_id}/{KEY}/attendance"


@pytest.fixture
async def desk(browse: SignIn, sqlite_cast: Cast, roll: str) -> Browser:
    """The coordinator's browser when the meeting starts."""
    assert roll
    clock.start_at(STARTS, is_still=True)
    return await browse(sqlite_cast.coordinator)


def later(minutes: int) -> None:
    clock.start_at(STARTS + timedelta(minutes=minutes), is_still=True)


async def mark_person(
    desk: Browser, roll: str, who: Viewer, status: str, was: str = "", **kwargs: Any
) -> httpx.Response:
    return await desk.post(f"{roll}/marks", {"member": str(who.member_id), "status": status, "was": was}, **kwargs)


async def count_shown(desk: Browser, roll: str) -> str:
    counts = (await desk.get(f"{roll}/count")).text.partition('<div id="closing"')[0]
    text = re.sub(r"<[^>]+>", "", counts)
    return " ".join(text.split())


async def test_each_person_has_four_buttons_in_a_form_of_their_own(desk: Browser, roll: str) -> None:
    page = (await desk.get(roll)).text
    assert page.count(f'action="{roll}/marks"') == 12
    assert page.count('name="status"') == 48
    assert "Mark 2 people who replied yes as here" not in page, "the organizer said yes by scheduling it"
    assert "Mark 3 people who replied yes as here" in page


async def test_a_tap_without_scripts_leads_back_to_the_same_person(desk: Browser, roll: str, sqlite_cast: Cast) -> None:
    response = await mark_person(desk, roll, sqlite_cast.kcpd_detective, "here")
    assert response.status_code == 303
    assert response.headers["location"].endswith(f"#p-{sqlite_cast.kcpd_detective.member_id}")
    page = (await desk.get(response.headers["location"])).text
    assert "Kcpd detective (KCPD): here." in page
    assert f'action="{roll}/undo"' in page


async def test_a_tap_with_scripts_answers_with_the_line_and_the_count_alone(
    desk: Browser, roll: str, sqlite_cast: Cast
) -> None:
    response = await mark_person(desk, roll, sqlite_cast.kcpd_detective, "absent", **HTMX)
    assert response.status_code == 200
    assert response.text.count("<li") == 1
    assert 'id="count" hx-swap-oob="innerHTML"' in response.text
    assert 'value="absent" aria-pressed="true"' in response.text
    assert len(response.content) < 6_000


async def test_after_a_tap_the_button_for_everyone_who_replied_yes_counts_those_left(
    desk: Browser, roll: str, sqlite_cast: Cast
) -> None:
    response = await mark_person(desk, roll, sqlite_cast.fbi_lead, "here", **HTMX)
    assert "Mark 2 people who replied yes as here" in response.text


async def test_the_pressed_button_again_takes_the_mark_back(desk: Browser, roll: str, sqlite_cast: Cast) -> None:
    await mark_person(desk, roll, sqlite_cast.kcpd_detective, "here")
    assert await count_shown(desk, roll) == "1 present 12 invited 11 not marked"
    later(1)
    await mark_person(desk, roll, sqlite_cast.kcpd_detective, "here", was="here")
    assert await count_shown(desk, roll) == "0 present 12 invited 12 not marked"


async def test_a_tap_that_arrives_twice_counts_once(desk: Browser, roll: str, sqlite_cast: Cast) -> None:
    for _ in range(2):
        await mark_person(desk, roll, sqlite_cast.kcpd_detective, "here")
    assert await AttendanceMark.count() == 1


async def test_twelve_people_are_marked_with_one_tap_and_one_for_each_who_did_not_reply_yes(
    desk: Browser, roll: str, sqlite_cast: Cast
) -> None:
    await desk.post(f"{roll}/replied-yes")
    said_yes = ("coordinator", "fbi_lead", "hsi_liaison")
    for name, viewer in sqlite_cast.members.items():
        if name not in said_yes:
            await mark_person(desk, roll, viewer, "absent")
    assert await count_shown(desk, roll) == "3 present 12 invited 0 not marked"


async def test_the_page_lists_what_was_corrected(desk: Browser, roll: str, sqlite_cast: Cast) -> None:
    await mark_person(desk, roll, sqlite_cast.kcpd_detective, "absent")
    assert "Corrections" not in (await desk.get(roll)).text
    later(5)
    await mark_person(desk, roll, sqlite_cast.kcpd_detective, "here", was="absent")
    page = (await desk.get(roll)).text
    assert "Corrections (1)" in page
    assert '<td data-l="From">Absent</td><td data-l="To">Here</td>' in page


async def test_what_closing_records_is_said_beside_its_button_and_follows_the_marks(desk: Browser, roll: str) -> None:
    before = words_of_page((await desk.get(roll)).text)
    assert "12 people aren’t marked. Records 0 present, 0 absent, and 0 excused. Close attendance" in before
    await desk.post(f"{roll}/replied-yes")
    refreshed = words_of_page((await desk.get(f"{roll}/count")).text)
    assert "9 people aren’t marked. Records 3 present, 0 absent, and 0 excused. Close attendance" in refreshed


async def test_the_rest_are_marked_absent_by_one_tap_that_can_be_undone(desk: Browser, roll: str) -> None:
    page = (await desk.post(f"{roll}/rest-absent", **HTMX)).text
    assert "12 people marked absent." in words_of_page(page)
    assert "aren’t marked" not in page
    later(1)
    await desk.post(f"{roll}/undo", form_with(page, f"{roll}/undo"))
    assert "12 people aren’t marked." in words_of_page((await desk.get(roll)).text)


async def test_undo_takes_the_last_deed_back(desk: Browser, roll: str, sqlite_cast: Cast) -> None:
    await mark_person(desk, roll, sqlite_cast.fbi_lead, "excused")
    later(1)
    page = (await desk.post(f"{roll}/replied-yes", **HTMX)).text
    assert "2 people marked here." in page
    later(2)
    await desk.post(f"{roll}/undo", form_with(page, f"{roll}/undo"))
    assert await count_shown(desk, roll) == "0 present 12 invited 11 not marked"


async def test_a_walk_in_is_added_once_and_counted_apart(desk: Browser, roll: str) -> None:
    form = form_with(
        (await desk.get(roll)).text, f"{roll}/walk-ins", name="P. Gray", agency="other", agency_name="County"
    )
    for _ in range(2):
        assert (await desk.post(f"{roll}/walk-ins", form)).status_code == 303
    assert await count_shown(desk, roll) == "1 present (1 walk-in) 12 invited 12 not marked"


async def test_two_walk_ins_from_one_page_are_two(desk: Browser, roll: str) -> None:
    page = (await desk.get(roll)).text
    for name in ("P. Gray", "Q. Brown"):
        await desk.post(f"{roll}/walk-ins", form_with(page, f"{roll}/walk-ins", name=name))
    assert await AttendanceMark.count() == 2


async def test_a_walk_in_without_a_name_is_asked_for_it_and_loses_nothing(desk: Browser, roll: str) -> None:
    form = form_with((await desk.get(roll)).text, f"{roll}/walk-ins", agency="other", agency_name="County Prosecutor")
    response = await desk.post(f"{roll}/walk-ins", form)
    assert response.status_code == 422
    assert "Enter the name or role of the person who came." in response.text
    assert form_with(response.text, f"{roll}/walk-ins")["agency_name"] == ["County Prosecutor"]


async def test_the_closed_roll_names_who_was_not_marked_and_has_no_buttons(
    desk: Browser, roll: str, sqlite_cast: Cast
) -> None:
    await mark_person(desk, roll, sqlite_cast.fbi_lead, "here")
    assert (await desk.post(f"{roll}/closure")).status_code == 303
    page = (await desk.get(roll)).text
    assert "1 present, 0 absent, 0 excused, 11 not marked." in page
    assert "Not marked: Bridge advocate (Bridge Legal)," in page
    assert f"{roll}/marks" not in page
    assert (await mark_person(desk, roll, sqlite_cast.hsi_liaison, "here")).status_code == 403
    await desk.post(f"{roll}/reopening")
    assert (await mark_person(desk, roll, sqlite_cast.hsi_liaison, "here")).status_code == 303


async def test_the_event_page_offers_to_take_attendance_until_it_is_closed(desk: Browser, roll: str) -> None:
    event = roll.removesuffix("/attendance")
    assert "Take attendance" in (await desk.get(event)).text
    await desk.post(f"{roll}/closure")
    page = (await desk.get(event)).text
    assert ("Take attendance" in page, "See attendance" in page) == (False, True)


async def test_before_it_opens_the_page_says_when(browse: SignIn, sqlite_cast: Cast, roll: str) -> None:
    page = (await (await browse(sqlite_cast.coordinator)).get(roll)).text
    assert "Attendance opens on Tue, Jan 12 at 9:30 AM." in page
    assert f"{roll}/marks" not in page


async def test_a_member_may_not_take_attendance(browse: SignIn, sqlite_cast: Cast, roll: str) -> None:
    member = await browse(sqlite_cast.kcpd_detective)
    assert (await member.get(roll)).status_code == 403
    assert (await mark_person(member, roll, sqlite_cast.kcpd_detective, "here")).status_code == 403
    assert await AttendanceMark.count() == 0


async def test_the_attendance_sheet_of_an_unseen_operation_is_a_page_that_is_not_there(
    browse: SignIn, sqlite_cast: Cast
) -> None:
    event_id = await schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.hsi_liaison), NOW)
    desk = await browse(sqlite_cast.coordinator)
    secret, random = [await desk.get(f"/events/{one}/2027-01-16/attendance") for one in (event_id, uuid4())]
    assert (secret.status_code, secret.text) == (404, random.text)


@pytest.mark.parametrize(
    ("deed", "form"),
    [
        ("marks", {}),
        ("marks", {"member": "x", "status": "here"}),
        ("marks", {"member": str(UUID(int=0)), "status": "here"}),
        ("marks", {"member": str(UUID(int=0)), "status": "late"}),
        ("marks", {"member": str(UUID(int=0)), "status": "here", "was": "\x00"}),
        ("undo", {"at": "yesterday"}),
        ("undo", {"at": "2027-01-12T16:00:00"}),
        ("walk-ins", {"name": "x" * 121}),
        ("walk-ins", {"person": str(UUID(int=0))}),
        ("walk-ins", {"name": "P. Gray", "agency": str(UUID(int=0))}),
    ],
)
async def test_odd_input_gets_a_sentence_and_changes_nothing(
    desk: Browser, roll: str, deed: str, form: dict[str, str]
) -> None:
    response = await desk.post(f"{roll}/{deed}", form)
    assert response.status_code == 422
    assert await AttendanceMark.count() == 0


@pytest.mark.parametrize("step", ["", "x", "9999-12-31T23:59:59-12:00", "2027-01-12"])
async def test_a_step_that_no_one_took_is_not_spoken_of(desk: Browser, roll: str, step: str) -> None:
    response = await desk.get(roll, params={"step": step})
    assert response.status_code == 200
    assert f"{roll}/undo" not in response.text


async def test_a_member_who_walks_in_is_found_by_words_unless_they_are_listed(
    desk: Browser, roll: str, sqlite_cast: Cast
) -> None:
    added = await desk.post(f"{roll}/walk-ins", {"person": "", "person_words": "auditor"})
    assert added.status_code == 303
    assert (await AttendanceMark.select(AttendanceMark.member)) == [{"member": sqlite_cast.auditor.member_id}]
    again = await desk.post(f"{roll}/walk-ins", {"person": "", "person_words": "auditor"})
    assert "No one matches “auditor”." in again.text
    assert 'value="auditor"' in again.text


AGENDA = "Welcome 10\nReports from each arm 30\nUpcoming dates\nAround the table 5"


async def test_an_agenda_says_when_each_item_begins_as_far_as_that_is_known(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_event(sqlite_cast.coordinator, meeting(agenda=AGENDA), NOW)
    html = await page_at(await browse(sqlite_cast.harbor_advocate), f"/events/{event_id}/2027-01-12/print/agenda")
    rows = [words_of_page(row) for row in re.findall(r"<tr><td.*?</tr>", html, re.DOTALL)]
    assert rows == [
        "10:00 AM 10 min Welcome",
        "10:10 AM 30 min Reports from each arm",
        "10:40 AM Upcoming dates",
        "5 min Around the table",
    ]


async def test_a_sign_in_sheet_has_a_row_for_everyone_by_agency_and_four_for_walk_ins(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    event_id = await schedule_event(sqlite_cast.coordinator, meeting(*everyone(sqlite_cast)), NOW)
    html = await page_at(await browse(sqlite_cast.coordinator), f"/events/{event_id}/2027-01-12/print/sign-in-sheet")
    groups = re.findall(r'scope="rowgroup">([^<]*)<', html)
    assert groups[:3] == ["Bridge Legal", "CAHT", "FBI"]
    assert groups[-1] == "Walk-ins: write your name and agency"
    assert html.count('<th scope="row">') == len(everyone(sqlite_cast)) + 1
    assert html.count("Walk-in ") == 4
    assert "Only the named participants" not in html


async def test_a_member_prints_the_agenda_but_not_the_sheet_with_everybodys_name(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    event_id = await schedule_event(sqlite_cast.coordinator, meeting(*everyone(sqlite_cast)), NOW)
    browser = await browse(sqlite_cast.harbor_advocate)
    page = await page_at(browser, f"/events/{event_id}/2027-01-12")
    assert "/print/agenda" in page
    assert "/print/sign-in-sheet" not in page
    assert (await browser.get(f"/events/{event_id}/2027-01-12/print/sign-in-sheet")).status_code == 403
    assert (await browser.get(f"/events/{event_id}/2027-01-12/plan/brief")).status_code == 404


async def test_a_month_for_paper_shows_every_title(sqlite_cast: Cast, browse: SignIn) -> None:
    for number in range(5):
        await schedule_event(sqlite_cast.coordinator, meeting(title=f"Call {number}"), NOW)
    browser = await browse(sqlite_cast.harbor_advocate)
    assert 'href="/calendar?month=2027-01&amp;all=1#print"' in await page_at(browser, "/calendar?month=2027-01")
    html = await page_at(browser, "/calendar?month=2027-01&all=1")
    assert all(f"Call {number}" in html for number in range(5))
    assert "data-print" in html
    assert "tt-more" not in html


async def test_the_sheets_of_one_date_of_a_series_are_its_own(sqlite_cast: Cast, browse: SignIn) -> None:
    weekly = rule_for_choice("weekly", datetime(2027, 1, 12, 10), count=2)  # noqa: DTZ001 - local to the event's zone
    event_id = await schedule_event(sqlite_cast.coordinator, meeting(rule=weekly), NOW)
    html = await page_at(await browse(sqlite_cast.coordinator), f"/events/{event_id}/2027-01-19/print/agenda")
    assert "Tuesday, January 19, 2027" in html


QUORUM_RECORD_KEY, QUORUM_RECORD_STARTS = "2027-01-12", datetime(2027, 1, 12, 16, tzinfo=UTC)
WORDS = "No quorum: 2 of 8 seats (3 needed)"


@pytest.fixture
async def date(sqlite_cast: Cast) -> str:
    """The address of a meeting whose attendance is closed; two of three needed seats were filled."""
    cast = sqlite_cast
    await Committee.update({Committee.quorum: 3}).where(Committee.id == cast.committees["steering"])
    plan = meeting(cast.fbi_lead, cast.caht_lead, cast.hsi_liaison, committee_id=cast.committees["steering"])
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    marks = {cast.fbi_lead.member_id: Mark.HERE, cast.caht_lead.member_id: Mark.REMOTE}
    await attendance.record_marks(cast.coordinator, event_id, QUORUM_RECORD_KEY, marks, QUORUM_RECORD_STARTS)
    await attendance.close_attendance(
        cast.coordinator, event_id, QUORUM_RECORD_KEY, QUORUM_RECORD_STARTS + timedelta(hours=2)
    )
    return f"/events/{event_id}/{QUORUM_RECORD_KEY}"


@pytest.fixture
async def desk_after(browse: SignIn, sqlite_cast: Cast, date: str) -> Browser:
    """The coordinator's browser on the day after."""
    assert date
    clock.start_at(QUORUM_RECORD_STARTS + timedelta(days=1), is_still=True)
    return await browse(sqlite_cast.coordinator)


@pytest.mark.parametrize("page", ["", "/attendance", "/print/sign-in-sheet"])
async def test_a_page_of_the_date_says_it_with_the_seats(desk_after: Browser, date: str, page: str) -> None:
    text = " ".join(re.sub(r"<[^>]+>", "", (await desk_after.get(f"{date}{page}")).text).split())
    assert WORDS in text
    assert "Recorded Tue, Jan 12, 12:00 PM" in text
    assert "Seats present: CAHT, FBI." in text
    assert "Seats not present: Harbor House, HHS, HSI, IPD, KCPD, USAO." in text


async def test_the_open_roll_keeps_it_beside_the_live_count(desk_after: Browser, date: str) -> None:
    await desk_after.post(f"{date}/attendance/reopening")
    text = (await desk_after.get(f"{date}/attendance")).text
    assert "Quorum when attendance was last closed" in text
    assert text.count(WORDS) == 2


async def test_the_rows_of_dates_held_say_it_on_the_page_and_in_the_file(desk_after: Browser, date: str) -> None:
    query = "period=FY2027-Q2&part=dates&of=held"
    assert WORDS in (await desk_after.get(f"/reports/rows?{query}")).text
    file = (await desk_after.get(f"/reports/rows.csv?{query}")).content.decode("utf-8-sig")
    assert f'"{WORDS}","CAHT, FBI"' in file


async def test_the_date_of_a_committee_that_the_reader_may_not_know_says_nothing_of_it(
    browse: SignIn, sqlite_cast: Cast, date: str
) -> None:
    clock.start_at(QUORUM_RECORD_STARTS + timedelta(days=1), is_still=True)
    assert "quorum" not in (await (await browse(sqlite_cast.bridge_advocate)).get(date)).text.lower()
