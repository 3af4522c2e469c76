"""Scheduling and changing whole events, with every field, and for people who are only kept informed."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace
from piccolo.columns import Varchar

from tests.cast import LINK, NOW, ZONE, Cast, everyone, marking, meeting, operation
from tests.emails import ReadEmail
from tests.event_fields import another
from tests.usecases.events.world import emails_due_to
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound, ReauthenticationNeeded
from tracker.ical import itip
from tracker.ical.itip import Attendee
from tracker.ical.vevents import Organizer
from tracker.rules.actions import NewItem
from tracker.rules.attendance import AttendanceWalkIn, Mark
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.message_types import Removed
from tracker.rules.core.outbox import decode
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.emails.emails import CalendarPart
from tracker.rules.events.events import FIELDS, TEXTS, EventFields, EventStatus, field_values, fields_of
from tracker.rules.events.history import UNDO_FOR
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import CONFIRM_FIRST, WHOLE_DAYS, DateChange, Plan, plan_from_start
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.roster.meetings import ReminderPolicy
from tracker.tables.schema import events as rows
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.roster import Member
from tracker.tables.visible import calendars
from tracker.tables.visible.events import events
from tracker.tables.visible.events import replies as events_replies
from tracker.usecases import attendance, availability
from tracker.usecases.actions import action_items
from tracker.usecases.calendars import feeds, subscriptions
from tracker.usecases.emails import nudges, reminders
from tracker.usecases.events import history, occurrences, replies, series_split
from tracker.usecases.events import scheduling as event_deeds
from tracker.usecases.views import impact
from tracker.usecases.views.event_page import view_event

JANUARY_12 = datetime(2027, 1, 12, 10)  # noqa: DTZ001 - local to the event's zone
MONTHLY = rule_for_choice("monthly_nth", JANUARY_12, until=date(2027, 12, 31))


async def pending_count(kind: str) -> int:
    return await Message.count().where((Message.kind == kind) & (Message.state == "pending"))


@pytest.mark.both_engines
async def test_a_monthly_series_has_its_twelve_dates_at_ten_by_the_clock_on_the_wall(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(rule=MONTHLY), NOW)
    event = await event_deeds.event_seen_by(cast.coordinator, event_id)
    dates = await occurrences.dates_in_series(cast.coordinator, event)
    assert len(dates) == 12
    assert [one.starts_at.hour for one in dates] == [16, 16, 16, 15, 15, 15, 15, 15, 15, 15, 16, 16]


@pytest.mark.both_engines
async def test_everyone_invited_but_the_lead_gets_one_invitation(cast: Cast) -> None:
    await event_deeds.schedule_event(cast.coordinator, meeting(*everyone(cast), rule=MONTHLY), NOW)
    assert await pending_count("invitation") == len(everyone(cast))


@pytest.mark.both_engines
async def test_a_draft_tells_no_one_and_is_seen_by_its_lead_alone(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead, status=EventStatus.DRAFT), NOW)
    assert await pending_count("invitation") == 0
    assert await events.event_by_id(cast.fbi_lead, event_id) is None
    assert await events.event_by_id(cast.coordinator, event_id) is not None


@pytest.mark.both_engines
async def test_a_draft_that_is_confirmed_invites_everyone(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead, status=EventStatus.DRAFT), NOW)
    await event_deeds.change_event(cast.coordinator, event_id, meeting(cast.fbi_lead), 1, NOW)
    assert await pending_count("invitation") == 1


@pytest.mark.both_engines
async def test_a_draft_that_moves_when_it_is_sent_has_the_first_sequence(sqlite_cast: Cast) -> None:
    draft = meeting(sqlite_cast.fbi_lead, status=EventStatus.DRAFT)
    event_id = await event_deeds.schedule_event(sqlite_cast.coordinator, draft, NOW)
    moved = meeting(sqlite_cast.fbi_lead, starts=JANUARY_12 + timedelta(days=1), place="Annex")
    await event_deeds.change_event(sqlite_cast.coordinator, event_id, moved, 1, NOW)
    assert (await event_deeds.event_seen_by(sqlite_cast.coordinator, event_id)).sequence == 0


@pytest.mark.both_engines
async def test_an_operation_is_seen_by_the_named_alone(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    assert await events.event_by_id(cast.kcpd_detective, event_id) is not None
    for stranger in (cast.coordinator, cast.fbi_alternate, cast.caht_lead, cast.harbor_advocate):
        assert await events.event_by_id(stranger, event_id) is None


@pytest.mark.both_engines
async def test_someone_who_may_not_see_an_event_cannot_be_invited_to_it(cast: Cast) -> None:
    plan = meeting(cast.caht_lead, visibility=Visibility.LAW_ENFORCEMENT)
    with pytest.raises(Invalid) as refused:
        await event_deeds.schedule_event(cast.coordinator, plan, NOW)
    assert "Caht lead (CAHT)" in refused.value.fields["people"]


@pytest.mark.both_engines
async def test_a_coordinator_is_invited_to_what_one_arm_may_see(sqlite_cast: Cast) -> None:
    plan = meeting(sqlite_cast.coordinator, visibility=Visibility.VICTIM_SERVICES)
    event_id = await event_deeds.schedule_event(sqlite_cast.caht_lead, plan, NOW)
    assert await events.event_by_id(sqlite_cast.coordinator, event_id) is not None


@pytest.mark.both_engines
async def test_a_member_without_a_role_schedules_nothing(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await event_deeds.schedule_event(cast.harbor_advocate, meeting(), NOW)


@pytest.mark.both_engines
async def test_an_agency_lead_schedules_for_the_own_arm_but_not_for_everyone(cast: Cast) -> None:
    await event_deeds.schedule_event(cast.caht_lead, meeting(visibility=Visibility.VICTIM_SERVICES), NOW)
    with pytest.raises(NotAllowed):
        await event_deeds.schedule_event(cast.caht_lead, meeting(), NOW)


@pytest.mark.both_engines
async def test_an_event_that_ends_before_it_starts_is_refused_at_its_field(cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        await event_deeds.schedule_event(cast.coordinator, meeting(duration=timedelta(minutes=-5)), NOW)
    assert refused.value.fields == {"ends": "The event ends before it starts."}


@pytest.mark.both_engines
async def test_anyone_who_cannot_see_an_event_finds_nothing_to_change(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    with pytest.raises(NotFound):
        await event_deeds.change_event(cast.coordinator, event_id, operation(), 1, NOW)


@pytest.mark.both_engines
async def test_a_participant_cannot_change_an_event(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_alternate), NOW)
    with pytest.raises(NotAllowed):
        await event_deeds.cancel_event(cast.fbi_alternate, event_id, 1, "", NOW)


@pytest.mark.both_engines
async def test_the_second_of_two_editors_reads_that_it_changed(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(), NOW)
    await event_deeds.change_event(cast.coordinator, event_id, meeting(title="First"), 1, NOW)
    with pytest.raises(Conflict):
        await event_deeds.change_event(cast.coordinator, event_id, meeting(title="Second"), 1, NOW)


@pytest.mark.both_engines
async def test_a_typo_fixed_in_the_notes_tells_no_one_and_leaves_the_sequence(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await event_deeds.change_event(cast.coordinator, event_id, meeting(cast.fbi_lead, description="Mended"), 1, NOW)
    event = await event_deeds.event_seen_by(cast.coordinator, event_id)
    assert (event.sequence, event.version, await pending_count("update")) == (0, 2, 0)


@pytest.mark.both_engines
async def test_a_single_event_that_moves_keeps_its_date_row_and_raises_its_sequence(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    before = await occurrences.nearest_date(cast.coordinator, event_id, NOW)
    moved = meeting(cast.fbi_lead, starts=JANUARY_12 + timedelta(days=1))
    await event_deeds.change_event(cast.coordinator, event_id, moved, 1, NOW)
    after = await occurrences.nearest_date(cast.coordinator, event_id, NOW)
    assert (after.id, after.key, after.event.sequence) == (before.id, "2027-01-13", 1)


@pytest.mark.both_engines
async def test_a_running_series_that_changes_its_hour_ends_and_goes_on_as_a_new_one(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead, rule=MONTHLY), NOW)
    august = datetime(2027, 8, 1, 15, tzinfo=UTC)
    earlier = replace(meeting(cast.fbi_lead, rule=MONTHLY), starts=JANUARY_12.replace(hour=9))
    new_id = await event_deeds.change_event(cast.coordinator, event_id, earlier, 1, august)
    old, new = [await event_deeds.event_seen_by(cast.coordinator, one) for one in (event_id, new_id)]
    old_dates, new_dates = [await occurrences.dates_in_series(cast.coordinator, one) for one in (old, new)]
    assert (len(old_dates), len(new_dates)) == (7, 5)
    assert old.rrule is not None
    assert "UNTIL=20270713T150000Z" in old.rrule
    assert old.uid != new.uid
    assert new_dates[0].original_start == datetime(2027, 8, 10, 9)  # noqa: DTZ001 - local to the event's zone


@pytest.mark.both_engines
async def test_someone_taken_off_the_list_alone_is_notified(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.hsi_liaison), NOW)
    await event_deeds.change_event(cast.coordinator, event_id, meeting(cast.fbi_lead), 1, NOW)
    notified = await Message.select(Message.recipient).where(Message.kind == "withdrawal")
    assert [row["recipient"] for row in notified] == [cast.hsi_liaison.member_id]


@pytest.mark.both_engines
async def test_someone_who_joins_an_event_that_moves_is_invited_and_gets_no_update(sqlite_cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    moved = meeting(sqlite_cast.fbi_lead, sqlite_cast.hsi_liaison, place="Annex")
    await event_deeds.change_event(sqlite_cast.coordinator, event_id, moved, 1, NOW)
    joined = Message.recipient == sqlite_cast.hsi_liaison.member_id
    assert await Message.select(Message.kind).where(joined).output(as_list=True) == ["invitation"]


async def schedule_with_removed_person(cast: Cast) -> UUID:
    """Return a series with the FBI's lead; the liaison of HSI was removed after emails gave a date the SEQUENCE 2."""
    people = (cast.fbi_lead, cast.hsi_liaison)
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(*people, rule=MONTHLY), NOW)
    for version, hour in enumerate((11, 12), start=1):
        moved = DateChange(starts=datetime(2027, 4, 13, hour), duration=timedelta(minutes=90))  # noqa: DTZ001 - local
        await occurrences.change_occurrence(cast.coordinator, event_id, "2027-04-13", moved, version, NOW)
    version = (await event_deeds.event_seen_by(cast.coordinator, event_id)).version
    await event_deeds.change_event(cast.coordinator, event_id, meeting(cast.fbi_lead, rule=MONTHLY), version, NOW)
    return event_id


@pytest.mark.both_engines
async def test_who_is_taken_off_the_list_gets_a_higher_sequence_than_any_date_had(sqlite_cast: Cast) -> None:
    await schedule_with_removed_person(sqlite_cast)
    [facts] = await Message.select(Message.facts).where(Message.kind == "withdrawal").output(as_list=True)
    content = decode(facts)
    assert isinstance(content, Removed)
    assert content.entry is not None
    assert content.entry.sequence == 3


@pytest.mark.both_engines
async def test_an_invitation_after_a_removal_has_no_lower_sequence_than_the_removal_had(cast: Cast) -> None:
    event_id = await schedule_with_removed_person(cast)
    series = await event_deeds.event_seen_by(cast.coordinator, event_id)
    assert series.sequence >= 3


@pytest.mark.both_engines
async def test_a_canceled_event_can_be_restored_with_a_higher_sequence(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await event_deeds.cancel_event(cast.coordinator, event_id, 1, "Courtroom conflict", NOW)
    await event_deeds.restore_event(cast.coordinator, event_id, 2, NOW)
    event = await event_deeds.event_seen_by(cast.coordinator, event_id)
    assert (event.status, event.sequence) == (EventStatus.CONFIRMED, 2)


@pytest.mark.both_engines
async def test_a_draft_that_is_canceled_is_gone_and_no_one_sees_it(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead, status=EventStatus.DRAFT), NOW)
    await event_deeds.cancel_event(cast.coordinator, event_id, 1, "", NOW)
    for viewer in (cast.coordinator, cast.fbi_lead):
        assert await events.event_by_id(viewer, event_id) is None


@pytest.mark.both_engines
async def test_a_running_series_that_narrows_takes_its_history_along(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(
        cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead, rule=MONTHLY), NOW
    )
    august = datetime(2027, 8, 1, 15, tzinfo=UTC)
    named = meeting(cast.fbi_lead, rule=MONTHLY, visibility=Visibility.NAMED, starts=JANUARY_12.replace(hour=9))
    await event_deeds.change_event(cast.coordinator, event_id, named, 1, august)
    assert await events.event_by_id(cast.fbi_lead, event_id) is not None
    for stranger in (cast.caht_lead, cast.harbor_advocate):
        assert await events.event_by_id(stranger, event_id) is None


@pytest.mark.both_engines
@pytest.mark.parametrize("before", [Visibility.LAW_ENFORCEMENT, Visibility.NAMED])
async def test_history_is_never_shown_to_people_who_join_when_a_running_series_narrows(
    cast: Cast, before: Visibility
) -> None:
    plan = meeting(cast.hsi_liaison, rule=MONTHLY, visibility=before)
    event_id = await event_deeds.schedule_event(cast.coordinator, plan, NOW)
    august = datetime(2027, 8, 1, 15, tzinfo=UTC)
    joined = meeting(cast.hsi_liaison, cast.caht_lead, rule=MONTHLY, starts=JANUARY_12.replace(hour=9))
    onward = replace(joined, visibility=Visibility.NAMED)
    new_id = await event_deeds.change_event(cast.coordinator, event_id, onward, 1, august)
    assert await events.event_by_id(cast.caht_lead, new_id) is not None
    assert await events.event_by_id(cast.caht_lead, event_id) is None
    assert await events.event_by_id(cast.hsi_liaison, event_id) is not None


@pytest.mark.both_engines
async def test_who_is_no_longer_named_when_a_named_series_continues_sees_none_of_its_past(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    named = operation(cast.hsi_liaison, cast.kcpd_detective, starts=JANUARY_12, rule=MONTHLY)
    event_id = await event_deeds.schedule_event(cast.fbi_lead, named, NOW)
    august = datetime(2027, 8, 1, 15, tzinfo=UTC)
    fewer = operation(cast.hsi_liaison, starts=JANUARY_12.replace(hour=9), rule=MONTHLY)
    await event_deeds.change_event(cast.fbi_lead, event_id, fewer, 1, august)
    assert await events.event_by_id(cast.hsi_liaison, event_id) is not None
    assert await events.event_by_id(cast.kcpd_detective, event_id) is None


@pytest.mark.both_engines
async def test_who_is_suspended_stays_on_the_list_of_a_named_series_that_goes_on_and_sees_its_past_once_back(
    sqlite_cast: Cast,
) -> None:
    cast = sqlite_cast
    named = operation(cast.hsi_liaison, cast.kcpd_detective, starts=JANUARY_12, rule=MONTHLY)
    event_id = await event_deeds.schedule_event(cast.fbi_lead, named, NOW)
    suspended = Member.id == cast.hsi_liaison.member_id
    await Member.update({Member.status: "suspended"}).where(suspended)
    at_nine = replace(named, starts=JANUARY_12.replace(hour=9))
    august = datetime(2027, 8, 1, 15, tzinfo=UTC)
    new_id = await event_deeds.change_event(cast.fbi_lead, event_id, at_nine, 1, august)
    await Member.update({Member.status: "active"}).where(suspended)
    for listed_id in (event_id, new_id):
        assert await events.event_by_id(cast.hsi_liaison, listed_id) is not None


@pytest.mark.both_engines
async def test_history_of_one_arm_is_not_shown_to_a_committee_of_both_with_which_the_series_continues(
    cast: Cast,
) -> None:
    ours = meeting(cast.hsi_liaison, rule=MONTHLY, visibility=Visibility.LAW_ENFORCEMENT)
    august = datetime(2027, 8, 1, 15, tzinfo=UTC)
    for committee, keeps_access in (("steering", True), ("enforcement", False)):
        event_id = await event_deeds.schedule_event(cast.coordinator, ours, NOW)
        of_committee = replace(ours, visibility=Visibility.COMMITTEE, committee_id=cast.committees[committee])
        onward = replace(of_committee, starts=JANUARY_12.replace(hour=9))
        await event_deeds.change_event(cast.coordinator, event_id, onward, 1, august)
        assert await events.event_by_id(cast.caht_lead, event_id) is None
        assert (await events.event_by_id(cast.kcpd_alternate, event_id) is not None) is keeps_access


@pytest.mark.both_engines
async def test_a_date_with_an_action_item_goes_with_its_series_and_is_not_dropped(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead, rule=MONTHLY), NOW)
    june = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-06-08")
    item = NewItem(title="Bring the roster", owner_id=cast.fbi_lead.member_id, due=date(2027, 6, 1), origin_id=june.id)
    await action_items.create_item(cast.coordinator, item, NOW, NOW.date())
    earlier = meeting(cast.fbi_lead, rule=MONTHLY, starts=JANUARY_12.replace(hour=9))
    await event_deeds.change_event(cast.coordinator, event_id, earlier, 1, NOW)
    moved = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-06-08")
    assert (moved.id, moved.starts_at - june.starts_at) == (june.id, timedelta(hours=-1))
    on_wednesdays = JANUARY_12.replace(day=13)
    other_day = meeting(
        cast.fbi_lead, rule=rule_for_choice("monthly_nth", on_wednesdays, count=12), starts=on_wednesdays
    )
    await event_deeds.change_event(cast.coordinator, event_id, other_day, 2, NOW)
    assert (await occurrences.date_seen_by(cast.coordinator, event_id, "2027-06-09")).id == june.id
    every_second = meeting(
        cast.fbi_lead, rule=rule_for_choice("monthly_nth", on_wednesdays, interval=2, count=6), starts=on_wednesdays
    )
    with pytest.raises(Invalid) as refused:
        await event_deeds.change_event(cast.coordinator, event_id, every_second, 3, NOW)
    assert "one at a time" in refused.value.fields["date"]


@pytest.mark.both_engines
async def test_a_date_that_was_held_before_its_day_stays_and_is_not_held_again_when_the_series_continues_again(
    cast: Cast,
) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead, rule=MONTHLY), NOW)
    july = datetime(2027, 7, 20, 15, tzinfo=UTC)
    held = DateChange(starts=datetime(2027, 7, 19, 10), duration=timedelta(hours=1))  # noqa: DTZ001 - local
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-08-10", held, 1, NOW)
    earlier = meeting(cast.fbi_lead, rule=MONTHLY, starts=JANUARY_12.replace(hour=9))
    new_id = await event_deeds.change_event(cast.coordinator, event_id, earlier, 2, july)
    assert (await occurrences.date_seen_by(cast.coordinator, event_id, "2027-08-10")).starts_at < july
    onward = await occurrences.dates_in_series(
        cast.coordinator, await event_deeds.event_seen_by(cast.coordinator, new_id)
    )
    assert [one.key for one in onward if one.is_canceled] == ["2027-08-10"]


@pytest.mark.both_engines
async def test_someone_invited_again_is_asked_again(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    later = NOW + timedelta(minutes=1)
    await replies.record_own_reply(
        cast.fbi_lead, event_id, "2027-01-12", ReplyValue.DECLINED, "", NOW, for_series=False
    )
    await event_deeds.change_event(cast.coordinator, event_id, meeting(), 1, later)
    await event_deeds.change_event(cast.coordinator, event_id, meeting(cast.fbi_lead), 2, later + timedelta(minutes=1))
    assert len(await replies.owed_replies(cast.fbi_lead, later)) == 1


@pytest.mark.both_engines
async def test_who_is_off_the_list_owes_no_reply(sqlite_cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    assert len(await replies.owed_replies(sqlite_cast.fbi_lead, NOW)) == 1
    await event_deeds.change_event(sqlite_cast.coordinator, event_id, meeting(), 1, NOW)
    assert await replies.owed_replies(sqlite_cast.fbi_lead, NOW) == []


@pytest.mark.both_engines
async def test_a_meeting_of_a_committee_is_scheduled_by_those_who_sit_in_it(cast: Cast) -> None:
    plan = operation(cast.hsi_liaison, committee_id=cast.committees["services"])
    with pytest.raises(NotAllowed):
        await event_deeds.schedule_event(cast.fbi_lead, plan, NOW)


@pytest.mark.both_engines
async def test_a_canceled_date_stays_canceled_when_a_series_that_has_not_begun_changes_its_hour(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead, rule=MONTHLY), NOW)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, "2027-06-08", 1, "Conference week", NOW)
    at_nine = replace(meeting(cast.fbi_lead, rule=MONTHLY), starts=JANUARY_12.replace(hour=9))
    await event_deeds.change_event(cast.coordinator, event_id, at_nine, 2, NOW)
    every = await occurrences.dates_in_series(
        cast.coordinator, await event_deeds.event_seen_by(cast.coordinator, event_id)
    )
    assert [one.key for one in every if one.is_canceled] == ["2027-06-08"]


@pytest.mark.both_engines
async def test_the_only_date_of_a_series_keeps_its_title_when_the_series_moves(cast: Cast) -> None:
    once = meeting(cast.fbi_lead, rule=rule_for_choice("weekly", JANUARY_12, count=1))
    event_id = await event_deeds.schedule_event(cast.coordinator, once, NOW)
    named = DateChange(starts=JANUARY_12, duration=once.duration, title="Kick-off")
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-01-12", named, 1, NOW)
    at_nine = replace(once, starts=JANUARY_12.replace(hour=9))
    await event_deeds.change_event(cast.coordinator, event_id, at_nine, 2, NOW)
    date = await occurrences.nearest_date(cast.coordinator, event_id, NOW)
    assert (date.title, f"{date.starts_at:%H}") == ("Kick-off", "15")


@pytest.mark.both_engines
async def test_a_date_that_is_made_again_with_its_series_has_no_lower_sequence_than_before(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead, rule=MONTHLY), NOW)
    for version, hour in enumerate((11, 12, 13), start=1):
        moved = DateChange(starts=datetime(2027, 4, 13, hour), duration=timedelta(minutes=90))  # noqa: DTZ001 - local
        await occurrences.change_occurrence(cast.coordinator, event_id, "2027-04-13", moved, version, NOW)
    longer = meeting(cast.fbi_lead, rule=MONTHLY, duration=timedelta(hours=2))
    await event_deeds.change_event(cast.coordinator, event_id, longer, 4, NOW)
    event = await event_deeds.event_seen_by(cast.coordinator, event_id)
    assert event.sequence == 4


SOON = NOW + timedelta(seconds=5)
every_field = pytest.mark.parametrize("name", FIELDS)


def plan_with_another(cast: Cast, name: str) -> Plan:
    """Return the usual plan with another value of one field."""
    return replace(meeting(cast.fbi_lead), **another(cast, name))


async def schedule_undoable(cast: Cast, plan: Plan | None = None) -> UUID:
    return await event_deeds.schedule_event(
        cast.coordinator, plan or meeting(cast.fbi_lead), NOW, notified_at=NOW + UNDO_FOR
    )


async def stored_fields(cast: Cast, event_id: UUID) -> EventFields:
    return fields_of(await event_deeds.event_seen_by(cast.coordinator, event_id))


def edit_of_field(cast: Cast, event_id: UUID, name: str) -> Callable[[], Any]:
    async def deed() -> UUID:
        return await event_deeds.change_event(cast.coordinator, event_id, plan_with_another(cast, name), 1, SOON)

    return deed


@every_field
async def test_a_field_is_read_as_it_was_planned(cast: Cast, name: str) -> None:
    plan = plan_with_another(cast, name)
    assert field_values(plan)[name] != field_values(meeting())[name]
    assert await stored_fields(cast, await schedule_undoable(cast, plan)) == fields_of(plan)


@every_field
async def test_a_field_that_is_edited_is_read_in_the_history_and_the_audit_log(cast: Cast, name: str) -> None:
    event_id = await schedule_undoable(cast)
    event = await event_deeds.event_seen_by(cast.coordinator, event_id)
    await edit_of_field(cast, event_id, name)()
    assert await stored_fields(cast, event_id) == fields_of(plan_with_another(cast, name))
    [entry] = await history.history_of_event(
        cast.coordinator, await event_deeds.event_seen_by(cast.coordinator, event_id)
    )
    assert all(one.field.label for one in entry.changes)
    assert entry.changes
    assert event_deeds.changed_field_names(plan_with_another(cast, name), event)


@every_field
async def test_a_field_that_is_edited_is_seen_by_the_preview(cast: Cast, name: str) -> None:
    await subscriptions.create_subscription(cast.fbi_lead, "Phone", FeedScope.ALL, NOW, shows_operations=True)
    event_id = await schedule_undoable(cast)
    notified = await impact.dry_run(cast.coordinator, event_id, edit_of_field(cast, event_id, name), SOON)
    assert notified.shown == {cast.fbi_lead.member_id}


async def undo_edit(cast: Cast, event_id: UUID) -> None:
    change_id = await history.change_made_at(cast.coordinator, event_id, SOON)
    assert change_id is not None
    await history.undo_change(cast.coordinator, event_id, change_id, SOON)


@every_field
async def test_a_field_that_is_edited_is_put_back_by_undo(cast: Cast, name: str) -> None:
    event_id = await schedule_undoable(cast)
    before = await stored_fields(cast, event_id)
    await edit_of_field(cast, event_id, name)()
    await undo_edit(cast, event_id)
    assert await stored_fields(cast, event_id) == before


@pytest.mark.parametrize("name", TEXTS)
def test_a_column_has_room_for_its_text(name: str) -> None:
    [column] = [one for one in rows.Event._meta.columns if one._meta.name == name]
    if isinstance(column, Varchar):
        assert column.length == TEXTS[name].longest


async def schedule_whole_days(cast: Cast) -> UUID:
    """Schedule a series of three days, a week apart, each of them all day."""
    starts = datetime.fromisoformat("2027-01-12")
    facts = {"starts": starts, "duration": timedelta(days=1), "is_all_day": True}
    return await schedule_undoable(cast, meeting(**facts, rule=rule_for_choice("weekly", starts, count=3)))


async def test_a_date_of_an_all_day_series_gets_no_hours(cast: Cast) -> None:
    event_id, hour = await schedule_whole_days(cast), datetime.fromisoformat("2027-01-20 10:00")
    with pytest.raises(Invalid, match=WHOLE_DAYS):
        await series_split.add_occurrence(cast.coordinator, event_id, hour, 1, NOW)
    change = DateChange(starts=hour, duration=timedelta(hours=1))
    with pytest.raises(Invalid, match=WHOLE_DAYS):
        await occurrences.change_occurrence(cast.coordinator, event_id, "2027-01-19", change, 1, NOW)


async def test_a_restricted_series_is_opened_from_a_date_on_only_by_who_confirmed_who_they_are(cast: Cast) -> None:
    starts = operation().starts
    plan = operation(cast.kcpd_detective, rule=rule_for_choice("weekly", starts, count=3))
    event_id = await event_deeds.schedule_event(cast.fbi_lead, plan, NOW)
    _, known = await event_deeds.plan_to_change(cast.fbi_lead, event_id)
    opened = replace(plan_from_start(known, starts + timedelta(days=7)), visibility=Visibility.LAW_ENFORCEMENT)
    arguments = (cast.fbi_lead, event_id, "2027-01-23", opened, 1, NOW)
    with pytest.raises(ReauthenticationNeeded, match=CONFIRM_FIRST):
        await series_split.change_from_date_on(*arguments)
    new_id = await series_split.change_from_date_on(*arguments, reauthenticated_at=NOW)
    assert (await event_deeds.event_seen_by(cast.hsi_liaison, new_id)).visibility is Visibility.LAW_ENFORCEMENT


async def test_undo_keeps_a_marking_with_its_limit(cast: Cast) -> None:
    event_id = await schedule_undoable(cast, meeting(marking=marking(cast)))
    before = await stored_fields(cast, event_id)
    await event_deeds.change_event(cast.coordinator, event_id, meeting(), 1, SOON)
    await undo_edit(cast, event_id)
    assert await stored_fields(cast, event_id) == before


INFORMED_DATE, STARTS = "2027-01-12", datetime(2027, 1, 12, 16, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
ORGANIZER = Organizer(name="Task Force", address="tf@tracker.example")


def plan_with_informed(cast: Cast, *coming: Viewer, **facts: Any) -> Plan:
    """Return the plan of a meeting of which the HHS liaison is kept informed."""
    made = meeting(*(coming or (cast.fbi_lead, cast.caht_lead)), **facts)
    return replace(made, invitees={**made.invitees, cast.hhs_liaison.member_id: AttendeeRole.INFORMED})


async def schedule_with_informed(cast: Cast, **facts: Any) -> UUID:
    return await event_deeds.schedule_event(cast.coordinator, plan_with_informed(cast, **facts), NOW)


async def test_they_see_the_event_on_its_page_and_are_asked_nothing(cast: Cast) -> None:
    view = await view_event(cast.hhs_liaison, await schedule_with_informed(cast), INFORMED_DATE, NOW)
    assert (view.is_informed, view.is_invited, view.reply) == (True, False, None)
    assert [one.name for one in view.informed] == ["Hhs liaison"]


async def test_no_number_of_the_page_counts_them(cast: Cast) -> None:
    view = await view_event(cast.coordinator, await schedule_with_informed(cast), INFORMED_DATE, NOW)
    assert (view.total.invited, view.total.waiting, view.coming) == (3, 2, 2)
    assert (view.on_the_list, view.notified) == (4, 3)
    assert "Hhs liaison" not in {one.name for one in (*view.named, *view.answerable)}


async def test_their_names_are_for_those_who_read_the_names_of_invitees(cast: Cast) -> None:
    event_id = await schedule_with_informed(cast)
    assert (await view_event(cast.caht_lead, event_id, INFORMED_DATE, NOW)).informed == ()
    assert len((await view_event(cast.fbi_lead, event_id, INFORMED_DATE, NOW)).informed) == 1


async def test_they_get_an_invitation_for_their_information_without_buttons(cast: Cast) -> None:
    await schedule_with_informed(cast)
    [letter] = await emails_due_to(cast.hhs_liaison, NOW)
    assert isinstance(letter, ReadEmail)
    assert letter.subject.startswith("FYI: Monthly task force meeting, Tue, Jan 12")
    assert letter.heading == "For your information"
    assert letter.preview.startswith("You don't need to reply.")
    assert letter.buttons == ()
    assert not {"Reply by", "Your reply"} & set(dict(letter.facts))


async def test_their_calendar_shows_them_as_no_participant_and_stays_free(cast: Cast) -> None:
    await schedule_with_informed(cast)
    [letter] = await emails_due_to(cast.hhs_liaison, NOW)
    assert isinstance(letter, ReadEmail)
    part = letter.calendar
    assert isinstance(part, CalendarPart)
    reader = Attendee(name="Hhs liaison", email="hhs@hhs.example", reply=part.reply, role=part.role)
    text = itip.request_message(part.event, part.dates, reader, ORGANIZER).decode().replace("\r\n ", "")
    assert "ROLE=NON-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE" in text
    assert "TRANSP:TRANSPARENT" in text


async def test_they_hear_of_a_change_and_of_a_cancellation(cast: Cast) -> None:
    event_id = await schedule_with_informed(cast)
    await emails_due_to(cast.hhs_liaison, NOW)
    event, current = await event_deeds.plan_to_change(cast.coordinator, event_id)
    moved = replace(current, starts=current.starts + timedelta(hours=3))
    await event_deeds.change_event(cast.coordinator, event_id, moved, event.version, LATER)
    [changed] = await emails_due_to(cast.hhs_liaison, LATER + timedelta(minutes=1))
    assert isinstance(changed, ReadEmail)
    assert changed.subject.startswith("Changed: ")
    assert (changed.buttons, "Your reply" in dict(changed.facts)) == ((), False)
    await event_deeds.cancel_event(cast.coordinator, event_id, event.version + 1, "", LATER + timedelta(minutes=2))
    [canceled] = await emails_due_to(cast.hhs_liaison, LATER + timedelta(minutes=3))
    assert isinstance(canceled, ReadEmail)
    assert canceled.subject.startswith("Canceled: ")


async def test_of_a_restricted_event_they_are_asked_to_sign_in_only(cast: Cast) -> None:
    made = operation(cast.kcpd_detective)
    with_one = replace(made, invitees={**made.invitees, cast.hhs_liaison.member_id: AttendeeRole.INFORMED})
    event_id = await event_deeds.schedule_event(cast.fbi_lead, with_one, NOW)
    [letter] = await emails_due_to(cast.hhs_liaison, NOW)
    assert isinstance(letter, ReadEmail)
    assert letter.subject == "Task force event: please sign in"
    assert (await event_deeds.event_seen_by(cast.hhs_liaison, event_id)).id == event_id


async def test_no_one_chases_or_reminds_them(cast: Cast) -> None:
    event_id = await schedule_with_informed(
        cast, reminders=ReminderPolicy(asks_before=frozenset({timedelta(days=5), timedelta(days=2)}))
    )
    date = await occurrences.date_seen_by(cast.coordinator, event_id, INFORMED_DATE)
    assert (
        cast.hhs_liaison.member_id not in (await events_replies.silent_invitees(cast.coordinator, [date.id]))[date.id]
    )
    nudge = await nudges.nudges_of_date(cast.coordinator, date, NOW)
    assert nudge is not None
    assert cast.hhs_liaison.member_id not in nudge.silent
    await Message.delete(force=True)
    await reminders.queue_due_messages(NOW, ZONE)
    await reminders.queue_due_messages(STARTS - timedelta(minutes=30), ZONE)
    assert not await Message.exists().where(Message.recipient == cast.hhs_liaison.member_id)


async def test_they_cannot_reply_on_the_site_or_by_an_old_link(cast: Cast) -> None:
    event_id = await schedule_with_informed(cast)
    with pytest.raises(NotAllowed):
        await replies.record_own_reply(
            cast.hhs_liaison, event_id, INFORMED_DATE, ReplyValue.ACCEPTED, "", NOW, for_series=False
        )
    date = await occurrences.date_seen_by(cast.fbi_lead, event_id, INFORMED_DATE)
    own_reply = await replies.my_reply(cast.fbi_lead, date)
    assert own_reply is not None
    event, current = await event_deeds.plan_to_change(cast.coordinator, event_id)
    informed = {**current.invitees, cast.fbi_lead.member_id: AttendeeRole.INFORMED}
    changed = replace(current, invitees=informed)
    await event_deeds.change_event(cast.coordinator, event_id, changed, event.version, NOW)
    with pytest.raises(NotFound):
        await replies.open_invitation(own_reply[0], None, NOW, LINK)
    assert await replies.owed_replies(cast.fbi_lead, NOW) == []


async def test_a_person_who_had_said_yes_and_is_informed_now_is_no_longer_counted_or_reminded(cast: Cast) -> None:
    event_id = await schedule_with_informed(cast)
    await replies.record_own_reply(
        cast.fbi_lead, event_id, INFORMED_DATE, ReplyValue.ACCEPTED, "", NOW, for_series=False
    )
    event, current = await event_deeds.plan_to_change(cast.coordinator, event_id)
    informed = {**current.invitees, cast.fbi_lead.member_id: AttendeeRole.INFORMED}
    changed = replace(current, invitees=informed)
    await event_deeds.change_event(cast.coordinator, event_id, changed, event.version, LATER, notify=Notify.ALL)
    view = await view_event(cast.coordinator, event_id, INFORMED_DATE, LATER)
    assert (view.total.accepted, view.total.invited) == (1, 2)  # the organizer
    await emails_due_to(cast.fbi_lead, LATER + timedelta(minutes=1))
    await reminders.queue_due_messages(LATER, ZONE)
    await reminders.queue_due_messages(STARTS - timedelta(minutes=30), ZONE)
    assert [one for one in await emails_due_to(cast.fbi_lead, STARTS) if isinstance(one, ReadEmail)] == []


async def test_the_attendance_the_sheet_and_the_percentages_are_without_them(cast: Cast) -> None:
    event_id = await schedule_with_informed(cast)
    roll = await attendance.read_roll_call(cast.coordinator, event_id, INFORMED_DATE, STARTS)
    assert (roll.tally.invited, roll.tally.unmarked) == (3, 3)
    sheet = await attendance.read_sign_in_sheet(cast.coordinator, event_id, INFORMED_DATE)
    assert "Hhs liaison" not in {one.name for one in sheet.people}


async def test_an_informed_person_who_comes_is_a_walk_in(cast: Cast) -> None:
    event_id = await schedule_with_informed(cast)
    came = AttendanceWalkIn(id=event_id, member_id=cast.hhs_liaison.member_id)
    await attendance.record_walk_in(cast.coordinator, event_id, INFORMED_DATE, came, STARTS)
    roll = await attendance.read_roll_call(cast.coordinator, event_id, INFORMED_DATE, STARTS)
    [line] = [one for one in roll.lines if one.name == "Hhs liaison"]
    assert (line.is_walk_in, line.mark, roll.tally.invited) == (True, Mark.HERE, 3)


async def test_it_is_in_their_feed_and_calendar_and_takes_none_of_their_time(cast: Cast) -> None:
    event_id = await schedule_with_informed(cast)
    own_feed_events = await feeds.feed_events(cast.hhs_liaison, NOW, scope=FeedScope.MINE, shows_operations=False)
    assert [event.id for event, _ in own_feed_events] == [event_id]
    assert await feeds.feed_informed_events(cast.hhs_liaison) == {event_id}
    [seen] = await calendars.dates_of_span(cast.hhs_liaison, STARTS, STARTS + timedelta(hours=1))
    assert (seen.is_mine, seen.reply) == (True, None)
    slot = (STARTS, STARTS + timedelta(hours=1))
    both = [cast.hhs_liaison.member_id, cast.fbi_lead.member_id]
    [conflict] = await availability.double_bookings_of(cast.coordinator, both, [slot])
    assert conflict.member_ids == [cast.fbi_lead.member_id]


async def test_a_moved_date_asks_them_nothing_again(cast: Cast) -> None:
    event_id = await schedule_with_informed(cast, rule=rule_for_choice("weekly", meeting().starts, count=2))
    moved = DateChange(starts=meeting().starts + timedelta(days=1), duration=timedelta(minutes=90))
    await occurrences.change_occurrence(cast.coordinator, event_id, INFORMED_DATE, moved, 1, NOW)
    view = await view_event(cast.coordinator, event_id, INFORMED_DATE, NOW)
    assert view.total.waiting == 2
