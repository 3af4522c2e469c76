"""Joint operations in reports: counted with their agencies for people on them, and the same as none for others."""

from datetime import datetime
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast
from tests.usecases.events.autumn import hold_autumn, report_request
from tests.usecases.operations.world import FAR, planned
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import Kind
from tracker.rules.operations.states import OperationState
from tracker.rules.reports.sums import OperationCount
from tracker.usecases.operations import approvals, plans
from tracker.usecases.reports.reports import PeriodReport, report_for

pytestmark = pytest.mark.both_engines

QUARTER = "FY2027-Q2"
AFTER = datetime(2027, 2, 1, 15, tzinfo=NOW.tzinfo)
OTHERS = ("coordinator", "caht_lead")


async def of(viewer: Viewer, kind: Kind | None = None) -> PeriodReport:
    return await report_for(viewer, report_request(QUARTER, kind, AFTER))


async def held(cast: Cast) -> UUID:
    """Return an operation that FBI leads and to which FBI and KCPD commit people."""
    event_id = await planned(cast.fbi_lead, cast.kcpd_detective, cast.hsi_liaison)
    for viewer in (cast.fbi_lead, cast.kcpd_detective):
        await plans.commit_resources(viewer, event_id, viewer.agency_id, people=4, vehicles=1, skills="", now=NOW)
    return event_id


async def test_an_operation_is_counted_with_the_agencies_that_took_part(cast: Cast) -> None:
    await held(cast)
    await planned(cast.fbi_lead, cast.hsi_liaison, title="Operation Larkspur", at=FAR)
    assert (await of(cast.fbi_lead)).operations == OperationCount(held=2, agencies=("FBI", "KCPD"))


@pytest.mark.parametrize("name", OTHERS)
async def test_a_report_of_people_who_may_not_know_of_an_operation_is_the_same_without_it(
    cast: Cast, name: str
) -> None:
    await hold_autumn(cast)
    reader = cast.members[name]
    before = [await of(reader), await of(reader, Kind.JOINT_OPERATION)]
    await held(cast)
    assert [await of(reader), await of(reader, Kind.JOINT_OPERATION)] == before
    assert all(one.operations == OperationCount(held=0, agencies=()) for one in before)


async def test_an_operation_that_was_stood_down_was_not_held(cast: Cast) -> None:
    event_id = await held(cast)
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.STOOD_DOWN, NOW)
    found = await of(cast.fbi_lead)
    assert found.operations is not None
    assert found.operations.is_withheld
    assert [(one.kind, one.held, one.canceled) for one in found.activities] == [
        (Kind.JOINT_OPERATION, 0, 1),
        (None, 0, 1),
    ]


async def test_an_operation_that_is_still_to_come_is_not_counted(cast: Cast) -> None:
    await held(cast)
    early = replace(report_request(QUARTER, None, AFTER), now=NOW)
    found = (await report_for(cast.fbi_lead, early)).operations
    assert found is not None
    assert found.is_withheld


async def test_a_report_of_another_kind_says_nothing_of_operations(cast: Cast) -> None:
    await held(cast)
    assert (await of(cast.fbi_lead, Kind.TRAINING)).operations is None
