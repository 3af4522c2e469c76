"""Leaving: one step moves seats, items and events to those who may see them, ends all access, and keeps the past."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, PROGRAM, ZONE, Cast, meeting, operation
from tests.ports.browser import session_of
from tests.usecases.operations.world import let_in, over, planned
from tests.usecases.roster.forms import column, verbs
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.actions.action_items import ActionItem, ItemStatus, NewItem
from tracker.rules.attendance.roll_call import Mark
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core import viewers
from tracker.rules.core.viewers import Role, Viewer, Visibility
from tracker.rules.events.events import EventStatus
from tracker.rules.identity.passwords import ApiScope
from tracker.rules.operations.states import OperationState
from tracker.rules.roster.directory import PersonFacts, SeatFacts
from tracker.tables.background.events import invitees
from tracker.tables.schema import actions as item_rows
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.events import AudienceVersion, Event
from tracker.tables.schema.roster import Agency, Member, SeatHolder
from tracker.tables.visible import actions as action_item_rows
from tracker.usecases.actions import action_items, item_lists
from tracker.usecases.attendance import roll_call
from tracker.usecases.calendars import feeds, subscriptions
from tracker.usecases.core.viewers import viewer_for, viewer_of_session
from tracker.usecases.events import occurrences, scheduling
from tracker.usecases.identity import sessions
from tracker.usecases.roster import accounts, committees, csv_import, directory, known_people, people
from tracker.usecases.roster.known_people import Candidates
from tracker.usecases.views import event_page, offboarding

pytestmark = pytest.mark.both_engines

TODAY = NOW.date()
LAST_WEEK = NOW - timedelta(days=8)
HELD = datetime(2026, 12, 8, 10)  # noqa: DTZ001 - local to the zone


async def leave(cast: Cast, who: Viewer, successor: Viewer | None, by: str = "coordinator") -> None:
    successor_id = successor.member_id if successor else None
    await offboarding.offboard_person(cast.members[by], who.member_id, successor_id, NOW, NOW, TODAY)


async def ids_of(candidates: Candidates) -> set[UUID]:
    return {one.id for one in await known_people.all_candidates(candidates)}


async def an_item(giver: Viewer, owner: Viewer, event_id: UUID | None = None, key: str = "2027-01-12") -> ActionItem:
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
    found: UUID = row["owner"]
    return found


async def lead_of(viewer: Viewer, event_id: UUID) -> UUID:
    return (await scheduling.event_seen_by(viewer, event_id)).lead_id


@pytest.mark.parametrize("manager", ["coordinator", "administrator"])
async def test_a_colleague_takes_over_seats_items_and_events(cast: Cast, manager: str) -> None:
    event_id = await scheduling.schedule_event(
        cast.fbi_lead, meeting(cast.kcpd_detective, visibility=Visibility.LAW_ENFORCEMENT), NOW
    )
    item = await an_item(cast.coordinator, cast.fbi_lead)
    await leave(cast, cast.fbi_lead, cast.fbi_alternate, manager)
    new_owner = await viewer_for(cast.fbi_alternate.member_id, NOW)
    assert await lead_of(new_owner, event_id) == new_owner.member_id
    assert await owner_of(item) == new_owner.member_id
    steering = await directory.committee_for(cast.coordinator, cast.committees["steering"])
    [seat] = [one for one in steering.seats if one.agency == "FBI"]
    assert seat.primary is not None
    assert (seat.primary.id, seat.alternates) == (new_owner.member_id, [])
    assert await verbs(cast.fbi_lead.member_id) == ["departed"]
    assert await verbs(event_id) == ["scheduled", "changed"]


async def test_the_page_lists_what_moves_as_far_as_the_keeper_may_see_it(cast: Cast) -> None:
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    open_ = await scheduling.schedule_event(cast.fbi_lead, meeting(visibility=Visibility.LAW_ENFORCEMENT), NOW)
    item = await an_item(cast.coordinator, cast.fbi_lead)
    found = await offboarding.plan_transfer(cast.coordinator, cast.fbi_lead.member_id, NOW)
    assert [line.event_id for line in found.events] == [open_]
    assert [one.id for one in found.items] == [item.id]
    assert await ids_of(found.successors) == {cast.fbi_alternate.member_id, cast.coordinator.member_id}


async def test_the_new_lead_is_chair_has_accepted_and_is_told_alone(cast: Cast) -> None:
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


async def test_a_successor_gains_no_sight_of_an_operation_that_does_not_name_them(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective, cast.hsi_liaison), NOW)
    item = await an_item(cast.fbi_lead, cast.fbi_lead, event_id, "2027-01-16")
    await leave(cast, cast.fbi_lead, cast.fbi_alternate)
    with pytest.raises(NotFound):
        await scheduling.event_seen_by(await viewer_for(cast.fbi_alternate.member_id, NOW), event_id)
    new_owner = await viewer_for(cast.hsi_liaison.member_id, NOW)
    assert await lead_of(new_owner, event_id) == new_owner.member_id
    assert await owner_of(item) == new_owner.member_id
    with pytest.raises(NotFound):
        await scheduling.event_seen_by(cast.coordinator, event_id)


async def test_a_colleague_who_is_named_leads_the_operation_before_others(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.hsi_liaison, cast.fbi_alternate), NOW)
    await leave(cast, cast.fbi_lead, cast.coordinator)
    new_owner = await viewer_for(cast.fbi_alternate.member_id, NOW)
    assert await lead_of(new_owner, event_id) == new_owner.member_id


async def test_an_operation_passes_to_law_enforcement_and_never_to_victim_services(cast: Cast) -> None:
    bluestem = await planned(cast.fbi_lead, cast.hsi_liaison)
    await let_in(cast.fbi_lead, cast.hsi_liaison, bluestem, cast.caht_lead)
    await leave(cast, cast.fbi_lead, cast.fbi_alternate)
    assert await lead_of(cast.hsi_liaison, bluestem) == cast.hsi_liaison.member_id
    await leave(cast, cast.hsi_liaison, cast.coordinator)
    [row] = await Event.select(Event.lead, Event.status).where(Event.id == bluestem)
    assert (row["lead"], row["status"]) == (cast.hsi_liaison.member_id, "canceled")


async def test_an_operation_that_is_over_and_not_closed_passes_to_someone_who_can_close_it(cast: Cast) -> None:
    bluestem, closed = await planned(cast.fbi_lead, cast.hsi_liaison), await planned(cast.fbi_lead, cast.hsi_liaison)
    alone = await planned(cast.fbi_lead, cast.ipd_liaison)
    await Member.update({Member.status: "suspended"}).where(Member.id == cast.ipd_liaison.member_id)
    for event_id in (bluestem, alone):
        await over(cast.fbi_lead, event_id)
    await over(cast.fbi_lead, closed, OperationState.CLOSED)
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
    await leave(cast, cast.fbi_lead, cast.fbi_alternate)
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
    item = await an_item(cast.caht_lead, cast.bridge_advocate, services)
    await people.insert_member(
        PersonFacts(agency_id=cast.agencies["Bridge Legal"], name="New", email="new@bridge.example", zone=ZONE), NOW
    )
    await leave(cast, cast.bridge_advocate, cast.coordinator)
    assert await owner_of(item) == cast.coordinator.member_id


async def test_without_a_successor_nobody_leaves(cast: Cast) -> None:
    await an_item(cast.coordinator, cast.fbi_lead)
    for nobody in (None, cast.kcpd_detective, cast.fbi_lead):
        with pytest.raises(Invalid, match="so everything has an owner"):
            await leave(cast, cast.fbi_lead, nobody)
    assert await column(cast.fbi_lead.member_id, "status") == "active"


async def test_nothing_open_is_left_with_who_left(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    await an_item(cast.fbi_lead, cast.fbi_lead, event_id, "2027-01-16")
    await an_item(cast.coordinator, cast.fbi_lead)
    await leave(cast, cast.fbi_lead, cast.coordinator)
    mine = item_rows.ActionItem.owner == cast.fbi_lead.member_id
    assert await item_rows.ActionItem.count().where(mine & item_rows.ActionItem.closed_at.is_null()) == 0
    assert await Event.count().where((Event.lead == cast.fbi_lead.member_id) & (Event.status != "canceled")) == 0


async def test_every_door_is_shut_at_that_moment_and_no_key_is_left(cast: Cast) -> None:
    who = cast.kcpd_detective
    await scheduling.schedule_event(cast.coordinator, meeting(who), NOW)
    await Member.update({Member.password_hash: "x"}).where(Member.id == who.member_id)
    session = await session_of(who, NOW)
    _, token = await subscriptions.create_subscription(who, "Phone", FeedScope.ALL, NOW, shows_operations=False)
    program = await sessions.create_token(who, "Duty roster", frozenset({ApiScope.EVENTS_READ}), NOW)
    await leave(cast, who, cast.kcpd_alternate)
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
    assert await column(who.member_id, "password_hash") is None


async def test_past_attendance_stays_and_the_dates_to_come_do_without_them(cast: Cast) -> None:
    who = cast.kcpd_detective
    past = await scheduling.schedule_event(cast.coordinator, meeting(who, cast.fbi_lead, starts=HELD), LAST_WEEK)
    ahead = await scheduling.schedule_event(cast.coordinator, meeting(who, cast.fbi_lead), NOW)
    during = datetime(2026, 12, 8, 16, 30, tzinfo=NOW.tzinfo)
    await roll_call.record_marks(cast.coordinator, past, "2026-12-08", {who.member_id: Mark.HERE}, during)
    before = await roll_call.read_roll_call(cast.coordinator, past, "2026-12-08", NOW)
    await leave(cast, who, cast.kcpd_alternate)
    after = await roll_call.read_roll_call(cast.coordinator, past, "2026-12-08", NOW)
    assert (after.tally, [line.name for line in after.lines]) == (before.tally, [line.name for line in before.lines])
    view = await event_page.view_event(cast.coordinator, ahead, "2027-01-12", NOW)
    assert who.member_id not in {one.member_id for one in view.named}


async def test_the_last_coordinator_cannot_leave_and_nobody_sees_themselves_out(cast: Cast) -> None:
    await people.set_roles(cast.fbi_lead.member_id, {Role.COORDINATOR, Role.AGENCY_LEAD}, {Role.AGENCY_LEAD})
    second = await viewer_for(cast.fbi_lead.member_id, NOW)
    with pytest.raises(NotAllowed, match="can’t remove yourself"):
        await offboarding.offboard_person(second, second.member_id, cast.coordinator.member_id, NOW, NOW, TODAY)
    await offboarding.offboard_person(second, cast.coordinator.member_id, second.member_id, NOW, NOW, TODAY)
    with pytest.raises(NotAllowed, match="coordinator"):
        await offboarding.offboard_person(
            cast.administrator, second.member_id, cast.fbi_alternate.member_id, NOW, NOW, TODAY
        )


async def test_nobody_leaves_twice(cast: Cast) -> None:
    await leave(cast, cast.kcpd_detective, cast.kcpd_alternate)
    with pytest.raises(Conflict):
        await leave(cast, cast.kcpd_detective, cast.kcpd_alternate)


@pytest.mark.parametrize("member", ["fbi_lead", "caht_lead", "auditor"])
async def test_nobody_else_sees_somebody_out(sqlite_cast: Cast, member: str) -> None:
    with pytest.raises(NotAllowed):
        await leave(sqlite_cast, sqlite_cast.fbi_alternate, sqlite_cast.fbi_lead, member)
    with pytest.raises(NotAllowed):
        await offboarding.plan_transfer(sqlite_cast.members[member], sqlite_cast.fbi_alternate.member_id, NOW)


async def test_a_seat_stays_with_its_agency_when_the_successor_is_of_another(cast: Cast) -> None:
    await leave(cast, cast.kcpd_detective, cast.coordinator)
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
    await leave(sqlite_cast, sqlite_cast.kcpd_detective, sqlite_cast.ipd_liaison)
    of_kcpd = SeatHolder.seat.agency == sqlite_cast.agencies["KCPD"]
    assert await SeatHolder.count().where(of_kcpd & (SeatHolder.member == sqlite_cast.ipd_liaison.member_id)) == 0


async def test_a_chair_passes_to_a_colleague(cast: Cast) -> None:
    await leave(cast, cast.caht_lead, cast.caht_alternate)
    assert cast.committees["services"] in (await viewer_for(cast.caht_alternate.member_id, NOW)).chairs


async def test_an_administrator_cannot_let_themselves_into_a_committee_by_seeing_a_colleague_out(cast: Cast) -> None:
    chief = await a_chief_of_the_administrator(cast)
    administrator = cast.administrator.member_id
    found = await offboarding.plan_transfer(cast.administrator, chief, NOW)
    assert await ids_of(found.successors) == {cast.auditor.member_id, cast.coordinator.member_id}
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


async def test_nobody_of_a_suspended_agency_takes_over(cast: Cast) -> None:
    await Agency.update({Agency.status: "suspended"}).where(Agency.code == "FBI")
    found = await offboarding.plan_transfer(cast.coordinator, cast.fbi_lead.member_id, NOW)
    assert await ids_of(found.successors) == {cast.coordinator.member_id}


@pytest.mark.parametrize("facts", ["a guest", "of another agency by now"])
async def test_no_alternate_moves_up_who_could_not_hold_the_seat(cast: Cast, facts: str) -> None:
    changed = {Member.is_guest: True} if facts == "a guest" else {Member.agency: cast.agencies["IPD"]}
    await Member.update(changed).where(Member.id == cast.kcpd_alternate.member_id)
    await leave(cast, cast.kcpd_detective, cast.coordinator)
    firsts = SeatHolder.is_primary.eq(value=True) & (SeatHolder.member == cast.kcpd_alternate.member_id)
    assert await SeatHolder.count().where(firsts) == 0


async def test_who_comes_back_sees_no_named_event_of_before(cast: Cast) -> None:
    who = cast.hsi_liaison
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective, who), NOW)
    [before] = await _counted(cast.kcpd_detective)
    await leave(cast, who, cast.coordinator)
    [after] = await _counted(cast.kcpd_detective)
    await accounts.reopen_account(cast.coordinator, who.member_id, NOW, NOW)
    with pytest.raises(NotFound):
        await scheduling.event_seen_by(await viewer_for(who.member_id, NOW), event_id)
    assert after > before, "the calendars of the others must show who is off the list"


async def _counted(viewer: Viewer) -> list[int]:
    of_member = AudienceVersion.audience == viewers.member_audience(viewer.member_id)
    return await AudienceVersion.select(AudienceVersion.version).where(of_member).output(as_list=True)


async def test_a_form_of_a_committee_that_was_open_before_a_departure_is_refused_after_it(cast: Cast) -> None:
    committee_id, agency_id = cast.committees["steering"], cast.agencies["FBI"]
    opened = await directory.committee_for(cast.coordinator, committee_id)
    await leave(cast, cast.fbi_lead, cast.fbi_alternate)
    facts = SeatFacts(primary_id=cast.fbi_alternate.member_id, alternate_ids=frozenset())
    with pytest.raises(Conflict):
        await committees.assign_seat(cast.coordinator, committee_id, agency_id, facts, opened.version, NOW, NOW)


async def test_by_a_list_nobody_leaves_who_has_something_in_hand(cast: Cast) -> None:
    row = b"agency_code,name,email,status\nIPD,Ipd liaison,ipd_liaison@ipd.example,departed\n"
    item = await an_item(cast.coordinator, cast.ipd_liaison)
    report = await csv_import.import_roster(row, NOW, ZONE)
    assert [one.field for one in report.faults] == ["status"]
    done = await action_items.mark_item_done(cast.ipd_liaison, item.reference, 1, NOW, TODAY)
    assert done.status is ItemStatus.DONE
    assert (await csv_import.import_roster(row, NOW, ZONE)).faults == ()
    assert await column(cast.ipd_liaison.member_id, "status") == "departed"
    assert await item_lists.open_items_of_people(cast.coordinator, [cast.ipd_liaison.member_id]) == []


async def of_steering(cast: Cast, *who: Viewer) -> UUID:
    about = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["steering"]}
    return await scheduling.schedule_event(cast.coordinator, meeting(*who, **about), LAST_WEEK)


async def test_a_successor_is_invited_to_the_dates_to_come(cast: Cast) -> None:
    steering = await of_steering(cast, cast.fbi_lead, cast.caht_lead)
    by_name = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.hsi_liaison), LAST_WEEK)
    await leave(cast, cast.fbi_lead, cast.fbi_alternate)
    for event_id in (steering, by_name):
        invited = await invitees.invitees_of(event_id)
        assert cast.fbi_alternate.member_id in invited
        assert cast.fbi_lead.member_id not in invited


async def test_the_alternate_who_moves_up_is_invited_when_the_successor_is_of_another_agency(cast: Cast) -> None:
    steering = await of_steering(cast, cast.fbi_lead, cast.caht_lead)
    by_name = await scheduling.schedule_event(cast.coordinator, meeting(cast.caht_alternate), LAST_WEEK)
    await leave(cast, cast.fbi_lead, cast.coordinator)
    assert cast.fbi_alternate.member_id in await invitees.invitees_of(steering)
    await leave(cast, cast.caht_alternate, cast.coordinator)
    assert set(await invitees.invitees_of(by_name)) == {cast.coordinator.member_id}


async def test_no_list_of_named_people_gets_longer_when_someone_leaves(cast: Cast) -> None:
    raid = await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), LAST_WEEK)
    await leave(cast, cast.kcpd_detective, cast.kcpd_alternate)
    assert set(await invitees.invitees_of(raid)) == {cast.fbi_lead.member_id}


async def test_offboarding_tells_who_is_invited_and_mailed_in_place_of_the_person(cast: Cast) -> None:
    await of_steering(cast, cast.kcpd_detective, cast.caht_lead)
    [impact] = await offboarding.offboard_person(
        cast.coordinator, cast.kcpd_detective.member_id, cast.kcpd_alternate.member_id, NOW, NOW, TODAY
    )
    assert (impact.joins, impact.leaves) == ("Kcpd alternate", "Kcpd detective")
    assert impact.notified == {cast.kcpd_alternate.member_id}
    to_them = (Message.recipient == cast.kcpd_alternate.member_id) & (Message.state == "pending")
    assert await Message.select(Message.kind).where(to_them).output(as_list=True) == ["invitation"]


async def test_the_dates_to_come_of_the_person_are_listed_as_far_as_the_keeper_may_know_them(cast: Cast) -> None:
    steering = await of_steering(cast, cast.caht_lead, cast.kcpd_detective)
    open_to_all = await scheduling.schedule_event(
        cast.coordinator, meeting(cast.caht_lead, cast.kcpd_detective), LAST_WEEK
    )
    for manager, who, expected in (
        (cast.coordinator, cast.kcpd_detective, {steering, open_to_all}),
        (cast.administrator, cast.kcpd_detective, {open_to_all}),
        (cast.administrator, cast.bridge_advocate, set()),
    ):
        found = await offboarding.plan_transfer(manager, who.member_id, NOW)
        assert {line.event_id for line in found.invitations} == expected
