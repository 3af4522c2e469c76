"""The emails about the reader's own account and addresses, and about the audit log."""

from tracker.errors import Gone
from tracker.rules.core.message_types import (
    AccountChanged,
    AccountInvited,
    AccountLocked,
    AddressAdded,
    AddressCheck,
    AuditLogAltered,
    EmailTest,
)
from tracker.rules.core.outbox import Message, MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails import account_emails
from tracker.rules.emails.discreet import discreet_email
from tracker.rules.emails.emails import Email
from tracker.usecases.emails.writers import EmailRequest, writes
from tracker.usecases.identity.one_time_links import check_link, mailed_token
from tracker.usecases.roster import accounts, aliases

NO_LINK = SendOutcome(state=MessageState.SUPERSEDED, reason="They’ve signed in or have a newer link.")
NO_LINK_NEEDED = SendOutcome(state=MessageState.SUPPRESSED, reason="The address can no longer be confirmed.")


@writes(AccountInvited | AccountLocked | AuditLogAltered | EmailTest | AddressAdded)
async def write_account_email(
    content: AccountInvited | AccountLocked | AuditLogAltered | EmailTest | AddressAdded, request: EmailRequest
) -> Email | SendOutcome:
    """Return the email; readers of time-only emails get it without the task force's name."""
    reader, zone, queued_at = request.reader, request.zone, request.message.created_at
    match content:
        case AccountInvited():
            assert request.message.not_after is not None  # noqa: S101 - set for as long as the link works
            try:
                await check_link(mailed_token(reader.member_id, content.link_id), request.now)
            except Gone:
                return NO_LINK
            email = account_emails.account_invitation_email(reader, content, request.message.not_after, zone)
        case AccountLocked():
            call = await accounts.whom_to_call(reader.member_id)
            email = account_emails.account_locked_email(reader, call, zone, queued_at)
        case AuditLogAltered():
            email = account_emails.audit_log_altered_email(reader, zone, queued_at)
        case EmailTest():
            email = account_emails.email_test_email(reader, zone, queued_at)
        case AddressAdded():
            email = account_emails.address_added_email(reader, content.address, zone, queued_at)
    return discreet_email(email) if reader.is_discreet else email


@writes(AddressCheck)
async def write_address_check_email(content: AddressCheck, request: EmailRequest) -> Email | SendOutcome:
    """Return the email that goes to the address itself."""
    alias = await aliases.alias_to_confirm(request.reader, content.alias, request.now)
    return account_emails.address_check_email(request.reader, alias, request.zone) if alias else NO_LINK_NEEDED


async def write_account_changed_email(
    content: AccountChanged, message: Message, reader: Viewer | None, zone: str
) -> Email:
    """Return the email about a changed account, whatever has happened to the account and its address since."""
    call = await accounts.whom_to_call(content.by_id)
    email = account_emails.account_changed_email(message.recipient_id, content, call, zone, message.created_at)
    return discreet_email(email) if reader is None or reader.is_discreet else email
