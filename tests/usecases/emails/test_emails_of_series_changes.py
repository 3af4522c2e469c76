"""What a letter says of a series whose dates, hours, place, or rule change, or that continues as another."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting
from tests.emails import ReadEmail
from tests.usecases.emails.world import LATER, MOVED, schedule_series, send_emails, send_only_email
from tracker.rules.core.viewers import Visibility
from tracker.rules.emails.preferences import Preferences
from tracker.rules.emails.template_values import InvitationEmail, SeriesContinuedEmail
from tracker.rules.events.events import Kind
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import DateChange, plan_from_start
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.usecases.emails import preferences
from tracker.usecases.events import occurrences, replies, scheduling, series_split


async def test_a_letter_about_a_series_names_the_dates_that_are_not_as_its_rule_says(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    moved = DateChange(starts=datetime(2027, 3, 10, 13), duration=timedelta(minutes=90))
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-03-09", moved, 1, LATER)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, "2027-02-09", 1, "", LATER)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    renamed = replace(plan, place="FBI field office")
    await scheduling.change_event(cast.coordinator, event_id, renamed, event.version, LATER, notify=Notify.ALL)
    facts = dict((await send_only_email(MOVED)).facts)
    assert (facts["Except"], facts["Moved"]) == ("Tue, Feb 9", "Tue, Mar 9 to Wed, Mar 10, 1:00 PM")


async def email_of_april_split(cast: Cast, event_id: UUID, first: datetime, **facts: object) -> ReadEmail:
    """Let a series continue from April as another one; return the message that the old one ends."""
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    onward = replace(plan_from_start(plan, first), **facts)
    await series_split.change_from_date_on(cast.coordinator, event_id, "2027-04-13", onward, event.version, LATER)
    written = [one for one in await send_emails(MOVED) if isinstance(one, ReadEmail)]
    [letter] = [one for one in written if isinstance(one.letter.says, SeriesContinuedEmail)]
    return letter


async def test_a_series_that_goes_on_at_another_hour_says_the_old_and_the_new_one(cast: Cast) -> None:
    letter = await email_of_april_split(cast, await schedule_series(cast), datetime(2027, 4, 13, 9))
    assert letter.subject == "Changed: Monthly task force meeting, now 9:00 AM from Tue, Apr 13"
    assert letter.preview == "It was 10:00 AM. Another email has the dates that continue it."
    assert letter.facts[1:] == (
        ("Was", "Every month on the second Tuesday, 10:00–11:30 AM Central"),
        ("Now", "Every month on the second Tuesday, 9:00–10:30 AM Central, from Tuesday, April 13, 2027"),
    )


async def test_a_date_moved_to_another_day_that_takes_the_new_hour_is_the_first_that_is_named(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    moved = DateChange(starts=datetime(2027, 4, 20, 10), duration=timedelta(minutes=90))
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-04-13", moved, 1, LATER)
    email = await email_of_april_split(cast, event_id, datetime(2027, 4, 13, 9))
    assert email.subject == "Changed: Monthly task force meeting, now 9:00 AM from Tue, Apr 20"
    assert dict(email.facts)["Now"].endswith("from Tuesday, April 20, 2027")


@pytest.mark.parametrize("is_discreet", [False, True])
async def test_a_message_about_dates_that_waits_when_a_series_continues_as_another_is_said_with_it(
    cast: Cast, is_discreet: bool
) -> None:
    await preferences.save_preferences(cast.fbi_lead, Preferences(is_discreet=is_discreet), NOW)
    event_id = await schedule_series(cast)
    moved = DateChange(starts=datetime(2027, 3, 9, 13), duration=timedelta(minutes=90))
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-03-09", moved, 1, LATER)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, "2027-02-09", 1, "", LATER)
    facts = dict((await email_of_april_split(cast, event_id, datetime(2027, 4, 13, 9))).facts)
    assert (facts["Except"], facts["Moved"]) == ("Tue, Feb 9", "Tue, Mar 9 to 1:00–2:30 PM")


async def test_a_series_that_continues_on_other_days_says_the_old_and_the_new_rule(cast: Cast) -> None:
    first = datetime(2027, 4, 14, 10)
    letter = await email_of_april_split(
        cast, await schedule_series(cast), first, rule=rule_for_choice("monthly_nth", first, count=3)
    )
    assert letter.subject == "Changed: Monthly task force meeting, from Wed, Apr 14, 10:00 AM"
    assert dict(letter.facts)["Was"] == "Every month on the second Tuesday, 10:00–11:30 AM Central"
    assert dict(letter.facts)["Now"].startswith("Every month on the second Wednesday, 10:00–11:30 AM Central")


async def test_a_series_that_continues_elsewhere_at_the_same_hour_tells_both_places_and_no_old_hour(cast: Cast) -> None:
    letter = await email_of_april_split(
        cast, await schedule_series(cast), datetime(2027, 4, 13, 10), place="FBI field office", kind=Kind.TRAINING
    )
    assert letter.subject == "New place: Monthly task force meeting, from Tue, Apr 13"
    assert letter.facts[1:] == (("Was at", "USAO conference room"), ("Now at", "FBI field office"))


async def test_a_series_that_goes_on_as_another_kind_of_event_says_from_when_on(cast: Cast) -> None:
    letter = await email_of_april_split(
        cast, await schedule_series(cast), datetime(2027, 4, 13, 10), kind=Kind.TRAINING
    )
    assert letter.subject == "Changed: Monthly task force meeting, from Tue, Apr 13"
    assert {label for label, _ in letter.facts} == {"What"}


@pytest.mark.parametrize("place", ["USAO conference room", "FBI field office"])
async def test_an_invitation_to_what_goes_on_asks_for_no_reply_that_still_counts(cast: Cast, place: str) -> None:
    event_id = await schedule_series(cast)
    await replies.record_own_reply(
        cast.fbi_lead, event_id, "2027-02-09", ReplyValue.ACCEPTED, "", LATER, for_series=True
    )
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    onward = replace(plan_from_start(plan, datetime(2027, 4, 13, 10)), kind=Kind.TRAINING, place=place)
    await series_split.change_from_date_on(cast.coordinator, event_id, "2027-04-13", onward, event.version, LATER)
    written = [one for one in await send_emails(MOVED) if isinstance(one, ReadEmail)]
    [letter] = [one for one in written if isinstance(one.letter.says, InvitationEmail)]
    facts, counts = dict(letter.facts), place == "USAO conference room"
    assert letter.preview.startswith("Your reply, Yes, still counts.") == counts
    assert "These dates replace later dates of a series you were already invited to." in str(letter.words)
    assert ("Reply by" in facts, "Your reply" in facts) == (not counts, counts)
    assert next(one.label for one in letter.buttons) == ("Keep my reply" if counts else "Reply yes")


async def email_of_change_from_april(cast: Cast, notify: Notify, **facts: object) -> ReadEmail:
    """Change what the dates from April on say, in the same series; return the email about it."""
    event_id = await schedule_series(cast)
    event, plan = await series_split.plan_from_date_on(cast.coordinator, event_id, "2027-04-13")
    same_id = await series_split.change_from_date_on(
        cast.coordinator, event_id, "2027-04-13", replace(plan, **facts), event.version, LATER, notify=notify
    )
    assert same_id == event_id
    return await send_only_email(MOVED)


async def test_another_place_from_a_date_on_is_one_email_with_both_places_and_the_first_date_there(cast: Cast) -> None:
    letter = await email_of_change_from_april(cast, Notify.CHANGES, place="FBI field office")
    assert letter.subject == "New place: Monthly task force meeting, from Tue, Apr 13, 10:00 AM"
    facts = dict(letter.facts)
    assert (facts["Was at"], facts["Where"], facts["First date"]) == (
        "USAO conference room",
        "FBI field office",
        "Tuesday, April 13, 2027",
    )
    assert letter.calendar is not None
    assert letter.calendar.date is None


async def test_another_title_from_a_date_on_is_emailed_on_request_with_the_new_title(cast: Cast) -> None:
    letter = await email_of_change_from_april(cast, Notify.ALL, title="Core group")
    assert letter.subject == "Changed: Core group, from Tue, Apr 13, 10:00 AM"
    assert dict(letter.facts)["What"] == "Core group"


async def test_who_is_off_the_list_from_a_date_on_reads_the_last_one_alone(cast: Cast) -> None:
    event_id = await schedule_series(cast, cast.fbi_lead, cast.caht_lead)
    fewer = {cast.caht_lead.member_id: AttendeeRole.REQUIRED}
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    onward = replace(plan_from_start(plan, datetime(2027, 4, 13, 9)), invitees=fewer)
    await series_split.change_from_date_on(cast.coordinator, event_id, "2027-04-13", onward, event.version, LATER)
    other_emails = [
        email for email in await send_emails(MOVED) if isinstance(email, ReadEmail) and email.to == cast.fbi_lead.email
    ]
    assert [one.subject for one in other_emails] == [
        "You've been removed from Monthly task force meeting after Tue, Mar 9"
    ]
    assert {label for label, _ in other_emails[0].facts} == {"What", "Last date"}
    assert other_emails[0].calendar is not None
    assert not other_emails[0].calendar.is_cancel


async def test_who_reads_discreetly_reads_the_hours_of_what_continues_and_no_name(cast: Cast) -> None:
    await preferences.save_preferences(cast.fbi_lead, Preferences(is_discreet=True), NOW)
    letter = await email_of_april_split(
        cast, await schedule_series(cast), datetime(2027, 4, 13, 9), title="Canary raid"
    )
    assert letter.subject == "Changed: Appointment, now 9:00 AM from Tue, Apr 13"
    assert "Canary" not in str(letter)


async def test_that_a_series_ends_is_said_though_what_is_left_of_it_changes_before_the_email_goes_out(
    cast: Cast,
) -> None:
    event_id = await schedule_series(cast, cast.fbi_lead, cast.hsi_liaison)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    onward = plan_from_start(plan, datetime(2027, 4, 13, 10))
    without = {one: role for one, role in onward.invitees.items() if one != cast.hsi_liaison.member_id}
    await series_split.change_from_date_on(
        cast.coordinator, event_id, "2027-04-13", replace(onward, invitees=without), event.version, LATER
    )
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    elsewhere = replace(plan, place="FBI field office")
    await scheduling.change_event(cast.coordinator, event_id, elsewhere, event.version, LATER)
    subjects = Counter(one.subject for one in await send_emails(MOVED) if isinstance(one, ReadEmail))
    assert subjects == {
        "New place: Monthly task force meeting, from Tue, Apr 13": 1,
        "You've been removed from Monthly task force meeting after Tue, Mar 9": 1,
        "New place: Monthly task force meeting, from Tue, Jan 12, 10:00 AM": 2,
        "Continues: Monthly task force meeting, Tue, Apr 13, 10:00 AM": 1,
    }


async def test_a_series_that_continues_for_named_people_tells_no_email_its_hours(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    secret = replace(plan_from_start(plan, datetime(2027, 4, 13, 9)), visibility=Visibility.NAMED)
    await series_split.change_from_date_on(cast.coordinator, event_id, "2027-04-13", secret, event.version, LATER)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    opened = replace(plan, visibility=Visibility.ALL)
    await scheduling.change_event(cast.coordinator, event_id, opened, event.version, LATER, reauthenticated_at=LATER)
    letters_of_both = [one for one in await send_emails(MOVED) if isinstance(one, ReadEmail)]
    assert any(one.subject.startswith("Changed: Monthly") for one in letters_of_both)
    assert "9:00" not in str(letters_of_both)


async def test_who_reads_discreetly_reads_that_a_series_ends_for_good(cast: Cast) -> None:
    await preferences.save_preferences(cast.fbi_lead, Preferences(is_discreet=True), NOW)
    event_id = await schedule_series(cast)
    await series_split.cancel_from_date_on(cast.coordinator, event_id, "2027-04-13", 1, "", LATER)
    assert (await send_only_email(MOVED)).subject == "Ending early: Appointment, last date Tue, Mar 9"


async def test_a_series_that_ends_early_names_the_last_date_that_takes_place(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, "2027-03-09", 1, "", NOW)
    event, _ = await scheduling.plan_to_change(cast.coordinator, event_id)
    await series_split.cancel_from_date_on(cast.coordinator, event_id, "2027-04-13", event.version, "", LATER)
    letter = await send_only_email(MOVED)
    assert letter.subject == "Ending early: Monthly task force meeting, last date Tue, Feb 9"
    facts = dict(letter.facts)
    assert facts["Last date"] == "Tuesday, February 9, 2027"
    assert "Except" not in facts


async def email_of_whole_change(cast: Cast, **facts: Any) -> ReadEmail:
    event_id = await schedule_series(cast)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    await scheduling.change_event(
        cast.coordinator, event_id, replace(plan, **facts), event.version, LATER, notify=Notify.ALL
    )
    return await send_only_email(MOVED)


@pytest.mark.parametrize(
    ("count", "subject"),
    [
        (9, "Extended: Monthly task…, until Tue, Sep 14, 2027 (was Tue, Jun 8)"),
        (3, "Ends sooner: Monthly task force…, until Tue, Mar 9 (was Tue, Jun 8)"),
    ],
)
async def test_a_series_that_ends_on_another_day_says_the_old_and_the_new_one(
    cast: Cast, count: int, subject: str
) -> None:
    letter = await email_of_whole_change(cast, rule=rule_for_choice("monthly_nth", meeting().starts, count=count))
    assert letter.subject == subject
    assert dict(letter.facts)["Was until"] == "Tuesday, June 8, 2027"


async def test_a_series_with_another_rule_says_the_old_one(cast: Cast) -> None:
    letter = await email_of_whole_change(cast, rule=rule_for_choice("weekly", meeting().starts, count=6))
    facts = dict(letter.facts)
    assert facts["Was"] == "Every month on the second Tuesday, 10:00–11:30 AM"
    assert facts["When"] == "Every week on Tuesday, 10:00–11:30 AM Central"
    assert "Was until" not in facts


async def test_a_series_at_another_place_says_so_in_its_subject_and_both_places_inside(cast: Cast) -> None:
    letter = await email_of_whole_change(cast, place="FBI field office")
    assert letter.subject == "New place: Monthly task force meeting, from Tue, Jan 12, 10:00 AM"
    facts = dict(letter.facts)
    assert (facts["Was at"], facts["Where"]) == ("USAO conference room", "FBI field office")


async def test_a_series_with_other_notes_says_that_it_changed(cast: Cast) -> None:
    letter = await email_of_whole_change(cast, description="Bring the binder.")
    assert letter.subject == "Changed: Monthly task force meeting, from Tue, Jan 12, 10:00 AM"
    assert not {"Was", "Was at", "Was until"} & {label for label, _ in letter.facts}


async def test_a_series_that_is_back_says_that_it_is_all_of_it(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await scheduling.cancel_event(cast.coordinator, event_id, 1, "", LATER)
    await send_emails(MOVED)
    await scheduling.restore_event(cast.coordinator, event_id, 2, MOVED)
    letter = await send_only_email(MOVED + timedelta(minutes=5))
    assert letter.subject == "Back on: Monthly task force…, all dates from Tue, Jan 12, 10:00 AM"


async def test_an_invitation_of_who_was_not_in_the_earlier_series_speaks_of_no_other(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    onward = plan_from_start(plan, datetime(2027, 4, 13, 9))
    more = replace(onward, invitees={**onward.invitees, cast.hsi_liaison.member_id: AttendeeRole.REQUIRED})
    await series_split.change_from_date_on(cast.coordinator, event_id, "2027-04-13", more, event.version, LATER)
    other_emails = [
        email
        for email in await send_emails(MOVED)
        if isinstance(email, ReadEmail) and email.to == cast.hsi_liaison.email
    ]
    assert [one.subject for one in other_emails] == ["Invitation: Monthly task force meeting, Tue, Apr 13, 9:00 AM"]
    assert "These dates replace" not in str(other_emails[0].words)


async def test_an_invitation_to_a_series_names_its_next_dates(cast: Cast) -> None:
    plan = replace(meeting(cast.fbi_lead), rule=rule_for_choice("monthly_nth", meeting().starts, count=12))
    await scheduling.schedule_event(cast.coordinator, plan, NOW)
    facts = dict((await send_only_email()).facts)
    assert facts["First date"] == "Tuesday, January 12, 2027"
    assert facts["Then"] == "Tue, Feb 9 · Tue, Mar 9 · Tue, Apr 13 · Tue, May 11"


async def test_a_series_that_has_another_hour_says_the_old_and_the_new_one(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    earlier = replace(plan, starts=plan.starts.replace(hour=9))
    await scheduling.change_event(cast.coordinator, event_id, earlier, event.version, LATER)
    letter = await send_only_email(MOVED)
    assert letter.subject == "Changed: Monthly task force meeting, now 9:00 AM from Tue, Jan 12"
    assert letter.preview == "It was 10:00 AM. Please reply again."
    assert letter.facts[0] == ("Was", "10:00–11:30 AM")


@pytest.mark.parametrize(("is_all_day", "when"), [(False, "Tue, Mar 2, 10:00 AM"), (True, "Tue, Mar 2")])
async def test_a_date_that_is_added_to_a_series_is_named(cast: Cast, is_all_day: bool, when: str) -> None:
    plan = meeting(cast.fbi_lead)
    if is_all_day:
        plan = replace(plan, is_all_day=True, starts=plan.starts.replace(hour=0), duration=timedelta(days=1))
    plan = replace(plan, rule=rule_for_choice("monthly_nth", plan.starts, count=6))
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    await send_emails(LATER)
    added = plan.starts.replace(month=3, day=2)
    await series_split.add_occurrence(cast.coordinator, event_id, added, 1, LATER)
    letter = await send_only_email(MOVED)
    assert letter.subject == f"New date: Monthly task force meeting, {when}"
    assert letter.preview == "Please reply again."
