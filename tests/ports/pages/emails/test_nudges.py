"""Reminding people, thanking them, and escalations, on their pages."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.cast import NOW, Cast, meeting
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import form_with
from tracker import clock
from tracker.rules.attendance import Mark
from tracker.rules.emails.reminders import REST
from tracker.tables.schema.core.tables import Message
from tracker.usecases import attendance
from tracker.usecases.events.scheduling import schedule_event

NEXT_WEEK = datetime(2026, 12, 22, 10)  # noqa: DTZ001 - local to the event's zone


async def schedule_last_week(cast: Cast) -> tuple[UUID, str]:
    plan = meeting(cast.fbi_lead, cast.caht_lead, starts=NEXT_WEEK)
    event_id = await schedule_event(cast.coordinator, plan, NOW - timedelta(days=9))
    return event_id, f"/events/{event_id}/2026-12-22"


async def test_one_click_reminds_and_says_how_many(sqlite_cast: Cast, browse: SignIn) -> None:
    _, address = await schedule_last_week(sqlite_cast)
    browser = await browse(sqlite_cast.coordinator)
    assert "Remind 2 people who haven’t replied" in (await browser.get(address)).text
    response = await browser.post(f"{address}/nudges")
    assert (response.status_code, response.headers["location"]) == (303, f"{address}#participants")
    assert "Reminded 2 people to reply. You can remind them again in 48 hours." in (await browser.get(address)).text


async def test_for_two_days_the_button_rests_and_says_until_when(sqlite_cast: Cast, browse: SignIn) -> None:
    _, address = await schedule_last_week(sqlite_cast)
    browser = await browse(sqlite_cast.coordinator)
    await browser.post(f"{address}/nudges")
    page = (await browser.get(address)).text
    assert re.search(r"<button[^>]* disabled[^>]*>Remind 2 people who haven’t replied", page)
    assert "You can remind them again on Thu, Dec 17 at 9:00 AM." in page
    assert f'action="{address}/nudges"' not in page


async def test_right_after_the_invitation_no_reminder_is_offered_and_it_says_when(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    _, address = await schedule_last_week(sqlite_cast)
    await Message.update({Message.state: "sent", Message.sent_at: NOW}).where(Message.kind == "invitation")
    browser = await browse(sqlite_cast.coordinator)
    said = "Invited 2 people on Tue, Dec 15 at 9:00 AM. You can remind them on Thu, Dec 17 at 9:00 AM."
    for path in (address, "/"):
        page = (await browser.get(path)).text
        assert said in page
        assert f'action="{address}/nudges"' not in page


async def test_a_click_too_early_reminds_no_one_and_shows_why(sqlite_cast: Cast, browse: SignIn) -> None:
    _, address = await schedule_last_week(sqlite_cast)
    browser = await browse(sqlite_cast.coordinator)
    await browser.post(f"{address}/nudges")
    await browser.get(address)
    response = await browser.post(f"{address}/nudges")
    assert (response.status_code, response.headers["location"]) == (303, f"{address}#participants")
    page = (await browser.get(address)).text
    assert "Reminded 2 people to reply." not in page
    assert "You can remind them again on" in page


async def test_after_two_days_the_button_is_back(sqlite_cast: Cast, browse: SignIn) -> None:
    _, address = await schedule_last_week(sqlite_cast)
    await (await browse(sqlite_cast.coordinator)).post(f"{address}/nudges")
    clock.start_at(NOW + REST, is_still=True)
    assert f'action="{address}/nudges"' in (await (await browse(sqlite_cast.coordinator)).get(address)).text


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59.999999+00:00", "0001-01-01T00:00:00+00:00", "odd"])
async def test_an_undo_of_a_moment_without_reminders_says_that_nothing_is_undone(
    sqlite_cast: Cast, browse: SignIn, at: str
) -> None:
    _, address = await schedule_last_week(sqlite_cast)
    browser = await browse(sqlite_cast.coordinator)
    assert (await browser.post(f"{address}/nudges/removal", {"at": at})).status_code == 303
    assert "It’s too late to undo this." in (await browser.get(address)).text


async def test_the_queue_of_home_reminds_and_leads_back_there(sqlite_cast: Cast, browse: SignIn) -> None:
    _, address = await schedule_last_week(sqlite_cast)
    browser = await browse(sqlite_cast.coordinator)
    assert f'action="{address}/nudges"' in (await browser.get("/")).text
    response = await browser.post(f"{address}/nudges", {"next": "/"})
    assert response.headers["location"] == "/"
    page = (await browser.get("/")).text
    assert "Reminded 2 people to reply." in page
    assert "Reminded 2 people on Tue, Dec 15 at 9:00 AM." in page
    assert f'action="{address}/nudges"' not in page


async def test_who_is_invited_finds_no_button_and_cannot_remind(sqlite_cast: Cast, browse: SignIn) -> None:
    _, address = await schedule_last_week(sqlite_cast)
    browser = await browse(sqlite_cast.fbi_lead)
    assert "/nudges" not in (await browser.get(address)).text
    assert (await browser.post(f"{address}/nudges")).status_code == 403


async def test_after_a_move_the_page_shows_who_has_confirmed_and_reminds_the_rest(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    event_id, address = await schedule_last_week(sqlite_cast)
    later = {"starts": "10:30", "ends": "12:00"}
    browser = await browse(sqlite_cast.coordinator)
    edit = form_with(
        (await browser.get(f"/events/{event_id}/edit")).text, f"/events/{event_id}/edit", save="send", **later
    )
    assert (await browser.post(f"/events/{event_id}/edit", edit)).status_code == 303
    clock.start_at(NOW + timedelta(minutes=1), is_still=True)
    await (await browse(sqlite_cast.fbi_lead)).post(f"{address}/reply", {"reply": "yes"})
    page = (await browser.get(address)).text
    assert "Confirmed the new time: 1 of 2" in page
    assert "<dt>CAHT</dt><dd>Caht lead</dd>" in page
    assert "Remind 1 person who hasn’t confirmed" in page
    await browser.post(f"{address}/nudges", {"confirmations": "yes"})
    assert "Reminded 1 person to confirm the change." in (await browser.get(address)).text
    assert "Confirmed the new time" not in (await (await browse(sqlite_cast.fbi_lead)).get(address)).text


STARTS = datetime(2026, 12, 14, 16, tzinfo=UTC)


async def hold_meeting(cast: Cast) -> str:
    plan = meeting(cast.fbi_lead, starts=datetime(2026, 12, 14, 10))  # noqa: DTZ001 - local to the event's zone
    event_id = await schedule_event(cast.coordinator, plan, NOW.replace(day=1))
    await attendance.record_marks(
        cast.coordinator, event_id, "2026-12-14", {cast.fbi_lead.member_id: Mark.HERE}, STARTS
    )
    await attendance.close_attendance(cast.coordinator, event_id, "2026-12-14", STARTS)
    return f"/events/{event_id}/2026-12-14"


async def send_thanks(browser: Browser, address: str) -> Any:
    path = f"{address}/thank-you"
    return await browser.post(path, form_with((await browser.get(path)).text, path))


async def test_it_is_offered_once_attendance_is_closed_and_says_whom_it_reaches_and_what(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    address, desk = await hold_meeting(sqlite_cast), await browse(sqlite_cast.coordinator)
    for path in (address, f"{address}/attendance"):
        assert f'href="{address}/thank-you"' in (await desk.get(path)).text
    page = (await desk.get(f"{address}/thank-you")).text
    for words in ("1 person marked present will get this email", "Fbi lead (FBI)", "Thank 1 person", "thanks you for"):
        assert words in page


async def test_one_click_sends_it_and_undo_takes_it_back(sqlite_cast: Cast, browse: SignIn) -> None:
    address, desk = await hold_meeting(sqlite_cast), await browse(sqlite_cast.coordinator)
    assert (await send_thanks(desk, address)).headers["location"] == address
    page = (await desk.get(address)).text
    assert "Thank-you on its way to 1 person." in page
    assert "Thank-you to 1 person, Tue, Dec 15." in page
    assert "Each date gets only one." in (await desk.get(f"{address}/thank-you")).text
    removal = f"{address}/thank-you/removal"
    assert (await desk.post(removal, form_with(page, removal))).status_code == 303
    assert f'href="{address}/thank-you"' in (await desk.get(address)).text


async def test_someone_who_may_not_edit_the_event_is_offered_none(sqlite_cast: Cast, browse: SignIn) -> None:
    address, reader = await hold_meeting(sqlite_cast), await browse(sqlite_cast.fbi_lead)
    assert "thank-you" not in (await reader.get(address)).text
    assert (await reader.get(f"{address}/thank-you")).status_code == 403


async def test_the_days_of_a_committee_are_set_and_its_page_says_so(sqlite_cast: Cast, browse: SignIn) -> None:
    page, browser = f"/committees/{sqlite_cast.committees['steering']}", await browse(sqlite_cast.coordinator)
    assert (
        "escalate to the owner’s agency after 4 days and the coordinators after 8 days."
        in (await browser.get(page)).text
    )
    address = f"{page}/escalation"
    wrong = await browser.post(address, form_with((await browser.get(address)).text, address, agency="soon"))
    assert (wrong.status_code, 'value="soon"' in wrong.text) == (422, True)
    mixed = await browser.post(address, form_with(wrong.text, address, agency="6", coordinator="3"))
    assert (mixed.status_code, 'value="6"' in mixed.text, 'value="3"' in mixed.text) == (422, True, True)
    assert "Enter 6 or more, or 0 for never" in mixed.text
    saved = await browser.post(address, form_with(wrong.text, address, agency="2", coordinator="0"))
    assert (saved.status_code, saved.headers["location"]) == (303, page)
    assert "escalate to the owner’s agency after 2 days." in (await browser.get(page)).text
