"""The rows of facts that emails about an event share: what, when and where, the dates of a series, and the own reply.

After a change, the reader's reply still counts, or a new one is requested.
"""

from collections import Counter
from datetime import datetime

from tracker.rules.core.message_types import AlsoWhat, EventNews, Invited
from tracker.rules.core.wording import long_day, plural, short_day, time_span, to_local, zone_word
from tracker.rules.emails.emails import (
    REPLY_KEYS,
    REPLY_WORDS,
    Button,
    ButtonName,
    Fact,
    FactName,
    Facts,
    one_line,
    shorten,
)
from tracker.rules.emails.event_parts import (
    EventForReader,
    day_and_time,
    place_in_words,
    reply_button,
    reply_buttons,
    when_words,
)
from tracker.rules.emails.event_values import OwnReply
from tracker.rules.events.events import NO_LOCATION, Occurrence
from tracker.rules.events.kept_dates import own_texts
from tracker.rules.events.plans import is_moved, rule_of
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import dates_by_rule

MOST_NAMED = 6  # dates that differ from the rule, or that changed too
LONGEST = 80  # characters of a place or title of one date
NEXT_NAMED = 5  # dates, the same number as on the form
_OTHER_CHANGES = {
    AlsoWhat.ADDED: FactName.ALSO_ADDED,
    AlsoWhat.CHANGED: FactName.ALSO_CHANGED,
    AlsoWhat.CANCELED: FactName.ALSO_CANCELED,
    AlsoWhat.RESTORED: FactName.ALSO_RESTORED,
}
_ALL_REPLY_WORDS = {**REPLY_WORDS, ReplyValue.NEEDS_ACTION: "none yet"}


def what_when_where(occasion: EventForReader, when: FactName = FactName.WHEN) -> Facts:
    """Return the facts that nearly every email begins with."""
    where = place_in_words(occasion)
    return (
        title_fact(occasion),
        Fact(name=when, value=when_words(occasion)),
        *_date_facts(occasion),
        *_own_time_facts(occasion),
        *([Fact(name=FactName.WHERE, value=where)] if where else []),
        *own_detail_facts(occasion),
        *([Fact(name=FactName.TENTATIVE)] if occasion.is_tentative else []),
    )


def title_fact(occasion: EventForReader) -> Fact:
    """Return the fact that names the event or date."""
    return Fact(name=FactName.WHAT, value=occasion.title)


def reason_facts(reason: str) -> Facts:
    """Return the reason that was given."""
    return (Fact(name=FactName.WHY, value=reason.strip()),) if reason.strip() else ()


def other_change_facts(occasion: EventForReader) -> Facts:
    """Return what earlier changes, for which no email of their own goes out, did to dates that are still to come."""
    if not isinstance(occasion.content, EventNews | Invited):
        return ()
    is_listed = isinstance(occasion.content, Invited)  # an invitation names dates beside the rule: "Also on"
    of_all = [change for change in occasion.content.also if change.date is None]
    plain: dict[FactName, list[str]] = {}
    explained = []
    for change in occasion.content.also:
        date = next((date for date in occasion.dates if date.id == change.date and date.ends_at > occasion.now), None)
        is_true_still = date and date.is_off == (change.what is AlsoWhat.CANCELED)
        if not date or not is_true_still or (is_listed and change.what is AlsoWhat.ADDED):
            continue
        name, words = _OTHER_CHANGES[change.what], day_and_time(occasion, date)
        if change.reason:
            explained.append(Fact(name=name, value=f"{words}. Reason: {change.reason.strip()}"))
        else:
            plain.setdefault(name, []).append(words)
    for change in of_all:
        if change.what is AlsoWhat.CANCELED and change.reason and occasion.ahead:
            last = max(to_local(occurrence.starts_at, occasion.event.zone) for occurrence in occasion.ahead)
            words = f"Dates after {short_day(last, occasion.today)}. Reason: {change.reason.strip()}"
            explained.append(Fact(name=FactName.ALSO_CANCELED, value=words))
    is_back = any(change.what is AlsoWhat.RESTORED for change in of_all)
    return (
        *([Fact(name=FactName.ALSO_RESTORED)] if is_back else []),
        *(Fact(name=name, value=_some_of(days)) for name, days in plain.items()),
        *explained,
    )


def _date_facts(occasion: EventForReader) -> Facts:
    if not occasion.is_series or not occasion.ahead:
        return ()
    starts = sorted(to_local(occurrence.starts_at, occasion.event.zone) for occurrence in occasion.ahead)
    number = f"{plural(len(starts), 'date')}, until {long_day(starts[-1])}"
    then = " · ".join(short_day(start, occasion.today) for start in starts[1:NEXT_NAMED])
    return (
        Fact(name=FactName.FIRST_DATE, value=long_day(starts[0])),
        *([Fact(name=FactName.THEN, value=then)] if then else []),
        Fact(name=FactName.DATES, value=number),
        *exception_facts(occasion),
    )


def exception_facts(occasion: EventForReader, last: datetime | None = None) -> Facts:
    """Return which upcoming dates of a series differ from its rule: canceled, moved, or added.

    Canceled dates after `last` (local) are left out: the series ends before them.
    """
    now = occasion.today.replace(tzinfo=None)
    by_rule = [start for start in dates_by_rule(rule_of(occasion.event), occasion.event.starts) if start > now]
    known = {
        occurrence.original_start: occurrence for occurrence in occasion.dates if occurrence.starts_at > occasion.now
    }
    off = [
        short_day(start, occasion.today)
        for start in by_rule
        if (start not in known or known[start].is_off) and (last is None or start.date() <= last.date())
    ]
    on = [occurrence for occurrence in known.values() if not occurrence.is_off]
    moved = [_moved_words(occasion, occurrence) for occurrence in on if is_moved(occurrence)]
    beside = [
        day_and_time(occasion, occurrence)
        for occurrence in on
        if occurrence.original_start not in by_rule and not is_moved(occurrence)
    ]
    named = ((FactName.NOT_ON, off), (FactName.MOVED, moved), (FactName.ALSO_ON, beside))
    return tuple(Fact(name=name, value=_some_of(words)) for name, words in named if words)


def own_detail_facts(occasion: EventForReader) -> Facts:
    """Return which upcoming dates have a place or title that is not the one of their series: "Wed, Dec 23: Annex 2"."""
    facts = []
    for name, detail in ((FactName.OTHER_PLACE, "place"), (FactName.OTHER_TITLE, "title")):
        words = []
        for occurrence in occasion.ahead if occasion.is_series else ():
            if own_texts(occurrence)[detail] != occasion.texts[detail]:
                place = place_in_words(occasion, occurrence.place) or NO_LOCATION
                on = short_day(to_local(occurrence.starts_at, occasion.event.zone), occasion.today)
                words.append(f"{on}: {shorten(place if detail == 'place' else one_line(occurrence.title), LONGEST)}")
        if words:
            facts.append(Fact(name=name, value=_some_of(words)))
    return tuple(facts)


def _moved_words(occasion: EventForReader, date: Occurrence) -> str:
    """Return "Tue, Mar 9 to Wed, Mar 10, 1:00 PM"; on the same day, only the new hours."""
    starts, ends = (to_local(at, occasion.event.zone) for at in (date.starts_at, date.ends_at))
    is_same_day = starts.date() == date.original_start.date() and not occasion.event.is_all_day
    now = time_span(starts, ends) if is_same_day else day_and_time(occasion, date)
    return f"{short_day(date.original_start, occasion.today)} to {now}"


def _some_of(words: list[str]) -> str:
    rest = len(words) - MOST_NAMED
    return "; ".join(words[:MOST_NAMED]) + (f"; and {plural(rest, 'more date')}" if rest > 0 else "")


def _own_time_facts(occasion: EventForReader) -> Facts:
    """Return the time in the reader's own zone, where it differs."""
    own = to_local(occasion.date.starts_at, occasion.reader.zone)
    if occasion.event.is_all_day or own.utcoffset() == occasion.starts.utcoffset():
        return ()
    hours = time_span(own, to_local(occasion.date.ends_at, occasion.reader.zone))
    value = f"{short_day(own, occasion.today)}, {hours} {zone_word(occasion.reader.zone)}"
    return (Fact(name=FactName.OWN_TIME, value=value),)


def own_reply(occasion: EventForReader) -> OwnReply:
    """Return what happens to the reader's reply after a change."""
    if occasion.is_lead or not occasion.role.takes_part:
        return OwnReply()
    if occasion.substitutes_for:
        return OwnReply(comes_for=occasion.substitutes_for)
    if occasion.has_no_reply:
        return OwnReply(is_missing=True)
    sends = one_line(occasion.delegation.name) if occasion.delegation and not occasion.is_series else ""
    return OwnReply(kept=reply_words(occasion), sends=sends)


def reply_facts(occasion: EventForReader) -> Facts:
    """Return the row of facts that says whether the reply still counts."""
    if occasion.is_lead or not occasion.role.takes_part:
        return ()
    if occasion.substitutes_for:
        return (Fact(name=FactName.COMES_FOR, value=occasion.substitutes_for),)
    if occasion.has_no_reply:
        return mixed_reply_facts(occasion) or (Fact(name=FactName.REPLY_MISSING_FOR_TIME),)
    return (Fact(name=FactName.REPLY_KEPT, value=reply_words(occasion)),)


def mixed_reply_facts(occasion: EventForReader) -> Facts:
    """Return that the reader has replied for some upcoming dates of a series, and not for others."""
    is_mixed = occasion.has_no_reply and len(set(occasion.asked_replies)) > 1
    return (Fact(name=FactName.REPLY_MISSING_FOR_SOME, value=reply_words(occasion)),) if is_mixed else ()


def reply_words(occasion: EventForReader) -> str:
    """Return "Yes", or "Yes for 2 dates, none yet for 1 date" where replies to dates of a series differ."""
    numbers = Counter(occasion.asked_replies)
    given = [(words, numbers[value]) for value, words in _ALL_REPLY_WORDS.items() if numbers[value]]
    if len(given) == 1:
        return given[0][0]
    return ", ".join(f"{words} for {plural(number, 'date')}" for words, number in given)


def kept_reply_buttons(occasion: EventForReader) -> tuple[Button, ...]:
    """Return the three replies, or two links for people who have replied; different replies have no button to keep."""
    if occasion.has_no_reply:
        return reply_buttons(occasion)
    if len(set(occasion.asked_replies)) > 1:
        return reply_button(occasion, ButtonName.CHANGE_REPLY)
    kept = REPLY_KEYS.get(occasion.reply, "")
    return *reply_button(occasion, ButtonName.KEEP_REPLY, kept), *reply_button(occasion, ButtonName.CHANGE_REPLY)
