"""One date of a series: moved, canceled, restored; and the replies that go with it."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import LINK, NOW, Cast, everybody, meeting, operation
from tracker.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from tracker.rules.core.message_types import Changed
from tracker.rules.core.outbox import MessageState, SendOutcome, decode
from tracker.rules.events.plans import DateChange
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import Message
from tracker.tables.visible import attendance as sheet
from tracker.tables.visible.events import events
from tracker.usecases.attendance import roll_call
from tracker.usecases.core import outbox
from tracker.usecases.events import occurrences, replies
from tracker.usecases.events import scheduling as event_deeds

JANUARY_12 = datetime(2027, 1, 12, 10)
MONTHLY = rule_for_choice("monthly_nth", JANUARY_12, until=date(2027, 12, 31))
APRIL, JUNE = "2027-04-13", "2027-06-08"
TO_THURSDAY = DateChange(starts=datetime(2027, 4, 15, 13), duration=timedelta(minutes=90))


async def a_series(cast: Cast) -> UUID:
    return await event_deeds.schedule_event(cast.coordinator, meeting(*everybody(cast), rule=MONTHLY), NOW)


async def reply(cast: Cast, event_id: UUID, key: str) -> ReplyValue:
    occurrence = await occurrences.date_seen_by(cast.fbi_lead, event_id, key)
    mine = await replies.my_reply(cast.fbi_lead, occurrence)
    assert mine is not None
    return mine[1].value if mine[1] else ReplyValue.NEEDS_ACTION


async def test_a_date_that_moves_keeps_its_name_and_leaves_the_others_alone(cast: Cast) -> None:
    event_id = await a_series(cast)
    await occurrences.change_occurrence(cast.coordinator, event_id, APRIL, TO_THURSDAY, 1, NOW)
    april = await occurrences.date_seen_by(cast.coordinator, event_id, APRIL)
    may = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-05-11")
    assert april.starts_at == datetime(2027, 4, 15, 18, tzinfo=UTC)
    assert (april.sequence, april.event.sequence, may.sequence, may.is_changed) == (1, 0, 0, False)


async def test_a_moved_date_asks_again_and_the_others_stay_replied(cast: Cast) -> None:
    event_id = await a_series(cast)
    await replies.record_own_reply(cast.fbi_lead, event_id, APRIL, ReplyValue.ACCEPTED, "", NOW, for_series=True)
    await occurrences.change_occurrence(cast.coordinator, event_id, APRIL, TO_THURSDAY, 1, NOW + timedelta(minutes=1))
    assert await reply(cast, event_id, APRIL) is ReplyValue.NEEDS_ACTION
    assert await reply(cast, event_id, JUNE) is ReplyValue.ACCEPTED


async def test_half_an_hour_on_the_same_day_keeps_the_replies(cast: Cast) -> None:
    event_id = await a_series(cast)
    await replies.record_own_reply(cast.fbi_lead, event_id, APRIL, ReplyValue.ACCEPTED, "", NOW, for_series=False)
    later = DateChange(starts=datetime(2027, 4, 13, 10, 30), duration=timedelta(minutes=90))
    await occurrences.change_occurrence(cast.coordinator, event_id, APRIL, later, 1, NOW + timedelta(1))
    assert await reply(cast, event_id, APRIL) is ReplyValue.ACCEPTED


async def mailed(now: datetime) -> list[str]:
    """Send what waits, and return the types of messages, each once."""
    found = await outbox.claim_messages("test", (), now, 1_000)
    for message in found:
        await outbox.close_message(message, SendOutcome(state=MessageState.SENT, reason=""), now)
    return sorted({type(message.content).__name__ for message in found})


async def test_a_cancellation_that_is_taken_back_before_anybody_heard_of_it_tells_and_asks_nobody(cast: Cast) -> None:
    event_id = await a_series(cast)
    await replies.record_own_reply(cast.fbi_lead, event_id, JUNE, ReplyValue.ACCEPTED, "", NOW, for_series=False)
    await mailed(NOW)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, JUNE, 1, "", NOW + timedelta(seconds=1))
    await occurrences.restore_occurrence(cast.coordinator, event_id, JUNE, 2, NOW + timedelta(seconds=9))
    assert await mailed(NOW + timedelta(minutes=2)) == []
    assert await reply(cast, event_id, JUNE) is ReplyValue.ACCEPTED


async def test_a_move_before_a_cancellation_that_nobody_heard_of_is_told_when_it_is_taken_back(cast: Cast) -> None:
    event_id = await a_series(cast)
    await mailed(NOW)
    await occurrences.change_occurrence(cast.coordinator, event_id, APRIL, TO_THURSDAY, 1, NOW)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, APRIL, 2, "", NOW + timedelta(seconds=5))
    await occurrences.restore_occurrence(cast.coordinator, event_id, APRIL, 3, NOW + timedelta(seconds=9))
    waits = (Message.kind == "update") & (Message.state == "pending")
    notified = [decode(row["facts"]) for row in await Message.select(Message.facts).where(waits)]
    changes = [one for one in notified if isinstance(one, Changed)]
    assert len(changes) == len(notified) > 0
    assert {one.before and one.before.starts_at for one in changes} == {datetime(2027, 4, 13, 15, tzinfo=UTC)}


async def test_a_date_is_moved_onto_the_day_of_another_only_by_somebody_who_was_warned(cast: Cast) -> None:
    event_id = await a_series(cast)
    may = DateChange(starts=datetime(2027, 5, 11, 14), duration=timedelta(minutes=90))
    with pytest.raises(Invalid, match="Hold both on the same day"):
        await occurrences.change_occurrence(cast.coordinator, event_id, APRIL, may, 1, NOW)
    warned = replace(may, may_double=True)
    await occurrences.change_occurrence(cast.coordinator, event_id, APRIL, warned, 1, NOW)
    assert (await occurrences.date_seen_by(cast.coordinator, event_id, APRIL)).is_changed


async def test_a_canceled_date_comes_back_and_asks_everybody_again(cast: Cast) -> None:
    event_id = await a_series(cast)
    await replies.record_own_reply(cast.fbi_lead, event_id, JUNE, ReplyValue.ACCEPTED, "", NOW, for_series=False)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, JUNE, 1, "", NOW + timedelta(minutes=1))
    await mailed(NOW + timedelta(minutes=2))
    await occurrences.restore_occurrence(cast.coordinator, event_id, JUNE, 2, NOW + timedelta(minutes=2))
    june = await occurrences.date_seen_by(cast.coordinator, event_id, JUNE)
    assert (june.is_canceled, june.sequence) == (False, 2)
    assert await reply(cast, event_id, JUNE) is ReplyValue.NEEDS_ACTION


async def test_the_second_of_two_who_move_a_date_is_told(cast: Cast) -> None:
    event_id = await a_series(cast)
    await occurrences.change_occurrence(cast.coordinator, event_id, APRIL, TO_THURSDAY, 1, NOW)
    with pytest.raises(Conflict):
        await occurrences.cancel_occurrence(cast.coordinator, event_id, APRIL, 1, "", NOW)


async def test_a_date_cannot_end_before_it_starts(cast: Cast) -> None:
    event_id = await a_series(cast)
    backwards = DateChange(starts=TO_THURSDAY.starts, duration=timedelta(0))
    with pytest.raises(Invalid):
        await occurrences.change_occurrence(cast.coordinator, event_id, APRIL, backwards, 1, NOW)


@pytest.mark.parametrize("key", ["2027-04-14", "tomorrow", "", "2027-13-99", "9999-12-31"])
async def test_a_day_without_a_date_is_not_found(cast: Cast, key: str) -> None:
    event_id = await a_series(cast)
    with pytest.raises(NotFound):
        await occurrences.date_seen_by(cast.coordinator, event_id, key)


async def test_a_date_that_is_over_takes_no_reply(cast: Cast) -> None:
    event_id = await a_series(cast)
    after = datetime(2027, 4, 14, tzinfo=UTC)
    with pytest.raises(Gone):
        await replies.record_own_reply(cast.fbi_lead, event_id, APRIL, ReplyValue.ACCEPTED, "", after, for_series=False)


async def test_somebody_who_is_not_invited_has_nothing_to_reply(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    with pytest.raises(NotAllowed):
        await replies.record_own_reply(
            cast.hsi_liaison, event_id, "2027-01-12", ReplyValue.ACCEPTED, "", NOW, for_series=False
        )


async def test_a_reply_is_owed_once_for_a_series_until_it_is_replied(cast: Cast) -> None:
    event_id = await a_series(cast)
    assert [one.line.key for one in await replies.owed_replies(cast.fbi_lead, NOW)] == ["2027-01-12"]
    await replies.record_own_reply(cast.fbi_lead, event_id, "2027-01-12", ReplyValue.DECLINED, "", NOW, for_series=True)
    assert await replies.owed_replies(cast.fbi_lead, NOW) == []


async def test_a_link_replies_for_the_person_it_was_sent_to(cast: Cast) -> None:
    event_id = await a_series(cast)
    occurrence = await occurrences.date_seen_by(cast.fbi_lead, event_id, APRIL)
    mine = await replies.my_reply(cast.fbi_lead, occurrence)
    assert mine is not None
    opened = await replies.open_invitation(mine[0], occurrence.id, NOW, LINK)
    await replies.record_reply_by_link(opened, ReplyValue.TENTATIVE, "Court until 2:30", NOW)
    assert await reply(cast, event_id, APRIL) is ReplyValue.TENTATIVE


async def test_a_link_to_an_event_that_is_over_is_gone(cast: Cast) -> None:
    event_id = await a_series(cast)
    occurrence = await occurrences.date_seen_by(cast.fbi_lead, event_id, APRIL)
    mine = await replies.my_reply(cast.fbi_lead, occurrence)
    assert mine is not None
    with pytest.raises(Gone):
        await replies.open_invitation(mine[0], occurrence.id, datetime(2027, 4, 14, tzinfo=UTC), LINK)


async def test_the_dates_of_a_week_are_those_that_touch_it_and_may_be_seen(cast: Cast) -> None:
    await a_series(cast)
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
    found = await occurrences.dates_between(sqlite_cast.fbi_lead, last_day, last_day + timedelta(days=1))
    assert [one.event_id for one in found] == [event_id]


KEY = "2026-12-08"
STARTS, LENGTH = datetime(2026, 12, 8, 10), timedelta(hours=1, minutes=30)
BEFORE, CLOSED = NOW - timedelta(days=20), datetime(2026, 12, 8, 18, tzinfo=UTC)


@pytest.fixture
async def held(sqlite_cast: Cast) -> UUID:
    """A weekly meeting to which the Bureau said yes, and whose first date was held last week."""
    cast = sqlite_cast
    plan = meeting(cast.fbi_lead, starts=STARTS, rule=rule_for_choice("weekly", STARTS, count=3))
    event_id = await event_deeds.schedule_event(cast.coordinator, plan, BEFORE)
    await replies.record_own_reply(cast.fbi_lead, event_id, KEY, ReplyValue.ACCEPTED, "", BEFORE, for_series=True)
    await roll_call.close_attendance(cast.coordinator, event_id, KEY, CLOSED)
    await Message.delete(force=True)
    return event_id


async def change(cast: Cast, event_id: UUID, change: DateChange) -> None:
    date = await occurrences.date_seen_by(cast.coordinator, event_id, KEY)
    await occurrences.change_occurrence(cast.coordinator, event_id, KEY, change, date.version, NOW)


async def test_the_place_of_a_held_date_is_corrected_and_replies_stay(sqlite_cast: Cast, held: UUID) -> None:
    await change(sqlite_cast, held, DateChange(starts=STARTS, duration=LENGTH, place="Annex"))
    date = await occurrences.date_seen_by(sqlite_cast.coordinator, held, KEY)
    [bureau] = [one for one in await sheet.participants(sqlite_cast.coordinator, date) if one.agency == "FBI"]
    assert (date.place, bureau.reply, await Message.count()) == ("Annex", ReplyValue.ACCEPTED, 0)


async def test_a_date_whose_attendance_is_recorded_does_not_move_to_a_day_to_come(
    sqlite_cast: Cast, held: UUID
) -> None:
    with pytest.raises(Invalid) as refused:
        await change(sqlite_cast, held, DateChange(starts=datetime(2027, 1, 14, 10), duration=LENGTH))
    assert "attendance is recorded" in refused.value.fields["date"]


async def test_no_one_is_invited_to_what_is_over(sqlite_cast: Cast) -> None:
    await event_deeds.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, starts=STARTS), NOW)
    assert await Message.count() == 0
