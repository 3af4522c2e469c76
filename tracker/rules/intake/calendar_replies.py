"""Replies that calendar programs send by email (RFC 5546 §3.2.3), and which of them count.

A calendar program also says of a task that an email of ours attached how far it is (RFC 5546 §3.4.3).
"""

from collections.abc import Container
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from tracker.rules.core.message_types import AnswerWord
from tracker.rules.core.wall_clock import to_utc
from tracker.rules.core.wording import Worded
from tracker.rules.events.events import Occurrence
from tracker.rules.events.replies import ReplyValue, Substitution


class ReplyOutcome(StrEnum):
    """What became of an email to a reply address."""

    RECORDED = "recorded"
    RELEASED = "released"
    """It is the No of the person's substitute, which was recorded: no reply of the person."""
    REPEATED = "repeated"
    """It says what an earlier email said: a program, or a mail server, sent it twice."""
    STALE = "stale"
    """The person has replied since."""
    OLD_TIME = "old_time"
    """It replies to a time that has changed since."""
    CLOSED = "closed"
    """The date is over or canceled."""
    PROPOSED = "proposed"
    """It only proposes another time, and is no reply."""
    UNMATCHED = "unmatched"
    """It doesn't come from the invited person, as far as can be known."""
    IGNORED = "ignored"
    """A machine wrote it: an out-of-office message, or a list of recipients."""
    UNREADABLE = "unreadable"


class Mismatch(Worded):
    """Why a reply can't be taken for one of the invited person, in a sentence for those who decide."""

    NO_ADDRESS = "no_address", "It was sent to a reply address that doesn’t exist."
    """It came to an address that is no invitation's and no message's."""
    NO_INVITATION = "no_invitation", "It’s about another event."
    """The invitation of its address isn't open, or isn't to its event."""
    OTHER_SENDER = "other_sender", "It didn’t come from their address."
    """It is about the invited person, and came from another address."""
    UNVERIFIED = "unverified", "Your email server couldn’t confirm the sender."
    """The mail server couldn't confirm the domain of the sender."""
    OTHER_ATTENDEE = "other_attendee", "It names a different person."
    """Someone replied as themselves to an invitation that was forwarded to them."""
    OTHER_DATE = "other_date", "It names a date that isn’t in the series."
    PROPOSAL = "proposal", "It proposes another time for the whole series."
    """It proposes another time for all dates of a series, which no one could accept for each of them."""
    DELEGATE = "delegate", "They want to send someone else. Only an alternate for their seat can come, for one date."
    """It sends someone who may not come in the person's place."""
    NO_REPLY = "no_reply", "We couldn’t find a reply in it."
    """It has no reply that could be recorded."""


class DateNamed(Struct, frozen=True, kw_only=True):
    """A time in a reply, as RECURRENCE-ID: a moment in UTC; or, without a zone, a local time or a whole day."""

    moment: datetime | None
    local: datetime
    """Naive: the digits in the file."""
    is_day: bool = False

    def is_of(self, occurrence: Occurrence) -> bool:
        """Return whether this names a date of an event."""
        if self.moment is not None:
            return to_utc(occurrence.original_start, occurrence.event.zone) == self.moment
        if self.is_day:
            return occurrence.original_start.date() == self.local.date()
        return occurrence.original_start == self.local

    def at(self, zone: str) -> datetime:
        """Return the moment; a time without a zone is on the clocks of `zone`."""
        return self.moment or to_utc(self.local, zone)


class ProposedTimes(Struct, frozen=True, kw_only=True):
    """The times in METHOD:COUNTER (RFC 5546 §3.2.7): those that are proposed, and those that they replace."""

    starts: DateNamed
    ends: DateNamed | None = None
    """None = the date is to last as long as now."""
    was: tuple[DateNamed, DateNamed] | None = None
    """Only Outlook names them."""


class CalendarReply(Struct, frozen=True, kw_only=True):
    """One VEVENT of METHOD:REPLY or METHOD:COUNTER."""

    uid: str
    attendee: str
    """An address in small letters; empty when it names none, or several."""
    value: ReplyValue | None
    """None for what isn't yes, maybe, or no."""
    comment: str = ""
    sequence: int | None = None
    """None when the program left it out."""
    stamped_at: datetime | None = None
    """DTSTAMP, aware UTC: when the person replied, by the clock of their program."""
    date: DateNamed | None = None
    """None = the whole event."""
    delegate: str | None = None
    """The address in small letters of the person whom they send in their place; empty when it names no one address."""
    proposal: ProposedTimes | None = None
    """Set when it proposes another time (METHOD:COUNTER)."""


class Sender(Struct, frozen=True, kw_only=True):
    """Who sent an email, as far as the site's own mail server could tell."""

    address: str
    """In small letters."""
    is_verified: bool
    """Whether the domain of the address is confirmed (DMARC, or an aligned DKIM signature; RFC 8601)."""


class InvitationFacts(Struct, frozen=True, kw_only=True):
    """What is known of an invitation, or of one of its dates, when a reply to it comes."""

    addresses: frozenset[str]
    """Of the invited person, in small letters: that of their account, and those that they added and confirmed."""
    uid: str
    sequence: int = 0
    """SEQUENCE of the date, or of the series, as it is now."""
    asked_at: int | None = None
    """SEQUENCE of the last change that asked for a new reply."""
    asked_since: datetime | None = None
    """The latest time at which a change asked."""
    replied_at: datetime | None = None
    """When the person, or someone for them, last replied in another way than by a calendar program."""
    last: tuple[int, datetime] | None = None
    """SEQUENCE and DTSTAMP of the newest reply of a calendar program that was recorded."""
    is_whole_series: bool = False
    """Whether the reply is to all dates of a series."""
    delegates: frozenset[str] = frozenset()
    """The addresses, in small letters, of the people whom the person may send to this date."""


def find_mismatch(sender: Sender, reply: CalendarReply, standing: InvitationFacts) -> Mismatch | None:
    """Return why a reply isn't taken for one of the invited person; None when it is."""
    if reply.uid != standing.uid:
        return Mismatch.NO_INVITATION
    if reply.attendee not in standing.addresses:
        return Mismatch.OTHER_ATTENDEE
    if sender.address not in standing.addresses:
        return Mismatch.OTHER_SENDER
    return _unanswerable(reply, standing) if sender.is_verified else Mismatch.UNVERIFIED


def _unanswerable(reply: CalendarReply, standing: InvitationFacts) -> Mismatch | None:
    """Return why a reply of the invited person says nothing that can be recorded or decided."""
    if reply.delegate is not None and reply.delegate not in standing.delegates:
        return Mismatch.DELEGATE
    if reply.proposal:
        return Mismatch.PROPOSAL if standing.is_whole_series else None
    return None if reply.value else Mismatch.NO_REPLY


def judge_reply(reply: CalendarReply, standing: InvitationFacts, received_at: datetime) -> ReplyOutcome:
    """Return whether a reply of the invited person counts.

    The newest wins, by SEQUENCE and then by DTSTAMP (RFC 5546 §2.1.5), in whatever order they come. A clock of the
    future counts as the time of receipt. Exchange may leave out SEQUENCE: then only the time decides.
    """
    key = reply_order(reply, standing, received_at)
    if _is_to_old_time(reply, standing, key[1]):
        return ReplyOutcome.OLD_TIME
    if standing.last and key <= standing.last:
        return ReplyOutcome.REPEATED if key == standing.last else ReplyOutcome.STALE
    if standing.replied_at and key[1] < standing.replied_at:
        return ReplyOutcome.STALE
    return ReplyOutcome.RECORDED


def judge_substitute_reply(
    reply: CalendarReply, standing: InvitationFacts, turn: Substitution, received_at: datetime
) -> ReplyOutcome:
    """Return what becomes of a reply of the person who comes, or came, in place of the invited one.

    A Yes of one who comes is known, and a No of one who doesn't. One from before they were last named,
    or undid an earlier No, is stale.
    Everything else that doesn't release them waits: a Maybe, a Yes of one who was released, and a No from before they
    were ever named, or to a whole series.
    """
    made_at = reply_order(reply, standing, received_at)[1]
    if reply.value is ReplyValue.ACCEPTED and not turn.is_over:
        return ReplyOutcome.REPEATED
    if reply.value is not ReplyValue.DECLINED or standing.is_whole_series:
        return ReplyOutcome.UNMATCHED
    if turn.is_over:
        return ReplyOutcome.REPEATED
    if _is_to_old_time(reply, standing, made_at):
        return ReplyOutcome.OLD_TIME
    if made_at >= _named_at(turn, standing):
        return ReplyOutcome.RELEASED
    return ReplyOutcome.STALE if made_at >= turn.first_named_at else ReplyOutcome.UNMATCHED


def _named_at(turn: Substitution, standing: InvitationFacts) -> datetime:
    """Return when the invited person last named their substitute, or an earlier No of the substitute was undone.

    Of a naming by email, it is the time of their program.
    """
    is_by_program = turn.is_named_by_email and standing.last
    named_at = standing.last[1] if is_by_program and standing.last else (turn.named_at or turn.changed_at)
    return max(named_at, turn.renewed_at or named_at)


def reply_order(reply: CalendarReply, standing: InvitationFacts, received_at: datetime) -> tuple[int, datetime]:
    """Return the SEQUENCE of a reply, never above the event's, and when it was made, never after it was received."""
    sequence = standing.sequence if reply.sequence is None else min(reply.sequence, standing.sequence)
    return sequence, min(reply.stamped_at or received_at, received_at)


def _is_to_old_time(reply: CalendarReply, standing: InvitationFacts, made_at: datetime) -> bool:
    if reply.sequence is None:
        return standing.asked_since is not None and made_at < standing.asked_since
    return standing.asked_at is not None and reply.sequence < standing.asked_at


class TaskReply(Struct, frozen=True, kw_only=True):
    """The one VTODO of METHOD:REPLY."""

    uid: str
    attendee: str
    """An address in small letters; empty when it names none, or several."""
    word: AnswerWord | None
    """What it says of the task; None for anything but that it is done, or that someone works on it."""
    comment: str = ""


def is_about_task(reply: TaskReply, uid: str, addresses: Container[str]) -> bool:
    """Return whether a reply is by someone with these addresses, in small letters, about the task with this UID.

    Published tasks name no attendee.
    """
    return reply.uid == uid and (not reply.attendee or reply.attendee in addresses)
