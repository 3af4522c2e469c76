"""From a claimed message to the email that goes out, or the reason why none does.

Everything is read again at that moment with the recipient as viewer, so an email never says more than its reader may
see now.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from tracker.database import all_together, engine
from tracker.errors import Gone
from tracker.rules.core.message_types import (
    AccessDecided,
    AccessRequested,
    AccountChanged,
    AccountContent,
    AccountInvited,
    AccountLocked,
    AddressAdded,
    AddressCheck,
    AuditLogAltered,
    CheckOutMissing,
    ComparisonsReported,
    ConflictEnded,
    ConflictFound,
    DecisionDropped,
    EmailTest,
    EmergencyAccessUsed,
    EventContent,
    ItemAnswered,
    ItemAssigned,
    ItemBlocked,
    ItemDue,
    ItemNoted,
    ItemOverdue,
    ItemsOfDay,
    ItemWithdrawn,
    OperationContent,
    PlanDecided,
    PlanSubmitted,
    PollCanceled,
    PollNudge,
    PollOpened,
    ReaderContent,
    ReadinessNews,
    Thanked,
    Unreadable,
    WeeklyDigest,
)
from tracker.rules.core.outbox import Message, MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wall_clock import to_local
from tracker.rules.emails import account_emails, discreet
from tracker.rules.emails.emails import Email, without_sign_in_links
from tracker.usecases.core import outbox
from tracker.usecases.core.viewers import viewers_for
from tracker.usecases.emails.digests import write_digest_email
from tracker.usecases.emails.event_emails import write_event_email
from tracker.usecases.emails.item_emails import write_item_email, write_items_of_day_email
from tracker.usecases.emails.operation_emails import (
    write_approval_email,
    write_check_out_email,
    write_comparisons_email,
    write_conflict_email,
    write_emergency_email,
    write_readiness_email,
)
from tracker.usecases.emails.poll_emails import write_poll_email
from tracker.usecases.emails.thank_yous import write_thank_you_email
from tracker.usecases.identity.one_time_links import check_link, mailed_token
from tracker.usecases.roster import accounts, aliases

NOT_ACTIVE = SendOutcome(state=MessageState.SUPPRESSED, reason="The recipient is no longer active.")
NO_LINK = SendOutcome(state=MessageState.SUPERSEDED, reason="They’ve signed in or have a newer link.")
NO_LINK_NEEDED = SendOutcome(state=MessageState.SUPPRESSED, reason="The address can no longer be confirmed.")
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
        found = await all_together(
            [_write_email(message, readers.get(message.recipient_id), now, zone, None) for message in messages]
        )
    for message, made in zip(messages, found, strict=True):
        if isinstance(made, Email) and made.only_item and message.item_id is None:
            await outbox.keep_item(message, made.only_item)
    return found


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
    moment = reading.at if reading else now
    if isinstance(message.content, AccountChanged):
        return await _account_changed_email(message.content, message, reader, zone)
    if reader is None:
        return NOT_ACTIVE
    if reading and reading.by.member_id != reader.member_id:
        reader = replace(reader, beside=reading.by)
    written = await _email_to(reader, message.content, message, moment, zone, is_sent=reading is None)
    return written if reader.signs_in or isinstance(written, SendOutcome) else without_sign_in_links(written)


async def _email_to(
    reader: Viewer, content: ReaderContent, message: Message, now: datetime, zone: str, *, is_sent: bool
) -> Email | SendOutcome:
    match content:
        case AccountLocked() | AccountInvited() | AuditLogAltered() | EmailTest() | AddressCheck() | AddressAdded():
            return await _account_email(reader, content, message, now, zone)
        case (
            ItemAssigned() | ItemWithdrawn() | ItemBlocked() | ItemNoted() | ItemAnswered() | ItemDue() | ItemOverdue()
        ):
            return await write_item_email(content, message, reader, now, zone, is_sent=is_sent)
        case (
            ConflictFound()
            | ConflictEnded()
            | DecisionDropped()
            | ComparisonsReported()
            | CheckOutMissing()
            | ReadinessNews()
            | EmergencyAccessUsed()
            | PlanSubmitted()
            | PlanDecided()
            | AccessRequested()
            | AccessDecided()
        ):
            return await _operation_email(reader, content, message, now)
        case PollOpened() | PollNudge() | PollCanceled():
            return await write_poll_email(content, reader, now, is_sent=is_sent)
        case ItemsOfDay() | WeeklyDigest():
            return await _summary_email(reader, content, message, now, zone, is_sent=is_sent)
        case _:
            return await _email_about_date(reader, content, message, now, zone, is_sent=is_sent)


async def _email_about_date(
    reader: Viewer, content: EventContent | Thanked, message: Message, now: datetime, zone: str, *, is_sent: bool
) -> Email | SendOutcome:
    if isinstance(content, Thanked):
        return await write_thank_you_email(message, reader, to_local(now, zone).date(), is_sent=is_sent)
    return await write_event_email(content, message, reader, now, is_sent=is_sent)


async def _summary_email(
    reader: Viewer, content: ItemsOfDay | WeeklyDigest, message: Message, now: datetime, zone: str, *, is_sent: bool
) -> Email | SendOutcome:
    if isinstance(content, WeeklyDigest):
        return await write_digest_email(content, reader, now, zone)
    return await write_items_of_day_email(content, message, reader, now, zone, is_sent=is_sent)


async def _operation_email(
    reader: Viewer, content: OperationContent, message: Message, now: datetime
) -> Email | SendOutcome:
    match content:
        case ComparisonsReported():
            return write_comparisons_email(reader)
        case CheckOutMissing():
            return await write_check_out_email(message, reader, now)
        case ReadinessNews():
            return await write_readiness_email(content, reader)
        case EmergencyAccessUsed():
            return await write_emergency_email(message, reader)
        case PlanSubmitted() | PlanDecided() | AccessRequested() | AccessDecided():
            return await write_approval_email(content, message, reader, now)
        case _:
            return await write_conflict_email(content, message, reader)


async def _account_email(
    reader: Viewer, content: AccountContent, message: Message, now: datetime, zone: str
) -> Email | SendOutcome:
    match content:
        case AccountInvited():
            return await _account_invitation_email(content, message, reader, now, zone)
        case AccountLocked():
            call = await accounts.whom_to_call(reader.member_id)
            return _as_discreet(account_emails.account_locked_email(reader, call, zone, message.created_at), reader)
        case AuditLogAltered():
            return _as_discreet(account_emails.audit_log_altered_email(reader, zone, message.created_at), reader)
        case AddressCheck():
            alias = await aliases.alias_to_confirm(reader, content.alias, now)
            return account_emails.address_check_email(reader, alias, zone) if alias else NO_LINK_NEEDED
        case AddressAdded():
            added = account_emails.address_added_email(reader, content.address, zone, message.created_at)
            return _as_discreet(added, reader)
        case EmailTest():
            return _as_discreet(account_emails.email_test_email(reader, zone, message.created_at), reader)


def _as_discreet(written: Email, reader: Viewer) -> Email:
    return discreet.discreet_email(written) if reader.is_discreet else written


async def _account_changed_email(content: AccountChanged, message: Message, reader: Viewer | None, zone: str) -> Email:
    """Return the email about a changed account, whatever has happened to the account and its address since."""
    call = await accounts.whom_to_call(content.by_id)
    changed = account_emails.account_changed_email(message.recipient_id, content, call, zone, message.created_at)
    is_discreet = reader is None or reader.is_discreet
    return discreet.discreet_email(changed) if is_discreet else changed


async def _account_invitation_email(
    content: AccountInvited, message: Message, reader: Viewer, now: datetime, zone: str
) -> Email | SendOutcome:
    assert message.not_after is not None  # noqa: S101 - set for as long as the link works
    try:
        await check_link(mailed_token(reader.member_id, content.link_id), now)
    except Gone:
        return NO_LINK
    return _as_discreet(account_emails.account_invitation_email(reader, content, message.not_after, zone), reader)
