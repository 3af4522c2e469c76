"""One email for several changes says them all, and nothing that a calendar may show is contradicted silently."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, marking, meeting
from tests.emails import ReadEmail, read
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.emails.emails import CalendarPart
from tracker.rules.emails.preferences import Preferences
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import DateChange, plan_from_start
from tracker.rules.recurrence.series import rule_for_choice
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails, preferences
from tracker.usecases.events import history, occurrences, scheduling, series_split

KEY, OTHER = "2027-02-09", "2027-03-09"
SECOND = timedelta(seconds=1)
THEN = NOW + timedelta(minutes=5)
LATER = THEN + timedelta(hours=1)


async def sent(now: datetime) -> list[ReadEmail]:
    """Send due emails, and return the emails."""
    found = []
    for message in await outbox.claim_messages("test", (), now, 100):
        made = read(await emails.write_email(message, now, ZONE))
        await outbox.close_message(
            message, made if isinstance(made, SendOutcome) else SendOutcome(state=MessageState.SENT, reason=""), now
        )
        found += [made] if isinstance(made, ReadEmail) else []
    return found


async def series(cast: Cast) -> UUID:
    """Schedule six monthly meetings; the invitations are out."""
    plan = meeting(cast.fbi_lead)
    rule = rule_for_choice("monthly_nth", plan.starts, count=6)
    event_id = await scheduling.schedule_event(cast.coordinator, replace(plan, rule=rule), NOW)
    await sent(NOW)
    return event_id


async def change_place(cast: Cast, event_id: UUID, now: datetime) -> None:
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    await scheduling.change_event(
        cast.coordinator, event_id, replace(plan, place="Annex"), event.version, now, notify=Notify.ALL
    )


async def change_details(cast: Cast, event_id: UUID, now: datetime) -> None:
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    changed = replace(plan, description="Bring a badge")
    await scheduling.change_event(cast.coordinator, event_id, changed, event.version, now, notify=Notify.ALL)


async def cancel(cast: Cast, event_id: UUID, now: datetime, key: str = KEY, *, reason: str = "") -> None:
    version = (await occurrences.date_seen_by(cast.coordinator, event_id, key)).version
    await occurrences.cancel_occurrence(cast.coordinator, event_id, key, version, reason, now)


async def restore(cast: Cast, event_id: UUID, now: datetime, key: str = KEY) -> None:
    version = (await occurrences.date_seen_by(cast.coordinator, event_id, key)).version
    await occurrences.restore_occurrence(cast.coordinator, event_id, key, version, now)


async def move(cast: Cast, event_id: UUID, now: datetime, key: str = KEY, *, hour: int = 13, reason: str = "") -> None:
    date = await occurrences.date_seen_by(cast.coordinator, event_id, key)
    change = DateChange(starts=datetime.fromisoformat(f"{key}T{hour}:00"), duration=timedelta(hours=1), reason=reason)
    await occurrences.change_occurrence(cast.coordinator, event_id, key, change, date.version, now, notify=Notify.ALL)


async def add_date(cast: Cast, event_id: UUID, now: datetime, day: int = 23, *, month: int = 2) -> None:
    version = (await scheduling.event_seen_by(cast.coordinator, event_id)).version
    await series_split.add_occurrence(cast.coordinator, event_id, datetime(2027, month, day, 10), version, now)


async def split(cast: Cast, event_id: UUID, now: datetime, *, hour: int = 9) -> UUID:
    """Begin at another hour from April on, as another series."""
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    onward = plan_from_start(plan, datetime(2027, 4, 13, hour))
    return await series_split.change_from_date_on(cast.coordinator, event_id, "2027-04-13", onward, event.version, now)


async def test_a_date_is_announced_as_restored_when_an_update_of_its_series_may_have_shown_it_canceled(
    cast: Cast,
) -> None:
    event_id = await series(cast)
    await change_place(cast, event_id, THEN)
    await cancel(cast, event_id, THEN + SECOND)
    [update] = await sent(THEN + 30 * SECOND)
    assert dict(update.facts)["Except"] == "Tue, Feb 9"
    await restore(cast, event_id, THEN + 32 * SECOND)
    [back] = await sent(LATER)
    assert back.subject == "Back on: Monthly task force meeting, Tue, Feb 9, 10:00 AM"


async def test_a_date_is_announced_as_restored_when_a_broken_first_try_may_have_shown_it_canceled(cast: Cast) -> None:
    event_id = await series(cast)
    await change_place(cast, event_id, THEN)
    await cancel(cast, event_id, THEN + SECOND)
    [update] = await outbox.claim_messages("test", (), THEN + 30 * SECOND, 100)
    await outbox.postpone_message(update, "Connection lost", "test", THEN + 30 * SECOND, may_have_arrived=True)
    await restore(cast, event_id, THEN + 32 * SECOND)
    assert "Back on" in " ".join(one.subject for one in await sent(LATER))


async def test_a_cancellation_whose_first_try_broke_off_is_not_withdrawn_in_silence(cast: Cast) -> None:
    event_id = await series(cast)
    await cancel(cast, event_id, THEN)
    [canceled] = await outbox.claim_messages("test", (), THEN + 31 * SECOND, 100)
    await outbox.postpone_message(canceled, "Connection lost", "test", THEN + 31 * SECOND, may_have_arrived=True)
    await restore(cast, event_id, THEN + 32 * SECOND)
    assert [one.subject.partition(":")[0] for one in await sent(LATER)] == ["Back on"]


async def test_no_one_hears_of_a_cancellation_that_was_undone_before_anything_went_out(cast: Cast) -> None:
    event_id = await series(cast)
    await change_place(cast, event_id, THEN)
    await cancel(cast, event_id, THEN + SECOND)
    await restore(cast, event_id, THEN + 5 * SECOND)
    [update] = await sent(LATER)
    assert "Except" not in dict(update.facts)


async def test_an_email_about_an_added_date_says_which_date_is_back_on(cast: Cast) -> None:
    event_id = await series(cast)
    await cancel(cast, event_id, THEN)
    await sent(THEN + timedelta(minutes=1))
    await restore(cast, event_id, THEN + timedelta(minutes=2))
    await add_date(cast, event_id, THEN + timedelta(minutes=2, seconds=5))
    [letter] = await sent(LATER)
    assert letter.subject == "New date: Monthly task force meeting, Tue, Feb 23, 10:00 AM"
    assert ("Back on", "Tue, Feb 9, 10:00 AM") in letter.facts


async def test_an_email_about_a_second_added_date_names_the_first_one_too(cast: Cast) -> None:
    event_id = await series(cast)
    await add_date(cast, event_id, THEN, 23)
    await add_date(cast, event_id, THEN + SECOND, 24)
    [letter] = await sent(LATER)
    assert ("New date", "Tue, Feb 23, 10:00 AM") in letter.facts


async def test_an_email_about_a_series_says_which_dates_were_moved_and_canceled_just_before(cast: Cast) -> None:
    event_id = await series(cast)
    await move(cast, event_id, THEN)
    await cancel(cast, event_id, THEN + SECOND, OTHER)
    await change_place(cast, event_id, THEN + 2 * SECOND)
    [letter] = await sent(LATER)
    assert ("Also changed", "Tue, Feb 9, 1:00 PM") in letter.facts
    assert ("Also canceled", "Tue, Mar 9, 10:00 AM") in letter.facts


async def test_an_email_about_a_series_gives_the_reason_of_each_change_before_it(cast: Cast) -> None:
    event_id = await series(cast)
    await move(cast, event_id, THEN, reason="Room is being painted.")
    await cancel(cast, event_id, THEN + SECOND, OTHER, reason="The office is closed.")
    await change_place(cast, event_id, THEN + 2 * SECOND)
    [letter] = await sent(LATER)
    assert ("Also changed", "Tue, Feb 9, 1:00 PM. Reason: Room is being painted.") in letter.facts
    assert ("Also canceled", "Tue, Mar 9, 10:00 AM. Reason: The office is closed.") in letter.facts


async def test_a_time_only_email_gives_no_reason_of_an_earlier_change(cast: Cast) -> None:
    await preferences.save_preferences(cast.fbi_lead, Preferences(is_discreet=True), NOW)
    event_id = await series(cast)
    await cancel(cast, event_id, THEN, OTHER, reason="Canary")
    await change_place(cast, event_id, THEN + SECOND)
    [letter] = await sent(LATER)
    assert ("Also canceled", "Tue, Mar 9, 10:00 AM") in letter.facts
    assert "Canary" not in str(letter)


async def test_a_date_that_is_moved_twice_at_once_keeps_the_reason_that_was_given(cast: Cast) -> None:
    event_id = await series(cast)
    await move(cast, event_id, THEN, reason="Room is being painted.")
    await move(cast, event_id, THEN + SECOND, hour=14)
    [letter] = await sent(LATER)
    assert dict(letter.facts)["Reason"] == "Room is being painted."


async def changed_and_split(cast: Cast) -> dict[str, ReadEmail]:
    """Change dates and add one shortly before the series continues as another one; return what goes out by subject."""
    event_id = await series(cast)
    await move(cast, event_id, THEN, reason="Room is being painted.")
    await cancel(cast, event_id, THEN + SECOND, "2027-05-11", reason="The office is closed.")
    await add_date(cast, event_id, THEN + 2 * SECOND, 23, month=4)
    await split(cast, event_id, THEN + 3 * SECOND)
    return {one.subject.partition(":")[0]: one for one in await sent(LATER)}


async def test_no_one_is_notified_of_a_new_date_of_a_series_that_lost_it_to_the_one_that_continues_it(
    cast: Cast,
) -> None:
    assert (await changed_and_split(cast)).keys() == {"Changed", "Continues"}


async def test_the_email_that_a_series_continues_gives_the_reason_of_an_earlier_change(cast: Cast) -> None:
    ended = (await changed_and_split(cast))["Changed"]
    assert ("Also changed", "Tue, Feb 9, 1:00 PM. Reason: Room is being painted.") in ended.facts


async def test_the_invitation_to_what_continues_a_series_says_what_happened_to_its_dates_just_before(
    cast: Cast,
) -> None:
    invitation = (await changed_and_split(cast))["Continues"]
    assert ("Also canceled", "Tue, May 11, 9:00 AM. Reason: The office is closed.") in invitation.facts
    assert ("Also on", "Fri, Apr 23, 10:00 AM") in invitation.facts
    assert "New date" not in dict(invitation.facts)


async def invitation_of(cast: Cast, now: datetime = LATER) -> ReadEmail:
    """Send what is due, and return the invitation."""
    return next(one for one in await sent(now) if one.subject.startswith("Continues"))


async def test_an_invitation_that_waits_gives_the_reasons_of_changes_meanwhile(cast: Cast) -> None:
    onward = await split(cast, await series(cast), THEN)
    await move(cast, onward, THEN + SECOND, "2027-04-13", reason="Room is being painted.")
    await cancel(cast, onward, THEN + 2 * SECOND, "2027-05-11", reason="The office is closed.")
    facts = (await invitation_of(cast)).facts
    assert ("Also changed", "Tue, Apr 13, 1:00 PM. Reason: Room is being painted.") in facts
    assert ("Also canceled", "Tue, May 11, 9:00 AM. Reason: The office is closed.") in facts


async def test_an_invitation_that_waits_gives_the_last_reason_and_none_of_a_date_that_is_back_on(cast: Cast) -> None:
    onward = await split(cast, await series(cast), THEN)
    await move(cast, onward, THEN + SECOND, "2027-04-13", reason="Room is being painted.")
    await move(cast, onward, THEN + 2 * SECOND, "2027-04-13", hour=14, reason="The judge asked.")
    await cancel(cast, onward, THEN + 3 * SECOND, "2027-05-11", reason="The office is closed.")
    await restore(cast, onward, THEN + 4 * SECOND, "2027-05-11")
    also = [fact for fact in (await invitation_of(cast)).facts if fact[0].startswith("Also")]
    assert also == [("Also changed", "Tue, Apr 13, 2:00 PM. Reason: The judge asked.")]


async def test_an_invitation_that_waits_says_why_the_rest_of_the_series_was_canceled(cast: Cast) -> None:
    onward = await split(cast, await series(cast), THEN)
    version = (await scheduling.event_seen_by(cast.coordinator, onward)).version
    reason = "The grant ends."
    await series_split.cancel_from_date_on(cast.coordinator, onward, "2027-05-11", version, reason, THEN + SECOND)
    assert ("Also canceled", "Dates after Tue, Apr 13. Reason: The grant ends.") in (await invitation_of(cast)).facts


async def test_a_time_only_invitation_gives_no_reason(cast: Cast) -> None:
    await preferences.save_preferences(cast.fbi_lead, Preferences(is_discreet=True), NOW)
    onward = await split(cast, await series(cast), THEN)
    await cancel(cast, onward, THEN + SECOND, "2027-05-11", reason="Canary")
    assert [one for one in await sent(LATER) if "Canary" in str(one)] == []


async def test_undo_takes_a_reason_back_from_an_invitation_that_waits(cast: Cast) -> None:
    onward, at = await split(cast, await series(cast), THEN), THEN + SECOND
    await cancel(cast, onward, at, "2027-05-11", reason="Canary")
    change_id = await history.change_made_at(cast.coordinator, onward, at)
    assert change_id is not None
    await history.undo_change(cast.coordinator, onward, change_id, at)
    assert "Canary" not in str((await invitation_of(cast)).facts)


async def test_a_second_split_takes_a_reason_along_to_its_own_invitation(cast: Cast) -> None:
    onward = await split(cast, await series(cast), THEN)
    await cancel(cast, onward, THEN + SECOND, "2027-05-11", reason="The office is closed.")
    event, plan = await scheduling.plan_to_change(cast.coordinator, onward)
    last = plan_from_start(plan, datetime(2027, 5, 11, 8))
    at = THEN + 2 * SECOND
    await series_split.change_from_date_on(cast.coordinator, onward, "2027-05-11", last, event.version, at)
    given = [fact for one in await sent(LATER) for fact in one.facts if fact[0] == "Also canceled"]
    assert given == [("Also canceled", "Tue, May 11, 8:00 AM. Reason: The office is closed.")]


async def test_of_two_splits_from_the_same_date_only_the_last_one_is_announced(cast: Cast) -> None:
    event_id = await series(cast)
    onward_id = await split(cast, event_id, THEN)
    await split(cast, onward_id, THEN + SECOND, hour=8)
    assert [one.subject for one in await sent(LATER)] == [
        "Continues: Monthly task force meeting, Tue, Apr 13, 8:00 AM",
        "Changed: Monthly task force meeting, now 8:00 AM from Tue, Apr 13",
    ]


async def test_a_date_that_moved_to_another_series_is_not_announced_as_new_beside_a_change(cast: Cast) -> None:
    event_id = await series(cast)
    await change_place(cast, event_id, THEN)
    await add_date(cast, event_id, THEN + SECOND, 23, month=4)
    await split(cast, event_id, THEN + 2 * SECOND)
    assert sorted(one.subject.partition(":")[0] for one in await sent(LATER)) == ["Changed", "Continues", "New place"]


async def test_a_marked_series_does_not_give_its_reasons_to_the_one_that_continues_it_without_the_marking(
    cast: Cast,
) -> None:
    plan = meeting(cast.fbi_lead, marking=marking(cast))
    rule = rule_for_choice("monthly_nth", plan.starts, count=6)
    event_id = await scheduling.schedule_event(cast.coordinator, replace(plan, rule=rule), NOW)
    await sent(NOW)
    await cancel(cast, event_id, THEN, "2027-05-11", reason="Canary")
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    onward = replace(plan_from_start(plan, datetime(2027, 4, 13, 9)), marking=None)
    await series_split.change_from_date_on(
        cast.coordinator, event_id, "2027-04-13", onward, event.version, THEN + SECOND
    )
    invitation = next(one for one in await sent(LATER) if one.subject.startswith("Continues"))
    assert "Canary" not in str(invitation.facts)


async def test_a_place_that_changes_with_the_dates_of_another_series_is_said_with_them(cast: Cast) -> None:
    event_id = await series(cast)
    event, plan = await series_split.plan_from_date_on(cast.coordinator, event_id, "2027-04-13")
    place = replace(plan, place="Annex")
    await series_split.change_from_date_on(cast.coordinator, event_id, "2027-04-13", place, event.version, THEN)
    await split(cast, event_id, THEN + SECOND)
    assert [one.subject.partition(":")[0] for one in await sent(LATER)] == ["Continues", "Changed"]


async def test_no_one_is_notified_that_a_series_ends_sooner_when_another_one_continues_it(cast: Cast) -> None:
    event_id = await series(cast)
    await change_details(cast, event_id, THEN)
    await split(cast, event_id, THEN + SECOND)
    for one in await sent(LATER):
        assert "Ends sooner" not in one.subject
        assert "Was until" not in dict(one.facts)


async def test_an_email_about_the_end_of_a_series_says_which_remaining_date_was_moved_just_before(cast: Cast) -> None:
    event_id = await series(cast)
    await move(cast, event_id, THEN)
    version = (await scheduling.event_seen_by(cast.coordinator, event_id)).version
    await series_split.cancel_from_date_on(cast.coordinator, event_id, "2027-04-13", version, "", THEN + SECOND)
    [letter] = await sent(LATER)
    assert ("Also changed", "Tue, Feb 9, 1:00 PM") in letter.facts


async def test_an_email_about_a_date_that_is_moved_and_back_on_says_both(cast: Cast) -> None:
    event_id = await series(cast)
    await cancel(cast, event_id, THEN)
    await sent(THEN + timedelta(minutes=1))
    await restore(cast, event_id, THEN + timedelta(minutes=2))
    await move(cast, event_id, THEN + timedelta(minutes=2, seconds=1))
    [letter] = await sent(LATER)
    assert letter.subject.startswith("Changed:")
    assert ("Back on", "It was canceled, and is now restored.") in letter.facts


async def test_a_canceled_date_that_is_edited_at_once_is_still_announced_as_canceled(cast: Cast) -> None:
    event_id = await series(cast)
    await cancel(cast, event_id, THEN)
    await move(cast, event_id, THEN + SECOND)
    assert [one.subject.partition(":")[0] for one in await sent(LATER)] == ["Canceled"]


async def test_a_series_leaves_calendars_when_an_update_finds_all_its_remaining_dates_canceled(cast: Cast) -> None:
    event_id = await series(cast)
    for second, key in enumerate(("2027-01-12", KEY, OTHER)):
        await cancel(cast, event_id, THEN + second * SECOND, key)
    await sent(THEN + timedelta(minutes=10))
    await split(cast, event_id, LATER)
    changed = next(one for one in await sent(LATER + timedelta(minutes=10)) if one.subject.startswith("Changed"))
    assert isinstance(changed.calendar, CalendarPart)
    assert changed.calendar.is_cancel


async def test_an_invitation_that_a_cancellation_overtook_is_made_up_for_when_the_event_is_back_on(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    [invitation] = await outbox.claim_messages("test", (), NOW, 100)
    await scheduling.cancel_event(cast.coordinator, event_id, 1, "", NOW + SECOND)
    skipped = await emails.write_email(invitation, NOW + SECOND, ZONE)
    assert isinstance(skipped, SendOutcome)
    await outbox.close_message(invitation, skipped, NOW + SECOND)
    await scheduling.restore_event(cast.coordinator, event_id, 2, NOW + 2 * SECOND)
    assert [one.subject.partition(":")[0] for one in await sent(LATER)] == ["Back on"]


async def canceled_and_back(cast: Cast, event_id: UUID, now: datetime) -> None:
    version = (await scheduling.event_seen_by(cast.coordinator, event_id)).version
    await scheduling.cancel_event(cast.coordinator, event_id, version, "", now)
    await scheduling.restore_event(cast.coordinator, event_id, version + 1, now + SECOND)


async def test_a_date_that_was_moved_is_announced_although_its_series_was_canceled_and_is_back_on(cast: Cast) -> None:
    event_id = await series(cast)
    await move(cast, event_id, THEN)
    await canceled_and_back(cast, event_id, THEN + SECOND)
    facts = [fact for one in await sent(LATER) for fact in one.facts if fact[0] == "Also changed"]
    assert facts == [("Also changed", "Tue, Feb 9, 1:00 PM")]
