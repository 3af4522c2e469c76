"""Assigning, updating and reassigning action items: on the site, or by the signed link in an email.

A change queues emails to the item's new owner, and about an item that is blocked.
"""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules import actions as rules
from tracker.rules.actions import ActionItem, ItemEdit, ItemStatus, NewItem, StatusUpdate, changed_since, undo_update
from tracker.rules.attendance import named_participants
from tracker.rules.core import viewers
from tracker.rules.core.clean_text import clean
from tracker.rules.core.message_types import ItemAssigned, ItemBlocked, ItemNoted, ItemWithdrawn
from tracker.rules.core.outbox import NewMessage
from tracker.rules.core.viewers import EVERYONE, Origin, Role, Viewer, Visibility
from tracker.rules.core.wording import short_day
from tracker.rules.events.events import Occurrence
from tracker.tables.background.events.events import audiences_of
from tracker.tables.schema import actions as rows
from tracker.tables.schema.roster import MemberRole
from tracker.tables.visible import actions, attendance
from tracker.tables.visible.events import events
from tracker.usecases.core import audit, outbox
from tracker.usecases.core.viewers import viewer_for, viewers_for
from tracker.usecases.roster.known_people import Candidates, active_among, candidates_among, either, people_to_invite

TRIES = 50  # references drawn before giving up; of 810,000, so even the second is rare
NOTE_REMOVED = "Note removed later"
UNSEEN = "They can’t see the event this came from, so it can’t be assigned to them."
SECOND_THOUGHTS = timedelta(minutes=1)
"""How long an email about a blocked item waits: one that is unblocked within that time is not announced."""


async def create_item(viewer: Viewer, new: NewItem, now: datetime, today: date, *, unseen: str = UNSEEN) -> str:
    """Assign a new item, notify its owner, and return its reference; `unseen` refuses an owner who couldn't see it.

    Errors: Invalid by field; NotAllowed for viewers who may assign items only to themselves; NotFound for an origin
    that the viewer may not see.
    """
    title = _checked_title(new, today)
    async with writing():
        origin = await _origin_date(viewer, new.origin_id)
        if not rules.may_assign_to(viewer, new.owner_id, origin.event if origin else None):
            raise NotAllowed("You can assign action items to yourself. Ask a coordinator to assign them to others.")
        held = viewers.event_audiences(new.seen_by, new.committee_id, ()) & viewer.audiences
        audience = frozenset({EVERYONE}) if origin else held
        if not audience:
            raise Invalid(seen_by="Choose who can see it from the list.")
        owner = await _new_owner(viewer, new.owner_id, origin, audience, now, unseen=unseen)
        row = await _insert_item(
            rows.ActionItem(
                id=ids.new_id(),
                uid=ids.new_uid(),
                reference="",
                title=title,
                owner=owner.member_id,
                agency=owner.agency_id,
                due=new.due,
                origin=new.origin_id,
                committee=new.committee_id or (origin.event.committee_id if origin else None),
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
        await _add_note(viewer, row.id, f"Assigned to {owner.name}, due {short_day(new.due, today)}", "", now)
        await _notify_new_owner(viewer, row.id, owner.member_id, 1, now)
        await audit.record(viewer.actor, "item_created", "item", row.id, {}, now)
    return str(row.reference)


async def save_item_edit(
    viewer: Viewer,
    reference: str,
    change: ItemEdit,
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
    note = clean(change.note, rules.LONGEST_NOTE, "note", multiline=True)
    async with writing():
        item = await _item_to_update(viewer, reference)
        await _check_version(viewer, item, expected_version, today)
        if change.status is ItemStatus.CANCELED and not rules.may_direct_item(viewer, item):
            raise NotAllowed("Only the person who assigned it, the committee’s chair, or a coordinator can cancel it.")
        after = rules.edited_item(item, replace(change, note=note), now, today)
        if after != item:
            await _save_item(viewer, item, after, note, "item_updated", now, today, attached_by=attached_by)
            if after.blocked_at is not None and item.blocked_at is None:
                await _call_for_help(viewer, after, now)
            else:
                await _notify_about_help(viewer, item, after, note, now)
            if after.status is ItemStatus.CANCELED:
                await _notify_earlier_owner(viewer, item, after, now)
    return after


async def mark_item_done(
    viewer: Viewer, reference: str, expected_version: int, now: datetime, today: date
) -> ActionItem:
    """Mark an item done and return it; does nothing when it is done already. Errors as in `save_item_edit`."""
    async with writing():
        item = await _item_to_update(viewer, reference)
        if item.status is ItemStatus.DONE:
            return item
        return await save_item_edit(viewer, reference, ItemEdit(status=ItemStatus.DONE), expected_version, now, today)


async def reopen_item(viewer: Viewer, reference: str, expected_version: int, now: datetime, today: date) -> ActionItem:
    """Open a closed item again and return it; does nothing when it is open in that version.

    Errors as in `save_item_edit`.
    """
    async with writing():
        item = await _item_to_update(viewer, reference)
        if item.is_open and item.version == expected_version:
            return item
        change = ItemEdit(status=ItemStatus.OPEN, progress=item.progress_reopened)
        return await save_item_edit(viewer, reference, change, expected_version, now, today)


async def undo_own_update(
    viewer: Viewer,
    reference: str,
    update: StatusUpdate,
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
        item = await _item_to_update(viewer, reference)
        if refusal := changed_since(item, update, await actions.item_history(viewer, item)):
            raise Conflict(refusal)
        note = rows.ActionNote
        is_by_them = note.source == rules.ATTACHED if attached_by else note.by == viewer.member_id
        condition = (note.item == item.id) & (note.at == update.at) & is_by_them
        await note.update({note.text: ""}).where(condition)
        await note.update({note.change: NOTE_REMOVED}).where(condition & (note.change == ""))
        after = undo_update(item, update, now)
        await _save_item(viewer, item, after, said, "item_updated", now, today, attached_by=attached_by)
        await _notify_about_help(viewer, item, after, "", now)
    return after


async def reassign_item(
    viewer: Viewer, reference: str, owner_id: UUID, expected_version: int, now: datetime, today: date
) -> ActionItem:
    """Reassign an open item and notify its new and its earlier owner, whose links stop working.

    Errors: NotFound, NotAllowed, Conflict, Invalid(owner) for a person who may not see it.
    """
    async with writing():
        item = await _item_to_update(viewer, reference)
        if not rules.may_direct_item(viewer, item):
            raise NotAllowed(
                "Only the person who assigned it, the committee’s chair, or a coordinator can reassign it."
            )
        await _check_version(viewer, item, expected_version, today)
        if not item.is_open:
            raise Conflict("This action item is closed. Reopen it before you reassign it.")
        if item.owner_id == owner_id:
            return item
        origin = await _origin_date(viewer, item.origin_id)
        audience = viewers.event_audiences(Visibility(item.visibility), item.committee_id, ())
        owner = await _new_owner(viewer, owner_id, origin, audience, now)
        after = await transfer_item(viewer, item, owner, now, today)
        await _notify_earlier_owner(viewer, item, after, now)
        return after


async def transfer_item(viewer: Viewer, item: ActionItem, owner: Viewer, now: datetime, today: date) -> ActionItem:
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
    await _save_item(viewer, item, after, "", "item_handed_over", now, today)
    await _notify_new_owner(viewer, item.id, owner.member_id, after.version, now)
    return after


async def cancel_item(viewer: Viewer, item_id: UUID, now: datetime) -> None:
    """Cancel an item whose owner leaves and that no one else may see; the caller is inside `writing()`."""
    changed: dict[Any, Any] = {
        rows.ActionItem.status: ItemStatus.CANCELED,
        rows.ActionItem.closed_at: now,
        rows.ActionItem.blocked_at: None,
        rows.ActionItem.changed_at: now,
        rows.ActionItem.version: rows.ActionItem.version + 1,
    }
    await rows.ActionItem.update(changed).where(rows.ActionItem.id == item_id)
    await _add_note(viewer, item_id, "Canceled because its owner left and no one else can see it", "", now)
    await audit.record(viewer.actor, "item_updated", "item", item_id, {"status": "canceled"}, now)


async def item_by_link(item_id: UUID, owner_id: UUID, now: datetime, origin: Origin) -> tuple[Viewer, ActionItem]:
    """Return the person behind a signed link as viewer, coming from `origin`, and the item, open or closed.

    Errors: the same NotFound when the owner is not active, no longer owns the item, or may not see it.
    """
    viewer = replace(await viewer_for(owner_id, now), origin=origin)
    item = await actions.item_by_id(viewer, item_id)
    if item is None or item.owner_id != owner_id:
        raise NotFound
    return viewer, item


def _checked_title(new: NewItem, today: date) -> str:
    wrong: dict[str, str] = {}
    title = ""
    try:
        title = clean(new.title, rules.LONGEST_TITLE, "title")
        if not title:
            wrong["title"] = rules.NO_TITLE
    except Invalid as too_long:
        wrong |= too_long.fields
    try:
        rules.check_item_due(new.due, today)
    except Invalid as odd:
        wrong |= odd.fields
    if wrong:
        raise Invalid(**wrong)
    return title


async def _item_to_update(viewer: Viewer, reference: str) -> ActionItem:
    item = await actions.item_by_reference(viewer, reference)
    if item is None:
        raise NotFound
    if not rules.may_update_item(viewer, item):
        raise NotAllowed(
            "Only its owner, the person who assigned it, the committee’s chair, or a coordinator can update it."
        )
    return item


async def _check_version(viewer: Viewer, item: ActionItem, expected: int, today: date) -> None:
    """Refuse a change of an earlier version, and say what happened since: each version has its line of history."""
    if item.version == expected:
        return
    since = (await actions.item_history(viewer, item))[: max(item.version - expected, 0)]
    said = rules.history_words(since, viewer.zone, today)
    raise Conflict(said or "Someone updated this action item while you were working on it.")


async def _origin_date(viewer: Viewer, origin_id: UUID | None) -> Occurrence | None:
    if origin_id is None:
        return None
    origin = await events.date_by_id(viewer, origin_id)
    if origin is None:
        raise Invalid(origin="Choose a date from the list.")
    return origin


async def _new_owner(
    viewer: Viewer,
    owner_id: UUID,
    origin: Occurrence | None,
    audience: frozenset[str],
    now: datetime,
    *,
    unseen: str = UNSEEN,
) -> Viewer:
    if not await candidates_among(await possible_owners(viewer, origin), [owner_id]):
        raise Invalid(owner="Choose a person from the list.")
    owner = await viewer_for(owner_id, now)
    sees = await events.date_by_id(owner, origin.id) if origin else audience & owner.audiences
    if not sees:
        raise Invalid(owner=unseen)
    return owner


async def _insert_item(row: rows.ActionItem) -> rows.ActionItem:
    for _ in range(TRIES):
        row.reference = ids.reference("AI")
        if (
            await rows.ActionItem.insert(row)
            .on_conflict(target=rows.ActionItem.reference, action="DO NOTHING")
            .returning(rows.ActionItem.id)
        ):
            return row
    raise Conflict("We couldn’t number this item. Try again.")


async def _save_item(
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
    await _add_note(
        by, before.id, rules.edit_words(before, after, today), note, now, is_attached=attached_by is not None
    )
    facts = {"status": after.status, "version": after.version}
    await audit.record(by.actor, verb, "item", before.id, facts, now)


async def _add_note(
    viewer: Viewer, item_id: UUID, change: str, text: str, now: datetime, *, is_attached: bool = False
) -> None:
    source = rules.ATTACHED if is_attached else viewer.origin.channel
    await rows.ActionNote.insert(
        rows.ActionNote(
            id=ids.new_id(), item=item_id, at=now, by=viewer.member_id, source=source, change=change, text=text
        )
    )


async def _notify_new_owner(viewer: Viewer, item_id: UUID, owner_id: UUID, version: int, now: datetime) -> None:
    """Notify a new owner, unless they assigned the item to themselves; the caller is inside `writing()`."""
    if owner_id != viewer.member_id:
        key = f"item_assigned:{item_id}:{owner_id}:{version}"
        draft = NewMessage(content=ItemAssigned(), recipient_id=owner_id, key=key, item_id=item_id)
        await outbox.enqueue_all([draft], now)


async def _notify_earlier_owner(viewer: Viewer, before: ActionItem, after: ActionItem, now: datetime) -> None:
    """Notify the owner of an item that another person canceled or reassigned; the caller is inside `writing()`."""
    if before.owner_id != viewer.member_id and before.is_open:
        key = f"item_withdrawn:{after.id}:{before.owner_id}:{after.version}"
        draft = NewMessage(content=ItemWithdrawn(), recipient_id=before.owner_id, key=key, item_id=after.id)
        await outbox.enqueue_all([draft], now)


async def _notify_about_help(viewer: Viewer, before: ActionItem, after: ActionItem, note: str, now: datetime) -> None:
    """Notify the owner of a blocked item when another person helps; the caller is inside `writing()`."""
    if rules.is_helping(viewer.member_id, before, after, note):
        key = f"item_noted:{after.id}:{after.version}"
        draft = NewMessage(content=ItemNoted(at=now), recipient_id=after.owner_id, key=key, item_id=after.id)
        await outbox.enqueue_all([draft], now)


async def _call_for_help(viewer: Viewer, item: ActionItem, now: datetime) -> None:
    """Notify who can reassign a blocked item and may see it: its assigner, the committee's chair, coordinators."""
    roles = MemberRole.role.is_in([Role.COORDINATOR.value, Role.COMMITTEE_CHAIR.value])
    named = await MemberRole.select(MemberRole.member).where(roles).output(as_list=True)
    people = await viewers_for({item.created_by_id, *named}, now)
    audiences = viewers.event_audiences(Visibility(item.visibility), item.committee_id, ())
    if item.origin_event_id is not None:
        audiences = frozenset(await audiences_of(item.origin_event_id))
    drafts = [
        NewMessage(
            content=ItemBlocked(since=now),
            recipient_id=member_id,
            key=f"item_blocked:{item.id}:{member_id}:{item.version}",
            item_id=item.id,
            due=now + SECOND_THOUGHTS,
        )
        for member_id in sorted(people.keys() - {viewer.member_id})
        if rules.may_direct_item(people[member_id], item) and people[member_id].audiences & audiences
    ]
    await outbox.enqueue_all(drafts, now)


async def possible_owners(viewer: Viewer, origin: Occurrence | None) -> Candidates:
    """Return whom the viewer may name as owner: people they know, or a named event's invitees.

    Whether the owner may see the item is checked again when it is assigned.
    """
    if origin is None:
        return people_to_invite(viewer) if viewer.may_schedule else active_among({viewer.member_id})
    named = named_participants(viewer, origin.event, await attendance.participants(viewer, origin))
    listed = active_among({viewer.member_id, origin.event.lead_id} | {participant.member_id for participant in named})
    return (
        either(listed, people_to_invite(viewer)) if viewer.may_schedule and not origin.event.is_restricted else listed
    )
