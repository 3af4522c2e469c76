"""One date of an event or a series, moved, canceled, or restored: what was held stays, and replies go with it."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

import json
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import LINK, NOW, Cast, everyone, meeting, operation
from tests.ical.readers import by_icalendar
from tests.usecases.calendars.world import feed_of
from tracker.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from tracker.rules.attendance import Mark
from tracker.rules.core.message_types import Changed
from tracker.rules.core.outbox import MessageState, SendOutcome, decode
from tracker.rules.events.events import Kind, Occurrence
from tracker.rules.events.notifications import RecordChoice
from tracker.rules.events.plans import DateChange
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.reports.reports import ReportSpan
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.visible import attendance as sheet
from tracker.tables.visible import reports
from tracker.tables.visible.events import events
from tracker.usecases import attendance
from tracker.usecases.core import outbox
from tracker.usecases.events import history, occurrences, replies
from tracker.usecases.events import scheduling as event_deeds
from tracker.usecases.views.impact import dry_run

JANUARY_12 = datetime(2027, 1, 12, 10)
MONTHLY = rule_for_choice("monthly_nth", JANUARY_12, until=date(2027, 12, 31))
APRIL, JUNE = "2027-04-13", "2027-06-08"
TO_THURSDAY = DateChange(starts=datetime(2027, 4, 15, 13), duration=timedelta(minutes=90))


async def schedule_series(cast: Cast) -> UUID:
    return await event_deeds.schedule_event(cast.coordinator, meeting(*everyone(cast), rule=MONTHLY), NOW)


async def reply_value(cast: Cast, event_id: UUID, key: str) -> ReplyValue:
    occurrence = await occurrences.date_seen_by(cast.fbi_lead, event_id, key)
    own_reply = await replies.my_reply(cast.fbi_lead, occurrence)
    assert own_reply is not None
    return own_reply[1].value if own_reply[1] else ReplyValue.NEEDS_ACTION


async def test_a_date_that_moves_keeps_its_name_and_leaves_the_others_alone(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await occurrences.change_occurrence(cast.coordinator, event_id, APRIL, TO_THURSDAY, 1, NOW)
    april = await occurrences.date_seen_by(cast.coordinator, event_id, APRIL)
    may = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-05-11")
    assert april.starts_at == datetime(2027, 4, 15, 18, tzinfo=UTC)
    assert (april.sequence, april.event.sequence, may.sequence, may.is_changed) == (1, 0, 0, False)


async def test_a_moved_date_asks_again_and_the_others_stay_replied(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await replies.record_own_reply(cast.fbi_lead, event_id, APRIL, ReplyValue.ACCEPTED, "", NOW, for_series=True)
    await occurrences.change_occurrence(cast.coordinator, event_id, APRIL, TO_THURSDAY, 1, NOW + timedelta(minutes=1))
    assert await reply_value(cast, event_id, APRIL) is ReplyValue.NEEDS_ACTION
    assert await reply_value(cast, event_id, JUNE) is ReplyValue.ACCEPTED


async def test_half_an_hour_on_the_same_day_keeps_the_replies(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await replies.record_own_reply(cast.fbi_lead, event_id, APRIL, ReplyValue.ACCEPTED, "", NOW, for_series=False)
    later = DateChange(starts=datetime(2027, 4, 13, 10, 30), duration=timedelta(minutes=90))
    await occurrences.change_occurrence(cast.coordinator, event_id, APRIL, later, 1, NOW + timedelta(1))
    assert await reply_value(cast, event_id, APRIL) is ReplyValue.ACCEPTED


async def send_message_types(now: datetime) -> list[str]:
    """Send what waits, and return the types of messages, each once."""
    messages = await outbox.claim_messages("test", (), now, 1_000)
    for message in messages:
        await outbox.close_message(message, SendOutcome(state=MessageState.SENT, reason=""), now)
    return sorted({type(message.content).__name__ for message in messages})


async def test_a_cancellation_that_is_taken_back_before_anyone_heard_of_it_tells_and_asks_no_one(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await replies.record_own_reply(cast.fbi_lead, event_id, JUNE, ReplyValue.ACCEPTED, "", NOW, for_series=False)
    await send_message_types(NOW)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, JUNE, 1, "", NOW + timedelta(seconds=1))
    await occurrences.restore_occurrence(cast.coordinator, event_id, JUNE, 2, NOW + timedelta(seconds=9))
    assert await send_message_types(NOW + timedelta(minutes=2)) == []
    assert await reply_value(cast, event_id, JUNE) is ReplyValue.ACCEPTED


async def test_a_move_before_a_cancellation_that_no_one_heard_of_is_reported_when_it_is_taken_back(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await send_message_types(NOW)
    await occurrences.change_occurrence(cast.coordinator, event_id, APRIL, TO_THURSDAY, 1, NOW)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, APRIL, 2, "", NOW + timedelta(seconds=5))
    await occurrences.restore_occurrence(cast.coordinator, event_id, APRIL, 3, NOW + timedelta(seconds=9))
    waits = (Message.kind == "update") & (Message.state == "pending")
    notified = [decode(row["facts"]) for row in await Message.select(Message.facts).where(waits)]
    changes = [one for one in notified if isinstance(one, Changed)]
    assert len(changes) == len(notified) > 0
    assert {one.before and one.before.starts_at for one in changes} == {datetime(2027, 4, 13, 15, tzinfo=UTC)}


async def test_a_date_is_moved_onto_the_day_of_another_only_by_someone_who_was_warned(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    may = DateChange(starts=datetime(2027, 5, 11, 14), duration=timedelta(minutes=90))
    with pytest.raises(Invalid, match="Hold both on the same day"):
        await occurrences.change_occurrence(cast.coordinator, event_id, APRIL, may, 1, NOW)
    warned = replace(may, may_double=True)
    await occurrences.change_occurrence(cast.coordinator, event_id, APRIL, warned, 1, NOW)
    assert (await occurrences.date_seen_by(cast.coordinator, event_id, APRIL)).is_changed


async def test_a_canceled_date_comes_back_and_asks_everyone_again(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await replies.record_own_reply(cast.fbi_lead, event_id, JUNE, ReplyValue.ACCEPTED, "", NOW, for_series=False)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, JUNE, 1, "", NOW + timedelta(minutes=1))
    await send_message_types(NOW + timedelta(minutes=2))
    await occurrences.restore_occurrence(cast.coordinator, event_id, JUNE, 2, NOW + timedelta(minutes=2))
    june = await occurrences.date_seen_by(cast.coordinator, event_id, JUNE)
    assert (june.is_canceled, june.sequence) == (False, 2)
    assert await reply_value(cast, event_id, JUNE) is ReplyValue.NEEDS_ACTION


async def test_the_second_of_two_who_move_a_date_is_notified(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    await occurrences.change_occurrence(cast.coordinator, event_id, APRIL, TO_THURSDAY, 1, NOW)
    with pytest.raises(Conflict):
        await occurrences.cancel_occurrence(cast.coordinator, event_id, APRIL, 1, "", NOW)


async def test_a_date_cannot_end_before_it_starts(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    backwards = DateChange(starts=TO_THURSDAY.starts, duration=timedelta(0))
    with pytest.raises(Invalid):
        await occurrences.change_occurrence(cast.coordinator, event_id, APRIL, backwards, 1, NOW)


@pytest.mark.parametrize("key", ["2027-04-14", "tomorrow", "", "2027-13-99", "9999-12-31"])
async def test_a_day_without_a_date_is_not_found(cast: Cast, key: str) -> None:
    event_id = await schedule_series(cast)
    with pytest.raises(NotFound):
        await occurrences.date_seen_by(cast.coordinator, event_id, key)


async def test_a_date_that_is_over_takes_no_reply(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    after = datetime(2027, 4, 14, tzinfo=UTC)
    with pytest.raises(Gone):
        await replies.record_own_reply(cast.fbi_lead, event_id, APRIL, ReplyValue.ACCEPTED, "", after, for_series=False)


async def test_someone_who_is_not_invited_has_nothing_to_reply(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    with pytest.raises(NotAllowed):
        await replies.record_own_reply(
            cast.hsi_liaison, event_id, "2027-01-12", ReplyValue.ACCEPTED, "", NOW, for_series=False
        )


async def test_a_reply_is_owed_once_for_a_series_until_it_is_replied(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    assert [one.line.key for one in await replies.owed_replies(cast.fbi_lead, NOW)] == ["2027-01-12"]
    await replies.record_own_reply(cast.fbi_lead, event_id, "2027-01-12", ReplyValue.DECLINED, "", NOW, for_series=True)
    assert await replies.owed_replies(cast.fbi_lead, NOW) == []


async def test_a_link_replies_for_the_person_it_was_sent_to(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    occurrence = await occurrences.date_seen_by(cast.fbi_lead, event_id, APRIL)
    own_reply = await replies.my_reply(cast.fbi_lead, occurrence)
    assert own_reply is not None
    opened = await replies.open_invitation(own_reply[0], occurrence.id, NOW, LINK)
    await replies.record_reply_by_link(opened, ReplyValue.TENTATIVE, "Court until 2:30", NOW)
    assert await reply_value(cast, event_id, APRIL) is ReplyValue.TENTATIVE


async def test_a_link_to_an_event_that_is_over_is_gone(cast: Cast) -> None:
    event_id = await schedule_series(cast)
    occurrence = await occurrences.date_seen_by(cast.fbi_lead, event_id, APRIL)
    own_reply = await replies.my_reply(cast.fbi_lead, occurrence)
    assert own_reply is not None
    with pytest.raises(Gone):
        await replies.open_invitation(own_reply[0], occurrence.id, datetime(2027, 4, 14, tzinfo=UTC), LINK)


async def test_the_dates_of_a_week_are_those_that_touch_it_and_may_be_seen(cast: Cast) -> None:
    await schedule_series(cast)
    await event_deeds.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    week = datetime(2027, 1, 10, 6, tzinfo=UTC), datetime(2027, 1, 17, 6, tzinfo=UTC)
    assert [one.title for one in await events.lines_between(cast.harbor_advocate, *week)] == [
        "Monthly task force meeting"
    ]
    assert len(await events.lines_between(cast.kcpd_detective, *week)) == 2


async def test_a_date_of_two_weeks_is_among_those_of_its_last_day(sqlite_cast: Cast) -> None:
    starts = datetime(2027, 1, 4, 10)
    two_weeks = meeting(starts=starts, duration=timedelta(days=14))
    event_id = await event_deeds.schedule_event(sqlite_cast.coordinator, two_weeks, NOW)
    last_day = datetime(2027, 1, 18, 6, tzinfo=UTC)
    dates = await occurrences.dates_between(sqlite_cast.fbi_lead, last_day, last_day + timedelta(days=1))
    assert [one.event_id for one in dates] == [event_id]


HELD_DATE = "2026-12-08"
HELD_AT, LENGTH = datetime(2026, 12, 8, 10), timedelta(hours=1, minutes=30)
BEFORE, CLOSED = NOW - timedelta(days=20), datetime(2026, 12, 8, 18, tzinfo=UTC)


@pytest.fixture
async def held_series(sqlite_cast: Cast) -> UUID:
    """A weekly meeting to which the Bureau said yes, and whose first date was held last week."""
    cast = sqlite_cast
    plan = meeting(cast.fbi_lead, starts=HELD_AT, rule=rule_for_choice("weekly", HELD_AT, count=3))
    event_id = await event_deeds.schedule_event(cast.coordinator, plan, BEFORE)
    await replies.record_own_reply(cast.fbi_lead, event_id, HELD_DATE, ReplyValue.ACCEPTED, "", BEFORE, for_series=True)
    await attendance.close_attendance(cast.coordinator, event_id, HELD_DATE, CLOSED)
    await Message.delete(force=True)
    return event_id


async def change_first_date(cast: Cast, event_id: UUID, change: DateChange) -> None:
    date = await occurrences.date_seen_by(cast.coordinator, event_id, HELD_DATE)
    await occurrences.change_occurrence(cast.coordinator, event_id, HELD_DATE, change, date.version, NOW)


async def test_the_place_of_a_held_date_is_corrected_and_replies_stay(sqlite_cast: Cast, held_series: UUID) -> None:
    await change_first_date(sqlite_cast, held_series, DateChange(starts=HELD_AT, duration=LENGTH, place="Annex"))
    date = await occurrences.date_seen_by(sqlite_cast.coordinator, held_series, HELD_DATE)
    [bureau] = [one for one in await sheet.participants(sqlite_cast.coordinator, date) if one.agency == "FBI"]
    assert (date.place, bureau.reply, await Message.count()) == ("Annex", ReplyValue.ACCEPTED, 0)


async def test_a_date_whose_attendance_is_recorded_does_not_move_to_a_day_to_come(
    sqlite_cast: Cast, held_series: UUID
) -> None:
    with pytest.raises(Invalid) as refused:
        await change_first_date(sqlite_cast, held_series, DateChange(starts=datetime(2027, 1, 14, 10), duration=LENGTH))
    assert "attendance is recorded" in refused.value.fields["date"]


async def test_no_one_is_invited_to_what_is_over(sqlite_cast: Cast) -> None:
    await event_deeds.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, starts=HELD_AT), NOW)
    assert await Message.count() == 0


HELD_START = datetime(2026, 12, 8, 10)
HELD_CLOSED = datetime(2026, 12, 8, 18, tzinfo=UTC)
SOON = NOW + timedelta(seconds=10)


async def hold_event(cast: Cast, *, is_series: bool = True) -> UUID:
    """Return an event whose first date was held last week and has closed attendance."""
    rule = rule_for_choice("weekly", HELD_START, count=3) if is_series else None
    plan = meeting(cast.fbi_lead, starts=HELD_START, rule=rule)
    event_id = await event_deeds.schedule_event(cast.coordinator, plan, NOW - timedelta(days=20))
    await attendance.close_attendance(cast.coordinator, event_id, HELD_DATE, HELD_CLOSED)
    await Message.delete(force=True)
    return event_id


async def cancel_date(cast: Cast, event_id: UUID, record: RecordChoice | None, key: str = HELD_DATE) -> None:
    version = (await occurrences.date_seen_by(cast.coordinator, event_id, key)).version
    await occurrences.cancel_occurrence(cast.coordinator, event_id, key, version, "", NOW, record=record)


async def dates_in_reports(cast: Cast) -> tuple[list[str], list[str]]:
    """Return the dates that reports count as held, and as canceled."""
    start, later = NOW - timedelta(days=60), NOW + timedelta(days=60)
    span = ReportSpan(start=start, end=later, until=later, kinds=frozenset(Kind))
    on, off = (
        await reports.held_rows(cast.coordinator, span, 50),
        await reports.canceled_rows(cast.coordinator, span, 50),
    )
    return [one.key for one in on], [one.key for one in off]


@pytest.mark.both_engines
async def test_a_held_date_is_not_canceled_silently(cast: Cast) -> None:
    event_id = await hold_event(cast)
    with pytest.raises(Invalid) as refused:
        await cancel_date(cast, event_id, None)
    assert list(refused.value.fields) == ["record"]


@pytest.mark.both_engines
@pytest.mark.parametrize("record", RecordChoice)
async def test_the_record_of_a_held_date_is_kept_or_removed_as_chosen_and_audited(
    cast: Cast, record: RecordChoice
) -> None:
    event_id = await hold_event(cast)
    await cancel_date(cast, event_id, record)
    on, off = await dates_in_reports(cast)
    assert (HELD_DATE in on, HELD_DATE in off) == (record is RecordChoice.KEEP, record is RecordChoice.REMOVE)
    [facts] = await AuditEntry.select(AuditEntry.facts).where(AuditEntry.verb == "canceled").output(as_list=True)
    assert json.loads(facts)["record"] == record


@pytest.mark.both_engines
async def test_an_event_with_one_date_asks_too(cast: Cast) -> None:
    event_id = await hold_event(cast, is_series=False)
    with pytest.raises(Invalid):
        await event_deeds.cancel_event(cast.coordinator, event_id, 1, "", NOW)
    await event_deeds.cancel_event(cast.coordinator, event_id, 1, "", NOW, record=RecordChoice.REMOVE)
    assert await dates_in_reports(cast) == ([], [HELD_DATE])
    await event_deeds.restore_event(cast.coordinator, event_id, 2, NOW)
    assert await dates_in_reports(cast) == ([HELD_DATE], [])


@pytest.mark.both_engines
async def test_dates_that_were_over_when_their_series_was_canceled_stay_in_reports(cast: Cast) -> None:
    event_id = await hold_event(cast)
    await event_deeds.cancel_event(cast.coordinator, event_id, 1, "", NOW - timedelta(days=3))
    assert await dates_in_reports(cast) == ([HELD_DATE], ["2026-12-15", "2026-12-22"])


@pytest.mark.both_engines
@pytest.mark.parametrize("is_series", [True, False])
async def test_no_one_is_notified_that_what_is_over_is_canceled_or_restored(cast: Cast, is_series: bool) -> None:
    event_id = await hold_event(cast, is_series=is_series)
    if is_series:
        await cancel_date(cast, event_id, RecordChoice.KEEP)
        await occurrences.restore_occurrence(cast.coordinator, event_id, HELD_DATE, 2, NOW)
    else:
        await event_deeds.cancel_event(cast.coordinator, event_id, 1, "", NOW, record=RecordChoice.KEEP)
        await event_deeds.restore_event(cast.coordinator, event_id, 2, NOW)
    assert await Message.count() == 0


@pytest.mark.both_engines
async def test_undo_brings_a_removed_record_back(cast: Cast) -> None:
    event_id = await hold_event(cast)
    await cancel_date(cast, event_id, RecordChoice.REMOVE)
    change_id = await history.change_made_at(cast.coordinator, event_id, NOW)
    assert change_id is not None
    await history.undo_change(cast.coordinator, event_id, change_id, SOON)
    assert HELD_DATE in (await dates_in_reports(cast))[0]


@pytest.mark.both_engines
async def test_attendance_of_a_canceled_date_is_not_reopened(cast: Cast) -> None:
    event_id = await hold_event(cast)
    await cancel_date(cast, event_id, RecordChoice.KEEP)
    with pytest.raises(NotAllowed, match="Restore it before"):
        await attendance.reopen_attendance(cast.coordinator, event_id, HELD_DATE, NOW)


PAST_DATE = "2027-01-12"
DURING, AFTER = datetime(2027, 1, 12, 17, tzinfo=UTC), datetime(2027, 1, 13, 14, tzinfo=UTC)
NEXT_WEEK = datetime(2027, 1, 20, 10)


@pytest.fixture
async def past_event(sqlite_cast: Cast) -> UUID:
    """A meeting on January 12 that is over."""
    cast = sqlite_cast
    return await event_deeds.schedule_event(
        cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead), DURING - timedelta(days=7)
    )


async def change_past_event(cast: Cast, event_id: UUID, **facts: Any) -> list[Occurrence]:
    event, plan = await event_deeds.plan_to_change(cast.coordinator, event_id)
    await event_deeds.change_event(cast.coordinator, event_id, replace(plan, **facts), event.version, AFTER)
    return await occurrences.dates_in_series(
        cast.coordinator, await event_deeds.event_seen_by(cast.coordinator, event_id)
    )


def keys_and_times(dates: list[Occurrence]) -> list[tuple[str, bool]]:
    return [(f"{one.key} {one.starts_at:%m-%d %H:%M}", one.is_off) for one in dates]


async def test_an_event_that_is_over_takes_its_only_date_to_the_new_day(sqlite_cast: Cast, past_event: UUID) -> None:
    was = await occurrences.date_seen_by(sqlite_cast.coordinator, past_event, PAST_DATE)
    dates = await change_past_event(sqlite_cast, past_event, starts=NEXT_WEEK)
    assert keys_and_times(dates) == [("2027-01-20 01-20 16:00", False)]
    assert dates[0].id == was.id


async def test_people_who_replied_to_an_event_that_is_over_are_asked_again_as_the_preview_says(
    sqlite_cast: Cast, past_event: UUID
) -> None:
    cast = sqlite_cast
    await replies.record_own_reply(
        cast.fbi_lead, past_event, PAST_DATE, ReplyValue.ACCEPTED, "", DURING - timedelta(days=1), for_series=False
    )
    event, plan = await event_deeds.plan_to_change(cast.coordinator, past_event)
    later = partial(
        event_deeds.change_event, cast.coordinator, past_event, replace(plan, starts=NEXT_WEEK), event.version, AFTER
    )
    foreseen = await dry_run(cast.coordinator, past_event, later, AFTER)
    assert foreseen.asked_again == {cast.fbi_lead.member_id}


async def test_an_event_that_is_over_and_moves_is_in_feeds_on_its_new_day_alone(
    sqlite_cast: Cast, past_event: UUID
) -> None:
    await change_past_event(sqlite_cast, past_event, starts=NEXT_WEEK)
    feed = await feed_of(sqlite_cast.fbi_lead)
    assert feed.count(b"BEGIN:VEVENT") == 1
    assert not any(word in feed for word in (b"EXDATE", b"RDATE", b"RECURRENCE-ID", b"CANCELLED"))
    [shown] = by_icalendar(feed)
    assert f"{shown.starts:%m-%d}" == "01-20"


async def test_the_day_of_an_event_that_is_over_can_be_corrected_to_another_past_one(
    sqlite_cast: Cast, past_event: UUID
) -> None:
    dates = await change_past_event(sqlite_cast, past_event, starts=datetime(2027, 1, 12, 9))
    assert keys_and_times(dates) == [("2027-01-12 01-12 15:00", False)]


async def test_an_event_that_is_over_and_is_to_repeat_was_held_on_its_first_date(
    sqlite_cast: Cast, past_event: UUID
) -> None:
    weekly = rule_for_choice("weekly", datetime(2027, 1, 12, 10), count=2)
    dates = await change_past_event(sqlite_cast, past_event, rule=weekly)
    assert keys_and_times(dates) == [("2027-01-12 01-12 16:00", False), ("2027-01-19 01-19 16:00", False)]


async def test_the_history_of_an_event_that_moved_after_it_was_over_has_both_days(
    sqlite_cast: Cast, past_event: UUID
) -> None:
    await change_past_event(sqlite_cast, past_event, starts=NEXT_WEEK)
    event = await event_deeds.event_seen_by(sqlite_cast.coordinator, past_event)
    newest = (await history.history_of_event(sqlite_cast.coordinator, event))[0]
    [when] = [one for one in newest.changes if one.field == "when"]
    assert ("Jan 12" in when.before, "Jan 20" in when.after) == (True, True)


@pytest.mark.parametrize("is_closed", [True, False])
async def test_an_event_whose_attendance_is_recorded_does_not_move_to_a_day_to_come(
    sqlite_cast: Cast, past_event: UUID, is_closed: bool
) -> None:
    who = sqlite_cast.coordinator
    if is_closed:
        await attendance.close_attendance(who, past_event, PAST_DATE, AFTER)
    else:
        await attendance.record_marks(who, past_event, PAST_DATE, {sqlite_cast.fbi_lead.member_id: Mark.HERE}, DURING)
    with pytest.raises(Invalid) as refused:
        await change_past_event(sqlite_cast, past_event, starts=NEXT_WEEK)
    assert refused.value.fields["date"] == (
        "This event was held, and its attendance is recorded. Schedule a new event, or duplicate this one."
    )


async def test_the_hour_of_an_event_whose_attendance_is_recorded_can_be_corrected(
    sqlite_cast: Cast, past_event: UUID
) -> None:
    await attendance.close_attendance(sqlite_cast.coordinator, past_event, PAST_DATE, AFTER)
    [date] = await change_past_event(sqlite_cast, past_event, starts=datetime(2027, 1, 12, 9))
    assert date.attendance_closed_at == AFTER
