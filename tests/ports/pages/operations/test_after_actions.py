"""The page about the time after an operation: its hot wash, and nothing typed is lost."""

import re
from html import unescape
from uuid import UUID

import pytest

from tests.cast import Cast
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import main_of
from tests.usecases.operations.world import end_operation, plan_operation

KEY = "2027-01-16"
HIDDEN = {name: re.compile(rf'name="{name}" value="([^"]*)"') for name in ("was", "_draft", "version")}


@pytest.fixture
async def ended_operation(sqlite_cast: Cast) -> UUID:
    event_id = await plan_operation(sqlite_cast.fbi_lead, sqlite_cast.fbi_alternate, sqlite_cast.kcpd_detective)
    await end_operation(sqlite_cast.fbi_lead, event_id)
    return event_id


def after_page(event_id: UUID, tail: str = "") -> str:
    return f"/events/{event_id}/{KEY}/plan/after{tail}"


async def hidden_fields(browser: Browser, event_id: UUID) -> dict[str, str]:
    """Return the hidden fields of the form as it is opened."""
    page = (await browser.get(after_page(event_id, "/hot-wash"))).text
    return {name: unescape(match[1]) for name, pattern in HIDDEN.items() if (match := pattern.search(page))}


async def test_the_lead_writes_the_hot_wash_and_others_read_it(
    sqlite_cast: Cast, ended_operation: UUID, browse: SignIn
) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    assert "Write the hot wash" in (await lead.get(after_page(ended_operation))).text
    form = await hidden_fields(lead, ended_operation) | {"went_well": "The lot held.\nRadios worked.", "to_improve": ""}
    assert (await lead.post(after_page(ended_operation, "/hot-wash"), form)).status_code == 303
    reader = (await (await browse(sqlite_cast.kcpd_detective)).get(after_page(ended_operation))).text
    assert "<p>The lot held.</p>" in reader
    assert "<p>Radios worked.</p>" in reader
    assert "the hot wash</a>" not in reader


async def test_an_outdated_form_is_shown_again_beside_what_was_saved(
    sqlite_cast: Cast, ended_operation: UUID, browse: SignIn
) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    own_fields, other_fields = (await hidden_fields(lead, ended_operation), await hidden_fields(lead, ended_operation))
    await lead.post(
        after_page(ended_operation, "/hot-wash"), other_fields | {"went_well": "The lot held.", "to_improve": ""}
    )
    refused = await lead.post(
        after_page(ended_operation, "/hot-wash"), own_fields | {"went_well": "Nothing.", "to_improve": ""}
    )
    assert refused.status_code == 409
    assert "Someone changed this while you were working on it" in unescape(refused.text)
    assert "Nothing.</textarea>" in refused.text


async def test_an_empty_hot_wash_is_refused_at_its_field(
    sqlite_cast: Cast, ended_operation: UUID, browse: SignIn
) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    refused = await lead.post(after_page(ended_operation, "/hot-wash"), await hidden_fields(lead, ended_operation))
    assert (refused.status_code, "Enter what went well or what to improve." in refused.text) == (422, True)


async def test_what_is_typed_is_kept_as_a_draft(sqlite_cast: Cast, ended_operation: UUID, browse: SignIn) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    form = await hidden_fields(lead, ended_operation) | {"went_well": "Half a sentence"}
    assert (await lead.post("/drafts", form)).status_code == 200
    assert "Half a sentence</textarea>" in (await lead.get(after_page(ended_operation, "/hot-wash"))).text


async def test_before_the_end_the_page_says_when_it_can_be_written(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await plan_operation(sqlite_cast.fbi_lead, sqlite_cast.kcpd_detective)
    lead = await browse(sqlite_cast.fbi_lead)
    assert "once the operation is released or aborted" in (await lead.get(after_page(event_id))).text
    assert (await lead.get(after_page(event_id, "/hot-wash"))).status_code == 403


async def test_the_lead_adds_an_item_and_gives_it_to_a_committee_under_another_title(
    sqlite_cast: Cast, ended_operation: UUID, browse: SignIn
) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    assert (
        await lead.post(after_page(ended_operation, "/items"), {"title": "Fix the radios at the lot"})
    ).status_code == 303
    page = (await lead.get(after_page(ended_operation))).text
    assert "No owner yet" in page
    [assign] = set(re.findall(r'href="([^"]+/plan/after/items/[^"]+)"', page))
    assert "Title for the committee" in (await lead.get(assign)).text
    form = {
        "owner": str(sqlite_cast.caht_lead.member_id),
        "due": "2027-01-30",
        "committee": str(sqlite_cast.committees["steering"]),
        "neutral_title": "Radios after Bluestem",
    }
    refused = await lead.post(assign, form)
    assert (refused.status_code, "Leave out “Bluestem”." in refused.text) == (422, True)
    assert 'value="Radios after Bluestem"' in refused.text
    assert (await lead.post(assign, form | {"neutral_title": "Agree on a channel"})).status_code == 303
    assert "Caht lead (CAHT)" in (await lead.get(after_page(ended_operation))).text
    assert (await lead.get(assign)).status_code == 303


async def test_the_page_of_an_item_names_the_operation_to_those_who_see_it_alone(
    sqlite_cast: Cast, ended_operation: UUID, browse: SignIn
) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    await lead.post(after_page(ended_operation, "/items"), {"title": "Fix the radios"})
    [assign] = set(
        re.findall(r'href="([^"]+/plan/after/items/[^"]+)"', (await lead.get(after_page(ended_operation))).text)
    )
    form = {"owner": str(sqlite_cast.caht_lead.member_id), "due": "2027-01-30", "neutral_title": "Agree on a channel"}
    await lead.post(assign, form | {"committee": str(sqlite_cast.committees["steering"])})
    [item] = set(re.findall(r'href="(/action-items/AI-[^"]+)"', (await lead.get(after_page(ended_operation))).text))
    assert "Operation Bluestem" in (await (await browse(sqlite_cast.kcpd_detective)).get(item)).text
    committee = (await (await browse(sqlite_cast.caht_lead)).get(item)).text
    assert "Agree on a channel" in committee
    assert [word for word in ("Bluestem", "After-action", "Fix the radios") if word in committee] == []


async def test_an_item_without_a_title_is_refused_and_one_that_is_not_assigned_can_be_removed(
    sqlite_cast: Cast, ended_operation: UUID, browse: SignIn
) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    refused = await lead.post(after_page(ended_operation, "/items"), {"title": ""})
    assert (refused.status_code, "Enter what needs to be done." in refused.text) == (422, True)
    await lead.post(after_page(ended_operation, "/items"), {"title": "Fix the radios"})
    [removal] = re.findall(r'action="([^"]+/removal)"', (await lead.get(after_page(ended_operation))).text)
    assert (await lead.post(removal, {})).status_code == 303
    assert "No after-action items." in (await lead.get(after_page(ended_operation))).text


EDITION = {"edition_title": "Radios", "edition_text": "Try each radio.\nAt its place."}


@pytest.fixture
async def released_of_lessons(sqlite_cast: Cast) -> UUID:
    event_id = await plan_operation(sqlite_cast.fbi_lead, sqlite_cast.kcpd_detective)
    await end_operation(sqlite_cast.fbi_lead, event_id)
    return event_id


async def add_lesson(lead: Browser, event_id: UUID) -> str:
    """Add a lesson and return the address of its form."""
    at = f"/events/{event_id}/{KEY}/plan/after"
    assert (await lead.post(f"{at}/lessons", {"lesson": "Radios didn’t reach Bluestem."})).status_code == 303
    [address] = set(re.findall(r'href="([^"]+/after/lessons/[^"/]+)"', (await lead.get(at)).text))
    return address


async def form_at(lead: Browser, address: str) -> dict[str, str]:
    page = (await lead.get(address)).text
    hidden = {name: unescape(match[1]) for name, pattern in HIDDEN.items() if (match := pattern.search(page))}
    return hidden | {"lesson": "Radios didn’t reach Bluestem."} | EDITION


async def version_at(lead: Browser, address: str) -> dict[str, str]:
    match = HIDDEN["version"].search((await lead.get(f"{address}/preview")).text)
    assert match
    return {"version": match[1]}


async def test_a_lesson_is_previewed_released_read_by_everyone_and_withdrawn(
    sqlite_cast: Cast, released_of_lessons: UUID, browse: SignIn
) -> None:
    lead, advocate = await browse(sqlite_cast.fbi_lead), await browse(sqlite_cast.harbor_advocate)
    empty = main_of((await advocate.get("/lessons")).text)
    assert "No lessons have been released yet." in empty
    address = await add_lesson(lead, released_of_lessons)
    saved = await lead.post(address, await form_at(lead, address))
    assert saved.headers["location"] == f"{address}/preview"
    preview = main_of((await lead.get(f"{address}/preview")).text)
    assert main_of((await advocate.get("/lessons")).text) == empty
    assert (await lead.post(f"{address}/release", await version_at(lead, address))).status_code == 303
    shown = main_of((await advocate.get("/lessons")).text)
    [article] = re.findall(r"<article.*?</article>", shown, re.DOTALL)
    assert article in preview
    assert [word for word in ("Bluestem", "FBI", "Fbi", "2027", "Jan") if word in shown] == []
    await lead.post(f"{address}/withdrawal", {})
    assert main_of((await advocate.get("/lessons")).text) == empty


async def test_an_edition_that_names_the_operation_is_refused_with_what_was_typed(
    sqlite_cast: Cast, released_of_lessons: UUID, browse: SignIn
) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    address = await add_lesson(lead, released_of_lessons)
    refused = await lead.post(address, await form_at(lead, address) | {"edition_text": "As at Bluestem."})
    assert (refused.status_code, "Leave out “Bluestem”." in refused.text) == (422, True)
    assert "As at Bluestem.</textarea>" in refused.text


async def test_an_outdated_form_is_shown_again_beside_what_was_saved_lessons(
    sqlite_cast: Cast, released_of_lessons: UUID, browse: SignIn
) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    address = await add_lesson(lead, released_of_lessons)
    own_form = await form_at(lead, address)
    await lead.post(address, await form_at(lead, address))
    refused = await lead.post(address, own_form | {"edition_text": "Another text."})
    assert refused.status_code == 409
    assert "Another text.</textarea>" in refused.text
    again = own_form | {"edition_text": "Another text.", "version": "2"}
    assert (await lead.post(address, again)).status_code == 303


async def test_what_is_typed_is_kept_as_a_draft_lessons(
    sqlite_cast: Cast, released_of_lessons: UUID, browse: SignIn
) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    address = await add_lesson(lead, released_of_lessons)
    form = await form_at(lead, address) | {"edition_text": "Half a sentence"}
    assert (await lead.post("/drafts", form)).status_code == 200
    assert "Half a sentence</textarea>" in (await lead.get(address)).text


async def test_people_who_do_not_lead_read_the_lesson_and_have_no_form(
    sqlite_cast: Cast, released_of_lessons: UUID, browse: SignIn
) -> None:
    address = await add_lesson(await browse(sqlite_cast.fbi_lead), released_of_lessons)
    reader = await browse(sqlite_cast.kcpd_detective)
    page = main_of((await reader.get(f"/events/{released_of_lessons}/{KEY}/plan/after")).text)
    assert "Radios didn’t reach Bluestem." in page
    assert "/after/lessons" not in page
    for tail in ("", "/preview"):
        assert (await reader.get(f"{address}{tail}")).status_code == 403


async def test_an_empty_lesson_is_refused_and_a_lesson_that_is_not_released_can_be_removed(
    sqlite_cast: Cast, released_of_lessons: UUID, browse: SignIn
) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    at = f"/events/{released_of_lessons}/{KEY}/plan/after"
    refused = await lead.post(f"{at}/lessons", {"lesson": ""})
    assert (refused.status_code, "Write what was learned." in refused.text) == (422, True)
    address = await add_lesson(lead, released_of_lessons)
    assert (await lead.post(f"{address}/removal", {})).status_code == 303
    assert "No lessons have been written yet." in (await lead.get(at)).text
