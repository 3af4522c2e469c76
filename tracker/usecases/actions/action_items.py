"""Assigning, updating and reassigning action items: on the site, or by the signed link in an email."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.actions import action_items as rules
from tracker.rules.actions import item_changes as changes
from tracker.rules.actions.action_items import ActionItem, ItemStatus
from tracker.rules.actions.item_changes import Change, NewItem
from tracker.rules.actions.item_undo import Update, changed_since, taken_back
from tracker.rules.core import audiences
from tracker.rules.core.actors import Origin
from tracker.rules.core.audiences import EVERYONE, Visibility
from tracker.rules.core.clean_text import clean
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wording import day
from tracker.rules.events.event import Occurrence
from tracker.tables.schema.actions import action_items as rows
from tracker.tables.visible.actions import action_items
from tracker.tables.visible.events import events
from tracker.usecases.actions import item_messages
from tracker.usecases.actions.item_lists import possible_owners
from tracker.usecases.core import audit
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.roster.known_people import among

TRIES = 50  # references drawn before giving up; of 810,000, so even the second is rare
NOTE_REMOVED = "Note removed later"
UNSEEN = "They can’t see the event this came from, so it can’t be assigned to them."


async def create(viewer: Viewer, new: NewItem, now: datetime, today: date, *, unseen: str = UNSEEN) -> str:
    """Assign a new item, notify its owner, and return its reference; `unseen` refuses an owner who couldn't see it.

    Errors: Invalid by field; NotAllowed for viewers who may assign items only to themselves; NotFound for an origin
    that the viewer may not see.
    """
    title = _checked_title(new, today)
    async with writing():
        origin = await _origin(viewer, new.origin_id)
        if not rules.may_give(viewer, new.owner_id, origin.event if origin else None):
            raise NotAllowed("You can assign action items to yourself. Ask a coordinator to assign them to others.")
        audience = frozenset({EVERYONE}) if origin else _audience(viewer, new)
        owner = await _owner(viewer, new.owner_id, origin, audience, now, unseen=unseen)
        row = await _insert(
            rows.ActionItem(
                id=ids.new_id(),
                uid=ids.new_uid(),
                reference="",
                title=title,
                owner=owner.member_id,
                agency=owner.agency_id,
                due=new.due,
                origin=new.origin_id,
                committee=_committee(new, origin),
                audience=next(iter(audience)),
                status=ItemStatus.OPEN,
                progress=0,
                created_by=viewer.member_id,
                created_at=now,
                changed_at=now,
                closed_at=None,
                version=1,
                sequence=0,
            )
        )
        await _note(viewer, row.id, f"Assigned to {owner.name}, due {day(new.due, today)}", "", now)
        await item_messages.to_new_owner(viewer, row.id, owner.member_id, 1, now)
        await audit.record(viewer.actor, "item_created", "item", row.id, {}, now)
    return str(row.reference)


async def update(
    viewer: Viewer,
    reference: str,
    change: Change,
    expected_version: int,
    now: datetime,
    today: date,
    *,
    attached_by: Viewer | None = None,
) -> ActionItem:
    """Change an item's status, or add a note to it, and return it; an open status reopens a closed item.

    `attached_by` is its author, where they attached an email as the viewer's.
    Errors: NotFound, NotAllowed, Invalid by field, Conflict when it has changed since that version.
    """
    note = clean(change.note, changes.LONGEST_NOTE, "note", multiline=True)
    async with writing():
        item = await _theirs(viewer, reference)
        await _check_version(viewer, item, expected_version, today)
        if change.status is ItemStatus.CANCELED and not rules.may_direct(viewer, item):
            raise NotAllowed("Only the person who assigned it, the committee’s chair, or a coordinator can cancel it.")
        after = changes.changed(item, replace(change, note=note), now, today)
        if after != item:
            await _save(viewer, item, after, note, "item_updated", now, today, attached_by=attached_by)
            await item_messages.about_blocked(viewer, item, after, note, now)
            if after.status is ItemStatus.CANCELED:
                await item_messages.to_earlier_owner(viewer, item, after, now)
    return after


async def complete(viewer: Viewer, reference: str, expected_version: int, now: datetime, today: date) -> ActionItem:
    """Mark an item done and return it; does nothing when it is done already. Errors as in `update`."""
    async with writing():
        item = await _theirs(viewer, reference)
        if item.status is ItemStatus.DONE:
            return item
        return await update(viewer, reference, Change(status=ItemStatus.DONE), expected_version, now, today)


async def reopen(viewer: Viewer, reference: str, expected_version: int, now: datetime, today: date) -> ActionItem:
    """Open a closed item again and return it; does nothing when it is open in that version. Errors as in `update`."""
    async with writing():
        item = await _theirs(viewer, reference)
        if item.is_open and item.version == expected_version:
            return item
        change = Change(status=ItemStatus.OPEN, progress=item.progress_reopened)
        return await update(viewer, reference, change, expected_version, now, today)


async def take_back(
    viewer: Viewer,
    reference: str,
    update: Update,
    now: datetime,
    today: date,
    *,
    said: str = rules.UNDID_EMAIL,
    attached_by: Viewer | None = None,
) -> ActionItem:
    """Undo the viewer's own update: set what it changed as it was, and empty the note that came with it.

    Its history keeps that there was an update, and `said`. One that an attached email made is undone by `attached_by`.
    Errors: NotFound, NotAllowed, Conflict when someone has changed the same since.
    """
    async with writing():
        item = await _theirs(viewer, reference)
        if refusal := changed_since(item, update, await action_items.notes(viewer, item)):
            raise Conflict(refusal)
        note = rows.ActionNote
        is_its = note.source == rules.ATTACHED if attached_by else note.by == viewer.member_id
        theirs = (note.item == item.id) & (note.at == update.at) & is_its
        await note.update({note.text: ""}).where(theirs)
        await note.update({note.change: NOTE_REMOVED}).where(theirs & (note.change == ""))
        after = taken_back(item, update, now)
        await _save(viewer, item, after, said, "item_updated", now, today, attached_by=attached_by)
        await item_messages.about_help(viewer, item, after, "", now)
    return after


async def hand_over(
    viewer: Viewer, reference: str, owner_id: UUID, expected_version: int, now: datetime, today: date
) -> ActionItem:
    """Reassign an open item and notify its new and its earlier owner, whose links stop working.

    Errors: NotFound, NotAllowed, Conflict, Invalid(owner) for a person who may not see it.
    """
    async with writing():
        item = await _theirs(viewer, reference)
        if not rules.may_direct(viewer, item):
            raise NotAllowed(
                "Only the person who assigned it, the committee’s chair, or a coordinator can reassign it."
            )
        await _check_version(viewer, item, expected_version, today)
        if not item.is_open:
            raise Conflict("This action item is closed. Reopen it before you reassign it.")
        if item.owner_id == owner_id:
            return item
        origin = await _origin(viewer, item.origin_id)
        audience = audiences.of_event(Visibility(item.visibility), item.committee_id, ())
        owner = await _owner(viewer, owner_id, origin, audience, now)
        after = await transfer(viewer, item, owner, now, today)
        await item_messages.to_earlier_owner(viewer, item, after, now)
        return after


async def transfer(viewer: Viewer, item: ActionItem, owner: Viewer, now: datetime, today: date) -> ActionItem:
    """Assign an open item to a person who may see it, and notify them; the caller is inside `writing()`.

    What blocked its earlier owner need not block the new one: a blocked item is open again.
    """
    after = replace(
        item,
        owner_id=owner.member_id,
        owner=owner.name,
        owner_email=owner.email,
        agency_id=owner.agency_id,
        agency=owner.agency,
        status=ItemStatus.OPEN if item.status is ItemStatus.BLOCKED else item.status,
        blocked_at=None,
        version=item.version + 1,
        sequence=item.sequence + 1,
        changed_at=now,
    )
    await _save(viewer, item, after, "", "item_handed_over", now, today)
    await item_messages.to_new_owner(viewer, item.id, owner.member_id, after.version, now)
    return after


async def drop(viewer: Viewer, item_id: UUID, now: datetime) -> None:
    """Cancel an item whose owner leaves and that no one else may see; the caller is inside `writing()`."""
    changed: dict[Any, Any] = {
        rows.ActionItem.status: ItemStatus.CANCELED,
        rows.ActionItem.closed_at: now,
        rows.ActionItem.blocked_at: None,
        rows.ActionItem.changed_at: now,
        rows.ActionItem.version: rows.ActionItem.version + 1,
    }
    await rows.ActionItem.update(changed).where(rows.ActionItem.id == item_id)
    await _note(viewer, item_id, "Canceled because its owner left and no one else can see it", "", now)
    await audit.record(viewer.actor, "item_updated", "item", item_id, {"status": "canceled"}, now)


async def item_by_link(item_id: UUID, owner_id: UUID, now: datetime, origin: Origin) -> tuple[Viewer, ActionItem]:
    """Return the person behind a signed link as viewer, coming from `origin`, and the item, open or closed.

    Errors: the same NotFound when the owner is not active, no longer owns the item, or may not see it.
    """
    viewer = replace(await viewer_for(owner_id, now), origin=origin)
    item = await action_items.item_by_id(viewer, item_id)
    if item is None or item.owner_id != owner_id:
        raise NotFound
    return viewer, item


def _checked_title(new: NewItem, today: date) -> str:
    wrong: dict[str, str] = {}
    title = ""
    try:
        title = clean(new.title, changes.LONGEST_TITLE, "title")
        if not title:
            wrong["title"] = changes.NO_TITLE
    except Invalid as too_long:
        wrong |= too_long.fields
    try:
        changes.check_due(new.due, today)
    except Invalid as odd:
        wrong |= odd.fields
    if wrong:
        raise Invalid(**wrong)
    return title


async def _theirs(viewer: Viewer, reference: str) -> ActionItem:
    item = await action_items.item(viewer, reference)
    if item is None:
        raise NotFound
    if not rules.may_update(viewer, item):
        raise NotAllowed(
            "Only its owner, the person who assigned it, the committee’s chair, or a coordinator can update it."
        )
    return item


async def _check_version(viewer: Viewer, item: ActionItem, expected: int, today: date) -> None:
    """Refuse a change of an earlier version, and say what happened since: each version has its line of history."""
    if item.version == expected:
        return
    since = (await action_items.notes(viewer, item))[: max(item.version - expected, 0)]
    said = changes.happened(since, viewer.zone, today)
    raise Conflict(said or "Someone updated this action item while you were working on it.")


async def _origin(viewer: Viewer, origin_id: UUID | None) -> Occurrence | None:
    if origin_id is None:
        return None
    origin = await events.date_by_id(viewer, origin_id)
    if origin is None:
        raise Invalid(origin="Choose a date from the list.")
    return origin


def _audience(viewer: Viewer, new: NewItem) -> frozenset[str]:
    held = audiences.of_event(new.seen_by, new.committee_id, ()) & viewer.audiences
    if not held:
        raise Invalid(seen_by="Choose who can see it from the list.")
    return held


async def _owner(
    viewer: Viewer,
    owner_id: UUID,
    origin: Occurrence | None,
    audience: frozenset[str],
    now: datetime,
    *,
    unseen: str = UNSEEN,
) -> Viewer:
    if not await among(await possible_owners(viewer, origin), [owner_id]):
        raise Invalid(owner="Choose a person from the list.")
    owner = await viewer_for(owner_id, now)
    sees = await events.date_by_id(owner, origin.id) if origin else audience & owner.audiences
    if not sees:
        raise Invalid(owner=unseen)
    return owner


def _committee(new: NewItem, origin: Occurrence | None) -> UUID | None:
    return new.committee_id or (origin.event.committee_id if origin else None)


async def _insert(row: rows.ActionItem) -> rows.ActionItem:
    for _ in range(TRIES):
        row.reference = ids.reference("AI")
        if (
            await rows.ActionItem.insert(row)
            .on_conflict(target=rows.ActionItem.reference, action="DO NOTHING")
            .returning(rows.ActionItem.id)
        ):
            return row
    raise Conflict("We couldn’t number this item. Try again.")


async def _save(
    viewer: Viewer,
    before: ActionItem,
    after: ActionItem,
    note: str,
    verb: str,
    now: datetime,
    today: date,
    *,
    attached_by: Viewer | None = None,
) -> None:
    by = attached_by or viewer
    values: dict[Any, Any] = {
        "owner": after.owner_id,
        "agency": after.agency_id,
        "due": after.due,
        "status": after.status,
        "progress": after.progress,
        "changed_at": after.changed_at,
        "closed_at": after.closed_at,
        "blocked_at": after.blocked_at,
        "version": after.version,
        "sequence": after.sequence,
    }
    await rows.ActionItem.update(values).where(
        rows.ActionItem.id == before.id, rows.ActionItem.version == before.version
    )
    await _note(by, before.id, changes.words(before, after, today), note, now, is_attached=attached_by is not None)
    facts = {"status": after.status, "version": after.version}
    await audit.record(by.actor, verb, "item", before.id, facts, now)


async def _note(
    viewer: Viewer, item_id: UUID, change: str, text: str, now: datetime, *, is_attached: bool = False
) -> None:
    source = rules.ATTACHED if is_attached else viewer.origin.channel
    await rows.ActionNote.insert(
        rows.ActionNote(
            id=ids.new_id(), item=item_id, at=now, by=viewer.member_id, source=source, change=change, text=text
        )
    )
