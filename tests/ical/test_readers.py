"""P1: whatever is done to a series, other people's programs show the instants that the database holds."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.ical.awkward import AWKWARD, VIETNAMESE
from tests.ical.making import NOW, date_of, dates_of, event, feed
from tests.ical.readers import Shown, by_ical, by_icalendar, by_ics
from tracker.rules.core.clean_text import clean
from tracker.rules.events.events import Event, EventStatus, Occurrence
from tracker.rules.recurrence.series import RepeatChoice, rule_for_choice

ZONES = ["America/Chicago", "America/Phoenix", "Europe/Berlin", "UTC"]
SERIES_ZONES = ZONES[:-1]  # recurring-ical-events moves what is in UTC to X-WR-TIMEZONE before it unrolls

titles = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80).map(
    lambda text: clean(text, 400, "title") or "Title"
)
deeds = st.sampled_from(["keep", "keep", "cancel", "move", "rename", "remove"])


@st.composite
def singles(draw: st.DrawFn, zones: list[str] = ZONES) -> Event:
    is_all_day = draw(st.booleans())
    day = draw(st.dates(date(2026, 1, 1), date(2028, 12, 31)))
    hour = time(0) if is_all_day else draw(st.times()).replace(microsecond=0)
    length = timedelta(days=draw(st.integers(1, 3))) if is_all_day else timedelta(minutes=draw(st.integers(15, 2880)))
    return event(
        starts=datetime.combine(day, hour),
        zone=draw(st.sampled_from(zones)),
        duration=length,
        is_all_day=is_all_day,
        title=draw(titles),
    )


@st.composite
def edited_series(draw: st.DrawFn) -> tuple[Event, list[Occurrence]]:
    single = draw(singles(SERIES_ZONES))
    starts = single.starts.replace(day=min(single.starts.day, 28))
    choice = draw(st.sampled_from(sorted(set(RepeatChoice) - {RepeatChoice.NONE})))
    if choice.endswith("last") or choice == RepeatChoice.MONTHLY_LAST_DAY:
        starts = starts.replace(day=25 if choice != RepeatChoice.MONTHLY_LAST_DAY else 28, month=2, year=2026)
    rule = rule_for_choice(choice, starts, count=draw(st.integers(1, 5)), interval=1)
    series = replace(
        event(rule, starts=starts, zone=single.zone, is_all_day=single.is_all_day), duration=single.duration
    )
    edited = [kept for one in dates_of(series) if (kept := _edited(draw, one)) is not None]
    return series, edited


def _edited(draw: st.DrawFn, one: Occurrence) -> Occurrence | None:
    changed = {"is_changed": True, "sequence": 1, "changed_at": NOW + timedelta(hours=1)}
    match draw(deeds):
        case "cancel":
            return replace(one, is_canceled=True, **changed)
        case "move":
            unit = timedelta(days=1) if one.event.is_all_day else timedelta(minutes=15)
            moved = date_of(one.event, one.original_start + unit * draw(st.integers(-3, 50)))
            return replace(one, starts_at=moved.starts_at, ends_at=moved.ends_at, **changed)
        case "rename":
            return replace(one, title=draw(titles), **changed)
        case "remove":
            return None
        case _:
            return one


def in_database(dates: list[Occurrence]) -> list[Shown]:
    held = [one for one in dates if not one.is_off]
    return sorted(Shown(_seen(one, one.starts_at), _seen(one, one.ends_at), one.title) for one in held)


def _seen(one: Occurrence, moment: datetime) -> datetime:
    if not one.event.is_all_day:
        return moment
    return moment.astimezone(ZoneInfo(one.event.zone)).replace(tzinfo=UTC)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edited_series())
def test_any_edits_are_shown_alike_by_two_readers(made: tuple[Event, list[Occurrence]]) -> None:
    series, dates = made
    text = feed(series, dates)
    assert by_icalendar(text) == by_ical(text) == in_database(dates)


@settings(max_examples=100, deadline=None)
@given(singles())
def test_a_single_event_is_shown_alike_by_three_readers(single: Event) -> None:
    text = feed(single)
    assert by_icalendar(text) == by_ical(text) == in_database(dates_of(single))
    # ics takes a backslash before an n for a newline: its titles are not compared.
    assert [one[:2] for one in by_ics(text)] == [one[:2] for one in in_database(dates_of(single))]


@pytest.mark.parametrize("title", AWKWARD)
def test_an_awkward_title_reads_back_equal(title: str) -> None:
    text = feed(event(title=title, description=title, place=title))
    assert {one.title for read in (by_icalendar, by_ical) for one in read(text)} == {title}


def test_a_title_of_300_vietnamese_characters_is_folded_without_harm() -> None:
    assert len(VIETNAMESE) > 300
    assert by_ical(feed(event(title=VIETNAMESE)))[0].title == VIETNAMESE


@pytest.mark.parametrize("status", [EventStatus.CONFIRMED, EventStatus.TENTATIVE])
def test_a_series_that_crosses_the_change_of_clocks_stays_on_the_wall_clock(status: EventStatus) -> None:
    rule = rule_for_choice(RepeatChoice.DAILY, datetime(2027, 3, 12, 22), count=4)
    series = event(rule, starts=datetime(2027, 3, 12, 22), duration=timedelta(hours=8), status=status)
    text = feed(series)
    assert by_icalendar(text) == by_ical(text) == in_database(dates_of(series))
    assert {one.ends.astimezone(ZoneInfo("America/Chicago")).hour for one in by_ical(text)} == {6}
