"""Those who lead an event read proposed times on its page, and decide: by the usual form, or by declining."""

import re
from datetime import timedelta
from uuid import UUID

import pytest

from tests.cast import Cast
from tests.ports.conftest import SignIn
from tests.usecases.intake.replying import APRIL, HOUR, LATER, MAY, TEN_IN_MAY, email, invited, on, said
from tracker import clock
from tracker.rules.core.viewers import Viewer
from tracker.rules.intake.calendar_replies import ProposedTimes
from tracker.tables.schema.intake import TimeProposal
from tracker.usecases.intake.received_emails import take_email

ONE_TO_TWO = "Tue, May 11, 1:00–2:00 PM"


async def proposed(cast: Cast, who: Viewer, *, is_series: bool = True) -> tuple[str, UUID]:
    """Let a person propose one o'clock instead of ten, and return the page of the date and the proposal."""
    clock.start_at(LATER, stands_still=True)
    facts = {} if is_series else {"starts": TEN_IN_MAY.replace(hour=10, tzinfo=None)}
    event_id = await invited(cast, is_series=is_series, **facts)
    times = ProposedTimes(starts=on(TEN_IN_MAY + 3 * HOUR), ends=on(TEN_IN_MAY + 4 * HOUR))
    date = on(TEN_IN_MAY) if is_series else None
    one = await said(who, event_id, None, date=date, proposal=times, comment="Court until noon")
    await take_email(await email(who, event_id, one))
    [found] = await TimeProposal.select(TimeProposal.id)
    return f"/events/{event_id}/{MAY}", found["id"]


async def test_a_proposal_is_on_the_page_of_its_date_for_those_who_lead_the_event(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    address, _ = await proposed(sqlite_cast, sqlite_cast.fbi_lead)
    page = (await (await browse(sqlite_cast.coordinator)).get(address)).text
    assert f"{ONE_TO_TWO}, instead of Tue, May 11, 10:00–11:30 AM" in page
    assert "“Court until noon”" in page
    for who in (sqlite_cast.fbi_lead, sqlite_cast.kcpd_detective):
        assert "Proposed times" not in (await (await browse(who)).get(address)).text


@pytest.mark.parametrize("is_series", [True, False])
async def test_accept_opens_the_usual_form_with_the_time_filled_in_and_saves_nothing(
    sqlite_cast: Cast, browse: SignIn, is_series: object
) -> None:
    address, proposal = await proposed(sqlite_cast, sqlite_cast.fbi_lead, is_series=bool(is_series))
    browser = await browse(sqlite_cast.coordinator)
    page = (await browser.get(f"{address}/edit?proposal={proposal}", follow_redirects=True)).text
    assert "Fbi lead (FBI) proposed the time below" in page
    for name, value in (("date", "2027-05-11"), ("starts", "13:00"), ("ends", "14:00")):
        assert re.search(rf'name="{name}"[^>]*value="{value}"', page)
    assert "The 2 emails about to go out will include this." in page
    assert f"{ONE_TO_TWO}, instead of" in (await browser.get(address)).text


async def test_saving_the_form_takes_up_the_proposal(sqlite_cast: Cast, browse: SignIn) -> None:
    address, proposal = await proposed(sqlite_cast, sqlite_cast.fbi_lead)
    browser = await browse(sqlite_cast.coordinator)
    times = {"date": "2027-05-11", "starts": "13:00", "ends": "14:00"}
    assert (await browser.post(f"{address}/edit", {**times, "version": "1"})).status_code == 303
    assert "The date is now at this time." in (await browser.get(address)).text
    response = await browser.get(f"{address}/edit?proposal={proposal}")
    assert (response.status_code, response.headers["location"]) == (303, f"{address}#proposals")


async def test_declining_says_who_is_notified_and_can_be_undone(sqlite_cast: Cast, browse: SignIn) -> None:
    address, proposal = await proposed(sqlite_cast, sqlite_cast.fbi_lead)
    browser = await browse(sqlite_cast.coordinator)
    refusal = f"/proposals/{proposal}/refusal"
    assert (await browser.post(refusal, {"comment": "The room is taken."})).status_code == 303
    page = (await browser.get(address)).text
    assert "Declined. 1 person will get an email." in page
    await browser.post(f"{refusal}/removal", {})
    page = (await browser.get(address)).text
    assert "Undone. No one was notified. The proposal is waiting for your decision." in page
    await browser.post(refusal, {})
    clock.start_at(LATER + timedelta(minutes=1), stands_still=True)
    again = await browser.post(refusal, {"comment": "Sorry, the court moved."})
    assert (again.status_code, "Your comment wasn’t sent: “Sorry, the court moved.”" in again.text) == (409, True)


async def test_undo_says_what_became_of_a_proposal_whose_date_moved_meanwhile(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    address, proposal = await proposed(sqlite_cast, sqlite_cast.fbi_lead)
    browser = await browse(sqlite_cast.coordinator)
    await browser.post(f"/proposals/{proposal}/refusal", {})
    times = {"date": "2027-05-11", "starts": "15:00", "ends": "16:00"}
    assert (await browser.post(f"{address}/edit", {**times, "version": "1"})).status_code == 303
    await browser.post(f"/proposals/{proposal}/refusal/removal", {})
    page = (await browser.get(address)).text
    assert "Undone. No one was notified. The event has changed since they saw it." in page


async def test_what_was_typed_is_kept_beside_the_error(sqlite_cast: Cast, browse: SignIn) -> None:
    address, proposal = await proposed(sqlite_cast, sqlite_cast.fbi_lead)
    browser = await browse(sqlite_cast.coordinator)
    response = await browser.post(f"/proposals/{proposal}/refusal", {"comment": "x" * 1_001})
    assert (response.status_code, "x" * 1_001 in response.text) == (422, True)
    assert f"{ONE_TO_TWO}, instead of" in (await browser.get(address)).text


async def test_the_home_page_of_those_who_lead_the_event_leads_to_its_proposals(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    address, proposal = await proposed(sqlite_cast, sqlite_cast.fbi_lead)
    browser = await browse(sqlite_cast.coordinator)
    home = (await browser.get("/")).text
    assert ("1 proposed time to decide" in home, f'href="{address}#proposals"' in home) == (True, True)
    assert "to decide" not in (await (await browse(sqlite_cast.fbi_lead)).get("/")).text
    await browser.post(f"/proposals/{proposal}/refusal", {})
    assert "to decide" not in (await browser.get("/")).text


async def test_a_proposal_fills_in_the_form_of_its_own_date_alone(sqlite_cast: Cast, browse: SignIn) -> None:
    address, proposal = await proposed(sqlite_cast, sqlite_cast.fbi_lead)
    browser = await browse(sqlite_cast.coordinator)
    series = address.removesuffix(f"/{MAY}")
    for elsewhere in (f"{series}/{APRIL}/edit", f"{series}/edit"):
        assert (await browser.get(f"{elsewhere}?proposal={proposal}")).status_code == 404
