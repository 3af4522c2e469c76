"""Emails about a change of time, place or details, an added date, or a restored event."""

from datetime import date, datetime

from tracker.rules.core.message_types import Changed, DateAdded, KnownBefore, Restored
from tracker.rules.core.wall_clock import to_local
from tracker.rules.core.wording import clock, long_day, short_day, time_span
from tracker.rules.emails.content import Letter
from tracker.rules.emails.event_contexts import (
    Change,
    ChangedEmail,
    DateAddedEmail,
    EventEmail,
    RestoredEmail,
    SeriesChangedEmail,
)
from tracker.rules.emails.event_facts import also, what_when_where, why
from tracker.rules.emails.facts import Fact, FactName, Facts
from tracker.rules.emails.first_affected import first_at, first_by_rule, first_with
from tracker.rules.emails.parts import Occasion, calendar_part, day_and_time, event_page, letter_of, place
from tracker.rules.emails.reply import kept_reply_buttons, own_reply, reply_facts
from tracker.rules.events.events import Occurrence, field_label
from tracker.rules.events.kept_dates import own_texts
from tracker.rules.events.notifications import changed_details, detail_hashes
from tracker.rules.events.plans import rule_of
from tracker.rules.recurrence.series import dates_by_rule
from tracker.rules.recurrence.series_words import pattern_words


def update(occasion: Occasion, content: Changed | DateAdded | Restored) -> Letter:
    """Return the email about a change, an added date, or a restored event or date."""
    before = content.before
    when = FactName.NOW if _is_moved(occasion, before) and not occasion.is_series else FactName.WHEN
    reason = content.reason if isinstance(content, Changed) else ""
    return letter_of(
        occasion,
        _says(occasion, content),
        facts=(
            *_was(occasion, before),
            *_changed_details(occasion, before),
            *what_when_where(occasion, when),
            *([Fact(name=FactName.CONFIRMED)] if _is_confirmed(occasion, before) else []),
            *also(occasion),
            *why(reason),
            *reply_facts(occasion),
        ),
        buttons=kept_reply_buttons(occasion),
        more=(event_page(occasion),),
        calendar=calendar_part(occasion),
    )


def _says(occasion: Occasion, content: Changed | DateAdded | Restored) -> EventEmail:
    was, reply = _was_words(occasion, content.before), own_reply(occasion)
    match content:
        case Restored():
            return RestoredEmail(
                title=occasion.title, starts=day_and_time(occasion), is_series=occasion.is_series, was=was, reply=reply
            )
        case DateAdded(starts=on):
            time = "" if occasion.event.is_all_day else clock(on)
            return DateAddedEmail(
                title=occasion.title, day=short_day(on, occasion.today), time=time, was=was, reply=reply
            )
        case Changed(before=before):
            return _series_changed(occasion, before) if occasion.is_series else _changed(occasion, before)


def _changed(occasion: Occasion, before: KnownBefore | None) -> ChangedEmail:
    was = _starts_before(occasion, before) if before else occasion.starts
    return ChangedEmail(
        title=occasion.title,
        change=_what_changed(occasion, before),
        starts=day_and_time(occasion),
        day=short_day(occasion.starts, occasion.today),
        time="" if occasion.event.is_all_day else clock(occasion.starts),
        was_day=short_day(was, occasion.today) if was.date() != occasion.starts.date() else "",
        was=_was_words(occasion, before),
        reply=own_reply(occasion),
    )


def _what_changed(occasion: Occasion, before: KnownBefore | None) -> Change:
    if _is_moved(occasion, before):
        return Change.TIME
    if _old_place(occasion, before) != place(occasion):
        return Change.PLACE
    return Change.CONFIRMED if _is_confirmed(occasion, before) else Change.DETAILS


def _series_changed(occasion: Occasion, before: KnownBefore | None) -> SeriesChangedEmail:
    hour, ends = _hour_before(occasion, before), _other_end(occasion, before)
    is_elsewhere = _old_place(occasion, before) != place(occasion)
    first = _first_affected(occasion, before, is_moved=bool(_time_before(occasion, before)), is_elsewhere=is_elsewhere)
    return SeriesChangedEmail(
        title=occasion.title,
        starts=day_and_time(occasion, first),
        day=short_day(to_local(first.starts_at, occasion.event.zone), occasion.today),
        time=clock(occasion.event.starts),
        was_time=clock(hour) if hour else "",
        until=short_day(ends[1], occasion.today) if ends else "",
        was_until=short_day(ends[0], occasion.today) if ends else "",
        is_longer=bool(ends and ends[1] > ends[0]),
        is_elsewhere=is_elsewhere,
        is_confirmed=_is_confirmed(occasion, before) and not _was(occasion, before) and not is_elsewhere,
        reply=own_reply(occasion),
    )


def _first_affected(
    occasion: Occasion, before: KnownBefore | None, *, is_moved: bool, is_elsewhere: bool
) -> Occurrence:
    """Return the first upcoming date of a series that has its new time, or else its new place or texts."""
    if is_moved:
        return first_by_rule(occasion.event, occasion.ahead) or occasion.date
    if is_elsewhere:
        return first_at(occasion.texts["place"], occasion.ahead) or occasion.date
    own = set(_details_since(occasion, before)) & own_texts(occasion.date).keys()
    return first_with({name: occasion.texts[name] for name in own}, occasion.ahead) or occasion.date


def _other_end(occasion: Occasion, before: KnownBefore | None) -> tuple[date, date] | None:
    """Return the earlier and the new last date of a series that differs only in its end.

    An end where another series continues it doesn't count: a separate message announces it.
    """
    rule = rule_of(occasion.event)
    if rule is None or before is None or before.until is None or before.repeats != pattern_words(rule):
        return None
    if occasion.continues_from and occasion.continues_from.date() <= before.until:
        return None
    now = dates_by_rule(rule, occasion.event.starts)[-1].date()
    return (before.until, now) if before.until != now else None


def _hour_before(occasion: Occasion, before: KnownBefore | None) -> datetime | None:
    """Return the hour at which the dates of a series used to begin, where its rule has another hour now."""
    if before is None or not occasion.is_series or occasion.event.is_all_day:
        return None
    was = _starts_before(occasion, before)
    return was if was.time() != occasion.event.starts.time() else None


def _was_words(occasion: Occasion, before: KnownBefore | None) -> str:
    """Return "1:30 PM", with the day where that changed too, or nothing where neither did."""
    if hour := _hour_before(occasion, before):
        return clock(hour)
    if before is None or occasion.is_series or not _is_moved(occasion, before):
        return ""
    was = _starts_before(occasion, before)
    if was.date() == occasion.starts.date():
        return clock(was)
    on = short_day(was, occasion.today)
    return on if occasion.event.is_all_day else f"{on}, {clock(was)}"


def _was(occasion: Occasion, before: KnownBefore | None) -> Facts:
    notified: list[Fact] = []
    if time := _time_before(occasion, before):
        notified.append(Fact(name=FactName.WAS, value=time))
    if last := _other_end(occasion, before):
        notified.append(Fact(name=FactName.WAS_UNTIL, value=long_day(last[0])))
    if _old_place(occasion, before) not in ("", place(occasion)):
        notified.append(Fact(name=FactName.WAS_AT, value=_old_place(occasion, before)))
    return tuple(notified)


def _changed_details(occasion: Occasion, before: KnownBefore | None) -> Facts:
    """Return which texts changed beside the place, by their labels: "Agenda"."""
    said = ", ".join(field_label(name) for name in _details_since(occasion, before))
    return (Fact(name=FactName.CHANGED_DETAILS, value=said),) if said else ()


def _details_since(occasion: Occasion, before: KnownBefore | None) -> list[str]:
    return changed_details(before.details, detail_hashes(occasion.event, occasion.texts)) if before else []


def _time_before(occasion: Occasion, before: KnownBefore | None) -> str:
    """Return the earlier time, or the earlier rule and hours of a series, where they differ from now."""
    if before is None:
        return ""
    starts, ends = _starts_before(occasion, before), to_local(before.ends_at, occasion.event.zone)
    hours = time_span(starts, ends, occasion.event.is_all_day)
    if not occasion.is_series:
        return f"{long_day(starts)}, {hours}" if _is_moved(occasion, before) else ""
    rule = rule_of(occasion.event)
    if rule and before.repeats and before.repeats != pattern_words(rule):
        return f"{before.repeats}, {hours}"
    return hours if _hour_before(occasion, before) else ""


def _is_moved(occasion: Occasion, before: KnownBefore | None) -> bool:
    if before is None:
        return False
    return (before.starts_at, before.ends_at) != (occasion.date.starts_at, occasion.date.ends_at)


def _is_confirmed(occasion: Occasion, before: KnownBefore | None) -> bool:
    """Return whether the reader knew the event as tentative, and it no longer is."""
    return before is not None and before.was_tentative and not occasion.is_tentative


def _old_place(occasion: Occasion, before: KnownBefore | None) -> str:
    """Return the earlier place in the words of `place`; where no earlier place is known, the present one."""
    return place(occasion, before.place if before else None)


def _starts_before(occasion: Occasion, before: KnownBefore) -> datetime:
    """Return the earlier start, on the wall clock of the event."""
    return to_local(before.starts_at, occasion.event.zone)
