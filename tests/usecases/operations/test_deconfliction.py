"""Two plans are compared whenever one changes, and each side is shown what the other discloses."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast
from tests.usecases.operations.test_approval_notices import page_of, written
from tests.usecases.operations.world import SIX, A, B, disclose, planned, site
from tracker.errors import Invalid, NotFound
from tracker.rules.core.message_types import DecisionDropped
from tracker.rules.core.viewers import Viewer
from tracker.rules.operations.deconfliction import Decision, Hit, Outcome, conflicts_by_operation
from tracker.rules.operations.plans import Disclosure
from tracker.rules.operations.states import OperationState
from tracker.tables.visible.operations import plans as visible
from tracker.usecases.events import events
from tracker.usecases.operations import approvals, deconfliction, plans
from tracker.usecases.operations.states import operation_for

pytestmark = pytest.mark.both_engines

TEN = SIX + timedelta(hours=4)


async def hits(viewer: Viewer, event_id: UUID) -> list[Hit]:
    return await visible.plan_hits(viewer, await operation_for(viewer, event_id))


async def conflict(two: Cast) -> tuple[UUID, UUID]:
    """Plan Bluestem of the FBI, and Larkspur of the KCPD in its way."""
    bluestem = await planned(two.fbi_lead, two.hsi_liaison, two.kcpd_detective)
    larkspur = await planned(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=B, starts=TEN)
    return bluestem, larkspur


async def shift(viewer: Viewer, event_id: UUID, starts: datetime) -> None:
    event, plan = await events.plan_to_change(viewer, event_id)
    await events.change(viewer, event_id, replace(plan, starts=starts), event.version, NOW)
    await deconfliction.compare_moved_plans(NOW)


async def test_each_side_of_a_conflict_sees_who_leads_the_other_and_nothing_else(two: Cast) -> None:
    bluestem, larkspur = await conflict(two)
    [one], [other] = await hits(two.fbi_lead, bluestem), await hits(two.kcpd_alternate, larkspur)
    assert (one.other.agency, one.other.lead) == ("KCPD", "Kcpd alternate")
    assert (other.other.agency, other.other.lead) == ("FBI", "Fbi lead")
    assert {one.other.starts_at, one.distance_ft, one.gap, other.other.starts_at, other.distance_ft} == {None}


async def test_an_open_operation_shows_its_times_and_the_distance(two: Cast) -> None:
    bluestem, larkspur = await conflict(two)
    await disclose(two.kcpd_alternate, larkspur, Disclosure.OPEN)
    [one] = await hits(two.fbi_lead, bluestem)
    assert (one.distance_ft, one.gap) == (873, timedelta(0))
    assert one.other.starts_at is not None


async def test_a_silent_operation_is_no_conflict_for_the_other_side(two: Cast) -> None:
    bluestem, larkspur = await conflict(two)
    await disclose(two.kcpd_alternate, larkspur, Disclosure.SILENT)
    assert await hits(two.fbi_lead, bluestem) == []
    assert len(await hits(two.kcpd_alternate, larkspur)) == 1


async def test_the_same_conflict_is_kept_once_however_often_it_is_found(two: Cast) -> None:
    bluestem, larkspur = await conflict(two)
    for lead, event_id in ((two.fbi_lead, bluestem), (two.kcpd_alternate, larkspur)):
        await plans.add_site_to_plan(lead, event_id, site(A), NOW)
    assert len(await hits(two.fbi_lead, bluestem)) == 1


async def test_a_draft_is_compared_with_nothing(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.hsi_liaison)
    drafted = await planned(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=B)
    await approvals.change_plan_state(two.kcpd_alternate, drafted, OperationState.STOOD_DOWN, NOW)
    assert [one.outcome for one in await hits(two.fbi_lead, bluestem)] == [Outcome.SUPERSEDED]


async def test_a_conflict_ends_when_one_side_moves_away(two: Cast) -> None:
    bluestem, larkspur = await conflict(two)
    await shift(two.kcpd_alternate, larkspur, SIX + timedelta(days=1))
    assert [one.outcome for one in await hits(two.fbi_lead, bluestem)] == [Outcome.SUPERSEDED]


async def test_a_move_that_was_announced_is_what_ended_it(two: Cast) -> None:
    bluestem, larkspur = await conflict(two)
    [one] = await hits(two.kcpd_alternate, larkspur)
    await deconfliction.decide_conflict(two.kcpd_alternate, larkspur, one.id, Decision.RESCHEDULE, "We go later.", NOW)
    await shift(two.kcpd_alternate, larkspur, SIX + timedelta(days=1))
    assert [one.outcome for one in await hits(two.fbi_lead, bluestem)] == [Outcome.RESCHEDULED]


async def test_both_go_ahead_only_when_both_say_so(two: Cast) -> None:
    bluestem, larkspur = await conflict(two)
    [one] = await hits(two.fbi_lead, bluestem)
    agree = ("Both on channel 2.", NOW)
    assert await deconfliction.decide_conflict(two.fbi_lead, bluestem, one.id, Decision.PROCEED, *agree) is None
    ended = await deconfliction.decide_conflict(two.kcpd_alternate, larkspur, one.id, Decision.PROCEED, *agree)
    assert ended is Outcome.PROCEED


async def test_what_both_agreed_to_is_no_new_conflict_until_the_facts_change(two: Cast) -> None:
    bluestem, larkspur = await conflict(two)
    [one] = await hits(two.fbi_lead, bluestem)
    for lead, event_id in ((two.fbi_lead, bluestem), (two.kcpd_alternate, larkspur)):
        await deconfliction.decide_conflict(lead, event_id, one.id, Decision.PROCEED, "Both on channel 2.", NOW)
    await plans.commit_resources(
        two.fbi_lead, bluestem, two.fbi_lead.agency_id, people=4, vehicles=2, skills="", now=NOW
    )
    assert [hit.is_open for hit in await hits(two.fbi_lead, bluestem)] == [False]
    await shift(two.fbi_lead, bluestem, SIX + timedelta(minutes=30))
    found = await hits(two.fbi_lead, bluestem)
    assert sorted(hit.is_open for hit in found) == [False, True]
    [(last, [earlier])] = conflicts_by_operation(found)
    assert (last.is_open, earlier.outcome) == (True, Outcome.PROCEED)


async def test_a_decision_about_earlier_facts_does_not_count_for_new_ones(two: Cast) -> None:
    bluestem, larkspur = await conflict(two)
    [one] = await hits(two.fbi_lead, bluestem)
    await deconfliction.decide_conflict(two.fbi_lead, bluestem, one.id, Decision.PROCEED, "Both on channel 2.", NOW)
    await shift(two.kcpd_alternate, larkspur, TEN + timedelta(minutes=30))
    [one] = await hits(two.fbi_lead, bluestem)
    assert (one.mine, one.is_open) == (None, True)


async def test_both_leads_are_notified_that_a_decision_no_longer_counts(two: Cast) -> None:
    bluestem, larkspur = await conflict(two)
    [one] = await hits(two.fbi_lead, bluestem)
    await deconfliction.decide_conflict(two.fbi_lead, bluestem, one.id, Decision.PROCEED, "Both on channel 2.", NOW)
    await shift(two.kcpd_alternate, larkspur, TEN + timedelta(minutes=30))
    mails = dict(await written(DecisionDropped))
    assert {one: page_of(mail) for one, mail in mails.items()} == {
        two.fbi_lead.member_id: f"/events/{bluestem}",
        two.kcpd_alternate.member_id: f"/events/{larkspur}",
    }
    for lead, event_id in ((two.fbi_lead, bluestem), (two.kcpd_alternate, larkspur)):
        assert [one.dropped_at for one in await hits(lead, event_id)] == [NOW]


async def test_a_change_of_facts_without_a_decision_notifies_no_one_again(two: Cast) -> None:
    _, larkspur = await conflict(two)
    await shift(two.kcpd_alternate, larkspur, TEN + timedelta(minutes=30))
    assert await written(DecisionDropped) == []


async def test_no_one_is_notified_of_a_decision_about_a_conflict_that_they_are_not_shown(two: Cast) -> None:
    bluestem, larkspur = await conflict(two)
    [one] = await hits(two.fbi_lead, bluestem)
    await deconfliction.decide_conflict(
        two.kcpd_alternate, larkspur, one.id, Decision.PROCEED, "Both on channel 2.", NOW
    )
    await disclose(two.kcpd_alternate, larkspur, Disclosure.SILENT)
    assert [one for one, _ in await written(DecisionDropped)] == [two.kcpd_alternate.member_id]


async def test_only_the_lead_decides_about_a_conflict_with_a_reason(two: Cast) -> None:
    bluestem, _ = await conflict(two)
    [one] = await hits(two.fbi_lead, bluestem)
    with pytest.raises(NotFound):
        await deconfliction.decide_conflict(two.hsi_liaison, bluestem, one.id, Decision.PROCEED, "Fine.", NOW)
    with pytest.raises(Invalid):
        await deconfliction.decide_conflict(two.fbi_lead, bluestem, one.id, Decision.PROCEED, "", NOW)
    with pytest.raises(NotFound):
        await deconfliction.decide_conflict(two.caht_lead, bluestem, one.id, Decision.PROCEED, "Fine.", NOW)


async def test_a_canceled_operation_is_in_nobodys_way(two: Cast) -> None:
    bluestem, larkspur = await conflict(two)
    event, _ = await events.plan_to_change(two.kcpd_alternate, larkspur)
    await events.cancel(two.kcpd_alternate, larkspur, event.version, "", NOW)
    assert await deconfliction.compare_moved_plans(NOW) == 1
    assert await deconfliction.compare_moved_plans(NOW) == 0
    assert [one.is_open for one in await hits(two.fbi_lead, bluestem)] == [False]
