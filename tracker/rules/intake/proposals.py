"""Other times that invited people propose for a date (RFC 5546 §3.2.7), and what has become of each.

Nothing is stored of that but a decision: whether a proposal still waits follows from the date as it is now.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from tracker.rules.core.wall_clock import to_local, to_utc
from tracker.rules.events.events import Occurrence
from tracker.rules.intake.calendar_replies import CalendarReply, DateNamed, ProposedTimes

ProposedSpan = tuple[datetime, datetime]
"""The start and the end of a date, aware UTC."""
A_DAY = timedelta(days=1)


class ProposalState(StrEnum):
    """What has become of a proposal; only one that waits can be accepted or declined."""

    WAITING = "waiting"
    DECLINED = "declined"
    TAKEN = "taken"
    """The date is at the proposed time."""
    CANCELED = "canceled"
    PAST = "past"
    """The date is over, or the proposed time has begun."""
    OUTDATED = "outdated"
    """The person replied to the date as it was before its last change."""
    REPLACED = "replaced"
    """The person has proposed another time since."""


STATE_WORDS = {
    ProposalState.DECLINED: "Declined.",
    ProposalState.TAKEN: "The date is now at this time.",
    ProposalState.CANCELED: "The date is canceled.",
    ProposalState.PAST: "It’s too late for this time.",
    ProposalState.OUTDATED: "The event has changed since they saw it.",
    ProposalState.REPLACED: "They’ve proposed another time since.",
}


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
    every = sorted(proposals, key=lambda one: (one.received_at, str(one.id)))
    newest: dict[tuple[UUID, UUID], Proposal] = {}
    for proposal in every:
        if proposal.of not in newest or newest[proposal.of].order < proposal.order:
            newest[proposal.of] = proposal
    found = [(one, _state(one, now, is_newest=newest[one.of] is one)) for one in every]
    return sorted(found, key=lambda each: each[1] is not ProposalState.WAITING)


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
        found = _days(proposed, zone, length)
    elif proposed.starts.is_day:
        starts = to_utc(datetime.combine(proposed.starts.local.date(), to_local(date.starts_at, zone).time()), zone)
        found = (starts, starts + length)
    else:
        starts = proposed.starts.at(zone)
        ends = proposed.ends
        found = (starts, starts + length if ends is None or ends.is_day else ends.at(zone))
    return found if found[0] < found[1] else None


def replaced_span(named: tuple[DateNamed, DateNamed] | None, date: Occurrence) -> ProposedSpan:
    """Return the times that a proposal says it replaces, or else those of the date now."""
    if named is None or any(date_named.is_day for date_named in named):
        return date.starts_at, date.ends_at
    first, last = named
    return first.at(date.event.zone), last.at(date.event.zone)


def _days(proposed: ProposedTimes, zone: str, length: timedelta) -> ProposedSpan:
    """Return whole days, from midnight to midnight on the clocks of the event."""
    first = to_local(proposed.starts.at(zone), zone)
    last = to_local(proposed.ends.at(zone), zone) if proposed.ends else first + length
    after = last.date() if last.time() == time() else last.date() + A_DAY
    return to_utc(datetime.combine(first.date(), time()), zone), to_utc(datetime.combine(after, time()), zone)
