"""Where people read the quorum of record: the attendance sheet, the event's page, the printed sheet, and the report."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.cast import NOW, Cast, meeting
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tracker import clock
from tracker.rules.attendance.roll_call import Mark
from tracker.tables.schema.roster import Committee
from tracker.usecases.attendance import roll_call
from tracker.usecases.events import scheduling

KEY, STARTS = "2027-01-12", datetime(2027, 1, 12, 16, tzinfo=UTC)
WORDS = "No quorum: 2 of 8 seats (3 needed)"


@pytest.fixture
async def date(sqlite_cast: Cast) -> str:
    """The address of a meeting whose attendance is closed; two of three needed seats were filled."""
    cast = sqlite_cast
    await Committee.update({Committee.quorum: 3}).where(Committee.id == cast.committees["steering"])
    plan = meeting(cast.fbi_lead, cast.caht_lead, cast.hsi_liaison, committee_id=cast.committees["steering"])
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    marks = {cast.fbi_lead.member_id: Mark.HERE, cast.caht_lead.member_id: Mark.REMOTE}
    await roll_call.record_marks(cast.coordinator, event_id, KEY, marks, STARTS)
    await roll_call.close_attendance(cast.coordinator, event_id, KEY, STARTS + timedelta(hours=2))
    return f"/events/{event_id}/{KEY}"


@pytest.fixture
async def desk(browse: SignIn, sqlite_cast: Cast, date: str) -> Browser:
    """The coordinator's browser on the day after."""
    assert date
    clock.start_at(STARTS + timedelta(days=1), stands_still=True)
    return await browse(sqlite_cast.coordinator)


@pytest.mark.parametrize("page", ["", "/attendance", "/print/sign-in-sheet"])
async def test_a_page_of_the_date_says_it_with_the_seats(desk: Browser, date: str, page: str) -> None:
    text = " ".join(re.sub(r"<[^>]+>", "", (await desk.get(f"{date}{page}")).text).split())
    assert WORDS in text
    assert "Recorded Tue, Jan 12, 12:00 PM" in text
    assert "Seats present: CAHT, FBI." in text
    assert "Seats not present: Harbor House, HHS, HSI, IPD, KCPD, USAO." in text


async def test_the_open_roll_keeps_it_beside_the_live_count(desk: Browser, date: str) -> None:
    await desk.post(f"{date}/attendance/reopening")
    text = (await desk.get(f"{date}/attendance")).text
    assert "Quorum when attendance was last closed" in text
    assert text.count(WORDS) == 2


async def test_the_rows_of_dates_held_say_it_on_the_page_and_in_the_file(desk: Browser, date: str) -> None:
    query = "period=FY2027-Q2&part=dates&of=held"
    assert WORDS in (await desk.get(f"/reports/rows?{query}")).text
    file = (await desk.get(f"/reports/rows.csv?{query}")).content.decode("utf-8-sig")
    assert f'"{WORDS}","CAHT, FBI"' in file


async def test_the_date_of_a_committee_that_the_reader_may_not_know_says_nothing_of_it(
    browse: SignIn, sqlite_cast: Cast, date: str
) -> None:
    clock.start_at(STARTS + timedelta(days=1), stands_still=True)
    assert "quorum" not in (await (await browse(sqlite_cast.bridge_advocate)).get(date)).text.lower()
