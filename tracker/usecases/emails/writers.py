"""Who writes the email of each message, and the emails about the reader's own account.

One function writes for a message, or for several that are about the same thing. It is beside what it reads, and says
with `@writes` whose email it writes. Here are those about accounts and the audit log, and test emails.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from types import UnionType
from typing import NamedTuple, TypeVar

from tracker.database import writing
from tracker.errors import Gone, NotFound
from tracker.rules.core.email_declarations import EMAILS, Content
from tracker.rules.core.message_types import (
    AccountChanged,
    AccountInvited,
    AccountLocked,
    AddressAdded,
    AddressCheck,
    AuditLogAltered,
    EmailTest,
)
from tracker.rules.core.outbox import Message, MessageState, NewMessage, SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails import account_emails
from tracker.rules.emails.account_emails import discreet_email
from tracker.rules.emails.emails import Email
from tracker.tables.background.emails import outbox_queue
from tracker.tables.background.emails.outbox_queue import EmailQueue
from tracker.tables.visible import emails
from tracker.tables.visible.emails import SentEmailTest
from tracker.usecases.core import audit, outbox
from tracker.usecases.identity.sign_in import check_link, emailed_token
from tracker.usecases.roster import accounts, known_people

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
    """Declare whose email a function writes: of one message, of all with a common base, or of each in a union."""

    def declare(writer: AnyWriter) -> AnyWriter:
        WRITERS.update({message: writer for message in EMAILS if issubclass(message, messages)})
        return writer

    return declare


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
                await check_link(emailed_token(reader.member_id, content.link_id), request.now)
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
    alias = await known_people.alias_to_confirm(request.reader, content.alias, request.now)
    return account_emails.address_check_email(request.reader, alias, request.zone) if alias else NO_LINK_NEEDED


async def write_account_changed_email(
    content: AccountChanged, message: Message, reader: Viewer | None, zone: str
) -> Email:
    """Return the email about a changed account, whatever has happened to the account and its address since."""
    call = await accounts.whom_to_call(content.by_id)
    email = account_emails.account_changed_email(message.recipient_id, content, call, zone, message.created_at)
    return discreet_email(email) if reader is None or reader.is_discreet else email


TEST_OF_USE = timedelta(days=1)
"""How long a test email that could not be sent is tried again."""
FAILED_WITHIN = timedelta(days=7)


async def send_email_test(viewer: Viewer, now: datetime) -> None:
    """Queue a test email to the viewer; does nothing while one waits. Errors: NotFound for other people."""
    if not viewer.manages_accounts:
        raise NotFound
    async with writing():
        if any(
            sent_test.recipient_id == viewer.member_id and sent_test.state is MessageState.PENDING
            for sent_test in await every_email_test(viewer)
        ):
            return
        draft = NewMessage(
            content=EmailTest(),
            recipient_id=viewer.member_id,
            key=f"email_test:{viewer.member_id}:{now.isoformat()}",
            not_after=now + TEST_OF_USE,
        )
        await outbox.enqueue_all([draft], now)
        await audit.record(viewer.actor, "email_tested", "member", viewer.member_id, {}, now)


async def every_email_test(viewer: Viewer) -> list[SentEmailTest]:
    """Return all test emails, newest first; none for viewers who may not manage accounts."""
    return await emails.email_tests(viewer)


def latest_email_test(viewer: Viewer, tests: Sequence[SentEmailTest]) -> SentEmailTest | None:
    """Return the viewer's last test email, or else the last one of another administrator; None before the first."""
    return next((test for test in tests if test.recipient_id == viewer.member_id), tests[0] if tests else None)


def was_any_test_sent(tests: Iterable[SentEmailTest]) -> bool:
    """Return whether the email server has taken any of them."""
    return any(test.state is MessageState.SENT for test in tests)


async def email_queue(now: datetime) -> EmailQueue:
    """Return the emails that are due, and those of the last week that couldn't be delivered."""
    return await outbox_queue.count_queue(now, now - FAILED_WITHIN)
