"""From a message in hand to the letter that goes out, or why none does: everything is read again at that moment.

The recipient is the viewer, so a letter never says more than its reader may see now.
"""

from datetime import datetime
from uuid import UUID

from tracker.errors import Gone, NotFound
from tracker.rules.actions.action_items import ActionItem
from tracker.rules.core.outbox import Message, MessageKind, Skip, State
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wall_clock import to_local
from tracker.rules.emails import account, audit, discreet
from tracker.rules.emails import item as item_emails
from tracker.rules.emails.content import Letter, without_sign_in
from tracker.tables.visible.actions import action_items
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.emails.digest import digest_letter
from tracker.usecases.emails.event_content import event_letter
from tracker.usecases.identity.one_time_links import check_link, mailed_token
from tracker.usecases.roster import account_notifications

NOT_ACTIVE = Skip(state=State.SUPPRESSED, reason="The recipient is not active any more.")
NOT_AUTHORISED = Skip(state=State.SUPPRESSED, reason="The recipient may not see it any more.")
NOT_OWNER = Skip(state=State.SUPPRESSED, reason="The recipient does not own the item any more.")
CLOSED = Skip(state=State.SUPERSEDED, reason="The item is closed.")
ANOTHER_DAY = Skip(state=State.SUPERSEDED, reason="The item is due on another day now.")
OF_NO_EVENT = {MessageKind.ACCOUNT_LOCKED: account.locked, MessageKind.TRAIL_BROKEN: audit.broken}
NO_LINK = Skip(state=State.SUPERSEDED, reason="They have signed in, or got another link.")
TOO_LATE = Skip(state=State.TOO_LATE, reason="It was of no use any more when it could be sent.")


async def letter(message: Message, now: datetime, zone: str) -> Letter | Skip:
    """Return the letter of a message, or why it is not sent; `zone` is the task force's, for due days."""
    if message.not_after is not None and now >= message.not_after:
        return TOO_LATE
    if message.kind is MessageKind.ACCOUNT_CHANGED:
        return await _change_letter(message, now, zone)
    try:
        reader = await viewer_for(message.recipient_id, now)
    except NotFound:
        return NOT_ACTIVE
    written = await _letter_to(reader, message, now, zone)
    return written if reader.signs_in or isinstance(written, Skip) else without_sign_in(written)


async def _letter_to(reader: Viewer, message: Message, now: datetime, zone: str) -> Letter | Skip:
    if write := OF_NO_EVENT.get(message.kind):
        written = write(reader.member_id, reader.name, reader.email, zone, message.created_at)
        return discreet.of_nothing_more(written) if reader.is_discreet else written
    if message.kind is MessageKind.ACCOUNT_INVITATION:
        return await _invitation_letter(message, reader, now, zone)
    if message.item_id is not None:
        return await _item_letter(message, reader, now, zone)
    if message.kind is MessageKind.DIGEST:
        return await digest_letter(message, reader, now)
    return await event_letter(message, reader, now)


async def _change_letter(message: Message, now: datetime, zone: str) -> Letter:
    """Return the letter about a changed account, whatever became of the account and its address meanwhile."""
    call = await account_notifications.whom_to_call(UUID(message.facts["by_id"]))
    changed = account.changed(message.recipient_id, message.facts, call, zone, message.created_at)
    try:
        is_discreet = (await viewer_for(message.recipient_id, now)).is_discreet
    except NotFound:
        is_discreet = True
    return discreet.of_nothing_more(changed) if is_discreet else changed


async def _invitation_letter(message: Message, reader: Viewer, now: datetime, zone: str) -> Letter | Skip:
    link_id, until = UUID(message.facts["link"]), message.not_after
    assert until is not None  # noqa: S101 - as long as its link is good
    try:
        await check_link(mailed_token(reader.member_id, link_id), now)
    except Gone:
        return NO_LINK
    by, name = message.facts["by"], reader.name
    letter = account.invited(reader.member_id, link_id, name, reader.email, by, until, zone)
    return discreet.of_nothing_more(letter) if reader.is_discreet else letter


async def _item_letter(message: Message, reader: Viewer, now: datetime, zone: str) -> Letter | Skip:
    assert message.item_id is not None  # noqa: S101 - the caller asked
    item = await action_items.item_by_id(reader, message.item_id)
    if item is None:
        return NOT_AUTHORISED
    return _why_no_item_letter(message, item) or item_emails.letter(
        message.kind, item, to_local(now, zone).date(), message.facts, is_discreet=reader.is_discreet
    )


def _why_no_item_letter(message: Message, item: ActionItem) -> Skip | None:
    if item.owner_id != message.recipient_id:
        return NOT_OWNER
    if not item.is_open:
        return CLOSED
    is_reminder = message.kind is not MessageKind.ITEM_ASSIGNED
    return ANOTHER_DAY if is_reminder and message.facts.get("due") != item.due.isoformat() else None
