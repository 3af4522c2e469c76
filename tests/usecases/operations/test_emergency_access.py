"""Emergency access belongs to one session, opens what was opened with it, and ends at its moment."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tests.cast import NOW, Cast, meeting, operation
from tests.ports.browser import session_of
from tests.usecases.operations.world import planned
from tracker.errors import Conflict, NotFound, ReauthenticationNeeded
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import EventStatus
from tracker.tables.visible.events import events as visible_events
from tracker.tables.visible.operations import access as visible
from tracker.usecases.core.viewers import viewer_for, viewer_of_session
from tracker.usecases.events import scheduling
from tracker.usecases.identity import sessions
from tracker.usecases.operations import emergency_access
from tracker.usecases.roster import people

pytestmark = pytest.mark.both_engines

WHY = "The lead can’t be reached."
MINUTE = timedelta(minutes=1)


async def in_session(token: str, at: timedelta = timedelta(0)) -> Viewer:
    visit = await viewer_of_session(token, NOW + at)
    assert visit
    return visit.viewer


async def begun(cast: Cast) -> str:
    """Begin emergency access in a session of the administrator, and return its cookie."""
    token = await session_of(cast.administrator, NOW)
    visit = await viewer_of_session(token, NOW)
    assert visit
    await emergency_access.begin_emergency_access(visit.viewer, visit.session_id, WHY, NOW, NOW)
    return token


async def sees(viewer: Viewer, event_id: UUID) -> bool:
    return await visible_events.event_by_id(viewer, event_id) is not None


async def test_an_operation_is_read_after_it_was_opened_in_that_session_alone(cast: Cast) -> None:
    bluestem, larkspur = await planned(cast.fbi_lead, cast.hsi_liaison), await planned(cast.fbi_lead, cast.ipd_liaison)
    token = await begun(cast)
    await emergency_access.open_in_emergency(await in_session(token), bluestem, NOW)
    assert await sees(await in_session(token), bluestem)
    assert not await sees(await in_session(token), larkspur)
    assert not await sees(await viewer_for(cast.administrator.member_id, NOW), bluestem)
    assert not await sees(await in_session(await session_of(cast.administrator, NOW)), bluestem)


async def test_after_an_hour_it_is_over(cast: Cast) -> None:
    bluestem, token = await planned(cast.fbi_lead, cast.hsi_liaison), await begun(cast)
    await emergency_access.open_in_emergency(await in_session(token), bluestem, NOW)
    for minutes in (20, 40, 59):
        assert await sees(await in_session(token, minutes * MINUTE), bluestem)
    assert not await sees(await in_session(token, 60 * MINUTE), bluestem)
    assert await emergency_access.end_expired_emergencies(NOW + 60 * MINUTE) == 1
    [opened] = await visible.emergency_openings(cast.fbi_lead, await scheduling.event_seen_by(cast.fbi_lead, bluestem))
    assert (opened.person, opened.reason, opened.until) == ("Administrator (USAO)", WHY, NOW + 60 * MINUTE)


async def test_it_can_be_ended_before(cast: Cast) -> None:
    bluestem, token = await planned(cast.fbi_lead, cast.hsi_liaison), await begun(cast)
    before = await in_session(token)
    await emergency_access.open_in_emergency(before, bluestem, NOW)
    await emergency_access.end_emergency_access(before, NOW + MINUTE)
    assert not await sees(await in_session(token, MINUTE), bluestem)
    assert not await sees(before, bluestem)
    with pytest.raises(Conflict):
        await emergency_access.end_emergency_access(await in_session(token, MINUTE), NOW + MINUTE)


async def test_it_ends_with_its_session_also_for_the_people_on_an_operation(cast: Cast) -> None:
    event = await scheduling.event_seen_by(cast.fbi_lead, await planned(cast.fbi_lead, cast.hsi_liaison))
    await emergency_access.open_in_emergency(await in_session(await begun(cast)), event.id, NOW)
    assert await emergency_access.end_expired_emergencies(NOW + MINUTE) == 0
    await sessions.sign_out_everywhere(cast.administrator.member_id, NOW + MINUTE, by=cast.administrator.actor)
    assert [await emergency_access.end_expired_emergencies(NOW + MINUTE) for _ in range(2)] == [1, 0]
    [opened] = await emergency_access.openings_of(cast.fbi_lead, event)
    assert not opened.is_open(NOW + MINUTE)


async def test_a_session_that_is_no_longer_used_ends_it(cast: Cast) -> None:
    await begun(cast)
    assert await emergency_access.end_expired_emergencies(NOW + 30 * MINUTE) == 1


async def test_a_session_has_one_at_a_time(cast: Cast) -> None:
    token = await session_of(cast.administrator, NOW)
    visit = await viewer_of_session(token, NOW)
    assert visit
    begins = [emergency_access.begin_emergency_access(visit.viewer, visit.session_id, WHY, NOW, NOW) for _ in range(2)]
    outcomes = await asyncio.gather(*begins, return_exceptions=True)
    assert sorted(isinstance(one, Conflict) for one in outcomes) == [False, True]
    await emergency_access.end_emergency_access(await in_session(token), NOW)
    assert (await in_session(token)).emergency is None


async def test_the_list_has_operations_for_named_people_and_no_draft_or_other_event(cast: Cast) -> None:
    bluestem = await planned(cast.fbi_lead, cast.hsi_liaison)
    draft = await scheduling.schedule_event(cast.fbi_lead, operation(cast.hsi_liaison, status=EventStatus.DRAFT), NOW)
    private = await scheduling.schedule_event(
        cast.fbi_lead, meeting(cast.hsi_liaison, visibility=Visibility.NAMED), NOW
    )
    viewer = await in_session(await begun(cast))
    assert [one.date.event_id for one in await emergency_access.emergency_choices(viewer, NOW)] == [bluestem]
    for other in (draft, private, uuid4()):
        with pytest.raises(NotFound):
            await emergency_access.open_in_emergency(viewer, other, NOW)


async def test_only_an_administrator_who_confirmed_who_they_are_begins_it(cast: Cast) -> None:
    with pytest.raises(NotFound):
        await emergency_access.begin_emergency_access(cast.coordinator, "a session", WHY, NOW, NOW)
    with pytest.raises(ReauthenticationNeeded):
        await emergency_access.begin_emergency_access(
            cast.administrator, "a session", WHY, NOW - timedelta(hours=1), NOW
        )


async def test_it_ends_with_the_role(cast: Cast) -> None:
    token = await begun(cast)
    await people.set_roles(cast.administrator.member_id, frozenset(), cast.administrator.roles)
    assert (await in_session(token)).emergency is None


async def test_victim_services_on_an_operation_do_not_read_who_opened_it(cast: Cast) -> None:
    event = await scheduling.event_seen_by(cast.fbi_lead, await planned(cast.fbi_lead, cast.hsi_liaison))
    await emergency_access.open_in_emergency(await in_session(await begun(cast)), event.id, NOW)
    assert len(await emergency_access.openings_of(cast.hsi_liaison, event)) == 1
    assert await emergency_access.openings_of(cast.caht_lead, event) == []
