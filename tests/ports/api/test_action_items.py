"""Action items by programs: given, updated with their version, completed, handed over."""

from typing import Any

from tests.cast import NOW, Cast, everybody, marking, meeting, operation
from tests.ports.api.conftest import Program, Speak
from tracker.rules.core.viewers import Viewer
from tracker.usecases.events import scheduling


def item(owner: Viewer, **facts: Any) -> dict[str, Any]:
    return {"title": "Send the sheet", "owner_id": str(owner.member_id), "due": "2026-12-20", **facts}


async def given(program: Program, new: dict[str, Any]) -> str:
    """Give an item and return its path."""
    response = await program.ask("POST", "/action-items", new)
    assert response.status_code == 201, response.text
    return response.headers["location"].removeprefix("/api/v1")


async def test_an_item_is_given_updated_and_completed_with_its_history(speak: Speak, cast: Cast) -> None:
    path = await given(await speak(cast.coordinator), item(cast.caht_lead))
    owner = await speak(cast.caht_lead)
    first = await owner.get(path)
    moved = await owner.ask(
        "PATCH", path, {"status": "in_progress", "progress": 50, "note": "Half"}, match=first.headers["etag"]
    )
    assert (moved.json()["status"], moved.json()["progress"], moved.json()["due"]) == ("in_progress", 50, "2026-12-20")
    late = await owner.ask("PATCH", path, {"progress": 75}, match=first.headers["etag"])
    assert late.status_code == 412
    done = (await owner.ask("POST", f"{path}/completion", match=moved.headers["etag"])).json()
    assert (done["status"], done["progress"], len(done["history"])) == ("done", 100, 3)


async def test_an_item_comes_from_a_date_that_the_giver_may_see(speak: Speak, cast: Cast) -> None:
    event = await scheduling.schedule_event(cast.coordinator, meeting(*everybody(cast), marking=marking(cast)), NOW)
    secret = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    program = await speak(cast.caht_lead)
    origin = {"event_id": str(event), "key": "2027-01-12"}
    path = await given(program, item(cast.caht_lead, origin=origin))
    shown = (await program.get(path)).json()["origin"]
    assert {name: shown[name] for name in origin} == origin
    assert (await program.get(path)).json()["banner"] == "CUI//SP-INV/LEI"
    refused = await program.ask(
        "POST", "/action-items", item(cast.caht_lead, origin={"event_id": str(secret), "key": "2027-01-16"})
    )
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "origin")


async def test_an_item_is_handed_over_by_who_gave_it(speak: Speak, cast: Cast) -> None:
    giver, owner = await speak(cast.coordinator), await speak(cast.caht_lead)
    path, other = await given(giver, item(cast.caht_lead)), {"owner_id": str(cast.fbi_lead.member_id)}
    assert (await owner.ask("PUT", f"{path}/owner", other, match="*")).status_code == 403
    handed = await giver.ask("PUT", f"{path}/owner", other, match="*")
    assert handed.json()["owner"]["name"] == cast.fbi_lead.name


async def test_a_day_that_is_over_is_no_due_day(speak: Speak, cast: Cast) -> None:
    response = await (await speak(cast.coordinator)).ask(
        "POST", "/action-items", item(cast.caht_lead, due="2026-12-14")
    )
    assert (response.status_code, response.json()["errors"]) == (
        409,
        [{"field": "due", "detail": "Choose today or a later date."}],
    )


async def test_the_list_holds_ones_own_or_all_that_one_may_see(speak: Speak, cast: Cast) -> None:
    program = await speak(cast.coordinator)
    for owner in (cast.caht_lead, cast.fbi_lead, cast.fbi_lead):
        await given(program, item(owner))
    lead = await speak(cast.fbi_lead)
    assert len((await lead.get("/action-items")).json()["items"]) == 3
    assert len((await lead.get("/action-items?mine=true")).json()["items"]) == 2


async def test_an_item_that_is_missing_is_missing(speak: Speak, cast: Cast) -> None:
    assert (await (await speak(cast.coordinator)).get("/action-items/AI-ZZZZ")).status_code == 404
