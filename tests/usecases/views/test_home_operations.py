"""What a plan asks of people on the home page: an approval, an acknowledgment, and nothing of anyone else."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, ZONE, Cast
from tests.usecases.operations.world import over, planned
from tracker.rules.core.viewers import Viewer
from tracker.rules.operations.plans import Disclosure
from tracker.rules.operations.states import OperationState
from tracker.rules.views.home import Need, OpenAcknowledgment, OpenApproval, OpenCheckIn, OpenSheet
from tracker.usecases.events.scheduling import cancel_event, event_seen_by
from tracker.usecases.operations import approvals, plans
from tracker.usecases.operations.plans import PlanBasics
from tracker.usecases.views.home import home_for

pytestmark = pytest.mark.both_engines

SIX = datetime(2027, 1, 16, 12, tzinfo=NOW.tzinfo)
AFTER = NOW + timedelta(days=60)


async def asked(viewer: Viewer, now: datetime = NOW) -> list[tuple[Need, int]]:
    """Return what plans ask of a viewer, and of which version."""
    found = await home_for(viewer, now, NOW.date(), ZONE)
    assert found.is_whole
    rows = [row for row in found.follow_up if isinstance(row, OpenApproval | OpenAcknowledgment)]
    return [(row.need, row.version) for row in rows]


async def on_the_day(viewer: Viewer, now: datetime) -> list[Need]:
    """Return which rows lead to the check-in or the attendance of an operation."""
    found = await home_for(viewer, now, now.date(), ZONE)
    assert found.is_whole
    return [row.need for row in found.follow_up if isinstance(row, OpenCheckIn | OpenSheet)]


async def submitted(cast: Cast) -> UUID:
    """Return an operation that waits for the approval of fbi_alternate; KCPD commits four people."""
    event_id = await planned(cast.fbi_lead, cast.fbi_alternate, cast.kcpd_detective)
    await plans.commit_resources(
        cast.kcpd_detective, event_id, cast.kcpd_detective.agency_id, people=4, vehicles=2, skills="", now=NOW
    )
    basics = PlanBasics(
        supervisor_id=cast.fbi_alternate.member_id, disclosure=Disclosure.CONTACT_ONLY, buffer=timedelta(minutes=60)
    )
    await plans.change_plan_basics(cast.fbi_lead, event_id, basics, NOW)
    assert await asked(cast.kcpd_detective) == []
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.SUBMITTED, NOW)
    return event_id


async def test_a_submitted_plan_waits_for_its_supervisor_and_for_the_agencies_that_commit(cast: Cast) -> None:
    await submitted(cast)
    assert await asked(cast.fbi_alternate) == [(Need.APPROVAL, 4)]
    assert await asked(cast.kcpd_detective) == [(Need.ACKNOWLEDGMENT, 4)]


async def test_a_plan_asks_nothing_of_its_lead_nor_of_people_who_are_not_on_it(cast: Cast) -> None:
    await submitted(cast)
    for viewer in (cast.fbi_lead, cast.coordinator, cast.kcpd_alternate, cast.caht_lead, cast.administrator):
        assert await asked(viewer) == []


async def test_an_acknowledged_plan_asks_again_when_it_changes(cast: Cast) -> None:
    event_id = await submitted(cast)
    await approvals.acknowledge_plan_version(cast.kcpd_detective, event_id, 4, NOW)
    assert await asked(cast.kcpd_detective) == []
    await plans.commit_resources(
        cast.fbi_lead, event_id, cast.kcpd_detective.agency_id, people=6, vehicles=2, skills="", now=NOW
    )
    assert await asked(cast.kcpd_detective) == [(Need.ACKNOWLEDGMENT, 5)]


async def test_an_approved_plan_no_longer_waits_for_its_supervisor(cast: Cast) -> None:
    event_id = await submitted(cast)
    await approvals.waive_deconfliction(cast.fbi_alternate, event_id, "No time to ask.", NOW)
    await approvals.change_plan_state(cast.fbi_alternate, event_id, OperationState.APPROVED, NOW)
    assert await asked(cast.fbi_alternate) == []
    assert await asked(cast.kcpd_detective) == [(Need.ACKNOWLEDGMENT, 4)]


async def test_on_its_day_an_operation_leads_the_people_on_it_to_its_check_in(cast: Cast) -> None:
    event_id = await planned(cast.fbi_lead, cast.kcpd_detective)
    eve, morning = SIX - timedelta(hours=13), SIX - timedelta(minutes=20)
    for viewer, rows in (
        (cast.fbi_lead, [Need.CHECK_IN]),
        (cast.kcpd_detective, [Need.CHECK_IN]),
        (cast.hsi_liaison, []),
    ):
        assert await on_the_day(viewer, eve) == []
        assert await on_the_day(viewer, morning) == rows
        assert await on_the_day(viewer, SIX + timedelta(hours=1)) == rows
    await over(cast.fbi_lead, event_id)
    assert await on_the_day(cast.fbi_lead, SIX + timedelta(hours=1)) == []
    assert await on_the_day(cast.fbi_lead, SIX + timedelta(hours=7)) == [Need.ATTENDANCE]


async def test_a_canceled_operation_and_one_that_is_over_ask_for_nothing(cast: Cast) -> None:
    event_id = await submitted(cast)
    assert await asked(cast.fbi_alternate, AFTER) == []
    event = await event_seen_by(cast.fbi_lead, event_id)
    await cancel_event(cast.fbi_lead, event_id, event.version, "Rain", NOW)
    assert await asked(cast.fbi_alternate) == []
    assert await asked(cast.kcpd_detective) == []
