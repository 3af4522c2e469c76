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
