"""Scheduling: the form, what it says while it is filled in, and what sending it does."""

import re
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.cast import NOW, Cast, meeting, operation
from tests.database.others import another_writer
from tests.database.statements import noted
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import Fields, form_with, ids
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.roster.meetings import MeetingSiteFacts
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.events import Event
from tracker.usecases import availability
from tracker.usecases.events import occurrences, scheduling
from tracker.usecases.roster import agencies

MONTHLY: dict[str, Any] = {
    "title": "Monthly task force meeting",
    "date": "2027-01-14",
    "starts": "14:00",
    "ends": "15:30",
    "repeat": "monthly_nth",
    "place": "USAO conference room",
    "save": "send",
}
MADE_EACH_TIME = re.compile(r'name="(?:form_id|csrf|_draft)" value="[^"]*"')
"""What differs whenever a form is shown."""


async def monthly_form(browser: Browser, address: str = "/schedule", **changes: Any) -> Fields:
    return form_with((await browser.get(address)).text, "/events", **{**MONTHLY, **changes})


async def send_monthly(browser: Browser, **changes: Any) -> httpx.Response:
    return await browser.post("/events", await monthly_form(browser, **changes))


async def plan_behind(viewer: Viewer, response: httpx.Response) -> Any:
    assert response.status_code == 303, response.text
    event_id = re.fullmatch(r"/events/([0-9a-f-]{36})", response.headers["location"])
    assert event_id
    return (await scheduling.plan_to_change(viewer, event_id[1]))[1]


async def test_a_member_without_a_task_of_that_kind_schedules_nothing(sqlite_cast: Cast, browse: SignIn) -> None:
    detective = await browse(sqlite_cast.kcpd_detective)
    assert (await detective.get("/schedule")).status_code == 403
    assert (await detective.get("/schedule/preview")).status_code == 403
    assert (await detective.post("/events", MONTHLY)).status_code == 403
    assert (await detective.post("/schedule/summary", MONTHLY)).status_code == 403


async def test_a_monthly_series_for_all_agencies_is_one_form(sqlite_cast: Cast, desk: Browser) -> None:
    response = await send_monthly(desk, agency=list(sqlite_cast.agencies.values()), agenda="Welcome 5\r\nServices 20")
    plan = await plan_behind(sqlite_cast.coordinator, response)
    assert (plan.rrule, len(plan.invitees), plan.agenda) == (
        "FREQ=MONTHLY;BYDAY=2TH;UNTIL=20271209T200000Z",
        12,
        "Welcome 5\nServices 20",
    )
    assert await Message.count().where(Message.kind == "invitation") == 11


async def test_the_same_form_sent_twice_makes_one_event(sqlite_cast: Cast, desk: Browser) -> None:
    form = await monthly_form(desk)
    first, second = [await desk.post("/events", form) for _ in range(2)]
    assert first.headers["location"] == second.headers["location"]
    assert len(await occurrences.dates_between(sqlite_cast.coordinator, NOW, NOW.replace(year=2029))) == 12


async def test_a_form_that_is_sent_again_with_another_title_makes_another_event(desk: Browser) -> None:
    form = await monthly_form(desk)
    first = await desk.post("/events", form)
    second = await desk.post("/events", {**form, "title": "Another"})
    assert first.headers["location"] != second.headers["location"]


async def test_only_the_buttons_that_say_so_send_anything(sqlite_cast: Cast, desk: Browser) -> None:
    for pressed in ("show", "", "something else"):
        response = await send_monthly(desk, save=pressed, person=ids(sqlite_cast.fbi_lead))
        assert response.status_code == 200
        assert 'value="Monthly task force meeting"' in response.text
        assert "1 person from 1 agency: FBI 1." in response.text
    assert not await Message.exists()


async def test_a_draft_tells_no_one_and_is_seen_by_no_one_else(
    sqlite_cast: Cast, desk: Browser, browse: SignIn
) -> None:
    response = await send_monthly(desk, save="draft", person=ids(sqlite_cast.fbi_lead))
    page = await desk.get(response.headers["location"])
    assert "This is a draft" in page.text
    assert (await (await browse(sqlite_cast.fbi_lead)).get(response.headers["location"])).status_code == 404
    assert not await Message.exists()


async def test_what_cannot_be_taken_is_said_at_once_and_nothing_typed_is_lost(sqlite_cast: Cast, desk: Browser) -> None:
    response = await send_monthly(
        desk,
        title=" ",
        ends="13:00",
        interval="no",
        video_link="javascript:alert(1)",
        agenda="Kept 5",
        person=ids(sqlite_cast.fbi_lead),
        description="<b>kept too</b>",
    )
    assert response.status_code == 422
    links = re.findall(r'<li><a href="#(f-[a-z-]+)">', response.text)
    assert links == ["f-title", "f-ends", "f-interval", "f-video-link"]  # above the form
    again = form_with(response.text, "/events")
    assert again["agenda"] == ["Kept 5"]
    assert again["person"] == ids(sqlite_cast.fbi_lead)
    assert again["description"] == ["<b>kept too</b>"]
    assert again["video_link"] == ["javascript:alert(1)"]
    assert all(f'id="{link}"' in response.text for link in links)


async def test_an_operation_is_for_named_people_unless_someone_chose_otherwise(desk: Browser) -> None:
    fields = form_with((await desk.get("/schedule?kind=joint_operation&date=2027-02-03")).text, "/events")
    assert (fields["visibility"], fields["date"]) == (["named"], ["2027-02-03"])
    switched = await send_monthly(desk, kind="joint_operation")
    assert switched.status_code == 422
    assert "Operations are for named people unless you decide otherwise." in switched.text
    knowingly = await desk.post("/events", form_with(switched.text, "/events", save="send"))
    assert knowingly.status_code == 303


async def test_a_named_event_needs_its_names(desk: Browser) -> None:
    response = await send_monthly(desk, visibility="named")
    assert response.status_code == 422
    assert "Choose the people who can see it." in response.text


async def test_someone_of_a_ticked_agency_can_be_left_out_and_others_be_optional_or_informed(
    sqlite_cast: Cast, desk: Browser
) -> None:
    caht = sqlite_cast.caht_lead, sqlite_cast.caht_alternate
    response = await send_monthly(
        desk,
        agency=[str(sqlite_cast.agencies["CAHT"])],
        person=ids(sqlite_cast.fbi_lead, sqlite_cast.hhs_liaison),
        **{
            f"role-{caht[1].member_id}": "out",
            f"role-{sqlite_cast.fbi_lead.member_id}": "optional",
            f"role-{sqlite_cast.hhs_liaison.member_id}": "informed",
        },
    )
    plan = await plan_behind(sqlite_cast.coordinator, response)
    assert plan.invitees == {
        sqlite_cast.coordinator.member_id: AttendeeRole.CHAIR,
        caht[0].member_id: AttendeeRole.REQUIRED,
        sqlite_cast.fbi_lead.member_id: AttendeeRole.OPTIONAL,
        sqlite_cast.hhs_liaison.member_id: AttendeeRole.INFORMED,
    }


async def test_a_committee_is_invited_by_the_primaries_of_its_seats(sqlite_cast: Cast, desk: Browser) -> None:
    response = await send_monthly(desk, seats=[str(sqlite_cast.committees["services"])])
    plan = await plan_behind(sqlite_cast.coordinator, response)
    members = {sqlite_cast.caht_lead, sqlite_cast.harbor_advocate, sqlite_cast.bridge_advocate, sqlite_cast.coordinator}
    assert set(plan.invitees) == {one.member_id for one in members}


async def test_a_lead_is_offered_the_own_arm_and_named_people_alone(sqlite_cast: Cast, browse: SignIn) -> None:
    page = (await (await browse(sqlite_cast.fbi_lead)).get("/schedule")).text
    assert re.findall(r'name="visibility" id="[a-z0-9-]+" value="([a-z_]+)"', page) == ["law_enforcement", "named"]
    assert "Harbor House · 1 person" in page  # they share the steering committee
    assert "Bridge Legal" not in page


async def test_what_is_not_offered_is_not_taken(sqlite_cast: Cast, browse: SignIn) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    wide = await send_monthly(lead, visibility="all")
    stranger = await send_monthly(lead, visibility="named", person=ids(sqlite_cast.bridge_advocate))
    assert (wide.status_code, stranger.status_code) == (422, 422)
    assert "Choose who can see it from the list." in wide.text
    assert "You can’t invite one of these people." in stranger.text
    assert "Bridge advocate" not in stranger.text


async def test_a_chair_schedules_for_the_committee(sqlite_cast: Cast, browse: SignIn) -> None:
    chair = await browse(sqlite_cast.caht_lead)
    services = sqlite_cast.committees["services"]
    response = await send_monthly(chair, visibility="committee", committee=services, seats=[services])
    plan = await plan_behind(sqlite_cast.caht_lead, response)
    assert plan.committee_id == services


ODD: tuple[dict[str, Any], ...] = (
    {"date": "2027-02-30"},
    {"date": "9999-12-31"},
    {"date": "0001-01-01"},
    {"date": "\x00"},
    {"starts": "25:00"},
    {"ends": "14:00"},
    {"repeat": "hourly"},
    {"repeat": "monthly_day", "date": "2027-01-31"},
    {"interval": "9" * 5000},
    {"interval": "0"},
    {"count": "-1"},
    {"count": "1000000"},
    {"until": "2026-01-01"},
    {"until": "2027-06-01", "count": "3"},
    {"kind": "party"},
    {"visibility": ""},
    {"visibility": "committee"},
    {"committee": "no id"},
    {"person": "no id", "visibility": "named"},
    {"title": "x" * 201},
    {"title": "\u202e\x00"},
    {"agenda": "a\n" * 5000},
    {"video_link": "https://["},
    {"video_link": "http://example.org"},
    {"last_day": "2027-03-14"},
    {"last_day": "2199-01-01", "all_day": "yes"},
    {"title": ["", "second"]},
    {"weekdays": ["7", "x"], "repeat": "weekly", "date": ""},
)


@pytest.mark.parametrize("odd", ODD)
async def test_odd_input_is_answered_with_a_sentence(desk: Browser, odd: dict[str, Any]) -> None:
    response = await send_monthly(desk, **odd)
    assert response.status_code == 422
    assert 'id="error-summary"' in response.text


PART = b'--x\r\nContent-Disposition: form-data; name="'
ODD_CONTENTS = (
    ("application/x-www-form-urlencoded", b"_csrf=TOKEN&title=%%ff%00&date=\xff\xfe&%ff=1&=&&save=send"),
    ("application/x-www-form-urlencoded", b"_csrf=TOKEN"),
    (
        "multipart/form-data; boundary=x",
        PART + b'_csrf"\r\n\r\nTOKEN\r\n' + PART + b'title"; filename="a.txt"\r\n\r\nhi\r\n--x--\r\n',
    ),
    ("multipart/form-data; boundary=x", PART + b'title"\r\n\r\n\xff\xfe\r\n--x--\r\n'),
    (
        "multipart/form-data; boundary=x",
        PART + b'title"\r\nContent-Type: text/plain; charset=none\r\n\r\nx\r\n--x--\r\n',
    ),
    ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
    ("multipart/form-data", b"--x"),
    ("application/json", b"{"),
    ("", b"\x00"),
)


@pytest.mark.parametrize(("kind", "body"), ODD_CONTENTS)
async def test_odd_bytes_and_files_never_break_the_form(desk: Browser, kind: str, body: bytes) -> None:
    token = (await monthly_form(desk))["_csrf"][0]
    response = await desk.send(
        "POST",
        "/events",
        content=body.replace(b"TOKEN", token.encode()),
        headers={"Content-Type": kind, "Origin": "http://tracker.test", "Sec-Fetch-Site": "same-origin"},
    )
    assert response.status_code < 500


async def test_the_dates_are_named_while_they_are_typed(desk: Browser) -> None:
    query = {"date": "2026-12-25", "starts": "14:00", "ends": "15:00", "repeat": "weekly", "count": "3"}
    part = (await desk.get("/schedule/preview", params=query)).text
    assert "Every week on Friday, 2:00–3:00 PM Central, until Jan 8, 2027 (3 times)." in part
    assert re.findall(r"<li[^>]*>([^<]+)</li>", part) == ["Fri, Dec 25, 2026", "Fri, Jan 1, 2027", "Fri, Jan 8, 2027"]
    assert "is Christmas Day" in part
    assert "Every month on the fourth Friday</option>" in part
    part = (await desk.get("/schedule/preview", params={**query, "count": "12"})).text
    assert re.findall(r"<li[^>]*>([^<]+)</li>", part)[4:] == ["Fri, Jan 22, 2027", "and 7 more"]


async def test_the_ways_to_repeat_are_worded_again_only_for_another_first_day(desk: Browser) -> None:
    query = {"date": "2027-01-14", "labels_for": "2027-01-14", "starts": "14:00", "ends": "15:00", "repeat": "none"}
    assert "<select" not in (await desk.get("/schedule/preview", params=query)).text
    assert "<select" in (await desk.get("/schedule/preview", params={**query, "date": "2027-01-15"})).text


async def test_the_end_of_a_series_opens_by_itself_when_an_event_becomes_one(desk: Browser) -> None:
    query = {"date": "2027-01-14", "labels_for": "2027-01-14", "starts": "14:00", "ends": "15:00", "repeat": "weekly"}
    part = (await desk.get("/schedule/preview", params={**query, "interval": "2"})).text
    assert '<details class="tt-d" id="ends" open hx-swap-oob="outerHTML">' in part
    assert re.search(r'name="interval"[^>]*value="2"', part)
    assert 'id="ends"' not in (await desk.get("/schedule/preview", params={**query, "ends_for": "weekly"})).text


async def test_the_days_of_the_week_and_when_weeks_start_are_offered_only_where_they_matter(desk: Browser) -> None:
    query = {"date": "2027-01-14", "labels_for": "2027-01-14", "starts": "14:00", "ends": "15:00"}

    async def offers(**fields: str | list[str]) -> list[bool]:
        part = (await desk.get("/schedule/preview", params={**query, **fields})).text
        days = part.partition('id="ends"')[2].partition('name="weekdays"')[0]
        weeks = part.partition('id="week-starts"')[2].partition(">")[0]
        return ["tt-noscript" not in html for html in (days, weeks)]

    assert await offers(repeat="monthly_nth") == [False, False]
    assert await offers(repeat="weekly", weekdays=["1", "3"]) == [True, False]
    assert await offers(repeat="weekly", weekdays=["1", "3"], interval="2") == [True, True]
    several = {"repeat": "weekly", "ends_for": "weekly", "weekdays": ["1", "3"], "interval": "2"}
    part = (await desk.get("/schedule/preview", params={**query, **several})).text
    assert re.search(r'<div\s+id="week-starts" hx-swap-oob="outerHTML">', part)
    assert 'id="ends"' not in part


FOLDED = ("Who can see this", "Several days", "Other reminders", "Agenda and notes", "Mark it as controlled")


async def test_an_empty_form_folds_what_few_events_need_and_a_value_opens_it(sqlite_cast: Cast, desk: Browser) -> None:
    def opened(page: str) -> list[str]:
        found = re.findall(r"<details([^>]*)>\s*<summary>\s*([^<]+)", page)
        return [name for name in FOLDED if any(words.startswith(name) and "open" in how for how, words in found)]

    page = (await desk.get("/schedule")).text
    assert opened(page) == []
    assert all(name in page for name in FOLDED[:-1])
    form = form_with(
        page, "/events", agenda="Welcome 5", last_day="2026-12-17", visibility="law_enforcement", save="show"
    )
    assert opened((await desk.post("/events", form)).text) == ["Who can see this", "Several days", "Agenda and notes"]
    wrong = form_with(page, "/events", title="Call", zone="Mars", description="x" * 50_000, save="send")
    assert opened((await desk.post("/events", wrong)).text) == ["Several days", "Agenda and notes"]


async def test_the_end_of_a_series_is_open_in_the_form_of_a_series_alone(desk: Browser) -> None:
    """For another event it is there only without scripts."""
    assert '<details class="tt-d tt-noscript" id="ends">' in (await desk.get("/schedule")).text
    again = await send_monthly(desk, save="show")
    assert '<details class="tt-d" id="ends" open>' in again.text


async def test_dates_that_mean_nothing_yet_say_why(desk: Browser) -> None:
    part = await desk.get("/schedule/preview", params={"date": "", "starts": "x", "repeat": "weekly"})
    assert part.status_code == 200
    assert "Choose a date." in part.text


async def test_a_way_to_repeat_that_the_first_day_does_not_have_stays_chosen(desk: Browser) -> None:
    query = {"date": "2027-01-31", "starts": "14:00", "ends": "15:00", "repeat": "monthly_day"}
    part = (await desk.get("/schedule/preview", params=query)).text
    assert '<option value="monthly_day" selected>' in part
    assert "Not every month has a day 31." in part


async def test_the_panel_says_who_gets_what(sqlite_cast: Cast, desk: Browser) -> None:
    form = await monthly_form(desk, agency=[str(sqlite_cast.agencies["KCPD"])], kind="joint_operation")
    part = (await desk.post("/schedule/summary", form)).text
    assert "2 people from 1 agency: KCPD 2." in part
    assert "<dt>Reply by</dt><dd>Tue, Jan 12, 5:00 PM</dd>" in part
    assert "Only you and 2 named people" in part
    assert "Emails say only “Task force event: please sign in and reply”" in part
    assert 'value="named" checked' in part


async def test_the_panel_says_in_a_sentence_of_its_own_who_is_informed_only(sqlite_cast: Cast, desk: Browser) -> None:
    informed = {f"role-{sqlite_cast.fbi_lead.member_id}": "informed"}
    form = await monthly_form(
        desk, agency=[str(sqlite_cast.agencies["KCPD"])], person=ids(sqlite_cast.fbi_lead), **informed
    )
    part = " ".join((await desk.post("/schedule/summary", form)).text.split())
    assert re.search(r"KCPD \d\. 1 of them informed only, not asked to reply\.", part)


async def test_the_panel_of_an_event_that_is_not_theirs_is_not_found(sqlite_cast: Cast, desk: Browser) -> None:
    hidden = await scheduling.schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.hsi_liaison), NOW)
    response = await desk.post("/schedule/summary", await monthly_form(desk, event=hidden))
    assert response.status_code == 404


async def test_the_lead_of_an_event_is_always_on_its_list(sqlite_cast: Cast, desk: Browser) -> None:
    response = await send_monthly(desk)
    event_id = response.headers["location"].rpartition("/")[2]
    assert await invitees_of(event_id) == {sqlite_cast.coordinator.member_id: AttendeeRole.CHAIR}


async def test_a_date_on_a_holiday_is_left_out_as_chosen(sqlite_cast: Cast, browse: SignIn) -> None:
    desk = await browse(sqlite_cast.coordinator)
    asked = "/schedule/preview?date=2027-01-11&starts=09:00&ends=10:00&repeat=weekly&count=2"
    assert "Mon, Jan 18, 2027 is Martin Luther King Jr. Day" in (await desk.get(asked)).text
    assert "Jan 18, 2027</li>" not in (await desk.get(f"{asked}&holiday-2027-01-18=skip")).text


NEXT_WEEK = "Move it to the next week"


async def test_the_next_week_is_offered_only_where_the_series_has_no_other_date(desk: Browser) -> None:
    asked = "/schedule/preview?date=2027-01-11&starts=09:00&ends=10:00&count=3&repeat="
    weekly = (await desk.get(f"{asked}weekly")).text
    assert "is Martin Luther King Jr. Day" in weekly
    assert NEXT_WEEK not in weekly
    left_out = (await desk.get(f"{asked}weekly&holiday-2027-01-25=skip")).text
    assert NEXT_WEEK in left_out
    assert NEXT_WEEK in (await desk.get(asked.replace("01-11", "01-18") + "monthly_nth")).text


async def test_hours_that_the_clocks_skip_are_said_while_they_are_typed(desk: Browser) -> None:
    asked = "/schedule/preview?date=2027-03-14&starts=02:30&ends=04:00&repeat=none"
    said = "This date starts at 3:30 AM and ends at 5:00 AM, because clocks go forward."
    assert said in (await desk.get(asked)).text
    assert "clocks" not in (await desk.get(f"{asked}&all_day=yes")).text


async def test_the_count_of_an_agency_follows_every_way_to_invite(sqlite_cast: Cast, desk: Browser) -> None:
    page = (await desk.get("/schedule")).text
    agency = str(sqlite_cast.agencies["FBI"])
    assert f'<span id="in-{agency}">0 of 2 invited</span>' in page
    part = (await desk.post("/schedule/summary", form_with(page, "/events", agency=agency))).text
    assert f'<span id="in-{agency}" hx-swap-oob="innerHTML">2 of 2 invited</span>' in part


async def test_agencies_are_in_the_order_of_the_alphabet_whatever_their_case(desk: Browser) -> None:
    named = re.findall(r"<summary>([^:<]+): <span id=\"in-", (await desk.get("/schedule")).text)
    assert named.index("Harbor House") < named.index("HSI")
    assert named == sorted(named, key=str.casefold)


async def test_what_is_in_the_way_of_sending_is_beside_the_button(desk: Browser) -> None:
    form = form_with((await desk.get("/schedule")).text, "/events", **MONTHLY)
    assert fixes((await desk.post("/schedule/summary", form)).text) == []
    part = (await desk.post("/schedule/summary", {**form, "title": ""})).text
    assert fixes(part) == [("f-title", "Enter a title.")]


async def test_everything_in_the_way_of_sending_is_named_and_leads_to_its_field(desk: Browser) -> None:
    form = form_with((await desk.get("/schedule")).text, "/events", **MONTHLY)
    part = (await desk.post("/schedule/summary", {**form, "title": "", "ends": "", "video_link": "nowhere"})).text
    assert [name for name, _ in fixes(part)] == ["f-title", "f-ends", "f-video-link"]


async def test_the_form_of_a_new_event_opens_at_once_while_someone_else_writes(
    sqlite_cast: Cast, desk: Browser
) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    addresses = ("/schedule", f"/schedule?like={event_id}")
    with noted() as statements:
        at_rest = [(await desk.get(address)).text for address in addresses]
    assert statements
    assert "BEGIN IMMEDIATE" not in [query for query, _ in statements]  # nothing waits for a writer to end
    async with another_writer():
        pages = [(await desk.get(address)).text for address in addresses]
    assert [MADE_EACH_TIME.sub("", page) for page in pages] == [MADE_EACH_TIME.sub("", page) for page in at_rest]


async def test_a_new_event_that_could_be_sent_asks_by_itself_what_it_would_do(sqlite_cast: Cast, desk: Browser) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    asks = 'hx-post="/schedule/summary" hx-trigger="load, change'
    assert asks in (await desk.get(f"/schedule?like={event_id}")).text
    empty = (await desk.get("/schedule")).text
    assert asks not in empty


async def test_an_empty_form_says_that_nothing_is_sent_and_of_no_field_that_it_is_wrong(desk: Browser) -> None:
    page = (await desk.get("/schedule")).text
    assert "Enter a title." not in page
    assert re.search(r'<div class="tt-effect" id="send-says">\s*<p>Nothing is sent yet.</p>', page)


async def test_an_empty_form_begins_when_its_organizer_is_free(sqlite_cast: Cast, desk: Browser) -> None:
    at_nine = meeting(
        sqlite_cast.fbi_lead, starts=datetime.fromisoformat("2026-12-16 08:30"), duration=timedelta(hours=2)
    )
    await scheduling.schedule_event(sqlite_cast.coordinator, at_nine, NOW)
    for address in ("/schedule", "/schedule?date=2026-12-16"):
        form = form_with((await desk.get(address)).text, "/events")
        assert [form[name] for name in ("date", "starts", "ends")] == [["2026-12-16"], ["10:30"], ["11:30"]]
    page = (await desk.get("/schedule?date=2026-12-16&starts=09:00")).text
    assert form_with(page, "/events")["starts"] == ["09:00"]
    assert "You’re double-booked." in page


QUICK = "/schedule?quick=1&date=2027-01-14"


async def test_the_small_form_sends_an_event_with_everything_that_it_does_not_ask(
    sqlite_cast: Cast, desk: Browser
) -> None:
    form = form_with((await desk.get(QUICK)).text, "/events?date=2027-01-14")
    whole = form_with((await desk.get("/schedule?date=2027-01-14")).text, "/events?date=2027-01-14")
    asked = {"title": ["Call"], "agency": [str(sqlite_cast.agencies["FBI"])]}
    assert "<p>2 people will get an invitation.</p>" in (await desk.post("/schedule/summary", form | asked)).text
    sent = await desk.post("/events", form | asked | {"save": ["send"]})
    event = await desk.get(sent.headers["location"])
    page = (await desk.get(event.headers["location"])).text
    assert "Scheduled. 2 people will get an email." in page
    ignored = {"form_id", "_csrf", "_draft", "labels_for", "zone"}
    texts = {name: value for name, value in whole.items() if name not in ignored and any(value)}
    assert {name: form.get(name) for name in texts} == texts


async def test_more_options_open_the_whole_form_with_everything_typed(sqlite_cast: Cast, desk: Browser) -> None:
    form = form_with((await desk.get(QUICK)).text, "/events?date=2027-01-14")
    committee = str(sqlite_cast.committees["services"])
    typed = {"title": ["Call"], "kind": ["training"], "starts": ["15:00"], "ends": ["15:30"], "seats": [committee]}
    page = (await desk.post("/events?date=2027-01-14", form | typed | {"save": ["more"]})).text
    kept = form_with(page, "/events?date=2027-01-14")
    assert {name: kept[name] for name in typed} == typed
    assert "Agenda and notes" in page
    assert await Event.count() == 0


async def test_the_small_form_gives_way_to_a_draft_and_to_an_operation(desk: Browser) -> None:
    assert "Agenda and notes" not in (await desk.get(QUICK)).text
    assert "Agenda and notes" in (await desk.get(f"{QUICK}&kind=joint_operation")).text
    await desk.post("/drafts", form_with((await desk.get("/schedule?date=2027-01-14")).text, "/events", title="Begun"))
    assert "Begun" in (await desk.get(QUICK)).text


async def test_a_person_who_cannot_be_invited_opens_no_agency_to_a_lone_button(desk: Browser) -> None:
    form = form_with((await desk.get("/schedule")).text, "/events", **MONTHLY, person=str(uuid4()))
    refused = await desk.post("/events", form)
    assert refused.status_code == 422
    assert "You can’t invite one of these people. Choose from the list." in refused.text
    assert not re.search(r'<details class="tt-d" id="of-[^"]+" open', refused.text)


async def test_after_a_try_to_send_it_a_sentence_is_at_its_field_and_in_the_summary_of_errors_alone(
    desk: Browser,
) -> None:
    form = form_with((await desk.get("/schedule")).text, "/events", save="send")
    assert (await desk.post("/events", form)).text.count("Enter a title.") == 2


async def test_a_day_that_is_over_is_named_before_it_is_sent(desk: Browser) -> None:
    page = (await desk.get("/schedule?date=2026-11-02")).text
    assert "That day is over. No one will get an invitation or a reminder." in page


async def test_an_event_is_duplicated_with_its_people_and_without_its_dates(sqlite_cast: Cast, desk: Browser) -> None:
    plan = meeting(
        sqlite_cast.fbi_lead,
        agenda="Welcome 5",
        rule=rule_for_choice("weekly", datetime.fromisoformat("2027-01-12 10:00"), count=3),
    )
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, plan, NOW)
    form = form_with((await desk.get(f"/schedule?like={event_id}")).text, "/events")
    assert (form["title"], form["agenda"], form["repeat"]) == (["Monthly task force meeting"], ["Welcome 5"], ["none"])
    assert form["date"] == ["2026-12-16"]
    assert str(sqlite_cast.fbi_lead.member_id) in form["person"]


async def test_only_who_may_change_an_event_duplicates_it(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    lead = await browse(sqlite_cast.fbi_lead)
    assert (await lead.get(f"/schedule?like={event_id}")).status_code == 403


def fixes(html: str) -> list[tuple[str, str]]:
    """Return the links beside the button that sends: to which field, and why."""
    beside = html.partition('id="send-says"')[2].partition("</div>")[0].rpartition("<p>")[2]
    first = re.findall(r'<a href="#([^"]+)">([^<]+)</a>', beside)
    return first + re.findall(r'<li>\s*<a href="#([^"]+)">([^<]+)</a>', html.partition("<dt>Then fix</dt>")[2])


def offered_slots(html: str) -> list[str]:
    """Return the suggested times."""
    return re.findall(r'name="slot" id="[^"]+" value="([^"]+)"', html)


async def test_times_are_suggested_and_one_is_put_into_the_form(sqlite_cast: Cast, desk: Browser) -> None:
    page = (await desk.get("/schedule?date=2027-01-12")).text
    lead = sqlite_cast.fbi_lead
    await scheduling.schedule_event(sqlite_cast.coordinator, meeting(lead, title="Case call"), NOW)
    form = form_with(page, "/events", starts="10:00", ends="11:00", person=lead.member_id, save="times")
    page_found = (await desk.post("/schedule/times", form)).text
    assert "<b>The time above</b>, Tue, Jan 12, 10:00\u201311:00 AM: 0 of 2 required people are free" in page_found
    assert 'value="2027-01-12T11:30/12:30"' in page_found
    assert 'value="2027-01-12T08:00/09:00"' not in page_found
    chosen = await desk.post("/schedule/times", form | {"slot": ["2027-01-12T11:30/12:30"], "save": ["use-time"]})
    again = form_with(chosen.text, "/events")
    assert (again["date"], again["starts"], again["ends"]) == (["2027-01-12"], ["11:30"], ["12:30"])


@pytest.mark.parametrize("before", [{"starts": "10:00", "ends": "11:00"}, {"all_day": "yes"}, {"date": ""}])
async def test_the_times_and_everyone_s_day_stay_visible_when_a_time_is_chosen(
    sqlite_cast: Cast, desk: Browser, before: dict[str, str]
) -> None:
    page = (await desk.get("/schedule?date=2027-01-12")).text
    form = form_with(page, "/events", person=sqlite_cast.fbi_lead.member_id, save="times", **before)
    page_found = (await desk.post("/schedule/times", form)).text
    slot = offered_slots(page_found)[1]
    # A browser with scripts has put the chosen time into its fields by then.
    filled = form_with(
        page_found, "/events", slot=slot, date=slot[:10], starts=slot[11:16], ends=slot[17:], save="use-time"
    )
    chosen = (await desk.post("/schedule/times", filled)).text
    assert "<b>The time above</b>" in chosen
    assert "Who is free when, by half hours" in chosen
    assert offered_slots(chosen) == offered_slots(page_found)
    assert form_with(chosen, "/events")["slot"] == [slot]


async def test_of_a_series_the_next_dates_are_judged(sqlite_cast: Cast, desk: Browser) -> None:
    lead = sqlite_cast.fbi_lead
    first = meeting().starts
    for starts in (first, first.replace(day=26)):
        await scheduling.schedule_event(sqlite_cast.coordinator, meeting(lead, starts=starts), NOW)
    form = form_with(
        (await desk.get("/schedule?date=2027-01-12")).text,
        "/events",
        starts="10:00",
        ends="11:00",
        repeat="weekly",
        person=lead.member_id,
        save="times",
    )
    page = (await desk.post("/schedule/times", form)).text
    assert "10 of the next 12 dates free · Coordinator (USAO) is busy on 2 dates" in page
    assert "12 of the next 12 dates free" in page


async def test_an_event_that_is_changed_makes_no_one_busy_at_its_own_time(sqlite_cast: Cast, desk: Browser) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    address = f"/events/{event_id}/edit"
    response = await desk.post("/schedule/times", form_with((await desk.get(address)).text, address, save="times"))
    assert "11:30 AM: 2 of 2 required people are free" in response.text


async def test_a_time_that_no_one_offered_changes_nothing(desk: Browser) -> None:
    form = form_with((await desk.get("/schedule?date=2027-01-12")).text, "/events", save="use-time", slot="tomorrow")
    assert form_with((await desk.post("/schedule/times", form)).text, "/events")["date"] == ["2027-01-12"]


async def test_the_panel_names_who_is_double_booked_with_the_organizer(sqlite_cast: Cast, desk: Browser) -> None:
    both = sqlite_cast.fbi_lead, sqlite_cast.caht_lead
    await scheduling.schedule_event(sqlite_cast.coordinator, meeting(*both, title="Case call"), NOW)
    form = form_with(
        (await desk.get("/schedule?date=2027-01-12")).text,
        "/events",
        starts="10:30",
        ends="11:30",
        person=[one.member_id for one in both],
    )
    part = (await desk.post("/schedule/summary", form)).text
    [named] = re.findall(r"Case call, Tue, Jan 12, 10:00 AM: ([^<;]+)", part)
    assert sorted(named.split(", ")) == ["Caht lead (CAHT)", "Coordinator (USAO)", "Fbi lead (FBI)"]
    assert f"10:00 AM: {named}" in (await desk.post("/events", form | {"save": ["show"]})).text


async def test_double_bookings_are_said_at_the_time_beside_send_first_in_the_panel_and_in_the_confirmation(
    sqlite_cast: Cast, desk: Browser
) -> None:
    both = sqlite_cast.fbi_lead, sqlite_cast.caht_lead
    weekly = rule_for_choice("weekly", datetime.fromisoformat("2027-01-12 10:00"), count=2)
    await scheduling.schedule_event(sqlite_cast.coordinator, meeting(*both, title="Case call", rule=weekly), NOW)
    people = {"person": [one.member_id for one in both]}
    form = form_with((await desk.get("/schedule?date=2027-01-12")).text, "/events", **MONTHLY, **people) | {
        "date": ["2027-01-12"],
        "starts": ["10:30"],
        "ends": ["11:30"],
        "repeat": ["weekly"],
        "count": ["4"],
    }
    said = "3 of 3 people are double-booked on 2 of 4 dates."
    part = (await desk.post("/schedule/summary", form)).text
    assert re.match(
        rf'<dl class="tt-sum">\s*<div>\s*<dt>.*</svg> Double-booked</dt>\s*<dd>\s*<strong[^>]+>{said}', part
    )
    for name in ("taken", "send-effect"):
        assert said in part.partition(f'<div id="{name}" hx-swap-oob="innerHTML">')[2].partition("</div>")[0]
    sent = await desk.post("/events", form | {"save": ["send"]})
    page = (await desk.get(sent.headers["location"])).text
    assert f"Scheduled. 2 people will get an email. {said}" in page
    address = f"{sent.headers['location'].partition('?')[0]}/edit"
    change = form_with((await desk.get(address)).text, address, agenda="Welcome", save="send")
    saved = await desk.post(address, change)
    assert said in (await desk.get(saved.headers["location"])).text


async def test_the_panel_and_the_suggestions_name_blackout_days(sqlite_cast: Cast, desk: Browser) -> None:
    lead = sqlite_cast.fbi_lead
    week = date(2027, 1, 11), date(2027, 1, 13), "Range week"
    await availability.set_blackout(lead, lead.agency_id, *week, NOW, NOW.date())
    page = (await desk.get("/schedule?date=2027-01-12")).text
    form = form_with(page, "/events", starts="10:00", ends="11:00", person=lead.member_id, save="times")
    assert "FBI, Tue, Jan 12 (Range week)" in (await desk.post("/schedule/summary", form)).text
    longer = form | {"date": ["2027-01-08"], "last_day": ["2027-01-11"]}
    assert "FBI, Mon, Jan 11 (Range week)" in (await desk.post("/schedule/summary", longer)).text
    page_found = (await desk.post("/schedule/times", form)).text
    assert "1 of 2 required people are free · blackout day of FBI" in page_found
    assert "Blackout day: Range week" in page_found
    assert 'value="2027-01-14T10:00/11:00"' in page_found
    assert 'value="2027-01-13' not in page_found


async def test_whole_days_take_people_and_rooms_and_a_deadline_takes_none(sqlite_cast: Cast, desk: Browser) -> None:
    lead = sqlite_cast.fbi_lead
    await scheduling.schedule_event(sqlite_cast.coordinator, meeting(lead, title="Case call", place="Room 5"), NOW)
    await availability.set_blackout(
        lead, lead.agency_id, date(2027, 1, 12), date(2027, 1, 12), "Range", NOW, NOW.date()
    )
    page = (await desk.get("/schedule?date=2027-01-12")).text
    form = form_with(page, "/events", all_day="yes", person=lead.member_id)
    part = (await desk.post("/schedule/summary", form)).text
    assert "FBI, Tue, Jan 12 (Range)" in part
    assert "Case call, Tue, Jan 12, 10:00 AM: Fbi lead (FBI)" in part
    part = (await desk.post("/schedule/summary", form | {"kind": ["deadline"]})).text
    assert "Case call" not in part


async def test_sites_are_offered_and_the_panel_says_what_is_there_and_who_finds_no_seat(
    sqlite_cast: Cast, desk: Browser
) -> None:
    facts = MeetingSiteFacts(name="Room 5", address="400 E 9th St", capacity=1, equipment="Projector", is_open=True)
    await agencies.add_meeting_site(sqlite_cast.coordinator, facts, NOW, NOW)
    await scheduling.schedule_event(sqlite_cast.coordinator, meeting(title="Case call", place="Room 5"), NOW)
    page = (await desk.get("/schedule?date=2027-01-12")).text
    assert '<option value="Room 5, 400 E 9th St">holds 1, Projector</option>' in page
    lead, place = sqlite_cast.fbi_lead, "Room 5, 400 E 9th St"
    form = form_with(
        page, "/events", title="Briefing", starts="10:30", ends="11:30", place=place, person=lead.member_id
    )
    part = (await desk.post("/schedule/summary", form)).text
    assert "Case call, Tue, Jan 12, 10:00 AM" in part
    assert "Room holds 1; 2 invited, including the organizer." in part
    saved = await desk.post("/events", form | {"save": ["send"]})
    shown = (await desk.get(f"{saved.headers['location']}/2027-01-12")).text
    assert re.search(r'Room also booked then: <a href="/events/[^"]+">Case call</a>', shown)
    assert "Room holds 1; 2 invited, including the organizer." in shown


async def test_an_odd_version_beside_suggested_times_is_no_failure(sqlite_cast: Cast, desk: Browser) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    form = form_with(
        (await desk.get(f"/events/{event_id}/edit")).text, f"/events/{event_id}/edit", version="x", save="times"
    )
    assert (await desk.post("/schedule/times", form)).status_code == 200


async def test_an_agency_that_is_ticked_invites_no_one_who_only_keeps_accounts_or_reads_the_audit_log(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    page = (await lead.get("/schedule?date=2027-01-12")).text
    assert "USAO · 1 person" in page
    usao = sqlite_cast.agencies["USAO"]
    form = form_with(page, "/events", title="Call", visibility="law_enforcement", agency=usao, save="send")
    event_id = (await lead.post("/events", form)).headers["location"].rpartition("/")[2]
    assert set(await invitees_of(UUID(event_id))) == {sqlite_cast.fbi_lead.member_id, sqlite_cast.coordinator.member_id}
    form = form_with(
        page, "/events", title="Call two", visibility="law_enforcement", person=sqlite_cast.auditor.member_id
    )
    event_id = (await lead.post("/events", form | {"save": ["send"]})).headers["location"].rpartition("/")[2]
    assert sqlite_cast.auditor.member_id in await invitees_of(UUID(event_id)), "somebody who is named is meant"


async def test_after_an_error_the_address_opens_the_same_form(desk: Browser) -> None:
    page = (await desk.get("/schedule?kind=deadline&date=2027-03-09")).text
    action = re.search(r'id="schedule" method="post" action="([^"]*)"', page)
    assert action
    address = action[1].replace("&amp;", "&")
    refused = await desk.post(address, form_with(page, "/events", title="", save="send"))
    assert (refused.status_code, f'action="{action[1]}"' in refused.text) == (422, True)
    again = await desk.get(address)
    assert (again.status_code, again.headers["location"]) == (303, "/schedule?kind=deadline&date=2027-03-09")
