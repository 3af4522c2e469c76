"""Close a date poll: schedule its event on one of the dates, cancel it, or undo a cancellation."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from tracker.database import writing
from tracker.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from tracker.rules import polls as rules
from tracker.rules.core.message_types import PollCanceled
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import EventStatus
from tracker.rules.events.history import UNDO_FOR, UndoableDeed
from tracker.rules.polls import Poll, PollCancellation, PollDate, PollState
from tracker.tables.background.events import invitees
from tracker.tables.schema import polls as rows
from tracker.tables.visible import polls
from tracker.tables.visible.events import events
from tracker.usecases.core import audit, outbox
from tracker.usecases.events import scheduling
from tracker.usecases.events.history import keeping_undoable
from tracker.usecases.polls.messages import notify_poll_canceled, take_back_poll_messages
from tracker.usecases.polls.polls import poll_for

ONLY_THE_ORGANIZER = "Only the organizer can choose the date or cancel the poll."
CANCELLATION_LEFT = "It stays canceled, because an email about it may have gone out."


async def schedule_on_poll_date(viewer: Viewer, poll_id: UUID, option_id: UUID, now: datetime) -> None:
    """Give the event one of the dates, with people's replies to it as their first, and invite everyone on its list.

    Each person gets one email; it shows the reply that they gave, or asks for one. It can be undone like a change of an
    event; then the poll is open again.
    Errors: NotFound, NotAllowed, Gone (the poll is closed, or the date is over), Invalid (also when the draft repeats
    by now).
    """
    async with writing():
        poll = await led_poll(viewer, poll_id)
        option = chosen_poll_date(poll, option_id, now)
        if sentence := rules.event_hindrance(poll.event):
            raise Invalid(sentence)
        people = await polls.poll_people(viewer, poll)
        event, plan = await scheduling.plan_to_change(viewer, poll.event.id)
        scheduled = replace(plan, starts=option.starts, status=EventStatus.CONFIRMED)
        async with keeping_undoable(viewer, event.id, UndoableDeed.CHANGED, now):
            await scheduling.change_event(viewer, event.id, scheduled, event.version, now)
            event = await scheduling.event_seen_by(viewer, event.id)
            [date] = await events.dates_in_order(viewer, event)
            invited = await invitees.invitations_by_member(event.id)
            replies: list[dict[str, Any]] = [
                {
                    "invitation": invited[person.member_id].id,
                    "occurrence": date.id,
                    "reply": rules.FIT_REPLIES[person.fits[option.id]],
                    "comment": "",
                    "substitute": None,
                    "source": person.source,
                    "entered_by": person.member_id,
                    "sequence": max(date.sequence, event.sequence),
                    "replied_at": now,
                }
                for person in people
                if person.role.is_asked and person.source and option.id in person.fits
            ]
            await invitees.write_replies(replies)
        await outbox.hold_messages(event.id, now + UNDO_FOR)
        facts = {"date": option.starts.isoformat(timespec="minutes")}
        await audit.record(viewer.actor, "poll_scheduled", "event", event.id, facts, now)


async def cancel_poll(viewer: Viewer, poll_id: UUID, now: datetime) -> PollCancellation:
    """Cancel a poll, notify those who may know of it, and return what that does. Its event stays a draft.

    Errors: NotFound, NotAllowed, Gone (it is closed).
    """
    async with writing():
        poll = await led_poll(viewer, poll_id)
        await rows.Poll.update({rows.Poll.canceled_at: now}).where(rows.Poll.id == poll_id)
        done = await notify_poll_canceled(poll, await polls.poll_people(viewer, poll), now)
        await audit.record(viewer.actor, "poll_canceled", "event", poll.event.id, {"people": done.notified}, now)
    return done


async def restore_poll(viewer: Viewer, poll_id: UUID, now: datetime) -> None:
    """Undo a cancellation a moment ago; no one is notified. Errors: NotFound, NotAllowed, Conflict, Gone (too late)."""
    async with writing():
        poll = await poll_for(viewer, poll_id)
        if not rules.may_lead_poll(viewer, poll):
            raise NotAllowed(ONLY_THE_ORGANIZER)
        if poll.canceled_at is None:
            raise Conflict("This poll isn’t canceled.")
        is_in_time = now - poll.canceled_at < UNDO_FOR
        canceled = PollCanceled(poll=poll.id)
        if not is_in_time or await take_back_poll_messages(poll, canceled, poll.canceled_at) is None:
            raise Gone(CANCELLATION_LEFT)
        await rows.Poll.update({rows.Poll.canceled_at: None}).where(rows.Poll.id == poll_id)
        await audit.record(viewer.actor, "poll_restored", "event", poll.event.id, {}, now)


async def led_poll(viewer: Viewer, poll_id: UUID) -> Poll:
    """Return an open poll that the viewer leads. Errors: NotFound, NotAllowed, Gone."""
    poll = await poll_for(viewer, poll_id)
    if not rules.may_lead_poll(viewer, poll):
        raise NotAllowed(ONLY_THE_ORGANIZER)
    if poll.state is not PollState.OPEN:
        raise Gone("This poll is closed.")
    return poll


def chosen_poll_date(poll: Poll, option_id: UUID, now: datetime) -> PollDate:
    """Return one of the dates that can still be chosen. Errors: NotFound, Gone when it is over."""
    option = next((option for option in poll.options if option.id == option_id), None)
    if option is None:
        raise NotFound
    if option not in poll.ahead(now):
        raise Gone("This date is over. Choose another one.")
    return option
