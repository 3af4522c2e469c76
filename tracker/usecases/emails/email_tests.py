"""Whether emails go out: test emails that an administrator sends to themselves, and how many emails are due or failed.

The numbers are for the people who run the server, and not for pages.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from tracker.database import writing
from tracker.errors import NotFound
from tracker.rules.core.message_types import EmailTest
from tracker.rules.core.outbox import MessageState, NewMessage
from tracker.rules.core.viewers import Viewer
from tracker.tables.background.emails import outbox_queue
from tracker.tables.background.emails.outbox_queue import EmailQueue
from tracker.tables.visible.emails import messages
from tracker.tables.visible.emails.messages import SentEmailTest
from tracker.usecases.core import audit, outbox

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
    return await messages.email_tests(viewer)


def latest_email_test(viewer: Viewer, tests: Sequence[SentEmailTest]) -> SentEmailTest | None:
    """Return the viewer's last test email, or else the last one of another administrator; None before the first."""
    return next((test for test in tests if test.recipient_id == viewer.member_id), tests[0] if tests else None)


def was_any_test_sent(tests: Iterable[SentEmailTest]) -> bool:
    """Return whether the email server has taken any of them."""
    return any(test.state is MessageState.SENT for test in tests)


async def email_queue(now: datetime) -> EmailQueue:
    """Return the emails that are due, and those of the last week that couldn't be delivered."""
    return await outbox_queue.count_queue(now, now - FAILED_WITHIN)
