"""Emails about a change of an event: its time, place or details, an added date, a restored event, and series that end.

A series is cut short, or another one continues it. From which date on a change of a series counts is for its subject:
some dates keep their own time or texts.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from tracker.rules.core.message_types import (
    Changed,
    DateAdded,
    KnownBefore,
    RemovedFromSeries,
    Restored,
    SeriesContinued,
    SeriesEnded,
)
from tracker.rules.core.wording import clock, long_day, short_day, time_span, to_local
from tracker.rules.emails.emails import ButtonName, Email, Fact, FactName, Facts
from tracker.rules.emails.event_parts import (
    EventForReader,
    calendar_part,
    day_and_time,
    email_to_reader,
    event_link,
    event_place_words,
    exception_facts,
    kept_reply_buttons,
    other_change_facts,
    own_detail_facts,
    own_reply,
    place_in_words,
    reason_facts,
    reply_facts,
    rule_words,
    title_fact,
    what_when_where,
)
from tracker.rules.emails.template_values import (
    ChangedEmail,
    ChangedPart,
    DateAddedEmail,
    EventEmail,
    RemovedFromSeriesEmail,
    RestoredEmail,
    SeriesChangedEmail,
    SeriesContinuedEmail,
    SeriesEndedEmail,
)
from tracker.rules.events.events import Event, Occurrence, dates_taking_place, field_label
from tracker.rules.events.kept_dates import own_texts
from tracker.rules.events.notifications import changed_details, detail_hashes
from tracker.rules.events.plans import is_moved, rule_of, starts_by_rule
from tracker.rules.recurrence.series import dates_by_rule, pattern_words


def update_email(occasion: EventForReader, content: Changed | DateAdded | Restored) -> Email:
    """Return the email about a change, an added date, or a restored event or date."""
    before = content.before
    when = FactName.NOW if _is_moved(occasion, before) and not occasion.is_series else FactName.WHEN
    reason = content.reason if isinstance(content, Changed) else ""
    said = ", ".join(field_label(name) for name in _details_since(occasion, before))
    return email_to_reader(
        occasion,
        _update_values(occasion, content),
        facts=(
            *_was_facts(occasion, before),
            *((Fact(name=FactName.CHANGED_DETAILS, value=said),) if said else ()),
            *what_when_where(occasion, when),
            *([Fact(name=FactName.CONFIRMED)] if _is_confirmed(occasion, before) else []),
            *other_change_facts(occasion),
            *reason_facts(reason),
            *reply_facts(occasion),
        ),
        buttons=kept_reply_buttons(occasion),
        more=(event_link(occasion),),
        calendar=calendar_part(occasion),
    )


def _update_values(occasion: EventForReader, content: Changed | DateAdded | Restored) -> EventEmail:
    before, event, title = content.before, occasion.event, occasion.title
    was, reply = _was_words(occasion, before), own_reply(occasion)
    if isinstance(content, Restored):
        starts = day_and_time(occasion)
        return RestoredEmail(title=title, starts=starts, is_series=occasion.is_series, was=was, reply=reply)
    on = content.starts if isinstance(content, DateAdded) else occasion.starts
    day, time = short_day(on, occasion.today), "" if event.is_all_day else clock(on)
    if isinstance(content, DateAdded):
        return DateAddedEmail(title=title, day=day, time=time, was=was, reply=reply)
    if occasion.is_series:
        return _series_changed_values(occasion, before)
    started = _starts_before(occasion, before) if before else on
    return ChangedEmail(
        title=title,
        change=_what_changed(occasion, before),
        starts=day_and_time(occasion),
        day=day,
        time=time,
        was_day=short_day(started, occasion.today) if started.date() != on.date() else "",
        was=was,
        reply=reply,
    )


def _what_changed(occasion: EventForReader, before: KnownBefore | None) -> ChangedPart:
    if _is_moved(occasion, before):
        return ChangedPart.TIME
    if _old_place(occasion, before) != place_in_words(occasion):
        return ChangedPart.PLACE
    return ChangedPart.CONFIRMED if _is_confirmed(occasion, before) else ChangedPart.DETAILS


def _series_changed_values(occasion: EventForReader, before: KnownBefore | None) -> SeriesChangedEmail:
    hour, ends = _hour_before(occasion, before), _other_end(occasion, before)
    is_elsewhere = _old_place(occasion, before) != place_in_words(occasion)
    # Its day is the first upcoming date that has the new time, or else the new place or texts.
    if _time_before(occasion, before):
        first = first_date_by_rule(occasion.event, occasion.ahead)
    elif is_elsewhere:
        first = first_date_with({"place": occasion.texts["place"]}, occasion.ahead)
    else:
        own = set(_details_since(occasion, before)) & own_texts(occasion.date).keys()
        first = first_date_with({name: occasion.texts[name] for name in own}, occasion.ahead)
    first = first or occasion.date
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
        is_confirmed=_is_confirmed(occasion, before) and not _was_facts(occasion, before) and not is_elsewhere,
        reply=own_reply(occasion),
    )


def _other_end(occasion: EventForReader, before: KnownBefore | None) -> tuple[date, date] | None:
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


def _hour_before(occasion: EventForReader, before: KnownBefore | None) -> datetime | None:
    """Return the hour at which the dates of a series used to begin, where its rule has another hour now."""
    if before is None or not occasion.is_series or occasion.event.is_all_day:
        return None
    was = _starts_before(occasion, before)
    return was if was.time() != occasion.event.starts.time() else None


def _was_words(occasion: EventForReader, before: KnownBefore | None) -> str:
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


def _was_facts(occasion: EventForReader, before: KnownBefore | None) -> Facts:
    facts = []
    if time := _time_before(occasion, before):
        facts.append(Fact(name=FactName.WAS, value=time))
    if last := _other_end(occasion, before):
        facts.append(Fact(name=FactName.WAS_UNTIL, value=long_day(last[0])))
    if _old_place(occasion, before) not in ("", place_in_words(occasion)):
        facts.append(Fact(name=FactName.WAS_AT, value=_old_place(occasion, before)))
    return tuple(facts)


def _details_since(occasion: EventForReader, before: KnownBefore | None) -> list[str]:
    return changed_details(before.details, detail_hashes(occasion.event, occasion.texts)) if before else []


def _time_before(occasion: EventForReader, before: KnownBefore | None) -> str:
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


def _is_moved(occasion: EventForReader, before: KnownBefore | None) -> bool:
    if before is None:
        return False
    return (before.starts_at, before.ends_at) != (occasion.date.starts_at, occasion.date.ends_at)


def _is_confirmed(occasion: EventForReader, before: KnownBefore | None) -> bool:
    """Return whether the reader knew the event as tentative, and it no longer is."""
    return before is not None and before.was_tentative and not occasion.is_tentative


def _old_place(occasion: EventForReader, before: KnownBefore | None) -> str:
    """Return the earlier place in the words of `place`; where no earlier place is known, the present one."""
    return place_in_words(occasion, before.place if before else None)


def _starts_before(occasion: EventForReader, before: KnownBefore) -> datetime:
    """Return the earlier start, on the wall clock of the event."""
    return to_local(before.starts_at, occasion.event.zone)


def removed_from_series_email(occasion: EventForReader, _: RemovedFromSeries) -> Email:
    """Return the email that a series continues as another one, to which its reader is not invited."""
    says = RemovedFromSeriesEmail(title=occasion.title, last_day=short_day(_last_start(occasion), occasion.today))
    return _series_email(occasion, says, ends=_last_date(occasion))


def series_ended_email(occasion: EventForReader, content: SeriesEnded) -> Email:
    """Return the email that the upcoming dates of a series are canceled."""
    says = SeriesEndedEmail(title=occasion.title, last_day=short_day(_last_start(occasion), occasion.today))
    return _series_email(occasion, says, ends=_last_date(occasion), facts=reason_facts(content.reason))


def series_continued_email(occasion: EventForReader, _: SeriesContinued) -> Email:
    """Return the email that another series continues this one."""
    was, now = occasion.event, occasion.onward
    if now is None:
        return _series_email(occasion, SeriesContinuedEmail(title=occasion.title), ends=_last_date(occasion))
    is_same_time, is_elsewhere = rule_words(was) == rule_words(now), _place_of(was) != _place_of(now)
    is_other_hour = was.starts.time() != now.starts.time() and not (was.is_all_day or now.is_all_day)
    first_with_time = first_date_at_hour(now, occasion.onward_dates) if is_other_hour else None
    first_with_time = first_with_time or first_date_by_rule(now, occasion.onward_dates)
    first = first_date_with({"place": now.place}, occasion.onward_dates) if is_same_time else first_with_time
    says = SeriesContinuedEmail(
        title=occasion.title,
        first_day=short_day(_local_start(now, first), occasion.today),
        time="" if now.is_all_day else clock(now.starts),
        was_time=clock(was.starts) if is_other_hour else "",
        was="" if is_same_time or is_other_hour else rule_words(was),
        is_same_time=is_same_time,
        is_elsewhere=is_elsewhere,
    )
    facts: list[Fact] = []
    if not is_same_time:
        from_now_on = f"{rule_words(now)}, from {long_day(_local_start(now, first_with_time))}"
        facts += [Fact(name=FactName.WAS, value=rule_words(was)), Fact(name=FactName.NOW, value=from_now_on)]
    if is_elsewhere and now.marking == was.marking:  # the email has the banner of the earlier series
        places = ((FactName.WAS_AT, _place_of(was)), (FactName.NOW_AT, _place_of(now)))
        facts += [Fact(name=name, value=place) for name, place in places]
    return _series_email(occasion, says, facts=tuple(facts))


def _local_start(series: Event, first: Occurrence | None) -> datetime:
    return to_local(first.starts_at, series.zone) if first else series.starts


def _series_email(occasion: EventForReader, says: EventEmail, *, ends: Facts = (), facts: Facts = ()) -> Email:
    return email_to_reader(
        occasion,
        says,
        facts=(
            title_fact(occasion),
            *ends,
            *exception_facts(occasion, _last_start(occasion)),
            *own_detail_facts(occasion),
            *other_change_facts(occasion),
            *facts,
        ),
        more=(event_link(occasion, ButtonName.SERIES),),
        calendar=calendar_part(occasion),
    )


def _last_date(occasion: EventForReader) -> Facts:
    return (Fact(name=FactName.LAST_DATE, value=long_day(_last_start(occasion))),)


def _last_start(occasion: EventForReader) -> datetime:
    left = dates_taking_place(occasion.dates)
    return to_local(
        max((occurrence.starts_at for occurrence in left), default=occasion.date.starts_at), occasion.event.zone
    )


def _place_of(event: Event) -> str:
    return event_place_words(event, event.place)


def first_date_by_rule(event: Event, dates: Sequence[Occurrence]) -> Occurrence | None:
    """Return the first of these dates that is when the rule says; None when all of them are moved or added."""
    by_rule = set(starts_by_rule(event))
    return next(
        (occurrence for occurrence in dates if occurrence.original_start in by_rule and not is_moved(occurrence)), None
    )


def first_date_at_hour(event: Event, dates: Sequence[Occurrence]) -> Occurrence | None:
    """Return the first of these dates that begins at the hour of the series; a date moved to another day may, too."""
    hour = event.starts.time()
    return next((date for date in dates if to_local(date.starts_at, event.zone).time() == hour), None)


def first_date_with(texts: Mapping[str, str], dates: Sequence[Occurrence]) -> Occurrence | None:
    """Return the first of the dates that has these texts, by their fields; None when all of them have others."""
    return next((occurrence for occurrence in dates if texts.items() <= own_texts(occurrence).items()), None)
