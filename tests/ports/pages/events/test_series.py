"""Series on pages: their dates and history, their form, and calendar files that are imported."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast, everyone, meeting, operation
from tests.ical.files import calendar, vevent
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import form_with, page_at, words_of_page
from tracker import clock
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import Kind
from tracker.rules.events.plans import DateChange, plan_from_start
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.usecases import attendance
from tracker.usecases.events import occurrences, replies, scheduling, series_split
from tracker.usecases.events.scheduling import schedule_event
from tracker.usecases.events.series_split import cancel_from_date_on, change_from_date_on

FIRST = datetime(2027, 1, 12, 10)
IN_FEBRUARY = datetime(2027, 2, 1, 15, tzinfo=NOW.tzinfo)


@pytest.fixture
async def five_dates(sqlite_cast: Cast) -> UUID:
    """A weekly meeting of five dates: one answered, one moved, one canceled."""
    plan = meeting(sqlite_cast.fbi_lead, rule=rule_for_choice("weekly", FIRST, count=5))
    event_id = await schedule_event(sqlite_cast.coordinator, plan, NOW)
    yes = ReplyValue.ACCEPTED
    await replies.record_own_reply(sqlite_cast.fbi_lead, event_id, "2027-01-12", yes, "", NOW, for_series=False)
    moved = DateChange(starts=datetime(2027, 1, 20, 13), duration=timedelta(hours=1), place="FBI field office")
    await occurrences.change_occurrence(sqlite_cast.coordinator, event_id, "2027-01-19", moved, 1, NOW)
    await occurrences.cancel_occurrence(sqlite_cast.coordinator, event_id, "2027-01-26", 1, "", NOW)
    return event_id


def rows(html: str) -> list[str]:
    """Return what each row of the tables of dates says."""
    texts = re.findall(r'<tr[^>]*><th scope="row" data-l="Date">.*?</tr>', html, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in texts]


async def test_a_series_lists_its_dates_with_status_and_my_reply(
    sqlite_cast: Cast, browse: SignIn, five_dates: UUID
) -> None:
    html = await page_at(await browse(sqlite_cast.fbi_lead), f"/events/{five_dates}")
    assert rows(html)[:3] == [
        "Tue, Jan 12, 2027 10:00–11:30 AM USAO conference room Scheduled 2 of 2 Yes",
        "Wed, Jan 20, 2027 1:00–2:00 PM FBI field office Moved 1 of 2 No reply",
        "Tue, Jan 26, 2027 10:00–11:30 AM USAO conference room Canceled – –",
    ]
    assert "Every week on Tuesday" in html


async def test_a_series_says_the_same_reply_once_and_names_the_people_of_the_next_date(
    sqlite_cast: Cast, browse: SignIn, five_dates: UUID
) -> None:
    html = await page_at(await browse(sqlite_cast.coordinator), f"/events/{five_dates}")
    assert rows(html)[0] == "Tue, Jan 12, 2027 10:00–11:30 AM USAO conference room Scheduled 2 of 2"
    assert "Your reply to all dates: Yes" in words_of_page(html)
    assert "People, for Tue, Jan 12" in words_of_page(html)
    assert "<b>Fbi lead</b> (FBI)" in html


async def test_a_series_names_the_people_of_the_other_arm_to_no_member(sqlite_cast: Cast, browse: SignIn) -> None:
    plan = meeting(*everyone(sqlite_cast), rule=rule_for_choice("weekly", FIRST, count=3))
    event_id = await schedule_event(sqlite_cast.coordinator, plan, NOW)
    html = await page_at(await browse(sqlite_cast.harbor_advocate), f"/events/{event_id}")
    assert "Caht lead" in html
    assert "Kcpd detective" not in html


async def test_a_series_says_whose_meeting_it_is_and_who_leads_it(sqlite_cast: Cast, browse: SignIn) -> None:
    plan = meeting(
        sqlite_cast.fbi_lead,
        rule=rule_for_choice("weekly", FIRST, count=5),
        committee_id=sqlite_cast.committees["steering"],
    )
    event_id = await schedule_event(sqlite_cast.coordinator, plan, NOW)
    html = await page_at(await browse(sqlite_cast.fbi_lead), f"/events/{event_id}")
    assert "<span>Committee: Steering Committee</span><span>Organizer: Coordinator (USAO)</span>" in html


async def test_who_is_not_invited_has_no_column_for_replies(
    sqlite_cast: Cast, browse: SignIn, five_dates: UUID
) -> None:
    assert "My reply" not in await page_at(await browse(sqlite_cast.harbor_advocate), f"/events/{five_dates}")


async def test_past_dates_are_folded_and_say_whether_attendance_was_taken(
    sqlite_cast: Cast, browse: SignIn, five_dates: UUID
) -> None:
    during = datetime(2027, 1, 12, 16, 30, tzinfo=NOW.tzinfo)
    await attendance.close_attendance(sqlite_cast.coordinator, five_dates, "2027-01-12", during)
    clock.start_at(IN_FEBRUARY, is_still=True)
    html = await page_at(await browse(sqlite_cast.coordinator), f"/events/{five_dates}")
    assert "<summary>Show 3 past dates</summary>" in html
    assert rows(html)[-1] == "Tue, Jan 12 10:00–11:30 AM USAO conference room Held Yes Taken"
    assert f'<a href="/events/{five_dates}/2027-01-19/attendance">Still open' in html


async def test_an_event_with_one_date_leads_to_it(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_event(sqlite_cast.coordinator, meeting(), NOW)
    response = await (await browse(sqlite_cast.harbor_advocate)).get(f"/events/{event_id}")
    assert (response.status_code, response.headers["location"]) == (303, f"/events/{event_id}/2027-01-12")


async def test_a_date_leads_to_all_dates_and_tells_what_changed(
    sqlite_cast: Cast, browse: SignIn, five_dates: UUID
) -> None:
    html = await page_at(await browse(sqlite_cast.harbor_advocate), f"/events/{five_dates}/2027-01-19")
    assert f'<a href="/events/{five_dates}">All dates</a>' in html
    assert "Place changed from USAO conference room to FBI field office." in html
    assert "Canceled" not in html[html.index('id="history"') :]
    assert "Coordinator (USAO)" not in html[html.index('id="history"') :]


async def test_a_restricted_series_is_marked_first_and_missing_for_who_is_not_named(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    plan = operation(sqlite_cast.kcpd_detective, rule=rule_for_choice("weekly", datetime(2027, 1, 16, 6), count=2))
    event_id = await schedule_event(sqlite_cast.fbi_lead, plan, NOW)
    html = await page_at(await browse(sqlite_cast.kcpd_detective), f"/events/{event_id}")
    assert re.search(r'</header>\s*<section class="tt-mark"', html)
    assert (await (await browse(sqlite_cast.coordinator)).get(f"/events/{event_id}")).status_code == 404


async def test_a_series_says_until_when_it_runs_and_how_many_dates_take_place(
    sqlite_cast: Cast, browse: SignIn, five_dates: UUID
) -> None:
    html = await page_at(await browse(sqlite_cast.fbi_lead), f"/events/{five_dates}")
    assert "Every week on Tuesday, until Feb 9, 2027, 4 dates" in html


async def test_a_series_whose_last_dates_are_canceled_runs_until_the_last_one_that_takes_place(
    sqlite_cast: Cast, browse: SignIn, five_dates: UUID
) -> None:
    await cancel_from_date_on(sqlite_cast.coordinator, five_dates, "2027-02-02", 3, "", NOW)
    browser = await browse(sqlite_cast.fbi_lead)
    html = await page_at(browser, f"/events/{five_dates}")
    assert "Every week on Tuesday, until Jan 20, 2027, 2 dates" in html
    history = await page_at(browser, f"/events/{five_dates}/2027-01-12")
    assert "Wednesday, January 20, 2027" in history[history.index('id="history"') :]


async def test_only_editors_are_led_to_what_one_does_to_a_whole_series(
    sqlite_cast: Cast, browse: SignIn, five_dates: UUID
) -> None:
    deeds = (
        f"/events/{five_dates}/dates",
        f"/events/{five_dates}/cancellation",
        f"/schedule?like={five_dates}",
        f"/messages?event={five_dates}",
    )
    desk, member = await browse(sqlite_cast.coordinator), await browse(sqlite_cast.fbi_lead)
    page = await page_at(desk, f"/events/{five_dates}")
    assert [deed for deed in deeds if f'href="{deed}"' not in page] == []
    assert [(await desk.get(deed)).status_code for deed in deeds] == [200] * 4
    page = await page_at(member, f"/events/{five_dates}")
    assert [deed for deed in deeds if f'href="{deed}"' in page] == []


async def shown_before_and_after(browser: Browser, address: str) -> list[str]:
    """Return what the page says about other series above its history: where this one comes from, how it continues."""
    html = (await page_at(browser, address)).partition('id="history"')[0]
    return re.findall(r"(Continues from|Continued as) <a href=\"/events/([^\"]+)", html)


async def split_series(viewer: Viewer, event_id: UUID, key: str, **facts: Any) -> UUID:
    """Let the series continue from the date `key` as another one."""
    event, plan = await scheduling.plan_to_change(viewer, event_id)
    onward = replace(plan_from_start(plan, datetime.fromisoformat(f"{key} 10:00")), **facts)
    return await change_from_date_on(viewer, event_id, key, onward, event.version, NOW)


async def test_both_pages_of_a_series_that_was_split_lead_to_the_other_one(
    sqlite_cast: Cast, browse: SignIn, five_dates: UUID
) -> None:
    onward = await split_series(sqlite_cast.coordinator, five_dates, "2027-02-02", kind=Kind.TRAINING)
    member = await browse(sqlite_cast.harbor_advocate)
    for page in ("", "/2027-01-12"):
        assert await shown_before_and_after(member, f"/events/{five_dates}{page}") == [("Continued as", str(onward))]
    assert "starting Tue, Feb 2" in await page_at(member, f"/events/{five_dates}")
    for page in ("", "/2027-02-09"):
        assert await shown_before_and_after(member, f"/events/{onward}{page}") == [("Continues from", str(five_dates))]


async def test_the_history_of_both_series_leads_to_the_other_one_and_the_new_one_was_not_created_at_its_end(
    sqlite_cast: Cast, browse: SignIn, five_dates: UUID
) -> None:
    onward = await split_series(sqlite_cast.coordinator, five_dates, "2027-01-26", kind=Kind.TRAINING)
    member = await browse(sqlite_cast.harbor_advocate)

    async def history_of(event_id: UUID) -> str:
        page = await page_at(member, f"/events/{event_id}")
        return " ".join(page[page.index('id="history"') :].split())

    assert f'Continued as <a href="/events/{onward}">' in await history_of(five_dates)
    began = await history_of(onward)
    assert f'Continued from <a href="/events/{five_dates}">' in began
    assert "Created" not in began


async def test_the_history_links_no_series_that_its_reader_may_not_see(sqlite_cast: Cast, browse: SignIn) -> None:
    series = await schedule_event(sqlite_cast.coordinator, meeting(rule=rule_for_choice("weekly", FIRST, count=4)), NOW)
    onward = await split_series(sqlite_cast.coordinator, series, "2027-01-26", kind=Kind.TRAINING)
    event, plan = await scheduling.plan_to_change(sqlite_cast.coordinator, series)
    hidden = replace(plan, visibility=Visibility.LAW_ENFORCEMENT)
    await scheduling.change_event(sqlite_cast.coordinator, series, hidden, event.version, NOW, reauthenticated_at=NOW)
    page = await page_at(await browse(sqlite_cast.harbor_advocate), f"/events/{onward}")
    assert "Continued from an earlier series" in page
    assert str(series) not in page


async def test_a_series_that_continues_for_named_people_is_linked_for_them_alone(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    plan = meeting(sqlite_cast.fbi_lead, sqlite_cast.hsi_liaison, rule=rule_for_choice("weekly", FIRST, count=4))
    series = await schedule_event(sqlite_cast.coordinator, plan, NOW)
    secret = await split_series(sqlite_cast.coordinator, series, "2027-01-26", visibility=Visibility.NAMED)
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


async def test_times_in_another_zone_name_it_wherever_they_are(sqlite_cast: Cast, browse: SignIn) -> None:
    plan = replace(meeting(sqlite_cast.fbi_lead, rule=rule_for_choice("weekly", FIRST, count=3)), zone="America/Denver")
    event_id = await schedule_event(sqlite_cast.coordinator, plan, NOW)
    moved = DateChange(starts=datetime(2027, 1, 20, 13), duration=timedelta(hours=1))
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


async def test_times_in_the_zone_of_the_task_force_name_none(
    sqlite_cast: Cast, browse: SignIn, five_dates: UUID
) -> None:
    browser = await browse(sqlite_cast.coordinator)
    assert "Central" not in " ".join(rows(await page_at(browser, f"/events/{five_dates}")))


async def test_the_history_says_why_a_date_moved(sqlite_cast: Cast, browse: SignIn, five_dates: UUID) -> None:
    again = DateChange(starts=FIRST, duration=timedelta(minutes=90), place="Annex", reason="Room is painted.")
    await occurrences.change_occurrence(sqlite_cast.coordinator, five_dates, "2027-01-12", again, 1, NOW)
    page = await page_at(await browse(sqlite_cast.fbi_lead), f"/events/{five_dates}/2027-01-12")
    assert "Reason: Room is painted." in page


async def test_only_a_reader_of_every_change_reads_that_there_was_none(sqlite_cast: Cast, browse: SignIn) -> None:
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


FIRST_WEDNESDAY = datetime(2027, 1, 13, 10)
SECOND, THIRD, FOURTH = "2027-01-20", "2027-01-27", "2027-02-03"


@pytest.fixture
async def five_wednesdays(sqlite_cast: Cast) -> UUID:
    """Five Wednesdays: the second is held on Friday, the third in the annex."""
    cast = sqlite_cast
    plan = meeting(
        cast.fbi_lead, cast.caht_lead, starts=FIRST_WEDNESDAY, rule=rule_for_choice("weekly", FIRST_WEDNESDAY, count=5)
    )
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    friday = DateChange(starts=datetime(2027, 1, 22, 10), duration=plan.duration)
    await occurrences.change_occurrence(cast.coordinator, event_id, SECOND, friday, 1, NOW)
    annex = DateChange(starts=datetime(2027, 1, 27, 10), duration=plan.duration, place="Annex")
    await occurrences.change_occurrence(cast.coordinator, event_id, THIRD, annex, 1, NOW)
    await Message.update({Message.state: "sent"}, force=True)
    return event_id


async def preview(desk: Browser, series: UUID, key: str = "", **edits: str) -> str:
    """Return what the panel says about the form with some edits."""
    address = f"/events/{series}/edit"
    page = (await desk.get(f"{address}?from={key}" if key else address)).text
    return words_of_page((await desk.post("/schedule/summary", form_with(page, address, **edits))).text)


@pytest.mark.parametrize(("day", "conflicts"), [(20, False), (22, True)])
@pytest.mark.parametrize("edits", [{}, {"title": "Review"}])
async def test_conflicts_are_with_the_times_that_single_dates_keep(
    sqlite_cast: Cast, desk: Browser, five_wednesdays: UUID, day: int, conflicts: bool, edits: dict[str, str]
) -> None:
    other = meeting(sqlite_cast.fbi_lead, title="Other", starts=datetime(2027, 1, day, 10))
    await scheduling.schedule_event(sqlite_cast.coordinator, other, NOW)
    for key in ("", SECOND):
        assert ("double-booked" in await preview(desk, five_wednesdays, key, **edits)) is conflicts


async def save_form(desk: Browser, series: UUID, key: str = "", **edits: str) -> str:
    """Save the form with some edits; return where it leads."""
    address = f"/events/{series}/edit"
    page = (await desk.get(f"{address}?from={key}" if key else address)).text
    response = await desk.post(address, form_with(page, address, save="send", **edits))
    assert response.status_code == 303
    return str(response.headers["location"])


async def test_the_heading_names_the_day_on_which_people_know_the_date(desk: Browser, five_wednesdays: UUID) -> None:
    page = (await desk.get(f"/events/{five_wednesdays}/edit?from={SECOND}")).text
    assert "Edit Monthly task force meeting, starting Fri, Jan 22" in page
    assert "Jan 20" not in words_of_page(page.partition("<main")[2].partition("First day")[0])


async def test_the_first_day_of_a_moved_date_says_that_the_date_stays_where_it_was_moved(
    desk: Browser, five_wednesdays: UUID
) -> None:
    hint = "The day by the rule. This date was moved to Fri, Jan 22 and stays there."
    assert hint in await page_at(desk, f"/events/{five_wednesdays}/edit?from={SECOND}")
    assert hint not in await page_at(desk, f"/events/{five_wednesdays}/edit?from={THIRD}")


@pytest.mark.parametrize(("key", "cancels"), [("", "Cancel all dates"), (SECOND, "Cancel this and following dates")])
async def test_the_form_is_left_without_saving_and_cancels_dates_only_elsewhere(
    desk: Browser, five_wednesdays: UUID, key: str, cancels: str
) -> None:
    page = (
        await desk.get(f"/events/{five_wednesdays}/edit?from={key}" if key else f"/events/{five_wednesdays}/edit")
    ).text
    elsewhere, _, after = page.partition('id="instead-h">Other changes</h2>')[2].partition("</section>")
    bar, _, _ = after.partition("</form>")
    assert cancels in words_of_page(elsewhere)
    assert f'<a href="/events/{five_wednesdays}{f"/{key}" if key else ""}">Cancel</a>' in bar
    assert "cancellation" not in bar


@pytest.mark.parametrize(("key", "is_offered"), [("2027-01-13", False), (SECOND, True)])
async def test_the_page_of_a_date_offers_the_following_dates_where_they_are_not_the_whole_series(
    desk: Browser, five_wednesdays: UUID, key: str, is_offered: bool
) -> None:
    page = (await desk.get(f"/events/{five_wednesdays}/{key}")).text
    assert (f'href="/events/{five_wednesdays}/edit?from={key}"' in page) is is_offered
    assert f'href="/events/{five_wednesdays}/edit"' in page


async def test_an_added_date_is_edited_alone_or_with_the_whole_series(
    sqlite_cast: Cast, desk: Browser, five_wednesdays: UUID
) -> None:
    event = await scheduling.event_seen_by(sqlite_cast.coordinator, five_wednesdays)
    key = await series_split.add_occurrence(
        sqlite_cast.coordinator, five_wednesdays, datetime(2027, 1, 22, 14), event.version, NOW
    )
    page = (await desk.get(f"/events/{five_wednesdays}/{key}")).text
    assert f"/events/{five_wednesdays}/{key}/edit" in page
    assert "edit?from=" not in page


async def test_the_form_of_following_dates_leads_to_the_other_scopes(desk: Browser, five_wednesdays: UUID) -> None:
    page = (await desk.get(f"/events/{five_wednesdays}/edit?from={SECOND}")).text
    assert f'<a href="/events/{five_wednesdays}/{SECOND}/edit">Edit only this date</a>' in page
    assert f'<a href="/events/{five_wednesdays}/edit">edit the whole series</a>' in page


async def test_the_panel_lists_the_dates_that_keep_their_own_details(desk: Browser, five_wednesdays: UUID) -> None:
    panel = await preview(desk, five_wednesdays, SECOND, starts="11:00", ends="12:30")
    assert "2 dates keep their own details: Fri, Jan 22 (time) Wed, Jan 27 (place)" in panel
    assert "Can’t be kept" not in panel


async def test_the_panel_lists_canceled_and_added_dates_that_stay_so(
    sqlite_cast: Cast, desk: Browser, five_wednesdays: UUID
) -> None:
    coordinator = sqlite_cast.coordinator
    await occurrences.cancel_occurrence(coordinator, five_wednesdays, FOURTH, 1, "", NOW)
    version = (await scheduling.event_seen_by(coordinator, five_wednesdays)).version
    await series_split.add_occurrence(coordinator, five_wednesdays, datetime(2027, 2, 5, 10), version, NOW)
    panel = await preview(desk, five_wednesdays, THIRD, starts="11:00", ends="12:30")
    assert "3 dates keep their own details: Wed, Jan 27 (place) Wed, Feb 3 (canceled) Fri, Feb 5 (added)" in panel


async def test_the_panel_lists_by_date_what_the_new_rule_cannot_keep(desk: Browser, five_wednesdays: UUID) -> None:
    panel = await preview(desk, five_wednesdays, SECOND, interval="2")
    assert "Can’t be kept The series will have no date for this: Wed, Jan 27 (place)" in panel
    location = await save_form(desk, five_wednesdays, SECOND, interval="2")
    assert "Not kept: Wed, Jan 27 (place)." in words_of_page((await desk.get(location)).text)


async def test_a_new_title_from_a_date_on_says_that_no_one_is_emailed_or_asked_and_keeps_to_it(
    desk: Browser, five_wednesdays: UUID
) -> None:
    panel = await preview(desk, five_wednesdays, SECOND, title="Core group")
    assert "No one will get an email." in panel
    assert "No one will be asked to reply again" in panel
    assert "one email" not in panel
    assert await save_form(desk, five_wednesdays, SECOND, title="Core group") == f"/events/{five_wednesdays}"
    page = words_of_page((await desk.get(f"/events/{five_wednesdays}")).text)
    assert "Saved. No one will get an email." in page
    assert "Changed, this and following dates by Coordinator" in page
    assert "Starting: Friday, January 22, 2027." in page


async def test_the_panel_of_a_change_without_emails_names_no_invitations_and_no_deadline(
    desk: Browser, five_wednesdays: UUID
) -> None:
    panel = await preview(desk, five_wednesdays, SECOND, title="Core group")
    assert "No one will get an email." in panel
    assert "Invitations" not in panel
    assert "Reply by" not in panel


async def test_the_panel_of_a_change_with_invitations_names_the_deadline(desk: Browser, five_wednesdays: UUID) -> None:
    assert "Reply by" in await preview(desk, five_wednesdays, SECOND, starts="11:00", ends="12:30")


async def test_another_hour_says_who_gets_two_emails_and_counts_no_one_twice(
    desk: Browser, five_wednesdays: UUID
) -> None:
    location = await save_form(desk, five_wednesdays, SECOND, starts="11:00", ends="12:30")
    assert "Saved. 2 people will get two emails." in words_of_page((await desk.get(location)).text)


async def test_a_silent_change_says_beside_the_choice_who_will_not_hear_of_it_and_is_audited(
    sqlite_cast: Cast, desk: Browser, five_wednesdays: UUID
) -> None:
    await replies.record_own_reply(
        sqlite_cast.fbi_lead,
        five_wednesdays,
        FOURTH,
        ReplyValue.ACCEPTED,
        "",
        NOW + timedelta(hours=1),
        for_series=True,
    )
    edits = {"starts": "11:00", "ends": "12:30", "notify": "no_one"}
    panel = await preview(desk, five_wednesdays, **edits)
    assert "No one will get an email. 2 people won’t get an email that the time changed. Subscribed calendars" in panel
    assert "Replies 1 person’s reply no longer counts" in panel
    assert "get an invitation" not in await preview(desk, five_wednesdays, SECOND, **edits)
    location = await save_form(desk, five_wednesdays, **edits)
    assert "Saved. No one will get an email." in words_of_page((await desk.get(location)).text)
    [facts] = (
        await AuditEntry.select(AuditEntry.facts)
        .where(AuditEntry.subject == "event")
        .order_by(AuditEntry.seq, ascending=False)
        .limit(1)
        .output(as_list=True)
    )
    assert '"silent": true' in facts


async def test_a_silent_change_of_one_date_says_so_too(desk: Browser, five_wednesdays: UUID) -> None:
    address = f"/events/{five_wednesdays}/{FOURTH}"
    form = form_with((await desk.get(f"{address}/edit")).text, f"{address}/edit", place="Annex", notify="no_one")
    panel = words_of_page((await desk.post(f"{address}/impact", form)).text)
    assert "2 people won’t get an email that the place changed. Subscribed calendars will show it." in panel
    assert (await desk.post(f"{address}/edit", form)).status_code == 303
    assert await Message.count().where(Message.state == "pending") == 0


@pytest.mark.parametrize("page", [f"{THIRD}", f"{THIRD}/edit", f"edit?from={THIRD}"])
async def test_the_address_of_a_date_leads_on_to_the_series_that_has_it_now(
    desk: Browser, five_wednesdays: UUID, page: str
) -> None:
    new = (await save_form(desk, five_wednesdays, SECOND, starts="11:00", ends="12:30")).rpartition("/")[2]
    answer = await desk.get(f"/events/{five_wednesdays}/{page}")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"/events/{new}/")
    assert (await desk.get(answer.headers["location"])).status_code == 200


async def test_the_address_of_a_date_that_no_series_has_leads_nowhere(desk: Browser, five_wednesdays: UUID) -> None:
    await save_form(desk, five_wednesdays, SECOND, starts="11:00", ends="12:30")
    assert (await desk.get(f"/events/{five_wednesdays}/2027-01-01")).status_code == 404
    assert (await desk.get(f"/events/{five_wednesdays}/edit?from=2027-01-01")).status_code == 404


@pytest.fixture
async def police_series(sqlite_cast: Cast) -> UUID:
    """Five Wednesdays of law enforcement: the third is about a case, the fourth canceled for a reason."""
    cast, weekly = sqlite_cast, rule_for_choice("weekly", FIRST_WEDNESDAY, count=5)
    plan = meeting(cast.fbi_lead, starts=FIRST_WEDNESDAY, rule=weekly, visibility=Visibility.LAW_ENFORCEMENT)
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    case = DateChange(
        starts=datetime(2027, 1, 27, 10),
        duration=plan.duration,
        title="Larkspur review",
        place="Annex",
        agenda="Larkspur 10\n" * 20,
    )
    await occurrences.change_occurrence(cast.coordinator, event_id, THIRD, case, 1, NOW)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, FOURTH, 1, "Surveillance", NOW)
    return event_id


@pytest.mark.parametrize("key", ["", SECOND], ids=["whole", "from second"])
async def test_the_panel_lists_what_of_single_dates_more_people_can_read(
    desk: Browser, police_series: UUID, key: str
) -> None:
    panel = await preview(desk, police_series, key, visibility="all")
    assert "They can read the details of 1 date that differ from the series: Wed, Jan 27: title “Larkspur" in panel
    assert "title “Larkspur review”, place “Annex”, " in panel
    assert "agenda “Larkspur 10 Larkspur 10 " in panel
    assert "The reasons for earlier cancellations are removed: they were written for fewer people." in panel


async def test_the_panel_says_nothing_of_more_people_when_no_one_joins(desk: Browser, police_series: UUID) -> None:
    panel = await preview(desk, police_series, starts="11:00", ends="12:30")
    assert "Wed, Jan 27 (title, place and agenda)" in panel
    assert "More people can see it" not in panel


async def test_notes_that_change_from_a_date_on_are_refused_beside_a_link_to_the_whole_series(
    desk: Browser, five_wednesdays: UUID
) -> None:
    address = f"/events/{five_wednesdays}/edit"
    page = (await desk.get(f"{address}?from={SECOND}")).text
    refused = await desk.post(address, form_with(page, address, save="send", description="Bring a badge"))
    assert refused.status_code == 422
    assert "Error: Notes are the same for all dates. Change them in the whole series." in words_of_page(refused.text)
    assert f'<a href="{address}">Change them in the whole series</a>' in refused.text


async def test_the_panel_says_that_notes_do_not_change_from_a_date_on(desk: Browser, five_wednesdays: UUID) -> None:
    said = await preview(desk, five_wednesdays, SECOND, description="Bring a badge")
    assert "Notes are the same for all dates. Change them in the whole series." in said
    assert "No one will get an email" not in said


async def test_after_an_error_the_address_is_still_that_of_this_and_following_dates(
    desk: Browser, five_wednesdays: UUID
) -> None:
    address = f"/events/{five_wednesdays}/edit?from={SECOND}"
    page = (await desk.get(address)).text
    refused = await desk.post(address, form_with(page, address, save="send", title=""))
    assert (refused.status_code, f'action="{address}"' in refused.text) == (422, True)


PATH = "/calendar/import"
GOOD, BAD = vevent(), vevent("RRULE:FREQ=SECONDLY", uid="two", title="Bad one")


async def chosen(desk: Browser, content: bytes) -> httpx.Response:
    return await desk.post(PATH, files={"file": ("calendar.ics", content, "text/calendar")})


async def confirmed(desk: Browser, report: httpx.Response) -> httpx.Response:
    form = form_with(report.text, PATH)
    assert form["confirmed"] == ["yes"]
    return await desk.post(PATH, {name: texts[0] for name, texts in form.items()}, files={"none": ("", b"")})


async def january_list(desk: Browser) -> str:
    return (await desk.get("/calendar?month=2027-01&view=list")).text


async def test_a_file_is_shown_first_and_imported_when_it_was_confirmed(browse: SignIn, sqlite_cast: Cast) -> None:
    desk = await browse(sqlite_cast.coordinator)
    report = await chosen(desk, calendar(GOOD, vevent("STATUS:CANCELLED", uid="off", title="Called off")))
    assert report.status_code == 200
    assert "Tue, Jan 12, 2027, 10:00–11:00 AM Central" in report.text
    assert "It is canceled." in report.text
    assert "Core group" not in await january_list(desk)
    done = await confirmed(desk, report)
    assert (done.status_code, done.headers["location"]) == (303, "/calendar")
    assert "Import complete: 1 event added, 1 left out. No one will get an email." in (await desk.get("/calendar")).text
    assert "Core group" in await january_list(await browse(sqlite_cast.harbor_advocate))


async def test_what_an_event_would_lose_is_said_in_its_row_before_it_is_saved(
    browse: SignIn, sqlite_cast: Cast
) -> None:
    desk = await browse(sqlite_cast.coordinator)
    report = await chosen(desk, calendar(vevent("CATEGORIES:Red", "ORGANIZER:mailto:a@b.example"), vevent(uid="two")))
    assert "1 event will differ from the file" in report.text
    assert "<li>Left out: categories.</li>" in report.text
    assert "<li>Its organizer in the file isn&#39;t kept: you&#39;re the organizer.</li>" in report.text
    assert "Core group" not in await january_list(desk)


async def test_an_event_that_cannot_be_taken_stops_the_others(browse: SignIn, sqlite_cast: Cast) -> None:
    desk = await browse(sqlite_cast.coordinator)
    report = await chosen(desk, calendar(GOOD, BAD))
    assert report.status_code == 422
    assert "Row 2, Bad one: The tracker doesn&#39;t support this repeat pattern (FREQ=SECONDLY)." in report.text
    sent = {"confirmed": "yes", "calendar": calendar(GOOD, BAD).decode()}
    assert (await desk.post(PATH, sent)).status_code == 422
    assert "Core group" not in await january_list(desk)


async def test_who_leaves_it_out_imports_the_others(browse: SignIn, sqlite_cast: Cast) -> None:
    desk = await browse(sqlite_cast.coordinator)
    report = await chosen(desk, calendar(GOOD, BAD))
    assert "Leave 1 out and import 1 event" in report.text
    assert (await confirmed(desk, report)).status_code == 303
    assert "Core group" in await january_list(desk)


async def test_the_same_file_again_offers_nothing_to_import(browse: SignIn, sqlite_cast: Cast) -> None:
    desk = await browse(sqlite_cast.coordinator)
    await confirmed(desk, await chosen(desk, calendar(GOOD)))
    again = await chosen(desk, calendar(GOOD))
    assert "It’s already in the tracker." in again.text
    assert "None of the file’s events can be added." in again.text


async def test_others_than_coordinators_are_refused(browse: SignIn, sqlite_cast: Cast) -> None:
    desk = await browse(sqlite_cast.fbi_lead)
    assert (await desk.get(PATH)).status_code == 403
    assert (await desk.post(PATH, {"confirmed": "yes", "calendar": calendar(GOOD).decode()})).status_code == 403
    assert PATH not in (await desk.get("/calendar")).text


@pytest.mark.parametrize("content", [b"", b"title,date", b"\xff\xfe"])
async def test_what_is_no_calendar_is_refused_at_the_field(browse: SignIn, sqlite_cast: Cast, content: bytes) -> None:
    response = await chosen(await browse(sqlite_cast.coordinator), content)
    assert response.status_code == 422
    assert 'href="#f-file"' in response.text
