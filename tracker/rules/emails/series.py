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


def goes_on_without_them(about: Occasion) -> Letter:
    """Return the email that a series continues as another one, to which its reader is not invited."""
    says = RemovedFromSeriesEmail(title=about.title, last_day=short_day(_last(about), about.today))
    return _letter(about, says, ends=_last_date(about))


def cut_short(about: Occasion, content: SeriesEnded) -> Letter:
    """Return the email that the upcoming dates of a series are canceled."""
    says = SeriesEndedEmail(title=about.title, last_day=short_day(_last(about), about.today))
    return _letter(about, says, ends=_last_date(about), facts=why(content.reason))


def goes_on(about: Occasion) -> Letter:
    """Return the email that another series continues this one."""
    if about.onward is None:
        return _letter(about, _unknown_onward(about), ends=_last_date(about))
    return _letter(about, _onward(about, about.onward), facts=_was_and_now(about, about.onward))


def _letter(about: Occasion, says: EventEmail, *, ends: Facts = (), facts: Facts = ()) -> Letter:
    return letter_of(
        about,
        says,
        facts=(what(about), *ends, *exceptions(about, _last(about)), *own_details(about), *also(about), *facts),
        more=(event_page(about, ButtonName.SERIES),),
        calendar=calendar_part(about),
    )


def _last_date(about: Occasion) -> Facts:
    return (Fact(name=FactName.LAST_DATE, value=long_day(_last(about))),)


def _last(about: Occasion) -> datetime:
    left = dates_taking_place(about.dates)
    return to_local(max((one.starts_at for one in left), default=about.date.starts_at), about.event.zone)


def _unknown_onward(about: Occasion) -> SeriesContinuedEmail:
    return SeriesContinuedEmail(
        title=about.title, first_day="", time="", was_time="", was="", is_same_time=False, is_elsewhere=False
    )


def _onward(about: Occasion, now: Event) -> SeriesContinuedEmail:
    was = about.event
    is_same_time, is_other_hour = rule_words(was) == rule_words(now), _is_at_another_hour(was, now)
    return SeriesContinuedEmail(
        title=about.title,
        first_day=short_day(_starts_with(about, now, is_same_time=is_same_time), about.today),
        time="" if now.is_all_day else clock(now.starts),
        was_time=clock(was.starts) if is_other_hour else "",
        was="" if is_same_time or is_other_hour else rule_words(was),
        is_same_time=is_same_time,
        is_elsewhere=_where(was) != _where(now),
    )


def _was_and_now(about: Occasion, now: Event) -> Facts:
    was = about.event
    changed: list[Fact] = []
    if rule_words(was) != rule_words(now):
        changed.append(Fact(name=FactName.WAS, value=rule_words(was)))
        changed.append(Fact(name=FactName.NOW, value=f"{rule_words(now)}, from {long_day(_starts_with(about, now))}"))
    if _where(was) != _where(now) and now.marking == was.marking:  # the email has the banner of the earlier series
        changed.append(Fact(name=FactName.WAS_AT, value=_where(was)))
        changed.append(Fact(name=FactName.NOW_AT, value=_where(now)))
    return tuple(changed)


def _starts_with(about: Occasion, now: Event, *, is_same_time: bool = False) -> datetime:
    """Return the local start of the first date with the new time, or with the new place where the time is the same."""
    ahead = about.onward_dates
    first = first_at(now.place, ahead) if is_same_time else first_by_rule(now, ahead)
    return to_local(first.starts_at, now.zone) if first else now.starts


def _is_at_another_hour(was: Event, now: Event) -> bool:
    return was.starts.time() != now.starts.time() and not (was.is_all_day or now.is_all_day)


def _where(event: Event) -> str:
    return place_of(event, event.place)
