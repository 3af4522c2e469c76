"""What emails about an event are made of: the event as their reader may see it, words, facts, buttons, and its entry.

The rows of facts say what, when, and where, which dates a series has, and whether the reader's reply still counts.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from uuid import UUID

from msgspec import Struct, field

from tracker.rules.core.message_types import AlsoWhat, Changed, EventAnnouncement, EventContent, Invited
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import clock, long_day, plural, short_day, time_span, to_local, zone_word
from tracker.rules.emails.emails import (
    REPLY_KEYS,
    REPLY_WORDS,
    Button,
    ButtonName,
    CalendarPart,
    DeclinedProposal,
    Delegation,
    Email,
    Fact,
    FactName,
    Facts,
    Footer,
    OutsideAddress,
    ReplyByEmail,
    ReplyPage,
    SitePage,
    length_words,
    one_line,
    shorten,
)
from tracker.rules.emails.template_values import EventEmail, OwnReply
from tracker.rules.events import replies as reply_rules
from tracker.rules.events.events import NO_LOCATION, Event, EventStatus, Occurrence, where_words
from tracker.rules.events.kept_dates import own_texts, usual_texts_of_dates
from tracker.rules.events.plans import is_moved, rule_of
from tracker.rules.events.replies import AttendeeRole, ReplyValue, Substitution
from tracker.rules.recurrence.series import dates_by_rule, pattern_words


class EventForReader(Struct, frozen=True, kw_only=True, dict=True):
    """What an email about an event is made of, all as its reader may see it."""

    content: EventContent
    reader: Viewer
    event: Event
    date: Occurrence
    """The date that it is about; for the whole event, the next date or else the last one."""
    is_whole: bool
    """Whether it is about the whole event and not one date of a series."""
    dates: tuple[Occurrence, ...]
    ahead: tuple[Occurrence, ...]
    """The upcoming dates that take place."""
    invitation_id: UUID | None
    reply: ReplyValue
    """The reader's reply to `date`."""
    own_replies: Mapping[datetime, ReplyValue] = field(default_factory=dict)
    """The reader's replies to `dates`, by `original_start`."""
    is_replied: bool = False
    """Whether its reader has replied for each upcoming date."""
    role: AttendeeRole
    responded_at: datetime | None = None
    """When its reader last replied."""
    note: str = ""
    """What its reader wrote with the reply that it confirms."""
    released: str = ""
    """The person who no longer comes in the reader's place because of that reply, or of their own No."""
    replies: tuple[int, int, int] | None = None
    """How many people replied yes, maybe and no so far; only for readers who are asked to reply."""
    substitution: Substitution | None = None
    """For whom the reader substitutes on its date, or did; None for a reader with an invitation of their own."""
    delegation: Delegation | None = None
    """The address of that person, or of the substitute whom the reader sends to its date."""
    onward: Event | None = None
    """The series that continues this one where it was cut short."""
    onward_dates: tuple[Occurrence, ...] = ()
    """The upcoming dates of that series that take place."""
    continues_from: datetime | None = None
    """The first local start of the series that continues this one; known for changes only."""
    is_continuation: bool = False
    """Whether it continues a series to which the reader is invited too."""
    now: datetime

    @cached_property
    def title(self) -> str:
        """Return the title of the event, safe for a header."""
        return one_line(self.texts["title"])

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """Return the title, place and agenda of its date, of most dates from which a series changed, or of it all."""
        if not self.is_whole:
            return own_texts(self.date)
        is_from_a_date = isinstance(self.content, Changed) and self.content.since is not None
        return usual_texts_of_dates(self.ahead or (self.date,)) if is_from_a_date else own_texts(self.event)

    @cached_property
    def starts(self) -> datetime:
        """Return the start on the wall clock of the event."""
        return to_local(self.date.starts_at, self.event.zone)

    @cached_property
    def today(self) -> datetime:
        """Return the current time on the wall clock of the event."""
        return to_local(self.now, self.event.zone)

    @property
    def is_series(self) -> bool:
        """Return whether it is about a series as a whole."""
        return self.is_whole and self.event.is_series

    @property
    def is_tentative(self) -> bool:
        """Return whether the event may still change."""
        return self.event.status is EventStatus.TENTATIVE

    @property
    def has_no_reply(self) -> bool:
        """Return whether the reader still owes a reply, for a series to any of its upcoming dates.

        The organizer and informed people never do.
        """
        return ReplyValue.NEEDS_ACTION in self.asked_replies and not self.is_lead and self.role.takes_part

    @cached_property
    def asked_replies(self) -> tuple[ReplyValue, ...]:
        """Return the reader's replies to each date that the email is about: for a series, the upcoming ones."""
        of_ahead = tuple(self.own_replies.get(occurrence.original_start, self.reply) for occurrence in self.ahead)
        return of_ahead if self.is_series and of_ahead else (self.reply,)

    @property
    def substitutes_for(self) -> str:
        """Return the person for whom the reader substitutes; nothing for readers who were invited themselves."""
        return self.substitution.principal if self.substitution and not self.substitution.is_over else ""

    @property
    def is_released(self) -> bool:
        """Return whether the reader was to come in another person's place, and no longer is."""
        return self.substitution is not None and self.substitution.is_over

    @property
    def is_lead(self) -> bool:
        """Return whether the reader is the organizer."""
        return self.reader.member_id == self.event.lead_id


def email_to_reader(
    occasion: EventForReader,
    says: EventEmail,
    *,
    facts: Facts,
    buttons: tuple[Button, ...] = (),
    more: tuple[Button, ...],
    calendar: CalendarPart | DeclinedProposal | None = None,
    footer: Footer = Footer.INVITED,
) -> Email:
    """Return an email to the reader, in the thread of the event."""
    if footer is Footer.INVITED and not occasion.role.takes_part:
        footer = Footer.INFORMED
    if footer is Footer.INVITED and occasion.substitution:
        footer = Footer.SUBSTITUTE
    return Email(
        says=says,
        to=occasion.reader.email,
        to_name=occasion.reader.name,
        thread=occasion.event.id,
        facts=facts,
        buttons=buttons,
        more=more,
        calendar=calendar,
        invitation_id=occasion.substitution.invitation_id if calendar and occasion.substitution else None,
        footer=footer,
        reads=ReplyByEmail.REPLY_WORDS if any(isinstance(button.target, ReplyPage) for button in buttons) else None,
    )


def when_words(occasion: EventForReader) -> str:
    """Return "Thursday, December 10, 2026, 2:00–3:30 PM Central", or the rule and the times of a series."""
    return rule_words(occasion.event) if occasion.is_series else f"{long_day(occasion.starts)}, {time_words(occasion)}"


def rule_words(event: Event) -> str:
    """Return "Every month on the second Tuesday, 9:00–10:30 AM Central": when the dates of a series are by its rule."""
    hours = time_span(event.starts, event.starts + event.duration, event.is_all_day)
    zone = "" if event.is_all_day else f" {zone_word(event.zone)}"
    rule = rule_of(event)
    return f"{pattern_words(rule) if rule else long_day(event.starts)}, {hours}{zone}"


def time_words(occasion: EventForReader) -> str:
    """Return "2:00–3:30 PM Central", or "All day", for its date."""
    hours = time_span(occasion.starts, to_local(occasion.date.ends_at, occasion.event.zone), occasion.event.is_all_day)
    return hours if occasion.event.is_all_day else f"{hours} {zone_word(occasion.event.zone)}"


def day_and_time(occasion: EventForReader, date: Occurrence | None = None) -> str:
    """Return "Thu, Dec 10, 2:00 PM" for its date or another one, without a time for all-day events."""
    starts = to_local((date or occasion.date).starts_at, occasion.event.zone)
    on = short_day(starts, occasion.today)
    return on if occasion.event.is_all_day else f"{on}, {clock(starts)}"


def place_in_words(occasion: EventForReader, room: str | None = None) -> str:
    """Return "5th-floor conference room, or by video", or nothing; `room` replaces the present room."""
    return event_place_words(occasion.event, occasion.texts["place"] if room is None else room)


def event_place_words(event: Event, room: str) -> str:
    """Return where an event takes place, in one of its rooms, in the words of `place_in_words`."""
    words = where_words(one_line(room), event.video_link)
    return words[:1].upper() + words[1:]


def length_and_way_words(occasion: EventForReader) -> str:
    """Return "90 minutes, in person or by video.", as far as it is known."""
    ways = (("in person", occasion.event.place), ("by video", occasion.event.video_link))
    way = " or ".join(word for word, given in ways if given)
    lasts = occasion.event.duration if occasion.is_series else occasion.date.ends_at - occasion.date.starts_at
    words = ", ".join(filter(None, (length_words(lasts), way)))
    return f"{words[:1].upper()}{words[1:]}." if words else ""


def own_reply_deadline(occasion: EventForReader) -> datetime | None:
    """Return the deadline for replies: 5 PM two days before the date; None when it has passed."""
    return reply_rules.reply_deadline(occasion.starts, occasion.today)


def reply_buttons(occasion: EventForReader) -> tuple[Button, ...]:
    """Return the three buttons of an invitation; none for the organizer."""
    names = ((ButtonName.REPLY_YES, "yes"), (ButtonName.REPLY_MAYBE, "maybe"), (ButtonName.REPLY_NO, "no"))
    return tuple(button for name, key in names for button in reply_button(occasion, name, key))


def reply_button(occasion: EventForReader, name: ButtonName, key: str = "") -> tuple[Button, ...]:
    """Return a button to the reply page, or nothing when there is nothing to reply to."""
    if occasion.invitation_id is None or occasion.is_lead or not occasion.role.takes_part:
        return ()
    date = None if occasion.is_whole else occasion.date.id
    page = ReplyPage(invitation_id=occasion.invitation_id, occurrence_id=date, reply=key)
    return (Button(name=name, target=page),)


def event_link(occasion: EventForReader, name: ButtonName = ButtonName.AGENDA_AND_PEOPLE) -> Button:
    """Return the link to the event's page, or to the page of one of its dates."""
    path = f"/events/{occasion.event.id}" if occasion.is_whole else f"/events/{occasion.event.id}/{occasion.date.key}"
    return Button(name=name, target=SitePage(path=path))


def video_room_links(occasion: EventForReader) -> tuple[Button, ...]:
    """Return the link to the video room, when there is one on the web."""
    link = occasion.event.video_link
    is_on_the_web = link.startswith("https://")
    return (Button(name=ButtonName.VIDEO, target=OutsideAddress(url=link)),) if is_on_the_web else ()


def calendar_part(occasion: EventForReader, *, is_cancel: bool = False) -> CalendarPart:
    """Return what changes in the reader's calendar; a series of which every date is canceled leaves it."""
    is_empty = occasion.is_series and all(occurrence.is_canceled for occurrence in occasion.dates)
    ahead = {occurrence.id for occurrence in occasion.ahead}
    return CalendarPart(
        is_cancel=is_cancel or is_empty,
        event=occasion.event,
        date=None if occasion.is_whole else occasion.date,
        dates=occasion.dates,
        reply=reply_rules.most_frequent_reply(occasion.asked_replies),
        replies={
            occurrence.original_start: occasion.own_replies.get(occurrence.original_start, occasion.reply)
            for occurrence in occasion.dates
            if occurrence.is_changed or occurrence.id in ahead  # the others are over, and have no entry of their own
        },
        role=occasion.role,
        joined_or_left_at=occasion.substitution.changed_at if occasion.substitution else None,
        delegation=None if occasion.is_series else occasion.delegation,
    )


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
    if not isinstance(occasion.content, EventAnnouncement | Invited):
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
