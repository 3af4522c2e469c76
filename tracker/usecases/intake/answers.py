"""The email that says what was understood of another: to the person who wrote it, at their own address."""

from datetime import datetime, timedelta
from uuid import UUID

from tracker.rules.core.answers import Taken
from tracker.rules.core.own_messages import InvitationAnswered, ItemAnswered
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wall_clock import to_local
from tracker.tables.background.intake import words as known
from tracker.usecases.core import outbox
from tracker.usecases.intake.understood import Understood

DAY = timedelta(days=1)
MOST_A_DAY = 20
"""Confirmations to one person. A machine that answers each of them, and doesn’t say that it is one, ends somewhere."""


async def confirm(viewer: Viewer, understood: Understood, row_id: UUID, now: datetime) -> None:
    """Queue the confirmation; of emails about one thing that changed nothing for one reason, one a day is answered.

    The caller is inside `writing()`.
    """
    is_recorded = understood.outcome is Taken.RECORDED
    if is_recorded and await known.recorded_since(viewer.member_id, now - DAY) > MOST_A_DAY:
        return
    kind = ItemAnswered if understood.item_id else InvitationAnswered
    content = kind(
        at=now,
        outcome=understood.outcome,
        word=understood.said.word,
        is_whole=understood.said.is_whole,
        undo=row_id if is_recorded else None,
    )
    draft = outbox.Draft(
        content=content,
        recipient_id=viewer.member_id,
        key=f"email_answered:{row_id if is_recorded else _once_a_day(viewer, understood, now)}",
        item_id=understood.item_id,
        event_id=understood.event_id,
        occurrence_id=understood.occurrence_id,
    )
    await outbox.enqueue_all([draft], now)


def _once_a_day(viewer: Viewer, understood: Understood, now: datetime) -> str:
    thing = understood.item_id or understood.occurrence_id or understood.event_id
    return f"{viewer.member_id}:{thing}:{understood.outcome}:{to_local(now, viewer.zone).date()}"
