"""Test emails: an administrator sends one to themselves and reads when it was handed to the email server."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from tracker.database import writing
from tracker.errors import NotFound
from tracker.rules.core.message_types import EmailTest
from tracker.rules.core.outbox import Draft, State
from tracker.rules.core.viewers import Viewer
from tracker.tables.visible.emails import email_tests
from tracker.tables.visible.emails.email_tests import SentTest
from tracker.usecases.core import audit, outbox

OF_USE = timedelta(days=1)
"""How long a test email that could not be sent is tried again."""


async def send(viewer: Viewer, now: datetime) -> None:
    """Queue a test email to the viewer; does nothing while one waits. Errors: NotFound for other people."""
    if not viewer.manages_accounts:
        raise NotFound
    async with writing():
        if any(
            sent_test.recipient_id == viewer.member_id and sent_test.state is State.PENDING
            for sent_test in await every(viewer)
        ):
            return
        draft = Draft(
            content=EmailTest(),
            recipient_id=viewer.member_id,
            key=f"email_test:{viewer.member_id}:{now.isoformat()}",
            not_after=now + OF_USE,
        )
        await outbox.enqueue_all([draft], now)
        await audit.record(viewer.actor, "email_tested", "member", viewer.member_id, {}, now)


async def every(viewer: Viewer) -> list[SentTest]:
    """Return all test emails, newest first; none for viewers who may not manage accounts."""
    return await email_tests.email_tests(viewer)


def latest(viewer: Viewer, tests: Sequence[SentTest]) -> SentTest | None:
    """Return the viewer's last test email, or else the last one of another administrator; None before the first."""
    return next((test for test in tests if test.recipient_id == viewer.member_id), tests[0] if tests else None)


def any_was_sent(tests: Iterable[SentTest]) -> bool:
    """Return whether the email server has taken any of them."""
    return any(test.state is State.SENT for test in tests)
