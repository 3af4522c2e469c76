"""No one finds operations by trying place after place: comparisons are limited and reported, and planning isn't."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast
from tests.usecases.operations.world import FAR, SIX, A, planned, site, with_places
from tracker.errors import Invalid, NotAllowed, NotFound
from tracker.rules.core.message_types import ComparisonsReported
from tracker.rules.core.outbox import Message
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.content import Letter
from tracker.rules.operations.sites import SiteRole
from tracker.rules.operations.states import OperationState
from tracker.tables.schema.operations.plans import ComparedPlaces
from tracker.tables.visible.operations import plans as visible
from tracker.usecases.core import outbox
from tracker.usecases.emails.content import letter
from tracker.usecases.events import events
from tracker.usecases.operations import approvals, deconfliction, officer, plans
from tracker.usecases.operations.deconfliction import DAY
from tracker.usecases.operations.plans import plan_view
from tracker.usecases.operations.states import operation_for

pytestmark = pytest.mark.both_engines

KEY = "2027-01-16"
HALF_HOUR = timedelta(minutes=30)


def addresses(count: int) -> Iterator[tuple[float, float]]:
    for number in range(count):
        yield 39.0 + number / 100, -94.4


async def move(lead: Viewer, event_id: UUID, starts: datetime, now: datetime) -> None:
    event, plan = await events.plan_to_change(lead, event_id)
    await events.change(lead, event_id, replace(plan, starts=starts), event.version, now)
    await deconfliction.compare_due(now)


async def try_address(lead: Viewer, event_id: UUID, at: tuple[float, float], now: datetime) -> None:
    """Add a site, look, and remove it."""
    await plans.add_site_to_plan(lead, event_id, site(at), now)
    view = await plan_view(lead, event_id, KEY, NOW)
    [added] = [one for one, found in view.sites.items() if found.point == site(at).point]
    await plans.remove_site_from_plan(lead, event_id, added, now)


async def search(lead: Viewer, event_id: UUID, now: datetime) -> int:
    """Try 40 addresses at each of 12 half hours, and return after how many that was refused."""
    tried = 0
    for half_hour in range(12):
        if half_hour:
            await move(lead, event_id, SIX + half_hour * HALF_HOUR, now)
        for at in addresses(40):
            try:
                await try_address(lead, event_id, at, now)
            except Invalid:
                return tried
            tried += 1
    return tried


async def reports() -> list[Message]:
    return [
        one for one in await outbox.claim_messages("w", [], NOW, 1_000) if isinstance(one.content, ComparisonsReported)
    ]


async def test_a_search_over_40_addresses_and_12_half_hours_is_refused_early_and_reported(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.hsi_liaison, at=FAR)
    assert 90 <= await search(two.fbi_lead, bluestem, NOW) <= 100
    with pytest.raises(Invalid, match="You have had 100 sites compared with other operations in an hour"):
        await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A), NOW)
    [found] = await officer.people_who_search(two.coordinator, NOW)
    assert (found.name, found.agency, found.places) == ("Fbi lead", "FBI", 100)


async def test_each_officer_gets_one_email_a_day_about_a_person_which_says_only_to_sign_in(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.hsi_liaison, at=FAR)
    for now, before in ((NOW, 98), (NOW + timedelta(hours=2), 99)):
        await with_places(two.fbi_lead, before, now)
        await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A), now)
    [message] = await reports()
    made = await letter(message, NOW, ZONE)
    assert message.recipient_id == two.coordinator.member_id
    assert isinstance(made, Letter)
    assert [one.target.path for one in made.buttons] == ["/admin"]
    assert (made.facts, made.calendar) == ((), None)


async def test_planning_with_care_is_never_refused(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.hsi_liaison)
    for at in addresses(8):
        await plans.add_site_to_plan(two.fbi_lead, bluestem, site(at), NOW)
    for hours in range(1, 6):
        await move(two.fbi_lead, bluestem, SIX + timedelta(hours=hours), NOW)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.STOOD_DOWN, NOW)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.PLANNING, NOW)
    assert await officer.people_who_search(two.coordinator, NOW) == []
    assert await reports() == []


async def test_the_limit_ends_after_an_hour_and_that_of_a_day_after_a_day(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.hsi_liaison, at=FAR)
    await with_places(two.fbi_lead, 100)
    await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A), NOW + timedelta(hours=1))
    await with_places(two.fbi_lead, 200, NOW + timedelta(hours=1))
    with pytest.raises(Invalid, match=r"300 sites .* in 24 hours.* Try again tomorrow"):
        await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A), NOW + timedelta(hours=3))
    await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A), NOW + timedelta(hours=26))


async def test_the_people_of_an_agency_cannot_share_a_search(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.hsi_liaison, at=FAR)
    for _ in range(2):
        await with_places(two.fbi_alternate, 100)
    with pytest.raises(Invalid, match="Your agency has had 200 sites"):
        await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A), NOW)
    assert {one.name for one in await officer.people_who_search(two.coordinator, NOW)} == {"Fbi alternate", "Fbi lead"}


async def test_a_plan_whose_time_moves_beyond_the_limit_is_a_draft_again_and_is_not_compared(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.hsi_liaison)
    await planned(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", starts=SIX + timedelta(hours=20))
    await with_places(two.fbi_lead, 100)
    await move(two.fbi_lead, bluestem, SIX + timedelta(hours=18), NOW)
    operation = await operation_for(two.fbi_lead, bluestem)
    assert (operation.state, await visible.plan_hits(two.fbi_lead, operation)) == (OperationState.DRAFT, [])
    with pytest.raises(NotAllowed, match="Try again in an hour, or ask a deconfliction officer"):
        await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.PLANNING, NOW)


async def test_sites_of_a_draft_and_off_site_services_are_not_compared_and_not_counted(two: Cast) -> None:
    bluestem = await planned(two.fbi_lead, two.hsi_liaison, at=FAR)
    await with_places(two.fbi_lead, 100)
    await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A, SiteRole.OFF_SITE_SERVICES), NOW)
    await approvals.change_plan_state(two.fbi_lead, bluestem, OperationState.STOOD_DOWN, NOW)
    await plans.add_site_to_plan(two.fbi_lead, bluestem, site(A), NOW)


@pytest.mark.parametrize("name", ["fbi_lead", "caht_lead", "administrator", "auditor"])
async def test_only_officers_see_who_compared_many_places(two: Cast, name: str) -> None:
    with pytest.raises(NotFound):
        await officer.people_who_search(two.members[name], NOW)


async def test_what_was_compared_is_kept_for_a_day_also_of_people_who_plan_nothing_else(two: Cast) -> None:
    await planned(two.fbi_lead, two.hsi_liaison)
    larkspur, later = await planned(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur"), NOW + DAY
    await plans.add_site_to_plan(two.kcpd_alternate, larkspur, site(FAR), later)
    assert await ComparedPlaces.select(ComparedPlaces.compared_at).output(as_list=True) == [later]
