"""The pages of phases: planned in the zone of the event, drawn and listed, begun and ended by one press."""

import re
from html import unescape
from uuid import UUID

import pytest

from tests.cast import NOW, Cast
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.usecases.operations.world import planned, with_another_lead
from tracker.database import writing
from tracker.rules.operations.states import OperationState
from tracker.usecases.operations.states import enter_plan_state, operation_for

KEY = "2027-01-16"
PHASE = re.compile(r'href="([^"]+/phases/[0-9a-f-]+)"')
UNDO_AT = re.compile(r'name="at" value="([^"]+)"')
BRIEFING = {"name": "Briefing", "day": "2027-01-16", "starts": "05:00", "ends": "05:45"}


HIDDEN = re.compile(r'name="(version|was)" value="([^"]*)"')


@pytest.fixture
async def two(sqlite_cast: Cast) -> Cast:
    return await with_another_lead(sqlite_cast)


@pytest.fixture
async def bluestem(two: Cast) -> UUID:
    return await planned(two.fbi_lead, two.fbi_alternate, two.kcpd_detective)


@pytest.fixture
async def lead(two: Cast, browse: SignIn) -> Browser:
    return await browse(two.fbi_lead)


def at(event_id: UUID, tail: str = "") -> str:
    return f"/events/{event_id}/{KEY}/plan/order{tail}"


async def page(browser: Browser, event_id: UUID) -> str:
    return re.sub(r"\s+", " ", (await browser.get(at(event_id))).text)


async def approved(two: Cast, event_id: UUID) -> None:
    async with writing():
        await enter_plan_state((await operation_for(two.fbi_lead, event_id)).id, OperationState.APPROVED, NOW)


async def briefing(lead: Browser, event_id: UUID) -> str:
    """Plan a briefing, and return the address of its forms."""
    await lead.post(at(event_id, "/phases"), BRIEFING)
    [address] = PHASE.findall(await page(lead, event_id))
    return str(address)


async def opened(browser: Browser, address: str, action: str) -> dict[str, str]:
    """Return the hidden fields of the form on a page that is sent to `action`."""
    html = (await browser.get(address)).text
    return {name: unescape(text) for name, text in HIDDEN.findall(html[html.index(f'action="{action}"') :])[:2]}


async def test_a_phase_is_drawn_and_listed_in_the_zone_of_the_operation(
    two: Cast, bluestem: UUID, lead: Browser, browse: SignIn
) -> None:
    await briefing(lead, bluestem)
    await lead.post(at(bluestem, "/phases"), BRIEFING | {"name": "Stakeout", "starts": "22:00", "ends": "02:00"})
    shown = await page(await browse(two.kcpd_detective), bluestem)
    assert 'aria-label="Timeline of 2 phases. The table below has the same times."' in shown
    assert "Sat, Jan 16, 5:00–5:45 AM" in shown
    assert "Sat, Jan 16, 10:00 PM – Sun, Jan 17, 2:00 AM" in shown
    assert "/phases/" not in shown


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"name": ""}, "name", "Enter the phase in up to 60 characters."),
        ({"starts": ""}, "starts", "Enter when it starts."),
        ({"starts": "dawn"}, "starts", "Enter the time as hours:minutes, for example 14:30."),
        ({"day": ""}, "day", "Enter the day."),
        ({"day": "2027-01-20"}, "day", "Choose a time at most 2 days before or after the operation."),
        ({"ends": "05:00"}, "ends", "The phase ends before it starts."),
    ],
)
async def test_a_phase_that_cannot_be_planned_is_refused_at_its_field_with_what_was_typed(
    bluestem: UUID, lead: Browser, wrong: dict[str, str], field: str, sentence: str
) -> None:
    typed = BRIEFING | {"name": "Roll call"} | wrong
    address = await briefing(lead, bluestem)
    for action in (at(bluestem, "/phases"), address):
        refused = await lead.post(action, await opened(lead, address, address) | typed)
        assert refused.status_code == 422
        assert f'<a href="#f-{field}">{sentence}</a>' in refused.text
        assert ('value="Roll call"' in refused.text) == ("name" not in wrong)


async def test_one_press_begins_a_phase_and_can_be_undone(two: Cast, bluestem: UUID, lead: Browser) -> None:
    address = await briefing(lead, bluestem)
    assert "Start phase" not in await page(lead, bluestem)
    await approved(two, bluestem)
    assert "Start phase" in await page(lead, bluestem)
    await lead.post(f"{address}/marks", {"mark": "begun"})
    shown = await page(lead, bluestem)
    assert "Briefing has started." in shown
    assert "End phase" in shown
    [moment] = UNDO_AT.findall(shown)
    await lead.post(f"{address}/undo", {"at": moment})
    shown = await page(lead, bluestem)
    assert "Undone." in shown
    assert "Start phase" in shown
    await lead.post(f"{address}/undo", {"at": moment})
    assert "Not undone. The times of Briefing have changed since." in await page(lead, bluestem)


async def test_a_press_that_came_second_says_so(two: Cast, bluestem: UUID, lead: Browser) -> None:
    address = await briefing(lead, bluestem)
    await approved(two, bluestem)
    for _ in range(2):
        await lead.post(f"{address}/marks", {"mark": "begun"})
    assert "Briefing has already started." in await page(lead, bluestem)
    assert (await lead.post(f"{address}/marks", {"mark": "lost"})).status_code == 404


async def test_times_are_corrected_in_a_form(two: Cast, bluestem: UUID, lead: Browser) -> None:
    address = await briefing(lead, bluestem)
    await approved(two, bluestem)
    typed = {"begun_day": "2026-12-14", "begun": "05:02", "ended": "05:48"}
    typed |= await opened(lead, address, f"{address}/times")
    early = await lead.post(f"{address}/times", typed | {"begun_day": "2027-01-16"})
    assert early.status_code == 422
    assert "Enter a time that has passed." in early.text
    long_ago = await lead.post(f"{address}/times", typed | {"begun_day": "2016-12-14"})
    assert (long_ago.status_code, "more than 30 days ago. Check the date." in long_ago.text) == (422, True)
    assert (await lead.post(f"{address}/times", typed)).status_code == 303
    assert "Mon, Dec 14, 5:02–5:48 AM" in await page(lead, bluestem)


async def test_the_second_of_two_people_sees_what_the_first_one_saved_beside_what_they_typed(
    two: Cast, bluestem: UUID, lead: Browser
) -> None:
    address = await briefing(lead, bluestem)
    await approved(two, bluestem)
    times = f"{address}/times"
    for action, mine, theirs, both in (
        (
            address,
            BRIEFING | {"starts": "04:30"},
            BRIEFING | {"name": "Roll call"},
            "<b>Phase</b> is now “Roll call”. You had not changed it, so the form shows the new value.",
        ),
        (
            times,
            {"begun_day": "2026-12-14", "begun": "05:02", "ended": ""},
            {"begun_day": "2026-12-14", "begun": "05:04", "ended": ""},
            "<b>Started</b> is now “05:04”. You typed “05:02”, which counts when you save again.",
        ),
    ):
        hidden = await opened(lead, address, action)
        assert (await lead.post(action, hidden | theirs)).status_code == 303
        beside = await lead.post(action, hidden | mine)
        assert (beside.status_code, both in re.sub(r"\s+", " ", beside.text)) == (409, True)
        again = dict(HIDDEN.findall(beside.text[beside.text.index(f'action="{action}"') :])[:2])
        assert (await lead.post(action, mine | {"version": again["version"]})).status_code == 303


async def test_a_phase_is_removed(bluestem: UUID, lead: Browser) -> None:
    address = await briefing(lead, bluestem)
    await lead.post(f"{address}/removal")
    shown = await page(lead, bluestem)
    assert "Briefing removed." in shown
    assert "No phases are planned yet." in shown


async def test_people_who_do_not_lead_have_no_form_of_a_phase(
    two: Cast, bluestem: UUID, lead: Browser, browse: SignIn
) -> None:
    address = await briefing(lead, bluestem)
    reader = await browse(two.kcpd_detective)
    assert (await reader.get(address)).status_code == 403
    for action, form in ((at(bluestem, "/phases"), BRIEFING), (address, BRIEFING), (f"{address}/removal", {})):
        assert (await reader.post(action, form)).status_code == 403
