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


def what_when_where(about: Occasion, when: FactName = FactName.WHEN) -> Facts:
    """Return the facts that nearly every email begins with."""
    where = place(about)
    return (
        what(about),
        Fact(name=when, value=when_words(about)),
        *_dates(about),
        *_own_time(about),
        *([Fact(name=FactName.WHERE, value=where)] if where else []),
        *own_details(about),
        *([Fact(name=FactName.TENTATIVE)] if about.is_tentative else []),
    )


def what(about: Occasion) -> Fact:
    """Return the fact that names the event or date."""
    return Fact(name=FactName.WHAT, value=about.title)


def why(reason: str) -> Facts:
    """Return the reason that was given."""
    return (Fact(name=FactName.WHY, value=reason.strip()),) if reason.strip() else ()


def also(about: Occasion) -> Facts:
    """Return what earlier changes, for which no email of their own goes out, did to dates that are still to come."""
    if not isinstance(about.content, EventNews | Invited):
        return ()
    is_listed = isinstance(about.content, Invited)  # an invitation names dates beside the rule: "Also on"
    news = [one for one in about.content.also if not (is_listed and one.what is AlsoWhat.ADDED)]
    said = [(one, date) for one in news if (date := _date_of(about, one))]
    found: dict[FactName, list[str]] = {}
    for one, date in said:
        if not one.reason:
            found.setdefault(_ALSO[one.what], []).append(day_and_time(about, date))
    of_all = [one for one in about.content.also if one.date is None]
    is_back = any(one.what is AlsoWhat.RESTORED for one in of_all)
    return (
        *([Fact(name=FactName.ALSO_RESTORED)] if is_back else []),
        *(Fact(name=name, value=_some(words)) for name, words in found.items()),
        *(_with_reason(about, one, date) for one, date in said if one.reason),
        *(_rest(about, one.reason) for one in of_all if one.what is AlsoWhat.CANCELED and one.reason and about.ahead),
    )


def _date_of(about: Occasion, one: Also) -> Occurrence | None:
    """Return the upcoming date about which a change is still true; None = there is nothing to say."""
    date = next((date for date in about.dates if date.id == one.date and date.ends_at > about.now), None)
    return date if date and date.is_off == (one.what is AlsoWhat.CANCELED) else None


def _with_reason(about: Occasion, one: Also, date: Occurrence) -> Fact:
    """Return "Thu, Dec 10, 3:00 PM. Reason: Room is being painted."."""
    return Fact(name=_ALSO[one.what], value=f"{day_and_time(about, date)}. Reason: {one.reason.strip()}")


def _rest(about: Occasion, reason: str) -> Fact:
    """Return "Dates after Thu, Dec 10. Reason: The grant ends."."""
    last = max(to_local(one.starts_at, about.event.zone) for one in about.ahead)
    return Fact(
        name=FactName.ALSO_CANCELED, value=f"Dates after {short_day(last, about.today)}. Reason: {reason.strip()}"
    )


def _dates(about: Occasion) -> Facts:
    if not about.is_series or not about.ahead:
        return ()
    starts = sorted(to_local(one.starts_at, about.event.zone) for one in about.ahead)
    number = f"{plural(len(starts), 'date')}, until {long_day(starts[-1])}"
    then = " · ".join(short_day(one, about.today) for one in starts[1:NEXT_NAMED])
    return (
        Fact(name=FactName.FIRST_DATE, value=long_day(starts[0])),
        *([Fact(name=FactName.THEN, value=then)] if then else []),
        Fact(name=FactName.DATES, value=number),
        *exceptions(about),
    )


def exceptions(about: Occasion, last: datetime | None = None) -> Facts:
    """Return which upcoming dates of a series differ from its rule: canceled, moved, or added.

    Canceled dates after `last` (local) are left out: the series ends before them.
    """
    by_rule = [start for start in dates_by_rule(rule_of(about.event), about.event.starts) if _is_ahead(about, start)]
    known = {one.original_start: one for one in about.dates if one.starts_at > about.now}
    off = [start for start in by_rule if start not in known or known[start].is_off]
    on = [one for one in known.values() if not one.is_off]
    moved = [_moved_words(about, one) for one in on if is_moved(one)]
    beside = [day_and_time(about, one) for one in on if one.original_start not in by_rule and not is_moved(one)]
    named = (
        (
            FactName.NOT_ON,
            [short_day(start, about.today) for start in off if last is None or start.date() <= last.date()],
        ),
        (FactName.MOVED, moved),
        (FactName.ALSO_ON, beside),
    )
    return tuple(Fact(name=name, value=_some(words)) for name, words in named if words)


def own_details(about: Occasion) -> Facts:
    """Return which upcoming dates have a place or title that is not the one of their series: "Wed, Dec 23: Annex 2"."""
    if not about.is_series:
        return ()
    places = [(one, place(about, one.place) or NO_LOCATION) for one in about.ahead if _has_own(about, one, "place")]
    titles = [(one, one_line(one.title)) for one in about.ahead if _has_own(about, one, "title")]
    named = ((FactName.OTHER_PLACE, places), (FactName.OTHER_TITLE, titles))
    return tuple(
        Fact(name=name, value=_some([f"{_day_of(about, one)}: {cut(text, LONGEST)}" for one, text in said]))
        for name, said in named
        if said
    )


def _has_own(about: Occasion, date: Occurrence, name: str) -> bool:
    return own_texts(date)[name] != about.texts[name]


def _day_of(about: Occasion, date: Occurrence) -> str:
    return short_day(to_local(date.starts_at, about.event.zone), about.today)


def _moved_words(about: Occasion, date: Occurrence) -> str:
    """Return "Tue, Mar 9 to Wed, Mar 10, 1:00 PM"; on the same day, only the new hours."""
    starts, ends = (to_local(at, about.event.zone) for at in (date.starts_at, date.ends_at))
    is_same_day = starts.date() == date.original_start.date() and not about.event.is_all_day
    now = time_span(starts, ends) if is_same_day else day_and_time(about, date)
    return f"{short_day(date.original_start, about.today)} to {now}"


def _is_ahead(about: Occasion, start: datetime) -> bool:
    return start > about.today.replace(tzinfo=None)


def _some(words: list[str]) -> str:
    rest = len(words) - MOST_NAMED
    return "; ".join(words[:MOST_NAMED]) + (f"; and {plural(rest, 'more date')}" if rest > 0 else "")


def _own_time(about: Occasion) -> Facts:
    """Return the time in the reader's own zone, where it differs."""
    own = to_local(about.date.starts_at, about.reader.zone)
    if about.event.is_all_day or own.utcoffset() == about.starts.utcoffset():
        return ()
    hours = time_span(own, to_local(about.date.ends_at, about.reader.zone))
    value = f"{short_day(own, about.today)}, {hours} {zone_word(about.reader.zone)}"
    return (Fact(name=FactName.OWN_TIME, value=value),)
