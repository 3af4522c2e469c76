"""Feeds that are built once and kept: who builds them, and how long they stay."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import icalendar
import pytest
from msgspec import Struct
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting
from tests.ports.browser import app_settings
from tracker.database import writing
from tracker.ports import feeds
from tracker.ports.feeds import Cache, FeedBody, FeedBuilder
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.viewers import EVERYONE
from tracker.rules.events.events import EventStatus
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema import events
from tracker.tables.schema.events import Event
from tracker.usecases.calendars.feeds import Feed, open_feed
from tracker.usecases.calendars.subscriptions import create_subscription
from tracker.usecases.events.occurrences import cancel_occurrence
from tracker.usecases.events.scheduling import cancel_event, schedule_event

JANUARY_12 = datetime(2027, 1, 12, 10)  # noqa: DTZ001 - local to the event's zone


class Counted(FeedBuilder):
    """Counts the events that it writes."""

    written = 0

    def _piece(self, *arguments: object) -> feeds.FeedPart:
        self.written += 1
        return super()._piece(*arguments)  # type: ignore[arg-type]  # the same arguments


async def subscribe_detective(cast: Cast, scope: FeedScope = FeedScope.ALL) -> str:
    _, token = await create_subscription(cast.kcpd_detective, "Phone", scope, NOW, shows_operations=False)
    return token


def summaries(body: FeedBody) -> list[str]:
    return [str(one["SUMMARY"]) for one in icalendar.Calendar.from_ical(body.text).walk("VEVENT")]


async def test_only_what_changed_is_written_again(cast: Cast) -> None:
    made, token = Counted(app_settings()), await subscribe_detective(cast)
    ids = [await schedule_event(cast.coordinator, meeting(title=f"Meeting {n}"), NOW) for n in range(5)]
    await made.body(await open_feed(token, NOW), NOW)
    await cancel_event(cast.coordinator, ids[0], 1, "", NOW)
    body = await made.body(await open_feed(token, NOW), NOW)
    assert made.written == 6
    assert sum(one.startswith("Canceled: ") for one in summaries(body)) == 1


async def test_members_who_see_the_same_share_what_was_written(cast: Cast) -> None:
    made = Counted(app_settings())
    await schedule_event(cast.coordinator, meeting(), NOW)
    for viewer in (cast.fbi_lead, cast.kcpd_detective, cast.harbor_advocate):
        _, token = await create_subscription(viewer, "Phone", FeedScope.ALL, NOW, shows_operations=False)
        await made.body(await open_feed(token, NOW), NOW)
    assert made.written == 1


async def test_an_event_is_written_again_with_another_status_though_its_version_stays(cast: Cast) -> None:
    made, token = Counted(app_settings()), await subscribe_detective(cast)
    event_id = await schedule_event(cast.coordinator, meeting(), NOW)
    await made.body(await open_feed(token, NOW), NOW)
    async with writing():
        await Event.update({Event.status: EventStatus.TENTATIVE}).where(Event.id == event_id)
        await events.raise_audience_versions([EVERYONE])
    body = await made.body(await open_feed(token, NOW), NOW)
    assert (made.written, b"STATUS:TENTATIVE" in body.text) == (2, True)


class LosingAccess(FeedBuilder):
    """Asks for the dates of events that the viewer has just lost access to."""

    async def _pieces_of(self, feed: Feed, *arguments: Any) -> list[feeds.FeedPart]:
        lost = replace(feed, viewer=replace(feed.viewer, audiences=frozenset()))
        is_lost = feed.viewer.name == "Kcpd detective"
        return await super()._pieces_of(lost if is_lost else feed, *arguments)


async def test_an_event_is_in_the_feeds_of_others_when_one_loses_access_to_it(cast: Cast) -> None:
    made = LosingAccess(app_settings())
    await schedule_event(cast.coordinator, meeting(), NOW)
    built = []
    for viewer in (cast.kcpd_detective, cast.fbi_lead):
        _, token = await create_subscription(viewer, "Phone", FeedScope.ALL, NOW, shows_operations=False)
        built.append(len(summaries(await made.body(await open_feed(token, NOW), NOW))))
    assert built == [0, 1]


async def test_an_unchanged_feed_is_the_same_thing_and_another_day_the_same_bytes(cast: Cast) -> None:
    made, token = FeedBuilder(app_settings()), await subscribe_detective(cast)
    await schedule_event(cast.coordinator, meeting(), NOW)
    feed = await open_feed(token, NOW)
    first = await made.body(feed, NOW)
    assert await made.body(feed, NOW) is first
    assert (await made.body(feed, NOW + timedelta(days=1))).hash == first.hash


async def test_a_canceled_date_goes_by_itself_after_30_days(cast: Cast) -> None:
    made, token = FeedBuilder(app_settings()), await subscribe_detective(cast)
    rule = rule_for_choice("weekly", JANUARY_12, count=3)
    series: UUID = await schedule_event(cast.coordinator, meeting(rule=rule), NOW)
    await cancel_occurrence(cast.coordinator, series, "2027-01-12", 1, "", NOW)
    feed = await open_feed(token, NOW)
    last_day = datetime(2027, 2, 10, 23, 59, tzinfo=NOW.tzinfo)
    assert summaries(await made.body(feed, last_day))[1].startswith("Canceled: ")
    after = await made.body(feed, last_day + timedelta(minutes=1))
    assert len(summaries(after)) == 1
    assert b"EXDATE" in after.text


async def test_more_events_than_fit_on_the_shelf_are_served_all_the_same(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "EVENTS_ROOM", 1)
    monkeypatch.setattr(feeds, "CHUNK", 2)
    made, token = FeedBuilder(app_settings()), await subscribe_detective(cast)
    for number in range(5):
        await schedule_event(cast.coordinator, meeting(title=f"Meeting {number}"), NOW)
    assert len(summaries(await made.body(await open_feed(token, NOW), NOW))) == 5


async def test_the_name_of_a_calendar_says_whose_events_it_holds(cast: Cast) -> None:
    made = FeedBuilder(app_settings(task_force_name="Rescue, Project"))
    for scope, name in ((FeedScope.ALL, rb"Rescue\, Project"), (FeedScope.MINE, rb"Rescue\, Project: my events")):
        body = await made.body(await open_feed(await subscribe_detective(cast, scope), NOW), NOW)
        assert b"\r\nNAME:" + name + b"\r\nX-WR-CALNAME:" + name + b"\r\n" in body.text


class Box(Struct, frozen=True):
    size: int


def test_what_was_put_is_found_until_the_shelf_is_full() -> None:
    shelf: Cache[str, Box] = Cache(100)
    shelf.put("a", Box(60))
    shelf.put("b", Box(40))
    assert (shelf.get("a"), shelf.get("b"), shelf.get("c")) == (Box(60), Box(40), None)


def test_what_was_not_asked_for_longest_goes_first() -> None:
    shelf: Cache[str, Box] = Cache(100)
    shelf.put("a", Box(40))
    shelf.put("b", Box(40))
    shelf.get("a")
    shelf.put("c", Box(40))
    assert (shelf.get("a"), shelf.get("b"), shelf.get("c")) == (Box(40), None, Box(40))


def test_a_thing_takes_the_place_of_an_earlier_one_with_its_key() -> None:
    shelf: Cache[str, Box] = Cache(100)
    for size in (90, 80, 100):
        shelf.put("a", Box(size))
    assert shelf.get("a") == Box(100)


def test_what_is_larger_than_the_shelf_is_not_kept() -> None:
    shelf: Cache[str, Box] = Cache(100)
    shelf.put("a", Box(101))
    assert shelf.get("a") is None
