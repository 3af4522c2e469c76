"""Events as VEVENT: dates, changes, alarms, and time zones, as other programs read them."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from dateutil.tz import tzical
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.ical.making import NOW, ORGANIZER, TODAY, date_of, dates_of, event, feed_with
from tests.ical.readers import by_ical, by_icalendar
from tracker.errors import Invalid
from tracker.ical.lines import vtimezone
from tracker.ical.vevents import feed_calendar, vevents
from tracker.rules.calendars.feeds import NO_ALARMS, Alarms, AllDayAlarm, FeedLevel
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


def weekly_event(count: int = 4, **facts: Any) -> Event:
    return event(rule_for_choice(RepeatChoice.WEEKLY, THURSDAY, count=count), **facts)


def events_in(text: bytes) -> list[icalendar.Event]:
    return icalendar.Calendar.from_ical(text).walk("VEVENT")


def cancel_date(occurrence: Occurrence) -> Occurrence:
    return replace(occurrence, is_canceled=True, is_changed=True, sequence=1, changed_at=NOW + timedelta(hours=1))


def lines_of(text: bytes) -> list[str]:
    return text.decode().replace("\r\n ", "").split("\r\n")


def test_the_head_names_the_calendar_and_says_how_often_to_come_back() -> None:
    assert lines_of(feed_with(event()))[:10] == [
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


def test_every_zone_in_use_is_said_once_and_before_the_events() -> None:
    text = feed_calendar(
        "Task force", "UTC", ["America/Chicago", "America/Denver", "America/Chicago"], [b"BEGIN:VEVENT"]
    )
    assert text.count(b"BEGIN:VTIMEZONE") == 2
    assert text.rindex(b"END:VTIMEZONE") < text.index(b"BEGIN:VEVENT")


def test_a_feed_names_one_neutral_organizer_and_no_one_who_is_invited() -> None:
    text = feed_with(weekly_event(lead="Jordan Lee"))
    assert lines_of(text).count('ORGANIZER;CN="Rescue Project":mailto:calendar@tracker.example') == 1
    assert b"ATTENDEE" not in text
    assert b"Jordan" not in text


def test_an_event_in_full_has_place_notes_agenda_video_and_its_page() -> None:
    this_event = event(
        place="Room 4", description="Bring badges.", agenda="Intake\nTraining", video_link="https://v.example/1"
    )
    [shown] = events_in(feed_with(this_event))
    assert str(shown["LOCATION"]) == "Room 4"
    assert str(shown["DESCRIPTION"]) == "Bring badges.\n\nVideo: https://v.example/1\n\nAgenda\n- Intake\n- Training"
    assert str(shown["URL"]) == f"https://tracker.example/events/{this_event.id}"
    assert shown["CATEGORIES"].to_ical() == b"Meeting"


def test_an_event_by_video_alone_says_so_where_calendars_show_the_place() -> None:
    [shown] = events_in(feed_with(event(place="", video_link="https://v.example/1")))
    assert str(shown["LOCATION"]) == "By video"
    [nowhere] = events_in(feed_with(event(place="")))
    assert "LOCATION" not in nowhere


def test_stamps_are_of_the_last_change_and_never_of_the_request() -> None:
    this_event = event(sequence=3, created_at=NOW - timedelta(days=9))
    [shown] = events_in(feed_with(this_event))
    assert shown["DTSTAMP"].dt == shown["LAST-MODIFIED"].dt == NOW
    assert shown["CREATED"].dt == NOW - timedelta(days=9)
    assert shown["SEQUENCE"] == 3
    assert feed_with(this_event) == feed_with(this_event, today=TODAY + timedelta(days=5))


def test_an_override_carries_the_newest_stamp_and_the_highest_sequence() -> None:
    series = weekly_event(sequence=5, changed_at=NOW)
    dates = dates_of(series)
    dates[1] = replace(dates[1], is_changed=True, sequence=2, changed_at=NOW + timedelta(hours=1), place="Room 9")
    override = events_in(feed_with(series, dates))[1]
    assert override["SEQUENCE"] == 5
    assert override["LAST-MODIFIED"].dt == NOW + timedelta(hours=1)


def test_a_moved_date_names_where_the_rule_put_it_in_the_form_of_the_series() -> None:
    series = weekly_event()
    dates = dates_of(series)
    dates[1] = date_of(
        series,
        dates[1].original_start,
        is_changed=True,
        starts_at=datetime(2026, 12, 18, 15, tzinfo=UTC),
        ends_at=datetime(2026, 12, 18, 16, tzinfo=UTC),
    )
    text = lines_of(feed_with(series, dates))
    assert "RECURRENCE-ID;TZID=America/Chicago:20261217T140000" in text
    assert "DTSTART;TZID=America/Chicago:20261218T090000" in text
    assert not any(line.startswith("EXDATE") for line in text)


def test_a_canceled_date_stays_marked_for_30_days_and_is_then_left_out() -> None:
    series = weekly_event()
    dates = dates_of(series)
    dates[0] = cancel_date(dates[0])
    last_day, first_day_without = date(2027, 1, 8), date(2027, 1, 9)
    override = events_in(feed_with(series, dates, today=last_day))[1]
    assert (str(override["SUMMARY"]), str(override["STATUS"]), str(override["TRANSP"])) == (
        "Canceled: Core group",
        "CANCELLED",
        "TRANSPARENT",
    )
    assert b"EXDATE" not in feed_with(series, dates, today=last_day)
    later = lines_of(feed_with(series, dates, today=first_day_without))
    assert "EXDATE;TZID=America/Chicago:20261210T140000" in later
    assert not any(line.startswith("RECURRENCE-ID") for line in later)


def test_a_canceled_event_stays_marked_for_30_days_and_then_goes() -> None:
    gone = weekly_event(status=EventStatus.CANCELED, changed_at=NOW)
    assert str(events_in(feed_with(gone))[0]["SUMMARY"]) == "Canceled: Core group"
    assert str(events_in(feed_with(gone))[0]["STATUS"]) == "CANCELLED"
    assert events_in(feed_with(gone, today=TODAY + timedelta(days=30))) == []


def test_a_series_of_which_nothing_is_left_is_not_shown() -> None:
    series = weekly_event()
    assert events_in(feed_with(series, [])) == []
    assert events_in(feed_with(series, [cancel_date(one) for one in dates_of(series)], today=date(2028, 1, 1))) == []


def test_a_date_that_is_not_stored_is_left_out_and_one_beside_the_rule_is_added() -> None:
    series = weekly_event()
    dates = [*dates_of(series)[1:], date_of(series, datetime(2027, 3, 1, 9))]
    text = lines_of(feed_with(series, dates))
    assert "EXDATE;TZID=America/Chicago:20261210T140000" in text
    assert "RDATE;TZID=America/Chicago:20270301T090000" in text


def test_an_event_of_whole_days_has_dates_without_times() -> None:
    rule = rule_for_choice(RepeatChoice.DAILY, datetime(2026, 12, 10), count=3)
    series = event(rule, starts=datetime(2026, 12, 10), duration=timedelta(days=2), is_all_day=True)
    dates = dates_of(series)
    dates[1] = cancel_date(dates[1])
    text = lines_of(feed_with(series, dates))
    assert "DTSTART;VALUE=DATE:20261210" in text
    assert "DTEND;VALUE=DATE:20261212" in text
    assert "RECURRENCE-ID;VALUE=DATE:20261211" in text
    assert not any("TZID" in line for line in text)


def test_until_is_in_utc() -> None:
    series = event(rule_for_choice(RepeatChoice.WEEKLY, THURSDAY, until=date(2027, 1, 7)))
    assert "RRULE:FREQ=WEEKLY;BYDAY=TH;UNTIL=20270107T200000Z" in lines_of(feed_with(series))


def test_the_second_of_a_doubled_hour_is_said_in_utc() -> None:
    single = event(starts=datetime(2026, 11, 1, 0, 30))
    later = date_of(single, single.starts, starts_at=datetime(2026, 11, 1, 7, 30, tzinfo=UTC), is_changed=True)
    assert "DTSTART:20261101T073000Z" in lines_of(feed_with(single, [later]))


def test_a_deadline_blocks_no_time_and_a_tentative_event_says_so() -> None:
    [deadline] = events_in(feed_with(event(kind=Kind.DEADLINE)))
    [tentative] = events_in(feed_with(event(status=EventStatus.TENTATIVE)))
    assert str(deadline["TRANSP"]) == "TRANSPARENT"
    assert (str(tentative["STATUS"]), str(tentative["TRANSP"])) == ("TENTATIVE", "OPAQUE")


@pytest.mark.parametrize(
    ("kind", "title"), [(Kind.JOINT_OPERATION, "Operational period"), (Kind.MEETING, "Task force event")]
)
def test_a_discreet_event_tells_its_time_and_nothing_else(kind: Kind, title: str) -> None:
    series = weekly_event(kind=kind, visibility=Visibility.NAMED, **SECRETS)
    dates = dates_of(series)
    dates[1] = replace(dates[1], is_changed=True, title="Canary-date", place="Canary-elsewhere")
    dates[2] = cancel_date(dates[2])
    text = feed_with(series, dates, FeedLevel.DISCREET)
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


def test_the_uid_does_not_depend_on_how_much_is_said() -> None:
    series = weekly_event(visibility=Visibility.NAMED)
    assert {str(one["UID"]) for level in FeedLevel for one in events_in(feed_with(series, level=level))} == {series.uid}


@pytest.mark.parametrize("evil", ["a\rX-EVIL:1", "a\r\nX-EVIL:1", "a\x85X-EVIL:1", "a\u2028X-EVIL:1", "a\x00b"])
@pytest.mark.parametrize("field", ["title", "place", "description", "agenda", "uid"])
def test_text_that_could_start_a_line_is_refused(field: str, evil: str) -> None:
    this_event = event(**{field: evil})
    with pytest.raises(Invalid):
        vevents(this_event, dates_of(this_event), FeedLevel.FULL, ORGANIZER, TODAY)


@pytest.mark.parametrize("facts", [{"rrule": "FREQ=SECONDLY"}, {"zone": "Nowhere/Land"}])
def test_a_rule_or_zone_that_we_never_wrote_is_refused(facts: dict[str, str]) -> None:
    sound = weekly_event()
    broken = replace(sound, **facts)
    with pytest.raises(Invalid):
        vevents(broken, dates_of(sound), FeedLevel.FULL, ORGANIZER, TODAY)


def test_newlines_and_separators_in_text_add_no_property() -> None:
    plain, awkward = event(title="a", description="a"), event(title="a", description="a,;\\\nEND:VEVENT\nX-EVIL:1")
    assert [set(one) for one in events_in(feed_with(awkward))] == [set(one) for one in events_in(feed_with(plain))]


def test_a_video_link_can_be_joined_from_the_calendar_when_it_is_a_web_address() -> None:
    [web] = events_in(feed_with(event(video_link="https://video.example/j/1?a=1;b=2,3")))
    assert str(web["CONFERENCE"]) == "https://video.example/j/1?a=1;b=2,3"
    assert web["CONFERENCE"].params["FEATURE"] == "VIDEO"
    [other] = events_in(feed_with(event(video_link="Room 7, code 4711")))
    assert "CONFERENCE" not in other
    assert str(other["DESCRIPTION"]) == "Video: Room 7, code 4711"


BOTH = Alarms(minutes=90, all_day=AllDayAlarm.EVENING)
ALL_DAY: dict[str, Any] = {"starts": datetime(2026, 12, 10), "duration": timedelta(days=1), "is_all_day": True}


def feed_with_alarms(of: Event, alarms: Alarms, level: FeedLevel = FeedLevel.FULL) -> bytes:
    zones = [] if of.is_all_day else [of.zone]
    return feed_calendar("Task force", of.zone, zones, [vevents(of, dates_of(of), level, ORGANIZER, TODAY, alarms)])


def alarms_in(text: bytes) -> list[tuple[str, str, timedelta]]:
    """Return (action, text, trigger) of every alarm."""
    components = icalendar.Calendar.from_ical(text).walk("VALARM")
    return [(str(one["ACTION"]), str(one["DESCRIPTION"]), one["TRIGGER"].dt) for one in components]


def test_a_feed_without_alarms_has_none() -> None:
    assert alarms_in(feed_with_alarms(event(), NO_ALARMS)) == []


@pytest.mark.parametrize(
    ("facts", "before"), [({}, timedelta(minutes=-90)), (ALL_DAY, timedelta(hours=-6))], ids=["timed", "all day"]
)
def test_an_alarm_shows_the_title_when_its_owner_chose(facts: dict[str, Any], before: timedelta) -> None:
    text = feed_with_alarms(event(**facts), BOTH)
    assert alarms_in(text) == [("DISPLAY", "Core group", before)]
    assert by_icalendar(text) == by_ical(text) == by_icalendar(feed_with_alarms(event(**facts), NO_ALARMS))


def test_the_morning_of_a_whole_day_comes_after_its_midnight() -> None:
    text = feed_with_alarms(event(**ALL_DAY), Alarms(all_day=AllDayAlarm.MORNING))
    assert alarms_in(text) == [("DISPLAY", "Core group", timedelta(hours=8))]


@pytest.mark.parametrize(
    ("level", "title"), [(FeedLevel.DISCREET, "Task force event"), (FeedLevel.APPOINTMENT, "Appointment")]
)
def test_an_alarm_of_what_shows_its_time_alone_says_no_more(level: FeedLevel, title: str) -> None:
    text = feed_with_alarms(event(title="Canary", place="Canary"), BOTH, level)
    assert [said for _, said, _ in alarms_in(text)] == [title]
    assert b"Canary" not in text


def test_nothing_reminds_of_what_is_canceled() -> None:
    assert alarms_in(feed_with_alarms(event(status=EventStatus.CANCELED), BOTH)) == []


def test_every_date_with_an_entry_of_its_own_has_the_alarm() -> None:
    series = event(rule_for_choice("weekly", datetime(2026, 12, 10, 14), count=3))
    first, second, third = dates_of(series)
    dates = [first, replace(second, title="Moved", is_changed=True), replace(third, is_canceled=True, is_changed=True)]
    text = vevents(series, dates, FeedLevel.FULL, ORGANIZER, TODAY, BOTH)
    assert [said for _, said, _ in alarms_in(feed_calendar("Task force", series.zone, [series.zone], [text]))] == [
        "Core group",
        "Moved",
    ]


WITH_DST = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Anchorage")
WITHOUT_DST = ("Pacific/Honolulu", "America/Phoenix", "America/Puerto_Rico")
US_ZONES = WITH_DST + WITHOUT_DST
ZONES = {
    "with DST": WITH_DST,
    "without DST": (*WITHOUT_DST, "Asia/Kolkata"),
    "with rules of another continent": ("Europe/London", "Europe/Dublin"),
    "with rules that changed often": ("America/Sao_Paulo", "Asia/Jerusalem", "Africa/Casablanca"),
}


def instants_between(first: int, last: int) -> st.SearchStrategy[datetime]:
    return st.datetimes(datetime(first, 3, 1), datetime(last, 12, 31), timezones=st.just(UTC))


def offset(zone: str, moment: datetime) -> timedelta | None:
    return moment.astimezone(ZoneInfo(zone)).utcoffset()


def offset_on(local: datetime, zone: tzinfo) -> timedelta | None:
    return local.replace(tzinfo=zone).utcoffset()


def read_offset(zone: str, moment: datetime) -> timedelta | None:
    """Read with dateutil, which knows no zone database here, by the local time: a reader has nothing else."""
    reader = tzical(StringIO(vtimezone(zone).decode().replace("\r\n", "\n"))).get()
    local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return local.replace(tzinfo=reader).utcoffset()


@pytest.mark.parametrize("zones", ZONES.values(), ids=ZONES)
def test_every_day_of_20_years_has_the_offset_of_the_zone_database(zones: Sequence[str]) -> None:
    noon = [datetime(2008, 1, 1, 12) + timedelta(days=n) for n in range(20 * 365)]
    for zone in zones:
        reader = icalendar.Timezone.from_ical(vtimezone(zone)).to_tz(lookup_tzid=False)
        assert [day for day in noon if offset_on(day, reader) != offset_on(day, ZoneInfo(zone))] == [], zone


@given(instants_between(2008, 2060), st.sampled_from(US_ZONES))
def test_any_instant_has_the_offset_of_the_zone_database(moment: datetime, zone: str) -> None:
    local = moment.astimezone(ZoneInfo(zone))
    is_doubled = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    assert is_doubled or read_offset(zone, moment) == offset(zone, moment)


def test_a_zone_of_the_united_states_has_two_rules_since_2007() -> None:
    text = vtimezone("America/Chicago").decode()
    assert "DTSTART:20070311T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU\r\n" in text
    assert "DTSTART:20071104T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU\r\n" in text
    assert text.count("BEGIN:") == 3


def test_a_zone_without_dst_has_one_offset_since_1970() -> None:
    text = vtimezone("America/Phoenix").decode()
    assert text.splitlines()[2:6] == [
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        "TZOFFSETFROM:-0700",
        "TZOFFSETTO:-0700",
    ]


def test_no_zone_uses_rdate_which_outlook_misreads() -> None:
    assert [zone for zones in ZONES.values() for zone in zones if b"RDATE" in vtimezone(zone)] == []
