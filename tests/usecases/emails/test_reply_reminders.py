"""Missing replies are asked for by themselves, as many days before as the event chose."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.cast import NOW, ZONE, Cast, meeting
from tracker.errors import Conflict
from tracker.rules.emails.nudges import UNDO_FOR
from tracker.rules.emails.preferences import Preferences
from tracker.rules.events.event import Kind
from tracker.rules.events.notifications import Notify
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.rules.recurrence import rule_for
from tracker.rules.roster.reminder_policy import ReminderPolicy
from tracker.tables.schema.core.outbox import Message
from tracker.usecases.emails import preferences
from tracker.usecases.emails.nudges import nudge
from tracker.usecases.emails.reminders import queue_due
from tracker.usecases.events import events, replies

pytestmark = pytest.mark.anyio

KEY = "2027-01-12"
STARTS = datetime(2027, 1, 12, 16, tzinfo=UTC)  # 10:00 AM
FIVE, TWO = timedelta(days=5), timedelta(days=2)


@pytest.fixture
async def cast(cast: Cast) -> Cast:
    await queue_due(NOW, ZONE)
    return cast


async def scheduled(cast: Cast, *asks_before: timedelta, **facts: Any) -> UUID:
    policy = ReminderPolicy(asks_before=frozenset(asks_before or (FIVE, TWO)))
    plan = meeting(cast.fbi_lead, cast.hsi_liaison, **{"reminders": policy, **facts})
    return await events.schedule(cast.coordinator, plan, NOW)


async def asked() -> list[tuple[str, datetime]]:
    found = (
        await Message.select(Message.recipient.name, Message.due)
        .where(Message.kind == "no_reply")
        .order_by(Message.due, Message.recipient.name)
    )
    return [(row["recipient.name"], row["due"]) for row in found]


async def plan(*moments: datetime) -> None:
    for moment in moments:
        await queue_due(moment, ZONE)


async def test_who_has_not_replied_is_asked_five_and_two_days_before(cast: Cast) -> None:
    event_id = await scheduled(cast)
    await plan(STARTS - FIVE)
    await replies.reply(cast.fbi_lead, event_id, KEY, ReplyValue.ACCEPTED, "", NOW, for_series=False)
    await plan(STARTS - TWO, STARTS)
    assert await asked() == [("Fbi lead", STARTS - FIVE), ("Hsi liaison", STARTS - FIVE), ("Hsi liaison", STARTS - TWO)]


async def test_an_event_chooses_the_days_on_which_it_asks(cast: Cast) -> None:
    await scheduled(cast, timedelta(days=14))
    await plan(STARTS - timedelta(days=14), STARTS - FIVE, STARTS - TWO)
    assert {due for _, due in await asked()} == {STARTS - timedelta(days=14)}


async def test_an_event_that_does_not_ask_again_asks_no_one(cast: Cast) -> None:
    await scheduled(cast, reminders=ReminderPolicy())
    await plan(STARTS - FIVE, STARTS - TWO)
    assert await asked() == []


async def test_after_a_click_nobody_is_asked_for_two_days_and_the_other_way_round(cast: Cast) -> None:
    event_id = await scheduled(cast)
    await nudge(cast.coordinator, event_id, KEY, STARTS - FIVE - timedelta(hours=47), ZONE)
    await plan(STARTS - FIVE, STARTS - TWO)
    assert [name for name, due in await asked() if due == STARTS - FIVE] == []
    assert [name for name, due in await asked() if due == STARTS - TWO] == ["Fbi lead", "Hsi liaison"]
    with pytest.raises(Conflict):
        await nudge(cast.coordinator, event_id, KEY, STARTS - timedelta(days=1), ZONE)


async def test_looking_again_asks_nobody_twice(cast: Cast) -> None:
    await scheduled(cast)
    await plan(STARTS - FIVE, STARTS - FIVE + timedelta(seconds=15), STARTS - FIVE + timedelta(hours=1))
    assert len(await asked()) == 2


async def test_after_an_outage_each_is_asked_once_and_not_at_all_when_it_began(cast: Cast) -> None:
    await scheduled(cast)
    await plan(STARTS - timedelta(hours=5))
    assert len(await asked()) == 2
    await scheduled(cast, starts=datetime(2027, 1, 20, 10))
    await plan(STARTS + timedelta(days=9))
    assert len(await asked()) == 2


async def test_of_a_series_only_the_next_date_asks(cast: Cast) -> None:
    await scheduled(cast, starts=datetime(2027, 1, 12, 10), rule=rule_for("daily", meeting().starts, count=5))
    await plan(STARTS - TWO)
    assert len(await asked()) == 2


async def test_a_deadline_asks_for_no_reply(cast: Cast) -> None:
    await scheduled(cast, kind=Kind.DEADLINE)
    await plan(STARTS - FIVE)
    assert await asked() == []


async def test_in_quiet_hours_it_waits_for_their_end_by_hand_too(cast: Cast) -> None:
    await preferences.save(cast.fbi_lead, Preferences(quiet=(time(9), time(12))), NOW)
    event_id = await scheduled(cast)
    await plan(STARTS - FIVE)
    noon = timedelta(hours=2)
    assert await asked() == [("Hsi liaison", STARTS - FIVE), ("Fbi lead", STARTS - FIVE + noon)]
    await nudge(cast.coordinator, event_id, KEY, STARTS - TWO, ZONE)
    assert (await asked())[2:] == [("Hsi liaison", STARTS - TWO + UNDO_FOR), ("Fbi lead", STARTS - TWO + noon)]


async def test_who_was_not_asked_by_hand_is_asked_on_the_day_although_others_rest(cast: Cast) -> None:
    event_id = await scheduled(cast)
    await nudge(cast.coordinator, event_id, KEY, STARTS - FIVE - timedelta(hours=3), ZONE)
    event, known = await events.plan_to_change(cast.coordinator, event_id)
    more = replace(known, invitees={**known.invitees, cast.caht_lead.member_id: AttendeeRole.REQUIRED})
    await events.change(
        cast.coordinator, event_id, more, event.version, STARTS - FIVE - timedelta(hours=2), notify=Notify.ALL
    )
    await plan(STARTS - FIVE)
    assert [name for name, due in await asked() if due == STARTS - FIVE] == ["Caht lead"]
