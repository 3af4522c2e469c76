"""Whatever people try with the plan of an operation, in any order: no step is reached past its guard."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.cast import Cast
from tests.faults.senders import IS_FULL
from tests.scenarios.plan_makers import LEAD, PEOPLE, RIVAL, SUPERVISOR, Deed, PlanMakers, StoredPlan
from tests.usecases.operations.world import with_another_lead
from tracker.rules.operations.states import STATES, OperationState

RELIED_ON = frozenset({OperationState.APPROVED, OperationState.BRIEFED})
"""States in which people rely on an approval that may still be changed."""
NAMES = PlanMakers(Cast({}, {}, {})).names
anything = some.builds(Deed, some.sampled_from(NAMES), some.sampled_from(PEOPLE), some.integers(0, 11))
onward = some.builds(Deed, some.just("advance"), some.just(LEAD), some.integers(0, 11))
deeds = some.lists(onward | onward | anything, max_size=16)
bounded = settings(
    max_examples=500 if IS_FULL else 12,
    derandomize=not IS_FULL,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""Each example begins with two new plans in the same database; `make faults` tries many more."""

ON, APPROVE, BRIEF = Deed("advance", LEAD, 5), 3, 4
"""What everyone does who plans as intended; and numbers of states."""
ATTACKS = {
    "the lead approves": [ON, Deed("number", LEAD, 1), Deed("move", LEAD, APPROVE)],
    "someone else approves": [ON, Deed("number", LEAD, 1), Deed("move", "hsi_liaison", APPROVE)],
    "no number": [ON, Deed("move", SUPERVISOR, APPROVE)],
    "a conflict": [ON, Deed("rival", RIVAL, 0), ON],
    "a number from before a site": [
        ON,
        Deed("number", LEAD, 1),
        Deed("add site", LEAD, 1),
        Deed("advance", LEAD, 0),
        ON,
    ],
    "a site after the approval": [ON, ON, Deed("add site", LEAD, 1), Deed("move", LEAD, BRIEF)],
    "a supervisor after the approval": [ON, ON, Deed("basics", LEAD, 6), Deed("move", LEAD, BRIEF)],
    "small moves that add up": [ON, ON, Deed("shift", LEAD, 4), Deed("shift", LEAD, 4)],
    "no acknowledgment": [ON, ON, Deed("move", LEAD, BRIEF)],
    "a draft": [Deed("move", LEAD, 9), Deed("move", SUPERVISOR, APPROVE), Deed("move", LEAD, BRIEF)],
}


def check_move(deed: Deed, before: StoredPlan, after: StoredPlan) -> None:
    """Check that a state follows the one before, and that its guard was met by the person who took the step."""
    if after.state is before.state:
        return
    falls_back = after.state is OperationState.PLANNING and deed.name in {"add site", "remove site", "basics", "shift"}
    assert after.state in STATES[before.state].moves or falls_back
    assert deed.name in {"advance", "move"} or falls_back
    if deed.name == "move" and after.state is not OperationState.APPROVED:
        assert deed.who == LEAD
    if after.state is OperationState.BRIEFED:
        assert before.acknowledged <= {before.version} or after.acknowledged <= {after.version}


def check_approval(deed: Deed, before: StoredPlan, after: StoredPlan, cast: Cast) -> None:
    """Check that an approval is given by the supervisor alone, with a number, and with no conflict they may know of."""
    if after.state is not OperationState.APPROVED or before.state is after.state:
        return
    assert before.state is OperationState.SUBMITTED
    by = cast.members[deed.who if deed.name == "move" else SUPERVISOR].member_id
    assert by == after.supervisor != cast.members[LEAD].member_id
    assert after.approval is not None
    assert after.approval[0] == by
    assert after.clearance is not None
    assert before.shown_conflicts == after.shown_conflicts == 0


def check_relied_on(held: StoredPlan, approved: StoredPlan | None) -> None:
    """Check that what was approved is still what is planned, and that nothing outlives its approval."""
    if held.state in RELIED_ON:
        assert approved is not None
        assert held.approval is not None
        assert held.clearance is not None
        assert (held.sites, held.supervisor) == (approved.sites, approved.supervisor)
        for starts_at, ends_at in (held.approval[1:], held.clearance):
            moved = max(abs(held.starts_at - starts_at), abs(held.ends_at - ends_at))
            assert moved.total_seconds() <= held.buffer * 60
    if held.state in (OperationState.PLANNING, OperationState.SUBMITTED, OperationState.STOOD_DOWN):
        assert held.approval is None


@bounded
@given(deeds=deeds)
async def test_no_step_is_reached_past_its_guard(cast: Cast, deeds: list[Deed]) -> None:
    await check_all(cast, deeds)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
async def test_no_known_way_leads_past_a_guard(cast: Cast, attack: list[Deed]) -> None:
    await check_all(cast, attack)


async def check_all(cast: Cast, deeds: list[Deed]) -> None:
    """Try the deeds one after another, and check what each of them changed."""
    two = await with_another_lead(cast)
    makers = PlanMakers(two)
    await makers.begin()
    before, approved = await makers.held(), None
    for deed in deeds:
        await makers.attempt(deed)
        after = await makers.held()
        check_move(deed, before, after)
        check_approval(deed, before, after, two)
        if after.state is OperationState.APPROVED and before.state is not after.state:
            approved = after
        check_relied_on(after, approved)
        before = after


async def test_people_who_do_their_part_get_to_the_operation(cast: Cast) -> None:
    makers = PlanMakers(await with_another_lead(cast))
    await makers.begin()
    reached = []
    for _ in range(4):
        await makers.attempt(Deed("advance", LEAD, 5))
        reached.append((await makers.held()).state)
    assert reached == ["submitted", "approved", "briefed", "executing"]
