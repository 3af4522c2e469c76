"""The pages of lessons: what the lead writes, previews and releases, and what everyone reads."""

import re
from html import unescape
from uuid import UUID

import pytest

from tests.cast import Cast
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.usecases.operations.world import over, planned

KEY = "2027-01-16"
HIDDEN = {name: re.compile(rf'name="{name}" value="([^"]*)"') for name in ("was", "_draft", "version")}
EDITION = {"edition_title": "Radios", "edition_text": "Try each radio.\nAt its place."}


@pytest.fixture
async def released(sqlite_cast: Cast) -> UUID:
    event_id = await planned(sqlite_cast.fbi_lead, sqlite_cast.kcpd_detective)
    await over(sqlite_cast.fbi_lead, event_id)
    return event_id


def main(html: str) -> str:
    return html[html.index("<main") : html.index("</main>")]


async def added(lead: Browser, event_id: UUID) -> str:
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
    found = HIDDEN["version"].search((await lead.get(f"{address}/preview")).text)
    assert found
    return {"version": found[1]}


async def test_a_lesson_is_previewed_released_read_by_everyone_and_withdrawn(
    sqlite_cast: Cast, released: UUID, browse: SignIn
) -> None:
    lead, advocate = await browse(sqlite_cast.fbi_lead), await browse(sqlite_cast.harbor_advocate)
    empty = main((await advocate.get("/lessons")).text)
    assert "No lessons have been released yet." in empty
    address = await added(lead, released)
    saved = await lead.post(address, await form_at(lead, address))
    assert saved.headers["location"] == f"{address}/preview"
    preview = main((await lead.get(f"{address}/preview")).text)
    assert main((await advocate.get("/lessons")).text) == empty
    assert (await lead.post(f"{address}/release", await version_at(lead, address))).status_code == 303
    shown = main((await advocate.get("/lessons")).text)
    [article] = re.findall(r"<article.*?</article>", shown, re.DOTALL)
    assert article in preview
    assert [word for word in ("Bluestem", "FBI", "Fbi", "2027", "Jan") if word in shown] == []
    await lead.post(f"{address}/withdrawal", {})
    assert main((await advocate.get("/lessons")).text) == empty


async def test_an_edition_that_names_the_operation_is_refused_with_what_was_typed(
    sqlite_cast: Cast, released: UUID, browse: SignIn
) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    address = await added(lead, released)
    refused = await lead.post(address, await form_at(lead, address) | {"edition_text": "As at Bluestem."})
    assert (refused.status_code, "Leave out “Bluestem”." in refused.text) == (422, True)
    assert "As at Bluestem.</textarea>" in refused.text


async def test_an_outdated_form_is_shown_again_beside_what_was_saved(
    sqlite_cast: Cast, released: UUID, browse: SignIn
) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    address = await added(lead, released)
    mine = await form_at(lead, address)
    await lead.post(address, await form_at(lead, address))
    refused = await lead.post(address, mine | {"edition_text": "Another text."})
    assert refused.status_code == 409
    assert "Another text.</textarea>" in refused.text
    again = mine | {"edition_text": "Another text.", "version": "2"}
    assert (await lead.post(address, again)).status_code == 303


async def test_what_is_typed_is_kept_as_a_draft(sqlite_cast: Cast, released: UUID, browse: SignIn) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    address = await added(lead, released)
    form = await form_at(lead, address) | {"edition_text": "Half a sentence"}
    assert (await lead.post("/drafts", form)).status_code == 200
    assert "Half a sentence</textarea>" in (await lead.get(address)).text


async def test_people_who_do_not_lead_read_the_lesson_and_have_no_form(
    sqlite_cast: Cast, released: UUID, browse: SignIn
) -> None:
    address = await added(await browse(sqlite_cast.fbi_lead), released)
    reader = await browse(sqlite_cast.kcpd_detective)
    page = main((await reader.get(f"/events/{released}/{KEY}/plan/after")).text)
    assert "Radios didn’t reach Bluestem." in page
    assert "/after/lessons" not in page
    for tail in ("", "/preview"):
        assert (await reader.get(f"{address}{tail}")).status_code == 403


async def test_an_empty_lesson_is_refused_and_a_lesson_that_is_not_released_can_be_removed(
    sqlite_cast: Cast, released: UUID, browse: SignIn
) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    at = f"/events/{released}/{KEY}/plan/after"
    refused = await lead.post(f"{at}/lessons", {"lesson": ""})
    assert (refused.status_code, "Write what was learned." in refused.text) == (422, True)
    address = await added(lead, released)
    assert (await lead.post(f"{address}/removal", {})).status_code == 303
    assert "No lessons have been written yet." in (await lead.get(at)).text
