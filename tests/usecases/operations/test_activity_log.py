"""The activity log keeps what people wrote, each entry once and with its corrections, in time order with the rest."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast
from tests.usecases.operations.world import BASICS, BEGINS, RISSAFE, B, let_in, planned, site, under_way
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core.viewers import Viewer
from tracker.rules.operations.check_ins import Direction, Presence, Tap
from tracker.rules.operations.deconfliction import Decision
from tracker.rules.operations.records import ActivityLine
from tracker.rules.operations.states import OperationState
from tracker.tables.visible.operations import plans as visible
from tracker.usecases.operations import approvals, check_ins, deconfliction, plans, records
from tracker.usecases.operations.states import operation_for

pytestmark = pytest.mark.both_engines

KEY = "2027-01-16"
SIX = datetime(2027, 1, 16, 12, tzinfo=NOW.tzinfo)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def bluestem(two: Cast) -> UUID:
    """Under way since `BEGINS`."""
    event_id = await planned(two.fbi_lead, two.fbi_alternate, two.hsi_liaison, two.kcpd_detective)
    await under_way(two, event_id)
    return event_id


async def write(by: Viewer, event_id: UUID, text: str, now: datetime = SIX, *, tap: str = "1", waited: int = 0) -> None:
    """Write an entry that waited for so many minutes."""
    await records.add_log_entry(by, event_id, KEY, text, now, tap_id=tap, waited=waited * MINUTE)


async def lines(viewer: Viewer, event_id: UUID) -> list[ActivityLine]:
    """Return the lines since NOW, but for the beginning of the operation."""
    found = (await records.read_activity_log(viewer, event_id, KEY, SIX)).lines
    return [one for one in found if one.at > NOW and one.at != BEGINS]


async def entry(two: Cast, event_id: UUID) -> ActivityLine:
    [line] = [one for one in await lines(two.fbi_lead, event_id) if one.entry_id]
    return line


async def test_entries_stand_in_time_order_with_states_check_ins_and_the_release(two: Cast, bluestem: UUID) -> None:
    lead = two.fbi_lead
    for one in (two.fbi_lead, two.hsi_liaison):
        press = Tap(tap_id="1", person_id=one.member_id, button=Direction.IN)
        await check_ins.record_tap(lead, bluestem, KEY, press, SIX)
    await write(two.hsi_liaison, bluestem, "Entry made", SIX + 5 * MINUTE)
    await write(lead, bluestem, "On scene", SIX + 6 * MINUTE, tap="2", waited=3)
    await check_ins.release_everyone(lead, bluestem, 30, SIX + 20 * MINUTE)
    for one in (two.fbi_lead, two.hsi_liaison):
        press = Tap(tap_id="2", person_id=one.member_id, button=Direction.OUT, was=Presence.IN)
        await check_ins.record_tap(lead, bluestem, KEY, press, SIX + 30 * MINUTE)
    assert [(one.at - SIX, one.text, one.by) for one in await lines(lead, bluestem)] == [
        (timedelta(), "Checked in: Fbi lead (FBI), Hsi liaison (HSI)", ""),
        (3 * MINUTE, "On scene", "Fbi lead (FBI)"),
        (5 * MINUTE, "Entry made", "Hsi liaison (HSI)"),
        (20 * MINUTE, "Everyone released", "Fbi lead (FBI)"),
        (30 * MINUTE, "Checked out: Fbi lead (FBI), Hsi liaison (HSI)", ""),
        (30 * MINUTE, "State: Released", ""),
    ]


async def test_people_who_check_in_in_one_minute_are_listed_after_what_happened_before_the_last_of_them(
    two: Cast, bluestem: UUID
) -> None:
    lead, second = two.fbi_lead, timedelta(seconds=1)
    for number, one in enumerate((two.fbi_lead, two.hsi_liaison)):
        press = Tap(tap_id=str(number), person_id=one.member_id, button=Direction.IN, was=Presence.EXPECTED)
        await check_ins.record_tap(lead, bluestem, KEY, press, SIX + number * 20 * second)
    await write(lead, bluestem, "Entry made", SIX + 10 * second)
    assert [one.text for one in await lines(lead, bluestem)] == [
        "Entry made",
        "Checked in: Fbi lead (FBI), Hsi liaison (HSI)",
    ]


async def test_the_states_before_the_day_are_in_the_log_too(two: Cast, bluestem: UUID) -> None:
    found = await records.read_activity_log(two.fbi_lead, bluestem, KEY, SIX)
    states = {one.text for one in found.lines}
    assert {"State: Planning", "State: Approved, version 3", "State: Briefed", "State: Executing"} <= states


async def test_the_log_says_who_took_the_operation_to_a_state(two: Cast, bluestem: UUID) -> None:
    found = await records.read_activity_log(two.fbi_lead, bluestem, KEY, SIX)
    by = {one.text: one.by for one in found.lines}
    assert (by["State: Approved, version 3"], by["State: Executing"]) == ("Fbi alternate (FBI)", "Fbi lead (FBI)")


async def test_the_log_says_who_recorded_a_number_what_ended_it_and_what_was_sent_back(two: Cast) -> None:
    lead, event_id = two.fbi_lead, await planned(two.fbi_lead, two.fbi_alternate)
    await plans.change_plan_basics(lead, event_id, replace(BASICS, supervisor_id=two.fbi_alternate.member_id), NOW)
    await approvals.record_deconfliction_number(lead, event_id, RISSAFE, NOW + MINUTE)
    await approvals.change_plan_state(lead, event_id, OperationState.SUBMITTED, NOW + 2 * MINUTE)
    await plans.add_site_to_plan(lead, event_id, site(B), NOW + 3 * MINUTE)
    await approvals.waive_deconfliction(two.fbi_alternate, event_id, "A child is in danger.", NOW + 4 * MINUTE)
    assert [(one.text, one.by) for one in await lines(lead, event_id)] == [
        ("Deconfliction number recorded: RISSafe RS-1042, no conflict", "Fbi lead (FBI)"),
        ("State: Submitted", "Fbi lead (FBI)"),
        ("Deconfliction number ended: RISSafe RS-1042", "Fbi lead (FBI)"),
        ("State: Planning, sent back from Submitted", "Fbi lead (FBI)"),
        ("Deconfliction number waived: A child is in danger.", "Fbi alternate (FBI)"),
    ]


async def test_the_log_keeps_each_decision_about_a_conflict_for_those_who_may_know_of_it(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.hsi_liaison)
    larkspur = await planned(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=B)
    [hit] = await visible.plan_hits(two.fbi_lead, await operation_for(two.fbi_lead, bluestem))
    for number, (lead, event_id, decision) in enumerate(
        (
            (two.fbi_lead, bluestem, Decision.RESCHEDULE),
            (two.fbi_lead, bluestem, Decision.PROCEED),
            (two.kcpd_alternate, larkspur, Decision.PROCEED),
        ),
        start=1,
    ):
        await deconfliction.decide_conflict(lead, event_id, hit.id, decision, "We spoke.", NOW + number * MINUTE)
    assert [(one.text, one.by) for one in await lines(two.fbi_lead, bluestem)] == [
        ("Conflict with KCPD decided: We’ll change our time or place (We spoke.)", "Fbi lead (FBI)"),
        ("Conflict with KCPD decided: Both proceed, with coordination (We spoke.)", "Fbi lead (FBI)"),
        ("Conflict with KCPD ended: Both proceed", ""),
    ]
    assert all(one.is_limited for one in await lines(two.fbi_lead, bluestem))
    assert await lines(two.hsi_liaison, bluestem) == []


async def test_an_entry_that_is_sent_twice_counts_once(two: Cast, bluestem: UUID) -> None:
    for tap in ("1", "1", "2"):
        await write(two.fbi_lead, bluestem, "On scene", tap=tap)
    assert [one.text for one in await lines(two.fbi_lead, bluestem)] == ["On scene", "On scene"]


async def test_a_correction_is_shown_as_one_and_what_was_written_stays(two: Cast, bluestem: UUID) -> None:
    await write(two.hsi_liaison, bluestem, "Two in custody")
    line = await entry(two, bluestem)
    assert line.entry_id
    assert line.last
    correct = (two.hsi_liaison, bluestem, KEY, line.entry_id, "One in custody", SIX - MINUTE, SIX + MINUTE)
    await records.correct_log_entry(*correct, seen=line.last.id)
    line = await entry(two, bluestem)
    assert (line.text, line.at) == ("One in custody", SIX - MINUTE)
    assert [(one.text, one.at, one.by) for one in line.earlier] == [("Two in custody", SIX, "Hsi liaison (HSI)")]
    with pytest.raises(Conflict):
        await records.correct_log_entry(*correct, seen=line.entry_id)


async def test_only_who_wrote_an_entry_and_who_leads_correct_it(two: Cast, bluestem: UUID) -> None:
    await write(two.hsi_liaison, bluestem, "Two in custody")
    line = await entry(two, bluestem)
    assert line.entry_id
    with pytest.raises(NotAllowed):
        await records.correct_log_entry(
            two.kcpd_detective, bluestem, KEY, line.entry_id, "None", SIX, SIX, seen=line.entry_id
        )
    await records.correct_log_entry(two.fbi_lead, bluestem, KEY, line.entry_id, "One", SIX, SIX, seen=line.entry_id)
    assert (await entry(two, bluestem)).by == "Fbi lead (FBI)"


async def test_an_entry_says_something_that_has_happened(two: Cast, bluestem: UUID) -> None:
    with pytest.raises(Invalid):
        await write(two.fbi_lead, bluestem, "")
    await write(two.fbi_lead, bluestem, "On scene")
    line = await entry(two, bluestem)
    assert line.entry_id
    with pytest.raises(Invalid, match="has passed"):
        await records.correct_log_entry(
            two.fbi_lead, bluestem, KEY, line.entry_id, "On scene", SIX + MINUTE, SIX, seen=line.entry_id
        )


async def test_victim_services_and_strangers_find_no_log(two: Cast, bluestem: UUID) -> None:
    await let_in(two.fbi_lead, two.hsi_liaison, bluestem, two.caht_lead)
    for other in (two.caht_lead, two.coordinator, two.kcpd_alternate):
        with pytest.raises(NotFound):
            await records.read_activity_log(other, bluestem, KEY, SIX)
        with pytest.raises(NotFound):
            await write(other, bluestem, "On scene")
