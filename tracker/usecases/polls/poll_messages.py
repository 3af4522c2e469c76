"""Messages about a date poll; inside the caller's transaction."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from tracker.rules.core.message_types import PollCanceled, PollContent, PollNudge, PollOpened, tag_of
from tracker.rules.core.outbox import Draft, State
from tracker.rules.core.viewer import sees
from tracker.rules.events.undo import UNDO_FOR
from tracker.rules.polls.cancellation import Cancellation
from tracker.rules.polls.polls import Poll, Respondent
from tracker.tables.background.emails import email_pauses
from tracker.tables.background.events import audiences
from tracker.tables.background.polls.polls import PollMessage, messages_of
from tracker.tables.schema.core.outbox import Message
from tracker.usecases.core import outbox
from tracker.usecases.core.viewers import viewers_for


async def ask(poll: Poll, member_ids: Iterable[UUID], now: datetime) -> None:
    """Ask people for dates; no one is asked twice in one poll."""
    asked = PollOpened(poll=poll.id)
    await outbox.enqueue_all([draft(poll, asked, one, now, once=True) for one in sorted(member_ids)], now)


async def not_asked(poll: Poll, member_ids: Iterable[UUID]) -> list[UUID]:
    """Return which of these people no email of the poll asks: those put on the list after it was opened."""
    asked = {one.recipient_id for one in _of(await messages_of(poll.event.id), PollOpened(poll=poll.id))}
    return [one for one in member_ids if one not in asked]


async def reached(poll: Poll, member_ids: Collection[UUID], now: datetime) -> set[UUID]:
    """Return which of these people get emails about a poll: they are active, may see it, and are not paused."""
    people, may_see = await viewers_for(member_ids, now), await audiences.audiences_of(poll.event.id)
    paused = await email_pauses.paused()
    return {one for one in member_ids if one not in paused and sees(people.get(one), may_see)}


async def notify_canceled(poll: Poll, people: Iterable[Respondent], now: datetime) -> Cancellation:
    """Notify the people who may know of a poll that it is canceled, and return what that does.

    They are those of its people who replied, or may have been asked by email; no one, once the last date has begun.
    Requests and reminders that no one can have yet wait as long as the cancellation can be undone, and are not sent
    after that.
    """
    known = await messages_of(poll.event.id)
    asked, unsent = _of(known, PollOpened(poll=poll.id)), await _put_off(poll, known, now)
    emailed = {one.recipient_id for one in asked if one.state is State.SENT or (_waits(one) and not one.is_untried)}
    replied = {one.member_id for one in people if one.role.is_asked and one.has_replied}
    aware = {one.member_id for one in people if one.role.is_asked and one.member_id in replied | emailed}
    notified = await reached(poll, aware, now) if now + UNDO_FOR < last_start(poll) else set()
    canceled = PollCanceled(poll=poll.id)
    await outbox.enqueue_all([draft(poll, canceled, one, now) for one in sorted(notified)], now)
    return Cancellation(notified=len(notified), unsent=unsent, replied=len(replied))


async def _put_off(poll: Poll, known: Iterable[PollMessage], now: datetime) -> int:
    """Let what asks for replies wait until nothing can be undone, and return how many messages that are."""
    asking = [one for content in (PollOpened, PollNudge) for one in _of(known, content(poll=poll.id))]
    untried = [one.id for one in asking if one.is_untried]
    if untried:
        await Message.update({Message.due: now + UNDO_FOR}).where(
            Message.id.is_in(untried) & (Message.due < now + UNDO_FOR)
        )
    return len(untried)


async def take_back(poll: Poll, content: PollContent, at: datetime) -> int | None:
    """Drop the messages that one deed queued at that moment, and return how many; 0 if all were dropped before.

    None, and none is dropped, if one may have gone out.
    """
    end = f":{at.isoformat()}"
    said = [one for one in _of(await messages_of(poll.event.id), content) if one.key.endswith(end)]
    waiting = [one for one in said if one.state is not State.SUPERSEDED]
    if not all(one.is_untried for one in waiting):
        return None
    if waiting:
        await Message.update({Message.state: State.SUPERSEDED.value, Message.reason: outbox.UNDONE}).where(
            Message.id.is_in([one.id for one in waiting])
        )
    return len(waiting)


def draft(
    poll: Poll, content: PollContent, member_id: UUID, now: datetime, *, once: bool = False, due: datetime | None = None
) -> Draft:
    """Return a message about a poll to one person; `once` in a poll, else once at this moment."""
    return Draft(
        content=content,
        recipient_id=member_id,
        event_id=poll.event.id,
        key=f"{_start(content)}{member_id}" + ("" if once else f":{now.isoformat()}"),
        due=due or now + UNDO_FOR,
        not_after=last_start(poll),
    )


def last_start(poll: Poll) -> datetime:
    """Return when the last date begins: after that, no reply is of use."""
    return max(poll.slot(one)[0] for one in poll.options)


def _start(content: PollContent) -> str:
    """Return how the keys of the messages with this content begin."""
    return f"{tag_of(content)}:{content.poll}:"


def _of(known: Iterable[PollMessage], content: PollContent) -> list[PollMessage]:
    """Return the messages with this content."""
    return [one for one in known if one.key.startswith(_start(content))]


def _waits(one: PollMessage) -> bool:
    return one.state is State.PENDING
