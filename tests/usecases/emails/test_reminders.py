"""The planner: each reminder and each request for a reply goes out at its moment, exactly once."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, everyone, meeting, people_of_the_task_force
from tests.database.statements import noted
from tests.usecases.emails.world import (
    FIVE_DAYS,
    TWO_DAYS,
    mark_invitations_sent,
    queue_at,
    queued_follow_ups,
    schedule_with_asks,
)
from tracker.database import Engine
from tracker.database.sqlite import SQLiteEngine
from tracker.errors import Conflict
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.emails.preferences import Preferences
from tracker.rules.events.events import EventStatus, Kind
from tracker.rules.events.history import UNDO_FOR
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import DateChange, plan_from_start
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.roster.meetings import ReminderPolicy
from tracker.tables.background.emails import due
from tracker.tables.background.emails.due import chains_of_events
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.usecases.emails import preferences, reminders
from tracker.usecases.emails.nudges import next_follow_up, nudge_people, nudges_of_date
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.events import occurrences, replies, scheduling, series_split
from tracker.usecases.events.occurrences import date_seen_by

STARTS = datetime(2027, 1, 12, 16, tzinfo=UTC)  # 10:00 AM
WEEK, DAY, HOURS = timedelta(days=7), timedelta(days=1), timedelta(hours=2)
EARLIER = STARTS - WEEK - DAY
"""Nothing is due before, so one look covers it."""


@pytest.fixture
async def cast(cast: Cast) -> Cast:
    await plan_messages(NOW)
    return cast


async def plan_messages(now: datetime) -> int:
    return await queue_due_messages(now, ZONE)


async def plan_until(end: datetime, step: timedelta = timedelta(hours=1), start: datetime = EARLIER) -> None:
    moment = start
    while moment < end:
        moment = min(end, moment + step)
        await plan_messages(moment)


async def message_rows(*kinds: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (
        await Message.select(
            Message.kind, Message.due, Message.state, Message.facts, Message.occurrence, Message.recipient.name
        )
        .where(Message.kind.is_in(list(kinds) or ["reminder"]))
        .order_by(Message.due)
    )
    return rows


async def due_moments(*kinds: str) -> list[tuple[datetime, str]]:
    return [(row["due"], row["state"]) for row in await message_rows(*kinds)]


async def schedule_meeting(cast: Cast, **facts: Any) -> UUID:
    return await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, **facts), NOW)


async def test_each_person_has_a_reminder_a_week_a_day_and_two_hours_before(cast: Cast) -> None:
    await schedule_meeting(cast)
    await plan_until(STARTS)
    assert Counter(row["recipient.name"] for row in await message_rows()) == {"Coordinator": 3, "Fbi lead": 3}
    assert {due for due, _ in await due_moments()} == {STARTS - WEEK, STARTS - DAY, STARTS - HOURS}


async def test_planning_again_makes_no_second_reminder(cast: Cast) -> None:
    await schedule_meeting(cast)
    assert await plan_messages(STARTS - WEEK) == 2
    assert await plan_messages(STARTS - WEEK) == 0
    assert await plan_messages(STARTS - WEEK + timedelta(seconds=15)) == 0


async def test_the_first_look_ever_reminds_of_nothing(database: Engine) -> None:
    cast = await people_of_the_task_force()
    await schedule_meeting(cast)
    assert await plan_messages(STARTS - HOURS) == 0


async def test_a_clock_that_is_set_back_makes_no_second_reminder_and_loses_none(cast: Cast) -> None:
    await schedule_meeting(cast)
    await plan_messages(STARTS - WEEK)
    assert await plan_messages(STARTS - WEEK - timedelta(hours=1)) == 0
    await plan_until(STARTS, start=STARTS - WEEK - timedelta(hours=1))
    assert Counter(due for due, _ in await due_moments()) == {STARTS - WEEK: 2, STARTS - DAY: 2, STARTS - HOURS: 2}


async def test_a_date_that_moves_is_reminded_of_at_its_new_time(cast: Cast) -> None:
    rule = rule_for_choice("monthly_nth", meeting().starts, count=3)
    event_id = await schedule_meeting(cast, rule=rule)
    change = DateChange(starts=datetime(2027, 1, 14, 13), duration=timedelta(minutes=90))
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-01-12", change, 1, NOW, notify=Notify.ALL)
    await plan_until(datetime(2027, 1, 14, 19, tzinfo=UTC))
    moved = datetime(2027, 1, 14, 19, tzinfo=UTC)
    assert {due for due, _ in await due_moments()} == {moved - WEEK, moved - DAY, moved - HOURS}


async def test_a_canceled_date_is_not_reminded_of(cast: Cast) -> None:
    event_id = await schedule_meeting(cast, rule=rule_for_choice("monthly_nth", meeting().starts, count=3))
    await occurrences.cancel_occurrence(cast.coordinator, event_id, "2027-01-12", 1, "", NOW)
    await plan_until(STARTS, timedelta(days=1))
    assert await due_moments() == []


async def test_a_draft_is_not_reminded_of(cast: Cast) -> None:
    await schedule_meeting(cast, status=EventStatus.DRAFT)
    await plan_until(STARTS, timedelta(days=1))
    assert await due_moments() == []


async def test_a_tentative_event_is_reminded_of(cast: Cast) -> None:
    await schedule_meeting(cast, status=EventStatus.TENTATIVE)
    assert await plan_messages(STARTS - WEEK) == 2


async def test_who_declined_is_not_reminded_and_the_others_are(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    await replies.record_own_reply(
        cast.fbi_lead, event_id, "2027-01-12", ReplyValue.DECLINED, "", NOW, for_series=False
    )
    await plan_messages(STARTS - WEEK)
    assert [row["recipient.name"] for row in await message_rows()] == ["Coordinator"]


async def test_someone_invited_later_has_the_reminders_that_are_left(cast: Cast) -> None:
    event_id = await schedule_meeting(cast)
    await plan_messages(STARTS - WEEK)
    event, as_it_is = await scheduling.plan_to_change(cast.coordinator, event_id)
    more = {**as_it_is.invitees, **meeting(cast.caht_lead).invitees}
    as_it_will_be = replace(as_it_is, invitees=more)
    await scheduling.change_event(cast.coordinator, event_id, as_it_will_be, event.version, NOW)
    await plan_until(STARTS, start=STARTS - WEEK)
    assert sum(row["recipient.name"] == "Caht lead" for row in await message_rows()) == 2


async def test_after_an_outage_each_person_gets_the_latest_reminder_of_a_date_and_it_says_that_it_is_late(
    cast: Cast,
) -> None:
    await schedule_meeting(cast)
    await plan_messages(STARTS - timedelta(minutes=90))
    rows = [row for row in await message_rows() if row["recipient.name"] == "Fbi lead"]
    assert [(row["due"], row["state"]) for row in rows] == [
        (STARTS - WEEK, "superseded"),
        (STARTS - DAY, "superseded"),
        (STARTS - HOURS, "pending"),
    ]
    assert '"is_late":true' in rows[-1]["facts"]


async def test_after_an_outage_the_reminders_of_what_began_are_recorded_as_too_late(cast: Cast) -> None:
    await schedule_meeting(cast)
    await plan_messages(STARTS)
    assert Counter(state for _, state in await due_moments()) == {"too_late": 6}


async def test_after_an_outage_the_audit_log_says_what_was_caught_up(cast: Cast) -> None:
    await schedule_meeting(cast)
    await plan_messages(STARTS)
    [entry] = await AuditEntry.select(AuditEntry.source, AuditEntry.facts).where(AuditEntry.verb == "caught_up")
    assert (entry["source"], '"too_late": 6' in entry["facts"]) == ("clock", True)


async def test_a_reminder_that_could_not_be_sent_gives_way_to_the_next(cast: Cast) -> None:
    await schedule_meeting(cast)
    await plan_until(STARTS - DAY)
    assert Counter(await due_moments()) == {(STARTS - WEEK, "superseded"): 2, (STARTS - DAY, "pending"): 2}


async def test_a_weekly_date_in_the_doubled_hour_is_reminded_of_once(cast: Cast) -> None:
    start = datetime(2027, 10, 31, 1, 30)
    await schedule_meeting(cast, starts=start, rule=rule_for_choice("weekly", start, count=3))
    await plan_until(datetime(2027, 11, 8, tzinfo=UTC), timedelta(minutes=30), datetime(2027, 10, 30, tzinfo=UTC))
    second = datetime(2027, 11, 7, 6, 30, tzinfo=UTC)
    own_dues = [row["due"] for row in await message_rows() if row["recipient.name"] == "Fbi lead"]
    assert Counter(own_dues)[second - HOURS] == 1
    assert max(Counter(own_dues).values()) == 1


async def test_three_days_off_with_forty_dates_over_and_twenty_ahead(cast: Cast) -> None:
    """Fault test FT10."""
    back = NOW + timedelta(days=3)
    for number in range(60):
        ahead = timedelta(hours=1.5) if number >= 40 else -timedelta(hours=1)
        start = (back + ahead).astimezone(UTC) - timedelta(hours=6)
        await scheduling.schedule_event(
            cast.coordinator, meeting(starts=start.replace(tzinfo=None), title=f"{number}"), NOW
        )
    await plan_messages(back)
    assert Counter(state for _, state in await due_moments()) == {"too_late": 80, "pending": 20, "superseded": 20}


async def test_planning_asks_as_often_for_many_people_and_dates_as_for_few(sqlite_cast: Cast) -> None:
    few, many = (sqlite_cast.fbi_lead,), everyone(sqlite_cast)
    asked = []
    for day, (people, dates) in enumerate([(few, 1), (many, 20)]):
        starts = datetime(2027, 1, 12 + day, 10)
        for _ in range(dates):
            await scheduling.schedule_event(sqlite_cast.coordinator, meeting(*people, starts=starts), NOW)
        due = STARTS - WEEK + day * DAY
        await plan_messages(due - timedelta(minutes=1))
        with noted() as statements:
            assert await plan_messages(due) == dates * (1 + len(people))
        asked.append(len(statements))
    assert asked[0] == asked[1]


KEY = "2027-01-12"


async def test_who_has_not_replied_is_asked_five_and_two_days_before(cast: Cast) -> None:
    event_id = await schedule_with_asks(cast)
    await queue_at(STARTS - FIVE_DAYS)
    await replies.record_own_reply(cast.fbi_lead, event_id, KEY, ReplyValue.ACCEPTED, "", NOW, for_series=False)
    await queue_at(STARTS - TWO_DAYS, STARTS)
    assert await queued_follow_ups() == [
        ("Fbi lead", STARTS - FIVE_DAYS),
        ("Hsi liaison", STARTS - FIVE_DAYS),
        ("Hsi liaison", STARTS - TWO_DAYS),
    ]


async def test_an_event_chooses_the_days_on_which_it_asks(cast: Cast) -> None:
    await schedule_with_asks(cast, timedelta(days=14))
    await queue_at(STARTS - timedelta(days=14), STARTS - FIVE_DAYS, STARTS - TWO_DAYS)
    assert {due for _, due in await queued_follow_ups()} == {STARTS - timedelta(days=14)}


async def test_an_event_that_does_not_ask_again_asks_no_one(cast: Cast) -> None:
    await schedule_with_asks(cast, reminders=ReminderPolicy())
    await queue_at(STARTS - FIVE_DAYS, STARTS - TWO_DAYS)
    assert await queued_follow_ups() == []


async def test_after_a_click_no_one_is_asked_for_two_days_and_the_reverse(cast: Cast) -> None:
    event_id = await schedule_with_asks(cast)
    await nudge_people(cast.coordinator, event_id, KEY, STARTS - FIVE_DAYS - timedelta(hours=47), ZONE)
    await queue_at(STARTS - FIVE_DAYS, STARTS - TWO_DAYS)
    assert [name for name, due in await queued_follow_ups() if due == STARTS - FIVE_DAYS] == []
    assert [name for name, due in await queued_follow_ups() if due == STARTS - TWO_DAYS] == ["Fbi lead", "Hsi liaison"]
    with pytest.raises(Conflict):
        await nudge_people(cast.coordinator, event_id, KEY, STARTS - timedelta(days=1), ZONE)


async def test_looking_again_asks_no_one_twice(cast: Cast) -> None:
    await schedule_with_asks(cast)
    await queue_at(
        STARTS - FIVE_DAYS, STARTS - FIVE_DAYS + timedelta(seconds=15), STARTS - FIVE_DAYS + timedelta(hours=1)
    )
    assert len(await queued_follow_ups()) == 2


async def test_after_an_outage_each_is_asked_once_and_not_at_all_when_it_began(cast: Cast) -> None:
    await schedule_with_asks(cast)
    await queue_at(STARTS - timedelta(hours=5))
    assert len(await queued_follow_ups()) == 2
    await schedule_with_asks(cast, starts=datetime(2027, 1, 20, 10))
    await queue_at(STARTS + timedelta(days=9))
    assert len(await queued_follow_ups()) == 2


async def test_of_a_series_only_the_next_date_asks(cast: Cast) -> None:
    await schedule_with_asks(
        cast, starts=datetime(2027, 1, 12, 10), rule=rule_for_choice("daily", meeting().starts, count=5)
    )
    await queue_at(STARTS - TWO_DAYS)
    assert len(await queued_follow_ups()) == 2


async def test_a_deadline_asks_for_no_reply(cast: Cast) -> None:
    await schedule_with_asks(cast, kind=Kind.DEADLINE)
    await queue_at(STARTS - FIVE_DAYS)
    assert await queued_follow_ups() == []


async def test_in_quiet_hours_it_waits_for_their_end_by_hand_too(cast: Cast) -> None:
    await preferences.save_preferences(cast.fbi_lead, Preferences(quiet=(time(9), time(12))), NOW)
    event_id = await schedule_with_asks(cast)
    await queue_at(STARTS - FIVE_DAYS)
    noon = timedelta(hours=2)
    assert await queued_follow_ups() == [("Hsi liaison", STARTS - FIVE_DAYS), ("Fbi lead", STARTS - FIVE_DAYS + noon)]
    await nudge_people(cast.coordinator, event_id, KEY, STARTS - TWO_DAYS, ZONE)
    assert (await queued_follow_ups())[2:] == [
        ("Hsi liaison", STARTS - TWO_DAYS + UNDO_FOR),
        ("Fbi lead", STARTS - TWO_DAYS + noon),
    ]


async def schedule_asking_after(cast: Cast, *days: int, **facts: Any) -> UUID:
    policy = ReminderPolicy(asks_after=frozenset(timedelta(days=one) for one in days))
    return await schedule_with_asks(cast, **{"reminders": policy, **facts})


async def plan_each_morning(first: int, last: int) -> None:
    for day in range(first, last + 1):
        await queue_at(*(datetime(2027, 1, day, hour, 0, 5, tzinfo=UTC) for hour in (13, 14, 20)))


def morning_of(day: int) -> datetime:
    return datetime(2027, 1, day, 14, tzinfo=UTC)  # 8:00 AM


@pytest.mark.both_engines
async def test_people_are_asked_again_some_days_after_their_own_invitation_was_sent(cast: Cast) -> None:
    event_id = await schedule_asking_after(cast, 2, 5)
    await mark_invitations_sent(
        cast.fbi_lead, at=datetime(2027, 1, 2, 5, 30, tzinfo=UTC)
    )  # still January 1 in Kansas City
    await mark_invitations_sent(cast.hsi_liaison, at=datetime(2027, 1, 2, 15, tzinfo=UTC))
    await plan_each_morning(2, 4)
    await replies.record_own_reply(cast.hsi_liaison, event_id, KEY, ReplyValue.ACCEPTED, "", NOW, for_series=False)
    await plan_each_morning(5, 12)
    assert await queued_follow_ups() == [
        ("Fbi lead", morning_of(3)),
        ("Hsi liaison", morning_of(4)),
        ("Fbi lead", morning_of(6)),
    ]


async def test_an_event_says_how_many_have_not_replied_and_when_the_next_follow_up_goes(cast: Cast) -> None:
    event_id = await schedule_asking_after(cast, 2, 5)
    await mark_invitations_sent(cast.fbi_lead, at=morning_of(2))
    await mark_invitations_sent(cast.hsi_liaison, at=morning_of(3))

    async def said(at: datetime, viewer: Viewer = cast.coordinator) -> str | None:
        next_request = await next_follow_up(viewer, await date_seen_by(viewer, event_id, KEY), at)
        return next_request.words(ZONE) if next_request else None

    assert (
        await said(morning_of(3))
        == "2 people haven’t replied. The next follow-up goes out Monday, January 4, to 1 of them."
    )
    await replies.record_own_reply(cast.fbi_lead, event_id, KEY, ReplyValue.ACCEPTED, "", NOW, for_series=False)
    assert await said(morning_of(3)) == "1 person hasn’t replied. The next follow-up goes out Tuesday, January 5."
    await nudge_people(cast.coordinator, event_id, KEY, morning_of(5), ZONE)
    assert await said(morning_of(5)) == "1 person hasn’t replied. The next follow-up goes out Friday, January 8."
    assert await said(morning_of(9)) == "1 person hasn’t replied. No follow-ups are planned."
    assert await said(morning_of(3), cast.hsi_liaison) is None
    await replies.record_own_reply(cast.hsi_liaison, event_id, KEY, ReplyValue.ACCEPTED, "", NOW, for_series=False)
    assert await said(morning_of(3)) is None


async def test_a_follow_up_that_waits_for_the_end_of_quiet_hours_is_the_next(cast: Cast) -> None:
    await preferences.save_preferences(cast.fbi_lead, Preferences(quiet=(time(9), time(12))), NOW)
    event_id = await schedule_with_asks(cast, TWO_DAYS)
    await queue_at(STARTS - TWO_DAYS)
    date = await date_seen_by(cast.coordinator, event_id, KEY)
    next_request = await next_follow_up(cast.coordinator, date, STARTS - TWO_DAYS + timedelta(minutes=1))
    assert next_request
    assert (next_request.at, next_request.people) == (STARTS - TWO_DAYS + timedelta(hours=2), 1)
    next_request = await next_follow_up(cast.coordinator, date, STARTS - timedelta(days=1))
    assert next_request
    assert next_request.at is None


async def test_an_invitation_that_was_not_sent_or_came_back_is_not_followed_up(cast: Cast) -> None:
    await schedule_asking_after(cast, 2)
    await mark_invitations_sent(cast.fbi_lead, at=morning_of(2))
    await Message.update({Message.bounced_at: morning_of(2)}).where(Message.recipient == cast.fbi_lead.member_id)
    await plan_each_morning(2, 12)
    assert await queued_follow_ups() == []


async def test_a_new_invitation_starts_the_days_again(cast: Cast) -> None:
    event_id = await schedule_asking_after(cast, 2)
    await mark_invitations_sent(cast.fbi_lead, at=morning_of(2))
    event, known = await scheduling.plan_to_change(cast.coordinator, event_id)
    for number, invitees in enumerate(({}, known.invitees)):
        await scheduling.change_event(
            cast.coordinator,
            event_id,
            replace(known, invitees=invitees),
            event.version + number,
            NOW + timedelta(minutes=number),
            notify=Notify.ALL,
        )
    newest = await Message.select(Message.id).where(
        (Message.kind == "invitation") & (Message.recipient == cast.fbi_lead.member_id) & (Message.state == "pending")
    )
    await Message.update({Message.state: "sent", Message.sent_at: morning_of(3)}).where(Message.id == newest[-1]["id"])
    await plan_each_morning(2, 12)
    assert [due for name, due in await queued_follow_ups() if name == "Fbi lead"] == [morning_of(5)]


async def test_follow_ups_of_both_kinds_on_one_day_make_one_email(cast: Cast) -> None:
    policy = ReminderPolicy(asks_before=frozenset({FIVE_DAYS}), asks_after=frozenset({TWO_DAYS}))
    await schedule_with_asks(cast, reminders=policy)
    await mark_invitations_sent(cast.fbi_lead, cast.hsi_liaison, at=morning_of(5))
    await plan_each_morning(5, 12)
    assert await queued_follow_ups() == [("Fbi lead", morning_of(7)), ("Hsi liaison", morning_of(7))]


async def test_no_follow_up_after_an_invitation_comes_once_the_date_has_begun(cast: Cast) -> None:
    await schedule_asking_after(cast, 2)
    await mark_invitations_sent(cast.fbi_lead, at=morning_of(11))
    await plan_each_morning(11, 20)
    assert await queued_follow_ups() == []


async def test_of_a_series_the_next_date_is_followed_up(cast: Cast) -> None:
    await schedule_asking_after(cast, 2, 5, rule=rule_for_choice("weekly", meeting().starts, count=3))
    await mark_invitations_sent(cast.fbi_lead, at=morning_of(10))
    await plan_each_morning(10, 20)
    dates = await Message.select(Message.occurrence.starts_at).where(Message.kind == "no_reply").order_by(Message.due)
    assert [one["occurrence.starts_at"] for one in dates] == [STARTS, STARTS + timedelta(days=7)]


async def test_in_quiet_hours_a_follow_up_after_the_invitation_waits_for_their_end(cast: Cast) -> None:
    await preferences.save_preferences(cast.fbi_lead, Preferences(quiet=(time(20), time(8, 30))), NOW)
    await schedule_asking_after(cast, 2)
    await mark_invitations_sent(cast.fbi_lead, at=morning_of(4))
    await plan_each_morning(4, 12)
    assert await queued_follow_ups() == [("Fbi lead", morning_of(6) + timedelta(minutes=30))]


async def test_after_an_outage_one_follow_up_after_the_invitation_is_made_up_for(cast: Cast) -> None:
    await schedule_asking_after(cast, 2, 5)
    await mark_invitations_sent(cast.fbi_lead, at=morning_of(2))
    await queue_at(morning_of(3), morning_of(8))
    assert [name for name, _ in await queued_follow_ups()] == ["Fbi lead"]


async def test_who_was_not_asked_by_hand_is_asked_on_the_day_although_others_rest(cast: Cast) -> None:
    event_id = await schedule_with_asks(cast)
    await nudge_people(cast.coordinator, event_id, KEY, STARTS - FIVE_DAYS - timedelta(hours=3), ZONE)
    event, known = await scheduling.plan_to_change(cast.coordinator, event_id)
    more = replace(known, invitees={**known.invitees, cast.caht_lead.member_id: AttendeeRole.REQUIRED})
    await scheduling.change_event(
        cast.coordinator, event_id, more, event.version, STARTS - FIVE_DAYS - timedelta(hours=2), notify=Notify.ALL
    )
    await queue_at(STARTS - FIVE_DAYS)
    assert [name for name, due in await queued_follow_ups() if due == STARTS - FIVE_DAYS] == ["Caht lead"]


FIRST_DATE, SECOND_DATE = "2027-01-12", "2027-01-19"  # at 10:00 AM, and from then on at 9:00 AM
TWO, TEN = timedelta(days=2), timedelta(days=10)
A_WEEK_BEFORE = datetime(2027, 1, 5, 18, tzinfo=UTC)
SECOND_ASKS = datetime(2027, 1, 9, 15, tzinfo=UTC)  # ten days before the second date, and a day before the next one
FIRST_ASKS = datetime(2027, 1, 10, 16, tzinfo=UTC)  # two days before the first date


async def split_series(
    cast: Cast, seen_by: Visibility = Visibility.ALL, then_by: Visibility = Visibility.ALL
) -> tuple[UUID, UUID]:
    """Return a series that asks two and ten days before a date, and the one that continues it a week later."""
    rule = rule_for_choice("weekly", meeting().starts, count=2)
    event_id = await schedule_with_asks(cast, TWO, TEN, rule=rule, visibility=seen_by)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    onward = replace(plan_from_start(plan, datetime(2027, 1, 19, 9)), visibility=then_by)
    return event_id, await series_split.change_from_date_on(
        cast.coordinator, event_id, SECOND_DATE, onward, event.version, NOW, reauthenticated_at=NOW
    )


async def planned_requests(viewer: Viewer, at: datetime) -> list[tuple[str, datetime]]:
    every = await reminders.reminders_ahead(viewer, at)
    return sorted((to.name, one.at) for one in every if one.kind is MessageKind.NO_REPLY for to in one.people)


async def plan_every_hour(after: datetime, hours: int) -> None:
    for hour in range(hours):
        await queue_due_messages(after + timedelta(hours=hour), ZONE)


@pytest.mark.both_engines
async def test_no_one_is_asked_about_the_two_halves_of_a_split_series_within_two_days(cast: Cast) -> None:
    await split_series(cast)
    await queue_due_messages(A_WEEK_BEFORE, ZONE)
    before = await queued_follow_ups()
    expected = await planned_requests(cast.coordinator, A_WEEK_BEFORE)
    assert {at for _, at in expected} == {SECOND_ASKS, datetime(2027, 1, 17, 15, tzinfo=UTC)}
    await plan_every_hour(A_WEEK_BEFORE, 14 * 24)
    sent = [one for one in await queued_follow_ups() if one not in before]
    assert sorted(sent) == expected


async def test_the_page_of_a_date_counts_what_is_asked_about_the_other_half(sqlite_cast: Cast) -> None:
    event_id, onward_id = await split_series(sqlite_cast)
    first = await date_seen_by(sqlite_cast.coordinator, event_id, FIRST_DATE)
    next_request = await next_follow_up(sqlite_cast.coordinator, first, A_WEEK_BEFORE)
    assert next_request
    assert (next_request.silent, next_request.at) == (2, None)
    second = await date_seen_by(sqlite_cast.coordinator, onward_id, SECOND_DATE)
    next_request = await next_follow_up(sqlite_cast.coordinator, second, A_WEEK_BEFORE)
    assert next_request
    assert (next_request.at, next_request.people) == (SECOND_ASKS, 2)


async def test_a_reminder_by_hand_about_one_half_holds_back_the_follow_up_about_the_other(cast: Cast) -> None:
    event_id, _ = await split_series(cast)
    by_hand = SECOND_ASKS - timedelta(hours=3)
    await queue_due_messages(A_WEEK_BEFORE, ZONE)
    await nudge_people(cast.coordinator, event_id, FIRST_DATE, by_hand, ZONE)
    assert SECOND_ASKS not in {at for _, at in await planned_requests(cast.coordinator, by_hand)}
    await queue_due_messages(SECOND_ASKS, ZONE)
    assert SECOND_ASKS not in {at for _, at in await queued_follow_ups()}


async def test_an_invitation_to_one_half_is_the_last_email_that_asked_about_the_other(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    _, onward_id = await split_series(cast)
    await mark_invitations_sent(cast.fbi_lead, cast.hsi_liaison, at=A_WEEK_BEFORE)
    await Message.update({Message.sent_at: NOW}).where(Message.event == onward_id)
    date = await date_seen_by(cast.coordinator, onward_id, SECOND_DATE)
    nudges = await nudges_of_date(cast.coordinator, date, A_WEEK_BEFORE + timedelta(hours=1))
    assert nudges
    assert (nudges.asked, set(nudges.last_asked.values())) == ((), {A_WEEK_BEFORE})


@pytest.mark.both_engines
async def test_halves_that_other_people_may_see_are_chains_of_their_own(cast: Cast) -> None:
    event_id, onward_id = await split_series(cast)
    assert len(set((await chains_of_events([onward_id])).values())) == 1
    assert (await chains_of_events([onward_id])).keys() == {event_id, onward_id}
    named, apart = await split_series(cast, Visibility.NAMED, Visibility.ALL)
    assert (await chains_of_events([apart])).keys() == {apart}
    chains = await chains_of_events([apart, named])
    assert (chains.keys(), len(set(chains.values()))) == ({apart, named}, 2)


READERS = [
    partial(due.newest_invitation_times, since=NOW),
    due.newest_invitations,
    partial(due.requests_since, since=NOW),
]


@pytest.mark.parametrize("count", [1, 3, 40])
@pytest.mark.parametrize("reader", READERS, ids=["invited", "invitations", "nudged"])
async def test_messages_are_found_by_their_event(
    sqlite_database: SQLiteEngine, reader: Callable[[Collection[UUID]], Awaitable[Any]], count: int
) -> None:
    with noted() as statements:
        await reader([uuid4() for _ in range(count)])
    [(text, values)] = statements
    plan = await sqlite_database.run_alone(f"EXPLAIN QUERY PLAN {text}", values, is_pooled=False)
    details = [row["detail"] for row in plan if "message_" in row["detail"]]
    assert details
    assert all("INDEX message_event (event=?" in one for one in details)
