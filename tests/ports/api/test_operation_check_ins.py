"""Checking in by programs: a tap counts once however often it is sent, and a correction takes what was read."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from tests.cast import NOW, Cast
from tests.ports.api.conftest import Program, Speak
from tests.usecases.operations.world import let_in, planned
from tracker import clock
from tracker.rules.core.viewers import Viewer

FIVE = datetime(2027, 1, 16, 11, tzinfo=NOW.tzinfo)
"""5 AM in Kansas City, an hour before the operation."""


async def bluestem(cast: Cast) -> str:
    event_id = await planned(cast.fbi_lead, cast.hsi_liaison, cast.kcpd_detective)
    await let_in(cast.fbi_lead, cast.hsi_liaison, event_id, cast.caht_lead)
    clock.start_at(FIVE, stands_still=True)
    return f"/operations/{event_id}/check-ins"


def tap(person: Viewer, button: str = "in", **facts: Any) -> dict[str, Any]:
    return {"person_id": str(person.member_id), "tap": button, **facts}


async def counts(program: Program, path: str) -> tuple[int, int, int]:
    found = (await program.get(path)).json()
    return found["listed"], found["checked_in"], found["still_in"]


async def test_a_person_is_checked_in_and_out_and_counted(speak: Speak, cast: Cast) -> None:
    path, lead = await bluestem(cast), await speak(cast.fbi_lead)
    assert await counts(lead, path) == (3, 0, 0)
    first = (await lead.ask("POST", path, tap(cast.hsi_liaison))).json()
    assert (first["presence"], first["time_in"]) == ("in", "2027-01-16T11:00:00Z")
    assert await counts(lead, path) == (3, 1, 1)
    out = await lead.ask("POST", path, tap(cast.hsi_liaison, "out", was="in"))
    assert (out.json()["presence"], out.json()["entered_by"]) == ("out", "Fbi lead (FBI)")
    assert (await lead.get(f"{path}/{cast.hsi_liaison.member_id}")).headers["etag"] == out.headers["etag"]
    assert await counts(lead, path) == (3, 1, 0)


async def test_the_same_tap_sent_twice_counts_once(speak: Speak, cast: Cast) -> None:
    path, lead = await bluestem(cast), await speak(cast.fbi_lead)
    key = {"Idempotency-Key": str(uuid4())}
    first = await lead.ask("POST", path, tap(cast.hsi_liaison), headers=key)
    await lead.ask("POST", path, tap(cast.hsi_liaison, "out", was="in"))
    again = await lead.ask("POST", path, tap(cast.hsi_liaison, was="out"), headers=key)
    assert (first.json()["presence"], again.json()["presence"]) == ("in", "out")


async def test_a_walk_in_sent_twice_is_one_person(speak: Speak, cast: Cast) -> None:
    path, lead = await bluestem(cast), await speak(cast.fbi_lead)
    key, medic = {"Idempotency-Key": str(uuid4())}, {"name": "A medic", "agency": "County EMS"}
    sent = [await lead.ask("POST", f"{path}/walk-ins", medic, headers=key) for _ in range(2)]
    assert {(one.status_code, one.json()["person_id"]) for one in sent} == {(200, sent[0].json()["person_id"])}
    assert await counts(lead, path) == (4, 1, 1)


async def test_a_correction_of_what_changed_since_is_refused(speak: Speak, cast: Cast) -> None:
    path, lead = await bluestem(cast), await speak(cast.fbi_lead)
    person = f"{path}/{cast.hsi_liaison.member_id}"
    before = (await lead.get(person)).headers["etag"]
    await lead.ask("POST", path, tap(cast.hsi_liaison))
    half_past = {"time_in": "2027-01-16T10:30:00Z", "time_out": None, "contact": "Channel 2", "assignment": "North"}
    assert (await lead.ask("PUT", person, half_past, match=before)).status_code == 412
    corrected = await lead.ask("PUT", person, half_past, match=(await lead.get(person)).headers["etag"])
    assert (corrected.json()["time_in"], corrected.json()["assignment"]) == ("2027-01-16T10:30:00Z", "North")
    late = half_past | {"time_in": (FIVE + timedelta(hours=1)).isoformat()}
    refused = await lead.ask("PUT", person, late, match="*")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "time_in")


async def test_people_check_in_their_own_agency_alone(speak: Speak, cast: Cast) -> None:
    path, detective = await bluestem(cast), await speak(cast.kcpd_detective)
    assert (await detective.ask("POST", path, tap(cast.kcpd_detective))).status_code == 200
    assert (await detective.ask("POST", path, tap(cast.hsi_liaison))).status_code == 403
    assert (await detective.ask("POST", f"{path}/walk-ins", {"name": "A medic", "agency": "EMS"})).status_code == 409


async def test_victim_services_on_the_operation_find_no_check_in_list(speak: Speak, cast: Cast) -> None:
    path, advocate = await bluestem(cast), await speak(cast.caht_lead)
    person = f"{path}/{cast.hsi_liaison.member_id}"
    assert (await advocate.get(path.removesuffix("/check-ins"))).status_code == 200
    asks = [
        await advocate.get(path),
        await advocate.get(person),
        await advocate.ask("POST", path, tap(cast.hsi_liaison)),
        await advocate.ask("POST", f"{path}/walk-ins", {"name": "A medic"}),
    ]
    assert {(one.status_code, one.content) for one in asks} == {(404, asks[0].content)}


async def test_a_person_who_is_not_on_the_list_is_missing(speak: Speak, cast: Cast) -> None:
    path, lead = await bluestem(cast), await speak(cast.fbi_lead)
    for person in (cast.coordinator.member_id, UUID(int=0)):
        assert (await lead.get(f"{path}/{person}")).status_code == 404
        assert (await lead.ask("POST", path, {"person_id": str(person), "tap": "in"})).status_code == 404
