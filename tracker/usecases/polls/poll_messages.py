"""Messages about a date poll; inside the caller's transaction."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from tracker.rules.core.message_types import PollOpened
from tracker.rules.core.outbox import Draft
from tracker.rules.polls.polls import Poll
from tracker.usecases.core import outbox

UNDO_FOR = timedelta(seconds=20)
"""How long messages wait, so that what they announce can be canceled or undone first."""


async def ask(poll: Poll, member_ids: Iterable[UUID], now: datetime) -> None:
    """Ask people for dates; no one is asked twice in one poll."""
    await outbox.enqueue_all(
        [
            Draft(
                content=PollOpened(poll=poll.id),
                recipient_id=one,
                event_id=poll.event.id,
                key=f"poll_opened:{poll.id}:{one}",
                due=now + UNDO_FOR,
                not_after=last_start(poll),
            )
            for one in sorted(member_ids)
        ],
        now,
    )


def last_start(poll: Poll) -> datetime:
    """Return when the last date begins: after that, no reply is of use."""
    return max(poll.slot(one)[0] for one in poll.options)
