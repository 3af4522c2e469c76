"""Search: where a text contains the words of a query, and the day that someone means who types a date."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from tracker.rules.calendars.calendars import day_in_range, day_in_text
from tracker.rules.core.word_forms import TOKEN, folded, is_match
from tracker.rules.core.wording import MONTHS, WEEKDAYS

_SPACE = re.compile(r"\s+")

_QUOTATION_MARKS = frozenset('"“”„«»')

TextPart = tuple[str, bool]
"""A part of a text, and whether it is one of the words."""
A_MONTH = timedelta(days=31)  # a day of the past month without a year is that one, and not next year's
LEAP_YEARS_APART = 8  # years at most, from one February 29 to the next

_BY_WORD = {"yesterday": -1, "today": 0, "tomorrow": 1}  # days from today
_WEEKDAY = rf"(?:(?:{'|'.join(f'{weekday[:3]}(?:{weekday[3:]})?' for weekday in WEEKDAYS)})\.?,?\s+)?"
_YEAR = r"(?P<year>[0-9]{4}|[0-9]{2})"
_IN_DIGITS = re.compile(rf"(?P<month>[0-9]{{1,2}})/(?P<day>[0-9]{{1,2}})(?:/{_YEAR})?", re.ASCII)
_IN_WORDS = re.compile(
    rf"{_WEEKDAY}(?P<month>[a-z]{{3,9}})\.?\s+(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?(?:(?:,\s*|\s+)(?P<year>[0-9]{{4}}))?",
    re.ASCII | re.IGNORECASE,
)
_CENTURY = 2000


def is_quoted(text: str) -> bool:
    """Return whether a query has quotation marks, which are signs like others: no words are kept together."""
    return not _QUOTATION_MARKS.isdisjoint(text)


def parts_with_words(text: str, words: Sequence[str]) -> list[TextPart]:
    """Return a text in parts, so that a page can highlight the words in it."""
    parts, done = [], 0
    for start, end in _word_places(text, words):
        parts += [(text[done:start], False), (text[start:end], True)]
        done = end
    return [(part, is_word) for part, is_word in [*parts, (text[done:], False)] if part]


def passage_around(text: str, words: Sequence[str], length: int = 120) -> str:
    """Return the part of a long text around the first matching word, in whole words; empty when none matches."""
    found = next(_word_places(text, words), None)
    if found is None:
        return ""
    start, end = _cut_out(text, *found, length)
    part = " ".join(text[start:end].split())
    return ("… " if start else "") + part + (" …" if end < len(text) else "")


def _cut_out(text: str, first: int, last: int, length: int) -> tuple[int, int]:
    """Return where a part of a text begins and ends, between words, so that it has the word from first to last."""
    start = max(0, first - length // 3)
    end = start + length
    if start:
        space = _SPACE.search(text, start - 1, first)
        start = space.end() if space else first
    if end < len(text):
        spaces = [match.start() for match in _SPACE.finditer(text, last, end + 1)]
        end = spaces[-1] if spaces else min(last, end)
    return start, end


def _word_places(text: str, words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield where the words of a text that match begin and end."""
    for match in TOKEN.finditer(text):
        token = folded(match[0])
        if any(is_match(word, token) for word in words):
            yield match.span()


def day_typed(text: str, today: date) -> date | None:
    """Return the day if all of the text is a date, such as Dec 10, 12/10, 2026-12-10, or tomorrow; None otherwise.

    Without a year it is the next such day, or one of the past month. A day that doesn't exist, or that the calendar
    doesn't have, is none.
    """
    typed = " ".join(text.split())
    if typed.lower() in _BY_WORD:
        return day_in_range(today + timedelta(days=_BY_WORD[typed.lower()]))
    match = _IN_DIGITS.fullmatch(typed) or _IN_WORDS.fullmatch(typed)
    month = _month_typed(match["month"]) if match else None
    if match is None or month is None:
        return day_in_text(typed)
    day, year = int(match["day"]), match["year"]
    return _nearest(today, month, day) if year is None else _day_of(_full_year(year), month, day)


def _month_typed(text: str) -> int | None:
    """Return the number of a month: of 12, Dec, Sept, or december."""
    if text.isdecimal():
        return int(text)
    return next((number for number, name in enumerate(MONTHS, 1) if name.lower().startswith(text.lower())), None)


def _full_year(year: str) -> int:
    return int(year) if len(year) > 2 else _CENTURY + int(year)  # noqa: PLR2004 - digits of 26, which is 2026


def _nearest(today: date, month: int, day: int) -> date | None:
    """Return the first such day from a month ago on."""
    years = range(today.year - 1, today.year + LEAP_YEARS_APART + 1)
    days = (_day_of(year, month, day) for year in years)
    return next((day for day in days if day and day >= today - A_MONTH), None)


def _day_of(year: int, month: int, day: int) -> date | None:
    try:
        return day_in_range(date(year, month, day))
    except ValueError:
        return None
