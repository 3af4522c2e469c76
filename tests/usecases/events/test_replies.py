"""Replies and moves: people who said yes to one time are asked again for another."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import LINK, NOW, PROGRAM, Cast, meeting
from tracker.database import writing
from tracker.rules.core.viewers import ON_SITE, Origin, Viewer
from tracker.rules.events.replies import ReplySource, ReplyValue
from tracker.tables.background.events import replies as new_replies
from tracker.tables.schema.events.events import Reply
from tracker.usecases.events import occurrences, replies, scheduling

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
