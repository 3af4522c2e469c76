"""Conflicts by programs: what each side discloses, what a silent one doesn't, and what both decide."""

from typing import Any
from uuid import UUID

import pytest

from tests.cast import Cast
from tests.ports.api.conftest import Program, Speak
from tests.usecases.operations.world import B, disclose, let_in, planned, with_another_lead
from tracker.rules.operations.plans import Disclosure

FINE = {"decision": "proceed", "reason": "Channel 2."}


@pytest.fixture
async def two(cast: Cast) -> Cast:
    """On each engine, with two people who lead operations."""
    return await with_another_lead(cast)


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
