"""Canceling: the scope comes first, its number is on heading and button, and a held date asks about its record."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, Cast, meeting
from tests.ports.browser import Browser
from tests.ports.pages.forms import typed
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import Message
from tracker.usecases.attendance import roll_call
from tracker.usecases.events import occurrences, scheduling, series_split

KEY, HELD = "2027-01-19", "2026-12-08"


@pytest.fixture
async def series(sqlite_cast: Cast) -> UUID:
    """A series of five Tuesdays from January 12 on; three people have their invitation."""
    cast = sqlite_cast
    plan = meeting(
        cast.fbi_lead, cast.caht_lead, cast.hsi_liaison, rule=rule_for_choice("weekly", meeting().starts, count=5)
    )
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW - timedelta(days=1))
    await Message.update({Message.state: "sent", Message.sent_at: NOW - timedelta(days=1)}, force=True)
    return event_id


@pytest.fixture
async def held(sqlite_cast: Cast) -> UUID:
    """A series of which one date is over, with closed attendance."""
    cast, starts = sqlite_cast, datetime(2026, 12, 8, 10)  # noqa: DTZ001 - local to the zone
    plan = meeting(cast.fbi_lead, starts=starts, rule=rule_for_choice("weekly", starts, count=3))
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW - timedelta(days=20))
    await roll_call.close_attendance(cast.coordinator, event_id, HELD, datetime(2026, 12, 8, 18, tzinfo=UTC))
    await Message.update({Message.state: "sent", Message.sent_at: NOW - timedelta(days=1)}, force=True)
    return event_id


def heading(page: str) -> str:
    [found] = re.findall(r'<h1 id="cancel-h">(.*?)</h1>', page)
    return str(found)


async def test_heading_and_button_name_the_scope_that_was_chosen(desk: Browser, series: UUID) -> None:
    address = f"/events/{series}/{KEY}/cancellation"
    one, following = [(await desk.get(f"{address}?which={scope}")).text for scope in ("one", "following")]
    assert (heading(one), heading(following)) == ("Cancel this date", "Cancel 4 dates")
    assert "Cancel this date and notify 3 people" in one
    assert "Cancel 4 dates and notify 3 people" in following
    assert "4 dates, starting Tue, Jan 19" in one


async def test_the_scope_is_chosen_before_the_page_says_what_happens(desk: Browser, series: UUID) -> None:
    page = (await desk.get(f"/events/{series}/{KEY}/cancellation")).text
    assert page.index("Which dates") < page.index("When you cancel") < page.index("Cancel this date and notify")


async def test_without_scripts_the_scope_is_chosen_by_a_form_of_its_own(desk: Browser, series: UUID) -> None:
    address = f"/events/{series}/{KEY}/cancellation"
    page = (await desk.get(address)).text
    [chosen] = re.findall(rf'<form class="tt-form" method="get" action="{address}">(.*?)</form>', page, re.DOTALL)
    assert "Continue</button>" in chosen
    confirmed = (await desk.get(f"{address}?which=following")).text
    assert '<input type="hidden" name="which" value="following">' in confirmed


async def test_the_message_afterward_has_the_numbers_of_the_button(desk: Browser, series: UUID) -> None:
    address = f"/events/{series}/{KEY}/cancellation"
    page = (await desk.get(f"{address}?which=following")).text
    response = await desk.post(address, typed(page, address))
    shown = (await desk.get(response.headers["location"])).text
    assert "Canceled 4 dates, starting Tue, Jan 19. 3 people will get an email." in shown
    assert ">Undo<" in shown


async def test_canceling_the_rest_of_a_series_leads_to_the_page_of_the_series(desk: Browser, series: UUID) -> None:
    address = f"/events/{series}/{KEY}/cancellation"
    page = (await desk.get(f"{address}?which=following")).text
    response = await desk.post(address, typed(page, address))
    assert response.headers["location"] == f"/events/{series}"


async def test_the_message_after_canceling_the_last_date_and_those_after_it_names_it(
    desk: Browser, series: UUID
) -> None:
    address = f"/events/{series}/2027-02-09/cancellation"
    page = (await desk.get(f"{address}?which=following")).text
    response = await desk.post(address, typed(page, address))
    assert "Canceled 1 date: Tue, Feb 9. 3 people" in (await desk.get(response.headers["location"])).text


async def test_dates_that_are_canceled_already_do_not_count(sqlite_cast: Cast, desk: Browser, series: UUID) -> None:
    await occurrences.cancel_occurrence(sqlite_cast.coordinator, series, "2027-01-26", 1, "", NOW)
    page = (await desk.get(f"/events/{series}/{KEY}/cancellation?which=following")).text
    assert heading(page) == "Cancel 3 dates"
    whole = (await desk.get(f"/events/{series}/cancellation")).text
    assert heading(whole) == "Cancel all 4 dates"
    assert "Which dates" not in whole


async def test_what_cannot_be_canceled_together_says_why_and_has_no_button(
    sqlite_cast: Cast, desk: Browser, series: UUID
) -> None:
    version = (await scheduling.event_seen_by(sqlite_cast.coordinator, series)).version
    await series_split.cancel_from_date_on(sqlite_cast.coordinator, series, "2027-01-26", version, "", NOW)
    address = f"/events/{series}/2027-01-26/cancellation"
    assert (await desk.get(f"{address}?which=following")).status_code == 404


async def test_a_held_date_asks_what_becomes_of_its_record_and_announces_no_email(desk: Browser, held: UUID) -> None:
    address = f"/events/{held}/{HELD}/cancellation"
    page = (await desk.get(address)).text
    assert "Attendance is closed. What happens to its record?" in page
    assert "No one is notified because this date is over." in page
    assert re.search(r">\s*Cancel this date\s*</button>", page)
    assert "Which dates" not in page
    response = await desk.post(address, typed(page, address))
    shown = (await desk.get(response.headers["location"])).text
    assert "Canceled. Its attendance stays in reports. No one will get an email." in shown
    assert "It was held, and its attendance stays in reports." in shown
    assert "See who was there" in shown
    sheet = (await desk.get(f"/events/{held}/{HELD}/attendance")).text
    assert "To correct a mark, restore it first." in sheet
    assert "Reopen" not in sheet
    assert await Message.count().where(Message.state == "pending") == 0


async def test_a_held_date_is_not_canceled_while_the_question_is_open(
    sqlite_cast: Cast, desk: Browser, held: UUID
) -> None:
    address = f"/events/{held}/{HELD}/cancellation"
    form = typed((await desk.get(address)).text, address, reason="Kept") | {"record": []}
    refused = await desk.post(address, form)
    assert refused.status_code == 422
    assert "Choose whether its record stays in reports." in refused.text
    assert typed(refused.text, address)["reason"] == ["Kept"]
    assert not (await occurrences.date_seen_by(sqlite_cast.coordinator, held, HELD)).is_canceled


async def test_a_date_that_did_not_take_place_leaves_the_reports(desk: Browser, held: UUID) -> None:
    address = f"/events/{held}/{HELD}/cancellation"
    response = await desk.post(address, typed((await desk.get(address)).text, address, record="remove"))
    shown = (await desk.get(response.headers["location"])).text
    assert "Canceled. It is removed from reports. No one will get an email." in shown
    assert "so reports count it as canceled." in shown
