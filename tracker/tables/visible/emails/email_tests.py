"""The reader of test emails."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.rules.core.outbox import State
from tracker.rules.core.viewers import Viewer
from tracker.tables.visible.core.rows import rows
from tracker.tables.visible.emails.messages import STATE

_TESTS = (
    f"SELECT m.recipient, r.email, m.created_at, {STATE} AS state, m.reason, m.sent_at FROM message m"
    " JOIN member r ON r.id = m.recipient LEFT JOIN event e ON e.id = m.event"
    " WHERE m.kind = 'email_test' AND (e.id IS NULL OR MAY_SEE(e))"
)


class SentTest(Struct, frozen=True, kw_only=True):
    """A test email."""

    recipient_id: UUID
    recipient: str
    """The address of the person now."""
    at: datetime
    """When it was asked for."""
    state: State
    reason: str
    sent_at: datetime | None
    """When the email server took it."""


async def email_tests(viewer: Viewer) -> list[SentTest]:
    """Return all test emails ever queued, newest first; none for viewers who may not manage accounts."""
    if not viewer.manages_accounts:
        return []
    return [
        SentTest(
            recipient_id=row["recipient"],
            recipient=row["email"],
            at=row["created_at"],
            state=State(row["state"]),
            reason=row["reason"],
            sent_at=row["sent_at"],
        )
        for row in await rows(_TESTS, viewer, " ORDER BY m.created_at DESC")
    ]
