"""Who is asked again when an event changes as a whole, and which replies hold."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.cast import NOW, Cast, meeting
from tracker.rules.events.plans import DateChange, Plan
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.usecases.events import occurrences, replies, scheduling
from tracker.usecases.views import event_page

START = datetime(2027, 1, 12, 10)
FIRST, SECOND = "2027-01-12", "2027-01-19"
LATER = NOW + timedelta(hours=1)
YES, OPEN = ReplyValue.ACCEPTED, ReplyValue.NEEDS_ACTION


async def replied(cast: Cast, *, for_series: bool, **facts: Any) -> UUID:
    """Schedule an event to which the FBI's lead says yes, for its first date or for all."""
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, **facts), NOW)
    await replies.record_own_reply(cast.fbi_lead, event_id, FIRST, YES, "", NOW, for_series=for_series)
    return event_id


def weekly(*weekdays: int) -> Any:
    return rule_for_choice("weekly", START, count=4, weekdays=weekdays)


async def change(cast: Cast, event_id: UUID, now: datetime = LATER, **facts: Any) -> None:
    event = await scheduling.event_seen_by(cast.coordinator, event_id)
    plan: Plan = meeting(cast.fbi_lead, **facts)
    await scheduling.change_event(cast.coordinator, event_id, plan, event.version, now)


async def reply_to(cast: Cast, event_id: UUID, key: str) -> ReplyValue:
    given = (await event_page.view_event(cast.fbi_lead, event_id, key, LATER)).reply
    return given.value if given else OPEN


@pytest.mark.parametrize("for_series", [True, False])
async def test_a_single_event_that_moves_to_another_day_asks_everybody_again(cast: Cast, *, for_series: bool) -> None:
    event_id = await replied(cast, for_series=for_series)
    await change(cast, event_id, starts=START + timedelta(days=7))
    assert await reply_to(cast, event_id, SECOND) is OPEN


@pytest.mark.parametrize("for_series", [True, False])
async def test_another_place_asks_everybody_again(cast: Cast, *, for_series: bool) -> None:
    event_id = await replied(cast, for_series=for_series)
    await change(cast, event_id, place="FBI field office")
    assert await reply_to(cast, event_id, FIRST) is OPEN


async def test_half_an_hour_and_a_new_title_ask_nobody(cast: Cast) -> None:
    event_id = await replied(cast, for_series=False)
    await change(cast, event_id, starts=START + timedelta(minutes=30), title="Another title")
    assert await reply_to(cast, event_id, FIRST) is YES


@pytest.mark.parametrize("for_series", [True, False])
@pytest.mark.parametrize("minutes", [30, 45])
async def test_a_series_that_moves_by_less_than_an_hour_asks_nobody(
    cast: Cast, minutes: int, *, for_series: bool
) -> None:
    event_id = await replied(cast, for_series=for_series, rule=weekly(1))
    await change(cast, event_id, rule=weekly(1), starts=START + timedelta(minutes=minutes))
    assert await reply_to(cast, event_id, FIRST) is YES
    assert await reply_to(cast, event_id, SECOND) is (YES if for_series else OPEN)


@pytest.mark.parametrize("for_series", [True, False])
async def test_a_series_that_moves_by_an_hour_asks_everybody(cast: Cast, *, for_series: bool) -> None:
    event_id = await replied(cast, for_series=for_series, rule=weekly(1))
    await change(cast, event_id, rule=weekly(1), starts=START + timedelta(hours=1))
    assert [await reply_to(cast, event_id, key) for key in (FIRST, SECOND)] == [OPEN, OPEN]


@pytest.mark.parametrize("for_series", [True, False])
async def test_a_rule_that_changes_keeps_the_replies_to_dates_that_stay(cast: Cast, *, for_series: bool) -> None:
    event_id = await replied(cast, for_series=for_series, rule=weekly(1))
    await change(cast, event_id, rule=weekly(1, 3))
    assert await reply_to(cast, event_id, FIRST) is YES
    assert await reply_to(cast, event_id, "2027-01-14") is OPEN


async def test_what_was_replied_to_one_date_alone_holds_when_the_rest_is_asked_again(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await replied(sqlite_cast, for_series=False, rule=weekly(1))
    await replies.record_own_reply(cast.fbi_lead, event_id, SECOND, ReplyValue.DECLINED, "", NOW, for_series=False)
    a_minute_later = NOW + timedelta(minutes=1)
    await replies.record_own_reply(cast.fbi_lead, event_id, "2027-01-26", YES, "", a_minute_later, for_series=True)
    await change(cast, event_id, rule=weekly(1, 3))
    assert await reply_to(cast, event_id, SECOND) is ReplyValue.DECLINED


async def test_another_place_leaves_what_has_begun_as_it_was_replied(cast: Cast) -> None:
    event_id = await replied(cast, for_series=True, rule=weekly(1))
    await change(cast, event_id, datetime.fromisoformat("2027-01-13T15:00+00:00"), rule=weekly(1), place="FBI")
    assert await reply_to(cast, event_id, FIRST) is YES
    assert await reply_to(cast, event_id, SECOND) is OPEN


async def test_a_date_with_a_place_of_its_own_is_not_asked_again_for_the_place_of_the_series(cast: Cast) -> None:
    event_id = await replied(cast, for_series=False, rule=weekly(1))
    elsewhere = DateChange(starts=START, duration=timedelta(minutes=90), place="Court house")
    await occurrences.change_occurrence(cast.coordinator, event_id, FIRST, elsewhere, 1, LATER)
    soon = LATER + timedelta(minutes=5)
    await replies.record_own_reply(cast.fbi_lead, event_id, FIRST, YES, "", soon, for_series=False)
    await change(cast, event_id, soon, rule=weekly(1), place="FBI field office")
    assert await reply_to(cast, event_id, FIRST) is YES


async def test_yes_to_all_dates_is_yes_to_one_that_was_asked_again(cast: Cast) -> None:
    event_id = await replied(cast, for_series=True, rule=weekly(1))
    moved = DateChange(starts=START + timedelta(days=9), duration=timedelta(minutes=90))
    await occurrences.change_occurrence(cast.coordinator, event_id, SECOND, moved, 1, LATER)
    assert await reply_to(cast, event_id, SECOND) is OPEN
    await replies.record_own_reply(cast.fbi_lead, event_id, FIRST, YES, "", LATER + timedelta(hours=1), for_series=True)
    assert await reply_to(cast, event_id, SECOND) is YES
