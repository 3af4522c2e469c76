"""The day of an operation by programs: check-ins, the activity log, and the notice of readiness."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.cast import NOW, Cast
from tests.ports.api.conftest import Program, Speak
from tests.usecases.operations.world import let_in, plan_operation
from tracker import clock
from tracker.rules.core.viewers import Viewer
from tracker.rules.roster.meetings import ConfidentialSiteFacts
from tracker.usecases.operations import readiness
from tracker.usecases.roster import agencies

FIVE = datetime(2027, 1, 16, 11, tzinfo=NOW.tzinfo)
"""5 AM in Kansas City, an hour before the operation."""


async def running_check_in(cast: Cast) -> str:
    event_id = await plan_operation(cast.fbi_lead, cast.hsi_liaison, cast.kcpd_detective)
    await let_in(cast.fbi_lead, cast.hsi_liaison, event_id, cast.caht_lead)
    clock.start_at(FIVE, is_still=True)
    return f"/operations/{event_id}/check-ins"


def tap_of(person: Viewer, button: str = "in", **facts: Any) -> dict[str, Any]:
    return {"person_id": str(person.member_id), "tap": button, **facts}


async def counts_shown(program: Program, path: str) -> tuple[int, int, int]:
    document = (await program.get(path)).json()
    return document["listed"], document["checked_in"], document["still_in"]


async def test_a_person_is_checked_in_and_out_and_counted(speak: Speak, cast: Cast) -> None:
    path, lead = await running_check_in(cast), await speak(cast.fbi_lead)
    assert await counts_shown(lead, path) == (3, 0, 0)
    first = (await lead.ask("POST", path, tap_of(cast.hsi_liaison))).json()
    assert (first["presence"], first["time_in"]) == ("in", "2027-01-16T11:00:00Z")
    assert await counts_shown(lead, path) == (3, 1, 1)
    out = await lead.ask("POST", path, tap_of(cast.hsi_liaison, "out", was="in"))
    assert (out.json()["presence"], out.json()["entered_by"]) == ("out", "Fbi lead (FBI)")
    assert (await lead.get(f"{path}/{cast.hsi_liaison.member_id}")).headers["etag"] == out.headers["etag"]
    assert await counts_shown(lead, path) == (3, 1, 0)


async def test_the_same_tap_sent_twice_counts_once(speak: Speak, cast: Cast) -> None:
    path, lead = await running_check_in(cast), await speak(cast.fbi_lead)
    key = {"Idempotency-Key": str(uuid4())}
    first = await lead.ask("POST", path, tap_of(cast.hsi_liaison), headers=key)
    await lead.ask("POST", path, tap_of(cast.hsi_liaison, "out", was="in"))
    again = await lead.ask("POST", path, tap_of(cast.hsi_liaison, was="out"), headers=key)
    assert (first.json()["presence"], again.json()["presence"]) == ("in", "out")


async def test_a_walk_in_sent_twice_is_one_person(speak: Speak, cast: Cast) -> None:
    path, lead = await running_check_in(cast), await speak(cast.fbi_lead)
    key, medic = {"Idempotency-Key": str(uuid4())}, {"name": "A medic", "agency": "County EMS"}
    sent = [await lead.ask("POST", f"{path}/walk-ins", medic, headers=key) for _ in range(2)]
    assert {(one.status_code, one.json()["person_id"]) for one in sent} == {(200, sent[0].json()["person_id"])}
    assert await counts_shown(lead, path) == (4, 1, 1)


async def test_a_correction_of_what_changed_since_is_refused(speak: Speak, cast: Cast) -> None:
    path, lead = await running_check_in(cast), await speak(cast.fbi_lead)
    person = f"{path}/{cast.hsi_liaison.member_id}"
    before = (await lead.get(person)).headers["etag"]
    await lead.ask("POST", path, tap_of(cast.hsi_liaison))
    half_past = {"time_in": "2027-01-16T10:30:00Z", "time_out": None, "contact": "Channel 2", "assignment": "North"}
    assert (await lead.ask("PUT", person, half_past, match=before)).status_code == 412
    corrected = await lead.ask("PUT", person, half_past, match=(await lead.get(person)).headers["etag"])
    assert (corrected.json()["time_in"], corrected.json()["assignment"]) == ("2027-01-16T10:30:00Z", "North")
    late = half_past | {"time_in": (FIVE + timedelta(hours=1)).isoformat()}
    refused = await lead.ask("PUT", person, late, match="*")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "time_in")


async def test_people_check_in_their_own_agency_alone(speak: Speak, cast: Cast) -> None:
    path, detective = await running_check_in(cast), await speak(cast.kcpd_detective)
    assert (await detective.ask("POST", path, tap_of(cast.kcpd_detective))).status_code == 200
    assert (await detective.ask("POST", path, tap_of(cast.hsi_liaison))).status_code == 403
    assert (await detective.ask("POST", f"{path}/walk-ins", {"name": "A medic", "agency": "EMS"})).status_code == 409


async def test_victim_services_on_the_operation_find_no_check_in_list(speak: Speak, cast: Cast) -> None:
    path, advocate = await running_check_in(cast), await speak(cast.caht_lead)
    person = f"{path}/{cast.hsi_liaison.member_id}"
    assert (await advocate.get(path.removesuffix("/check-ins"))).status_code == 200
    asks = [
        await advocate.get(path),
        await advocate.get(person),
        await advocate.ask("POST", path, tap_of(cast.hsi_liaison)),
        await advocate.ask("POST", f"{path}/walk-ins", {"name": "A medic"}),
    ]
    assert {(one.status_code, one.content) for one in asks} == {(404, asks[0].content)}


async def test_a_person_who_is_not_on_the_list_is_missing(speak: Speak, cast: Cast) -> None:
    path, lead = await running_check_in(cast), await speak(cast.fbi_lead)
    for person in (cast.coordinator.member_id, UUID(int=0)):
        assert (await lead.get(f"{path}/{person}")).status_code == 404
        assert (await lead.ask("POST", path, {"person_id": str(person), "tap": "in"})).status_code == 404


async def running_log(cast: Cast) -> str:
    event_id = await plan_operation(cast.fbi_lead, cast.hsi_liaison, cast.kcpd_detective)
    await let_in(cast.fbi_lead, cast.hsi_liaison, event_id, cast.caht_lead)
    clock.start_at(FIVE, is_still=True)
    return f"/operations/{event_id}/log"


async def log_entries(program: Program, path: str) -> list[dict[str, Any]]:
    return [one for one in (await program.get(path)).json()["items"] if one["source"] == "entry"]


async def test_an_entry_is_in_the_log_at_its_time_with_what_the_tracker_recorded(speak: Speak, cast: Cast) -> None:
    path, lead = await running_log(cast), await speak(cast.fbi_lead)
    written = await lead.ask("POST", path, {"text": "On scene", "waited": 600})
    assert written.json()["may_write"] is True
    [line] = await log_entries(lead, path)
    assert (line["text"], line["at"], line["by"]) == ("On scene", "2027-01-16T10:50:00Z", "Fbi lead (FBI)")
    assert "State: Planning" in {one["text"] for one in written.json()["items"] if one["source"] == "recorded"}


async def test_the_same_entry_sent_twice_is_one(speak: Speak, cast: Cast) -> None:
    path, lead = await running_log(cast), await speak(cast.fbi_lead)
    key = {"Idempotency-Key": str(uuid4())}
    for _ in range(2):
        assert (await lead.ask("POST", path, {"text": "On scene"}, headers=key)).status_code == 200
    assert len(await log_entries(lead, path)) == 1


async def test_a_correction_of_an_entry_that_was_corrected_since_is_refused(speak: Speak, cast: Cast) -> None:
    path, lead = await running_log(cast), await speak(cast.fbi_lead)
    await lead.ask("POST", path, {"text": "On scene"})
    [line] = await log_entries(lead, path)
    entry, to = f"{path}/{line['entry_id']}", {"text": "Entry made", "at": "2027-01-16T10:30:00Z"}
    read = (await lead.get(entry)).headers["etag"]
    corrected = (await lead.ask("PUT", entry, to, match=read)).json()
    assert (corrected["text"], corrected["at"], corrected["earlier"][0]["text"]) == (*to.values(), "On scene")
    assert (await lead.ask("PUT", entry, to, match=read)).status_code == 412
    late = await lead.ask("PUT", entry, {**to, "at": "2027-01-16T12:00:00Z"}, match="*")
    assert (late.status_code, late.json()["errors"][0]["field"]) == (409, "at")


async def test_people_correct_their_own_entries_alone(speak: Speak, cast: Cast) -> None:
    path, lead = await running_log(cast), await speak(cast.fbi_lead)
    await lead.ask("POST", path, {"text": "On scene"})
    detective = await speak(cast.kcpd_detective)
    [line] = await log_entries(detective, path)
    assert line["may_correct"] is False
    to = {"text": "Elsewhere", "at": line["at"]}
    assert (await detective.ask("PUT", f"{path}/{line['entry_id']}", to, match="*")).status_code == 403
    assert (await detective.ask("POST", path, {"text": "Scene secure"})).status_code == 200


async def test_victim_services_on_the_operation_find_no_log(speak: Speak, cast: Cast) -> None:
    path, lead, advocate = await running_log(cast), await speak(cast.fbi_lead), await speak(cast.caht_lead)
    await lead.ask("POST", path, {"text": "On scene"})
    [line] = await log_entries(lead, path)
    asks = [
        await advocate.get(path),
        await advocate.get(f"{path}/{line['entry_id']}"),
        await advocate.ask("POST", path, {"text": "On scene"}),
    ]
    assert {(one.status_code, one.content) for one in asks} == {(404, asks[0].content)}
    assert (await lead.get(f"{path}/{uuid4()}")).status_code == 404


TEXT: dict[str, Any] = {
    "starts_at": "2027-01-15T20:00:00-06:00",
    "ends_at": "2027-01-17T02:00:00Z",
    "fewest": 3,
    "most": 6,
    "languages": "Spanish, Mandarin",
    "contact": "Duty desk, 816-555-0100",
}


async def notice_address(cast: Cast) -> str:
    event_id = await plan_operation(cast.fbi_lead, cast.hsi_liaison)
    return f"/operations/{event_id}/readiness-notice"


def notice_fields(cast: Cast, **facts: Any) -> dict[str, Any]:
    return TEXT | {"recipients": [str(cast.caht_lead.member_id)]} | facts


async def test_a_notice_is_written_scheduled_released_and_stood_down(speak: Speak, cast: Cast) -> None:
    path, lead = await notice_address(cast), await speak(cast.fbi_lead)
    empty = await lead.get(path)
    assert (empty.json()["current"], empty.json()["may_write"]) == (None, True)
    written = await lead.ask("PUT", path, notice_fields(cast), match=empty.headers["etag"])
    notice = written.json()["current"]
    assert (notice["state"], notice["starts_at"], notice["released_at"]) == ("draft", "2027-01-16T02:00:00Z", None)
    assert [one["name"] for one in notice["recipients"]] == ["Caht lead"]
    assert (await lead.ask("PUT", path, notice_fields(cast), match=empty.headers["etag"])).status_code == 412
    await lead.ask("POST", f"{path}/states", {"to": "scheduled"}, match=written.headers["etag"])
    assert await readiness.run_due_notices(NOW) == 1
    assert (await lead.get(path)).json()["current"]["state"] == "released"
    ended = (await lead.ask("POST", f"{path}/states", {"to": "stood_down"}, match="*")).json()
    assert (ended["current"], [one["state"] for one in ended["earlier"]]) == (None, ["stood_down"])
    assert (await lead.ask("POST", f"{path}/states", {"to": "closed"}, match="*")).status_code == 409


async def test_a_draft_is_deleted(speak: Speak, cast: Cast) -> None:
    path, lead = await notice_address(cast), await speak(cast.fbi_lead)
    await lead.ask("PUT", path, notice_fields(cast), match="*")
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
    path, lead = await notice_address(cast), await speak(cast.fbi_lead)
    refused = await lead.ask("PUT", path, notice_fields(cast, **wrong), match="*")
    assert (refused.status_code, [one["field"] for one in refused.json()["errors"]]) == (409, [field])


async def test_people_who_do_not_lead_write_no_notice_and_recipients_find_no_operation(
    speak: Speak, cast: Cast
) -> None:
    path, lead = await notice_address(cast), await speak(cast.fbi_lead)
    await lead.ask("PUT", path, notice_fields(cast), match="*")
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
    path = await notice_address(cast)
    await readiness.add_off_site_place(cast.fbi_lead, UUID(path.split("/")[2]), site_id, NOW)
    program = await speak(cast.members[name])
    response = await program.get(path)
    place = {"id": str(site_id), "name": "Partner location 2", "agency": "Harbor House"}
    assert response.json()["off_site"] == [place]
    others = [await program.get(path.replace("/readiness-notice", tail)) for tail in ("", "/sites")]
    assert {one.status_code for one in others} == {200}
    assert [word for one in (response, *others) for word in ("Elm", "Ring twice") if word in one.text] == []
