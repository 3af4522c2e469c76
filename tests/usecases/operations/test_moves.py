"""A moved operation: what is said before it is saved, and what its lead, Home, and the approval learn of it."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast
from tests.usecases.operations.world import (
    BASICS,
    NOTICE_TEXT,
    RISSAFE,
    approve_bluestem,
    emails_of_kinds,
    linked_page,
    plan_operation,
    submit_bluestem,
)
from tracker.errors import NotAllowed
from tracker.rules.core.message_types import PlanMoved
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.emails import Email
from tracker.rules.operations.readiness import NoticeState
from tracker.rules.operations.states import OperationState
from tracker.rules.views.home import MovedPlan
from tracker.usecases.events import history, scheduling
from tracker.usecases.operations import approvals, deconfliction, plans, readiness
from tracker.usecases.operations.states import move_in_words, operation_for
from tracker.usecases.views.home import home_for
from tracker.usecases.views.impact import dry_run

A_DAY, A_BIT = timedelta(days=1), timedelta(minutes=30)
BACK = "The plan returns to planning, because the time moved beyond its buffer"
KEPT = "The service-readiness notice keeps its window, Fri, Jan 15, 8:00 PM – Sat, Jan 16, 8:00 PM."


async def move(mover: Viewer, event_id: UUID, by: timedelta, now: datetime = NOW) -> None:
    """Move an operation, without letting the clock compare."""
    event, plan = await scheduling.plan_to_change(mover, event_id)
    assert plan.starts
    await scheduling.change_event(mover, event_id, replace(plan, starts=plan.starts + by), event.version, now)


async def schedule_notice(two: Cast, event_id: UUID) -> None:
    """Schedule a notice whose window holds the operation."""
    lead, to = two.fbi_lead, [two.harbor_advocate.member_id]
    await readiness.save_readiness_notice(lead, event_id, NOTICE_TEXT, NOTICE_TEXT.starts_at - A_DAY, to, NOW)
    view = await readiness.readiness_view(lead, event_id, "2027-01-16")
    assert view.current
    await readiness.change_notice_state(lead, event_id, view.current.id, NoticeState.SCHEDULED, NOW)


async def moved_rows(viewer: Viewer, now: datetime = NOW) -> list[MovedPlan]:
    """Return the rows on Home about moved operations."""
    home = await home_for(viewer, now, now.date(), ZONE)
    assert home.is_whole
    return [row for row in home.follow_up if isinstance(row, MovedPlan)]


@pytest.mark.both_engines
async def test_the_preview_of_a_move_says_that_the_plan_returns_and_that_the_notice_keeps_its_window(two: Cast) -> None:
    bluestem = await approve_bluestem(two)
    await schedule_notice(two, bluestem)

    async def deed() -> None:
        await move(two.fbi_lead, bluestem, A_DAY)

    outcome = await dry_run(two.fbi_lead, bluestem, deed, NOW)
    assert BACK in outcome.plan_words
    assert KEPT in outcome.plan_words
    assert "You get an email about this." in outcome.plan_words


async def test_a_move_within_the_buffer_takes_no_plan_back(two: Cast) -> None:
    bluestem = await approve_bluestem(two)
    await move(two.fbi_lead, bluestem, A_BIT)
    assert await move_in_words(two.fbi_lead, bluestem) == ""
    await deconfliction.compare_moved_plans(NOW)
    assert (await operation_for(two.fbi_lead, bluestem)).state is OperationState.APPROVED
    assert await moved_rows(two.fbi_lead) == []
    assert await emails_of_kinds(PlanMoved) == []


async def test_what_the_preview_says_is_what_the_clock_does(two: Cast) -> None:
    bluestem = await submit_bluestem(two)
    await move(two.fbi_lead, bluestem, A_DAY)
    assert "its submission and deconfliction number no longer count" in await move_in_words(two.fbi_lead, bluestem)
    await deconfliction.compare_moved_plans(NOW)
    assert (await operation_for(two.fbi_lead, bluestem)).state is OperationState.PLANNING
    assert await move_in_words(two.fbi_lead, bluestem) == ""


@pytest.mark.both_engines
async def test_the_lead_gets_an_email_and_a_row_on_home_until_the_plan_is_submitted_again(two: Cast) -> None:
    bluestem = await approve_bluestem(two)
    await schedule_notice(two, bluestem)
    await move(two.fbi_lead, bluestem, A_DAY)
    await deconfliction.compare_moved_plans(NOW)
    [(recipient_id, email)] = await emails_of_kinds(PlanMoved)
    assert recipient_id == two.fbi_lead.member_id
    assert linked_page(email) == f"/events/{bluestem}"
    [row] = await moved_rows(two.fbi_lead)
    assert row.is_back
    assert row.notice_words == KEPT
    assert await moved_rows(two.fbi_alternate) == []
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.SUBMITTED, NOW + A_BIT)
    [row] = await moved_rows(two.fbi_lead)
    assert not row.is_back  # the notice still names the day before


async def test_the_email_about_a_move_says_what_it_left_and_names_nothing(two: Cast) -> None:
    bluestem = await approve_bluestem(two)
    await move(two.fbi_lead, bluestem, A_DAY)
    await deconfliction.compare_moved_plans(NOW)
    [(_, email)] = await emails_of_kinds(PlanMoved)
    assert isinstance(email, Email)
    assert email.says.is_back
    assert not email.says.keeps_window


async def test_the_email_about_a_move_is_not_sent_once_the_plan_is_submitted_again(two: Cast) -> None:
    bluestem = await approve_bluestem(two)
    await move(two.fbi_lead, bluestem, A_DAY)
    await deconfliction.compare_moved_plans(NOW)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.SUBMITTED, NOW)
    [(_, email)] = await emails_of_kinds(PlanMoved)
    assert not isinstance(email, Email)


@pytest.mark.both_engines
async def test_a_supervisor_who_moved_the_operation_does_not_approve_it_alone(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.coordinator)
    basics = replace(BASICS, supervisor_id=two.coordinator.member_id)
    await plans.change_plan_basics(two.fbi_lead, bluestem, basics, NOW)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.SUBMITTED, NOW)
    await approvals.record_deconfliction_number(two.fbi_lead, bluestem, RISSAFE, NOW)
    await move(two.coordinator, bluestem, A_BIT)
    await deconfliction.compare_moved_plans(NOW)
    with pytest.raises(NotAllowed, match="You made this version"):
        await approvals.change_plan_state(two.coordinator, bluestem, OperationState.APPROVED, NOW)


async def test_a_move_that_was_undone_makes_no_one_else_the_author_of_the_plan(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.coordinator)
    await move(two.coordinator, bluestem, A_BIT)
    change_id = await history.change_made_at(two.coordinator, bluestem, NOW)
    assert change_id
    await history.undo_change(two.coordinator, bluestem, change_id, NOW)
    await deconfliction.compare_moved_plans(NOW)
    assert (await operation_for(two.fbi_lead, bluestem)).changed_by_id == two.fbi_lead.member_id
