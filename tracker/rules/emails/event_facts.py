"""The rows of facts that emails about events share: what, when and where, and the dates of a series."""

from datetime import datetime

from tracker.rules.core.message_types import Also, AlsoWhat, EventNews, Invited
from tracker.rules.core.wall_clock import to_local
from tracker.rules.core.wording import long_day, plural, short_day, time_span, zone_word
from tracker.rules.emails.content import cut, one_line
from tracker.rules.emails.facts import Fact, FactName, Facts
from tracker.rules.emails.parts import Occasion, day_and_time, place, when_words
from tracker.rules.events.events import NO_LOCATION, Occurrence
from tracker.rules.events.kept_dates import own_texts
from tracker.rules.events.plans import is_moved, rule_of
from tracker.rules.recurrence.series import dates_by_rule

MOST_NAMED = 6  # dates that differ from the rule, or that changed too
LONGEST = 80  # characters of a place or title of one date
NEXT_NAMED = 5  # dates, the same number as on the form
_ALSO = {
    AlsoWhat.ADDED: FactName.ALSO_ADDED,
    AlsoWhat.CHANGED: FactName.ALSO_CHANGED,
    AlsoWhat.CANCELED: FactName.ALSO_CANCELED,
    AlsoWhat.RESTORED: FactName.ALSO_RESTORED,
}


def what_when_where(occasion: Occasion, when: FactName = FactName.WHEN) -> Facts:
    """Return the facts that nearly every email begins with."""
    where = place(occasion)
    return (
        what(occasion),
        Fact(name=when, value=when_words(occasion)),
        *_dates(occasion),
        *_own_time(occasion),
        *([Fact(name=FactName.WHERE, value=where)] if where else []),
        *own_details(occasion),
        *([Fact(name=FactName.TENTATIVE)] if occasion.is_tentative else []),
    )


def what(occasion: Occasion) -> Fact:
    """Return the fact that names the event or date."""
    return Fact(name=FactName.WHAT, value=occasion.title)


def why(reason: str) -> Facts:
    """Return the reason that was given."""
    return (Fact(name=FactName.WHY, value=reason.strip()),) if reason.strip() else ()


def also(occasion: Occasion) -> Facts:
    """Return what earlier changes, for which no email of their own goes out, did to dates that are still to come."""
    if not isinstance(occasion.content, EventNews | Invited):
        return ()
    is_listed = isinstance(occasion.content, Invited)  # an invitation names dates beside the rule: "Also on"
    news = [one for one in occasion.content.also if not (is_listed and one.what is AlsoWhat.ADDED)]
    said = [(one, date) for one in news if (date := _date_of(occasion, one))]
    found: dict[FactName, list[str]] = {}
    for one, date in said:
        if not one.reason:
            found.setdefault(_ALSO[one.what], []).append(day_and_time(occasion, date))
    of_all = [one for one in occasion.content.also if one.date is None]
    is_back = any(one.what is AlsoWhat.RESTORED for one in of_all)
    return (
        *([Fact(name=FactName.ALSO_RESTORED)] if is_back else []),
        *(Fact(name=name, value=_some(words)) for name, words in found.items()),
        *(_with_reason(occasion, one, date) for one, date in said if one.reason),
        *(
            _rest(occasion, one.reason)
            for one in of_all
            if one.what is AlsoWhat.CANCELED and one.reason and occasion.ahead
        ),
    )


def _date_of(occasion: Occasion, one: Also) -> Occurrence | None:
    """Return the upcoming date about which a change is still true; None = there is nothing to say."""
    date = next((date for date in occasion.dates if date.id == one.date and date.ends_at > occasion.now), None)
    return date if date and date.is_off == (one.what is AlsoWhat.CANCELED) else None


def _with_reason(occasion: Occasion, one: Also, date: Occurrence) -> Fact:
    """Return "Thu, Dec 10, 3:00 PM. Reason: Room is being painted."."""
    return Fact(name=_ALSO[one.what], value=f"{day_and_time(occasion, date)}. Reason: {one.reason.strip()}")


def _rest(occasion: Occasion, reason: str) -> Fact:
    """Return "Dates after Thu, Dec 10. Reason: The grant ends."."""
    last = max(to_local(occurrence.starts_at, occasion.event.zone) for occurrence in occasion.ahead)
    return Fact(
        name=FactName.ALSO_CANCELED, value=f"Dates after {short_day(last, occasion.today)}. Reason: {reason.strip()}"
    )


def _dates(occasion: Occasion) -> Facts:
    if not occasion.is_series or not occasion.ahead:
        return ()
    starts = sorted(to_local(occurrence.starts_at, occasion.event.zone) for occurrence in occasion.ahead)
    number = f"{plural(len(starts), 'date')}, until {long_day(starts[-1])}"
    then = " · ".join(short_day(start, occasion.today) for start in starts[1:NEXT_NAMED])
    return (
        Fact(name=FactName.FIRST_DATE, value=long_day(starts[0])),
        *([Fact(name=FactName.THEN, value=then)] if then else []),
        Fact(name=FactName.DATES, value=number),
        *exceptions(occasion),
    )


def exceptions(occasion: Occasion, last: datetime | None = None) -> Facts:
    """Return which upcoming dates of a series differ from its rule: canceled, moved, or added.

    Canceled dates after `last` (local) are left out: the series ends before them.
    """
    by_rule = [
        start for start in dates_by_rule(rule_of(occasion.event), occasion.event.starts) if _is_ahead(occasion, start)
    ]
    known = {
        occurrence.original_start: occurrence for occurrence in occasion.dates if occurrence.starts_at > occasion.now
    }
    off = [start for start in by_rule if start not in known or known[start].is_off]
    on = [occurrence for occurrence in known.values() if not occurrence.is_off]
    moved = [_moved_words(occasion, occurrence) for occurrence in on if is_moved(occurrence)]
    beside = [
        day_and_time(occasion, occurrence)
        for occurrence in on
        if occurrence.original_start not in by_rule and not is_moved(occurrence)
    ]
    named = (
        (
            FactName.NOT_ON,
            [short_day(start, occasion.today) for start in off if last is None or start.date() <= last.date()],
        ),
        (FactName.MOVED, moved),
        (FactName.ALSO_ON, beside),
    )
    return tuple(Fact(name=name, value=_some(words)) for name, words in named if words)


def own_details(occasion: Occasion) -> Facts:
    """Return which upcoming dates have a place or title that is not the one of their series: "Wed, Dec 23: Annex 2"."""
    if not occasion.is_series:
        return ()
    places = [
        (occurrence, place(occasion, occurrence.place) or NO_LOCATION)
        for occurrence in occasion.ahead
        if _has_own(occasion, occurrence, "place")
    ]
    titles = [
        (occurrence, one_line(occurrence.title))
        for occurrence in occasion.ahead
        if _has_own(occasion, occurrence, "title")
    ]
    named = ((FactName.OTHER_PLACE, places), (FactName.OTHER_TITLE, titles))
    return tuple(
        Fact(
            name=name,
            value=_some([f"{_day_of(occasion, occurrence)}: {cut(text, LONGEST)}" for occurrence, text in said]),
        )
        for name, said in named
        if said
    )


def _has_own(occasion: Occasion, date: Occurrence, name: str) -> bool:
    return own_texts(date)[name] != occasion.texts[name]


def _day_of(occasion: Occasion, date: Occurrence) -> str:
    return short_day(to_local(date.starts_at, occasion.event.zone), occasion.today)


def _moved_words(occasion: Occasion, date: Occurrence) -> str:
    """Return "Tue, Mar 9 to Wed, Mar 10, 1:00 PM"; on the same day, only the new hours."""
    starts, ends = (to_local(at, occasion.event.zone) for at in (date.starts_at, date.ends_at))
    is_same_day = starts.date() == date.original_start.date() and not occasion.event.is_all_day
    now = time_span(starts, ends) if is_same_day else day_and_time(occasion, date)
    return f"{short_day(date.original_start, occasion.today)} to {now}"


def _is_ahead(occasion: Occasion, start: datetime) -> bool:
    return start > occasion.today.replace(tzinfo=None)


def _some(words: list[str]) -> str:
    rest = len(words) - MOST_NAMED
    return "; ".join(words[:MOST_NAMED]) + (f"; and {plural(rest, 'more date')}" if rest > 0 else "")


def _own_time(occasion: Occasion) -> Facts:
    """Return the time in the reader's own zone, where it differs."""
    own = to_local(occasion.date.starts_at, occasion.reader.zone)
    if occasion.event.is_all_day or own.utcoffset() == occasion.starts.utcoffset():
        return ()
    hours = time_span(own, to_local(occasion.date.ends_at, occasion.reader.zone))
    value = f"{short_day(own, occasion.today)}, {hours} {zone_word(occasion.reader.zone)}"
    return (Fact(name=FactName.OWN_TIME, value=value),)
