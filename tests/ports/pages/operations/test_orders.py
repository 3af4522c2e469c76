"""The pages of the operations order: the lead writes it, everyone named reads each version, nothing typed is lost."""

import re
from html import unescape
from uuid import UUID

import pytest

from tests.cast import NOW, Cast
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.usecases.operations.world import planned
from tracker.database import writing
from tracker.rules.operations.orders import LONGEST_PARAGRAPH
from tracker.rules.operations.states import OperationState
from tracker.usecases.operations.states import enter_plan_state, operation_for

KEY = "2027-01-16"
WAS = re.compile(r'name="was" value="([^"]*)"')
MARK = re.compile(r'name="_draft" value="([^"]+)"')
VERSION = re.compile(r'name="version" value="(\d+)"')


@pytest.fixture
async def bluestem(two: Cast) -> UUID:
    return await planned(two.fbi_lead, two.fbi_alternate, two.kcpd_detective, two.hsi_liaison)


def at(event_id: UUID, tail: str = "") -> str:
    return f"/events/{event_id}/{KEY}/plan/order{tail}"


async def opened(browser: Browser, event_id: UUID, tail: str = "/edit") -> dict[str, str]:
    """Return the hidden fields of the form as it is opened."""
    page = (await browser.get(at(event_id, tail))).text
    found = {"was": WAS, "_draft": MARK, "version": VERSION}
    return {name: unescape(match[1]) for name, pattern in found.items() if (match := pattern.search(page))}


async def test_everyone_on_the_operation_reads_the_order_that_its_lead_wrote(
    two: Cast, bluestem: UUID, browse: SignIn
) -> None:
    lead = await browse(two.fbi_lead)
    form = await opened(lead, bluestem)
    saved = await lead.post(at(bluestem, "/edit"), form | {"mission": "Serve the warrant.\nAt 06:00."})
    assert saved.status_code == 303
    for name in ("fbi_lead", "kcpd_detective", "hsi_liaison"):
        shown = (await (await browse(two.members[name])).get(at(bluestem))).text
        assert "<p>Serve the warrant.</p>" in shown
        assert "<p>At 06:00.</p>" in shown
        assert ("Edit the order" in shown) == (name == "fbi_lead")


async def test_an_earlier_version_is_read_at_its_own_address(two: Cast, bluestem: UUID, browse: SignIn) -> None:
    lead = await browse(two.fbi_lead)
    for mission in ("At 06:00.", "At 06:30."):
        await lead.post(at(bluestem, "/edit"), await opened(lead, bluestem) | {"mission": mission})
    reader = await browse(two.kcpd_detective)
    [earlier] = re.findall(r'href="([^"]+/versions/\d+)"', (await reader.get(at(bluestem))).text)
    shown = (await reader.get(earlier)).text
    assert "At 06:00." in shown
    assert "This isn’t the current order." in shown
    for odd in ("0", "1", "999999", "9999999999", "x"):
        assert (await reader.get(at(bluestem, f"/versions/{odd}"))).status_code == 404


async def test_an_outdated_form_is_shown_again_with_what_was_typed_and_what_was_saved(
    two: Cast, bluestem: UUID, browse: SignIn
) -> None:
    lead = await browse(two.fbi_lead)
    mine, theirs = await opened(lead, bluestem), await opened(lead, bluestem)
    await lead.post(at(bluestem, "/edit"), theirs | {"mission": "At 06:00.", "command": "Channel 2."})
    refused = await lead.post(at(bluestem, "/edit"), mine | {"mission": "At 07:00."})
    shown = unescape(refused.text)
    assert refused.status_code == 409
    assert "Someone changed this while you were working on it" in shown
    assert "Mission is now “At 06:00.”. You typed “At 07:00.”" in re.sub(r"</?b>|\s+", " ", shown).replace("  ", " ")
    assert "Channel 2.</textarea>" in shown
    again = {"version": VERSION.search(refused.text)[1], "mission": "At 07:00."}  # type: ignore[index]  # it is there
    assert (await lead.post(at(bluestem, "/edit"), again)).status_code == 303


async def test_a_paragraph_that_is_too_long_is_refused_at_its_field_with_what_was_typed(
    two: Cast, bluestem: UUID, browse: SignIn
) -> None:
    lead = await browse(two.fbi_lead)
    typed = {"mission": "Serve the warrant.", "execution": "x" * (LONGEST_PARAGRAPH + 1)}
    refused = await lead.post(at(bluestem, "/edit"), await opened(lead, bluestem) | typed)
    assert refused.status_code == 422
    assert 'href="#f-execution"' in refused.text
    assert "Serve the warrant.</textarea>" in refused.text


async def test_what_is_typed_is_kept_as_a_draft_until_the_order_is_saved(
    two: Cast, bluestem: UUID, browse: SignIn
) -> None:
    lead = await browse(two.fbi_lead)
    form = await opened(lead, bluestem) | {"mission": "Half a sentence"}
    assert (await lead.post("/drafts", form)).status_code == 200
    page = (await lead.get(at(bluestem, "/edit"))).text
    assert "Restored your draft" in page
    assert "Half a sentence</textarea>" in page
    form = await opened(lead, bluestem) | {"mission": "Serve the warrant."}
    await lead.post(at(bluestem, "/edit"), form)
    assert "Restored your draft" not in (await lead.get(at(bluestem, "/edit"))).text


async def test_people_who_do_not_lead_have_no_form(two: Cast, bluestem: UUID, browse: SignIn) -> None:
    for name in ("kcpd_detective", "hsi_liaison"):
        browser = await browse(two.members[name])
        assert (await browser.get(at(bluestem, "/edit"))).status_code == 403
        assert (await browser.post(at(bluestem, "/edit"), {"mission": "Mine.", "version": "0"})).status_code == 403


async def test_the_lead_chooses_the_kind_that_everyone_sees_on_the_plan(
    two: Cast, bluestem: UUID, browse: SignIn
) -> None:
    lead, reader = await browse(two.fbi_lead), await browse(two.kcpd_detective)
    first = await opened(lead, bluestem, "")
    assert (await lead.post(at(bluestem, "/kind"), first | {"kind": "Knock and talk"})).status_code == 303
    assert '<option value="Knock and talk" selected>' in (await lead.get(at(bluestem))).text
    assert "· Knock and talk" in (await reader.get(at(bluestem).removesuffix("/order"))).text
    beside = await lead.post(at(bluestem, "/kind"), first | {"kind": "Arrest"})
    assert beside.status_code == 409
    assert "<b>Operation type</b> is now “Knock and talk”. You typed “Arrest”" in re.sub(r"\s+", " ", beside.text)
    assert '<option value="Arrest" selected>' in beside.text
    refused = await lead.post(at(bluestem, "/kind"), await opened(lead, bluestem, "") | {"kind": "Raid"})
    assert refused.status_code == 422
    assert "Choose a type from the list." in refused.text
    assert (await reader.post(at(bluestem, "/kind"), {"kind": "Arrest"})).status_code == 403


async def test_an_operation_without_a_plan_has_no_order(two: Cast, browse: SignIn) -> None:
    browser = await browse(two.coordinator)
    assert (await browser.get(at(UUID(int=1)))).status_code == 404


PHASE = re.compile(r'href="([^"]+/phases/[0-9a-f-]+)"')
UNDO_AT = re.compile(r'name="at" value="([^"]+)"')
BRIEFING = {"name": "Briefing", "day": "2027-01-16", "starts": "05:00", "ends": "05:45"}


HIDDEN = re.compile(r'name="(version|was)" value="([^"]*)"')


@pytest.fixture
async def bluestem_of_phases(two: Cast) -> UUID:
    return await planned(two.fbi_lead, two.fbi_alternate, two.kcpd_detective)


@pytest.fixture
async def lead(two: Cast, browse: SignIn) -> Browser:
    return await browse(two.fbi_lead)


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


async def opened_of_phases(browser: Browser, address: str, action: str) -> dict[str, str]:
    """Return the hidden fields of the form on a page that is sent to `action`."""
    html = (await browser.get(address)).text
    return {name: unescape(text) for name, text in HIDDEN.findall(html[html.index(f'action="{action}"') :])[:2]}


async def test_a_phase_is_drawn_and_listed_in_the_zone_of_the_operation(
    two: Cast, bluestem_of_phases: UUID, lead: Browser, browse: SignIn
) -> None:
    await briefing(lead, bluestem_of_phases)
    await lead.post(
        at(bluestem_of_phases, "/phases"), BRIEFING | {"name": "Stakeout", "starts": "22:00", "ends": "02:00"}
    )
    shown = await page(await browse(two.kcpd_detective), bluestem_of_phases)
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
    bluestem_of_phases: UUID, lead: Browser, wrong: dict[str, str], field: str, sentence: str
) -> None:
    typed = BRIEFING | {"name": "Roll call"} | wrong
    address = await briefing(lead, bluestem_of_phases)
    for action in (at(bluestem_of_phases, "/phases"), address):
        refused = await lead.post(action, await opened_of_phases(lead, address, address) | typed)
        assert refused.status_code == 422
        assert f'<a href="#f-{field}">{sentence}</a>' in refused.text
        assert ('value="Roll call"' in refused.text) == ("name" not in wrong)


async def test_one_press_begins_a_phase_and_can_be_undone(two: Cast, bluestem_of_phases: UUID, lead: Browser) -> None:
    address = await briefing(lead, bluestem_of_phases)
    assert "Start phase" not in await page(lead, bluestem_of_phases)
    await approved(two, bluestem_of_phases)
    assert "Start phase" in await page(lead, bluestem_of_phases)
    await lead.post(f"{address}/marks", {"mark": "begun"})
    shown = await page(lead, bluestem_of_phases)
    assert "Briefing has started." in shown
    assert "End phase" in shown
    [moment] = UNDO_AT.findall(shown)
    await lead.post(f"{address}/undo", {"at": moment})
    shown = await page(lead, bluestem_of_phases)
    assert "Undone." in shown
    assert "Start phase" in shown
    await lead.post(f"{address}/undo", {"at": moment})
    assert "Not undone. The times of Briefing have changed since." in await page(lead, bluestem_of_phases)


async def test_a_press_that_came_second_says_so(two: Cast, bluestem_of_phases: UUID, lead: Browser) -> None:
    address = await briefing(lead, bluestem_of_phases)
    await approved(two, bluestem_of_phases)
    for _ in range(2):
        await lead.post(f"{address}/marks", {"mark": "begun"})
    assert "Briefing has already started." in await page(lead, bluestem_of_phases)
    assert (await lead.post(f"{address}/marks", {"mark": "lost"})).status_code == 404


async def test_times_are_corrected_in_a_form(two: Cast, bluestem_of_phases: UUID, lead: Browser) -> None:
    address = await briefing(lead, bluestem_of_phases)
    await approved(two, bluestem_of_phases)
    typed = {"begun_day": "2026-12-14", "begun": "05:02", "ended": "05:48"}
    typed |= await opened_of_phases(lead, address, f"{address}/times")
    early = await lead.post(f"{address}/times", typed | {"begun_day": "2027-01-16"})
    assert early.status_code == 422
    assert "Enter a time that has passed." in early.text
    long_ago = await lead.post(f"{address}/times", typed | {"begun_day": "2016-12-14"})
    assert (long_ago.status_code, "more than 30 days ago. Check the date." in long_ago.text) == (422, True)
    assert (await lead.post(f"{address}/times", typed)).status_code == 303
    assert "Mon, Dec 14, 5:02–5:48 AM" in await page(lead, bluestem_of_phases)


async def test_the_second_of_two_people_sees_what_the_first_one_saved_beside_what_they_typed(
    two: Cast, bluestem_of_phases: UUID, lead: Browser
) -> None:
    address = await briefing(lead, bluestem_of_phases)
    await approved(two, bluestem_of_phases)
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
        hidden = await opened_of_phases(lead, address, action)
        assert (await lead.post(action, hidden | theirs)).status_code == 303
        beside = await lead.post(action, hidden | mine)
        assert (beside.status_code, both in re.sub(r"\s+", " ", beside.text)) == (409, True)
        again = dict(HIDDEN.findall(beside.text[beside.text.index(f'action="{action}"') :])[:2])
        assert (await lead.post(action, mine | {"version": again["version"]})).status_code == 303


async def test_a_phase_is_removed(bluestem_of_phases: UUID, lead: Browser) -> None:
    address = await briefing(lead, bluestem_of_phases)
    await lead.post(f"{address}/removal")
    shown = await page(lead, bluestem_of_phases)
    assert "Briefing removed." in shown
    assert "No phases are planned yet." in shown


async def test_people_who_do_not_lead_have_no_form_of_a_phase(
    two: Cast, bluestem_of_phases: UUID, lead: Browser, browse: SignIn
) -> None:
    address = await briefing(lead, bluestem_of_phases)
    reader = await browse(two.kcpd_detective)
    assert (await reader.get(address)).status_code == 403
    for action, form in (
        (at(bluestem_of_phases, "/phases"), BRIEFING),
        (address, BRIEFING),
        (f"{address}/removal", {}),
    ):
        assert (await reader.post(action, form)).status_code == 403
