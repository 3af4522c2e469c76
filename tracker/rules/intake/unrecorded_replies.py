"""Replies by email that were not recorded, and what people who lead the event may do with each."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from tracker.rules.events.replies import ReplyValue
from tracker.rules.intake.calendar_replies import Mismatch

OF_SUBSTITUTE = "It’s from someone who was named as their substitute."
NOT_YES_OR_NO = "It isn’t a Yes or No. Contact them directly."
ASK_WHETHER_THEY_COME = (
    "It isn’t a Yes or No. Ask whether they’re coming. If not, record their No under “Record someone’s reply”."
)


class Settled(StrEnum):
    """Why no one has to decide about an email that was not recorded."""

    NOTHING = "nothing"
    """It has no reply that could be attached, and no words."""
    CLOSED = "closed"
    OLD_TIME = "old_time"
    REPLIED = "replied"
    RELEASED = "released"
    """It’s the No of a substitute who isn’t one now."""
    WROTE_AGAIN = "wrote_again"


BECAUSE = {
    Settled.CLOSED: "It didn’t count because the date is over or canceled.",
    Settled.OLD_TIME: "It didn’t count because the time has changed since it was written.",
    Settled.REPLIED: "It didn’t count because they’ve replied since it was written.",
}
"""Why a reply didn't count that is known to be the invited person's."""
NAMED_AGAIN = "It didn’t count because they were named as substitute again since it was written."
NO_DECISION = {
    Settled.CLOSED: "No decision is needed: the date is over or canceled.",
    Settled.OLD_TIME: "No decision is needed: the time has changed since.",
    Settled.REPLIED: "No decision is needed: {person} has replied since.",
    Settled.RELEASED: "No decision is needed: {person} is no longer the substitute.",
    Settled.WROTE_AGAIN: "No decision is needed: the same sender wrote again.",
}
NOT_INVITED = "The sender isn’t on this event’s list."
NOT_CONFIRMED = "Your email server couldn’t confirm the sender’s address."
SHOWN_FOR = timedelta(days=30)
"""How long replies that were not recorded are shown, and decisions about them can be undone."""
_OF_SOMEONE = frozenset({Mismatch.OTHER_SENDER, Mismatch.UNVERIFIED, Mismatch.OTHER_ATTENDEE})
"""Only whose reply it is, is in doubt."""


class EmailDecision(Struct, frozen=True, kw_only=True):
    """What a person decided about a reply."""

    at: datetime
    by: str
    """Name and agency."""
    attached_to: str
    """The person whose reply it became; empty = it was dismissed."""
    is_substitution: bool
    """Whether it was recorded that the sender comes in that person’s place."""
    is_release: bool = False
    """Whether it was recorded that the sender can’t come in that person’s place."""


class UnrecordedReply(Struct, frozen=True, kw_only=True):
    """A reply by email that changed nothing when it came."""

    id: UUID
    received_at: datetime
    sender: str
    """The address in From; empty when there is none that could be read."""
    is_verified: bool
    """Whether the mail server confirmed the domain of that address."""
    sender_id: UUID | None
    """The member whose address it is, if it is one's: of an unconfirmed sender, only one of the people on the list."""
    is_sender_invited: bool
    """Whether that member is on the event's list."""
    is_sender_named: bool
    """Whether that member was named to come to the date in place of the invited person."""
    invitation_id: UUID
    member_id: UUID
    person: str
    """Whose invitation it came to."""
    value: ReplyValue | None
    comment: str
    sequence: int | None
    stamped_at: datetime | None
    for_date: bool
    """Whether it is about one date; a reply to a single event is."""
    misfit: Mismatch | None
    settled: Settled | None
    """Why no one has to decide about it; None = someone has to, or has."""
    decision: EmailDecision | None

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
            return f"It didn’t count. {self._lacks.label}"
        if self.misfit is None and self.is_of_substitute and self.settled is Settled.REPLIED:
            return NAMED_AGAIN
        if self.misfit is None:
            return BECAUSE[self.settled]
        person = self.person if self.claimed_by == self.member_id else "the sender"
        return f"{self._doubt} {NO_DECISION[self.settled].format(person=person)}"

    @property
    def _doubt(self) -> str:
        """Return why it can't be known to be the invited person's reply, or why it is none."""
        if self.is_of_substitute:
            confirmed = "" if self.is_verified else NOT_CONFIRMED
            unclear = ASK_WHETHER_THEY_COME if self.value else NOT_YES_OR_NO
            return " ".join(filter(None, (OF_SUBSTITUTE, confirmed, unclear if self._is_vague else "")))
        words = [self.misfit.label] if self.misfit else []
        if self.misfit is Mismatch.OTHER_ATTENDEE and not self.is_sender_invited:
            words.append(NOT_INVITED)
        if self.misfit in (Mismatch.OTHER_SENDER, Mismatch.OTHER_ATTENDEE) and not self.is_verified:
            words.append(NOT_CONFIRMED)
        return " ".join(words)

    @property
    def _is_vague(self) -> bool:
        """Return whether it waits, and says neither that the sender comes nor that they don't."""
        return self.waits and self.value not in (ReplyValue.ACCEPTED, ReplyValue.DECLINED)

    @property
    def _lacks(self) -> Mismatch:
        """Return what is missing in an email about which there is nothing to decide."""
        return self.misfit if self.misfit in (Mismatch.NO_INVITATION, Mismatch.OTHER_DATE) else Mismatch.NO_REPLY

    @property
    def waits(self) -> bool:
        """Return whether it waits for a decision; one that is settled is only listed."""
        return self.decision is None and self.settled is None

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
        is_of_sender = self.misfit is Mismatch.OTHER_ATTENDEE or (
            self.misfit is Mismatch.OTHER_SENDER and self.sender_id
        )
        return self.sender_id if is_of_sender else self.member_id


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
