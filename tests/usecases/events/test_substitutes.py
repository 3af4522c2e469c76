"""Coming in someone's place: who may, what they and others are emailed, and what they see."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from typing import Any
from uuid import UUID

import icalendar
import pytest
from msgspec.structs import replace

from tests.cast import LINK, NOW, ZONE, Cast, meeting, operation
from tests.emails import ReadEmail, read_email
from tests.ports.mail.making import parts
from tests.ports.mail.sending import composer
from tests.usecases.events.world import (
    MAYBE,
    MINUTE,
    NO,
    SECOND_DATE,
    YES,
    emails_due_to,
    emails_to,
    ranks_emailed_to,
    reply_with_substitute,
    schedule_weekly_for_committee,
)
from tracker.database import writing
from tracker.errors import Invalid
from tracker.rules.attendance import Mark
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.outbox import Message as OutboxMessage
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.emails.emails import CalendarPart, Email
from tracker.rules.emails.preferences import Preferences
from tracker.rules.emails.template_values import RemovedEmail, SubstituteEmail
from tracker.rules.events.events import Kind
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import DateChange, plan_from_start
from tracker.rules.events.replies import AttendeeRole, ReplyGiven, ReplySource, ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.usecases import attendance
from tracker.usecases.calendars import feeds
from tracker.usecases.emails import preferences, reminders
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.events import occurrences, recorded_replies, replies, scheduling, series_split, substitutes
from tracker.usecases.events.scheduling import transfer_event
from tracker.usecases.views.event_page import view_event

KEY, LATER = "2027-01-19", NOW + timedelta(hours=1)
STARTS = meeting().starts
WEEKLY = {"rule": rule_for_choice("weekly", STARTS, count=3)}


async def schedule_weekly_meeting(cast: Cast, *people: Viewer, **facts: Any) -> UUID:
    """Return a weekly meeting of the Steering Committee, whose invitations are out."""
    of_committee = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["steering"], **WEEKLY, **facts}
    who = people or (cast.fbi_lead, cast.hsi_liaison)
    event_id = await scheduling.schedule_event(
        cast.coordinator, meeting(*who, **of_committee), NOW - timedelta(hours=1)
    )
    await mark_all_sent()
    return event_id


async def mark_all_sent() -> None:
    await Message.update({Message.state: "sent", Message.sent_at: NOW}, force=True)


async def send_substitute(cast: Cast, event_id: UUID, substitute: Viewer, now: datetime = NOW, **facts: Any) -> None:
    """Let the FBI's primary send someone to the second date."""
    await replies.record_own_reply(
        cast.fbi_lead,
        event_id,
        KEY,
        ReplyValue.DECLINED,
        "In court",
        now,
        substitute=substitute.member_id,
        **{"for_series": False, **facts},
    )


async def pending_messages(cast: Cast) -> list[tuple[str, str]]:
    names = {one.member_id: name for name, one in cast.members.items()}
    rows = await Message.select(Message.kind, Message.recipient).where(Message.state == "pending")
    return sorted((row["kind"], names[row["recipient"]]) for row in rows)


async def possible_names(cast: Cast, who: Viewer, event_id: UUID) -> list[str]:
    return [
        possible_substitute.name
        for possible_substitute in await substitutes.possible_substitutes(
            who, await scheduling.event_seen_by(who, event_id), NOW
        )
    ]


async def test_anyone_who_holds_a_seat_chooses_among_its_alternates_who_may_see_the_event(cast: Cast) -> None:
    event_id = await schedule_weekly_meeting(cast, cast.fbi_lead, cast.hsi_liaison, cast.caht_lead)
    assert await possible_names(cast, cast.fbi_lead, event_id) == ["Fbi alternate"]
    assert await possible_names(cast, cast.caht_lead, event_id) == ["Caht alternate"]
    assert await possible_names(cast, cast.hsi_liaison, event_id) == []


async def test_no_one_is_offered_for_an_event_of_no_committee_or_one_that_the_alternate_may_not_see(cast: Cast) -> None:
    of_no_one = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    assert await possible_names(cast, cast.fbi_lead, of_no_one) == []
    named = operation(cast.fbi_lead, committee_id=cast.committees["steering"])
    assert (
        await possible_names(cast, cast.fbi_lead, await scheduling.schedule_event(cast.coordinator, named, NOW)) == []
    )


async def test_no_one_outside_the_seat_can_be_sent(cast: Cast) -> None:
    event_id = await schedule_weekly_meeting(cast)
    for other in (cast.kcpd_alternate, cast.hsi_liaison, cast.coordinator, cast.fbi_lead):
        with pytest.raises(Invalid) as refused:
            await send_substitute(cast, event_id, other)
        assert refused.value.fields == {"substitute": "Choose one of your seat’s alternates."}
    assert await pending_messages(cast) == []


async def test_an_alternate_is_sent_to_one_date_and_not_to_a_whole_series(cast: Cast) -> None:
    event_id = await schedule_weekly_meeting(cast)
    with pytest.raises(Invalid) as refused:
        await send_substitute(cast, event_id, cast.fbi_alternate, for_series=True)
    assert "one date" in refused.value.fields["substitute"]


async def test_the_substitute_alone_is_notified_with_an_entry_of_that_date_alone(cast: Cast) -> None:
    event_id = await schedule_weekly_meeting(cast)
    await send_substitute(cast, event_id, cast.fbi_alternate)
    assert await pending_messages(cast) == [("substitute", "fbi_alternate")]
    [letter] = await emails_due_to(cast.fbi_alternate, NOW)
    assert isinstance(letter, ReadEmail)
    assert letter.subject == "Please substitute: Monthly task force meeting, Tue, Jan 19, 10:00 AM"
    assert ("In place of", "Fbi lead (FBI)") in letter.facts
    assert letter.buttons == ()
    assert isinstance(letter.calendar, CalendarPart)
    assert letter.calendar.date is not None
    assert (letter.calendar.date.key, letter.calendar.reply) == (KEY, ReplyValue.ACCEPTED)


async def test_an_alternate_who_asked_for_time_only_emails_reads_no_name(cast: Cast) -> None:
    await preferences.save_preferences(cast.fbi_alternate, Preferences(is_discreet=True), NOW)
    event_id = await schedule_weekly_meeting(cast)
    await send_substitute(cast, event_id, cast.fbi_alternate)
    later = DateChange(starts=STARTS + timedelta(days=7, minutes=10), duration=timedelta(minutes=90))
    [named] = await emails_due_to(cast.fbi_alternate, NOW)
    await occurrences.change_occurrence(cast.coordinator, event_id, KEY, later, 1, LATER)
    [update] = await emails_due_to(cast.fbi_alternate, LATER + timedelta(minutes=1))
    for email, start in ((named, "Please substitute: Appointment"), (update, "Changed: Appointment")):
        assert isinstance(email, ReadEmail)
        assert email.subject.startswith(start)
        assert "Fbi lead" not in str(email.words)


async def test_it_is_recorded_by_name_and_in_the_audit_log(cast: Cast) -> None:
    event_id = await schedule_weekly_meeting(cast)
    await send_substitute(cast, event_id, cast.fbi_alternate)
    view = await view_event(cast.hsi_liaison, event_id, KEY, NOW)
    shown = {
        row.name: (row.reply.value, row.substitute, row.substitutes_for) for row in view.named if row.agency == "FBI"
    }
    assert shown == {
        "Fbi lead": ("declined", "Fbi alternate (FBI)", ""),
        "Fbi alternate": ("accepted", "", "Fbi lead (FBI)"),
    }
    [row] = await AuditEntry.select(AuditEntry.facts).where(AuditEntry.verb == "replied")
    assert f'"substitute": "{cast.fbi_alternate.member_id}"' in row["facts"]
    own = await view_event(cast.fbi_alternate, event_id, KEY, NOW)
    assert (own.is_invited, own.substitutes_for) == (False, "Fbi lead (FBI)")
    assert (await view_event(cast.fbi_alternate, event_id, "2027-01-12", NOW)).substitutes_for == ""


async def test_the_substitute_is_reminded_in_place_of_who_sent_them_and_of_that_date_alone(cast: Cast) -> None:
    event_id = await schedule_weekly_meeting(cast)
    await send_substitute(cast, event_id, cast.fbi_alternate)
    await mark_all_sent()
    planned = await reminders.event_reminders_ahead(cast.coordinator, event_id, NOW, ahead=None)
    dates = {one.line.key for one in planned for to in one.people if to.name == "Fbi alternate"}
    assert dates == {KEY}
    assert not [one for one in planned for to in one.people if to.name == "Fbi lead" and one.line.key == KEY]
    await queue_due_messages(NOW, ZONE)
    the_day_before = datetime(2027, 1, 18, 16, 1, tzinfo=UTC)
    await queue_due_messages(the_day_before, ZONE)
    [letter] = [
        email for email in await emails_due_to(cast.fbi_alternate, the_day_before) if isinstance(email, ReadEmail)
    ]
    assert letter.subject.startswith("Tomorrow")
    assert not [one for one in await emails_due_to(cast.fbi_lead, the_day_before) if isinstance(one, ReadEmail)]


async def test_the_substitute_has_it_in_the_feed_of_what_is_theirs(cast: Cast) -> None:
    event_id = await schedule_weekly_meeting(cast)

    async def mine() -> list[UUID]:
        feed_events = await feeds.feed_events(cast.fbi_alternate, NOW, scope=FeedScope.MINE, shows_operations=False)
        return [event.id for event, _ in feed_events]

    assert await mine() == []
    await send_substitute(cast, event_id, cast.fbi_alternate)
    assert await mine() == [event_id]
    await replies.record_own_reply(cast.fbi_lead, event_id, KEY, ReplyValue.ACCEPTED, "", LATER, for_series=False)
    assert await mine() == []


async def test_the_substitute_of_someone_who_is_off_the_list_has_it_in_no_feed_of_theirs(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_weekly_meeting(sqlite_cast)
    await send_substitute(cast, event_id, cast.fbi_alternate)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    without = {one: role for one, role in plan.invitees.items() if one != cast.fbi_lead.member_id}
    fewer = replace(plan, invitees=without)
    await scheduling.change_event(cast.coordinator, event_id, fewer, event.version, LATER)
    assert await feeds.feed_events(cast.fbi_alternate, LATER, scope=FeedScope.MINE, shows_operations=True) == []


async def inform_primary_only(cast: Cast, event_id: UUID) -> None:
    """Make the FBI's primary, who sends someone, a person who is informed only."""
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    invitees = {**plan.invitees, cast.fbi_lead.member_id: AttendeeRole.INFORMED}
    changed = replace(plan, invitees=invitees)
    await scheduling.change_event(cast.coordinator, event_id, changed, event.version, LATER, notify=Notify.NO_ONE)


async def test_the_substitute_of_a_person_who_becomes_informed_is_notified_and_does_not_come(cast: Cast) -> None:
    event_id = await schedule_weekly_meeting(cast)
    await send_substitute(cast, event_id, cast.fbi_alternate)
    await mark_all_sent()
    await inform_primary_only(cast, event_id)
    [letter] = await emails_due_to(cast.fbi_alternate, LATER + timedelta(minutes=1))
    assert isinstance(letter, ReadEmail)
    assert letter.subject == "No longer the substitute: Monthly task force meeting, Tue, Jan 19"
    assert "Fbi lead (FBI) is no longer asked to come." in letter.paragraphs
    date = await occurrences.date_seen_by(cast.coordinator, event_id, KEY)
    assert await substitutes.substitutes_on_date(event_id, date.id) == frozenset()


async def test_a_person_who_is_informed_has_no_substitute_who_gets_later_emails(cast: Cast) -> None:
    event_id = await schedule_weekly_meeting(cast)
    await send_substitute(cast, event_id, cast.fbi_alternate)
    await inform_primary_only(cast, event_id)
    await mark_all_sent()
    date = await occurrences.date_seen_by(cast.coordinator, event_id, KEY)
    longer = DateChange(starts=STARTS + timedelta(days=7), duration=timedelta(hours=3))
    now = LATER + timedelta(hours=1)
    await occurrences.change_occurrence(cast.coordinator, event_id, KEY, longer, date.version, now)
    assert await pending_messages(cast) == [("update", "fbi_lead"), ("update", "hsi_liaison")]


async def test_the_substitute_of_a_person_who_is_informed_has_it_in_no_feed_of_theirs(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_weekly_meeting(sqlite_cast)
    await send_substitute(cast, event_id, cast.fbi_alternate)
    await inform_primary_only(cast, event_id)
    assert await feeds.feed_events(cast.fbi_alternate, LATER, scope=FeedScope.MINE, shows_operations=True) == []


async def test_who_comes_after_all_has_the_substitute_notified_and_taken_off(cast: Cast) -> None:
    event_id = await schedule_weekly_meeting(cast)
    await send_substitute(cast, event_id, cast.fbi_alternate)
    await replies.record_own_reply(  # to another date as well, to which they still come
        cast.fbi_lead,
        event_id,
        "2027-01-26",
        ReplyValue.DECLINED,
        "",
        NOW,
        for_series=False,
        substitute=cast.fbi_alternate.member_id,
    )
    await mark_all_sent()
    await replies.record_own_reply(cast.fbi_lead, event_id, KEY, ReplyValue.ACCEPTED, "", LATER, for_series=False)
    [letter] = await emails_due_to(cast.fbi_alternate, LATER + timedelta(minutes=1))
    assert isinstance(letter, ReadEmail)
    assert letter.subject == "No longer the substitute: Monthly task force meeting, Tue, Jan 19"
    assert "Fbi lead (FBI) is coming after all." in letter.paragraphs
    assert isinstance(letter.calendar, CalendarPart)
    assert letter.calendar.is_cancel
    view = await view_event(cast.coordinator, event_id, KEY, NOW)
    assert [one.name for one in view.named if one.agency == "FBI"] == ["Fbi lead"]


async def test_a_moved_date_asks_who_was_asked_again_and_lets_the_substitute_off(cast: Cast) -> None:
    event_id = await schedule_weekly_meeting(cast)
    await send_substitute(cast, event_id, cast.fbi_alternate)
    await mark_all_sent()
    moved = DateChange(starts=STARTS + timedelta(days=8), duration=timedelta(hours=1))
    await occurrences.change_occurrence(cast.coordinator, event_id, KEY, moved, 1, LATER)
    assert await pending_messages(cast) == [
        ("update", "fbi_lead"),
        ("update", "hsi_liaison"),
        ("withdrawal", "fbi_alternate"),
    ]


async def test_the_substitute_hears_of_another_minute_and_of_a_cancellation(cast: Cast) -> None:
    event_id = await schedule_weekly_meeting(cast)
    await send_substitute(cast, event_id, cast.fbi_alternate)
    await mark_all_sent()
    later = DateChange(starts=STARTS + timedelta(days=7, minutes=10), duration=timedelta(minutes=90))
    await occurrences.change_occurrence(cast.coordinator, event_id, KEY, later, 1, LATER)
    [update] = await emails_due_to(cast.fbi_alternate, LATER + timedelta(minutes=1))
    assert isinstance(update, ReadEmail)
    assert ("In place of", "Fbi lead (FBI)") in update.facts
    await scheduling.cancel_event(cast.coordinator, event_id, 2, "", LATER + timedelta(minutes=2))
    [off] = await emails_due_to(cast.fbi_alternate, LATER + timedelta(minutes=3))
    assert isinstance(off, ReadEmail)
    assert off.subject == "Canceled: Monthly task force meeting, Tue, Jan 19"


async def test_the_substitute_of_one_date_hears_nothing_of_the_others(cast: Cast) -> None:
    event_id = await schedule_weekly_meeting(cast)
    await send_substitute(cast, event_id, cast.fbi_alternate)
    await mark_all_sent()
    extra = STARTS + timedelta(days=3)
    await series_split.add_occurrence(cast.coordinator, event_id, extra, 1, LATER)
    assert await pending_messages(cast) == [("update", "fbi_lead"), ("update", "hsi_liaison")]
    await mark_all_sent()
    await series_split.cancel_from_date_on(cast.coordinator, event_id, "2027-01-26", 2, "", LATER + timedelta(hours=1))
    assert await pending_messages(cast) == [("update", "fbi_lead"), ("update", "hsi_liaison")]


async def test_the_substitute_of_an_earlier_date_hears_nothing_of_a_series_that_continues_otherwise(cast: Cast) -> None:
    event_id = await schedule_weekly_meeting(cast)
    await send_substitute(cast, event_id, cast.fbi_alternate)
    await mark_all_sent()
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    onward = replace(plan_from_start(plan, STARTS + timedelta(days=14)), kind=Kind.TRAINING)
    await series_split.change_from_date_on(cast.coordinator, event_id, "2027-01-26", onward, event.version, LATER)
    assert "fbi_alternate" not in {name for _, name in await pending_messages(cast)}


async def test_the_substitute_of_a_date_that_stays_in_the_series_that_continues_is_asked_to_that_one(
    cast: Cast,
) -> None:
    event_id = await schedule_weekly_meeting(cast)
    await send_substitute(cast, event_id, cast.fbi_alternate)
    await mark_all_sent()
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    onward = replace(plan_from_start(plan, STARTS + timedelta(days=7)), kind=Kind.TRAINING)
    new_id = await series_split.change_from_date_on(cast.coordinator, event_id, KEY, onward, event.version, LATER)
    to_them = [kind for kind, name in await pending_messages(cast) if name == "fbi_alternate"]
    assert to_them == ["substitute", "withdrawal"]
    view = await view_event(cast.coordinator, new_id, KEY, LATER)
    assert [one.substitutes_for for one in view.named if one.name == "Fbi alternate"] == ["Fbi lead (FBI)"]


async def test_a_series_that_only_ends_later_is_no_change_for_a_substitute(cast: Cast) -> None:
    event_id = await schedule_weekly_meeting(cast)
    await send_substitute(cast, event_id, cast.fbi_alternate)
    await mark_all_sent()
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    longer = replace(plan, rule=rule_for_choice("weekly", STARTS, count=5))
    await scheduling.change_event(cast.coordinator, event_id, longer, event.version, LATER)
    assert await pending_messages(cast) == [("update", "fbi_lead"), ("update", "hsi_liaison")]


async def test_a_substitute_hears_of_a_change_of_the_whole_series_for_each_of_their_dates(cast: Cast) -> None:
    event_id = await schedule_weekly_meeting(cast)
    await send_substitute(cast, event_id, cast.fbi_alternate)
    last = (cast.fbi_lead, event_id, "2027-01-26", ReplyValue.DECLINED, "", NOW)
    await replies.record_own_reply(*last, for_series=False, substitute=cast.fbi_alternate.member_id)
    await mark_all_sent()
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    named = replace(plan, title="Monthly briefing")
    await scheduling.change_event(cast.coordinator, event_id, named, event.version, LATER, notify=Notify.ALL)
    letters = await emails_due_to(cast.fbi_alternate, LATER + timedelta(minutes=1))
    facts = [dict(one.facts) for one in letters if isinstance(one, ReadEmail)]
    assert sorted(one["When"] for one in facts) == [
        "Tuesday, January 19, 2027, 10:00–11:30 AM Central",
        "Tuesday, January 26, 2027, 10:00–11:30 AM Central",
    ]
    assert not any("Was" in one for one in facts)


async def test_a_date_that_goes_with_the_rest_of_its_series_lets_the_substitute_off(cast: Cast) -> None:
    event_id = await schedule_weekly_meeting(cast)
    await send_substitute(cast, event_id, cast.fbi_alternate)
    await mark_all_sent()
    await series_split.cancel_from_date_on(cast.coordinator, event_id, KEY, 1, "", LATER)
    assert ("withdrawal", "fbi_alternate") in await pending_messages(cast)
    [letter] = await emails_due_to(cast.fbi_alternate, LATER + timedelta(minutes=1))
    assert isinstance(letter, ReadEmail)


async def test_the_attendance_sheet_has_a_line_of_the_substitute_who_can_be_marked(cast: Cast) -> None:
    event_id = await schedule_weekly_meeting(cast)
    await send_substitute(cast, event_id, cast.fbi_alternate)
    at = datetime(2027, 1, 19, 16, tzinfo=UTC)
    await attendance.record_marks(cast.coordinator, event_id, KEY, {cast.fbi_alternate.member_id: Mark.HERE}, at)
    roll = await attendance.read_roll_call(cast.coordinator, event_id, KEY, at)
    [line] = [one for one in roll.lines if one.name == "Fbi alternate"]
    assert line.participant is not None
    assert (line.mark, line.is_walk_in, line.participant.substitutes_for) == (Mark.HERE, False, "Fbi lead (FBI)")


async def test_who_is_invited_themselves_and_substitutes_has_one_line_and_no_second_email(cast: Cast) -> None:
    event_id = await schedule_weekly_meeting(cast, cast.fbi_lead, cast.fbi_alternate)
    await send_substitute(cast, event_id, cast.fbi_alternate)
    assert await emails_due_to(cast.fbi_alternate, NOW) == [
        SendOutcome(state=MessageState.SUPERSEDED, reason="The recipient now has their own invitation.")
    ]
    roll = await attendance.read_roll_call(cast.coordinator, event_id, KEY, NOW)
    assert len([one for one in roll.lines if one.name == "Fbi alternate"]) == 1


async def test_a_link_in_an_email_sends_an_alternate_too(cast: Cast) -> None:
    event_id = await schedule_weekly_meeting(cast)
    date = await occurrences.date_seen_by(cast.fbi_lead, event_id, KEY)
    own_reply = await replies.my_reply(cast.fbi_lead, date)
    assert own_reply is not None
    of_date = await replies.open_invitation(own_reply[0], date.id, NOW, LINK)
    assert [one.name for one in of_date.alternates] == ["Fbi alternate"]
    await replies.record_reply_by_link(of_date, ReplyValue.DECLINED, "", NOW, cast.fbi_alternate.member_id)
    assert (await replies.open_invitation(own_reply[0], date.id, NOW, LINK)).substitute == "Fbi alternate (FBI)"
    assert (await replies.open_invitation(own_reply[0], None, NOW, LINK)).alternates == ()


async def test_the_substitute_on_a_date_that_is_over_is_not_notified_when_the_person_becomes_informed(
    cast: Cast,
) -> None:
    event_id = await schedule_weekly_meeting(cast)
    await send_substitute(cast, event_id, cast.fbi_alternate)
    await mark_all_sent()
    over = datetime(2027, 1, 20, 16, tzinfo=UTC)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    invitees = {**plan.invitees, cast.fbi_lead.member_id: AttendeeRole.INFORMED}
    changed = replace(plan, invitees=invitees)
    await scheduling.change_event(cast.coordinator, event_id, changed, event.version, over, notify=Notify.NO_ONE)
    letters = await emails_due_to(cast.fbi_alternate, over + timedelta(minutes=1))
    assert [one for one in letters if isinstance(one, ReadEmail)] == []


async def test_what_a_substitute_s_calendar_gets_is_newer_each_time_they_come_and_go(cast: Cast) -> None:
    event_id = await schedule_weekly_for_committee(cast, cast.fbi_lead)
    got = []
    for step, sends in enumerate([cast.fbi_alternate, None, cast.fbi_alternate]):
        now = NOW + step * MINUTE
        await reply_with_substitute(cast.fbi_lead, event_id, NO if sends else YES, now, sends)
        got += await ranks_emailed_to(cast.fbi_alternate, now)
    assert [method for method, _ in got] == ["REQUEST", "CANCEL", "REQUEST"]
    assert [rank for _, rank in got] == sorted({rank for _, rank in got})


async def test_it_is_newer_also_when_the_reply_that_releases_them_was_given_before(cast: Cast) -> None:
    event_id = await schedule_weekly_for_committee(cast, cast.fbi_lead)
    await reply_with_substitute(cast.fbi_lead, event_id, NO, NOW + MINUTE, cast.fbi_alternate)
    got = await ranks_emailed_to(cast.fbi_alternate, NOW + MINUTE)
    date = await occurrences.date_seen_by(cast.coordinator, event_id, SECOND_DATE)
    own_reply = await replies.my_reply(cast.fbi_lead, date)
    assert own_reply is not None
    earlier = replies.EnteredFor(cast.fbi_lead.member_id, NOW)
    async with writing():
        await replies.record_reply(
            cast.coordinator,
            own_reply[0],
            date,
            ReplyGiven(YES),
            ReplySource.EMAIL,
            NOW + 2 * MINUTE,
            for_series=False,
            entered=earlier,
        )
    got += await ranks_emailed_to(cast.fbi_alternate, NOW + 2 * MINUTE)
    assert [method for method, _ in got] == ["REQUEST", "CANCEL"]
    assert got[0][1] < got[1][1]


async def test_an_email_that_is_sent_again_has_the_same_rank_while_they_substitute(cast: Cast) -> None:
    event_id = await schedule_weekly_for_committee(cast, cast.fbi_lead)
    await reply_with_substitute(cast.fbi_lead, event_id, NO, NOW, cast.fbi_alternate)
    await reply_with_substitute(cast.fbi_lead, event_id, NO, NOW + MINUTE, cast.fbi_alternate)
    [(_, (_, stamped))] = await ranks_emailed_to(cast.fbi_alternate, NOW + MINUTE)
    assert stamped == NOW


async def test_an_invitation_after_a_removal_is_newer_and_so_is_the_next_removal(cast: Cast) -> None:
    event_id = await schedule_weekly_for_committee(cast, cast.fbi_lead, cast.hsi_liaison)
    got = []
    for step, is_invited in enumerate([False, True, False]):
        now = NOW + step * MINUTE
        event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
        wanted = {**plan.invitees}
        wanted.pop(cast.hsi_liaison.member_id, None)
        if is_invited:
            wanted[cast.hsi_liaison.member_id] = plan.invitees[cast.fbi_lead.member_id]
        await scheduling.change_event(cast.coordinator, event_id, replace(plan, invitees=wanted), event.version, now)
        got += await ranks_emailed_to(cast.hsi_liaison, now)
    assert [method for method, _ in got] == ["CANCEL", "REQUEST", "CANCEL"]
    assert [rank for _, rank in got] == sorted({rank for _, rank in got})


async def email_of_release(cast: Cast, value: ReplyValue, sends: Viewer | None = None) -> ReadEmail:
    """Return the email to the alternate of the Bureau's lead, who first sends them and then replies otherwise."""
    event_id = await schedule_weekly_for_committee(cast, cast.fbi_lead)
    await reply_with_substitute(cast.fbi_lead, event_id, NO, NOW, cast.fbi_alternate)
    await emails_to(cast.fbi_alternate, NOW)
    await reply_with_substitute(cast.fbi_lead, event_id, value, NOW + MINUTE, sends)
    [(_, letter)] = await emails_to(cast.fbi_alternate, NOW + MINUTE)
    return read_email(letter)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (YES, "Fbi lead (FBI) is coming after all."),
        (MAYBE, "Fbi lead (FBI) replied Maybe, and isn't sending a substitute now."),
        (NO, "Fbi lead (FBI) doesn't have a substitute now."),
    ],
)
async def test_a_substitute_who_is_not_needed_reads_why(sqlite_cast: Cast, value: ReplyValue, why: str) -> None:
    email = await email_of_release(sqlite_cast, value)
    assert email.subject == "No longer the substitute: Monthly task force meeting, Tue, Jan 19"
    assert email.paragraphs[0] == why
    assert "You're receiving this because you were named as a substitute." in email.words.footer


async def test_a_substitute_whose_date_moved_reads_that_the_reply_that_named_them_no_longer_counts(
    sqlite_cast: Cast,
) -> None:
    cast, event_id = sqlite_cast, await schedule_weekly_for_committee(sqlite_cast, sqlite_cast.fbi_lead)
    await reply_with_substitute(cast.fbi_lead, event_id, NO, NOW, cast.fbi_alternate)
    await emails_to(cast.fbi_alternate, NOW)
    moved = DateChange(starts=meeting().starts + timedelta(days=8), duration=timedelta(hours=1))
    await occurrences.change_occurrence(cast.coordinator, event_id, SECOND_DATE, moved, 1, NOW + MINUTE)
    [(_, letter)] = await emails_to(cast.fbi_alternate, NOW + MINUTE)
    assert read_email(letter).paragraphs[0] == (
        "Fbi lead (FBI) has to reply again, so you're no longer named as the substitute."
    )


async def test_a_substitute_with_time_only_emails_reads_no_name_when_not_needed(sqlite_cast: Cast) -> None:
    await preferences.save_preferences(sqlite_cast.fbi_alternate, Preferences(is_discreet=True), NOW)
    email = await email_of_release(sqlite_cast, YES)
    assert email.subject == "No longer the substitute: Appointment, Tue, Jan 19"
    assert "Fbi lead" not in str(email.words)


@pytest.mark.parametrize("reads", [True, False], ids=["read", "not read"])
async def test_a_substitute_s_email_says_whether_their_calendar_program_can_reply(
    sqlite_cast: Cast, *, reads: bool
) -> None:
    cast, event_id = sqlite_cast, await schedule_weekly_for_committee(sqlite_cast, sqlite_cast.fbi_lead)
    await reply_with_substitute(cast.fbi_lead, event_id, NO, NOW, cast.fbi_alternate)
    [(message, letter)] = await emails_to(cast.fbi_alternate, NOW)
    settings = {"reply_address": "replies@tracker.example"} if reads else {}
    email = composer(**settings).compose(letter, message).content
    email_parts, reply_to = parts(email), message_from_bytes(email)["Reply-To"]
    assert ("replies+" in reply_to) is reads
    text = " ".join(email_parts["text/plain"].get_content().split())
    assert ("You can also reply NO to this email or decline in your calendar app." in text) is reads
    assert ("We don't receive replies from calendar apps." in text) is not reads
    [entry] = icalendar.Calendar.from_ical(email_parts["text/calendar"].get_content()).events
    assert (str(entry["ORGANIZER"]) != "mailto:calendar@tracker.example") is reads
    assert entry["ATTENDEE"].params["RSVP"] == ("TRUE" if reads else "FALSE")


async def test_the_substitute_of_an_organizer_who_leaves_is_notified_from_the_same_address(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    plan = meeting(visibility=Visibility.LAW_ENFORCEMENT, committee_id=cast.committees["steering"])
    event_id = await scheduling.schedule_event(cast.fbi_lead, plan, NOW - timedelta(hours=1))
    said_no = (cast.fbi_lead, event_id, "2027-01-12", NO, "", NOW)
    await replies.record_own_reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)
    [(_, named)] = await emails_to(cast.fbi_alternate, NOW)
    async with writing():
        event = await scheduling.event_seen_by(cast.coordinator, event_id)
        await transfer_event(cast.coordinator, event, cast.hsi_liaison, NOW + MINUTE)
    [(_, removed)] = await emails_to(cast.fbi_alternate, NOW + MINUTE)
    assert read_email(removed).paragraphs[0] == "Fbi lead (FBI) is no longer asked to come."
    assert removed.invitation_id == named.invitation_id is not None


async def schedule_with_informed_alternate(cast: Cast) -> UUID:
    """Return a weekly meeting of the committee of which the alternate of the Bureau's lead is kept informed."""
    event_id = await schedule_weekly_for_committee(cast, cast.fbi_lead)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    invitees = {**plan.invitees, cast.fbi_alternate.member_id: AttendeeRole.INFORMED}
    await scheduling.change_event(cast.coordinator, event_id, replace(plan, invitees=invitees), event.version, NOW)
    await emails_to(cast.fbi_alternate, NOW)
    return event_id


def entry_of(message: OutboxMessage, letter: Email) -> tuple[str, str]:
    """Return METHOD of the calendar part, and ROLE of its reader."""
    text = parts(composer().compose(letter, message).content)["text/calendar"].get_content()
    calendar = icalendar.Calendar.from_ical(text)
    [entry] = calendar.events
    attendees = entry["ATTENDEE"] if isinstance(entry["ATTENDEE"], list) else [entry["ATTENDEE"]]
    return str(calendar["METHOD"]), attendees[0].params["ROLE"]


@pytest.mark.both_engines
async def test_an_informed_person_who_is_named_gets_the_email_that_asks_them_to_come(cast: Cast) -> None:
    event_id = await schedule_with_informed_alternate(cast)
    await reply_with_substitute(cast.fbi_lead, event_id, NO, NOW + MINUTE, cast.fbi_alternate)
    [(message, letter)] = await emails_to(cast.fbi_alternate, NOW + MINUTE)
    assert isinstance(letter.says, SubstituteEmail)
    assert letter.buttons == ()
    assert entry_of(message, letter) == ("REQUEST", "REQ-PARTICIPANT")


@pytest.mark.both_engines
async def test_an_informed_person_who_is_not_needed_reads_why_and_keeps_the_entry(cast: Cast) -> None:
    event_id = await schedule_with_informed_alternate(cast)
    await reply_with_substitute(cast.fbi_lead, event_id, NO, NOW + MINUTE, cast.fbi_alternate)
    await emails_to(cast.fbi_alternate, NOW + MINUTE)
    await reply_with_substitute(cast.fbi_lead, event_id, YES, NOW + 2 * MINUTE)
    [(message, letter)] = await emails_to(cast.fbi_alternate, NOW + 2 * MINUTE)
    assert isinstance(letter.says, RemovedEmail)
    email = read_email(letter)
    assert email.paragraphs[0] == "Fbi lead (FBI) is coming after all."
    assert "You're still informed about this event, so it stays on your calendar." in email.paragraphs[-1]
    assert entry_of(message, letter) == ("REQUEST", "NON-PARTICIPANT")


async def test_an_informed_person_who_can_t_come_reads_that_they_stay_informed(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_with_informed_alternate(sqlite_cast)
    await reply_with_substitute(cast.fbi_lead, event_id, NO, NOW + MINUTE, cast.fbi_alternate)
    await emails_to(cast.fbi_alternate, NOW + MINUTE)
    await recorded_replies.decline_as_substitute(cast.fbi_alternate, event_id, SECOND_DATE, NOW + 2 * MINUTE)
    [(_, letter)] = await emails_to(cast.fbi_alternate, NOW + 2 * MINUTE)
    assert read_email(letter).paragraphs[0] == "You or the organizer let us know you can't come."


async def test_an_email_about_the_whole_series_is_that_of_an_informed_person(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await schedule_with_informed_alternate(sqlite_cast)
    await reply_with_substitute(cast.fbi_lead, event_id, NO, NOW + MINUTE, cast.fbi_alternate)
    await emails_to(cast.fbi_alternate, NOW + MINUTE)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    later = replace(plan, starts=plan.starts + timedelta(minutes=30))
    await scheduling.change_event(cast.coordinator, event_id, later, event.version, NOW + 2 * MINUTE)
    emails_found = [one for _, one in await emails_to(cast.fbi_alternate, NOW + 2 * MINUTE)]
    assert "You're receiving this because" in read_email(emails_found[0]).words.footer
    assert "as a substitute" not in read_email(emails_found[0]).words.footer
