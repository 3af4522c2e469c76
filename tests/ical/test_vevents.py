"""What a feed says, and what it keeps to itself."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
import pytest
from msgspec.structs import replace

from tests.ical.making import NOW, ORGANIZER, TODAY, date_of, dates_of, event, feed
from tracker.errors import Invalid
from tracker.ical.vevents import feed_calendar, vevents
from tracker.rules.calendars.feeds import FeedLevel
from tracker.rules.core.viewers import Visibility
from tracker.rules.events.events import Event, EventStatus, Kind, Occurrence
from tracker.rules.recurrence.series import RepeatChoice, rule_for_choice

THURSDAY = datetime(2026, 12, 10, 14)
SECRETS = {
    "title": "Canary-title",
    "description": "Canary-notes",
    "place": "Canary-place",
    "agenda": "Canary-agenda",
    "video_link": "https://canary.example/x",
    "lead": "Canary-lead",
    "lead_agency": "Canary-agency",
    "reference": "OP-CANARY",
}


def weekly(count: int = 4, **facts: Any) -> Event:
    return event(rule_for_choice(RepeatChoice.WEEKLY, THURSDAY, count=count), **facts)


def events_in(text: bytes) -> list[icalendar.Event]:
    return icalendar.Calendar.from_ical(text).walk("VEVENT")


def canceled(one: Occurrence) -> Occurrence:
    return replace(one, is_canceled=True, is_changed=True, sequence=1, changed_at=NOW + timedelta(hours=1))


def lines_of(text: bytes) -> list[str]:
    return text.decode().replace("\r\n ", "").split("\r\n")


def test_the_head_names_the_calendar_and_says_how_often_to_come_back() -> None:
    assert lines_of(feed(event()))[:10] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Task Force Tracker//Calendar//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "NAME:Task force",
        "X-WR-CALNAME:Task force",
        "X-WR-TIMEZONE:America/Chicago",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ]


def test_a_calendar_without_events_is_a_calendar() -> None:
    assert icalendar.Calendar.from_ical(feed_calendar("Task force", "America/Chicago", [], [])).walk("VEVENT") == []


def test_every_zone_in_use_is_told_once_and_before_the_events() -> None:
    text = feed_calendar(
        "Task force", "UTC", ["America/Chicago", "America/Denver", "America/Chicago"], [b"BEGIN:VEVENT"]
    )
    assert text.count(b"BEGIN:VTIMEZONE") == 2
    assert text.rindex(b"END:VTIMEZONE") < text.index(b"BEGIN:VEVENT")


def test_a_feed_names_one_neutral_organizer_and_nobody_who_is_invited() -> None:
    text = feed(weekly(lead="Jordan Lee"))
    assert lines_of(text).count('ORGANIZER;CN="Rescue Project":mailto:calendar@tracker.example') == 1
    assert b"ATTENDEE" not in text
    assert b"Jordan" not in text


def test_an_event_in_full_has_place_notes_agenda_video_and_its_page() -> None:
    one = event(
        place="Room 4", description="Bring badges.", agenda="Intake\nTraining", video_link="https://v.example/1"
    )
    [shown] = events_in(feed(one))
    assert str(shown["LOCATION"]) == "Room 4"
    assert str(shown["DESCRIPTION"]) == "Bring badges.\n\nVideo: https://v.example/1\n\nAgenda\n- Intake\n- Training"
    assert str(shown["URL"]) == f"https://tracker.example/events/{one.id}"
    assert shown["CATEGORIES"].to_ical() == b"Meeting"


def test_an_event_by_video_alone_says_so_where_calendars_show_the_place() -> None:
    [shown] = events_in(feed(event(place="", video_link="https://v.example/1")))
    assert str(shown["LOCATION"]) == "By video"
    [nowhere] = events_in(feed(event(place="")))
    assert "LOCATION" not in nowhere


def test_stamps_are_of_the_last_change_and_never_of_the_request() -> None:
    one = event(sequence=3, created_at=NOW - timedelta(days=9))
    [shown] = events_in(feed(one))
    assert shown["DTSTAMP"].dt == shown["LAST-MODIFIED"].dt == NOW
    assert shown["CREATED"].dt == NOW - timedelta(days=9)
    assert shown["SEQUENCE"] == 3
    assert feed(one) == feed(one, today=TODAY + timedelta(days=5))


def test_an_override_carries_the_newest_stamp_and_the_highest_sequence() -> None:
    series = weekly(sequence=5, changed_at=NOW)
    dates = dates_of(series)
    dates[1] = replace(dates[1], is_changed=True, sequence=2, changed_at=NOW + timedelta(hours=1), place="Room 9")
    override = events_in(feed(series, dates))[1]
    assert override["SEQUENCE"] == 5
    assert override["LAST-MODIFIED"].dt == NOW + timedelta(hours=1)


def test_a_moved_date_names_where_the_rule_put_it_in_the_form_of_the_series() -> None:
    series = weekly()
    dates = dates_of(series)
    dates[1] = date_of(
        series,
        dates[1].original_start,
        is_changed=True,
        starts_at=datetime(2026, 12, 18, 15, tzinfo=UTC),
        ends_at=datetime(2026, 12, 18, 16, tzinfo=UTC),
    )
    text = lines_of(feed(series, dates))
    assert "RECURRENCE-ID;TZID=America/Chicago:20261217T140000" in text
    assert "DTSTART;TZID=America/Chicago:20261218T090000" in text
    assert not any(line.startswith("EXDATE") for line in text)


def test_a_canceled_date_stays_marked_for_30_days_and_is_then_left_out() -> None:
    series = weekly()
    dates = dates_of(series)
    dates[0] = canceled(dates[0])
    last_day, first_day_without = date(2027, 1, 8), date(2027, 1, 9)
    override = events_in(feed(series, dates, today=last_day))[1]
    assert (str(override["SUMMARY"]), str(override["STATUS"]), str(override["TRANSP"])) == (
        "Canceled: Core group",
        "CANCELLED",
        "TRANSPARENT",
    )
    assert b"EXDATE" not in feed(series, dates, today=last_day)
    later = lines_of(feed(series, dates, today=first_day_without))
    assert "EXDATE;TZID=America/Chicago:20261210T140000" in later
    assert not any(line.startswith("RECURRENCE-ID") for line in later)


def test_a_canceled_event_stays_marked_for_30_days_and_then_goes() -> None:
    gone = weekly(status=EventStatus.CANCELED, changed_at=NOW)
    assert str(events_in(feed(gone))[0]["SUMMARY"]) == "Canceled: Core group"
    assert str(events_in(feed(gone))[0]["STATUS"]) == "CANCELLED"
    assert events_in(feed(gone, today=TODAY + timedelta(days=30))) == []


def test_a_series_of_which_nothing_is_left_is_not_shown() -> None:
    series = weekly()
    assert events_in(feed(series, [])) == []
    assert events_in(feed(series, [canceled(one) for one in dates_of(series)], today=date(2028, 1, 1))) == []


def test_a_date_that_is_not_stored_is_left_out_and_one_beside_the_rule_is_added() -> None:
    series = weekly()
    dates = [*dates_of(series)[1:], date_of(series, datetime(2027, 3, 1, 9))]
    text = lines_of(feed(series, dates))
    assert "EXDATE;TZID=America/Chicago:20261210T140000" in text
    assert "RDATE;TZID=America/Chicago:20270301T090000" in text


def test_an_event_of_whole_days_has_dates_without_times() -> None:
    rule = rule_for_choice(RepeatChoice.DAILY, datetime(2026, 12, 10), count=3)
    series = event(rule, starts=datetime(2026, 12, 10), duration=timedelta(days=2), is_all_day=True)
    dates = dates_of(series)
    dates[1] = canceled(dates[1])
    text = lines_of(feed(series, dates))
    assert "DTSTART;VALUE=DATE:20261210" in text
    assert "DTEND;VALUE=DATE:20261212" in text
    assert "RECURRENCE-ID;VALUE=DATE:20261211" in text
    assert not any("TZID" in line for line in text)


def test_until_is_in_utc() -> None:
    series = event(rule_for_choice(RepeatChoice.WEEKLY, THURSDAY, until=date(2027, 1, 7)))
    assert "RRULE:FREQ=WEEKLY;BYDAY=TH;UNTIL=20270107T200000Z" in lines_of(feed(series))


def test_the_second_of_a_doubled_hour_is_said_in_utc() -> None:
    single = event(starts=datetime(2026, 11, 1, 0, 30))
    later = date_of(single, single.starts, starts_at=datetime(2026, 11, 1, 7, 30, tzinfo=UTC), is_changed=True)
    assert "DTSTART:20261101T073000Z" in lines_of(feed(single, [later]))


def test_a_deadline_blocks_no_time_and_a_tentative_event_says_so() -> None:
    [deadline] = events_in(feed(event(kind=Kind.DEADLINE)))
    [tentative] = events_in(feed(event(status=EventStatus.TENTATIVE)))
    assert str(deadline["TRANSP"]) == "TRANSPARENT"
    assert (str(tentative["STATUS"]), str(tentative["TRANSP"])) == ("TENTATIVE", "OPAQUE")


@pytest.mark.parametrize(
    ("kind", "title"), [(Kind.JOINT_OPERATION, "Operational period"), (Kind.MEETING, "Task force event")]
)
def test_a_discreet_event_tells_its_time_and_nothing_else(kind: Kind, title: str) -> None:
    series = weekly(kind=kind, visibility=Visibility.NAMED, **SECRETS)
    dates = dates_of(series)
    dates[1] = replace(dates[1], is_changed=True, title="Canary-date", place="Canary-elsewhere")
    dates[2] = canceled(dates[2])
    text = feed(series, dates, FeedLevel.DISCREET)
    assert b"anary" not in text
    assert b"CANARY" not in text
    assert str(series.id).encode() not in text
    assert {str(one["CLASS"]) for one in events_in(text)} == {"CONFIDENTIAL"}
    assert {str(one["SUMMARY"]) for one in events_in(text)} == {title, f"Canceled: {title}"}
    assert {name for one in events_in(text) for name in one} == {
        "UID",
        "DTSTAMP",
        "LAST-MODIFIED",
        "SEQUENCE",
        "DTSTART",
        "DTEND",
        "RRULE",
        "RECURRENCE-ID",
        "SUMMARY",
        "CLASS",
        "STATUS",
        "TRANSP",
        "ORGANIZER",
    }


def test_the_uid_does_not_depend_on_how_much_is_told() -> None:
    series = weekly(visibility=Visibility.NAMED)
    assert {str(one["UID"]) for level in FeedLevel for one in events_in(feed(series, level=level))} == {series.uid}


@pytest.mark.parametrize("evil", ["a\rX-EVIL:1", "a\r\nX-EVIL:1", "a\x85X-EVIL:1", "a\u2028X-EVIL:1", "a\x00b"])
@pytest.mark.parametrize("field", ["title", "place", "description", "agenda", "uid"])
def test_text_that_could_start_a_line_is_refused(field: str, evil: str) -> None:
    one = event(**{field: evil})
    with pytest.raises(Invalid):
        vevents(one, dates_of(one), FeedLevel.FULL, ORGANIZER, TODAY)


@pytest.mark.parametrize("facts", [{"rrule": "FREQ=SECONDLY"}, {"zone": "Nowhere/Land"}])
def test_a_rule_or_zone_that_we_never_wrote_is_refused(facts: dict[str, str]) -> None:
    sound = weekly()
    broken = replace(sound, **facts)
    with pytest.raises(Invalid):
        vevents(broken, dates_of(sound), FeedLevel.FULL, ORGANIZER, TODAY)


def test_newlines_and_separators_in_text_add_no_property() -> None:
    plain, awkward = event(title="a", description="a"), event(title="a", description="a,;\\\nEND:VEVENT\nX-EVIL:1")
    assert [set(one) for one in events_in(feed(awkward))] == [set(one) for one in events_in(feed(plain))]


def test_a_video_link_can_be_joined_from_the_calendar_when_it_is_a_web_address() -> None:
    [web] = events_in(feed(event(video_link="https://video.example/j/1?a=1;b=2,3")))
    assert str(web["CONFERENCE"]) == "https://video.example/j/1?a=1;b=2,3"
    assert web["CONFERENCE"].params["FEATURE"] == "VIDEO"
    [other] = events_in(feed(event(video_link="Room 7, code 4711")))
    assert "CONFERENCE" not in other
    assert str(other["DESCRIPTION"]) == "Video: Room 7, code 4711"
