"""An operation ends when everyone is out: who is still in is named, and the last check-out after a release ends it."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, Cast
from tests.usecases.operations.world import planned, under_way
from tracker.errors import Invalid, NotAllowed
from tracker.rules.core.viewers import Viewer
from tracker.rules.operations.check_ins import CheckIn, Direction, Presence, Tap
from tracker.rules.operations.states import OperationState
from tracker.tables.schema.core.tables import AuditEntry
from tracker.usecases.operations import approvals, check_ins
from tracker.usecases.operations.states import operation_for

pytestmark = pytest.mark.both_engines

KEY = "2027-01-16"
SIX = datetime(2027, 1, 16, 12, tzinfo=NOW.tzinfo)
MINUTE = timedelta(minutes=1)


async def tap(by: Viewer, event_id: UUID, person: Viewer, button: Direction, now: datetime = SIX) -> CheckIn:
    was = Presence.EXPECTED if button is Direction.IN else Presence.IN
    press = Tap(tap_id=now.isoformat(), person_id=person.member_id, button=button, was=was)
    return await check_ins.record_tap(by, event_id, KEY, press, now)


async def state(two: Cast, event_id: UUID) -> OperationState:
    return (await operation_for(two.fbi_lead, event_id)).state


@pytest.fixture
async def bluestem(two: Cast) -> UUID:
    """Under way, with the lead and the liaison of HSI checked in."""
    event_id = await planned(two.fbi_lead, two.fbi_alternate, two.hsi_liaison, two.kcpd_detective)
    await under_way(two, event_id)
    for one in (two.fbi_lead, two.hsi_liaison):
        await tap(two.fbi_lead, event_id, one, Direction.IN)
    return event_id


async def test_an_operation_is_not_released_while_people_are_in_and_names_them(two: Cast, bluestem: UUID) -> None:
    with pytest.raises(NotAllowed) as refused:
        await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.RELEASED, SIX)
    assert refused.value.sentence == "Not checked out: Fbi lead (FBI), Hsi liaison (HSI)."


async def test_the_last_check_out_after_a_release_ends_the_operation(two: Cast, bluestem: UUID) -> None:
    assert await check_ins.release_everyone(two.fbi_lead, bluestem, 30, SIX) is OperationState.EXECUTING
    await tap(two.fbi_lead, bluestem, two.fbi_lead, Direction.OUT, SIX + MINUTE)
    assert await state(two, bluestem) is OperationState.EXECUTING
    await tap(two.hsi_liaison, bluestem, two.hsi_liaison, Direction.OUT, SIX + MINUTE)
    assert await state(two, bluestem) is OperationState.RELEASED
    found = await check_ins.check_in_list(two.fbi_lead, bluestem, KEY, SIX + MINUTE)
    assert found.release
    assert (found.release.ordered_at, found.release.by) == (SIX, "Fbi lead (FBI)")


async def test_the_audit_log_says_that_the_last_check_out_released_the_operation(two: Cast, bluestem: UUID) -> None:
    await check_ins.release_everyone(two.fbi_lead, bluestem, 30, SIX)
    for one in (two.fbi_lead, two.hsi_liaison):
        await tap(two.fbi_lead, bluestem, one, Direction.OUT, SIX + MINUTE)
    verbs = await AuditEntry.select(AuditEntry.verb).where(AuditEntry.subject_id == str(bluestem)).output(as_list=True)
    assert "operation_released" in verbs


async def test_without_a_release_the_operation_goes_on_with_no_one_in(two: Cast, bluestem: UUID) -> None:
    for one in (two.fbi_lead, two.hsi_liaison):
        await tap(two.fbi_lead, bluestem, one, Direction.OUT, SIX + MINUTE)
    assert await state(two, bluestem) is OperationState.EXECUTING
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.RELEASED, SIX + 2 * MINUTE)
    found = await check_ins.check_in_list(two.fbi_lead, bluestem, KEY, SIX + 2 * MINUTE)
    assert found.release
    assert found.release.ordered_at == SIX + 2 * MINUTE


async def test_a_release_with_no_one_in_ends_the_operation_at_once(two: Cast, bluestem: UUID) -> None:
    for one in (two.fbi_lead, two.hsi_liaison):
        await tap(two.fbi_lead, bluestem, one, Direction.OUT, SIX + MINUTE)
    assert await check_ins.release_everyone(two.fbi_lead, bluestem, 30, SIX + 2 * MINUTE) is OperationState.RELEASED


async def test_the_last_check_out_can_be_taken_back(two: Cast, bluestem: UUID) -> None:
    await check_ins.release_everyone(two.fbi_lead, bluestem, 30, SIX)
    await tap(two.fbi_lead, bluestem, two.fbi_lead, Direction.OUT, SIX + MINUTE)
    last = await tap(two.fbi_lead, bluestem, two.hsi_liaison, Direction.OUT, SIX + MINUTE)
    assert last.id
    await check_ins.undo_tap(two.fbi_lead, bluestem, KEY, last.id, SIX + MINUTE)
    assert await state(two, bluestem) is OperationState.EXECUTING
    await tap(two.fbi_lead, bluestem, two.hsi_liaison, Direction.OUT, SIX + 2 * MINUTE)
    assert await state(two, bluestem) is OperationState.RELEASED


async def test_only_who_leads_releases_everyone_once_and_while_it_is_under_way(two: Cast, bluestem: UUID) -> None:
    with pytest.raises(NotAllowed):
        await check_ins.release_everyone(two.hsi_liaison, bluestem, 30, SIX)
    for odd in (None, 4, 241):
        with pytest.raises(Invalid):
            await check_ins.release_everyone(two.fbi_lead, bluestem, odd, SIX)
    await check_ins.release_everyone(two.fbi_lead, bluestem, 30, SIX)
    with pytest.raises(NotAllowed, match="already"):
        await check_ins.release_everyone(two.fbi_lead, bluestem, 30, SIX)
    other = await planned(two.fbi_lead, two.hsi_liaison, title="Operation Larkspur")
    with pytest.raises(NotAllowed, match="under way"):
        await check_ins.release_everyone(two.fbi_lead, other, 30, SIX)


async def test_a_release_is_taken_back_and_ordered_again(two: Cast, bluestem: UUID) -> None:
    await check_ins.release_everyone(two.fbi_lead, bluestem, 30, SIX)
    with pytest.raises(NotAllowed):
        await check_ins.withdraw_release(two.hsi_liaison, bluestem, SIX)
    await check_ins.withdraw_release(two.fbi_lead, bluestem, SIX)
    with pytest.raises(NotAllowed, match="no release"):
        await check_ins.withdraw_release(two.fbi_lead, bluestem, SIX)
    for one in (two.fbi_lead, two.hsi_liaison):
        await tap(two.fbi_lead, bluestem, one, Direction.OUT, SIX + MINUTE)
    assert await state(two, bluestem) is OperationState.EXECUTING
    assert await check_ins.release_everyone(two.fbi_lead, bluestem, 15, SIX + 2 * MINUTE) is OperationState.RELEASED


async def test_an_aborted_operation_is_debriefed_when_everyone_is_out(two: Cast, bluestem: UUID) -> None:
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.ABORTED, SIX)
    with pytest.raises(NotAllowed, match="Not checked out: Fbi lead"):
        await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.DEBRIEFED, SIX)
    with pytest.raises(NotAllowed, match="aborted"):
        await tap(two.fbi_lead, bluestem, two.kcpd_detective, Direction.IN, SIX + MINUTE)
    for one in (two.fbi_lead, two.hsi_liaison):
        await tap(two.fbi_lead, bluestem, one, Direction.OUT, SIX + MINUTE)
    assert await state(two, bluestem) is OperationState.ABORTED
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.DEBRIEFED, SIX + 2 * MINUTE)
