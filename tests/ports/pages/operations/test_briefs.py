"""The brief on paper: each copy is numbered, recorded, of one version, and printed again only in that version."""

import re
from datetime import timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, Cast, operation
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import page_at, words_of_page
from tests.usecases.operations.world import RISSAFE, planned
from tracker import clock
from tracker.rules.operations.orders import Paragraph, PhasePlan
from tracker.tables.schema.core.tables import AuditEntry
from tracker.usecases.events.scheduling import schedule_event
from tracker.usecases.operations import approvals, orders, plans

OPERATION_KEY = "2027-01-16"


@pytest.fixture
async def operation_id(sqlite_cast: Cast) -> UUID:
    return await schedule_event(
        sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective, sqlite_cast.hsi_liaison), NOW
    )


async def test_each_copy_of_a_brief_has_its_number_its_person_and_its_entry_in_the_trail(
    sqlite_cast: Cast, browse: SignIn, operation_id: UUID
) -> None:
    browser = await browse(sqlite_cast.fbi_lead)
    address = f"/events/{operation_id}/{OPERATION_KEY}/plan/brief"
    for number, one in enumerate((sqlite_cast.kcpd_detective, sqlite_cast.hsi_liaison), start=1):
        response = await browser.post(address, {"member": str(one.member_id)})
        assert (response.status_code, response.headers["location"]) == (303, f"{address}/{number}")
    html = await page_at(browser, f"{address}/2")
    assert "copy 2 · issued to: Hsi liaison (HSI)" in words_of_page(html)
    assert len(re.findall(r"Only the named participants", html)) == 2
    assert re.search(r'</header>\s*<section class="tt-mark"', html)
    assert "Copy 1 – Kcpd detective (KCPD)" in words_of_page(await page_at(browser, address))
    entries = await AuditEntry.select(AuditEntry.facts).where(AuditEntry.verb == "brief_printed")
    assert len(entries) == 2
    assert (await browser.get(f"{address}/3")).status_code == 404
    assert (await browser.get(f"{address}/x")).status_code == 404


async def test_a_copy_goes_only_to_people_on_the_operation(
    sqlite_cast: Cast, browse: SignIn, operation_id: UUID
) -> None:
    browser = await browse(sqlite_cast.fbi_lead)
    address = f"/events/{operation_id}/{OPERATION_KEY}/plan/brief"
    for member in ("", "nobody", str(sqlite_cast.caht_lead.member_id)):
        response = await browser.post(address, {"member": member})
        assert response.status_code == 422
        assert "Choose the person responsible for this copy from the people on the operation." in response.text
    assert not await AuditEntry.exists().where(AuditEntry.verb == "brief_printed")


async def test_a_copy_of_a_brief_leaves_only_after_a_fresh_proof(
    sqlite_cast: Cast, browse: SignIn, operation_id: UUID
) -> None:
    browser = await browse(sqlite_cast.fbi_lead)
    address = f"/events/{operation_id}/{OPERATION_KEY}/plan/brief"
    await browser.form_token()
    clock.start_at(NOW + timedelta(minutes=16), stands_still=True)
    member = {"member": str(sqlite_cast.kcpd_detective.member_id)}
    for response in (await browser.get(address), await browser.post(address, member)):
        assert (response.status_code, response.headers["location"]) == (303, f"/sign-in/again?next={address}")
    assert not await AuditEntry.exists().where(AuditEntry.verb == "brief_printed")


async def test_a_brief_is_for_whoever_leads_and_missing_for_who_is_not_named(
    sqlite_cast: Cast, browse: SignIn, operation_id: UUID
) -> None:
    address = f"/events/{operation_id}/{OPERATION_KEY}/plan/brief"
    assert (await (await browse(sqlite_cast.kcpd_detective)).get(address)).status_code == 403
    assert (await (await browse(sqlite_cast.coordinator)).get(address)).status_code == 404


async def bluestem(two: Cast) -> UUID:
    """Plan an operation with all that a brief shows."""
    lead = two.fbi_lead
    event_id = await planned(lead, two.kcpd_detective)
    await orders.save_operations_order(lead, event_id, {Paragraph.MISSION: "Serve the warrant."}, NOW, read=0)
    await plans.commit_resources(lead, event_id, two.agencies["KCPD"], people=4, vehicles=2, skills="K-9", now=NOW)
    start = clock.now().replace(year=2027, month=1, day=16, hour=11, minute=0)
    await orders.plan_phase(lead, event_id, PhasePlan(name="Staging", starts_at=start, ends_at=None), NOW)
    await approvals.record_deconfliction_number(lead, event_id, RISSAFE, NOW)
    return event_id


async def issued(two: Cast, lead: Browser, event_id: UUID) -> str:
    """Issue a copy to the detective, and return its address."""
    form = {"member": str(two.kcpd_detective.member_id)}
    sent = await lead.post(f"/events/{event_id}/{OPERATION_KEY}/plan/brief", form)
    return sent.headers["location"]


async def test_a_copy_holds_order_sites_agencies_phases_and_number(two: Cast, browse: SignIn) -> None:
    event_id = await bluestem(two)
    lead = await browse(two.fbi_lead)
    shown = words_of_page(await page_at(lead, await issued(two, lead, event_id)))
    for words in (
        "copy 1 · version 5 of the plan · issued to: Kcpd detective (KCPD)",
        "RISSafe RS-1042: no conflict",
        "Operation lead Fbi lead (FBI)",
        "Serve the warrant.",
        "A lot Target 39.0911, -94.4155 1,320 feet",
        "KCPD 4 2 K-9",
        "Staging Sat, Jan 16, 5:00 AM",
    ):
        assert words in shown
    assert "onflicts with" not in shown


async def test_a_copy_of_an_earlier_version_is_not_printed_again(two: Cast, browse: SignIn) -> None:
    event_id = await bluestem(two)
    lead = await browse(two.fbi_lead)
    first = await issued(two, lead, event_id)
    await orders.save_operations_order(two.fbi_lead, event_id, {Paragraph.MISSION: "Stand by."}, NOW, read=3)
    gone = await lead.get(first)
    assert (gone.status_code, gone.headers["location"]) == (303, first.rpartition("/")[0])
    page = await page_at(lead, gone.headers["location"])
    assert "Copy 1 shows version 5, and the plan is version 6 now. Issue a new copy." in page
    assert "Copy 1 5 (out of date) Kcpd detective (KCPD)" in words_of_page(page)
    assert "version 6 of the plan" in words_of_page(await page_at(lead, await issued(two, lead, event_id)))
