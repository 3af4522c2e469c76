"""From a token to its owner, and when the state of a feed changes."""

import asyncio
import sqlite3
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, Cast, meeting, operation
from tests.usecases.operations.world import planned
from tracker.database import engine, writing
from tracker.errors import NotFound
from tracker.rules.calendars.feeds import Alarms, AllDayAlarm, FeedLimit, FeedScope
from tracker.rules.core import audiences
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.event import Kind
from tracker.tables.schema.events import audience_versions
from tracker.tables.schema.events.events import AudienceVersion
from tracker.tables.schema.roster.people import Agency, Committee, Member, SeatHolder
from tracker.usecases.calendars import feeds as feed_access
from tracker.usecases.calendars import subscriptions
from tracker.usecases.calendars.feeds import Feed, FeedFetch, FetchLog, OpenFeeds, note_fetches, open_feed
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.events.events import schedule
from tracker.usecases.operations import access

pytestmark = pytest.mark.both_engines


async def token_of(viewer: Viewer, scope: FeedScope = FeedScope.ALL) -> str:
    _, token = await subscriptions.create_subscription(viewer, "Phone", scope, NOW, shows_operations=False)
    return token


async def test_a_feed_has_the_rights_that_its_owner_has_on_the_pages(cast: Cast) -> None:
    for viewer in cast.members.values():
        feed = await open_feed(await token_of(viewer), NOW)
        assert feed.viewer == await viewer_for(viewer.member_id, NOW)


async def test_a_feed_is_opened_with_its_limits_and_alarms(cast: Cast) -> None:
    only = FeedLimit(committee_id=cast.committees["steering"], kind=Kind.TRAINING)
    alarms = Alarms(minutes=15, all_day=AllDayAlarm.MORNING)
    _, token = await subscriptions.create_subscription(
        cast.fbi_lead, "Phone", FeedScope.MINE, NOW, only=only, alarms=alarms, shows_operations=False
    )
    feed = await open_feed(token, NOW)
    assert (feed.scope, feed.only, feed.committee, feed.alarms) == (FeedScope.MINE, only, "Steering Committee", alarms)


async def test_a_feed_of_a_committee_does_not_name_it_to_who_left_it(cast: Cast) -> None:
    only = FeedLimit(committee_id=cast.committees["steering"])
    _, token = await subscriptions.create_subscription(
        cast.fbi_lead, "Phone", FeedScope.ALL, NOW, only=only, shows_operations=False
    )
    await SeatHolder.delete().where(SeatHolder.member == cast.fbi_lead.member_id)
    assert (await open_feed(token, NOW)).committee == ""


@pytest.mark.parametrize(
    "token", ["", "x", "a" * 43, "\ud800", "../../x", "'; DROP TABLE subscription; --", "é" * 5000]
)
async def test_a_token_that_nobody_made_opens_nothing(cast: Cast, token: str) -> None:
    with pytest.raises(NotFound):
        await open_feed(token, NOW)


@pytest.mark.parametrize("status", ["suspended", "departed"])
async def test_a_member_who_is_not_active_has_no_feed_from_the_next_request_on(cast: Cast, status: str) -> None:
    token = await token_of(cast.kcpd_detective)
    await Member.update({Member.status: status}).where(Member.id == cast.kcpd_detective.member_id)
    with pytest.raises(NotFound):
        await open_feed(token, NOW)


async def test_a_guest_has_no_feed(cast: Cast) -> None:
    token = await token_of(cast.kcpd_detective)
    await Member.update({Member.is_guest: True}).where(Member.id == cast.kcpd_detective.member_id)
    with pytest.raises(NotFound):
        await open_feed(token, NOW)


async def test_nobody_of_a_suspended_agency_has_a_feed(cast: Cast) -> None:
    token = await token_of(cast.kcpd_detective)
    await Agency.update({Agency.status: "suspended"}).where(Agency.code == "KCPD")
    with pytest.raises(NotFound):
        await open_feed(token, NOW)


async def test_the_state_stays_while_nothing_changes(cast: Cast) -> None:
    token = await token_of(cast.kcpd_detective)
    assert (await open_feed(token, NOW)).state == (await open_feed(token, NOW)).state


async def test_the_state_changes_with_what_the_owner_may_see(cast: Cast) -> None:
    token = await token_of(cast.kcpd_detective)
    before = (await open_feed(token, NOW)).state
    await schedule(cast.coordinator, meeting(cast.fbi_lead), NOW)
    assert (await open_feed(token, NOW)).state != before


async def test_the_state_does_not_move_with_what_the_owner_may_not_see(cast: Cast) -> None:
    token = await token_of(cast.harbor_advocate)
    before = (await open_feed(token, NOW)).state
    await schedule(cast.coordinator, operation(cast.fbi_lead), NOW)
    await schedule(cast.coordinator, meeting(cast.fbi_lead, visibility=Visibility.LAW_ENFORCEMENT), NOW)
    enforcement = meeting(cast.fbi_lead, visibility=Visibility.COMMITTEE, committee_id=cast.committees["enforcement"])
    await schedule(cast.coordinator, enforcement, NOW)
    assert (await open_feed(token, NOW)).state == before


async def test_the_state_changes_when_the_owner_loses_a_seat(cast: Cast) -> None:
    token = await token_of(cast.kcpd_detective)
    before = (await open_feed(token, NOW)).state
    await Committee.update({Committee.status: "closed"}).where(Committee.id == cast.committees["steering"])
    assert (await open_feed(token, NOW)).state != before


async def test_two_feeds_of_one_member_with_the_same_choices_are_in_the_same_state(cast: Cast) -> None:
    one, other = await token_of(cast.kcpd_detective), await token_of(cast.kcpd_detective)
    assert (await open_feed(one, NOW)).state == (await open_feed(other, NOW)).state
    mine = await token_of(cast.kcpd_detective, FeedScope.MINE)
    assert (await open_feed(mine, NOW)).state != (await open_feed(one, NOW)).state


async def test_a_fetch_is_noted_with_what_was_given(cast: Cast) -> None:
    token = await token_of(cast.kcpd_detective)
    feed = await open_feed(token, NOW)
    assert (feed.body_hash, feed.body_since, feed.fetched_at) == ("", None, None)
    later = NOW + timedelta(minutes=1, microseconds=5)
    await note_fetches([FeedFetch(feed.subscription_id, "Outlook", later, "ab" * 32, NOW, 3)])
    feed = await open_feed(token, NOW)
    assert (feed.body_hash, feed.body_since, feed.fetched_at) == ("ab" * 32, NOW, later)
    [shown] = await subscriptions.subscriptions_of(cast.kcpd_detective)
    assert (shown.fetched_at, shown.client, shown.fetches) == (later, "Outlook", 3)


async def test_fetches_wait_and_are_written_together_with_the_newest_content(cast: Cast) -> None:
    tokens = [await token_of(cast.kcpd_detective) for _ in range(2)]
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


async def test_fetches_that_could_not_be_written_wait_with_those_of_meanwhile(sqlite_cast: Cast) -> None:
    feed, log = await open_feed(await token_of(sqlite_cast.kcpd_detective), NOW), FetchLog()
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


async def test_a_fetch_that_is_written_late_does_not_undo_a_later_one(cast: Cast) -> None:
    token = await token_of(cast.kcpd_detective)
    feed = await open_feed(token, NOW)
    later = NOW + timedelta(seconds=10)
    await note_fetches([FeedFetch(feed.subscription_id, "Outlook", later, "ab" * 32, NOW)])
    await note_fetches([FeedFetch(feed.subscription_id, "Outlook", NOW)])
    feed = await open_feed(token, NOW)
    assert (feed.fetched_at, feed.body_hash, feed.body_since) == (later, "ab" * 32, NOW)


async def test_a_change_is_counted_for_each_audience_once_and_undone_with_its_transaction(cast: Cast) -> None:
    mine, other = audiences.member_audience(UUID(int=1)), audiences.member_audience(UUID(int=2))
    async with writing():
        await audience_versions.touch([mine, mine])
        await audience_versions.touch([mine])
    with pytest.raises(ZeroDivisionError):
        async with writing():
            await audience_versions.touch([mine, other])
            raise ZeroDivisionError
    found = await AudienceVersion.select().where(AudienceVersion.audience.is_in([mine, other]))
    assert found == [{"audience": mine, "version": 2}]


async def test_what_was_found_is_kept_only_as_long_as_nobody_commits(cast: Cast) -> None:
    token, feeds = await token_of(cast.kcpd_detective), OpenFeeds()
    first = await feeds.open(token, NOW)
    again = await feeds.open(token, NOW)
    assert again == first
    await Member.update({Member.status: "suspended"}).where(Member.id == cast.kcpd_detective.member_id)
    with pytest.raises(NotFound):
        await feeds.open(token, NOW)
    await Member.update({Member.status: "active"}).where(Member.id == cast.kcpd_detective.member_id)
    assert await feeds.open(token, NOW) == first


async def test_a_change_between_the_question_and_the_answer_is_seen_by_the_next_request(
    sqlite_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, feeds = await token_of(sqlite_cast.kcpd_detective), OpenFeeds()

    async def answered_late(token: str, now: datetime) -> Feed:
        monkeypatch.undo()
        feed = await open_feed(token, now)
        await schedule(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
        await feeds.open(token, now)
        return feed

    monkeypatch.setattr(feed_access, "open_feed", answered_late)
    before = await feeds.open(token, NOW)
    after = await feeds.open(token, NOW)
    assert before.state != after.state == (await open_feed(token, NOW)).state


async def test_a_feed_that_is_kept_loses_access_that_ends_by_itself(sqlite_cast: Cast) -> None:
    lead, liaison = sqlite_cast.fbi_lead, sqlite_cast.hsi_liaison
    event_id = await planned(lead, sqlite_cast.kcpd_detective)
    _, token = await subscriptions.create_subscription(liaison, "Phone", FeedScope.ALL, NOW, shows_operations=True)
    await access.give_access(lead, event_id, liaison.member_id, "Needs it", NOW + timedelta(hours=2), NOW)
    feeds = OpenFeeds()
    first, second, third = [(await feeds.open(token, NOW + timedelta(hours=n))).viewer.audiences for n in range(3)]
    assert first == second > third
