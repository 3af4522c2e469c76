"""What each person had of an operation is read from the audit log, the emails, and the copies of its brief."""

import pytest

from tests.cast import NOW, Cast
from tests.usecases.operations.world import planned
from tracker.rules.core.outbox import PAUSE, Skip, State
from tracker.rules.operations.access import Outlet
from tracker.usecases.core import audit, outbox
from tracker.usecases.events.occurrences import date_for
from tracker.usecases.operations import briefs
from tracker.usecases.operations.access import dissemination_record

pytestmark = pytest.mark.both_engines

KEY = "2027-01-16"


async def test_each_version_is_on_record_once_for_each_outlet(two: Cast) -> None:
    event_id = await planned(two.fbi_lead, two.hsi_liaison)
    occurrence = await date_for(two.hsi_liaison, event_id, KEY)
    for _ in range(2):
        await audit.record_date_read(two.hsi_liaison, occurrence, NOW, plan=2)
    await briefs.issue_brief_copy(two.fbi_lead, event_id, KEY, two.hsi_liaison.member_id, NOW)
    found = await dissemination_record(two.fbi_lead, await date_for(two.fbi_lead, event_id, KEY))
    assert [(one.person, one.outlet, one.version, one.plan_version) for one in found] == [
        ("Hsi liaison (HSI)", Outlet.PAGE, 1, 2),
        ("Hsi liaison (HSI)", Outlet.PRINT, 1, 2),
    ]


async def test_an_email_is_on_record_with_the_version_of_the_event_when_it_was_sent(two: Cast) -> None:
    event_id = await planned(two.fbi_lead, two.hsi_liaison)
    [waiting] = await outbox.claim_messages("a worker", [], NOW + PAUSE, 10)
    await outbox.close_message(waiting, Skip(state=State.SENT, reason=""), NOW)
    [one] = await dissemination_record(two.fbi_lead, await date_for(two.fbi_lead, event_id, KEY))
    assert (one.outlet, one.version, one.at) == (Outlet.EMAIL, 1, NOW)


async def test_people_who_do_not_lead_it_read_no_record(two: Cast) -> None:
    event_id = await planned(two.fbi_lead, two.hsi_liaison)
    occurrence = await date_for(two.hsi_liaison, event_id, KEY)
    await audit.record_date_read(two.hsi_liaison, occurrence, NOW)
    assert await dissemination_record(two.hsi_liaison, occurrence) == []
