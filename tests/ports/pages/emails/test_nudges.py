"""The button that reminds those people who haven’t replied: on the page of the event and in the queue of home."""

import re
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, Cast, meeting
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import typed
from tracker import clock
from tracker.rules.emails.follow_ups import REST
from tracker.tables.schema.core.tables import Message
from tracker.usecases.events.scheduling import schedule_event

NEXT_WEEK = datetime(2026, 12, 22, 10)  # noqa: DTZ001 - local to the event's zone


async def asked(cast: Cast) -> tuple[UUID, str]:
    plan = meeting(cast.fbi_lead, cast.caht_lead, starts=NEXT_WEEK)
    event_id = await schedule_event(cast.coordinator, plan, NOW - timedelta(days=9))
    return event_id, f"/events/{event_id}/2026-12-22"


async def test_one_click_reminds_and_says_how_many(sqlite_cast: Cast, browse: SignIn) -> None:
    _, address = await asked(sqlite_cast)
    browser = await browse(sqlite_cast.coordinator)
    assert "Remind 2 people who haven’t replied" in (await browser.get(address)).text
    response = await browser.post(f"{address}/nudges")
    assert (response.status_code, response.headers["location"]) == (303, f"{address}#participants")
    assert "Reminded 2 people to reply. You can remind them again in 48 hours." in (await browser.get(address)).text


async def test_for_two_days_the_button_rests_and_says_until_when(sqlite_cast: Cast, browse: SignIn) -> None:
    _, address = await asked(sqlite_cast)
    browser = await browse(sqlite_cast.coordinator)
    await browser.post(f"{address}/nudges")
    page = (await browser.get(address)).text
    assert re.search(r"<button[^>]* disabled[^>]*>Remind 2 people who haven’t replied", page)
    assert "You can remind them again on Thu, Dec 17 at 9:00 AM." in page
    assert f'action="{address}/nudges"' not in page


async def test_right_after_the_invitation_no_reminder_is_offered_and_it_says_when(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    _, address = await asked(sqlite_cast)
    await Message.update({Message.state: "sent", Message.sent_at: NOW}).where(Message.kind == "invitation")
    browser = await browse(sqlite_cast.coordinator)
    said = "Invited 2 people on Tue, Dec 15 at 9:00 AM. You can remind them on Thu, Dec 17 at 9:00 AM."
    for path in (address, "/"):
        page = (await browser.get(path)).text
        assert said in page
        assert f'action="{address}/nudges"' not in page


async def test_a_click_too_early_reminds_nobody_and_shows_why(sqlite_cast: Cast, browse: SignIn) -> None:
    _, address = await asked(sqlite_cast)
    browser = await browse(sqlite_cast.coordinator)
    await browser.post(f"{address}/nudges")
    await browser.get(address)
    response = await browser.post(f"{address}/nudges")
    assert (response.status_code, response.headers["location"]) == (303, f"{address}#participants")
    page = (await browser.get(address)).text
    assert "Reminded 2 people to reply." not in page
    assert "You can remind them again on" in page


async def test_after_two_days_the_button_is_back(sqlite_cast: Cast, browse: SignIn) -> None:
    _, address = await asked(sqlite_cast)
    await (await browse(sqlite_cast.coordinator)).post(f"{address}/nudges")
    clock.start_at(NOW + REST, stands_still=True)
    assert f'action="{address}/nudges"' in (await (await browse(sqlite_cast.coordinator)).get(address)).text


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59.999999+00:00", "0001-01-01T00:00:00+00:00", "odd"])
async def test_an_undo_of_a_moment_without_reminders_says_that_nothing_is_undone(
    sqlite_cast: Cast, browse: SignIn, at: str
) -> None:
    _, address = await asked(sqlite_cast)
    browser = await browse(sqlite_cast.coordinator)
    assert (await browser.post(f"{address}/nudges/removal", {"at": at})).status_code == 303
    assert "It’s too late to undo this." in (await browser.get(address)).text


async def test_the_queue_of_home_reminds_and_leads_back_there(sqlite_cast: Cast, browse: SignIn) -> None:
    _, address = await asked(sqlite_cast)
    browser = await browse(sqlite_cast.coordinator)
    assert f'action="{address}/nudges"' in (await browser.get("/")).text
    response = await browser.post(f"{address}/nudges", {"next": "/"})
    assert response.headers["location"] == "/"
    page = (await browser.get("/")).text
    assert "Reminded 2 people to reply." in page
    assert "Reminded 2 people on Tue, Dec 15 at 9:00 AM." in page
    assert f'action="{address}/nudges"' not in page


async def test_who_is_invited_finds_no_button_and_cannot_remind(sqlite_cast: Cast, browse: SignIn) -> None:
    _, address = await asked(sqlite_cast)
    browser = await browse(sqlite_cast.fbi_lead)
    assert "/nudges" not in (await browser.get(address)).text
    assert (await browser.post(f"{address}/nudges")).status_code == 403


async def test_after_a_move_the_page_shows_who_has_confirmed_and_reminds_the_rest(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    event_id, address = await asked(sqlite_cast)
    later = {"starts": "10:30", "ends": "12:00"}
    browser = await browse(sqlite_cast.coordinator)
    edit = typed((await browser.get(f"/events/{event_id}/edit")).text, f"/events/{event_id}/edit", save="send", **later)
    assert (await browser.post(f"/events/{event_id}/edit", edit)).status_code == 303
    clock.start_at(NOW + timedelta(minutes=1), stands_still=True)
    await (await browse(sqlite_cast.fbi_lead)).post(f"{address}/reply", {"reply": "yes"})
    page = (await browser.get(address)).text
    assert "Confirmed the new time: 1 of 2" in page
    assert "<dt>CAHT</dt><dd>Caht lead</dd>" in page
    assert "Remind 1 person who hasn’t confirmed" in page
    await browser.post(f"{address}/nudges", {"confirmations": "yes"})
    assert "Reminded 1 person to confirm the change." in (await browser.get(address)).text
    assert "Confirmed the new time" not in (await (await browse(sqlite_cast.fbi_lead)).get(address)).text
