"""Undoing what an email changed, by the signed link in its confirmation."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from tracker.database import writing
from tracker.errors import Conflict, NotFound
from tracker.rules.actions.action_items import ActionItem, may_update
from tracker.rules.actions.item_changes import Change
from tracker.rules.core.actors import Origin
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wall_clock import to_local
from tracker.tables.background.intake import words as known
from tracker.tables.background.intake.words import MadeChange
from tracker.tables.schema.intake.words import IncomingWords
from tracker.tables.visible.actions import action_items as visible
from tracker.usecases.actions import action_items
from tracker.usecases.core.viewers import viewer_for

CHANGED = "This was changed after your email, so it can’t be undone here."


@dataclass(frozen=True, kw_only=True)
class Undoable:
    """What the link shows: the change, and the item as it is now."""

    viewer: Viewer
    made: MadeChange
    item: ActionItem

    @property
    def is_current(self) -> bool:
        """Return whether the item is still as the email left it."""
        return self.item.version == self.made.version


async def by_link(words_id: UUID, now: datetime, origin: Origin) -> Undoable:
    """Return what a link undoes, with the person who wrote the email as viewer, coming from `origin`.

    Errors: the same NotFound when the person is not active, or may not see or change the item.
    """
    made = await known.made_change(words_id)
    if made is None or made.item_id is None:
        raise NotFound
    viewer = replace(await viewer_for(made.member_id, now), origin=origin)
    item = await visible.item_by_id(viewer, made.item_id)
    if item is None or not may_update(viewer, item):
        raise NotFound
    return Undoable(viewer=viewer, made=made, item=item)


async def undo(words_id: UUID, now: datetime, origin: Origin) -> None:
    """Set the item as it was before the email; does nothing when that was done.

    Errors: NotFound as in `by_link`, Conflict when the item has changed since.
    """
    async with writing():
        found = await by_link(words_id, now, origin)
        if found.made.undone_at is not None:
            return
        if not found.is_current:
            raise Conflict(CHANGED)
        earlier = Change(status=found.made.status_before, progress=found.made.progress_before)
        today = to_local(now, found.viewer.zone).date()
        await action_items.take_back(
            found.viewer, found.item.reference, earlier, found.made.at, found.item.version, now, today
        )
        await IncomingWords.update({IncomingWords.undone_at: now}).where(IncomingWords.id == words_id)
