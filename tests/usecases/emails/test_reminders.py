"""The planner: every moment that passed has its message, exactly once."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, everybody, meeting, people_of_the_task_force
from tests.database.statements import noted
from tracker.database import Engine
from tracker.rules.events.events import EventStatus
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import DateChange
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.events import occurrences, replies, scheduling

STARTS = datetime(2027, 1, 12, 16, tzinfo=UTC)  # 10:00 AM
WEEK, DAY, HOURS = timedelta(days=7), timedelta(days=1), timedelta(hours=2)
EARLIER = STARTS - WEEK - DAY
"""Nothing is due before, so one look covers it."""


@pytest.fixture
async def cast(cast: Cast) -> Cast:
    await plan(NOW)
    return cast


async def plan(now: datetime) -> int:
    return await queue_due_messages(now, ZONE)


async def plan_until(end: datetime, step: timedelta = timedelta(hours=1), start: datetime = EARLIER) -> None:
    moment = start
    while moment < end:
        moment = min(end, moment + step)
        await plan(moment)


async def found(*kinds: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (
        await Message.select(
            Message.kind, Message.due, Message.state, Message.facts, Message.occurrence, Message.recipient.name
        )
        .where(Message.kind.is_in(list(kinds) or ["reminder"]))
        .order_by(Message.due)
    )
    return rows


async def dues(*kinds: str) -> list[tuple[datetime, str]]:
    return [(row["due"], row["state"]) for row in await found(*kinds)]


async def single(cast: Cast, **facts: Any) -> UUID:
    return await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, **facts), NOW)


async def test_each_person_has_a_reminder_a_week_a_day_and_two_hours_before(cast: Cast) -> None:
    await single(cast)
    await plan_until(STARTS)
    assert Counter(row["recipient.name"] for row in await found()) == {"Coordinator": 3, "Fbi lead": 3}
    assert {due for due, _ in await dues()} == {STARTS - WEEK, STARTS - DAY, STARTS - HOURS}


async def test_planning_again_makes_no_second_reminder(cast: Cast) -> None:
    await single(cast)
    assert await plan(STARTS - WEEK) == 2
    assert await plan(STARTS - WEEK) == 0
    assert await plan(STARTS - WEEK + timedelta(seconds=15)) == 0


async def test_the_first_look_ever_reminds_of_nothing(database: Engine) -> None:
    cast = await people_of_the_task_force()
    await single(cast)
    assert await plan(STARTS - HOURS) == 0


async def test_a_clock_that_is_set_back_makes_no_second_reminder_and_loses_none(cast: Cast) -> None:
    await single(cast)
    await plan(STARTS - WEEK)
    assert await plan(STARTS - WEEK - timedelta(hours=1)) == 0
    await plan_until(STARTS, start=STARTS - WEEK - timedelta(hours=1))
    assert Counter(due for due, _ in await dues()) == {STARTS - WEEK: 2, STARTS - DAY: 2, STARTS - HOURS: 2}


async def test_a_date_that_moves_is_reminded_of_at_its_new_time(cast: Cast) -> None:
    rule = rule_for_choice("monthly_nth", meeting().starts, count=3)
    event_id = await single(cast, rule=rule)
    change = DateChange(starts=datetime(2027, 1, 14, 13), duration=timedelta(minutes=90))
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-01-12", change, 1, NOW, notify=Notify.ALL)
    await plan_until(datetime(2027, 1, 14, 19, tzinfo=UTC))
    moved = datetime(2027, 1, 14, 19, tzinfo=UTC)
    assert {due for due, _ in await dues()} == {moved - WEEK, moved - DAY, moved - HOURS}


async def test_a_canceled_date_is_not_reminded_of(cast: Cast) -> None:
    event_id = await single(cast, rule=rule_for_choice("monthly_nth", meeting().starts, count=3))
    await occurrences.cancel_occurrence(cast.coordinator, event_id, "2027-01-12", 1, "", NOW)
    await plan_until(STARTS, timedelta(days=1))
    assert await dues() == []


async def test_a_draft_is_not_reminded_of(cast: Cast) -> None:
    await single(cast, status=EventStatus.DRAFT)
    await plan_until(STARTS, timedelta(days=1))
    assert await dues() == []


async def test_a_tentative_event_is_reminded_of(cast: Cast) -> None:
    await single(cast, status=EventStatus.TENTATIVE)
    assert await plan(STARTS - WEEK) == 2


async def test_who_declined_is_not_reminded_and_the_others_are(cast: Cast) -> None:
    event_id = await single(cast)
    await replies.record_own_reply(
        cast.fbi_lead, event_id, "2027-01-12", ReplyValue.DECLINED, "", NOW, for_series=False
    )
    await plan(STARTS - WEEK)
    assert [row["recipient.name"] for row in await found()] == ["Coordinator"]


async def test_somebody_invited_later_has_the_reminders_that_are_left(cast: Cast) -> None:
    event_id = await single(cast)
    await plan(STARTS - WEEK)
    event, as_it_is = await scheduling.plan_to_change(cast.coordinator, event_id)
    more = {**as_it_is.invitees, **meeting(cast.caht_lead).invitees}
    as_it_will_be = replace(as_it_is, invitees=more)
    await scheduling.change_event(cast.coordinator, event_id, as_it_will_be, event.version, NOW)
    await plan_until(STARTS, start=STARTS - WEEK)
    assert sum(row["recipient.name"] == "Caht lead" for row in await found()) == 2


async def test_after_an_outage_each_person_gets_the_latest_reminder_of_a_date_and_it_says_that_it_is_late(
    cast: Cast,
) -> None:
    await single(cast)
    await plan(STARTS - timedelta(minutes=90))
    rows = [row for row in await found() if row["recipient.name"] == "Fbi lead"]
    assert [(row["due"], row["state"]) for row in rows] == [
        (STARTS - WEEK, "superseded"),
        (STARTS - DAY, "superseded"),
        (STARTS - HOURS, "pending"),
    ]
    assert '"is_late":true' in rows[-1]["facts"]


async def test_after_an_outage_the_reminders_of_what_began_are_recorded_as_too_late(cast: Cast) -> None:
    await single(cast)
    await plan(STARTS)
    assert Counter(state for _, state in await dues()) == {"too_late": 6}


async def test_after_an_outage_the_trail_says_what_was_caught_up(cast: Cast) -> None:
    await single(cast)
    await plan(STARTS)
    [entry] = await AuditEntry.select(AuditEntry.source, AuditEntry.facts).where(AuditEntry.verb == "caught_up")
    assert (entry["source"], '"too_late": 6' in entry["facts"]) == ("clock", True)


async def test_a_reminder_that_could_not_be_sent_gives_way_to_the_next(cast: Cast) -> None:
    await single(cast)
    await plan_until(STARTS - DAY)
    assert Counter(await dues()) == {(STARTS - WEEK, "superseded"): 2, (STARTS - DAY, "pending"): 2}


async def test_a_weekly_date_in_the_doubled_hour_is_reminded_of_once(cast: Cast) -> None:
    start = datetime(2027, 10, 31, 1, 30)
    await single(cast, starts=start, rule=rule_for_choice("weekly", start, count=3))
    await plan_until(datetime(2027, 11, 8, tzinfo=UTC), timedelta(minutes=30), datetime(2027, 10, 30, tzinfo=UTC))
    second = datetime(2027, 11, 7, 6, 30, tzinfo=UTC)
    mine = [row["due"] for row in await found() if row["recipient.name"] == "Fbi lead"]
    assert Counter(mine)[second - HOURS] == 1
    assert max(Counter(mine).values()) == 1


async def test_three_days_off_with_forty_dates_over_and_twenty_ahead(cast: Cast) -> None:
    """Fault test FT10."""
    back = NOW + timedelta(days=3)
    for number in range(60):
        ahead = timedelta(hours=1.5) if number >= 40 else -timedelta(hours=1)
        start = (back + ahead).astimezone(UTC) - timedelta(hours=6)
        await scheduling.schedule_event(
            cast.coordinator, meeting(starts=start.replace(tzinfo=None), title=f"{number}"), NOW
        )
    await plan(back)
    assert Counter(state for _, state in await dues()) == {"too_late": 80, "pending": 20, "superseded": 20}


async def test_planning_asks_as_often_for_many_people_and_dates_as_for_few(sqlite_cast: Cast) -> None:
    few, many = (sqlite_cast.fbi_lead,), everybody(sqlite_cast)
    asked = []
    for day, (people, dates) in enumerate([(few, 1), (many, 20)]):
        starts = datetime(2027, 1, 12 + day, 10)
        for _ in range(dates):
            await scheduling.schedule_event(sqlite_cast.coordinator, meeting(*people, starts=starts), NOW)
        due = STARTS - WEEK + day * DAY
        await plan(due - timedelta(minutes=1))
        with noted() as statements:
            assert await plan(due) == dates * (1 + len(people))
        asked.append(len(statements))
    assert asked[0] == asked[1]
