"""A plan that changed after its approval: the approval names its version, and the supervisor hears of the change."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast
from tests.usecases.operations.world import BEGINS, SIX, B, approve_bluestem, emails_of_kinds, linked_page, site
from tracker.rules.core.message_types import ApprovedPlanChanged
from tracker.rules.core.viewers import Viewer
from tracker.rules.operations.orders import Paragraph, PhasePlan
from tracker.rules.operations.states import OperationState
from tracker.usecases.events import scheduling
from tracker.usecases.operations import deconfliction, orders, plans
from tracker.usecases.operations.states import operation_for

OFFERED = ("Search warrant", "Arrest")


async def move_a_little(lead: Viewer, event_id: UUID) -> None:
    """Move the operation by less than its buffer, and let the clock compare."""
    event, plan = await scheduling.plan_to_change(lead, event_id)
    await scheduling.change_event(lead, event_id, replace(plan, starts=SIX + timedelta(minutes=30)), event.version, NOW)
    await deconfliction.compare_moved_plans(NOW)


LATER_DEEDS: dict[str, Callable[[Cast, UUID], Awaitable[object]]] = {
    "the order": lambda cast, event: orders.save_operations_order(
        cast.fbi_lead, event, {Paragraph.MISSION: "Secure the lot."}, NOW, read=0
    ),
    "a phase": lambda cast, event: orders.plan_phase(
        cast.fbi_lead, event, PhasePlan(name="Briefing", starts_at=BEGINS, ends_at=None), NOW
    ),
    "the kind": lambda cast, event: plans.choose_operation_kind(cast.fbi_lead, event, "Arrest", OFFERED, NOW),
    "a small move": lambda cast, event: move_a_little(cast.fbi_lead, event),
}


@pytest.mark.parametrize("what", LATER_DEEDS)
async def test_what_changed_after_the_approval_is_named_beside_it_and_its_supervisor_is_emailed(
    two: Cast, what: str
) -> None:
    bluestem = await approve_bluestem(two)
    before = await operation_for(two.fbi_alternate, bluestem)
    await LATER_DEEDS[what](two, bluestem)
    after = await operation_for(two.fbi_alternate, bluestem)
    assert (before.approval_note, after.state) == ("", OperationState.APPROVED)
    assert after.approval_note == f"Version {before.version} was approved; this is version {before.version + 1}."
    [(recipient_id, email)] = await emails_of_kinds(ApprovedPlanChanged)
    assert (recipient_id, linked_page(email)) == (two.fbi_alternate.member_id, f"/events/{bluestem}")


async def test_several_changes_within_an_hour_are_one_email_to_the_supervisor(two: Cast) -> None:
    bluestem = await approve_bluestem(two)
    for kind in OFFERED:
        await plans.choose_operation_kind(two.fbi_lead, bluestem, kind, OFFERED, NOW)
    assert len(await emails_of_kinds(ApprovedPlanChanged)) == 1


async def test_a_supervisor_hears_nothing_of_what_an_agency_commits_or_of_an_approval_that_ended(two: Cast) -> None:
    bluestem = await approve_bluestem(two)
    await plans.commit_resources(two.fbi_lead, bluestem, two.agencies["KCPD"], people=4, vehicles=2, skills="", now=NOW)
    await plans.add_site_to_plan(two.fbi_lead, bluestem, site(B), NOW)
    assert await emails_of_kinds(ApprovedPlanChanged) == []
    assert (await operation_for(two.fbi_alternate, bluestem)).approved_version is None
