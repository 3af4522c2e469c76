"""A plan is approved by a second person, cleared outside, and acknowledged by every agency as it is now."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast
from tests.usecases.operations.world import (
    BEGINS,
    FAR,
    RISSAFE,
    SIX,
    A,
    B,
    approve_bluestem,
    emails_of_kinds,
    let_in,
    linked_page,
    plan_operation,
    site,
    submit_bluestem,
)
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core.message_types import AccessDecided, AccessRequested, PlanDecided, PlanSubmitted
from tracker.rules.core.outbox import SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.emails import Email
from tracker.rules.operations.approvals import SUPERVISOR_GONE, Refusal, Settles
from tracker.rules.operations.plans import Disclosure, OutsideResult, SiteRole, point_at
from tracker.rules.operations.states import OperationState
from tracker.rules.views.home import MissingSupervisor, OpenRequests, ReturnedPlan
from tracker.tables.visible.operations import records as requests
from tracker.usecases.events import scheduling
from tracker.usecases.operations import access, approvals, deconfliction, plans
from tracker.usecases.operations.plans import PlanBasics, plan_basics, plan_view
from tracker.usecases.operations.states import operation_for
from tracker.usecases.views.home import home_for
from tracker.usecases.views.impact import offboard_person


async def state_of(viewer: Viewer, event_id: UUID) -> OperationState:
    return (await operation_for(viewer, event_id)).state


async def move_event(viewer: Viewer, event_id: UUID, starts: datetime) -> None:
    event, plan = await scheduling.plan_to_change(viewer, event_id)
    await scheduling.change_event(viewer, event_id, replace(plan, starts=starts), event.version, NOW)
    await deconfliction.compare_moved_plans(NOW)


@pytest.mark.both_engines
async def test_approval_is_refused_with_every_reason(two: Cast) -> None:
    bluestem = await submit_bluestem(two)
    await plan_operation(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=B)
    with pytest.raises(NotAllowed) as refused:
        await approvals.change_plan_state(two.fbi_alternate, bluestem, OperationState.APPROVED, NOW)
    assert refused.value.sentence == (
        "1 conflict isn’t resolved yet. There is no deconfliction number from an outside system, and no waiver."
    )


@pytest.mark.both_engines
async def test_a_conflict_that_the_other_side_keeps_silent_about_is_no_reason(two: Cast) -> None:
    bluestem = await submit_bluestem(two)
    larkspur = await plan_operation(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=FAR)
    silent = PlanBasics(supervisor_id=None, disclosure=Disclosure.SILENT, buffer=timedelta(minutes=60))
    await plans.change_plan_basics(two.kcpd_alternate, larkspur, silent, NOW)
    await plans.add_site_to_plan(two.kcpd_alternate, larkspur, site(B), NOW)
    await approvals.record_deconfliction_number(two.fbi_lead, bluestem, RISSAFE, NOW)
    await approvals.change_plan_state(two.fbi_alternate, bluestem, OperationState.APPROVED, NOW)
    assert await state_of(two.fbi_lead, bluestem) is OperationState.APPROVED


@pytest.mark.both_engines
async def test_the_lead_cannot_approve_their_own_plan(two: Cast) -> None:
    bluestem = await submit_bluestem(two)
    await approvals.record_deconfliction_number(two.fbi_lead, bluestem, RISSAFE, NOW)
    with pytest.raises(NotAllowed, match="operation lead can’t approve"):
        await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.APPROVED, NOW)


@pytest.mark.both_engines
async def test_a_waiver_needs_the_supervisor_and_a_reason(two: Cast) -> None:
    bluestem = await submit_bluestem(two)
    with pytest.raises(NotAllowed):
        await approvals.waive_deconfliction(two.fbi_lead, bluestem, "No time.", NOW)
    with pytest.raises(Invalid):
        await approvals.waive_deconfliction(two.fbi_alternate, bluestem, "", NOW)
    await approvals.waive_deconfliction(two.fbi_alternate, bluestem, "A child is in danger.", NOW)
    await approvals.change_plan_state(two.fbi_alternate, bluestem, OperationState.APPROVED, NOW)
    assert await state_of(two.fbi_lead, bluestem) is OperationState.APPROVED


@pytest.mark.both_engines
@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        (OutsideResult.CONFLICT, "RISSafe found a conflict (RS-1042)."),
        (OutsideResult.PENDING, "RISSafe hasn’t answered yet (RS-1042)."),
    ],
)
async def test_a_number_with_a_conflict_or_without_an_answer_needs_a_waiver(
    two: Cast, result: OutsideResult, sentence: str
) -> None:
    bluestem = await submit_bluestem(two)
    await approvals.record_deconfliction_number(two.fbi_lead, bluestem, replace(RISSAFE, result=result), NOW)
    with pytest.raises(NotAllowed) as refused:
        await approvals.change_plan_state(two.fbi_alternate, bluestem, OperationState.APPROVED, NOW)
    settle = "Record the new result, or have the approving supervisor waive it."
    assert refused.value.sentence == f"{sentence} {settle}"
    await approvals.waive_deconfliction(two.fbi_alternate, bluestem, "Both leads agreed on the phone.", NOW)
    await approvals.change_plan_state(two.fbi_alternate, bluestem, OperationState.APPROVED, NOW)
    assert await state_of(two.fbi_lead, bluestem) is OperationState.APPROVED


@pytest.fixture
async def led_by_fbi(two: Cast) -> UUID:
    """An operation of the FBI's lead that the coordinator can edit, and that its alternate is on."""
    return await plan_operation(two.fbi_lead, two.coordinator, two.fbi_alternate)


async def name_supervisor(viewer: Viewer, event_id: UUID, supervisor: Viewer) -> None:
    basics = plan_basics(await operation_for(viewer, event_id))
    await plans.change_plan_basics(viewer, event_id, replace(basics, supervisor_id=supervisor.member_id), NOW)


@pytest.mark.both_engines
async def test_who_named_themself_the_supervisor_neither_waives_nor_approves(two: Cast, led_by_fbi: UUID) -> None:
    await name_supervisor(two.coordinator, led_by_fbi, two.coordinator)
    await approvals.change_plan_state(two.fbi_lead, led_by_fbi, OperationState.SUBMITTED, NOW)
    with pytest.raises(NotAllowed, match="You named yourself the approving supervisor, so a second person"):
        await approvals.waive_deconfliction(two.coordinator, led_by_fbi, "No time.", NOW)
    await approvals.record_deconfliction_number(two.fbi_lead, led_by_fbi, RISSAFE, NOW)
    with pytest.raises(NotAllowed, match="You named yourself the approving supervisor, so a second person"):
        await approvals.change_plan_state(two.coordinator, led_by_fbi, OperationState.APPROVED, NOW)


@pytest.mark.both_engines
async def test_who_submitted_a_plan_does_not_approve_it(two: Cast, led_by_fbi: UUID) -> None:
    await name_supervisor(two.fbi_lead, led_by_fbi, two.coordinator)
    await approvals.change_plan_state(two.coordinator, led_by_fbi, OperationState.SUBMITTED, NOW)
    await approvals.record_deconfliction_number(two.fbi_lead, led_by_fbi, RISSAFE, NOW)
    with pytest.raises(NotAllowed, match="You submitted the plan, so a second person"):
        await approvals.change_plan_state(two.coordinator, led_by_fbi, OperationState.APPROVED, NOW)


@pytest.mark.both_engines
async def test_who_made_the_version_does_not_approve_it_until_someone_else_made_a_newer_one(
    two: Cast, led_by_fbi: UUID
) -> None:
    await name_supervisor(two.fbi_lead, led_by_fbi, two.coordinator)
    await approvals.change_plan_state(two.fbi_lead, led_by_fbi, OperationState.SUBMITTED, NOW)
    await approvals.record_deconfliction_number(two.fbi_lead, led_by_fbi, RISSAFE, NOW)
    await plans.choose_operation_kind(two.coordinator, led_by_fbi, "Search warrant", ("Search warrant",), NOW)
    with pytest.raises(NotAllowed, match="You made this version of the plan, so a second person"):
        await approvals.change_plan_state(two.coordinator, led_by_fbi, OperationState.APPROVED, NOW)
    await plans.choose_operation_kind(two.fbi_lead, led_by_fbi, "", ("Search warrant",), NOW)
    await approvals.change_plan_state(two.coordinator, led_by_fbi, OperationState.APPROVED, NOW)
    assert await state_of(two.fbi_lead, led_by_fbi) is OperationState.APPROVED


@pytest.mark.both_engines
async def test_a_number_keeps_when_it_was_submitted_and_what_was_answered(two: Cast) -> None:
    bluestem = await submit_bluestem(two)
    asked = replace(RISSAFE, result=OutsideResult.CONFLICT, submitted_at=datetime(2026, 12, 14, 22, 30, tzinfo=UTC))
    await approvals.record_deconfliction_number(two.fbi_lead, bluestem, asked, NOW)
    clearance = (await operation_for(two.fbi_lead, bluestem)).clearance
    assert clearance
    assert (clearance.result, clearance.submitted_at) == (
        OutsideResult.CONFLICT,
        datetime(2026, 12, 14, 22, 30, tzinfo=UTC),
    )


@pytest.mark.both_engines
@pytest.mark.parametrize("when", [timedelta(minutes=1), -timedelta(days=91)], ids=["later than now", "long ago"])
async def test_a_number_is_from_the_last_90_days(two: Cast, when: timedelta) -> None:
    bluestem = await submit_bluestem(two)
    asked = replace(RISSAFE, submitted_at=NOW + when)
    with pytest.raises(Invalid, match="within the last 90 days"):
        await approvals.record_deconfliction_number(two.fbi_lead, bluestem, asked, NOW)


@pytest.mark.both_engines
async def test_a_small_shift_keeps_the_approval_and_asks_for_new_acknowledgments(two: Cast) -> None:
    bluestem = await approve_bluestem(two)
    await plans.commit_resources(two.fbi_lead, bluestem, two.agencies["KCPD"], people=4, vehicles=2, skills="", now=NOW)
    before = await operation_for(two.fbi_lead, bluestem)
    await approvals.acknowledge_plan_version(two.kcpd_detective, bluestem, before.version, NOW)
    await move_event(two.fbi_lead, bluestem, SIX + timedelta(minutes=30))
    after = await operation_for(two.fbi_lead, bluestem)
    assert (after.state, before.waiting, after.waiting) == (OperationState.APPROVED, ("KCPD",), ("KCPD",))
    assert after.version == before.version + 1


@pytest.mark.both_engines
async def test_a_shift_beyond_the_buffer_takes_the_plan_back_and_keeps_the_old_number(two: Cast) -> None:
    bluestem = await approve_bluestem(two)
    await move_event(two.fbi_lead, bluestem, SIX + timedelta(minutes=61))
    after = await operation_for(two.fbi_lead, bluestem)
    assert (after.state, after.clearance) == (OperationState.PLANNING, None)
    assert [one.number for one in after.clearances] == ["RS-1042"]


@pytest.mark.both_engines
async def test_small_shifts_that_add_up_beyond_the_buffer_take_the_plan_back(two: Cast) -> None:
    bluestem = await approve_bluestem(two)
    for minutes in (50, 100):
        await move_event(two.fbi_lead, bluestem, SIX + timedelta(minutes=minutes))
    after = await operation_for(two.fbi_lead, bluestem)
    assert (after.state, after.clearance) == (OperationState.PLANNING, None)


@pytest.mark.both_engines
async def test_a_new_number_after_a_small_shift_does_not_stretch_the_approval(two: Cast) -> None:
    bluestem = await approve_bluestem(two)
    await move_event(two.fbi_lead, bluestem, SIX + timedelta(minutes=50))
    await approvals.record_deconfliction_number(two.fbi_lead, bluestem, replace(RISSAFE, number="RS-1043"), NOW)
    await move_event(two.fbi_lead, bluestem, SIX + timedelta(minutes=100))
    assert await state_of(two.fbi_lead, bluestem) is OperationState.PLANNING


@pytest.mark.both_engines
async def test_a_number_from_before_small_shifts_that_add_up_is_not_enough_for_an_approval(two: Cast) -> None:
    bluestem = await submit_bluestem(two)
    await approvals.record_deconfliction_number(two.fbi_lead, bluestem, RISSAFE, NOW)
    for minutes in (50, 100):
        await move_event(two.fbi_lead, bluestem, SIX + timedelta(minutes=minutes))
    assert (await operation_for(two.fbi_lead, bluestem)).clearance is None


@pytest.mark.both_engines
async def test_a_number_does_not_outlast_a_move_under_a_longer_buffer_that_is_shortened_again(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.fbi_alternate)
    await approvals.record_deconfliction_number(two.fbi_lead, bluestem, RISSAFE, NOW)
    basics = plan_basics(await operation_for(two.fbi_lead, bluestem))
    await plans.change_plan_basics(two.fbi_lead, bluestem, replace(basics, buffer=timedelta(hours=24)), NOW)
    await move_event(two.fbi_lead, bluestem, SIX + timedelta(hours=20))
    assert (await operation_for(two.fbi_lead, bluestem)).clearance
    await plans.change_plan_basics(two.fbi_lead, bluestem, basics, NOW)
    assert (await operation_for(two.fbi_lead, bluestem)).clearance is None


@pytest.mark.both_engines
async def test_any_changed_site_takes_the_plan_back(two: Cast) -> None:
    bluestem = await approve_bluestem(two)
    await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A, SiteRole.STAGING), NOW)
    assert await state_of(two.fbi_lead, bluestem) is OperationState.PLANNING


@pytest.mark.both_engines
async def test_a_plan_is_briefed_when_every_agency_has_acknowledged_it_as_it_is(two: Cast) -> None:
    bluestem = await approve_bluestem(two)
    await plans.commit_resources(two.fbi_lead, bluestem, two.agencies["KCPD"], people=4, vehicles=2, skills="", now=NOW)
    version = (await operation_for(two.fbi_lead, bluestem)).version
    with pytest.raises(NotAllowed, match=f"has acknowledged version {version}: KCPD"):
        await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.BRIEFED, NOW)
    for another in (version - 1, version + 1):
        with pytest.raises(Conflict, match=f"Read version {version}"):
            await approvals.acknowledge_plan_version(two.kcpd_detective, bluestem, another, NOW)
    await approvals.acknowledge_plan_version(two.kcpd_detective, bluestem, version, NOW)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.BRIEFED, NOW)
    assert await state_of(two.fbi_lead, bluestem) is OperationState.BRIEFED


@pytest.mark.both_engines
async def test_an_agency_speaks_for_itself_and_the_lead_for_all(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.hsi_liaison, two.kcpd_detective)
    numbers = {"people": 2, "vehicles": 1, "skills": "K-9", "now": NOW}
    await plans.commit_resources(two.kcpd_detective, bluestem, two.agencies["KCPD"], **numbers)
    with pytest.raises(NotAllowed):
        await plans.commit_resources(two.kcpd_detective, bluestem, two.agencies["HSI"], **numbers)
    await plans.commit_resources(two.fbi_lead, bluestem, two.agencies["HSI"], **numbers)
    operation = await operation_for(two.fbi_lead, bluestem)
    assert [one.agency for one in operation.commitments] == ["HSI", "KCPD"]
    for unknown in (two.agencies["CAHT"], UUID(int=1)):
        with pytest.raises(Invalid):
            await plans.commit_resources(two.fbi_lead, bluestem, unknown, **numbers)
    await plans.withdraw_resources(two.kcpd_detective, bluestem, two.agencies["KCPD"], NOW)
    assert [one.agency for one in (await operation_for(two.fbi_lead, bluestem)).commitments] == ["HSI"]


@pytest.mark.both_engines
async def test_a_plan_is_begun_once_by_its_lead_and_found_only_by_people_who_see_the_operation(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.hsi_liaison)
    with pytest.raises(Conflict):
        await plans.start_plan(two.fbi_lead, bluestem, NOW)
    with pytest.raises(NotAllowed):
        await plans.add_site_to_plan(two.hsi_liaison, bluestem, site(A), NOW)
    with pytest.raises(NotFound):
        await operation_for(two.coordinator, bluestem)


@pytest.mark.both_engines
async def test_only_someone_else_of_law_enforcement_on_the_operation_can_be_the_supervisor(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.hsi_liaison)
    await let_in(two.fbi_lead, two.hsi_liaison, bluestem, two.caht_lead)
    operation = await operation_for(two.fbi_lead, bluestem)
    assert list(await approvals.possible_supervisors(operation)) == [two.hsi_liaison.member_id]
    for wrong in (two.fbi_lead, two.caht_lead, two.ipd_liaison):
        wanted = PlanBasics(supervisor_id=wrong.member_id, disclosure=Disclosure.OPEN, buffer=timedelta(minutes=60))
        with pytest.raises(Invalid):
            await plans.change_plan_basics(two.fbi_lead, bluestem, wanted, NOW)


@pytest.mark.both_engines
async def test_a_plan_is_not_submitted_to_someone_who_left_the_operation(two: Cast) -> None:
    bluestem = await submit_bluestem(two)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.PLANNING, NOW)
    await access.take_off_operation(two.fbi_lead, bluestem, two.fbi_alternate.member_id, NOW)
    with pytest.raises(NotAllowed, match="Name someone else"):
        await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.SUBMITTED, NOW)


@pytest.mark.both_engines
async def test_a_plan_says_that_its_supervisor_can_no_longer_approve_it(two: Cast) -> None:
    bluestem = await submit_bluestem(two)
    await approvals.record_deconfliction_number(two.fbi_lead, bluestem, RISSAFE, NOW)
    assert (await plan_view(two.fbi_lead, bluestem, "2027-01-16", NOW)).obstacles == ()
    await offboard_person(two.coordinator, two.fbi_lead.member_id, two.fbi_alternate.member_id, NOW, NOW, NOW.date())
    assert (await plan_view(two.fbi_alternate, bluestem, "2027-01-16", NOW)).obstacles == (
        Refusal(says=SUPERVISOR_GONE, settles=Settles.SUPERVISOR),
    )


@pytest.mark.both_engines
async def test_an_operation_does_not_begin_weeks_before_its_planned_start(two: Cast) -> None:
    bluestem = await approve_bluestem(two)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.BRIEFED, NOW)
    [reason] = (await plan_view(two.fbi_lead, bluestem, "2027-01-16", NOW)).obstacles
    assert reason.says.startswith("It can begin on Fri, Jan 15 at 6:00 PM, 12 hours before")
    with pytest.raises(NotAllowed, match="It can begin on Fri, Jan 15"):
        await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.EXECUTING, NOW)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.EXECUTING, BEGINS)
    assert await state_of(two.fbi_lead, bluestem) is OperationState.EXECUTING


@pytest.mark.both_engines
@pytest.mark.parametrize("way", ["off the list", "account closed"])
async def test_a_supervisor_who_can_no_longer_approve_blocks_no_change_and_is_on_the_lead_s_home(
    two: Cast, way: str
) -> None:
    bluestem, gone = await submit_bluestem(two), two.fbi_alternate.member_id
    if way == "off the list":
        await access.take_off_operation(two.fbi_lead, bluestem, gone, NOW)
    else:
        await offboard_person(two.coordinator, gone, two.fbi_lead.member_id, NOW, NOW, NOW.date())
    home = await home_for(two.fbi_lead, NOW, NOW.date(), ZONE)
    assert [one.line.event_id for one in home.follow_up if isinstance(one, MissingSupervisor)] == [bluestem]
    before = plan_basics(await operation_for(two.fbi_lead, bluestem))
    assert before.supervisor_id == gone
    await plans.change_plan_basics(two.fbi_lead, bluestem, replace(before, disclosure=Disclosure.OPEN), NOW)
    after = await operation_for(two.fbi_lead, bluestem)
    assert (after.disclosure, after.state) == (Disclosure.OPEN, OperationState.SUBMITTED)


@pytest.mark.both_engines
async def test_a_plan_that_its_supervisor_can_approve_asks_for_no_other_one(two: Cast) -> None:
    await submit_bluestem(two)
    home = await home_for(two.fbi_lead, NOW, NOW.date(), ZONE)
    assert not [one for one in home.follow_up if isinstance(one, MissingSupervisor)]


WHY = "Name the medic."


async def returned_plans(viewer: Viewer) -> list[tuple[UUID, str]]:
    """Return the plans on a person's Home that were sent back, and why."""
    follow_up = (await home_for(viewer, NOW, NOW.date(), ZONE)).follow_up
    return [(one.line.event_id, one.given.comment) for one in follow_up if isinstance(one, ReturnedPlan)]


@pytest.mark.both_engines
async def test_a_plan_that_is_sent_back_is_in_planning_and_keeps_its_number_and_the_comment(two: Cast) -> None:
    bluestem = await submit_bluestem(two)
    await approvals.record_deconfliction_number(two.fbi_lead, bluestem, RISSAFE, NOW)
    await approvals.return_plan(two.fbi_alternate, bluestem, WHY, NOW)
    after = await operation_for(two.fbi_lead, bluestem)
    assert (after.state, after.clearance and after.clearance.number) == (OperationState.PLANNING, RISSAFE.number)
    [given] = await approvals.returns_of(two.fbi_lead, bluestem)
    assert (given.version, given.by, given.comment) == (after.version, "Fbi alternate (FBI)", WHY)
    assert await returned_plans(two.fbi_lead) == [(bluestem, WHY)]


async def test_the_lead_is_emailed_without_the_comment(two: Cast) -> None:
    bluestem = await submit_bluestem(two)
    await approvals.return_plan(two.fbi_alternate, bluestem, WHY, NOW)
    [(recipient_id, email)] = await emails_of_kinds(PlanDecided)
    assert (recipient_id, linked_page(email)) == (two.fbi_lead.member_id, f"/events/{bluestem}")
    assert WHY not in str(email)


async def test_the_comment_stays_when_the_plan_is_submitted_again_and_the_row_on_home_goes(two: Cast) -> None:
    bluestem = await submit_bluestem(two)
    await approvals.return_plan(two.fbi_alternate, bluestem, WHY, NOW)
    later = NOW + timedelta(minutes=5)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.SUBMITTED, later)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.PLANNING, later + timedelta(minutes=5))
    assert await returned_plans(two.fbi_lead) == []
    assert [one.comment for one in await approvals.returns_of(two.fbi_alternate, bluestem)] == [WHY]


async def test_others_on_the_operation_read_no_comment_and_have_no_row(two: Cast) -> None:
    bluestem = await submit_bluestem(two)
    await let_in(two.fbi_lead, two.kcpd_detective, bluestem, two.caht_lead)
    await approvals.return_plan(two.fbi_alternate, bluestem, WHY, NOW)
    for other in (two.kcpd_detective, two.caht_lead):
        assert (await approvals.returns_of(other, bluestem), await returned_plans(other)) == ([], [])


async def test_only_the_supervisor_sends_a_plan_back_with_a_comment_while_it_is_submitted(two: Cast) -> None:
    bluestem = await submit_bluestem(two)
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


LATER = NOW + timedelta(minutes=5)


async def test_the_supervisor_alone_is_emailed_that_a_plan_is_submitted(two: Cast) -> None:
    await submit_bluestem(two)
    [(recipient_id, email)] = await emails_of_kinds(PlanSubmitted, PlanDecided)
    assert (recipient_id, linked_page(email)) == (two.fbi_alternate.member_id, "/")


async def test_a_plan_that_is_withdrawn_before_the_email_goes_out_sends_none(two: Cast) -> None:
    bluestem = await submit_bluestem(two)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.PLANNING, NOW)
    assert [email.reason for _, email in await emails_of_kinds(PlanSubmitted)] == ["It no longer waits for a decision."]


async def test_a_supervisor_who_is_taken_off_the_operation_gets_no_email_about_it(two: Cast) -> None:
    bluestem = await submit_bluestem(two)
    await access.take_off_operation(two.fbi_lead, bluestem, two.fbi_alternate.member_id, NOW)
    [(_, email)] = await emails_of_kinds(PlanSubmitted)
    assert isinstance(email, SendOutcome)


async def test_a_plan_that_is_submitted_again_is_emailed_again(two: Cast) -> None:
    bluestem = await submit_bluestem(two)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.PLANNING, NOW)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.SUBMITTED, LATER)
    assert [isinstance(email, Email) for _, email in await emails_of_kinds(PlanSubmitted, now=LATER)] == [True, True]


async def test_the_lead_is_emailed_that_the_plan_is_approved(two: Cast) -> None:
    bluestem = await approve_bluestem(two)
    [(recipient_id, email)] = await emails_of_kinds(PlanDecided)
    assert (recipient_id, linked_page(email)) == (two.fbi_lead.member_id, f"/events/{bluestem}")
    assert RISSAFE.number not in str(email)


async def request_access(two: Cast) -> tuple[UUID, UUID]:
    """Ask for access of the lead of victim services to Bluestem, and return the operation and the request."""
    bluestem = await plan_operation(two.fbi_lead, two.hsi_liaison, two.kcpd_detective)
    await let_in(two.fbi_lead, two.hsi_liaison, bluestem, two.harbor_advocate)
    await access.give_access(
        two.fbi_lead, bluestem, two.caht_lead.member_id, "She arranges the interpreters.", None, LATER
    )
    [(_, waiting)] = await requests.waiting_grants(two.hsi_liaison)
    return bluestem, waiting.id


async def requests_at_home(viewer: Viewer) -> list[int]:
    """Return how many requests each row on a person's Home asks them to approve."""
    follow_up = (await home_for(viewer, LATER, LATER.date(), ZONE)).follow_up
    return [one.requests for one in follow_up if isinstance(one, OpenRequests)]


async def test_everyone_who_can_approve_access_is_emailed_and_finds_it_on_home_and_no_one_else(two: Cast) -> None:
    await request_access(two)
    second = [two.hsi_liaison, two.kcpd_detective]
    emails = [one for one in await emails_of_kinds(AccessRequested, now=LATER) if isinstance(one[1], Email)]
    assert sorted(one for one, _ in emails) == sorted(one.member_id for one in second)
    assert [linked_page(email) for _, email in emails] == ["/", "/"]
    others = [two.fbi_lead, two.harbor_advocate, two.caht_lead, two.coordinator, two.kcpd_alternate]
    assert [await requests_at_home(one) for one in [*second, *others]] == [[1], [1], [], [], [], [], []]


@pytest.mark.parametrize("decide", [access.approve_access, access.decline_access])
async def test_the_person_who_asked_for_access_is_emailed_the_decision_and_the_rows_go(
    two: Cast, decide: Callable[..., Awaitable[object]]
) -> None:
    bluestem, grant_id = await request_access(two)
    await decide(two.hsi_liaison, bluestem, grant_id, LATER)
    recipient_id, email = (await emails_of_kinds(AccessDecided, now=LATER))[-1]
    assert (recipient_id, linked_page(email)) == (two.fbi_lead.member_id, f"/events/{bluestem}")
    assert [await requests_at_home(one) for one in (two.hsi_liaison, two.kcpd_detective)] == [[], []]


async def test_a_request_waits_for_no_one_while_the_operation_is_canceled(two: Cast) -> None:
    bluestem, _ = await request_access(two)
    event = await scheduling.event_seen_by(two.fbi_lead, bluestem)
    await scheduling.cancel_event(two.fbi_lead, bluestem, event.version, "", LATER)
    assert await requests_at_home(two.hsi_liaison) == []
    await scheduling.restore_event(two.fbi_lead, bluestem, event.version + 1, LATER)
    assert await requests_at_home(two.hsi_liaison) == [1]


async def test_a_request_that_is_withdrawn_before_the_emails_go_out_sends_none(two: Cast) -> None:
    bluestem, grant_id = await request_access(two)
    await access.decline_access(two.fbi_lead, bluestem, grant_id, LATER)
    reasons = {
        email.reason for _, email in await emails_of_kinds(AccessRequested, now=LATER) if isinstance(email, SendOutcome)
    }
    assert reasons == {"It no longer waits for a decision."}
    assert not [email for _, email in await emails_of_kinds(AccessRequested, now=LATER) if isinstance(email, Email)]


OFFERED = ("Search warrant", "Arrest")


@pytest.mark.both_engines
async def test_a_kind_is_chosen_from_the_list_and_makes_a_new_version_of_the_plan(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.kcpd_detective)
    before = await operation_for(two.kcpd_detective, bluestem)
    await plans.choose_operation_kind(two.fbi_lead, bluestem, "Arrest", OFFERED, NOW)
    after = await operation_for(two.kcpd_detective, bluestem)
    assert (before.kind, after.kind, after.version) == ("", "Arrest", before.version + 1)
    with pytest.raises(Invalid):
        await plans.choose_operation_kind(two.fbi_lead, bluestem, "Raid", OFFERED, NOW)


@pytest.mark.both_engines
async def test_a_plan_keeps_a_kind_that_is_no_longer_offered(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.kcpd_detective)
    await plans.choose_operation_kind(two.fbi_lead, bluestem, "Arrest", OFFERED, NOW)
    version = (await operation_for(two.fbi_lead, bluestem)).version
    await plans.choose_operation_kind(two.fbi_lead, bluestem, "Arrest", ("Search warrant",), NOW)
    operation = await operation_for(two.fbi_lead, bluestem)
    assert (operation.kind, operation.version) == ("Arrest", version)
    await plans.choose_operation_kind(two.fbi_lead, bluestem, "", ("Search warrant",), NOW)
    assert (await operation_for(two.fbi_lead, bluestem)).kind == ""


@pytest.mark.both_engines
async def test_only_people_who_lead_the_operation_choose_its_kind(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.kcpd_detective)
    with pytest.raises(NotAllowed):
        await plans.choose_operation_kind(two.kcpd_detective, bluestem, "Arrest", OFFERED, NOW)
    with pytest.raises(NotFound):
        await plans.choose_operation_kind(two.coordinator, bluestem, "Arrest", OFFERED, NOW)


Change = Callable[[Cast, UUID, int], Awaitable[object]]
CHANGES: dict[str, Change] = {
    "add a site": lambda cast, event, read: plans.add_site_to_plan(cast.fbi_lead, event, site(B), NOW, version=read),
    "remove a site": lambda cast, event, read: plans.remove_site_from_plan(
        cast.fbi_lead, event, uuid4(), NOW, version=read
    ),
    "commit": lambda cast, event, read: plans.commit_resources(
        cast.hsi_liaison, event, cast.agencies["HSI"], people=2, vehicles=1, skills="", now=NOW, version=read
    ),
    "withdraw": lambda cast, event, read: plans.withdraw_resources(
        cast.hsi_liaison, event, cast.agencies["HSI"], NOW, version=read
    ),
}


@pytest.mark.parametrize("what", CHANGES)
async def test_a_change_of_a_version_that_is_no_longer_current_is_refused(sqlite_cast: Cast, what: str) -> None:
    event_id = await plan_operation(sqlite_cast.fbi_lead, sqlite_cast.hsi_liaison)
    with pytest.raises(Conflict, match="The plan has changed since you opened it"):
        await CHANGES[what](sqlite_cast, event_id, 1)


@pytest.mark.both_engines
@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"place": "The lot by the river"}, OperationState.APPROVED),
        ({"role": SiteRole.STAGING}, OperationState.PLANNING),
        ({"point": point_at(*B, 1_320)}, OperationState.PLANNING),
        ({"point": point_at(*A, 600)}, OperationState.PLANNING),
    ],
)
async def test_another_place_takes_an_approved_plan_back_and_other_words_for_it_do_not(
    two: Cast, change: dict[str, Any], state: OperationState
) -> None:
    event_id = await approve_bluestem(two)
    [(site_id, planned)] = (await plan_view(two.fbi_lead, event_id, "2027-01-16", NOW)).sites.items()
    before = await operation_for(two.fbi_lead, event_id)
    await plans.change_site_of_plan(two.fbi_lead, event_id, site_id, replace(planned, **change), NOW)
    after = await operation_for(two.fbi_lead, event_id)
    assert (after.state, after.version > before.version) == (state, True)
