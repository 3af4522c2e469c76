"""The form of a series, or of this and following dates: what it says about single dates, and where it leads."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.cast import NOW, Cast, meeting
from tests.ports.browser import Browser
from tests.ports.pages.forms import typed, words_of_page
from tracker.rules.core.viewers import Visibility
from tracker.rules.events.plans import DateChange
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import AuditEntry, Message
from tracker.usecases.events import occurrences, replies, scheduling, series_split

FIRST = datetime(2027, 1, 13, 10)
SECOND, THIRD, FOURTH = "2027-01-20", "2027-01-27", "2027-02-03"


@pytest.fixture
async def series(sqlite_cast: Cast) -> UUID:
    """Five Wednesdays: the second is held on Friday, the third in the annex."""
    cast = sqlite_cast
    plan = meeting(cast.fbi_lead, cast.caht_lead, starts=FIRST, rule=rule_for_choice("weekly", FIRST, count=5))
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
    return words_of_page((await desk.post("/schedule/summary", typed(page, address, **edits))).text)


@pytest.mark.parametrize(("day", "conflicts"), [(20, False), (22, True)])
@pytest.mark.parametrize("edits", [{}, {"title": "Review"}])
async def test_conflicts_are_with_the_times_that_single_dates_keep(
    sqlite_cast: Cast, desk: Browser, series: UUID, day: int, conflicts: bool, edits: dict[str, str]
) -> None:
    other = meeting(sqlite_cast.fbi_lead, title="Other", starts=datetime(2027, 1, day, 10))
    await scheduling.schedule_event(sqlite_cast.coordinator, other, NOW)
    for key in ("", SECOND):
        assert ("double-booked" in await preview(desk, series, key, **edits)) is conflicts


async def saved(desk: Browser, series: UUID, key: str = "", **edits: str) -> str:
    """Save the form with some edits; return where it leads."""
    address = f"/events/{series}/edit"
    page = (await desk.get(f"{address}?from={key}" if key else address)).text
    response = await desk.post(address, typed(page, address, save="send", **edits))
    assert response.status_code == 303
    return str(response.headers["location"])


async def test_the_heading_names_the_day_on_which_people_know_the_date(desk: Browser, series: UUID) -> None:
    page = (await desk.get(f"/events/{series}/edit?from={SECOND}")).text
    assert "Edit Monthly task force meeting, starting Fri, Jan 22" in page
    assert "Jan 20" not in words_of_page(page.partition("<main")[2].partition("First day")[0])


@pytest.mark.parametrize(("key", "cancels"), [("", "Cancel all dates"), (SECOND, "Cancel this and following dates")])
async def test_the_form_is_left_without_saving_and_cancels_dates_only_elsewhere(
    desk: Browser, series: UUID, key: str, cancels: str
) -> None:
    page = (await desk.get(f"/events/{series}/edit?from={key}" if key else f"/events/{series}/edit")).text
    elsewhere, _, after = page.partition('id="instead-h">Other changes</h2>')[2].partition("</section>")
    bar, _, _ = after.partition("</form>")
    assert cancels in words_of_page(elsewhere)
    assert f'<a href="/events/{series}{f"/{key}" if key else ""}">Cancel</a>' in bar
    assert "cancellation" not in bar


@pytest.mark.parametrize(("key", "is_offered"), [("2027-01-13", False), (SECOND, True)])
async def test_the_page_of_a_date_offers_the_following_dates_where_they_are_not_the_whole_series(
    desk: Browser, series: UUID, key: str, is_offered: bool
) -> None:
    page = (await desk.get(f"/events/{series}/{key}")).text
    assert (f'href="/events/{series}/edit?from={key}"' in page) is is_offered
    assert f'href="/events/{series}/edit"' in page


async def test_an_added_date_is_edited_alone_or_with_the_whole_series(
    sqlite_cast: Cast, desk: Browser, series: UUID
) -> None:
    event = await scheduling.event_seen_by(sqlite_cast.coordinator, series)
    key = await series_split.add_occurrence(
        sqlite_cast.coordinator, series, datetime(2027, 1, 22, 14), event.version, NOW
    )
    page = (await desk.get(f"/events/{series}/{key}")).text
    assert f"/events/{series}/{key}/edit" in page
    assert "edit?from=" not in page


async def test_the_form_of_following_dates_leads_to_the_other_scopes(desk: Browser, series: UUID) -> None:
    page = (await desk.get(f"/events/{series}/edit?from={SECOND}")).text
    assert f'<a href="/events/{series}/{SECOND}/edit">Edit only this date</a>' in page
    assert f'<a href="/events/{series}/edit">edit the whole series</a>' in page


async def test_the_panel_lists_the_dates_that_keep_their_own_details(desk: Browser, series: UUID) -> None:
    panel = await preview(desk, series, SECOND, starts="11:00", ends="12:30")
    assert "2 dates keep their own details: Fri, Jan 22 (time) Wed, Jan 27 (place)" in panel
    assert "Can’t be kept" not in panel


async def test_the_panel_lists_canceled_and_added_dates_that_stay_so(
    sqlite_cast: Cast, desk: Browser, series: UUID
) -> None:
    coordinator = sqlite_cast.coordinator
    await occurrences.cancel_occurrence(coordinator, series, FOURTH, 1, "", NOW)
    version = (await scheduling.event_seen_by(coordinator, series)).version
    await series_split.add_occurrence(coordinator, series, datetime(2027, 2, 5, 10), version, NOW)
    panel = await preview(desk, series, THIRD, starts="11:00", ends="12:30")
    assert "3 dates keep their own details: Wed, Jan 27 (place) Wed, Feb 3 (canceled) Fri, Feb 5 (added)" in panel


async def test_the_panel_lists_by_date_what_the_new_rule_cannot_keep(desk: Browser, series: UUID) -> None:
    panel = await preview(desk, series, SECOND, interval="2")
    assert "Can’t be kept The series will have no date for this: Wed, Jan 27 (place)" in panel
    location = await saved(desk, series, SECOND, interval="2")
    assert "Not kept: Wed, Jan 27 (place)." in words_of_page((await desk.get(location)).text)


async def test_a_new_title_from_a_date_on_says_that_no_one_is_emailed_or_asked_and_keeps_to_it(
    desk: Browser, series: UUID
) -> None:
    panel = await preview(desk, series, SECOND, title="Core group")
    assert "No one will get an email." in panel
    assert "No one will be asked to reply again" in panel
    assert "one email" not in panel
    assert await saved(desk, series, SECOND, title="Core group") == f"/events/{series}"
    page = words_of_page((await desk.get(f"/events/{series}")).text)
    assert "Saved. No one will get an email." in page
    assert "Changed, this and following dates by Coordinator" in page
    assert "Starting: Friday, January 22, 2027." in page


async def test_the_panel_of_a_change_without_emails_names_no_invitations_and_no_deadline(
    desk: Browser, series: UUID
) -> None:
    panel = await preview(desk, series, SECOND, title="Core group")
    assert "No one will get an email." in panel
    assert "Invitations" not in panel
    assert "Reply by" not in panel


async def test_the_panel_of_a_change_with_invitations_names_the_deadline(desk: Browser, series: UUID) -> None:
    assert "Reply by" in await preview(desk, series, SECOND, starts="11:00", ends="12:30")


async def test_another_hour_says_whom_it_went_to_and_counts_no_one_twice(desk: Browser, series: UUID) -> None:
    location = await saved(desk, series, SECOND, starts="11:00", ends="12:30")
    assert "Saved. 2 people will get an email." in words_of_page((await desk.get(location)).text)


async def test_a_silent_change_says_beside_the_choice_who_will_not_hear_of_it_and_is_audited(
    sqlite_cast: Cast, desk: Browser, series: UUID
) -> None:
    await replies.record_own_reply(
        sqlite_cast.fbi_lead, series, FOURTH, ReplyValue.ACCEPTED, "", NOW + timedelta(hours=1), for_series=True
    )
    edits = {"starts": "11:00", "ends": "12:30", "notify": "no_one"}
    panel = await preview(desk, series, **edits)
    assert "No one will get an email. 2 people won’t get an email that the time changed. Subscribed calendars" in panel
    assert "Replies 1 person’s reply no longer counts" in panel
    assert "get an invitation" not in await preview(desk, series, SECOND, **edits)
    location = await saved(desk, series, **edits)
    assert "Saved. No one will get an email." in words_of_page((await desk.get(location)).text)
    [facts] = (
        await AuditEntry.select(AuditEntry.facts)
        .where(AuditEntry.subject == "event")
        .order_by(AuditEntry.seq, ascending=False)
        .limit(1)
        .output(as_list=True)
    )
    assert '"silent": true' in facts


async def test_a_silent_change_of_one_date_says_so_too(desk: Browser, series: UUID) -> None:
    address = f"/events/{series}/{FOURTH}"
    form = typed((await desk.get(f"{address}/edit")).text, f"{address}/edit", place="Annex", notify="no_one")
    panel = words_of_page((await desk.post(f"{address}/impact", form)).text)
    assert "2 people won’t get an email that the place changed. Subscribed calendars will show it." in panel
    assert (await desk.post(f"{address}/edit", form)).status_code == 303
    assert await Message.count().where(Message.state == "pending") == 0


@pytest.mark.parametrize("page", [f"{THIRD}", f"{THIRD}/edit", f"edit?from={THIRD}"])
async def test_the_address_of_a_date_leads_on_to_the_series_that_has_it_now(
    desk: Browser, series: UUID, page: str
) -> None:
    new = (await saved(desk, series, SECOND, starts="11:00", ends="12:30")).rpartition("/")[2]
    answer = await desk.get(f"/events/{series}/{page}")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"/events/{new}/")
    assert (await desk.get(answer.headers["location"])).status_code == 200


async def test_the_address_of_a_date_that_no_series_has_leads_nowhere(desk: Browser, series: UUID) -> None:
    await saved(desk, series, SECOND, starts="11:00", ends="12:30")
    assert (await desk.get(f"/events/{series}/2027-01-01")).status_code == 404
    assert (await desk.get(f"/events/{series}/edit?from=2027-01-01")).status_code == 404


@pytest.fixture
async def police_series(sqlite_cast: Cast) -> UUID:
    """Five Wednesdays of law enforcement: the third is about a case, the fourth canceled for a reason."""
    cast, weekly = sqlite_cast, rule_for_choice("weekly", FIRST, count=5)
    plan = meeting(cast.fbi_lead, starts=FIRST, rule=weekly, visibility=Visibility.LAW_ENFORCEMENT)
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
    desk: Browser, series: UUID
) -> None:
    address = f"/events/{series}/edit"
    page = (await desk.get(f"{address}?from={SECOND}")).text
    refused = await desk.post(address, typed(page, address, save="send", description="Bring a badge"))
    assert refused.status_code == 422
    assert "Error: Notes are the same for all dates. Change them in the whole series." in words_of_page(refused.text)
    assert f'<a href="{address}">Change them in the whole series</a>' in refused.text


async def test_the_panel_says_that_notes_do_not_change_from_a_date_on(desk: Browser, series: UUID) -> None:
    said = await preview(desk, series, SECOND, description="Bring a badge")
    assert "To fix Notes are the same for all dates. Change them in the whole series." in said
    assert "No one will get an email" not in said


async def test_after_an_error_the_address_is_still_that_of_this_and_following_dates(
    desk: Browser, series: UUID
) -> None:
    address = f"/events/{series}/edit?from={SECOND}"
    page = (await desk.get(address)).text
    refused = await desk.post(address, typed(page, address, save="send", title=""))
    assert (refused.status_code, f'action="{address}"' in refused.text) == (422, True)
