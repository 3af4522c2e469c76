"""Undo: for 20 seconds, for whoever may change it, and nobody was told."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, Cast, meeting
from tracker.errors import Conflict, Gone, NotAllowed, NotFound
from tracker.rules.recurrence import rule_for
from tracker.rules.undo import UNDO_FOR
from tracker.tables import outbox as rows
from tracker.usecases import meeting_dates, meetings, outbox, undo
from tracker.usecases.outbox_workers import enlist

pytestmark = pytest.mark.anyio

SOON, LATE = NOW + timedelta(seconds=19), NOW + UNDO_FOR


async def scheduled(cast: Cast) -> UUID:
    return await meetings.schedule(
        cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead), NOW, told_at=NOW + UNDO_FOR
    )


async def waiting() -> int:
    return await rows.Message.count().where(rows.Message.state == "pending")


async def test_a_new_event_is_gone_with_its_invitations(cast: Cast) -> None:
    event_id = await scheduled(cast)
    assert await waiting() == 2
    await undo.undo_schedule(cast.coordinator, event_id, 1, SOON)
    with pytest.raises(NotFound):
        await meetings.event_for(cast.coordinator, event_id)
    assert await rows.Message.count() == 0


async def test_its_invitations_wait_as_long_as_it_can_be_undone(cast: Cast) -> None:
    await scheduled(cast)
    me = await enlist()
    try:
        assert await outbox.claim(me.name, (), SOON, 50) == []
        assert len(await outbox.claim(me.name, (), LATE, 50)) == 2
    finally:
        await me.leave()


async def test_after_20_seconds_an_event_stays(cast: Cast) -> None:
    event_id = await scheduled(cast)
    with pytest.raises(Gone, match="The 20 seconds are over"):
        await undo.undo_schedule(cast.coordinator, event_id, 1, LATE)
    assert await waiting() == 2


async def test_an_event_that_was_changed_meanwhile_stays(cast: Cast) -> None:
    event_id = await scheduled(cast)
    await meetings.change(cast.coordinator, event_id, meeting(cast.fbi_lead, title="Other"), 1, NOW, notify=False)
    with pytest.raises(Conflict):
        await undo.undo_schedule(cast.coordinator, event_id, 1, SOON)


async def test_an_event_that_somebody_was_told_of_stays(cast: Cast) -> None:
    event_id = await meetings.schedule(cast.coordinator, meeting(cast.fbi_lead), NOW)
    me = await enlist()
    try:
        await outbox.claim(me.name, (), NOW, 50)
        with pytest.raises(Gone):
            await undo.undo_schedule(cast.coordinator, event_id, 1, SOON)
    finally:
        await me.leave()


async def test_only_who_may_change_an_event_undoes_it(cast: Cast) -> None:
    event_id = await scheduled(cast)
    with pytest.raises(NotAllowed):
        await undo.undo_schedule(cast.fbi_lead, event_id, 1, SOON)


async def test_the_same_form_can_be_sent_again_after_undo(cast: Cast) -> None:
    await undo.undo_schedule(cast.coordinator, await scheduled(cast), 1, SOON)
    await scheduled(cast)
    assert await waiting() == 2


async def test_a_cancelled_event_takes_place_again_and_nobody_is_told(cast: Cast) -> None:
    event_id = await meetings.schedule(cast.coordinator, meeting(cast.fbi_lead), NOW - timedelta(days=1))
    await rows.Message.update({rows.Message.state: "sent", rows.Message.sent_at: NOW - timedelta(hours=1)}).where(
        rows.Message.event == event_id
    )
    await meetings.cancel(cast.coordinator, event_id, 1, "", NOW)
    assert await waiting() == 1
    await undo.undo_cancellation(cast.coordinator, event_id, "", 2, SOON)
    assert await waiting() == 0
    assert (await meetings.event_for(cast.coordinator, event_id)).status == "confirmed"


async def test_a_cancelled_date_takes_place_again_until_20_seconds_have_passed(cast: Cast) -> None:
    rule = rule_for("weekly", meeting().starts, count=3)
    event_id = await meetings.schedule(cast.coordinator, meeting(cast.fbi_lead, rule=rule), NOW)
    for key, moment in (("2027-01-12", SOON), ("2027-01-19", LATE)):
        await meeting_dates.cancel_date(cast.coordinator, event_id, key, 1, "", NOW)
        if moment == LATE:
            with pytest.raises(Gone):
                await undo.undo_cancellation(cast.coordinator, event_id, key, 2, moment)
        else:
            await undo.undo_cancellation(cast.coordinator, event_id, key, 2, moment)
        date = await meeting_dates.date_for(cast.coordinator, event_id, key)
        assert date.is_cancelled is (moment == LATE)
