"""Missing replies are asked for by themselves, as many days before as the event chose."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, meeting
from tests.usecases.emails.world import (
    FIVE_DAYS,
    TWO_DAYS,
    mark_invitations_sent,
    queue_at,
    queued_follow_ups,
    schedule_with_asks,
)
from tracker.errors import Conflict
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.preferences import Preferences
from tracker.rules.emails.reminders import UNDO_FOR
from tracker.rules.events.events import Kind
from tracker.rules.events.notifications import Notify
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.roster.quorum import ReminderPolicy
from tracker.tables.schema.core.tables import Message
from tracker.usecases.emails import preferences
from tracker.usecases.emails.follow_ups import next_follow_up
from tracker.usecases.emails.nudges import nudge_people
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.events import replies, scheduling
from tracker.usecases.events.occurrences import date_seen_by

KEY = "2027-01-12"
STARTS = datetime(2027, 1, 12, 16, tzinfo=UTC)  # 10:00 AM


@pytest.fixture
async def cast(cast: Cast) -> Cast:
    await queue_due_messages(NOW, ZONE)
    return cast


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


async def test_after_a_click_nobody_is_asked_for_two_days_and_the_other_way_round(cast: Cast) -> None:
    event_id = await schedule_with_asks(cast)
    await nudge_people(cast.coordinator, event_id, KEY, STARTS - FIVE_DAYS - timedelta(hours=47), ZONE)
    await queue_at(STARTS - FIVE_DAYS, STARTS - TWO_DAYS)
    assert [name for name, due in await queued_follow_ups() if due == STARTS - FIVE_DAYS] == []
    assert [name for name, due in await queued_follow_ups() if due == STARTS - TWO_DAYS] == ["Fbi lead", "Hsi liaison"]
    with pytest.raises(Conflict):
        await nudge_people(cast.coordinator, event_id, KEY, STARTS - timedelta(days=1), ZONE)


async def test_looking_again_asks_nobody_twice(cast: Cast) -> None:
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


async def asking_after(cast: Cast, *days: int, **facts: Any) -> UUID:
    policy = ReminderPolicy(asks_after=frozenset(timedelta(days=one) for one in days))
    return await schedule_with_asks(cast, **{"reminders": policy, **facts})


async def plan_each_morning(first: int, last: int) -> None:
    for day in range(first, last + 1):
        await queue_at(*(datetime(2027, 1, day, hour, 0, 5, tzinfo=UTC) for hour in (13, 14, 20)))


def morning(day: int) -> datetime:
    return datetime(2027, 1, day, 14, tzinfo=UTC)  # 8:00 AM


@pytest.mark.both_engines
async def test_people_are_asked_again_some_days_after_their_own_invitation_was_sent(cast: Cast) -> None:
    event_id = await asking_after(cast, 2, 5)
    await mark_invitations_sent(
        cast.fbi_lead, at=datetime(2027, 1, 2, 5, 30, tzinfo=UTC)
    )  # still January 1 in Kansas City
    await mark_invitations_sent(cast.hsi_liaison, at=datetime(2027, 1, 2, 15, tzinfo=UTC))
    await plan_each_morning(2, 4)
    await replies.record_own_reply(cast.hsi_liaison, event_id, KEY, ReplyValue.ACCEPTED, "", NOW, for_series=False)
    await plan_each_morning(5, 12)
    assert await queued_follow_ups() == [
        ("Fbi lead", morning(3)),
        ("Hsi liaison", morning(4)),
        ("Fbi lead", morning(6)),
    ]


async def test_an_event_says_how_many_have_not_replied_and_when_the_next_follow_up_goes(cast: Cast) -> None:
    event_id = await asking_after(cast, 2, 5)
    await mark_invitations_sent(cast.fbi_lead, at=morning(2))
    await mark_invitations_sent(cast.hsi_liaison, at=morning(3))

    async def said(at: datetime, viewer: Viewer = cast.coordinator) -> str | None:
        found = await next_follow_up(viewer, await date_seen_by(viewer, event_id, KEY), at)
        return found.words(ZONE) if found else None

    assert (
        await said(morning(3))
        == "2 people haven’t replied. The next follow-up goes out Monday, January 4, to 1 of them."
    )
    await replies.record_own_reply(cast.fbi_lead, event_id, KEY, ReplyValue.ACCEPTED, "", NOW, for_series=False)
    assert await said(morning(3)) == "1 person hasn’t replied. The next follow-up goes out Tuesday, January 5."
    await nudge_people(cast.coordinator, event_id, KEY, morning(5), ZONE)
    assert await said(morning(5)) == "1 person hasn’t replied. The next follow-up goes out Friday, January 8."
    assert await said(morning(9)) == "1 person hasn’t replied. No follow-ups are planned."
    assert await said(morning(3), cast.hsi_liaison) is None
    await replies.record_own_reply(cast.hsi_liaison, event_id, KEY, ReplyValue.ACCEPTED, "", NOW, for_series=False)
    assert await said(morning(3)) is None


async def test_a_follow_up_that_waits_for_the_end_of_quiet_hours_is_the_next(cast: Cast) -> None:
    await preferences.save_preferences(cast.fbi_lead, Preferences(quiet=(time(9), time(12))), NOW)
    event_id = await schedule_with_asks(cast, TWO_DAYS)
    await queue_at(STARTS - TWO_DAYS)
    date = await date_seen_by(cast.coordinator, event_id, KEY)
    found = await next_follow_up(cast.coordinator, date, STARTS - TWO_DAYS + timedelta(minutes=1))
    assert found
    assert (found.at, found.people) == (STARTS - TWO_DAYS + timedelta(hours=2), 1)
    found = await next_follow_up(cast.coordinator, date, STARTS - timedelta(days=1))
    assert found
    assert found.at is None


async def test_an_invitation_that_was_not_sent_or_came_back_is_not_followed_up(cast: Cast) -> None:
    await asking_after(cast, 2)
    await mark_invitations_sent(cast.fbi_lead, at=morning(2))
    await Message.update({Message.bounced_at: morning(2)}).where(Message.recipient == cast.fbi_lead.member_id)
    await plan_each_morning(2, 12)
    assert await queued_follow_ups() == []


async def test_a_new_invitation_starts_the_days_again(cast: Cast) -> None:
    event_id = await asking_after(cast, 2)
    await mark_invitations_sent(cast.fbi_lead, at=morning(2))
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
    await Message.update({Message.state: "sent", Message.sent_at: morning(3)}).where(Message.id == newest[-1]["id"])
    await plan_each_morning(2, 12)
    assert [due for name, due in await queued_follow_ups() if name == "Fbi lead"] == [morning(5)]


async def test_follow_ups_of_both_kinds_on_one_day_make_one_email(cast: Cast) -> None:
    policy = ReminderPolicy(asks_before=frozenset({FIVE_DAYS}), asks_after=frozenset({TWO_DAYS}))
    await schedule_with_asks(cast, reminders=policy)
    await mark_invitations_sent(cast.fbi_lead, cast.hsi_liaison, at=morning(5))
    await plan_each_morning(5, 12)
    assert await queued_follow_ups() == [("Fbi lead", morning(7)), ("Hsi liaison", morning(7))]


async def test_no_follow_up_after_an_invitation_comes_once_the_date_has_begun(cast: Cast) -> None:
    await asking_after(cast, 2)
    await mark_invitations_sent(cast.fbi_lead, at=morning(11))
    await plan_each_morning(11, 20)
    assert await queued_follow_ups() == []


async def test_of_a_series_the_next_date_is_followed_up(cast: Cast) -> None:
    await asking_after(cast, 2, 5, rule=rule_for_choice("weekly", meeting().starts, count=3))
    await mark_invitations_sent(cast.fbi_lead, at=morning(10))
    await plan_each_morning(10, 20)
    dates = await Message.select(Message.occurrence.starts_at).where(Message.kind == "no_reply").order_by(Message.due)
    assert [one["occurrence.starts_at"] for one in dates] == [STARTS, STARTS + timedelta(days=7)]


async def test_in_quiet_hours_a_follow_up_after_the_invitation_waits_for_their_end(cast: Cast) -> None:
    await preferences.save_preferences(cast.fbi_lead, Preferences(quiet=(time(20), time(8, 30))), NOW)
    await asking_after(cast, 2)
    await mark_invitations_sent(cast.fbi_lead, at=morning(4))
    await plan_each_morning(4, 12)
    assert await queued_follow_ups() == [("Fbi lead", morning(6) + timedelta(minutes=30))]


async def test_after_an_outage_one_follow_up_after_the_invitation_is_made_up_for(cast: Cast) -> None:
    await asking_after(cast, 2, 5)
    await mark_invitations_sent(cast.fbi_lead, at=morning(2))
    await queue_at(morning(3), morning(8))
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
