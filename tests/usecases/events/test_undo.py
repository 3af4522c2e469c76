"""Undo: for 20 seconds, by the person who made the change, and no one was notified."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace
from piccolo.columns import ForeignKey
from piccolo.columns.base import OnDelete

from tests.cast import NOW, ZONE, Cast, meeting, operation
from tracker.database import bind, close_database, engine, open_database, writing
from tracker.database.connections import Rows, Statement, Write
from tracker.database.sqlite import Connection, SQLiteEngine
from tracker.errors import Conflict, Gone, Invalid, NotFound
from tracker.rules.actions import NewItem
from tracker.rules.core import viewers
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.core.viewers import Arm, Viewer, Visibility
from tracker.rules.events import events as event_rules
from tracker.rules.events.history import MEANWHILE, NOTIFIED, UNDO_FOR, StoredRow
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import DateChange, Plan, plan_from_start
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.background.events import invitees as new_replies
from tracker.tables.background.events.events import PUT_BACK
from tracker.tables.background.events.invitees import invitations_by_member
from tracker.tables.piccolo_app import APP_CONFIG
from tracker.tables.schema.core import tables as rows
from tracker.tables.schema.core.tables import AuditEntry
from tracker.tables.schema.events import AudienceVersion, EventAudience, Invitation, Occurrence
from tracker.tables.schema.events import Event as EventRow
from tracker.tables.schema.operations import BriefCopy
from tracker.usecases.actions import action_items
from tracker.usecases.core import outbox
from tracker.usecases.core.process_locks import enlist_worker
from tracker.usecases.emails import reminders
from tracker.usecases.events import history, occurrences, replies, scheduling, series_split
from tracker.usecases.views.event_page import view_event

AN_HOUR = timedelta(hours=1)
SOON, LATE = NOW + timedelta(seconds=19), NOW + UNDO_FOR


async def schedule_undoable(cast: Cast) -> UUID:
    return await scheduling.schedule_event(
        cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead), NOW, notified_at=NOW + UNDO_FOR
    )


async def undo_change(viewer: Viewer, event_id: UUID, changed_at: datetime = NOW, now: datetime = SOON) -> None:
    change_id = await history.change_made_at(viewer, event_id, changed_at)
    assert change_id is not None
    await history.undo_change(viewer, event_id, change_id, now)


async def pending_count() -> int:
    return await rows.Message.count().where(rows.Message.state == "pending")


async def test_a_new_event_is_gone_with_its_invitations(cast: Cast) -> None:
    event_id = await schedule_undoable(cast)
    assert await pending_count() == 2
    await undo_change(cast.coordinator, event_id)
    with pytest.raises(NotFound):
        await scheduling.event_seen_by(cast.coordinator, event_id)
    assert await rows.Message.count() == await rows.Sending.count() == 0


async def test_its_invitations_wait_as_long_as_it_can_be_undone(cast: Cast) -> None:
    await schedule_undoable(cast)
    me = await enlist_worker()
    try:
        assert await outbox.claim_messages(me.name, (), SOON, 50) == []
        assert len(await outbox.claim_messages(me.name, (), LATE, 50)) == 2
    finally:
        await me.leave()


async def test_a_new_event_is_gone_although_a_reminder_of_it_waits_already(sqlite_cast: Cast) -> None:
    soon = meeting(sqlite_cast.fbi_lead, starts=datetime(2026, 12, 15, 11, 0, 5))  # noqa: DTZ001 - local
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, soon, NOW, notified_at=NOW + UNDO_FOR)
    await reminders.queue_due_messages(NOW, ZONE)
    await reminders.queue_due_messages(NOW + timedelta(seconds=10), ZONE)
    assert await rows.Message.count().where(rows.Message.kind == "reminder") > 0
    await undo_change(sqlite_cast.coordinator, event_id)
    assert await rows.Message.count() == 0


async def test_after_20_seconds_an_event_stays(cast: Cast) -> None:
    event_id = await schedule_undoable(cast)
    with pytest.raises(Gone, match="20 seconds have passed"):
        await undo_change(cast.coordinator, event_id, now=LATE)
    assert await pending_count() == 2


async def test_an_event_that_was_changed_meanwhile_stays(cast: Cast) -> None:
    event_id = await schedule_undoable(cast)
    later = NOW + timedelta(seconds=1)
    await scheduling.change_event(cast.coordinator, event_id, meeting(cast.fbi_lead, title="Other"), 1, later)
    with pytest.raises(Gone, match=MEANWHILE):
        await undo_change(cast.coordinator, event_id)
    assert (await scheduling.event_seen_by(cast.coordinator, event_id)).title == "Other"


async def test_an_event_of_which_an_email_may_have_gone_out_stays(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    me = await enlist_worker()
    try:
        await outbox.claim_messages(me.name, (), NOW, 50)
        with pytest.raises(Gone, match=NOTIFIED):
            await undo_change(cast.coordinator, event_id)
    finally:
        await me.leave()


async def test_a_change_cannot_be_undone_while_an_email_about_the_event_is_being_sent(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW - AN_HOUR)
    me = await enlist_worker()
    try:
        await outbox.claim_messages(me.name, (), NOW, 50)
        await scheduling.change_event(cast.coordinator, event_id, meeting(cast.fbi_lead, title="Other"), 1, NOW)
        assert await history.change_made_at(cast.coordinator, event_id, NOW) is None
    finally:
        await me.leave()


async def test_a_change_is_undone_only_by_the_person_who_made_it(cast: Cast) -> None:
    event_id = await schedule_undoable(cast)
    change_id = await history.change_made_at(cast.coordinator, event_id, NOW)
    assert change_id is not None
    assert await history.change_made_at(cast.fbi_lead, event_id, NOW) is None
    with pytest.raises(Gone):
        await history.undo_change(cast.fbi_lead, event_id, change_id, SOON)
    assert await pending_count() == 2


async def test_the_same_form_can_be_sent_again_after_undo(cast: Cast) -> None:
    await undo_change(cast.coordinator, await schedule_undoable(cast))
    await schedule_undoable(cast)
    assert await pending_count() == 2


async def test_a_canceled_event_takes_place_again_and_no_one_is_notified(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW - timedelta(days=1))
    await rows.Message.update({rows.Message.state: "sent", rows.Message.sent_at: NOW - timedelta(hours=1)}).where(
        rows.Message.event == event_id
    )
    await scheduling.cancel_event(cast.coordinator, event_id, 1, "", NOW)
    assert await pending_count() == 1
    await undo_change(cast.coordinator, event_id)
    assert await pending_count() == 0
    assert (await scheduling.event_seen_by(cast.coordinator, event_id)).status == "confirmed"


async def test_a_canceled_date_takes_place_again_until_20_seconds_have_passed(cast: Cast) -> None:
    rule = rule_for_choice("weekly", meeting().starts, count=3)
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, rule=rule), NOW)
    for key, moment in (("2027-01-12", SOON), ("2027-01-19", LATE)):
        await occurrences.cancel_occurrence(cast.coordinator, event_id, key, 1, "", NOW)
        if moment == LATE:
            with pytest.raises(Gone):
                await undo_change(cast.coordinator, event_id, now=moment)
        else:
            await undo_change(cast.coordinator, event_id, now=moment)
        date = await occurrences.date_seen_by(cast.coordinator, event_id, key)
        assert date.is_canceled is (moment == LATE)


async def schedule_running_series(cast: Cast) -> UUID:
    """Return a weekly series whose invitations are out, to the second date of which one person has said yes."""
    rule = rule_for_choice("weekly", meeting().starts, count=3)
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, rule=rule), NOW - AN_HOUR)
    await mark_all_sent()
    await replies.record_own_reply(
        cast.fbi_lead, event_id, "2027-01-19", ReplyValue.ACCEPTED, "", NOW - AN_HOUR, for_series=False
    )
    return event_id


async def mark_all_sent() -> None:
    await rows.Message.update({rows.Message.state: "sent", rows.Message.sent_at: NOW - AN_HOUR}, force=True)


async def view_of_event(cast: Cast, event_id: UUID) -> list[object]:
    """Return what people see of the dates, of what they replied and of the history."""
    event = await scheduling.event_seen_by(cast.coordinator, event_id)
    dates = await occurrences.dates_in_series(cast.coordinator, event)
    shown = [
        (
            message.key,
            message.starts_at,
            message.ends_at,
            message.title,
            message.place,
            message.agenda,
            message.is_changed,
        )
        for message in dates
    ]
    replied = [
        reply and reply.value
        for date in dates
        if (own_reply := await replies.my_reply(cast.fbi_lead, date))
        for reply in [own_reply[1]]
    ]
    notified = [
        (message.at, message.verb, message.changes)
        for message in await history.history_of_event(cast.coordinator, event)
    ]
    return [event.title, event.starts, event.place, shown, replied, notified]


async def move_second_date(cast: Cast, event_id: UUID, version: int, now: datetime, **facts: object) -> None:
    starts = meeting().starts + timedelta(days=8)
    change = DateChange(**{"starts": starts, "duration": timedelta(hours=2), **facts})  # type: ignore[arg-type]  # a test
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-01-19", change, version, now)


async def test_a_moved_date_is_where_it_was_with_the_earlier_replies_and_no_one_is_notified(cast: Cast) -> None:
    event_id = await schedule_running_series(cast)
    before = await view_of_event(cast, event_id)
    await move_second_date(cast, event_id, 1, NOW, title="Special", place="Annex", agenda="One item")
    assert await pending_count() == 1
    await undo_change(cast.coordinator, event_id)
    assert await view_of_event(cast, event_id) == before
    assert await pending_count() == 0


async def test_what_waited_before_a_change_that_is_undone_waits_again(cast: Cast) -> None:
    event_id = await schedule_running_series(cast)
    await move_second_date(cast, event_id, 1, NOW)
    after_the_first = await view_of_event(cast, event_id)
    later = NOW + timedelta(seconds=5)
    await move_second_date(cast, event_id, 2, later, place="Annex")
    await undo_change(cast.coordinator, event_id, later)
    assert await view_of_event(cast, event_id) == after_the_first
    [left] = await rows.Message.select(rows.Message.state, rows.Message.created_at).where(rows.Message.state != "sent")
    assert (left["state"], left["created_at"]) == ("pending", NOW)


async def test_a_date_whose_change_is_undone_is_called_and_held_as_its_series_again(sqlite_cast: Cast) -> None:
    event_id = await schedule_running_series(sqlite_cast)
    await move_second_date(sqlite_cast, event_id, 1, NOW, title="Special", place="Annex", agenda="One item")
    await undo_change(sqlite_cast.coordinator, event_id)
    event, plan = await scheduling.plan_to_change(sqlite_cast.coordinator, event_id)
    renamed = replace(plan, title="Core group", place="City hall", agenda="Welcome")
    await scheduling.change_event(sqlite_cast.coordinator, event_id, renamed, event.version, LATE)
    date = await occurrences.date_seen_by(sqlite_cast.coordinator, event_id, "2027-01-19")
    assert (date.title, date.place, date.agenda) == ("Core group", "City hall", "Welcome")


async def test_the_sequence_of_a_date_rises_again_when_a_change_of_its_place_alone_is_undone(sqlite_cast: Cast) -> None:
    event_id = await schedule_running_series(sqlite_cast)
    as_it_was = {"starts": meeting().starts + timedelta(days=7), "duration": meeting().duration}
    await move_second_date(sqlite_cast, event_id, 1, NOW, place="Annex", **as_it_was)
    moved = await occurrences.date_seen_by(sqlite_cast.coordinator, event_id, "2027-01-19")
    await undo_change(sqlite_cast.coordinator, event_id)
    back = await occurrences.date_seen_by(sqlite_cast.coordinator, event_id, "2027-01-19")
    assert (moved.place, back.place, back.sequence) == ("Annex", "USAO conference room", moved.sequence + 1)


async def test_calendars_learn_that_a_change_is_undone(sqlite_cast: Cast) -> None:
    event_id = await schedule_running_series(sqlite_cast)
    await move_second_date(sqlite_cast, event_id, 1, NOW)
    of_lead = AudienceVersion.audience == viewers.member_audience(sqlite_cast.fbi_lead.member_id)
    [moved] = await AudienceVersion.select(AudienceVersion.version).where(of_lead).output(as_list=True)
    await undo_change(sqlite_cast.coordinator, event_id)
    [back] = await AudienceVersion.select(AudienceVersion.version).where(of_lead).output(as_list=True)
    assert back > moved


async def test_numbers_rise_when_a_change_is_undone_for_a_feed_may_have_shown_it(cast: Cast) -> None:
    event_id = await schedule_running_series(cast)
    await move_second_date(cast, event_id, 1, NOW)
    moved = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-01-19")
    await undo_change(cast.coordinator, event_id)
    back = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-01-19")
    assert (back.version, back.sequence, back.changed_at) == (3, moved.sequence + 1, SOON)


@pytest.mark.parametrize(
    ("facts", "rises"), [({"place": "Annex"}, True), ({"starts": meeting().starts + AN_HOUR}, True), ({}, False)]
)
async def test_the_sequence_rises_again_when_a_change_of_when_or_where_is_undone(
    sqlite_cast: Cast, facts: dict[str, Any], *, rises: bool
) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW - AN_HOUR)
    await mark_all_sent()
    other = meeting(sqlite_cast.fbi_lead, title="Core group", **facts)
    await scheduling.change_event(sqlite_cast.coordinator, event_id, other, 1, NOW)
    changed = await scheduling.event_seen_by(sqlite_cast.coordinator, event_id)
    await undo_change(sqlite_cast.coordinator, event_id)
    back = await scheduling.event_seen_by(sqlite_cast.coordinator, event_id)
    assert (back.version, back.sequence, back.changed_at) == (3, changed.sequence + rises, SOON)


async def test_a_changed_event_is_as_before(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW - AN_HOUR)
    await mark_all_sent()
    await replies.record_own_reply(
        cast.fbi_lead, event_id, "2027-01-12", ReplyValue.ACCEPTED, "", NOW - AN_HOUR, for_series=False
    )
    before = await view_of_event(cast, event_id)
    other = meeting(cast.fbi_lead, starts=meeting().starts + timedelta(days=1), place="Annex", title="Core group")
    await scheduling.change_event(cast.coordinator, event_id, other, 1, NOW)
    assert await history.change_made_at(cast.coordinator, event_id, NOW)
    await undo_change(cast.coordinator, event_id)
    assert await view_of_event(cast, event_id) == before
    assert await pending_count() == 0


async def test_a_change_stays_after_20_seconds_or_when_someone_heard_of_it(cast: Cast) -> None:
    event_id = await schedule_running_series(cast)
    await move_second_date(cast, event_id, 1, NOW)
    with pytest.raises(Gone):
        await undo_change(cast.coordinator, event_id, now=LATE)
    await rows.Message.update({rows.Message.worker: "somebody"}).where(rows.Message.state == "pending")
    with pytest.raises(Gone):
        await undo_change(cast.coordinator, event_id)


async def test_a_change_to_which_someone_replied_stays(cast: Cast) -> None:
    event_id = await schedule_running_series(cast)
    await move_second_date(cast, event_id, 1, NOW)
    await replies.record_own_reply(
        cast.fbi_lead, event_id, "2027-01-19", ReplyValue.ACCEPTED, "", NOW + AN_HOUR / 3600, for_series=False
    )
    with pytest.raises(Gone, match=MEANWHILE):
        await undo_change(cast.coordinator, event_id)


async def name_substitute(cast: Cast, event_id: UUID) -> datetime:
    """Let a person be named as substitute on one date; return when they are emailed."""
    await replies.record_own_reply(
        cast.kcpd_detective,
        event_id,
        "2027-01-19",
        ReplyValue.DECLINED,
        "",
        NOW,
        for_series=False,
        substitute=cast.kcpd_alternate.member_id,
    )
    return NOW + timedelta(minutes=5)


async def queue_reminders(_: Cast, __: UUID) -> datetime:
    """Let the reminders of the second date fall due; return when they are emailed."""
    due = datetime(2027, 1, 18, 17, tzinfo=UTC)
    await reminders.queue_due_messages(due - AN_HOUR * 3, ZONE)
    await mark_all_sent()
    await reminders.queue_due_messages(due, ZONE)
    return due + timedelta(minutes=5)


@pytest.mark.both_engines
@pytest.mark.parametrize("queued", [name_substitute, queue_reminders])
@pytest.mark.parametrize("is_cut", [False, True], ids=["title", "end"])
async def test_an_email_that_was_being_sent_during_a_change_is_not_sent_again_after_undo(
    cast: Cast, queued: Callable[[Cast, UUID], Awaitable[datetime]], *, is_cut: bool
) -> None:
    rule = rule_for_choice("weekly", meeting().starts, count=3)
    plan = meeting(cast.kcpd_detective, cast.fbi_lead, committee_id=cast.committees["steering"], rule=rule)
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW - AN_HOUR)
    await mark_all_sent()
    now = await queued(cast, event_id)
    me = await enlist_worker()
    try:
        in_progress = await outbox.claim_messages(me.name, (), now, 50)
        assert in_progress
        event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
        other = replace(plan, title="Other", rule=rule_for_choice("weekly", plan.starts, count=1 if is_cut else 3))
        await scheduling.change_event(cast.coordinator, event_id, other, event.version, now, notify=Notify.NO_ONE)
        for message in in_progress:
            await outbox.close_message(
                message, SendOutcome(state=MessageState.SENT, reason=""), now + timedelta(seconds=2)
            )
        await undo_change(cast.coordinator, event_id, now, now + timedelta(seconds=10))
        assert await outbox.claim_messages(me.name, (), now + AN_HOUR, 50) == []
    finally:
        await me.leave()


async def close_attendance(_: Cast, event_id: UUID) -> None:
    await Occurrence.update({Occurrence.attendance_closed_at: NOW}).where(Occurrence.event == event_id)


async def print_a_copy(cast: Cast, event_id: UUID) -> None:
    date, who = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-01-26"), cast.fbi_lead.member_id
    await BriefCopy.insert(BriefCopy(occurrence=date.id, issued_to=who, issued_by=who, issued_at=NOW))


async def withdraw_invitation(cast: Cast, event_id: UUID) -> None:
    invited = (Invitation.event == event_id) & (Invitation.member == cast.fbi_lead.member_id)
    await Invitation.update({Invitation.withdrawn_at: NOW}).where(invited)


async def open_to_services(_: Cast, event_id: UUID) -> None:
    await EventAudience.insert(EventAudience(event=event_id, audience=viewers.arm_audience(Arm.VICTIM_SERVICES)))


@pytest.mark.parametrize("deed", [close_attendance, print_a_copy, withdraw_invitation, open_to_services])
async def test_a_change_stays_when_something_else_about_the_event_has_changed(
    sqlite_cast: Cast, deed: Callable[[Cast, UUID], Awaitable[None]]
) -> None:
    event_id = await schedule_running_series(sqlite_cast)
    await move_second_date(sqlite_cast, event_id, 1, NOW)
    await deed(sqlite_cast, event_id)
    with pytest.raises(Gone, match=MEANWHILE):
        await undo_change(sqlite_cast.coordinator, event_id)


async def test_an_invitation_that_waits_says_nothing_of_a_change_while_it_can_be_undone(cast: Cast) -> None:
    event_id = await schedule_undoable(cast)
    changed = NOW + timedelta(seconds=15)
    await scheduling.change_event(
        cast.coordinator, event_id, meeting(cast.fbi_lead, cast.caht_lead, place="Annex"), 1, changed
    )
    assert await outbox.claim_messages("me", (), changed + timedelta(seconds=19), 50) == []
    assert len(await outbox.claim_messages("me", (), changed + UNDO_FOR, 50)) == 2


async def test_what_a_change_replaced_is_forgotten_when_it_cannot_be_taken_back(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await scheduling.change_event(cast.coordinator, event_id, meeting(cast.fbi_lead, place="Annex"), 1, NOW)
    await history.purge_snapshots(SOON)
    assert await history.change_made_at(cast.coordinator, event_id, NOW)
    await history.purge_snapshots(LATE)
    assert not await history.change_made_at(cast.coordinator, event_id, NOW)
    assert [
        entry.changes[0].before
        for entry in await history.history_of_event(
            cast.coordinator, await scheduling.event_seen_by(cast.coordinator, event_id)
        )
    ] == ["USAO conference room"]


COUNTED = frozenset({"version", "sequence", "changed_at", "due"})
"""Columns that never go back."""


async def rows_of_event(event_id: UUID) -> dict[str, dict[UUID, StoredRow]]:
    """Return all rows that hang on an event and its open messages, without the numbers that rise."""
    rows_by_table = {table: await table.select().where(of == event_id) for table, of in PUT_BACK.items()}
    is_open = (rows.Message.state == "pending") | (rows.Message.occurrence.starts_at > NOW)
    rows_by_table[rows.Message] = await rows.Message.select().where((rows.Message.event == event_id) & is_open)
    return {
        table.__name__: {row["id"]: {key: row[key] for key in row.keys() - COUNTED} for row in every}
        for table, every in rows_by_table.items()
    }


async def schedule_long_series(cast: Cast) -> UUID:
    """Return a series of which two dates are over, one is moved, one canceled and one added.

    Two people replied, and a third one was taken off the list.
    """
    starts = meeting().starts - timedelta(days=42)
    rule = rule_for_choice("weekly", starts, count=12)
    plan = meeting(cast.fbi_lead, cast.caht_lead, starts=starts, rule=rule)
    more = replace(plan, invitees={**plan.invitees, cast.hsi_liaison.member_id: AttendeeRole.REQUIRED})
    event_id = await scheduling.schedule_event(cast.coordinator, more, NOW - timedelta(days=20))
    await scheduling.change_event(cast.coordinator, event_id, plan, 1, NOW - timedelta(days=10))
    await move_second_date(cast, event_id, 1, NOW - AN_HOUR, place="Annex")
    await occurrences.cancel_occurrence(cast.coordinator, event_id, "2027-01-26", 1, "Holiday", NOW - AN_HOUR)
    version = (await scheduling.event_seen_by(cast.coordinator, event_id)).version
    await series_split.add_occurrence(cast.coordinator, event_id, datetime(2027, 1, 7, 10), version, NOW - AN_HOUR)  # noqa: DTZ001 - local
    await mark_all_sent()
    for reader, for_series in ((cast.fbi_lead, False), (cast.caht_lead, True)):
        await replies.record_own_reply(
            reader, event_id, "2027-01-19", ReplyValue.ACCEPTED, "", NOW - AN_HOUR / 2, for_series=for_series
        )
    return event_id


Change = Callable[[Cast, UUID, int, Plan], Awaitable[object]]


def change_of_whole(**facts: object) -> Change:
    """Return a change of the whole series."""

    async def change(cast: Cast, event_id: UUID, version: int, plan: Plan) -> None:
        await scheduling.change_event(
            cast.coordinator, event_id, replace(plan, **facts), version, NOW, notify=Notify.ALL
        )  # type: ignore[arg-type]  # a test

    return change


def change_of_following(**facts: object) -> Change:
    """Return a change of the dates from January 12 on."""

    async def change(cast: Cast, event_id: UUID, version: int, plan: Plan) -> None:
        onward = replace(plan_from_start(plan, meeting().starts), **facts)  # type: ignore[arg-type]  # a test
        await series_split.change_from_date_on(
            cast.coordinator, event_id, "2027-01-12", onward, version, NOW, notify=Notify.ALL, reauthenticated_at=NOW
        )

    return change


async def cancel_the_rest(cast: Cast, event_id: UUID, version: int, _: Plan) -> None:
    await series_split.cancel_from_date_on(cast.coordinator, event_id, "2027-01-12", version, "", NOW)


async def cancel_all(cast: Cast, event_id: UUID, version: int, _: Plan) -> None:
    await scheduling.cancel_event(cast.coordinator, event_id, version, "", NOW)


async def cancel_one(cast: Cast, event_id: UUID, *_: object) -> None:
    await occurrences.cancel_occurrence(cast.coordinator, event_id, "2027-01-12", 1, "", NOW)


async def restore_one(cast: Cast, event_id: UUID, *_: object) -> None:
    await occurrences.restore_occurrence(cast.coordinator, event_id, "2027-01-26", 2, NOW)


async def add_one(cast: Cast, event_id: UUID, version: int, _: Plan) -> None:
    await series_split.add_occurrence(cast.coordinator, event_id, datetime(2027, 1, 8, 10), version, NOW)  # noqa: DTZ001 - local


async def move_one(cast: Cast, event_id: UUID, *_: object) -> None:
    await move_second_date(cast, event_id, 2, NOW, place="City hall", title="Special")


async def invite_again(cast: Cast, event_id: UUID, version: int, plan: Plan) -> None:
    more = replace(plan, invitees={**plan.invitees, cast.hsi_liaison.member_id: AttendeeRole.OPTIONAL})
    await scheduling.change_event(cast.coordinator, event_id, more, version, NOW, notify=Notify.ALL)


EVERY_CHANGE: dict[str, Change] = {
    "the title": change_of_whole(title="Core group"),
    "the place": change_of_whole(place="City hall"),
    "the hour, so that it splits": change_of_whole(starts=meeting().starts - timedelta(days=42) + AN_HOUR),
    "an earlier end": change_of_whole(rule=rule_for_choice("weekly", meeting().starts - timedelta(days=42), count=8)),
    "the people": change_of_whole(invitees={}),
    "invite again": invite_again,
    "who can see it": change_of_whole(visibility=Visibility.NAMED),
    "the title of the rest": change_of_following(title="Core group"),
    "the place of the rest": change_of_following(place="Annex 2"),
    "the kind of the rest": change_of_following(kind=event_rules.Kind.TRAINING),
    "the hour of the rest": change_of_following(starts=meeting().starts + AN_HOUR),
    "the people of the rest": change_of_following(invitees={}),
    "who can see the rest": change_of_following(visibility=Visibility.NAMED),
    "cancel the rest": cancel_the_rest,
    "cancel all": cancel_all,
    "cancel one": cancel_one,
    "restore one": restore_one,
    "add one": add_one,
    "move one": move_one,
}


@pytest.mark.both_engines
@pytest.mark.parametrize("change", EVERY_CHANGE.values(), ids=EVERY_CHANGE)
async def test_every_row_of_a_series_is_as_before_when_a_change_is_undone(cast: Cast, change: Change) -> None:
    event_id = await schedule_long_series(cast)
    before, all_events = await rows_of_event(event_id), await EventRow.count()
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    await change(cast, event_id, event.version, plan)
    assert await rows_of_event(event_id) != before
    await undo_change(cast.coordinator, event_id)
    assert await rows_of_event(event_id) == before
    assert await EventRow.count() == all_events
    assert await pending_count() == 0


@pytest.mark.parametrize("change", EVERY_CHANGE.values(), ids=EVERY_CHANGE)
async def test_versions_and_sequences_only_rise_when_a_change_is_undone(sqlite_cast: Cast, change: Change) -> None:
    cast = sqlite_cast
    event_id = await schedule_long_series(cast)
    before = await versions_and_sequences(cast, event_id)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    await change(cast, event_id, event.version, plan)
    between = await versions_and_sequences(cast, event_id)
    await undo_change(cast.coordinator, event_id)
    after = await versions_and_sequences(cast, event_id)
    for key, (version, sequence) in after.items():
        assert version >= max(before[key][0], between.get(key, (0, 0))[0])
        assert sequence >= max(before[key][1], between.get(key, (0, 0))[1])
    assert after["event"][0] > between["event"][0]


async def versions_and_sequences(cast: Cast, event_id: UUID) -> dict[str, tuple[int, int]]:
    """Return the version and SEQUENCE of an event and of each date."""
    event = await scheduling.event_seen_by(cast.coordinator, event_id)
    dates = await occurrences.dates_in_series(cast.coordinator, event)
    return {"event": (event.version, event.sequence)} | {
        message.key: (message.version, message.sequence) for message in dates
    }


async def test_people_who_locked_themselves_out_undo_it(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    event_id = await scheduling.schedule_event(
        cast.fbi_lead, operation(cast.hsi_liaison, visibility=Visibility.LAW_ENFORCEMENT), NOW - AN_HOUR
    )
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    named = replace(plan, visibility=Visibility.NAMED)
    await scheduling.change_event(cast.coordinator, event_id, named, event.version, NOW)
    with pytest.raises(NotFound):
        await scheduling.event_seen_by(cast.coordinator, event_id)
    await undo_change(cast.coordinator, event_id)
    assert (await scheduling.event_seen_by(cast.coordinator, event_id)).visibility is Visibility.LAW_ENFORCEMENT


async def test_an_action_item_from_a_new_series_keeps_the_split_from_being_undone(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    event_id = await schedule_long_series(cast)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    starts = meeting().starts
    longer = replace(
        plan_from_start(plan, starts), description="Other", rule=rule_for_choice("weekly", starts, count=20)
    )
    new_id = await series_split.change_from_date_on(
        cast.coordinator, event_id, "2027-01-12", longer, event.version, NOW
    )
    last = (
        await occurrences.dates_in_series(cast.coordinator, await scheduling.event_seen_by(cast.coordinator, new_id))
    )[-1]
    await assign_item_of(cast, last)
    with pytest.raises(Conflict, match=MEANWHILE):
        await undo_change(cast.coordinator, event_id)
    assert (await scheduling.event_seen_by(cast.coordinator, new_id)).description == "Other"


async def test_an_action_item_stays_with_its_date_when_a_split_is_undone(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    event_id = await schedule_long_series(cast)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    onward = replace(plan_from_start(plan, meeting().starts), kind=event_rules.Kind.TRAINING)
    new_id = await series_split.change_from_date_on(
        cast.coordinator, event_id, "2027-01-12", onward, event.version, NOW
    )
    await assign_item_of(cast, await occurrences.date_seen_by(cast.coordinator, new_id, "2027-01-12"))
    await undo_change(cast.coordinator, event_id)
    view = await view_event(cast.coordinator, event_id, "2027-01-12", NOW)
    assert [one.title for one in view.items] == ["Book the room"]


async def assign_item_of(cast: Cast, date: event_rules.Occurrence) -> None:
    """Assign an action item from a date."""
    due, owner = date.starts_at.date(), cast.fbi_lead.member_id
    item = NewItem(title="Book the room", owner_id=owner, due=due, origin_id=date.id)
    await action_items.create_item(cast.coordinator, item, NOW, NOW.date())


async def test_an_undone_change_is_in_the_audit_log(sqlite_cast: Cast) -> None:
    event_id = await schedule_undoable(sqlite_cast)
    await undo_change(sqlite_cast.coordinator, event_id)
    verbs = await AuditEntry.select(AuditEntry.verb).order_by(AuditEntry.seq).output(as_list=True)
    assert verbs == ["scheduled", "undone"]


async def edit_at_random(cast: Cast, event_id: UUID, dice: random.Random, now: datetime) -> None:
    """Make some single-date edits, as people do over the weeks, and send what they queue."""
    for key in dice.sample(["2027-01-05", "2027-01-12", "2027-02-02", "2027-02-09"], k=3):
        date = await occurrences.date_seen_by(cast.coordinator, event_id, key)
        change = DateChange(
            starts=date.original_start + timedelta(days=dice.randint(0, 2), hours=dice.randint(0, 3)),
            duration=timedelta(minutes=dice.choice([30, 90])),
            may_double=True,
            **{name: dice.choice([None, "Another one"]) for name in ("title", "place", "agenda")},
        )
        await occurrences.change_occurrence(
            cast.coordinator, event_id, key, change, date.version, now, notify=Notify.ALL
        )
        whom = dice.choice([cast.fbi_lead, cast.caht_lead])
        await replies.record_own_reply(whom, event_id, key, ReplyValue.DECLINED, "Court", now, for_series=False)
        if dice.random() < 0.5:
            await occurrences.cancel_occurrence(cast.coordinator, event_id, key, date.version + 1, "Snow", now)
    await mark_all_sent()


@pytest.mark.both_engines
@pytest.mark.parametrize("seed", range(6))
async def test_whatever_was_edited_before_every_row_is_as_before_when_the_last_change_is_undone(
    cast: Cast, seed: int
) -> None:
    dice, event_id = random.Random(seed), await schedule_long_series(cast)  # noqa: S311 - edits
    await edit_at_random(cast, event_id, dice, NOW - AN_HOUR)
    before = await rows_of_event(event_id)
    for name in dice.sample([*EVERY_CHANGE], k=4):
        event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
        try:
            await EVERY_CHANGE[name](cast, event_id, event.version, plan)
        except (Conflict, Invalid):  # the edits before it make some changes impossible
            continue
        await undo_change(cast.coordinator, event_id)
        assert await rows_of_event(event_id) == before, name


@pytest.mark.both_engines
async def test_replies_are_as_before_when_a_new_rule_that_left_out_a_date_is_undone(cast: Cast) -> None:
    """Replies that the change makes take the numbers of those that it deletes."""
    rule = rule_for_choice("weekly", meeting().starts, count=4)
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, rule=rule), NOW - AN_HOUR)
    await mark_all_sent()
    for key in ("2027-01-12", "2027-01-26", "2027-01-19"):
        await replies.record_own_reply(
            cast.fbi_lead, event_id, key, ReplyValue.ACCEPTED, "", NOW - AN_HOUR, for_series=False
        )
    before = await rows_of_event(event_id)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    fortnightly = replace(plan, place="Annex", rule=rule_for_choice("weekly", plan.starts, interval=2, count=2))
    await scheduling.change_event(cast.coordinator, event_id, fortnightly, event.version, NOW)
    assert await rows_of_event(event_id) != before
    await undo_change(cast.coordinator, event_id)
    assert await rows_of_event(event_id) == before


class CountingEngine(SQLiteEngine):
    """SQLite, with a count of the rows that are read in transactions."""

    rows_read = 0

    async def fetch_each(
        self, connection: Connection, writes: Sequence[Write], statements: Sequence[Statement], *first: str
    ) -> list[Rows]:
        return self._counted(await super().fetch_each(connection, writes, statements, *first))

    async def begin(
        self, connection: Connection, writes: Sequence[Write], statements: Sequence[Statement], *first: str
    ) -> list[Rows]:
        return self._counted(await super().begin(connection, writes, statements, *first))

    def _counted(self, row_lists: list[Rows]) -> list[Rows]:
        self.rows_read += sum(map(len, row_lists))
        return row_lists


@pytest.fixture
async def counting(sqlite_cast: Cast) -> AsyncIterator[CountingEngine]:
    opened = engine()
    made = CountingEngine(opened.path, synchronous="OFF")
    bind(made)
    await open_database(made)
    yield made
    await close_database(made)
    bind(opened)


async def test_a_change_of_one_date_reads_no_replies_for_undo(sqlite_cast: Cast, counting: CountingEngine) -> None:
    cast, event_id = sqlite_cast, await schedule_running_series(sqlite_cast)
    date = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-01-19")
    few = await rows_read_by_a_new_title(cast, event_id, 1, counting)
    await mark_all_sent()
    every = [one.id for one in (await invitations_by_member(event_id)).values()]
    again = {"occurrence": date.id, "reply": "tentative", "source": "site", "sequence": 0, "replied_at": NOW}
    async with writing():
        await new_replies.write_replies([{"invitation": one, **again} for one in every for _ in range(200)])
    assert await rows_read_by_a_new_title(cast, event_id, 2, counting) <= few


async def rows_read_by_a_new_title(cast: Cast, event_id: UUID, version: int, counting: CountingEngine) -> int:
    """Return the rows that are read while the title of one date is changed."""
    before, now = counting.rows_read, NOW + version * AN_HOUR
    await move_second_date(
        cast, event_id, version, now, title=f"Special {version}", starts=meeting().starts + timedelta(days=7)
    )
    assert await history.change_made_at(cast.coordinator, event_id, now)
    return counting.rows_read - before


def test_every_table_whose_rows_are_deleted_with_dates_or_invitations_is_put_back() -> None:
    gone = {
        table
        for table in APP_CONFIG.table_classes
        for key in table._meta.columns
        if isinstance(key, ForeignKey)
        and key._foreign_key_meta.resolved_references in (Occurrence, Invitation)
        and key._foreign_key_meta.on_delete is OnDelete.cascade
    }
    assert gone
    assert gone <= set(PUT_BACK)
