"""Subscriptions to calendars, and the dates of a span of time with the viewer's replies."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.cast import NOW, ZONE, Cast, meeting, operation
from tests.usecases.operations.world import plan_operation
from tracker.crypto import keys
from tracker.database import writing
from tracker.errors import Invalid, NotAllowed, NotFound
from tracker.rules.calendars.calendars import CalendarChoice, CalendarFilter, SeenDate
from tracker.rules.calendars.feeds import MAX_SUBSCRIPTIONS, NO_ALARMS, Alarms, AllDayAlarm, FeedLimit, FeedScope
from tracker.rules.core.viewers import Arm, Level, Viewer, Visibility
from tracker.rules.events.events import Kind
from tracker.rules.events.plans import DateChange
from tracker.rules.events.replies import ReplyValue
from tracker.rules.operations.states import OperationState
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.roster.directory import AgencyFacts, PersonFacts
from tracker.tables.schema.calendars import Subscription
from tracker.tables.schema.core.tables import AuditEntry
from tracker.usecases.calendars import feeds, subscriptions
from tracker.usecases.calendars.feeds import FeedFetch, OpenFeeds, note_fetches, open_feed
from tracker.usecases.core import audit
from tracker.usecases.events import occurrences, replies
from tracker.usecases.events.scheduling import schedule_event
from tracker.usecases.roster import agencies, people

ALARMS = Alarms(minutes=30, all_day=AllDayAlarm.EVENING)


async def made(viewer: Viewer, name: str = "Work Outlook", **facts: Any) -> tuple[UUID, str]:
    return await subscriptions.create_subscription(
        viewer, name, FeedScope.ALL, NOW, **{"shows_operations": False, **facts}
    )


async def test_a_new_address_opens_its_owners_feed(cast: Cast) -> None:
    subscription_id, token = await made(cast.kcpd_detective)
    feed = await open_feed(token, NOW)
    assert (feed.subscription_id, feed.viewer) == (subscription_id, cast.kcpd_detective)


async def test_a_token_has_256_bits_and_is_nowhere_in_the_database(cast: Cast) -> None:
    _, token = await made(cast.kcpd_detective)
    stored = await Subscription.select(*Subscription.all_columns()).first()
    assert len(token) == 43
    assert not [name for name, value in stored.items() if token in str(value)]
    assert stored["token_hash"] == keys.token_hash(token)


async def test_its_owner_sees_an_address_again_within_15_minutes_of_a_proof(cast: Cast) -> None:
    subscription_id, token = await made(cast.kcpd_detective)
    shown = await subscriptions.feed_tokens(cast.kcpd_detective, NOW - timedelta(minutes=14, seconds=59), NOW)
    assert shown == {subscription_id: token}
    with pytest.raises(NotAllowed, match="Confirm it’s you"):
        await subscriptions.feed_tokens(cast.kcpd_detective, NOW - timedelta(minutes=15), NOW)


async def test_no_one_else_sees_or_touches_it(cast: Cast) -> None:
    subscription_id, token = await made(cast.kcpd_detective)
    other = cast.coordinator
    assert await subscriptions.subscriptions_of(other) == []
    assert await subscriptions.feed_tokens(other, NOW, NOW) == {}
    for deed in (
        subscriptions.replace_feed_token(other, subscription_id, NOW),
        subscriptions.turn_off_subscription(other, subscription_id, NOW),
        subscriptions.change_subscription(other, subscription_id, "Mine", NOW, alarms=NO_ALARMS, shows_operations=True),
    ):
        with pytest.raises(NotFound):
            await deed
    assert (await open_feed(token, NOW)).viewer == cast.kcpd_detective


async def test_a_replaced_address_stops_at_once_and_the_new_one_opens_the_same_feed(cast: Cast) -> None:
    subscription_id, old = await made(cast.kcpd_detective)
    new = await subscriptions.replace_feed_token(cast.kcpd_detective, subscription_id, NOW)
    with pytest.raises(NotFound):
        await open_feed(old, NOW)
    assert (await open_feed(new, NOW)).subscription_id == subscription_id
    assert await subscriptions.feed_tokens(cast.kcpd_detective, NOW, NOW) == {subscription_id: new}


async def test_an_address_that_is_turned_off_opens_nothing_and_is_not_listed(cast: Cast) -> None:
    subscription_id, token = await made(cast.kcpd_detective)
    await subscriptions.turn_off_subscription(cast.kcpd_detective, subscription_id, NOW)
    with pytest.raises(NotFound):
        await open_feed(token, NOW)
    assert await subscriptions.subscriptions_of(cast.kcpd_detective) == []
    with pytest.raises(NotFound):
        await subscriptions.turn_off_subscription(cast.kcpd_detective, subscription_id, NOW)


async def test_an_address_is_renamed_and_its_alarms_and_operations_turned_on(cast: Cast) -> None:
    subscription_id, _ = await made(cast.kcpd_detective)
    await subscriptions.change_subscription(
        cast.kcpd_detective, subscription_id, " My\nphone ", NOW, alarms=ALARMS, shows_operations=True
    )
    [shown] = await subscriptions.subscriptions_of(cast.kcpd_detective)
    assert (shown.name, shown.alarms, shown.shows_operations) == ("My phone", ALARMS, True)


@pytest.mark.parametrize("name", [" \u202e ", "x" * 61])
async def test_a_name_that_says_nothing_or_too_much_is_refused(cast: Cast, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        await made(cast.kcpd_detective, name)
    assert set(refused.value.fields) == {"name"}


async def test_a_member_has_at_most_ten_addresses(cast: Cast) -> None:
    for number in range(MAX_SUBSCRIPTIONS):
        await made(cast.kcpd_detective, f"Device {number}")
    with pytest.raises(Invalid, match="Turn off one"):
        await made(cast.kcpd_detective)
    await made(cast.coordinator)


async def test_an_unknown_address_cannot_be_replaced(cast: Cast) -> None:
    with pytest.raises(NotFound):
        await subscriptions.replace_feed_token(cast.kcpd_detective, uuid4(), NOW)


async def test_every_deed_is_in_the_audit_log_without_the_token(cast: Cast) -> None:
    subscription_id, first = await made(cast.kcpd_detective)
    second = await subscriptions.replace_feed_token(cast.kcpd_detective, subscription_id, NOW)
    await subscriptions.change_subscription(
        cast.kcpd_detective, subscription_id, "Phone", NOW, alarms=NO_ALARMS, shows_operations=True
    )
    await subscriptions.turn_off_subscription(cast.kcpd_detective, subscription_id, NOW)
    entries = await AuditEntry.select().where(AuditEntry.subject == "subscription").order_by(AuditEntry.seq)
    assert [one["verb"] for one in entries] == ["created", "rotated", "changed", "revoked"]
    assert {one["subject_id"] for one in entries} == {str(subscription_id)}
    assert not [one for one in entries if first in str(one) or second in str(one)]
    assert await audit.verify_chain() is None


# Addresses stop by themselves --------------------------------------------------------------------------------------

DAY = timedelta(days=1)


async def fetched(subscription_id: object, at: datetime) -> None:
    await note_fetches([FeedFetch(subscription_id, "Thunderbird", at, "hash", at)])


async def test_an_address_that_no_calendar_fetched_for_90_days_is_off(cast: Cast) -> None:
    subscription_id, token = await made(cast.kcpd_detective)
    assert await open_feed(token, NOW + 89 * DAY)
    with pytest.raises(NotFound):
        await open_feed(token, NOW + 90 * DAY)
    await fetched(subscription_id, NOW + 80 * DAY)
    assert await open_feed(token, NOW + 169 * DAY)
    with pytest.raises(NotFound):
        await open_feed(token, NOW + 170 * DAY)


async def test_an_address_works_for_a_year_however_often_it_is_fetched(cast: Cast) -> None:
    subscription_id, token = await made(cast.kcpd_detective)
    await fetched(subscription_id, NOW + 364 * DAY)
    assert await open_feed(token, NOW + 364 * DAY)
    with pytest.raises(NotFound):
        await open_feed(token, NOW + 365 * DAY)


async def test_a_replaced_address_has_its_own_year(cast: Cast) -> None:
    subscription_id, _ = await made(cast.kcpd_detective)
    later = NOW + 400 * DAY
    token = await subscriptions.replace_feed_token(cast.kcpd_detective, subscription_id, later)
    assert await open_feed(token, later + 89 * DAY)
    with pytest.raises(NotFound):
        await open_feed(token, later + 90 * DAY)


async def test_an_address_that_was_found_once_stops_in_time_also_where_nothing_is_written(cast: Cast) -> None:
    _, token = await made(cast.kcpd_detective)
    feeds = OpenFeeds()
    assert await feeds.open(token, NOW)
    with pytest.raises(NotFound):
        await feeds.open(token, NOW + 90 * DAY)


async def test_its_owner_sees_when_and_why_it_stopped(cast: Cast) -> None:
    await made(cast.kcpd_detective)
    [feed] = await subscriptions.subscriptions_of(cast.kcpd_detective)
    assert (feed.is_over(NOW + 89 * DAY), feed.is_over(NOW + 90 * DAY)) == (False, True)
    assert (feed.is_unused(NOW + 90 * DAY), feed.is_unused(NOW + 365 * DAY)) == (True, False)


# Limits and alarms -------------------------------------------------------------------------------------------------


async def test_a_feed_without_a_name_is_named_after_what_it_shows(cast: Cast) -> None:
    steering = cast.committees["steering"]
    for scope, only in (
        (FeedScope.ALL, FeedLimit()),
        (FeedScope.MINE, FeedLimit()),
        (FeedScope.MINE, FeedLimit(committee_id=steering, kind=Kind.TRAINING)),
    ):
        await subscriptions.create_subscription(cast.fbi_lead, " ", scope, NOW, only=only, shows_operations=False)
    names = [one.name for one in await subscriptions.subscriptions_of(cast.fbi_lead)]
    assert names == ["Everything", "My events", "My Steering Committee training"]


async def test_a_feed_keeps_its_limits_and_alarms(cast: Cast) -> None:
    only = FeedLimit(committee_id=cast.committees["steering"], kind=Kind.MEETING)
    await made(cast.fbi_lead, only=only, alarms=ALARMS)
    [shown] = await subscriptions.subscriptions_of(cast.fbi_lead)
    assert (shown.only, shown.alarms) == (only, ALARMS)


async def test_a_committee_that_one_may_not_see_is_refused_as_one_that_never_was(cast: Cast) -> None:
    refusals = []
    for committee_id in (cast.committees["enforcement"], uuid4()):
        with pytest.raises(Invalid) as refused:
            await made(cast.harbor_advocate, only=FeedLimit(committee_id=committee_id))
        refusals.append(refused.value.fields)
    assert refusals[0] == refusals[1] == {"committee": "Choose a committee from the list."}


START, END = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC)
FIRST = datetime(2027, 1, 12, 10)  # noqa: DTZ001 - local to the event's zone
MONTHLY = rule_for_choice("monthly_nth", FIRST, count=3)


async def dates_seen(viewer: Viewer) -> list[SeenDate]:
    return await feeds.seen_dates_between(viewer, START, END)


async def reply_to_date(viewer: Viewer, event_id: UUID, value: ReplyValue, *, key: str, for_series: bool) -> None:
    await replies.record_own_reply(viewer, event_id, key, value, "", NOW, for_series=for_series)


@pytest.mark.both_engines
async def test_each_date_carries_the_reply_that_counts_for_it(cast: Cast) -> None:
    event_id = await schedule_event(cast.coordinator, meeting(cast.fbi_lead, rule=MONTHLY), NOW)
    await reply_to_date(cast.fbi_lead, event_id, ReplyValue.ACCEPTED, key="2027-01-12", for_series=True)
    await reply_to_date(cast.fbi_lead, event_id, ReplyValue.DECLINED, key="2027-02-09", for_series=False)
    assert [one.reply for one in await dates_seen(cast.fbi_lead)] == [ReplyValue.ACCEPTED, ReplyValue.DECLINED]


@pytest.mark.both_engines
async def test_who_is_invited_and_silent_has_not_replied_and_who_is_not_invited_has_nothing_to_reply(
    cast: Cast,
) -> None:
    await schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    assert [(one.reply, one.is_mine) for one in await dates_seen(cast.fbi_lead)] == [(ReplyValue.NEEDS_ACTION, True)]
    assert [(one.reply, one.is_mine) for one in await dates_seen(cast.hsi_liaison)] == [(None, False)]


@pytest.mark.both_engines
async def test_a_date_that_moved_asks_again(cast: Cast) -> None:
    event_id = await schedule_event(cast.coordinator, meeting(cast.fbi_lead, rule=MONTHLY), NOW)
    await reply_to_date(cast.fbi_lead, event_id, ReplyValue.ACCEPTED, key="2027-01-12", for_series=True)
    change = DateChange(starts=FIRST + timedelta(days=1), duration=timedelta(hours=1))
    await occurrences.change_occurrence(cast.coordinator, event_id, "2027-01-12", change, 1, NOW)
    assert [one.reply for one in await dates_seen(cast.fbi_lead)] == [ReplyValue.NEEDS_ACTION, ReplyValue.ACCEPTED]


@pytest.mark.both_engines
async def test_the_lead_of_an_event_counts_it_as_theirs(cast: Cast) -> None:
    await schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    assert [one.is_mine for one in await dates_seen(cast.coordinator)] == [True]


@pytest.mark.both_engines
async def test_an_event_of_a_committee_carries_its_name(cast: Cast) -> None:
    plan = meeting(cast.caht_lead, visibility=Visibility.COMMITTEE, committee_id=cast.committees["services"])
    await schedule_event(cast.coordinator, plan, NOW)
    assert [one.committee for one in await dates_seen(cast.harbor_advocate)] == ["Victim Services Committee"]


@pytest.mark.both_engines
async def test_who_is_not_named_sees_nothing_of_an_operation(cast: Cast) -> None:
    await schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    assert [one.line.title for one in await dates_seen(cast.kcpd_detective)] == ["Operation Bluestem"]
    assert await dates_seen(cast.coordinator) == []
    assert await dates_seen(cast.harbor_advocate) == []


@pytest.mark.both_engines
async def test_an_agency_takes_part_when_its_people_are_invited_or_lead(cast: Cast) -> None:
    await schedule_event(cast.coordinator, meeting(cast.fbi_lead, title="With FBI"), NOW)
    await schedule_event(cast.coordinator, meeting(cast.hsi_liaison, title="Without"), NOW)
    await schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    fbi = CalendarChoice(id=cast.agencies["FBI"], name="FBI")
    for viewer, titles in ((cast.kcpd_detective, ["With FBI", "Operation Bluestem"]), (cast.coordinator, ["With FBI"])):
        filtered_dates = await feeds.filtered_dates_between(viewer, START, END, CalendarFilter(agency=fbi))
        assert [one.line.title for one in filtered_dates] == titles


@pytest.mark.both_engines
async def test_one_chooses_from_the_committees_whose_events_one_may_see(cast: Cast) -> None:
    offered = await feeds.calendar_choices(cast.bridge_advocate)
    assert [one.name for one in offered.committees] == ["Victim Services Committee"]


@pytest.mark.both_engines
async def test_one_chooses_from_the_agencies_of_which_one_may_know_someone(cast: Cast) -> None:
    async with writing():
        agency = await agencies.insert_agency(
            AgencyFacts(name="Marshals", code="USMS", arm=Arm.LAW_ENFORCEMENT, level=Level.FEDERAL)
        )
        await people.insert_member(
            PersonFacts(agency_id=agency, name="Marshal", email="marshal@usms.example", zone=ZONE), NOW
        )
    known = [one.name for one in (await feeds.calendar_choices(cast.bridge_advocate)).agencies]
    assert known == ["Bridge Legal", "CAHT", "Harbor House"]
    assert "USMS" in [one.name for one in (await feeds.calendar_choices(cast.coordinator)).agencies]


@pytest.mark.both_engines
async def test_people_on_an_operation_see_where_its_plan_is_and_others_see_neither(cast: Cast) -> None:
    await plan_operation(cast.fbi_lead, cast.hsi_liaison)
    await schedule_event(cast.fbi_lead, operation(cast.hsi_liaison, title="Operation Unplanned"), NOW)
    operations_by_title = {one.line.title: one.operation for one in await dates_seen(cast.hsi_liaison)}
    assert operations_by_title == {"Operation Bluestem": OperationState.PLANNING, "Operation Unplanned": None}
    assert await dates_seen(cast.coordinator) == []
