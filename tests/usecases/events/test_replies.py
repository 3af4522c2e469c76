"""Replies and moves: whoever said yes to one time is asked again for another."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, Cast, meeting
from tracker.crypto import ids
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.replies import ReplyValue
from tracker.tables.schema.events.invitations import Reply
from tracker.usecases.events import events, occurrences, replies

pytestmark = pytest.mark.anyio

MINUTE = timedelta(minutes=1)
LATER = NOW + timedelta(hours=1)
MOVED = meeting().starts + timedelta(days=7)


async def move(cast: Cast, event_id: UUID) -> None:
    event, plan = await events.plan_to_change(cast.coordinator, event_id)
    await events.change(cast.coordinator, event_id, replace(plan, starts=MOVED), event.version, LATER, notify=False)


async def say(
    viewer: Viewer, event_id: UUID, value: ReplyValue, *, for_series: bool = False, after: timedelta = MINUTE
) -> None:
    date = await occurrences.nearest_date(viewer, event_id, NOW)
    now = date.changed_at + after
    await replies.reply(viewer, event_id, date.key, value, "", now, for_series=for_series)


async def counts(viewer: Viewer, event_id: UUID) -> ReplyValue | None:
    found = await replies.my_reply(viewer, await occurrences.nearest_date(viewer, event_id, NOW))
    assert found
    return found[1].value if found[1] else None


@pytest.mark.parametrize("for_series", [False, True])
async def test_a_single_event_that_moves_asks_everybody_again_but_its_lead(cast: Cast, *, for_series: bool) -> None:
    event_id = await events.schedule(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead), NOW)
    await say(cast.fbi_lead, event_id, ReplyValue.ACCEPTED, for_series=for_series)
    await move(cast, event_id)
    assert await counts(cast.fbi_lead, event_id) is ReplyValue.NEEDS_ACTION
    assert await counts(cast.coordinator, event_id) is ReplyValue.ACCEPTED
    assert len(await replies.owed(cast.fbi_lead, LATER)) == 1
    await say(cast.fbi_lead, event_id, ReplyValue.DECLINED, for_series=for_series)
    assert await counts(cast.fbi_lead, event_id) is ReplyValue.DECLINED


async def test_the_last_word_on_a_single_event_counts_for_its_date_or_for_all_of_it(cast: Cast) -> None:
    event_id = await events.schedule(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await say(cast.fbi_lead, event_id, ReplyValue.ACCEPTED)
    await say(cast.fbi_lead, event_id, ReplyValue.DECLINED, for_series=True, after=timedelta(minutes=2))
    assert await counts(cast.fbi_lead, event_id) is ReplyValue.DECLINED


async def test_a_reply_above_the_date_of_a_single_event_does_not_survive_its_move(cast: Cast) -> None:
    event_id = await events.schedule(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await above_the_date(cast.fbi_lead, event_id, ReplyValue.ACCEPTED)
    await move(cast, event_id)
    assert await counts(cast.fbi_lead, event_id) is ReplyValue.NEEDS_ACTION


async def above_the_date(viewer: Viewer, event_id: UUID, value: ReplyValue) -> None:
    """Write an answer for all dates of an event that has one."""
    found = await replies.my_reply(viewer, await occurrences.nearest_date(viewer, event_id, NOW))
    assert found
    await Reply.insert(Reply(id=ids.new_id(), invitation=found[0], reply=value, source="change", replied_at=LATER))
