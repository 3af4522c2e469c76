"""The log page: quick entries, a line of text, corrections that stay readable, and who finds it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.cast import Cast
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import text_at
from tests.usecases.operations.world import let_in, planned, under_way
from tracker import clock
from tracker.rules.core.viewers import Viewer

SIX = datetime(2027, 1, 16, 12, tzinfo=UTC)


@pytest.fixture
async def at(sqlite_cast: Cast) -> str:
    """The address of the log of an operation that is under way."""
    event_id: UUID = await planned(sqlite_cast.fbi_lead, sqlite_cast.fbi_alternate, sqlite_cast.hsi_liaison)
    await under_way(sqlite_cast, event_id)
    await let_in(sqlite_cast.fbi_lead, sqlite_cast.hsi_liaison, event_id, sqlite_cast.caht_lead)
    return f"/events/{event_id}/2027-01-16/plan/log"


async def desk(browse: SignIn, viewer: Viewer) -> Browser:
    clock.start_at(SIX, stands_still=True)
    return await browse(viewer)


async def test_a_quick_entry_is_in_the_log_with_time_and_name(sqlite_cast: Cast, browse: SignIn, at: str) -> None:
    browser = await desk(browse, sqlite_cast.hsi_liaison)
    page = await text_at(browser, at)
    assert 'name="text" value="On scene"' in page
    assert (await browser.post(f"{at}/entries", {"text": "On scene", "tap": "1"})).status_code == 303
    shown = await text_at(browser, at)
    assert "<b>On scene</b>" in shown
    assert "Sat, Jan 16, 6:00 AM" in shown
    assert "Hsi liaison (HSI)" in shown
    assert "State: Executing" in shown


async def test_with_scripts_the_lines_and_the_form_that_was_sent_come_back(
    sqlite_cast: Cast, browse: SignIn, at: str
) -> None:
    browser = await desk(browse, sqlite_cast.fbi_lead)
    form = {"text": "Two vehicles at the door", "tap": "1", "typed": "yes"}
    response = await browser.post(f"{at}/entries", form, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "<h1>" not in response.text
    assert 'id="free" hx-swap-oob' in response.text
    assert "“Two vehicles at the door” added to the log." in response.text


async def test_what_is_too_long_is_refused_with_what_was_typed(sqlite_cast: Cast, browse: SignIn, at: str) -> None:
    browser = await desk(browse, sqlite_cast.fbi_lead)
    refused = await browser.post(f"{at}/entries", {"text": "x" * 501, "tap": "1"})
    assert (refused.status_code, "x" * 501 in refused.text) == (422, True)
    for odd in ({"text": "", "tap": "1"}, {"text": "On scene", "tap": ""}):
        assert (await browser.post(f"{at}/entries", odd)).status_code == 422


async def test_a_corrected_entry_shows_both(sqlite_cast: Cast, browse: SignIn, at: str) -> None:
    browser = await desk(browse, sqlite_cast.fbi_lead)
    await browser.post(f"{at}/entries", {"text": "Two in custody", "tap": "1"})
    clock.start_at(SIX + timedelta(minutes=10), stands_still=True)
    entry = (await text_at(browser, at)).partition(f"{at}/entries/")[2].partition('"')[0]
    page = await text_at(browser, f"{at}/entries/{entry}")
    assert 'value="2027-01-16T06:00"' in page
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    wrong = await browser.post(f"{at}/entries/{entry}", {"text": "One", "at": "later", "seen": seen})
    assert (wrong.status_code, "Enter the day and time" in wrong.text) == (422, True)
    odd = await browser.post(f"{at}/entries/{entry}", {"text": "One", "at": "2017-01-16T06:00", "seen": seen})
    assert (odd.status_code, "more than 30 days before the operation. Check the date." in odd.text) == (422, True)
    form = {"text": "One in custody", "at": "2027-01-16T05:55", "seen": seen}
    assert (await browser.post(f"{at}/entries/{entry}", form)).status_code == 303
    shown = await text_at(browser, at)
    assert "<b>One in custody</b>" in shown
    assert "<s>Two in custody</s>, 6:00 AM, by Fbi lead (FBI)" in shown
    stale = await browser.post(f"{at}/entries/{entry}", form)
    assert (stale.status_code, "Someone corrected this since you opened it." in stale.text) == (422, True)


async def test_others_read_an_entry_and_have_no_form_to_correct_it(sqlite_cast: Cast, browse: SignIn, at: str) -> None:
    lead = await desk(browse, sqlite_cast.fbi_lead)
    await lead.post(f"{at}/entries", {"text": "On scene", "tap": "1"})
    entry = (await text_at(lead, at)).partition(f"{at}/entries/")[2].partition('"')[0]
    other = await desk(browse, sqlite_cast.hsi_liaison)
    assert "<b>On scene</b>" in await text_at(other, f"{at}/lines")
    assert f"{at}/entries/{entry}" not in await text_at(other, at)
    assert (await other.get(f"{at}/entries/{entry}")).status_code == 404


async def test_victim_services_on_the_operation_find_no_log(sqlite_cast: Cast, browse: SignIn, at: str) -> None:
    browser = await desk(browse, sqlite_cast.caht_lead)
    assert (await browser.get(at)).status_code == 404
    assert "plan/log" not in await text_at(browser, at.removesuffix("/log"))
