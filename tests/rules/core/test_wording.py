"""Words for people: times, lists, plurals, and texts that are cleaned."""

import csv
import io
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis import strategies as st

from tracker.errors import Invalid
from tracker.rules.core import wording
from tracker.rules.core.clean_text import (
    BOM,
    FORMULA,
    FORMULA_SIGNS,
    SHORTEST_OF_A_NAME,
    clean,
    csv_bytes,
    csv_cell,
    folded,
    has_all,
    is_match,
    name_in,
    other_forms,
    search_words,
    tokens,
)
from tracker.rules.core.clean_text import UNSEEN as CLEAN_TEXT_UNSEEN
from tracker.rules.core.viewers import Arm, Level, Status
from tracker.rules.core.wording import to_utc
from tracker.rules.roster.directory import AgencyFacts, CommitteeFacts, PersonFacts
from tracker.rules.roster.meetings import MeetingSiteFacts

CENTRAL = ZoneInfo("America/Chicago")
TODAY = date(2026, 12, 1)


def central_time(day: int, hour: int, minute: int = 0, *, month: int = 12, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=CENTRAL)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (date(2026, 12, 10), "Thu, Dec 10"),
        (central_time(10, 23, 59), "Thu, Dec 10"),
        (date(2027, 6, 1), "Tue, Jun 1"),
        (date(2027, 6, 2), "Wed, Jun 2, 2027"),
        (date(2026, 6, 1), "Mon, Jun 1"),
        (date(2026, 5, 31), "Sun, May 31, 2026"),
    ],
)
def test_a_day_more_than_six_months_away_says_its_year(value: date, words: str) -> None:
    assert wording.short_day(value, TODAY) == words


def test_the_days_of_one_list_all_have_their_year_or_none_has() -> None:
    near, far = date(2027, 5, 13), date(2027, 6, 10)
    assert wording.short_days([near, near], TODAY) == ["Thu, May 13", "Thu, May 13"]
    assert wording.short_days([near, far], TODAY) == ["Thu, May 13, 2027", "Thu, Jun 10, 2027"]
    assert wording.short_days([], TODAY) == []


def test_a_day_without_a_today_never_says_its_year() -> None:
    assert wording.short_day(date(2030, 2, 28)) == "Thu, Feb 28"


def test_a_long_day_says_everything() -> None:
    assert wording.long_day(central_time(10, 14)) == "Thursday, December 10, 2026"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (time(0, 0), "12:00 AM"),
        (time(0, 5), "12:05 AM"),
        (time(11, 59), "11:59 AM"),
        (time(12, 0), "12:00 PM"),
        (time(13, 0), "1:00 PM"),
        (central_time(10, 23, 30), "11:30 PM"),
    ],
)
def test_a_clock_has_twelve_hours(value: time, words: str) -> None:
    assert wording.clock(value) == words


@pytest.mark.parametrize(
    ("starts", "ends", "words"),
    [
        (central_time(10, 14), central_time(10, 15, 30), "2:00\N{EN DASH}3:30 PM"),
        (central_time(10, 11, 30), central_time(10, 13), "11:30 AM\N{EN DASH}1:00 PM"),
        (central_time(10, 9), central_time(10, 12), "9:00 AM\N{EN DASH}12:00 PM"),
        (central_time(10, 0), central_time(10, 11, 59), "12:00\N{EN DASH}11:59 AM"),
        (central_time(10, 22), central_time(11, 0), "10:00 PM\N{EN DASH}midnight"),
        (central_time(11, 18), central_time(12, 2), "6:00 PM \N{EN DASH} Sat, Dec 12, 2:00 AM"),
        (central_time(31, 22), central_time(1, 0, 1, month=1, year=2027), "10:00 PM \N{EN DASH} Fri, Jan 1, 12:01 AM"),
        (central_time(10, 17), central_time(10, 17), "5:00 PM"),
    ],
)
def test_a_span_says_what_its_day_does_not(starts: datetime, ends: datetime, words: str) -> None:
    assert wording.time_span(starts, ends) == words


@pytest.mark.parametrize(
    ("days", "words"), [(0, "All day"), (1, "All day"), (2, "All day to Sat, Dec 5"), (3, "All day to Sun, Dec 6")]
)
def test_a_whole_day_says_the_last_day_that_it_covers(days: int, words: str) -> None:
    starts = central_time(4, 0)
    assert wording.time_span(starts, starts + timedelta(days=days), is_all_day=True) == words


@pytest.mark.parametrize(
    ("back", "words"),
    [
        (timedelta(seconds=-30), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=5), "5 hours ago"),
        (timedelta(hours=12), "yesterday"),
        (timedelta(hours=30), "yesterday"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=30), "30 days ago"),
        (timedelta(days=31), "Fri, Oct 30"),
    ],
)
def test_how_long_ago_something_was_is_said_in_the_largest_fitting_unit(back: timedelta, words: str) -> None:
    now = central_time(1, 8, 40)
    assert wording.ago_words(now.replace(month=11, day=30) - back if back.days > 30 else now - back, now) == words


def test_ago_counts_from_a_now_in_any_zone() -> None:
    assert wording.ago_words(central_time(1, 23), central_time(1, 23, 30).astimezone(UTC)) == "30 minutes ago"


def test_one_person_and_four_people() -> None:
    assert [wording.plural(n, "person", "people") for n in (0, 1, 4)] == ["0 people", "1 person", "4 people"]


def test_large_numbers_have_commas() -> None:
    assert wording.plural(1200, "event") == "1,200 events"


@pytest.mark.parametrize(
    ("due", "words"),
    [
        (date(2026, 11, 27), "Overdue by 4 days"),
        (date(2026, 11, 30), "Overdue by 1 day"),
        (date(2026, 12, 1), "Due today"),
        (date(2026, 12, 2), "Due tomorrow"),
        (date(2026, 12, 4), "Due in 3 days"),
        (date(2026, 12, 5), "Due Sat, Dec 5"),
        (date(2028, 1, 3), "Due Mon, Jan 3, 2028"),
    ],
)
def test_lateness_is_said_in_words(due: date, words: str) -> None:
    assert wording.lateness(due, TODAY) == words


@pytest.mark.parametrize(
    ("due", "words"),
    [
        (date(2026, 11, 27), "Overdue by 4 days"),
        (date(2026, 12, 1), "Today"),
        (date(2026, 12, 4), "In 3 days"),
        (date(2026, 12, 5), "Sat, Dec 5"),
    ],
)
def test_lateness_beside_its_label_does_not_say_due_twice(due: date, words: str) -> None:
    assert wording.labeled_lateness(due, TODAY) == words


def test_a_local_time_follows_the_clock_change() -> None:
    before, after = datetime(2026, 11, 1, 6, 30, tzinfo=UTC), datetime(2026, 11, 1, 7, 30, tzinfo=UTC)
    assert [wording.clock(wording.local(one, "America/Chicago")) for one in (before, after)] == ["1:30 AM", "1:30 AM"]


def test_a_moment_without_offset_has_no_local_time() -> None:
    with pytest.raises(ValueError, match="offset"):
        wording.local(datetime(2026, 12, 1, 8), "America/Chicago")  # noqa: DTZ001 - the fault under test


@pytest.mark.parametrize(
    ("zone", "word"),
    [
        ("America/New_York", "Eastern"),
        ("America/Indiana/Indianapolis", "Eastern"),
        ("America/Chicago", "Central"),
        ("US/Central", "Central"),
        ("America/Denver", "Mountain"),
        ("America/Phoenix", "Arizona time"),
        ("America/Los_Angeles", "Pacific"),
        ("America/Anchorage", "Alaska time"),
        ("Pacific/Honolulu", "Hawaii time"),
        ("America/Puerto_Rico", "Atlantic"),
        ("Europe/Berlin", "Berlin time"),
        ("America/Argentina/San_Juan", "San Juan time"),
        ("UTC", "UTC"),
    ],
)
def test_a_zone_is_called_what_people_call_it(zone: str, word: str) -> None:
    assert wording.zone_word(zone) == word


def test_zones_with_one_word_show_the_same_time_all_year() -> None:
    hours = [datetime(2026, month, 15, 12) for month in range(1, 13)]  # noqa: DTZ001 - of a wall clock
    for zones in wording.ZONES.values():
        assert len({tuple(to_utc(hour, zone) for hour in hours) for zone in zones.split()}) == 1


MEANS = [
    ("deconf", "deconfliction"),
    ("operat", "operations"),
    ("interviews", "interview"),
    ("interview", "interviews"),
    ("agencies", "agency"),
    ("agency", "agencies"),
    ("boxes", "box"),
    ("addresses", "address"),
    ("services", "service"),
    ("planning", "planned"),
    ("planned", "plan"),
    ("stopped", "stopping"),
    ("filing", "filed"),
    ("filed", "files"),
    ("visited", "visiting"),
    ("referring", "referred"),
    ("studies", "studying"),
    ("used", "using"),
    ("210", "2101"),
    ("e", "e"),
]
OTHERS = [
    ("police", "policy"),
    ("policy", "police"),
    ("stem", "bluestem"),
    ("filed", "filling"),
    ("being", "bed"),
    ("ring", "red"),
    ("e", "east"),
    ("ops", "op"),
]


@pytest.mark.parametrize(("word", "token"), MEANS)
def test_a_word_stands_for_longer_ones_and_for_its_other_forms(word: str, token: str) -> None:
    assert is_match(word, token)


@pytest.mark.parametrize(("word", "token"), OTHERS)
def test_a_word_stands_for_no_other_word(word: str, token: str) -> None:
    assert not is_match(word, token)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("O'Brien’s 5th-floor ROOM", ["o", "brien", "s", "5th", "floor", "room"]),
        ("Élan, Nguyễn, Jürgen", ["elan", "nguyen", "jurgen"]),
        ("Йорк AI-7QK4_b", ["йорк", "ai", "7qk4", "b"]),
        ("§ % {} \x00", []),
    ],
)
def test_a_text_has_words_without_case_accents_and_signs(text: str, found: list[str]) -> None:
    assert tokens(text) == found


def test_words_to_look_for_count_once_and_without_case_or_signs() -> None:
    assert search_words("  Task-FORCE task’ ") == ("task", "force")
    assert search_words("Jane Smith (KCPD)") == ("jane", "smith", "kcpd")


def test_of_a_long_text_only_the_first_words_are_looked_for() -> None:
    assert search_words("a b c d e f g h i") == tuple("abcdefgh")
    assert search_words(f"{'a' * 98} bcd") == ("a" * 60, "b")


def test_words_may_be_in_different_texts() -> None:
    assert has_all(("steering", "usao"), "Steering Committee", "USAO, room 4")
    assert not has_all(("steering", "fbi"), "Steering Committee", "USAO, room 4")


def test_a_letter_stands_for_longer_words_only_where_one_chooses_a_person() -> None:
    assert not has_all(("e",), "East")
    assert has_all(("e",), "East", shortest=SHORTEST_OF_A_NAME)


@given(some.text(max_size=40))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(some.text(max_size=40))
def test_every_text_is_found_by_each_of_its_words(text: str) -> None:
    assert all(has_all((word,), text) for word in tokens(text))
    assert all(form.isalpha() and form.isascii() for word in tokens(text) for form in other_forms(word))


UNSEEN = {
    "controls of ASCII": (*range(0x09), *range(0x0E, 0x20), 0x7F),
    "controls of Latin-1": (*range(0x80, 0x85), *range(0x86, 0xA0)),
    "marks of direction": (0x061C, 0x200E, 0x200F),
    "embeddings and overrides": range(0x202A, 0x202F),
    "isolates": range(0x2066, 0x206A),
    "byte order mark": (0xFEFF,),
    "no characters": (0xFFFE, 0xFFFF),
    "half of a pair": (0xD800,),
}


@pytest.mark.parametrize("codes", UNSEEN.values(), ids=UNSEEN)
def test_what_cannot_be_seen_is_not_kept(codes: Iterable[int]) -> None:
    assert {clean(f"a{chr(code)}b", 10, "title") for code in codes} == {"ab"}


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029", "\t"])
def test_a_text_in_one_line_stays_in_one_line(end: str) -> None:
    assert clean(f"a{end}b", 10, "title") == "a b"


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x85", "\u2028", "\u2029"])
def test_a_text_in_several_lines_has_plain_newlines(end: str) -> None:
    assert clean(f" a {end}{end}  b{end}", 20, "notes", multiline=True) == "a\n\n  b"


def test_letters_are_composed() -> None:
    assert clean("cafe\u0301", 4, "title") == "café"


def test_a_run_of_spaces_in_one_line_is_one_space() -> None:
    assert clean(" Room \t 5 ", 10, "place") == "Room 5"
    assert clean("1.\n   2.", 10, "agenda", multiline=True) == "1.\n   2."


@pytest.mark.parametrize("text", ["👩‍👩‍👧", "שלום", "e-mail: a@b <x> & 'y' \"z\"", "Hội nghị"])
def test_what_people_write_is_kept(text: str) -> None:
    assert clean(text, 100, "title") == text


def test_too_long_a_text_is_refused_at_its_field_with_both_figures() -> None:
    with pytest.raises(Invalid) as refused:
        clean("x" * 1201, 1200, "notes")
    assert refused.value.fields == {"notes": "Use at most 1,200 characters. This has 1,201."}


@given(st.text(), st.booleans())
def test_what_is_clean_stays_as_it_is(text: str, multiline: bool) -> None:
    once = clean(text, 10_000, "notes", multiline=multiline)
    assert clean(once, 10_000, "notes", multiline=multiline) == once
    assert unicodedata.is_normalized("NFC", once)


CSV_CELLS_UNSEEN = "\u00ad\u034f\u115f\u1160\u180e\u200b\u200d\u2003\u2060\u2800\u3164\ufeff\u00a0\ufe0f"
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", " =cmd|' /C calc'!A0", '=HYPERLINK("x")')  # noqa: RUF001 - full-width


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_would_calculate_is_text(text: str) -> None:
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize("unseen", CSV_CELLS_UNSEEN, ids=ascii)
@pytest.mark.parametrize("sign", [*FORMULA_SIGNS, "\ufe66", "\uff0b"], ids=ascii)
def test_a_formula_is_text_also_behind_what_no_one_sees(unseen: str, sign: str) -> None:
    text = f"{unseen} {unseen}{sign}1+1"
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize(("value", "text"), [("Plain", "Plain"), (-4, "-4"), (None, ""), ("a=b", "a=b"), (2.5, "2.5")])
def test_what_is_no_formula_stays(value: object, text: str) -> None:
    assert csv_cell(value) == text


def test_rows_come_out_as_they_went_in() -> None:
    rows = [("Title", "Note"), ('He said "no", then left', "Two\nlines"), ("Überfall", "")]
    content = csv_bytes(rows).decode()
    assert content.startswith(BOM)
    assert [tuple(row) for row in csv.reader(io.StringIO(content.removeprefix(BOM), newline=""))] == rows


UNSEEN_BEFORE = "\u00ad\u034f\u115f\u180e\u200b\u200d\u2060\u2800\u2003\u202e\t"


@pytest.mark.parametrize("name", ["Ngọc\u200cAn", "O’Brien", "HSI liaison (acting)", "5th District", "", "Zoë"])
def test_a_name_is_kept_as_people_spell_it(name: str) -> None:
    assert name_in(f" {name} ", 40, "name") == name


@pytest.mark.parametrize("unseen", UNSEEN_BEFORE, ids=ascii)
def test_no_name_begins_with_what_no_one_sees(unseen: str) -> None:
    with pytest.raises(Invalid):
        name_in(f"{unseen}Ada", 40, "name")


@pytest.mark.parametrize("unseen", ["", *UNSEEN_BEFORE], ids=ascii)
def test_no_name_is_a_formula(unseen: str) -> None:
    with pytest.raises(Invalid) as refused:
        name_in(f"{unseen}=1+1", 40, "title")
    assert refused.value.fields == {"title": FORMULA}


def test_no_name_hides_a_character() -> None:
    with pytest.raises(Invalid) as refused:
        name_in("A\u200bda", 40, "name")
    assert refused.value.fields == {"name": CLEAN_TEXT_UNSEEN}


def test_people_agencies_committees_and_sites_have_the_same_rule() -> None:
    of_person = {"email": "a@b.example", "phone": "", "zone": "UTC", "agency_id": None, "roles": frozenset()}
    person = PersonFacts(name="=1", title="\u2800-1", is_guest=False, expires_at=None, **of_person)
    agency = AgencyFacts(code="@A", name="+1", arm=Arm.LAW_ENFORCEMENT, level=Level.LOCAL, coalition_id=None, **_ACTIVE)
    committee = CommitteeFacts(name="\u200b=1", kind="committee", arm=None, place="", chair_id=None, **_ACTIVE)
    site = MeetingSiteFacts(name="\u2060=1", address="", capacity=None, equipment="", is_open=True)
    wrong = [_fields(one) for one in (person, agency, committee, site)]
    assert wrong == [{"name", "title", "agency"}, {"code", "name"}, {"name"}, {"name"}]


_ACTIVE = {"status": Status.ACTIVE}


def _fields(facts: PersonFacts | AgencyFacts | CommitteeFacts | MeetingSiteFacts) -> set[str]:
    with pytest.raises(Invalid) as refused:
        facts.check()
    return set(refused.value.fields)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("816-555-0118", "8165550118"),
        ("(816) 555-0118", "8165550118"),
        ("+1 816.555.0118", "+18165550118"),
        ("816-555-0118 ext. 12", "8165550118;ext=12"),
        ("816-555-0118 x12", "8165550118;ext=12"),
        ("Channel 2", ""),
        ("555", ""),
        ("-- ----- --", ""),
        ("", ""),
    ],
)
def test_a_phone_number_is_dialed_and_other_text_is_not(text: str, address: str) -> None:
    assert wording.dialed(text) == address
