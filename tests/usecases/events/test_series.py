"""When time zone data changes, upcoming dates go back to their wall-clock time."""

from datetime import datetime, timedelta

from piccolo.querystring import QueryString

from tests.cast import NOW, Cast, meeting
from tracker.database import engine
from tracker.rules.events.plans import DateChange
from tracker.rules.recurrence.series import rule_for_choice
from tracker.usecases.events import occurrences, scheduling, series

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001


FIRST = datetime(2027, 1, 12, 10)
HOUR = timedelta(hours=1)


async def as_if_clocks_had_changed(hours: int) -> None:
    """Put every date where another release of the time zone data had it."""
    found = await engine().run_querystring(QueryString("SELECT id, starts_at, ends_at FROM occurrence"))
    for row in found:
        by = timedelta(hours=hours)
        await engine().run_querystring(
            QueryString(
                "UPDATE occurrence SET starts_at = {}, ends_at = {} WHERE id = {}",
                row["starts_at"] + by,
                row["ends_at"] + by,
                row["id"],
            )
        )


async def test_dates_to_come_go_back_to_their_wall_clock_and_moved_ones_stay(cast: Cast) -> None:
    plan = meeting(cast.fbi_lead, starts=FIRST, rule=rule_for_choice("weekly", FIRST, count=3))
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    moved = DateChange(starts=datetime(2027, 1, 20, 9), duration=HOUR)
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-01-19", moved, 1, NOW)
    await as_if_clocks_had_changed(1)
    assert await series.count_drifted_dates(NOW) == 2
    assert await series.reproject_dates(NOW) == 2
    event = await scheduling.event_seen_by(cast.coordinator, event_id)
    hours = [f"{one.starts_at:%d %H}" for one in await occurrences.dates_in_series(cast.coordinator, event)]
    assert hours == ["12 16", "20 16", "26 16"]
    assert await series.reproject_dates(NOW) == 0


async def test_what_is_over_is_left_alone(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, starts=FIRST), NOW)
    await as_if_clocks_had_changed(1)
    assert await series.count_drifted_dates(NOW + timedelta(days=60)) == 0


async def test_a_date_that_was_only_renamed_follows_the_clocks_and_feeds_show_it(cast: Cast) -> None:
    plan = meeting(cast.fbi_lead, starts=FIRST, rule=rule_for_choice("weekly", FIRST, count=2))
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    renamed = DateChange(starts=datetime(2027, 1, 19, 10), duration=timedelta(minutes=90), title="With the mayor")
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-01-19", renamed, 1, NOW)
    await as_if_clocks_had_changed(1)
    before = (await scheduling.event_seen_by(cast.coordinator, event_id)).version
    assert await series.reproject_dates(NOW) == 2
    date = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-01-19")
    assert (f"{date.starts_at:%d %H}", date.title) == ("19 16", "With the mayor")
    assert date.event.version == before + 1
