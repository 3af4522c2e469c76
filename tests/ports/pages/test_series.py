"""The page of a series and the history of a date: what a member reads, and nothing of what is not theirs."""

import re
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, Cast, meeting, operation
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tracker import clock
from tracker.rules.invitations import AnswerValue
from tracker.rules.planning import DateChange
from tracker.rules.recurrence import rule_for
from tracker.usecases import attendance, invitations, meeting_dates
from tracker.usecases.meetings import schedule

pytestmark = pytest.mark.anyio

FIRST = datetime(2027, 1, 12, 10)  # noqa: DTZ001 - local to the event's zone
IN_FEBRUARY = datetime(2027, 2, 1, 15, tzinfo=NOW.tzinfo)


@pytest.fixture
async def series(sqlite_cast: Cast) -> UUID:
    """A weekly meeting of five dates: one answered, one moved, one cancelled."""
    plan = meeting(sqlite_cast.fbi_lead, rule=rule_for("weekly", FIRST, count=5))
    event_id = await schedule(sqlite_cast.coordinator, plan, NOW)
    yes = AnswerValue.ACCEPTED
    await invitations.answer(sqlite_cast.fbi_lead, event_id, "2027-01-12", yes, "", NOW, for_series=False)
    moved = DateChange(starts=datetime(2027, 1, 20, 13), duration=timedelta(hours=1), place="FBI field office")  # noqa: DTZ001 - local
    await meeting_dates.change_date(sqlite_cast.coordinator, event_id, "2027-01-19", moved, 1, NOW, notify=False)
    await meeting_dates.cancel_date(sqlite_cast.coordinator, event_id, "2027-01-26", 1, "", NOW)
    return event_id


async def read(browser: Browser, address: str) -> str:
    answer = await browser.get(address)
    assert answer.status_code == 200
    return answer.text


def rows(html: str) -> list[str]:
    """Return what each row of the tables of dates says."""
    found = re.findall(r'<tr[^>]*><th scope="row" data-l="Date">.*?</tr>', html, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in found]


async def test_a_series_lists_its_dates_with_status_and_my_reply(
    sqlite_cast: Cast, browse: SignIn, series: UUID
) -> None:
    html = await read(await browse(sqlite_cast.fbi_lead), f"/events/{series}")
    assert rows(html)[:3] == [
        "Tue, Jan 12 10:00–11:30 AM USAO conference room Takes place Yes",
        "Wed, Jan 20 1:00–2:00 PM FBI field office Moved No reply",
        "Tue, Jan 26 10:00–11:30 AM USAO conference room Cancelled –",
    ]
    assert "Every Tuesday" in html


async def test_who_is_not_invited_has_no_column_for_replies(sqlite_cast: Cast, browse: SignIn, series: UUID) -> None:
    assert "My reply" not in await read(await browse(sqlite_cast.harbor_advocate), f"/events/{series}")


async def test_past_dates_are_folded_and_say_whether_attendance_was_taken(
    sqlite_cast: Cast, browse: SignIn, series: UUID
) -> None:
    during = datetime(2027, 1, 12, 16, 30, tzinfo=NOW.tzinfo)
    await attendance.close(sqlite_cast.coordinator, series, "2027-01-12", during)
    clock.start_at(IN_FEBRUARY, stands_still=True)
    html = await read(await browse(sqlite_cast.coordinator), f"/events/{series}")
    assert "<summary>Show 3 past dates</summary>" in html
    assert rows(html)[-1] == "Tue, Jan 12 10:00–11:30 AM USAO conference room Over Yes Taken"
    assert f'<a href="/events/{series}/2027-01-19/attendance">Not closed' in html


async def test_an_event_with_one_date_leads_to_it(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule(sqlite_cast.coordinator, meeting(), NOW)
    answer = await (await browse(sqlite_cast.harbor_advocate)).get(f"/events/{event_id}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/events/{event_id}/2027-01-12")


async def test_a_date_leads_to_all_dates_and_tells_what_changed(
    sqlite_cast: Cast, browse: SignIn, series: UUID
) -> None:
    html = await read(await browse(sqlite_cast.harbor_advocate), f"/events/{series}/2027-01-19")
    assert f'<a href="/events/{series}">All dates</a>' in html
    assert "Place was USAO conference room, is now FBI field office." in html
    assert "Cancelled" not in html[html.index('id="history"') :]
    assert "Coordinator (USAO)" not in html[html.index('id="history"') :]


async def test_a_restricted_series_is_marked_first_and_missing_for_who_is_not_named(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    plan = operation(sqlite_cast.kcpd_detective, rule=rule_for("weekly", datetime(2027, 1, 16, 6), count=2))  # noqa: DTZ001 - local
    event_id = await schedule(sqlite_cast.fbi_lead, plan, NOW)
    html = await read(await browse(sqlite_cast.kcpd_detective), f"/events/{event_id}")
    assert re.search(r'</header>\s*<section class="tt-mark"', html)
    assert (await (await browse(sqlite_cast.coordinator)).get(f"/events/{event_id}")).status_code == 404


async def test_a_series_says_until_when_it_runs_and_how_many_dates_it_has(
    sqlite_cast: Cast, browse: SignIn, series: UUID
) -> None:
    html = await read(await browse(sqlite_cast.fbi_lead), f"/events/{series}")
    assert "Every Tuesday, until Feb 9, 2027, 5 dates" in html


async def test_only_editors_are_led_to_what_one_does_to_a_whole_series(
    sqlite_cast: Cast, browse: SignIn, series: UUID
) -> None:
    deeds = (
        f"/events/{series}/dates", f"/events/{series}/cancellation", f"/schedule?like={series}",
        f"/messages?event={series}",
    )  # fmt: skip
    desk, member = await browse(sqlite_cast.coordinator), await browse(sqlite_cast.fbi_lead)
    page = await read(desk, f"/events/{series}")
    assert [deed for deed in deeds if f'href="{deed}"' not in page] == []
    assert [(await desk.get(deed)).status_code for deed in deeds] == [200] * 4
    page = await read(member, f"/events/{series}")
    assert [deed for deed in deeds if f'href="{deed}"' in page] == []
