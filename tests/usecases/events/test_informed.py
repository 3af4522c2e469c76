"""Informed people see an event and get its emails; they are asked nothing, and no number counts them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import LINK, NOW, ZONE, Cast, meeting, operation
from tests.emails import ReadEmail, read
from tracker.errors import NotAllowed, NotFound
from tracker.ical import itip
from tracker.ical.itip import Attendee
from tracker.ical.vevents import Organizer
from tracker.rules.attendance.roll_call import AttendanceWalkIn, Mark
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.emails import CalendarPart
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import DateChange, Plan
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.roster.quorum import ReminderPolicy
from tracker.tables.schema.core.tables import Message
from tracker.tables.visible import calendars
from tracker.tables.visible.events import replies
from tracker.usecases import availability
from tracker.usecases.attendance import roll_call
from tracker.usecases.calendars import feeds
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails, nudges, reminders
from tracker.usecases.events import occurrences, scheduling
from tracker.usecases.events import replies as events_replies
from tracker.usecases.views.event_page import view_event

KEY, STARTS = "2027-01-12", datetime(2027, 1, 12, 16, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
ORGANIZER = Organizer(name="Task Force", address="tf@tracker.example")


def plan(cast: Cast, *coming: Viewer, **facts: Any) -> Plan:
    """Return the plan of a meeting of which the HHS liaison is kept informed."""
    made = meeting(*(coming or (cast.fbi_lead, cast.caht_lead)), **facts)
    return replace(made, invitees={**made.invitees, cast.hhs_liaison.member_id: AttendeeRole.INFORMED})


async def scheduled(cast: Cast, **facts: Any) -> UUID:
    return await scheduling.schedule_event(cast.coordinator, plan(cast, **facts), NOW)


async def letters_to(who: Viewer, now: datetime) -> list[ReadEmail | SendOutcome]:
    mails = await outbox.claim_messages("test", (), now, 1_000)
    for one in mails:
        await outbox.close_message(one, SendOutcome(state=MessageState.SENT, reason=""), now)
    return [read(await emails.write_email(one, now, ZONE)) for one in mails if one.recipient_id == who.member_id]


async def test_they_see_the_event_on_its_page_and_are_asked_nothing(cast: Cast) -> None:
    view = await view_event(cast.hhs_liaison, await scheduled(cast), KEY, NOW)
    assert (view.is_informed, view.is_invited, view.reply) == (True, False, None)
    assert [one.name for one in view.informed] == ["Hhs liaison"]


async def test_no_number_of_the_page_counts_them(cast: Cast) -> None:
    view = await view_event(cast.coordinator, await scheduled(cast), KEY, NOW)
    assert (view.total.invited, view.total.waiting, view.coming) == (3, 2, 2)
    assert (view.on_the_list, view.notified) == (4, 3)
    assert "Hhs liaison" not in {one.name for one in (*view.named, *view.answerable)}


async def test_their_names_are_for_those_who_read_the_names_of_invitees(cast: Cast) -> None:
    event_id = await scheduled(cast)
    assert (await view_event(cast.caht_lead, event_id, KEY, NOW)).informed == ()
    assert len((await view_event(cast.fbi_lead, event_id, KEY, NOW)).informed) == 1


async def test_they_get_an_invitation_for_their_information_without_buttons(cast: Cast) -> None:
    await scheduled(cast)
    [letter] = await letters_to(cast.hhs_liaison, NOW)
    assert isinstance(letter, ReadEmail)
    assert letter.subject.startswith("FYI: Monthly task force meeting, Tue, Jan 12")
    assert letter.heading == "For your information"
    assert letter.preview.startswith("You don't need to reply.")
    assert letter.buttons == ()
    assert not {"Reply by", "Your reply"} & set(dict(letter.facts))


async def test_their_calendar_shows_them_as_no_participant_and_stays_free(cast: Cast) -> None:
    await scheduled(cast)
    [letter] = await letters_to(cast.hhs_liaison, NOW)
    assert isinstance(letter, ReadEmail)
    part = letter.calendar
    assert isinstance(part, CalendarPart)
    reader = Attendee(name="Hhs liaison", email="hhs@hhs.example", reply=part.reply, role=part.role)
    text = itip.request_message(part.event, part.dates, reader, ORGANIZER).decode().replace("\r\n ", "")
    assert "ROLE=NON-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE" in text
    assert "TRANSP:TRANSPARENT" in text


async def test_they_hear_of_a_change_and_of_a_cancellation(cast: Cast) -> None:
    event_id = await scheduled(cast)
    await letters_to(cast.hhs_liaison, NOW)
    event, current = await scheduling.plan_to_change(cast.coordinator, event_id)
    moved = replace(current, starts=current.starts + timedelta(hours=3))
    await scheduling.change_event(cast.coordinator, event_id, moved, event.version, LATER)
    [changed] = await letters_to(cast.hhs_liaison, LATER + timedelta(minutes=1))
    assert isinstance(changed, ReadEmail)
    assert changed.subject.startswith("Changed: ")
    assert (changed.buttons, "Your reply" in dict(changed.facts)) == ((), False)
    await scheduling.cancel_event(cast.coordinator, event_id, event.version + 1, "", LATER + timedelta(minutes=2))
    [canceled] = await letters_to(cast.hhs_liaison, LATER + timedelta(minutes=3))
    assert isinstance(canceled, ReadEmail)
    assert canceled.subject.startswith("Canceled: ")


async def test_of_a_restricted_event_they_are_asked_to_sign_in_only(cast: Cast) -> None:
    made = operation(cast.kcpd_detective)
    with_one = replace(made, invitees={**made.invitees, cast.hhs_liaison.member_id: AttendeeRole.INFORMED})
    event_id = await scheduling.schedule_event(cast.fbi_lead, with_one, NOW)
    [letter] = await letters_to(cast.hhs_liaison, NOW)
    assert isinstance(letter, ReadEmail)
    assert letter.subject == "Task force event: please sign in"
    assert (await scheduling.event_seen_by(cast.hhs_liaison, event_id)).id == event_id


async def test_nobody_chases_or_reminds_them(cast: Cast) -> None:
    event_id = await scheduled(
        cast, reminders=ReminderPolicy(asks_before=frozenset({timedelta(days=5), timedelta(days=2)}))
    )
    date = await occurrences.date_seen_by(cast.coordinator, event_id, KEY)
    assert cast.hhs_liaison.member_id not in (await replies.silent_invitees(cast.coordinator, [date.id]))[date.id]
    nudge = await nudges.nudges_of_date(cast.coordinator, date, NOW)
    assert nudge is not None
    assert cast.hhs_liaison.member_id not in nudge.silent
    await Message.delete(force=True)
    await reminders.queue_due_messages(NOW, ZONE)
    await reminders.queue_due_messages(STARTS - timedelta(minutes=30), ZONE)
    assert not await Message.exists().where(Message.recipient == cast.hhs_liaison.member_id)


async def test_they_cannot_reply_on_the_site_or_by_an_old_link(cast: Cast) -> None:
    event_id = await scheduled(cast)
    with pytest.raises(NotAllowed):
        await events_replies.record_own_reply(
            cast.hhs_liaison, event_id, KEY, ReplyValue.ACCEPTED, "", NOW, for_series=False
        )
    date = await occurrences.date_seen_by(cast.fbi_lead, event_id, KEY)
    mine = await events_replies.my_reply(cast.fbi_lead, date)
    assert mine is not None
    event, current = await scheduling.plan_to_change(cast.coordinator, event_id)
    informed = {**current.invitees, cast.fbi_lead.member_id: AttendeeRole.INFORMED}
    changed = replace(current, invitees=informed)
    await scheduling.change_event(cast.coordinator, event_id, changed, event.version, NOW)
    with pytest.raises(NotFound):
        await events_replies.open_invitation(mine[0], None, NOW, LINK)
    assert await events_replies.owed_replies(cast.fbi_lead, NOW) == []


async def test_a_person_who_had_said_yes_and_is_informed_now_is_no_longer_counted_or_reminded(cast: Cast) -> None:
    event_id = await scheduled(cast)
    await events_replies.record_own_reply(cast.fbi_lead, event_id, KEY, ReplyValue.ACCEPTED, "", NOW, for_series=False)
    event, current = await scheduling.plan_to_change(cast.coordinator, event_id)
    informed = {**current.invitees, cast.fbi_lead.member_id: AttendeeRole.INFORMED}
    changed = replace(current, invitees=informed)
    await scheduling.change_event(cast.coordinator, event_id, changed, event.version, LATER, notify=Notify.ALL)
    view = await view_event(cast.coordinator, event_id, KEY, LATER)
    assert (view.total.accepted, view.total.invited) == (1, 2)  # the organizer
    await letters_to(cast.fbi_lead, LATER + timedelta(minutes=1))
    await reminders.queue_due_messages(LATER, ZONE)
    await reminders.queue_due_messages(STARTS - timedelta(minutes=30), ZONE)
    assert [one for one in await letters_to(cast.fbi_lead, STARTS) if isinstance(one, ReadEmail)] == []


async def test_the_roll_the_sheet_and_the_percentages_are_without_them(cast: Cast) -> None:
    event_id = await scheduled(cast)
    roll = await roll_call.read_roll_call(cast.coordinator, event_id, KEY, STARTS)
    assert (roll.tally.invited, roll.tally.unmarked) == (3, 3)
    sheet = await roll_call.read_sign_in_sheet(cast.coordinator, event_id, KEY)
    assert "Hhs liaison" not in {one.name for one in sheet.people}


async def test_an_informed_person_who_comes_is_a_walk_in(cast: Cast) -> None:
    event_id = await scheduled(cast)
    came = AttendanceWalkIn(id=event_id, member_id=cast.hhs_liaison.member_id)
    await roll_call.record_walk_in(cast.coordinator, event_id, KEY, came, STARTS)
    roll = await roll_call.read_roll_call(cast.coordinator, event_id, KEY, STARTS)
    [line] = [one for one in roll.lines if one.name == "Hhs liaison"]
    assert (line.is_walk_in, line.mark, roll.tally.invited) == (True, Mark.HERE, 3)


async def test_it_is_in_their_feed_and_calendar_and_takes_none_of_their_time(cast: Cast) -> None:
    event_id = await scheduled(cast)
    mine = await feeds.feed_events(cast.hhs_liaison, NOW, scope=FeedScope.MINE, shows_operations=False)
    assert [event.id for event, _ in mine] == [event_id]
    assert await feeds.feed_informed_events(cast.hhs_liaison) == {event_id}
    [seen] = await calendars.dates_of_span(cast.hhs_liaison, STARTS, STARTS + timedelta(hours=1))
    assert (seen.is_mine, seen.reply) == (True, None)
    slot = (STARTS, STARTS + timedelta(hours=1))
    both = [cast.hhs_liaison.member_id, cast.fbi_lead.member_id]
    [conflict] = await availability.double_bookings_of(cast.coordinator, both, [slot])
    assert conflict.member_ids == [cast.fbi_lead.member_id]


async def test_a_moved_date_asks_them_nothing_again(cast: Cast) -> None:
    event_id = await scheduled(cast, rule=rule_for_choice("weekly", meeting().starts, count=2))
    moved = DateChange(starts=meeting().starts + timedelta(days=1), duration=timedelta(minutes=90))
    await occurrences.change_occurrence(cast.coordinator, event_id, KEY, moved, 1, NOW)
    view = await view_event(cast.coordinator, event_id, KEY, NOW)
    assert view.total.waiting == 2
