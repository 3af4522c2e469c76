"""Feeds: from a token to its owner, what is in them, operations too, and when their state changes."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

import asyncio
import sqlite3
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import icalendar
import pytest

from tests.cast import NOW, Cast, meeting, operation
from tests.ical.readers import Shown, by_ical, by_icalendar
from tests.ports.browser import app_settings
from tests.usecases.calendars.world import feed_events_of, feed_of
from tests.usecases.operations.world import BEGINS, plan_operation
from tracker.database import engine, writing
from tracker.errors import NotFound
from tracker.ports.feeds import FeedBuilder
from tracker.rules.calendars.feeds import Alarms, AllDayAlarm, FeedLevel, FeedLimit, FeedScope
from tracker.rules.core import viewers
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import EventStatus, Kind
from tracker.rules.events.plans import DateChange, plan_of_event
from tracker.rules.operations.plans import Disclosure
from tracker.rules.operations.states import OperationState
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.background.emails import due
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.schema import events
from tracker.tables.schema.events import AudienceVersion
from tracker.tables.schema.roster import Agency, Committee, Member, SeatHolder
from tracker.usecases.calendars import feeds as feed_access
from tracker.usecases.calendars import subscriptions
from tracker.usecases.calendars.feeds import (
    Feed,
    FeedFetch,
    FetchLog,
    OpenFeeds,
    feed_owners_of,
    feed_readers,
    note_fetches,
    open_feed,
)
from tracker.usecases.calendars.subscriptions import create_subscription
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.events import scheduling as event_deeds
from tracker.usecases.events.occurrences import cancel_occurrence, change_occurrence, date_seen_by, restore_occurrence
from tracker.usecases.events.scheduling import event_seen_by, schedule_event
from tracker.usecases.operations import access, approvals, plans
from tracker.usecases.operations.plans import PlanBasics


async def subscribe(viewer: Viewer, scope: FeedScope = FeedScope.ALL) -> str:
    _, token = await subscriptions.create_subscription(viewer, "Phone", scope, NOW, shows_operations=False)
    return token


@pytest.mark.both_engines
async def test_a_feed_has_the_rights_that_its_owner_has_on_the_pages(cast: Cast) -> None:
    for viewer in cast.members.values():
        feed = await open_feed(await subscribe(viewer), NOW)
        assert feed.viewer == await viewer_for(viewer.member_id, NOW)


@pytest.mark.both_engines
async def test_a_feed_is_opened_with_its_limits_and_alarms(cast: Cast) -> None:
    only = FeedLimit(committee_id=cast.committees["steering"], kind=Kind.TRAINING)
    alarms = Alarms(minutes=15, all_day=AllDayAlarm.MORNING)
    _, token = await subscriptions.create_subscription(
        cast.fbi_lead, "Phone", FeedScope.MINE, NOW, only=only, alarms=alarms, shows_operations=False
    )
    feed = await open_feed(token, NOW)
    assert (feed.scope, feed.only, feed.committee, feed.alarms) == (FeedScope.MINE, only, "Steering Committee", alarms)


@pytest.mark.both_engines
async def test_a_feed_of_a_committee_does_not_name_it_to_who_left_it(cast: Cast) -> None:
    only = FeedLimit(committee_id=cast.committees["steering"])
    _, token = await subscriptions.create_subscription(
        cast.fbi_lead, "Phone", FeedScope.ALL, NOW, only=only, shows_operations=False
    )
    await SeatHolder.delete().where(SeatHolder.member == cast.fbi_lead.member_id)
    assert (await open_feed(token, NOW)).committee == ""


@pytest.mark.both_engines
@pytest.mark.parametrize(
    "token", ["", "x", "a" * 43, "\ud800", "../../x", "'; DROP TABLE subscription; --", "é" * 5000]
)
async def test_a_token_that_no_one_made_opens_nothing(cast: Cast, token: str) -> None:
    with pytest.raises(NotFound):
        await open_feed(token, NOW)


@pytest.mark.both_engines
@pytest.mark.parametrize("status", ["suspended", "departed"])
async def test_a_member_who_is_not_active_has_no_feed_from_the_next_request_on(cast: Cast, status: str) -> None:
    token = await subscribe(cast.kcpd_detective)
    await Member.update({Member.status: status}).where(Member.id == cast.kcpd_detective.member_id)
    with pytest.raises(NotFound):
        await open_feed(token, NOW)


@pytest.mark.both_engines
async def test_a_guest_has_no_feed(cast: Cast) -> None:
    token = await subscribe(cast.kcpd_detective)
    await Member.update({Member.is_guest: True}).where(Member.id == cast.kcpd_detective.member_id)
    with pytest.raises(NotFound):
        await open_feed(token, NOW)


@pytest.mark.both_engines
async def test_no_one_of_a_suspended_agency_has_a_feed(cast: Cast) -> None:
    token = await subscribe(cast.kcpd_detective)
    await Agency.update({Agency.status: "suspended"}).where(Agency.code == "KCPD")
    with pytest.raises(NotFound):
        await open_feed(token, NOW)


@pytest.mark.both_engines
async def test_the_state_stays_while_nothing_changes(cast: Cast) -> None:
    token = await subscribe(cast.kcpd_detective)
    assert (await open_feed(token, NOW)).state == (await open_feed(token, NOW)).state


@pytest.mark.both_engines
async def test_the_state_changes_with_what_the_owner_may_see(cast: Cast) -> None:
    token = await subscribe(cast.kcpd_detective)
    before = (await open_feed(token, NOW)).state
    await schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    assert (await open_feed(token, NOW)).state != before


@pytest.mark.both_engines
async def test_the_state_does_not_move_with_what_the_owner_may_not_see(cast: Cast) -> None:
    token = await subscribe(cast.harbor_advocate)
    before = (await open_feed(token, NOW)).state
    await schedule_event(cast.coordinator, operation(cast.fbi_lead), NOW)
    await schedule_event(cast.coordinator, meeting(cast.fbi_lead, visibility=Visibility.LAW_ENFORCEMENT), NOW)
    enforcement = meeting(cast.fbi_lead, visibility=Visibility.COMMITTEE, committee_id=cast.committees["enforcement"])
    await schedule_event(cast.coordinator, enforcement, NOW)
    assert (await open_feed(token, NOW)).state == before


@pytest.mark.both_engines
async def test_the_state_changes_when_the_owner_loses_a_seat(cast: Cast) -> None:
    token = await subscribe(cast.kcpd_detective)
    before = (await open_feed(token, NOW)).state
    await Committee.update({Committee.status: "closed"}).where(Committee.id == cast.committees["steering"])
    assert (await open_feed(token, NOW)).state != before


@pytest.mark.both_engines
async def test_two_feeds_of_one_member_with_the_same_choices_are_in_the_same_state(cast: Cast) -> None:
    feed_token, other = await subscribe(cast.kcpd_detective), await subscribe(cast.kcpd_detective)
    assert (await open_feed(feed_token, NOW)).state == (await open_feed(other, NOW)).state
    own_feed_token = await subscribe(cast.kcpd_detective, FeedScope.MINE)
    assert (await open_feed(own_feed_token, NOW)).state != (await open_feed(feed_token, NOW)).state


@pytest.mark.both_engines
async def test_a_fetch_is_noted_with_what_was_given(cast: Cast) -> None:
    token = await subscribe(cast.kcpd_detective)
    feed = await open_feed(token, NOW)
    assert (feed.body_hash, feed.body_since, feed.fetched_at) == ("", None, None)
    later = NOW + timedelta(minutes=1, microseconds=5)
    await note_fetches([FeedFetch(feed.subscription_id, "Outlook", later, "ab" * 32, NOW, 3)])
    feed = await open_feed(token, NOW)
    assert (feed.body_hash, feed.body_since, feed.fetched_at) == ("ab" * 32, NOW, later)
    [shown] = await subscriptions.subscriptions_of(cast.kcpd_detective)
    assert (shown.fetched_at, shown.client, shown.fetches) == (later, "Outlook", 3)


@pytest.mark.both_engines
async def test_fetches_wait_and_are_written_together_with_the_newest_content(cast: Cast) -> None:
    tokens = [await subscribe(cast.kcpd_detective) for _ in range(2)]
    feeds = [await open_feed(token, NOW) for token in tokens]
    log, later = FetchLog(), NOW + timedelta(seconds=10)
    for feed in feeds:
        log.add(FeedFetch(feed.subscription_id, "Outlook", NOW, "ab" * 32, NOW))
        log.add(FeedFetch(feed.subscription_id, "Thunderbird", later))
    before = [one.fetches for one in await subscriptions.subscriptions_of(cast.kcpd_detective)]
    await log.write(later)
    assert {(await open_feed(token, NOW)).body_hash for token in tokens} == {"ab" * 32}
    shown = await subscriptions.subscriptions_of(cast.kcpd_detective)
    assert (before, log.is_due(later)) == ([0, 0], False)
    assert [(one.fetched_at, one.client, one.fetches) for one in shown] == [(later, "Thunderbird", 2)] * 2


@pytest.mark.both_engines
async def test_fetches_that_could_not_be_written_wait_with_those_of_meanwhile(sqlite_cast: Cast) -> None:
    feed, log = await open_feed(await subscribe(sqlite_cast.kcpd_detective), NOW), FetchLog()
    await engine().run_ddl(
        "CREATE TRIGGER full BEFORE UPDATE ON subscription BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    log.add(FeedFetch(feed.subscription_id, "Outlook", NOW))
    writes = asyncio.create_task(log.write(NOW))
    await asyncio.sleep(0)
    log.add(FeedFetch(feed.subscription_id, "Thunderbird", NOW + timedelta(seconds=1)))
    with pytest.raises(sqlite3.IntegrityError):
        await writes
    assert log.is_due(NOW)
    await engine().run_ddl("DROP TRIGGER full")
    await log.write(NOW)
    [shown] = await subscriptions.subscriptions_of(sqlite_cast.kcpd_detective)
    assert (shown.client, shown.fetches, log.is_due(NOW)) == ("Thunderbird", 2, False)


@pytest.mark.both_engines
async def test_a_fetch_that_is_written_late_does_not_undo_a_later_one(cast: Cast) -> None:
    token = await subscribe(cast.kcpd_detective)
    feed = await open_feed(token, NOW)
    later = NOW + timedelta(seconds=10)
    await note_fetches([FeedFetch(feed.subscription_id, "Outlook", later, "ab" * 32, NOW)])
    await note_fetches([FeedFetch(feed.subscription_id, "Outlook", NOW)])
    feed = await open_feed(token, NOW)
    assert (feed.fetched_at, feed.body_hash, feed.body_since) == (later, "ab" * 32, NOW)


@pytest.mark.both_engines
async def test_a_change_is_counted_for_each_audience_once_and_undone_with_its_transaction(cast: Cast) -> None:
    own_audience, other = viewers.member_audience(UUID(int=1)), viewers.member_audience(UUID(int=2))
    async with writing():
        await events.raise_audience_versions([own_audience, own_audience])
        await events.raise_audience_versions([own_audience])
    with pytest.raises(ZeroDivisionError):
        async with writing():
            await events.raise_audience_versions([own_audience, other])
            raise ZeroDivisionError
    rows = await AudienceVersion.select().where(AudienceVersion.audience.is_in([own_audience, other]))
    assert rows == [{"audience": own_audience, "version": 2}]


@pytest.mark.both_engines
async def test_what_was_found_is_kept_only_as_long_as_no_one_commits(cast: Cast) -> None:
    token, feeds = await subscribe(cast.kcpd_detective), OpenFeeds()
    first = await feeds.open(token, NOW)
    again = await feeds.open(token, NOW)
    assert again == first
    await Member.update({Member.status: "suspended"}).where(Member.id == cast.kcpd_detective.member_id)
    with pytest.raises(NotFound):
        await feeds.open(token, NOW)
    await Member.update({Member.status: "active"}).where(Member.id == cast.kcpd_detective.member_id)
    assert await feeds.open(token, NOW) == first


@pytest.mark.both_engines
async def test_a_change_between_the_question_and_the_answer_is_seen_by_the_next_request(
    sqlite_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, feeds = await subscribe(sqlite_cast.kcpd_detective), OpenFeeds()

    async def answered_late(token: str, now: datetime) -> Feed:
        monkeypatch.undo()
        feed = await open_feed(token, now)
        await schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
        await feeds.open(token, now)
        return feed

    monkeypatch.setattr(feed_access, "open_feed", answered_late)
    before = await feeds.open(token, NOW)
    after = await feeds.open(token, NOW)
    assert before.state != after.state == (await open_feed(token, NOW)).state


@pytest.mark.both_engines
async def test_a_feed_that_is_kept_loses_access_that_ends_by_itself(sqlite_cast: Cast) -> None:
    lead, liaison = sqlite_cast.fbi_lead, sqlite_cast.hsi_liaison
    event_id = await plan_operation(lead, sqlite_cast.kcpd_detective)
    _, token = await subscriptions.create_subscription(liaison, "Phone", FeedScope.ALL, NOW, shows_operations=True)
    await access.give_access(lead, event_id, liaison.member_id, "Needs it", NOW + timedelta(hours=2), NOW)
    feeds = OpenFeeds()
    first, second, third = [(await feeds.open(token, NOW + timedelta(hours=n))).viewer.audiences for n in range(3)]
    assert first == second > third


JANUARY_12 = datetime(2027, 1, 12, 10)
MONTHLY = rule_for_choice("monthly_nth", JANUARY_12, count=6)
FEBRUARY, APRIL, JUNE = "2027-02-09", "2027-04-13", "2027-06-08"


async def titles_in_feed(
    viewer: Viewer, scope: FeedScope = FeedScope.ALL, *, shows_operations: bool = False
) -> set[str]:
    feed_events = await feed_events_of(viewer, scope, shows_operations=shows_operations)
    return {event.title for event, _ in feed_events}


async def in_database(viewer: Viewer) -> list[Shown]:
    events = [event for event, _ in await feed_events_of(viewer)]
    dates = [one for found in (await feed_access.feed_dates(viewer, events)).values() for one in found]
    return sorted(Shown(one.starts_at, one.ends_at, one.title) for one in dates if not one.is_off)


async def a_series(cast: Cast) -> UUID:
    return await event_deeds.schedule_event(cast.coordinator, meeting(cast.kcpd_detective, rule=MONTHLY), NOW)


async def version_of(cast: Cast, event_id: UUID, key: str) -> int:
    return (await date_seen_by(cast.coordinator, event_id, key)).version


@pytest.mark.both_engines
async def test_whatever_people_do_two_readers_show_what_the_database_holds(cast: Cast) -> None:
    series, lead = await a_series(cast), cast.coordinator
    await event_deeds.schedule_event(lead, meeting(title="Once, only"), NOW)
    to_thursday = DateChange(
        starts=datetime(2027, 4, 15, 13), duration=timedelta(hours=2), title="Moved; really", place="Room 9"
    )
    await change_occurrence(lead, series, APRIL, to_thursday, await version_of(cast, series, APRIL), NOW)
    await cancel_occurrence(lead, series, JUNE, await version_of(cast, series, JUNE), "", NOW)
    await cancel_occurrence(lead, series, FEBRUARY, await version_of(cast, series, FEBRUARY), "", NOW)
    await restore_occurrence(lead, series, FEBRUARY, await version_of(cast, series, FEBRUARY), NOW)
    text = await feed_of(cast.kcpd_detective)
    assert by_icalendar(text) == by_ical(text) == await in_database(cast.kcpd_detective)
    assert len(by_ical(text)) == 6


@pytest.mark.both_engines
async def test_a_series_that_was_moved_as_a_whole_is_shown_where_it_is_now(cast: Cast) -> None:
    series = await a_series(cast)
    event = await event_deeds.event_seen_by(cast.coordinator, series)
    later = datetime(2027, 1, 14, 15)
    plan = plan_of_event(event, await invitees_of(series))
    moved = meeting(
        cast.kcpd_detective,
        starts=later,
        rule=rule_for_choice("weekly", later, until=date(2027, 3, 31)),
        title=plan.title,
    )
    await event_deeds.change_event(cast.coordinator, series, moved, event.version, NOW)
    text = await feed_of(cast.kcpd_detective)
    assert by_icalendar(text) == by_ical(text) == await in_database(cast.kcpd_detective)
    assert by_ical(text)[0].starts == datetime(2027, 1, 14, 21, tzinfo=NOW.tzinfo)


@pytest.mark.both_engines
async def test_a_canceled_event_shows_no_date(cast: Cast) -> None:
    series = await a_series(cast)
    await event_deeds.cancel_event(cast.coordinator, series, 1, "", NOW)
    text = await feed_of(cast.kcpd_detective)
    assert by_icalendar(text) == by_ical(text) == []
    assert b"SUMMARY:Canceled: Monthly task force meeting" in text


@pytest.mark.both_engines
async def test_only_what_the_viewer_may_see_is_published(cast: Cast) -> None:
    await event_deeds.schedule_event(cast.coordinator, meeting(title="All"), NOW)
    await event_deeds.schedule_event(
        cast.coordinator, meeting(title="Police", visibility=Visibility.LAW_ENFORCEMENT), NOW
    )
    await event_deeds.schedule_event(cast.coordinator, operation(cast.fbi_lead), NOW)
    assert await titles_in_feed(cast.harbor_advocate, shows_operations=True) == {"All"}
    assert await titles_in_feed(cast.kcpd_detective, shows_operations=True) == {"All", "Police"}
    assert await titles_in_feed(cast.fbi_lead, shows_operations=True) == {"All", "Police", "Operation Bluestem"}


@pytest.mark.both_engines
async def test_named_events_are_published_discreetly_and_only_on_demand(cast: Cast) -> None:
    await event_deeds.schedule_event(cast.coordinator, operation(cast.fbi_lead), NOW)
    assert await feed_events_of(cast.fbi_lead) == []
    [(_, level)] = await feed_events_of(cast.fbi_lead, shows_operations=True)
    assert level is FeedLevel.DISCREET


@pytest.mark.both_engines
async def test_a_draft_is_published_to_no_one_not_even_its_lead(cast: Cast) -> None:
    await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead, status=EventStatus.DRAFT), NOW)
    assert await feed_events_of(cast.coordinator) == await feed_events_of(cast.fbi_lead) == []


@pytest.mark.both_engines
async def test_the_own_feed_holds_what_one_leads_or_is_invited_to(cast: Cast) -> None:
    await event_deeds.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    for viewer, count in ((cast.coordinator, 1), (cast.fbi_lead, 1), (cast.kcpd_detective, 0)):
        assert len(await feed_events_of(viewer, FeedScope.MINE)) == count


@pytest.mark.both_engines
@pytest.mark.parametrize(("days", "is_there"), [(366, True), (368, False)])
async def test_what_ended_more_than_a_year_ago_is_left_out(cast: Cast, days: int, is_there: bool) -> None:
    starts = datetime.combine(NOW.date() - timedelta(days=days), datetime(2000, 1, 1, 12).time())
    await event_deeds.schedule_event(cast.coordinator, meeting(starts=starts), NOW - timedelta(days=400))
    assert bool(await feed_events_of(cast.fbi_lead)) is is_there


@pytest.mark.both_engines
async def test_no_dates_are_asked_for_no_events(cast: Cast) -> None:
    assert await feed_access.feed_dates(cast.fbi_lead, []) == {}


FACTS = [
    {"title": "Any"},
    {"title": "Drill", "kind": Kind.TRAINING},
    {"title": "Police", "visibility": Visibility.LAW_ENFORCEMENT},
]


@pytest.mark.parametrize("committee", [None, "steering", "enforcement"])
@pytest.mark.parametrize("kind", [None, Kind.TRAINING])
async def test_the_preview_counts_a_feed_as_the_feed_holds_the_event(
    cast: Cast, committee: str | None, kind: Kind | None
) -> None:
    limits = FeedLimit(committee_id=cast.committees[committee] if committee else None, kind=kind)
    made = []
    for facts in FACTS:
        for of in (None, cast.committees["steering"]):
            event_id = await event_deeds.schedule_event(cast.coordinator, meeting(committee_id=of, **facts), NOW)
            made.append(await event_deeds.event_seen_by(cast.coordinator, event_id))
    for person in (cast.fbi_lead, cast.hsi_liaison):
        await subscriptions.create_subscription(
            person, "Phone", FeedScope.ALL, NOW, only=limits, shows_operations=False
        )
    await SeatHolder.delete().where(SeatHolder.member == cast.hsi_liaison.member_id)
    readers = await feed_readers(NOW)
    for reader in readers:
        held = {
            event.id
            for event, _ in await feed_access.feed_events(
                reader.owner, NOW, scope=reader.scope, only=reader.only, shows_operations=False
            )
        }
        for event in made:
            assert (reader.owner.member_id in await feed_owners_of([reader], [event])) == (event.id in held)


APPROVED_AT, LATER = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
EARLY = (NOW, NOW + timedelta(days=60))


async def subscribed(viewer: Viewer) -> str:
    _, token = await create_subscription(viewer, "Phone", FeedScope.ALL, NOW, shows_operations=True)
    return token


async def opened(token: str, now: datetime) -> Feed:
    return await open_feed(token, now)


async def entry(token: str, now: datetime = NOW) -> Any:
    """Return the one event of a feed."""
    body = await FeedBuilder(app_settings()).body(await opened(token, now), now)
    [component] = icalendar.Calendar.from_ical(body.text).walk("VEVENT")
    return component


async def submitted(cast: Cast) -> UUID:
    """Return an operation that fbi_alternate can approve."""
    event_id = await plan_operation(cast.fbi_lead, cast.fbi_alternate, cast.kcpd_detective)
    basics = PlanBasics(
        supervisor_id=cast.fbi_alternate.member_id, disclosure=Disclosure.CONTACT_ONLY, buffer=timedelta(minutes=60)
    )
    await plans.change_plan_basics(cast.fbi_lead, event_id, basics, NOW)
    await approvals.waive_deconfliction(cast.fbi_alternate, event_id, "No time to ask.", NOW)
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.SUBMITTED, NOW)
    return event_id


async def approved(cast: Cast) -> UUID:
    event_id = await submitted(cast)
    await approvals.change_plan_state(cast.fbi_alternate, event_id, OperationState.APPROVED, APPROVED_AT)
    return event_id


@pytest.mark.both_engines
async def test_an_operation_is_tentative_until_its_plan_is_approved(cast: Cast) -> None:
    token, event_id = await subscribed(cast.kcpd_detective), await submitted(cast)
    before = await entry(token)
    await approvals.change_plan_state(cast.fbi_alternate, event_id, OperationState.APPROVED, APPROVED_AT)
    after = await entry(token, APPROVED_AT)
    assert (before["STATUS"], after["STATUS"]) == ("TENTATIVE", "CONFIRMED")


@pytest.mark.both_engines
async def test_an_approval_moves_the_time_of_change_and_no_sequence(cast: Cast) -> None:
    token, event_id = await subscribed(cast.kcpd_detective), await submitted(cast)
    before = await entry(token)
    await approvals.change_plan_state(cast.fbi_alternate, event_id, OperationState.APPROVED, APPROVED_AT)
    after = await entry(token, APPROVED_AT)
    assert (after["DTSTAMP"].dt, after["LAST-MODIFIED"].dt) == (APPROVED_AT, APPROVED_AT)
    assert after["SEQUENCE"] == before["SEQUENCE"]


@pytest.mark.both_engines
async def test_an_approval_moves_the_validator_of_those_on_the_operation_alone(cast: Cast) -> None:
    on_it, others = await subscribed(cast.kcpd_detective), await subscribed(cast.kcpd_alternate)
    event_id = await submitted(cast)
    before = [(await opened(token, NOW)).state for token in (on_it, others)]
    await approvals.change_plan_state(cast.fbi_alternate, event_id, OperationState.APPROVED, NOW)
    after = [(await opened(token, NOW)).state for token in (on_it, others)]
    assert [was == now for was, now in zip(before, after, strict=True)] == [False, True]


@pytest.mark.both_engines
async def test_an_operation_that_is_stood_down_is_canceled_with_a_higher_sequence(cast: Cast) -> None:
    token, event_id = await subscribed(cast.kcpd_detective), await approved(cast)
    before = await entry(token, APPROVED_AT)
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.STOOD_DOWN, LATER)
    after = await entry(token, LATER)
    assert (after["STATUS"], after["SUMMARY"]) == ("CANCELLED", "Canceled: Operational period")
    assert after["SEQUENCE"] == before["SEQUENCE"] + 1


@pytest.mark.both_engines
async def test_an_operation_that_is_planned_again_is_tentative_with_a_higher_sequence(cast: Cast) -> None:
    token, event_id = await subscribed(cast.kcpd_detective), await approved(cast)
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.STOOD_DOWN, LATER)
    before = await entry(token, LATER)
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.PLANNING, LATER)
    after = await entry(token, LATER)
    assert after["STATUS"] == "TENTATIVE"
    assert after["SEQUENCE"] == before["SEQUENCE"] + 1


@pytest.mark.both_engines
async def test_a_step_that_calendars_do_not_show_leaves_the_feed_as_it_is(cast: Cast) -> None:
    token, event_id = await subscribed(cast.kcpd_detective), await approved(cast)
    before = (await opened(token, LATER)).state
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.BRIEFED, LATER)
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.EXECUTING, BEGINS)
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.ABORTED, BEGINS)
    assert (await opened(token, LATER)).state == before
    assert (await entry(token, LATER))["STATUS"] == "CONFIRMED"


@pytest.mark.both_engines
async def test_a_form_that_edits_the_event_is_not_outdated_by_its_plan(cast: Cast) -> None:
    event_id = await submitted(cast)
    before = (await event_seen_by(cast.fbi_lead, event_id)).version
    await approvals.change_plan_state(cast.fbi_alternate, event_id, OperationState.APPROVED, NOW)
    assert (await event_seen_by(cast.fbi_lead, event_id)).version == before


@pytest.mark.both_engines
async def test_an_operation_that_is_stood_down_gets_no_reminders_until_it_is_planned_again(cast: Cast) -> None:
    event_id = await approved(cast)
    assert [one.event_id for one in await due.dates_starting([EARLY])] == [event_id]
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.STOOD_DOWN, LATER)
    assert await due.dates_starting([EARLY]) == []
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.PLANNING, LATER)
    assert [one.event_id for one in await due.dates_starting([EARLY])] == [event_id]
