"""Emails about a series: its rule and its dates, several changes in one email, and how many emails a new time makes."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, marking, meeting
from tests.emails import ReadEmail, read_email, read_result, send_due_messages
from tracker.rules.core.outbox import SendOutcome
from tracker.rules.emails.emails import CalendarPart, Email
from tracker.rules.emails.preferences import Preferences
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import DateChange, plan_from_start
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails, preferences
from tracker.usecases.events import history, occurrences, replies, scheduling, series_split

FIRST, SECOND, THIRD = "2027-01-12", "2027-01-19", "2027-01-26"
HOUR_AND_A_HALF = timedelta(minutes=90)
THEN = NOW + timedelta(minutes=5)
LATER = THEN + timedelta(hours=1)


async def send_by_first_word(now: datetime) -> dict[str, ReadEmail]:
    """Send the emails that are due, and return them by their first word, such as "Invitation"."""
    return {email.subject.partition(":")[0]: email for email in await send_emails(now)}


async def schedule_weekly(cast: Cast) -> UUID:
    """Schedule five Tuesdays, 10:00–11:30 AM; the invitation waits."""
    plan = meeting(cast.fbi_lead)
    return await scheduling.schedule_event(
        cast.coordinator, replace(plan, rule=rule_for_choice("weekly", plan.starts, count=5)), NOW
    )


async def change_date(cast: Cast, event_id: UUID, key: str, now: datetime, *, hour: int = 10, **facts: str) -> None:
    date = await occurrences.date_seen_by(cast.coordinator, event_id, key)
    change = DateChange(starts=datetime.fromisoformat(f"{key}T{hour}:00"), duration=HOUR_AND_A_HALF, **facts)
    await occurrences.change_occurrence(cast.coordinator, event_id, key, change, date.version, now)


async def split_from_second(cast: Cast, event_id: UUID, now: datetime, **facts: object) -> UUID:
    """Continue the series from its second date at 9:00 AM as another one."""
    event, plan = await series_split.plan_from_date_on(cast.coordinator, event_id, SECOND)
    onward = replace(plan_from_start(plan, datetime(2027, 1, 19, 9)), **facts)
    return await series_split.change_from_date_on(cast.coordinator, event_id, SECOND, onward, event.version, now)


async def test_an_invitation_says_the_hours_of_the_rule_when_its_first_date_has_others(cast: Cast) -> None:
    await change_date(cast, await schedule_weekly(cast), FIRST, NOW, hour=13)
    facts = dict((await send_by_first_word(THEN))["Invitation"].facts)
    assert (facts["When"], facts["Moved"]) == (
        "Every week on Tuesday, 10:00–11:30 AM Central",
        "Tue, Jan 12 to 1:00–2:30 PM",
    )


async def test_a_series_that_continues_says_the_hours_of_its_rule_when_its_first_date_keeps_others(cast: Cast) -> None:
    event_id = await schedule_weekly(cast)
    await send_by_first_word(THEN)
    await change_date(cast, event_id, SECOND, THEN, hour=13)
    await split_from_second(cast, event_id, THEN)
    facts = dict((await send_by_first_word(LATER))["Continues"].facts)
    assert (facts["When"], facts["Moved"]) == (
        "Every week on Tuesday, 9:00–10:30 AM Central",
        "Tue, Jan 19 to 1:00–2:30 PM",
    )


async def move_to_field_office(cast: Cast, event_id: UUID, now: datetime, *, key: str = "") -> None:
    """Move the series to the FBI field office, from the date `key` on if there is one."""
    if key:
        event, plan = await series_split.plan_from_date_on(cast.coordinator, event_id, key)
        changed = replace(plan, place="FBI field office")
        await series_split.change_from_date_on(cast.coordinator, event_id, key, changed, event.version, now)
        return
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    await scheduling.change_event(
        cast.coordinator, event_id, replace(plan, place="FBI field office"), event.version, now
    )


async def test_an_invitation_names_the_dates_that_have_a_place_or_a_title_of_their_own(cast: Cast) -> None:
    event_id = await schedule_weekly(cast)
    await change_date(cast, event_id, FIRST, NOW, place="Annex 2", title="Kickoff")
    await change_date(cast, event_id, THIRD, NOW, place="")
    facts = dict((await send_by_first_word(THEN))["Invitation"].facts)
    assert (facts["Where"], facts["Other place"], facts["Other title"]) == (
        "USAO conference room",
        "Tue, Jan 12: Annex 2; Tue, Jan 26: No location",
        "Tue, Jan 12: Kickoff",
    )


async def test_a_time_only_invitation_names_no_place_and_no_title_of_a_date(cast: Cast) -> None:
    await preferences.save_preferences(cast.fbi_lead, Preferences(is_discreet=True), NOW)
    await change_date(cast, await schedule_weekly(cast), FIRST, NOW, place="Annex 2", title="Kickoff")
    [invitation] = (await send_by_first_word(THEN)).values()
    assert not {"Annex 2", "Kickoff"} & {word for _, value in invitation.facts for word in value.split(": ")}


async def test_the_subject_of_a_new_place_names_the_first_date_that_is_held_there(cast: Cast) -> None:
    event_id = await schedule_weekly(cast)
    await change_date(cast, event_id, FIRST, NOW, place="Annex 2")
    await send_by_first_word(THEN)
    await move_to_field_office(cast, event_id, THEN)
    update = (await send_by_first_word(LATER))["New place"]
    assert update.subject == "New place: Monthly task force meeting, from Tue, Jan 19, 10:00 AM"
    assert dict(update.facts)["Other place"] == "Tue, Jan 12: Annex 2"


async def test_a_new_place_from_a_date_on_is_said_though_that_date_keeps_its_own(cast: Cast) -> None:
    event_id = await schedule_weekly(cast)
    await change_date(cast, event_id, SECOND, NOW, place="Annex 2")
    await send_by_first_word(THEN)
    await move_to_field_office(cast, event_id, THEN, key=SECOND)
    update = (await send_by_first_word(LATER))["New place"]
    assert update.subject == "New place: Monthly task force meeting, from Tue, Jan 26, 10:00 AM"
    facts = dict(update.facts)
    assert (facts["Where"], facts["Other place"]) == ("FBI field office", "Tue, Jan 19: Annex 2")


async def test_the_subject_of_a_new_hour_names_the_first_date_that_has_it(cast: Cast) -> None:
    event_id = await schedule_weekly(cast)
    await change_date(cast, event_id, SECOND, NOW, hour=13, place="Annex 2")
    await send_by_first_word(THEN)
    await split_from_second(cast, event_id, THEN)
    emails = await send_by_first_word(LATER)
    assert emails["Changed"].subject == "Changed: Monthly task force meeting, now 9:00 AM from Tue, Jan 26"
    assert dict(emails["Changed"].facts)["Now"].endswith("9:00–10:30 AM Central, from Tuesday, January 26, 2027")
    assert dict(emails["Continues"].facts)["Other place"] == "Tue, Jan 19: Annex 2"


async def reply_to_dates(cast: Cast, event_id: UUID, value: ReplyValue, *keys: str) -> None:
    for key in keys:
        await replies.record_own_reply(cast.fbi_lead, event_id, key, value, "", THEN, for_series=False)


def replies_in_calendar(email: ReadEmail) -> tuple[ReplyValue, list[ReplyValue]]:
    """Return the reply that the attached series has, and those to its dates in their order."""
    part = email.calendar
    assert isinstance(part, CalendarPart)
    return part.reply, [part.replies[one.original_start] for one in part.dates]


async def test_a_reply_kept_for_one_date_counts_for_no_other_date_of_what_continues(cast: Cast) -> None:
    event_id = await schedule_weekly(cast)
    await change_date(cast, event_id, SECOND, NOW, hour=13)
    await send_by_first_word(THEN)
    await reply_to_dates(cast, event_id, ReplyValue.ACCEPTED, SECOND)
    await split_from_second(cast, event_id, THEN)
    email = (await send_by_first_word(LATER))["Continues"]
    no = ReplyValue.NEEDS_ACTION
    assert replies_in_calendar(email) == (no, [ReplyValue.ACCEPTED, no, no, no])
    assert dict(email.facts)["Your reply"] == "Yes for 1 date, none yet for 3 dates. Please reply."


async def test_an_update_of_a_series_asks_again_when_a_later_date_waits_for_a_reply(cast: Cast) -> None:
    event_id = await schedule_weekly(cast)
    await send_by_first_word(THEN)
    await reply_to_dates(cast, event_id, ReplyValue.ACCEPTED, FIRST, SECOND, THIRD)
    await change_agenda(cast, event_id, THEN)
    email = (await send_by_first_word(LATER))["Changed"]
    no, yes = ReplyValue.NEEDS_ACTION, ReplyValue.ACCEPTED
    assert replies_in_calendar(email) == (yes, [yes, yes, yes, no, no])
    assert dict(email.facts)["Your reply"] == "Yes for 3 dates, none yet for 2 dates. Please reply."
    assert [one.label for one in email.buttons] == ["Reply yes", "Maybe", "No"]


async def test_an_update_of_a_series_says_replies_that_differ_and_offers_none_of_them_for_all_dates(cast: Cast) -> None:
    event_id = await schedule_weekly(cast)
    await send_by_first_word(THEN)
    await reply_to_dates(cast, event_id, ReplyValue.ACCEPTED, FIRST, SECOND, THIRD, "2027-02-02")
    await reply_to_dates(cast, event_id, ReplyValue.DECLINED, "2027-02-09")
    await change_agenda(cast, event_id, THEN)
    email = (await send_by_first_word(LATER))["Changed"]
    assert email.preview == "Your reply, Yes for 4 dates, No for 1 date, still counts."
    assert [one.label for one in email.buttons] == ["Change my reply"]


async def change_agenda(cast: Cast, event_id: UUID, now: datetime) -> None:
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    changed = replace(plan, agenda="1. Budget")
    await scheduling.change_event(cast.coordinator, event_id, changed, event.version, now, notify=Notify.ALL)


async def test_an_update_of_a_series_says_which_details_changed(cast: Cast) -> None:
    event_id = await schedule_weekly(cast)
    await change_date(cast, event_id, FIRST, NOW, agenda="Kickoff")
    await send_by_first_word(THEN)
    await change_agenda(cast, event_id, THEN)
    email = (await send_by_first_word(LATER))["Changed"]
    assert email.subject == "Changed: Monthly task force meeting, from Tue, Jan 19, 10:00 AM"
    assert email.facts[0] == ("Changed", "Agenda")


async def test_an_update_of_a_date_says_which_details_changed(cast: Cast) -> None:
    event_id = await schedule_weekly(cast)
    await send_by_first_word(THEN)
    await change_date(cast, event_id, FIRST, THEN, title="Kickoff", place="Annex 2")
    await change_date(cast, event_id, FIRST, THEN + timedelta(seconds=1), agenda="Budget", title="Kickoff")
    [email] = (await send_by_first_word(LATER)).values()
    assert ("Changed", "Title, Agenda") in email.facts


async def test_a_time_only_update_says_no_detail(cast: Cast) -> None:
    await preferences.save_preferences(cast.fbi_lead, Preferences(is_discreet=True), NOW)
    event_id = await schedule_weekly(cast)
    await send_by_first_word(THEN)
    await change_agenda(cast, event_id, THEN)
    [email] = (await send_by_first_word(LATER)).values()
    assert "Agenda" not in str(email.words)


KEY, OTHER = "2027-02-09", "2027-03-09"
A_SECOND = timedelta(seconds=1)


async def send_emails(now: datetime) -> list[ReadEmail]:
    """Send due emails, and return the emails."""
    return [read_email(written) for _, written in await send_due_messages(now) if isinstance(written, Email)]


async def schedule_series(cast: Cast) -> UUID:
    """Schedule six monthly meetings; the invitations are out."""
    plan = meeting(cast.fbi_lead)
    rule = rule_for_choice("monthly_nth", plan.starts, count=6)
    event_id = await scheduling.schedule_event(cast.coordinator, replace(plan, rule=rule), NOW)
    await send_emails(NOW)
    return event_id


async def move_to_annex(cast: Cast, event_id: UUID, now: datetime) -> None:
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    await scheduling.change_event(
        cast.coordinator, event_id, replace(plan, place="Annex"), event.version, now, notify=Notify.ALL
    )


async def change_details(cast: Cast, event_id: UUID, now: datetime) -> None:
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    changed = replace(plan, description="Bring a badge")
    await scheduling.change_event(cast.coordinator, event_id, changed, event.version, now, notify=Notify.ALL)


async def cancel_date(cast: Cast, event_id: UUID, now: datetime, key: str = KEY, *, reason: str = "") -> None:
    version = (await occurrences.date_seen_by(cast.coordinator, event_id, key)).version
    await occurrences.cancel_occurrence(cast.coordinator, event_id, key, version, reason, now)


async def restore_date(cast: Cast, event_id: UUID, now: datetime, key: str = KEY) -> None:
    version = (await occurrences.date_seen_by(cast.coordinator, event_id, key)).version
    await occurrences.restore_occurrence(cast.coordinator, event_id, key, version, now)


async def move_date(
    cast: Cast, event_id: UUID, now: datetime, key: str = KEY, *, hour: int = 13, reason: str = ""
) -> None:
    date = await occurrences.date_seen_by(cast.coordinator, event_id, key)
    change = DateChange(starts=datetime.fromisoformat(f"{key}T{hour}:00"), duration=timedelta(hours=1), reason=reason)
    await occurrences.change_occurrence(cast.coordinator, event_id, key, change, date.version, now, notify=Notify.ALL)


async def add_date(cast: Cast, event_id: UUID, now: datetime, day: int = 23, *, month: int = 2) -> None:
    version = (await scheduling.event_seen_by(cast.coordinator, event_id)).version
    await series_split.add_occurrence(cast.coordinator, event_id, datetime(2027, month, day, 10), version, now)


async def split_from_april(cast: Cast, event_id: UUID, now: datetime, *, hour: int = 9) -> UUID:
    """Begin at another hour from April on, as another series."""
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    onward = plan_from_start(plan, datetime(2027, 4, 13, hour))
    return await series_split.change_from_date_on(cast.coordinator, event_id, "2027-04-13", onward, event.version, now)


async def test_a_date_is_announced_as_restored_when_an_update_of_its_series_may_have_shown_it_canceled(
    cast: Cast,
) -> None:
    event_id = await schedule_series(cast)
    await move_to_annex(cast, event_id, THEN)
    await cancel_date(cast, event_id, THEN + A_SECOND)
    [update] = await send_emails(THEN + 30 * A_SECOND)
    assert dict(update.facts)["Except"] == "Tue, Feb 9"
    await restore_date(cast, event_id, THEN + 32 * A_SECOND)
    [back] = await send_emails(LATER)
    assert back.subject == "Back on: Monthly task force meeting, Tue, Feb 9, 10:00 AM"


async def test_a_date_is_announced_as_restored_when_a_broken_first_try_may_have_shown_it_canceled(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await move_to_annex(cast, event_id, THEN)
    await cancel_date(cast, event_id, THEN + A_SECOND)
    [update] = await outbox.claim_messages("test", (), THEN + 30 * A_SECOND, 100)
    await outbox.postpone_message(update, "Connection lost", "test", THEN + 30 * A_SECOND, may_have_arrived=True)
    await restore_date(cast, event_id, THEN + 32 * A_SECOND)
    assert "Back on" in " ".join(one.subject for one in await send_emails(LATER))


async def test_a_cancellation_whose_first_try_broke_off_is_not_withdrawn_silently(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await cancel_date(cast, event_id, THEN)
    [canceled] = await outbox.claim_messages("test", (), THEN + 31 * A_SECOND, 100)
    await outbox.postpone_message(canceled, "Connection lost", "test", THEN + 31 * A_SECOND, may_have_arrived=True)
    await restore_date(cast, event_id, THEN + 32 * A_SECOND)
    assert [one.subject.partition(":")[0] for one in await send_emails(LATER)] == ["Back on"]


async def test_no_one_hears_of_a_cancellation_that_was_undone_before_anything_went_out(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await move_to_annex(cast, event_id, THEN)
    await cancel_date(cast, event_id, THEN + A_SECOND)
    await restore_date(cast, event_id, THEN + 5 * A_SECOND)
    [update] = await send_emails(LATER)
    assert "Except" not in dict(update.facts)


async def test_an_email_about_an_added_date_says_which_date_is_back_on(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await cancel_date(cast, event_id, THEN)
    await send_emails(THEN + timedelta(minutes=1))
    await restore_date(cast, event_id, THEN + timedelta(minutes=2))
    await add_date(cast, event_id, THEN + timedelta(minutes=2, seconds=5))
    [letter] = await send_emails(LATER)
    assert letter.subject == "New date: Monthly task force meeting, Tue, Feb 23, 10:00 AM"
    assert ("Back on", "Tue, Feb 9, 10:00 AM") in letter.facts


async def test_an_email_about_a_second_added_date_names_the_first_one_too(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await add_date(cast, event_id, THEN, 23)
    await add_date(cast, event_id, THEN + A_SECOND, 24)
    [letter] = await send_emails(LATER)
    assert ("New date", "Tue, Feb 23, 10:00 AM") in letter.facts


async def test_an_email_about_a_series_says_which_dates_were_moved_and_canceled_just_before(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await move_date(cast, event_id, THEN)
    await cancel_date(cast, event_id, THEN + A_SECOND, OTHER)
    await move_to_annex(cast, event_id, THEN + 2 * A_SECOND)
    [letter] = await send_emails(LATER)
    assert ("Also changed", "Tue, Feb 9, 1:00 PM") in letter.facts
    assert ("Also canceled", "Tue, Mar 9, 10:00 AM") in letter.facts


async def test_an_email_about_a_series_gives_the_reason_of_each_change_before_it(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await move_date(cast, event_id, THEN, reason="Room is being painted.")
    await cancel_date(cast, event_id, THEN + A_SECOND, OTHER, reason="The office is closed.")
    await move_to_annex(cast, event_id, THEN + 2 * A_SECOND)
    [letter] = await send_emails(LATER)
    assert ("Also changed", "Tue, Feb 9, 1:00 PM. Reason: Room is being painted.") in letter.facts
    assert ("Also canceled", "Tue, Mar 9, 10:00 AM. Reason: The office is closed.") in letter.facts


async def test_a_time_only_email_gives_no_reason_of_an_earlier_change(cast: Cast) -> None:
    await preferences.save_preferences(cast.fbi_lead, Preferences(is_discreet=True), NOW)
    event_id = await schedule_series(cast)
    await cancel_date(cast, event_id, THEN, OTHER, reason="Canary")
    await move_to_annex(cast, event_id, THEN + A_SECOND)
    [letter] = await send_emails(LATER)
    assert ("Also canceled", "Tue, Mar 9, 10:00 AM") in letter.facts
    assert "Canary" not in str(letter)


async def test_a_date_that_is_moved_twice_at_once_keeps_the_reason_that_was_given(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await move_date(cast, event_id, THEN, reason="Room is being painted.")
    await move_date(cast, event_id, THEN + A_SECOND, hour=14)
    [letter] = await send_emails(LATER)
    assert dict(letter.facts)["Reason"] == "Room is being painted."


async def emails_of_changed_and_split(cast: Cast) -> dict[str, ReadEmail]:
    """Change dates and add one shortly before the series continues as another one; return what goes out by subject."""
    event_id = await schedule_series(cast)
    await move_date(cast, event_id, THEN, reason="Room is being painted.")
    await cancel_date(cast, event_id, THEN + A_SECOND, "2027-05-11", reason="The office is closed.")
    await add_date(cast, event_id, THEN + 2 * A_SECOND, 23, month=4)
    await split_from_april(cast, event_id, THEN + 3 * A_SECOND)
    return {one.subject.partition(":")[0]: one for one in await send_emails(LATER)}


async def test_no_one_is_notified_of_a_new_date_of_a_series_that_lost_it_to_the_one_that_continues_it(
    cast: Cast,
) -> None:
    assert (await emails_of_changed_and_split(cast)).keys() == {"Changed", "Continues"}


async def test_the_email_that_a_series_continues_gives_the_reason_of_an_earlier_change(cast: Cast) -> None:
    ended = (await emails_of_changed_and_split(cast))["Changed"]
    assert ("Also changed", "Tue, Feb 9, 1:00 PM. Reason: Room is being painted.") in ended.facts


async def test_the_invitation_to_what_continues_a_series_says_what_happened_to_its_dates_just_before(
    cast: Cast,
) -> None:
    invitation = (await emails_of_changed_and_split(cast))["Continues"]
    assert ("Also canceled", "Tue, May 11, 9:00 AM. Reason: The office is closed.") in invitation.facts
    assert ("Also on", "Fri, Apr 23, 10:00 AM") in invitation.facts
    assert "New date" not in dict(invitation.facts)


async def invitation_sent(cast: Cast, now: datetime = LATER) -> ReadEmail:
    """Send what is due, and return the invitation."""
    return next(one for one in await send_emails(now) if one.subject.startswith("Continues"))


async def test_an_invitation_that_waits_gives_the_reasons_of_changes_meanwhile(cast: Cast) -> None:
    onward = await split_from_april(cast, await schedule_series(cast), THEN)
    await move_date(cast, onward, THEN + A_SECOND, "2027-04-13", reason="Room is being painted.")
    await cancel_date(cast, onward, THEN + 2 * A_SECOND, "2027-05-11", reason="The office is closed.")
    facts = (await invitation_sent(cast)).facts
    assert ("Also changed", "Tue, Apr 13, 1:00 PM. Reason: Room is being painted.") in facts
    assert ("Also canceled", "Tue, May 11, 9:00 AM. Reason: The office is closed.") in facts


async def test_an_invitation_that_waits_gives_the_last_reason_and_none_of_a_date_that_is_back_on(cast: Cast) -> None:
    onward = await split_from_april(cast, await schedule_series(cast), THEN)
    await move_date(cast, onward, THEN + A_SECOND, "2027-04-13", reason="Room is being painted.")
    await move_date(cast, onward, THEN + 2 * A_SECOND, "2027-04-13", hour=14, reason="The judge asked.")
    await cancel_date(cast, onward, THEN + 3 * A_SECOND, "2027-05-11", reason="The office is closed.")
    await restore_date(cast, onward, THEN + 4 * A_SECOND, "2027-05-11")
    also = [fact for fact in (await invitation_sent(cast)).facts if fact[0].startswith("Also")]
    assert also == [("Also changed", "Tue, Apr 13, 2:00 PM. Reason: The judge asked.")]


async def test_an_invitation_that_waits_says_why_the_rest_of_the_series_was_canceled(cast: Cast) -> None:
    onward = await split_from_april(cast, await schedule_series(cast), THEN)
    version = (await scheduling.event_seen_by(cast.coordinator, onward)).version
    reason = "The grant ends."
    await series_split.cancel_from_date_on(cast.coordinator, onward, "2027-05-11", version, reason, THEN + A_SECOND)
    assert ("Also canceled", "Dates after Tue, Apr 13. Reason: The grant ends.") in (await invitation_sent(cast)).facts


async def test_a_time_only_invitation_gives_no_reason(cast: Cast) -> None:
    await preferences.save_preferences(cast.fbi_lead, Preferences(is_discreet=True), NOW)
    onward = await split_from_april(cast, await schedule_series(cast), THEN)
    await cancel_date(cast, onward, THEN + A_SECOND, "2027-05-11", reason="Canary")
    assert [one for one in await send_emails(LATER) if "Canary" in str(one)] == []


async def test_undo_takes_a_reason_back_from_an_invitation_that_waits(cast: Cast) -> None:
    onward, at = await split_from_april(cast, await schedule_series(cast), THEN), THEN + A_SECOND
    await cancel_date(cast, onward, at, "2027-05-11", reason="Canary")
    change_id = await history.change_made_at(cast.coordinator, onward, at)
    assert change_id is not None
    await history.undo_change(cast.coordinator, onward, change_id, at)
    assert "Canary" not in str((await invitation_sent(cast)).facts)


async def test_a_second_split_takes_a_reason_along_to_its_own_invitation(cast: Cast) -> None:
    onward = await split_from_april(cast, await schedule_series(cast), THEN)
    await cancel_date(cast, onward, THEN + A_SECOND, "2027-05-11", reason="The office is closed.")
    event, plan = await scheduling.plan_to_change(cast.coordinator, onward)
    last = plan_from_start(plan, datetime(2027, 5, 11, 8))
    at = THEN + 2 * A_SECOND
    await series_split.change_from_date_on(cast.coordinator, onward, "2027-05-11", last, event.version, at)
    given = [fact for one in await send_emails(LATER) for fact in one.facts if fact[0] == "Also canceled"]
    assert given == [("Also canceled", "Tue, May 11, 8:00 AM. Reason: The office is closed.")]


async def test_of_two_splits_from_the_same_date_only_the_last_one_is_announced(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    onward_id = await split_from_april(cast, event_id, THEN)
    await split_from_april(cast, onward_id, THEN + A_SECOND, hour=8)
    assert [one.subject for one in await send_emails(LATER)] == [
        "Continues: Monthly task force meeting, Tue, Apr 13, 8:00 AM",
        "Changed: Monthly task force meeting, now 8:00 AM from Tue, Apr 13",
    ]


async def test_a_date_that_moved_to_another_series_is_not_announced_as_new_beside_a_change(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await move_to_annex(cast, event_id, THEN)
    await add_date(cast, event_id, THEN + A_SECOND, 23, month=4)
    await split_from_april(cast, event_id, THEN + 2 * A_SECOND)
    assert sorted(one.subject.partition(":")[0] for one in await send_emails(LATER)) == [
        "Changed",
        "Continues",
        "New place",
    ]


async def test_a_marked_series_does_not_give_its_reasons_to_the_one_that_continues_it_without_the_marking(
    cast: Cast,
) -> None:
    plan = meeting(cast.fbi_lead, marking=marking(cast))
    rule = rule_for_choice("monthly_nth", plan.starts, count=6)
    event_id = await scheduling.schedule_event(cast.coordinator, replace(plan, rule=rule), NOW)
    await send_emails(NOW)
    await cancel_date(cast, event_id, THEN, "2027-05-11", reason="Canary")
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    onward = replace(plan_from_start(plan, datetime(2027, 4, 13, 9)), marking=None)
    await series_split.change_from_date_on(
        cast.coordinator, event_id, "2027-04-13", onward, event.version, THEN + A_SECOND
    )
    invitation = next(one for one in await send_emails(LATER) if one.subject.startswith("Continues"))
    assert "Canary" not in str(invitation.facts)


async def test_a_place_that_changes_with_the_dates_of_another_series_is_said_with_them(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    event, plan = await series_split.plan_from_date_on(cast.coordinator, event_id, "2027-04-13")
    place = replace(plan, place="Annex")
    await series_split.change_from_date_on(cast.coordinator, event_id, "2027-04-13", place, event.version, THEN)
    await split_from_april(cast, event_id, THEN + A_SECOND)
    assert [one.subject.partition(":")[0] for one in await send_emails(LATER)] == ["Continues", "Changed"]


async def test_no_one_is_notified_that_a_series_ends_sooner_when_another_one_continues_it(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await change_details(cast, event_id, THEN)
    await split_from_april(cast, event_id, THEN + A_SECOND)
    for email in await send_emails(LATER):
        assert "Ends sooner" not in email.subject
        assert "Was until" not in dict(email.facts)


async def test_an_email_about_the_end_of_a_series_says_which_remaining_date_was_moved_just_before(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await move_date(cast, event_id, THEN)
    version = (await scheduling.event_seen_by(cast.coordinator, event_id)).version
    await series_split.cancel_from_date_on(cast.coordinator, event_id, "2027-04-13", version, "", THEN + A_SECOND)
    [letter] = await send_emails(LATER)
    assert ("Also changed", "Tue, Feb 9, 1:00 PM") in letter.facts


async def test_an_email_about_a_date_that_is_moved_and_back_on_says_both(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await cancel_date(cast, event_id, THEN)
    await send_emails(THEN + timedelta(minutes=1))
    await restore_date(cast, event_id, THEN + timedelta(minutes=2))
    await move_date(cast, event_id, THEN + timedelta(minutes=2, seconds=1))
    [letter] = await send_emails(LATER)
    assert letter.subject.startswith("Changed:")
    assert ("Back on", "It was canceled, and is now restored.") in letter.facts


async def test_a_canceled_date_that_is_edited_at_once_is_still_announced_as_canceled(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await cancel_date(cast, event_id, THEN)
    await move_date(cast, event_id, THEN + A_SECOND)
    assert [one.subject.partition(":")[0] for one in await send_emails(LATER)] == ["Canceled"]


async def test_a_series_leaves_calendars_when_an_update_finds_all_its_remaining_dates_canceled(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    for second, key in enumerate(("2027-01-12", KEY, OTHER)):
        await cancel_date(cast, event_id, THEN + second * A_SECOND, key)
    await send_emails(THEN + timedelta(minutes=10))
    await split_from_april(cast, event_id, LATER)
    changed = next(one for one in await send_emails(LATER + timedelta(minutes=10)) if one.subject.startswith("Changed"))
    assert isinstance(changed.calendar, CalendarPart)
    assert changed.calendar.is_cancel


async def test_an_invitation_that_a_cancellation_overtook_is_made_up_for_when_the_event_is_back_on(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    [invitation] = await outbox.claim_messages("test", (), NOW, 100)
    await scheduling.cancel_event(cast.coordinator, event_id, 1, "", NOW + A_SECOND)
    skipped = await emails.write_email(invitation, NOW + A_SECOND, ZONE)
    assert isinstance(skipped, SendOutcome)
    await outbox.close_message(invitation, skipped, NOW + A_SECOND)
    await scheduling.restore_event(cast.coordinator, event_id, 2, NOW + 2 * A_SECOND)
    assert [one.subject.partition(":")[0] for one in await send_emails(LATER)] == ["Back on"]


async def cancel_and_restore(cast: Cast, event_id: UUID, now: datetime) -> None:
    version = (await scheduling.event_seen_by(cast.coordinator, event_id)).version
    await scheduling.cancel_event(cast.coordinator, event_id, version, "", now)
    await scheduling.restore_event(cast.coordinator, event_id, version + 1, now + A_SECOND)


async def test_a_date_that_was_moved_is_announced_although_its_series_was_canceled_and_is_back_on(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await move_date(cast, event_id, THEN)
    await cancel_and_restore(cast, event_id, THEN + A_SECOND)
    facts = [fact for one in await send_emails(LATER) for fact in one.facts if fact[0] == "Also changed"]
    assert facts == [("Also changed", "Tue, Feb 9, 1:00 PM")]


Deed = Callable[[Cast, UUID, datetime], Awaitable[object]]
SENT = timedelta(minutes=5)
BEFORE = NOW + SENT
RUNNING = datetime.fromisoformat("2027-02-15T15:00+00:00")


async def send_only_emails(now: datetime) -> list[ReadEmail]:
    """Send what is due, all of which is an email, and return the emails."""
    sent = [read_result(written) for _, written in await send_due_messages(now)]
    emails = [email for email in sent if isinstance(email, ReadEmail)]
    assert emails == sent
    return emails


async def move_one_date(cast: Cast, event_id: UUID, now: datetime) -> None:
    change = DateChange(starts=datetime(2027, 4, 13, 9), duration=timedelta(minutes=90))
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-04-13", change, 1, now)


async def move_all_dates(cast: Cast, event_id: UUID, now: datetime) -> None:
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    await scheduling.change_event(
        cast.coordinator, event_id, replace(plan, starts=plan.starts - timedelta(hours=1)), event.version, now
    )


async def move_following_dates(cast: Cast, event_id: UUID, now: datetime) -> None:
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    onward = plan_from_start(plan, datetime(2027, 4, 13, 9))
    await series_split.change_from_date_on(cast.coordinator, event_id, "2027-04-13", onward, event.version, now)


@pytest.mark.parametrize(
    ("deed", "now", "subjects"),
    [
        (move_one_date, BEFORE, ["Changed"]),
        (move_all_dates, BEFORE, ["Changed"]),
        (move_all_dates, RUNNING, ["Changed", "Continues"]),
        (move_following_dates, BEFORE, ["Changed", "Continues"]),
    ],
    ids=["one date", "all dates of an upcoming series", "all dates of a running series", "this and following dates"],
)
async def test_a_new_time_is_one_email_unless_another_series_continues_the_earlier_one(
    sqlite_cast: Cast, deed: Deed, now: datetime, subjects: list[str]
) -> None:
    """A calendar entry has one UID (RFC 5546 §3.2): where a series ends and another continues it, there are two."""
    plan = meeting(sqlite_cast.fbi_lead)
    plan = replace(plan, rule=rule_for_choice("monthly_nth", plan.starts, count=6))
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, plan, NOW)
    await send_only_emails(NOW + SENT)
    await deed(sqlite_cast, event_id, now)
    emails = sorted(await send_only_emails(now + SENT), key=lambda one: one.subject)
    assert [one.subject.partition(":")[0] for one in emails] == subjects
    if len(emails) > 1:
        assert "Another email has the dates that continue it." in str(emails[0].words)
        assert not any(one.label.startswith("Reply") for one in emails[0].buttons)
        assert "These dates replace later dates of a series" in str(emails[1].words)
