"""Mails that did not arrive, for those who can do something about it: who leads the event or gave the item."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tracker.rules.action_items import may_update
from tracker.rules.meetings import may_edit
from tracker.rules.outbox import State
from tracker.rules.people import Viewer
from tracker.tables import visible, visible_items
from tracker.tables.outbox import Message

MOST = 200  # rows looked at


@dataclass(frozen=True, kw_only=True)
class Undelivered:
    """One mail that bounced, or was given up; `about` is the title of an event, or the number of an item."""

    recipient: str
    address: str
    about: str
    event_id: UUID | None
    reason: str
    at: datetime
    """When it was written."""


async def undelivered(viewer: Viewer, since: datetime) -> list[Undelivered]:
    """Return the mails since a moment that did not arrive, newest first, about what the viewer may see and change."""
    ended = [State.BOUNCED.value, State.FAILED.value]
    rows = await Message.select(
        Message.recipient.name, Message.recipient.email, Message.event, Message.item, Message.reason, Message.created_at
    ).where(Message.state.is_in(ended) & (Message.created_at >= since)).order_by(
        Message.created_at, ascending=False
    ).limit(MOST)  # fmt: skip
    subjects = {row["event"] or row["item"]: row for row in rows}
    names = {one: await _name(viewer, row) for one, row in subjects.items()}
    return [_undelivered(row, name) for row in rows if (name := names[row["event"] or row["item"]])]


async def _name(viewer: Viewer, row: dict[str, Any]) -> str | None:
    """Return what a mail was about, or None when it is not the viewer's to see or to change."""
    if row["event"]:
        event = await visible.event(viewer, row["event"])
        return event.title if event and may_edit(viewer, event) else None
    item = await visible_items.item_by_id(viewer, row["item"])
    return item.reference if item and may_update(viewer, item) else None


def _undelivered(row: dict[str, Any], name: str) -> Undelivered:
    return Undelivered(
        recipient=row["recipient.name"], address=row["recipient.email"], about=name, event_id=row["event"],
        reason=row["reason"], at=row["created_at"],
    )  # fmt: skip
