"""Leaving a task force or a seat: what moves to whom, what ends, and what stays of the past."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, PROGRAM, ZONE, Cast, meeting, operation
from tests.ports.browser import session_of
from tests.usecases.operations.world import end_operation, let_in, plan_operation
from tests.usecases.roster.forms import audit_verbs, column_of_member, facts_of_member
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.actions import ActionItem, ItemStatus, NewItem
from tracker.rules.attendance import Mark
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core import viewers
from tracker.rules.core.viewers import Role, Viewer, Visibility
from tracker.rules.events.events import EventStatus
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.rules.identity import ApiScope
from tracker.rules.operations.states import OperationState
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.roster.directory import PersonFacts, SeatFacts
from tracker.rules.views.impact import ListImpact
from tracker.tables.background.events import invitees
from tracker.tables.schema import actions as item_rows
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.events import AudienceVersion, Event
from tracker.tables.schema.roster import Agency, Member, SeatHolder
from tracker.tables.visible import actions as action_item_rows
from tracker.usecases import attendance
from tracker.usecases.actions import action_items, item_lists
from tracker.usecases.calendars import feeds, subscriptions
from tracker.usecases.core.viewers import viewer_for, viewer_of_session
from tracker.usecases.events import occurrences, replies, scheduling
from tracker.usecases.events.history import history_of_event
from tracker.usecases.identity import sessions
from tracker.usecases.roster import accounts, committees, csv_import, directory, known_people, people
from tracker.usecases.roster.known_people import Candidates
from tracker.usecases.views import event_page
from tracker.usecases.views import impact as offboarding
from tracker.usecases.views.event_page import view_event

pytestmark = pytest.mark.both_engines

TODAY = NOW.date()
LAST_WEEK = NOW - timedelta(days=8)
HELD = datetime(2026, 12, 8, 10)  # noqa: DTZ001 - local to the zone


async def offboard(cast: Cast, who: Viewer, successor: Viewer | None, by: str = "coordinator") -> None:
    successor_id = successor.member_id if successor else None
    await offboarding.offboard_person(cast.members[by], who.member_id, successor_id, NOW, NOW, TODAY)


async def ids_of(candidates: Candidates) -> set[UUID]:
    return {one.id for one in await known_people.all_candidates(candidates)}


async def assign_item(
    giver: Viewer, owner: Viewer, event_id: UUID | None = None, key: str = "2027-01-12"
) -> ActionItem:
    origin = await occurrences.date_seen_by(giver, event_id, key) if event_id else None
    new = NewItem(
        title="Call the hotel",
        owner_id=owner.member_id,
        due=date(2026, 12, 20),
        origin_id=origin.id if origin else None,
    )
    reference = await action_items.create_item(giver, new, NOW, TODAY)
    item = await action_item_rows.item_by_reference(giver, reference)
    assert item is not None
    return item


async def owner_of(item: ActionItem) -> UUID:
    [row] = await item_rows.ActionItem.select(item_rows.ActionItem.owner).where(item_rows.ActionItem.id == item.id)
    owner: UUID = row["owner"]
    return owner


async def lead_of(viewer: Viewer, event_id: UUID) -> UUID:
    return (await scheduling.event_seen_by(viewer, event_id)).lead_id


@pytest.mark.parametrize("manager", ["coordinator", "administrator"])
async def test_a_colleague_takes_over_seats_items_and_events(cast: Cast, manager: str) -> None:
    event_id = await scheduling.schedule_event(
        cast.fbi_lead, meeting(cast.kcpd_detective, visibility=Visibility.LAW_ENFORCEMENT), NOW
    )
    item = await assign_item(cast.coordinator, cast.fbi_lead)
    await offboard(cast, cast.fbi_lead, cast.fbi_alternate, manager)
    new_owner = await viewer_for(cast.fbi_alternate.member_id, NOW)
    assert await lead_of(new_owner, event_id) == new_owner.member_id
    assert await owner_of(item) == new_owner.member_id
    steering = await directory.committee_for(cast.coordinator, cast.committees["steering"])
    [seat] = [one for one in steering.seats if one.agency == "FBI"]
    assert seat.primary is not None
    assert (seat.primary.id, seat.alternates) == (new_owner.member_id, [])
    assert await audit_verbs(cast.fbi_lead.member_id) == ["departed"]
    assert await audit_verbs(event_id) == ["scheduled", "changed"]


async def test_the_page_lists_what_moves_as_far_as_the_administrator_may_see_it(cast: Cast) -> None:
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    open_ = await scheduling.schedule_event(cast.fbi_lead, meeting(visibility=Visibility.LAW_ENFORCEMENT), NOW)
    item = await assign_item(cast.coordinator, cast.fbi_lead)
    transfer = await offboarding.plan_transfer(cast.coordinator, cast.fbi_lead.member_id, NOW)
    assert [line.event_id for line in transfer.events] == [open_]
    assert [one.id for one in transfer.items] == [item.id]
    assert await ids_of(transfer.successors) == {cast.fbi_alternate.member_id, cast.coordinator.member_id}


async def test_the_new_lead_is_chair_has_accepted_and_alone_is_notified(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.kcpd_detective, cast.fbi_lead), NOW)
    await people.set_roles(cast.fbi_lead.member_id, {Role.COORDINATOR}, set())
    second = await viewer_for(cast.fbi_lead.member_id, NOW)
    await offboarding.offboard_person(second, cast.coordinator.member_id, second.member_id, NOW, NOW, TODAY)
    assert await lead_of(second, event_id) == second.member_id
    invited = await invitees.invitees_of(event_id)
    assert invited[second.member_id] == "chair"
    assert cast.coordinator.member_id not in invited
    notified = (Message.event == event_id) & (Message.state == "pending") & (Message.recipient == second.member_id)
    assert await Message.count().where(notified) >= 1


async def test_a_successor_gains_no_access_to_an_operation_that_does_not_name_them(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective, cast.hsi_liaison), NOW)
    item = await assign_item(cast.fbi_lead, cast.fbi_lead, event_id, "2027-01-16")
    await offboard(cast, cast.fbi_lead, cast.fbi_alternate)
    with pytest.raises(NotFound):
        await scheduling.event_seen_by(await viewer_for(cast.fbi_alternate.member_id, NOW), event_id)
    new_owner = await viewer_for(cast.hsi_liaison.member_id, NOW)
    assert await lead_of(new_owner, event_id) == new_owner.member_id
    assert await owner_of(item) == new_owner.member_id
    with pytest.raises(NotFound):
        await scheduling.event_seen_by(cast.coordinator, event_id)


async def test_a_colleague_who_is_named_leads_the_operation_before_others(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.hsi_liaison, cast.fbi_alternate), NOW)
    await offboard(cast, cast.fbi_lead, cast.coordinator)
    new_owner = await viewer_for(cast.fbi_alternate.member_id, NOW)
    assert await lead_of(new_owner, event_id) == new_owner.member_id


async def test_an_operation_passes_to_law_enforcement_and_never_to_victim_services(cast: Cast) -> None:
    bluestem = await plan_operation(cast.fbi_lead, cast.hsi_liaison)
    await let_in(cast.fbi_lead, cast.hsi_liaison, bluestem, cast.caht_lead)
    await offboard(cast, cast.fbi_lead, cast.fbi_alternate)
    assert await lead_of(cast.hsi_liaison, bluestem) == cast.hsi_liaison.member_id
    await offboard(cast, cast.hsi_liaison, cast.coordinator)
    [row] = await Event.select(Event.lead, Event.status).where(Event.id == bluestem)
    assert (row["lead"], row["status"]) == (cast.hsi_liaison.member_id, "canceled")


async def test_an_operation_that_is_over_and_not_closed_passes_to_someone_who_can_close_it(cast: Cast) -> None:
    bluestem, closed = (
        await plan_operation(cast.fbi_lead, cast.hsi_liaison),
        await plan_operation(cast.fbi_lead, cast.hsi_liaison),
    )
    alone = await plan_operation(cast.fbi_lead, cast.ipd_liaison)
    await Member.update({Member.status: "suspended"}).where(Member.id == cast.ipd_liaison.member_id)
    for event_id in (bluestem, alone):
        await end_operation(cast.fbi_lead, event_id)
    await end_operation(cast.fbi_lead, closed, OperationState.CLOSED)
    afterward = NOW + timedelta(days=60)
    by, successor_id = cast.coordinator, cast.fbi_alternate.member_id
    await offboarding.offboard_person(by, cast.fbi_lead.member_id, successor_id, afterward, afterward, afterward.date())
    assert await lead_of(cast.hsi_liaison, bluestem) == cast.hsi_liaison.member_id
    assert await lead_of(cast.hsi_liaison, closed) == cast.fbi_lead.member_id
    [row] = await Event.select(Event.status).where(Event.id == alone)
    assert row["status"] == "confirmed"


async def test_what_only_its_lead_could_see_ends_with_them(cast: Cast) -> None:
    alone = await scheduling.schedule_event(cast.fbi_lead, operation(cast.ipd_liaison), NOW)
    await Member.update({Member.status: "suspended"}).where(Member.id == cast.ipd_liaison.member_id)
    draft = await scheduling.schedule_event(
        cast.fbi_lead, operation(cast.kcpd_detective, status=EventStatus.DRAFT), NOW
    )
    await offboard(cast, cast.fbi_lead, cast.fbi_alternate)
    [row] = await Event.select(Event.status).where(Event.id == alone)
    assert row["status"] == "canceled"
    assert not await Event.exists().where(Event.id == draft)


async def test_an_item_that_the_successor_may_not_see_passes_to_who_gave_it(cast: Cast) -> None:
    services = await scheduling.schedule_event(
        cast.coordinator,
        meeting(
            cast.caht_lead,
            cast.bridge_advocate,
            visibility=Visibility.COMMITTEE,
            committee_id=cast.committees["services"],
        ),
        NOW,
    )
    item = await assign_item(cast.caht_lead, cast.bridge_advocate, services)
    await people.insert_member(
        PersonFacts(agency_id=cast.agencies["Bridge Legal"], name="New", email="new@bridge.example", zone=ZONE), NOW
    )
    await offboard(cast, cast.bridge_advocate, cast.coordinator)
    assert await owner_of(item) == cast.coordinator.member_id


async def test_without_a_successor_no_one_leaves(cast: Cast) -> None:
    await assign_item(cast.coordinator, cast.fbi_lead)
    for no_one in (None, cast.kcpd_detective, cast.fbi_lead):
        with pytest.raises(Invalid, match="so everything has an owner"):
            await offboard(cast, cast.fbi_lead, no_one)
    assert await column_of_member(cast.fbi_lead.member_id, "status") == "active"


async def test_nothing_open_is_left_with_who_left(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    await assign_item(cast.fbi_lead, cast.fbi_lead, event_id, "2027-01-16")
    await assign_item(cast.coordinator, cast.fbi_lead)
    await offboard(cast, cast.fbi_lead, cast.coordinator)
    own_audience = item_rows.ActionItem.owner == cast.fbi_lead.member_id
    assert await item_rows.ActionItem.count().where(own_audience & item_rows.ActionItem.closed_at.is_null()) == 0
    assert await Event.count().where((Event.lead == cast.fbi_lead.member_id) & (Event.status != "canceled")) == 0


async def test_every_access_ends_at_that_moment_and_no_key_is_left(cast: Cast) -> None:
    who = cast.kcpd_detective
    await scheduling.schedule_event(cast.coordinator, meeting(who), NOW)
    await Member.update({Member.password_hash: "x"}).where(Member.id == who.member_id)
    session = await session_of(who, NOW)
    _, token = await subscriptions.create_subscription(who, "Phone", FeedScope.ALL, NOW, shows_operations=False)
    program = await sessions.create_token(who, "Duty roster", frozenset({ApiScope.EVENTS_READ}), NOW)
    await offboard(cast, who, cast.kcpd_alternate)
    assert await viewer_of_session(session, NOW) is None
    assert await sessions.bearer_of(program, NOW, PROGRAM) is None
    await accounts.reopen_account(cast.coordinator, who.member_id, NOW, NOW)
    assert await sessions.bearer_of(program, NOW, PROGRAM) is None
    await Member.update({Member.status: "departed"}).where(Member.id == who.member_id)
    with pytest.raises(NotFound):
        await feeds.open_feed(token, NOW)
    with pytest.raises(NotFound):
        await viewer_for(who.member_id, NOW)
    waiting = (Message.recipient == who.member_id) & (Message.state == "pending")
    assert await Message.count().where(waiting) == 0
    assert await column_of_member(who.member_id, "password_hash") is None


async def test_past_attendance_stays_and_the_upcoming_dates_do_without_them(cast: Cast) -> None:
    who = cast.kcpd_detective
    past = await scheduling.schedule_event(cast.coordinator, meeting(who, cast.fbi_lead, starts=HELD), LAST_WEEK)
    ahead = await scheduling.schedule_event(cast.coordinator, meeting(who, cast.fbi_lead), NOW)
    during = datetime(2026, 12, 8, 16, 30, tzinfo=NOW.tzinfo)
    await attendance.record_marks(cast.coordinator, past, "2026-12-08", {who.member_id: Mark.HERE}, during)
    before = await attendance.read_roll_call(cast.coordinator, past, "2026-12-08", NOW)
    await offboard(cast, who, cast.kcpd_alternate)
    after = await attendance.read_roll_call(cast.coordinator, past, "2026-12-08", NOW)
    assert (after.tally, [line.name for line in after.lines]) == (before.tally, [line.name for line in before.lines])
    view = await event_page.view_event(cast.coordinator, ahead, "2027-01-12", NOW)
    assert who.member_id not in {one.member_id for one in view.named}


async def test_the_last_coordinator_cannot_leave_and_no_one_sees_themselves_out(cast: Cast) -> None:
    await people.set_roles(cast.fbi_lead.member_id, {Role.COORDINATOR, Role.AGENCY_LEAD}, {Role.AGENCY_LEAD})
    second = await viewer_for(cast.fbi_lead.member_id, NOW)
    with pytest.raises(NotAllowed, match="can’t remove yourself"):
        await offboarding.offboard_person(second, second.member_id, cast.coordinator.member_id, NOW, NOW, TODAY)
    await offboarding.offboard_person(second, cast.coordinator.member_id, second.member_id, NOW, NOW, TODAY)
    with pytest.raises(NotAllowed, match="coordinator"):
        await offboarding.offboard_person(
            cast.administrator, second.member_id, cast.fbi_alternate.member_id, NOW, NOW, TODAY
        )


async def test_no_one_leaves_twice(cast: Cast) -> None:
    await offboard(cast, cast.kcpd_detective, cast.kcpd_alternate)
    with pytest.raises(Conflict):
        await offboard(cast, cast.kcpd_detective, cast.kcpd_alternate)


@pytest.mark.parametrize("member", ["fbi_lead", "caht_lead", "auditor"])
async def test_no_one_else_sees_someone_out(sqlite_cast: Cast, member: str) -> None:
    with pytest.raises(NotAllowed):
        await offboard(sqlite_cast, sqlite_cast.fbi_alternate, sqlite_cast.fbi_lead, member)
    with pytest.raises(NotAllowed):
        await offboarding.plan_transfer(sqlite_cast.members[member], sqlite_cast.fbi_alternate.member_id, NOW)


async def test_a_seat_stays_with_its_agency_when_the_successor_is_of_another(cast: Cast) -> None:
    await offboard(cast, cast.kcpd_detective, cast.coordinator)
    steering = await directory.committee_for(cast.coordinator, cast.committees["steering"])
    [seat] = [one for one in steering.seats if one.agency == "KCPD"]
    assert seat.primary is not None
    assert seat.primary.id == cast.kcpd_alternate.member_id
    enforcement = await directory.committee_for(cast.coordinator, cast.committees["enforcement"])
    [vacant] = [one for one in enforcement.seats if one.agency == "KCPD"]
    assert vacant.primary is None


async def test_the_seat_of_a_former_agency_does_not_pass_to_a_colleague_of_the_present_one(sqlite_cast: Cast) -> None:
    moved = {Member.agency: sqlite_cast.agencies["IPD"]}
    await Member.update(moved).where(Member.id == sqlite_cast.kcpd_detective.member_id)
    await offboard(sqlite_cast, sqlite_cast.kcpd_detective, sqlite_cast.ipd_liaison)
    of_kcpd = SeatHolder.seat.agency == sqlite_cast.agencies["KCPD"]
    assert await SeatHolder.count().where(of_kcpd & (SeatHolder.member == sqlite_cast.ipd_liaison.member_id)) == 0


async def test_a_chair_passes_to_a_colleague(cast: Cast) -> None:
    await offboard(cast, cast.caht_lead, cast.caht_alternate)
    assert cast.committees["services"] in (await viewer_for(cast.caht_alternate.member_id, NOW)).chairs


async def test_an_administrator_cannot_let_themselves_into_a_committee_by_seeing_a_colleague_out(cast: Cast) -> None:
    chief = await a_chief_of_the_administrator(cast)
    administrator = cast.administrator.member_id
    transfer = await offboarding.plan_transfer(cast.administrator, chief, NOW)
    assert await ids_of(transfer.successors) == {cast.auditor.member_id, cast.coordinator.member_id}
    with pytest.raises(Invalid, match="Choose a successor"):
        await offboarding.offboard_person(cast.administrator, chief, administrator, NOW, NOW, TODAY)
    assert cast.committees["services"] not in (await viewer_for(administrator, NOW)).chairs


async def test_a_coordinator_may_take_over_themselves(cast: Cast) -> None:
    chief = await a_chief_of_the_administrator(cast)
    await offboarding.offboard_person(cast.coordinator, chief, cast.coordinator.member_id, NOW, NOW, TODAY)
    assert cast.committees["services"] in (await viewer_for(cast.coordinator.member_id, NOW)).chairs


async def a_chief_of_the_administrator(cast: Cast) -> UUID:
    chief = await people.insert_member(
        PersonFacts(agency_id=cast.agencies["USAO"], name="Chief", email="chief@usao.example", zone=ZONE), NOW
    )
    await committees.insert_seat(
        committee_id=cast.committees["services"], agency_id=cast.agencies["USAO"], primary=chief
    )
    await committees.make_chair(committee_id=cast.committees["services"], member_id=chief)
    return chief


async def test_no_one_of_a_suspended_agency_takes_over(cast: Cast) -> None:
    await Agency.update({Agency.status: "suspended"}).where(Agency.code == "FBI")
    transfer = await offboarding.plan_transfer(cast.coordinator, cast.fbi_lead.member_id, NOW)
    assert await ids_of(transfer.successors) == {cast.coordinator.member_id}


@pytest.mark.parametrize("facts", ["a guest", "of another agency by now"])
async def test_no_alternate_moves_up_who_could_not_hold_the_seat(cast: Cast, facts: str) -> None:
    changed = {Member.is_guest: True} if facts == "a guest" else {Member.agency: cast.agencies["IPD"]}
    await Member.update(changed).where(Member.id == cast.kcpd_alternate.member_id)
    await offboard(cast, cast.kcpd_detective, cast.coordinator)
    firsts = SeatHolder.is_primary.eq(value=True) & (SeatHolder.member == cast.kcpd_alternate.member_id)
    assert await SeatHolder.count().where(firsts) == 0


async def test_who_comes_back_sees_no_earlier_named_event(cast: Cast) -> None:
    who = cast.hsi_liaison
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective, who), NOW)
    [before] = await _counted(cast.kcpd_detective)
    await offboard(cast, who, cast.coordinator)
    [after] = await _counted(cast.kcpd_detective)
    await accounts.reopen_account(cast.coordinator, who.member_id, NOW, NOW)
    with pytest.raises(NotFound):
        await scheduling.event_seen_by(await viewer_for(who.member_id, NOW), event_id)
    assert after > before, "the calendars of the others must show who is off the list"


async def _counted(viewer: Viewer) -> list[int]:
    of_member = AudienceVersion.audience == viewers.member_audience(viewer.member_id)
    return await AudienceVersion.select(AudienceVersion.version).where(of_member).output(as_list=True)


async def test_a_form_of_a_committee_that_was_open_before_an_offboarding_is_refused_after_it(cast: Cast) -> None:
    committee_id, agency_id = cast.committees["steering"], cast.agencies["FBI"]
    opened = await directory.committee_for(cast.coordinator, committee_id)
    await offboard(cast, cast.fbi_lead, cast.fbi_alternate)
    facts = SeatFacts(primary_id=cast.fbi_alternate.member_id, alternate_ids=frozenset())
    with pytest.raises(Conflict):
        await committees.assign_seat(cast.coordinator, committee_id, agency_id, facts, opened.version, NOW, NOW)


async def test_by_a_list_no_one_leaves_who_has_open_work(cast: Cast) -> None:
    row = b"agency_code,name,email,status\nIPD,Ipd liaison,ipd_liaison@ipd.example,departed\n"
    item = await assign_item(cast.coordinator, cast.ipd_liaison)
    report = await csv_import.import_roster(row, NOW, ZONE)
    assert [one.field for one in report.faults] == ["status"]
    done = await action_items.mark_item_done(cast.ipd_liaison, item.reference, 1, NOW, TODAY)
    assert done.status is ItemStatus.DONE
    assert (await csv_import.import_roster(row, NOW, ZONE)).faults == ()
    assert await column_of_member(cast.ipd_liaison.member_id, "status") == "departed"
    assert await item_lists.open_items_of_people(cast.coordinator, [cast.ipd_liaison.member_id]) == []


async def schedule_for_steering(cast: Cast, *who: Viewer) -> UUID:
    steering_facts = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["steering"]}
    return await scheduling.schedule_event(cast.coordinator, meeting(*who, **steering_facts), LAST_WEEK)


async def test_a_successor_is_invited_to_the_upcoming_dates(cast: Cast) -> None:
    steering = await schedule_for_steering(cast, cast.fbi_lead, cast.caht_lead)
    by_name = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.hsi_liaison), LAST_WEEK)
    await offboard(cast, cast.fbi_lead, cast.fbi_alternate)
    for event_id in (steering, by_name):
        invited = await invitees.invitees_of(event_id)
        assert cast.fbi_alternate.member_id in invited
        assert cast.fbi_lead.member_id not in invited


async def test_the_alternate_who_moves_up_is_invited_when_the_successor_is_of_another_agency(cast: Cast) -> None:
    steering = await schedule_for_steering(cast, cast.fbi_lead, cast.caht_lead)
    by_name = await scheduling.schedule_event(cast.coordinator, meeting(cast.caht_alternate), LAST_WEEK)
    await offboard(cast, cast.fbi_lead, cast.coordinator)
    assert cast.fbi_alternate.member_id in await invitees.invitees_of(steering)
    await offboard(cast, cast.caht_alternate, cast.coordinator)
    assert set(await invitees.invitees_of(by_name)) == {cast.coordinator.member_id}


async def test_no_list_of_named_people_gets_longer_when_someone_leaves(cast: Cast) -> None:
    raid = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), LAST_WEEK)
    await offboard(cast, cast.kcpd_detective, cast.kcpd_alternate)
    assert set(await invitees.invitees_of(raid)) == {cast.fbi_lead.member_id}


async def test_offboarding_tells_who_is_invited_and_emailed_in_place_of_the_person(cast: Cast) -> None:
    await schedule_for_steering(cast, cast.kcpd_detective, cast.caht_lead)
    [impact] = await offboarding.offboard_person(
        cast.coordinator, cast.kcpd_detective.member_id, cast.kcpd_alternate.member_id, NOW, NOW, TODAY
    )
    assert (impact.joins, impact.leaves) == ("Kcpd alternate", "Kcpd detective")
    assert impact.notified == {cast.kcpd_alternate.member_id}
    to_them = (Message.recipient == cast.kcpd_alternate.member_id) & (Message.state == "pending")
    assert await Message.select(Message.kind).where(to_them).output(as_list=True) == ["invitation"]


async def test_the_upcoming_dates_of_the_person_are_listed_as_far_as_the_administrator_may_know_them(
    cast: Cast,
) -> None:
    steering = await schedule_for_steering(cast, cast.caht_lead, cast.kcpd_detective)
    open_to_all = await scheduling.schedule_event(
        cast.coordinator, meeting(cast.caht_lead, cast.kcpd_detective), LAST_WEEK
    )
    for manager, who, expected in (
        (cast.coordinator, cast.kcpd_detective, {steering, open_to_all}),
        (cast.administrator, cast.kcpd_detective, {open_to_all}),
        (cast.administrator, cast.bridge_advocate, set()),
    ):
        transfer = await offboarding.plan_transfer(manager, who.member_id, NOW)
        assert {line.event_id for line in transfer.invitations} == expected


STARTS = meeting().starts
WEEKLY = {"rule": rule_for_choice("weekly", STARTS, count=3)}
LONG_AGO = NOW - timedelta(days=30)
BETWEEN = datetime(2027, 1, 13, 15, tzinfo=UTC)
"""After the first of the weekly dates."""


async def of_steering(cast: Cast, *who: Viewer, **facts: Any) -> UUID:
    """Return a meeting of the Steering Committee whose invitations are out."""
    people = who or (cast.kcpd_detective, cast.fbi_lead, cast.caht_lead)
    committee_plan = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["steering"], **facts}
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(*people, **committee_plan), LONG_AGO)
    await Message.update({Message.state: "sent", Message.sent_at: LONG_AGO}, force=True)
    return event_id


async def seat(
    cast: Cast,
    primary: Viewer,
    *alternates: Viewer,
    by: Viewer | None = None,
    committee: str = "steering",
    version: int = 1,
    now: datetime = NOW,
) -> list[ListImpact]:
    facts = SeatFacts(primary_id=primary.member_id, alternate_ids=frozenset(one.member_id for one in alternates))
    return await offboarding.set_seat(
        by or cast.coordinator, cast.committees[committee], primary.agency_id, facts, version, now, now
    )


async def invited(event_id: UUID) -> set[UUID]:
    return set(await invitees.invitees_of(event_id))


async def waiting(cast: Cast) -> list[tuple[str, str]]:
    names = {one.member_id: name for name, one in cast.members.items()}
    rows = await Message.select(Message.kind, Message.recipient).where(Message.state == "pending")
    return sorted((row["kind"], names[row["recipient"]]) for row in rows)


@pytest.mark.parametrize("facts", [{}, WEEKLY], ids=["single", "series"])
async def test_a_new_primary_is_invited_to_the_upcoming_dates_and_the_former_one_is_not(
    cast: Cast, facts: dict[str, Any]
) -> None:
    event_id = await of_steering(cast, **facts)
    await seat(cast, cast.kcpd_alternate)
    on_the_list = await invited(event_id)
    assert cast.kcpd_alternate.member_id in on_the_list
    assert cast.kcpd_detective.member_id not in on_the_list


async def test_the_new_primary_gets_an_invitation_and_the_former_one_a_removal(cast: Cast) -> None:
    await of_steering(cast, **WEEKLY)
    await seat(cast, cast.kcpd_alternate)
    assert await waiting(cast) == [("invitation", "kcpd_alternate"), ("withdrawal", "kcpd_detective")]


async def test_the_dates_and_emails_are_shown_before_and_nothing_is_kept_of_the_preview(cast: Cast) -> None:
    event_id = await of_steering(cast, **WEEKLY)
    [impact] = await offboarding.do_and_roll_back(lambda: seat(cast, cast.kcpd_alternate))
    assert [line.key for line in impact.dates] == ["2027-01-12", "2027-01-19", "2027-01-26"]
    assert (impact.joins, impact.leaves) == ("Kcpd alternate", "Kcpd detective")
    assert impact.notified == {cast.kcpd_alternate.member_id, cast.kcpd_detective.member_id}
    assert cast.kcpd_detective.member_id in await invited(event_id)
    assert await seat(cast, cast.kcpd_alternate) == [impact]


async def test_an_invitation_that_was_not_sent_yet_is_taken_back_and_no_email_is_counted_for_it(cast: Cast) -> None:
    committee_plan = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["steering"]}
    await scheduling.schedule_event(cast.coordinator, meeting(cast.kcpd_detective, **committee_plan), NOW)
    [impact] = await seat(cast, cast.kcpd_alternate)
    assert impact.notified == {cast.kcpd_alternate.member_id}
    assert await waiting(cast) == [("invitation", "kcpd_alternate")]


async def test_a_meeting_that_is_over_keeps_its_invitees(cast: Cast) -> None:
    event_id = await of_steering(cast)
    await seat(cast, cast.kcpd_alternate, now=datetime(2027, 2, 1, tzinfo=UTC))
    assert cast.kcpd_detective.member_id in await invited(event_id)
    assert await waiting(cast) == []


async def test_held_dates_of_a_series_keep_their_invitees_attendance_and_replies(cast: Cast) -> None:
    event_id = await of_steering(cast, **WEEKLY)
    who = cast.kcpd_detective
    await replies.record_own_reply(who, event_id, "2027-01-12", ReplyValue.ACCEPTED, "", NOW, for_series=True)
    during = datetime(2027, 1, 12, 17, tzinfo=UTC)
    await attendance.record_marks(cast.coordinator, event_id, "2027-01-12", {who.member_id: Mark.HERE}, during)
    before = await attendance.read_roll_call(cast.coordinator, event_id, "2027-01-12", BETWEEN)
    await seat(cast, cast.kcpd_alternate, now=BETWEEN)
    after = await attendance.read_roll_call(cast.coordinator, event_id, "2027-01-12", BETWEEN)
    assert (after.tally, [line.name for line in after.lines]) == (before.tally, [line.name for line in before.lines])
    view = await view_event(cast.coordinator, event_id, "2027-01-12", BETWEEN)
    assert {one.member_id: one.reply for one in view.named}[who.member_id] is ReplyValue.ACCEPTED
    ahead = await view_event(cast.coordinator, event_id, "2027-01-19", BETWEEN)
    assert {one.name for one in ahead.named} == {"Coordinator", "Kcpd alternate", "Fbi lead", "Caht lead"}


async def test_a_person_invited_by_name_keeps_their_invitation(cast: Cast) -> None:
    event_id = await of_steering(cast, cast.fbi_alternate, cast.fbi_lead)
    await seat(cast, cast.fbi_alternate)
    assert cast.fbi_lead.member_id not in await invited(event_id)
    await seat(cast, cast.fbi_lead, version=2)
    assert {cast.fbi_alternate.member_id, cast.fbi_lead.member_id} <= await invited(event_id)


async def test_a_seat_that_changes_back_brings_its_invitation_back(cast: Cast) -> None:
    event_id = await of_steering(cast)
    await seat(cast, cast.kcpd_alternate)
    await seat(cast, cast.kcpd_detective, version=2)
    on_the_list = await invited(event_id)
    assert cast.kcpd_detective.member_id in on_the_list
    assert cast.kcpd_alternate.member_id not in on_the_list


async def corrected(cast: Cast, event_id: UUID, *, is_sent: bool = False) -> list[ListImpact]:
    """Make the alternate the primary by mistake, and 30 seconds later the primary who had said yes again."""
    who = cast.kcpd_detective
    await replies.record_own_reply(
        who, event_id, "2027-01-12", ReplyValue.ACCEPTED, "With parking", NOW, for_series=False
    )
    await seat(cast, cast.kcpd_alternate)
    if is_sent:
        await Message.update({Message.state: "sent", Message.sent_at: NOW}, force=True)
    return await seat(cast, who, version=2, now=NOW + timedelta(seconds=30))


async def reply_of(who: Viewer, event_id: UUID) -> tuple[ReplyValue, str]:
    own = await replies.my_reply(who, await occurrences.date_seen_by(who, event_id, "2027-01-12"))
    assert own is not None, "they are invited"
    reply = own[1]
    assert reply is not None
    return reply.value, reply.comment


async def test_a_seat_that_is_corrected_before_any_email_keeps_the_reply_and_sends_nothing(cast: Cast) -> None:
    event_id = await of_steering(cast)
    [impact] = await corrected(cast, event_id)
    assert await reply_of(cast.kcpd_detective, event_id) == (ReplyValue.ACCEPTED, "With parking")
    assert (await waiting(cast), impact.notified) == ([], frozenset())


async def test_a_seat_that_is_corrected_after_the_emails_asks_again(cast: Cast) -> None:
    event_id = await of_steering(cast)
    await corrected(cast, event_id, is_sent=True)
    assert await reply_of(cast.kcpd_detective, event_id) == (ReplyValue.NEEDS_ACTION, "")
    assert await waiting(cast) == [("invitation", "kcpd_detective"), ("withdrawal", "kcpd_alternate")]


async def test_a_seat_that_is_corrected_after_the_event_changed_asks_again(cast: Cast) -> None:
    event_id = await of_steering(cast)
    await seat(cast, cast.kcpd_alternate)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    await scheduling.change_event(cast.coordinator, event_id, replace(plan, place="Annex"), event.version, NOW)
    await seat(cast, cast.kcpd_detective, version=2, now=NOW + timedelta(seconds=30))
    assert ("invitation", "kcpd_detective") in await waiting(cast)


async def test_a_seat_that_is_corrected_invites_again_when_the_removal_replaced_another_message(cast: Cast) -> None:
    event_id = await of_steering(cast)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    await scheduling.change_event(cast.coordinator, event_id, replace(plan, place="Annex"), event.version, NOW)
    await corrected(cast, event_id)
    assert ("invitation", "kcpd_detective") in await waiting(cast)


async def test_an_alternate_alone_changes_no_list(cast: Cast) -> None:
    event_id = await of_steering(cast)
    assert await seat(cast, cast.kcpd_detective, cast.kcpd_alternate) == []
    [row] = await Event.select(Event.version).where(Event.id == event_id)
    assert row["version"] == 1


@pytest.mark.parametrize("kind", ["operation", "meeting"])
async def test_a_list_of_named_people_never_changes_with_a_seat(cast: Cast, kind: str) -> None:
    plan = {"operation": operation, "meeting": meeting}[kind]
    named = plan(
        cast.kcpd_detective, visibility=Visibility.NAMED, committee_id=cast.committees["enforcement"], title="Bluestem"
    )
    event_id = await scheduling.schedule_event(cast.coordinator, named, LONG_AGO)
    assert await seat(cast, cast.kcpd_alternate, committee="enforcement") == []
    assert await invited(event_id) == {cast.coordinator.member_id, cast.kcpd_detective.member_id}


async def test_a_new_seat_is_invited_to_the_meetings_of_its_committee(cast: Cast) -> None:
    committee_plan = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["services"]}
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.caht_lead, **committee_plan), LONG_AGO)
    await seat(cast, cast.fbi_lead, committee="services")
    assert cast.fbi_lead.member_id in await invited(event_id)
    proof = (2, NOW, NOW)
    await offboarding.remove_seat(cast.coordinator, cast.committees["services"], cast.agencies["FBI"], *proof)
    assert cast.fbi_lead.member_id not in await invited(event_id)


async def test_no_one_is_invited_to_an_event_that_they_may_not_see(cast: Cast) -> None:
    committee_plan = {"visibility": Visibility.LAW_ENFORCEMENT, "committee_id": cast.committees["steering"]}
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, **committee_plan), LONG_AGO)
    await seat(cast, cast.bridge_advocate)
    assert cast.bridge_advocate.member_id not in await invited(event_id)


async def test_events_that_the_administrator_may_not_see_change_without_a_word(cast: Cast) -> None:
    committee_plan = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["services"]}
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.caht_lead, **committee_plan), LONG_AGO)
    assert await seat(cast, cast.caht_alternate, by=cast.administrator, committee="services") == []
    assert cast.caht_alternate.member_id in await invited(event_id)


async def test_an_administrator_does_not_learn_which_people_of_the_other_arm_are_invited(cast: Cast) -> None:
    event_id = await of_steering(cast, visibility=Visibility.ALL)
    assert await seat(cast, cast.caht_alternate, by=cast.administrator) == []
    assert cast.caht_alternate.member_id in await invited(event_id)


async def test_a_draft_of_another_person_follows_silently(cast: Cast) -> None:
    committee_plan = {
        "visibility": Visibility.ALL,
        "committee_id": cast.committees["steering"],
        "status": EventStatus.DRAFT,
    }
    draft = await scheduling.schedule_event(cast.coordinator, meeting(cast.kcpd_detective, **committee_plan), NOW)
    assert await seat(cast, cast.kcpd_alternate, by=cast.administrator) == []
    assert await invited(draft) == {cast.coordinator.member_id, cast.kcpd_alternate.member_id}
    assert await waiting(cast) == []


async def test_the_former_primary_who_organizes_a_meeting_stays_and_the_new_one_is_invited(cast: Cast) -> None:
    committee_plan = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["services"]}
    event_id = await scheduling.schedule_event(
        cast.caht_lead, meeting(cast.harbor_advocate, **committee_plan), LONG_AGO
    )
    await seat(cast, cast.caht_alternate, committee="services")
    assert await invitees.invitees_of(event_id) == {
        cast.caht_lead.member_id: AttendeeRole.CHAIR,
        cast.caht_alternate.member_id: AttendeeRole.REQUIRED,
        cast.harbor_advocate.member_id: AttendeeRole.REQUIRED,
    }


async def test_the_history_and_the_audit_log_say_that_the_list_changed(cast: Cast) -> None:
    event_id = await of_steering(cast)
    await seat(cast, cast.kcpd_alternate)
    [entry] = await history_of_event(cast.coordinator, await scheduling.event_seen_by(cast.coordinator, event_id))
    assert [one.after for one in entry.changes] == ["1 person added, 1 person removed"]
    assert await audit_verbs(event_id) == ["scheduled", "changed"]


async def test_a_form_that_was_open_before_a_seat_changed_is_refused_after_it(cast: Cast) -> None:
    event_id = await of_steering(cast)
    opened = await scheduling.event_seen_by(cast.coordinator, event_id)
    await seat(cast, cast.kcpd_alternate)
    assert (await scheduling.event_seen_by(cast.coordinator, event_id)).version == opened.version + 1


async def test_a_person_who_moves_to_another_agency_leaves_the_lists_of_their_seat(cast: Cast) -> None:
    event_id = await of_steering(cast)
    moved = await facts_of_member(cast, cast.kcpd_detective, agency_id=cast.agencies["IPD"])
    await offboarding.change_person(cast.coordinator, cast.kcpd_detective.member_id, moved, 1, NOW, NOW)
    assert cast.kcpd_detective.member_id not in await invited(event_id)


async def test_a_list_that_names_another_primary_changes_the_invitations_too(cast: Cast) -> None:
    event_id = await of_steering(cast)
    row = b"agency_code,name,email,seats\nKCPD,Kcpd alternate,kcpd_alternate@kcpd.example,Steering Committee\n"
    trial = await offboarding.do_and_roll_back(
        lambda: offboarding.import_list_for(cast.coordinator, row, NOW, NOW, ZONE)
    )
    assert [one.joins for one in trial.impact] == ["Kcpd alternate"]
    assert cast.kcpd_alternate.member_id not in await invited(event_id)
    await offboarding.import_list(row, NOW, ZONE, is_trial=False)
    assert cast.kcpd_alternate.member_id in await invited(event_id)


async def test_the_new_primary_sees_the_event_and_may_reply(cast: Cast) -> None:
    event_id = await of_steering(cast)
    await seat(cast, cast.kcpd_alternate)
    new = await viewer_for(cast.kcpd_alternate.member_id, NOW)
    date = await occurrences.nearest_date(new, event_id, NOW)
    await replies.record_own_reply(new, event_id, date.key, ReplyValue.ACCEPTED, "", NOW, for_series=False)
    view = await view_event(new, event_id, date.key, NOW)
    assert view.reply is not None
    assert view.reply.value is ReplyValue.ACCEPTED
