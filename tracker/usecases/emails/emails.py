"""From a claimed message to the email that goes out, or the reason why none does.

Everything is read again at that moment with the recipient as viewer, so an email never says more than its reader may
see now. What each email says is written by the modules beside this one (`writers`).
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from tracker.database import all_together, engine
from tracker.rules.core.message_types import AccountChanged
from tracker.rules.core.outbox import Message, MessageState, SendOutcome, Unreadable
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.emails import Email, without_sign_in_links
from tracker.usecases.core import outbox
from tracker.usecases.core.viewers import viewers_for
from tracker.usecases.emails import event_emails, item_emails, operation_emails, poll_emails, summaries
from tracker.usecases.emails.writers import WRITERS, EmailRequest, write_account_changed_email

WRITE_EMAILS = (event_emails, item_emails, operation_emails, poll_emails, summaries)
"""The modules beside `writers` whose functions say with `@writes` whose email they write."""
NOT_ACTIVE = SendOutcome(state=MessageState.SUPPRESSED, reason="The recipient is no longer active.")
TOO_LATE = SendOutcome(state=MessageState.TOO_LATE, reason="It was out of date before it could be sent.")
UNREADABLE = SendOutcome(
    state=MessageState.FAILED, reason="This version can’t read the message. Another version queued it."
)


class MessageReading(Struct, frozen=True, kw_only=True):
    """A person who reads a message in the list of messages, and the moment when it was sent or is to be sent."""

    by: Viewer
    at: datetime


async def write_emails(messages: Sequence[Message], now: datetime, zone: str) -> list[Email | SendOutcome]:
    """Return what `write_email` does for several messages, all of it read from one state of the database, in few trips.

    They are about to be sent: a message planned about several items is kept as one about the only item that is left.
    """
    async with engine().snapshot():
        readers = await viewers_for([message.recipient_id for message in messages], now)
        results = await all_together(
            [_write_email(message, readers.get(message.recipient_id), now, zone, None) for message in messages]
        )
    for message, result in zip(messages, results, strict=True):
        if isinstance(result, Email) and result.only_item and message.item_id is None:
            await outbox.keep_item(message, result.only_item)
    return results


async def write_email(
    message: Message, now: datetime, zone: str, reading: MessageReading | None = None
) -> Email | SendOutcome:
    """Return the email of a message, or why it is not sent; `zone` is the task force's, for due dates.

    For a `reading`, it is the email as its recipient would see it now, made of what both may see. It is written also
    when it would not be sent, because its date is canceled or over for example, as long as it concerns the recipient.
    """
    if reading is None:
        return (await write_emails([message], now, zone))[0]
    reader = (await viewers_for([message.recipient_id], now)).get(message.recipient_id)
    return await _write_email(message, reader, now, zone, reading)


async def _write_email(
    message: Message, reader: Viewer | None, now: datetime, zone: str, reading: MessageReading | None
) -> Email | SendOutcome:
    """Return the email of a message to a `reader`; None = they are not active."""
    if isinstance(message.content, Unreadable):
        return UNREADABLE
    if reading is None and message.not_after is not None and now >= message.not_after:
        return TOO_LATE
    if isinstance(message.content, AccountChanged):
        return await write_account_changed_email(message.content, message, reader, zone)
    if reader is None:
        return NOT_ACTIVE
    if reading and reading.by.member_id != reader.member_id:
        reader = replace(reader, beside=reading.by)
    request = EmailRequest(message, reader, reading.at if reading else now, zone, is_sent=reading is None)
    written = await WRITERS[type(message.content)](message.content, request)
    return written if reader.signs_in or isinstance(written, SendOutcome) else without_sign_in_links(written)
