"""The pages of the operations order: the lead writes it, everyone named reads each version, nothing typed is lost."""

import re
from html import unescape
from uuid import UUID

import pytest

from tests.cast import Cast
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.usecases.operations.world import planned, with_another_lead
from tracker.rules.operations.orders import LONGEST_PARAGRAPH

KEY = "2027-01-16"
WAS = re.compile(r'name="was" value="([^"]*)"')
MARK = re.compile(r'name="_draft" value="([^"]+)"')
VERSION = re.compile(r'name="version" value="(\d+)"')


@pytest.fixture
async def two(sqlite_cast: Cast) -> Cast:
    return await with_another_lead(sqlite_cast)


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
