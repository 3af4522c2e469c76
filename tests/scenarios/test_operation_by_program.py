"""An operation by programs alone, over a socket: a lead plans, a second agency commits, a supervisor approves."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest

from tests.cast import Cast
from tests.ports.standing import standing
from tests.scenarios.program import Json, Program, program_of, served
from tests.usecases.operations.world import A, B, with_another_lead

DAY = "2027-05-15"
BLUESTEM = {"kind": "joint_operation", "title": "Operation Bluestem", "visibility": "named", "date": DAY}
LARKSPUR = {**BLUESTEM, "title": "Operation Larkspur"}
Of = Callable[[str], Awaitable[Program]]


@pytest.fixture
async def of(sqlite_cast: Cast) -> AsyncIterator[Of]:
    """Give the program of a person of the cast; the alternate of the KCPD leads operations too."""
    cast = await with_another_lead(sqlite_cast)
    programs: dict[str, Program] = {}
    async with AsyncExitStack() as stack:
        app = stack.enter_context(standing())
        address = await stack.enter_async_context(served(app))

        async def program(name: str) -> Program:
            if name not in programs:
                programs[name] = await stack.enter_async_context(program_of(cast.members[name], address))
            return programs[name]

        yield program


async def planned(lead: Program, event: Json, *people: str, at: tuple[float, float] = A) -> str:
    """Schedule an operation for people by their names, plan it with one site, and return the plan's address."""
    known = {one["name"]: one["id"] for one in (await lead.get("/people"))["items"]}
    named = [{"member_id": known[one]} for one in people]
    made = await lead.do("POST", "/events", {**event, "time": "06:00", "minutes": 360, "people": named})
    await lead.do("POST", "/operations", {"event_id": made["id"]})
    plan = f"/operations/{made['id']}"
    site = {"role": "target", "place": "Lot behind the motel", "latitude": at[0], "longitude": at[1]}
    await lead.do("POST", f"{plan}/sites", site, of=plan)
    assert (await lead.do("POST", f"{plan}/states", {"to": "planning"}, of=plan))["state"] == "planning"
    return plan


async def bluestem(of: Of) -> str:
    """Plan Bluestem, name its supervisor, and let the KCPD commit."""
    lead, detective = await of("fbi_lead"), await of("kcpd_detective")
    plan = await planned(lead, BLUESTEM, "Hsi liaison", "Kcpd detective")
    choices = {one["name"]: one["id"] for one in (await lead.get(plan))["supervisors"]}
    await lead.do("PATCH", plan, {"supervisor_id": choices["Hsi liaison (HSI)"]}, of=plan)
    [mine] = (await detective.get(plan))["agencies"]
    commitment = {"people": 4, "vehicles": 2, "skills": "K-9"}
    await detective.do("PUT", f"{plan}/commitments/{mine['id']}", commitment, of=plan)
    await lead.do("POST", f"{plan}/states", {"to": "submitted"}, of=plan)
    return plan


async def in_conflict(of: Of) -> tuple[str, str]:
    """Plan Larkspur 873 feet from Bluestem, at the same time."""
    plan = await bluestem(of)
    return plan, await planned(await of("kcpd_alternate"), LARKSPUR, "Ipd liaison", at=B)


async def test_an_operation_is_planned_committed_to_approved_and_briefed(of: Of) -> None:
    plan = await bluestem(of)
    lead, detective, supervisor = await of("fbi_lead"), await of("kcpd_detective"), await of("hsi_liaison")
    await lead.do("POST", f"{plan}/clearances", {"system": "rissafe", "number": "RS-1042"}, of=plan)
    assert (await supervisor.do("POST", f"{plan}/approvals", of=plan))["state"] == "approved"
    [approval] = (await lead.get(f"{plan}/approvals"))["items"]
    assert approval["by"] == "Hsi liaison (HSI)"
    version = (await detective.get(plan))["version"]
    await detective.do("POST", f"{plan}/acknowledgments", {"version": version})
    assert (await lead.do("POST", f"{plan}/states", {"to": "briefed"}, of=plan))["state"] == "briefed"


async def test_a_supervisor_reads_every_reason_against_an_approval(of: Of) -> None:
    plan, _ = await in_conflict(of)
    supervisor = await of("hsi_liaison")
    reasons = [
        "1 conflict isn’t resolved yet.",
        "There is no deconfliction number from an outside system, and no waiver.",
    ]
    assert (await supervisor.get(plan))["next"] == {"state": "approved", "refusals": reasons}
    refused = await supervisor.ask("POST", f"{plan}/approvals", of=plan)
    assert (refused.status_code, refused.json()["reasons"]) == (403, reasons)


async def test_a_conflict_is_decided_by_both_sides_that_know_no_more_than_whom_to_call(of: Of) -> None:
    plan, other = await in_conflict(of)
    sides = {plan: await of("fbi_lead"), other: await of("kcpd_alternate")}
    found = [(await lead.get(f"{at}/hits"))["items"] for at, lead in sides.items()]
    assert [(one["agency"], one["lead"], one["starts_at"]) for [one] in found] == [
        ("KCPD", "Kcpd alternate", None),
        ("FBI", "Fbi lead", None),
    ]
    for (at, lead), [hit] in zip(sides.items(), found, strict=True):
        decision = {"decision": "proceed", "reason": "We share channel 2."}
        ended = await lead.do("PUT", f"{at}/hits/{hit['id']}/decision", decision, of=f"{at}/hits/{hit['id']}")
    assert ended["outcome"] == "proceed"


async def test_an_approval_of_a_plan_that_changed_meanwhile_is_refused(of: Of) -> None:
    plan = await bluestem(of)
    lead, supervisor = await of("fbi_lead"), await of("hsi_liaison")
    await lead.do("POST", f"{plan}/clearances", {"system": "rissafe", "number": "RS-1042"}, of=plan)
    await supervisor.get(plan)
    await lead.do("PATCH", plan, {"disclosure": "open"}, of=plan)
    assert (await supervisor.ask("POST", f"{plan}/approvals", of=plan)).status_code == 412


@pytest.mark.parametrize("name", ["coordinator", "kcpd_alternate", "caht_lead", "administrator", "auditor"])
async def test_for_the_programs_of_everyone_else_it_is_not_there(of: Of, name: str) -> None:
    plan = await bluestem(of)
    program = await of(name)
    for tail in ("", "/sites", "/commitments", "/hits", "/approvals", "/acknowledgments", "/clearances"):
        found = await program.ask("GET", f"{plan}{tail}")
        missing = await program.ask("GET", f"/operations/{uuid4()}{tail}")
        assert (found.status_code, found.content) == (404, missing.content)
    assert (await program.get("/operations"))["items"] == []
