"""An email that came to an address of ours, as far as a decision needs it; how many are taken, and how long kept."""

from datetime import datetime, timedelta
from typing import NewType
from uuid import UUID

from msgspec import Struct

from tracker.rules.intake.bounces import UNCLEAR, Bounce
from tracker.rules.intake.calendar_replies import CalendarReply, Sender, TaskReply

MOST_EMAILS_AN_HOUR = 60
"""From one address, counted apart for those that the mail server confirmed: a forger holds up no one's own emails. Of
bounces, about one message. Also to one invitation, or to one person about one action item, from senders that were not
confirmed: they choose what address they send from."""
ONE_HOUR = timedelta(hours=1)
UNRECORDED_FOR = timedelta(days=90)
"""Of an email that changed nothing: who sent it, and what it said to people who decide about it."""
RECORDED_FOR = timedelta(days=365)
"""Of one that changed something, so that the same email again changes nothing; and of bounces.

A reply is kept longer while its event isn't over by as much: an older one that comes late must not count.
"""
SenderAddress = NewType("SenderAddress", str)
"""The address in From of an email that came to none of our addresses."""


class ReceivedEmail(Struct, frozen=True, kw_only=True):
    """What was read of one email."""

    name: str
    """Made of its Message-ID and the address that it came to: 64 hexadecimal digits, the same each time it comes."""
    received_at: datetime
    invitation_id: UUID | None
    """Whose replies its address reads; None for an address that is no invitation's."""
    sender: Sender
    is_automatic: bool = False
    """Whether a machine wrote it (RFC 3834)."""
    is_readable: bool = True
    replies: tuple[CalendarReply, ...] = ()
    task: TaskReply | None = None
    """What a calendar program says of a task; then it has no other replies."""
    message_id: UUID | None = None
    """The message that it replies to, by its address; None for any other address."""
    text: str = ""
    """What people read in it, as plain text: its beginning, with what their program quoted."""
    bounced_id: UUID | None = None
    """The message whose bounces its address reads; None for any other address."""
    bounce: Bounce = UNCLEAR
    """What it says of that message."""
