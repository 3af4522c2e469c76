"""Scheduling and changing whole events."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast, everybody, meeting, operation
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.actions.action_items import NewItem
from tracker.rules.core.message_types import Removed
from tracker.rules.core.outbox import decode
from tracker.rules.core.viewers import Visibility
from tracker.rules.events.events import EventStatus
from tracker.rules.events.plans import DateChange
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.roster import Member
from tracker.tables.visible.events import events
from tracker.usecases.actions import action_items
from tracker.usecases.events import occurrences, replies
from tracker.usecases.events import scheduling as event_deeds

pytestmark = pytest.mark.both_engines

JANUARY_12 = datetime(2027, 1, 12, 10)  # noqa: DTZ001 - local to the event's zone
MONTHLY = rule_for_choice("monthly_nth", JANUARY_12, until=date(2027, 12, 31))


async def queued(kind: str) -> int:
    return await Message.count().where((Message.kind == kind) & (Message.state == "pending"))


async def test_a_monthly_series_has_its_twelve_dates_at_ten_by_the_clock_on_the_wall(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(rule=MONTHLY), NOW)
    event = await event_deeds.event_seen_by(cast.coordinator, event_id)
    dates = await occurrences.dates_in_series(cast.coordinator, event)
    assert len(dates) == 12
    assert [one.starts_at.hour for one in dates] == [16, 16, 16, 15, 15, 15, 15, 15, 15, 15, 16, 16]


async def test_everybody_invited_but_the_lead_gets_one_invitation(cast: Cast) -> None:
    await event_deeds.schedule_event(cast.coordinator, meeting(*everybody(cast), rule=MONTHLY), NOW)
    assert await queued("invitation") == len(everybody(cast))


async def test_a_draft_tells_nobody_and_is_seen_by_its_lead_alone(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead, status=EventStatus.DRAFT), NOW)
    assert await queued("invitation") == 0
    assert await events.event_by_id(cast.fbi_lead, event_id) is None
    assert await events.event_by_id(cast.coordinator, event_id) is not None


async def test_a_draft_that_is_confirmed_invites_everybody(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead, status=EventStatus.DRAFT), NOW)
    await event_deeds.change_event(cast.coordinator, event_id, meeting(cast.fbi_lead), 1, NOW)
    assert await queued("invitation") == 1


async def test_a_draft_that_moves_when_it_is_sent_has_the_first_sequence(sqlite_cast: Cast) -> None:
    draft = meeting(sqlite_cast.fbi_lead, status=EventStatus.DRAFT)
    event_id = await event_deeds.schedule_event(sqlite_cast.coordinator, draft, NOW)
    moved = meeting(sqlite_cast.fbi_lead, starts=JANUARY_12 + timedelta(days=1), place="Annex")
    await event_deeds.change_event(sqlite_cast.coordinator, event_id, moved, 1, NOW)
    assert (await event_deeds.event_seen_by(sqlite_cast.coordinator, event_id)).sequence == 0


async def test_an_operation_is_seen_by_the_named_alone(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    assert await events.event_by_id(cast.kcpd_detective, event_id) is not None
    for stranger in (cast.coordinator, cast.fbi_alternate, cast.caht_lead, cast.harbor_advocate):
        assert await events.event_by_id(stranger, event_id) is None


async def test_somebody_who_may_not_see_an_event_cannot_be_invited_to_it(cast: Cast) -> None:
    plan = meeting(cast.caht_lead, visibility=Visibility.LAW_ENFORCEMENT)
    with pytest.raises(Invalid) as refused:
        await event_deeds.schedule_event(cast.coordinator, plan, NOW)
    assert "Caht lead (CAHT)" in refused.value.fields["people"]


async def test_a_coordinator_is_invited_to_what_one_arm_may_see(sqlite_cast: Cast) -> None:
    plan = meeting(sqlite_cast.coordinator, visibility=Visibility.VICTIM_SERVICES)
    event_id = await event_deeds.schedule_event(sqlite_cast.caht_lead, plan, NOW)
    assert await events.event_by_id(sqlite_cast.coordinator, event_id) is not None


async def test_a_member_without_a_role_schedules_nothing(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await event_deeds.schedule_event(cast.harbor_advocate, meeting(), NOW)


async def test_an_agency_lead_schedules_for_the_own_arm_but_not_for_everyone(cast: Cast) -> None:
    await event_deeds.schedule_event(cast.caht_lead, meeting(visibility=Visibility.VICTIM_SERVICES), NOW)
    with pytest.raises(NotAllowed):
        await event_deeds.schedule_event(cast.caht_lead, meeting(), NOW)


async def test_an_event_that_ends_before_it_starts_is_refused_at_its_field(cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        await event_deeds.schedule_event(cast.coordinator, meeting(duration=timedelta(minutes=-5)), NOW)
    assert refused.value.fields == {"ends": "The event ends before it starts."}


async def test_whoever_cannot_see_an_event_finds_nothing_to_change(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    with pytest.raises(NotFound):
        await event_deeds.change_event(cast.coordinator, event_id, operation(), 1, NOW)


async def test_a_participant_cannot_change_an_event(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_alternate), NOW)
    with pytest.raises(NotAllowed):
        await event_deeds.cancel_event(cast.fbi_alternate, event_id, 1, "", NOW)


async def test_the_second_of_two_editors_is_told_that_it_changed(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(), NOW)
    await event_deeds.change_event(cast.coordinator, event_id, meeting(title="First"), 1, NOW)
    with pytest.raises(Conflict):
        await event_deeds.change_event(cast.coordinator, event_id, meeting(title="Second"), 1, NOW)


async def test_a_typo_mended_in_the_notes_tells_nobody_and_leaves_the_sequence(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await event_deeds.change_event(cast.coordinator, event_id, meeting(cast.fbi_lead, description="Mended"), 1, NOW)
    event = await event_deeds.event_seen_by(cast.coordinator, event_id)
    assert (event.sequence, event.version, await queued("update")) == (0, 2, 0)


async def test_a_single_event_that_moves_keeps_its_date_row_and_raises_its_sequence(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    before = await occurrences.nearest_date(cast.coordinator, event_id, NOW)
    moved = meeting(cast.fbi_lead, starts=JANUARY_12 + timedelta(days=1))
    await event_deeds.change_event(cast.coordinator, event_id, moved, 1, NOW)
    after = await occurrences.nearest_date(cast.coordinator, event_id, NOW)
    assert (after.id, after.key, after.event.sequence) == (before.id, "2027-01-13", 1)


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


async def test_somebody_taken_off_the_list_alone_is_told(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.hsi_liaison), NOW)
    await event_deeds.change_event(cast.coordinator, event_id, meeting(cast.fbi_lead), 1, NOW)
    notified = await Message.select(Message.recipient).where(Message.kind == "withdrawal")
    assert [row["recipient"] for row in notified] == [cast.hsi_liaison.member_id]


async def test_somebody_who_joins_an_event_that_moves_is_invited_and_gets_no_update(sqlite_cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    moved = meeting(sqlite_cast.fbi_lead, sqlite_cast.hsi_liaison, place="Annex")
    await event_deeds.change_event(sqlite_cast.coordinator, event_id, moved, 1, NOW)
    joined = Message.recipient == sqlite_cast.hsi_liaison.member_id
    assert await Message.select(Message.kind).where(joined).output(as_list=True) == ["invitation"]


async def _removed_after_a_date_moved_twice(cast: Cast) -> UUID:
    """Return a series with the FBI's lead; the liaison of HSI was removed after emails gave a date the SEQUENCE 2."""
    people = (cast.fbi_lead, cast.hsi_liaison)
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(*people, rule=MONTHLY), NOW)
    for version, hour in enumerate((11, 12), start=1):
        moved = DateChange(starts=datetime(2027, 4, 13, hour), duration=timedelta(minutes=90))  # noqa: DTZ001 - local
        await occurrences.change_occurrence(cast.coordinator, event_id, "2027-04-13", moved, version, NOW)
    version = (await event_deeds.event_seen_by(cast.coordinator, event_id)).version
    await event_deeds.change_event(cast.coordinator, event_id, meeting(cast.fbi_lead, rule=MONTHLY), version, NOW)
    return event_id


async def test_who_is_taken_off_the_list_gets_a_higher_sequence_than_any_date_had(sqlite_cast: Cast) -> None:
    await _removed_after_a_date_moved_twice(sqlite_cast)
    [facts] = await Message.select(Message.facts).where(Message.kind == "withdrawal").output(as_list=True)
    content = decode(facts)
    assert isinstance(content, Removed)
    assert content.entry is not None
    assert content.entry.sequence == 3


async def test_an_invitation_after_a_removal_has_no_lower_sequence_than_the_removal_had(cast: Cast) -> None:
    event_id = await _removed_after_a_date_moved_twice(cast)
    series = await event_deeds.event_seen_by(cast.coordinator, event_id)
    assert series.sequence >= 3


async def test_a_canceled_event_can_be_brought_back_with_a_higher_sequence(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await event_deeds.cancel_event(cast.coordinator, event_id, 1, "Courtroom conflict", NOW)
    await event_deeds.restore_event(cast.coordinator, event_id, 2, NOW)
    event = await event_deeds.event_seen_by(cast.coordinator, event_id)
    assert (event.status, event.sequence) == (EventStatus.CONFIRMED, 2)


async def test_a_draft_that_is_canceled_is_gone_and_nobody_sees_it(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead, status=EventStatus.DRAFT), NOW)
    await event_deeds.cancel_event(cast.coordinator, event_id, 1, "", NOW)
    for viewer in (cast.coordinator, cast.fbi_lead):
        assert await events.event_by_id(viewer, event_id) is None


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


async def test_who_is_not_named_any_more_when_a_named_series_goes_on_sees_none_of_its_past(sqlite_cast: Cast) -> None:
    cast = sqlite_cast
    named = operation(cast.hsi_liaison, cast.kcpd_detective, starts=JANUARY_12, rule=MONTHLY)
    event_id = await event_deeds.schedule_event(cast.fbi_lead, named, NOW)
    august = datetime(2027, 8, 1, 15, tzinfo=UTC)
    fewer = operation(cast.hsi_liaison, starts=JANUARY_12.replace(hour=9), rule=MONTHLY)
    await event_deeds.change_event(cast.fbi_lead, event_id, fewer, 1, august)
    assert await events.event_by_id(cast.hsi_liaison, event_id) is not None
    assert await events.event_by_id(cast.kcpd_detective, event_id) is None


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
    for one in (event_id, new_id):
        assert await events.event_by_id(cast.hsi_liaison, one) is not None


async def test_history_of_one_arm_is_not_shown_to_a_committee_of_both_with_which_the_series_goes_on(cast: Cast) -> None:
    ours = meeting(cast.hsi_liaison, rule=MONTHLY, visibility=Visibility.LAW_ENFORCEMENT)
    august = datetime(2027, 8, 1, 15, tzinfo=UTC)
    for committee, keeps_sight in (("steering", True), ("enforcement", False)):
        event_id = await event_deeds.schedule_event(cast.coordinator, ours, NOW)
        of_committee = replace(ours, visibility=Visibility.COMMITTEE, committee_id=cast.committees[committee])
        onward = replace(of_committee, starts=JANUARY_12.replace(hour=9))
        await event_deeds.change_event(cast.coordinator, event_id, onward, 1, august)
        assert await events.event_by_id(cast.caht_lead, event_id) is None
        assert (await events.event_by_id(cast.kcpd_alternate, event_id) is not None) is keeps_sight


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


async def test_a_date_that_was_held_before_its_day_stays_and_is_not_held_again_when_the_series_goes_on_anew(
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


async def test_somebody_invited_again_is_asked_again(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    later = NOW + timedelta(minutes=1)
    await replies.record_own_reply(
        cast.fbi_lead, event_id, "2027-01-12", ReplyValue.DECLINED, "", NOW, for_series=False
    )
    await event_deeds.change_event(cast.coordinator, event_id, meeting(), 1, later)
    await event_deeds.change_event(cast.coordinator, event_id, meeting(cast.fbi_lead), 2, later + timedelta(minutes=1))
    assert len(await replies.owed_replies(cast.fbi_lead, later)) == 1


async def test_who_is_off_the_list_owes_no_reply(sqlite_cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    assert len(await replies.owed_replies(sqlite_cast.fbi_lead, NOW)) == 1
    await event_deeds.change_event(sqlite_cast.coordinator, event_id, meeting(), 1, NOW)
    assert await replies.owed_replies(sqlite_cast.fbi_lead, NOW) == []


async def test_a_meeting_of_a_committee_is_scheduled_by_those_who_sit_in_it(cast: Cast) -> None:
    plan = operation(cast.hsi_liaison, committee_id=cast.committees["services"])
    with pytest.raises(NotAllowed):
        await event_deeds.schedule_event(cast.fbi_lead, plan, NOW)


async def test_a_canceled_date_stays_canceled_when_a_series_that_has_not_begun_changes_its_hour(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead, rule=MONTHLY), NOW)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, "2027-06-08", 1, "Conference week", NOW)
    at_nine = replace(meeting(cast.fbi_lead, rule=MONTHLY), starts=JANUARY_12.replace(hour=9))
    await event_deeds.change_event(cast.coordinator, event_id, at_nine, 2, NOW)
    every = await occurrences.dates_in_series(
        cast.coordinator, await event_deeds.event_seen_by(cast.coordinator, event_id)
    )
    assert [one.key for one in every if one.is_canceled] == ["2027-06-08"]


async def test_the_only_date_of_a_series_keeps_its_title_when_the_series_moves(cast: Cast) -> None:
    once = meeting(cast.fbi_lead, rule=rule_for_choice("weekly", JANUARY_12, count=1))
    event_id = await event_deeds.schedule_event(cast.coordinator, once, NOW)
    named = DateChange(starts=JANUARY_12, duration=once.duration, title="Kick-off")
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-01-12", named, 1, NOW)
    at_nine = replace(once, starts=JANUARY_12.replace(hour=9))
    await event_deeds.change_event(cast.coordinator, event_id, at_nine, 2, NOW)
    date = await occurrences.nearest_date(cast.coordinator, event_id, NOW)
    assert (date.title, f"{date.starts_at:%H}") == ("Kick-off", "15")


async def test_a_date_that_is_made_anew_with_its_series_has_no_lower_sequence_than_before(cast: Cast) -> None:
    event_id = await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead, rule=MONTHLY), NOW)
    for version, hour in enumerate((11, 12, 13), start=1):
        moved = DateChange(starts=datetime(2027, 4, 13, hour), duration=timedelta(minutes=90))  # noqa: DTZ001 - local
        await occurrences.change_occurrence(cast.coordinator, event_id, "2027-04-13", moved, version, NOW)
    longer = meeting(cast.fbi_lead, rule=MONTHLY, duration=timedelta(hours=2))
    await event_deeds.change_event(cast.coordinator, event_id, longer, 4, NOW)
    event = await event_deeds.event_seen_by(cast.coordinator, event_id)
    assert event.sequence == 4
