"""Who writes the email of each message: one function for a message, or for several that are about the same thing.

Each function is beside what it reads, and says with `@writes` whose email it writes.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from types import UnionType
from typing import NamedTuple, TypeVar, get_args

from tracker.rules.core.email_declarations import Content
from tracker.rules.core.outbox import Message, MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.emails import Email

NOT_AUTHORIZED = SendOutcome(state=MessageState.SUPPRESSED, reason="The recipient can no longer see it.")


class EmailRequest(NamedTuple):
    """An email that is to be written: its message, the person who gets it, and when."""

    message: Message
    reader: Viewer
    """The recipient; `beside` is another person who reads the email in Messages."""
    now: datetime
    zone: str
    """The task force's, for due dates."""
    is_sent: bool
    """Whether it is about to be sent; one that is only read need not be current."""


Writer = Callable[..., Awaitable[Email | SendOutcome]]
"""Called with the content of the message and the request; the answer is the email, or why none is sent."""
AnyWriter = TypeVar("AnyWriter", bound=Writer)
WRITERS: dict[type[Content], Writer] = {}


def writes(messages: type[Content] | UnionType) -> Callable[[AnyWriter], AnyWriter]:
    """Declare whose email a function writes: of one message, or of each in a union."""

    def declare(writer: AnyWriter) -> AnyWriter:
        WRITERS.update(dict.fromkeys(get_args(messages) or (messages,), writer))
        return writer

    return declare
