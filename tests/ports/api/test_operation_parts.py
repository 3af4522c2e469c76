"""Conflicts by programs: what each side discloses, what a silent one doesn't, and what both decide."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.cast import NOW, Cast
from tests.ports.api.conftest import Program, Speak
from tests.usecases.operations.world import B, disclose, let_in, planned
from tracker.database import writing
from tracker.rules.operations.plans import Disclosure
from tracker.rules.operations.states import OperationState
from tracker.usecases.operations.plans import whole_plan
from tracker.usecases.operations.states import enter_plan_state

FINE = {"decision": "proceed", "reason": "Channel 2."}


async def both(two: Cast) -> tuple[UUID, UUID]:
    """Return two operations that are in each other's way."""
    mine = await planned(two.fbi_lead, two.hsi_liaison)
    return mine, await planned(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=B)


async def hits(program: Program, event_id: UUID) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await program.get(f"/operations/{event_id}/hits")).json()["items"]
    return found


async def test_each_side_learns_whom_to_call_and_nothing_else(speak: Speak, two: Cast) -> None:
    mine, _ = await both(two)
    [hit] = await hits(await speak(two.fbi_lead), mine)
    assert (hit["agency"], hit["lead"]) == ("KCPD", "Kcpd alternate")
    assert {hit[name] for name in ("starts_at", "ends_at", "distance_ft", "gap_minutes", "outcome")} == {None}
    assert "Larkspur" not in str(hit)


async def test_an_open_side_shows_when_it_is_and_how_far_away(speak: Speak, two: Cast) -> None:
    mine, theirs = await both(two)
    await disclose(two.kcpd_alternate, theirs, Disclosure.OPEN)
    [hit] = await hits(await speak(two.fbi_lead), mine)
    assert (hit["distance_ft"], hit["gap_minutes"], hit["starts_at"]) == (873, 0, "2027-01-16T12:00:00Z")


async def test_a_silent_conflict_is_not_in_the_list_and_changes_no_byte_of_the_plan(speak: Speak, two: Cast) -> None:
    mine = await planned(two.fbi_lead, two.hsi_liaison)
    theirs = await planned(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=(35.0, -94.0))
    await disclose(two.kcpd_alternate, theirs, Disclosure.SILENT)
    lead = await speak(two.fbi_lead)
    paths = [f"/operations/{mine}{tail}" for tail in ("", "/hits", "/approvals")]
    before = [((await lead.get(path)).content, (await lead.get(path)).headers["etag"]) for path in paths]
    other = await speak(two.kcpd_alternate)
    site = {"role": "staging", "place": "Lot", "latitude": B[0], "longitude": B[1]}
    [far] = (await other.get(f"/operations/{theirs}/sites")).json()["items"]
    assert (await other.ask("DELETE", f"/operations/{theirs}/sites/{far['id']}", match="*")).status_code == 200
    assert (await other.ask("POST", f"/operations/{theirs}/sites", site, match="*")).status_code == 200
    assert len(await hits(other, theirs)) == 1
    assert [((await lead.get(path)).content, (await lead.get(path)).headers["etag"]) for path in paths] == before


@pytest.mark.parametrize("name", ["hsi_liaison", "caht_lead"])
async def test_people_who_neither_lead_nor_approve_see_no_conflict(speak: Speak, two: Cast, name: str) -> None:
    mine, _ = await both(two)
    await let_in(two.fbi_lead, two.hsi_liaison, mine, two.caht_lead)
    [hit] = await hits(await speak(two.fbi_lead), mine)
    program = await speak(two.members[name])
    assert (await program.get(f"/operations/{mine}")).status_code == 200
    assert await hits(program, mine) == []
    path = f"/operations/{mine}/hits/{hit['id']}"
    assert (await program.get(path)).status_code == 404
    assert (await program.ask("PUT", f"{path}/decision", FINE, match="*")).status_code == 404


async def test_a_conflict_ends_when_both_sides_decide_the_same(speak: Speak, two: Cast) -> None:
    mine, theirs = await both(two)
    first, second = await speak(two.fbi_lead), await speak(two.kcpd_alternate)
    [hit] = await hits(first, mine)
    path = f"/operations/{mine}/hits/{hit['id']}"
    etag = (await first.get(path)).headers["etag"]
    decided = await first.ask("PUT", f"{path}/decision", FINE, match=etag)
    assert (decided.json()["mine"], decided.json()["outcome"]) == ("proceed", None)
    assert (await first.ask("PUT", f"{path}/decision", FINE, match=etag)).status_code == 412
    ended = await second.ask("PUT", f"/operations/{theirs}/hits/{hit['id']}/decision", FINE, match="*")
    assert ended.json()["outcome"] == "proceed"
    assert (await first.get(path)).json()["outcome"] == "proceed"


async def test_a_decision_about_a_conflict_of_others_is_missing(speak: Speak, two: Cast) -> None:
    mine, theirs = await both(two)
    lead = await speak(two.fbi_lead)
    [hit] = await hits(lead, mine)
    for event_id in (theirs, UUID(int=0)):
        path = f"/operations/{event_id}/hits/{hit['id']}"
        assert (await lead.ask("PUT", f"{path}/decision", FINE, match="*")).status_code == 404


BRIEFING: dict[str, Any] = {"name": "Briefing", "starts_at": "2027-01-16T05:00:00-06:00", "ends_at": None}
HOUR_AGO, NOON = "2026-12-15T14:00:00Z", "2026-12-15T18:00:00Z"


async def with_briefing(speak: Speak, cast: Cast) -> tuple[UUID, str]:
    """Return an operation that starts at six with a briefing at five, and the phase's path."""
    event_id = await planned(cast.fbi_lead, cast.kcpd_detective)
    lead = await speak(cast.fbi_lead)
    plan = (await lead.ask("POST", f"/operations/{event_id}/phases", BRIEFING, match="*")).json()
    return event_id, f"/operations/{event_id}/phases/{plan['phases'][0]['id']}"


async def approved(cast: Cast, event_id: UUID) -> None:
    """Let the plan be approved, without the steps until then."""
    plan = (await whole_plan(cast.fbi_lead, event_id, NOW)).operation
    async with writing():
        await enter_plan_state(plan.id, OperationState.APPROVED, NOW)


async def test_a_phase_is_planned_changed_and_removed_with_the_etag_of_the_plan(speak: Speak, cast: Cast) -> None:
    event_id, path = await with_briefing(speak, cast)
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
    event_id, path = await with_briefing(speak, cast)
    lead, times = await speak(cast.fbi_lead), {"begun_at": HOUR_AGO}
    assert (await lead.ask("PUT", f"{path}/times", times, match="*")).status_code == 403
    await approved(cast, event_id)
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
    event_id, path = await with_briefing(speak, cast)
    await approved(cast, event_id)
    sent = wrong if tail else BRIEFING | wrong
    refused = await (await speak(cast.fbi_lead)).ask("PUT", f"{path}{tail}", sent, match="*")
    assert (refused.status_code, [one["field"] for one in refused.json()["errors"]]) == (409, [field])


async def test_people_on_the_operation_read_phases_and_change_none(speak: Speak, cast: Cast) -> None:
    event_id, path = await with_briefing(speak, cast)
    detective = await speak(cast.kcpd_detective)
    assert len((await detective.get(f"/operations/{event_id}/phases")).json()["items"]) == 1
    assert (await detective.ask("PUT", path, BRIEFING, match="*")).status_code == 403
    assert (await detective.ask("DELETE", path, match="*")).status_code == 403


async def test_a_phase_of_another_operation_is_missing(speak: Speak, cast: Cast) -> None:
    _, path = await with_briefing(speak, cast)
    other = await planned(cast.fbi_lead, cast.kcpd_detective, title="Operation Larkspur", at=(35.0, -94.0))
    lead = await speak(cast.fbi_lead)
    for phase in (path.rpartition("/")[2], str(uuid4())):
        found = await lead.ask("PUT", f"/operations/{other}/phases/{phase}", BRIEFING, match="*")
        assert found.status_code == 404
