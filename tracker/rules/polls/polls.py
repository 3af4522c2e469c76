"""Date polls: people say which of the proposed dates suit them before an event is scheduled."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct, field

from tracker.errors import Invalid
from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wall_clock import is_skipped, to_utc
from tracker.rules.core.wording import day, local, span, zone_word
from tracker.rules.events.event import Event, EventStatus, may_edit
from tracker.rules.events.plan import Slot, slot
from tracker.rules.events.replies import AttendeeRole, ReplySource, ReplyValue
from tracker.rules.recurrence.holidays import working_day_by

FEWEST_DATES, MOST_DATES = 2, 20
A_DAY, A_WEEK = timedelta(days=1), timedelta(days=7)


class Fit(StrEnum):
    """How a proposed date suits a person."""

    YES = "yes"
    IF_NEEDED = "if_needed"
    NO = "no"

    @property
    def label(self) -> str:
        """Return its label in forms and tables."""
        return LABELS[self]


LABELS = {Fit.YES: "Yes", Fit.IF_NEEDED: "If need be", Fit.NO: "No"}
REPLIES: Mapping[Fit, ReplyValue] = {
    Fit.YES: ReplyValue.ACCEPTED,
    Fit.IF_NEEDED: ReplyValue.TENTATIVE,
    Fit.NO: ReplyValue.DECLINED,
}
"""What a person's reply to the chosen date becomes when the event is scheduled."""


class PollState(StrEnum):
    """Where a poll is."""

    OPEN = "open"
    SCHEDULED = "scheduled"
    """Its event has a date, by the poll or without it."""
    CANCELED = "canceled"


class Option(Struct, frozen=True, kw_only=True):
    """One proposed date."""

    id: UUID
    starts: datetime
    """Local to the event's zone, without offset."""


class Poll(Struct, frozen=True, kw_only=True):
    """A poll about the date of an event that is still a draft, as one viewer may see it."""

    id: UUID
    event: Event
    """Its own date is only the one that the draft began with."""
    options: tuple[Option, ...]
    """Earliest first."""
    reply_by: datetime
    """Aware; replies count until the poll ends, also after this moment."""
    opened_at: datetime
    canceled_at: datetime | None

    @property
    def state(self) -> PollState:
        """Return where it is; a canceled poll stays canceled, also when its event is scheduled later."""
        if self.canceled_at:
            return PollState.CANCELED
        return PollState.OPEN if self.event.status is EventStatus.DRAFT else PollState.SCHEDULED

    @property
    def is_private_again(self) -> bool:
        """Return whether its draft was edited after the poll was canceled: that is for the organizer alone."""
        return self.canceled_at is not None and self.event.changed_at > self.canceled_at

    def slot(self, option: Option) -> Slot:
        """Return when the event would be, aware."""
        return slot(option.starts, self.event.duration, self.event.zone)

    def ahead(self, now: datetime) -> tuple[Option, ...]:
        """Return the dates that can still be chosen."""
        return tuple(one for one in self.options if self.slot(one)[0] > now)


class NewPoll(Struct, frozen=True, kw_only=True):
    """What the organizer proposes: local starts, and an aware moment by which people should reply."""

    starts: Sequence[datetime]
    reply_by: datetime


class Respondent(Struct, frozen=True, kw_only=True):
    """A person who is asked, or the organizer, for whom each date is a yes."""

    member_id: UUID
    name: str
    agency_id: UUID
    agency: str
    arm: Arm
    role: AttendeeRole
    fits: Mapping[UUID, Fit] = field(default_factory=dict)
    """By date; dates about which they said nothing are missing."""
    source: ReplySource | None = None
    """How their last reply came."""

    @property
    def has_replied(self) -> bool:
        """Return whether they replied about any date."""
        return bool(self.fits)


SET_AND_CANCELED = "A date was chosen, but the event has since been canceled. You don’t need to reply."


def set_words(poll: Poll, now: datetime) -> str:
    """Return a sentence with the date that was set: "The date is set: Wed, Jan 13, 2:00-3:30 PM Central.".

    Spans have en dashes. Where the event was canceled since, the sentence says that instead.
    """
    event = poll.event
    if event.status is EventStatus.CANCELED:
        return SET_AND_CANCELED
    starts, ends = (local(one, event.zone) for one in slot(event.starts, event.duration, event.zone))
    on = day(starts, local(now, event.zone))
    zone = "" if event.is_all_day else f" {zone_word(event.zone)}"
    return f"The date is set: {on}, {span(starts, ends, event.is_all_day)}{zone}."


def too_late(poll: Poll, now: datetime) -> str:
    """Return why a poll whose date is set takes no replies, and what to do instead."""
    words = set_words(poll, now)
    return words if words == SET_AND_CANCELED else f"{words} Reply to the event instead."


def may_lead(viewer: Viewer, poll: Poll) -> bool:
    """Return whether the viewer may schedule or cancel: only the organizer sees the draft."""
    return viewer.member_id == poll.event.lead_id


def may_remind(viewer: Viewer, poll: Poll) -> bool:
    """Return whether the viewer may remind people: organizer, committee's chair, coordinator."""
    return poll.state is PollState.OPEN and may_edit(viewer, poll.event)


def is_named(viewer: Viewer, poll: Poll, one: Respondent) -> bool:
    """Return whether the viewer reads a person's name and replies, as on the page of an event."""
    return may_edit(viewer, poll.event) or one.arm is viewer.arm


def waiting(people: Iterable[Respondent]) -> list[Respondent]:
    """Return the people who are asked and have not replied about any date."""
    return [one for one in people if one.role.is_asked and not one.has_replied]


def hindrance(event: Event, asked: int) -> str:
    """Return why an event can't have a poll in which so many people are asked; empty when it can."""
    return misfit(event) or ("" if asked else "Invite people in the draft first, so that there’s someone to ask.")


def misfit(event: Event) -> str:
    """Return why an event can't have a date poll, or a date from one; empty when it can."""
    if event.status is not EventStatus.DRAFT:
        return "This event is already scheduled. Only a draft can have a date poll."
    if event.is_series:
        return "A date poll is for an event with one date. Edit the draft so that it doesn’t repeat."
    if not event.kind.asks_reply:
        return "A deadline has no attendees, so it can’t have a date poll."
    return ""


def usual_deadline(first: date, today: date) -> date:
    """Return the day by which people reply unless the organizer chooses another: a working day about a week ahead.

    It is before the first date that the form begins with, if that is still ahead.
    """
    before, soon = first - A_DAY, today + A_WEEK
    latest = max(min(before, soon), today) if first >= today else soon
    day = working_day_by(latest)
    return day if day > today else latest


def check_new(new: NewPoll, event: Event, now: datetime) -> None:
    """Check the proposed dates of a draft, and when to reply. Errors: Invalid(dates=…, reply_by=…)."""
    wrong: dict[str, str] = {}
    if sentence := _wrong_dates(new.starts, event, now):
        wrong["dates"] = sentence
    if sentence := _wrong_deadline(new, event, now):
        wrong["reply_by"] = sentence
    if wrong:
        raise Invalid(**wrong)


def _wrong_dates(starts: Sequence[datetime], event: Event, now: datetime) -> str:
    if not FEWEST_DATES <= len(starts) <= MOST_DATES:
        return f"Propose {FEWEST_DATES} to {MOST_DATES} dates."
    if len(set(starts)) < len(starts):
        return "Two of the dates are the same."
    if any(is_skipped(one, event.zone) for one in starts):
        return "One of these times doesn’t exist, because the clocks go forward then."
    if any(to_utc(one, event.zone) <= now for one in starts):
        return "Choose dates in the future."
    return ""


def _wrong_deadline(new: NewPoll, event: Event, now: datetime) -> str:
    if new.reply_by <= now:
        return "Choose a day in the future."
    ahead = [at for at in (to_utc(one, event.zone) for one in new.starts) if at > now]
    if ahead and new.reply_by >= min(ahead):
        return "Choose a day before the first date."
    return ""
