"""The messages about a date poll, queued in the transaction of the caller, and taken back in it."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from tracker.rules.core.email_declarations import tag_of
from tracker.rules.core.message_types import PollCanceled, PollContent, PollNudge, PollOpened
from tracker.rules.core.outbox import MessageState, NewMessage
from tracker.rules.events.history import UNDO_FOR
from tracker.rules.polls import Poll, PollCancellation, Respondent
from tracker.tables.background.polls import PollMessage, messages_of
from tracker.tables.schema.core.tables import Message
from tracker.usecases.core import outbox
from tracker.usecases.core.viewers import reach_of


async def queue_poll_questions(poll: Poll, member_ids: Iterable[UUID], now: datetime) -> None:
    """Ask people for dates; no one is asked twice in one poll."""
    opened = PollOpened(poll=poll.id)
    drafts = [draft_poll_message(poll, opened, member_id, now, once=True) for member_id in sorted(member_ids)]
    await outbox.enqueue_all(drafts, now)


async def notify_poll_canceled(poll: Poll, people: Iterable[Respondent], now: datetime) -> PollCancellation:
    """Notify the people who may know of a poll that it is canceled, and return what that does.

    They are those of its people who replied, or may have been asked by email; no one, once the last date has begun.
    Requests and reminders that no one can have yet wait as long as the cancellation can be undone, and are not sent
    after that.
    """
    known = await messages_of(poll.event.id)
    questions = messages_with(known, PollOpened(poll=poll.id))
    untried = [
        asking.id for asking in (*questions, *messages_with(known, PollNudge(poll=poll.id))) if asking.is_untried
    ]
    if untried:
        await Message.update({Message.due: now + UNDO_FOR}).where(
            Message.id.is_in(untried) & (Message.due < now + UNDO_FOR)
        )
    emailed = {
        question.recipient_id
        for question in questions
        if question.state is MessageState.SENT or (question.state is MessageState.PENDING and not question.is_untried)
    }
    asked = [person for person in people if person.role.is_asked]
    replied = {person.member_id for person in asked if person.has_replied}
    aware = replied | {person.member_id for person in asked if person.member_id in emailed}
    reach = await reach_of(aware, [poll.event.id], now)  # those who are active, may see it, and are not paused
    is_of_use = now + UNDO_FOR < last_poll_start(poll)
    notified = aware - reach.not_reached(aware, poll.event.id) if is_of_use else set()
    canceled = PollCanceled(poll=poll.id)
    drafts = [draft_poll_message(poll, canceled, member_id, now) for member_id in sorted(notified)]
    await outbox.enqueue_all(drafts, now)
    return PollCancellation(notified=len(notified), unsent=len(untried), replied=len(replied))


async def take_back_poll_messages(poll: Poll, content: PollContent, at: datetime) -> int | None:
    """Drop the messages that one deed queued at that moment, and return how many; 0 if all were dropped before.

    None, and none is dropped, if one may have gone out.
    """
    waiting = [
        message
        for message in messages_with(await messages_of(poll.event.id), content)
        if message.key.endswith(f":{at.isoformat()}") and message.state is not MessageState.SUPERSEDED
    ]
    if not all(message.is_untried for message in waiting):
        return None
    if waiting:
        await Message.update({Message.state: MessageState.SUPERSEDED.value, Message.reason: outbox.UNDONE}).where(
            Message.id.is_in([message.id for message in waiting])
        )
    return len(waiting)


def draft_poll_message(
    poll: Poll, content: PollContent, member_id: UUID, now: datetime, *, once: bool = False, due: datetime | None = None
) -> NewMessage:
    """Return a message about a poll to one person; `once` in a poll, else once at this moment."""
    return NewMessage(
        content=content,
        recipient_id=member_id,
        event_id=poll.event.id,
        key=f"{_key_start(content)}{member_id}" + ("" if once else f":{now.isoformat()}"),
        due=due or now + UNDO_FOR,
        not_after=last_poll_start(poll),
    )


def last_poll_start(poll: Poll) -> datetime:
    """Return when the last date begins: after that, no reply is of use."""
    return max(poll.slot(option)[0] for option in poll.options)


def _key_start(content: PollContent) -> str:
    """Return how the keys of the messages with this content begin."""
    return f"{tag_of(content)}:{content.poll}:"


def messages_with(known: Iterable[PollMessage], content: PollContent) -> list[PollMessage]:
    """Return the messages with this content, sent or not."""
    return [message for message in known if message.key.startswith(_key_start(content))]
