"""Undo: for 20 seconds, for whoever may change it, and nobody was told."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.cast import NOW, Cast, meeting
from tracker.errors import Conflict, Gone, NotAllowed, NotFound
from tracker.rules.core import audiences
from tracker.rules.events.plan import DateChange
from tracker.rules.events.replies import ReplyValue
from tracker.rules.events.undo import UNDO_FOR
from tracker.rules.recurrence import rule_for
from tracker.tables.schema.core import outbox as rows
from tracker.tables.schema.events.events import AudienceVersion
from tracker.usecases.core import outbox
from tracker.usecases.core.outbox_workers import enlist
from tracker.usecases.events import events, history, occurrences, replies, undo

pytestmark = pytest.mark.anyio

AN_HOUR = timedelta(hours=1)
SOON, LATE = NOW + timedelta(seconds=19), NOW + UNDO_FOR


async def scheduled(cast: Cast) -> UUID:
    return await events.schedule(
        cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead), NOW, notified_at=NOW + UNDO_FOR
    )


async def waiting() -> int:
    return await rows.Message.count().where(rows.Message.state == "pending")


async def test_a_new_event_is_gone_with_its_invitations(cast: Cast) -> None:
    event_id = await scheduled(cast)
    assert await waiting() == 2
    await undo.undo_schedule(cast.coordinator, event_id, 1, SOON)
    with pytest.raises(NotFound):
        await events.event_for(cast.coordinator, event_id)
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
    await events.change(cast.coordinator, event_id, meeting(cast.fbi_lead, title="Other"), 1, NOW, notify=False)
    with pytest.raises(Conflict):
        await undo.undo_schedule(cast.coordinator, event_id, 1, SOON)


async def test_an_event_that_somebody_was_told_of_stays(cast: Cast) -> None:
    event_id = await events.schedule(cast.coordinator, meeting(cast.fbi_lead), NOW)
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


async def test_a_canceled_event_takes_place_again_and_nobody_is_told(cast: Cast) -> None:
    event_id = await events.schedule(cast.coordinator, meeting(cast.fbi_lead), NOW - timedelta(days=1))
    await rows.Message.update({rows.Message.state: "sent", rows.Message.sent_at: NOW - timedelta(hours=1)}).where(
        rows.Message.event == event_id
    )
    await events.cancel(cast.coordinator, event_id, 1, "", NOW)
    assert await waiting() == 1
    await undo.undo_cancellation(cast.coordinator, event_id, "", 2, SOON)
    assert await waiting() == 0
    assert (await events.event_for(cast.coordinator, event_id)).status == "confirmed"


async def test_a_canceled_date_takes_place_again_until_20_seconds_have_passed(cast: Cast) -> None:
    rule = rule_for("weekly", meeting().starts, count=3)
    event_id = await events.schedule(cast.coordinator, meeting(cast.fbi_lead, rule=rule), NOW)
    for key, moment in (("2027-01-12", SOON), ("2027-01-19", LATE)):
        await occurrences.cancel_date(cast.coordinator, event_id, key, 1, "", NOW)
        if moment == LATE:
            with pytest.raises(Gone):
                await undo.undo_cancellation(cast.coordinator, event_id, key, 2, moment)
        else:
            await undo.undo_cancellation(cast.coordinator, event_id, key, 2, moment)
        date = await occurrences.date_for(cast.coordinator, event_id, key)
        assert date.is_canceled is (moment == LATE)


async def running(cast: Cast) -> UUID:
    """Return a weekly series whose invitations are out, to the second date of which one person has said yes."""
    rule = rule_for("weekly", meeting().starts, count=3)
    event_id = await events.schedule(cast.coordinator, meeting(cast.fbi_lead, rule=rule), NOW - AN_HOUR)
    await sent()
    await replies.reply(cast.fbi_lead, event_id, "2027-01-19", ReplyValue.ACCEPTED, "", NOW - AN_HOUR, for_series=False)
    return event_id


async def sent() -> None:
    await rows.Message.update({rows.Message.state: "sent", rows.Message.sent_at: NOW - AN_HOUR}, force=True)


async def as_it_stands(cast: Cast, event_id: UUID) -> list[object]:
    """Return what people see of the dates, of what they replied and of the history."""
    event = await events.event_for(cast.coordinator, event_id)
    dates = await occurrences.dates_of(cast.coordinator, event)
    shown = [(one.key, one.starts_at, one.ends_at, one.title, one.place, one.agenda, one.is_changed) for one in dates]
    replied = [
        reply and reply.value
        for one in dates
        if (mine := await replies.my_reply(cast.fbi_lead, one))
        for reply in [mine[1]]
    ]
    notified = [(one.at, one.verb, one.changes) for one in await history.history(cast.coordinator, event)]
    return [event.title, event.starts, event.place, shown, replied, notified]


async def move(cast: Cast, event_id: UUID, version: int, now: datetime, **facts: object) -> None:
    starts = meeting().starts + timedelta(days=8)
    change = DateChange(**{"starts": starts, "duration": timedelta(hours=2), **facts})  # type: ignore[arg-type]  # a test
    await occurrences.change_date(cast.coordinator, event_id, "2027-01-19", change, version, now, notify=False)


async def test_a_moved_date_is_where_it_was_with_the_replies_of_before_and_nobody_is_told(cast: Cast) -> None:
    event_id = await running(cast)
    before = await as_it_stands(cast, event_id)
    await move(cast, event_id, 1, NOW, title="Special", place="Annex", agenda="One item")
    assert await waiting() == 1
    await undo.undo_change(cast.coordinator, event_id, "2027-01-19", 2, SOON)
    assert await as_it_stands(cast, event_id) == before
    assert await waiting() == 0


async def test_what_waited_before_a_change_that_is_undone_waits_again(cast: Cast) -> None:
    event_id = await running(cast)
    await move(cast, event_id, 1, NOW)
    after_the_first = await as_it_stands(cast, event_id)
    await move(cast, event_id, 2, NOW + timedelta(seconds=5), place="Annex")
    await undo.undo_change(cast.coordinator, event_id, "2027-01-19", 3, SOON)
    assert await as_it_stands(cast, event_id) == after_the_first
    [left] = await rows.Message.select(rows.Message.state, rows.Message.created_at).where(rows.Message.state != "sent")
    assert (left["state"], left["created_at"]) == ("pending", NOW)


async def test_a_date_whose_change_is_undone_is_called_and_held_as_its_series_again(sqlite_cast: Cast) -> None:
    event_id = await running(sqlite_cast)
    await move(sqlite_cast, event_id, 1, NOW, title="Special", place="Annex", agenda="One item")
    await undo.undo_change(sqlite_cast.coordinator, event_id, "2027-01-19", 2, SOON)
    event, plan = await events.plan_to_change(sqlite_cast.coordinator, event_id)
    renamed = replace(plan, title="Core group", place="City hall", agenda="Welcome")
    await events.change(sqlite_cast.coordinator, event_id, renamed, event.version, LATE, notify=False)
    date = await occurrences.date_for(sqlite_cast.coordinator, event_id, "2027-01-19")
    assert (date.title, date.place, date.agenda) == ("Core group", "City hall", "Welcome")


async def test_the_sequence_of_a_date_rises_again_when_a_change_of_its_place_alone_is_undone(sqlite_cast: Cast) -> None:
    event_id = await running(sqlite_cast)
    as_it_was = {"starts": meeting().starts + timedelta(days=7), "duration": meeting().duration}
    await move(sqlite_cast, event_id, 1, NOW, place="Annex", **as_it_was)
    moved = await occurrences.date_for(sqlite_cast.coordinator, event_id, "2027-01-19")
    await undo.undo_change(sqlite_cast.coordinator, event_id, "2027-01-19", 2, SOON)
    back = await occurrences.date_for(sqlite_cast.coordinator, event_id, "2027-01-19")
    assert (moved.place, back.place, back.sequence) == ("Annex", "USAO conference room", moved.sequence + 1)


async def test_calendars_are_told_that_a_change_is_undone(sqlite_cast: Cast) -> None:
    event_id = await running(sqlite_cast)
    await move(sqlite_cast, event_id, 1, NOW)
    theirs = AudienceVersion.audience == audiences.member(sqlite_cast.fbi_lead.member_id)
    [moved] = await AudienceVersion.select(AudienceVersion.version).where(theirs).output(as_list=True)
    await undo.undo_change(sqlite_cast.coordinator, event_id, "2027-01-19", 2, SOON)
    [back] = await AudienceVersion.select(AudienceVersion.version).where(theirs).output(as_list=True)
    assert back > moved


async def test_the_change_of_one_date_is_not_undone_as_one_of_the_series(sqlite_cast: Cast) -> None:
    event_id = await running(sqlite_cast)
    await move(sqlite_cast, event_id, 1, NOW)
    event = await events.event_for(sqlite_cast.coordinator, event_id)
    for key in ("", "2027-01-12"):
        with pytest.raises(Gone):
            await undo.undo_change(sqlite_cast.coordinator, event_id, key, event.version if not key else 1, SOON)


async def test_an_event_that_became_a_series_stays_one(sqlite_cast: Cast) -> None:
    event_id = await events.schedule(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW - AN_HOUR)
    weekly = meeting(sqlite_cast.fbi_lead, rule=rule_for("weekly", meeting().starts, count=3))
    await events.change(sqlite_cast.coordinator, event_id, weekly, 1, NOW, notify=False)
    assert not await undo.may_undo_change(sqlite_cast.coordinator, event_id, NOW)


async def test_numbers_rise_when_a_change_is_undone_for_a_feed_may_have_shown_it(cast: Cast) -> None:
    event_id = await running(cast)
    await move(cast, event_id, 1, NOW)
    moved = await occurrences.date_for(cast.coordinator, event_id, "2027-01-19")
    await undo.undo_change(cast.coordinator, event_id, "2027-01-19", 2, SOON)
    back = await occurrences.date_for(cast.coordinator, event_id, "2027-01-19")
    assert (back.version, back.sequence, back.changed_at) == (3, moved.sequence + 1, SOON)


@pytest.mark.parametrize(
    ("facts", "rises"), [({"place": "Annex"}, True), ({"starts": meeting().starts + AN_HOUR}, True), ({}, False)]
)
async def test_the_sequence_rises_again_when_a_change_of_when_or_where_is_undone(
    sqlite_cast: Cast, facts: dict[str, Any], *, rises: bool
) -> None:
    event_id = await events.schedule(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW - AN_HOUR)
    await sent()
    other = meeting(sqlite_cast.fbi_lead, title="Core group", **facts)
    await events.change(sqlite_cast.coordinator, event_id, other, 1, NOW, notify=False)
    changed = await events.event_for(sqlite_cast.coordinator, event_id)
    await undo.undo_change(sqlite_cast.coordinator, event_id, "", 2, SOON)
    back = await events.event_for(sqlite_cast.coordinator, event_id)
    assert (back.version, back.sequence, back.changed_at) == (3, changed.sequence + rises, SOON)


async def test_a_changed_event_is_as_before(cast: Cast) -> None:
    event_id = await events.schedule(cast.coordinator, meeting(cast.fbi_lead), NOW - AN_HOUR)
    await sent()
    await replies.reply(cast.fbi_lead, event_id, "2027-01-12", ReplyValue.ACCEPTED, "", NOW - AN_HOUR, for_series=False)
    before = await as_it_stands(cast, event_id)
    other = meeting(cast.fbi_lead, starts=meeting().starts + timedelta(days=1), place="Annex", title="Core group")
    await events.change(cast.coordinator, event_id, other, 1, NOW, notify=False)
    assert await undo.may_undo_change(cast.coordinator, event_id, NOW)
    await undo.undo_change(cast.coordinator, event_id, "", 2, SOON)
    assert await as_it_stands(cast, event_id) == before
    assert await waiting() == 0


async def test_a_change_of_people_or_of_the_dates_of_a_series_cannot_be_undone(cast: Cast) -> None:
    event_id = await running(cast)
    _, plan = await events.plan_to_change(cast.coordinator, event_id)
    for version, change in enumerate(
        (replace(plan, invitees={}), replace(plan, invitees={}, starts=plan.starts + AN_HOUR)), 1
    ):
        await events.change(cast.coordinator, event_id, change, version, NOW, notify=False)
        assert not await undo.may_undo_change(cast.coordinator, event_id, NOW)
        with pytest.raises(Gone):
            await undo.undo_change(cast.coordinator, event_id, "", version + 1, SOON)


async def test_a_change_stays_after_20_seconds_or_when_somebody_heard_of_it(cast: Cast) -> None:
    event_id = await running(cast)
    await move(cast, event_id, 1, NOW)
    with pytest.raises(Gone):
        await undo.undo_change(cast.coordinator, event_id, "2027-01-19", 2, LATE)
    await rows.Message.update({rows.Message.worker: "somebody"}).where(rows.Message.state == "pending")
    with pytest.raises(Gone):
        await undo.undo_change(cast.coordinator, event_id, "2027-01-19", 2, SOON)
    with pytest.raises(NotAllowed):
        await undo.undo_change(cast.fbi_lead, event_id, "2027-01-19", 2, SOON)


async def test_a_change_to_which_somebody_replied_stays(cast: Cast) -> None:
    event_id = await running(cast)
    await move(cast, event_id, 1, NOW)
    await replies.reply(
        cast.fbi_lead, event_id, "2027-01-19", ReplyValue.ACCEPTED, "", NOW + AN_HOUR / 3600, for_series=False
    )
    with pytest.raises(Gone, match="replied to it meanwhile"):
        await undo.undo_change(cast.coordinator, event_id, "2027-01-19", 2, SOON)


async def test_an_invitation_that_waits_says_nothing_of_a_change_while_it_can_be_undone(cast: Cast) -> None:
    event_id = await scheduled(cast)
    changed = NOW + timedelta(seconds=15)
    await events.change(
        cast.coordinator, event_id, meeting(cast.fbi_lead, cast.caht_lead, place="Annex"), 1, changed, notify=False
    )
    assert await outbox.claim("me", (), changed + timedelta(seconds=19), 50) == []
    assert len(await outbox.claim("me", (), changed + UNDO_FOR, 50)) == 2


async def test_what_a_change_replaced_is_forgotten_when_it_cannot_be_taken_back(cast: Cast) -> None:
    event_id = await events.schedule(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await events.change(cast.coordinator, event_id, meeting(cast.fbi_lead, place="Annex"), 1, NOW, notify=False)
    await undo.purge_snapshots(SOON)
    assert await undo.may_undo_change(cast.coordinator, event_id, NOW)
    await undo.purge_snapshots(LATE)
    assert not await undo.may_undo_change(cast.coordinator, event_id, NOW)
    assert [
        entry.changes[0].before
        for entry in await history.history(cast.coordinator, await events.event_for(cast.coordinator, event_id))
    ] == ["USAO conference room"]
