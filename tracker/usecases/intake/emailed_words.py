"""What people write back to an email of ours: recorded for the person who got it, and confirmed to them alone.

About an action item: DONE, IN PROGRESS, BLOCKED, or a note. About an event: YES, MAYBE, or NO. What their calendar
program says of a task in such an email is taken like the same words.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.crypto import ids
from tracker.rules import actions as rules
from tracker.rules.actions import ActionItem, ItemEdit, ItemStage, StatusUpdate, stage_of, update_of
from tracker.rules.core.message_types import AnswerOutcome, InvitationAnswered, ItemAnswered
from tracker.rules.core.outbox import NewMessage
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import to_local, to_utc
from tracker.rules.events.events import Event
from tracker.rules.events.replies import Reply, effective_reply
from tracker.rules.intake.calendar_replies import CalendarReply, DateNamed, ReplyOutcome, is_about_task
from tracker.rules.intake.emailed_words import REPLIES, STATUSES, WordedReply, read_invitation_words, read_item_words
from tracker.rules.intake.item_emails import is_answerable_by
from tracker.rules.intake.received_emails import ReceivedEmail
from tracker.tables.background import intake as known
from tracker.tables.background.events import invitees
from tracker.tables.background.intake import AnsweredMessage, MadeChange
from tracker.tables.schema.intake import IncomingWords
from tracker.tables.visible import actions as items
from tracker.tables.visible.events import events
from tracker.tables.visible.events import replies as replies_seen
from tracker.usecases.actions import action_items
from tracker.usecases.core import outbox
from tracker.usecases.core.viewers import active_viewer
from tracker.usecases.events import substitutes
from tracker.usecases.intake import calendar_replies
from tracker.usecases.intake.calendar_replies import BY_EMAIL
from tracker.usecases.roster import known_people

NO_WORDS = WordedReply(word=None, text="")
NOT_CONFIRMED = {AnswerOutcome.UNMATCHED, AnswerOutcome.IGNORED}
ANSWER_OUTCOMES = {
    ReplyOutcome.RECORDED: AnswerOutcome.RECORDED,
    ReplyOutcome.RELEASED: AnswerOutcome.RECORDED,
    ReplyOutcome.REPEATED: AnswerOutcome.UNCHANGED,
    ReplyOutcome.STALE: AnswerOutcome.UNCHANGED,
    ReplyOutcome.OLD_TIME: AnswerOutcome.OUTDATED,
    ReplyOutcome.CLOSED: AnswerOutcome.CLOSED,
    ReplyOutcome.UNMATCHED: AnswerOutcome.UNMATCHED,
}
BEFORE_ANY_CHANGE = 0  # SEQUENCE of an event as it was first announced
ONE_DAY = timedelta(days=1)
MOST_CONFIRMATIONS = 20
"""Confirmations to one person. A machine that answers each of them, and doesn’t say that it is one, ends somewhere."""


class UnderstoodEmail(Struct, frozen=True, kw_only=True):
    """What an email said, what became of it, and what it changed."""

    outcome: AnswerOutcome
    said: WordedReply = NO_WORDS
    item_id: UUID | None = None
    event_id: UUID | None = None
    occurrence_id: UUID | None = None
    reply_id: UUID | None = None
    before: ItemStage | None = None
    """How far the item was before the change."""
    claimed_id: UUID | None = None
    """Who got our email about the item, when the reply didn't come from them."""


UNMATCHED = UnderstoodEmail(outcome=AnswerOutcome.UNMATCHED)


def is_word_reply(email: ReceivedEmail) -> bool:
    """Return whether an email came to the address of a message, or has only text for the address of an invitation."""
    has_calendar = bool(email.replies or email.task)
    has_text_alone = email.is_readable and not email.is_automatic and bool(email.text) and not has_calendar
    return email.message_id is not None or (email.invitation_id is not None and has_text_alone)


async def find_answered_message(email: ReceivedEmail) -> AnsweredMessage | None:
    """Return what an email replies to; one to the organizer's address in a calendar replies to the whole event."""
    if email.message_id is not None:
        return await known.answered_message(email.message_id)
    holder = await invitees.holder_of_invitation(email.invitation_id) if email.invitation_id else None
    if holder is None:
        return None
    return AnsweredMessage(
        recipient_id=holder.member_id,
        item_id=None,
        event_id=holder.event_id,
        occurrence_id=None,
        sent_at=email.received_at,
    )


async def take_emailed_words(email: ReceivedEmail, answered: AnsweredMessage | None) -> Sequence[str]:
    """Do what an email says, and keep what became of it. The caller is inside `writing()`.

    A reply of a calendar program that came to the address of a message is taken as if it came to the invitation's.
    """
    if email.replies:
        invitation_id = await _answered_invitation(answered) if answered else None
        return await _take_as_program(replace(email, invitation_id=invitation_id))
    viewer, understood = await _understand(email, answered)
    row = IncomingWords(
        id=ids.new_id(),
        received_at=email.received_at,
        email_hash=email.name,
        sender=email.sender.address,
        is_verified=email.sender.is_verified,
        member=viewer.member_id if viewer else None,
        outcome=understood.outcome,
        word=understood.said.word,
        item=understood.item_id,
        reply=understood.reply_id,
        status_before=understood.before.status if understood.before else None,
        progress_before=understood.before.progress if understood.before else None,
        blocked_before=understood.before.blocked_at if understood.before else None,
        claimed=understood.claimed_id,
        text=understood.said.text if understood.claimed_id else "",
    )
    await IncomingWords.insert(row)
    if viewer is not None:
        await _queue_confirmation(viewer, understood, row.id, email.received_at)
    return [understood.outcome]


async def _take_as_program(email: ReceivedEmail) -> list[ReplyOutcome]:
    return await calendar_replies.take_calendar_replies(email, await calendar_replies.find_asked_person(email))


async def _answered_invitation(answered: AnsweredMessage) -> UUID | None:
    """Return the invitation of a message's recipient; one whom it doesn't ask may come in another person's place."""
    if answered.event_id is None:
        return None
    invitation = (await invitees.invitations_by_member(answered.event_id)).get(answered.recipient_id)
    if invitation and not invitation.is_withdrawn and invitation.role.is_asked:
        return invitation.id
    dates = [answered.occurrence_id] if answered.occurrence_id else []
    turns = await substitutes.substitutions_of_member(answered.event_id, answered.recipient_id, dates)
    own = invitation.id if invitation else None
    return next((turn.invitation_id for turn in turns.values()), own)


async def _understand(email: ReceivedEmail, answered: AnsweredMessage | None) -> tuple[Viewer | None, UnderstoodEmail]:
    """Return what was understood, and whose email it is; None when that could not be confirmed."""
    if email.is_automatic:
        return None, UnderstoodEmail(outcome=AnswerOutcome.IGNORED)
    if not email.is_readable:
        return None, UnderstoodEmail(outcome=AnswerOutcome.UNREADABLE)
    recipient = await active_viewer(answered.recipient_id, email.received_at) if answered else None
    if answered is None or recipient is None:
        return None, UNMATCHED
    viewer = replace(recipient, origin=BY_EMAIL)
    is_theirs = email.sender.is_verified and email.sender.address in await known_people.addresses_of(viewer)
    if answered.event_id is not None and email.task is None:
        understood = await _take_reply_words(viewer, answered, email, is_theirs=is_theirs)
    elif answered.item_id is not None:
        understood = await _take_item_words(viewer, answered.item_id, email, is_theirs=is_theirs)
    else:
        understood = UNMATCHED
    return (viewer if is_theirs and understood.outcome not in NOT_CONFIRMED else None), understood


async def _take_item_words(viewer: Viewer, item_id: UUID, email: ReceivedEmail, *, is_theirs: bool) -> UnderstoodEmail:
    """Change the item as an email of the viewer says, and return what was understood.

    As by the link in an email, a closed item stays closed, and one that only named people may see is changed after
    sign-in. When a reply to the viewer's email didn't come from them (`is_theirs` False), other people decide about it.
    """
    item = await items.item_by_id(viewer, item_id)
    if item is None or not rules.may_update_item(viewer, item):
        return UNMATCHED
    if email.task and not is_about_task(email.task, item.uid, await known_people.addresses_of(viewer)):
        return UNMATCHED
    said = WordedReply(word=email.task.word, text=email.task.comment) if email.task else read_item_words(email.text)
    if not is_theirs:
        is_kept = said.word and is_answerable_by(viewer.member_id, item)
        return replace(UNMATCHED, said=said, item_id=item.id, claimed_id=viewer.member_id) if is_kept else UNMATCHED
    if email.task and said.word is None:
        return UnderstoodEmail(outcome=AnswerOutcome.IGNORED)
    understood = UnderstoodEmail(outcome=await _item_outcome(viewer, item, said), said=said, item_id=item.id)
    if understood.outcome is not AnswerOutcome.RECORDED:
        return understood
    change = ItemEdit(status=STATUSES.get(said.word) if said.word else None, note=said.text)
    today = to_local(email.received_at, viewer.zone).date()
    await action_items.save_item_edit(viewer, item.reference, change, item.version, email.received_at, today)
    return replace(understood, before=stage_of(item))


async def _item_outcome(viewer: Viewer, item: ActionItem, said: WordedReply) -> AnswerOutcome:
    if item.is_restricted or viewer.is_discreet:
        return AnswerOutcome.SIGN_IN
    if said.word is None:
        return AnswerOutcome.NO_WORD
    if not item.is_open:
        return AnswerOutcome.CLOSED
    if STATUSES.get(said.word, item.status) is not item.status:
        return AnswerOutcome.RECORDED
    notes = await items.item_history(viewer, item)
    is_noted = not said.text or (bool(notes) and notes[0].text == said.text and notes[0].by == viewer.name)
    return AnswerOutcome.UNCHANGED if is_noted else AnswerOutcome.RECORDED


class _Asked(Struct, frozen=True, kw_only=True):
    """What the email asked its reader to reply to."""

    event: Event
    invitation_id: UUID
    date: DateNamed | None
    """None = the whole event."""
    reply: Reply | None
    """Their reply so far."""


async def _take_reply_words(
    viewer: Viewer, answered: AnsweredMessage, email: ReceivedEmail, *, is_theirs: bool
) -> UnderstoodEmail:
    """Record the reply that an email of the viewer gives, and return what was understood.

    What it says goes the way of a reply of a calendar program, so the same rules hold, and the organizer sees what
    could not be recorded, of others too (`is_theirs` False). As by the link in an email, a restricted event is replied
    to after sign-in.
    """
    asked = await _find_asked(viewer, answered)
    if asked is None:
        return UNMATCHED
    said = read_invitation_words(email.text)
    value = REPLIES.get(said.word) if said.word else None
    understood = UnderstoodEmail(
        outcome=AnswerOutcome.SIGN_IN, said=said, event_id=asked.event.id, occurrence_id=answered.occurrence_id
    )
    if is_theirs and (asked.event.is_restricted or viewer.is_discreet):
        return understood
    if is_theirs and asked.reply and value and (asked.reply.value, asked.reply.comment) == (value, said.text):
        return replace(understood, outcome=AnswerOutcome.UNCHANGED)
    is_old = await known.was_asked_again(
        asked.invitation_id, answered.occurrence_id, answered.sent_at, is_series=asked.event.is_series
    )
    reply = CalendarReply(
        uid=asked.event.uid,
        attendee=viewer.email.lower(),
        value=value,
        comment=said.text,
        sequence=BEFORE_ANY_CHANGE if is_old else None,
        date=asked.date,
    )
    [outcome] = await _take_as_program(replace(email, invitation_id=asked.invitation_id, replies=(reply,)))
    if not is_theirs:
        return UNMATCHED
    if said.word is None:
        return replace(understood, outcome=AnswerOutcome.NO_WORD)
    is_recorded = ANSWER_OUTCOMES[outcome] is AnswerOutcome.RECORDED
    reply_id = await known.newest_reply(asked.invitation_id) if is_recorded else None
    return replace(understood, outcome=ANSWER_OUTCOMES[outcome], reply_id=reply_id)


async def _find_asked(viewer: Viewer, answered: AnsweredMessage) -> _Asked | None:
    event = await events.event_by_id(viewer, answered.event_id) if answered.event_id else None
    if event is None:
        return None
    invitation = (await replies_seen.own_invitations(viewer, [event.id])).get(event.id)
    dates = await events.dates_in_order(viewer, event)
    date = next((occurrence for occurrence in dates if occurrence.id == answered.occurrence_id), None)
    named = DateNamed(moment=to_utc(date.original_start, event.zone), local=date.original_start) if date else None
    if invitation and invitation.role.is_asked:
        single = dates[0] if dates and not event.is_series else None
        on = date or single
        reply = effective_reply(invitation.replies, on.id if on else None)
        return _Asked(event=event, invitation_id=invitation.id, date=named, reply=reply)
    if date is None:
        return None
    # A substitute was asked to come to one date in another person's place. It may be over since.
    turn = (await substitutes.substitutions_of_member(event.id, viewer.member_id, [date.id])).get(date.id)
    return _Asked(event=event, invitation_id=turn.invitation_id, date=named, reply=None) if turn else None


async def _queue_confirmation(viewer: Viewer, understood: UnderstoodEmail, row_id: UUID, now: datetime) -> None:
    """Queue the confirmation; of emails about one thing that changed nothing for one reason, one a day is answered."""
    is_recorded = understood.outcome is AnswerOutcome.RECORDED
    if is_recorded and await known.count_recorded_since(viewer.member_id, now - ONE_DAY) > MOST_CONFIRMATIONS:
        return
    thing = understood.item_id or understood.occurrence_id or understood.event_id
    day = f"{viewer.member_id}:{thing}:{understood.outcome}:{to_local(now, viewer.zone).date()}"
    kind = ItemAnswered if understood.item_id else InvitationAnswered
    content = kind(
        at=now,
        outcome=understood.outcome,
        word=understood.said.word,
        is_whole=understood.said.is_whole,
        undo=row_id if is_recorded else None,
    )
    draft = NewMessage(
        content=content,
        recipient_id=viewer.member_id,
        key=f"email_answered:{row_id if is_recorded else day}",
        item_id=understood.item_id,
        event_id=understood.event_id,
        occurrence_id=understood.occurrence_id,
    )
    await outbox.enqueue_all([draft], now)


def emailed_update(made: MadeChange) -> StatusUpdate | None:
    """Return what an email changed of its item; None for an email that recorded a reply."""
    if made.status_before is None or made.progress_before is None:
        return None
    before = ItemStage(status=made.status_before, progress=made.progress_before, blocked_at=made.blocked_before)
    return update_of(before, STATUSES.get(made.word), made.at)
