"""Any series that the form permits, changed at random: over five years the feed holds what the database holds."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting
from tests.faults.senders import IS_FULL
from tests.ical.readers import by_ical, by_icalendar
from tests.ports.browser import app_settings as of_the_site
from tests.rules.recurrence.any_series import a_series
from tests.scenarios.series_editor import Deed, SeriesEditor, no_event, shown_dates, stored_dates
from tracker import clock
from tracker.ports.feeds import FeedBuilder
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.recurrence.holidays import HolidayChoice, doubled_days, holiday_notes
from tracker.rules.recurrence.holidays import held_starts as held_on
from tracker.rules.recurrence.series import dates_by_rule
from tracker.usecases.calendars import subscriptions
from tracker.usecases.calendars.feeds import open_feed

FIRST, LAST = date(2026, 12, 20), date(2029, 1, 31)
MOST = 120  # dates of a series that is counted; one that ends on a day has up to five years of them
ZONES = [
    "America/Chicago",
    "America/New_York",
    "America/Phoenix",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
]
"""Clocks that change on other days, by half an hour, or never."""


@pytest.fixture
async def feed(cast: Cast) -> AsyncIterator[str]:
    """A feed of all that the FBI's lead may see."""
    _, token = await subscriptions.create_subscription(
        cast.fbi_lead, "Phone", FeedScope.ALL, NOW, shows_operations=False
    )
    yield token
    clock.start_at(None)


edits = some.lists(
    some.builds(
        Deed, some.sampled_from(SeriesEditor(Cast({}, {}, {})).names), some.integers(0, 400), some.integers(-9, 9)
    ),
    min_size=1,
    max_size=10,
)


@some.composite
def plans(draw: some.DrawFn) -> dict[str, Any]:
    """Return when an event takes place: any rule, any length, by the clock or for whole days, holidays as chosen."""
    rule, starts = draw(a_series(FIRST, LAST, MOST))
    is_all_day = draw(some.booleans())
    if is_all_day:
        starts = starts.replace(hour=0, minute=0)
    unit, most = (timedelta(days=1), 3) if is_all_day else (timedelta(minutes=15), 200)
    by_rule = dates_by_rule(rule, starts)
    chosen = {day: draw(some.sampled_from(HolidayChoice)) for day, _ in holiday_notes(by_rule)[:6]}
    return {
        "rule": rule,
        "starts": starts,
        "duration": draw(some.integers(1, most)) * unit,
        "is_all_day": is_all_day,
        "on_holidays": chosen if held_on(by_rule, chosen) and not doubled_days(by_rule, chosen) else {},
    }


@settings(
    max_examples=300 if IS_FULL else 20,
    derandomize=not IS_FULL,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(when=plans(), zone=some.sampled_from(ZONES), deeds=edits)
async def test_two_foreign_readers_find_over_five_years_what_the_database_holds(
    cast: Cast, feed: str, when: dict[str, Any], zone: str, deeds: list[Deed]
) -> None:
    await no_event()
    editor = SeriesEditor(cast)
    await editor.begin(replace(meeting(cast.fbi_lead, **when), zone=zone))
    for deed in deeds:
        await editor.edit(deed)
    text = (await FeedBuilder(of_the_site()).body(await open_feed(feed, editor.now), editor.now)).text
    assert by_icalendar(text) == by_ical(text) == shown_dates(await stored_dates(editor.events))
