"""Lines of a calendar, whatever is written in them, and what three readers of other people make of feeds."""

# A local time is naive: its zone is beside it.
# ruff: noqa: DTZ001

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.ical.awkward import AWKWARD, VIETNAMESE
from tests.ical.making import NOW, date_of, dates_of, event, feed_with
from tests.ical.readers import Shown, by_ical, by_icalendar, by_ics
from tracker.errors import Invalid
from tracker.ical import lines
from tracker.rules.core.clean_text import clean
from tracker.rules.events.events import Event, EventStatus, Occurrence
from tracker.rules.recurrence.series import RepeatChoice, rule_for_choice

CONTROLS = ["\x00", "\x07", "\r", "\x0b", "\x0c", "\x1b", "\x7f", "\x85", "\x9f", "\u2028", "\u2029", "\ufeff"]
anything = st.text(max_size=300)
typed = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufeff"), max_size=300)


def unfolded(raw: bytes) -> str:
    return re.sub(rb"\r\n[ \t]", b"", raw).decode()


def unescape(value: str) -> str:
    """Undo the escapes as RFC 5545 §3.3.11 has them."""
    return re.sub(r"\\([\\;,nN])", lambda found: "\n" if found[1] in "nN" else found[1], value)


@given(typed)
def test_what_is_folded_unfolds_to_itself(text: str) -> None:
    assert unfolded(lines.fold(f"SUMMARY:{text}")) == f"SUMMARY:{text}\r\n"


@given(typed)
def test_no_line_is_longer_than_75_octets_or_cut_inside_a_character(text: str) -> None:
    folded = lines.fold(f"SUMMARY:{text}")
    assert folded.endswith(b"\r\n")
    assert all(len(line.decode().encode()) <= 75 for line in folded[:-2].split(b"\r\n"))


@given(st.lists(typed, max_size=4).map("\n".join))
def test_a_text_reads_back_equal(text: str) -> None:
    assert unescape(unfolded(lines.text_line("SUMMARY", text)).removeprefix("SUMMARY:").removesuffix("\r\n")) == text


@given(anything)
def test_no_text_at_all_starts_a_line_of_its_own(text: str) -> None:
    try:
        written = lines.text_line("SUMMARY", text)
    except (Invalid, UnicodeEncodeError):
        return
    assert all(line.startswith(b" ") for line in written[:-2].split(b"\r\n")[1:])
    assert b"\r" not in written.replace(b"\r\n", b"")
    assert b"\n" not in written.replace(b"\r\n", b"")


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_character_is_refused(control: str) -> None:
    with pytest.raises(Invalid):
        lines.text_line("SUMMARY", f"a{control}X-EVIL:1")


@pytest.mark.parametrize("control", [*CONTROLS, "\n"])
def test_a_control_character_in_a_name_is_refused(control: str) -> None:
    with pytest.raises(Invalid):
        lines.address_line("ORGANIZER", "a@tracker.example", f"A{control}B")


@pytest.mark.parametrize("control", ["\r", "\x00"])
def test_a_control_character_in_a_date_or_rule_is_refused(control: str) -> None:
    with pytest.raises(Invalid):
        lines.plain_line("RRULE", f"FREQ=DAILY{control}X-EVIL:1")


def test_a_name_in_quotes_cannot_end_them() -> None:
    assert lines.address_line("ATTENDEE", "a@tracker.example", 'A";X-EVIL="b', "RSVP=FALSE") == (
        b"ATTENDEE;CN=\"A';X-EVIL='b\";RSVP=FALSE:mailto:a@tracker.example\r\n"
    )


@pytest.mark.parametrize("email", ["", "a", "a@b\r\nX:1", "a b@c", "a;b@c", 'a"@b', "a@b@c", "a@b c"])
def test_an_odd_email_address_is_refused(email: str) -> None:
    with pytest.raises(Invalid):
        lines.address_line("ATTENDEE", email, "A")


@pytest.mark.parametrize("email", ["o'brien+tf@kcpd.example", "a.b-c_d@x.example.gov"])
def test_an_ordinary_email_address_is_taken(email: str) -> None:
    assert lines.address_line("ATTENDEE", email, "A").endswith(f":mailto:{email}\r\n".encode())


@pytest.mark.parametrize(
    "url", ["", "javascript:alert(1)", "https://a b", 'https://a"b', "https://a\r\nX:1", "ftp://a"]
)
def test_only_web_addresses_become_links(url: str) -> None:
    with pytest.raises(Invalid):
        lines.link_line("URL", url)


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


def _edited(draw: st.DrawFn, occurrence: Occurrence) -> Occurrence | None:
    changed = {"is_changed": True, "sequence": 1, "changed_at": NOW + timedelta(hours=1)}
    match draw(deeds):
        case "cancel":
            return replace(occurrence, is_canceled=True, **changed)
        case "move":
            unit = timedelta(days=1) if occurrence.event.is_all_day else timedelta(minutes=15)
            moved = date_of(occurrence.event, occurrence.original_start + unit * draw(st.integers(-3, 50)))
            return replace(occurrence, starts_at=moved.starts_at, ends_at=moved.ends_at, **changed)
        case "rename":
            return replace(occurrence, title=draw(titles), **changed)
        case "remove":
            return None
        case _:
            return occurrence


def in_database(dates: list[Occurrence]) -> list[Shown]:
    held = [one for one in dates if not one.is_off]
    return sorted(Shown(_seen(one, one.starts_at), _seen(one, one.ends_at), one.title) for one in held)


def _seen(occurrence: Occurrence, moment: datetime) -> datetime:
    if not occurrence.event.is_all_day:
        return moment
    return moment.astimezone(ZoneInfo(occurrence.event.zone)).replace(tzinfo=UTC)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edited_series())
def test_any_edits_are_shown_alike_by_two_readers(made: tuple[Event, list[Occurrence]]) -> None:
    series, dates = made
    text = feed_with(series, dates)
    assert by_icalendar(text) == by_ical(text) == in_database(dates)


@settings(max_examples=100, deadline=None)
@given(singles())
def test_a_single_event_is_shown_alike_by_three_readers(single: Event) -> None:
    text = feed_with(single)
    assert by_icalendar(text) == by_ical(text) == in_database(dates_of(single))
    # ics takes a backslash before an n for a newline: its titles are not compared.
    assert [one[:2] for one in by_ics(text)] == [one[:2] for one in in_database(dates_of(single))]


@pytest.mark.parametrize("title", AWKWARD)
def test_an_awkward_title_reads_back_equal(title: str) -> None:
    text = feed_with(event(title=title, description=title, place=title))
    assert {one.title for read in (by_icalendar, by_ical) for one in read(text)} == {title}


def test_a_title_of_300_vietnamese_characters_is_folded_without_harm() -> None:
    assert len(VIETNAMESE) > 300
    assert by_ical(feed_with(event(title=VIETNAMESE)))[0].title == VIETNAMESE


@pytest.mark.parametrize("status", [EventStatus.CONFIRMED, EventStatus.TENTATIVE])
def test_a_series_that_crosses_the_change_of_clocks_stays_on_the_wall_clock(status: EventStatus) -> None:
    rule = rule_for_choice(RepeatChoice.DAILY, datetime(2027, 3, 12, 22), count=4)
    series = event(rule, starts=datetime(2027, 3, 12, 22), duration=timedelta(hours=8), status=status)
    text = feed_with(series)
    assert by_icalendar(text) == by_ical(text) == in_database(dates_of(series))
    assert {one.ends.astimezone(ZoneInfo("America/Chicago")).hour for one in by_ical(text)} == {6}
