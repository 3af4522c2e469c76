"""A plan has one kind of operation, of those that the deployment offers."""

import pytest

from tests.cast import NOW, Cast
from tests.usecases.operations.world import planned
from tracker.errors import Invalid, NotAllowed, NotFound
from tracker.usecases.operations import plans
from tracker.usecases.operations.states import operation_for

pytestmark = pytest.mark.both_engines

OFFERED = ("Search warrant", "Arrest")


async def test_a_kind_is_chosen_from_the_list_and_makes_a_new_version_of_the_plan(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.kcpd_detective)
    before = await operation_for(two.kcpd_detective, bluestem)
    await plans.choose_operation_kind(two.fbi_lead, bluestem, "Arrest", OFFERED, NOW)
    after = await operation_for(two.kcpd_detective, bluestem)
    assert (before.kind, after.kind, after.version) == ("", "Arrest", before.version + 1)
    with pytest.raises(Invalid):
        await plans.choose_operation_kind(two.fbi_lead, bluestem, "Raid", OFFERED, NOW)


async def test_a_plan_keeps_a_kind_that_is_no_longer_offered(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.kcpd_detective)
    await plans.choose_operation_kind(two.fbi_lead, bluestem, "Arrest", OFFERED, NOW)
    version = (await operation_for(two.fbi_lead, bluestem)).version
    await plans.choose_operation_kind(two.fbi_lead, bluestem, "Arrest", ("Search warrant",), NOW)
    found = await operation_for(two.fbi_lead, bluestem)
    assert (found.kind, found.version) == ("Arrest", version)
    await plans.choose_operation_kind(two.fbi_lead, bluestem, "", ("Search warrant",), NOW)
    assert (await operation_for(two.fbi_lead, bluestem)).kind == ""


async def test_only_people_who_lead_the_operation_choose_its_kind(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.kcpd_detective)
    with pytest.raises(NotAllowed):
        await plans.choose_operation_kind(two.kcpd_detective, bluestem, "Arrest", OFFERED, NOW)
    with pytest.raises(NotFound):
        await plans.choose_operation_kind(two.coordinator, bluestem, "Arrest", OFFERED, NOW)
