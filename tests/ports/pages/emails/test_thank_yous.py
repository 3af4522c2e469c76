"""The page of a thank-you: from the closed attendance sheet to the email on its way, and back by Undo."""

from datetime import UTC, datetime
from typing import Any

from tests.cast import NOW, Cast, meeting
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import typed
from tracker.rules.attendance.roll_call import Mark
from tracker.usecases.attendance import roll_call
from tracker.usecases.events.scheduling import schedule_event

STARTS = datetime(2026, 12, 14, 16, tzinfo=UTC)


async def held(cast: Cast) -> str:
    plan = meeting(cast.fbi_lead, starts=datetime(2026, 12, 14, 10))  # noqa: DTZ001 - local to the event's zone
    event_id = await schedule_event(cast.coordinator, plan, NOW.replace(day=1))
    await roll_call.record_marks(cast.coordinator, event_id, "2026-12-14", {cast.fbi_lead.member_id: Mark.HERE}, STARTS)
    await roll_call.close_attendance(cast.coordinator, event_id, "2026-12-14", STARTS)
    return f"/events/{event_id}/2026-12-14"


async def send(browser: Browser, address: str) -> Any:
    path = f"{address}/thank-you"
    return await browser.post(path, typed((await browser.get(path)).text, path))


async def test_it_is_offered_once_attendance_is_closed_and_says_whom_it_reaches_and_what(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    address, desk = await held(sqlite_cast), await browse(sqlite_cast.coordinator)
    for path in (address, f"{address}/attendance"):
        assert f'href="{address}/thank-you"' in (await desk.get(path)).text
    page = (await desk.get(f"{address}/thank-you")).text
    for words in ("1 person marked present will get this email", "Fbi lead (FBI)", "Thank 1 person", "thanks you for"):
        assert words in page


async def test_one_click_sends_it_and_undo_takes_it_back(sqlite_cast: Cast, browse: SignIn) -> None:
    address, desk = await held(sqlite_cast), await browse(sqlite_cast.coordinator)
    assert (await send(desk, address)).headers["location"] == address
    page = (await desk.get(address)).text
    assert "Thank-you on its way to 1 person." in page
    assert "Thank-you to 1 person, Tue, Dec 15." in page
    assert "Each date gets only one." in (await desk.get(f"{address}/thank-you")).text
    removal = f"{address}/thank-you/removal"
    assert (await desk.post(removal, typed(page, removal))).status_code == 303
    assert f'href="{address}/thank-you"' in (await desk.get(address)).text


async def test_someone_who_may_not_edit_the_event_is_offered_none(sqlite_cast: Cast, browse: SignIn) -> None:
    address, reader = await held(sqlite_cast), await browse(sqlite_cast.fbi_lead)
    assert "thank-you" not in (await reader.get(address)).text
    assert (await reader.get(f"{address}/thank-you")).status_code == 403
