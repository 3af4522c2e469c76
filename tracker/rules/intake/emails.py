"""An email that came to an address of ours, as far as a decision needs it."""

from datetime import datetime
from typing import NewType
from uuid import UUID

from msgspec import Struct

from tracker.rules.intake.bounces import UNCLEAR, Bounce
from tracker.rules.intake.calendar_replies import CalendarReply, Sender
from tracker.rules.intake.task_replies import TaskReply

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
