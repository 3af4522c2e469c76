"""The page of a series and the history of a date: what a member reads, and nothing of what is not theirs."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting, operation
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import page_at
from tracker import clock
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import Kind
from tracker.rules.events.plans import DateChange, plan_from_start
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.usecases.attendance import roll_call
from tracker.usecases.events import occurrences, replies, scheduling
from tracker.usecases.events.scheduling import schedule_event
from tracker.usecases.events.series_split import cancel_from_date_on, change_from_date_on

FIRST = datetime(2027, 1, 12, 10)  # noqa: DTZ001 - local to the event's zone
IN_FEBRUARY = datetime(2027, 2, 1, 15, tzinfo=NOW.tzinfo)


@pytest.fixture
async def series(sqlite_cast: Cast) -> UUID:
    """A weekly meeting of five dates: one answered, one moved, one canceled."""
    plan = meeting(sqlite_cast.fbi_lead, rule=rule_for_choice("weekly", FIRST, count=5))
    event_id = await schedule_event(sqlite_cast.coordinator, plan, NOW)
    yes = ReplyValue.ACCEPTED
    await replies.record_own_reply(sqlite_cast.fbi_lead, event_id, "2027-01-12", yes, "", NOW, for_series=False)
    moved = DateChange(starts=datetime(2027, 1, 20, 13), duration=timedelta(hours=1), place="FBI field office")  # noqa: DTZ001 - local
    await occurrences.change_occurrence(sqlite_cast.coordinator, event_id, "2027-01-19", moved, 1, NOW)
    await occurrences.cancel_occurrence(sqlite_cast.coordinator, event_id, "2027-01-26", 1, "", NOW)
    return event_id


def rows(html: str) -> list[str]:
    """Return what each row of the tables of dates says."""
    found = re.findall(r'<tr[^>]*><th scope="row" data-l="Date">.*?</tr>', html, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in found]


async def test_a_series_lists_its_dates_with_status_and_my_reply(
    sqlite_cast: Cast, browse: SignIn, series: UUID
) -> None:
    html = await page_at(await browse(sqlite_cast.fbi_lead), f"/events/{series}")
    assert rows(html)[:3] == [
        "Tue, Jan 12 10:00–11:30 AM USAO conference room Scheduled Yes",
        "Wed, Jan 20 1:00–2:00 PM FBI field office Moved No reply",
        "Tue, Jan 26 10:00–11:30 AM USAO conference room Canceled –",
    ]
    assert "Every week on Tuesday" in html


async def test_a_series_says_whose_meeting_it_is_and_who_leads_it(sqlite_cast: Cast, browse: SignIn) -> None:
    plan = meeting(
        sqlite_cast.fbi_lead,
        rule=rule_for_choice("weekly", FIRST, count=5),
        committee_id=sqlite_cast.committees["steering"],
    )
    event_id = await schedule_event(sqlite_cast.coordinator, plan, NOW)
    html = await page_at(await browse(sqlite_cast.fbi_lead), f"/events/{event_id}")
    assert "<span>Committee: Steering Committee</span><span>Organizer: Coordinator (USAO)</span>" in html


async def test_who_is_not_invited_has_no_column_for_replies(sqlite_cast: Cast, browse: SignIn, series: UUID) -> None:
    assert "My reply" not in await page_at(await browse(sqlite_cast.harbor_advocate), f"/events/{series}")


async def test_past_dates_are_folded_and_say_whether_attendance_was_taken(
    sqlite_cast: Cast, browse: SignIn, series: UUID
) -> None:
    during = datetime(2027, 1, 12, 16, 30, tzinfo=NOW.tzinfo)
    await roll_call.close_attendance(sqlite_cast.coordinator, series, "2027-01-12", during)
    clock.start_at(IN_FEBRUARY, stands_still=True)
    html = await page_at(await browse(sqlite_cast.coordinator), f"/events/{series}")
    assert "<summary>Show 3 past dates</summary>" in html
    assert rows(html)[-1] == "Tue, Jan 12 10:00–11:30 AM USAO conference room Held Yes Taken"
    assert f'<a href="/events/{series}/2027-01-19/attendance">Still open' in html


async def test_an_event_with_one_date_leads_to_it(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_event(sqlite_cast.coordinator, meeting(), NOW)
    response = await (await browse(sqlite_cast.harbor_advocate)).get(f"/events/{event_id}")
    assert (response.status_code, response.headers["location"]) == (303, f"/events/{event_id}/2027-01-12")


async def test_a_date_leads_to_all_dates_and_tells_what_changed(
    sqlite_cast: Cast, browse: SignIn, series: UUID
) -> None:
    html = await page_at(await browse(sqlite_cast.harbor_advocate), f"/events/{series}/2027-01-19")
    assert f'<a href="/events/{series}">All dates</a>' in html
    assert "Place changed from USAO conference room to FBI field office." in html
    assert "Canceled" not in html[html.index('id="history"') :]
    assert "Coordinator (USAO)" not in html[html.index('id="history"') :]


async def test_a_restricted_series_is_marked_first_and_missing_for_who_is_not_named(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    plan = operation(sqlite_cast.kcpd_detective, rule=rule_for_choice("weekly", datetime(2027, 1, 16, 6), count=2))  # noqa: DTZ001 - local
    event_id = await schedule_event(sqlite_cast.fbi_lead, plan, NOW)
    html = await page_at(await browse(sqlite_cast.kcpd_detective), f"/events/{event_id}")
    assert re.search(r'</header>\s*<section class="tt-mark"', html)
    assert (await (await browse(sqlite_cast.coordinator)).get(f"/events/{event_id}")).status_code == 404


async def test_a_series_says_until_when_it_runs_and_how_many_dates_take_place(
    sqlite_cast: Cast, browse: SignIn, series: UUID
) -> None:
    html = await page_at(await browse(sqlite_cast.fbi_lead), f"/events/{series}")
    assert "Every week on Tuesday, until Feb 9, 2027, 4 dates" in html


async def test_a_series_whose_last_dates_are_canceled_runs_until_the_last_one_that_takes_place(
    sqlite_cast: Cast, browse: SignIn, series: UUID
) -> None:
    await cancel_from_date_on(sqlite_cast.coordinator, series, "2027-02-02", 3, "", NOW)
    browser = await browse(sqlite_cast.fbi_lead)
    html = await page_at(browser, f"/events/{series}")
    assert "Every week on Tuesday, until Jan 20, 2027, 2 dates" in html
    history = await page_at(browser, f"/events/{series}/2027-01-12")
    assert "Wednesday, January 20, 2027" in history[history.index('id="history"') :]


async def test_only_editors_are_led_to_what_one_does_to_a_whole_series(
    sqlite_cast: Cast, browse: SignIn, series: UUID
) -> None:
    deeds = (
        f"/events/{series}/dates",
        f"/events/{series}/cancellation",
        f"/schedule?like={series}",
        f"/messages?event={series}",
    )
    desk, member = await browse(sqlite_cast.coordinator), await browse(sqlite_cast.fbi_lead)
    page = await page_at(desk, f"/events/{series}")
    assert [deed for deed in deeds if f'href="{deed}"' not in page] == []
    assert [(await desk.get(deed)).status_code for deed in deeds] == [200] * 4
    page = await page_at(member, f"/events/{series}")
    assert [deed for deed in deeds if f'href="{deed}"' in page] == []


async def shown_before_and_after(browser: Browser, address: str) -> list[str]:
    """Return what the page says about other series above its history: where this one comes from, how it continues."""
    html = (await page_at(browser, address)).partition('id="history"')[0]
    return re.findall(r"(Continues from|Continued as) <a href=\"/events/([^\"]+)", html)


async def split(viewer: Viewer, event_id: UUID, key: str, **facts: Any) -> UUID:
    """Let the series continue from the date `key` as another one."""
    event, plan = await scheduling.plan_to_change(viewer, event_id)
    onward = replace(plan_from_start(plan, datetime.fromisoformat(f"{key} 10:00")), **facts)
    return await change_from_date_on(viewer, event_id, key, onward, event.version, NOW)


async def test_both_pages_of_a_series_that_was_split_lead_to_the_other_one(
    sqlite_cast: Cast, browse: SignIn, series: UUID
) -> None:
    onward = await split(sqlite_cast.coordinator, series, "2027-02-02", kind=Kind.TRAINING)
    member = await browse(sqlite_cast.harbor_advocate)
    for page in ("", "/2027-01-12"):
        assert await shown_before_and_after(member, f"/events/{series}{page}") == [("Continued as", str(onward))]
    assert "starting Tue, Feb 2" in await page_at(member, f"/events/{series}")
    for page in ("", "/2027-02-09"):
        assert await shown_before_and_after(member, f"/events/{onward}{page}") == [("Continues from", str(series))]


async def test_the_history_of_both_series_leads_to_the_other_one_and_the_new_one_was_not_created_at_its_end(
    sqlite_cast: Cast, browse: SignIn, series: UUID
) -> None:
    onward = await split(sqlite_cast.coordinator, series, "2027-01-26", kind=Kind.TRAINING)
    member = await browse(sqlite_cast.harbor_advocate)

    async def history_of(event_id: UUID) -> str:
        page = await page_at(member, f"/events/{event_id}")
        return " ".join(page[page.index('id="history"') :].split())

    assert f'Continued as <a href="/events/{onward}">' in await history_of(series)
    began = await history_of(onward)
    assert f'Continued from <a href="/events/{series}">' in began
    assert "Created" not in began


async def test_the_history_links_no_series_that_its_reader_may_not_see(sqlite_cast: Cast, browse: SignIn) -> None:
    series = await schedule_event(sqlite_cast.coordinator, meeting(rule=rule_for_choice("weekly", FIRST, count=4)), NOW)
    onward = await split(sqlite_cast.coordinator, series, "2027-01-26", kind=Kind.TRAINING)
    event, plan = await scheduling.plan_to_change(sqlite_cast.coordinator, series)
    hidden = replace(plan, visibility=Visibility.LAW_ENFORCEMENT)
    await scheduling.change_event(sqlite_cast.coordinator, series, hidden, event.version, NOW, reauthenticated_at=NOW)
    page = await page_at(await browse(sqlite_cast.harbor_advocate), f"/events/{onward}")
    assert "Continued from an earlier series" in page
    assert str(series) not in page


async def test_a_series_that_goes_on_for_named_people_is_linked_for_them_alone(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    plan = meeting(sqlite_cast.fbi_lead, sqlite_cast.hsi_liaison, rule=rule_for_choice("weekly", FIRST, count=4))
    series = await schedule_event(sqlite_cast.coordinator, plan, NOW)
    secret = await split(sqlite_cast.coordinator, series, "2027-01-26", visibility=Visibility.NAMED)
    event, plan = await scheduling.plan_to_change(sqlite_cast.coordinator, series)
    opened = replace(plan, visibility=Visibility.ALL)
    await scheduling.change_event(sqlite_cast.coordinator, series, opened, event.version, NOW, reauthenticated_at=NOW)
    assert await shown_before_and_after(await browse(sqlite_cast.fbi_lead), f"/events/{series}") == [
        ("Continued as", str(secret))
    ]
    page = await page_at(await browse(sqlite_cast.harbor_advocate), f"/events/{series}")
    assert "Continued as" not in page
    assert str(secret) not in page


async def test_a_form_of_a_series_announces_no_email_before_anything_is_changed(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    plan = meeting(sqlite_cast.fbi_lead, rule=rule_for_choice("weekly", FIRST, count=4))
    event_id = await schedule_event(sqlite_cast.coordinator, plan, NOW)
    desk = await browse(sqlite_cast.coordinator)
    assert "No one will get an email." in await page_at(desk, f"/events/{event_id}/edit")
    assert "No one will get an email." in await page_at(desk, f"/events/{event_id}/edit?from=2027-01-12")
    assert "No one will get an email." in await page_at(desk, f"/events/{event_id}/edit?from=2027-01-26")


async def test_times_in_another_zone_name_it_wherever_they_stand(sqlite_cast: Cast, browse: SignIn) -> None:
    plan = replace(meeting(sqlite_cast.fbi_lead, rule=rule_for_choice("weekly", FIRST, count=3)), zone="America/Denver")
    event_id = await schedule_event(sqlite_cast.coordinator, plan, NOW)
    moved = DateChange(starts=datetime(2027, 1, 20, 13), duration=timedelta(hours=1))  # noqa: DTZ001 - local
    await occurrences.change_occurrence(sqlite_cast.coordinator, event_id, "2027-01-19", moved, 1, NOW)
    browser = await browse(sqlite_cast.coordinator)
    assert "10:00–11:30 AM Mountain" in " ".join(rows(await page_at(browser, f"/events/{event_id}")))
    page = await page_at(browser, f"/events/{event_id}/2027-01-19")
    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "10:00–11:30 AM Mountain." in text
    assert "8:00 AM Mountain" in text[text.index("History") :]
    await browser.post(f"/events/{event_id}/2027-01-19/nudges")
    assert "Reminded 1 person on Tue, Dec 15 at 9:00 AM." in await page_at(browser, f"/events/{event_id}/2027-01-19")
    assert 'value="America/Denver" selected>Mountain (Denver)<' in await page_at(browser, f"/events/{event_id}/edit")
    assert "Times are Mountain." in await page_at(browser, f"/events/{event_id}/dates")


async def test_times_in_the_zone_of_the_task_force_name_none(sqlite_cast: Cast, browse: SignIn, series: UUID) -> None:
    browser = await browse(sqlite_cast.coordinator)
    assert "Central" not in " ".join(rows(await page_at(browser, f"/events/{series}")))


async def test_the_history_says_why_a_date_moved(sqlite_cast: Cast, browse: SignIn, series: UUID) -> None:
    again = DateChange(starts=FIRST, duration=timedelta(minutes=90), place="Annex", reason="Room is painted.")
    await occurrences.change_occurrence(sqlite_cast.coordinator, series, "2027-01-12", again, 1, NOW)
    page = await page_at(await browse(sqlite_cast.fbi_lead), f"/events/{series}/2027-01-12")
    assert "Reason: Room is painted." in page


async def test_only_a_reader_of_every_change_is_told_that_there_was_none(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_event(
        sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, sqlite_cast.kcpd_detective), NOW
    )

    async def history_of(viewer: Viewer) -> str:
        page = await page_at(await browse(viewer), f"/events/{event_id}/2027-01-12")
        return " ".join(re.sub(r"<[^>]+>", " ", page[page.index('id="history"') : page.index("</main>")]).split())

    assert "Created. No changes since." in await history_of(sqlite_cast.coordinator)
    event, plan = await scheduling.plan_to_change(sqlite_cast.coordinator, event_id)
    fewer = replace(plan, invitees={one: plan.invitees[one] for one in (sqlite_cast.fbi_lead.member_id,)})
    await scheduling.change_event(sqlite_cast.coordinator, event_id, fewer, event.version, NOW)
    assert "1 person removed" in await history_of(sqlite_cast.coordinator)
    member = await history_of(sqlite_cast.fbi_lead)
    assert ("Created" in member, "No changes since" in member) == (True, False)
