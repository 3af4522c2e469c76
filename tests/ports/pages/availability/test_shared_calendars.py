"""Sharing when one is busy elsewhere: the page, what it keeps to itself, and the words in the grid of a coordinator."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from litestar import Litestar

from tests.cast import NOW, ZONE, Cast
from tests.ports.browser import Browser, app_settings, session_of
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import form_with
from tests.ports.standing import standing
from tracker import clock
from tracker.app import create_app
from tracker.rules.availability.shared_calendars import (
    EVERY,
    BusyKind,
    CalendarProblem,
    CalendarSpan,
    ReadSpan,
    kept_window,
)
from tracker.rules.core.viewers import Viewer
from tracker.usecases import availability

PATH = "/settings/calendar"
ADDRESS = "https://outlook.office365.com/owa/calendar/canary/calendar.ics"
TEN = datetime(2027, 1, 12, 16, tzinfo=NOW.tzinfo)
HOUR = timedelta(hours=1)


@pytest.fixture
async def app(sqlite_cast: Cast) -> AsyncIterator[Litestar]:
    """The application with calendars outside turned on."""
    with standing(shared_calendars=True) as app:
        yield app


async def share(viewer: Viewer, *spans: ReadSpan) -> None:
    await availability.share_calendar(viewer, ADDRESS, "", NOW)
    under_way = await availability.claim_calendar(NOW)
    assert under_way
    await availability.keep_spans(under_way, spans, 2, kept_window(NOW, ZONE), NOW)


async def test_an_address_is_pasted_and_only_its_host_is_shown_again(browse: SignIn, sqlite_cast: Cast) -> None:
    browser = await browse(sqlite_cast.fbi_lead)
    assert "Share your calendar" in (await browser.get(PATH)).text
    sent = await browser.post(PATH, {"address": ADDRESS})
    assert (sent.status_code, sent.headers["location"]) == (303, PATH)
    shown = (await browser.get(PATH)).text
    assert "Your calendar at outlook.office365.com" in shown
    assert "Not read yet" in shown
    assert "canary" not in shown + (await browser.get("/settings")).text
    assert "Manage the calendar you share" in (await browser.get("/settings")).text


async def test_an_address_that_cannot_be_taken_stays_in_the_form_with_a_sentence(
    browse: SignIn, sqlite_cast: Cast
) -> None:
    browser = await browse(sqlite_cast.fbi_lead)
    shown = await browser.post(PATH, {"address": "https://10.0.0.1/a.ics"})
    assert shown.status_code == 422
    assert 'value="https://10.0.0.1/a.ics"' in shown.text
    assert "Paste the full calendar address" in shown.text
    assert await availability.own_shared_calendar(sqlite_cast.fbi_lead) is None


async def test_the_address_of_the_tracker_itself_is_refused(browse: SignIn, sqlite_cast: Cast) -> None:
    shown = await (await browse(sqlite_cast.fbi_lead)).post(PATH, {"address": "https://tracker.test/feeds/x.ics"})
    assert shown.status_code == 422


async def test_a_calendar_that_is_not_read_says_since_when_and_what_to_do(browse: SignIn, sqlite_cast: Cast) -> None:
    await share(sqlite_cast.fbi_lead)
    under_way = await availability.claim_calendar(NOW + EVERY)
    assert under_way
    await availability.record_failed_read(under_way, CalendarProblem.UNREACHABLE, NOW)
    shown = (await (await browse(sqlite_cast.fbi_lead)).get(PATH)).text
    assert (
        "We haven’t been able to read your calendar since Tue, Dec 15. "
        "Publish it again in Outlook, and paste the new address here." in shown
    )
    assert "Until then, people see what was last read." in shown
    assert "2 entries couldn’t be read" in shown


async def test_sharing_another_calendar_says_before_that_the_hours_of_this_one_go_at_once(
    browse: SignIn, sqlite_cast: Cast
) -> None:
    browser, said = (
        await browse(sqlite_cast.fbi_lead),
        "from your calendar at outlook.office365.com is deleted right away",
    )
    assert "is deleted right away. Until" not in (await browser.get(PATH)).text
    await share(sqlite_cast.fbi_lead, ReadSpan("", CalendarSpan(TEN, TEN + HOUR, BusyKind.BUSY)))
    assert said in (await browser.get(PATH)).text
    await browser.post(PATH, {"address": "https://calendar.google.com/ical/other/basic.ics"})
    now_shared = await availability.own_shared_calendar(sqlite_cast.fbi_lead)
    assert now_shared
    assert (now_shared.host, now_shared.read_at, now_shared.spans) == ("calendar.google.com", None, 0)


async def test_the_page_of_feeds_leads_to_it(browse: SignIn, sqlite_cast: Cast) -> None:
    assert f'href="{PATH}"' in (await (await browse(sqlite_cast.fbi_lead)).get("/subscriptions")).text


async def test_one_press_stops_sharing(browse: SignIn, sqlite_cast: Cast) -> None:
    browser = await browse(sqlite_cast.fbi_lead)
    await share(sqlite_cast.fbi_lead)
    assert (await browser.post(f"{PATH}/removal")).status_code == 303
    shown = (await browser.get(PATH)).text
    assert "Everything read from it was deleted" in shown
    assert "office365" not in shown


async def test_the_grid_tells_the_word_and_the_hours_and_who_shares_nothing(browse: SignIn, sqlite_cast: Cast) -> None:
    lead, caht = sqlite_cast.fbi_lead, sqlite_cast.caht_lead
    kinds = (BusyKind.BUSY, BusyKind.TENTATIVE, BusyKind.OUT)
    await share(
        lead, *(ReadSpan(k, CalendarSpan(TEN + n * HOUR, TEN + (n + 1) * HOUR, k)) for n, k in enumerate(kinds))
    )
    desk = await browse(sqlite_cast.coordinator)
    form = form_with(
        (await desk.get("/schedule?date=2027-01-12")).text,
        "/events",
        starts="12:00",
        ends="13:00",
        person=[lead.member_id, caht.member_id],
    )
    grid = (await desk.post("/schedule/times", form)).text
    assert "Fbi lead (FBI) is out of office" in grid
    assert all(f"<span>{word}</span>" in grid for word in ("Busy", "Tentative", "Out of office"))
    assert grid.count('<span class="tt-tag">Not shared</span></th>') == 2  # the coordinator, and CAHT
    assert "from calendars that people share" in grid
    assert "office365" not in grid


async def test_how_many_are_free_is_said_with_how_many_of_them_share_no_calendar(
    browse: SignIn, sqlite_cast: Cast
) -> None:
    lead, caht = sqlite_cast.fbi_lead, sqlite_cast.caht_lead
    await share(lead, ReadSpan("1", CalendarSpan(TEN, TEN + HOUR, BusyKind.BUSY)))
    desk = await browse(sqlite_cast.coordinator)
    page = (await desk.get("/schedule?date=2027-01-12")).text
    form = form_with(page, "/events", starts="12:00", ends="13:00", person=[lead.member_id, caht.member_id])
    grid = (await desk.post("/schedule/times", form)).text
    assert "3 of 3 required people are free (2 haven’t shared a calendar)" in grid
    assert "Required people free, as far as is known" in grid
    series = (await desk.post("/schedule/times", form | {"repeat": ["weekly"]})).text
    assert "12 of the next 12 dates free (2 haven’t shared a calendar)" in series


async def test_where_it_is_turned_off_there_is_no_such_page(sqlite_cast: Cast) -> None:
    clock.start_at(NOW, is_still=True)
    off = create_app(app_settings())
    browser = Browser(off, await session_of(sqlite_cast.fbi_lead, NOW))
    assert (await browser.get(PATH)).status_code == 404
    assert (await browser.post(PATH, {"address": ADDRESS})).status_code == 404
    assert PATH not in (await browser.get("/settings")).text
    clock.start_at(None)


async def test_who_shared_before_it_was_turned_off_can_still_remove_it(sqlite_cast: Cast) -> None:
    clock.start_at(NOW, is_still=True)
    await share(sqlite_cast.fbi_lead)
    browser = Browser(create_app(app_settings()), await session_of(sqlite_cast.fbi_lead, NOW))
    shown = await browser.get(PATH)
    assert (shown.status_code, "no longer reads calendars" in shown.text) == (200, True)
    assert (await browser.post(f"{PATH}/removal")).headers["location"] == "/settings"
    assert await availability.own_shared_calendar(sqlite_cast.fbi_lead) is None
    clock.start_at(None)
