"""Calendars that members share: which addresses are taken, how they are tried again, what of their spans is kept."""

from datetime import UTC, datetime, timedelta

import pytest

from tracker.errors import Invalid
from tracker.rules.availability.shared_calendars import (
    EVERY,
    BusyKind,
    CalendarProblem,
    CalendarSpan,
    OwnSharedCalendar,
    check_calendar_address,
    is_public_address,
    kept_window,
    merge_spans,
    pause_before_next_read,
)

OUTLOOK = "https://outlook.office365.com/owa/calendar/abc@agency.example/def/calendar.ics"
NOW = datetime(2026, 12, 15, 15, tzinfo=UTC)
ODD = [
    "",
    "calendar.ics",
    "http://calendar.example/a.ics",
    "ftp://calendar.example/a.ics",
    "file:///etc/passwd",
    "https://localhost/a.ics",
    "https://intranet/a.ics",
    "https://127.0.0.1/a.ics",
    "https://[::1]/a.ics",
    "https://2130706433/a.ics",
    "https://0x7f.0.0.1/a.ics",
    "https://127.1/a.ics",
    "https://calendar.example:8443/a",
    "https://calendar.example:22/a",
    "https://calendar.example:0443/a",
    "https://me:secret@calendar.example/a.ics",
    "https://calendar.example@evil.example/a",
    "https://calendar.example\\@127.0.0.1/a",
    "https://calendar.example./a",
    "https://calen dar.example/a",
    "https://calendar.example/a\r\nHost: evil",
    "https://calendar.example/\tb",
    "https://kalender.exämple/a",
    "https://calendar.example/é",
    "https://",
    "https://:443/",
    "https://a_b.example/",
    "https://calendar.example:x/",
    "https://-a.example/",
    f"https://calendar.example/{'a' * 2_000}",
]


@pytest.mark.parametrize("text", ODD)
def test_only_a_whole_https_address_by_name_is_taken(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_calendar_address(text, "tracker.example")
    assert refused.value.fields.keys() == {"address"}


def test_an_address_is_refused_with_one_sentence_whatever_it_leads_to() -> None:
    said = set()
    for text in ODD:
        with pytest.raises(Invalid) as refused:
            check_calendar_address(text, "tracker.example")
        said.add(refused.value.fields["address"])
    assert len(said) == 1
    assert "on the public internet" in said.pop()


def test_an_address_is_taken_as_calendar_programs_give_it() -> None:
    assert check_calendar_address(f" {OUTLOOK} ", "") == OUTLOOK
    assert (
        check_calendar_address("webcal://p01-caldav.iCloud.com/published/2/x", "")
        == "https://p01-caldav.icloud.com/published/2/x"
    )
    assert check_calendar_address("https://calendar.example:443?key=1#part", "") == "https://calendar.example/?key=1"


def test_the_trackers_own_address_is_refused() -> None:
    with pytest.raises(Invalid, match="the tracker itself"):
        check_calendar_address("https://Tracker.example/feeds/x.ics", "tracker.example")


def test_a_calendar_is_tried_again_ever_more_seldom() -> None:
    pauses = [pause_before_next_read(number) for number in range(1, 9)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1], pause_before_next_read(0)) == (timedelta(minutes=15), timedelta(days=1), EVERY)


def test_its_owner_is_told_what_to_do_in_the_name_of_their_program() -> None:
    shared = OwnSharedCalendar(
        host="outlook.office365.com",
        added_at=NOW,
        read_at=None,
        failing_since=NOW,
        problem=CalendarProblem.UNREACHABLE,
        unread=0,
        spans=0,
    )
    assert shared.trouble("Thu, Dec 10") == (
        "We haven’t been able to read your calendar since Thu, Dec 10. "
        "Publish it again in Outlook, and paste the new address here."
    )


def test_spans_of_one_kind_that_touch_become_one_and_end_with_the_window() -> None:
    start, end = kept_window(NOW, "America/Chicago")
    hour = timedelta(hours=1)
    spans = [
        CalendarSpan(start - hour, start + hour, BusyKind.BUSY),
        CalendarSpan(start + hour, start + 2 * hour, BusyKind.BUSY),
        CalendarSpan(start + hour, start + 3 * hour, BusyKind.OUT),
        CalendarSpan(end - hour, end + hour, BusyKind.TENTATIVE),
        CalendarSpan(end, end + hour, BusyKind.BUSY),
    ]
    assert merge_spans(spans, start, end) == [
        CalendarSpan(start, start + 2 * hour, BusyKind.BUSY),
        CalendarSpan(start + hour, start + 3 * hour, BusyKind.OUT),
        CalendarSpan(end - hour, end, BusyKind.TENTATIVE),
    ]


INSIDE = """
127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 169.254.169.254
172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.7 203.0.113.9
224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 168.63.129.16
:: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::1
100::1 2001::1 2001:10::1 2001:db8::1 2002:7f00:1::1 2002:a00:1::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1
fe80::1%eth0 fec0::1 ff02::1
""".split()
NO_ADDRESS = ["", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "8.8.8.8 ", "[::1]", "1.2.3.4.5"]


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_not_of_the_public_internet_is_refused(address: str) -> None:
    assert not is_public_address(address)


@pytest.mark.parametrize("text", NO_ADDRESS)
def test_what_is_no_numeric_address_is_refused(text: str) -> None:
    assert not is_public_address(text)


@pytest.mark.parametrize("address", ["8.8.8.8", "52.96.0.1", "100.63.255.255", "172.32.0.1", "2607:f8b0::1", "2a00::1"])
def test_what_is_of_the_public_internet_is_taken(address: str) -> None:
    assert is_public_address(address)
