"""Emails about action items, and the undo of what an email changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from piccolo.columns import Column

from tracker.database import together, writing
from tracker.errors import Conflict, Invalid, NotFound
from tracker.rules.actions import ActionItem, ItemEdit, StatusUpdate, changed_since, may_update_item, undo_update
from tracker.rules.core.message_types import AnswerOutcome
from tracker.rules.core.viewers import Origin, Viewer
from tracker.rules.core.wording import to_local
from tracker.rules.events.events import DateLine, Event, Occurrence, may_edit
from tracker.rules.events.replies import ReplyGiven, ReplySource, ReplyValue, effective_reply
from tracker.rules.intake.calendar_replies import SHOWN_FOR, UnrecordedReply
from tracker.rules.intake.emailed_words import STATUSES
from tracker.rules.intake.item_emails import EmailAboutItem, KeptEmail, WaitingEmails, may_decide_emails
from tracker.tables.background import intake as known
from tracker.tables.background.events import invitees
from tracker.tables.background.intake import EmailedReply, MadeChange
from tracker.tables.schema.intake import IncomingWords
from tracker.tables.visible import actions as items
from tracker.tables.visible import intake as visible
from tracker.tables.visible.events import events
from tracker.tables.visible.events import replies as replies_seen
from tracker.usecases.actions import action_items
from tracker.usecases.core import audit
from tracker.usecases.core.viewers import active_viewer, viewer_for
from tracker.usecases.events import recorded_replies, replies, substitutes
from tracker.usecases.events.recorded_replies import SubstituteRefusal
from tracker.usecases.intake.calendar_replies import BY_EMAIL
from tracker.usecases.intake.emailed_words import emailed_update

DECIDED = "Someone has already decided about this email."
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
    return await _of_viewer(viewer, await visible.emails_about_items(viewer, now - SHOWN_FOR, only_waiting=True))


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
        await action_items.save_item_edit(
            owner, before.reference, change, before.version, now, today, attached_by=viewer
        )
        recorded: WordsColumns = {
            IncomingWords.outcome: AnswerOutcome.RECORDED,
            IncomingWords.member: owner.member_id,
            IncomingWords.status_before: before.status,
            IncomingWords.progress_before: before.progress,
            IncomingWords.blocked_before: before.blocked_at,
        }
        await _decide(viewer, email_id, now, recorded)
        await audit.record(viewer.actor, "item_email_attached", "item", before.id, {"of": owner.member_id}, now)
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
    return [
        EmailAboutItem(email=email, item=item)
        for email in emails
        if (item := seen.get(email.item_id)) and may_decide_emails(viewer, item)
    ]


async def _find_email(viewer: Viewer, email_id: UUID, now: datetime) -> EmailAboutItem:
    email = await visible.email_about_item_by_id(viewer, now - SHOWN_FOR, email_id)
    about_items = await _of_viewer(viewer, [email]) if email else []
    if not about_items:
        raise NotFound
    return about_items[0]


async def _to_decide(viewer: Viewer, email_id: UUID, now: datetime) -> EmailAboutItem:
    about_item = await _find_email(viewer, email_id, now)
    check_waits(about_item.email)
    return about_item


def check_waits(email: KeptEmail | UnrecordedReply) -> None:
    """Refuse to decide about an email twice, or about one that is settled. Errors: Conflict."""
    if email.decision:
        raise Conflict(DECIDED)
    if not email.waits:
        raise Conflict(email.why)


async def _email_owner(about_item: EmailAboutItem, now: datetime) -> Viewer | None:
    """Return the person as a viewer; None when they aren't active, or can't see the item."""
    person = await active_viewer(about_item.email.person_id, now)
    is_seen = person and await items.item_by_id(person, about_item.item.id)
    return replace(person, origin=BY_EMAIL) if person and is_seen else None


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
    came: dict[UUID, list[datetime]] = {}
    for date_id, at in await visible.dates_of_waiting_replies(viewer, now, now - SHOWN_FOR):
        came.setdefault(date_id, []).append(at)
    lines = await events.lines_by_id(viewer, came)
    return [(line, came[line.id]) for line in lines if may_edit(viewer, line)]


CHANGED_SINCE = "This was changed after your email, so it can’t be undone here."
NO_REPLY = ReplyGiven(ReplyValue.NEEDS_ACTION)
NO_LONGER = "The person who was coming in your place can no longer come. Reply on the event’s page."


class UndoneItem(Struct, frozen=True, kw_only=True):
    """An action item as it is now, and as it is after what an email changed is undone."""

    item: ActionItem
    update: StatusUpdate
    becomes: ActionItem
    since: str | None
    """What someone has changed after the email had, in a sentence; None = nothing."""


class EarlierReply(Struct, frozen=True, kw_only=True):
    """The reply that an email replaced, and where it belongs."""

    invitation_id: UUID
    date: Occurrence
    """Of a series as a whole, the next date."""
    for_series: bool
    value: ReplyValue
    """What counts now."""
    given_at: datetime | None
    """When that was given; None where no reply counts."""
    earlier: ReplyGiven
    sends: str
    """The person who comes in the viewer's place again with the earlier reply, with the agency; empty for no one."""
    replied_at: datetime | None
    """When the earlier reply was given; None without one."""
    is_current: bool
    """Whether the email's reply is the last one, and its date is still ahead."""
    can_send: bool = True
    """Whether the person who `sends` names, if anyone, can still come."""


class Undoable(Struct, frozen=True, kw_only=True):
    """What the link shows: the change, and the item, the reply, or the No of a substitute, as it is now."""

    viewer: Viewer
    made: MadeChange
    undone: UndoneItem | None = None
    """The action item that the email changed, if it changed one."""
    reply: EarlierReply | None = None
    """The reply that the email replaced, if it did."""
    refusal: SubstituteRefusal | None = None
    """The writer's No as a substitute, if the email gave it."""
    is_current: bool
    """Whether all that the email changed is still as it left it."""

    @property
    def item(self) -> ActionItem | None:
        """Return that item as it is now."""
        return self.undone.item if self.undone else None

    @property
    def date(self) -> Occurrence | None:
        """Return the date of that reply, or that No."""
        given = self.reply or self.refusal
        return given.date if given else None

    @property
    def can_undo(self) -> bool:
        """Return whether it can be undone: it is current, and no one would have to come who can't."""
        can_come = self.reply.can_send if self.reply else not self.refusal or self.refusal.can_come
        return self.is_current and can_come

    @property
    def is_restricted(self) -> bool:
        """Return whether only named people may know what it is about."""
        return self.date.event.is_restricted if self.date else self.item is not None and self.item.is_restricted


async def undoable_by_link(words_id: UUID, now: datetime, origin: Origin) -> Undoable:
    """Return what a link undoes, with the person who wrote the email as viewer, coming from `origin`.

    Errors: the same NotFound when the person is not active, or may not see or change it.
    """
    made = await known.made_change(words_id)
    if made is None:
        raise NotFound
    viewer = replace(await viewer_for(made.member_id, now), origin=origin)
    if made.reply is not None and made.is_refusal:
        date = await events.date_by_id(viewer, made.reply.occurrence_id) if made.reply.occurrence_id else None
        if date is None:
            raise NotFound
        refusal = await recorded_replies.refusal_given_at(date, made.member_id, made.at, now)
        return Undoable(viewer=viewer, made=made, refusal=refusal, is_current=refusal.is_current(now))
    if made.reply is not None:
        reply = await replaced_reply(viewer, made.reply, now)
        return Undoable(viewer=viewer, made=made, reply=reply, is_current=reply.is_current)
    item = await items.item_by_id(viewer, made.item_id) if made.item_id else None
    update = emailed_update(made)
    if item is None or update is None or not may_update_item(viewer, item):
        raise NotFound
    since = changed_since(item, update, await items.item_history(viewer, item))
    undone = UndoneItem(item=item, update=update, becomes=undo_update(item, update, now), since=since)
    return Undoable(viewer=viewer, made=made, undone=undone, is_current=since is None)


async def undo_emailed_change(words_id: UUID, now: datetime, origin: Origin) -> None:
    """Set what the email changed as it was before; does nothing when that was done.

    Errors: NotFound as in `undoable_by_link`, Conflict when that has changed since, or its earlier substitute can't
    come.
    """
    async with writing():
        undoable = await undoable_by_link(words_id, now, origin)
        if undoable.made.undone_at is not None:
            return
        if not undoable.is_current:
            raise Conflict((undoable.undone and undoable.undone.since) or CHANGED_SINCE)
        viewer = undoable.viewer
        if undoable.reply:
            await restore_earlier_reply(viewer, undoable.reply, now)
        elif undoable.refusal:
            await recorded_replies.restore_substitute(viewer, undoable.refusal, now)
        elif undoable.undone:
            item, update = undoable.undone.item, undoable.undone.update
            today = to_local(now, viewer.zone).date()
            await action_items.undo_own_update(viewer, item.reference, update, now, today)
        await IncomingWords.update({IncomingWords.undone_at: now}).where(IncomingWords.id == words_id)


async def replaced_reply(viewer: Viewer, made: EmailedReply, now: datetime) -> EarlierReply:
    """Return what a reply replaced. Errors: NotFound when it isn't the viewer's, or no longer visible to them."""
    holder = await invitees.holder_of_invitation(made.invitation_id)
    event = await events.event_by_id(viewer, holder.event_id) if holder else None
    own = (await replies_seen.own_invitations(viewer, [event.id])).get(event.id) if event else None
    date = await _reply_date(viewer, event, made.occurrence_id, now) if event else None
    if own is None or date is None:
        raise NotFound
    before = effective_reply([reply for reply in own.replies if reply.number < made.number], made.occurrence_id)
    counts = effective_reply(own.replies, made.occurrence_id)
    is_last = all(reply.number <= made.number for reply in own.replies)
    earlier = ReplyGiven(before.value, before.comment, before.substitute_id) if before else NO_REPLY
    for_series = made.occurrence_id is None
    can_send = True
    try:
        await substitutes.check_substitute(viewer, date.event, earlier, now, for_series=for_series)
    except Invalid:
        can_send = False
    return EarlierReply(
        invitation_id=own.id,
        date=date,
        for_series=for_series,
        value=counts.value if counts else ReplyValue.NEEDS_ACTION,
        given_at=counts.replied_at if counts else None,
        earlier=earlier,
        sends=before.substitute if before else "",
        replied_at=before.replied_at if before else None,
        is_current=is_last and date.is_ahead(now),
        can_send=can_send,
    )


async def _reply_date(viewer: Viewer, event: Event, occurrence_id: UUID | None, now: datetime) -> Occurrence | None:
    dates = [
        occurrence
        for occurrence in await events.dates_in_order(viewer, event)
        if occurrence_id in (None, occurrence.id)
    ]
    ahead = [occurrence for occurrence in dates if occurrence.is_ahead(now)]
    return next(iter([*ahead, *reversed(dates)]), None)


async def restore_earlier_reply(
    viewer: Viewer, reply: EarlierReply, now: datetime, *, by: Viewer | None = None
) -> None:
    """Record the viewer's earlier reply again; the caller is inside `writing()`.

    It is entered `by` another person, or comes by their email. For a series, it doesn't count for dates of which the
    person was asked separately.
    Errors: Conflict when its substitute can no longer come.
    """
    if not reply.can_send:
        raise Conflict(NO_LONGER)
    await replies.record_reply(
        by or viewer,
        reply.invitation_id,
        reply.date,
        reply.earlier,
        ReplySource.ON_BEHALF if by else ReplySource.EMAIL,
        now,
        for_series=reply.for_series,
        entered=replies.EnteredFor(viewer.member_id, reply.replied_at, for_dates_asked_alone=False) if by else None,
    )
