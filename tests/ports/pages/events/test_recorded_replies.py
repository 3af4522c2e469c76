"""The form with which people who can edit an event record someone else's reply."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.cast import NOW, Cast, meeting
from tests.ports.conftest import SignIn
from tracker import clock
from tracker.rules.core.viewers import Viewer
from tracker.rules.recurrence.series import rule_for_choice
from tracker.usecases.events.scheduling import schedule_event

NEXT_WEEK = datetime(2026, 12, 22, 10)  # noqa: DTZ001 - local to the event's zone


async def asked(cast: Cast, *invitees: Viewer, **facts: Any) -> tuple[UUID, str]:
    event_id = await schedule_event(
        cast.coordinator, meeting(*invitees, starts=NEXT_WEEK, **facts), NOW - timedelta(days=9)
    )
    return event_id, f"/events/{event_id}/2026-12-22"


async def test_a_reply_by_telephone_stands_in_the_list_with_who_entered_it(sqlite_cast: Cast, browse: SignIn) -> None:
    _, address = await asked(sqlite_cast, sqlite_cast.kcpd_detective, sqlite_cast.caht_lead)
    browser = await browse(sqlite_cast.coordinator)
    form = {"person": str(sqlite_cast.kcpd_detective.member_id), "reply": "yes", "note": "Called at noon"}
    response = await browser.post(f"{address}/replies", form)
    assert (response.status_code, response.headers["location"]) == (303, f"{address}#participants")
    page = (await browser.get(address)).text
    assert "Recorded: Kcpd detective (KCPD) replied Yes. No email was sent." in page
    assert "Entered by Coordinator (USAO)" in page
    assert "Called at noon" in page


async def test_the_person_reads_who_entered_it_and_can_reply_again(sqlite_cast: Cast, browse: SignIn) -> None:
    _, address = await asked(sqlite_cast, sqlite_cast.kcpd_detective)
    form = {"person": str(sqlite_cast.kcpd_detective.member_id), "reply": "no"}
    await (await browse(sqlite_cast.coordinator)).post(f"{address}/replies", form)
    clock.start_at(NOW + timedelta(minutes=1), stands_still=True)
    theirs = await browse(sqlite_cast.kcpd_detective)
    assert "Entered for you by Coordinator (USAO)." in (await theirs.get(address)).text
    await theirs.post(f"{address}/reply", {"reply": "yes"})
    assert "Entered for you" not in (await theirs.get(address)).text


async def test_other_invitees_see_the_reply_and_not_who_entered_it(sqlite_cast: Cast, browse: SignIn) -> None:
    _, address = await asked(sqlite_cast, sqlite_cast.kcpd_detective, sqlite_cast.kcpd_alternate)
    form = {"person": str(sqlite_cast.kcpd_detective.member_id), "reply": "yes"}
    await (await browse(sqlite_cast.coordinator)).post(f"{address}/replies", form)
    page = (await (await browse(sqlite_cast.kcpd_alternate)).get(address)).text
    assert "Kcpd detective" in page
    assert "Entered by" not in page
    assert "/replies" not in page


async def test_what_was_typed_is_kept_beside_the_errors(sqlite_cast: Cast, browse: SignIn) -> None:
    _, address = await asked(
        sqlite_cast, sqlite_cast.kcpd_detective, rule=rule_for_choice("weekly", NEXT_WEEK, count=3)
    )
    response = await (await browse(sqlite_cast.coordinator)).post(
        f"{address}/replies", {"note": "Called at noon", "reply_for": "series"}
    )
    assert response.status_code == 422
    assert "Choose Yes, Maybe, or No." in response.text
    assert "Called at noon" in response.text
    assert '<details class="tt-d tt-noprint" id="record-reply" open>' in response.text


async def test_a_date_that_was_canceled_meanwhile_says_so(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id, address = await asked(sqlite_cast, sqlite_cast.kcpd_detective)
    browser = await browse(sqlite_cast.coordinator)
    await browser.post(f"/events/{event_id}/cancellation", {"version": "1"})
    form = {"person": str(sqlite_cast.kcpd_detective.member_id), "reply": "yes"}
    assert (await browser.post(f"{address}/replies", form)).status_code == 303
    assert "This date is canceled. You don’t need to reply." in (await browser.get(address)).text
