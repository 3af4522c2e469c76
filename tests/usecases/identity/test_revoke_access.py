"""A lost phone: every session but one, every link, feed and token shut in one step."""

from datetime import timedelta

import pytest

from tests.cast import NOW, PROGRAM, Cast
from tests.ports.browser import session_of
from tracker.crypto import keys
from tracker.errors import Gone, NotFound
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.viewers import Viewer
from tracker.rules.identity.api_tokens import ApiScope
from tracker.tables.schema.core.tables import AuditEntry
from tracker.usecases.calendars import subscriptions
from tracker.usecases.calendars.feeds import open_feed
from tracker.usecases.core.viewers import viewer_of_session
from tracker.usecases.identity import api_tokens
from tracker.usecases.identity.one_time_links import RESET, SIGN_IN, check_link, issue_link
from tracker.usecases.identity.sessions import end_session, report_lost_phone, sessions_of, sign_out_everywhere

SOON = NOW + timedelta(minutes=1)


async def feed_of(viewer: Viewer) -> str:
    return (await subscriptions.create_subscription(viewer, "Phone", FeedScope.ALL, NOW, shows_operations=False))[1]


async def test_a_lost_phone_shuts_all_feeds_all_tokens_all_links_and_all_sessions_but_the_one_that_tells(cast: Cast):
    here, there = await session_of(cast.caht_lead, NOW), await session_of(cast.caht_lead, NOW)
    feeds = [await feed_of(cast.caht_lead), await feed_of(cast.caht_lead)]
    token = await api_tokens.create_token(cast.caht_lead, "Roster", frozenset({ApiScope.EVENTS_READ}), NOW)
    links = {purpose: await issue_link(cast.caht_lead.member_id, NOW, purpose=purpose) for purpose in (RESET, SIGN_IN)}
    shut = await report_lost_phone(cast.caht_lead, SOON, keeping=keys.token_hash(here))
    assert shut == {"sessions": 1, "links": 2, "feeds": 2, "tokens": 1}
    assert await api_tokens.bearer_of(token, SOON, PROGRAM) is None
    assert await viewer_of_session(here, SOON)
    assert await viewer_of_session(there, SOON) is None
    for purpose, link in links.items():
        with pytest.raises(Gone):
            await check_link(link, SOON, purpose)
    for feed in feeds:
        with pytest.raises(NotFound):
            await open_feed(feed, NOW)
    [entry] = await AuditEntry.select().where(AuditEntry.verb == "phone_lost")
    assert entry["facts"] == '{"feeds": 2, "links": 2, "sessions": 1, "tokens": 1}'


async def test_nobody_elses_outlets_are_shut(sqlite_cast: Cast):
    feed, session = await feed_of(sqlite_cast.fbi_lead), await session_of(sqlite_cast.fbi_lead, NOW)
    await report_lost_phone(sqlite_cast.caht_lead, SOON)
    assert await viewer_of_session(session, SOON)
    assert await open_feed(feed, NOW)


async def test_open_sessions_are_listed_the_latest_first_and_those_that_are_over_are_not(cast: Cast):
    await session_of(cast.caht_lead, NOW - timedelta(minutes=40))
    one, other = await session_of(cast.caht_lead, NOW), await session_of(cast.caht_lead, SOON)
    listed = [session.id for session in await sessions_of(cast.caht_lead.member_id, SOON)]
    assert listed == [keys.token_hash(other), keys.token_hash(one)]


async def test_one_session_is_ended_and_the_others_go_on(cast: Cast):
    one, other = await session_of(cast.caht_lead, NOW), await session_of(cast.caht_lead, NOW)
    await end_session(cast.caht_lead, keys.token_hash(one), SOON)
    assert await viewer_of_session(one, SOON) is None
    assert await viewer_of_session(other, SOON)


async def test_the_session_of_somebody_else_cannot_be_ended(sqlite_cast: Cast):
    theirs = await session_of(sqlite_cast.fbi_lead, NOW)
    await end_session(sqlite_cast.caht_lead, keys.token_hash(theirs), SOON)
    assert await viewer_of_session(theirs, SOON)
    assert not await AuditEntry.exists().where(AuditEntry.verb == "session_ended")


async def test_signing_out_everywhere_ends_all_sessions_of_one_person(cast: Cast):
    mine, theirs = await session_of(cast.caht_lead, NOW), await session_of(cast.fbi_lead, NOW)
    await sign_out_everywhere(cast.caht_lead.member_id, SOON, by=cast.caht_lead.actor)
    assert await viewer_of_session(mine, SOON) is None
    assert await viewer_of_session(theirs, SOON)
