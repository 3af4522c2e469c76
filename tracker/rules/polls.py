"""Date polls: people say which of the proposed dates suit them before an event is scheduled.

The table says who can come on which date, by agency, with the quorum and the arms.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct, field
from msgspec.structs import replace

from tracker.errors import Invalid
from tracker.rules.core.viewers import Arm, Viewer
from tracker.rules.core.wording import (
    Worded,
    is_skipped,
    local,
    plural,
    short_day,
    time_span,
    to_local,
    to_utc,
    zone_word,
)
from tracker.rules.events.events import Event, EventStatus, may_edit
from tracker.rules.events.notifications import NO_EMAIL_TO_ANYONE
from tracker.rules.events.plans import Slot, slot_at
from tracker.rules.events.replies import AttendeeRole, ReplySource, ReplyValue
from tracker.rules.recurrence.holidays import working_day_by
from tracker.rules.roster.meetings import Quorum, QuorumCount

FEWEST_DATES, MOST_DATES = 2, 20
A_DAY, A_WEEK = timedelta(days=1), timedelta(days=7)
SET_AND_CANCELED = "A date was chosen, but the event has since been canceled. You don’t need to reply."
REMINDER_TIME = time(8)
LONGEST_AHEAD = timedelta(days=8)
"""How long before the deadline a reminder can be, over a weekend and holidays."""


class Fit(Worded):
    """How a proposed date suits a person."""

    YES = "yes"
    IF_NEEDED = "if_needed", "If need be"
    NO = "no"


FIT_REPLIES: Mapping[Fit, ReplyValue] = {
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


class PollDate(Struct, frozen=True, kw_only=True):
    """One proposed date."""

    id: UUID
    starts: datetime
    """Local to the event's zone, without offset."""


class Poll(Struct, frozen=True, kw_only=True):
    """A poll about the date of an event that is still a draft, as one viewer may see it."""

    id: UUID
    event: Event
    """Its own date is only the one that the draft began with."""
    options: tuple[PollDate, ...]
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

    def slot(self, option: PollDate) -> Slot:
        """Return when the event would be, aware."""
        return slot_at(option.starts, self.event.duration, self.event.zone)

    def ahead(self, now: datetime) -> tuple[PollDate, ...]:
        """Return the dates that can still be chosen."""
        return tuple(option for option in self.options if self.slot(option)[0] > now)


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


def date_set_words(poll: Poll, now: datetime) -> str:
    """Return a sentence with the date that was set: "The date is set: Wed, Jan 13, 2:00-3:30 PM Central.".

    Spans have en dashes. Where the event was canceled since, the sentence says that instead.
    """
    event = poll.event
    if event.status is EventStatus.CANCELED:
        return SET_AND_CANCELED
    starts, ends = (local(moment, event.zone) for moment in slot_at(event.starts, event.duration, event.zone))
    on = short_day(starts, local(now, event.zone))
    zone = "" if event.is_all_day else f" {zone_word(event.zone)}"
    return f"The date is set: {on}, {time_span(starts, ends, event.is_all_day)}{zone}."


def why_too_late(poll: Poll, now: datetime) -> str:
    """Return why a poll whose date is set takes no replies, and what to do instead."""
    words = date_set_words(poll, now)
    return words if words == SET_AND_CANCELED else f"{words} Reply to the event instead."


def may_lead_poll(viewer: Viewer, poll: Poll) -> bool:
    """Return whether the viewer may schedule or cancel: only the organizer sees the draft."""
    return viewer.member_id == poll.event.lead_id


def may_remind_poll(viewer: Viewer, poll: Poll) -> bool:
    """Return whether the viewer may remind people: organizer, committee's chair, coordinator."""
    return poll.state is PollState.OPEN and may_edit(viewer, poll.event)


def is_read_by_name(viewer: Viewer, poll: Poll, respondent: Respondent) -> bool:
    """Return whether the viewer reads a person's name and replies, as on the page of an event."""
    return may_edit(viewer, poll.event) or respondent.arm is viewer.arm


def waiting_people(people: Iterable[Respondent]) -> list[Respondent]:
    """Return the people who are asked and have not replied about any date."""
    return [person for person in people if person.role.is_asked and not person.has_replied]


def poll_hindrance(event: Event, asked: int) -> str:
    """Return why an event can't have a poll in which so many people are asked; empty when it can."""
    return event_hindrance(event) or (
        "" if asked else "Invite people in the draft first, so that there’s someone to ask."
    )


def event_hindrance(event: Event) -> str:
    """Return why an event can't have a date poll, or a date from one; empty when it can."""
    if event.status is not EventStatus.DRAFT:
        return "This event is already scheduled. Only a draft can have a date poll."
    if event.is_series:
        return "A date poll is for an event with one date. Edit the draft so that it doesn’t repeat."
    if not event.kind.asks_reply:
        return "A deadline has no attendees, so it can’t have a date poll."
    return ""


def usual_reply_by(first: date, today: date) -> date:
    """Return the day by which people reply unless the organizer chooses another: a working day about a week ahead.

    It is before the first date that the form begins with, if that is still ahead.
    """
    before, soon = first - A_DAY, today + A_WEEK
    latest = max(min(before, soon), today) if first >= today else soon
    day = working_day_by(latest)
    return day if day > today else latest


def check_new_poll(new: NewPoll, event: Event, now: datetime) -> None:
    """Check the proposed dates of a draft, and when to reply. Errors: Invalid(dates=…, reply_by=…)."""
    wrong: dict[str, str] = {}
    starts = [to_utc(start, event.zone) for start in new.starts]
    ahead = [start for start in starts if start > now]
    if not FEWEST_DATES <= len(starts) <= MOST_DATES:
        wrong["dates"] = f"Propose {FEWEST_DATES} to {MOST_DATES} dates."
    elif len(set(new.starts)) < len(starts):
        wrong["dates"] = "Two of the dates are the same."
    elif any(is_skipped(start, event.zone) for start in new.starts):
        wrong["dates"] = "One of these times doesn’t exist, because the clocks go forward then."
    elif len(ahead) < len(starts):
        wrong["dates"] = "Choose dates in the future."
    if new.reply_by <= now:
        wrong["reply_by"] = "Choose a day in the future."
    elif ahead and new.reply_by >= min(ahead):
        wrong["reply_by"] = "Choose a day before the first date."
    if wrong:
        raise Invalid(**wrong)


class FitNumbers(Struct, frozen=True, kw_only=True):
    """How many people gave each reply about one date."""

    yes: int
    if_needed: int
    no: int
    silent: int
    """People who said nothing about it."""

    @property
    def can_come(self) -> int:
        """Return how many could come, some of them only if need be."""
        return self.yes + self.if_needed


class PollColumn(Struct, frozen=True, kw_only=True):
    """One date, counted over all people."""

    option: PollDate
    numbers: FitNumbers
    arms: tuple[Arm, ...]
    """The arms that were asked and of which no one can come so far."""
    quorum: QuorumCount | None
    """With the people who said yes; None where the committee requires none, or the viewer may not know it."""
    quorum_if_needed: QuorumCount | None
    """With those who said if need be, too."""
    is_best: bool = False

    @property
    def quorum_words(self) -> str:
        """Return whether there would be a quorum: "Quorum: 5 of 8 seats (5 needed)", and whether only if need be."""
        if self.quorum is None or self.quorum_if_needed is None:
            return ""
        if self.quorum.is_met or not self.quorum_if_needed.is_met:
            return self.quorum.words if self.quorum.is_met else self.quorum_if_needed.words
        return f"{self.quorum_if_needed.words}, some only if need be"

    @property
    def arm_words(self) -> str:
        """Return which of the arms that were asked can't come so far: "No one from victim services so far"."""
        return f"No one from {' or '.join(arm.label.lower() for arm in self.arms)} so far" if self.arms else ""


class AgencyRows(Struct, frozen=True, kw_only=True):
    """The people of one agency: their numbers for each date, and those whom the viewer reads by name."""

    agency: str
    people: int
    numbers: tuple[FitNumbers, ...]
    """In the order of the dates."""
    named: tuple[Respondent, ...]


def poll_columns(poll: Poll, people: Sequence[Respondent], quorum: Quorum | None) -> list[PollColumn]:
    """Return the dates, counted; the best one is marked once anyone who was asked has replied."""
    counted = []
    for option in poll.options:
        yes = {person.member_id for person in people if person.fits.get(option.id) is Fit.YES}
        can_come = yes | {person.member_id for person in people if person.fits.get(option.id) is Fit.IF_NEEDED}
        missing = {person.arm for person in people} - {person.arm for person in people if person.member_id in can_come}
        column = PollColumn(
            option=option,
            numbers=count_fits(option, people),
            arms=tuple(arm for arm in Arm if arm in missing),
            quorum=quorum.count_present(yes) if quorum else None,
            quorum_if_needed=quorum.count_present(can_come) if quorum else None,
        )
        counted.append(column)
    if not any(person.role.is_asked and person.has_replied for person in people):
        return counted
    best = min(counted, key=_rank)
    return [replace(poll_column, is_best=poll_column is best) for poll_column in counted]


def poll_rows_by_agency(poll: Poll, people: Iterable[Respondent], named: Container[UUID]) -> list[AgencyRows]:
    """Return the rows of the table, agencies and their people in the order given; `named` are read by name."""
    agencies: dict[UUID, list[Respondent]] = {}
    for person in people:
        agencies.setdefault(person.agency_id, []).append(person)
    return [
        AgencyRows(
            agency=some[0].agency,
            people=len(some),
            numbers=tuple(count_fits(option, some) for option in poll.options),
            named=tuple(respondent for respondent in some if respondent.member_id in named),
        )
        for some in agencies.values()
    ]


def count_fits(option: PollDate, people: Sequence[Respondent]) -> FitNumbers:
    """Return the numbers of some people for one date."""
    given = [person.fits.get(option.id) for person in people]
    return FitNumbers(
        yes=given.count(Fit.YES), if_needed=given.count(Fit.IF_NEEDED), no=given.count(Fit.NO), silent=given.count(None)
    )


def fit_words(counted: FitNumbers) -> str:
    """Return the numbers in words: "2 yes, 1 if need be"; what no one said is left out."""
    said = ((counted.yes, "yes"), (counted.if_needed, "if need be"), (counted.no, "no"), (counted.silent, "no reply"))
    return ", ".join(f"{number} {word}" for number, word in said if number)


def replied_words(people: Sequence[Respondent]) -> str:
    """Return how many of the people who are asked have replied: "3 of 5 people asked have replied"."""
    asked = [person for person in people if person.role.is_asked]
    replied = sum(respondent.has_replied for respondent in asked)
    return f"{replied} of {plural(len(asked), 'person asked has', 'people asked have')} replied"


def _rank(poll_column: PollColumn) -> tuple[bool, bool, int, int, int, datetime]:
    """Order dates: with a quorum, with each arm, most people, most of them without reserve, then the soonest."""
    has_no_quorum = poll_column.quorum_if_needed is not None and not poll_column.quorum_if_needed.is_met
    return (
        has_no_quorum,
        bool(poll_column.arms),
        -poll_column.numbers.can_come,
        -poll_column.numbers.yes,
        poll_column.numbers.no,
        poll_column.option.starts,
    )


def lost_replies_words(people: Iterable[Respondent]) -> str:
    """Return what asking again does to the replies of these people to a canceled poll; empty when no one replied."""
    replied = len([person for person in people if person.role.is_asked and person.has_replied])
    return f"Asking again deletes the replies of {plural(replied, 'person', 'people')}." if replied else ""


class PollCancellation(Struct, frozen=True, kw_only=True):
    """What a cancellation does, as the organizer reads it before, and hears it after."""

    notified: int
    """People who get an email that the poll is canceled."""
    unsent: int
    """Emails that ask for replies, still wait, and are not sent."""
    replied: int
    """People who were asked and have replied."""

    @property
    def email_words(self) -> tuple[str, ...]:
        """Return who gets an email, and which emails aren't sent, one sentence each."""
        emails = f"{plural(self.notified, 'person', 'people')} will get an email that it’s canceled."
        waiting = plural(self.unsent, "email that asks for a reply waits", "emails that ask for a reply wait")
        return (
            emails if self.notified else NO_EMAIL_TO_ANYONE,
            *([f"{waiting} and won’t be sent."] if self.unsent else []),
        )

    @property
    def reply_words(self) -> str:
        """Return what becomes of the replies."""
        if not self.replied:
            return "No one has replied."
        people = plural(self.replied, "person’s replies are", "people’s replies are")
        return f"{people} kept for you to read. They’re deleted when you ask again or discard the draft."


def poll_reminder_at(reply_by: datetime, opened_at: datetime, zone: str) -> datetime | None:
    """Return when people are reminded: 8:00 AM on the last working day before the day of the deadline.

    None when they were asked only on that day or later.
    """
    on = working_day_by(to_local(reply_by, zone).date() - A_DAY)
    if to_local(opened_at, zone).date() >= on:
        return None
    return to_utc(datetime.combine(on, REMINDER_TIME), zone)
