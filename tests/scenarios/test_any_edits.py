"""Whatever is done to a series, in whatever order: feed, page, report and reminders tell of what is in the database."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from litestar import Litestar

from tests.cast import NOW, ZONE, Cast
from tests.faults.senders import IS_FULL
from tests.ical.readers import Shown, by_ical, by_icalendar
from tests.ports.browser import Browser, session_of
from tests.ports.browser import settings as of_the_site
from tests.scenarios.series_editor import Deed, SeriesEditor
from tests.usecases.autumn import asked
from tracker import clock
from tracker.app import create_app
from tracker.ports.feeds.maker import Maker
from tracker.rules.calendars import Scope
from tracker.rules.people import Viewer
from tracker.rules.reminders import of_date
from tracker.tables.invitations import Invitation
from tracker.tables.meetings import Event, Occurrence
from tracker.tables.outbox import Message, Watermark
from tracker.usecases import meeting_dates, reports, subscriptions
from tracker.usecases.reminders import queue_due
from tracker.usecases.subscriptions_feed import open_feed

pytestmark = pytest.mark.anyio

SILVESTER = datetime(2027, 12, 31, 18, tzinfo=UTC)  # all dates are over
SPAN = NOW, SILVESTER
MONTHS = [f"2027-{month:02}" for month in range(1, 8)]
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
    yield create_app(of_the_site())
    clock.start_at(None)


@pytest.fixture
async def feeds(cast: Cast) -> dict[str, str]:
    """A feed of all that each of two people may see."""
    made = {}
    for name in ("fbi_lead", "caht_lead"):
        _, made[name] = await subscriptions.create(cast.members[name], "Phone", Scope.ALL, NOW, shows_operations=False)
    return made


async def edited(cast: Cast, deeds: list[Deed]) -> SeriesEditor:
    """Return the editor of a new series, after its edits, in a database without any other."""
    await Message.delete(force=True)
    await Event.update({Event.previous_series: None}, force=True)
    await Event.delete(force=True)
    await Watermark.delete(force=True)
    editor = SeriesEditor(cast)
    await editor.begin()
    for deed in deeds:
        await editor.edit(deed)
    return editor


async def held(events: list[UUID]) -> list[dict[str, object]]:
    """Return what the tables hold of the dates that take place, whoever may see them."""
    table = Occurrence
    found = await table.select(
        table.id, table.event, table.original_start, table.starts_at, table.ends_at, table.title,
        table.event.title.as_alias("of_series"), table.event.status.as_alias("status"), table.is_cancelled,
    ).where(table.event.is_in(events))  # fmt: skip
    return [row for row in found if row["status"] == "confirmed" and not row["is_cancelled"]]


async def shown(cast: Cast, feed: str, now: datetime) -> list[Shown]:
    """Return what two programs of other people show of a feed, when they agree."""
    body = await Maker(of_the_site()).body(await open_feed(feed, now), now)
    assert by_icalendar(body.text) == by_ical(body.text)
    return by_ical(body.text)


async def seen_by(viewer: Viewer) -> list[Shown]:
    lines = await meeting_dates.between(viewer, *SPAN)
    return sorted(Shown(one.starts_at, one.ends_at, one.title) for one in lines if not one.is_off)


@bounded
@given(deeds=edits)
async def test_feed_page_and_report_hold_the_dates_of_the_database(
    cast: Cast, app: Litestar, feeds: dict[str, str], deeds: list[Deed]
) -> None:
    editor = await edited(cast, deeds)
    rows = await held(editor.events)
    by_rows = sorted(Shown(row["starts_at"], row["ends_at"], row["title"] or row["of_series"]) for row in rows)
    assert await shown(cast, feeds["fbi_lead"], editor.now) == by_rows
    assert await shown(cast, feeds["caht_lead"], editor.now) == await seen_by(cast.caht_lead)

    desk = Browser(app, await session_of(cast.coordinator, editor.now))
    pages = [(await desk.get(f"/calendar?view=list&month={month}&cancelled=0")).text for month in MONTHS]
    on_pages = sorted({found for page in pages for found in LINK.findall(page)})
    assert on_pages == sorted((str(row["event"]), f"{row['original_start']:%Y-%m-%d}") for row in rows)

    activities = (await reports.report(cast.coordinator, asked("FY2027", now=SILVESTER))).activities
    assert (activities[-1].held if activities else 0) == len(rows)


@bounded
@given(deeds=edits)
async def test_reminders_are_those_of_the_dates_as_they_are_in_the_end(cast: Cast, deeds: list[Deed]) -> None:
    editor = await edited(cast, deeds)
    await queue_due(SILVESTER, ZONE)
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
        for row in await held(editor.events)
        for member in people[row["event"]]
        for moment in of_date(row["starts_at"], ZONE, is_all_day=False)
        if moment.at > editor.now
    )
