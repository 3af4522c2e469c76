"""Messages about what their reader sent by email."""

from datetime import datetime
from uuid import UUID

from tracker.rules.core.answers import Taken, Word
from tracker.rules.core.tagged_message import Tagged


class Answered(Tagged, frozen=True, kw_only=True):
    """The reader wrote back to an email of ours at this moment: what was understood, and what it did."""

    at: datetime
    outcome: Taken
    word: Word | None = None
    is_whole: bool = True
    """Whether all that they wrote was read."""
    undo: UUID | None = None
    """The row of the email that changed something; None = there is nothing to undo."""


class ItemAnswered(Answered, frozen=True, kw_only=True, tag="item_answered"):
    """It was an email about an action item."""


class InvitationAnswered(Answered, frozen=True, kw_only=True, tag="invitation_answered"):
    """It was an email about an event to which the reader is invited."""


class ProposalDeclined(Tagged, frozen=True, kw_only=True, tag="proposal_declined"):
    """The reader proposed another time for a date by email, from `starts_at` on, which was declined at this moment.

    `sequence` is SEQUENCE of the proposal (RFC 5546 §3.2.8).
    """

    at: datetime
    starts_at: datetime
    ends_at: datetime
    sequence: int
    comment: str = ""


OwnContent = InvitationAnswered | ProposalDeclined
"""Those about an event."""
