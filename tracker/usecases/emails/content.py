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
from tracker.rules.actions.action_items import ActionItem, ItemStatus, may_direct_item, may_update_item
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
    ItemContent,
    ItemDue,
    ItemNoted,
    ItemOverdue,
    ItemReminder,
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
from tracker.rules.core.outbox import Message, Skip, State
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wall_clock import to_local
from tracker.rules.emails import account, audit, discreet
from tracker.rules.emails import item as item_emails
from tracker.rules.emails.content import Letter, without_sign_in
from tracker.rules.emails.item import Said
from tracker.tables.visible import actions
from tracker.usecases.core import outbox
from tracker.usecases.core.viewers import viewers_for
from tracker.usecases.emails.approval_content import approval_letter
from tracker.usecases.emails.check_out_content import check_out_letter
from tracker.usecases.emails.conflict_content import comparisons_letter, conflict_letter
from tracker.usecases.emails.digest import digest_letter
from tracker.usecases.emails.emergency_content import emergency_letter
from tracker.usecases.emails.event_content import event_letter
from tracker.usecases.emails.item_days import items_letter
from tracker.usecases.emails.poll_content import poll_letter
from tracker.usecases.emails.readiness_content import readiness_letter
from tracker.usecases.emails.thanks_content import thanks_letter
from tracker.usecases.identity.one_time_links import check_link, mailed_token
from tracker.usecases.roster import accounts, aliases

NOT_ACTIVE = Skip(state=State.SUPPRESSED, reason="The recipient is no longer active.")
NOT_AUTHORIZED = Skip(state=State.SUPPRESSED, reason="The recipient can no longer see it.")
NOT_OWNER = Skip(state=State.SUPPRESSED, reason="The recipient no longer owns the item.")
THEIRS_AGAIN = Skip(state=State.SUPERSEDED, reason="The recipient owns the item again.")
CANNOT_HELP = Skip(state=State.SUPPRESSED, reason="The recipient can’t reassign the item.")
NOT_BLOCKED = Skip(state=State.SUPERSEDED, reason="The item is no longer blocked.")
CLOSED = Skip(state=State.SUPERSEDED, reason="The item is closed.")
ANOTHER_DAY = Skip(state=State.SUPERSEDED, reason="The item now has a different due date.")
NO_LINK = Skip(state=State.SUPERSEDED, reason="They’ve signed in or have a newer link.")
NO_LINK_NEEDED = Skip(state=State.SUPPRESSED, reason="The address can no longer be confirmed.")
TOO_LATE = Skip(state=State.TOO_LATE, reason="It was out of date before it could be sent.")
UNREADABLE = Skip(state=State.FAILED, reason="This version can’t read the message. Another version queued it.")


class Reading(Struct, frozen=True, kw_only=True):
    """A person who reads a message in the list of messages, and the moment when it was sent or is to be sent."""

    by: Viewer
    at: datetime


async def letters(messages: Sequence[Message], now: datetime, zone: str) -> list[Letter | Skip]:
    """Return what `letter` does for several messages, all of it read from one state of the database, in few trips.

    They are about to be sent: a message planned about several items is kept as one about the only item that is left.
    """
    async with engine().snapshot():
        readers = await viewers_for([message.recipient_id for message in messages], now)
        found = await all_together(
            [_letter(message, readers.get(message.recipient_id), now, zone, None) for message in messages]
        )
    for message, made in zip(messages, found, strict=True):
        if isinstance(made, Letter) and made.only_item and message.item_id is None:
            await outbox.keep_item(message, made.only_item)
    return found


async def letter(message: Message, now: datetime, zone: str, reading: Reading | None = None) -> Letter | Skip:
    """Return the email of a message, or why it is not sent; `zone` is the task force's, for due dates.

    For a `reading`, it is the email as its recipient would see it now, made of what both may see. It is written also
    when it would not be sent, because its date is canceled or over for example, as long as it concerns the recipient.
    """
    if reading is None:
        return (await letters([message], now, zone))[0]
    reader = (await viewers_for([message.recipient_id], now)).get(message.recipient_id)
    return await _letter(message, reader, now, zone, reading)


async def _letter(
    message: Message, reader: Viewer | None, now: datetime, zone: str, reading: Reading | None
) -> Letter | Skip:
    """Return the email of a message to a `reader`; None = they are not active."""
    if isinstance(message.content, Unreadable):
        return UNREADABLE
    if reading is None and message.not_after is not None and now >= message.not_after:
        return TOO_LATE
    moment = reading.at if reading else now
    if isinstance(message.content, AccountChanged):
        return await _change_letter(message.content, message, reader, zone)
    if reader is None:
        return NOT_ACTIVE
    if reading and reading.by.member_id != reader.member_id:
        reader = replace(reader, beside=reading.by)
    written = await _letter_to(reader, message.content, message, moment, zone, is_sent=reading is None)
    return written if reader.signs_in or isinstance(written, Skip) else without_sign_in(written)


async def _letter_to(
    reader: Viewer, content: ReaderContent, message: Message, now: datetime, zone: str, *, is_sent: bool
) -> Letter | Skip:
    match content:
        case AccountLocked() | AccountInvited() | AuditLogAltered() | EmailTest() | AddressCheck() | AddressAdded():
            return await _account_letter(reader, content, message, now, zone)
        case (
            ItemAssigned() | ItemWithdrawn() | ItemBlocked() | ItemNoted() | ItemAnswered() | ItemDue() | ItemOverdue()
        ):
            return await _item_letter(content, message, reader, now, zone, is_sent=is_sent)
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
            return await _operation_letter(reader, content, message, now)
        case PollOpened() | PollNudge() | PollCanceled():
            return await poll_letter(content, reader, now, is_sent=is_sent)
        case ItemsOfDay() | WeeklyDigest():
            return await _regular_letter(reader, content, message, now, zone, is_sent=is_sent)
        case _:
            return await _event_letter(reader, content, message, now, zone, is_sent=is_sent)


async def _event_letter(
    reader: Viewer, content: EventContent | Thanked, message: Message, now: datetime, zone: str, *, is_sent: bool
) -> Letter | Skip:
    if isinstance(content, Thanked):
        return await thanks_letter(message, reader, to_local(now, zone).date(), is_sent=is_sent)
    return await event_letter(content, message, reader, now, is_sent=is_sent)


async def _regular_letter(
    reader: Viewer, content: ItemsOfDay | WeeklyDigest, message: Message, now: datetime, zone: str, *, is_sent: bool
) -> Letter | Skip:
    if isinstance(content, WeeklyDigest):
        return await digest_letter(content, reader, now, zone)
    return await items_letter(content, message, reader, now, zone, is_sent=is_sent)


async def _operation_letter(
    reader: Viewer, content: OperationContent, message: Message, now: datetime
) -> Letter | Skip:
    match content:
        case ComparisonsReported():
            return comparisons_letter(reader)
        case CheckOutMissing():
            return await check_out_letter(message, reader, now)
        case ReadinessNews():
            return await readiness_letter(content, reader)
        case EmergencyAccessUsed():
            return await emergency_letter(message, reader)
        case PlanSubmitted() | PlanDecided() | AccessRequested() | AccessDecided():
            return await approval_letter(content, message, reader, now)
        case _:
            return await conflict_letter(content, message, reader)


async def _account_letter(
    reader: Viewer, content: AccountContent, message: Message, now: datetime, zone: str
) -> Letter | Skip:
    match content:
        case AccountInvited():
            return await _invitation_letter(content, message, reader, now, zone)
        case AccountLocked():
            call = await accounts.whom_to_call(reader.member_id)
            return _with_discretion(account.locked(reader, call, zone, message.created_at), reader)
        case AuditLogAltered():
            return _with_discretion(audit.broken(reader, zone, message.created_at), reader)
        case AddressCheck():
            alias = await aliases.alias_to_confirm(reader, content.alias, now)
            return account.address_check(reader, alias, zone) if alias else NO_LINK_NEEDED
        case AddressAdded():
            added = account.address_added(reader, content.address, zone, message.created_at)
            return _with_discretion(added, reader)
        case EmailTest():
            return _with_discretion(account.test(reader, zone, message.created_at), reader)


def _with_discretion(written: Letter, reader: Viewer) -> Letter:
    return discreet.of_nothing_more(written) if reader.is_discreet else written


async def _change_letter(content: AccountChanged, message: Message, reader: Viewer | None, zone: str) -> Letter:
    """Return the email about a changed account, whatever has happened to the account and its address since."""
    call = await accounts.whom_to_call(content.by_id)
    changed = account.changed(message.recipient_id, content, call, zone, message.created_at)
    is_discreet = reader is None or reader.is_discreet
    return discreet.of_nothing_more(changed) if is_discreet else changed


async def _invitation_letter(
    content: AccountInvited, message: Message, reader: Viewer, now: datetime, zone: str
) -> Letter | Skip:
    assert message.not_after is not None  # noqa: S101 - set for as long as the link works
    try:
        await check_link(mailed_token(reader.member_id, content.link_id), now)
    except Gone:
        return NO_LINK
    return _with_discretion(account.invited(reader, content, message.not_after, zone), reader)


async def _item_letter(
    content: ItemContent, message: Message, reader: Viewer, now: datetime, zone: str, *, is_sent: bool
) -> Letter | Skip:
    item = await actions.item_by_id(reader, message.item_id) if message.item_id else None
    if item is None:
        return NOT_AUTHORIZED
    if is_sent and (skip := _why_no_item_letter(content, reader, item)):
        return skip
    said = await _said(content, reader, item)
    return item_emails.letter(content, item, reader, to_local(now, zone).date(), said)


async def _said(content: ItemContent, reader: Viewer, item: ActionItem) -> Said:
    """Return the note that the email repeats."""
    match content:
        case ItemBlocked():
            reasons = await actions.block_reasons(reader, [item.id])
            return Said(text=reasons.get(item.id, ""))
        case ItemNoted(at=at) | ItemAnswered(at=at):
            written = (item_note for item_note in await actions.item_history(reader, item) if item_note.at == at)
            return next((Said(text=item_note.text, by=item_note.by) for item_note in written), Said())
        case _:
            return Said()


def _why_no_item_letter(content: ItemContent, reader: Viewer, item: ActionItem) -> Skip | None:
    if isinstance(content, ItemAnswered):
        return None if may_update_item(reader, item) else NOT_OWNER
    if isinstance(content, ItemBlocked):
        return _why_no_call_for_help(content, reader, item)
    if isinstance(content, ItemWithdrawn):
        is_theirs = item.owner_id == reader.member_id and item.status is not ItemStatus.CANCELED
        return THEIRS_AGAIN if is_theirs else None
    if item.owner_id != reader.member_id:
        return NOT_OWNER
    if not item.is_open:
        return CLOSED
    return ANOTHER_DAY if isinstance(content, ItemReminder) and content.due != item.due else None


def _why_no_call_for_help(content: ItemBlocked, reader: Viewer, item: ActionItem) -> Skip | None:
    if not may_direct_item(reader, item):
        return CANNOT_HELP
    return None if item.blocked_at == content.since else NOT_BLOCKED
