"""Replies by email, which is recorded, and what is left to people."""

from collections.abc import Container, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from tracker.rules.core.message_types import AnswerWord
from tracker.rules.core.wording import Worded, to_utc
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


def find_mismatch(sender: Sender, reply: CalendarReply, facts: InvitationFacts) -> Mismatch | None:
    """Return why a reply isn't taken for one of the invited person; None when it is."""
    if reply.uid != facts.uid:
        return Mismatch.NO_INVITATION
    if reply.attendee not in facts.addresses:
        return Mismatch.OTHER_ATTENDEE
    if sender.address not in facts.addresses:
        return Mismatch.OTHER_SENDER
    return _unanswerable(reply, facts) if sender.is_verified else Mismatch.UNVERIFIED


def _unanswerable(reply: CalendarReply, facts: InvitationFacts) -> Mismatch | None:
    """Return why a reply of the invited person says nothing that can be recorded or decided."""
    if reply.delegate is not None and reply.delegate not in facts.delegates:
        return Mismatch.DELEGATE
    if reply.proposal:
        return Mismatch.PROPOSAL if facts.is_whole_series else None
    return None if reply.value else Mismatch.NO_REPLY


def judge_reply(reply: CalendarReply, facts: InvitationFacts, received_at: datetime) -> ReplyOutcome:
    """Return whether a reply of the invited person counts.

    The newest wins, by SEQUENCE and then by DTSTAMP (RFC 5546 §2.1.5), in whatever order they come. A clock of the
    future counts as the time of receipt. Exchange may leave out SEQUENCE: then only the time decides.
    """
    key = reply_order(reply, facts, received_at)
    if _is_to_old_time(reply, facts, key[1]):
        return ReplyOutcome.OLD_TIME
    if facts.last and key <= facts.last:
        return ReplyOutcome.REPEATED if key == facts.last else ReplyOutcome.STALE
    if facts.replied_at and key[1] < facts.replied_at:
        return ReplyOutcome.STALE
    return ReplyOutcome.RECORDED


def judge_substitute_reply(
    reply: CalendarReply, facts: InvitationFacts, turn: Substitution, received_at: datetime
) -> ReplyOutcome:
    """Return what becomes of a reply of the person who comes, or came, in place of the invited one.

    A Yes of one who comes is known, and a No of one who doesn't. One from before they were last named,
    or undid an earlier No, is stale.
    Everything else that doesn't release them waits: a Maybe, a Yes of one who was released, and a No from before they
    were ever named, or to a whole series.
    """
    made_at = reply_order(reply, facts, received_at)[1]
    if reply.value is ReplyValue.ACCEPTED and not turn.is_over:
        return ReplyOutcome.REPEATED
    if reply.value is not ReplyValue.DECLINED or facts.is_whole_series:
        return ReplyOutcome.UNMATCHED
    if turn.is_over:
        return ReplyOutcome.REPEATED
    if _is_to_old_time(reply, facts, made_at):
        return ReplyOutcome.OLD_TIME
    if made_at >= _named_at(turn, facts):
        return ReplyOutcome.RELEASED
    return ReplyOutcome.STALE if made_at >= turn.first_named_at else ReplyOutcome.UNMATCHED


def _named_at(turn: Substitution, facts: InvitationFacts) -> datetime:
    """Return when the invited person last named their substitute, or an earlier No of the substitute was undone.

    Of a naming by email, it is the time of their program.
    """
    is_by_program = turn.is_named_by_email and facts.last
    named_at = facts.last[1] if is_by_program and facts.last else (turn.named_at or turn.changed_at)
    return max(named_at, turn.renewed_at or named_at)


def reply_order(reply: CalendarReply, facts: InvitationFacts, received_at: datetime) -> tuple[int, datetime]:
    """Return the SEQUENCE of a reply, never above the event's, and when it was made, never after it was received."""
    sequence = facts.sequence if reply.sequence is None else min(reply.sequence, facts.sequence)
    return sequence, min(reply.stamped_at or received_at, received_at)


def _is_to_old_time(reply: CalendarReply, facts: InvitationFacts, made_at: datetime) -> bool:
    if reply.sequence is None:
        return facts.asked_since is not None and made_at < facts.asked_since
    return facts.asked_at is not None and reply.sequence < facts.asked_at


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


OF_SUBSTITUTE = "It’s from someone who was named as their substitute."
NOT_YES_OR_NO = "It isn’t a Yes or No. Contact them directly."
ASK_WHETHER_THEY_COME = (
    "It isn’t a Yes or No. Ask whether they’re coming. If not, record their No under “Record someone’s reply”."
)


class Settled(Worded):
    """Why no one has to decide about an email that was not recorded, in a sentence with the `{person}`."""

    NOTHING = "nothing"
    """It has no reply that could be attached, and no words."""
    CLOSED = "closed", "No decision is needed: the date is over or canceled."
    OLD_TIME = "old_time", "No decision is needed: the time has changed since."
    REPLIED = "replied", "No decision is needed: {person} has replied since."
    RELEASED = "released", "No decision is needed: {person} is no longer the substitute."
    """It’s the No of a substitute who isn’t one now."""
    WROTE_AGAIN = "wrote_again", "No decision is needed: the same sender wrote again."


BECAUSE = {
    Settled.CLOSED: "It didn’t count because the date is over or canceled.",
    Settled.OLD_TIME: "It didn’t count because the time has changed since it was written.",
    Settled.REPLIED: "It didn’t count because they’ve replied since it was written.",
}
"""Why a reply didn't count that is known to be the invited person's."""
NAMED_AGAIN = "It didn’t count because they were named as substitute again since it was written."
NOT_INVITED = "The sender isn’t on this event’s list."
NOT_CONFIRMED = "Your email server couldn’t confirm the sender’s address."
SHOWN_FOR = timedelta(days=30)
"""How long replies that were not recorded are shown, and decisions about them can be undone."""
_OF_SOMEONE = frozenset({Mismatch.OTHER_SENDER, Mismatch.UNVERIFIED, Mismatch.OTHER_ATTENDEE})
"""Only whose reply it is, is in doubt."""


class EmailDecision(Struct, frozen=True, kw_only=True):
    """What a person decided about an email."""

    at: datetime
    by: str
    """Name and agency."""
    attached_to: str
    """The person whose reply it became; empty = it was dismissed."""
    is_substitution: bool = False
    """Whether it was recorded that the sender comes in that person’s place."""
    is_release: bool = False
    """Whether it was recorded that the sender can’t come in that person’s place."""


class HeldEmail(Struct, frozen=True, kw_only=True):
    """An email that changed nothing when it came: a person decides about it, unless that is settled."""

    id: UUID
    received_at: datetime
    sender: str
    """The address in From; empty when there is none that could be read."""
    is_verified: bool
    """Whether the mail server confirmed the domain of that address."""
    person: str
    """Who got the email to which it replies, with the agency."""
    settled: Worded | None
    """Why no one has to decide about it; None = someone has to, or has."""
    decision: EmailDecision | None

    @property
    def waits(self) -> bool:
        """Return whether it waits for a decision; one that is settled is only listed."""
        return self.decision is None and self.settled is None

    @property
    def can_undo(self) -> bool:
        """Return whether undoing its decision would change something: its reply goes, or it waits again."""
        return self.decision is not None and bool(self.decision.attached_to or self.settled is None)


class UnrecordedReply(HeldEmail, frozen=True, kw_only=True):
    """A reply to an event that waits, or waited."""

    sender_id: UUID | None
    """The member whose address it is, if it is one's: of an unconfirmed sender, only one of the people on the list."""
    is_sender_invited: bool
    """Whether that member is on the event's list."""
    is_sender_named: bool
    """Whether that member was named to come to the date in place of the invited person."""
    invitation_id: UUID
    member_id: UUID
    """Whose invitation it came to."""
    value: ReplyValue | None
    comment: str
    sequence: int | None
    stamped_at: datetime | None
    for_date: bool
    """Whether it is about one date; a reply to a single event is."""
    misfit: Mismatch | None
    settled: Settled | None

    @property
    def said(self) -> ReplyValue | None:
        """Return what they replied; nothing where they wanted to send someone else, who never said no."""
        return None if self.misfit is Mismatch.DELEGATE else self.value

    @property
    def why(self) -> str:
        """Return why it was not recorded."""
        if self.settled is None or self.decision:
            return self._doubt
        if self.settled is Settled.NOTHING:
            is_specific = self.misfit in (Mismatch.NO_INVITATION, Mismatch.OTHER_DATE)
            return f"It didn’t count. {self.misfit.label if self.misfit and is_specific else Mismatch.NO_REPLY.label}"
        if self.misfit is None and self.is_of_substitute and self.settled is Settled.REPLIED:
            return NAMED_AGAIN
        if self.misfit is None:
            return BECAUSE[self.settled]
        person = self.person if self.claimed_by == self.member_id else "the sender"
        return f"{self._doubt} {self.settled.label.format(person=person)}"

    @property
    def _doubt(self) -> str:
        """Return why it can't be known to be the invited person's reply, or why it is none."""
        if self.is_of_substitute:
            confirmed = "" if self.is_verified else NOT_CONFIRMED
            unclear = ASK_WHETHER_THEY_COME if self.value else NOT_YES_OR_NO
            says_neither = self.waits and self.value not in (ReplyValue.ACCEPTED, ReplyValue.DECLINED)
            return " ".join(filter(None, (OF_SUBSTITUTE, confirmed, unclear if says_neither else "")))
        words = [self.misfit.label] if self.misfit else []
        if self.misfit is Mismatch.OTHER_ATTENDEE and not self.is_sender_invited:
            words.append(NOT_INVITED)
        if self.misfit in (Mismatch.OTHER_SENDER, Mismatch.OTHER_ATTENDEE) and not self.is_verified:
            words.append(NOT_CONFIRMED)
        return " ".join(words)

    @property
    def is_of_substitute(self) -> bool:
        """Return whether the person named as substitute wrote it, also in words to the invited person’s email."""
        return self.is_sender_named and self.misfit in (Mismatch.OTHER_ATTENDEE, Mismatch.OTHER_SENDER, None)

    @property
    def is_attachable(self) -> bool:
        """Return whether it has a reply, and the only doubt is whose."""
        return self.value is not None and self.misfit in _OF_SOMEONE

    @property
    def is_forwarded(self) -> bool:
        """Return whether a member said Yes to another person’s invitation."""
        is_of_other = self.misfit in (Mismatch.OTHER_ATTENDEE, Mismatch.OTHER_SENDER)
        return self.value is ReplyValue.ACCEPTED and is_of_other and self.sender_id not in (None, self.member_id)

    @property
    def claimed_by(self) -> UUID | None:
        """Return the person whose reply it says it is: the sender’s, if we know them.

        None when they replied as someone whom we don’t know. A reply settles it only if it’s theirs.
        """
        if self.misfit is Mismatch.OTHER_ATTENDEE:
            return self.sender_id
        return (self.sender_id if self.misfit is Mismatch.OTHER_SENDER else None) or self.member_id


class WaitingReply(Struct, frozen=True, kw_only=True):
    """A reply that was not recorded, with what the viewer may do about it."""

    reply: UnrecordedReply
    person_id: UUID | None
    """The person to whom it is attached unless another is chosen; None = one must be chosen."""
    line: str
    """Their line in the form; empty for no one."""
    is_attachable: bool
    substitute: str
    """The sender, where they could be recorded as coming in place of the invited person; else empty."""
    can_undo: bool


class EmailReplies(Struct, frozen=True, kw_only=True):
    """The replies by email to a date that were not recorded."""

    waiting: Sequence[WaitingReply] = ()
    """Those that wait for a decision, newest first."""
    more: int = 0
    """How many more wait than are shown."""
    settled: Sequence[WaitingReply] = ()
    """Those that didn’t count, and those about which someone decided, newest first."""
