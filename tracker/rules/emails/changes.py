"""What a mail says when time, place or details of an event changed, or a canceled date takes place again."""

from datetime import date, datetime

from tracker.rules.core.wall_clock import to_local
from tracker.rules.core.wording import clock, day, longday, span
from tracker.rules.emails.content import Letter, subject
from tracker.rules.emails.event import why
from tracker.rules.emails.parts import (
    Facts,
    Occasion,
    calendar_part,
    day_and_time,
    event_page,
    letter_of,
    place,
    what_when_where,
)
from tracker.rules.emails.reply import kept_reply_buttons, only_here, reply_facts, reply_words
from tracker.rules.events.plan import rule_of
from tracker.rules.recurrence import dates
from tracker.rules.recurrence.words import pattern_words


def update(about: Occasion) -> Letter:
    """Return the news of a change; `facts` hold what the reader was told before (starts_at, ends_at, place)."""
    heading, pattern = _what_changed(about)
    when = "Now" if _is_moved(about) and not about.is_series else "When"
    return letter_of(
        about,
        heading,
        subject(pattern, about.title),
        f"{_was_words(about)} {reply_words(about)}".strip(),
        facts=(*_was(about), *what_when_where(about, when), *why(about), *reply_facts(about)),
        paragraphs=("The attached update changes it in your calendar.", *only_here(about)),
        buttons=kept_reply_buttons(about),
        more=(event_page(about, "See the agenda and who is coming"),),
        calendar=calendar_part(about),
    )


def _what_changed(about: Occasion) -> tuple[str, str]:
    """Return the heading, and the subject with {} for the title."""
    if about.facts.get("restored"):
        when = f"all dates from {day_and_time(about)}" if about.is_series else day_and_time(about)
        return "It takes place after all", f"Back on: {{}}, {when}"
    if added := about.facts.get("added"):
        on = datetime.fromisoformat(str(added))
        return "The series has one more date", f"New date: {{}}, {day(on, about.today)}, {clock(on)}"
    if about.is_series:
        return "The series changed", _series_pattern(about)
    if _is_moved(about):
        return "The time changed", _moved_pattern(about)
    if _old_place(about) != place(about):
        return "The place changed", f"New place: {{}}, {day_and_time(about)}"
    return "The details changed", f"Changed: {{}}, {day_and_time(about)}"


def _series_pattern(about: Occasion) -> str:
    if was := _hour_before(about):
        return f"Changed: {{}}, {clock(about.event.starts)} (was {clock(was)}) from {day(about.starts, about.today)}"
    if ends := _other_end(about):
        before, now = ends
        verb = "Goes on" if now > before else "Ends sooner"
        return f"{verb}: {{}}, until {day(now, about.today)} (was {day(before, about.today)})"
    what = "New place" if _old_place(about) != place(about) else "Changed"
    return f"{what}: {{}}, from {day_and_time(about)}"


def _other_end(about: Occasion) -> tuple[date, date] | None:
    """Return the last date of before and of now of a series that is the same but for its end."""
    rule, was = rule_of(about.event), about.facts.get("until")
    if rule is None or not was or about.facts.get("repeats") != pattern_words(rule):
        return None
    before, now = date.fromisoformat(str(was)), dates(rule, about.event.starts)[-1].date()
    return (before, now) if before != now else None


def _hour_before(about: Occasion) -> datetime | None:
    """Return when the dates of a series began before, where its rule has another hour now."""
    was = _old(about, "starts_at")
    if was is None or not about.is_series or about.event.is_all_day or was.time() == about.event.starts.time():
        return None
    return was


def _moved_pattern(about: Occasion) -> str:
    was, on = _old(about, "starts_at"), day(about.starts, about.today)
    if was is not None and was.date() != about.starts.date():
        return f"Moved: {{}}, {day(was, about.today)} to {day_and_time(about)}"
    return f"Changed: {{}}, {on}" if about.event.is_all_day else f"Changed: {{}} is now at {clock(about.starts)}, {on}"


def _was_words(about: Occasion) -> str:
    """Return "It was 1:30 PM.", with the day where that changed too."""
    if hour := _hour_before(about):
        return f"It was {clock(hour)}."
    was = _old(about, "starts_at")
    if was is None or about.is_series or not _is_moved(about):
        return ""
    on = day(was, about.today)
    if was.date() == about.starts.date():
        return f"It was {clock(was)}."
    return f"It was {on}." if about.event.is_all_day else f"It was {on}, {clock(was)}."


def _was(about: Occasion) -> Facts:
    starts, ends = _old(about, "starts_at"), _old(about, "ends_at")
    before: list[tuple[str, str]] = []
    if starts is not None and ends is not None and _is_moved(about) and not about.is_series:
        before.append(("Was", f"{longday(starts)}, {span(starts, ends, about.event.is_all_day)}"))
    elif starts is not None and ends is not None and (hours := _hours_before(about, starts, ends)):
        before.append(("Was", hours))
    if last := _other_end(about):
        before.append(("Was until", longday(last[0])))
    if _old_place(about) not in ("", place(about)):
        before.append(("Was at", _old_place(about)))
    return tuple(before)


def _hours_before(about: Occasion, starts: datetime, ends: datetime) -> str:
    """Return how a series repeated before and at which hours, as far as that is different now."""
    rule, was = rule_of(about.event), about.facts.get("repeats")
    hours = span(starts, ends, about.event.is_all_day)
    if rule and was and was != pattern_words(rule):
        return f"{was}, {hours}"
    return hours if _hour_before(about) else ""


def _is_moved(about: Occasion) -> bool:
    was = (_old(about, "starts_at"), _old(about, "ends_at"))
    return None not in was and was != (about.starts, to_local(about.date.ends_at, about.event.zone))


def _old_place(about: Occasion) -> str:
    """Return where it was, in the words of `place`; where nothing else is known, where it is."""
    return place(about, about.facts.get("place"))


def _old(about: Occasion, name: str) -> datetime | None:
    """Return an earlier time, by the wall clock of the event."""
    text = about.facts.get(name)
    return to_local(datetime.fromisoformat(str(text)), about.event.zone) if text else None
