"""The parts that letters about events share: what a letter is made of, its facts, its buttons."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from tracker.rules.core.outbox import MessageKind
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wall_clock import to_local, zone_word
from tracker.rules.core.wording import clock, day, longday, plural, span
from tracker.rules.emails.content import (
    FOOT,
    PREVIEW,
    Button,
    CalendarPart,
    Elsewhere,
    Letter,
    ReplyPage,
    SitePage,
    cut,
    length_words,
    one_line,
)
from tracker.rules.events import replies as reply_rules
from tracker.rules.events.event import Event, Occurrence
from tracker.rules.events.plan import is_moved, rule_of
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.rules.recurrence import dates
from tracker.rules.recurrence.words import pattern_words

MOST_NAMED = 6  # dates that are not as the rule says
NEXT_NAMED = 5  # dates, as many as the form shows

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """What a letter about an event is made of, all as its reader may see it."""

    kind: MessageKind
    reader: Viewer
    event: Event
    date: Occurrence
    """The date it speaks of; in a letter about the whole event the next one, else the last one."""
    is_whole: bool
    """Whether it speaks of the whole event and not of one date of a series."""
    dates: tuple[Occurrence, ...]
    ahead: tuple[Occurrence, ...]
    """The dates that are still to come and take place."""
    invitation_id: UUID | None
    reply: ReplyValue
    is_replied: bool = False
    """Whether its reader has replied for each date to come."""
    role: AttendeeRole
    facts: Mapping[str, Any] = field(default_factory=dict)
    responded_at: datetime | None = None
    """When its reader last replied."""
    replies: tuple[int, int, int] | None = None
    """How many people said yes, maybe and no so far; only for who is asked to reply."""
    substitutes_for: str = ""
    """In whose place its reader comes, who was not asked themselves."""
    onward: Event | None = None
    """The series that goes on where this one was cut short."""
    now: datetime

    @cached_property
    def title(self) -> str:
        """Return the title of what it speaks of, fit for a header."""
        return one_line(self.event.title if self.is_whole else self.date.title)

    @cached_property
    def starts(self) -> datetime:
        """Return the start on the wall clock of the event."""
        return to_local(self.date.starts_at, self.event.zone)

    @cached_property
    def today(self) -> datetime:
        """Return the present moment on the wall clock of the event."""
        return to_local(self.now, self.event.zone)

    @property
    def is_series(self) -> bool:
        """Whether it speaks of a series as a whole."""
        return self.is_whole and self.event.is_series

    @property
    def has_no_reply(self) -> bool:
        """Whether its reader still owes a reply; the lead never does."""
        return self.reply is ReplyValue.NEEDS_ACTION and not self.is_lead

    @property
    def is_lead(self) -> bool:
        """Whether its reader leads the event."""
        return self.reader.member_id == self.event.lead_id


def letter_of(  # noqa: PLR0913 - the parts of a letter
    about: Occasion,
    heading: str,
    subject: str,
    preview: str,
    *,
    facts: Facts,
    paragraphs: tuple[str, ...] = (),
    buttons: tuple[Button, ...] = (),
    more: tuple[Button, ...],
    calendar: CalendarPart | None = None,
    foot: str = FOOT,
) -> Letter:
    """Return a letter to the reader, in the thread of the event."""
    return Letter(
        kind=about.kind,
        to=about.reader.email,
        to_name=about.reader.name,
        thread=about.event.id,
        heading=heading,
        subject=subject,
        preview=cut(preview, PREVIEW),
        facts=facts,
        paragraphs=paragraphs,
        buttons=buttons,
        more=more,
        calendar=calendar,
        foot=foot,
    )


def what_when_where(about: Occasion, when: str = "When") -> Facts:
    """Return the facts that nearly every letter begins with."""
    where = place(about)
    return (
        ("What", about.title),
        (when, when_words(about)),
        *_dates(about),
        *_own_time(about),
        *([("Where", where)] if where else []),
    )


def when_words(about: Occasion) -> str:
    """Return "Thursday, December 10, 2026, 2:00–3:30 PM Central", or the rule and the times of a series."""
    rule = rule_of(about.event) if about.is_series else None
    first = pattern_words(rule) if rule else longday(about.starts)
    return f"{first}, {times(about)}"


def times(about: Occasion) -> str:
    """Return "2:00–3:30 PM Central", or "All day"."""
    hours = span(about.starts, to_local(about.date.ends_at, about.event.zone), about.event.is_all_day)
    return hours if about.event.is_all_day else f"{hours} {zone_word(about.event.zone)}"


def day_and_time(about: Occasion, date: Occurrence | None = None) -> str:
    """Return "Thu, Dec 10, 2:00 PM" of its date or another one, without a time for all-day events."""
    starts = to_local((date or about.date).starts_at, about.event.zone)
    on = day(starts, about.today)
    return on if about.event.is_all_day else f"{on}, {clock(starts)}"


def place(about: Occasion, room: str | None = None) -> str:
    """Return "5th-floor conference room, or by video", or nothing; with another `room` than the present one."""
    if room is None:
        room = about.event.place if about.is_whole else about.date.place
    return place_of(about.event, room)


def place_of(event: Event, room: str) -> str:
    """Return where an event is, in one of its rooms: as `place`."""
    words = ", or ".join(filter(None, (one_line(room), "by video" if event.video_link else "")))
    return words[:1].upper() + words[1:]


def length_and_way(about: Occasion) -> str:
    """Return "90 minutes, in person or by video.", as much of it as there is."""
    ways = (("in person", about.event.place), ("by video", about.event.video_link))
    way = " or ".join(word for word, given in ways if given)
    length = length_words(about.date.ends_at - about.date.starts_at)
    words = ", ".join(filter(None, (length, way)))
    return f"{words[:1].upper()}{words[1:]}." if words else ""


def reply_by(about: Occasion) -> datetime | None:
    """Return until when replies are asked for: 5 PM two days before the date; None when that is over."""
    return reply_rules.reply_by(about.starts, about.today)


def reply_buttons(about: Occasion) -> tuple[Button, ...]:
    """Return the three buttons of an invitation; none for the lead."""
    words = (("Reply yes", "yes"), ("Maybe", "maybe"), ("No", "no"))
    return tuple(button for label, key in words for button in reply_button(about, label, key))


def reply_button(about: Occasion, label: str, key: str = "") -> tuple[Button, ...]:
    """Return a button to the reply page, or nothing when there is nothing to reply to."""
    if about.invitation_id is None or about.is_lead:
        return ()
    date = None if about.is_whole else about.date.id
    page = ReplyPage(invitation_id=about.invitation_id, occurrence_id=date, reply=key)
    return (Button(label=label, target=page),)


def event_page(about: Occasion, label: str) -> Button:
    """Return the link to the event's page, or to the page of one of its dates."""
    path = f"/events/{about.event.id}" if about.is_whole else f"/events/{about.event.id}/{about.date.key}"
    return Button(label=label, target=SitePage(path=path))


def video_room(about: Occasion) -> tuple[Button, ...]:
    """Return the way into the video room, when there is one on the web."""
    link = about.event.video_link
    return (Button(label="Join by video", target=Elsewhere(url=link)),) if link.startswith("https://") else ()


def calendar_part(about: Occasion, *, is_cancel: bool = False) -> CalendarPart:
    """Return what the reader's calendar is told."""
    return CalendarPart(
        is_cancel=is_cancel,
        event=about.event,
        date=None if about.is_whole else about.date,
        dates=about.dates,
        reply=about.reply,
        role=about.role,
    )


def _dates(about: Occasion) -> Facts:
    if not about.is_series or not about.ahead:
        return ()
    starts = sorted(to_local(one.starts_at, about.event.zone) for one in about.ahead)
    number = f"{plural(len(starts), 'date')}, until {longday(starts[-1])}"
    then = " · ".join(day(one, about.today) for one in starts[1:NEXT_NAMED])
    following = (("Then", then),) if then else ()
    return ("First date", longday(starts[0])), *following, ("Dates", number), *exceptions(about)


def exceptions(about: Occasion) -> Facts:
    """Return which dates to come of a series are not as its rule says: not on, moved, or beside it."""
    by_rule = [start for start in dates(rule_of(about.event), about.event.starts) if _is_ahead(about, start)]
    known = {one.original_start: one for one in about.dates if one.starts_at > about.now}
    off = [start for start in by_rule if start not in known or known[start].is_off]
    on = [one for one in known.values() if not one.is_off]
    moved = [_moved_words(about, one) for one in on if is_moved(one)]
    beside = [day_and_time(about, one) for one in on if one.original_start not in by_rule and not is_moved(one)]
    named = (("Not on", [day(start, about.today) for start in off]), ("Moved", moved), ("Also on", beside))
    return tuple((label, _some(words)) for label, words in named if words)


def _moved_words(about: Occasion, date: Occurrence) -> str:
    """Return "Tue, Mar 9 to Wed, Mar 10, 1:00 PM", or with the new hours alone where it stays on its day."""
    starts, ends = (to_local(at, about.event.zone) for at in (date.starts_at, date.ends_at))
    is_same_day = starts.date() == date.original_start.date() and not about.event.is_all_day
    now = span(starts, ends) if is_same_day else day_and_time(about, date)
    return f"{day(date.original_start, about.today)} to {now}"


def _is_ahead(about: Occasion, start: datetime) -> bool:
    return start > about.today.replace(tzinfo=None)


def _some(words: list[str]) -> str:
    rest = len(words) - MOST_NAMED
    return "; ".join(words[:MOST_NAMED]) + (f"; and {plural(rest, 'more date')}" if rest > 0 else "")


def _own_time(about: Occasion) -> Facts:
    """Return the time on the reader's own clock, where it shows another one."""
    own = to_local(about.date.starts_at, about.reader.zone)
    if about.event.is_all_day or own.utcoffset() == about.starts.utcoffset():
        return ()
    hours = span(own, to_local(about.date.ends_at, about.reader.zone))
    return (("Your time", f"{day(own, about.today)}, {hours} {zone_word(about.reader.zone)}"),)
