"""Joint operations by programs: begun, changed, approved, and their conflicts and briefs."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from litestar import Litestar

from tests.cast import NOW, Cast, meeting, operation
from tests.ports.api.conftest import Program, Speak
from tests.usecases.operations.world import B, disclose, let_in, plan_operation
from tracker.database import writing
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.identity import ApiScope
from tracker.rules.operations.plans import Disclosure
from tracker.rules.operations.states import OperationState
from tracker.usecases.core import audit
from tracker.usecases.events.scheduling import schedule_event
from tracker.usecases.operations.plans import whole_plan
from tracker.usecases.operations.states import enter_plan_state

PROBLEM = "application/problem+json"
SITE: dict[str, Any] = {"role": "target", "place": "North lot", "latitude": 39.0911, "longitude": -94.4155}
NEXT_TO_IT = {"role": "staging", "place": "South lot", "latitude": 39, "longitude": -94.4, "radius_ft": 600}


async def schedule_bluestem(two: Cast) -> UUID:
    return await schedule_event(two.fbi_lead, operation(two.fbi_alternate, two.kcpd_detective), NOW)


async def begin_plan(program: Program, event_id: UUID) -> str:
    """Begin a plan with one site, and return its path."""
    response = await program.ask("POST", "/operations", {"event_id": str(event_id)})
    assert response.status_code == 201, response.text
    path = response.headers["location"].removeprefix("/api/v1")
    added = await program.ask("POST", f"{path}/sites", SITE, match=response.headers["etag"])
    assert added.status_code == 200, added.text
    return path


async def submit_plan(speak: Speak, two: Cast) -> str:
    """Return the path of a plan that waits for its approving supervisor."""
    lead = await speak(two.fbi_lead)
    path = await begin_plan(lead, await schedule_bluestem(two))
    supervisor = {"supervisor_id": str(two.fbi_alternate.member_id)}
    assert (await lead.ask("PATCH", path, supervisor, match="*")).status_code == 200
    for state in ("planning", "submitted"):
        moved = await lead.ask("POST", f"{path}/states", {"to": state}, match="*")
        assert moved.json()["state"] == state, moved.text
    return path


async def record_number(lead: Program, path: str) -> None:
    response = await lead.ask(
        "POST", f"{path}/clearances", {"system": "rissafe", "number": "RS-1042", "result": "no_conflict"}, match="*"
    )
    assert response.json()["clearance"]["number"] == "RS-1042", response.text


async def test_a_plan_is_begun_at_its_event_and_shows_the_next_step(speak: Speak, two: Cast) -> None:
    lead = await speak(two.fbi_lead)
    event_id = await schedule_bluestem(two)
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
    path = await begin_plan(lead, await schedule_bluestem(two))
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
        ({"longitude": 94.4, "is_outside_region": True}, 409, "longitude"),
    ],
)
async def test_a_site_that_cannot_be_kept_is_refused_at_its_field(
    speak: Speak, two: Cast, wrong: dict[str, Any], status: int, field: str
) -> None:
    lead = await speak(two.fbi_lead)
    path = await begin_plan(lead, await schedule_bluestem(two))
    refused = await lead.ask("POST", f"{path}/sites", NEXT_TO_IT | wrong, match="*")
    assert (refused.status_code, [one["field"] for one in refused.json()["errors"]]) == (status, [field])


async def test_a_place_outside_of_the_region_is_added_only_when_that_is_said(speak: Speak, two: Cast) -> None:
    lead = await speak(two.fbi_lead)
    started = await lead.ask("POST", "/operations", {"event_id": str(await schedule_bluestem(two))})
    path = started.headers["location"].removeprefix("/api/v1")
    abroad = SITE | {"longitude": 94.4155}
    refused = await lead.ask("POST", f"{path}/sites", abroad, match="*")
    assert "Did you mean 39.0911, -94.4155?" in refused.text
    added = await lead.ask("POST", f"{path}/sites", abroad | {"is_outside_region": True}, match="*")
    assert [site["longitude"] for site in added.json()["sites"]] == [94.4155]


async def test_a_site_is_changed_and_keeps_its_id(speak: Speak, two: Cast) -> None:
    lead = await speak(two.fbi_lead)
    path = await begin_plan(lead, await schedule_bluestem(two))
    [site] = (await lead.get(f"{path}/sites")).json()["items"]
    changed = await lead.ask("PUT", f"{path}/sites/{site['id']}", NEXT_TO_IT, match="*")
    assert changed.json()["sites"] == [NEXT_TO_IT | {"id": site["id"]}]
    assert (await lead.ask("PUT", f"{path}/sites/{uuid4()}", NEXT_TO_IT, match="*")).status_code == 404


async def test_a_change_of_a_plan_that_changed_since_is_refused(speak: Speak, two: Cast) -> None:
    lead = await speak(two.fbi_lead)
    path = await begin_plan(lead, await schedule_bluestem(two))
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
    path = await submit_plan(speak, two)
    lead = await speak(two.fbi_lead)
    reasons = [
        "The operation lead can’t approve the plan.",
        "There is no deconfliction number from an outside system, and no waiver.",
    ]
    assert (await lead.get(path)).json()["next"] == {"state": "approved", "refusals": reasons}
    read = (await lead.get(path)).headers["etag"]
    refused = await lead.ask("POST", f"{path}/approvals", match=read)
    assert (refused.status_code, refused.headers["content-type"]) == (403, PROBLEM)
    assert (refused.json()["reasons"], refused.json()["detail"]) == (reasons, " ".join(reasons))


async def test_the_supervisor_approves_the_version_that_was_read(speak: Speak, two: Cast) -> None:
    path = await submit_plan(speak, two)
    supervisor, lead = await speak(two.fbi_alternate), await speak(two.fbi_lead)
    read = (await supervisor.get(path)).headers["etag"]
    await record_number(lead, path)
    assert (await supervisor.ask("POST", f"{path}/approvals", match=read)).status_code == 412
    read = (await supervisor.get(path)).headers["etag"]
    approved = await supervisor.ask("POST", f"{path}/approvals", match=read)
    assert approved.json()["state"] == "approved", approved.text
    [approval] = (await lead.get(f"{path}/approvals")).json()["items"]
    assert (approval["version"], approval["ended_at"]) == (approved.json()["version"], None)
    assert approval["by"] == "Fbi alternate (FBI)"
    assert approved.json()["approved_version"] == approved.json()["version"]


async def test_the_supervisor_sends_the_version_that_was_read_back_with_a_comment(speak: Speak, two: Cast) -> None:
    path = await submit_plan(speak, two)
    supervisor, lead = await speak(two.fbi_alternate), await speak(two.fbi_lead)
    why = {"comment": "Name the medic."}
    assert (await lead.ask("POST", f"{path}/returns", why, match="*")).status_code == 403
    assert (await supervisor.ask("POST", f"{path}/returns", {"comment": ""}, match="*")).status_code == 422
    back = (await supervisor.ask("POST", f"{path}/returns", why, match="*")).json()
    assert back["state"] == "planning"
    [given] = (await lead.get(f"{path}/returns")).json()["items"]
    assert (given["version"], given["by"], given["comment"]) == (back["version"], "Fbi alternate (FBI)", why["comment"])
    assert (await (await speak(two.kcpd_detective)).get(f"{path}/returns")).json() == {"items": []}


@pytest.mark.parametrize(("deed", "body"), [("approvals", None), ("waivers", {"reason": "No time."})])
async def test_an_approval_or_a_waiver_is_of_a_version_and_not_of_any(
    speak: Speak, two: Cast, deed: str, body: dict[str, str] | None
) -> None:
    path = await submit_plan(speak, two)
    refused = await (await speak(two.fbi_alternate)).ask("POST", f"{path}/{deed}", body, match="*")
    assert refused.status_code == 409
    assert "Read it again." in refused.json()["detail"]


async def test_a_changed_site_ends_the_approval_and_the_number_as_history(speak: Speak, two: Cast) -> None:
    path = await submit_plan(speak, two)
    supervisor, lead = await speak(two.fbi_alternate), await speak(two.fbi_lead)
    await record_number(lead, path)
    read = (await supervisor.get(path)).headers["etag"]
    assert (await supervisor.ask("POST", f"{path}/approvals", match=read)).status_code == 200
    changed = (await lead.ask("POST", f"{path}/sites", NEXT_TO_IT, match="*")).json()
    assert (changed["state"], changed["clearance"]) == ("planning", None)
    histories = [(await lead.get(f"{path}/{one}")).json()["items"] for one in ("approvals", "clearances")]
    assert histories[0][0]["ended_at"]
    assert (histories[1][0]["number"], histories[1][0]["replaced_at"] is None) == ("RS-1042", False)


async def test_the_supervisor_waives_the_deconfliction_number_and_the_lead_cannot(speak: Speak, two: Cast) -> None:
    path = await submit_plan(speak, two)
    why = {"reason": "A child is in danger."}
    lead, supervisor = await speak(two.fbi_lead), await speak(two.fbi_alternate)
    read = (await lead.get(path)).headers["etag"]
    assert (await lead.ask("POST", f"{path}/waivers", why, match=read)).status_code == 403
    read = (await supervisor.get(path)).headers["etag"]
    waived = await supervisor.ask("POST", f"{path}/waivers", why, match=read)
    assert (waived.json()["clearance"]["system"], waived.json()["clearance"]["reason"]) == (None, why["reason"])


async def test_an_agency_commits_for_itself_acknowledges_and_withdraws(speak: Speak, two: Cast) -> None:
    path = await begin_plan(await speak(two.fbi_lead), await schedule_bluestem(two))
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
    [item] = (await detective.get(f"{path}/acknowledgments")).json()["items"]
    assert (item["version"], item["by"], item["is_current"]) == (plan["version"], "Kcpd detective", True)
    old = await detective.ask("POST", f"{path}/acknowledgments", {"version": plan["version"] - 1})
    assert old.status_code == 409
    gone = await detective.ask("DELETE", f"{path}/commitments/{agencies['KCPD']}", match="*")
    assert gone.json()["commitments"] == []
    assert (await detective.get(f"{path}/commitments")).json() == {"items": []}


@pytest.mark.parametrize("name", ["coordinator", "kcpd_alternate", "harbor_advocate", "administrator", "auditor"])
async def test_an_operation_of_others_is_missing_like_a_random_one(speak: Speak, two: Cast, name: str) -> None:
    event_id = await plan_operation(two.fbi_lead, two.kcpd_detective)
    stranger: Viewer = two.members[name]
    program, agency = await speak(stranger), stranger.agency_id
    asks: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("PATCH", "", {"disclosure": "open"}),
        ("POST", "/states", {"to": "submitted"}),
        *(("GET", f"/{part}", None) for part in ("sites", "commitments", "acknowledgments", "clearances")),
        *(("GET", f"/{part}", None) for part in ("approvals", "returns")),
        ("POST", "/sites", SITE),
        ("PUT", f"/sites/{uuid4()}", SITE),
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
            response = await program.ask(method, f"/operations/{event_id}{tail}", body, match=match)
            missing = await program.ask(method, f"/operations/{uuid4()}{tail}", body, match=match)
            assert response.status_code == 404, (method, tail)
            assert (response.content, _kept(response)) == (missing.content, _kept(missing)), (method, tail)
    assert (await program.get("/operations")).json() == {"items": [], "next": None}


def _kept(response: Any) -> dict[str, str]:
    """Return the headers of a response, but the id of the request."""
    return {name: one for name, one in response.headers.items() if name != "x-request-id"}


async def test_the_list_has_each_operation_that_one_may_see_a_page_at_a_time(speak: Speak, two: Cast) -> None:
    own_operations = [await plan_operation(two.fbi_lead, two.ipd_liaison, title=f"Operation {n}") for n in range(3)]
    await plan_operation(two.kcpd_alternate, two.hhs_liaison, title="Operation Hidden", at=(35.0, -94.0))
    program = await speak(two.ipd_liaison)
    first = (await program.get("/operations?limit=2")).json()
    rest = (await program.get(first["next"].removeprefix("/api/v1"))).json()
    listed = [*first["items"], *rest["items"]]
    assert sorted(one["event_id"] for one in listed) == sorted(map(str, own_operations))
    assert {one["state"] for one in listed} == {"planning"}
    assert rest["next"] is None


async def test_a_token_for_events_opens_no_plan(speak: Speak, two: Cast) -> None:
    event_id = await plan_operation(two.fbi_lead, two.kcpd_detective)
    program = await speak(two.fbi_lead, frozenset({ApiScope.EVENTS_READ, ApiScope.EVENTS_WRITE}))
    assert (await program.get(f"/operations/{event_id}")).status_code == 403
    reader = await speak(two.fbi_lead, frozenset({ApiScope.OPERATIONS_READ}))
    assert (await reader.get(f"/operations/{event_id}")).status_code == 200
    assert (await reader.ask("PATCH", f"/operations/{event_id}", {}, match="*")).status_code == 403


async def test_reading_a_plan_by_program_is_in_the_audit_log(speak: Speak, app: Litestar, two: Cast) -> None:
    event_id = await plan_operation(two.fbi_lead, two.kcpd_detective)
    await (await speak(two.kcpd_detective)).get(f"/operations/{event_id}/sites")
    readings = await audit.readings_of(two.fbi_lead, event_id)
    assert [(one.name, one.source) for one in readings] == [("Kcpd detective", "API")]


FINE = {"decision": "proceed", "reason": "Channel 2."}


async def plan_both(two: Cast) -> tuple[UUID, UUID]:
    """Return two operations that are in each other's way."""
    own_operation = await plan_operation(two.fbi_lead, two.hsi_liaison)
    return own_operation, await plan_operation(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=B)


async def hits_listed(program: Program, event_id: UUID) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await program.get(f"/operations/{event_id}/hits")).json()["items"]
    return items


async def test_each_side_learns_whom_to_call_and_nothing_else(speak: Speak, two: Cast) -> None:
    own_plan, _ = await plan_both(two)
    [hit] = await hits_listed(await speak(two.fbi_lead), own_plan)
    assert (hit["agency"], hit["lead"]) == ("KCPD", "Kcpd alternate")
    assert {hit[name] for name in ("starts_at", "ends_at", "distance_ft", "gap_minutes", "outcome")} == {None}
    assert "Larkspur" not in str(hit)


async def test_an_open_side_shows_when_it_is_and_how_far_away(speak: Speak, two: Cast) -> None:
    own_plan, other_plan = await plan_both(two)
    await disclose(two.kcpd_alternate, other_plan, Disclosure.OPEN)
    [hit] = await hits_listed(await speak(two.fbi_lead), own_plan)
    assert (hit["distance_ft"], hit["gap_minutes"], hit["starts_at"]) == (873, 0, "2027-01-16T12:00:00Z")


async def test_a_silent_conflict_is_not_in_the_list_and_changes_no_byte_of_the_plan(speak: Speak, two: Cast) -> None:
    own_operation = await plan_operation(two.fbi_lead, two.hsi_liaison)
    other_operation = await plan_operation(
        two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=(35.0, -94.0)
    )
    await disclose(two.kcpd_alternate, other_operation, Disclosure.SILENT)
    lead = await speak(two.fbi_lead)
    paths = [f"/operations/{own_operation}{tail}" for tail in ("", "/hits", "/approvals")]
    before = [((await lead.get(path)).content, (await lead.get(path)).headers["etag"]) for path in paths]
    other = await speak(two.kcpd_alternate)
    site = {"role": "staging", "place": "Lot", "latitude": B[0], "longitude": B[1]}
    [far] = (await other.get(f"/operations/{other_operation}/sites")).json()["items"]
    assert (await other.ask("DELETE", f"/operations/{other_operation}/sites/{far['id']}", match="*")).status_code == 200
    assert (await other.ask("POST", f"/operations/{other_operation}/sites", site, match="*")).status_code == 200
    assert len(await hits_listed(other, other_operation)) == 1
    assert [((await lead.get(path)).content, (await lead.get(path)).headers["etag"]) for path in paths] == before


@pytest.mark.parametrize("name", ["hsi_liaison", "caht_lead"])
async def test_people_who_neither_lead_nor_approve_see_no_conflict(speak: Speak, two: Cast, name: str) -> None:
    own_plan, _ = await plan_both(two)
    await let_in(two.fbi_lead, two.hsi_liaison, own_plan, two.caht_lead)
    [hit] = await hits_listed(await speak(two.fbi_lead), own_plan)
    program = await speak(two.members[name])
    assert (await program.get(f"/operations/{own_plan}")).status_code == 200
    assert await hits_listed(program, own_plan) == []
    path = f"/operations/{own_plan}/hits/{hit['id']}"
    assert (await program.get(path)).status_code == 404
    assert (await program.ask("PUT", f"{path}/decision", FINE, match="*")).status_code == 404


async def test_a_conflict_ends_when_both_sides_decide_the_same(speak: Speak, two: Cast) -> None:
    own_plan, other_plan = await plan_both(two)
    first, second = await speak(two.fbi_lead), await speak(two.kcpd_alternate)
    [hit] = await hits_listed(first, own_plan)
    path = f"/operations/{own_plan}/hits/{hit['id']}"
    etag = (await first.get(path)).headers["etag"]
    decided = await first.ask("PUT", f"{path}/decision", FINE, match=etag)
    assert (decided.json()["mine"], decided.json()["outcome"]) == ("proceed", None)
    assert (await first.ask("PUT", f"{path}/decision", FINE, match=etag)).status_code == 412
    ended = await second.ask("PUT", f"/operations/{other_plan}/hits/{hit['id']}/decision", FINE, match="*")
    assert ended.json()["outcome"] == "proceed"
    assert (await first.get(path)).json()["outcome"] == "proceed"


async def test_a_decision_about_a_conflict_of_others_is_missing(speak: Speak, two: Cast) -> None:
    own_plan, other_plan = await plan_both(two)
    lead = await speak(two.fbi_lead)
    [hit] = await hits_listed(lead, own_plan)
    for event_id in (other_plan, UUID(int=0)):
        path = f"/operations/{event_id}/hits/{hit['id']}"
        assert (await lead.ask("PUT", f"{path}/decision", FINE, match="*")).status_code == 404


BRIEFING: dict[str, Any] = {"name": "Briefing", "starts_at": "2027-01-16T05:00:00-06:00", "ends_at": None}
HOUR_AGO, NOON = "2026-12-15T14:00:00Z", "2026-12-15T18:00:00Z"


async def plan_with_briefing(speak: Speak, cast: Cast) -> tuple[UUID, str]:
    """Return an operation that starts at six with a briefing at five, and the phase's path."""
    event_id = await plan_operation(cast.fbi_lead, cast.kcpd_detective)
    lead = await speak(cast.fbi_lead)
    plan = (await lead.ask("POST", f"/operations/{event_id}/phases", BRIEFING, match="*")).json()
    return event_id, f"/operations/{event_id}/phases/{plan['phases'][0]['id']}"


async def approve_plan(cast: Cast, event_id: UUID) -> None:
    """Let the plan be approved, without the steps until then."""
    plan = (await whole_plan(cast.fbi_lead, event_id, NOW)).operation
    async with writing():
        await enter_plan_state(plan.id, OperationState.APPROVED, NOW)


async def test_a_phase_is_planned_changed_and_removed_with_the_etag_of_the_plan(speak: Speak, cast: Cast) -> None:
    event_id, path = await plan_with_briefing(speak, cast)
    lead, plan = await speak(cast.fbi_lead), f"/operations/{event_id}"
    read = await lead.get(plan)
    [phase] = read.json()["phases"]
    assert (phase["name"], phase["starts_at"], phase["begun_at"]) == ("Briefing", "2027-01-16T11:00:00Z", None)
    until = {**BRIEFING, "ends_at": "2027-01-16T11:45:00Z"}
    changed = await lead.ask("PUT", path, until, match=read.headers["etag"])
    assert changed.json()["phases"][0]["ends_at"] == "2027-01-16T11:45:00Z"
    assert changed.json()["version"] == read.json()["version"] + 1
    assert (await lead.ask("DELETE", path, match=read.headers["etag"])).status_code == 412
    assert (await lead.ask("DELETE", path, match=changed.headers["etag"])).json()["phases"] == []
    assert (await lead.get(f"{plan}/phases")).json() == {"items": []}


async def test_times_are_recorded_once_the_plan_is_approved_and_change_no_version(speak: Speak, cast: Cast) -> None:
    event_id, path = await plan_with_briefing(speak, cast)
    lead, times = await speak(cast.fbi_lead), {"begun_at": HOUR_AGO}
    assert (await lead.ask("PUT", f"{path}/times", times, match="*")).status_code == 403
    await approve_plan(cast, event_id)
    before = (await lead.get(f"/operations/{event_id}")).json()["version"]
    timed = (await lead.ask("PUT", f"{path}/times", times, match="*")).json()
    assert (timed["phases"][0]["begun_at"], timed["phases"][0]["ended_at"]) == (HOUR_AGO, None)
    assert timed["version"] == before


@pytest.mark.parametrize(
    ("tail", "wrong", "field"),
    [
        ("", {"ends_at": "2027-01-16T10:00:00Z"}, "ends_at"),
        ("", {"starts_at": "2027-02-16T10:00:00Z"}, "starts_at"),
        ("", {"starts_at": "0001-01-01T00:00:00+14:00"}, "starts_at"),
        ("", {"name": " \t"}, "name"),
        ("/times", {"begun_at": NOON}, "begun_at"),
        ("/times", {"begun_at": HOUR_AGO, "ended_at": "0001-01-01T00:00:00+14:00"}, "ended_at"),
        ("/times", {"begun_at": None, "ended_at": HOUR_AGO}, "begun_at"),
    ],
)
async def test_a_phase_that_cannot_be_is_refused_at_its_field(
    speak: Speak, cast: Cast, tail: str, wrong: dict[str, Any], field: str
) -> None:
    event_id, path = await plan_with_briefing(speak, cast)
    await approve_plan(cast, event_id)
    sent = wrong if tail else BRIEFING | wrong
    refused = await (await speak(cast.fbi_lead)).ask("PUT", f"{path}{tail}", sent, match="*")
    assert (refused.status_code, [one["field"] for one in refused.json()["errors"]]) == (409, [field])


async def test_people_on_the_operation_read_phases_and_change_none(speak: Speak, cast: Cast) -> None:
    event_id, path = await plan_with_briefing(speak, cast)
    detective = await speak(cast.kcpd_detective)
    assert len((await detective.get(f"/operations/{event_id}/phases")).json()["items"]) == 1
    assert (await detective.ask("PUT", path, BRIEFING, match="*")).status_code == 403
    assert (await detective.ask("DELETE", path, match="*")).status_code == 403


async def test_a_phase_of_another_operation_is_missing(speak: Speak, cast: Cast) -> None:
    _, path = await plan_with_briefing(speak, cast)
    other = await plan_operation(cast.fbi_lead, cast.kcpd_detective, title="Operation Larkspur", at=(35.0, -94.0))
    lead = await speak(cast.fbi_lead)
    for phase in (path.rpartition("/")[2], str(uuid4())):
        response = await lead.ask("PUT", f"/operations/{other}/phases/{phase}", BRIEFING, match="*")
        assert response.status_code == 404
