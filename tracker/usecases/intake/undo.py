"""Undoing what an email changed, by the signed link in its confirmation."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.database import writing
from tracker.errors import Conflict, NotFound
from tracker.rules.actions.action_items import ActionItem, may_update
from tracker.rules.actions.item_undo import Update, changed_since, taken_back
from tracker.rules.core.actors import Origin
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wall_clock import to_local
from tracker.rules.events.event import Occurrence
from tracker.tables.background.intake import words as known
from tracker.tables.background.intake.replies import RecordedReply
from tracker.tables.background.intake.words import MadeChange
from tracker.tables.schema.intake.words import IncomingWords
from tracker.tables.visible.actions import action_items as visible
from tracker.tables.visible.events import events
from tracker.usecases.actions import action_items
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.events import substitute_undo
from tracker.usecases.events.substitute_undo import Refusal
from tracker.usecases.intake.emailed_updates import emailed_update
from tracker.usecases.intake.reply_undo import EarlierReply, earlier_reply, restore

CHANGED = "This was changed after your email, so it can’t be undone here."


class UndoneItem(Struct, frozen=True, kw_only=True):
    """An action item as it is now, and as it is after what an email changed is undone."""

    item: ActionItem
    update: Update
    becomes: ActionItem
    since: str | None
    """What someone has changed after the email had, in a sentence; None = nothing."""


class Undoable(Struct, frozen=True, kw_only=True):
    """What the link shows: the change, and the item, the reply, or the No of a substitute, as it is now."""

    viewer: Viewer
    made: MadeChange
    of: UndoneItem | EarlierReply | Refusal
    is_current: bool
    """Whether all that the email changed is still as it left it."""

    @property
    def undone(self) -> UndoneItem | None:
        """Return the action item that the email changed, if it changed one."""
        return self.of if isinstance(self.of, UndoneItem) else None

    @property
    def item(self) -> ActionItem | None:
        """Return that item as it is now."""
        return self.undone.item if self.undone else None

    @property
    def reply(self) -> EarlierReply | None:
        """Return the reply that the email replaced, if it did."""
        return self.of if isinstance(self.of, EarlierReply) else None

    @property
    def refusal(self) -> Refusal | None:
        """Return the writer's No as a substitute, if the email gave it."""
        return self.of if isinstance(self.of, Refusal) else None

    @property
    def date(self) -> Occurrence | None:
        """Return the date of that reply, or that No."""
        return None if isinstance(self.of, UndoneItem) else self.of.date

    @property
    def can_undo(self) -> bool:
        """Return whether it can be undone: it is current, and no one would have to come who can't."""
        match self.of:
            case EarlierReply(can_send=can_come) | Refusal(can_come=can_come):
                return self.is_current and can_come
            case _:
                return self.is_current

    @property
    def is_restricted(self) -> bool:
        """Return whether only named people may know what it is about."""
        return self.date.event.is_restricted if self.date else self.item is not None and self.item.is_restricted


async def by_link(words_id: UUID, now: datetime, origin: Origin) -> Undoable:
    """Return what a link undoes, with the person who wrote the email as viewer, coming from `origin`.

    Errors: the same NotFound when the person is not active, or may not see or change it.
    """
    made = await known.made_change(words_id)
    if made is None:
        raise NotFound
    viewer = replace(await viewer_for(made.member_id, now), origin=origin)
    if made.reply is not None and made.is_refusal:
        refusal = await _refusal(viewer, made, made.reply, now)
        return Undoable(viewer=viewer, made=made, of=refusal, is_current=refusal.is_current(now))
    if made.reply is not None:
        found = await earlier_reply(viewer, made.reply, now)
        return Undoable(viewer=viewer, made=made, of=found, is_current=found.is_current)
    item = await visible.item_by_id(viewer, made.item_id) if made.item_id else None
    update = emailed_update(made)
    if item is None or update is None or not may_update(viewer, item):
        raise NotFound
    since = changed_since(item, update, await visible.notes(viewer, item))
    undone = UndoneItem(item=item, update=update, becomes=taken_back(item, update, now), since=since)
    return Undoable(viewer=viewer, made=made, of=undone, is_current=since is None)


async def _refusal(viewer: Viewer, made: MadeChange, reply: RecordedReply, now: datetime) -> Refusal:
    date = await events.date_by_id(viewer, reply.occurrence_id) if reply.occurrence_id else None
    if date is None:
        raise NotFound
    return await substitute_undo.refusal_at(date, made.member_id, made.at, now)


async def undo(words_id: UUID, now: datetime, origin: Origin) -> None:
    """Set what the email changed as it was before; does nothing when that was done.

    Errors: NotFound as in `by_link`, Conflict when that has changed since, or its earlier substitute can't come.
    """
    async with writing():
        found = await by_link(words_id, now, origin)
        if found.made.undone_at is not None:
            return
        if not found.is_current:
            raise Conflict((found.undone and found.undone.since) or CHANGED)
        await _undo(found, now)
        await IncomingWords.update({IncomingWords.undone_at: now}).where(IncomingWords.id == words_id)


async def _undo(found: Undoable, now: datetime) -> None:
    viewer = found.viewer
    if isinstance(found.of, EarlierReply):
        await restore(viewer, found.of, now)
        return
    if isinstance(found.of, Refusal):
        await substitute_undo.put_back(viewer, found.of, now)
        return
    today = to_local(now, viewer.zone).date()
    await action_items.take_back(viewer, found.of.item.reference, found.of.update, now, today)
