"""A supervisor sends a plan back with a comment, which those who lead it read, and no one else."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, ZONE, Cast
from tests.usecases.operations.test_approval_notices import page_of, written
from tests.usecases.operations.world import RISSAFE, let_in, submitted
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core.message_types import PlanDecided
from tracker.rules.core.viewers import Viewer
from tracker.rules.operations.states import OperationState
from tracker.rules.views.home import ReturnedPlan
from tracker.usecases.operations import approvals
from tracker.usecases.operations.states import operation_for
from tracker.usecases.views.home import home_for

WHY = "Name the medic."


async def at_home(viewer: Viewer) -> list[tuple[UUID, str]]:
    """Return the plans on a person's Home that were sent back, and why."""
    found = (await home_for(viewer, NOW, NOW.date(), ZONE)).follow_up
    return [(one.line.event_id, one.given.comment) for one in found if isinstance(one, ReturnedPlan)]


@pytest.mark.both_engines
async def test_a_plan_that_is_sent_back_is_in_planning_and_keeps_its_number_and_the_comment(two: Cast) -> None:
    bluestem = await submitted(two)
    await approvals.record_deconfliction_number(two.fbi_lead, bluestem, RISSAFE, NOW)
    await approvals.return_plan(two.fbi_alternate, bluestem, WHY, NOW)
    after = await operation_for(two.fbi_lead, bluestem)
    assert (after.state, after.clearance and after.clearance.number) == (OperationState.PLANNING, RISSAFE.number)
    [given] = await approvals.returns_of(two.fbi_lead, bluestem)
    assert (given.version, given.by, given.comment) == (after.version, "Fbi alternate (FBI)", WHY)
    assert await at_home(two.fbi_lead) == [(bluestem, WHY)]


async def test_the_lead_is_emailed_without_the_comment(two: Cast) -> None:
    bluestem = await submitted(two)
    await approvals.return_plan(two.fbi_alternate, bluestem, WHY, NOW)
    [(recipient_id, mail)] = await written(PlanDecided)
    assert (recipient_id, page_of(mail)) == (two.fbi_lead.member_id, f"/events/{bluestem}")
    assert WHY not in str(mail)


async def test_the_comment_stays_when_the_plan_is_submitted_again_and_the_row_on_home_goes(two: Cast) -> None:
    bluestem = await submitted(two)
    await approvals.return_plan(two.fbi_alternate, bluestem, WHY, NOW)
    later = NOW + timedelta(minutes=5)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.SUBMITTED, later)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.PLANNING, later + timedelta(minutes=5))
    assert await at_home(two.fbi_lead) == []
    assert [one.comment for one in await approvals.returns_of(two.fbi_alternate, bluestem)] == [WHY]


async def test_others_on_the_operation_read_no_comment_and_have_no_row(two: Cast) -> None:
    bluestem = await submitted(two)
    await let_in(two.fbi_lead, two.kcpd_detective, bluestem, two.caht_lead)
    await approvals.return_plan(two.fbi_alternate, bluestem, WHY, NOW)
    for other in (two.kcpd_detective, two.caht_lead):
        assert (await approvals.returns_of(other, bluestem), await at_home(other)) == ([], [])


async def test_only_the_supervisor_sends_a_plan_back_with_a_comment_while_it_is_submitted(two: Cast) -> None:
    bluestem = await submitted(two)
    for other in (two.fbi_lead, two.kcpd_detective):
        with pytest.raises(NotAllowed):
            await approvals.return_plan(other, bluestem, WHY, NOW)
    with pytest.raises(NotFound):
        await approvals.return_plan(two.coordinator, bluestem, WHY, NOW)
    for wrong in ("", "x" * 501):
        with pytest.raises(Invalid, match="Say what should change"):
            await approvals.return_plan(two.fbi_alternate, bluestem, wrong, NOW)
    version = (await operation_for(two.fbi_lead, bluestem)).version
    with pytest.raises(Conflict, match="The plan has changed"):
        await approvals.return_plan(two.fbi_alternate, bluestem, WHY, NOW, version=version - 1)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.PLANNING, NOW)
    with pytest.raises(Conflict, match="isn’t waiting"):
        await approvals.return_plan(two.fbi_alternate, bluestem, WHY, NOW)
