"""Joint operations by programs: begun, changed with their version, approved, and for everyone else not there."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from litestar import Litestar

from tests.cast import NOW, Cast, meeting, operation
from tests.ports.api.conftest import Program, Speak
from tests.usecases.operations.world import planned
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.identity.passwords import ApiScope
from tracker.usecases.core import audit
from tracker.usecases.events.scheduling import schedule_event

PROBLEM = "application/problem+json"
SITE: dict[str, Any] = {"role": "target", "place": "North lot", "latitude": 39.0911, "longitude": -94.4155}
NEXT_TO_IT = {"role": "staging", "place": "South lot", "latitude": 39, "longitude": -94.4, "radius_ft": 600}


async def bluestem(two: Cast) -> UUID:
    return await schedule_event(two.fbi_lead, operation(two.fbi_alternate, two.kcpd_detective), NOW)


async def begun(program: Program, event_id: UUID) -> str:
    """Begin a plan with one site, and return its path."""
    response = await program.ask("POST", "/operations", {"event_id": str(event_id)})
    assert response.status_code == 201, response.text
    path = response.headers["location"].removeprefix("/api/v1")
    added = await program.ask("POST", f"{path}/sites", SITE, match=response.headers["etag"])
    assert added.status_code == 200, added.text
    return path


async def submitted(speak: Speak, two: Cast) -> str:
    """Return the path of a plan that waits for its approving supervisor."""
    lead = await speak(two.fbi_lead)
    path = await begun(lead, await bluestem(two))
    supervisor = {"supervisor_id": str(two.fbi_alternate.member_id)}
    assert (await lead.ask("PATCH", path, supervisor, match="*")).status_code == 200
    for state in ("planning", "submitted"):
        moved = await lead.ask("POST", f"{path}/states", {"to": state}, match="*")
        assert moved.json()["state"] == state, moved.text
    return path


async def number(lead: Program, path: str) -> None:
    response = await lead.ask("POST", f"{path}/clearances", {"system": "rissafe", "number": "RS-1042"}, match="*")
    assert response.json()["clearance"]["number"] == "RS-1042", response.text


async def test_a_plan_is_begun_at_its_event_and_shows_the_next_step(speak: Speak, two: Cast) -> None:
    lead = await speak(two.fbi_lead)
    event_id = await bluestem(two)
    made = await lead.ask("POST", "/operations", {"event_id": str(event_id)})
    plan = made.json()
    assert made.headers["location"] == f"/api/v1/operations/{event_id}"
    assert (plan["event_id"], plan["key"], plan["state"]) == (str(event_id), "2027-01-16", "draft")
    assert plan["next"] == {"state": "planning", "refusals": ["Add a site first."]}
    assert [one["name"] for one in plan["agencies"]] == ["FBI", "KCPD"]
    assert (await lead.ask("POST", "/operations", {"event_id": str(event_id)})).status_code == 409


async def test_only_an_operation_with_one_date_for_named_people_has_a_plan(speak: Speak, two: Cast) -> None:
    named_meeting = await schedule_event(two.fbi_lead, meeting(two.fbi_alternate, visibility=Visibility.NAMED), NOW)
    hidden = await schedule_event(two.kcpd_alternate, operation(two.ipd_liaison), NOW)
    lead = await speak(two.fbi_lead)
    tries = [await lead.ask("POST", "/operations", {"event_id": str(one)}) for one in (named_meeting, hidden, uuid4())]
    assert {(one.status_code, one.content) for one in tries} == {(409, tries[0].content)}
    assert tries[0].json()["errors"][0]["field"] == "event_id"


async def test_a_site_goes_into_the_plan_and_out_of_it(speak: Speak, two: Cast) -> None:
    lead = await speak(two.fbi_lead)
    path = await begun(lead, await bluestem(two))
    both = (await lead.ask("POST", f"{path}/sites", NEXT_TO_IT, match="*")).json()["sites"]
    assert [(one["place"], one["latitude"], one["radius_ft"]) for one in both] == [
        ("North lot", 39.0911, 1_320),
        ("South lot", 39.0, 600),
    ]
    gone = await lead.ask("DELETE", f"{path}/sites/{both[1]['id']}", match="*")
    assert gone.json()["sites"] == both[:1]
    assert (await lead.get(f"{path}/sites")).json() == {"items": both[:1]}
    assert (await lead.ask("DELETE", f"{path}/sites/{both[1]['id']}", match="*")).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"latitude": 91}, 422, "latitude"),
        ({"radius_ft": 12}, 422, "radius_ft"),
        ({"place": " "}, 409, "place"),
        ({"longitude": 94.4}, 409, "longitude"),
    ],
)
async def test_a_site_that_cannot_be_kept_is_refused_at_its_field(
    speak: Speak, two: Cast, wrong: dict[str, Any], status: int, field: str
) -> None:
    lead = await speak(two.fbi_lead)
    path = await begun(lead, await bluestem(two))
    refused = await lead.ask("POST", f"{path}/sites", NEXT_TO_IT | wrong, match="*")
    assert (refused.status_code, [one["field"] for one in refused.json()["errors"]]) == (status, [field])


async def test_a_change_of_a_plan_that_changed_since_is_refused(speak: Speak, two: Cast) -> None:
    lead = await speak(two.fbi_lead)
    path = await begun(lead, await bluestem(two))
    first = (await lead.get(path)).headers["etag"]
    changed = await lead.ask("PATCH", path, {"buffer_minutes": 90}, match=first)
    assert (changed.json()["buffer_minutes"], changed.json()["disclosure"]) == (90, "contact_only")
    agency = f"{path}/commitments/{two.agencies['KCPD']}"
    late = [
        await lead.ask("PATCH", path, {"buffer_minutes": 45}, match=first),
        await lead.ask("POST", f"{path}/states", {"to": "planning"}, match=first),
        await lead.ask("POST", f"{path}/sites", SITE, match=first),
        await lead.ask("PUT", agency, {"people": 2}, match=first),
        await lead.ask("DELETE", agency, match=first),
        await lead.ask("POST", f"{path}/approvals", match=first),
        await lead.ask("POST", f"{path}/clearances", {"system": "other", "number": "1"}, match=first),
        await lead.ask("POST", f"{path}/waivers", {"reason": "No time."}, match=first),
    ]
    assert [one.status_code for one in late] == [412] * 8
    assert (await lead.ask("PATCH", path, {"buffer_minutes": 45})).status_code == 422


async def test_a_refusal_lists_every_reason(speak: Speak, two: Cast) -> None:
    path = await submitted(speak, two)
    lead = await speak(two.fbi_lead)
    reasons = [
        "The operation lead can’t approve the plan.",
        "There is no deconfliction number from an outside system, and no waiver.",
    ]
    assert (await lead.get(path)).json()["next"] == {"state": "approved", "refusals": reasons}
    refused = await lead.ask("POST", f"{path}/approvals", match="*")
    assert (refused.status_code, refused.headers["content-type"]) == (403, PROBLEM)
    assert (refused.json()["reasons"], refused.json()["detail"]) == (reasons, " ".join(reasons))


async def test_the_supervisor_approves_the_version_that_was_read(speak: Speak, two: Cast) -> None:
    path = await submitted(speak, two)
    supervisor, lead = await speak(two.fbi_alternate), await speak(two.fbi_lead)
    read = (await supervisor.get(path)).headers["etag"]
    await number(lead, path)
    assert (await supervisor.ask("POST", f"{path}/approvals", match=read)).status_code == 412
    read = (await supervisor.get(path)).headers["etag"]
    approved = await supervisor.ask("POST", f"{path}/approvals", match=read)
    assert approved.json()["state"] == "approved", approved.text
    [approval] = (await lead.get(f"{path}/approvals")).json()["items"]
    assert (approval["version"], approval["ended_at"]) == (approved.json()["version"], None)
    assert approval["by"] == "Fbi alternate (FBI)"


async def test_the_supervisor_sends_the_version_that_was_read_back_with_a_comment(speak: Speak, two: Cast) -> None:
    path = await submitted(speak, two)
    supervisor, lead = await speak(two.fbi_alternate), await speak(two.fbi_lead)
    why = {"comment": "Name the medic."}
    assert (await lead.ask("POST", f"{path}/returns", why, match="*")).status_code == 403
    assert (await supervisor.ask("POST", f"{path}/returns", {"comment": ""}, match="*")).status_code == 422
    back = (await supervisor.ask("POST", f"{path}/returns", why, match="*")).json()
    assert back["state"] == "planning"
    [given] = (await lead.get(f"{path}/returns")).json()["items"]
    assert (given["version"], given["by"], given["comment"]) == (back["version"], "Fbi alternate (FBI)", why["comment"])
    assert (await (await speak(two.kcpd_detective)).get(f"{path}/returns")).json() == {"items": []}


async def test_a_changed_site_ends_the_approval_and_the_number_as_history(speak: Speak, two: Cast) -> None:
    path = await submitted(speak, two)
    supervisor, lead = await speak(two.fbi_alternate), await speak(two.fbi_lead)
    await number(lead, path)
    assert (await supervisor.ask("POST", f"{path}/approvals", match="*")).status_code == 200
    changed = (await lead.ask("POST", f"{path}/sites", NEXT_TO_IT, match="*")).json()
    assert (changed["state"], changed["clearance"]) == ("planning", None)
    histories = [(await lead.get(f"{path}/{one}")).json()["items"] for one in ("approvals", "clearances")]
    assert histories[0][0]["ended_at"]
    assert (histories[1][0]["number"], histories[1][0]["replaced_at"] is None) == ("RS-1042", False)


async def test_the_supervisor_waives_the_outside_check_and_the_lead_cannot(speak: Speak, two: Cast) -> None:
    path = await submitted(speak, two)
    why = {"reason": "A child is in danger."}
    assert (await (await speak(two.fbi_lead)).ask("POST", f"{path}/waivers", why, match="*")).status_code == 403
    waived = await (await speak(two.fbi_alternate)).ask("POST", f"{path}/waivers", why, match="*")
    assert (waived.json()["clearance"]["system"], waived.json()["clearance"]["reason"]) == (None, why["reason"])


async def test_an_agency_commits_for_itself_acknowledges_and_withdraws(speak: Speak, two: Cast) -> None:
    path = await begun(await speak(two.fbi_lead), await bluestem(two))
    detective = await speak(two.kcpd_detective)
    agencies = two.agencies
    facts = {"people": 4, "vehicles": 2, "skills": "K-9"}
    plan = (await detective.ask("PUT", f"{path}/commitments/{agencies['KCPD']}", facts, match="*")).json()
    assert plan["commitments"] == [{"agency_id": str(agencies["KCPD"]), "agency": "KCPD", **facts}]
    assert plan["waiting"] == ["KCPD"]
    others = await detective.ask("PUT", f"{path}/commitments/{agencies['FBI']}", facts, match="*")
    assert others.status_code == 403
    acknowledged = await detective.ask("POST", f"{path}/acknowledgments", {"version": plan["version"]})
    assert acknowledged.json()["waiting"] == []
    [one] = (await detective.get(f"{path}/acknowledgments")).json()["items"]
    assert (one["version"], one["by"], one["is_current"]) == (plan["version"], "Kcpd detective", True)
    old = await detective.ask("POST", f"{path}/acknowledgments", {"version": plan["version"] - 1})
    assert old.status_code == 409
    gone = await detective.ask("DELETE", f"{path}/commitments/{agencies['KCPD']}", match="*")
    assert gone.json()["commitments"] == []
    assert (await detective.get(f"{path}/commitments")).json() == {"items": []}


@pytest.mark.parametrize("name", ["coordinator", "kcpd_alternate", "harbor_advocate", "administrator", "auditor"])
async def test_an_operation_of_others_is_missing_like_a_random_one(speak: Speak, two: Cast, name: str) -> None:
    event_id = await planned(two.fbi_lead, two.kcpd_detective)
    stranger: Viewer = two.members[name]
    program, agency = await speak(stranger), stranger.agency_id
    asks: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("PATCH", "", {"disclosure": "open"}),
        ("POST", "/states", {"to": "submitted"}),
        *(("GET", f"/{part}", None) for part in ("sites", "commitments", "acknowledgments", "clearances")),
        *(("GET", f"/{part}", None) for part in ("approvals", "returns")),
        ("POST", "/sites", SITE),
        ("DELETE", f"/sites/{uuid4()}", None),
        ("PUT", f"/commitments/{agency}", {"people": 2}),
        ("DELETE", f"/commitments/{agency}", None),
        ("POST", "/acknowledgments", {"version": 1}),
        ("POST", "/clearances", {"system": "other", "number": "1"}),
        ("POST", "/waivers", {"reason": "No time."}),
        ("POST", "/approvals", None),
        ("POST", "/returns", {"comment": "Name the medic."}),
        ("GET", "/hits", None),
        ("GET", f"/hits/{uuid4()}", None),
        ("PUT", f"/hits/{uuid4()}/decision", {"decision": "proceed", "reason": "Fine."}),
    ]
    for method, tail, body in asks:
        for match in (None, "*", '"odd"'):
            found = await program.ask(method, f"/operations/{event_id}{tail}", body, match=match)
            missing = await program.ask(method, f"/operations/{uuid4()}{tail}", body, match=match)
            assert found.status_code == 404, (method, tail)
            assert (found.content, _kept(found)) == (missing.content, _kept(missing)), (method, tail)
    assert (await program.get("/operations")).json() == {"items": [], "next": None}


def _kept(response: Any) -> dict[str, str]:
    """Return the headers of a response, but the id of the request."""
    return {name: one for name, one in response.headers.items() if name != "x-request-id"}


async def test_the_list_has_each_operation_that_one_may_see_a_page_at_a_time(speak: Speak, two: Cast) -> None:
    mine = [await planned(two.fbi_lead, two.ipd_liaison, title=f"Operation {n}") for n in range(3)]
    await planned(two.kcpd_alternate, two.hhs_liaison, title="Operation Hidden", at=(35.0, -94.0))
    program = await speak(two.ipd_liaison)
    first = (await program.get("/operations?limit=2")).json()
    rest = (await program.get(first["next"].removeprefix("/api/v1"))).json()
    listed = [*first["items"], *rest["items"]]
    assert sorted(one["event_id"] for one in listed) == sorted(map(str, mine))
    assert {one["state"] for one in listed} == {"planning"}
    assert rest["next"] is None


async def test_a_token_for_events_opens_no_plan(speak: Speak, two: Cast) -> None:
    event_id = await planned(two.fbi_lead, two.kcpd_detective)
    program = await speak(two.fbi_lead, frozenset({ApiScope.EVENTS_READ, ApiScope.EVENTS_WRITE}))
    assert (await program.get(f"/operations/{event_id}")).status_code == 403
    reader = await speak(two.fbi_lead, frozenset({ApiScope.OPERATIONS_READ}))
    assert (await reader.get(f"/operations/{event_id}")).status_code == 200
    assert (await reader.ask("PATCH", f"/operations/{event_id}", {}, match="*")).status_code == 403


async def test_reading_a_plan_by_program_is_in_the_audit_log(speak: Speak, app: Litestar, two: Cast) -> None:
    event_id = await planned(two.fbi_lead, two.kcpd_detective)
    await (await speak(two.kcpd_detective)).get(f"/operations/{event_id}/sites")
    readings = await audit.readings_of(two.fbi_lead, event_id)
    assert [(one.name, one.source) for one in readings] == [("Kcpd detective", "API")]
