"""Scenario 3: a member subscribes, and the phone shows what the office decided; series of other programs too."""

import re
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from tests.cast import Cast
from tests.ical.awkward import AWKWARD
from tests.ical.readers import by_ical, by_icalendar
from tests.scenarios.foreign_calendar import file_of, imported_and_published
from tests.scenarios.monthly_meeting import schedule_monthly, typed_in
from tests.scenarios.office import Office, event_in
from tracker import clock

DETECTIVE = "kcpd_detective"
ENTRY = re.compile(rb"BEGIN:VEVENT\r\n.*?END:VEVENT\r\n", re.DOTALL)
APRIL = {"date": "2027-04-15", "starts": "13:00", "ends": "14:30"}


def entries(feed: httpx.Response) -> dict[tuple[bytes, bytes], bytes]:
    """Return the entries of a feed by UID and RECURRENCE-ID."""
    entries_found = {}
    for entry in ENTRY.findall(feed.content):
        lines = entry.split(b"\r\n")
        named = [next((line for line in lines if line.startswith(name)), b"") for name in (b"UID", b"RECURRENCE-ID")]
        entries_found[named[0], named[1]] = entry
    return entries_found


async def move_april(office: Office, event: UUID) -> None:
    address = f"/events/{event}/2027-04-13/edit"
    assert (await office.fill("coordinator", address, address, **APRIL)).status_code == 303


async def other_meeting(office: Office) -> UUID:
    """Another meeting to which all of KCPD is invited."""
    form = {**typed_in(office), "title": "Training day", "repeat": "none", "until": "", "visibility": "all"}
    return event_in(
        await office.fill(
            "coordinator",
            "/schedule",
            "/events",
            **{**form, "seats": [], "committee": "", "agency": str(office.cast.agencies["KCPD"]), "save": "send"},
        )
    )


async def test_the_page_gives_an_address_for_each_program_and_says_how_often_they_look(office: Office) -> None:
    await office.subscribe(DETECTIVE)
    page = await office.page(DETECTIVE, "/subscriptions")
    for said in ('href="webcal://', "every 8 to 24 hours", "about every 3 hours", "same-day changes"):
        assert said in page


async def test_a_calendar_without_a_cookie_gets_what_it_needs_and_nobodys_address(office: Office) -> None:
    await schedule_monthly(office)
    feed = await office.fetch(await office.subscribe(DETECTIVE), **{"Accept-Encoding": "identity"})
    assert (feed.status_code, feed.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert "set-cookie" not in feed.headers
    assert {"etag", "last-modified"} <= set(feed.headers)
    assert "private" in feed.headers["cache-control"]
    lines = feed.content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert b"\n" not in feed.content.replace(b"\r\n", b"")
    for name in (
        b"VERSION",
        b"PRODID",
        b"BEGIN:VTIMEZONE",
        b"UID",
        b"DTSTAMP",
        b"SEQUENCE",
        b"LAST-MODIFIED",
        b"X-WR-CALNAME",
        b"NAME",
        b"REFRESH-INTERVAL",
        b"X-PUBLISHED-TTL",
    ):
        assert [line for line in lines if line.startswith(name)], name
    assert b"METHOD:REQUEST" not in feed.content
    assert b"ATTENDEE" not in feed.content


async def test_an_hour_later_nothing_is_sent_and_a_head_is_the_same_without_its_body(office: Office) -> None:
    await schedule_monthly(office)
    address = await office.subscribe(DETECTIVE)
    first = await office.fetch(address)
    await office.at(clock.now() + timedelta(hours=1))
    assert (await office.fetch(address)).content == first.content
    again = await office.fetch(address, **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = await (await office.browser(None)).send("HEAD", address)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", first.headers["etag"])


async def test_a_moved_date_changes_the_bytes_of_its_own_event_alone(office: Office) -> None:
    event, _ = await schedule_monthly(office)
    await other_meeting(office)
    address = await office.subscribe(DETECTIVE)
    before = entries(await office.fetch(address))
    await move_april(office, event)
    after = entries(await office.fetch(address))
    new = [key for key in after if after[key] != before.get(key)]
    assert [recurrence_id for _, recurrence_id in new] == [b"RECURRENCE-ID;TZID=America/Chicago:20270413T100000"]
    assert {uid for uid, _ in new} <= {uid for uid, _ in before}
    assert b"SEQUENCE:1\r\n" in after[new[0]]


async def test_the_page_says_when_the_calendar_last_looked(office: Office) -> None:
    address = await office.subscribe(DETECTIVE)
    await office.fetch(address, **{"User-Agent": "Microsoft Outlook 16.0"})
    assert "Outlook" in await office.page(DETECTIVE, "/subscriptions")


async def test_a_canceled_date_says_so_in_its_title_too_and_keeps_its_uid(office: Office) -> None:
    event, _ = await schedule_monthly(office)
    address = await office.subscribe(DETECTIVE)
    [(uid, _)] = entries(await office.fetch(address))
    canceling = f"/events/{event}/2027-06-08/cancellation"
    await office.fill("coordinator", canceling, canceling, reason="Conference week")
    june = entries(await office.fetch(address))[uid, b"RECURRENCE-ID;TZID=America/Chicago:20270608T100000"]
    for line in (b"STATUS:CANCELLED", b"TRANSP:TRANSPARENT", b"SUMMARY:Canceled: Steering Committee"):
        assert line in june


async def test_who_is_not_invited_any_more_has_it_in_no_calendar_of_their_own(office: Office) -> None:
    event = await other_meeting(office)
    own_feed_token = await office.subscribe(DETECTIVE, scope="mine")
    assert len(by_ical((await office.fetch(own_feed_token)).content)) == 1
    address = f"/events/{event}/edit"
    await office.fill("coordinator", address, address, person=office.ids("kcpd_alternate"), save="send")
    assert by_ical((await office.fetch(own_feed_token)).content) == []


async def test_another_address_for_the_same_feed_shows_the_same_uids_and_the_old_one_nothing(office: Office) -> None:
    await schedule_monthly(office)
    old = await office.subscribe(DETECTIVE)
    uids = list(entries(await office.fetch(old)))
    page = await office.page(DETECTIVE, "/subscriptions")
    [replacing] = re.findall(r'action="(/subscriptions/[0-9a-f-]+/replacement)"', page)
    await office.do(DETECTIVE, replacing)
    [new] = re.findall(r"(/feeds/[\w-]+\.ics)\"", await office.page(DETECTIVE, "/subscriptions"))[:1]
    gone, unknown = await office.fetch(old), await office.fetch(f"/feeds/{'x' * 43}.ics")
    assert (gone.status_code, gone.content) == (404, unknown.content)
    assert list(entries(await office.fetch(new))) == uids


async def test_all_feeds_of_a_lost_phone_are_shut_in_one_step_by_the_coordinator(office: Office) -> None:
    feeds = [await office.subscribe(DETECTIVE) for _ in range(2)]
    [member] = office.ids(DETECTIVE)
    await office.do("coordinator", f"/people/{member}/access/feeds-revocation")
    assert {(await office.fetch(feed)).status_code for feed in feeds} == {404}


async def test_who_has_left_has_a_feed_like_one_that_never_was_from_that_second_on(office: Office) -> None:
    feed = await office.subscribe(DETECTIVE)
    [member] = office.ids(DETECTIVE)
    leaving = f"/people/{member}/offboarding"
    assert (await office.review("coordinator", leaving, successor_words="Kcpd alternate")).status_code == 303
    gone, unknown = await office.fetch(feed), await office.fetch(f"/feeds/{'x' * 43}.ics")
    assert (gone.status_code, gone.content) == (404, unknown.content)


@pytest.mark.parametrize("words", AWKWARD)
async def test_awkward_words_are_read_back_as_they_were_typed(office: Office, words: str) -> None:
    form = typed_in(office, agenda=words, title=words.splitlines()[0][:200].strip(), save="send")
    await office.fill("coordinator", "/schedule", "/events", **form)
    feed = (await office.fetch(await office.subscribe(DETECTIVE))).content
    assert by_icalendar(feed) == by_ical(feed)
    assert {one.title for one in by_ical(feed)} == {form["title"]}


async def test_an_address_is_no_question(office: Office) -> None:
    token = (await office.subscribe(DETECTIVE)).removeprefix("/feeds/").removesuffix(".ics")
    assert (await office.fetch(f"/feeds/.ics?token={token}")).status_code == 404
    assert (await office.fetch(f"/feeds?token={token}")).status_code == 404


async def test_a_hundred_wrong_addresses_harm_no_one_else(office: Office) -> None:
    feed = await office.subscribe(DETECTIVE)
    wrong = [await office.fetch(f"/feeds/{number:043}.ics") for number in range(100)]
    assert {one.status_code for one in wrong} <= {404, 429}
    assert (await office.fetch(feed)).status_code == 200


async def test_450_foreign_series_are_published_instant_for_instant(sqlite_cast: Cast) -> None:
    file = file_of(450)
    assert by_icalendar(await imported_and_published(sqlite_cast, file)) == by_icalendar(file)
