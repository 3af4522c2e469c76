"""Replies about action items that aren't known to be the owner's: people who direct the item attach or dismiss them.

An attached one changes the item as the owner's own email would have. Nothing is ever sent to the sender.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from piccolo.columns import Column

from tracker.database import writing
from tracker.errors import Conflict, NotFound
from tracker.rules.actions.action_items import may_update
from tracker.rules.actions.item_changes import Change
from tracker.rules.actions.item_undo import changed_since
from tracker.rules.core.answers import Taken
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wall_clock import to_local
from tracker.rules.intake.item_emails import ItemEmail, KeptEmail, for_decision
from tracker.rules.intake.unrecorded import SHOWN_FOR
from tracker.rules.intake.words import STATUSES
from tracker.tables.background.intake import words as known
from tracker.tables.schema.intake.words import IncomingWords
from tracker.tables.visible.actions import action_items as items
from tracker.tables.visible.intake import item_emails as visible
from tracker.usecases.actions import action_items
from tracker.usecases.core import audit
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.intake.emailed_updates import emailed_update
from tracker.usecases.intake.replies import BY_EMAIL

DECIDED = "Someone has already decided about this email."
NOT_THEIRS = (
    "This email can’t be attached. The person can’t see the item, or isn’t active. Dismiss the email, or update the"
    " item yourself."
)
NO_LONGER_THEIRS = (
    "This can’t be undone because the item was reassigned, or the person can’t see it or is no longer active. You can"
    " still update the item."
)
CHANGED = "This can’t be undone. {} You can still update the item."

Columns = dict[Column | str, Any]


async def kept(viewer: Viewer, now: datetime) -> list[ItemEmail]:
    """Return the emails of the last weeks about which the viewer may decide; those that wait come first."""
    return await _of_viewer(viewer, await visible.kept(viewer, now - SHOWN_FOR))


async def waiting(viewer: Viewer, now: datetime) -> list[ItemEmail]:
    """Return those of these emails that wait."""
    return await _of_viewer(viewer, await visible.waiting(viewer, now - SHOWN_FOR))


async def attach(viewer: Viewer, email_id: UUID, now: datetime) -> ItemEmail:
    """Change the item as an email says, as its owner's reply. Errors: NotFound, Conflict."""
    async with writing():
        found = await _to_decide(viewer, email_id, now)
        owner = await _owner(found, now)
        if owner is None:
            raise Conflict(NOT_THEIRS)
        before, email = found.item, found.email
        change = Change(status=STATUSES.get(email.word), note=email.text)
        today = to_local(now, owner.zone).date()
        of_item = before.reference, change, before.version
        await action_items.update(owner, *of_item, now, today, attached_by=viewer)
        recorded: Columns = {
            IncomingWords.outcome: Taken.RECORDED,
            IncomingWords.member: owner.member_id,
            IncomingWords.status_before: before.status,
            IncomingWords.progress_before: before.progress,
            IncomingWords.blocked_before: before.blocked_at,
        }
        await _decide(viewer, email_id, now, recorded)
        facts = {"of": owner.member_id}
        await audit.record(viewer.actor, "item_email_attached", "item", before.id, facts, now)
    return found


async def dismiss(viewer: Viewer, email_id: UUID, now: datetime) -> ItemEmail:
    """Decide that an email is not the owner's. Errors: NotFound, Conflict."""
    async with writing():
        found = await _to_decide(viewer, email_id, now)
        await _decide(viewer, email_id, now)
        await audit.record(viewer.actor, "item_email_dismissed", "item", found.item.id, {}, now)
    return found


async def undo(viewer: Viewer, email_id: UUID, now: datetime) -> bool:
    """Let an email wait again, and set what it changed of its item as it was; return whether it waits.

    Errors: NotFound, Conflict when someone has changed the same since.
    """
    async with writing():
        found = await _found(viewer, email_id, now)
        if found.email.decision is None:
            return found.waits
        await _take_back(viewer, found, now)
        waits: Columns = {**dict.fromkeys(_DECIDED), IncomingWords.outcome: Taken.UNMATCHED}
        await IncomingWords.update(waits).where(IncomingWords.id == email_id)
        await audit.record(viewer.actor, "item_email_undone", "item", found.item.id, {}, now)
        return (await _found(viewer, email_id, now)).waits


_DECIDED = (
    IncomingWords.member,
    IncomingWords.status_before,
    IncomingWords.progress_before,
    IncomingWords.blocked_before,
    IncomingWords.decided_at,
    IncomingWords.decided_by,
)
"""What a decision sets."""


async def _of_viewer(viewer: Viewer, emails: Sequence[KeptEmail]) -> list[ItemEmail]:
    seen = await items.items_by_id(viewer, {one.item_id for one in emails})
    found = [for_decision(viewer, one, seen.get(one.item_id)) for one in emails]
    return [one for one in found if one]


async def _found(viewer: Viewer, email_id: UUID, now: datetime) -> ItemEmail:
    email = await visible.kept_by_id(viewer, now - SHOWN_FOR, email_id)
    found = await _of_viewer(viewer, [email]) if email else []
    if not found:
        raise NotFound
    return found[0]


async def _to_decide(viewer: Viewer, email_id: UUID, now: datetime) -> ItemEmail:
    found = await _found(viewer, email_id, now)
    if found.email.decision:
        raise Conflict(DECIDED)
    if not found.waits:
        raise Conflict(found.email.why)
    return found


async def _owner(found: ItemEmail, now: datetime) -> Viewer | None:
    """Return the person as a viewer; None when they aren't active, or can't see the item."""
    try:
        owner = replace(await viewer_for(found.email.person_id, now), origin=BY_EMAIL)
    except NotFound:
        return None
    return owner if await items.item_by_id(owner, found.item.id) else None


async def _take_back(viewer: Viewer, found: ItemEmail, now: datetime) -> None:
    made = await known.made_change(found.email.id)
    update = emailed_update(made) if made else None
    if update is None:
        return
    owner = await _owner(found, now)
    if owner is None or not may_update(owner, found.item):
        raise Conflict(NO_LONGER_THEIRS)
    if since := changed_since(found.item, update, await items.notes(owner, found.item)):
        raise Conflict(CHANGED.format(since))
    today = to_local(now, owner.zone).date()
    await action_items.take_back(owner, found.item.reference, update, now, today, attached_by=viewer)


async def _decide(viewer: Viewer, email_id: UUID, now: datetime, recorded: Columns | None = None) -> None:
    decided: Columns = {IncomingWords.decided_at: now, IncomingWords.decided_by: viewer.member_id}
    await IncomingWords.update(decided | (recorded or {})).where(IncomingWords.id == email_id)
