"""What a mail says when a running series ends before its time: cut short, or gone on from as another one."""

from datetime import datetime

from tracker.rules.core.wall_clock import to_local, zone_word
from tracker.rules.core.wording import clock, day, longday, span
from tracker.rules.emails.content import Letter, subject
from tracker.rules.emails.event import why
from tracker.rules.emails.parts import Facts, Occasion, calendar_part, event_page, exceptions, letter_of, place_of
from tracker.rules.events.event import Event
from tracker.rules.events.plan import rule_of
from tracker.rules.recurrence.words import pattern_words

FOLLOWS = "A new invitation follows for the dates to come."


def ended(about: Occasion) -> Letter:
    """Return the news that a running series ends, and how another one goes on in its place."""
    if about.facts.get("is_off_list"):
        return _goes_on_without_them(about)
    return _cut_short(about) if about.facts.get("is_last") else _goes_on(about)


def _goes_on_without_them(about: Occasion) -> Letter:
    text = "You are not on the list for the dates after that one. The attached notice takes them out of your calendar."
    title = subject(f"You are off the list: {{}}, last date {day(_last(about), about.today)}", about.title)
    return _letter(about, "You are off the list after a date", title, text, text)


def _cut_short(about: Occasion) -> Letter:
    text = "The dates after that one are canceled. The attached notice takes them out of your calendar."
    title = subject(f"Ends: {{}}, last date {day(_last(about), about.today)}", about.title)
    return _letter(about, "This series ends", title, text, text)


def _goes_on(about: Occasion) -> Letter:
    text = "The dates to come are in a new invitation, in a mail of its own. Past dates stay as they were."
    preview = f"{_it_was(about)} {FOLLOWS}".strip()
    return _letter(about, "This series goes on anew", subject(_pattern(about), about.title), preview, text)


def _letter(about: Occasion, heading: str, title: str, preview: str, text: str) -> Letter:
    last = ("Last date", longday(_last(about)))
    return letter_of(
        about,
        heading,
        title,
        preview,
        paragraphs=(text,),
        more=(event_page(about, "See the series"),),
        facts=(("What", about.title), last, *exceptions(about), *_was_and_now(about), *why(about)),
        calendar=calendar_part(about),
    )


def _last(about: Occasion) -> datetime:
    return to_local(max((one.starts_at for one in about.dates), default=about.date.starts_at), about.event.zone)


def _pattern(about: Occasion) -> str:
    """Return the subject with {} for the title; it names the old and the new hour where that is what changed."""
    was, now = about.event, about.onward
    if now is None:
        return "Changed: {} goes on with a new invitation"
    on = day(now.starts, about.today)
    if _when(was) == _when(now):
        what = "New place" if _where(was) != _where(now) else "Changed"
        return f"{what}: {{}}, from {on}, in a new invitation"
    if _is_at_another_hour(was, now):
        return f"Changed: {{}}, {clock(now.starts)} (was {clock(was.starts)}) from {on}"
    return f"Changed: {{}}, from {on}" if now.is_all_day else f"Changed: {{}}, from {on}, {clock(now.starts)}"


def _it_was(about: Occasion) -> str:
    was, now = about.event, about.onward
    if now is None or _when(was) == _when(now):
        return ""
    return f"It was {clock(was.starts)}." if _is_at_another_hour(was, now) else f"It was: {_when(was)}."


def _was_and_now(about: Occasion) -> Facts:
    was, now = about.event, about.onward
    if now is None:
        return ()
    changed: list[tuple[str, str]] = []
    if _when(was) != _when(now):
        changed += [("Was", _when(was)), ("Now", f"{_when(now)}, from {longday(now.starts)}")]
    if _where(was) != _where(now) and now.marking == was.marking:  # the mail has the banner of the old one
        changed += [("Was at", _where(was) or "No place"), ("Now at", _where(now) or "No place")]
    return tuple(changed)


def _is_at_another_hour(was: Event, now: Event) -> bool:
    return was.starts.time() != now.starts.time() and not (was.is_all_day or now.is_all_day)


def _where(event: Event) -> str:
    return place_of(event, event.place)


def _when(event: Event) -> str:
    """Return "Every month on the second Tuesday, 9:00–10:30 AM Central"."""
    hours = span(event.starts, event.starts + event.duration, event.is_all_day)
    zone = "" if event.is_all_day else f" {zone_word(event.zone)}"
    rule = rule_of(event)
    return f"{pattern_words(rule) if rule else longday(event.starts)}, {hours}{zone}"
