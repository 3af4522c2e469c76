"""The operations order and its briefs on pages."""

import re
from datetime import timedelta
from html import unescape
from uuid import UUID

import pytest

from tests.cast import NOW, Cast, operation
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import page_at, words_of_page
from tests.usecases.operations.world import RISSAFE, plan_operation
from tracker import clock
from tracker.database import writing
from tracker.rules.operations.orders import LONGEST_PARAGRAPH, Paragraph, PhasePlan
from tracker.rules.operations.states import OperationState
from tracker.tables.schema.core.tables import AuditEntry
from tracker.usecases.events.scheduling import schedule_event
from tracker.usecases.operations import approvals, orders, plans
from tracker.usecases.operations.states import enter_plan_state, operation_for

KEY = "2027-01-16"
WAS = re.compile(r'name="was" value="([^"]*)"')
MARK = re.compile(r'name="_draft" value="([^"]+)"')
VERSION = re.compile(r'name="version" value="(\d+)"')


@pytest.fixture
async def bluestem_of_four(two: Cast) -> UUID:
    return await plan_operation(two.fbi_lead, two.fbi_alternate, two.kcpd_detective, two.hsi_liaison)


def order_page(event_id: UUID, tail: str = "") -> str:
    return f"/events/{event_id}/{KEY}/plan/order{tail}"


async def hidden_fields(browser: Browser, event_id: UUID, tail: str = "/edit") -> dict[str, str]:
    """Return the hidden fields of the form as it is opened."""
    page = (await browser.get(order_page(event_id, tail))).text
    hidden_fields_found = {"was": WAS, "_draft": MARK, "version": VERSION}
    return {
        name: unescape(match[1]) for name, pattern in hidden_fields_found.items() if (match := pattern.search(page))
    }


async def test_everyone_on_the_operation_reads_the_order_that_its_lead_wrote(
    two: Cast, bluestem_of_four: UUID, browse: SignIn
) -> None:
    lead = await browse(two.fbi_lead)
    form = await hidden_fields(lead, bluestem_of_four)
    saved = await lead.post(order_page(bluestem_of_four, "/edit"), form | {"mission": "Serve the warrant.\nAt 06:00."})
    assert saved.status_code == 303
    for name in ("fbi_lead", "kcpd_detective", "hsi_liaison"):
        shown = (await (await browse(two.members[name])).get(order_page(bluestem_of_four))).text
        assert "<p>Serve the warrant.</p>" in shown
        assert "<p>At 06:00.</p>" in shown
        assert ("Edit the order" in shown) == (name == "fbi_lead")


async def test_an_earlier_version_is_read_at_its_own_address(two: Cast, bluestem_of_four: UUID, browse: SignIn) -> None:
    lead = await browse(two.fbi_lead)
    for mission in ("At 06:00.", "At 06:30."):
        await lead.post(
            order_page(bluestem_of_four, "/edit"), await hidden_fields(lead, bluestem_of_four) | {"mission": mission}
        )
    reader = await browse(two.kcpd_detective)
    [earlier] = re.findall(r'href="([^"]+/versions/\d+)"', (await reader.get(order_page(bluestem_of_four))).text)
    shown = (await reader.get(earlier)).text
    assert "At 06:00." in shown
    assert "This isn’t the current order." in shown
    for odd in ("0", "1", "999999", "9999999999", "x"):
        assert (await reader.get(order_page(bluestem_of_four, f"/versions/{odd}"))).status_code == 404


async def test_an_outdated_form_is_shown_again_with_what_was_typed_and_what_was_saved(
    two: Cast, bluestem_of_four: UUID, browse: SignIn
) -> None:
    lead = await browse(two.fbi_lead)
    own_fields, other_fields = (
        await hidden_fields(lead, bluestem_of_four),
        await hidden_fields(lead, bluestem_of_four),
    )
    await lead.post(
        order_page(bluestem_of_four, "/edit"), other_fields | {"mission": "At 06:00.", "command": "Channel 2."}
    )
    refused = await lead.post(order_page(bluestem_of_four, "/edit"), own_fields | {"mission": "At 07:00."})
    shown = unescape(refused.text)
    assert refused.status_code == 409
    assert "Someone changed this while you were working on it" in shown
    assert "Mission is now “At 06:00.”. You typed “At 07:00.”" in re.sub(r"</?b>|\s+", " ", shown).replace("  ", " ")
    assert "Channel 2.</textarea>" in shown
    again = {"version": VERSION.search(refused.text)[1], "mission": "At 07:00."}  # type: ignore[index]  # it is there
    assert (await lead.post(order_page(bluestem_of_four, "/edit"), again)).status_code == 303


async def test_a_paragraph_that_is_too_long_is_refused_at_its_field_with_what_was_typed(
    two: Cast, bluestem_of_four: UUID, browse: SignIn
) -> None:
    lead = await browse(two.fbi_lead)
    typed = {"mission": "Serve the warrant.", "execution": "x" * (LONGEST_PARAGRAPH + 1)}
    refused = await lead.post(
        order_page(bluestem_of_four, "/edit"), await hidden_fields(lead, bluestem_of_four) | typed
    )
    assert refused.status_code == 422
    assert 'href="#f-execution"' in refused.text
    assert "Serve the warrant.</textarea>" in refused.text


async def test_what_is_typed_is_kept_as_a_draft_until_the_order_is_saved(
    two: Cast, bluestem_of_four: UUID, browse: SignIn
) -> None:
    lead = await browse(two.fbi_lead)
    form = await hidden_fields(lead, bluestem_of_four) | {"mission": "Half a sentence"}
    assert (await lead.post("/drafts", form)).status_code == 200
    page = (await lead.get(order_page(bluestem_of_four, "/edit"))).text
    assert "Restored your draft" in page
    assert "Half a sentence</textarea>" in page
    form = await hidden_fields(lead, bluestem_of_four) | {"mission": "Serve the warrant."}
    await lead.post(order_page(bluestem_of_four, "/edit"), form)
    assert "Restored your draft" not in (await lead.get(order_page(bluestem_of_four, "/edit"))).text


async def test_people_who_do_not_lead_have_no_form(two: Cast, bluestem_of_four: UUID, browse: SignIn) -> None:
    for name in ("kcpd_detective", "hsi_liaison"):
        browser = await browse(two.members[name])
        assert (await browser.get(order_page(bluestem_of_four, "/edit"))).status_code == 403
        assert (
            await browser.post(order_page(bluestem_of_four, "/edit"), {"mission": "Mine.", "version": "0"})
        ).status_code == 403


async def test_the_lead_chooses_the_kind_that_everyone_sees_on_the_plan(
    two: Cast, bluestem_of_four: UUID, browse: SignIn
) -> None:
    lead, reader = await browse(two.fbi_lead), await browse(two.kcpd_detective)
    first = await hidden_fields(lead, bluestem_of_four, "")
    assert (
        await lead.post(order_page(bluestem_of_four, "/kind"), first | {"kind": "Knock and talk"})
    ).status_code == 303
    assert '<option value="Knock and talk" selected>' in (await lead.get(order_page(bluestem_of_four))).text
    assert "· Knock and talk" in (await reader.get(order_page(bluestem_of_four).removesuffix("/order"))).text
    beside = await lead.post(order_page(bluestem_of_four, "/kind"), first | {"kind": "Arrest"})
    assert beside.status_code == 409
    assert "<b>Operation type</b> is now “Knock and talk”. You typed “Arrest”" in re.sub(r"\s+", " ", beside.text)
    assert '<option value="Arrest" selected>' in beside.text
    refused = await lead.post(
        order_page(bluestem_of_four, "/kind"), await hidden_fields(lead, bluestem_of_four, "") | {"kind": "Raid"}
    )
    assert refused.status_code == 422
    assert "Choose a type from the list." in refused.text
    assert (await reader.post(order_page(bluestem_of_four, "/kind"), {"kind": "Arrest"})).status_code == 403


async def test_an_operation_without_a_plan_has_no_order(two: Cast, browse: SignIn) -> None:
    browser = await browse(two.coordinator)
    assert (await browser.get(order_page(UUID(int=1)))).status_code == 404


PHASE = re.compile(r'href="([^"]+/phases/[0-9a-f-]+)"')
UNDO_AT = re.compile(r'name="at" value="([^"]+)"')
BRIEFING = {"name": "Briefing", "day": "2027-01-16", "starts": "05:00", "ends": "05:45"}


HIDDEN = re.compile(r'name="(version|was)" value="([^"]*)"')


@pytest.fixture
async def bluestem_of_phases(two: Cast) -> UUID:
    return await plan_operation(two.fbi_lead, two.fbi_alternate, two.kcpd_detective)


@pytest.fixture
async def lead(two: Cast, browse: SignIn) -> Browser:
    return await browse(two.fbi_lead)


async def text_of_order(browser: Browser, event_id: UUID) -> str:
    return re.sub(r"\s+", " ", (await browser.get(order_page(event_id))).text)


async def approve_plan(two: Cast, event_id: UUID) -> None:
    async with writing():
        await enter_plan_state((await operation_for(two.fbi_lead, event_id)).id, OperationState.APPROVED, NOW)


async def briefing(lead: Browser, event_id: UUID) -> str:
    """Plan a briefing, and return the address of its forms."""
    await lead.post(order_page(event_id, "/phases"), BRIEFING)
    [address] = PHASE.findall(await text_of_order(lead, event_id))
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
        order_page(bluestem_of_phases, "/phases"), BRIEFING | {"name": "Stakeout", "starts": "22:00", "ends": "02:00"}
    )
    shown = await text_of_order(await browse(two.kcpd_detective), bluestem_of_phases)
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
    for action in (order_page(bluestem_of_phases, "/phases"), address):
        refused = await lead.post(action, await opened_of_phases(lead, address, address) | typed)
        assert refused.status_code == 422
        assert f'<a href="#f-{field}">{sentence}</a>' in refused.text
        assert ('value="Roll call"' in refused.text) == ("name" not in wrong)


async def test_one_press_begins_a_phase_and_can_be_undone(two: Cast, bluestem_of_phases: UUID, lead: Browser) -> None:
    address = await briefing(lead, bluestem_of_phases)
    assert "Start phase" not in await text_of_order(lead, bluestem_of_phases)
    await approve_plan(two, bluestem_of_phases)
    assert "Start phase" in await text_of_order(lead, bluestem_of_phases)
    await lead.post(f"{address}/marks", {"mark": "begun"})
    shown = await text_of_order(lead, bluestem_of_phases)
    assert "Briefing has started." in shown
    assert "End phase" in shown
    [moment] = UNDO_AT.findall(shown)
    await lead.post(f"{address}/undo", {"at": moment})
    shown = await text_of_order(lead, bluestem_of_phases)
    assert "Undone." in shown
    assert "Start phase" in shown
    await lead.post(f"{address}/undo", {"at": moment})
    assert "Not undone. The times of Briefing have changed since." in await text_of_order(lead, bluestem_of_phases)


async def test_a_press_that_came_second_says_so(two: Cast, bluestem_of_phases: UUID, lead: Browser) -> None:
    address = await briefing(lead, bluestem_of_phases)
    await approve_plan(two, bluestem_of_phases)
    for _ in range(2):
        await lead.post(f"{address}/marks", {"mark": "begun"})
    assert "Briefing has already started." in await text_of_order(lead, bluestem_of_phases)
    assert (await lead.post(f"{address}/marks", {"mark": "lost"})).status_code == 404


async def test_times_are_corrected_in_a_form(two: Cast, bluestem_of_phases: UUID, lead: Browser) -> None:
    address = await briefing(lead, bluestem_of_phases)
    await approve_plan(two, bluestem_of_phases)
    typed = {"begun_day": "2026-12-14", "begun": "05:02", "ended": "05:48"}
    typed |= await opened_of_phases(lead, address, f"{address}/times")
    early = await lead.post(f"{address}/times", typed | {"begun_day": "2027-01-16"})
    assert early.status_code == 422
    assert "Enter a time that has passed." in early.text
    long_ago = await lead.post(f"{address}/times", typed | {"begun_day": "2016-12-14"})
    assert (long_ago.status_code, "more than 30 days ago. Check the date." in long_ago.text) == (422, True)
    assert (await lead.post(f"{address}/times", typed)).status_code == 303
    assert "Mon, Dec 14, 5:02–5:48 AM" in await text_of_order(lead, bluestem_of_phases)


async def test_the_second_of_two_people_sees_what_the_first_one_saved_beside_what_they_typed(
    two: Cast, bluestem_of_phases: UUID, lead: Browser
) -> None:
    address = await briefing(lead, bluestem_of_phases)
    await approve_plan(two, bluestem_of_phases)
    times = f"{address}/times"
    for action, own_words, their_words, both in (
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
        assert (await lead.post(action, hidden | their_words)).status_code == 303
        beside = await lead.post(action, hidden | own_words)
        assert (beside.status_code, both in re.sub(r"\s+", " ", beside.text)) == (409, True)
        again = dict(HIDDEN.findall(beside.text[beside.text.index(f'action="{action}"') :])[:2])
        assert (await lead.post(action, own_words | {"version": again["version"]})).status_code == 303


async def test_a_phase_is_removed(bluestem_of_phases: UUID, lead: Browser) -> None:
    address = await briefing(lead, bluestem_of_phases)
    await lead.post(f"{address}/removal")
    shown = await text_of_order(lead, bluestem_of_phases)
    assert "Briefing removed." in shown
    assert "No phases are planned yet." in shown


async def test_people_who_do_not_lead_have_no_form_of_a_phase(
    two: Cast, bluestem_of_phases: UUID, lead: Browser, browse: SignIn
) -> None:
    address = await briefing(lead, bluestem_of_phases)
    reader = await browse(two.kcpd_detective)
    assert (await reader.get(address)).status_code == 403
    for action, form in (
        (order_page(bluestem_of_phases, "/phases"), BRIEFING),
        (address, BRIEFING),
        (f"{address}/removal", {}),
    ):
        assert (await reader.post(action, form)).status_code == 403


OPERATION_KEY = "2027-01-16"


@pytest.fixture
async def operation_id(sqlite_cast: Cast) -> UUID:
    return await schedule_event(
        sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective, sqlite_cast.hsi_liaison), NOW
    )


async def test_each_copy_of_a_brief_has_its_number_its_person_and_its_entry_in_the_audit_log(
    sqlite_cast: Cast, browse: SignIn, operation_id: UUID
) -> None:
    browser = await browse(sqlite_cast.fbi_lead)
    address = f"/events/{operation_id}/{OPERATION_KEY}/plan/brief"
    for number, person in enumerate((sqlite_cast.kcpd_detective, sqlite_cast.hsi_liaison), start=1):
        response = await browser.post(address, {"member": str(person.member_id)})
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


async def test_a_copy_of_a_brief_leaves_only_after_a_new_confirmation(
    sqlite_cast: Cast, browse: SignIn, operation_id: UUID
) -> None:
    browser = await browse(sqlite_cast.fbi_lead)
    address = f"/events/{operation_id}/{OPERATION_KEY}/plan/brief"
    await browser.form_token()
    clock.start_at(NOW + timedelta(minutes=16), is_still=True)
    member = {"member": str(sqlite_cast.kcpd_detective.member_id)}
    for response in (await browser.get(address), await browser.post(address, member)):
        assert (response.status_code, response.headers["location"]) == (303, f"/sign-in/again?next={address}")
    assert not await AuditEntry.exists().where(AuditEntry.verb == "brief_printed")


async def test_a_brief_is_for_anyone_who_leads_and_missing_for_who_is_not_named(
    sqlite_cast: Cast, browse: SignIn, operation_id: UUID
) -> None:
    address = f"/events/{operation_id}/{OPERATION_KEY}/plan/brief"
    assert (await (await browse(sqlite_cast.kcpd_detective)).get(address)).status_code == 403
    assert (await (await browse(sqlite_cast.coordinator)).get(address)).status_code == 404


async def plan_briefed_bluestem(two: Cast) -> UUID:
    """Plan an operation with all that a brief shows."""
    lead = two.fbi_lead
    event_id = await plan_operation(lead, two.kcpd_detective)
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
    event_id = await plan_briefed_bluestem(two)
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
    event_id = await plan_briefed_bluestem(two)
    lead = await browse(two.fbi_lead)
    first = await issued(two, lead, event_id)
    await orders.save_operations_order(two.fbi_lead, event_id, {Paragraph.MISSION: "Stand by."}, NOW, read=3)
    gone = await lead.get(first)
    assert (gone.status_code, gone.headers["location"]) == (303, first.rpartition("/")[0])
    page = await page_at(lead, gone.headers["location"])
    assert "Copy 1 shows version 5, and the plan is version 6 now. Issue a new copy." in page
    assert "Copy 1 5 (out of date) Kcpd detective (KCPD)" in words_of_page(page)
    assert "version 6 of the plan" in words_of_page(await page_at(lead, await issued(two, lead, event_id)))
