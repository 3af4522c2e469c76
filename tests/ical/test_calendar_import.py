"""Calendar files and shared calendars of other programs: what is read of them, and what is refused."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001
# Local times are naive: the zone of the event is beside them.
# ruff: noqa: DTZ001, DTZ007

from datetime import UTC, date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as some
from icalendar import Calendar
from msgspec.structs import replace

from tests.ical.files import NOW, ZONE, calendar, one_event, refusal, taken, vevent
from tests.ical.making import dates_of, event, feed_with
from tests.ical.readers import by_icalendar
from tests.processor_time import within
from tracker.errors import Invalid, TooLarge
from tracker.ical.calendar_import import read_calendar_file
from tracker.ical.foreign_events import CODES
from tracker.ical.lines import LARGEST, MOST
from tracker.ical.shared_calendars import Budget, read_busy_times, starts_between
from tracker.rules.availability.shared_calendars import BusyKind, CalendarSpan
from tracker.rules.events import plans
from tracker.rules.events.events import EventStatus, Kind
from tracker.rules.events.plans import FileEvent, ImportOutcome
from tracker.rules.recurrence.series import rule_for_choice

WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=4"


def instants_of(file_event: FileEvent) -> list[tuple[datetime, datetime]]:
    """Return when the dates of an event take place, changes included."""
    held = dict(file_event.slots)
    for start, change in file_event.changes.items():
        del held[start]
        if change:
            held[start] = plans.slot_at(change.starts, change.duration, file_event.plan.zone)
    return sorted(held.values())


def instants_shown(file: bytes) -> list[tuple[datetime, datetime]]:
    """Return when another program says that a file's dates take place."""
    return sorted((one.starts, one.ends) for one in by_icalendar(file))


def test_an_event_is_read_with_its_texts() -> None:
    file_event = one_event("LOCATION:Room A\\, third floor", "DESCRIPTION:First\\nSecond", "STATUS:TENTATIVE")
    assert (file_event.plan.title, file_event.plan.place, file_event.plan.description) == (
        "Core group",
        "Room A, third floor",
        "First\nSecond",
    )
    assert file_event.plan.status is EventStatus.TENTATIVE


def test_an_event_by_video_of_our_own_feeds_is_read_without_a_place() -> None:
    [event_found] = read_calendar_file(feed_with(event(place="", video_link="https://v.example/1")), NOW, ZONE).events
    assert (event_found.plan.place, event_found.plan.video_link) == ("", "https://v.example/1")
    assert one_event("LOCATION:By video").plan.place == "By video"


def test_texts_lose_what_could_start_a_line_or_turn_the_reading_direction() -> None:
    file = taken(vevent(title="Gathering\\n\u202efdp\x00\u2028X-EVIL:1"))
    assert file.events[0].plan.title == "Gathering fdp X-EVIL:1"


@pytest.mark.parametrize(
    ("starts", "zone"),
    [
        ("DTSTART;TZID=America/Chicago:20270112T100000", ZONE),
        ("DTSTART;TZID=Central Standard Time:20270112T100000", ZONE),
        ("DTSTART;TZID=/mozilla.org/20050126_1/America/Chicago:20270112T100000", ZONE),
        ("DTSTART:20270112T100000", ZONE),
        ("DTSTART:20270112T160000Z", ZONE),
        ("DTSTART;TZID=America/New_York:20270112T110000", "America/New_York"),
    ],
)
def test_ten_in_chicago_is_the_same_moment_however_it_is_written(starts: str, zone: str) -> None:
    file_event = one_event(starts, "DURATION:PT1H")
    assert file_event.plan.zone == zone
    assert instants_of(file_event) == [(datetime(2027, 1, 12, 16, tzinfo=UTC), datetime(2027, 1, 12, 17, tzinfo=UTC))]


def test_a_zone_of_its_own_name_is_known_by_the_common_one_beside_it() -> None:
    zone = "BEGIN:VTIMEZONE\r\nTZID:Ours\r\nX-LIC-LOCATION:America/New_York\r\nEND:VTIMEZONE"
    file = taken(zone, vevent("DTSTART;TZID=Ours:20270112T100000", "DURATION:PT1H"))
    assert file.events[0].plan.zone == "America/New_York"


def test_an_all_day_event_keeps_its_days() -> None:
    file_event = one_event("DTSTART;VALUE=DATE:20270112", "DTEND;VALUE=DATE:20270115")
    assert (file_event.plan.is_all_day, file_event.plan.duration) == (True, timedelta(days=3))


def test_a_series_in_utc_keeps_its_hour_on_the_clock_all_year() -> None:
    file_event = one_event("DTSTART:20270302T160000Z", "DURATION:PT1H", WEEKLY, "EXDATE:20270323T160000Z")
    assert [start.hour for start in file_event.slots] == [10, 10, 10]
    assert file_event.notes == ("Its times are in UTC in the file. Here it is at 10:00 AM Central all year.",)


@pytest.mark.parametrize(
    ("spelled", "kept"),
    [
        ("FREQ=WEEKLY;WKST=SU;UNTIL=20270203T055959Z;BYDAY=TU", "FREQ=WEEKLY;BYDAY=TU;UNTIL=20270202T160000Z"),
        ("FREQ=MONTHLY;COUNT=3;BYDAY=TU;BYSETPOS=2", "FREQ=MONTHLY;BYDAY=2TU;COUNT=3"),
        ("FREQ=MONTHLY;COUNT=3", "FREQ=MONTHLY;BYMONTHDAY=12;COUNT=3"),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;COUNT=7", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=7"),
        ("FREQ=YEARLY;COUNT=2", "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=12;COUNT=2"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU;WKST=MO;COUNT=4", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU;COUNT=4"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;COUNT=4", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;COUNT=4"),
        ("FREQ=WEEKLY;COUNT=4;BYDAY=SU,TU;WKST=SU;INTERVAL=2", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU;COUNT=4"),
        ("FREQ=WEEKLY;INTERVAL=3;BYDAY=TU,TH;WKST=WE;COUNT=4", "FREQ=WEEKLY;INTERVAL=3;BYDAY=TU,TH;WKST=WE;COUNT=4"),
    ],
)
def test_a_rule_spelled_otherwise_is_kept_in_our_own_spelling(spelled: str, kept: str) -> None:
    file_event = one_event(f"RRULE:{spelled}")
    assert file_event.plan.rrule == kept
    file = calendar(vevent(f"RRULE:{spelled}", "STATUS:CONFIRMED"))
    assert instants_of(file_event) == instants_shown(file)


def test_a_series_without_an_end_is_given_one_and_that_is_said() -> None:
    file_event = one_event("RRULE:FREQ=WEEKLY")
    assert file_event.notes == ("It has no end date in the file, so it ends on Jan 11, 2028.",)


def test_dates_left_out_added_moved_and_canceled_are_those_that_another_program_shows() -> None:
    zoned = ";TZID=America/Chicago:"
    file = calendar(
        vevent(WEEKLY, f"EXDATE{zoned}20270119T100000", f"RDATE{zoned}20270121T100000", "STATUS:CONFIRMED"),
        vevent(
            f"RECURRENCE-ID{zoned}20270126T100000",
            f"DTSTART{zoned}20270127T140000",
            f"DTEND{zoned}20270127T153000",
            "STATUS:CONFIRMED",
        ),
        vevent(f"RECURRENCE-ID{zoned}20270202T100000", "STATUS:CANCELLED"),
    )
    [event_found] = read_calendar_file(file, NOW, ZONE).events
    assert instants_of(event_found) == instants_shown(file)
    assert len(instants_of(event_found)) == 3


@pytest.mark.parametrize("is_all_day", [False, True])
def test_our_own_feed_is_read_as_the_same_moments(is_all_day: bool) -> None:
    starts = datetime(2027, 1, 12) if is_all_day else datetime(2027, 1, 12, 14)
    length = timedelta(days=1) if is_all_day else timedelta(minutes=90)
    rule = rule_for_choice("weekly", starts, weekdays=(1, 3), count=60)
    of = event(rule, starts=starts, duration=length, is_all_day=is_all_day)
    every = dates_of(of)
    del every[3]
    moved = (
        plans.slot_at(datetime(2027, 2, 1, 9), length, ZONE)
        if not is_all_day
        else (plans.slot_at(datetime(2027, 2, 1), length, ZONE))
    )
    every[4] = replace(every[4], starts_at=moved[0], ends_at=moved[1], is_changed=True)
    every[5] = replace(every[5], is_canceled=True, is_changed=True)
    [event_found] = read_calendar_file(feed_with(of, every), NOW, ZONE).events
    assert instants_of(event_found) == sorted((one.starts_at, one.ends_at) for one in every if not one.is_canceled)


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["DTSTART;TZID=Nowhere:20270112T100000", "DURATION:PT1H"], "The time zone “Nowhere” is unknown."),
        (["DTSTART:20270112T100000", "DTEND:20270112T090000"], "The event ends before it starts."),
        (["DTSTART:20270112T100000"], "It ends when it starts. Give it a length."),
        (["DTSTART:18990112T100000", "DURATION:PT1H"], "It is in 1899. We can import 1990 to 2100."),
        (["DTSTART:21010112T100000", "DURATION:PT1H"], "It is in 2101. We can import 1990 to 2100."),
        (["DTSTART:20270230T100000"], "“20270230T100000” isn't a date on the calendar."),
        (["DTSTART:tomorrow"], "“tomorrow” isn't a date or time that we can read."),
        (["DTSTART:20270112T100000", "DURATION:P20D"], "It ends before it starts, or lasts more than 14 days."),
        (
            ["DTSTART:20271107T073000Z", "DURATION:PT1H"],
            "It is in the hour that repeats when clocks change in the fall, so its time can't be kept.",
        ),
        (["RRULE:FREQ=SECONDLY;COUNT=2"], "The tracker doesn't support this repeat pattern (FREQ=SECONDLY)."),
        (["RRULE:FREQ=DAILY;INTERVAL=0"], "The tracker doesn't support this repeat pattern (INTERVAL=0)."),
        (["RRULE:FREQ=WEEKLY;BYHOUR=1,2;COUNT=2"], "The tracker doesn't support this repeat pattern (BYHOUR)."),
        (
            ["RRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=3"],
            "Tue, Jan 12, 2027 isn’t a date of this series. The first date that fits is Wed, Jan 13, 2027.",
        ),
        (["RRULE:FREQ=DAILY;COUNT=5000"], "Choose a number of dates from 1 to 1,000."),
        (["RRULE:FREQ=DAILY;UNTIL=20991231"], "A series can last at most 5 years. End it by Jan 12, 2032."),
        (
            ["RRULE:FREQ=WEEKLY;COUNT=2", "RRULE:FREQ=DAILY;COUNT=2"],
            "It has more than one repeat rule. Export it as separate series.",
        ),
        (["RRULE:FREQ=WEEKLY;COUNT=1", "EXDATE:20270112T100000"], "All of its dates are left out."),
        (["RDATE;TZID=America/Chicago:20270113T100000"], "It has extra dates, but no repeat rule."),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_reason(lines: list[str], sentence: str) -> None:
    assert refusal(*lines) == sentence


def test_a_series_without_an_end_from_long_ago_is_refused() -> None:
    sentence = refusal("DTSTART:20190101T100000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY")
    assert sentence.startswith("It has no end date and started more than five years ago.")


@pytest.mark.parametrize("line", ["STATUS:CANCELLED", "CLASS:PRIVATE", "CLASS:CONFIDENTIAL", "CLASS:X-SECRET"])
def test_canceled_and_private_events_are_left_out_and_named(line: str) -> None:
    [row] = taken(vevent(line)).rest
    assert (row.title, row.outcome) == ("Core group", ImportOutcome.LEFT_OUT)


def test_a_date_whose_series_is_not_in_the_file_is_an_event_of_its_own() -> None:
    file = taken(*(vevent(f"RECURRENCE-ID;TZID={ZONE}:202701{day}T100000") for day in (12, 19)))
    assert len({one.uid for one in file.events}) == 2


def test_an_event_without_a_uid_is_known_by_what_it_says() -> None:
    file = taken(vevent(uid=""), vevent(uid="", title="Another"))
    assert len({one.uid for one in file.events}) == 2


def test_alarms_attachments_and_people_of_a_file_stay_behind_and_its_row_says_so() -> None:
    alarm = "BEGIN:VALARM\r\nTRIGGER:-PT1M\r\nREPEAT:2147483647\r\nEND:VALARM"
    file = taken(vevent("ATTACH:https://evil.example/x", "ATTENDEE:mailto:a@b.example", alarm))
    assert len(file.events) == 1
    [event] = file.events
    assert event.notes == ("1 person in the file is not invited and not notified.", "Left out: 1 alarm, attachments.")


@pytest.mark.parametrize(
    ("lines", "note"),
    [
        (["ORGANIZER:mailto:a@b.example"], "Its organizer in the file isn't kept: you're the organizer."),
        (
            ["ATTENDEE:mailto:a@b.example", 'ATTENDEE;CN="B: C":mailto:c@b.example'],
            "2 people in the file are not invited and not notified.",
        ),
        (["CATEGORIES:Red", "GEO:1;2", "URL:https://a.example"], "Left out: categories, map position, web address."),
        (
            ["X-A:1", "X-B:1", "X-C;D=E:1", "X-F:1"],
            "Left out: properties of other programs (X-A, X-B, X-C and 1 more).",
        ),
        (["TRANSP:TRANSPARENT"], "The file shows its time as free. Here it counts as busy."),
        (["STATUS:PERHAPS"], "Its status “PERHAPS” is read as confirmed."),
        ([f"LOCATION:{'x' * 301}"], "Place: cut after 300 characters; the file has 301."),
        (["DESCRIPTION:Left\u202eright"], "Notes: characters that can't be shown are left out."),
        (
            ["CONFERENCE:tel:+1-555-0100"],
            "1 way to join online is left out: an event has one video link, which starts with https.",
        ),
        (
            ["DTSTART:20270112T100000", "DURATION:PT1H"],
            "It has no time zone in the file. Its times are read as Central.",
        ),
        (
            ["DTSTART;TZID=Eastern Standard Time:20270112T100000", "DURATION:PT1H"],
            "Its time zone “Eastern Standard Time” is read as America/New_York.",
        ),
    ],
)
def test_what_an_event_would_lose_or_change_is_said_of_it(lines: list[str], note: str) -> None:
    assert one_event(*lines).notes == (note,)


@pytest.mark.parametrize(
    "line",
    [
        "CLASS:PUBLIC",
        "TRANSP:OPAQUE",
        "DESCRIPTION:  First\\n\\nSecond  ",
        "X-GOOGLE-CONFERENCE:https://meet.example/1",
        "DTSTAMP:20261201T000000Z",
        "SEQUENCE:3",
        "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;COUNT=4",
    ],
)
def test_of_an_event_that_is_kept_as_it_is_nothing_is_said(line: str) -> None:
    assert one_event(line).notes == ()


def test_what_single_dates_of_a_series_would_lose_is_said_with_their_days() -> None:
    named = f"RECURRENCE-ID;TZID={ZONE}:202701"
    file = taken(
        vevent(WEEKLY, "DESCRIPTION:Ours"),
        vevent(f"{named}19T100000", "DESCRIPTION:Another", "STATUS:TENTATIVE"),
        vevent(f"{named}26T100000", "DESCRIPTION:Ours", title="x" * 201),
        vevent(f"{named}26T100000", "DESCRIPTION:Ours"),
    )
    [event] = file.events
    assert event.notes == (
        "Tue, Jan 19, 2027: it has the notes and the status of the series, not its own.",
        "Tue, Jan 26, 2027: Title: cut after 200 characters; the file has 201.",
        "Tue, Jan 26, 2027: changed more than once; the last change counts.",
    )


@pytest.mark.parametrize(("count", "days"), [(2, "Sat, Mar 13, 2027"), (40, "Sat, Mar 13, 2027 and 1 other date")])
def test_a_series_that_lasts_while_the_clocks_change_says_on_which_nights(count: int, days: str) -> None:
    zoned = "TZID=America/Chicago:202703"
    file_event = one_event(f"DTSTART;{zoned}06T220000", f"DTEND;{zoned}07T060000", f"RRULE:FREQ=WEEKLY;COUNT={count}")
    assert file_event.notes == (f"{days}: the clocks change during it; it ends at its usual time of day.",)


def test_an_extra_date_that_is_left_out_again_is_none() -> None:
    zoned = ";TZID=America/Chicago:20270121T100000"
    file = calendar(vevent(WEEKLY, f"RDATE{zoned}", f"EXDATE{zoned}", "STATUS:CONFIRMED"))
    [event_found] = read_calendar_file(file, NOW, ZONE).events
    assert instants_of(event_found) == instants_shown(file)
    assert len(instants_of(event_found)) == 4


def test_a_changed_date_that_its_series_does_not_have_is_an_extra_one() -> None:
    zoned = ";TZID=America/Chicago:"
    file = calendar(
        vevent(WEEKLY, "STATUS:CONFIRMED"),
        vevent(f"RECURRENCE-ID{zoned}20270122T100000", "STATUS:CONFIRMED", title="Extra"),
        vevent(f"RECURRENCE-ID{zoned}20270123T100000", "STATUS:CANCELLED"),
    )
    [event_found] = read_calendar_file(file, NOW, ZONE).events
    assert instants_of(event_found) == instants_shown(file)
    assert event_found.notes == ("Fri, Jan 22, 2027: not a date of the series in the file; it is added.",)


@pytest.mark.parametrize(
    ("categories", "kind", "notes"),
    [
        ("Training", Kind.TRAINING, ()),
        ("red,OUTREACH", Kind.OUTREACH, ("Left out: categories.",)),
        ("Joint operation", Kind.MEETING, ("Left out: categories.",)),
        ("Meeting", Kind.MEETING, ()),
    ],
)
def test_a_category_that_is_a_kind_of_event_is_kept(categories: str, kind: Kind, notes: tuple[str, ...]) -> None:
    file_event = one_event(f"CATEGORIES:{categories}")
    assert (file_event.plan.kind, file_event.notes) == (kind, notes)


def test_a_private_date_of_a_series_for_everyone_stays_out() -> None:
    hidden = vevent(f"RECURRENCE-ID;TZID={ZONE}:20270119T100000", "CLASS:PRIVATE", title="Canary")
    [event] = taken(vevent(WEEKLY), hidden).events
    assert (len(event.slots), event.changes) == (3, {})
    assert event.notes == (
        "Tue, Jan 19, 2027: it's marked private. Imported events are visible to everyone, so it was left out.",
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"title,date\r\n",
        b"BEGIN:VEVENT\r\nEND:VEVENT\r\n",
        calendar(),
        calendar(vevent())[:-20],
        calendar("BEGIN:VEVENT", "END:VTODO"),
        calendar(vevent(title="\xff")).replace("\xff".encode(), b"\xff"),
        calendar(vevent("BEGIN:A\r\nBEGIN:B\r\nEND:B\r\nEND:A")),
        b"BEGIN:VCALENDAR\r\n" * 20_000 + b"END:VCALENDAR\r\n" * 20_000,
    ],
)
def test_what_is_no_calendar_is_refused_as_a_whole(content: bytes) -> None:
    with pytest.raises(Invalid):
        read_calendar_file(content, NOW, ZONE)


def test_a_file_has_a_largest_size_and_a_most_of_events_and_dates() -> None:
    for content in (
        b"BEGIN:VCALENDAR\r\n" + b" " * LARGEST,
        calendar(*(vevent(uid=str(number)) for number in range(MOST + 1))),
        calendar(*(vevent("RRULE:FREQ=DAILY;COUNT=999", uid=str(number)) for number in range(21))),
    ):
        with pytest.raises(TooLarge):
            read_calendar_file(content, NOW, ZONE)


@pytest.mark.parametrize(
    "line",
    [
        "DTSTART" + ";A=B" * 480_000 + ":x",
        "SUMMARY:" + "\\" * 1_900_000,
        'SUMMARY;X="' + "a" * 1_900_000,
        "EXDATE:" + "20270112T100000," * 110_000,
        "RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "RRULE:FREQ=DAILY;BYDAY=" + "MO," * 600_000,
    ],
)
def test_no_line_takes_longer_than_reading_it(line: str) -> None:
    file = within(10_000, lambda: taken(vevent(line)))
    assert len(file.events) + len(file.rest) == 1


def test_the_largest_file_is_read_as_another_program_reads_it() -> None:
    file = calendar(*(vevent("STATUS:CONFIRMED", uid=str(number)) for number in range(MOST)))
    assert len(Calendar.from_ical(file).walk("VEVENT")) == len(read_calendar_file(file, NOW, ZONE).events)


START, END = datetime(2026, 12, 15, 6, tzinfo=UTC), datetime(2027, 6, 17, 5, tzinfo=UTC)
TEN = datetime(2027, 1, 12, 16, tzinfo=UTC)  # in Chicago
HOUR = timedelta(hours=1)


def spans(*components: str) -> list[CalendarSpan]:
    """Read a calendar of these components, all of which can be read."""
    reading = read_busy_times(calendar(*components), START, END, ZONE)
    assert reading.unread == 0
    return sorted(one.span for one in reading.spans)


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ((), BusyKind.BUSY),
        (("TRANSP:OPAQUE", "STATUS:CONFIRMED"), BusyKind.BUSY),
        (("TRANSP:TRANSPARENT",), None),
        (("STATUS:TENTATIVE",), BusyKind.TENTATIVE),
        (("STATUS:CANCELLED",), None),
        (("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE",), BusyKind.TENTATIVE),
        (("X-MICROSOFT-CDO-BUSYSTATUS:OOF", "TRANSP:OPAQUE"), BusyKind.OUT),
        (("X-MICROSOFT-CDO-BUSYSTATUS:BUSY", "STATUS:TENTATIVE"), BusyKind.TENTATIVE),
        (("X-MICROSOFT-CDO-BUSYSTATUS:FREE",), None),
        (("X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE",), None),
        (("CLASS:PRIVATE",), BusyKind.BUSY),
    ],
)
def test_an_event_takes_its_owner_as_it_says(lines: tuple[str, ...], kind: BusyKind | None) -> None:
    assert spans(vevent(*lines)) == ([CalendarSpan(TEN, TEN + HOUR, kind)] if kind else [])


def test_a_day_is_the_whole_day_of_the_task_force() -> None:
    [span] = spans(vevent("DTSTART;VALUE=DATE:20270112", "DTEND;VALUE=DATE:20270114"))
    assert (span.starts_at, span.ends_at) == (
        datetime(2027, 1, 12, 6, tzinfo=UTC),
        datetime(2027, 1, 14, 6, tzinfo=UTC),
    )


def test_a_series_keeps_its_hour_and_leaves_out_what_it_leaves_out() -> None:
    spans_found = spans(
        vevent("RRULE:FREQ=MONTHLY;BYDAY=2TU", "EXDATE;TZID=America/Chicago:20270209T100000"),
        vevent(
            "RECURRENCE-ID;TZID=America/Chicago:20270413T100000",
            "DTSTART;TZID=America/Chicago:20270415T130000",
            "DURATION:PT30M",
        ),
        vevent("RECURRENCE-ID;TZID=America/Chicago:20270511T100000", "STATUS:CANCELLED"),
    )
    assert [f"{one.starts_at:%m-%d %H:%M}" for one in spans_found] == [
        "01-12 16:00",
        "03-09 16:00",
        "04-15 18:00",
        "06-08 15:00",
    ]


def test_a_series_without_an_end_that_began_long_ago_is_read_in_the_window_only() -> None:
    spans_found = spans(vevent("DTSTART:19950102T160000Z", "DTEND:19950102T170000Z", "RRULE:FREQ=WEEKLY;BYDAY=MO,WE"))
    assert len(spans_found) == 53
    assert all(one.ends_at > START and one.starts_at < END for one in spans_found)


def test_a_date_that_began_before_the_window_is_still_taken() -> None:
    [first, *_] = spans(vevent("DTSTART:20261214T120000Z", "DTEND:20261215T120000Z", "RRULE:FREQ=YEARLY"))
    assert first == CalendarSpan(START - timedelta(hours=18), START + timedelta(hours=6), BusyKind.BUSY)


def test_periods_that_do_not_say_of_what_they_are_count_as_unread() -> None:
    periods = "BEGIN:VFREEBUSY\r\nFREEBUSY:20270112T160000Z/20270112T170000Z\r\nEND:VFREEBUSY"
    assert read_busy_times(calendar(periods), START, END, ZONE) == ([], 1)


@pytest.mark.parametrize("until", ["99991231T235959Z", "99991231"])
def test_a_series_until_the_year_9999_has_no_end(until: str) -> None:
    assert len(spans(vevent(f"RRULE:FREQ=MONTHLY;BYDAY=2TU;UNTIL={until}"))) == 6


def test_an_empty_calendar_is_that_of_someone_who_is_free() -> None:
    assert read_busy_times(calendar(), START, END, ZONE) == ([], 0)


def test_what_cannot_be_read_is_counted_and_the_rest_is_read() -> None:
    reading = read_busy_times(calendar(vevent("RRULE:FREQ=SECONDLY", uid="odd"), vevent()), START, END, ZONE)
    assert (len(reading.spans), reading.unread) == (1, 1)


def test_what_is_no_calendar_is_refused() -> None:
    for content in (b"<html>Sign in</html>", b"", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" * 9):
        with pytest.raises(Invalid):
            read_busy_times(content, START, END, ZONE)


def test_many_old_series_that_are_over_are_read() -> None:
    ends = ("COUNT=10", "UNTIL=20110101T000000Z")
    old = [
        vevent("DTSTART:20100104T100000Z", "DURATION:PT1H", f"RRULE:FREQ=WEEKLY;{end}", uid=f"{end}{number}")
        for number in range(1_000)
        for end in ends
    ]
    assert spans(*old) == []


def is_too_large(content: bytes) -> bool:
    """Return whether a calendar is refused because reading it would take too long."""
    try:
        read_busy_times(content, START, END, ZONE)
    except TooLarge:
        return True
    return False


EIGHT_YEARS_AGO = "DTSTART:20190101T100000Z", "DTEND:20190101T110000Z"


@pytest.mark.parametrize(
    "bomb",
    [
        [vevent(*EIGHT_YEARS_AGO, "RRULE:FREQ=DAILY;COUNT=99999", uid=str(one)) for one in range(1_000)],
        [vevent("RRULE:FREQ=DAILY", uid=str(one)) for one in range(1_000)],
        [vevent(*EIGHT_YEARS_AGO, "RRULE:FREQ=YEARLY;BYDAY=MO", uid=str(one)) for one in range(3_000)],
        [vevent("RDATE:" + ",".join(["20270113T160000Z"] * 4_000), uid=str(one)) for one in range(27)],
    ],
)
def test_a_calendar_that_would_take_long_is_refused_before_it_does(bomb: list[str]) -> None:
    content = calendar(*bomb)
    assert within(8_000, lambda: is_too_large(content))


def test_dates_with_components_of_their_own_cost_no_more_than_others() -> None:
    named = "RECURRENCE-ID:20270113T160000Z"
    changes = [vevent(named, uid="a") for _ in range(5_000)]
    content = calendar(*[vevent(uid="a")] * 2_000, *changes)
    assert len(within(8_000, lambda: read_busy_times(content, START, END, ZONE)).spans) == 7_000


FIRST = datetime(2026, 1, 6, 9, 30)
UNROLLED_START, UNROLLED_END = date(2027, 1, 1), date(2027, 6, 30)
DAYS = some.lists(some.sampled_from(CODES), min_size=1, max_size=4, unique=True).map(",".join)
NTH = some.tuples(some.sampled_from(["1", "2", "-1", "-2", "5"]), some.sampled_from(CODES)).map("".join)
MONTHDAY = some.lists(some.sampled_from([1, 13, 15, 28, -1, -2]), min_size=1, max_size=3, unique=True)
MONTHS = some.lists(some.integers(1, 12), min_size=1, max_size=3, unique=True)


def until(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%S")


def rule_part(name: str, numbers: list[int]) -> str:
    return f"{name}={','.join(map(str, numbers))}"


ENDS = some.one_of(
    some.just(""),
    some.integers(1, 200).map(lambda number: f"COUNT={number}"),
    some.integers(1, 900).map(lambda days: f"UNTIL={FIRST + timedelta(days=days):%Y%m%dT%H%M%S}"),
)
WEEKS = some.sampled_from(CODES).map(lambda code: f"WKST={code}")
EVERY = some.sampled_from([1, 2, 3, 4, 7]).map(lambda number: f"INTERVAL={number}")
PICKS = {
    "DAILY": [some.just("")],
    "WEEKLY": [some.just(""), DAYS.map(lambda days: f"BYDAY={days}")],
    "MONTHLY": [
        some.just(""),
        NTH.map(lambda day: f"BYDAY={day}"),
        MONTHDAY.map(lambda days: rule_part("BYMONTHDAY", days)),
        some.tuples(DAYS, some.sampled_from([1, 2, -1])).map(lambda one: f"BYDAY={one[0]};BYSETPOS={one[1]}"),
    ],
    "YEARLY": [
        some.just(""),
        MONTHS.map(lambda months: rule_part("BYMONTH", months)),
        some.tuples(NTH, MONTHS).map(lambda one: f"BYDAY={one[0]};{rule_part('BYMONTH', one[1])}"),
        NTH.map(lambda day: f"BYDAY={day}"),
        MONTHDAY.map(lambda days: rule_part("BYMONTHDAY", days)),
    ],
}
RULES = (
    some.sampled_from(sorted(PICKS))
    .flatmap(lambda word: some.tuples(some.just(f"FREQ={word}"), some.one_of(PICKS[word]), EVERY, WEEKS, ENDS))
    .map(lambda parts: ";".join(part for part in parts if part))
)


@settings(max_examples=300)
@given(RULES, some.integers(0, 27))
def test_the_dates_are_those_of_dateutil(rule: str, later: int) -> None:
    first = FIRST + timedelta(days=later)
    wanted = rrulestr(rule, dtstart=first).between(datetime(2027, 1, 1), datetime(2027, 6, 30, 23, 59), inc=True)
    assume(len(wanted) < 400)
    assert starts_between(rule, first, (UNROLLED_START, UNROLLED_END), until, Budget(10_000)) == wanted


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY",
        "FREQ=HOURLY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=0",
        "FREQ=ODD",
        "INTERVAL=1",
        "FREQ=DAILY;BYHOUR=1,2",
        "FREQ=DAILY;INTERVAL=99999999",
        "FREQ=MONTHLY;BYDAY=XX",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYMONTHDAY=one",
        "FREQ=YEARLY;BYWEEKNO=1",
        "FREQ=WEEKLY;BYDAY=1MO",
        f"FREQ=MONTHLY;BYMONTHDAY={','.join(['1'] * 40)}",
    ],
)
def test_a_rule_that_is_not_read_is_refused(rule: str) -> None:
    with pytest.raises(Invalid):
        starts_between(rule, FIRST, (UNROLLED_START, UNROLLED_END), until, Budget(10_000))


@pytest.mark.parametrize(
    "rule",
    ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYMONTHDAY=31;COUNT=9"],
)
def test_a_rule_that_gives_nothing_ends_as_soon_as_any_other(rule: str) -> None:
    within(
        500,
        lambda: starts_between(rule, datetime(1990, 2, 28, 9), (UNROLLED_START, UNROLLED_END), until, Budget(20_000)),
    )
