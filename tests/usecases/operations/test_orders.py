"""The operations order: each save is a version that everyone on the operation reads and each agency acknowledges."""

import pytest

from tests.cast import NOW, Cast
from tests.usecases.operations.world import planned
from tracker.database import writing
from tracker.errors import Conflict, NotAllowed, NotFound
from tracker.rules.operations.orders import Paragraph
from tracker.rules.operations.states import OperationState
from tracker.tables.visible.events import events
from tracker.tables.visible.operations import orders as readers
from tracker.usecases.operations import approvals, orders, plans
from tracker.usecases.operations.states import enter_plan_state, operation_for

pytestmark = pytest.mark.both_engines

FIRST = {Paragraph.MISSION: "Serve the warrant at 06:00.", Paragraph.COMMAND: "Channel 2."}
SECOND = FIRST | {Paragraph.MISSION: "Serve the warrant at 06:30."}


async def test_each_save_is_a_version_with_its_author_and_the_earlier_ones_stay(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.kcpd_detective)
    one = await orders.save_operations_order(two.fbi_lead, bluestem, FIRST, NOW, read=0)
    other = await orders.save_operations_order(two.fbi_lead, bluestem, SECOND, NOW, read=one)
    event = await events.event(two.kcpd_detective, bluestem)
    assert event
    assert [(o.version, o.saved_by) for o in await readers.order_versions(two.kcpd_detective, event)] == [
        (other, "Fbi lead (FBI)"),
        (one, "Fbi lead (FBI)"),
    ]
    current, earlier = (
        await readers.operations_order(two.hsi_liaison, event),
        await readers.operations_order(two.kcpd_detective, event),
    )
    assert current is None
    assert earlier
    assert earlier.paragraphs[Paragraph.MISSION] == SECOND[Paragraph.MISSION]
    before = await readers.order_in_version(two.kcpd_detective, event, one)
    assert before
    assert before.paragraphs[Paragraph.MISSION] == FIRST[Paragraph.MISSION]


async def test_a_new_order_makes_a_new_version_of_the_plan_that_each_agency_acknowledges(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.kcpd_detective)
    await plans.commit_resources(two.fbi_lead, bluestem, two.agencies["KCPD"], people=4, vehicles=2, skills="", now=NOW)
    read = (await operation_for(two.kcpd_detective, bluestem)).version
    await approvals.acknowledge_plan_version(two.kcpd_detective, bluestem, read, NOW)
    version = await orders.save_operations_order(two.fbi_lead, bluestem, FIRST, NOW, read=0)
    after = await operation_for(two.fbi_lead, bluestem)
    assert (version, after.version, after.waiting) == (read + 1, read + 1, ("KCPD",))


async def test_the_same_text_makes_no_new_version(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.kcpd_detective)
    version = await orders.save_operations_order(two.fbi_lead, bluestem, FIRST, NOW, read=0)
    assert await orders.save_operations_order(two.fbi_lead, bluestem, FIRST, NOW, read=version) == version
    assert (await operation_for(two.fbi_lead, bluestem)).version == version


async def test_an_order_that_was_saved_meanwhile_is_not_overwritten(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.kcpd_detective)
    version = await orders.save_operations_order(two.fbi_lead, bluestem, FIRST, NOW, read=0)
    for outdated in (0, version - 1, version + 1):
        with pytest.raises(Conflict):
            await orders.save_operations_order(two.fbi_lead, bluestem, SECOND, NOW, read=outdated)


async def test_another_change_of_the_plan_does_not_outdate_the_order(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.kcpd_detective)
    version = await orders.save_operations_order(two.fbi_lead, bluestem, FIRST, NOW, read=0)
    await plans.commit_resources(two.fbi_lead, bluestem, two.agencies["KCPD"], people=4, vehicles=2, skills="", now=NOW)
    assert await orders.save_operations_order(two.fbi_lead, bluestem, SECOND, NOW, read=version) == version + 2


async def test_only_people_who_lead_the_operation_change_its_order_until_it_is_over(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.kcpd_detective)
    with pytest.raises(NotAllowed):
        await orders.save_operations_order(two.kcpd_detective, bluestem, FIRST, NOW, read=0)
    with pytest.raises(NotFound):
        await orders.save_operations_order(two.coordinator, bluestem, FIRST, NOW, read=0)
    async with writing():
        await enter_plan_state((await operation_for(two.fbi_lead, bluestem)).id, OperationState.RELEASED, NOW)
    with pytest.raises(NotAllowed):
        await orders.save_operations_order(two.fbi_lead, bluestem, FIRST, NOW, read=0)
