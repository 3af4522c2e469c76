"""What each person has of an operation, emergency access, and what victim services on it never learn."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast, marking, meeting, operation
from tests.ports.browser import session_of
from tests.usecases.operations.world import B, let_in, plan_operation
from tracker.database import writing
from tracker.errors import Conflict, Gone, Invalid, NotAllowed, NotFound, ReauthenticationNeeded
from tracker.rules.audit import audit_log
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.outbox import PAUSE, MessageState, SendOutcome
from tracker.rules.core.viewers import Arm, Role, Status, Viewer, Visibility
from tracker.rules.emails.messages import MessageFilter
from tracker.rules.events.events import EventStatus, Kind
from tracker.rules.events.markings import Limit
from tracker.rules.operations.access import GrantState, Outlet
from tracker.rules.operations.check_ins import Direction, Tap
from tracker.rules.operations.deconfliction import Decision
from tracker.tables.background.events.events import audiences_of
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.roster import Member
from tracker.tables.visible.events import events as visible_events
from tracker.tables.visible.operations import records as visible
from tracker.usecases import audit as audit_reading
from tracker.usecases.calendars import subscriptions
from tracker.usecases.calendars.feeds import open_feed
from tracker.usecases.core import audit, outbox
from tracker.usecases.core.viewers import OpenSessions, viewer_for, viewer_of_session, viewers_for
from tracker.usecases.emails import messages
from tracker.usecases.events import history, scheduling
from tracker.usecases.events.occurrences import date_seen_by
from tracker.usecases.events.scheduling import transfer_event
from tracker.usecases.identity import sessions
from tracker.usecases.operations import access as access_list
from tracker.usecases.operations import check_ins, deconfliction, orders, records
from tracker.usecases.operations.access import AccessView, access_view, dissemination_record, end_lapsed_access
from tracker.usecases.operations.plans import whole_plan
from tracker.usecases.roster import accounts, people
from tracker.usecases.roster.known_people import candidates_among

pytestmark = pytest.mark.both_engines

KEY = "2027-01-16"


async def test_each_version_is_on_record_once_for_each_outlet(two: Cast) -> None:
    event_id = await plan_operation(two.fbi_lead, two.hsi_liaison)
    occurrence = await date_seen_by(two.hsi_liaison, event_id, KEY)
    for _ in range(2):
        await audit.record_date_read(two.hsi_liaison, occurrence, NOW, plan=2)
    await orders.issue_brief_copy(two.fbi_lead, event_id, KEY, two.hsi_liaison.member_id, NOW)
    dissemination_record_found = await dissemination_record(
        two.fbi_lead, await date_seen_by(two.fbi_lead, event_id, KEY)
    )
    assert [(one.person, one.outlet, one.version, one.plan_version) for one in dissemination_record_found] == [
        ("Hsi liaison (HSI)", Outlet.PAGE, 1, 2),
        ("Hsi liaison (HSI)", Outlet.PRINT, 1, 2),
    ]


async def test_an_email_is_on_record_with_the_version_of_the_event_when_it_was_sent(two: Cast) -> None:
    event_id = await plan_operation(two.fbi_lead, two.hsi_liaison)
    [waiting] = await outbox.claim_messages("a worker", [], NOW + PAUSE, 10)
    await outbox.close_message(waiting, SendOutcome(state=MessageState.SENT, reason=""), NOW)
    [record_line] = await dissemination_record(two.fbi_lead, await date_seen_by(two.fbi_lead, event_id, KEY))
    assert (record_line.outlet, record_line.version, record_line.at) == (Outlet.EMAIL, 1, NOW)


async def test_people_who_do_not_lead_it_read_no_record(two: Cast) -> None:
    event_id = await plan_operation(two.fbi_lead, two.hsi_liaison)
    occurrence = await date_seen_by(two.hsi_liaison, event_id, KEY)
    await audit.record_date_read(two.hsi_liaison, occurrence, NOW)
    assert await dissemination_record(two.hsi_liaison, occurrence) == []


WHY = "She arranges the interpreters."
REFUSED = "need a second person’s approval to see an operation: Caht lead"


async def plan_bluestem(two: Cast) -> UUID:
    return await plan_operation(two.fbi_lead, two.hsi_liaison, two.kcpd_detective)


async def request_access(two: Cast, event_id: UUID) -> UUID:
    """Ask for access of the lead of victim services, and return the request."""
    state = await access_list.give_access(two.fbi_lead, event_id, two.caht_lead.member_id, WHY, None, NOW)
    assert state is GrantState.REQUESTED
    [waiting] = (await view_access(two.fbi_lead, event_id)).waiting
    return waiting.id


async def view_access(viewer: Viewer, event_id: UUID) -> AccessView:
    return await access_view(viewer, event_id, KEY, NOW)


async def may_see(viewer: Viewer, event_id: UUID) -> bool:
    try:
        await scheduling.event_seen_by(viewer, event_id)
    except NotFound:
        return False
    return True


async def emails_to(viewer: Viewer) -> int:
    return await Message.count().where(Message.recipient == viewer.member_id)


async def test_a_person_of_law_enforcement_whom_the_lead_adds_sees_it_and_is_invited(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    assert not await may_see(two.ipd_liaison, event_id)
    await access_list.give_access(two.fbi_lead, event_id, two.ipd_liaison.member_id, "", None, NOW)
    assert await may_see(two.ipd_liaison, event_id)
    assert two.ipd_liaison.member_id in await invitees_of(event_id)
    assert await emails_to(two.ipd_liaison) == 1


async def test_victim_services_without_a_reason_is_refused(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    with pytest.raises(Invalid, match="Say why this person needs to know"):
        await access_list.give_access(two.fbi_lead, event_id, two.caht_lead.member_id, "", None, NOW)


async def test_while_a_request_waits_the_person_sees_nothing_and_gets_no_email(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    await request_access(two, event_id)
    assert not await may_see(two.caht_lead, event_id)
    assert await emails_to(two.caht_lead) == 0
    assert two.caht_lead.member_id not in await invitees_of(event_id)


async def test_a_second_person_approves_and_the_person_is_invited_like_others(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    await access_list.approve_access(two.hsi_liaison, event_id, await request_access(two, event_id), NOW)
    assert await may_see(two.caht_lead, event_id)
    assert await emails_to(two.caht_lead) == 1
    [access] = [one for one in (await view_access(two.fbi_lead, event_id)).people if one.grant]
    assert (access.grant and access.grant.approver, access.giver) == ("Hsi liaison (HSI)", "Fbi lead (FBI)")


async def test_the_lead_cannot_approve_their_own_request(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    with pytest.raises(NotAllowed, match="other than its lead"):
        await access_list.approve_access(two.fbi_lead, event_id, await request_access(two, event_id), NOW)


async def test_a_coordinator_who_asked_for_it_cannot_approve_it(two: Cast) -> None:
    event_id = await plan_operation(two.fbi_lead, two.coordinator)
    await access_list.give_access(two.coordinator, event_id, two.caht_lead.member_id, WHY, None, NOW)
    [waiting] = (await view_access(two.fbi_lead, event_id)).waiting
    with pytest.raises(NotAllowed):
        await access_list.approve_access(two.coordinator, event_id, waiting.id, NOW)


async def test_a_person_of_victim_services_on_the_operation_approves_no_one(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    await access_list.approve_access(two.hsi_liaison, event_id, await request_access(two, event_id), NOW)
    await access_list.give_access(two.fbi_lead, event_id, two.harbor_advocate.member_id, WHY, None, NOW)
    [waiting] = (await view_access(two.fbi_lead, event_id)).waiting
    assert (await view_access(two.caht_lead, event_id)).waiting == ()
    with pytest.raises(NotAllowed):
        await access_list.approve_access(two.caht_lead, event_id, waiting.id, NOW)


async def test_someone_who_is_not_on_the_operation_finds_no_request_to_approve(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    waiting = await request_access(two, event_id)
    with pytest.raises(NotFound):
        await access_list.approve_access(two.kcpd_alternate, event_id, waiting, NOW)


async def test_a_request_counts_once(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    waiting = await request_access(two, event_id)
    with pytest.raises(Invalid, match="Choose the person"):
        await access_list.give_access(two.fbi_lead, event_id, two.caht_lead.member_id, WHY, None, NOW)
    await access_list.approve_access(two.hsi_liaison, event_id, waiting, NOW)
    with pytest.raises(Conflict):
        await access_list.approve_access(two.kcpd_detective, event_id, waiting, NOW)


async def test_a_declined_request_lets_no_one_in(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    waiting = await request_access(two, event_id)
    await access_list.decline_access(two.hsi_liaison, event_id, waiting, NOW)
    assert not await may_see(two.caht_lead, event_id)
    with pytest.raises(Conflict):
        await access_list.approve_access(two.hsi_liaison, event_id, waiting, NOW)


async def test_a_person_who_is_removed_sees_nothing_from_then_on(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    await access_list.take_off_operation(two.fbi_lead, event_id, two.kcpd_detective.member_id, NOW)
    assert not await may_see(two.kcpd_detective, event_id)
    assert await may_see(two.hsi_liaison, event_id)


async def test_only_the_lead_adds_and_removes_people(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    with pytest.raises(NotAllowed):
        await access_list.give_access(two.hsi_liaison, event_id, two.ipd_liaison.member_id, "", None, NOW)
    with pytest.raises(NotAllowed):
        await access_list.take_off_operation(two.hsi_liaison, event_id, two.kcpd_detective.member_id, NOW)
    assert [one.listed.person for one in (await view_access(two.hsi_liaison, event_id)).people] == ["Hsi liaison (HSI)"]


async def test_the_lead_cannot_be_removed(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    with pytest.raises(NotAllowed, match="lead always sees"):
        await access_list.take_off_operation(two.fbi_lead, event_id, two.fbi_lead.member_id, NOW)


async def test_an_operation_is_not_scheduled_with_victim_services_on_its_list(two: Cast) -> None:
    with pytest.raises(Invalid, match=REFUSED):
        await scheduling.schedule_event(two.fbi_lead, operation(two.hsi_liaison, two.caht_lead), NOW)


async def test_a_changed_list_is_no_way_around_the_second_person(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    event, plan = await scheduling.plan_to_change(two.fbi_lead, event_id)
    invitees: Any = {**plan.invitees, two.caht_lead.member_id: plan.invitees[two.hsi_liaison.member_id]}
    with pytest.raises(Invalid, match=REFUSED):
        await scheduling.change_event(two.fbi_lead, event_id, replace(plan, invitees=invitees), event.version, NOW)


async def test_neither_is_an_event_that_becomes_an_operation(two: Cast) -> None:
    training = meeting(two.caht_lead, kind=Kind.TRAINING, visibility=Visibility.NAMED)
    event_id = await scheduling.schedule_event(two.fbi_lead, training, NOW)
    event, plan = await scheduling.plan_to_change(two.fbi_lead, event_id)
    with pytest.raises(Invalid, match=REFUSED):
        changed = replace(plan, kind=Kind.JOINT_OPERATION)
        await scheduling.change_event(two.fbi_lead, event_id, changed, event.version, NOW)


async def test_a_person_with_access_stays_when_the_event_is_changed(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    await access_list.approve_access(two.hsi_liaison, event_id, await request_access(two, event_id), NOW)
    event, plan = await scheduling.plan_to_change(two.fbi_lead, event_id)
    await scheduling.change_event(two.fbi_lead, event_id, replace(plan, place="Lot south"), event.version, NOW)
    assert await may_see(two.caht_lead, event_id)


async def test_a_person_taken_off_the_list_needs_approval_again(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    await access_list.approve_access(two.hsi_liaison, event_id, await request_access(two, event_id), NOW)
    event, with_her = await scheduling.plan_to_change(two.fbi_lead, event_id)
    others: Any = {one: role for one, role in with_her.invitees.items() if one != two.caht_lead.member_id}
    await scheduling.change_event(two.fbi_lead, event_id, replace(with_her, invitees=others), event.version, NOW)
    with pytest.raises(Invalid, match=REFUSED):
        await scheduling.change_event(two.fbi_lead, event_id, with_her, event.version + 1, NOW)


async def test_a_person_whom_the_lead_alone_let_in_does_not_stay_when_they_move_to_victim_services(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    await access_list.give_access(two.fbi_lead, event_id, two.ipd_liaison.member_id, "", None, NOW)
    await Member.update({Member.agency: two.agencies["CAHT"]}).where(Member.id == two.ipd_liaison.member_id)
    event, plan = await scheduling.plan_to_change(two.fbi_lead, event_id)
    with pytest.raises(Invalid, match="need a second person’s approval to see an operation: Ipd liaison"):
        await scheduling.change_event(two.fbi_lead, event_id, replace(plan, place="Lot south"), event.version, NOW)


async def test_access_that_ends_by_itself_is_held_until_that_moment(two: Cast) -> None:
    event_id, until = await plan_bluestem(two), NOW + timedelta(hours=2)
    await access_list.give_access(two.fbi_lead, event_id, two.ipd_liaison.member_id, "", until, NOW)
    before, after = until - timedelta(seconds=1), until
    assert await may_see(await viewer_for(two.ipd_liaison.member_id, before), event_id)
    assert not await may_see(await viewer_for(two.ipd_liaison.member_id, after), event_id)
    assert not (await viewers_for([two.ipd_liaison.member_id], after))[
        two.ipd_liaison.member_id
    ].audiences & await audiences_of(event_id)


async def test_a_remembered_session_holds_access_until_it_ends(two: Cast) -> None:
    event_id, until = await plan_bluestem(two), NOW + timedelta(minutes=10)
    await access_list.give_access(two.fbi_lead, event_id, two.ipd_liaison.member_id, "", until, NOW)
    known, token = OpenSessions(), await session_of(two.ipd_liaison, NOW)
    for now, holds in ((NOW, True), (until - timedelta(seconds=1), True), (until, False)):
        visit = await viewer_of_session(token, now, known=known, is_use=False)
        assert visit
        assert await may_see(visit.viewer, event_id) == holds


async def test_a_feed_is_in_another_state_when_access_has_ended(two: Cast) -> None:
    event_id, until = await plan_bluestem(two), NOW + timedelta(hours=2)
    await access_list.give_access(two.fbi_lead, event_id, two.ipd_liaison.member_id, "", until, NOW)
    _, token = await subscriptions.create_subscription(
        two.ipd_liaison, "Phone", FeedScope.ALL, NOW, shows_operations=True
    )
    held = await open_feed(token, NOW)
    assert held.rights_until == until
    assert (await open_feed(token, until)).state != held.state


async def test_only_people_whom_the_limit_of_the_marking_admits_are_offered(two: Cast) -> None:
    event_id = await plan_bluestem(two)
    event, plan = await scheduling.plan_to_change(two.fbi_lead, event_id)
    nocon = replace(plan, marking=marking(two, limit=Limit.NOCON))
    await scheduling.change_event(two.fbi_lead, event_id, nocon, event.version, NOW)
    candidates = (await view_access(two.fbi_lead, event_id)).candidates
    assert candidates
    offered = await candidates_among(candidates, {two.ipd_liaison.member_id, two.caht_lead.member_id})
    assert set(offered) == {two.ipd_liaison.member_id}
    with pytest.raises(Invalid, match=r"government employees, no contractors.* Caht lead"):
        await access_list.give_access(two.fbi_lead, event_id, two.caht_lead.member_id, WHY, None, NOW)


async def test_a_guest_is_neither_offered_nor_let_in(two: Cast) -> None:
    event_id, liaison = await plan_bluestem(two), two.ipd_liaison.member_id
    candidates = (await view_access(two.fbi_lead, event_id)).candidates
    assert candidates
    assert set(await candidates_among(candidates, {liaison})) == {liaison}
    await Member.update({Member.is_guest: True}).where(Member.id == liaison)
    assert await candidates_among(candidates, {liaison}) == {}
    with pytest.raises(Invalid, match="Choose the person"):
        await access_list.give_access(two.fbi_lead, event_id, liaison, "", None, NOW)


async def test_access_that_ends_by_itself_can_be_ended_before(two: Cast) -> None:
    event_id, until = await plan_bluestem(two), NOW + timedelta(hours=2)
    await access_list.give_access(two.fbi_lead, event_id, two.ipd_liaison.member_id, "", until, NOW)
    await access_list.take_off_operation(two.fbi_lead, event_id, two.ipd_liaison.member_id, NOW)
    assert not await may_see(await viewer_for(two.ipd_liaison.member_id, NOW), event_id)
    assert two.ipd_liaison.member_id not in await invitees_of(event_id)


async def test_a_request_whose_time_is_over_can_no_longer_be_approved(two: Cast) -> None:
    event_id, until = await plan_bluestem(two), NOW + timedelta(hours=2)
    await access_list.give_access(two.fbi_lead, event_id, two.caht_lead.member_id, WHY, until, NOW)
    [waiting] = (await view_access(two.fbi_lead, event_id)).waiting
    with pytest.raises(Conflict):
        await access_list.approve_access(two.hsi_liaison, event_id, waiting.id, until)
    assert await end_lapsed_access(until) == 1


async def test_a_person_who_leaves_the_task_force_loses_it_also_if_they_come_back(two: Cast) -> None:
    event_id, until = await plan_bluestem(two), NOW + timedelta(hours=2)
    await access_list.give_access(two.fbi_lead, event_id, two.ipd_liaison.member_id, "", until, NOW)
    async with writing():
        await accounts.remove_from_task_force(two.ipd_liaison.member_id, None, NOW)
    await Member.update({Member.status: Status.ACTIVE}).where(Member.id == two.ipd_liaison.member_id)
    assert not await may_see(await viewer_for(two.ipd_liaison.member_id, NOW), event_id)


async def test_undo_of_a_change_of_the_list_gives_the_approved_access_back(two: Cast) -> None:
    event_id, later = await plan_bluestem(two), NOW + timedelta(minutes=5)
    await access_list.approve_access(two.hsi_liaison, event_id, await request_access(two, event_id), NOW)
    event, with_her = await scheduling.plan_to_change(two.fbi_lead, event_id)
    others: Any = {one: role for one, role in with_her.invitees.items() if one != two.caht_lead.member_id}
    await scheduling.change_event(two.fbi_lead, event_id, replace(with_her, invitees=others), event.version, later)
    made = await history.change_made_at(two.fbi_lead, event_id, later)
    assert made
    await history.undo_change(two.fbi_lead, event_id, made, later)
    assert await may_see(two.caht_lead, event_id)
    [access] = [one for one in (await view_access(two.fbi_lead, event_id)).people if one.grant]
    assert access.listed.member_id == two.caht_lead.member_id


async def test_undo_is_refused_when_access_was_requested_meanwhile(two: Cast) -> None:
    event_id, later = await plan_bluestem(two), NOW + timedelta(minutes=5)
    event, plan = await scheduling.plan_to_change(two.fbi_lead, event_id)
    await scheduling.change_event(two.fbi_lead, event_id, replace(plan, description="Channel 2"), event.version, later)
    made = await history.change_made_at(two.fbi_lead, event_id, later)
    await access_list.give_access(two.fbi_lead, event_id, two.caht_lead.member_id, WHY, None, later)
    assert made
    with pytest.raises(Gone):
        await history.undo_change(two.fbi_lead, event_id, made, later)


async def test_access_of_a_person_who_becomes_the_organizer_no_longer_ends_by_itself(two: Cast) -> None:
    event_id, until = await plan_bluestem(two), NOW + timedelta(hours=2)
    await access_list.give_access(two.fbi_lead, event_id, two.ipd_liaison.member_id, "", until, NOW)
    async with writing():
        event = await scheduling.event_seen_by(two.fbi_lead, event_id)
        await transfer_event(two.fbi_lead, event, two.ipd_liaison, NOW)
    assert await may_see(await viewer_for(two.ipd_liaison.member_id, until), event_id)
    assert await end_lapsed_access(until) == 0


EMERGENCY_REASON = "The lead can’t be reached."
MINUTE = timedelta(minutes=1)


async def viewer_in_session(token: str, at: timedelta = timedelta(0)) -> Viewer:
    visit = await viewer_of_session(token, NOW + at)
    assert visit
    return visit.viewer


async def begin_emergency_access(cast: Cast) -> str:
    """Begin emergency access in a session of the administrator, and return its cookie."""
    token = await session_of(cast.administrator, NOW)
    visit = await viewer_of_session(token, NOW)
    assert visit
    await access_list.begin_emergency_access(visit.viewer, visit.session_id, EMERGENCY_REASON, NOW, NOW)
    return token


async def finds_event(viewer: Viewer, event_id: UUID) -> bool:
    return await visible_events.event_by_id(viewer, event_id) is not None


async def test_an_operation_is_read_after_it_was_opened_in_that_session_alone(cast: Cast) -> None:
    bluestem, larkspur = (
        await plan_operation(cast.fbi_lead, cast.hsi_liaison),
        await plan_operation(cast.fbi_lead, cast.ipd_liaison),
    )
    token = await begin_emergency_access(cast)
    await access_list.open_in_emergency(await viewer_in_session(token), bluestem, NOW)
    assert await finds_event(await viewer_in_session(token), bluestem)
    assert not await finds_event(await viewer_in_session(token), larkspur)
    assert not await finds_event(await viewer_for(cast.administrator.member_id, NOW), bluestem)
    assert not await finds_event(await viewer_in_session(await session_of(cast.administrator, NOW)), bluestem)


async def test_after_an_hour_it_is_over(cast: Cast) -> None:
    bluestem, token = await plan_operation(cast.fbi_lead, cast.hsi_liaison), await begin_emergency_access(cast)
    await access_list.open_in_emergency(await viewer_in_session(token), bluestem, NOW)
    for minutes in (20, 40, 59):
        assert await finds_event(await viewer_in_session(token, minutes * MINUTE), bluestem)
    assert not await finds_event(await viewer_in_session(token, 60 * MINUTE), bluestem)
    assert await access_list.end_expired_emergencies(NOW + 60 * MINUTE) == 1
    [opened] = await visible.emergency_openings(cast.fbi_lead, await scheduling.event_seen_by(cast.fbi_lead, bluestem))
    assert (opened.person, opened.reason, opened.until) == ("Administrator (USAO)", EMERGENCY_REASON, NOW + 60 * MINUTE)


async def test_it_can_be_ended_before(cast: Cast) -> None:
    bluestem, token = await plan_operation(cast.fbi_lead, cast.hsi_liaison), await begin_emergency_access(cast)
    before = await viewer_in_session(token)
    await access_list.open_in_emergency(before, bluestem, NOW)
    await access_list.end_emergency_access(before, NOW + MINUTE)
    assert not await finds_event(await viewer_in_session(token, MINUTE), bluestem)
    assert not await finds_event(before, bluestem)
    with pytest.raises(Conflict):
        await access_list.end_emergency_access(await viewer_in_session(token, MINUTE), NOW + MINUTE)


async def test_it_ends_with_its_session_also_for_the_people_on_an_operation(cast: Cast) -> None:
    event = await scheduling.event_seen_by(cast.fbi_lead, await plan_operation(cast.fbi_lead, cast.hsi_liaison))
    await access_list.open_in_emergency(await viewer_in_session(await begin_emergency_access(cast)), event.id, NOW)
    assert await access_list.end_expired_emergencies(NOW + MINUTE) == 0
    await sessions.sign_out_everywhere(cast.administrator.member_id, NOW + MINUTE, by=cast.administrator.actor)
    assert [await access_list.end_expired_emergencies(NOW + MINUTE) for _ in range(2)] == [1, 0]
    [opened] = await access_list.openings_of(cast.fbi_lead, event)
    assert not opened.is_open(NOW + MINUTE)


async def test_a_session_that_is_no_longer_used_ends_it(cast: Cast) -> None:
    await begin_emergency_access(cast)
    assert await access_list.end_expired_emergencies(NOW + 30 * MINUTE) == 1


async def test_a_session_has_one_at_a_time(cast: Cast) -> None:
    token = await session_of(cast.administrator, NOW)
    visit = await viewer_of_session(token, NOW)
    assert visit
    begins = [
        access_list.begin_emergency_access(visit.viewer, visit.session_id, EMERGENCY_REASON, NOW, NOW) for _ in range(2)
    ]
    outcomes = await asyncio.gather(*begins, return_exceptions=True)
    assert sorted(isinstance(one, Conflict) for one in outcomes) == [False, True]
    await access_list.end_emergency_access(await viewer_in_session(token), NOW)
    assert (await viewer_in_session(token)).emergency is None


async def test_the_list_has_operations_for_named_people_and_no_draft_or_other_event(cast: Cast) -> None:
    bluestem = await plan_operation(cast.fbi_lead, cast.hsi_liaison)
    draft = await scheduling.schedule_event(cast.fbi_lead, operation(cast.hsi_liaison, status=EventStatus.DRAFT), NOW)
    private = await scheduling.schedule_event(
        cast.fbi_lead, meeting(cast.hsi_liaison, visibility=Visibility.NAMED), NOW
    )
    viewer = await viewer_in_session(await begin_emergency_access(cast))
    assert [one.date.event_id for one in await access_list.emergency_choices(viewer, NOW)] == [bluestem]
    for other in (draft, private, uuid4()):
        with pytest.raises(NotFound):
            await access_list.open_in_emergency(viewer, other, NOW)


async def test_only_an_administrator_who_confirmed_who_they_are_begins_it(cast: Cast) -> None:
    with pytest.raises(NotFound):
        await access_list.begin_emergency_access(cast.coordinator, "a session", EMERGENCY_REASON, NOW, NOW)
    with pytest.raises(ReauthenticationNeeded):
        await access_list.begin_emergency_access(
            cast.administrator, "a session", EMERGENCY_REASON, NOW - timedelta(hours=1), NOW
        )


async def test_it_ends_with_the_role(cast: Cast) -> None:
    token = await begin_emergency_access(cast)
    await people.set_roles(cast.administrator.member_id, frozenset(), cast.administrator.roles)
    assert (await viewer_in_session(token)).emergency is None


async def test_victim_services_on_an_operation_do_not_read_who_opened_it(cast: Cast) -> None:
    event = await scheduling.event_seen_by(cast.fbi_lead, await plan_operation(cast.fbi_lead, cast.hsi_liaison))
    await access_list.open_in_emergency(await viewer_in_session(await begin_emergency_access(cast)), event.id, NOW)
    assert len(await access_list.openings_of(cast.hsi_liaison, event)) == 1
    assert await access_list.openings_of(cast.caht_lead, event) == []


WITHHELD_KEY, FIVE = "2027-01-16", datetime(2027, 1, 16, 11, tzinfo=NOW.tzinfo)
ABOUT_ACCESS = {"access_requested", "access_decided"}
WITHHELD = {"conflict_decided", "checked_in", "log_entry_added"}
EVERYTHING = audit_log.AuditFilter(since=NOW - timedelta(days=1), until=FIVE + timedelta(days=1))


async def let_in_as(two: Cast, event_id: UUID, person: Viewer, *roles: Role) -> Viewer:
    """Give a person of victim services a role, let them into an operation, and return them as they are then."""
    await let_in(two.fbi_lead, two.hsi_liaison, event_id, person)
    async with writing():
        await people.set_roles(person.member_id, set(roles), frozenset())
    return await viewer_for(person.member_id, NOW)


async def plan_busy_operation(two: Cast) -> UUID:
    """Return an operation with a conflict, a decision about it, and a person who checked in."""
    event_id = await plan_operation(two.fbi_lead, two.hsi_liaison)
    await plan_operation(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=B)
    [hit] = (await whole_plan(two.fbi_lead, event_id, NOW)).view.hits
    await deconfliction.decide_conflict(two.fbi_lead, event_id, hit.id, Decision.PROCEED, "Channel 2.", NOW)
    press = Tap(tap_id="1", person_id=two.hsi_liaison.member_id, button=Direction.IN)
    await check_ins.record_tap(two.fbi_lead, event_id, WITHHELD_KEY, press, FIVE)
    await records.add_log_entry(two.fbi_lead, event_id, WITHHELD_KEY, "On scene", FIVE, tap_id="2")
    return event_id


async def verbs_read(viewer: Viewer, event_id: UUID) -> set[str]:
    """Return the verbs of the entries about an operation that a reader of the audit log gets with its title."""
    page = await audit_reading.read_page(viewer, EVERYTHING)
    return {one.verb for one in page.entries if str(event_id) in one.address}


async def topics_read(viewer: Viewer) -> set[str]:
    page = await messages.sendings_page(viewer, MessageFilter(), None, NOW)
    return {str(one.topic) for one in page.sendings}


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.AUDITOR])
async def test_the_audit_log_names_no_conflict_check_in_or_log_of_an_operation_to_victim_services(
    two: Cast, role: Role
) -> None:
    event_id = await plan_busy_operation(two)
    advocate = await let_in_as(two, event_id, two.harbor_advocate, role)
    assert WITHHELD & await verbs_read(advocate, event_id) == set()
    officer = replace(advocate, arm=Arm.LAW_ENFORCEMENT)
    assert WITHHELD | {"site_added"} <= await verbs_read(officer, event_id)
    assert "site_added" in await verbs_read(advocate, event_id)


async def test_the_messages_page_names_no_email_about_a_conflict_or_access_to_victim_services(two: Cast) -> None:
    event_id = await plan_busy_operation(two)
    advocate = await let_in_as(two, event_id, two.harbor_advocate, Role.COORDINATOR)
    assert await topics_read(advocate) == {"invited"}
    assert await topics_read(replace(advocate, arm=Arm.LAW_ENFORCEMENT)) == {"conflict_found", "invited"} | ABOUT_ACCESS
