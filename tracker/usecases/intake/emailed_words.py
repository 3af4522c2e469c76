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
from tracker.errors import NotFound
from tracker.rules.actions import action_items as rules
from tracker.rules.actions.action_items import ActionItem, ItemEdit, ItemStage, StatusUpdate, stage_of, update_of
from tracker.rules.core import outbox as outbox_rules
from tracker.rules.core.message_types import AnswerOutcome, InvitationAnswered, ItemAnswered
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import to_local, to_utc
from tracker.rules.events.events import Event, Occurrence
from tracker.rules.events.replies import effective_reply
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
from tracker.usecases.core.viewers import viewer_for
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

    def after(self, before: ItemStage) -> "UnderstoodEmail":
        """Return this with what undoes it."""
        return replace(self, before=before)


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
    return (
        AnsweredMessage(
            recipient_id=holder.member_id,
            item_id=None,
            event_id=holder.event_id,
            occurrence_id=None,
            sent_at=email.received_at,
        )
        if holder
        else None
    )


async def take_emailed_words(email: ReceivedEmail, answered: AnsweredMessage | None) -> Sequence[str]:
    """Do what an email says, and keep what became of it. The caller is inside `writing()`.

    A reply of a calendar program that came to the address of a message is taken as if it came to the invitation's.
    """
    if email.replies:
        to_invitation = replace(email, invitation_id=await _answered_invitation(answered) if answered else None)
        return await calendar_replies.take_calendar_replies(
            to_invitation, await calendar_replies.find_asked_person(to_invitation)
        )
    viewer, understood = await _understand(email, answered)
    row_id = await _keep_words(email, viewer, understood)
    if viewer is not None:
        await queue_confirmation(viewer, understood, row_id, email.received_at)
    return [understood.outcome]


async def _answered_invitation(answered: AnsweredMessage) -> UUID | None:
    """Return the invitation of a message's recipient; one whom it doesn't ask may come in another person's place."""
    if answered.event_id is None:
        return None
    own = (await invitees.invitations_by_member(answered.event_id)).get(answered.recipient_id)
    if own is None or own.is_withdrawn or not own.role.is_asked:
        dates = [answered.occurrence_id] if answered.occurrence_id else []
        turns = await substitutes.substitutions_of_member(answered.event_id, answered.recipient_id, dates)
        turn = next(iter(turns.values()), None)
        return turn.invitation_id if turn else own and own.id
    return own.id


async def _understand(email: ReceivedEmail, answered: AnsweredMessage | None) -> tuple[Viewer | None, UnderstoodEmail]:
    """Return what was understood, and whose email it is; None when that could not be confirmed."""
    if email.is_automatic:
        return None, UnderstoodEmail(outcome=AnswerOutcome.IGNORED)
    if not email.is_readable:
        return None, UnderstoodEmail(outcome=AnswerOutcome.UNREADABLE)
    viewer = await _message_recipient(answered, email.received_at) if answered else None
    if answered is None or viewer is None:
        return None, UNMATCHED
    is_theirs = email.sender.is_verified and email.sender.address in await known_people.addresses_of(viewer)
    understood = await _take_words(viewer, answered, email, is_theirs=is_theirs)
    return (viewer if is_theirs and understood.outcome not in NOT_CONFIRMED else None), understood


async def _take_words(
    viewer: Viewer, answered: AnsweredMessage, email: ReceivedEmail, *, is_theirs: bool
) -> UnderstoodEmail:
    if answered.event_id is not None and email.task is None:
        return await take_reply_words(viewer, answered, email, is_theirs=is_theirs)
    if answered.item_id is None:
        return UNMATCHED
    taken = take_item_words if is_theirs else keep_item_words
    return await taken(viewer, answered.item_id, email)


async def _message_recipient(answered: AnsweredMessage, now: datetime) -> Viewer | None:
    try:
        return replace(await viewer_for(answered.recipient_id, now), origin=BY_EMAIL)
    except NotFound:
        return None


async def _keep_words(email: ReceivedEmail, viewer: Viewer | None, understood: UnderstoodEmail) -> UUID:
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
    return row.id


async def take_item_words(viewer: Viewer, item_id: UUID, email: ReceivedEmail) -> UnderstoodEmail:
    """Change the item as an email of the viewer says, and return what was understood.

    The caller is inside `writing()`. As by the link in an email, a closed item stays closed, and one that only named
    people may see is changed after sign-in.
    """
    item = await _own_item(viewer, item_id)
    if item is None or not await _is_about_item(viewer, item, email):
        return UNMATCHED
    if email.task and email.task.word is None:
        return UnderstoodEmail(outcome=AnswerOutcome.IGNORED)
    said = _item_words(email)
    outcome = await _item_outcome(viewer, item, said)
    understood_email = UnderstoodEmail(outcome=outcome, said=said, item_id=item.id)
    return (
        await _change_item(viewer, item, understood_email, email)
        if outcome is AnswerOutcome.RECORDED
        else understood_email
    )


async def keep_item_words(viewer: Viewer, item_id: UUID, email: ReceivedEmail) -> UnderstoodEmail:
    """Return what a reply to the viewer's email says when it didn't come from them: other people decide about it."""
    item = await _own_item(viewer, item_id)
    said = _item_words(email)
    is_kept = (
        item and said.word and is_answerable_by(viewer.member_id, item) and await _is_about_item(viewer, item, email)
    )
    if item is None or not is_kept:
        return UNMATCHED
    return replace(UNMATCHED, said=said, item_id=item.id, claimed_id=viewer.member_id)


async def _own_item(viewer: Viewer, item_id: UUID) -> ActionItem | None:
    item = await items.item_by_id(viewer, item_id)
    return item if item and rules.may_update_item(viewer, item) else None


async def _is_about_item(viewer: Viewer, item: ActionItem, email: ReceivedEmail) -> bool:
    return email.task is None or is_about_task(email.task, item.uid, await known_people.addresses_of(viewer))


def _item_words(email: ReceivedEmail) -> WordedReply:
    return WordedReply(word=email.task.word, text=email.task.comment) if email.task else read_item_words(email.text)


async def _item_outcome(viewer: Viewer, item: ActionItem, said: WordedReply) -> AnswerOutcome:
    if item.is_restricted or viewer.is_discreet:
        return AnswerOutcome.SIGN_IN
    if said.word is None:
        return AnswerOutcome.NO_WORD
    if not item.is_open:
        return AnswerOutcome.CLOSED
    is_so = STATUSES.get(said.word, item.status) is item.status
    return AnswerOutcome.UNCHANGED if is_so and await _is_noted(viewer, item, said.text) else AnswerOutcome.RECORDED


async def _is_noted(viewer: Viewer, item: ActionItem, text: str) -> bool:
    """Return whether the newest entry of the item's history has this text already, or there is none to note."""
    notes = await items.item_history(viewer, item)
    return not text or (bool(notes) and notes[0].text == text and notes[0].by == viewer.name)


async def _change_item(
    viewer: Viewer, item: ActionItem, understood_email: UnderstoodEmail, email: ReceivedEmail
) -> UnderstoodEmail:
    word = understood_email.said.word
    change = ItemEdit(status=STATUSES.get(word) if word else None, note=understood_email.said.text)
    today = to_local(email.received_at, viewer.zone).date()
    await action_items.save_item_edit(viewer, item.reference, change, item.version, email.received_at, today)
    return understood_email.after(stage_of(item))


class _Asked(Struct, frozen=True, kw_only=True):
    """What the email asked its reader to reply to."""

    event: Event
    invitation_id: UUID
    date: DateNamed | None
    """None = the whole event."""
    reply: CalendarReply | None
    """Their reply so far."""


async def take_reply_words(
    viewer: Viewer, answered: AnsweredMessage, email: ReceivedEmail, *, is_theirs: bool
) -> UnderstoodEmail:
    """Record the reply that an email of the viewer gives, and return what was understood.

    The caller is inside `writing()`. What it says goes the way of a reply of a calendar program, so the same rules
    hold, and the organizer sees what could not be recorded, of others too (`is_theirs` False). As by the link in an
    email, a restricted event is replied to after sign-in.
    """
    asked = await _find_asked(viewer, answered)
    if asked is None:
        return UNMATCHED
    said = read_invitation_words(email.text)
    understood_email = UnderstoodEmail(
        outcome=AnswerOutcome.SIGN_IN, said=said, event_id=asked.event.id, occurrence_id=answered.occurrence_id
    )
    if not is_theirs:
        await _take_as_program(await _as_reply(viewer, asked, answered, email, said))
        return UNMATCHED
    if asked.event.is_restricted or viewer.is_discreet:
        return understood_email
    if _is_recorded_so(asked, said):
        return replace(understood_email, outcome=AnswerOutcome.UNCHANGED)
    [outcome] = await _take_as_program(await _as_reply(viewer, asked, answered, email, said))
    if said.word is None:
        return replace(understood_email, outcome=AnswerOutcome.NO_WORD)
    is_recorded = ANSWER_OUTCOMES[outcome] is AnswerOutcome.RECORDED
    reply_id = await known.newest_reply(asked.invitation_id) if is_recorded else None
    return replace(understood_email, outcome=ANSWER_OUTCOMES[outcome], reply_id=reply_id)


async def _take_as_program(email: ReceivedEmail) -> list[ReplyOutcome]:
    return await calendar_replies.take_calendar_replies(email, await calendar_replies.find_asked_person(email))


async def _find_asked(viewer: Viewer, answered: AnsweredMessage) -> _Asked | None:
    event = await events.event_by_id(viewer, answered.event_id) if answered.event_id else None
    own = (await replies_seen.own_invitations(viewer, [event.id])).get(event.id) if event else None
    if event is None:
        return None
    if own is None or not own.role.is_asked:
        return await _asked_to_substitute(viewer, event, answered)
    dates = await events.dates_in_order(viewer, event)
    date = next((occurrence for occurrence in dates if occurrence.id == answered.occurrence_id), None)
    single = dates[0] if dates and not event.is_series else None
    on = date or single
    given = effective_reply(own.replies, on.id if on else None)
    return _Asked(
        event=event,
        invitation_id=own.id,
        date=_name_date(date) if date else None,
        reply=CalendarReply(uid=event.uid, attendee="", value=given.value, comment=given.comment) if given else None,
    )


async def _asked_to_substitute(viewer: Viewer, event: Event, answered: AnsweredMessage) -> _Asked | None:
    """Return what a substitute was asked: to come to one date in another person's place. It may be over since."""
    date = next(
        (
            occurrence
            for occurrence in await events.dates_in_order(viewer, event)
            if occurrence.id == answered.occurrence_id
        ),
        None,
    )
    turn = (
        (await substitutes.substitutions_of_member(event.id, viewer.member_id, [date.id])).get(date.id)
        if date
        else None
    )
    if date is None or turn is None:
        return None
    return _Asked(event=event, invitation_id=turn.invitation_id, date=_name_date(date), reply=None)


def _name_date(date: Occurrence) -> DateNamed:
    starts = date.original_start
    return DateNamed(moment=to_utc(starts, date.event.zone), local=starts)


def _is_recorded_so(asked: _Asked, said: WordedReply) -> bool:
    before, value = asked.reply, REPLIES.get(said.word) if said.word else None
    return before is not None and value is not None and (before.value, before.comment) == (value, said.text)


async def _as_reply(
    viewer: Viewer, asked: _Asked, answered: AnsweredMessage, email: ReceivedEmail, said: WordedReply
) -> ReceivedEmail:
    """Return the email as a calendar program would have sent it."""
    is_old = await known.was_asked_again(
        asked.invitation_id, answered.occurrence_id, answered.sent_at, is_series=asked.event.is_series
    )
    reply = CalendarReply(
        uid=asked.event.uid,
        attendee=viewer.email.lower(),
        value=REPLIES.get(said.word) if said.word else None,
        comment=said.text,
        sequence=BEFORE_ANY_CHANGE if is_old else None,
        date=asked.date,
    )
    return replace(email, invitation_id=asked.invitation_id, replies=(reply,))


async def queue_confirmation(viewer: Viewer, understood: UnderstoodEmail, row_id: UUID, now: datetime) -> None:
    """Queue the confirmation; of emails about one thing that changed nothing for one reason, one a day is answered.

    The caller is inside `writing()`.
    """
    is_recorded = understood.outcome is AnswerOutcome.RECORDED
    if is_recorded and await known.count_recorded_since(viewer.member_id, now - ONE_DAY) > MOST_CONFIRMATIONS:
        return
    kind = ItemAnswered if understood.item_id else InvitationAnswered
    content = kind(
        at=now,
        outcome=understood.outcome,
        word=understood.said.word,
        is_whole=understood.said.is_whole,
        undo=row_id if is_recorded else None,
    )
    draft = outbox_rules.NewMessage(
        content=content,
        recipient_id=viewer.member_id,
        key=f"email_answered:{row_id if is_recorded else _key_of_day(viewer, understood, now)}",
        item_id=understood.item_id,
        event_id=understood.event_id,
        occurrence_id=understood.occurrence_id,
    )
    await outbox.enqueue_all([draft], now)


def _key_of_day(viewer: Viewer, understood: UnderstoodEmail, now: datetime) -> str:
    thing = understood.item_id or understood.occurrence_id or understood.event_id
    return f"{viewer.member_id}:{thing}:{understood.outcome}:{to_local(now, viewer.zone).date()}"


def emailed_update(made: MadeChange) -> StatusUpdate | None:
    """Return what an email changed of its item; None for an email that recorded a reply."""
    if made.status_before is None or made.progress_before is None:
        return None
    before = ItemStage(status=made.status_before, progress=made.progress_before, blocked_at=made.blocked_before)
    return update_of(before, STATUSES.get(made.word), made.at)
