"""What victim services on an operation never learn of it, whatever their role: conflicts, check-ins, the log."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast
from tests.usecases.operations.world import B, let_in, planned
from tracker.database import writing
from tracker.rules.audit import audit_log
from tracker.rules.core.viewers import Arm, Role, Viewer
from tracker.rules.emails.messages import MessageFilter
from tracker.rules.operations.check_ins import Direction, Tap
from tracker.rules.operations.deconfliction import Decision
from tracker.usecases.audit import audit_log as audit_reading
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.emails import messages
from tracker.usecases.operations import check_ins, deconfliction, records
from tracker.usecases.operations.plans import whole_plan
from tracker.usecases.roster import people

pytestmark = pytest.mark.both_engines

KEY, FIVE = "2027-01-16", datetime(2027, 1, 16, 11, tzinfo=NOW.tzinfo)
ABOUT_ACCESS = {"access_requested", "access_decided"}
WITHHELD = {"conflict_decided", "checked_in", "log_entry_added"}
EVERYTHING = audit_log.AuditFilter(since=NOW - timedelta(days=1), until=FIVE + timedelta(days=1))


async def coordinator_on(two: Cast, event_id: UUID, person: Viewer, *roles: Role) -> Viewer:
    """Give a person of victim services a role, let them into an operation, and return them as they are then."""
    await let_in(two.fbi_lead, two.hsi_liaison, event_id, person)
    async with writing():
        await people.set_roles(person.member_id, set(roles), frozenset())
    return await viewer_for(person.member_id, NOW)


async def busy(two: Cast) -> UUID:
    """Return an operation with a conflict, a decision about it, and a person who checked in."""
    event_id = await planned(two.fbi_lead, two.hsi_liaison)
    await planned(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=B)
    [hit] = (await whole_plan(two.fbi_lead, event_id, NOW)).view.hits
    await deconfliction.decide_conflict(two.fbi_lead, event_id, hit.id, Decision.PROCEED, "Channel 2.", NOW)
    press = Tap(tap_id="1", person_id=two.hsi_liaison.member_id, button=Direction.IN)
    await check_ins.record_tap(two.fbi_lead, event_id, KEY, press, FIVE)
    await records.add_log_entry(two.fbi_lead, event_id, KEY, "On scene", FIVE, tap_id="2")
    return event_id


async def verbs(viewer: Viewer, event_id: UUID) -> set[str]:
    """Return the verbs of the entries about an operation that a reader of the audit log gets with its title."""
    page = await audit_reading.read_page(viewer, EVERYTHING)
    return {one.verb for one in page.entries if str(event_id) in one.address}


async def topics(viewer: Viewer) -> set[str]:
    page = await messages.sendings_page(viewer, MessageFilter(), None, NOW)
    return {str(one.topic) for one in page.sendings}


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.AUDITOR])
async def test_the_audit_log_names_no_conflict_check_in_or_log_of_an_operation_to_victim_services(
    two: Cast, role: Role
) -> None:
    event_id = await busy(two)
    advocate = await coordinator_on(two, event_id, two.harbor_advocate, role)
    assert WITHHELD & await verbs(advocate, event_id) == set()
    officer = replace(advocate, arm=Arm.LAW_ENFORCEMENT)
    assert WITHHELD | {"site_added"} <= await verbs(officer, event_id)
    assert "site_added" in await verbs(advocate, event_id)


async def test_the_messages_page_names_no_email_about_a_conflict_or_access_to_victim_services(two: Cast) -> None:
    event_id = await busy(two)
    advocate = await coordinator_on(two, event_id, two.harbor_advocate, Role.COORDINATOR)
    assert await topics(advocate) == {"invited"}
    assert await topics(replace(advocate, arm=Arm.LAW_ENFORCEMENT)) == {"conflict_found", "invited"} | ABOUT_ACCESS
