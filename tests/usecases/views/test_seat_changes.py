"""Invitations follow the seats: a change of a seat changes the lists of its committee's meetings, and no others."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, meeting, operation
from tests.usecases.roster.forms import facts_of, verbs
from tracker.rules.attendance.roll_call import Mark
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import EventStatus
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.roster.directory import SeatFacts
from tracker.rules.views.impact import ListImpact
from tracker.tables.background.events import invitees
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.events import Event
from tracker.usecases.attendance import roll_call
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.events import occurrences, replies, scheduling
from tracker.usecases.events.history import history_of_event
from tracker.usecases.views import offboarding, preview
from tracker.usecases.views.event_page import view_event

pytestmark = pytest.mark.both_engines

STARTS = meeting().starts
WEEKLY = {"rule": rule_for_choice("weekly", STARTS, count=3)}
LONG_AGO = NOW - timedelta(days=30)
BETWEEN = datetime(2027, 1, 13, 15, tzinfo=UTC)
"""After the first of the weekly dates."""


async def of_steering(cast: Cast, *who: Viewer, **facts: Any) -> UUID:
    """Return a meeting of the Steering Committee whose invitations are out."""
    people = who or (cast.kcpd_detective, cast.fbi_lead, cast.caht_lead)
    about = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["steering"], **facts}
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(*people, **about), LONG_AGO)
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
    found = await Message.select(Message.kind, Message.recipient).where(Message.state == "pending")
    return sorted((row["kind"], names[row["recipient"]]) for row in found)


@pytest.mark.parametrize("facts", [{}, WEEKLY], ids=["single", "series"])
async def test_a_new_primary_is_invited_to_the_dates_to_come_and_the_former_one_is_not(
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
    [impact] = await preview.do_and_roll_back(lambda: seat(cast, cast.kcpd_alternate))
    assert [line.key for line in impact.dates] == ["2027-01-12", "2027-01-19", "2027-01-26"]
    assert (impact.joins, impact.leaves) == ("Kcpd alternate", "Kcpd detective")
    assert impact.notified == {cast.kcpd_alternate.member_id, cast.kcpd_detective.member_id}
    assert cast.kcpd_detective.member_id in await invited(event_id)
    assert await seat(cast, cast.kcpd_alternate) == [impact]


async def test_an_invitation_that_was_not_sent_yet_is_taken_back_and_no_email_is_counted_for_it(cast: Cast) -> None:
    about = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["steering"]}
    await scheduling.schedule_event(cast.coordinator, meeting(cast.kcpd_detective, **about), NOW)
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
    await roll_call.record_marks(cast.coordinator, event_id, "2027-01-12", {who.member_id: Mark.HERE}, during)
    before = await roll_call.read_roll_call(cast.coordinator, event_id, "2027-01-12", BETWEEN)
    await seat(cast, cast.kcpd_alternate, now=BETWEEN)
    after = await roll_call.read_roll_call(cast.coordinator, event_id, "2027-01-12", BETWEEN)
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


async def test_a_seat_that_is_corrected_invites_again_when_the_removal_replaced_other_news(cast: Cast) -> None:
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
    about = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["services"]}
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.caht_lead, **about), LONG_AGO)
    await seat(cast, cast.fbi_lead, committee="services")
    assert cast.fbi_lead.member_id in await invited(event_id)
    proof = (2, NOW, NOW)
    await offboarding.remove_seat(cast.coordinator, cast.committees["services"], cast.agencies["FBI"], *proof)
    assert cast.fbi_lead.member_id not in await invited(event_id)


async def test_no_one_is_invited_to_an_event_that_they_may_not_see(cast: Cast) -> None:
    about = {"visibility": Visibility.LAW_ENFORCEMENT, "committee_id": cast.committees["steering"]}
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, **about), LONG_AGO)
    await seat(cast, cast.bridge_advocate)
    assert cast.bridge_advocate.member_id not in await invited(event_id)


async def test_events_that_the_keeper_may_not_see_change_without_a_word(cast: Cast) -> None:
    about = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["services"]}
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.caht_lead, **about), LONG_AGO)
    assert await seat(cast, cast.caht_alternate, by=cast.administrator, committee="services") == []
    assert cast.caht_alternate.member_id in await invited(event_id)


async def test_a_keeper_does_not_learn_which_people_of_the_other_arm_are_invited(cast: Cast) -> None:
    event_id = await of_steering(cast, visibility=Visibility.ALL)
    assert await seat(cast, cast.caht_alternate, by=cast.administrator) == []
    assert cast.caht_alternate.member_id in await invited(event_id)


async def test_a_draft_of_another_person_follows_in_silence(cast: Cast) -> None:
    about = {"visibility": Visibility.ALL, "committee_id": cast.committees["steering"], "status": EventStatus.DRAFT}
    draft = await scheduling.schedule_event(cast.coordinator, meeting(cast.kcpd_detective, **about), NOW)
    assert await seat(cast, cast.kcpd_alternate, by=cast.administrator) == []
    assert await invited(draft) == {cast.coordinator.member_id, cast.kcpd_alternate.member_id}
    assert await waiting(cast) == []


async def test_the_former_primary_who_organizes_a_meeting_stays_and_the_new_one_is_invited(cast: Cast) -> None:
    about = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["services"]}
    event_id = await scheduling.schedule_event(cast.caht_lead, meeting(cast.harbor_advocate, **about), LONG_AGO)
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
    assert await verbs(event_id) == ["scheduled", "changed"]


async def test_a_form_that_was_open_before_a_seat_changed_is_refused_after_it(cast: Cast) -> None:
    event_id = await of_steering(cast)
    opened = await scheduling.event_seen_by(cast.coordinator, event_id)
    await seat(cast, cast.kcpd_alternate)
    assert (await scheduling.event_seen_by(cast.coordinator, event_id)).version == opened.version + 1


async def test_a_person_who_moves_to_another_agency_leaves_the_lists_of_their_seat(cast: Cast) -> None:
    event_id = await of_steering(cast)
    moved = await facts_of(cast, cast.kcpd_detective, agency_id=cast.agencies["IPD"])
    await offboarding.change_person(cast.coordinator, cast.kcpd_detective.member_id, moved, 1, NOW, NOW)
    assert cast.kcpd_detective.member_id not in await invited(event_id)


async def test_a_list_that_names_another_primary_changes_the_invitations_too(cast: Cast) -> None:
    event_id = await of_steering(cast)
    row = b"agency_code,name,email,seats\nKCPD,Kcpd alternate,kcpd_alternate@kcpd.example,Steering Committee\n"
    trial = await preview.do_and_roll_back(lambda: offboarding.import_list_for(cast.coordinator, row, NOW, NOW, ZONE))
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
