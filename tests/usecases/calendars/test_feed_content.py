"""What a feed is made of, after the deeds that people really do; read back by other people's programs."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, Cast, meeting, operation
from tests.ical.readers import Shown, by_ical, by_icalendar
from tracker.ical.vevents import Organizer, feed_calendar, vevents
from tracker.rules.calendars.feeds import FeedLevel, FeedScope
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.event import Event, EventStatus
from tracker.rules.events.plan import DateChange, plan_of
from tracker.rules.recurrence import rule_for
from tracker.tables.background.events.invitees import invitees_of
from tracker.usecases.calendars import feeds
from tracker.usecases.events import events as event_deeds
from tracker.usecases.events.occurrences import cancel_date, change_date, date_for, restore_occurrence

pytestmark = pytest.mark.both_engines

ORGANIZER = Organizer(name="Rescue Project", address="calendar@tracker.example")
JANUARY_12 = datetime(2027, 1, 12, 10)
MONTHLY = rule_for("monthly_nth", JANUARY_12, count=6)
FEBRUARY, APRIL, JUNE = "2027-02-09", "2027-04-13", "2027-06-08"


async def published(
    viewer: Viewer, scope: FeedScope = FeedScope.ALL, *, shows_operations: bool = False
) -> list[tuple[Event, FeedLevel]]:
    return await feeds.feed_events(viewer, NOW, scope=scope, shows_operations=shows_operations)


async def titles(viewer: Viewer, scope: FeedScope = FeedScope.ALL, *, shows_operations: bool = False) -> set[str]:
    found = await published(viewer, scope, shows_operations=shows_operations)
    return {event.title for event, _ in found}


async def feed_of(viewer: Viewer) -> bytes:
    events = [event for event, _ in await published(viewer)]
    dates = await feeds.feed_dates(viewer, events)
    texts = [vevents(one, dates[one.id], FeedLevel.FULL, ORGANIZER, NOW.date()) for one in events]
    return feed_calendar("Task force", "America/Chicago", {one.zone for one in events}, texts)


async def in_database(viewer: Viewer) -> list[Shown]:
    events = [event for event, _ in await published(viewer)]
    dates = [one for found in (await feeds.feed_dates(viewer, events)).values() for one in found]
    return sorted(Shown(one.starts_at, one.ends_at, one.title) for one in dates if not one.is_off)


async def a_series(cast: Cast) -> UUID:
    return await event_deeds.schedule(cast.coordinator, meeting(cast.kcpd_detective, rule=MONTHLY), NOW)


async def version_of(cast: Cast, event_id: UUID, key: str) -> int:
    return (await date_for(cast.coordinator, event_id, key)).version


async def test_whatever_people_do_two_readers_show_what_the_database_holds(cast: Cast) -> None:
    series, lead = await a_series(cast), cast.coordinator
    await event_deeds.schedule(lead, meeting(title="Once, only"), NOW)
    to_thursday = DateChange(
        starts=datetime(2027, 4, 15, 13), duration=timedelta(hours=2), title="Moved; really", place="Room 9"
    )
    await change_date(lead, series, APRIL, to_thursday, await version_of(cast, series, APRIL), NOW)
    await cancel_date(lead, series, JUNE, await version_of(cast, series, JUNE), "", NOW)
    await cancel_date(lead, series, FEBRUARY, await version_of(cast, series, FEBRUARY), "", NOW)
    await restore_occurrence(lead, series, FEBRUARY, await version_of(cast, series, FEBRUARY), NOW)
    text = await feed_of(cast.kcpd_detective)
    assert by_icalendar(text) == by_ical(text) == await in_database(cast.kcpd_detective)
    assert len(by_ical(text)) == 6


async def test_a_series_that_was_moved_as_a_whole_is_shown_where_it_is_now(cast: Cast) -> None:
    series = await a_series(cast)
    event = await event_deeds.event_for(cast.coordinator, series)
    later = datetime(2027, 1, 14, 15)
    plan = plan_of(event, await invitees_of(series))
    moved = meeting(
        cast.kcpd_detective, starts=later, rule=rule_for("weekly", later, until=date(2027, 3, 31)), title=plan.title
    )
    await event_deeds.change(cast.coordinator, series, moved, event.version, NOW)
    text = await feed_of(cast.kcpd_detective)
    assert by_icalendar(text) == by_ical(text) == await in_database(cast.kcpd_detective)
    assert by_ical(text)[0].starts == datetime(2027, 1, 14, 21, tzinfo=NOW.tzinfo)


async def test_a_canceled_event_shows_no_date(cast: Cast) -> None:
    series = await a_series(cast)
    await event_deeds.cancel(cast.coordinator, series, 1, "", NOW)
    text = await feed_of(cast.kcpd_detective)
    assert by_icalendar(text) == by_ical(text) == []
    assert b"SUMMARY:Canceled: Monthly task force meeting" in text


async def test_only_what_the_viewer_may_see_is_published(cast: Cast) -> None:
    await event_deeds.schedule(cast.coordinator, meeting(title="All"), NOW)
    await event_deeds.schedule(cast.coordinator, meeting(title="Police", visibility=Visibility.LAW_ENFORCEMENT), NOW)
    await event_deeds.schedule(cast.coordinator, operation(cast.fbi_lead), NOW)
    assert await titles(cast.harbor_advocate, shows_operations=True) == {"All"}
    assert await titles(cast.kcpd_detective, shows_operations=True) == {"All", "Police"}
    assert await titles(cast.fbi_lead, shows_operations=True) == {"All", "Police", "Operation Bluestem"}


async def test_named_events_are_published_discreetly_and_only_on_demand(cast: Cast) -> None:
    await event_deeds.schedule(cast.coordinator, operation(cast.fbi_lead), NOW)
    assert await published(cast.fbi_lead) == []
    [(_, level)] = await published(cast.fbi_lead, shows_operations=True)
    assert level is FeedLevel.DISCREET


async def test_a_draft_is_published_to_nobody_not_even_its_lead(cast: Cast) -> None:
    await event_deeds.schedule(cast.coordinator, meeting(cast.fbi_lead, status=EventStatus.DRAFT), NOW)
    assert await published(cast.coordinator) == await published(cast.fbi_lead) == []


async def test_the_own_feed_holds_what_one_leads_or_is_invited_to(cast: Cast) -> None:
    await event_deeds.schedule(cast.coordinator, meeting(cast.fbi_lead), NOW)
    for viewer, count in ((cast.coordinator, 1), (cast.fbi_lead, 1), (cast.kcpd_detective, 0)):
        assert len(await published(viewer, FeedScope.MINE)) == count


@pytest.mark.parametrize(("days", "is_there"), [(366, True), (368, False)])
async def test_what_ended_more_than_a_year_ago_is_left_out(cast: Cast, days: int, is_there: bool) -> None:
    starts = datetime.combine(NOW.date() - timedelta(days=days), datetime(2000, 1, 1, 12).time())
    await event_deeds.schedule(cast.coordinator, meeting(starts=starts), NOW - timedelta(days=400))
    assert bool(await published(cast.fbi_lead)) is is_there


async def test_no_dates_are_asked_for_no_events(cast: Cast) -> None:
    assert await feeds.feed_dates(cast.fbi_lead, []) == {}
