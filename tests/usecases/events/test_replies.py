"""Replies and moves: people who said yes to one time are asked again for another."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import LINK, NOW, PROGRAM, Cast, meeting
from tracker.database import writing
from tracker.rules.core.viewers import ON_SITE, Origin, Viewer
from tracker.rules.events.plans import DateChange, Plan
from tracker.rules.events.replies import ReplySource, ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.background.events import invitees as new_replies
from tracker.tables.schema.events import Reply
from tracker.usecases.events import occurrences, replies, scheduling
from tracker.usecases.views import event_page

MINUTE = timedelta(minutes=1)
LATER = NOW + timedelta(hours=1)
MOVED = meeting().starts + timedelta(days=7)


async def move(cast: Cast, event_id: UUID) -> None:
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    await scheduling.change_event(cast.coordinator, event_id, replace(plan, starts=MOVED), event.version, LATER)


async def say(
    viewer: Viewer, event_id: UUID, value: ReplyValue, *, for_series: bool = False, after: timedelta = MINUTE
) -> None:
    date = await occurrences.nearest_date(viewer, event_id, NOW)
    now = date.changed_at + after
    await replies.record_own_reply(viewer, event_id, date.key, value, "", now, for_series=for_series)


async def counts(viewer: Viewer, event_id: UUID) -> ReplyValue | None:
    found = await replies.my_reply(viewer, await occurrences.nearest_date(viewer, event_id, NOW))
    assert found
    return found[1].value if found[1] else None


@pytest.mark.parametrize("for_series", [False, True])
async def test_a_single_event_that_moves_asks_everybody_again_but_its_lead(cast: Cast, *, for_series: bool) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead), NOW)
    await say(cast.fbi_lead, event_id, ReplyValue.ACCEPTED, for_series=for_series)
    await move(cast, event_id)
    assert await counts(cast.fbi_lead, event_id) is ReplyValue.NEEDS_ACTION
    assert await counts(cast.coordinator, event_id) is ReplyValue.ACCEPTED
    assert len(await replies.owed_replies(cast.fbi_lead, LATER)) == 1
    await say(cast.fbi_lead, event_id, ReplyValue.DECLINED, for_series=for_series)
    assert await counts(cast.fbi_lead, event_id) is ReplyValue.DECLINED


@pytest.mark.both_engines
async def test_the_reply_that_was_recorded_last_counts_when_its_clock_is_slow(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await say(cast.fbi_lead, event_id, ReplyValue.ACCEPTED, after=10 * MINUTE)
    await say(cast.fbi_lead, event_id, ReplyValue.DECLINED, after=MINUTE)
    assert await counts(cast.fbi_lead, event_id) is ReplyValue.DECLINED


@pytest.mark.parametrize(
    ("origin", "how"), [(ON_SITE, "site"), (PROGRAM, "api"), (LINK, "link"), (Origin("cli"), "site")]
)
async def test_a_reply_says_how_it_came(cast: Cast, origin: Origin, how: str) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await say(replace(cast.fbi_lead, origin=origin), event_id, ReplyValue.ACCEPTED)
    given = await Reply.select(Reply.source).where(Reply.invitation.member == cast.fbi_lead.member_id)
    assert [row["source"] for row in given] == [how]


async def test_the_last_word_on_a_single_event_counts_for_its_date_or_for_all_of_it(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await say(cast.fbi_lead, event_id, ReplyValue.ACCEPTED)
    await say(cast.fbi_lead, event_id, ReplyValue.DECLINED, for_series=True, after=timedelta(minutes=2))
    assert await counts(cast.fbi_lead, event_id) is ReplyValue.DECLINED


async def test_a_reply_above_the_date_of_a_single_event_does_not_survive_its_move(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await above_the_date(cast.fbi_lead, event_id, ReplyValue.ACCEPTED)
    await move(cast, event_id)
    assert await counts(cast.fbi_lead, event_id) is ReplyValue.NEEDS_ACTION


async def above_the_date(viewer: Viewer, event_id: UUID, value: ReplyValue) -> None:
    """Write an answer for all dates of an event that has one."""
    found = await replies.my_reply(viewer, await occurrences.nearest_date(viewer, event_id, NOW))
    assert found
    async with writing():
        await new_replies.write_replies(
            [{"invitation": found[0], "reply": value, "source": ReplySource.CHANGE, "sequence": 0, "replied_at": LATER}]
        )


START = datetime(2027, 1, 12, 10)
FIRST, SECOND = "2027-01-12", "2027-01-19"
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
