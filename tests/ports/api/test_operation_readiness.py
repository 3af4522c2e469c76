"""The service-readiness notice by programs of the people who lead: written, scheduled, stood down."""

from typing import Any
from uuid import UUID

import pytest

from tests.cast import NOW, Cast
from tests.ports.api.conftest import Speak
from tests.usecases.operations.world import planned
from tracker.rules.roster.sites import ConfidentialSiteFacts
from tracker.usecases.operations import readiness
from tracker.usecases.roster import agencies

TEXT: dict[str, Any] = {
    "starts_at": "2027-01-15T20:00:00-06:00",
    "ends_at": "2027-01-17T02:00:00Z",
    "fewest": 3,
    "most": 6,
    "languages": "Spanish, Mandarin",
    "contact": "Duty desk, 816-555-0100",
}


async def bluestem(cast: Cast) -> str:
    event_id = await planned(cast.fbi_lead, cast.hsi_liaison)
    return f"/operations/{event_id}/readiness-notice"


def text(cast: Cast, **facts: Any) -> dict[str, Any]:
    return TEXT | {"recipients": [str(cast.caht_lead.member_id)]} | facts


async def test_a_notice_is_written_scheduled_released_and_stood_down(speak: Speak, cast: Cast) -> None:
    path, lead = await bluestem(cast), await speak(cast.fbi_lead)
    empty = await lead.get(path)
    assert (empty.json()["current"], empty.json()["may_write"]) == (None, True)
    written = await lead.ask("PUT", path, text(cast), match=empty.headers["etag"])
    notice = written.json()["current"]
    assert (notice["state"], notice["starts_at"], notice["released_at"]) == ("draft", "2027-01-16T02:00:00Z", None)
    assert [one["name"] for one in notice["recipients"]] == ["Caht lead"]
    assert (await lead.ask("PUT", path, text(cast), match=empty.headers["etag"])).status_code == 412
    await lead.ask("POST", f"{path}/states", {"to": "scheduled"}, match=written.headers["etag"])
    assert await readiness.run_due_notices(NOW) == 1
    assert (await lead.get(path)).json()["current"]["state"] == "released"
    ended = (await lead.ask("POST", f"{path}/states", {"to": "stood_down"}, match="*")).json()
    assert (ended["current"], [one["state"] for one in ended["earlier"]]) == (None, ["stood_down"])
    assert (await lead.ask("POST", f"{path}/states", {"to": "closed"}, match="*")).status_code == 409


async def test_a_draft_is_deleted(speak: Speak, cast: Cast) -> None:
    path, lead = await bluestem(cast), await speak(cast.fbi_lead)
    await lead.ask("PUT", path, text(cast), match="*")
    assert (await lead.ask("DELETE", path, match="*")).json()["current"] is None
    assert (await lead.ask("DELETE", path, match="*")).status_code == 409


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"starts_at": "2027-01-16T12:00:00Z"}, "starts_at"),
        ({"ends_at": "2027-01-16T05:00:00Z"}, "ends_at"),
        ({"needs": "Beds after bluestem"}, "needs"),
        ({"fewest": 9}, "fewest"),
        ({"release_at": "2027-02-16T12:00:00Z"}, "release_at"),
    ],
)
async def test_a_notice_that_would_lead_to_its_operation_is_refused_at_its_field(
    speak: Speak, cast: Cast, wrong: dict[str, Any], field: str
) -> None:
    path, lead = await bluestem(cast), await speak(cast.fbi_lead)
    refused = await lead.ask("PUT", path, text(cast, **wrong), match="*")
    assert (refused.status_code, [one["field"] for one in refused.json()["errors"]]) == (409, [field])


async def test_people_who_do_not_lead_write_no_notice_and_recipients_find_no_operation(
    speak: Speak, cast: Cast
) -> None:
    path, lead = await bluestem(cast), await speak(cast.fbi_lead)
    await lead.ask("PUT", path, text(cast), match="*")
    await lead.ask("POST", f"{path}/states", {"to": "scheduled"}, match="*")
    await readiness.run_due_notices(NOW)
    liaison, advocate = await speak(cast.hsi_liaison), await speak(cast.caht_lead)
    assert (await liaison.get(path)).json()["current"]["state"] == "released"
    assert (await liaison.ask("POST", f"{path}/states", {"to": "closed"}, match="*")).status_code == 403
    assert (await advocate.get(path)).status_code == 404
    assert (await advocate.get("/operations")).json()["items"] == []


@pytest.mark.parametrize("name", ["fbi_lead", "hsi_liaison"])
async def test_a_confidential_place_has_its_public_name_and_no_address(speak: Speak, cast: Cast, name: str) -> None:
    shelter = ConfidentialSiteFacts(name="Partner location 2", address="12 Elm St", directions="Ring twice")
    site_id = await agencies.add_confidential_site(cast.harbor_advocate, shelter, NOW)
    path = await bluestem(cast)
    await readiness.add_off_site_place(cast.fbi_lead, UUID(path.split("/")[2]), site_id, NOW)
    program = await speak(cast.members[name])
    found = await program.get(path)
    place = {"id": str(site_id), "name": "Partner location 2", "agency": "Harbor House"}
    assert found.json()["off_site"] == [place]
    others = [await program.get(path.replace("/readiness-notice", tail)) for tail in ("", "/sites")]
    assert {one.status_code for one in others} == {200}
    assert [word for one in (found, *others) for word in ("Elm", "Ring twice") if word in one.text] == []
