"""The operations order: each save is a version that each agency acknowledges; and numbered copies of a brief."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting, operation
from tests.usecases.operations.world import BASICS, SIX, B, let_in, plan_operation
from tracker.database import writing
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core.viewers import Viewer
from tracker.rules.operations.deconfliction import Decision
from tracker.rules.operations.orders import MOST_PHASES, Paragraph, Phase, PhasePlan
from tracker.rules.operations.states import OperationState
from tracker.rules.roster.meetings import ConfidentialSiteFacts
from tracker.tables.visible.events import events
from tracker.tables.visible.operations import plans as readers
from tracker.usecases.events import scheduling as events_events
from tracker.usecases.events.scheduling import schedule_event
from tracker.usecases.operations import access, approvals, deconfliction, orders, plans, readiness
from tracker.usecases.operations.orders import PrintedCopy
from tracker.usecases.operations.plans import whole_plan
from tracker.usecases.operations.states import enter_plan_state, operation_for
from tracker.usecases.roster import agencies

pytestmark = pytest.mark.both_engines

FIRST = {Paragraph.MISSION: "Serve the warrant at 06:00.", Paragraph.COMMAND: "Channel 2."}
SECOND = FIRST | {Paragraph.MISSION: "Serve the warrant at 06:30."}


async def test_each_save_is_a_version_with_its_author_and_the_earlier_ones_stay(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.kcpd_detective)
    operations_order = await orders.save_operations_order(two.fbi_lead, bluestem, FIRST, NOW, read=0)
    other = await orders.save_operations_order(two.fbi_lead, bluestem, SECOND, NOW, read=operations_order)
    event = await events.event_by_id(two.kcpd_detective, bluestem)
    assert event
    assert [(o.version, o.saved_by) for o in await readers.order_versions(two.kcpd_detective, event)] == [
        (other, "Fbi lead (FBI)"),
        (operations_order, "Fbi lead (FBI)"),
    ]
    current, earlier = (
        await readers.operations_order(two.hsi_liaison, event),
        await readers.operations_order(two.kcpd_detective, event),
    )
    assert current is None
    assert earlier
    assert earlier.paragraphs[Paragraph.MISSION] == SECOND[Paragraph.MISSION]
    before = await readers.order_in_version(two.kcpd_detective, event, operations_order)
    assert before
    assert before.paragraphs[Paragraph.MISSION] == FIRST[Paragraph.MISSION]


async def test_a_new_order_makes_a_new_version_of_the_plan_that_each_agency_acknowledges(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.kcpd_detective)
    await plans.commit_resources(two.fbi_lead, bluestem, two.agencies["KCPD"], people=4, vehicles=2, skills="", now=NOW)
    read = (await operation_for(two.kcpd_detective, bluestem)).version
    await approvals.acknowledge_plan_version(two.kcpd_detective, bluestem, read, NOW)
    version = await orders.save_operations_order(two.fbi_lead, bluestem, FIRST, NOW, read=0)
    after = await operation_for(two.fbi_lead, bluestem)
    assert (version, after.version, after.waiting) == (read + 1, read + 1, ("KCPD",))


async def test_the_same_text_makes_no_new_version(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.kcpd_detective)
    version = await orders.save_operations_order(two.fbi_lead, bluestem, FIRST, NOW, read=0)
    assert await orders.save_operations_order(two.fbi_lead, bluestem, FIRST, NOW, read=version) == version
    assert (await operation_for(two.fbi_lead, bluestem)).version == version


async def test_an_order_that_was_saved_meanwhile_is_not_overwritten(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.kcpd_detective)
    version = await orders.save_operations_order(two.fbi_lead, bluestem, FIRST, NOW, read=0)
    for outdated in (0, version - 1, version + 1):
        with pytest.raises(Conflict):
            await orders.save_operations_order(two.fbi_lead, bluestem, SECOND, NOW, read=outdated)


async def test_another_change_of_the_plan_does_not_outdate_the_order(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.kcpd_detective)
    version = await orders.save_operations_order(two.fbi_lead, bluestem, FIRST, NOW, read=0)
    await plans.commit_resources(two.fbi_lead, bluestem, two.agencies["KCPD"], people=4, vehicles=2, skills="", now=NOW)
    assert await orders.save_operations_order(two.fbi_lead, bluestem, SECOND, NOW, read=version) == version + 2


async def test_only_people_who_lead_the_operation_change_its_order_until_it_is_over(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.kcpd_detective)
    with pytest.raises(NotAllowed):
        await orders.save_operations_order(two.kcpd_detective, bluestem, FIRST, NOW, read=0)
    with pytest.raises(NotFound):
        await orders.save_operations_order(two.coordinator, bluestem, FIRST, NOW, read=0)
    async with writing():
        await enter_plan_state((await operation_for(two.fbi_lead, bluestem)).id, OperationState.RELEASED, NOW)
    with pytest.raises(NotAllowed):
        await orders.save_operations_order(two.fbi_lead, bluestem, FIRST, NOW, read=0)


FIVE = datetime(2027, 1, 16, 11, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BRIEFING = PhasePlan(name="Briefing", starts_at=FIVE, ends_at=FIVE + 45 * MINUTE)


async def phases_of(viewer: Viewer, event_id: UUID) -> list[Phase]:
    event = await events.event_by_id(viewer, event_id)
    return list((await readers.operation_phases(viewer, event)).values()) if event else []


async def plan_briefing(two: Cast) -> tuple[UUID, UUID]:
    """Plan a briefing of an operation that is approved, and return both."""
    bluestem = await plan_operation(two.fbi_lead, two.kcpd_detective)
    await orders.plan_phase(two.fbi_lead, bluestem, BRIEFING, NOW)
    await enter_state(two, bluestem, OperationState.APPROVED)
    return bluestem, (await phases_of(two.fbi_lead, bluestem))[0].id


async def enter_state(two: Cast, event_id: UUID, state: OperationState) -> None:
    async with writing():
        await enter_plan_state((await operation_for(two.fbi_lead, event_id)).id, state, NOW)


async def test_everyone_on_the_operation_sees_its_phases_earliest_first(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.kcpd_detective)
    before = (await operation_for(two.fbi_lead, bluestem)).version
    for plan in (PhasePlan(name="All out", starts_at=FIVE + 6 * HOUR, ends_at=None), BRIEFING):
        await orders.plan_phase(two.fbi_lead, bluestem, plan, NOW)
    assert [(one.name, one.starts_at, one.ends_at) for one in await phases_of(two.kcpd_detective, bluestem)] == [
        ("Briefing", FIVE, FIVE + 45 * MINUTE),
        ("All out", FIVE + 6 * HOUR, None),
    ]
    assert await phases_of(two.coordinator, bluestem) == []
    assert (await operation_for(two.fbi_lead, bluestem)).version == before + 2


async def test_planned_times_move_with_the_operation(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.kcpd_detective)
    await orders.plan_phase(two.fbi_lead, bluestem, BRIEFING, NOW)
    event, plan = await events_events.plan_to_change(two.fbi_lead, bluestem)
    later = replace(plan, starts=SIX + timedelta(minutes=30))
    await events_events.change_event(two.fbi_lead, bluestem, later, event.version, NOW)
    [moved] = await phases_of(two.fbi_lead, bluestem)
    assert (moved.starts_at, moved.ends_at) == (FIVE + 30 * MINUTE, FIVE + 75 * MINUTE)


async def test_a_phase_is_planned_differently_and_removed(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.kcpd_detective)
    await orders.plan_phase(two.fbi_lead, bluestem, BRIEFING, NOW)
    [planned_phase] = await phases_of(two.fbi_lead, bluestem)
    before = (await operation_for(two.fbi_lead, bluestem)).version
    for _ in range(2):  # the second one changes nothing, so no one has to acknowledge it
        await orders.replan_phase(two.fbi_lead, bluestem, planned_phase.id, replace(BRIEFING, name="Roll call"), NOW)
    assert [phase.name for phase in await phases_of(two.fbi_lead, bluestem)] == ["Roll call"]
    assert (await orders.delete_phase(two.fbi_lead, bluestem, planned_phase.id, NOW)).name == "Roll call"
    assert await phases_of(two.fbi_lead, bluestem) == []
    assert (await operation_for(two.fbi_lead, bluestem)).version == before + 2
    with pytest.raises(NotFound):
        await orders.delete_phase(two.fbi_lead, bluestem, planned_phase.id, NOW)


async def test_one_press_begins_a_phase_and_another_ends_it(two: Cast) -> None:
    bluestem, briefing = await plan_briefing(two)
    version = (await operation_for(two.fbi_lead, bluestem)).version
    await orders.begin_phase(two.fbi_lead, bluestem, briefing, NOW)
    await orders.end_phase(two.fbi_lead, bluestem, briefing, NOW + HOUR)
    [phase] = await phases_of(two.kcpd_detective, bluestem)
    assert (phase.begun_at, phase.ended_at) == (NOW, NOW + HOUR)
    assert (await operation_for(two.fbi_lead, bluestem)).version == version


async def test_a_second_press_does_not_change_the_time(two: Cast) -> None:
    bluestem, briefing = await plan_briefing(two)
    with pytest.raises(Conflict):
        await orders.end_phase(two.fbi_lead, bluestem, briefing, NOW)
    await orders.begin_phase(two.fbi_lead, bluestem, briefing, NOW)
    with pytest.raises(Conflict):
        await orders.begin_phase(two.fbi_lead, bluestem, briefing, NOW + MINUTE)
    await orders.end_phase(two.fbi_lead, bluestem, briefing, NOW + HOUR)
    with pytest.raises(Conflict):
        await orders.end_phase(two.fbi_lead, bluestem, briefing, NOW + 2 * HOUR)
    [phase] = await phases_of(two.fbi_lead, bluestem)
    assert (phase.begun_at, phase.ended_at) == (NOW, NOW + HOUR)


async def test_a_press_is_undone_unless_the_time_is_another_by_now(two: Cast) -> None:
    bluestem, briefing = await plan_briefing(two)
    await orders.begin_phase(two.fbi_lead, bluestem, briefing, NOW)
    await orders.end_phase(two.fbi_lead, bluestem, briefing, NOW + HOUR)
    for other in (NOW, NOW + MINUTE):
        with pytest.raises(Conflict):
            await orders.undo_phase_time(two.fbi_lead, bluestem, briefing, other, NOW + HOUR)
    for moment in (NOW + HOUR, NOW):
        await orders.undo_phase_time(two.fbi_lead, bluestem, briefing, moment, NOW + HOUR)
    [phase] = await phases_of(two.fbi_lead, bluestem)
    assert (phase.begun_at, phase.ended_at) == (None, None)


async def test_times_are_corrected_afterward(two: Cast) -> None:
    bluestem, briefing = await plan_briefing(two)
    await enter_state(two, bluestem, OperationState.RELEASED)
    await orders.correct_phase_times(two.fbi_lead, bluestem, briefing, NOW - HOUR, NOW, NOW)
    [phase] = await phases_of(two.fbi_lead, bluestem)
    assert (phase.begun_at, phase.ended_at) == (NOW - HOUR, NOW)
    with pytest.raises(Invalid):
        await orders.correct_phase_times(two.fbi_lead, bluestem, briefing, NOW + HOUR, None, NOW)


@pytest.mark.parametrize("state", [OperationState.PLANNING, OperationState.CLOSED, OperationState.STOOD_DOWN])
async def test_no_time_is_recorded_before_the_approval_or_after_the_end(two: Cast, state: OperationState) -> None:
    bluestem, briefing = await plan_briefing(two)
    await enter_state(two, bluestem, state)
    with pytest.raises(NotAllowed, match="once the plan is approved"):
        await orders.begin_phase(two.fbi_lead, bluestem, briefing, NOW)


async def test_only_people_who_lead_the_operation_change_phases(two: Cast) -> None:
    bluestem, briefing = await plan_briefing(two)
    for who, error in ((two.kcpd_detective, NotAllowed), (two.coordinator, NotFound)):
        with pytest.raises(error):
            await orders.plan_phase(who, bluestem, BRIEFING, NOW)
        with pytest.raises(error):
            await orders.replan_phase(who, bluestem, briefing, BRIEFING, NOW)
        with pytest.raises(error):
            await orders.delete_phase(who, bluestem, briefing, NOW)
        with pytest.raises(error):
            await orders.begin_phase(who, bluestem, briefing, NOW)
        with pytest.raises(error):
            await orders.correct_phase_times(who, bluestem, briefing, NOW, None, NOW)


async def test_an_operation_has_a_limited_number_of_phases(two: Cast) -> None:
    bluestem = await plan_operation(two.fbi_lead, two.kcpd_detective)
    for _ in range(MOST_PHASES):
        await orders.plan_phase(two.fbi_lead, bluestem, BRIEFING, NOW)
    with pytest.raises(Invalid):
        await orders.plan_phase(two.fbi_lead, bluestem, BRIEFING, NOW)


async def test_a_phase_of_another_operation_is_missing(two: Cast) -> None:
    _, briefing = await plan_briefing(two)
    larkspur = await plan_operation(two.fbi_lead, two.kcpd_detective, title="Operation Larkspur")
    with pytest.raises(NotFound):
        await orders.replan_phase(two.fbi_lead, larkspur, briefing, BRIEFING, NOW)


KEY = "2027-01-16"


async def test_copies_are_numbered_one_after_the_other_for_each_date(cast: Cast) -> None:
    event_id = await schedule_event(cast.fbi_lead, operation(cast.kcpd_detective, cast.hsi_liaison), NOW)
    for person in (cast.kcpd_detective, cast.hsi_liaison, cast.kcpd_detective):
        await orders.issue_brief_copy(cast.fbi_lead, event_id, KEY, person.member_id, NOW)
    brief = await orders.brief_with_copies(cast.fbi_lead, event_id, KEY)
    assert [(one.number, one.issued_to) for one in brief.copies] == [
        (1, "Kcpd detective (KCPD)"),
        (2, "Hsi liaison (HSI)"),
        (3, "Kcpd detective (KCPD)"),
    ]
    shown = await orders.printed_copy(cast.fbi_lead, event_id, KEY, 2, NOW)
    assert (shown.copy.issued_by, shown.copy.version) == ("Fbi lead (FBI)", None)
    with pytest.raises(NotFound):
        await orders.printed_copy(cast.fbi_lead, event_id, KEY, 4, NOW)


async def test_no_one_issues_a_copy_to_someone_else_or_without_the_right(cast: Cast) -> None:
    event_id = await schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    with pytest.raises(Invalid):
        await orders.issue_brief_copy(cast.fbi_lead, event_id, KEY, cast.caht_lead.member_id, NOW)
    with pytest.raises(NotAllowed):
        await orders.issue_brief_copy(cast.kcpd_detective, event_id, KEY, cast.kcpd_detective.member_id, NOW)
    with pytest.raises(NotFound):
        await orders.issue_brief_copy(cast.coordinator, event_id, KEY, cast.kcpd_detective.member_id, NOW)


async def test_only_an_operation_has_a_brief(cast: Cast) -> None:
    event_id = await schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    with pytest.raises(NotFound):
        await orders.brief_with_copies(cast.coordinator, event_id, "2027-01-12")


async def test_the_copy_of_someone_who_was_taken_off_the_operation_is_not_printed_again(cast: Cast) -> None:
    event_id = await plan_operation(cast.fbi_lead, cast.kcpd_detective, cast.hsi_liaison)
    await orders.issue_brief_copy(cast.fbi_lead, event_id, KEY, cast.kcpd_detective.member_id, NOW)
    await access.take_off_operation(cast.fbi_lead, event_id, cast.kcpd_detective.member_id, NOW)
    with pytest.raises(Conflict, match=r"Kcpd detective \(KCPD\) is no longer on the operation\."):
        await orders.printed_copy(cast.fbi_lead, event_id, KEY, 1, NOW)
    assert [one.number for one in (await orders.brief_with_copies(cast.fbi_lead, event_id, KEY)).copies] == [1]


async def issue_copy(by: Viewer, event_id: UUID, holder: Viewer) -> PrintedCopy:
    """Issue a copy to one person, and return what is on it."""
    number = await orders.issue_brief_copy(by, event_id, KEY, holder.member_id, NOW)
    return await orders.printed_copy(by, event_id, KEY, number, NOW)


async def test_a_copy_names_the_places_of_off_site_services_by_their_public_names(two: Cast) -> None:
    secret = ConfidentialSiteFacts(name="Partner location 2", address="12 Elm St", directions="", is_open=True)
    site_id = await agencies.add_confidential_site(two.harbor_advocate, secret, NOW)
    event_id = await plan_operation(two.fbi_lead, two.hsi_liaison)
    await readiness.add_off_site_place(two.fbi_lead, event_id, site_id, NOW)
    copy = await issue_copy(two.fbi_lead, event_id, two.hsi_liaison)
    assert [(place.name, place.agency) for place in copy.off_site] == [("Partner location 2", "Harbor House")]


async def test_a_copy_has_agreements_only_for_those_who_may_know_and_numbers_only_for_law_enforcement(
    two: Cast,
) -> None:
    lead = two.fbi_lead
    bluestem = await plan_operation(lead, two.fbi_alternate, two.hsi_liaison)
    larkspur = await plan_operation(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=B)
    await plans.change_plan_basics(lead, bluestem, replace(BASICS, supervisor_id=two.fbi_alternate.member_id), NOW)
    [hit] = (await whole_plan(lead, bluestem, NOW)).view.hits
    for side, event_id, reason in ((lead, bluestem, "Channel 2."), (two.kcpd_alternate, larkspur, "By phone.")):
        await deconfliction.decide_conflict(side, event_id, hit.id, Decision.PROCEED, reason, NOW)
    await let_in(lead, two.hsi_liaison, bluestem, two.caht_lead)
    roles = ["Operation lead", "Approving supervisor"]
    for holder, agreed, named in (
        (lead, [("KCPD", "proceed", "Channel 2.")], roles),
        (two.fbi_alternate, [("KCPD", "proceed", "Channel 2.")], roles),
        (two.hsi_liaison, [], roles),
        (two.caht_lead, [], []),
    ):
        on_it = await issue_copy(lead, bluestem, holder)
        assert [(one.other.agency, one.outcome, one.reason) for one in on_it.hits] == agreed
        assert [one.role for one in on_it.contacts] == named


async def test_a_copy_names_no_contact_who_was_taken_off_the_operation(cast: Cast) -> None:
    event_id = await plan_operation(cast.fbi_lead, cast.kcpd_detective, cast.hsi_liaison)
    await plans.change_plan_basics(
        cast.fbi_lead, event_id, replace(BASICS, supervisor_id=cast.kcpd_detective.member_id), NOW
    )
    await access.take_off_operation(cast.fbi_lead, event_id, cast.kcpd_detective.member_id, NOW)
    on_it = await issue_copy(cast.fbi_lead, event_id, cast.hsi_liaison)
    assert [one.name for one in on_it.contacts] == ["Fbi lead (FBI)"]
