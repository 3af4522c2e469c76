"""Changing one date of a series: moving, renaming, canceling it, alone or beside someone else."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.cast import NOW, Cast, everybody, meeting, operation
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import Fields, typed
from tracker import clock
from tracker.errors import Invalid
from tracker.rules.core.wording import to_local
from tracker.rules.events.events import Occurrence
from tracker.rules.events.plans import DateChange, Plan
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import Message
from tracker.usecases import availability
from tracker.usecases.events import occurrences, replies, scheduling, series_split

KEY = "2027-01-19"


@pytest.fixture
async def series(sqlite_cast: Cast) -> UUID:
    """Four weekly meetings of everyone, on Tuesdays at 10."""
    return await scheduling.schedule_event(sqlite_cast.coordinator, weekly(sqlite_cast), NOW)


def weekly(cast: Cast, **facts: Any) -> Plan:
    start = datetime.fromisoformat("2027-01-12 10:00")
    return meeting(*everybody(cast), starts=start, rule=rule_for_choice("weekly", start, count=4), **facts)


async def edited(browser: Browser, event_id: UUID, **changes: Any) -> Fields:
    address = f"/events/{event_id}/{KEY}/edit"
    return typed((await browser.get(address)).text, address, **changes)


async def save(browser: Browser, event_id: UUID, form: Fields) -> Any:
    return await browser.post(f"/events/{event_id}/{KEY}/edit", form)


async def date_of(cast: Cast, event_id: UUID) -> Occurrence:
    return await occurrences.date_seen_by(cast.coordinator, event_id, KEY)


async def test_a_date_moves_and_keeps_its_address(sqlite_cast: Cast, desk: Browser, series: UUID) -> None:
    response = await save(desk, series, await edited(desk, series, date="2027-01-20", starts="13:00", ends="14:00"))
    assert (response.status_code, response.headers["location"]) == (303, f"/events/{series}/{KEY}")
    moved = await date_of(sqlite_cast, series)
    assert (moved.starts_at, moved.ends_at) == (
        datetime(2027, 1, 20, 19, tzinfo=UTC),
        datetime(2027, 1, 20, 20, tzinfo=UTC),
    )
    page = (await desk.get(f"/events/{series}/{KEY}")).text
    assert "This date was moved. In the series, it’s on Tuesday, January 19, 2027, 10:00–11:30 AM." in " ".join(
        page.split()
    )


async def test_a_date_that_only_ends_later_says_so(desk: Browser, series: UUID) -> None:
    await save(desk, series, await edited(desk, series, ends="12:00"))
    page = " ".join((await desk.get(f"/events/{series}/{KEY}")).text.split())
    assert "The end of this date was changed. In the series, it’s on Tuesday, January 19, 2027, 10:00–11:30 AM." in page
    assert "This date was moved" not in page


async def test_a_date_saved_as_it_is_stays_as_it_is(sqlite_cast: Cast, desk: Browser, series: UUID) -> None:
    before = await date_of(sqlite_cast, series)
    await save(desk, series, await edited(desk, series))
    after = await date_of(sqlite_cast, series)
    assert (after.starts_at, after.ends_at, after.title, after.place, after.sequence) == (
        before.starts_at,
        before.ends_at,
        before.title,
        before.place,
        before.sequence,
    )
    assert await Message.count().where(Message.kind == "update") == 0


async def test_a_title_and_an_agenda_of_its_own_are_told_only_when_asked_for(
    sqlite_cast: Cast, desk: Browser, series: UUID
) -> None:
    await Message.update({Message.state: "sent"}, force=True)
    await save(desk, series, await edited(desk, series, title="Planning day", agenda="Plan 60"))
    date = await date_of(sqlite_cast, series)
    assert (date.title, date.agenda) == ("Planning day", "Plan 60")
    assert await Message.count().where(Message.kind == "update") == 0
    await save(desk, series, await edited(desk, series, title="", notify="all"))
    assert (await date_of(sqlite_cast, series)).title == "Monthly task force meeting"
    assert await Message.count().where(Message.kind == "update") == 11


async def test_what_cannot_be_taken_is_told_and_kept(desk: Browser, series: UUID) -> None:
    odd = await edited(desk, series, date="2027-02-30", ends="9", place="x" * 301, reason="Kept")
    response = await save(desk, series, odd)
    assert response.status_code == 422
    again = typed(response.text, f"/events/{series}/{KEY}/edit")
    assert (again["reason"], again["date"], again["ends"]) == (["Kept"], ["2027-02-30"], ["9"])
    assert re.findall(r'<li><a href="#f-([a-z-]+)"', response.text) == ["date", "ends", "place"]


@pytest.mark.parametrize("form", [{}, {"version": "9" * 40}, {"date": ["", "x"]}, {"last_day": "2199-12-31"}])
async def test_half_a_form_is_answered_with_a_sentence(desk: Browser, series: UUID, form: dict[str, Any]) -> None:
    response = await save(desk, series, {"starts": ["10:00"], "ends": ["11:00"], **form})
    assert response.status_code == 422


async def test_two_people_who_move_the_same_date_see_each_other(sqlite_cast: Cast, desk: Browser, series: UUID) -> None:
    second = await edited(desk, series, place="FBI field office")
    change = DateChange(
        starts=datetime.fromisoformat("2027-01-20 13:00"), duration=timedelta(hours=1), place="HSI conference room"
    )
    await occurrences.change_occurrence(sqlite_cast.coordinator, series, KEY, change, 1, NOW)
    refused = await save(desk, series, second)
    assert refused.status_code == 409
    assert "<b>Place</b> is now “HSI conference room”. You typed “FBI field office”" in refused.text
    assert "<b>Day</b> is now “2027-01-20”. You had not changed it" in refused.text
    assert (await save(desk, series, typed(refused.text, f"/events/{series}/{KEY}/edit"))).status_code == 303
    both = await date_of(sqlite_cast, series)
    assert both.place == "FBI field office"
    assert to_local(both.starts_at, "America/Chicago").hour == 13


async def test_an_event_with_one_date_is_edited_as_a_whole(sqlite_cast: Cast, desk: Browser) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(), NOW)
    for deed in ("edit", "cancellation"):
        response = await desk.get(f"/events/{event_id}/2027-01-12/{deed}")
        assert (response.status_code, response.headers["location"]) == (303, f"/events/{event_id}/{deed}")


async def test_dates_of_whole_days_have_no_hours(sqlite_cast: Cast, desk: Browser) -> None:
    start = datetime.fromisoformat("2027-01-12")
    plan = meeting(
        starts=start, duration=timedelta(days=2), is_all_day=True, rule=rule_for_choice("weekly", start, count=3)
    )
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, plan, NOW)
    form = await edited(desk, event_id, date="2027-01-20")
    assert "starts" not in form
    assert form["last_day"] == ["2027-01-20"]
    await save(desk, event_id, {**form, "last_day": ["2027-01-22"]})
    moved = await date_of(sqlite_cast, event_id)
    assert moved.ends_at - moved.starts_at == timedelta(days=3)


async def test_one_date_is_canceled_with_its_reason_and_brought_back(
    sqlite_cast: Cast, desk: Browser, series: UUID
) -> None:
    action = f"/events/{series}/{KEY}/cancellation"
    await Message.update({Message.state: "sent", Message.sent_at: NOW}, force=True)
    page = (await desk.get(action)).text
    assert "Cancel this date and notify 11 people" in page
    assert (await desk.post(action, typed(page, action, reason="Holiday week"))).status_code == 303
    assert (await date_of(sqlite_cast, series)).is_canceled
    page = (await desk.get(f"/events/{series}/{KEY}")).text
    assert "This date is canceled" in page
    assert "Holiday week" in page
    action = f"/events/{series}/{KEY}/restoration"
    assert (await desk.post(action, typed(page, action))).status_code == 303
    assert not (await date_of(sqlite_cast, series)).is_canceled


async def test_a_date_that_is_canceled_already_says_so(sqlite_cast: Cast, desk: Browser, series: UUID) -> None:
    await occurrences.cancel_occurrence(sqlite_cast.coordinator, series, KEY, 1, "", NOW)
    assert "This date is already canceled." in (await desk.get(f"/events/{series}/{KEY}/cancellation")).text
    response = await desk.post(f"/events/{series}/{KEY}/cancellation", {"version": "2", "reason": ""})
    assert response.status_code == 409


async def test_a_reason_that_is_too_long_is_told_and_kept(sqlite_cast: Cast, desk: Browser, series: UUID) -> None:
    response = await desk.post(f"/events/{series}/{KEY}/cancellation", {"version": "1", "reason": "x" * 501})
    assert response.status_code == 422
    assert "x" * 501 in response.text
    assert not (await date_of(sqlite_cast, series)).is_canceled


async def test_a_saved_date_says_how_many_people_are_told(desk: Browser, series: UUID) -> None:
    await save(desk, series, await edited(desk, series, date="2027-01-20"))
    assert "Saved. 11 people will get an email." in (await desk.get(f"/events/{series}/{KEY}")).text


async def test_a_saved_date_says_that_the_emails_that_wait_are_the_only_ones(desk: Browser, series: UUID) -> None:
    await Message.update({Message.state: "sent"}, force=True)
    await save(desk, series, await edited(desk, series, place="Annex"))
    await Message.update({Message.created_at: NOW - timedelta(seconds=9)}, force=True)
    await save(desk, series, await edited(desk, series, agenda="Budget"))
    assert "Saved. No one will get another email." in (await desk.get(f"/events/{series}/{KEY}")).text
    other = f"/events/{series}/2027-01-26"
    form = typed((await desk.get(f"{other}/edit")).text, f"{other}/edit", agenda="Budget")
    await desk.post(f"{other}/edit", form)
    assert "Saved. No one will get an email." in (await desk.get(other)).text


async def test_only_who_moves_a_date_onto_the_day_of_another_is_asked_to_hold_both(desk: Browser, series: UUID) -> None:
    refused = await save(desk, series, await edited(desk, series, date=""))
    assert (refused.status_code, "Hold both on the same day" in refused.text) == (422, False)


async def test_who_moves_a_date_onto_the_day_of_another_is_warned_and_may_insist(
    sqlite_cast: Cast, desk: Browser, series: UUID
) -> None:
    refused = await save(desk, series, await edited(desk, series, date="2027-01-26", starts="15:00", ends="16:00"))
    assert refused.status_code == 422
    again = typed(refused.text, f"/events/{series}/{KEY}/edit", may_double="yes")
    assert (await save(desk, series, again)).status_code == 303
    assert (await date_of(sqlite_cast, series)).is_changed


async def test_a_date_and_all_that_follow_are_changed_in_one_form(
    sqlite_cast: Cast, desk: Browser, series: UUID
) -> None:
    address = f"/events/{series}/edit"
    page = (await desk.get(f"{address}?from={KEY}")).text
    assert "Any other change ends this series on Tue, Jan 12 and continues it as a new one" in page
    response = await desk.post(address, typed(page, address, starts="09:00", ends="10:30", save="send"))
    new = UUID(response.headers["location"].rpartition("/")[2])
    assert new != series
    onward = await occurrences.dates_in_series(
        sqlite_cast.coordinator, await scheduling.event_seen_by(sqlite_cast.coordinator, new)
    )
    assert [f"{one.key} {one.starts_at:%H}" for one in onward] == ["2027-01-19 15", "2027-01-26 15", "2027-02-02 15"]


async def test_a_date_and_all_that_follow_are_canceled_by_one_choice(
    sqlite_cast: Cast, desk: Browser, series: UUID
) -> None:
    address = f"/events/{series}/{KEY}/cancellation"
    page = (await desk.get(f"{address}?which=following")).text
    response = await desk.post(address, typed(page, address))
    assert response.headers["location"] == f"/events/{series}"
    shown = (await desk.get(response.headers["location"])).text
    assert "Canceled 3 dates, starting Tue, Jan 19. 11 people will get an email." in shown


async def test_a_date_is_added_to_a_series(sqlite_cast: Cast, desk: Browser, series: UUID) -> None:
    address = f"/events/{series}/dates"
    page = (await desk.get(address)).text
    assert (await desk.post(address, typed(page, address, date="2027-01-12"))).status_code == 422
    response = await desk.post(address, typed(page, address, date="2027-01-21", starts="14:00"))
    assert response.headers["location"] == f"/events/{series}/2027-01-21"


async def test_the_form_says_who_gets_a_mail_before_it_is_saved(desk: Browser, series: UUID) -> None:
    address = f"/events/{series}/{KEY}"
    await Message.update({Message.state: "sent"}, force=True)
    assert "No one will get an email." in (await desk.get(f"{address}/edit")).text
    form = await edited(desk, series, place="Annex")
    assert "will get an update." in (await desk.post(f"{address}/impact", form)).text
    form = await edited(desk, series, date="odd")
    assert "Finish the form to see this" in (await desk.post(f"{address}/impact", form)).text


async def test_the_form_of_a_date_that_is_over_says_who_is_asked_again_when_it_moves_to_a_day_to_come(
    sqlite_cast: Cast, browse: SignIn, series: UUID
) -> None:
    cast = sqlite_cast
    await replies.record_own_reply(cast.fbi_lead, series, KEY, ReplyValue.ACCEPTED, "", NOW, for_series=False)
    clock.start_at(datetime(2027, 1, 20, 15, tzinfo=UTC), stands_still=True)
    desk = await browse(cast.coordinator)
    form = await edited(desk, series, date="2027-01-22")
    page = (await desk.post(f"/events/{series}/{KEY}/impact", form)).text
    assert "1 person will be asked to reply again" in page
    await save(desk, series, form)
    asked = await replies.my_reply(cast.fbi_lead, await date_of(cast, series))
    assert asked is not None
    assert asked[1] is not None
    assert asked[1].value is ReplyValue.NEEDS_ACTION


async def test_before_a_date_is_added_the_form_says_who_gets_a_mail_and_which_reminders_come(
    sqlite_cast: Cast, desk: Browser, series: UUID
) -> None:
    address, people = f"/events/{series}/dates", len(everybody(sqlite_cast))
    await Message.update({Message.state: "sent", Message.sent_at: NOW}, force=True)
    page = (await desk.get(address)).text
    assert "Finish the form to see this" in page
    form = typed(page, address, date="2027-01-21", starts="14:00")
    said = (await desk.post(f"{address}/impact", form)).text
    assert f"{people} people will get an update." in said
    assert f"New reminders for {people + 1} people (1 date)" in said
    assert "Finish the form to see this" in (await desk.post(f"{address}/impact", {**form, "date": "2027-01-19"})).text
    assert (await desk.post(address, form)).status_code == 303
    assert await Message.count().where(Message.state == "pending") == people


@pytest.mark.parametrize("form_at", ["dates", f"{KEY}/edit"])
async def test_who_is_taken_twice_by_a_date_and_what_else_is_against_it_is_named_before_it_is_saved(
    sqlite_cast: Cast, desk: Browser, series: UUID, form_at: str
) -> None:
    at = datetime.fromisoformat("2027-01-21 10:00")
    await scheduling.schedule_event(
        sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, title="Training", starts=at), NOW
    )
    hidden = operation(sqlite_cast.kcpd_detective, starts=at)
    await scheduling.schedule_event(sqlite_cast.fbi_lead, hidden, NOW)
    agency = sqlite_cast.agencies["HSI"]
    await availability.set_blackout(sqlite_cast.coordinator, agency, at.date(), None, "Range week", NOW, NOW.date())
    address = f"/events/{series}/{form_at}"
    form = typed((await desk.get(address)).text, address, date="2027-01-21", starts="10:30")
    page = (await desk.post(address.removesuffix("/edit") + "/impact", form)).text
    assert "Training, Thu, Jan 21, 10:00 AM: Fbi lead (FBI)" in page
    assert "HSI, Thu, Jan 21 (Range week)" in page
    assert "Kcpd detective" not in page  # taken by an operation that the coordinator does not see


async def test_before_a_date_is_canceled_or_brought_back_the_page_says_what_it_does(
    desk: Browser, series: UUID, sqlite_cast: Cast
) -> None:
    address, people = f"/events/{series}/{KEY}", len(everybody(sqlite_cast))
    await Message.update({Message.state: "sent", Message.sent_at: NOW}, force=True)
    page = (await desk.get(f"{address}/cancellation")).text
    assert page.count(f"{people} people will get an email that it’s canceled.") == 1
    assert "these dates are canceled" not in page
    assert f"Reminders canceled for {people + 1} people (1 date)" in page
    await desk.post(f"{address}/cancellation", typed(page, f"{address}/cancellation"))
    await Message.update({Message.state: "sent", Message.sent_at: NOW}, force=True)
    page = (await desk.get(address)).text
    assert "When you restore it" in page
    assert f"New reminders for {people + 1} people (1 date)" in page
    assert f"Restore this date and notify {people} people" in page


async def test_a_date_of_whose_cancellation_nobody_heard_is_brought_back_without_telling_anybody(
    desk: Browser, series: UUID
) -> None:
    address = f"/events/{series}/{KEY}"
    await Message.update({Message.state: "sent", Message.sent_at: NOW - timedelta(days=1)}, force=True)
    page = (await desk.get(f"{address}/cancellation")).text
    await desk.post(f"{address}/cancellation", typed(page, f"{address}/cancellation"))
    page = (await desk.get(address)).text
    assert "<dd>No one will get an email.</dd>" in page
    assert re.search(r">\s*Restore this date\s*</button>", page)


async def test_who_may_not_edit_a_date_is_not_told_whom_it_would_mail(
    sqlite_cast: Cast, browse: SignIn, series: UUID
) -> None:
    response = await (await browse(sqlite_cast.caht_lead)).post(f"/events/{series}/{KEY}/impact", {"place": "Annex"})
    assert response.status_code == 403


async def test_a_date_that_was_added_is_changed_alone_and_no_series_begins_with_it(
    sqlite_cast: Cast, desk: Browser, series: UUID
) -> None:
    added = f"/events/{series}/2027-03-05"
    form = typed((await desk.get(f"/events/{series}/dates")).text, f"/events/{series}/dates", date="2027-03-05")
    assert (await desk.post(f"/events/{series}/dates", form)).headers["location"] == added
    page = (await desk.get(f"{added}/edit")).text
    assert "all that follow" not in page
    assert "Edit the whole series" in page
    led = await desk.get(f"/events/{series}/edit?from=2027-03-05")
    assert (led.status_code, led.headers["location"]) == (303, f"{added}/edit")
    event, plan = await scheduling.plan_to_change(sqlite_cast.coordinator, series)
    with pytest.raises(Invalid, match="This date was added to the series"):
        await series_split.change_from_date_on(sqlite_cast.coordinator, series, "2027-03-05", plan, event.version, NOW)


async def test_hours_that_the_clocks_skip_are_said_beside_who_gets_a_mail(desk: Browser, series: UUID) -> None:
    form = await edited(desk, series, date="2027-03-14", starts="02:30", ends="03:00")
    said = "This date starts at 3:30 AM and ends at 4:00 AM, because clocks go forward."
    assert said in (await desk.post(f"/events/{series}/{KEY}/impact", form)).text


async def test_hours_of_an_added_date_that_the_clocks_skip_are_said(desk: Browser, series: UUID) -> None:
    address = f"/events/{series}/dates"
    form = typed((await desk.get(address)).text, address, date="2027-03-14", starts="02:30")
    added = await desk.post(address, form)
    assert "starts at 3:30 AM" in (await desk.get(added.headers["location"])).text
