"""What an email says of an action item or of another time."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from itertools import chain
from uuid import UUID

from msgspec import Struct

from tracker.rules.actions import ActionItem, may_direct_item
from tracker.rules.core.message_types import AnswerWord
from tracker.rules.core.wording import Worded, to_local, to_utc
from tracker.rules.events.events import DateLine, Occurrence
from tracker.rules.intake.calendar_replies import (
    NOT_CONFIRMED,
    CalendarReply,
    DateNamed,
    HeldEmail,
    Mismatch,
    ProposedTimes,
)

ANSWER_WORDS = {
    AnswerWord.DONE: "Done",
    AnswerWord.IN_PROGRESS: "In progress",
    AnswerWord.BLOCKED: "Blocked",
    AnswerWord.NOTE: "Note",
}
may_decide_emails = may_direct_item
"""People who may reassign an item may also decide about such emails."""


class ItemSettled(Worded):
    """Why no one has to decide about an email, in a sentence with the `{person}`."""

    CLOSED = "closed", "No decision is needed: the item is closed."
    OTHER_OWNER = "other_owner", "No decision is needed: the item now has a different owner."
    INACTIVE = "inactive", "No decision is needed: {person} is no longer active."
    UPDATED = "updated", "No decision is needed: {person} has updated the item since."
    KNOWN = "known", "No decision is needed: the item says so already."
    WROTE_AGAIN = "wrote_again", "No decision is needed: the same sender wrote again."


class KeptEmail(HeldEmail, frozen=True, kw_only=True):
    """One email as it was kept: nothing of its item but the id."""

    word: AnswerWord
    text: str
    item_id: UUID
    person_id: UUID
    """Who got the email to which it replies."""
    settled: ItemSettled | None

    @property
    def why(self) -> str:
        """Return why it was not recorded."""
        doubt = Mismatch.OTHER_SENDER.label if self.is_verified else NOT_CONFIRMED
        if self.settled is None or self.decision:
            return doubt
        return f"{doubt} {self.settled.label.format(person=self.person)}"

    @property
    def says(self) -> str:
        """Return its word."""
        return ANSWER_WORDS[self.word]


class EmailAboutItem(Struct, frozen=True, kw_only=True):
    """An email about an item for which the viewer may decide."""

    email: KeptEmail
    item: ActionItem

    @property
    def waits(self) -> bool:
        """Return whether someone has to decide about it."""
        return self.email.waits

    @property
    def can_undo(self) -> bool:
        """Return whether a decision about it can be undone."""
        return self.email.can_undo


def is_answerable_by(person_id: UUID, item: ActionItem) -> bool:
    """Return whether an item's emails ask this person for an answer: its owner, and who assigned it."""
    return person_id in (item.owner_id, item.created_by_id)


class WaitingEmails(Struct, frozen=True, kw_only=True):
    """What waits for one viewer."""

    dates: Sequence[tuple[DateLine, Sequence[datetime]]]
    """Dates that the viewer may change, soonest first, with when each email came that waits on the page of it."""
    items: Sequence[EmailAboutItem]
    """Emails about action items; on the page, also those whose decision can be undone."""

    @property
    def came(self) -> tuple[datetime, ...]:
        """Return when each email came that waits."""
        return (
            *chain.from_iterable(at for _, at in self.dates),
            *(about_item.email.received_at for about_item in self.items if about_item.waits),
        )


ProposedSpan = tuple[datetime, datetime]
"""The start and the end of a date, aware UTC."""
A_DAY = timedelta(days=1)


class ProposalState(Worded):
    """What has become of a proposal, in a sentence; only one that waits can be accepted or declined."""

    WAITING = "waiting", "The proposal is waiting for your decision."
    DECLINED = "declined", "Declined."
    TAKEN = "taken", "The date is now at this time."
    CANCELED = "canceled", "The date is canceled."
    PAST = "past", "It’s too late for this time."
    """The date is over, or the proposed time has begun."""
    OUTDATED = "outdated", "The event has changed since they saw it."
    """The person replied to the date as it was before its last change."""
    REPLACED = "replaced", "They’ve proposed another time since."


class NewProposal(Struct, frozen=True, kw_only=True):
    """A proposal as it came in an email."""

    times: ProposedSpan
    was: ProposedSpan
    """The times that it replaces, as far as the email named them, or else those of the date when it came."""
    made_at: datetime
    """DTSTAMP, never after it was received."""
    sequence: int | None
    """SEQUENCE of the event as the person saw it; None when their program left it out."""


class Proposal(Struct, frozen=True, kw_only=True):
    """A proposal, and the date as it is now."""

    id: UUID
    event_id: UUID
    occurrence_id: UUID
    member_id: UUID
    person: str
    """Who proposes it, with the agency."""
    comment: str
    received_at: datetime
    made: NewProposal
    declined_at: datetime | None
    now_at: ProposedSpan
    is_off: bool
    current: int
    """SEQUENCE of the date now."""

    @property
    def of(self) -> tuple[UUID, UUID]:
        """Return whose proposal for what it is: their newest one counts."""
        return self.member_id, self.occurrence_id

    @property
    def order(self) -> tuple[int, datetime, ProposedSpan]:
        """Return its place among the proposals of a person: by SEQUENCE, then by DTSTAMP (RFC 5546 §2.1.5)."""
        return self.sequence, self.made.made_at, self.made.times

    @property
    def sequence(self) -> int:
        """Return SEQUENCE of the event as the person saw it; as it is now, if their program left it out."""
        return self.current if self.made.sequence is None else self.made.sequence


def states_of_proposals(proposals: Iterable[Proposal], now: datetime) -> list[tuple[Proposal, ProposalState]]:
    """Return every proposal with its state: those that wait first, each group by the time when they came."""
    every = sorted(proposals, key=lambda proposal: (proposal.received_at, str(proposal.id)))
    newest: dict[tuple[UUID, UUID], Proposal] = {}
    for proposal in every:
        if proposal.of not in newest or newest[proposal.of].order < proposal.order:
            newest[proposal.of] = proposal
    judged = [(proposal, _state(proposal, now, is_newest=newest[proposal.of] is proposal)) for proposal in every]
    return sorted(judged, key=lambda each: each[1] is not ProposalState.WAITING)


def _state(proposal: Proposal, now: datetime, *, is_newest: bool) -> ProposalState:
    if proposal.declined_at:
        return ProposalState.DECLINED
    if proposal.is_off:
        return ProposalState.CANCELED
    if proposal.made.times == proposal.now_at:
        return ProposalState.TAKEN
    if min(proposal.now_at[1], proposal.made.times[0]) <= now:
        return ProposalState.PAST
    if proposal.made.was != proposal.now_at or proposal.sequence < proposal.current:
        return ProposalState.OUTDATED
    return ProposalState.WAITING if is_newest else ProposalState.REPLACED


def new_proposal(reply: CalendarReply, date: Occurrence, made_at: datetime) -> NewProposal | None:
    """Return what a reply proposes for a date; None when it proposes nothing, or a time that ends before it starts."""
    times = proposed_span(reply.proposal, date) if reply.proposal else None
    if times is None or reply.proposal is None:
        return None
    was = replaced_span(reply.proposal.was, date)
    return NewProposal(times=times, was=was, made_at=made_at, sequence=reply.sequence)


def proposed_span(proposed: ProposedTimes, date: Occurrence) -> ProposedSpan | None:
    """Return the proposed times of a date; None when they end before they start.

    A day without a time leaves the hours as they are, and no end leaves the length. An all-day event stays one.
    """
    zone, length = date.event.zone, date.ends_at - date.starts_at
    if date.event.is_all_day:
        # Whole days, from midnight to midnight on the clocks of the event.
        first = to_local(proposed.starts.at(zone), zone)
        last = to_local(proposed.ends.at(zone), zone) if proposed.ends else first + length
        after = last.date() if last.time() == time() else last.date() + A_DAY
        starts, ends = (to_utc(datetime.combine(day, time()), zone) for day in (first.date(), after))
    elif proposed.starts.is_day:
        starts = to_utc(datetime.combine(proposed.starts.local.date(), to_local(date.starts_at, zone).time()), zone)
        ends = starts + length
    else:
        starts = proposed.starts.at(zone)
        ends = starts + length if proposed.ends is None or proposed.ends.is_day else proposed.ends.at(zone)
    return (starts, ends) if starts < ends else None


def replaced_span(named: tuple[DateNamed, DateNamed] | None, date: Occurrence) -> ProposedSpan:
    """Return the times that a proposal says it replaces, or else those of the date now."""
    if named is None or any(date_named.is_day for date_named in named):
        return date.starts_at, date.ends_at
    first, last = named
    return first.at(date.event.zone), last.at(date.event.zone)
