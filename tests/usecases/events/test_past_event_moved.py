"""An event with one date that is over, moved to a day to come: its date goes along, unless its attendance is on record.

People do this when a meeting fell through, and the same meeting is to be held later.
"""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import Cast, meeting
from tests.ical.readers import by_icalendar
from tests.usecases.calendars.world import feed_of
from tracker.errors import Invalid
from tracker.rules.attendance.roll_call import Mark
from tracker.rules.events.events import Occurrence
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.usecases.attendance import roll_call
from tracker.usecases.events import history, occurrences, replies, scheduling
from tracker.usecases.views.preview import dry_run

KEY = "2027-01-12"
DURING, AFTER = datetime(2027, 1, 12, 17, tzinfo=UTC), datetime(2027, 1, 13, 14, tzinfo=UTC)
NEXT_WEEK = datetime(2027, 1, 20, 10)


@pytest.fixture
async def over(sqlite_cast: Cast) -> UUID:
    """A meeting on January 12 that is over."""
    cast = sqlite_cast
    return await scheduling.schedule_event(
        cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead), DURING - timedelta(days=7)
    )


async def change(cast: Cast, event_id: UUID, **facts: Any) -> list[Occurrence]:
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    await scheduling.change_event(cast.coordinator, event_id, replace(plan, **facts), event.version, AFTER)
    return await occurrences.dates_in_series(
        cast.coordinator, await scheduling.event_seen_by(cast.coordinator, event_id)
    )


def said(dates: list[Occurrence]) -> list[tuple[str, bool]]:
    return [(f"{one.key} {one.starts_at:%m-%d %H:%M}", one.is_off) for one in dates]


async def test_an_event_that_is_over_takes_its_only_date_to_the_new_day(sqlite_cast: Cast, over: UUID) -> None:
    was = await occurrences.date_seen_by(sqlite_cast.coordinator, over, KEY)
    dates = await change(sqlite_cast, over, starts=NEXT_WEEK)
    assert said(dates) == [("2027-01-20 01-20 16:00", False)]
    assert dates[0].id == was.id


async def test_people_who_replied_to_an_event_that_is_over_are_asked_again_as_the_preview_says(
    sqlite_cast: Cast, over: UUID
) -> None:
    cast = sqlite_cast
    await replies.record_own_reply(
        cast.fbi_lead, over, KEY, ReplyValue.ACCEPTED, "", DURING - timedelta(days=1), for_series=False
    )
    event, plan = await scheduling.plan_to_change(cast.coordinator, over)
    later = partial(
        scheduling.change_event, cast.coordinator, over, replace(plan, starts=NEXT_WEEK), event.version, AFTER
    )
    foreseen = await dry_run(cast.coordinator, over, later, AFTER)
    assert foreseen.asked_again == {cast.fbi_lead.member_id}


async def test_an_event_that_is_over_and_moves_is_in_feeds_on_its_new_day_alone(sqlite_cast: Cast, over: UUID) -> None:
    await change(sqlite_cast, over, starts=NEXT_WEEK)
    feed = await feed_of(sqlite_cast.fbi_lead)
    assert feed.count(b"BEGIN:VEVENT") == 1
    assert not any(word in feed for word in (b"EXDATE", b"RDATE", b"RECURRENCE-ID", b"CANCELLED"))
    [shown] = by_icalendar(feed)
    assert f"{shown.starts:%m-%d}" == "01-20"


async def test_the_day_of_an_event_that_is_over_can_be_corrected_to_another_past_one(
    sqlite_cast: Cast, over: UUID
) -> None:
    dates = await change(sqlite_cast, over, starts=datetime(2027, 1, 12, 9))
    assert said(dates) == [("2027-01-12 01-12 15:00", False)]


async def test_an_event_that_is_over_and_is_to_repeat_was_held_on_its_first_date(sqlite_cast: Cast, over: UUID) -> None:
    weekly = rule_for_choice("weekly", datetime(2027, 1, 12, 10), count=2)
    dates = await change(sqlite_cast, over, rule=weekly)
    assert said(dates) == [("2027-01-12 01-12 16:00", False), ("2027-01-19 01-19 16:00", False)]


async def test_the_history_of_an_event_that_moved_after_it_was_over_has_both_days(
    sqlite_cast: Cast, over: UUID
) -> None:
    await change(sqlite_cast, over, starts=NEXT_WEEK)
    event = await scheduling.event_seen_by(sqlite_cast.coordinator, over)
    newest = (await history.history_of_event(sqlite_cast.coordinator, event))[0]
    [when] = [one for one in newest.changes if one.field == "when"]
    assert ("Jan 12" in when.before, "Jan 20" in when.after) == (True, True)


@pytest.mark.parametrize("is_closed", [True, False])
async def test_an_event_whose_attendance_is_recorded_does_not_move_to_a_day_to_come(
    sqlite_cast: Cast, over: UUID, is_closed: bool
) -> None:
    who = sqlite_cast.coordinator
    if is_closed:
        await roll_call.close_attendance(who, over, KEY, AFTER)
    else:
        await roll_call.record_marks(who, over, KEY, {sqlite_cast.fbi_lead.member_id: Mark.HERE}, DURING)
    with pytest.raises(Invalid) as refused:
        await change(sqlite_cast, over, starts=NEXT_WEEK)
    assert refused.value.fields["date"] == (
        "This event was held, and its attendance is recorded. Schedule a new event, or duplicate this one."
    )


async def test_the_hour_of_an_event_whose_attendance_is_recorded_can_be_corrected(
    sqlite_cast: Cast, over: UUID
) -> None:
    await roll_call.close_attendance(sqlite_cast.coordinator, over, KEY, AFTER)
    [date] = await change(sqlite_cast, over, starts=datetime(2027, 1, 12, 9))
    assert date.attendance_closed_at == AFTER
