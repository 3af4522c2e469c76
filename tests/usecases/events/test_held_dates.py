"""A date of a series that was held: its record can be corrected, and no one is notified or asked."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, Cast, meeting
from tracker.errors import Invalid
from tracker.rules.events.plans import DateChange
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import Message
from tracker.tables.visible import attendance as sheet
from tracker.usecases.attendance import roll_call
from tracker.usecases.events import occurrences, replies, scheduling

KEY = "2026-12-08"
STARTS, LENGTH = datetime(2026, 12, 8, 10), timedelta(hours=1, minutes=30)
BEFORE, CLOSED = NOW - timedelta(days=20), datetime(2026, 12, 8, 18, tzinfo=UTC)


@pytest.fixture
async def held(sqlite_cast: Cast) -> UUID:
    """A weekly meeting to which the Bureau said yes, and whose first date was held last week."""
    cast = sqlite_cast
    plan = meeting(cast.fbi_lead, starts=STARTS, rule=rule_for_choice("weekly", STARTS, count=3))
    event_id = await scheduling.schedule_event(cast.coordinator, plan, BEFORE)
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
    await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, starts=STARTS), NOW)
    assert await Message.count() == 0
