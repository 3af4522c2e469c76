"""Scenario 1: a monthly meeting whose dates move and are canceled, and one in another time zone."""

import re
from datetime import UTC, datetime
from typing import Any

from tests.cast import ZONE
from tests.ical.readers import by_ical, by_icalendar
from tests.ports.api.conftest import ALL, Program
from tests.ports.pages.forms import form_with
from tests.scenarios.monthly_meeting import (
    INVITED,
    april_moved,
    june_back,
    june_canceled,
    moved_onto_may,
    october_at_nine,
    replies,
    reply_three_ways,
    schedule_monthly,
    typed_in,
)
from tests.scenarios.office import Office, calendar_of, event_in, recipients, words_of
from tracker import clock
from tracker.usecases.events import occurrences, scheduling
from tracker.usecases.identity import sessions

AT_TEN = [
    "01-12 16",
    "02-09 16",
    "03-09 16",
    "04-13 15",
    "05-11 15",
    "06-08 15",
    "07-13 15",
    "08-10 15",
    "09-14 15",
    "10-12 15",
    "11-09 16",
    "12-14 16",
]
"""Month, day and hour in UTC: ten o'clock, over both changes of the clocks."""
APRIL_LATER = [one.replace("04-13 15", "04-15 18") for one in AT_TEN]
SPLIT = [*APRIL_LATER[:9], "10-12 14", "11-09 15", "12-14 15"]


def dates_of_bytes(feed: bytes) -> list[str]:
    """Return what two programs of other people show of a feed, when they agree."""
    assert by_icalendar(feed) == by_ical(feed)
    return [f"{one.starts:%m-%d %H}" for one in by_icalendar(feed)]


async def fetched(office: Office) -> bytes:
    """Return a feed of all that the FBI's lead may see, as it is now."""
    return (await office.fetch(await office.subscribe("fbi_lead"))).content


def the_old_one_ends(entries: list[Any]) -> None:
    master, april, june = entries
    assert master["RRULE"].to_ical() == b"FREQ=MONTHLY;UNTIL=20270914T150000Z;BYDAY=2TU"
    assert master["SEQUENCE"] == 3  # above that of June, which an email canceled and another restored
    assert april["DTSTART"].to_ical() == b"20270415T130000"
    assert june["SEQUENCE"] == 3


async def test_the_form_says_the_dates_who_is_notified_and_that_no_holiday_conflicts(office: Office) -> None:
    browser = await office.browser("coordinator")
    form = form_with((await browser.get("/schedule")).text, "/events", **typed_in(office, save="show"))
    page = (await browser.post("/events", form)).text
    assert "Every month on the second Tuesday, 10:00–11:30 AM Central, until Dec 14, 2027 (12 times)." in page
    assert "7 people from 7 agencies: CAHT 1, FBI 1, Harbor House 1, HHS 1, HSI 1, IPD 1, KCPD 1." in page
    assert "No date falls on a federal holiday." in page
    assert await office.emails() == []


async def test_each_of_the_seven_gets_one_invitation_that_puts_twelve_dates_into_a_calendar(office: Office) -> None:
    _, emails = await schedule_monthly(office)
    assert recipients(emails) == INVITED
    # A second copy of the calendar as a file is for those programs that show the first one as buttons only.
    assert [part.get_content_type() for part in emails[0].walk() if not part.is_multipart()] == [
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    calendar = calendar_of(emails[0])
    [entry] = calendar.events
    assert (calendar["METHOD"], entry["SEQUENCE"], entry.get("EXDATE")) == ("REQUEST", 0, None)
    assert entry["RRULE"].to_ical() == b"FREQ=MONTHLY;UNTIL=20271214T160000Z;BYDAY=2TU"
    assert (entry["DTSTART"].params["TZID"], len(calendar.timezones)) == ("America/Chicago", 1)
    [reader] = entry.attendees
    assert (str(reader), reader.params["RSVP"]) == ("mailto:caht_lead@caht.example", "FALSE")
    # The organizer is the office and not the person: the address stays the same when the coordinator changes.
    assert str(entry["ORGANIZER"]) == "mailto:calendar@tracker.example"


async def test_an_alternate_only_sees_it_and_who_has_no_seat_finds_nothing(office: Office) -> None:
    event, _ = await schedule_monthly(office)
    assert "Steering Committee" in await office.page("fbi_alternate", f"/events/{event}/2027-01-12")
    stranger = await office.browser("bridge_advocate")
    nothing = await stranger.get("/events/00000000-0000-4000-8000-000000000000")
    response = await stranger.get(f"/events/{event}")
    assert (response.status_code, response.content) == (404, nothing.content)
    assert "Steering Committee</a>" not in (await stranger.get("/calendar?month=2027-01")).text
    assert dates_of_bytes((await office.fetch(await office.subscribe("bridge_advocate"))).content) == []
    assert dates_of_bytes((await office.fetch(await office.subscribe("fbi_alternate"))).content) == AT_TEN


async def test_replies_by_page_and_by_the_link_in_the_email_are_counted_for_each_date(office: Office) -> None:
    event = await reply_three_ways(office)
    assert await replies(office, f"/events/{event}/2027-01-12") == "3 yes · 0 maybe · 0 no · 5 no reply"
    assert await replies(office, f"/events/{event}/2027-06-08") == "3 yes · 0 maybe · 1 no · 4 no reply"
    assert await office.emails() == []


async def test_who_moves_a_date_reads_beforehand_how_many_get_an_email(office: Office) -> None:
    event = await reply_three_ways(office)
    browser, address = await office.browser("coordinator"), f"/events/{event}/2027-04-13"
    page = (await browser.get(f"{address}/edit")).text
    moved = form_with(page, f"{address}/edit", date="2027-04-15", starts="13:00", ends="14:30")
    assert "7 people will get an update." in (await browser.post(f"{address}/impact", moved)).text


async def test_a_moved_date_is_one_email_to_each_that_names_both_and_holds_the_override_alone(office: Office) -> None:
    _, emails = await april_moved(office)
    assert recipients(emails) == INVITED
    assert {str(one["Subject"]) for one in emails} == {"Moved: Steering Committee, Tue, Apr 13 to Thu, Apr 15, 1:00 PM"}
    assert "courtroom conflict" in emails[0].as_string()
    [override] = calendar_of(emails[0]).events
    assert override["RECURRENCE-ID"].to_ical() == b"20270413T100000"
    assert override["RECURRENCE-ID"].params["TZID"] == "America/Chicago"
    assert (override["DTSTART"].to_ical(), override["SEQUENCE"]) == (b"20270415T130000", 1)
    assert "RRULE" not in override


async def test_only_the_moved_date_is_asked_again(office: Office) -> None:
    event, _ = await april_moved(office)
    assert await replies(office, f"/events/{event}/2027-04-13") == "1 yes · 0 maybe · 0 no · 7 no reply"
    assert await replies(office, f"/events/{event}/2027-05-11") == "3 yes · 0 maybe · 0 no · 5 no reply"


async def test_reminders_follow_the_moved_date_and_none_is_left_at_the_old_one(office: Office) -> None:
    await april_moved(office)
    reminded = {}
    for moment in ("04-06 15", "04-08 18", "04-12 15", "04-13 13", "04-13 15", "04-14 18", "04-15 16", "04-15 18"):
        await office.at(datetime.strptime(f"2027-{moment}", "%Y-%m-%d %H").replace(tzinfo=UTC))
        if emails := await office.emails():
            reminded[moment] = len(emails)
    # Seven days, a day and two hours before; all eight are reminded, the coordinator among them.
    assert reminded == {"04-08 18": 8, "04-14 18": 8, "04-15 16": 8}


async def test_the_feed_of_a_moved_date_has_other_bytes_and_the_same_twelve_dates(office: Office) -> None:
    event = await reply_three_ways(office)
    feed = await office.subscribe("fbi_lead")
    before = await office.fetch(feed)
    assert dates_of_bytes(before.content) == AT_TEN
    assert (await office.fetch(feed, **{"If-None-Match": before.headers["etag"]})).status_code == 304
    address = f"/events/{event}/2027-04-13/edit"
    moved = {"date": "2027-04-15", "starts": "13:00", "ends": "14:30"}
    await office.fill("coordinator", address, address, **moved)
    after = await office.fetch(feed, **{"If-None-Match": before.headers["etag"]})
    assert after.headers["etag"] != before.headers["etag"]
    assert dates_of_bytes(after.content) == APRIL_LATER
    assert b"EXDATE" not in after.content
    assert after.content.count(b"\r\nSEQUENCE:0") == after.content.count(b"\r\nSEQUENCE:1") == 1


async def test_a_canceled_date_is_reported_to_all_seven_and_stays_in_the_feed_as_canceled(office: Office) -> None:
    event, emails = await june_canceled(office)
    assert recipients(emails) == INVITED
    calendar = calendar_of(emails[-1])
    [entry] = calendar.events
    assert (calendar["METHOD"], entry["RECURRENCE-ID"].to_ical()) == ("CANCEL", b"20270608T100000")
    feed = await fetched(office)
    assert b"STATUS:CANCELLED" in feed
    assert dates_of_bytes(feed) == [one for one in APRIL_LATER if not one.startswith("06")]
    assert "This date is canceled" in await office.page("fbi_lead", f"/events/{event}/2027-06-08")


async def test_a_date_that_is_back_has_a_higher_sequence_and_asks_everyone(office: Office) -> None:
    event, emails = await june_back(office)
    assert recipients(emails) == INVITED
    calendar = calendar_of(emails[0])
    [entry] = calendar.events
    assert (calendar["METHOD"], entry["SEQUENCE"]) == ("REQUEST", 2)
    assert await replies(office, f"/events/{event}/2027-06-08") == "1 yes · 0 maybe · 0 no · 7 no reply"
    assert dates_of_bytes(await fetched(office)) == APRIL_LATER
    await office.at(datetime(2027, 6, 1, 15, tzinfo=UTC))  # a week before
    assert len(await office.emails()) == 8


async def test_from_october_at_nine_the_old_series_ends_and_a_new_one_begins(office: Office) -> None:
    new, (event, emails) = await october_at_nine(office)
    assert new != event
    assert dates_of_bytes(await fetched(office)) == SPLIT
    # Two emails to each, not one: an email carries one UID (RFC 5546 §3.2), and there is an old and a new series.
    assert recipients(emails) == sorted(INVITED * 2)
    ended, begun = {}, {}
    for email in emails:
        (begun if str(email["Subject"]).startswith("Continues") else ended)[str(email["To"])] = email
    assert len(ended) == len(begun) == 7
    the_old_one_ends(calendar_of(next(iter(ended.values()))).events)
    said = {str(email["Subject"]) for email in ended.values()}
    assert said == {"Changed: Steering Committee, now 9:00 AM from Tue, Oct 12"}
    text = " ".join(next(iter(ended.values())).as_string().split())
    assert "Another email has the dates that continue it." in text
    [entry] = calendar_of(next(iter(begun.values()))).events
    assert (entry["DTSTART"].to_ical(), entry["SEQUENCE"]) == (b"20271012T090000", 0)


async def test_a_typo_that_is_fixed_tells_no_one_and_changes_the_feed(office: Office) -> None:
    event, _ = await june_canceled(office)
    feed = await office.subscribe("fbi_lead")
    before = await office.fetch(feed)
    address = f"/events/{event}/2027-05-11/edit"
    assert form_with(await office.page("coordinator", address), address)["notify"] == ["changes"]
    assert (await office.fill("coordinator", address, address, agenda="Welcome 5")).status_code == 303
    assert await office.emails() == []
    after = await office.fetch(feed, **{"If-None-Match": before.headers["etag"]})
    assert (after.status_code, dates_of_bytes(after.content)) == (200, dates_of_bytes(before.content))
    [may] = [one for one in after.text.split("BEGIN:VEVENT") if "RECURRENCE-ID;TZID=America/Chicago:20270511" in one]
    assert "SEQUENCE:0" in may
    assert "LAST-MODIFIED:20270503T" in may


async def test_july_on_the_day_of_may_is_warned_of_and_what_was_typed_is_kept(office: Office) -> None:
    event, _ = await schedule_monthly(office)
    refused = await moved_onto_may(office, event)
    assert refused.status_code == 422
    assert "The series has another date on that day." in refused.text
    again = form_with(refused.text, f"/events/{event}/2027-07-13/edit")
    assert (again["date"], again["reason"]) == (["2027-05-11"], ["Kept as typed"])
    assert await office.emails() == []


async def test_an_end_before_the_start_is_refused_and_what_was_typed_is_kept(office: Office) -> None:
    refused = await office.fill("coordinator", "/schedule", "/events", **typed_in(office, ends="09:00", save="send"))
    assert refused.status_code == 422
    again = form_with(refused.text, "/events")
    assert (again["ends"], again["place"]) == (["09:00"], ["USAO conference room"])
    assert await office.emails() == []


async def test_of_two_who_save_the_same_form_the_second_is_shown_what_changed(office: Office) -> None:
    event, _ = await schedule_monthly(office)
    first, second = [await office.browser("coordinator") for _ in range(2)]
    address = f"/events/{event}/2027-04-13/edit"
    forms = [form_with((await one.get(address)).text, address) for one in (first, second)]
    assert (await first.post(address, {**forms[0], "place": "FBI field office"})).status_code == 303
    refused = await second.post(address, {**forms[1], "title": "Spring meeting"})
    assert refused.status_code == 409
    assert "Someone changed this while you were working on it" in refused.text
    assert "<b>Place</b> is now “FBI field office”." in refused.text
    assert form_with(refused.text, address)["title"] == ["Spring meeting"]


EASTERN = "America/New_York"
DETECTIVE = "kcpd_detective"
MONTHLY = {
    "title": "Regional call",
    "date": "2027-02-09",
    "starts": "14:00",
    "ends": "15:30",
    "repeat": "monthly_nth",
    "count": "3",
    "zone": EASTERN,
}
"""The clocks of both zones go forward on March 14, 2027."""


async def test_the_form_offers_time_zones_by_the_words_that_people_use(office: Office) -> None:
    page = await office.page("coordinator", "/schedule")
    offered = re.findall(r'<option value="([A-Z][^"]+/[^"]+)"( selected)?>([^<]+)</option>', page)
    assert offered[0] == (ZONE, " selected", "Central (Chicago)")
    assert {"Eastern (New York)", "Pacific (Los Angeles)"} <= {label for _, _, label in offered}
    assert "2:00–3:30 PM Eastern" in await office.page(
        "coordinator", "/schedule/preview?date=2027-02-09&starts=14:00&ends=15:30&repeat=none&zone=America/New_York"
    )


async def test_a_series_keeps_its_hours_in_its_zone_when_the_clocks_change(office: Office) -> None:
    event_id = event_in(await office.fill("coordinator", "/schedule", "/events", **MONTHLY, save="send"))
    event = await scheduling.event_seen_by(office.cast.coordinator, event_id)
    dates = await occurrences.dates_in_series(office.cast.coordinator, event)
    assert [f"{one.starts_at:%m-%d %H:%M}" for one in dates] == ["02-09 19:00", "03-09 19:00", "04-13 18:00"]


async def test_pages_emails_feeds_and_programs_name_the_zone(office: Office) -> None:
    form = {**MONTHLY, "person": office.ids(DETECTIVE), "save": "send"}
    event_id = event_in(await office.fill("coordinator", "/schedule", "/events", **form))
    page = await office.page(DETECTIVE, f"/events/{event_id}/2027-02-09")
    assert "2:00–3:30 PM Eastern" in page
    assert "1:00–2:30 PM Central (your time zone)" in " ".join(page.split())
    [email] = await office.emails()
    assert "2:00–3:30 PM Eastern" in words_of(email)
    assert "1:00–2:30 PM Central" in words_of(email)
    [entry] = calendar_of(email).walk("VEVENT")
    assert entry["DTSTART"].params["TZID"] == EASTERN
    feed = await office.fetch(await office.subscribe(DETECTIVE), **{"Accept-Encoding": "identity"})
    assert b"DTSTART;TZID=America/New_York:20270209T140000" in feed.content
    token = await sessions.create_token(office.cast.coordinator, "Program", ALL, clock.now())
    shown = await Program(office.app, token).get(f"/events/{event_id}")
    assert shown.json()["time_zone"] == EASTERN


async def test_the_edit_form_keeps_the_zone_and_can_change_it(office: Office) -> None:
    event_id = event_in(await office.fill("coordinator", "/schedule", "/events", **MONTHLY, save="send"))
    address = f"/events/{event_id}/edit"
    form = form_with(await office.page("coordinator", address), address)
    assert (form["starts"], form["zone"]) == (["14:00"], [EASTERN])
    reply = await office.fill("coordinator", address, address, zone="America/Denver", save="send")
    page = await office.page("coordinator", f"/events/{event_in(reply)}/2027-02-09")
    assert "2:00–3:30 PM Mountain" in page


async def test_a_copy_and_a_template_keep_the_zone(office: Office) -> None:
    event_id = event_in(await office.fill("coordinator", "/schedule", "/events", **MONTHLY, save="send"))
    desk = await office.browser("coordinator")
    form = form_with((await desk.get(f"/schedule?like={event_id}")).text, "/events")
    assert form["zone"] == [EASTERN]
    await desk.post("/schedule/templates", form | {"template_name": ["East"]})
    templates = (await desk.get("/schedule/templates")).text
    [address] = re.findall(r'href="(/schedule\?template=[0-9a-f-]+)"', templates)
    assert form_with((await desk.get(address)).text, "/events")["zone"] == [EASTERN]


async def test_a_zone_that_no_one_offers_is_refused_at_its_field(office: Office) -> None:
    reply = await office.fill("coordinator", "/schedule", "/events", **{**MONTHLY, "zone": "Mars/Olympus"}, save="send")
    assert reply.status_code == 422
    assert 'href="#f-zone">Choose a time zone from the list.' in reply.text
