"""What goes wrong around a plan: people who may not know, changes of the event, canceling, and time that passes."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, operation
from tests.usecases.operations.world import FAR, RISSAFE, SIX, B, disclose, let_in, plan_operation, site
from tracker.database import writing
from tracker.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from tracker.rules.core.viewers import Status, Viewer, Visibility
from tracker.rules.events.events import EventStatus, Kind
from tracker.rules.operations.approvals import Settles
from tracker.rules.operations.deconfliction import Decision, Outcome
from tracker.rules.operations.plans import Disclosure
from tracker.rules.operations.states import OperationState
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.roster.meetings import ReminderPolicy
from tracker.tables.schema.operations import OperationPlan
from tracker.tables.schema.roster import Member
from tracker.usecases.emails import reminders
from tracker.usecases.emails.nudges import next_follow_up, nudge_people, silent_people_of_date
from tracker.usecases.events import history, scheduling
from tracker.usecases.events.occurrences import date_seen_by
from tracker.usecases.events.scheduling import schedule_event
from tracker.usecases.operations import approvals, deconfliction, plans
from tracker.usecases.operations.plans import plan_basics, plan_view
from tracker.usecases.operations.states import operation_for
from tracker.usecases.views.event_page import view_event
from tracker.usecases.views.home import home_for

pytestmark = pytest.mark.both_engines

KEY = "2027-01-16"


async def plan_conflict_with_advocate(two: Cast) -> tuple[UUID, UUID]:
    """Plan Bluestem, with an advocate on its list, and Larkspur in its way."""
    bluestem = await plan_operation(two.fbi_lead, two.hsi_liaison)
    await let_in(two.fbi_lead, two.hsi_liaison, bluestem, two.caht_lead)
    return bluestem, await plan_operation(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=B)


async def change_event(viewer: Viewer, event_id: UUID, **facts: object) -> None:
    event, plan = await scheduling.plan_to_change(viewer, event_id)
    await scheduling.change_event(viewer, event_id, replace(plan, **facts), event.version, NOW)


async def test_who_is_on_an_operation_and_does_not_lead_it_learns_of_no_conflict(two: Cast) -> None:
    bluestem, _ = await plan_conflict_with_advocate(two)
    for other in (two.caht_lead, two.hsi_liaison):
        view = await plan_view(other, bluestem, KEY, NOW)
        assert (view.hits, [refusal for refusal in view.refusals if refusal.settles is Settles.CONFLICTS]) == ([], [])
    assert len((await plan_view(two.fbi_lead, bluestem, KEY, NOW)).hits) == 1


async def test_an_operation_whose_place_is_unknown_is_shown_to_the_officer_with_those_at_its_time(two: Cast) -> None:
    bluestem, larkspur = await plan_conflict_with_advocate(two)
    [site_read] = (await plan_view(two.kcpd_alternate, larkspur, KEY, NOW)).sites
    await plans.remove_site_from_plan(two.kcpd_alternate, larkspur, site_read, NOW)
    assert not (await plan_view(two.kcpd_alternate, larkspur, KEY, NOW)).is_placed
    assert not any(one.is_open for one in (await plan_view(two.fbi_lead, bluestem, KEY, NOW)).hits)
    [unplaced_operation] = await deconfliction.unplaced_operations(two.coordinator, NOW)
    assert (unplaced_operation.side.agency, [one.agency for one in unplaced_operation.others]) == ("KCPD", ["FBI"])
    for name in ("fbi_lead", "caht_lead", "administrator"):
        with pytest.raises(NotFound):
            await deconfliction.unplaced_operations(two.members[name], NOW)
    await change_event(two.kcpd_alternate, larkspur, starts=SIX + timedelta(days=1))
    assert await deconfliction.unplaced_operations(two.coordinator, NOW) == []


async def test_a_conflict_that_has_ended_shows_its_outcome_and_who_led_and_nothing_else(two: Cast) -> None:
    bluestem, larkspur = await plan_conflict_with_advocate(two)
    await disclose(two.kcpd_alternate, larkspur, Disclosure.OPEN)
    await change_event(two.kcpd_alternate, larkspur, starts=SIX + timedelta(days=10))
    await deconfliction.compare_moved_plans(NOW)
    [hit] = (await plan_view(two.fbi_lead, bluestem, KEY, NOW)).hits
    assert (hit.outcome, hit.other.agency) == (Outcome.SUPERSEDED, "KCPD")
    assert (hit.lead, hit.other.lead) == ("Fbi lead", "Kcpd alternate")
    assert (hit.other.phone, hit.other.email, hit.other.starts_at, hit.distance_ft) == ("", "", None, None)


async def test_a_conflict_that_ended_while_the_other_side_showed_nothing_names_no_one(two: Cast) -> None:
    bluestem, larkspur = await plan_conflict_with_advocate(two)
    await disclose(two.kcpd_alternate, larkspur, Disclosure.SILENT)
    await approvals.change_plan_state(two.kcpd_alternate, larkspur, OperationState.STOOD_DOWN, NOW)
    [hit] = (await plan_view(two.fbi_lead, bluestem, KEY, NOW)).hits
    assert (hit.other.agency, hit.other.lead) == ("KCPD", "")


async def test_a_conflict_that_was_silent_until_its_end_stays_so(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.hsi_liaison)
    larkspur = await plan_operation(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=FAR)
    await disclose(two.kcpd_alternate, larkspur, Disclosure.SILENT)
    await plans.add_site_to_plan(two.kcpd_alternate, larkspur, site(B), NOW)
    await approvals.change_plan_state(two.kcpd_alternate, larkspur, OperationState.STOOD_DOWN, NOW)
    await disclose(two.kcpd_alternate, larkspur, Disclosure.OPEN)
    assert (await plan_view(two.fbi_lead, bluestem, KEY, NOW)).hits == []


async def test_a_page_that_is_out_of_date_changes_nothing(two: Cast) -> None:
    bluestem, _ = await plan_conflict_with_advocate(two)
    before = await operation_for(two.fbi_lead, bluestem)
    silent = replace(plan_basics(before), disclosure=Disclosure.SILENT)
    await plans.change_plan_basics(two.fbi_lead, bluestem, silent, NOW, version=before.version)
    with pytest.raises(Conflict):
        await plans.change_plan_basics(two.fbi_lead, bluestem, plan_basics(before), NOW, version=before.version)
    with pytest.raises(Conflict):
        await approvals.change_plan_state(
            two.fbi_lead, bluestem, OperationState.STOOD_DOWN, NOW, version=before.version
        )
    assert (await operation_for(two.fbi_lead, bluestem)).disclosure is Disclosure.SILENT


async def test_the_side_that_shows_nothing_decides_alone(two: Cast) -> None:
    _, larkspur = await plan_conflict_with_advocate(two)
    await disclose(two.kcpd_alternate, larkspur, Disclosure.SILENT)
    [hit] = (await plan_view(two.kcpd_alternate, larkspur, KEY, NOW)).hits
    decided = deconfliction.decide_conflict(
        two.kcpd_alternate, larkspur, hit.id, Decision.PROCEED, "Our own team.", NOW
    )
    assert await decided is Outcome.PROCEED


async def test_what_the_side_that_shows_nothing_decides_alone_is_not_shown_as_agreed(two: Cast) -> None:
    bluestem, larkspur = await plan_conflict_with_advocate(two)
    await disclose(two.kcpd_alternate, larkspur, Disclosure.SILENT)
    [hit] = (await plan_view(two.kcpd_alternate, larkspur, KEY, NOW)).hits
    await deconfliction.decide_conflict(two.kcpd_alternate, larkspur, hit.id, Decision.PROCEED, "Our own team.", NOW)
    [other_hit] = (await plan_view(two.kcpd_alternate, larkspur, KEY, NOW)).hits
    [ours] = (await plan_view(two.fbi_lead, bluestem, KEY, NOW)).hits
    assert (other_hit.outcome, ours.outcome, ours.theirs) == (Outcome.PROCEED, Outcome.SUPERSEDED, None)


async def test_one_operation_of_both_is_never_decided_alone(two: Cast) -> None:
    _, larkspur = await plan_conflict_with_advocate(two)
    await disclose(two.kcpd_alternate, larkspur, Disclosure.SILENT)
    [hit] = (await plan_view(two.kcpd_alternate, larkspur, KEY, NOW)).hits
    assert (
        await deconfliction.decide_conflict(two.kcpd_alternate, larkspur, hit.id, Decision.JOINT, "Fine.", NOW) is None
    )


async def test_a_conflict_that_was_decided_alone_is_open_again_when_the_other_side_is_shown_it(two: Cast) -> None:
    bluestem, larkspur = await plan_conflict_with_advocate(two)
    await disclose(two.kcpd_alternate, larkspur, Disclosure.SILENT)
    [hit] = (await plan_view(two.kcpd_alternate, larkspur, KEY, NOW)).hits
    await deconfliction.decide_conflict(two.kcpd_alternate, larkspur, hit.id, Decision.PROCEED, "Our own team.", NOW)
    await disclose(two.kcpd_alternate, larkspur, Disclosure.CONTACT_ONLY)
    assert any(one.is_open for one in (await plan_view(two.fbi_lead, bluestem, KEY, NOW)).hits)


async def test_the_event_s_page_and_home_tell_the_lead_of_a_conflict_and_no_one_else(two: Cast) -> None:
    bluestem, larkspur = await plan_conflict_with_advocate(two)
    seen = {}
    for name in ("fbi_lead", "hsi_liaison", "caht_lead"):
        view = await view_event(two.members[name], bluestem, KEY, NOW)
        rows = (await home_for(two.members[name], NOW, NOW.date(), ZONE)).conflicts
        seen[name] = view.plan and view.plan.conflicts, [row.conflicts for row in rows or ()]
    assert seen == {"fbi_lead": (1, [1]), "hsi_liaison": (0, []), "caht_lead": (0, [])}
    await disclose(two.kcpd_alternate, larkspur, Disclosure.SILENT)
    assert (await home_for(two.fbi_lead, NOW, NOW.date(), ZONE)).conflicts == []


async def test_a_draft_has_no_plan(two: Cast) -> None:
    drafted = await schedule_event(two.fbi_lead, operation(two.hsi_liaison, status=EventStatus.DRAFT), NOW)
    with pytest.raises(NotAllowed):
        await plans.start_plan(two.fbi_lead, drafted, NOW)


async def test_an_operation_that_everyone_may_see_has_no_plan(two: Cast) -> None:
    opened = await schedule_event(two.fbi_lead, operation(two.hsi_liaison, visibility=Visibility.LAW_ENFORCEMENT), NOW)
    with pytest.raises(NotFound):
        await plans.start_plan(two.fbi_lead, opened, NOW)


async def test_an_event_with_a_plan_stays_an_operation_with_one_date_for_named_people(two: Cast) -> None:
    bluestem, _ = await plan_conflict_with_advocate(two)
    weekly = rule_for_choice("weekly", SIX, until=(SIX + timedelta(days=60)).date())
    for facts in ({"kind": Kind.MEETING}, {"rule": weekly}):
        with pytest.raises(Invalid):
            await change_event(two.fbi_lead, bluestem, **facts)


async def test_a_new_site_or_standing_down_ends_the_deconfliction_number(two: Cast) -> None:
    bluestem, _ = await plan_conflict_with_advocate(two)
    for number, deed in enumerate(("site", "stand down")):
        await approvals.record_deconfliction_number(
            two.fbi_lead, bluestem, replace(RISSAFE, number=f"RS-{number}"), NOW
        )
        if deed == "site":
            await plans.add_site_to_plan(two.fbi_lead, bluestem, site(B), NOW)
        else:
            await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.STOOD_DOWN, NOW)
        assert (await operation_for(two.fbi_lead, bluestem)).clearance is None, deed


async def test_a_move_while_the_event_is_canceled_counts_when_it_is_restored(two: Cast) -> None:
    bluestem, _ = await plan_conflict_with_advocate(two)
    await approvals.record_deconfliction_number(two.fbi_lead, bluestem, RISSAFE, NOW)
    event, _ = await scheduling.plan_to_change(two.fbi_lead, bluestem)
    await scheduling.cancel_event(two.fbi_lead, bluestem, event.version, "", NOW)
    await deconfliction.compare_moved_plans(NOW)
    event, _ = await scheduling.plan_to_change(two.fbi_lead, bluestem)
    await scheduling.restore_event(two.fbi_lead, bluestem, event.version, NOW)
    await change_event(two.fbi_lead, bluestem, starts=SIX + timedelta(days=10))
    assert await deconfliction.compare_moved_plans(NOW) == 1
    assert await deconfliction.compare_moved_plans(NOW) == 0
    assert (await operation_for(two.fbi_lead, bluestem)).clearance is None


async def test_conflicts_end_when_an_operation_is_long_over(two: Cast) -> None:
    await plan_conflict_with_advocate(two)
    later = NOW + timedelta(days=60)
    assert await deconfliction.compare_moved_plans(later) > 0
    assert await deconfliction.open_conflicts(two.coordinator, later) == []
    assert await deconfliction.compare_moved_plans(later) == 0


async def test_an_agency_that_committed_nothing_cannot_withdraw(two: Cast) -> None:
    bluestem, _ = await plan_conflict_with_advocate(two)
    before = await operation_for(two.fbi_lead, bluestem)
    with pytest.raises(NotFound):
        await plans.withdraw_resources(two.caht_lead, bluestem, two.caht_lead.agency_id, NOW)
    assert (await operation_for(two.fbi_lead, bluestem)).version == before.version


async def test_nothing_of_the_plan_changes_after_the_operation(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.fbi_alternate, two.kcpd_detective)
    basics = plan_basics(await operation_for(two.fbi_lead, bluestem))
    await plans.change_plan_basics(
        two.fbi_lead, bluestem, replace(basics, supervisor_id=two.fbi_alternate.member_id), NOW
    )
    numbers = {"people": 2, "vehicles": 1, "skills": "", "now": NOW}
    await plans.commit_resources(two.kcpd_detective, bluestem, two.kcpd_detective.agency_id, **numbers)
    async with writing():
        await OperationPlan.update({OperationPlan.state: OperationState.ABORTED}, force=True)
    before = await operation_for(two.fbi_lead, bluestem)
    kcpd = two.kcpd_detective
    for late in (
        plans.commit_resources(kcpd, bluestem, kcpd.agency_id, **numbers),
        plans.withdraw_resources(kcpd, bluestem, kcpd.agency_id, NOW),
        approvals.acknowledge_plan_version(kcpd, bluestem, before.version, NOW),
        approvals.waive_deconfliction(two.fbi_alternate, bluestem, "A child is in danger.", NOW),
    ):
        with pytest.raises(NotAllowed, match="The operation is over"):
            await late
    assert await operation_for(two.fbi_lead, bluestem) == before


async def test_another_supervisor_takes_an_approved_plan_back(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.fbi_alternate, two.hsi_liaison)
    basics = plan_basics(await operation_for(two.fbi_lead, bluestem))
    await plans.change_plan_basics(
        two.fbi_lead, bluestem, replace(basics, supervisor_id=two.fbi_alternate.member_id), NOW
    )
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.SUBMITTED, NOW)
    await approvals.record_deconfliction_number(two.fbi_lead, bluestem, RISSAFE, NOW)
    await approvals.change_plan_state(two.fbi_alternate, bluestem, OperationState.APPROVED, NOW)
    await plans.change_plan_basics(
        two.fbi_lead, bluestem, replace(basics, supervisor_id=two.hsi_liaison.member_id), NOW
    )
    after = await operation_for(two.fbi_lead, bluestem)
    assert (after.state, after.clearance) == (OperationState.PLANNING, None)


async def test_a_canceled_operation_is_not_submitted(two: Cast) -> None:
    bluestem, _ = await plan_conflict_with_advocate(two)
    event, _ = await scheduling.plan_to_change(two.fbi_lead, bluestem)
    await scheduling.cancel_event(two.fbi_lead, bluestem, event.version, "", NOW)
    with pytest.raises(NotAllowed, match="The operation is canceled"):
        await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.SUBMITTED, NOW)


async def test_a_new_operation_that_has_a_plan_is_not_undone(two: Cast) -> None:
    bluestem = await schedule_event(
        two.fbi_lead, operation(two.hsi_liaison), NOW, notified_at=NOW + timedelta(seconds=30)
    )
    event, _ = await scheduling.plan_to_change(two.fbi_lead, bluestem)
    change_id = await history.change_made_at(two.fbi_lead, bluestem, event.changed_at)
    assert change_id
    await plans.start_plan(two.fbi_lead, bluestem, NOW)
    with pytest.raises(Gone):
        await history.undo_change(two.fbi_lead, bluestem, change_id, NOW)


async def test_the_officer_sees_a_conflict_whose_lead_has_no_account_any_longer(two: Cast) -> None:
    await plan_conflict_with_advocate(two)
    async with writing():
        await Member.update({Member.status: Status.SUSPENDED}).where(Member.id == two.kcpd_alternate.member_id)
    [case] = await deconfliction.open_conflicts(two.coordinator, NOW)
    assert {(side.lead, side.email) for side in case.sides} == {
        ("Fbi lead", "fbi_lead@fbi.example"),
        ("Kcpd alternate", ""),
    }


async def test_an_operation_that_was_stood_down_is_shown_no_reminder_or_follow_up(two: Cast) -> None:
    asks = ReminderPolicy(leads=frozenset({timedelta(days=1)}), asks_before=frozenset({timedelta(days=2)}))
    bluestem = await plan_operation(two.fbi_lead, two.hsi_liaison)
    await change_event(two.fbi_lead, bluestem, reminders=asks)
    date = await date_seen_by(two.fbi_lead, bluestem, KEY)
    assert await next_follow_up(two.fbi_lead, date, NOW)
    assert await reminders.event_reminders_ahead(two.fbi_lead, bluestem, NOW, ahead=None)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.STOOD_DOWN, NOW)
    assert await next_follow_up(two.fbi_lead, date, NOW) is None
    assert await reminders.event_reminders_ahead(two.fbi_lead, bluestem, NOW, ahead=None) == []


async def test_no_one_is_reminded_to_reply_to_an_operation_that_was_stood_down(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.hsi_liaison)
    date = await date_seen_by(two.fbi_lead, bluestem, KEY)
    assert await silent_people_of_date(two.fbi_lead, date, NOW)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.STOOD_DOWN, NOW)
    assert await silent_people_of_date(two.fbi_lead, date, NOW) is None
    with pytest.raises(Conflict, match=r"This operation was stood down, so no one needs to reply\."):
        await nudge_people(two.fbi_lead, bluestem, KEY, NOW, ZONE)
