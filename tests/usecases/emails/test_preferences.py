"""Preferences of people and policies of committees: saved, and used by the planner for whatever is not queued yet."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, everyone, meeting
from tests.database.statements import noted
from tracker.database import writing
from tracker.errors import Conflict, Gone, NotAllowed, NotFound
from tracker.rules.actions import NewItem
from tracker.rules.core.email_declarations import Content
from tracker.rules.core.message_types import Canceled, ItemsOfDay, ReplyNudge
from tracker.rules.core.outbox import NewMessage
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.emails.preferences import HELD, Preferences
from tracker.rules.events.events import EventStatus
from tracker.rules.events.history import UNDO_FOR
from tracker.rules.roster.meetings import USUAL_POLICY, ReminderPolicy
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.tables.schema.events import Event
from tracker.tables.schema.roster import Member
from tracker.usecases.actions import action_items
from tracker.usecases.core import outbox
from tracker.usecases.core.process_locks import Worker, enlist_worker
from tracker.usecases.emails import preferences, reminders
from tracker.usecases.emails.nudges import next_follow_up
from tracker.usecases.emails.preferences import sendable_messages
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.events import history, scheduling
from tracker.usecases.events.occurrences import date_seen_by
from tracker.usecases.roster.committees import policy_of_committee

STARTS = datetime(2027, 1, 12, 16, tzinfo=UTC)  # 10:00 AM
WEEK, DAY, HOURS, HALF = timedelta(days=7), timedelta(days=1), timedelta(hours=2), timedelta(minutes=30)
EARLIER = STARTS - WEEK - DAY
"""Nothing is due before, so one look covers it."""
NIGHT = (time(22), time(9, 30))


@pytest.fixture
async def cast(cast: Cast) -> Cast:
    await queue_due_messages(NOW, ZONE)
    return cast


async def save_choices(viewer: Viewer, now: datetime = NOW, **facts: Any) -> None:
    await preferences.save_preferences(viewer, Preferences(**facts), now)


async def plan_messages(*moments: datetime) -> None:
    for moment in moments:
        await queue_due_messages(moment, ZONE)


async def plan_until(end: datetime, step: timedelta = timedelta(hours=1), start: datetime = EARLIER) -> None:
    moment = start
    while moment < end:
        moment = min(end, moment + step)
        await queue_due_messages(moment, ZONE)


async def due_moments(of: Viewer, *kinds: str) -> list[datetime]:
    rows: list[datetime] = (
        await Message.select(Message.due)
        .where((Message.recipient == of.member_id) & Message.kind.is_in(list(kinds) or ["reminder"]))
        .order_by(Message.due)
        .output(as_list=True)
    )
    return rows


async def schedule_meeting(cast: Cast, **facts: Any) -> UUID:
    return await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead, **facts), NOW)


async def test_what_was_chosen_is_there_again(cast: Cast) -> None:
    chosen = Preferences(leads=frozenset({DAY, HALF}), quiet=NIGHT, item_reminders=False, is_discreet=True)
    await preferences.save_preferences(cast.fbi_lead, Preferences(date_reminders=False), NOW)
    await preferences.save_preferences(cast.fbi_lead, chosen, NOW)
    assert await preferences.preferences_of(cast.fbi_lead) == chosen
    assert await preferences.preferences_of(cast.caht_lead) == Preferences()


async def test_a_change_is_in_the_audit_log_without_the_hours_of_a_person(cast: Cast) -> None:
    await save_choices(cast.fbi_lead, quiet=NIGHT)
    [entry] = await AuditEntry.select(AuditEntry.actor, AuditEntry.facts).where(AuditEntry.subject == "preference")
    assert entry["actor"] == str(cast.fbi_lead.member_id)
    assert "22" not in entry["facts"]


async def test_everyone_has_the_lead_times_that_they_chose(cast: Cast) -> None:
    await save_choices(cast.fbi_lead, leads=frozenset({DAY, HALF}))
    await schedule_meeting(cast)
    await plan_until(STARTS, HALF)
    assert await due_moments(cast.fbi_lead) == [STARTS - DAY, STARTS - HALF]
    assert await due_moments(cast.caht_lead) == [STARTS - WEEK, STARTS - DAY, STARTS - HOURS]


async def test_anyone_who_turned_reminders_off_has_none_and_still_the_invitation(cast: Cast) -> None:
    await save_choices(cast.fbi_lead, date_reminders=False)
    await schedule_meeting(cast)
    await plan_until(STARTS)
    assert await due_moments(cast.fbi_lead) == []
    assert len(await due_moments(cast.fbi_lead, "invitation")) == 1


async def test_no_reminder_comes_in_quiet_hours(cast: Cast) -> None:
    await save_choices(cast.fbi_lead, quiet=NIGHT)
    await schedule_meeting(cast)
    await plan_until(STARTS, HALF)
    evening = datetime(2027, 1, 12, 3, 55, tzinfo=UTC)  # 9:55 PM: half an hour before the meeting is little use
    assert await due_moments(cast.fbi_lead) == [STARTS - WEEK, STARTS - DAY, evening]


async def test_a_choice_holds_for_what_is_not_queued_yet(cast: Cast) -> None:
    await schedule_meeting(cast)
    await plan_messages(STARTS - WEEK)
    await save_choices(cast.fbi_lead, STARTS - WEEK, leads=frozenset({HALF}))
    await plan_until(STARTS, HALF, STARTS - WEEK)
    assert await due_moments(cast.fbi_lead) == [STARTS - WEEK, STARTS - HALF]


async def test_quiet_hours_that_are_set_after_a_reminder_went_out_make_no_second_one(cast: Cast) -> None:
    await schedule_meeting(cast)
    await plan_until(STARTS - HOURS)
    await save_choices(cast.fbi_lead, STARTS - HOURS, quiet=(time(20), time(8, 30)))
    await plan_until(STARTS, timedelta(minutes=10), STARTS - HOURS)
    assert Counter(await due_moments(cast.fbi_lead)).most_common(1)[0][1] == 1
    assert len(await due_moments(cast.fbi_lead)) == 3


@pytest.mark.parametrize(("ends", "hours"), [(time(9, 30), 0.5), (time(9, 45), 2)])
async def test_a_reminder_whose_time_before_new_quiet_hours_is_over_still_comes(
    cast: Cast, ends: time, hours: float
) -> None:
    event_id = await schedule_meeting(cast)
    chosen_at = STARTS - timedelta(hours=3)
    await plan_until(chosen_at)
    await save_choices(cast.fbi_lead, chosen_at, quiet=(time(20), ends))
    moment = STARTS - timedelta(hours=hours)  # when they end, or at once if the meeting is less than 30 minutes later
    planned = await reminders.event_reminders_ahead(cast.fbi_lead, event_id, chosen_at)
    assert [one.at for one in planned] == [moment]
    await plan_until(STARTS, timedelta(minutes=10), chosen_at)
    assert (await due_moments(cast.fbi_lead))[2:] == [moment]


async def test_a_reminder_that_went_out_before_quiet_hours_is_not_announced_again(cast: Cast) -> None:
    await save_choices(cast.fbi_lead, quiet=(time(20), time(9, 30)))
    event_id = await schedule_meeting(cast)
    await plan_until(STARTS - timedelta(hours=3))
    assert await reminders.event_reminders_ahead(cast.fbi_lead, event_id, STARTS - timedelta(hours=3)) == []
    await plan_until(STARTS, timedelta(minutes=10), STARTS - timedelta(hours=3))
    assert len(await due_moments(cast.fbi_lead)) == 3


async def test_an_event_has_lead_times_of_its_own_for_people_who_chose_none(cast: Cast) -> None:
    committee_id = cast.committees["steering"]
    await save_choices(cast.fbi_lead, leads=frozenset({DAY}))
    policy = ReminderPolicy(leads=frozenset({HOURS}))
    await schedule_meeting(cast, visibility=Visibility.COMMITTEE, committee_id=committee_id, reminders=policy)
    await plan_until(STARTS)
    assert (await due_moments(cast.caht_lead), await due_moments(cast.fbi_lead)) == ([STARTS - HOURS], [STARTS - DAY])


async def test_item_reminders_wait_for_the_end_of_quiet_hours_or_are_off(cast: Cast) -> None:
    await save_choices(cast.caht_lead, quiet=(time(23), time(9)))
    await save_choices(cast.harbor_advocate, item_reminders=False)
    for owner in (cast.caht_lead, cast.harbor_advocate):
        new = NewItem(
            title="Write the protocol",
            owner_id=owner.member_id,
            due=date(2027, 2, 9),
            origin_id=None,
            seen_by=Visibility.ALL,
            committee_id=None,
        )
        await action_items.create_item(cast.coordinator, new, NOW, NOW.date())
    await plan_until(datetime(2027, 2, 9, 16, tzinfo=UTC), start=datetime(2027, 2, 5, 16, tzinfo=UTC))
    assert (await due_moments(cast.caht_lead, "items_of_day"))[-1] == datetime(2027, 2, 9, 15, tzinfo=UTC)
    assert await due_moments(cast.harbor_advocate, "items_of_day") == []


async def test_one_person_s_reminder_does_not_take_the_place_of_another_s(cast: Cast) -> None:
    await save_choices(cast.fbi_lead, leads=frozenset({DAY}))
    await save_choices(cast.caht_lead, leads=frozenset({HOURS}))
    await schedule_meeting(cast)
    await plan_messages(STARTS - DAY, STARTS - HOURS)
    rows = await Message.select(Message.recipient.name, Message.state).where(Message.kind == "reminder")
    states = Counter((row["recipient.name"], row["state"]) for row in rows)
    assert states["Fbi lead", "pending"] == states["Caht lead", "pending"] == 1


async def test_reminders_of_the_final_state_are_those_after_any_way_to_it(cast: Cast) -> None:
    """Invariant P4: two events that end alike, one of them by detours, are reminded of alike."""
    rule_free = {"starts": datetime(2027, 1, 20, 7)}
    straight = await schedule_meeting(cast, **rule_free)
    winding = await schedule_meeting(cast, starts=datetime(2027, 1, 25, 22), title="Winding")
    await save_choices(cast.fbi_lead, quiet=(time(1), time(2)), leads=frozenset({WEEK}))
    await save_choices(cast.caht_lead, date_reminders=False)
    event, as_it_is = await scheduling.plan_to_change(cast.coordinator, winding)
    await scheduling.change_event(cast.coordinator, winding, replace(as_it_is, **rule_free), event.version, NOW)
    await Member.update({Member.zone: "America/New_York"}).where(Member.id == cast.fbi_lead.member_id)
    await save_choices(cast.fbi_lead, quiet=(time(22), time(6)), leads=frozenset({DAY, HOURS}))
    await save_choices(cast.caht_lead)
    await plan_until(datetime(2027, 1, 20, 13, tzinfo=UTC))
    rows = await Message.select(Message.event, Message.recipient, Message.due, Message.state, Message.facts).where(
        Message.kind == "reminder"
    )
    of_each = {
        path: sorted(
            (str(row["recipient"]), row["due"], row["state"], row["facts"]) for row in rows if row["event"] == path
        )
        for path in (straight, winding)
    }
    assert sorted(of_each[straight]) == sorted(of_each[winding])
    assert len(of_each[straight]) == 2 + 3 + 3


async def test_a_date_that_moved_into_the_night_is_reminded_of_outside_it(cast: Cast) -> None:
    await save_choices(cast.fbi_lead, quiet=(time(22), time(6)))
    event_id = await schedule_meeting(cast)
    event, plan_now = await scheduling.plan_to_change(cast.coordinator, event_id)
    moved = replace(plan_now, starts=datetime(2027, 1, 13, 5))
    await scheduling.change_event(cast.coordinator, event_id, moved, event.version, NOW)
    await plan_until(datetime(2027, 1, 13, 11, tzinfo=UTC), HALF)
    assert [one.hour for one in await due_moments(cast.fbi_lead)] == [12, 12, 3]


async def test_planning_asks_as_often_when_everyone_chose_something_as_when_no_one_did(sqlite_cast: Cast) -> None:
    asked = []
    for day in range(2):
        for _ in range(20):
            meeting_plan = meeting(*everyone(sqlite_cast), starts=datetime(2027, 1, 12 + day, 10))
            await scheduling.schedule_event(sqlite_cast.coordinator, meeting_plan, NOW)
        due = STARTS - WEEK + day * DAY
        await plan_messages(due - timedelta(minutes=1))
        with noted() as statements:
            await plan_messages(due)
        asked.append(len(statements))
        assert len(await due_moments(sqlite_cast.fbi_lead)) == 20 + 20 * day
        for number, viewer in enumerate(everyone(sqlite_cast)):
            await save_choices(viewer, quiet=(time(22, number), time(6)), leads=frozenset({WEEK, HALF}))
    assert asked[0] == asked[1]


async def test_when_people_are_asked_next_is_found_from_the_preferences_of_those_who_are_asked(cast: Cast) -> None:
    asks = ReminderPolicy(asks_before=frozenset({timedelta(days=2)}))
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, reminders=asks), NOW)
    for person in (cast.fbi_lead, cast.caht_lead):
        await preferences.save_preferences(person, Preferences(has_quiet_weekends=True), NOW)
    date = await date_seen_by(cast.coordinator, event_id, "2027-01-12")
    with noted() as statements:
        assert await next_follow_up(cast.coordinator, date, NOW)
    [read] = [sql for sql, _ in statements if "FROM preference p JOIN" in sql]
    assert read.partition("WHERE p.member ")[2].startswith(("IN ", "= ANY "))
    wishes = await preferences.wishes_of([cast.fbi_lead.member_id])
    assert set(wishes.of_member) == {cast.fbi_lead.member_id}
    assert wishes.quiet_of(cast.fbi_lead.member_id)


MIDNIGHT = datetime(2027, 1, 12, 6, tzinfo=UTC)
MORNING = MIDNIGHT + timedelta(hours=6)
QUIET_HOURS_STARTS = MIDNIGHT + timedelta(hours=10)
QUIET_HOURS_NIGHT = (time(22), time(6))


@pytest.fixture
async def worker(cast: Cast) -> AsyncIterator[Worker]:
    me = await enlist_worker()
    yield me
    await me.leave()


async def queue_at_midnight(cast: Cast, to: Viewer, content: Content, not_after: datetime) -> None:
    """Let a message become due at midnight."""
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(to), NOW)
    await Message.delete(force=True)
    draft = NewMessage(content=content, recipient_id=to.member_id, event_id=event_id, key="one", not_after=not_after)
    async with writing():
        await outbox.enqueue_all([draft], MIDNIGHT - timedelta(minutes=1))


async def sendable_keys(worker: Worker, now: datetime) -> list[str]:
    claimed = await outbox.claim_messages(worker.name, (), now, 50)
    return [one.key for one in await sendable_messages(claimed, worker.name, now)]


async def test_a_message_that_became_due_in_quiet_hours_is_held_until_they_end(cast: Cast, worker: Worker) -> None:
    await queue_at_midnight(cast, cast.fbi_lead, ReplyNudge(), QUIET_HOURS_STARTS)
    await preferences.save_preferences(cast.fbi_lead, Preferences(quiet=QUIET_HOURS_NIGHT), NOW)
    assert await sendable_keys(worker, MIDNIGHT) == []
    row = await Message.select(Message.due, Message.reason, Message.attempts, Message.worker).first()
    assert row == {"due": MORNING, "reason": HELD, "attempts": 0, "worker": ""}
    assert await sendable_keys(worker, MORNING) == ["one"]


async def test_one_that_would_be_outdated_after_them_is_sent(cast: Cast, worker: Worker) -> None:
    await queue_at_midnight(cast, cast.fbi_lead, ReplyNudge(), MORNING + timedelta(minutes=29))
    await preferences.save_preferences(cast.fbi_lead, Preferences(quiet=QUIET_HOURS_NIGHT), NOW)
    assert await sendable_keys(worker, MIDNIGHT) == ["one"]


async def test_a_days_email_about_items_is_held_past_its_day_because_the_next_one_covers_it(
    cast: Cast, worker: Worker
) -> None:
    day = MIDNIGHT.date()
    await queue_at_midnight(cast, cast.fbi_lead, ItemsOfDay(day=day, since=day), MIDNIGHT)
    await preferences.save_preferences(cast.fbi_lead, Preferences(quiet=QUIET_HOURS_NIGHT), NOW)
    assert await sendable_keys(worker, MIDNIGHT - timedelta(seconds=1)) == []
    assert await sendable_keys(worker, MORNING) == ["one"]


async def test_a_cancellation_is_sent_at_any_hour(cast: Cast, worker: Worker) -> None:
    await queue_at_midnight(cast, cast.fbi_lead, Canceled(), QUIET_HOURS_STARTS)
    await preferences.save_preferences(cast.fbi_lead, Preferences(quiet=QUIET_HOURS_NIGHT), NOW)
    assert await sendable_keys(worker, MIDNIGHT) == ["one"]


async def test_the_usual_quiet_hours_are_for_people_who_chose_nothing(cast: Cast, worker: Worker) -> None:
    await preferences.save_usual_quiet_hours(cast.coordinator, QUIET_HOURS_NIGHT, NOW)
    await queue_at_midnight(cast, cast.fbi_lead, ReplyNudge(), QUIET_HOURS_STARTS)
    assert await sendable_keys(worker, MIDNIGHT) == []
    await preferences.save_preferences(cast.fbi_lead, Preferences(is_never_quiet=True), NOW)
    assert (
        await sendable_keys(worker, MORNING - timedelta(seconds=1)) == []
    )  # it waits until the time that it was given
    assert await preferences.usual_quiet_hours() == QUIET_HOURS_NIGHT
    [entry] = await AuditEntry.select(AuditEntry.facts).where(AuditEntry.subject == "usual_quiet_hours")
    assert entry["facts"] == '{"quiet_from": "22:00", "quiet_until": "06:00"}'


async def test_only_a_coordinator_sets_the_usual_quiet_hours(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await preferences.save_usual_quiet_hours(cast.fbi_lead, QUIET_HOURS_NIGHT, NOW)
    assert await preferences.usual_quiet_hours() is None


DAY_BEFORE = ReminderPolicy(leads=frozenset({timedelta(days=1)}))


async def schedule_for_services(
    cast: Cast, *, visibility: Visibility = Visibility.COMMITTEE, by: str = "coordinator"
) -> UUID:
    plan = meeting(cast.caht_lead, visibility=visibility, committee_id=cast.committees["services"])
    return await scheduling.schedule_event(getattr(cast, by), plan, NOW)


async def policy_of_event(cast: Cast, event_id: UUID) -> ReminderPolicy:
    return (await scheduling.event_seen_by(cast.coordinator, event_id)).reminders


async def save_policy(cast: Cast, viewer: Viewer, upcoming: int | None = None) -> int:
    return await preferences.save_committee_policy(
        viewer, cast.committees["services"], DAY_BEFORE, NOW, upcoming=upcoming
    )


async def test_only_the_chair_and_a_coordinator_set_the_policy_of_a_committee(cast: Cast) -> None:
    services = cast.committees["services"]
    await save_policy(cast, cast.caht_lead)
    assert (await preferences.committee_policy(cast.coordinator, services, NOW)).policy == DAY_BEFORE
    with pytest.raises(NotAllowed):
        await save_policy(cast, cast.harbor_advocate)
    for committee_id in (services, uuid4()):
        with pytest.raises(NotFound):
            await preferences.save_committee_policy(cast.fbi_lead, committee_id, DAY_BEFORE, NOW)
    assert await policy_of_committee(cast.committees["steering"]) == USUAL_POLICY


async def test_events_already_scheduled_keep_their_reminders(cast: Cast) -> None:
    event_id = await schedule_for_services(cast)
    assert await save_policy(cast, cast.caht_lead) == 0
    assert await policy_of_event(cast, event_id) == USUAL_POLICY


async def test_the_upcoming_events_change_too_without_their_calendars(cast: Cast) -> None:
    event_id, canceled = await schedule_for_services(cast), await schedule_for_services(cast)
    await scheduling.cancel_event(cast.coordinator, canceled, 1, "", NOW)
    before = await scheduling.event_seen_by(cast.coordinator, event_id)
    assert await save_policy(cast, cast.caht_lead, upcoming=1) == 1
    after = await scheduling.event_seen_by(cast.coordinator, event_id)
    assert (after.reminders, after.version) == (DAY_BEFORE, before.version + 1)
    assert (after.changed_at, after.sequence) == (before.changed_at, before.sequence)
    assert await policy_of_event(cast, canceled) == USUAL_POLICY
    rows = await AuditEntry.select(AuditEntry.subject, AuditEntry.facts).order_by(AuditEntry.seq)
    reminders = '"asks_after": "", "asks_before": "", "is_usual": false, "leads": "1440", "sends_thanks": false'
    were = '"was_asks_after": "", "was_asks_before": "", "was_is_usual": true, "was_leads": "10080,1440,120"'
    assert [(one["subject"], one["facts"]) for one in rows[-2:]] == [
        ("event", '{"fields": ["reminders"]}'),
        ("committee_preference", f'{{{reminders}, "upcoming_events": 1, {were}, "was_sends_thanks": false}}'),
    ]


async def changes_in_history(viewer: Viewer, event_id: UUID) -> list[tuple[str | None, list[tuple[str, str]]]]:
    """Return who changed an event from what to what, as its history says."""
    history_found = await history.history_of_event(viewer, await scheduling.event_seen_by(viewer, event_id))
    return [(one.actor, [(change.before, change.after) for change in one.changes]) for one in history_found]


async def test_the_history_of_an_event_says_who_changed_its_reminders_from_what_until_it_is_undone(cast: Cast) -> None:
    event_id = await schedule_for_services(cast)
    await save_policy(cast, cast.caht_lead, upcoming=1)
    usual_to_day = [("7 days, 1 day, and 2 hours before", "1 day before")]
    assert await changes_in_history(cast.caht_lead, event_id) == [("Caht lead (CAHT)", usual_to_day)]
    assert await changes_in_history(cast.harbor_advocate, event_id) == []
    await preferences.undo_committee_policy(cast.caht_lead, cast.committees["services"], NOW, NOW)
    assert await changes_in_history(cast.caht_lead, event_id) == []


async def test_an_event_that_the_chair_does_not_see_is_neither_counted_nor_changed(cast: Cast) -> None:
    plan = meeting(cast.fbi_lead, visibility=Visibility.NAMED, committee_id=cast.committees["services"])
    hidden = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    committee_policy = await preferences.committee_policy(cast.caht_lead, cast.committees["services"], NOW)
    assert committee_policy.upcoming == 0
    assert await save_policy(cast, cast.caht_lead, upcoming=0) == 0
    assert await policy_of_event(cast, hidden) == USUAL_POLICY


async def test_another_number_than_the_one_that_was_shown_changes_nothing(cast: Cast) -> None:
    event_id = await schedule_for_services(cast)
    with pytest.raises(Conflict, match="changed while you had this form open"):
        await save_policy(cast, cast.caht_lead, upcoming=2)
    assert (await policy_of_event(cast, event_id), await policy_of_committee(cast.committees["services"])) == (
        USUAL_POLICY,
    ) * 2


async def test_undo_puts_back_the_policy_and_the_events_within_twenty_seconds(cast: Cast) -> None:
    services, event_id = cast.committees["services"], await schedule_for_services(cast)
    await save_policy(cast, cast.caht_lead, upcoming=1)
    with pytest.raises(Gone):
        await preferences.undo_committee_policy(cast.caht_lead, services, NOW, NOW + UNDO_FOR)
    with pytest.raises(Gone):
        await preferences.undo_committee_policy(cast.coordinator, services, NOW, NOW)
    await preferences.undo_committee_policy(cast.caht_lead, services, NOW, NOW)
    assert (await policy_of_event(cast, event_id), await policy_of_committee(services)) == (USUAL_POLICY,) * 2


async def test_undo_leaves_everything_when_an_event_has_changed_since(cast: Cast) -> None:
    services, event_id = cast.committees["services"], await schedule_for_services(cast)
    await save_policy(cast, cast.caht_lead, upcoming=1)
    await Event.update({Event.version: 9, Event.status: EventStatus.TENTATIVE}).where(Event.id == event_id)
    with pytest.raises(Conflict):
        await preferences.undo_committee_policy(cast.caht_lead, services, NOW, NOW)
    assert (await policy_of_event(cast, event_id), await policy_of_committee(services)) == (DAY_BEFORE, DAY_BEFORE)


@pytest.mark.both_engines
async def test_committees_inherit_the_policy_of_the_task_force_until_they_choose_one(cast: Cast) -> None:
    services, steering = cast.committees["services"], cast.committees["steering"]
    await save_policy(cast, cast.caht_lead)
    usual = ReminderPolicy(asks_after=frozenset({timedelta(days=2)}), sends_thanks=True)
    event_id = await schedule_for_services(cast)
    await preferences.save_usual_policy(cast.coordinator, usual, NOW)
    assert [await policy_of_committee(one) for one in (None, steering, services)] == [usual, usual, DAY_BEFORE]
    assert await policy_of_event(cast, event_id) != usual, "events already scheduled keep theirs"
    await preferences.save_committee_policy(cast.caht_lead, services, None, NOW, upcoming=1)
    assert [await policy_of_committee(services), await policy_of_event(cast, event_id)] == [usual, usual]
    await preferences.undo_committee_policy(cast.caht_lead, services, NOW, NOW)
    assert await policy_of_committee(services) == DAY_BEFORE


async def test_only_a_coordinator_sets_the_policy_of_the_task_force(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await preferences.save_usual_policy(cast.caht_lead, DAY_BEFORE, NOW)
    assert await policy_of_committee(None) == USUAL_POLICY
