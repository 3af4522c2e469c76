"""VTIMEZONE tells the same times as the zone database."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from io import StringIO
from zoneinfo import ZoneInfo

import icalendar
import pytest
from dateutil.tz import tzical
from hypothesis import given
from hypothesis import strategies as st

from tracker.ical.timezones import vtimezone

WITH_DST = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Anchorage")
WITHOUT_DST = ("Pacific/Honolulu", "America/Phoenix", "America/Puerto_Rico")
US_ZONES = WITH_DST + WITHOUT_DST
ZONES = {
    "with DST": WITH_DST,
    "without DST": (*WITHOUT_DST, "Asia/Kolkata"),
    "with rules of another continent": ("Europe/London", "Europe/Dublin"),
    "with rules that changed often": ("America/Sao_Paulo", "Asia/Jerusalem", "Africa/Casablanca"),
}


def instants(first: int, last: int) -> st.SearchStrategy[datetime]:
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


@given(instants(2008, 2060), st.sampled_from(US_ZONES))
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
