"""Changing, canceling, and restoring dates on their pages."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.cast import NOW, Cast, everyone, meeting, operation
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import Fields, form_with
from tracker import clock
from tracker.errors import Invalid
from tracker.rules.core.wording import to_local
from tracker.rules.events.events import EventStatus, Occurrence
from tracker.rules.events.plans import DateChange, Plan
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import Message
from tracker.usecases import attendance, availability
from tracker.usecases.events import occurrences, replies, scheduling, series_split

KEY = "2027-01-19"


@pytest.fixture
async def four_tuesdays(sqlite_cast: Cast) -> UUID:
    """Four weekly meetings of everyone, on Tuesdays at 10."""
    return await scheduling.schedule_event(sqlite_cast.coordinator, weekly_plan(sqlite_cast), NOW)


def weekly_plan(cast: Cast, **facts: Any) -> Plan:
    start = datetime.fromisoformat("2027-01-12 10:00")
    return meeting(*everyone(cast), starts=start, rule=rule_for_choice("weekly", start, count=4), **facts)


async def edited(browser: Browser, event_id: UUID, **changes: Any) -> Fields:
    address = f"/events/{event_id}/{KEY}/edit"
    return form_with((await browser.get(address)).text, address, **changes)


async def save(browser: Browser, event_id: UUID, form: Fields) -> Any:
    return await browser.post(f"/events/{event_id}/{KEY}/edit", form)


async def date_of(cast: Cast, event_id: UUID) -> Occurrence:
    return await occurrences.date_seen_by(cast.coordinator, event_id, KEY)


async def test_a_date_moves_and_keeps_its_address(sqlite_cast: Cast, desk: Browser, four_tuesdays: UUID) -> None:
    response = await save(
        desk, four_tuesdays, await edited(desk, four_tuesdays, date="2027-01-20", starts="13:00", ends="14:00")
    )
    assert (response.status_code, response.headers["location"]) == (303, f"/events/{four_tuesdays}/{KEY}")
    moved = await date_of(sqlite_cast, four_tuesdays)
    assert (moved.starts_at, moved.ends_at) == (
        datetime(2027, 1, 20, 19, tzinfo=UTC),
        datetime(2027, 1, 20, 20, tzinfo=UTC),
    )
    page = (await desk.get(f"/events/{four_tuesdays}/{KEY}")).text
    assert "This date was moved. In the series, it’s on Tuesday, January 19, 2027, 10:00–11:30 AM." in " ".join(
        page.split()
    )


async def test_a_date_that_only_ends_later_says_so(desk: Browser, four_tuesdays: UUID) -> None:
    await save(desk, four_tuesdays, await edited(desk, four_tuesdays, ends="12:00"))
    page = " ".join((await desk.get(f"/events/{four_tuesdays}/{KEY}")).text.split())
    assert "The end of this date was changed. In the series, it’s on Tuesday, January 19, 2027, 10:00–11:30 AM." in page
    assert "This date was moved" not in page


async def test_a_date_saved_as_it_is_stays_as_it_is(sqlite_cast: Cast, desk: Browser, four_tuesdays: UUID) -> None:
    before = await date_of(sqlite_cast, four_tuesdays)
    await save(desk, four_tuesdays, await edited(desk, four_tuesdays))
    after = await date_of(sqlite_cast, four_tuesdays)
    assert (after.starts_at, after.ends_at, after.title, after.place, after.sequence) == (
        before.starts_at,
        before.ends_at,
        before.title,
        before.place,
        before.sequence,
    )
    assert await Message.count().where(Message.kind == "update") == 0


async def test_a_title_and_an_agenda_of_its_own_are_shown_only_when_asked_for(
    sqlite_cast: Cast, desk: Browser, four_tuesdays: UUID
) -> None:
    await Message.update({Message.state: "sent"}, force=True)
    await save(desk, four_tuesdays, await edited(desk, four_tuesdays, title="Planning day", agenda="Plan 60"))
    date = await date_of(sqlite_cast, four_tuesdays)
    assert (date.title, date.agenda) == ("Planning day", "Plan 60")
    assert await Message.count().where(Message.kind == "update") == 0
    await save(desk, four_tuesdays, await edited(desk, four_tuesdays, title="", notify="all"))
    assert (await date_of(sqlite_cast, four_tuesdays)).title == "Monthly task force meeting"
    assert await Message.count().where(Message.kind == "update") == 11


async def test_what_cannot_be_taken_is_said_and_kept(desk: Browser, four_tuesdays: UUID) -> None:
    odd = await edited(desk, four_tuesdays, date="2027-02-30", ends="9", place="x" * 301, reason="Kept")
    response = await save(desk, four_tuesdays, odd)
    assert response.status_code == 422
    again = form_with(response.text, f"/events/{four_tuesdays}/{KEY}/edit")
    assert (again["reason"], again["date"], again["ends"]) == (["Kept"], ["2027-02-30"], ["9"])
    assert re.findall(r'<li><a href="#f-([a-z-]+)"', response.text) == ["date", "ends", "place"]


@pytest.mark.parametrize("form", [{}, {"version": "9" * 40}, {"date": ["", "x"]}, {"last_day": "2199-12-31"}])
async def test_half_a_form_is_answered_with_a_sentence(
    desk: Browser, four_tuesdays: UUID, form: dict[str, Any]
) -> None:
    response = await save(desk, four_tuesdays, {"starts": ["10:00"], "ends": ["11:00"], **form})
    assert response.status_code == 422


async def test_two_people_who_move_the_same_date_see_each_other(
    sqlite_cast: Cast, desk: Browser, four_tuesdays: UUID
) -> None:
    second = await edited(desk, four_tuesdays, place="FBI field office")
    change = DateChange(
        starts=datetime.fromisoformat("2027-01-20 13:00"), duration=timedelta(hours=1), place="HSI conference room"
    )
    await occurrences.change_occurrence(sqlite_cast.coordinator, four_tuesdays, KEY, change, 1, NOW)
    refused = await save(desk, four_tuesdays, second)
    assert refused.status_code == 409
    assert "<b>Place</b> is now “HSI conference room”. You typed “FBI field office”" in refused.text
    assert "<b>Day</b> is now “2027-01-20”. You had not changed it" in refused.text
    assert (
        await save(desk, four_tuesdays, form_with(refused.text, f"/events/{four_tuesdays}/{KEY}/edit"))
    ).status_code == 303
    both = await date_of(sqlite_cast, four_tuesdays)
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


async def test_one_date_is_canceled_with_its_reason_and_restored(
    sqlite_cast: Cast, desk: Browser, four_tuesdays: UUID
) -> None:
    action = f"/events/{four_tuesdays}/{KEY}/cancellation"
    await Message.update({Message.state: "sent", Message.sent_at: NOW}, force=True)
    page = (await desk.get(action)).text
    assert "Cancel this date and notify 11 people" in page
    assert (await desk.post(action, form_with(page, action, reason="Holiday week"))).status_code == 303
    assert (await date_of(sqlite_cast, four_tuesdays)).is_canceled
    page = (await desk.get(f"/events/{four_tuesdays}/{KEY}")).text
    assert "This date is canceled" in page
    assert "Holiday week" in page
    action = f"/events/{four_tuesdays}/{KEY}/restoration"
    assert (await desk.post(action, form_with(page, action))).status_code == 303
    assert not (await date_of(sqlite_cast, four_tuesdays)).is_canceled


async def test_a_date_that_is_canceled_already_says_so(sqlite_cast: Cast, desk: Browser, four_tuesdays: UUID) -> None:
    await occurrences.cancel_occurrence(sqlite_cast.coordinator, four_tuesdays, KEY, 1, "", NOW)
    assert "This date is already canceled." in (await desk.get(f"/events/{four_tuesdays}/{KEY}/cancellation")).text
    response = await desk.post(f"/events/{four_tuesdays}/{KEY}/cancellation", {"version": "2", "reason": ""})
    assert response.status_code == 409


async def test_a_reason_that_is_too_long_is_said_and_kept(
    sqlite_cast: Cast, desk: Browser, four_tuesdays: UUID
) -> None:
    response = await desk.post(f"/events/{four_tuesdays}/{KEY}/cancellation", {"version": "1", "reason": "x" * 501})
    assert response.status_code == 422
    assert "x" * 501 in response.text
    assert not (await date_of(sqlite_cast, four_tuesdays)).is_canceled


async def test_a_saved_date_says_how_many_people_are_notified(desk: Browser, four_tuesdays: UUID) -> None:
    await save(desk, four_tuesdays, await edited(desk, four_tuesdays, date="2027-01-20"))
    assert "Saved. 11 people will get an email." in (await desk.get(f"/events/{four_tuesdays}/{KEY}")).text


async def test_a_saved_date_says_that_the_emails_that_wait_are_the_only_ones(
    desk: Browser, four_tuesdays: UUID
) -> None:
    await Message.update({Message.state: "sent"}, force=True)
    await save(desk, four_tuesdays, await edited(desk, four_tuesdays, place="Annex"))
    await Message.update({Message.created_at: NOW - timedelta(seconds=9)}, force=True)
    await save(desk, four_tuesdays, await edited(desk, four_tuesdays, agenda="Budget"))
    assert "Saved. No one will get another email." in (await desk.get(f"/events/{four_tuesdays}/{KEY}")).text
    other = f"/events/{four_tuesdays}/2027-01-26"
    form = form_with((await desk.get(f"{other}/edit")).text, f"{other}/edit", agenda="Budget")
    await desk.post(f"{other}/edit", form)
    assert "Saved. No one will get an email." in (await desk.get(other)).text


async def test_only_who_moves_a_date_onto_the_day_of_another_is_asked_to_hold_both(
    desk: Browser, four_tuesdays: UUID
) -> None:
    refused = await save(desk, four_tuesdays, await edited(desk, four_tuesdays, date=""))
    assert (refused.status_code, "Hold both on the same day" in refused.text) == (422, False)


async def test_who_moves_a_date_onto_the_day_of_another_is_warned_and_may_insist(
    sqlite_cast: Cast, desk: Browser, four_tuesdays: UUID
) -> None:
    refused = await save(
        desk, four_tuesdays, await edited(desk, four_tuesdays, date="2027-01-26", starts="15:00", ends="16:00")
    )
    assert refused.status_code == 422
    again = form_with(refused.text, f"/events/{four_tuesdays}/{KEY}/edit", may_double="yes")
    assert (await save(desk, four_tuesdays, again)).status_code == 303
    assert (await date_of(sqlite_cast, four_tuesdays)).is_changed


async def test_this_and_following_dates_are_changed_in_one_form(
    sqlite_cast: Cast, desk: Browser, four_tuesdays: UUID
) -> None:
    address = f"/events/{four_tuesdays}/edit"
    page = (await desk.get(f"{address}?from={KEY}")).text
    assert "Any other change ends this series on Tue, Jan 12 and continues it as a new one" in page
    response = await desk.post(address, form_with(page, address, starts="09:00", ends="10:30", save="send"))
    new = UUID(response.headers["location"].rpartition("/")[2])
    assert new != four_tuesdays
    onward = await occurrences.dates_in_series(
        sqlite_cast.coordinator, await scheduling.event_seen_by(sqlite_cast.coordinator, new)
    )
    assert [f"{one.key} {one.starts_at:%H}" for one in onward] == ["2027-01-19 15", "2027-01-26 15", "2027-02-02 15"]


async def test_this_and_following_dates_are_canceled_by_one_choice(
    sqlite_cast: Cast, desk: Browser, four_tuesdays: UUID
) -> None:
    address = f"/events/{four_tuesdays}/{KEY}/cancellation"
    page = (await desk.get(f"{address}?which=following")).text
    response = await desk.post(address, form_with(page, address))
    assert response.headers["location"] == f"/events/{four_tuesdays}"
    shown = (await desk.get(response.headers["location"])).text
    assert "Canceled 3 dates, starting Tue, Jan 19. 11 people will get an email." in shown


async def test_a_date_is_added_to_a_series(sqlite_cast: Cast, desk: Browser, four_tuesdays: UUID) -> None:
    address = f"/events/{four_tuesdays}/dates"
    page = (await desk.get(address)).text
    assert (await desk.post(address, form_with(page, address, date="2027-01-12"))).status_code == 422
    response = await desk.post(address, form_with(page, address, date="2027-01-21", starts="14:00"))
    assert response.headers["location"] == f"/events/{four_tuesdays}/2027-01-21"


async def test_the_form_says_who_gets_an_email_before_it_is_saved(desk: Browser, four_tuesdays: UUID) -> None:
    address = f"/events/{four_tuesdays}/{KEY}"
    await Message.update({Message.state: "sent"}, force=True)
    assert "No one will get an email." in (await desk.get(f"{address}/edit")).text
    form = await edited(desk, four_tuesdays, place="Annex")
    assert "will get an update." in (await desk.post(f"{address}/impact", form)).text
    form = await edited(desk, four_tuesdays, date="odd")
    assert "Finish the form to see this" in (await desk.post(f"{address}/impact", form)).text


async def test_the_form_of_a_date_that_is_over_says_who_is_asked_again_when_it_moves_to_a_day_to_come(
    sqlite_cast: Cast, browse: SignIn, four_tuesdays: UUID
) -> None:
    cast = sqlite_cast
    await replies.record_own_reply(cast.fbi_lead, four_tuesdays, KEY, ReplyValue.ACCEPTED, "", NOW, for_series=False)
    clock.start_at(datetime(2027, 1, 20, 15, tzinfo=UTC), is_still=True)
    desk = await browse(cast.coordinator)
    form = await edited(desk, four_tuesdays, date="2027-01-22")
    page = (await desk.post(f"/events/{four_tuesdays}/{KEY}/impact", form)).text
    assert "1 person will be asked to reply again" in page
    await save(desk, four_tuesdays, form)
    asked = await replies.my_reply(cast.fbi_lead, await date_of(cast, four_tuesdays))
    assert asked is not None
    assert asked[1] is not None
    assert asked[1].value is ReplyValue.NEEDS_ACTION


async def test_before_a_date_is_added_the_form_says_who_gets_an_email_and_which_reminders_come(
    sqlite_cast: Cast, desk: Browser, four_tuesdays: UUID
) -> None:
    address, people = f"/events/{four_tuesdays}/dates", len(everyone(sqlite_cast))
    await Message.update({Message.state: "sent", Message.sent_at: NOW}, force=True)
    page = (await desk.get(address)).text
    assert "Finish the form to see this" in page
    form = form_with(page, address, date="2027-01-21", starts="14:00")
    said = (await desk.post(f"{address}/impact", form)).text
    assert f"{people} people will get an update." in said
    assert f"New reminders for {people + 1} people (1 date)" in said
    assert "Finish the form to see this" in (await desk.post(f"{address}/impact", {**form, "date": "2027-01-19"})).text
    assert (await desk.post(address, form)).status_code == 303
    assert await Message.count().where(Message.state == "pending") == people


@pytest.mark.parametrize("form_at", ["dates", f"{KEY}/edit"])
async def test_who_is_double_booked_by_a_date_and_what_else_is_against_it_is_named_before_it_is_saved(
    sqlite_cast: Cast, desk: Browser, four_tuesdays: UUID, form_at: str
) -> None:
    at = datetime.fromisoformat("2027-01-21 10:00")
    await scheduling.schedule_event(
        sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, title="Training", starts=at), NOW
    )
    hidden = operation(sqlite_cast.kcpd_detective, starts=at)
    await scheduling.schedule_event(sqlite_cast.fbi_lead, hidden, NOW)
    agency = sqlite_cast.agencies["HSI"]
    await availability.set_blackout(sqlite_cast.coordinator, agency, at.date(), None, "Range week", NOW, NOW.date())
    address = f"/events/{four_tuesdays}/{form_at}"
    form = form_with((await desk.get(address)).text, address, date="2027-01-21", starts="10:30")
    page = (await desk.post(address.removesuffix("/edit") + "/impact", form)).text
    assert "Training, Thu, Jan 21, 10:00 AM: Fbi lead (FBI)" in page
    assert "HSI, Thu, Jan 21 (Range week)" in page
    assert "Kcpd detective" not in page  # taken by an operation that the coordinator does not see


async def test_before_a_date_is_canceled_or_restored_the_page_says_what_it_does(
    desk: Browser, four_tuesdays: UUID, sqlite_cast: Cast
) -> None:
    address, people = f"/events/{four_tuesdays}/{KEY}", len(everyone(sqlite_cast))
    await Message.update({Message.state: "sent", Message.sent_at: NOW}, force=True)
    page = (await desk.get(f"{address}/cancellation")).text
    assert page.count(f"{people} people will get an email that it’s canceled.") == 1
    assert "these dates are canceled" not in page
    assert f"Reminders canceled for {people + 1} people (1 date)" in page
    await desk.post(f"{address}/cancellation", form_with(page, f"{address}/cancellation"))
    await Message.update({Message.state: "sent", Message.sent_at: NOW}, force=True)
    page = (await desk.get(address)).text
    assert "When you restore it" in page
    assert f"New reminders for {people + 1} people (1 date)" in page
    assert f"Restore this date and notify {people} people" in page


async def test_a_date_of_whose_cancellation_no_one_heard_is_restored_without_telling_anyone(
    desk: Browser, four_tuesdays: UUID
) -> None:
    address = f"/events/{four_tuesdays}/{KEY}"
    await Message.update({Message.state: "sent", Message.sent_at: NOW - timedelta(days=1)}, force=True)
    page = (await desk.get(f"{address}/cancellation")).text
    await desk.post(f"{address}/cancellation", form_with(page, f"{address}/cancellation"))
    page = (await desk.get(address)).text
    assert "<dd>No one will get an email.</dd>" in page
    assert re.search(r">\s*Restore this date\s*</button>", page)


async def test_who_may_not_edit_a_date_is_not_shown_whom_it_would_email(
    sqlite_cast: Cast, browse: SignIn, four_tuesdays: UUID
) -> None:
    response = await (await browse(sqlite_cast.caht_lead)).post(
        f"/events/{four_tuesdays}/{KEY}/impact", {"place": "Annex"}
    )
    assert response.status_code == 403


async def test_a_date_that_was_added_is_changed_alone_and_no_series_begins_with_it(
    sqlite_cast: Cast, desk: Browser, four_tuesdays: UUID
) -> None:
    added = f"/events/{four_tuesdays}/2027-03-05"
    form = form_with(
        (await desk.get(f"/events/{four_tuesdays}/dates")).text, f"/events/{four_tuesdays}/dates", date="2027-03-05"
    )
    assert (await desk.post(f"/events/{four_tuesdays}/dates", form)).headers["location"] == added
    page = (await desk.get(f"{added}/edit")).text
    assert "all that follow" not in page
    assert "Edit the whole series" in page
    led = await desk.get(f"/events/{four_tuesdays}/edit?from=2027-03-05")
    assert (led.status_code, led.headers["location"]) == (303, f"{added}/edit")
    event, plan = await scheduling.plan_to_change(sqlite_cast.coordinator, four_tuesdays)
    with pytest.raises(Invalid, match="This date was added to the series"):
        await series_split.change_from_date_on(
            sqlite_cast.coordinator, four_tuesdays, "2027-03-05", plan, event.version, NOW
        )


async def test_hours_that_the_clocks_skip_are_said_beside_who_gets_an_email(desk: Browser, four_tuesdays: UUID) -> None:
    form = await edited(desk, four_tuesdays, date="2027-03-14", starts="02:30", ends="03:00")
    said = "This date starts at 3:30 AM and ends at 4:00 AM, because clocks go forward."
    assert said in (await desk.post(f"/events/{four_tuesdays}/{KEY}/impact", form)).text


async def test_hours_of_an_added_date_that_the_clocks_skip_are_said(desk: Browser, four_tuesdays: UUID) -> None:
    address = f"/events/{four_tuesdays}/dates"
    form = form_with((await desk.get(address)).text, address, date="2027-03-14", starts="02:30")
    added = await desk.post(address, form)
    assert "starts at 3:30 AM" in (await desk.get(added.headers["location"])).text


CANCELLATIONS_KEY, HELD = "2027-01-19", "2026-12-08"


@pytest.fixture
async def tuesdays(sqlite_cast: Cast) -> UUID:
    """A series of five Tuesdays from January 12 on; three people have their invitation."""
    cast = sqlite_cast
    plan = meeting(
        cast.fbi_lead, cast.caht_lead, cast.hsi_liaison, rule=rule_for_choice("weekly", meeting().starts, count=5)
    )
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW - timedelta(days=1))
    await Message.update({Message.state: "sent", Message.sent_at: NOW - timedelta(days=1)}, force=True)
    return event_id


@pytest.fixture
async def held_series(sqlite_cast: Cast) -> UUID:
    """A series of which one date is over, with closed attendance."""
    cast, starts = sqlite_cast, datetime(2026, 12, 8, 10)  # noqa: DTZ001 - local to the zone
    plan = meeting(cast.fbi_lead, starts=starts, rule=rule_for_choice("weekly", starts, count=3))
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW - timedelta(days=20))
    await attendance.close_attendance(cast.coordinator, event_id, HELD, datetime(2026, 12, 8, 18, tzinfo=UTC))
    await Message.update({Message.state: "sent", Message.sent_at: NOW - timedelta(days=1)}, force=True)
    return event_id


def heading(page: str) -> str:
    [text] = re.findall(r'<h1 id="cancel-h">(.*?)</h1>', page)
    return str(text)


async def test_heading_and_button_name_the_scope_that_was_chosen(desk: Browser, tuesdays: UUID) -> None:
    address = f"/events/{tuesdays}/{CANCELLATIONS_KEY}/cancellation"
    single, following = [(await desk.get(f"{address}?which={scope}")).text for scope in ("one", "following")]
    assert (heading(single), heading(following)) == ("Cancel this date", "Cancel 4 dates")
    assert "Cancel this date and notify 3 people" in single
    assert "Cancel 4 dates and notify 3 people" in following
    assert "4 dates, starting Tue, Jan 19" in single


async def test_the_reason_of_a_restricted_event_is_not_promised_in_the_email(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.hsi_liaison), NOW)
    page = (await (await browse(sqlite_cast.fbi_lead)).get(f"/events/{event_id}/cancellation")).text
    assert "Shown on its page. Don’t include" in page
    assert "Shown in the email" not in page


async def test_the_reason_of_a_changed_date_is_promised_in_the_email_only_where_an_email_shows_it(
    sqlite_cast: Cast, desk: Browser, browse: SignIn, four_tuesdays: UUID
) -> None:
    start, lead = datetime.fromisoformat("2027-01-12 18:00"), sqlite_cast.fbi_lead
    rule = rule_for_choice("weekly", start, count=4)
    restricted = await scheduling.schedule_event(lead, operation(sqlite_cast.hsi_liaison, starts=start, rule=rule), NOW)
    draft = await scheduling.schedule_event(
        sqlite_cast.coordinator, weekly_plan(sqlite_cast, status=EventStatus.DRAFT), NOW
    )
    promised = [
        "Shown in the email. Don’t include" in (await browser.get(f"/events/{event_id}/{KEY}/edit")).text
        for browser, event_id in ((desk, four_tuesdays), (await browse(lead), restricted), (desk, draft))
    ]
    assert promised == [True, False, False]
    assert "Shown in its history. Don’t include" in (await desk.get(f"/events/{draft}/{KEY}/edit")).text


async def test_the_scope_is_chosen_before_the_page_says_what_happens(desk: Browser, tuesdays: UUID) -> None:
    page = (await desk.get(f"/events/{tuesdays}/{CANCELLATIONS_KEY}/cancellation")).text
    assert page.index("Which dates") < page.index("When you cancel") < page.index("Cancel this date and notify")


async def test_without_scripts_the_scope_is_chosen_by_a_form_of_its_own(desk: Browser, tuesdays: UUID) -> None:
    address = f"/events/{tuesdays}/{CANCELLATIONS_KEY}/cancellation"
    page = (await desk.get(address)).text
    [chosen] = re.findall(rf'<form class="tt-form" method="get" action="{address}">(.*?)</form>', page, re.DOTALL)
    assert "Continue</button>" in chosen
    confirmed = (await desk.get(f"{address}?which=following")).text
    assert '<input type="hidden" name="which" value="following">' in confirmed


async def test_the_message_afterward_has_the_numbers_of_the_button(desk: Browser, tuesdays: UUID) -> None:
    address = f"/events/{tuesdays}/{CANCELLATIONS_KEY}/cancellation"
    page = (await desk.get(f"{address}?which=following")).text
    response = await desk.post(address, form_with(page, address))
    shown = (await desk.get(response.headers["location"])).text
    assert "Canceled 4 dates, starting Tue, Jan 19. 3 people will get an email." in shown
    assert ">Undo<" in shown


async def test_canceling_the_rest_of_a_series_leads_to_the_page_of_the_series(desk: Browser, tuesdays: UUID) -> None:
    address = f"/events/{tuesdays}/{CANCELLATIONS_KEY}/cancellation"
    page = (await desk.get(f"{address}?which=following")).text
    response = await desk.post(address, form_with(page, address))
    assert response.headers["location"] == f"/events/{tuesdays}"


async def test_the_message_after_canceling_the_last_date_and_those_after_it_names_it(
    desk: Browser, tuesdays: UUID
) -> None:
    address = f"/events/{tuesdays}/2027-02-09/cancellation"
    page = (await desk.get(f"{address}?which=following")).text
    response = await desk.post(address, form_with(page, address))
    assert "Canceled 1 date: Tue, Feb 9. 3 people" in (await desk.get(response.headers["location"])).text


async def test_dates_that_are_canceled_already_do_not_count(sqlite_cast: Cast, desk: Browser, tuesdays: UUID) -> None:
    await occurrences.cancel_occurrence(sqlite_cast.coordinator, tuesdays, "2027-01-26", 1, "", NOW)
    page = (await desk.get(f"/events/{tuesdays}/{CANCELLATIONS_KEY}/cancellation?which=following")).text
    assert heading(page) == "Cancel 3 dates"
    whole = (await desk.get(f"/events/{tuesdays}/cancellation")).text
    assert heading(whole) == "Cancel all 4 dates"
    assert "Which dates" not in whole


async def test_what_cannot_be_canceled_together_says_why_and_has_no_button(
    sqlite_cast: Cast, desk: Browser, tuesdays: UUID
) -> None:
    version = (await scheduling.event_seen_by(sqlite_cast.coordinator, tuesdays)).version
    await series_split.cancel_from_date_on(sqlite_cast.coordinator, tuesdays, "2027-01-26", version, "", NOW)
    address = f"/events/{tuesdays}/2027-01-26/cancellation"
    assert (await desk.get(f"{address}?which=following")).status_code == 404


async def test_a_held_date_asks_what_becomes_of_its_record_and_announces_no_email(
    desk: Browser, held_series: UUID
) -> None:
    address = f"/events/{held_series}/{HELD}/cancellation"
    page = (await desk.get(address)).text
    assert "Attendance is closed. What happens to its record?" in page
    assert "No one is notified because this date is over." in page
    assert re.search(r">\s*Cancel this date\s*</button>", page)
    assert "Which dates" not in page
    response = await desk.post(address, form_with(page, address))
    shown = (await desk.get(response.headers["location"])).text
    assert "Canceled. Its attendance stays in reports. No one will get an email." in shown
    assert "It was held, and its attendance stays in reports." in shown
    assert "See who was there" in shown
    sheet = (await desk.get(f"/events/{held_series}/{HELD}/attendance")).text
    assert "To correct a mark, restore it first." in sheet
    assert "Reopen" not in sheet
    assert await Message.count().where(Message.state == "pending") == 0


async def test_a_held_date_is_not_canceled_while_the_question_is_open(
    sqlite_cast: Cast, desk: Browser, held_series: UUID
) -> None:
    address = f"/events/{held_series}/{HELD}/cancellation"
    form = form_with((await desk.get(address)).text, address, reason="Kept") | {"record": []}
    refused = await desk.post(address, form)
    assert refused.status_code == 422
    assert "Choose whether its record stays in reports." in refused.text
    assert form_with(refused.text, address)["reason"] == ["Kept"]
    assert not (await occurrences.date_seen_by(sqlite_cast.coordinator, held_series, HELD)).is_canceled


async def test_a_date_that_did_not_take_place_leaves_the_reports(desk: Browser, held_series: UUID) -> None:
    address = f"/events/{held_series}/{HELD}/cancellation"
    response = await desk.post(address, form_with((await desk.get(address)).text, address, record="remove"))
    shown = (await desk.get(response.headers["location"])).text
    assert "Canceled. It is removed from reports. No one will get an email." in shown
    assert "so reports count it as canceled." in shown
