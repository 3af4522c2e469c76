"""The Messages page: what each deed sent, to whom, how it ended, and what it says; and sending a message again.

People who may know of a message read it as its recipient would see it now.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.database import writing
from tracker.errors import Conflict, NotFound
from tracker.rules.audit.verbs import AuditVerb
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.outbox import MessageState, NewMessage, SendOutcome, Unreadable, decode, message_of
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.emails import Email
from tracker.rules.emails.escalations import Escalation
from tracker.rules.emails.messages import (
    EmailCount,
    ListPosition,
    MessageFilter,
    MessageLine,
    MessageStatus,
    SendingSummary,
    resend_key,
)
from tracker.rules.events.events import Event
from tracker.tables.visible import emails as messages
from tracker.tables.visible.events import events
from tracker.usecases.core import audit, outbox
from tracker.usecases.core.audit import record_read
from tracker.usecases.emails import emails, poll_emails, reminders
from tracker.usecases.emails.emails import MessageReading
from tracker.usecases.emails.item_emails import PlannedItemsEmail, own_item_emails
from tracker.usecases.emails.poll_emails import PlannedPollReminder
from tracker.usecases.emails.reminders import MESSAGES_AHEAD, PlannedReminder
from tracker.usecases.emails.summaries import PlannedDigest, own_digests

PAGE = 20  # sendings on a page
SHOWN = 5  # messages of a sending that the list shows
PEOPLE = 100  # messages of a sending on a page of its own
FRESH = timedelta(days=30)
"""How long a sending with failed messages stays above the others."""
NONE_LEFT = (
    "There’s nothing left to send again. Each failed email was already sent again, is out of date, or goes to an"
    " address we’ve paused."
)
MOST_FAILED = 10  # sendings above the others
MOST_PLANNED = 100  # upcoming reminders in the list
PLANNED_KINDS = (None, MessageKind.REMINDER, MessageKind.NO_REPLY)
CONFINED = SendOutcome(
    state=MessageState.SUPPRESSED,
    reason="The event has been opened to more people. Messages that may have earlier details are shown only to their "
    "recipients.",
)


class SendingsPage(Struct, frozen=True, kw_only=True):
    """One page of sendings, newest first, and of upcoming reminders, soonest first."""

    failed: list[SendingSummary]
    """On the first page, those of the last days with messages that failed; no page lists them a second time."""
    sendings: list[SendingSummary]
    planned: list[PlannedReminder]
    event: Event | None
    """The event that the list was narrowed to."""
    older: ListPosition | None
    """Where the next page starts; None = this is the last one."""


class SendingPage(Struct, frozen=True, kw_only=True):
    """A sending, and a page of its messages."""

    sending: SendingSummary
    lines: list[MessageLine]
    next_skip: int | None
    """How many messages come before the next page; None = this is the last one."""


async def sendings_page(
    viewer: Viewer, narrowed: MessageFilter, after: ListPosition | None, now: datetime
) -> SendingsPage:
    """Return a page of sendings that the viewer may know of. Errors: NotFound for an event that they may not see."""
    event = await events.event_by_id(viewer, narrowed.event) if narrowed.event else None
    if narrowed.event and event is None:
        raise NotFound
    failed, others = await _listed_sendings(viewer, narrowed, after, now)
    first = [] if after else failed
    above = {sending_id for sending_id, *_ in first}
    shown = await messages.summarize_sendings(viewer, [*first, *others[:PAGE]], narrowed.person, SHOWN, now)
    last = others[PAGE - 1] if len(others) > PAGE else None
    return SendingsPage(
        failed=[sending for sending in shown if sending.id in above],
        sendings=[sending for sending in shown if sending.id not in above],
        event=event,
        planned=await _planned_reminders(viewer, narrowed, after, now),
        older=ListPosition(at=last[2], id=last[0]) if last else None,
    )


async def _listed_sendings(
    viewer: Viewer, narrowed: MessageFilter, after: ListPosition | None, now: datetime
) -> tuple[list[messages.FoundSending], list[messages.FoundSending]]:
    """Return the sendings that are listed above the others, and one more than a page of the others."""
    if narrowed.standing is MessageStatus.PLANNED:
        return [], []
    if narrowed.standing is not None:
        return [], await messages.newest_sendings(viewer, narrowed, PAGE + 1, after=after)
    failing = replace(narrowed, standing=MessageStatus.FAILED)
    failed = await messages.newest_sendings(viewer, failing, MOST_FAILED, since=now - FRESH)
    above = [sending_id for sending_id, *_ in failed]
    return failed, await messages.newest_sendings(viewer, narrowed, PAGE + 1, after=after, without=above)


async def sending_page(viewer: Viewer, sending_id: UUID, skip: int, now: datetime) -> SendingPage:
    """Return a sending with a page of its messages, after `skip` of them. Errors: NotFound."""
    sending = await messages.find_sending(viewer, sending_id)
    if sending is None or not (shown := await messages.summarize_sendings(viewer, [sending], None, 1, now)):
        raise NotFound
    lines = await messages.sending_lines(viewer, sending_id, PEOPLE + 1, skip)
    next_skip = skip + PEOPLE if len(lines) > PEOPLE else None
    return SendingPage(sending=shown[0], lines=lines[:PEOPLE], next_skip=next_skip)


async def sending_of_message(viewer: Viewer, message_id: UUID) -> UUID:
    """Return the sending of a message. Errors: NotFound."""
    line = await messages.message_line(viewer, message_id)
    if line is None:
        raise NotFound
    return line.sending_id


async def resend_message(viewer: Viewer, message_id: UUID, now: datetime) -> UUID:
    """Queue a message again, under a new key, and return its sending; its content is read again when it is sent.

    Errors: NotFound, Conflict (it is still waiting, no longer useful, or already queued again).
    """
    async with writing():
        line = await messages.message_line(viewer, message_id)
        if line is None:
            raise NotFound
        if why_not := line.why_not_resent(now):
            raise Conflict(why_not)
        await _queue_again(viewer, [line], now)
    return line.sending_id


async def retry_sending(viewer: Viewer, sending_id: UUID, now: datetime) -> int:
    """Queue the messages of a sending that failed again, and return to how many people they go.

    Errors: NotFound, Conflict (none is left, or they are out of date).
    """
    async with writing():
        if await messages.find_sending(viewer, sending_id) is None:
            raise NotFound
        lines = [
            message_line
            for message_line in await messages.failed_lines(viewer, sending_id)
            if message_line.may_retry(now)
        ]
        if not lines:
            raise Conflict(NONE_LEFT)
        await _queue_again(viewer, lines, now)
    return len({line.recipient_id for line in lines})


async def _queue_again(viewer: Viewer, lines: Iterable[MessageLine], now: datetime) -> None:
    storeds = await messages.stored_messages(viewer, [line.id for line in lines])
    await outbox.note_resent([stored.id for stored in storeds], now)
    await outbox.enqueue_all([_repeated_message(stored, now) for stored in storeds], now)
    deeds = [
        audit.NewAuditEntry(
            actor=viewer.actor,
            verb="resent",
            subject="message",
            subject_id=stored.id,
            facts={"kind": stored.kind, "recipient": stored.recipient_id},
        )
        for stored in storeds
    ]
    await audit.record_all(deeds, now)


def _repeated_message(stored: messages.StoredMessage, now: datetime) -> NewMessage:
    content = decode(stored.facts)
    if isinstance(content, Unreadable):
        raise Conflict("This message can’t be sent again. Another version of the tracker queued it.")
    return NewMessage(
        content=content,
        recipient_id=stored.recipient_id,
        key=resend_key(stored.key),
        event_id=stored.event_id,
        occurrence_id=stored.occurrence_id,
        item_id=stored.item_id,
        due=now,
        not_after=stored.not_after,
        sending_id=stored.sending_id,
    )


async def number_notified(viewer: Viewer, event_ids: Collection[UUID], now: datetime) -> EmailCount:
    """Return how many people will get how many emails about the change made to these events at `now`.

    A change that ends a series and starts another one concerns two events.
    """
    return await messages.count_notified(viewer, event_ids, now)


async def any_emails_waiting(viewer: Viewer, event_ids: Collection[UUID], date_id: UUID | None = None) -> bool:
    """Return whether emails that wait since an earlier change say what these events are like, or this date."""
    return await messages.has_waiting_emails(viewer, event_ids, date_id)


async def planned_items(
    viewer: Viewer, narrowed: MessageFilter, after: ListPosition | None, now: datetime, zone: str, usual: Escalation
) -> list[PlannedItemsEmail]:
    """Return the viewer's own emails about action items of the next two weeks, where the list includes them."""
    if not _lists_own(viewer, narrowed, after, MessageKind.ITEMS_OF_DAY):
        return []
    return await own_item_emails(viewer, now + MESSAGES_AHEAD, now, zone, usual)


async def planned_digests(
    viewer: Viewer, narrowed: MessageFilter, after: ListPosition | None, now: datetime, zone: str
) -> list[PlannedDigest]:
    """Return the viewer's own digests of the next two weeks, where the list includes them."""
    if not _lists_own(viewer, narrowed, after, MessageKind.DIGEST):
        return []
    return await own_digests(viewer, now + MESSAGES_AHEAD, now, zone)


def _lists_own(viewer: Viewer, narrowed: MessageFilter, after: ListPosition | None, kind: MessageKind) -> bool:
    """Return whether the list includes what is planned for the viewer alone, of a kind that is about no event."""
    is_theirs = narrowed.person in (None, viewer.member_id) and narrowed.kind in (None, kind)
    return narrowed.standing is MessageStatus.PLANNED and is_theirs and not (after or narrowed.event)


async def planned_polls(
    viewer: Viewer, narrowed: MessageFilter, after: ListPosition | None, now: datetime
) -> list[PlannedPollReminder]:
    """Return upcoming reminders of date polls where the list includes them, as it does those of dates."""
    is_listed = narrowed.standing is MessageStatus.PLANNED or (narrowed.standing is None and narrowed.event)
    if after or not is_listed or narrowed.kind not in (None, MessageKind.POLL):
        return []
    polls = await poll_emails.poll_reminders_ahead(viewer, now, now + MESSAGES_AHEAD, narrowed.event)
    wanted = [
        replace(planned_poll, people=_people_listed(narrowed.person, planned_poll.people)) for planned_poll in polls
    ]
    return [planned_poll for planned_poll in wanted if planned_poll.people]


async def _planned_reminders(
    viewer: Viewer, narrowed: MessageFilter, after: ListPosition | None, now: datetime
) -> list[PlannedReminder]:
    """Return upcoming reminders where the list includes them: alone, or above the first page of an event."""
    if after or narrowed.standing not in (None, MessageStatus.PLANNED) or narrowed.kind not in PLANNED_KINDS:
        return []
    if narrowed.event:
        planneds = await reminders.event_reminders_ahead(viewer, narrowed.event, now)
    elif narrowed.standing is MessageStatus.PLANNED:
        planneds = await reminders.reminders_ahead(viewer, now)
    else:
        return []
    kept = [planned for planned in planneds if narrowed.kind in (None, planned.kind)]
    wanted = [replace(planned, people=_people_listed(narrowed.person, planned.people)) for planned in kept]
    return [planned for planned in wanted if planned.people][:MOST_PLANNED]


def _people_listed(person: UUID | None, people: tuple[Viewer, ...]) -> tuple[Viewer, ...]:
    """Return the one of these recipients that the list is narrowed to; without one, all of them."""
    return tuple(viewer for viewer in people if person in (None, viewer.member_id))


class ReadMessage(Struct, frozen=True, kw_only=True):
    """A message, its sending, and what it says; None with the reason why that can't be shown."""

    line: MessageLine
    sending: SendingSummary
    email: Email | None
    reason: str


async def read_message(viewer: Viewer, message_id: UUID, now: datetime, zone: str) -> ReadMessage:
    """Return what a message says to its recipient, as far as the viewer may see it too.

    That another person's message was read is recorded once a day. Errors: NotFound.
    """
    line = await messages.message_line(viewer, message_id)
    sending = await messages.find_sending(viewer, line.sending_id) if line else None
    stored = await messages.stored_messages(viewer, [message_id])
    shown = await messages.summarize_sendings(viewer, [sending], None, 1, now) if sending else []
    if line is None or not stored or not shown:
        raise NotFound
    reading = MessageReading(by=viewer, at=line.sent_at or min(line.due, now))
    message = message_of(stored[0], stored[0].facts)
    written = CONFINED if stored[0].is_confined else await emails.write_email(message, now, zone, reading)
    if line.recipient_id != viewer.member_id:
        facts = {"kind": line.kind, "recipient": str(line.recipient_id)}
        await record_read(viewer, AuditVerb.READ, "message", str(message_id), facts, now)
    if isinstance(written, SendOutcome):
        return ReadMessage(line=line, sending=shown[0], email=None, reason=written.reason)
    return ReadMessage(line=line, sending=shown[0], email=written, reason="")
