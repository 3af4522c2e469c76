"""What a letter says is read when it is sent, as its reader may see it then."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import date, datetime, timedelta
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, meeting, operation
from tests.emails import ReadEmail
from tests.usecases.emails.world import LATER, MOVED, schedule_series, send_emails, send_only_email
from tracker.database import writing
from tracker.rules.actions import ItemEdit, ItemStatus, NewItem
from tracker.rules.core import outbox as outbox_rules
from tracker.rules.core.email_declarations import EMAILS
from tracker.rules.core.message_types import (
    AccountChanged,
    EmailedEntry,
    EventContent,
    ItemDue,
    ItemOverdue,
    ReminderDue,
)
from tracker.rules.core.outbox import MessageState, SendOutcome, Unreadable
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.emails.emails import LONGEST_PREVIEW, LONGEST_SUBJECT, ButtonName, Email, ReplyPage
from tracker.rules.emails.event_emails import EVENT_EMAILS
from tracker.rules.emails.preferences import Preferences
from tracker.rules.events.events import Event, EventStatus
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import DateChange
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.actions import ActionItem
from tracker.tables.schema.events import Event as EventRow
from tracker.tables.schema.events import Occurrence as OccurrenceRow
from tracker.tables.schema.roster import Member
from tracker.usecases.actions import action_items
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails as content_deeds
from tracker.usecases.emails import preferences
from tracker.usecases.emails.writers import WRITERS
from tracker.usecases.events import occurrences, replies, scheduling

RESTRICTED_SUBJECT = "Task force event: please sign in and reply"
TODAY = date(2026, 12, 15)


async def send_only_skip(now: datetime = LATER) -> MessageState:
    [skip] = await send_emails(now)
    assert isinstance(skip, SendOutcome)
    return skip.state


async def schedule_meeting(cast: Cast, *invitees: Viewer) -> UUID:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(*(invitees or (cast.fbi_lead,))), NOW)
    await send_emails(LATER)
    return event_id


async def test_a_person_whose_account_has_ended_by_then_gets_no_email(cast: Cast) -> None:
    until = Member.update({Member.expires_at: LATER})
    await until.where(Member.id == cast.fbi_lead.member_id)
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    assert await send_only_skip(LATER) is MessageState.SUPPRESSED


async def queue_reminder(member: Viewer, event_id: UUID, key: str, lead: timedelta = timedelta(days=1)) -> None:
    """Queue a reminder as the planner would for the date as it is now."""
    occurrence = await occurrences.date_seen_by(member, event_id, key)
    async with writing():
        draft = outbox_rules.NewMessage(
            content=ReminderDue(starts_at=occurrence.starts_at, lead=int(lead.total_seconds())),
            recipient_id=member.member_id,
            key=str(uuid4()),
            event_id=event_id,
            occurrence_id=occurrence.id,
            not_after=occurrence.starts_at,
        )
        await outbox.enqueue_all([draft], NOW)


async def move_date(cast: Cast, event_id: UUID, starts: datetime, **facts: str) -> None:
    occurrence = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-02-09")
    change = DateChange(starts=starts, duration=timedelta(minutes=90), **facts)
    await occurrences.change_occurrence(
        cast.coordinator, event_id, "2027-02-09", change, occurrence.version, LATER, notify=Notify.ALL
    )


async def test_an_invitation_names_title_day_and_time(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    letter = await send_only_email()
    assert (letter.subject, letter.preview) == (
        "Invitation: Monthly task force meeting, Tue, Jan 12, 10:00 AM",
        "Please reply by Fri, Jan 8. 90 minutes, in person.",
    )


async def test_an_invitation_says_what_when_where_who_and_until_when_to_reply(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    assert (await send_only_email()).facts == (
        ("What", "Monthly task force meeting"),
        ("When", "Tuesday, January 12, 2027, 10:00–11:30 AM Central"),
        ("Where", "USAO conference room"),
        ("Organizer", "Coordinator (USAO)"),
        ("Reply by", "Friday, January 8, 2027, 5:00 PM Central"),
    )


async def test_an_invitation_to_a_series_says_the_rule_and_its_dates(cast: Cast) -> None:
    plan = meeting(cast.fbi_lead)
    await scheduling.schedule_event(
        cast.coordinator, replace(plan, rule=rule_for_choice("monthly_nth", plan.starts, count=6)), NOW
    )
    facts = dict((await send_only_email()).facts)
    assert facts["When"] == "Every month on the second Tuesday, 10:00–11:30 AM Central"
    assert facts["First date"] == "Tuesday, January 12, 2027"
    assert facts["Dates"] == "6 dates, until Tuesday, June 8, 2027"


async def test_the_buttons_of_an_invitation_reply_for_the_whole_event(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    targets = [one.target for one in (await send_only_email()).buttons]
    assert [(one.reply, one.occurrence_id) for one in targets if isinstance(one, ReplyPage)] == [
        ("yes", None),
        ("maybe", None),
        ("no", None),
    ]


APPS = "We don't receive replies from calendar apps."


def above_the_buttons(letter: ReadEmail) -> str:
    """Return the paragraphs, which every layout puts above the buttons."""
    return " ".join(letter.paragraphs)


async def test_who_is_asked_to_reply_reads_above_the_buttons_how(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    invitation = await send_only_email()
    assert invitation.paragraphs == (f"Please choose a reply below. {APPS}",)
    await move_date(cast, await schedule_series(cast), datetime(2027, 2, 10, 13, 0))
    update = await send_only_email(MOVED)
    assert above_the_buttons(update).endswith(f"Please choose a reply below. {APPS}")


async def test_who_has_replied_reads_above_the_buttons_how_to_change_it(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await replies.record_own_reply(
        cast.fbi_lead, event_id, "2027-02-09", ReplyValue.ACCEPTED, "", LATER, for_series=True
    )
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    await scheduling.change_event(
        cast.coordinator, event_id, replace(plan, agenda="Budget"), event.version, LATER, notify=Notify.ALL
    )
    update = await send_only_email(MOVED)
    assert [one.label for one in update.buttons] == ["Keep my reply", "Change my reply"]
    assert above_the_buttons(update).endswith(f'To change your reply, choose "Change my reply" below. {APPS}')


@pytest.mark.parametrize("is_discreet", [False, True])
async def test_every_email_with_a_request_says_that_calendar_apps_do_not_reply(cast: Cast, is_discreet: bool) -> None:
    await preferences.save_preferences(cast.fbi_lead, Preferences(is_discreet=is_discreet), NOW)
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    assert APPS in above_the_buttons(await send_only_email())


async def test_a_guest_is_led_to_no_page_that_asks_for_a_sign_in(cast: Cast) -> None:
    await Member.update({Member.is_guest: True}).where(Member.id == cast.fbi_lead.member_id)
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    letter = await send_only_email()
    assert [type(one.target) for one in letter.buttons] == [ReplyPage] * 3
    assert letter.more == ()


async def test_a_reader_in_another_zone_reads_the_own_time_too(cast: Cast) -> None:
    await Member.update({Member.zone: "America/New_York"}).where(Member.id == cast.fbi_lead.member_id)
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    assert dict((await send_only_email()).facts)["Your time"] == "Tue, Jan 12, 11:00 AM–12:30 PM Eastern"


async def test_an_invitation_that_waited_says_what_holds_now(cast: Cast) -> None:
    plan = meeting(cast.fbi_lead)
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    await scheduling.change_event(cast.coordinator, event_id, replace(plan, title="New title"), 1, NOW)
    assert "New title" in (await send_only_email()).subject


async def test_a_moved_date_names_both_days_the_reason_and_asks_again(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await move_date(cast, event_id, datetime(2027, 2, 11, 13), reason="courtroom conflict")
    letter = await send_only_email(MOVED)
    assert letter.subject == "Moved: Monthly task force meeting, Tue, Feb 9 to Thu, Feb 11, 1:00 PM"
    assert letter.facts[0] == ("Was", "Tuesday, February 9, 2027, 10:00–11:30 AM")
    assert ("Reason", "courtroom conflict") in letter.facts
    assert letter.preview == "It was Tue, Feb 9, 10:00 AM. Please reply again."


async def test_a_small_shift_keeps_the_reply_and_says_so(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await replies.record_own_reply(
        cast.fbi_lead, event_id, "2027-02-09", ReplyValue.ACCEPTED, "", LATER, for_series=True
    )
    await move_date(cast, event_id, datetime(2027, 2, 9, 10, 30))
    letter = await send_only_email(MOVED)
    assert letter.subject == "Changed: Monthly task force meeting is now at 10:30 AM, Tue, Feb 9"
    assert letter.preview == "It was 10:00 AM. Your reply, Yes, still counts."
    assert [one.label for one in letter.buttons] == ["Keep my reply", "Change my reply"]


async def test_the_email_of_a_moved_date_carries_only_that_date(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await move_date(cast, event_id, datetime(2027, 2, 11, 13))
    letter = await send_only_email(MOVED)
    assert letter.calendar is not None
    assert letter.calendar.date is not None
    assert letter.calendar.date.key == "2027-02-09"


async def test_a_new_place_is_named_with_the_old_one(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await move_date(cast, event_id, datetime(2027, 2, 9, 10), place="Room 2")
    letter = await send_only_email(MOVED)
    assert letter.subject == "New place: Monthly task force meeting, Tue, Feb 9, 10:00 AM"
    assert (("Was at", "USAO conference room") in letter.facts, ("Where", "Room 2") in letter.facts) == (True, True)


async def test_a_canceled_date_names_the_next_one(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, "2027-02-09", 1, "Holiday week", LATER)
    letter = await send_only_email(MOVED)
    assert (letter.subject, letter.preview) == (
        "Canceled: Monthly task force meeting, Tue, Feb 9",
        "Only this date. The next date is Tue, Mar 9, 10:00 AM.",
    )
    assert letter.calendar is not None
    assert letter.calendar.is_cancel


@pytest.mark.both_engines
async def test_canceling_the_only_date_cancels_the_event_and_everyone_hears(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, "2027-01-12", 1, "Snow", LATER)
    date_now = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-01-12")
    assert (date_now.event.status, date_now.is_off) == (EventStatus.CANCELED, True)
    canceled = await send_only_email(MOVED)
    assert canceled.calendar is not None
    assert canceled.calendar.is_cancel
    await occurrences.restore_occurrence(cast.coordinator, event_id, "2027-01-12", date_now.version, MOVED)
    again = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-01-12")
    assert (again.event.status, again.is_off) == (EventStatus.CONFIRMED, False)


async def test_canceling_the_last_date_that_is_left_of_a_series_cancels_the_series(cast: Cast) -> None:
    rule = rule_for_choice("weekly", meeting().starts, count=2)
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, rule=rule), NOW)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, "2027-01-12", 1, "", LATER)
    await send_emails(MOVED)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, "2027-01-19", 1, "", MOVED)
    canceled = await send_only_email(MOVED + timedelta(minutes=5))
    assert canceled.subject == "Canceled: Monthly task force meeting, all dates"
    date_now = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-01-19")
    await occurrences.restore_occurrence(cast.coordinator, event_id, "2027-01-19", date_now.version, MOVED)
    restored = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-01-19")
    dates = await occurrences.dates_in_series(cast.coordinator, restored.event)
    assert [date.is_off for date in dates] == [True, False]


async def test_a_cancellation_is_not_dropped_while_the_only_date_is_canceled(cast: Cast) -> None:
    """Before 0.3, a date was canceled alone, also when the event had no other."""
    event_id = await schedule_meeting(cast)
    date_now = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-01-12")
    await scheduling.cancel_event(cast.coordinator, event_id, 1, "", LATER)
    [message, *_] = await outbox.claim_messages("slow", (), MOVED, 10)
    confirmed = {EventRow.status: EventStatus.CONFIRMED.value}
    await EventRow.update(confirmed).where(EventRow.id == event_id)
    await OccurrenceRow.update({OccurrenceRow.is_canceled: True}).where(OccurrenceRow.event == event_id)
    alone = replace(message, occurrence_id=date_now.id)
    assert isinstance(await content_deeds.write_email(alone, MOVED, ZONE), Email)


async def test_a_canceled_series_says_all_dates(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await scheduling.cancel_event(cast.coordinator, event_id, 1, "", LATER)
    assert (await send_only_email(MOVED)).subject == "Canceled: Monthly task force meeting, all dates"


async def test_a_date_that_comes_back_says_so(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, "2027-02-09", 1, "", LATER)
    await send_emails(MOVED)
    date_now = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-02-09")
    await occurrences.restore_occurrence(cast.coordinator, event_id, "2027-02-09", date_now.version, MOVED)
    letter = await send_only_email(MOVED + timedelta(minutes=1))
    assert letter.subject == "Back on: Monthly task force meeting, Tue, Feb 9, 10:00 AM"


async def test_an_event_that_comes_back_as_a_whole_says_so(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    await scheduling.cancel_event(cast.coordinator, event_id, 1, "", LATER)
    await send_emails(MOVED)
    await scheduling.restore_event(cast.coordinator, event_id, 2, MOVED)
    letter = await send_only_email(MOVED + timedelta(minutes=1))
    assert letter.subject == "Back on: Monthly task force meeting, Tue, Jan 12, 10:00 AM"


async def test_a_cancellation_that_was_taken_back_is_not_sent(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, "2027-02-09", 1, "", LATER)
    [message] = await outbox.claim_messages("slow", (), MOVED, 10)
    date_now = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-02-09")
    await occurrences.restore_occurrence(cast.coordinator, event_id, "2027-02-09", date_now.version, MOVED)
    late = await content_deeds.write_email(message, MOVED, ZONE)
    assert isinstance(late, SendOutcome)
    assert late.state is MessageState.SUPERSEDED


async def test_someone_taken_off_the_list_alone_is_notified(cast: Cast) -> None:
    event_id = await schedule_meeting(cast, cast.fbi_lead, cast.caht_lead)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    fewer = {one: role for one, role in plan.invitees.items() if one != cast.fbi_lead.member_id}
    await scheduling.change_event(cast.coordinator, event_id, replace(plan, invitees=fewer), event.version, LATER)
    letter = await send_only_email(MOVED)
    assert (letter.to, letter.subject) == (
        "fbi_lead@fbi.example",
        "You've been removed from Monthly task force meeting, Tue, Jan 12",
    )


async def test_a_removed_person_who_is_listed_again_after_the_cancellation_is_notified_of_it(cast: Cast) -> None:
    event_id = await schedule_meeting(cast, cast.fbi_lead, cast.caht_lead)
    for invitees in ([cast.caht_lead], [cast.fbi_lead, cast.caht_lead]):
        event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
        listed = {one.member_id: AttendeeRole.REQUIRED for one in invitees}
        await scheduling.change_event(cast.coordinator, event_id, replace(plan, invitees=listed), event.version, LATER)
        if cast.fbi_lead not in invitees:
            await scheduling.cancel_event(cast.coordinator, event_id, event.version + 1, "Flood", LATER)
    letters = [
        email for email in await send_emails(MOVED) if isinstance(email, ReadEmail) and email.to == cast.fbi_lead.email
    ]
    assert [(one.subject, one.letter.calendar.is_cancel) for one in letters] == [
        ("Canceled: Monthly task force meeting, Tue, Jan 12", True)
    ]


async def test_someone_off_the_list_who_may_not_see_the_event_anymore_learns_that_alone(cast: Cast) -> None:
    event_id = await schedule_meeting(cast, cast.fbi_lead, cast.caht_lead)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    fewer = {
        letter_read: role for letter_read, role in plan.invitees.items() if letter_read != cast.caht_lead.member_id
    }
    named = replace(plan, invitees=fewer, visibility=Visibility.NAMED, title="Canary", place="Canary Street")
    await scheduling.change_event(cast.coordinator, event_id, named, event.version, LATER)
    [letter] = [
        email for email in await send_emails(MOVED) if isinstance(email, ReadEmail) and email.to == cast.caht_lead.email
    ]
    assert letter.subject == "You've been removed from a task force event"
    assert "Canary" not in str(letter)
    assert letter.calendar == EmailedEntry(uid=event.uid, sequence=1, at=LATER)


async def test_what_emails_put_into_calendars_is_taken_out_when_the_event_becomes_one_for_named_people(
    cast: Cast,
) -> None:
    event_id = await schedule_meeting(cast)
    event = await restrict_to_named(cast, event_id)
    letter = await send_only_email(MOVED)
    assert letter.subject == RESTRICTED_SUBJECT
    assert letter.calendar == EmailedEntry(uid=event.uid, sequence=1, at=LATER)


async def test_what_is_to_be_taken_out_of_a_calendar_outlives_a_second_edit(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    await restrict_to_named(cast, event_id)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    later = LATER + timedelta(seconds=10)
    await scheduling.change_event(
        cast.coordinator, event_id, replace(plan, place="Gate 4"), event.version, later, notify=Notify.ALL
    )
    assert isinstance((await send_only_email(MOVED)).calendar, EmailedEntry)


async def test_who_was_invited_when_it_was_for_named_people_already_has_nothing_taken_out(cast: Cast) -> None:
    plan = operation(cast.hsi_liaison, cast.kcpd_detective)
    event_id = await scheduling.schedule_event(cast.fbi_lead, plan, NOW)
    await send_emails(LATER)
    fewer = {one: role for one, role in plan.invitees.items() if one != cast.kcpd_detective.member_id}
    await scheduling.change_event(cast.fbi_lead, event_id, replace(plan, invitees=fewer), 1, LATER)
    assert (await send_only_email(MOVED)).calendar is None


async def restrict_to_named(cast: Cast, event_id: UUID) -> Event:
    """Let only those on the list of an event see it; return what it was before."""
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    named = replace(plan, visibility=Visibility.NAMED)
    await scheduling.change_event(cast.coordinator, event_id, named, event.version, LATER)
    return event


async def test_no_email_about_a_restricted_event_reveals_anything_of_it(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.hsi_liaison), NOW)
    first = await send_only_email()
    await queue_reminder(cast.hsi_liaison, event_id, "2027-01-16")
    second = await send_only_email()
    await scheduling.cancel_event(cast.fbi_lead, event_id, 1, "Canary reason", LATER)
    third = await send_only_email(MOVED)
    assert {one.subject for one in (first, second)} == {RESTRICTED_SUBJECT}
    notified = " ".join(str(one) for one in (first, second, third)).replace(str(event_id), "")
    assert not [word for word in ("Bluestem", "Larkspur", "Canary", "Jan", "6:00", "Fbi lead") if word in notified]


async def test_no_one_is_asked_to_reply_to_a_restricted_event_that_is_canceled(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.hsi_liaison), NOW)
    await send_only_email()
    await scheduling.cancel_event(cast.fbi_lead, event_id, 1, "", LATER)
    email = await send_only_email(MOVED)
    assert (email.subject, email.heading) == ("Task force event: please sign in", "A task force event is canceled")
    assert [button.name for button in email.letter.buttons] == [ButtonName.SIGN_IN_TO_READ]


async def test_a_letter_about_a_restricted_event_has_no_calendar(cast: Cast) -> None:
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.hsi_liaison), NOW)
    assert (await send_only_email()).calendar is None


async def test_who_may_not_see_the_event_any_more_gets_no_reminder_and_nothing_of_it(cast: Cast) -> None:
    plan = operation(cast.hsi_liaison, cast.kcpd_detective)
    event_id = await scheduling.schedule_event(cast.fbi_lead, plan, NOW)
    await send_emails(LATER)
    await queue_reminder(cast.kcpd_detective, event_id, "2027-01-16")
    fewer = {one: role for one, role in plan.invitees.items() if one != cast.kcpd_detective.member_id}
    await scheduling.change_event(cast.fbi_lead, event_id, replace(plan, invitees=fewer), 1, LATER)
    emails = await send_emails(MOVED)
    assert [one.state for one in emails if isinstance(one, SendOutcome)] == [MessageState.SUPPRESSED]
    assert [one.subject for one in emails if isinstance(one, ReadEmail)] == [
        "You've been removed from a task force event"
    ]


async def test_a_departed_member_gets_no_email(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    await queue_reminder(cast.fbi_lead, event_id, "2027-01-12")
    await Member.update({Member.status: "departed"}).where(Member.id == cast.fbi_lead.member_id)
    assert await send_only_skip() is MessageState.SUPPRESSED


async def test_a_reminder_the_day_before_says_tomorrow_and_the_place(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    await queue_reminder(cast.fbi_lead, event_id, "2027-01-12")
    letter = await send_only_email(datetime.fromisoformat("2027-01-11T16:00+00:00"))
    assert (letter.subject, letter.preview) == (
        "Tomorrow, 10:00 AM: Monthly task force meeting",
        "USAO conference room. Please reply.",
    )


async def test_a_reminder_that_goes_out_a_day_late_does_not_say_tomorrow(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    await queue_reminder(cast.fbi_lead, event_id, "2027-01-12")
    letter = await send_only_email(datetime.fromisoformat("2027-01-12T13:00+00:00"))
    assert letter.subject == "Today, 10:00 AM: Monthly task force meeting"


async def test_a_reminder_a_week_before_names_the_day(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    await queue_reminder(cast.fbi_lead, event_id, "2027-01-12", timedelta(days=7))
    letter = await send_only_email(datetime.fromisoformat("2027-01-05T16:00+00:00"))
    assert letter.subject == "In 7 days: Monthly task force meeting, Tue, Jan 12, 10:00 AM"


@pytest.mark.parametrize(
    ("value", "labels"),
    [
        (ReplyValue.NEEDS_ACTION, ["Reply yes", "Maybe", "No"]),
        (ReplyValue.TENTATIVE, ["Reply yes", "Maybe", "No"]),
        (ReplyValue.ACCEPTED, ["Change my reply"]),
    ],
)
async def test_a_reminder_has_the_same_buttons_as_other_emails(
    sqlite_cast: Cast, value: ReplyValue, labels: list[str]
) -> None:
    cast, event_id = sqlite_cast, await schedule_meeting(sqlite_cast)
    await queue_reminder(cast.fbi_lead, event_id, "2027-01-12")
    if value is not ReplyValue.NEEDS_ACTION:
        await replies.record_own_reply(cast.fbi_lead, event_id, "2027-01-12", value, "", LATER, for_series=False)
    assert [one.label for one in (await send_only_email()).buttons] == labels


async def test_the_lead_is_reminded_and_has_nothing_to_reply(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    await queue_reminder(cast.coordinator, event_id, "2027-01-12")
    assert (await send_only_email()).buttons == ()


async def test_who_declined_is_not_reminded(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    await queue_reminder(cast.fbi_lead, event_id, "2027-01-12")
    await replies.record_own_reply(
        cast.fbi_lead, event_id, "2027-01-12", ReplyValue.DECLINED, "", LATER, for_series=False
    )
    assert await send_only_skip() is MessageState.SUPERSEDED


async def test_a_reminder_of_a_moved_date_is_not_sent(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await queue_reminder(cast.fbi_lead, event_id, "2027-02-09")
    await move_date(cast, event_id, datetime(2027, 2, 11, 13))
    assert await send_only_skip() is MessageState.SUPERSEDED


async def test_a_reminder_of_a_canceled_date_is_not_sent(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await queue_reminder(cast.fbi_lead, event_id, "2027-02-09")
    await occurrences.cancel_occurrence(cast.coordinator, event_id, "2027-02-09", 1, "", LATER)
    assert await send_only_skip() is MessageState.SUPERSEDED


async def test_a_reminder_of_a_date_that_began_is_too_late(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    await queue_reminder(cast.fbi_lead, event_id, "2027-01-12")
    assert await send_only_skip(datetime.fromisoformat("2027-01-12T16:00+00:00")) is MessageState.TOO_LATE


async def test_an_invitation_to_what_is_over_is_too_late(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    assert await send_only_skip(NOW + timedelta(days=60)) is MessageState.TOO_LATE


async def assign_item(
    cast: Cast, origin_id: UUID | None = None, giver: Viewer | None = None, owner: Viewer | None = None
) -> str:
    new = NewItem(
        title="Draft the language-access protocol",
        owner_id=(owner or cast.caht_lead).member_id,
        due=date(2027, 2, 9),
        origin_id=origin_id,
        seen_by=Visibility.ALL,
        committee_id=None,
    )
    return await action_items.create_item(giver or cast.coordinator, new, NOW, TODAY)


async def queue_item_reminder(owner: Viewer, content: ItemDue | ItemOverdue) -> None:
    [row] = await ActionItem.select(ActionItem.id)
    async with writing():
        draft = outbox_rules.NewMessage(
            content=content, recipient_id=owner.member_id, key=str(uuid4()), item_id=row["id"]
        )
        await outbox.enqueue_all([draft], NOW)


async def test_a_new_item_is_reported_to_its_owner_without_its_title_in_the_subject(cast: Cast) -> None:
    reference = await assign_item(cast)
    letter = await send_only_email()
    assert (letter.to, letter.subject) == ("caht_lead@caht.example", f"Action item {reference} for you, due Tue, Feb 9")
    assert letter.facts[0] == ("Action", "Draft the language-access protocol")


async def test_an_item_of_a_restricted_event_says_only_its_number_and_its_day(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.fbi_lead, operation(cast.hsi_liaison), NOW)
    await send_emails(LATER)
    origin = await occurrences.date_seen_by(cast.fbi_lead, event_id, "2027-01-16")
    reference = await assign_item(cast, origin.id, cast.fbi_lead, cast.hsi_liaison)
    letter = await send_only_email()
    assert letter.subject == f"Action item {reference} for you, due Tue, Feb 9"
    assert letter.facts == (("Due", "Tuesday, February 9, 2027"), ("Details", "Shown after sign-in"))
    assert "language-access" not in str(letter)


@pytest.mark.parametrize(
    ("make", "now", "start"),
    [
        (ItemDue, "2027-02-06T14:00", "Due Tue, Feb 9: "),
        (ItemDue, "2027-02-09T14:00", "Due Tue, Feb 9: "),
        (ItemOverdue, "2027-02-10T14:00", "Overdue by 1 day: "),
        (ItemOverdue, "2027-02-13T14:00", "Overdue by 4 days: "),
    ],
)
async def test_the_owner_is_reminded_by_number_and_lateness(
    cast: Cast, make: type[ItemDue | ItemOverdue], now: str, start: str
) -> None:
    reference = await assign_item(cast)
    await send_emails(LATER)
    await queue_item_reminder(cast.caht_lead, make(due=date(2027, 2, 9)))
    assert (await send_only_email(datetime.fromisoformat(f"{now}+00:00"))).subject == f"{start}action item {reference}"


async def test_a_closed_item_is_not_reminded_of(cast: Cast) -> None:
    reference = await assign_item(cast)
    await send_emails(LATER)
    await queue_item_reminder(cast.caht_lead, ItemDue(due=date(2027, 2, 9)))
    await action_items.save_item_edit(cast.caht_lead, reference, ItemEdit(status=ItemStatus.DONE), 1, LATER, TODAY)
    assert await send_only_skip() is MessageState.SUPERSEDED


async def test_an_item_with_another_due_day_is_not_reminded_of_on_the_old_one(cast: Cast) -> None:
    await assign_item(cast)
    await send_emails(LATER)
    await queue_item_reminder(cast.caht_lead, ItemDue(due=date(2027, 2, 2)))
    assert await send_only_skip() is MessageState.SUPERSEDED


async def test_who_gave_an_item_away_is_not_reminded_of_it(cast: Cast) -> None:
    reference = await assign_item(cast)
    await send_emails(LATER)
    await queue_item_reminder(cast.caht_lead, ItemDue(due=date(2027, 2, 9)))
    await action_items.reassign_item(cast.coordinator, reference, cast.caht_alternate.member_id, 1, NOW, TODAY)
    types = {type(one) for one in await send_emails(LATER)}
    assert types == {SendOutcome, ReadEmail}


async def test_every_subject_and_preview_fits_its_screen(cast: Cast) -> None:
    title = "Quarterly review of the interagency response protocol for labor trafficking in hospitality"
    plan = meeting(cast.fbi_lead, title=title, place="A very long name of a conference room " * 4)
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    emails = await send_emails(LATER)
    await scheduling.cancel_event(cast.coordinator, event_id, 1, "", LATER)
    emails += await send_emails(MOVED)
    assert all(
        len(email.subject) <= LONGEST_SUBJECT and len(email.preview) <= LONGEST_PREVIEW
        for email in emails
        if isinstance(email, ReadEmail)
    )


def test_every_message_has_a_function_that_writes_its_email() -> None:
    assert {*WRITERS, AccountChanged} == set(EMAILS)  # which goes to people who can no longer sign in, too
    assert set(get_args(EventContent)) == set(EVENT_EMAILS)


async def test_a_row_of_another_version_is_not_sent_and_says_why(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    [message] = await outbox.claim_messages("test", (), LATER, 100)
    made = await content_deeds.write_email(replace(message, content=Unreadable()), LATER, ZONE)
    assert isinstance(made, SendOutcome)
    assert made.state is MessageState.FAILED


async def schedule_tentative(cast: Cast, **facts: Any) -> UUID:
    plan = meeting(cast.fbi_lead, status=EventStatus.TENTATIVE)
    return await scheduling.schedule_event(cast.coordinator, replace(plan, **facts), NOW)


async def email_of_confirmation(cast: Cast, event_id: UUID, **facts: Any) -> ReadEmail:
    """Confirm a tentative event, and return the email about it."""
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    changed = replace(plan, status=EventStatus.CONFIRMED, **facts)
    await scheduling.change_event(cast.coordinator, event_id, changed, event.version, LATER)
    return await send_only_email(MOVED)


async def test_an_invitation_to_a_tentative_event_says_that_it_may_still_change(sqlite_cast: Cast) -> None:
    await schedule_tentative(sqlite_cast)
    letter = await send_only_email()
    assert letter.subject == "Tentative: Monthly task force meeting, Tue, Jan 12, 10:00 AM"
    assert dict(letter.facts)["Status"] == "Tentative. It may still change."


async def test_a_reminder_of_a_tentative_event_says_that_it_may_still_change(sqlite_cast: Cast) -> None:
    event_id = await schedule_tentative(sqlite_cast)
    await send_emails(LATER)
    await queue_reminder(sqlite_cast.fbi_lead, event_id, "2027-01-12")
    letter = await send_only_email(datetime.fromisoformat("2027-01-11T16:00+00:00"))
    assert letter.subject == "Tentative, tomorrow, 10:00 AM: Monthly task force meeting"
    assert dict(letter.facts)["Status"] == "Tentative. It may still change."


async def test_an_email_says_when_a_tentative_event_is_confirmed(sqlite_cast: Cast) -> None:
    event_id = await schedule_tentative(sqlite_cast)
    await send_emails(LATER)
    letter = await email_of_confirmation(sqlite_cast, event_id)
    assert (letter.subject, letter.heading) == (
        "Confirmed: Monthly task force meeting, Tue, Jan 12, 10:00 AM",
        "It's confirmed",
    )
    assert dict(letter.facts)["Status"] == "Confirmed. It was tentative before."


async def test_an_email_says_when_a_tentative_series_is_confirmed(sqlite_cast: Cast) -> None:
    event_id = await schedule_tentative(sqlite_cast, rule=rule_for_choice("monthly_nth", meeting().starts, count=6))
    await send_emails(LATER)
    letter = await email_of_confirmation(sqlite_cast, event_id)
    assert (letter.subject, letter.heading) == (
        "Confirmed: Monthly task force meeting, from Tue, Jan 12, 10:00 AM",
        "The series is confirmed",
    )


async def test_a_tentative_event_that_is_confirmed_at_another_place_says_both(sqlite_cast: Cast) -> None:
    event_id = await schedule_tentative(sqlite_cast)
    await send_emails(LATER)
    letter = await email_of_confirmation(sqlite_cast, event_id, place="Annex")
    assert letter.subject.startswith("New place: ")
    assert dict(letter.facts)["Status"] == "Confirmed. It was tentative before."


async def test_a_confirmed_event_says_nothing_of_its_status(sqlite_cast: Cast) -> None:
    await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    assert "Status" not in dict((await send_only_email()).facts)
