"""Calendars that are due are read through the guarded port, and each failure is kept as one of three words."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.cast import NOW, Cast
from tests.ical.files import calendar, vevent
from tests.ports.browser import app_settings
from tests.ports.outside.server import ADDRESS, HOST, Answering, answer_with, serve_calendars
from tracker import clock
from tracker.ports.outside import read_due
from tracker.rules.availability.shared_calendars import CalendarProblem, OwnSharedCalendar, is_public_address
from tracker.tables.schema.availability import BusySpan
from tracker.usecases import availability

ON = app_settings(shared_calendars=True)


async def mine(cast: Cast) -> OwnSharedCalendar:
    shared = await availability.own_shared_calendar(cast.fbi_lead)
    assert shared
    return shared


@pytest.fixture(autouse=True)
def standing_clock() -> object:
    clock.start_at(NOW, is_still=True)
    yield
    clock.start_at(None)


async def test_a_shared_calendar_is_read_and_only_once(sqlite_cast: Cast, tmp_path: Path) -> None:
    await availability.share_calendar(sqlite_cast.fbi_lead, ADDRESS, "", NOW)
    async with serve_calendars(tmp_path, answer_with("200 OK", calendar(vevent(title="Canary")))) as server:
        assert await read_due(ON, server.network()) == 1
        assert await read_due(ON, server.network()) == 0
    shared = await mine(sqlite_cast)
    assert (shared.spans, shared.read_at, shared.problem) == (1, NOW, None)
    assert "Canary" not in str(await BusySpan.select())


@pytest.mark.parametrize(
    ("response", "problem"),
    [
        (answer_with("404 Not Found"), CalendarProblem.CLOSED),
        (answer_with("200 OK", b"<html>Sign in</html>"), CalendarProblem.CLOSED),
        (answer_with("200 OK", bytes(2_000_001)), CalendarProblem.TOO_LARGE),
    ],
)
async def test_why_a_calendar_was_not_read_is_kept_in_a_word(
    sqlite_cast: Cast, tmp_path: Path, response: Answering, problem: CalendarProblem
) -> None:
    await availability.share_calendar(sqlite_cast.fbi_lead, ADDRESS, "", NOW)
    async with serve_calendars(tmp_path, response) as server:
        assert await read_due(ON, server.network()) == 1
    shared = await mine(sqlite_cast)
    assert (shared.problem, shared.failing_since, shared.read_at) == (problem, NOW, None)
    assert await availability.claim_calendar(NOW + timedelta(minutes=14)) is None
    assert await availability.claim_calendar(NOW + timedelta(minutes=15))


async def test_what_is_inside_the_network_and_what_is_nowhere_are_said_by_the_same_sentence(
    sqlite_cast: Cast, tmp_path: Path
) -> None:
    said = set()
    async with serve_calendars(tmp_path, answer_with("200 OK", calendar(vevent()))) as server:
        for addresses in (["127.0.0.1"], ["10.1.2.3"], ["169.254.169.254"], ["::1"], []):
            server.names[HOST] = addresses
            await availability.share_calendar(sqlite_cast.fbi_lead, ADDRESS, "", NOW)
            await read_due(ON, server.network(may_reach=is_public_address))
            said.add((await mine(sqlite_cast)).trouble("today"))
        assert server.connections == 0
    assert len(said) == 1


async def test_where_it_is_turned_off_nothing_is_read_and_nothing_kept(sqlite_cast: Cast, tmp_path: Path) -> None:
    await availability.share_calendar(sqlite_cast.fbi_lead, ADDRESS, "", NOW)
    async with serve_calendars(tmp_path, answer_with("200 OK", calendar(vevent()))) as server:
        await read_due(ON, server.network())
        clock.start_at(NOW + timedelta(hours=2), is_still=True)
        assert await read_due(app_settings(), server.network()) == 0
        assert server.connections == 1
    assert ((await mine(sqlite_cast)).spans, (await mine(sqlite_cast)).read_at) == (0, None)
