"""Whatever is done to a series, in whatever order: feed, page, report and reminders reveal what is in the database."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import icalendar
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from litestar import Litestar

from tests.cast import NOW, ZONE, Cast, meeting
from tests.faults.senders import IS_FULL
from tests.ical.readers import Shown, by_ical, by_icalendar
from tests.ports.browser import Browser, session_of
from tests.ports.browser import app_settings as of_the_site
from tests.ports.standing import standing
from tests.scenarios.series_editor import Deed, SeriesEditor, no_event, shown_dates, stored_dates
from tests.usecases.events.autumn import report_request
from tracker.ports.feeds import FeedBuilder
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.reminders import date_moments
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.events import Invitation
from tracker.usecases import reports
from tracker.usecases.calendars import subscriptions
from tracker.usecases.calendars.feeds import open_feed
from tracker.usecases.emails.reminders import queue_due_messages
from tracker.usecases.events import occurrences

STARTS = datetime(2027, 1, 12, 10)  # noqa: DTZ001 - local to the event's zone
LENGTH = timedelta(minutes=90)
DATES = 5
MONTHS = [f"2027-{month:02}" for month in range(1, 10)]
OCTOBER = datetime(2027, 10, 1, 5, tzinfo=UTC)
"""The fiscal year that is reported is over; what takes place later is on none of the pages that are compared."""
SPAN = NOW, datetime(2035, 1, 1, tzinfo=UTC)
LINK = re.compile(r"/events/([0-9a-f-]{36})/(\d{4}-\d\d-\d\d)")
NAMES = SeriesEditor(Cast({}, {}, {})).names
edits = some.lists(some.builds(Deed, some.sampled_from(NAMES), some.integers(0, 9), some.integers(-4, 9)), max_size=8)
bounded = settings(
    max_examples=400 if IS_FULL else 15,
    derandomize=not IS_FULL,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""Each example begins with no event in the same database; `make faults` tries many more."""


@pytest.fixture
async def app(cast: Cast) -> AsyncIterator[Litestar]:
    with standing() as app:
        yield app


@pytest.fixture
async def feeds(cast: Cast) -> dict[str, str]:
    """A feed of all that each of two people may see."""
    made = {}
    for name in ("fbi_lead", "caht_lead"):
        _, made[name] = await subscriptions.create_subscription(
            cast.members[name], "Phone", FeedScope.ALL, NOW, shows_operations=False
        )
    return made


async def begin_series(cast: Cast) -> SeriesEditor:
    """Return the editor of a new weekly series of law enforcement and one person beyond, the only one there is."""
    await no_event()
    editor = SeriesEditor(cast)
    rule = rule_for_choice("weekly", STARTS, count=DATES)
    await editor.begin(meeting(cast.fbi_lead, cast.caht_lead, starts=STARTS, duration=LENGTH, rule=rule))
    return editor


async def edited(cast: Cast, deeds: list[Deed]) -> SeriesEditor:
    """Return the editor of a new series after its edits."""
    editor = await begin_series(cast)
    for deed in deeds:
        await editor.edit(deed)
    return editor


async def dates_of_feed(cast: Cast, feed: str, now: datetime) -> list[Shown]:
    """Return what two programs of other people show of a feed, when they agree."""
    body = await FeedBuilder(of_the_site()).body(await open_feed(feed, now), now)
    assert by_icalendar(body.text) == by_ical(body.text)
    return by_ical(body.text)


async def sequences(feed: str, now: datetime) -> dict[tuple[str, bytes], int]:
    """Return the SEQUENCE of each series in a feed, and of each of its dates that is listed by itself."""
    body = await FeedBuilder(of_the_site()).body(await open_feed(feed, now), now)
    return {
        (str(event["UID"]), event["RECURRENCE-ID"].to_ical() if "RECURRENCE-ID" in event else b""): event["SEQUENCE"]
        for event in icalendar.Calendar.from_ical(body.text).events
    }


async def seen_by(viewer: Viewer) -> list[Shown]:
    lines = await occurrences.dates_between(viewer, *SPAN)
    return sorted(Shown(one.starts_at, one.ends_at, one.title) for one in lines if not one.is_off)


async def on_pages(desk: Browser, view: str) -> list[tuple[str, str]]:
    """Return the dates to which the calendar of nine months leads, without those that are canceled."""
    pages = [(await desk.get(f"/calendar?view={view}&month={month}&canceled=0")).text for month in MONTHS]
    return sorted({found for page in pages for found in LINK.findall(page)})


@bounded
@given(deeds=edits)
async def test_feed_page_and_report_hold_the_dates_of_the_database(
    cast: Cast, app: Litestar, feeds: dict[str, str], deeds: list[Deed]
) -> None:
    editor = await edited(cast, deeds)
    rows = await stored_dates(editor.events)
    assert await dates_of_feed(cast, feeds["fbi_lead"], editor.now) == shown_dates(rows)
    assert await dates_of_feed(cast, feeds["caht_lead"], editor.now) == await seen_by(cast.caht_lead)

    rows = [row for row in rows if row["starts_at"] < OCTOBER]
    wanted = sorted((str(row["event"]), f"{row['original_start']:%Y-%m-%d}") for row in rows)
    desk = Browser(app, await session_of(cast.coordinator, editor.now))
    assert await on_pages(desk, "list") == await on_pages(desk, "month") == wanted

    activities = (await reports.report_for(cast.coordinator, report_request("FY2027", now=OCTOBER))).activities
    assert (activities[-1].held if activities else 0) == len(rows)


@bounded
@given(deeds=edits)
async def test_a_sequence_never_falls(cast: Cast, feeds: dict[str, str], deeds: list[Deed]) -> None:
    editor = await begin_series(cast)
    highest: dict[tuple[str, bytes], int] = {}
    for deed in deeds:
        await editor.edit(deed)
        sequences_found = await sequences(feeds["fbi_lead"], editor.now)
        assert [key for key, number in sequences_found.items() if number < highest.get(key, 0)] == []
        highest |= sequences_found


@bounded
@given(deeds=edits)
async def test_reminders_are_those_of_the_dates_as_they_are_in_the_end(cast: Cast, deeds: list[Deed]) -> None:
    editor = await edited(cast, deeds)
    await queue_due_messages(OCTOBER, ZONE)
    table = Message
    planned = await table.select(table.occurrence, table.recipient, table.due).where(
        (table.kind == "reminder") & (table.due > editor.now)
    )
    assert sorted((row["occurrence"], row["recipient"], row["due"]) for row in planned) == await wanted(editor)


async def wanted(editor: SeriesEditor) -> list[tuple[object, object, datetime]]:
    """Return the date, the person and the moment of each reminder that is still to come after the last edit."""
    people: dict[UUID, list[UUID]] = {one: [] for one in editor.events}
    for row in await Invitation.select(Invitation.event, Invitation.member).where(Invitation.withdrawn_at.is_null()):
        people[row["event"]].append(row["member"])
    return sorted(
        (row["id"], member, moment.at)
        for row in await stored_dates(editor.events)
        for member in people[row["event"]]
        for moment in date_moments(row["starts_at"], ZONE, is_all_day=False)
        if editor.now < moment.at <= OCTOBER
    )
