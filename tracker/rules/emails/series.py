"""Emails about a running series that ends early: cut short, or continued as another one."""

from datetime import datetime

from tracker.rules.core.message_types import SeriesEnded
from tracker.rules.core.wall_clock import to_local
from tracker.rules.core.wording import clock, long_day, short_day
from tracker.rules.emails.content import ButtonName, Letter
from tracker.rules.emails.event_contexts import (
    EventEmail,
    RemovedFromSeriesEmail,
    SeriesContinuedEmail,
    SeriesEndedEmail,
)
from tracker.rules.emails.event_facts import also, exceptions, own_details, what, why
from tracker.rules.emails.facts import Fact, FactName, Facts
from tracker.rules.emails.first_affected import first_at, first_by_rule
from tracker.rules.emails.parts import Occasion, calendar_part, event_page, letter_of, place_of, rule_words
from tracker.rules.events.events import Event, dates_taking_place


def goes_on_without_them(occasion: Occasion) -> Letter:
    """Return the email that a series continues as another one, to which its reader is not invited."""
    says = RemovedFromSeriesEmail(title=occasion.title, last_day=short_day(_last(occasion), occasion.today))
    return _letter(occasion, says, ends=_last_date(occasion))


def cut_short(occasion: Occasion, content: SeriesEnded) -> Letter:
    """Return the email that the upcoming dates of a series are canceled."""
    says = SeriesEndedEmail(title=occasion.title, last_day=short_day(_last(occasion), occasion.today))
    return _letter(occasion, says, ends=_last_date(occasion), facts=why(content.reason))


def goes_on(occasion: Occasion) -> Letter:
    """Return the email that another series continues this one."""
    if occasion.onward is None:
        return _letter(occasion, _unknown_onward(occasion), ends=_last_date(occasion))
    return _letter(occasion, _onward(occasion, occasion.onward), facts=_was_and_now(occasion, occasion.onward))


def _letter(occasion: Occasion, says: EventEmail, *, ends: Facts = (), facts: Facts = ()) -> Letter:
    return letter_of(
        occasion,
        says,
        facts=(
            what(occasion),
            *ends,
            *exceptions(occasion, _last(occasion)),
            *own_details(occasion),
            *also(occasion),
            *facts,
        ),
        more=(event_page(occasion, ButtonName.SERIES),),
        calendar=calendar_part(occasion),
    )


def _last_date(occasion: Occasion) -> Facts:
    return (Fact(name=FactName.LAST_DATE, value=long_day(_last(occasion))),)


def _last(occasion: Occasion) -> datetime:
    left = dates_taking_place(occasion.dates)
    return to_local(
        max((occurrence.starts_at for occurrence in left), default=occasion.date.starts_at), occasion.event.zone
    )


def _unknown_onward(occasion: Occasion) -> SeriesContinuedEmail:
    return SeriesContinuedEmail(
        title=occasion.title, first_day="", time="", was_time="", was="", is_same_time=False, is_elsewhere=False
    )


def _onward(occasion: Occasion, now: Event) -> SeriesContinuedEmail:
    was = occasion.event
    is_same_time, is_other_hour = rule_words(was) == rule_words(now), _is_at_another_hour(was, now)
    return SeriesContinuedEmail(
        title=occasion.title,
        first_day=short_day(_starts_with(occasion, now, is_same_time=is_same_time), occasion.today),
        time="" if now.is_all_day else clock(now.starts),
        was_time=clock(was.starts) if is_other_hour else "",
        was="" if is_same_time or is_other_hour else rule_words(was),
        is_same_time=is_same_time,
        is_elsewhere=_where(was) != _where(now),
    )


def _was_and_now(occasion: Occasion, now: Event) -> Facts:
    was = occasion.event
    changed: list[Fact] = []
    if rule_words(was) != rule_words(now):
        changed.append(Fact(name=FactName.WAS, value=rule_words(was)))
        changed.append(
            Fact(name=FactName.NOW, value=f"{rule_words(now)}, from {long_day(_starts_with(occasion, now))}")
        )
    if _where(was) != _where(now) and now.marking == was.marking:  # the email has the banner of the earlier series
        changed.append(Fact(name=FactName.WAS_AT, value=_where(was)))
        changed.append(Fact(name=FactName.NOW_AT, value=_where(now)))
    return tuple(changed)


def _starts_with(occasion: Occasion, now: Event, *, is_same_time: bool = False) -> datetime:
    """Return the local start of the first date with the new time, or with the new place where the time is the same."""
    ahead = occasion.onward_dates
    first = first_at(now.place, ahead) if is_same_time else first_by_rule(now, ahead)
    return to_local(first.starts_at, now.zone) if first else now.starts


def _is_at_another_hour(was: Event, now: Event) -> bool:
    return was.starts.time() != now.starts.time() and not (was.is_all_day or now.is_all_day)


def _where(event: Event) -> str:
    return place_of(event, event.place)
