"""A series and those that continue it are a chain: no one is asked about it twice within two days."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, meeting
from tests.usecases.emails.world import mark_invitations_sent, queued_follow_ups, schedule_with_asks
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.plans import plan_from_start
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.background.emails.due import chains_of_events
from tracker.tables.schema.core.tables import Message
from tracker.usecases.emails import reminders
from tracker.usecases.emails.follow_ups import next_follow_up
from tracker.usecases.emails.nudges import nudge_people, nudges_of_date
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.events import scheduling, series_split
from tracker.usecases.events.occurrences import date_seen_by

FIRST, SECOND = "2027-01-12", "2027-01-19"  # at 10:00 AM, and from then on at 9:00 AM
TWO, TEN = timedelta(days=2), timedelta(days=10)
A_WEEK_BEFORE = datetime(2027, 1, 5, 18, tzinfo=UTC)
SECOND_ASKS = datetime(2027, 1, 9, 15, tzinfo=UTC)  # ten days before the second date, and a day before the next one
FIRST_ASKS = datetime(2027, 1, 10, 16, tzinfo=UTC)  # two days before the first date


@pytest.fixture
async def cast(cast: Cast) -> Cast:
    await queue_due_messages(NOW, ZONE)
    return cast


async def split_series(
    cast: Cast, seen_by: Visibility = Visibility.ALL, then_by: Visibility = Visibility.ALL
) -> tuple[UUID, UUID]:
    """Return a series that asks two and ten days before a date, and the one that continues it a week later."""
    rule = rule_for_choice("weekly", meeting().starts, count=2)
    event_id = await schedule_with_asks(cast, TWO, TEN, rule=rule, visibility=seen_by)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    onward = replace(plan_from_start(plan, datetime(2027, 1, 19, 9)), visibility=then_by)
    return event_id, await series_split.change_from_date_on(
        cast.coordinator, event_id, SECOND, onward, event.version, NOW, reauthenticated_at=NOW
    )


async def planned(viewer: Viewer, at: datetime) -> list[tuple[str, datetime]]:
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
    expected = await planned(cast.coordinator, A_WEEK_BEFORE)
    assert {at for _, at in expected} == {SECOND_ASKS, datetime(2027, 1, 17, 15, tzinfo=UTC)}
    await plan_every_hour(A_WEEK_BEFORE, 14 * 24)
    sent = [one for one in await queued_follow_ups() if one not in before]
    assert sorted(sent) == expected


async def test_the_page_of_a_date_counts_what_is_asked_about_the_other_half(sqlite_cast: Cast) -> None:
    event_id, onward_id = await split_series(sqlite_cast)
    first = await date_seen_by(sqlite_cast.coordinator, event_id, FIRST)
    found = await next_follow_up(sqlite_cast.coordinator, first, A_WEEK_BEFORE)
    assert found
    assert (found.silent, found.at) == (2, None)
    second = await date_seen_by(sqlite_cast.coordinator, onward_id, SECOND)
    found = await next_follow_up(sqlite_cast.coordinator, second, A_WEEK_BEFORE)
    assert found
    assert (found.at, found.people) == (SECOND_ASKS, 2)


async def test_a_reminder_by_hand_about_one_half_holds_back_the_follow_up_about_the_other(cast: Cast) -> None:
    event_id, _ = await split_series(cast)
    by_hand = SECOND_ASKS - timedelta(hours=3)
    await queue_due_messages(A_WEEK_BEFORE, ZONE)
    await nudge_people(cast.coordinator, event_id, FIRST, by_hand, ZONE)
    assert SECOND_ASKS not in {at for _, at in await planned(cast.coordinator, by_hand)}
    await queue_due_messages(SECOND_ASKS, ZONE)
    assert SECOND_ASKS not in {at for _, at in await queued_follow_ups()}


async def test_an_invitation_to_one_half_is_the_last_email_that_asked_about_the_other(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    _, onward_id = await split_series(cast)
    await mark_invitations_sent(cast.fbi_lead, cast.hsi_liaison, at=A_WEEK_BEFORE)
    await Message.update({Message.sent_at: NOW}).where(Message.event == onward_id)
    date = await date_seen_by(cast.coordinator, onward_id, SECOND)
    found = await nudges_of_date(cast.coordinator, date, A_WEEK_BEFORE + timedelta(hours=1))
    assert found
    assert (found.asked, set(found.last_asked.values())) == ((), {A_WEEK_BEFORE})


@pytest.mark.both_engines
async def test_halves_that_other_people_may_see_are_chains_of_their_own(cast: Cast) -> None:
    event_id, onward_id = await split_series(cast)
    assert len(set((await chains_of_events([onward_id])).values())) == 1
    assert (await chains_of_events([onward_id])).keys() == {event_id, onward_id}
    named, apart = await split_series(cast, Visibility.NAMED, Visibility.ALL)
    assert (await chains_of_events([apart])).keys() == {apart}
    found = await chains_of_events([apart, named])
    assert (found.keys(), len(set(found.values()))) == ({apart, named}, 2)
