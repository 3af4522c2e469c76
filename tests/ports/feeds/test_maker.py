"""What is made again and what is taken from the shelves."""

from datetime import datetime, timedelta
from uuid import UUID

import icalendar
import pytest

from tests.cast import NOW, Cast, meeting
from tests.ports.browser import settings
from tracker.ports.feeds import feed_builder
from tracker.ports.feeds.feed_builder import Body, FeedBuilder
from tracker.rules.calendars.feeds import Scope
from tracker.rules.recurrence import rule_for
from tracker.usecases.calendars.feed_access import open_feed
from tracker.usecases.calendars.subscriptions import create
from tracker.usecases.events.events import cancel, schedule
from tracker.usecases.events.occurrences import cancel_date

JANUARY_12 = datetime(2027, 1, 12, 10)  # noqa: DTZ001 - local to the event's zone


class Counted(FeedBuilder):
    """Counts the events that it writes."""

    written = 0

    def _piece(self, *arguments: object) -> feed_builder.Piece:
        self.written += 1
        return super()._piece(*arguments)  # type: ignore[arg-type]  # the same arguments


async def opened(cast: Cast, scope: Scope = Scope.ALL) -> str:
    _, token = await create(cast.kcpd_detective, "Phone", scope, NOW, shows_operations=False)
    return token


def summaries(body: Body) -> list[str]:
    return [str(one["SUMMARY"]) for one in icalendar.Calendar.from_ical(body.text).walk("VEVENT")]


async def test_only_what_changed_is_written_anew(cast: Cast) -> None:
    made, token = Counted(settings()), await opened(cast)
    ids = [await schedule(cast.coordinator, meeting(title=f"Meeting {n}"), NOW) for n in range(5)]
    await made.body(await open_feed(token, NOW), NOW)
    await cancel(cast.coordinator, ids[0], 1, "", NOW)
    body = await made.body(await open_feed(token, NOW), NOW)
    assert made.written == 6
    assert sum(one.startswith("Canceled: ") for one in summaries(body)) == 1


async def test_members_who_see_the_same_share_what_was_written(cast: Cast) -> None:
    made = Counted(settings())
    await schedule(cast.coordinator, meeting(), NOW)
    for viewer in (cast.fbi_lead, cast.kcpd_detective, cast.harbor_advocate):
        _, token = await create(viewer, "Phone", Scope.ALL, NOW, shows_operations=False)
        await made.body(await open_feed(token, NOW), NOW)
    assert made.written == 1


async def test_an_unchanged_feed_is_the_same_thing_and_another_day_the_same_bytes(cast: Cast) -> None:
    made, token = FeedBuilder(settings()), await opened(cast)
    await schedule(cast.coordinator, meeting(), NOW)
    feed = await open_feed(token, NOW)
    first = await made.body(feed, NOW)
    assert await made.body(feed, NOW) is first
    assert (await made.body(feed, NOW + timedelta(days=1))).hash == first.hash


async def test_a_canceled_date_goes_by_itself_after_30_days(cast: Cast) -> None:
    made, token = FeedBuilder(settings()), await opened(cast)
    rule = rule_for("weekly", JANUARY_12, count=3)
    series: UUID = await schedule(cast.coordinator, meeting(rule=rule), NOW)
    await cancel_date(cast.coordinator, series, "2027-01-12", 1, "", NOW)
    feed = await open_feed(token, NOW)
    last_day = datetime(2027, 2, 10, 23, 59, tzinfo=NOW.tzinfo)
    assert summaries(await made.body(feed, last_day))[1].startswith("Canceled: ")
    after = await made.body(feed, last_day + timedelta(minutes=1))
    assert len(summaries(after)) == 1
    assert b"EXDATE" in after.text


async def test_more_events_than_fit_on_the_shelf_are_served_all_the_same(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_builder, "EVENTS_ROOM", 1)
    monkeypatch.setattr(feed_builder, "CHUNK", 2)
    made, token = FeedBuilder(settings()), await opened(cast)
    for number in range(5):
        await schedule(cast.coordinator, meeting(title=f"Meeting {number}"), NOW)
    assert len(summaries(await made.body(await open_feed(token, NOW), NOW))) == 5


async def test_the_name_of_a_calendar_says_whose_events_it_holds(cast: Cast) -> None:
    made = FeedBuilder(settings(task_force_name="Rescue, Project"))
    for scope, name in ((Scope.ALL, rb"Rescue\, Project"), (Scope.MINE, rb"Rescue\, Project: my events")):
        body = await made.body(await open_feed(await opened(cast, scope), NOW), NOW)
        assert b"\r\nNAME:" + name + b"\r\nX-WR-CALNAME:" + name + b"\r\n" in body.text
