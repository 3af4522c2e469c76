"""Reading what a message says, as its recipient would see it now, for people who may know of the message."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.errors import NotFound
from tracker.rules.audit.audit_log import READ
from tracker.rules.core.message_types import decode
from tracker.rules.core.outbox import Message, Skip, State
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.content import Letter
from tracker.rules.emails.messages import MessageLine, Sending
from tracker.tables.visible.emails import messages, sendings
from tracker.tables.visible.emails.messages import Stored
from tracker.usecases.core.audit import record_read
from tracker.usecases.emails import content
from tracker.usecases.emails.content import Reading

CONFINED = Skip(
    state=State.SUPPRESSED,
    reason="The event has been opened to more people. Messages that may have earlier details are shown only to their "
    "recipients.",
)


class ReadMessage(Struct, frozen=True, kw_only=True):
    """A message, its sending, and what it says; None with the reason why that can't be shown."""

    line: MessageLine
    sending: Sending
    letter: Letter | None
    reason: str


async def read_message(viewer: Viewer, message_id: UUID, now: datetime, zone: str) -> ReadMessage:
    """Return what a message says to its recipient, as far as the viewer may see it too.

    That another person's message was read is recorded once a day. Errors: NotFound.
    """
    line = await messages.message(viewer, message_id)
    found = await sendings.sending(viewer, line.sending_id) if line else None
    stored = await messages.stored(viewer, [message_id])
    shown = await sendings.with_people(viewer, [found], None, 1, now) if found else []
    if line is None or not stored or not shown:
        raise NotFound
    reading = Reading(by=viewer, at=line.sent_at or min(line.due, now))
    is_confined = stored[0].is_confined
    written = CONFINED if is_confined else await content.letter(_message(stored[0]), now, zone, reading)
    if line.recipient_id != viewer.member_id:
        facts = {"kind": line.kind, "recipient": str(line.recipient_id)}
        await record_read(viewer, READ, "message", str(message_id), facts, now)
    if isinstance(written, Skip):
        return ReadMessage(line=line, sending=shown[0], letter=None, reason=written.reason)
    return ReadMessage(line=line, sending=shown[0], letter=written, reason="")


def _message(stored: Stored) -> Message:
    return Message(
        id=stored.id,
        key=stored.key,
        content=decode(stored.facts),
        recipient_id=stored.recipient_id,
        event_id=stored.event_id,
        occurrence_id=stored.occurrence_id,
        item_id=stored.item_id,
        created_at=stored.created_at,
        due=stored.due,
        not_after=stored.not_after,
        attempts=stored.attempts,
    )
