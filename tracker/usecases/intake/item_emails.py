"""Replies about action items that aren't known to be the owner's: people who direct the item attach or dismiss them.

An attached one changes the item as the owner's own email would have. Nothing is ever sent to the sender. With the
replies to events, they are all emails that wait for a viewer's decision.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from piccolo.columns import Column

from tracker.database import together, writing
from tracker.errors import Conflict, NotFound
from tracker.rules.actions.action_items import ItemEdit, changed_since, may_update_item
from tracker.rules.core.message_types import AnswerOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wall_clock import to_local
from tracker.rules.events.events import DateLine, may_edit
from tracker.rules.intake.emailed_words import STATUSES
from tracker.rules.intake.item_emails import EmailAboutItem, KeptEmail, WaitingEmails, email_to_decide
from tracker.rules.intake.unrecorded_replies import SHOWN_FOR
from tracker.tables.background.intake import calendar_replies as known
from tracker.tables.schema.intake import IncomingWords
from tracker.tables.visible import actions as items
from tracker.tables.visible import intake as visible
from tracker.tables.visible.events import events
from tracker.usecases.actions import action_items
from tracker.usecases.core import audit
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.intake.calendar_replies import BY_EMAIL
from tracker.usecases.intake.emailed_words import emailed_update

ITEM_EMAIL_DECIDED = "Someone has already decided about this email."
NOT_THE_OWNERS = (
    "This email can’t be attached. The person can’t see the item, or isn’t active. Dismiss the email, or update the"
    " item yourself."
)
NO_LONGER_THE_OWNERS = (
    "This can’t be undone because the item was reassigned, or the person can’t see it or is no longer active. You can"
    " still update the item."
)
ITEM_CHANGED = "This can’t be undone. {} You can still update the item."
_DECIDED = (
    IncomingWords.member,
    IncomingWords.status_before,
    IncomingWords.progress_before,
    IncomingWords.blocked_before,
    IncomingWords.decided_at,
    IncomingWords.decided_by,
)
"""What a decision sets."""
WordsColumns = dict[Column | str, Any]


async def kept_item_emails(viewer: Viewer, now: datetime) -> list[EmailAboutItem]:
    """Return the emails of the last weeks about which the viewer may decide; those that wait come first."""
    return await _of_viewer(viewer, await visible.emails_about_items(viewer, now - SHOWN_FOR))


async def waiting_item_emails(viewer: Viewer, now: datetime) -> list[EmailAboutItem]:
    """Return those of these emails that wait."""
    return await _of_viewer(viewer, await visible.emails_about_items_waiting(viewer, now - SHOWN_FOR))


async def attach_item_email(viewer: Viewer, email_id: UUID, now: datetime) -> EmailAboutItem:
    """Change the item as an email says, as its owner's reply. Errors: NotFound, Conflict."""
    async with writing():
        about_item = await _to_decide(viewer, email_id, now)
        owner = await _email_owner(about_item, now)
        if owner is None:
            raise Conflict(NOT_THE_OWNERS)
        before, email = about_item.item, about_item.email
        change = ItemEdit(status=STATUSES.get(email.word), note=email.text)
        today = to_local(now, owner.zone).date()
        of_item = before.reference, change, before.version
        await action_items.save_item_edit(owner, *of_item, now, today, attached_by=viewer)
        recorded: WordsColumns = {
            IncomingWords.outcome: AnswerOutcome.RECORDED,
            IncomingWords.member: owner.member_id,
            IncomingWords.status_before: before.status,
            IncomingWords.progress_before: before.progress,
            IncomingWords.blocked_before: before.blocked_at,
        }
        await _decide(viewer, email_id, now, recorded)
        facts = {"of": owner.member_id}
        await audit.record(viewer.actor, "item_email_attached", "item", before.id, facts, now)
    return about_item


async def dismiss_item_email(viewer: Viewer, email_id: UUID, now: datetime) -> EmailAboutItem:
    """Decide that an email is not the owner's. Errors: NotFound, Conflict."""
    async with writing():
        about_item = await _to_decide(viewer, email_id, now)
        await _decide(viewer, email_id, now)
        await audit.record(viewer.actor, "item_email_dismissed", "item", about_item.item.id, {}, now)
    return about_item


async def undo_item_email_decision(viewer: Viewer, email_id: UUID, now: datetime) -> bool:
    """Let an email wait again, and set what it changed of its item as it was; return whether it waits.

    Errors: NotFound, Conflict when someone has changed the same since.
    """
    async with writing():
        about_item = await _find_email(viewer, email_id, now)
        if about_item.email.decision is None:
            return about_item.waits
        await _undo_update(viewer, about_item, now)
        waits: WordsColumns = {**dict.fromkeys(_DECIDED), IncomingWords.outcome: AnswerOutcome.UNMATCHED}
        await IncomingWords.update(waits).where(IncomingWords.id == email_id)
        await audit.record(viewer.actor, "item_email_undone", "item", about_item.item.id, {}, now)
        return (await _find_email(viewer, email_id, now)).waits


async def _of_viewer(viewer: Viewer, emails: Sequence[KeptEmail]) -> list[EmailAboutItem]:
    seen = await items.visible_items_by_id(viewer, {email.item_id for email in emails})
    about_items = [email_to_decide(viewer, email, seen.get(email.item_id)) for email in emails]
    return [about_item for about_item in about_items if about_item]


async def _find_email(viewer: Viewer, email_id: UUID, now: datetime) -> EmailAboutItem:
    email = await visible.email_about_item_by_id(viewer, now - SHOWN_FOR, email_id)
    about_items = await _of_viewer(viewer, [email]) if email else []
    if not about_items:
        raise NotFound
    return about_items[0]


async def _to_decide(viewer: Viewer, email_id: UUID, now: datetime) -> EmailAboutItem:
    about_item = await _find_email(viewer, email_id, now)
    if about_item.email.decision:
        raise Conflict(ITEM_EMAIL_DECIDED)
    if not about_item.waits:
        raise Conflict(about_item.email.why)
    return about_item


async def _email_owner(about_item: EmailAboutItem, now: datetime) -> Viewer | None:
    """Return the person as a viewer; None when they aren't active, or can't see the item."""
    try:
        owner = replace(await viewer_for(about_item.email.person_id, now), origin=BY_EMAIL)
    except NotFound:
        return None
    return owner if await items.item_by_id(owner, about_item.item.id) else None


async def _undo_update(viewer: Viewer, about_item: EmailAboutItem, now: datetime) -> None:
    made = await known.made_change(about_item.email.id)
    update = emailed_update(made) if made else None
    if update is None:
        return
    owner = await _email_owner(about_item, now)
    if owner is None or not may_update_item(owner, about_item.item):
        raise Conflict(NO_LONGER_THE_OWNERS)
    if since := changed_since(about_item.item, update, await items.item_history(owner, about_item.item)):
        raise Conflict(ITEM_CHANGED.format(since))
    today = to_local(now, owner.zone).date()
    await action_items.undo_own_update(owner, about_item.item.reference, update, now, today, attached_by=viewer)


async def _decide(viewer: Viewer, email_id: UUID, now: datetime, recorded: WordsColumns | None = None) -> None:
    decided: WordsColumns = {IncomingWords.decided_at: now, IncomingWords.decided_by: viewer.member_id}
    await IncomingWords.update(decided | (recorded or {})).where(IncomingWords.id == email_id)


async def waiting_emails(viewer: Viewer, now: datetime) -> WaitingEmails:
    """Return the emails that wait for the viewer."""
    dates, items = await together(_dates(viewer, now), waiting_item_emails(viewer, now))
    return WaitingEmails(dates=dates, items=items)


async def waiting_and_decided_emails(viewer: Viewer, now: datetime) -> WaitingEmails:
    """Return the emails that wait, and those about items whose decision can be undone."""
    dates, items = await together(_dates(viewer, now), kept_item_emails(viewer, now))
    return WaitingEmails(dates=dates, items=items)


async def _dates(viewer: Viewer, now: datetime) -> list[tuple[DateLine, list[datetime]]]:
    found: dict[UUID, list[datetime]] = {}
    for date_id, at in await visible.dates_of_waiting_replies(viewer, now, now - SHOWN_FOR):
        found.setdefault(date_id, []).append(at)
    lines = await events.lines_by_id(viewer, found)
    return [(line, found[line.id]) for line in lines if may_edit(viewer, line)]
